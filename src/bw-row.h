/* bw-row.h - one row of a trial, for tables
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

G_BEGIN_DECLS

#define BW_TYPE_ROW (bw_row_get_type ())
G_DECLARE_FINAL_TYPE (BwRow, bw_row, BW, ROW, GObject)

/* Borrows from the trial, which it keeps. */
BwRow              *bw_row_new          (BeltTrial          *trial,
                                         const BeltTrialRow *row);
/* A payload that a sink would have sent. */
BwRow              *bw_row_new_payload  (const char         *payload,
                                         guint               number);
/* Stands for another row from now on; emits "changed". */
void                bw_row_assign       (BwRow              *self,
                                         BeltTrial          *trial,
                                         const BeltTrialRow *row,
                                         const char         *payload,
                                         guint               number);
const BeltTrialRow *bw_row_get_row      (BwRow              *self);
char               *bw_row_dup_number   (BwRow              *self);
char               *bw_row_dup_time     (BwRow              *self);
const char         *bw_row_get_why      (BwRow              *self);
char               *bw_row_dup_cell     (BwRow              *self,
                                         const char         *column,
                                         gboolean           *ret_number);
char               *bw_row_dup_json     (BwRow              *self);
char               *bw_value_dup_text   (const BeltValue    *value);

G_END_DECLS
