/* belt-civil.c - instants to calendar, and the fixed ways to write them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Days are counted in eras of 400 years that start on 1 March, so that the leap
 * day comes last.
 */
#include "config.h"

#include "belt-time-format.h"

#include <string.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA    146097

gint64
belt_days_from_civil (gint64 year,
                      guint  month,
                      guint  day)
{
  gint64 y = year - (month <= 2);
  gint64 era = (y >= 0 ? y : y - 399) / 400;
  gint64 year_of_era = y - era * 400;
  gint64 day_of_year = (153 * ((gint64)month + (month > 2 ? -3 : 9)) + 2) / 5 + (gint64)day - 1;
  gint64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

  return era * DAYS_PER_ERA + day_of_era - 719468;
}

static void
split_days (gint64     days,
            BeltCivil *civil)
{
  gint64 z = days + 719468;
  gint64 era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
  gint64 day_of_era = z - era * DAYS_PER_ERA;
  gint64 year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  gint64 shifted_month = (5 * day_of_year + 2) / 153;

  civil->day = (guint8)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  civil->month = (guint8)(shifted_month + (shifted_month < 10 ? 3 : -9));
  civil->year = (gint32)(year_of_era + era * 400 + (civil->month <= 2));
  civil->weekday = (guint8)(((days + 4) % 7 + 7) % 7);
  civil->yearday = (guint16)(days - belt_days_from_civil (civil->year, 1, 1) + 1);
}

void
belt_time_split (gint64     ns,
                 guint16    zone,
                 BeltCivil *ret_civil)
{
  gint64 seconds = ns / BELT_NS_PER_SECOND - (ns % BELT_NS_PER_SECOND < 0);
  gint64 wall;
  gint64 days;
  gint64 rest;

  ret_civil->nanosecond = (guint32)(ns - seconds * BELT_NS_PER_SECOND);
  ret_civil->zone = belt_zone_at (zone, seconds);
  wall = seconds + ret_civil->zone.offset;
  days = wall / SECONDS_PER_DAY - (wall % SECONDS_PER_DAY < 0);
  rest = wall - days * SECONDS_PER_DAY;

  split_days (days, ret_civil);
  ret_civil->hour = (guint8)(rest / 3600);
  ret_civil->minute = (guint8)(rest / 60 % 60);
  ret_civil->second = (guint8)(rest % 60);
}

gboolean
belt_time_join (const BeltCivil *civil,
                guint16          zone,
                gint64          *ret_ns)
{
  gint64 wall = belt_days_from_civil (civil->year, civil->month, civil->day) * SECONDS_PER_DAY
                + civil->hour * 3600 + civil->minute * 60 + civil->second;
  gint64 seconds = belt_zone_to_utc (zone, wall);

  return !__builtin_mul_overflow (seconds, BELT_NS_PER_SECOND, ret_ns) &&
         !__builtin_add_overflow (*ret_ns, (gint64)civil->nanosecond, ret_ns);
}

static char *
put_digits (char *at,
            guint value,
            guint n_digits)
{
  for (guint i = n_digits; i > 0; i--)
    {
      at[i - 1] = (char)('0' + value % 10);
      value /= 10;
    }
  return at + n_digits;
}

static char *
put_date_time (char            *at,
               const BeltCivil *civil,
               char             separator)
{
  if (civil->year < 0)
    *at++ = '-';
  at = put_digits (at, (guint)ABS (civil->year), 4);
  *at++ = '-';
  at = put_digits (at, civil->month, 2);
  *at++ = '-';
  at = put_digits (at, civil->day, 2);
  *at++ = separator;
  at = put_digits (at, civil->hour, 2);
  *at++ = ':';
  at = put_digits (at, civil->minute, 2);
  *at++ = ':';
  return put_digits (at, civil->second, 2);
}

/* Nothing when it is zero, else no zeros at its end. */
static char *
put_fraction (char   *at,
              guint32 nanosecond)
{
  char *end;

  if (nanosecond == 0)
    return at;

  *at++ = '.';
  end = put_digits (at, nanosecond, 9);
  while (end[-1] == '0')
    end--;
  return end;
}

static char *
put_offset (char    *at,
            gint32   offset,
            gboolean colon)
{
  guint minutes = (guint)(ABS (offset) / 60);

  *at++ = offset < 0 ? '-' : '+';
  at = put_digits (at, minutes / 60, 2);
  if (colon)
    *at++ = ':';
  return put_digits (at, minutes % 60, 2);
}

gsize
belt_time_write_rfc3339 (char   *out,
                         gint64  ns,
                         guint16 zone)
{
  BeltCivil civil;
  char *at;

  belt_time_split (ns, zone, &civil);
  at = put_fraction (put_date_time (out, &civil, 'T'), civil.nanosecond);
  if (civil.zone.offset == 0)
    *at++ = 'Z';
  else
    at = put_offset (at, civil.zone.offset, TRUE);

  return (gsize)(at - out);
}

gsize
belt_time_write_go (char   *out,
                    gint64  ns,
                    guint16 zone)
{
  BeltCivil civil;
  char *at;

  belt_time_split (ns, zone, &civil);
  at = put_fraction (put_date_time (out, &civil, ' '), civil.nanosecond);
  *at++ = ' ';
  at = put_offset (at, civil.zone.offset, FALSE);
  *at++ = ' ';
  if (*civil.zone.abbreviation == '\0')
    return (gsize)(put_offset (at, civil.zone.offset, FALSE) - out);

  at = g_stpcpy (at, civil.zone.abbreviation);
  return (gsize)(at - out);
}

gsize
belt_time_write_plain (char   *out,
                       gint64  ns,
                       guint16 zone)
{
  BeltCivil civil;

  belt_time_split (ns, zone, &civil);
  return (gsize)(put_date_time (out, &civil, ' ') - out);
}
