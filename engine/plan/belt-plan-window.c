/* belt-plan-window.c - the window of a plan
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-op-watermark.h"
#include "belt-op-window.h"
#include "belt-zone.h"

static void
window_spec_free (gpointer data)
{
  BeltWindowSpec *spec = data;

  g_free (spec->partition);
  g_free (spec->hits);
  g_free (spec);
}

static BeltOp *
create_window (gconstpointer  spec,
               BeltEval      *eval,
               gint64         now_ms)
{
  return belt_op_window_new (spec, eval, now_ms);
}

static BeltWindowKind
get_window_kind (BeltAstWindowKind kind)
{
  switch (kind)
    {
    case BELT_AST_WINDOW_HOPPING:
      return BELT_WINDOW_HOPPING;
    case BELT_AST_WINDOW_SLIDING:
      return BELT_WINDOW_SLIDING;
    case BELT_AST_WINDOW_SESSION:
      return BELT_WINDOW_SESSION;
    case BELT_AST_WINDOW_COUNT:
      return BELT_WINDOW_COUNT;
    case BELT_AST_WINDOW_STATE:
      return BELT_WINDOW_STATE;
    case BELT_AST_WINDOW_TUMBLING:
    default:
      return BELT_WINDOW_TUMBLING;
    }
}

static BeltWindowUnit
get_window_unit (BeltAstUnit unit)
{
  switch (unit)
    {
    case BELT_AST_UNIT_DAY:
      return BELT_WINDOW_DD;
    case BELT_AST_UNIT_HOUR:
      return BELT_WINDOW_HH;
    case BELT_AST_UNIT_MINUTE:
      return BELT_WINDOW_MI;
    case BELT_AST_UNIT_SECOND:
      return BELT_WINDOW_SS;
    case BELT_AST_UNIT_MILLISECOND:
    case BELT_AST_UNIT_NONE:
    default:
      return BELT_WINDOW_MS;
    }
}

static BeltExpr *
bind_optional (BeltPlanBuilder *self,
               BeltNode        *node)
{
  return node != NULL ? belt_binder_bind (self->binder, node, BELT_CLAUSE_WINDOW) : NULL;
}

static BeltWindowSpec *
make_window_spec (BeltPlanBuilder *self)
{
  BeltAstWindow *window = self->select->window->window;
  BeltWindowSpec *spec = g_new0 (BeltWindowSpec, 1);

  spec->kind = get_window_kind (window->kind);
  spec->unit = get_window_unit (window->unit);
  spec->length = window->length;
  spec->interval = window->interval;
  spec->delay = window->delay;
  spec->event_time = self->plan->options.is_event_time;
  spec->v2 = self->plan->options.window_v2;
  spec->incremental = self->logical->incremental;
  spec->send_twice = self->plan->options.send_sliding_twice;
  spec->begin = bind_optional (self, window->begin);
  spec->emit = bind_optional (self, window->emit);
  spec->zone = belt_zone_get_default ();
  spec->hits = belt_plan_builder_dup_hits (self, BELT_CLAUSE_WINDOW, &spec->n_hits);
  if (window->over == NULL)
    return spec;

  spec->trigger = bind_optional (self, window->over->when);
  spec->n_partition = window->over->n_partition;
  spec->partition = g_new0 (BeltExpr *, spec->n_partition + 1);
  for (guint i = 0; i < spec->n_partition; i++)
    spec->partition[i] = bind_optional (self, window->over->partition[i]);

  return spec;
}

/* Between the watermark and the window a row can fail or go, and no longer say by its time what is complete. */
static void
see_each_advance (BeltPlanBuilder *self,
                  int              window)
{
  for (int i = 0; i + 1 < window; i++)
    {
      BeltPlanOp *op = &g_array_index (self->ops, BeltPlanOp, i);
      BeltWatermarkSpec *spec = op->spec;

      if (op->kind != BELT_PLAN_WATERMARK)
        continue;
      spec->exact = TRUE;
      spec->in_order_at_once = FALSE;
      spec->cell_ms = 0;
    }
}

int
belt_plan_builder_add_window (BeltPlanBuilder *self,
                              BeltLogical     *node,
                              int              input,
                              guint            index)
{
  const char *name = node->kind == BELT_LOGICAL_INC_WINDOW ? "inc_agg_window" : "window";
  BeltSpan span = self->select->window->span;
  int at;

  if (node->condition != NULL)
    {
      at = belt_plan_builder_add_filter (self, node->condition, BELT_CLAUSE_WINDOW, BELT_PLAN_WINDOW_FILTER, "FILTER",
                                         g_strdup_printf ("%u_windowFilter", index));
      for (guint i = 0; i < node->children->len; i++)
        belt_plan_builder_connect (self, ((BeltLogical *)node->children->pdata[i])->op, at);
      input = at;
    }

  at = belt_plan_builder_add_op (self, BELT_PLAN_WINDOW, g_strdup_printf ("%u_%s", index, name),
                                 belt_plan_dup_text (self->plan, span), span, make_window_spec (self),
                                 window_spec_free, create_window);
  if (node->condition != NULL)
    belt_plan_builder_connect (self, input, at);
  see_each_advance (self, at);

  return at;
}
