/* belt-project-plugins.c - a project's plugins, compiled and loaded
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-project-plugins.h"

#include "belt-builder.h"

#include <string.h>

static void
complain (GPtrArray                *diagnostics,
          const BeltManifestPlugin *plugin,
          const char               *text)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new (BELT_SEVERITY_ERROR, "plugin", (BeltSpan) { 0, 0 }, "%s", text);

  diagnostic->file = g_strdup (plugin->files[0]);
  g_ptr_array_add (diagnostics, diagnostic);
}

void
belt_project_plugin_get_options (const BeltManifestPlugin *plugin,
                                 BeltPluginOptions        *ret_options)
{
  memset (ret_options, 0, sizeof *ret_options);
  ret_options->isolation = plugin->in_process ? BELT_PROCESS_IN_PROCESS : BELT_PROCESS_HOST;
  if (plugin->kind == BELT_MANIFEST_FUNCTION)
    ret_options->function_budget_ms = plugin->budget_ms;
  else
    ret_options->io_budget_ms = plugin->budget_ms;
}

static gboolean
load_plugin (BeltProject              *self,
             BeltPluginSet            *set,
             const BeltManifestPlugin *plugin,
             GPtrArray                *diagnostics,
             GCancellable             *cancellable)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltBuild) build = belt_builder_build (belt_project_get_folder (self), plugin, cancellable, &error);
  BeltPluginOptions options;

  if (build == NULL)
    {
      complain (diagnostics, plugin, error->message);
      return FALSE;
    }
  for (guint i = 0; i < build->diagnostics->len; i++)
    g_ptr_array_add (diagnostics, belt_diagnostic_copy (g_ptr_array_index (build->diagnostics, i)));
  if (build->so_path == NULL)
    return FALSE;

  belt_project_plugin_get_options (plugin, &options);
  if (!belt_plugin_set_install (set, plugin->name, build->so_path, &options, &error))
    {
      complain (diagnostics, plugin, error->message);
      return FALSE;
    }
  return TRUE;
}

gboolean
belt_project_load_plugins (BeltProject   *self,
                           BeltPluginSet *set,
                           GPtrArray     *diagnostics,
                           GCancellable  *cancellable)
{
  BeltManifest *manifest = belt_project_get_manifest (self);
  gboolean all = TRUE;

  for (guint i = 0; i < manifest->plugins->len; i++)
    all &= load_plugin (self, set, g_ptr_array_index (manifest->plugins, i), diagnostics, cancellable);
  return all;
}
