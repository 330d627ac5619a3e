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
  char    *rowkind_field;  /* NULL: rows are only added */
  char    *key_field;
  char    *last_topic;     /* NULL: topic */
  GSource *timer;          /* while congested */
} MemorySink;

static gboolean
memory_sink_configure (BeltSink   *sink,
                       JsonObject *properties,
                       GError    **error)
{
  MemorySink *self = (MemorySink *)sink;

  self->topic = g_strdup ("");
  if (!belt_properties_get_string (properties, "topic", &self->topic, error) ||
      !belt_properties_get_string (properties, "rowkindField", &self->rowkind_field, error) ||
      !belt_properties_get_string (properties, "keyField", &self->key_field, error))
    return FALSE;

  if (strpbrk (self->topic, "#+") != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "invalid memory topic %s: wildcard found", self->topic);
      return FALSE;
    }
  if (self->rowkind_field != NULL && *self->rowkind_field == '\0')
    g_clear_pointer (&self->rowkind_field, g_free);
  if (self->rowkind_field != NULL && (self->key_field == NULL || *self->key_field == '\0'))
    return belt_refuse (error, BELT_ERROR_ENDPOINT, "keyField is required when rowkindField is set");

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

static const char *
get_last_topic (MemorySink *self)
{
  return self->last_topic != NULL ? self->last_topic : self->topic;
}

static gboolean
look_again_cb (gpointer user_data)
{
  MemorySink *self = user_data;
  BeltSinkHost *host = self->base.host;

  if (belt_memory_bus_is_congested (get_last_topic (self)))
    return G_SOURCE_CONTINUE;

  g_clear_pointer (&self->timer, g_source_unref);
  host->congested (host, FALSE);
  return G_SOURCE_REMOVE;
}

/* Returns: (transfer full): NULL, or why the row cannot change a table. */
static char *
check_update (MemorySink      *self,
              const BeltValue *row)
{
  static const char *const kinds[] = { "insert", "update", "upsert", "delete" };
  const BeltValue *kind = belt_value_get_member (row, self->rowkind_field, strlen (self->rowkind_field));
  gboolean known = kind == NULL;

  if (kind != NULL && kind->tag != BELT_TAG_STR)
    return g_strdup_printf ("rowkind field %s is not a string", self->rowkind_field);
  for (guint i = 0; i < G_N_ELEMENTS (kinds) && !known; i++)
    known = kind->len == strlen (kinds[i]) && memcmp (kind->u.s, kinds[i], kind->len) == 0;
  if (!known)
    return g_strdup_printf ("invalid rowkind %.*s", (int)MIN (kind->len, 100), kind->u.s);
  if (belt_value_get_member (row, self->key_field, strlen (self->key_field)) == NULL)
    return g_strdup_printf ("key field %s not found in data", self->key_field);

  return NULL;
}

/* FALSE: a single row that is wrong; of a list the wrong ones go on as they are, as in eKuiper, and are counted. */
static gboolean
check_updates (MemorySink      *self,
               const BeltValue *emission)
{
  BeltSinkHost *host = self->base.host;
  const BeltValue *rows = emission->tag == BELT_TAG_LIST ? emission->u.items : emission;
  guint n_rows = emission->tag == BELT_TAG_LIST ? emission->len : 1;
  gboolean right = TRUE;

  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *problem = check_update (self, &rows[i]);

      if (problem == NULL)
        continue;
      host->fault (host, problem, 1);
      right = FALSE;
    }

  return right || emission->tag == BELT_TAG_LIST;
}

static void
memory_sink_collect (BeltSink        *sink,
                     const BeltValue *emission)
{
  MemorySink *self = (MemorySink *)sink;
  BeltSinkHost *host = sink->host;
  guint n_rows = emission->tag == BELT_TAG_LIST ? emission->len : 1;
  BeltMemoryUpdates updates = { self->rowkind_field, self->key_field };
  const char *topic = belt_sink_render (sink, self->topic);

  if (self->rowkind_field != NULL && !check_updates (self, emission))
    return;
  if (topic != self->topic)
    {
      g_free (self->last_topic);
      self->last_topic = g_strdup (topic);
    }
  if (!belt_memory_bus_publish_updates (topic, emission, &updates))
    host->fault (host, "buffer full: a subscriber has no room for more", n_rows);

  if (self->timer != NULL || !belt_memory_bus_is_congested (topic))
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
  g_free (self->last_topic);
  g_free (self->rowkind_field);
  g_free (self->key_field);
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
