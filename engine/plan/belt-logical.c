/* belt-logical.c - the logical plan: eKuiper's tree and its rewriting
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-logical.h"

#include "belt-parser.h"
#include "belt-prune.h"

#include <string.h>

static void
logical_free (BeltLogical *self)
{
  g_ptr_array_unref (self->children);
  g_free (self->joins);
  g_free (self->on);
  g_free (self->keys);
  g_free (self->values);
  g_free (self);
}

static BeltLogical *
logical_new (BeltLogicalKind kind)
{
  BeltLogical *self = g_new0 (BeltLogical, 1);

  self->kind = kind;
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify)logical_free);
  self->op = -1;

  return self;
}

static BeltLogical *
put_on_top (BeltLogical     *child,
            BeltLogicalKind  kind)
{
  BeltLogical *self = logical_new (kind);

  if (child != NULL)
    g_ptr_array_add (self->children, child);

  return self;
}

static BeltNode *
combine (BeltLogicalPlan *plan,
         BeltNode        *a,
         BeltNode        *b)
{
  BeltArena *arena = plan->resolved->ast->arena;
  BeltNode *node;

  if (a == NULL || b == NULL)
    return a != NULL ? a : b;

  node = belt_arena_alloc0 (arena, sizeof *node);
  node->kind = BELT_NODE_AND;
  node->span = (BeltSpan) { MIN (a->span.start, b->span.start), MAX (a->span.end, b->span.end) };
  node->depth = MAX (a->depth, b->depth) + 1;
  node->n_children = 2;
  node->children = belt_arena_new_array (arena, BeltNode *, 2);
  node->children[0] = a;
  node->children[1] = b;

  return node;
}

/* --- pushing predicates down --- */

static BeltNode *push_down (BeltLogicalPlan *plan,
                            BeltLogical    **self,
                            BeltNode        *condition);

static BeltNode *
push_to_children (BeltLogicalPlan *plan,
                  BeltLogical     *self,
                  BeltNode        *condition)
{
  BeltNode *rest = condition;

  for (guint i = 0; i < self->children->len; i++)
    {
      BeltLogical *child = self->children->pdata[i];

      rest = push_down (plan, &child, rest);
      self->children->pdata[i] = child;
    }

  return rest;
}

static guint
count_sources (BeltLogicalPlan *plan,
               BeltNode        *condition,
               guint           *ret_only)
{
  gboolean any;
  guint64 sources = belt_resolved_get_sources (plan->resolved, condition, &any);
  guint n = 0;

  for (guint i = 0; i < plan->resolved->n_streams; i++)
    {
      if (sources & (G_GUINT64_CONSTANT (1) << i))
        {
          n++;
          *ret_only = i;
        }
    }

  if (any)
    *ret_only = G_MAXUINT;
  return n + (any ? 1 : 0);
}

/* A JOIN keeps what touches several streams, or any. */
static void
split_for_join (BeltLogicalPlan *plan,
                BeltNode        *condition,
                guint            kept_stream,
                BeltNode       **ret_kept,
                BeltNode       **ret_pushed)
{
  guint only = G_MAXUINT;
  guint n = condition != NULL ? count_sources (plan, condition, &only) : 0;
  BeltNode *kept[2];
  BeltNode *pushed[2];

  *ret_kept = NULL;
  *ret_pushed = NULL;

  if (n == 0 || (n == 1 && only != G_MAXUINT && only != kept_stream))
    *ret_pushed = condition;
  else if (condition->kind == BELT_NODE_AND)
    {
      split_for_join (plan, condition->children[0], kept_stream, &kept[0], &pushed[0]);
      split_for_join (plan, condition->children[1], kept_stream, &kept[1], &pushed[1]);
      *ret_kept = combine (plan, kept[0], kept[1]);
      *ret_pushed = combine (plan, pushed[0], pushed[1]);
    }
  else
    *ret_kept = condition;
}

static void
split_for_source (BeltLogicalPlan *plan,
                  BeltNode        *condition,
                  guint            stream,
                  BeltNode       **ret_owned,
                  BeltNode       **ret_other)
{
  guint only = G_MAXUINT;
  guint n = condition != NULL ? count_sources (plan, condition, &only) : 0;
  BeltNode *owned[2];
  BeltNode *other[2];

  *ret_owned = NULL;
  *ret_other = NULL;

  if (n == 0 || (n == 1 && (only == stream || only == G_MAXUINT)))
    *ret_owned = condition;
  else if (n > 1 && condition->kind == BELT_NODE_AND)
    {
      split_for_source (plan, condition->children[0], stream, &owned[0], &other[0]);
      split_for_source (plan, condition->children[1], stream, &owned[1], &other[1]);
      *ret_owned = combine (plan, owned[0], owned[1]);
      *ret_other = combine (plan, other[0], other[1]);
    }
  else
    *ret_other = condition;
}

static BeltLogical *
add_filter (BeltLogical *child,
            BeltNode    *condition)
{
  BeltLogical *filter = put_on_top (child, BELT_LOGICAL_FILTER);

  filter->condition = condition;
  return filter;
}

static BeltNode *
push_to_source (BeltLogicalPlan *plan,
                BeltLogical    **self,
                BeltNode        *condition)
{
  BeltNode *owned;
  BeltNode *other;

  if (plan->resolved->streams[(*self)->stream]->is_table)
    return condition;

  split_for_source (plan, condition, (*self)->stream, &owned, &other);
  if (owned != NULL)
    *self = add_filter (*self, owned);

  return other;
}

static BeltNode *
push_to_join (BeltLogicalPlan *plan,
              BeltLogical     *self,
              BeltNode        *condition)
{
  gboolean is_inner = plan->resolved->select->tables[self->joins[0]].kind == BELT_AST_JOIN_INNER;
  BeltNode *kept;
  BeltNode *pushed;
  BeltNode *rest;

  split_for_join (plan, is_inner ? combine (plan, condition, self->on[0]) : condition, G_MAXUINT - 1,
                  &kept, &pushed);
  rest = push_to_children (plan, self, pushed);
  if (!is_inner)
    return combine (plan, kept, rest);

  self->on[0] = combine (plan, kept, rest);
  return NULL;
}

static BeltNode *
push_to_lookup (BeltLogicalPlan *plan,
                BeltLogical    **self,
                BeltNode        *condition)
{
  BeltNode *kept;
  BeltNode *pushed;
  BeltNode *rest;

  split_for_join (plan, combine (plan, condition, (*self)->condition), (*self)->stream, &kept, &pushed);
  rest = combine (plan, kept, push_to_children (plan, *self, pushed));
  (*self)->condition = NULL;
  if (rest != NULL)
    *self = add_filter (*self, rest);

  return NULL;
}

static BeltNode *
push_to_window (BeltLogicalPlan *plan,
                BeltLogical     *self,
                BeltNode        *condition)
{
  BeltAstWindowKind kind = plan->resolved->select->window->window->kind;

  if (kind == BELT_AST_WINDOW_COUNT || kind == BELT_AST_WINDOW_SLIDING || plan->options->is_event_time)
    return condition;

  self->condition = push_to_children (plan, self, combine (plan, condition, self->condition));
  return NULL;
}

static BeltNode *
push_to_filter (BeltLogicalPlan *plan,
                BeltLogical    **self,
                BeltNode        *condition)
{
  BeltNode *rest = push_to_children (plan, *self, combine (plan, condition, (*self)->condition));
  BeltLogical *child;

  (*self)->condition = rest;
  if (rest == NULL)
    {
      child = g_ptr_array_steal_index ((*self)->children, 0);
      logical_free (*self);
      *self = child;
    }

  return NULL;
}

static BeltNode *
push_to_align (BeltLogicalPlan *plan,
               BeltLogical     *self,
               BeltNode        *condition)
{
  BeltNode *rest = condition;

  for (guint i = 0; i < self->children->len; i++)
    {
      BeltLogical *child = self->children->pdata[i];

      if (child->kind == BELT_LOGICAL_SOURCE)
        rest = push_down (plan, &child, rest);
      self->children->pdata[i] = child;
    }

  return rest;
}

/* Returns: what could not be pushed. */
static BeltNode *
push_down (BeltLogicalPlan *plan,
           BeltLogical    **self,
           BeltNode        *condition)
{
  switch ((*self)->kind)
    {
    case BELT_LOGICAL_SOURCE:
      return push_to_source (plan, self, condition);
    case BELT_LOGICAL_WATERMARK:
      if (condition != NULL)
        *self = add_filter (*self, condition);
      return NULL;
    case BELT_LOGICAL_ANALYTIC:
    case BELT_LOGICAL_INC_WINDOW:
      return condition;
    case BELT_LOGICAL_WINDOW:
      return push_to_window (plan, *self, condition);
    case BELT_LOGICAL_JOIN_ALIGN:
      return push_to_align (plan, *self, condition);
    case BELT_LOGICAL_JOIN:
      return push_to_join (plan, *self, condition);
    case BELT_LOGICAL_LOOKUP:
      return push_to_lookup (plan, self, condition);
    case BELT_LOGICAL_FILTER:
      return push_to_filter (plan, self, condition);
    case BELT_LOGICAL_AGG_FUNC:
      /* eKuiper pushes on, and the condition then reads values that are not there yet. */
      if (condition != NULL && belt_resolved_is_aggregate (plan->resolved, condition))
        return condition;
      return push_to_children (plan, *self, condition);
    case BELT_LOGICAL_AGGREGATE:
    case BELT_LOGICAL_HAVING:
    case BELT_LOGICAL_WINDOW_FUNC:
    case BELT_LOGICAL_ORDER:
    case BELT_LOGICAL_PROJECT:
    case BELT_LOGICAL_PROJECT_SET:
    default:
      return push_to_children (plan, *self, condition);
    }
}

/* --- building the tree --- */

static gboolean
is_lookup (const BeltResolved *resolved,
           guint               stream)
{
  return resolved->streams[stream]->is_table &&
         g_strcmp0 (resolved->streams[stream]->kind, "lookup") == 0;
}

static gboolean
find_analytic (BeltNode *node,
               gpointer  data)
{
  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ANALYTIC))
    *(gboolean *)data = TRUE;

  return TRUE;
}

static gboolean
find_row_number (BeltNode *node,
                 gpointer  data)
{
  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ROW_NUMBER))
    (*(guint *)data)++;

  return TRUE;
}

typedef struct
{
  gboolean has_aggregate;
  gboolean fits;
} Incremental;

static gboolean
find_aggregate (BeltNode *node,
                gpointer  data)
{
  static const char *const names[] = {
    "count", "sum", "avg", "max", "min", "merge_agg", "collect", "last_value",
  };
  Incremental *incremental = data;
  gboolean found = FALSE;

  if (node->kind != BELT_NODE_CALL || !(node->kinds & BELT_PARSER_FUNCTION_AGGREGATE))
    return TRUE;

  incremental->has_aggregate = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    found |= strcmp (names[i], node->name) == 0;
  incremental->fits &= found;
  return TRUE;
}

static gboolean
fits_incremental (BeltLogicalPlan *plan)
{
  BeltAstSelect *select = plan->resolved->select;
  Incremental incremental = { FALSE, TRUE };
  BeltAstWindow *window;

  if (!plan->options->incremental_window || select->window == NULL || select->n_tables > 1)
    return FALSE;

  window = select->window->window;
  if (window->kind == BELT_AST_WINDOW_SESSION || window->kind == BELT_AST_WINDOW_STATE ||
      (window->kind == BELT_AST_WINDOW_COUNT && window->interval != 0))
    return FALSE;

  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[i].expr, find_aggregate, &incremental);

  return incremental.has_aggregate && incremental.fits;
}

static void
collect_sources (BeltLogicalPlan *plan,
                 GPtrArray       *streams,
                 GPtrArray       *tables)
{
  for (guint i = 0; i < plan->resolved->n_streams; i++)
    {
      BeltLogical *source;

      if (is_lookup (plan->resolved, i))
        continue;

      source = logical_new (BELT_LOGICAL_SOURCE);
      source->stream = i;
      g_ptr_array_add (plan->resolved->streams[i]->is_table ? tables : streams, source);
    }
}

static BeltLogical *
put_on_all (GPtrArray       *children,
            BeltLogicalKind  kind)
{
  BeltLogical *self = logical_new (kind);

  for (guint i = 0; i < children->len; i++)
    g_ptr_array_add (self->children, children->pdata[i]);
  g_ptr_array_set_size (children, 0);
  g_ptr_array_add (children, self);

  return self;
}

static gboolean
take_key (BeltLogicalPlan *plan,
          BeltLogical     *lookup,
          BeltNode        *column,
          BeltNode        *value)
{
  const BeltRef *ref = column->kind == BELT_NODE_COLUMN ? belt_resolved_get (plan->resolved, column) : NULL;
  const BeltRef *other = value->kind == BELT_NODE_COLUMN ? belt_resolved_get (plan->resolved, value) : NULL;

  if (ref == NULL || ref->kind != BELT_REF_COLUMN || ref->stream != lookup->stream)
    return FALSE;
  if (other != NULL && other->kind == BELT_REF_COLUMN && other->stream == lookup->stream)
    return FALSE;

  lookup->keys = g_renew (const char *, lookup->keys, lookup->n_keys + 1);
  lookup->values = g_renew (BeltNode *, lookup->values, lookup->n_keys + 1);
  lookup->keys[lookup->n_keys] = column->name;
  lookup->values[lookup->n_keys++] = value;
  return TRUE;
}

/* eKuiper's lookup forgets other equalities than keys, and so do we, but not in silence. */
static void
forget_equality (BeltLogicalPlan *plan,
                 BeltNode        *on)
{
  BeltDiagnostic *diagnostic =
    belt_resolved_note (plan->resolved, "lookup-condition", on->span, "Write it in WHERE.",
                        "the lookup leaves this out, as eKuiper does: it is no column of the table that equals "
                        "something of the streams");

  diagnostic->severity = BELT_SEVERITY_WARNING;
}

/* Equalities with a column of the table are keys; what is no equality is a condition afterwards. */
static void
take_conditions (BeltLogicalPlan *plan,
                 BeltLogical     *lookup,
                 BeltNode        *on)
{
  if (on->kind == BELT_NODE_AND)
    {
      take_conditions (plan, lookup, on->children[0]);
      take_conditions (plan, lookup, on->children[1]);
    }
  else if (on->kind == BELT_NODE_COMPARE && on->op == '=')
    {
      if (!take_key (plan, lookup, on->children[0], on->children[1]) &&
          !take_key (plan, lookup, on->children[1], on->children[0]))
        forget_equality (plan, on);
    }
  else
    lookup->condition = combine (plan, lookup->condition, on);
}

static gboolean
has_repeated_key (const BeltLogical *lookup)
{
  for (guint i = 0; i < lookup->n_keys; i++)
    {
      for (guint k = i + 1; k < lookup->n_keys; k++)
        {
          if (strcmp (lookup->keys[i], lookup->keys[k]) == 0)
            return TRUE;
        }
    }

  return FALSE;
}

static void
add_joins (BeltLogicalPlan *plan,
           GPtrArray       *children,
           GPtrArray       *tables)
{
  BeltAstSelect *select = plan->resolved->select;
  BeltLogical *join = logical_new (BELT_LOGICAL_JOIN);
  BeltLogical *child;

  join->joins = g_new0 (guint, select->n_tables);
  join->on = g_new0 (BeltNode *, select->n_tables);
  for (guint i = 1; i < select->n_tables; i++)
    {
      if (!is_lookup (plan->resolved, i))
        {
          join->joins[join->n_joins] = i;
          join->on[join->n_joins++] = select->tables[i].on;
        }
    }

  if (join->n_joins == 0)
    {
      logical_free (join);
    }
  else
    {
      if (tables->len > 0)
        {
          for (guint i = 0; i < tables->len; i++)
            g_ptr_array_add (children, tables->pdata[i]);
          g_ptr_array_set_size (tables, 0);
          put_on_all (children, BELT_LOGICAL_JOIN_ALIGN);
        }
      for (guint i = 0; i < children->len; i++)
        g_ptr_array_add (join->children, children->pdata[i]);
      g_ptr_array_set_size (children, 0);
      g_ptr_array_add (children, join);
    }

  for (guint i = 1; i < select->n_tables; i++)
    {
      if (!is_lookup (plan->resolved, i))
        continue;

      child = put_on_all (children, BELT_LOGICAL_LOOKUP);
      child->stream = i;
      if (select->tables[i].on != NULL)
        take_conditions (plan, child, select->tables[i].on);
      if (child->n_keys == 0 || has_repeated_key (child))
        belt_resolved_fail (plan->resolved, "lookup-join", select->tables[i].span,
                            "Compare a column of the table with = in ON.",
                            "join condition is invalid, at least one equi-join predicate is required");
    }
}

static void
check_set_functions (BeltLogicalPlan *plan)
{
  BeltAstSelect *select = plan->resolved->select;

  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltNode *expr = select->fields[i].expr;

      if (expr->kind != BELT_NODE_CALL || !(expr->kinds & BELT_PARSER_FUNCTION_SET_RETURNING))
        continue;
      if (plan->set_name != NULL)
        belt_resolved_fail (plan->resolved, "set-returning", expr->span, NULL,
                            "set-returning func shouldn't be more than 1");
      plan->set_name = belt_ast_field_get_name (&select->fields[i]);
    }
}

static void
build_tree (BeltLogicalPlan *plan)
{
  BeltResolved *resolved = plan->resolved;
  BeltAstSelect *select = resolved->select;
  g_autoptr(GPtrArray) children = g_ptr_array_new ();
  g_autoptr(GPtrArray) tables = g_ptr_array_new ();
  guint n_row_numbers = 0;
  BeltLogical *top;

  collect_sources (plan, children, tables);
  if (plan->options->is_event_time)
    put_on_all (children, BELT_LOGICAL_WATERMARK);
  belt_ast_walk (resolved->ast, find_analytic, &plan->has_analytic);
  if (plan->has_analytic)
    put_on_all (children, BELT_LOGICAL_ANALYTIC);

  plan->incremental = fits_incremental (plan);
  if (select->window != NULL)
    {
      top = put_on_all (children, plan->incremental ? BELT_LOGICAL_INC_WINDOW : BELT_LOGICAL_WINDOW);
      top->condition = select->window->window->filter;
    }

  if (select->n_tables > 1)
    add_joins (plan, children, tables);
  if (children->len + tables->len > 1)
    {
      for (guint i = 0; i < tables->len; i++)
        g_ptr_array_add (children, tables->pdata[i]);
      g_ptr_array_set_size (tables, 0);
    }
  if (children->len == 0)
    {
      /* Only a table: it is read as a stream is. */
      for (guint i = 0; i < tables->len; i++)
        g_ptr_array_add (children, tables->pdata[i]);
    }
  if (children->len == 0)
    {
      belt_resolved_fail (resolved, "lookup-alone", select->from_span, NULL,
                          "a lookup table can only be joined with a stream");
      return;
    }

  if (select->where != NULL && belt_resolved_is_aggregate (resolved, select->where))
    put_on_all (children, BELT_LOGICAL_AGG_FUNC);
  if (select->where != NULL)
    put_on_all (children, BELT_LOGICAL_FILTER)->condition = select->where;
  if (select->n_group_by > 0 && !plan->incremental && select->window != NULL &&
      select->window->window->kind != BELT_AST_WINDOW_STATE)
    put_on_all (children, BELT_LOGICAL_AGGREGATE);
  if (select->having != NULL)
    put_on_all (children, BELT_LOGICAL_HAVING)->condition = select->having;
  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[i].expr, find_row_number, &n_row_numbers);
  for (guint i = 0; i < n_row_numbers; i++)
    put_on_all (children, BELT_LOGICAL_WINDOW_FUNC);
  if (select->n_order_by > 0)
    put_on_all (children, BELT_LOGICAL_ORDER);
  put_on_all (children, BELT_LOGICAL_PROJECT);
  if (plan->set_name != NULL)
    put_on_all (children, BELT_LOGICAL_PROJECT_SET);

  plan->root = children->pdata[0];
}

BeltLogicalPlan *
belt_logical_plan_new (BeltResolved          *resolved,
                       const BeltRuleOptions *options)
{
  BeltLogicalPlan *plan = g_new0 (BeltLogicalPlan, 1);

  plan->resolved = resolved;
  plan->options = options;
  check_set_functions (plan);
  build_tree (plan);
  if (plan->root != NULL && options->push_predicates && resolved->error == NULL)
    push_down (plan, &plan->root, NULL);
  if (plan->root != NULL && resolved->error == NULL)
    belt_prune_check (plan);

  return plan;
}

void
belt_logical_plan_free (BeltLogicalPlan *self)
{
  if (self == NULL)
    return;

  if (self->root != NULL)
    logical_free (self->root);
  g_free (self);
}
