/* belt-window-sliding.c - sliding windows: rows that trigger, and what came before them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row at t that triggers makes the window [t - length, t]; with a delay d it is
 * [t - length, t + d) and comes out at t + d.  Version 2 leaves out the left edge.
 * In event time triggers wait for the watermark.  The details of which rows are
 * let go when are eKuiper's, since they show in the results.
 */
#include "config.h"

#include "belt-window-private.h"

typedef struct
{
  BeltWindow window;
  GQueue     triggers;      /* of gint64*: event time, rows that trigger and wait for the watermark */
  GQueue     delayed;       /* of gint64*: when delayed windows are due, in order */
  gint64     evaluated_ms;  /* event time: newest row when triggers were last evaluated */
} SlidingWindow;

static void
push_time (GQueue *queue,
           gint64  time_ms)
{
  g_queue_push_tail (queue, g_memdup2 (&time_ms, sizeof time_ms));
}

static gint64
peek_time (GQueue *queue)
{
  const gint64 *time = g_queue_peek_head (queue);

  return time != NULL ? *time : G_MAXINT64;
}

static void
drop_time (GQueue *queue)
{
  g_free (g_queue_pop_head (queue));
}

static guint
count_up_to (const BeltRowStore *rows,
             gint64              time_ms)
{
  return belt_row_store_count_before (rows, time_ms + 1);
}

/* Rows from..to, both of them counts from the oldest. */
static void
emit_rows (SlidingWindow *self,
           guint          from,
           guint          to,
           gint64         start,
           gint64         end,
           gint64         trigger)
{
  belt_window_emit (&self->window, &self->window.rows, from, to > from ? to - from : 0,
                    start, end, trigger);
}

/* [t - length, t], and rows that no later window can hold are let go. */
static void
fire_at_once (SlidingWindow *self,
              gint64         time_ms)
{
  BeltRowStore *rows = &self->window.rows;
  gint64 left = time_ms - self->window.length_ms;
  guint from = belt_row_store_count_before (rows, left);

  emit_rows (self, from, count_up_to (rows, time_ms), left, time_ms, time_ms);
  belt_row_store_pop (rows, from);
}

/* [due - delay - length, due) */
static void
fire_delayed (SlidingWindow *self,
              gint64         due_ms)
{
  BeltRowStore *rows = &self->window.rows;
  gint64 left = due_ms - self->window.delay_ms - self->window.length_ms;
  guint from = belt_row_store_count_before (rows, left);

  emit_rows (self, from, belt_row_store_count_before (rows, due_ms), left, due_ms, due_ms);
  belt_row_store_pop (rows, from);
}

/* (from, to] of the two halves of a window that is sent twice. */
static void
fire_half (SlidingWindow *self,
           gint64         from_ms,
           gint64         to_ms,
           gint64         trigger_ms)
{
  BeltRowStore *rows = &self->window.rows;

  emit_rows (self, count_up_to (rows, from_ms), count_up_to (rows, to_ms), from_ms, to_ms, trigger_ms);
  belt_row_store_pop (rows, belt_row_store_count_before (rows, to_ms - self->window.length_ms
                                                         - self->window.delay_ms));
}

/* (start, end] of version 2. */
static void
fire_half_open (SlidingWindow *self,
                gint64         start,
                gint64         end)
{
  BeltRowStore *rows = &self->window.rows;

  belt_window_emit (&self->window, rows, count_up_to (rows, start),
                    count_up_to (rows, end) - count_up_to (rows, start), start, end, end);
}

static void
trigger_now (SlidingWindow *self,
             gint64         time_ms)
{
  gint64 length = self->window.length_ms;
  gint64 delay = self->window.delay_ms;

  if (delay > 0)
    push_time (&self->delayed, time_ms + delay);

  if (self->window.spec->v2)
    {
      if (delay == 0)
        fire_half_open (self, time_ms - length, time_ms);
    }
  else if (delay == 0)
    fire_at_once (self, time_ms);
  else if (self->window.spec->send_twice)
    fire_half (self, time_ms - length, time_ms, time_ms);
}

static void
add_row (SlidingWindow *self,
         BeltBatch     *batch,
         guint          row,
         BeltKeep       keep)
{
  const BeltWindowSpec *spec = self->window.spec;
  BeltRowStore *rows = &self->window.rows;
  gint64 time_ms = batch->times[row];

  if (spec->v2 && !spec->event_time)
    belt_row_store_pop (rows, count_up_to (rows, time_ms - self->window.length_ms));

  belt_row_store_append (rows, batch, row, keep);

  if (spec->trigger != NULL && !belt_window_test (&self->window, spec->trigger, batch, row))
    {
      if (!spec->v2 && !spec->event_time)
        belt_row_store_pop (rows, count_up_to (rows, time_ms - self->window.length_ms
                                               - self->window.delay_ms));
      return;
    }

  if (spec->event_time && !spec->v2)
    push_time (&self->triggers, time_ms);
  else
    trigger_now (self, time_ms);
}

static void
sliding_push (BeltOp    *op,
              BeltBatch *batch)
{
  SlidingWindow *self = (SlidingWindow *)op;
  BeltKeep keep = belt_row_store_choose (batch);

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (belt_batch_get_fault (batch, row) != NULL)
        belt_window_pass_fault (op, batch, row);
      else
        add_row (self, batch, row, keep);
    }

  if (!self->window.spec->event_time)
    op->next_tick = peek_time (&self->delayed);
}

static void
fire_due (SlidingWindow *self,
          gint64         now_ms)
{
  gint64 length = self->window.length_ms;
  gint64 delay = self->window.delay_ms;

  for (gint64 due = peek_time (&self->delayed); due <= now_ms; due = peek_time (&self->delayed))
    {
      drop_time (&self->delayed);

      if (self->window.spec->v2)
        fire_half_open (self, due - delay - length, self->window.spec->event_time ? now_ms : due);
      else if (self->window.spec->send_twice)
        fire_half (self, due - delay, due, due - delay);
      else
        fire_delayed (self, due);
    }
}

static void
sliding_tick (BeltOp *op,
              gint64  now_ms)
{
  SlidingWindow *self = (SlidingWindow *)op;

  fire_due (self, now_ms);
  op->next_tick = peek_time (&self->delayed);
}

static void
sliding_watermark (BeltOp *op,
                   gint64  time_ms)
{
  SlidingWindow *self = (SlidingWindow *)op;
  BeltRowStore *rows = &self->window.rows;
  guint n = belt_row_store_get_n (rows);
  gint64 newest = n > 0 ? belt_row_store_get (rows, n - 1)->time : G_MININT64;

  if (self->window.spec->event_time)
    {
      fire_due (self, time_ms);

      /* Nothing newer than what was there before: eKuiper looks at its triggers with the next row. */
      if (newest > self->evaluated_ms)
        {
          self->evaluated_ms = newest;
          for (gint64 t = peek_time (&self->triggers); t <= time_ms; t = peek_time (&self->triggers))
            {
              drop_time (&self->triggers);
              trigger_now (self, t);
            }
        }

      if (self->window.spec->v2)
        belt_row_store_pop (rows, count_up_to (rows, time_ms - self->window.length_ms
                                               - self->window.delay_ms));
    }

  belt_op_emit_watermark (op, time_ms);
}

static void
sliding_held (BeltOp       *op,
              BeltHeldFunc  func,
              gpointer      data)
{
  SlidingWindow *self = (SlidingWindow *)op;

  belt_window_tell_held (&self->window.rows, MIN (peek_time (&self->delayed), peek_time (&self->triggers)),
                         func, data);
}

static void
save_times (const GQueue    *queue,
            BeltStateWriter *writer)
{
  belt_state_put_u32 (writer, queue->length);
  for (const GList *link = queue->head; link != NULL; link = link->next)
    belt_state_put_i64 (writer, *(const gint64 *)link->data);
}

static void
restore_times (GQueue          *queue,
               BeltStateReader *reader)
{
  guint n = belt_state_get_count (reader, sizeof (gint64));

  for (guint i = 0; i < n; i++)
    push_time (queue, belt_state_get_i64 (reader));
}

static GBytes *
sliding_save (BeltOp *op)
{
  SlidingWindow *self = (SlidingWindow *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_i64 (&writer, self->evaluated_ms);
  save_times (&self->triggers, &writer);
  save_times (&self->delayed, &writer);
  belt_row_store_save (&self->window.rows, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
sliding_restore (BeltOp  *op,
                 GBytes  *state,
                 GError **error)
{
  SlidingWindow *self = (SlidingWindow *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  self->evaluated_ms = belt_state_get_i64 (&reader);
  restore_times (&self->triggers, &reader);
  restore_times (&self->delayed, &reader);
  belt_row_store_restore (&self->window.rows, &reader, self->window.spec->n_slots);
  if (!self->window.spec->event_time)
    op->next_tick = peek_time (&self->delayed);

  return belt_state_reader_finish (&reader, error);
}

static void
sliding_free (BeltOp *op)
{
  SlidingWindow *self = (SlidingWindow *)op;

  g_queue_clear_full (&self->triggers, g_free);
  g_queue_clear_full (&self->delayed, g_free);
  belt_window_clear (&self->window);
  g_free (self);
}

static const BeltOpClass sliding_class = {
  .kind = "window",
  .push = sliding_push,
  .watermark = sliding_watermark,
  .tick = sliding_tick,
  .save = sliding_save,
  .restore = sliding_restore,
  .free = sliding_free,
  .held = sliding_held,
};

BeltOp *
belt_window_sliding_new (const BeltWindowSpec *spec,
                         BeltEval             *eval,
                         gint64                now_ms)
{
  SlidingWindow *self = g_new0 (SlidingWindow, 1);

  belt_window_init (&self->window, &sliding_class, spec, eval);
  g_queue_init (&self->triggers);
  g_queue_init (&self->delayed);
  self->evaluated_ms = G_MININT64;

  return &self->window.op;
}
