/* belt-plan-builder.c - slots, streams and operators of a plan, and what leads from one to the next
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of operators are in the files around it; the one that holds a condition, which
 * three clauses have, is here.
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-op-filter.h"
#include "belt-op-join.h"
#include "belt-op-lookup.h"
#include "belt-op-scan.h"
#include "belt-op-watermark.h"
#include "belt-op-window.h"

static void
make_layout (BeltPlanBuilder *self)
{
  BeltLayout *layout = g_new0 (BeltLayout, 1);

  belt_binder_finish (self->binder);
  self->plan->out_slot = belt_binder_add_slot (self->binder, BELT_SLOT_FIELD, 0, "");
  layout->n_slots = self->binder->slots->len;
  layout->slots = (BeltSlot *)g_array_free (g_steal_pointer (&self->binder->slots), FALSE);
  layout->n_streams = self->resolved->n_streams;
  layout->streams = g_new0 (char *, layout->n_streams + 1);
  layout->stream_aliases = g_new0 (char *, layout->n_streams + 1);
  for (guint i = 0; i < layout->n_streams; i++)
    {
      layout->streams[i] = g_strdup (self->select->tables[i].name);
      layout->stream_aliases[i] = g_strdup (self->select->tables[i].alias);
    }

  self->plan->layout = layout;
}

static gboolean
is_pruned (BeltPlanBuilder *self,
           const BeltSlot  *slot)
{
  g_autofree char *key = g_strdup_printf ("%u/%s", slot->stream, slot->name);

  return g_hash_table_contains (self->binder->pruned, key);
}

static void
make_stream (BeltPlanBuilder *self,
             guint            index)
{
  const BeltLayout *layout = self->plan->layout;
  BeltPlanStream *stream = &self->plan->streams[index];
  BeltStream *definition = self->resolved->streams[index];

  stream->stream = belt_stream_ref (definition);
  stream->is_lookup = definition->is_table && g_strcmp0 (definition->kind, "lookup") == 0;
  stream->is_table = definition->is_table && !stream->is_lookup;
  stream->time_column = -1;
  stream->columns = g_new0 (char *, layout->n_slots + 1);
  stream->slots = g_new0 (guint, layout->n_slots + 1);

  for (guint i = 0; i < layout->n_slots; i++)
    {
      const BeltSlot *slot = &layout->slots[i];

      if (slot->kind != BELT_SLOT_COLUMN || slot->stream != index || is_pruned (self, slot))
        continue;

      if (self->plan->options.is_event_time && g_strcmp0 (definition->timestamp, slot->name) == 0)
        stream->time_column = (int)stream->n_columns;
      stream->columns[stream->n_columns] = g_strdup (slot->name);
      stream->slots[stream->n_columns++] = i;
    }

  if (self->binder->whole_slots[index] != G_MAXUINT)
    {
      stream->whole = TRUE;
      stream->whole_slot = self->binder->whole_slots[index];
      stream->slots[stream->n_columns] = stream->whole_slot;
    }
}

void
belt_plan_builder_make_streams (BeltPlanBuilder *self)
{
  make_layout (self);
  self->plan->n_streams = self->resolved->n_streams;
  self->plan->streams = g_new0 (BeltPlanStream, self->plan->n_streams + 1);
  for (guint i = 0; i < self->plan->n_streams; i++)
    make_stream (self, i);
}

int
belt_plan_builder_add_op (BeltPlanBuilder *self,
                          BeltPlanOpKind   kind,
                          char            *name,
                          char            *label,
                          BeltSpan         span,
                          gpointer         spec,
                          GDestroyNotify   spec_free,
                          BeltPlanCreate   create)
{
  BeltPlanOp op = { .kind = kind, .name = name, .label = label, .span = span, .spec = spec,
                    .spec_free = spec_free, .create = create };

  g_array_append_val (self->ops, op);
  return (int)self->ops->len - 1;
}

void
belt_plan_builder_connect (BeltPlanBuilder *self,
                           int              from,
                           int              to)
{
  BeltPlanOp *op;

  if (from < 0)
    return;

  op = &g_array_index (self->ops, BeltPlanOp, from);
  op->next = g_renew (guint, op->next, op->n_next + 1);
  op->next[op->n_next++] = (guint)to;
}

/* Specs were made before the number of slots was known to all. */
static void
set_n_slots (BeltPlanBuilder *self)
{
  guint n_slots = self->plan->layout->n_slots;

  for (guint i = 0; i < self->ops->len; i++)
    {
      BeltPlanOp *op = &g_array_index (self->ops, BeltPlanOp, i);

      switch (op->kind)
        {
        case BELT_PLAN_SCAN:
          ((BeltScanSpec *)op->spec)->n_slots = n_slots;
          break;
        case BELT_PLAN_WATERMARK:
          ((BeltWatermarkSpec *)op->spec)->n_slots = n_slots;
          break;
        case BELT_PLAN_ANALYTIC:
          ((BeltAnalyticSpec *)op->spec)->n_slots = n_slots;
          break;
        case BELT_PLAN_WINDOW:
          ((BeltWindowSpec *)op->spec)->n_slots = n_slots;
          break;
        case BELT_PLAN_JOIN:
          ((BeltJoinSpec *)op->spec)->n_slots = n_slots;
          break;
        case BELT_PLAN_LOOKUP:
          ((BeltLookupSpec *)op->spec)->n_slots = n_slots;
          break;
        case BELT_PLAN_AGGFUNC:
        case BELT_PLAN_AGGREGATE:
          ((BeltAggregateSpec *)op->spec)->n_slots = n_slots;
          break;
        default:
          break;
        }
    }
}

void
belt_plan_builder_take_ops (BeltPlanBuilder *self)
{
  set_n_slots (self);
  self->plan->n_ops = self->ops->len;
  self->plan->ops = (BeltPlanOp *)g_array_free (g_steal_pointer (&self->ops), FALSE);
  self->plan->n_states = self->binder->state_frees->len;
  self->plan->state_frees = (GDestroyNotify *)g_array_free (g_steal_pointer (&self->binder->state_frees),
                                                            FALSE);
  self->plan->exprs = g_steal_pointer (&self->binder->exprs);
}

BeltExpr **
belt_plan_builder_dup_hits (BeltPlanBuilder *self,
                            BeltClause       clause,
                            guint           *ret_n)
{
  GPtrArray *hits = self->binder->hits[clause];

  *ret_n = hits->len;
  return g_memdup2 (hits->pdata, hits->len * sizeof (gpointer));
}

static void
filter_spec_free (gpointer data)
{
  BeltFilterSpec *spec = data;

  g_free (spec->hits);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_filter, belt_op_filter_new)

/* HAVING asks about the rows of a window or a join; what eKuiper makes of a single row is an error. */
static BeltExpr *
make_refusal (BeltPlanBuilder *self,
              BeltSpan span)
{
  static const BeltFault fault = {
    .kind = BELT_FAULT_HAVING, .message = "invalid input: a row that is of no window and no join",
  };
  BeltExpr *expr = belt_expr_new (BELT_EXPR_CONST, span, 0);

  expr->constant = (BeltValue) { .tag = BELT_TAG_ERROR, .u.fault = &fault };
  g_ptr_array_add (self->binder->exprs, expr);
  return expr;
}

int
belt_plan_builder_add_filter (BeltPlanBuilder *self,
                              BeltNode        *condition,
                              BeltClause       clause,
                              BeltPlanOpKind   kind,
                              const char      *keyword,
                              char            *name)
{
  BeltFilterSpec *spec = g_new0 (BeltFilterSpec, 1);
  g_autofree char *text = belt_plan_dup_text (self->plan, condition->span);

  spec->condition = belt_binder_bind (self->binder, condition, clause);
  if (kind == BELT_PLAN_HAVING && self->select->window == NULL && self->resolved->n_streams == 1)
    spec->condition = make_refusal (self, condition->span);
  spec->fault_kind = kind == BELT_PLAN_HAVING ? BELT_FAULT_HAVING : BELT_FAULT_WHERE;
  spec->drop_reason = kind == BELT_PLAN_HAVING          ? BELT_DROP_HAVING_FALSE
                      : kind == BELT_PLAN_WINDOW_FILTER ? BELT_DROP_WINDOW_FILTER
                                                        : BELT_DROP_PREDICATE_FALSE;
  spec->strict = kind == BELT_PLAN_HAVING;
  spec->needs_groups = kind == BELT_PLAN_HAVING && self->select->window == NULL && self->select->n_tables == 1;
  if (kind != BELT_PLAN_WINDOW_FILTER)
    spec->hits = belt_plan_builder_dup_hits (self, clause, &spec->n_hits);

  return belt_plan_builder_add_op (self, kind, name, g_strdup_printf ("%s %s", keyword, text), condition->span,
                                   spec, filter_spec_free, create_filter);
}
