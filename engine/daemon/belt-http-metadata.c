/* belt-http-metadata.c - /metadata/functions: what a rule can call
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * In the form eKuiper's manager reads, made from the one table of functions, so
 * those of plugins are in it as well.
 */
#include "config.h"

#include "belt-function-signature.h"
#include "belt-http.h"
#include "belt-plugin-store.h"

#include <string.h>

static JsonObject *
make_texts (const char *text)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "en_US", text);
  json_object_set_string_member (object, "zh_CN", text);
  return object;
}

static JsonArray *
make_arguments (const BeltFunction *function)
{
  JsonArray *array = json_array_new ();
  g_autoptr(GPtrArray) parameters = belt_function_get_parameters (function);

  for (guint i = 0; i < parameters->len; i++)
    {
      const BeltParameter *parameter = parameters->pdata[i];
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "name", parameter->name);
      json_object_set_boolean_member (object, "optional", parameter->optional);
      json_object_set_string_member (object, "control", "field");
      json_object_set_string_member (object, "type", parameter->type);
      json_array_add_object_element (array, object);
    }

  return array;
}

static JsonObject *
make_return (const BeltFunction *function)
{
  JsonObject *object = json_object_new ();
  g_autofree char *type = belt_function_dup_result (function);

  json_object_set_string_member (object, "type", type);
  return object;
}

static JsonObject *
make_node (const BeltFunction *function)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "category", "function");
  json_object_set_string_member (object, "icon", "iconPath");
  json_object_set_object_member (object, "label", make_texts (function->name));
  return object;
}

static JsonObject *
make_function (const BeltFunction *function)
{
  JsonObject *object = json_object_new ();
  g_autofree char *call = NULL;
  const char *example = function->example != NULL ? function->example : "";
  const char *result = strstr (example, " = ");

  call = result != NULL ? g_strndup (example, (gsize)(result - example)) : g_strdup (example);
  json_object_set_string_member (object, "name", function->name);
  json_object_set_string_member (object, "example", call);
  json_object_set_boolean_member (object, "aggregate", (function->flags & BELT_FUNCTION_AGGREGATE) != 0);
  json_object_set_object_member (object, "hint", make_texts (function->doc != NULL ? function->doc : ""));
  json_object_set_array_member (object, "args", make_arguments (function));
  json_object_set_object_member (object, "return", make_return (function));
  json_object_set_object_member (object, "node", make_node (function));
  return object;
}

static JsonObject *
make_about (const char *description)
{
  JsonObject *about = json_object_new ();

  json_object_set_boolean_member (about, "trial", FALSE);
  json_object_set_object_member (about, "description", make_texts (description));
  return about;
}

/* Those built in, and then those of plugins. */
static void
add_group (JsonArray                 *groups,
           const BeltFunction *const *functions,
           guint                      n,
           guint                      is_plugin,
           const char                *description)
{
  JsonArray *array = json_array_new ();
  JsonObject *group;

  for (guint i = 0; i < n; i++)
    if ((functions[i]->flags & BELT_FUNCTION_PLUGIN) == is_plugin)
      json_array_add_object_element (array, make_function (functions[i]));
  if (json_array_get_length (array) == 0)
    {
      json_array_unref (array);
      return;
    }

  group = json_object_new ();
  json_object_set_object_member (group, "about", make_about (description));
  json_object_set_array_member (group, "functions", array);
  json_array_add_object_element (groups, group);
}

static void
handle_functions (BeltHttpRequest *request)
{
  g_autoptr(BeltFunctionTable) table = belt_plugin_store_dup_functions (request->http->plugins);
  JsonArray *groups = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  const BeltFunction *const *functions;
  guint n;

  functions = belt_function_table_list (table, &n);
  add_group (groups, functions, n, 0, "The functions every rule can call.");
  add_group (groups, functions, n, BELT_FUNCTION_PLUGIN, "The functions of the plugins installed.");
  json_node_take_array (node, groups);
  belt_http_answer_json (request, node);
}

const BeltHttpRoute belt_http_metadata_routes[] =
{
  { "GET", "/metadata/functions", handle_functions },
  { NULL },
};
