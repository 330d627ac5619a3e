/* belt-emissions.h - walks the emissions of a batch and writes down what is left of them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * For operators that make of each emission another one: they keep rows in a new
 * order, fail an emission, or let it vanish.  Everything lives in the batch's arena.
 */
#pragma once

#include "belt-op.h"

G_BEGIN_DECLS

typedef struct
{
  BeltOp          *op;
  BeltBatch       *batch;
  guint            n_emissions;   /* of the batch as it came */
  guint            emission;      /* at hand */
  guint            begin;         /* its positions in the selection */
  guint            end;
  gboolean         is_fault;      /* its only row is a fault: to be handed on */
  guint32         *rows;          /* kept: row numbers */
  guint            n_rows;
  guint32         *ends;
  BeltWindowRange *ranges;
  guint            n_ends;
} BeltEmissions;

/* At most max_rows rows will be kept. */
void      belt_emissions_init  (BeltEmissions   *self,
                                BeltOp          *op,
                                BeltBatch       *batch,
                                guint            max_rows);
/* The next emission; FALSE at the end. */
gboolean  belt_emissions_next  (BeltEmissions   *self);
/* Row number of the i-th row of the emission at hand. */
static inline guint
belt_emissions_get_row (const BeltEmissions *self,
                        guint                i)
{
  return belt_batch_get_row (self->batch, self->begin + i);
}

static inline guint
belt_emissions_get_n_rows (const BeltEmissions *self)
{
  return self->end - self->begin;
}

static inline void
belt_emissions_keep (BeltEmissions *self,
                     guint          row)
{
  self->rows[self->n_rows++] = row;
}

/* The emission at hand is what was kept since the last one, also when that is nothing. */
void      belt_emissions_close (BeltEmissions   *self);
/* The emission at hand fails as a whole: what was kept of it is forgotten, its first row carries the fault. */
void      belt_emissions_fail  (BeltEmissions   *self,
                                const BeltFault *fault);
/* Writes selection, bounds and ranges into the batch.  Rows that stood alone and still do stay without bounds. */
void      belt_emissions_apply (BeltEmissions   *self);
/* Hands on these rows of a batch alone, each an emission of its own; afterwards the batch is as before.
 * `rows` must live as long as the batch when somebody keeps it. */
void      belt_op_emit_rows    (BeltOp          *op,
                                BeltBatch       *batch,
                                guint32         *rows,
                                guint            n_rows);
const BeltWindowRange *belt_emissions_get_range (const BeltEmissions *self);

G_END_DECLS
