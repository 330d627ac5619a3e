/* belt-cmd-pack.c - `belt pack`: a plugin as a zip that an engine installs
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-deploy-content.h"
#include "belt-error.h"

static int
run (int    argc,
     char **argv)
{
  g_autofree char *output = NULL;
  const GOptionEntry entries[] =
  {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Where to write it (default: target/NAME-VERSION.zip)",
      "FILE" },
    { NULL },
  };
  g_autoptr(BeltProject) project = NULL;
  g_autoptr(GBytes) zip = NULL;
  g_autoptr(GError) error = NULL;
  int code;

  if (!belt_cli_parse (&belt_cmd_pack, entries, &argc, &argv, 2, 2, &code))
    return code;
  if (!(project = belt_cli_open_project (argv[1])))
    return BELT_EXIT_USAGE;
  belt_cli_show_progress ("compiling and packing %s …", argv[2]);
  if (!(zip = belt_deploy_pack_plugin (project, argv[2], belt_cli_get_cancellable (), &error)))
    {
      belt_cli_complain (&belt_cmd_pack, "%s", error->message);
      return g_error_matches (error, BELT_ERROR, BELT_ERROR_NOT_FOUND) ? BELT_EXIT_USAGE : BELT_EXIT_FAILED;
    }
  if (output == NULL)
    {
      BeltManifestPlugin *plugin = belt_manifest_get_plugin (belt_project_get_manifest (project), argv[2]);
      g_autofree char *name = g_strdup_printf ("%s-%s.zip", plugin->name, plugin->version);

      output = belt_project_dup_target (project, name);
    }
  belt_cli_show_progress (NULL);
  if (!g_file_set_contents (output, g_bytes_get_data (zip, NULL), (gssize) g_bytes_get_size (zip), &error))
    {
      belt_cli_complain (&belt_cmd_pack, "%s", error->message);
      return BELT_EXIT_USAGE;
    }
  g_print ("%s\n", output);
  return BELT_EXIT_OK;
}

const BeltCommand belt_cmd_pack =
{
  "pack", "PROJECT PLUGIN", "Pack a plugin as a zip that an engine installs", run,
};
