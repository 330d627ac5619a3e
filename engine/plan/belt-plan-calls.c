/* belt-plan-calls.c - operators that fill the slots of calls
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper evaluates aggregates where they are read; here an operator does, put in
 * before the first reader.
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-op-call.h"
#include "belt-op-project.h"

static void
analytic_spec_free (gpointer data)
{
  BeltAnalyticSpec *spec = data;

  for (guint i = 0; i < spec->n_calls; i++)
    {
      g_free (spec->calls[i].args);
      g_free (spec->calls[i].partition);
    }
  g_free (spec->calls);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_analytic, belt_op_analytic_new)

int
belt_plan_builder_add_analytic (BeltPlanBuilder *self,
                                guint            index)
{
  BeltAnalyticSpec *spec = g_new0 (BeltAnalyticSpec, 1);
  const char *first = "";
  BeltSpan span = { 0, 0 };

  spec->n_calls = self->binder->analytics->len;
  spec->calls = (BeltAnalyticCall *)g_array_free (g_steal_pointer (&self->binder->analytics), FALSE);
  if (spec->n_calls > 0)
    {
      first = spec->calls[0].function->name;
      span = spec->calls[0].span;
    }

  return belt_plan_builder_add_op (self, BELT_PLAN_ANALYTIC, g_strdup_printf ("%u_analytic", index),
                                   g_strdup_printf ("Remember: %s", first), span, spec, analytic_spec_free,
                                   create_analytic);
}

static void
aggregate_spec_free (gpointer data)
{
  BeltAggregateSpec *spec = data;

  for (guint i = 0; i < spec->n_calls; i++)
    g_free (spec->calls[i].args);
  g_free (spec->calls);
  g_free (spec->keys);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_aggregate, belt_op_aggregate_new)
BELT_PLAN_DEFINE_CREATE (create_aggfunc, belt_op_aggfunc_new)

static BeltAggregateSpec *
make_aggregate_spec (BeltPlanBuilder  *self,
                     GArray          **calls,
                     gboolean grouped)
{
  BeltAggregateSpec *spec = g_new0 (BeltAggregateSpec, 1);

  spec->incremental = self->logical->incremental;
  spec->n_calls = (*calls)->len;
  spec->calls = (BeltAggregateCall *)g_array_free (g_steal_pointer (calls), FALSE);
  *calls = g_array_new (FALSE, TRUE, sizeof (BeltAggregateCall));
  if (!grouped)
    return spec;

  spec->n_keys = self->select->n_group_by;
  spec->keys = g_new0 (BeltExpr *, spec->n_keys + 1);
  for (guint i = 0; i < spec->n_keys; i++)
    spec->keys[i] = belt_binder_bind (self->binder, self->select->group_by[i], BELT_CLAUSE_OTHER);

  return spec;
}

int
belt_plan_builder_add_aggregate (BeltPlanBuilder *self,
                                 char            *name,
                                 gboolean         grouped)
{
  BeltAggregateSpec *spec = make_aggregate_spec (self, &self->binder->aggregates, grouped);
  BeltSpan span = grouped ? self->select->group_by_span
                  : spec->n_calls > 0 ? spec->calls[0].span : (BeltSpan) { 0, 0 };

  return belt_plan_builder_add_op (self, BELT_PLAN_AGGREGATE, name,
                                   grouped ? belt_plan_dup_text (self->plan, span) : g_strdup ("Aggregate the window"),
                                   span, spec, aggregate_spec_free, create_aggregate);
}

int
belt_plan_builder_add_aggfunc (BeltPlanBuilder  *self,
                               char             *name,
                               GArray          **calls,
                               gboolean          lone_rows)
{
  BeltAggregateSpec *spec = make_aggregate_spec (self, calls, FALSE);
  BeltSpan span = spec->n_calls > 0 ? spec->calls[0].span : (BeltSpan) { 0, 0 };

  spec->lone_rows = lone_rows;
  if (lone_rows)
    spec->incremental = FALSE;

  return belt_plan_builder_add_op (self, BELT_PLAN_AGGFUNC, name, g_strdup ("Aggregates for each row"), span, spec,
                                   aggregate_spec_free, create_aggfunc);
}

static BeltOp *
create_row_number (gconstpointer  spec,
                   BeltEval      *eval,
                   gint64         now_ms)
{
  return belt_op_row_number_new (GPOINTER_TO_UINT (spec), eval);
}

int
belt_plan_builder_add_row_number (BeltPlanBuilder *self,
                                  guint            index)
{
  guint slot = self->binder->row_number_slot >= 0 ? (guint)self->binder->row_number_slot : BELT_ROW_NUMBER_UNREAD;

  return belt_plan_builder_add_op (self, BELT_PLAN_WINDOW_FUNC, g_strdup_printf ("%u_windowFunc", index),
                                   g_strdup ("row_number()"), (BeltSpan) { 0, 0 }, GUINT_TO_POINTER (slot), NULL,
                                   create_row_number);
}

static void
call_spec_free (gpointer data)
{
  BeltCallSpec *spec = data;

  for (guint i = 0; i < spec->n_calls; i++)
    g_free (spec->calls[i].args);
  g_free (spec->calls);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_call, belt_op_call_new)

int
belt_plan_builder_put_calls (BeltPlanBuilder *self,
                             int              input,
                             BeltCallPhase    phase)
{
  GArray *sites = self->binder->calls[phase];
  const BeltCallSite *first;
  BeltCallSpec *spec;
  int at;

  if (sites->len == 0)
    return input;

  spec = g_new0 (BeltCallSpec, 1);
  spec->n_calls = sites->len;
  spec->calls = (BeltCallSite *)g_array_free (g_steal_pointer (&self->binder->calls[phase]), FALSE);
  self->binder->calls[phase] = g_array_new (FALSE, TRUE, sizeof (BeltCallSite));
  first = &spec->calls[0];
  at = belt_plan_builder_add_op (self, BELT_PLAN_CALL, g_strdup_printf ("call_%s", first->function->name),
                                 belt_plan_dup_text (self->plan, first->span), first->span, spec, call_spec_free,
                                 create_call);
  belt_plan_builder_connect (self, input, at);

  return at;
}
