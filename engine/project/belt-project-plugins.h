/* belt-project-plugins.h - a project's plugins, compiled and loaded
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plugin-set.h"
#include "belt-project.h"

G_BEGIN_DECLS

/* Compiles what the manifest names and puts it into the set, each in a plugin host of its own unless the
 * manifest says otherwise.  Blocks.  A plugin that does not compile or load is complained about in diagnostics
 * (of BeltDiagnostic) and left out; FALSE when there was one. */
gboolean belt_project_load_plugins (BeltProject                *self,
                                    BeltPluginSet              *set,
                                    GPtrArray                  *diagnostics,
                                    GCancellable               *cancellable);
/* How one of them is to be run. */
void     belt_project_plugin_get_options (const BeltManifestPlugin *plugin,
                                    BeltPluginOptions          *ret_options);

G_END_DECLS
