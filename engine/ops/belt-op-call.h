/* belt-op-call.h - plugin functions: one request for all rows of a batch
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls of plugins are lifted out of expressions into this operator, which asks
 * once a batch and puts the answers into slots.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

G_BEGIN_DECLS

/* Where in the plan a call is made: before windows and conditions, before WHERE, after it, after GROUP BY. */
typedef enum
{
  BELT_CALL_EARLY,
  BELT_CALL_WHERE,
  BELT_CALL_ROWS,
  BELT_CALL_GROUPS,
  BELT_CALL_N_PHASES,
} BeltCallPhase;

typedef struct
{
  guint               slot;
  const BeltFunction *function;   /* has ->batch */
  BeltExpr          **args;
  guint               n_args;
  BeltSpan            span;
} BeltCallSite;

typedef struct
{
  BeltCallSite *calls;            /* in order: a call that is an argument of another stands before it */
  guint         n_calls;
} BeltCallSpec;

BeltOp *belt_op_call_new (const BeltCallSpec *spec,
                          BeltEval           *eval);

G_END_DECLS
