/* belt-source-httppull.c - asks an HTTP server at an interval
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DATASOURCE is put behind the url.  Each answer with a status of 2xx is a payload
 * of the stream's FORMAT; with `incremental` one that is the same as the one
 * before is passed over.  The next request waits for the answer of the last, so a
 * slow server is not asked twice at a time.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-clock.h"
#include "belt-error.h"
#include "belt-http-spec.h"
#include "belt-json.h"
#include "belt-properties.h"

#include <string.h>

typedef struct _PullSource PullSource;

/* Outlives the source when that is stopped with an answer still to come. */
typedef struct
{
  PullSource  *source;  /* NULL: stopped */
  SoupMessage *message;
} Request;

struct _PullSource
{
  BeltSource    base;
  BeltHttpSpec  spec;
  gint64        interval_ms;
  gboolean      incremental;
  GBytes       *body;          /* NULL: none */

  SoupSession  *session;
  GCancellable *cancellable;
  Request      *request;
  GSource      *timer;         /* NULL while paused */
  GBytes       *previous;      /* with incremental */
  gboolean      connected;
};

static const BeltRefusedProperty refused[] =
{
  { "oauth", "put a token into headers" },
  { "states", "leave it out" },
};

static gboolean
pull_source_configure (BeltSource *source,
                       const char *datasource,
                       JsonObject *properties,
                       GError    **error)
{
  static const char *const response_types[] = { "code", NULL };
  PullSource *self = (PullSource *)source;
  g_autofree char *body = NULL;
  guint response_type = 0;

  self->interval_ms = 10000;
  if (!belt_http_spec_configure (&self->spec, properties, "http://localhost", datasource, error))
    return FALSE;
  if (self->spec.is_template)
    return belt_refuse (error, BELT_ERROR_ENDPOINT,
                        "property url: templates are not evaluated here: give a fixed address");
  if (!belt_properties_refuse (properties, refused, G_N_ELEMENTS (refused), error) ||
      !belt_properties_get_choice (properties, "responseType", response_types, &response_type, error) ||
      !belt_properties_get_duration (properties, "interval", &self->interval_ms, error) ||
      !belt_properties_get_boolean (properties, "incremental", &self->incremental, error) ||
      !belt_properties_get_string (properties, "body", &body, error))
    return FALSE;

  if (self->interval_ms < 1)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property interval: must be at least 1ms");
      return FALSE;
    }
  if (body != NULL && *body != '\0')
    self->body = g_bytes_new (body, strlen (body));
  return TRUE;
}

static void
fail (PullSource *self,
      const char *text)
{
  BeltSourceHost *host = self->base.host;
  g_autofree char *message = g_strdup_printf ("%s %s: %s", self->spec.method, self->spec.url, text);

  host->fault (host, message);
  if (self->connected)
    host->status (host, BELT_CONNECTION_DISCONNECTED, message);
  self->connected = FALSE;
}

static void
take_answer (PullSource *self,
             GBytes     *answer)
{
  BeltSourceHost *host = self->base.host;
  gsize len;
  const char *data = g_bytes_get_data (answer, &len);
  g_autofree char *padded = NULL;

  if (!self->connected)
    host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  self->connected = TRUE;

  if (self->incremental)
    {
      if (self->previous != NULL && g_bytes_equal (self->previous, answer))
        return;
      g_clear_pointer (&self->previous, g_bytes_unref);
      self->previous = g_bytes_ref (answer);
    }

  padded = g_malloc (len + BELT_JSON_PADDING);
  if (len > 0)
    memcpy (padded, data, len);
  memset (padded + len, 0, BELT_JSON_PADDING);
  host->payload (host, padded, len, FALSE, self->spec.url, NULL);
}

static void
answered_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Request *request = user_data;
  PullSource *self = request->source;
  g_autoptr(SoupMessage) message = request->message;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) answer = soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  guint status = soup_message_get_status (message);
  g_autofree char *text = NULL;

  g_free (request);
  if (self == NULL)
    return;

  self->request = NULL;
  if (answer == NULL)
    fail (self, error->message);
  else if (status < 200 || status > 299)
    {
      text = g_strdup_printf ("http return code: %u and error message %s", status,
                              soup_message_get_reason_phrase (message));
      fail (self, text);
    }
  else
    take_answer (self, answer);
}

static gboolean
ask_cb (gpointer user_data)
{
  PullSource *self = user_data;

  if (self->request != NULL)
    return G_SOURCE_CONTINUE;

  self->request = g_new0 (Request, 1);
  self->request->source = self;
  self->request->message = belt_http_spec_new_message (&self->spec, NULL, self->body);
  soup_session_send_and_read_async (self->session, self->request->message, G_PRIORITY_DEFAULT, self->cancellable,
                                    answered_cb, self->request);
  return G_SOURCE_CONTINUE;
}

static void
start_timer (PullSource *self)
{
  self->timer = g_timeout_source_new ((guint)MIN (self->interval_ms, G_MAXINT32));
  g_source_set_static_name (self->timer, "belt-source-httppull");
  g_source_set_callback (self->timer, ask_cb, self, NULL);
  g_source_attach (self->timer, self->base.host->get_context (self->base.host));
}

static gboolean
pull_source_start (BeltSource     *source,
                   BeltSourceHost *host,
                   GError        **error)
{
  PullSource *self = (PullSource *)source;

  self->session = belt_http_spec_new_session (&self->spec);
  self->cancellable = g_cancellable_new ();
  host->status (host, BELT_CONNECTION_CONNECTING, NULL);
  start_timer (self);
  g_source_set_ready_time (self->timer, 0);  /* the first one now */
  return TRUE;
}

static void
pull_source_stop (BeltSource *source)
{
  PullSource *self = (PullSource *)source;

  belt_timer_clear (&self->timer);
  if (self->request != NULL)
    self->request->source = NULL;
  self->request = NULL;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
}

static void
pull_source_pause (BeltSource *source,
                   gboolean    paused)
{
  PullSource *self = (PullSource *)source;

  if (paused)
    belt_timer_clear (&self->timer);
  else if (self->timer == NULL && self->session != NULL)
    start_timer (self);
}

static void
pull_source_finalize (BeltSource *source)
{
  PullSource *self = (PullSource *)source;

  pull_source_stop (source);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->previous, g_bytes_unref);
  belt_http_spec_clear (&self->spec);
}

const BeltSourceClass belt_source_httppull_class = {
  .type = "httppull",
  .instance_size = sizeof (PullSource),
  .configure = pull_source_configure,
  .start = pull_source_start,
  .stop = pull_source_stop,
  .pause = pull_source_pause,
  .finalize = pull_source_finalize,
};
