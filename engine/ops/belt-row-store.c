/* belt-row-store.c - rows an operator keeps for later, oldest first
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One entry a row.  A run of entries of one batch holds one reference to it; rows
 * only leave at the front, which is all that windows need.
 */
#include "config.h"

#include "belt-row-store.h"

#define PACK_ROWS_MIN  16u
#define PACK_ROWS_MAX  BELT_BATCH_ROWS_MAX
#define SMALL_BATCH    32u  /* rows; smaller batches are mostly overhead */
#define SURVIVORS_PART 4u   /* fewer than a fourth left: not worth the whole batch */

BeltValue
belt_layout_get_blank (const BeltLayout *layout,
                       guint             slot)
{
  BeltValue blank = belt_value_missing ();

  if (layout != NULL && slot < layout->n_slots && layout->slots[slot].kind == BELT_SLOT_ALIAS)
    blank.tag = BELT_TAG_UNSET;

  return blank;
}

void
belt_row_store_init (BeltRowStore     *self,
                     const BeltLayout *layout)
{
  memset (self, 0, sizeof *self);
  self->layout = layout;
}

void
belt_row_store_clear (BeltRowStore *self)
{
  belt_row_store_pop (self, belt_row_store_get_n (self));
  g_clear_pointer (&self->pack, belt_batch_unref);
  g_clear_pointer (&self->refs, g_free);
  self->capacity = 0;
}

BeltKeep
belt_row_store_choose (const BeltBatch *batch)
{
  if (batch->n_rows < SMALL_BATCH || batch->n_selected * SURVIVORS_PART < batch->n_rows)
    return BELT_KEEP_COPY;

  return BELT_KEEP_REFERENCE;
}

static void
make_room (BeltRowStore *self)
{
  guint n = belt_row_store_get_n (self);

  if (n * 2 <= self->capacity && self->start > 0)
    {
      memmove (self->refs, self->refs + self->start, n * sizeof *self->refs);
    }
  else
    {
      guint capacity = MAX (64u, self->capacity * 2);
      BeltRowRef *refs = g_new (BeltRowRef, capacity);

      if (n > 0)
        memcpy (refs, self->refs + self->start, n * sizeof *refs);
      g_free (self->refs);
      self->refs = refs;
      self->capacity = capacity;
    }

  self->start = 0;
  self->end = n;
}

static BeltValue *
add_blank_column (BeltBatch        *batch,
                  guint             column,
                  const BeltLayout *layout)
{
  BeltValue blank = belt_layout_get_blank (layout, column);
  BeltValue *values = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);

  for (guint i = 0; i < batch->n_rows; i++)
    values[i] = blank;
  batch->columns[column] = values;

  return values;
}

/* Everything the row has, owned by the pack. */
static void
copy_row (BeltRowStore *self,
          BeltBatch    *batch,
          guint         row)
{
  BeltBatch *pack = self->pack;
  guint to = self->n_packed++;

  pack->row_ids[to] = batch->row_ids[row];
  pack->times[to] = batch->times[row];

  if (batch->streams != NULL)
    {
      if (pack->streams == NULL)
        pack->streams = belt_arena_alloc0 (&pack->arena, pack->n_rows * sizeof *pack->streams);
      pack->streams[to] = batch->streams[row];
    }

  if (batch->metadata != NULL)
    {
      if (pack->metadata == NULL)
        pack->metadata = belt_arena_alloc0 (&pack->arena, pack->n_rows * sizeof *pack->metadata);
      pack->metadata[to] = belt_value_copy (&batch->metadata[row], &pack->arena);
    }

  for (guint i = 0; i < batch->n_columns; i++)
    {
      const BeltValue *value = batch->columns[i] != NULL ? &batch->columns[i][row] : NULL;

      if (value == NULL || value->tag == BELT_TAG_MISSING || value->tag == BELT_TAG_UNSET)
        continue;

      if (pack->columns[i] == NULL)
        add_blank_column (pack, i, self->layout);
      pack->columns[i][to] = belt_value_copy (value, &pack->arena);
    }
}

static void
open_pack (BeltRowStore *self,
           guint         n_columns)
{
  guint n_rows = PACK_ROWS_MIN;

  if (self->pack != NULL)
    n_rows = MIN (self->pack->n_rows * 2, PACK_ROWS_MAX);

  g_clear_pointer (&self->pack, belt_batch_unref);
  self->pack = belt_batch_new (n_rows, n_columns);
  self->n_packed = 0;
}

static BeltRowRef
take_row (BeltRowStore *self,
          BeltBatch    *batch,
          guint         row,
          BeltKeep      keep)
{
  gint64 time = batch->times[row];

  if (keep == BELT_KEEP_COPY)
    {
      if (self->pack == NULL || self->n_packed == self->pack->n_rows)
        open_pack (self, batch->n_columns);
      copy_row (self, batch, row);
      batch = self->pack;
      row = self->n_packed - 1;
    }

  return (BeltRowRef) { .batch = batch, .time = time, .row = row };
}

void
belt_row_store_append (BeltRowStore *self,
                       BeltBatch    *batch,
                       guint         row,
                       BeltKeep      keep)
{
  BeltRowRef ref = { .batch = batch, .time = batch->times[row], .row = row };

  if (keep == BELT_KEEP_COPY)
    ref = take_row (self, batch, row, keep);
  if (G_UNLIKELY (self->end == self->capacity))
    make_room (self);
  if (self->end == self->start || self->refs[self->end - 1].batch != ref.batch)
    belt_batch_ref (ref.batch);
  self->refs[self->end++] = ref;
}

void
belt_row_store_insert (BeltRowStore *self,
                       BeltBatch    *batch,
                       guint         row,
                       BeltKeep      keep)
{
  gint64 time = batch->times[row];
  BeltBatch *left;
  BeltBatch *right;
  BeltRowRef ref;
  guint at;

  if (self->end == self->start || self->refs[self->end - 1].time <= time)
    {
      belt_row_store_append (self, batch, row, keep);
      return;
    }

  ref = take_row (self, batch, row, keep);
  if (self->end == self->capacity)
    make_room (self);
  at = self->start + belt_row_store_count_before (self, time + 1);
  left = at > self->start ? self->refs[at - 1].batch : NULL;
  right = self->refs[at].batch;

  /* A run is cut in two, and the row is a run of its own. */
  if (ref.batch != left && ref.batch != right)
    {
      belt_batch_ref (ref.batch);
      if (left == right)
        belt_batch_ref (left);
    }

  memmove (self->refs + at + 1, self->refs + at, (self->end - at) * sizeof *self->refs);
  self->refs[at] = ref;
  self->end++;
}

void
belt_row_store_pop (BeltRowStore *self,
                    guint         n)
{
  g_assert (n <= belt_row_store_get_n (self));

  for (guint i = 0; i < n; i++)
    {
      BeltBatch *batch = self->refs[self->start++].batch;

      if (self->start == self->end || self->refs[self->start].batch != batch)
        belt_batch_unref (batch);
    }

  /* A pack that holds nothing alive would only grow older. */
  if (self->start == self->end)
    {
      self->start = self->end = 0;
      if (self->pack != NULL && self->n_packed == self->pack->n_rows)
        g_clear_pointer (&self->pack, belt_batch_unref);
    }
}

guint
belt_row_store_count_before (const BeltRowStore *self,
                             gint64              time_ms)
{
  guint low = self->start;
  guint high = self->end;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (self->refs[middle].time < time_ms)
        low = middle + 1;
      else
        high = middle;
    }

  return low - self->start;
}

static void
fill_column (BeltBatch        *batch,
             guint             column,
             const BeltRowRef *refs,
             guint             n,
             const BeltLayout *layout)
{
  BeltValue blank = belt_layout_get_blank (layout, column);
  BeltValue *values;
  guint first = 0;

  while (first < n && (refs[first].batch == NULL || column >= refs[first].batch->n_columns ||
                       refs[first].batch->columns[column] == NULL))
    first++;
  if (first == n && blank.tag != BELT_TAG_UNSET)   /* an alias needs its room, to be computed once */
    return;

  values = belt_arena_new_array (&batch->arena, BeltValue, n);
  for (guint i = 0; i < n; i++)
    {
      const BeltBatch *from = refs[i].batch;

      if (from != NULL && column < from->n_columns && from->columns[column] != NULL)
        values[i] = from->columns[column][refs[i].row];
      else
        values[i] = blank;
    }
  batch->columns[column] = values;
}

static void
fill_context (BeltBatch        *batch,
              const BeltRowRef *refs,
              guint             n)
{
  for (guint i = 0; i < n; i++)
    {
      BeltBatch *from = refs[i].batch;
      guint row = refs[i].row;

      if (from == NULL)
        continue;

      batch->row_ids[i] = from->row_ids[row];
      batch->times[i] = from->times[row];
      if (from->streams != NULL)
        {
          if (batch->streams == NULL)
            batch->streams = belt_arena_alloc0 (&batch->arena, n * sizeof *batch->streams);
          batch->streams[i] = from->streams[row];
        }
      if (from->metadata != NULL)
        {
          if (batch->metadata == NULL)
            batch->metadata = belt_arena_alloc0 (&batch->arena, n * sizeof *batch->metadata);
          batch->metadata[i] = from->metadata[row];
        }
      belt_batch_add_parent (batch, from);
    }
}

BeltBatch *
belt_batch_new_from_rows (const BeltRowRef *refs,
                          guint             n,
                          guint             n_columns,
                          const BeltLayout *layout)
{
  BeltBatch *batch = belt_batch_new (n, n_columns);

  fill_context (batch, refs, n);
  for (guint i = 0; i < n_columns; i++)
    fill_column (batch, i, refs, n, layout);

  return batch;
}
