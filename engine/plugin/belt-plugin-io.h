/* belt-plugin-io.h - sources and sinks of plugins, as the runtime knows sources and sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plugin-version.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* "source", "sink" or "function" */
const char *belt_plugin_kind_get_name     (guint               kind);
/* Makes the sources and sinks of a version known under their names. */
void        belt_plugin_io_register       (BeltPluginEntry    *entry,
                                           BeltPluginVersion  *version);
/* Forgets those of a version that its successor (may be NULL) does not have. */
void        belt_plugin_io_unregister     (BeltPluginEntry    *entry,
                                           BeltPluginVersion  *version,
                                           BeltPluginVersion  *successor);
/* Sources and sinks point to their class for as long as they run, so classes are never freed. */
void        belt_plugin_io_keep           (gpointer            klass);
void        belt_plugin_source_unregister (BeltPluginEntry    *entry,
                                           const char         *name);
void        belt_plugin_sink_unregister   (BeltPluginEntry    *entry,
                                           const char         *name);
void        belt_plugin_source_register   (BeltPluginEntry    *entry,
                                           const char         *name);
void        belt_plugin_sink_register     (BeltPluginEntry    *entry,
                                           const char         *name);
/* Properties as the plugin gets them: checked against its schema, defaults filled in. */
gboolean    belt_plugin_config_read       (const BeltPluginDef *def,
                                           JsonObject         *properties,
                                           BeltArena          *arena,
                                           BeltValue          *ret_config,
                                           GError            **error);

G_END_DECLS
