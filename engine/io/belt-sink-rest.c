/* belt-sink-rest.c - payloads as HTTP requests
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One request at a time, in order, on the worker's main context; the next waits in
 * a queue that makes the rule's sources wait when it grows.  What fails is counted
 * and dropped; with enableCache trouble of the network and the server's own (5xx)
 * is tried again until it passes.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-error.h"
#include "belt-properties.h"

#include <libsoup/soup.h>
#include <string.h>

#define QUEUE_WANTED        1024u
#define QUEUE_MAX           16384u
#define RESEND_INTERVAL_MS  100    /* eKuiper's, when the cache is on */

typedef struct
{
  GBytes *payload;
  guint   n_rows;
} Waiting;

typedef struct _RestSink RestSink;

/* Outlives the sink when that is stopped with an answer still to come. */
typedef struct
{
  RestSink    *sink;  /* NULL: stopped */
  SoupMessage *message;
} Request;

struct _RestSink
{
  BeltSink      base;

  char         *url;
  GUri         *uri;
  char         *method;
  char         *content_type;     /* NULL: no body */
  JsonObject   *headers;
  gint64        timeout_ms;
  gint64        resend_interval_ms;
  gboolean      retries;
  gboolean      insecure;
  gboolean      debug;

  SoupSession  *session;
  GCancellable *cancellable;
  GQueue        queue;            /* of Waiting; the head is on its way */
  Request      *request;
  GSource      *retry_timer;
  gboolean      congested;
  gboolean      connected;
};

static gboolean
configure_body (RestSink   *self,
                JsonObject *properties,
                GError    **error)
{
  static const char *const types[] = {
    "none", "json", "text", "html", "xml", "javascript", "form", "formdata", "binary", NULL
  };
  static const char *const content_types[] = {
    NULL, "application/json", "text/plain", "text/html", "application/xml", "application/javascript",
    NULL, NULL, "application/octet-stream",
  };
  gboolean is_get = strcmp (self->method, "GET") == 0 || strcmp (self->method, "HEAD") == 0;
  guint type = is_get ? 0 : 1;

  if (!belt_properties_get_choice (properties, "bodyType", types, &type, error))
    return FALSE;

  if (type != 0 && content_types[type] == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property bodyType: %s is not sent by this engine; use json, text or binary", types[type]);
      return FALSE;
    }

  self->content_type = g_strdup (content_types[type]);
  return TRUE;
}

static gboolean
configure_url (RestSink *self,
               GError  **error)
{
  if (strstr (self->url, "{{") != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property url: templates are not evaluated by this engine; give a fixed address");
      return FALSE;
    }

  /* eKuiper takes a rule without one, and fails each row. */
  if (*self->url == '\0')
    return TRUE;

  self->uri = g_uri_parse (self->url, SOUP_HTTP_URI_FLAGS, NULL);
  if (self->uri != NULL && g_uri_get_host (self->uri) != NULL &&
      (g_strcmp0 (g_uri_get_scheme (self->uri), "http") == 0 ||
       g_strcmp0 (g_uri_get_scheme (self->uri), "https") == 0))
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
               "property url: %s is not an address that begins with http:// or https://", self->url);
  return FALSE;
}

static gboolean
rest_sink_configure (BeltSink   *sink,
                     JsonObject *properties,
                     GError    **error)
{
  static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL };
  RestSink *self = (RestSink *)sink;
  JsonNode *headers = belt_properties_lookup (properties, "headers");
  guint method = 0;

  self->url = g_strdup ("");
  self->timeout_ms = 5000;
  if (!belt_properties_get_string (properties, "url", &self->url, error) ||
      !belt_properties_get_choice (properties, "method", methods, &method, error) ||
      !belt_properties_get_duration (properties, "timeout", &self->timeout_ms, error) ||
      !belt_properties_get_boolean (properties, "insecureSkipVerify", &self->insecure, error) ||
      !belt_properties_get_boolean (properties, "debugResp", &self->debug, error) ||
      !belt_properties_get_boolean (properties, "enableCache", &self->retries, error) ||
      !belt_properties_get_duration (properties, "resendInterval", &self->resend_interval_ms, error))
    return FALSE;

  self->method = g_strdup (methods[method]);
  if (self->resend_interval_ms == 0)
    self->resend_interval_ms = RESEND_INTERVAL_MS;
  if (headers != NULL && !JSON_NODE_HOLDS_OBJECT (headers))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property headers: expected an object of strings");
      return FALSE;
    }
  if (headers != NULL)
    self->headers = json_object_ref (json_node_get_object (headers));

  return configure_url (self, error) && configure_body (self, properties, error);
}

static void
free_waiting (gpointer data)
{
  Waiting *waiting = data;

  g_bytes_unref (waiting->payload);
  g_free (waiting);
}

static void
update_congestion (RestSink *self)
{
  BeltSinkHost *host = self->base.host;
  gboolean congested = g_queue_get_length (&self->queue) > QUEUE_WANTED;

  if (congested == self->congested)
    return;
  self->congested = congested;
  host->congested (host, congested);
}

static gboolean
accept_certificate_cb (SoupMessage         *message,
                       GTlsCertificate     *certificate,
                       GTlsCertificateFlags errors,
                       gpointer             user_data)
{
  return TRUE;
}

static void
add_headers (RestSink    *self,
             SoupMessage *message)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (self->headers == NULL)
    return;

  json_object_iter_init (&iter, self->headers);
  while (json_object_iter_next (&iter, &name, &value))
    {
      g_autofree char *text = NULL;

      if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
        text = g_strdup (json_node_get_string (value));
      else
        text = json_to_string (value, FALSE);
      soup_message_headers_replace (soup_message_get_request_headers (message), name, text);
    }
}

static void send_next (RestSink *self);

static gboolean
retry_cb (gpointer user_data)
{
  RestSink *self = user_data;

  g_clear_pointer (&self->retry_timer, g_source_unref);
  send_next (self);
  return G_SOURCE_REMOVE;
}

static void
set_connected (RestSink   *self,
               gboolean    connected,
               const char *text)
{
  BeltSinkHost *host = self->base.host;

  if (connected == self->connected)
    return;
  self->connected = connected;
  host->status (host, connected ? BELT_CONNECTION_CONNECTED : BELT_CONNECTION_DISCONNECTED, text);
}

/* The head of the queue failed; `again`: for reasons that may pass. */
static void
take_failure (RestSink   *self,
              const char *text,
              gboolean    again)
{
  BeltSinkHost *host = self->base.host;

  if (again)
    set_connected (self, FALSE, text);
  if (again && self->retries)
    {
      self->retry_timer = g_timeout_source_new ((guint)MIN (self->resend_interval_ms, G_MAXINT32));
      g_source_set_static_name (self->retry_timer, "belt-sink-rest");
      g_source_set_callback (self->retry_timer, retry_cb, self, NULL);
      g_source_attach (self->retry_timer, host->get_context (host));
      return;
    }

  host->fault (host, text, ((Waiting *)g_queue_peek_head (&self->queue))->n_rows);
  free_waiting (g_queue_pop_head (&self->queue));
  send_next (self);
}

static void
answered_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Request *request = user_data;
  RestSink *self = request->sink;
  g_autoptr(SoupMessage) message = request->message;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) answer = soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  g_autofree char *text = NULL;
  guint status = soup_message_get_status (message);

  g_free (request);
  if (self == NULL)
    return;

  self->request = NULL;
  if (answer == NULL)
    {
      text = g_strdup_printf ("%s %s: %s", self->method, self->url, error->message);
      take_failure (self, text, TRUE);
      return;
    }

  if (self->debug)
    g_message ("rule %s: %s %s answered %u: %.*s", self->base.host->get_rule_id (self->base.host), self->method,
               self->url, status, (int)MIN (g_bytes_get_size (answer), 1024),
               (const char *)g_bytes_get_data (answer, NULL));
  if (status < 200 || status > 299)
    {
      text = g_strdup_printf ("%s %s: http return code: %u and error message %s", self->method, self->url, status,
                              soup_message_get_reason_phrase (message));
      take_failure (self, text, status >= 500);
      return;
    }

  set_connected (self, TRUE, NULL);
  free_waiting (g_queue_pop_head (&self->queue));
  send_next (self);
}

static void
send_next (RestSink *self)
{
  Waiting *waiting = g_queue_peek_head (&self->queue);
  BeltSinkHost *host = self->base.host;

  update_congestion (self);
  if (waiting == NULL)
    {
      host->drained (host);
      return;
    }
  if (self->request != NULL || self->retry_timer != NULL)
    return;

  self->request = g_new0 (Request, 1);
  self->request->sink = self;
  self->request->message = soup_message_new_from_uri (self->method, self->uri);
  add_headers (self, self->request->message);
  if (self->content_type != NULL)
    soup_message_set_request_body_from_bytes (self->request->message, self->content_type, waiting->payload);
  if (self->insecure)
    g_signal_connect (self->request->message, "accept-certificate", G_CALLBACK (accept_certificate_cb), NULL);
  soup_session_send_and_read_async (self->session, self->request->message, G_PRIORITY_DEFAULT, self->cancellable,
                                    answered_cb, self->request);
}

static gboolean
rest_sink_start (BeltSink     *sink,
                 BeltSinkHost *host,
                 GError      **error)
{
  RestSink *self = (RestSink *)sink;

  /* Seconds are all it knows: at least one. */
  self->session = soup_session_new_with_options ("timeout", (guint)MAX ((self->timeout_ms + 999) / 1000, 1),
                                                 "user-agent", "beltworks/" BELT_VERSION, NULL);
  self->cancellable = g_cancellable_new ();
  self->connected = TRUE;
  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  return TRUE;
}

static void
rest_sink_send (BeltSink   *sink,
                const char *payload,
                gsize       len,
                guint       n_rows)
{
  RestSink *self = (RestSink *)sink;
  Waiting *waiting;

  if (self->uri == NULL)
    {
      sink->host->fault (sink->host, "property url: there is none to send to", n_rows);
      return;
    }
  if (g_queue_get_length (&self->queue) >= QUEUE_MAX)
    {
      sink->host->fault (sink->host, "too many payloads wait for the server: the newest is dropped", n_rows);
      return;
    }

  waiting = g_new (Waiting, 1);
  *waiting = (Waiting) { g_bytes_new (payload, len), n_rows };
  g_queue_push_tail (&self->queue, waiting);
  if (self->request == NULL && self->retry_timer == NULL)
    send_next (self);
  else
    update_congestion (self);
}

static guint
rest_sink_get_pending (BeltSink *sink)
{
  return g_queue_get_length (&((RestSink *)sink)->queue);
}

static void
rest_sink_stop (BeltSink *sink)
{
  RestSink *self = (RestSink *)sink;

  if (!g_queue_is_empty (&self->queue))
    sink->host->fault (sink->host, "stopped before everything was delivered", g_queue_get_length (&self->queue));
  if (self->request != NULL)
    self->request->sink = NULL;
  self->request = NULL;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->session != NULL)
    soup_session_abort (self->session);  /* and closes its idle connections */
  g_clear_object (&self->session);
  if (self->retry_timer != NULL)
    g_source_destroy (self->retry_timer);
  g_clear_pointer (&self->retry_timer, g_source_unref);
  g_queue_clear_full (&self->queue, free_waiting);
}

static void
rest_sink_finalize (BeltSink *sink)
{
  RestSink *self = (RestSink *)sink;

  g_clear_pointer (&self->headers, json_object_unref);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_free (self->content_type);
  g_free (self->method);
  g_free (self->url);
}

const BeltSinkClass belt_sink_rest_class = {
  .type = "rest",
  .instance_size = sizeof (RestSink),
  .configure = rest_sink_configure,
  .start = rest_sink_start,
  .send = rest_sink_send,
  .stop = rest_sink_stop,
  .finalize = rest_sink_finalize,
  .get_pending = rest_sink_get_pending,
};
