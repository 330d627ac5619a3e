/* test-bw-listen.c - a stream without a sample: its true source is listened to
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A real broker, and a client that is not ours.  Topics and values are drawn at
 * test time.
 */
#include "config.h"

#include "bw-test.h"
#include "mqtt-fixture.h"

#include "bw-plugin-page.h"
#include "bw-source-button.h"

#include <adwaita.h>
#include <string.h>

#define N_ROWS 30u

static char *
create_project (guint       port,
                const char *topic)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("listen-XXXXXX", &error);
  g_autofree char *server = g_strdup_printf ("{\\\"server\\\":\\\"tcp://127.0.0.1:%u\\\"}", port);
  g_autofree char *stream = g_strdup_printf ("CREATE STREAM readings () WITH (DATASOURCE=\"%s/+\", TYPE=\"mqtt\", "
                                             "FORMAT=\"JSON\", EXTRA=\"%s\")\n", topic, server);

  g_assert_no_error (error);
  bw_test_write_file (folder, "beltworks.json", "{ \"format\": 1, \"plugins\": [] }\n");
  bw_test_write_file (folder, "streams/readings.sql", stream);
  bw_test_write_file (folder, "rules/high.json", "{ \"id\": \"high\", \"actions\": [ { \"log\": {} } ] }\n");
  bw_test_write_file (folder, "rules/high.sql", "SELECT value, meta(topic) AS topic FROM readings WHERE value > 50\n");
  return folder;
}

static BeltTrialOp *
get_op (BwWindow   *window,
        const char *kind)
{
  BeltTrial *trial = bw_rule_page_get_trial (BW_RULE_PAGE (bw_test_get_page (window)));
  guint op = trial != NULL ? bw_test_find_op (trial, kind) : G_MAXUINT;

  return op != G_MAXUINT ? bw_test_get_op (trial, op) : NULL;
}

static guint64
count_out (BwWindow   *window,
           const char *kind)
{
  BeltTrialOp *op = get_op (window, kind);

  return op != NULL ? op->n_out : 0;
}

/* A label that is shown and has this in it. */
static gboolean
is_said (GtkWidget  *widget,
         const char *part)
{
  if (GTK_IS_LABEL (widget) && gtk_widget_get_mapped (widget) &&
      strstr (gtk_label_get_label (GTK_LABEL (widget)), part) != NULL)
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (is_said (child, part))
      return TRUE;

  return FALSE;
}

/* Has a row that came lately n, and value n times the factor? */
static gboolean
is_multiplied (BwRowsView *rows,
               guint       factor)
{
  GListModel *model = bw_rows_view_get_model (rows);
  guint n_rows = g_list_model_get_n_items (model);
  g_autoptr(BwRow) row = n_rows > 0 ? g_list_model_get_item (model, n_rows - 1) : NULL;
  gboolean number = FALSE;
  g_autofree char *n = row != NULL ? bw_row_dup_cell (row, "n", &number) : NULL;
  g_autofree char *value = number ? bw_row_dup_cell (row, "value", &number) : NULL;

  return number && g_ascii_strtoull (n, NULL, 10) > 0 &&
         (guint64)g_ascii_strtod (value, NULL) == g_ascii_strtoull (n, NULL, 10) * factor;
}

static GtkWidget *
find_sources (BwWindow *window)
{
  return bw_test_find_widget (GTK_WIDGET (bw_test_get_page (window)), BW_TYPE_SOURCE_BUTTON, NULL);
}

static void
open_popover (BwWindow *window)
{
  GtkWidget *button = bw_test_find_widget (find_sources (window), GTK_TYPE_MENU_BUTTON, NULL);

  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
}

static void
click (BwWindow   *window,
       const char *label)
{
  GtkWidget *button = bw_test_find_widget (find_sources (window), GTK_TYPE_BUTTON, label);

  g_assert_nonnull (button);
  g_assert_true (gtk_widget_get_mapped (button));
  g_signal_emit_by_name (button, "clicked");
}

static void
test_rows_come (void)
{
  Broker broker = { 0 };
  g_autofree char *topic = g_strdup_printf ("t%u", g_test_rand_int () & 0xffffff);
  g_autofree char *folder = NULL;
  g_autofree char *sample = NULL;
  g_autofree char *first_topic = g_strdup_printf ("%s/0", topic);
  g_autofree char *text = NULL;
  guint n_high = 0;
  BwWindow *window;

  if (!broker_is_there ())
    {
      g_test_skip ("no mosquitto on this machine");
      return;
    }
  broker_start (&broker);
  folder = create_project (broker.port, topic);
  sample = g_build_filename (folder, "samples", "readings.jsonl", NULL);
  window = bw_test_open (folder, "high");

  /* Nobody sent anything: that is said, with where it listens. */
  BW_WAIT (is_said (find_sources (window), "Listening"));
  open_popover (window);
  BW_WAIT (is_said (find_sources (window), "Connected, listening to "));
  g_assert_true (is_said (find_sources (window), topic));
  bw_test_picture (GTK_WIDGET (window), "listen-1-nothing");

  for (guint i = 0; i < N_ROWS; i++)
    {
      guint value = (guint)g_test_rand_int_range (0, 101);
      g_autofree char *to = g_strdup_printf ("%s/%u", topic, i);
      g_autofree char *payload = g_strdup_printf ("{\"value\":%u}", value);

      n_high += value > 50 ? 1 : 0;
      broker_publish (&broker, to, payload);
    }
  BW_WAIT (count_out (window, "source") == N_ROWS && count_out (window, "filter") == n_high);
  BW_WAIT (is_said (find_sources (window), "Live, 30 rows"));
  g_assert_true (is_said (find_sources (window), "30 rows came"));
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (window)), ==, 0);
  bw_test_picture (GTK_WIDGET (window), "listen-2-rows");
  bw_test_picture (bw_test_find_widget (find_sources (window), GTK_TYPE_POPOVER, NULL), "listen-2-popover");

  /* Their columns are known to the editor. */
  bw_test_set_text (bw_test_get_page (window), "SELECT valeu FROM readings");
  BW_WAIT (bw_window_is_settled (window) &&
           g_list_model_get_n_items (bw_rule_page_get_problems (BW_RULE_PAGE (bw_test_get_page (window)))) == 1);
  {
    g_autoptr(BwProblem) problem =
      g_list_model_get_item (bw_rule_page_get_problems (BW_RULE_PAGE (bw_test_get_page (window))), 0);

    g_assert_cmpstr (bw_problem_get_diagnostic (problem)->fix, ==, "value");
  }

  /* And their metadata to the rule. */
  bw_test_set_text (bw_test_get_page (window), "SELECT value, meta(topic) AS topic FROM readings");
  BW_WAIT (bw_window_is_settled (window) && count_out (window, "project") == N_ROWS);
  {
    BeltTrialRow *row = g_ptr_array_index (get_op (window, "project")->out, 0);
    const BeltValue *value = belt_value_get_member (&row->row, "topic", 5);

    g_assert_true (value != NULL && value->tag == BELT_TAG_STR);
    g_assert_cmpmem (value->u.s, value->len, first_topic, strlen (first_topic));
  }

  /* They are kept for next time. */
  click (window, "Save as Sample");
  BW_WAIT (g_file_get_contents (sample, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "{\"value\":"));
  BW_WAIT (bw_session_get_n_sample_rows (window->session, "readings") == N_ROWS);

  /* The broker goes: the rows stay, and the trouble is said. */
  broker_stop (&broker);
  BW_WAIT (is_said (find_sources (window), "No connection, 30 rows"));
  g_assert_true (is_said (find_sources (window), "30 rows came"));
  g_assert_true (is_said (find_sources (window), "127.0.0.1"));
  g_assert_cmpuint (count_out (window, "project"), ==, N_ROWS);
  bw_test_picture (bw_test_find_widget (find_sources (window), GTK_TYPE_POPOVER, NULL), "listen-3-broker-gone");

  click (window, "Forget Them");
  BW_WAIT (is_said (find_sources (window), "Sample, 30 rows"));
  bw_test_close (window);
}

/* A stream that has a sample is left alone until somebody asks. */
static void
test_samples_are_left_alone (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");

  BW_WAIT (bw_window_is_settled (window) && is_said (find_sources (window), "Sample, 960 rows"));
  g_assert_false (bw_listener_is_on (bw_session_get_listener (window->session, "cold_rooms")));
  bw_test_close (window);
}

/* A new source plugin has rows at once; saved, it goes on where it was. */
static void
test_source_plugin (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *name = g_strdup_printf ("ticks%u", g_test_rand_int () % 1000);
  guint factor = (guint)g_test_rand_int_range (3, 1000);
  g_autofree char *from = g_strdup ("config->step * (double) *offset");
  g_autofree char *to = g_strdup_printf ("%u * (double) *offset", factor);
  g_autoptr(GError) error = NULL;
  g_autofree char *path = belt_project_add (folder, BELT_PROJECT_NEW_SOURCE, name, &error);
  BwWindow *window;
  BwPluginPage *page;

  g_assert_no_error (error);
  g_assert_nonnull (path);
  /* Its stream has the same name. */
  window = bw_test_open (folder, "overheat");
  bw_window_open_item (window, bw_project_lookup_path (bw_session_get_project (window->session), path));
  BW_WAIT (BW_IS_PLUGIN_PAGE (bw_test_get_page (window)));
  page = BW_PLUGIN_PAGE (bw_test_get_page (window));
  BW_WAIT (g_list_model_get_n_items (bw_rows_view_get_model (bw_plugin_page_get_rows (page))) > 0);
  BW_WAIT (is_said (find_sources (window), "Live"));
  bw_test_picture (GTK_WIDGET (window), "listen-4-source");

  bw_test_replace (BW_PAGE (page), from, to);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  BW_WAIT (is_multiplied (bw_plugin_page_get_rows (page), factor));
  bw_test_picture (GTK_WIDGET (window), "listen-5-source-swapped");
  bw_test_close (window);
}

/* The page of a sink says what it would get, and from which rule. */
static void
test_sink_plugin (void)
{
  g_autofree char *folder = bw_test_copy_example ("mysql-sink");
  BwWindow *window = bw_test_open (folder, "mysql");
  BwPluginPage *page = BW_PLUGIN_PAGE (bw_test_get_page (window));
  GListModel *model = bw_rows_view_get_model (bw_plugin_page_get_rows (page));
  g_autoptr(BwRow) row = NULL;
  gboolean number;
  g_autofree char *text = NULL;

  BW_WAIT (bw_window_is_settled (window) && g_list_model_get_n_items (model) > 0);
  row = g_list_model_get_item (model, 0);
  text = bw_row_dup_cell (row, NULL, &number);
  g_assert_true (g_str_has_prefix (text, "{\"") || g_str_has_prefix (text, "[{\""));
  g_assert_true (is_said (GTK_WIDGET (page), "mysql"));
  bw_test_picture (GTK_WIDGET (window), "listen-6-sink");
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/listen/rows-come", test_rows_come);
  g_test_add_func ("/bw/listen/samples-are-left-alone", test_samples_are_left_alone);
  g_test_add_func ("/bw/listen/source-plugin", test_source_plugin);
  g_test_add_func ("/bw/listen/sink-plugin", test_sink_plugin);
  return g_test_run ();
}
