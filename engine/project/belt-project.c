/* belt-project.c - reading a project's folder
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-project.h"

#include "belt-error.h"
#include "belt-parser.h"
#include "belt-project-data.h"
#include "belt-stream.h"

#include <string.h>

#define NAMES_MAX 10000u   /* files of a kind; more is no project of a person */

struct _BeltProject
{
  char         *folder;
  char         *name;
  BeltManifest *manifest;
  BeltCatalog  *catalog;
  char        **rules;
  char        **streams;
  char        **tests;
};

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names of the files in a folder that end so, without the ending when strip. */
static char **
list_names (const char *folder,
            const char *sub,
            const char *ending,
            gboolean    strip)
{
  g_autofree char *path = g_build_filename (folder, sub, NULL);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && names->len < NAMES_MAX && (name = g_dir_read_name (dir)) != NULL)
    {
      if (name[0] == '.' || !g_str_has_suffix (name, ending))
        continue;
      if (strip)
        g_ptr_array_add (names, g_strndup (name, strlen (name) - strlen (ending)));
      else
        g_ptr_array_add (names, g_build_filename (sub, name, NULL));
    }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static void
complain (GPtrArray  *diagnostics,
          const char *file,
          const char *text)
{
  BeltDiagnostic *diagnostic;

  if (diagnostics == NULL)
    return;
  diagnostic = belt_diagnostic_new (BELT_SEVERITY_ERROR, "project", (BeltSpan) { 0, 0 }, "%s", text);
  diagnostic->file = g_strdup (file);
  g_ptr_array_add (diagnostics, diagnostic);
}

/* Every error of a statement, with its file; FALSE when there is one. */
static gboolean
check_statement (const char *file,
                 const char *text,
                 GPtrArray  *diagnostics)
{
  g_autoptr(BeltParseResult) result = belt_parse (text, strlen (text), 0, NULL);

  for (guint i = 0; diagnostics != NULL && i < result->diagnostics->len; i++)
    {
      BeltDiagnostic *copy = belt_diagnostic_copy (g_ptr_array_index (result->diagnostics, i));

      g_free (copy->file);
      copy->file = g_strdup (file);
      g_ptr_array_add (diagnostics, copy);
    }
  return result->n_errors == 0;
}

/* A .proto that cannot be read is told, and again by whoever needs a message of it. */
static void
load_schema (BeltProject *self,
             const char  *name,
             GPtrArray   *diagnostics)
{
  g_autofree char *file = g_strdup_printf ("streams/%s.proto", name);
  g_autofree char *path = g_build_filename (self->folder, file, NULL);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  BeltCatalog *catalog;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, &error))
    {
      complain (diagnostics, file, error->message);
      return;
    }
  if (!g_utf8_validate (text, (gssize) len, NULL))
    {
      complain (diagnostics, file, "the file is not UTF-8 text");
      return;
    }
  catalog = belt_catalog_with_schema (self->catalog, name, text);
  belt_catalog_unref (self->catalog);
  self->catalog = catalog;
}

static void
load_schemas (BeltProject *self,
              GPtrArray   *diagnostics)
{
  g_auto(GStrv) names = list_names (self->folder, "streams", ".proto", TRUE);

  for (guint i = 0; names[i] != NULL; i++)
    load_schema (self, names[i], diagnostics);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *file = g_strdup_printf ("streams/%s.proto", names[i]);
      const char *problem = belt_catalog_get_schema_problem (self->catalog, names[i]);

      if (problem != NULL)
        complain (diagnostics, file, problem);
    }
}

static void
load_stream (BeltProject *self,
             const char  *name,
             GPtrArray   *diagnostics)
{
  g_autofree char *file = g_strdup_printf ("streams/%s.sql", name);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = belt_project_load_stream (self, name, &error);
  g_autoptr(BeltStream) stream = NULL;
  BeltCatalog *catalog;

  if (text == NULL)
    {
      complain (diagnostics, file, error->message);
      return;
    }
  if (!check_statement (file, text, diagnostics))
    return;
  if (!(stream = belt_stream_new_from_sql (text, &error)))
    {
      complain (diagnostics, file, error->message);
      return;
    }
  catalog = belt_catalog_with (self->catalog, stream);
  belt_catalog_unref (self->catalog);
  self->catalog = catalog;
}

BeltProject *
belt_project_open (const char *folder,
                   GPtrArray  *diagnostics)
{
  g_autoptr(BeltProject) self = g_new0 (BeltProject, 1);
  g_autofree char *manifest = NULL;

  self->folder = g_canonicalize_filename (folder, NULL);
  self->name = g_path_get_basename (self->folder);
  self->catalog = belt_catalog_new ();
  manifest = g_build_filename (self->folder, BELT_MANIFEST_FILE, NULL);
  if (!(self->manifest = belt_manifest_load (manifest, diagnostics)))
    return NULL;

  self->rules = list_names (self->folder, "rules", ".sql", TRUE);
  self->streams = list_names (self->folder, "streams", ".sql", TRUE);
  self->tests = list_names (self->folder, "tests", ".test", FALSE);
  load_schemas (self, diagnostics);
  for (guint i = 0; self->streams[i] != NULL; i++)
    load_stream (self, self->streams[i], diagnostics);
  return g_steal_pointer (&self);
}

void
belt_project_free (BeltProject *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->manifest, belt_manifest_free);
  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_strfreev (self->rules);
  g_strfreev (self->streams);
  g_strfreev (self->tests);
  g_free (self->folder);
  g_free (self->name);
  g_free (self);
}

const char *
belt_project_get_folder (BeltProject *self)
{
  return self->folder;
}

const char *
belt_project_get_name (BeltProject *self)
{
  return self->name;
}

BeltManifest *
belt_project_get_manifest (BeltProject *self)
{
  return self->manifest;
}

BeltCatalog *
belt_project_get_catalog (BeltProject *self)
{
  return self->catalog;
}

const char *const *
belt_project_get_rules (BeltProject *self)
{
  return (const char *const *) self->rules;
}

const char *const *
belt_project_get_streams (BeltProject *self)
{
  return (const char *const *) self->streams;
}

const char *const *
belt_project_get_tests (BeltProject *self)
{
  return (const char *const *) self->tests;
}

/* The rule's object, or a bare one: a rule may be a statement alone. */
static JsonObject *
load_rule_object (const char  *path,
                  const char  *name,
                  GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) failure = NULL;
  JsonNode *root;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      JsonObject *object = json_object_new ();
      JsonArray *actions = json_array_new ();
      JsonObject *action = json_object_new ();

      json_object_set_object_member (action, "log", json_object_new ());
      json_array_add_object_element (actions, action);
      json_object_set_array_member (object, "actions", actions);
      return object;
    }
  if (!json_parser_load_from_file (parser, path, &failure))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "rules/%s.json: %s", name, failure->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "rules/%s.json: a rule is a JSON object", name);
      return NULL;
    }
  return json_object_ref (json_node_get_object (root));
}

JsonObject *
belt_project_load_rule (BeltProject  *self,
                        const char   *name,
                        GError      **error)
{
  g_autofree char *sql_name = g_strconcat (name, ".sql", NULL);
  g_autofree char *json_name = g_strconcat (name, ".json", NULL);
  g_autofree char *sql_path = g_build_filename (self->folder, "rules", sql_name, NULL);
  g_autofree char *json_path = g_build_filename (self->folder, "rules", json_name, NULL);
  g_autofree char *sql = NULL;
  g_autoptr(GError) failure = NULL;
  JsonObject *object;

  if (strchr (name, '/') != NULL || !g_file_get_contents (sql_path, &sql, NULL, &failure))
    {
      g_autofree char *known = g_strjoinv (", ", self->rules);

      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "project %s has no rule “%s”%s%s", self->name, name,
                   known[0] != '\0' ? "; it has: " : "", known);
      return NULL;
    }
  if (!(object = load_rule_object (json_path, name, error)))
    return NULL;
  if (!json_object_has_member (object, "id"))
    json_object_set_string_member (object, "id", name);
  json_object_set_string_member (object, "sql", g_strchomp (sql));
  return object;
}

char *
belt_project_load_stream (BeltProject  *self,
                          const char   *name,
                          GError      **error)
{
  g_autofree char *file = g_strconcat (name, ".sql", NULL);
  g_autofree char *path = g_build_filename (self->folder, "streams", file, NULL);
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  return g_strchomp (text);
}

char *
belt_project_dup_sample (BeltProject *self,
                         const char  *stream)
{
  static const char *const endings[] = { ".jsonl", ".csv", ".json" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *file = g_strconcat (stream, endings[i], NULL);
      g_autofree char *path = g_build_filename (self->folder, "samples", file, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

char *
belt_project_load_sample (BeltProject  *self,
                          const char   *stream,
                          GError      **error)
{
  g_autofree char *path = belt_project_dup_sample (self, stream);
  g_autofree char *text = NULL;
  gsize len;

  if (path == NULL || !g_file_get_contents (path, &text, &len, error))
    return NULL;
  if (len == 0)
    return g_strdup ("");

  return belt_project_data_to_lines (text, len, g_str_has_suffix (path, ".csv") ? "csv" : "jsonl", error);
}

char *
belt_project_dup_target (BeltProject *self,
                         const char  *name)
{
  return g_build_filename (self->folder, "target", name, NULL);
}
