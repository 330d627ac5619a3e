/* belt-plugin-set.h - the plugins an engine has
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Any thread.  Installing a name again is the hot swap: a new host is started and
 * the plugin loaded and checked in it; if that works, every running call site,
 * source and sink takes the new version over at its next batch, with its state.
 * If it does not work, the error says why and nothing has changed.
 *
 * What happens later on other threads (swaps, crashes, log lines) is told as
 * notices, on the main context of the thread that subscribed.
 */
#pragma once

#include "belt-function.h"
#include "belt-plugin-version.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define BELT_PLUGIN_NOTICES_MAX 1000u   /* waiting; more are counted and told as one */

typedef struct _BeltPluginSet BeltPluginSet;

typedef struct
{
  BeltProcessKind isolation;
  guint           function_budget_ms;  /* 0: 100 */
  guint           io_budget_ms;        /* 0: 10,000 */
  const char     *data_dir;            /* the plugin's own, may be NULL */
} BeltPluginOptions;

typedef void (*BeltPluginNoticeFunc) (const BeltPluginNotice *notice,
                                      gpointer                user_data);

BeltPluginSet     *belt_plugin_set_new             (void);
BeltPluginSet     *belt_plugin_set_ref             (BeltPluginSet           *self);
void               belt_plugin_set_unref           (BeltPluginSet           *self);
/* The file must never be overwritten afterwards: a new build gets a new name. */
gboolean           belt_plugin_set_install         (BeltPluginSet           *self,
                                                    const char              *name,
                                                    const char              *path,
                                                    const BeltPluginOptions *options,
                                                    GError                 **error);
gboolean           belt_plugin_set_remove          (BeltPluginSet           *self,
                                                    const char              *name);
/* Goes up with each install, remove and fall-back. */
guint              belt_plugin_set_get_generation  (BeltPluginSet           *self);
/* Returns: (transfer full): the built-in functions and those of the plugins */
BeltFunctionTable *belt_plugin_set_dup_functions   (BeltPluginSet           *self);
/* Returns: (transfer full) (element-type utf8): names in order */
GPtrArray         *belt_plugin_set_list            (BeltPluginSet           *self);
/* {name, id, version, path, isolation, state, fault, pid, definitions: [{name, kind, signature, doc, schema}]}.
 * Returns: (transfer full) (nullable) */
JsonNode          *belt_plugin_set_describe        (BeltPluginSet           *self,
                                                    const char              *name);
/* Returns: (transfer full) (nullable): the plugin that has this definition, kind "source", "sink" or "function" */
char              *belt_plugin_set_find            (BeltPluginSet           *self,
                                                    const char              *kind,
                                                    const char              *definition);
/* Of the thread's default main context.  One subscriber. */
void               belt_plugin_set_set_notice_func (BeltPluginSet           *self,
                                                    BeltPluginNoticeFunc     func,
                                                    gpointer                 user_data,
                                                    GDestroyNotify           notify);
const char        *belt_plugin_notice_kind_get_name (BeltPluginNoticeKind    kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPluginSet, belt_plugin_set_unref)

G_END_DECLS
