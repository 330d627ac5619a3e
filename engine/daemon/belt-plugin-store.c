/* belt-plugin-store.c - the plugins a daemon was given
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-store.h"

#include "belt-bundle.h"
#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-plugin-set.h"

#include <errno.h>
#include <glib/gstdio.h>

#define LIST_FILE   "plugins.json"
#define PLUGINS_MAX 1000u

typedef struct
{
  BeltManifestKind  kind;
  char             *name;
  char             *version;
  char             *folder;     /* in the store's */
  char             *so_name;
  char             *set_name;   /* in the engine's set: the name, or kind and name when another kind has it */
  GPtrArray        *functions;  /* of char *; of a function plugin */
} Plugin;

struct _BeltPluginStore
{
  char          *folder;
  char          *list_path;
  GPtrArray     *plugins;   /* of Plugin */
  BeltPluginSet *set;
  BeltEngine    *engine;    /* borrowed; NULL before attach */
  guint64        serial;    /* of the last folder */
};

static void
plugin_free (gpointer data)
{
  Plugin *self = data;

  g_free (self->name);
  g_free (self->version);
  g_free (self->folder);
  g_free (self->so_name);
  g_free (self->set_name);
  g_ptr_array_unref (self->functions);
  g_free (self);
}

static Plugin *
find_plugin (BeltPluginStore *self,
             BeltManifestKind kind,
             const char      *name)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);

      if (plugin->kind == kind && g_str_equal (plugin->name, name))
        return plugin;
    }
  return NULL;
}

static void
add_member (JsonBuilder *builder,
            const char  *name,
            const char  *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static gboolean
save_list (BeltPluginStore *self,
           GError         **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_array (builder);
  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);

      json_builder_begin_object (builder);
      add_member (builder, "kind", belt_manifest_kind_get_name (plugin->kind));
      add_member (builder, "name", plugin->name);
      add_member (builder, "version", plugin->version);
      add_member (builder, "folder", plugin->folder);
      add_member (builder, "file", plugin->so_name);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);

  return g_file_set_contents_full (self->list_path, text, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0640, error);
}

/* A name that leads out of the store's folder is not one we wrote. */
static gboolean
is_plain_name (const char *name)
{
  return *name != '\0' && *name != '.' && strchr (name, '/') == NULL;
}

static Plugin *
read_plugin (JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  Plugin *plugin;

  if (object == NULL || !is_plain_name (belt_json_get_text (object, "folder", "")) ||
      !is_plain_name (belt_json_get_text (object, "file", "")))
    return NULL;

  for (guint kind = BELT_MANIFEST_SOURCE; kind <= BELT_MANIFEST_FUNCTION; kind++)
    {
      if (!g_str_equal (belt_manifest_kind_get_name (kind), belt_json_get_text (object, "kind", "")))
        continue;
      plugin = g_new0 (Plugin, 1);
      plugin->kind = kind;
      plugin->name = g_strdup (belt_json_get_text (object, "name", ""));
      plugin->version = g_strdup (belt_json_get_text (object, "version", ""));
      plugin->folder = g_strdup (belt_json_get_text (object, "folder", ""));
      plugin->so_name = g_strdup (belt_json_get_text (object, "file", ""));
      plugin->functions = g_ptr_array_new_with_free_func (g_free);
      return plugin;
    }

  return NULL;
}

static gboolean
load_list (BeltPluginStore *self,
           GError         **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonArray *array;

  if (!g_file_test (self->list_path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!json_parser_load_from_file (parser, self->list_path, error))
    return FALSE;
  if (!JSON_NODE_HOLDS_ARRAY (json_parser_get_root (parser)))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "%s is no list of plugins", self->list_path);
      return FALSE;
    }

  array = json_node_get_array (json_parser_get_root (parser));
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      Plugin *plugin = read_plugin (json_array_get_element (array, i));

      if (plugin == NULL)
        {
          g_warning ("%s: entry %u is no plugin", self->list_path, i);
          continue;
        }
      self->serial = MAX (self->serial, g_ascii_strtoull (plugin->folder, NULL, 10));
      g_ptr_array_add (self->plugins, plugin);
    }

  return TRUE;
}

BeltPluginStore *
belt_plugin_store_new (const char *data_dir,
                       GError    **error)
{
  g_autoptr(BeltPluginStore) self = g_new0 (BeltPluginStore, 1);

  self->folder = g_build_filename (data_dir, "plugins", NULL);
  self->list_path = g_build_filename (self->folder, LIST_FILE, NULL);
  self->plugins = g_ptr_array_new_with_free_func (plugin_free);
  self->set = belt_plugin_set_new ();
  if (g_mkdir_with_parents (self->folder, 0750) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", self->folder, g_strerror (errno));
      return NULL;
    }
  if (!load_list (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
belt_plugin_store_free (BeltPluginStore *self)
{
  if (self == NULL)
    return;

  belt_plugin_set_unref (self->set);
  g_ptr_array_unref (self->plugins);
  g_free (self->list_path);
  g_free (self->folder);
  g_free (self);
}

static char *
make_set_name (BeltPluginStore *self,
               BeltManifestKind kind,
               const char      *name)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);

      if (plugin->kind != kind && g_str_equal (plugin->name, name))
        return g_strdup_printf ("%s %s", belt_manifest_kind_get_name (kind), name);
    }
  return g_strdup (name);
}

/* Of the version that runs now; notes the functions, and says whether the plugin has what its name promises. */
static gboolean
check_definitions (BeltPluginStore *self,
                   Plugin          *plugin,
                   GError         **error)
{
  g_autoptr(JsonNode) node = belt_plugin_set_describe (self->set, plugin->set_name);
  const char *wanted = belt_manifest_kind_get_name (plugin->kind);
  JsonArray *definitions;
  gboolean found = FALSE;

  g_ptr_array_set_size (plugin->functions, 0);
  if (node == NULL || !json_object_has_member (json_node_get_object (node), "definitions"))
    return TRUE;

  definitions = json_object_get_array_member (json_node_get_object (node), "definitions");
  for (guint i = 0; i < json_array_get_length (definitions); i++)
    {
      JsonObject *definition = json_array_get_object_element (definitions, i);
      const char *name = belt_json_get_text (definition, "name", "");

      if (!g_str_equal (belt_json_get_text (definition, "kind", ""), wanted))
        continue;
      if (plugin->kind == BELT_MANIFEST_FUNCTION)
        g_ptr_array_add (plugin->functions, g_strdup (name));
      found |= plugin->kind == BELT_MANIFEST_FUNCTION || g_str_equal (name, plugin->name);
    }

  if (!found)
    g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, plugin->kind == BELT_MANIFEST_FUNCTION
                 ? "%s has no %s" : "%s has no %s named %s", plugin->so_name, wanted, plugin->name);
  return found;
}

static gboolean
load_plugin (BeltPluginStore *self,
             Plugin          *plugin,
             GError         **error)
{
  g_autofree char *path = g_build_filename (self->folder, plugin->folder, plugin->so_name, NULL);
  g_autofree char *data_dir = g_build_filename (self->folder, "data", plugin->set_name, NULL);
  BeltPluginOptions options = { .isolation = BELT_PROCESS_HOST, .data_dir = data_dir };

  if (g_mkdir_with_parents (data_dir, 0750) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", data_dir, g_strerror (errno));
      return FALSE;
    }
  return belt_plugin_set_install (self->set, plugin->set_name, path, &options, error) &&
         check_definitions (self, plugin, error);
}

BeltFunctionTable *
belt_plugin_store_dup_functions (BeltPluginStore *self)
{
  return belt_plugin_set_dup_functions (self->set);
}

static void
tell_engine (BeltPluginStore *self)
{
  g_autoptr(BeltFunctionTable) functions = NULL;

  if (self->engine == NULL)
    return;
  functions = belt_plugin_set_dup_functions (self->set);
  belt_engine_set_functions (self->engine, functions);
}

static void
log_notice (const BeltPluginNotice *notice,
            gpointer                user_data)
{
  g_message ("plugin %s: %s: %s", notice->plugin, belt_plugin_notice_kind_get_name (notice->kind), notice->text);
}

void
belt_plugin_store_attach (BeltPluginStore *self,
                          BeltEngine      *engine)
{
  self->engine = engine;
  belt_plugin_set_set_notice_func (self->set, log_notice, NULL, NULL);
  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);
      g_autoptr(GError) error = NULL;

      g_free (plugin->set_name);
      plugin->set_name = make_set_name (self, plugin->kind, plugin->name);
      if (!load_plugin (self, plugin, &error))
        g_warning ("plugin %s does not load: %s", plugin->name, error->message);
    }
  tell_engine (self);
}

GPtrArray *
belt_plugin_store_list (BeltPluginStore *self,
                        BeltManifestKind kind)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);

      if (plugin->kind == kind)
        g_ptr_array_add (names, plugin->name);
    }
  return names;
}

gboolean
belt_plugin_store_has (BeltPluginStore *self,
                       BeltManifestKind kind,
                       const char      *name)
{
  return find_plugin (self, kind, name) != NULL;
}

const char *
belt_plugin_store_get_version (BeltPluginStore *self,
                               BeltManifestKind kind,
                               const char      *name)
{
  Plugin *plugin = find_plugin (self, kind, name);

  return plugin != NULL ? plugin->version : NULL;
}

GPtrArray *
belt_plugin_store_list_functions (BeltPluginStore *self,
                                  const char      *name)
{
  GPtrArray *functions = g_ptr_array_new ();

  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);

      if (plugin->kind == BELT_MANIFEST_FUNCTION && (name == NULL || g_str_equal (name, plugin->name)))
        for (guint j = 0; j < plugin->functions->len; j++)
          g_ptr_array_add (functions, g_ptr_array_index (plugin->functions, j));
    }
  return functions;
}

const char *
belt_plugin_store_find_function (BeltPluginStore *self,
                                 const char      *function)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      Plugin *plugin = g_ptr_array_index (self->plugins, i);

      if (plugin->kind == BELT_MANIFEST_FUNCTION &&
          g_ptr_array_find_with_equal_func (plugin->functions, function, g_str_equal, NULL))
        return plugin->name;
    }
  return NULL;
}

/* Unpacked and listed nowhere yet. */
static Plugin *
unpack (BeltPluginStore *self,
        BeltManifestKind kind,
        const char      *name,
        GBytes          *zip,
        GError         **error)
{
  g_autoptr(BeltBundleInfo) info = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  Plugin *plugin;

  do
    {
      g_free (folder);
      g_free (path);
      folder = g_strdup_printf ("%" G_GUINT64_FORMAT "-%s", ++self->serial, name);
      path = g_build_filename (self->folder, folder, NULL);
    }
  while (g_file_test (path, G_FILE_TEST_EXISTS));

  info = belt_bundle_extract (zip, name, kind, path, error);
  if (info == NULL)
    return NULL;

  plugin = g_new0 (Plugin, 1);
  plugin->kind = kind;
  plugin->name = g_strdup (name);
  plugin->version = g_strdup (info->version);
  plugin->folder = g_steal_pointer (&folder);
  plugin->so_name = g_strdup (info->so_name);
  plugin->functions = g_ptr_array_new_with_free_func (g_free);
  return plugin;
}

/* Back to what ran before the failed attempt. */
static void
restore (BeltPluginStore *self,
         Plugin          *old,
         const char      *set_name)
{
  g_autoptr(GError) error = NULL;

  if (old == NULL)
    belt_plugin_set_remove (self->set, set_name);
  else if (!load_plugin (self, old, &error))
    g_warning ("plugin %s: the older version does not load any more: %s", old->name, error->message);
}

static void
forget_folder (BeltPluginStore *self,
               Plugin          *plugin)
{
  g_autofree char *path = g_build_filename (self->folder, plugin->folder, NULL);

  belt_bundle_remove_folder (path);
}

/* In the old one's place, so that the list keeps its order. */
static gboolean
put_into_list (BeltPluginStore *self,
               Plugin          *old,
               Plugin          *plugin,
               GError         **error)
{
  guint index = self->plugins->len;

  if (old == NULL)
    g_ptr_array_add (self->plugins, plugin);
  else
    {
      g_ptr_array_find (self->plugins, old, &index);
      self->plugins->pdata[index] = plugin;
    }
  if (save_list (self, error))
    return TRUE;

  if (old == NULL)
    g_ptr_array_steal_index (self->plugins, index);
  else
    self->plugins->pdata[index] = old;
  return FALSE;
}

gboolean
belt_plugin_store_install (BeltPluginStore *self,
                           BeltManifestKind kind,
                           const char      *name,
                           GBytes          *zip,
                           GError         **error)
{
  Plugin *old = find_plugin (self, kind, name);
  Plugin *plugin;

  if (old == NULL && self->plugins->len >= PLUGINS_MAX)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "there are %u plugins already", PLUGINS_MAX);
      return FALSE;
    }
  plugin = unpack (self, kind, name, zip, error);
  if (plugin == NULL)
    return FALSE;

  plugin->set_name = old != NULL ? g_strdup (old->set_name) : make_set_name (self, kind, name);
  if (!load_plugin (self, plugin, error) || !put_into_list (self, old, plugin, error))
    {
      restore (self, old, plugin->set_name);
      forget_folder (self, plugin);
      plugin_free (plugin);
      return FALSE;
    }

  tell_engine (self);
  if (old != NULL)
    {
      forget_folder (self, old);
      plugin_free (old);
    }
  return TRUE;
}

gboolean
belt_plugin_store_remove (BeltPluginStore *self,
                          BeltManifestKind kind,
                          const char      *name,
                          GError         **error)
{
  Plugin *plugin = find_plugin (self, kind, name);
  guint index;

  if (plugin == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "invalid name %s: not exist", name);
      return FALSE;
    }

  g_ptr_array_find (self->plugins, plugin, &index);
  g_ptr_array_steal_index (self->plugins, index);
  if (!save_list (self, error))
    {
      g_ptr_array_insert (self->plugins, (gint)index, plugin);
      return FALSE;
    }

  belt_plugin_set_remove (self->set, plugin->set_name);
  tell_engine (self);
  forget_folder (self, plugin);
  plugin_free (plugin);
  return TRUE;
}
