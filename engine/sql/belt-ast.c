/* belt-ast.c - walking the tree of a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tree's depth is bounded by the parser, so these walks recurse.
 */
#include "config.h"

#include "belt-ast.h"

void
belt_ast_free (BeltAst *self)
{
  if (self != NULL)
    belt_arena_free (self->arena);
}

static void
walk_over (BeltAstOver    *over,
           BeltNodeVisitor visit,
           gpointer        data)
{
  if (over == NULL)
    return;

  for (guint i = 0; i < over->n_partition; i++)
    belt_node_walk (over->partition[i], visit, data);
  for (guint i = 0; i < over->n_order_by; i++)
    belt_node_walk (over->order_by[i].expr, visit, data);
  belt_node_walk (over->when, visit, data);
}

void
belt_node_walk (BeltNode       *self,
                BeltNodeVisitor visit,
                gpointer        data)
{
  if (self == NULL || !visit (self, data))
    return;

  for (guint i = 0; i < self->n_children; i++)
    belt_node_walk (self->children[i], visit, data);
  for (guint i = 0; i < self->n_replace; i++)
    belt_node_walk (self->replace[i].expr, visit, data);
  walk_over (self->over, visit, data);
  if (self->window != NULL)
    {
      for (guint i = 0; i < self->window->n_args; i++)
        belt_node_walk (self->window->args[i], visit, data);
      belt_node_walk (self->window->filter, visit, data);
      walk_over (self->window->over, visit, data);
    }
}

void
belt_ast_walk (const BeltAst  *self,
               BeltNodeVisitor visit,
               gpointer        data)
{
  const BeltAstSelect *select = self->select;

  if (select == NULL)
    return;

  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[i].expr, visit, data);
  for (guint i = 0; i < select->n_tables; i++)
    belt_node_walk (select->tables[i].on, visit, data);
  belt_node_walk (select->where, visit, data);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_node_walk (select->group_by[i], visit, data);
  belt_node_walk (select->window, visit, data);
  belt_node_walk (select->having, visit, data);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, visit, data);
}

BeltNode *
belt_node_unwrap (BeltNode *self)
{
  while (self != NULL && self->kind == BELT_NODE_PAREN)
    self = self->children[0];
  return self;
}

gboolean
belt_node_is_boolean (const BeltNode *self)
{
  switch (self->kind)
    {
    case BELT_NODE_LITERAL:
      return self->value.tag == BELT_TAG_BOOL;
    case BELT_NODE_AND:
    case BELT_NODE_OR:
    case BELT_NODE_COMPARE:
    case BELT_NODE_BETWEEN:
    case BELT_NODE_IN:
    case BELT_NODE_IN_LIST:
    case BELT_NODE_LIKE:
    case BELT_NODE_NOT:
    case BELT_NODE_IS_NULL:
      return TRUE;
    default:
      return FALSE;
    }
}

const char *
belt_operator_get_text (char op)
{
  static const struct
  {
    char        op;
    const char *text;
  } operators[] = {
    { '=', "=" }, { '!', "!=" }, { '<', "<" }, { 'l', "<=" }, { '>', ">" }, { 'g', ">=" },
    { '+', "+" }, { '-', "-" }, { '*', "*" }, { '/', "/" }, { '%', "%" }, { '&', "&" }, { '|', "|" }, { '^', "^" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      if (operators[i].op == op)
        return operators[i].text;
    }

  return "?";
}

const char *
belt_node_get_operator (const BeltNode *self)
{
  switch (self->kind)
    {
    case BELT_NODE_AND:
      return "AND";
    case BELT_NODE_OR:
      return "OR";
    case BELT_NODE_CONCAT:
      return "||";
    case BELT_NODE_ARROW:
      return "->";
    case BELT_NODE_BETWEEN:
      return self->negated ? "NOT BETWEEN" : "BETWEEN";
    case BELT_NODE_IN:
    case BELT_NODE_IN_LIST:
      return self->negated ? "NOT IN" : "IN";
    case BELT_NODE_LIKE:
      return self->negated ? "NOT LIKE" : "LIKE";
    default:
      return belt_operator_get_text (self->op);
    }
}

const char *
belt_ast_unit_get_name (BeltAstUnit unit)
{
  static const char names[][3] = { "", "DD", "HH", "MI", "SS", "MS" };

  return names[unit];
}

gint64
belt_ast_unit_get_ms (BeltAstUnit unit)
{
  static const gint64 ms[] = { 0, 86400000, 3600000, 60000, 1000, 1 };

  return ms[unit];
}
