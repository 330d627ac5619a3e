/* belt-project-plugins.h - a project's plugins, compiled and running
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Builder and plugin set together: what Ctrl+S in the workbench does, and what
 * `belt run` does before it starts a rule.  A build that fails, or that does not
 * load, leaves what ran before running.
 */
#pragma once

#include "belt-builder.h"
#include "belt-plugin-set.h"
#include "belt-project.h"

G_BEGIN_DECLS

/* What became of one plugin; immutable. */
typedef struct
{
  char      *plugin;
  gboolean   installed;     /* the new build answers from the next batch on */
  gboolean   unchanged;     /* the same bytes as before: nothing was done */
  GPtrArray *diagnostics;   /* of BeltDiagnostic, the compiler's and the loader's */
  guint      n_errors;
  char      *sentence;      /* "compiled and loaded in 143 ms", "not swapped: functions/ema.c:7:3: …" */
  gint64     elapsed_ms;
} BeltReload;

/* How a plugin of the manifest is to run. */
void        belt_project_plugin_get_options (const BeltManifestPlugin *plugin,
                                              BeltPluginOptions        *ret_options);
/* Compiles and installs one plugin.  Blocks; NULL only when it was cancelled. */
BeltReload *belt_project_reload_plugin      (const char               *folder,
                                              const BeltManifestPlugin *plugin,
                                              BeltPluginSet            *set,
                                              GCancellable             *cancellable,
                                              GError                  **error);
/* The same on a thread; the plugin's description is copied. */
void        belt_project_reload_plugin_async (const char               *folder,
                                              const BeltManifestPlugin *plugin,
                                              BeltPluginSet            *set,
                                              GCancellable             *cancellable,
                                              GAsyncReadyCallback       callback,
                                              gpointer                  user_data);
BeltReload *belt_project_reload_plugin_finish (GAsyncResult            *result,
                                              GError                  **error);
/* All that the manifest names.  Blocks.  Adds to diagnostics (may be NULL); a plugin that does not compile or load
 * is left out; FALSE when there was one. */
gboolean    belt_project_load_plugins        (BeltProject              *self,
                                              BeltPluginSet            *set,
                                              GPtrArray                *diagnostics,
                                              GCancellable             *cancellable);
void        belt_reload_free                 (BeltReload               *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltReload, belt_reload_free)

G_END_DECLS
