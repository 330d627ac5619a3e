/* belt-sink-log.c - payloads into the engine's log, into memory, or nowhere
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The three sinks that touch nothing outside: log, logToMemory and nop.
 */
#include "config.h"

#include "belt-sink-log.h"

#include "belt-builtin.h"
#include "belt-properties.h"

#define MEMORY_RESULTS_MAX 10u  /* newest payloads a rule keeps for whoever asks */

typedef struct
{
  BeltSink base;
  gboolean log;
} LogSink;

static GMutex memory_lock;
static GHashTable *memory_results;  /* guarded by memory_lock: rule id to GQueue of char* */

static gboolean
log_sink_configure (BeltSink   *sink,
                    JsonObject *properties,
                    GError    **error)
{
  LogSink *self = (LogSink *)sink;

  if (!belt_properties_get_boolean (properties, "log", &self->log, error))
    return FALSE;

  sink->wants_nothing = !self->log;
  return TRUE;
}

static gboolean
log_sink_start (BeltSink     *sink,
                BeltSinkHost *host,
                GError      **error)
{
  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  return TRUE;
}

/* Connected to nothing, says eKuiper. */
static gboolean
nop_sink_start (BeltSink     *sink,
                BeltSinkHost *host,
                GError      **error)
{
  return TRUE;
}

static void
write_log (LogSink    *self,
           const char *payload,
           gsize       len)
{
  BeltSinkHost *host = self->base.host;

  g_message ("sink result for rule %s: %.*s", host->get_rule_id (host),
             (int)MIN (len, G_MAXINT32), payload);
}

static void
log_sink_send (BeltSink   *sink,
               const char *payload,
               gsize       len,
               guint       n_rows)
{
  write_log ((LogSink *)sink, payload, len);
}

static void
nop_sink_send (BeltSink   *sink,
               const char *payload,
               gsize       len,
               guint       n_rows)
{
  LogSink *self = (LogSink *)sink;

  if (self->log)
    write_log (self, payload, len);
}

static void
free_results (gpointer data)
{
  g_queue_free_full (data, g_free);
}

static void
memory_sink_send (BeltSink   *sink,
                  const char *payload,
                  gsize       len,
                  guint       n_rows)
{
  const char *rule_id = sink->host->get_rule_id (sink->host);
  GQueue *results;

  g_mutex_lock (&memory_lock);
  if (memory_results == NULL)
    memory_results = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_results);
  results = g_hash_table_lookup (memory_results, rule_id);
  if (results == NULL)
    {
      results = g_queue_new ();
      g_hash_table_insert (memory_results, g_strdup (rule_id), results);
    }
  g_queue_push_tail (results, g_strndup (payload, len));
  if (g_queue_get_length (results) > MEMORY_RESULTS_MAX)
    g_free (g_queue_pop_head (results));
  g_mutex_unlock (&memory_lock);
}

GPtrArray *
belt_sink_log_dup_results (const char *rule_id)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (g_free);
  GQueue *results;

  g_mutex_lock (&memory_lock);
  results = memory_results != NULL ? g_hash_table_lookup (memory_results, rule_id) : NULL;
  for (GList *at = results != NULL ? results->head : NULL; at != NULL; at = at->next)
    g_ptr_array_add (copies, g_strdup (at->data));
  g_mutex_unlock (&memory_lock);

  return copies;
}

const BeltSinkClass belt_sink_log_class = {
  .type = "log",
  .instance_size = sizeof (LogSink),
  .start = log_sink_start,
  .send = log_sink_send,
};

const BeltSinkClass belt_sink_log_to_memory_class = {
  .type = "logToMemory",
  .instance_size = sizeof (LogSink),
  .start = log_sink_start,
  .send = memory_sink_send,
};

const BeltSinkClass belt_sink_nop_class = {
  .type = "nop",
  .instance_size = sizeof (LogSink),
  .configure = log_sink_configure,
  .start = nop_sink_start,
  .send = nop_sink_send,
};
