/* belt-manifest-edit.c - entering things in the manifest
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is parsed, changed and written pretty; what we do not know about stays.
 */
#include "config.h"

#include "belt-manifest.h"

#include "belt-error.h"
#include "belt-json-member.h"

#include <json-glib/json-glib.h>

static JsonObject *
load_root (const char  *path,
           JsonParser  *parser,
           GError     **error)
{
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
  g_autoptr(BeltManifest) manifest = belt_manifest_load (path, diagnostics);

  if (manifest == NULL)
    {
      g_autofree char *text = belt_diagnostic_to_string (g_ptr_array_index (diagnostics, 0));

      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "%s", text);
      return NULL;
    }
  if (!json_parser_load_from_file (parser, path, error))
    return NULL;
  return json_node_get_object (json_parser_get_root (parser));
}

static gboolean
save_root (const char  *path,
           JsonObject  *root,
           GError     **error)
{
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  json_node_set_object (node, root);
  json_generator_set_root (generator, node);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  line = g_strconcat (text, "\n", NULL);
  return g_file_set_contents (path, line, -1, error);
}

static JsonArray *
ensure_list (JsonObject *root,
             const char *name)
{
  if (!json_object_has_member (root, name))
    json_object_set_array_member (root, name, json_array_new ());
  return json_object_get_array_member (root, name);
}

static guint
find_named (JsonArray  *array,
            const char *name)
{
  guint i;

  for (i = 0; i < json_array_get_length (array); i++)
    if (g_strcmp0 (belt_json_get_text (json_array_get_object_element (array, i), "name", NULL),
                   name) == 0)
      break;
  return i;
}

gboolean
belt_manifest_add_plugin (const char        *path,
                          const char        *name,
                          BeltManifestKind   kind,
                          const char        *file,
                          GError           **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonObject *root = load_root (path, parser, error);
  JsonObject *plugin;
  JsonArray *files;
  JsonArray *plugins;

  if (root == NULL)
    return FALSE;
  plugins = ensure_list (root, "plugins");
  if (find_named (plugins, name) < json_array_get_length (plugins))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_EXISTS, "the manifest has a plugin “%s” already", name);
      return FALSE;
    }

  files = json_array_new ();
  json_array_add_string_element (files, file);
  plugin = json_object_new ();
  json_object_set_string_member (plugin, "name", name);
  json_object_set_string_member (plugin, "kind", belt_manifest_kind_get_name (kind));
  json_object_set_string_member (plugin, "version", "1.0.0");
  json_object_set_array_member (plugin, "files", files);
  json_array_add_object_element (plugins, plugin);
  return save_root (path, root, error);
}

gboolean
belt_manifest_add_engine (const char  *path,
                          const char  *name,
                          const char  *url,
                          const char  *kind,
                          GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonObject *root;
  JsonObject *engine;
  JsonArray *engines;
  guint at;

  if (!g_regex_match_simple ("^[A-Za-z0-9_.-]{1,64}$", name, 0, 0))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "“%s” is no name for an engine: letters, digits, _ . and -, at most 64", name);
      return FALSE;
    }
  if (!g_str_has_prefix (url, "http://") && !g_str_has_prefix (url, "https://"))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "“%s” is no address; it looks like http://HOST:9081", url);
      return FALSE;
    }
  if (!(root = load_root (path, parser, error)))
    return FALSE;

  engines = ensure_list (root, "engines");
  at = find_named (engines, name);
  if (at < json_array_get_length (engines))
    json_array_remove_element (engines, at);
  engine = json_object_new ();
  json_object_set_string_member (engine, "name", name);
  json_object_set_string_member (engine, "url", url);
  if (kind != NULL)
    json_object_set_string_member (engine, "kind", kind);
  json_array_add_object_element (engines, engine);
  return save_root (path, root, error);
}

gboolean
belt_manifest_remove_engine (const char  *path,
                             const char  *name,
                             GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonObject *root = load_root (path, parser, error);
  JsonArray *engines;
  guint at;

  if (root == NULL)
    return FALSE;
  engines = ensure_list (root, "engines");
  at = find_named (engines, name);
  if (at == json_array_get_length (engines))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "the manifest has no engine “%s”", name);
      return FALSE;
    }
  json_array_remove_element (engines, at);
  return save_root (path, root, error);
}
