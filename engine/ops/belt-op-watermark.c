/* belt-op-watermark.c - event time: puts rows in order and says how far time is
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every row may move the watermark, and what a move releases belongs together: a
 * row of the watermark's own time waits for the next move, as in eKuiper.  A push
 * is worked through row by row into releases; when they are the push's own rows
 * in order, which is the normal case, the batch goes on as it is, else the rows
 * are gathered.
 */
#include "config.h"

#include "belt-op-watermark.h"

#include "belt-emissions.h"
#include "belt-time-format.h"
#include "belt-window-private.h"

/* Times further from 1970 are nobody's; sums of times below cannot overflow. */
#define TIME_MAX (G_GINT64_CONSTANT (1) << 60)

/* Rows a run must have on average to be worth a push of its own. */
#define RUN_MEAN_MIN 8u

/* Streams that do not move with the others hold rows back; beyond this many, rows are refused. */
#define HELD_MAX 4000000u

/* The watermark rose to time_ms and released rows up to `end` (exclusive) of those held. */
typedef struct
{
  guint    end;
  gint64   time_ms;
  gboolean matters;   /* a window may close at it */
} Advance;

typedef struct
{
  BeltOp                   op;
  const BeltWatermarkSpec *spec;
  gint64                  *newest_ms;   /* [n_streams]; G_MININT64: silent so far */
  gint64                   watermark_ms;
  gboolean                 has_released;
  BeltRowStore             held;        /* by time, equal times in order of arrival */
  guint                    n_released;  /* of the oldest held: by this push, about to go on */
  GArray                  *advances;    /* of Advance: of this push */
} WatermarkOp;

static gint64
compute_watermark (const WatermarkOp *self)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < self->spec->n_streams; i++)
    {
      if (self->spec->is_table == NULL || !self->spec->is_table[i])
        least = MIN (least, self->newest_ms[i]);
    }

  if (least == G_MAXINT64 || least < G_MININT64 + self->spec->late_tolerance_ms)
    return G_MININT64;

  return least - self->spec->late_tolerance_ms;
}

static gint64
get_cell (const WatermarkOp *self,
          gint64             time_ms)
{
  gint64 cell_ms = self->spec->cell_ms;

  return time_ms / cell_ms - (time_ms % cell_ms < 0);
}

/* Windows that close on multiples of cell_ms do not tell advances within one cell from each other. */
static gboolean
is_boundary_between (const WatermarkOp *self,
                     gint64             from_ms,
                     gint64             to_ms)
{
  if (self->spec->cell_ms <= 0 || from_ms == G_MININT64)
    return self->spec->exact;

  return get_cell (self, from_ms) != get_cell (self, to_ms);
}

static void
advance (WatermarkOp *self,
         gint64       watermark_ms)
{
  Advance step = { .time_ms = watermark_ms, .matters = is_boundary_between (self, self->watermark_ms, watermark_ms) };
  guint n = belt_row_store_get_n (&self->held);

  while (self->n_released < n && belt_row_store_get (&self->held, self->n_released)->time <= watermark_ms)
    self->n_released++;

  /* The first row says where the boundaries are, and the first can be before it. */
  step.matters |= self->spec->exact && !self->has_released;
  self->has_released |= self->n_released > 0;
  self->watermark_ms = watermark_ms;
  step.end = self->n_released;
  g_array_append_val (self->advances, step);
}

static void
drop_late (WatermarkOp *self,
           BeltBatch   *batch,
           guint        row)
{
  g_autofree char *detail = NULL;

  if (self->op.tap != NULL)
    {
      g_autofree char *time = belt_time_dup_clock (batch->times[row]);
      g_autofree char *watermark = belt_time_dup_clock (self->watermark_ms);
      g_autofree char *span = belt_time_dup_span (self->watermark_ms - batch->times[row]);
      g_autofree char *tolerance = belt_time_dup_span (self->spec->late_tolerance_ms);

      detail = g_strdup_printf ("late: %s is %s before the watermark %s; the tolerance is %s", time, span, watermark,
                                tolerance);
    }
  belt_op_drop (&self->op, batch, row, BELT_DROP_LATE, detail);
}

static void
add_row (WatermarkOp *self,
         BeltBatch   *batch,
         guint        row,
         BeltKeep     keep)
{
  guint stream = batch->streams != NULL ? batch->streams[row] : 0;
  gint64 time_ms = batch->times[row];
  gint64 watermark_ms;

  if (time_ms > TIME_MAX || time_ms < -TIME_MAX)
    {
      belt_op_drop (&self->op, batch, row, BELT_DROP_TIMESTAMP, "its time is beyond all bounds");
      return;
    }

  self->newest_ms[stream] = MAX (self->newest_ms[stream], time_ms);
  if (time_ms < self->watermark_ms)
    {
      drop_late (self, batch, row);
      return;
    }
  if (belt_row_store_get_n (&self->held) >= HELD_MAX)
    {
      belt_op_drop (&self->op, batch, row, BELT_DROP_BUFFER_FULL,
                    "too many rows wait for the watermark; a stream is silent or far behind");
      return;
    }

  watermark_ms = compute_watermark (self);
  belt_row_store_insert (&self->held, batch, row, keep);
  if (watermark_ms > self->watermark_ms)
    advance (self, watermark_ms);
}

/* Neighbours of one batch, in its order: they can go on where they are. */
static gboolean
continues_run (const BeltRowRef *previous,
               const BeltRowRef *next)
{
  return previous->batch == next->batch && previous->row < next->row;
}

static guint
count_runs (const WatermarkOp *self,
            guint              begin,
            guint              end)
{
  guint n = 1;

  for (guint i = begin + 1; i < end; i++)
    n += !continues_run (belt_row_store_get (&self->held, i - 1), belt_row_store_get (&self->held, i));

  return n;
}

static void
emit_run (WatermarkOp *self,
          guint        begin,
          guint        end)
{
  BeltBatch *batch = belt_row_store_get (&self->held, begin)->batch;
  guint32 *rows = belt_arena_new_array (&batch->arena, guint32, end - begin);

  for (guint i = begin; i < end; i++)
    rows[i - begin] = belt_row_store_get (&self->held, i)->row;
  belt_op_emit_rows (&self->op, batch, rows, end - begin);
}

static void
emit_gathered (WatermarkOp *self,
               guint        begin,
               guint        end)
{
  g_autoptr(BeltBatch) batch = NULL;

  batch = belt_batch_new_from_rows (belt_row_store_get (&self->held, begin), end - begin, self->spec->n_slots,
                                    self->op.eval->layout);
  belt_op_emit (&self->op, batch);
}

/* Rows in order, which is the normal case, go on in the batches they came in; a mixture is gathered, and so
 * are rows of the pack that is still being filled. */
static void
emit_part (WatermarkOp *self,
           guint        begin,
           guint        end)
{
  guint n_runs;

  if (begin == end)
    return;

  n_runs = count_runs (self, begin, end);
  if ((n_runs > 1 && n_runs * RUN_MEAN_MIN > end - begin) ||
      belt_row_store_get (&self->held, end - 1)->batch == self->held.pack)
    {
      emit_gathered (self, begin, end);
      return;
    }

  for (guint i = begin + 1; i < end; i++)
    {
      if (continues_run (belt_row_store_get (&self->held, i - 1), belt_row_store_get (&self->held, i)))
        continue;
      emit_run (self, begin, i);
      begin = i;
    }
  emit_run (self, begin, end);
}

static void
emit_released (WatermarkOp *self)
{
  guint n_advances = self->advances->len;
  guint begin = 0;

  for (guint i = 0; i < n_advances; i++)
    {
      const Advance *step = &g_array_index (self->advances, Advance, i);

      if (!step->matters && i + 1 < n_advances)
        continue;

      emit_part (self, begin, step->end);
      begin = step->end;
      if (self->spec->send_watermark)
        belt_op_emit_watermark (&self->op, step->time_ms);
    }

  g_array_set_size (self->advances, 0);
  belt_row_store_pop (&self->held, self->n_released);
  self->n_released = 0;
}

/* Without tolerance a row of the watermark's own time waits for the next move, so for a window that sees each move
 * equal times are not in order.  Between two boundaries it does no harm that it goes on early. */
static gboolean
is_in_order (const WatermarkOp *self,
             const BeltBatch   *batch)
{
  gint64 previous = MAX (self->newest_ms[0], -TIME_MAX);
  gboolean waits = self->spec->exact && self->spec->late_tolerance_ms <= 0 && self->spec->cell_ms == 0;
  gint64 least_step = waits ? 1 : 0;

  if (batch->faults != NULL || batch->n_selected == 0)
    return FALSE;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      gint64 time_ms = batch->times[belt_batch_get_row (batch, i)];

      if (time_ms < previous + (i > 0 || self->newest_ms[0] != G_MININT64 ? least_step : 0))
        return FALSE;
      previous = time_ms;
    }

  return previous <= TIME_MAX && previous > self->newest_ms[0];
}

/* The first time at which a window may close that has seen the watermark. */
static gint64
get_next_boundary (const WatermarkOp *self)
{
  if (self->watermark_ms == G_MININT64 || !self->has_released)
    return G_MININT64;

  return (get_cell (self, self->watermark_ms) + 1) * self->spec->cell_ms;
}

/* What moves the watermark with each row goes on up to each row that may close a window, and with it: what it closes
 * must not see the rows behind it. */
static void
emit_by_cells (WatermarkOp *self,
               BeltBatch   *batch)
{
  guint n = batch->n_selected;
  guint32 *rows = belt_arena_new_array (&batch->arena, guint32, n);
  gint64 boundary_ms = get_next_boundary (self);
  guint begin = 0;

  for (guint i = 0; i < n; i++)
    {
      gint64 time_ms;

      rows[i] = belt_batch_get_row (batch, i);
      time_ms = batch->times[rows[i]];
      if (time_ms < boundary_ms && i + 1 < n)
        continue;

      self->watermark_ms = time_ms;
      self->has_released = TRUE;
      boundary_ms = get_next_boundary (self);
      belt_op_emit_rows (&self->op, batch, rows + begin, i + 1 - begin);
      belt_op_emit_watermark (&self->op, time_ms);
      begin = i + 1;
    }
}

/* As many advances as windows may close. */
static void
add_by_cells (WatermarkOp *self,
              BeltBatch   *batch,
              BeltKeep     keep)
{
  guint n = batch->n_selected;
  gint64 boundary_ms = get_next_boundary (self);

  for (guint i = 0; i < n; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      gint64 watermark_ms = batch->times[row] - self->spec->late_tolerance_ms;

      belt_row_store_append (&self->held, batch, row, keep);
      if (watermark_ms <= self->watermark_ms || (watermark_ms < boundary_ms && i + 1 < n))
        continue;

      advance (self, watermark_ms);
      boundary_ms = get_next_boundary (self);
    }

  emit_released (self);
}

/* In order, one stream, and a window that does not mind how the watermark got there: one advance for the
 * whole push. */
static gboolean
try_whole (WatermarkOp *self,
           BeltBatch   *batch,
           BeltKeep     keep)
{
  guint n = batch->n_selected;
  gint64 watermark_ms;

  if ((self->spec->exact && !self->spec->in_order_at_once) || !self->spec->send_watermark ||
      self->spec->n_streams != 1 || belt_row_store_get_n (&self->held) + n > HELD_MAX || !is_in_order (self, batch))
    return FALSE;

  self->newest_ms[0] = batch->times[belt_batch_get_row (batch, n - 1)];
  watermark_ms = compute_watermark (self);

  if (self->spec->cell_ms > 0)
    {
      if (watermark_ms == self->newest_ms[0] && belt_row_store_get_n (&self->held) == 0)
        emit_by_cells (self, batch);
      else
        add_by_cells (self, batch, keep);
      return TRUE;
    }

  if (watermark_ms == self->newest_ms[0] && belt_row_store_get_n (&self->held) == 0)
    {
      self->watermark_ms = watermark_ms;
      belt_op_emit (&self->op, batch);
      belt_op_emit_watermark (&self->op, watermark_ms);
      return TRUE;
    }

  for (guint i = 0; i < n; i++)
    belt_row_store_append (&self->held, batch, belt_batch_get_row (batch, i), keep);
  if (watermark_ms > self->watermark_ms)
    {
      advance (self, watermark_ms);
      emit_released (self);
    }

  return TRUE;
}

static void
watermark_push (BeltOp    *op,
                BeltBatch *batch)
{
  WatermarkOp *self = (WatermarkOp *)op;
  BeltKeep keep = belt_row_store_choose (batch);

  if (try_whole (self, batch, keep))
    return;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      guint stream = batch->streams != NULL ? batch->streams[row] : 0;

      if (belt_batch_get_fault (batch, row) == NULL &&
          (self->spec->is_table == NULL || !self->spec->is_table[stream]))
        {
          add_row (self, batch, row, keep);
          continue;
        }

      /* What came before it goes before it. */
      emit_released (self);
      belt_window_pass_fault (op, batch, row);
    }

  emit_released (self);
}

static void
watermark_held (BeltOp       *op,
                BeltHeldFunc  func,
                gpointer      data)
{
  belt_window_tell_held (&((WatermarkOp *)op)->held, G_MAXINT64, func, data);
}

static guint64
get_fingerprint (const WatermarkOp *self)
{
  guint64 fingerprint = belt_fingerprint_mix (2, self->spec->n_streams);

  return belt_fingerprint_mix (fingerprint, (guint64)self->spec->late_tolerance_ms);
}

static GBytes *
watermark_save (BeltOp *op)
{
  WatermarkOp *self = (WatermarkOp *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, get_fingerprint (self));
  belt_state_put_i64 (&writer, self->watermark_ms);
  for (guint i = 0; i < self->spec->n_streams; i++)
    belt_state_put_i64 (&writer, self->newest_ms[i]);
  belt_row_store_save (&self->held, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
watermark_restore (BeltOp  *op,
                   GBytes  *state,
                   GError **error)
{
  WatermarkOp *self = (WatermarkOp *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, get_fingerprint (self)))
    return TRUE;

  self->watermark_ms = belt_state_get_i64 (&reader);
  for (guint i = 0; i < self->spec->n_streams; i++)
    self->newest_ms[i] = belt_state_get_i64 (&reader);
  belt_row_store_restore (&self->held, &reader, self->spec->n_slots);

  return belt_state_reader_finish (&reader, error);
}

static void
watermark_free (BeltOp *op)
{
  WatermarkOp *self = (WatermarkOp *)op;

  belt_row_store_clear (&self->held);
  g_array_unref (self->advances);
  g_free (self->newest_ms);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass watermark_class = {
  .kind = "watermark",
  .push = watermark_push,
  .save = watermark_save,
  .restore = watermark_restore,
  .free = watermark_free,
  .held = watermark_held,
};

gint64
belt_op_watermark_get_time (BeltOp *self)
{
  g_return_val_if_fail (self->klass == &watermark_class, G_MININT64);

  return ((WatermarkOp *)self)->watermark_ms;
}

BeltOp *
belt_op_watermark_new (const BeltWatermarkSpec *spec,
                       BeltEval                *eval)
{
  WatermarkOp *self = g_new0 (WatermarkOp, 1);

  belt_op_init (&self->op, &watermark_class);
  self->op.eval = eval;
  self->spec = spec;
  self->watermark_ms = G_MININT64;
  self->newest_ms = g_new (gint64, MAX (spec->n_streams, 1));
  for (guint i = 0; i < MAX (spec->n_streams, 1); i++)
    self->newest_ms[i] = G_MININT64;
  belt_row_store_init (&self->held, eval->layout);
  self->advances = g_array_new (FALSE, FALSE, sizeof (Advance));

  return &self->op;
}
