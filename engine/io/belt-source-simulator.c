/* belt-source-simulator.c - rows from a property, one an interval
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first row comes at once, the others an interval after each other; without
 * `loop` the source ends an interval after the last, as eKuiper's does.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-clock.h"
#include "belt-error.h"
#include "belt-json.h"
#include "belt-properties.h"

#include <string.h>

typedef struct
{
  BeltSource base;
  BeltArena *arena;
  BeltValue  data;         /* LIST of MAPs */
  gint64     interval_ms;
  gboolean   loop;
  guint      next;
  GSource   *timer;        /* NULL while paused and after the end */
  gboolean   ended;
} SimulatorSource;

/* Shown when nothing else is given, so that a first rule has rows. */
#define DEFAULT_DATA "[{\"temperature\": 22.5, \"humidity\": 50},{\"temperature\": 25.0, \"humidity\": 55}," \
  "{\"temperature\": 21.0, \"humidity\": 45}]"

static gboolean
parse_data (SimulatorSource *self,
            const char      *text,
            GError         **error)
{
  gsize len = strlen (text);
  char *padded = belt_arena_alloc0 (self->arena, len + BELT_JSON_PADDING);
  BeltJsonError json_error;

  memcpy (padded, text, len);
  if (!belt_json_parse (padded, len, 0, self->arena, &self->data, &json_error))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property data: %s", json_error.message);
      return FALSE;
    }

  for (guint i = 0; self->data.tag == BELT_TAG_LIST && i < self->data.len; i++)
    {
      if (self->data.u.items[i].tag != BELT_TAG_MAP)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                       "property data: expected an array of objects, but item %u is not an object", i);
          return FALSE;
        }
    }

  if (self->data.tag != BELT_TAG_LIST)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property data: expected an array of objects");
      return FALSE;
    }

  return TRUE;
}

static gboolean
simulator_source_configure (BeltSource *source,
                            const char *datasource,
                            JsonObject *properties,
                            GError    **error)
{
  SimulatorSource *self = (SimulatorSource *)source;
  JsonNode *data = belt_properties_lookup (properties, "data");
  g_autofree char *text = NULL;

  self->arena = belt_arena_new ();
  self->interval_ms = 1000;
  self->loop = TRUE;
  if (!belt_properties_get_duration (properties, "interval", &self->interval_ms, error) ||
      !belt_properties_get_boolean (properties, "loop", &self->loop, error))
    return FALSE;

  text = data != NULL ? json_to_string (data, FALSE) : g_strdup (DEFAULT_DATA);
  return parse_data (self, text, error);
}

static gboolean
send_next_cb (gpointer user_data)
{
  SimulatorSource *self = user_data;
  BeltSourceHost *host = self->base.host;

  if (self->next >= self->data.len && self->loop && self->data.len > 0)
    self->next = 0;

  if (self->next >= self->data.len)
    {
      g_clear_pointer (&self->timer, g_source_unref);
      self->ended = TRUE;
      host->end (host);
      return G_SOURCE_REMOVE;
    }

  host->row (host, &self->data.u.items[self->next++], NULL);
  return G_SOURCE_CONTINUE;
}

static void
start_timer (SimulatorSource *self)
{
  if (self->interval_ms > 0)
    self->timer = g_timeout_source_new ((guint)MIN (self->interval_ms, G_MAXINT32));
  else
    self->timer = g_idle_source_new ();
  g_source_set_static_name (self->timer, "belt-source-simulator");
  g_source_set_callback (self->timer, send_next_cb, self, NULL);
  g_source_attach (self->timer, self->base.host->get_context (self->base.host));
}

static void
simulator_source_stop (BeltSource *source)
{
  SimulatorSource *self = (SimulatorSource *)source;

  belt_timer_clear (&self->timer);
}

static gboolean
simulator_source_start (BeltSource     *source,
                        BeltSourceHost *host,
                        GError        **error)
{
  SimulatorSource *self = (SimulatorSource *)source;

  self->next = 0;
  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  start_timer (self);
  g_source_set_ready_time (self->timer, 0);  /* the first one now; then every interval */
  return TRUE;
}

static void
simulator_source_pause (BeltSource *source,
                        gboolean    paused)
{
  SimulatorSource *self = (SimulatorSource *)source;

  if (paused)
    simulator_source_stop (source);
  else if (self->timer == NULL && !self->ended)
    start_timer (self);
}

static void
simulator_source_finalize (BeltSource *source)
{
  SimulatorSource *self = (SimulatorSource *)source;

  simulator_source_stop (source);
  belt_arena_free (self->arena);
}

const BeltSourceClass belt_source_simulator_class = {
  .type = "simulator",
  .instance_size = sizeof (SimulatorSource),
  .configure = simulator_source_configure,
  .start = simulator_source_start,
  .stop = simulator_source_stop,
  .pause = simulator_source_pause,
  .finalize = simulator_source_finalize,
};
