/* bw-rows-columns.h - the columns of a table of rows
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-rows-model.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct BwRowsColumns BwRowsColumns;

/* table, model: outlive the columns. */
BwRowsColumns *bw_rows_columns_new  (GtkColumnView     *table,
                                     BwRowsModel       *model);
void           bw_rows_columns_free (BwRowsColumns     *self);
/* To be called before the rows come.  names: of the values, NULL-terminated.  why: have a column
 * for the reason.  payload: one for what would have been sent, in place of the time. */
void           bw_rows_columns_show (BwRowsColumns     *self,
                                     const char *const *names,
                                     gboolean           why,
                                     gboolean           payload);
/* As wide as the texts of the rows now in the model. */
void           bw_rows_columns_fit  (BwRowsColumns     *self);

G_END_DECLS
