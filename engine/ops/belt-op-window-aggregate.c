/* belt-op-window-aggregate.c - a tumbling or hopping window and its aggregate in one
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each row is stepped into the states of the windows it belongs to, in order of
 * arrival, so results are the same to the last bit as those of the window and the
 * aggregate operator one after the other, while no row is kept.  What lives until
 * a window fires is in the memory of a batch of its own, which becomes a parent
 * of the emission.
 *
 * Rows come in order of time, so a row at or after the boundary says as well as
 * the watermark that the window is complete.
 */
#include "config.h"

#include "belt-op-aggregate.h"

#include "belt-op-filter.h"
#include "belt-window-aggregate-private.h"
#include "belt-window-private.h"

#define OVERLAP_MAX 16  /* windows a row belongs to; beyond, keeping the rows is cheaper */

static void
clear_window (BeltOpenWindow *window)
{
  g_ptr_array_set_size (window->groups, 0);
  belt_group_table_reset (&window->table);
  g_clear_pointer (&window->memory, belt_batch_unref);
  window->fault = NULL;
  window->n_false = 0;
  window->n_null = 0;
  window->n_passed = 0;
}

static void
keep_first (BeltWindowAggregate         *self,
            BeltOpenWindow              *window,
            BeltWindowGroup             *group,
            BeltBatch                   *batch,
            guint                        row)
{
  group->row_id = batch->row_ids[row];
  group->time = batch->times[row];
  for (guint i = 0; i < self->n_first; i++)
    {
      const BeltValue *column = batch->columns[self->first[i]];

      if (column == NULL)
        group->first[i] = belt_layout_get_blank (self->op.eval->layout, self->first[i]);
      else if (column[row].tag == BELT_TAG_UNSET)
        group->first[i] = column[row];
      else
        group->first[i] = belt_value_copy (&column[row], &window->memory->arena);
    }
}

static BeltWindowGroup *
open_group (BeltWindowAggregate   *self,
            BeltOpenWindow        *window,
            BeltBatch             *batch,
            guint                  row)
{
  BeltArena *arena = &window->memory->arena;
  BeltWindowGroup *group = belt_arena_alloc (arena, sizeof *group + self->n_first * sizeof (BeltValue));

  group->state = belt_aggregator_open (&self->aggregator, arena);
  keep_first (self, window, group, batch, row);
  g_ptr_array_add (window->groups, group);

  return group;
}

/* The first one stands; WHERE comes before the groups, so that what fails there has failed first. */
static void
fail_window (BeltOpenWindow      *window,
             const BeltValue     *error,
             BeltFaultKind        kind,
             const char          *clause)
{
  BeltFault *fault;

  if (window->fault != NULL && (kind != BELT_FAULT_WHERE || window->fault->kind == BELT_FAULT_WHERE))
    return;

  fault = belt_arena_memdup (&window->memory->arena, belt_value_copy (error, &window->memory->arena).u.fault,
                             sizeof *fault);
  fault->kind = kind;
  fault->message = belt_arena_printf (&window->memory->arena, "run %s error: %s", clause, fault->message);
  window->fault = fault;
}

static void
fail_open (BeltWindowAggregate *self,
           guint                n_windows,
           const BeltValue     *error,
           BeltFaultKind        kind,
           const char          *clause)
{
  for (guint i = 0; i < n_windows; i++)
    {
      BeltOpenWindow *window = &self->open[(self->head + i) % self->n_open];

      if (window->memory == NULL)
        window->memory = belt_batch_new (0, 0);
      fail_window (window, error, kind, clause);
    }
}

/* Counted when the window fires, as a filter behind it would do: it sees no row after one that failed. */
static void
filter_row (BeltWindowAggregate *self,
            guint                n_windows,
            gboolean             is_null)
{
  for (guint i = 0; i < n_windows; i++)
    {
      BeltOpenWindow *window = &self->open[(self->head + i) % self->n_open];

      if (window->fault != NULL && window->fault->kind == BELT_FAULT_WHERE)
        continue;
      if (is_null)
        window->n_null++;
      else
        window->n_false++;
    }
}

/* FALSE: the row is filtered, or its windows fail. */
static gboolean
test_where (BeltWindowAggregate *self,
            BeltBatch           *batch,
            guint                row,
            guint                n_windows)
{
  BeltValue value;

  if (self->spec->where == NULL)
    return TRUE;

  value = belt_expr_eval (self->spec->where, self->op.eval);
  if (value.tag == BELT_TAG_BOOL && value.u.i != 0)
    return TRUE;

  if (value.tag == BELT_TAG_BOOL)
    {
      gboolean is_null;

      belt_expr_find_reason (self->spec->where, self->op.eval, &is_null);
      filter_row (self, n_windows, is_null);
    }
  else if (belt_value_is_null (&value))
    filter_row (self, n_windows, TRUE);
  else
    {
      if (!belt_value_is_error (&value))
        value = belt_value_error (self->op.eval->arena, BELT_FAULT_WHERE,
                                  "invalid condition that returns non-bool value %s",
                                  belt_value_describe (self->op.eval->arena, &value));
      fail_open (self, n_windows, &value, BELT_FAULT_WHERE, "Where");
    }

  return FALSE;
}

static gboolean
make_key (BeltWindowAggregate *self,
          guint                n_windows)
{
  const BeltAggregateSpec *spec = self->spec;
  BeltEval *eval = self->op.eval;

  belt_group_key_reset (&self->key);
  for (guint i = 0; i < spec->n_keys; i++)
    {
      const BeltExpr *key = spec->keys[i];
      BeltValue value;

      if (key->kind == BELT_EXPR_COLUMN && eval->batch->columns[key->slot] != NULL)
        value = eval->batch->columns[key->slot][eval->row];
      else
        value = belt_expr_eval (key, eval);

      if (G_UNLIKELY (belt_value_is_error (&value)))
        {
          fail_open (self, n_windows, &value, BELT_FAULT_GROUP_BY, "Group By");
          return FALSE;
        }
      belt_group_key_append (&self->key, &value);
    }

  return TRUE;
}

static void
step_window (BeltWindowAggregate   *self,
             BeltOpenWindow        *window,
             BeltBatch             *batch,
             guint                  row)
{
  BeltWindowGroup *group;
  gboolean is_new = TRUE;
  guint number = 0;

  if (window->memory == NULL)
    window->memory = belt_batch_new (0, 0);

  if (self->spec->n_keys > 0)
    number = belt_group_table_lookup (&window->table, self->key.bytes, self->key.len, &window->memory->arena, &is_new);
  else
    is_new = window->groups->len == 0;

  if (is_new)
    group = open_group (self, window, batch, row);
  else
    group = g_ptr_array_index (window->groups, number);

  if (self->spec->incremental && !is_new)
    keep_first (self, window, group, batch, row);

  belt_aggregator_step (&self->aggregator, group->state, self->op.eval, &window->memory->arena);
}

static BeltBatch *
make_emission (BeltWindowAggregate   *self,
               BeltOpenWindow        *window,
               guint                  n_rows)
{
  BeltBatch *batch = belt_batch_new (n_rows, self->spec->n_slots);

  if (window->memory != NULL)
    belt_batch_add_parent (batch, window->memory);
  batch->n_emissions = 1;
  batch->emission_ends = belt_arena_new_array (&batch->arena, guint32, 1);
  batch->emission_ends[0] = n_rows;
  batch->ranges = belt_arena_new_array (&batch->arena, BeltWindowRange, 1);
  batch->ranges[0].start = self->previous_ms;
  if (self->window->kind == BELT_WINDOW_HOPPING)
    batch->ranges[0].start -= self->step_ms;
  batch->ranges[0].start = belt_window_fix_start (batch->ranges[0].start, self->end_ms, self->length_ms);
  batch->ranges[0].end = self->end_ms;
  batch->ranges[0].trigger = self->end_ms;

  return batch;
}

static void
fill_first (BeltWindowAggregate   *self,
            BeltOpenWindow        *window,
            BeltBatch             *batch)
{
  for (guint i = 0; i < batch->n_rows; i++)
    {
      const BeltWindowGroup *group = g_ptr_array_index (window->groups, i);

      batch->row_ids[i] = group->row_id;
      batch->times[i] = group->time;
    }

  for (guint k = 0; k < self->n_first; k++)
    {
      BeltValue *values = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);

      for (guint i = 0; i < batch->n_rows; i++)
        values[i] = ((const BeltWindowGroup *)g_ptr_array_index (window->groups, i))->first[k];
      batch->columns[self->first[k]] = values;
    }
}

static void
fill_values (BeltWindowAggregate   *self,
             BeltOpenWindow        *window,
             BeltBatch             *batch)
{
  gboolean is_empty = window->groups->len == 0;
  gpointer empty = is_empty ? belt_aggregator_open (&self->aggregator, &batch->arena) : NULL;

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      BeltValue *column = belt_batch_add_column (batch, self->spec->calls[c].slot);

      for (guint i = 0; i < batch->n_rows; i++)
        {
          gpointer state = is_empty ? empty : ((BeltWindowGroup *)g_ptr_array_index (window->groups, i))->state;

          column[i] = belt_aggregator_finish (&self->aggregator, state, c, is_empty, &batch->arena);
        }
    }
}

static void
emit_window (BeltWindowAggregate   *self,
             BeltOpenWindow        *window)
{
  g_autoptr(BeltBatch) batch = NULL;

  self->op.counters.n_dropped[BELT_DROP_PREDICATE_FALSE] += window->n_false;
  self->op.counters.n_dropped[BELT_DROP_PREDICATE_NULL] += window->n_null;

  if (window->fault != NULL)
    {
      /* One row carries the fault, the others of the emission are dropped with it. */
      if (window->fault->kind != BELT_FAULT_WHERE)
        self->op.counters.n_dropped[BELT_DROP_TYPE_ERROR] += window->n_passed - 1;
      batch = make_emission (self, window, 1);
      if (belt_op_fail (&self->op, batch, 0, window->fault))
        belt_op_emit (&self->op, batch);
      return;
    }

  /* Grouped, nothing comes of nothing; nor does it when WHERE left nothing. */
  if (window->groups->len == 0 && (self->spec->n_keys > 0 || self->spec->where != NULL))
    return;

  batch = make_emission (self, window, MAX (window->groups->len, 1));
  if (window->groups->len > 0)
    fill_first (self, window, batch);
  fill_values (self, window, batch);
  belt_op_emit (&self->op, batch);
}

static void
fire (BeltWindowAggregate *self)
{
  BeltOpenWindow *window = &self->open[self->head];

  emit_window (self, window);
  clear_window (window);

  self->head = (self->head + 1) % self->n_open;
  self->previous_ms = self->end_ms;
  self->end_ms += self->step_ms;
}

static gboolean
is_silent (const BeltWindowAggregate *self)
{
  for (guint i = 0; i < self->n_open; i++)
    {
      if (self->open[i].memory != NULL || self->open[i].n_false > 0 || self->open[i].n_null > 0)
        return FALSE;
    }

  return TRUE;
}

static void
fire_until (BeltWindowAggregate *self,
            gint64               now_ms)
{
  while (self->end_ms <= now_ms)
    {
      gint64 behind = (now_ms - self->end_ms) / self->step_ms;

      if (behind > BELT_WINDOW_EMPTY_MAX && is_silent (self))
        {
          self->end_ms += behind * self->step_ms;
          self->previous_ms = self->end_ms - self->step_ms;
        }
      fire (self);
    }
}

static void
start_at (BeltWindowAggregate *self,
          gint64               time_ms)
{
  const BeltWindowSpec *window = self->window;

  self->started = TRUE;
  self->previous_ms = time_ms;
  self->end_ms = belt_window_align (time_ms, window->unit,
                                    window->kind == BELT_WINDOW_HOPPING ? window->interval : window->length,
                                    window->zone);
}

/* Of the open windows, those that start at or before the row: the first n. */
static guint
count_windows (const BeltWindowAggregate *self,
               gint64                     time_ms)
{
  gint64 start = self->end_ms - self->length_ms;
  guint n = 0;

  while (n < self->n_open && start + (gint64)n * self->step_ms <= time_ms)
    n++;

  return n;
}

static void
add_row (BeltWindowAggregate *self,
         BeltBatch           *batch,
         guint                row)
{
  gint64 time_ms = batch->times[row];
  guint n_windows = 1;

  if (G_UNLIKELY (!self->started))
    start_at (self, time_ms);
  if (G_UNLIKELY (time_ms >= self->end_ms))
    {
      fire_until (self, time_ms);
      self->op.eval->batch = batch;
      self->op.eval->arena = &batch->arena;
      self->op.eval->range = NULL;
      self->op.eval->position = 0;
    }

  if (self->window->kind == BELT_WINDOW_HOPPING)
    n_windows = count_windows (self, time_ms);
  if (n_windows == 0)
    return;

  self->op.eval->row = row;
  if (!test_where (self, batch, row, n_windows))
    return;
  for (guint i = 0; i < n_windows; i++)
    self->open[(self->head + i) % self->n_open].n_passed++;
  if (!make_key (self, n_windows))
    return;

  for (guint i = 0; i < n_windows; i++)
    step_window (self, &self->open[(self->head + i) % self->n_open], batch, row);
}

static void
window_aggregate_push (BeltOp    *op,
                       BeltBatch *batch)
{
  BeltWindowAggregate *self = (BeltWindowAggregate *)op;

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  op->eval->range = NULL;
  op->eval->position = 0;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (G_LIKELY (batch->faults == NULL || batch->faults[row] == NULL))
        {
          add_row (self, batch, row);
          continue;
        }
      belt_window_pass_fault (op, batch, row);
      op->eval->batch = batch;
      op->eval->arena = &batch->arena;
    }

  if (!self->window->event_time)
    op->next_tick = self->end_ms;
}

static void
window_aggregate_watermark (BeltOp *op,
                            gint64  time_ms)
{
  BeltWindowAggregate *self = (BeltWindowAggregate *)op;

  if (self->window->event_time && self->started)
    fire_until (self, time_ms);
  belt_op_emit_watermark (op, time_ms);
}

static void
window_aggregate_tick (BeltOp *op,
                       gint64  now_ms)
{
  BeltWindowAggregate *self = (BeltWindowAggregate *)op;

  fire_until (self, now_ms);
  op->next_tick = self->end_ms;
}

static void
window_aggregate_free (BeltOp *op)
{
  BeltWindowAggregate *self = (BeltWindowAggregate *)op;

  for (guint i = 0; i < self->n_open; i++)
    {
      clear_window (&self->open[i]);
      belt_group_table_clear (&self->open[i].table);
      g_ptr_array_unref (self->open[i].groups);
    }
  g_free (self->open);
  g_free (self->first);
  belt_aggregator_clear (&self->aggregator);
  belt_group_key_clear (&self->key);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass window_aggregate_class = {
  .kind = "window",
  .push = window_aggregate_push,
  .watermark = window_aggregate_watermark,
  .tick = window_aggregate_tick,
  .save = belt_window_aggregate_save,
  .restore = belt_window_aggregate_restore,
  .free = window_aggregate_free,
};

static gint64
get_overlap (const BeltWindowSpec *window)
{
  if (window->kind == BELT_WINDOW_TUMBLING)
    return 1;
  if (window->interval <= 0)
    return G_MAXINT64;

  return (window->length + window->interval - 1) / window->interval;
}

static gboolean
calls_fit (const BeltAggregateCall *call)
{
  if (call->function->aggregate == NULL || call->function->aggregate->save == NULL)
    return FALSE;

  for (guint i = 0; i < call->n_args; i++)
    {
      if (belt_aggregator_reads_context (call->args[i]))
        return FALSE;
    }

  return TRUE;
}

gboolean
belt_op_window_aggregate_fits (const BeltWindowSpec    *window,
                               const BeltAggregateSpec *aggregate)
{
  if (window->kind != BELT_WINDOW_TUMBLING && window->kind != BELT_WINDOW_HOPPING)
    return FALSE;
  if (window->length <= 0 || get_overlap (window) > OVERLAP_MAX)
    return FALSE;

  for (guint i = 0; i < aggregate->n_calls; i++)
    {
      if (!calls_fit (&aggregate->calls[i]))
        return FALSE;
    }
  for (guint i = 0; i < aggregate->n_keys; i++)
    {
      if (belt_aggregator_reads_context (aggregate->keys[i]))
        return FALSE;
    }

  return !belt_aggregator_reads_context (aggregate->where);
}

BeltOp *
belt_op_window_aggregate_new (const BeltWindowSpec    *window,
                              const BeltAggregateSpec *aggregate,
                              BeltEval                *eval,
                              gint64                   now_ms)
{
  BeltWindowAggregate *self = g_new0 (BeltWindowAggregate, 1);
  gint64 unit_ms = belt_window_unit_get_ms (window->unit);

  belt_op_init (&self->op, &window_aggregate_class);
  self->op.eval = eval;
  self->window = window;
  self->spec = aggregate;
  belt_aggregator_init (&self->aggregator, aggregate, eval);
  self->first = belt_aggregator_dup_first (aggregate, eval->layout, &self->n_first);

  self->length_ms = MAX (belt_window_multiply (window->length, unit_ms), 1);
  self->step_ms = window->kind == BELT_WINDOW_HOPPING ? belt_window_multiply (window->interval, unit_ms)
                                                      : self->length_ms;
  self->step_ms = MAX (self->step_ms, 1);
  self->n_open = (guint)get_overlap (window);
  self->open = g_new0 (BeltOpenWindow, self->n_open);
  for (guint i = 0; i < self->n_open; i++)
    self->open[i].groups = g_ptr_array_new ();

  self->end_ms = G_MAXINT64;
  if (!window->event_time)
    {
      start_at (self, now_ms);
      self->op.next_tick = self->end_ms;
    }

  return &self->op;
}
