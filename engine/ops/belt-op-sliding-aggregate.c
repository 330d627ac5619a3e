/* belt-op-sliding-aggregate.c - a sliding window and its aggregates in one
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Windows [t - length, t] of rows that trigger, one after the other: what is in
 * them changes at both ends, and the aggregates follow (belt-sliding-call.h).  The
 * windows of a push go on together.  Rows are kept as by belt-window-sliding.c,
 * which is also whose state is saved and restored: a window that the calls cannot
 * follow is aggregated anew from them, and so are all where time goes back.
 */
#include "config.h"

#include "belt-op-aggregate.h"

#include "belt-aggregator.h"
#include "belt-sliding-call.h"
#include "belt-window-private.h"

#define TRIGGERS_MIN 64u

typedef struct
{
  BeltWindow               window;
  const BeltAggregateSpec *spec;
  BeltAggregator           aggregator;    /* for windows that are aggregated anew */
  BeltSlidingCall         *calls;         /* [spec->n_calls] */
  guint                   *first;         /* slots kept of a window's first row */
  guint                    n_first;
  guint64                  n_popped;      /* number of the oldest row kept */
  guint64                  from;          /* rows that the calls have: [from, to) */
  guint64                  to;
  gint64                   last_ms;       /* of the row that came last */
  guint64                  disorder;      /* number of the last row that is older than the one before it */
  gint64                   evaluated_ms;  /* event time: newest row when triggers were last evaluated */
  gint64                  *triggers;      /* event time: rows that trigger and wait for the watermark */
  guint                    n_triggers;
  guint                    triggers_capacity;
  BeltSlidingWindow       *fired;         /* [BELT_BATCH_ROWS_MAX]: go on together */
  guint                    n_fired;
  gboolean                 unordered;     /* such a row is kept: each window is looked for and aggregated anew */
} SlidingAggregate;

static guint64
get_end (const SlidingAggregate *self)
{
  return self->n_popped + belt_row_store_get_n (&self->window.rows);
}

static const BeltRowRef *
get_row (const SlidingAggregate *self,
         guint64                 row)
{
  return belt_row_store_get (&self->window.rows, (guint)(row - self->n_popped));
}

static void
fill_range (BeltBatch               *batch,
            guint                    i,
            const BeltSlidingWindow *fired)
{
  batch->emission_ends[i] = i + 1;
  batch->ranges[i] = (BeltWindowRange) { .start = fired->start_ms, .end = fired->end_ms, .trigger = fired->end_ms };
}

/* As the window and the aggregate operator do it; only the calls in `anew` are filled in. */
static void
aggregate_anew (SlidingAggregate        *self,
                const BeltSlidingWindow *fired,
                BeltBatch               *out,
                guint                    row,
                const gboolean          *anew)
{
  BeltEval *eval = self->window.op.eval;
  guint n = (guint)(fired->to - fired->from);
  g_autoptr(BeltBatch) rows = belt_batch_new_from_rows (n > 0 ? get_row (self, fired->from) : NULL, n,
                                                        self->spec->n_slots, eval->layout);
  gpointer state = belt_aggregator_open (&self->aggregator, &rows->arena);

  eval->batch = rows;
  eval->arena = &rows->arena;
  eval->range = &out->ranges[row];
  for (guint i = 0; i < n; i++)
    {
      eval->row = i;
      eval->position = i;
      belt_aggregator_step (&self->aggregator, state, eval, &rows->arena);
    }

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      if (anew[c])
        out->columns[self->spec->calls[c].slot][row] = belt_aggregator_finish (&self->aggregator, state, c, n == 0,
                                                                               &out->arena);
    }
  belt_batch_add_parent (out, rows);
}

/* An empty window has a row of which nothing is known. */
static void
fill_unknown (SlidingAggregate *self,
              BeltBatch        *out,
              guint             row)
{
  out->row_ids[row] = 0;
  out->times[row] = 0;
  for (guint i = 0; i < self->n_first; i++)
    out->columns[self->first[i]][row] = belt_layout_get_blank (self->window.op.eval->layout, self->first[i]);
}

static void
fill_first (SlidingAggregate *self,
            BeltBatch        *out,
            guint             row,
            const BeltRowRef *ref)
{
  BeltBatch *from = ref->batch;

  out->row_ids[row] = from->row_ids[ref->row];
  out->times[row] = ref->time;
  if (from->streams != NULL)
    {
      if (out->streams == NULL)
        out->streams = belt_arena_alloc0 (&out->arena, out->n_rows * sizeof *out->streams);
      out->streams[row] = from->streams[ref->row];
    }
  if (from->metadata != NULL)
    {
      if (out->metadata == NULL)
        out->metadata = belt_arena_alloc0 (&out->arena, out->n_rows * sizeof *out->metadata);
      out->metadata[row] = from->metadata[ref->row];
      belt_batch_add_parent (out, from);
    }

  for (guint i = 0; i < self->n_first; i++)
    {
      guint slot = self->first[i];

      if (slot < from->n_columns && from->columns[slot] != NULL)
        out->columns[slot][row] = from->columns[slot][ref->row];
      else
        out->columns[slot][row] = belt_layout_get_blank (self->window.op.eval->layout, slot);
    }
  if (self->n_first > 0)
    belt_batch_add_parent (out, from);
}

static BeltBatch *
make_emission (SlidingAggregate *self,
               guint             n)
{
  BeltBatch *out = belt_batch_new (n, self->spec->n_slots);

  out->n_emissions = n;
  out->emission_ends = belt_arena_new_array (&out->arena, guint32, n);
  out->ranges = belt_arena_new_array (&out->arena, BeltWindowRange, n);
  for (guint i = 0; i < self->n_first; i++)
    belt_batch_add_column (out, self->first[i]);
  for (guint c = 0; c < self->spec->n_calls; c++)
    belt_batch_add_column (out, self->spec->calls[c].slot);

  return out;
}

/* What the calls could not follow; results is [calls][n]. */
static void
fill_anew (SlidingAggregate        *self,
           const BeltSlidingWindow *fired,
           guint                    n,
           BeltBatch               *out,
           const BeltSlidingResult *results)
{
  guint n_calls = self->spec->n_calls;
  gboolean *anew = belt_arena_new_array (&out->arena, gboolean, n_calls);

  for (guint i = 0; i < n; i++)
    {
      gboolean any = FALSE;

      for (guint c = 0; c < n_calls; c++)
        {
          anew[c] = results[c * n + i] == BELT_SLIDING_ANEW;
          any |= anew[c];
        }
      if (any)
        aggregate_anew (self, &fired[i], out, i, anew);
    }
}

/* results is [calls][n]. */
static void
fill_values (SlidingAggregate        *self,
             const BeltSlidingWindow *fired,
             guint                    n,
             BeltBatch               *out,
             BeltSlidingResult       *results)
{
  guint n_calls = self->spec->n_calls;

  for (guint i = 0; i < n; i++)
    {
      fill_range (out, i, &fired[i]);
      if (fired[i].from < fired[i].to)
        fill_first (self, out, i, get_row (self, fired[i].from));
      else
        fill_unknown (self, out, i);
    }

  for (guint c = 0; c < n_calls; c++)
    {
      if (!self->unordered)
        belt_sliding_call_slide (&self->calls[c], self->from, self->to, fired, n, results + c * n,
                                 out->columns[self->spec->calls[c].slot]);
      for (guint i = 0; self->unordered && i < n; i++)
        results[c * n + i] = BELT_SLIDING_ANEW;
    }
  if (!self->unordered)
    {
      self->from = fired[n - 1].from;
      self->to = fired[n - 1].to;
    }
  fill_anew (self, fired, n, out, results);

  for (guint c = 0; c < n_calls; c++)
    belt_sliding_call_sum_floats (&self->calls[c], fired, results + c * n, n,
                                  out->columns[self->spec->calls[c].slot]);
}

static void
append_to_calls (SlidingAggregate *self,
                 BeltBatch        *batch,
                 guint             row)
{
  BeltEval *eval = self->window.op.eval;

  eval->batch = batch;
  eval->arena = &batch->arena;
  eval->row = row;
  eval->range = NULL;
  eval->position = 0;
  for (guint c = 0; c < self->spec->n_calls; c++)
    belt_sliding_call_append (&self->calls[c], eval, self->from);
}

/* The calls begin again with the rows that are kept. */
static void
restart_calls (SlidingAggregate *self)
{
  self->unordered = FALSE;
  self->from = self->to = self->n_popped;
  for (guint c = 0; c < self->spec->n_calls; c++)
    belt_sliding_call_restart (&self->calls[c], self->n_popped);
  for (guint64 row = self->n_popped; row < get_end (self); row++)
    append_to_calls (self, get_row (self, row)->batch, get_row (self, row)->row);
}

static void
pop_until (SlidingAggregate *self,
           guint64           row)
{
  belt_row_store_pop (&self->window.rows, (guint)(row - self->n_popped));
  self->n_popped = row;
  if (self->unordered && self->disorder <= row)
    restart_calls (self);
}

/* Sends on the windows that fired, and lets rows go that no later one can hold. */
static void
emit_fired (SlidingAggregate *self)
{
  const BeltSlidingWindow *fired = self->fired;
  guint n = self->n_fired;
  g_autoptr(BeltBatch) out = NULL;

  if (n == 0)
    return;

  out = make_emission (self, n);
  fill_values (self, fired, n, out, belt_arena_new_array (&out->arena, BeltSlidingResult, self->spec->n_calls * n));
  pop_until (self, fired[n - 1].from);
  self->n_fired = 0;
  belt_op_emit (&self->window.op, out);
}

/* The first row from `row` on that is not before time_ms. */
static guint64
find_row (const SlidingAggregate *self,
          guint64                 row,
          gint64                  time_ms)
{
  guint64 end = get_end (self);

  if (self->unordered)
    return self->n_popped + belt_row_store_count_before (&self->window.rows, time_ms);
  while (row < end && get_row (self, row)->time < time_ms)
    row++;

  return row;
}

static void
fire (SlidingAggregate *self,
      gint64            time_ms)
{
  const BeltSlidingWindow *previous = self->n_fired > 0 ? &self->fired[self->n_fired - 1] : NULL;
  BeltSlidingWindow fired = { .start_ms = time_ms - self->window.length_ms, .end_ms = time_ms };

  fired.from = find_row (self, previous != NULL ? previous->from : self->n_popped, fired.start_ms);
  fired.to = find_row (self, MAX (previous != NULL ? previous->to : self->to, fired.from), time_ms + 1);
  fired.to = MAX (fired.to, fired.from);
  self->fired[self->n_fired++] = fired;

  if (self->unordered || self->n_fired == BELT_BATCH_ROWS_MAX)
    emit_fired (self);
}

/* A row that does not trigger lets go what is not younger than the window's length. */
static void
drop_old (SlidingAggregate *self,
          gint64            time_ms)
{
  BeltSlidingWindow left = { .from = find_row (self, self->n_popped, time_ms - self->window.length_ms + 1) };

  if (left.from == self->n_popped)
    return;

  emit_fired (self);
  if (!self->unordered)
    {
      left.to = MAX (self->to, left.from);
      for (guint c = 0; c < self->spec->n_calls; c++)
        belt_sliding_call_move (&self->calls[c], self->from, self->to, &left);
      self->from = left.from;
      self->to = left.to;
    }
  pop_until (self, left.from);
}

static inline void
add_trigger (SlidingAggregate *self,
             gint64            time_ms)
{
  if (self->n_triggers == self->triggers_capacity)
    {
      self->triggers_capacity = MAX (TRIGGERS_MIN, self->triggers_capacity * 2);
      self->triggers = g_renew (gint64, self->triggers, self->triggers_capacity);
    }
  self->triggers[self->n_triggers++] = time_ms;
}

static void
add_row (SlidingAggregate *self,
         BeltBatch        *batch,
         guint             row,
         BeltKeep          keep)
{
  const BeltWindowSpec *spec = self->window.spec;
  gint64 time_ms = batch->times[row];

  if (time_ms < self->last_ms && get_end (self) > self->n_popped)
    {
      emit_fired (self);
      self->unordered = TRUE;
      self->disorder = get_end (self);
    }
  self->last_ms = time_ms;
  if (!self->unordered)
    append_to_calls (self, batch, row);
  belt_row_store_append (&self->window.rows, batch, row, keep);

  if (spec->trigger != NULL && !belt_window_test (&self->window, spec->trigger, batch, row))
    {
      if (!spec->event_time)
        drop_old (self, time_ms);
    }
  else if (spec->event_time)
    add_trigger (self, time_ms);
  else
    fire (self, time_ms);
}

static void
sliding_aggregate_push (BeltOp    *op,
                        BeltBatch *batch)
{
  SlidingAggregate *self = (SlidingAggregate *)op;
  BeltKeep keep = belt_row_store_choose (batch);

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (G_LIKELY (belt_batch_get_fault (batch, row) == NULL))
        {
          add_row (self, batch, row, keep);
          continue;
        }
      /* What came before it goes before it. */
      emit_fired (self);
      belt_window_pass_fault (op, batch, row);
    }

  emit_fired (self);
}

static void
evaluate_triggers (SlidingAggregate *self,
                   gint64            time_ms)
{
  guint n = 0;

  while (n < self->n_triggers && self->triggers[n] <= time_ms)
    fire (self, self->triggers[n++]);
  if (n > 0)
    {
      self->n_triggers -= n;
      memmove (self->triggers, self->triggers + n, self->n_triggers * sizeof *self->triggers);
    }
  emit_fired (self);
}

static void
sliding_aggregate_watermark (BeltOp *op,
                             gint64  time_ms)
{
  SlidingAggregate *self = (SlidingAggregate *)op;
  guint n = belt_row_store_get_n (&self->window.rows);
  gint64 newest = n > 0 ? belt_row_store_get (&self->window.rows, n - 1)->time : G_MININT64;

  /* Nothing newer than what was there before: eKuiper looks at its triggers with the next row. */
  if (self->window.spec->event_time && newest > self->evaluated_ms)
    {
      self->evaluated_ms = newest;
      evaluate_triggers (self, time_ms);
    }

  belt_op_emit_watermark (op, time_ms);
}

static void
sliding_aggregate_held (BeltOp       *op,
                        BeltHeldFunc  func,
                        gpointer      data)
{
  SlidingAggregate *self = (SlidingAggregate *)op;
  gint64 closes = self->n_triggers > 0 ? self->triggers[0] : G_MAXINT64;

  belt_window_tell_held (&self->window.rows, closes, func, data);
}

/* As belt-window-sliding.c writes it, without delayed windows. */
static GBytes *
sliding_aggregate_save (BeltOp *op)
{
  SlidingAggregate *self = (SlidingAggregate *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, belt_window_get_fingerprint (&self->window));
  belt_state_put_i64 (&writer, self->evaluated_ms);
  belt_state_put_u32 (&writer, self->n_triggers);
  for (guint i = 0; i < self->n_triggers; i++)
    belt_state_put_i64 (&writer, self->triggers[i]);
  belt_state_put_u32 (&writer, 0);
  belt_row_store_save (&self->window.rows, &writer);

  return belt_state_writer_finish (&writer);
}

static void
look_at_order (SlidingAggregate *self)
{
  self->last_ms = G_MININT64;
  for (guint64 row = self->n_popped; row < get_end (self); row++)
    {
      gint64 time_ms = get_row (self, row)->time;

      if (time_ms < self->last_ms)
        self->disorder = row;
      self->last_ms = time_ms;
    }
}

static gboolean
sliding_aggregate_restore (BeltOp  *op,
                           GBytes  *state,
                           GError **error)
{
  SlidingAggregate *self = (SlidingAggregate *)op;
  BeltStateReader reader;
  guint n;

  if (!belt_state_reader_start (&reader, state, belt_window_get_fingerprint (&self->window)))
    return TRUE;

  self->evaluated_ms = belt_state_get_i64 (&reader);
  n = belt_state_get_count (&reader, sizeof (gint64));
  for (guint i = 0; i < n; i++)
    {
      gint64 time_ms = belt_state_get_i64 (&reader);

      add_trigger (self, time_ms);
    }
  n = belt_state_get_count (&reader, sizeof (gint64));
  for (guint i = 0; i < n; i++)
    belt_state_get_i64 (&reader);
  belt_row_store_restore (&self->window.rows, &reader, self->window.spec->n_slots);
  look_at_order (self);
  if (self->disorder > self->n_popped)
    self->unordered = TRUE;
  else
    restart_calls (self);

  return belt_state_reader_finish (&reader, error);
}

static void
sliding_aggregate_free (BeltOp *op)
{
  SlidingAggregate *self = (SlidingAggregate *)op;

  for (guint c = 0; c < self->spec->n_calls; c++)
    belt_sliding_call_clear (&self->calls[c]);
  g_free (self->calls);
  g_free (self->first);
  g_free (self->triggers);
  g_free (self->fired);
  belt_aggregator_clear (&self->aggregator);
  belt_window_clear (&self->window);
  g_free (self);
}

static const BeltOpClass sliding_aggregate_class = {
  .kind = "window",
  .push = sliding_aggregate_push,
  .watermark = sliding_aggregate_watermark,
  .save = sliding_aggregate_save,
  .restore = sliding_aggregate_restore,
  .free = sliding_aggregate_free,
  .held = sliding_aggregate_held,
};

gboolean
belt_op_sliding_aggregate_fits (const BeltWindowSpec    *window,
                                const BeltAggregateSpec *aggregate)
{
  if (window->kind != BELT_WINDOW_SLIDING || window->length <= 0 || window->delay != 0 || window->v2 ||
      window->n_hits > 0)
    return FALSE;
  if (aggregate->n_calls == 0 || aggregate->n_keys > 0 || aggregate->where != NULL || aggregate->incremental)
    return FALSE;

  for (guint c = 0; c < aggregate->n_calls; c++)
    {
      const BeltAggregateCall *call = &aggregate->calls[c];

      if (!belt_sliding_call_fits (call) || belt_aggregator_reads_context (call->args[0]))
        return FALSE;
    }

  return TRUE;
}

BeltOp *
belt_op_sliding_aggregate_new (const BeltWindowSpec    *window,
                               const BeltAggregateSpec *aggregate,
                               BeltEval                *eval)
{
  SlidingAggregate *self = g_new0 (SlidingAggregate, 1);

  belt_window_init (&self->window, &sliding_aggregate_class, window, eval);
  self->spec = aggregate;
  belt_aggregator_init (&self->aggregator, aggregate, eval);
  self->first = belt_aggregator_dup_first (aggregate, eval->layout, &self->n_first);
  self->calls = g_new0 (BeltSlidingCall, aggregate->n_calls);
  for (guint c = 0; c < aggregate->n_calls; c++)
    belt_sliding_call_init (&self->calls[c], &aggregate->calls[c]);
  self->fired = g_new (BeltSlidingWindow, BELT_BATCH_ROWS_MAX);
  self->evaluated_ms = G_MININT64;
  self->last_ms = G_MININT64;

  return &self->window.op;
}
