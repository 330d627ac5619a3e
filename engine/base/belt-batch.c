/* belt-batch.c - some rows in columns
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The struct and everything it points to live in its own arena: a batch costs
 * one block of the thread's cache when it is small.
 */
#include "config.h"

#include "belt-batch.h"

/* One allocation, so that a first block of the right size is taken; extra: bytes behind the columns. */
static BeltBatch *
make_batch (guint n_rows,
            guint n_columns,
            gsize extra)
{
  BeltArena arena;
  BeltBatch *self;

  belt_arena_init (&arena);
  self = belt_arena_alloc0 (&arena, sizeof *self + n_columns * sizeof (gpointer) + extra);
  self->ref_count = 1;
  self->n_rows = n_rows;
  self->n_columns = n_columns;
  self->columns = (BeltValue **)(self + 1);
  self->n_selected = n_rows;
  self->arena = arena;

  return self;
}

/* Row ids and times are zero, all columns NULL, all rows selected, each an emission of its own. */
BeltBatch *
belt_batch_new (guint n_rows,
                guint n_columns)
{
  BeltBatch *self = make_batch (n_rows, n_columns, n_rows * (sizeof (BeltRowId) + sizeof (gint64)));

  self->row_ids = (BeltRowId *)(self->columns + n_columns);
  self->times = (gint64 *)(self->row_ids + n_rows);

  return self;
}

BeltBatch *
belt_batch_ref (BeltBatch *self)
{
  __atomic_add_fetch (&self->ref_count, 1, __ATOMIC_RELAXED);
  return self;
}

/* Takes a reference; the same parent twice in a row is kept once. */
void
belt_batch_add_parent (BeltBatch *self,
                       BeltBatch *parent)
{
  if (self->n_parents > 0 && self->parents[self->n_parents - 1] == parent)
    return;

  if (self->n_parents < G_N_ELEMENTS (self->parents))
    {
      self->parents[self->n_parents++] = belt_batch_ref (parent);
      return;
    }

  if (self->more_parents == NULL)
    self->more_parents = g_ptr_array_new ();
  else if (g_ptr_array_index (self->more_parents, self->more_parents->len - 1) == parent)
    return;
  g_ptr_array_add (self->more_parents, belt_batch_ref (parent));
}

BeltBatch *
belt_batch_new_overlay (BeltBatch *parent,
                        guint      n_columns)
{
  BeltBatch *self = make_batch (parent->n_rows, n_columns, 0);

  belt_batch_add_parent (self, parent);
  self->row_ids = parent->row_ids;
  self->times = parent->times;
  self->metadata = parent->metadata;

  return self;
}

/* Dead batches wait in a list linked by `metadata`, so that a long chain of parents
 * needs no deep stack. */
static void
drop_ref (BeltBatch  *batch,
          BeltBatch **dead)
{
  if (__atomic_sub_fetch (&batch->ref_count, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  batch->metadata = (BeltValue *)*dead;
  *dead = batch;
}

void
belt_batch_unref (BeltBatch *self)
{
  BeltBatch *dead = NULL;

  if (self == NULL)
    return;

  drop_ref (self, &dead);
  while (dead != NULL)
    {
      BeltBatch *batch = dead;

      dead = (BeltBatch *)batch->metadata;
      for (guint i = 0; i < batch->n_parents; i++)
        drop_ref (batch->parents[i], &dead);
      for (guint i = 0; batch->more_parents != NULL && i < batch->more_parents->len; i++)
        drop_ref (g_ptr_array_index (batch->more_parents, i), &dead);
      g_clear_pointer (&batch->more_parents, g_ptr_array_unref);
      belt_arena_clear (&batch->arena);
    }
}

/* Returns: (transfer none): the new column, all BELT_TAG_MISSING */
BeltValue *
belt_batch_add_column (BeltBatch *self,
                       guint      column)
{
  BeltValue *values;

  g_assert (column < self->n_columns);

  values = belt_arena_new_array (&self->arena, BeltValue, self->n_rows);
  for (guint i = 0; i < self->n_rows; i++)
    values[i] = belt_value_missing ();
  self->columns[column] = values;

  return values;
}

/* The fault is borrowed: it lives in the arena of this batch or of a parent. */
void
belt_batch_set_fault (BeltBatch       *self,
                      guint            row,
                      const BeltFault *fault)
{
  g_assert (row < self->n_rows);

  if (self->faults == NULL)
    self->faults = belt_arena_alloc0 (&self->arena, self->n_rows * sizeof *self->faults);
  self->faults[row] = fault;
}
