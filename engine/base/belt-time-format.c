/* belt-time-format.c - eKuiper's time patterns
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pattern becomes a layout of Go's, and texts without a pattern are tried
 * against eKuiper's list of layouts.  Parts of the date that a text leaves out
 * come from the current time, by the rules of the library eKuiper uses.
 */
#include "config.h"

#include "belt-error.h"
#include "belt-time-layout.h"

#include <string.h>

#define TEXT_MAX 256u  /* no time text is longer */

static const char *const known_layouts[] = {
  "2006", "2006-1", "2006-1-2", "2006-1-2 15", "2006-1-2 15:4", "2006-1-2 15:4:5", "1-2",
  "15:4:5", "15:4", "15",
  "15:4:5 Jan 2, 2006 MST", "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02T15:04:05Z0700",
  "2006-01-02T15:04:05Z07",
  "2006.1.2", "2006.1.2 15:04:05", "2006.01.02", "2006.01.02 15:04:05", "2006.01.02 15:04:05.999999999",
  "1/2/2006", "1/2/2006 15:4:5", "2006/01/02", "20060102", "2006/01/02 15:04:05",
  "Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan 02 15:04:05 -0700 2006",
  "02 Jan 06 15:04 MST", "02 Jan 06 15:04 -0700", "Monday, 02-Jan-06 15:04:05 MST",
  "Mon, 02 Jan 2006 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T15:04:05Z07:00",
  "2006-01-02T15:04:05.999999999Z07:00",
  "3:04PM", "Jan _2 15:04:05", "Jan _2 15:04:05.000", "Jan _2 15:04:05.000000", "Jan _2 15:04:05.000000000",
  "2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04:05",
};

static guint
count_run (const char *at,
           const char *end)
{
  guint n = 1;

  while (at + n < end && at[n] == *at)
    n++;
  return n;
}

/* Letters that repeat: how many mean what.  Runs are taken by at most one more than the longest. */
static gboolean
translate_run (char     letter,
               guint   *run,
               GString *layout)
{
  static const struct
  {
    char        letter;
    guint       max;
    const char *layouts[4];
  } letters[] = {
    { 'y', 4, { NULL, "06", NULL, "2006" } },
    { 'Y', 4, { NULL, "06", NULL, "2006" } },
    { 'M', 4, { "1", "01", "Jan", "January" } },
    { 'd', 2, { "2", "02" } },
    { 'E', 4, { NULL, NULL, "Mon", "Monday" } },
    { 'H', 2, { NULL, "15" } },
    { 'h', 2, { "3", "03" } },
    { 'm', 2, { "4", "04" } },
    { 's', 2, { "5", "05" } },
    { 'X', 3, { "-07", "-0700", "-07:00" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    if (letters[i].letter == letter)
      {
        gboolean tolerant = letter != 'y' && letter != 'Y' && letter != 'E' && letter != 'H';

        *run = MIN (*run, letters[i].max + 1);
        if (*run <= letters[i].max && letters[i].layouts[*run - 1] != NULL)
          g_string_append (layout, letters[i].layouts[*run - 1]);
        else if (!tolerant)
          return FALSE;
        return TRUE;
      }

  if (letter == 'S')
    {
      g_string_append_c (layout, '.');
      for (guint i = 0; i < *run; i++)
        g_string_append_c (layout, '0');
      return TRUE;
    }

  *run = 1;
  if (letter == 'G')
    g_string_append (layout, "AD");
  else if (letter == 'a')
    g_string_append (layout, "PM");
  else if (letter == 'z')
    g_string_append (layout, "MST");
  else if (letter == 'Z')
    g_string_append (layout, "-0700");
  else
    g_string_append_c (layout, letter);
  return TRUE;
}

/* at is at an apostrophe.  Returns: one past what it quotes */
static const char *
translate_quoted (const char *at,
                  const char *end,
                  GString    *layout)
{
  const char *close;

  if (at + 1 < end && at[1] == '\'')
    {
      g_string_append_c (layout, '\'');
      return at + 2;
    }

  close = at + 1 < end ? memchr (at + 1, '\'', (gsize)(end - at - 1)) : NULL;
  if (close == NULL)
    close = end;
  g_string_append_len (layout, at + 1, MAX (close - at - 1, 0));
  return MIN (close + 1, end);
}

/* Returns: (transfer full) (nullable): Go's layout for a pattern */
static GString *
translate_pattern (const char *pattern,
                   gsize       len,
                   GError    **error)
{
  g_autoptr(GString) layout = g_string_new (NULL);
  const char *end = pattern + len;

  for (const char *p = pattern; p < end;)
    {
      guint run = count_run (p, end);

      if (*p == '\'')
        {
          p = translate_quoted (p, end, layout);
          continue;
        }
      if (*p == '\\')
        {
          if (p + 1 == end)
            {
              g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "%.*s is invalid", (int)len, pattern);
              return NULL;
            }
          g_string_append_c (layout, p[1]);
          p += 2;
          continue;
        }

      if (!translate_run (*p, &run, layout))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, *p == 'H'
                       ? "invalid time format %.*s of H, only HH is supported"
                       : *p == 'E' ? "invalid time format %.*s for E" : "invalid time format %.*s for Y/y",
                       (int)len, pattern);
          return NULL;
        }
      p += run;
    }

  return g_steal_pointer (&layout);
}

gboolean
belt_time_format (GString    *out,
                  gint64      ns,
                  guint16     zone,
                  const char *pattern,
                  gsize       pattern_len,
                  GError    **error)
{
  GString *layout = translate_pattern (pattern, pattern_len, error);
  BeltCivil civil;

  if (layout == NULL)
    return FALSE;

  belt_time_split (ns, zone, &civil);
  belt_layout_format (out, layout->str, &civil);
  g_string_free (layout, TRUE);
  return TRUE;
}

static gsize
skip_space (const char *text,
            gsize       len,
            gsize       i)
{
  while (i < len && g_ascii_isspace (text[i]))
    i++;
  return i;
}

/* One or two digits, then ":dd" any number of times, perhaps with a fraction of 3, 6 or 9 digits.
 * Returns: where it ends, 0 when there is none */
static gsize
match_clock (const char *text,
             gsize       len,
             gsize       i)
{
  guint n_parts = 0;

  for (;; i++, n_parts++)
    {
      if (i >= len || !g_ascii_isdigit (text[i]))
        return n_parts == 0 ? 0 : i - 1;
      i += i + 1 < len && g_ascii_isdigit (text[i + 1]) ? 2 : 1;
      if (i >= len || text[i] != ':')
        break;
    }

  if (n_parts == 2 && i < len && text[i] == '.')
    {
      gsize n = 0;

      while (i + 1 + n < len && g_ascii_isdigit (text[i + 1 + n]))
        n++;
      if (n == 3 || n == 6 || n == 9)
        return i + 1 + n;
    }
  return i;
}

/* A time of day and nothing else: the day is today.  (The library also fills in the hour when a text such as
 * "12:05 AM 2018-11-02" gives zero for it; we do not.) */
static gboolean
is_clock (const char *text,
          gsize       len)
{
  gsize end = match_clock (text, len, skip_space (text, len, 0));

  return end > 0 && skip_space (text, len, end) == len;
}

static gboolean
parse_with_layout (const char *layout,
                   const char *text,
                   gsize       len,
                   guint16     zone,
                   gint64      now_ns,
                   gint64     *ret_ns,
                   guint16    *ret_zone)
{
  BeltLayoutTime time;
  BeltCivil now;

  if (!belt_layout_parse (layout, text, len, zone, &time))
    return FALSE;

  belt_time_split (now_ns, zone, &now);
  if (is_clock (text, len))
    {
      time.civil.day = now.day;
      time.civil.month = now.month;
    }
  if (time.civil.year == 0)
    time.civil.year = now.year;
  *ret_zone = time.has_zone ? time.zone : zone;
  return belt_time_join (&time.civil, *ret_zone, ret_ns);
}

static gboolean
read_digits (const char *at,
             guint       n,
             guint      *ret_number)
{
  *ret_number = 0;
  for (guint i = 0; i < n; i++)
    {
      if (!g_ascii_isdigit (at[i]))
        return FALSE;
      *ret_number = *ret_number * 10 + (guint)(at[i] - '0');
    }
  return TRUE;
}

#define USUAL_LEN 19u   /* 2026-01-02T03:04:05 */

/* What nearly every device sends: "2026-01-02T03:04:05.123Z", with a blank for the T and without the Z.  The list
 * of layouts says the same of these, thirty times slower.  FALSE: it is for the list to say. */
static gboolean
parse_usual (const char *text,
             gsize       len,
             guint16     zone,
             gint64     *ret_ns,
             guint16    *ret_zone)
{
  BeltCivil civil = { 0 };
  guint parts[6];
  gsize i = USUAL_LEN;
  guint weight = 100000000;
  gint64 next_month;

  if (len < USUAL_LEN || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':' ||
      !read_digits (text, 4, &parts[0]) || !read_digits (text + 5, 2, &parts[1]) ||
      !read_digits (text + 8, 2, &parts[2]) || !read_digits (text + 11, 2, &parts[3]) ||
      !read_digits (text + 14, 2, &parts[4]) || !read_digits (text + 17, 2, &parts[5]))
    return FALSE;
  if (parts[0] == 0 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[3] > 23 || parts[4] > 59 || parts[5] > 59)
    return FALSE;
  next_month = belt_days_from_civil (parts[0] + parts[1] / 12, parts[1] % 12 + 1, 1);
  if (parts[2] > next_month - belt_days_from_civil (parts[0], parts[1], 1))
    return FALSE;

  if (i + 1 < len && text[i] == '.' && g_ascii_isdigit (text[i + 1]))
    {
      for (i++; i < len && weight > 0 && g_ascii_isdigit (text[i]); i++, weight /= 10)
        civil.nanosecond += (guint)(text[i] - '0') * weight;
    }
  if (text[10] == 'T' && i + 1 == len && text[i] == 'Z')
    zone = BELT_ZONE_UTC;
  else if (i != len)
    return FALSE;

  civil.year = (gint32)parts[0];
  civil.month = (guint8)parts[1];
  civil.day = (guint8)parts[2];
  civil.hour = (guint8)parts[3];
  civil.minute = (guint8)parts[4];
  civil.second = (guint8)parts[5];
  *ret_zone = zone;
  return belt_time_join (&civil, zone, ret_ns);
}

gboolean
belt_time_parse (const char *text,
                 gsize       len,
                 const char *pattern,
                 gsize       pattern_len,
                 guint16     zone,
                 gint64      now_ns,
                 gint64     *ret_ns,
                 guint16    *ret_zone,
                 GError    **error)
{
  if (len <= TEXT_MAX && pattern != NULL && pattern_len > 0)
    {
      GString *layout = translate_pattern (pattern, pattern_len, error);
      gboolean parsed;

      if (layout == NULL)
        return FALSE;
      parsed = parse_with_layout (layout->str, text, len, zone, now_ns, ret_ns, ret_zone);
      g_string_free (layout, TRUE);
      if (parsed)
        return TRUE;
    }
  else if (parse_usual (text, len, zone, ret_ns, ret_zone))
    return TRUE;
  else if (len <= TEXT_MAX)
    for (guint i = 0; i < G_N_ELEMENTS (known_layouts); i++)
      if (parse_with_layout (known_layouts[i], text, len, zone, now_ns, ret_ns, ret_zone))
        return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "Can't parse string as time: %.*s",
               (int)MIN (len, TEXT_MAX), text);
  return FALSE;
}

char *
belt_time_dup_clock (gint64 ms)
{
  gint64 seconds = ms / 1000 - (ms % 1000 < 0);
  gint64 wall = seconds + belt_zone_at (belt_zone_get_default (), seconds).offset;
  gint64 in_day = ((wall % 86400) + 86400) % 86400;
  int rest = (int)(ms - seconds * 1000);

  if (rest == 0)
    return g_strdup_printf ("%02d:%02d:%02d", (int)(in_day / 3600), (int)(in_day / 60 % 60),
                            (int)(in_day % 60));

  return g_strdup_printf ("%02d:%02d:%02d.%03d", (int)(in_day / 3600), (int)(in_day / 60 % 60),
                          (int)(in_day % 60), rest);
}

/* Two units at most: nobody reads milliseconds of an hour. */
char *
belt_time_dup_span (gint64 ms)
{
  gint64 minutes = ms / 60000;

  if (ms < 1000)
    return g_strdup_printf ("%" G_GINT64_FORMAT " ms", ms);
  if (ms < 120000)
    {
      char seconds[G_ASCII_DTOSTR_BUF_SIZE];

      return g_strdup_printf ("%s s", g_ascii_formatd (seconds, sizeof seconds, "%.10g", (double)ms / 1000.0));
    }
  if (minutes < 120)
    return g_strdup_printf ("%" G_GINT64_FORMAT " min %" G_GINT64_FORMAT " s", minutes, ms / 1000 % 60);
  if (minutes < 48 * 60)
    return g_strdup_printf ("%" G_GINT64_FORMAT " h %" G_GINT64_FORMAT " min", minutes / 60, minutes % 60);

  return g_strdup_printf ("%" G_GINT64_FORMAT " d %" G_GINT64_FORMAT " h", minutes / 1440, minutes / 60 % 24);
}
