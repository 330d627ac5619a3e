/* belt-project-new.c - making projects and what is in them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing that exists is overwritten; a file is whole or not there.
 */
#include "config.h"

#include "belt-project.h"

#include "belt-error.h"
#include "belt-project-data.h"
#include "belt-project-private.h"
#include "belt-sdk.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static const char new_manifest[] =
  "{\n"
  "  \"format\": 1,\n"
  "  \"plugins\": [],\n"
  "  \"engines\": [\n"
  "    { \"name\": \"local\", \"url\": \"http://127.0.0.1:9081\", \"kind\": \"beltd\" }\n"
  "  ]\n"
  "}\n";

static const char new_samples[] =
  "{\"device\":\"a\",\"temperature\":21.5,\"humidity\":60}\n"
  "{\"device\":\"b\",\"temperature\":31.2,\"humidity\":48}\n"
  "{\"device\":\"a\",\"temperature\":22.0,\"humidity\":61}\n"
  "{\"device\":\"b\",\"temperature\":33.9,\"humidity\":45}\n"
  "{\"device\":\"a\",\"temperature\":null,\"humidity\":62}\n";

static const char new_rule[] =
  "{\n"
  "  \"id\": \"%s\",\n"
  "  \"actions\": [ { \"log\": {} } ],\n"
  "  \"options\": { \"sendError\": true }\n"
  "}\n";

gboolean
belt_project_check_name (const char  *name,
                         const char  *what,
                         GError     **error)
{
  if (g_regex_match_simple ("^[A-Za-z][A-Za-z0-9_]{0,63}$", name, G_REGEX_DOLLAR_ENDONLY, 0))
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
               "“%s” is no name for a %s: a letter, then letters, digits and _, at most 64", name, what);
  return FALSE;
}

static gboolean
write_new (const char  *folder,
           const char  *file,
           const char  *text,
           gssize       len,
           GError     **error)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_EXISTS, "%s is there already", file);
      return FALSE;
    }
  if (g_mkdir_with_parents (parent, 0777) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", parent, g_strerror (errno));
      return FALSE;
    }
  return g_file_set_contents (path, text, len, error);
}

static gboolean
make_folder (const char  *folder,
             GError     **error)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);

  if (dir != NULL && g_dir_read_name (dir) != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_EXISTS, "the folder “%s” is not empty", folder);
      return FALSE;
    }
  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", folder, g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

static gboolean
write_frame (const char  *folder,
             GError     **error)
{
  return write_new (folder, BELT_MANIFEST_FILE, new_manifest, -1, error) &&
         write_new (folder, ".gitignore", "/target/\n/compile_commands.json\n", -1, error);
}

static gboolean
write_stream (const char  *folder,
              const char  *name,
              const char  *type,
              GError     **error)
{
  g_autofree char *file = g_strdup_printf ("streams/%s.sql", name);
  g_autofree char *text = g_strdup_printf ("CREATE STREAM %s ()\n"
                                           "WITH (DATASOURCE=\"%s\", FORMAT=\"JSON\", TYPE=\"%s\");\n",
                                           name, name, type);

  return write_new (folder, file, text, -1, error);
}

static gboolean
write_rule (const char  *folder,
            const char  *name,
            const char  *sql,
            GError     **error)
{
  g_autofree char *sql_file = g_strdup_printf ("rules/%s.sql", name);
  g_autofree char *json_file = g_strdup_printf ("rules/%s.json", name);
  g_autofree char *json = g_strdup_printf (new_rule, name);

  return write_new (folder, sql_file, sql, -1, error) && write_new (folder, json_file, json, -1, error);
}

gboolean
belt_project_create (const char  *folder,
                     GError     **error)
{
  return make_folder (folder, error) &&
         write_frame (folder, error) &&
         write_stream (folder, "demo", "mqtt", error) &&
         write_new (folder, "samples/demo.jsonl", new_samples, -1, error) &&
         write_rule (folder, "hot", "SELECT device, temperature\nFROM demo\nWHERE temperature > 30\n", error);
}

gboolean
belt_project_create_from_data (const char  *folder,
                               const char  *stream,
                               const char  *data,
                               gsize        len,
                               const char  *format,
                               GError     **error)
{
  g_autofree char *lines = NULL;
  g_autofree char *file = g_strdup_printf ("samples/%s.jsonl", stream);
  g_autofree char *sql = g_strdup_printf ("SELECT *\nFROM %s\n", stream);

  if (!belt_project_check_name (stream, "stream", error))
    return FALSE;
  if (!(lines = belt_project_data_to_lines (data, len, format, error)))
    return FALSE;
  return make_folder (folder, error) &&
         write_frame (folder, error) &&
         write_stream (folder, stream, "mqtt", error) &&
         write_new (folder, file, lines, -1, error) &&
         write_rule (folder, "rule1", sql, error);
}

/* The template with the names put in. */
static char *
fill_template (const char  *kind,
               const char  *name,
               GError     **error)
{
  g_autofree char *template = belt_sdk_load_template (kind, error);
  g_autofree char *id = g_strdup_printf ("io.example.%s", name);
  GString *text;

  if (template == NULL)
    return NULL;
  text = g_string_new (template);
  g_string_replace (text, "@NAME@", name, 0);
  g_string_replace (text, "@ID@", id, 0);
  return g_string_free (text, FALSE);
}

static char *
add_plugin (const char        *folder,
            const char        *kind,
            BeltManifestKind   manifest_kind,
            const char        *name,
            GError           **error)
{
  g_autofree char *file = g_strdup_printf ("%s/%s.c", belt_manifest_kind_get_plural (manifest_kind), name);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *manifest = g_build_filename (folder, BELT_MANIFEST_FILE, NULL);
  g_autofree char *text = fill_template (kind, name, error);

  if (text == NULL || !write_new (folder, file, text, -1, error))
    return NULL;
  if (!belt_manifest_add_plugin (manifest, name, manifest_kind, file, error))
    {
      (void)g_unlink (path);    /* we have just made it */
      return NULL;
    }
  return g_steal_pointer (&file);
}

/* With a stream that reads it, unless the name is taken: then it has rows to show at once. */
static char *
add_source (const char  *folder,
            const char  *name,
            GError     **error)
{
  g_autofree char *stream = g_strdup_printf ("streams/%s.sql", name);
  g_autofree char *path = g_build_filename (folder, stream, NULL);
  g_autofree char *file = add_plugin (folder, "source", BELT_MANIFEST_SOURCE, name, error);

  if (file == NULL || (!g_file_test (path, G_FILE_TEST_EXISTS) && !write_stream (folder, name, name, error)))
    return NULL;

  return g_steal_pointer (&file);
}

/* A new rule reads the first stream there is. */
static char *
first_stream (const char *folder)
{
  g_autoptr(BeltProject) project = belt_project_open (folder, NULL);
  const char *const *streams = project != NULL ? belt_project_get_streams (project) : NULL;

  return g_strdup (streams != NULL && streams[0] != NULL ? streams[0] : "demo");
}

char *
belt_project_add (const char          *folder,
                  BeltProjectNewKind   kind,
                  const char          *name,
                  GError             **error)
{
  static const char *const nouns[] = { "rule", "stream", "source", "sink", "function", "aggregate" };
  g_autofree char *stream = NULL;
  g_autofree char *sql = NULL;

  if (!belt_project_check_name (name, nouns[kind], error))
    return NULL;

  switch (kind)
    {
    case BELT_PROJECT_NEW_RULE:
      stream = first_stream (folder);
      sql = g_strdup_printf ("SELECT *\nFROM %s\n", stream);
      return write_rule (folder, name, sql, error) ? g_strdup_printf ("rules/%s.sql", name) : NULL;

    case BELT_PROJECT_NEW_STREAM:
      return write_stream (folder, name, "mqtt", error) ? g_strdup_printf ("streams/%s.sql", name) : NULL;

    case BELT_PROJECT_NEW_SOURCE:
      return add_source (folder, name, error);

    case BELT_PROJECT_NEW_SINK:
      return add_plugin (folder, "sink", BELT_MANIFEST_SINK, name, error);

    case BELT_PROJECT_NEW_FUNCTION:
      return add_plugin (folder, "function", BELT_MANIFEST_FUNCTION, name, error);

    case BELT_PROJECT_NEW_AGGREGATE:
      return add_plugin (folder, "aggregate", BELT_MANIFEST_FUNCTION, name, error);

    default:
      g_assert_not_reached ();
    }
}
