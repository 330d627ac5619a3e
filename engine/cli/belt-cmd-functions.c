/* belt-cmd-functions.c - `belt functions`: the table of SQL functions
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-function-signature.h"
#include "belt-project-plugins.h"

static const char *
kind_of (const BeltFunction *function)
{
  if (function->flags & BELT_FUNCTION_AGGREGATE)
    return "aggregate";
  if (function->flags & BELT_FUNCTION_ANALYTIC)
    return "analytic";
  return function->flags & BELT_FUNCTION_SET_RETURNING ? "set-returning" : "scalar";
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
      json_object_set_string_member (object, "type", parameter->type);
      json_object_set_boolean_member (object, "optional", parameter->optional);
      json_object_set_boolean_member (object, "repeated", parameter->repeated);
      json_array_add_object_element (array, object);
    }

  return array;
}

static JsonObject *
make_entry (const BeltFunction *function)
{
  JsonObject *object = json_object_new ();
  g_autofree char *result = belt_function_dup_result (function);

  json_object_set_string_member (object, "name", function->name);
  json_object_set_string_member (object, "kind", kind_of (function));
  json_object_set_string_member (object, "group", function->group != NULL ? function->group : "");
  json_object_set_string_member (object, "signature", function->signature != NULL ? function->signature : "");
  json_object_set_array_member (object, "arguments", make_arguments (function));
  json_object_set_string_member (object, "returns", result);
  json_object_set_string_member (object, "doc", function->doc != NULL ? function->doc : "");
  json_object_set_string_member (object, "example", function->example != NULL ? function->example : "");
  json_object_set_boolean_member (object, "plugin", (function->flags & BELT_FUNCTION_PLUGIN) != 0);
  return object;
}

static void
print_json (const BeltFunction *const *functions,
            guint                      n)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < n; i++)
    json_array_add_object_element (array, make_entry (functions[i]));
  json_node_take_array (node, array);
  text = json_to_string (node, TRUE);
  g_print ("%s\n", text);
}

static int
run (int    argc,
     char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] =
  {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print the table as JSON", NULL },
    { NULL },
  };
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  const BeltFunction *const *functions;
  guint n;
  int code;

  if (!belt_cli_parse (&belt_cmd_functions, entries, &argc, &argv, 0, 1, &code))
    return code;
  if (argc == 2)
    {
      g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
      g_autoptr(BeltProject) project = belt_cli_open_project (argv[1]);

      if (project == NULL)
        return BELT_EXIT_USAGE;
      if (!belt_project_load_plugins (project, set, diagnostics, belt_cli_get_cancellable ()))
        code = BELT_EXIT_FAILED;
      belt_cli_print_diagnostics (diagnostics);
    }

  table = belt_plugin_set_dup_functions (set);
  functions = belt_function_table_list (table, &n);
  if (json)
    print_json (functions, n);
  for (guint i = 0; !json && i < n; i++)
    g_print ("%-24s %s\n%-24s %s\n", functions[i]->name, functions[i]->doc != NULL ? functions[i]->doc : "", "",
             functions[i]->signature != NULL ? functions[i]->signature : "");
  return code == BELT_EXIT_FAILED ? code : BELT_EXIT_OK;
}

const BeltCommand belt_cmd_functions =
{
  "functions", "[PROJECT]", "List the SQL functions, those of a project's plugins too", run,
};
