/* test-engine.c - rules live: created, run, changed, kept, stopped
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "engine-fixture.h"

#include "belt-memory-bus.h"

#include <string.h>

#define TEN_ROWS \
  "{\"id\": 1, \"temperature\": 10.5}\n{\"id\": 2, \"temperature\": 21.0}\n{\"id\": 3, \"temperature\": 31.5}\n" \
  "{\"id\": 4, \"temperature\": 42.0}\n{\"id\": 5, \"temperature\": 52.5}\n{\"id\": 6, \"temperature\": 63.0}\n" \
  "{\"id\": 7, \"temperature\": 73.5}\n{\"id\": 8, \"temperature\": 84.0}\n{\"id\": 9, \"temperature\": 94.5}\n" \
  "{\"id\": 10, \"temperature\": 105.0}\n"

#define FILE_STREAM "CREATE STREAM f (id bigint, temperature float) WITH (DATASOURCE=\"ten.jsonl\", TYPE=\"file\", " \
  "FORMAT=\"json\", CONF_KEY=\"up\")"
#define DEMO_STREAM "CREATE STREAM demo () WITH (DATASOURCE=\"demo\", TYPE=\"memory\", FORMAT=\"json\")"

static void
publish (const char *topic,
         gint64      id)
{
  BeltMember member = { "id", 2, belt_value_f64 ((double)id) };
  BeltValue row = belt_value_map (&member, 1);

  belt_memory_bus_publish (topic, &row);
}

/* A rule that says "running" is about to subscribe; its source is connected once it has. */
static gboolean
is_connected (Fixture    *fixture,
              const char *rule)
{
  return fixture_get_metric (fixture, rule, "source_demo_0_connection_status") == 1;
}

static void
test_file_to_file (void)
{
  static const struct { const char *metric; gint64 value; } expected[] = {
    { "source_f_0_records_in_total", 10 }, { "source_f_0_records_out_total", 10 },
    { "op_2_decoder_0_records_in_total", 10 }, { "op_2_decoder_0_records_out_total", 10 },
    { "op_3_filter_0_records_in_total", 10 }, { "op_3_filter_0_records_out_total", 6 },
    { "op_4_project_0_records_in_total", 6 }, { "op_4_project_0_records_out_total", 6 },
    { "op_file_0_0_transform_0_records_in_total", 6 }, { "op_file_0_1_encode_0_records_out_total", 6 },
    { "sink_file_0_0_records_in_total", 6 }, { "sink_file_0_0_records_out_total", 6 },
    { "sink_file_0_0_connection_status", 1 }, { "sink_file_0_0_exceptions_total", 0 },
  };
  Fixture fixture;
  g_autofree char *content = NULL;
  g_autoptr(JsonObject) rule = NULL;

  fixture_init (&fixture, 0);
  fixture_write (&fixture, "ten.jsonl", TEN_ROWS);
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, FILE_STREAM);
  fixture_create (&fixture, "{\"id\":\"f1\",\"sql\":\"SELECT id, temperature FROM f WHERE temperature > 50\","
                  "\"actions\":[{\"file\":{\"path\":\"out.jsonl\",\"sendSingle\":true}}]}");
  fixture_wait_state (&fixture, "f1", "stopped");

  g_assert_cmpstr (belt_engine_get_rule_message (fixture.engine, "f1"), ==, "done");
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (fixture_get_metric (&fixture, "f1", expected[i].metric), ==, expected[i].value);
  content = fixture_read (&fixture, "out.jsonl");
  g_assert_cmpstr (content, ==,
                   "{\"id\":5,\"temperature\":52.5}\n{\"id\":6,\"temperature\":63}\n{\"id\":7,\"temperature\":73.5}\n"
                   "{\"id\":8,\"temperature\":84}\n{\"id\":9,\"temperature\":94.5}\n"
                   "{\"id\":10,\"temperature\":105}\n");
  rule = belt_engine_get_rule (fixture.engine, "f1", NULL);
  g_assert_false (json_object_get_boolean_member (rule, "triggered"));
  g_assert_cmpstr (fixture.notices->str, ==, "");
  fixture_clear (&fixture);
}

static void
test_bad_rows (void)
{
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_write (&fixture, "ten.jsonl", "{\"id\":1}\n{\"id\":oops}\n\n{\"id\":3}\n");
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, FILE_STREAM);
  fixture_create (&fixture, "{\"id\":\"f1\",\"sql\":\"SELECT id FROM f\","
                  "\"actions\":[{\"log\":{\"sendSingle\":true}}]}");
  fixture_wait_state (&fixture, "f1", "stopped");

  g_assert_cmpstr (fixture.emissions->str, ==, "f1/log_0 {\"id\":1}\nf1/log_0 {\"id\":3}\n");
  g_assert_nonnull (strstr (fixture.notices->str, "ten.jsonl:2:"));
  g_assert_cmpint (fixture_get_metric (&fixture, "f1", "op_2_decoder_0_exceptions_total"), ==, 1);
  fixture_clear (&fixture);
}

static void
test_refusals (void)
{
  static const struct { const char *rule, *message; } cases[] = {
    { "{\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}", "Missing rule id." },
    { "{\"id\":\"a b\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}",
      "id 'a b' contains invalid characters: only alphanumeric, hyphens and underscores are allowed" },
    { "{\"id\":\"x1\",\"sql\":\"SELECT * FROM demo\"}", "Missing rule actions." },
    { "{\"id\":\"x1\",\"sql\":\"SELECT * FROM demo\",\"actions\":[]}", "Missing rule actions." },
    { "{\"id\":\"x1\",\"actions\":[{\"nop\":{}}]}", "Rule x1 has neither sql nor graph." },
    { "{\"id\":\"e2\",\"sql\":\"SELEC * FROM demo\",\"actions\":[{\"nop\":{}}]}",
      "SQL SELEC * FROM demo is not a select statement." },
    { "{\"id\":\"e3\",\"sql\":\"SELECT FROM demo\",\"actions\":[{\"nop\":{}}]}",
      "Parse SQL SELECT FROM demo error: found \"FROM\", expected expression.." },
    { "{\"id\":\"e9\",\"sql\":\"SELECT * FROM nostream\",\"actions\":[{\"nop\":{}}]}",
      "fail to get stream nostream, please check if stream is created" },
    { "{\"id\":\"e12\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nosuch\":{}}]}", "sink nosuch is not defined" },
    { "{\"id\":\"e13\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"mqtt\":{}}]}", "missing server property" },
    { "{\"id\":\"e14\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"mqtt\":{\"server\":\"tcp://127.0.0.1:1\"}}]}",
      "mqtt sink is missing property topic" },
    { "{\"id\":\"e15\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":5}]}",
      "expect map[string]interface{} type for the action properties, but found 5" },
    { "{\"id\":\"e16\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"log\":{\"compression\":\"lzma\"}}]}",
      "get compressor lzma fail with error: unsupported compressor: lzma" },
    { "{\"id\":\"e17\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"log\":{\"encryption\":\"aes\"}}]}",
      "property encryption: this engine does not do that; leave it out" },
    { "{\"id\":\"e21\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}],\"options\":{\"bufferLength\":-1}}",
      "Rule e21 has invalid options: invalidBufferLength:bufferLength must be greater than 0." },
  };
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *message = fixture_refuse (&fixture, cases[i].rule);

      g_assert_cmpstr (message, ==, cases[i].message);
    }
  fixture_create (&fixture, "{\"id\":\"e30\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}");
  {
    g_autofree char *message = fixture_refuse (&fixture, "{\"id\":\"e30\",\"sql\":\"SELECT * FROM demo\","
                                               "\"actions\":[{\"nop\":{}}]}");

    g_assert_cmpstr (message, ==, "rule e30 already exists");
  }
  fixture_clear (&fixture);
}

static void
test_lifecycle (void)
{
  g_autoptr(GError) error = NULL;
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"l1\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}],"
                  "\"triggered\":false}");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "l1"), ==, "stopped");
  g_assert_null (belt_engine_get_rule_topo (fixture.engine, "l1", NULL));

  g_assert_true (belt_engine_stop_rule (fixture.engine, "l1", &error));
  g_assert_cmpstr (belt_engine_get_rule_message (fixture.engine, "l1"), ==, "");
  g_assert_true (belt_engine_start_rule (fixture.engine, "l1", &error));
  g_assert_true (belt_engine_start_rule (fixture.engine, "l1", &error));
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "l1"), ==, "running");
  fixture_wait (&fixture, is_connected, "l1");
  publish ("demo", 1);
  fixture_wait_emission (&fixture, "l1/nop_0 [{\"id\":1}]");

  g_assert_true (belt_engine_restart_rule (fixture.engine, "l1", &error));
  fixture_wait (&fixture, is_connected, "l1");
  publish ("demo", 2);
  fixture_wait_emission (&fixture, "l1/nop_0 [{\"id\":2}]");
  g_assert_true (belt_engine_stop_rule (fixture.engine, "l1", &error));
  g_assert_cmpstr (belt_engine_get_rule_message (fixture.engine, "l1"), ==, "canceled manually");
  g_assert_true (belt_engine_delete_rule (fixture.engine, "l1", &error));
  g_assert_no_error (error);
  g_assert_false (belt_engine_start_rule (fixture.engine, "l1", &error));
  g_assert_error (error, g_quark_from_static_string ("belt-error-quark"), 4);
  fixture_clear (&fixture);
}

static void
test_update (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) doubled = fixture_parse ("{\"sql\":\"SELECT id * 2 AS d FROM demo\","
                                                 "\"actions\":[{\"nop\":{}}]}");
  g_autoptr(JsonObject) wrong = fixture_parse ("{\"sql\":\"SELECT * FROM nowhere\",\"actions\":[{\"nop\":{}}]}");
  g_autoptr(JsonObject) now = NULL;
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"u1\",\"sql\":\"SELECT id FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_connected, "u1");
  publish ("demo", 1);
  fixture_wait_emission (&fixture, "[{\"id\":1}]");

  /* What does not plan leaves the old one running. */
  g_assert_false (belt_engine_update_rule (fixture.engine, "u1", wrong, &error));
  g_assert_cmpstr (error->message, ==, "fail to get stream nowhere, please check if stream is created");
  g_clear_error (&error);
  publish ("demo", 2);
  fixture_wait_emission (&fixture, "[{\"id\":2}]");

  g_assert_true (belt_engine_update_rule (fixture.engine, "u1", doubled, &error));
  fixture_wait (&fixture, is_connected, "u1");
  publish ("demo", 3);
  fixture_wait_emission (&fixture, "[{\"d\":6}]");
  now = belt_engine_get_rule (fixture.engine, "u1", NULL);
  g_assert_cmpstr (json_object_get_string_member (now, "sql"), ==, "SELECT id * 2 AS d FROM demo");
  fixture_clear (&fixture);
}

static void
test_store (void)
{
  Fixture fixture;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) ids = NULL;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"k3\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_create (&fixture, "{\"id\":\"k1\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_create (&fixture, "{\"id\":\"k2\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}],"
                  "\"triggered\":false}");
  fixture_create (&fixture, "{\"id\":\"gone\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}");
  g_assert_true (belt_engine_stop_rule (fixture.engine, "k3", &error));
  g_assert_true (belt_engine_delete_rule (fixture.engine, "gone", &error));

  fixture_reopen (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_wait_state (&fixture, "k1", "running");
  ids = belt_engine_list_rules (fixture.engine);
  g_assert_cmpuint (ids->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (ids, 0), ==, "k3");
  g_assert_cmpstr (g_ptr_array_index (ids, 1), ==, "k1");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "k2"), ==, "stopped");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "k3"), ==, "stopped");
  fixture_wait (&fixture, is_connected, "k1");
  publish ("demo", 7);
  fixture_wait_emission (&fixture, "k1/nop_0 [{\"id\":7}]");
  fixture_clear (&fixture);
}

static void
copy_data_file (Fixture    *from,
                Fixture    *to,
                const char *name)
{
  g_autofree char *source = g_build_filename (from->dir, "data", name, NULL);
  g_autofree char *target = g_build_filename (to->dir, "data", name, NULL);
  g_autofree char *content = NULL;
  gsize len;

  if (g_file_get_contents (source, &content, &len, NULL))
    g_assert_true (g_file_set_contents (target, content, (gssize)len, NULL));
}

/* What is on disk while the engine still runs is what a kill -9 leaves. */
static void
test_store_after_kill (void)
{
  Fixture fixture;
  Fixture heir;
  g_autofree char *answer = NULL;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"k1\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}]}");

  fixture_init (&heir, 0);
  belt_engine_shutdown (heir.engine);
  g_clear_object (&heir.engine);
  copy_data_file (&fixture, &heir, "beltworks.db");
  copy_data_file (&fixture, &heir, "beltworks.db-wal");
  {
    g_autofree char *data = g_build_filename (heir.dir, "data", NULL);

    heir.engine = belt_engine_new (data, 0, NULL);
  }
  answer = belt_engine_execute (heir.engine, "SHOW STREAMS", FALSE, FALSE, NULL);
  g_assert_cmpstr (answer, ==, "demo");
  fixture_wait_state (&heir, "k1", "running");
  fixture_clear (&heir);
  fixture_clear (&fixture);
}

static void
test_pipeline (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_write (&fixture, "ten.jsonl", TEN_ROWS);
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, FILE_STREAM);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"second\",\"sql\":\"SELECT id + 1 AS nid FROM demo\","
                  "\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "second");
  fixture_create (&fixture, "{\"id\":\"first\",\"sql\":\"SELECT id FROM f WHERE temperature > 90\","
                  "\"actions\":[{\"memory\":{\"topic\":\"demo\",\"sendSingle\":true}}]}");
  fixture_wait_emission (&fixture, "second/nop_0 {\"nid\":11}");
  fixture_wait_state (&fixture, "first", "stopped");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "second"), ==, "running");
  fixture_clear (&fixture);
}

static void
test_shared (void)
{
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"shared\", TYPE=\"memory\", SHARED=\"true\")");
  fixture_create (&fixture, "{\"id\":\"s1\",\"sql\":\"SELECT id FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_connected, "s1");
  publish ("shared", 1);
  fixture_wait_emission (&fixture, "s1/nop_0 [{\"id\":1}]");

  /* One that needs more comes, one goes, the other goes on. */
  fixture_create (&fixture, "{\"id\":\"s2\",\"sql\":\"SELECT other, id + 1 AS n FROM demo\","
                  "\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_connected, "s2");
  publish ("shared", 2);
  fixture_wait_emission (&fixture, "s1/nop_0 [{\"id\":2}]");
  fixture_wait_emission (&fixture, "s2/nop_0 [{\"n\":3}]");
  g_assert_true (belt_engine_delete_rule (fixture.engine, "s1", NULL));
  publish ("shared", 3);
  fixture_wait_emission (&fixture, "s2/nop_0 [{\"n\":4}]");
  fixture_clear (&fixture);
}

#define N_MANY 100000

/* With EMISSIONS_WAIT nothing is lost however slow the reader is, and the order stays. */
static void
test_nothing_lost (void)
{
  g_autoptr(GString) content = g_string_new (NULL);
  const char *at;
  Fixture fixture;

  for (guint i = 0; i < N_MANY; i++)
    g_string_append_printf (content, "{\"id\":%u,\"temperature\":%u}\n", i, i % 100);
  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED | BELT_ENGINE_EMISSIONS_WAIT);
  fixture_write (&fixture, "ten.jsonl", content->str);
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, FILE_STREAM);
  fixture_create (&fixture, "{\"id\":\"m\",\"sql\":\"SELECT id FROM f\","
                  "\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait_state (&fixture, "m", "stopped");

  g_assert_cmpuint (fixture.n_emissions, ==, N_MANY);
  at = fixture.emissions->str;
  for (guint i = 0; i < N_MANY; i++)
    {
      at = strstr (at, "{\"id\":") + 6;
      g_assert_cmpuint ((guint)atoi (at), ==, i);
    }
  fixture_clear (&fixture);
}

static BeltValue
times_one (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  return belt_value_f64 (belt_value_as_f64 (&args[0]));
}

static BeltValue
times_thousand (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  return belt_value_f64 (belt_value_as_f64 (&args[0]) * 1000);
}

/* A new version of a function is swapped in; the rule, its source and its counters go on. */
static void
test_swap (void)
{
  static BeltFunction versions[] = {
    { .name = "scale", .args_min = 1, .args_max = 1, .call = times_one },
    { .name = "scale", .args_min = 1, .args_max = 1, .call = times_thousand },
  };
  BeltFunction *first = &versions[0];
  BeltFunction *second = &versions[1];
  g_autoptr(BeltFunctionTable) one = belt_function_table_new_with (belt_function_table_get_builtin (), &first, 1);
  g_autoptr(BeltFunctionTable) two = belt_function_table_new_with (belt_function_table_get_builtin (), &second, 1);
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  belt_engine_set_functions (fixture.engine, one);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"w\",\"sql\":\"SELECT scale(id) AS x, count(*) AS n FROM demo "
                  "GROUP BY COUNTWINDOW(2)\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_connected, "w");
  publish ("demo", 1);
  publish ("demo", 2);
  fixture_wait_emission (&fixture, "w/nop_0 [{\"n\":2,\"x\":1}]");
  publish ("demo", 3);  /* stays in the open window, through the swap */
  belt_engine_set_functions (fixture.engine, two);
  /* The swap comes between two batches, before this row or just after it; no row is lost either way. */
  publish ("demo", 4);
  fixture_wait_emission (&fixture, "w/nop_0 [{\"n\":2,\"x\":3");
  publish ("demo", 5);
  publish ("demo", 6);
  fixture_wait_emission (&fixture, "w/nop_0 [{\"n\":2,\"x\":5");
  publish ("demo", 7);
  publish ("demo", 8);
  fixture_wait_emission (&fixture, "w/nop_0 [{\"n\":2,\"x\":7000}]");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "w"), ==, "running");
  fixture_clear (&fixture);
}

static void
test_missing_file (void)
{
  g_autofree char *expected = NULL;
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, FILE_STREAM);
  fixture_create (&fixture, "{\"id\":\"f1\",\"sql\":\"SELECT * FROM f\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait_state (&fixture, "f1", "stopped by error");
  expected = g_strdup_printf ("file %s/ten.jsonl not exist", fixture.dir);
  g_assert_cmpstr (belt_engine_get_rule_message (fixture.engine, "f1"), ==, expected);
  fixture_clear (&fixture);
}

static void
test_duration (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_create (&fixture, "{\"id\":\"d\",\"sql\":\"SELECT * FROM demo\",\"actions\":[{\"nop\":{}}],"
                  "\"options\":{\"duration\":\"20ms\"}}");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "d"), ==, "running");
  fixture_wait_state (&fixture, "d", "stopped");
  g_assert_cmpstr (belt_engine_get_rule_message (fixture.engine, "d"), ==, "duration terminated");
  fixture_clear (&fixture);
}

static void
test_streams (void)
{
  static const struct { const char *statement; gboolean replace; const char *answer; } steps[] = {
    { "SHOW STREAMS", FALSE, "No stream definitions are found." },
    { DEMO_STREAM, FALSE, "Stream demo is created." },
    { DEMO_STREAM, FALSE, "!Create stream fails: Item demo already exists." },
    { DEMO_STREAM, TRUE, "Stream demo is replaced." },
    { "SHOW STREAMS", FALSE, "demo" },
    { "EXPLAIN STREAM demo", FALSE, "TO BE SUPPORTED" },
    { "DESCRIBE STREAM nosuch", FALSE, "!Describe stream fails, nosuch is not found." },
    { "DROP STREAM nosuch", FALSE, "!Drop stream fails: stream nosuch is not found." },
    { "SELECT * FROM demo", FALSE, "!Invalid stream statement: SELECT * FROM demo" },
    { "CREATE STREAM demo () WITH (TYPE=\"memory\", VERSION=\"2\")", TRUE, "Stream demo is replaced." },
    { "CREATE STREAM demo () WITH (TYPE=\"memory\", VERSION=\"10\")", TRUE,
      "!source demo already exists with version (2), new version (10) is lower" },
    { "CREATE STREAM demo () WITH (TYPE=\"memory\", VERSION=\"3\", SHARED=\"true\")", TRUE,
      "!Replace demo fails: do not support to change stream SHARED option." },
    { "CREATE TABLE t (id bigint) WITH (TYPE=\"memory\", KIND=\"lookup\")", FALSE,
      "!Option \"key\" is required for memory lookup table." },
    { "DROP STREAM demo", FALSE, "Stream demo is dropped." },
  };
  Fixture fixture;

  fixture_init (&fixture, 0);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *answer = belt_engine_execute (fixture.engine, steps[i].statement, FALSE, steps[i].replace,
                                                     &error);

      if (steps[i].answer[0] == '!')
        {
          g_assert_null (answer);
          g_assert_cmpstr (error->message, ==, steps[i].answer + 1);
        }
      else
        {
          g_assert_no_error (error);
          g_assert_cmpstr (answer, ==, steps[i].answer);
        }
    }
  fixture_clear (&fixture);
}

/* Members of kinds nobody would give them are passed over, not complained of as bugs of ours. */
static void
test_odd_options (void)
{
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"odd\", TYPE=\"memory\")");
  fixture_create (&fixture, "{\"id\":\"o\",\"sql\":\"SELECT id FROM demo\",\"actions\":[{\"nop\":{}}],"
                  "\"options\":{\"planOptimizeStrategy\":{\"windowOption\":{\"windowVersion\":{\"a\":1}}}}}");
  fixture_wait (&fixture, is_connected, "o");
  publish ("odd", 5);
  fixture_wait_emission (&fixture, "o/nop_0 [{\"id\":5}]");
  fixture_clear (&fixture);
}

typedef struct
{
  guint    n_records;
  guint64  n_skipped;
  GString *text;     /* payloads and rows, one a line, with their metadata */
  char    *message;
  gboolean has_ended;
} Heard;

static void
take_recording (const BeltRecording *recording,
                gpointer             user_data)
{
  Heard *heard = user_data;

  for (guint i = 0; i < recording->records->len; i++)
    {
      const BeltRecord *record = g_ptr_array_index (recording->records, i);
      g_autofree char *text = belt_record_dup_text (record);

      g_string_append_printf (heard->text, "%s %s\n", text, record->metadata != NULL ? record->metadata : "");
    }
  heard->n_records += recording->records->len;
  heard->n_skipped += recording->n_skipped;
  heard->has_ended |= recording->has_ended;
  if (recording->message != NULL)
    {
      g_free (heard->message);
      heard->message = g_strdup (recording->message);
    }
}

static BeltRecorder *
record (Fixture    *fixture,
        const char *stream,
        Heard      *heard)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (fixture->engine);
  g_autoptr(GError) error = NULL;
  BeltRecorder *recorder;

  *heard = (Heard) { .text = g_string_new (NULL) };
  recorder = belt_engine_record (fixture->engine, belt_catalog_lookup (catalog, stream), take_recording, heard,
                                 &error);
  g_assert_no_error (error);
  return recorder;
}

static void
heard_clear (Heard *heard)
{
  g_string_free (heard->text, TRUE);
  g_free (heard->message);
}

/* Rows with their metadata, as they were made: 3.0 stays a float. */
static void
test_record_rows (void)
{
  Fixture fixture;
  Heard heard;
  BeltRecorder *recorder;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"recorded\", TYPE=\"memory\")");
  recorder = record (&fixture, "demo", &heard);
  while (strstr (heard.text->str, "{\"id\":2}") == NULL)
    {
      if (heard.n_records == 0)
        publish ("recorded", 1);
      else
        publish ("recorded", 2);
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_nonnull (strstr (heard.text->str, "{\"id\":1} {\"topic\":\"recorded\"}"));
  g_assert_true (belt_recorder_is_current (recorder));

  /* Nothing is heard of one that was stopped. */
  belt_engine_stop_recorder (fixture.engine, recorder);
  heard.n_records = 0;
  publish ("recorded", 3);
  fixture_create (&fixture, "{\"id\":\"r\",\"sql\":\"SELECT id FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_connected, "r");
  publish ("recorded", 4);
  fixture_wait_emission (&fixture, "r/nop_0 [{\"id\":4}]");
  g_assert_cmpuint (heard.n_records, ==, 0);
  fixture_clear (&fixture);
  heard_clear (&heard);
}

/* A file can wait, so it is heard whole, however large; it ends. */
static void
test_record_file (void)
{
  Fixture fixture;
  Heard heard;
  g_autoptr(GString) content = g_string_new (NULL);
  guint n = 3 * BELT_RECORDING_ROWS_MAX + 7;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (content, "{\"id\":%u}\n", i);
  fixture_write (&fixture, "rows.jsonl", content->str);
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"rows.jsonl\", TYPE=\"file\", "
                   "CONF_KEY=\"up\")");
  record (&fixture, "demo", &heard);
  while (!heard.has_ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (heard.n_records, ==, n);
  g_assert_cmpuint (heard.n_skipped, ==, 0);
  g_assert_true (g_str_has_prefix (heard.text->str, "{\"id\":0}"));
  g_assert_nonnull (strstr (heard.text->str, "{\"id\":6006}"));
  fixture_clear (&fixture);
  heard_clear (&heard);
}

/* What cannot be opened says so, and the engine goes on. */
static void
test_record_nothing (void)
{
  Fixture fixture;
  Heard heard;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  fixture_execute (&fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"not-there.jsonl\", TYPE=\"file\")");
  record (&fixture, "demo", &heard);
  while (heard.message == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (heard.message, "not-there.jsonl"));
  g_assert_cmpuint (heard.n_records, ==, 0);
  fixture_clear (&fixture);
  heard_clear (&heard);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/streams", test_streams);
  g_test_add_func ("/engine/refusals", test_refusals);
  g_test_add_func ("/engine/file-to-file", test_file_to_file);
  g_test_add_func ("/engine/bad-rows", test_bad_rows);
  g_test_add_func ("/engine/missing-file", test_missing_file);
  g_test_add_func ("/engine/lifecycle", test_lifecycle);
  g_test_add_func ("/engine/update", test_update);
  g_test_add_func ("/engine/store", test_store);
  g_test_add_func ("/engine/store-after-kill", test_store_after_kill);
  g_test_add_func ("/engine/pipeline", test_pipeline);
  g_test_add_func ("/engine/shared", test_shared);
  g_test_add_func ("/engine/nothing-lost", test_nothing_lost);
  g_test_add_func ("/engine/swap", test_swap);
  g_test_add_func ("/engine/duration", test_duration);
  g_test_add_func ("/engine/odd-options", test_odd_options);
  g_test_add_func ("/engine/record/rows", test_record_rows);
  g_test_add_func ("/engine/record/file", test_record_file);
  g_test_add_func ("/engine/record/nothing", test_record_nothing);
  return g_test_run ();
}
