/* belt-cmd-engines.c - `belt engines`: the engines a project deploys to
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-remote.h"

/* One line: name, address, and what it says of itself. */
static gboolean
print_engine (const BeltManifestEngine *engine)
{
  g_autoptr(BeltRemote) remote = belt_remote_new (engine->name, engine->url, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltRemoteInfo) info = NULL;

  belt_cli_show_progress ("asking %s …", engine->name);
  info = belt_remote_probe (remote, belt_cli_get_cancellable (), &error);
  belt_cli_show_progress (NULL);
  if (info == NULL)
    {
      g_print ("%-16s %-32s offline: %s\n", engine->name, engine->url, error->message);
      return FALSE;
    }
  g_print ("%-16s %-32s %s %s, %s/%s%s%s\n", engine->name, engine->url,
           info->is_belt ? "beltd, follows eKuiper" : "eKuiper", info->version, info->os, info->arch,
           info->is_belt ? ", glibc " : "", info->is_belt ? info->libc_version : "");
  return TRUE;
}

static int
run (int    argc,
     char **argv)
{
  g_autofree char *add = NULL;
  g_autofree char *url = NULL;
  g_autofree char *removed = NULL;
  const GOptionEntry entries[] =
  {
    { "add", 0, 0, G_OPTION_ARG_STRING, &add, "Enter an engine in the manifest", "NAME" },
    { "url", 0, 0, G_OPTION_ARG_STRING, &url, "Its address, with --add", "URL" },
    { "remove", 0, 0, G_OPTION_ARG_STRING, &removed, "Take an engine out of the manifest", "NAME" },
    { NULL },
  };
  g_autoptr(BeltProject) project = NULL;
  g_autofree char *manifest_path = NULL;
  g_autoptr(GError) error = NULL;
  gboolean all_answer = TRUE;
  int code;

  if (!belt_cli_parse (&belt_cmd_engines, entries, &argc, &argv, 1, 1, &code))
    return code;
  manifest_path = g_build_filename (argv[1], BELT_MANIFEST_FILE, NULL);
  if ((add != NULL && !belt_manifest_add_engine (manifest_path, add, url != NULL ? url : "", NULL, &error)) ||
      (removed != NULL && !belt_manifest_remove_engine (manifest_path, removed, &error)))
    {
      belt_cli_complain (&belt_cmd_engines, "%s", error->message);
      return BELT_EXIT_USAGE;
    }
  if (!(project = belt_cli_open_project (argv[1])))
    return BELT_EXIT_USAGE;
  for (guint i = 0; i < belt_project_get_manifest (project)->engines->len; i++)
    all_answer &= print_engine (g_ptr_array_index (belt_project_get_manifest (project)->engines, i));
  return all_answer ? BELT_EXIT_OK : BELT_EXIT_FAILED;
}

const BeltCommand belt_cmd_engines =
{
  "engines", "PROJECT", "List a project's engines and whether they answer; add and remove them", run,
};
