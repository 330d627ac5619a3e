/* belt-aggregator.h - the states of a statement's aggregate calls, a group at a time
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A group is one block of memory: for each call a fault, if its step failed, and
 * its state.  Calls of plugins (function->batch) are not stepped; the aggregate
 * operator hands them whole groups.
 */
#pragma once

#include "belt-expr.h"
#include "belt-layout.h"
#include "belt-op-aggregate.h"

G_BEGIN_DECLS

/* What an argument that failed is to a function. */
typedef enum
{
  BELT_ERRORS_FAIL,   /* its error */
  BELT_ERRORS_LAST,   /* its error, until another value comes */
  BELT_ERRORS_COUNT,  /* a value */
  BELT_ERRORS_KEEP,   /* a value, which is written as an empty object */
  BELT_ERRORS_PASS,   /* nothing */
} BeltAggregatorErrors;

typedef struct
{
  const BeltAggregateCall *spec;
  BeltCall                 call;
  gsize                    offset;    /* of its state in a group's block */
  BeltAggregatorErrors     errors;
  gboolean                 rows_only; /* count(*): the row itself is not looked at */
  gboolean                 as_float;  /* incremental sum and avg: whole numbers as floats */
  gboolean                 of_objects;   /* incremental merge_agg: anything but an object fails */
  gboolean                 loses_errors; /* incremental min and max: a row they fail at has no value */
} BeltAggregatorCall;

typedef struct
{
  BeltAggregatorCall *calls;
  guint               n_calls;
  gsize               group_size;
  gboolean            incremental; /* a value is that of the last row: null when an argument is, or its error */
  BeltValue          *args;       /* for the call with the most */
  gpointer           *states;     /* [n_calls] of BeltCall.state, for functions that keep one a call site */
} BeltAggregator;

void      belt_aggregator_init   (BeltAggregator          *self,
                                  const BeltAggregateSpec *spec,
                                  BeltEval                *eval);
void      belt_aggregator_clear  (BeltAggregator          *self);
gpointer  belt_aggregator_open   (const BeltAggregator    *self,
                                  BeltArena               *arena);
/* Adds the row eval stands at.  What the states keep lives in arena. */
void      belt_aggregator_step   (BeltAggregator          *self,
                                  gpointer                 group,
                                  BeltEval                *eval,
                                  BeltArena               *arena);
/* The value of a call; of no rows at all it is null, except collect's empty list. */
BeltValue belt_aggregator_finish (BeltAggregator          *self,
                                  gpointer                 group,
                                  guint                    call,
                                  gboolean                 is_empty,
                                  BeltArena               *arena);

/* For operators that step rows as they come.  Whether an expression asks where it is evaluated: the window of a
 * row is not known then. */
gboolean  belt_aggregator_reads_context (const BeltExpr    *expr);
/* The slots to keep of a group's first row. */
guint    *belt_aggregator_dup_first (const BeltAggregateSpec *spec,
                                   const BeltLayout        *layout,
                                   guint                   *ret_n);

/* Only of calls whose class can save; belt_op_window_aggregate_fits() sees to that. */
void      belt_aggregator_save   (const BeltAggregator    *self,
                                  gconstpointer            group,
                                  BeltStateWriter         *writer);
void      belt_aggregator_restore (const BeltAggregator   *self,
                                  gpointer                 group,
                                  BeltArena               *arena,
                                  BeltStateReader         *reader);

G_END_DECLS
