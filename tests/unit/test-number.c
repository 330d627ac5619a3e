/* test-number.c - numbers to text and back
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED    7u
#define DOUBLES 50000u

static void
check_spelling (double      value,
                const char *json,
                const char *go,
                const char *plain)
{
  char out[512];

  g_assert_cmpmem (out, belt_number_write_json (out, value), json, strlen (json));
  g_assert_cmpmem (out, belt_number_write_go (out, value), go, strlen (go));
  g_assert_cmpmem (out, belt_number_write_plain (out, value), plain, strlen (plain));
}

static void
test_spelling (void)
{
  check_spelling (0, "0", "0", "0");
  check_spelling (-0.0, "-0", "-0", "-0");
  check_spelling (1, "1", "1", "1");
  check_spelling (-23.5, "-23.5", "-23.5", "-23.5");
  check_spelling (0.1, "0.1", "0.1", "0.1");
  check_spelling (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004");
  check_spelling (100000, "100000", "100000", "100000");
  check_spelling (1000000, "1000000", "1e+06", "1000000");
  check_spelling (1234567.5, "1234567.5", "1.2345675e+06", "1234567.5");
  check_spelling (0.0001, "0.0001", "0.0001", "0.0001");
  check_spelling (0.00001, "0.00001", "1e-05", "0.00001");
  check_spelling (0.000001, "0.000001", "1e-06", "0.000001");
  check_spelling (1.5e-7, "1.5e-7", "1.5e-07", "0.00000015");
  check_spelling (1e20, "100000000000000000000", "1e+20", "100000000000000000000");
  check_spelling (1e21, "1e+21", "1e+21", "1000000000000000000000");
  check_spelling (1.5e300, "1.5e+300", "1.5e+300", "15" "0000000000" "0000000000" "0000000000" "0000000000"
                  "0000000000" "0000000000" "0000000000" "0000000000" "0000000000" "0000000000" "0000000000"
                  "0000000000" "0000000000" "0000000000" "0000000000" "0000000000" "0000000000" "0000000000"
                  "0000000000" "0000000000" "0000000000" "0000000000" "0000000000" "0000000000" "0000000000"
                  "0000000000" "0000000000" "0000000000" "0000000000" "000000000");
  check_spelling (9007199254740993.0, "9007199254740992", "9.007199254740992e+15", "9007199254740992");
  check_spelling (INFINITY, "+Inf", "+Inf", "+Inf");
  check_spelling (-INFINITY, "-Inf", "-Inf", "-Inf");
  check_spelling (NAN, "NaN", "NaN", "NaN");
}

static void
check_shortest (double value)
{
  char out[64];
  char printed[64];
  gsize len = belt_number_write_go (out, value);
  double back;
  guint n_digits = 0;

  out[len] = '\0';
  g_assert_true (belt_number_parse_f64 (out, len, &back));
  g_assert_cmpfloat (back, ==, value);
  g_assert_cmpfloat (g_ascii_strtod (out, NULL), ==, value);

  /* No text with fewer digits reads back the same. */
  for (const char *p = out; *p != '\0' && *p != 'e'; p++)
    n_digits += g_ascii_isdigit (*p) && (n_digits > 0 || *p != '0');
  while (n_digits > 1 && strchr (out, 'e') == NULL && strchr (out, '.') == NULL && out[--len] == '0')
    n_digits--;
  if (n_digits > 1)
    {
      g_snprintf (printed, sizeof printed, "%.*e", (int)n_digits - 2, value);
      g_assert_cmpfloat (g_ascii_strtod (printed, NULL), !=, value);
    }
}

static void
test_round_trip (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < DOUBLES; i++)
    {
      guint64 bits = (guint64)g_rand_int (rand) << 32 | g_rand_int (rand);
      double value;

      memcpy (&value, &bits, sizeof value);
      if (isfinite (value) && value != 0)
        check_shortest (value);
      check_shortest (g_rand_int_range (rand, 1, 1000000) / 100.0);
      check_shortest (g_rand_double_range (rand, 0.001, 1e6));
    }
  for (int exponent = -1074; exponent < 1024; exponent++)
    check_shortest (ldexp (1, exponent));
  check_shortest (5e-324);
  check_shortest (2.2250738585072014e-308);
  check_shortest (1.7976931348623157e308);
}

/* Correct rounding where halves meet: strtod of the C library is the judge. */
static void
test_parse (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (SEED);
  static const char *const hard[] = {
    "9007199254740993", "9007199254740992.5", "1e23", "8.5e-24", "2.2250738585072011e-308", "179769313486231570000e288",
    "0.500000000000000166533453693773481063544750213623046875", "123456789012345678901234567890.5e-20", "1e-400",
    "3.0e-324", "00000000000000000000001.5", "4.9406564584124654417656879286822137e-324",
  };

  for (guint i = 0; i < G_N_ELEMENTS (hard); i++)
    {
      double value;

      g_assert_true (belt_number_parse_f64 (hard[i], strlen (hard[i]), &value));
      g_assert_cmpfloat (value, ==, g_ascii_strtod (hard[i], NULL));
    }

  for (guint i = 0; i < DOUBLES; i++)
    {
      char text[64];
      double value;

      g_snprintf (text, sizeof text, "%u%09u.%u", g_rand_int (rand), g_rand_int (rand) % 1000000000, g_rand_int (rand));
      if (i % 3 == 0)
        g_snprintf (text, sizeof text, "%ue%d", g_rand_int (rand), g_rand_int_range (rand, -40, 40));
      g_assert_true (belt_number_parse_f64 (text, strlen (text), &value));
      g_assert_cmpfloat (value, ==, g_ascii_strtod (text, NULL));
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = { "", " 1", "1 ", "1.2.3", "e5", ".", "1e", "0x10", "1_000", "infinite", "1e999",
                                       "--1" };
  double value;
  gint64 integer;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_false (belt_number_parse_f64 (texts[i], strlen (texts[i]), &value));
  g_assert_true (belt_number_parse_f64 (".5", 2, &value));
  g_assert_true (belt_number_parse_f64 ("+5.", 3, &value));

  g_assert_true (belt_number_parse_i64 ("-9223372036854775808", 20, &integer));
  g_assert_cmpint (integer, ==, G_MININT64);
  g_assert_true (belt_number_parse_i64 ("9223372036854775807", 19, &integer));
  g_assert_cmpint (integer, ==, G_MAXINT64);
  g_assert_false (belt_number_parse_i64 ("9223372036854775808", 19, &integer));
  g_assert_false (belt_number_parse_i64 ("-", 1, &integer));
  g_assert_false (belt_number_parse_i64 ("1.0", 3, &integer));
}

static void
test_integers (void)
{
  static const gint64 numbers[] = { 0, 7, -7, 10, 99, 100, 12345, -1000000, G_MAXINT64, G_MININT64 };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      char out[32];
      g_autofree char *expected = g_strdup_printf ("%" G_GINT64_FORMAT, numbers[i]);

      g_assert_cmpmem (out, belt_number_write_i64 (out, numbers[i]), expected, strlen (expected));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/number/spelling", test_spelling);
  g_test_add_func ("/number/round-trip", test_round_trip);
  g_test_add_func ("/number/parse", test_parse);
  g_test_add_func ("/number/refused", test_refused);
  g_test_add_func ("/number/integers", test_integers);
  return g_test_run ();
}
