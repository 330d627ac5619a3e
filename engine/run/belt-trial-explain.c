/* belt-trial-explain.c - one row of a finished trial, asked again
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row's slots were kept where expressions read them; a batch of one row made of
 * them is what the same evaluator looks at a second time.
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-op-filter.h"
#include "belt-op-project.h"
#include "belt-zone.h"

typedef struct
{
  const BeltPlan *plan;
  JsonArray      *out;
} Recording;

static void
record_value (gpointer         owner,
              const BeltExpr  *expr,
              const BeltValue *value)
{
  Recording *self = owner;
  JsonObject *entry;
  g_autofree char *text = NULL;
  g_autofree char *said = NULL;

  if (expr->span.end <= expr->span.start)
    return;

  text = belt_plan_dup_text (self->plan, expr->span);
  said = belt_trial_say_value (value);
  entry = json_object_new ();
  json_object_set_int_member (entry, "start", expr->span.start);
  json_object_set_int_member (entry, "end", expr->span.end);
  json_object_set_string_member (entry, "text", text);
  json_object_set_string_member (entry, "value", said);
  json_object_set_string_member (entry, "note",
                                 value->tag == BELT_TAG_MISSING ? "the row has no such column" : "");
  json_array_add_object_element (self->out, entry);
}

static void
record_expr (const BeltPlan *plan,
             const BeltExpr *expr,
             BeltEval       *eval,
             JsonArray      *out)
{
  Recording recording = { plan, out };
  BeltRecorder recorder = { record_value, &recording };

  eval->recorder = &recorder;
  belt_expr_eval (expr, eval);
  eval->recorder = NULL;
}

static GPtrArray *
list_exprs (const BeltPlanOp *op)
{
  GPtrArray *exprs = g_ptr_array_new ();

  switch (op->kind)
    {
    case BELT_PLAN_FILTER:
    case BELT_PLAN_HAVING:
    case BELT_PLAN_WINDOW_FILTER:
      g_ptr_array_add (exprs, ((const BeltFilterSpec *)op->spec)->condition);
      break;
    case BELT_PLAN_PROJECT:
      {
        const BeltProjectSpec *spec = op->spec;

        for (guint i = 0; i < spec->n_fields; i++)
          g_ptr_array_add (exprs, spec->fields[i].expr);
      }
      break;
    default:
      break;
    }

  return exprs;
}

static gint64
read_no_clock (gpointer clock)
{
  return 0;
}

/* A batch of its own, from the slots that were kept. */
static BeltBatch *
rebuild_batch (BeltTrial           *self,
               const BeltTrialKept *kept)
{
  guint n_slots = self->plan->layout->n_slots;
  BeltBatch *batch = belt_batch_new (1, n_slots);

  batch->row_ids = belt_arena_new_array (&batch->arena, BeltRowId, 1);
  batch->times = belt_arena_new_array (&batch->arena, gint64, 1);
  batch->row_ids[0] = kept->row.id;
  batch->times[0] = kept->row.time_ms;
  for (guint i = 0; i < n_slots; i++)
    belt_batch_add_column (batch, i)[0] = kept->slots[i];

  return batch;
}

void
belt_trial_replay_init (BeltTrialReplay     *self,
                        BeltTrial           *trial,
                        const BeltTrialKept *kept)
{
  *self = (BeltTrialReplay) { .plan = trial->plan, .batch = rebuild_batch (trial, kept) };
  self->environment = (BeltEnvironment) { .now_ns = read_no_clock, .rule_id = "trial",
                                          .zone = belt_zone_get_default () };
  self->states = g_new0 (gpointer, trial->plan->n_states + 1);
  self->eval = (BeltEval) { .batch = self->batch, .arena = &self->batch->arena, .environment = &self->environment,
                            .states = self->states, .layout = trial->plan->layout,
                            .range = kept->has_range ? &kept->range : NULL };
}

void
belt_trial_replay_clear (BeltTrialReplay *self)
{
  for (guint i = 0; i < self->plan->n_states; i++)
    {
      GDestroyNotify state_free = self->plan->state_frees[i];

      if (self->states[i] != NULL)
        (state_free != NULL ? state_free : g_free)(self->states[i]);
    }
  g_free (self->states);
  belt_batch_unref (self->batch);
}

const BeltTrialKept *
belt_trial_find_kept (GPtrArray *rows,
                      BeltRowId  id,
                      gint64     window_end)
{
  for (guint i = rows->len; i > 0; i--)
    {
      const BeltTrialKept *kept = rows->pdata[i - 1];

      if (kept->row.id == id &&
          (window_end == 0 || kept->row.window_end == 0 || kept->row.window_end == window_end))
        return kept;
    }

  return NULL;
}

JsonNode *
belt_trial_explain (BeltTrial *self,
                    guint      op,
                    BeltRowId  row)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *out = json_array_new ();
  const BeltTrialOp *trial_op = op < self->ops->len ? self->ops->pdata[op] : NULL;
  const BeltTrialKept *kept = trial_op != NULL ? belt_trial_find_kept (trial_op->in, row, 0) : NULL;

  json_node_take_array (node, out);
  if (kept != NULL && kept->slots != NULL)
    {
      g_autoptr(GPtrArray) exprs = list_exprs (&self->plan->ops[op]);
      BeltTrialReplay replay;

      belt_trial_replay_init (&replay, self, kept);
      for (guint i = 0; i < exprs->len; i++)
        record_expr (self->plan, exprs->pdata[i], &replay.eval, out);
      belt_trial_replay_clear (&replay);
    }

  return node;
}
