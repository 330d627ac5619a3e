/* bw-change.h - another name, or the end, of a thing of the project, off the main thread
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"
#include "bw-project.h"

G_BEGIN_DECLS

#define BW_TYPE_CHANGE (bw_change_get_type ())
G_DECLARE_FINAL_TYPE (BwChange, bw_change, BW, CHANGE, GObject)

BwChange   *bw_change_new          (BwProject           *project,
                                    BwItem              *item,
                                    gboolean             is_deletion);
BwItem     *bw_change_get_item     (BwChange            *self);
gboolean    bw_change_is_deletion  (BwChange            *self);
/* Of what it is planned to be called. */
const char *bw_change_get_name     (BwChange            *self);
/* Reads the project; the name it has already: only to say what would change. */
void        bw_change_plan_async   (BwChange            *self,
                                    const char          *name,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data);
gboolean    bw_change_plan_finish  (BwChange            *self,
                                    GAsyncResult        *result,
                                    GError             **error);
void        bw_change_apply_async  (BwChange            *self,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data);
void        bw_change_undo_async   (BwChange            *self,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data);
gboolean    bw_change_finish       (BwChange            *self,
                                    GAsyncResult        *result,
                                    GError             **error);
/* Who else names it, or what is deleted, in a few sentences; once it is planned. */
char       *bw_change_dup_effect   (BwChange            *self);
/* Of BeltChangedFile; empty until it is planned. */
GPtrArray  *bw_change_get_files    (BwChange            *self);
/* Files with text that was typed and not saved, as the plan found them. */
GPtrArray  *bw_change_get_typed    (BwChange            *self);

G_END_DECLS
