/* belt-proto-lexer.c - tokens of a .proto file
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-proto-private.h"

#include "belt-error.h"
#include "belt-utf8.h"

#include <errno.h>
#include <string.h>

#define SHOWN_MAX 40   /* bytes of a token in an error */

gboolean
belt_proto_fail (BeltProtoParser      *self,
                 const BeltProtoToken *at,
                 const char           *format,
                 ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (self->error != NULL && *self->error == NULL)
    g_set_error (self->error, BELT_ERROR, BELT_ERROR_INVALID, "%s:%u:%u: %s", self->name, at->line, at->column,
                 message);
  return FALSE;
}

char *
belt_proto_name_token (const BeltProtoToken *token)
{
  g_autofree char *text = g_strndup (token->text, MIN (token->len, SHOWN_MAX));
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  if (token->kind == BELT_PROTO_TOKEN_END)
    return g_strdup ("the end of the file");
  if (token->kind == BELT_PROTO_TOKEN_STRING)
    return g_strdup ("a string");
  return g_strdup_printf ("“%s”", valid);
}

gboolean
belt_proto_is_symbol (BeltProtoParser *self,
                      char             symbol)
{
  return self->token.kind == BELT_PROTO_TOKEN_SYMBOL && *self->token.text == symbol;
}

gboolean
belt_proto_is_word (BeltProtoParser *self,
                    const char      *word)
{
  return self->token.kind == BELT_PROTO_TOKEN_NAME && self->token.len == strlen (word) &&
         memcmp (self->token.text, word, self->token.len) == 0;
}

gboolean
belt_proto_expect (BeltProtoParser *self,
                   char             symbol)
{
  g_autofree char *found = NULL;

  if (belt_proto_is_symbol (self, symbol))
    return belt_proto_advance (self);
  found = belt_proto_name_token (&self->token);
  return belt_proto_fail (self, &self->token, "found %s, expected “%c”", found, symbol);
}

static void
start_line (BeltProtoParser *self,
            const char      *at)
{
  self->line++;
  self->line_start = at;
}

/* Blanks and comments. */
static gboolean
skip_blanks (BeltProtoParser *self)
{
  while (self->p < self->end)
    {
      gsize left = (gsize)(self->end - self->p);

      if (*self->p == '\n')
        start_line (self, ++self->p);
      else if (g_ascii_isspace (*self->p))
        self->p++;
      else if (left >= 2 && memcmp (self->p, "//", 2) == 0)
        while (self->p < self->end && *self->p != '\n')
          self->p++;
      else if (left >= 2 && memcmp (self->p, "/*", 2) == 0)
        {
          const char *close = memmem (self->p + 2, left - 2, "*/", 2);

          if (close == NULL)
            {
              BeltProtoToken at = { .line = self->line, .column = (guint)(self->p - self->line_start) + 1 };

              return belt_proto_fail (self, &at, "the comment has no end");
            }
          for (; self->p < close + 2; self->p++)
            if (*self->p == '\n')
              start_line (self, self->p + 1);
        }
      else
        return TRUE;
    }
  return TRUE;
}

/* "\x41", "\101".  Returns: one past the digits */
static const char *
read_digits (const char *p,
             const char *end,
             guint       base,
             guint       n_max,
             guint      *ret_value)
{
  guint value = 0;

  for (guint n = 0; n < n_max && p < end; n++, p++)
    {
      int digit = g_ascii_xdigit_value (*p);

      if (digit < 0 || (guint)digit >= base)
        break;
      value = value * base + (guint)digit;
    }
  *ret_value = value;
  return p;
}

/* After the backslash.  Returns: one past the escape, NULL when there is no such one */
static const char *
read_escape (const char *p,
             const char *end,
             char       *out,
             gsize      *n)
{
  static const char from[] = "abfnrtv\\'\"?";
  static const char to[] = "\a\b\f\n\r\t\v\\'\"?";
  const char *known;
  const char *after;
  guint value;

  if (p == end)
    return NULL;
  if (*p >= '0' && *p <= '7')
    {
      p = read_digits (p, end, 8, 3, &value);
      out[(*n)++] = (char)value;
      return p;
    }
  if (*p == 'x' || *p == 'X' || *p == 'u' || *p == 'U')
    {
      guint n_max = *p == 'u' ? 4 : *p == 'U' ? 8 : 2;
      gboolean character = n_max > 2;

      after = read_digits (p + 1, end, 16, n_max, &value);
      if (after == p + 1 || (character && ((guint)(after - p - 1) != n_max || value > 0x10ffff)))
        return NULL;
      if (character)
        *n += belt_utf8_write (out + *n, value);
      else
        out[(*n)++] = (char)value;
      return after;
    }

  known = *p != '\0' ? strchr (from, *p) : NULL;
  if (known == NULL)
    return NULL;
  out[(*n)++] = to[known - from];
  return p + 1;
}

static gboolean
read_string (BeltProtoParser *self)
{
  char quote = *self->p++;
  const char *close = self->p;
  char *out;
  gsize n = 0;

  while (close < self->end && *close != quote && *close != '\n')
    close += *close == '\\' && self->end - close > 1 ? 2 : 1;
  if (close >= self->end || *close != quote)
    return belt_proto_fail (self, &self->token, "the string has no end on its line");

  /* No escape is shorter than what it stands for. */
  out = belt_arena_alloc (self->file->arena, (gsize)(close - self->p) + 1);
  while (self->p < close)
    if (*self->p != '\\')
      out[n++] = *self->p++;
    else if ((self->p = read_escape (self->p + 1, close, out, &n)) == NULL)
      return belt_proto_fail (self, &self->token, "the string holds an escape that is not one of .proto files");

  out[n] = '\0';
  self->p = close + 1;
  self->token.kind = BELT_PROTO_TOKEN_STRING;
  self->token.text = out;
  self->token.len = n;
  return TRUE;
}

static gboolean
read_number (BeltProtoParser *self)
{
  g_autofree char *text = NULL;
  const char *start = self->p;
  gboolean hex = self->end - self->p > 2 && self->p[0] == '0' && (self->p[1] | 0x20) == 'x';
  char *after;

  while (self->p < self->end &&
         (g_ascii_isalnum (*self->p) || *self->p == '.' ||
          (!hex && (*self->p == '+' || *self->p == '-') && (self->p[-1] | 0x20) == 'e')))
    self->p++;
  text = g_strndup (start, (gsize)(self->p - start));
  self->token.text = start;
  self->token.len = (gsize)(self->p - start);
  self->token.kind = BELT_PROTO_TOKEN_INTEGER;

  errno = 0;
  self->token.integer = g_ascii_strtoull (text, &after, 0);
  self->token.number = (double)self->token.integer;
  if (*after == '\0' && errno == 0)
    return TRUE;

  self->token.kind = BELT_PROTO_TOKEN_NUMBER;
  self->token.number = g_ascii_strtod (text, &after);
  if (*after == 'f' || *after == 'F')
    after++;
  return *after == '\0' || belt_proto_fail (self, &self->token, "%s is no number", text);
}

gboolean
belt_proto_advance (BeltProtoParser *self)
{
  const char *p;

  if (!skip_blanks (self))
    return FALSE;

  p = self->p;
  self->token = (BeltProtoToken) { .kind = BELT_PROTO_TOKEN_END, .text = p, .line = self->line,
                                   .column = (guint)(p - self->line_start) + 1 };
  if (p == self->end)
    return TRUE;
  if (*p == '"' || *p == '\'')
    return read_string (self);
  if (g_ascii_isdigit (*p) || (*p == '.' && self->end - p > 1 && g_ascii_isdigit (p[1])))
    return read_number (self);

  self->token.kind = BELT_PROTO_TOKEN_SYMBOL;
  self->token.len = 1;
  if (g_ascii_isalpha (*p) || *p == '_')
    {
      while (self->p < self->end && (g_ascii_isalnum (*self->p) || *self->p == '_'))
        self->p++;
      self->token.kind = BELT_PROTO_TOKEN_NAME;
      self->token.len = (gsize)(self->p - p);
      return TRUE;
    }
  if (strchr ("{}[]()<>=;,.-+:/", *p) == NULL || *p == '\0')
    {
      g_autofree char *found = belt_proto_name_token (&self->token);

      return belt_proto_fail (self, &self->token, "%s cannot stand in a .proto file", found);
    }
  self->p++;
  return TRUE;
}
