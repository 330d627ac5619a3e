/* test-bw-turns.c - the window answers while everything behind it is slow
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A million rows come into a sample while somebody types, a source plugin makes
 * rows as fast as it can, a plugin loops for ever, and an engine takes connections
 * and never says a word.  What is measured is the time between two waits of the
 * main loop: 50 ms are allowed of the main thread's own processor time.  On a busy
 * machine the clock also counts the work of others, so that limit is wide: it is
 * for a turn that waits.  Others make the processor slower, too, but not each time:
 * a turn of ours that is too long is so in every round, so it has to be in three.
 */
#include "config.h"

#include "bw-test.h"

#include "bw-deploy-dialog.h"
#include "bw-plugin-page.h"
#include "bw-settings.h"

#include <adwaita.h>
#include <stdio.h>
#include <time.h>

#define N_ROWS        1000000u
#define ROWS_A_WRITE  10000u
#define N_ROUNDS      3u
#if defined(__SANITIZE_ADDRESS__)
#define OWN_MS_MAX    500.0
#define CLOSE_MS_MAX  500.0
#define WALL_MS_MAX   2000.0
#else
#define OWN_MS_MAX    50.0
#define CLOSE_MS_MAX  200.0  /* all widgets of a window go in one turn, with it */
#define WALL_MS_MAX   1000.0
#endif

typedef struct
{
  double wall_ms;
  double own_ms;
} Turn;

static gint64 turn_start_us;
static gint64 turn_start_own_us;
static Turn longest;

static gint64
get_own_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static int
poll_and_measure (GPollFD *fds,
                  guint    n_fds,
                  int      timeout)
{
  int result;

  if (turn_start_us != 0)
    {
      longest.wall_ms = MAX (longest.wall_ms, (double)(g_get_monotonic_time () - turn_start_us) / 1000.0);
      longest.own_ms = MAX (longest.own_ms, (double)(get_own_us () - turn_start_own_us) / 1000.0);
    }
  result = g_poll (fds, n_fds, timeout);
  turn_start_us = g_get_monotonic_time ();
  turn_start_own_us = get_own_us ();

  return result;
}

static void
start_turns (void)
{
  longest = (Turn) { 0, 0 };
  turn_start_us = 0;
}

/* Was no turn too long? */
static gboolean
check_turns (const char *name,
             double      own_ms_max)
{
  gboolean short_enough = longest.own_ms <= own_ms_max && longest.wall_ms <= WALL_MS_MAX;

  printf ("# %s: longest turn %.1f ms, of the main thread's own work %.1f ms\n", name, longest.wall_ms,
          longest.own_ms);
  fflush (stdout);
  start_turns ();

  return short_enough;
}

/* Ten keys a second, each the text it makes. */
static void
type_for (BwPage     *page,
          const char *from,
          const char *to,
          guint       n)
{
  for (guint i = 0; i < n; i++)
    {
      gint64 until = g_get_monotonic_time () + 100 * G_TIME_SPAN_MILLISECOND;

      bw_test_replace (page, i % 2 == 0 ? from : to, i % 2 == 0 ? to : from);
      BW_WAIT (g_get_monotonic_time () >= until);
    }
}

typedef struct
{
  char *path;
  int   n_written;  /* atomic */
} Rows;

static gpointer
write_rows (gpointer data)
{
  Rows *self = data;
  FILE *file = fopen (self->path, "w");

  g_assert_nonnull (file);
  for (guint i = 0; i < N_ROWS; i++)
    {
      fprintf (file,
               "{\"room\":\"R%u\",\"temperature\":%.1f,\"humidity\":70.5,\"door\":\"closed\","
               "\"ts\":%" G_GUINT64_FORMAT "}\n",
               i % 7, 4.0 + i % 50 / 10.0, G_GUINT64_CONSTANT (1760000400000) + i * 10);
      if (i % ROWS_A_WRITE == ROWS_A_WRITE - 1)
        {
          fflush (file);
          g_atomic_int_set (&self->n_written, (int)i + 1);
          g_usleep (50000);
        }
    }
  fclose (file);

  return NULL;
}

static guint64
count_rows_in (BwWindow *window)
{
  BeltTrial *trial = bw_rule_page_get_trial (BW_RULE_PAGE (bw_test_get_page (window)));

  return trial != NULL ? bw_test_get_op (trial, 0)->n_out : 0;
}

static gboolean
let_a_million_rows_come (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  Rows rows = { g_build_filename (folder, "samples", "cold_rooms.jsonl", NULL), 0 };
  guint rows_max = g_settings_get_uint (bw_settings_get_default (), "sample-rows-max");
  BwWindow *window = bw_test_open (folder, "overheat");
  gboolean short_enough;
  GThread *writer;

  BW_WAIT (count_rows_in (window) > 0);
  start_turns ();
  writer = g_thread_new ("rows", write_rows, &rows);
  while (g_atomic_int_get (&rows.n_written) < (int)N_ROWS)
    type_for (bw_test_get_page (window), "> 6", "> 7", 2);
  g_thread_join (writer);
  BW_WAIT (bw_window_is_settled (window) && bw_session_get_n_rows (window->session, "cold_rooms") == rows_max);
  type_for (bw_test_get_page (window), "> 6", "> 7", 4);
  BW_WAIT (bw_window_is_settled (window) && count_rows_in (window) == rows_max);
  short_enough = check_turns ("a million rows come in", OWN_MS_MAX);

  bw_test_close (window);
  short_enough &= check_turns ("and its window is closed", CLOSE_MS_MAX);
  g_free (rows.path);
  return short_enough;
}

/* As fast as the window takes them: twenty thousand a second. */
static gboolean
let_a_source_pour (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *path = belt_project_add (folder, BELT_PROJECT_NEW_SOURCE, "pours", NULL);
  g_autofree char *rule = g_build_filename (folder, "rules", "pours.sql", NULL);
  g_autofree char *object = g_build_filename (folder, "rules", "pours.json", NULL);
  BwWindow *window;
  gboolean short_enough;

  g_assert_nonnull (path);
  g_assert_true (g_file_set_contents (rule, "SELECT n, value, n / 7 AS seventh FROM pours WHERE value > 6", -1, NULL));
  g_assert_true (g_file_set_contents (object, "{ \"id\": \"pours\", \"actions\": [ { \"log\": {} } ] }\n", -1, NULL));
  window = bw_test_open (folder, "overheat");
  bw_window_open_item (window, bw_project_lookup_path (bw_session_get_project (window->session), "rules/pours.sql"));
  BW_WAIT (BW_IS_RULE_PAGE (bw_test_get_page (window)) && count_rows_in (window) > 0);
  start_turns ();
  while (bw_listener_get_n_came (bw_session_get_listener (window->session, "pours")) < 100000)
    type_for (bw_test_get_page (window), "> 6", "> 7", 2);
  short_enough = check_turns ("a source pours", OWN_MS_MAX);

  bw_test_close (window);
  short_enough &= check_turns ("and its window is closed", CLOSE_MS_MAX);

  return short_enough;
}

static const char *
get_sentence (BwWindow *window)
{
  BwPlugin *plugin = bw_plugin_page_get_plugin (BW_PLUGIN_PAGE (bw_test_get_page (window)));

  return plugin != NULL ? bw_plugin_get_sentence (plugin) : "";
}

static gboolean
let_a_plugin_loop (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "ema");
  gboolean short_enough;

  BW_WAIT (g_str_has_prefix (get_sentence (window), "Built and loaded"));
  start_turns ();
  bw_test_replace (bw_test_get_page (window), "  return state->value;",
                   "  for (volatile int on = 1; on;)\n    continue;\n  return state->value;");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  type_for (bw_test_get_page (window), "on = 1", "on = 2", 10);
  BW_WAIT (strstr (get_sentence (window), "ema.c:") != NULL);
  printf ("# %s\n", get_sentence (window));
  BW_WAIT (bw_window_is_settled (window));
  short_enough = check_turns ("a plugin loops for ever", OWN_MS_MAX);

  bw_test_close (window);
  short_enough &= check_turns ("and its window is closed", CLOSE_MS_MAX);

  return short_enough;
}

/* Connections are made by the kernel; nobody ever reads them. */
static GSocket *
listen_and_say_nothing (guint16 *ret_port)
{
  g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr(GSocketAddress) bound = NULL;
  g_autoptr(GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, TRUE, NULL) && g_socket_listen (socket, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  *ret_port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));

  return socket;
}

static gboolean
let_an_engine_hang (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *path = g_build_filename (folder, "beltworks.json", NULL);
  g_autofree char *text = NULL;
  g_autofree char *engine = NULL;
  guint16 port;
  g_autoptr(GSocket) socket = listen_and_say_nothing (&port);
  GString *manifest;
  BwWindow *window;
  gboolean short_enough;
  BwDeployDialog *dialog;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  manifest = g_string_new (text);
  engine = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_assert_cmpuint (g_string_replace (manifest, "http://127.0.0.1:9081", engine, 0), ==, 1);
  g_assert_true (g_file_set_contents (path, manifest->str, -1, NULL));
  g_string_free (manifest, TRUE);

  window = bw_test_open (folder, "overheat");
  BW_WAIT (count_rows_in (window) > 0);
  start_turns ();
  gtk_widget_activate_action (GTK_WIDGET (window), "win.deploy", NULL);
  dialog = BW_DEPLOY_DIALOG (bw_test_wait_dialog (BW_TYPE_DEPLOY_DIALOG));
  BW_WAIT (strstr (bw_deploy_dialog_get_sentence (dialog), "Asking the engine") != NULL);
  type_for (bw_test_get_page (window), "> 6", "> 7", 20);
  g_assert_true (bw_deploy_dialog_is_busy (dialog));
  short_enough = check_turns ("an engine hangs", OWN_MS_MAX);

  gtk_window_close (GTK_WINDOW (dialog));
  type_for (bw_test_get_page (window), "> 6", "> 7", 4);
  bw_test_close (window);
  short_enough &= check_turns ("and dialog and window are closed", CLOSE_MS_MAX);

  return short_enough;
}

static void
test_rounds (gconstpointer data)
{
  gboolean (*let_it_happen)(void) = (gboolean (*)(void))data;
  guint n = 0;

  while (!let_it_happen ())
    g_assert_cmpuint (++n, <, N_ROUNDS);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_main_context_set_poll_func (NULL, poll_and_measure);
  g_test_add_data_func ("/bw/turns/a-million-rows", (gconstpointer)let_a_million_rows_come, test_rounds);
  g_test_add_data_func ("/bw/turns/a-source-pours", (gconstpointer)let_a_source_pour, test_rounds);
  g_test_add_data_func ("/bw/turns/a-plugin-loops", (gconstpointer)let_a_plugin_loop, test_rounds);
  g_test_add_data_func ("/bw/turns/an-engine-hangs", (gconstpointer)let_an_engine_hang, test_rounds);
  return g_test_run ();
}
