/* belt-join-sides.h - which streams a JOIN joins, and whose columns come first
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper takes the first two streams that ON names.  When it does not name exactly
 * two, the FROM stream and the joined one are put behind those it names: a
 * condition on one stream alone joins it with itself, or swaps the sides.  By its
 * alias eKuiper finds no rows of a stream.
 */
#pragma once

#include "belt-resolve.h"

G_BEGIN_DECLS

#define BELT_JOIN_SIDE_NONE G_MAXUINT   /* a stream without rows */

/* Of the join whose table is `stream`; on: what is left of its condition, or NULL. */
void   belt_join_sides_find      (const BeltResolved *resolved,
                                  BeltNode           *on,
                                  guint               stream,
                                  guint              *ret_left,
                                  guint              *ret_right);
/* All streams in the order of the parts of a joined row: where names meet the first one that has it counts.
 * on: [n_streams] */
guint *belt_join_sides_dup_order (const BeltResolved *resolved,
                                  BeltNode *const    *on);

G_END_DECLS
