/* belt-metrics.h - a rule's counters, as eKuiper names them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The run copies its operators' counters here a few times a second and at its
 * end; whoever asks reads the copy, so asking never waits for a rule.  The one
 * lock is held for the copying only.
 */
#pragma once

#include "belt-op.h"
#include "belt-plan.h"

G_BEGIN_DECLS

typedef struct _BeltMetrics BeltMetrics;

typedef struct
{
  guint64 n_exceptions;
  guint64 n_rows_in;       /* of all sources */
  guint64 n_rows_out;      /* of all sinks */
  guint64 n_dropped[BELT_DROP_N_REASONS];
  char   *last_exception;  /* the newest, "" if there is none */
} BeltMetricsTotals;

BeltMetrics *belt_metrics_new            (BeltPlan           *plan);
BeltMetrics *belt_metrics_ref            (BeltMetrics        *self);
void         belt_metrics_unref          (BeltMetrics        *self);
/* ops are parallel to plan->ops. */
void         belt_metrics_update         (BeltMetrics        *self,
                                          BeltOp            **ops,
                                          guint               n_ops);
/* op: index in plan->ops of a source or a sink. */
void         belt_metrics_set_connection (BeltMetrics        *self,
                                          guint               op,
                                          int                 state,
                                          const char         *message,
                                          gint64              now_ms);
void         belt_metrics_add_exception  (BeltMetrics        *self,
                                          guint               op,
                                          const char         *message,
                                          guint               n,
                                          gint64              now_ms);
/* Appends "source_demo_0_records_in_total" and all the others, in order. */
void         belt_metrics_write          (BeltMetrics        *self,
                                          JsonObject         *out);
void         belt_metrics_get_totals     (BeltMetrics        *self,
                                          BeltMetricsTotals  *ret_totals);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltMetrics, belt_metrics_unref)

G_END_DECLS
