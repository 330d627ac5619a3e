/* belt-plugin-function.c - functions and aggregates of plugins as entries of the function table
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-function.h"

#include "belt-plugin-site.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-json-member.h"
#include "belt-plugin.h"

/* "f64(f64 x, str? unit)" to how many arguments there may be. */
static void
count_args (const char *signature,
            gint8      *ret_min,
            gint8      *ret_max)
{
  const char *open = signature != NULL ? strchr (signature, '(') : NULL;
  g_auto(GStrv) parts = NULL;
  g_autofree char *inside = NULL;

  *ret_min = 0;
  *ret_max = -1;
  /* Several forms: the plugin tells them apart itself. */
  if (open == NULL || strchr (signature, ';') != NULL || strchr (open, ')') == NULL)
    return;

  inside = g_strndup (open + 1, (gsize)(strchr (open, ')') - open - 1));
  g_strstrip (inside);
  parts = g_strsplit (inside, ",", -1);
  *ret_max = 0;
  for (guint i = 0; *inside != 0 && parts[i] != NULL && i < BELT_WIRE_ARGS_MAX; i++)
    {
      if (strstr (parts[i], "...") != NULL)
        {
          *ret_max = -1;
          return;
        }
      ++*ret_max;
      if (strchr (parts[i], '?') == NULL)
        ++*ret_min;
    }
}

/* The summary of the plugin's own description. */
static char *
make_doc (BeltPluginEntry     *entry,
          const BeltPluginDef *def)
{
  g_autoptr(JsonNode) doc = def->doc != NULL ? json_from_string (def->doc, NULL) : NULL;
  const char *summary = NULL;

  if (doc != NULL && JSON_NODE_HOLDS_OBJECT (doc) && json_object_has_member (json_node_get_object (doc), "summary"))
    summary = belt_json_get_text (json_node_get_object (doc), "summary", NULL);
  if (summary != NULL)
    return g_strdup_printf ("%s (plugin “%s”)", summary, belt_plugin_entry_get_name (entry));

  return g_strdup_printf ("From the plugin “%s”", belt_plugin_entry_get_name (entry));
}

static void
free_function (gpointer data)
{
  BeltPluginFunction *self = data;

  belt_plugin_entry_unref (self->entry);
  g_free ((char *)self->function.name);
  g_free ((char *)self->function.signature);
  g_free ((char *)self->function.doc);
  g_free (self->definition);
  g_free (self);
}

BeltFunction *
belt_plugin_function_new (BeltPluginEntry     *entry,
                          const BeltPluginDef *def)
{
  BeltPluginFunction *self = g_new0 (BeltPluginFunction, 1);
  BeltFunction *function = &self->function;

  self->entry = belt_plugin_entry_ref (entry);
  self->definition = g_strdup (def->name);
  function->name = g_ascii_strdown (def->name, -1);
  count_args (def->signature, &function->args_min, &function->args_max);
  function->flags = BELT_FUNCTION_PLUGIN;
  if (def->kind == BELT_KIND_AGGREGATE)
    function->flags |= BELT_FUNCTION_AGGREGATE;
  if ((def->flags & BELT_FN_STATEFUL) != 0)
    function->flags |= BELT_FUNCTION_STATEFUL;
  if ((def->flags & BELT_FN_PURE) == 0)
    function->flags |= BELT_FUNCTION_NONDETERMINISTIC;
  function->group = "plugin";
  function->signature = g_strdup (def->signature != NULL ? def->signature : "");
  function->doc = make_doc (entry, def);
  function->example = "";
  function->batch = &belt_plugin_site_class;
  function->user_data = self;
  function->user_data_free = free_function;

  return function;
}
