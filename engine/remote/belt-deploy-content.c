/* belt-deploy-content.c - what a rule of a project needs on another engine
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which functions a plugin has is asked of the compiled plugin itself, in a plugin
 * host: the manifest does not repeat it.
 */
#include "config.h"

#include "belt-deploy-content.h"

#include "belt-builder.h"
#include "belt-bundle.h"
#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-parser.h"
#include "belt-plugin-set.h"
#include "belt-stream.h"

#include <string.h>

/* A plugin with what it provides. */
typedef struct
{
  const BeltManifestPlugin *manifest;
  char                     *so_path;
  char                    **definitions;
} Built;

static void
built_free (gpointer data)
{
  Built *self = data;

  g_free (self->so_path);
  g_strfreev (self->definitions);
  g_free (self);
}

static char **
list_definitions (const char  *name,
                  const char  *so_path,
                  GError     **error)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  BeltPluginOptions options = { 0 };
  g_autoptr(JsonNode) node = NULL;
  JsonArray *definitions;

  if (!belt_plugin_set_install (set, name, so_path, &options, error))
    return NULL;
  node = belt_plugin_set_describe (set, name);
  definitions = json_object_get_array_member (json_node_get_object (node), "definitions");
  for (guint i = 0; i < json_array_get_length (definitions); i++)
    {
      JsonObject *definition = json_array_get_object_element (definitions, i);

      g_strv_builder_add (builder, json_object_get_string_member (definition, "name"));
    }
  return g_strv_builder_end (builder);
}

static Built *
build_plugin (BeltProject               *project,
              const BeltManifestPlugin  *plugin,
              GCancellable              *cancellable,
              GError                   **error)
{
  g_autoptr(BeltBuild) build = belt_builder_build (belt_project_get_folder (project), plugin, cancellable, error);
  Built *built;
  char **definitions;

  if (build == NULL)
    return NULL;
  if (build->so_path == NULL)
    {
      BeltDiagnostic *first = g_ptr_array_index (build->diagnostics, 0);
      g_autofree char *text = NULL;

      for (guint i = 0; i < build->diagnostics->len && first->severity != BELT_SEVERITY_ERROR; i++)
        first = g_ptr_array_index (build->diagnostics, i);
      text = belt_diagnostic_to_string (first);
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "plugin %s does not compile: %s", plugin->name, text);
      return NULL;
    }
  if (!(definitions = list_definitions (plugin->name, build->so_path, error)))
    return NULL;

  built = g_new0 (Built, 1);
  built->manifest = plugin;
  built->so_path = g_steal_pointer (&build->so_path);
  built->definitions = definitions;
  return built;
}

static GBytes *
pack (Built   *built,
      GError **error)
{
  gboolean is_function = built->manifest->kind == BELT_MANIFEST_FUNCTION;
  g_autofree char *content = NULL;
  g_autoptr(GBytes) so = NULL;
  gsize len;

  if (!g_file_get_contents (built->so_path, &content, &len, error))
    return NULL;
  so = g_bytes_new_take (g_steal_pointer (&content), len);
  return belt_bundle_write (built->manifest->name, built->manifest->kind, built->manifest->version, so,
                            is_function ? (const char *const *) built->definitions : NULL, error);
}

GBytes *
belt_deploy_pack_plugin (BeltProject   *project,
                         const char    *name,
                         GCancellable  *cancellable,
                         GError       **error)
{
  BeltManifest *manifest = belt_project_get_manifest (project);
  const BeltManifestPlugin *plugin = belt_manifest_get_plugin (manifest, name);
  Built *built;
  GBytes *zip;

  if (plugin == NULL)
    {
      GString *known = g_string_new (NULL);

      for (guint i = 0; i < manifest->plugins->len; i++)
        g_string_append_printf (known, "%s%s", i > 0 ? ", " : "",
                                ((BeltManifestPlugin *) g_ptr_array_index (manifest->plugins, i))->name);
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "project %s has no plugin “%s”%s%s",
                   belt_project_get_name (project), name, known->len > 0 ? "; it has: " : "", known->str);
      g_string_free (known, TRUE);
      return NULL;
    }
  if (!(built = build_plugin (project, plugin, cancellable, error)))
    return NULL;
  zip = pack (built, error);
  built_free (built);
  return zip;
}

static gboolean
note_call (BeltNode *node,
           gpointer  data)
{
  if (node->kind == BELT_NODE_CALL)
    g_hash_table_add (data, g_ascii_strdown (node->name, -1));
  return TRUE;
}

/* Names of the sinks in the rule's actions. */
static void
note_sinks (JsonObject *rule,
            GHashTable *names)
{
  JsonArray *actions = json_object_has_member (rule, "actions") ? json_object_get_array_member (rule, "actions") : NULL;

  for (guint i = 0; actions != NULL && i < json_array_get_length (actions); i++)
    {
      JsonNode *action = json_array_get_element (actions, i);
      g_autoptr(GList) sinks = NULL;

      if (!JSON_NODE_HOLDS_OBJECT (action))
        continue;
      sinks = json_object_get_members (json_node_get_object (action));
      for (GList *l = sinks; l != NULL; l = l->next)
        g_hash_table_add (names, g_strdup (l->data));
    }
}

static gboolean
uses_plugin (Built      *built,
             GHashTable *calls,
             GHashTable *sinks,
             GHashTable *sources)
{
  GHashTable *names = built->manifest->kind == BELT_MANIFEST_FUNCTION ? calls
                      : built->manifest->kind == BELT_MANIFEST_SINK ? sinks : sources;

  for (guint i = 0; built->definitions[i] != NULL; i++)
    {
      g_autofree char *lower = g_ascii_strdown (built->definitions[i], -1);

      if (g_hash_table_contains (names, lower) || g_hash_table_contains (names, built->definitions[i]))
        return TRUE;
    }
  return FALSE;
}

static gboolean
add_plugins (BeltDeployContent  *content,
             BeltProject        *project,
             GHashTable         *calls,
             GHashTable         *sinks,
             GHashTable         *sources,
             GCancellable       *cancellable,
             GError            **error)
{
  BeltManifest *manifest = belt_project_get_manifest (project);

  for (guint i = 0; i < manifest->plugins->len; i++)
    {
      Built *built = build_plugin (project, g_ptr_array_index (manifest->plugins, i), cancellable, error);
      g_autoptr(GBytes) zip = NULL;

      if (built == NULL)
        return FALSE;
      if (uses_plugin (built, calls, sinks, sources))
        {
          gboolean is_function = built->manifest->kind == BELT_MANIFEST_FUNCTION;

          if ((zip = pack (built, error)) != NULL)
            belt_deploy_content_add_plugin (content, built->manifest->name,
                                            belt_manifest_kind_get_plural (built->manifest->kind),
                                            built->manifest->version,
                                            is_function ? (const char *const *) built->definitions : NULL, zip);
        }
      built_free (built);
      if (error != NULL && *error != NULL)
        return FALSE;
    }
  return TRUE;
}

/* The schema of "NAME.Message", what it imports first. */
static gboolean
add_schema (BeltDeployContent  *content,
            BeltCatalog        *catalog,
            const char         *schema_id,
            GError            **error)
{
  const char *dot = strchr (schema_id, '.');
  g_autofree char *name = g_strndup (schema_id, dot != NULL ? (gsize) (dot - schema_id) : strlen (schema_id));
  const char *text = belt_catalog_get_schema (catalog, name);
  g_autoptr(GPtrArray) all = belt_catalog_list_schemas (catalog);

  if (text == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND,
                   "the rule needs the schema %s, and streams/%s.proto is not there", schema_id, name);
      return FALSE;
    }
  /* More than is needed may go along: a file that is only named in a comment. */
  for (guint i = 0; strstr (text, "import") != NULL && i < all->len; i++)
    {
      g_autofree char *file = g_strconcat ("\"", g_ptr_array_index (all, i), ".proto\"", NULL);

      if (strstr (text, file) != NULL && !g_str_equal (g_ptr_array_index (all, i), name))
        belt_deploy_content_add_schema (content, g_ptr_array_index (all, i),
                                        belt_catalog_get_schema (catalog, g_ptr_array_index (all, i)));
    }
  belt_deploy_content_add_schema (content, name, text);
  return TRUE;
}

/* Of sinks with format protobuf. */
static gboolean
add_sink_schemas (BeltDeployContent  *content,
                  BeltCatalog        *catalog,
                  JsonObject         *rule,
                  GError            **error)
{
  JsonArray *actions = json_object_has_member (rule, "actions") ? json_object_get_array_member (rule, "actions") : NULL;

  for (guint i = 0; actions != NULL && i < json_array_get_length (actions); i++)
    {
      JsonNode *action = json_array_get_element (actions, i);
      g_autoptr(GList) sinks = JSON_NODE_HOLDS_OBJECT (action) ? json_object_get_values (json_node_get_object (action))
                                                               : NULL;

      for (GList *l = sinks; l != NULL; l = l->next)
        {
          JsonObject *sink = JSON_NODE_HOLDS_OBJECT (l->data) ? json_node_get_object (l->data) : NULL;
          const char *id = sink != NULL ? belt_json_get_text (sink, "schemaId", NULL) : NULL;
          const char *format = sink != NULL ? belt_json_get_text (sink, "format", "") : "";

          if (id != NULL && g_ascii_strcasecmp (format, "protobuf") == 0 && !add_schema (content, catalog, id, error))
            return FALSE;
        }
    }
  return TRUE;
}

/* The streams and tables a statement reads, as they stand in the project. */
static gboolean
add_streams (BeltDeployContent    *content,
             BeltProject          *project,
             const BeltAstSelect  *select,
             GHashTable           *sources,
             GError              **error)
{
  for (guint i = 0; i < select->n_tables; i++)
    {
      const char *name = select->tables[i].name;
      BeltStream *stream = belt_catalog_lookup (belt_project_get_catalog (project), name);

      if (stream == NULL)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND,
                       "the rule reads %s, and streams/%s.sql does not define it", name, name);
          return FALSE;
        }
      if (stream->declared != NULL && stream->schema_id != NULL &&
          !add_schema (content, belt_project_get_catalog (project), stream->schema_id, error))
        return FALSE;
      if (stream->type != NULL)
        g_hash_table_add (sources, g_ascii_strdown (stream->type, -1));
      belt_deploy_content_add_stream (content, name, stream->statement, stream->is_table);
    }
  return TRUE;
}

BeltDeployContent *
belt_deploy_content_new_for_rule (BeltProject   *project,
                                  const char    *rule_id,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  g_autofree char *history = belt_project_dup_target (project, "history");
  g_autoptr(BeltDeployContent) content = belt_deploy_content_new (history);
  g_autoptr(JsonObject) rule = belt_project_load_rule (project, rule_id, error);
  g_autoptr(GHashTable) calls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) sinks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(BeltParseResult) parsed = NULL;
  g_autoptr(GError) failure = NULL;
  const char *sql;

  if (rule == NULL)
    return NULL;
  sql = json_object_get_string_member (rule, "sql");
  parsed = belt_parse (sql, strlen (sql), 0, NULL);
  if (parsed->n_errors > 0 || parsed->ast->select == NULL)
    {
      g_autofree char *text = g_strdup ("it is not a SELECT statement");

      if (parsed->n_errors > 0)
        {
          g_free (text);
          text = belt_diagnostic_to_string (g_ptr_array_index (parsed->diagnostics, 0));
        }
      g_set_error (error, BELT_ERROR, BELT_ERROR_PARSE, "rules/%s.sql: %s", rule_id, text);
      return NULL;
    }

  belt_ast_walk (parsed->ast, note_call, calls);
  note_sinks (rule, sinks);
  if (!add_streams (content, project, parsed->ast->select, sources, error) ||
      !add_sink_schemas (content, belt_project_get_catalog (project), rule, error))
    return NULL;
  if (!add_plugins (content, project, calls, sinks, sources, cancellable, &failure))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  belt_deploy_content_set_rule (content, json_object_get_string_member (rule, "id"), rule);
  return g_steal_pointer (&content);
}
