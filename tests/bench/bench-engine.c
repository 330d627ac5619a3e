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
make_rule (const char *sql,
           gboolean    event_time)
{
  g_autofree char *text = g_strdup_printf ("{\"id\": \"bench\", \"sql\": \"%s\", \"triggered\": true,"
                                           " \"actions\": [{\"nop\": {}}],"
                                           " \"options\": {\"isEventTime\": %s}}", sql, event_time ? "true" : "false");
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
wait_for_end (BeltEngine *engine)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_S * G_USEC_PER_SEC;

  while (g_strcmp0 (belt_engine_get_rule_state (engine, "bench"), "running") == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (500);
    }
}

void
bench_engine_run (const char  *file,
                  const char  *sql,
                  gboolean     event_time,
                  BenchResult *ret_result)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltEngine) engine = belt_engine_new (NULL, 0, &error);
  g_autofree char *folder = g_path_get_dirname (file);
  g_autofree char *name = g_path_get_basename (file);
  g_autofree char *stream = g_strdup_printf ("CREATE STREAM rows () WITH (DATASOURCE=\"%s\", TYPE=\"file\","
                                             " FORMAT=\"JSON\", TIMESTAMP=\"ts\","
                                             " EXTRA=\"{\\\"fileType\\\":\\\"lines\\\","
                                             "\\\"path\\\":\\\"%s\\\"}\")", name, folder);
  g_autoptr(JsonObject) rule = make_rule (sql, event_time);
  g_autoptr(JsonObject) status = NULL;
  g_autofree char *answer = NULL;

  g_assert_no_error (error);
  answer = belt_engine_execute (engine, stream, FALSE, FALSE, &error);
  g_assert_no_error (error);
  belt_engine_create_rule (engine, "bench", rule, &error);
  g_assert_no_error (error);

  wait_for_end (engine);
  status = belt_engine_get_rule_status (engine, "bench", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_object_get_string_member (status, "status"), ==, "stopped");
  ret_result->n_rows = read_metric (status, "source_rows_", "_records_in_total");
  ret_result->n_out = read_metric (status, "sink_nop_", "_records_in_total");
  belt_engine_shutdown (engine);
}

void
bench_make_rows (const char *program,
                 const char *file,
                 guint       n_rows)
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

  line = g_strdup_printf ("%s --rows %u > %s.part && mv %s.part %s", quoted_generator, n_rows, quoted_file,
                          quoted_file, quoted_file);
  quoted = g_shell_quote (line);
  command = g_strdup_printf ("/bin/sh -c %s", quoted);
  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}
