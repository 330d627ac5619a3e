/* belt-project-data.c - data that was pasted or dropped, as lines of JSON
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-project-data.h"

#include "belt-arena.h"
#include "belt-error.h"
#include "belt-json.h"

#include <string.h>

#define COLUMNS_MAX 4096u

static char *
pad (const char *data,
     gsize       len)
{
  char *padded = g_malloc0 (len + BELT_JSON_PADDING);

  return memcpy (padded, data, len);
}

const char *
belt_project_data_guess (const char *data,
                         gsize       len)
{
  const char *end = data + len;
  const char *newline;

  while (data < end && g_ascii_isspace (*data))
    data++;
  if (data == end)
    return NULL;
  if (*data == '{' || *data == '[')
    return "jsonl";
  newline = memchr (data, '\n', (gsize) (end - data));
  if (newline != NULL && (memchr (data, ',', (gsize) (newline - data)) != NULL ||
                          memchr (data, ';', (gsize) (newline - data)) != NULL))
    return "csv";
  return NULL;
}

/* One cell; quotes doubled inside quotes.  Returns what follows its separator. */
static const char *
take_cell (const char *p,
           const char *end,
           char        separator,
           GString    *cell,
           gboolean   *ret_quoted,
           gboolean   *ret_last)
{
  g_string_truncate (cell, 0);
  *ret_quoted = p < end && *p == '"';
  if (*ret_quoted)
    {
      for (p++; p < end; p++)
        {
          if (*p == '"' && p + 1 < end && p[1] == '"')
            p++;
          else if (*p == '"')
            break;
          g_string_append_c (cell, *p);
        }
      if (p < end)
        p++;
    }
  while (p < end && *p != separator && *p != '\n')
    {
      if (*p != '\r')
        g_string_append_c (cell, *p);
      p++;
    }
  *ret_last = p >= end || *p == '\n';
  return p < end ? p + 1 : p;
}

static void
append_cell (GString  *out,
             GString  *cell,
             gboolean  quoted)
{
  double number;

  if (!quoted && cell->len == 0)
    g_string_append (out, "null");
  else if (!quoted && (g_str_equal (cell->str, "true") || g_str_equal (cell->str, "false")))
    g_string_append (out, cell->str);
  else if (!quoted && belt_number_parse_f64 (cell->str, cell->len, &number) &&
           g_regex_match_simple ("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$", cell->str, 0, 0))
    g_string_append (out, cell->str);
  else
    belt_json_write_string (out, cell->str, cell->len);
}

static char *
csv_to_lines (const char  *data,
              gsize        len,
              GError     **error)
{
  const char *p = data;
  const char *end = data + len;
  const char *newline = memchr (data, '\n', len);
  gsize header_len = newline != NULL ? (gsize) (newline - data) : len;
  char separator = memchr (data, ',', header_len) == NULL && memchr (data, ';', header_len) != NULL ? ';' : ',';
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GString) cell = g_string_new (NULL);
  g_autoptr(GString) out = g_string_new (NULL);
  gboolean quoted;
  gboolean last = FALSE;

  while (!last && names->len < COLUMNS_MAX)
    {
      p = take_cell (p, end, separator, cell, &quoted, &last);
      g_ptr_array_add (names, g_strstrip (g_strdup (cell->str)));
    }
  while (p < end)
    {
      guint column = 0;

      if (*p == '\n' || *p == '\r')
        {
          p++;
          continue;
        }
      g_string_append_c (out, '{');
      for (last = FALSE; !last; column++)
        {
          p = take_cell (p, end, separator, cell, &quoted, &last);
          if (column >= names->len)
            continue;   /* more cells than names: nobody could name them */
          if (column > 0)
            g_string_append_c (out, ',');
          belt_json_write_string (out, g_ptr_array_index (names, column),
                                  strlen (g_ptr_array_index (names, column)));
          g_string_append_c (out, ':');
          append_cell (out, cell, quoted);
        }
      g_string_append (out, "}\n");
    }
  if (out->len == 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "there is no row under the line of names");
      return NULL;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* An array of objects, or one object over several lines; NULL when it is neither. */
static char *
document_to_lines (const char *data,
                   gsize       len)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autofree char *padded = pad (data, len);
  g_autoptr(GString) out = NULL;
  BeltJsonError error;
  BeltValue value;

  if (!belt_json_parse (padded, len, BELT_JSON_INTEGERS, arena, &value, &error))
    return NULL;
  out = g_string_new (NULL);
  if (value.tag == BELT_TAG_MAP)
    {
      belt_json_write (out, &value);
      g_string_append_c (out, '\n');
    }
  else if (value.tag == BELT_TAG_LIST)
    {
      for (guint i = 0; i < value.len; i++)
        {
          belt_json_write (out, &value.u.items[i]);
          g_string_append_c (out, '\n');
        }
    }
  return out->len > 0 ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

static char *
clean_lines (const char *data,
             gsize       len)
{
  g_autofree char *text = g_strndup (data, len);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (line[0] != '\0')
        g_string_append_printf (out, "%s\n", line);
    }
  return g_string_free (out, FALSE);
}

char *
belt_project_data_to_lines (const char  *data,
                            gsize        len,
                            const char  *format,
                            GError     **error)
{
  char *lines;

  if (len == 0 || format == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                   "This looks like neither JSON nor CSV: lines of JSON begin with “{”, CSV with a line of names");
      return NULL;
    }
  if (len >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0)   /* a byte order mark */
    {
      data += 3;
      len -= 3;
    }
  if (g_str_equal (format, "csv"))
    return csv_to_lines (data, len, error);
  lines = document_to_lines (data, len);
  return lines != NULL ? lines : clean_lines (data, len);
}
