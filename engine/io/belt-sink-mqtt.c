/* belt-sink-mqtt.c - payloads to an MQTT broker
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Payloads queue while there is no connection, the newest QUEUE_MAX of them; what
 * falls out is counted.  While there is one, at most IN_FLIGHT_MAX are on their
 * way, and a queue that grows makes the rule's sources wait.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-error.h"
#include "belt-mqtt-client.h"
#include "belt-properties.h"

#include <mosquitto.h>
#include <string.h>

#define IN_FLIGHT_MAX 1000u
#define QUEUE_WANTED  1024u
#define QUEUE_MAX     16384u

typedef struct
{
  char *topic;     /* NULL: the sink's */
  char *payload;
  gsize len;
  guint n_rows;
} Waiting;

typedef struct
{
  BeltSink        base;
  BeltMqttClient *client;
  char           *topic;
  gint64          qos;
  gboolean        retained;
  gboolean        connected;
  gboolean        congested;
  GQueue          queue;       /* of Waiting */
  guint           n_in_flight;
} MqttSink;

static gboolean
mqtt_sink_configure (BeltSink   *sink,
                     JsonObject *properties,
                     GError    **error)
{
  MqttSink *self = (MqttSink *)sink;

  if (!belt_properties_get_string (properties, "topic", &self->topic, error) ||
      !belt_properties_get_int (properties, "qos", 0, 2, &self->qos, error) ||
      !belt_properties_get_boolean (properties, "retained", &self->retained, error) ||
      !(self->client = belt_mqtt_client_new (properties, error)))
    return FALSE;

  if (self->topic == NULL || *self->topic == '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "mqtt sink is missing property topic");
      return FALSE;
    }
  /* One with a template is looked at when it is known. */
  if (strstr (self->topic, "{{") == NULL && mosquitto_pub_topic_check (self->topic) != MOSQ_ERR_SUCCESS)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property topic: %s is not a topic one can publish to", self->topic);
      return FALSE;
    }

  return TRUE;
}

static void
free_waiting (gpointer data)
{
  Waiting *waiting = data;

  g_free (waiting->topic);
  g_free (waiting->payload);
  g_free (waiting);
}

static void
update_congestion (MqttSink *self)
{
  BeltSinkHost *host = self->base.host;
  gboolean congested = self->connected && g_queue_get_length (&self->queue) > QUEUE_WANTED;

  if (congested == self->congested)
    return;
  self->congested = congested;
  host->congested (host, congested);
}

static void
publish_waiting (MqttSink *self)
{
  BeltSinkHost *host = self->base.host;

  while (self->connected && self->n_in_flight < IN_FLIGHT_MAX && !g_queue_is_empty (&self->queue))
    {
      Waiting *waiting = g_queue_peek_head (&self->queue);
      g_autoptr(GError) error = NULL;

      /* Counted before: the answer may be posted before the call returns. */
      self->n_in_flight++;
      if (!belt_mqtt_client_publish (self->client, waiting->topic != NULL ? waiting->topic : self->topic,
                                     waiting->payload, waiting->len, (int)self->qos, self->retained, &error))
        {
          self->n_in_flight--;
          if (g_error_matches (error, BELT_ERROR, BELT_ERROR_IO))
            {
              self->connected = FALSE;  /* the network thread says more, soon */
              break;
            }
          host->fault (host, error->message, waiting->n_rows);
        }
      free_waiting (g_queue_pop_head (&self->queue));
    }

  update_congestion (self);
}

static guint
mqtt_sink_get_pending (BeltSink *sink)
{
  MqttSink *self = (MqttSink *)sink;

  return g_queue_get_length (&self->queue) + self->n_in_flight;
}

static void
take_published (gpointer owner)
{
  MqttSink *self = owner;

  if (self->n_in_flight > 0)
    self->n_in_flight--;
  publish_waiting (self);
  if (mqtt_sink_get_pending (&self->base) == 0)
    self->base.host->drained (self->base.host);
}

static void
take_status (gpointer    owner,
             int         state,
             const char *text)
{
  MqttSink *self = owner;
  BeltSinkHost *host = self->base.host;

  host->status (host, state, text);
  self->connected = state == BELT_CONNECTION_CONNECTED;
  /* What was on its way at qos 0 is gone; at qos 1 and 2 the library sends it again. */
  if (state == BELT_CONNECTION_DISCONNECTED && self->qos == 0 && self->n_in_flight > 0)
    {
      host->fault (host, "the connection was lost with payloads of qos 0 on their way", self->n_in_flight);
      self->n_in_flight = 0;
    }
  publish_waiting (self);
}

static gboolean
mqtt_sink_start (BeltSink     *sink,
                 BeltSinkHost *host,
                 GError      **error)
{
  static const BeltMqttHandlers handlers = { .status = take_status, .published = take_published };
  MqttSink *self = (MqttSink *)sink;

  belt_mqtt_client_start (self->client, host->get_context (host), &handlers, self);
  return TRUE;
}

static void
mqtt_sink_send (BeltSink   *sink,
                const char *payload,
                gsize       len,
                guint       n_rows)
{
  MqttSink *self = (MqttSink *)sink;
  const char *topic = belt_sink_render (sink, self->topic);
  Waiting *waiting;

  if (topic != self->topic && (*topic == '\0' || mosquitto_pub_topic_check (topic) != MOSQ_ERR_SUCCESS))
    {
      g_autofree char *text = g_strdup_printf ("property topic: “%s” is not a topic one can publish to", topic);

      sink->host->fault (sink->host, text, n_rows);
      return;
    }

  waiting = g_new (Waiting, 1);
  *waiting = (Waiting) { topic != self->topic ? g_strdup (topic) : NULL, g_memdup2 (payload, len), len, n_rows };
  g_queue_push_tail (&self->queue, waiting);
  if (g_queue_get_length (&self->queue) > QUEUE_MAX)
    {
      Waiting *oldest = g_queue_pop_head (&self->queue);

      sink->host->fault (sink->host, "too many payloads wait for the broker: the oldest is dropped",
                         oldest->n_rows);
      free_waiting (oldest);
    }
  publish_waiting (self);
}

static void
mqtt_sink_stop (BeltSink *sink)
{
  MqttSink *self = (MqttSink *)sink;
  guint n_left = mqtt_sink_get_pending (sink);

  if (self->client != NULL && n_left > 0)
    sink->host->fault (sink->host, "stopped before everything was delivered", n_left);
  g_clear_pointer (&self->client, belt_mqtt_client_stop);
  g_queue_clear_full (&self->queue, free_waiting);
  self->n_in_flight = 0;
}

static void
mqtt_sink_finalize (BeltSink *sink)
{
  MqttSink *self = (MqttSink *)sink;

  g_clear_pointer (&self->client, belt_mqtt_client_stop);
  g_queue_clear_full (&self->queue, free_waiting);
  g_free (self->topic);
}

const BeltSinkClass belt_sink_mqtt_class = {
  .type = "mqtt",
  .instance_size = sizeof (MqttSink),
  .configure = mqtt_sink_configure,
  .start = mqtt_sink_start,
  .send = mqtt_sink_send,
  .stop = mqtt_sink_stop,
  .finalize = mqtt_sink_finalize,
  .get_pending = mqtt_sink_get_pending,
};
