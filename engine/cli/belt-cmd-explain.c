/* belt-cmd-explain.c - `belt explain`: how a rule will be run
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text is eKuiper's, so that the two can be compared line by line.
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-plan.h"
#include "belt-project-plugins.h"

static void
set_file (GPtrArray  *diagnostics,
          const char *rule)
{
  for (guint i = 0; i < diagnostics->len; i++)
    {
      BeltDiagnostic *diagnostic = g_ptr_array_index (diagnostics, i);

      g_free (diagnostic->file);
      diagnostic->file = g_strdup_printf ("rules/%s.sql", rule);
    }
}

static int
run (int    argc,
     char **argv)
{
  gboolean topo = FALSE;
  const GOptionEntry entries[] =
  {
    { "json", 0, 0, G_OPTION_ARG_NONE, &topo, "Print the graph of operators as JSON", NULL },
    { NULL },
  };
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) functions = NULL;
  g_autoptr(BeltProject) project = NULL;
  g_autoptr(JsonObject) rule = NULL;
  g_autoptr(BeltPlanResult) result = NULL;
  g_autoptr(GError) error = NULL;
  BeltPlanRequest request = { .len = -1, .extensions = TRUE };
  int code;

  if (!belt_cli_parse (&belt_cmd_explain, entries, &argc, &argv, 2, 2, &code))
    return code;
  if (!(project = belt_cli_open_project (argv[1])))
    return BELT_EXIT_USAGE;
  if (!(rule = belt_project_load_rule (project, argv[2], &error)))
    {
      belt_cli_complain (&belt_cmd_explain, "%s", error->message);
      return BELT_EXIT_USAGE;
    }
  belt_project_load_plugins (project, set, diagnostics, belt_cli_get_cancellable ());
  belt_cli_print_diagnostics (diagnostics);
  functions = belt_plugin_set_dup_functions (set);
  request.catalog = belt_project_get_catalog (project);
  request.functions = functions;
  request.sql = json_object_get_string_member (rule, "sql");
  if (json_object_has_member (rule, "options"))
    request.options = json_object_get_object_member (rule, "options");
  if (json_object_has_member (rule, "actions"))
    request.actions = json_object_get_array_member (rule, "actions");
  result = belt_plan_new (&request);
  set_file (result->diagnostics, argv[2]);
  belt_cli_print_diagnostics (result->diagnostics);
  if (result->plan == NULL)
    return BELT_EXIT_USAGE;

  if (topo)
    {
      g_autofree char *text = json_to_string (belt_plan_get_topo (result->plan), TRUE);

      g_print ("%s\n", text);
    }
  else
    {
      g_print ("%s\n", result->explain);
    }
  return BELT_EXIT_OK;
}

const BeltCommand belt_cmd_explain =
{
  "explain", "PROJECT RULE", "Print the plan of a rule, as eKuiper prints it", run,
};
