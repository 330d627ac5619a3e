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
#include "belt-clock.h"
#include "belt-http-spec.h"
#include "belt-properties.h"

#include <string.h>

#define QUEUE_WANTED        1024u
#define QUEUE_MAX           16384u
#define RESEND_INTERVAL_MS  100    /* eKuiper's, when the cache is on */

typedef struct
{
  GUri   *uri;      /* NULL: the spec's */
  char  **headers;  /* names and values of those with a template; NULL: none */
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

  BeltHttpSpec  spec;
  gint64        resend_interval_ms;
  gboolean      retries;
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
rest_sink_configure (BeltSink   *sink,
                     JsonObject *properties,
                     GError    **error)
{
  RestSink *self = (RestSink *)sink;

  /* eKuiper takes a rule without url, and fails each row; so its default is empty. */
  if (!belt_http_spec_configure (&self->spec, properties, "", "", error) ||
      !belt_properties_get_boolean (properties, "debugResp", &self->debug, error) ||
      !belt_properties_get_boolean (properties, "enableCache", &self->retries, error) ||
      !belt_properties_get_duration (properties, "resendInterval", &self->resend_interval_ms, error))
    return FALSE;

  if (self->resend_interval_ms == 0)
    self->resend_interval_ms = RESEND_INTERVAL_MS;
  return TRUE;
}

static void
free_waiting (gpointer data)
{
  Waiting *waiting = data;

  g_clear_pointer (&waiting->uri, g_uri_unref);
  g_strfreev (waiting->headers);
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
      text = g_strdup_printf ("%s %s: %s", self->spec.method, self->spec.url, error->message);
      take_failure (self, text, TRUE);
      return;
    }

  if (self->debug)
    g_message ("rule %s: %s %s answered %u: %.*s", self->base.host->get_rule_id (self->base.host), self->spec.method,
               self->spec.url, status, (int)MIN (g_bytes_get_size (answer), 1024),
               (const char *)g_bytes_get_data (answer, NULL));
  if (status < 200 || status > 299)
    {
      text = g_strdup_printf ("%s %s: http return code: %u and error message %s", self->spec.method,
                              self->spec.url, status, soup_message_get_reason_phrase (message));
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
  self->request->message = belt_http_spec_new_message (&self->spec, waiting->uri, waiting->payload);
  for (guint i = 0; waiting->headers != NULL && waiting->headers[i] != NULL; i += 2)
    soup_message_headers_replace (soup_message_get_request_headers (self->request->message), waiting->headers[i],
                                  waiting->headers[i + 1]);
  soup_session_send_and_read_async (self->session, self->request->message, G_PRIORITY_DEFAULT, self->cancellable,
                                    answered_cb, self->request);
}

static gboolean
rest_sink_start (BeltSink     *sink,
                 BeltSinkHost *host,
                 GError      **error)
{
  RestSink *self = (RestSink *)sink;

  self->session = belt_http_spec_new_session (&self->spec);
  self->cancellable = g_cancellable_new ();
  self->connected = TRUE;
  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  return TRUE;
}

/* Returns: (transfer full) (nullable): names and values for this payload */
static char **
render_headers (RestSink *self)
{
  g_autoptr(GPtrArray) texts = NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (self->spec.headers == NULL)
    return NULL;

  texts = g_ptr_array_new ();
  json_object_iter_init (&iter, self->spec.headers);
  while (json_object_iter_next (&iter, &name, &node))
    {
      const char *text = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
                         ? json_node_get_string (node) : "";

      if (belt_sink_render (&self->base, text) == text)
        continue;
      g_ptr_array_add (texts, g_strdup (name));
      g_ptr_array_add (texts, g_strdup (belt_sink_render (&self->base, text)));
    }
  if (texts->len == 0)
    return NULL;

  g_ptr_array_add (texts, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&texts), FALSE);
}

static void
rest_sink_send (BeltSink   *sink,
                const char *payload,
                gsize       len,
                guint       n_rows)
{
  RestSink *self = (RestSink *)sink;
  g_autoptr(GUri) uri = NULL;
  g_auto(GStrv) headers = NULL;
  g_autoptr(GError) error = NULL;
  Waiting *waiting;

  if (self->spec.is_template &&
      (uri = belt_http_spec_parse_url (belt_sink_render (sink, self->spec.url), &error)) == NULL)
    {
      sink->host->fault (sink->host, error->message, n_rows);
      return;
    }
  if (self->spec.uri == NULL && uri == NULL)
    {
      sink->host->fault (sink->host, "property url: there is none to send to", n_rows);
      return;
    }
  if (g_queue_get_length (&self->queue) >= QUEUE_MAX)
    {
      sink->host->fault (sink->host, "too many payloads wait for the server: the newest is dropped", n_rows);
      return;
    }

  headers = render_headers (self);
  for (guint i = 0; headers != NULL && headers[i] != NULL; i++)
    if (strpbrk (headers[i], "\r\n") != NULL)
      {
        sink->host->fault (sink->host, "property headers: a line ends within a header", n_rows);
        return;
      }

  waiting = g_new (Waiting, 1);
  *waiting = (Waiting) { g_steal_pointer (&uri), g_steal_pointer (&headers), g_bytes_new (payload, len), n_rows };
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
  belt_timer_clear (&self->retry_timer);
  g_queue_clear_full (&self->queue, free_waiting);
}

static void
rest_sink_finalize (BeltSink *sink)
{
  RestSink *self = (RestSink *)sink;

  belt_http_spec_clear (&self->spec);
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
