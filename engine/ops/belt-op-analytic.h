/* belt-op-analytic.h - lag, latest, had_changed, acc_*: functions that remember earlier rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs on every row before window and WHERE and fills one slot a call.  State is
 * kept a call site and partition.  Calls are in the order of evaluation: a call
 * that is an argument of another stands before it.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

G_BEGIN_DECLS

typedef struct
{
  guint               slot;
  const BeltFunction *function;
  BeltExpr          **args;
  guint               n_args;
  BeltExpr          **partition;   /* OVER (PARTITION BY …) */
  guint               n_partition;
  BeltExpr           *when;        /* OVER (WHEN …), or NULL */
  BeltSpan            span;
} BeltAnalyticCall;

typedef struct
{
  BeltAnalyticCall *calls;
  guint             n_calls;
  guint             n_slots;
} BeltAnalyticSpec;

BeltOp *belt_op_analytic_new (const BeltAnalyticSpec *spec,
                              BeltEval               *eval);

G_END_DECLS
