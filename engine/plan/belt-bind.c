/* belt-bind.c - from the tree of a statement to bound expressions and slots
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One function a kind of node that needs more than its children bound.  Aliases are
 * bound once and shared: the nodes that refer to one lend its expression, so a
 * chain of aliases stays linear.
 */
#include "config.h"

#include "belt-bind-private.h"


#include "belt-parser.h"

#include <string.h>

static gboolean
unprune_member (BeltNode *node,
                gpointer  data)
{
  BeltBinder *self = data;
  const BeltNode *base = node;
  const BeltRef *ref;
  g_autofree char *key = NULL;

  if (node->kind != BELT_NODE_MEMBER && node->kind != BELT_NODE_ARROW)
    return TRUE;

  while (base->kind == BELT_NODE_MEMBER)
    base = base->children[0];
  if (base->kind == BELT_NODE_META)
    return TRUE;
  ref = base->kind == BELT_NODE_COLUMN ? belt_resolved_get (self->resolved, base) : NULL;
  if (ref == NULL || ref->kind != BELT_REF_COLUMN)
    return FALSE;

  key = g_strdup_printf ("%u/%s", ref->stream, base->name);
  g_hash_table_remove (self->pruned, key);
  return FALSE;
}

/* eKuiper drops STRUCT columns of typed streams from the decoder unless the statement reaches into
 * them with ->, so they are missing elsewhere.  It looks no deeper than the outermost ->, which takes
 * in the operators of its level before it: in o->x / o->y, that is (o->x / o)->y, it finds no member of o. */
static void
find_pruned (BeltBinder *self)
{
  for (guint i = 0; i < self->resolved->n_streams; i++)
    {
      const BeltStream *stream = self->resolved->streams[i];

      /* Of protobuf it decodes all of the message. */
      for (guint k = 0; stream->message == NULL && k < stream->n_fields; k++)
        {
          if (stream->fields[k].type->kind == BELT_TYPE_STRUCT)
            g_hash_table_add (self->pruned, g_strdup_printf ("%u/%s", i, stream->fields[k].name));
        }
    }

  if (g_hash_table_size (self->pruned) > 0)
    belt_ast_walk (self->resolved->ast, unprune_member, self);
}

BeltBinder *
belt_binder_new (BeltResolved      *resolved,
                 BeltFunctionTable *functions)
{
  BeltBinder *self = g_new0 (BeltBinder, 1);

  self->resolved = resolved;
  self->functions = functions;
  self->slots = g_array_new (FALSE, TRUE, sizeof (BeltSlot));
  self->columns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->order = g_new (guint, resolved->n_streams + 1);
  self->whole_slots = g_new (guint, resolved->n_streams + 1);
  self->alias_slots = g_new (guint, resolved->n_aliases + 1);
  self->alias_exprs = g_new0 (BeltExpr *, resolved->n_aliases + 1);
  for (guint i = 0; i < resolved->n_streams; i++)
    {
      self->order[i] = i;
      self->whole_slots[i] = G_MAXUINT;
    }
  self->field_aliases = g_new (guint, resolved->select->n_fields + 1);
  for (guint i = 0; i < resolved->select->n_fields; i++)
    self->field_aliases[i] = G_MAXUINT;
  for (guint i = 0; i < resolved->n_aliases; i++)
    {
      self->alias_slots[i] = G_MAXUINT;
      self->field_aliases[resolved->aliases[i]] = i;
    }
  self->call_slots = g_hash_table_new (NULL, NULL);
  self->aggregates = g_array_new (FALSE, TRUE, sizeof (BeltAggregateCall));
  self->where_aggregates = g_array_new (FALSE, TRUE, sizeof (BeltAggregateCall));
  self->lone_slots = g_hash_table_new (NULL, NULL);
  self->lone_aggregates = g_array_new (FALSE, TRUE, sizeof (BeltAggregateCall));
  self->analytics = g_array_new (FALSE, TRUE, sizeof (BeltAnalyticCall));
  for (guint i = 0; i < BELT_CALL_N_PHASES; i++)
    self->calls[i] = g_array_new (FALSE, TRUE, sizeof (BeltCallSite));
  for (guint i = 0; i < BELT_CLAUSE_N; i++)
    {
      self->hits[i] = g_ptr_array_new ();
      self->hit_states[i] = g_array_new (FALSE, TRUE, sizeof (BeltHitState));
    }
  self->roots = g_hash_table_new (NULL, NULL);
  self->exprs = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_expr_free);
  self->state_frees = g_array_new (FALSE, TRUE, sizeof (GDestroyNotify));
  self->row_number_slot = -1;
  self->pruned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  find_pruned (self);

  return self;
}

/* What the plan has taken over is NULL by then. */
void
belt_binder_free (BeltBinder *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; self->slots != NULL && i < self->slots->len; i++)
    g_free (g_array_index (self->slots, BeltSlot, i).name);
  g_clear_pointer (&self->slots, g_array_unref);
  g_hash_table_unref (self->columns);
  g_free (self->order);
  g_free (self->whole_slots);
  g_free (self->alias_slots);
  g_free (self->field_aliases);
  g_free (self->alias_exprs);
  g_hash_table_unref (self->call_slots);
  g_hash_table_unref (self->roots);
  g_hash_table_unref (self->pruned);
  g_clear_pointer (&self->aggregates, g_array_unref);
  g_clear_pointer (&self->where_aggregates, g_array_unref);
  g_hash_table_unref (self->lone_slots);
  g_clear_pointer (&self->lone_aggregates, g_array_unref);
  g_clear_pointer (&self->analytics, g_array_unref);
  for (guint i = 0; i < BELT_CALL_N_PHASES; i++)
    g_clear_pointer (&self->calls[i], g_array_unref);
  for (guint i = 0; i < BELT_CLAUSE_N; i++)
    {
      g_ptr_array_unref (self->hits[i]);
      g_array_unref (self->hit_states[i]);
    }
  g_clear_pointer (&self->exprs, g_ptr_array_unref);
  g_clear_pointer (&self->state_frees, g_array_unref);
  g_free (self);
}

guint
belt_binder_add_slot (BeltBinder   *self,
                      BeltSlotKind  kind,
                      guint         stream,
                      const char   *name)
{
  BeltSlot slot = { .kind = kind, .stream = stream, .name = g_strdup (name), .name_len = strlen (name) };

  g_array_append_val (self->slots, slot);
  return self->slots->len - 1;
}

guint
belt_binder_get_column (BeltBinder *self,
                        guint       stream,
                        const char *name)
{
  g_autofree char *key = g_strdup_printf ("%u/%s", stream, name);
  guint slot = GPOINTER_TO_UINT (g_hash_table_lookup (self->columns, key));

  if (slot != 0)
    return slot - 1;

  slot = belt_binder_add_slot (self, BELT_SLOT_COLUMN, stream, name);
  g_hash_table_insert (self->columns, g_steal_pointer (&key), GUINT_TO_POINTER (slot + 1));
  return slot;
}

static guint
get_whole_slot (BeltBinder *self,
                guint       stream)
{
  if (self->whole_slots[stream] == G_MAXUINT)
    self->whole_slots[stream] = belt_binder_add_slot (self, BELT_SLOT_WHOLE, stream, "*");

  return self->whole_slots[stream];
}

guint
belt_binder_add_state (BeltBinder     *self,
                       GDestroyNotify  state_free)
{
  g_array_append_val (self->state_frees, state_free);
  return self->state_frees->len - 1;
}

static BeltExpr *
new_null (BeltSpan span)
{
  return belt_expr_new (BELT_EXPR_CONST, span, 0);
}

static BeltExpr *
new_missing (BeltSpan span)
{
  BeltExpr *expr = new_null (span);

  expr->constant = belt_value_missing ();
  return expr;
}

BeltExpr *
belt_binder_new_slot_expr (BeltExprKind kind,
                           BeltSpan     span,
                           guint        slot)
{
  BeltExpr *expr = belt_expr_new (kind, span, 0);

  expr->slot = slot;
  return expr;
}

/* Streams without a schema give their whole row, others their columns; delimited text names its
 * columns itself. */
static void
append_stream_slots (BeltBinder *self,
                     GArray     *slots,
                     guint       stream)
{
  const BeltStream *definition = self->resolved->streams[stream];
  guint slot;

  if (definition->n_fields == 0 || g_ascii_strcasecmp (definition->format != NULL ? definition->format : "",
                                                       "delimited") == 0)
    {
      slot = get_whole_slot (self, stream);
      g_array_append_val (slots, slot);
      return;
    }

  for (guint i = 0; i < definition->n_fields; i++)
    {
      slot = belt_binder_get_column (self, stream, definition->fields[i].name);
      g_array_append_val (slots, slot);
    }
}

/* Where names of joined rows meet, the first part wins in a row that is sent and the last one in a row that
 * is an argument: eKuiper puts the two together in different places. */
BeltExpr *
belt_binder_bind_wildcard (BeltBinder *self,
                           BeltSpan    span,
                           guint       stream)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_WILDCARD, span, 0);
  GArray *slots = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < self->resolved->n_streams; i++)
    {
      guint part = self->order[self->call_depth > 0 ? i : self->resolved->n_streams - 1 - i];

      if (stream == G_MAXUINT || stream == part)
        append_stream_slots (self, slots, part);
    }

  expr->n_slots = slots->len;
  expr->slots = (guint *)g_array_free (slots, FALSE);
  return expr;
}

/* Of several wildcards in the list the EXCEPT of the last one is that of all. */
static const BeltNode *
find_except (BeltBinder     *self,
             const BeltNode *node)
{
  const BeltAstSelect *select = self->resolved->select;
  const BeltNode *last = node;
  gboolean listed = FALSE;

  for (guint i = 0; i < select->n_fields; i++)
    {
      listed |= select->fields[i].expr == node;
      if (select->fields[i].expr->kind == BELT_NODE_WILDCARD)
        last = select->fields[i].expr;
    }

  return listed ? last : node;
}

static BeltExpr *
bind_wildcard (BeltBinder *self,
               BeltNode   *node)
{
  BeltExpr *expr = belt_binder_bind_wildcard (self, node->span, G_MAXUINT);
  const BeltNode *except = find_except (self, node);
  BeltWildcard *wildcard;

  if (except->n_except == 0 && node->n_replace == 0)
    return expr;

  wildcard = belt_wildcard_new (except->n_except, node->n_replace);
  for (guint i = 0; i < except->n_except; i++)
    wildcard->except[i] = g_strdup (except->except[i].name);

  expr->n_children = node->n_replace;
  expr->children = g_new0 (BeltExpr *, node->n_replace + 1);
  for (guint i = 0; i < node->n_replace; i++)
    {
      const BeltAstField *field = &node->replace[i];

      wildcard->replace[i] = g_strdup (field->alias != NULL ? field->alias : "");
      expr->children[i] = belt_binder_bind_node (self, field->expr);
    }

  expr->compiled = wildcard;
  expr->compiled_free = (GDestroyNotify)belt_wildcard_free;
  return expr;
}

#define BELT_LONE_ALIASES_MAX 10000u

/* What an alias is of one row alone, which is not its value. */
static BeltExpr *
bind_lone_alias (BeltBinder *self,
                 BeltSpan    span,
                 guint       alias)
{
  BeltExpr *expr;

  if (self->n_lone_aliases > self->resolved->n_aliases)
    return new_null (span);
  /* Each is bound again wherever it stands: aliases that use each other twice are ever more. */
  if (self->n_lone_bound == BELT_LONE_ALIASES_MAX)
    {
      belt_resolved_fail (self->resolved, "too-deep", span, "compute it in a statement of its own",
                          "aliases of aggregates use each other here more than %u times", BELT_LONE_ALIASES_MAX);
      return new_null (span);
    }

  self->n_lone_bound++;
  self->n_lone_aliases++;
  expr = belt_binder_bind_node (self, belt_resolved_get_alias_expr (self->resolved, alias));
  self->n_lone_aliases--;
  return expr;
}

typedef struct
{
  BeltBinder *binder;
  gboolean    found;
} RowSearch;

static gboolean
find_what_differs (BeltNode *node,
                   gpointer  data)
{
  RowSearch *search = data;
  const BeltRef *ref = node->kind == BELT_NODE_COLUMN ? belt_resolved_get (search->binder->resolved, node) : NULL;

  search->found |= ref != NULL && ref->kind == BELT_REF_ALIAS && ref->open;
  search->found |= node->kind == BELT_NODE_CALL && strcmp (node->name, "event_time") == 0;
  return !search->found;
}

/* In an aggregate's arguments an alias may be another thing than in the list of fields: event_time() is of the
 * row and not of the group, and an alias that is found by its name was not made yet. */
static gboolean
differs_by_row (BeltBinder *self,
                guint       alias)
{
  RowSearch search = { .binder = self };

  if (self->in_aggregate)
    belt_node_walk (belt_resolved_get_alias_expr (self->resolved, alias), find_what_differs, &search);
  return search.found;
}

/* The alias's own expression, bound at first need and lent to every reference. */
static BeltExpr *
bind_alias (BeltBinder *self,
            BeltSpan    span,
            guint       alias)
{
  const char *name = belt_resolved_get_alias_name (self->resolved, alias);
  BeltExpr *expr;

  if (differs_by_row (self, alias) ||
      (self->lone_rows && belt_resolved_is_aggregate (self->resolved,
                                                      belt_resolved_get_alias_expr (self->resolved, alias))))
    return bind_lone_alias (self, span, alias);

  expr = belt_expr_new (BELT_EXPR_ALIAS, span, 1);
  if (self->alias_slots[alias] == G_MAXUINT)
    {
      self->alias_slots[alias] = belt_binder_add_slot (self, BELT_SLOT_ALIAS, 0, name);
      self->n_aliases_open++;
      self->alias_exprs[alias] = belt_binder_bind_node (self, belt_resolved_get_alias_expr (self->resolved, alias));
      self->n_aliases_open--;
      g_ptr_array_add (self->exprs, self->alias_exprs[alias]);
    }

  /* While it is being bound itself (a cycle that was let through) it reads as null. */
  if (self->alias_exprs[alias] == NULL)
    {
      belt_expr_free (expr);
      return new_null (span);
    }

  expr->children[0] = self->alias_exprs[alias];
  expr->slot = self->alias_slots[alias];
  expr->name = name;
  expr->name_len = strlen (name);
  return expr;
}

static void
append_any_slots (BeltBinder *self,
                  BeltExpr   *expr,
                  const char *name)
{
  expr->n_slots = self->resolved->n_streams;
  expr->slots = g_new0 (guint, expr->n_slots + 1);
  for (guint i = 0; i < expr->n_slots; i++)
    expr->slots[i] = belt_binder_get_column (self, self->order[i], name);
}

/* A name that is a column and an alias: the alias where something made it already. */
static BeltExpr *
bind_open (BeltBinder    *self,
           BeltNode      *node,
           const BeltRef *ref)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_ANY_COLUMN, node->span, 0);

  if (self->alias_slots[ref->alias] == G_MAXUINT)
    belt_expr_free (bind_alias (self, node->span, ref->alias));

  append_any_slots (self, expr, node->name);
  expr->slot = self->alias_slots[ref->alias] + 1;
  return expr;
}

static BeltExpr *
bind_column (BeltBinder *self,
             BeltNode   *node)
{
  const BeltRef *ref = belt_resolved_get (self->resolved, node);
  BeltExpr *expr;

  if (ref == NULL)
    return new_null (node->span);

  switch (ref->kind)
    {
    case BELT_REF_ALIAS:
      if (!ref->open)
        return bind_alias (self, node->span, ref->alias);

      expr = bind_open (self, node, ref);
      break;

    case BELT_REF_NONE:
      return new_missing (node->span);

    case BELT_REF_WILDCARD:
      return belt_binder_bind_wildcard (self, node->span, ref->stream);

    case BELT_REF_ANY:
      expr = belt_expr_new (BELT_EXPR_ANY_COLUMN, node->span, 0);
      append_any_slots (self, expr, node->name);
      break;

    case BELT_REF_COLUMN:
    default:
      expr = belt_binder_new_slot_expr (BELT_EXPR_COLUMN, node->span,
                                        belt_binder_get_column (self, ref->stream, node->name));
      break;
    }

  expr->name = node->name;
  expr->name_len = strlen (node->name);
  return expr;
}

void
belt_binder_bind_children (BeltBinder *self,
                           BeltExpr   *expr,
                           BeltNode   *node)
{
  for (guint i = 0; i < node->n_children; i++)
    {
      if (node->children[i] != NULL)
        expr->children[i] = belt_binder_bind_node (self, node->children[i]);
    }
}

BeltExpr *
belt_binder_bind_plain (BeltBinder   *self,
                        BeltNode     *node,
                        BeltExprKind  kind)
{
  BeltExpr *expr = belt_expr_new (kind, node->span, node->n_children);

  expr->op = node->op;
  expr->negated = node->negated;
  expr->has_operand = node->has_operand;
  expr->has_else = node->has_else;
  belt_binder_bind_children (self, expr, node);

  return expr;
}

static BeltExpr *
bind_member (BeltBinder *self,
             BeltNode   *node)
{
  BeltExpr *expr = belt_binder_bind_plain (self, node, BELT_EXPR_MEMBER);

  expr->name = node->name;
  expr->name_len = strlen (node->name);

  return expr;
}

static BeltExpr *
bind_like (BeltBinder *self,
           BeltNode   *node)
{
  BeltExpr *expr = belt_binder_bind_plain (self, node, BELT_EXPR_LIKE);
  const BeltExpr *pattern = expr->children[1];
  g_autoptr(GError) error = NULL;

  if (pattern->kind != BELT_EXPR_CONST || pattern->constant.tag != BELT_TAG_STR)
    return expr;

  expr->compiled = belt_like_new (pattern->constant.u.s, pattern->constant.len, &error);
  expr->compiled_free = (GDestroyNotify)belt_like_free;
  if (expr->compiled == NULL)
    belt_resolved_fail (self->resolved, "like", node->children[1]->span, NULL,
                        "invalid LIKE pattern: %s", error->message);

  return expr;
}

static BeltExpr *
bind_literal (BeltNode *node)
{
  BeltExpr *expr = belt_expr_new (BELT_EXPR_CONST, node->span, 0);

  expr->constant = node->value;
  return expr;
}

BeltExpr *
belt_binder_bind_node (BeltBinder *self,
                       BeltNode   *node)
{
  switch (node->kind)
    {
    case BELT_NODE_LITERAL:
      return bind_literal (node);
    case BELT_NODE_COLUMN:
      return bind_column (self, node);
    case BELT_NODE_WILDCARD:
      return bind_wildcard (self, node);
    case BELT_NODE_PAREN:
      return belt_binder_bind_node (self, node->children[0]);
    case BELT_NODE_ARITHMETIC:
      return belt_binder_bind_plain (self, node, BELT_EXPR_ARITHMETIC);
    case BELT_NODE_COMPARE:
      return belt_binder_bind_plain (self, node, BELT_EXPR_COMPARE);
    case BELT_NODE_AND:
      return belt_binder_bind_plain (self, node, BELT_EXPR_AND);
    case BELT_NODE_OR:
      return belt_binder_bind_plain (self, node, BELT_EXPR_OR);
    case BELT_NODE_BETWEEN:
      return belt_binder_bind_plain (self, node, BELT_EXPR_BETWEEN);
    case BELT_NODE_IN:
      return belt_binder_bind_plain (self, node, BELT_EXPR_IN);
    case BELT_NODE_IN_LIST:
      return belt_binder_bind_plain (self, node, BELT_EXPR_IN_LIST);
    case BELT_NODE_LIKE:
      return bind_like (self, node);
    case BELT_NODE_MEMBER:
      return bind_member (self, node);
    case BELT_NODE_RANGE:
      return belt_binder_bind_plain (self, node, BELT_EXPR_RANGE);
    case BELT_NODE_SET:
      return belt_binder_bind_plain (self, node, BELT_EXPR_SET);
    case BELT_NODE_ARROW:
      return belt_binder_bind_plain (self, node, BELT_EXPR_ARROW);
    case BELT_NODE_INDEX:
      return belt_binder_bind_plain (self, node, BELT_EXPR_INDEX);
    case BELT_NODE_SLICE:
      return belt_binder_bind_plain (self, node, BELT_EXPR_SLICE);
    case BELT_NODE_CASE:
      return belt_binder_bind_plain (self, node, BELT_EXPR_CASE);
    case BELT_NODE_CALL:
      return belt_binder_bind_call (self, node);
    case BELT_NODE_NOT:
      return belt_binder_bind_plain (self, node, BELT_EXPR_NOT);
    case BELT_NODE_NEGATE:
      return belt_binder_bind_plain (self, node, BELT_EXPR_NEGATE);
    case BELT_NODE_CONCAT:
      return belt_binder_bind_plain (self, node, BELT_EXPR_CONCAT);
    case BELT_NODE_IS_NULL:
      return belt_binder_bind_plain (self, node, BELT_EXPR_IS_NULL);
    case BELT_NODE_WINDOW:
      return new_missing (node->span);
    case BELT_NODE_TIME_UNIT:
    case BELT_NODE_META:
    case BELT_NODE_ERROR:
    default:
      return new_null (node->span);
    }
}

BeltExpr *
belt_binder_bind (BeltBinder *self,
                  BeltNode   *node,
                  BeltClause  clause)
{
  BeltClause outer = self->clause;
  BeltExpr *expr = g_hash_table_lookup (self->roots, node);

  if (expr != NULL)
    return expr;

  self->clause = clause;
  expr = belt_binder_bind_node (self, node);
  self->clause = outer;
  g_hash_table_insert (self->roots, node, expr);
  g_ptr_array_add (self->exprs, expr);

  return expr;
}

BeltExpr *
belt_binder_bind_lone (BeltBinder *self,
                       BeltNode   *node)
{
  BeltExpr *expr;

  self->lone_rows = TRUE;
  expr = belt_binder_bind (self, node, BELT_CLAUSE_OTHER);
  self->lone_rows = FALSE;
  return expr;
}

BeltExpr *
belt_binder_bind_field (BeltBinder *self,
                        guint       field)
{
  const BeltAstField *ast = &self->resolved->select->fields[field];
  guint alias = self->field_aliases[field];
  BeltExpr *expr;

  if (alias == G_MAXUINT)
    return belt_binder_bind (self, ast->expr, BELT_CLAUSE_FIELDS);

  expr = g_hash_table_lookup (self->roots, ast);
  if (expr == NULL)
    {
      expr = bind_alias (self, ast->expr->span, alias);
      g_hash_table_insert (self->roots, (gpointer)ast, expr);
      g_ptr_array_add (self->exprs, expr);
    }
  return expr;
}

typedef struct
{
  GPtrArray *calls;   /* BeltNode*, outer before inner */
} Calls;

static gboolean
collect_analytic (BeltNode *node,
                  gpointer  data)
{
  Calls *calls = data;

  if (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_ANALYTIC))
    g_ptr_array_add (calls->calls, node);

  return TRUE;
}

void
belt_binder_bind_analytic (BeltBinder *self,
                           BeltNode   *node,
                           BeltClause  clause)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new ();
  Calls calls = { found };
  BeltClause outer = self->clause;

  belt_node_walk (node, collect_analytic, &calls);
  self->clause = clause;
  for (guint i = found->len; i > 0; i--)
    belt_expr_free (belt_binder_bind_node (self, found->pdata[i - 1]));
  self->clause = outer;
}

static void
finish_member (BeltBinder *self,
               BeltExpr   *expr)
{
  expr->slots = g_new0 (guint, self->resolved->n_streams + 1);
  for (guint stream = 0; stream < self->resolved->n_streams; stream++)
    {
      g_autofree char *key = g_strdup_printf ("%u/%s", stream, expr->name);

      if (self->whole_slots[stream] != G_MAXUINT || g_hash_table_contains (self->columns, key))
        expr->slots[expr->n_slots++] = belt_binder_get_column (self, stream, expr->name);
    }
}

static void
finish_expr (BeltBinder *self,
             BeltExpr   *expr)
{
  if (expr == NULL || expr->kind == BELT_EXPR_ALIAS)
    return;
  if (expr->kind == BELT_EXPR_MEMBER && expr->slots == NULL)
    finish_member (self, expr);
  for (guint i = 0; i < expr->n_children; i++)
    finish_expr (self, expr->children[i]);
}

void
belt_binder_finish (BeltBinder *self)
{
  for (guint i = 0; i < self->exprs->len; i++)
    finish_expr (self, self->exprs->pdata[i]);
}
