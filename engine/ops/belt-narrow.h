/* belt-narrow.h - declared objects without the members that a statement does not open
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of a STRUCT column eKuiper decodes the members that "->" reaches for and no others
 * (A.2): beside o->x, the column o is {"x": …}.  A decoder here may serve several rules,
 * so each of them takes away what it would not have seen; one that serves a single rule
 * does not look at those members at all, so they may be of any type.
 */
#pragma once

#include "belt-arena.h"
#include "belt-catalog.h"
#include "belt-value.h"

G_BEGIN_DECLS

#define BELT_NARROW_DEPTH_MAX 64u   /* members in members; deeper ones stay as they are */

typedef struct
{
  const char     *name;
  gsize           name_len;
  const BeltType *type;
  GPtrArray      *members;   /* of BeltNarrow: the opened ones, of a STRUCT */
} BeltNarrow;

BeltNarrow *belt_narrow_new   (const BeltField  *field);
void        belt_narrow_free  (BeltNarrow       *self);
/* Opens a member.  Returns: it, or NULL if none is declared by this name */
BeltNarrow *belt_narrow_open  (BeltNarrow       *self,
                               const char       *name);
/* The type that a decoder needs to read no more than that. */
BeltType   *belt_narrow_make_type (const BeltNarrow *self,
                                   BeltArena        *arena);
BeltValue   belt_narrow_apply (const BeltNarrow *self,
                               const BeltValue  *value,
                               BeltArena        *arena);

G_END_DECLS
