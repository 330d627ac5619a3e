/* belt-number-write.c - doubles as the shortest text that reads back the same
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Measured values have few digits, so those are tried first: a double equal to
 * m / 10^k with m below 10^15 has no other decimal of 15 digits, so that one is
 * the shortest.  The rest takes Raffaello Giulietti's Schubfach method ("The
 * Schubfach way to render doubles"), which needs three 64x128-bit products.
 * The spelling (when to use an exponent) is Go's, in its three forms.
 */
#include "config.h"

#include "belt-json.h"
#include "belt-number-powers.h"

#include <math.h>

#define HIDDEN_BIT    (G_GUINT64_CONSTANT (1) << 52)
#define EXPONENT_BIAS 1075
#define GO_EXPONENT   6   /* %v is %g, which turns to exponents at 10^6 when digits are the shortest */

typedef unsigned __int128 Wide;

/* digits * 10^exponent; digits has no trailing zero unless it is 0 */
typedef struct
{
  guint64 digits;
  int     exponent;
} Decimal;

static const double exact_powers[] = {
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
};

static const char digit_pairs[] =
  "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
  "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static int
floor_log2_pow10 (int k)
{
  return (k * 1741647) >> 19;
}

static guint64
round_to_odd (int     power,
              guint64 factor)
{
  Wide low = (Wide)belt_powers[power - BELT_POWER_MIN].low * factor;
  Wide high = (Wide)belt_powers[power - BELT_POWER_MIN].high * factor + (guint64)(low >> 64);

  return (guint64)(high >> 64) | ((guint64)high > 1);
}

static Decimal
strip_zeros (Decimal decimal)
{
  while (decimal.digits >= 10 && decimal.digits % 10 == 0)
    {
      decimal.digits /= 10;
      decimal.exponent++;
    }
  return decimal;
}

/* bits of a positive finite double */
static Decimal
find_shortest (guint64 bits)
{
  guint64 fraction = bits & (HIDDEN_BIT - 1);
  int biased = (int)(bits >> 52);
  guint64 c = biased != 0 ? fraction | HIDDEN_BIT : fraction;
  int q = biased != 0 ? biased - EXPONENT_BIAS : 1 - EXPONENT_BIAS;
  gboolean lower_closer = fraction == 0 && biased > 1;
  gboolean odd = c & 1;
  int k = (q * 1262611 - (lower_closer ? 524031 : 0)) >> 22;
  int h = q + floor_log2_pow10 (-k) + 1;
  guint64 below = round_to_odd (-k, (4 * c - 2 + lower_closer) << h) + odd;
  guint64 value = round_to_odd (-k, (4 * c) << h);
  guint64 above = round_to_odd (-k, (4 * c + 2) << h) - odd;
  guint64 s = value / 4;
  guint64 middle;
  gboolean down_inside;
  gboolean up_inside;

  if (s >= 10)
    {
      guint64 tens = s / 10;

      down_inside = below <= 40 * tens;
      up_inside = 40 * tens + 40 <= above;
      if (down_inside != up_inside)
        return strip_zeros ((Decimal) { tens + up_inside, k + 1 });
    }

  down_inside = below <= 4 * s;
  up_inside = 4 * s + 4 <= above;
  if (down_inside != up_inside)
    return strip_zeros ((Decimal) { s + up_inside, k });

  middle = 4 * s + 2;
  return strip_zeros ((Decimal) { s + (value > middle || (value == middle && (s & 1))), k });
}

/* value is positive and finite */
static Decimal
get_decimal (double value)
{
  guint64 bits;

  if (value >= 1e-5 && value < 1e15)
    for (int k = 0; k <= 6; k++)
      {
        double scaled = value * exact_powers[k];
        guint64 digits;

        if (scaled >= 1e15)
          break;
        digits = (guint64)(scaled + 0.5);
        if ((double)digits / exact_powers[k] == value)
          return strip_zeros ((Decimal) { digits, -k });
      }

  memcpy (&bits, &value, sizeof bits);
  return find_shortest (bits);
}

static guint
count_digits (guint64 n)
{
  guint count = 1;

  while (n >= 10000)
    {
      n /= 10000;
      count += 4;
    }
  return count + (n >= 10) + (n >= 100) + (n >= 1000);
}

/* Exactly n_digits of them. */
static void
write_digits (char   *out,
              guint64 n,
              guint   n_digits)
{
  char *at = out + n_digits;

  while (n >= 100)
    {
      guint pair = (guint)(n % 100);

      n /= 100;
      at -= 2;
      memcpy (at, digit_pairs + 2 * pair, 2);
    }
  if (n >= 10)
    memcpy (at - 2, digit_pairs + 2 * n, 2);
  else
    at[-1] = (char)('0' + n);
}

static gsize
write_plain_decimal (char   *out,
                     Decimal decimal)
{
  guint n_digits = count_digits (decimal.digits);
  int point = (int)n_digits + decimal.exponent;   /* digits before the point */

  if (decimal.exponent >= 0)
    {
      write_digits (out, decimal.digits, n_digits);
      memset (out + n_digits, '0', (gsize)decimal.exponent);
      return n_digits + (gsize)decimal.exponent;
    }

  if (point > 0)
    {
      write_digits (out + 1, decimal.digits, n_digits);
      memmove (out, out + 1, (gsize)point);
      out[point] = '.';
      return n_digits + 1;
    }

  out[0] = '0';
  out[1] = '.';
  memset (out + 2, '0', (gsize) -point);
  write_digits (out + 2 - point, decimal.digits, n_digits);
  return (gsize)(2 - point) + n_digits;
}

/* Go's %e: at least two digits of exponent unless short_exponent. */
static gsize
write_exponent_decimal (char    *out,
                        Decimal  decimal,
                        gboolean short_exponent)
{
  guint n_digits = count_digits (decimal.digits);
  int exponent = (int)n_digits - 1 + decimal.exponent;
  guint magnitude = (guint)ABS (exponent);
  char *at = out;

  write_digits (out + 1, decimal.digits, n_digits);
  out[0] = out[1];
  at = out + 1;
  if (n_digits > 1)
    {
      *at = '.';
      at += n_digits;
    }

  *at++ = 'e';
  *at++ = exponent < 0 ? '-' : '+';
  if (magnitude < 10 && !short_exponent)
    *at++ = '0';
  write_digits (at, magnitude, count_digits (magnitude));
  at += count_digits (magnitude);

  return (gsize)(at - out);
}

/* Returns: TRUE when value needs no digits found: zero, infinite or not a number */
static gboolean
write_special (char  *out,
               double value,
               gsize *ret_len)
{
  if (value == 0)
    {
      *ret_len = signbit (value) ? 2 : 1;
      memcpy (out, signbit (value) ? "-0" : "0", *ret_len);
      return TRUE;
    }

  if (isfinite (value))
    return FALSE;

  *ret_len = isnan (value) ? 3 : 4;
  memcpy (out, isnan (value) ? "NaN" : value < 0 ? "-Inf" : "+Inf", *ret_len);
  return TRUE;
}

gsize
belt_number_write_json (char  *out,
                        double value)
{
  double magnitude = fabs (value);
  gsize sign = value < 0;
  gsize len;

  if (write_special (out, value, &len))
    return len;

  if (sign)
    *out++ = '-';
  /* encoding/json turns e-09 into e-9; from 1e21 the exponent has two digits anyway. */
  if (magnitude < 1e-6 || magnitude >= 1e21)
    return sign + write_exponent_decimal (out, get_decimal (magnitude), TRUE);

  return sign + write_plain_decimal (out, get_decimal (magnitude));
}

gsize
belt_number_write_go (char  *out,
                      double value)
{
  double magnitude = fabs (value);
  gsize sign = value < 0;
  Decimal decimal;
  int exponent;
  gsize len;

  if (write_special (out, value, &len))
    return len;

  if (sign)
    *out++ = '-';
  decimal = get_decimal (magnitude);
  exponent = (int)count_digits (decimal.digits) - 1 + decimal.exponent;
  if (exponent < -4 || exponent >= GO_EXPONENT)
    return sign + write_exponent_decimal (out, decimal, FALSE);

  return sign + write_plain_decimal (out, decimal);
}

gsize
belt_number_write_plain (char  *out,
                         double value)
{
  gsize sign = value < 0;
  gsize len;

  if (write_special (out, value, &len))
    return len;

  if (sign)
    *out++ = '-';
  return sign + write_plain_decimal (out, get_decimal (fabs (value)));
}

gsize
belt_number_write_i64 (char  *out,
                       gint64 value)
{
  guint64 magnitude = value < 0 ? -(guint64)value : (guint64)value;
  gsize sign = value < 0;
  guint n_digits = count_digits (magnitude);

  if (sign)
    *out++ = '-';
  write_digits (out, magnitude, n_digits);
  return sign + n_digits;
}
