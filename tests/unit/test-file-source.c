/* test-file-source.c - files come out as the rows that are in them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source runs on a main context of the test's; the host notes what it gets.
 */
#include "config.h"

#include "belt-clock.h"
#include "belt-json.h"
#include "belt-source.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  BeltSourceHost host;
  GMainContext  *context;
  GString       *lines;      /* payloads, each line on its own, places in front of payloads */
  GString       *rows;       /* rows as JSON */
  GString       *faults;
  guint          n_payloads;
  gboolean       ended;
} Fixture;

static void
note_payload (BeltSourceHost  *host,
              const char      *data,
              gsize            len,
              gboolean         lines,
              const char      *place,
              const BeltValue *metadata)
{
  Fixture *fixture = (Fixture *)host;
  const char *slash = strrchr (place, '/');

  for (guint i = 0; i < BELT_JSON_PADDING; i++)
    g_assert_true (data[len + i] == data[len + i]);  /* must be readable: ASan says if not */
  g_string_append_printf (fixture->lines, "<%s>%.*s", slash + 1, (int)len, data);
  fixture->n_payloads++;
}

static void
note_row (BeltSourceHost  *host,
          const BeltValue *row,
          const BeltValue *metadata)
{
  Fixture *fixture = (Fixture *)host;

  belt_json_write (fixture->rows, row);
}

static void
note_status (BeltSourceHost     *host,
             BeltConnectionState state,
             const char         *message)
{
}

static void
note_fault (BeltSourceHost *host,
            const char     *message)
{
  g_string_append (((Fixture *)host)->faults, message);
}

static void
note_end (BeltSourceHost *host)
{
  ((Fixture *)host)->ended = TRUE;
}

static GMainContext *
get_context (BeltSourceHost *host)
{
  return ((Fixture *)host)->context;
}

static gint64
get_now (BeltSourceHost *host)
{
  return 0;
}

static void
fixture_init (Fixture *fixture)
{
  *fixture = (Fixture) {
    .host = { note_payload, note_row, note_status, note_fault, note_end, get_context, get_now },
    .context = g_main_context_new (),
    .lines = g_string_new (NULL),
    .rows = g_string_new (NULL),
    .faults = g_string_new (NULL),
  };
}

static void
fixture_clear (Fixture *fixture)
{
  g_string_free (fixture->lines, TRUE);
  g_string_free (fixture->rows, TRUE);
  g_string_free (fixture->faults, TRUE);
  g_main_context_unref (fixture->context);
}

static JsonObject *
parse_object (const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = json_from_string (text, &error);

  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (node));
}

static char *
write_file (const char *content,
            gssize      len)
{
  g_autoptr(GError) error = NULL;
  char *path = g_build_filename (g_get_tmp_dir (), "belt-file-source-XXXXXX", NULL);
  int fd = g_mkstemp (path);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_file_set_contents (path, content, len, &error);
  g_assert_no_error (error);
  return path;
}

/* Reads a file of this content to its end. */
static void
read_all (Fixture    *fixture,
          const char *content,
          const char *properties)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file (content, -1);
  g_autoptr(JsonObject) object = parse_object (properties);
  BeltSource *source = belt_source_new ("file", path, object, &error);

  g_assert_no_error (error);
  belt_source_start (source, &fixture->host, &error);
  g_assert_no_error (error);
  while (!fixture->ended)
    g_main_context_iteration (fixture->context, TRUE);
  source->klass->stop (source);
  belt_source_free (source);

  /* The temporary name is not the test's business. */
  for (char *at = strstr (fixture->lines->str, "<belt-file"); at != NULL; at = strstr (at + 1, "<belt-file"))
    memmove (at + 1, strchr (at, ':') + 1, strlen (strchr (at, ':')));
  g_unlink (path);
}

static void
test_lines (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  read_all (&fixture, "{\"a\":1}\n{\"a\":2}\n\n{\"a\":3}", "{\"fileType\":\"lines\"}");
  g_assert_cmpstr (fixture.lines->str, ==, "<1>{\"a\":1}\n{\"a\":2}\n\n<4>{\"a\":3}\n");
  fixture_clear (&fixture);
}

static void
test_ignored_lines (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  read_all (&fixture, "# head\n# head\n1\n2\n# foot\n",
            "{\"fileType\":\"lines\",\"ignoreStartLines\":2,\"ignoreEndLines\":1}");
  g_assert_cmpstr (fixture.lines->str, ==, "<3>1\n2\n");
  fixture_clear (&fixture);
}

static void
test_paced (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  read_all (&fixture, "{\"a\":1}\n\n{\"a\":2}\r\n", "{\"fileType\":\"lines\",\"sendInterval\":1}");
  g_assert_cmpstr (fixture.lines->str, ==, "<1>{\"a\":1}<3>{\"a\":2}");
  g_assert_cmpuint (fixture.n_payloads, ==, 2);
  fixture_clear (&fixture);
}

static void
test_json_shapes (void)
{
  static const struct { const char *content, *expected; } cases[] = {
    { "{\"a\":1}\n{\"a\":2}\n", "<1>{\"a\":1}\n{\"a\":2}\n" },
    { "{\"a\":1}", "<1>{\"a\":1}\n" },
    { "[]", "" },
    { "", "" },
    { "  \n", "" },
    { "[{\"a\":1},{\"a\":\"]\\\"}\"}]", "<1>{\"a\":1}\n{\"a\":\"]\\\"}\"}" },
    /* Newlines inside an element follow it, so the next one is still on its own line. */
    { "[\n{\"a\":1},\n{\n\"a\":2\n},\n{\"a\":3}\n]", "<2>{\"a\":1}\n{ \"a\":2 }\n\n\n{\"a\":3}\n" },
    { "{\n\"a\":1}\n{\"a\":2}", "<1>{ \"a\":1}\n\n{\"a\":2}" },
    /* Bad rows are the decoder's to name. */
    { "nonsense\n{\"a\":1}\n", "<1>nonsense\n{\"a\":1}\n" },
    { "[{\"a\":1},nonsense]", "<1>{\"a\":1}\nnonsense" },
    { "[{\"a\":1},{\"a\":", "<1>{\"a\":1}<1>{\"a\": \n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture fixture;

      fixture_init (&fixture);
      read_all (&fixture, cases[i].content, "{}");
      g_assert_cmpstr (fixture.lines->str, ==, cases[i].expected);
      g_assert_cmpstr (fixture.faults->str, ==, "");
      fixture_clear (&fixture);
    }
}

static void
test_csv (void)
{
  static const struct { const char *content, *properties, *expected; } cases[] = {
    { "id,name\n1,a\n2,\"b,\"\"c\"\"\"\n", "{\"fileType\":\"csv\",\"hasHeader\":true}",
      "{\"id\":\"1\",\"name\":\"a\"}{\"id\":\"2\",\"name\":\"b,\\\"c\\\"\"}" },
    { "1;a\r\n2;b", "{\"fileType\":\"csv\",\"delimiter\":\";\",\"columns\":[\"x\"]}",
      "{\"col1\":\"a\",\"x\":\"1\"}{\"col1\":\"b\",\"x\":\"2\"}" },
    { "a\n\"two\nlines\",5\"in\n,\n", "{\"fileType\":\"csv\"}",
      "{\"col0\":\"a\"}{\"col0\":\"two\\nlines\",\"col1\":\"5\\\"in\"}{\"col0\":\"\",\"col1\":\"\"}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture fixture;

      fixture_init (&fixture);
      read_all (&fixture, cases[i].content, cases[i].properties);
      g_assert_cmpstr (fixture.rows->str, ==, cases[i].expected);
      g_assert_cmpstr (fixture.faults->str, ==, "");
      fixture_clear (&fixture);
    }
}

static void
test_open_quote (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  read_all (&fixture, "a,b\n\"x,1\n2,3\n", "{\"fileType\":\"csv\"}");
  g_assert_nonnull (strstr (fixture.faults->str, ":2: a quote is opened"));
  fixture_clear (&fixture);
}

static void
test_long_file (void)
{
  g_autoptr(GString) content = g_string_new ("[");
  Fixture fixture;
  guint n_elements = 0;

  for (guint i = 0; i < 40000; i++)
    g_string_append_printf (content, "%s{\"sequence\":%u,\"text\":\"tick\"}", i > 0 ? ",\n" : "", i);
  g_string_append (content, "]");

  fixture_init (&fixture);
  read_all (&fixture, content->str, "{}");
  for (const char *at = fixture.lines->str; (at = strstr (at, "{\"sequence\":")) != NULL; at++)
    {
      g_assert_cmpint (atoi (at + 12), ==, (int)n_elements);
      n_elements++;
    }
  g_assert_cmpuint (n_elements, ==, 40000);
  g_assert_cmpuint (fixture.n_payloads, >, 3);
  fixture_clear (&fixture);
}

static void
test_wrong_properties (void)
{
  static const struct { const char *properties, *message; } cases[] = {
    { "{\"fileType\":5}", "property fileType: expected a string, but found 5" },
    { "{\"fileType\":\"xml\"}", "property fileType: must be one of json, csv, lines, but found xml" },
    { "{\"interval\":\"soon\"}",
      "property interval: expected a duration such as 300ms or 1h5m, but found \"soon\"" },
    { "{\"hasHeader\":\"yes\"}", "property hasHeader: expected true or false, but found \"yes\"" },
    { "{\"columns\":[1]}", "property columns: expected an array of strings, but found [1]" },
    { "{\"ignoreStartLines\":-1}", "property ignoreStartLines: -1 is not between 0 and 2147483647" },
    { "{\"actionAfterRead\":2}", "property moveTo: a folder is needed when actionAfterRead is 2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(JsonObject) object = parse_object (cases[i].properties);

      g_assert_null (belt_source_new ("file", "x", object, &error));
      g_assert_nonnull (error);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static void
test_missing_file (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) object = parse_object ("{\"path\":\"/nonexistent\"}");
  g_autoptr(BeltSource) source = belt_source_new ("file", "x.json", object, &error);
  Fixture fixture;

  fixture_init (&fixture);
  g_assert_no_error (error);
  g_assert_false (belt_source_start (source, &fixture.host, &error));
  g_assert_cmpstr (error->message, ==, "file /nonexistent/x.json not exist");
  fixture_clear (&fixture);
}

static void
test_simulator (void)
{
  g_autoptr(GError) error = NULL;
  const char *properties = "{\"data\":[{\"a\":1},{\"a\":2.5}],\"interval\":\"1ms\",\"loop\":false}";
  g_autoptr(JsonObject) object = parse_object (properties);
  BeltSource *source = belt_source_new ("simulator", NULL, object, &error);
  Fixture fixture;

  fixture_init (&fixture);
  g_assert_no_error (error);
  g_assert_true (belt_source_start (source, &fixture.host, &error));
  while (!fixture.ended)
    g_main_context_iteration (fixture.context, TRUE);
  source->klass->stop (source);
  belt_source_free (source);
  g_assert_cmpstr (fixture.rows->str, ==, "{\"a\":1}{\"a\":2.5}");
  fixture_clear (&fixture);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-source/lines", test_lines);
  g_test_add_func ("/file-source/ignored-lines", test_ignored_lines);
  g_test_add_func ("/file-source/paced", test_paced);
  g_test_add_func ("/file-source/json-shapes", test_json_shapes);
  g_test_add_func ("/file-source/csv", test_csv);
  g_test_add_func ("/file-source/open-quote", test_open_quote);
  g_test_add_func ("/file-source/long-file", test_long_file);
  g_test_add_func ("/file-source/wrong-properties", test_wrong_properties);
  g_test_add_func ("/file-source/missing-file", test_missing_file);
  g_test_add_func ("/simulator/ends", test_simulator);
  return g_test_run ();
}
