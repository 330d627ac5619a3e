/* belt-time-layout-format.c - a time as text, by a layout
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-time-layout-private.h"

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
append_offset (GString                 *out,
               const BeltLayoutElement *element,
               gint32                   offset)
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
append_fraction (GString                 *out,
                 const BeltLayoutElement *element,
                 guint32                  nanosecond)
{
  char digits[16];
  guint n = MIN (element->n_digits, 9);

  g_snprintf (digits, sizeof digits, "%09u", nanosecond);
  if (element->kind == BELT_LAYOUT_FRACTION_FREE)
    {
      while (n > 0 && digits[n - 1] == '0')
        n--;
      if (n == 0)
        return;
    }

  g_string_append_c (out, element->separator);
  g_string_append_len (out, digits, n);
  for (guint i = 9; element->kind == BELT_LAYOUT_FRACTION_FIXED && i < element->n_digits; i++)
    g_string_append_c (out, '0');
}

static void
append_date (GString                 *out,
             const BeltLayoutElement *element,
             const BeltCivil         *civil)
{
  switch (element->kind)
    {
    case BELT_LAYOUT_LONG_MONTH:
      g_string_append (out, belt_layout_months[civil->month - 1]);
      break;
    case BELT_LAYOUT_MONTH:
      g_string_append_len (out, belt_layout_months[civil->month - 1], 3);
      break;
    case BELT_LAYOUT_NUM_MONTH:
    case BELT_LAYOUT_ZERO_MONTH:
      append_number (out, civil->month, element->kind == BELT_LAYOUT_ZERO_MONTH ? 2 : 1, '0');
      break;
    case BELT_LAYOUT_LONG_WEEKDAY:
      g_string_append (out, belt_layout_weekdays[civil->weekday]);
      break;
    case BELT_LAYOUT_WEEKDAY:
      g_string_append_len (out, belt_layout_weekdays[civil->weekday], 3);
      break;
    case BELT_LAYOUT_DAY:
    case BELT_LAYOUT_ZERO_DAY:
      append_number (out, civil->day, element->kind == BELT_LAYOUT_ZERO_DAY ? 2 : 1, '0');
      break;
    case BELT_LAYOUT_UNDER_DAY:
      append_number (out, civil->day, 2, ' ');
      break;
    case BELT_LAYOUT_UNDER_YEARDAY:
    case BELT_LAYOUT_ZERO_YEARDAY:
      append_number (out, civil->yearday, 3, element->kind == BELT_LAYOUT_ZERO_YEARDAY ? '0' : ' ');
      break;
    case BELT_LAYOUT_LONG_YEAR:
      if (civil->year < 0)
        g_string_append_c (out, '-');
      append_number (out, (guint)ABS (civil->year), 4, '0');
      break;
    case BELT_LAYOUT_YEAR:
      append_number (out, (guint)ABS (civil->year) % 100, 2, '0');
      break;
    default:
      break;
    }
}

static void
append_clock (GString                 *out,
              const BeltLayoutElement *element,
              const BeltCivil         *civil)
{
  guint hour12 = civil->hour % 12 == 0 ? 12 : civil->hour % 12;

  switch (element->kind)
    {
    case BELT_LAYOUT_HOUR:
      append_number (out, civil->hour, 2, '0');
      break;
    case BELT_LAYOUT_HOUR12:
    case BELT_LAYOUT_ZERO_HOUR12:
      append_number (out, hour12, element->kind == BELT_LAYOUT_ZERO_HOUR12 ? 2 : 1, '0');
      break;
    case BELT_LAYOUT_MINUTE:
    case BELT_LAYOUT_ZERO_MINUTE:
      append_number (out, civil->minute, element->kind == BELT_LAYOUT_ZERO_MINUTE ? 2 : 1, '0');
      break;
    case BELT_LAYOUT_SECOND:
    case BELT_LAYOUT_ZERO_SECOND:
      append_number (out, civil->second, element->kind == BELT_LAYOUT_ZERO_SECOND ? 2 : 1, '0');
      break;
    case BELT_LAYOUT_PM:
      g_string_append (out, civil->hour >= 12 ? "PM" : "AM");
      break;
    case BELT_LAYOUT_LOWER_PM:
      g_string_append (out, civil->hour >= 12 ? "pm" : "am");
      break;
    case BELT_LAYOUT_FRACTION_FIXED:
    case BELT_LAYOUT_FRACTION_FREE:
      append_fraction (out, element, civil->nanosecond);
      break;
    default:
      break;
    }
}

static void
append_zone (GString                 *out,
             const BeltLayoutElement *element,
             const BeltCivil         *civil)
{
  BeltLayoutElement bare_offset = { .n_parts = 2 };

  if (element->kind == BELT_LAYOUT_OFFSET)
    append_offset (out, element, civil->zone.offset);
  else if (*civil->zone.abbreviation != '\0')
    g_string_append (out, civil->zone.abbreviation);
  else
    append_offset (out, &bare_offset, civil->zone.offset);
}

static void
append_element (GString                 *out,
                const BeltLayoutElement *element,
                const BeltCivil         *civil)
{
  if (element->kind <= BELT_LAYOUT_YEAR)
    append_date (out, element, civil);
  else if (element->kind <= BELT_LAYOUT_FRACTION_FREE)
    append_clock (out, element, civil);
  else
    append_zone (out, element, civil);
}

void
belt_layout_format (GString         *out,
                    const char      *layout,
                    const BeltCivil *civil)
{
  gsize at = 0;

  while (layout[at] != '\0')
    {
      BeltLayoutElement element = belt_layout_next (layout, at);

      g_string_append_len (out, layout + at, (gssize)(element.start - at));
      append_element (out, &element, civil);
      at = element.end;
    }
}
