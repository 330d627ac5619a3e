/* belt-sink-memory.c - rows to other rules of this process
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A subscriber with too much waiting makes the sink congested; a timer looks
 * when that is over, as subscribers do not know who publishes.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-clock.h"
#include "belt-error.h"
#include "belt-memory-bus.h"
#include "belt-properties.h"

#include <string.h>

#define CONGESTION_POLL_MS 5

typedef struct
{
  BeltSink base;
  char    *topic;
  GSource *timer;  /* while congested */
} MemorySink;

static gboolean
memory_sink_configure (BeltSink   *sink,
                       JsonObject *properties,
                       GError    **error)
{
  MemorySink *self = (MemorySink *)sink;
  g_autofree char *rowkind = NULL;

  self->topic = g_strdup ("");
  if (!belt_properties_get_string (properties, "topic", &self->topic, error) ||
      !belt_properties_get_string (properties, "rowkindField", &rowkind, error))
    return FALSE;

  if (strpbrk (self->topic, "#+") != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "invalid memory topic %s: wildcard found", self->topic);
      return FALSE;
    }
  if (rowkind != NULL && *rowkind != '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property rowkindField: updates by row kind are not done by this engine's memory sink; "
                   "leave it out and publish whole rows");
      return FALSE;
    }

  return TRUE;
}

static gboolean
memory_sink_start (BeltSink     *sink,
                   BeltSinkHost *host,
                   GError      **error)
{
  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  return TRUE;
}

static gboolean
look_again_cb (gpointer user_data)
{
  MemorySink *self = user_data;
  BeltSinkHost *host = self->base.host;

  if (belt_memory_bus_is_congested (self->topic))
    return G_SOURCE_CONTINUE;

  g_clear_pointer (&self->timer, g_source_unref);
  host->congested (host, FALSE);
  return G_SOURCE_REMOVE;
}

static void
memory_sink_collect (BeltSink        *sink,
                     const BeltValue *emission)
{
  MemorySink *self = (MemorySink *)sink;
  BeltSinkHost *host = sink->host;
  guint n_rows = emission->tag == BELT_TAG_LIST ? emission->len : 1;

  if (!belt_memory_bus_publish (self->topic, emission))
    host->fault (host, "buffer full: a subscriber has no room for more", n_rows);

  if (self->timer != NULL || !belt_memory_bus_is_congested (self->topic))
    return;

  self->timer = g_timeout_source_new (CONGESTION_POLL_MS);
  g_source_set_static_name (self->timer, "belt-sink-memory");
  g_source_set_callback (self->timer, look_again_cb, self, NULL);
  g_source_attach (self->timer, host->get_context (host));
  host->congested (host, TRUE);
}

static void
memory_sink_stop (BeltSink *sink)
{
  MemorySink *self = (MemorySink *)sink;

  belt_timer_clear (&self->timer);
}

static void
memory_sink_finalize (BeltSink *sink)
{
  MemorySink *self = (MemorySink *)sink;

  memory_sink_stop (sink);
  g_free (self->topic);
}

const BeltSinkClass belt_sink_memory_class = {
  .type = "memory",
  .instance_size = sizeof (MemorySink),
  .wants_rows = TRUE,
  .configure = memory_sink_configure,
  .start = memory_sink_start,
  .collect = memory_sink_collect,
  .stop = memory_sink_stop,
  .finalize = memory_sink_finalize,
};
