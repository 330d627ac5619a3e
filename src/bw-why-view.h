/* bw-why-view.h - one row: what happened to it and why, value by value
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-row.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_WHY_VIEW (bw_why_view_get_type ())
G_DECLARE_FINAL_TYPE (BwWhyView, bw_why_view, BW, WHY_VIEW, GtkWidget)

void        bw_why_view_set_row      (BwWhyView *self,
                                      BeltTrial *trial,
                                      guint      op,
                                      BwRow     *row);
const char *bw_why_view_get_sentence (BwWhyView *self);

G_END_DECLS
