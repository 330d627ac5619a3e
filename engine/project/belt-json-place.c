/* belt-json-place.c - where a member stands in a JSON text
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json-place.h"

#include "belt-json.h"

#include <string.h>

static const char *
skip_blanks (const char *p,
             const char *end)
{
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
    p++;
  return p;
}

static gboolean
names_equal (const char *key,
             const char *key_end,
             const char *name,
             gsize       name_len)
{
  /* Keys with escapes are nobody's keys here. */
  return (gsize) (key_end - key) == name_len + 2 && memcmp (key + 1, name, name_len) == 0;
}

/* From the '{' to the value of a member. */
static const char *
enter_object (const char *p,
              const char *end,
              const char *name,
              gsize       name_len,
              const char *text,
              BeltSpan   *ret_key)
{
  BeltJsonError error;

  for (p = skip_blanks (p + 1, end); p < end && *p == '"'; p = skip_blanks (p, end))
    {
      const char *key = p;
      const char *key_end = belt_json_skip_value (p, end, &error);

      if (key_end == NULL)
        return NULL;
      p = skip_blanks (key_end, end);
      if (p >= end || *p != ':')
        return NULL;
      p = skip_blanks (p + 1, end);
      if (names_equal (key, key_end, name, name_len))
        {
          *ret_key = (BeltSpan) { (guint32) (key - text), (guint32) (key_end - text) };
          return p;
        }
      if ((p = belt_json_skip_value (p, end, &error)) == NULL)
        return NULL;
      p = skip_blanks (p, end);
      if (p < end && *p == ',')
        p++;
    }
  return NULL;
}

/* From the '[' to an item. */
static const char *
enter_array (const char *p,
             const char *end,
             guint64     index)
{
  BeltJsonError error;

  for (p = skip_blanks (p + 1, end); p < end && *p != ']'; index--)
    {
      if (index == 0)
        return p;
      if ((p = belt_json_skip_value (p, end, &error)) == NULL)
        return NULL;
      p = skip_blanks (p, end);
      if (p < end && *p == ',')
        p = skip_blanks (p + 1, end);
    }
  return NULL;
}

static gboolean
find (const char *text,
      const char *end,
      const char *path,
      BeltSpan   *ret_key,
      BeltSpan   *ret_value)
{
  const char *p = skip_blanks (text, end);
  BeltJsonError error;

  *ret_key = (BeltSpan) { 0, 0 };
  while (*path != '\0')
    {
      const char *slash = strchrnul (path, '/');

      *ret_key = (BeltSpan) { 0, 0 };
      if (p < end && *p == '{')
        p = enter_object (p, end, path, (gsize) (slash - path), text, ret_key);
      else if (p < end && *p == '[')
        p = enter_array (p, end, g_ascii_strtoull (path, NULL, 10));
      else
        return FALSE;
      if (p == NULL)
        return FALSE;
      path = *slash == '/' ? slash + 1 : slash;
    }

  end = belt_json_skip_value (p, end, &error);
  if (end == NULL)
    return FALSE;
  *ret_value = (BeltSpan) { (guint32) (p - text), (guint32) (end - text) };
  return TRUE;
}

gboolean
belt_json_place_find (const char *text,
                      gsize       len,
                      const char *path,
                      BeltSpan   *ret_key,
                      BeltSpan   *ret_value)
{
  /* The scanner reads beyond the end. */
  g_autofree char *padded = g_malloc0 (len + BELT_JSON_PADDING);

  memcpy (padded, text, len);
  return find (padded, padded + len, path, ret_key, ret_value);
}
