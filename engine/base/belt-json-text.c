/* belt-json-text.c - the rare steps of reading JSON text
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Escapes, numbers with exponents or too many digits, and the walk through
 * values nobody asked for.  What is accepted is what eKuiper's parser accepts:
 * control characters in strings and unknown escapes stay as they are.
 */
#include "config.h"

#include "belt-json-text.h"

#include "belt-utf8.h"

const char *
belt_json_fail (const BeltJsonReader *reader,
                const char           *at,
                const char           *message)
{
  if (reader->error != NULL)
    {
      reader->error->offset = (gsize)(at - reader->text);
      reader->error->message = message;
    }
  return NULL;
}

const char *
belt_json_number_slow (const BeltJsonReader *reader,
                       const char           *p,
                       BeltJsonNumber       *number)
{
  guint n_significant = 0;
  gboolean fraction = FALSE;

  number->text = p;
  number->mantissa = 0;
  number->exponent = 0;
  number->integral = TRUE;
  number->exact = TRUE;
  p += number->negative;

  for (;; p++)
    {
      guint digit = (guint)(guint8) *p - '0';

      if (*p == '.' && !fraction)
        {
          fraction = TRUE;
          number->integral = FALSE;
          continue;
        }
      if (digit > 9)
        break;
      if (n_significant > 0 || digit != 0)
        n_significant++;
      if (n_significant <= 19)
        {
          number->mantissa = number->mantissa * 10 + digit;
          number->exponent -= fraction;
        }
      else
        {
          number->exact = FALSE;
          number->exponent += !fraction;
        }
    }

  if ((*p | 0x20) == 'e')
    {
      gboolean down = p[1] == '-';
      int written = 0;

      p += p[1] == '-' || p[1] == '+' ? 2 : 1;
      if ((guint)(guint8) *p - '0' > 9)
        return belt_json_fail (reader, p, "expected a digit in the exponent");
      for (; (guint)(guint8) *p - '0' <= 9; p++)
        written = MIN (written * 10 + (*p - '0'), 100000);
      number->exponent += down ? -written : written;
      number->integral = FALSE;
    }

  number->len = (gsize)(p - number->text);
  return p;
}

const char *
belt_json_number_named (const BeltJsonReader *reader,
                        const char           *p,
                        BeltJsonNumber       *number)
{
  const char *name = *p == '-' || *p == '+' ? p + 1 : p;

  if (g_ascii_strncasecmp (name, "nan", 3) != 0 && g_ascii_strncasecmp (name, "inf", 3) != 0)
    return belt_json_fail (reader, p, "expected a value");

  *number = (BeltJsonNumber) { .text = name, .len = 3, .negative = *p == '-' };
  return name + 3;
}

BeltValue
belt_json_number (const BeltJsonNumber *number,
                  guint                 flags)
{
  double value;

  if ((flags & BELT_JSON_INTEGERS) && number->integral && number->exact &&
      number->mantissa <= (guint64)G_MAXINT64 + number->negative)
    return belt_value_i64 (number->negative ? (gint64) -number->mantissa : (gint64)number->mantissa);

  value = belt_number_scale (number->mantissa, number->exponent, number->exact, number->text, number->len);
  return belt_value_f64 (number->negative ? -value : value);
}

static gboolean
parse_hex4 (const char *text,
            const char *end,
            guint32    *ret_unit)
{
  guint32 unit = 0;

  if (end - text < 4)
    return FALSE;

  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (text[i]);

      if (digit < 0)
        return FALSE;
      unit = unit << 4 | (guint32)digit;
    }

  *ret_unit = unit;
  return TRUE;
}

/* p is after "\u".  What is no character stays as written.  Returns: where to go on */
static const char *
unescape_unicode (const char *p,
                  const char *end,
                  char      **out)
{
  guint32 unit;
  guint32 low;

  if (!parse_hex4 (p, end, &unit))
    {
      memcpy (*out, "\\u", 2);
      *out += 2;
      return p;
    }

  if (unit < 0xd800 || unit > 0xdfff)
    {
      *out += belt_utf8_write (*out, unit);
      return p + 4;
    }

  if (end - p < 10 || p[4] != '\\' || p[5] != 'u' || !parse_hex4 (p + 6, end, &low))
    {
      memmove (*out, p - 2, 6);
      *out += 6;
      return p + 4;
    }

  if (unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff)
    *out += belt_utf8_write (*out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
  else
    *out += belt_utf8_write (*out, 0xfffd);
  return p + 10;
}

static gsize
unescape_to (char       *out,
             const char *text,
             gsize       len)
{
  static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  const char *end = text + len;
  char *at = out;

  while (text < end)
    {
      const char *backslash = memchr (text, '\\', (gsize)(end - text));
      gsize plain = (gsize)((backslash != NULL ? backslash : end) - text);
      const char *escape = NULL;

      memcpy (at, text, plain);
      at += plain;
      text += plain;
      if (text == end)
        break;

      /* The scanner has seen to it that something follows. */
      text++;
      if (*text == 'u')
        {
          text = unescape_unicode (text + 1, end, &at);
          continue;
        }
      for (guint i = 0; i < sizeof escapes - 1; i += 2)
        if (escapes[i] == *text)
          escape = &escapes[i + 1];
      if (escape == NULL)
        *at++ = '\\';
      *at++ = escape != NULL ? *escape : *text;
      text++;
    }

  return (gsize)(at - out);
}

const char *
belt_json_unescape (const char *text,
                    gsize       len,
                    guint       special,
                    BeltArena  *arena,
                    gsize      *ret_len)
{
  *ret_len = len;

  if (special & BELT_JSON_STRING_ESCAPES)
    {
      char *out = belt_arena_alloc (arena, len);

      *ret_len = unescape_to (out, text, len);
      text = out;
    }
  if (special & BELT_JSON_STRING_HIGH)
    text = belt_utf8_mend (text, *ret_len, arena, ret_len);

  return text;
}

static const char *
walk_object (const BeltJsonReader *reader,
             const char           *p,
             guint                 depth)
{
  guint special;

  p = belt_json_skip_blanks (reader, p + 1);
  if (*p == '}')
    return p + 1;

  for (;;)
    {
      const char *quote;

      if (*p != '"')
        return belt_json_fail (reader, p, "expected '\"' at the start of a key");
      quote = belt_json_find_quote (p + 1, reader->end, &special);
      if (quote == NULL)
        return belt_json_fail (reader, p, "missing '\"' at the end of a key");
      p = belt_json_skip_blanks (reader, quote + 1);
      if (*p != ':')
        return belt_json_fail (reader, p, "expected ':' after a key");
      p = belt_json_skip_blanks (reader, p + 1);
      p = belt_json_walk (reader, p, depth);
      if (p == NULL)
        return NULL;
      p = belt_json_skip_blanks (reader, p);
      if (*p == '}')
        return p + 1;
      if (*p != ',')
        return belt_json_fail (reader, p, "expected ',' or '}' after a member");
      p = belt_json_skip_blanks (reader, p + 1);
    }
}

static const char *
walk_array (const BeltJsonReader *reader,
            const char           *p,
            guint                 depth)
{
  p = belt_json_skip_blanks (reader, p + 1);
  if (*p == ']')
    return p + 1;

  for (;;)
    {
      p = belt_json_walk (reader, p, depth);
      if (p == NULL)
        return NULL;
      p = belt_json_skip_blanks (reader, p);
      if (*p == ']')
        return p + 1;
      if (*p != ',')
        return belt_json_fail (reader, p, "expected ',' or ']' after an item");
      p = belt_json_skip_blanks (reader, p + 1);
    }
}

/* Checks the value at p; depth counts the containers around it. */
const char *
belt_json_walk (const BeltJsonReader *reader,
                const char           *p,
                guint                 depth)
{
  guint special;
  const char *quote;

  switch (*p)
    {
    case '"':
      quote = belt_json_find_quote (p + 1, reader->end, &special);
      return quote != NULL ? quote + 1 : belt_json_fail (reader, p, "missing '\"' at the end of a string");

    case '{':
    case '[':
      if (depth >= BELT_JSON_DEPTH_MAX)
        return belt_json_fail (reader, p, "nested too deeply");
      return *p == '{' ? walk_object (reader, p, depth + 1) : walk_array (reader, p, depth + 1);

    case 't':
      return memcmp (p, "true", 4) == 0 ? p + 4 : belt_json_fail (reader, p, "expected 'true'");

    case 'f':
      return memcmp (p, "false", 5) == 0 ? p + 5 : belt_json_fail (reader, p, "expected 'false'");

    case 'n':
      return memcmp (p, "null", 4) == 0 ? p + 4 : belt_json_fail (reader, p, "expected 'null'");

    default:
      return belt_json_skip_number (reader, p);
    }
}

const char *
belt_json_skip_value (const char    *text,
                      const char    *end,
                      BeltJsonError *error)
{
  BeltJsonReader reader = { text, end, error, 0, NULL };

  return belt_json_walk (&reader, belt_json_skip_blanks (&reader, text), 0);
}
