/* bw-columns-seen.h - the columns that are in sample rows, for completion and checks
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

G_BEGIN_DECLS

typedef struct _BwColumnsSeen BwColumnsSeen;

BwColumnsSeen        *bw_columns_seen_new     (void);
void                  bw_columns_seen_free    (BwColumnsSeen  *self);
/* One row of a stream. */
void                  bw_columns_seen_add     (BwColumnsSeen  *self,
                                               const char     *stream,
                                               const BeltValue *row);
const BeltColumnSeen *bw_columns_seen_get_all (BwColumnsSeen  *self,
                                               guint          *ret_n);

G_END_DECLS
