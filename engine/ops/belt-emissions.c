/* belt-emissions.c - walks the emissions of a batch and writes down what is left of them
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-emissions.h"

void
belt_emissions_init (BeltEmissions *self,
                     BeltOp        *op,
                     BeltBatch     *batch,
                     guint          max_rows)
{
  memset (self, 0, sizeof *self);
  self->op = op;
  self->batch = batch;
  self->n_emissions = belt_batch_get_n_emissions (batch);
  self->emission = G_MAXUINT;
  self->rows = belt_arena_new_array (&batch->arena, guint32, MAX (max_rows, 1));
  self->ends = belt_arena_new_array (&batch->arena, guint32, MAX (self->n_emissions, 1));
  if (batch->ranges != NULL)
    self->ranges = belt_arena_new_array (&batch->arena, BeltWindowRange, MAX (self->n_emissions, 1));
}

gboolean
belt_emissions_next (BeltEmissions *self)
{
  if (++self->emission >= self->n_emissions)
    return FALSE;

  self->begin = self->end;
  self->end = belt_batch_get_emission_end (self->batch, self->emission);
  self->is_fault = self->end - self->begin == 1 &&
                   belt_batch_get_fault (self->batch, belt_emissions_get_row (self, 0)) != NULL;

  return TRUE;
}

const BeltWindowRange *
belt_emissions_get_range (const BeltEmissions *self)
{
  return self->batch->ranges != NULL ? &self->batch->ranges[self->emission] : NULL;
}

void
belt_emissions_close (BeltEmissions *self)
{
  if (self->ranges != NULL)
    self->ranges[self->n_ends] = self->batch->ranges[self->emission];
  self->ends[self->n_ends++] = self->n_rows;
}

void
belt_emissions_fail (BeltEmissions   *self,
                     const BeltFault *fault)
{
  BeltDropReason reason = belt_fault_get_drop_reason (fault);
  guint carrier = belt_emissions_get_row (self, 0);

  self->n_rows = self->n_ends > 0 ? self->ends[self->n_ends - 1] : 0;

  for (guint i = 1; i < belt_emissions_get_n_rows (self); i++)
    belt_op_drop (self->op, self->batch, belt_emissions_get_row (self, i), reason, fault->message);

  if (belt_op_fail (self->op, self->batch, carrier, fault))
    {
      belt_emissions_keep (self, carrier);
      belt_emissions_close (self);
    }
}

void
belt_emissions_apply (BeltEmissions *self)
{
  BeltBatch *batch = self->batch;
  gboolean alone = batch->emission_ends == NULL && self->n_rows == self->n_ends;

  batch->selection = self->rows;
  batch->n_selected = self->n_rows;
  if (alone)
    return;

  batch->emission_ends = self->ends;
  batch->n_emissions = self->n_ends;
  batch->ranges = self->ranges;
}

void
belt_op_emit_rows (BeltOp    *op,
                   BeltBatch *batch,
                   guint32   *rows,
                   guint      n_rows)
{
  guint32 *selection = batch->selection;
  guint n_selected = batch->n_selected;
  guint32 *ends = batch->emission_ends;
  guint n_emissions = batch->n_emissions;
  BeltWindowRange *ranges = batch->ranges;

  if (n_rows == 0)
    return;

  batch->selection = rows;
  batch->n_selected = n_rows;
  batch->emission_ends = NULL;
  batch->ranges = NULL;
  belt_op_emit (op, batch);

  batch->selection = selection;
  batch->n_selected = n_selected;
  batch->emission_ends = ends;
  batch->n_emissions = n_emissions;
  batch->ranges = ranges;
}
