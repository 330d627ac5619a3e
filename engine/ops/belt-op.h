/* belt-op.h - the one vtable of all operators, and the only way from op to op
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan is read-only and shared; all that changes lives in the operator.  One
 * call stack carries a batch from source to sinks.  belt_op_emit() counts and,
 * when somebody looks, hands the batch to a tap; without a tap that is one
 * compare.  [worker]
 */
#pragma once

#include "belt-batch.h"
#include "belt-expr.h"

G_BEGIN_DECLS

typedef struct _BeltOp      BeltOp;
typedef struct _BeltOpClass BeltOpClass;
typedef struct _BeltTap     BeltTap;

/* Why a row did not come out.  Numbers are stable; texts in belt_drop_reason_get_name(). */
typedef enum
{
  BELT_DROP_PREDICATE_FALSE   = 1,
  BELT_DROP_PREDICATE_NULL    = 2,
  BELT_DROP_TYPE_ERROR        = 3,
  BELT_DROP_FUNCTION_ERROR    = 4,
  BELT_DROP_DECODE_ERROR      = 5,
  BELT_DROP_SCHEMA_MISMATCH   = 6,
  BELT_DROP_LATE              = 7,
  BELT_DROP_DEDUP             = 8,
  BELT_DROP_BUFFER_FULL       = 9,
  BELT_DROP_RATE_LIMIT        = 10,
  BELT_DROP_QUOTA             = 11,
  BELT_DROP_JOIN_NO_MATCH     = 12,
  BELT_DROP_LOOKUP_MISS       = 13,
  BELT_DROP_LOOKUP_TIMEOUT    = 14,
  BELT_DROP_WINDOW_FILTER     = 15,
  BELT_DROP_WINDOW_NOT_CLOSED = 16,  /* an answer, not a loss: held in a window that closes at … */
  BELT_DROP_WINDOW_EMPTY      = 17,
  BELT_DROP_HAVING_FALSE      = 18,
  BELT_DROP_LIMIT             = 19,
  BELT_DROP_OMIT_IF_EMPTY     = 20,
  BELT_DROP_SINK_REJECT       = 21,
  BELT_DROP_SINK_FILTERED     = 22,
  BELT_DROP_RULE_STOPPED      = 23,
  BELT_DROP_PLUGIN_FAULT      = 24,
  BELT_DROP_TIMESTAMP         = 25,  /* event time and no usable timestamp */
  BELT_DROP_N_REASONS
} BeltDropReason;

/* closes_ms is G_MAXINT64 when only later rows decide.  FALSE: enough. */
typedef gboolean (*BeltHeldFunc) (BeltRowId row, gint64 time_ms, gint64 closes_ms, gpointer data);

struct _BeltOpClass
{
  const char *kind;                                  /* eKuiper's node kind: "filter", "window", "project" */
  void      (*push)      (BeltOp *self, BeltBatch *batch);      /* takes no reference; may narrow and fill */
  void      (*watermark) (BeltOp *self, gint64 time_ms);        /* NULL: passed on */
  void      (*tick)      (BeltOp *self, gint64 now_ms);         /* a timer asked for with next_tick is due */
  void      (*finish)    (BeltOp *self);                        /* end of all sources; NULL: passed on */
  GBytes   *(*save)      (BeltOp *self);                        /* NULL: no state */
  gboolean  (*restore)   (BeltOp *self, GBytes *state, GError **error);
  void      (*free)      (BeltOp *self);
  /* Rows held back, oldest first, until func says FALSE; NULL: holds none. */
  void      (*held)      (BeltOp *self, BeltHeldFunc func, gpointer data);
};

/* What every batch changes comes first, beside the head of BeltOp. */
typedef struct
{
  guint64  n_in;
  guint64  n_out;
  guint64  n_emissions_in;   /* messages, as eKuiper counts: a window's result is one */
  guint64  n_emissions_out;
  gint64   last_push_ms;
  guint64  n_faults;
  char    *last_fault;       /* text */
  gint64   last_fault_ms;
  guint64 *n_dropped;        /* [BELT_DROP_N_REASONS]; NULL: none ever */
} BeltOpCounters;

struct _BeltOp
{
  const BeltOpClass *klass;
  BeltOp            *next;
  BeltTap           *tap;         /* NULL: nobody looks */
  BeltEval          *eval;        /* the run's */
  BeltOpCounters     counters;
  gint64             next_tick;   /* ms, G_MAXINT64: none */
  char              *name;        /* "3_filter" */
  BeltSpan           span;        /* the clause in the statement it stands for */
  gboolean           send_errors; /* rule option sendError: failed rows travel to the sinks */
};

/* Sees rows at an operator.  The batch is only lent; copy what is kept. */
struct _BeltTap
{
  void     (*enter) (BeltTap *self, BeltOp *op, BeltBatch *batch);
  void     (*leave) (BeltTap *self, BeltOp *op, BeltBatch *batch);
  void     (*drop)  (BeltTap *self, BeltOp *op, BeltBatch *batch, guint row, BeltDropReason reason, const char *detail);
  gpointer   owner;
};

void        belt_op_init                   (BeltOp            *self,
                                            const BeltOpClass *klass);
void        belt_op_clear                  (BeltOp            *self);
void        belt_op_push                   (BeltOp            *self,
                                            BeltBatch         *batch);
void        belt_op_emit                   (BeltOp            *self,
                                            BeltBatch         *batch);
/* What an operator with a watermark() of its own calls to pass it on. */
void        belt_op_emit_watermark         (BeltOp            *self,
                                            gint64             time_ms);
/* To this operator; through it when it has no watermark() or finish(). */
void        belt_op_push_watermark         (BeltOp            *self,
                                            gint64             time_ms);
void        belt_op_finish                 (BeltOp            *self);
/* Counts a row that goes no further, and tells the tap. */
void        belt_op_drop                   (BeltOp            *self,
                                            BeltBatch         *batch,
                                            guint              row,
                                            BeltDropReason     reason,
                                            const char        *detail);
/* Rows that no tap is told of. */
void        belt_op_count_drops            (BeltOp            *self,
                                            BeltDropReason     reason,
                                            guint64            n_rows);
/* A row failed: counted; travels on as a fault when sendError, else dropped.  Returns TRUE if it travels. */
gboolean    belt_op_fail                   (BeltOp            *self,
                                            BeltBatch         *batch,
                                            guint              row,
                                            const BeltFault   *fault);
/* Counts what failed without a row of its own. */
void        belt_op_count_fault            (BeltOp            *self,
                                            const BeltFault   *fault);
/* What a row is counted under that is dropped for a fault. */
BeltDropReason belt_fault_get_drop_reason  (const BeltFault   *fault);
const char *belt_drop_reason_get_name      (BeltDropReason     reason);
BeltDropReason belt_drop_reason_from_name  (const char        *name);

G_END_DECLS
