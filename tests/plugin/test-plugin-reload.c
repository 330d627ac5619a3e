/* test-plugin-reload.c - new builds under load: no row lost, repeated or reordered
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thread pushes rows through a stateful function and on into a sink, both in
 * plugin hosts; another installs build after build of both.  Run with a number
 * for more reloads: test-plugin-reload 1000.
 */
#include "config.h"

#include "plugin-kit.h"

#include "belt-sink.h"

#include <stdlib.h>
#include <string.h>

#define N_BUILDS   4u
#define BATCH_ROWS 256u
#define WARM_UP    10u

static guint n_reloads = 50;

typedef struct
{
  BeltSinkHost       base;
  GMainContext      *context;
  gboolean           congested;
  guint64            n_faults;
  BeltFunctionTable *table;
  char              *sink_path;
  gint               stop;
  guint64            n_rows;      /* atomic by turns: read after the thread ended */
  gint               n_batches;
  double             seconds;
} Load;

static void
on_status (BeltSinkHost *host,
           int           state,
           const char   *message)
{
}

static void
on_fault (BeltSinkHost *host,
          const char   *message,
          guint         n_rows)
{
  ((Load *)host)->n_faults += n_rows;
}

static void
on_congested (BeltSinkHost *host,
              gboolean      congested)
{
  ((Load *)host)->congested = congested;
}

static GMainContext *
get_context (BeltSinkHost *host)
{
  return ((Load *)host)->context;
}

static const char *
get_rule_id (BeltSinkHost *host)
{
  return "load";
}

static void
push_batch (Load               *self,
            const BeltFunction *function,
            gpointer            site,
            BeltSink           *sink,
            BeltArena          *arena)
{
  BeltValue x[BATCH_ROWS], out[BATCH_ROWS], rows[BATCH_ROWS], emission;
  BeltMember members[BATCH_ROWS];
  const BeltValue *columns[] = { x };

  for (guint i = 0; i < BATCH_ROWS; i++)
    x[i] = belt_value_i64 ((gint64)self->n_rows + i);
  belt_arena_reset (arena);
  function->batch->call (site, columns, 1, BATCH_ROWS, NULL, 0, out, arena);
  for (guint i = 0; i < BATCH_ROWS; i++)
    {
      if (out[i].tag == BELT_TAG_ERROR)
        g_error ("%s", out[i].u.fault->message);
      g_assert_cmpint (out[i].u.i, ==, (gint64)self->n_rows + i + 1);
      members[i] = (BeltMember) { "n", 1, out[i] };
      rows[i] = belt_value_map (&members[i], 1);
    }
  emission = belt_value_list (rows, BATCH_ROWS);
  sink->klass->collect (sink, &emission);
  while (self->congested)
    g_main_context_iteration (self->context, TRUE);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  self->n_rows += BATCH_ROWS;
  g_atomic_int_inc (&self->n_batches);
}

static gpointer
run_load (gpointer data)
{
  Load *self = data;
  g_autoptr(JsonObject) properties = json_object_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  const BeltFunction *function;
  gpointer site = plugin_kit_site (self->table, "count", 1, &function);
  gint64 start = g_get_monotonic_time ();
  BeltSink *sink;

  json_object_set_string_member (properties, "path", self->sink_path);
  sink = belt_sink_new ("numbers", properties, &error);
  g_assert_no_error (error);
  belt_sink_start (sink, &self->base, &error);
  g_assert_no_error (error);

  while (!g_atomic_int_get (&self->stop))
    push_batch (self, function, site, sink, arena);

  self->seconds = (double)(g_get_monotonic_time () - start) / 1e6;
  sink->klass->flush (sink);
  sink->klass->stop (sink);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  belt_sink_free (sink);

  /* The state is the number of rows, as the plugin itself has it. */
  {
    g_autoptr(GBytes) state = function->batch->save (site);
    gsize size;
    const guint8 *bytes = g_bytes_get_data (state, &size);
    gint64 n;

    g_assert_cmpuint (size, ==, 12);
    memcpy (&n, bytes + 4, sizeof n);
    g_assert_cmpint (n, ==, (gint64)self->n_rows);
  }
  function->batch->destroy (site);

  return NULL;
}

static guint
count_lines (const char *path)
{
  g_autofree char *text = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (const char *at = text; *at != 0; at++)
    n += *at == '\n';

  return n;
}

static guint
count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static char *
make_function (guint build)
{
  return g_strdup_printf ("#include \"belt-plugin.h\"\n"
                          "typedef struct { int64_t n; } count_state;\n"
                          "BELT_STATEFUL (i64, count, count_state, 1, i64, x)\n"
                          "{ state->n++; return state->n; }\n"
                          "BELT_PROVIDE (\"io.example.count\", \"1.0.%u\", count);\n", build);
}

static char *
make_sink (guint build)
{
  return g_strdup_printf ("#include \"belt-plugin.h\"\n"
                          "#define numbers_options(REQUIRED, OPTIONAL) REQUIRED (str, path, \"File\")\n"
                          "BELT_CONFIG (numbers);\n"
                          "typedef struct { FILE *file; } numbers_state;\n"
                          "BELT_OPEN (numbers) { state->file = fopen (config->path.ptr, \"a\");\n"
                          "  return BELT_OK; }\n"
                          "BELT_CLOSE (numbers) { fclose (state->file); }\n"
                          "BELT_FLUSH (numbers) { fflush (state->file); return BELT_OK; }\n"
                          "BELT_ROW_SINK (numbers, .flush = numbers_flush_)\n"
                          "{ int64_t n = belt_get_i64 (row, \"n\", 0);\n"
                          "  fwrite (&n, 8, 1, state->file); return BELT_OK; }\n"
                          "BELT_PROVIDE (\"io.example.numbers\", \"1.0.%u\", numbers);\n", build);
}

/* Waits until rows have gone through, so that each build sees some. */
static void
wait_batches (Load *load,
              gint  n)
{
  gint until = g_atomic_int_get (&load->n_batches) + n;

  while (g_atomic_int_get (&load->n_batches) < until)
    g_thread_yield ();
}

static void
check_sink (Load *load)
{
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (load->sink_path, &data, &size, NULL));
  g_assert_cmpuint (size, ==, load->n_rows * 8);
  for (gsize i = 0; i < load->n_rows; i++)
    {
      gint64 n;

      memcpy (&n, data + i * 8, sizeof n);
      g_assert_cmpint (n, ==, (gint64)i + 1);
    }
}

static void
test_reload (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(GPtrArray) notices = NULL;
  Load load = { .base = { on_status, on_fault, on_congested, get_context, NULL, get_rule_id },
                .context = g_main_context_new () };
  char *functions[N_BUILDS], *sinks[N_BUILDS];
  guint n_fds = 0, n_maps = 0, n_kept = 0;
  GThread *thread;

  for (guint i = 0; i < N_BUILDS; i++)
    {
      g_autofree char *function = make_function (i);
      g_autofree char *sink = make_sink (i);

      functions[i] = plugin_kit_compile ("count", function);
      sinks[i] = plugin_kit_compile ("numbers", sink);
    }
  g_assert_true (belt_plugin_set_install (set, "count", functions[0], NULL, NULL));
  g_assert_true (belt_plugin_set_install (set, "numbers", sinks[0], NULL, NULL));
  load.table = belt_plugin_set_dup_functions (set);
  load.sink_path = g_build_filename (plugin_kit_get_folder (), "numbers.bin", NULL);

  thread = g_thread_new ("load", run_load, &load);
  for (guint i = 1; i <= n_reloads + WARM_UP; i++)
    {
      g_autoptr(GError) error = NULL;

      belt_plugin_set_install (set, "count", functions[i % N_BUILDS], NULL, &error);
      g_assert_no_error (error);
      if (i % 4 == 0)
        belt_plugin_set_install (set, "numbers", sinks[(i / 4) % N_BUILDS], NULL, &error);
      g_assert_no_error (error);
      wait_batches (&load, 4);
      if (i == WARM_UP)
        {
          n_fds = count_fds ();
          n_maps = count_lines ("/proc/self/maps");
        }
    }
  wait_batches (&load, 400);
  g_assert_cmpuint (count_fds (), <=, n_fds + 4);
  g_assert_cmpuint (count_lines ("/proc/self/maps"), <=, n_maps + 12);
  g_atomic_int_set (&load.stop, 1);
  g_thread_join (thread);

  g_assert_cmpuint (load.n_faults, ==, 0);
  check_sink (&load);
  notices = plugin_kit_notices (set);
  for (guint i = 0; i < notices->len; i++)
    n_kept += strstr (g_ptr_array_index (notices, i), "swapped: count swapped in") != NULL &&
              strstr (g_ptr_array_index (notices, i), "state kept") != NULL;
  g_assert_cmpuint (n_kept, >=, MIN (n_reloads, 500));
  g_test_message ("%u reloads, %" G_GUINT64_FORMAT " rows, %.0f rows/s, %u swaps with state kept, fds %u, maps %u",
                  n_reloads,
                  load.n_rows, (double)load.n_rows / load.seconds, n_kept, n_fds, n_maps);

  belt_function_table_unref (load.table);
  g_main_context_unref (load.context);
  g_free (load.sink_path);
  for (guint i = 0; i < N_BUILDS; i++)
    {
      g_free (functions[i]);
      g_free (sinks[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc > 1)
    n_reloads = (guint)atoi (argv[1]);
  g_test_add_func ("/plugin/reload", test_reload);

  return g_test_run ();
}
