/* belt-parse-select.c - SELECT and its clauses
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Once FROM and the joins are read, `a.b` can be told apart: a column of stream a,
 * or member b of column a.  That is settled here for the whole statement, so no
 * one else has to know.
 */
#include "config.h"

#include "belt-parser-private.h"

/* ------------------------------------------------------------------ fields */

static void
parse_alias (BeltParser   *self,
             BeltAstField *field)
{
  const BeltToken *as = belt_parser_peek_at (self, 0);
  const BeltToken *name;

  if (!belt_parser_accept (self, BELT_TOKEN_AS))
    return;

  name = belt_parser_peek_at (self, 0);
  if (!belt_parser_is_ident (name))
    {
      belt_parser_unexpected (self, "the alias's name", "found %s, expected as alias.",
                              "an alias is a name without quotes, or between back quotes");
      if (name->kind == BELT_TOKEN_STRING || name->kind == BELT_TOKEN_QUOTE)
        belt_parser_next (self);
      return;
    }
  belt_parser_next (self);
  field->as_span = as->span;
  field->alias_span = name->span;
  field->alias = belt_parser_get_name (self, name);
  if (g_strcmp0 (field->name, "*") == 0 && *field->alias != 0)
    belt_parser_complain (self, belt_parser_span_from (self, as->span.start), "parse",
                          (BeltComplaint) { .ekuiper = g_strdup ("alias is not supported for *") },
                          "“*” stands for many columns and takes no alias");
}

BeltAstField
belt_parse_field (BeltParser *self)
{
  BeltAstField field = { 0 };
  guint32 start = belt_parser_peek_at (self, 0)->span.start;

  field.expr = belt_parse_expr (self);
  if (field.expr->kind == BELT_NODE_COLUMN || field.expr->kind == BELT_NODE_CALL ||
      field.expr->kind == BELT_NODE_WILDCARD)
    field.name = field.expr->name;
  parse_alias (self, &field);
  if (field.name == NULL && field.alias == NULL)
    field.name = belt_arena_printf (self->arena, "kuiper_field_%u", self->n_unnamed++);
  field.invisible = belt_parser_accept (self, BELT_TOKEN_INVISIBLE);
  field.span = belt_parser_span_from (self, start);
  return field;
}

/* Something follows a field that is neither "," nor FROM: mostly an alias without AS. */
static gboolean
recover_field (BeltParser   *self,
               BeltAstField *field)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);
  BeltTokenKind next = belt_parser_peek_at (self, 1)->kind;
  g_autofree char *quoted = belt_parser_quote (self, token);
  g_autofree char *fix = NULL;

  if (belt_parser_is_ident (token) && (next == BELT_TOKEN_COMMA || next == BELT_TOKEN_FROM) &&
      field->expr->kind != BELT_NODE_ERROR)
    {
      field->alias = belt_parser_get_name (self, token);
      fix = g_strdup_printf ("AS %.*s", (int)(token->span.end - token->span.start), self->text + token->span.start);
      belt_parser_complain (self, token->span, "parse",
                            (BeltComplaint) { .hint = "an alias needs the word AS before it", .fix = fix,
                                              .fix_label = "Insert AS",
                                              .ekuiper = g_strdup_printf ("found %s, expected FROM.", quoted) },
                            "“%s” is not expected here", field->alias);
      belt_parser_next (self);
      return belt_parser_accept (self, BELT_TOKEN_COMMA);
    }
  if (token->kind == BELT_TOKEN_FILTER)
    belt_parser_unexpected (self, "“,” or FROM", "found %s, expected FROM.",
                            "FILTER belongs to windows; count with sum(CASE WHEN … THEN 1 ELSE 0 END)");
  else if (belt_parser_is_word (self, token, "IS"))
    belt_parser_unexpected (self, "“,” or FROM", "found %s, expected FROM.", "use isnull(x)");
  else
    belt_parser_unexpected (self, "“,” or FROM", "found %s, expected FROM.", NULL);
  belt_parser_synchronize (self);
  while (belt_parser_peek (self) == BELT_TOKEN_RPAREN || belt_parser_peek (self) == BELT_TOKEN_RBRACKET)
    {
      belt_parser_next (self);
      belt_parser_synchronize (self);
    }
  return belt_parser_accept (self, BELT_TOKEN_COMMA);
}

static void
parse_fields (BeltParser *self)
{
  BeltAstSelect *select = self->ast->select;
  g_autoptr(GArray) fields = g_array_new (FALSE, FALSE, sizeof (BeltAstField));
  guint32 start = belt_parser_peek_at (self, 0)->span.start;
  gboolean more;

  self->clause = BELT_CLAUSE_SELECT;
  do
    {
      BeltAstField field = belt_parse_field (self);

      more = belt_parser_accept (self, BELT_TOKEN_COMMA);
      if (!more && belt_parser_peek (self) != BELT_TOKEN_FROM)
        more = recover_field (self, &field);
      g_array_append_val (fields, field);
    }
  while (more);
  select->n_fields = fields->len;
  select->fields = belt_arena_memdup (self->arena, fields->data, fields->len * sizeof (BeltAstField));
  select->fields_span = belt_parser_span_from (self, start);
}

/* ------------------------------------------------------------------ FROM and joins */

static gboolean
is_source_piece (const BeltToken *token)
{
  return belt_parser_is_ident (token) || token->kind == BELT_TOKEN_DIV || token->kind == BELT_TOKEN_HASH ||
         token->kind == BELT_TOKEN_ADD;
}

/* What may follow a stream's name; eKuiper asks for the name only once it looks for the stream. */
static gboolean
is_clause (BeltTokenKind kind)
{
  return kind == BELT_TOKEN_WHERE || kind == BELT_TOKEN_GROUP || kind == BELT_TOKEN_HAVING ||
         kind == BELT_TOKEN_ORDER || kind == BELT_TOKEN_LIMIT;
}

/* A name may be written like an MQTT topic: its pieces are put together. */
static void
parse_source (BeltParser   *self,
              BeltAstTable *table)
{
  g_autoptr(GString) name = g_string_new (NULL);
  guint32 start = belt_parser_peek_at (self, 0)->span.start;
  const BeltToken *alias;

  while (is_source_piece (belt_parser_peek_at (self, 0)))
    {
      const BeltToken *piece = belt_parser_next (self);

      g_string_append (name, belt_parser_get_literal (self, piece));
    }
  table->name = belt_arena_memdup (self->arena, name->str, name->len + 1);
  table->name_span = belt_parser_span_from (self, start);
  if (name->len == 0)
    {
      const BeltToken *token = belt_parser_peek_at (self, 0);
      gboolean over = token->kind == BELT_TOKEN_END || token->kind == BELT_TOKEN_SEMICOLON || is_clause (token->kind);

      table->name_span.end = table->name_span.start;
      belt_parser_unexpected (self, "a stream's name",
                              over ? "fail to get stream , please check if stream is created"
                                   : "found %s, expected EOF.",
                              token->kind == BELT_TOKEN_LPAREN ? "eKuiper has no sub-queries: make a second rule and"
                              " join them through a memory topic" : NULL);
    }
  if (!belt_parser_accept (self, BELT_TOKEN_AS))
    return;

  alias = belt_parser_peek_at (self, 0);
  if (!belt_parser_is_ident (alias))
    {
      g_autofree char *quoted = belt_go_quote (name->str);
      g_autofree char *ekuiper = g_strdup_printf ("found %s, expected JOIN key word.", quoted);

      belt_parser_unexpected (self, "the alias's name", ekuiper, NULL);
      return;
    }
  belt_parser_next (self);
  table->alias = belt_parser_get_name (self, alias);
  table->alias_span = alias->span;
}

static gboolean
read_join_kind (BeltTokenKind     token,
                BeltAstTableKind *ret_kind)
{
  switch (token)
    {
    case BELT_TOKEN_INNER:
      *ret_kind = BELT_AST_JOIN_INNER;
      return TRUE;
    case BELT_TOKEN_LEFT:
      *ret_kind = BELT_AST_JOIN_LEFT;
      return TRUE;
    case BELT_TOKEN_RIGHT:
      *ret_kind = BELT_AST_JOIN_RIGHT;
      return TRUE;
    case BELT_TOKEN_FULL:
      *ret_kind = BELT_AST_JOIN_FULL;
      return TRUE;
    case BELT_TOKEN_CROSS:
      *ret_kind = BELT_AST_JOIN_CROSS;
      return TRUE;
    default:
      return FALSE;
    }
}

/* A JOIN without its kind, or LEFT OUTER JOIN: both are refused by eKuiper, and read all the same. */
static gboolean
accept_join_words (BeltParser       *self,
                   BeltAstTableKind *ret_kind)
{
  const BeltToken *first = belt_parser_peek_at (self, 0);
  const char *kind_text = belt_token_get_text (first->kind);
  const BeltToken *second;

  if (first->kind == BELT_TOKEN_JOIN)
    {
      belt_parser_complain (self, first->span, "parse",
                            (BeltComplaint) { .hint = "write INNER, LEFT, RIGHT, FULL or CROSS before JOIN",
                                              .fix = "INNER JOIN", .fix_label = "Change to INNER JOIN",
                                              .ekuiper = g_strdup ("found \"JOIN\", expected EOF.") },
                            "a join says its kind");
      belt_parser_next (self);
      *ret_kind = BELT_AST_JOIN_INNER;
      return TRUE;
    }
  if (!read_join_kind (first->kind, ret_kind))
    return FALSE;

  belt_parser_next (self);
  second = belt_parser_peek_at (self, 0);
  if (belt_parser_accept (self, BELT_TOKEN_JOIN))
    return TRUE;
  if (belt_parser_is_word (self, second, "OUTER"))
    {
      belt_parser_complain (self, second->span, "parse",
                            (BeltComplaint) { .hint = "LEFT JOIN, RIGHT JOIN and FULL JOIN are outer joins already",
                                              .fix = "", .fix_label = "Remove OUTER",
                                              .ekuiper = g_strdup_printf ("found \"%s\", expected JOIN key word.",
                                                                          kind_text) },
                            "OUTER is not written in eKuiper");
      belt_parser_next (self);
      belt_parser_accept (self, BELT_TOKEN_JOIN);
      return TRUE;
    }
  {
    g_autofree char *ekuiper = g_strdup_printf ("found \"%s\", expected JOIN key word.", kind_text);

    belt_parser_unexpected (self, "JOIN", ekuiper, NULL);
  }
  return TRUE;
}

static void
parse_join_condition (BeltParser   *self,
                      BeltAstTable *table)
{
  const BeltToken *on = belt_parser_peek_at (self, 0);

  if (!belt_parser_accept (self, BELT_TOKEN_ON))
    return;
  if (table->kind == BELT_AST_JOIN_CROSS)
    belt_parser_complain (self, on->span, "parse",
                          (BeltComplaint) { .hint = "use INNER JOIN, or WHERE",
                                            .ekuiper = g_strdup ("On expression is not required for cross join"
                                                                 " type.\n") },
                          "CROSS JOIN joins every row with every row and takes no ON");
  table->on = belt_parse_expr (self);
}

static void
parse_tables (BeltParser *self)
{
  BeltAstSelect *select = self->ast->select;
  g_autoptr(GArray) tables = g_array_new (FALSE, TRUE, sizeof (BeltAstTable));
  const BeltToken *from = belt_parser_peek_at (self, 0);
  BeltAstTable table = { .kind = BELT_AST_FROM };

  self->clause = BELT_CLAUSE_FROM;
  if (!belt_parser_accept (self, BELT_TOKEN_FROM))
    {
      belt_parser_unexpected (self, "FROM", "found %s, expected FROM.",
                              "a rule reads from a stream: SELECT … FROM name");
      return;
    }
  table.span.start = belt_parser_peek_at (self, 0)->span.start;
  parse_source (self, &table);
  table.span = belt_parser_span_from (self, table.span.start);
  g_array_append_val (tables, table);

  self->clause = BELT_CLAUSE_JOIN;
  for (;;)
    {
      guint32 start = belt_parser_peek_at (self, 0)->span.start;
      BeltAstTableKind kind;

      if (!accept_join_words (self, &kind))
        break;
      table = (BeltAstTable) { .kind = kind };
      parse_source (self, &table);
      parse_join_condition (self, &table);
      table.span = belt_parser_span_from (self, start);
      g_array_append_val (tables, table);
    }
  select->n_tables = tables->len;
  select->tables = belt_arena_memdup (self->arena, tables->data, tables->len * sizeof (BeltAstTable));
  select->from_span = belt_parser_span_from (self, from->span.start);
}

/* ------------------------------------------------------------------ the other clauses */

static BeltNode *
parse_condition (BeltParser   *self,
                 BeltTokenKind word,
                 BeltClause    clause,
                 BeltSpan     *ret_span)
{
  guint32 start = belt_parser_peek_at (self, 0)->span.start;
  BeltNode *node;

  if (!belt_parser_accept (self, word))
    return NULL;

  self->clause = clause;
  node = belt_parse_expr (self);
  *ret_span = belt_parser_span_from (self, start);
  return node;
}

static void
add_group (BeltParser *self,
           GPtrArray  *groups,
           BeltNode   *node)
{
  BeltAstSelect *select = self->ast->select;

  if (node->kind != BELT_NODE_WINDOW)
    g_ptr_array_add (groups, node);
  else if (select->window == NULL)
    select->window = node;
  else
    belt_parser_warn (self, node->span, "two-windows",
                      (BeltComplaint) { .hint = "keep one of them: eKuiper passes over all but the first (N6)" },
                      "a statement has one window, this is a second one");
}

static void
parse_group_by (BeltParser *self)
{
  BeltAstSelect *select = self->ast->select;
  g_autoptr(GPtrArray) groups = g_ptr_array_new ();
  guint32 start = belt_parser_peek_at (self, 0)->span.start;

  if (!belt_parser_accept (self, BELT_TOKEN_GROUP))
    return;
  if (!belt_parser_accept (self, BELT_TOKEN_BY))
    belt_parser_unexpected (self, "BY", "found %s, expected BY statement.", NULL);
  self->clause = BELT_CLAUSE_GROUP_BY;
  do
    add_group (self, groups, belt_parse_expr (self));
  while (belt_parser_accept (self, BELT_TOKEN_COMMA));
  select->n_group_by = groups->len;
  select->group_by = belt_arena_memdup (self->arena, groups->pdata, groups->len * sizeof (gpointer));
  select->group_by_span = belt_parser_span_from (self, start);
}

/* Keys begin with a name; commas between them may be missing or doubled. */
BeltAstSort *
belt_parse_order_by (BeltParser *self,
                     guint      *ret_n)
{
  g_autoptr(GArray) keys = g_array_new (FALSE, TRUE, sizeof (BeltAstSort));

  *ret_n = 0;
  if (!belt_parser_accept (self, BELT_TOKEN_ORDER))
    return NULL;
  if (!belt_parser_accept (self, BELT_TOKEN_BY))
    belt_parser_unexpected (self, "BY", "found %s, expected BY keyword.", NULL);

  for (;;)
    {
      const BeltToken *first = belt_parser_peek_at (self, 0);
      BeltAstSort key = { 0 };

      if (first->kind == BELT_TOKEN_COMMA)
        {
          belt_parser_next (self);
          continue;
        }
      if (!belt_parser_is_ident (first))
        break;
      key.expr = belt_parse_expr (self);
      key.descending = belt_parser_accept (self, BELT_TOKEN_DESC);
      if (!key.descending)
        belt_parser_accept (self, BELT_TOKEN_ASC);
      key.span = belt_parser_span_from (self, first->span.start);
      g_array_append_val (keys, key);
    }

  *ret_n = keys->len;
  return belt_arena_memdup (self->arena, keys->data, keys->len * sizeof (BeltAstSort));
}

static void
parse_limit (BeltParser *self)
{
  BeltAstSelect *select = self->ast->select;
  guint32 start = belt_parser_peek_at (self, 0)->span.start;
  BeltNode *node;

  if (!belt_parser_accept (self, BELT_TOKEN_LIMIT))
    return;

  self->clause = BELT_CLAUSE_LIMIT;
  node = belt_parse_expr (self);
  select->has_limit = TRUE;
  select->limit = -1;
  if (node->kind == BELT_NODE_LITERAL && node->value.tag == BELT_TAG_I64)
    select->limit = node->value.u.i;
  else if (node->kind != BELT_NODE_ERROR)
    belt_parser_complain (self, node->span, "parse",
                          (BeltComplaint) { .ekuiper = g_strdup ("limit should be integer") },
                          "LIMIT takes one whole number");
  select->limit_span = belt_parser_span_from (self, start);
}

/* ------------------------------------------------------------------ a.b */


static gboolean
is_stream (const BeltAstSelect *select,
           const char          *name)
{
  for (guint i = 0; i < select->n_tables; i++)
    if (g_strcmp0 (select->tables[i].name, name) == 0 || g_strcmp0 (select->tables[i].alias, name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
resolve_qualifier (BeltNode *node,
                   gpointer  data)
{
  BeltParser *parser = data;
  BeltNode *base;

  if (node->qualifier == NULL || is_stream (parser->ast->select, node->qualifier))
    return TRUE;

  base = belt_parser_new_node (parser, node->kind, node->qualifier_span, NULL, 0);
  base->name = node->qualifier;
  base->name_span = node->qualifier_span;
  node->kind = BELT_NODE_MEMBER;
  node->op = '.';
  node->op_span = (BeltSpan) { node->qualifier_span.end, node->name_span.start };
  node->qualifier = NULL;
  node->qualifier_span = (BeltSpan) { 0, 0 };
  node->n_children = 1;
  node->children = belt_arena_memdup (parser->arena, &base, sizeof base);
  return FALSE;
}

/* ------------------------------------------------------------------ the whole */

static void
complain_of_rest (BeltParser *self)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);
  const char *hint = NULL;

  if (token->kind == BELT_TOKEN_COMMA)
    hint = "a second stream is joined: INNER JOIN name ON condition";
  else if (belt_parser_is_word (self, token, "UNION"))
    hint = "eKuiper has no UNION: make two rules with the same sink";
  else if (token->kind == BELT_TOKEN_LPAREN)
    hint = "ORDER BY takes names and calls, without brackets around them";
  else
    hint = "the clauses come in the order FROM, JOIN, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT";
  belt_parser_unexpected (self, "the end", "found %s, expected EOF.", hint);
}

/* Clauses in the wrong order are read for their own mistakes; each loop reads at least a word. */
static void
parse_misplaced_clauses (BeltParser *self)
{
  BeltAstSelect *select = self->ast->select;

  while (belt_parser_peek (self) != BELT_TOKEN_END && belt_parser_peek (self) != BELT_TOKEN_SEMICOLON)
    {
      BeltTokenKind kind = belt_parser_peek (self);
      BeltSpan span;

      if (kind == BELT_TOKEN_WHERE && select->where == NULL)
        select->where = parse_condition (self, BELT_TOKEN_WHERE, BELT_CLAUSE_WHERE, &select->where_span);
      else if (kind == BELT_TOKEN_GROUP && select->n_group_by == 0 && select->window == NULL)
        parse_group_by (self);
      else if (kind == BELT_TOKEN_HAVING && select->having == NULL)
        select->having = parse_condition (self, BELT_TOKEN_HAVING, BELT_CLAUSE_HAVING, &span);
      else
        belt_parser_next (self);
    }
}

void
belt_parse_select (BeltParser *self)
{
  BeltAstSelect *select = belt_arena_alloc0 (self->arena, sizeof *select);
  guint32 start;

  self->ast->kind = BELT_AST_SELECT;
  self->ast->select = select;
  parse_fields (self);
  parse_tables (self);
  select->where = parse_condition (self, BELT_TOKEN_WHERE, BELT_CLAUSE_WHERE, &select->where_span);
  parse_group_by (self);
  select->having = parse_condition (self, BELT_TOKEN_HAVING, BELT_CLAUSE_HAVING, &select->having_span);
  self->clause = BELT_CLAUSE_ORDER_BY;
  start = belt_parser_peek_at (self, 0)->span.start;
  select->order_by = belt_parse_order_by (self, &select->n_order_by);
  if (select->order_by != NULL)
    select->order_by_span = belt_parser_span_from (self, start);
  parse_limit (self);
  if (belt_parser_peek (self) != BELT_TOKEN_END && belt_parser_peek (self) != BELT_TOKEN_SEMICOLON)
    {
      complain_of_rest (self);
      parse_misplaced_clauses (self);
    }
  belt_ast_walk (self->ast, resolve_qualifier, self);
}
