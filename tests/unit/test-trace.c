/* test-trace.c - the whole way of one row through a rule
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-stream.h"
#include "belt-trial.h"

#include <string.h>

#define DEMO "CREATE STREAM demo () WITH (DATASOURCE=\"demo\", TIMESTAMP=\"ts\")"

typedef struct
{
  BeltTrialSpec *spec;
  BeltTrial     *trial;
} Fixture;

static void
set_up (Fixture    *self,
        const char *options,
        const char *sql)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (DEMO, &error);
  g_autoptr(BeltCatalog) empty = belt_catalog_new ();
  g_autoptr(JsonNode) node = options != NULL ? json_from_string (options, &error) : NULL;

  g_assert_no_error (error);
  self->spec = belt_trial_spec_new ();
  self->spec->catalog = belt_catalog_with (empty, stream);
  self->spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  self->spec->sql = g_strdup (sql);
  self->spec->start_ms = 0;
  if (node != NULL)
    self->spec->options = json_node_dup_object (node);
}

static void
feed (Fixture    *self,
      const char *row)
{
  belt_trial_spec_add_input (self->spec, "demo", row, -1, -1);
}

static void
run (Fixture *self)
{
  g_autoptr(GError) error = NULL;

  self->trial = belt_trial_run (self->spec, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *self)
{
  belt_trial_unref (self->trial);
  belt_trial_spec_free (self->spec);
}

/* Each line is "outcome label: text (hint)". */
static void
assert_way (Fixture    *self,
            guint       row,
            const char *wanted)
{
  g_autoptr(JsonNode) node = belt_trial_trace (self->trial, BELT_ROW_ID (0, row));
  JsonArray *steps = json_node_get_array (node);
  g_autoptr(GString) way = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (steps); i++)
    {
      JsonObject *step = json_array_get_object_element (steps, i);

      g_string_append_printf (way, "%s %s: %s", json_object_get_string_member (step, "outcome"),
                              json_object_get_string_member (step, "label"),
                              json_object_get_string_member (step, "text"));
      if (!json_object_get_null_member (step, "hint"))
        g_string_append_printf (way, " (%s)", json_object_get_string_member (step, "hint"));
      g_string_append_c (way, '\n');
    }
  g_assert_cmpstr (way->str, ==, wanted);
}

static void
test_filtered (void)
{
  Fixture f = { NULL };

  set_up (&f, NULL, "SELECT id FROM demo WHERE t > 30");
  feed (&f, "{\"id\": 1, \"t\": 29.8, \"ts\": 1000}");
  feed (&f, "{\"id\": 2, \"t\": 31, \"ts\": 2000}");
  run (&f);
  assert_way (&f, 0,
              "passed Stream demo: came in at 00:00:00\n"
              "passed Decode json: read\n"
              "dropped WHERE t > 30: t > 30 is false: t is 29.8 (the nearest row that passes is 2: t is 31)\n");
  assert_way (&f, 1,
              "passed Stream demo: came in at 00:00:00\n"
              "passed Decode json: read\n"
              "passed WHERE t > 30: true: t is 31\n"
              "passed id: gives {\"id\":2}\n"
              "sent Sink log: would have been sent; sinks are muted\n");
  tear_down (&f);
}

/* A row counted in a group goes where the group goes. */
static void
test_grouped (void)
{
  Fixture f = { NULL };

  set_up (&f, "{\"isEventTime\": true, \"lateTolerance\": 0}",
          "SELECT k, count(*) AS n FROM demo GROUP BY k, TUMBLINGWINDOW(ss, 10) HAVING count(*) > 2");
  feed (&f, "{\"k\": \"a\", \"ts\": 11000}");
  feed (&f, "{\"k\": \"b\", \"ts\": 12000}");
  feed (&f, "{\"k\": \"a\", \"ts\": 13000}");
  feed (&f, "{\"k\": \"b\", \"ts\": 14000}");
  feed (&f, "{\"k\": \"b\", \"ts\": 15000}");
  feed (&f, "{\"k\": \"a\", \"ts\": 21000}");
  feed (&f, "{\"k\": \"a\", \"ts\": 9000}");
  run (&f);
  assert_way (&f, 2,
              "passed Stream demo: came in at 00:00:00\n"
              "passed Decode json: read\n"
              "passed Event time, late up to 0 ms: in time\n"
              "passed TUMBLINGWINDOW(ss, 10): in the window from 00:00:11 to 00:00:20\n"
              "passed GROUP BY k, TUMBLINGWINDOW(ss, 10): counted in the group of row 1\n"
              "dropped HAVING count(*) > 2: count(*) > 2 is false: count(*) is 2 "
              "(the nearest row that passes is 2: count(*) is 3)\n");
  assert_way (&f, 5,
              "passed Stream demo: came in at 00:00:00\n"
              "passed Decode json: read\n"
              "passed Event time, late up to 0 ms: in time\n"
              "waits TUMBLINGWINDOW(ss, 10): held in a window that closes at 00:00:30; the watermark is at 00:00:21\n");
  assert_way (&f, 6,
              "passed Stream demo: came in at 00:00:00\n"
              "passed Decode json: read\n"
              "dropped Event time, late up to 0 ms: late: 00:00:09 is 12 s before the watermark 00:00:21; "
              "the tolerance is 0 ms\n");
  tear_down (&f);
}

static void
test_failed (void)
{
  Fixture f = { NULL };

  set_up (&f, "{\"sendError\": true}", "SELECT id FROM demo WHERE t > 30");
  feed (&f, "{\"id\": 1, \"t\": \"hot\", \"ts\": 1000}");
  run (&f);
  assert_way (&f, 0,
              "passed Stream demo: came in at 00:00:00\n"
              "passed Decode json: read\n"
              "failed WHERE t > 30: run Where error: invalid operation string(hot) > int64(30)\n"
              "failed id: run Where error: invalid operation string(hot) > int64(30)\n"
              "sent Sink log: run Where error: invalid operation string(hot) > int64(30)\n");
  tear_down (&f);
}

/* What was not kept is not made up. */
static void
test_not_kept (void)
{
  Fixture f = { NULL };

  set_up (&f, NULL, "SELECT id FROM demo WHERE t > 30");
  f.spec->rows_max = 2;
  for (guint i = 0; i < 5; i++)
    feed (&f, "{\"id\": 1, \"t\": 29, \"ts\": 1000}");
  run (&f);
  assert_way (&f, 0,
              "lost Stream demo: not known: of 5 rows here the newest 2 are kept\n"
              "lost Decode json: not known: of 5 rows here the newest 2 are kept\n"
              "lost WHERE t > 30: not known: of 5 rows here the newest 2 are kept\n");
  tear_down (&f);
}

int
main (int    argc,
      char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/belt/trace/filtered", test_filtered);
  g_test_add_func ("/belt/trace/grouped", test_grouped);
  g_test_add_func ("/belt/trace/failed", test_failed);
  g_test_add_func ("/belt/trace/not-kept", test_not_kept);
  return g_test_run ();
}
