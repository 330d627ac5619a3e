/* belt-trial.h - a rule over rows at hand, seen at every operator
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same plan and operators as in production, driven on the calling thread
 * with a virtual clock and muted sinks.  The Rule page, `.test` files, `belt
 * conform` and deploy previews are all trials.  A trial is a pure function of
 * its spec.  The result is immutable and ref-counted; it may cross threads.
 */
#pragma once

#include "belt-batch.h"
#include "belt-catalog.h"
#include "belt-diagnostic.h"
#include "belt-function.h"
#include "belt-op.h"
#include "belt-plan.h"
#include "belt-record.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltTrialSpec BeltTrialSpec;
typedef struct _BeltTrial     BeltTrial;

/* One thing that happens, in order. */
typedef struct
{
  char   *stream;     /* NULL: only time passes */
  GBytes *payload;    /* one message, decoded by the stream's FORMAT; NULL: only time passes */
  gint64  at_ms;      /* arrival; -1: now */
  char   *metadata;   /* JSON object or NULL */
  BeltRecord *record; /* in place of payload and metadata */
} BeltTrialInput;

struct _BeltTrialSpec
{
  BeltCatalog       *catalog;
  BeltFunctionTable *functions;
  char              *rule_id;
  char              *sql;
  JsonObject        *options;        /* eKuiper's rule options; may be NULL */
  JsonArray         *actions;        /* eKuiper's actions; may be NULL: one muted sink */
  GPtrArray         *inputs;         /* of BeltTrialInput */
  GHashTable        *n_before;       /* stream to guint64: rows that came before its inputs; counted in ids */
  gint64             start_ms;       /* virtual clock at the start; -1: real time, arrival = now */
  gint64             advance_ms;     /* after the last input */
  gboolean           extensions;     /* accept what eKuiper would not parse */
  gboolean           end_of_stream;  /* sources report their end after the last input */
  guint              rows_max;       /* rows kept an operator and side; 0: none, only counts */
};

/* A row as it passed an operator. */
typedef struct
{
  BeltRowId      id;          /* of the source row, or of the first row of the group */
  gint64         time_ms;
  gint64         window_end;  /* 0 when not in a window */
  BeltValue      row;         /* MAP: the columns known at that point, in SELECT order where there is one */
  BeltDropReason reason;      /* 0: not dropped */
  char          *why;         /* one sentence with the values, for dropped and failed rows */
} BeltTrialRow;

typedef struct
{
  char      *name;       /* eKuiper's: "demo", "2_decoder", "3_filter", …, "log_0" */
  char      *kind;       /* "source", "filter", "window", … */
  char      *label;      /* for people: "WHERE temperature > 50" */
  BeltSpan   span;       /* in the statement; {0,0} when it stands for none */
  guint64    n_in;
  guint64    n_out;
  guint64    n_faults;
  guint64    n_dropped[BELT_DROP_N_REASONS];
  GPtrArray *in;         /* of BeltTrialRow, the newest rows_max */
  GPtrArray *out;
  GPtrArray *dropped;    /* with reasons; rows held in an open window are here as WINDOW_NOT_CLOSED */
  GArray    *next;       /* of guint: indices of the operators it feeds */
  GPtrArray *would_send; /* sinks: of char*, payloads as text; else NULL */
} BeltTrialOp;

BeltTrialSpec  *belt_trial_spec_new           (void);
void            belt_trial_spec_free          (BeltTrialSpec *self);
void            belt_trial_spec_add_input     (BeltTrialSpec *self,
                                               const char    *stream,
                                               const char    *payload,
                                               gssize         len,
                                               gint64         at_ms);
/* What came in at a source; shared, not copied.  at_ms: of arrival in the trial. */
void            belt_trial_spec_add_record    (BeltTrialSpec *self,
                                               const char    *stream,
                                               BeltRecord    *record,
                                               gint64         at_ms);
/* So many rows of the stream came before its inputs: ids of rows go on, and stay the same from trial to trial. */
void            belt_trial_spec_add_before    (BeltTrialSpec *self,
                                               const char    *stream,
                                               guint64        n_rows);
/* Runs on the calling thread; checks cancellable between batches.  NULL only when cancelled. */
BeltTrial      *belt_trial_run                (BeltTrialSpec *spec,
                                               GCancellable  *cancellable,
                                               GError       **error);
/* Takes spec; runs in a worker thread. */
void            belt_trial_run_async          (BeltTrialSpec *spec,
                                               GCancellable  *cancellable,
                                               GAsyncReadyCallback callback,
                                               gpointer       user_data);
BeltTrial      *belt_trial_run_finish         (GAsyncResult  *result,
                                               GError       **error);
BeltTrial      *belt_trial_ref                (BeltTrial     *self);
void            belt_trial_unref              (BeltTrial     *self);

/* Of BeltDiagnostic; errors mean that nothing ran. */
GPtrArray      *belt_trial_get_diagnostics    (BeltTrial     *self);
/* NULL, or the one text eKuiper would answer with when the statement does not plan. */
const char     *belt_trial_get_error          (BeltTrial     *self,
                                               gboolean      *ret_is_parse_error);
/* NULL when it did not plan; belongs to the trial. */
BeltPlan       *belt_trial_get_plan           (BeltTrial     *self);
/* Of BeltTrialOp, sources first, sinks last. */
/* Returns: (transfer full): names of the streams it reads, NULL at the end */
GStrv           belt_trial_dup_streams        (BeltTrial     *self);
GPtrArray      *belt_trial_get_ops            (BeltTrial     *self);
/* Of BeltValue*: each emission of the first sink, as it was given to it: LIST of MAPs, or one MAP.
 * A failed row is {"error": text} and its fault's kind is in the parallel array of fault kinds. */
GPtrArray      *belt_trial_get_emissions      (BeltTrial     *self);
const BeltFault *belt_trial_get_emission_fault (BeltTrial    *self,
                                               guint          emission);
/* "Why is there nothing?": the first reason that explains an empty result, with numbers; NULL if rows came out. */
const char     *belt_trial_get_summary        (BeltTrial     *self);
/* Every sub-value of the clause that dropped or passed this row: for the Why panel.
 * Returns: (transfer full): array of {start, end, text, value, note}. */
JsonNode       *belt_trial_explain            (BeltTrial     *self,
                                               guint          op,
                                               BeltRowId      row);

/* "What became of this row?": operator by operator from its source on, to where it ended.
 * Returns: (transfer full): array of {op, row, label, outcome, text, hint}; row is the id there; outcome is "passed",
 * "dropped", "waits", "failed", "sent" or "lost"; hint, or null, says what would have passed. */
JsonNode       *belt_trial_trace              (BeltTrial     *self,
                                               BeltRowId      row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltTrialSpec, belt_trial_spec_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltTrial, belt_trial_unref)

G_END_DECLS
