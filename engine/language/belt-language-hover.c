/* belt-language-hover.c - what a word means, and which argument comes next
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answered from the tokens and the tables, so it holds in half-written text.
 */
#include "config.h"

#include "belt-language-private.h"

static const char *const keyword_docs[][2] = {
  { "SELECT", "What the rule sends on: columns, values computed from them, or * for all." },
  { "FROM", "The stream the rows come from." },
  { "WHERE", "Keeps the rows for which the condition is true; after a window, rows of the window." },
  { "GROUP", "Groups rows; a window says when a group is full." },
  { "HAVING", "Keeps the groups for which the condition is true." },
  { "ORDER", "Sorts the rows of each emission; nulls come last." },
  { "LIMIT", "Keeps the first rows of each emission." },
  { "INVISIBLE", "Computes the field for others to use, and does not send it." },
  { "EXCEPT", "All columns but these." },
  { "REPLACE", "All columns, with these in place of those of the same name." },
  { "FILTER", "Only rows that meet the condition enter the window." },
  { "OVER", "PARTITION BY keeps one memory for each value; WHEN says which rows change it." },
  { "BETWEEN", "Both bounds belong to the range; a bound is a single value, or in brackets." },
  { "LIKE", "% stands for any text, _ for one character." },
  { "CASE", "The value behind the first WHEN that holds, else that behind ELSE, else null." },
  { "INNER", "Pairs of rows that meet the condition." },
  { "LEFT", "All rows of the left side, with those of the right that meet the condition." },
  { "RIGHT", "All rows of the right side, with those of the left that meet the condition." },
  { "FULL", "All rows of both sides, paired where the condition is met." },
  { "CROSS", "Every row of one side with every row of the other." },
  { "DD", "Days" }, { "HH", "Hours" }, { "MI", "Minutes" }, { "SS", "Seconds" }, { "MS", "Milliseconds" },
};

void
belt_hover_free (BeltHover *self)
{
  if (self == NULL)
    return;

  g_free (self->title);
  g_free (self->text);
  g_free (self);
}

void
belt_signature_free (BeltSignature *self)
{
  if (self == NULL)
    return;

  g_free (self->signature);
  g_free (self->doc);
  g_free (self);
}

static const BeltToken *
get_token (const BeltScope *scope,
           guint            i)
{
  return &g_array_index (scope->tokens, BeltToken, MIN (i, scope->tokens->len - 1));
}

/* Takes over title and text. */
static BeltHover *
new_hover (BeltSpan span,
           char    *title,
           char    *text)
{
  BeltHover *hover = g_new0 (BeltHover, 1);

  hover->span = span;
  hover->title = title;
  hover->text = text;
  return hover;
}

static BeltHover *
hover_function (const BeltScope *scope,
                const BeltToken *token,
                const char      *name)
{
  const char *signature;
  const char *doc = belt_language_get_window_doc (name, &signature);
  const BeltFunction *function;

  if (doc != NULL)
    return new_hover (token->span, g_strdup (signature), g_strdup (doc));
  function = belt_function_table_lookup (belt_scope_get_functions (scope), name, strlen (name));
  if (function == NULL)
    return NULL;
  return new_hover (token->span, g_strdup (function->signature != NULL ? function->signature : function->name),
                    function->example != NULL && *function->example != 0
                    ? g_strdup_printf ("%s\n%s", function->doc != NULL ? function->doc : "", function->example)
                    : g_strdup (function->doc));
}

static BeltHover *
hover_stream (const BeltScope *scope,
              const BeltToken *token,
              BeltStream      *stream)
{
  g_autoptr(GString) text = g_string_new (stream->n_fields == 0 ? "Columns are not declared." : NULL);
  const char *type = stream->type != NULL ? stream->type : stream->is_table ? "file" : "mqtt";

  for (guint i = 0; i < stream->n_fields; i++)
    {
      g_autofree char *kind = belt_scope_describe_type (stream->fields[i].type);

      g_string_append_printf (text, "%s%s %s", i > 0 ? "\n" : "", stream->fields[i].name, kind);
    }
  return new_hover (token->span, g_strdup_printf ("%s %s: %s, %s", stream->is_table ? "table" : "stream", stream->name,
                                                  type, stream->format != NULL ? stream->format : "JSON"),
                    g_string_free (g_steal_pointer (&text), FALSE));
}

/* What came of it; NULL: nothing. */
static char *
describe_values (const BeltScopeColumn *column)
{
  if (column->seen == NULL || column->seen->last == NULL)
    return NULL;
  if (column->field == NULL)
    return g_strdup_printf ("The last one is %s.", column->seen->last);

  return g_strdup_printf ("In %u of %u rows; the last one is %s.", column->seen->n_seen, column->seen->n_rows,
                          column->seen->last);
}

static BeltHover *
hover_name (const BeltScope *scope,
            guint            i)
{
  const BeltToken *token = get_token (scope, i);
  g_autofree char *name = belt_scope_get_name (scope, token);
  g_autofree char *owner = NULL;
  const BeltScopeTable *table = NULL;
  BeltScopeColumn column;
  g_autofree char *described = NULL;

  if (get_token (scope, i + 1)->kind == BELT_TOKEN_LPAREN)
    return hover_function (scope, token, name);
  if (i >= 2 && get_token (scope, i - 1)->kind == BELT_TOKEN_DOT)
    {
      owner = belt_scope_get_name (scope, get_token (scope, i - 2));
      table = belt_scope_find_table (scope, owner);
    }
  if (i >= 1 && (get_token (scope, i - 1)->kind == BELT_TOKEN_FROM ||
                 get_token (scope, i - 1)->kind == BELT_TOKEN_JOIN))
    table = NULL;
  else if (belt_scope_find_column (scope, table, name, &column))
    {
      described = belt_scope_describe_column (&column);
      return new_hover (token->span, g_strdup_printf ("%s: %s", name, described), describe_values (&column));
    }

  table = belt_scope_find_table (scope, name);
  if (table != NULL && table->stream != NULL)
    return hover_stream (scope, token, table->stream);
  if (belt_scope_is_alias (scope, name))
    return new_hover (token->span, g_strdup_printf ("%s: alias", name), NULL);
  return NULL;
}

BeltHover *
belt_language_hover (const BeltLanguage *self,
                     const char         *text,
                     gsize               len,
                     gsize               offset)
{
  BeltHover *hover = NULL;
  const BeltToken *token;
  BeltScope scope;
  int at;

  belt_scope_init (&scope, self, text, len);
  at = belt_scope_find_token (&scope, MIN (offset, len));
  token = at >= 0 ? get_token (&scope, (guint)at) : NULL;
  if (token != NULL && (token->kind == BELT_TOKEN_IDENT || token->kind == BELT_TOKEN_QUOTED_IDENT))
    hover = hover_name (&scope, (guint)at);
  for (guint i = 0; token != NULL && hover == NULL && i < G_N_ELEMENTS (keyword_docs); i++)
    if (belt_token_is_keyword (token->kind) && strcmp (belt_token_get_text (token->kind), keyword_docs[i][0]) == 0)
      hover = new_hover (token->span, g_strdup (keyword_docs[i][0]), g_strdup (keyword_docs[i][1]));
  belt_scope_clear (&scope);
  return hover;
}

/* ------------------------------------------------------------------ signature */

/* The nth parameter between the brackets; the last one stands for all further ones of f(x…). */
static BeltSpan
find_parameter (const char *signature,
                guint       argument)
{
  const char *open = strchr (signature, '(');
  const char *close = open != NULL ? strrchr (signature, ')') : NULL;
  const char *at = open != NULL ? open + 1 : NULL;
  const char *end;

  if (close == NULL || at == close)
    return (BeltSpan) { 0, 0 }
  ;

  for (;;)
    {
      end = memchr (at, ',', (gsize)(close - at));
      if (argument == 0 || end == NULL)
        break;
      argument--;
      at = end + 1;
    }
  if (end == NULL)
    end = close;
  if (argument > 0 && strstr (at, "…") == NULL && strstr (at, "...") == NULL)
    return (BeltSpan) { 0, 0 }
  ;
  while (at < end && *at == ' ')
    at++;
  return (BeltSpan) { (guint32)(at - signature), (guint32)(end - signature) };
}

/* The index of the bracket whose inside the place is in, or -1; counts the commas since. */
static int
find_open_bracket (const BeltScope *scope,
                   gsize            offset,
                   guint           *ret_argument)
{
  guint depth = 0;
  guint n = 0;

  *ret_argument = 0;
  while (n + 1 < scope->tokens->len && get_token (scope, n)->span.end <= offset)
    n++;
  for (guint i = n; i > 0; i--)
    {
      BeltTokenKind kind = get_token (scope, i - 1)->kind;

      if (kind == BELT_TOKEN_RPAREN || kind == BELT_TOKEN_RBRACKET)
        depth++;
      else if (kind == BELT_TOKEN_COMMA && depth == 0)
        (*ret_argument)++;
      else if ((kind == BELT_TOKEN_LPAREN || kind == BELT_TOKEN_LBRACKET) && depth > 0)
        depth--;
      else if (kind == BELT_TOKEN_LPAREN || kind == BELT_TOKEN_LBRACKET)
        return (int)i - 1;
    }
  return -1;
}

BeltSignature *
belt_language_signature (const BeltLanguage *self,
                         const char         *text,
                         gsize               len,
                         gsize               offset)
{
  BeltSignature *signature = NULL;
  g_autoptr(BeltHover) hover = NULL;
  g_autofree char *name = NULL;
  BeltScope scope;
  guint argument;
  int open;

  belt_scope_init (&scope, self, text, len);
  open = find_open_bracket (&scope, MIN (offset, len), &argument);
  if (open > 0 && get_token (&scope, (guint)open)->kind == BELT_TOKEN_LPAREN &&
      get_token (&scope, (guint)open - 1)->kind == BELT_TOKEN_IDENT)
    {
      name = belt_scope_get_name (&scope, get_token (&scope, (guint)open - 1));
      hover = hover_function (&scope, get_token (&scope, (guint)open - 1), name);
    }
  belt_scope_clear (&scope);
  if (hover == NULL)
    return NULL;

  signature = g_new0 (BeltSignature, 1);
  signature->signature = g_steal_pointer (&hover->title);
  signature->doc = g_steal_pointer (&hover->text);
  signature->argument = argument;
  signature->parameter = find_parameter (signature->signature, argument);
  return signature;
}
