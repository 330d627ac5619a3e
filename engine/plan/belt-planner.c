/* belt-planner.c - a logical plan becomes operators
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two walks from the sources up.  The first binds every expression in the order of
 * evaluation, so that all slots and calls are known; the second makes the
 * operators.  eKuiper evaluates aggregates where they are read; here an operator
 * does, put in before the first reader.
 */
#include "config.h"

#include "belt-planner-private.h"

#include "belt-op-call.h"
#include "belt-op-filter.h"
#include "belt-op-join.h"
#include "belt-op-lookup.h"
#include "belt-op-order.h"
#include "belt-op-project.h"
#include "belt-op-scan.h"
#include "belt-op-watermark.h"
#include "belt-op-window.h"
#include "belt-zone.h"

#include <string.h>

typedef struct
{
  BeltPlan        *plan;
  BeltLogicalPlan *logical;
  BeltResolved    *resolved;
  BeltAstSelect   *select;
  BeltBinder      *binder;
  GArray          *ops;             /* BeltPlanOp */
  gboolean         aggregates_all;  /* aggregates and no groups: one row an emission */
  gboolean         aggregates_due;  /* …and their operator is not made yet */
} Builder;

/* --- first walk: binding --- */

static void
bind_list (Builder    *self,
           BeltNode  **nodes,
           guint       n_nodes,
           BeltClause  clause)
{
  for (guint i = 0; i < n_nodes; i++)
    belt_binder_bind (self->binder, nodes[i], clause);
}

static void
bind_window (Builder     *self,
             BeltLogical *node)
{
  BeltAstWindow *window = self->select->window->window;

  if (node->condition != NULL)
    belt_binder_bind (self->binder, node->condition, BELT_CLAUSE_WINDOW);
  if (window->begin != NULL)
    belt_binder_bind (self->binder, window->begin, BELT_CLAUSE_WINDOW);
  if (window->emit != NULL)
    belt_binder_bind (self->binder, window->emit, BELT_CLAUSE_WINDOW);
  if (window->over != NULL && window->over->when != NULL)
    belt_binder_bind (self->binder, window->over->when, BELT_CLAUSE_WINDOW);
  if (window->over != NULL)
    bind_list (self, window->over->partition, window->over->n_partition, BELT_CLAUSE_WINDOW);
}

/* Fields first, then the other clauses, inner calls before outer ones. */
static void
bind_analytic (Builder *self)
{
  BeltAstSelect *select = self->select;

  for (guint i = 0; i < select->n_fields; i++)
    belt_binder_bind_analytic (self->binder, select->fields[self->resolved->order[i]].expr,
                               BELT_CLAUSE_OTHER);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_binder_bind_analytic (self->binder, select->order_by[i].expr, BELT_CLAUSE_OTHER);
  if (select->having != NULL)
    belt_binder_bind_analytic (self->binder, select->having, BELT_CLAUSE_OTHER);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_binder_bind_analytic (self->binder, select->group_by[i], BELT_CLAUSE_OTHER);
  if (select->window != NULL)
    belt_binder_bind_analytic (self->binder, select->window, BELT_CLAUSE_OTHER);
  if (select->where != NULL)
    belt_binder_bind_analytic (self->binder, select->where, BELT_CLAUSE_OTHER);
  for (guint i = 0; i < select->n_tables; i++)
    {
      if (select->tables[i].on != NULL)
        belt_binder_bind_analytic (self->binder, select->tables[i].on, BELT_CLAUSE_OTHER);
    }
}

static void
bind_logical (Builder     *self,
              BeltLogical *node)
{
  for (guint i = 0; i < node->children->len; i++)
    bind_logical (self, node->children->pdata[i]);

  switch (node->kind)
    {
    case BELT_LOGICAL_SOURCE:
      if (self->plan->options.is_event_time && self->resolved->streams[node->stream]->timestamp != NULL)
        belt_binder_get_column (self->binder, node->stream,
                                self->resolved->streams[node->stream]->timestamp);
      break;
    case BELT_LOGICAL_ANALYTIC:
      bind_analytic (self);
      break;
    case BELT_LOGICAL_WINDOW:
    case BELT_LOGICAL_INC_WINDOW:
      bind_window (self, node);
      break;
    case BELT_LOGICAL_JOIN:
      for (guint i = 0; i < node->n_joins; i++)
        {
          if (node->on[i] != NULL)
            belt_binder_bind (self->binder, node->on[i], BELT_CLAUSE_OTHER);
        }
      break;
    case BELT_LOGICAL_LOOKUP:
      bind_list (self, node->values, node->n_keys, BELT_CLAUSE_OTHER);
      for (guint i = 0; i < node->n_keys; i++)
        belt_binder_get_column (self->binder, node->stream, node->keys[i]);
      break;
    case BELT_LOGICAL_FILTER:
      belt_binder_bind (self->binder, node->condition, BELT_CLAUSE_WHERE);
      break;
    case BELT_LOGICAL_AGGREGATE:
      bind_list (self, self->select->group_by, self->select->n_group_by, BELT_CLAUSE_OTHER);
      break;
    case BELT_LOGICAL_HAVING:
      belt_binder_bind (self->binder, node->condition, BELT_CLAUSE_HAVING);
      break;
    case BELT_LOGICAL_ORDER:
      for (guint i = 0; i < self->select->n_order_by; i++)
        belt_binder_bind (self->binder, self->select->order_by[i].expr, BELT_CLAUSE_OTHER);
      break;
    case BELT_LOGICAL_PROJECT:
      if (self->logical->incremental)
        bind_list (self, self->select->group_by, self->select->n_group_by, BELT_CLAUSE_OTHER);
      for (guint i = 0; i < self->select->n_fields; i++)
        belt_binder_bind_field (self->binder, i);
      break;
    case BELT_LOGICAL_WATERMARK:
    case BELT_LOGICAL_JOIN_ALIGN:
    case BELT_LOGICAL_AGG_FUNC:
    case BELT_LOGICAL_WINDOW_FUNC:
    case BELT_LOGICAL_PROJECT_SET:
    default:
      break;
    }
}

/* --- second walk: operators --- */

typedef BeltOp *(*CreateFunc) (gconstpointer spec,
                               BeltEval     *eval,
                               gint64        now_ms);

static int
add_op (Builder        *self,
        BeltPlanOpKind  kind,
        char           *name,
        char           *label,
        BeltSpan        span,
        gpointer        spec,
        GDestroyNotify  spec_free,
        CreateFunc      create)
{
  BeltPlanOp op = { .kind = kind, .name = name, .label = label, .span = span, .spec = spec,
                    .spec_free = spec_free, .create = create };

  g_array_append_val (self->ops, op);
  return (int)self->ops->len - 1;
}

static void
connect (Builder *self,
         int      from,
         int      to)
{
  BeltPlanOp *op;

  if (from < 0)
    return;

  op = &g_array_index (self->ops, BeltPlanOp, from);
  op->next = g_renew (guint, op->next, op->n_next + 1);
  op->next[op->n_next++] = (guint)to;
}

static char *
dup_clause (Builder  *self,
            BeltSpan  span)
{
  return belt_plan_dup_text (self->plan, span);
}

static BeltOp *
create_source (gconstpointer  spec,
               BeltEval      *eval,
               gint64         now_ms)
{
  return belt_op_source_new (eval);
}

static BeltOp *
create_scan (gconstpointer  spec,
             BeltEval      *eval,
             gint64         now_ms)
{
  return belt_op_scan_new (spec, eval);
}

/* Sources that hand on rows: eKuiper has no decoder behind them, so ours gets no number. */
static gboolean
delivers_rows (const BeltStream *stream)
{
  return stream->type != NULL &&
         (g_ascii_strcasecmp (stream->type, "memory") == 0 || g_ascii_strcasecmp (stream->type, "simulator") == 0);
}

static int
build_source (Builder     *self,
              BeltLogical *node,
              guint       *index)
{
  BeltPlanStream *stream = &self->plan->streams[node->stream];
  const BeltAstTable *table = &self->select->tables[node->stream];
  BeltScanSpec *spec = g_new0 (BeltScanSpec, 1);
  guint n_columns = stream->n_columns + (stream->whole ? 1 : 0);
  int source;
  int scan;

  spec->stream = node->stream;
  spec->n_columns = n_columns;
  spec->slots = stream->slots;
  spec->several_streams = self->resolved->n_streams > 1;
  spec->time_column = stream->is_table ? -1 : stream->time_column;
  spec->time_format = stream->stream->timestamp_format;
  spec->time_name = stream->stream->timestamp;

  (*index)++;
  source = add_op (self, BELT_PLAN_SOURCE, g_strdup (stream->stream->name),
                   g_strdup_printf ("%s %s", stream->is_table ? "Table" : "Stream", stream->stream->name),
                   table->name_span, NULL, NULL, create_source);
  if (!delivers_rows (stream->stream))
    (*index)++;
  scan = add_op (self, BELT_PLAN_SCAN,
                 delivers_rows (stream->stream) ? g_strdup_printf ("rows_%s", stream->stream->name)
                                                : g_strdup_printf ("%u_decoder", *index),
                 g_strdup_printf ("Decode %s", stream->stream->format != NULL ? stream->stream->format : "json"),
                 table->name_span, spec, g_free, create_scan);
  if (stream->stream->strict_validation)
    (*index)++;
  stream->source_op = (guint)source;
  connect (self, source, scan);

  return scan;
}

static void
watermark_spec_free (gpointer data)
{
  BeltWatermarkSpec *spec = data;

  g_free ((gpointer)spec->is_table);
  g_free (spec);
}

static BeltOp *
create_watermark (gconstpointer  spec,
                  BeltEval      *eval,
                  gint64         now_ms)
{
  return belt_op_watermark_new (spec, eval);
}

static gboolean *
dup_is_table (Builder *self)
{
  gboolean *is_table = g_new0 (gboolean, self->resolved->n_streams + 1);

  for (guint i = 0; i < self->resolved->n_streams; i++)
    is_table[i] = self->resolved->streams[i]->is_table;

  return is_table;
}

static int
build_watermark (Builder *self,
                 guint    index)
{
  BeltWatermarkSpec *spec = g_new0 (BeltWatermarkSpec, 1);
  BeltAstWindowKind kind = BELT_AST_WINDOW_TUMBLING;

  if (self->select->window != NULL)
    kind = self->select->window->window->kind;
  spec->n_streams = self->resolved->n_streams;
  spec->is_table = dup_is_table (self);
  spec->late_tolerance_ms = self->plan->options.late_tolerance_ms;
  spec->send_watermark = self->select->window != NULL;
  spec->exact = kind != BELT_AST_WINDOW_TUMBLING && kind != BELT_AST_WINDOW_HOPPING;

  return add_op (self, BELT_PLAN_WATERMARK, g_strdup_printf ("%u_watermark", index),
                 g_strdup_printf ("Event time, late up to %" G_GINT64_FORMAT " ms",
                                  spec->late_tolerance_ms),
                 (BeltSpan) { 0, 0 }, spec, watermark_spec_free, create_watermark);
}

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

static BeltOp *
create_analytic (gconstpointer  spec,
                 BeltEval      *eval,
                 gint64         now_ms)
{
  return belt_op_analytic_new (spec, eval);
}

static int
build_analytic (Builder *self,
                guint    index)
{
  BeltAnalyticSpec *spec = g_new0 (BeltAnalyticSpec, 1);
  BeltSpan span = { 0, 0 };

  spec->n_calls = self->binder->analytics->len;
  spec->calls = (BeltAnalyticCall *)g_array_free (g_steal_pointer (&self->binder->analytics), FALSE);
  if (spec->n_calls > 0)
    span = spec->calls[0].span;

  return add_op (self, BELT_PLAN_ANALYTIC, g_strdup_printf ("%u_analytic", index),
                 g_strdup_printf ("Remember: %s", spec->n_calls > 0 ? spec->calls[0].function->name : ""),
                 span, spec, analytic_spec_free, create_analytic);
}

static void
filter_spec_free (gpointer data)
{
  BeltFilterSpec *spec = data;

  g_free (spec->hits);
  g_free (spec);
}

static BeltOp *
create_filter (gconstpointer  spec,
               BeltEval      *eval,
               gint64         now_ms)
{
  return belt_op_filter_new (spec, eval);
}

static BeltExpr **
dup_hits (Builder    *self,
          BeltClause  clause,
          guint      *ret_n)
{
  GPtrArray *hits = self->binder->hits[clause];

  *ret_n = hits->len;
  return g_memdup2 (hits->pdata, hits->len * sizeof (gpointer));
}

static int
build_filter (Builder        *self,
              BeltNode       *condition,
              BeltClause      clause,
              BeltPlanOpKind  kind,
              const char     *keyword,
              char           *name)
{
  BeltFilterSpec *spec = g_new0 (BeltFilterSpec, 1);
  g_autofree char *text = dup_clause (self, condition->span);

  spec->condition = belt_binder_bind (self->binder, condition, clause);
  spec->fault_kind = kind == BELT_PLAN_HAVING ? BELT_FAULT_HAVING : BELT_FAULT_WHERE;
  spec->drop_reason = kind == BELT_PLAN_HAVING          ? BELT_DROP_HAVING_FALSE
                      : kind == BELT_PLAN_WINDOW_FILTER ? BELT_DROP_WINDOW_FILTER
                                                        : BELT_DROP_PREDICATE_FALSE;
  spec->strict = kind == BELT_PLAN_HAVING;
  if (kind != BELT_PLAN_WINDOW_FILTER)
    spec->hits = dup_hits (self, clause, &spec->n_hits);

  return add_op (self, kind, name, g_strdup_printf ("%s %s", keyword, text), condition->span, spec,
                 filter_spec_free, create_filter);
}

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
bind_optional (Builder  *self,
               BeltNode *node)
{
  return node != NULL ? belt_binder_bind (self->binder, node, BELT_CLAUSE_WINDOW) : NULL;
}

static BeltWindowSpec *
make_window_spec (Builder *self)
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
  spec->send_twice = self->plan->options.send_sliding_twice;
  spec->begin = bind_optional (self, window->begin);
  spec->emit = bind_optional (self, window->emit);
  spec->zone = belt_zone_get_default ();
  spec->hits = dup_hits (self, BELT_CLAUSE_WINDOW, &spec->n_hits);
  if (window->over == NULL)
    return spec;

  spec->trigger = bind_optional (self, window->over->when);
  spec->n_partition = window->over->n_partition;
  spec->partition = g_new0 (BeltExpr *, spec->n_partition + 1);
  for (guint i = 0; i < spec->n_partition; i++)
    spec->partition[i] = bind_optional (self, window->over->partition[i]);

  return spec;
}

static int
build_window (Builder     *self,
              BeltLogical *node,
              int          input,
              guint        index)
{
  BeltSpan span = self->select->window->span;
  int at;

  if (node->condition != NULL)
    {
      at = build_filter (self, node->condition, BELT_CLAUSE_WINDOW, BELT_PLAN_WINDOW_FILTER, "FILTER",
                         g_strdup_printf ("%u_windowFilter", index));
      for (guint i = 0; i < node->children->len; i++)
        connect (self, ((BeltLogical *)node->children->pdata[i])->op, at);
      input = at;
    }

  at = add_op (self, BELT_PLAN_WINDOW,
               g_strdup_printf (node->kind == BELT_LOGICAL_INC_WINDOW ? "%u_inc_agg_window" : "%u_window",
                                index),
               dup_clause (self, span), span, make_window_spec (self), window_spec_free, create_window);
  if (node->condition != NULL)
    connect (self, input, at);

  return at;
}

static void
join_spec_free (gpointer data)
{
  BeltJoinSpec *spec = data;

  g_free ((gpointer)spec->is_table);
  g_free ((gpointer)spec->retain);
  g_free (spec->steps);
  g_free (spec);
}

static BeltOp *
create_join (gconstpointer  spec,
             BeltEval      *eval,
             gint64         now_ms)
{
  return belt_op_join_new (spec, eval);
}

static guint *
dup_retain (Builder *self)
{
  guint *retain = g_new0 (guint, self->resolved->n_streams + 1);

  for (guint i = 0; i < self->resolved->n_streams; i++)
    {
      const BeltStream *stream = self->resolved->streams[i];
      gboolean is_file = stream->type == NULL || stream->type[0] == '\0' ||
                         g_ascii_strcasecmp (stream->type, "file") == 0;

      retain[i] = stream->retain_size > 0 ? (guint)MIN (stream->retain_size, 1000000)
                  : is_file               ? 9999
                                          : 1;
    }

  return retain;
}

typedef struct
{
  Builder *self;
  guint    found[2];
  guint    n_found;
} Sides;

static gboolean
find_side (BeltNode *node,
           gpointer  data)
{
  Sides *sides = data;
  const BeltRef *ref;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  ref = belt_resolved_get (sides->self->resolved, node);
  if (ref == NULL || ref->kind != BELT_REF_COLUMN)
    return TRUE;

  for (guint i = 0; i < MIN (sides->n_found, 2); i++)
    {
      if (sides->found[i] == ref->stream)
        return TRUE;
    }

  if (sides->n_found < 2)
    sides->found[sides->n_found] = ref->stream;
  sides->n_found++;
  return TRUE;
}

static BeltJoinKind
get_join_kind (BeltAstTableKind kind)
{
  switch (kind)
    {
    case BELT_AST_JOIN_LEFT:
      return BELT_JOIN_LEFT;
    case BELT_AST_JOIN_RIGHT:
      return BELT_JOIN_RIGHT;
    case BELT_AST_JOIN_FULL:
      return BELT_JOIN_FULL;
    case BELT_AST_JOIN_CROSS:
      return BELT_JOIN_CROSS;
    case BELT_AST_JOIN_INNER:
    case BELT_AST_FROM:
    default:
      return BELT_JOIN_INNER;
    }
}

static int
build_join (Builder     *self,
            BeltLogical *node,
            guint        index)
{
  BeltJoinSpec *spec = g_new0 (BeltJoinSpec, 1);
  const BeltAstTable *first = &self->select->tables[node->joins[0]];

  spec->n_streams = self->resolved->n_streams;
  spec->is_table = dup_is_table (self);
  spec->retain = dup_retain (self);
  spec->n_steps = node->n_joins;
  spec->steps = g_new0 (BeltJoinStep, node->n_joins);
  for (guint i = 0; i < node->n_joins; i++)
    {
      BeltJoinStep *step = &spec->steps[i];
      Sides sides = { .self = self };

      step->kind = get_join_kind (self->select->tables[node->joins[i]].kind);
      step->stream = node->joins[i];
      step->left = 0;
      step->right = node->joins[i];
      if (node->on[i] == NULL)
        continue;

      step->on = belt_binder_bind (self->binder, node->on[i], BELT_CLAUSE_OTHER);
      belt_node_walk (node->on[i], find_side, &sides);
      if (sides.n_found == 2)
        {
          step->left = sides.found[0];
          step->right = sides.found[1];
        }
    }

  return add_op (self, BELT_PLAN_JOIN, g_strdup_printf ("%u_join", index), dup_clause (self, first->span),
                 first->span, spec, join_spec_free, create_join);
}

static BeltOp *
create_pass (gconstpointer  spec,
             BeltEval      *eval,
             gint64         now_ms)
{
  return belt_op_source_new (eval);
}

static void
lookup_spec_free (gpointer data)
{
  BeltLookupSpec *spec = data;

  g_free (spec->keys);
  g_free (spec->values);
  g_free (spec);
}

static BeltOp *
create_lookup (gconstpointer  spec,
               BeltEval      *eval,
               gint64         now_ms)
{
  return belt_op_lookup_new (spec, eval);
}

static int
build_lookup (Builder     *self,
              BeltLogical *node)
{
  const BeltAstTable *table = &self->select->tables[node->stream];
  BeltLookupSpec *spec = g_new0 (BeltLookupSpec, 1);

  spec->stream = node->stream;
  spec->keeps_unmatched = table->kind == BELT_AST_JOIN_LEFT;
  spec->n_keys = node->n_keys;
  spec->keys = g_memdup2 (node->keys, node->n_keys * sizeof (char *));
  spec->values = g_new0 (BeltExpr *, node->n_keys + 1);
  for (guint i = 0; i < node->n_keys; i++)
    spec->values[i] = belt_binder_bind (self->binder, node->values[i], BELT_CLAUSE_OTHER);
  spec->columns = (const char *const *)self->plan->streams[node->stream].columns;
  spec->slots = self->plan->streams[node->stream].slots;
  spec->n_columns = self->plan->streams[node->stream].n_columns;
  spec->whole_slot = self->plan->streams[node->stream].whole
                     ? (int)self->plan->streams[node->stream].whole_slot
                     : -1;

  return add_op (self, BELT_PLAN_LOOKUP, g_strdup (table->name), dup_clause (self, table->span), table->span,
                 spec, lookup_spec_free, create_lookup);
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

static BeltOp *
create_aggregate (gconstpointer  spec,
                  BeltEval      *eval,
                  gint64         now_ms)
{
  return belt_op_aggregate_new (spec, eval);
}

static BeltOp *
create_aggfunc (gconstpointer  spec,
                BeltEval      *eval,
                gint64         now_ms)
{
  return belt_op_aggfunc_new (spec, eval);
}

static BeltAggregateSpec *
make_aggregate_spec (Builder   *self,
                     GArray   **calls,
                     gboolean   grouped)
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

static int
build_aggregate (Builder  *self,
                 char     *name,
                 gboolean  grouped)
{
  BeltAggregateSpec *spec = make_aggregate_spec (self, &self->binder->aggregates, grouped);
  BeltSpan span = grouped ? self->select->group_by_span
                  : spec->n_calls > 0 ? spec->calls[0].span : (BeltSpan) { 0, 0 };

  return add_op (self, BELT_PLAN_AGGREGATE, name,
                 grouped ? dup_clause (self, span) : g_strdup ("Aggregate the window"), span, spec,
                 aggregate_spec_free, create_aggregate);
}

static int
build_aggfunc (Builder  *self,
               char     *name,
               GArray  **calls)
{
  BeltAggregateSpec *spec = make_aggregate_spec (self, calls, FALSE);
  BeltSpan span = spec->n_calls > 0 ? spec->calls[0].span : (BeltSpan) { 0, 0 };

  return add_op (self, BELT_PLAN_AGGFUNC, name, g_strdup ("Aggregates for each row"), span, spec,
                 aggregate_spec_free, create_aggfunc);
}

static BeltOp *
create_row_number (gconstpointer  spec,
                   BeltEval      *eval,
                   gint64         now_ms)
{
  return belt_op_row_number_new (GPOINTER_TO_UINT (spec), eval);
}

static void
order_spec_free (gpointer data)
{
  BeltOrderSpec *spec = data;

  g_free (spec->keys);
  g_free (spec);
}

static BeltOp *
create_order (gconstpointer  spec,
              BeltEval      *eval,
              gint64         now_ms)
{
  return belt_op_order_new (spec, eval);
}

static int
build_order (Builder *self,
             guint    index)
{
  BeltOrderSpec *spec = g_new0 (BeltOrderSpec, 1);

  spec->n_keys = self->select->n_order_by;
  spec->keys = g_new0 (BeltSortKey, spec->n_keys);
  for (guint i = 0; i < spec->n_keys; i++)
    {
      spec->keys[i].expr = belt_binder_bind (self->binder, self->select->order_by[i].expr, BELT_CLAUSE_OTHER);
      spec->keys[i].descending = self->select->order_by[i].descending;
    }

  return add_op (self, BELT_PLAN_ORDER, g_strdup_printf ("%u_order", index),
                 dup_clause (self, self->select->order_by_span), self->select->order_by_span, spec,
                 order_spec_free, create_order);
}

static void
project_spec_free (gpointer data)
{
  BeltProjectSpec *spec = data;

  g_free (spec->fields);
  g_free (spec);
}

static BeltOp *
create_project (gconstpointer  spec,
                BeltEval      *eval,
                gint64         now_ms)
{
  return belt_op_project_new (spec, eval);
}

static BeltFieldKind
get_field_kind (const BeltAstField *field,
                const BeltExpr     *expr)
{
  if (field->alias != NULL)
    return BELT_FIELD_ALIAS;
  if (expr->kind == BELT_EXPR_WILDCARD)
    return BELT_FIELD_WILDCARD;
  if (expr->kind == BELT_EXPR_CALL && (expr->function->flags & BELT_FUNCTION_COLUMNS))
    return BELT_FIELD_COLUMNS;
  if (field->expr->kind == BELT_NODE_COLUMN)
    return expr->kind == BELT_EXPR_ALIAS ? BELT_FIELD_ALIAS : BELT_FIELD_COLUMN;

  return BELT_FIELD_EXPRESSION;
}

static gint64
get_limit (Builder *self)
{
  return self->select->has_limit ? self->select->limit : -1;
}

static int
build_project (Builder *self,
               guint    index)
{
  BeltProjectSpec *spec = g_new0 (BeltProjectSpec, 1);

  spec->n_fields = self->select->n_fields;
  spec->fields = g_new0 (BeltProjectField, spec->n_fields);
  spec->out_slot = self->plan->out_slot;
  spec->limit = self->logical->set_name != NULL ? -1 : get_limit (self);
  spec->send_nil = self->plan->options.send_nil_field;
  spec->send_meta = self->plan->options.send_meta;
  for (guint i = 0; i < spec->n_fields; i++)
    {
      const BeltAstField *ast = &self->select->fields[i];
      BeltProjectField *field = &spec->fields[i];

      field->expr = belt_binder_bind_field (self->binder, i);
      field->kind = get_field_kind (ast, field->expr);
      field->name = belt_ast_field_get_name (ast);
      field->name_len = strlen (field->name);
      field->invisible = ast->invisible;
    }

  return add_op (self, BELT_PLAN_PROJECT, g_strdup_printf ("%u_project", index),
                 dup_clause (self, self->select->fields_span), self->select->fields_span, spec,
                 project_spec_free, create_project);
}

static BeltOp *
create_project_set (gconstpointer  spec,
                    BeltEval      *eval,
                    gint64         now_ms)
{
  return belt_op_project_set_new (spec, eval);
}

static int
build_project_set (Builder *self,
                   guint    index)
{
  BeltProjectSetSpec *spec = g_new0 (BeltProjectSetSpec, 1);

  spec->name = self->logical->set_name;
  spec->name_len = strlen (spec->name);
  spec->out_slot = self->plan->out_slot;
  spec->limit = get_limit (self);

  return add_op (self, BELT_PLAN_PROJECT_SET, g_strdup_printf ("%u_projectset", index),
                 g_strdup_printf ("One row an element of %s", spec->name), self->select->fields_span, spec,
                 g_free, create_project_set);
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

static BeltOp *
create_call (gconstpointer  spec,
             BeltEval      *eval,
             gint64         now_ms)
{
  return belt_op_call_new (spec, eval);
}

/* Plugin functions of one phase, on top of an operator; without any that operator itself. */
static int
put_calls (Builder       *self,
           int            input,
           BeltCallPhase  phase)
{
  GArray *sites = self->binder->calls[phase];
  BeltCallSpec *spec;
  int at;

  if (sites->len == 0)
    return input;

  spec = g_new0 (BeltCallSpec, 1);
  spec->n_calls = sites->len;
  spec->calls = (BeltCallSite *)g_array_free (g_steal_pointer (&self->binder->calls[phase]), FALSE);
  self->binder->calls[phase] = g_array_new (FALSE, TRUE, sizeof (BeltCallSite));
  at = add_op (self, BELT_PLAN_CALL, g_strdup_printf ("call_%s", spec->calls[0].function->name),
               dup_clause (self, spec->calls[0].span), spec->calls[0].span, spec, call_spec_free, create_call);
  connect (self, input, at);

  return at;
}

static gboolean
orders_by_aggregate (Builder *self)
{
  for (guint i = 0; i < self->select->n_order_by; i++)
    {
      if (belt_resolved_is_aggregate (self->resolved, self->select->order_by[i].expr))
        return TRUE;
    }

  return FALSE;
}

static int build_logical (Builder     *self,
                          BeltLogical *node,
                          guint       *index);

static int
build_children (Builder     *self,
                BeltLogical *node,
                guint       *index)
{
  int last = -1;

  for (guint i = 0; i < node->children->len; i++)
    last = build_logical (self, node->children->pdata[i], index);

  return last;
}

/* One operator on top of the children of a logical node. */
static int
put_on_children (Builder     *self,
                 BeltLogical *node,
                 int          at)
{
  for (guint i = 0; i < node->children->len; i++)
    connect (self, ((BeltLogical *)node->children->pdata[i])->op, at);

  return at;
}

/* Aggregates without groups are made before what reads them first; ORDER BY of plain columns
 * comes before that, so that the first row is the first in order. */
static int
build_top (Builder     *self,
           BeltLogical *node,
           guint       *index)
{
  int input = build_children (self, node, index);
  gboolean before_order = self->aggregates_all && orders_by_aggregate (self);
  int at;

  input = put_calls (self, input, BELT_CALL_ROWS);
  if ((self->aggregates_due || self->binder->aggregates->len > 0) &&
      (node->kind == BELT_LOGICAL_HAVING || node->kind == BELT_LOGICAL_PROJECT ||
       (node->kind == BELT_LOGICAL_ORDER && (before_order || !self->aggregates_all))))
    {
      if (self->aggregates_all || self->logical->incremental)
        at = build_aggregate (self, g_strdup ("aggregate"),
                              self->logical->incremental && self->select->n_group_by > 0);
      else
        at = build_aggfunc (self, g_strdup ("aggregates"), &self->binder->aggregates);
      self->aggregates_due = FALSE;
      connect (self, input, at);
      input = at;
    }

  (*index)++;
  switch (node->kind)
    {
    case BELT_LOGICAL_HAVING:
      input = put_calls (self, input, BELT_CALL_GROUPS);
      at = build_filter (self, node->condition, BELT_CLAUSE_HAVING, BELT_PLAN_HAVING, "HAVING",
                         g_strdup_printf ("%u_having", *index));
      break;
    case BELT_LOGICAL_ORDER:
      at = build_order (self, *index);
      break;
    case BELT_LOGICAL_PROJECT:
    default:
      input = put_calls (self, input, BELT_CALL_GROUPS);
      at = build_project (self, *index);
      break;
    }

  connect (self, input, at);
  return at;
}

static int
build_where (Builder     *self,
             BeltLogical *node,
             guint       *index)
{
  int input = build_children (self, node, index);
  int at;

  (*index)++;
  input = put_calls (self, input, BELT_CALL_WHERE);
  at = build_filter (self, node->condition, BELT_CLAUSE_WHERE, BELT_PLAN_FILTER, "WHERE",
                     g_strdup_printf ("%u_filter", *index));
  connect (self, input, at);

  return at;
}

static int
build_groups (Builder     *self,
              BeltLogical *node,
              guint       *index)
{
  int input = build_children (self, node, index);
  int at;

  (*index)++;
  input = put_calls (self, input, BELT_CALL_ROWS);
  at = build_aggregate (self, g_strdup_printf ("%u_aggregate", *index), TRUE);
  connect (self, input, at);

  return at;
}

static int
build_kind (Builder     *self,
            BeltLogical *node,
            guint       *index)
{
  int input;
  int at;

  switch (node->kind)
    {
    case BELT_LOGICAL_SOURCE:
      return build_source (self, node, index);
    case BELT_LOGICAL_FILTER:
      return build_where (self, node, index);
    case BELT_LOGICAL_AGGREGATE:
      return build_groups (self, node, index);
    case BELT_LOGICAL_PROJECT:
    case BELT_LOGICAL_HAVING:
    case BELT_LOGICAL_ORDER:
      return build_top (self, node, index);
    default:
      break;
    }

  input = build_children (self, node, index);
  (*index)++;
  switch (node->kind)
    {
    case BELT_LOGICAL_WATERMARK:
      return put_on_children (self, node, build_watermark (self, *index));
    case BELT_LOGICAL_ANALYTIC:
      return put_on_children (self, node, build_analytic (self, *index));
    case BELT_LOGICAL_WINDOW:
    case BELT_LOGICAL_INC_WINDOW:
      at = build_window (self, node, input, *index);
      return node->condition != NULL ? at : put_on_children (self, node, at);
    case BELT_LOGICAL_JOIN_ALIGN:
      at = add_op (self, BELT_PLAN_SOURCE, g_strdup_printf ("%u_join_aligner", *index),
                   g_strdup ("Rows and tables"), (BeltSpan) { 0, 0 }, NULL, NULL, create_pass);
      return put_on_children (self, node, at);
    case BELT_LOGICAL_JOIN:
      return put_on_children (self, node, build_join (self, node, *index));
    case BELT_LOGICAL_LOOKUP:
      return put_on_children (self, node, build_lookup (self, node));
    case BELT_LOGICAL_AGG_FUNC:
      at = build_aggfunc (self, g_strdup_printf ("%u_agg_func", *index), &self->binder->where_aggregates);
      return put_on_children (self, node, at);
    case BELT_LOGICAL_WINDOW_FUNC:
      at = add_op (self, BELT_PLAN_WINDOW_FUNC, g_strdup_printf ("%u_windowFunc", *index),
                   g_strdup ("row_number()"), (BeltSpan) { 0, 0 },
                   GUINT_TO_POINTER ((guint)self->binder->row_number_slot), NULL, create_row_number);
      return put_on_children (self, node, at);
    case BELT_LOGICAL_PROJECT_SET:
    default:
      return put_on_children (self, node, build_project_set (self, *index));
    }
}

/* Where calls of plugins are made that nothing below asked for: early ones before the window,
 * those of rows just under the aggregate or the select list. */
static int
build_logical (Builder     *self,
               BeltLogical *node,
               guint       *index)
{
  node->op = build_kind (self, node, index);
  if (node->kind == BELT_LOGICAL_SOURCE && self->resolved->n_streams == 1)
    node->op = put_calls (self, node->op, BELT_CALL_EARLY);

  return node->op;
}

/* --- layout and streams --- */

static void
make_layout (Builder *self)
{
  BeltLayout *layout = g_new0 (BeltLayout, 1);

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
is_pruned (Builder        *self,
           const BeltSlot *slot)
{
  g_autofree char *key = g_strdup_printf ("%u/%s", slot->stream, slot->name);

  return g_hash_table_contains (self->binder->pruned, key);
}

static void
make_stream (Builder *self,
             guint    index)
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

/* Specs were made before the number of slots was known to all. */
static void
set_n_slots (Builder *self)
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

static void
take_ops (Builder *self)
{
  self->plan->n_ops = self->ops->len;
  self->plan->ops = (BeltPlanOp *)g_array_free (g_steal_pointer (&self->ops), FALSE);
  self->plan->n_states = self->binder->state_frees->len;
  self->plan->state_frees = (GDestroyNotify *)g_array_free (g_steal_pointer (&self->binder->state_frees),
                                                            FALSE);
  self->plan->exprs = g_steal_pointer (&self->binder->exprs);
}

gboolean
belt_planner_build_ops (BeltPlan         *plan,
                        BeltLogicalPlan  *logical,
                        BeltBinder       *binder,
                        JsonArray        *actions,
                        GError          **error)
{
  Builder self = { .plan = plan, .logical = logical, .resolved = logical->resolved,
                   .select = logical->resolved->select, .binder = binder };
  guint index = 0;
  guint n_ops;
  gboolean ok;
  int top;

  bind_logical (&self, logical->root);
  if (self.resolved->error != NULL)
    return FALSE;

  self.aggregates_all = self.select->n_group_by == 0 && belt_resolved_has_aggregates (self.resolved);
  if (self.select->window != NULL && self.select->window->window->kind == BELT_AST_WINDOW_STATE)
    self.aggregates_all = belt_resolved_has_aggregates (self.resolved);
  self.aggregates_due = self.aggregates_all;

  self.ops = g_array_new (FALSE, TRUE, sizeof (BeltPlanOp));
  make_layout (&self);
  plan->n_streams = self.resolved->n_streams;
  plan->streams = g_new0 (BeltPlanStream, plan->n_streams + 1);
  for (guint i = 0; i < plan->n_streams; i++)
    make_stream (&self, i);

  top = build_logical (&self, logical->root, &index);
  n_ops = self.ops->len;
  ok = belt_planner_add_sinks (plan, self.ops, actions, error);
  for (guint i = n_ops; i < self.ops->len; i++)
    connect (&self, top, (int)i);

  set_n_slots (&self);
  plan->explain = belt_planner_explain (logical);
  take_ops (&self);
  plan->topo = belt_planner_make_topo (plan);

  return ok;
}
