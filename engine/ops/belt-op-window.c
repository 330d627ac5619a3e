/* belt-op-window.c - cuts the rows of a rule into windows, each one emission
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What all kinds share; each kind is in a belt-window-*.c of its own.
 */
#include "config.h"

#include "belt-op-window.h"

#include "belt-emissions.h"
#include "belt-window-private.h"
#include "belt-zone.h"

#define MS_PER_DAY G_GINT64_CONSTANT (86400000)

gint64
belt_window_unit_get_ms (BeltWindowUnit unit)
{
  switch (unit)
    {
    case BELT_WINDOW_SS:
      return 1000;
    case BELT_WINDOW_MI:
      return 60000;
    case BELT_WINDOW_HH:
      return 3600000;
    case BELT_WINDOW_DD:
      return MS_PER_DAY;
    case BELT_WINDOW_MS:
    default:
      return 1;
    }
}

static gint64
get_parent_ms (BeltWindowUnit unit)
{
  switch (unit)
    {
    case BELT_WINDOW_SS:
      return 60000;
    case BELT_WINDOW_MI:
      return 3600000;
    case BELT_WINDOW_HH:
    case BELT_WINDOW_DD:
      return MS_PER_DAY;
    case BELT_WINDOW_MS:
    default:
      return 1000;
    }
}

static gint64
floor_to (gint64 value,
          gint64 step)
{
  gint64 rest = value % step;

  return value - (rest < 0 ? rest + step : rest);
}

/* Products of what the author wrote may not overflow: 10^18 days is for ever, not a negative number. */
gint64
belt_window_multiply (gint64 a,
                      gint64 b)
{
  gint64 product;

  if (__builtin_mul_overflow (a, b, &product))
    return (a < 0) != (b < 0) ? G_MININT64 / 4 : G_MAXINT64 / 4;

  return CLAMP (product, G_MININT64 / 4, G_MAXINT64 / 4);
}

gint64
belt_window_align (gint64         time_ms,
                   BeltWindowUnit unit,
                   gint64         step,
                   guint16        zone)
{
  gint64 unit_ms = belt_window_unit_get_ms (unit);
  gint64 offset_ms = (gint64)belt_zone_at (zone, time_ms / 1000).offset * 1000;
  gint64 local = time_ms + offset_ms;
  gint64 parent = floor_to (local, get_parent_ms (unit));
  gint64 value = (local - parent) / unit_ms;
  gint64 gap = step;

  if (unit == BELT_WINDOW_DD)
    return parent + belt_window_multiply (step, unit_ms) - offset_ms;

  if (step > 0 && value > step)
    gap = step * (value / step + 1);

  return parent + belt_window_multiply (gap, unit_ms) - offset_ms;
}

void
belt_window_init (BeltWindow           *self,
                  const BeltOpClass    *klass,
                  const BeltWindowSpec *spec,
                  BeltEval             *eval)
{
  gint64 unit_ms = belt_window_unit_get_ms (spec->unit);

  belt_op_init (&self->op, klass);
  self->op.eval = eval;
  self->spec = spec;
  self->length_ms = belt_window_multiply (spec->length, unit_ms);
  self->interval_ms = belt_window_multiply (spec->interval, unit_ms);
  self->delay_ms = belt_window_multiply (spec->delay, unit_ms);
  belt_row_store_init (&self->rows, eval->layout);
}

void
belt_window_clear (BeltWindow *self)
{
  belt_row_store_clear (&self->rows);
  belt_op_clear (&self->op);
}

void
belt_window_free (BeltOp *self)
{
  belt_window_clear ((BeltWindow *)self);
  g_free (self);
}

guint64
belt_window_get_fingerprint (const BeltWindow *self)
{
  return belt_fingerprint_window (self->spec, self->op.eval->layout);
}

void
belt_window_emit_refs (BeltWindow       *self,
                       const BeltRowRef *refs,
                       guint             n,
                       gint64            start,
                       gint64            end,
                       gint64            trigger)
{
  g_autoptr(BeltBatch) batch = NULL;

  batch = belt_batch_new_from_rows (refs, n, self->spec->n_slots, self->op.eval->layout);
  batch->n_emissions = 1;
  batch->emission_ends = belt_arena_new_array (&batch->arena, guint32, 1);
  batch->emission_ends[0] = n;
  batch->ranges = belt_arena_new_array (&batch->arena, BeltWindowRange, 1);
  batch->ranges[0] = (BeltWindowRange) { .start = start, .end = end, .trigger = trigger };

  belt_op_emit (&self->op, batch);
  self->op.eval->range = NULL;   /* it was the batch's, and rows may be dropped next */
}

void
belt_window_emit (BeltWindow         *self,
                  const BeltRowStore *rows,
                  guint               first,
                  guint               n,
                  gint64              start,
                  gint64              end,
                  gint64              trigger)
{
  belt_window_emit_refs (self, n > 0 ? belt_row_store_get (rows, first) : NULL, n, start, end, trigger);
}

void
belt_window_pass_fault (BeltOp    *self,
                        BeltBatch *batch,
                        guint      row)
{
  guint32 *rows = belt_arena_new_array (&batch->arena, guint32, 1);

  rows[0] = row;
  belt_op_emit_rows (self, batch, rows, 1);
}

gboolean
belt_window_test (BeltWindow     *self,
                  const BeltExpr *condition,
                  BeltBatch      *batch,
                  guint           row)
{
  BeltEval *eval = self->op.eval;
  BeltValue value;

  eval->batch = batch;
  eval->row = row;
  eval->arena = &batch->arena;
  eval->range = NULL;
  eval->position = 0;
  value = belt_expr_eval (condition, eval);

  if (value.tag != BELT_TAG_BOOL || value.u.i == 0)
    return FALSE;

  for (guint i = 0; i < self->spec->n_hits; i++)
    belt_expr_eval (self->spec->hits[i], eval);

  return TRUE;
}

void
belt_window_tell_held (const BeltRowStore *rows,
                       gint64              closes_ms,
                       BeltHeldFunc        func,
                       gpointer            data)
{
  for (guint i = 0; i < belt_row_store_get_n (rows); i++)
    {
      const BeltRowRef *ref = belt_row_store_get (rows, i);

      if (!func (ref->batch->row_ids[ref->row], ref->time, closes_ms, data))
        return;
    }
}

BeltOp *
belt_op_window_new (const BeltWindowSpec *spec,
                    BeltEval             *eval,
                    gint64                now_ms)
{
  if (spec->incremental && (spec->kind == BELT_WINDOW_TUMBLING || spec->kind == BELT_WINDOW_HOPPING ||
                            spec->kind == BELT_WINDOW_SLIDING))
    return belt_window_incremental_new (spec, eval, now_ms);

  switch (spec->kind)
    {
    case BELT_WINDOW_SLIDING:
      return belt_window_sliding_new (spec, eval, now_ms);
    case BELT_WINDOW_SESSION:
      return belt_window_session_new (spec, eval, now_ms);
    case BELT_WINDOW_COUNT:
      return belt_window_count_new (spec, eval, now_ms);
    case BELT_WINDOW_STATE:
      return belt_window_state_new (spec, eval, now_ms);
    case BELT_WINDOW_TUMBLING:
    case BELT_WINDOW_HOPPING:
    default:
      return belt_window_time_new (spec, eval, now_ms);
    }
}

typedef struct
{
  JsonArray *array;
  guint      n_left;
} HeldList;

static gboolean
add_held (BeltRowId row,
          gint64    time_ms,
          gint64    closes_ms,
          gpointer  data)
{
  HeldList *list = data;
  JsonObject *object;

  if (list->n_left == 0)
    return FALSE;

  list->n_left--;
  object = json_object_new ();
  json_object_set_int_member (object, "row", (gint64)row);
  json_object_set_int_member (object, "time", time_ms);
  if (closes_ms == G_MAXINT64)
    json_object_set_null_member (object, "closes");
  else
    json_object_set_int_member (object, "closes", closes_ms);
  json_array_add_object_element (list->array, object);

  return TRUE;
}

JsonNode *
belt_op_window_describe_held (BeltOp *self,
                              guint   max)
{
  HeldList list = { .array = json_array_new (), .n_left = max };
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  if (self->klass->held != NULL)
    self->klass->held (self, add_held, &list);
  json_node_take_array (node, list.array);

  return node;
}

typedef struct
{
  BeltRowId row;
  gint64    closes_ms;
  gboolean  found;
} HeldSearch;

static gboolean
match_held (BeltRowId row,
            gint64    time_ms,
            gint64    closes_ms,
            gpointer  data)
{
  HeldSearch *search = data;

  if (row != search->row)
    return TRUE;

  search->found = TRUE;
  search->closes_ms = closes_ms;
  return FALSE;
}

gboolean
belt_op_window_holds (BeltOp    *self,
                      BeltRowId  row,
                      gint64    *ret_closes_ms)
{
  HeldSearch search = { .row = row, .closes_ms = G_MAXINT64 };

  if (self->klass->held != NULL)
    self->klass->held (self, match_held, &search);
  if (ret_closes_ms != NULL)
    *ret_closes_ms = search.closes_ms;

  return search.found;
}
