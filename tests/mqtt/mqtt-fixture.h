/* mqtt-fixture.h - a real broker on a port of its own, and a client that is not ours
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  guint        port;
  GSubprocess *process;
} Broker;

/* FALSE: there is no mosquitto on this machine. */
gboolean broker_is_there (void);
/* Port 0: a free one; the same again after broker_stop(). */
void     broker_start    (Broker     *self);
void     broker_stop     (Broker     *self);
/* At qos 1: the broker has it when this returns. */
void     broker_publish  (Broker     *self,
                          const char *topic,
                          const char *payload);

typedef struct _BrokerReader BrokerReader;

/* Collects what is published to a filter; subscribed when this returns. */
BrokerReader *broker_reader_new  (Broker       *broker,
                                  const char   *filter);
/* Returns: (transfer full): "topic payload\n" for each so far. */
char         *broker_reader_dup  (BrokerReader *self);
void          broker_reader_free (BrokerReader *self);

G_END_DECLS
