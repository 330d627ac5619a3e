/* belt-plugin-sink.c - a sink that lives in a plugin
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The worker's side: encodes each emission and queues it for the thread in
 * belt-plugin-sink-queue.c.  stop() gives the thread a second to finish.
 */
#include "config.h"

#include "belt-plugin-io.h"

#include "belt-error.h"
#include "belt-plugin-sink-queue.h"
#include "belt-sink.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

#define QUEUE_HARD_FACTOR 8u            /* sources that cannot be paused: beyond, emissions are dropped and counted */
#define STOP_MS           1000
#define REPORTS_MAX       1024u

/* A class a definition: the registry knows types, not plugins. */
typedef struct
{
  BeltSinkClass    klass;
  BeltPluginEntry *entry;
  char            *name;
} BeltPluginSinkClass;

typedef struct
{
  BeltSink       base;
  BeltSinkQueue *queue;
  BeltArena     *arena;
  BeltValue      config;
} BeltPluginSink;

static void
take_report (gpointer message,
             gpointer user_data)
{
  BeltPluginSink *self = user_data;
  BeltSinkHost *host = self->base.host;
  BeltSinkReport *taken = message;

  if (taken->kind == BELT_REPORT_STATUS)
    host->status (host, taken->state, taken->text);
  else if (taken->kind == BELT_REPORT_FAULT)
    host->fault (host, taken->text, taken->n_rows);
  else if (taken->kind == BELT_REPORT_UNCONGESTED)
    host->congested (host, FALSE);
  else
    host->drained (host);
  belt_sink_report_free (taken);
}

static gboolean
plugin_sink_configure (BeltSink   *sink,
                       JsonObject *properties,
                       GError    **error)
{
  BeltPluginSink *self = (BeltPluginSink *)sink;
  const BeltPluginSinkClass *klass = (const BeltPluginSinkClass *)sink->klass;
  g_autoptr(BeltPluginVersion) version = belt_plugin_entry_dup_version (klass->entry);
  const BeltPluginDef *def = version != NULL ? belt_plugin_version_find_def (version, klass->name) : NULL;

  if (def == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "sink %s is not defined", klass->name);
      return FALSE;
    }

  self->arena = belt_arena_new ();

  return belt_plugin_config_read (def, properties, self->arena, &self->config, error);
}

static gboolean
plugin_sink_start (BeltSink     *sink,
                   BeltSinkHost *host,
                   GError      **error)
{
  BeltPluginSink *self = (BeltPluginSink *)sink;
  const BeltPluginSinkClass *klass = (const BeltPluginSinkClass *)sink->klass;
  BeltValue values[3] = { belt_value_str (klass->name, strlen (klass->name)), belt_value_null (), self->config };
  BeltSinkQueue *queue = g_new0 (BeltSinkQueue, 1);

  queue->ref_count = 2;
  g_mutex_init (&queue->lock);
  g_cond_init (&queue->changed);
  queue->reports = belt_inbox_new (host->get_context (host), REPORTS_MAX, G_MAXSIZE, take_report, self,
                                   belt_sink_report_free);
  belt_plugin_instance_init (&queue->instance, klass->entry, klass->name, BELT_KIND_SINK, values, 3);
  queue->instance.rule = g_strdup (host->get_rule_id != NULL ? host->get_rule_id (host) : NULL);
  self->queue = queue;
  g_thread_unref (g_thread_new ("belt-sink", belt_sink_queue_run, queue));

  return TRUE;
}

/* Nothing is left behind in the queue that has an owner elsewhere. */
static BeltEmissionBlock *
encode_emission (const BeltValue *emission)
{
  const BeltValue *rows = emission->tag == BELT_TAG_LIST ? emission->u.items : emission;
  guint n_rows = emission->tag == BELT_TAG_LIST ? emission->len : 1;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltEmissionBlock *block;
  BeltWire wire;
  gsize at;

  belt_wire_init_grows (&wire);
  at = belt_wire_reserve (&wire, n_rows * sizeof (BeltValue));
  belt_wire_put_values (&wire, at, rows, n_rows, arena);
  if (wire.failed)
    {
      belt_wire_clear (&wire);
      return NULL;
    }

  block = g_new0 (BeltEmissionBlock, 1);
  block->bytes = wire.base;
  block->size = wire.used;
  block->values_at = at;
  block->n_rows = n_rows;

  return block;
}

static void
plugin_sink_collect (BeltSink        *sink,
                     const BeltValue *emission)
{
  BeltPluginSink *self = (BeltPluginSink *)sink;
  BeltSinkQueue *queue = self->queue;
  BeltEmissionBlock *block;
  gboolean congested = FALSE, full;

  if (queue == NULL || (emission->tag == BELT_TAG_LIST && emission->len == 0))
    return;
  if ((block = encode_emission (emission)) == NULL)
    {
      sink->host->fault (sink->host, "an emission that is too large for a plugin",
                         emission->tag == BELT_TAG_LIST ? emission->len : 1);
      return;
    }

  g_mutex_lock (&queue->lock);
  full = queue->queue.length >= BELT_SINK_QUEUE_LENGTH_MAX * QUEUE_HARD_FACTOR ||
         queue->n_bytes >= (gsize)BELT_SINK_QUEUE_BYTES_MAX * QUEUE_HARD_FACTOR;
  if (!full)
    {
      g_queue_push_tail (&queue->queue, block);
      queue->n_bytes += block->size;
      if (!queue->congested && (queue->queue.length >= BELT_SINK_QUEUE_LENGTH_MAX ||
                                queue->n_bytes >= BELT_SINK_QUEUE_BYTES_MAX))
        congested = queue->congested = TRUE;
      g_cond_broadcast (&queue->changed);
    }
  g_mutex_unlock (&queue->lock);

  if (congested)
    sink->host->congested (sink->host, TRUE);
  if (full)
    {
      sink->host->fault (sink->host, "the plugin is too slow: its queue is full", block->n_rows);
      belt_emission_block_free (block);
    }
}

/* Emissions that wait, and one for a batch that is on its way. */
static guint
plugin_sink_get_pending (BeltSink *sink)
{
  BeltSinkQueue *queue = ((BeltPluginSink *)sink)->queue;
  guint n_pending;

  if (queue == NULL)
    return 0;

  g_mutex_lock (&queue->lock);
  n_pending = queue->done ? 0 : queue->queue.length + !queue->idle;
  queue->tells_drained = n_pending > 0;
  g_mutex_unlock (&queue->lock);

  return n_pending;
}

static void
plugin_sink_flush (BeltSink *sink)
{
  BeltSinkQueue *queue = ((BeltPluginSink *)sink)->queue;
  gint64 until = g_get_monotonic_time () + STOP_MS * 1000;

  if (queue == NULL)
    return;

  g_mutex_lock (&queue->lock);
  while (!(queue->idle && g_queue_is_empty (&queue->queue)) && !queue->done)
    if (!g_cond_wait_until (&queue->changed, &queue->lock, until))
      break;
  g_mutex_unlock (&queue->lock);
}

static void
plugin_sink_stop (BeltSink *sink)
{
  BeltPluginSink *self = (BeltPluginSink *)sink;
  BeltSinkQueue *queue = g_steal_pointer (&self->queue);
  gint64 until = g_get_monotonic_time () + STOP_MS * 1000;

  if (queue == NULL)
    return;

  g_mutex_lock (&queue->lock);
  queue->stopping = TRUE;
  g_cond_broadcast (&queue->changed);
  while (!queue->done)
    if (!g_cond_wait_until (&queue->changed, &queue->lock, until))
      {
        queue->abandoned = TRUE;
        break;
      }
  g_mutex_unlock (&queue->lock);
  belt_inbox_close (queue->reports);
  belt_sink_queue_unref (queue);
}

static void
plugin_sink_finalize (BeltSink *sink)
{
  BeltPluginSink *self = (BeltPluginSink *)sink;

  plugin_sink_stop (sink);
  g_clear_pointer (&self->arena, belt_arena_free);
}

void
belt_plugin_sink_register (BeltPluginEntry *entry,
                           const char      *name)
{
  const BeltSinkClass *known = belt_sink_lookup (name);
  BeltPluginSinkClass *klass;

  if (known != NULL && known->configure == plugin_sink_configure &&
      ((const BeltPluginSinkClass *)known)->entry == entry)
    return;

  /* Sinks point to their class: one a plugin and name stays for good. */
  klass = g_new0 (BeltPluginSinkClass, 1);
  klass->entry = belt_plugin_entry_ref (entry);
  klass->name = g_strdup (name);
  klass->klass = (BeltSinkClass) {
    .type = klass->name,
    .instance_size = sizeof (BeltPluginSink),
    .wants_rows = TRUE,
    .configure = plugin_sink_configure,
    .start = plugin_sink_start,
    .collect = plugin_sink_collect,
    .flush = plugin_sink_flush,
    .stop = plugin_sink_stop,
    .finalize = plugin_sink_finalize,
    .get_pending = plugin_sink_get_pending,
  };
  belt_plugin_io_keep (klass);
  belt_sink_register (&klass->klass);
}

void
belt_plugin_sink_unregister (BeltPluginEntry *entry,
                             const char      *name)
{
  const BeltSinkClass *known = belt_sink_lookup (name);

  if (known != NULL && known->configure == plugin_sink_configure &&
      ((const BeltPluginSinkClass *)known)->entry == entry)
    belt_sink_unregister (name);
}
