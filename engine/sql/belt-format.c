/* belt-format.c - a statement laid out
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Works on tokens, so that comments and spellings survive.  Layout depends on the
 * tokens and on whether a comment had a line of its own, and on nothing else of
 * the old layout: that is why a second run changes nothing.
 */
#include "config.h"

#include "belt-format.h"

#include "belt-lexer.h"
#include "belt-parser.h"
#include "belt-unparse.h"

typedef struct
{
  BeltToken token;
  gboolean  own_line;   /* a comment with nothing before it on its line */
  gboolean  is_unary;   /* a minus before a value */
  gboolean  is_topic;   /* a piece of a stream's name behind another piece */
  gboolean  is_option;  /* "=" between an option and its value */
  guint     depth;      /* brackets and CASEs around it */
} Piece;

typedef struct
{
  const char *text;
  GArray     *pieces;
  gboolean    defines;    /* CREATE and its like, where other words are reserved */
  GString    *out;
  gsize       line;       /* where the line at hand begins in out */
  guint       indent;
  gboolean    fresh;      /* nothing but the indent is on the line */
  gboolean    must_break; /* a line comment is open */
} Formatter;

static Piece *
get_piece (const Formatter *self,
           guint            i)
{
  return &g_array_index (self->pieces, Piece, i);
}

/* ------------------------------------------------------------------ reading */

static gboolean
ends_value (BeltTokenKind kind)
{
  switch (kind)
    {
    case BELT_TOKEN_IDENT:
    case BELT_TOKEN_QUOTED_IDENT:
    case BELT_TOKEN_INTEGER:
    case BELT_TOKEN_NUMBER:
    case BELT_TOKEN_STRING:
    case BELT_TOKEN_QUOTE:
    case BELT_TOKEN_RPAREN:
    case BELT_TOKEN_RBRACKET:
    case BELT_TOKEN_TRUE:
    case BELT_TOKEN_FALSE:
    case BELT_TOKEN_END_WORD:
    case BELT_TOKEN_DD:
    case BELT_TOKEN_HH:
    case BELT_TOKEN_MI:
    case BELT_TOKEN_SS:
    case BELT_TOKEN_MS:
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
is_name (BeltTokenKind kind)
{
  return kind == BELT_TOKEN_IDENT || kind == BELT_TOKEN_QUOTED_IDENT;
}

static gboolean
is_topic_piece (BeltTokenKind kind)
{
  return is_name (kind) || kind == BELT_TOKEN_DIV ||
         kind == BELT_TOKEN_HASH || kind == BELT_TOKEN_ADD;
}

static gboolean
is_word (const Formatter *self,
         const BeltToken *token,
         const char      *word)
{
  gsize n = token->span.end - token->span.start;

  return token->kind == BELT_TOKEN_IDENT && strlen (word) == n &&
         g_ascii_strncasecmp (self->text + token->span.start, word, n) == 0;
}

/* A comma goes before the comments that stand between it and its item: "a -- why⏎, b" is "a, -- why⏎b". */
static void
insert_piece (Formatter *self,
              Piece      piece)
{
  guint at = self->pieces->len;

  while (piece.token.kind == BELT_TOKEN_COMMA && at > 1 && get_piece (self, at - 1)->token.kind == BELT_TOKEN_COMMENT)
    at--;
  g_array_insert_val (self->pieces, at, piece);
}

/* The first word tells: the words of definitions are not reserved elsewhere. */
static gboolean
is_definition (const char *text,
               gsize       len)
{
  BeltLexer lexer;
  BeltToken token;

  belt_lexer_init (&lexer, text, len, TRUE);
  do
    token = belt_lexer_next (&lexer);
  while (token.kind == BELT_TOKEN_BLANK || token.kind == BELT_TOKEN_COMMENT);
  return token.kind == BELT_TOKEN_IDENT;
}

/* Reads up to the end or the ';'; returns where the rest begins. */
static gsize
read_pieces (Formatter *self,
             gsize      len)
{
  BeltLexer lexer;
  BeltTokenKind before = BELT_TOKEN_END;
  gboolean in_source = FALSE;
  gboolean newline = TRUE;
  gboolean with = FALSE;
  guint depth = 0;

  belt_lexer_init (&lexer, self->text, len, TRUE);
  for (;;)
    {
      Piece piece = { .token = belt_lexer_next (&lexer) };
      BeltTokenKind kind = piece.token.kind;

      if (kind == BELT_TOKEN_END || kind == BELT_TOKEN_SEMICOLON)
        return piece.token.span.start;
      if (kind == BELT_TOKEN_BLANK)
        {
          newline |= memchr (self->text + piece.token.span.start, '\n', piece.token.span.end - piece.token.span.start)
                     != NULL;
          continue;
        }
      if ((kind == BELT_TOKEN_RPAREN || kind == BELT_TOKEN_RBRACKET || kind == BELT_TOKEN_END_WORD) && depth > 0)
        depth--;
      piece.depth = depth;
      depth += kind == BELT_TOKEN_LPAREN || kind == BELT_TOKEN_LBRACKET || kind == BELT_TOKEN_CASE;
      piece.own_line = kind == BELT_TOKEN_COMMENT && newline;
      newline = kind == BELT_TOKEN_COMMENT && self->text[piece.token.span.end - 1] == '\n';
      if (kind != BELT_TOKEN_COMMENT)
        {
          in_source = in_source && is_topic_piece (kind);
          with |= is_word (self, &piece.token, "WITH");
          piece.is_topic = in_source && before != BELT_TOKEN_FROM && before != BELT_TOKEN_JOIN &&
                           !(is_name (kind) && is_name (before));
          piece.is_unary = kind == BELT_TOKEN_SUB && !ends_value (before);
          piece.is_option = self->defines && with && kind == BELT_TOKEN_EQ;
          in_source |= kind == BELT_TOKEN_FROM || kind == BELT_TOKEN_JOIN;
          before = kind;
        }
      insert_piece (self, piece);
    }
}

/* ------------------------------------------------------------------ writing */

static gboolean
is_any_word (const Formatter   *self,
             const BeltToken   *token,
             const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (is_word (self, token, words[i]))
      return TRUE;
  return FALSE;
}

/* IS [NOT] NULL, of which the first and the last are no reserved words. */
static gboolean
is_null_test (const Formatter *self,
              guint            i)
{
  const BeltToken *token = &get_piece (self, i)->token;
  const BeltToken *before = i > 0 ? &get_piece (self, i - 1)->token : NULL;

  if (before == NULL)
    return FALSE;
  if (is_word (self, token, "NULL"))
    return is_word (self, before, "IS") ||
           (before->kind == BELT_TOKEN_NOT && i > 1 && is_word (self, &get_piece (self, i - 2)->token, "IS"));
  return is_word (self, token, "IS") && ends_value (before->kind);
}

/* Words that are reserved at their place only: they are written in capitals there. */
static gboolean
is_capital (const Formatter *self,
            guint            i)
{
  static const char *const verbs[] = { "CREATE", "DROP", "SHOW", "DESCRIBE", "EXPLAIN", NULL };
  static const char *const nouns[] = { "STREAM", "TABLE", "STREAMS", "TABLES", NULL };
  static const char *const types[] = { "BIGINT", "FLOAT", "STRING", "BYTEA", "DATETIME", "BOOLEAN", "ARRAY", "STRUCT",
                                       NULL };
  const Piece *piece = get_piece (self, i);
  const Piece *before = i > 0 ? get_piece (self, i - 1) : NULL;

  if (!self->defines)
    return is_null_test (self, i);
  if (before == NULL || before->token.kind == BELT_TOKEN_COMMENT)
    return is_any_word (self, &piece->token, verbs);
  if (is_any_word (self, &before->token, verbs) && is_any_word (self, &piece->token, nouns))
    return TRUE;
  if (i + 1 < self->pieces->len && get_piece (self, i + 1)->is_option)
    return TRUE;
  if (piece->depth == 0)
    return before->token.kind == BELT_TOKEN_RPAREN;
  return is_any_word (self, &piece->token, types) &&
         (before->token.kind == BELT_TOKEN_IDENT || before->token.kind == BELT_TOKEN_QUOTED_IDENT ||
          (before->token.kind == BELT_TOKEN_LPAREN && i > 1 &&
           is_word (self, &get_piece (self, i - 2)->token, "ARRAY")));
}

static gboolean
is_window (const Formatter *self,
           const BeltToken *token)
{
  for (guint i = BELT_AST_WINDOW_TUMBLING; i <= BELT_AST_WINDOW_STATE; i++)
    if (is_word (self, token, belt_ast_window_get_name (i)))
      return TRUE;
  return FALSE;
}

static void
append_token (GString         *out,
              const Formatter *self,
              guint            i)
{
  const BeltToken *token = &get_piece (self, i)->token;
  const char *text = self->text + token->span.start;
  gsize n = token->span.end - token->span.start;
  g_autofree char *copy = NULL;

  if (token->kind == BELT_TOKEN_COMMENT)
    {
      copy = g_strchomp (g_strndup (text, n));
      g_string_append (out, copy);
      return;
    }
  if (token->flags == 0 && belt_token_get_text (token->kind) != NULL && !(token->kind >= BELT_TOKEN_DD))
    {
      g_string_append (out, belt_token_get_text (token->kind));
      return;
    }
  copy = g_strndup (text, n);
  if (token->kind == BELT_TOKEN_IDENT && (is_capital (self, i) || is_window (self, token)))
    {
      char *upper = g_ascii_strup (copy, -1);

      g_string_append (out, upper);
      g_free (upper);
      return;
    }
  g_string_append (out, copy);
}

/* Does a blank stand between a piece and the one before it? */
static gboolean
needs_blank (const Formatter *self,
             guint            i)
{
  const Piece *left = get_piece (self, i - 1);
  const Piece *right = get_piece (self, i);
  BeltTokenKind a = left->token.kind;
  BeltTokenKind b = right->token.kind;

  if (a == BELT_TOKEN_COMMENT || b == BELT_TOKEN_COMMENT)
    return TRUE;
  if (right->is_topic || left->is_option || right->is_option || left->is_unary)
    return FALSE;
  if (a == BELT_TOKEN_LPAREN || a == BELT_TOKEN_LBRACKET || a == BELT_TOKEN_DOT || a == BELT_TOKEN_ARROW ||
      a == BELT_TOKEN_COLON)
    return FALSE;
  if (b == BELT_TOKEN_RPAREN || b == BELT_TOKEN_RBRACKET || b == BELT_TOKEN_DOT || b == BELT_TOKEN_ARROW ||
      b == BELT_TOKEN_COMMA || b == BELT_TOKEN_COLON || b == BELT_TOKEN_LBRACKET)
    return FALSE;
  if (b == BELT_TOKEN_LPAREN)
    return !(is_name (a) || a == BELT_TOKEN_EXCEPT || a == BELT_TOKEN_REPLACE) ||
           is_word (self, &left->token, "WITH") ||
           (self->defines && i == 3);
  return TRUE;
}

static void
break_line (Formatter *self)
{
  while (self->out->len > self->line && self->out->str[self->out->len - 1] == ' ')
    g_string_truncate (self->out, self->out->len - 1);
  if (self->out->len > 0)
    g_string_append_c (self->out, '\n');
  self->line = self->out->len;
  for (guint i = 0; i < self->indent; i++)
    g_string_append_c (self->out, ' ');
  self->fresh = TRUE;
  self->must_break = FALSE;
}

static gboolean
is_line_comment (const Formatter *self,
                 const Piece     *piece)
{
  return piece->token.kind == BELT_TOKEN_COMMENT && self->text[piece->token.span.start] == '-';
}

/* Writes a piece; `blank` FALSE: it begins a line or clings to what is before. */
static void
write_piece (Formatter *self,
             guint      i)
{
  const Piece *piece = get_piece (self, i);

  if ((piece->own_line || self->must_break) && !self->fresh)
    break_line (self);
  if (!self->fresh && i > 0 && needs_blank (self, i))
    g_string_append_c (self->out, ' ');
  append_token (self->out, self, i);
  self->fresh = FALSE;
  self->must_break = is_line_comment (self, piece) || (piece->own_line && piece->token.kind == BELT_TOKEN_COMMENT);
}

/* ------------------------------------------------------------------ clauses */

static gboolean
has_comment (const Formatter *self,
             guint            from,
             guint            to)
{
  for (guint i = from; i < to; i++)
    if (get_piece (self, i)->own_line || is_line_comment (self, get_piece (self, i)))
      return TRUE;
  return FALSE;
}

static gsize
measure (const Formatter *self,
         guint            from,
         guint            to)
{
  g_autoptr(GString) flat = g_string_new (NULL);

  for (guint i = from; i < to; i++)
    {
      if (i > from && needs_blank (self, i))
        g_string_append_c (flat, ' ');
      append_token (flat, self, i);
    }
  return (gsize)g_utf8_strlen (flat->str, -1);
}

static void
write_flat (Formatter *self,
            guint      from,
            guint      to)
{
  for (guint i = from; i < to; i++)
    write_piece (self, i);
}

/* Comments at the end of a line belong to the item before them. */
static guint
take_trailing_comments (Formatter *self,
                        guint      i,
                        guint      to)
{
  while (i < to && get_piece (self, i)->token.kind == BELT_TOKEN_COMMENT && !get_piece (self, i)->own_line)
    write_piece (self, i++);
  return i;
}

/* Items separated by commas at the given depth, an item a line. */
static void
write_items (Formatter *self,
             guint      from,
             guint      to,
             guint      depth)
{
  guint outer = self->indent;
  guint i = from;

  self->indent = outer + 2;
  break_line (self);
  while (i < to)
    {
      const Piece *piece = get_piece (self, i);
      gboolean comma = piece->token.kind == BELT_TOKEN_COMMA && piece->depth == depth;
      gboolean before_item = self->fresh && piece->token.kind == BELT_TOKEN_COMMENT;

      write_piece (self, i++);
      self->indent = outer + (before_item ? 2 : 4);
      if (comma)
        {
          i = take_trailing_comments (self, i, to);
          self->indent = outer + 2;
          if (i < to)
            break_line (self);
        }
    }
  self->indent = outer;
}

/* A condition, with a new line before each AND and OR that is not inside of brackets. */
static void
write_condition (Formatter *self,
                 guint      from,
                 guint      to)
{
  gboolean between = FALSE;
  guint outer = self->indent;
  guint depth = from < to ? get_piece (self, from)->depth : 0;

  for (guint i = from; i < to; i++)
    {
      const Piece *piece = get_piece (self, i);
      BeltTokenKind kind = piece->token.kind;

      self->indent = outer + 2;
      if (piece->depth == depth && kind == BELT_TOKEN_AND && between)
        between = FALSE;
      else if (piece->depth == depth && (kind == BELT_TOKEN_AND || kind == BELT_TOKEN_OR) && !self->fresh)
        break_line (self);
      between |= piece->depth == depth && kind == BELT_TOKEN_BETWEEN;
      write_piece (self, i);
    }
  self->indent = outer;
}

/* The words that open a clause at depth 0, and how many tokens they are. */
static guint
count_clause_words (const Formatter *self,
                    guint            i)
{
  const Piece *piece = get_piece (self, i);

  if (piece->depth > 0)
    return 0;
  switch ((BeltTokenKind)piece->token.kind)
    {
    case BELT_TOKEN_SELECT:
    case BELT_TOKEN_FROM:
    case BELT_TOKEN_WHERE:
    case BELT_TOKEN_HAVING:
    case BELT_TOKEN_LIMIT:
      return 1;
    case BELT_TOKEN_GROUP:
    case BELT_TOKEN_ORDER:
    case BELT_TOKEN_INNER:
    case BELT_TOKEN_LEFT:
    case BELT_TOKEN_RIGHT:
    case BELT_TOKEN_FULL:
    case BELT_TOKEN_CROSS:
      return 2;
    default:
      return 0;
    }
}

static guint
find_clause_end (const Formatter *self,
                 guint            from)
{
  guint i = from;

  while (i < self->pieces->len && count_clause_words (self, i) == 0)
    i++;
  /* comments on lines of their own before a clause belong to it */
  while (i < self->pieces->len && i > from && get_piece (self, i - 1)->own_line)
    i--;
  return i;
}

static void
write_clause (Formatter *self,
              guint      from,
              guint      to)
{
  BeltTokenKind kind;
  guint body;

  while (from < to && get_piece (self, from)->token.kind == BELT_TOKEN_COMMENT)
    write_piece (self, from++);
  if (from == to)
    return;
  kind = get_piece (self, from)->token.kind;
  body = MIN (from + MAX (count_clause_words (self, from), 1), to);
  if (measure (self, from, to) <= BELT_FORMAT_WIDTH && !has_comment (self, from, to))
    {
      write_flat (self, from, to);
      return;
    }

  write_flat (self, from, body);
  body = take_trailing_comments (self, body, to);
  if (kind == BELT_TOKEN_SELECT || kind == BELT_TOKEN_GROUP || kind == BELT_TOKEN_ORDER)
    write_items (self, body, to, 0);
  else
    write_condition (self, body, to);
}

static void
write_select (Formatter *self)
{
  guint i = 0;

  while (i < self->pieces->len)
    {
      guint first = i;
      guint words;
      guint end;

      while (first < self->pieces->len && count_clause_words (self, first) == 0)
        first++;
      words = first < self->pieces->len ? count_clause_words (self, first) : 0;
      end = find_clause_end (self, MIN (first + MAX (words, 1), self->pieces->len));
      if (i > 0)
        break_line (self);
      write_clause (self, i, end);
      i = end;
    }
}

/* CREATE … ( columns ) WITH ( options ): long lists have an item a line. */
static void
write_definition (Formatter *self)
{
  guint n = self->pieces->len;
  guint i = 0;

  if (measure (self, 0, n) <= BELT_FORMAT_WIDTH && !has_comment (self, 0, n))
    {
      write_flat (self, 0, n);
      return;
    }

  while (i < n)
    {
      guint end = i + 1;

      write_piece (self, i);
      if (get_piece (self, i)->token.kind == BELT_TOKEN_LPAREN && get_piece (self, i)->depth == 0)
        {
          while (end < n && get_piece (self, end)->depth > 0)
            end++;
          if (end > i + 1)
            {
              write_items (self, i + 1, end, 1);
              break_line (self);
            }
        }
      i = end;
    }
}

static gboolean
means_the_same (const BeltAst *ast,
                const char    *formatted)
{
  g_autoptr(BeltParseResult) result = belt_parse (formatted, strlen (formatted), BELT_PARSER_EXTENSIONS, NULL);
  g_autofree char *before = belt_ast_unparse (ast);
  g_autofree char *after = belt_ast_unparse (result->ast);

  return result->n_errors == 0 && g_str_equal (before, after);
}

char *
belt_format (const char *text,
             gsize       len)
{
  g_autoptr(BeltParseResult) result = belt_parse (text, len, BELT_PARSER_EXTENSIONS, NULL);
  Formatter self = { .text = result->ast->text, .fresh = TRUE };
  char *formatted = NULL;
  gsize rest;

  if (result->n_errors > 0)
    return NULL;

  self.pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  self.out = g_string_new (NULL);
  self.defines = is_definition (self.text, result->ast->len);
  rest = read_pieces (&self, result->ast->len);
  if (self.defines)
    write_definition (&self);
  else
    write_select (&self);
  if (rest < result->ast->len && self.text[rest] == ';')
    {
      if (self.must_break)
        break_line (&self);
      g_string_append_len (self.out, self.text + rest, (gssize)(result->ast->len - rest));
    }
  g_array_unref (self.pieces);
  formatted = g_strchomp (g_string_free (self.out, FALSE));
  if (!means_the_same (result->ast, formatted))
    {
      /* never seen; the author's text is safer than ours */
      g_free (formatted);
      formatted = g_strndup (text, len);
    }
  return formatted;
}
