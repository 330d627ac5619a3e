/* belt-json-text.h - the small steps of reading JSON text
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inline, shared by the scanner and the parser and private to them.  The text is
 * followed by BELT_JSON_PADDING readable bytes of which the first is NUL or a
 * newline: it ends every number and literal, so only strings and blanks look at
 * `end`.
 */
#pragma once

#include "belt-json.h"
#include "belt-number.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef struct
{
  const char    *text;
  const char    *end;
  BeltJsonError *error;
  guint          flags;
  BeltArena     *arena;
} BeltJsonReader;

enum
{
  BELT_JSON_STRING_ESCAPES = 1 << 0,
  BELT_JSON_STRING_HIGH    = 1 << 1,  /* bytes above 0x7f */
};

/* A checked number: its parts, for those who want the value. */
typedef struct
{
  const char *text;
  gsize       len;
  guint64     mantissa;   /* the first 19 significant digits */
  int         exponent;   /* of ten, for the mantissa's last digit */
  gboolean    negative;
  gboolean    exact;      /* no digit was left out */
  gboolean    integral;   /* neither point nor exponent was written */
} BeltJsonNumber;

const char *belt_json_fail      (const BeltJsonReader *reader,
                                 const char           *at,
                                 const char           *message);
const char *belt_json_walk      (const BeltJsonReader *reader,
                                 const char           *p,
                                 guint                 depth);
/* Text between the quotes as it is meant; in the arena when anything had to change. */
const char *belt_json_unescape  (const char           *text,
                                 gsize                 len,
                                 guint                 special,
                                 BeltArena            *arena,
                                 gsize                *ret_len);
BeltValue   belt_json_number    (const BeltJsonNumber *number,
                                 guint                 flags);

static inline const char *
belt_json_skip_blanks (const BeltJsonReader *reader,
                       const char           *p)
{
  if (G_LIKELY ((guint8) *p > ' '))
    return p;
  while (p < reader->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
    p++;
  return p;
}

/* p is after the opening quote.  Returns: the closing quote or NULL. */
static inline const char *
belt_json_find_quote (const char *p,
                      const char *end,
                      guint      *ret_special)
{
  guint special = 0;

#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8 ('"');
  const __m128i backslash = _mm_set1_epi8 ('\\');

  while (p < end)
    {
      __m128i chunk = _mm_loadu_si128 ((const __m128i *) p);
      guint stops = (guint) _mm_movemask_epi8 (_mm_or_si128 (_mm_cmpeq_epi8 (chunk, quote),
                                                             _mm_cmpeq_epi8 (chunk, backslash)));
      guint high = (guint) _mm_movemask_epi8 (chunk);
      guint n;

      if (stops == 0)
        {
          special |= high != 0 ? BELT_JSON_STRING_HIGH : 0;
          p += 16;
          continue;
        }

      n = (guint) __builtin_ctz (stops);
      if (G_UNLIKELY ((high & ((1u << n) - 1)) != 0))
        special |= BELT_JSON_STRING_HIGH;
      if (G_LIKELY (p[n] == '"'))
        {
          *ret_special = special;
          return G_LIKELY (p + n < end) ? p + n : NULL;
        }
      special |= BELT_JSON_STRING_ESCAPES;
      p += n + 2;
    }
#else
  for (; p < end; p++)
    {
      if (*p == '"')
        {
          *ret_special = special;
          return p;
        }
      if (*p == '\\')
        {
          special |= BELT_JSON_STRING_ESCAPES;
          p++;
        }
      else if ((guint8) *p > 0x7f)
        special |= BELT_JSON_STRING_HIGH;
    }
#endif

  *ret_special = special;
  return NULL;
}

/* The text that begins with the quote at p.  Returns: the closing quote, or NULL after `message`. */
static inline const char *
belt_json_take_text (const BeltJsonReader *reader,
                     const char           *p,
                     const char           *message,
                     const char          **ret_text,
                     gsize                *ret_len)
{
  guint special;
  const char *quote = belt_json_find_quote (p + 1, reader->end, &special);

  if (quote == NULL)
    {
      belt_json_fail (reader, p, message);
      return NULL;
    }

  *ret_text = p + 1;
  *ret_len = (gsize) (quote - p - 1);
  if (G_UNLIKELY (special != 0))
    *ret_text = belt_json_unescape (p + 1, *ret_len, special, reader->arena, ret_len);

  return quote;
}

static inline const char *
belt_json_skip_digits (const char *p,
                       guint64    *mantissa)
{
  guint64 m = *mantissa;
  guint digit;

  while ((digit = (guint) (guint8) *p - '0') <= 9)
    {
      m = m * 10 + digit;
      p++;
    }
  *mantissa = m;
  return p;
}

/* More than 19 digits wrapped the mantissa: count again, leaving out what does not fit. */
const char *belt_json_number_slow (const BeltJsonReader *reader,
                                   const char           *p,
                                   BeltJsonNumber       *number);

/* NaN and Inf, which eKuiper's parser takes for numbers. */
const char *belt_json_number_named (const BeltJsonReader *reader,
                                    const char           *p,
                                    BeltJsonNumber       *number);

/* Leading zeros are allowed, and no digits on one side of the point, as eKuiper's parser does. */
static inline const char *
belt_json_scan_number (const BeltJsonReader *reader,
                       const char           *p,
                       BeltJsonNumber       *number)
{
  const char *start = p;
  const char *digits;
  guint64 mantissa = 0;
  gsize n_digits;

  number->negative = *p == '-';
  p += number->negative;
  digits = p;
  p = belt_json_skip_digits (p, &mantissa);
  n_digits = (gsize) (p - digits);
  if (G_UNLIKELY (n_digits == 0 && *p != '.'))
    return belt_json_number_named (reader, start, number);

  number->exponent = 0;
  number->integral = TRUE;
  if (*p == '.')
    {
      const char *fraction = ++p;

      p = belt_json_skip_digits (p, &mantissa);
      number->exponent = (int) (fraction - p);
      number->integral = FALSE;
      n_digits += (gsize) (p - fraction);
      if (G_UNLIKELY (n_digits == 0))
        return belt_json_fail (reader, p, "expected a digit after the decimal point");
    }

  if (G_UNLIKELY (n_digits > 19 || (*p | 0x20) == 'e'))
    return belt_json_number_slow (reader, start, number);

  number->text = start;
  number->len = (gsize) (p - start);
  number->mantissa = mantissa;
  number->exact = TRUE;
  return p;
}

#ifdef __SSE2__
/* An ordinary number in 16 bytes, checked without a branch a digit.  Returns: one past it; p: look closer. */
static inline const char *
belt_json_skip_ordinary (const char *p)
{
  const __m128i chunk = _mm_loadu_si128 ((const __m128i *) p);
  const __m128i offset = _mm_sub_epi8 (chunk, _mm_set1_epi8 ('0'));
  const __m128i is_digit = _mm_cmpeq_epi8 (_mm_min_epu8 (offset, _mm_set1_epi8 (9)), offset);
  guint sign = *p == '-';
  /* A bit is set where there is no digit, and behind the 16. */
  guint others = (~(guint) _mm_movemask_epi8 (is_digit)) >> sign;
  guint n_whole = (guint) __builtin_ctz (others);
  guint has_point = p[sign + n_whole] == '.';
  guint n_fraction = has_point ? (guint) __builtin_ctz (others >> (n_whole + 1)) : 0;
  guint len = sign + n_whole + has_point + n_fraction;

  return G_LIKELY (n_whole > 0 && len < 16 && (p[len] | 0x20) != 'e') ? p + len : p;
}
#endif

/* A number whose value nobody wants. */
static inline const char *
belt_json_skip_number (const BeltJsonReader *reader,
                       const char           *p)
{
  BeltJsonNumber number;
#ifdef __SSE2__
  const char *after = belt_json_skip_ordinary (p);

  if (G_LIKELY (after != p))
    return after;
#endif

  return belt_json_scan_number (reader, p, &number);
}
