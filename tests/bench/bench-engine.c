/* bench-engine.c - the benchmark rules on the real engine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bench-engine.h"

#include "belt-engine.h"

#include <string.h>

const char bench_filter_sql[] = "SELECT * FROM rows WHERE temperature > 50";
const char bench_window_sql[] = "SELECT deviceId, avg(temperature) AS avg, count(*) AS cnt, window_start() AS ws "
                                "FROM rows GROUP BY deviceId, TUMBLINGWINDOW(ss, 10)";

#define DEADLINE_S 120

static JsonObject *
make_rule (const BenchSetup *setup,
           guint             number)
{
  g_auto(GStrv) parts = g_strsplit (setup->sql, "{n}", -1);
  g_autofree char *digits = g_strdup_printf ("%u", number);
  g_autofree char *sql = g_strjoinv (digits, parts);
  g_autofree char *text = g_strdup_printf ("{\"id\": \"bench%u\", \"sql\": \"%s\", \"triggered\": true,"
                                           " \"actions\": [{\"nop\": {}}],"
                                           " \"options\": {\"isEventTime\": %s}}", number, sql,
                                           setup->event_time ? "true" : "false");
  g_autoptr(JsonNode) node = json_from_string (text, NULL);

  return json_object_ref (json_node_get_object (node));
}

/* The sum of the status members that begin and end so. */
static guint64
read_metric (JsonObject *status,
             const char *prefix,
             const char *suffix)
{
  g_autoptr(GList) members = json_object_get_members (status);
  guint64 sum = 0;

  for (GList *link = members; link != NULL; link = link->next)
    {
      if (g_str_has_prefix (link->data, prefix) && g_str_has_suffix (link->data, suffix))
        sum += (guint64)json_object_get_int_member (status, link->data);
    }

  return sum;
}

static void
wait_for_end (BeltEngine *engine,
              const char *rule)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_S * G_USEC_PER_SEC;

  while (g_strcmp0 (belt_engine_get_rule_state (engine, rule), "running") == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (500);
    }
}

static void
create_stream (BeltEngine *engine,
               const char *name,
               const char *path,
               gboolean    shared)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *file = g_path_get_basename (path);
  g_autofree char *stream = g_strdup_printf ("CREATE STREAM %s () WITH (DATASOURCE=\"%s\", TYPE=\"file\","
                                             " FORMAT=\"JSON\", TIMESTAMP=\"ts\", SHARED=\"%s\","
                                             " EXTRA=\"{\\\"fileType\\\":\\\"lines\\\","
                                             "\\\"path\\\":\\\"%s\\\"}\")", name, file,
                                             shared ? "true" : "false", folder);
  g_autofree char *answer = belt_engine_execute (engine, stream, FALSE, FALSE, &error);

  g_assert_no_error (error);
}

static void
create_rule (BeltEngine       *engine,
             const BenchSetup *setup,
             guint             number)
{
  g_autofree char *id = g_strdup_printf ("bench%u", number);
  g_autoptr(JsonObject) rule = make_rule (setup, number);
  g_autoptr(GError) error = NULL;

  belt_engine_create_rule (engine, id, rule, &error);
  g_assert_no_error (error);
}

static void
add_result (BeltEngine  *engine,
            guint        number,
            BenchResult *result)
{
  g_autofree char *id = g_strdup_printf ("bench%u", number);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) status = NULL;

  wait_for_end (engine, id);
  status = belt_engine_get_rule_status (engine, id, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_object_get_string_member (status, "status"), ==, "stopped");
  result->n_rows += read_metric (status, "source_", "_records_in_total");
  result->n_out += read_metric (status, "sink_nop_", "_records_in_total");
}

void
bench_engine_run_setup (const BenchSetup *setup,
                        BenchResult      *ret_result)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltEngine) engine = belt_engine_new (NULL, 0, &error);

  g_assert_no_error (error);
  memset (ret_result, 0, sizeof *ret_result);
  create_stream (engine, "rows", setup->file, setup->n_rules > 1);
  create_stream (engine, "others", setup->file, setup->n_rules > 1);
  if (setup->table != NULL)
    {
      g_autofree char *answer = belt_engine_execute (engine, setup->table, TRUE, FALSE, &error);

      g_assert_no_error (error);
    }
  for (guint i = 0; i < setup->n_rules; i++)
    create_rule (engine, setup, i);
  for (guint i = 0; i < setup->n_rules; i++)
    add_result (engine, i, ret_result);
  belt_engine_shutdown (engine);
}

void
bench_engine_run (const char  *file,
                  const char  *sql,
                  gboolean     event_time,
                  BenchResult *ret_result)
{
  BenchSetup setup = { .file = file, .event_time = event_time, .n_rules = 1, .sql = sql };

  bench_engine_run_setup (&setup, ret_result);
}

void
bench_make_rows (const char *program,
                 const char *file,
                 guint       n_rows)
{
  bench_make_rows_of (program, file, n_rows, NULL);
}

void
bench_make_rows_of (const char *program,
                    const char *file,
                    guint       n_rows,
                    const char *arguments)
{
  g_autofree char *folder = g_path_get_dirname (program);
  g_autofree char *generator = g_build_filename (folder, "generate-rows", NULL);
  g_autofree char *quoted_generator = g_shell_quote (generator);
  g_autofree char *quoted_file = g_shell_quote (file);
  g_autofree char *line = NULL;
  g_autofree char *command = NULL;
  g_autofree char *quoted = NULL;
  g_autoptr(GError) error = NULL;
  int status = 0;

  if (g_file_test (file, G_FILE_TEST_EXISTS))
    return;

  line = g_strdup_printf ("%s --rows %u %s > %s.part && mv %s.part %s", quoted_generator, n_rows,
                          arguments != NULL ? arguments : "", quoted_file, quoted_file, quoted_file);
  quoted = g_shell_quote (line);
  command = g_strdup_printf ("/bin/sh -c %s", quoted);
  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}
