/* belt-plugin-site.h - a call site of a plugin function, which outlives hosts and builds
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-function.h"
#include "belt-plugin-version.h"

G_BEGIN_DECLS

#define BELT_PLUGIN_SNAPSHOT_BATCHES 64u
#define BELT_PLUGIN_REPLAY_BYTES     (4u << 20)

/* An entry of the function table, and whose it is. */
typedef struct
{
  BeltFunction     function;
  BeltPluginEntry *entry;
  char            *definition;   /* as the plugin spells it; the table's name is lower case */
} BeltPluginFunction;

extern const BeltBatchFunctionClass belt_plugin_site_class;

G_END_DECLS
