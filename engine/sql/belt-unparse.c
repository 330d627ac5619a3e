/* belt-unparse.c - tree to SQL
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Brackets are nodes of the tree, so writing the tokens in order is enough to
 * keep its shape.
 */
#include "config.h"

#include "belt-unparse.h"

#include "belt-lexer.h"

static void write_node (GString        *out,
                        const BeltNode *node);

static gboolean
is_plain_name (const char *name)
{
  gsize n = strlen (name);

  if (!g_ascii_isalpha (name[0]) || belt_token_lookup_word (name, n) != BELT_TOKEN_IDENT)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum (name[i]) && name[i] != '_')
      return FALSE;
  return TRUE;
}

static void
write_name (GString    *out,
            const char *name)
{
  if (is_plain_name (name))
    g_string_append (out, name);
  else
    g_string_append_printf (out, "`%s`", name);
}

char *
belt_name_quote (const char *name)
{
  GString *out = g_string_new (NULL);

  write_name (out, name);
  return g_string_free (out, FALSE);
}

static void
write_text (GString    *out,
            const char *text,
            gsize       len)
{
  static const char names[] = "abtnvfr";

  g_string_append_c (out, '"');
  for (gsize i = 0; i < len; i++)
    {
      guchar c = (guchar)text[i];

      if (c == '"' || c == '\\')
        g_string_append_printf (out, "\\%c", c);
      else if (c >= '\a' && c <= '\r')
        g_string_append_printf (out, "\\%c", names[c - '\a']);
      else if (c < ' ' || c == 0x7f)
        g_string_append_printf (out, "\\x%02x", c);
      else
        g_string_append_c (out, (char)c);
    }
  g_string_append_c (out, '"');
}

char *
belt_text_quote (const char *text,
                 gsize       len)
{
  GString *out = g_string_new (NULL);

  write_text (out, text, len);
  return g_string_free (out, FALSE);
}

/* The shortest digits that read back the same, without an exponent and with a point. */
static void
write_double (GString *out,
              double   value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  char plain[400];

  for (int precision = 1; precision <= 17; precision++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", precision);
      g_ascii_formatd (digits, sizeof digits, format, value);
      if (g_ascii_strtod (digits, NULL) == value)
        break;
    }
  if (strchr (digits, 'e') == NULL)
    {
      g_string_append (out, digits);
    }
  else
    {
      g_ascii_formatd (plain, sizeof plain, value < 1 && value > -1 ? "%.340f" : "%.1f", value);
      if (value < 1 && value > -1)
        for (char *end = plain + strlen (plain); end[-1] == '0' && end[-2] != '.';)
          *--end = 0;
      g_string_append (out, plain);
      return;
    }
  if (strchr (digits, '.') == NULL)
    g_string_append (out, ".0");
}

static void
write_literal (GString         *out,
               const BeltValue *value)
{
  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      g_string_append (out, value->u.i ? "TRUE" : "FALSE");
      break;
    case BELT_TAG_I64:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, value->u.i);
      break;
    case BELT_TAG_F64:
      write_double (out, value->u.f);
      break;
    default:
      write_text (out, value->u.s, value->len);
    }
}

static void
write_list (GString         *out,
            BeltNode *const *nodes,
            guint            n)
{
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      write_node (out, nodes[i]);
    }
}

static void
write_order_by (GString           *out,
                const BeltAstSort *keys,
                guint              n)
{
  g_string_append (out, "ORDER BY ");
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      write_node (out, keys[i].expr);
      if (keys[i].descending)
        g_string_append (out, " DESC");
    }
}

static void
write_partition (GString           *out,
                 const BeltAstOver *over)
{
  g_string_append (out, "PARTITION BY ");
  write_list (out, over->partition, over->n_partition);
}

static void
write_when (GString           *out,
            const BeltAstOver *over)
{
  g_string_append (out, "WHEN ");
  write_node (out, over->when);
}

/* The order of the parts differs between calls and windows. */
static void
write_over (GString           *out,
            const BeltAstOver *over,
            gboolean           window)
{
  if (over == NULL)
    return;

  g_string_append (out, " OVER (");
  if (window && over->when != NULL)
    write_when (out, over);
  if (window && over->when != NULL && over->n_partition > 0)
    g_string_append_c (out, ' ');
  if (over->n_partition > 0)
    write_partition (out, over);
  if (over->n_order_by > 0)
    {
      if (over->n_partition > 0)
        g_string_append_c (out, ' ');
      write_order_by (out, over->order_by, over->n_order_by);
    }
  if (!window && over->when != NULL)
    {
      if (over->n_partition > 0)
        g_string_append_c (out, ' ');
      write_when (out, over);
    }
  g_string_append_c (out, ')');
}

static void
write_field (GString            *out,
             const BeltAstField *field)
{
  write_node (out, field->expr);
  if (field->alias != NULL)
    {
      g_string_append (out, " AS ");
      write_name (out, field->alias);
    }
  if (field->invisible)
    g_string_append (out, " INVISIBLE");
}

static void
write_wildcard (GString        *out,
                const BeltNode *node)
{
  g_string_append_c (out, '*');
  if (node->n_except > 0)
    {
      g_string_append (out, " EXCEPT(");
      for (guint i = 0; i < node->n_except; i++)
        {
          if (i > 0)
            g_string_append (out, ", ");
          write_name (out, node->except[i].name);
        }
      g_string_append_c (out, ')');
    }
  if (node->n_replace > 0)
    {
      g_string_append (out, " REPLACE(");
      for (guint i = 0; i < node->n_replace; i++)
        {
          if (i > 0)
            g_string_append (out, ", ");
          write_field (out, &node->replace[i]);
        }
      g_string_append_c (out, ')');
    }
}

static void
write_column (GString        *out,
              const BeltNode *node)
{
  if (node->qualifier != NULL)
    {
      write_name (out, node->qualifier);
      g_string_append_c (out, '.');
    }
  if (strcmp (node->name, "*") == 0)
    g_string_append_c (out, '*');
  else
    write_name (out, node->name);
}

static void
write_case (GString        *out,
            const BeltNode *node)
{
  guint i = 0;
  guint end = node->n_children - node->has_else;

  g_string_append (out, "CASE");
  if (node->has_operand)
    {
      g_string_append_c (out, ' ');
      write_node (out, node->children[i++]);
    }
  for (; i + 1 < end; i += 2)
    {
      g_string_append (out, " WHEN ");
      write_node (out, node->children[i]);
      g_string_append (out, " THEN ");
      write_node (out, node->children[i + 1]);
    }
  if (node->has_else)
    {
      g_string_append (out, " ELSE ");
      write_node (out, node->children[end]);
    }
  g_string_append (out, " END");
}

static void
write_call (GString        *out,
            const BeltNode *node)
{
  write_name (out, node->name);
  g_string_append (out, node->distinct ? "(DISTINCT " : "(");
  write_list (out, node->children, node->n_children);
  g_string_append_c (out, ')');
  write_over (out, node->over, FALSE);
}

static void
write_window (GString             *out,
              const BeltAstWindow *window)
{
  g_autofree char *name = g_ascii_strup (belt_ast_window_get_name (window->kind), -1);

  g_string_append_printf (out, "%s(", name);
  write_list (out, window->args, window->n_args);
  g_string_append_c (out, ')');
  if (window->filter != NULL)
    {
      g_string_append (out, " FILTER (WHERE ");
      write_node (out, window->filter);
      g_string_append_c (out, ')');
    }
  write_over (out, window->over, TRUE);
}

static void
write_slice (GString        *out,
             const BeltNode *node)
{
  write_node (out, node->children[0]);
  g_string_append_c (out, '[');
  if (node->children[1] != NULL)
    write_node (out, node->children[1]);
  g_string_append_c (out, ':');
  if (node->children[2] != NULL)
    write_node (out, node->children[2]);
  g_string_append_c (out, ']');
}

static void
write_binary (GString        *out,
              const BeltNode *node)
{
  write_node (out, node->children[0]);
  g_string_append_printf (out, " %s ", belt_node_get_operator (node));
  switch (node->kind)
    {
    case BELT_NODE_BETWEEN:
      write_node (out, node->children[1]);
      if (node->n_children == 2)
        break;
      g_string_append (out, " AND ");
      write_node (out, node->children[2]);
      break;
    case BELT_NODE_IN:
      g_string_append_c (out, '(');
      write_list (out, node->children + 1, node->n_children - 1);
      g_string_append_c (out, ')');
      break;
    default:
      write_node (out, node->children[1]);
    }
}

static void
write_unary (GString        *out,
             const BeltNode *node)
{
  switch (node->kind)
    {
    case BELT_NODE_PAREN:
      g_string_append_c (out, '(');
      write_node (out, node->children[0]);
      g_string_append_c (out, ')');
      break;
    case BELT_NODE_NOT:
      g_string_append (out, "NOT ");
      write_node (out, node->children[0]);
      break;
    case BELT_NODE_NEGATE:
      g_string_append_c (out, '-');
      write_node (out, node->children[0]);
      break;
    default:
      write_node (out, node->children[0]);
      g_string_append (out, node->negated ? " IS NOT NULL" : " IS NULL");
    }
}

static void
write_node (GString        *out,
            const BeltNode *node)
{
  switch (node->kind)
    {
    case BELT_NODE_LITERAL:
      write_literal (out, &node->value);
      break;
    case BELT_NODE_TIME_UNIT:
      g_string_append (out, node->name);
      break;
    case BELT_NODE_COLUMN:
    case BELT_NODE_META:
      write_column (out, node);
      break;
    case BELT_NODE_WILDCARD:
      write_wildcard (out, node);
      break;
    case BELT_NODE_PAREN:
    case BELT_NODE_NOT:
    case BELT_NODE_NEGATE:
    case BELT_NODE_IS_NULL:
      write_unary (out, node);
      break;
    case BELT_NODE_MEMBER:
      write_node (out, node->children[0]);
      g_string_append (out, node->op == '.' ? "." : "->");
      write_name (out, node->name);
      break;
    case BELT_NODE_ARROW:
      write_node (out, node->children[0]);
      g_string_append (out, "->");
      write_node (out, node->children[1]);
      break;
    case BELT_NODE_RANGE:
      write_node (out, node->children[0]);
      g_string_append (out, " AND ");
      write_node (out, node->children[1]);
      break;
    case BELT_NODE_SET:
      g_string_append_c (out, '(');
      write_list (out, node->children, node->n_children);
      g_string_append_c (out, ')');
      break;
    case BELT_NODE_INDEX:
      write_node (out, node->children[0]);
      g_string_append_c (out, '[');
      write_node (out, node->children[1]);
      g_string_append_c (out, ']');
      break;
    case BELT_NODE_SLICE:
      write_slice (out, node);
      break;
    case BELT_NODE_CASE:
      write_case (out, node);
      break;
    case BELT_NODE_CALL:
      write_call (out, node);
      break;
    case BELT_NODE_WINDOW:
      write_window (out, node->window);
      break;
    case BELT_NODE_ERROR:
      break;
    default:
      write_binary (out, node);
    }
}

char *
belt_node_unparse (const BeltNode *self)
{
  GString *out = g_string_new (NULL);

  write_node (out, self);
  return g_string_free (out, FALSE);
}

/* ------------------------------------------------------------------ statements */

/* A stream's name may have the signs of an MQTT topic, which stand outside of quotes. */
static void
write_table_name (GString    *out,
                  const char *name)
{
  while (*name != 0)
    {
      gsize n = strcspn (name, "/#+");
      g_autofree char *piece = g_strndup (name, n);

      if (n > 0)
        write_name (out, piece);
      else
        g_string_append_c (out, *name);
      name += MAX (n, 1);
    }
}

static void
write_tables (GString             *out,
              const BeltAstSelect *select)
{
  static const char *const words[] = { " FROM ", " INNER JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ",
                                       " CROSS JOIN " };

  for (guint i = 0; i < select->n_tables; i++)
    {
      const BeltAstTable *table = &select->tables[i];

      g_string_append (out, words[table->kind]);
      write_table_name (out, table->name);
      if (table->alias != NULL)
        {
          g_string_append (out, " AS ");
          write_name (out, table->alias);
        }
      if (table->on != NULL)
        {
          g_string_append (out, " ON ");
          write_node (out, table->on);
        }
    }
}

static void
write_group_by (GString             *out,
                const BeltAstSelect *select)
{
  if (select->n_group_by == 0 && select->window == NULL)
    return;

  g_string_append (out, " GROUP BY ");
  write_list (out, select->group_by, select->n_group_by);
  if (select->window == NULL)
    return;
  if (select->n_group_by > 0)
    g_string_append (out, ", ");
  write_node (out, select->window);
}

static void
write_select (GString             *out,
              const BeltAstSelect *select)
{
  g_string_append (out, "SELECT ");
  for (guint i = 0; i < select->n_fields; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      write_field (out, &select->fields[i]);
    }
  write_tables (out, select);
  if (select->where != NULL)
    {
      g_string_append (out, " WHERE ");
      write_node (out, select->where);
    }
  write_group_by (out, select);
  if (select->having != NULL)
    {
      g_string_append (out, " HAVING ");
      write_node (out, select->having);
    }
  if (select->n_order_by > 0)
    {
      g_string_append_c (out, ' ');
      write_order_by (out, select->order_by, select->n_order_by);
    }
  if (select->has_limit)
    g_string_append_printf (out, " LIMIT %" G_GINT64_FORMAT, select->limit);
}

static void write_columns (GString             *out,
                           const BeltAstColumn *columns,
                           guint                n);

static void
write_type (GString           *out,
            const BeltAstType *type)
{
  g_autofree char *name = g_ascii_strup (belt_ast_type_get_name (type->kind), -1);

  g_string_append (out, name);
  if (type->kind == BELT_AST_TYPE_ARRAY)
    {
      g_string_append_c (out, '(');
      write_type (out, type->element);
      g_string_append_c (out, ')');
    }
  else if (type->kind == BELT_AST_TYPE_STRUCT)
    {
      write_columns (out, type->columns, type->n_columns);
    }
}

static void
write_columns (GString             *out,
               const BeltAstColumn *columns,
               guint                n)
{
  g_string_append_c (out, '(');
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      write_name (out, columns[i].name);
      g_string_append_c (out, ' ');
      write_type (out, columns[i].type);
      if (columns[i].has_default)
        {
          g_string_append (out, " DEFAULT ");
          write_literal (out, &columns[i].default_value);
        }
    }
  g_string_append_c (out, ')');
}

static void
write_create (GString       *out,
              const BeltAst *ast)
{
  const BeltAstCreate *create = ast->create;

  g_string_append (out, ast->is_table ? "CREATE TABLE " : "CREATE STREAM ");
  write_name (out, ast->name);
  g_string_append_c (out, ' ');
  write_columns (out, create->columns, create->n_columns);
  g_string_append (out, " WITH (");
  for (guint i = 0; i < create->n_options; i++)
    {
      const BeltAstOption *option = &create->options[i];

      g_string_append_printf (out, "%s%s=", i > 0 ? ", " : "", option->key);
      if (option->is_boolean)
        g_string_append (out, option->value);
      else
        write_text (out, option->value, strlen (option->value));
    }
  g_string_append_c (out, ')');
}

static void
write_target (GString       *out,
              const char    *verb,
              const BeltAst *ast)
{
  g_string_append_printf (out, "%s %s ", verb, ast->is_table ? "TABLE" : "STREAM");
  write_name (out, ast->name);
}

char *
belt_ast_unparse (const BeltAst *self)
{
  GString *out = g_string_new (NULL);

  switch (self->kind)
    {
    case BELT_AST_NOTHING:
      break;
    case BELT_AST_SELECT:
      write_select (out, self->select);
      break;
    case BELT_AST_CREATE:
      write_create (out, self);
      break;
    case BELT_AST_SHOW:
      g_string_append (out, self->is_table ? "SHOW TABLES" : "SHOW STREAMS");
      break;
    case BELT_AST_DROP:
      write_target (out, "DROP", self);
      break;
    case BELT_AST_DESCRIBE:
      write_target (out, "DESCRIBE", self);
      break;
    case BELT_AST_EXPLAIN:
      write_target (out, "EXPLAIN", self);
      break;
    }
  return g_string_free (out, FALSE);
}
