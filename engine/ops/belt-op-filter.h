/* belt-op-filter.h - lets through the rows for which a condition is true: WHERE, HAVING, FILTER
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * In a window one row that fails takes its whole emission with it, and an emission
 * without rows is not sent on, as in eKuiper.
 */
#pragma once

#include "belt-expr.h"
#include "belt-filter-kernel.h"
#include "belt-op.h"

G_BEGIN_DECLS

typedef struct
{
  BeltExpr       *condition;
  BeltFaultKind   fault_kind;    /* WHERE or HAVING: what an error in it is called */
  BeltDropReason  drop_reason;   /* PREDICATE_FALSE, HAVING_FALSE, WINDOW_FILTER */
  gboolean        strict;        /* HAVING: null is an error, not false */
  gboolean        needs_groups;  /* HAVING over single rows: eKuiper refuses each of them */
  BeltExpr      **hits;          /* last_hit_*() calls: evaluated once more when the condition was true */
  guint           n_hits;
} BeltFilterSpec;

BeltOp         *belt_op_filter_new      (const BeltFilterSpec *spec,
                                         BeltEval             *eval);
/* NULL unless it is a WHERE made of nothing but kernels: for whoever asks them before the rows come here. */
const BeltFilterKernels *belt_op_filter_get_kernels (BeltOp       *self);
/* Rows that were judged elsewhere, by these kernels. */
void            belt_op_filter_count_drops (BeltOp               *self,
                                            guint64               n_false,
                                            guint64               n_null);
/* The part of a condition that made it false in this row: the first false side of ANDs, through aliases. */
const BeltExpr *belt_expr_find_reason   (const BeltExpr       *condition,
                                         BeltEval             *eval,
                                         gboolean             *ret_is_null);

G_END_DECLS
