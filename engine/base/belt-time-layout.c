/* belt-time-layout.c - layouts of Go's time package
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A layout is cut into literal text and elements; which text is an element is
 * Go's rule, quirks included, because eKuiper's patterns become layouts and so
 * may hold digits that were meant as text.
 */
#include "config.h"

#include "belt-time-layout.h"

#include <string.h>

typedef enum
{
  ELEMENT_NONE,
  ELEMENT_LONG_MONTH,
  ELEMENT_MONTH,
  ELEMENT_NUM_MONTH,
  ELEMENT_ZERO_MONTH,
  ELEMENT_LONG_WEEKDAY,
  ELEMENT_WEEKDAY,
  ELEMENT_DAY,
  ELEMENT_UNDER_DAY,
  ELEMENT_ZERO_DAY,
  ELEMENT_UNDER_YEARDAY,
  ELEMENT_ZERO_YEARDAY,
  ELEMENT_HOUR,
  ELEMENT_HOUR12,
  ELEMENT_ZERO_HOUR12,
  ELEMENT_MINUTE,
  ELEMENT_ZERO_MINUTE,
  ELEMENT_SECOND,
  ELEMENT_ZERO_SECOND,
  ELEMENT_LONG_YEAR,
  ELEMENT_YEAR,
  ELEMENT_PM,
  ELEMENT_LOWER_PM,
  ELEMENT_ZONE_NAME,
  ELEMENT_OFFSET,
  ELEMENT_FRACTION_FIXED,  /* .000 */
  ELEMENT_FRACTION_FREE,   /* .999 */
} ElementKind;

typedef struct
{
  ElementKind kind;
  gsize       start;     /* literal text before it */
  gsize       end;
  guint       n_digits;  /* of a fraction */
  char        separator; /* of a fraction */
  gboolean    z_for_utc; /* of an offset: "Z" stands for +00 */
  gboolean    colons;    /* of an offset */
  guint       n_parts;   /* of an offset: hours, minutes, seconds */
} Element;

static const char *const month_names[] = {
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
};

static const char *const weekday_names[] = {
  "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static gboolean
starts_with (const char *text,
             const char *prefix)
{
  return strncmp (text, prefix, strlen (prefix)) == 0;
}

static gboolean
find_offset (const char *at,
             Element    *element,
             gsize      *ret_len)
{
  static const struct
  {
    const char *text;
    gboolean    colons;
    guint       n_parts;
  } forms[] = {
    { "070000", FALSE, 3 }, { "07:00:00", TRUE, 3 }, { "0700", FALSE, 2 }, { "07:00", TRUE, 2 }, { "07", FALSE, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    if (starts_with (at + 1, forms[i].text))
      {
        element->kind = ELEMENT_OFFSET;
        element->z_for_utc = *at == 'Z';
        element->colons = forms[i].colons;
        element->n_parts = forms[i].n_parts;
        *ret_len = strlen (forms[i].text) + 1;
        return TRUE;
      }

  return FALSE;
}

static gboolean
find_fraction (const char *at,
               Element    *element,
               gsize      *ret_len)
{
  char digit = at[1];
  gsize len = 1;

  if (digit != '0' && digit != '9')
    return FALSE;
  while (at[len] == digit)
    len++;
  if (g_ascii_isdigit (at[len]))
    return FALSE;

  element->kind = digit == '0' ? ELEMENT_FRACTION_FIXED : ELEMENT_FRACTION_FREE;
  element->n_digits = (guint)len - 1;
  element->separator = *at;
  *ret_len = len;
  return TRUE;
}

/* An element made of fixed letters and digits at `at`. */
static gboolean
find_word (const char *at,
           Element    *element,
           gsize      *ret_len)
{
  /* Longer ones first. */
  static const struct
  {
    const char *text;
    ElementKind kind;
    gboolean    not_before_lower;
  } words[] = {
    { "January", ELEMENT_LONG_MONTH }, { "Jan", ELEMENT_MONTH, TRUE },
    { "Monday", ELEMENT_LONG_WEEKDAY }, { "Mon", ELEMENT_WEEKDAY, TRUE }, { "MST", ELEMENT_ZONE_NAME },
    { "01", ELEMENT_ZERO_MONTH }, { "02", ELEMENT_ZERO_DAY }, { "03", ELEMENT_ZERO_HOUR12 },
    { "04", ELEMENT_ZERO_MINUTE }, { "05", ELEMENT_ZERO_SECOND }, { "06", ELEMENT_YEAR },
    { "002", ELEMENT_ZERO_YEARDAY }, { "15", ELEMENT_HOUR }, { "1", ELEMENT_NUM_MONTH },
    { "2006", ELEMENT_LONG_YEAR }, { "2", ELEMENT_DAY }, { "__2", ELEMENT_UNDER_YEARDAY },
    { "_2", ELEMENT_UNDER_DAY }, { "3", ELEMENT_HOUR12 }, { "4", ELEMENT_MINUTE }, { "5", ELEMENT_SECOND },
    { "PM", ELEMENT_PM }, { "pm", ELEMENT_LOWER_PM },
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize len;

      if (words[i].text[0] != at[0] || !starts_with (at, words[i].text))
        continue;
      len = strlen (words[i].text);
      if (words[i].not_before_lower && g_ascii_islower (at[len]))
        continue;
      /* "_2006" is a literal underscore before a year. */
      if (words[i].kind == ELEMENT_UNDER_DAY && starts_with (at, "_2006"))
        return FALSE;
      element->kind = words[i].kind;
      *ret_len = len;
      return TRUE;
    }

  return FALSE;
}

static Element
next_element (const char *layout,
              gsize       from)
{
  Element element = { ELEMENT_NONE, 0 };
  gsize len = 0;
  gsize i;

  for (i = from; layout[i] != '\0'; i++)
    {
      const char *at = layout + i;
      gboolean found;

      if (*at == '-' || *at == 'Z')
        found = find_offset (at, &element, &len);
      else if (*at == '.' || *at == ',')
        found = find_fraction (at, &element, &len);
      else
        found = find_word (at, &element, &len);
      if (found)
        break;
    }

  element.start = i;
  element.end = i + len;
  return element;
}

static void
append_number (GString *out,
               guint    value,
               guint    width,
               char     pad)
{
  char digits[16];
  int len = g_snprintf (digits, sizeof digits, "%u", value);

  for (guint i = (guint)len; i < width; i++)
    g_string_append_c (out, pad);
  g_string_append_len (out, digits, len);
}

static void
append_offset (GString       *out,
               const Element *element,
               gint32         offset)
{
  guint seconds = (guint)ABS (offset);
  guint parts[3] = { seconds / 3600, seconds / 60 % 60, seconds % 60 };

  if (offset == 0 && element->z_for_utc)
    {
      g_string_append_c (out, 'Z');
      return;
    }

  g_string_append_c (out, offset < 0 ? '-' : '+');
  for (guint i = 0; i < element->n_parts; i++)
    {
      if (i > 0 && element->colons)
        g_string_append_c (out, ':');
      append_number (out, parts[i], 2, '0');
    }
}

static void
append_fraction (GString       *out,
                 const Element *element,
                 guint32        nanosecond)
{
  char digits[16];
  guint n = MIN (element->n_digits, 9);

  g_snprintf (digits, sizeof digits, "%09u", nanosecond);
  if (element->kind == ELEMENT_FRACTION_FREE)
    {
      while (n > 0 && digits[n - 1] == '0')
        n--;
      if (n == 0)
        return;
    }

  g_string_append_c (out, element->separator);
  g_string_append_len (out, digits, n);
  for (guint i = 9; element->kind == ELEMENT_FRACTION_FIXED && i < element->n_digits; i++)
    g_string_append_c (out, '0');
}

static void
append_element (GString         *out,
                const Element   *element,
                const BeltCivil *civil)
{
  guint hour12 = civil->hour % 12 == 0 ? 12 : civil->hour % 12;
  Element bare_offset = { .n_parts = 2 };

  switch (element->kind)
    {
    case ELEMENT_LONG_MONTH:
      g_string_append (out, month_names[civil->month - 1]);
      break;
    case ELEMENT_MONTH:
      g_string_append_len (out, month_names[civil->month - 1], 3);
      break;
    case ELEMENT_NUM_MONTH:
    case ELEMENT_ZERO_MONTH:
      append_number (out, civil->month, element->kind == ELEMENT_ZERO_MONTH ? 2 : 1, '0');
      break;
    case ELEMENT_LONG_WEEKDAY:
      g_string_append (out, weekday_names[civil->weekday]);
      break;
    case ELEMENT_WEEKDAY:
      g_string_append_len (out, weekday_names[civil->weekday], 3);
      break;
    case ELEMENT_DAY:
    case ELEMENT_ZERO_DAY:
      append_number (out, civil->day, element->kind == ELEMENT_ZERO_DAY ? 2 : 1, '0');
      break;
    case ELEMENT_UNDER_DAY:
      append_number (out, civil->day, 2, ' ');
      break;
    case ELEMENT_UNDER_YEARDAY:
    case ELEMENT_ZERO_YEARDAY:
      append_number (out, civil->yearday, 3, element->kind == ELEMENT_ZERO_YEARDAY ? '0' : ' ');
      break;
    case ELEMENT_HOUR:
      append_number (out, civil->hour, 2, '0');
      break;
    case ELEMENT_HOUR12:
    case ELEMENT_ZERO_HOUR12:
      append_number (out, hour12, element->kind == ELEMENT_ZERO_HOUR12 ? 2 : 1, '0');
      break;
    case ELEMENT_MINUTE:
    case ELEMENT_ZERO_MINUTE:
      append_number (out, civil->minute, element->kind == ELEMENT_ZERO_MINUTE ? 2 : 1, '0');
      break;
    case ELEMENT_SECOND:
    case ELEMENT_ZERO_SECOND:
      append_number (out, civil->second, element->kind == ELEMENT_ZERO_SECOND ? 2 : 1, '0');
      break;
    case ELEMENT_LONG_YEAR:
      if (civil->year < 0)
        g_string_append_c (out, '-');
      append_number (out, (guint)ABS (civil->year), 4, '0');
      break;
    case ELEMENT_YEAR:
      append_number (out, (guint)ABS (civil->year) % 100, 2, '0');
      break;
    case ELEMENT_PM:
      g_string_append (out, civil->hour >= 12 ? "PM" : "AM");
      break;
    case ELEMENT_LOWER_PM:
      g_string_append (out, civil->hour >= 12 ? "pm" : "am");
      break;
    case ELEMENT_ZONE_NAME:
      if (*civil->zone.abbreviation != '\0')
        g_string_append (out, civil->zone.abbreviation);
      else
        append_offset (out, &bare_offset, civil->zone.offset);
      break;
    case ELEMENT_OFFSET:
      append_offset (out, element, civil->zone.offset);
      break;
    case ELEMENT_FRACTION_FIXED:
    case ELEMENT_FRACTION_FREE:
      append_fraction (out, element, civil->nanosecond);
      break;
    case ELEMENT_NONE:
    default:
      break;
    }
}

void
belt_layout_format (GString         *out,
                    const char      *layout,
                    const BeltCivil *civil)
{
  gsize at = 0;

  while (layout[at] != '\0')
    {
      Element element = next_element (layout, at);

      g_string_append_len (out, layout + at, (gssize)(element.start - at));
      append_element (out, &element, civil);
      at = element.end;
    }
}

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
read_two (Reading *reading,
          gboolean fixed,
          int      min,
          int      max,
          int     *ret_value)
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
  Element next = next_element (layout, at);
  guint n = count_fraction_digits (reading);

  if (n > 0 && next.kind != ELEMENT_FRACTION_FIXED && next.kind != ELEMENT_FRACTION_FREE)
    read_nanoseconds (reading, n);
}

static gboolean
read_offset (Reading       *reading,
             const Element *element)
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
read_half (Reading *reading,
           gboolean lower)
{
  if (reading->end - reading->p < 2)
    return FALSE;

  reading->pm = strncmp (reading->p, lower ? "pm" : "PM", 2) == 0;
  reading->am = strncmp (reading->p, lower ? "am" : "AM", 2) == 0;
  reading->p += 2;
  return reading->pm || reading->am;
}

static gboolean
read_element (Reading       *reading,
              const Element *element,
              const char    *layout)
{
  int index = 0;

  switch (element->kind)
    {
    case ELEMENT_YEAR:
      if (!read_digits (reading, 2, &reading->year))
        return FALSE;
      reading->year += reading->year >= 69 ? 1900 : 2000;
      return TRUE;

    case ELEMENT_LONG_YEAR:
      return read_digits (reading, 4, &reading->year);

    case ELEMENT_MONTH:
    case ELEMENT_LONG_MONTH:
      if (!read_name (reading, month_names, 12, element->kind == ELEMENT_LONG_MONTH, &index))
        return FALSE;
      reading->month = index + 1;
      return TRUE;

    case ELEMENT_NUM_MONTH:
    case ELEMENT_ZERO_MONTH:
      return read_two (reading, element->kind == ELEMENT_ZERO_MONTH, 1, 12, &reading->month);

    case ELEMENT_WEEKDAY:
    case ELEMENT_LONG_WEEKDAY:
      return read_name (reading, weekday_names, 7, element->kind == ELEMENT_LONG_WEEKDAY, &index);

    case ELEMENT_UNDER_DAY:
      if (reading->p < reading->end && *reading->p == ' ')
        reading->p++;
      return read_two (reading, FALSE, 0, 99, &reading->day);

    case ELEMENT_DAY:
    case ELEMENT_ZERO_DAY:
      return read_two (reading, element->kind == ELEMENT_ZERO_DAY, 0, 99, &reading->day);

    case ELEMENT_UNDER_YEARDAY:
    case ELEMENT_ZERO_YEARDAY:
      while (element->kind == ELEMENT_UNDER_YEARDAY && reading->p < reading->end && *reading->p == ' ')
        reading->p++;
      return read_digits (reading, has_digit (reading, 2) ? 3 : has_digit (reading, 1) ? 2 : 1, &reading->yearday) &&
             reading->yearday >= 1 && reading->yearday <= 366;

    case ELEMENT_HOUR:
      return read_two (reading, FALSE, 0, 23, &reading->hour);

    case ELEMENT_HOUR12:
    case ELEMENT_ZERO_HOUR12:
      return read_two (reading, element->kind == ELEMENT_ZERO_HOUR12, 0, 12, &reading->hour);

    case ELEMENT_MINUTE:
    case ELEMENT_ZERO_MINUTE:
      return read_two (reading, element->kind == ELEMENT_ZERO_MINUTE, 0, 59, &reading->minute);

    case ELEMENT_SECOND:
    case ELEMENT_ZERO_SECOND:
      if (!read_two (reading, element->kind == ELEMENT_ZERO_SECOND, 0, 59, &reading->second))
        return FALSE;
      read_unasked_fraction (reading, layout, element->end);
      return TRUE;

    case ELEMENT_PM:
    case ELEMENT_LOWER_PM:
      return read_half (reading, element->kind == ELEMENT_LOWER_PM);

    case ELEMENT_ZONE_NAME:
      return read_zone_name (reading);

    case ELEMENT_OFFSET:
      return read_offset (reading, element);

    case ELEMENT_FRACTION_FIXED:
      if (count_fraction_digits (reading) < element->n_digits)
        return FALSE;
      read_nanoseconds (reading, element->n_digits);
      return TRUE;

    case ELEMENT_FRACTION_FREE:
      if (count_fraction_digits (reading) > 0)
        read_nanoseconds (reading, count_fraction_digits (reading));
      return TRUE;

    case ELEMENT_NONE:
    default:
      return TRUE;
    }
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
      Element element = next_element (layout, at);

      if (!skip_literal (&reading, layout + at, element.start - at))
        return FALSE;
      if (element.kind == ELEMENT_NONE)
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
