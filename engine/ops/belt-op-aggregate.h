/* belt-op-aggregate.h - GROUP BY and aggregates: an emission becomes one row a group
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each group is represented by its first row, with the aggregate slots filled in,
 * so plain columns are the first row's.  Groups come in first-seen order.  Without
 * keys an emission is one group, also an empty one, whose row has all columns
 * missing.  An aggregate that fails leaves an ERROR in its slot, so whichever
 * expression reads it fails as eKuiper's does; a key that fails fails the emission.
 *
 * belt_op_aggfunc is the same without grouping: the values, over the whole
 * emission, go to every row of it (aggregates in WHERE); or those of each row alone
 * (in ORDER BY without groups).
 *
 * belt_op_window_aggregate is a tumbling or hopping window and its aggregate in
 * one: states a group are stepped as rows arrive and no row is kept.  Its results
 * are those of the two operators.  It can tell nobody which rows it holds, so a
 * trial plans the two.
 *
 * For the planner: without keys ORDER BY stands before the aggregate (collect and
 * plain columns see the sorted rows), unless it sorts by an aggregate.  A state
 * window has no keys, but GROUP BY columns still make one row of each emission.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"
#include "belt-op-window.h"

G_BEGIN_DECLS

typedef struct
{
  guint               slot;      /* where the value goes */
  const BeltFunction *function;  /* flags has AGGREGATE; ->aggregate or, for plugins, ->batch */
  BeltExpr          **args;
  guint               n_args;
  BeltSpan            span;
} BeltAggregateCall;

typedef struct
{
  BeltExpr         **keys;       /* GROUP BY without the window; none for STATEWINDOW */
  guint              n_keys;
  BeltAggregateCall *calls;
  guint              n_calls;
  BeltExpr          *where;      /* belt_op_window_aggregate: WHERE, applied to rows as they arrive; or NULL */
  guint             *first;      /* belt_op_window_aggregate: slots read after it that are the first row's */
  guint              n_first;
  guint              n_slots;
  gboolean           incremental;  /* enableIncrementalWindow: float sum and avg, last row's columns */
  gboolean           lone_rows;    /* belt_op_aggfunc: of each row alone, not of the emission */
  gboolean           in_windows;   /* belt_op_aggfunc: of rows outside windows all are null… */
  gboolean           in_nothing;   /* …and of all rows */
} BeltAggregateSpec;

BeltOp  *belt_op_aggregate_new            (const BeltAggregateSpec *spec,
                                           BeltEval                *eval);
BeltOp  *belt_op_aggfunc_new              (const BeltAggregateSpec *spec,
                                           BeltEval                *eval);
/* TRUE if the pair can be one operator: TUMBLING or HOPPING, and no aggregate that needs its rows. */
gboolean belt_op_window_aggregate_fits    (const BeltWindowSpec    *window,
                                           const BeltAggregateSpec *aggregate);
BeltOp  *belt_op_window_aggregate_new     (const BeltWindowSpec    *window,
                                           const BeltAggregateSpec *aggregate,
                                           BeltEval                *eval,
                                           gint64                   now_ms);
/* TRUE if the pair can be one operator: SLIDING without delay, no keys, no WHERE, and aggregates that
 * belt-sliding-call.h can follow.  Results and saved state are those of the two operators. */
gboolean belt_op_sliding_aggregate_fits   (const BeltWindowSpec    *window,
                                           const BeltAggregateSpec *aggregate);
BeltOp  *belt_op_sliding_aggregate_new    (const BeltWindowSpec    *window,
                                           const BeltAggregateSpec *aggregate,
                                           BeltEval                *eval);

G_END_DECLS
