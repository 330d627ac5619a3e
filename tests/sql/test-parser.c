/* test-parser.c - trees, messages and the way back after an error
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-parser-hooks.h"
#include "belt-unparse.h"

static BeltParseResult *
parse (const char *sql,
       guint       flags)
{
  BeltParserHooks hooks;

  belt_parser_hooks_init (&hooks, belt_function_table_get_builtin ());
  return belt_parse (sql, strlen (sql), flags, &hooks);
}

/* The tree of an expression in eKuiper's notation, which shows every bracket. */
static void
check_tree (const char *expr,
            const char *expected)
{
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM s", expr);
  g_autoptr(BeltParseResult) result = parse (sql, 0);
  g_autofree char *got = NULL;

  if (result->n_errors > 0)
    g_error ("%s: %s", sql, result->ekuiper_error);
  got = belt_node_to_ekuiper (result->ast->select->fields[0].expr, "", "");
  g_assert_cmpstr (got, ==, expected);
}

static void
test_precedence (void)
{
  check_tree ("1 + 2 * 3", "binaryExpr:{ 1 + binaryExpr:{ 2 * 3 } }");
  check_tree ("1 - 2 - 3", "binaryExpr:{ binaryExpr:{ 1 - 2 } - 3 }");
  check_tree ("a OR b AND c = 1",
              "binaryExpr:{ $$default.a OR binaryExpr:{ $$default.b AND binaryExpr:{ $$default.c = 1 } } }");
  check_tree ("1 | 2 & 3", "binaryExpr:{ 1 | binaryExpr:{ 2 & 3 } }");
  check_tree ("(1 + 2) * 3", "binaryExpr:{ parenExpr:{ binaryExpr:{ 1 + 2 } } * 3 }");
  check_tree ("1 * -2", "binaryExpr:{ 1 * -2 }");
  check_tree ("a NOT IN (1, 2) AND true",
              "binaryExpr:{ binaryExpr:{ $$default.a NOT IN valueSetExpr:{ literalExprs:[1, 2] } } AND true }");
  check_tree ("a IN b", "binaryExpr:{ $$default.a IN $$default.b }");
  check_tree ("s LIKE 'a%'", "binaryExpr:{ $$default.s LIKE likePattern:^a.*$ }");
  check_tree ("a * 20.0", "binaryExpr:{ $$default.a * 20 }");
  check_tree ("a + 1 BETWEEN 2 AND 3", "binaryExpr:{ binaryExpr:{ $$default.a + 1 } BETWEEN betweenExpr:{ 2, 3 } }");
}

/* Subscripts bind as * does, bounds of BETWEEN are single operands: eKuiper's own. */
static void
test_odd_precedence (void)
{
  check_tree ("a * b[0]", "binaryExpr:{ binaryExpr:{ $$default.a * $$default.b }[0] }");
  check_tree ("a + b[0]", "binaryExpr:{ $$default.a + binaryExpr:{ $$default.b[0] } }");
  check_tree ("a BETWEEN 1 AND 1 + 2", "binaryExpr:{ $$default.a BETWEEN binaryExpr:{ betweenExpr:{ 1, 1 } + 2 } }");
}

static void
test_members (void)
{
  check_tree ("s.a", "s.a");
  check_tree ("o.a", "binaryExpr:{ $$default.o -> jsonFieldName:a }");
  check_tree ("s.o.a", "binaryExpr:{ s.o -> jsonFieldName:a }");
  check_tree ("o->a[0].b",
              "binaryExpr:{ binaryExpr:{ binaryExpr:{ $$default.o -> jsonFieldName:a }[0] } -> jsonFieldName:b }");
  check_tree ("x[]", "binaryExpr:{ $$default.x[ColonExpr:{ start:{ 0 }, end:{ -2147483648 } }] }");
  check_tree ("x[1:]", "binaryExpr:{ $$default.x[ColonExpr:{ start:{ 1 }, end:{ -2147483648 } }] }");
  check_tree ("x[:n]", "binaryExpr:{ $$default.x[ColonExpr:{ start:{ 0 }, end:{ $$default.n } }] }");
  check_tree ("meta(topic)", "Call:{ name:meta, args:[metaRef:{ streamName:$$default, fieldName:topic }] }");
  check_tree ("lag(a) OVER (PARTITION BY k WHEN a > 1)",
              "Call:{ name:lag, args:[$$default.a], when:{ binaryExpr:{ $$default.a > 1 } } }");
}

static void
test_windows (void)
{
  g_autoptr(BeltParseResult) result = parse ("SELECT count(*) FROM s GROUP BY k, HOPPINGWINDOW(mi, 10, 5) "
                                             "FILTER (WHERE a > 1) OVER (WHEN b = 2 PARTITION BY d), `g h`", 0);
  const BeltAstSelect *select = result->ast->select;
  const BeltAstWindow *window;

  g_assert_cmpuint (result->n_errors, ==, 0);
  g_assert_cmpuint (select->n_group_by, ==, 2);
  window = select->window->window;
  g_assert_cmpint (window->kind, ==, BELT_AST_WINDOW_HOPPING);
  g_assert_cmpint (window->unit, ==, BELT_AST_UNIT_MINUTE);
  g_assert_cmpint (window->length, ==, 10);
  g_assert_cmpint (window->interval, ==, 5);
  g_assert_nonnull (window->filter);
  g_assert_nonnull (window->over->when);
  g_assert_cmpuint (window->over->n_partition, ==, 1);
}

static void
test_fields (void)
{
  g_autoptr(BeltParseResult) result = parse ("SELECT a, upper(b), a + 1, o->x, o.y, * EXCEPT (c, d) "
                                             "REPLACE (a * 2 AS a), a AS z INVISIBLE, 3"
                                             " FROM s AS t LEFT JOIN u ON s.a = u.a"
                                             " WHERE a > 1 ORDER BY a DESC, upper(b) ASC LIMIT 5;rest", 0);
  static const char *const names[] = { "a", "upper", "kuiper_field_0", "kuiper_field_1", "y", "*", "a",
                                       "kuiper_field_2" };
  const BeltAstSelect *select = result->ast->select;

  g_assert_cmpuint (result->n_errors, ==, 0);
  g_assert_cmpuint (select->n_fields, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < select->n_fields; i++)
    g_assert_cmpstr (select->fields[i].name, ==, names[i]);
  g_assert_cmpuint (select->fields[5].expr->n_except, ==, 2);
  g_assert_cmpuint (select->fields[5].expr->n_replace, ==, 1);
  g_assert_true (select->fields[6].invisible);
  g_assert_cmpstr (select->tables[0].alias, ==, "t");
  g_assert_cmpint (select->tables[1].kind, ==, BELT_AST_JOIN_LEFT);
  g_assert_cmpuint (select->n_order_by, ==, 2);
  g_assert_true (select->order_by[0].descending);
  g_assert_cmpint (select->limit, ==, 5);
}

/* ------------------------------------------------------------------ eKuiper's texts */

static void
check_error (const char *sql,
             const char *expected)
{
  g_autoptr(BeltParseResult) result = parse (sql, 0);

  if (g_strcmp0 (result->ekuiper_error, expected) != 0)
    g_error ("%s\n  gave     %s\n  expected %s", sql, result->ekuiper_error, expected);
  g_assert_true ((expected == NULL) == (result->n_errors == 0));
}

static void
test_select_errors (void)
{
  check_error ("SELECT FROM demo", "found \"FROM\", expected expression.");
  check_error ("SELECT * FROM demo WHERE", "found \"EOF\", expected expression.");
  check_error ("SELECT nosuch(id) FROM demo", "function nosuch not found");
  check_error ("SELECT abs() FROM demo", "validate function abs error: Expect 1 arguments but found 0.");
  check_error ("SELECT * FROM demo GROUP BY TUMBLINGWINDOW(ss)", "The arguments for tumblingwindow should be 2.\n");
  check_error ("SELECT * FROM demo GROUP BY TUMBLINGWINDOW(xx, 10)",
               "The 1st argument for tumblingwindow is expecting timer literal expression. One value of"
               " [dd|hh|mi|ss|ms].\n");
  check_error ("SELECT * FROM demo, nosuch", "found \",\", expected EOF.");
  check_error ("SELECT 'a\\qb' FROM s", "found \"invalid string: \\\"a\\\\qb\\\"\", expected expression.");
  check_error ("SELECT 'abc FROM s", "found \"\\\"abc FROM s\", expected expression.");
  check_error ("SELECT a IN () FROM s", "expect elements for IN expression, but found \")\", expected expression.");
  check_error ("SELECT a[+] FROM s", "The start index + is invalid in bracket expression.");
  check_error ("SELECT a[1:+] FROM s", "The end index + is invalid in bracket expression.");
  check_error ("SELECT a BETWEEN 1 OR 2 FROM s", "expect AND expression after between but found OR");
  check_error ("SELECT s LIKE '(' FROM s", "invalid LIKE pattern: error parsing regexp: missing closing ): `^($`");
  check_error ("SELECT s LIKE '%+%' FROM s",
               "invalid LIKE pattern: error parsing regexp: invalid nested repetition operator: `^.*+.*$`");
  check_error ("SELECT s LIKE 'a\\\\%[x' FROM s",
               "invalid LIKE pattern: error parsing regexp: missing closing ]: `[x$`");
  check_error ("SELECT a FROM s LIMIT b", "limit should be integer");
  check_error ("SELECT a FROM s", NULL);
}

static void
test_definition_errors (void)
{
  check_error ("CREATE STWREAM demo", "found \"STWREAM\", expected keyword stream or table.");
  check_error ("CREATE STREAM (", "found \"(\", expected stream name.");
  check_error ("CREATE STREAM demo (a BIGINT WITH (DATASOURCE=\"x\")", "found \"WITH\", expect comma or rparen.");
  check_error ("CREATE STREAM demo (a integer) WITH ()",
               "found \"integer\", expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA"
               " | ARRAY | STRUCT).");
  check_error ("CREATE STREAM demo ()", "found \"EOF\", expected is with.");
  check_error ("CREATE STREAM demo () WITH (SHARED=\"maybe\")",
               "found \"maybe\", expect TRUE/FALSE value in SHARED option.");
  check_error ("CREATE STREAM demo () WITH (DATASOURCE='x')", "found \"x\", expect string or boolean value in option.");
  check_error ("CREATE STREAM demo (a BIGINT DEFAULT 1.5) WITH ()", "cannot convert string(1.5) to int64");
  check_error ("CREATE STREAM demo () WITH () garbage", "found \"garbage\", expected semicolon or EOF.");
  check_error ("CREATE TABLE", "found \"EOF\", expected stream name.");
  check_error ("DROP STREAM 1", "found \"1\", expected stream name.");
  check_error ("SHOW STREAM", "found \"STREAM\", expected keyword streams or tables.");
  check_error ("DESCRIBE TABLE t", NULL);
  check_error ("SHOW TABLES;", NULL);
}

/* ------------------------------------------------------------------ ours */

static void
check_diagnostics (const char *sql,
                   guint       flags,
                   const char *expected)
{
  g_autoptr(BeltParseResult) result = parse (sql, flags);
  g_autoptr(GString) got = g_string_new (NULL);

  for (guint i = 0; i < result->diagnostics->len; i++)
    {
      const BeltDiagnostic *d = result->diagnostics->pdata[i];

      g_string_append_printf (got, "%u:%u-%u:%u %s", d->line, d->column, d->end_line, d->end_column, d->message);
      if (d->fix != NULL)
        g_string_append_printf (got, " [%s]", d->fix);
      g_string_append_c (got, '\n');
    }
  g_assert_cmpstr (got->str, ==, expected);
}

static void
test_recovery (void)
{
  check_diagnostics ("SELECT a x, rnd(b),\n       c +\nFROM s WHERE d == 1", 0,
                     "1:10-1:11 “x” is not expected here [AS x]\n"
                     "1:13-1:16 there is no function “rnd”; did you mean “rand”? [rand]\n"
                     "3:1-3:5 a value should be here, not “FROM”\n"
                     "3:16-3:18 a value should be here, not “=” [=]\n");
  check_diagnostics ("SELECT a FROM s LEFT OUTER JOIN t ON s.a = t.a JOIN u LIMIT 1 ORDER BY a", 0,
                     "1:22-1:27 OUTER is not written in eKuiper []\n"
                     "1:48-1:52 a join says its kind [INNER JOIN]\n"
                     "1:63-1:68 the end should be here, not “ORDER”\n");
  check_diagnostics ("SELECT _x, \xe6\xb8\xa9 FROM s", 0,
                     "1:8-1:10 “_x” cannot stand as a name without quotes [`_x`]\n"
                     "1:12-1:13 “\xe6\xb8\xa9” cannot stand as a name without quotes [`\xe6\xb8\xa9`]\n");
  check_diagnostics ("SELECT o->end FROM s", 0, "1:11-1:14 a member's name should be here, not “end” [`end`]\n");
  check_diagnostics ("CREATE STREAM s (a INT, b TEXT, c FLOAT DEFAULT 'x') WITH (DATASORCE=\"d\", SHARED=\"no\")", 0,
                     "1:20-1:23 \"INT\" is not a type [BIGINT]\n"
                     "1:27-1:31 \"TEXT\" is not a type [STRING]\n"
                     "1:49-1:52 this value cannot be the default of a column of type float\n"
                     "1:60-1:69 there is no option DATASORCE [DATASOURCE]\n"
                     "1:82-1:86 this option takes TRUE or FALSE\n");
}

static void
test_flags (void)
{
  check_diagnostics ("SELECT a ! b, 99999999999999999999 FROM s", 0,
                     "1:10-1:11 “!” alone means “=” [!=]\n"
                     "1:15-1:35 this number is beyond 64 bits and becomes 9223372036854775807\n");
}

static void
check_extension (const char *expr,
                 const char *unparsed,
                 const char *what,
                 const char *ekuiper)
{
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM s", expr);
  g_autofree char *expected = g_strdup_printf ("SELECT %s FROM s", unparsed);
  g_autoptr(BeltParseResult) on = parse (sql, BELT_PARSER_EXTENSIONS);
  g_autoptr(BeltParseResult) off = parse (sql, 0);
  g_autofree char *got = belt_ast_unparse (on->ast);

  g_assert_cmpuint (on->n_errors, ==, 0);
  g_assert_cmpstr (got, ==, expected);
  g_assert_cmpuint (on->ast->n_extensions, ==, 1);
  g_assert_cmpstr (on->ast->extensions[0].what, ==, what);
  g_assert_cmpstr (on->ekuiper_error, ==, ekuiper);
  g_assert_cmpuint (off->n_errors, >, 0);
  g_assert_cmpstr (off->ekuiper_error, ==, ekuiper);
}

static void
test_extensions (void)
{
  check_extension ("a IS NULL", "a IS NULL", "IS NULL", "found \"IS\", expected FROM.");
  check_extension ("a IS NOT NULL AND b", "a IS NOT NULL AND b", "IS NOT NULL", "found \"IS\", expected FROM.");
  check_extension ("a <> b", "a != b", "<>", "found \">\", expected expression.");
  check_extension ("NOT a = b", "NOT a = b", "NOT before a condition", "found \"NOT\", expected expression.");
  check_extension ("-a[0] * b", "-a[0] * b", "a minus before an expression", "found \"-\", expected expression.");
  check_extension ("a || 'x'", "a || \"x\"", "||", "found \"|\", expected expression.");
  check_extension ("1e3", "1000.0", "a number with an exponent", "found \"e3\", expected FROM.");
  check_extension ("count(DISTINCT a)", "count(DISTINCT a)", "DISTINCT inside a call",
                   "found function call \"count\", expected ), but with \"a\".");
}

/* ------------------------------------------------------------------ bounds */

static char *
repeat (const char *before,
        const char *unit,
        guint       n,
        const char *after)
{
  GString *out = g_string_new (before);

  for (guint i = 0; i < n; i++)
    g_string_append (out, unit);
  g_string_append (out, after);
  return g_string_free (out, FALSE);
}

static void
test_nesting (void)
{
  static const char *const units[] = { "(", "abs(", "CASE WHEN a = ", "a[", "x IN (", "NOT ", "- " };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_autofree char *sql = repeat ("SELECT ", units[i], 10000, "1 FROM s");
      g_autoptr(BeltParseResult) result = parse (sql, BELT_PARSER_EXTENSIONS);

      g_assert_cmpuint (result->n_errors, >, 0);
      g_assert_cmpuint (result->n_errors, <, 1000);
    }
  {
    g_autofree char *open = repeat ("SELECT ", "(", 150, "1");
    g_autofree char *sql = repeat (open, ")", 150, " FROM s");
    g_autoptr(BeltParseResult) result = parse (sql, 0);

    g_assert_cmpuint (result->n_errors, ==, 0);
  }
  {
    g_autofree char *sql = repeat ("SELECT 1", " + 1", 100000, " FROM s");
    g_autoptr(BeltParseResult) result = parse (sql, 0);

    g_assert_cmpuint (result->n_errors, ==, 1);
  }
  {
    g_autofree char *sql = repeat ("CREATE STREAM s (a ", "ARRAY(", 10000, "");
    g_autoptr(BeltParseResult) result = parse (sql, 0);

    g_assert_cmpuint (result->n_errors, >, 0);
  }
}

/* Doubling the text must not cost four times the time; the least of several runs is compared. */
static gint64
measure (guint n)
{
  g_autofree char *sql = repeat ("SELECT a0", ", round(temperature * 1.8, 2) AS f", n, " FROM s");
  gint64 best = G_MAXINT64;

  for (guint i = 0; i < 3; i++)
    {
      gint64 before = g_get_monotonic_time ();
      g_autoptr(BeltParseResult) result = parse (sql, 0);

      g_assert_cmpuint (result->n_errors, ==, 0);
      best = MIN (best, g_get_monotonic_time () - before);
    }
  g_test_message ("%u KB in %" G_GINT64_FORMAT " us", (guint)strlen (sql) / 1024, best);
  return best;
}

static void
test_linear (void)
{
  g_assert_cmpint (measure (32000), <, measure (8000) * 12 + 20000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parser/precedence", test_precedence);
  g_test_add_func ("/parser/odd-precedence", test_odd_precedence);
  g_test_add_func ("/parser/members", test_members);
  g_test_add_func ("/parser/windows", test_windows);
  g_test_add_func ("/parser/fields", test_fields);
  g_test_add_func ("/parser/select-errors", test_select_errors);
  g_test_add_func ("/parser/definition-errors", test_definition_errors);
  g_test_add_func ("/parser/recovery", test_recovery);
  g_test_add_func ("/parser/flags", test_flags);
  g_test_add_func ("/parser/extensions", test_extensions);
  g_test_add_func ("/parser/nesting", test_nesting);
  g_test_add_func ("/parser/linear", test_linear);
  return g_test_run ();
}
