/* bw-change-flow.h - one rename or deletion on its way
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-change.h"
#include "bw-rename-dialog.h"
#include "bw-window.h"

G_BEGIN_DECLS

typedef struct
{
  BwWindow       *window;
  BwChange       *change;
  BwRenameDialog *dialog;    /* NULL: a deletion */
  char           *name;      /* that it gets */
  GPtrArray      *unsaved;   /* of BwDocument */
  guint           n_saving;
  char           *problem;   /* of saving */
} BwChangeFlow;

/* dialog: what asked for another name; NULL: a deletion. */
BwChangeFlow *bw_change_flow_new              (BwWindow       *window,
                                               BwChange       *change,
                                               BwRenameDialog *dialog,
                                               const char     *name);
void          bw_change_flow_free             (BwChangeFlow   *self);
/* It ends here, with the reason. */
void          bw_change_flow_fail             (BwChangeFlow   *self,
                                               const char     *problem);
/* "Not saved yet, and saved first: hot.sql, average.sql."; NULL: all is saved. */
char         *bw_change_flow_describe_unsaved (BwChangeFlow   *self);
/* What is typed is saved, then planned, then done.  Takes the flow. */
void          bw_change_flow_run              (BwChangeFlow   *self);

G_END_DECLS
