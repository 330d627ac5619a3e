/* test-bw-language.c - the language service as one meets it in the editor
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * By keys and actions in a real window.  The times at the end are printed, never
 * judged; `-m perf` makes enough of them.
 */
#include "config.h"

#include "bw-test.h"

#include <string.h>

static GtkTextBuffer *
get_buffer (BwWindow *window)
{
  return GTK_TEXT_BUFFER (bw_page_get_document (bw_test_get_page (window)));
}

static guint
count_problems (BwWindow *window)
{
  return g_list_model_get_n_items (bw_rule_page_get_problems (BW_RULE_PAGE (bw_test_get_page (window))));
}

/* The caret before this part of the text. */
static void
place_caret (BwWindow   *window,
             const char *part)
{
  GtkTextIter at;
  GtkTextIter start;

  gtk_text_buffer_get_start_iter (get_buffer (window), &start);
  g_assert_true (gtk_text_iter_forward_search (&start, part, 0, &at, NULL, NULL));
  gtk_text_buffer_place_cursor (get_buffer (window), &at);
}

static char *
dup_text (BwWindow *window)
{
  return bw_document_dup_text (bw_page_get_document (bw_test_get_page (window)));
}

static guint64
count_results (BwWindow *window)
{
  BeltTrial *trial = bw_rule_page_get_trial (BW_RULE_PAGE (bw_test_get_page (window)));
  guint op = trial != NULL ? bw_test_find_op (trial, "project") : G_MAXUINT;

  return op != G_MAXUINT ? bw_test_get_op (trial, op)->n_out : 0;
}

static gboolean
has_problem_said (BwWindow   *window,
                  const char *part)
{
  GtkWidget *bar = bw_test_find_widget (GTK_WIDGET (window), g_type_from_name ("BwProblemBar"), NULL);

  return bw_test_find_widget (bar, GTK_TYPE_LABEL, part) != NULL;
}

/* Three errors of three kinds, each mended with the key for it. */
static void
test_three_fixes (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  g_autofree char *text = NULL;

  bw_test_set_text (bw_test_get_page (window), "SELECT roun(temprature, 1) AS t FROM cold_roms WHERE humidity > 0");
  BW_WAIT (bw_window_is_settled (window) && count_problems (window) == 3);
  bw_test_picture (GTK_WIDGET (window), "language-1-errors");

  /* What is wrong at the caret is what is said. */
  place_caret (window, "AS t");
  BW_WAIT (has_problem_said (window, "“roun”"));
  gtk_widget_activate_action (GTK_WIDGET (window), "win.next-problem", NULL);
  BW_WAIT (has_problem_said (window, "“cold_roms”"));
  place_caret (window, "temprature");
  BW_WAIT (has_problem_said (window, "“temprature”"));

  for (guint i = 0; i < 3; i++)
    {
      guint before = count_problems (window);
      g_autofree char *was = dup_text (window);

      place_caret (window, "SELECT");
      gtk_widget_activate_action (GTK_WIDGET (window), "win.next-problem", NULL);
      gtk_widget_activate_action (GTK_WIDGET (window), "win.fix", NULL);
      BW_WAIT (bw_window_is_settled (window));
      g_clear_pointer (&text, g_free);
      text = dup_text (window);
      g_assert_cmpstr (text, !=, was);
      g_assert_cmpuint (before, >, 0);
    }
  g_assert_cmpstr (text, ==, "SELECT round(temperature, 1) AS t FROM cold_rooms WHERE humidity > 0");
  BW_WAIT (bw_window_is_settled (window) && count_results (window) > 0);
  g_assert_cmpuint (count_problems (window), ==, 0);
  bw_test_picture (GTK_WIDGET (window), "language-2-fixed");
  bw_test_close (window);
}

static GtkWidget *
find_by_type (BwWindow   *window,
              const char *type)
{
  return bw_test_find_widget (GTK_WIDGET (window), g_type_from_name (type), NULL);
}

/* The entry of a popover, once it is there. */
static GtkWidget *
find_entry (GtkWidget *widget)
{
  if (GTK_IS_ENTRY (widget) && gtk_widget_get_mapped (widget))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_entry (child);

      if (found != NULL)
        return found;
    }

  return NULL;
}

static void
test_names (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  GtkWidget *bar = find_by_type (window, "BwSignatureBar");
  GtkWidget *entry;
  g_autofree char *text = NULL;

  /* Which argument the caret is in. */
  bw_test_set_text (page, "SELECT temperature AS t, round(t, 1) AS r FROM cold_rooms WHERE t > 6");
  BW_WAIT (bw_window_is_settled (window));
  place_caret (window, "SELECT");
  g_assert_false (gtk_widget_get_mapped (bar));
  place_caret (window, "1)");
  BW_WAIT (gtk_widget_get_mapped (bar));
  g_assert_nonnull (strstr (gtk_label_get_label (GTK_LABEL (gtk_widget_get_first_child (bar))), "<b>"));
  bw_test_picture (GTK_WIDGET (window), "language-3-signature");

  /* An alias is renamed at all its places, and that is one step to undo. */
  place_caret (window, "t > 6");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.rename", NULL);
  BW_WAIT ((entry = find_entry (GTK_WIDGET (bw_page_get_editor (page)))) != NULL);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "t");
  bw_test_picture (GTK_WIDGET (window), "language-4-rename");
  gtk_editable_set_text (GTK_EDITABLE (entry), "warmth");
  g_signal_emit_by_name (entry, "activate");
  text = dup_text (window);
  g_assert_cmpstr (text, ==, "SELECT temperature AS warmth, round(warmth, 1) AS r FROM cold_rooms WHERE warmth > 6");
  BW_WAIT (bw_window_is_settled (window) && count_results (window) > 0);
  gtk_text_buffer_undo (get_buffer (window));
  g_clear_pointer (&text, g_free);
  text = dup_text (window);
  g_assert_nonnull (strstr (text, "AS t,"));

  /* To where names are made. */
  place_caret (window, "t > 6");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.go-to-definition", NULL);
  {
    GtkTextIter caret;

    gtk_text_buffer_get_iter_at_mark (get_buffer (window), &caret, gtk_text_buffer_get_insert (get_buffer (window)));
    g_assert_cmpint (gtk_text_iter_get_offset (&caret), ==, (int)strlen ("SELECT temperature AS "));
  }

  /* Laid out, it means the same. */
  gtk_widget_activate_action (GTK_WIDGET (window), "win.format", NULL);
  g_clear_pointer (&text, g_free);
  text = dup_text (window);
  g_assert_nonnull (strstr (text, "\nFROM cold_rooms\nWHERE t > 6\n"));

  place_caret (window, "cold_rooms");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.go-to-definition", NULL);
  BW_WAIT (bw_item_get_kind (bw_page_get_item (bw_test_get_page (window))) == BW_KIND_STREAM);
  bw_test_close (window);
}

static gboolean
is_list_shown (GtkSourceView *view)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (view)); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (g_str_equal (G_OBJECT_TYPE_NAME (child), "GtkSourceCompletionList") && gtk_widget_get_mapped (child))
      return TRUE;

  return FALSE;
}

/* A statement of 2 KB: from the key to what is wrong, and from asking to the list. */
static void
test_times (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  GtkSourceView *view = bw_editor_get_view (bw_page_get_editor (page));
  GtkSourceCompletion *completion = gtk_source_view_get_completion (view);
  g_autoptr(GString) sql = g_string_new ("SELECT temperature");
  guint n = g_test_perf () ? 31 : 5;
  g_autofree double *checks = g_new0 (double, n);
  g_autofree double *lists = g_new0 (double, n);

  while (sql->len < 2000)
    g_string_append_printf (sql, ",\n  round(temperature * %u + humidity, 2) AS f%u", (guint)sql->len, (guint)sql->len);
  g_string_append (sql, "\nFROM cold_rooms WHERE temperature > 6 AND humidity > ");
  bw_test_set_text (page, sql->str);
  gtk_widget_grab_focus (GTK_WIDGET (view));
  BW_WAIT (bw_window_is_settled (window) && count_problems (window) > 0);

  for (guint i = 0; i < n; i++)
    {
      gint64 start;
      GtkTextIter end;

      gtk_text_buffer_get_end_iter (get_buffer (window), &end);
      gtk_text_buffer_place_cursor (get_buffer (window), &end);
      start = g_get_monotonic_time ();
      gtk_text_buffer_insert_at_cursor (get_buffer (window), "6", 1);
      BW_WAIT (count_problems (window) == 0);
      checks[i] = (double)(g_get_monotonic_time () - start) / 1000.0;
      gtk_text_buffer_undo (get_buffer (window));
      BW_WAIT (bw_window_is_settled (window) && count_problems (window) > 0);

      start = g_get_monotonic_time ();
      gtk_source_completion_show (completion);
      BW_WAIT (is_list_shown (view));
      lists[i] = (double)(g_get_monotonic_time () - start) / 1000.0;
      gtk_source_completion_hide (completion);
      BW_WAIT (!is_list_shown (view));
    }
  bw_test_print_times ("key to diagnostics, 2 KB", checks, n);
  bw_test_print_times ("asking to completion, 2 KB", lists, n);
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/language/three-fixes", test_three_fixes);
  g_test_add_func ("/bw/language/names", test_names);
  g_test_add_func ("/bw/language/times", test_times);
  return g_test_run ();
}
