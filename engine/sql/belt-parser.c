/* belt-parser.c - tokens, errors and the way back after one
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The statement is lexed whole before it is parsed, so looking ahead costs
 * nothing and each token is visited a bounded number of times.
 */
#include "config.h"

#include "belt-parser.h"

#include "belt-parser-private.h"
#include "belt-validate.h"

const BeltToken *
belt_parser_next (BeltParser *self)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);

  if (self->at < self->tokens->len - 1)
    self->at++;
  return token;
}

gboolean
belt_parser_accept (BeltParser   *self,
                    BeltTokenKind kind)
{
  if (belt_parser_peek (self) != kind)
    return FALSE;

  belt_parser_next (self);
  return TRUE;
}

gboolean
belt_parser_is_word (const BeltParser *self,
                     const BeltToken  *token,
                     const char       *word)
{
  gsize n = token->span.end - token->span.start;

  return token->kind == BELT_TOKEN_IDENT && strlen (word) == n &&
         g_ascii_strncasecmp (self->text + token->span.start, word, n) == 0;
}

guint32
belt_parser_last_end (const BeltParser *self)
{
  return self->at == 0 ? 0 : g_array_index (self->tokens, BeltToken, self->at - 1).span.end;
}

BeltSpan
belt_parser_span_from (const BeltParser *self,
                       guint32           start)
{
  return (BeltSpan) { start, MAX (start, belt_parser_last_end (self)) };
}

static const char *
copy_range (BeltParser *self,
            BeltSpan    span)
{
  gsize n = span.end - span.start;
  char *copy = belt_arena_alloc (self->arena, n + 1);

  memcpy (copy, self->text + span.start, n);
  copy[n] = 0;
  return copy;
}

const char *
belt_parser_get_name (BeltParser      *self,
                      const BeltToken *token)
{
  BeltSpan ignored;
  gsize n;

  if (token->kind == BELT_TOKEN_QUOTED_IDENT)
    return belt_token_decode (token, self->text, self->arena, &n, &ignored);
  return copy_range (self, token->span);
}

/* How eKuiper sees a string it cannot read: between double quotes, to its end or that of the text. */
static const char *
get_broken_string (BeltParser      *self,
                   const BeltToken *token)
{
  g_autoptr(GString) word = g_string_new ("\"");
  const char *at = self->text + token->span.start;
  const char *end = self->text + self->len;
  char quote = *at++;

  for (; at < end; at++)
    {
      if (*at == quote)
        break;
      if (*at == '"')
        g_string_append_c (word, '\\');
      else if (*at == '\\' && at + 1 < end && !(quote == '\'' && at[1] == '\''))
        g_string_append_c (word, *at++);
      else if (*at == '\\' && at + 1 < end)
        at++;
      g_string_append_c (word, *at);
    }

  if (at < end)
    {
      g_string_append_c (word, '"');
      g_string_prepend (word, "invalid string: ");
    }
  return belt_arena_memdup (self->arena, word->str, word->len + 1);
}

const char *
belt_parser_get_literal (BeltParser      *self,
                         const BeltToken *token)
{
  const char *text = belt_token_get_text (token->kind);
  BeltSpan ignored;
  gsize n;

  if (text != NULL)
    return text;

  switch ((BeltTokenKind)token->kind)
    {
    case BELT_TOKEN_END:
      return "EOF";
    case BELT_TOKEN_STRING:
    case BELT_TOKEN_QUOTE:
      text = belt_token_decode (token, self->text, self->arena, &n, &ignored);
      return text != NULL ? text : get_broken_string (self, token);
    case BELT_TOKEN_BAD_STRING:
      return get_broken_string (self, token);
    case BELT_TOKEN_IDENT:
    case BELT_TOKEN_QUOTED_IDENT:
      return belt_parser_get_name (self, token);
    case BELT_TOKEN_INTEGER:
    case BELT_TOKEN_NUMBER:
      return copy_range (self, token->span);
    default:
      return "";
    }
}

/* One character that Go's %q does not print as it is. */
static void
append_go_escape (GString  *out,
                  gunichar  c)
{
  static const char names[] = "abtnvfr";

  if (c >= '\a' && c <= '\r')
    g_string_append_printf (out, "\\%c", names[c - '\a']);
  else if (c < 0x80)
    g_string_append_printf (out, "\\x%02x", c);
  else
    g_string_append_printf (out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

char *
belt_go_quote (const char *text)
{
  GString *out = g_string_new ("\"");

  while (*text != 0)
    {
      gunichar c = g_utf8_get_char_validated (text, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          g_string_append_printf (out, "\\x%02x", (guchar) *text++);
          continue;
        }
      if (c == '"' || c == '\\')
        g_string_append_c (out, '\\');
      if ((c >= ' ' && c < 0x7f) || (c > 0x7f && g_unichar_isprint (c)))
        g_string_append_unichar (out, c);
      else
        append_go_escape (out, c);
      text = g_utf8_next_char (text);
    }

  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

char *
belt_parser_quote (BeltParser      *self,
                   const BeltToken *token)
{
  return belt_go_quote (belt_parser_get_literal (self, token));
}

static void
add_diagnostic (BeltParser    *self,
                BeltSeverity   severity,
                BeltSpan       span,
                const char    *code,
                BeltComplaint *how,
                const char    *message)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new (severity, code, span, "%s", message);

  diagnostic->hint = g_strdup (how->hint);
  diagnostic->fix = g_strdup (how->fix);
  diagnostic->fix_label = g_strdup (how->fix_label);
  g_ptr_array_add (self->diagnostics, diagnostic);
}

/* The rest is not read: one token is complained of once, so nothing more is said of it. */
static void
give_up (BeltParser *self)
{
  self->at = self->tokens->len - 1;
  self->error_at = self->at;
}

void
belt_parser_complain (BeltParser   *self,
                      BeltSpan      span,
                      const char   *code,
                      BeltComplaint how,
                      const char   *format,
                      ...)
{
  g_autofree char *ekuiper = how.ekuiper;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  if (self->ekuiper_error == NULL)
    self->ekuiper_error = ekuiper != NULL ? g_steal_pointer (&ekuiper) : g_strdup (message);
  self->n_errors++;
  if (self->n_errors <= BELT_PARSER_DIAGNOSTICS_MAX)
    add_diagnostic (self, BELT_SEVERITY_ERROR, span, code, &how, message);
  if (self->n_errors >= BELT_PARSER_ERRORS_MAX)
    give_up (self);
}

void
belt_parser_warn (BeltParser   *self,
                  BeltSpan      span,
                  const char   *code,
                  BeltComplaint how,
                  const char   *format,
                  ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  if (self->diagnostics->len < 2 * BELT_PARSER_DIAGNOSTICS_MAX)
    add_diagnostic (self, BELT_SEVERITY_WARNING, span, code, &how, message);
}

/* The text with its quote; NULL: where it ends is not clear. */
static char *
dup_closed_text (BeltParser      *self,
                 const BeltToken *token)
{
  const char *text = copy_range (self, token->span);
  gsize n = strcspn (text, " \t\r\n");

  return n > 1 && text[n - 1] != '\\' && text[n + strspn (text + n, " \t\r\n")] == 0
         ? g_strdup_printf ("%.*s%c", (int)n, text, *text) : NULL;
}

/* Tokens that are wrong whatever was wanted say so themselves. */
static gboolean
complain_of_illegal (BeltParser      *self,
                     const BeltToken *token,
                     char           **ekuiper)
{
  char first = self->text[token->span.start];
  g_autofree char *fix = NULL;
  BeltComplaint how = { .ekuiper = *ekuiper };

  if (token->kind == BELT_TOKEN_BAD_STRING)
    {
      how.hint = "a text ends with the quote it began with, on the same line; write \\n for a new line";
      fix = dup_closed_text (self, token);
      how.fix = fix;
      how.fix_label = "Close the text";
      belt_parser_complain (self, token->span, "parse", how, "this text has no closing %c", first);
    }
  else if (token->kind != BELT_TOKEN_ILLEGAL)
    {
      return FALSE;
    }
  else if (token->flags & BELT_TOKEN_UNTERMINATED)
    {
      how.hint = "end it with */";
      belt_parser_complain (self, token->span, "parse", how, "this comment has no end");
    }
  else if (first == '_' || (guchar)first >= 0x80)
    {
      const char *name = copy_range (self, token->span);

      fix = g_strdup_printf ("`%s`", name);
      how.hint = "put it between back quotes: a name begins with a letter A-Z and has letters, digits and _";
      how.fix = fix;
      how.fix_label = "Quote the name";
      belt_parser_complain (self, token->span, "parse", how, "“%s” cannot stand as a name without quotes", name);
    }
  else
    {
      belt_parser_complain (self, token->span, "parse", how, "the character “%c” has no meaning in SQL",
                            g_ascii_isprint (first) ? first : '?');
    }

  *ekuiper = NULL;
  return TRUE;
}

void
belt_parser_unexpected (BeltParser *self,
                        const char *wanted,
                        const char *ekuiper,
                        const char *hint)
{
  const BeltToken *token = belt_parser_peek_at (self, 0);
  g_autofree char *quoted = belt_parser_quote (self, token);
  g_autofree char *fix = NULL;
  g_autofree char *label = NULL;
  BeltComplaint how = { .hint = hint };
  BeltSpan span = token->span;
  BeltMend mend;
  const char *literal;
  char *text;

  if (self->error_at == self->at)
    return;
  self->error_at = self->at;

  text = ekuiper != NULL ? g_strdup_printf ("%s", ekuiper) : NULL;
  if (text != NULL && strstr (text, "%s") != NULL)
    {
      g_auto(GStrv) parts = g_strsplit (text, "%s", 2);

      g_free (text);
      text = g_strconcat (parts[0], quoted, parts[1], NULL);
    }
  if (complain_of_illegal (self, token, &text))
    return;

  how.ekuiper = text;
  literal = copy_range (self, span);
  if (belt_parser_mend (self, wanted, &mend))
    {
      span = mend.span;
      how.fix = fix = mend.fix;
      how.fix_label = label = mend.label;
    }
  else if (token->kind == BELT_TOKEN_END)
    {
      span.start = belt_parser_last_end (self);
    }
  else if (belt_token_is_keyword (token->kind) && strstr (wanted, "name") != NULL)
    {
      how.fix = fix = g_strdup_printf ("`%s`", literal);
      how.hint = "it is a reserved word: put it between back quotes to use it as a name";
      how.fix_label = "Quote the name";
    }

  if (token->kind == BELT_TOKEN_END)
    belt_parser_complain (self, span, "parse", how, "the statement ends where %s should be", wanted);
  else
    belt_parser_complain (self, span, "parse", how, "%s should be here, not “%s”", wanted,
                          g_utf8_strlen (literal, -1) > 40 ? "…" : literal);
}

static gboolean
ends_expression (BeltTokenKind kind)
{
  switch (kind)
    {
    case BELT_TOKEN_END:
    case BELT_TOKEN_COMMA:
    case BELT_TOKEN_RPAREN:
    case BELT_TOKEN_RBRACKET:
    case BELT_TOKEN_SEMICOLON:
    case BELT_TOKEN_FROM:
    case BELT_TOKEN_WHERE:
    case BELT_TOKEN_GROUP:
    case BELT_TOKEN_HAVING:
    case BELT_TOKEN_ORDER:
    case BELT_TOKEN_LIMIT:
    case BELT_TOKEN_AS:
    case BELT_TOKEN_INNER:
    case BELT_TOKEN_LEFT:
    case BELT_TOKEN_RIGHT:
    case BELT_TOKEN_FULL:
    case BELT_TOKEN_CROSS:
    case BELT_TOKEN_JOIN:
    case BELT_TOKEN_WHEN:
    case BELT_TOKEN_THEN:
    case BELT_TOKEN_ELSE:
    case BELT_TOKEN_END_WORD:
      return TRUE;
    default:
      return FALSE;
    }
}

void
belt_parser_synchronize (BeltParser *self)
{
  guint depth = 0;

  for (;;)
    {
      BeltTokenKind kind = belt_parser_peek (self);

      if (kind == BELT_TOKEN_END || kind == BELT_TOKEN_SEMICOLON || (depth == 0 && ends_expression (kind)))
        return;
      if (kind == BELT_TOKEN_LPAREN || kind == BELT_TOKEN_LBRACKET)
        depth++;
      else if ((kind == BELT_TOKEN_RPAREN || kind == BELT_TOKEN_RBRACKET) && depth > 0)
        depth--;
      belt_parser_next (self);
    }
}

void
belt_parser_skip_word (BeltParser *self)
{
  const BeltToken *token = belt_parser_next (self);

  belt_parser_warn (self, token->span, "ignored-word",
                    (BeltComplaint) { .hint = "leave it out: eKuiper passes over it (N5)", .fix = "",
                                      .fix_label = "Leave it out" },
                    "“%s” has no meaning here", belt_parser_get_literal (self, token));
}

gboolean
belt_parser_enter (BeltParser *self)
{
  if (self->nesting < BELT_AST_NESTING_MAX)
    {
      self->nesting++;
      return TRUE;
    }

  if (self->error_at != self->at)
    belt_parser_complain (self, belt_parser_peek_at (self, 0)->span, "too-deep",
                          (BeltComplaint) { .hint = "compute a part of it under an alias of its own" },
                          "more than %u brackets, calls or CASEs are inside each other here", BELT_AST_NESTING_MAX);
  /* Nothing inside can be read: skip all of it, so that the text stays linear. */
  give_up (self);
  return FALSE;
}

void
belt_parser_leave (BeltParser *self)
{
  self->nesting--;
}

gboolean
belt_parser_allows (BeltParser *self,
                    BeltSpan    span,
                    const char *what,
                    const char *hint)
{
  BeltAstExtension extension = { .span = span, .what = what, .hint = hint };

  if (!(self->flags & BELT_PARSER_EXTENSIONS))
    return FALSE;

  g_array_append_val (self->extensions, extension);
  return TRUE;
}

BeltNode *
belt_parser_new_node (BeltParser      *self,
                      BeltNodeKind     kind,
                      BeltSpan         span,
                      BeltNode *const *children,
                      guint            n_children)
{
  BeltNode *node = belt_arena_alloc0 (self->arena, sizeof *node);
  guint depth = 0;

  node->kind = kind;
  node->span = span;
  node->n_children = n_children;
  if (n_children > 0)
    node->children = belt_arena_memdup (self->arena, children, n_children * sizeof *children);
  for (guint i = 0; i < n_children; i++)
    if (children[i] != NULL)
      depth = MAX (depth, children[i]->depth);

  if (depth >= BELT_AST_DEPTH_MAX)
    {
      if (self->ekuiper_error == NULL || self->n_errors == 0)
        belt_parser_complain (self, span, "too-deep", (BeltComplaint) { .hint = "split it into several aliases" },
                              "this expression chains more than %u operators", BELT_AST_DEPTH_MAX);
      node->kind = BELT_NODE_ERROR;
      node->n_children = 0;
      depth = 0;
    }
  node->depth = (guint16)(depth + 1);
  return node;
}

BeltNode *
belt_parser_new_error (BeltParser *self)
{
  BeltSpan span = belt_parser_peek_at (self, 0)->span;

  span.end = span.start;
  return belt_parser_new_node (self, BELT_NODE_ERROR, span, NULL, 0);
}

static void
parse_show (BeltParser *self)
{
  const BeltToken *what = belt_parser_next (self);

  self->ast->kind = BELT_AST_SHOW;
  self->ast->is_table = belt_parser_is_word (self, what, "TABLES");
  if (!self->ast->is_table && !belt_parser_is_word (self, what, "STREAMS"))
    {
      g_autofree char *upper = g_ascii_strup (belt_parser_get_literal (self, what), -1);
      g_autofree char *quoted = belt_go_quote (upper);
      char *ekuiper = g_strconcat ("found ", quoted, ", expected keyword streams or tables.", NULL);
      belt_parser_complain (self, what->span, "parse", (BeltComplaint) { .ekuiper = ekuiper },
                            "SHOW lists STREAMS or TABLES");
      return;
    }
  if (belt_parser_peek (self) != BELT_TOKEN_END && belt_parser_peek (self) != BELT_TOKEN_SEMICOLON)
    belt_parser_unexpected (self, "the end", "found %s, expected semecolon or EOF.", NULL);
}

/* DESCRIBE, EXPLAIN and DROP: STREAM or TABLE and a name. */
static void
parse_target (BeltParser *self,
              BeltAstKind kind)
{
  const BeltToken *what = belt_parser_next (self);
  const BeltToken *name = belt_parser_peek_at (self, 0);

  self->ast->kind = kind;
  self->ast->is_table = belt_parser_is_word (self, what, "TABLE");
  if (!self->ast->is_table && !belt_parser_is_word (self, what, "STREAM"))
    {
      g_autofree char *upper = g_ascii_strup (belt_parser_get_literal (self, what), -1);
      g_autofree char *quoted = belt_go_quote (upper);
      char *ekuiper = g_strconcat ("found ", quoted, ", expected keyword stream or table.", NULL);
      belt_parser_complain (self, what->span, "parse", (BeltComplaint) { .ekuiper = ekuiper },
                            "STREAM or TABLE should be here");
      return;
    }
  if (!belt_parser_is_ident (name))
    {
      belt_parser_unexpected (self, self->ast->is_table ? "a table's name" : "a stream's name",
                              self->ast->is_table ? "found %s, expected table name."
                                                  : "found %s, expected stream name.", NULL);
      return;
    }
  self->ast->name = belt_parser_get_name (self, name);
  self->ast->name_span = name->span;
  belt_parser_next (self);
}

static BeltComplaint
offer_beginning (const BeltParser *self,
                 const BeltToken  *first)
{
  const char *word = first->kind == BELT_TOKEN_IDENT ? belt_parser_suggest_word (self->text, first->span) : NULL;

  return g_strcmp0 (word, "SELECT") == 0
         ? (BeltComplaint) { .fix = word, .fix_label = "Change to “SELECT”" } : (BeltComplaint) { 0 };
}

static void
parse_statement (BeltParser *self)
{
  const BeltToken *first = belt_parser_next (self);
  g_autofree char *ekuiper = NULL;

  if (first->kind == BELT_TOKEN_SELECT)
    belt_parse_select (self);
  else if (belt_parser_is_word (self, first, "CREATE"))
    belt_parse_create (self);
  else if (belt_parser_is_word (self, first, "SHOW"))
    parse_show (self);
  else if (belt_parser_is_word (self, first, "DESCRIBE"))
    parse_target (self, BELT_AST_DESCRIBE);
  else if (belt_parser_is_word (self, first, "EXPLAIN"))
    parse_target (self, BELT_AST_EXPLAIN);
  else if (belt_parser_is_word (self, first, "DROP"))
    parse_target (self, BELT_AST_DROP);
  else if (first->kind == BELT_TOKEN_END)
    belt_parser_complain (self, first->span, "empty", (BeltComplaint) { .hint = "begin with SELECT * FROM a stream" },
                          "there is no statement here");
  else
    belt_parser_complain (self, first->span, "parse", offer_beginning (self, first),
                          "a statement begins with SELECT, CREATE, SHOW, DESCRIBE, EXPLAIN or DROP");
}

static void
lex_all (BeltParser *self)
{
  BeltLexer lexer;
  BeltToken token;

  belt_lexer_init (&lexer, self->text, self->len, (self->flags & BELT_PARSER_EXTENSIONS) != 0);
  do
    {
      token = belt_lexer_next (&lexer);
      if (token.kind != BELT_TOKEN_BLANK && token.kind != BELT_TOKEN_COMMENT)
        g_array_append_val (self->tokens, token);
    }
  while (token.kind != BELT_TOKEN_END);
  self->len = lexer.len;
}

static int
compare_diagnostics (gconstpointer a,
                     gconstpointer b)
{
  const BeltDiagnostic *x = *(BeltDiagnostic *const *)a;
  const BeltDiagnostic *y = *(BeltDiagnostic *const *)b;

  return x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

static BeltAst *
new_ast (const char *text,
         gsize       len)
{
  BeltArena *arena = belt_arena_new ();
  BeltAst *ast = belt_arena_alloc0 (arena, sizeof *ast);
  char *copy = belt_arena_alloc (arena, len + 1);

  if (len > 0)
    memcpy (copy, text, len);
  copy[len] = 0;
  ast->arena = arena;
  ast->text = copy;
  ast->len = len;
  return ast;
}

static void
finish (BeltParser      *self,
        BeltParseResult *result)
{
  BeltAst *ast = self->ast;

  ast->n_extensions = self->extensions->len;
  ast->extensions = belt_arena_memdup (self->arena, self->extensions->data,
                                       self->extensions->len * sizeof (BeltAstExtension));
  ast->span = belt_parser_span_from (self, g_array_index (self->tokens, BeltToken, 0).span.start);
  g_ptr_array_sort (self->diagnostics, compare_diagnostics);
  for (guint i = 0; i < self->diagnostics->len; i++)
    belt_diagnostic_locate (self->diagnostics->pdata[i], ast->text, ast->len);
  result->n_errors = self->n_errors;
  result->ekuiper_error = self->ekuiper_error;
}

/* A text that shows bytes of the statement which are no UTF-8 goes into JSON and onto screens. */
static void
mend_ekuiper_error (BeltParseResult *result)
{
  char *mended;

  if (result->ekuiper_error == NULL || g_utf8_validate (result->ekuiper_error, -1, NULL))
    return;
  mended = g_utf8_make_valid (result->ekuiper_error, -1);
  g_free (result->ekuiper_error);
  result->ekuiper_error = mended;
}

/* What eKuiper says of a text that only we understand. */
static char *
ask_ekuiper (const char            *text,
             gsize                  len,
             guint                  flags,
             const BeltParserHooks *hooks)
{
  g_autoptr(BeltParseResult) stock = belt_parse (text, len, flags & ~BELT_PARSER_EXTENSIONS, hooks);

  return g_steal_pointer (&stock->ekuiper_error);
}

BeltParseResult *
belt_parse (const char            *text,
            gsize                  len,
            guint                  flags,
            const BeltParserHooks *hooks)
{
  static const BeltParserHooks no_hooks = { 0 };
  BeltParseResult *result = g_new0 (BeltParseResult, 1);
  BeltParser parser = { .flags = flags, .error_at = G_MAXUINT };

  result->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  result->ast = new_ast (text, MIN (len, G_MAXUINT32 - 1));
  parser.ast = result->ast;
  parser.text = result->ast->text;
  parser.len = result->ast->len;
  parser.arena = result->ast->arena;
  parser.hooks = hooks != NULL ? hooks : &no_hooks;
  parser.diagnostics = result->diagnostics;
  parser.tokens = g_array_new (FALSE, FALSE, sizeof (BeltToken));
  parser.extensions = g_array_new (FALSE, FALSE, sizeof (BeltAstExtension));

  lex_all (&parser);
  parse_statement (&parser);
  finish (&parser, result);
  belt_validate_parsed (result);
  g_array_unref (parser.tokens);
  g_array_unref (parser.extensions);

  if ((flags & BELT_PARSER_EXTENSIONS) && (result->n_errors > 0 || result->ast->n_extensions > 0))
    {
      g_free (result->ekuiper_error);
      result->ekuiper_error = ask_ekuiper (text, len, flags, hooks);
    }
  mend_ekuiper_error (result);
  return result;
}

void
belt_parse_result_free (BeltParseResult *self)
{
  if (self == NULL)
    return;

  belt_ast_free (self->ast);
  g_ptr_array_unref (self->diagnostics);
  g_free (self->ekuiper_error);
  g_free (self);
}
