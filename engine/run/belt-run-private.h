/* belt-run-private.h - what the files of a run share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * belt-run-make.c makes and frees it, belt-run.c is its life on the worker,
 * belt-run-sinks.c what becomes of emissions.
 */
#pragma once

#include "belt-clock.h"
#include "belt-feed.h"
#include "belt-lookup-source.h"
#include "belt-run.h"
#include "belt-topology.h"

G_BEGIN_DECLS

typedef struct _BeltRunSink BeltRunSink;

struct _BeltRun
{
  /* [worker] What each batch looks at, together. */
  BeltTopology     *topology;
  BeltWorker       *worker;
  gboolean          finished;      /* takes no more rows */
  gboolean          has_changed;   /* the worker knows */
  gboolean          is_timed;      /* the topology may ask for timers; fixed */

  char             *rule_id;
  guint             serial;
  BeltPlan         *plan;
  BeltOutlet       *outlet;
  BeltMetrics      *metrics;
  gboolean          muted;
  BeltClock        *clock;
  BeltEnvironment   environment;
  BeltEmissionSink  emission_sink;
  BeltFeed        **feeds;         /* [n_streams]; NULL: lookup tables */
  BeltLookupSource **lookups;      /* [n_streams]; NULL: no lookup tables */
  gboolean          lookups_open;  /* started, on the worker */
  gboolean         *attached;      /* [n_streams] */
  guint           **maps;          /* [n_streams]: where the feed has our columns */
  BeltGate        **gates;         /* [n_streams]; NULL: none; the feed's */
  BeltPass        **passes;        /* [n_streams]: behind each gate */
  BeltRunSink      *sinks;         /* [n_sinks] */
  guint64          *n_faults_told; /* [n_ops] */
  BeltRun          *replaces;      /* until replace_cb() */

  /* [worker] */
  GSource          *tick_timer;
  gint64            armed_tick;    /* what tick_timer is for; G_MAXINT64: none */
  GSource          *stop_timer;
  GSource          *check_timer;
  int               n_congested;
  gboolean          told_end;
  gboolean          stopping;
  gboolean          gave_up;       /* does not wait for sinks any longer */
};

void     belt_run_notice            (BeltRun         *self,
                                     const char      *place,
                                     const char      *text);
void     belt_run_show              (BeltRun         *self,
                                     const char      *sink,
                                     const char      *payload,
                                     gsize            len);
void     belt_run_set_congested     (BeltRun         *self,
                                     gboolean         congested);
void     belt_run_take_drained      (BeltRun         *self);

gboolean belt_run_lookups_make      (BeltRun         *self,
                                     const BeltRunSpec *spec,
                                     GError         **error);
void     belt_run_lookups_start     (BeltRun         *self);
void     belt_run_lookups_free      (BeltRun         *self);
gboolean belt_run_sinks_make        (BeltRun         *self,
                                     const char      *base_dir,
                                     GError         **error);
gboolean belt_run_sinks_start       (BeltRun         *self,
                                     GError         **error);
/* Sinks of the same class go on under the new run. */
void     belt_run_sinks_take_over   (BeltRun         *self,
                                     BeltRun         *old);
void     belt_run_sinks_flush       (BeltRun         *self);
guint    belt_run_sinks_get_pending (BeltRun         *self);
void     belt_run_sinks_free        (BeltRun         *self);

G_END_DECLS
