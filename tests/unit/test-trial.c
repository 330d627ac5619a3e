/* test-trial.c - a rule over rows at hand, and what can be asked about it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json.h"
#include "belt-stream.h"
#include "belt-trial.h"

#include <string.h>

static BeltTrialSpec *
make_spec (const char *stream_sql,
           const char *sql)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (stream_sql, &error);
  g_autoptr(BeltCatalog) empty = belt_catalog_new ();
  BeltTrialSpec *spec = belt_trial_spec_new ();

  g_assert_no_error (error);
  spec->catalog = belt_catalog_with (empty, stream);
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->sql = g_strdup (sql);
  spec->start_ms = 0;
  return spec;
}

#define DEMO "CREATE STREAM demo (id BIGINT, temperature FLOAT) WITH (DATASOURCE=\"demo\")"

static BeltTrial *
run (BeltTrialSpec *spec)
{
  g_autoptr(GError) error = NULL;
  BeltTrial *trial = belt_trial_run (spec, NULL, &error);

  g_assert_no_error (error);
  return trial;
}

static BeltTrialOp *
find_op (BeltTrial  *trial,
         const char *name,
         guint      *ret_index)
{
  GPtrArray *ops = belt_trial_get_ops (trial);

  for (guint i = 0; i < ops->len; i++)
    {
      BeltTrialOp *op = ops->pdata[i];

      if (strcmp (op->name, name) == 0)
        {
          if (ret_index != NULL)
            *ret_index = i;
          return op;
        }
    }

  g_error ("no operator %s", name);
}

static void
test_rows_on_both_sides (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo WHERE temperature > 30");
  g_autoptr(BeltTrial) trial = NULL;
  BeltTrialOp *filter;
  const BeltTrialRow *row;

  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1, \"temperature\": 29.8}", -1, -1);
  belt_trial_spec_add_input (spec, "demo", "{\"id\": 2, \"temperature\": 31}", -1, -1);
  trial = run (spec);

  filter = find_op (trial, "3_filter", NULL);
  g_assert_cmpuint (filter->n_in, ==, 2);
  g_assert_cmpuint (filter->n_out, ==, 1);
  g_assert_cmpuint (filter->in->len, ==, 2);
  g_assert_cmpuint (filter->out->len, ==, 1);
  g_assert_cmpuint (filter->dropped->len, ==, 1);
  row = filter->dropped->pdata[0];
  g_assert_cmpint (row->reason, ==, BELT_DROP_PREDICATE_FALSE);
  g_assert_cmpstr (row->why, ==, "temperature > 30 is false: temperature is 29.8");
  g_assert_cmpuint (belt_trial_get_emissions (trial)->len, ==, 1);
  g_assert_null (belt_trial_get_summary (trial));
}

/* A rule reads some columns; at its source all of them are seen, those read with their types. */
static void
test_source_rows_are_whole (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec ("CREATE STREAM demo (id STRING) WITH (DATASOURCE=\"demo\", "
                                             "STRICT_VALIDATION=\"false\")", "SELECT id FROM demo");
  g_autoptr(BeltTrial) trial = NULL;
  const BeltTrialRow *row;
  g_autoptr(GString) text = g_string_new (NULL);

  spec->rows_max = 1;
  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1, \"other\": [1, {\"a\": null}]}", -1, -1);
  belt_trial_spec_add_input (spec, "demo", "{\"other\": [1, {\"a\": null}], \"id\": 2}", -1, -1);
  trial = run (spec);
  row = find_op (trial, "demo", NULL)->in->pdata[0];
  belt_json_write (text, &row->row);
  g_assert_cmpstr (text->str, ==, "{\"id\":\"2\",\"other\":[1,{\"a\":null}]}");
}

static void
test_explain_a_row (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo WHERE temperature * 2 > 60 AND id > 0");
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(JsonNode) node = NULL;
  JsonArray *parts;
  JsonObject *first;
  BeltTrialOp *filter;
  guint index;
  gboolean found = FALSE;

  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1, \"temperature\": 29.5}", -1, -1);
  trial = run (spec);
  filter = find_op (trial, "3_filter", &index);
  node = belt_trial_explain (trial, index, ((const BeltTrialRow *)filter->dropped->pdata[0])->id);
  parts = json_node_get_array (node);
  g_assert_cmpuint (json_array_get_length (parts), ==, 6);
  first = json_array_get_object_element (parts, 0);
  g_assert_cmpstr (json_object_get_string_member (first, "text"), ==, "temperature");
  g_assert_cmpstr (json_object_get_string_member (first, "value"), ==, "29.5");

  for (guint i = 0; i < json_array_get_length (parts); i++)
    {
      JsonObject *part = json_array_get_object_element (parts, i);

      if (strcmp (json_object_get_string_member (part, "text"), "temperature * 2") == 0)
        found = strcmp (json_object_get_string_member (part, "value"), "59") == 0;
    }
  g_assert_true (found);
}

static void
test_summary_says_why_there_is_nothing (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec ("CREATE STREAM demo () WITH (DATASOURCE=\"demo\")",
                                             "SELECT id FROM demo WHERE temprature > 30");
  g_autoptr(BeltTrial) trial = NULL;

  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1, \"temperature\": 35}", -1, -1);
  trial = run (spec);
  g_assert_cmpuint (belt_trial_get_emissions (trial)->len, ==, 0);
  g_assert_nonnull (strstr (belt_trial_get_summary (trial), "temprature is null"));
}

static void
test_summary_without_rows (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo");
  g_autoptr(BeltTrial) trial = run (spec);

  g_assert_cmpstr (belt_trial_get_summary (trial), ==, "Stream demo got no rows.");
}

static void
test_held_rows_are_listed (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)");
  g_autoptr(BeltTrial) trial = NULL;
  BeltTrialOp *window;
  const BeltTrialRow *row;
  const BeltValue *id;

  belt_trial_spec_add_input (spec, "demo", "{\"id\": 7}", -1, 2000);
  trial = run (spec);
  window = find_op (trial, "3_window", NULL);
  g_assert_cmpuint (window->n_dropped[BELT_DROP_WINDOW_NOT_CLOSED], ==, 1);
  row = window->dropped->pdata[0];
  g_assert_cmpint (row->window_end, ==, 10000);
  id = belt_value_get_member (&row->row, "id", 2);
  g_assert_nonnull (id);
  g_assert_cmpint (id->u.i, ==, 7);
}

static void
test_would_send (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo");
  g_autoptr(JsonNode) actions = json_from_string ("[{\"log\": {}}, {\"nop\": {\"sendSingle\": true}},"
                                                  "{\"log\": {\"sendSingle\": true,"
                                                  "\"dataTemplate\": \"id is {{.id}}\"}}]", NULL);
  g_autoptr(BeltTrial) trial = NULL;
  GPtrArray *texts;

  spec->actions = json_array_ref (json_node_get_array (actions));
  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1}", -1, -1);
  trial = run (spec);
  texts = find_op (trial, "log_0", NULL)->would_send;
  g_assert_cmpuint (texts->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (texts, 0), ==, "[{\"id\":1}]");
  texts = find_op (trial, "nop_1", NULL)->would_send;
  g_assert_cmpuint (texts->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (texts, 0), ==, "{\"id\":1}");
  texts = find_op (trial, "log_2", NULL)->would_send;
  g_assert_cmpuint (texts->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (texts, 0), ==, "id is 1");
}

/* Rows made without a format keep their types: 3.0 is no whole number, so half of it is 1.5. */
static void
test_records (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec ("CREATE STREAM demo () WITH (DATASOURCE=\"demo\")",
                                              "SELECT v / 2 AS half, w / 2 AS whole, meta(place) AS place FROM demo");
  BeltMember members[] = { { "v", 1, belt_value_f64 (3) }, { "w", 1, belt_value_i64 (3) } };
  BeltMember place = { "place", 5, belt_value_str ("here", 4) };
  BeltValue row = belt_value_map (members, G_N_ELEMENTS (members));
  BeltValue metadata = belt_value_map (&place, 1);
  g_autoptr(BeltRecord) record = belt_record_new_row (&row, &metadata, 1000);
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(JsonNode) actions = json_from_string ("[{\"log\": {}}]", NULL);
  GPtrArray *texts;

  spec->actions = json_array_ref (json_node_get_array (actions));
  belt_trial_spec_add_record (spec, "demo", record, record->at_ms);
  trial = run (spec);
  texts = find_op (trial, "log_0", NULL)->would_send;
  g_assert_cmpstr (g_ptr_array_index (texts, 0), ==, "[{\"half\":1.5,\"place\":\"here\",\"whole\":1}]");
}

/* Ids go on from the rows that came before, of the streams the rule reads and of no others. */
static void
test_before (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo");
  g_autoptr(BeltTrial) trial = NULL;
  const BeltTrialRow *row;

  belt_trial_spec_add_before (spec, "demo", 41);
  belt_trial_spec_add_before (spec, "another", 1000);
  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1}", -1, -1);
  trial = run (spec);
  row = find_op (trial, "demo", NULL)->out->pdata[0];
  g_assert_cmpuint (BELT_ROW_ID_SEQUENCE (row->id), ==, 41);
}

static char *
run_and_write (BeltTrialSpec *spec)
{
  g_autoptr(BeltTrial) trial = run (spec);
  GPtrArray *emissions = belt_trial_get_emissions (trial);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < emissions->len; i++)
    belt_json_write (text, emissions->pdata[i]);

  return g_string_free (text, FALSE);
}

static void
test_same_spec_same_result (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id, rand() AS r, tstamp() AS t FROM demo");
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;

  for (guint i = 0; i < 20; i++)
    belt_trial_spec_add_input (spec, "demo", "{\"id\": 1}", -1, 1000 * i);
  one = run_and_write (spec);
  two = run_and_write (spec);
  g_assert_cmpstr (one, ==, two);
}

static void
test_newest_rows_are_kept (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo");
  g_autoptr(BeltTrial) trial = NULL;
  BeltTrialOp *project;
  const BeltTrialRow *row;

  spec->rows_max = 3;
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *payload = g_strdup_printf ("{\"id\": %u}", i);

      belt_trial_spec_add_input (spec, "demo", payload, -1, -1);
    }
  trial = run (spec);
  project = find_op (trial, "3_project", NULL);
  g_assert_cmpuint (project->n_out, ==, 10);
  g_assert_cmpuint (project->out->len, ==, 3);
  row = project->out->pdata[2];
  g_assert_cmpint (belt_value_get_member (&row->row, "id", 2)->u.i, ==, 9);
}

static void
test_cancelled (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FROM demo");
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  belt_trial_spec_add_input (spec, "demo", "{\"id\": 1}", -1, -1);
  g_cancellable_cancel (cancellable);
  g_assert_null (belt_trial_run (spec, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_wrong_statement (void)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (DEMO, "SELECT id FRM demo");
  g_autoptr(BeltTrial) trial = run (spec);
  gboolean is_parse_error = FALSE;

  g_assert_cmpuint (belt_trial_get_diagnostics (trial)->len, >, 0);
  g_assert_cmpuint (belt_trial_get_ops (trial)->len, ==, 0);
  g_assert_nonnull (belt_trial_get_error (trial, &is_parse_error));
  g_assert_true (is_parse_error);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/belt/trial/rows-on-both-sides", test_rows_on_both_sides);
  g_test_add_func ("/belt/trial/source-rows-are-whole", test_source_rows_are_whole);
  g_test_add_func ("/belt/trial/explain-a-row", test_explain_a_row);
  g_test_add_func ("/belt/trial/summary-says-why-there-is-nothing", test_summary_says_why_there_is_nothing);
  g_test_add_func ("/belt/trial/summary-without-rows", test_summary_without_rows);
  g_test_add_func ("/belt/trial/held-rows-are-listed", test_held_rows_are_listed);
  g_test_add_func ("/belt/trial/would-send", test_would_send);
  g_test_add_func ("/belt/trial/records", test_records);
  g_test_add_func ("/belt/trial/before", test_before);
  g_test_add_func ("/belt/trial/same-spec-same-result", test_same_spec_same_result);
  g_test_add_func ("/belt/trial/newest-rows-are-kept", test_newest_rows_are_kept);
  g_test_add_func ("/belt/trial/cancelled", test_cancelled);
  g_test_add_func ("/belt/trial/wrong-statement", test_wrong_statement);

  return g_test_run ();
}
