/* belt-trial-rows.c - the rows a trial keeps at every operator
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tap on every operator keeps the newest rows on both sides and says why a row
 * went no further while its values are still there.  Everything kept is copied, so
 * the result outlives the run.
 */
#include "config.h"

#include "belt-trial-private.h"

#include <string.h>

BeltTrialKept *
belt_trial_kept_new (void)
{
  return g_new0 (BeltTrialKept, 1);
}

void
belt_trial_kept_free (BeltTrialKept *self,
                      guint          n_slots)
{
  belt_value_clear_owned (&self->row.row);
  g_free (self->row.why);
  for (guint i = 0; self->slots != NULL && i < n_slots; i++)
    belt_value_clear_owned (&self->slots[i]);
  g_free (self->slots);
  g_free (self);
}

static guint
get_op_index (BeltTrialRun *run,
              BeltOp       *op)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (run->topology, &n_ops);

  for (guint i = 0; i < n_ops; i++)
    {
      if (ops[i] == op)
        return i;
    }

  g_assert_not_reached ();
}

/* What came in, with the columns that are read as they were read. */
static BeltValue
build_whole_row (BeltTrialRun *run,
                 BeltBatch    *batch,
                 guint         row,
                 BeltArena    *arena)
{
  const BeltPlanStream *stream = &run->trial->plan->streams[run->stream];
  BeltMember *members = belt_arena_new_array (arena, BeltMember, run->whole->len + 1);

  for (guint i = 0; i < run->whole->len; i++)
    {
      members[i] = run->whole->u.members[i];
      for (guint k = 0; k < stream->n_columns && k < batch->n_columns; k++)
        {
          if (batch->columns[k] != NULL && batch->columns[k][row].tag != BELT_TAG_MISSING &&
              strlen (stream->columns[k]) == members[i].name_len &&
              memcmp (stream->columns[k], members[i].name, members[i].name_len) == 0)
            members[i].value = batch->columns[k][row];
        }
    }

  return belt_value_map (members, run->whole->len);
}

/* A source's batch still has the columns of its stream. */
static BeltValue
build_source_row (BeltTrialRun *run,
                  BeltBatch    *batch,
                  guint         row,
                  BeltArena    *arena)
{
  const BeltPlanStream *stream = &run->trial->plan->streams[run->stream];
  BeltMember *members = belt_arena_new_array (arena, BeltMember, stream->n_columns + 1);
  guint n = 0;

  if (stream->whole && batch->columns[stream->n_columns] != NULL)
    return belt_value_expand (&batch->columns[stream->n_columns][row], arena);
  if (run->whole != NULL && batch->n_rows == 1)
    return build_whole_row (run, batch, row, arena);

  for (guint i = 0; i < stream->n_columns && i < batch->n_columns; i++)
    {
      if (batch->columns[i] != NULL && batch->columns[i][row].tag != BELT_TAG_MISSING)
        members[n++] = (BeltMember) { stream->columns[i], strlen (stream->columns[i]), batch->columns[i][row] }
      ;
    }

  return belt_value_map (members, n);
}

/* The columns known at this point; after project the finished row. */
static BeltValue
build_row (BeltTrialRun *run,
           BeltBatch    *batch,
           guint         row,
           BeltArena    *arena)
{
  const BeltLayout *layout = run->trial->plan->layout;
  const BeltValue *out = batch->columns[run->trial->plan->out_slot];
  BeltMember *members;
  guint n = 0;

  if (belt_batch_get_fault (batch, row) != NULL)
    {
      const char *message = belt_batch_get_fault (batch, row)->message;

      members = belt_arena_new_array (arena, BeltMember, 1);
      members[0] = (BeltMember) { "error", 5, belt_value_str (message, strlen (message)) };
      return belt_value_map (members, 1);
    }

  if (out != NULL && out[row].tag == BELT_TAG_MAP)
    return out[row];

  members = belt_arena_new_array (arena, BeltMember, layout->n_slots + 1);
  for (guint i = 0; i < layout->n_slots && i < batch->n_columns; i++)
    {
      const BeltSlot *slot = &layout->slots[i];
      const BeltValue *column = batch->columns[i];

      if (column == NULL || column[row].tag == BELT_TAG_MISSING || column[row].tag == BELT_TAG_UNSET ||
          slot->kind == BELT_SLOT_FIELD)
        continue;
      if (slot->kind == BELT_SLOT_WHOLE && layout->n_streams == 1)
        return belt_value_expand (&column[row], arena);

      members[n++] = (BeltMember) {
        slot->kind == BELT_SLOT_WHOLE ? layout->streams[slot->stream] : slot->name,
        slot->kind == BELT_SLOT_WHOLE ? strlen (layout->streams[slot->stream]) : slot->name_len,
        column[row],
      };
    }

  return belt_value_map (members, n);
}

typedef enum
{
  SIDE_SOURCE,   /* columns of the stream */
  SIDE_RULE,     /* slots of the rule */
} Side;

static BeltTrialKept *
keep_row (BeltTrialRun          *run,
          Side                   side,
          GPtrArray             *rows,
          BeltBatch             *batch,
          guint                  row,
          const BeltWindowRange *range)
{
  BeltTrialKept *kept = belt_trial_kept_new ();
  BeltArena arena;
  BeltValue value;

  belt_arena_init (&arena);
  if (side == SIDE_SOURCE && belt_batch_get_fault (batch, row) == NULL)
    value = build_source_row (run, batch, row, &arena);
  else
    value = side == SIDE_SOURCE ? belt_value_map (NULL, 0) : build_row (run, batch, row, &arena);
  if (value.tag == BELT_TAG_JSON)
    value = belt_value_expand (&value, &arena);
  belt_value_dup_owned (&kept->row.row, &value);
  belt_arena_clear (&arena);

  if (belt_batch_get_fault (batch, row) != NULL)
    kept->row.why = g_strdup (belt_batch_get_fault (batch, row)->message);
  kept->row.id = batch->row_ids != NULL ? batch->row_ids[row] : 0;
  kept->row.time_ms = batch->times != NULL ? batch->times[row] : 0;
  if (range != NULL)
    {
      kept->row.window_end = range->end;
      kept->range = *range;
      kept->has_range = TRUE;
    }

  if (rows->len >= run->spec->rows_max)
    {
      belt_trial_kept_free (rows->pdata[0], run->trial->plan->layout->n_slots);
      g_ptr_array_remove_index (rows, 0);
    }
  g_ptr_array_add (rows, kept);
  return kept;
}

static void
keep_slots (BeltTrialRun  *run,
            BeltTrialKept *kept,
            BeltBatch     *batch,
            guint          row)
{
  guint n_slots = run->trial->plan->layout->n_slots;

  kept->slots = g_new0 (BeltValue, n_slots + 1);
  for (guint i = 0; i < n_slots; i++)
    {
      const BeltValue *column = i < batch->n_columns ? batch->columns[i] : NULL;

      if (column == NULL)
        kept->slots[i] = belt_value_missing ();
      else if (column[row].tag == BELT_TAG_UNSET || column[row].tag == BELT_TAG_ERROR)
        kept->slots[i] = (BeltValue) { .tag = BELT_TAG_UNSET }
      ;
      else
        belt_value_dup_owned (&kept->slots[i], &column[row]);
    }
}

static void
keep_batch (BeltTrialRun *run,
            Side          side,
            GPtrArray    *rows,
            BeltBatch    *batch,
            gboolean      with_slots)
{
  guint start = 0;

  for (guint e = 0; e < belt_batch_get_n_emissions (batch); e++)
    {
      guint end = belt_batch_get_emission_end (batch, e);

      for (guint i = start; i < end; i++)
        {
          guint row = belt_batch_get_row (batch, i);
          BeltTrialKept *kept = keep_row (run, side, rows, batch, row,
                                          batch->ranges != NULL ? &batch->ranges[e] : NULL);

          if (with_slots)
            keep_slots (run, kept, batch, row);
        }
      start = end;
    }
}

static gboolean
evaluates_rows (const BeltPlanOp *op)
{
  return op->kind == BELT_PLAN_FILTER || op->kind == BELT_PLAN_HAVING || op->kind == BELT_PLAN_WINDOW_FILTER ||
         op->kind == BELT_PLAN_PROJECT || op->kind == BELT_PLAN_AGGREGATE;
}

static gboolean
is_source (const BeltPlanOp *op)
{
  return op->kind == BELT_PLAN_SOURCE && !g_ascii_isdigit (op->name[0]);
}

static void
tap_enter (BeltTap   *tap,
           BeltOp    *op,
           BeltBatch *batch)
{
  BeltTrialRun *run = tap->owner;
  guint index = get_op_index (run, op);
  BeltTrialOp *trial_op = run->trial->ops->pdata[index];

  const BeltPlanOp *plan_op = &run->trial->plan->ops[index];
  Side side = is_source (plan_op) || plan_op->kind == BELT_PLAN_SCAN ? SIDE_SOURCE : SIDE_RULE;

  keep_batch (run, side, trial_op->in, batch, evaluates_rows (plan_op));
}

static void
tap_leave (BeltTap   *tap,
           BeltOp    *op,
           BeltBatch *batch)
{
  BeltTrialRun *run = tap->owner;
  guint index = get_op_index (run, op);
  BeltTrialOp *trial_op = run->trial->ops->pdata[index];

  keep_batch (run, is_source (&run->trial->plan->ops[index]) ? SIDE_SOURCE : SIDE_RULE, trial_op->out, batch,
              FALSE);
}

static void
tap_drop (BeltTap        *tap,
          BeltOp         *op,
          BeltBatch      *batch,
          guint           row,
          BeltDropReason  reason,
          const char     *detail)
{
  BeltTrialRun *run = tap->owner;
  guint index = get_op_index (run, op);
  BeltTrialOp *trial_op = run->trial->ops->pdata[index];
  BeltEval *eval = belt_topology_get_eval (run->topology);
  BeltTrialKept *kept = keep_row (run, SIDE_RULE, trial_op->dropped, batch, row, eval->range);

  kept->row.reason = reason;
  if (eval->batch == batch)
    eval->row = row;
  g_free (kept->row.why);
  kept->row.why = belt_trial_say_why (run->trial->plan, &run->trial->plan->ops[index], eval, reason, detail);
}

void
belt_trial_run_set_tap (BeltTrialRun *self)
{
  self->tap = (BeltTap) { tap_enter, tap_leave, tap_drop, self };
  belt_topology_set_tap (self->topology, &self->tap);
}
