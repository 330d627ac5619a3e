/* belt-window-time.c - tumbling and hopping windows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Boundaries come every `step`; the first is aligned to the clock, from the start
 * of the rule in processing time and from the first row in event time.  A window
 * holds the rows in [end - length, end).  Empty windows are emitted too.
 *
 * window_start() of a hopping window is the previous boundary less the hop, as
 * eKuiper has it, which is end - length only when the length is two hops.
 *
 * Quirks of eKuiper's hopping windows: in event time a boundary whose window holds
 * no row lets go of all rows that came with the same advance of the watermark; in
 * processing time the first window starts `length` less `hop` before the rule.
 */
#include "config.h"

#include "belt-window-private.h"

typedef struct
{
  BeltWindow window;
  gint64     step_ms;
  gint64     previous_ms;  /* the last boundary; before it the rule's start or the first row */
  gint64     end_ms;       /* the next boundary; G_MAXINT64: not known yet */
  gboolean   started;      /* event time: a row has come */
  gint64     first_ms;     /* older rows are in no window */
} TimeWindow;

static gint64
get_window_start (const TimeWindow *self,
                  gint64            end)
{
  gint64 start = self->previous_ms;

  if (self->window.spec->kind == BELT_WINDOW_HOPPING)
    start -= self->window.interval_ms;

  return belt_window_fix_start (start, end, self->window.length_ms);
}

/* All that is held, of an event-time hopping window whose boundary met none of it. */
static void
lose_rows (TimeWindow *self,
           guint       n_before)
{
  BeltRowStore *rows = &self->window.rows;
  guint n = belt_row_store_get_n (rows);

  for (guint i = n_before; i < n; i++)
    {
      const BeltRowRef *ref = belt_row_store_get (rows, i);

      belt_op_drop (&self->window.op, ref->batch, ref->row, BELT_DROP_WINDOW_EMPTY, BELT_WINDOW_LOST);
    }
  belt_row_store_pop (rows, n);
}

static void
fire (TimeWindow *self)
{
  BeltRowStore *rows = &self->window.rows;
  gboolean hopping = self->window.spec->kind == BELT_WINDOW_HOPPING;
  gint64 end = self->end_ms;
  gint64 start = get_window_start (self, end);
  guint n_before = belt_row_store_count_before (rows, end);
  guint n_passed = 0;

  if (hopping)
    n_passed = belt_row_store_count_before (rows, end - self->window.length_ms);

  self->previous_ms = end;
  self->end_ms = end + self->step_ms;

  belt_window_emit (&self->window, rows, n_passed, n_before > n_passed ? n_before - n_passed : 0, start, end, end);

  if (hopping && self->window.spec->event_time && n_passed >= n_before)
    lose_rows (self, n_before);
  else if (hopping)
    belt_row_store_pop (rows, belt_row_store_count_before (rows, self->end_ms - self->window.length_ms));
  else
    belt_row_store_pop (rows, n_before);
}

/* Nothing is held before the boundaries to come: go straight to the last that matter. */
static void
skip_silence (TimeWindow *self,
              gint64      now_ms)
{
  gint64 next = now_ms;
  gint64 n;

  if (belt_row_store_get_n (&self->window.rows) > 0)
    next = MIN (next, belt_row_store_get (&self->window.rows, 0)->time);
  if (next <= self->end_ms)
    return;

  n = (next - self->end_ms) / self->step_ms;
  if (n <= BELT_WINDOW_EMPTY_MAX)
    return;

  self->end_ms += n * self->step_ms;
  self->previous_ms = self->end_ms - self->step_ms;
}

static void
fire_until (TimeWindow *self,
            gint64      now_ms)
{
  while (self->end_ms <= now_ms)
    {
      skip_silence (self, now_ms);
      fire (self);
    }
}

static void
start_at_first_row (TimeWindow *self,
                    gint64      time_ms)
{
  const BeltWindowSpec *spec = self->window.spec;

  self->started = TRUE;
  self->previous_ms = time_ms;
  self->end_ms = belt_window_align (time_ms, spec->unit,
                                    spec->kind == BELT_WINDOW_HOPPING ? spec->interval : spec->length,
                                    spec->zone);
}

static void
time_window_push (BeltOp    *op,
                  BeltBatch *batch)
{
  TimeWindow *self = (TimeWindow *)op;
  BeltKeep keep = belt_row_store_choose (batch);

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (belt_batch_get_fault (batch, row) != NULL)
        {
          belt_window_pass_fault (op, batch, row);
          continue;
        }

      if (!self->started)
        start_at_first_row (self, batch->times[row]);
      if (batch->times[row] < self->first_ms)
        continue;
      belt_row_store_append (&self->window.rows, batch, row, keep);
    }
}

static void
time_window_watermark (BeltOp *op,
                       gint64  time_ms)
{
  TimeWindow *self = (TimeWindow *)op;

  if (self->window.spec->event_time && self->started)
    fire_until (self, time_ms);
  belt_op_emit_watermark (op, time_ms);
}

static void
time_window_tick (BeltOp *op,
                  gint64  now_ms)
{
  TimeWindow *self = (TimeWindow *)op;

  fire_until (self, now_ms);
  op->next_tick = self->end_ms;
}

static void
time_window_held (BeltOp       *op,
                  BeltHeldFunc  func,
                  gpointer      data)
{
  TimeWindow *self = (TimeWindow *)op;
  BeltRowStore *rows = &self->window.rows;

  for (guint i = 0; i < belt_row_store_get_n (rows); i++)
    {
      const BeltRowRef *ref = belt_row_store_get (rows, i);
      gint64 closes = self->end_ms;

      /* The first boundary after the row. */
      if (ref->time >= closes)
        closes += ((ref->time - closes) / self->step_ms + 1) * self->step_ms;
      if (!func (ref->batch->row_ids[ref->row], ref->time, closes, data))
        return;
    }
}

static GBytes *
time_window_save (BeltOp *op)
{
  TimeWindow *self = (TimeWindow *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_i64 (&writer, self->previous_ms);
  belt_state_put_i64 (&writer, self->end_ms);
  belt_state_put_u32 (&writer, self->started);
  belt_row_store_save (&self->window.rows, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
time_window_restore (BeltOp  *op,
                     GBytes  *state,
                     GError **error)
{
  TimeWindow *self = (TimeWindow *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  self->previous_ms = belt_state_get_i64 (&reader);
  self->end_ms = belt_state_get_i64 (&reader);
  self->started = belt_state_get_u32 (&reader) != 0;
  self->first_ms = G_MININT64;
  belt_row_store_restore (&self->window.rows, &reader, self->window.spec->n_slots);
  if (!self->window.spec->event_time)
    op->next_tick = self->end_ms;

  return belt_state_reader_finish (&reader, error);
}

static const BeltOpClass time_window_class = {
  .kind = "window",
  .push = time_window_push,
  .watermark = time_window_watermark,
  .tick = time_window_tick,
  .save = time_window_save,
  .restore = time_window_restore,
  .free = belt_window_free,
  .held = time_window_held,
};

BeltOp *
belt_window_time_new (const BeltWindowSpec *spec,
                      BeltEval             *eval,
                      gint64                now_ms)
{
  TimeWindow *self = g_new0 (TimeWindow, 1);

  belt_window_init (&self->window, &time_window_class, spec, eval);
  self->step_ms = spec->kind == BELT_WINDOW_HOPPING ? self->window.interval_ms : self->window.length_ms;
  self->step_ms = MAX (self->step_ms, 1);
  self->end_ms = G_MAXINT64;
  self->first_ms = G_MININT64;

  if (!spec->event_time)
    {
      start_at_first_row (self, now_ms);
      self->first_ms = belt_window_get_first_ms (spec, now_ms, self->window.length_ms, self->step_ms);
      self->window.op.next_tick = self->end_ms;
    }

  return &self->window.op;
}
