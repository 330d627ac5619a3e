/* bench-bw-save.c - from Ctrl+S to the new value in the table
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The mysql-sink project with a stateful function of 120 lines beside it.  The
 * key goes through the X server into the real window; the clock stops when the
 * table has the value that the edit makes.  Times are printed, never judged: as a
 * test this only says that the value arrives.  `-m perf` makes enough of them.
 */
#include "config.h"

#include "bw-test.h"

#include "bw-plugin-page.h"

#include <stdio.h>

#define MANIFEST                                                                                   \
  "{ \"format\": 1, \"plugins\": [\n"                                                              \
  "  { \"name\": \"mysql\", \"kind\": \"sink\", \"version\": \"1.0.0\",\n"                         \
  "    \"files\": [\"sinks/mysql.c\"], \"pkgConfig\": [\"libmariadb\"] },\n"                       \
  "  { \"name\": \"smooth\", \"kind\": \"function\", \"version\": \"1.0.0\",\n"                    \
  "    \"files\": [\"functions/smooth.c\"] } ] }\n"
#define LINES_MIN 120

/* A median over a ring, rejecting jumps: enough of a state to be worth carrying over. */
static const char source_head[] =
  "/* Smooths a reading: running median of the last 16, jumps limited. */\n"
  "#include <belt-plugin.h>\n"
  "#include <math.h>\n"
  "#include <stdlib.h>\n"
  "#include <string.h>\n"
  "\n"
  "#define WINDOW 16\n"
  "\n"
  "typedef struct { double ring[WINDOW]; int64_t n; double value; } smooth_state;\n"
  "\n"
  "static int\n"
  "compare (const void *a, const void *b)\n"
  "{\n"
  "  double left = *(const double *) a, right = *(const double *) b;\n"
  "\n"
  "  return (left > right) - (left < right);\n"
  "}\n"
  "\n"
  "static double\n"
  "median (const smooth_state *state)\n"
  "{\n"
  "  double sorted[WINDOW];\n"
  "  int n = state->n < WINDOW ? (int) state->n : WINDOW;\n"
  "\n"
  "  memcpy (sorted, state->ring, sizeof sorted);\n"
  "  qsort (sorted, (size_t) n, sizeof sorted[0], compare);\n"
  "  return sorted[n / 2];\n"
  "}\n"
  "\n";
static const char source_step[] =
  "static double\n"
  "limit_%u (double before, double x)\n"
  "{\n"
  "  double step = fabs (x - before);\n"
  "\n"
  "  if (step > %u.5)\n"
  "    return before + copysign (%u.5, x - before);\n"
  "  return x;\n"
  "}\n"
  "\n";
static const char source_tail[] =
  "BELT_STATEFUL (f64, smooth, smooth_state, 1, f64, x)\n"
  "{\n"
  "  state->ring[state->n++ %% WINDOW] = x;\n"
  "  state->value = median (state);\n"
  "%s"
  "  return state->value + 0;\n"
  "}\n"
  "\n"
  "BELT_PROVIDE (\"io.example.smooth\", \"1.0.0\", smooth);\n";

static char *
create_source (void)
{
  GString *text = g_string_new (source_head);
  GString *calls = g_string_new (NULL);
  guint n_lines = 0;

  for (guint i = 90; i < 98; i++)
    {
      g_string_append_printf (text, source_step, i, i, i);
      g_string_append_printf (calls, "  state->value = limit_%u (0, state->value);\n", i);
    }
  g_string_append_printf (text, source_tail, calls->str);
  g_string_free (calls, TRUE);
  for (const char *i = text->str; *i != '\0'; i++)
    n_lines += *i == '\n';
  g_assert_cmpuint (n_lines, >=, LINES_MIN);

  return g_string_free (text, FALSE);
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

static const char *
get_sentence (BwWindow *window)
{
  return bw_plugin_get_sentence (bw_plugin_page_get_plugin (BW_PLUGIN_PAGE (bw_test_get_page (window))));
}

static void
press_save (BwWindow *window)
{
  g_autoptr(GError) error = NULL;

  g_spawn_async (NULL, (char *[]){ "xdotool", "key", "ctrl+s", NULL }, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                 &error);
  g_assert_no_error (error);
}

static void
test_save (void)
{
  g_autofree char *folder = bw_test_copy_example ("mysql-sink");
  g_autofree char *source = create_source ();
  guint n = g_test_perf () ? 21 : 3;
  g_autofree double *times = g_new0 (double, n);
  BwWindow *window;
  BwPage *page;

  bw_test_write_file (folder, "beltworks.json", MANIFEST);
  bw_test_write_file (folder, "functions/smooth.c", source);
  bw_test_write_file (folder, "rules/smoothed.json", "{ \"id\": \"smoothed\", \"actions\": [ { \"log\": {} } ] }\n");
  bw_test_write_file (folder, "rules/smoothed.sql",
                      "SELECT temperature, smooth(temperature) AS smoothed, humidity FROM demo\n");
  window = bw_test_open (folder, "smooth");
  page = bw_test_get_page (window);
  BW_WAIT (get_smoothed (window) >= 0);
  gtk_widget_grab_focus (GTK_WIDGET (bw_editor_get_view (bw_page_get_editor (page))));
  BW_WAIT (gtk_window_is_active (GTK_WINDOW (window)) && bw_window_is_settled (window));

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *from = g_strdup_printf ("state->value + %u;", i * 1000);
      g_autofree char *to = g_strdup_printf ("state->value + %u;", (i + 1) * 1000);
      gint64 start;

      bw_test_replace (page, from, to);
      BW_WAIT (bw_window_is_settled (window));
      start = g_get_monotonic_time ();
      press_save (window);
      BW_WAIT (get_smoothed (window) > (i + 1) * 1000.0);
      times[i] = (double)(g_get_monotonic_time () - start) / 1000.0;
      g_assert_cmpfloat (get_smoothed (window), <, (i + 2) * 1000.0);
      if (g_test_verbose () || g_test_perf ())
        printf ("# %u: %.0f ms; %s\n", i + 1, times[i], get_sentence (window));
    }

  bw_test_print_times ("Ctrl+S to the new value in the table", times, n);
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/save/new-value", test_save);
  return g_test_run ();
}
