/* belt-op-join.c - joins the streams of each emission, with scan tables if there are any
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Here emissions are taken apart by stream and put together again; the joining
 * itself is in belt-join-loop.c.
 */
#include "config.h"

#include "belt-op-join.h"

#include "belt-emissions.h"
#include "belt-fingerprint.h"
#include "belt-join-private.h"

static void
add_part (BeltJoinOp     *self,
          guint           stream,
          BeltRowRef      ref)
{
  guint32 number = self->parts.rows->len;

  g_array_append_val (self->parts.rows, ref);
  g_array_append_val (self->parts.streams[stream], number);
}

static void
collect_parts (BeltJoinOp        *self,
               BeltEmissions     *emissions)
{
  BeltBatch *batch = emissions->batch;

  g_array_set_size (self->parts.rows, 0);
  for (guint i = 0; i < self->spec->n_streams; i++)
    g_array_set_size (self->parts.streams[i], 0);

  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    {
      guint row = belt_emissions_get_row (emissions, i);

      guint stream = batch->streams != NULL ? batch->streams[row] : 0;
      BeltRowRef ref = { .batch = batch, .time = batch->times[row], .row = row };

      add_part (self, stream, ref);
    }

  for (guint i = 0; self->tables != NULL && i < self->spec->n_streams; i++)
    {
      const BeltRowStore *rows = belt_join_tables_get_rows (self->tables, i);

      for (guint k = 0; k < belt_row_store_get_n (rows); k++)
        add_part (self, i, *belt_row_store_get (rows, k));
    }
}

/* A slot of no stream, such as an alias or an analytic call: the first part that has it. */
static BeltValue
find_value (BeltJoinOp        *self,
            const guint32     *row,
            guint              slot,
            BeltValue          blank)
{
  for (guint i = 0; i < self->width; i++)
    {
      guint32 part = row[i < self->spec->n_streams ? self->order[i] : i];
      const BeltRowRef *ref;
      BeltValue *column;

      if (part == BELT_JOIN_NO_ROW)
        continue;
      ref = &g_array_index (self->parts.rows, BeltRowRef, part);
      column = ref->batch->columns[slot];
      if (column != NULL && column[ref->row].tag != BELT_TAG_MISSING && column[ref->row].tag != BELT_TAG_UNSET)
        return column[ref->row];
    }

  return blank;
}

static gboolean
is_of_stream (const BeltSlot *slot)
{
  return slot->kind == BELT_SLOT_COLUMN || slot->kind == BELT_SLOT_WHOLE;
}

static BeltValue
get_value (BeltJoinOp *self,
           guint32     part,
           guint       slot,
           BeltValue   blank)
{
  const BeltRowRef *ref;

  if (part == BELT_JOIN_NO_ROW)
    return blank;

  ref = &g_array_index (self->parts.rows, BeltRowRef, part);
  return ref->batch->columns[slot] != NULL ? ref->batch->columns[slot][ref->row] : blank;
}

static void
fill_column (BeltJoinOp    *self,
             BeltBatch     *batch,
             guint          slot)
{
  BeltValue blank = belt_layout_get_blank (self->op.eval->layout, slot);
  BeltValue *values = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);
  guint owner = self->owners[slot];

  for (guint i = 0; i < batch->n_rows; i++)
    {
      const guint32 *row = belt_join_get_row (self, self->joined, i);

      if (owner == BELT_JOIN_NO_ROW)
        {
          values[i] = find_value (self, row, slot, blank);
          continue;
        }

      values[i] = get_value (self, row[owner], slot, blank);
      if (self->twin != BELT_JOIN_NO_STREAM && owner == self->spec->steps[0].left && belt_value_is_null (&values[i]))
        values[i] = get_value (self, row[self->twin], slot, values[i]);
    }

  batch->columns[slot] = values;
}

/* What the row is: its first part. */
static void
fill_identity (BeltJoinOp    *self,
               BeltBatch     *batch,
               guint          i)
{
  const guint32 *row = belt_join_get_row (self, self->joined, i);
  const BeltRowRef *ref;
  guint at = 0;

  while (at < self->spec->n_streams && row[self->order[at]] == BELT_JOIN_NO_ROW)
    at++;
  ref = &g_array_index (self->parts.rows, BeltRowRef, row[at < self->spec->n_streams ? self->order[at] : at]);

  batch->row_ids[i] = ref->batch->row_ids[ref->row];
  batch->times[i] = ref->time;
  if (ref->batch->metadata == NULL)
    return;
  if (batch->metadata == NULL)
    batch->metadata = belt_arena_alloc0 (&batch->arena, batch->n_rows * sizeof *batch->metadata);
  batch->metadata[i] = ref->batch->metadata[ref->row];
}

static BeltBatch *
make_batch (BeltJoinOp                *self,
            BeltBatch                 *from,
            const BeltWindowRange     *range)
{
  guint n = belt_join_get_n_rows (self, self->joined);
  BeltBatch *batch = belt_batch_new (n, self->spec->n_slots);

  belt_batch_add_parent (batch, from);
  for (guint i = 0; i < self->parts.rows->len; i++)
    {
      BeltBatch *parent = g_array_index (self->parts.rows, BeltRowRef, i).batch;

      if (parent != from)
        belt_batch_add_parent (batch, parent);
    }

  for (guint i = 0; i < n; i++)
    fill_identity (self, batch, i);
  for (guint i = 0; i < self->spec->n_slots; i++)
    fill_column (self, batch, i);

  batch->n_emissions = 1;
  batch->emission_ends = belt_arena_new_array (&batch->arena, guint32, 1);
  batch->emission_ends[0] = n;
  if (range != NULL)
    batch->ranges = belt_arena_memdup (&batch->arena, range, sizeof *range);

  return batch;
}

static void
drop_unmatched (BeltJoinOp        *self,
                BeltEmissions     *emissions)
{
  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    belt_op_drop (&self->op, emissions->batch, belt_emissions_get_row (emissions, i), BELT_DROP_JOIN_NO_MATCH,
                  "the join has no result");
}

static void
do_emission (BeltJoinOp        *self,
             BeltEmissions     *emissions)
{
  const BeltWindowRange *range = belt_emissions_get_range (emissions);
  const BeltFault *fault;
  g_autoptr(BeltBatch) batch = NULL;

  self->op.eval->batch = emissions->batch;
  self->op.eval->arena = &emissions->batch->arena;
  self->op.eval->range = range;
  self->op.eval->position = 0;
  collect_parts (self, emissions);
  fault = belt_join_run (self);

  if (fault != NULL)
    {
      guint first = emissions->n_rows;

      if (belt_emissions_get_n_rows (emissions) == 0)
        return;
      belt_emissions_fail (emissions, fault);
      belt_op_emit_rows (&self->op, emissions->batch, emissions->rows + first, emissions->n_rows - first);
      return;
    }

  if (self->joined->len == 0)
    {
      drop_unmatched (self, emissions);
      return;
    }

  batch = make_batch (self, emissions->batch, range);
  belt_op_emit (&self->op, batch);
}

static void
join_push (BeltOp    *op,
           BeltBatch *batch)
{
  BeltJoinOp *self = (BeltJoinOp *)op;
  BeltEmissions emissions;

  belt_emissions_init (&emissions, op, batch, batch->n_selected);
  while (belt_emissions_next (&emissions))
    {
      if (emissions.is_fault)
        {
          guint32 *row = belt_arena_new_array (&batch->arena, guint32, 1);

          row[0] = belt_emissions_get_row (&emissions, 0);
          belt_op_emit_rows (op, batch, row, 1);
        }
      else if (belt_emissions_get_n_rows (&emissions) != 1 ||
               self->tables == NULL ||
               !belt_join_tables_keep (self->tables, batch, belt_emissions_get_row (&emissions, 0)))
        do_emission (self, &emissions);
    }
}

static guint64
get_fingerprint (const BeltJoinOp *self)
{
  guint64 fingerprint = belt_fingerprint_mix (3, self->spec->n_streams);

  for (guint i = 0; i < self->spec->n_streams; i++)
    fingerprint = belt_fingerprint_mix (fingerprint, self->spec->is_table != NULL && self->spec->is_table[i]);

  return fingerprint;
}

static GBytes *
join_save (BeltOp *op)
{
  BeltJoinOp *self = (BeltJoinOp *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, get_fingerprint (self));
  if (self->tables != NULL)
    belt_join_tables_save (self->tables, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
join_restore (BeltOp  *op,
              GBytes  *state,
              GError **error)
{
  BeltJoinOp *self = (BeltJoinOp *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, get_fingerprint (self)))
    return TRUE;

  if (self->tables != NULL)
    belt_join_tables_restore (self->tables, &reader);

  return belt_state_reader_finish (&reader, error);
}

static void
join_free (BeltOp *op)
{
  BeltJoinOp *self = (BeltJoinOp *)op;

  for (guint i = 0; i < self->spec->n_streams; i++)
    {
      g_array_unref (self->parts.streams[i]);
      g_free (self->slots[i]);
    }
  g_array_unref (self->parts.streams[self->spec->n_streams + 1]);
  g_clear_pointer (&self->tables, belt_join_tables_free);
  g_free (self->owners);
  g_free (self->order);
  g_free (self->parts.streams);
  g_array_unref (self->parts.rows);
  g_free (self->slots);
  g_free (self->n_slots);
  g_array_unref (self->joined);
  g_array_unref (self->next);
  belt_join_index_free (self->index);
  belt_batch_unref (self->candidate);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass join_class = {
  .kind = "join",
  .push = join_push,
  .save = join_save,
  .restore = join_restore,
  .free = join_free,
};

static guint
find_owner (BeltJoinOp         *self,
            const BeltSlot     *slot)
{
  return is_of_stream (slot) && slot->stream < self->spec->n_streams ? slot->stream : BELT_JOIN_NO_ROW;
}

static void
find_slots (BeltJoinOp           *self,
            const BeltLayout     *layout)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    self->slots[i] = g_new0 (guint, layout->n_slots + 1);

  self->owners = g_new (guint, MAX (self->spec->n_slots, layout->n_slots) + 1);
  self->candidate = belt_batch_new (1, self->spec->n_slots);
  for (guint i = 0; i < self->spec->n_slots; i++)
    {
      guint owner = i < layout->n_slots ? find_owner (self, &layout->slots[i]) : BELT_JOIN_NO_ROW;

      self->owners[i] = owner;
      if (owner == BELT_JOIN_NO_ROW)
        continue;
      self->slots[owner][self->n_slots[owner]++] = i;
      belt_batch_add_column (self->candidate, i);
    }
}

BeltOp *
belt_op_join_new (const BeltJoinSpec *spec,
                  BeltEval           *eval)
{
  BeltJoinOp *self = g_new0 (BeltJoinOp, 1);

  belt_op_init (&self->op, &join_class);
  self->op.eval = eval;
  self->spec = spec;
  self->order = g_new (guint, spec->n_streams);
  for (guint i = 0; i < spec->n_streams; i++)
    self->order[i] = spec->order != NULL ? spec->order[i] : i;
  self->slots = g_new0 (guint *, spec->n_streams);
  self->n_slots = g_new0 (guint, spec->n_streams);
  find_slots (self, eval->layout);

  self->parts.rows = g_array_new (FALSE, FALSE, sizeof (BeltRowRef));
  self->parts.streams = g_new0 (GArray *, spec->n_streams + 2);
  for (guint i = 0; i < spec->n_streams; i++)
    self->parts.streams[i] = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->parts.streams[spec->n_streams + 1] = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->width = spec->n_streams;
  self->twin = BELT_JOIN_NO_STREAM;
  if (spec->steps[0].left == spec->steps[0].right && spec->steps[0].left != BELT_JOIN_NO_STREAM)
    self->twin = self->width++;
  self->joined = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->next = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->index = belt_join_index_new (eval->layout);

  if (spec->is_table != NULL)
    self->tables = belt_join_tables_new (spec, eval->layout);

  return &self->op;
}
