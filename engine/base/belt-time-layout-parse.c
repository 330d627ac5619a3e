/* belt-time-layout-parse.c - a time from text, by a layout
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-time-layout-private.h"

#include <string.h>

/* What is left of the text, and what has been read. */
typedef struct
{
  const char *p;
  const char *end;
  int         year;
  int         month;
  int         day;
  int         yearday;
  int         hour;
  int         minute;
  int         second;
  int         nanosecond;
  gboolean    pm;
  gboolean    am;
  gboolean    utc;
  gboolean    has_offset;
  int         offset;
  const char *zone_name;
  gsize       zone_name_len;
} Reading;

static gboolean
has_digit (const Reading *reading,
           gsize          i)
{
  return (gsize)(reading->end - reading->p) > i && g_ascii_isdigit (reading->p[i]);
}

/* One run of blanks in the layout stands for any in the text. */
static gboolean
skip_literal (Reading    *reading,
              const char *literal,
              gsize       len)
{
  const char *end = literal + len;

  while (literal < end)
    {
      if (*literal == ' ')
        {
          if (reading->p < reading->end && *reading->p != ' ')
            return FALSE;
          while (literal < end && *literal == ' ')
            literal++;
          while (reading->p < reading->end && *reading->p == ' ')
            reading->p++;
          continue;
        }
      if (reading->p == reading->end || *reading->p != *literal)
        return FALSE;
      literal++;
      reading->p++;
    }

  return TRUE;
}

/* Exactly n digits. */
static gboolean
read_digits (Reading *reading,
             guint    n,
             int     *ret_value)
{
  int value = 0;

  for (guint i = 0; i < n; i++)
    {
      if (!has_digit (reading, i))
        return FALSE;
      value = value * 10 + (reading->p[i] - '0');
    }
  reading->p += n;
  *ret_value = value;
  return TRUE;
}

/* Two digits, or one where the layout has no leading zero. */
static gboolean
read_two (Reading  *reading,
          gboolean  fixed,
          int       min,
          int       max,
          int      *ret_value)
{
  guint n = has_digit (reading, 1) ? 2 : 1;

  if (n == 1 && fixed)
    return FALSE;
  return read_digits (reading, n, ret_value) && *ret_value >= min && *ret_value <= max;
}

static gboolean
read_name (Reading           *reading,
           const char *const *names,
           guint              n_names,
           gboolean           whole,
           int               *ret_index)
{
  for (guint i = 0; i < n_names; i++)
    {
      gsize len = whole ? strlen (names[i]) : 3;

      if ((gsize)(reading->end - reading->p) >= len && g_ascii_strncasecmp (reading->p, names[i], len) == 0)
        {
          reading->p += len;
          *ret_index = (int)i;
          return TRUE;
        }
    }

  return FALSE;
}

/* n digits after the separator at p; more than nine are cut off. */
static void
read_nanoseconds (Reading *reading,
                  guint    n)
{
  int value = 0;

  for (guint i = 0; i < 9; i++)
    value = value * 10 + (i < n ? reading->p[1 + i] - '0' : 0);
  reading->nanosecond = value;
  reading->p += 1 + n;
}

static guint
count_fraction_digits (const Reading *reading)
{
  guint n = 0;

  if (reading->p == reading->end || (*reading->p != '.' && *reading->p != ','))
    return 0;
  while (has_digit (reading, 1 + n))
    n++;
  return n;
}

/* A fraction after the seconds is read even when the layout has none. */
static void
read_unasked_fraction (Reading    *reading,
                       const char *layout,
                       gsize       at)
{
  BeltLayoutElement next = belt_layout_next (layout, at);
  guint n = count_fraction_digits (reading);

  if (n > 0 && next.kind != BELT_LAYOUT_FRACTION_FIXED && next.kind != BELT_LAYOUT_FRACTION_FREE)
    read_nanoseconds (reading, n);
}

static gboolean
read_offset (Reading                 *reading,
             const BeltLayoutElement *element)
{
  int parts[3] = { 0, 0, 0 };
  gboolean negative;

  if (reading->p == reading->end)
    return FALSE;
  if (element->z_for_utc && *reading->p == 'Z')
    {
      reading->p++;
      reading->utc = TRUE;
      return TRUE;
    }

  negative = *reading->p == '-';
  if (!negative && *reading->p != '+')
    return FALSE;
  reading->p++;
  for (guint i = 0; i < element->n_parts; i++)
    {
      if (i > 0 && element->colons)
        {
          if (reading->p == reading->end || *reading->p != ':')
            return FALSE;
          reading->p++;
        }
      if (!read_digits (reading, 2, &parts[i]))
        return FALSE;
    }
  if (parts[0] > 24 || parts[1] > 60 || parts[2] > 60)
    return FALSE;

  reading->has_offset = TRUE;
  reading->offset = (parts[0] * 60 + parts[1]) * 60 + parts[2];
  if (negative)
    reading->offset = -reading->offset;
  return TRUE;
}

/* "+3", "-11": at most 23 hours. */
static gsize
measure_signed_hours (const char *p,
                      gsize       left)
{
  guint hours = 0;
  gsize n = 1;

  if (left < 2 || (*p != '+' && *p != '-'))
    return 0;
  for (; n < left && g_ascii_isdigit (p[n]); n++)
    hours = MIN (hours * 10 + (guint)(p[n] - '0'), 1000);

  return n > 1 && hours <= 23 ? n : 0;
}

/* Three letters, four or five that end in T, or a signed number of hours. */
static gsize
measure_zone_name (const Reading *reading)
{
  const char *p = reading->p;
  gsize left = (gsize)(reading->end - p);
  gsize n = 0;

  if (left < 3)
    return 0;
  if (left >= 4 && (strncmp (p, "ChST", 4) == 0 || strncmp (p, "MeST", 4) == 0))
    return 4;
  if (*p == '+' || *p == '-' || strncmp (p, "GMT", 3) == 0)
    {
      n = *p == 'G' ? 3 : 0;
      return n + measure_signed_hours (p + n, left - n);
    }

  while (n < 6 && n < left && g_ascii_isupper (p[n]))
    n++;
  if (n == 3 || (n == 5 && p[4] == 'T') || (n == 4 && (p[3] == 'T' || strncmp (p, "WITA", 4) == 0)))
    return n;
  return 0;
}

static gboolean
read_zone_name (Reading *reading)
{
  gsize n;

  if (reading->end - reading->p >= 3 && strncmp (reading->p, "UTC", 3) == 0)
    {
      reading->p += 3;
      reading->utc = TRUE;
      return TRUE;
    }

  n = measure_zone_name (reading);
  reading->zone_name = reading->p;
  reading->zone_name_len = n;
  reading->p += n;
  return n > 0;
}

static gboolean
read_half (Reading  *reading,
           gboolean  lower)
{
  if (reading->end - reading->p < 2)
    return FALSE;

  reading->pm = strncmp (reading->p, lower ? "pm" : "PM", 2) == 0;
  reading->am = strncmp (reading->p, lower ? "am" : "AM", 2) == 0;
  reading->p += 2;
  return reading->pm || reading->am;
}

static gboolean
read_date (Reading                 *reading,
           const BeltLayoutElement *element)
{
  int index = 0;

  switch (element->kind)
    {
    case BELT_LAYOUT_YEAR:
      if (!read_digits (reading, 2, &reading->year))
        return FALSE;
      reading->year += reading->year >= 69 ? 1900 : 2000;
      return TRUE;

    case BELT_LAYOUT_LONG_YEAR:
      return read_digits (reading, 4, &reading->year);

    case BELT_LAYOUT_MONTH:
    case BELT_LAYOUT_LONG_MONTH:
      if (!read_name (reading, belt_layout_months, 12, element->kind == BELT_LAYOUT_LONG_MONTH, &index))
        return FALSE;
      reading->month = index + 1;
      return TRUE;

    case BELT_LAYOUT_NUM_MONTH:
    case BELT_LAYOUT_ZERO_MONTH:
      return read_two (reading, element->kind == BELT_LAYOUT_ZERO_MONTH, 1, 12, &reading->month);

    case BELT_LAYOUT_WEEKDAY:
    case BELT_LAYOUT_LONG_WEEKDAY:
      return read_name (reading, belt_layout_weekdays, 7, element->kind == BELT_LAYOUT_LONG_WEEKDAY, &index);

    case BELT_LAYOUT_UNDER_DAY:
      if (reading->p < reading->end && *reading->p == ' ')
        reading->p++;
      return read_two (reading, FALSE, 0, 99, &reading->day);

    case BELT_LAYOUT_DAY:
    case BELT_LAYOUT_ZERO_DAY:
      return read_two (reading, element->kind == BELT_LAYOUT_ZERO_DAY, 0, 99, &reading->day);

    case BELT_LAYOUT_UNDER_YEARDAY:
    case BELT_LAYOUT_ZERO_YEARDAY:
      while (element->kind == BELT_LAYOUT_UNDER_YEARDAY && reading->p < reading->end && *reading->p == ' ')
        reading->p++;
      return read_digits (reading, has_digit (reading, 2) ? 3 : has_digit (reading, 1) ? 2 : 1, &reading->yearday) &&
             reading->yearday >= 1 && reading->yearday <= 366;

    default:
      return TRUE;
    }
}

static gboolean
read_clock (Reading                 *reading,
            const BeltLayoutElement *element,
            const char              *layout)
{
  switch (element->kind)
    {
    case BELT_LAYOUT_HOUR:
      return read_two (reading, FALSE, 0, 23, &reading->hour);

    case BELT_LAYOUT_HOUR12:
    case BELT_LAYOUT_ZERO_HOUR12:
      return read_two (reading, element->kind == BELT_LAYOUT_ZERO_HOUR12, 0, 12, &reading->hour);

    case BELT_LAYOUT_MINUTE:
    case BELT_LAYOUT_ZERO_MINUTE:
      return read_two (reading, element->kind == BELT_LAYOUT_ZERO_MINUTE, 0, 59, &reading->minute);

    case BELT_LAYOUT_SECOND:
    case BELT_LAYOUT_ZERO_SECOND:
      if (!read_two (reading, element->kind == BELT_LAYOUT_ZERO_SECOND, 0, 59, &reading->second))
        return FALSE;
      read_unasked_fraction (reading, layout, element->end);
      return TRUE;

    case BELT_LAYOUT_PM:
    case BELT_LAYOUT_LOWER_PM:
      return read_half (reading, element->kind == BELT_LAYOUT_LOWER_PM);

    case BELT_LAYOUT_FRACTION_FIXED:
      if (count_fraction_digits (reading) < element->n_digits)
        return FALSE;
      read_nanoseconds (reading, element->n_digits);
      return TRUE;

    case BELT_LAYOUT_FRACTION_FREE:
      if (count_fraction_digits (reading) > 0)
        read_nanoseconds (reading, count_fraction_digits (reading));
      return TRUE;

    default:
      return TRUE;
    }
}

static gboolean
read_element (Reading                 *reading,
              const BeltLayoutElement *element,
              const char              *layout)
{
  if (element->kind <= BELT_LAYOUT_YEAR)
    return read_date (reading, element);
  if (element->kind <= BELT_LAYOUT_FRACTION_FREE)
    return read_clock (reading, element, layout);

  return element->kind == BELT_LAYOUT_OFFSET ? read_offset (reading, element) : read_zone_name (reading);
}

static gboolean
set_date (const Reading *reading,
          BeltCivil     *civil)
{
  gboolean leap = (reading->year % 4 == 0 && reading->year % 100 != 0) || reading->year % 400 == 0;
  static const guint8 lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  int month = reading->month;
  int day = reading->day;

  if (reading->yearday > 0)
    {
      int left = reading->yearday;

      if (left == 366 && !leap)
        return FALSE;
      for (month = 1; left > lengths[month - 1] + (month == 2 && leap); month++)
        left -= lengths[month - 1] + (month == 2 && leap);
      if ((reading->month > 0 && reading->month != month) || (reading->day > 0 && reading->day != left))
        return FALSE;
      day = left;
    }
  else
    {
      month = month < 0 ? 1 : month;
      day = day < 0 ? 1 : day;
    }
  if (day < 1 || day > lengths[month - 1] + (month == 2 && leap))
    return FALSE;

  civil->year = reading->year;
  civil->month = (guint8)month;
  civil->day = (guint8)day;
  return TRUE;
}

/* An abbreviation the zone uses in winter or summer of that year. */
static gboolean
zone_uses_name (const Reading *reading,
                guint16        zone,
                gint64         wall,
                gint32        *ret_offset)
{
  for (int quarter = 0; quarter < 4; quarter++)
    {
      BeltZoneInfo info = belt_zone_at (zone, wall + quarter * 91 * G_GINT64_CONSTANT (86400));

      if (strlen (info.abbreviation) == reading->zone_name_len &&
          strncmp (info.abbreviation, reading->zone_name, reading->zone_name_len) == 0)
        {
          *ret_offset = info.offset;
          return TRUE;
        }
    }

  return FALSE;
}

static void
set_zone (const Reading  *reading,
          guint16         zone,
          BeltLayoutTime *time)
{
  const BeltCivil *civil = &time->civil;
  gint64 wall = belt_days_from_civil (civil->year, civil->month, civil->day) * 86400
                + civil->hour * 3600 + civil->minute * 60 + civil->second;
  gint32 offset = 0;

  time->has_zone = TRUE;
  if (reading->utc)
    time->zone = BELT_ZONE_UTC;
  else if (reading->has_offset)
    time->zone = belt_zone_at (zone, wall - reading->offset).offset == reading->offset
                 ? zone : belt_zone_from_offset (reading->offset);
  else if (reading->zone_name_len == 0)
    time->has_zone = FALSE;
  else if (zone_uses_name (reading, zone, wall, &offset))
    time->zone = belt_zone_at (zone, wall - offset).offset == offset ? zone : belt_zone_from_offset (offset);
  else
    {
      /* A name nobody knows: its hours when it carries some, else UTC. */
      if (reading->zone_name_len > 3 && strncmp (reading->zone_name, "GMT", 3) == 0)
        offset = (gint32)CLAMP (g_ascii_strtoll (reading->zone_name + 3, NULL, 10), -24, 24) * 3600;
      time->zone = belt_zone_from_offset (offset);
    }
}

gboolean
belt_layout_parse (const char     *layout,
                   const char     *text,
                   gsize           len,
                   guint16         zone,
                   BeltLayoutTime *ret_time)
{
  Reading reading = { .p = text, .end = text + len, .month = -1, .day = -1, .yearday = -1 };
  gsize at = 0;

  for (;;)
    {
      BeltLayoutElement element = belt_layout_next (layout, at);

      if (!skip_literal (&reading, layout + at, element.start - at))
        return FALSE;
      if (element.kind == BELT_LAYOUT_NONE)
        break;
      if (!read_element (&reading, &element, layout))
        return FALSE;
      at = element.end;
    }
  if (reading.p != reading.end)
    return FALSE;

  if (reading.pm && reading.hour < 12)
    reading.hour += 12;
  else if (reading.am && reading.hour == 12)
    reading.hour = 0;

  memset (ret_time, 0, sizeof *ret_time);
  if (!set_date (&reading, &ret_time->civil))
    return FALSE;
  ret_time->civil.hour = (guint8)reading.hour;
  ret_time->civil.minute = (guint8)reading.minute;
  ret_time->civil.second = (guint8)reading.second;
  ret_time->civil.nanosecond = (guint32)reading.nanosecond;
  set_zone (&reading, zone, ret_time);

  return TRUE;
}
