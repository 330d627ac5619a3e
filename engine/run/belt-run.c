/* belt-run.c - one rule in motion on its worker
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DESIGN.  Feeds push batches in, the topology runs them to completion, sinks get
 * the emissions, all in one call stack.  Beside that there are two timers: the
 * topology's next tick, and the deadline when stopping.  Counters are copied for
 * others to read when the worker gets round to it.
 *
 * A run ends in steps, none of which waits: sources have ended → the topology
 * finishes → sinks deliver what they hold (drained) → the engine hears of it.
 */
#include "config.h"

#include "belt-run-private.h"

#include "belt-error.h"
#include "belt-feed.h"

#include <string.h>

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

/* What was counted in front of the rule; nothing counts any more once it is finished. */
static void
take_gate_counts (BeltRun *self)
{
  BeltGateCounts counts;

  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      if (self->gates[i] == NULL)
        continue;
      belt_gate_take_counts (self->gates[i], &counts);
      if (!self->finished)
        belt_topology_count_gated (self->topology, i, &counts);
    }
}

/* Takes no more rows. */
static void
set_finished (BeltRun *self)
{
  take_gate_counts (self);
  self->finished = TRUE;
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      if (self->passes[i] != NULL)
        belt_pass_close (self->passes[i]);
    }
}

static void
update_metrics (BeltRun *self)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (self->topology, &n_ops);

  take_gate_counts (self);
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

static void
changed_cb (gpointer data)
{
  BeltRun *self = data;

  self->has_changed = FALSE;
  update_metrics (self);
  tell_new_faults (self);
}

void
belt_run_note_change (BeltRun *self)
{
  if (self->has_changed)
    return;

  self->has_changed = TRUE;
  belt_worker_add_changed (self->worker, changed_cb, self);
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

  belt_run_note_change (self);
  if (!self->is_timed)
    return;

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

/* Timers that are due come before the rows. */
static void
catch_up (BeltRun *self,
          gint64   now_ms)
{
  if (self->is_timed && belt_topology_get_next_tick (self->topology) <= now_ms)
    belt_topology_advance (self->topology, now_ms);
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
                     const char *place,
                     gint64      now_ms)
{
  if (self->finished)
    return;

  if (batch->faults != NULL)
    tell_bad_rows (self, batch, place);
  catch_up (self, now_ms);
  belt_topology_push (self->topology, stream, batch);
  settle (self);
}

void
belt_run_take_passed (BeltRun       *self,
                      guint          stream,
                      BeltBatch     *batch,
                      const guint32 *rows,
                      guint          n_rows,
                      gint64         now_ms)
{
  if (self->finished)
    return;

  catch_up (self, now_ms);
  belt_pass_push (self->passes[stream], batch, rows, n_rows, now_ms);
  settle (self);
}

BeltGate *
belt_run_set_gate (BeltRun     *self,
                   guint        stream,
                   BeltGates   *gates,
                   const guint *map,
                   BeltPass   **ret_pass)
{
  const guint *slots = NULL;
  const BeltFilterKernels *kernels = gates != NULL ? belt_topology_get_gate (self->topology, stream, &slots) : NULL;

  if (self->gates[stream] != NULL)
    take_gate_counts (self);
  g_clear_pointer (&self->passes[stream], belt_pass_free);
  self->gates[stream] = kernels != NULL ? belt_gates_add (gates, kernels, slots, map,
                                                          self->plan->streams[stream].n_columns) : NULL;
  if (self->gates[stream] == NULL)
    return NULL;

  self->passes[stream] = belt_topology_make_pass (self->topology, stream, map);
  /* Then there is nothing about the run itself to look at when rows pass. */
  if (!self->is_timed)
    *ret_pass = self->passes[stream];
  return self->gates[stream];
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
  set_finished (self);
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
  if (self->has_changed)
    belt_worker_remove_changed (worker, self);
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
  set_finished (self);
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
  set_finished (self);
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

  take_gate_counts (old);
  if (n_ops != n_old)
    return;

  for (guint i = 0; i < n_ops; i++)
    {
      g_free (ops[i]->counters.last_fault);
      g_free (ops[i]->counters.n_dropped);
      ops[i]->counters = old_ops[i]->counters;
      ops[i]->counters.last_fault = g_strdup (old_ops[i]->counters.last_fault);
      ops[i]->counters.n_dropped = g_memdup2 (old_ops[i]->counters.n_dropped, BELT_DROP_N_REASONS * sizeof (guint64));
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
