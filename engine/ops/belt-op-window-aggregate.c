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
 * the watermark that the window is complete.  Whether a hopping window then loses
 * the row, as eKuiper does when a boundary meets no row, holds until the watermark
 * that came with the row.
 */
#include "config.h"

#include "belt-op-aggregate.h"

#include "belt-op-filter.h"
#include "belt-window-aggregate-private.h"
#include "belt-window-private.h"

#define NO_KEY         G_MAXSIZE
#define KEYS_BYTES_MAX 65536u  /* of keys that wait to be looked up */
#define OVERLAP_MAX    16      /* windows a row belongs to; beyond, keeping the rows is cheaper */

static void
clear_window (BeltOpenWindow *window)
{
  belt_group_table_reset (&window->table);
  g_clear_pointer (&window->memory, belt_batch_unref);
  window->fault = NULL;
  window->n_rows = 0;
  window->n_false = 0;
  window->n_null = 0;
  window->n_passed = 0;
  window->failed_in_where = FALSE;
}

static void
keep_first (BeltWindowAggregate         *self,
            BeltOpenWindow              *window,
            BeltWindowGroup             *group,
            BeltBatch                   *batch,
            guint                        row)
{
  BeltValue *first = belt_window_aggregate_get_first (self, group);

  group->row_id = batch->row_ids[row];
  group->time = batch->times[row];
  for (guint i = 0; i < self->n_first; i++)
    {
      const BeltValue *column = batch->columns[self->first[i]];

      if (column == NULL)
        first[i] = belt_layout_get_blank (self->op.eval->layout, self->first[i]);
      else if (column[row].tag == BELT_TAG_UNSET)
        first[i] = column[row];
      else
        first[i] = belt_value_copy (&column[row], &window->memory->arena);
    }
}

/* The first one stands; WHERE comes before the groups, so that what fails there has failed first. */
static void
fail_window (BeltOpenWindow      *window,
             const BeltValue     *error,
             BeltFaultKind        kind,
             const char          *clause)
{
  BeltFault *fault;

  if (window->fault != NULL && (kind != BELT_FAULT_WHERE || window->failed_in_where))
    return;

  fault = belt_arena_memdup (&window->memory->arena, belt_value_copy (error, &window->memory->arena).u.fault,
                             sizeof *fault);
  fault->kind = belt_fault_get_kind_in (fault, kind);
  window->failed_in_where = kind == BELT_FAULT_WHERE;
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

      if (window->failed_in_where)
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

static inline BeltValue
read_key (BeltEval       *eval,
          const BeltExpr *key)
{
  if (key->kind == BELT_EXPR_COLUMN && eval->batch->columns[key->slot] != NULL)
    return eval->batch->columns[key->slot][eval->row];

  return belt_expr_eval (key, eval);
}

/* FALSE: the row has no key, *ret_error says why. */
static inline gboolean
make_key (BeltWindowAggregate *self,
          BeltGroupProbe      *ret_probe,
          BeltValue           *ret_error)
{
  for (guint i = 0; i < self->spec->n_keys; i++)
    {
      BeltValue value = read_key (self->op.eval, self->spec->keys[i]);

      if (G_UNLIKELY (belt_value_is_error (&value)))
        {
          belt_group_key_drop (&self->key);
          *ret_error = value;
          return FALSE;
        }
      belt_group_key_append (&self->key, &value);
    }

  *ret_probe = belt_group_key_finish (&self->key);
  return TRUE;
}

/* Reading columns has no effect, so it can be done before it is the row's turn. */
static gboolean
can_look_ahead (const BeltWindowAggregate *self,
                const BeltBatch           *batch)
{
  if (!belt_group_table_is_far (&self->open[self->head].table))
    return FALSE;

  for (guint i = 0; i < self->spec->n_keys; i++)
    {
      if (self->spec->keys[i]->kind != BELT_EXPR_COLUMN || batch->columns[self->spec->keys[i]->slot] == NULL)
        return FALSE;
    }

  return self->spec->n_keys > 0;
}

/* Keys of the selected rows [begin, end), and has their groups fetched.  A row without a key gets NO_KEY: it says
 * why when it is its turn; and so does a row behind long keys. */
static void
look_ahead (BeltWindowAggregate *self,
            BeltBatch           *batch,
            guint                begin,
            guint                end)
{
  BeltValue error;
  guint n_windows = self->window->kind == BELT_WINDOW_HOPPING ? self->n_open : 1;

  for (guint i = begin; i < end; i++)
    {
      BeltGroupProbe *probe = &self->probes[i - begin];

      self->op.eval->row = belt_batch_get_row (batch, i);
      if (self->key.len > KEYS_BYTES_MAX || !make_key (self, probe, &error))
        probe->start = NO_KEY;
    }

  for (guint i = 0; i < n_windows; i++)
    belt_group_table_fetch (&self->open[(self->head + i) % self->n_open].table, self->probes, end - begin);
}

static void
step_window (BeltWindowAggregate   *self,
             BeltOpenWindow        *window,
             BeltBatch             *batch,
             guint                  row,
             const BeltGroupProbe  *probe)
{
  BeltWindowGroup *group;
  gboolean is_new;

  if (window->memory == NULL)
    window->memory = belt_batch_new (0, 0);

  group = belt_group_table_find (&window->table, &self->key, probe, &window->memory->arena, &is_new);
  if (is_new || self->spec->incremental)
    keep_first (self, window, group, batch, row);

  belt_aggregator_step (&self->aggregator, belt_window_aggregate_get_state (self, group), self->op.eval,
                        &window->memory->arena);
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

/* Group by group: a group's memory is looked at once. */
static void
fill_groups (BeltWindowAggregate   *self,
             BeltOpenWindow        *window,
             BeltBatch             *batch)
{
  for (guint i = 0; i < batch->n_rows; i++)
    {
      BeltWindowGroup *group = belt_group_table_get_payload (&window->table, i);
      const BeltValue *first = belt_window_aggregate_get_first (self, group);

      batch->row_ids[i] = group->row_id;
      batch->times[i] = group->time;
      for (guint k = 0; k < self->n_first; k++)
        batch->columns[self->first[k]][i] = first[k];
      for (guint c = 0; c < self->spec->n_calls; c++)
        batch->columns[self->spec->calls[c].slot][i] =
          belt_aggregator_finish (&self->aggregator, belt_window_aggregate_get_state (self, group), c, FALSE,
                                  &batch->arena);
    }
}

/* A window without rows: columns are missing, but aliases have room to be computed once. */
static void
fill_empty (BeltWindowAggregate   *self,
            BeltBatch             *batch)
{
  gpointer state = belt_aggregator_open (&self->aggregator, &batch->arena);

  for (guint k = 0; k < self->n_first; k++)
    batch->columns[self->first[k]][0] = belt_layout_get_blank (self->op.eval->layout, self->first[k]);
  for (guint c = 0; c < self->spec->n_calls; c++)
    batch->columns[self->spec->calls[c].slot][0] = belt_aggregator_finish (&self->aggregator, state, c, TRUE,
                                                                           &batch->arena);
}

static void
fill_values (BeltWindowAggregate   *self,
             BeltOpenWindow        *window,
             BeltBatch             *batch)
{
  for (guint c = 0; c < self->spec->n_calls; c++)
    batch->columns[self->spec->calls[c].slot] = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);
  for (guint k = 0; k < self->n_first; k++)
    batch->columns[self->first[k]] = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);

  if (window->table.n_groups == 0)
    fill_empty (self, batch);
  else
    fill_groups (self, window, batch);
}

static void
emit_window (BeltWindowAggregate   *self,
             BeltOpenWindow        *window)
{
  g_autoptr(BeltBatch) batch = NULL;

  if (window->n_false > 0)
    belt_op_count_drops (&self->op, BELT_DROP_PREDICATE_FALSE, window->n_false);
  if (window->n_null > 0)
    belt_op_count_drops (&self->op, BELT_DROP_PREDICATE_NULL, window->n_null);

  if (window->fault != NULL)
    {
      /* One row carries the fault, the others of the emission are dropped with it. */
      if (!window->failed_in_where)
        belt_op_count_drops (&self->op, belt_fault_get_drop_reason (window->fault), window->n_passed - 1);
      batch = make_emission (self, window, 1);
      if (belt_op_fail (&self->op, batch, 0, window->fault))
        belt_op_emit (&self->op, batch);
      return;
    }

  /* Grouped, nothing comes of nothing; nor does it when WHERE left nothing. */
  if (window->table.n_groups == 0 && (self->spec->n_keys > 0 || self->spec->where != NULL))
    return;

  batch = make_emission (self, window, MAX (window->table.n_groups, 1));
  fill_values (self, window, batch);
  belt_op_emit (&self->op, batch);
}

static void
fire (BeltWindowAggregate *self)
{
  BeltOpenWindow *window = &self->open[self->head];

  emit_window (self, window);
  self->losing |= self->window->event_time && self->window->kind == BELT_WINDOW_HOPPING && window->n_rows == 0;
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
      if (self->open[i].n_rows > 0)
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

/* probe: NULL or NO_KEY where the key was not made ahead. */
static void
add_row (BeltWindowAggregate  *self,
         BeltBatch            *batch,
         guint                 row,
         const BeltGroupProbe *probe)
{
  gboolean is_own = FALSE;
  BeltGroupProbe own;
  BeltValue error;
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

  if (G_UNLIKELY (self->losing))
    {
      belt_op_drop (&self->op, batch, row, BELT_DROP_WINDOW_EMPTY, BELT_WINDOW_LOST);
      return;
    }

  if (self->window->kind == BELT_WINDOW_HOPPING)
    n_windows = time_ms < self->first_ms ? 0 : count_windows (self, time_ms);
  if (n_windows == 0)
    return;

  for (guint i = 0; i < n_windows; i++)
    self->open[(self->head + i) % self->n_open].n_rows++;
  self->op.eval->row = row;
  if (!test_where (self, batch, row, n_windows))
    return;
  for (guint i = 0; i < n_windows; i++)
    self->open[(self->head + i) % self->n_open].n_passed++;
  if (probe == NULL || probe->start == NO_KEY)
    {
      probe = &own;
      is_own = TRUE;
      if (!make_key (self, &own, &error))
        {
          fail_open (self, n_windows, &error, BELT_FAULT_GROUP_BY, "Group By");
          return;
        }
    }

  for (guint i = 0; i < n_windows; i++)
    step_window (self, &self->open[(self->head + i) % self->n_open], batch, row, probe);
  if (is_own)
    belt_group_key_take_back (&self->key, &own);
}

/* Few enough that what was fetched for the first row is still there for the last. */
static void
add_block (BeltWindowAggregate *self,
           BeltBatch           *batch,
           guint                begin,
           guint                end)
{
  gboolean ahead = can_look_ahead (self, batch);

  belt_group_key_reset (&self->key);
  if (ahead)
    look_ahead (self, batch, begin, end);

  for (guint i = begin; i < end; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (G_LIKELY (batch->faults == NULL || batch->faults[row] == NULL))
        {
          add_row (self, batch, row, ahead ? &self->probes[i - begin] : NULL);
          continue;
        }
      belt_window_pass_fault (&self->op, batch, row);
      self->op.eval->batch = batch;
      self->op.eval->arena = &batch->arena;
    }
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

  for (guint i = 0; i < batch->n_selected; i += BELT_WINDOW_BLOCK_ROWS)
    add_block (self, batch, i, MIN (i + BELT_WINDOW_BLOCK_ROWS, batch->n_selected));

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
  self->losing = FALSE;
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
  if ((window->kind != BELT_WINDOW_TUMBLING && window->kind != BELT_WINDOW_HOPPING) || window->incremental)
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
    belt_group_table_init (&self->open[i].table, sizeof (BeltWindowGroup) + self->aggregator.group_size +
                           self->n_first * sizeof (BeltValue));

  self->end_ms = G_MAXINT64;
  self->first_ms = G_MININT64;
  if (!window->event_time)
    {
      start_at (self, now_ms);
      self->first_ms = belt_window_get_first_ms (window, now_ms, self->length_ms, self->step_ms);
      self->op.next_tick = self->end_ms;
    }

  return &self->op;
}
