/* bw-plugin-use.c - where a project uses a plugin: what its page shows rows of
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-plugin-use.h"

#include <glib/gi18n.h>
#include <string.h>

static gboolean
has_call (const char *sql,
          const char *function)
{
  g_autofree char *pattern = g_strdup_printf ("\\b%s\\s*\\(", function);

  return g_regex_match_simple (pattern, sql, G_REGEX_CASELESS, 0);
}

/* Has the rule a sink of this type among its actions? */
static gboolean
has_sink (JsonObject *rule,
          const char *type)
{
  JsonArray *actions = json_object_has_member (rule, "actions") ? json_object_get_array_member (rule, "actions") : NULL;

  for (guint i = 0; actions != NULL && i < json_array_get_length (actions); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (actions, i)) &&
        json_object_has_member (json_array_get_object_element (actions, i), type))
      return TRUE;

  return FALSE;
}

/* The first rule that uses this definition. */
static gboolean
find_rule (BwPluginUse *self,
           BwSession   *session,
           const char  *name,
           gboolean     is_sink)
{
  BeltProject *project = bw_session_get_belt_project (session);
  const char *const *rules = project != NULL ? belt_project_get_rules (project) : NULL;

  for (guint i = 0; rules != NULL && rules[i] != NULL; i++)
    {
      JsonObject *rule = bw_session_get_rule (session, rules[i]);
      const char *sql = rule != NULL ? belt_json_get_text (rule, "sql", "") : "";

      if (rule == NULL || !(is_sink ? has_sink (rule, name) : has_call (sql, name)))
        continue;
      self->rule = g_strdup (rules[i]);
      self->sql = g_strdup (sql);
      self->sink = is_sink ? g_strdup (name) : NULL;
      return TRUE;
    }

  return FALSE;
}

static gboolean
find_stream (BwPluginUse *self,
             BwSession   *session,
             const char  *type)
{
  BeltCatalog *catalog = bw_session_get_catalog (session);
  g_autoptr(GPtrArray) names = belt_catalog_list (catalog, FALSE);

  for (guint i = 0; i < names->len; i++)
    {
      BeltStream *stream = belt_catalog_lookup (catalog, g_ptr_array_index (names, i));

      if (stream->type == NULL || g_ascii_strcasecmp (stream->type, type) != 0)
        continue;
      self->rule = g_strdup (type);
      self->sql = g_strdup_printf ("SELECT * FROM `%s`", stream->name);
      return TRUE;
    }

  return FALSE;
}

static gboolean
find_use (BwPluginUse *self,
          BwSession   *session,
          const char  *kind,
          const char  *name)
{
  if (g_strcmp0 (kind, "source") == 0)
    return find_stream (self, session, name);

  return find_rule (self, session, name, g_strcmp0 (kind, "sink") == 0);
}

static char *
describe_missing (const char *kind,
                  const char *name)
{
  if (g_strcmp0 (kind, "source") == 0)
    return g_strdup_printf (_("Rows appear here when a stream has TYPE=\"%s\"."), name);
  if (g_strcmp0 (kind, "sink") == 0)
    return g_strdup_printf (_("Rows appear here when a rule has “%s” among its actions."), name);

  return g_strdup_printf (_("Rows appear here when a rule calls %s()."), name);
}

BwPluginUse *
bw_plugin_use_find (BwSession  *session,
                    BwPlugins  *plugins,
                    const char *plugin)
{
  BwPluginUse *self = g_new0 (BwPluginUse, 1);
  g_autoptr(JsonNode) description = bw_plugins_describe (plugins, plugin);
  JsonArray *definitions = NULL;

  if (description != NULL && json_object_has_member (json_node_get_object (description), "definitions"))
    definitions = json_object_get_array_member (json_node_get_object (description), "definitions");

  for (guint i = 0; definitions != NULL && i < json_array_get_length (definitions); i++)
    {
      JsonObject *definition = json_array_get_object_element (definitions, i);
      const char *kind = belt_json_get_text (definition, "kind", "function");
      const char *name = belt_json_get_text (definition, "name", "");

      if (find_use (self, session, kind, name))
        return self;
      if (self->missing == NULL)
        self->missing = describe_missing (kind, name);
    }
  if (self->missing == NULL)
    self->missing = g_strdup (_("Rows appear here once the plugin is built."));

  return self;
}

void
bw_plugin_use_free (BwPluginUse *self)
{
  g_free (self->rule);
  g_free (self->sql);
  g_free (self->sink);
  g_free (self->missing);
  g_free (self);
}

guint
bw_plugin_use_find_op (const BwPluginUse *self,
                       BeltTrial         *trial)
{
  GPtrArray *ops = belt_trial_get_ops (trial);
  g_autofree char *prefix = self->sink != NULL ? g_strconcat (self->sink, "_", NULL) : NULL;
  guint last = 0;

  for (guint i = 0; i < ops->len; i++)
    {
      BeltTrialOp *op = g_ptr_array_index (ops, i);

      if (op->would_send == NULL)
        last = i;
      else if (prefix != NULL && g_str_has_prefix (op->name, prefix))
        return i;
    }

  return last;
}
