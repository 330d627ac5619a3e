/* belt-cmd-build.c - `belt build`: a project's plugins to shared objects
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-builder.h"
#include "belt-cli.h"

static gboolean
build_plugin (const char               *folder,
              const BeltManifestPlugin *plugin)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltBuild) build = NULL;

  belt_cli_show_progress ("compiling %s …", plugin->name);
  build = belt_builder_build (folder, plugin, belt_cli_get_cancellable (), &error);
  if (build == NULL)
    {
      belt_cli_complain (&belt_cmd_build, "%s", error->message);
      return FALSE;
    }
  belt_cli_print_diagnostics (build->diagnostics);
  if (build->so_path == NULL)
    {
      g_printerr ("%s: %u error%s\n", plugin->name, build->n_errors, build->n_errors == 1 ? "" : "s");
      return FALSE;
    }
  g_print ("%s\n", build->so_path);
  return TRUE;
}

static int
run (int    argc,
     char **argv)
{
  g_autoptr(BeltProject) project = NULL;
  BeltManifest *manifest;
  g_autoptr(GError) error = NULL;
  gboolean failed = FALSE;
  int code;

  if (!belt_cli_parse (&belt_cmd_build, NULL, &argc, &argv, 1, -1, &code))
    return code;
  if (!(project = belt_cli_open_project (argv[1])))
    return BELT_EXIT_USAGE;
  manifest = belt_project_get_manifest (project);
  for (int i = 2; i < argc; i++)
    {
      if (belt_manifest_get_plugin (manifest, argv[i]) == NULL)
        {
          belt_cli_complain (&belt_cmd_build, "project %s has no plugin “%s”", belt_project_get_name (project),
                             argv[i]);
          return BELT_EXIT_USAGE;
        }
    }

  if (!belt_builder_write_commands (belt_project_get_folder (project), manifest, &error))
    {
      belt_cli_complain (&belt_cmd_build, "%s", error->message);
      return BELT_EXIT_USAGE;
    }
  for (guint i = 0; i < manifest->plugins->len && !g_cancellable_is_cancelled (belt_cli_get_cancellable ()); i++)
    {
      BeltManifestPlugin *plugin = g_ptr_array_index (manifest->plugins, i);

      if (argc == 2 || g_strv_contains ((const char *const *) argv + 2, plugin->name))
        failed |= !build_plugin (belt_project_get_folder (project), plugin);
    }
  return failed ? BELT_EXIT_FAILED : BELT_EXIT_OK;
}

const BeltCommand belt_cmd_build =
{
  "build", "PROJECT [PLUGIN…]", "Compile a project's plugins and print where they are", run,
};
