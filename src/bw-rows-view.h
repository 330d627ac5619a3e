/* bw-rows-view.h - rows that came in, went out or were dropped at one operator
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-row.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum
{
  BW_SIDE_IN,
  BW_SIDE_OUT,
  BW_SIDE_DROPPED,
  BW_N_SIDES
} BwSide;

#define BW_TYPE_ROWS_VIEW (bw_rows_view_get_type ())
G_DECLARE_FINAL_TYPE (BwRowsView, bw_rows_view, BW, ROWS_VIEW, GtkWidget)

/* trial NULL: nothing to show; the text says why. */
void        bw_rows_view_set_trial    (BwRowsView *self,
                                       BeltTrial  *trial,
                                       guint       op,
                                       const char *empty_text);
BwSide      bw_rows_view_get_side     (BwRowsView *self);
void        bw_rows_view_set_side     (BwRowsView *self,
                                       BwSide      side);
/* The first selected row, or NULL. */
BwRow      *bw_rows_view_dup_row      (BwRowsView *self);
void        bw_rows_view_select       (BwRowsView *self,
                                       guint       position);
/* The row with this id, if it is there. */
void        bw_rows_view_select_id    (BwRowsView *self,
                                       BeltRowId   id);
GListModel *bw_rows_view_get_model    (BwRowsView *self);

G_END_DECLS
