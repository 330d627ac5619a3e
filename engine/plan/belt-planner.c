/* belt-planner.c - a logical plan becomes operators
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two walks from the sources up.  The first binds every expression in the order of
 * evaluation, so that all slots and calls are known; the second makes the
 * operators, in belt-plan-builder.c and the files around it.
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-join-sides.h"
#include "belt-parser.h"
#include "belt-prune.h"

/* --- first walk: binding --- */

static void
bind_list (BeltPlanBuilder  *self,
           BeltNode        **nodes,
           guint             n_nodes,
           BeltClause        clause)
{
  for (guint i = 0; i < n_nodes; i++)
    belt_binder_bind (self->binder, nodes[i], clause);
}

static void
bind_window (BeltPlanBuilder *self,
             BeltLogical     *node)
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
bind_analytic (BeltPlanBuilder *self)
{
  BeltAstSelect *select = self->select;

  self->binder->before_window = TRUE;
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
  self->binder->before_window = FALSE;
}

static void
bind_joins (BeltPlanBuilder *self,
            BeltLogical     *node)
{
  for (guint i = 0; i < node->n_joins; i++)
    {
      if (node->on[i] != NULL)
        belt_binder_bind (self->binder, node->on[i], BELT_CLAUSE_OTHER);
    }
}

static void
bind_lookup (BeltPlanBuilder *self,
             BeltLogical     *node)
{
  bind_list (self, node->values, node->n_keys, BELT_CLAUSE_OTHER);
  for (guint i = 0; i < node->n_keys; i++)
    belt_binder_get_column (self->binder, node->stream, node->keys[i]);
}

static void
bind_groups (BeltPlanBuilder *self)
{
  self->binder->before_window = TRUE;
  bind_list (self, self->select->group_by, self->select->n_group_by, BELT_CLAUSE_OTHER);
  self->binder->before_window = FALSE;
}

static void
bind_fields (BeltPlanBuilder *self)
{
  if (self->logical->incremental)
    bind_groups (self);
  for (guint i = 0; i < self->select->n_fields; i++)
    belt_binder_bind_field (self->binder, i);
}

static void
bind_sort_key (BeltPlanBuilder *self,
               BeltNode        *key)
{
  if (self->lone_rows)
    belt_binder_bind_lone (self->binder, key);
  else
    belt_binder_bind (self->binder, key, BELT_CLAUSE_OTHER);
}

static void
bind_logical (BeltPlanBuilder *self,
              BeltLogical     *node)
{
  const char *timestamp;

  for (guint i = 0; i < node->children->len; i++)
    bind_logical (self, node->children->pdata[i]);

  switch (node->kind)
    {
    case BELT_LOGICAL_SOURCE:
      timestamp = self->resolved->streams[node->stream]->timestamp;
      if (self->plan->options.is_event_time && timestamp != NULL)
        belt_binder_get_column (self->binder, node->stream, timestamp);
      break;
    case BELT_LOGICAL_ANALYTIC:
      bind_analytic (self);
      break;
    case BELT_LOGICAL_WINDOW:
    case BELT_LOGICAL_INC_WINDOW:
      bind_window (self, node);
      break;
    case BELT_LOGICAL_JOIN:
      bind_joins (self, node);
      break;
    case BELT_LOGICAL_LOOKUP:
      bind_lookup (self, node);
      break;
    case BELT_LOGICAL_FILTER:
      belt_binder_bind (self->binder, node->condition, BELT_CLAUSE_WHERE);
      break;
    case BELT_LOGICAL_AGGREGATE:
      bind_groups (self);
      break;
    case BELT_LOGICAL_HAVING:
      belt_binder_bind (self->binder, node->condition, BELT_CLAUSE_HAVING);
      break;
    case BELT_LOGICAL_ORDER:
      for (guint i = 0; i < self->select->n_order_by; i++)
        bind_sort_key (self, self->select->order_by[i].expr);
      break;
    case BELT_LOGICAL_PROJECT:
      bind_fields (self);
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

static void
collect_conditions (const BeltLogical  *node,
                    BeltNode          **on)
{
  for (guint i = 0; node->kind == BELT_LOGICAL_JOIN && i < node->n_joins; i++)
    on[node->joins[i]] = node->on[i];
  for (guint i = 0; i < node->children->len; i++)
    collect_conditions (node->children->pdata[i], on);
}

/* What was pushed into or out of a join's condition decides too which side comes first. */
static void
order_parts (BeltPlanBuilder   *self,
             const BeltLogical *root)
{
  g_autofree BeltNode **on = g_new0 (BeltNode *, self->resolved->n_streams + 1);

  collect_conditions (root, on);
  g_free (self->binder->order);
  self->binder->order = belt_join_sides_dup_order (self->resolved, on);
}

typedef struct
{
  BeltPlanBuilder *self;
  guint            stream;
  char           **asked;    /* sorted */
  gboolean         two_conditions;
} WindowColumns;

static gboolean
forget_unasked (BeltNode *node,
                gpointer  data)
{
  WindowColumns *columns = data;
  const BeltRef *ref;

  /* Of two conditions the analytic calls are made before the window, with what they ask for; a single one is not
   * looked into. */
  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ANALYTIC) && columns->two_conditions)
    return FALSE;
  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  ref = belt_resolved_get (columns->self->resolved, node);
  if (ref != NULL && ref->kind == BELT_REF_COLUMN && ref->stream == columns->stream &&
      !g_strv_contains ((const char *const *)columns->asked, node->name))
    g_hash_table_add (columns->self->binder->pruned, g_strdup_printf ("%u/%s", ref->stream, node->name));
  return TRUE;
}

static gboolean
find_wildcard (BeltNode *node,
               gpointer  data)
{
  gboolean *found = data;

  *found |= node->kind == BELT_NODE_WILDCARD;
  return TRUE;
}

/* Does eKuiper ask the streams for what this window's conditions read?  Not for those of a state window, and of an
 * incremental one not for FILTER and OVER (WHEN). */
static gboolean
forgets_columns (BeltPlanBuilder *self)
{
  return self->select->window != NULL &&
         (self->select->window->window->kind == BELT_AST_WINDOW_STATE || self->logical->incremental);
}

/* What only such conditions read is null there. */
static void
forget_columns (BeltPlanBuilder   *self,
                const BeltLogical *node)
{
  BeltAstWindow *window = self->select->window->window;
  WindowColumns columns = { .self = self, .stream = node->stream, .two_conditions = window->emit != NULL };
  gboolean is_state = window->kind == BELT_AST_WINDOW_STATE;
  gboolean wildcard = FALSE;

  for (guint i = 0; i < node->children->len; i++)
    forget_columns (self, node->children->pdata[i]);
  if (node->kind != BELT_LOGICAL_SOURCE)
    return;

  belt_ast_walk (self->resolved->ast, find_wildcard, &wildcard);
  if (wildcard)
    return;

  columns.asked = belt_prune_get_columns (self->logical, node);
  if (is_state)
    {
      belt_node_walk (window->begin, forget_unasked, &columns);
      belt_node_walk (window->emit, forget_unasked, &columns);
      for (guint i = 0; window->over != NULL && i < window->over->n_partition; i++)
        belt_node_walk (window->over->partition[i], forget_unasked, &columns);
    }
  else
    {
      belt_node_walk (window->filter, forget_unasked, &columns);
      if (window->over != NULL)
        belt_node_walk (window->over->when, forget_unasked, &columns);
    }
  g_strfreev (columns.asked);
}

static gboolean
leaves_out (const BeltAstSelect *select)
{
  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltNode *node = select->fields[i].expr;

      if (node->kind == BELT_NODE_WILDCARD && (node->n_except > 0 || node->n_replace > 0))
        return TRUE;
    }

  return FALSE;
}

/* Of a declared stream eKuiper does not decode what a wildcard leaves out or replaces, unless it was asked for
 * before the wildcard: it is missing even where the statement names it (N7). */
static void
forget_left_out (BeltPlanBuilder   *self,
                 const BeltLogical *node)
{
  const BeltStream *stream;
  g_auto(GStrv) asked = NULL;

  for (guint i = 0; i < node->children->len; i++)
    forget_left_out (self, node->children->pdata[i]);
  if (node->kind != BELT_LOGICAL_SOURCE)
    return;

  stream = self->resolved->streams[node->stream];
  if (stream->message != NULL || (stream->format != NULL && g_ascii_strcasecmp (stream->format, "json") != 0))
    return;

  asked = belt_prune_get_columns (self->logical, node);
  for (guint i = 0; i < stream->n_fields; i++)
    {
      const char *name = stream->fields[i].name;

      if (!g_strv_contains ((const char *const *)asked, name))
        g_hash_table_add (self->binder->pruned, g_strdup_printf ("%u/%s", node->stream, name));
    }
}

/* --- second walk: operators --- */

static gboolean
orders_by_aggregate (BeltPlanBuilder *self)
{
  if (self->lone_rows)
    return FALSE;

  for (guint i = 0; i < self->select->n_order_by; i++)
    {
      if (belt_resolved_is_aggregate (self->resolved, self->select->order_by[i].expr))
        return TRUE;
    }

  return FALSE;
}

static int build_logical (BeltPlanBuilder *self,
                          BeltLogical     *node,
                          guint           *index);

static int
build_children (BeltPlanBuilder *self,
                BeltLogical     *node,
                guint           *index)
{
  int last = -1;

  for (guint i = 0; i < node->children->len; i++)
    last = build_logical (self, node->children->pdata[i], index);

  return last;
}

/* One operator on top of the children of a logical node. */
static int
put_on_children (BeltPlanBuilder *self,
                 BeltLogical     *node,
                 int              at)
{
  for (guint i = 0; i < node->children->len; i++)
    belt_plan_builder_connect (self, ((BeltLogical *)node->children->pdata[i])->op, at);

  return at;
}

/* Aggregates without groups are made before what reads them first; ORDER BY of plain columns
 * comes before that, so that the first row is the first in order. */
static gboolean
reads_aggregates (BeltPlanBuilder   *self,
                  const BeltLogical *node)
{
  if (!self->aggregates_due && self->binder->aggregates->len == 0)
    return FALSE;
  if (node->kind == BELT_LOGICAL_ORDER)
    return !self->aggregates_all || orders_by_aggregate (self);

  return node->kind == BELT_LOGICAL_HAVING || node->kind == BELT_LOGICAL_PROJECT;
}

/* Incremental ones are part of the window, and WHERE sees what comes of it. */
static int
put_aggregates (BeltPlanBuilder *self,
                int              input)
{
  int at;

  if (self->aggregates_all || self->logical->incremental)
    at = belt_plan_builder_add_aggregate (self, g_strdup ("aggregate"),
                                          self->logical->incremental && self->select->n_group_by > 0);
  else
    at = belt_plan_builder_add_aggfunc (self, g_strdup ("aggregates"), &self->binder->aggregates, FALSE);
  self->aggregates_due = FALSE;
  belt_plan_builder_connect (self, input, at);

  return at;
}

static int
put_order (BeltPlanBuilder *self,
           int              input,
           guint            index)
{
  int at;

  if (self->binder->lone_aggregates->len > 0)
    {
      at = belt_plan_builder_add_aggfunc (self, g_strdup ("aggregates"), &self->binder->lone_aggregates, TRUE);
      belt_plan_builder_connect (self, input, at);
      input = at;
    }

  at = belt_plan_builder_add_order (self, index);
  belt_plan_builder_connect (self, input, at);
  return at;
}

/* One row is left after HAVING when its aggregates are of all rows: those have to be in order before. */
static int
put_order_before_having (BeltPlanBuilder   *self,
                         const BeltLogical *node,
                         guint              index,
                         int                input)
{
  if (node->kind != BELT_LOGICAL_HAVING || !self->aggregates_all || !self->aggregates_due ||
      self->select->n_order_by == 0 || self->select->window == NULL || orders_by_aggregate (self))
    return input;

  self->is_ordered = TRUE;
  return put_order (self, input, index + 2);
}

static int
build_top (BeltPlanBuilder *self,
           BeltLogical     *node,
           guint           *index)
{
  int input = build_children (self, node, index);
  int at;

  if (node->kind == BELT_LOGICAL_ORDER && self->is_ordered)
    {
      (*index)++;
      return input;
    }

  input = belt_plan_builder_put_calls (self, input, BELT_CALL_ROWS);
  input = put_order_before_having (self, node, *index, input);
  if (reads_aggregates (self, node))
    input = put_aggregates (self, input);

  (*index)++;
  if (node->kind == BELT_LOGICAL_ORDER)
    return put_order (self, input, *index);

  input = belt_plan_builder_put_calls (self, input, BELT_CALL_GROUPS);
  if (node->kind == BELT_LOGICAL_HAVING)
    at = belt_plan_builder_add_filter (self, node->condition, BELT_CLAUSE_HAVING, BELT_PLAN_HAVING, "HAVING",
                                       g_strdup_printf ("%u_having", *index));
  else
    at = belt_plan_builder_add_project (self, *index);

  belt_plan_builder_connect (self, input, at);
  return at;
}

static int
build_where (BeltPlanBuilder *self,
             BeltLogical     *node,
             guint           *index)
{
  int input = build_children (self, node, index);
  int at;

  (*index)++;
  input = belt_plan_builder_put_calls (self, input, BELT_CALL_WHERE);
  at = belt_plan_builder_add_filter (self, node->condition, BELT_CLAUSE_WHERE, BELT_PLAN_FILTER, "WHERE",
                                     g_strdup_printf ("%u_filter", *index));
  belt_plan_builder_connect (self, input, at);

  return at;
}

static int
build_groups (BeltPlanBuilder *self,
              BeltLogical     *node,
              guint           *index)
{
  int input = build_children (self, node, index);
  int at;

  (*index)++;
  input = belt_plan_builder_put_calls (self, input, BELT_CALL_ROWS);
  at = belt_plan_builder_add_aggregate (self, g_strdup_printf ("%u_aggregate", *index), TRUE);
  belt_plan_builder_connect (self, input, at);

  return at;
}

static int
build_kind (BeltPlanBuilder *self,
            BeltLogical     *node,
            guint           *index)
{
  BeltAggregateSpec *spec;
  int input;
  int at;

  switch (node->kind)
    {
    case BELT_LOGICAL_SOURCE:
      return belt_plan_builder_add_source (self, node, index);
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
      return put_on_children (self, node, belt_plan_builder_add_watermark (self, *index));
    case BELT_LOGICAL_ANALYTIC:
      return put_on_children (self, node, belt_plan_builder_add_analytic (self, *index));
    case BELT_LOGICAL_WINDOW:
    case BELT_LOGICAL_INC_WINDOW:
      at = belt_plan_builder_add_window (self, node, input, *index);
      if (node->condition == NULL)
        put_on_children (self, node, at);
      return node->kind == BELT_LOGICAL_INC_WINDOW ? put_aggregates (self, at) : at;
    case BELT_LOGICAL_JOIN_ALIGN:
      return put_on_children (self, node, belt_plan_builder_add_join_align (self, *index));
    case BELT_LOGICAL_JOIN:
      return put_on_children (self, node, belt_plan_builder_add_join (self, node, *index));
    case BELT_LOGICAL_LOOKUP:
      return put_on_children (self, node, belt_plan_builder_add_lookup (self, node));
    case BELT_LOGICAL_AGG_FUNC:
      at = belt_plan_builder_add_aggfunc (self, g_strdup_printf ("%u_agg_func", *index),
                                          &self->binder->where_aggregates, FALSE);
      spec = g_array_index (self->ops, BeltPlanOp, at).spec;
      spec->in_windows = TRUE;
      spec->in_nothing = self->resolved->n_streams > 1;
      return put_on_children (self, node, at);
    case BELT_LOGICAL_WINDOW_FUNC:
      return put_on_children (self, node, belt_plan_builder_add_row_number (self, *index));
    case BELT_LOGICAL_PROJECT_SET:
    default:
      return put_on_children (self, node, belt_plan_builder_add_project_set (self, *index));
    }
}

/* Where calls of plugins are made that nothing below asked for: early ones before the window,
 * those of rows just under the aggregate or the select list. */
static int
build_logical (BeltPlanBuilder *self,
               BeltLogical     *node,
               guint           *index)
{
  node->op = build_kind (self, node, index);
  if (node->kind == BELT_LOGICAL_SOURCE && self->resolved->n_streams == 1)
    node->op = belt_plan_builder_put_calls (self, node->op, BELT_CALL_EARLY);

  return node->op;
}

gboolean
belt_planner_build_ops (BeltPlan         *plan,
                        BeltLogicalPlan  *logical,
                        BeltBinder       *binder,
                        JsonArray        *actions,
                        GError          **error)
{
  BeltPlanBuilder self = { .plan = plan, .logical = logical, .resolved = logical->resolved,
                           .select = logical->resolved->select, .binder = binder };
  guint index = 0;
  guint n_ops;
  gboolean ok;
  int top;

  self.lone_rows = self.select->n_group_by == 0 || logical->incremental ||
                   (self.select->window != NULL && self.select->window->window->kind == BELT_AST_WINDOW_STATE);
  order_parts (&self, logical->root);
  binder->incremental = logical->incremental;
  bind_logical (&self, logical->root);
  if (self.resolved->error != NULL)
    return FALSE;

  if (forgets_columns (&self))
    forget_columns (&self, logical->root);
  if (leaves_out (self.select))
    forget_left_out (&self, logical->root);

  self.aggregates_all = self.select->n_group_by == 0 && belt_resolved_has_aggregates (self.resolved);
  if (self.select->window != NULL && self.select->window->window->kind == BELT_AST_WINDOW_STATE)
    self.aggregates_all = belt_resolved_has_aggregates (self.resolved);
  self.aggregates_due = self.aggregates_all;

  self.ops = g_array_new (FALSE, TRUE, sizeof (BeltPlanOp));
  belt_plan_builder_make_streams (&self);

  top = build_logical (&self, logical->root, &index);
  n_ops = self.ops->len;
  ok = belt_planner_add_sinks (plan, self.ops, actions, error);
  for (guint i = n_ops; i < self.ops->len; i++)
    belt_plan_builder_connect (&self, top, (int)i);

  belt_plan_builder_take_ops (&self);

  return ok;
}
