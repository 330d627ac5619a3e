/* belt-join-tables.h - the newest rows of the scan tables of a join
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-op-join.h"
#include "belt-row-store.h"

G_BEGIN_DECLS

typedef struct _BeltJoinTables BeltJoinTables;

BeltJoinTables     *belt_join_tables_new      (const BeltJoinSpec *spec,
                                               const BeltLayout   *layout);
void                belt_join_tables_free     (BeltJoinTables     *self);
/* TRUE if the row is one of a table's, and has been taken. */
gboolean            belt_join_tables_keep     (BeltJoinTables     *self,
                                               BeltBatch          *batch,
                                               guint               row);
const BeltRowStore *belt_join_tables_get_rows (BeltJoinTables     *self,
                                               guint               stream);
void                belt_join_tables_save     (BeltJoinTables     *self,
                                               BeltStateWriter    *writer);
void                belt_join_tables_restore  (BeltJoinTables     *self,
                                               BeltStateReader    *reader);

G_END_DECLS
