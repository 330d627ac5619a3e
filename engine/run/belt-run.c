/* belt-run.c - one rule in motion on its worker
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DESIGN.  Feeds push batches in, the topology runs them to completion, sinks get
 * the emissions, all in one call stack.  Beside that there are three timers: the
 * topology's next tick, the copying of counters, and the deadline when stopping.
 *
 * A run ends in steps, none of which waits: sources have ended → the topology
 * finishes → sinks deliver what they hold (drained) → the engine hears of it.
 */
#include "config.h"

#include "belt-run-private.h"

#include "belt-error.h"
#include "belt-feed.h"

#include <string.h>

#define METRICS_EVERY_MS 50u

static void
post_event (BeltRun         *self,
            BeltRunEventKind kind,
            const char      *place,
            const char      *text,
            gsize            len)
{
  BeltRunEvent *event = g_new0 (BeltRunEvent, 1);

  event->kind = kind;
  event->rule_id = g_strdup (self->rule_id);
  event->serial = self->serial;
  event->place = g_strdup (place);
  event->text = text != NULL ? g_strndup (text, len) : NULL;
  event->len = len;

  if (g_atomic_int_get (&self->outlet->waits))
    belt_inbox_post_wait (self->outlet->inbox, event, len);
  else
    belt_inbox_post (self->outlet->inbox, event, len);
}

void
belt_run_notice (BeltRun    *self,
                 const char *place,
                 const char *text)
{
  if (g_atomic_int_get (&self->outlet->waits) ||
      belt_inbox_get_length (self->outlet->inbox) < BELT_RUN_NOTICES_MAX)
    post_event (self, BELT_RUN_NOTICE, place, text, strlen (text));
  else
    g_atomic_int_inc (&self->outlet->n_not_shown);
}

void
belt_run_show (BeltRun    *self,
               const char *sink,
               const char *payload,
               gsize       len)
{
  if (g_atomic_int_get (&self->outlet->waits) ||
      belt_inbox_get_length (self->outlet->inbox) < BELT_RUN_EMISSIONS_MAX)
    post_event (self, BELT_RUN_EMISSION, sink, payload, len);
  else
    g_atomic_int_inc (&self->outlet->n_not_shown);
}

static void
update_metrics (BeltRun *self)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (self->topology, &n_ops);

  belt_metrics_update (self->metrics, ops, n_ops);
}

/* A fault that ended inside the topology is only counted there; the newest of each operator is told. */
static void
tell_new_faults (BeltRun *self)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (self->topology, &n_ops);

  for (guint i = 0; i < n_ops; i++)
    {
      const BeltOpCounters *counters = &ops[i]->counters;

      if (counters->n_faults == self->n_faults_told[i])
        continue;
      self->n_faults_told[i] = counters->n_faults;
      /* Rows that did not decode were told one by one, with their places. */
      if (self->plan->ops[i].kind != BELT_PLAN_SCAN && counters->last_fault != NULL)
        belt_run_notice (self, ops[i]->name, counters->last_fault);
    }
}

static gboolean
metrics_timer_cb (gpointer user_data)
{
  BeltRun *self = user_data;

  update_metrics (self);
  tell_new_faults (self);
  g_clear_pointer (&self->metrics_timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

static GSource *
add_timer (BeltRun    *self,
           gint64      delay_ms,
           GSourceFunc func)
{
  GSource *source = g_timeout_source_new ((guint)CLAMP (delay_ms, 0, G_MAXINT32));

  g_source_set_static_name (source, "belt-run");
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, belt_worker_get_context (self->worker));
  return source;
}

static gboolean tick_cb (gpointer user_data);
static gboolean give_up_cb (gpointer user_data);

/* After anything that may have changed counters or timers. */
static void
settle (BeltRun *self)
{
  gint64 next_tick;

  if (self->metrics_timer == NULL)
    self->metrics_timer = add_timer (self, METRICS_EVERY_MS, metrics_timer_cb);

  next_tick = self->finished ? G_MAXINT64 : belt_topology_get_next_tick (self->topology);
  if (next_tick == self->armed_tick)
    return;

  belt_timer_clear (&self->tick_timer);
  self->armed_tick = next_tick;
  if (next_tick != G_MAXINT64)
    self->tick_timer = add_timer (self, next_tick - belt_clock_get_ms (self->clock), tick_cb);
}

static gboolean
tick_cb (gpointer user_data)
{
  BeltRun *self = user_data;

  g_clear_pointer (&self->tick_timer, g_source_unref);
  self->armed_tick = G_MAXINT64;
  /* The loop's clock and ours may differ by a little: too early is armed again. */
  belt_topology_advance (self->topology, belt_clock_get_ms (self->clock));
  settle (self);
  return G_SOURCE_REMOVE;
}

static void
tell_bad_rows (BeltRun    *self,
               BeltBatch  *batch,
               const char *place)
{
  for (guint row = 0; row < batch->n_rows; row++)
    {
      if (batch->faults[row] != NULL)
        belt_run_notice (self, place, batch->faults[row]->message);
    }
}

void
belt_run_take_batch (BeltRun    *self,
                     guint       stream,
                     BeltBatch  *batch,
                     const char *place)
{
  gint64 now_ms = belt_clock_get_ms (self->clock);

  if (self->finished)
    return;

  if (batch->faults != NULL)
    tell_bad_rows (self, batch, place);
  if (belt_topology_get_next_tick (self->topology) <= now_ms)
    belt_topology_advance (self->topology, now_ms);
  belt_topology_push (self->topology, stream, batch);
  settle (self);
}

void
belt_run_take_status (BeltRun    *self,
                      guint       stream,
                      int         state,
                      const char *message)
{
  gint64 now_ms = belt_clock_get_ms (self->clock);

  belt_metrics_set_connection (self->metrics, self->plan->streams[stream].source_op, state, message, now_ms);
  if (message != NULL && state == BELT_CONNECTION_DISCONNECTED)
    belt_run_notice (self, self->plan->streams[stream].stream->name, message);
}

void
belt_run_take_fault (BeltRun    *self,
                     guint       stream,
                     const char *message)
{
  belt_metrics_add_exception (self->metrics, self->plan->streams[stream].source_op, message, 1,
                              belt_clock_get_ms (self->clock));
  belt_run_notice (self, self->plan->streams[stream].stream->name, message);
}

BeltPlan *
belt_run_get_plan (BeltRun *self)
{
  return self->plan;
}

void
belt_run_map_columns (BeltRun     *self,
                      guint        stream,
                      const guint *map)
{
  const BeltPlanStream *needs = &self->plan->streams[stream];

  g_free (self->maps[stream]);
  self->maps[stream] = g_memdup2 (map, sizeof (guint) * (needs->n_columns + 1));
  belt_topology_map_columns (self->topology, stream, self->maps[stream]);
}

static void
fail (BeltRun    *self,
      const char *message)
{
  if (self->told_end)
    return;

  self->told_end = TRUE;
  self->finished = TRUE;
  update_metrics (self);
  post_event (self, BELT_RUN_FAILED, NULL, message, strlen (message));
}

/* Tables of files are read to their end before the streams begin, so that the first row finds them. */
static gboolean
is_table_loading (BeltRun *self,
                  guint    stream)
{
  return self->plan->streams[stream].is_table && self->feeds[stream] != NULL &&
         strcmp (belt_feed_get_class (self->feeds[stream])->type, "file") == 0 &&
         !belt_feed_has_ended (self->feeds[stream]);
}

static void
start_feeds (BeltRun *self)
{
  g_autoptr(GError) error = NULL;
  gboolean loading = FALSE;

  for (guint pass = 0; pass < 2 && !loading; pass++)
    {
      for (guint i = 0; i < self->plan->n_streams; i++)
        {
          if (self->feeds[i] == NULL || self->plan->streams[i].is_table != (pass == 0))
            continue;
          if (!belt_feed_start (self->feeds[i], self->worker, &error))
            {
              fail (self, error->message);
              return;
            }
          loading |= pass == 0 && is_table_loading (self, i);
        }
    }
}

/* Congested sinks stop the sources, all of them: a rule's rows keep their order. */
void
belt_run_set_congested (BeltRun *self,
                        gboolean congested)
{
  self->n_congested += congested ? 1 : -1;
  g_assert (self->n_congested >= 0);

  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      if (self->feeds[i] != NULL)
        belt_feed_pause (self->feeds[i], self, self->n_congested > 0);
    }
}

static void
free_feed (BeltRun  *self,
           BeltFeed *feed)
{
  GHashTable *shared = belt_worker_get_feeds (self->worker);

  if (g_hash_table_lookup (shared, belt_feed_get_stream (feed)) == feed)
    g_hash_table_remove (shared, belt_feed_get_stream (feed));
  belt_feed_free (feed);
}

static void
detach_feeds (BeltRun *self)
{
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      BeltFeed *feed = g_steal_pointer (&self->feeds[i]);
      gboolean again = FALSE;

      /* A stream joined with itself has one feed twice when it is shared. */
      for (guint j = i + 1; j < self->plan->n_streams; j++)
        again |= self->feeds[j] == feed;
      if (feed != NULL && !again && belt_feed_detach (feed, self) == 0)
        free_feed (self, feed);
    }
}

static void
destroy (BeltRun *self)
{
  BeltWorker *worker = self->worker;

  belt_timer_clear (&self->tick_timer);
  belt_timer_clear (&self->metrics_timer);
  belt_timer_clear (&self->stop_timer);
  belt_timer_clear (&self->check_timer);
  belt_run_free (self);
  belt_worker_release (worker);
}

/* Tells the end once everything is delivered, and goes away once it may. */
static void
check_finished (BeltRun *self)
{
  gboolean drained = belt_run_sinks_get_pending (self) == 0 || self->gave_up;

  if (!drained)
    {
      if (self->stop_timer == NULL)
        self->stop_timer = add_timer (self, self->stopping ? BELT_RUN_DRAIN_MS : BELT_RUN_END_DRAIN_MS,
                                      give_up_cb);
      return;
    }

  if (self->stopping)
    {
      destroy (self);
      return;
    }

  if (self->told_end)
    return;
  belt_timer_clear (&self->stop_timer);
  self->told_end = TRUE;
  belt_run_sinks_flush (self);
  update_metrics (self);
  tell_new_faults (self);
  post_event (self, BELT_RUN_ENDED, NULL, NULL, 0);
}

static gboolean
give_up_cb (gpointer user_data)
{
  BeltRun *self = user_data;

  g_clear_pointer (&self->stop_timer, g_source_unref);
  self->gave_up = TRUE;
  belt_run_notice (self, NULL, "some results were not delivered in time");
  check_finished (self);
  return G_SOURCE_REMOVE;
}

static gboolean
drained_cb (gpointer user_data)
{
  BeltRun *self = user_data;

  g_clear_pointer (&self->check_timer, g_source_unref);
  check_finished (self);
  return G_SOURCE_REMOVE;
}

/* Not at once: the sink that tells it is still at work, and this may free it. */
void
belt_run_take_drained (BeltRun *self)
{
  if (self->finished && self->check_timer == NULL)
    self->check_timer = add_timer (self, 0, drained_cb);
}

void
belt_run_take_end (BeltRun *self,
                   guint    stream)
{
  gboolean all = TRUE;
  gboolean any_stream = FALSE;

  if (self->finished)
    return;

  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      if (self->feeds[i] == NULL || self->plan->streams[i].is_table)
        continue;
      any_stream = TRUE;
      all &= belt_feed_has_ended (self->feeds[i]);
    }

  if (!any_stream || !all)
    {
      if (self->plan->streams[stream].is_table)
        start_feeds (self);
      return;
    }

  belt_topology_finish (self->topology);
  self->finished = TRUE;
  settle (self);
  check_finished (self);
}

static void
start_cb (gpointer data)
{
  BeltRun *self = data;
  GHashTable *shared = belt_worker_get_feeds (self->worker);
  g_autoptr(GError) error = NULL;

  belt_worker_hold (self->worker);
  if (!belt_run_sinks_start (self, &error))
    {
      fail (self, error->message);
      return;
    }

  belt_run_lookups_start (self);
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      BeltStream *stream = self->plan->streams[i].stream;
      BeltFeed *feed = stream->shared ? g_hash_table_lookup (shared, stream) : NULL;

      if (self->feeds[i] == NULL || self->attached[i])
        continue;
      if (feed != NULL && !belt_feed_has_ended (feed))
        {
          belt_feed_free (self->feeds[i]);
          self->feeds[i] = feed;
        }
      else if (stream->shared)
        g_hash_table_insert (shared, stream, self->feeds[i]);

      if (!belt_feed_attach (self->feeds[i], self, i, &error))
        {
          fail (self, error->message);
          return;
        }
      self->attached[i] = TRUE;
    }

  start_feeds (self);
  settle (self);
}

static void
stop_cb (gpointer data)
{
  BeltRun *self = data;

  self->stopping = TRUE;
  self->finished = TRUE;
  self->gave_up = FALSE;
  belt_timer_clear (&self->stop_timer);
  belt_timer_clear (&self->tick_timer);
  detach_feeds (self);
  belt_run_sinks_flush (self);
  check_finished (self);
}

static gboolean
is_same_feed (BeltRun *self,
              BeltRun *old,
              guint    stream)
{
  return old->feeds[stream] != NULL && self->feeds[stream] != NULL &&
         old->plan->streams[stream].stream == self->plan->streams[stream].stream &&
         belt_feed_get_class (old->feeds[stream]) == belt_feed_get_class (self->feeds[stream]);
}

/* The old run's sources go on and serve the new one. */
static void
take_over_feeds (BeltRun *self,
                 BeltRun *old)
{
  for (guint i = 0; i < MIN (self->plan->n_streams, old->plan->n_streams); i++)
    {
      BeltFeed *feed = old->feeds[i];
      g_autoptr(GError) error = NULL;

      if (!is_same_feed (self, old, i))
        continue;
      if (!belt_feed_attach (feed, self, i, &error))
        continue;  /* its own feed says why when it starts */
      belt_feed_detach (feed, old);
      belt_feed_free (self->feeds[i]);
      self->feeds[i] = feed;
      old->feeds[i] = NULL;
      self->attached[i] = TRUE;
    }
}

/* Counting goes on where the old version left off. */
static void
carry_counters (BeltRun *self,
                BeltRun *old)
{
  guint n_ops;
  guint n_old;
  BeltOp **ops = belt_topology_get_ops (self->topology, &n_ops);
  BeltOp **old_ops = belt_topology_get_ops (old->topology, &n_old);

  if (n_ops != n_old)
    return;

  for (guint i = 0; i < n_ops; i++)
    {
      g_free (ops[i]->counters.last_fault);
      ops[i]->counters = old_ops[i]->counters;
      ops[i]->counters.last_fault = g_strdup (old_ops[i]->counters.last_fault);
      self->n_faults_told[i] = old->n_faults_told[i];
    }
}

static void
replace_cb (gpointer data)
{
  BeltRun *self = data;
  BeltRun *old = g_steal_pointer (&self->replaces);
  g_autoptr(GBytes) state = belt_topology_save (old->topology);
  g_autoptr(GError) error = NULL;

  if (state != NULL && !belt_topology_restore (self->topology, state, &error))
    belt_run_notice (self, NULL, error->message);
  carry_counters (self, old);
  take_over_feeds (self, old);
  belt_run_sinks_take_over (self, old);
  stop_cb (old);
  start_cb (self);
}

void
belt_run_start (BeltRun *self)
{
  belt_worker_invoke (self->worker, start_cb, self);
}

void
belt_run_replace (BeltRun *self,
                  BeltRun *old)
{
  self->replaces = old;
  belt_worker_invoke (self->worker, replace_cb, self);
}

void
belt_run_stop (BeltRun *self)
{
  belt_worker_invoke (self->worker, stop_cb, self);
}
