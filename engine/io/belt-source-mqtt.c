/* belt-source-mqtt.c - messages of an MQTT broker
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DATASOURCE is the topic filter.  Each message is a payload of the stream's
 * FORMAT; topic, qos and messageId are its metadata.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-error.h"
#include "belt-mqtt-client.h"
#include "belt-properties.h"

#include <mosquitto.h>
#include <string.h>

typedef struct
{
  BeltSource      base;
  BeltMqttClient *client;
  char           *topic;
  GBytes         *eof_message;  /* NULL: none */
  gboolean        ended;
} MqttSource;

static gboolean
mqtt_source_configure (BeltSource *source,
                       const char *datasource,
                       JsonObject *properties,
                       GError    **error)
{
  MqttSource *self = (MqttSource *)source;
  g_autofree char *eof = NULL;
  gint64 qos = 1;

  self->topic = g_strdup (datasource != NULL ? datasource : "");
  if (!belt_properties_get_int (properties, "qos", 0, 2, &qos, error) ||
      !belt_properties_get_string (properties, "eofMessage", &eof, error))
    return FALSE;

  if (*self->topic == '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "DATASOURCE which indicates the topic must be defined");
      return FALSE;
    }
  if (mosquitto_sub_topic_check (self->topic) != MOSQ_ERR_SUCCESS)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "DATASOURCE: %s is not a topic filter; + stands for one whole level, # for the rest",
                   self->topic);
      return FALSE;
    }
  if (eof != NULL && *eof != '\0')
    {
      gsize len;
      guchar *bytes = g_base64_decode (eof, &len);

      self->eof_message = g_bytes_new_take (bytes, len);
    }

  if (!(self->client = belt_mqtt_client_new (properties, error)))
    return FALSE;
  belt_mqtt_client_subscribe (self->client, self->topic, (int)qos);
  return TRUE;
}

static gboolean
is_eof (MqttSource            *self,
        const BeltMqttMessage *message)
{
  gsize len;
  gconstpointer bytes;

  if (self->eof_message == NULL)
    return FALSE;

  bytes = g_bytes_get_data (self->eof_message, &len);
  return len == message->len && memcmp (bytes, message->payload, len) == 0;
}

static void
take_message (gpointer               owner,
              const BeltMqttMessage *message)
{
  MqttSource *self = owner;
  BeltSourceHost *host = self->base.host;
  BeltMember members[] = {
    { "topic", 5, belt_value_str (message->topic, strlen (message->topic)) },
    { "qos", 3, belt_value_i64 (message->qos) },
    { "messageId", 9, belt_value_i64 (message->id) },
  };
  BeltValue metadata = belt_value_map (members, G_N_ELEMENTS (members));

  if (self->ended)
    return;

  if (is_eof (self, message))
    {
      self->ended = TRUE;
      host->end (host);
      return;
    }

  host->payload (host, message->payload, message->len, FALSE, message->topic, &metadata);
}

static void
take_status (gpointer    owner,
             int         state,
             const char *text)
{
  MqttSource *self = owner;

  self->base.host->status (self->base.host, (BeltConnectionState)state, text);
}

static void
take_refusal (gpointer    owner,
              const char *text)
{
  MqttSource *self = owner;
  g_autofree char *message = g_strdup_printf ("Subscribing to “%s”: %s", self->topic, text);

  self->base.host->fault (self->base.host, message);
}

static gboolean
mqtt_source_start (BeltSource     *source,
                   BeltSourceHost *host,
                   GError        **error)
{
  static const BeltMqttHandlers handlers = {
    .message = take_message, .status = take_status, .refused = take_refusal,
  };
  MqttSource *self = (MqttSource *)source;

  belt_mqtt_client_start (self->client, host->get_context (host), &handlers, self);
  return TRUE;
}

static void
mqtt_source_stop (BeltSource *source)
{
  MqttSource *self = (MqttSource *)source;

  g_clear_pointer (&self->client, belt_mqtt_client_stop);
}

static void
mqtt_source_pause (BeltSource *source,
                   gboolean    paused)
{
  MqttSource *self = (MqttSource *)source;

  if (self->client != NULL)
    belt_mqtt_client_set_paused (self->client, paused);
}

static void
mqtt_source_finalize (BeltSource *source)
{
  MqttSource *self = (MqttSource *)source;

  mqtt_source_stop (source);
  g_clear_pointer (&self->eof_message, g_bytes_unref);
  g_free (self->topic);
}

const BeltSourceClass belt_source_mqtt_class = {
  .type = "mqtt",
  .instance_size = sizeof (MqttSource),
  .configure = mqtt_source_configure,
  .start = mqtt_source_start,
  .stop = mqtt_source_stop,
  .pause = mqtt_source_pause,
  .finalize = mqtt_source_finalize,
};
