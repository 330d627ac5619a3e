/* test-format.c - statements laid out
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-format.h"
#include "belt-parser.h"
#include "belt-unparse.h"

#include <json-glib/json-glib.h>
#include <string.h>

static const char *corpus;

static void
check_format (const char *text,
              const char *expected)
{
  g_autofree char *once = belt_format (text, strlen (text));
  g_autofree char *twice = once != NULL ? belt_format (once, strlen (once)) : NULL;

  g_assert_cmpstr (once, ==, expected);
  g_assert_cmpstr (twice, ==, expected);
}

static void
test_select (void)
{
  check_format ("select a,b as c , count( * ) from demo where a>1 and b between 1 and 2 "
                "group by tumblingwindow( ss,10 ),k",
                "SELECT a, b AS c, count(*)\n"
                "FROM demo\n"
                "WHERE a > 1 AND b BETWEEN 1 AND 2\n"
                "GROUP BY TUMBLINGWINDOW(ss, 10), k");
  check_format ("select temperature*1.8+32 as fahrenheit,round(humidity,2) as h,-5 as m,"
                "case when a>1 then 2 else 3 end as z "
                "from /a/+ inner join other on a.id=other.id where temperature_of_pump > 30 and humidity < 50 and "
                "(name = 'x' or o->x[1:2].y is not null) order by a desc limit 5 ; rest",
                "SELECT\n"
                "  temperature * 1.8 + 32 AS fahrenheit,\n"
                "  round(humidity, 2) AS h,\n"
                "  -5 AS m,\n"
                "  CASE WHEN a > 1 THEN 2 ELSE 3 END AS z\n"
                "FROM /a/+\n"
                "INNER JOIN other ON a.id = other.id\n"
                "WHERE temperature_of_pump > 30\n"
                "  AND humidity < 50\n"
                "  AND (name = 'x' OR o->x[1:2].y IS NOT NULL)\n"
                "ORDER BY a DESC\n"
                "LIMIT 5; rest");
  check_format ("SELECT a +", NULL);
}

static void
test_comments (void)
{
  check_format ("-- what it is for\nselect a -- one\n, b -- two\n   -- three\n, c /* four */ from s where a > 1 -- x\n"
                "and b > 2 -- end",
                "-- what it is for\n"
                "SELECT\n"
                "  a, -- one\n"
                "  b, -- two\n"
                "  -- three\n"
                "  c /* four */\n"
                "FROM s\n"
                "WHERE a > 1 -- x\n"
                "  AND b > 2 -- end");
}

static void
test_definition (void)
{
  check_format ("create stream d () with (datasource=\"d\")", "CREATE STREAM d () WITH (DATASOURCE=\"d\")");
  check_format ("create stream demo (id bigint,o struct(a bigint,b array(float)),string float default 1.5) with "
                "(datasource=\"demo\",format=\"json\")",
                "CREATE STREAM demo (\n"
                "  id BIGINT,\n"
                "  o STRUCT(a BIGINT, b ARRAY(FLOAT)),\n"
                "  string FLOAT DEFAULT 1.5\n"
                ") WITH (\n"
                "  DATASOURCE=\"demo\",\n"
                "  FORMAT=\"json\"\n"
                ")");
}

/* A statement with comments thrown in between its tokens. */
static char *
add_comments (const char *sql,
              GRand      *rand)
{
  GString *out = g_string_new (NULL);

  for (const char *at = sql; *at != 0; at++)
    {
      g_string_append_c (out, *at);
      if (*at != ' ' || g_rand_int_range (rand, 0, 4) != 0)
        continue;
      switch (g_rand_int_range (rand, 0, 3))
        {
        case 0:
          g_string_append (out, "-- note\n");
          break;
        case 1:
          g_string_append (out, "\n  -- alone\n");
          break;
        default:
          g_string_append (out, "/* block */ ");
        }
    }
  return g_string_free (out, FALSE);
}

static guint
count_comments (const char *text)
{
  guint n = 0;

  for (const char *at = text; *at != 0; at++)
    n += g_str_has_prefix (at, "-- note") || g_str_has_prefix (at, "-- alone") || g_str_has_prefix (at, "/* block");
  return n;
}

static void
check_statement (const char *sql)
{
  g_autofree char *once = belt_format (sql, strlen (sql));
  g_autofree char *twice = NULL;
  g_autoptr(BeltParseResult) before = belt_parse (sql, strlen (sql), BELT_PARSER_EXTENSIONS, NULL);
  g_autoptr(BeltParseResult) after = NULL;
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  g_assert_true ((once == NULL) == (before->n_errors > 0));
  if (once == NULL)
    return;

  twice = belt_format (once, strlen (once));
  if (g_strcmp0 (once, twice) != 0)
    g_error ("%s\nbecame\n%s\nthen\n%s", sql, once, twice);
  after = belt_parse (once, strlen (once), BELT_PARSER_EXTENSIONS, NULL);
  a = belt_ast_unparse (before->ast);
  b = belt_ast_unparse (after->ast);
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpuint (count_comments (once), ==, count_comments (sql));
}

static void
test_corpus (void)
{
  g_autoptr(GDir) dir = g_dir_open (corpus, 0, NULL);
  g_autoptr(GRand) rand = g_rand_new_with_seed (11);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (corpus, name, NULL);
      g_autofree char *text = NULL;
      g_auto(GStrv) lines = NULL;

      if (!g_str_has_suffix (name, ".jsonl"))
        continue;
      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      lines = g_strsplit (text, "\n", -1);
      for (guint i = 0; lines[i] != NULL && *lines[i] != 0; i++)
        {
          g_autoptr(JsonParser) parser = json_parser_new ();
          JsonObject *test;
          const char *key;

          g_assert_true (json_parser_load_from_data (parser, lines[i], -1, NULL));
          test = json_node_get_object (json_parser_get_root (parser));
          key = json_object_has_member (test, "sql") ? "sql" : "stream";
          if (json_object_has_member (test, key))
            {
              const char *sql = json_object_get_string_member (test, key);
              g_autofree char *commented = add_comments (sql, rand);

              check_statement (sql);
              check_statement (commented);
              n++;
            }
        }
    }
  g_assert_cmpuint (n, >, 1000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  corpus = argc > 1 ? argv[1] : BELT_SOURCE_DIR "/tests/conformance";
  g_test_add_func ("/format/select", test_select);
  g_test_add_func ("/format/comments", test_comments);
  g_test_add_func ("/format/definition", test_definition);
  g_test_add_func ("/format/corpus", test_corpus);
  return g_test_run ();
}
