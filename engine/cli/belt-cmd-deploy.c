/* belt-cmd-deploy.c - `belt deploy`: a rule with all it needs to another engine, and back
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-deploy-content.h"
#include "belt-error.h"

typedef struct
{
  char     *to;
  char     *token_file;
  gboolean  plan_only;
  gboolean  undo;
  gboolean  json;
} Options;

static const char *
action_word (BeltDeployAction action)
{
  static const char *const words[] = { "new", "replace", "same", "refused", "verify" };

  return words[action];
}

static void
print_plan (BeltDeployPlan *plan)
{
  for (guint i = 0; i < plan->steps->len; i++)
    {
      BeltDeployStep *step = g_ptr_array_index (plan->steps, i);

      g_print ("%u  %-8s %s\n", i + 1, action_word (step->action), step->title);
      if (step->detail != NULL && step->action != BELT_DEPLOY_NEW)
        {
          g_auto(GStrv) lines = g_strsplit (step->detail, "\n", -1);

          for (guint k = 0; lines[k] != NULL; k++)
            g_print ("     %s\n", lines[k]);
        }
    }
}

static void
print_json (BeltDeployPlan *plan)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  g_autofree char *text = NULL;
  static const char *const states[] = { "pending", "running", "done", "failed", "skipped" };

  for (guint i = 0; i < plan->steps->len; i++)
    {
      BeltDeployStep *step = g_ptr_array_index (plan->steps, i);
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "step", step->title);
      json_object_set_string_member (object, "action", action_word (step->action));
      json_object_set_string_member (object, "state", states[step->state]);
      json_object_set_string_member (object, "detail", step->detail != NULL ? step->detail : "");
      json_object_set_string_member (object, "message", step->message != NULL ? step->message : "");
      json_array_add_object_element (array, object);
    }
  json_node_take_array (node, array);
  text = json_to_string (node, TRUE);
  g_print ("%s\n", text);
}

static void
show_step (BeltDeployPlan *plan,
           guint           step,
           gpointer        user_data)
{
  BeltDeployStep *what = g_ptr_array_index (plan->steps, step);

  if (what->state == BELT_DEPLOY_DONE)
    g_printerr ("done     %s: %s\n", what->title, what->message);
  else if (what->state == BELT_DEPLOY_FAILED)
    g_printerr ("failed   %s: %s\n", what->title, what->message);
  else if (what->state == BELT_DEPLOY_SKIPPED)
    g_printerr ("skipped  %s\n", what->title);
}

static BeltRemote *
find_remote (const Options *options,
             BeltProject   *project)
{
  BeltManifest *manifest = belt_project_get_manifest (project);
  BeltManifestEngine *engine = NULL;
  g_autofree char *token = NULL;
  g_autoptr(GError) error = NULL;

  if (options->token_file != NULL && !g_file_get_contents (options->token_file, &token, NULL, &error))
    {
      belt_cli_complain (&belt_cmd_deploy, "%s", error->message);
      return NULL;
    }
  if (token != NULL)
    g_strstrip (token);
  if (options->to != NULL && g_str_has_prefix (options->to, "http"))
    return belt_remote_new (options->to, options->to, token);
  if (options->to != NULL)
    engine = belt_manifest_get_engine (manifest, options->to);
  else if (manifest->engines->len == 1)
    engine = g_ptr_array_index (manifest->engines, 0);
  if (engine == NULL)
    {
      belt_cli_complain (&belt_cmd_deploy, "%s: --to NAME or --to URL (see “belt engines”)",
                         options->to != NULL ? "the project has no such engine" : "which engine?");
      return NULL;
    }
  return belt_remote_new (engine->name, engine->url, token);
}

static int
undo (BeltRemote  *remote,
      BeltProject *project)
{
  g_autofree char *history = belt_project_dup_target (project, "history");
  g_autoptr(GError) error = NULL;
  g_autofree char *report = belt_deploy_undo (remote, history, belt_cli_get_cancellable (), &error);

  if (report == NULL)
    {
      belt_cli_complain (&belt_cmd_deploy, "%s", error->message);
      return BELT_EXIT_FAILED;
    }
  g_print ("%s\n", report);
  return BELT_EXIT_OK;
}

static int
deploy (const Options *options,
        BeltRemote    *remote,
        BeltProject   *project,
        const char    *rule)
{
  g_autoptr(BeltDeployContent) content = NULL;
  g_autoptr(BeltDeployPlan) plan = NULL;
  g_autoptr(GError) error = NULL;
  gboolean done;

  belt_cli_show_progress ("compiling and packing …");
  if (!(content = belt_deploy_content_new_for_rule (project, rule, belt_cli_get_cancellable (), &error)))
    {
      belt_cli_complain (&belt_cmd_deploy, "%s", error->message);
      return BELT_EXIT_USAGE;
    }
  belt_cli_show_progress ("asking %s what it has …", belt_remote_get_name (remote));
  if (!(plan = belt_deploy_plan (remote, content, belt_cli_get_cancellable (), &error)))
    {
      belt_cli_complain (&belt_cmd_deploy, "%s", error->message);
      return BELT_EXIT_FAILED;
    }
  belt_cli_show_progress (NULL);
  if (!options->json)
    print_plan (plan);
  if (options->plan_only)
    {
      if (options->json)
        print_json (plan);
      return plan->refused ? BELT_EXIT_FAILED : BELT_EXIT_OK;
    }

  done = belt_deploy_run (remote, content, plan, show_step, NULL, belt_cli_get_cancellable (), &error);
  if (options->json)
    print_json (plan);
  if (!done)
    belt_cli_complain (&belt_cmd_deploy, "%s", error->message);
  return done ? BELT_EXIT_OK : BELT_EXIT_FAILED;
}

static int
run (int    argc,
     char **argv)
{
  Options options = { NULL };
  const GOptionEntry entries[] =
  {
    { "to", 't', 0, G_OPTION_ARG_STRING, &options.to, "The engine, by its name in the manifest or its address",
      "ENGINE" },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &options.token_file, "File with the engine's token", "FILE" },
    { "plan", 0, 0, G_OPTION_ARG_NONE, &options.plan_only, "Only say what would change", NULL },
    { "undo", 0, 0, G_OPTION_ARG_NONE, &options.undo, "Take the newest deploy to this engine back", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print the steps as JSON", NULL },
    { NULL },
  };
  g_autoptr(BeltProject) project = NULL;
  g_autoptr(BeltRemote) remote = NULL;
  int code;

  if (!belt_cli_parse (&belt_cmd_deploy, entries, &argc, &argv, 1, 2, &code))
    return code;
  if (!options.undo && argc < 3)
    {
      belt_cli_complain (&belt_cmd_deploy, "which rule? usage: belt deploy PROJECT RULE --to ENGINE");
      return BELT_EXIT_USAGE;
    }
  if (!(project = belt_cli_open_project (argv[1])) || !(remote = find_remote (&options, project)))
    code = BELT_EXIT_USAGE;
  else
    code = options.undo ? undo (remote, project) : deploy (&options, remote, project, argv[2]);
  g_free (options.to);
  g_free (options.token_file);
  return code;
}

const BeltCommand belt_cmd_deploy =
{
  "deploy", "PROJECT RULE --to ENGINE", "Bring a rule with its streams and plugins to an engine, or undo that", run,
};
