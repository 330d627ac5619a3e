/* belt-language-tokens.c - the colours of a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-language-private.h"

static gboolean
is_any_word (const BeltScope   *scope,
             const BeltToken   *token,
             const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (belt_scope_is_word (scope, token, words[i]))
      return TRUE;
  return FALSE;
}

static BeltStyle
get_word_style (const BeltScope *scope,
                guint            i,
                gboolean         defines)
{
  static const char *const verbs[] = { "CREATE", "DROP", "SHOW", "DESCRIBE", "EXPLAIN", NULL };
  static const char *const nouns[] = { "STREAM", "TABLE", "STREAMS", "TABLES", "WITH", NULL };
  static const char *const types[] = { "BIGINT", "FLOAT", "STRING", "BYTEA", "DATETIME", "BOOLEAN", "ARRAY", "STRUCT",
                                       NULL };
  const BeltToken *token = &g_array_index (scope->tokens, BeltToken, i);
  BeltTokenKind next = g_array_index (scope->tokens, BeltToken, i + 1).kind;
  BeltTokenKind before = i > 0 ? g_array_index (scope->tokens, BeltToken, i - 1).kind : BELT_TOKEN_END;
  g_autofree char *name = NULL;

  if (i == 0 && is_any_word (scope, token, verbs))
    return BELT_STYLE_KEYWORD;
  if (defines && i <= 1 && is_any_word (scope, token, nouns))
    return BELT_STYLE_KEYWORD;
  if (defines && before == BELT_TOKEN_RPAREN && is_any_word (scope, token, nouns))
    return BELT_STYLE_KEYWORD;
  if (defines && before != BELT_TOKEN_COMMA && i > 2 && is_any_word (scope, token, types))
    return BELT_STYLE_TYPE;
  if (defines && next == BELT_TOKEN_EQ)
    return BELT_STYLE_OPTION;
  if (defines)
    return i == 2 ? BELT_STYLE_STREAM : BELT_STYLE_NAME;
  if (next == BELT_TOKEN_LPAREN)
    return BELT_STYLE_FUNCTION;
  if (before == BELT_TOKEN_FROM || before == BELT_TOKEN_JOIN)
    return BELT_STYLE_STREAM;
  if (scope->language->extensions &&
      (belt_scope_is_word (scope, token, "IS") || belt_scope_is_word (scope, token, "NULL")))
    return BELT_STYLE_KEYWORD;
  name = belt_scope_get_name (scope, token);
  return next == BELT_TOKEN_DOT && belt_scope_find_table (scope, name) != NULL ? BELT_STYLE_STREAM : BELT_STYLE_NAME;
}

static BeltStyle
get_style (const BeltScope *scope,
           guint            i,
           gboolean         defines)
{
  const BeltToken *token = &g_array_index (scope->tokens, BeltToken, i);

  switch ((BeltTokenKind)token->kind)
    {
    case BELT_TOKEN_COMMENT:
      return BELT_STYLE_COMMENT;
    case BELT_TOKEN_ILLEGAL:
    case BELT_TOKEN_BAD_STRING:
      return BELT_STYLE_ERROR;
    case BELT_TOKEN_IDENT:
    case BELT_TOKEN_QUOTED_IDENT:
      return get_word_style (scope, i, defines);
    case BELT_TOKEN_INTEGER:
    case BELT_TOKEN_NUMBER:
      return BELT_STYLE_NUMBER;
    case BELT_TOKEN_STRING:
    case BELT_TOKEN_QUOTE:
      return BELT_STYLE_TEXT;
    case BELT_TOKEN_TRUE:
    case BELT_TOKEN_FALSE:
    case BELT_TOKEN_DD:
    case BELT_TOKEN_HH:
    case BELT_TOKEN_MI:
    case BELT_TOKEN_SS:
    case BELT_TOKEN_MS:
      return BELT_STYLE_CONSTANT;
    default:
      return belt_token_is_keyword (token->kind) ? BELT_STYLE_KEYWORD : BELT_STYLE_OPERATOR;
    }
}

GArray *
belt_language_tokens (const BeltLanguage *self,
                      const char         *text,
                      gsize               len)
{
  static const char *const definitions[] = { "CREATE", "DROP", "SHOW", "DESCRIBE", "EXPLAIN", NULL };
  GArray *tokens = g_array_new (FALSE, FALSE, sizeof (BeltStyledToken));
  gboolean defines;
  BeltScope scope;

  belt_scope_init (&scope, self, text, len);
  defines = is_any_word (&scope, &g_array_index (scope.tokens, BeltToken, 0), definitions);
  for (guint i = 0; i + 1 < scope.tokens->len; i++)
    {
      BeltStyledToken token = { g_array_index (scope.tokens, BeltToken, i).span, get_style (&scope, i, defines) };

      g_array_append_val (tokens, token);
    }
  belt_scope_clear (&scope);
  return tokens;
}
