/* belt-gate.h - the conditions of a shared stream's rules, asked before the rules
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * With hundreds of rules on one stream most of what a row costs is touching each
 * rule's memory.  So the rules whose first operator is a WHERE made of kernels
 * leave a gate with the feed: equal conjuncts of all of them are asked once a
 * batch, and a rule is touched only for rows that pass.  What it would have counted
 * meanwhile stands in its gate until somebody takes it.  [worker]
 */
#pragma once

#include "belt-filter-kernel.h"

G_BEGIN_DECLS

typedef struct _BeltGates BeltGates;  /* of one feed */
typedef struct _BeltGate  BeltGate;   /* of one rule there */

/* Rows that a rule's gate has judged since the counts were taken. */
typedef struct
{
  guint64 n_rows;
  guint64 n_false;
  guint64 n_null;
  gint64  last_ms;
} BeltGateCounts;

typedef enum
{
  BELT_GATE_NONE,   /* no row passes; counted */
  BELT_GATE_SOME,   /* the rows told pass; all are counted */
  BELT_GATE_ASK,    /* the rule must look itself; nothing is counted */
} BeltGateAnswer;

BeltGates     *belt_gates_new        (void);
/* Its gates are gone by then. */
void           belt_gates_free       (BeltGates               *self);
/* Kernels of slots, slots[i] of which stands in column columns[i] of the feed.  NULL: not all of them stand there,
 * or there are too many. */
BeltGate      *belt_gates_add        (BeltGates               *self,
                                      const BeltFilterKernels *kernels,
                                      const guint             *slots,
                                      const guint             *columns,
                                      guint                    n_columns);
void           belt_gates_remove     (BeltGates               *self,
                                      BeltGate                *gate);
/* Before the gates are asked about a batch; it is lent until the next. */
void           belt_gates_begin      (BeltGates               *self,
                                      BeltBatch               *batch,
                                      gint64                   now_ms);
/* rows is room for as many as the batch has. */
BeltGateAnswer belt_gate_ask         (BeltGates               *self,
                                      BeltGate                *gate,
                                      guint32                 *rows,
                                      guint                   *ret_n_rows);
/* TRUE for the first answer counted since the counts were taken. */
gboolean       belt_gate_has_begun   (BeltGate                *self);
void           belt_gate_take_counts (BeltGate                *self,
                                      BeltGateCounts          *ret_counts);
/* Some gates before it is asked; its kernels need the gate itself to be there. */
void           belt_gate_prefetch    (const BeltGate          *self);
void           belt_gate_prefetch_kernels (const BeltGate     *self);

G_END_DECLS
