/* belt-expr-like.c - LIKE patterns
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper turns % into .* and _ into . and hands the rest to its regular
 * expressions, so a+ matches aaa.  Patterns without such characters, nearly all,
 * are matched by hand; the others are regular expressions.
 */
#include "config.h"

#include "belt-expr.h"

#include "belt-regex.h"

struct _BeltLike
{
  char      *pattern;
  gsize      len;
  BeltRegex *regex;     /* NULL: matched by hand */
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

/* NULL with an error when the rest of the pattern is no regular expression. */
BeltLike *
belt_like_new (const char  *pattern,
               gsize        len,
               GError     **error)
{
  BeltLike *self = g_new0 (BeltLike, 1);
  g_autoptr(GString) text = NULL;

  self->pattern = g_strndup (pattern, len);
  self->len = len;
  if (!has_regex_characters (pattern, len))
    return self;

  text = translate (pattern, len);
  self->regex = belt_regex_new (text->str, text->len, error);
  if (self->regex == NULL)
    g_clear_pointer (&self, belt_like_free);

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

/* 1 matches, 0 does not, -1 took too many steps. */
int
belt_like_match (const BeltLike *self,
                 const char     *text,
                 gsize           len)
{
  return self->regex != NULL ? belt_regex_match (self->regex, text, len)
                             : match_by_hand (self, text, len);
}

void
belt_like_free (BeltLike *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->regex, belt_regex_unref);
  g_free (self->pattern);
  g_free (self);
}
