/* belt-window-session.c - sessions: rows no further apart than the timeout
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A session ends `timeout` after its last row, when the next comes later than
 * that.  The maximal duration is looked at on ticks aligned to the clock: a tick
 * splits a session that is too long, and the rest goes on as one that starts at
 * the tick.
 */
#include "config.h"

#include "belt-window-private.h"

typedef struct
{
  BeltWindow window;
  gint64     start_ms;     /* of the session that goes on */
  gint64     tick_ms;      /* processing time: the next look at the duration */
  gint64     timeout_ms;   /* processing time: when the session ends without another row */
  gboolean   open;         /* processing time: a timeout is set */
  gboolean   was_split;    /* event time: the last end was a tick */
  guint      n_seen;       /* event time: of the oldest rows, those that find_end() need not look at again… */
  gint64     seen_tick;    /* …and what it knew behind them */
  gint64     seen_ms;
} SessionWindow;

static void
emit_front (SessionWindow *self,
            guint          n,
            gint64         end)
{
  gint64 start = belt_window_fix_start (self->start_ms, end, self->window.length_ms);

  belt_window_emit (&self->window, &self->window.rows, 0, n, start, end, end);
  belt_row_store_pop (&self->window.rows, n);
  self->n_seen = 0;
  self->start_ms = end;
}

static void
update_next_tick (SessionWindow *self)
{
  self->window.op.next_tick = MIN (self->tick_ms, self->open ? self->timeout_ms : G_MAXINT64);
}

static void
session_push (BeltOp    *op,
              BeltBatch *batch)
{
  SessionWindow *self = (SessionWindow *)op;
  gboolean event_time = self->window.spec->event_time;
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
      if (event_time)
        continue;

      if (!self->open)
        {
          self->open = TRUE;
          self->start_ms = batch->times[row];
        }
      self->timeout_ms = batch->times[row] + self->window.interval_ms;
    }

  if (!event_time)
    update_next_tick (self);
}

static void
end_by_timeout (SessionWindow *self)
{
  BeltRowStore *rows = &self->window.rows;
  gint64 end = self->timeout_ms;

  /* A tick took all rows: eKuiper's timer stays, and the next session starts where that one was cut. */
  if (belt_row_store_get_n (rows) == 0)
    {
      self->timeout_ms = G_MAXINT64;
      return;
    }

  self->open = FALSE;
  emit_front (self, belt_row_store_count_before (rows, end), end);
  belt_row_store_pop (rows, belt_row_store_get_n (rows));
}

static void
look_at_duration (SessionWindow *self)
{
  BeltRowStore *rows = &self->window.rows;
  gint64 tick = self->tick_ms;

  self->tick_ms += MAX (self->window.length_ms, 1);
  if (belt_row_store_get_n (rows) > 0 &&
      tick - belt_row_store_get (rows, 0)->time >= self->window.length_ms)
    emit_front (self, belt_row_store_count_before (rows, tick), tick);
}

static void
session_tick (BeltOp *op,
              gint64  now_ms)
{
  SessionWindow *self = (SessionWindow *)op;
  gint64 behind = (now_ms - self->tick_ms) / MAX (self->window.length_ms, 1);

  /* Ticks nobody could have noticed. */
  if (behind > BELT_WINDOW_EMPTY_MAX && belt_row_store_get_n (&self->window.rows) == 0)
    self->tick_ms += behind * MAX (self->window.length_ms, 1);

  while (op->next_tick <= now_ms)
    {
      if (self->open && self->timeout_ms <= self->tick_ms)
        end_by_timeout (self);
      else
        look_at_duration (self);
      update_next_tick (self);
    }
}

/* Where the session that starts with the oldest row ends, or G_MAXINT64.  Rows in which no end was found are
 * not looked at again, for every row may bring a watermark. */
static gint64
find_end (SessionWindow *self,
          gint64         watermark_ms,
          gboolean      *ret_split)
{
  const BeltWindowSpec *spec = self->window.spec;
  BeltRowStore *rows = &self->window.rows;
  guint n = belt_row_store_get_n (rows);
  gint64 first;

  *ret_split = FALSE;
  if (n == 0)
    return G_MAXINT64;

  first = belt_row_store_get (rows, 0)->time;
  if (self->n_seen == 0)
    {
      self->seen_ms = first;
      self->seen_tick = belt_window_align (first, spec->unit, spec->length, spec->zone);
    }

  for (; self->n_seen < n; self->n_seen++)
    {
      gint64 time = belt_row_store_get (rows, self->n_seen)->time;
      gint64 previous = self->seen_ms;
      gint64 tick = self->seen_tick;
      gint64 end = time - previous > self->window.interval_ms ? previous + self->window.interval_ms : G_MAXINT64;

      if (time > tick && tick - self->window.length_ms > first && tick < end)
        {
          end = tick;
          *ret_split = TRUE;
        }
      if (end < G_MAXINT64)
        return end;

      if (time > tick)
        self->seen_tick += self->window.length_ms;
      self->seen_ms = time;
    }

  if (watermark_ms - self->seen_ms > self->window.interval_ms)
    return self->seen_ms + self->window.interval_ms;

  return G_MAXINT64;
}

static void
session_watermark (BeltOp *op,
                   gint64  time_ms)
{
  SessionWindow *self = (SessionWindow *)op;
  BeltRowStore *rows = &self->window.rows;

  while (self->window.spec->event_time)
    {
      gboolean split;
      gint64 end = find_end (self, time_ms, &split);
      guint n;

      if (end > time_ms)
        break;

      if (!self->was_split)
        self->start_ms = belt_row_store_get (rows, 0)->time;
      self->was_split = split;
      /* With a timeout of 0 the end is the last row's own time. */
      n = belt_row_store_count_before (rows, end);
      emit_front (self, n > 0 ? n : belt_row_store_count_before (rows, end + 1), end);
    }

  belt_op_emit_watermark (op, time_ms);
}

static void
session_held (BeltOp       *op,
              BeltHeldFunc  func,
              gpointer      data)
{
  SessionWindow *self = (SessionWindow *)op;
  BeltRowStore *rows = &self->window.rows;
  guint n = belt_row_store_get_n (rows);
  gint64 closes = G_MAXINT64;

  if (n > 0)
    closes = belt_row_store_get (rows, n - 1)->time + self->window.interval_ms;

  belt_window_tell_held (rows, closes, func, data);
}

static GBytes *
session_save (BeltOp *op)
{
  SessionWindow *self = (SessionWindow *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_i64 (&writer, self->start_ms);
  belt_state_put_i64 (&writer, self->tick_ms);
  belt_state_put_i64 (&writer, self->timeout_ms);
  belt_state_put_u32 (&writer, self->open);
  belt_state_put_u32 (&writer, self->was_split);
  belt_row_store_save (&self->window.rows, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
session_restore (BeltOp  *op,
                 GBytes  *state,
                 GError **error)
{
  SessionWindow *self = (SessionWindow *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  self->start_ms = belt_state_get_i64 (&reader);
  self->tick_ms = belt_state_get_i64 (&reader);
  self->timeout_ms = belt_state_get_i64 (&reader);
  self->open = belt_state_get_u32 (&reader) != 0;
  self->was_split = belt_state_get_u32 (&reader) != 0;
  belt_row_store_restore (&self->window.rows, &reader, self->window.spec->n_slots);
  if (!self->window.spec->event_time)
    update_next_tick (self);

  return belt_state_reader_finish (&reader, error);
}

static const BeltOpClass session_class = {
  .kind = "window",
  .push = session_push,
  .watermark = session_watermark,
  .tick = session_tick,
  .save = session_save,
  .restore = session_restore,
  .free = belt_window_free,
  .held = session_held,
};

BeltOp *
belt_window_session_new (const BeltWindowSpec *spec,
                         BeltEval             *eval,
                         gint64                now_ms)
{
  SessionWindow *self = g_new0 (SessionWindow, 1);

  belt_window_init (&self->window, &session_class, spec, eval);
  if (!spec->event_time)
    {
      self->tick_ms = belt_window_align (now_ms, spec->unit, spec->length, spec->zone);
      update_next_tick (self);
    }

  return &self->window.op;
}
