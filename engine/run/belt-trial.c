/* belt-trial.c - what a trial is asked, and what it answered
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-trial-private.h"

#include <string.h>

/* --- the spec --- */

static void
input_free (gpointer data)
{
  BeltTrialInput *input = data;

  g_free (input->stream);
  g_clear_pointer (&input->payload, g_bytes_unref);
  g_clear_pointer (&input->record, belt_record_unref);
  g_free (input->metadata);
  g_free (input);
}

BeltTrialSpec *
belt_trial_spec_new (void)
{
  BeltTrialSpec *self = g_new0 (BeltTrialSpec, 1);

  self->inputs = g_ptr_array_new_with_free_func (input_free);
  self->n_before = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->start_ms = -1;
  self->rows_max = 200;

  return self;
}

void
belt_trial_spec_free (BeltTrialSpec *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_clear_pointer (&self->functions, belt_function_table_unref);
  g_clear_pointer (&self->options, json_object_unref);
  g_clear_pointer (&self->actions, json_array_unref);
  g_ptr_array_unref (self->inputs);
  g_hash_table_unref (self->n_before);
  g_free (self->rule_id);
  g_free (self->sql);
  g_free (self);
}

void
belt_trial_spec_add_input (BeltTrialSpec *self,
                           const char    *stream,
                           const char    *payload,
                           gssize         len,
                           gint64         at_ms)
{
  BeltTrialInput *input = g_new0 (BeltTrialInput, 1);

  input->stream = g_strdup (stream);
  input->at_ms = at_ms;
  if (payload != NULL)
    input->payload = g_bytes_new (payload, len >= 0 ? (gsize)len : strlen (payload));
  g_ptr_array_add (self->inputs, input);
}

void
belt_trial_spec_add_record (BeltTrialSpec *self,
                            const char    *stream,
                            BeltRecord    *record,
                            gint64         at_ms)
{
  BeltTrialInput *input = g_new0 (BeltTrialInput, 1);

  input->stream = g_strdup (stream);
  input->record = belt_record_ref (record);
  input->at_ms = at_ms;
  g_ptr_array_add (self->inputs, input);
}

void
belt_trial_spec_add_before (BeltTrialSpec *self,
                            const char    *stream,
                            guint64        n_rows)
{
  g_hash_table_replace (self->n_before, g_strdup (stream), g_memdup2 (&n_rows, sizeof n_rows));
}

/* --- the answer --- */

static void
free_emission (gpointer data)
{
  BeltTrialEmission *emission = data;

  belt_value_clear_owned (&emission->value);
  g_free (emission);
}

BeltTrial *
belt_trial_new (void)
{
  BeltTrial *trial = g_new0 (BeltTrial, 1);

  trial->ref_count = 1;
  trial->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  trial->ops = g_ptr_array_new ();
  trial->emissions = g_ptr_array_new ();
  trial->emission_list = g_ptr_array_new_with_free_func (free_emission);
  trial->arena = belt_arena_new ();

  return trial;
}

void
belt_trial_make_ops (BeltTrial *trial)
{
  for (guint i = 0; i < trial->plan->n_ops; i++)
    {
      const BeltPlanOp *op = &trial->plan->ops[i];
      BeltTrialOp *trial_op = g_new0 (BeltTrialOp, 1);

      trial_op->name = g_strdup (op->name);
      trial_op->label = g_strdup (op->label);
      trial_op->span = op->span;
      trial_op->in = g_ptr_array_new ();
      trial_op->out = g_ptr_array_new ();
      trial_op->dropped = g_ptr_array_new ();
      trial_op->next = g_array_new (FALSE, FALSE, sizeof (guint));
      if (op->n_next > 0)
        g_array_append_vals (trial_op->next, op->next, op->n_next);
      if (op->kind == BELT_PLAN_SINK)
        {
          trial_op->would_send = g_ptr_array_new_with_free_func (g_free);
        }
      g_ptr_array_add (trial->ops, trial_op);
    }
}

static void
free_rows (GPtrArray *rows,
           guint      n_slots)
{
  for (guint i = 0; i < rows->len; i++)
    belt_trial_kept_free (rows->pdata[i], n_slots);
  g_ptr_array_unref (rows);
}

static void
free_op (BeltTrialOp *op,
         guint        n_slots)
{
  g_free (op->name);
  g_free (op->kind);
  g_free (op->label);
  free_rows (op->in, n_slots);
  free_rows (op->out, n_slots);
  free_rows (op->dropped, n_slots);
  g_array_unref (op->next);
  g_clear_pointer (&op->would_send, g_ptr_array_unref);
  g_free (op);
}

BeltTrial *
belt_trial_ref (BeltTrial *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_trial_unref (BeltTrial *self)
{
  guint n_slots;

  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  n_slots = self->plan != NULL ? self->plan->layout->n_slots : 0;
  for (guint i = 0; i < self->ops->len; i++)
    free_op (self->ops->pdata[i], n_slots);
  g_ptr_array_unref (self->ops);
  g_ptr_array_unref (self->emissions);
  g_ptr_array_unref (self->emission_list);
  g_ptr_array_unref (self->diagnostics);
  g_clear_pointer (&self->plan, belt_plan_unref);
  belt_arena_free (self->arena);
  g_free (self->summary);
  g_free (self->error);
  g_free (self);
}

GPtrArray *
belt_trial_get_diagnostics (BeltTrial *self)
{
  return self->diagnostics;
}

GStrv
belt_trial_dup_streams (BeltTrial *self)
{
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; self->plan != NULL && i < self->plan->n_streams; i++)
    if (!self->plan->streams[i].is_lookup)
      g_strv_builder_add (names, self->plan->streams[i].stream->name);

  return g_strv_builder_end (names);
}

GPtrArray *
belt_trial_get_ops (BeltTrial *self)
{
  return self->ops;
}

GPtrArray *
belt_trial_get_emissions (BeltTrial *self)
{
  return self->emissions;
}

const BeltFault *
belt_trial_get_emission_fault (BeltTrial *self,
                               guint      emission)
{
  g_return_val_if_fail (emission < self->emission_list->len, NULL);

  return ((const BeltTrialEmission *)self->emission_list->pdata[emission])->fault;
}

const char *
belt_trial_get_summary (BeltTrial *self)
{
  return self->summary;
}

const char *
belt_trial_get_error (BeltTrial *self,
                      gboolean  *ret_is_parse_error)
{
  if (ret_is_parse_error != NULL)
    *ret_is_parse_error = !self->parsed;

  return self->error;
}

BeltPlan *
belt_trial_get_plan (BeltTrial *self)
{
  return self->plan;
}
