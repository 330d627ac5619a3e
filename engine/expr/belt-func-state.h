/* belt-func-state.h - what project operators need for unnest, extract and changed_cols
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-function.h"
#include "belt-state.h"

G_BEGIN_DECLS

/* Columns of changed_cols() as they were; one a rule, shared by its call sites.  [worker] */
typedef struct _BeltChangedColumns BeltChangedColumns;

BeltValue           belt_func_unnest_items      (BeltCall           *call,
                                                 const BeltValue    *value);
BeltValue           belt_func_extract_members   (BeltCall           *call,
                                                 const BeltValue    *value);
BeltChangedColumns *belt_changed_columns_new    (void);
void                belt_changed_columns_free   (BeltChangedColumns *self);
gboolean            belt_changed_columns_update (BeltChangedColumns *self,
                                                 const char         *name,
                                                 const BeltValue    *value,
                                                 gboolean            ignore_null);
void                belt_changed_columns_save    (BeltChangedColumns *self,
                                                 BeltStateWriter    *writer);
void                belt_changed_columns_restore (BeltChangedColumns *self,
                                                 BeltStateReader    *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltChangedColumns, belt_changed_columns_free)

G_END_DECLS
