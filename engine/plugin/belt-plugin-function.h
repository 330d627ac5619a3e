/* belt-plugin-function.h - functions and aggregates of plugins as entries of the function table
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-function.h"
#include "belt-plugin-version.h"

G_BEGIN_DECLS

/* Returns: (transfer full): a function for a definition of the entry's current version; it goes with the
 * table it is put into */
BeltFunction *belt_plugin_function_new (BeltPluginEntry     *entry,
                                        const BeltPluginDef *def);

G_END_DECLS
