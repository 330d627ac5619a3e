/* belt-fuse.c - a window and its aggregate as one operator, where that changes nothing but the speed
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-fuse.h"

#include "belt-op-filter.h"
#include "belt-op-scan.h"

static const BeltPlanOp *
get_only_next (const BeltPlan   *plan,
               const BeltPlanOp *op,
               guint            *ret_index)
{
  if (op->n_next != 1)
    return NULL;

  *ret_index = op->next[0];
  return &plan->ops[op->next[0]];
}

/*
 * The fused window may close by a row's own time. Where a row can fail on its way from the watermark (FILTER, analytic
 * functions), its failure comes out before the windows that the advance behind it closes: the plain one keeps that.
 */
static gboolean
can_fail_before (const BeltPlan *plan,
                 guint           window)
{
  for (guint i = 0; i < plan->n_ops; i++)
    {
      const BeltPlanOp *op = &plan->ops[i];

      if (op->kind == BELT_PLAN_WATERMARK && (op->n_next != 1 || op->next[0] != window))
        return TRUE;
    }

  return FALSE;
}

static gboolean
try_window (const BeltPlan *plan,
            guint           window,
            BeltFuse       *self)
{
  const BeltPlanOp *next = get_only_next (plan, &plan->ops[window], &self->aggregate);
  const BeltFilterSpec *filter = NULL;

  self->window = window;
  self->filter = G_MAXUINT;
  if (next != NULL && next->kind == BELT_PLAN_FILTER)
    {
      filter = next->spec;
      self->filter = self->aggregate;
      next = get_only_next (plan, next, &self->aggregate);
    }

  if (next == NULL || next->kind != BELT_PLAN_AGGREGATE || (filter != NULL && filter->n_hits > 0) ||
      can_fail_before (plan, window))
    return FALSE;

  self->spec = *(const BeltAggregateSpec *)next->spec;
  self->spec.where = filter != NULL ? filter->condition : NULL;

  return belt_op_window_aggregate_fits (plan->ops[window].spec, &self->spec) ||
         belt_op_sliding_aggregate_fits (plan->ops[window].spec, &self->spec);
}

gboolean
belt_fuse_find (const BeltPlan *plan,
                BeltFuse       *ret_fuse)
{
  for (guint i = 0; i < plan->n_ops; i++)
    {
      if (plan->ops[i].kind == BELT_PLAN_WINDOW)
        return try_window (plan, i, ret_fuse);
    }

  return FALSE;
}

BeltOp *
belt_fuse_create (const BeltFuse *self,
                  const BeltPlan *plan,
                  guint           index,
                  BeltEval       *eval,
                  gint64          now_ms)
{
  if (index == self->window && ((const BeltWindowSpec *)plan->ops[index].spec)->kind == BELT_WINDOW_SLIDING)
    return belt_op_sliding_aggregate_new (plan->ops[index].spec, &self->spec, eval);
  if (index == self->window)
    return belt_op_window_aggregate_new (plan->ops[index].spec, &self->spec, eval, now_ms);
  if (index == self->filter || index == self->aggregate)
    return belt_op_source_new (eval);

  return NULL;
}
