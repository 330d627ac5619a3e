/* belt-mqtt-client.c - one connection to an MQTT broker, kept up
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * libmosquitto is driven by a thread of ours rather than its own, since looking a
 * name up and connecting may block for minutes: nobody waits for that thread, the
 * last reference frees the client.  Received messages wait for room in the inbox,
 * so a slow rule slows the broker instead of filling memory.
 */
#include "config.h"

#include "belt-mqtt-client.h"

#include "belt-error.h"
#include "belt-inbox.h"
#include "belt-json.h"
#include "belt-properties.h"
#include "belt-source.h"

#include <errno.h>
#include <mosquitto.h>
#include <string.h>

#define KEEP_ALIVE_S   60
#define LOOP_MS        1000
#define BACK_OFF_MS    100    /* doubled after each failure… */
#define BACK_OFF_MAX_MS 10000 /* …up to this */

typedef enum
{
  EVENT_MESSAGE,
  EVENT_STATUS,
  EVENT_PUBLISHED,
  EVENT_REFUSED,
} EventKind;

typedef struct
{
  EventKind       kind;
  int             state;
  char           *text;
  BeltMqttMessage message;
} Event;

struct _BeltMqttClient
{
  gatomicrefcount         ref_count;
  struct mosquitto       *mosq;
  char                   *host;
  int                     port;
  char                   *topic;      /* to subscribe to on each connection; NULL: none */
  int                     qos;
  BeltInbox              *inbox;
  const BeltMqttHandlers *handlers;   /* owner's context */
  gpointer                owner;      /* owner's context */

  GMutex                  mutex;
  GCond                   wake;
  gboolean                stopping;   /* guarded */
};

static void
event_free (gpointer data)
{
  Event *event = data;

  g_free (event->text);
  g_free (event->message.topic);
  g_free (event->message.payload);
  g_free (event);
}

static void
post_event (BeltMqttClient *self,
            EventKind       kind,
            int             state,
            const char     *text)
{
  Event *event = g_new0 (Event, 1);

  event->kind = kind;
  event->state = state;
  event->text = g_strdup (text);
  belt_inbox_post_wait (self->inbox, event, 0);
}

static void
connect_cb (struct mosquitto *mosq,
            void             *user_data,
            int               code)
{
  BeltMqttClient *self = user_data;
  int result = MOSQ_ERR_SUCCESS;

  if (code != 0)
    {
      post_event (self, EVENT_STATUS, BELT_CONNECTION_DISCONNECTED, mosquitto_connack_string (code));
      return;
    }

  if (self->topic != NULL)
    result = mosquitto_subscribe (mosq, NULL, self->topic, self->qos);
  if (result != MOSQ_ERR_SUCCESS)
    post_event (self, EVENT_REFUSED, 0, mosquitto_strerror (result));
  /* With a subscription it counts as connected once the broker has granted that. */
  if (self->topic == NULL)
    post_event (self, EVENT_STATUS, BELT_CONNECTION_CONNECTED, NULL);
}

static void
subscribe_cb (struct mosquitto *mosq,
              void             *user_data,
              int               id,
              int               n_granted,
              const int        *granted)
{
  BeltMqttClient *self = user_data;

  if (n_granted > 0 && granted[0] >= 0x80)
    post_event (self, EVENT_REFUSED, 0, "the broker refuses the subscription");
  else
    post_event (self, EVENT_STATUS, BELT_CONNECTION_CONNECTED, NULL);
}

static void
message_cb (struct mosquitto               *mosq,
            void                           *user_data,
            const struct mosquitto_message *received)
{
  BeltMqttClient *self = user_data;
  Event *event = g_new0 (Event, 1);
  gsize len = (gsize)received->payloadlen;

  event->kind = EVENT_MESSAGE;
  event->message.topic = g_strdup (received->topic);
  event->message.payload = g_malloc (len + BELT_JSON_PADDING);
  if (len > 0)
    memcpy (event->message.payload, received->payload, len);
  memset (event->message.payload + len, 0, BELT_JSON_PADDING);
  event->message.len = len;
  event->message.qos = received->qos;
  event->message.id = received->mid;
  belt_inbox_post_wait (self->inbox, event, len);
}

static void
publish_cb (struct mosquitto *mosq,
            void             *user_data,
            int               id)
{
  post_event (user_data, EVENT_PUBLISHED, 0, NULL);
}

static void
take_event_cb (gpointer message,
               gpointer user_data)
{
  BeltMqttClient *self = user_data;
  Event *event = message;
  const BeltMqttHandlers *handlers = self->handlers;

  if (event->kind == EVENT_MESSAGE && handlers->message != NULL)
    handlers->message (self->owner, &event->message);
  else if (event->kind == EVENT_STATUS && handlers->status != NULL)
    handlers->status (self->owner, event->state, event->text);
  else if (event->kind == EVENT_PUBLISHED && handlers->published != NULL)
    handlers->published (self->owner);
  else if (event->kind == EVENT_REFUSED && handlers->refused != NULL)
    handlers->refused (self->owner, event->text);
  event_free (event);
}

static void
client_unref (BeltMqttClient *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->mosq, mosquitto_destroy);
  g_clear_pointer (&self->inbox, belt_inbox_unref);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->mutex);
  g_free (self->topic);
  g_free (self->host);
  g_free (self);
}

static gboolean
is_stopping (BeltMqttClient *self)
{
  gboolean stopping;

  g_mutex_lock (&self->mutex);
  stopping = self->stopping;
  g_mutex_unlock (&self->mutex);
  return stopping;
}

static void
wait_before_retry (BeltMqttClient *self,
                   guint           delay_ms)
{
  gint64 until = g_get_monotonic_time () + delay_ms * G_GINT64_CONSTANT (1000);

  g_mutex_lock (&self->mutex);
  while (!self->stopping && g_cond_wait_until (&self->wake, &self->mutex, until))
    ;
  g_mutex_unlock (&self->mutex);
}

static gpointer
run_network (gpointer data)
{
  BeltMqttClient *self = data;
  guint delay_ms = BACK_OFF_MS;

  while (!is_stopping (self))
    {
      int result;
      int saved_errno;
      g_autofree char *text = NULL;

      post_event (self, EVENT_STATUS, BELT_CONNECTION_CONNECTING, NULL);
      result = mosquitto_connect (self->mosq, self->host, self->port, KEEP_ALIVE_S);
      saved_errno = errno;
      while (result == MOSQ_ERR_SUCCESS && !is_stopping (self))
        {
          result = mosquitto_loop (self->mosq, LOOP_MS, 1);
          saved_errno = errno;
          if (result == MOSQ_ERR_SUCCESS)
            delay_ms = BACK_OFF_MS;
        }
      if (is_stopping (self))
        break;

      text = g_strdup_printf ("found error when connecting for %s:%d: %s", self->host, self->port,
                              result == MOSQ_ERR_ERRNO ? g_strerror (saved_errno) : mosquitto_strerror (result));
      post_event (self, EVENT_STATUS, BELT_CONNECTION_DISCONNECTED, text);
      wait_before_retry (self, delay_ms);
      delay_ms = MIN (delay_ms * 2, BACK_OFF_MAX_MS);
    }

  client_unref (self);
  return NULL;
}

/* tcp://HOST:PORT and its like; also HOST:PORT. */
static gboolean
parse_server (BeltMqttClient *self,
              const char     *server,
              gboolean       *ret_tls,
              GError        **error)
{
  static const struct { const char *scheme; gboolean tls; } schemes[] = {
    { "tcp", FALSE }, { "mqtt", FALSE }, { "ssl", TRUE }, { "tls", TRUE }, { "mqtts", TRUE }, { "tcps", TRUE },
  };
  g_autofree char *scheme = NULL;
  const char *rest = strstr (server, "://");
  const char *colon;
  guint64 port;
  guint i;

  scheme = rest != NULL ? g_ascii_strdown (server, rest - server) : g_strdup ("tcp");
  rest = rest != NULL ? rest + 3 : server;
  for (i = 0; i < G_N_ELEMENTS (schemes) && strcmp (schemes[i].scheme, scheme) != 0; i++)
    ;
  if (i == G_N_ELEMENTS (schemes))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property server: %s:// is not among tcp, mqtt, ssl, tls, mqtts, tcps", scheme);
      return FALSE;
    }

  *ret_tls = schemes[i].tls;
  colon = strrchr (rest, ':');
  if (colon != NULL && strchr (colon, ']') == NULL)
    {
      if (!g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, &port, NULL))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property server: %s has no port from 1 to 65535",
                       server);
          return FALSE;
        }
      self->port = (int)port;
      self->host = g_strndup (rest, (gsize)(colon - rest));
    }
  else
    {
      self->port = *ret_tls ? 8883 : 1883;
      self->host = g_strdup (rest);
    }

  if (self->host[0] == '[' && self->host[strlen (self->host) - 1] == ']')
    {
      memmove (self->host, self->host + 1, strlen (self->host));
      self->host[strlen (self->host) - 1] = '\0';
    }
  return TRUE;
}

static gboolean
configure_tls (BeltMqttClient *self,
               JsonObject     *properties,
               GError        **error)
{
  g_autofree char *ca = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  gboolean insecure = FALSE;
  int result;

  if (!belt_properties_get_string (properties, "rootCaPath", &ca, error) ||
      !belt_properties_get_string (properties, "certificationPath", &certificate, error) ||
      !belt_properties_get_string (properties, "privateKeyPath", &key, error) ||
      !belt_properties_get_boolean (properties, "insecureSkipVerify", &insecure, error))
    return FALSE;

  result = mosquitto_tls_set (self->mosq, ca, ca == NULL ? "/etc/ssl/certs" : NULL, certificate, key, NULL);
  if (result == MOSQ_ERR_SUCCESS)
    result = mosquitto_tls_insecure_set (self->mosq, insecure);
  if (result == MOSQ_ERR_SUCCESS)
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
               "properties rootCaPath, certificationPath, privateKeyPath: %s", mosquitto_strerror (result));
  return FALSE;
}

static gboolean
configure (BeltMqttClient *self,
           JsonObject     *properties,
           GError        **error)
{
  static const char *const versions[] = { "3.1", "3.1.1", "4", "5", NULL };
  static const int protocols[] = { MQTT_PROTOCOL_V31, MQTT_PROTOCOL_V311, MQTT_PROTOCOL_V311, MQTT_PROTOCOL_V5 };
  g_autofree char *server = NULL;
  g_autofree char *client_id = NULL;
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autofree char *selector = NULL;
  gboolean session = FALSE;
  gboolean tls = FALSE;
  guint version = 1;

  if (!belt_properties_get_string (properties, "server", &server, error) ||
      !belt_properties_get_string (properties, "clientid", &client_id, error) ||
      !belt_properties_get_string (properties, "username", &user, error) ||
      !belt_properties_get_string (properties, "password", &password, error) ||
      !belt_properties_get_string (properties, "connectionSelector", &selector, error) ||
      !belt_properties_get_boolean (properties, "enableClientSession", &session, error) ||
      !belt_properties_get_choice (properties, "protocolVersion", versions, &version, error))
    return FALSE;

  if (selector != NULL && *selector != '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property connectionSelector: named connections are not kept by this engine; give server here");
      return FALSE;
    }
  if (server == NULL || *server == '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "missing server property");
      return FALSE;
    }
  if (!parse_server (self, server, &tls, error))
    return FALSE;

  if (client_id != NULL && *client_id == '\0')
    g_clear_pointer (&client_id, g_free);
  if (session && client_id == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property clientid: a session is kept under a name, so enableClientSession needs it");
      return FALSE;
    }

  self->mosq = mosquitto_new (client_id, !session, self);
  mosquitto_threaded_set (self->mosq, true);
  mosquitto_int_option (self->mosq, MOSQ_OPT_PROTOCOL_VERSION, protocols[version]);
  if (user != NULL && *user != '\0')
    mosquitto_username_pw_set (self->mosq, user, password);
  return !tls || configure_tls (self, properties, error);
}

static gpointer
init_library (gpointer data)
{
  mosquitto_lib_init ();
  return NULL;
}

BeltMqttClient *
belt_mqtt_client_new (JsonObject *properties,
                      GError    **error)
{
  static GOnce once = G_ONCE_INIT;
  BeltMqttClient *self;

  g_once (&once, init_library, NULL);

  self = g_new0 (BeltMqttClient, 1);
  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->wake);
  if (!configure (self, properties, error))
    {
      client_unref (self);
      return NULL;
    }

  mosquitto_connect_callback_set (self->mosq, connect_cb);
  mosquitto_subscribe_callback_set (self->mosq, subscribe_cb);
  mosquitto_message_callback_set (self->mosq, message_cb);
  mosquitto_publish_callback_set (self->mosq, publish_cb);
  return self;
}

void
belt_mqtt_client_subscribe (BeltMqttClient *self,
                            const char     *topic,
                            int             qos)
{
  g_free (self->topic);
  self->topic = g_strdup (topic);
  self->qos = qos;
}

void
belt_mqtt_client_start (BeltMqttClient         *self,
                        GMainContext           *context,
                        const BeltMqttHandlers *handlers,
                        gpointer                owner)
{
  self->handlers = handlers;
  self->owner = owner;
  self->inbox = belt_inbox_new (context, BELT_MQTT_MESSAGES_MAX, BELT_MQTT_BYTES_MAX, take_event_cb, self,
                                event_free);
  g_atomic_ref_count_inc (&self->ref_count);
  g_thread_unref (g_thread_new ("belt-mqtt", run_network, self));
}

void
belt_mqtt_client_set_paused (BeltMqttClient *self,
                             gboolean        paused)
{
  if (self->inbox != NULL)
    belt_inbox_set_paused (self->inbox, paused);
}

gboolean
belt_mqtt_client_publish (BeltMqttClient *self,
                          const char     *topic,
                          const char     *payload,
                          gsize           len,
                          int             qos,
                          gboolean        retained,
                          GError        **error)
{
  int result = mosquitto_publish (self->mosq, NULL, topic, (int)len, payload, qos, retained);

  if (result == MOSQ_ERR_SUCCESS)
    return TRUE;

  g_set_error (error, BELT_ERROR, result == MOSQ_ERR_NO_CONN || result == MOSQ_ERR_CONN_LOST ? BELT_ERROR_IO
               : BELT_ERROR_INVALID, "Publishing to “%s”: %s", topic, mosquitto_strerror (result));
  return FALSE;
}

void
belt_mqtt_client_stop (BeltMqttClient *self)
{
  if (self == NULL)
    return;

  if (self->inbox != NULL)
    {
      belt_inbox_close (self->inbox);
      g_mutex_lock (&self->mutex);
      self->stopping = TRUE;
      g_cond_signal (&self->wake);
      g_mutex_unlock (&self->mutex);
      mosquitto_disconnect (self->mosq);
    }
  client_unref (self);
}
