/* belt-cmd-functions.c - `belt functions`: the table of SQL functions
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-function.h"
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

static void
print_json (const BeltFunction *const *functions,
            guint                      n)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < n; i++)
    {
      JsonObject *object = json_object_new ();
      const char *signature = functions[i]->signature != NULL ? functions[i]->signature : "";

      json_object_set_string_member (object, "name", functions[i]->name);
      json_object_set_string_member (object, "kind", kind_of (functions[i]));
      json_object_set_string_member (object, "group", functions[i]->group != NULL ? functions[i]->group : "");
      json_object_set_string_member (object, "signature", signature);
      json_object_set_string_member (object, "doc", functions[i]->doc != NULL ? functions[i]->doc : "");
      json_object_set_string_member (object, "example", functions[i]->example != NULL ? functions[i]->example : "");
      json_object_set_boolean_member (object, "plugin", (functions[i]->flags & BELT_FUNCTION_PLUGIN) != 0);
      json_array_add_object_element (array, object);
    }
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
      g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
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
