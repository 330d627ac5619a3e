/* belt-http-router.c - which handler a request goes to
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Routes are tried in the order of the tables.  A path that some route has but not
 * with this method is 405; a route that eKuiper has and we do not is 501 and says
 * so; everything else is 404.
 */
#include "config.h"

#include "belt-http.h"

#include <string.h>

#define BODY_LEN_MAX (64u << 20)   /* a plugin zip; eKuiper takes any size into memory */
#define BODY_READ_MAX (4u * BODY_LEN_MAX)
#define BODY_LEN_KEY "belt-body-len"

static const BeltHttpRoute *const tables[] =
{
  belt_http_system_routes,
  belt_http_stream_routes,
  belt_http_rule_routes,
  belt_http_plugin_routes,
  belt_http_upload_routes,
  belt_http_schema_routes,
  belt_http_metadata_routes,
  belt_http_other_routes,
};

static void
clear_parameters (BeltHttpRequest *request)
{
  for (guint i = 0; i < BELT_HTTP_PARAMETERS_MAX; i++)
    g_clear_pointer (&request->parameters[i], g_free);
}

/* {} stands for one segment of the path, which is decoded only now: a %2F stays inside its segment. */
static gboolean
match_pattern (BeltHttpRequest *request,
               const char      *pattern)
{
  g_auto(GStrv) want = g_strsplit (pattern, "/", -1);
  g_auto(GStrv) have = g_strsplit (request->path, "/", -1);
  guint n_parameters = 0;

  clear_parameters (request);
  if (g_strv_length (want) != g_strv_length (have))
    return FALSE;
  for (guint i = 0; want[i] != NULL; i++)
    {
      if (g_str_equal (want[i], "{}"))
        {
          char *decoded = have[i][0] != '\0' ? g_uri_unescape_string (have[i], NULL) : NULL;

          if (decoded == NULL)
            return FALSE;
          request->parameters[n_parameters++] = decoded;
        }
      else if (!g_str_equal (want[i], have[i]))
        {
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
has_method (const char *methods,
            const char *method)
{
  g_auto(GStrv) list = g_strsplit (methods, " ", -1);

  return g_strv_contains ((const char *const *)list, method);
}

static void
add_cors (BeltHttpRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  if (soup_message_headers_get_one (headers, "Origin") != NULL)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
                                  "Access-Control-Allow-Origin", "*");
}

/* Only what a browser may ask before a simple call is answered; eKuiper refuses PATCH here. */
static gboolean
answer_options (BeltHttpRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *wanted = soup_message_headers_get_one (headers, "Access-Control-Request-Method");

  if (!g_str_equal (belt_http_get_method (request), "OPTIONS"))
    return FALSE;
  if (wanted != NULL && !has_method ("GET POST PUT DELETE HEAD", wanted))
    {
      soup_server_message_set_status (request->message, 405, NULL);
      return TRUE;
    }
  add_cors (request);
  soup_server_message_set_status (request->message, 200, NULL);
  return TRUE;
}

/* A token is wanted of everybody but who asks whether we are alive. */
static gboolean
is_authorized (BeltHttpRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *given = soup_message_headers_get_one (headers, "Authorization");
  const char *token = request->http->token;
  guchar difference = 0;

  if (token == NULL || g_str_equal (request->path, "/") || g_str_equal (request->path, "/ping"))
    return TRUE;
  if (given == NULL || strlen (given) != strlen (token))
    return FALSE;
  /* In a time that does not tell how much of it was right. */
  for (gsize i = 0; token[i] != '\0'; i++)
    difference |= (guchar)(given[i] ^ token[i]);
  return difference == 0;
}

static void
route (BeltHttpRequest *request)
{
  const char *method = belt_http_get_method (request);
  gboolean path_known = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      for (const BeltHttpRoute *r = tables[i]; r->pattern != NULL; r++)
        {
          if (!match_pattern (request, r->pattern))
            continue;
          path_known = TRUE;
          if (!has_method (r->methods, method))
            continue;
          if (r->handler != NULL)
            r->handler (request);
          else
            belt_http_answer_missing (request);
          return;
        }
    }
  if (path_known)
    soup_server_message_set_status (request->message, 405, NULL);
  else
    belt_http_answer_text (request, 404, "404 page not found\n");
}

/* "//streams" and "/config/uploads/..%2Fx" are sent to where they mean, as Go does with the decoded path. */
static char *
clean_path (const char *path)
{
  g_autoptr(GPtrArray) out = g_ptr_array_new ();
  g_auto(GStrv) parts = g_strsplit (path, "/", -1);
  GString *clean = g_string_new (NULL);
  guint n = g_strv_length (parts);

  for (guint i = 0; i < n; i++)
    {
      if (g_str_equal (parts[i], ".."))
        {
          if (out->len > 0)
            g_ptr_array_set_size (out, out->len - 1);
        }
      else if (parts[i][0] != '\0' && !g_str_equal (parts[i], "."))
        {
          g_ptr_array_add (out, parts[i]);
        }
    }
  for (guint i = 0; i < out->len; i++)
    g_string_append_printf (clean, "/%s", (char *)g_ptr_array_index (out, i));
  if (clean->len == 0 || (n > 1 && parts[n - 1][0] == '\0'))
    g_string_append_c (clean, '/');
  return g_string_free (clean, FALSE);
}

/* The path alone, not the whole address libsoup would write. */
static void
redirect (BeltHttpRequest *request,
          const char      *path)
{
  g_autofree char *escaped = g_uri_escape_string (path, "/:@!$&'()*+,;=", FALSE);

  soup_server_message_set_status (request->message, 301, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (request->message), "Location", escaped);
}

/* A body is in memory before it is looked at: more than BODY_LEN_MAX of it is read and let go, so that the
 * sender can be told; one who never ends is cut off. */
static void
got_chunk_cb (SoupServerMessage *message,
              GBytes            *chunk,
              BeltHttp          *http)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  gsize *len = g_object_get_data (G_OBJECT (message), BODY_LEN_KEY);

  *len += g_bytes_get_size (chunk);
  if (*len > BODY_LEN_MAX && soup_message_body_get_accumulate (body))
    {
      soup_message_body_set_accumulate (body, FALSE);
      soup_message_body_truncate (body);
    }
  if (*len > BODY_READ_MAX)
    belt_http_listener_drop (http->listener, message);
}

static void
prepare (SoupServer        *server,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           user_data)
{
  BeltHttp *http = user_data;

  belt_http_listener_note (http->listener, message);
  g_object_set_data_full (G_OBJECT (message), BODY_LEN_KEY, g_new0 (gsize, 1), g_free);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk_cb), http);
}

static void
handle (SoupServer        *server,
        SoupServerMessage *message,
        const char        *path,
        GHashTable        *query,
        gpointer           user_data)
{
  GUri *uri = soup_server_message_get_uri (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr(GBytes) bytes = soup_message_body_get_accumulate (body) ? soup_message_body_flatten (body)
                                                                    : g_bytes_new (NULL, 0);
  g_autofree char *decoded = NULL;
  g_autofree char *clean = NULL;
  const gsize *whole_len = g_object_get_data (G_OBJECT (message), BODY_LEN_KEY);
  BeltHttpRequest request =
  {
    .http = user_data,
    .message = message,
    .path = g_uri_get_path (uri),
    .query = query,
  };

  request.body = g_bytes_get_data (bytes, &request.body_len);
  if (request.body == NULL)
    request.body = "";
  decoded = g_uri_unescape_string (request.path, NULL);
  clean = clean_path (decoded != NULL ? decoded : request.path);

  if (whole_len != NULL && *whole_len > BODY_LEN_MAX)
    belt_http_answer_error (&request, 413, BELT_HTTP_CODE_FAILED, "the body has %" G_GSIZE_FORMAT " bytes, %u at most",
                            *whole_len, BODY_LEN_MAX);
  else if (!g_str_equal (clean, decoded != NULL ? decoded : request.path))
    redirect (&request, clean);
  else if (answer_options (&request))
    ;
  else if (!is_authorized (&request))
    belt_http_answer_text (&request, 401, "missing or wrong token\n");
  else
    route (&request);
  if (!g_str_equal (belt_http_get_method (&request), "OPTIONS"))
    add_cors (&request);
  clear_parameters (&request);
}

BeltHttpRequest *
belt_http_request_keep (BeltHttpRequest *request)
{
  BeltHttpRequest *kept = g_new0 (BeltHttpRequest, 1);

  kept->http = request->http;
  kept->message = g_object_ref (request->message);
  kept->path = g_uri_get_path (soup_server_message_get_uri (request->message));
  for (guint i = 0; i < BELT_HTTP_PARAMETERS_MAX; i++)
    kept->parameters[i] = g_strdup (request->parameters[i]);
  soup_server_message_pause (kept->message);
  return kept;
}

void
belt_http_request_release (BeltHttpRequest *kept)
{
  soup_server_message_unpause (kept->message);
  g_object_unref (kept->message);
  clear_parameters (kept);
  g_free (kept);
}

void
belt_http_attach (BeltHttp *self)
{
  soup_server_add_early_handler (self->server, NULL, prepare, self, NULL);
  soup_server_add_handler (self->server, NULL, handle, self, NULL);
}
