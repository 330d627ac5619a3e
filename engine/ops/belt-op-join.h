/* belt-op-join.h - joins the streams of each emission, with scan tables if there are any
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every stream has its own slots in the layout, so a joined row takes the slots of
 * its parts from their rows, and a side without a partner stays MISSING.  Rows come
 * in eKuiper's order (its nested loop); equal conjuncts between two sides are
 * looked up in a hash table, the rest is checked pair by pair.
 *
 * Rows of scan tables are kept here, the newest `retain` of each, and take part in
 * every emission; they make none themselves.  A join without a result emits nothing.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

G_BEGIN_DECLS

#define BELT_JOIN_NO_STREAM G_MAXUINT

typedef enum
{
  BELT_JOIN_INNER,
  BELT_JOIN_LEFT,
  BELT_JOIN_RIGHT,
  BELT_JOIN_FULL,
  BELT_JOIN_CROSS,
} BeltJoinKind;

typedef struct
{
  BeltJoinKind kind;
  guint        stream;  /* the joined one, index in FROM/JOIN order */
  BeltExpr    *on;      /* NULL: every pair */
  guint        left;    /* first step only: the streams that are joined, which can be one and the same;
                         * BELT_JOIN_NO_STREAM: one without rows */
  guint        right;
} BeltJoinStep;

typedef struct
{
  guint           n_streams;   /* all of FROM and JOIN, lookup tables too */
  const gboolean *is_table;    /* [n_streams] scan tables; NULL: none */
  const guint    *retain;      /* [n_streams] rows kept of a scan table */
  const guint    *order;       /* [n_streams] the order of the parts of a joined row; NULL: as they are */
  BeltJoinStep   *steps;
  guint           n_steps;
  guint           n_slots;
} BeltJoinSpec;

BeltOp *belt_op_join_new (const BeltJoinSpec *spec,
                          BeltEval           *eval);

G_END_DECLS
