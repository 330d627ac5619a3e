/* test-robust.c - input that means harm: a clear error or the right answer, in bounded time and memory
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json.h"
#include "belt-parser-hooks.h"
#include "belt-stream.h"
#include "belt-trial.h"

#include <string.h>
#include <sys/resource.h>

/* Each of them takes well under a second here; what does not end in these is exponential, not slow. */
#define SECONDS_MAX 30
/* More than before each of them.  What the address sanitizer has freed stays with it for a while. */
#ifdef __SANITIZE_ADDRESS__
#define MEBIBYTES_MAX 4096
#else
#define MEBIBYTES_MAX 1024
#endif

static const char demo[] = "CREATE STREAM demo () WITH (DATASOURCE=\"demo\", FORMAT=\"JSON\", TIMESTAMP=\"ts\")";

typedef struct
{
  gint64 start_us;
  long   start_kib;
} Watch;

static long
get_peak_kib (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

static void
watch_start (Watch *self)
{
  self->start_us = g_get_monotonic_time ();
  self->start_kib = get_peak_kib ();
}

static void
watch_stop (Watch *self)
{
  g_assert_cmpint (g_get_monotonic_time () - self->start_us, <, SECONDS_MAX * G_USEC_PER_SEC);
  g_assert_cmpint (get_peak_kib () - self->start_kib, <, MEBIBYTES_MAX * 1024);
}

static BeltTrialSpec *
make_spec (const char *sql)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (demo, &error);
  g_autoptr(BeltCatalog) empty = belt_catalog_new ();
  BeltTrialSpec *spec = belt_trial_spec_new ();

  g_assert_no_error (error);
  spec->catalog = belt_catalog_with (empty, stream);
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->sql = g_strdup (sql);
  spec->start_ms = 0;
  spec->options = json_object_new ();
  json_object_set_boolean_member (spec->options, "sendError", TRUE);
  return spec;
}

/* Runs and writes the emissions, a line each; instead the planner's error. */
static char *
run_spec (BeltTrialSpec *spec)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = NULL;
  GString *out = g_string_new (NULL);
  Watch watch;

  watch_start (&watch);
  trial = belt_trial_run (spec, NULL, &error);
  g_assert_no_error (error);
  if (belt_trial_get_error (trial, NULL) != NULL)
    g_string_append_printf (out, "refused: %s", belt_trial_get_error (trial, NULL));
  for (guint i = 0; i < belt_trial_get_emissions (trial)->len; i++)
    {
      belt_json_write (out, belt_trial_get_emissions (trial)->pdata[i]);
      g_string_append_c (out, '\n');
    }
  watch_stop (&watch);

  return g_string_free (out, FALSE);
}

static char *
run (const char *sql,
     const char *row)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (sql);

  if (row != NULL)
    belt_trial_spec_add_input (spec, "demo", row, -1, 0);
  return run_spec (spec);
}

static char *
repeat (const char *text,
        guint       n)
{
  GString *out = g_string_sized_new (strlen (text) * n + 1);

  for (guint i = 0; i < n; i++)
    g_string_append (out, text);
  return g_string_free (out, FALSE);
}

static char *
wrap (const char *before,
      const char *text,
      guint       n,
      const char *after)
{
  g_autofree char *inner = repeat (text, n);

  return g_strconcat (before, inner, after, NULL);
}

static void
assert_refused (const char *answer,
                const char *part)
{
  if (!g_str_has_prefix (answer, "refused: ") || (part != NULL && strstr (answer, part) == NULL))
    g_error ("“%.400s” does not refuse with “%s”", answer, part != NULL ? part : "");
}

/* --- statements --- */

static void
test_statement_of_a_mebibyte (void)
{
  g_autofree char *chain = wrap ("SELECT a", " + 1", 262144, " FROM demo");
  g_autofree char *fields = wrap ("SELECT a", ", a AS bbbbbbbbbbbbbbbb", 45000, " FROM demo");
  g_autofree char *text = wrap ("SELECT length(\"", "xxxxxxxxxxxxxxxx", 65536, "\") AS n FROM demo");
  g_autofree char *blanks = wrap ("SELECT a", "                ", 65536, " FROM demo");
  g_autofree char *items = wrap ("SELECT a IN (0", ", 1", 349525, ") AS r FROM demo");
  g_autofree char *name = wrap ("SELECT ", "aaaaaaaaaaaaaaaa", 65536, " AS r FROM demo");
  g_autofree char *a = run (chain, "{\"a\": 1}");
  g_autofree char *b = run (fields, "{\"a\": 1}");
  g_autofree char *c = run (text, "{\"a\": 1}");
  g_autofree char *d = run (blanks, "{\"a\": 1}");
  g_autofree char *e = run (items, "{\"a\": 1}");
  g_autofree char *f = run (name, "{\"a\": 1}");

  assert_refused (a, NULL);
  g_assert_cmpuint (strlen (b), >, 0);
  g_assert_cmpstr (c, ==, "[{\"n\":1048576}]\n");
  g_assert_cmpstr (d, ==, "[{\"a\":1}]\n");
  g_assert_cmpstr (e, ==, "[{\"r\":true}]\n");
  g_assert_cmpstr (f, ==, "[{}]\n");
}

static void
test_ten_thousand_brackets (void)
{
  static const char *const opens[] = { "(", "abs(", "NOT (", "CASE WHEN a > 1 THEN ", "a[", "-", "a->b[0]->" };

  for (guint i = 0; i < G_N_ELEMENTS (opens); i++)
    {
      g_autofree char *open = wrap ("SELECT ", opens[i], 10000, "a");
      g_autofree char *sql = NULL;
      g_autofree char *closes = repeat (i < 3 ? ")" : i == 3 ? " END" : i == 4 ? "]" : "", 10000);
      g_autoptr(BeltTrialSpec) spec = NULL;
      g_autofree char *answer = NULL;

      sql = g_strconcat (open, closes, " AS r FROM demo", NULL);
      spec = make_spec (sql);
      spec->extensions = TRUE;
      belt_trial_spec_add_input (spec, "demo", "{\"a\": 1}", -1, 0);
      answer = run_spec (spec);
      assert_refused (answer, NULL);
    }
}

static void
test_unclosed_brackets (void)
{
  g_autofree char *sql = wrap ("SELECT ", "(", 10000, "");
  g_autofree char *answer = run (sql, NULL);

  assert_refused (answer, NULL);
}

static void
test_statement_of_any_bytes (void)
{
  static const struct { const char *bytes; gsize len; } statements[] = {
    { "SELECT a\0b FROM demo", 20 },
    { "\0", 1 },
    { "SELECT \"a\0b\" AS r FROM demo", 28 },
    { "SELECT a FROM demo\0", 19 },
    { "SELECT \xff\xfe FROM demo", 19 },
    { "SELECT \"\xc3\" AS r FROM demo", 25 },
    { "SELECT `\xed\xa0\x80` FROM demo", 22 },
    { "\xef\xbb\xbfSELECT a FROM demo", 21 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    {
      g_autoptr(BeltTrialSpec) spec = make_spec ("");
      BeltPlanRequest request = {
        .catalog = spec->catalog, .functions = spec->functions, .sql = statements[i].bytes,
        .len = (gssize)statements[i].len,
      };
      g_autoptr(BeltPlanResult) result = belt_plan_new (&request);

      g_assert_true (result->plan != NULL || result->error != NULL);
      if (result->error != NULL)
        g_assert_true (g_utf8_validate (result->error, -1, NULL));
      for (guint k = 0; k < result->diagnostics->len; k++)
        {
          const BeltDiagnostic *diagnostic = result->diagnostics->pdata[k];

          g_assert_true (g_utf8_validate (diagnostic->message, -1, NULL));
          g_assert_cmpuint (diagnostic->span.end, <=, statements[i].len);
        }
    }
}

/* Each of these took a minute or more when planning looked through all fields for each field. */
static void
test_statement_of_many_fields (void)
{
  GString *chain = g_string_new ("SELECT a AS b0");
  GString *columns = g_string_new ("SELECT a0 AS b0");
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  for (guint i = 0; i < 40000; i++)
    {
      g_string_append_printf (chain, ", b%u + 1 AS b%u", i, i + 1);
      g_string_append_printf (columns, ", a%u AS b%u", i + 1, i + 1);
    }
  g_string_append (chain, " FROM demo");
  g_string_append (columns, " FROM demo");

  a = run (chain->str, NULL);
  b = run (columns->str, "{\"a40000\": 7}");
  g_assert_cmpstr (a, ==, "");
  g_assert_cmpstr (b, ==, "[{\"b40000\":7}]\n");
  g_string_free (chain, TRUE);
  g_string_free (columns, TRUE);
}

/* Forty aliases that use each other twice: 2^40, if each were looked into wherever it stands. */
static void
test_aliases_that_double (void)
{
  static const struct { const char *first; const char *function; const char *rest; } chains[] = {
    { "a", "power", " FROM demo" },
    { "a", "power", " FROM demo WHERE b40 > 1 ORDER BY sum(b40)" },
    { "sum(a)", "power", " FROM demo GROUP BY COUNTWINDOW(1) HAVING b40 > 0 ORDER BY b40" },
    { "c", "concat", " FROM demo" },
    { "l", "array_concat", " FROM demo" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      GString *sql = g_string_new ("SELECT ");
      g_autofree char *answer = NULL;

      g_string_append_printf (sql, "%s AS b0 INVISIBLE", chains[i].first);
      for (guint k = 0; k < 40; k++)
        g_string_append_printf (sql, ", %s(b%u, b%u) AS b%u%s", chains[i].function, k, k, k + 1,
                                k < 39 ? " INVISIBLE" : "");
      g_string_append (sql, chains[i].rest);
      answer = run (sql->str, "{\"a\": 1, \"c\": \"abc\", \"l\": [1, 2, 3]}");
      g_test_message ("%s: %.150s", chains[i].rest, answer);
      g_assert_cmpuint (strlen (answer), <, 1000);
      g_string_free (sql, TRUE);
    }
}

/* What follows the thousandth error is not read: a node and a message for each would be 350 MB. */
static void
test_statement_of_many_errors (void)
{
  g_autofree char *commas = wrap ("SELECT ", ",", 1000000, " FROM demo");
  g_autofree char *calls = wrap ("SELECT a", ", nothing(a)", 90000, " FROM demo");
  const char *const statements[] = { commas, calls };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    {
      g_autoptr(BeltParseResult) result = NULL;
      BeltParserHooks hooks;
      Watch watch;

      watch_start (&watch);
      belt_parser_hooks_init (&hooks, belt_function_table_get_builtin ());
      result = belt_parse (statements[i], strlen (statements[i]), 0, &hooks);
      watch_stop (&watch);
      g_assert_cmpuint (result->n_errors, >=, BELT_PARSER_DIAGNOSTICS_MAX);
      g_assert_cmpuint (result->n_errors, <=, BELT_PARSER_ERRORS_MAX);
    }
}

static void
test_errors_are_utf8 (void)
{
  static const char *const statements[] = {
    "CREATE STREAM x () WITH (DATASOURCE=\"d\" FORMAT=\"JSO\xb2\")", "SELECT a FROM s\xff", "SELECT f\xb2(a) FROM demo",
    "SELECT `\xb2` FROM `\xb2`", "SELECT a AS `\xb2`, b AS `\xb2` FROM demo",
  };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    {
      g_autofree char *answer = run (statements[i], "{\"a\": 1}");

      g_assert_true (g_utf8_validate (answer, -1, NULL));
    }
}

/* --- windows --- */

static void
test_window_sizes (void)
{
  static const char *const refused[] = {
    "TUMBLINGWINDOW(ss, 0)", "TUMBLINGWINDOW(ss, -1)", "HOPPINGWINDOW(ss, 0, 1)", "HOPPINGWINDOW(ss, 10, 0)",
    "SLIDINGWINDOW(ss, -5)", "COUNTWINDOW(0)", "COUNTWINDOW(-3)", "COUNTWINDOW(3, 5)", "SESSIONWINDOW(ss, 0, 0)",
    "TUMBLINGWINDOW(ss, 99999999999999999999)", "COUNTWINDOW(99999999999999999999)",
  };
  static const char *const huge[] = {
    "TUMBLINGWINDOW(ss, 1000000000000000000)", "TUMBLINGWINDOW(dd, 1000000000000000000)",
    "HOPPINGWINDOW(ss, 1000000000000000000, 1)", "HOPPINGWINDOW(ss, 1, 1000000000000000000)",
    "HOPPINGWINDOW(hh, 1000000000000000000, 1000000000000000000)",
    "SLIDINGWINDOW(ss, 1000000000000000000)", "SLIDINGWINDOW(ss, 1, 1000000000000000000)",
    "SESSIONWINDOW(ss, 1000000000000000000, 1000000000000000000)", "COUNTWINDOW(1000000000000000000)",
    "COUNTWINDOW(1000000000000000000, 1000000000000000000)",
    "HOPPINGWINDOW(ms, 9223372036854775807, 1)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *sql = g_strconcat ("SELECT count(*) AS c FROM demo GROUP BY ", refused[i], NULL);
      g_autofree char *answer = run (sql, "{\"a\": 1, \"ts\": 1}");

      if (!g_str_has_prefix (answer, "refused: "))
        g_test_message ("%s is taken: %s", refused[i], answer);
      g_assert_cmpuint (strlen (answer), <, 100000);
    }
  for (guint i = 0; i < 2 * G_N_ELEMENTS (huge); i++)
    {
      g_autofree char *sql = g_strconcat ("SELECT count(*) AS c FROM demo GROUP BY ", huge[i / 2], NULL);
      g_autoptr(BeltTrialSpec) spec = make_spec (sql);
      g_autofree char *answer = NULL;

      json_object_set_boolean_member (spec->options, "isEventTime", i % 2 == 1);
      belt_trial_spec_add_input (spec, "demo", "{\"a\": 1, \"ts\": 1}", -1, 1);
      belt_trial_spec_add_input (spec, "demo", "{\"a\": 1, \"ts\": 100000}", -1, 2);
      belt_trial_spec_add_input (spec, "demo", "{\"a\": 1, \"ts\": 9000000000000000000}", -1, 3);
      belt_trial_spec_add_input (spec, "demo", "{\"a\": 1, \"ts\": -9000000000000000000}", -1, 4);
      spec->advance_ms = 1000;
      answer = run_spec (spec);
      g_assert_cmpuint (strlen (answer), <, 1000000);
    }
}

/* --- rows --- */

static void
test_deep_rows (void)
{
  static const struct { const char *open; const char *close; } kinds[] = { { "[", "]" }, { "{\"a\":", "}" } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *inner = wrap ("{\"b\": 2, \"a\": ", kinds[i].open, 10000, "1");
      g_autofree char *closes = repeat (kinds[i].close, 10000);
      g_autofree char *row = g_strconcat (inner, closes, "}", NULL);
      g_autofree char *cut = wrap ("{\"b\": 2, \"a\": ", kinds[i].open, 10000, "");
      g_autofree char *a = run ("SELECT a, b FROM demo", row);
      g_autofree char *b = run ("SELECT * FROM demo", row);
      g_autofree char *c = run ("SELECT b FROM demo", row);
      g_autofree char *d = run ("SELECT b FROM demo", cut);

      g_assert_nonnull (strstr (a, "nested too deeply"));
      g_assert_nonnull (strstr (b, "nested too deeply"));
      g_assert_nonnull (strstr (c, "nested too deeply"));
      g_assert_nonnull (strstr (d, "nested too deeply"));
    }
}

static void
test_deep_but_allowed (void)
{
  g_autofree char *inner = wrap ("{\"a\": ", "[", 500, "1");
  g_autofree char *closes = repeat ("]", 500);
  g_autofree char *row = g_strconcat (inner, closes, "}", NULL);
  g_autofree char *whole = run ("SELECT to_json(a) AS t, a FROM demo", row);

  g_assert_true (g_str_has_prefix (whole, "[{\"a\":[[[["));
  g_assert_true (g_str_has_suffix (whole, "]]]]\"}]\n"));
}

static void
test_keys_of_a_mebibyte (void)
{
  g_autofree char *key = repeat ("kkkkkkkkkkkkkkkk", 65536);
  g_autofree char *row = g_strdup_printf ("{\"%s\": 1, \"a\": \"%s\", \"%s\": 2}", key, key, key);
  g_autofree char *expected = g_strdup_printf ("[{\"a\":\"%s\",\"%s\":2}]\n", key, key);
  g_autofree char *some = run ("SELECT length(a) AS n FROM demo", row);
  g_autofree char *all = run ("SELECT * FROM demo", row);

  g_assert_cmpstr (some, ==, "[{\"n\":1048576}]\n");
  g_assert_true (g_str_equal (all, expected));
}

static void
test_odd_values (void)
{
  static const struct { const char *row; const char *answer; } cases[] = {
    { "{\"a\": 1, \"a\": 2, \"b\": 3, \"a\": 4}", "[{\"a\":4,\"b\":3}]\n" },
    { "{\"a\": {\"x\": 1, \"x\": 2}, \"b\": 3}", "[{\"a\":{\"x\":2},\"b\":3}]\n" },
    { "{\"a\": 1e-400, \"b\": 3}", "[{\"a\":0,\"b\":3}]\n" },
    { "{\"a\": 0.00000000000000000000000000000000000000000001, \"b\": 3}", "[{\"a\":1e-44,\"b\":3}]\n" },
    { "{\"a\": \"\\ud800\", \"b\": \"\\udc00\\ud800\"}", "[{\"a\":\"\\\\ud800\",\"b\":\"\xef\xbf\xbd\"}]\n" },
    { "{\"a\": \"\\ud83d\\ude00\", \"b\": \"\\ud83dx\"}", "[{\"a\":\"\xf0\x9f\x98\x80\",\"b\":\"\\\\ud83dx\"}]\n" },
    { "{\"a\": \"\\u0000x\", \"b\": \"\"}", "[{\"a\":\"\\u0000x\",\"b\":\"\"}]\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *answer = run ("SELECT a, b FROM demo", cases[i].row);
      g_autofree char *whole = run ("SELECT * FROM demo", cases[i].row);

      g_assert_cmpstr (answer, ==, cases[i].answer);
      g_assert_cmpstr (whole, ==, cases[i].answer);
    }
}

/* Too large for a float: it is the row's error or an infinity, never a wrong number. */
static void
test_number_beyond_floats (void)
{
  g_autofree char *digits = repeat ("9", 100000);
  g_autofree char *row = g_strdup_printf ("{\"a\": %s.%s}", digits, digits);
  g_autofree char *tiny = g_strdup_printf ("{\"a\": 0.%s}", digits);
  g_autofree char *a = run ("SELECT a FROM demo", "{\"a\": 1e400}");
  g_autofree char *b = run ("SELECT a > 1 AS r FROM demo", row);
  g_autofree char *c = run ("SELECT a FROM demo", tiny);

  g_test_message ("1e400 is %s", a);
  g_assert_nonnull (strstr (a, "[{"));
  g_assert_nonnull (strstr (b, "[{"));
  g_assert_cmpstr (c, ==, "[{\"a\":1}]\n");
}

/* --- groups --- */

/* Returns: an array of a thousand rows with a k of their own from @first on. */
static char *
make_rows (guint first)
{
  GString *rows = g_string_new ("[");

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (rows, "%s{\"k\": %u}", i > 0 ? "," : "", first + i);
  g_string_append_c (rows, ']');

  return g_string_free (rows, FALSE);
}

static void
test_a_million_groups (void)
{
  static const char *const options[] = { "{}", "{\"planOptimizeStrategy\": {\"enableIncrementalWindow\": true}}" };
  for (guint o = 0; o < G_N_ELEMENTS (options); o++)
    {
      g_autoptr(BeltTrialSpec) spec = make_spec ("SELECT count(*) AS c FROM demo GROUP BY k, TUMBLINGWINDOW(hh, 1) "
                                                 "HAVING count(*) > 1");
      g_autoptr(JsonNode) node = json_from_string (options[o], NULL);
      g_autofree char *answer = NULL;

      json_object_unref (spec->options);
      spec->options = json_node_dup_object (node);
      spec->rows_max = 0;
      for (guint i = 0; i < 1000; i++)
        {
          g_autofree char *rows = make_rows (i * 1000);

          belt_trial_spec_add_input (spec, "demo", rows, -1, i);
        }
      spec->advance_ms = 3600 * 1000;
      answer = run_spec (spec);
      g_assert_cmpstr (answer, ==, "");
    }
}

/* --- patterns --- */

static void
test_patterns_that_explode (void)
{
  static const char *const patterns[] = {
    "(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x", "a{1000}{1000}", "((a{100}){100}){100}",
    "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$",
  };
  g_autofree char *text = repeat ("a", 30000);
  g_autofree char *like = repeat ("%a", 2000);

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT regexp_matches(a, p) AS r, regexp_replace(a, p, \"\") AS q,"
                                              " regexp_substr(a, p) AS s FROM demo");
      g_autofree char *row = g_strdup_printf ("{\"a\": \"%s!\", \"p\": \"%s\"}", text, patterns[i]);
      g_autofree char *constant = g_strdup_printf ("SELECT regexp_matches(a, \"%s\") AS r FROM demo", patterns[i]);
      g_autofree char *answer = run (sql, row);
      g_autofree char *other = run (constant, row);

      g_assert_cmpuint (strlen (answer), >, 0);
      g_assert_cmpuint (strlen (other), >, 0);
    }
  {
    g_autofree char *sql = g_strdup_printf ("SELECT a LIKE \"%sb\" AS r FROM demo", like);
    g_autofree char *row = g_strdup_printf ("{\"a\": \"%s\"}", text);
    g_autofree char *answer = run (sql, row);

    g_test_message ("LIKE: %.100s", answer);
    g_assert_nonnull (strstr (answer, "[{"));
  }
}

/* --- functions that make much of little --- */

static void
test_functions_that_grow (void)
{
  static const char *const fields[] = {
    "sequence(0, 9223372036854775807)", "sequence(0, 100000000000)", "repeat(a, 9223372036854775807)",
    "repeat(a, 1000000000)", "lpad(a, 9223372036854775807)", "rpad(a, 1000000000000)", "lpad(a, -5)",
    "pow(10, 400)", "exp(1e10)", "format(1.5, 1000000000)", "round(1.5, 1000000000)", "trunc(1.5, -1000000000)",
    "substring(a, 0, 9223372036854775807)", "split_value(a, \"\", 100000000)", "chr(-1)", "chr(1114112)",
    "from_unix_time(9223372036854775807)", "date_calc(\"2020-01-01\", \"9223372036854775807h\")",
    "from_days(9223372036854775807)", "conv(\"zzzzzzzzzzzzzzzzzzzzzz\", 36, 2)", "dec2hex(-9223372036854775807)",
    "-9223372036854775807 - 2", "9223372036854775807 * 9223372036854775807", "-9223372036854775807 / -1", "7 % 0",
    "7 / 0", "abs(-9223372036854775807 - 1)", "(-9223372036854775807 - 1) / -1", "(-9223372036854775807 - 1) % -1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT %s AS r FROM demo", fields[i]);
      g_autofree char *answer = run (sql, "{\"a\": \"x\"}");

      g_test_message ("%s: %.120s", fields[i], answer);
      g_assert_cmpuint (strlen (answer), >, 0);
      g_assert_cmpuint (strlen (answer), <, 64 * 1024 * 1024);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/robust/statement-of-a-mebibyte", test_statement_of_a_mebibyte);
  g_test_add_func ("/robust/ten-thousand-brackets", test_ten_thousand_brackets);
  g_test_add_func ("/robust/unclosed-brackets", test_unclosed_brackets);
  g_test_add_func ("/robust/statement-of-any-bytes", test_statement_of_any_bytes);
  g_test_add_func ("/robust/statement-of-many-fields", test_statement_of_many_fields);
  g_test_add_func ("/robust/aliases-that-double", test_aliases_that_double);
  g_test_add_func ("/robust/statement-of-many-errors", test_statement_of_many_errors);
  g_test_add_func ("/robust/errors-are-utf8", test_errors_are_utf8);
  g_test_add_func ("/robust/window-sizes", test_window_sizes);
  g_test_add_func ("/robust/deep-rows", test_deep_rows);
  g_test_add_func ("/robust/deep-but-allowed", test_deep_but_allowed);
  g_test_add_func ("/robust/keys-of-a-mebibyte", test_keys_of_a_mebibyte);
  g_test_add_func ("/robust/odd-values", test_odd_values);
  g_test_add_func ("/robust/number-beyond-floats", test_number_beyond_floats);
  g_test_add_func ("/robust/a-million-groups", test_a_million_groups);
  g_test_add_func ("/robust/patterns-that-explode", test_patterns_that_explode);
  g_test_add_func ("/robust/functions-that-grow", test_functions_that_grow);

  return g_test_run ();
}
