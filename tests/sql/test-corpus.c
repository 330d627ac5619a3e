/* test-corpus.c - what eKuiper refuses to parse is refused, all else parses
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs over every statement of the conformance corpus; the folder is the argument.
 * What parses is written out again and must give the same tree.
 */
#include "config.h"

#include "belt-parser-hooks.h"
#include "belt-stream.h"
#include "belt-unparse.h"
#include "belt-validate.h"

#include <json-glib/json-glib.h>

static const char *corpus;

typedef void (*CaseFunc) (const char *id,
                          JsonObject *test,
                          gpointer    data);

static void
run_file (const char *name,
          CaseFunc    func,
          gpointer    data)
{
  g_autofree char *path = g_build_filename (corpus, name, NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr(JsonParser) parser = json_parser_new ();
      JsonObject *test;

      if (*lines[i] == 0)
        continue;
      g_assert_true (json_parser_load_from_data (parser, lines[i], -1, NULL));
      test = json_node_get_object (json_parser_get_root (parser));
      func (json_object_get_string_member (test, "id"), test, data);
    }
}

static guint
run_corpus (CaseFunc func,
            gpointer data)
{
  g_autoptr(GDir) dir = g_dir_open (corpus, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".jsonl"))
      {
        run_file (name, func, data);
        n++;
      }
  return n;
}

static const char *
get_text (JsonObject *test,
          const char *key)
{
  return json_object_has_member (test, key) ? json_object_get_string_member (test, key) : "";
}

static void
check_select (const char *id,
              JsonObject *test,
              gpointer    data)
{
  const BeltParserHooks *hooks = data;
  const char *sql = get_text (test, "sql");
  gboolean refuse = g_str_equal (get_text (test, "expect_error"), "parse");
  g_autoptr(BeltParseResult) result = NULL;

  if (*sql == 0)
    return;

  result = belt_parse (sql, strlen (sql), 0, hooks);
  /* FROM without a name: an error of ours at once, of eKuiper's planner. */
  if (g_str_equal (get_text (test, "expect_error"), "plan") && result->ekuiper_error != NULL)
    refuse = g_str_has_prefix (result->ekuiper_error, "fail to get stream ,");
  if (refuse != (result->n_errors > 0) || refuse != (result->ekuiper_error != NULL))
    g_error ("%s: %s: expected %s, got %s", id, sql, refuse ? "an error" : "no error", result->ekuiper_error);
  for (guint i = 0; i < result->diagnostics->len; i++)
    {
      const BeltDiagnostic *diagnostic = result->diagnostics->pdata[i];

      g_assert_cmpuint (diagnostic->span.start, <=, diagnostic->span.end);
      g_assert_cmpuint (diagnostic->span.end, <=, strlen (sql));
      g_assert_cmpuint (diagnostic->line, >=, 1);
    }
}

static void
check_definition (const char            *id,
                  const char            *sql,
                  gboolean               refuse)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (sql, &error);

  if (refuse != (stream == NULL))
    g_error ("%s: %s: expected %s", id, sql, refuse ? "an error" : "a definition");
  g_assert_true (refuse == (error != NULL));
}

static void
check_definitions (const char *id,
                   JsonObject *test,
                   gpointer    data)
{
  gboolean refuse = g_str_equal (get_text (test, "expect_error"), "create");
  JsonArray *streams;

  if (json_object_has_member (test, "stream"))
    check_definition (id, get_text (test, "stream"), refuse);
  if (!json_object_has_member (test, "streams"))
    return;

  streams = json_object_get_array_member (test, "streams");
  for (guint i = 0; i < json_array_get_length (streams); i++)
    check_definition (id, json_array_get_string_element (streams, i),
                      refuse && i + 1 == json_array_get_length (streams));
}

static void
check_round_trip (const char *id,
                  JsonObject *test,
                  gpointer    data)
{
  const BeltParserHooks *hooks = data;
  const char *sql = json_object_has_member (test, "sql") ? get_text (test, "sql") : get_text (test, "stream");
  g_autoptr(BeltParseResult) first = belt_parse (sql, strlen (sql), 0, hooks);
  g_autoptr(BeltParseResult) second = NULL;
  g_autofree char *once = NULL;
  g_autofree char *twice = NULL;

  if (first->n_errors > 0)
    return;

  once = belt_ast_unparse (first->ast);
  second = belt_parse (once, strlen (once), 0, hooks);
  twice = belt_ast_unparse (second->ast);
  if (second->n_errors > 0 || !g_str_equal (once, twice))
    g_error ("%s: %s\nbecame  %s\nthen    %s", id, sql, once, twice);
  if (first->ast->select != NULL && first->ast->select->where != NULL)
    {
      g_autofree char *a = belt_node_to_ekuiper (first->ast->select->where, "", "");
      g_autofree char *b = belt_node_to_ekuiper (second->ast->select->where, "", "");

      g_assert_cmpstr (a, ==, b);
    }
}

/* The planner's round complains only of what eKuiper's planner refuses. */
static void
check_planned (const char *id,
               JsonObject *test,
               gpointer    data)
{
  const BeltParserHooks *hooks = data;
  const char *sql = get_text (test, "sql");
  g_autoptr(BeltParseResult) result = belt_parse (sql, strlen (sql), 0, hooks);
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autofree char *ekuiper = NULL;
  gboolean ok;

  if (result->n_errors > 0)
    return;

  ok = belt_validate_planned (result->ast, diagnostics, &ekuiper);
  g_assert_true (ok == (ekuiper == NULL));
  if (!ok && !g_str_equal (get_text (test, "expect_error"), "plan"))
    g_error ("%s: %s: %s", id, sql, ekuiper);
}

static void
test_each (gconstpointer func)
{
  BeltParserHooks hooks;

  belt_parser_hooks_init (&hooks, belt_function_table_get_builtin ());
  g_assert_cmpuint (run_corpus ((CaseFunc)func, &hooks), >=, 10);
}

static void
check_planner_error (const char *sql,
                     const char *expected)
{
  BeltParserHooks hooks;
  g_autoptr(BeltParseResult) result = NULL;
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autofree char *ekuiper = NULL;

  belt_parser_hooks_init (&hooks, belt_function_table_get_builtin ());
  result = belt_parse (sql, strlen (sql), 0, &hooks);
  g_assert_cmpuint (result->n_errors, ==, 0);
  g_assert_true (belt_validate_planned (result->ast, diagnostics, &ekuiper) == (expected == NULL));
  g_assert_cmpstr (ekuiper, ==, expected);
}

static void
test_planner_errors (void)
{
  check_planner_error ("SELECT x+1 AS y, y+1 AS x FROM s", "select fields have cycled alias");
  check_planner_error ("SELECT a AS x, x + 1 AS y, y AS z FROM s", NULL);
  check_planner_error ("SELECT sum(max(a)) FROM s GROUP BY COUNTWINDOW(4)",
                       "invalid argument for func sum: aggregate argument is not allowed");
  check_planner_error ("SELECT max(a) AS m, sum(m) FROM s GROUP BY COUNTWINDOW(4)",
                       "invalid argument for func sum: aggregate argument is not allowed");
  check_planner_error ("SELECT a, count(*) FROM s GROUP BY a", "select stmt group by should be used with window");
  check_planner_error ("SELECT count(*) AS c FROM s GROUP BY COUNTWINDOW(2) HAVING c > 1", NULL);
  check_planner_error ("SELECT count(*) AS c FROM s GROUP BY COUNTWINDOW(2) HAVING a > 1",
                       "Not allowed to call non-aggregate functions in HAVING clause: "
                       "binaryExpr:{ $$default.a > 1 }.");
  check_planner_error ("SELECT o->arr[2:2] FROM s", "colon start value can't be greater than end value");
  check_planner_error ("SELECT o->arr[-2:2] FROM s", NULL);
}

/* Aliases made twice from the one before: looked at once each. */
static void
test_alias_chain (void)
{
  g_autoptr(GString) sql = g_string_new ("SELECT a AS x0");
  g_autoptr(GString) deep = g_string_new ("SELECT a AS x0");

  for (guint i = 1; i < 100; i++)
    g_string_append_printf (sql, ", x%u + x%u AS x%u", i - 1, i - 1, i);
  g_string_append (sql, ", sum(x99) AS y, a + a AS a FROM s GROUP BY COUNTWINDOW(3) HAVING y > 1");
  check_planner_error (sql->str, NULL);

  for (guint i = 1; i < 10000; i++)
    g_string_append_printf (deep, ", x%u + 1 AS x%u", i - 1, i);
  g_string_append (deep, " FROM s");
  check_planner_error (deep->str, NULL);
  for (guint i = 10000; i < 10002; i++)
    g_string_insert (deep, 7, "x9999 + 1 AS y, ");
  check_planner_error (deep->str, "too many aliases are made from each other here");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  corpus = argc > 1 ? argv[1] : BELT_SOURCE_DIR "/tests/conformance";
  g_test_add_data_func ("/corpus/select", check_select, test_each);
  g_test_add_data_func ("/corpus/definitions", check_definitions, test_each);
  g_test_add_data_func ("/corpus/round-trip", check_round_trip, test_each);
  g_test_add_data_func ("/corpus/planned", check_planned, test_each);
  g_test_add_func ("/corpus/planner-errors", test_planner_errors);
  g_test_add_func ("/corpus/alias-chain", test_alias_chain);
  return g_test_run ();
}
