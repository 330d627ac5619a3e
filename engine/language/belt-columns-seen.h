/* belt-columns-seen.h - the columns that are in sample rows, for completion and checks
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-language.h"

G_BEGIN_DECLS

#define BELT_COLUMNS_SEEN_ROWS_MAX 10000u

typedef struct _BeltColumnsSeen BeltColumnsSeen;

BeltColumnsSeen        *belt_columns_seen_new     (void);
void                  belt_columns_seen_free    (BeltColumnsSeen  *self);
/* One row of a stream. */
void                  belt_columns_seen_add     (BeltColumnsSeen  *self,
                                               const char     *stream,
                                               const BeltValue *row);
/* Lines of JSON objects, the first BELT_COLUMNS_SEEN_ROWS_MAX of them; others are passed over. */
void                  belt_columns_seen_add_lines (BeltColumnsSeen *self,
                                               const char     *stream,
                                               const char     *text,
                                               gsize           len);
/* Valid until the next row is added. */
const BeltColumnSeen *belt_columns_seen_get_all (BeltColumnsSeen  *self,
                                               guint          *ret_n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltColumnsSeen, belt_columns_seen_free)

G_END_DECLS
