/* belt-run-make.c - runs and their events, made and freed
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * On the engine's thread: everything that can be wrong with the properties of
 * sources and sinks is found here, before a rule is accepted.
 */
#include "config.h"

#include "belt-run-private.h"

#include "belt-properties.h"

static gint64
get_now_ns (gpointer clock)
{
  return belt_clock_get_ns (clock);
}

static const BeltRefusedProperty refused[] =
{
  { "payloadFormat", "publish the embedded payload to a topic of its own" },
  { "mergeField", "leave it out: each message is a row" },
  { "merger", "leave it out: each message is a row" },
  { "connectionSelector", "give the connection's properties here" },
};

static gboolean
make_feeds (BeltRun           *self,
            const BeltRunSpec *spec,
            GError           **error)
{
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      BeltStream *stream = self->plan->streams[i].stream;
      g_autoptr(JsonObject) properties = NULL;
      const char *type;
      const char *datasource;
      BeltSource *source;

      if (self->plan->streams[i].is_lookup)
        continue;

      properties = spec->get_properties (spec->owner, stream, &type, &datasource);
      if (!belt_properties_refuse (properties, refused, G_N_ELEMENTS (refused), error))
        return FALSE;
      source = belt_source_new (type, datasource, properties, error);
      if (source == NULL)
        return FALSE;
      self->feeds[i] = belt_feed_new (stream, source, g_steal_pointer (&properties));
      if (!belt_feed_check (self->feeds[i], error))
        return FALSE;
    }

  return TRUE;
}

BeltRun *
belt_run_new (const BeltRunSpec *spec,
              GError           **error)
{
  BeltRun *self = g_new0 (BeltRun, 1);
  BeltPlan *plan = spec->plan;

  self->rule_id = g_strdup (spec->rule_id);
  self->serial = spec->serial;
  self->plan = belt_plan_ref (plan);
  self->worker = spec->worker;
  self->outlet = belt_outlet_ref (spec->outlet);
  self->metrics = belt_metrics_ref (spec->metrics);
  self->muted = spec->muted;
  self->clock = belt_clock_new_wall ();
  self->feeds = g_new0 (BeltFeed *, plan->n_streams + 1);
  self->lookups = g_new0 (BeltLookupSource *, plan->n_streams + 1);
  self->attached = g_new0 (gboolean, plan->n_streams + 1);
  self->maps = g_new0 (guint *, plan->n_streams + 1);
  self->gates = g_new0 (BeltGate *, plan->n_streams + 1);
  self->passes = g_new0 (BeltPass *, plan->n_streams + 1);
  self->n_faults_told = g_new0 (guint64, plan->n_ops + 1);
  self->armed_tick = G_MAXINT64;
  self->environment.now_ns = get_now_ns;
  self->environment.clock = self->clock;
  self->environment.rule_id = self->rule_id;
  self->environment.rule_start_ms = belt_clock_get_ms (self->clock);
  self->environment.random_state[0] = ((guint64)g_random_int () << 32) | g_random_int ();
  self->environment.random_state[1] = ((guint64)g_random_int () << 32) | g_random_int () | 1;

  if (!make_feeds (self, spec, error) || !belt_run_lookups_make (self, spec, error) ||
      !belt_run_sinks_make (self, spec->base_dir, error))
    {
      belt_run_free (self);
      return NULL;
    }
  self->topology = belt_topology_new_fused (plan, &self->environment, &self->emission_sink);
  self->is_timed = belt_topology_is_timed (self->topology);

  return self;
}

void
belt_run_free (BeltRun *self)
{
  belt_run_sinks_free (self);
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      belt_feed_free (self->feeds[i]);
      g_free (self->maps[i]);
      belt_pass_free (self->passes[i]);
    }
  g_clear_pointer (&self->topology, belt_topology_free);
  belt_run_lookups_free (self);
  belt_clock_unref (self->clock);
  belt_metrics_unref (self->metrics);
  belt_plan_unref (self->plan);
  belt_outlet_unref (self->outlet);
  g_free (self->n_faults_told);
  g_free (self->attached);
  g_free (self->feeds);
  g_free (self->maps);
  g_free (self->gates);
  g_free (self->passes);
  g_free (self->rule_id);
  g_free (self);
}

guint
belt_run_get_serial (BeltRun *self)
{
  return self->serial;
}

BeltWorker *
belt_run_get_worker (BeltRun *self)
{
  return self->worker;
}

static void
free_event (gpointer data)
{
  belt_run_event_free (data);
}

BeltOutlet *
belt_outlet_new (GMainContext *context,
                 BeltInboxFunc func,
                 gpointer      user_data)
{
  BeltOutlet *self = g_new0 (BeltOutlet, 1);

  g_atomic_ref_count_init (&self->ref_count);
  /* Emissions and notices have bounds of their own; ends and failures are one a run. */
  self->inbox = belt_inbox_new (context, 2 * BELT_RUN_EMISSIONS_MAX, G_MAXSIZE, func, user_data, free_event);
  return self;
}

BeltOutlet *
belt_outlet_ref (BeltOutlet *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
belt_outlet_unref (BeltOutlet *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  belt_inbox_unref (self->inbox);
  g_free (self);
}

void
belt_run_event_free (BeltRunEvent *event)
{
  g_free (event->rule_id);
  g_free (event->place);
  g_free (event->text);
  g_free (event);
}
