/* belt-project-plugins.c - a project's plugins, compiled and running
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-project-plugins.h"

#include "belt-clock.h"

#include <string.h>

void
belt_reload_free (BeltReload *self)
{
  if (self == NULL)
    return;

  g_free (self->plugin);
  g_ptr_array_unref (self->diagnostics);
  g_free (self->sentence);
  g_free (self);
}

void
belt_project_plugin_get_options (const BeltManifestPlugin *plugin,
                                  BeltPluginOptions        *ret_options)
{
  /* What is being worked on gets the heap that faults at the line that overflows it. */
  *ret_options = (BeltPluginOptions) {
    .isolation = plugin->in_process ? BELT_PROCESS_IN_PROCESS : BELT_PROCESS_FENCED,
    .function_budget_ms = plugin->kind == BELT_MANIFEST_FUNCTION ? plugin->budget_ms : 0,
    .io_budget_ms = plugin->kind != BELT_MANIFEST_FUNCTION ? plugin->budget_ms : 0,
  };
}

static gboolean
is_running (BeltPluginSet *set,
            const char    *name,
            const char    *path)
{
  g_autoptr(JsonNode) info = belt_plugin_set_describe (set, name);

  return info != NULL && g_strcmp0 (json_object_get_string_member (json_node_get_object (info), "path"),
                                    path) == 0 &&
         g_strcmp0 (json_object_get_string_member (json_node_get_object (info), "state"), "faulted") != 0;
}

/* The first error, as the sentence says it. */
static char *
describe_errors (BeltReload *self)
{
  for (guint i = 0; i < self->diagnostics->len; i++)
    {
      const BeltDiagnostic *diagnostic = g_ptr_array_index (self->diagnostics, i);

      if (diagnostic->severity == BELT_SEVERITY_ERROR)
        return g_strdup_printf ("not swapped: %u error%s, %s:%u: %s", self->n_errors,
                                self->n_errors == 1 ? "" : "s",
                                diagnostic->file != NULL ? diagnostic->file : self->plugin, diagnostic->line,
                                diagnostic->message);
    }

  return g_strdup_printf ("not swapped: %u errors", self->n_errors);
}

static void
add_error (BeltReload *self,
           const char *file,
           const char *text)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new (BELT_SEVERITY_ERROR, "plugin", (BeltSpan) { 0, 0 }, "%s", text);

  diagnostic->file = g_strdup (file);
  diagnostic->line = diagnostic->column = diagnostic->end_line = diagnostic->end_column = 1;
  g_ptr_array_add (self->diagnostics, diagnostic);
  self->n_errors++;
}

static void
install (BeltReload               *self,
         const BeltManifestPlugin *plugin,
         BeltPluginSet            *set,
         const char               *path)
{
  BeltPluginOptions options;
  g_autoptr(GError) error = NULL;

  belt_project_plugin_get_options (plugin, &options);
  self->installed = belt_plugin_set_install (set, plugin->name, path, &options, &error);
  if (!self->installed)
    add_error (self, plugin->files[0], error->message);
}

BeltReload *
belt_project_reload_plugin (const char               *folder,
                             const BeltManifestPlugin *plugin,
                             BeltPluginSet            *set,
                             GCancellable             *cancellable,
                             GError                  **error)
{
  g_autoptr(BeltReload) self = g_new0 (BeltReload, 1);
  g_autoptr(BeltClock) clock = belt_clock_new_wall ();
  gint64 start_ms = belt_clock_get_ms (clock);
  g_autoptr(GError) build_error = NULL;
  g_autoptr(BeltBuild) build = belt_builder_build (folder, plugin, cancellable, &build_error);

  if (build == NULL && g_error_matches (build_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&build_error));
      return NULL;
    }

  self->plugin = g_strdup (plugin->name);
  self->diagnostics = build != NULL ? g_ptr_array_ref (build->diagnostics)
                                    : g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  self->n_errors = build != NULL ? build->n_errors : 0;
  if (build == NULL)
    add_error (self, plugin->files[0], build_error->message);
  else if (build->so_path != NULL && is_running (set, plugin->name, build->so_path))
    self->unchanged = TRUE;
  else if (build->so_path != NULL)
    install (self, plugin, set, build->so_path);

  self->elapsed_ms = belt_clock_get_ms (clock) - start_ms;
  if (self->installed)
    self->sentence = g_strdup_printf ("compiled and loaded in %" G_GINT64_FORMAT " ms", self->elapsed_ms);
  else if (self->unchanged)
    self->sentence = g_strdup ("no change: this build runs already");
  else
    self->sentence = describe_errors (self);

  return g_steal_pointer (&self);
}

typedef struct
{
  char          *folder;
  BeltManifest  *manifest;   /* of the one plugin */
  BeltPluginSet *set;
} BeltReloadJob;

static void
free_job (gpointer data)
{
  BeltReloadJob *job = data;

  g_free (job->folder);
  belt_manifest_free (job->manifest);
  belt_plugin_set_unref (job->set);
  g_free (job);
}

static void
reload_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  BeltReloadJob *job = data;
  GError *error = NULL;
  BeltReload *reload = belt_project_reload_plugin (job->folder, g_ptr_array_index (job->manifest->plugins, 0),
                                                    job->set,
                                                    cancellable, &error);

  if (reload != NULL)
    g_task_return_pointer (task, reload, (GDestroyNotify)belt_reload_free);
  else
    g_task_return_error (task, error);
}

void
belt_project_reload_plugin_async (const char               *folder,
                                   const BeltManifestPlugin *plugin,
                                   BeltPluginSet            *set,
                                   GCancellable             *cancellable,
                                   GAsyncReadyCallback       callback,
                                   gpointer                  user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  BeltReloadJob *job = g_new0 (BeltReloadJob, 1);

  job->folder = g_strdup (folder);
  job->manifest = belt_manifest_new_of_plugin (plugin);
  job->set = belt_plugin_set_ref (set);
  g_task_set_source_tag (task, belt_project_reload_plugin_async);
  g_task_set_task_data (task, job, free_job);
  g_task_run_in_thread (task, reload_thread);
}

BeltReload *
belt_project_reload_plugin_finish (GAsyncResult *result,
                                    GError      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
belt_project_load_plugins (BeltProject   *self,
                           BeltPluginSet *set,
                           GPtrArray     *diagnostics,
                           GCancellable  *cancellable)
{
  BeltManifest *manifest = belt_project_get_manifest (self);
  gboolean all_well = TRUE;

  for (guint i = 0; i < manifest->plugins->len; i++)
    {
      g_autoptr(BeltReload) reload = belt_project_reload_plugin (belt_project_get_folder (self),
                                                                  g_ptr_array_index (manifest->plugins, i), set,
                                                                  cancellable, NULL);

      if (reload == NULL)
        return FALSE;
      all_well &= reload->n_errors == 0;
      for (guint k = 0; diagnostics != NULL && k < reload->diagnostics->len; k++)
        g_ptr_array_add (diagnostics, belt_diagnostic_copy (g_ptr_array_index (reload->diagnostics, k)));
    }

  return all_well;
}
