/* belt-parse-mend.c - what somebody probably meant to write where the parser stopped
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Slips that are known by their shape: operators of other languages, words that are
 * misspelt, a comma too many, a bracket too few.  What is offered replaces a span of
 * its own, which may lie before the token that was in the way.
 */
#include "config.h"

#include "belt-parser-private.h"
#include "belt-suggest.h"

static const BeltToken *
get_token (const BeltParser *self,
           int               offset)
{
  int i = (int)self->at + offset;

  return i >= 0 && i < (int)self->tokens->len ? &g_array_index (self->tokens, BeltToken, i) : NULL;
}

/* Takes the texts. */
static gboolean
offer (BeltMend *mend,
       BeltSpan  span,
       char     *fix,
       char     *label)
{
  *mend = (BeltMend) { span, fix, label };
  return TRUE;
}

static gboolean
offer_change (BeltMend   *mend,
              BeltSpan    span,
              const char *fix)
{
  return offer (mend, span, g_strdup (fix), g_strdup_printf ("Change to “%s”", fix));
}

static gboolean
offer_insert (BeltMend   *mend,
              guint32     place,
              const char *fix,
              const char *shown)
{
  return offer (mend, (BeltSpan) { place, place }, g_strdup (fix), g_strdup_printf ("Insert %s", shown));
}

/* == is =, => is >=, =< is <=. */
static gboolean
mend_operator (const BeltParser *self,
               BeltMend         *mend)
{
  const BeltToken *token = get_token (self, 0);
  const BeltToken *before = get_token (self, -1);
  BeltSpan both;

  if (before == NULL || before->kind != BELT_TOKEN_EQ || before->span.end != token->span.start)
    return FALSE;

  both = (BeltSpan) { before->span.start, token->span.end };
  switch ((BeltTokenKind)token->kind)
    {
    case BELT_TOKEN_EQ: return offer_change (mend, both, "=");
    case BELT_TOKEN_GT: return offer_change (mend, both, ">=");
    case BELT_TOKEN_LT: return offer_change (mend, both, "<=");
    default:            return FALSE;
    }
}

const char *
belt_parser_suggest_word (const char *text,
                          BeltSpan    span)
{
  static const char *const words[] = {
    "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "JOIN",
    "AND", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "DESC", "OVER", "FILTER", "PARTITION",
  };
  g_autofree char *name = g_strndup (text + span.start, span.end - span.start);
  g_autoptr(BeltSuggestion) suggestion = NULL;

  /* One change makes a name of two letters another name. */
  if (strlen (name) < 3)
    return NULL;

  suggestion = belt_suggestion_new (name);
  belt_suggestion_set_most (suggestion, strlen (name) > 5 ? 2 : 1);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    belt_suggestion_offer (suggestion, words[i]);
  return belt_suggestion_get (suggestion);
}

const char *
belt_parser_suggest_unit (const char *text,
                          BeltSpan    span)
{
  static const char *const names[][2] = {
    { "s", "ss" }, { "sec", "ss" }, { "secs", "ss" }, { "second", "ss" }, { "seconds", "ss" }, { "ss", "ss" },
    { "m", "mi" }, { "min", "mi" }, { "mins", "mi" }, { "minute", "mi" }, { "minutes", "mi" }, { "mm", "mi" },
    { "mi", "mi" }, { "h", "hh" }, { "hour", "hh" }, { "hours", "hh" }, { "hh", "hh" }, { "d", "dd" },
    { "day", "dd" }, { "days", "dd" }, { "dd", "dd" }, { "ms", "ms" }, { "msec", "ms" }, { "millis", "ms" },
    { "millisecond", "ms" }, { "milliseconds", "ms" },
  };
  g_autofree char *name = g_ascii_strdown (text + span.start, span.end - span.start);

  g_strdelimit (name, "'\"`", ' ');
  g_strstrip (name);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i][0]))
      return names[i][1];

  return NULL;
}

/* The word itself, or the one before it: "LIMT 5" is noticed at the 5 only.  At the end, somebody is typing. */
static gboolean
mend_word (const BeltParser *self,
           BeltMend         *mend)
{
  for (int offset = 0; offset >= -1 && get_token (self, 0)->kind != BELT_TOKEN_END; offset--)
    {
      const BeltToken *token = get_token (self, offset);
      const char *word = token != NULL && token->kind == BELT_TOKEN_IDENT
                         ? belt_parser_suggest_word (self->text, token->span) : NULL;

      if (word != NULL)
        return offer_change (mend, token->span, word);
    }

  return FALSE;
}

static gboolean
ends_list (BeltTokenKind kind)
{
  switch (kind)
    {
    case BELT_TOKEN_END:
    case BELT_TOKEN_RPAREN:
    case BELT_TOKEN_SEMICOLON:
    case BELT_TOKEN_FROM:
    case BELT_TOKEN_WHERE:
    case BELT_TOKEN_GROUP:
    case BELT_TOKEN_HAVING:
    case BELT_TOKEN_ORDER:
    case BELT_TOKEN_LIMIT:
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
belt_parser_mend (const BeltParser *self,
                  const char       *wanted,
                  BeltMend         *ret_mend)
{
  const BeltToken *token = get_token (self, 0);
  const BeltToken *before = get_token (self, -1);

  if (mend_operator (self, ret_mend))
    return TRUE;
  if (before != NULL && before->kind == BELT_TOKEN_COMMA && ends_list (token->kind) && token->kind != BELT_TOKEN_END)
    return offer (ret_mend, before->span, g_strdup (""), g_strdup ("Remove the comma"));
  if (before != NULL && g_str_has_suffix (wanted, "“)”") && ends_list (token->kind))
    return offer_insert (ret_mend, before->span.end, ")", "“)”");
  if (mend_word (self, ret_mend))
    return TRUE;
  if (g_str_equal (wanted, "BY") && token->kind != BELT_TOKEN_END)
    return offer_insert (ret_mend, token->span.start, "BY ", "BY");

  return FALSE;
}
