/* test-bw-story.c - the main job in the window: rows, reasons, C, swap
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-test.h"

#include "bw-plugin-page.h"


static BeltTrial *
get_trial (BwWindow *window)
{
  return bw_rule_page_get_trial (BW_RULE_PAGE (bw_test_get_page (window)));
}

static guint64
get_filter_out (BwWindow *window)
{
  BeltTrial *trial = get_trial (window);
  guint filter = trial != NULL ? bw_test_find_op (trial, "filter") : G_MAXUINT;

  return filter != G_MAXUINT ? bw_test_get_op (trial, filter)->n_out : G_MAXUINT64;
}

static void
test_welcome (void)
{
  BwWindow *window = bw_test_open (NULL, NULL);

  g_assert_true (bw_welcome_is_settled (window->welcome));
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (window)), ==, 0);
  bw_test_picture (GTK_WIDGET (window), "welcome");
  bw_test_close (window);
}

static void
test_rows_change_while_typing (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwRulePage *page = BW_RULE_PAGE (bw_test_get_page (window));
  guint64 before;

  BW_WAIT (get_filter_out (window) != G_MAXUINT64);
  before = get_filter_out (window);
  g_assert_cmpuint (before, >, 0);

  bw_test_replace (BW_PAGE (page), "> 6", "> 7");
  BW_WAIT (get_filter_out (window) < before);
  g_assert_cmpuint (get_filter_out (window), >, 0);

  /* Unfinished text keeps the rows, says so, and is underlined. */
  before = get_filter_out (window);
  bw_test_replace (BW_PAGE (page), "> 7", "> 7 AND");
  BW_WAIT (strstr (bw_page_get_state (BW_PAGE (page)), "not finished") != NULL);
  g_assert_cmpuint (get_filter_out (window), ==, before);
  g_assert_cmpuint (g_list_model_get_n_items (bw_rule_page_get_problems (page)), >, 0);
  bw_test_picture (GTK_WIDGET (window), "rule-unfinished");

  bw_test_replace (BW_PAGE (page), " AND", "");
  BW_WAIT (g_list_model_get_n_items (bw_rule_page_get_problems (page)) == 0);
  bw_test_close (window);
}

static void
test_why_dropped (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwRulePage *page = BW_RULE_PAGE (bw_test_get_page (window));
  BwRowsView *rows = bw_rule_page_get_rows (page);
  guint filter;
  const char *sentence;

  BW_WAIT (get_filter_out (window) != G_MAXUINT64);
  filter = bw_test_find_op (get_trial (window), "filter");
  gtk_widget_activate (bw_plan_view_get_node (bw_rule_page_get_plan (page), filter));
  BW_WAIT (bw_plan_view_get_selected (bw_rule_page_get_plan (page)) == filter);
  bw_rows_view_set_side (rows, BW_SIDE_DROPPED);
  g_assert_cmpuint (g_list_model_get_n_items (bw_rows_view_get_model (rows)), >, 0);
  bw_rows_view_select (rows, 0);

  sentence = bw_why_view_get_sentence (bw_rule_page_get_why (page));
  g_test_message ("why: %s", sentence);
  g_assert_nonnull (strstr (sentence, "6"));
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (bw_rule_page_get_why (page))));
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (window)), ==, 0);
  bw_test_picture (GTK_WIDGET (window), "rule-why");

  /* The sinks are muted and say what they would have sent. */
  bw_plan_view_select (bw_rule_page_get_plan (page), belt_trial_get_ops (get_trial (window))->len - 1);
  bw_rows_view_set_side (rows, BW_SIDE_OUT);
  g_assert_cmpuint (g_list_model_get_n_items (bw_rows_view_get_model (rows)), >, 0);
  bw_test_picture (GTK_WIDGET (window), "rule-sink");
  bw_test_close (window);
}

static const char *
get_sentence (BwWindow *window)
{
  BwPlugin *plugin = bw_plugin_page_get_plugin (BW_PLUGIN_PAGE (bw_test_get_page (window)));

  return plugin != NULL ? bw_plugin_get_sentence (plugin) : "";
}

static double
get_smoothed (BwWindow *window)
{
  BwRowsView *rows = bw_plugin_page_get_rows (BW_PLUGIN_PAGE (bw_test_get_page (window)));
  g_autoptr(BwRow) row = g_list_model_get_item (bw_rows_view_get_model (rows), 1);
  gboolean number = FALSE;
  g_autofree char *text = row != NULL ? bw_row_dup_cell (row, "smoothed", &number) : NULL;

  return number ? g_ascii_strtod (text, NULL) : -1;
}

static void
test_break_and_fix_c (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "ema");
  BwPage *page = bw_test_get_page (window);
  double before;

  BW_WAIT (get_smoothed (window) >= 0);
  before = get_smoothed (window);

  bw_test_replace (page, "return state->value;", "return state->valu;");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  BW_WAIT (g_str_has_prefix (get_sentence (window), "Not swapped: 1 error, at ema.c:"));
  g_assert_nonnull (strstr (get_sentence (window), "last good build answers"));
  g_assert_cmpfloat (get_smoothed (window), ==, before);
  bw_test_picture (GTK_WIDGET (window), "plugin-error");
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (window)), ==, 0);

  bw_test_replace (page, "return state->valu;", "return state->value + 100;");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  BW_WAIT (g_str_has_prefix (get_sentence (window), "Swapped in "));
  BW_WAIT (get_smoothed (window) > 100);
  bw_test_picture (GTK_WIDGET (window), "plugin-swapped");
  bw_test_close (window);
}

static void
test_crash_is_told (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "ema");
  BwPage *page = bw_test_get_page (window);

  BW_WAIT (get_smoothed (window) >= 0);
  bw_test_replace (page, "  return state->value;",
                   "  if (x > 6.25)\n    *(volatile int *) 0 = 1;\n  return state->value;");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  BW_WAIT (strstr (get_sentence (window), "ema.c:10") != NULL);
  BW_WAIT (strstr (get_sentence (window), "last good build answers") != NULL);
  g_test_message ("crash: %s", get_sentence (window));
  bw_test_picture (GTK_WIDGET (window), "plugin-crash");
  bw_test_close (window);
}

/* Ctrl+S to the new value in the table. */
static void
test_save_to_value (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "ema");
  double times[9];

  BW_WAIT (get_smoothed (window) >= 0);
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *from = i == 0 ? g_strdup ("return state->value;")
                              : g_strdup_printf ("return state->value + %u;", i * 100);
      g_autofree char *to = g_strdup_printf ("return state->value + %u;", (i + 1) * 100);
      double wanted = (i + 1) * 100.0;
      gint64 start;

      bw_test_replace (bw_test_get_page (window), from, to);
      start = g_get_monotonic_time ();
      gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
      BW_WAIT (!gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (bw_page_get_document (bw_test_get_page (window)))));
      g_test_message ("on disk after %.0f ms", (double)(g_get_monotonic_time () - start) / 1000.0);
      BW_WAIT (get_smoothed (window) > wanted && get_smoothed (window) < wanted + 100);
      times[i] = (double)(g_get_monotonic_time () - start) / 1000.0;
      g_test_message ("%.0f ms; %s", times[i], get_sentence (window));
    }
  bw_test_print_times ("save to new value", times, G_N_ELEMENTS (times));
  g_test_minimized_result (times[G_N_ELEMENTS (times) / 2], "save to new value, ms");
  bw_test_close (window);
}

static void
count_down (gpointer  data,
            GObject  *where)
{
  --*(int *)data;
}

/* Views of GtkSourceView 5.6 are never freed unless they are let go with care. */
static void
test_closed_pages_are_freed (void)
{
  static const char *const pages[] = { "overheat", "ema", "cold_rooms" };
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "average");
  int alive = 0;

  for (guint i = 0; i < 3 * G_N_ELEMENTS (pages); i++)
    {
      BwPage *page;

      bw_window_open_named (window, pages[i % G_N_ELEMENTS (pages)]);
      BW_WAIT (bw_window_is_settled (window));
      page = bw_test_get_page (window);
      g_assert_cmpstr (bw_item_get_name (bw_page_get_item (page)), ==, pages[i % G_N_ELEMENTS (pages)]);
      for (int k = 0; k < 20; k++)
        bw_test_iterate ();
      alive += 2;
      g_object_weak_ref (G_OBJECT (bw_editor_get_view (bw_page_get_editor (page))), count_down, &alive);
      g_object_weak_ref (G_OBJECT (bw_page_get_document (page)), count_down, &alive);
      gtk_widget_activate_action (GTK_WIDGET (window), "win.close-page", NULL);
      for (int k = 0; k < 20; k++)
        bw_test_iterate ();
    }
  BW_WAIT (alive == 0);
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/welcome/live", test_welcome);
  g_test_add_func ("/bw/rule/rows-change-while-typing", test_rows_change_while_typing);
  g_test_add_func ("/bw/rule/why-dropped", test_why_dropped);
  g_test_add_func ("/bw/plugin/break-and-fix", test_break_and_fix_c);
  g_test_add_func ("/bw/plugin/crash-is-told", test_crash_is_told);
  g_test_add_func ("/bw/plugin/save-to-value", test_save_to_value);
  g_test_add_func ("/bw/page/closed-pages-are-freed", test_closed_pages_are_freed);
  return g_test_run ();
}
