/* belt-plugin-source.c - a source that lives in a plugin
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A thread of the source's own polls the host; rows and the offset behind them
 * come in one answer, and only then go to the worker, through a bounded inbox.
 * So after a death the source goes on from the offset of the last rows that were
 * taken, and no row is lost or doubled.
 */
#include "config.h"

#include "belt-plugin-io.h"

#include "belt-error.h"
#include "belt-inbox.h"
#include "belt-plugin-instance.h"
#include "belt-source.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

#define POLL_ROWS_MAX   256u
#define POLL_WAIT_MS    500u      /* the deadline a plugin gets: how long stop() may have to wait for it */
#define IDLE_MS         10u       /* after AGAIN */
#define RETRY_FIRST_MS  100u
#define RETRY_LAST_MS   10000u
#define INBOX_MAX       64u       /* polls on their way to the worker */
#define INBOX_BYTES_MAX (32u << 20)
#define DEATHS_MAX      4u        /* at one offset: the source ends */

typedef struct
{
  BeltSourceClass  klass;
  BeltPluginEntry *entry;
  char            *name;
} BeltPluginSourceClass;

/* What a poll brought: rows, or news. */
typedef struct
{
  BeltArena          *arena;
  BeltValue          *pairs;     /* row or payload, metadata */
  guint               n_pairs;
  gboolean            has_state;
  BeltConnectionState state;
  gboolean            is_fault;
  gboolean            is_end;
  char               *text;
} BeltPoll;

/* Shared by the source and its thread. */
typedef struct
{
  int                ref_count;
  GMutex             lock;
  GCond              changed;
  gboolean           stopping;
  BeltPluginChannel *cancel;     /* the channel in use, for belt_cancelled(); with the lock */
  BeltInbox         *inbox;
  BeltPluginInstance instance;   /* the thread's */
} BeltSourceThread;

typedef struct
{
  BeltSource        base;
  BeltSourceThread *thread;
  BeltArena        *arena;
  BeltValue         config;
  char             *datasource;
} BeltPluginSource;

static void
unref_thread (BeltSourceThread *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  belt_plugin_instance_clear (&self->instance);
  g_clear_pointer (&self->inbox, belt_inbox_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static void
free_poll (gpointer data)
{
  BeltPoll *poll = data;

  g_clear_pointer (&poll->arena, belt_arena_free);
  g_free (poll->text);
  g_free (poll);
}

static void
take_poll (gpointer message,
           gpointer user_data)
{
  BeltPluginSource *self = user_data;
  BeltSourceHost *host = self->base.host;
  BeltPoll *poll = message;

  if (poll->has_state)
    host->status (host, poll->state, poll->text);
  else if (poll->is_fault)
    host->fault (host, poll->text);
  for (guint i = 0; i < poll->n_pairs; i++)
    {
      const BeltValue *row = &poll->pairs[2 * i];
      const BeltValue *metadata = row[1].tag == BELT_TAG_MAP ? &row[1] : NULL;

      if (row->tag == BELT_TAG_MAP)
        host->row (host, row, metadata);
      else if (row->tag == BELT_TAG_BYTES)
        host->payload (host, row->u.s, row->len, FALSE, NULL, metadata);
    }
  if (poll->is_end)
    host->end (host);
  free_poll (poll);
}

static gboolean
post_status (BeltSourceThread   *self,
             BeltConnectionState state,
             const char         *text)
{
  BeltPoll *poll = g_new0 (BeltPoll, 1);

  poll->has_state = TRUE;
  poll->state = state;
  poll->text = g_strdup (text);

  return belt_inbox_post_wait (self->inbox, poll, 0);
}

static void
post_end (BeltSourceThread *self,
          const char       *fault)
{
  BeltPoll *poll = g_new0 (BeltPoll, 1);

  poll->is_end = TRUE;
  poll->is_fault = fault != NULL;
  poll->text = g_strdup (fault);
  belt_inbox_post_wait (self->inbox, poll, 0);
}

/* FALSE: time to stop. */
static gboolean
sleep_ms (BeltSourceThread *self,
          guint             ms)
{
  gint64 until = g_get_monotonic_time () + (gint64)ms * 1000;
  gboolean go_on;

  g_mutex_lock (&self->lock);
  while (!self->stopping && g_cond_wait_until (&self->changed, &self->lock, until))
    ;
  go_on = !self->stopping;
  g_mutex_unlock (&self->lock);

  return go_on;
}

static void
set_cancel (BeltSourceThread  *self,
            BeltPluginChannel *channel)
{
  g_mutex_lock (&self->lock);
  self->cancel = channel;
  if (channel != NULL && self->stopping)
    belt_plugin_channel_cancel (channel, TRUE);
  g_mutex_unlock (&self->lock);
}

/* The rows of an answered poll, into the inbox.  FALSE: rubbish, or nobody takes them. */
static gboolean
take_rows (BeltSourceThread *self)
{
  const BeltWireReply *reply = belt_plugin_channel_get_reply (self->instance.channel);
  BeltPoll *poll;

  if (reply->n_values == 0)
    return TRUE;
  if (reply->n_values > 2 * POLL_ROWS_MAX)
    return FALSE;

  poll = g_new0 (BeltPoll, 1);
  poll->arena = belt_arena_new ();
  poll->pairs = belt_arena_new_array (poll->arena, BeltValue, reply->n_values);
  poll->n_pairs = reply->n_values / 2;
  if (!belt_plugin_channel_read (self->instance.channel, reply->n_values, self->instance.name, poll->arena,
                                 poll->pairs))
    {
      free_poll (poll);
      return FALSE;
    }

  return belt_inbox_post_wait (self->inbox, poll, poll->arena->n_bytes);
}

/* Asks for rows.  The offset is remembered only with rows that were taken. */
static BeltCallResult
poll_once (BeltSourceThread *self,
           int              *ret_status,
           char            **ret_message)
{
  const BeltWireReply *reply;
  BeltWireRequest *rq;
  BeltCallResult result;
  BeltWire wire;
  GBytes *state;

  rq = belt_plugin_channel_begin (self->instance.channel, BELT_WIRE_POLL, &wire);
  rq->rows_max = POLL_ROWS_MAX;
  rq->wait_ms = POLL_WAIT_MS;
  set_cancel (self, self->instance.channel);
  result = belt_plugin_channel_call (self->instance.channel, belt_plugin_entry_get_io_ms (self->instance.entry));
  set_cancel (self, NULL);
  if (result != BELT_CALL_DONE)
    return result;

  reply = belt_plugin_channel_get_reply (self->instance.channel);
  if (!take_rows (self))
    {
      /* Either the inbox is closed, and then nothing matters, or the host cannot be trusted. */
      belt_plugin_process_kill (belt_plugin_channel_get_process (self->instance.channel));
      return BELT_CALL_DIED;
    }
  if ((state = belt_plugin_channel_read_state (self->instance.channel)) != NULL)
    {
      g_clear_pointer (&self->instance.state, g_bytes_unref);
      self->instance.state = state;
      self->instance.state_version = reply->state_version;
    }
  *ret_status = reply->status;
  if (reply->status < BELT_OK)
    *ret_message = g_strdup (reply->text);
  else
    belt_plugin_entry_note_good (self->instance.entry, self->instance.version);

  return BELT_CALL_DONE;
}

/* The state is as of the last poll already. */
static gboolean
save_nothing (gpointer owner)
{
  return TRUE;
}

static BeltCallResult
step (BeltSourceThread *self,
      int              *ret_status,
      char            **ret_message)
{
  gboolean was_open;
  BeltCallResult result;

  belt_plugin_instance_swap (&self->instance, save_nothing, NULL);
  was_open = self->instance.channel != NULL;
  *ret_message = belt_plugin_entry_dup_faulted (self->instance.entry, self->instance.version);
  *ret_status = BELT_E_CRASHED;
  if (*ret_message != NULL)
    return BELT_CALL_DONE;
  result = belt_plugin_instance_ready (&self->instance, ret_status, ret_message);
  if (result != BELT_CALL_DONE || *ret_message != NULL)
    return result;
  if (!was_open)
    post_status (self, BELT_CONNECTION_CONNECTED, NULL);

  return poll_once (self, ret_status, ret_message);
}

static gboolean
is_stopping (BeltSourceThread *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->stopping;
}

static gpointer
run_source (gpointer data)
{
  BeltSourceThread *self = data;
  guint wait_ms = RETRY_FIRST_MS, n_deaths = 0;

  while (!is_stopping (self))
    {
      g_autofree char *message = NULL;
      int status = BELT_OK;
      guint32 unit;
      BeltCallResult result = step (self, &status, &message);

      if (is_stopping (self))
        break;
      if (result != BELT_CALL_DONE)
        {
          message = belt_plugin_instance_bury (&self->instance, result,
                                               belt_plugin_entry_get_io_ms (self->instance.entry),
                                               &unit);
          n_deaths += result == BELT_CALL_DIED;
          status = n_deaths < DEATHS_MAX ? BELT_E_IO : BELT_E_CRASHED;
        }
      if (message == NULL)
        {
          wait_ms = RETRY_FIRST_MS;
          n_deaths = 0;
          if (status == BELT_EOF)
            {
              post_end (self, NULL);
              break;
            }
          if (status == BELT_AGAIN && !sleep_ms (self, IDLE_MS))
            break;
          continue;
        }

      if (!post_status (self, BELT_CONNECTION_DISCONNECTED, message))
        break;
      if (status != BELT_E_IO && status != BELT_E_TIMEOUT)
        {
          post_end (self, message);
          break;
        }
      g_clear_pointer (&self->instance.channel, belt_plugin_channel_free);
      if (!sleep_ms (self, wait_ms))
        break;
      wait_ms = MIN (wait_ms * 2, RETRY_LAST_MS);
    }

  g_clear_pointer (&self->instance.channel, belt_plugin_channel_free);
  unref_thread (self);

  return NULL;
}

static gboolean
plugin_source_configure (BeltSource *source,
                         const char *datasource,
                         JsonObject *properties,
                         GError    **error)
{
  BeltPluginSource *self = (BeltPluginSource *)source;
  const BeltPluginSourceClass *klass = (const BeltPluginSourceClass *)source->klass;
  g_autoptr(BeltPluginVersion) version = belt_plugin_entry_dup_version (klass->entry);
  const BeltPluginDef *def = version != NULL ? belt_plugin_version_find_def (version, klass->name) : NULL;

  if (def == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "source %s is not defined", klass->name);
      return FALSE;
    }

  self->datasource = g_strdup (datasource);
  self->arena = belt_arena_new ();

  return belt_plugin_config_read (def, properties, self->arena, &self->config, error);
}

static gboolean
plugin_source_start (BeltSource     *source,
                     BeltSourceHost *host,
                     GError        **error)
{
  BeltPluginSource *self = (BeltPluginSource *)source;
  const BeltPluginSourceClass *klass = (const BeltPluginSourceClass *)source->klass;
  const char *datasource = self->datasource != NULL ? self->datasource : "";
  BeltValue values[3] = { belt_value_str (klass->name, strlen (klass->name)),
                          belt_value_str (datasource, strlen (datasource)), self->config };
  BeltSourceThread *thread = g_new0 (BeltSourceThread, 1);

  thread->ref_count = 2;
  g_mutex_init (&thread->lock);
  g_cond_init (&thread->changed);
  thread->inbox = belt_inbox_new (host->get_context (host), INBOX_MAX, INBOX_BYTES_MAX, take_poll, self, free_poll);
  belt_plugin_instance_init (&thread->instance, klass->entry, klass->name, BELT_KIND_SOURCE, values, 3);
  self->thread = thread;
  g_thread_unref (g_thread_new ("belt-source", run_source, thread));

  return TRUE;
}

static void
plugin_source_stop (BeltSource *source)
{
  BeltPluginSource *self = (BeltPluginSource *)source;
  BeltSourceThread *thread = g_steal_pointer (&self->thread);

  if (thread == NULL)
    return;

  g_mutex_lock (&thread->lock);
  thread->stopping = TRUE;
  if (thread->cancel != NULL)
    belt_plugin_channel_cancel (thread->cancel, TRUE);
  g_cond_broadcast (&thread->changed);
  g_mutex_unlock (&thread->lock);
  belt_inbox_close (thread->inbox);
  unref_thread (thread);
}

static void
plugin_source_pause (BeltSource *source,
                     gboolean    paused)
{
  BeltPluginSource *self = (BeltPluginSource *)source;

  if (self->thread != NULL)
    belt_inbox_set_paused (self->thread->inbox, paused);
}

static void
plugin_source_finalize (BeltSource *source)
{
  BeltPluginSource *self = (BeltPluginSource *)source;

  plugin_source_stop (source);
  g_clear_pointer (&self->arena, belt_arena_free);
  g_free (self->datasource);
}

void
belt_plugin_source_register (BeltPluginEntry *entry,
                             const char      *name)
{
  const BeltSourceClass *known = belt_source_lookup (name);
  BeltPluginSourceClass *klass;

  if (known != NULL && known->configure == plugin_source_configure &&
      ((const BeltPluginSourceClass *)known)->entry == entry)
    return;

  klass = g_new0 (BeltPluginSourceClass, 1);
  klass->entry = belt_plugin_entry_ref (entry);
  klass->name = g_strdup (name);
  klass->klass = (BeltSourceClass) {
    .type = klass->name,
    .instance_size = sizeof (BeltPluginSource),
    .configure = plugin_source_configure,
    .start = plugin_source_start,
    .stop = plugin_source_stop,
    .pause = plugin_source_pause,
    .finalize = plugin_source_finalize,
  };
  belt_plugin_io_keep (klass);
  belt_source_register (&klass->klass);
}

void
belt_plugin_source_unregister (BeltPluginEntry *entry,
                             const char      *name)
{
  const BeltSourceClass *known = belt_source_lookup (name);

  if (known != NULL && known->configure == plugin_source_configure &&
      ((const BeltPluginSourceClass *)known)->entry == entry)
    belt_source_unregister (name);
}
