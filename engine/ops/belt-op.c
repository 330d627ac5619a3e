/* belt-op.c - counts, taps and hands on: what all operators share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A failed row is one thing with two fates: with sendError it stays where it is
 * as a fault and travels to the sinks, else it is dropped here.  Both are counted
 * and told to the tap, so nothing vanishes unseen.
 */
#include "config.h"

#include "belt-op.h"

static const char *const reason_names[BELT_DROP_N_REASONS] = {
  [BELT_DROP_PREDICATE_FALSE] = "PREDICATE_FALSE",
  [BELT_DROP_PREDICATE_NULL] = "PREDICATE_NULL",
  [BELT_DROP_TYPE_ERROR] = "TYPE_ERROR",
  [BELT_DROP_FUNCTION_ERROR] = "FUNCTION_ERROR",
  [BELT_DROP_DECODE_ERROR] = "DECODE_ERROR",
  [BELT_DROP_SCHEMA_MISMATCH] = "SCHEMA_MISMATCH",
  [BELT_DROP_LATE] = "LATE",
  [BELT_DROP_DEDUP] = "DEDUP",
  [BELT_DROP_BUFFER_FULL] = "BUFFER_FULL",
  [BELT_DROP_RATE_LIMIT] = "RATE_LIMIT",
  [BELT_DROP_QUOTA] = "QUOTA",
  [BELT_DROP_JOIN_NO_MATCH] = "JOIN_NO_MATCH",
  [BELT_DROP_LOOKUP_MISS] = "LOOKUP_MISS",
  [BELT_DROP_LOOKUP_TIMEOUT] = "LOOKUP_TIMEOUT",
  [BELT_DROP_WINDOW_FILTER] = "WINDOW_FILTER",
  [BELT_DROP_WINDOW_NOT_CLOSED] = "WINDOW_NOT_CLOSED",
  [BELT_DROP_WINDOW_EMPTY] = "WINDOW_EMPTY",
  [BELT_DROP_HAVING_FALSE] = "HAVING_FALSE",
  [BELT_DROP_LIMIT] = "LIMIT",
  [BELT_DROP_OMIT_IF_EMPTY] = "OMIT_IF_EMPTY",
  [BELT_DROP_SINK_REJECT] = "SINK_REJECT",
  [BELT_DROP_SINK_FILTERED] = "SINK_FILTERED",
  [BELT_DROP_RULE_STOPPED] = "RULE_STOPPED",
  [BELT_DROP_PLUGIN_FAULT] = "PLUGIN_FAULT",
  [BELT_DROP_TIMESTAMP] = "TIMESTAMP",
};

BeltDropReason
belt_fault_get_drop_reason (const BeltFault *fault)
{
  switch (fault->kind)
    {
    case BELT_FAULT_DECODE:
      return BELT_DROP_DECODE_ERROR;
    case BELT_FAULT_VALIDATION:
      return BELT_DROP_SCHEMA_MISMATCH;
    case BELT_FAULT_FUNCTION:
      return BELT_DROP_FUNCTION_ERROR;
    case BELT_FAULT_PLUGIN:
      return BELT_DROP_PLUGIN_FAULT;
    case BELT_FAULT_EVAL:
    case BELT_FAULT_DIVIDE_BY_ZERO:
    case BELT_FAULT_INDEX_OUT_OF_RANGE:
    case BELT_FAULT_WHERE:
    case BELT_FAULT_HAVING:
    case BELT_FAULT_JOIN:
    case BELT_FAULT_GROUP_BY:
    case BELT_FAULT_ORDER_BY:
    default:
      return BELT_DROP_TYPE_ERROR;
    }
}

static gint64
get_now_ms (BeltOp *self)
{
  if (self->eval == NULL || self->eval->environment == NULL ||
      self->eval->environment->now_ns == NULL)
    return 0;

  return self->eval->environment->now_ns (self->eval->environment->clock) / 1000000;
}

void
belt_op_init (BeltOp            *self,
              const BeltOpClass *klass)
{
  g_assert (klass != NULL && klass->push != NULL);

  self->klass = klass;
  self->next_tick = G_MAXINT64;
}

/* What an operator's own free() calls last. */
void
belt_op_clear (BeltOp *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->counters.last_fault, g_free);
  g_clear_pointer (&self->counters.n_dropped, g_free);
}

void
belt_op_push (BeltOp    *self,
              BeltBatch *batch)
{
  self->counters.n_in += batch->n_selected;
  self->counters.n_emissions_in += belt_batch_get_n_emissions (batch);
  self->counters.last_push_ms = self->eval != NULL ? self->eval->pushed_ms : 0;

  if (self->tap != NULL)
    self->tap->enter (self->tap, self, batch);

  self->klass->push (self, batch);
}

/* The only way that a batch moves from one operator to the next, so the only place that
 * counts and taps. */
void
belt_op_emit (BeltOp    *self,
              BeltBatch *batch)
{
  self->counters.n_out += batch->n_selected;
  self->counters.n_emissions_out += belt_batch_get_n_emissions (batch);

  if (self->tap != NULL)
    self->tap->leave (self->tap, self, batch);

  if (self->next != NULL)
    belt_op_push (self->next, batch);
}

void
belt_op_push_watermark (BeltOp *self,
                        gint64  time_ms)
{
  if (self->klass->watermark != NULL)
    self->klass->watermark (self, time_ms);
  else
    belt_op_emit_watermark (self, time_ms);
}

void
belt_op_emit_watermark (BeltOp *self,
                        gint64  time_ms)
{
  if (self->next != NULL)
    belt_op_push_watermark (self->next, time_ms);
}

void
belt_op_finish (BeltOp *self)
{
  if (self->klass->finish != NULL)
    self->klass->finish (self);
  else if (self->next != NULL)
    belt_op_finish (self->next);
}

void
belt_op_count_drops (BeltOp        *self,
                     BeltDropReason reason,
                     guint64        n_rows)
{
  g_assert (reason > 0 && reason < BELT_DROP_N_REASONS);

  if (self->counters.n_dropped == NULL)
    self->counters.n_dropped = g_new0 (guint64, BELT_DROP_N_REASONS);
  self->counters.n_dropped[reason] += n_rows;
}

void
belt_op_drop (BeltOp         *self,
              BeltBatch      *batch,
              guint           row,
              BeltDropReason  reason,
              const char     *detail)
{
  belt_op_count_drops (self, reason, 1);

  if (self->tap != NULL)
    self->tap->drop (self->tap, self, batch, row, reason, detail);
}

/* Only a new text is copied, so the same trouble a million times costs no memory. */
void
belt_op_count_fault (BeltOp          *self,
                     const BeltFault *fault)
{
  self->counters.n_faults++;
  self->counters.last_fault_ms = get_now_ms (self);

  if (g_strcmp0 (self->counters.last_fault, fault->message) != 0)
    {
      g_free (self->counters.last_fault);
      self->counters.last_fault = g_strdup (fault->message);
    }
}

gboolean
belt_op_fail (BeltOp          *self,
              BeltBatch       *batch,
              guint            row,
              const BeltFault *fault)
{
  g_assert (fault != NULL);

  belt_op_count_fault (self, fault);

  if (!self->send_errors)
    {
      belt_op_drop (self, batch, row, belt_fault_get_drop_reason (fault), fault->message);
      return FALSE;
    }

  belt_batch_set_fault (batch, row, fault);
  return TRUE;
}

const char *
belt_drop_reason_get_name (BeltDropReason reason)
{
  if ((guint)reason >= BELT_DROP_N_REASONS || reason_names[reason] == NULL)
    return "NONE";

  return reason_names[reason];
}

/* 0 when there is no such reason. */
BeltDropReason
belt_drop_reason_from_name (const char *name)
{
  for (guint i = 1; i < BELT_DROP_N_REASONS; i++)
    {
      if (g_ascii_strcasecmp (reason_names[i], name) == 0)
        return i;
    }

  return 0;
}
