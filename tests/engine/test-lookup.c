/* test-lookup.c - rules that look rows up: in memory, in SQLite, through a cache
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "engine-fixture.h"

#include "belt-memory-bus.h"
#include "belt-stream.h"
#include "belt-trial.h"

#include <sqlite3.h>
#include <string.h>

#define DEMO_STREAM    "CREATE STREAM demo () WITH (DATASOURCE=\"in\", TYPE=\"memory\", FORMAT=\"json\")"
#define CHANGES_STREAM "CREATE STREAM changes () WITH (DATASOURCE=\"changes\", TYPE=\"memory\", FORMAT=\"json\")"
#define MEMORY_TABLE   "CREATE TABLE lk () WITH (DATASOURCE=\"devices\", TYPE=\"memory\", KIND=\"lookup\", KEY=\"id\")"
#define UPDATE_RULE \
  "{\"id\":\"u\",\"sql\":\"SELECT * FROM changes\",\"actions\":[{\"memory\":{\"topic\":\"devices\"," \
  "\"keyField\":\"id\",\"rowkindField\":\"action\",\"sendSingle\":true}}]}"
#define JOIN_RULE \
  "{\"id\":\"%s\",\"sql\":\"SELECT demo.id, lk.name FROM demo %s JOIN lk ON demo.id = lk.id\"," \
  "\"actions\":[{\"nop\":{\"sendSingle\":true}}]}"

static void
publish (const char *topic,
         double      id)
{
  BeltMember member = { "id", 2, belt_value_f64 (id) };
  BeltValue row = belt_value_map (&member, 1);

  belt_memory_bus_publish (topic, &row);
}

static void
publish_change (const char *action,
                gint64      id,
                const char *name)
{
  BeltMember members[] = {
    { "id", 2, belt_value_i64 (id) },
    { "action", 6, belt_value_str (action, strlen (action)) },
    { "name", 4, belt_value_str (name, strlen (name)) },
  };
  BeltValue row = belt_value_map (members, *action != '\0' ? 3 : 1);

  if (*action == '\0')
    {
      members[1] = members[2];
      row = belt_value_map (members, 2);
    }
  belt_memory_bus_publish ("changes", &row);
}

static gboolean
is_connected (Fixture    *fixture,
              const char *rule)
{
  const char *metric = strcmp (rule, "u") == 0 ? "source_changes_0_connection_status"
                                               : "source_demo_0_connection_status";

  return fixture_get_metric (fixture, rule, metric) == 1;
}

static gboolean
has_notice (Fixture    *fixture,
            const char *part)
{
  return strstr (fixture->notices->str, part) != NULL;
}

static gboolean
has_published (Fixture    *fixture,
               const char *n)
{
  return fixture_get_metric (fixture, "u", "sink_memory_0_0_records_in_total") ==
         (gint64)g_ascii_strtoull (n, NULL, 10);
}

static void
create_join (Fixture    *fixture,
             const char *id,
             const char *kind)
{
  g_autofree char *rule = g_strdup_printf (JOIN_RULE, id, kind);

  fixture_create (fixture, rule);
  fixture_wait (fixture, is_connected, id);
}

/* What came out of rule j so far; the others have their own turn. */
static void
assert_joined (Fixture    *fixture,
               const char *expected)
{
  g_auto(GStrv) lines = g_strsplit (fixture->emissions->str, "\n", -1);
  g_autoptr(GString) joined = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], "j/nop_0 "))
        g_string_append_printf (joined, "%s\n", lines[i] + strlen ("j/nop_0 "));
    }
  g_assert_cmpstr (joined->str, ==, expected);
}

/* Rows come before the rule and change under it; it finds what was published before its row. */
static void
test_memory (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_execute (&fixture, CHANGES_STREAM);
  fixture_execute (&fixture, MEMORY_TABLE);
  fixture_create (&fixture, UPDATE_RULE);
  fixture_wait (&fixture, is_connected, "u");
  publish_change ("insert", 1, "one");
  publish_change ("", 2, "two");
  fixture_wait (&fixture, has_published, "2");

  create_join (&fixture, "j", "INNER");
  publish ("in", 1);
  publish ("in", 3);
  publish ("in", 2);
  fixture_wait_emission (&fixture, "j/nop_0 {\"id\":2,\"name\":\"two\"}\n");
  assert_joined (&fixture, "{\"id\":1,\"name\":\"one\"}\n{\"id\":2,\"name\":\"two\"}\n");

  g_string_truncate (fixture.emissions, 0);
  publish_change ("update", 1, "uno");
  publish_change ("delete", 2, "");
  publish_change ("upsert", 3, "tre");
  fixture_wait (&fixture, has_published, "5");
  publish ("in", 1);
  publish ("in", 2);
  publish ("in", 3);
  fixture_wait_emission (&fixture, "j/nop_0 {\"id\":3,\"name\":\"tre\"}\n");
  assert_joined (&fixture, "{\"id\":1,\"name\":\"uno\"}\n{\"id\":3,\"name\":\"tre\"}\n");
  fixture_clear (&fixture);
}

/* Many readers, on whichever workers; the table outlives each of them. */
static void
test_shared (void)
{
  static const char *const ids[] = { "j0", "j1", "j2", "j3", "j4" };
  Fixture fixture;
  g_autoptr(GError) error = NULL;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  fixture_execute (&fixture, CHANGES_STREAM);
  fixture_execute (&fixture, MEMORY_TABLE);
  fixture_create (&fixture, UPDATE_RULE);
  fixture_wait (&fixture, is_connected, "u");
  publish_change ("insert", 7, "seven");
  fixture_wait (&fixture, has_published, "1");
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    create_join (&fixture, ids[i], "INNER");
  publish ("in", 7);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *expected = g_strdup_printf ("%s/nop_0 {\"id\":7,\"name\":\"seven\"}", ids[i]);

      fixture_wait_emission (&fixture, expected);
    }

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_assert_true (belt_engine_delete_rule (fixture.engine, ids[i], NULL));
  create_join (&fixture, "last", "LEFT");
  publish ("in", 7);
  fixture_wait_emission (&fixture, "last/nop_0 {\"id\":7,\"name\":\"seven\"}");

  g_assert_null (belt_engine_execute (fixture.engine, "DROP TABLE lk", TRUE, FALSE, &error));
  g_assert_cmpstr (error->message, ==,
                   "Drop table fails: lookup table lk is still in use, stop all using rules before dropping it.");
  g_assert_true (belt_engine_stop_rule (fixture.engine, "last", NULL));
  fixture_execute (&fixture, "DROP TABLE lk");
  fixture_clear (&fixture);
}

/* A row that says something else than what to do is not published, and counts. */
static void
test_wrong_kind (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, CHANGES_STREAM);
  fixture_create (&fixture, UPDATE_RULE);
  fixture_wait (&fixture, is_connected, "u");
  publish_change ("replace", 1, "one");
  publish_change ("insert", 2, "two");
  fixture_wait (&fixture, has_published, "2");
  g_assert_cmpint (fixture_get_metric (&fixture, "u", "sink_memory_0_0_exceptions_total"), ==, 1);
  fixture_wait (&fixture, has_notice, "invalid rowkind replace");
  fixture_clear (&fixture);
}

static void
test_wrong_sink (void)
{
  Fixture fixture;
  g_autofree char *refusal = NULL;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, CHANGES_STREAM);
  refusal = fixture_refuse (&fixture, "{\"id\":\"u\",\"sql\":\"SELECT * FROM changes\",\"actions\":[{\"memory\":"
                            "{\"topic\":\"devices\",\"rowkindField\":\"action\"}}]}");
  g_assert_nonnull (strstr (refusal, "keyField is required when rowkindField is set"));
  fixture_clear (&fixture);
}

/* --- SQLite --- */

static void
change_database (Fixture    *fixture,
                 const char *sql)
{
  g_autofree char *path = g_build_filename (fixture->dir, "devices.db", NULL);
  sqlite3 *db = NULL;
  char *problem = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_exec (db, sql, NULL, NULL, &problem);
  g_assert_cmpstr (problem, ==, NULL);
  sqlite3_close (db);
}

static void
create_database (Fixture *fixture)
{
  change_database (fixture, "CREATE TABLE devices (id INTEGER, kind TEXT, name TEXT, weight REAL, live BOOLEAN);"
                   "CREATE INDEX by_id ON devices (id);"
                   "INSERT INTO devices VALUES (1, 'a', 'it''s one', 2, 1), (2, 'a', 'two', 0.5, 0),"
                   "(2, 'b', 'two again', NULL, 1)");
}

static void
create_sql_table (Fixture    *fixture,
                  const char *name,
                  const char *properties)
{
  g_autofree char *settings_text = g_strdup_printf ("{\"dburl\":\"sqlite:devices.db\"%s}", properties);
  g_autoptr(JsonObject) settings = fixture_parse (settings_text);
  g_autofree char *statement = g_strdup_printf ("CREATE TABLE %s () WITH (DATASOURCE=\"devices\", TYPE=\"sql\", "
                                                "KIND=\"lookup\", CONF_KEY=\"%s\")", name, name);
  g_autoptr(GError) error = NULL;

  belt_engine_set_source_settings (fixture->engine, "sql", name, settings, &error);
  g_assert_no_error (error);
  fixture_execute (fixture, statement);
}

static void
test_sqlite (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  create_database (&fixture);
  fixture_execute (&fixture, DEMO_STREAM);
  create_sql_table (&fixture, "lk", "");
  create_join (&fixture, "j", "LEFT");
  publish ("in", 1);
  publish ("in", 3);
  publish ("in", 2);
  fixture_wait_emission (&fixture, "two again");
  assert_joined (&fixture, "{\"id\":1,\"name\":\"it's one\"}\n{\"id\":3}\n"
                 "{\"id\":2,\"name\":\"two\"}\n{\"id\":2,\"name\":\"two again\"}\n");
  g_string_truncate (fixture.emissions, 0);

  /* All columns, two keys, values of every kind; what is written meanwhile is found. */
  fixture_create (&fixture, "{\"id\":\"w\",\"sql\":\"SELECT * FROM demo INNER JOIN lk ON lk.id = demo.id AND "
                  "lk.kind = \\\"b\\\" WHERE demo.id > 1\",\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "w");
  change_database (&fixture, "INSERT INTO devices VALUES (4, 'b', 'four', 4, 0)");
  publish ("in", 4);
  fixture_wait_emission (&fixture, "w/nop_0 {\"id\":4,\"kind\":\"b\",\"live\":false,\"name\":\"four\",\"weight\":4}");

  /* Names of whichever has them. */
  fixture_create (&fixture, "{\"id\":\"n\",\"sql\":\"SELECT name, nowhere, weight FROM demo INNER JOIN lk ON "
                  "demo.id = lk.id\",\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "n");
  publish ("in", 4);
  fixture_wait_emission (&fixture, "n/nop_0 {\"name\":\"four\",\"weight\":4}");
  fixture_clear (&fixture);
}

/* The file comes later than the rule. */
static void
test_sqlite_missing (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  create_sql_table (&fixture, "lk", "");
  fixture_create (&fixture, "{\"id\":\"j\",\"sql\":\"SELECT lk.name FROM demo INNER JOIN lk ON demo.id = lk.id\","
                  "\"options\":{\"sendError\":true},\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "j");
  publish ("in", 1);
  fixture_wait_emission (&fixture, "devices.db”: unable to open database file\"}");
  create_database (&fixture);
  publish ("in", 1);
  fixture_wait_emission (&fixture, "{\"name\":\"it's one\"}");

  fixture_execute (&fixture, "CREATE TABLE other () WITH (DATASOURCE=\"nowhere\", TYPE=\"sql\", KIND=\"lookup\", "
                   "CONF_KEY=\"lk\")");
  fixture_create (&fixture, "{\"id\":\"o\",\"sql\":\"SELECT other.name FROM demo INNER JOIN other ON "
                  "demo.id = other.id\",\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "o");
  publish ("in", 1);
  fixture_wait (&fixture, has_notice, "o other: looking up in");
  g_assert_nonnull (strstr (fixture.notices->str, "devices.db”: no such table: nowhere"));
  g_assert_cmpint (fixture_get_metric (&fixture, "o", "op_other_0_exceptions_total"), ==, 1);
  fixture_clear (&fixture);
}

static void
test_sqlite_refused (void)
{
  static const struct { const char *url; const char *part; } cases[] = {
    { "", "dburl should be defined" }, { "mysql://root@localhost/x", "SQLite files only" },
  };
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_execute (&fixture, DEMO_STREAM);
  create_sql_table (&fixture, "lk", "");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"dburl\":\"%s\"}", cases[i].url);
      g_autoptr(JsonObject) settings = fixture_parse (text);
      g_autofree char *rule = g_strdup_printf (JOIN_RULE, "j", "LEFT");
      g_autofree char *refusal = NULL;

      belt_engine_set_source_settings (fixture.engine, "sql", "lk", settings, NULL);
      refusal = fixture_refuse (&fixture, rule);
      g_assert_nonnull (strstr (refusal, cases[i].part));
    }
  fixture_clear (&fixture);
}

static void
test_sqlite_template (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  create_database (&fixture);
  fixture_execute (&fixture, DEMO_STREAM);
  create_sql_table (&fixture, "lk", ",\"templateSqlQueryCfg\":{\"templateSql\":"
                    "\"SELECT name, {{.id}} AS id FROM devices WHERE id = {{.id}} + 1 AND kind = '{{.kind}}'\"}");
  fixture_create (&fixture, "{\"id\":\"j\",\"sql\":\"SELECT lk.name FROM demo INNER JOIN lk ON demo.id = lk.id AND "
                  "lk.kind = \\\"b\\\"\",\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "j");
  publish ("in", 1);
  fixture_wait_emission (&fixture, "j/nop_0 {\"name\":\"two again\"}");

  fixture_create (&fixture, "{\"id\":\"k\",\"sql\":\"SELECT lk.name FROM demo INNER JOIN lk ON demo.id = lk.id\","
                  "\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_connected, "k");
  publish ("in", 1);
  fixture_wait (&fixture, has_notice, "“{{.kind}}” is no column that the rule's ON gives a value");
  fixture_clear (&fixture);
}

/* What was found is remembered, what was not only if asked for. */
static void
test_sqlite_cache (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  create_database (&fixture);
  fixture_execute (&fixture, DEMO_STREAM);
  create_sql_table (&fixture, "lk", ",\"lookup\":{\"cache\":true}");
  create_join (&fixture, "j", "LEFT");
  publish ("in", 1);
  publish ("in", 5);
  fixture_wait_emission (&fixture, "j/nop_0 {\"id\":5}\n");
  change_database (&fixture, "UPDATE devices SET name = 'changed'; INSERT INTO devices (id, name) VALUES (5, 'five')");
  publish ("in", 1);
  publish ("in", 2);
  publish ("in", 5);
  fixture_wait_emission (&fixture, "five");
  assert_joined (&fixture, "{\"id\":1,\"name\":\"it's one\"}\n{\"id\":5}\n"
                 "{\"id\":1,\"name\":\"it's one\"}\n"
                 "{\"id\":2,\"name\":\"changed\"}\n{\"id\":2,\"name\":\"changed\"}\n"
                 "{\"id\":5,\"name\":\"five\"}\n");
  fixture_clear (&fixture);
}

/* --- in a trial, with its clock --- */

static void
add_statement (BeltTrialSpec *spec,
               const char    *statement)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (statement, &error);
  g_autoptr(BeltCatalog) before = spec->catalog;

  g_assert_no_error (error);
  spec->catalog = belt_catalog_with (before, stream);
}

static char *
try_cache (const char *cache)
{
  g_autoptr(BeltTrialSpec) spec = belt_trial_spec_new ();
  g_autofree char *table = g_strdup_printf ("CREATE TABLE lk () WITH (DATASOURCE=\"devices\", TYPE=\"memory\", "
                                            "KIND=\"lookup\", KEY=\"id\", EXTRA=\"{\\\"lookup\\\":%s}\")", cache);
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(GError) error = NULL;
  GString *names = g_string_new (NULL);
  GPtrArray *emissions;

  spec->catalog = belt_catalog_new ();
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->sql = g_strdup ("SELECT coalesce(lk.name, \"-\") AS n FROM demo LEFT JOIN lk ON demo.id = lk.id");
  spec->start_ms = 0;
  add_statement (spec, "CREATE STREAM demo () WITH (DATASOURCE=\"demo\")");
  add_statement (spec, table);
  belt_trial_spec_add_input (spec, "demo", "{\"id\":1}", -1, 0);
  belt_trial_spec_add_input (spec, "lk", "{\"id\":1,\"name\":\"a\"}", -1, 1000);
  belt_trial_spec_add_input (spec, "demo", "{\"id\":1}", -1, 2000);
  belt_trial_spec_add_input (spec, "lk", "{\"id\":1,\"name\":\"b\"}", -1, 3000);
  for (guint i = 0; i < 3; i++)
    belt_trial_spec_add_input (spec, "demo", "{\"id\":1.0}", -1, 10000 + i * 1000);
  belt_trial_spec_add_input (spec, "demo", "{\"id\":1}", -1, 12001);
  trial = belt_trial_run (spec, NULL, &error);
  g_assert_no_error (error);

  emissions = belt_trial_get_emissions (trial);
  for (guint i = 0; i < emissions->len; i++)
    {
      const BeltValue *rows = emissions->pdata[i];
      const BeltValue *name = belt_value_get_member (&rows->u.items[0], "n", 1);

      g_string_append_len (names, name->u.s, name->len);
    }

  return g_string_free (names, FALSE);
}

static void
test_cache_time (void)
{
  static const struct { const char *cache; const char *names; } cases[] = {
    { "{\\\"cache\\\":false}", "-abbbb" },
    { "{\\\"cache\\\":true}", "-aaaaa" },
    { "{\\\"cache\\\":true,\\\"cacheTtl\\\":10000}", "-aaaab" },
    { "{\\\"cache\\\":true,\\\"cacheTtl\\\":\\\"9s\\\"}", "-aaabb" },
    { "{\\\"cache\\\":true,\\\"cacheMissingKey\\\":true,\\\"cacheTtl\\\":\\\"11s\\\"}", "----bb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *names = try_cache (cases[i].cache);

      g_assert_cmpstr (names, ==, cases[i].names);
    }
}

/* Why a row found nothing, and what of ON is left out. */
static void
test_why (void)
{
  static const char *const expected[] = {
    "the table lk has no row with id = 2 and kind = \"a\"",
    "nothing is looked up in lk: what id is compared with is null",
  };
  g_autoptr(BeltTrialSpec) spec = belt_trial_spec_new ();
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(GError) error = NULL;
  const BeltDiagnostic *warning;
  const BeltTrialOp *op = NULL;

  spec->catalog = belt_catalog_new ();
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->sql = g_strdup ("SELECT demo.id FROM demo INNER JOIN lk ON demo.id = lk.id AND lk.kind = \"a\" "
                        "AND lk.o->x = 1");
  spec->start_ms = 0;
  spec->rows_max = 100;
  add_statement (spec, "CREATE STREAM demo () WITH (DATASOURCE=\"demo\")");
  add_statement (spec, MEMORY_TABLE);
  belt_trial_spec_add_input (spec, "lk", "{\"id\":1,\"kind\":\"a\"}", -1, -1);
  belt_trial_spec_add_input (spec, "demo", "{\"id\":1}", -1, -1);
  belt_trial_spec_add_input (spec, "demo", "{\"id\":2}", -1, -1);
  belt_trial_spec_add_input (spec, "demo", "{}", -1, -1);
  trial = belt_trial_run (spec, NULL, &error);
  g_assert_no_error (error);

  g_assert_cmpuint (belt_trial_get_diagnostics (trial)->len, ==, 1);
  warning = belt_trial_get_diagnostics (trial)->pdata[0];
  g_assert_cmpint (warning->severity, ==, BELT_SEVERITY_WARNING);
  g_assert_cmpstr (warning->code, ==, "lookup-condition");

  for (guint i = 0; i < belt_trial_get_ops (trial)->len; i++)
    {
      const BeltTrialOp *candidate = belt_trial_get_ops (trial)->pdata[i];

      op = strcmp (candidate->name, "lk") == 0 ? candidate : op;
    }
  g_assert_cmpuint (op->n_out, ==, 1);
  g_assert_cmpuint (op->dropped->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpstr (((const BeltTrialRow *)op->dropped->pdata[i])->why, ==, expected[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lookup/memory", test_memory);
  g_test_add_func ("/lookup/shared", test_shared);
  g_test_add_func ("/lookup/wrong-kind", test_wrong_kind);
  g_test_add_func ("/lookup/wrong-sink", test_wrong_sink);
  g_test_add_func ("/lookup/sqlite", test_sqlite);
  g_test_add_func ("/lookup/sqlite-missing", test_sqlite_missing);
  g_test_add_func ("/lookup/sqlite-refused", test_sqlite_refused);
  g_test_add_func ("/lookup/sqlite-template", test_sqlite_template);
  g_test_add_func ("/lookup/sqlite-cache", test_sqlite_cache);
  g_test_add_func ("/lookup/cache-time", test_cache_time);
  g_test_add_func ("/lookup/why", test_why);

  return g_test_run ();
}
