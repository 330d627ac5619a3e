/* belt-plan.h - a statement planned: what each operator has to do, and where values stand
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Immutable and ref-counted: one plan serves any number of runs on any threads.
 * Operators stand in eKuiper's order under eKuiper's names, sources first and sinks
 * last; `next` are the edges.  Everything in it lives as long as the plan.
 */
#pragma once

#include "belt-ast.h"
#include "belt-catalog.h"
#include "belt-diagnostic.h"
#include "belt-function.h"
#include "belt-layout.h"
#include "belt-op.h"
#include "belt-rule-options.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltPlan       BeltPlan;
typedef struct _BeltPlanOp     BeltPlanOp;
typedef struct _BeltPlanStream BeltPlanStream;
typedef struct _BeltPlanSink   BeltPlanSink;

typedef enum
{
  BELT_PLAN_SOURCE,         /* counts messages; its rows come from outside */
  BELT_PLAN_SCAN,           /* the decoder's end: source columns into slots; spec: BeltScanSpec */
  BELT_PLAN_WATERMARK,      /* BeltWatermarkSpec */
  BELT_PLAN_ANALYTIC,       /* BeltAnalyticSpec */
  BELT_PLAN_WINDOW_FILTER,  /* BeltFilterSpec */
  BELT_PLAN_WINDOW,         /* BeltWindowSpec */
  BELT_PLAN_WINDOW_AGGREGATE,  /* BeltPlanWindowAggregate: a window and its aggregate in one */
  BELT_PLAN_JOIN,           /* BeltJoinSpec */
  BELT_PLAN_LOOKUP,
  BELT_PLAN_AGGFUNC,        /* BeltAggregateSpec: aggregates in WHERE */
  BELT_PLAN_FILTER,         /* BeltFilterSpec */
  BELT_PLAN_CALL,           /* BeltCallSpec: plugin functions */
  BELT_PLAN_AGGREGATE,      /* BeltAggregateSpec */
  BELT_PLAN_HAVING,         /* BeltFilterSpec */
  BELT_PLAN_WINDOW_FUNC,    /* row_number */
  BELT_PLAN_ORDER,          /* BeltOrderSpec */
  BELT_PLAN_PROJECT,        /* BeltProjectSpec */
  BELT_PLAN_PROJECT_SET,    /* BeltProjectSetSpec */
  BELT_PLAN_SINK,           /* BeltSinkSpec */
} BeltPlanOpKind;

/* What the rule needs of one of its streams, and where it goes. */
struct _BeltPlanStream
{
  BeltStream  *stream;
  gboolean     is_table;      /* a scan table */
  gboolean     is_lookup;
  guint        n_columns;     /* the demand set: what to decode, in this order… */
  char       **columns;
  guint       *slots;
  gboolean     whole;         /* …and after them, if TRUE, the whole row as one more column */
  guint        whole_slot;
  BeltStream  *narrowed;      /* the same without the members of STRUCT columns that nobody opens; NULL: all are */
  int          time_column;   /* event time: index in columns; -1: arrival */
  guint        source_op;     /* index in ops: the first operator of this stream */
  guint        preprocessor;  /* the number of what eKuiper has after the decoder and we do in it; 0: nothing */
};

struct _BeltPlanOp
{
  BeltPlanOpKind kind;
  char          *name;        /* "demo", "2_decoder", "3_filter", …, "log_0" */
  char          *label;       /* for people: "WHERE temperature > 50" */
  BeltSpan       span;        /* in the statement; {0, 0}: none */
  gpointer       spec;
  GDestroyNotify spec_free;
  BeltOp      *(*create) (gconstpointer spec, BeltEval *eval, gint64 now_ms);
  guint         *next;
  guint          n_next;
};

struct _BeltPlanSink
{
  char       *type;           /* "log" */
  char       *name;           /* "log_0" */
  JsonObject *properties;
  guint       op;             /* index in ops */
};

struct _BeltPlan
{
  int                ref_count;
  char              *sql;
  gsize              sql_len;
  BeltCatalog       *catalog;
  BeltFunctionTable *functions;
  BeltRuleOptions    options;
  BeltLayout        *layout;
  guint              out_slot;     /* where project leaves the finished row */
  guint              n_streams;
  BeltPlanStream    *streams;
  guint              n_ops;
  BeltPlanOp        *ops;
  guint              n_sinks;
  BeltPlanSink      *sinks;
  const char        *flaw;         /* static text: why it cannot run though eKuiper plans it; NULL: it can */
  guint              n_states;     /* states of stateful calls */
  GDestroyNotify    *state_frees;  /* [n_states]; NULL: g_free() */
  BeltAst           *ast;
  GPtrArray         *warnings;     /* BeltDiagnostic */
  GPtrArray         *exprs;        /* every bound expression, owned */
};

typedef struct
{
  BeltCatalog       *catalog;
  BeltFunctionTable *functions;
  const char        *sql;
  gssize             len;
  JsonObject        *options;      /* eKuiper's rule options, or NULL */
  JsonArray         *actions;      /* eKuiper's actions; NULL: one muted sink "log" */
  gboolean           extensions;   /* accept what eKuiper would not parse */
  gboolean           is_temp;
} BeltPlanRequest;

typedef struct
{
  BeltPlan   *plan;                /* NULL when there are errors */
  char       *explain;             /* eKuiper's text; it explains more than it runs */
  GPtrArray  *diagnostics;         /* BeltDiagnostic, located */
  char       *error;               /* the one text eKuiper would answer with, or NULL */
  gboolean    parsed;              /* FALSE: the error is the parser's */
} BeltPlanResult;

/* Never NULL.  Pure: the same request gives the same plan.  Any thread. */
BeltPlanResult *belt_plan_new         (const BeltPlanRequest *request);
void            belt_plan_result_free (BeltPlanResult        *self);
BeltPlan       *belt_plan_ref         (BeltPlan              *self);
void            belt_plan_unref       (BeltPlan              *self);
/* eKuiper's {"sources": […], "edges": {…}}. */
JsonNode       *belt_plan_get_topo    (const BeltPlan        *self);
/* The statement's text of a span, trimmed. */
char           *belt_plan_dup_text    (const BeltPlan        *self,
                                       BeltSpan               span);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPlan, belt_plan_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltPlanResult, belt_plan_result_free)

G_END_DECLS
