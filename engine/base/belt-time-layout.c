/* belt-time-layout.c - layouts of Go's time package, cut into elements
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A layout is cut into literal text and elements; which text is an element is
 * Go's rule, quirks included, because eKuiper's patterns become layouts and so
 * may hold digits that were meant as text.
 */
#include "config.h"

#include "belt-time-layout-private.h"

#include <string.h>

const char *const belt_layout_months[12] = {
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
};

const char *const belt_layout_weekdays[7] = {
  "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static gboolean
starts_with (const char *text,
             const char *prefix)
{
  return strncmp (text, prefix, strlen (prefix)) == 0;
}

static gboolean
find_offset (const char        *at,
             BeltLayoutElement *element,
             gsize             *ret_len)
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
        element->kind = BELT_LAYOUT_OFFSET;
        element->z_for_utc = *at == 'Z';
        element->colons = forms[i].colons;
        element->n_parts = forms[i].n_parts;
        *ret_len = strlen (forms[i].text) + 1;
        return TRUE;
      }

  return FALSE;
}

static gboolean
find_fraction (const char        *at,
               BeltLayoutElement *element,
               gsize             *ret_len)
{
  char digit = at[1];
  gsize len = 1;

  if (digit != '0' && digit != '9')
    return FALSE;
  while (at[len] == digit)
    len++;
  if (g_ascii_isdigit (at[len]))
    return FALSE;

  element->kind = digit == '0' ? BELT_LAYOUT_FRACTION_FIXED : BELT_LAYOUT_FRACTION_FREE;
  element->n_digits = (guint)len - 1;
  element->separator = *at;
  *ret_len = len;
  return TRUE;
}

/* An element made of fixed letters and digits at `at`. */
static gboolean
find_word (const char        *at,
           BeltLayoutElement *element,
           gsize             *ret_len)
{
  /* Longer ones first. */
  static const struct
  {
    const char    *text;
    BeltLayoutKind kind;
    gboolean       not_before_lower;
  } words[] = {
    { "January", BELT_LAYOUT_LONG_MONTH }, { "Jan", BELT_LAYOUT_MONTH, TRUE },
    { "Monday", BELT_LAYOUT_LONG_WEEKDAY }, { "Mon", BELT_LAYOUT_WEEKDAY, TRUE }, { "MST", BELT_LAYOUT_ZONE_NAME },
    { "01", BELT_LAYOUT_ZERO_MONTH }, { "02", BELT_LAYOUT_ZERO_DAY }, { "03", BELT_LAYOUT_ZERO_HOUR12 },
    { "04", BELT_LAYOUT_ZERO_MINUTE }, { "05", BELT_LAYOUT_ZERO_SECOND }, { "06", BELT_LAYOUT_YEAR },
    { "002", BELT_LAYOUT_ZERO_YEARDAY }, { "15", BELT_LAYOUT_HOUR }, { "1", BELT_LAYOUT_NUM_MONTH },
    { "2006", BELT_LAYOUT_LONG_YEAR }, { "2", BELT_LAYOUT_DAY }, { "__2", BELT_LAYOUT_UNDER_YEARDAY },
    { "_2", BELT_LAYOUT_UNDER_DAY }, { "3", BELT_LAYOUT_HOUR12 }, { "4", BELT_LAYOUT_MINUTE },
    { "5", BELT_LAYOUT_SECOND },
    { "PM", BELT_LAYOUT_PM }, { "pm", BELT_LAYOUT_LOWER_PM },
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
      if (words[i].kind == BELT_LAYOUT_UNDER_DAY && starts_with (at, "_2006"))
        return FALSE;
      element->kind = words[i].kind;
      *ret_len = len;
      return TRUE;
    }

  return FALSE;
}

BeltLayoutElement
belt_layout_next (const char *layout,
                  gsize       from)
{
  BeltLayoutElement element = { BELT_LAYOUT_NONE, 0 };
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
