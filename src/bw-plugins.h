/* bw-plugins.h - builds and swaps the project's plugins
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"
#include "bw-plugin.h"
#include "bw-session.h"

G_BEGIN_DECLS

#define BW_TYPE_PLUGINS (bw_plugins_get_type ())
G_DECLARE_FINAL_TYPE (BwPlugins, bw_plugins, BW, PLUGINS, GObject)

BwPlugins     *bw_plugins_new         (BwSession  *session);
/* The plugin a file belongs to, by its path from the project's folder; NULL: none. */
BwPlugin      *bw_plugins_lookup_path (BwPlugins  *self,
                                       const char *relative);
BwPlugin      *bw_plugins_lookup      (BwPlugins  *self,
                                       const char *name);
/* Compiles and, if that works, swaps. */
void           bw_plugins_build       (BwPlugins  *self,
                                       const char *name);
gboolean       bw_plugins_is_busy     (BwPlugins  *self);
/* belt_plugin_set_describe() of a plugin; NULL: it is not loaded. */
JsonNode      *bw_plugins_describe    (BwPlugins  *self,
                                       const char *name);

G_END_DECLS
