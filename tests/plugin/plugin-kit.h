/* plugin-kit.h - what the tests of plugins share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plugin-set.h"

/* A fresh folder, removed at exit. */
const char        *plugin_kit_get_folder (void);
/* Compiles C text (the header is included) as `belt build` does; never the same path twice. */
char              *plugin_kit_compile    (const char         *name,
                                          const char         *source);
/* The text of a template with its placeholders filled in. */
char              *plugin_kit_template   (const char         *kind,
                                          const char         *name);
/* Compiles and installs, or fails the test. */
void               plugin_kit_install    (BeltPluginSet      *set,
                                          const char         *name,
                                          const char         *source,
                                          BeltProcessKind     isolation);
/* A call site of a function with no constant arguments. */
gpointer           plugin_kit_site       (BeltFunctionTable  *table,
                                          const char         *name,
                                          guint               n_args,
                                          const BeltFunction **ret_function);
/* All notices so far, and forgets them: of BeltPluginNotice copies "kind: text". */
GPtrArray         *plugin_kit_notices    (BeltPluginSet      *set);
/* One line of `notices` that has all of the words; NULL: none. */
const char        *plugin_kit_find       (GPtrArray          *notices,
                                          const char         *a,
                                          const char         *b);
