/* test-plan.c - from a statement to operators
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plan.h"
#include "belt-stream.h"

#include <string.h>

static BeltCatalog *
make_catalog (const char *first,
              ...)
{
  BeltCatalog *catalog = belt_catalog_new ();
  va_list args;

  va_start (args, first);
  for (const char *sql = first; sql != NULL; sql = va_arg (args, const char *))
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(BeltStream) stream = belt_stream_new_from_sql (sql, &error);
      BeltCatalog *with;

      g_assert_no_error (error);
      with = belt_catalog_with (catalog, stream);
      belt_catalog_unref (catalog);
      catalog = with;
    }
  va_end (args);

  return catalog;
}

#define TYPED      "CREATE STREAM s (a BIGINT, b FLOAT, c STRING) WITH (DATASOURCE=\"s\")"
#define OTHER      "CREATE STREAM t (a BIGINT, d BIGINT) WITH (DATASOURCE=\"t\")"
#define LOOSE      "CREATE STREAM u () WITH (DATASOURCE=\"u\", FORMAT=\"JSON\")"
#define SCHEMALESS "CREATE STREAM s () WITH (DATASOURCE=\"s\")"

static BeltPlanResult *
plan (BeltCatalog *catalog,
      const char  *sql,
      const char  *options)
{
  g_autoptr(JsonNode) node = options != NULL ? json_from_string (options, NULL) : NULL;
  BeltPlanRequest request = {
    .catalog = catalog,
    .functions = belt_function_table_get_builtin (),
    .sql = sql,
    .len = -1,
    .options = node != NULL ? json_node_get_object (node) : NULL,
  };

  return belt_plan_new (&request);
}

static char *
list_ops (const BeltPlan *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->n_ops; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", self->ops[i].name);

  return g_string_free (text, FALSE);
}

static void
assert_ops (BeltCatalog *catalog,
            const char  *sql,
            const char  *options,
            const char  *expected)
{
  g_autoptr(BeltPlanResult) result = plan (catalog, sql, options);
  g_autofree char *ops = NULL;

  g_assert_cmpstr (result->error, ==, NULL);
  ops = list_ops (result->plan);
  g_assert_cmpstr (ops, ==, expected);
}

static void
test_order_of_operators (void)
{
  g_autoptr(BeltCatalog) catalog = make_catalog (TYPED, NULL);

  assert_ops (catalog, "SELECT a FROM s WHERE a > 1", NULL, "s 2_decoder 3_filter 4_project log_0");
  assert_ops (catalog,
              "SELECT a, count(*) AS n FROM s WHERE a > 1 GROUP BY a, COUNTWINDOW(3) HAVING count(*) > 1 "
              "ORDER BY n LIMIT 2", NULL,
              "s 2_decoder 3_window 4_filter 5_aggregate 6_having 7_order 8_project log_0");
  assert_ops (catalog, "SELECT lag(a) AS l FROM s WHERE a > 1", NULL,
              "s 2_decoder 3_analytic 4_filter 5_project log_0");
}

static void
test_where_goes_below_the_window (void)
{
  g_autoptr(BeltCatalog) catalog = make_catalog (TYPED, NULL);
  const char *sql = "SELECT a FROM s WHERE a > 1 GROUP BY TUMBLINGWINDOW(ss, 1)";

  assert_ops (catalog, sql, NULL, "s 2_decoder 3_filter 4_window 5_project log_0");
  assert_ops (catalog, sql,
              "{\"planOptimizeStrategy\":{\"optimizeControl\":{\"disableOptimizeRules\":[\"predicatePushDown\"]}}}",
              "s 2_decoder 3_window 4_filter 5_project log_0");
}

static void
test_only_what_is_read_is_decoded (void)
{
  g_autoptr(BeltCatalog) catalog = make_catalog (SCHEMALESS, NULL);
  g_autoptr(BeltPlanResult) result = plan (catalog, "SELECT a + 1 AS x FROM s WHERE b > 2 AND x > 0", NULL);
  const BeltPlanStream *stream = &result->plan->streams[0];

  g_assert_cmpuint (stream->n_columns, ==, 2);
  g_assert_cmpstr (stream->columns[0], ==, "b");
  g_assert_cmpstr (stream->columns[1], ==, "a");
  g_assert_false (stream->whole);
}

static void
test_a_wildcard_reads_the_whole_row (void)
{
  g_autoptr(BeltCatalog) schemaless = make_catalog (SCHEMALESS, NULL);
  g_autoptr(BeltCatalog) typed = make_catalog (TYPED, NULL);
  g_autoptr(BeltPlanResult) one = plan (schemaless, "SELECT a + 1 AS d, * FROM s", NULL);
  g_autoptr(BeltPlanResult) two = plan (typed, "SELECT * FROM s", NULL);

  g_assert_true (one->plan->streams[0].whole);
  g_assert_false (two->plan->streams[0].whole);
  g_assert_cmpuint (two->plan->streams[0].n_columns, ==, 3);
}

static void
test_misspelt_column (void)
{
  const char *sql = "CREATE STREAM s (temperature FLOAT) WITH (DATASOURCE=\"s\")";
  g_autoptr(BeltCatalog) catalog = make_catalog (sql, NULL);
  g_autoptr(BeltPlanResult) result = plan (catalog, "SELECT temprature\nFROM s", NULL);
  const BeltDiagnostic *diagnostic;

  g_assert_null (result->plan);
  g_assert_true (result->parsed);
  g_assert_cmpstr (result->error, ==, "unknown field temprature");
  diagnostic = result->diagnostics->pdata[0];
  g_assert_cmpuint (diagnostic->line, ==, 1);
  g_assert_cmpuint (diagnostic->column, ==, 8);
  g_assert_cmpstr (diagnostic->fix, ==, "temperature");
}

/* eKuiper lets both pass: the rule runs as there, and says what is odd about it. */
static void
test_doubtful_names (void)
{
  static const struct { const char *sql; const char *code; } cases[] = {
    { "SELECT zz + a FROM s", "unknown-column" },
    { "SELECT a FROM s WHERE zz = a", "unknown-column" },
    { "SELECT a AS x, b AS x FROM s", "duplicate-alias" },
  };
  g_autoptr(BeltCatalog) catalog = make_catalog (TYPED, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BeltPlanResult) result = plan (catalog, cases[i].sql, NULL);
      const BeltDiagnostic *diagnostic;

      g_assert_nonnull (result->plan);
      g_assert_cmpuint (result->diagnostics->len, ==, 1);
      diagnostic = result->diagnostics->pdata[0];
      g_assert_cmpstr (diagnostic->code, ==, cases[i].code);
      g_assert_cmpint (diagnostic->severity, ==, BELT_SEVERITY_WARNING);
      g_assert_nonnull (diagnostic->hint);
    }
}

static void
test_ambiguous_column (void)
{
  g_autoptr(BeltCatalog) catalog = make_catalog (TYPED, OTHER, NULL);
  g_autoptr(BeltPlanResult) result = plan (catalog,
                                           "SELECT a FROM s INNER JOIN t ON s.a = t.a GROUP BY COUNTWINDOW(2)", NULL);

  g_assert_cmpstr (result->error, ==, "ambiguous field a");
}

static void
test_refusals (void)
{
  static const struct { const char *sql; const char *options; const char *error; } cases[] = {
    { "SELECT a FROM nowhere", NULL, "fail to get stream nowhere, please check if stream is created" },
    { "SELECT a AS b, b AS a FROM s", NULL, "select fields have cycled alias" },
    { "SELECT a AS x, b AS x FROM u", NULL, "duplicate alias x" },
    { "SELECT s.* FROM s", NULL, "unknown field *" },
    { "SELECT A FROM s", NULL, "field A not found in stream s" },
    { "SELECT count(*) FROM s GROUP BY a", NULL, "select stmt group by should be used with window" },
    { "SELECT s.a FROM s INNER JOIN t ON s.a = t.a", NULL,
      "a time window or count window is required to join multiple streams" },
    { "SELECT a FROM s", "{\"isEventTime\": true}",
      "preprocessor is set to be event time but stream option TIMESTAMP not found" },
    { "SELECT a FROM s", "{\"lateTolerance\": -1}", "invalid option lateTolerance: it must not be negative" },
    { "SELECT a FROM s GROUP BY TUMBLINGWINDOW(ss, 1)", "{\"sendMetaToSink\": true}",
      "invalid option sendMetaToSink, it can not be applied to window" },
  };
  g_autoptr(BeltCatalog) catalog = make_catalog (TYPED, OTHER, LOOSE, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BeltPlanResult) result = plan (catalog, cases[i].sql, cases[i].options);

      g_assert_null (result->plan);
      g_assert_cmpstr (result->error, ==, cases[i].error);
      g_assert_cmpuint (result->diagnostics->len, >, 0);
    }
}

static void
test_chain_of_aliases_stays_small (void)
{
  g_autoptr(BeltCatalog) catalog = make_catalog (SCHEMALESS, NULL);
  g_autoptr(GString) sql = g_string_new ("SELECT a AS x0");
  g_autoptr(BeltPlanResult) result = NULL;

  /* Written out in full this would be 2^60 additions. */
  for (guint i = 1; i <= 60; i++)
    g_string_append_printf (sql, ", x%u + x%u AS x%u", i - 1, i - 1, i);
  g_string_append (sql, " FROM s WHERE x60 > 0");
  result = plan (catalog, sql->str, NULL);
  g_assert_cmpstr (result->error, ==, NULL);
  g_assert_cmpuint (result->plan->n_ops, ==, 5);
}

static void
test_sinks (void)
{
  g_autoptr(BeltCatalog) catalog = make_catalog (TYPED, NULL);
  const char *text = "[{\"log\": {}, \"nop\": {}}, {\"log\": {\"sendSingle\": true}}]";
  g_autoptr(JsonNode) actions = json_from_string (text, NULL);
  BeltPlanRequest request = {
    .catalog = catalog, .functions = belt_function_table_get_builtin (), .sql = "SELECT a FROM s", .len = -1,
    .actions = json_node_get_array (actions),
  };
  g_autoptr(BeltPlanResult) result = belt_plan_new (&request);

  g_assert_cmpstr (result->error, ==, NULL);
  g_assert_cmpuint (result->plan->n_sinks, ==, 3);
  g_assert_cmpstr (result->plan->sinks[0].name, ==, "log_0");
  g_assert_cmpstr (result->plan->sinks[1].name, ==, "nop_0");
  g_assert_cmpstr (result->plan->sinks[2].name, ==, "log_1");
  g_assert_cmpuint (result->plan->ops[2].n_next, ==, 3);
}

static void
test_durations (void)
{
  gint64 ms;

  g_assert_true (belt_parse_duration_ms ("300ms", &ms));
  g_assert_cmpint (ms, ==, 300);
  g_assert_true (belt_parse_duration_ms ("1h5m", &ms));
  g_assert_cmpint (ms, ==, 3900000);
  g_assert_true (belt_parse_duration_ms ("-1.5s", &ms));
  g_assert_cmpint (ms, ==, -1500);
  g_assert_false (belt_parse_duration_ms ("5", &ms));
  g_assert_false (belt_parse_duration_ms ("", &ms));
  g_assert_false (belt_parse_duration_ms ("1 day", &ms));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/belt/plan/order-of-operators", test_order_of_operators);
  g_test_add_func ("/belt/plan/where-goes-below-the-window", test_where_goes_below_the_window);
  g_test_add_func ("/belt/plan/only-what-is-read-is-decoded", test_only_what_is_read_is_decoded);
  g_test_add_func ("/belt/plan/a-wildcard-reads-the-whole-row", test_a_wildcard_reads_the_whole_row);
  g_test_add_func ("/belt/plan/misspelt-column", test_misspelt_column);
  g_test_add_func ("/belt/plan/doubtful-names", test_doubtful_names);
  g_test_add_func ("/belt/plan/ambiguous-column", test_ambiguous_column);
  g_test_add_func ("/belt/plan/refusals", test_refusals);
  g_test_add_func ("/belt/plan/chain-of-aliases-stays-small", test_chain_of_aliases_stays_small);
  g_test_add_func ("/belt/plan/sinks", test_sinks);
  g_test_add_func ("/belt/plan/durations", test_durations);

  return g_test_run ();
}
