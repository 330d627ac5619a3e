/* bw-plugin-use.h - where a project uses a plugin: what its page shows rows of
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-plugins.h"
#include "bw-session.h"

G_BEGIN_DECLS

typedef struct
{
  char *rule;     /* whose rows; NULL: none, see missing */
  char *sql;
  char *sink;     /* a sink's name in the rule's actions, or NULL */
  char *missing;  /* a sentence: what there must be for rows to appear */
} BwPluginUse;

/* The first rule that calls one of its functions or sends to its sink; of a source, all rows of the first stream
 * that reads it. */
BwPluginUse *bw_plugin_use_find    (BwSession         *session,
                                    BwPlugins         *plugins,
                                    const char        *plugin);
void         bw_plugin_use_free    (BwPluginUse       *self);
/* The operator of the trial at which the plugin shows what it does. */
guint        bw_plugin_use_find_op (const BwPluginUse *self,
                                    BeltTrial         *trial);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BwPluginUse, bw_plugin_use_free)

G_END_DECLS
