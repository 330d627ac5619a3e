/* belt-explain-notation.c - expressions as eKuiper's syntax tree writes itself
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * `explain` prints it, and so do some error messages.  What only a planner knows of a
 * column or call (whose it is, by what it was replaced) comes in by a hook.
 */
#include "config.h"

#include "belt-unparse.h"

#include "belt-json.h"

#define BELT_NOTATION_MAX 65536u  /* bytes; a hook may write an alias out in full each time it is named */
#define BELT_NUMBER_MAX   32u

typedef struct
{
  GString         *out;
  BeltNotationHook hook;
  gpointer         data;
} Writer;

const char *
belt_ast_window_get_ekuiper_name (BeltAstWindowKind kind)
{
  static const char *const names[] = {
    "TUMBLING_WINDOW", "HOPPING_WINDOW", "SESSION_WINDOW", "SLIDING_WINDOW", "COUNT_WINDOW", "",
  };

  return names[kind];
}

static void write_node (Writer         *self,
                        const BeltNode *node);

static void
write_list (Writer          *self,
            BeltNode *const *nodes,
            guint            n)
{
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append (self->out, ", ");
      write_node (self, nodes[i]);
    }
}

static void
write_literal (Writer          *self,
               const BeltValue *value)
{
  char number[BELT_NUMBER_MAX];

  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      g_string_append (self->out, value->u.i ? "true" : "false");
      break;
    case BELT_TAG_I64:
      g_string_append_printf (self->out, "%" G_GINT64_FORMAT, value->u.i);
      break;
    case BELT_TAG_F64:
      g_string_append_len (self->out, number, (gssize)belt_number_write_go (number, value->u.f));
      break;
    case BELT_TAG_STR:
      g_string_append_len (self->out, value->u.s, value->len);
      break;
    default:
      break;
    }
}

/* Only % and _ are translated: all else keeps its meaning in regular expressions, but the backslash,
 * which stands for itself and takes the meaning from a % or _ behind it. */
void
belt_like_append_regex (GString    *out,
                        const char *pattern,
                        gsize       len)
{
  g_string_append_c (out, '^');
  for (gsize i = 0; i < len; i++)
    {
      char c = pattern[i];

      if (c == '%')
        g_string_append (out, ".*");
      else if (c == '_')
        g_string_append_c (out, '.');
      else
        g_string_append_c (out, c);
      if (c != '\\')
        continue;
      g_string_append_c (out, '\\');
      if (i + 1 < len && (pattern[i + 1] == '%' || pattern[i + 1] == '_'))
        g_string_append_c (out, pattern[++i]);
    }
  g_string_append_c (out, '$');
}

/* The right side of LIKE is shown as the regular expression it becomes, if that is known yet. */
static void
write_pattern (Writer         *self,
               const BeltNode *pattern)
{
  g_string_append (self->out, "likePattern:");
  if (pattern->kind == BELT_NODE_LITERAL && pattern->value.tag == BELT_TAG_STR)
    belt_like_append_regex (self->out, pattern->value.u.s, pattern->value.len);
  else
    write_node (self, pattern);
}

static void
write_bound (Writer         *self,
             const char     *label,
             const BeltNode *node,
             const char     *missing)
{
  g_string_append_printf (self->out, "%s:{ ", label);
  if (node != NULL)
    write_node (self, node);
  else
    g_string_append (self->out, missing);
  g_string_append (self->out, " }");
}

static void
write_range (Writer          *self,
             BeltNode *const *bounds)
{
  g_string_append (self->out, "betweenExpr:{ ");
  write_list (self, bounds, 2);
  g_string_append (self->out, " }");
}

static void
write_set (Writer          *self,
           BeltNode *const *items,
           guint            n_items)
{
  g_string_append (self->out, "valueSetExpr:{ literalExprs:[");
  write_list (self, items, n_items);
  g_string_append (self->out, "] }");
}

static void
write_right_side (Writer         *self,
                  const BeltNode *node)
{
  switch (node->kind)
    {
    case BELT_NODE_BETWEEN:
      if (node->n_children == 2)
        write_node (self, node->children[1]);
      else
        write_range (self, node->children + 1);
      break;
    case BELT_NODE_IN:
      write_set (self, node->children + 1, node->n_children - 1);
      break;
    case BELT_NODE_LIKE:
      write_pattern (self, node->children[1]);
      break;
    default:
      write_node (self, node->children[1]);
    }
}

static void
write_binary (Writer         *self,
              const BeltNode *node)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append_printf (self->out, " %s ", belt_node_get_operator (node));
  write_right_side (self, node);
  g_string_append (self->out, " }");
}

static void
write_case (Writer         *self,
            const BeltNode *node)
{
  guint i = 0;

  g_string_append (self->out, "caseExprValue:{ ");
  if (node->has_operand)
    {
      write_bound (self, "value", node->children[i++], "");
      g_string_append (self->out, ", ");
    }
  g_string_append (self->out, "whenClauses:[");
  for (gboolean first = TRUE; i + 1 < node->n_children - node->has_else; i += 2, first = FALSE)
    {
      g_string_append (self->out, first ? "{ whenClause:{ " : ", { whenClause:{ ");
      write_node (self, node->children[i]);
      g_string_append (self->out, " } }");
    }
  g_string_append (self->out, "] }");
}

static void
write_argument (Writer         *self,
                const BeltNode *call,
                const BeltNode *arg)
{
  gboolean named = arg->kind == BELT_NODE_COLUMN || arg->kind == BELT_NODE_CALL || arg->kind == BELT_NODE_WILDCARD;

  if (g_strcmp0 (call->name, "changed_cols") != 0)
    {
      write_node (self, arg);
      return;
    }
  g_string_append (self->out, "colFuncField:{ ");
  if (named)
    g_string_append_printf (self->out, "name: %s, ", arg->name);
  g_string_append (self->out, "expr:{ ");
  write_node (self, arg);
  g_string_append (self->out, " } }");
}

static void
write_call (Writer         *self,
            const BeltNode *node)
{
  gboolean whole_row = g_strcmp0 (node->name, "deduplicate") == 0;

  g_string_append_printf (self->out, "Call:{ name:%s", node->name);
  if (node->n_children > 0 || whole_row)
    {
      g_string_append (self->out, ", args:[");
      if (whole_row)
        g_string_append (self->out, node->n_children > 0 ? "*, " : "*");
      for (guint i = 0; i < node->n_children; i++)
        {
          if (i > 0)
            g_string_append (self->out, ", ");
          write_argument (self, node, node->children[i]);
        }
      g_string_append_c (self->out, ']');
    }
  if (node->over != NULL && node->over->when != NULL)
    {
      g_string_append (self->out, ", when:{ ");
      write_node (self, node->over->when);
      g_string_append (self->out, " }");
    }
  g_string_append (self->out, " }");
}

static void
write_window (Writer              *self,
              const BeltAstWindow *window)
{
  g_string_append_printf (self->out, "window:{ windowType:%s", belt_ast_window_get_ekuiper_name (window->kind));
  if (window->unit != BELT_AST_UNIT_NONE)
    g_string_append_printf (self->out, ", timeUnit: %s ", belt_ast_unit_get_name (window->unit));
  if (window->filter != NULL)
    {
      g_string_append (self->out, ", ");
      write_node (self, window->filter);
    }
  g_string_append (self->out, " }");
}

static void
write_subscript (Writer         *self,
                 const BeltNode *node)
{
  g_string_append (self->out, "binaryExpr:{ ");
  write_node (self, node->children[0]);
  g_string_append_c (self->out, '[');
  if (node->kind == BELT_NODE_INDEX)
    write_node (self, node->children[1]);
  else
    {
      g_string_append (self->out, "ColonExpr:{ ");
      write_bound (self, "start", node->children[1], "0");
      g_string_append (self->out, ", ");
      write_bound (self, "end", node->children[2], "-2147483648");
      g_string_append (self->out, " }");
    }
  g_string_append (self->out, "] }");
}

/* What eKuiper does not have. */
static void
write_sql (Writer         *self,
           const BeltNode *node)
{
  g_autofree char *text = belt_node_unparse (node);

  g_string_append (self->out, text);
}

static void
write_node (Writer         *self,
            const BeltNode *node)
{
  if (self->out->len > BELT_NOTATION_MAX)
    {
      g_string_append (self->out, "…");
      return;
    }
  if (self->hook != NULL && self->hook (node, self->out, self->data))
    return;

  switch (node->kind)
    {
    case BELT_NODE_LITERAL:
      write_literal (self, &node->value);
      break;
    case BELT_NODE_TIME_UNIT:
      g_string_append (self->out, node->name);
      break;
    case BELT_NODE_COLUMN:
      g_string_append_printf (self->out, "%s.%s", node->qualifier != NULL ? node->qualifier : "$$default",
                              node->name);
      break;
    case BELT_NODE_META:
      g_string_append_printf (self->out, "metaRef:{ streamName:%s, fieldName:%s }",
                              node->qualifier != NULL ? node->qualifier : "$$default", node->name);
      break;
    case BELT_NODE_WILDCARD:
      g_string_append_c (self->out, '*');
      break;
    case BELT_NODE_PAREN:
      g_string_append (self->out, "parenExpr:{ ");
      write_node (self, node->children[0]);
      g_string_append (self->out, " }");
      break;
    case BELT_NODE_RANGE:
      write_range (self, node->children);
      break;
    case BELT_NODE_SET:
      write_set (self, node->children, node->n_children);
      break;
    case BELT_NODE_MEMBER:
      g_string_append (self->out, "binaryExpr:{ ");
      write_node (self, node->children[0]);
      g_string_append_printf (self->out, " -> jsonFieldName:%s }", node->name);
      break;
    case BELT_NODE_INDEX:
    case BELT_NODE_SLICE:
      write_subscript (self, node);
      break;
    case BELT_NODE_CASE:
      write_case (self, node);
      break;
    case BELT_NODE_CALL:
      write_call (self, node);
      break;
    case BELT_NODE_WINDOW:
      write_window (self, node->window);
      break;
    case BELT_NODE_NOT:
    case BELT_NODE_NEGATE:
    case BELT_NODE_IS_NULL:
      write_sql (self, node);
      break;
    case BELT_NODE_ERROR:
      break;
    default:
      write_binary (self, node);
    }
}

void
belt_node_append_ekuiper (const BeltNode  *self,
                          GString         *out,
                          BeltNotationHook hook,
                          gpointer         data)
{
  Writer writer = { out, hook, data };

  write_node (&writer, self);
}

void
belt_nodes_append_ekuiper (BeltNode *const *nodes,
                           guint            n_nodes,
                           GString         *out,
                           BeltNotationHook hook,
                           gpointer         data)
{
  Writer writer = { out, hook, data };

  write_list (&writer, nodes, n_nodes);
}

char *
belt_node_to_ekuiper (const BeltNode *self,
                      const char     *before,
                      const char     *after)
{
  GString *out = g_string_new (before);

  belt_node_append_ekuiper (self, out, NULL, NULL);
  g_string_append (out, after);
  return g_string_free (out, FALSE);
}
