/* test-language.c - what the editor is told about a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The place of the cursor is written as ¦ in the statements here.
 */
#include "config.h"

#include "belt-columns-seen.h"
#include "belt-language.h"
#include "belt-stream.h"

static const BeltColumnSeen seen[] = {
  { "demo", "temperature", "float", 20, 20 },
  { "demo", "humidity", "float", 18, 20 },
  { "demo", "pump", "struct", 20, 20 },
  { "demo", "pump.rpm", "float", 20, 20 },
};

static BeltCatalog *
make_catalog (void)
{
  static const char *const definitions[] = {
    "CREATE STREAM demo () WITH (DATASOURCE=\"demo\", FORMAT=\"JSON\")",
    "CREATE STREAM typed (id BIGINT, name STRING, ok BOOLEAN, size FLOAT, o STRUCT(x BIGINT, y ARRAY(FLOAT)))"
    " WITH (DATASOURCE=\"typed\")",
    "CREATE STREAM other (id BIGINT, `odd name` FLOAT) WITH (DATASOURCE=\"other\")",
    "CREATE TABLE limits (id BIGINT) WITH (DATASOURCE=\"limits.json\", TYPE=\"file\")",
  };
  BeltCatalog *catalog = belt_catalog_new ();

  for (guint i = 0; i < G_N_ELEMENTS (definitions); i++)
    {
      g_autoptr(BeltStream) stream = belt_stream_new_from_sql (definitions[i], NULL);
      BeltCatalog *next = belt_catalog_with (catalog, stream);

      belt_catalog_unref (catalog);
      catalog = next;
    }
  return catalog;
}

static void
check (const char *sql,
       gboolean    extensions,
       const char *expected)
{
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltLanguage language = { catalog, NULL, seen, G_N_ELEMENTS (seen), extensions };
  g_autoptr(GPtrArray) diagnostics = belt_language_check (&language, sql, strlen (sql));
  g_autoptr(GString) got = g_string_new (NULL);
  static const char *const severities[] = { "error", "warning", "note" };

  for (guint i = 0; i < diagnostics->len; i++)
    {
      const BeltDiagnostic *d = diagnostics->pdata[i];

      g_string_append_printf (got, "%u-%u %s %s: %s", d->column, d->end_column, severities[d->severity], d->code,
                              d->message);
      if (d->fix != NULL)
        g_string_append_printf (got, " [%s]", d->fix);
      g_string_append_c (got, '\n');
    }
  g_assert_cmpstr (got->str, ==, expected);
}

static void
test_names (void)
{
  check ("SELECT temperature, humidity AS h, h + 1 AS k FROM demo WHERE k > 2", FALSE, "");
  check ("SELECT temprature FROM demo", FALSE,
         "8-18 warning unknown-column: no column “temprature” in 20 rows of “demo”; did you mean “temperature”?"
         " [temperature]\n");
  check ("SELECT a FROM dmeo", FALSE,
         "15-19 error unknown-stream: there is no stream “dmeo”; did you mean “demo”? [demo]\n");
  check ("SELECT nam FROM typed", FALSE,
         "8-11 error unknown-column: no column “nam” in stream “typed”; did you mean “name”? [name]\n");
  check ("SELECT typed.zzz FROM typed", FALSE, "14-17 error unknown-column: no column “zzz” in stream “typed”\n");
  check ("SELECT o->x, o.yy FROM typed", FALSE,
         "16-18 warning unknown-member: no member “yy”; did you mean “y”? [y]\n");
  check ("SELECT id FROM typed INNER JOIN other ON typed.id = other.id GROUP BY COUNTWINDOW(5)", FALSE,
         "8-10 error ambiguous-column: “typed” and “other” both have a column “id” [typed.id]\n");
  /* eKuiper forgets the first name's error at the second. */
  check ("SELECT nam + size FROM typed", FALSE,
         "8-11 warning unknown-column: no column “nam” in stream “typed”; did you mean “name”? [name]\n");
  check ("SELECT name AS x, size AS x FROM typed", FALSE,
         "27-28 warning duplicate-name: two fields are named “x”\n");
  check ("SELECT roud(size) FROM typed", FALSE,
         "8-12 error unknown-function: there is no function “roud”; did you mean “round”? [round]\n");
  check ("SELECT upper(name), upper(name) FROM typed", FALSE,
         "21-32 error duplicate-name: two fields are named “upper”\n");
}

static void
test_doubts (void)
{
  check ("SELECT * FROM demo WHERE temperature = NULL", FALSE,
         "26-44 warning null-comparison: a comparison with NULL is never true [isnull(temperature)]\n");
  check ("SELECT * FROM demo WHERE temperature > 5 AND (humidity = 1 AND temperature < 3)", FALSE,
         "26-80 warning always-false: no value of “temperature” meets all these conditions\n");
  check ("SELECT * FROM demo WHERE temperature >= 5 AND temperature <= 5", FALSE, "");
  check ("SELECT * FROM demo WHERE 1 = 2", FALSE, "26-31 warning always-false: this is never true\n");
  check ("SELECT id / 2 AS h FROM typed", FALSE,
         "11-12 note integer-division: both sides are whole numbers, so the result is cut to a whole number\n");
  check ("SELECT id / 2.0 AS h, size / 2 AS i FROM typed", FALSE, "");
  check ("SELECT * FROM typed WHERE name > 5", FALSE,
         "27-35 warning kinds-differ: a text is compared with a number: every row fails here\n");
  check ("SELECT * FROM demo WHERE avg(temperature) > 5", FALSE,
         "26-42 warning lone-aggregate: avg() is null in WHERE: without a window there is nothing to aggregate\n");
  check ("SELECT * FROM demo WHERE avg(temperature) > 5 GROUP BY COUNTWINDOW(5)", FALSE, "");
  check ("SELECT id FROM typed HAVING sum(id) > 1", FALSE,
         "29-40 warning lone-having: HAVING without a window fails for each row\n");
  check ("SELECT id FROM typed LIMIT 0", FALSE, "22-29 warning always-empty: LIMIT 0 sends nothing\n");
  check ("SELECT 2 * pump->rpm AS x FROM demo", FALSE,
         "12-21 warning reads-otherwise: this is read as if brackets stood around “2 * pump” [(pump->rpm)]\n");
}

/* What is offered for slips that the parser stops at. */
static void
test_slips (void)
{
  check ("SELECT * FROM demo WHERE temperature == 5", FALSE,
         "38-40 error parse: a value should be here, not “=” [=]\n");
  check ("SELECT * FROM demo WHERE temperature => 5", FALSE,
         "38-40 error parse: a value should be here, not “>” [>=]\n");
  check ("SELECT temperature, FROM demo", FALSE, "19-20 error parse: a value should be here, not “FROM” []\n");
  check ("SELECT round(temperature FROM demo", FALSE,
         "25-25 error parse: “,” or “)” should be here, not “FROM” [)]\n");
  check ("SELECT * FROM demo WHERE (temperature > 5", FALSE,
         "42-42 error parse: the statement ends where “)” should be [)]\n");
  check ("SELECT * FROM demo WHERE pump = 'a", FALSE, "33-35 error parse: this text has no closing ' ['a']\n");
  check ("SELECT * FROM demo WERE temperature > 5", FALSE,
         "20-24 error unknown-stream: there is no stream “demoWEREtemperature”; did you mean “WHERE” here? [WHERE]\n"
         "37-38 error parse: the end should be here, not “>”\n");
  check ("SELECT * FROM demo ORDER BY temperature LIMT 5", FALSE,
         "41-45 error parse: the end should be here, not “5” [LIMIT]\n");
  check ("SELECT * FROM demo GROUP COUNTWINDOW(5)", FALSE,
         "26-26 error parse: BY should be here, not “COUNTWINDOW” [BY ]\n");
  check ("SELECT count(*) FROM demo GROUP BY TUMBLINGWINDOW('sec', 5)", FALSE,
         "51-56 error window-arguments: the first argument of this window is a unit of time: dd, hh, mi, ss or ms"
         " [ss]\n");
  check ("SELCT * FROM demo", FALSE,
         "1-6 error parse: a statement begins with SELECT, CREATE, SHOW, DESCRIBE, EXPLAIN or DROP [SELECT]\n");
  check ("SELECT count(*) FROM typed GROUP BY TUMBLINGWINDOW(min, 5)", FALSE,
         "52-55 error window-arguments: the first argument of this window is a unit of time: dd, hh, mi, ss or ms"
         " [mi]\n");
  /* Who is still typing is not corrected, and a name is no word of the language. */
  check ("SELECT temperature, ", FALSE, "20-21 error parse: the statement ends where a value should be\n");
  check ("SELECT te", FALSE, "10-10 error parse: the statement ends where “,” or FROM should be\n");
  check ("SELECT * FROM demo WHERE room 5", FALSE,
         "26-30 warning unknown-column: no column “room” in 20 rows of “demo”\n"
         "31-32 error parse: the end should be here, not “5”\n");
}

/* A stream that is misspelt does not hide what else is. */
static void
test_guess (void)
{
  check ("SELECT roun(temprature, 1) AS t FROM dmeo WHERE humidity > 0 AND unheard > 1", FALSE,
         "8-12 error unknown-function: there is no function “roun”; did you mean “round”? [round]\n"
         "13-23 warning unknown-column: no column “temprature” in 20 rows of “demo”; did you mean “temperature”?"
         " [temperature]\n"
         "38-42 error unknown-stream: there is no stream “dmeo”; did you mean “demo”? [demo]\n");
}

/* What the rule's options say about its time. */
static void
test_time (void)
{
  static const char sql[] = "SELECT id FROM typed";
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltRuleOptions options;
  BeltLanguage language = { .catalog = catalog, .options = &options };
  g_autoptr(GPtrArray) without = NULL;
  g_autoptr(GPtrArray) diagnostics = NULL;

  belt_rule_options_init (&options);
  without = belt_language_check (&language, sql, strlen (sql));
  g_assert_cmpuint (without->len, ==, 0);
  options.is_event_time = TRUE;
  options.late_tolerance_ms = 0;
  diagnostics = belt_language_check (&language, sql, strlen (sql));
  g_assert_cmpuint (diagnostics->len, ==, 2);
  g_assert_cmpstr (((BeltDiagnostic *)diagnostics->pdata[0])->code, ==, "no-timestamp");
  g_assert_cmpstr (((BeltDiagnostic *)diagnostics->pdata[1])->code, ==, "late-tolerance");
}

static void
test_ekuiper (void)
{
  check ("SELECT humidity, count(*) AS c, sum(temperature) AS t FROM demo GROUP BY humidity, COUNTWINDOW(2)", FALSE,
         "37-48 warning lost-column: eKuiper reads only humidity of “demo” here, because of the “*”: “temperature” is "
         "lost\n");
  check ("SELECT temperature + 1 AS d, * FROM demo", FALSE,
         "30-31 warning lost-column: eKuiper reads only temperature of “demo” here, because of the “*”: any other "
         "column is lost\n");
  check ("SELECT *, temperature + 1 AS d FROM demo", FALSE, "");
  check ("SELECT id, count(*) AS c, sum(size) AS t FROM typed GROUP BY id, COUNTWINDOW(2)", FALSE, "");
  check ("SELECT name, collect(*)[0]->id AS f FROM typed GROUP BY COUNTWINDOW(2)", FALSE,
         "22-23 warning lost-column: eKuiper reads only name of “typed” here, because of the “*”: any other column is "
         "lost\n");
  check ("SELECT * REPLACE(size * 2 AS size) FROM typed", FALSE,
         "18-22 warning lost-column: eKuiper reads only id, name, ok of “typed” here, because of the “*”: “size” is "
         "lost\n");
  check ("SELECT id FROM typed GROUP BY COUNTWINDOW(4) LIMIT 2", FALSE,
         "46-53 note limit-in-window: eKuiper sends the rows of a window beyond LIMIT too, without the select list\n");
  check ("SELECT lag(*) AS l FROM typed", FALSE,
         "12-13 warning analytic-star: stock eKuiper fails every row here: lag() cannot take “*”\n");
  check ("SELECT lag(sum(id)) AS l FROM typed GROUP BY COUNTWINDOW(4)", FALSE,
         "12-19 warning analytic-aggregate: lag() is called before rows are aggregated: this is null, and stops the "
         "rule in eKuiper\n");
  check ("SELECT avg(size) AS size FROM typed GROUP BY COUNTWINDOW(4)", FALSE, "");
  check ("SELECT avg(size) AS size FROM typed WHERE size > 3 GROUP BY COUNTWINDOW(4)", FALSE,
         "43-47 warning aggregate-where: “size” is the aggregate here, not a column: the rule stops in eKuiper\n");
  check ("SELECT avg(size) AS size FROM typed GROUP BY size, COUNTWINDOW(4)", FALSE,
         "46-50 error aggregate-group: rows cannot be grouped by what is computed of a group\n");
}

static void
test_extensions (void)
{
  check ("SELECT * FROM demo WHERE temperature IS NULL", TRUE,
         "38-45 warning not-portable: stock eKuiper does not know IS NULL\n");
  check ("SELECT * FROM demo WHERE temperature IS NULL", FALSE,
         "38-40 error parse: the end should be here, not “IS”\n");
}

/* ------------------------------------------------------------------ complete */

static gsize
take_cursor (const char *marked,
             char      **ret_text)
{
  const char *at = strstr (marked, "¦");

  g_assert_nonnull (at);
  *ret_text = g_strdup_printf ("%.*s%s", (int)(at - marked), marked, at + strlen ("¦"));
  return (gsize)(at - marked);
}

/* The first proposals, separated by blanks; with `first` 0 all of them. */
static void
check_proposals (const char *marked,
                 guint       first,
                 const char *expected)
{
  g_autofree char *text = NULL;
  gsize offset = take_cursor (marked, &text);
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltLanguage language = { catalog, NULL, seen, G_N_ELEMENTS (seen), FALSE };
  g_autoptr(BeltCompletion) completion = belt_language_complete (&language, text, strlen (text), offset);
  g_autoptr(GString) got = g_string_new (NULL);

  for (guint i = 0; i < completion->proposals->len && (first == 0 || i < first); i++)
    {
      const BeltProposal *proposal = completion->proposals->pdata[i];

      g_string_append_printf (got, "%s%s", i > 0 ? " " : "", proposal->insert);
    }
  if (!g_str_equal (got->str, expected))
    g_error ("%s\n  gave     %s\n  expected %s", marked, got->str, expected);
  g_assert_cmpuint (completion->span.start, <=, offset);
  g_assert_cmpuint (completion->span.end, >=, offset);
}

static void
test_complete (void)
{
  check_proposals ("¦", 2, "SELECT CREATE STREAM");
  check_proposals ("SELECT * FROM ¦", 0, "demo other typed limits");
  check_proposals ("SELECT * FROM de¦", 0, "demo");
  check_proposals ("SELECT ¦ FROM demo", 3, "humidity pump temperature");
  check_proposals ("SELECT temp¦ FROM demo", 1, "temperature");
  /* Before it is said whose: those of all. */
  check_proposals ("SELECT temp¦", 1, "temperature");
  check_proposals ("SELECT siz¦", 1, "size");
  check_proposals ("SELECT temp¦ FROM dmeo", 1, "temperature");
  check_proposals ("SELECT * FROM typed WHERE ¦", 5, "id name o ok size");
  check_proposals ("SELECT * FROM typed WHERE id > 1 AN¦", 1, "AND");
  check_proposals ("SELECT * FROM demo GR¦", 1, "GROUP BY");
  check_proposals ("SELECT * FROM demo GROUP ¦", 0, "BY");
  check_proposals ("SELECT * FROM demo GROUP BY tumb¦", 1, "TUMBLINGWINDOW(");
  check_proposals ("SELECT * FROM demo GROUP BY TUMBLINGWINDOW(¦", 0, "ss mi hh dd ms");
  check_proposals ("SELECT typed.¦ FROM typed", 0, "id name o ok size *");
  check_proposals ("SELECT o->¦ FROM typed", 0, "x y");
  check_proposals ("SELECT pump->¦ FROM demo", 0, "rpm");
  check_proposals ("SELECT lag(id) OVER (¦ FROM typed", 0, "PARTITION BY WHEN");
  check_proposals ("SELECT roun¦ FROM demo", 1, "round(");
  check_proposals ("SELECT odd¦ FROM other", 1, "`odd name`");
  check_proposals ("SELECT a LEFT FROM demo LEFT ¦", 0, "JOIN");
  check_proposals ("SELECT 'te¦' FROM demo", 0, "");
  check_proposals ("SELECT a AS te¦ FROM demo", 0, "");
  check_proposals ("SELECT a -- te¦", 0, "");
  check_proposals ("CREATE ¦", 0, "STREAM TABLE");
  check_proposals ("CREATE STREAM x (a BIG¦", 0, "BIGINT");
  check_proposals ("CREATE STREAM x () WITH (DATA¦", 1, "DATASOURCE");
  check_proposals ("CREATE STREAM x () WITH (FORMAT=¦", 1, "\"BINARY\"");
  check_proposals ("DROP TABLE ¦", 0, "limits");
}

/* Wherever the cursor stands, whatever was typed so far, there is an answer. */
static void
test_every_place (void)
{
  static const char sql[] = "SELECT a AS b, lag(c, 1) OVER (PARTITION BY d WHEN e > 1) FROM typed "
                            "LEFT JOIN other ON typed.id = other.id "
                            "WHERE f->g[1] IN (1, 2) AND h LIKE 'x%' GROUP BY k, SLIDINGWINDOW(ss, 5) "
                            "FILTER (WHERE z = 1) HAVING count(*) > 1 ORDER BY a DESC LIMIT 5";
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltLanguage language = { catalog, NULL, seen, G_N_ELEMENTS (seen), TRUE };

  for (gsize len = 0; len < sizeof sql; len++)
    for (gsize offset = 0; offset <= len; offset += 1 + (len & 3))
      {
        g_autoptr(BeltCompletion) completion = belt_language_complete (&language, sql, len, offset);
        g_autoptr(BeltHover) hover = belt_language_hover (&language, sql, len, offset);
        g_autoptr(BeltSignature) signature = belt_language_signature (&language, sql, len, offset);

        g_assert_cmpuint (completion->span.end, <=, len);
      }
}

/* ------------------------------------------------------------------ hover, signature, tokens */

static void
check_hover (const char *marked,
             const char *title)
{
  g_autofree char *text = NULL;
  gsize offset = take_cursor (marked, &text);
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltLanguage language = { catalog, NULL, seen, G_N_ELEMENTS (seen), FALSE };
  g_autoptr(BeltHover) hover = belt_language_hover (&language, text, strlen (text), offset);

  g_assert_cmpstr (hover != NULL ? hover->title : NULL, ==, title);
}

static void
test_hover (void)
{
  check_hover ("SELECT temp¦erature FROM demo", "temperature: float, in 20 of 20 rows of demo");
  check_hover ("SELECT n¦ame FROM typed", "name: string, declared by typed");
  check_hover ("SELECT name FROM ty¦ped", "stream typed: mqtt, JSON");
  check_hover ("SELECT * FROM typed GROUP BY COUNT¦WINDOW(5)", "COUNTWINDOW(rows, step?)");
  check_hover ("SELECT * FROM typed WH¦ERE id > 1", "WHERE");
  check_hover ("SELECT ¦ FROM typed", NULL);
}

/* The last value is as long as a line has room for. */
static void
test_columns_seen (void)
{
  static const char lines[] = "{\"a\": 1.5, \"b\": true, \"c\": \"x\", \"d\": {\"e\": 7}}\n{\"a\": 2, \"c\": \""
                              "ööööööööööööööööööööööööööööööööööööööö\", \"f\": null}\n";
  static const char *const expected[][2] = {
    { "a", "2" }, { "b", "true" }, { "c", "\"ööööööööööööööööööööö…\"" }, { "d", NULL }, { "d.e", "7" }, { "f", NULL },
  };
  g_autoptr(BeltColumnsSeen) columns = belt_columns_seen_new ();
  const BeltColumnSeen *all;
  guint n;

  belt_columns_seen_add_lines (columns, "s", lines, strlen (lines));
  all = belt_columns_seen_get_all (columns, &n);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpstr (all[i].name, ==, expected[i][0]);
      g_assert_cmpstr (all[i].last, ==, expected[i][1]);
    }
}

static void
check_signature (const char *marked,
                 const char *name,
                 guint       argument,
                 const char *parameter)
{
  g_autofree char *text = NULL;
  gsize offset = take_cursor (marked, &text);
  BeltLanguage language = { 0 };
  g_autoptr(BeltSignature) signature = belt_language_signature (&language, text, strlen (text), offset);
  g_autofree char *got = NULL;

  if (name == NULL)
    {
      g_assert_null (signature);
      return;
    }
  g_assert_nonnull (signature);
  g_assert_nonnull (strstr (signature->signature, name));
  g_assert_cmpuint (signature->argument, ==, argument);
  got = g_strndup (signature->signature + signature->parameter.start,
                   signature->parameter.end - signature->parameter.start);
  g_assert_cmpstr (got, ==, parameter);
}

static void
test_signature (void)
{
  check_signature ("SELECT round(a, ¦) FROM s", "round(", 1, "int digits?");
  check_signature ("SELECT round(abs(a)¦, 2) FROM s", "round(", 0, "number x");
  check_signature ("SELECT * FROM s GROUP BY HOPPINGWINDOW(ss, 1, ¦", "HOPPINGWINDOW(", 2, "step");
  check_signature ("SELECT (a + ¦) FROM s", NULL, 0, NULL);
  check_signature ("SELECT a¦ FROM s", NULL, 0, NULL);
}

/* Renames what the cursor stands on; its kind, and the line as it is then. */
static void
check_rename (const char    *marked,
              BeltSymbolKind kind,
              const char    *name,
              const char    *expected)
{
  g_autofree char *text = NULL;
  gsize offset = take_cursor (marked, &text);
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltLanguage language = { catalog, NULL, seen, G_N_ELEMENTS (seen), FALSE };
  g_autoptr(BeltSymbol) symbol = belt_language_symbol (&language, text, strlen (text), offset);
  g_autofree char *renamed = NULL;

  g_assert_nonnull (symbol);
  g_assert_cmpint (symbol->kind, ==, kind);
  renamed = belt_symbol_rename (symbol, text, strlen (text), name);
  g_assert_cmpstr (renamed, ==, expected);
}

static void
test_symbol (void)
{
  BeltLanguage language = { 0 };

  check_rename ("SELECT temperature AS t¦, t + 1 AS u FROM demo WHERE t > 2 ORDER BY t", BELT_SYMBOL_ALIAS, "warm",
                "SELECT temperature AS warm, warm + 1 AS u FROM demo WHERE warm > 2 ORDER BY warm");
  check_rename ("SELECT temperature AS t FROM demo WHERE ¦t > 2", BELT_SYMBOL_ALIAS, "odd name",
                "SELECT temperature AS `odd name` FROM demo WHERE `odd name` > 2");
  /* Where an alias is made, its name is still the column's. */
  check_rename ("SELECT id + 1 AS id¦, id * 2 AS twice FROM typed", BELT_SYMBOL_ALIAS, "next",
                "SELECT id + 1 AS next, next * 2 AS twice FROM typed");
  check_rename ("SELECT i¦d + 1 AS id, id * 2 AS twice FROM typed", BELT_SYMBOL_COLUMN, "n",
                "SELECT n + 1 AS id, id * 2 AS twice FROM typed");
  check_rename ("SELECT t¦.id FROM typed AS t INNER JOIN other ON t.id = other.id GROUP BY COUNTWINDOW(5)",
                BELT_SYMBOL_STREAM_ALIAS, "x",
                "SELECT x.id FROM typed AS x INNER JOIN other ON x.id = other.id GROUP BY COUNTWINDOW(5)");
  check_rename ("SELECT other.id FROM typed INNER JOIN ot¦her ON typed.id = other.id GROUP BY COUNTWINDOW(5)",
                BELT_SYMBOL_STREAM, "third",
                "SELECT third.id FROM typed INNER JOIN third ON typed.id = third.id GROUP BY COUNTWINDOW(5)");
  /* A function, a member and a text of the same name are none of its places. */
  check_rename ("SELECT abs(size) AS abs¦, o->abs, \"abs\" AS b FROM typed WHERE abs > 1 -- abs", BELT_SYMBOL_ALIAS,
                "m",
                "SELECT abs(size) AS m, o->abs, \"abs\" AS b FROM typed WHERE m > 1 -- abs");
  check_rename ("SELECT ro¦und(size) AS round, round FROM typed", BELT_SYMBOL_FUNCTION, "ceil",
                "SELECT ceil(size) AS round, round FROM typed");
  /* Half-written. */
  check_rename ("SELECT a AS ¦b, (b + FROM", BELT_SYMBOL_ALIAS, "c", "SELECT a AS c, (c + FROM");
  g_assert_null (belt_language_symbol (&language, "SELECT 1 ", 9, 7));
}

static void
test_tokens (void)
{
  static const char sql[] = "SELECT demo.a, abs(1.5) AS `b`, 'x' FROM demo -- end";
  static const BeltStyle expected[] = {
    BELT_STYLE_KEYWORD, BELT_STYLE_STREAM, BELT_STYLE_OPERATOR, BELT_STYLE_NAME, BELT_STYLE_OPERATOR,
    BELT_STYLE_FUNCTION, BELT_STYLE_OPERATOR, BELT_STYLE_NUMBER, BELT_STYLE_OPERATOR, BELT_STYLE_KEYWORD,
    BELT_STYLE_NAME, BELT_STYLE_OPERATOR, BELT_STYLE_TEXT, BELT_STYLE_KEYWORD, BELT_STYLE_STREAM, BELT_STYLE_COMMENT,
  };
  BeltLanguage language = { 0 };
  g_autoptr(GArray) tokens = belt_language_tokens (&language, sql, strlen (sql));

  g_assert_cmpuint (tokens->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < tokens->len; i++)
    g_assert_cmpint (g_array_index (tokens, BeltStyledToken, i).style, ==, expected[i]);
}

/* A key stroke in a statement of 2 KB: all questions the editor asks, 20 ms at most on the slowest machine we know. */
static void
test_speed (void)
{
  g_autoptr(GString) sql = g_string_new ("SELECT temperature");
  g_autoptr(BeltCatalog) catalog = make_catalog ();
  BeltLanguage language = { catalog, NULL, seen, G_N_ELEMENTS (seen), TRUE };
  gint64 best = G_MAXINT64;

  while (sql->len < 2000)
    g_string_append_printf (sql, ", round(temperature * %u + humidity, 2) AS f%u", (guint)sql->len, (guint)sql->len);
  g_string_append (sql, " FROM demo WHERE tempera");
  for (guint i = 0; i < 5; i++)
    {
      gint64 before = g_get_monotonic_time ();
      g_autoptr(GPtrArray) diagnostics = belt_language_check (&language, sql->str, sql->len);
      g_autoptr(BeltCompletion) completion = belt_language_complete (&language, sql->str, sql->len, sql->len);
      g_autoptr(GArray) tokens = belt_language_tokens (&language, sql->str, sql->len);

      best = MIN (best, g_get_monotonic_time () - before);
    }
  g_test_message ("%u bytes: %" G_GINT64_FORMAT " us", (guint)sql->len, best);
  g_assert_cmpint (best, <, 20000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/language/names", test_names);
  g_test_add_func ("/language/doubts", test_doubts);
  g_test_add_func ("/language/slips", test_slips);
  g_test_add_func ("/language/guess", test_guess);
  g_test_add_func ("/language/time", test_time);
  g_test_add_func ("/language/columns-seen", test_columns_seen);
  g_test_add_func ("/language/ekuiper", test_ekuiper);
  g_test_add_func ("/language/extensions", test_extensions);
  g_test_add_func ("/language/complete", test_complete);
  g_test_add_func ("/language/every-place", test_every_place);
  g_test_add_func ("/language/hover", test_hover);
  g_test_add_func ("/language/signature", test_signature);
  g_test_add_func ("/language/symbol", test_symbol);
  g_test_add_func ("/language/tokens", test_tokens);
  g_test_add_func ("/language/speed", test_speed);
  return g_test_run ();
}
