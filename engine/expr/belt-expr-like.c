/* belt-expr-like.c - LIKE patterns
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper turns % into .* and _ into . and hands the rest to its regular
 * expressions, so a+ matches aaa.  Patterns without such characters, nearly all,
 * are matched by hand in linear time for one % and quadratic at worst; the others
 * go to PCRE2 with a match limit.
 */
#include "config.h"

#include "belt-expr.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define BELT_LIKE_MATCH_LIMIT 1000000u  /* steps of one match; beyond it counts as no match */

struct _BeltLike
{
  char               *pattern;
  gsize               len;
  pcre2_code         *code;     /* NULL: matched by hand */
  pcre2_match_context *context;
};

static gboolean
has_regex_characters (const char *pattern,
                      gsize       len)
{
  for (gsize i = 0; i < len; i++)
    {
      if (strchr (".+*?()|[]{}^$\\", pattern[i]) != NULL && pattern[i] != '\0')
        return TRUE;
    }

  return FALSE;
}

/* Backslashes are doubled, so they stand for themselves. */
static GString *
translate (const char *pattern,
           gsize       len)
{
  GString *out = g_string_new ("^");

  for (gsize i = 0; i < len; i++)
    {
      if (pattern[i] == '\\' && i + 1 < len && (pattern[i + 1] == '%' || pattern[i + 1] == '_'))
        {
          g_string_append (out, "\\\\");
          g_string_append_c (out, pattern[++i]);
        }
      else if (pattern[i] == '\\')
        g_string_append (out, "\\\\");
      else if (pattern[i] == '%')
        g_string_append (out, ".*");
      else if (pattern[i] == '_')
        g_string_append_c (out, '.');
      else
        g_string_append_c (out, pattern[i]);
    }

  return g_string_append_c (out, '$');
}

BeltLike *
belt_like_new (const char  *pattern,
               gsize        len,
               char       **ret_error)
{
  BeltLike *self = g_new0 (BeltLike, 1);
  g_autoptr(GString) text = NULL;
  int number = 0;
  PCRE2_SIZE offset = 0;
  PCRE2_UCHAR message[200];

  self->pattern = g_strndup (pattern, len);
  self->len = len;
  if (!has_regex_characters (pattern, len))
    return self;

  text = translate (pattern, len);
  self->code = pcre2_compile ((PCRE2_SPTR) text->str, text->len,
                              PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY, &number,
                              &offset, NULL);
  if (self->code == NULL)
    {
      pcre2_get_error_message (number, message, sizeof message);
      if (ret_error != NULL)
        *ret_error = g_strdup ((const char *) message);
      belt_like_free (self);
      return NULL;
    }

  self->context = pcre2_match_context_create (NULL);
  pcre2_set_match_limit (self->context, BELT_LIKE_MATCH_LIMIT);

  return self;
}

static const char *
skip_character (const char *at,
                const char *end)
{
  at++;
  while (at < end && ((guchar) *at & 0xc0) == 0x80)
    at++;

  return at;
}

/* The usual backtracking to the last %; a newline matches neither % nor _. */
static gboolean
match_by_hand (const BeltLike *self,
               const char     *text,
               gsize           len)
{
  const char *p = self->pattern;
  const char *p_end = p + self->len;
  const char *t = text;
  const char *t_end = text + len;
  const char *p_after = NULL;
  const char *t_retry = NULL;

  while (t < t_end || p < p_end)
    {
      if (p < p_end && *p == '%')
        {
          p_after = ++p;
          t_retry = t;
          continue;
        }

      if (p < p_end && t < t_end && (*p == '_' ? *t != '\n' : *p == *t))
        {
          t = *p == '_' ? skip_character (t, t_end) : t + 1;
          p++;
          continue;
        }

      if (p_after == NULL || t_retry >= t_end || *t_retry == '\n')
        return FALSE;

      t = ++t_retry;
      p = p_after;
    }

  return TRUE;
}

gboolean
belt_like_match (const BeltLike *self,
                 const char     *text,
                 gsize           len)
{
  pcre2_match_data *match_data;
  int result;

  if (self->code == NULL)
    return match_by_hand (self, text, len);

  match_data = pcre2_match_data_create_from_pattern (self->code, NULL);
  result = pcre2_match (self->code, (PCRE2_SPTR) text, len, 0, 0, match_data, self->context);
  pcre2_match_data_free (match_data);

  return result >= 0;
}

void
belt_like_free (BeltLike *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->code, pcre2_code_free);
  g_clear_pointer (&self->context, pcre2_match_context_free);
  g_free (self->pattern);
  g_free (self);
}
