/* belt-engine-private.h - what the files of the engine share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * belt-engine.c is the engine itself, belt-engine-streams.c streams, tables and
 * settings of sources, belt-engine-schemas.c .proto files, belt-engine-rules.c the rules one may ask about,
 * belt-engine-run.c how they start, stop and are swapped.
 */
#pragma once

#include "belt-clock.h"
#include "belt-engine.h"
#include "belt-run.h"
#include "belt-store.h"

G_BEGIN_DECLS

#define BELT_ENGINE_WORKERS_MAX 4u

typedef enum
{
  BELT_RULE_STOPPED,
  BELT_RULE_RUNNING,
  BELT_RULE_FAILED,
} BeltRuleState;

typedef struct
{
  char          *id;
  JsonObject    *definition;
  BeltRuleState  state;
  char          *message;        /* why it stands still; "" */
  gint64         started_ms;     /* 0: never */
  gint64         stopped_ms;
  guint          serial;         /* of the newest run */
  guint          shown_serial;   /* of the oldest run it was swapped from: what that one still says is heard */
  BeltWorker    *worker;         /* NULL until first started */
  BeltRun       *run;            /* NULL unless running */
  BeltPlan      *plan;           /* of the newest run */
  BeltMetrics   *metrics;        /* of the newest run */
  GPtrArray     *classes;        /* of its sources and sinks, borrowed */
  guint          attempts_left;  /* restartStrategy */
  GSource       *restart_timer;
  GSource       *end_timer;      /* option duration */
} BeltRule;

struct _BeltEngine
{
  GObject            parent_instance;

  char              *data_dir;
  char              *base_dir;
  guint              flags;
  GMainContext      *context;
  BeltClock         *clock;
  BeltStore         *store;
  BeltCatalog       *catalog;
  GHashTable        *schema_versions;  /* name of a schema to its version, "": none */
  BeltFunctionTable *functions;
  GPtrArray         *rules;        /* of BeltRule, in order of creation */
  GHashTable        *overrides;    /* stream name to SourceOverride */
  GHashTable        *tables;       /* identities of the lookup tables that gather rows */
  GPtrArray         *recorders;    /* of BeltRecorder */
  BeltWorker        *workers[BELT_ENGINE_WORKERS_MAX];
  guint              n_workers;
  guint              next_worker;
  BeltOutlet        *outlet;
  guint              last_serial;
  gboolean           is_resumed;
  gboolean           is_shut_down;
  GSource           *resume_source;

  BeltEmissionFunc   emission_func;
  gpointer           emission_data;
  GDestroyNotify     emission_notify;
  BeltNoticeFunc     notice_func;
  gpointer           notice_data;
  GDestroyNotify     notice_notify;
};

BeltRule   *belt_engine_lookup_rule      (BeltEngine   *self,
                                          const char   *id);
/* NULL with NOT_FOUND. */
BeltRule   *belt_engine_need_rule        (BeltEngine   *self,
                                          const char   *id,
                                          GError      **error);
void        belt_engine_load_schemas     (BeltEngine   *self);
void        belt_engine_load_streams     (BeltEngine   *self);
void        belt_engine_load_rules       (BeltEngine   *self);
/* After the tables of the catalog, or what their sources are, have changed. */
void        belt_engine_keep_tables      (BeltEngine   *self);
/* Type, datasource and merged properties of a stream's source. */
JsonObject *belt_engine_dup_source_properties (BeltEngine  *self,
                                               BeltStream  *stream,
                                               const char **ret_type,
                                               const char **ret_datasource);

void        belt_rule_free               (BeltRule     *rule);
/* Makes it "triggered" or not, also in the store. */
void        belt_engine_set_triggered    (BeltEngine   *self,
                                          BeltRule     *rule,
                                          gboolean      triggered);
BeltPlanResult *belt_engine_plan         (BeltEngine   *self,
                                          JsonObject   *definition);
/* Plans and makes a run of this definition; the rule is only asked for its worker. */
BeltRun    *belt_engine_make_run         (BeltEngine   *self,
                                          BeltRule     *rule,
                                          JsonObject   *definition,
                                          BeltPlan    **ret_plan,
                                          BeltMetrics **ret_metrics,
                                          GError      **error);
/* Takes all three. */
void        belt_engine_launch           (BeltEngine   *self,
                                          BeltRule     *rule,
                                          BeltRun      *run,
                                          BeltPlan     *plan,
                                          BeltMetrics  *metrics);
gboolean    belt_engine_start            (BeltEngine   *self,
                                          BeltRule     *rule,
                                          GError      **error);
void        belt_engine_stop             (BeltEngine   *self,
                                          BeltRule     *rule,
                                          BeltRuleState state,
                                          const char   *message);
void        belt_engine_swap_changed     (BeltEngine   *self);
void        belt_engine_take_event       (gpointer      message,
                                          gpointer      user_data);
void        belt_engine_announce         (BeltEngine   *self,
                                          BeltRule     *rule);

G_END_DECLS
