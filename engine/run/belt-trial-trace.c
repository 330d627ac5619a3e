/* belt-trial-trace.c - what became of one row, operator by operator
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * "Why did this row give nothing?" wants the whole way, not only the place where
 * it ended.  The way is read from the rows that were kept.  A row that went into a
 * group goes on as the group's first row.
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-expr.h"
#include "belt-op-aggregate.h"
#include "belt-time-format.h"

typedef struct
{
  BeltTrial *trial;
  JsonArray *steps;
  BeltRowId  id;          /* under which the row goes on */
  gint64     window_end;  /* in which window; 0: before windows */
} Trace;

typedef enum
{
  STEP_PASSED,
  STEP_DROPPED,
  STEP_WAITS,
  STEP_FAILED,   /* it goes on as an error, for sendError */
  STEP_SENT,
  STEP_LOST,     /* from sight */
} Outcome;

static const char *const outcomes[] = { "passed", "dropped", "waits", "failed", "sent", "lost" };

static void
add_step (Trace      *self,
          guint       index,
          Outcome     outcome,
          const char *text,
          const char *hint)
{
  const BeltTrialOp *op = self->trial->ops->pdata[index];
  JsonObject *step = json_object_new ();

  json_object_set_int_member (step, "op", index);
  json_object_set_int_member (step, "row", (gint64)self->id);
  json_object_set_string_member (step, "label", op->label != NULL ? op->label : op->name);
  json_object_set_string_member (step, "outcome", outcomes[outcome]);
  json_object_set_string_member (step, "text", text);
  if (hint != NULL)
    json_object_set_string_member (step, "hint", hint);
  else
    json_object_set_null_member (step, "hint");
  json_array_add_object_element (self->steps, step);
}

static char *
say_passed_at (BeltTrial           *trial,
               guint                index,
               const BeltTrialKept *in)
{
  BeltTrialReplay replay;
  char *text;

  if (in == NULL || in->slots == NULL)
    return NULL;
  belt_trial_replay_init (&replay, trial, in);
  text = belt_trial_say_passed (trial->plan, &trial->plan->ops[index], &replay.eval);
  belt_trial_replay_clear (&replay);

  return text;
}

/* The row nearest in time for which the condition is true. */
static char *
say_nearest (Trace               *self,
             guint                index,
             const BeltTrialKept *dropped)
{
  const BeltTrialOp *op = self->trial->ops->pdata[index];
  const BeltTrialKept *nearest = NULL;
  g_autofree char *values = NULL;

  for (guint i = 0; i < op->out->len; i++)
    {
      const BeltTrialKept *out = op->out->pdata[i];

      if (nearest == NULL || ABS (out->row.time_ms - dropped->row.time_ms) <
          ABS (nearest->row.time_ms - dropped->row.time_ms))
        nearest = out;
    }
  if (nearest == NULL)
    return NULL;
  values = say_passed_at (self->trial, index, belt_trial_find_kept (op->in, nearest->row.id, nearest->row.window_end));
  if (values == NULL)
    return NULL;

  return g_strdup_printf ("the nearest row that passes is %" G_GUINT64_FORMAT ": %s",
                          (guint64)BELT_ROW_ID_SEQUENCE (nearest->row.id) + 1, values);
}

static char *
say_window (Trace               *self,
            guint                index,
            const BeltTrialKept *out)
{
  const BeltTrialOp *op = self->trial->ops->pdata[index];
  g_autofree char *start = belt_time_dup_clock (out->range.start);
  g_autofree char *end = belt_time_dup_clock (out->range.end);
  guint n = 0;

  if (out->range.start >= out->range.end)
    return g_strdup_printf ("in the window that closed at %s", end);

  for (guint i = 0; i < op->out->len; i++)
    n += ((const BeltTrialKept *)op->out->pdata[i])->row.id == self->id;

  return n > 1 ? g_strdup_printf ("in %u windows, the last from %s to %s", n, start, end)
               : g_strdup_printf ("in the window from %s to %s", start, end);
}

static char *
say_passed (Trace               *self,
            guint                index,
            const BeltTrialKept *in,
            const BeltTrialKept *out)
{
  const BeltPlanOp *op = &self->trial->plan->ops[index];
  g_autofree char *text = NULL;

  switch (op->kind)
    {
    case BELT_PLAN_SOURCE:
      text = belt_time_dup_clock (out->row.time_ms);
      return g_strdup_printf ("came in at %s", text);
    case BELT_PLAN_SCAN:
      return g_strdup ("read");
    case BELT_PLAN_WATERMARK:
      return g_strdup ("in time");
    case BELT_PLAN_WINDOW:
      return out->has_range ? say_window (self, index, out) : g_strdup ("in a window");
    case BELT_PLAN_AGGREGATE:
      return g_strdup ("first of its group");
    case BELT_PLAN_FILTER:
    case BELT_PLAN_HAVING:
    case BELT_PLAN_WINDOW_FILTER:
      text = say_passed_at (self->trial, index, in);
      return text != NULL ? g_strdup_printf ("true: %s", text) : g_strdup ("true");
    case BELT_PLAN_PROJECT:
      text = belt_trial_say_value (&out->row.row);
      return g_strdup_printf ("gives %s", text);
    default:
      return g_strdup ("passed");
    }
}

static gboolean
is_same_group (Trace                   *self,
               const BeltAggregateSpec *spec,
               const BeltTrialKept     *left,
               const BeltTrialKept     *right)
{
  BeltTrialReplay replays[2];
  gboolean same = TRUE;

  belt_trial_replay_init (&replays[0], self->trial, left);
  belt_trial_replay_init (&replays[1], self->trial, right);
  for (guint i = 0; i < spec->n_keys && same; i++)
    {
      BeltValue a = belt_expr_eval (spec->keys[i], &replays[0].eval);
      BeltValue b = belt_expr_eval (spec->keys[i], &replays[1].eval);

      same = belt_value_equal (&a, &b);
    }
  belt_trial_replay_clear (&replays[0]);
  belt_trial_replay_clear (&replays[1]);

  return same;
}

/* The row that stands for the group this one was counted in. */
static const BeltTrialKept *
find_group (Trace               *self,
            guint                index,
            const BeltTrialKept *in)
{
  const BeltTrialOp *op = self->trial->ops->pdata[index];
  const BeltAggregateSpec *spec = self->trial->plan->ops[index].spec;

  for (guint i = 0; i < op->out->len; i++)
    {
      const BeltTrialKept *out = op->out->pdata[i];
      const BeltTrialKept *first;

      if (out->row.window_end != in->row.window_end)
        continue;
      if (spec->n_keys == 0)
        return out;
      first = belt_trial_find_kept (op->in, out->row.id, out->row.window_end);
      if (first != NULL && first->slots != NULL && in->slots != NULL && is_same_group (self, spec, first, in))
        return out;
    }

  return NULL;
}

static gboolean
take_group (Trace               *self,
            guint                index,
            const BeltTrialKept *in)
{
  const BeltTrialKept *group = find_group (self, index, in);
  g_autofree char *text = NULL;

  if (group == NULL)
    {
      add_step (self, index, STEP_LOST, "counted in a group that is no longer kept here", NULL);
      return FALSE;
    }

  text = g_strdup_printf ("counted in the group of row %" G_GUINT64_FORMAT,
                          (guint64)BELT_ROW_ID_SEQUENCE (group->row.id) + 1);
  add_step (self, index, STEP_PASSED, text, NULL);
  self->id = group->row.id;
  self->window_end = group->row.window_end;
  return TRUE;
}

static void
add_end (Trace               *self,
         guint                index,
         const BeltTrialKept *dropped)
{
  gboolean waits = dropped->row.reason == BELT_DROP_WINDOW_NOT_CLOSED;
  g_autofree char *hint = waits ? NULL : say_nearest (self, index, dropped);

  add_step (self, index, waits ? STEP_WAITS : STEP_DROPPED,
            dropped->row.why != NULL ? dropped->row.why : belt_drop_reason_get_name (dropped->row.reason), hint);
}

/* TRUE: it goes on behind this operator. */
static gboolean
trace_op (Trace *self,
          guint  index)
{
  const BeltTrialOp *op = self->trial->ops->pdata[index];
  const BeltPlanOp *plan_op = &self->trial->plan->ops[index];
  const BeltTrialKept *in = belt_trial_find_kept (op->in, self->id, self->window_end);
  const BeltTrialKept *out = belt_trial_find_kept (op->out, self->id, self->window_end);
  const BeltTrialKept *dropped = belt_trial_find_kept (op->dropped, self->id, self->window_end);
  g_autofree char *text = NULL;

  if (plan_op->kind == BELT_PLAN_SINK && in != NULL)
    {
      add_step (self, index, STEP_SENT, in->row.why != NULL ? in->row.why : "would have been sent; sinks are muted",
                NULL);
      return FALSE;
    }
  if (out == NULL && dropped != NULL)
    {
      add_end (self, index, dropped);
      return FALSE;
    }
  if (out != NULL)
    {
      gboolean failed = out->row.why != NULL;

      text = failed ? g_strdup (out->row.why) : say_passed (self, index, in, out);
      add_step (self, index, failed ? STEP_FAILED : STEP_PASSED, text, NULL);
      if (out->has_range)
        self->window_end = out->row.window_end;
      return TRUE;
    }
  if (in != NULL && plan_op->kind == BELT_PLAN_AGGREGATE)
    return take_group (self, index, in);
  if (in != NULL && plan_op->kind == BELT_PLAN_JOIN)
    {
      add_step (self, index, STEP_LOST, "joined to rows of another stream, and goes on under their numbers", NULL);
      return FALSE;
    }
  if (op->n_in <= op->in->len)
    return FALSE;

  text = g_strdup_printf ("not known: of %" G_GUINT64_FORMAT " rows here the newest %u are kept", op->n_in,
                          op->in->len);
  add_step (self, index, STEP_LOST, text, NULL);
  return TRUE;
}

static void
trace_from (Trace *self,
            guint  index)
{
  /* Edges lead to higher operators only, so this ends. */
  while (trace_op (self, index))
    {
      const BeltPlanOp *op = &self->trial->plan->ops[index];

      for (guint i = 1; i < op->n_next; i++)
        trace_op (self, op->next[i]);
      if (op->n_next == 0 || op->next[0] <= index)
        return;
      index = op->next[0];
    }
}

/**
 * belt_trial_trace:
 * @self: a trial that kept rows
 * @row: id of a row at any operator
 *
 * Returns: (transfer full): array of {op, row, label, outcome, text, hint}, from the source on
 */
JsonNode *
belt_trial_trace (BeltTrial *self,
                  BeltRowId  row)
{
  Trace trace = { .trial = self, .steps = json_array_new (), .id = row };
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  guint stream = BELT_ROW_ID_SOURCE (row);

  json_node_take_array (node, trace.steps);
  if (self->plan != NULL && stream < self->plan->n_streams)
    trace_from (&trace, self->plan->streams[stream].source_op);

  return node;
}
