/* bw-import.c - rows that were pasted or dropped, made into lines
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON lines and CSV are taken as they are; an array, or objects spread over
 * several lines, become one line an object.
 */
#include "config.h"

#include "bw-import.h"

#include "belt.h"
#include "bw-places.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>

/* Does the first line that is not blank hold one whole object? */
static gboolean
is_lines (const char *text,
          gsize       len)
{
  const char *end = text + len;
  const char *line_end;
  g_autofree char *line = NULL;

  while (text < end && g_ascii_isspace (*text))
    text++;
  if (text == end || *text != '{')
    return FALSE;
  line_end = memchr (text, '\n', (gsize)(end - text));
  if (line_end == NULL)
    line_end = end;
  line = g_malloc0 ((gsize)(line_end - text) + BELT_JSON_PADDING);
  memcpy (line, text, (gsize)(line_end - text));

  return belt_json_skip_value (line, line + (line_end - text), NULL) != NULL;
}

static void
append_object (GString  *lines,
               JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  g_string_append (lines, text);
  g_string_append_c (lines, '\n');
}

static char *
convert_json (const char  *text,
              gsize        len,
              GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) local = NULL;
  GString *lines;
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, (gssize)len, &local))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("This begins like JSON but is not: %s"),
                   local->message);
      return NULL;
    }

  root = json_parser_get_root (parser);
  lines = g_string_new (NULL);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    append_object (lines, root);
  else if (root != NULL && JSON_NODE_HOLDS_ARRAY (root))
    for (guint i = 0; i < json_array_get_length (json_node_get_array (root)); i++)
      {
        JsonNode *node = json_array_get_element (json_node_get_array (root), i);

        if (JSON_NODE_HOLDS_OBJECT (node))
          append_object (lines, node);
      }
  if (lines->len == 0)
    {
      g_string_free (lines, TRUE);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("This is JSON, but there is no object in it to be a row."));
      return NULL;
    }

  return g_string_free (lines, FALSE);
}

char *
bw_import_normalize (const char  *text,
                     gsize        len,
                     const char **ret_format,
                     GError     **error)
{
  const char *at = text;
  const char *newline;

  if (len >= 3 && memcmp (at, "\xEF\xBB\xBF", 3) == 0)
    {
      at += 3;
      len -= 3;
    }
  while (len > 0 && g_ascii_isspace (*at))
    {
      at++;
      len--;
    }
  if (len == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("There is nothing in it."));
      return NULL;
    }
  if (!g_utf8_validate_len (at, len, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("It is not UTF-8 text."));
      return NULL;
    }

  *ret_format = "jsonl";
  if (is_lines (at, len))
    return g_strndup (at, len);
  if (*at == '{' || *at == '[')
    return convert_json (at, len, error);

  newline = memchr (at, '\n', len);
  if (newline == NULL || memchr (at, ',', (gsize)(newline - at)) == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("This is neither JSON (lines that begin with “{”) nor CSV "
                     "(a line of names, then lines of values)."));
      return NULL;
    }
  *ret_format = "csv";
  return g_strndup (at, len);
}

typedef struct
{
  GBytes *data;
  char   *name;
} ImportRequest;

static void
import_request_free (gpointer data)
{
  ImportRequest *self = data;

  g_bytes_unref (self->data);
  g_free (self->name);
  g_free (self);
}

static void
import_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  ImportRequest *request = task_data;
  g_autofree char *stream = bw_places_dup_identifier (request->name, "pasted");
  g_autofree char *path = NULL;
  g_autofree char *lines = NULL;
  const char *format = NULL;
  const char *data;
  gsize len;
  GError *error = NULL;

  data = g_bytes_get_data (request->data, &len);
  lines = bw_import_normalize (data, len, &format, &error);
  if (lines == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  path = bw_places_dup_new_project (stream);
  if (!belt_project_create_from_data (path, stream, lines, strlen (lines), format, &error))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&path), g_free);
}

void
bw_import_project_async (GBytes              *data,
                         const char          *name,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  ImportRequest *request = g_new0 (ImportRequest, 1);

  request->data = g_bytes_ref (data);
  request->name = g_strdup (name);
  g_task_set_task_data (task, request, import_request_free);
  g_task_run_in_thread (task, import_thread);
}

char *
bw_import_project_finish (GAsyncResult  *result,
                          GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
