/* belt-window-count.c - windows of so many rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every `interval` rows the newest `length` go out, once so many are there.  Both
 * bounds of the window are the time of the row that completed it.
 */
#include "config.h"

#include "belt-window-private.h"

typedef struct
{
  BeltWindow window;
  guint      length;
  guint      interval;
  guint      n_since;  /* rows since the last firing */
} CountWindow;

static void
fire (CountWindow *self,
      gint64       now_ms)
{
  BeltRowStore *rows = &self->window.rows;
  guint n = belt_row_store_get_n (rows);
  gint64 start_ms;

  self->n_since = 0;
  if (n < self->length)
    return;

  start_ms = self->window.spec->incremental ? belt_row_store_get (rows, n - self->length)->time : now_ms;
  belt_window_emit (&self->window, rows, n - self->length, self->length, start_ms, now_ms, now_ms);
  belt_row_store_pop (rows, n - (self->length - 1));
}

static void
count_push (BeltOp    *op,
            BeltBatch *batch)
{
  CountWindow *self = (CountWindow *)op;
  BeltKeep keep = belt_row_store_choose (batch);

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (belt_batch_get_fault (batch, row) != NULL)
        {
          belt_window_pass_fault (op, batch, row);
          continue;
        }

      belt_row_store_append (&self->window.rows, batch, row, keep);
      if (++self->n_since == self->interval)
        fire (self, batch->times[row]);
    }
}

/* Older rows are kept for windows that overlap; those of the next window are waited for. */
static void
count_held (BeltOp       *op,
            BeltHeldFunc  func,
            gpointer      data)
{
  const CountWindow *self = (const CountWindow *)op;
  const BeltRowStore *rows = &self->window.rows;
  guint n = belt_row_store_get_n (rows);
  guint n_missing = self->interval - self->n_since;
  guint n_held = self->length > n_missing ? MIN (n, self->length - n_missing) : 0;

  for (guint i = n - n_held; i < n; i++)
    {
      const BeltRowRef *ref = belt_row_store_get (rows, i);

      if (!func (ref->batch->row_ids[ref->row], ref->time, G_MAXINT64, data))
        return;
    }
}

static GBytes *
count_save (BeltOp *op)
{
  CountWindow *self = (CountWindow *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_u32 (&writer, self->n_since);
  belt_row_store_save (&self->window.rows, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
count_restore (BeltOp  *op,
               GBytes  *state,
               GError **error)
{
  CountWindow *self = (CountWindow *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  self->n_since = belt_state_get_u32 (&reader) % self->interval;
  belt_row_store_restore (&self->window.rows, &reader, self->window.spec->n_slots);

  return belt_state_reader_finish (&reader, error);
}

static const BeltOpClass count_class = {
  .kind = "window",
  .push = count_push,
  .save = count_save,
  .restore = count_restore,
  .free = belt_window_free,
  .held = count_held,
};

BeltOp *
belt_window_count_new (const BeltWindowSpec *spec,
                       BeltEval             *eval,
                       gint64                now_ms)
{
  CountWindow *self = g_new0 (CountWindow, 1);

  belt_window_init (&self->window, &count_class, spec, eval);
  self->length = (guint)CLAMP (spec->length, 1, G_MAXUINT32);
  self->interval = spec->interval > 0 ? (guint)MIN (spec->interval, G_MAXUINT32) : self->length;

  return &self->window.op;
}
