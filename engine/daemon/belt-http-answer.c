/* belt-http-answer.c - answers as eKuiper writes them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts go out as text/plain, errors as one line of JSON with a newline at the end.
 */
#include "config.h"

#include "belt-http.h"

#include <string.h>

const char *
belt_http_get_method (BeltHttpRequest *request)
{
  return soup_server_message_get_method (request->message);
}

const char *
belt_http_get_query (BeltHttpRequest *request,
                     const char      *name)
{
  return request->query != NULL ? g_hash_table_lookup (request->query, name) : NULL;
}

static void
answer (BeltHttpRequest *request,
        guint            status,
        const char      *content_type,
        const char      *text)
{
  soup_server_message_set_status (request->message, status, NULL);
  soup_server_message_set_response (request->message, content_type, SOUP_MEMORY_COPY, text, strlen (text));
}

void
belt_http_answer_text (BeltHttpRequest *request,
                       guint            status,
                       const char      *text)
{
  answer (request, status, "text/plain; charset=utf-8", text);
}

void
belt_http_answer_format (BeltHttpRequest *request,
                         guint            status,
                         const char      *format,
                         ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  belt_http_answer_text (request, status, text);
}

void
belt_http_answer_json_text (BeltHttpRequest *request,
                            const char      *text)
{
  answer (request, 200, "application/json", text);
}

void
belt_http_answer_json (BeltHttpRequest *request,
                       JsonNode        *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  json_node_unref (node);
  belt_http_answer_json_text (request, text);
}

/* Go's encoder leaves non-ASCII as it is and writes <, > and & as \u00xx. */
static char *
quote (const char *text)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_VALUE);
  g_autofree char *plain = NULL;
  GString *out = g_string_new (NULL);

  json_node_set_string (node, text);
  plain = json_to_string (node, FALSE);
  for (const char *c = plain; *c != '\0'; c++)
    {
      if (*c == '<' || *c == '>' || *c == '&')
        g_string_append_printf (out, "\\u%04x", (guint) *c);
      else
        g_string_append_c (out, *c);
    }
  return g_string_free (out, FALSE);
}

void
belt_http_answer_error (BeltHttpRequest *request,
                        guint            status,
                        int              code,
                        const char      *format,
                        ...)
{
  g_autofree char *message = NULL;
  g_autofree char *quoted = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  quoted = quote (message);
  belt_http_answer_format (request, status, "{\"error\":%d,\"message\":%s}\n", code, quoted);
}

/* No JSON: a client that takes what is not a list for one would go on with it. */
void
belt_http_answer_missing (BeltHttpRequest *request)
{
  belt_http_answer_format (request, 501, "beltd does not have %s %s; eKuiper does\n", belt_http_get_method (request),
                           request->path);
}

void
belt_http_answer_gerror (BeltHttpRequest *request,
                         const GError    *error,
                         int              code,
                         const char      *before)
{
  guint status = 400;

  if (g_error_matches (error, BELT_ERROR, BELT_ERROR_NOT_FOUND))
    {
      status = 404;
      code = BELT_HTTP_CODE_NOT_FOUND;
    }
  else if (g_error_matches (error, BELT_ERROR, BELT_ERROR_ENDPOINT))
    {
      code = BELT_HTTP_CODE_ENDPOINT;
    }
  belt_http_answer_error (request, status, code, "%s%s", before, error->message);
}
