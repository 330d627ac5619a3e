/* fuzz-rule.c - any text as a rule that runs: a trial over a few rows, each drop explained
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The input is the statement; after a NUL a byte of options and then messages, a line
 * each.  A line that begins with “|” is a message of l, r or lk in turn, else of s.
 * Without them the rows of `messages` come.
 */
#include "config.h"

#include "belt-json.h"
#include "belt-stream.h"
#include "belt-trial.h"

#include "fuzz-driver.h"

#include <string.h>

#define MESSAGES_MAX 64u
#define ROWS_KEPT    3u
#define OUTPUT_MAX   (64u * 1024u * 1024u)

enum
{
  EVENT_TIME  = 1 << 0,
  SEND_ERROR  = 1 << 1,
  INCREMENTAL = 1 << 2,
  EXTENSIONS  = 1 << 3,
  SEND_NIL    = 1 << 4,
  PUSHDOWN    = 1 << 5,
};

static const char *const streams[] = {
  "CREATE STREAM s () WITH (DATASOURCE=\"s\", FORMAT=\"JSON\", TIMESTAMP=\"ts\")",
  "CREATE STREAM demo (a BIGINT, b FLOAT, c STRING, d BOOLEAN, e ARRAY(BIGINT), f STRUCT(x FLOAT, y STRING), ts BIGINT)"
  " WITH (DATASOURCE=\"demo\", FORMAT=\"JSON\", TIMESTAMP=\"ts\")",
  "CREATE STREAM l (id BIGINT, a BIGINT, ts BIGINT) WITH (DATASOURCE=\"l\", FORMAT=\"JSON\", TIMESTAMP=\"ts\")",
  "CREATE STREAM r () WITH (DATASOURCE=\"r\", FORMAT=\"JSON\", TIMESTAMP=\"ts\")",
  "CREATE TABLE lk () WITH (DATASOURCE=\"lk\", FORMAT=\"JSON\", TYPE=\"memory\", KIND=\"lookup\", KEY=\"id\")",
  "CREATE TABLE tb (id BIGINT, name STRING) WITH (DATASOURCE=\"tb\", FORMAT=\"JSON\", TYPE=\"memory\")",
};
static const char *const others[] = { "l", "r", "lk", "tb" };
static const char *const messages[] = {
  "{\"a\": 1, \"b\": 2, \"f\": 2.5, \"g\": -1, \"s\": \"abc\", \"t\": \"h\xc3\xa9llo\","
  " \"p\": true, \"q\": false, \"k\": \"x\","
  " \"id\": 1, \"ts\": 1000,"
  " \"o\": {\"x\": {\"y\": 5, \"arr\": [10, 20]}}, \"arr\": [1, 2, 3], \"d\": \"2024-02-29T13:14:15Z\"}",
  "|{\"id\": 1, \"a\": 10, \"b\": 100, \"name\": \"one\", \"ts\": 1500}",
  "|{\"id\": 1, \"a\": 11, \"b\": 101, \"name\": \"uno\", \"ts\": 1600}",
  "|{\"id\": 2, \"a\": 12, \"b\": 102, \"name\": \"two\", \"ts\": 1700}",
  "|{\"id\": 1, \"a\": 10, \"b\": 100, \"name\": \"one\", \"ts\": 1700}",
  "{\"a\": -7, \"b\": null, \"f\": \"x\", \"g\": [], \"s\": 7, \"t\": {}, \"k\": \"y\", \"id\": 2,"
  " \"ts\": 2000, \"arr\": [[1], [2]],"
  " \"e\": [null, {\"x\": 1}]}",
  "{}",
  "{\"a\": 9223372036854775807, \"b\": 1e300, \"s\": \"\", \"k\": \"x\", \"ts\": 13000, \"id\": 1, \"e\": []}",
  "[{\"a\": 3, \"k\": \"x\", \"ts\": 14000, \"id\": 2}, {\"a\": 4, \"b\": 0, \"k\": \"y\", \"ts\": 12500}]",
  "not a row",
};

static BeltCatalog *
make_catalog (void)
{
  BeltCatalog *catalog = belt_catalog_new ();

  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(BeltStream) stream = belt_stream_new_from_sql (streams[i], &error);
      BeltCatalog *with;

      g_assert_no_error (error);
      with = belt_catalog_with (catalog, stream);
      belt_catalog_unref (catalog);
      catalog = with;
    }
  return catalog;
}

static JsonObject *
make_options (guint8 bits)
{
  JsonObject *options = json_object_new ();
  JsonObject *strategy = json_object_new ();

  json_object_set_boolean_member (options, "isEventTime", (bits & EVENT_TIME) != 0);
  json_object_set_boolean_member (options, "sendError", (bits & SEND_ERROR) != 0);
  json_object_set_boolean_member (options, "sendNilField", (bits & SEND_NIL) != 0);
  json_object_set_boolean_member (strategy, "enableIncrementalWindow", (bits & INCREMENTAL) != 0);
  json_object_set_boolean_member (strategy, "enableAliasPushdown", (bits & PUSHDOWN) != 0);
  json_object_set_object_member (options, "planOptimizeStrategy", strategy);
  return options;
}

/* Each message half a second after the one before; what is not of s goes to the other streams in turn. */
static void
add_message (BeltTrialSpec *spec,
             const char    *text,
             gsize          len,
             guint         *n_others)
{
  gint64 at_ms = 500 * (gint64)(spec->inputs->len + 1);

  if (len > 0 && *text == '|')
    belt_trial_spec_add_input (spec, others[(*n_others)++ % G_N_ELEMENTS (others)], text + 1, (gssize)len - 1, at_ms);
  else
    {
      belt_trial_spec_add_input (spec, "s", text, (gssize)len, at_ms);
      belt_trial_spec_add_input (spec, "demo", text, (gssize)len, at_ms);
    }
}

static void
add_messages (BeltTrialSpec *spec,
              const char    *text,
              gsize          len)
{
  const char *end = text + len;
  guint n_others = 0;

  for (guint n = 0; text < end && n < MESSAGES_MAX; n++)
    {
      const char *newline = memchr (text, '\n', (gsize)(end - text));
      const char *stop = newline != NULL ? newline : end;

      add_message (spec, text, (gsize)(stop - text), &n_others);
      text = stop + (newline != NULL);
    }
}

static BeltTrialSpec *
make_spec (const char *data,
           gsize       size)
{
  static BeltCatalog *catalog;
  const char *split = size > 0 ? memchr (data, '\0', size) : NULL;
  gsize len = split != NULL ? (gsize)(split - data) : size;
  guint8 bits = SEND_ERROR;
  BeltTrialSpec *spec = belt_trial_spec_new ();
  guint n_others = 0;

  if (catalog == NULL)
    catalog = make_catalog ();
  if (split != NULL && len + 1 < size)
    bits = (guint8)split[1];
  spec->catalog = belt_catalog_ref (catalog);
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->sql = g_strndup (size > 0 ? data : "", len);
  spec->options = make_options (bits);
  spec->extensions = (bits & EXTENSIONS) != 0;
  spec->rows_max = ROWS_KEPT;
  spec->start_ms = 0;
  spec->advance_ms = 20000;
  spec->end_of_stream = size % 2 == 0;
  if (split != NULL && len + 2 < size)
    add_messages (spec, split + 2, size - len - 2);
  else
    {
      for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
        add_message (spec, messages[i], strlen (messages[i]), &n_others);
    }
  return spec;
}

static void
explain_rows (BeltTrial *trial,
              guint      op,
              GPtrArray *rows)
{
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const BeltTrialRow *row = rows->pdata[i];
      g_autoptr(JsonNode) why = belt_trial_explain (trial, op, row->id);
      g_autoptr(JsonNode) trace = belt_trial_trace (trial, row->id);

      g_assert_true (row->why == NULL || g_utf8_validate (row->why, -1, NULL));
    }
}

static void
look_at (BeltTrial *trial)
{
  GPtrArray *ops = belt_trial_get_ops (trial);
  GPtrArray *emissions = belt_trial_get_emissions (trial);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < emissions->len; i++)
    {
      belt_json_write (text, emissions->pdata[i]);
      g_assert_cmpuint (text->len, <, OUTPUT_MAX);
    }
  g_assert_true (g_utf8_validate (text->str, (gssize)text->len, NULL));
  for (guint i = 0; i < ops->len; i++)
    {
      const BeltTrialOp *op = ops->pdata[i];

      explain_rows (trial, i, op->dropped);
      if (i == 0)
        explain_rows (trial, i, op->out);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autoptr(BeltTrialSpec) spec = make_spec ((const char *)data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = belt_trial_run (spec, NULL, &error);

  g_assert_no_error (error);
  if (belt_trial_get_error (trial, NULL) != NULL)
    g_assert_true (g_utf8_validate (belt_trial_get_error (trial, NULL), -1, NULL));
  look_at (trial);
  return 0;
}
