/* test-formats.c - formats, compression and sink properties in a running engine
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows come from a file and go to a file, so that the bytes can be compared.
 */
#include "config.h"

#include "engine-fixture.h"

#include <string.h>

#define ROWS "{\"id\":1,\"text\":\"a b\",\"tags\":[\"x\",\"y\"]}\n{\"id\":2,\"text\":\"c,d\"}\n{\"id\":3}\n"

static void
begin (Fixture *fixture)
{
  fixture_init (fixture, 0);
  fixture_write (fixture, "rows.jsonl", ROWS);
  fixture_set_files (fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (fixture, "CREATE STREAM f () WITH (DATASOURCE=\"rows.jsonl\", TYPE=\"file\", CONF_KEY=\"up\")");
}

static gboolean
is_written (Fixture    *fixture,
            const char *wanted)
{
  g_autofree char *out = fixture_read (fixture, "out");

  return strcmp (out, wanted) == 0;
}

/* Runs `sql` into the file "out" with these properties. */
static void
run_to_file (Fixture    *fixture,
             const char *sql,
             const char *properties)
{
  g_autofree char *path = g_build_filename (fixture->dir, "out", NULL);
  g_autofree char *rule = g_strdup_printf ("{\"id\":\"r\",\"sql\":\"%s\",\"actions\":[{\"file\":"
                                           "{\"path\":\"%s\",%s}}]}", sql, path, properties);

  fixture_create (fixture, rule);
  fixture_wait_state (fixture, "r", "stopped");
}

static gboolean
is_connected (Fixture    *fixture,
              const char *rule)
{
  return fixture_get_metric (fixture, rule, "source_two_0_connection_status") == 1;
}

static gboolean
came_twice (Fixture    *fixture,
            const char *wanted)
{
  const char *first = strstr (fixture->emissions->str, wanted);

  return first != NULL && strstr (first + 1, wanted) != NULL;
}

/* A topic with a template: of one row, and of a list of rows. */
static void
test_topics (void)
{
  Fixture fixture;

  begin (&fixture);
  fixture_execute (&fixture, "CREATE STREAM two () WITH (DATASOURCE=\"of/2\", TYPE=\"memory\")");
  fixture_create (&fixture, "{\"id\":\"t\",\"sql\":\"SELECT text, meta(topic) AS m FROM two\","
                  "\"actions\":[{\"log\":{}}]}");
  fixture_wait (&fixture, is_connected, "t");
  fixture_create (&fixture, "{\"id\":\"r\",\"sql\":\"SELECT id, text FROM f\",\"actions\":[{\"memory\":"
                  "{\"topic\":\"of/{{.id}}\",\"sendSingle\":true,\"excludeFields\":[\"id\"]}},"
                  "{\"memory\":{\"topic\":\"of/{{(index . 0).id}}\",\"fields\":[\"text\"]}}]}");
  fixture_wait (&fixture, came_twice, "t/log_0 [{\"m\":\"of/2\",\"text\":\"c,d\"}]\n");
  fixture_clear (&fixture);
}

static void
test_properties (void)
{
  static const struct { const char *sql, *properties, *wanted; } cases[] = {
    { "SELECT id FROM f", "\"sendSingle\":true", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n" },
    /* A batch is a list of what each message would have been. */
    { "SELECT id FROM f", "\"batchSize\":2", "[[{\"id\":1}],[{\"id\":2}]]\n[[{\"id\":3}]]\n" },
    { "SELECT id FROM f", "\"batchSize\":2,\"sendSingle\":true", "[{\"id\":1},{\"id\":2}]\n[{\"id\":3}]\n" },
    { "SELECT id FROM f", "\"batchSize\":2,\"fileType\":\"json\"", "[[[{\"id\":1}],[{\"id\":2}]],[[{\"id\":3}]]]" },
    { "SELECT text FROM f", "\"sendSingle\":true,\"omitIfEmpty\":true", "{\"text\":\"a b\"}\n{\"text\":\"c,d\"}\n" },
    { "SELECT * FROM f", "\"sendSingle\":true,\"fields\":[\"text\",\"id\"]",
      "{\"id\":1,\"text\":\"a b\"}\n{\"id\":2,\"text\":\"c,d\"}\n{\"id\":3,\"text\":null}\n" },
    { "SELECT * FROM f", "\"sendSingle\":true,\"excludeFields\":[\"text\",\"tags\"]",
      "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n" },
    { "SELECT * FROM f", "\"sendSingle\":true,\"dataTemplate\":\"{\\\"n\\\":{{.id}}}\"",
      "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n" },
    { "SELECT id, text FROM f", "\"sendSingle\":true,\"format\":\"delimited\",\"delimiter\":\";\","
      "\"fields\":[\"text\",\"id\"]", "a b;1\nc,d;2\n;3\n" },
    { "SELECT id, text FROM f WHERE id < 3", "\"sendSingle\":true,\"format\":\"urlencoded\"",
      "id=1&text=a+b\nid=2&text=c%2Cd\n" },
    { "SELECT tags FROM f WHERE id < 2", "\"sendSingle\":true,\"format\":\"urlencoded\"", "tags=x&tags=y\n" },
    { "SELECT text as self FROM f WHERE id < 3", "\"sendSingle\":true,\"format\":\"binary\"", "a b\nc,d\n" },
    { "SELECT id, text FROM f WHERE id < 3", "\"sendSingle\":true,\"format\":\"delimited\",\"fileType\":\"csv\","
      "\"delimiter\":\";\",\"hasHeader\":true", "id;text\n1;a b\n2;c,d\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture fixture;

      begin (&fixture);
      g_test_message ("%s", cases[i].properties);
      run_to_file (&fixture, cases[i].sql, cases[i].properties);
      fixture_wait (&fixture, is_written, cases[i].wanted);
      g_assert_cmpint (fixture_get_metric (&fixture, "r", "sink_file_0_0_exceptions_total"), ==, 0);
      fixture_clear (&fixture);
    }
}

/* Files that roll each have the header. */
static void
test_csv_rolls (void)
{
  g_autoptr(GDir) dir = NULL;
  g_autofree char *path = NULL;
  g_autofree char *rule = NULL;
  g_autofree char *out = NULL;
  Fixture fixture;

  begin (&fixture);
  path = g_build_filename (fixture.dir, "out.csv", NULL);
  rule = g_strdup_printf ("{\"id\":\"r\",\"sql\":\"SELECT id FROM f\",\"actions\":[{\"file\":{\"path\":\"%s\","
                          "\"sendSingle\":true,\"format\":\"delimited\",\"fileType\":\"csv\",\"hasHeader\":true,"
                          "\"rollingCount\":1}}]}", path);
  fixture_create (&fixture, rule);
  fixture_wait_state (&fixture, "r", "stopped");
  out = fixture_read (&fixture, "out.csv");
  g_assert_cmpstr (out, ==, "id\n1\n2\n3\n");  /* one name, three times appended to */
  fixture_clear (&fixture);
}

/* What the file sink packs the file source unpacks, member after member. */
static void
test_packed_files (void)
{
  static const char *const methods[] = { "gzip", "zstd" };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autofree char *properties = g_strdup_printf ("\"sendSingle\":true,\"rollingCount\":1,\"compression\":\"%s\"",
                                                     methods[i]);
      g_autofree char *settings = g_strdup_printf ("{\"fileType\":\"lines\",\"decompression\":\"%s\"}", methods[i]);
      g_autofree char *packed = NULL;
      Fixture fixture;

      begin (&fixture);
      run_to_file (&fixture, "SELECT id FROM f", properties);
      packed = fixture_read (&fixture, "out");
      g_assert_null (strstr (packed, "id"));
      fixture_set_files (&fixture, settings);
      fixture_execute (&fixture, "CREATE STREAM g () WITH (DATASOURCE=\"out\", TYPE=\"file\", CONF_KEY=\"up\")");
      fixture_create (&fixture, "{\"id\":\"back\",\"sql\":\"SELECT * FROM g\",\"actions\":[{\"log\":{}}]}");
      fixture_wait_state (&fixture, "back", "stopped");
      g_assert_nonnull (strstr (fixture.emissions->str,
                                "back/log_0 [{\"id\":1}]\nback/log_0 [{\"id\":2}]\nback/log_0 [{\"id\":3}]\n"));
      fixture_clear (&fixture);
    }
}

static void
test_refusals (void)
{
  static const struct { const char *action, *message; } cases[] = {
    { "{\"file\":{\"compression\":\"zlib\"}}", "property compression: must be one of gzip, zstd, but found zlib" },
    { "{\"log\":{\"compression\":\"deflate\"}}",
      "get compressor deflate fail with error: unsupported compressor: deflate" },
    { "{\"log\":{\"format\":\"avro\"}}",
      "format type avro is not supported: use json, delimited, binary, urlencoded or protobuf" },
  };
  Fixture fixture;

  begin (&fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *rule = g_strdup_printf ("{\"id\":\"x%u\",\"sql\":\"SELECT * FROM f\",\"actions\":[%s]}", i,
                                               cases[i].action);
      g_autofree char *message = fixture_refuse (&fixture, rule);

      g_assert_cmpstr (message, ==, cases[i].message);
    }

  fixture_execute (&fixture, "CREATE STREAM m () WITH (DATASOURCE=\"t\", TYPE=\"memory\", "
                   "EXTRA=\"{\\\"decompression\\\":\\\"rar\\\"}\")");
  {
    g_autofree char *message = fixture_refuse (&fixture, "{\"id\":\"y\",\"sql\":\"SELECT * FROM m\","
                                               "\"actions\":[{\"log\":{}}]}");

    g_assert_cmpstr (message, ==, "get decompressor rar fail with error: unsupported decompressor: rar");
  }
  fixture_clear (&fixture);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/properties", test_properties);
  g_test_add_func ("/formats/topics", test_topics);
  g_test_add_func ("/formats/csv-rolls", test_csv_rolls);
  g_test_add_func ("/formats/packed-files", test_packed_files);
  g_test_add_func ("/formats/refusals", test_refusals);
  return g_test_run ();
}
