/* belt-mqtt-client.h - one connection to an MQTT broker, kept up
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The network has a thread of its own, which connects, waits and reconnects with
 * back-off; what happens there reaches the owner in its main context.  Stopping
 * does not wait for the network.  [owner's context]
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define BELT_MQTT_MESSAGES_MAX 16384u
#define BELT_MQTT_BYTES_MAX    (64u * 1024u * 1024u)

typedef struct _BeltMqttClient BeltMqttClient;

typedef struct
{
  char    *topic;
  char    *payload;   /* BELT_JSON_PADDING readable bytes follow */
  gsize    len;
  int      qos;
  int      id;
} BeltMqttMessage;

/* Any may be NULL.  Everything is lent. */
typedef struct
{
  void (*message)   (gpointer owner, const BeltMqttMessage *message);
  void (*status)    (gpointer owner, int connection_state, const char *text);
  void (*published) (gpointer owner);
  void (*refused)   (gpointer owner, const char *text);  /* a subscription */
} BeltMqttHandlers;

/* server, protocolVersion, clientid, username, password, TLS, enableClientSession.  Touches nothing. */
BeltMqttClient *belt_mqtt_client_new       (JsonObject             *properties,
                                            GError                **error);
void            belt_mqtt_client_subscribe (BeltMqttClient         *self,
                                            const char             *topic,
                                            int                     qos);
void            belt_mqtt_client_start     (BeltMqttClient         *self,
                                            GMainContext           *context,
                                            const BeltMqttHandlers *handlers,
                                            gpointer                owner);
void            belt_mqtt_client_set_paused (BeltMqttClient        *self,
                                             gboolean               paused);
/* FALSE: not connected. */
gboolean        belt_mqtt_client_publish   (BeltMqttClient         *self,
                                            const char             *topic,
                                            const char             *payload,
                                            gsize                   len,
                                            int                     qos,
                                            gboolean                retained,
                                            GError                **error);
/* Gives it away: nothing is heard of it after this. */
void            belt_mqtt_client_stop      (BeltMqttClient         *self);

G_END_DECLS
