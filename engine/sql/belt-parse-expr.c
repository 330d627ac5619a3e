/* belt-parse-expr.c - expressions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Precedence climbing with eKuiper's five levels.  Three of its habits look like
 * mistakes and are kept, since rules are written against them: subscripts and
 * members bind as * does, bounds of BETWEEN are single operands, and "-" makes a
 * negative literal only directly before a number.
 */
#include "config.h"

#include <errno.h>
#include <math.h>

#include "belt-parser-private.h"

enum
{
  LEVEL_OR = 1,
  LEVEL_AND,
  LEVEL_COMPARE,
  LEVEL_ADD,
  LEVEL_MULTIPLY,
  LEVEL_POSTFIX,   /* only what stands behind an operand: the extensions' minus binds so */
};

static BeltNode *parse_level (BeltParser *self,
                              guint       min);

/* ------------------------------------------------------------------ operands */

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
  child = parse_level (self, LEVEL_POSTFIX);
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
  child = parse_level (self, LEVEL_COMPARE);
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
    return node;

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
    default:
      return parse_expected_value (self);
    }
}

/* ------------------------------------------------------------------ operators behind an operand */

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

static BeltNode *
parse_bound (BeltParser *self,
             const char *which)
{
  g_autofree char *literal = g_strdup (belt_parser_get_literal (self, belt_parser_peek_at (self, 0)));
  g_autofree char *prefix = g_strdup_printf ("The %s index ", which);
  gboolean had_error = self->ekuiper_error != NULL;
  BeltNode *node = belt_parse_expr (self);

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
      belt_parser_unexpected (self, "“]”", children[2] != NULL ? "Found %s, expected right bracket."
                              : "Unexpected token %s. when parsing bracket expressions.", NULL);
      belt_parser_synchronize (self);
    }
  belt_parser_accept (self, BELT_TOKEN_RBRACKET);
  belt_parser_leave (self);

  node = belt_parser_new_node (self, slice ? BELT_NODE_SLICE : BELT_NODE_INDEX,
                               belt_parser_span_from (self, base->span.start), children, slice ? 3 : 2);
  node->op_span = open->span;
  return node;
}

static BeltNode *
parse_member (BeltParser *self,
              BeltNode   *base)
{
  const BeltToken *op = belt_parser_next (self);
  const BeltToken *name = belt_parser_peek_at (self, 0);
  BeltNode *node;

  if (!belt_parser_is_ident (name) || belt_parser_peek_at (self, 1)->kind == BELT_TOKEN_LPAREN)
    {
      belt_parser_unexpected (self, "a member's name", "found %s, expected expression.",
                              "a member is a name, between back quotes if it is an unusual one");
      return belt_parser_new_node (self, BELT_NODE_ERROR, belt_parser_span_from (self, base->span.start), &base, 1);
    }

  belt_parser_next (self);
  node = belt_parser_new_node (self, BELT_NODE_MEMBER, belt_parser_span_from (self, base->span.start), &base, 1);
  node->op = op->kind == BELT_TOKEN_DOT ? '.' : '>';
  node->op_span = op->span;
  node->name = belt_parser_get_name (self, name);
  node->name_span = name->span;
  return node;
}

static BeltNode *
parse_in (BeltParser *self,
          BeltNode   *left,
          BeltSpan    op_span,
          gboolean    negated)
{
  g_autoptr(GPtrArray) children = g_ptr_array_new ();
  gboolean had_error = self->ekuiper_error != NULL;
  gboolean list = belt_parser_peek (self) == BELT_TOKEN_LPAREN;
  BeltNode *node;

  g_ptr_array_add (children, left);
  if (!belt_parser_enter (self))
    return belt_parser_new_error (self);
  if (!list)
    {
      g_ptr_array_add (children, parse_level (self, LEVEL_ADD));
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

  node = belt_parser_new_node (self, list ? BELT_NODE_IN : BELT_NODE_IN_LIST,
                               belt_parser_span_from (self, left->span.start),
                               (BeltNode *const *)children->pdata, children->len);
  node->op_span = op_span;
  node->negated = negated;
  return node;
}

/* The bounds are single operands: BETWEEN 1 AND 2 + 3 is (BETWEEN 1 AND 2) + 3. */
static BeltNode *
parse_between (BeltParser *self,
               BeltNode   *left,
               BeltSpan    op_span,
               gboolean    negated)
{
  BeltNode *children[3] = { left, NULL, NULL };
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

  node = belt_parser_new_node (self, BELT_NODE_BETWEEN, belt_parser_span_from (self, left->span.start), children, 3);
  node->op_span = op_span;
  node->negated = negated;
  return node;
}

/* As Go's regular expressions put it. */
static char *
say_regex_error (const GError *error,
                 const char   *pattern)
{
  const char *what;

  switch (error->code)
    {
    case G_REGEX_ERROR_UNMATCHED_PARENTHESIS:
      what = strchr (pattern, '(') != NULL ? "missing closing )" : "unexpected )";
      break;
    case G_REGEX_ERROR_UNTERMINATED_CHARACTER_CLASS:
      what = "missing closing ]";
      pattern = strchr (pattern, '[');
      break;
    case G_REGEX_ERROR_NOTHING_TO_REPEAT:
      return g_strdup_printf ("invalid LIKE pattern: error parsing regexp: missing argument to repetition operator:"
                              " `%.1s`", strpbrk (pattern, "*+?"));
    default:
      what = error->message;
    }
  return g_strdup_printf ("invalid LIKE pattern: error parsing regexp: %s: `%s`", what, pattern);
}

/* eKuiper refuses a literal pattern that is no regular expression once % and _ are translated. */
static void
check_like_pattern (BeltParser     *self,
                    const BeltNode *pattern)
{
  g_autoptr(GString) text = g_string_new ("^");
  g_autoptr(GError) error = NULL;
  g_autoptr(GRegex) regex = NULL;

  if (pattern->kind != BELT_NODE_LITERAL || pattern->value.tag != BELT_TAG_STR)
    return;

  for (guint i = 0; i < pattern->value.len; i++)
    {
      char c = pattern->value.u.s[i];

      if (c == '%')
        g_string_append (text, ".*");
      else if (c == '_')
        g_string_append_c (text, '.');
      else if (c == '\\')
        g_string_append (text, "\\\\");
      else
        g_string_append_c (text, c);
    }
  g_string_append_c (text, '$');
  if (!g_utf8_validate (text->str, (gssize)text->len, NULL))
    return;
  regex = g_regex_new (text->str, 0, 0, &error);
  if (regex == NULL)
    belt_parser_complain (self, pattern->span, "like-pattern",
                          (BeltComplaint) { .hint = "eKuiper reads ( ) [ ] + ? { } . ^ $ | \\ in a pattern"
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
  BeltNode *children[2] = { left, parse_level (self, LEVEL_ADD) };
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
    case BELT_TOKEN_OR:       return (Operator) { BELT_NODE_OR, LEVEL_OR, 0 };
    case BELT_TOKEN_AND:      return (Operator) { BELT_NODE_AND, LEVEL_AND, 0 };
    case BELT_TOKEN_EQ:       return (Operator) { BELT_NODE_COMPARE, LEVEL_COMPARE, '=' };
    case BELT_TOKEN_NEQ:      return (Operator) { BELT_NODE_COMPARE, LEVEL_COMPARE, '!' };
    case BELT_TOKEN_LT:       return (Operator) { BELT_NODE_COMPARE, LEVEL_COMPARE, '<' };
    case BELT_TOKEN_LTE:      return (Operator) { BELT_NODE_COMPARE, LEVEL_COMPARE, 'l' };
    case BELT_TOKEN_GT:       return (Operator) { BELT_NODE_COMPARE, LEVEL_COMPARE, '>' };
    case BELT_TOKEN_GTE:      return (Operator) { BELT_NODE_COMPARE, LEVEL_COMPARE, 'g' };
    case BELT_TOKEN_IN:       return (Operator) { BELT_NODE_IN, LEVEL_COMPARE, 0 };
    case BELT_TOKEN_BETWEEN:  return (Operator) { BELT_NODE_BETWEEN, LEVEL_COMPARE, 0 };
    case BELT_TOKEN_LIKE:     return (Operator) { BELT_NODE_LIKE, LEVEL_COMPARE, 0 };
    case BELT_TOKEN_NOT:      return (Operator) { BELT_NODE_NOT, LEVEL_COMPARE, 0 };
    case BELT_TOKEN_ADD:      return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_ADD, '+' };
    case BELT_TOKEN_SUB:      return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_ADD, '-' };
    case BELT_TOKEN_BIT_OR:   return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_ADD, '|' };
    case BELT_TOKEN_BIT_XOR:  return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_ADD, '^' };
    case BELT_TOKEN_CONCAT:   return (Operator) { BELT_NODE_CONCAT, LEVEL_ADD, 0 };
    case BELT_TOKEN_STAR:     return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_MULTIPLY, '*' };
    case BELT_TOKEN_DIV:      return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_MULTIPLY, '/' };
    case BELT_TOKEN_MOD:      return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_MULTIPLY, '%' };
    case BELT_TOKEN_BIT_AND:  return (Operator) { BELT_NODE_ARITHMETIC, LEVEL_MULTIPLY, '&' };
    case BELT_TOKEN_LBRACKET: return (Operator) { BELT_NODE_INDEX, LEVEL_MULTIPLY, 0 };
    case BELT_TOKEN_ARROW:    return (Operator) { BELT_NODE_MEMBER, LEVEL_MULTIPLY, 0 };
    case BELT_TOKEN_DOT:      return (Operator) { BELT_NODE_MEMBER, LEVEL_MULTIPLY, 0 };
    default:                  return (Operator) { 0 };
    }
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

  children[1] = op.level == LEVEL_MULTIPLY ? belt_parse_unary (self)
                                           : parse_level (self, op.level + 1);
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

/* Operators of at least the level `min`, left to right. */
static BeltNode *
parse_level (BeltParser *self,
             guint       min)
{
  BeltNode *left = belt_parse_unary (self);

  for (;;)
    {
      const BeltToken *token = belt_parser_peek_at (self, 0);
      Operator op = get_operator (token->kind);
      gboolean postfix = op.kind == BELT_NODE_INDEX || op.kind == BELT_NODE_MEMBER;

      if ((self->flags & BELT_PARSER_EXTENSIONS) && min <= LEVEL_COMPARE && belt_parser_is_word (self, token, "IS"))
        {
          left = parse_is (self, left);
          continue;
        }
      if (op.level == 0 || (op.level < min && !(postfix && min == LEVEL_POSTFIX)))
        return left;
      left = parse_operator (self, left, op);
    }
}

BeltNode *
belt_parse_expr (BeltParser *self)
{
  BeltNode *node = parse_level (self, LEVEL_OR);

  if (node->kind == BELT_NODE_ERROR && self->error_at == self->at)
    belt_parser_synchronize (self);
  return node;
}
