/* belt-source-memory.c - rows that other rules publish in this process
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-error.h"
#include "belt-memory-bus.h"
#include "belt-properties.h"

#include <string.h>

typedef struct
{
  BeltSource              base;
  char                   *topic;
  gint64                  buffer_length;
  BeltMemorySubscription *subscription;
} MemorySource;

static gboolean
memory_source_configure (BeltSource *source,
                         const char *datasource,
                         JsonObject *properties,
                         GError    **error)
{
  MemorySource *self = (MemorySource *)source;
  const char *hash;

  self->topic = g_strdup (datasource != NULL ? datasource : "");
  self->buffer_length = 1024;
  if (!belt_properties_get_string (properties, "topic", &self->topic, error) ||
      !belt_properties_get_int (properties, "bufferLength", 0, BELT_MEMORY_QUEUE_MAX / 2,
                                &self->buffer_length, error))
    return FALSE;

  hash = strchr (self->topic, '#');
  if (hash != NULL && hash[1] != '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "invalid topic %s: # must at the last level", self->topic);
      return FALSE;
    }

  return TRUE;
}

static void
take_message_cb (BeltMemoryMessage *message,
                 gpointer           user_data)
{
  MemorySource *self = user_data;
  BeltSourceHost *host = self->base.host;
  BeltMember topic = { "topic", 5, belt_value_str (message->topic, strlen (message->topic)) };
  BeltValue metadata = belt_value_map (&topic, 1);
  guint64 n_dropped = belt_memory_subscription_take_dropped (self->subscription);

  if (n_dropped > 0)
    {
      g_autofree char *text = g_strdup_printf ("buffer full: %" G_GUINT64_FORMAT " messages of %s were dropped",
                                               n_dropped, self->topic);

      host->fault (host, text);
    }

  if (message->value.tag != BELT_TAG_LIST)
    {
      host->row (host, &message->value, &metadata);
      return;
    }

  for (guint i = 0; i < message->value.len; i++)
    host->row (host, &message->value.u.items[i], &metadata);
}

static gboolean
memory_source_start (BeltSource     *source,
                     BeltSourceHost *host,
                     GError        **error)
{
  MemorySource *self = (MemorySource *)source;

  self->subscription = belt_memory_bus_subscribe (self->topic, host->get_context (host),
                                                  (guint)self->buffer_length, take_message_cb, self);
  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  return TRUE;
}

static void
memory_source_stop (BeltSource *source)
{
  MemorySource *self = (MemorySource *)source;

  g_clear_pointer (&self->subscription, belt_memory_bus_unsubscribe);
}

static void
memory_source_pause (BeltSource *source,
                     gboolean    paused)
{
  MemorySource *self = (MemorySource *)source;

  if (self->subscription != NULL)
    belt_memory_subscription_set_paused (self->subscription, paused);
}

static void
memory_source_finalize (BeltSource *source)
{
  MemorySource *self = (MemorySource *)source;

  memory_source_stop (source);
  g_free (self->topic);
}

const BeltSourceClass belt_source_memory_class = {
  .type = "memory",
  .instance_size = sizeof (MemorySource),
  .configure = memory_source_configure,
  .start = memory_source_start,
  .stop = memory_source_stop,
  .pause = memory_source_pause,
  .finalize = memory_source_finalize,
};
