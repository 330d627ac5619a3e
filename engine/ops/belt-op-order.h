/* belt-op-order.h - ORDER BY inside each emission
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nulls come last in both directions.  The sort is stable.  The values of one key
 * must be of one family (numbers mix), else the emission fails.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

G_BEGIN_DECLS

typedef struct
{
  BeltExpr *expr;
  gboolean  descending;
} BeltSortKey;

typedef struct
{
  BeltSortKey *keys;
  guint        n_keys;
} BeltOrderSpec;

BeltOp *belt_op_order_new (const BeltOrderSpec *spec,
                           BeltEval            *eval);

G_END_DECLS
