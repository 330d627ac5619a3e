/* belt-plugin-io.c - sources and sinks of plugins, as the runtime knows sources and sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The plugin's JSON Schema is checked here, before the plugin sees anything: it
 * gets values of the declared types, defaults filled in.  Properties that the
 * schema does not name pass, because an action's object carries the engine's own
 * (sendSingle, fields) beside the plugin's.
 */
#include "config.h"

#include "belt-plugin-io.h"

#include "belt-error.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-json-member.h"
#include "belt-plugin.h"

#define DEPTH_MAX 64u   /* of nested configuration */

const char *
belt_plugin_kind_get_name (guint kind)
{
  return kind == BELT_KIND_SOURCE ? "source" : kind == BELT_KIND_SINK ? "sink" : "function";
}

void
belt_plugin_io_keep (gpointer klass)
{
  static GMutex lock;
  static GSList *kept;

  g_mutex_lock (&lock);
  kept = g_slist_prepend (kept, klass);
  g_mutex_unlock (&lock);
}

void
belt_plugin_io_unregister (BeltPluginEntry   *entry,
                           BeltPluginVersion *version,
                           BeltPluginVersion *successor)
{
  GPtrArray *defs = belt_plugin_version_get_defs (version);

  for (guint i = 0; i < defs->len; i++)
    {
      const BeltPluginDef *def = g_ptr_array_index (defs, i);
      const BeltPluginDef *next = successor != NULL ? belt_plugin_version_find_def (successor, def->name) : NULL;

      if (next != NULL && next->kind == def->kind)
        continue;
      if (def->kind == BELT_KIND_SOURCE)
        belt_plugin_source_unregister (entry, def->name);
      else if (def->kind == BELT_KIND_SINK)
        belt_plugin_sink_unregister (entry, def->name);
    }
}

void
belt_plugin_io_register (BeltPluginEntry   *entry,
                         BeltPluginVersion *version)
{
  GPtrArray *defs = belt_plugin_version_get_defs (version);

  for (guint i = 0; i < defs->len; i++)
    {
      const BeltPluginDef *def = g_ptr_array_index (defs, i);

      if (def->kind == BELT_KIND_SOURCE)
        belt_plugin_source_register (entry, def->name);
      else if (def->kind == BELT_KIND_SINK)
        belt_plugin_sink_register (entry, def->name);
    }
}

static BeltValue
read_node (JsonNode  *node,
           BeltArena *arena,
           guint      depth);

static BeltValue
read_object (JsonObject *object,
             BeltArena  *arena,
             guint       depth)
{
  guint n = json_object_get_size (object);
  BeltMember *members = belt_arena_new_array (arena, BeltMember, n);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  guint i = 0;

  json_object_iter_init (&iter, object);
  while (i < n && json_object_iter_next (&iter, &name, &node))
    {
      members[i].name_len = strlen (name);
      members[i].name = belt_arena_memdup (arena, name, members[i].name_len);
      members[i].value = read_node (node, arena, depth + 1);
      i++;
    }

  return belt_value_map (members, i);
}

static BeltValue
read_array (JsonArray *array,
            BeltArena *arena,
            guint      depth)
{
  guint n = json_array_get_length (array);
  BeltValue *items = belt_arena_new_array (arena, BeltValue, n);

  for (guint i = 0; i < n; i++)
    items[i] = read_node (json_array_get_element (array, i), arena, depth + 1);

  return belt_value_list (items, n);
}

static BeltValue
read_node (JsonNode  *node,
           BeltArena *arena,
           guint      depth)
{
  const char *text;

  if (depth > DEPTH_MAX || node == NULL)
    return belt_value_null ();
  if (JSON_NODE_HOLDS_OBJECT (node))
    return read_object (json_node_get_object (node), arena, depth);
  if (JSON_NODE_HOLDS_ARRAY (node))
    return read_array (json_node_get_array (node), arena, depth);
  if (!JSON_NODE_HOLDS_VALUE (node))
    return belt_value_null ();

  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      text = json_node_get_string (node);
      return belt_value_str (belt_arena_memdup (arena, text, strlen (text)), strlen (text));
    case G_TYPE_BOOLEAN:
      return belt_value_bool (json_node_get_boolean (node));
    case G_TYPE_INT64:
      return belt_value_i64 (json_node_get_int (node));
    default:
      return belt_value_f64 (json_node_get_double (node));
    }
}

static gboolean
is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) == G_TYPE_INT64 ||
                                          json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

static gboolean
has_type (JsonNode   *node,
          const char *type)
{
  if (strcmp (type, "string") == 0)
    return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
  if (strcmp (type, "boolean") == 0)
    return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
  if (strcmp (type, "integer") == 0)
    return is_number (node) && json_node_get_double (node) == (double)json_node_get_int (node);
  if (strcmp (type, "number") == 0)
    return is_number (node);
  if (strcmp (type, "object") == 0)
    return JSON_NODE_HOLDS_OBJECT (node);
  if (strcmp (type, "array") == 0)
    return JSON_NODE_HOLDS_ARRAY (node);

  return TRUE;
}

static gboolean
is_one_of (JsonNode  *node,
           JsonArray *allowed)
{
  for (guint i = 0; i < json_array_get_length (allowed); i++)
    if (json_node_equal (node, json_array_get_element (allowed, i)))
      return TRUE;

  return FALSE;
}

/* What is wrong with a property, or NULL. */
static char *
check_property (JsonObject *rule,
                JsonNode   *node)
{
  const char *type = NULL;

  if (json_object_has_member (rule, "type") && JSON_NODE_HOLDS_VALUE (json_object_get_member (rule, "type")))
    type = belt_json_get_text (rule, "type", NULL);
  if (type != NULL && !has_type (node, type))
    {
      g_autofree char *given = json_to_string (node, FALSE);

      return g_strdup_printf ("must be of type %s, not %s", type, given);
    }
  if (json_object_has_member (rule, "enum") && JSON_NODE_HOLDS_ARRAY (json_object_get_member (rule, "enum")) &&
      !is_one_of (node, json_object_get_array_member (rule, "enum")))
    {
      g_autofree char *allowed = json_to_string (json_object_get_member (rule, "enum"), FALSE);

      return g_strdup_printf ("must be one of %s", allowed);
    }
  if (is_number (node) && json_object_has_member (rule, "minimum") &&
      json_node_get_double (node) < json_object_get_double_member (rule, "minimum"))
    return g_strdup_printf ("must be at least %g", json_object_get_double_member (rule, "minimum"));
  if (is_number (node) && json_object_has_member (rule, "maximum") &&
      json_node_get_double (node) > json_object_get_double_member (rule, "maximum"))
    return g_strdup_printf ("must be at most %g", json_object_get_double_member (rule, "maximum"));

  return NULL;
}

static gboolean
apply_properties (const BeltPluginDef *def,
                  JsonObject          *rules,
                  JsonObject          *config,
                  GError             **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *rule;

  json_object_iter_init (&iter, rules);
  while (json_object_iter_next (&iter, &name, &rule))
    {
      JsonNode *node = json_object_get_member (config, name);
      g_autofree char *wrong = NULL;

      if (*name == 0 || !JSON_NODE_HOLDS_OBJECT (rule))
        continue;
      if (node == NULL)
        {
          JsonNode *otherwise = json_object_get_member (json_node_get_object (rule), "default");

          if (otherwise != NULL)
            json_object_set_member (config, name, json_node_copy (otherwise));
          continue;
        }
      if ((wrong = check_property (json_node_get_object (rule), node)) != NULL)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "%s %s: the property “%s” %s",
                       belt_plugin_kind_get_name (def->kind), def->name, name, wrong);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
apply_schema (const BeltPluginDef *def,
              JsonObject          *schema,
              JsonObject          *config,
              GError             **error)
{
  JsonNode *required = json_object_get_member (schema, "required");
  JsonNode *rules = json_object_get_member (schema, "properties");

  for (guint i = 0; required != NULL && JSON_NODE_HOLDS_ARRAY (required) &&
       i < json_array_get_length (json_node_get_array (required)); i++)
    {
      const char *name = json_array_get_string_element (json_node_get_array (required), i);

      if (name != NULL && *name != 0 && !json_object_has_member (config, name))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "%s %s: the property “%s” is required",
                       belt_plugin_kind_get_name (def->kind), def->name, name);
          return FALSE;
        }
    }

  return rules == NULL || !JSON_NODE_HOLDS_OBJECT (rules) ||
         apply_properties (def, json_node_get_object (rules), config, error);
}

gboolean
belt_plugin_config_read (const BeltPluginDef *def,
                         JsonObject          *properties,
                         BeltArena           *arena,
                         BeltValue           *ret_config,
                         GError             **error)
{
  g_autoptr(JsonObject) config = json_object_new ();
  g_autoptr(JsonNode) schema = def->schema != NULL ? json_from_string (def->schema, NULL) : NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (properties != NULL)
    {
      json_object_iter_init (&iter, properties);
      while (json_object_iter_next (&iter, &name, &node))
        json_object_set_member (config, name, json_node_copy (node));
    }
  if (schema != NULL && JSON_NODE_HOLDS_OBJECT (schema) &&
      !apply_schema (def, json_node_get_object (schema), config, error))
    return FALSE;

  *ret_config = read_object (config, arena, 0);

  return TRUE;
}
