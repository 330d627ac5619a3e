/* belt-parse-operand.c - what stands between operators
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Literals, columns, brackets, CASE and the wildcard.  "-" makes a negative literal
 * only directly before a number; the rest of unary operators are extensions.
 */
#include "config.h"

#include <errno.h>
#include <math.h>

#include "belt-parser-private.h"

/* ------------------------------------------------------------------ literals and names */

static BeltNode *
new_literal (BeltParser *self,
             BeltSpan    span,
             BeltValue   value)
{
  BeltNode *node = belt_parser_new_node (self, BELT_NODE_LITERAL, span, NULL, 0);

  node->value = value;
  return node;
}

static BeltNode *
parse_string (BeltParser *self)
{
  const BeltToken *token = belt_parser_next (self);
  BeltSpan bad;
  gsize n;
  const char *text = belt_token_decode (token, self->text, self->arena, &n, &bad);

  if (text == NULL)
    {
      g_autofree char *quoted = belt_parser_quote (self, token);

      belt_parser_complain (self, bad, "parse",
                            (BeltComplaint) { .hint = "escapes are \\n \\t \\\\ \\\" \\xHH \\uHHHH and their like",
                                              .ekuiper = g_strdup_printf ("found %s, expected expression.", quoted) },
                            "this escape has no meaning in a text");
      text = "";
      n = 0;
    }
  return new_literal (self, token->span, belt_value_str (text, n));
}

/* A whole number; what does not fit is cut to the nearest, as eKuiper does, and said so. */
static BeltNode *
parse_integer (BeltParser *self,
               BeltSpan    span,
               gboolean    negative)
{
  const BeltToken *token = belt_parser_next (self);
  const char *at = self->text + token->span.start;
  guint64 value;

  errno = 0;
  value = g_ascii_strtoull (at, NULL, 10);
  if (errno == ERANGE || value > (guint64)G_MAXINT64 + negative)
    {
      belt_parser_warn (self, span, "number-range",
                        (BeltComplaint) { .hint = "write it with a decimal point to have it as FLOAT" },
                        "this number is beyond 64 bits and becomes %s", negative ? "-9223372036854775808"
                                                                                 : "9223372036854775807");
      return new_literal (self, span, belt_value_i64 (negative ? G_MININT64 : G_MAXINT64));
    }
  return new_literal (self, span, belt_value_i64 (negative ? (gint64)(0 - value) : (gint64)value));
}

static BeltNode *
parse_number (BeltParser *self,
              BeltSpan    span,
              gboolean    negative)
{
  const BeltToken *token = belt_parser_next (self);
  const char *from = self->text + token->span.start;
  gsize n = token->span.end - token->span.start;
  const char *dot = memchr (from, '.', n);
  g_autofree char *copy = g_strndup (from, n);
  double value = g_ascii_strtod (copy, NULL);
  gboolean two_points = dot != NULL && memchr (dot + 1, '.', (gsize)(from + n - dot - 1)) != NULL;

  if (two_points || !isfinite (value))
    {
      g_autofree char *quoted = belt_go_quote (copy);

      belt_parser_complain (self, span, "parse",
                            (BeltComplaint) { .ekuiper = g_strdup_printf ("found %s, invalid number value.", quoted) },
                            two_points ? "“%s” is not a number: it has two points"
                                       : "“%s” is too large a number", copy);
      value = 0;
    }
  if (token->flags & BELT_TOKEN_EXTENSION)
    belt_parser_allows (self, token->span, "a number with an exponent", "write the number out");
  return new_literal (self, span, belt_value_f64 (negative ? -value : value));
}

/* Only blanks may stand between the sign and the digits. */
static gboolean
is_negative_number (BeltParser *self)
{
  const BeltToken *sign = belt_parser_peek_at (self, 0);
  const BeltToken *number = belt_parser_peek_at (self, 1);

  if (number->kind != BELT_TOKEN_INTEGER && number->kind != BELT_TOKEN_NUMBER)
    return FALSE;
  if (!g_ascii_isdigit (self->text[number->span.start]))
    return FALSE;
  for (guint32 i = sign->span.end; i < number->span.start; i++)
    if (!g_ascii_isspace (self->text[i]))
      return FALSE;
  return TRUE;
}

static BeltNode *
parse_minus (BeltParser *self)
{
  const BeltToken *sign = belt_parser_peek_at (self, 0);
  BeltSpan span = { sign->span.start, belt_parser_peek_at (self, 1)->span.end };
  BeltNode *child;
  BeltNode *node;

  if (is_negative_number (self))
    {
      belt_parser_next (self);
      return belt_parser_peek (self) == BELT_TOKEN_INTEGER ? parse_integer (self, span, TRUE)
                                                           : parse_number (self, span, TRUE);
    }
  if (!belt_parser_allows (self, sign->span, "a minus before an expression", "write 0 - x"))
    {
      belt_parser_unexpected (self, "a value", "found %s, expected expression.",
                              "eKuiper has a minus only before numbers: write 0 - x");
      belt_parser_next (self);
      return belt_parser_new_error (self);
    }

  belt_parser_next (self);
  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  child = belt_parse_level (self, BELT_LEVEL_POSTFIX);
  belt_parser_leave (self);
  node = belt_parser_new_node (self, BELT_NODE_NEGATE, belt_parser_span_from (self, sign->span.start), &child, 1);
  node->op_span = sign->span;
  return node;
}

static BeltNode *
parse_not (BeltParser *self)
{
  const BeltToken *word = belt_parser_peek_at (self, 0);
  BeltNode *child;
  BeltNode *node;

  if (!belt_parser_allows (self, word->span, "NOT before a condition", "write (condition) = false"))
    {
      belt_parser_unexpected (self, "a value", "found %s, expected expression.",
                              "eKuiper has no NOT before a condition: write (condition) = false");
      belt_parser_next (self);
      return belt_parser_new_error (self);
    }

  belt_parser_next (self);
  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  child = belt_parse_level (self, BELT_LEVEL_COMPARE);
  belt_parser_leave (self);
  node = belt_parser_new_node (self, BELT_NODE_NOT, belt_parser_span_from (self, word->span.start), &child, 1);
  node->op_span = word->span;
  return node;
}

static BeltNode *
parse_paren (BeltParser *self)
{
  guint32 start = belt_parser_next (self)->span.start;
  BeltNode *child;

  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  if (belt_parser_peek (self) == BELT_TOKEN_SELECT)
    belt_parser_unexpected (self, "a value", "found %s, expected expression.",
                            "eKuiper has no sub-queries: make a second rule and join them through a memory topic");
  child = belt_parse_expr (self);
  if (belt_parser_peek (self) != BELT_TOKEN_RPAREN)
    {
      belt_parser_unexpected (self, "“)”", "found %s, expected right paren.", NULL);
      belt_parser_synchronize (self);
    }
  belt_parser_accept (self, BELT_TOKEN_RPAREN);
  belt_parser_leave (self);
  return belt_parser_new_node (self, BELT_NODE_PAREN, belt_parser_span_from (self, start), &child, 1);
}

/* name, or name.name: whether the first is a stream is only known after FROM. */
static BeltNode *
parse_column (BeltParser *self)
{
  const BeltToken *first = belt_parser_next (self);
  const BeltToken *second = belt_parser_peek_at (self, 1);
  BeltNodeKind kind = self->in_meta ? BELT_NODE_META : BELT_NODE_COLUMN;
  BeltNode *node = belt_parser_new_node (self, kind, first->span, NULL, 0);

  node->name = belt_parser_get_name (self, first);
  node->name_span = first->span;
  if (belt_parser_peek (self) != BELT_TOKEN_DOT)
    return node;
  if (!belt_parser_is_ident (second) && second->kind != BELT_TOKEN_STAR)
    {
      belt_parser_skip_word (self);
      return node;
    }

  belt_parser_next (self);
  belt_parser_next (self);
  node->qualifier = node->name;
  node->qualifier_span = node->name_span;
  node->name = second->kind == BELT_TOKEN_STAR ? "*" : belt_parser_get_name (self, second);
  node->name_span = second->span;
  node->span.end = second->span.end;
  return node;
}

static void
parse_except (BeltParser *self,
              BeltNode   *node)
{
  g_autoptr(GArray) names = g_array_new (FALSE, FALSE, sizeof (BeltAstName));

  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(”", "Found %s after EXCEPT, expect left parentheses.", NULL);
      return;
    }
  for (;;)
    {
      const BeltToken *token = belt_parser_peek_at (self, 0);

      if (belt_parser_is_ident (token))
        {
          BeltAstName name = { belt_parser_get_name (self, token), token->span };

          g_array_append_val (names, name);
        }
      else if (token->kind != BELT_TOKEN_COMMA)
        {
          break;
        }
      belt_parser_next (self);
    }
  if (!belt_parser_accept (self, BELT_TOKEN_RPAREN))
    {
      belt_parser_unexpected (self, "a column's name or “)”", "Found %s in EXCEPT", NULL);
      belt_parser_synchronize (self);
      belt_parser_accept (self, BELT_TOKEN_RPAREN);
    }
  node->n_except = names->len;
  node->except = belt_arena_memdup (self->arena, names->data, names->len * sizeof (BeltAstName));
}

static void
parse_replace (BeltParser *self,
               BeltNode   *node)
{
  g_autoptr(GArray) fields = g_array_new (FALSE, FALSE, sizeof (BeltAstField));

  if (!belt_parser_accept (self, BELT_TOKEN_LPAREN))
    {
      belt_parser_unexpected (self, "“(”", "Found %s after REPLACE, expect left parentheses.", NULL);
      return;
    }
  do
    {
      BeltAstField field = belt_parse_field (self);

      g_array_append_val (fields, field);
    }
  while (belt_parser_accept (self, BELT_TOKEN_COMMA));
  if (!belt_parser_accept (self, BELT_TOKEN_RPAREN))
    {
      belt_parser_unexpected (self, "“,” or “)”", "Found %s in REPLACE", NULL);
      belt_parser_synchronize (self);
      belt_parser_accept (self, BELT_TOKEN_RPAREN);
    }
  node->n_replace = fields->len;
  node->replace = belt_arena_memdup (self->arena, fields->data, fields->len * sizeof (BeltAstField));
}

static BeltNode *
parse_wildcard (BeltParser *self)
{
  const BeltToken *star = belt_parser_next (self);
  BeltNode *node;

  node = belt_parser_new_node (self, self->in_meta ? BELT_NODE_META : BELT_NODE_WILDCARD, star->span, NULL, 0);
  node->name = "*";
  node->name_span = star->span;
  while (belt_parser_peek (self) == BELT_TOKEN_EXCEPT || belt_parser_peek (self) == BELT_TOKEN_REPLACE)
    {
      BeltTokenKind kind = belt_parser_peek (self);

      if (self->in_meta)
        {
          belt_parser_unexpected (self, "“)”", "%s is not supported in meta function", NULL);
          return node;
        }
      belt_parser_next (self);
      if (!belt_parser_enter (self))
        return node;
      if (kind == BELT_TOKEN_EXCEPT)
        parse_except (self, node);
      else
        parse_replace (self, node);
      belt_parser_leave (self);
    }
  node->span.end = belt_parser_last_end (self);
  return node;
}

/* ------------------------------------------------------------------ CASE */

static void
parse_when (BeltParser *self,
            GPtrArray  *children,
            gboolean    searched)
{
  BeltNode *when = belt_parse_expr (self);

  if (searched && when->kind != BELT_NODE_ERROR && !belt_node_is_boolean (when))
    belt_parser_complain (self, when->span, "case-condition",
                          (BeltComplaint) { .hint = "write a comparison without brackets around it, such as x = true",
                                            .ekuiper = g_strdup ("invalid CASE expression, WHEN expression must be"
                                                                 " a bool condition") },
                          "WHEN needs a condition by its form here, since CASE has no value before it");
  g_ptr_array_add (children, when);
  if (belt_parser_accept (self, BELT_TOKEN_THEN))
    {
      g_ptr_array_add (children, belt_parse_expr (self));
      return;
    }
  belt_parser_unexpected (self, "THEN", "invalid CASE expression, THEN expected after WHEN", NULL);
  g_ptr_array_add (children, belt_parser_new_error (self));
}

/* Reads WHEN … THEN …, ELSE … up to END. */
static void
parse_case_branches (BeltParser *self,
                     GPtrArray  *children,
                     gboolean    has_operand,
                     BeltNode  **ret_else)
{
  guint n_whens = 0;

  for (;;)
    {
      if (belt_parser_accept (self, BELT_TOKEN_WHEN))
        {
          parse_when (self, children, !has_operand);
          n_whens++;
        }
      else if (belt_parser_peek (self) == BELT_TOKEN_ELSE)
        {
          if (n_whens == 0)
            belt_parser_unexpected (self, "WHEN", "invalid CASE expression, WHEN expected before ELSE", NULL);
          belt_parser_next (self);
          *ret_else = belt_parse_expr (self);
        }
      else
        {
          break;
        }
    }

  if (belt_parser_peek (self) != BELT_TOKEN_END_WORD)
    {
      belt_parser_unexpected (self, "END", "invalid CASE expression, END expected", "every CASE ends with END");
      return;
    }
  if (n_whens == 0)
    belt_parser_unexpected (self, "WHEN", "invalid CASE expression, WHEN expected before END", NULL);
  belt_parser_next (self);
}

static BeltNode *
parse_case (BeltParser *self)
{
  const BeltToken *word = belt_parser_next (self);
  g_autoptr(GPtrArray) children = g_ptr_array_new ();
  BeltNode *otherwise = NULL;
  gboolean has_operand;
  BeltNode *node;

  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  has_operand = belt_parser_peek (self) != BELT_TOKEN_WHEN && belt_parser_peek (self) != BELT_TOKEN_ELSE;
  if (has_operand)
    g_ptr_array_add (children, belt_parse_expr (self));
  parse_case_branches (self, children, has_operand, &otherwise);
  if (otherwise != NULL)
    g_ptr_array_add (children, otherwise);
  belt_parser_leave (self);

  node = belt_parser_new_node (self, BELT_NODE_CASE, belt_parser_span_from (self, word->span.start),
                               (BeltNode *const *)children->pdata, children->len);
  node->op_span = word->span;
  node->has_operand = has_operand;
  node->has_else = otherwise != NULL;
  return node;
}

/* ------------------------------------------------------------------ one operand */

static BeltNode *
parse_expected_value (BeltParser *self)
{
  BeltNode *node = belt_parser_new_error (self);

  belt_parser_unexpected (self, "a value", "found %s, expected expression.", NULL);
  if (belt_parser_peek (self) == BELT_TOKEN_ILLEGAL || belt_parser_peek (self) == BELT_TOKEN_BAD_STRING)
    belt_parser_next (self);
  return node;
}

static BeltNode *
parse_unit (BeltParser *self)
{
  const BeltToken *token = belt_parser_next (self);
  BeltNode *node = belt_parser_new_node (self, BELT_NODE_TIME_UNIT, token->span, NULL, 0);

  node->name = belt_token_get_text (token->kind);
  node->name_span = token->span;
  return node;
}

BeltNode *
belt_parse_unary (BeltParser *self)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);

  switch ((BeltTokenKind)token->kind)
    {
    case BELT_TOKEN_LPAREN:
      return parse_paren (self);
    case BELT_TOKEN_CASE:
      return parse_case (self);
    case BELT_TOKEN_IDENT:
    case BELT_TOKEN_QUOTED_IDENT:
      return belt_parser_peek_at (self, 1)->kind == BELT_TOKEN_LPAREN ? belt_parse_call (self) : parse_column (self);
    case BELT_TOKEN_STRING:
    case BELT_TOKEN_QUOTE:
      return parse_string (self);
    case BELT_TOKEN_INTEGER:
      return parse_integer (self, token->span, FALSE);
    case BELT_TOKEN_NUMBER:
      return parse_number (self, token->span, FALSE);
    case BELT_TOKEN_TRUE:
    case BELT_TOKEN_FALSE:
      belt_parser_next (self);
      return new_literal (self, token->span, belt_value_bool (token->kind == BELT_TOKEN_TRUE));
    case BELT_TOKEN_DD:
    case BELT_TOKEN_HH:
    case BELT_TOKEN_MI:
    case BELT_TOKEN_SS:
    case BELT_TOKEN_MS:
      return parse_unit (self);
    case BELT_TOKEN_STAR:
      return parse_wildcard (self);
    case BELT_TOKEN_SUB:
      return parse_minus (self);
    case BELT_TOKEN_NOT:
      return parse_not (self);
    case BELT_TOKEN_IN:
      if (belt_parser_peek_at (self, 1)->kind == BELT_TOKEN_LPAREN)
        return parse_expected_value (self);
      while (belt_parser_peek (self) == BELT_TOKEN_IN)
        belt_parser_skip_word (self);
      return belt_parse_unary (self);
    default:
      return parse_expected_value (self);
    }
}
