/* test-bw-newcomer.c - somebody with twenty rows, no project and no manual
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names and values are drawn at test time, so nothing can be made to fit them.
 */
#include "config.h"

#include "bw-test.h"

#include "bw-new-dialog.h"
#include "bw-plugin-page.h"

#include <adwaita.h>

typedef struct
{
  char    *text_column;
  char    *number_column;
  GString *rows;
  int      n_above;  /* rows above 50 */
} Data;

static char *
draw_name (void)
{
  GString *name = g_string_new (NULL);

  for (int i = 0; i < 7; i++)
    g_string_append_c (name, (char)('a' + g_test_rand_int_range (0, 26)));
  g_string_append (name, "_x");
  return g_string_free (name, FALSE);
}

static void
draw_data (Data *data)
{
  data->text_column = draw_name ();
  data->number_column = draw_name ();
  data->rows = g_string_new (NULL);
  data->n_above = 0;
  for (int i = 0; i < 20; i++)
    {
      int number = i == 0 ? 10 : i == 1 ? 90 : g_test_rand_int_range (0, 100);

      data->n_above += number > 50;
      g_string_append_printf (data->rows, "{\"%s\":\"u%d\",\"%s\":%d}\n", data->text_column,
                              g_test_rand_int_range (0, 5), data->number_column, number);
    }
}

static void
data_clear (Data *data)
{
  g_free (data->text_column);
  g_free (data->number_column);
  g_string_free (data->rows, TRUE);
}

static BwRulePage *
get_rule_page (BwWindow *window)
{
  return window->page != NULL && BW_IS_RULE_PAGE (window->page) ? BW_RULE_PAGE (window->page) : NULL;
}

static guint
count_results (BwWindow *window)
{
  BwRulePage *page = get_rule_page (window);
  BeltTrial *trial = page != NULL ? bw_rule_page_get_trial (page) : NULL;

  return trial != NULL ? belt_trial_get_emissions (trial)->len : G_MAXUINT;
}

static BwProblem *
find_fix (BwRulePage *page)
{
  GListModel *problems = bw_rule_page_get_problems (page);

  for (guint i = 0; i < g_list_model_get_n_items (problems); i++)
    {
      g_autoptr(BwProblem) problem = g_list_model_get_item (problems, i);

      if (bw_problem_get_diagnostic (problem)->fix != NULL)
        return problem;
    }

  return NULL;
}

static void
use_data (BwWindow *window,
          Data     *data)
{
  GtkWidget *use;

  bw_welcome_set_data (window->welcome, data->rows->str);
  bw_test_picture (GTK_WIDGET (window), "newcomer-1-paste");
  use = bw_test_find_widget (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Use It");
  g_assert_nonnull (use);
  g_assert_true (gtk_widget_get_sensitive (use));
  g_signal_emit_by_name (use, "clicked");
  BW_WAIT (get_rule_page (window) != NULL && count_results (window) == 20);
  bw_test_picture (GTK_WIDGET (window), "newcomer-2-rows");
}

static void
misspell_and_fix (BwWindow *window,
                  Data     *data)
{
  BwRulePage *page = get_rule_page (window);
  g_autofree char *wrong = g_strdup (data->number_column);
  g_autofree char *sql = NULL;
  g_autofree char *text = NULL;
  BwProblem *problem;

  /* One letter too few. */
  wrong[3] = '\0';
  text = g_strconcat (wrong, data->number_column + 4, NULL);
  sql = bw_document_dup_text (bw_page_get_document (BW_PAGE (page)));
  g_strchomp (sql);
  if (g_str_has_suffix (sql, ";"))
    sql[strlen (sql) - 1] = '\0';
  g_free (wrong);
  wrong = g_strdup_printf ("%s WHERE %s > 50", sql, text);
  bw_test_set_text (BW_PAGE (page), wrong);
  BW_WAIT (find_fix (page) != NULL);
  problem = find_fix (page);
  g_test_message ("problem: %s (%s)", bw_problem_get_diagnostic (problem)->message,
                  bw_problem_get_diagnostic (problem)->fix_label);
  BW_WAIT (bw_window_is_settled (window));
  g_test_message ("state: %s", bw_page_get_state (BW_PAGE (page)));
  bw_test_picture (GTK_WIDGET (window), "newcomer-3-misspelt");

  gtk_widget_activate_action (GTK_WIDGET (window), "win.fix", NULL);
  BW_WAIT (count_results (window) == (guint)data->n_above);
  BW_WAIT (g_list_model_get_n_items (bw_rule_page_get_problems (page)) == 0);
  bw_test_picture (GTK_WIDGET (window), "newcomer-4-fixed");
}

static void
make_function (BwWindow *window,
               Data     *data)
{
  GtkWindow *dialog;
  GtkWidget *name;
  GtkWidget *create;
  BwPlugin *plugin;

  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.new-kind", "s", "function");
  dialog = bw_test_wait_dialog (BW_TYPE_NEW_DIALOG);
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (dialog)), ==, 0);
  name = bw_test_find_widget (GTK_WIDGET (dialog), ADW_TYPE_ENTRY_ROW, NULL);
  gtk_editable_set_text (GTK_EDITABLE (name), "twice");
  bw_test_picture (GTK_WIDGET (dialog), "newcomer-5-new");
  create = bw_test_find_widget (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, "C_reate");
  g_signal_emit_by_name (create, "clicked");

  BW_WAIT (window->page != NULL && BW_IS_PLUGIN_PAGE (window->page));
  BW_WAIT (bw_plugin_page_get_plugin (BW_PLUGIN_PAGE (window->page)) != NULL);
  plugin = bw_plugin_page_get_plugin (BW_PLUGIN_PAGE (window->page));
  BW_WAIT (bw_plugin_get_state (plugin) == BW_PLUGIN_SWAPPED);
  bw_test_picture (GTK_WIDGET (window), "newcomer-6-function");

  bw_test_set_text (window->page,
                    "#include <belt-plugin.h>\n\nBELT_FUNCTION (f64, twice, f64, x)\n{\n  return 2 * x;\n}\n\n"
                    "BELT_PROVIDE (\"test.twice\", \"0.1.0\", twice);\n");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  BW_WAIT (bw_plugin_get_state (plugin) == BW_PLUGIN_SWAPPED &&
           g_str_has_prefix (bw_plugin_get_sentence (plugin), "Swapped"));
}

static double
get_doubled (BwWindow *window)
{
  BwRulePage *page = get_rule_page (window);
  g_autoptr(BwRow) row = page != NULL
                          ? g_list_model_get_item (bw_rows_view_get_model (bw_rule_page_get_rows (page)), 0) : NULL;
  gboolean number = FALSE;
  g_autofree char *text = row != NULL ? bw_row_dup_cell (row, "doubled", &number) : NULL;

  return number ? g_ascii_strtod (text, NULL) : -1;
}

static void
test_newcomer (void)
{
  BwWindow *window = bw_test_open (NULL, NULL);
  g_autofree char *sql = NULL;
  Data data;

  draw_data (&data);
  use_data (window, &data);
  misspell_and_fix (window, &data);
  make_function (window, &data);

  /* Its value in a column: the second row pasted has 90. */
  bw_window_open_named (window, "pasted");
  bw_window_open_named (window, "rules/pasted.sql");
  if (get_rule_page (window) == NULL)
    {
      GListModel *items = bw_project_get_items (window->project);

      for (guint i = 0; i < g_list_model_get_n_items (items) && get_rule_page (window) == NULL; i++)
        {
          g_autoptr(BwItem) item = g_list_model_get_item (items, i);

          if (bw_item_get_kind (item) == BW_KIND_RULE)
            bw_window_open_item (window, item);
        }
    }
  BW_WAIT (get_rule_page (window) != NULL);
  sql = g_strdup_printf ("SELECT twice(%s) AS doubled FROM pasted WHERE %s = 90", data.number_column,
                         data.number_column);
  bw_test_set_text (window->page, sql);
  BW_WAIT (get_doubled (window) == 180);
  bw_test_picture (GTK_WIDGET (window), "newcomer-7-value");

  data_clear (&data);
  bw_test_close (window);
}

static void
test_nonsense_is_told (void)
{
  BwWindow *window = bw_test_open (NULL, NULL);
  GtkWidget *use;

  bw_welcome_set_data (window->welcome, "hello world");
  use = bw_test_find_widget (GTK_WIDGET (window), GTK_TYPE_BUTTON, "_Use It");
  g_signal_emit_by_name (use, "clicked");
  BW_WAIT (bw_test_find_widget (GTK_WIDGET (window), GTK_TYPE_LABEL, "neither JSON") != NULL);
  g_assert_null (window->project);
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/newcomer/rows-fix-function", test_newcomer);
  g_test_add_func ("/bw/newcomer/nonsense-is-told", test_nonsense_is_told);
  return g_test_run ();
}
