/* test-time-format.c - calendar, zones, eKuiper's time patterns
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-time-format.h"

#include <string.h>

#define NOW_MS G_GINT64_CONSTANT (1709212455678)   /* 2024-02-29T13:14:15.678Z, a Thursday */

static guint16
find_zone (const char *name)
{
  guint16 zone;

  g_assert_true (belt_zone_lookup (name, strlen (name), &zone));
  return zone;
}

static void
test_calendar (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);

  g_assert_cmpint (belt_days_from_civil (1970, 1, 1), ==, 0);
  g_assert_cmpint (belt_days_from_civil (2000, 3, 1), ==, 11017);
  g_assert_cmpint (belt_days_from_civil (1, 1, 1), ==, -719162);

  for (guint i = 0; i < 20000; i++)
    {
      gint64 seconds = (gint64)g_rand_double_range (rand, -8.9e9, 8.9e9);
      g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (seconds);
      BeltCivil civil;
      gint64 ns;

      belt_time_split (seconds * BELT_NS_PER_SECOND + 5, BELT_ZONE_UTC, &civil);
      g_assert_cmpint (civil.year, ==, g_date_time_get_year (time));
      g_assert_cmpint (civil.month, ==, g_date_time_get_month (time));
      g_assert_cmpint (civil.day, ==, g_date_time_get_day_of_month (time));
      g_assert_cmpint (civil.hour, ==, g_date_time_get_hour (time));
      g_assert_cmpint (civil.minute, ==, g_date_time_get_minute (time));
      g_assert_cmpint (civil.second, ==, g_date_time_get_second (time));
      g_assert_cmpint (civil.weekday, ==, g_date_time_get_day_of_week (time) % 7);
      g_assert_cmpint (civil.yearday, ==, g_date_time_get_day_of_year (time));
      g_assert_cmpint (civil.nanosecond, ==, 5);
      g_assert_true (belt_time_join (&civil, BELT_ZONE_UTC, &ns));
      g_assert_cmpint (ns, ==, seconds * BELT_NS_PER_SECOND + 5);
    }
}

static void
check_fixed (gint64      ns,
             guint16     zone,
             const char *rfc3339,
             const char *go,
             const char *plain)
{
  char out[BELT_TIME_TEXT_MAX];

  g_assert_cmpmem (out, belt_time_write_rfc3339 (out, ns, zone), rfc3339, strlen (rfc3339));
  g_assert_cmpmem (out, belt_time_write_go (out, ns, zone), go, strlen (go));
  g_assert_cmpmem (out, belt_time_write_plain (out, ns, zone), plain, strlen (plain));
}

static void
test_fixed_forms (void)
{
  check_fixed (0, BELT_ZONE_UTC, "1970-01-01T00:00:00Z", "1970-01-01 00:00:00 +0000 UTC", "1970-01-01 00:00:00");
  check_fixed (-2 * BELT_NS_PER_MS, BELT_ZONE_UTC, "1969-12-31T23:59:59.998Z", "1969-12-31 23:59:59.998 +0000 UTC",
               "1969-12-31 23:59:59");
  check_fixed (NOW_MS * BELT_NS_PER_MS, find_zone ("Europe/Berlin"), "2024-02-29T14:14:15.678+01:00",
               "2024-02-29 14:14:15.678 +0100 CET", "2024-02-29 14:14:15");
  check_fixed (NOW_MS * BELT_NS_PER_MS, find_zone ("Asia/Kolkata"), "2024-02-29T18:44:15.678+05:30",
               "2024-02-29 18:44:15.678 +0530 IST", "2024-02-29 18:44:15");
  check_fixed (NOW_MS * BELT_NS_PER_MS + 1, belt_zone_from_offset (-(3 * 3600 + 1800)),
               "2024-02-29T09:44:15.678000001-03:30", "2024-02-29 09:44:15.678000001 -0330 -0330",
               "2024-02-29 09:44:15");
}

static void
test_zones (void)
{
  guint16 zone;
  guint16 berlin = find_zone ("Europe/Berlin");

  g_assert_cmpuint (find_zone ("UTC"), ==, BELT_ZONE_UTC);
  g_assert_cmpuint (find_zone (""), ==, BELT_ZONE_UTC);
  g_assert_cmpuint (find_zone ("Europe/Berlin"), ==, berlin);
  g_assert_cmpstr (belt_zone_get_name (berlin), ==, "Europe/Berlin");
  g_assert_false (belt_zone_lookup ("Mars/Base", 9, &zone));
  g_assert_false (belt_zone_lookup ("../etc/passwd", 13, &zone));
  g_assert_false (belt_zone_lookup ("+02:00", 6, &zone));

  g_assert_cmpint (belt_zone_at (berlin, 1720000000).offset, ==, 7200);
  g_assert_cmpstr (belt_zone_at (berlin, 1720000000).abbreviation, ==, "CEST");
  /* 2024-03-31 02:30 does not exist there, 2024-10-27 02:30 exists twice. */
  g_assert_cmpint (belt_zone_to_utc (berlin, belt_days_from_civil (2024, 7, 1) * 86400), ==,
                   belt_days_from_civil (2024, 7, 1) * 86400 - 7200);
  g_assert_cmpint (belt_zone_to_utc (berlin, belt_days_from_civil (2024, 1, 1) * 86400), ==,
                   belt_days_from_civil (2024, 1, 1) * 86400 - 3600);
}

static void
check_format (const char *pattern,
              const char *expected)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  if (belt_time_format (out, NOW_MS * BELT_NS_PER_MS, BELT_ZONE_UTC, pattern, strlen (pattern), &error))
    g_assert_cmpstr (out->str, ==, expected);
  else
    g_assert_cmpstr (error->message, ==, expected);
}

static void
test_format (void)
{
  check_format ("yyyy-MM-dd HH:mm:ss", "2024-02-29 13:14:15");
  check_format ("YYYY/M/d h:m:s a", "2024/2/29 1:14:15 PM");
  check_format ("yy MMM MMMM EEE EEEE", "24 Feb February Thu Thursday");
  check_format ("ssSSS", "15.678");
  check_format ("ss.SSS", "15..678");
  check_format ("SSSSSSSSSSSS", ".678000000000");
  check_format ("z Z X XX XXX", "UTC +0000 +00 +0000 +00:00");
  check_format ("G 'year' ''''", "AD year ''");
  check_format ("\\y\\'", "y'");
  check_format ("dddd", "29");
  check_format ("yyy", "invalid time format yyy for Y/y");
  check_format ("H", "invalid time format H of H, only HH is supported");
  check_format ("EE", "invalid time format EE for E");
  check_format ("x\\", "x\\ is invalid");
  check_format ("", "");
}

static void
check_parse (const char *text,
             const char *pattern,
             const char *expected)
{
  g_autoptr(GError) error = NULL;
  char out[BELT_TIME_TEXT_MAX];
  gint64 ns = 0;
  guint16 zone = 0;

  if (belt_time_parse (text, strlen (text), pattern, pattern != NULL ? strlen (pattern) : 0, BELT_ZONE_UTC,
                       NOW_MS * BELT_NS_PER_MS, &ns, &zone, &error))
    {
      gsize len = belt_time_write_rfc3339 (out, ns, zone);

      out[len] = '\0';
    }
  else
    g_strlcpy (out, "error", sizeof out);
  if (g_strcmp0 (out, expected) != 0)
    g_error ("%s: %s, expected %s", text, out, expected);
}

static void
test_parse_known (void)
{
  check_parse ("2018-11-02T09:54:46.013Z", NULL, "2018-11-02T09:54:46.013Z");
  check_parse ("2018-11-02T09:54:46+08:00", NULL, "2018-11-02T09:54:46+08:00");
  check_parse ("2018-11-02T09:54:46+0200", NULL, "2018-11-02T09:54:46+02:00");
  check_parse ("2018-11-02T09:54:46", NULL, "2018-11-02T09:54:46Z");
  check_parse ("2018-11-02", NULL, "2018-11-02T00:00:00Z");
  check_parse ("2018-1-2", NULL, "2018-01-02T00:00:00Z");
  check_parse ("2018-11", NULL, "2018-11-01T00:00:00Z");
  check_parse ("2018-11-02 09:54:46", NULL, "2018-11-02T09:54:46Z");
  check_parse ("2018-11-02 9:5:6.25", NULL, "2018-11-02T09:05:06.25Z");
  check_parse ("2018-11-02 09:54", NULL, "2018-11-02T09:54:00Z");
  check_parse ("10:20:30", NULL, "2024-02-29T10:20:30Z");
  check_parse ("10:20", NULL, "2024-02-29T10:20:00Z");
  check_parse ("7", NULL, "2024-02-29T07:00:00Z");
  check_parse ("11-2", NULL, "2024-11-02T00:00:00Z");
  check_parse ("20181102", NULL, "2018-11-02T00:00:00Z");
  check_parse ("11/2/2018", NULL, "2018-11-02T00:00:00Z");
  check_parse ("Fri, 02 Nov 2018 09:54:46 +0100", NULL, "2018-11-02T09:54:46+01:00");
  check_parse ("2018-11-02 09:54:46 +0000 UTC", NULL, "2018-11-02T09:54:46Z");
  check_parse ("bad", NULL, "error");
  check_parse ("", NULL, "error");
  check_parse ("2018-13-02", NULL, "error");
  check_parse ("2018-02-30", NULL, "error");
  check_parse ("2018-11-02T25:00:00Z", NULL, "error");
  check_parse ("1.5", NULL, "error");
}

static void
test_parse_pattern (void)
{
  check_parse ("2018-11-02 09:54:46", "yyyy-MM-dd HH:mm:ss", "2018-11-02T09:54:46Z");
  check_parse ("02/11/2018 09:54", "dd/MM/yyyy HH:mm", "2018-11-02T09:54:00Z");
  check_parse ("2018-11-02 09:54:46.5", "yyyy-MM-dd HH:mm:ss", "2018-11-02T09:54:46.5Z");
  check_parse ("2 Nov 18 9:05 PM", "d MMM yy h:mm a", "2018-11-02T21:05:00Z");
  check_parse ("12:05 AM 2018-11-02", "hh:mm a yyyy-MM-dd", "2018-11-02T00:05:00Z");
  check_parse ("2018-11-02 09:54:46 -03:30", "yyyy-MM-dd HH:mm:ss XXX", "2018-11-02T09:54:46-03:30");
  check_parse ("2018-11-02", "dd/MM/yyyy", "error");
  check_parse ("2018-11-02 x", "yyyy-MM-dd", "error");
  check_parse ("2018-11-02", "yyyyy", "error");
}

/* Nothing a device sends may make the reader run past its text. */
static void
test_hostile (void)
{
  static const char *const texts[] = { "2018-11-02T09:54:46.013Z", "Fri, 02 Nov 2018 09:54:46 GMT+3", "3:04PM" };
  g_autoptr(GRand) rand = g_rand_new_with_seed (9);

  for (guint i = 0; i < 20000; i++)
    {
      const char *text = texts[i % G_N_ELEMENTS (texts)];
      gsize len = (gsize)g_rand_int_range (rand, 0, (gint32)strlen (text) + 1);
      g_autofree char *exact = g_memdup2 (text, len + (len == 0));
      gint64 ns;
      guint16 zone;

      if (len > 0)
        exact[g_rand_int_range (rand, 0, (gint32)len)] = (char)g_rand_int_range (rand, 0, 256);
      belt_time_parse (exact, len, NULL, 0, BELT_ZONE_UTC, 0, &ns, &zone, NULL);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/time/calendar", test_calendar);
  g_test_add_func ("/time/fixed-forms", test_fixed_forms);
  g_test_add_func ("/time/zones", test_zones);
  g_test_add_func ("/time/format", test_format);
  g_test_add_func ("/time/parse-known", test_parse_known);
  g_test_add_func ("/time/parse-pattern", test_parse_pattern);
  g_test_add_func ("/time/hostile", test_hostile);
  return g_test_run ();
}
