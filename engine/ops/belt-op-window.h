/* belt-op-window.h - cuts the rows of a rule into windows, each one emission
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the planner knows of a window is in the spec, borrowed from the plan; what
 * changes lives in the operator.  Time comes from three places only: the times of
 * the rows, the watermark, and tick().  Boundaries are aligned as eKuiper aligns
 * them (belt_window_align()).  window FILTER is a filter operator in front of
 * this one.  A fault goes straight on.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  BELT_WINDOW_TUMBLING,
  BELT_WINDOW_HOPPING,
  BELT_WINDOW_SLIDING,
  BELT_WINDOW_SESSION,
  BELT_WINDOW_COUNT,
  BELT_WINDOW_STATE,
} BeltWindowKind;

typedef enum
{
  BELT_WINDOW_MS,
  BELT_WINDOW_SS,
  BELT_WINDOW_MI,
  BELT_WINDOW_HH,
  BELT_WINDOW_DD,
} BeltWindowUnit;

typedef struct
{
  BeltWindowKind kind;
  BeltWindowUnit unit;
  gint64         length;      /* in units, as written; SESSION: the maximal duration; COUNT: rows */
  gint64         interval;    /* in units; HOPPING: the hop; SESSION: the timeout; COUNT: rows between
                               * firings, 0 when not written */
  gint64         delay;       /* in units; SLIDING */
  gboolean       event_time;
  gboolean       v2;          /* windowOption.windowVersion = "v2": SLIDING is (t - length, t] */
  gboolean       incremental; /* enableIncrementalWindow: opened by rows, sent with the aggregates alone */
  gboolean       send_twice;  /* windowOption.enableSendSlidingWindowTwice */
  BeltExpr      *trigger;     /* SLIDING: OVER (WHEN …), or NULL; ignored by the others */
  BeltExpr      *begin;       /* STATE: the begin or the single condition */
  BeltExpr      *emit;        /* STATE: NULL with a single condition */
  BeltExpr     **partition;   /* STATE: OVER (PARTITION BY …) */
  guint          n_partition;
  BeltExpr     **hits;        /* last_hit_*() calls of the conditions: evaluated once more when one is TRUE */
  guint          n_hits;
  guint          n_slots;     /* columns of the rule's batches */
  guint16        zone;        /* for alignment by days and hours, belt-zone.h; 0 is UTC */
} BeltWindowSpec;

/* eval->layout must be set: it says what a slot nobody filled means.  `now_ms` is when the rule starts;
 * processing-time windows count from it. */
BeltOp  *belt_op_window_new           (const BeltWindowSpec *spec,
                                       BeltEval             *eval,
                                       gint64                now_ms);
/* The first boundary for an instant, as eKuiper has it: relative to the next larger unit, and one window
 * early when the instant stands exactly `step` units into it. */
gint64   belt_window_align            (gint64                time_ms,
                                       BeltWindowUnit        unit,
                                       gint64                step,
                                       guint16               zone);
gint64   belt_window_unit_get_ms      (BeltWindowUnit        unit);
/* Why nothing came out yet: array of {row, time, closes} (closes is null when no time is known), at most
 * `max` of them, oldest first.  Any of the operators of this folder that hold rows back; empty for others.
 * Returns: (transfer full) */
JsonNode *belt_op_window_describe_held (BeltOp               *self,
                                        guint                 max);
/* One held row: TRUE if it is held; *ret_closes_ms is G_MAXINT64 when no time is known. */
gboolean belt_op_window_holds         (BeltOp               *self,
                                       BeltRowId             row,
                                       gint64               *ret_closes_ms);

G_END_DECLS
