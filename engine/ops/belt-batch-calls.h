/* belt-batch-calls.h - aggregates of plugins: whole groups at once
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plugin's aggregate answers for all groups of all emissions of a push in one
 * call, because a call may mean a trip to another process.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op-aggregate.h"

G_BEGIN_DECLS

typedef struct _BeltBatchCalls BeltBatchCalls;

/* NULL when no call of the spec is a plugin's. */
BeltBatchCalls  *belt_batch_calls_new  (const BeltAggregateSpec *spec,
                                        BeltEval                *eval);
void             belt_batch_calls_free (BeltBatchCalls          *self);
/* Row rows[i] belongs to group groups[i].  Returns: [n_groups] values in the batch's arena */
const BeltValue *belt_batch_calls_run  (BeltBatchCalls          *self,
                                        guint                    call,
                                        BeltBatch               *batch,
                                        const guint32           *rows,
                                        const guint32           *groups,
                                        guint                    n_rows,
                                        guint                    n_groups);

G_END_DECLS
