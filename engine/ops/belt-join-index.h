/* belt-join-index.h - finds the rows a join condition can hold for
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * When the first thing a condition asks is whether a value of one side equals a
 * value of the other, only rows that agree need a closer look: with any other the
 * condition is FALSE before it can fail.  Otherwise, or when the values are of
 * kinds that cannot be compared, every row is a candidate.  Candidates come in
 * ascending order.
 */
#pragma once

#include "belt-expr.h"
#include "belt-layout.h"

G_BEGIN_DECLS

typedef struct _BeltJoinIndex BeltJoinIndex;

typedef enum
{
  BELT_JOIN_SIDE_LEFT,
  BELT_JOIN_SIDE_RIGHT,
} BeltJoinSide;

BeltJoinIndex *belt_join_index_new   (const BeltLayout *layout);
void           belt_join_index_free  (BeltJoinIndex    *self);
/* look_at fills the candidate batch's one row with inner row i. */
void           belt_join_index_build (BeltJoinIndex    *self,
                                      const BeltExpr   *on,
                                      guint             right_stream,
                                      BeltEval         *eval,
                                      BeltBatch        *candidate,
                                      BeltJoinSide      inner,
                                      guint             n,
                                      void            (*look_at) (gpointer data, guint32 i),
                                      gpointer          data);
/* The candidate holds an outer row. */
void           belt_join_index_start (BeltJoinIndex    *self,
                                      BeltJoinSide      outer,
                                      BeltBatch        *candidate);
/* *at starts as 0.  FALSE: no more. */
gboolean       belt_join_index_next  (BeltJoinIndex    *self,
                                      guint32          *at,
                                      guint32          *ret_i);

G_END_DECLS
