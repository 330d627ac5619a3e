/* bw-rows-model.h - the rows of a trial at one side of one operator
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-row.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define BW_TYPE_ROWS_MODEL (bw_rows_model_get_type ())
G_DECLARE_FINAL_TYPE (BwRowsModel, bw_rows_model, BW, ROWS_MODEL, GObject)

/* Names of all columns of some rows of a trial, in their order; NULL-terminated.  rows: or NULL. */
GStrv        bw_rows_dup_columns    (GPtrArray   *rows);
BwRowsModel *bw_rows_model_new      (void);
/* One items-changed.  rows: of BeltTrialRow, the trial's, or NULL. */
void         bw_rows_model_set_rows (BwRowsModel *self,
                                     BeltTrial   *trial,
                                     GPtrArray   *rows);
/* What a sink would have sent: texts, the trial's. */
void         bw_rows_model_set_payloads (BwRowsModel *self,
                                     BeltTrial   *trial,
                                     GPtrArray   *payloads);
/* All there are; the list may have fewer for a moment. */
guint        bw_rows_model_get_n_rows (BwRowsModel *self);
/* The first row on screen: from here on rows are replaced first. */
void         bw_rows_model_set_first (BwRowsModel *self,
                                     guint        position);
/* The list has this row, now. */
void         bw_rows_model_reveal   (BwRowsModel *self,
                                     guint        position);
/* At most n of all rows, from everywhere; of BwRow. */
GPtrArray   *bw_rows_model_dup_some (BwRowsModel *self,
                                     guint        n);
/* Position of the row with this id, or G_MAXUINT. */
guint        bw_rows_model_find     (BwRowsModel *self,
                                     BeltRowId    id);

G_END_DECLS
