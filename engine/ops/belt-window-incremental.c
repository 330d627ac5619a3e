/* belt-window-incremental.c - windows as eKuiper has them with enableIncrementalWindow
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * There a window is opened by a row or by a tick, takes what comes while it is
 * open, and is sent with the rows' aggregates; no window is opened for a silence.
 * In event time a tumbling or hopping window is opened by the first row after the
 * end of the last, so hopping windows do not overlap; a sliding window sends what
 * the oldest open one holds.  Here a window is a range of the rows that are kept;
 * the aggregate operator behind makes one row of a group.
 */
#include "config.h"

#include "belt-window-private.h"

typedef struct
{
  gint64  start_ms;
  gint64  event_ms;   /* SLIDING in event time: the row that sends it */
  guint64 first;      /* number of its first row… */
  guint64 end;        /* …and of the first one behind it: 0, not known yet */
  guint64 after;      /* a delayed one takes rows from here too, up to event_ms + delay */
} IncWindow;

typedef struct
{
  BeltWindow  window;
  gint64      step_ms;
  guint64     n_gone;     /* rows let go of: the number of the oldest kept */
  GArray     *open;       /* of IncWindow */
  GArray     *due;        /* of IncWindow: in event time sliding ones that wait for the watermark, else delayed ones */
  GArray     *refs;       /* of BeltRowRef */
  gint64      next_ms;    /* event time: the end of the last window that was opened; else the next tick */
} IncWindows;

static guint64
get_next_number (const IncWindows *self)
{
  return self->n_gone + belt_row_store_get_n (&self->window.rows);
}

/* Rows older than that, as a number. */
static guint64
count_before (const IncWindows *self,
              gint64            time_ms)
{
  return self->n_gone + belt_row_store_count_before (&self->window.rows, time_ms);
}

static IncWindow *
get_window (GArray *windows,
            guint   i)
{
  return &g_array_index (windows, IncWindow, i);
}

static void
add_refs (IncWindows *self,
          guint64     from,
          guint64     to)
{
  for (guint64 i = MAX (from, self->n_gone); i < MIN (to, get_next_number (self)); i++)
    g_array_append_val (self->refs, *belt_row_store_get (&self->window.rows, (guint)(i - self->n_gone)));
}

static void
emit (IncWindows *self,
      gint64      start_ms,
      gint64      end_ms)
{
  belt_window_emit_refs (&self->window, (const BeltRowRef *)(gpointer)self->refs->data, self->refs->len, start_ms,
                         end_ms, end_ms);
  g_array_set_size (self->refs, 0);
}

static void
open_window (IncWindows *self,
             gint64      start_ms)
{
  IncWindow window = { .start_ms = start_ms, .first = get_next_number (self) };

  g_array_append_val (self->open, window);
}

/* The leading ones that are as old as that. */
static void
forget_open (IncWindows *self,
             gint64      now_ms,
             gint64      age_ms)
{
  guint n = 0;

  while (n < self->open->len && now_ms - get_window (self->open, n)->start_ms >= age_ms)
    n++;
  g_array_remove_range (self->open, 0, n);
}

static void
forget_rows (IncWindows *self)
{
  guint64 needed = get_next_number (self);

  for (guint i = 0; i < self->open->len; i++)
    needed = MIN (needed, get_window (self->open, i)->first);
  for (guint i = 0; i < self->due->len; i++)
    needed = MIN (needed, get_window (self->due, i)->first);

  belt_row_store_pop (&self->window.rows, (guint)(needed - self->n_gone));
  self->n_gone = needed;
}

/* ------------------------------------------------------------------ event time */

static void
open_at_row (IncWindows *self,
             gint64      time_ms)
{
  const BeltWindowSpec *spec = self->window.spec;
  gboolean hopping = spec->kind == BELT_WINDOW_HOPPING;

  if (self->next_ms >= time_ms)
    return;

  self->next_ms = belt_window_align (time_ms, spec->unit, hopping ? spec->interval : spec->length, spec->zone);
  open_window (self, self->next_ms - self->step_ms);
}

/* After the row that sends it was added. */
static void
send_oldest (IncWindows *self,
             gint64      time_ms)
{
  const IncWindow *oldest = get_window (self->open, 0);
  gboolean delayed = self->window.delay_ms > 0;
  IncWindow due = { .start_ms = delayed ? oldest->start_ms : time_ms, .event_ms = time_ms, .first = oldest->first,
                    .after = get_next_number (self) };

  due.end = count_before (self, oldest->start_ms + self->window.length_ms);
  g_array_append_val (self->due, due);
}

static void
add_event_row (IncWindows *self,
               BeltBatch  *batch,
               guint       row,
               BeltKeep    keep)
{
  const BeltWindowSpec *spec = self->window.spec;
  gint64 time_ms = batch->times[row];
  gboolean sliding = spec->kind == BELT_WINDOW_SLIDING;
  gboolean matches = sliding && (spec->trigger == NULL || belt_window_test (&self->window, spec->trigger, batch, row));

  if (!sliding)
    open_at_row (self, time_ms);
  else if (matches || self->window.delay_ms > 0)
    open_window (self, time_ms);

  belt_row_store_append (&self->window.rows, batch, row, keep);
  if (matches)
    send_oldest (self, time_ms);
}

static void
send_complete (IncWindows *self,
               gint64      watermark_ms)
{
  for (guint i = 0; i < self->open->len; i++)
    {
      IncWindow window = *get_window (self->open, i);
      gint64 end_ms = window.start_ms + self->window.length_ms;

      if (end_ms > watermark_ms)
        continue;
      add_refs (self, MAX (window.first, count_before (self, window.start_ms)), count_before (self, end_ms));
      emit (self, window.start_ms, end_ms);
    }
}

static void
send_due (IncWindows *self,
          gint64      watermark_ms)
{
  gint64 delay_ms = self->window.delay_ms;
  guint n = 0;

  for (; n < self->due->len; n++)
    {
      IncWindow window = *get_window (self->due, n);

      if (delay_ms > 0 && window.event_ms + delay_ms > watermark_ms)
        break;
      add_refs (self, window.first, window.end);
      if (delay_ms > 0)
        add_refs (self, window.after, count_before (self, window.event_ms + delay_ms));
      emit (self, window.start_ms, watermark_ms);
    }
  g_array_remove_range (self->due, 0, n);
}

static void
incremental_watermark (BeltOp *op,
                       gint64  time_ms)
{
  IncWindows *self = (IncWindows *)op;

  if (self->window.spec->event_time)
    {
      if (self->window.spec->kind == BELT_WINDOW_SLIDING)
        send_due (self, time_ms);
      else
        send_complete (self, time_ms);
      forget_open (self, time_ms, self->window.length_ms);
      forget_rows (self);
    }
  belt_op_emit_watermark (op, time_ms);
}

/* ------------------------------------------------------------------ processing time */

static void
update_next_tick (IncWindows *self)
{
  gint64 due = self->due->len > 0 ? get_window (self->due, 0)->event_ms : G_MAXINT64;

  self->window.op.next_tick = MIN (self->next_ms, due);
}

/* What the oldest open window holds. */
static void
send_open (IncWindows *self,
           gint64      now_ms)
{
  if (self->open->len == 0)
    return;

  add_refs (self, get_window (self->open, 0)->first, get_next_number (self));
  emit (self, get_window (self->open, 0)->start_ms, now_ms);
}

static void
wait_until (IncWindows *self,
            IncWindow   window,
            gint64      time_ms)
{
  window.event_ms = time_ms;
  g_array_append_val (self->due, window);
}

static void
add_clock_row (IncWindows *self,
               BeltBatch  *batch,
               guint       row,
               BeltKeep    keep)
{
  const BeltWindowSpec *spec = self->window.spec;
  gint64 time_ms = batch->times[row];

  if (spec->kind == BELT_WINDOW_SLIDING)
    forget_open (self, time_ms, self->window.length_ms + self->window.delay_ms);
  if (spec->kind == BELT_WINDOW_SLIDING || (spec->kind == BELT_WINDOW_TUMBLING && self->open->len == 0))
    open_window (self, time_ms);

  belt_row_store_append (&self->window.rows, batch, row, keep);
  if (spec->kind != BELT_WINDOW_SLIDING ||
      (spec->trigger != NULL && !belt_window_test (&self->window, spec->trigger, batch, row)))
    return;

  if (self->window.delay_ms > 0)
    wait_until (self, (IncWindow) { .first = get_next_number (self) }, time_ms + self->window.delay_ms);
  else
    send_open (self, time_ms);
}

static void
do_tick (IncWindows *self,
         gint64      now_ms)
{
  self->next_ms += self->step_ms;
  if (self->window.spec->kind == BELT_WINDOW_TUMBLING)
    {
      send_open (self, now_ms);
      g_array_set_size (self->open, 0);
      return;
    }

  open_window (self, now_ms);
  wait_until (self, *get_window (self->open, self->open->len - 1), now_ms + self->window.length_ms);
}

static void
do_due (IncWindows *self)
{
  IncWindow window = *get_window (self->due, 0);

  g_array_remove_index (self->due, 0);
  if (self->window.spec->kind == BELT_WINDOW_SLIDING)
    {
      forget_open (self, window.event_ms, self->window.length_ms + self->window.delay_ms);
      send_open (self, window.event_ms);
      return;
    }

  add_refs (self, window.first, count_before (self, window.event_ms));
  emit (self, window.start_ms, window.event_ms);
  forget_open (self, window.event_ms, self->window.length_ms);
}

static void
incremental_tick (BeltOp *op,
                  gint64  now_ms)
{
  IncWindows *self = (IncWindows *)op;

  /* Tumbling ticks of a silence. */
  if (self->window.spec->kind == BELT_WINDOW_TUMBLING && self->open->len == 0 && self->next_ms < now_ms)
    self->next_ms += (now_ms - self->next_ms) / self->step_ms * self->step_ms;

  while (op->next_tick <= now_ms)
    {
      if (self->due->len > 0 && get_window (self->due, 0)->event_ms <= self->next_ms)
        do_due (self);
      else
        do_tick (self, self->next_ms);
      update_next_tick (self);
    }
  forget_rows (self);
}

/* ------------------------------------------------------------------ the operator */

static void
incremental_push (BeltOp    *op,
                  BeltBatch *batch)
{
  IncWindows *self = (IncWindows *)op;
  BeltKeep keep = belt_row_store_choose (batch);
  gboolean event_time = self->window.spec->event_time;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (belt_batch_get_fault (batch, row) != NULL)
        belt_window_pass_fault (op, batch, row);
      else if (event_time)
        add_event_row (self, batch, row, keep);
      else
        add_clock_row (self, batch, row, keep);
    }

  if (event_time)
    return;
  forget_rows (self);
  update_next_tick (self);
}

static void
incremental_held (BeltOp       *op,
                  BeltHeldFunc  func,
                  gpointer      data)
{
  IncWindows *self = (IncWindows *)op;
  gint64 closes = G_MAXINT64;

  if (self->window.spec->kind != BELT_WINDOW_SLIDING && self->open->len > 0)
    closes = get_window (self->open, 0)->start_ms + self->window.length_ms;
  belt_window_tell_held (&self->window.rows, closes, func, data);
}

static void
save_windows (const IncWindows *self,
              GArray           *windows,
              BeltStateWriter  *writer)
{
  belt_state_put_u32 (writer, windows->len);
  for (guint i = 0; i < windows->len; i++)
    {
      const IncWindow *window = get_window (windows, i);

      belt_state_put_i64 (writer, window->start_ms);
      belt_state_put_i64 (writer, window->event_ms);
      belt_state_put_i64 (writer, (gint64)window->first);
      belt_state_put_i64 (writer, (gint64)window->end);
      belt_state_put_i64 (writer, (gint64)window->after);
    }
}

static void
restore_windows (GArray          *windows,
                 BeltStateReader *reader)
{
  guint n = belt_state_get_count (reader, 40);

  g_array_set_size (windows, 0);
  for (guint i = 0; i < n && !reader->failed; i++)
    {
      IncWindow window = { 0 };

      window.start_ms = belt_state_get_i64 (reader);
      window.event_ms = belt_state_get_i64 (reader);
      window.first = (guint64)belt_state_get_i64 (reader);
      window.end = (guint64)belt_state_get_i64 (reader);
      window.after = (guint64)belt_state_get_i64 (reader);
      g_array_append_val (windows, window);
    }
}

static GBytes *
incremental_save (BeltOp *op)
{
  IncWindows *self = (IncWindows *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_i64 (&writer, (gint64)self->n_gone);
  belt_state_put_i64 (&writer, self->next_ms);
  save_windows (self, self->open, &writer);
  save_windows (self, self->due, &writer);
  belt_row_store_save (&self->window.rows, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
incremental_restore (BeltOp  *op,
                     GBytes  *state,
                     GError **error)
{
  IncWindows *self = (IncWindows *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  self->n_gone = (guint64)belt_state_get_i64 (&reader);
  self->next_ms = belt_state_get_i64 (&reader);
  restore_windows (self->open, &reader);
  restore_windows (self->due, &reader);
  belt_row_store_restore (&self->window.rows, &reader, self->window.spec->n_slots);
  if (!self->window.spec->event_time)
    update_next_tick (self);

  return belt_state_reader_finish (&reader, error);
}

static void
incremental_free (BeltOp *op)
{
  IncWindows *self = (IncWindows *)op;

  g_array_unref (self->open);
  g_array_unref (self->due);
  g_array_unref (self->refs);
  belt_window_clear (&self->window);
  g_free (self);
}

static const BeltOpClass incremental_class = {
  .kind = "window",
  .push = incremental_push,
  .watermark = incremental_watermark,
  .tick = incremental_tick,
  .save = incremental_save,
  .restore = incremental_restore,
  .free = incremental_free,
  .held = incremental_held,
};

BeltOp *
belt_window_incremental_new (const BeltWindowSpec *spec,
                             BeltEval             *eval,
                             gint64                now_ms)
{
  IncWindows *self = g_new0 (IncWindows, 1);
  gboolean hopping = spec->kind == BELT_WINDOW_HOPPING;

  belt_window_init (&self->window, &incremental_class, spec, eval);
  self->step_ms = MAX (hopping ? self->window.interval_ms : self->window.length_ms, 1);
  self->open = g_array_new (FALSE, TRUE, sizeof (IncWindow));
  self->due = g_array_new (FALSE, TRUE, sizeof (IncWindow));
  self->refs = g_array_new (FALSE, FALSE, sizeof (BeltRowRef));
  self->next_ms = G_MININT64;
  if (spec->event_time)
    return &self->window.op;

  self->next_ms = G_MAXINT64;
  if (spec->kind != BELT_WINDOW_SLIDING)
    self->next_ms = belt_window_align (now_ms, spec->unit, hopping ? spec->interval : spec->length, spec->zone);
  if (spec->kind == BELT_WINDOW_TUMBLING)
    open_window (self, now_ms);
  update_next_tick (self);

  return &self->window.op;
}
