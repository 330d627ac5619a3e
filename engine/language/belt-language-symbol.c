/* belt-language-symbol.c - what a name stands for, where it is made, where it is used
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the tokens alone, as all the service, so it holds in half-written text.
 * Within the field that makes it, an alias is not known yet: there the name is a
 * column (`a + 1 AS a`), as eKuiper reads it.
 */
#include "config.h"

#include "belt-language-private.h"

typedef struct
{
  const BeltScope *scope;
  GArray          *fields;  /* of guint: where each field of the select list begins; then where the list ends */
} Reader;

void
belt_symbol_free (BeltSymbol *self)
{
  if (self == NULL)
    return;

  g_free (self->name);
  g_array_unref (self->uses);
  g_free (self);
}

static const BeltToken *
get_token (const Reader *self,
           guint         i)
{
  const GArray *tokens = self->scope->tokens;

  return &g_array_index (tokens, BeltToken, MIN (i, tokens->len - 1));
}

static gboolean
is_name (const BeltToken *token)
{
  return token->kind == BELT_TOKEN_IDENT || token->kind == BELT_TOKEN_QUOTED_IDENT;
}

static void
read_fields (Reader *self)
{
  guint depth = 0;
  gboolean inside = FALSE;

  for (guint i = 0; i < self->scope->tokens->len; i++)
    {
      BeltTokenKind kind = get_token (self, i)->kind;
      guint next = i + 1;

      if (kind == BELT_TOKEN_LPAREN || kind == BELT_TOKEN_LBRACKET)
        depth++;
      else if ((kind == BELT_TOKEN_RPAREN || kind == BELT_TOKEN_RBRACKET) && depth > 0)
        depth--;
      else if (depth == 0 && (kind == BELT_TOKEN_SELECT || (inside && kind == BELT_TOKEN_COMMA)))
        {
          inside = TRUE;
          g_array_append_val (self->fields, next);
        }
      else if (inside && (kind == BELT_TOKEN_FROM || kind == BELT_TOKEN_END))
        {
          g_array_append_val (self->fields, i);
          return;
        }
    }
}

/* The field a token stands in; G_MAXUINT: in none. */
static guint
find_field (const Reader *self,
            guint         i)
{
  for (guint k = 0; k + 1 < self->fields->len; k++)
    if (i >= g_array_index (self->fields, guint, k) && i < g_array_index (self->fields, guint, k + 1))
      return k;

  return G_MAXUINT;
}

/* Does the field end in AS and this name? */
static gboolean
makes_alias (const Reader *self,
             guint         field,
             const char   *name)
{
  for (guint i = g_array_index (self->fields, guint, field); i < g_array_index (self->fields, guint, field + 1); i++)
    if (get_token (self, i)->kind == BELT_TOKEN_AS && is_name (get_token (self, i + 1)))
      {
        g_autofree char *alias = belt_scope_get_name (self->scope, get_token (self, i + 1));

        if (g_str_equal (alias, name))
          return TRUE;
      }

  return FALSE;
}

static gboolean
is_stream_place (const Reader *self,
                 guint         i)
{
  BeltTokenKind before = i > 0 ? get_token (self, i - 1)->kind : BELT_TOKEN_END;

  return before == BELT_TOKEN_FROM || before == BELT_TOKEN_JOIN;
}

static gboolean
is_table_alias (const Reader *self,
                const char   *name)
{
  for (guint i = 0; i < self->scope->n_tables; i++)
    if (g_strcmp0 (self->scope->tables[i].alias, name) == 0)
      return TRUE;

  return FALSE;
}

/* What the name at this token stands for. */
static BeltSymbolKind
classify (const Reader *self,
          guint         i)
{
  g_autofree char *name = belt_scope_get_name (self->scope, get_token (self, i));
  BeltTokenKind before = i > 0 ? get_token (self, i - 1)->kind : BELT_TOKEN_END;
  BeltTokenKind after = get_token (self, i + 1)->kind;
  guint field = find_field (self, i);

  if (is_stream_place (self, i))
    return BELT_SYMBOL_STREAM;
  if (after == BELT_TOKEN_LPAREN)
    return BELT_SYMBOL_FUNCTION;
  if (before == BELT_TOKEN_AS)
    return field != G_MAXUINT ? BELT_SYMBOL_ALIAS : BELT_SYMBOL_STREAM_ALIAS;
  if (before == BELT_TOKEN_DOT || before == BELT_TOKEN_ARROW)
    return BELT_SYMBOL_COLUMN;
  if (after == BELT_TOKEN_DOT)
    return is_table_alias (self, name) ? BELT_SYMBOL_STREAM_ALIAS
           : belt_scope_find_table (self->scope, name) != NULL ? BELT_SYMBOL_STREAM : BELT_SYMBOL_COLUMN;
  if (belt_scope_is_alias (self->scope, name) && (field == G_MAXUINT || !makes_alias (self, field, name)))
    return BELT_SYMBOL_ALIAS;

  return BELT_SYMBOL_COLUMN;
}

/* Takes the name. */
static BeltSymbol *
collect (const Reader  *self,
         BeltSymbolKind kind,
         char          *of_name)
{
  BeltSymbol *symbol = g_new0 (BeltSymbol, 1);

  symbol->kind = kind;
  symbol->name = of_name;
  symbol->uses = g_array_new (FALSE, FALSE, sizeof (BeltSpan));
  for (guint i = 0; i < self->scope->tokens->len; i++)
    {
      g_autofree char *name = is_name (get_token (self, i)) ? belt_scope_get_name (self->scope, get_token (self, i))
                                                            : NULL;
      gboolean made_here = i > 0 && get_token (self, i - 1)->kind == BELT_TOKEN_AS;

      if (g_strcmp0 (name, symbol->name) != 0 || classify (self, i) != symbol->kind)
        continue;
      g_array_append_val (symbol->uses, get_token (self, i)->span);
      if (made_here && (symbol->kind == BELT_SYMBOL_ALIAS || symbol->kind == BELT_SYMBOL_STREAM_ALIAS))
        symbol->definition = get_token (self, i)->span;
    }

  return symbol;
}

BeltSymbol *
belt_language_symbol (const BeltLanguage *self,
                      const char         *text,
                      gsize               len,
                      gsize               offset)
{
  BeltSymbol *symbol = NULL;
  BeltScope scope;
  Reader reader = { &scope, g_array_new (FALSE, FALSE, sizeof (guint)) };
  int at;

  belt_scope_init (&scope, self, text, len);
  at = belt_scope_find_token (&scope, MIN (offset, len));
  if (at >= 0 && is_name (get_token (&reader, (guint)at)))
    {
      read_fields (&reader);
      symbol = collect (&reader, classify (&reader, (guint)at),
                        belt_scope_get_name (&scope, get_token (&reader, (guint)at)));
      symbol->span = get_token (&reader, (guint)at)->span;
    }
  g_array_unref (reader.fields);
  belt_scope_clear (&scope);

  return symbol;
}

BeltSymbol *
belt_language_find_symbol (const BeltLanguage *self,
                           const char         *text,
                           gsize               len,
                           BeltSymbolKind      kind,
                           const char         *name)
{
  BeltSymbol *symbol;
  BeltScope scope;
  Reader reader = { &scope, g_array_new (FALSE, FALSE, sizeof (guint)) };

  belt_scope_init (&scope, self, text, len);
  read_fields (&reader);
  symbol = collect (&reader, kind, g_strdup (name));
  g_array_unref (reader.fields);
  belt_scope_clear (&scope);
  if (symbol->uses->len == 0)
    g_clear_pointer (&symbol, belt_symbol_free);
  else
    symbol->span = g_array_index (symbol->uses, BeltSpan, 0);

  return symbol;
}

static gboolean
is_plain (const char *name)
{
  BeltLexer lexer;
  BeltToken token;

  belt_lexer_init (&lexer, name, strlen (name), FALSE);
  token = belt_lexer_next (&lexer);

  return token.kind == BELT_TOKEN_IDENT && token.span.end == strlen (name);
}

char *
belt_symbol_rename (const BeltSymbol *self,
                    const char       *text,
                    gsize             len,
                    const char       *name)
{
  GString *renamed = g_string_new_len (text, (gssize)len);
  g_autofree char *written = is_plain (name) ? g_strdup (name) : g_strdup_printf ("`%s`", name);

  for (guint i = self->uses->len; i > 0; i--)
    {
      BeltSpan span = g_array_index (self->uses, BeltSpan, i - 1);

      g_string_erase (renamed, span.start, span.end - span.start);
      g_string_insert (renamed, span.start, written);
    }

  return g_string_free (renamed, FALSE);
}
