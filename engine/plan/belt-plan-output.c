/* belt-plan-output.c - the order and the fields of a plan's results
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-op-order.h"
#include "belt-op-project.h"

#include <string.h>

static void
order_spec_free (gpointer data)
{
  BeltOrderSpec *spec = data;

  g_free (spec->keys);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_order, belt_op_order_new)

int
belt_plan_builder_add_order (BeltPlanBuilder *self,
                             guint            index)
{
  BeltOrderSpec *spec = g_new0 (BeltOrderSpec, 1);
  BeltSpan span = self->select->order_by_span;

  spec->n_keys = self->select->n_order_by;
  spec->keys = g_new0 (BeltSortKey, spec->n_keys);
  for (guint i = 0; i < spec->n_keys; i++)
    {
      /* Bound in the first walk. */
      spec->keys[i].expr = belt_binder_bind (self->binder, self->select->order_by[i].expr, BELT_CLAUSE_OTHER);
      spec->keys[i].descending = self->select->order_by[i].descending;
    }

  return belt_plan_builder_add_op (self, BELT_PLAN_ORDER, g_strdup_printf ("%u_order", index),
                                   belt_plan_dup_text (self->plan, span), span, spec, order_spec_free, create_order);
}

static void
project_spec_free (gpointer data)
{
  BeltProjectSpec *spec = data;

  g_free (spec->fields);
  g_free (spec->order);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_project, belt_op_project_new)

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
get_limit (BeltPlanBuilder *self)
{
  return self->select->has_limit ? self->select->limit : -1;
}

static guint
count_fields (const BeltAstSelect *select)
{
  guint n = select->n_fields;

  for (guint i = 0; i < select->n_fields; i++)
    n += select->fields[i].expr->kind == BELT_NODE_WILDCARD ? select->fields[i].expr->n_replace : 0;
  return n;
}

/* What REPLACE makes of a row is children of the wildcard, and stored as aliases are. */
static void
add_replaced (BeltProjectSpec *spec,
              BeltExpr        *expr)
{
  BeltWildcard *wildcard = expr->compiled;

  spec->has_star = TRUE;
  spec->wildcard = wildcard;
  if (wildcard != NULL)
    wildcard->listed = TRUE;
  for (guint i = 0; wildcard != NULL && i < wildcard->n_replace; i++)
    {
      spec->fields[spec->n_fields++] = (BeltProjectField) {
        .kind = BELT_FIELD_ALIAS, .name = wildcard->replace[i], .name_len = strlen (wildcard->replace[i]),
        .expr = expr->children[i],
      };
      spec->has_replace = TRUE;
    }
}

/* Aliases are made when expressions are, and columns read then: one may bear the name of an alias. */
static guint
get_round (BeltFieldKind kind)
{
  return kind == BELT_FIELD_COLUMN ? 2 : kind == BELT_FIELD_ALIAS ? 1 : 0;
}

/* Fields are made in eKuiper's order; what REPLACE makes follows its wildcard. */
static guint *
dup_order (BeltPlanBuilder       *self,
           const BeltProjectSpec *spec,
           const guint           *first)
{
  guint *order = g_new (guint, spec->n_fields + 1);
  guint n = 0;

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < self->select->n_fields; i++)
        {
          guint field = self->resolved->order[i];
          guint end = field + 1 < self->select->n_fields ? first[field + 1] : spec->n_fields;

          for (guint k = first[field]; k < end; k++)
            if (get_round (spec->fields[k].kind) == round)
              order[n++] = k;
        }
    }

  return order;
}

int
belt_plan_builder_add_project (BeltPlanBuilder *self,
                               guint            index)
{
  BeltProjectSpec *spec = g_new0 (BeltProjectSpec, 1);
  BeltSpan span = self->select->fields_span;
  g_autofree guint *first = NULL;

  spec->fields = g_new0 (BeltProjectField, count_fields (self->select));
  spec->out_slot = self->plan->out_slot;
  spec->limit = self->logical->set_name != NULL ? -1 : get_limit (self);
  spec->send_nil = self->plan->options.send_nil_field;
  spec->send_meta = self->plan->options.send_meta;
  first = g_new (guint, self->select->n_fields + 1);
  for (guint i = 0; i < self->select->n_fields; i++)
    {
      const BeltAstField *ast = &self->select->fields[i];
      BeltProjectField *field = &spec->fields[spec->n_fields];

      first[i] = spec->n_fields++;
      field->expr = belt_binder_bind_field (self->binder, i);
      field->kind = get_field_kind (ast, field->expr);
      field->name = belt_ast_field_get_name (ast);
      field->name_len = strlen (field->name);
      /* A bound alias that stands there as a column again: its own field stores it, or none. */
      field->invisible = ast->invisible || (ast->alias == NULL && field->expr->kind == BELT_EXPR_ALIAS);
      if (ast->expr->kind == BELT_NODE_WILDCARD)
        add_replaced (spec, field->expr);
    }
  spec->order = dup_order (self, spec, first);

  return belt_plan_builder_add_op (self, BELT_PLAN_PROJECT, g_strdup_printf ("%u_project", index),
                                   belt_plan_dup_text (self->plan, span), span, spec, project_spec_free,
                                   create_project);
}

BELT_PLAN_DEFINE_CREATE (create_project_set, belt_op_project_set_new)

int
belt_plan_builder_add_project_set (BeltPlanBuilder *self,
                                   guint            index)
{
  BeltProjectSetSpec *spec = g_new0 (BeltProjectSetSpec, 1);

  spec->name = self->logical->set_name;
  spec->name_len = strlen (spec->name);
  spec->out_slot = self->plan->out_slot;
  spec->limit = get_limit (self);
  spec->lost = self->aggregates_all && self->select->window != NULL && !self->logical->incremental;

  return belt_plan_builder_add_op (self, BELT_PLAN_PROJECT_SET, g_strdup_printf ("%u_projectset", index),
                                   g_strdup_printf ("One row an element of %s", spec->name), self->select->fields_span,
                                   spec, g_free, create_project_set);
}
