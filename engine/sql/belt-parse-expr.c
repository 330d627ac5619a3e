/* belt-parse-expr.c - expressions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Precedence climbing with eKuiper's five levels.  Three of its habits look like
 * mistakes and are kept, since rules are written against them: subscripts and
 * members bind as * does, bounds of BETWEEN and the items of IN are single operands
 * that an operator behind them takes together, and "-" makes a negative literal only
 * directly before a number.
 */
#include "config.h"

#include "belt-parser-private.h"
#include "belt-regex.h"
#include "belt-unparse.h"

/* What an operator token makes and how tightly it binds; level 0: not an operator. */
typedef struct
{
  BeltNodeKind kind;
  guint8       level;
  char         op;
} Operator;

static Operator
get_operator (BeltTokenKind kind)
{
  switch (kind)
    {
    case BELT_TOKEN_OR:       return (Operator) { BELT_NODE_OR, BELT_LEVEL_OR, 0 };
    case BELT_TOKEN_AND:      return (Operator) { BELT_NODE_AND, BELT_LEVEL_AND, 0 };
    case BELT_TOKEN_EQ:       return (Operator) { BELT_NODE_COMPARE, BELT_LEVEL_COMPARE, '=' };
    case BELT_TOKEN_NEQ:      return (Operator) { BELT_NODE_COMPARE, BELT_LEVEL_COMPARE, '!' };
    case BELT_TOKEN_LT:       return (Operator) { BELT_NODE_COMPARE, BELT_LEVEL_COMPARE, '<' };
    case BELT_TOKEN_LTE:      return (Operator) { BELT_NODE_COMPARE, BELT_LEVEL_COMPARE, 'l' };
    case BELT_TOKEN_GT:       return (Operator) { BELT_NODE_COMPARE, BELT_LEVEL_COMPARE, '>' };
    case BELT_TOKEN_GTE:      return (Operator) { BELT_NODE_COMPARE, BELT_LEVEL_COMPARE, 'g' };
    case BELT_TOKEN_IN:       return (Operator) { BELT_NODE_IN, BELT_LEVEL_COMPARE, 0 };
    case BELT_TOKEN_BETWEEN:  return (Operator) { BELT_NODE_BETWEEN, BELT_LEVEL_COMPARE, 0 };
    case BELT_TOKEN_LIKE:     return (Operator) { BELT_NODE_LIKE, BELT_LEVEL_COMPARE, 0 };
    case BELT_TOKEN_NOT:      return (Operator) { BELT_NODE_NOT, BELT_LEVEL_COMPARE, 0 };
    case BELT_TOKEN_ADD:      return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_ADD, '+' };
    case BELT_TOKEN_SUB:      return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_ADD, '-' };
    case BELT_TOKEN_BIT_OR:   return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_ADD, '|' };
    case BELT_TOKEN_BIT_XOR:  return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_ADD, '^' };
    case BELT_TOKEN_CONCAT:   return (Operator) { BELT_NODE_CONCAT, BELT_LEVEL_ADD, 0 };
    case BELT_TOKEN_STAR:     return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_MULTIPLY, '*' };
    case BELT_TOKEN_DIV:      return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_MULTIPLY, '/' };
    case BELT_TOKEN_MOD:      return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_MULTIPLY, '%' };
    case BELT_TOKEN_BIT_AND:  return (Operator) { BELT_NODE_ARITHMETIC, BELT_LEVEL_MULTIPLY, '&' };
    case BELT_TOKEN_LBRACKET: return (Operator) { BELT_NODE_INDEX, BELT_LEVEL_MULTIPLY, 0 };
    case BELT_TOKEN_ARROW:    return (Operator) { BELT_NODE_MEMBER, BELT_LEVEL_MULTIPLY, 0 };
    case BELT_TOKEN_DOT:      return (Operator) { BELT_NODE_MEMBER, BELT_LEVEL_MULTIPLY, 0 };
    default:                  return (Operator) { 0 };
    }
}

/* eKuiper answers with one sentence for anything wrong inside brackets. */
static void
retell (BeltParser *self,
        gboolean    had_error,
        const char *prefix,
        const char *what,
        const char *suffix)
{
  char *text;

  if (had_error || self->ekuiper_error == NULL)
    return;

  text = g_strconcat (prefix, what != NULL ? what : self->ekuiper_error, suffix, NULL);
  g_free (self->ekuiper_error);
  self->ekuiper_error = text;
}

static gboolean
is_whole_number_next (BeltParser *self)
{
  guint at = belt_parser_peek (self) == BELT_TOKEN_SUB ? 1 : 0;

  return belt_parser_peek_at (self, at)->kind == BELT_TOKEN_INTEGER;
}

/* What begins with a whole number is nothing more to eKuiper: x[1 + i] does not parse. */
static BeltNode *
parse_bound (BeltParser *self,
             const char *which)
{
  g_autofree char *literal = g_strdup (belt_parser_get_literal (self, belt_parser_peek_at (self, 0)));
  g_autofree char *prefix = g_strdup_printf ("The %s index ", which);
  gboolean had_error = self->ekuiper_error != NULL;
  BeltNode *node;

  if (is_whole_number_next (self))
    {
      node = belt_parse_unary (self);
      if (node->kind == BELT_NODE_LITERAL && get_operator (belt_parser_peek (self)).level > 0 &&
          belt_parser_allows (self, node->span, "an index that is computed from a number on",
                              "write it the other way round, such as x[i + 1]"))
        node = belt_parse_operators (self, node, BELT_LEVEL_OR);
      return node;
    }

  node = belt_parse_expr (self);
  retell (self, had_error, prefix, literal, " is invalid in bracket expression.");
  return node;
}

/* x[i], x[a:b], x[:b], x[a:], x[:], x[] */
static BeltNode *
parse_subscript (BeltParser *self,
                 BeltNode   *base)
{
  const BeltToken *open = belt_parser_next (self);
  BeltNode *children[3] = { base, NULL, NULL };
  gboolean slice;
  BeltNode *node;

  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  slice = belt_parser_peek (self) == BELT_TOKEN_RBRACKET;
  if (!slice && belt_parser_peek (self) != BELT_TOKEN_COLON)
    children[1] = parse_bound (self, "start");
  if (belt_parser_accept (self, BELT_TOKEN_COLON))
    {
      slice = TRUE;
      if (belt_parser_peek (self) != BELT_TOKEN_RBRACKET)
        children[2] = parse_bound (self, "end");
    }
  if (belt_parser_peek (self) != BELT_TOKEN_RBRACKET)
    {
      g_autofree char *first = belt_parser_quote (self, open + 1);
      g_autofree char *ekuiper = g_strconcat ("Unexpected token ", first, ". when parsing bracket expressions.", NULL);

      belt_parser_unexpected (self, "“]”", children[2] != NULL ? "Found %s, expected right bracket." : ekuiper, NULL);
      belt_parser_synchronize (self);
    }
  belt_parser_accept (self, BELT_TOKEN_RBRACKET);
  belt_parser_leave (self);

  node = belt_parser_new_node (self, slice ? BELT_NODE_SLICE : BELT_NODE_INDEX,
                               belt_parser_span_from (self, base->span.start), children, slice ? 3 : 2);
  node->op_span = open->span;
  return node;
}

/* Of the operands that are no names. */
static gboolean
is_operand_start (BeltTokenKind kind)
{
  switch (kind)
    {
    case BELT_TOKEN_LPAREN:
    case BELT_TOKEN_CASE:
    case BELT_TOKEN_STRING:
    case BELT_TOKEN_QUOTE:
    case BELT_TOKEN_INTEGER:
    case BELT_TOKEN_NUMBER:
    case BELT_TOKEN_TRUE:
    case BELT_TOKEN_FALSE:
    case BELT_TOKEN_DD:
    case BELT_TOKEN_HH:
    case BELT_TOKEN_MI:
    case BELT_TOKEN_SS:
    case BELT_TOKEN_MS:
    case BELT_TOKEN_STAR:
    case BELT_TOKEN_SUB:
    case BELT_TOKEN_IN:
    case BELT_TOKEN_LBRACKET:
      return TRUE;
    default:
      return FALSE;
    }
}

static BeltNode *
parse_member (BeltParser *self,
              BeltNode   *base)
{
  const BeltToken *op = belt_parser_next (self);
  const BeltToken *name = belt_parser_peek_at (self, 0);
  BeltNode *children[2] = { base, NULL };
  BeltNode *node;

  if (!belt_parser_is_ident (name) && !is_operand_start (name->kind))
    {
      belt_parser_unexpected (self, "a member's name", "found %s, expected expression.",
                              "a member is a name, between back quotes if it is an unusual one");
      return belt_parser_new_node (self, BELT_NODE_ERROR, belt_parser_span_from (self, base->span.start), &base, 1);
    }
  if (!belt_parser_is_ident (name) || belt_parser_peek_at (self, 1)->kind == BELT_TOKEN_LPAREN)
    {
      if (!belt_parser_enter (self))
        return belt_parser_new_error (self);
      children[1] = name->kind == BELT_TOKEN_LBRACKET ? parse_subscript (self, base) : belt_parse_unary (self);
      belt_parser_leave (self);
      if (children[1]->kind == BELT_NODE_ERROR)
        return belt_parser_new_node (self, BELT_NODE_ERROR, belt_parser_span_from (self, base->span.start), &base, 1);
      belt_parser_warn (self, children[1]->span, "odd-member",
                        (BeltComplaint) {
      .hint = "a member is a name, between back quotes if it is an unusual one (N5)"
    },
                        "this is no member's name: a row that has the object fails here");
      node = belt_parser_new_node (self, BELT_NODE_ARROW, belt_parser_span_from (self, base->span.start), children, 2);
      node->op_span = op->span;
      return node;
    }

  belt_parser_next (self);
  node = belt_parser_new_node (self, BELT_NODE_MEMBER, belt_parser_span_from (self, base->span.start), &base, 1);
  node->op = op->kind == BELT_TOKEN_DOT ? '.' : '>';
  node->op_span = op->span;
  node->name = belt_parser_get_name (self, name);
  node->name_span = name->span;
  return node;
}

/* Does an operator follow that binds tighter than a comparison? */
static gboolean
is_tight_operator_next (BeltParser *self)
{
  return get_operator (belt_parser_peek (self)).level > BELT_LEVEL_COMPARE;
}

static BeltNode *
parse_in (BeltParser *self,
          BeltNode   *left,
          BeltSpan    op_span,
          gboolean    negated)
{
  g_autoptr(GPtrArray) children = g_ptr_array_new ();
  gboolean had_error = self->ekuiper_error != NULL;
  const BeltToken *open;
  gboolean list;
  BeltNode *node;

  while (belt_parser_peek (self) == BELT_TOKEN_IN)
    belt_parser_skip_word (self);
  open = belt_parser_peek_at (self, 0);
  list = open->kind == BELT_TOKEN_LPAREN;
  g_ptr_array_add (children, left);
  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  if (!list)
    {
      g_ptr_array_add (children, belt_parse_level (self, BELT_LEVEL_ADD));
      retell (self, had_error, "expect expression after IN, but got error ", NULL, NULL);
    }
  else
    {
      belt_parser_next (self);
      do
        g_ptr_array_add (children, belt_parse_expr (self));
      while (belt_parser_accept (self, BELT_TOKEN_COMMA));
      retell (self, had_error, "expect elements for IN expression, but ", NULL, NULL);
      if (belt_parser_peek (self) != BELT_TOKEN_RPAREN)
        {
          belt_parser_unexpected (self, "“,” or “)”", "expect ) for IN expression, but got %s", NULL);
          belt_parser_synchronize (self);
        }
      belt_parser_accept (self, BELT_TOKEN_RPAREN);
    }
  belt_parser_leave (self);
  if (list && is_tight_operator_next (self))
    {
      BeltNode *set = belt_parser_new_node (self, BELT_NODE_SET, belt_parser_span_from (self, open->span.start),
                                            (BeltNode *const *)children->pdata + 1, children->len - 1);

      g_ptr_array_set_size (children, 1);
      g_ptr_array_add (children, belt_parse_operators (self, set, BELT_LEVEL_ADD));
      list = FALSE;
    }

  node = belt_parser_new_node (self, list ? BELT_NODE_IN : BELT_NODE_IN_LIST,
                               belt_parser_span_from (self, left->span.start),
                               (BeltNode *const *)children->pdata, children->len);
  node->op_span = op_span;
  node->negated = negated;
  return node;
}

/* The bounds are single operands: in BETWEEN 1 AND 2 + 3 the 3 is added to the pair of them. */
static BeltNode *
parse_between (BeltParser *self,
               BeltNode   *left,
               BeltSpan    op_span,
               gboolean    negated)
{
  BeltNode *children[3] = { left, NULL, NULL };
  guint n_children = 3;
  BeltNode *node;

  children[1] = belt_parse_unary (self);
  if (belt_parser_accept (self, BELT_TOKEN_AND))
    {
      children[2] = belt_parse_unary (self);
    }
  else
    {
      BeltTokenKind found = belt_parser_peek (self);
      const char *name = found == BELT_TOKEN_END ? "EOF" : belt_token_get_text (found);
      g_autofree char *ekuiper = g_strconcat ("expect AND expression after between but found ", name, NULL);

      belt_parser_unexpected (self, "AND and the upper bound", ekuiper,
                              "a bound is one operand: put brackets around a computed one");
      children[2] = belt_parser_new_error (self);
    }

  if (is_tight_operator_next (self))
    {
      children[1] = belt_parser_new_node (self, BELT_NODE_RANGE, belt_parser_span_from (self, children[1]->span.start),
                                          children + 1, 2);
      children[1] = belt_parse_operators (self, children[1], BELT_LEVEL_ADD);
      n_children = 2;
    }

  node = belt_parser_new_node (self, BELT_NODE_BETWEEN, belt_parser_span_from (self, left->span.start), children,
                               n_children);
  node->op_span = op_span;
  node->negated = negated;
  return node;
}

/* As Go's regular expressions put it. */
static char *
say_regex_error (const GError *error,
                 const char   *pattern)
{
  if (strstr (error->message, "parenthesis") != NULL)
    return g_strdup_printf ("invalid LIKE pattern: error parsing regexp: %s: `%s`",
                            strchr (pattern, '(') != NULL ? "missing closing )" : "unexpected )", pattern);
  if (strstr (error->message, "terminating ]") != NULL)
    return g_strdup_printf ("invalid LIKE pattern: error parsing regexp: missing closing ]: `%s`",
                            strchr (pattern, '['));
  return g_strdup_printf ("invalid LIKE pattern: %s", error->message);
}

/* eKuiper refuses a literal pattern that is no regular expression once % and _ are translated. */
static void
check_like_pattern (BeltParser     *self,
                    const BeltNode *pattern)
{
  g_autoptr(GString) text = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltRegex) regex = NULL;

  if (pattern->kind != BELT_NODE_LITERAL || pattern->value.tag != BELT_TAG_STR)
    return;

  text = g_string_new (NULL);
  belt_like_append_regex (text, pattern->value.u.s, pattern->value.len);
  regex = belt_regex_new (text->str, text->len, &error);
  if (regex == NULL)
    belt_parser_complain (self, pattern->span, "like-pattern",
                          (BeltComplaint) { .hint = "eKuiper reads ( ) [ ] + ? { } . ^ $ | in a pattern"
                                                    " as a regular expression does",
                                            .ekuiper = say_regex_error (error, text->str) },
                          "this LIKE pattern cannot be read");
}

static BeltNode *
parse_like (BeltParser *self,
            BeltNode   *left,
            BeltSpan    op_span,
            gboolean    negated)
{
  BeltNode *children[2] = { left, belt_parse_level (self, BELT_LEVEL_ADD) };
  BeltNode *node;

  check_like_pattern (self, children[1]);
  node = belt_parser_new_node (self, BELT_NODE_LIKE, belt_parser_span_from (self, left->span.start), children, 2);
  node->op_span = op_span;
  node->negated = negated;
  return node;
}

static BeltNode *
parse_is (BeltParser *self,
          BeltNode   *left)
{
  const BeltToken *word = belt_parser_next (self);
  gboolean negated = belt_parser_accept (self, BELT_TOKEN_NOT);
  BeltNode *node;

  if (!belt_parser_is_word (self, belt_parser_peek_at (self, 0), "NULL"))
    {
      belt_parser_unexpected (self, "NULL", NULL, "IS is followed by NULL or NOT NULL");
      return left;
    }

  belt_parser_next (self);
  node = belt_parser_new_node (self, BELT_NODE_IS_NULL, belt_parser_span_from (self, left->span.start), &left, 1);
  node->op_span = belt_parser_span_from (self, word->span.start);
  node->negated = negated;
  belt_parser_allows (self, node->op_span, negated ? "IS NOT NULL" : "IS NULL",
                      negated ? "write isnull(x) = false" : "write isnull(x)");
  return node;
}

static BeltNode *
parse_infix (BeltParser *self,
             BeltNode   *left,
             Operator    op)
{
  const BeltToken *token = belt_parser_next (self);
  BeltNode *children[2] = { left, NULL };
  BeltNode *node;

  if (token->flags & BELT_TOKEN_LONE_BANG)
    belt_parser_warn (self, token->span, "lone-bang",
                      (BeltComplaint) { .hint = "eKuiper reads “!” alone as “=”", .fix = "!=",
                                        .fix_label = "Change to “!=”" }, "“!” alone means “=”");
  if (token->kind == BELT_TOKEN_NEQ && token->flags & BELT_TOKEN_EXTENSION)
    belt_parser_allows (self, token->span, "<>", "write !=");
  if (token->kind == BELT_TOKEN_CONCAT)
    belt_parser_allows (self, token->span, "||", "write concat(a, b)");

  children[1] = op.level == BELT_LEVEL_MULTIPLY ? belt_parse_unary (self)
                                           : belt_parse_level (self, op.level + 1);
  node = belt_parser_new_node (self, op.kind, belt_parser_span_from (self, left->span.start), children, 2);
  node->op = op.op;
  node->op_span = token->span;
  return node;
}

/* NOT behind an operand: NOT IN, NOT BETWEEN, NOT LIKE. */
static BeltNode *
parse_negated (BeltParser *self,
               BeltNode   *left)
{
  BeltSpan span = belt_parser_next (self)->span;
  BeltTokenKind kind = belt_parser_peek (self);

  span.end = belt_parser_peek_at (self, 0)->span.end;
  if (kind != BELT_TOKEN_IN && kind != BELT_TOKEN_BETWEEN && kind != BELT_TOKEN_LIKE)
    {
      belt_parser_unexpected (self, "IN, BETWEEN or LIKE", "found %s, expected expression", NULL);
      return left;
    }

  belt_parser_next (self);
  if (kind == BELT_TOKEN_IN)
    return parse_in (self, left, span, TRUE);
  if (kind == BELT_TOKEN_LIKE)
    return parse_like (self, left, span, TRUE);
  return parse_between (self, left, span, TRUE);
}

static BeltNode *
parse_operator (BeltParser *self,
                BeltNode   *left,
                Operator    op)
{
  switch (op.kind)
    {
    case BELT_NODE_INDEX:
      return parse_subscript (self, left);
    case BELT_NODE_MEMBER:
      return parse_member (self, left);
    case BELT_NODE_NOT:
      return parse_negated (self, left);
    case BELT_NODE_IN:
      return parse_in (self, left, belt_parser_next (self)->span, FALSE);
    case BELT_NODE_BETWEEN:
      return parse_between (self, left, belt_parser_next (self)->span, FALSE);
    case BELT_NODE_LIKE:
      return parse_like (self, left, belt_parser_next (self)->span, FALSE);
    default:
      return parse_infix (self, left, op);
    }
}

/* Operators of at least the level `min` behind `left`, left to right. */
BeltNode *
belt_parse_operators (BeltParser *self,
                      BeltNode   *left,
                      guint       min)
{
  for (;;)
    {
      const BeltToken *token = belt_parser_peek_at (self, 0);
      Operator op = get_operator (token->kind);
      gboolean postfix = op.kind == BELT_NODE_INDEX || op.kind == BELT_NODE_MEMBER;

      if ((self->flags & BELT_PARSER_EXTENSIONS) && min <= BELT_LEVEL_COMPARE &&
          belt_parser_is_word (self, token, "IS"))
        {
          left = parse_is (self, left);
          continue;
        }
      if (op.level == 0 || (op.level < min && !(postfix && min == BELT_LEVEL_POSTFIX)))
        return left;
      left = parse_operator (self, left, op);
    }
}

BeltNode *
belt_parse_level (BeltParser *self,
                  guint       min)
{
  return belt_parse_operators (self, belt_parse_unary (self), min);
}

BeltNode *
belt_parse_expr (BeltParser *self)
{
  BeltNode *node = belt_parse_level (self, BELT_LEVEL_OR);

  if (node->kind == BELT_NODE_ERROR && self->error_at == self->at)
    belt_parser_synchronize (self);
  return node;
}
