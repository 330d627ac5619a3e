/* bw-plugin.h - one plugin of the project and the sentence that says its state
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  BW_PLUGIN_EDITING,      /* nothing built yet */
  BW_PLUGIN_COMPILING,
  BW_PLUGIN_SWAPPED,
  BW_PLUGIN_NOT_SWAPPED,  /* errors; the old build goes on */
  BW_PLUGIN_CRASHED,
} BwPluginState;

#define BW_TYPE_PLUGIN (bw_plugin_get_type ())
G_DECLARE_FINAL_TYPE (BwPlugin, bw_plugin, BW, PLUGIN, GObject)

BwPlugin     *bw_plugin_new          (const char    *name);
const char   *bw_plugin_get_name     (BwPlugin      *self);
BwPluginState bw_plugin_get_state    (BwPlugin      *self);
const char   *bw_plugin_get_sentence (BwPlugin      *self);
void          bw_plugin_set_state    (BwPlugin      *self,
                                      BwPluginState  state,
                                      const char    *sentence);
/* Of BwProblem. */
GListStore   *bw_plugin_get_problems (BwPlugin      *self);

G_END_DECLS
