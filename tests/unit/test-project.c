/* test-project.c - manifests, projects and bundles, good and hostile
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-bundle.h"
#include "belt-error.h"
#include "belt-project-data.h"
#include "belt-project.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

static char *
new_folder (void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("belt-project-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

/* The first complaint about a manifest, as "LINE:COLUMN message (hint)"; NULL when it is fine. */
static char *
complaint (const char *text)
{
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
  g_autoptr(BeltManifest) manifest = belt_manifest_parse (text, strlen (text), "beltworks.json", diagnostics);
  BeltDiagnostic *first;

  g_assert_true ((manifest == NULL) == (diagnostics->len > 0));
  if (diagnostics->len == 0)
    return NULL;
  first = g_ptr_array_index (diagnostics, 0);
  g_assert_cmpstr (first->file, ==, "beltworks.json");
  return g_strdup_printf ("%u:%u %s%s%s%s", first->line, first->column, first->message,
                          first->hint != NULL ? " (" : "", first->hint != NULL ? first->hint : "",
                          first->hint != NULL ? ")" : "");
}

static void
test_manifest_errors (void)
{
  static const struct { const char *text, *want; } cases[] =
  {
    { "{\n  \"format\": 1,\n  \"plugin\": []\n}",
      "3:3 unknown key “plugin”; did you mean “plugins”? (allowed here: format, plugins, engines)" },
    { "{\"format\": 2}", "1:12 “format” is 2; this version reads 1" },
    { "{}", "1:1 the manifest has no “format”" },
    { "{\"format\":1,\n\"plugins\":[{\"name\":\"a\",\"kind\":\"snk\",\"version\":\"1.0.0\",\"files\":[\"a.c\"]}]}",
      "2:31 “kind” must be one of: source, sink, function" },
    { "{\"format\":1,\"plugins\":[{\"name\":\"a b\",\"kind\":\"sink\",\"version\":\"1.0.0\",\"files\":[\"a.c\"]}]}",
      "1:32 “name” must be letters, digits and _, not a digit first, at most 64" },
    { "{\"format\":1,\"plugins\":[{\"name\":\"a\",\"kind\":\"sink\",\"version\":\"1.0.0\",\"files\":[]}]}",
      "1:76 “files” is empty; it must be a list of C files" },
    { "{\"format\":1,\"plugins\":[{\"name\":\"a\",\"kind\":\"sink\",\"version\":\"1.0.0\",\"files\":[\"a.c\"],"
      "\"budget_ms\":0}]}",
      "1:96 “budget_ms” must be from 1 to 600000" },
    { "{\"format\":1,\"engines\":[{\"name\":\"e\",\"url\":\"ftp://x\"}]}",
      "1:42 “url” must be an address that begins with http:// or https://" },
    { "[]", "1:1 the manifest must be an object" },
    { "{\"format\":1,\"engines\":[{\"name\":[1],\"url\":\"http://x\"}]}",
      "1:32 “name” must be letters, digits, _ . and -, at most 64" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = complaint (cases[i].text);

      g_assert_cmpstr (got, ==, cases[i].want);
    }
}

static void
test_manifest_syntax (void)
{
  g_autofree char *got = complaint ("{\n  \"format\": 1,\n  \"plugins\": [}\n}");

  g_assert_true (g_str_has_prefix (got, "3:"));
  g_assert_nonnull (strstr (got, "not valid JSON"));
}

static void
test_manifest_reads (void)
{
  const char *text = "{\"format\":1,\"plugins\":[{\"name\":\"m\",\"kind\":\"sink\",\"version\":\"1.2.3\","
                     "\"files\":[\"a.c\",\"b.c\"],\"pkgConfig\":[\"libmariadb\"],"
                     "\"isolation\":\"in-process\",\"budget_ms\":50}],"
                     "\"engines\":[{\"name\":\"e\",\"url\":\"http://h:9081\"}]}";
  g_autoptr(BeltManifest) manifest = belt_manifest_parse (text, strlen (text), "f", NULL);
  BeltManifestPlugin *plugin = belt_manifest_get_plugin (manifest, "m");

  g_assert_nonnull (plugin);
  g_assert_cmpint (plugin->kind, ==, BELT_MANIFEST_SINK);
  g_assert_cmpstr (plugin->files[1], ==, "b.c");
  g_assert_cmpstr (plugin->pkg_config[0], ==, "libmariadb");
  g_assert_null (plugin->cflags[0]);
  g_assert_true (plugin->in_process);
  g_assert_cmpuint (plugin->budget_ms, ==, 50);
  g_assert_cmpstr (belt_manifest_get_engine (manifest, "e")->url, ==, "http://h:9081");
  g_assert_null (belt_manifest_get_engine (manifest, "e")->kind);
}

/* The schema that editors use and the table that we check with name the same keys. */
static void
test_schema_agrees (void)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) error = NULL;
  JsonObject *properties;
  g_autoptr(GList) names = NULL;

  json_parser_load_from_file (parser, BELT_SOURCE_DIR "/data/beltworks.schema.json", &error);
  g_assert_no_error (error);
  properties = json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "properties");
  properties = json_object_get_object_member (properties, "plugins");
  properties = json_object_get_object_member (json_object_get_object_member (properties, "items"), "properties");
  names = json_object_get_members (properties);
  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *text = g_strdup_printf ("{\"format\":1,\"plugins\":[{\"%s\":null}]}", (char *) l->data);
      g_autofree char *got = complaint (text);

      g_assert_null (strstr (got, "unknown key"));
    }
  g_assert_cmpuint (g_list_length (names), ==, 9);
}

static void
test_create_and_add (void)
{
  g_autofree char *folder = new_folder ();
  g_autofree char *path = g_build_filename (folder, "p", NULL);
  g_autofree char *manifest = g_build_filename (path, BELT_MANIFEST_FILE, NULL);
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
  g_autoptr(BeltProject) project = NULL;
  g_autoptr(JsonObject) rule = NULL;
  g_autofree char *file = NULL;
  g_autofree char *again = NULL;
  g_autofree char *bad = NULL;
  g_autofree char *sample = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (belt_project_create (path, &error));
  g_assert_no_error (error);
  g_assert_false (belt_project_create (path, &error));
  g_assert_error (error, BELT_ERROR, BELT_ERROR_EXISTS);
  g_clear_error (&error);

  file = belt_project_add (path, BELT_PROJECT_NEW_FUNCTION, "smooth", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (file, ==, "functions/smooth.c");
  again = belt_project_add (path, BELT_PROJECT_NEW_FUNCTION, "smooth", &error);
  g_assert_null (again);
  g_assert_error (error, BELT_ERROR, BELT_ERROR_EXISTS);
  g_clear_error (&error);
  bad = belt_project_add (path, BELT_PROJECT_NEW_RULE, "../evil", &error);
  g_assert_null (bad);
  g_assert_error (error, BELT_ERROR, BELT_ERROR_INVALID);
  g_clear_error (&error);

  g_assert_true (belt_manifest_add_engine (manifest, "edge", "http://10.0.0.1:9081", "ekuiper", &error));
  project = belt_project_open (path, diagnostics);
  g_assert_cmpuint (diagnostics->len, ==, 0);
  g_assert_nonnull (belt_manifest_get_plugin (belt_project_get_manifest (project), "smooth"));
  g_assert_nonnull (belt_manifest_get_engine (belt_project_get_manifest (project), "edge"));
  g_assert_nonnull (belt_catalog_lookup (belt_project_get_catalog (project), "demo"));
  rule = belt_project_load_rule (project, "hot", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_object_get_string_member (rule, "id"), ==, "hot");
  g_assert_true (g_str_has_prefix (json_object_get_string_member (rule, "sql"), "SELECT device"));
  sample = belt_project_dup_sample (project, "demo");
  g_assert_nonnull (sample);
  g_assert_null (belt_project_load_rule (project, "cold", &error));
  g_assert_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND);
}

static void
test_data_to_lines (void)
{
  static const struct { const char *data, *format, *want; } cases[] =
  {
    { "a,b\n1,x\n2.5,\"say \"\"hi\"\", ok\"\n,true\n", "csv",
      "{\"a\":1,\"b\":\"x\"}\n{\"a\":2.5,\"b\":\"say \\\"hi\\\", ok\"}\n{\"a\":null,\"b\":true}\n" },
    { "id;t\r\n007;1\r\n", "csv", "{\"id\":\"007\",\"t\":1}\n" },
    { "[{\"a\":1},{\"a\":2}]", "jsonl", "{\"a\":1}\n{\"a\":2}\n" },
    { "{\n \"a\": 1\n}", "jsonl", "{\"a\":1}\n" },
    { "\xef\xbb\xbf{\"a\":1}\n\n {\"b\":\n", "jsonl", "{\"a\":1}\n{\"b\":\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      gsize len = strlen (cases[i].data);
      g_autofree char *got = belt_project_data_to_lines (cases[i].data, len, cases[i].format, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (got, ==, cases[i].want);
      if (i != 4)
        g_assert_cmpstr (belt_project_data_guess (cases[i].data, len), ==, cases[i].format);
    }
  g_assert_null (belt_project_data_guess ("hello", 5));
}

static void
test_bundle_round_trip (void)
{
  g_autofree char *folder = new_folder ();
  g_autofree char *into = g_build_filename (folder, "x", NULL);
  g_autofree char *so_path = NULL;
  g_autoptr(GBytes) so = g_bytes_new ("\177ELF and so on", 14);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) one = NULL;
  g_autoptr(GBytes) two = NULL;
  g_autoptr(BeltBundleInfo) info = NULL;
  g_autofree char *content = NULL;
  gsize len;

  g_setenv ("TZ", "Asia/Tokyo", TRUE);
  tzset ();
  one = belt_bundle_write ("mysql", BELT_MANIFEST_SINK, "1.0.0", so, NULL, &error);
  g_assert_no_error (error);
  g_setenv ("TZ", "America/New_York", TRUE);
  tzset ();
  two = belt_bundle_write ("mysql", BELT_MANIFEST_SINK, "1.0.0", so, NULL, &error);
  g_assert_true (g_bytes_equal (one, two));

  info = belt_bundle_extract (one, "mysql", BELT_MANIFEST_SINK, into, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (info->so_name, ==, "mysql@v1.0.0.so");
  g_assert_cmpstr (info->version, ==, "1.0.0");
  so_path = g_build_filename (into, info->so_name, NULL);
  g_file_get_contents (so_path, &content, &len, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (content, len, "\177ELF and so on", 14);
}

/* A stored (uncompressed) zip of one entry, made by hand so that its name may be anything. */
static GBytes *
zip_of (const char *name,
        const char *data)
{
  GByteArray *out = g_byte_array_new ();
  guint16 n = (guint16) strlen (name);
  guint32 len = (guint32) strlen (data);
  guint32 crc = 0xffffffff;
  guint8 local[30] = { 'P', 'K', 3, 4, 20 };
  guint8 central[46] = { 'P', 'K', 1, 2, 20, 3, 20 };
  guint8 end[22] = { 'P', 'K', 5, 6 };
  guint32 offset;

  for (guint32 i = 0; i < len; i++)
    {
      crc ^= (guint8) data[i];
      for (guint k = 0; k < 8; k++)
        crc = (crc >> 1) ^ (0xedb88320 & (0u - (crc & 1u)));
    }
  crc = ~crc;
  memcpy (local + 14, &crc, 4);
  memcpy (local + 18, &len, 4);
  memcpy (local + 22, &len, 4);
  memcpy (local + 26, &n, 2);
  memcpy (central + 16, &crc, 4);
  memcpy (central + 20, &len, 4);
  memcpy (central + 24, &len, 4);
  memcpy (central + 28, &n, 2);
  g_byte_array_append (out, local, sizeof local);
  g_byte_array_append (out, (const guint8 *) name, n);
  g_byte_array_append (out, (const guint8 *) data, len);
  offset = out->len;
  g_byte_array_append (out, central, sizeof central);
  g_byte_array_append (out, (const guint8 *) name, n);
  end[8] = end[10] = 1;
  {
    guint32 size = out->len - offset;

    memcpy (end + 12, &size, 4);
  }
  memcpy (end + 16, &offset, 4);
  g_byte_array_append (out, end, sizeof end);
  return g_byte_array_free_to_bytes (out);
}

static void
test_bundle_hostile (void)
{
  static const char *const names[] =
  {
    "../evil.so", "/abs.so", "a/../../b.so", "a\\b.so", "x y.so", "a//b.so", "install.sh", "a/b/c/d/e.so", "readme.txt",
  };
  g_autofree char *folder = new_folder ();
  g_autofree char *into = g_build_filename (folder, "x", NULL);
  g_autofree char *evil = g_build_filename (folder, "evil.so", NULL);
  g_autoptr(GBytes) good = zip_of ("m.so", "data");
  g_autoptr(GBytes) cut = g_bytes_new_from_bytes (good, 0, g_bytes_get_size (good) / 2);
  g_autoptr(GBytes) text = g_bytes_new_static ("no zip", 6);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltBundleInfo) info = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GBytes) zip = zip_of (names[i], "data");

      g_assert_null (belt_bundle_extract (zip, "m", BELT_MANIFEST_SINK, into, &error));
      g_assert_error (error, BELT_ERROR, BELT_ERROR_INVALID);
      g_assert_false (g_file_test (into, G_FILE_TEST_EXISTS));
      g_assert_false (g_file_test (evil, G_FILE_TEST_EXISTS));
      g_clear_error (&error);
    }
  g_assert_null (belt_bundle_extract (cut, "m", BELT_MANIFEST_SINK, into, &error));
  g_clear_error (&error);
  g_assert_null (belt_bundle_extract (text, "m", BELT_MANIFEST_SINK, into, &error));
  g_assert_cmpstr (error->message, ==, "zip: not a valid zip file");
  g_clear_error (&error);
  info = belt_bundle_extract (good, "m", BELT_MANIFEST_SINK, into, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (info->version, ==, "");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/belt/project/manifest/errors", test_manifest_errors);
  g_test_add_func ("/belt/project/manifest/syntax", test_manifest_syntax);
  g_test_add_func ("/belt/project/manifest/reads", test_manifest_reads);
  g_test_add_func ("/belt/project/manifest/schema-agrees", test_schema_agrees);
  g_test_add_func ("/belt/project/create-and-add", test_create_and_add);
  g_test_add_func ("/belt/project/data-to-lines", test_data_to_lines);
  g_test_add_func ("/belt/project/bundle/round-trip", test_bundle_round_trip);
  g_test_add_func ("/belt/project/bundle/hostile", test_bundle_hostile);
  return g_test_run ();
}
