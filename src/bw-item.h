/* bw-item.h - one thing of a project, as the sidebar shows it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  BW_KIND_STREAM,
  BW_KIND_RULE,
  BW_KIND_PLUGIN,
  BW_KIND_SAMPLE,
  BW_KIND_TEST,
  BW_KIND_ENGINE,
  BW_N_KINDS
} BwKind;

#define BW_TYPE_ITEM (bw_item_get_type ())
G_DECLARE_FINAL_TYPE (BwItem, bw_item, BW, ITEM, GObject)

BwItem     *bw_item_new        (BwKind      kind,
                                const char *name,
                                GFile      *file,
                                const char *detail);
/* What a section without things says. */
BwItem     *bw_item_new_empty  (BwKind      kind);
BwKind      bw_item_get_kind   (BwItem     *self);
const char *bw_item_get_name   (BwItem     *self);
GFile      *bw_item_get_file   (BwItem     *self);
const char *bw_item_get_detail (BwItem     *self);
void        bw_item_set_detail (BwItem     *self,
                                const char *detail);
gboolean    bw_item_is_empty   (BwItem     *self);
/* "Streams", "Rules", … */
const char *bw_kind_get_title  (BwKind      kind);

G_END_DECLS
