/* belt-window-state.c - windows between conditions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * With two conditions a row that meets the first opens a window and a later one
 * that meets the second closes it, itself included.  With one condition a row
 * that meets it closes the window before and opens the next.  Rows outside are
 * dropped.  Each partition has a state of its own.
 */
#include "config.h"

#include "belt-group-table.h"
#include "belt-window-private.h"

typedef struct
{
  BeltRowStore rows;
  gint64       start_ms;
  gboolean     open;
} Partition;

typedef struct
{
  BeltWindow     window;
  BeltGroupTable table;
  BeltGroupKey   key;
  BeltArena      arena;       /* the keys */
  GPtrArray     *partitions;  /* by group */
} StateWindow;

static void
free_partition (gpointer data)
{
  Partition *partition = data;

  belt_row_store_clear (&partition->rows);
  g_free (partition);
}

static Partition *
get_partition (StateWindow *self,
               const char  *key,
               gsize        key_len)
{
  Partition *partition;
  gboolean is_new;
  guint group = belt_group_table_lookup (&self->table, key, key_len, &self->arena, &is_new);

  if (!is_new)
    return g_ptr_array_index (self->partitions, group);

  partition = g_new0 (Partition, 1);
  belt_row_store_init (&partition->rows, self->window.op.eval->layout);
  g_ptr_array_add (self->partitions, partition);

  return partition;
}

static Partition *
find_partition (StateWindow *self,
                BeltBatch   *batch,
                guint        row)
{
  const BeltWindowSpec *spec = self->window.spec;
  BeltEval *eval = self->window.op.eval;

  eval->batch = batch;
  eval->row = row;
  eval->arena = &batch->arena;
  eval->range = NULL;
  eval->position = 0;

  belt_group_key_reset (&self->key);
  for (guint i = 0; i < spec->n_partition; i++)
    {
      BeltValue value = belt_expr_eval (spec->partition[i], eval);

      /* What cannot be computed takes no part in the key. */
      if (!belt_value_is_error (&value))
        belt_group_key_append (&self->key, &value);
    }

  return get_partition (self, self->key.bytes, self->key.len);
}

static void
open_window (Partition *partition,
             BeltBatch *batch,
             guint      row,
             BeltKeep   keep)
{
  partition->open = TRUE;
  partition->start_ms = batch->times[row];
  belt_row_store_append (&partition->rows, batch, row, keep);
}

static void
close_window (StateWindow *self,
              Partition   *partition,
              gint64       end)
{
  guint n = belt_row_store_get_n (&partition->rows);

  partition->open = FALSE;
  belt_window_emit (&self->window, &partition->rows, 0, n, partition->start_ms, end, end);
  belt_row_store_pop (&partition->rows, n);
}

static void
add_row (StateWindow *self,
         BeltBatch   *batch,
         guint        row,
         BeltKeep     keep)
{
  const BeltWindowSpec *spec = self->window.spec;
  Partition *partition = find_partition (self, batch, row);

  if (!partition->open)
    {
      if (belt_window_test (&self->window, spec->begin, batch, row))
        open_window (partition, batch, row, keep);
      else
        belt_op_drop (&self->window.op, batch, row, BELT_DROP_WINDOW_FILTER,
                      "no window is open and the condition that opens one is not met");
      return;
    }

  if (spec->emit != NULL)
    {
      belt_row_store_append (&partition->rows, batch, row, keep);
      if (belt_window_test (&self->window, spec->emit, batch, row))
        close_window (self, partition, batch->times[row]);
      return;
    }

  if (belt_window_test (&self->window, spec->begin, batch, row))
    {
      close_window (self, partition, batch->times[row]);
      open_window (partition, batch, row, keep);
    }
  else
    belt_row_store_append (&partition->rows, batch, row, keep);
}

static void
state_push (BeltOp    *op,
            BeltBatch *batch)
{
  StateWindow *self = (StateWindow *)op;
  BeltKeep keep = belt_row_store_choose (batch);

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (belt_batch_get_fault (batch, row) != NULL)
        belt_window_pass_fault (op, batch, row);
      else
        add_row (self, batch, row, keep);
    }
}

static void
state_held (BeltOp       *op,
            BeltHeldFunc  func,
            gpointer      data)
{
  StateWindow *self = (StateWindow *)op;

  for (guint i = 0; i < self->partitions->len; i++)
    {
      Partition *partition = g_ptr_array_index (self->partitions, i);

      belt_window_tell_held (&partition->rows, G_MAXINT64, func, data);
    }
}

static GBytes *
state_save (BeltOp *op)
{
  StateWindow *self = (StateWindow *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_u32 (&writer, self->partitions->len);
  for (guint i = 0; i < self->partitions->len; i++)
    {
      const Partition *partition = g_ptr_array_index (self->partitions, i);
      gsize key_len;
      const char *key = belt_group_table_get_key (&self->table, i, &key_len);

      belt_state_put_bytes (&writer, key, key_len);
      belt_state_put_i64 (&writer, partition->start_ms);
      belt_state_put_u32 (&writer, partition->open);
      belt_row_store_save (&partition->rows, &writer);
    }

  return belt_state_writer_finish (&writer);
}

static gboolean
state_restore (BeltOp  *op,
               GBytes  *state,
               GError **error)
{
  StateWindow *self = (StateWindow *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  for (guint n = belt_state_get_count (&reader, 24); n > 0 && !reader.failed; n--)
    {
      gsize len;
      const char *key = belt_state_get_bytes (&reader, &len);
      Partition *partition = get_partition (self, key, len);

      partition->start_ms = belt_state_get_i64 (&reader);
      partition->open = belt_state_get_u32 (&reader) != 0;
      belt_row_store_restore (&partition->rows, &reader, self->window.spec->n_slots);
    }

  return belt_state_reader_finish (&reader, error);
}

static void
state_free (BeltOp *op)
{
  StateWindow *self = (StateWindow *)op;

  g_ptr_array_unref (self->partitions);
  belt_group_table_clear (&self->table);
  belt_group_key_clear (&self->key);
  belt_arena_clear (&self->arena);
  belt_window_clear (&self->window);
  g_free (self);
}

static const BeltOpClass state_class = {
  .kind = "window",
  .push = state_push,
  .save = state_save,
  .restore = state_restore,
  .free = state_free,
  .held = state_held,
};

BeltOp *
belt_window_state_new (const BeltWindowSpec *spec,
                       BeltEval             *eval,
                       gint64                now_ms)
{
  StateWindow *self = g_new0 (StateWindow, 1);

  belt_window_init (&self->window, &state_class, spec, eval);
  self->partitions = g_ptr_array_new_with_free_func (free_partition);
  belt_arena_init (&self->arena);

  return &self->window.op;
}
