/* belt-op-aggregate.c - GROUP BY and aggregates: an emission becomes one row a group
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows are stepped in their order into the states of their groups; then each
 * group's first row gets the values and is all that is left of the group.  Only
 * an empty emission without keys needs a row that was not there before.
 */
#include "config.h"

#include "belt-op-aggregate.h"

#include "belt-aggregator.h"
#include "belt-batch-calls.h"
#include "belt-emissions.h"
#include "belt-group-table.h"
#include "belt-row-store.h"

#define NO_ROW G_MAXUINT32

typedef struct
{
  guint32  row;    /* its representative; NO_ROW: of an empty emission */
  gpointer state;
} Group;

typedef struct
{
  BeltOp                   op;
  const BeltAggregateSpec *spec;
  BeltAggregator           aggregator;
  BeltBatchCalls          *batch_calls;  /* plugins; NULL: none */
  BeltGroupTable           table;
  BeltGroupKey             key;
  GArray                  *groups;       /* of Group: all of the push */
  GArray                  *members;      /* of guint32: group of each row kept, with batch calls */
  GArray                  *member_rows;  /* of guint32 */
} AggregateOp;

/* FALSE: the emission fails with *ret_fault. */
static gboolean
make_key (AggregateOp      *self,
          const BeltFault **ret_fault)
{
  belt_group_key_reset (&self->key);
  for (guint i = 0; i < self->spec->n_keys; i++)
    {
      BeltValue value = belt_expr_eval (self->spec->keys[i], self->op.eval);

      if (belt_value_is_error (&value))
        {
          BeltFault *fault = belt_arena_memdup (self->op.eval->arena, value.u.fault, sizeof *fault);

          fault->kind = belt_fault_get_kind_in (fault, BELT_FAULT_GROUP_BY);
          fault->message = belt_arena_printf (self->op.eval->arena, "run Group By error: %s",
                                              value.u.fault->message);
          *ret_fault = fault;
          return FALSE;
        }
      belt_group_key_append (&self->key, &value);
    }

  return TRUE;
}

static guint
open_group (AggregateOp *self,
            BeltBatch   *batch,
            guint32      row)
{
  Group group = { .row = row, .state = belt_aggregator_open (&self->aggregator, &batch->arena) };

  g_array_append_val (self->groups, group);
  return self->groups->len - 1;
}

static void
add_member (AggregateOp *self,
            guint32      group,
            guint32      row)
{
  if (self->batch_calls == NULL)
    return;

  g_array_append_val (self->members, group);
  g_array_append_val (self->member_rows, row);
}

/* FALSE: the emission fails. */
static gboolean
group_emission (AggregateOp      *self,
                BeltEmissions    *emissions,
                guint             first_group,
                const BeltFault **ret_fault)
{
  BeltEval *eval = self->op.eval;
  BeltBatch *batch = emissions->batch;

  belt_group_table_reset (&self->table);
  eval->range = belt_emissions_get_range (emissions);

  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    {
      guint group = first_group;

      eval->row = belt_emissions_get_row (emissions, i);
      eval->position = i;
      if (self->spec->n_keys > 0)
        {
          gboolean is_new;

          if (!make_key (self, ret_fault))
            return FALSE;
          group += belt_group_table_lookup (&self->table, self->key.bytes, self->key.len, &batch->arena, &is_new);
        }
      if (group == self->groups->len)
        open_group (self, batch, eval->row);
      else if (self->spec->incremental)
        g_array_index (self->groups, Group, group).row = eval->row;

      add_member (self, group, eval->row);
      belt_aggregator_step (&self->aggregator, g_array_index (self->groups, Group, group).state, eval,
                            &batch->arena);
    }

  return TRUE;
}

static void
do_emission (AggregateOp   *self,
             BeltEmissions *emissions)
{
  guint first_group = self->groups->len;
  guint first_member = self->members->len;
  const BeltFault *fault = NULL;

  if (emissions->is_fault)
    {
      belt_emissions_keep (emissions, belt_emissions_get_row (emissions, 0));
      belt_emissions_close (emissions);
      return;
    }

  if (!group_emission (self, emissions, first_group, &fault))
    {
      g_array_set_size (self->groups, first_group);
      g_array_set_size (self->members, first_member);
      g_array_set_size (self->member_rows, first_member);
      belt_emissions_fail (emissions, fault);
      return;
    }

  if (self->groups->len == first_group)
    {
      /* Grouped, nothing comes of nothing; else one row of which nothing is known. */
      if (self->spec->n_keys > 0 && !self->spec->incremental)
        return;
      if (!self->spec->incremental)
        open_group (self, emissions->batch, NO_ROW);
    }

  for (guint i = first_group; i < self->groups->len; i++)
    belt_emissions_keep (emissions, g_array_index (self->groups, Group, i).row);
  belt_emissions_close (emissions);
}

/* The kept rows as a batch of their own, because some of them are not in the old one. */
static BeltBatch *
copy_kept (AggregateOp   *self,
           BeltEmissions *emissions)
{
  BeltBatch *from = emissions->batch;
  g_autofree BeltRowRef *refs = g_new0 (BeltRowRef, emissions->n_rows);
  BeltBatch *batch;

  for (guint i = 0; i < emissions->n_rows; i++)
    {
      if (emissions->rows[i] != NO_ROW)
        refs[i] = (BeltRowRef) { .batch = from, .row = emissions->rows[i] }
      ;
    }

  batch = belt_batch_new_from_rows (refs, emissions->n_rows, from->n_columns, self->op.eval->layout);
  belt_batch_add_parent (batch, from);
  batch->emission_ends = emissions->ends;
  batch->n_emissions = emissions->n_ends;
  batch->ranges = emissions->ranges;

  for (guint i = 0; i < emissions->n_rows; i++)
    {
      if (refs[i].batch != NULL && belt_batch_get_fault (from, refs[i].row) != NULL)
        belt_batch_set_fault (batch, i, from->faults[refs[i].row]);
    }

  return batch;
}

/* batch is the one that goes on; moved: its rows are the kept ones in order, else they are where they were. */
static void
fill_values (AggregateOp   *self,
             BeltEmissions *emissions,
             BeltBatch     *batch,
             gboolean       moved)
{
  const BeltAggregateSpec *spec = self->spec;

  for (guint c = 0; c < spec->n_calls; c++)
    {
      BeltValue *column = batch->columns[spec->calls[c].slot];
      const BeltValue *out = NULL;
      guint g = 0;

      if (column == NULL)
        column = belt_batch_add_column (batch, spec->calls[c].slot);
      if (spec->calls[c].function->aggregate == NULL)
        out = belt_batch_calls_run (self->batch_calls, c, emissions->batch,
                                    (const guint32 *)(gpointer)self->member_rows->data,
                                    (const guint32 *)(gpointer)self->members->data,
                                    self->members->len, self->groups->len);

      for (guint i = 0; i < emissions->n_rows; i++)
        {
          guint32 row = emissions->rows[i];
          const Group *group;

          /* A fault that is handed on stands between the groups. */
          if (row != NO_ROW && belt_batch_get_fault (emissions->batch, row) != NULL)
            continue;

          group = &g_array_index (self->groups, Group, g);
          column[moved ? i : row] = out != NULL ? out[g]
                                                : belt_aggregator_finish (&self->aggregator, group->state, c,
                                                                          row == NO_ROW, &batch->arena);
          g++;
        }
    }
}

static gboolean
has_new_rows (const BeltEmissions *emissions)
{
  for (guint i = 0; i < emissions->n_rows; i++)
    {
      if (emissions->rows[i] == NO_ROW)
        return TRUE;
    }

  return FALSE;
}

static void
aggregate_push (BeltOp    *op,
                BeltBatch *batch)
{
  AggregateOp *self = (AggregateOp *)op;
  BeltEmissions emissions;

  g_array_set_size (self->groups, 0);
  g_array_set_size (self->members, 0);
  g_array_set_size (self->member_rows, 0);
  op->eval->batch = batch;
  op->eval->arena = &batch->arena;

  belt_emissions_init (&emissions, op, batch, batch->n_selected + belt_batch_get_n_emissions (batch));
  while (belt_emissions_next (&emissions))
    do_emission (self, &emissions);
  if (emissions.n_ends == 0)
    return;

  if (has_new_rows (&emissions))
    {
      g_autoptr(BeltBatch) copy = copy_kept (self, &emissions);

      fill_values (self, &emissions, copy, TRUE);
      belt_op_emit (op, copy);
      return;
    }

  fill_values (self, &emissions, batch, FALSE);
  belt_emissions_apply (&emissions);
  belt_op_emit (op, batch);
}

static void
aggregate_free (BeltOp *op)
{
  AggregateOp *self = (AggregateOp *)op;

  belt_aggregator_clear (&self->aggregator);
  g_clear_pointer (&self->batch_calls, belt_batch_calls_free);
  belt_group_table_clear (&self->table);
  belt_group_key_clear (&self->key);
  g_array_unref (self->groups);
  g_array_unref (self->members);
  g_array_unref (self->member_rows);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass aggregate_class = {
  .kind = "aggregate",
  .push = aggregate_push,
  .free = aggregate_free,
};

BeltOp *
belt_op_aggregate_new (const BeltAggregateSpec *spec,
                       BeltEval                *eval)
{
  AggregateOp *self = g_new0 (AggregateOp, 1);

  belt_op_init (&self->op, &aggregate_class);
  self->op.eval = eval;
  self->spec = spec;
  belt_aggregator_init (&self->aggregator, spec, eval);
  self->batch_calls = belt_batch_calls_new (spec, eval);
  self->groups = g_array_new (FALSE, FALSE, sizeof (Group));
  self->members = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->member_rows = g_array_new (FALSE, FALSE, sizeof (guint32));

  return &self->op;
}
