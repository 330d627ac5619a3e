/* belt-op-aggfunc.c - aggregates for each row: in WHERE of the whole emission, in ORDER BY of the row alone
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-op-aggregate.h"

#include "belt-aggregator.h"
#include "belt-batch-calls.h"
#include "belt-emissions.h"

typedef struct
{
  BeltOp                   op;
  const BeltAggregateSpec *spec;
  BeltAggregator           aggregator;
  BeltBatchCalls          *batch_calls;
  GArray                  *rows;    /* of guint32: with batch calls, all rows of the push… */
  GArray                  *groups;  /* …and the number of their emission, or of the row */
} AggfuncOp;

static void
step_row (AggfuncOp     *self,
          BeltEmissions *emissions,
          guint          position,
          guint32        group,
          gpointer       state)
{
  BeltEval *eval = self->op.eval;
  guint32 row = belt_emissions_get_row (emissions, position);

  eval->row = row;
  eval->position = position;
  belt_aggregator_step (&self->aggregator, state, eval, &emissions->batch->arena);
  if (self->batch_calls != NULL)
    {
      g_array_append_val (self->rows, row);
      g_array_append_val (self->groups, group);
    }
}

/* A row that stands alone is a group of its own. */
static void
finish_rows (AggfuncOp     *self,
             BeltEmissions *emissions)
{
  BeltBatch *batch = emissions->batch;

  self->op.eval->range = belt_emissions_get_range (emissions);
  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    {
      gpointer state = belt_aggregator_open (&self->aggregator, &batch->arena);
      guint32 row = belt_emissions_get_row (emissions, i);

      step_row (self, emissions, i, self->rows->len, state);
      for (guint c = 0; c < self->spec->n_calls; c++)
        {
          if (self->spec->calls[c].function->aggregate != NULL)
            batch->columns[self->spec->calls[c].slot][row] = belt_aggregator_finish (&self->aggregator, state, c, FALSE,
                                                                                     &batch->arena);
        }
    }
}

static gpointer
step_emission (AggfuncOp     *self,
               BeltEmissions *emissions)
{
  BeltEval *eval = self->op.eval;
  BeltArena *arena = &emissions->batch->arena;
  gpointer state = belt_aggregator_open (&self->aggregator, arena);

  eval->range = belt_emissions_get_range (emissions);
  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    step_row (self, emissions, i, emissions->emission, state);

  return state;
}

static void
spread (BeltEmissions   *emissions,
        BeltValue       *column,
        const BeltValue *value)
{
  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    column[belt_emissions_get_row (emissions, i)] = *value;
}

static void
spread_batch_calls (AggfuncOp *self,
                    BeltBatch *batch)
{
  guint n_groups = self->spec->lone_rows ? self->rows->len : belt_batch_get_n_emissions (batch);

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      const BeltValue *out;
      BeltEmissions emissions;

      if (self->spec->calls[c].function->aggregate != NULL)
        continue;

      out = belt_batch_calls_run (self->batch_calls, c, batch,
                                  (const guint32 *)(gpointer)self->rows->data,
                                  (const guint32 *)(gpointer)self->groups->data,
                                  self->rows->len, n_groups);
      for (guint i = 0; self->spec->lone_rows && i < self->rows->len; i++)
        batch->columns[self->spec->calls[c].slot][g_array_index (self->rows, guint32, i)] = out[i];
      if (self->spec->lone_rows)
        continue;

      belt_emissions_init (&emissions, &self->op, batch, 0);
      while (belt_emissions_next (&emissions))
        spread (&emissions, batch->columns[self->spec->calls[c].slot], &out[emissions.emission]);
    }
}

static void
spread_nulls (AggfuncOp *self,
              BeltBatch *batch)
{
  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      for (guint i = 0; i < batch->n_selected; i++)
        batch->columns[self->spec->calls[c].slot][belt_batch_get_row (batch, i)] = belt_value_null ();
    }
}

static void
aggfunc_push (BeltOp    *op,
              BeltBatch *batch)
{
  AggfuncOp *self = (AggfuncOp *)op;
  BeltEmissions emissions;

  g_array_set_size (self->rows, 0);
  g_array_set_size (self->groups, 0);
  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      if (batch->columns[self->spec->calls[c].slot] == NULL)
        belt_batch_add_column (batch, self->spec->calls[c].slot);
    }

  if (self->spec->in_nothing || (self->spec->in_windows && batch->emission_ends == NULL))
    {
      spread_nulls (self, batch);
      belt_op_emit (op, batch);
      return;
    }

  belt_emissions_init (&emissions, op, batch, 0);
  while (belt_emissions_next (&emissions))
    {
      gpointer state;

      if (emissions.is_fault)
        continue;
      if (self->spec->lone_rows)
        {
          finish_rows (self, &emissions);
          continue;
        }

      state = step_emission (self, &emissions);
      for (guint c = 0; c < self->spec->n_calls; c++)
        {
          BeltValue value;

          if (self->spec->calls[c].function->aggregate == NULL)
            continue;
          value = belt_aggregator_finish (&self->aggregator, state, c, belt_emissions_get_n_rows (&emissions) == 0,
                                          &batch->arena);
          spread (&emissions, batch->columns[self->spec->calls[c].slot], &value);
        }
    }

  if (self->batch_calls != NULL)
    spread_batch_calls (self, batch);

  belt_op_emit (op, batch);
}

static void
aggfunc_free (BeltOp *op)
{
  AggfuncOp *self = (AggfuncOp *)op;

  belt_aggregator_clear (&self->aggregator);
  g_clear_pointer (&self->batch_calls, belt_batch_calls_free);
  g_array_unref (self->rows);
  g_array_unref (self->groups);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass aggfunc_class = {
  .kind = "agg_func",
  .push = aggfunc_push,
  .free = aggfunc_free,
};

BeltOp *
belt_op_aggfunc_new (const BeltAggregateSpec *spec,
                     BeltEval                *eval)
{
  AggfuncOp *self = g_new0 (AggfuncOp, 1);

  belt_op_init (&self->op, &aggfunc_class);
  self->op.eval = eval;
  self->spec = spec;
  belt_aggregator_init (&self->aggregator, spec, eval);
  self->batch_calls = belt_batch_calls_new (spec, eval);
  self->rows = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->groups = g_array_new (FALSE, FALSE, sizeof (guint32));

  return &self->op;
}
