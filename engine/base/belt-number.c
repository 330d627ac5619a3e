/* belt-number.c - text to numbers, correctly rounded
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-number.h"

#include "belt-json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define SLOW_TEXT_MAX 128u

const double belt_number_powers[23] = {
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

#if defined (__x86_64__)
/* The 64-bit significand of an x87 number holds any mantissa and 10^27 exactly, so one division or
 * multiplication rounds once; rounding that to a double is right unless it sits exactly half way
 * between two of them, which is left to strtod(). */
static gboolean
scale_extended (guint64 mantissa,
                int     exponent,
                double *ret_value)
{
  static const long double powers[28] = {
    1e0L, 1e1L, 1e2L, 1e3L, 1e4L, 1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L,
    1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L,
  };
  long double scaled;
  guint64 significand;

  if (exponent < -27 || exponent > 27)
    return FALSE;

  scaled = exponent < 0 ? (long double)mantissa / powers[-exponent] : (long double)mantissa * powers[exponent];
  memcpy (&significand, &scaled, sizeof significand);
  if ((significand & 0x7ff) == 0x400)
    return FALSE;

  *ret_value = (double)scaled;
  return TRUE;
}
#else
static gboolean
scale_extended (guint64 mantissa,
                int     exponent,
                double *ret_value)
{
  return FALSE;
}
#endif

/* text is a number by JSON's grammar (or Go's without underscores and hex). */
static double
parse_slowly (const char *text,
              gsize       len)
{
  char buffer[SLOW_TEXT_MAX];
  g_autofree char *longer = NULL;
  char *copy = buffer;

  if (len >= sizeof buffer)
    copy = longer = g_malloc (len + 1);
  memcpy (copy, text, len);
  copy[len] = '\0';

  return g_ascii_strtod (copy, NULL);
}

double
belt_number_scale (guint64     mantissa,
                   int         exponent,
                   gboolean    exact,
                   const char *text,
                   gsize       len)
{
  double value;

  if (exact)
    {
      if (mantissa == 0)
        return 0;
      if (mantissa <= (G_GUINT64_CONSTANT (1) << 53) && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)mantissa / belt_number_powers[-exponent]
                            : (double)mantissa * belt_number_powers[exponent];
      if (scale_extended (mantissa, exponent, &value))
        return value;
    }

  return fabs (parse_slowly (text, len));
}

/* Go's ParseFloat for decimal text: sign, digits with an optional point (".5" and "5." too), exponent; also
 * inf, infinity and nan in any case.  No blanks, hex and underscores.  Overflow is refused, as Go does. */
gboolean
belt_number_parse_f64 (const char *text,
                       gsize       len,
                       double     *ret_value)
{
  const char *end = text + len;
  const char *p = text;
  gboolean negative = p < end && *p == '-';
  guint n_digits = 0;
  guint64 mantissa = 0;
  guint n_significant = 0;
  int exponent = 0;
  double value;

  if (p < end && (*p == '-' || *p == '+'))
    p++;

  if (p < end && ((*p | 0x20) == 'i' || (*p | 0x20) == 'n'))
    {
      gsize rest = (gsize)(end - p);

      if ((rest == 3 && g_ascii_strncasecmp (p, "inf", 3) == 0) ||
          (rest == 8 && g_ascii_strncasecmp (p, "infinity", 8) == 0))
        *ret_value = negative ? -INFINITY : INFINITY;
      else if (rest == 3 && p == text && g_ascii_strncasecmp (p, "nan", 3) == 0)
        *ret_value = NAN;
      else
        return FALSE;
      return TRUE;
    }

  for (gboolean fraction = FALSE; p < end; p++)
    {
      guint digit = (guint)(*p - '0');

      if (*p == '.' && !fraction)
        {
          fraction = TRUE;
          continue;
        }
      if (digit > 9)
        break;
      n_digits++;
      if (n_significant > 0 || digit != 0)
        n_significant++;
      if (n_significant <= 19)
        mantissa = mantissa * 10 + digit;
      if (fraction)
        exponent--;
    }
  if (n_digits == 0)
    return FALSE;

  if (p < end && (*p | 0x20) == 'e')
    {
      gboolean down;
      int written = 0;

      p++;
      down = p < end && *p == '-';
      if (p < end && (*p == '-' || *p == '+'))
        p++;
      if (p == end)
        return FALSE;
      for (; p < end && (guint)(*p - '0') <= 9; p++)
        written = MIN (written * 10 + (*p - '0'), 100000);
      exponent += down ? -written : written;
    }
  if (p != end)
    return FALSE;

  value = belt_number_scale (mantissa, exponent, n_significant <= 19, text, len);
  if (isinf (value))
    return FALSE;

  *ret_value = negative ? -value : value;
  return TRUE;
}

/* Optional sign and decimal digits. */
gboolean
belt_number_parse_i64 (const char *text,
                       gsize       len,
                       gint64     *ret_value)
{
  gboolean negative = len > 0 && *text == '-';
  guint64 limit = negative ? (guint64)G_MAXINT64 + 1 : G_MAXINT64;
  guint64 value = 0;
  gsize i = len > 0 && (*text == '-' || *text == '+');

  if (i == len)
    return FALSE;

  for (; i < len; i++)
    {
      guint digit = (guint)(text[i] - '0');

      if (digit > 9 || value > (limit - digit) / 10)
        return FALSE;
      value = value * 10 + digit;
    }

  *ret_value = negative ? (gint64) -value : (gint64)value;
  return TRUE;
}
