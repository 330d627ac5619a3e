/* belt-bind-calls.c - calls become expressions, or slots that an operator fills
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One function a kind of call; what an operator is to compute is listed with the binder.
 */
#include "config.h"

#include "belt-bind-private.h"

#include "belt-func-state.h"

#include <string.h>

static BeltExpr **
bind_args (BeltBinder *self,
           BeltNode   *node,
           guint       n_before,
           guint      *ret_n_args)
{
  BeltExpr **args = g_new0 (BeltExpr *, node->n_children + n_before + 1);

  for (guint i = 0; i < node->n_children; i++)
    {
      args[n_before + i] = belt_binder_bind_node (self, node->children[i]);
      g_ptr_array_add (self->exprs, args[n_before + i]);
    }

  *ret_n_args = node->n_children + n_before;
  return args;
}

/* eKuiper decodes all columns of typed streams for any wildcard, so a bad one fails the row. */
static void
demand_typed_columns (BeltBinder *self)
{
  for (guint i = 0; i < self->resolved->n_streams; i++)
    {
      const BeltStream *stream = self->resolved->streams[i];

      for (guint k = 0; k < stream->n_fields; k++)
        belt_binder_get_column (self, i, stream->fields[k].name);
    }
}

/* count(*) counts rows, so it needs no look at them. */
static BeltExpr **
bind_aggregate_args (BeltBinder         *self,
                     BeltNode           *node,
                     const BeltFunction *function,
                     guint              *ret_n_args)
{
  guint n_before = function->flags & BELT_FUNCTION_ROW ? 1 : 0;
  BeltExpr **args;

  if (strcmp (function->name, "count") == 0 && node->n_children == 1 &&
      node->children[0]->kind == BELT_NODE_WILDCARD)
    {
      args = g_new0 (BeltExpr *, 1);
      args[0] = belt_expr_new (BELT_EXPR_WILDCARD, node->span, 0);
      demand_typed_columns (self);
      g_ptr_array_add (self->exprs, args[0]);
      *ret_n_args = 1;
      return args;
    }

  self->in_aggregate = TRUE;
  args = bind_args (self, node, n_before, ret_n_args);
  self->in_aggregate = FALSE;
  if (n_before > 0)
    {
      args[0] = belt_binder_bind_wildcard (self, node->span, G_MAXUINT);
      g_ptr_array_add (self->exprs, args[0]);
    }

  return args;
}

/* A call of the text has one slot however often an alias leads to it; FALSE: it had one. */
static gboolean
reserve_slot (BeltBinder   *self,
              BeltNode     *node,
              BeltSlotKind  kind,
              guint        *ret_slot)
{
  GHashTable *slots = self->lone_rows && kind == BELT_SLOT_AGGREGATE ? self->lone_slots : self->call_slots;
  guint known = GPOINTER_TO_UINT (g_hash_table_lookup (slots, node));

  *ret_slot = known != 0 ? known - 1 : belt_binder_add_slot (self, kind, 0, node->name);
  if (known == 0)
    g_hash_table_insert (slots, node, GUINT_TO_POINTER (*ret_slot + 1));

  return known == 0;
}

static BeltExpr *
bind_aggregate (BeltBinder         *self,
                BeltNode           *node,
                const BeltFunction *function)
{
  BeltAggregateCall call = { .function = function, .span = node->span };

  if (!reserve_slot (self, node, BELT_SLOT_AGGREGATE, &call.slot))
    return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, call.slot);

  call.args = bind_aggregate_args (self, node, function, &call.n_args);
  /* The alias of an incremental aggregate is there when WHERE asks for it. */
  if (self->lone_rows)
    g_array_append_val (self->lone_aggregates, call);
  else if (self->clause == BELT_CLAUSE_WHERE && !(self->incremental && self->n_aliases_open > 0))
    g_array_append_val (self->where_aggregates, call);
  else
    g_array_append_val (self->aggregates, call);

  return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, call.slot);
}

static BeltExpr *
bind_analytic (BeltBinder         *self,
               BeltNode           *node,
               const BeltFunction *function)
{
  BeltAnalyticCall call = { .function = function, .span = node->span };

  if (!reserve_slot (self, node, BELT_SLOT_ANALYTIC, &call.slot))
    {
      /* An incremental window copies rows without what was computed of them: it is null from there on. */
      if (self->incremental && !self->before_window && self->clause != BELT_CLAUSE_WINDOW)
        return belt_expr_new (BELT_EXPR_CONST, node->span, 0);
      return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, call.slot);
    }

  call.args = bind_args (self, node, 0, &call.n_args);
  if (node->over != NULL)
    {
      call.n_partition = node->over->n_partition;
      call.partition = g_new0 (BeltExpr *, call.n_partition + 1);
      for (guint i = 0; i < call.n_partition; i++)
        {
          call.partition[i] = belt_binder_bind_node (self, node->over->partition[i]);
          g_ptr_array_add (self->exprs, call.partition[i]);
        }
      if (node->over->when != NULL)
        {
          call.when = belt_binder_bind_node (self, node->over->when);
          g_ptr_array_add (self->exprs, call.when);
        }
    }
  g_array_append_val (self->analytics, call);

  return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, call.slot);
}

static gboolean
reads_aggregate (const BeltExpr *expr,
                 const GArray   *slots)
{
  if (expr == NULL)
    return FALSE;
  if (expr->kind == BELT_EXPR_SLOT &&
      g_array_index (slots, BeltSlot, expr->slot).kind == BELT_SLOT_AGGREGATE)
    return TRUE;

  for (guint i = 0; i < expr->n_children; i++)
    {
      if (reads_aggregate (expr->children[i], slots))
        return TRUE;
    }

  return FALSE;
}

static BeltExpr *
bind_plugin_call (BeltBinder         *self,
                  BeltNode           *node,
                  const BeltFunction *function)
{
  BeltCallSite call = { .function = function, .span = node->span };
  BeltCallPhase phase = BELT_CALL_ROWS;

  if (!reserve_slot (self, node, BELT_SLOT_CALL, &call.slot))
    return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, call.slot);

  call.args = bind_args (self, node, 0, &call.n_args);
  if (self->clause == BELT_CLAUSE_WHERE)
    phase = BELT_CALL_WHERE;
  else if (self->clause == BELT_CLAUSE_WINDOW)
    phase = BELT_CALL_EARLY;
  for (guint i = 0; i < call.n_args && phase == BELT_CALL_ROWS; i++)
    {
      if (reads_aggregate (call.args[i], self->slots))
        phase = BELT_CALL_GROUPS;
    }
  g_array_append_val (self->calls[phase], call);

  return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, call.slot);
}

/* The state that all calls of one hit counter in one clause share. */
static guint
get_hit_state (BeltBinder *self,
               guint       function,
               gboolean   *ret_is_new)
{
  GArray *states = self->hit_states[self->clause];
  BeltHitState state = { .function = function };

  *ret_is_new = FALSE;
  for (guint i = 0; i < states->len; i++)
    {
      if (g_array_index (states, BeltHitState, i).function == function)
        return g_array_index (states, BeltHitState, i).state;
    }

  *ret_is_new = TRUE;
  state.state = belt_binder_add_state (self, g_free);  /* by which a topology knows it */
  g_array_append_val (states, state);
  return state.state;
}

static gboolean
sees_groups (const BeltBinder *self)
{
  gboolean is_clause = self->clause == BELT_CLAUSE_FIELDS || self->clause == BELT_CLAUSE_HAVING;

  return is_clause && !self->in_aggregate && !self->incremental && belt_resolved_has_aggregates (self->resolved);
}

static BeltExpr *
bind_hits (BeltBinder         *self,
           BeltNode           *node,
           const BeltFunction *function,
           guint               context)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_CALL, node->span, 0);
  gboolean only_reads = self->clause == BELT_CLAUSE_WHERE || self->clause == BELT_CLAUSE_HAVING ||
                        self->clause == BELT_CLAUSE_WINDOW;
  BeltExpr *again;
  gboolean is_new;

  expr->function = function;
  expr->slot = context;
  expr->state = get_hit_state (self, context, &is_new);
  expr->negated = sees_groups (self) || self->clause == BELT_CLAUSE_HAVING;
  expr->has_operand = !only_reads;
  if (!only_reads || !is_new)
    return expr;

  again = belt_expr_new (BELT_EXPR_CALL, node->span, 0);
  again->function = function;
  again->slot = context;
  again->state = expr->state;
  again->negated = expr->negated;
  again->has_operand = TRUE;
  g_ptr_array_add (self->exprs, again);
  g_ptr_array_add (self->hits[self->clause], again);
  return expr;
}

/* meta(key), meta(stream.key), meta(key->sub), meta(*); eKuiper's mqtt(messageid) is the same. */
static BeltExpr *
bind_meta (BeltBinder         *self,
           BeltNode           *node,
           BeltNode           *arg,
           const BeltFunction *function)
{
  BeltExpr *expr;

  arg = belt_node_unwrap (arg);
  if (arg->kind == BELT_NODE_MEMBER)
    {
      expr = belt_expr_new (BELT_EXPR_MEMBER, node->span, 1);
      expr->name = arg->name;
      expr->name_len = strlen (arg->name);
      expr->children[0] = bind_meta (self, node, arg->children[0], function);
      return expr;
    }

  expr = belt_expr_new (BELT_EXPR_CALL, node->span, 0);
  expr->function = function;
  expr->slot = BELT_CONTEXT_META;
  expr->name = arg->name != NULL ? arg->name : "*";
  if (g_ascii_strcasecmp (expr->name, "messageid") == 0)
    expr->name = "messageId";
  expr->name_len = strlen (expr->name);
  return expr;
}

static BeltExpr *
bind_context_call (BeltBinder         *self,
                   BeltNode           *node,
                   const BeltFunction *function)
{
  guint context = belt_context_function_lookup (function->name);
  BeltExpr *expr;

  switch (context)
    {
    case BELT_CONTEXT_META:
      return bind_meta (self, node, node->children[0], function);

    case BELT_CONTEXT_HIT_COUNT:
    case BELT_CONTEXT_HIT_TIME:
      return bind_hits (self, node, function, context);

    case BELT_CONTEXT_ROW_NUMBER:
      if (self->row_number_slot < 0)
        self->row_number_slot = (int)belt_binder_add_slot (self, BELT_SLOT_ANALYTIC, 0, "row_number");
      return belt_binder_new_slot_expr (BELT_EXPR_SLOT, node->span, (guint)self->row_number_slot);

    default:
      expr = belt_expr_new (BELT_EXPR_CALL, node->span, node->n_children);
      expr->function = function;
      expr->slot = context;
      expr->negated = context == BELT_CONTEXT_EVENT_TIME && sees_groups (self);
      belt_binder_bind_children (self, expr, node);
      return expr;
    }
}

/* changed_cols(prefix, ignoreNull, columns…): the names of the columns stand beside their values. */
static BeltExpr *
bind_changed_columns (BeltBinder         *self,
                      BeltNode           *node,
                      const BeltFunction *function)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_CALL, node->span, node->n_children);
  char **names = g_new0 (char *, node->n_children + 1);

  expr->function = function;
  expr->slot = BELT_CONTEXT_CHANGED_COLUMNS;
  expr->state = belt_binder_add_state (self, (GDestroyNotify)belt_changed_columns_free);
  belt_binder_bind_children (self, expr, node);
  for (guint i = 0; i < node->n_children; i++)
    {
      BeltNode *arg = belt_node_unwrap (node->children[i]);

      names[i] = g_strdup (arg->kind == BELT_NODE_COLUMN || arg->kind == BELT_NODE_CALL ? arg->name : "");
    }

  expr->compiled = names;
  expr->compiled_free = (GDestroyNotify)g_strfreev;
  return expr;
}

static BeltExpr *
bind_known_call (BeltBinder         *self,
                 BeltNode           *node,
                 const BeltFunction *function)
{
  BeltExpr *expr;

  if (function->flags & BELT_FUNCTION_AGGREGATE)
    return bind_aggregate (self, node, function);
  if (function->flags & BELT_FUNCTION_ANALYTIC)
    return bind_analytic (self, node, function);
  if (function->flags & BELT_FUNCTION_COLUMNS)
    return bind_changed_columns (self, node, function);
  if (function->flags & (BELT_FUNCTION_CONTEXT | BELT_FUNCTION_SET_RETURNING))
    return bind_context_call (self, node, function);
  if (function->batch != NULL)
    return bind_plugin_call (self, node, function);

  expr = belt_binder_bind_plain (self, node, BELT_EXPR_CALL);
  expr->function = function;
  if (function->flags & BELT_FUNCTION_STATEFUL)
    expr->state = belt_binder_add_state (self, function->state_free);

  return expr;
}

BeltExpr *
belt_binder_bind_call (BeltBinder *self,
                       BeltNode   *node)
{
  BeltExpr *expr;

  if (node->function == NULL)
    {
      belt_resolved_fail (self->resolved, "unknown-function", node->name_span, NULL,
                          "function %s not found", node->name);
      return belt_expr_new (BELT_EXPR_CONST, node->span, 0);
    }

  self->call_depth++;
  expr = bind_known_call (self, node, node->function);
  self->call_depth--;
  return expr;
}
