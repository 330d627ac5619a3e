/* belt-run.h - one rule in motion on its worker
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made on the engine's thread, where sources and sinks are checked; from
 * belt_run_start() on it belongs to its worker.  It tells the engine what happens
 * by events, which are values.  The engine answers an end or a failure with
 * belt_run_stop(), so each run is stopped exactly once and frees itself then.
 */
#pragma once

#include "belt-inbox.h"
#include "belt-metrics.h"
#include "belt-plan.h"
#include "belt-sink.h"
#include "belt-source.h"
#include "belt-worker.h"

G_BEGIN_DECLS

#define BELT_RUN_EMISSIONS_MAX 4096u  /* waiting for the engine's thread; newer ones are counted as not shown */
#define BELT_RUN_NOTICES_MAX   1024u
#define BELT_RUN_DRAIN_MS      1000u  /* what sinks get to deliver when a rule is stopped by hand */
#define BELT_RUN_END_DRAIN_MS  30000u /* …and when its sources ended */

typedef struct _BeltRun     BeltRun;
typedef struct _BeltOutlet  BeltOutlet;

typedef enum
{
  BELT_RUN_EMISSION,  /* place: the sink; text: the payload */
  BELT_RUN_NOTICE,    /* place may be NULL */
  BELT_RUN_FAILED,    /* text: why */
  BELT_RUN_ENDED,     /* all sources ended and everything is delivered */
} BeltRunEventKind;

typedef struct
{
  BeltRunEventKind kind;
  char            *rule_id;
  guint            serial;
  char            *place;
  char            *text;
  gsize            len;
} BeltRunEvent;

/* The way from all runs to the engine's thread.  Ref-counted, any thread. */
struct _BeltOutlet
{
  gatomicrefcount ref_count;
  BeltInbox      *inbox;
  int             wants_emissions;  /* atomic */
  int             waits;            /* atomic: emissions wait for room instead of being dropped */
  int             n_not_shown;      /* atomic */
};

typedef struct
{
  const char *rule_id;
  guint       serial;
  BeltPlan   *plan;
  BeltWorker *worker;
  BeltOutlet *outlet;
  BeltMetrics *metrics;
  gboolean    muted;
  JsonObject *(*get_properties) (gpointer owner, BeltStream *stream, const char **ret_type,
                                 const char **ret_datasource);  /* (transfer full) of a source */
  gpointer    owner;
  const char *base_dir;     /* for relative paths of sinks; NULL: the current folder */
} BeltRunSpec;

/* Checks and makes sources and sinks.  Errors are the user's, BELT_ERROR_IO. */
BeltRun    *belt_run_new         (const BeltRunSpec *spec,
                                  GError           **error);
guint       belt_run_get_serial  (BeltRun           *self);
BeltWorker *belt_run_get_worker  (BeltRun           *self);
/* One that was never started. */
void        belt_run_free        (BeltRun           *self);
/* [engine] The run is the worker's from here on. */
void        belt_run_start       (BeltRun           *self);
/* [engine] Takes the place of a running one between two batches, with its state and its sources. */
void        belt_run_replace     (BeltRun           *self,
                                  BeltRun           *old);
/* [engine] The last call: sources stop, sinks get BELT_RUN_DRAIN_MS, then the run is gone. */
void        belt_run_stop        (BeltRun           *self);

BeltOutlet *belt_outlet_new      (GMainContext      *context,
                                  BeltInboxFunc      func,
                                  gpointer           user_data);
BeltOutlet *belt_outlet_ref      (BeltOutlet        *self);
void        belt_outlet_unref    (BeltOutlet        *self);
void        belt_run_event_free  (BeltRunEvent      *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltRunEvent, belt_run_event_free)

G_END_DECLS
