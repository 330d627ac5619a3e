/* belt-http-uploads.c - /config/uploads: files that plugins and configurations come from
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names may have folders in them but never leave the folder of uploads.
 */
#include "config.h"

#include "belt-http-fetch.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define NAME_LEN_MAX 1024u

static const BeltGoField upload_fields[] =
{
  { "name", BELT_GO_STRING }, { "content", BELT_GO_STRING }, { "file", BELT_GO_STRING }, { NULL },
};
static const BeltGoStruct upload_struct = { "server.fileContent", upload_fields };

/* NULL when the name stays inside; else why not, as eKuiper says it. */
static char *
find_escape (const char *name)
{
  g_auto(GStrv) parts = g_strsplit (name, "/", -1);
  int depth = 0;

  if (name[0] == '/')
    return g_strdup_printf ("openat %s: path escapes from parent", name);
  if (strlen (name) > NAME_LEN_MAX)
    return g_strdup_printf ("openat %.40s…: file name too long", name);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (g_str_equal (parts[i], ".."))
        depth--;
      else if (parts[i][0] != '\0' && !g_str_equal (parts[i], "."))
        depth++;
      if (depth < 0)
        return g_strdup ("mkdirat ..: path escapes from parent");
    }
  return NULL;
}

static char *
escape_html (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '&')
        g_string_append (out, "&amp;");
      else if (*c == '<')
        g_string_append (out, "&lt;");
      else if (*c == '>')
        g_string_append (out, "&gt;");
      else if (*c == '"')
        g_string_append (out, "&#34;");
      else if (*c == '\'')
        g_string_append (out, "&#39;");
      else
        g_string_append_c (out, *c);
    }
  return g_string_free (out, FALSE);
}

static void
save (BeltHttpRequest *request,
      const char      *name,
      const char      *data,
      gsize            len)
{
  g_autofree char *escape = find_escape (name);
  g_autofree char *path = g_build_filename (request->http->uploads_dir, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *shown = NULL;
  g_autoptr(GError) error = NULL;

  if (escape != NULL)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Upload error: getFile has error: %s", escape);
  else if (g_mkdir_with_parents (folder, 0755) != 0)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Upload error: getFile has error: mkdirat %s: %s",
                            name, g_strerror (errno));
  else if (!g_file_set_contents (path, data, (gssize)len, &error))
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Upload error: %s", error->message);
  else
    belt_http_answer_text (request, 201, (shown = escape_html (path)));
}

typedef struct
{
  BeltHttpRequest *request;
  char            *name;
} PendingUpload;

static void
save_json_fetch_cb (GObject      *object,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autofree PendingUpload *pending = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = belt_http_fetch_finish (result, &error);

  if (bytes == NULL)
    belt_http_answer_error (pending->request, 400, BELT_HTTP_CODE_FAILED, "Upload error: getFile has error: %s",
                            error->message);
  else
    save (pending->request, pending->name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  belt_http_request_release (pending->request);
  g_free (pending->name);
}

static void
save_json (BeltHttpRequest *request)
{
  g_autofree char *failure = NULL;
  g_autoptr(JsonObject) body = belt_go_decode (request->body, request->body_len, FALSE, &upload_struct, &failure);
  const char *name;
  const char *content;
  const char *file;
  PendingUpload *pending;

  if (body == NULL)
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Invalid body: Error decoding file json: %s",
                              failure);
      return;
    }
  name = belt_go_get_string (body, "name");
  content = belt_go_get_string (body, "content");
  file = belt_go_get_string (body, "file");
  if ((content == NULL || content[0] == '\0') && (file == NULL || file[0] == '\0'))
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Invalid body: missing necessary field: invalid body: content or FilePath is required");
      return;
    }
  if (name == NULL || name[0] == '\0')
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Invalid body: missing necessary field: invalid body: name is required");
      return;
    }
  if (file == NULL || file[0] == '\0')
    {
      save (request, name, content, strlen (content));
      return;
    }
  pending = g_new0 (PendingUpload, 1);
  pending->request = belt_http_request_keep (request);
  pending->name = g_strdup (name);
  belt_http_fetch_async (request->http, file, save_json_fetch_cb, pending);
}

static void
save_multipart (BeltHttpRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  g_autoptr(GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (request->message));
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  g_autoptr(SoupMultipart) multipart = NULL;

  if (g_strcmp0 (type, "multipart/form-data") != 0)
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Error parse the multi part form: request Content-Type isn't multipart/form-data");
      return;
    }
  if (!(multipart = soup_multipart_new_from_message (headers, bytes)) || soup_multipart_get_length (multipart) == 0)
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Error parse the multi part form: multipart: NextPart: EOF");
      return;
    }

  for (int i = 0; i < soup_multipart_get_length (multipart); i++)
    {
      SoupMessageHeaders *part = NULL;
      GBytes *content = NULL;
      g_autofree char *disposition = NULL;
      g_autoptr(GHashTable) params = NULL;
      const char *file_name;
      g_autofree char *base = NULL;

      if (!soup_multipart_get_part (multipart, i, &part, &content) ||
          !soup_message_headers_get_content_disposition (part, &disposition, &params) || params == NULL ||
          g_strcmp0 (g_hash_table_lookup (params, "name"), "uploadFile") != 0)
        continue;
      file_name = g_hash_table_lookup (params, "filename");
      if (file_name == NULL)
        continue;
      base = g_path_get_basename (file_name);
      save (request, base, g_bytes_get_data (content, NULL), g_bytes_get_size (content));
      return;
    }
  belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Error Retrieving the File: http: no such file");
}

static void
handle_upload (BeltHttpRequest *request)
{
  const char *type = soup_message_headers_get_one (soup_server_message_get_request_headers (request->message),
                                                   "Content-Type");

  /* eKuiper wants exactly this, without a charset. */
  if (g_strcmp0 (type, "application/json") == 0)
    save_json (request);
  else
    save_multipart (request);
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
handle_list (BeltHttpRequest *request)
{
  g_autoptr(GDir) dir = g_dir_open (request->http->uploads_dir, 0, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (request->http->uploads_dir, name, NULL));
  g_ptr_array_sort (names, compare_texts);
  for (guint i = 0; i < names->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (names, i));
  json_node_take_array (node, array);
  belt_http_answer_json (request, node);
}

static void
handle_delete (BeltHttpRequest *request)
{
  const char *name = request->parameters[0];
  g_autofree char *escape = find_escape (name);
  g_autofree char *path = g_build_filename (request->http->uploads_dir, name, NULL);

  if (escape != NULL)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Error deleting the file: %s", escape);
  else if (g_remove (path) != 0)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Error deleting the file: removeat %s: %s", name,
                            errno == ENOTEMPTY ? "directory not empty" : errno == ENOENT ? "no such file or directory"
                            : g_strerror (errno));
  else
    belt_http_answer_text (request, 200, "ok");
}

const BeltHttpRoute belt_http_upload_routes[] =
{
  { "GET", "/config/uploads", handle_list },
  { "POST", "/config/uploads", handle_upload },
  { "DELETE", "/config/uploads/{}", handle_delete },
  { NULL },
};
