/* belt-window-private.h - what the kinds of windows share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-fingerprint.h"
#include "belt-op-window.h"
#include "belt-row-store.h"

G_BEGIN_DECLS

/* Empty windows in a row that are emitted one by one; a longer silence, such as a first
 * timestamp of 0, is stepped over. */
#define BELT_WINDOW_EMPTY_MAX 100000

/* What is said of a row that a hopping window of event time loses. */
#define BELT_WINDOW_LOST "the hopping window before it is empty; eKuiper lets go of all rows then"

/* Kinds put this first. */
typedef struct
{
  BeltOp                op;
  const BeltWindowSpec *spec;
  BeltRowStore          rows;
  gint64                length_ms;
  gint64                interval_ms;
  gint64                delay_ms;
} BeltWindow;

BeltOp   *belt_window_time_new    (const BeltWindowSpec  *spec,
                                   BeltEval              *eval,
                                   gint64                 now_ms);
BeltOp   *belt_window_sliding_new (const BeltWindowSpec  *spec,
                                   BeltEval              *eval,
                                   gint64                 now_ms);
BeltOp   *belt_window_session_new (const BeltWindowSpec  *spec,
                                   BeltEval              *eval,
                                   gint64                 now_ms);
BeltOp   *belt_window_count_new   (const BeltWindowSpec  *spec,
                                   BeltEval              *eval,
                                   gint64                 now_ms);
BeltOp   *belt_window_incremental_new (const BeltWindowSpec *spec,
                                       BeltEval             *eval,
                                       gint64                now_ms);
BeltOp   *belt_window_state_new   (const BeltWindowSpec  *spec,
                                   BeltEval              *eval,
                                   gint64                 now_ms);

gint64    belt_window_multiply    (gint64                 a,
                                   gint64                 b);
void      belt_window_init        (BeltWindow            *self,
                                   const BeltOpClass     *klass,
                                   const BeltWindowSpec  *spec,
                                   BeltEval              *eval);
void      belt_window_clear       (BeltWindow            *self);
/* For kinds that own nothing besides. */
void      belt_window_free        (BeltOp                *self);
guint64   belt_window_get_fingerprint (const BeltWindow  *self);
/* One emission of n of the store's rows from `first` on.  eKuiper's rule for a start that is not
 * after 1970: length before the end. */
void      belt_window_emit        (BeltWindow            *self,
                                   const BeltRowStore    *rows,
                                   guint                  first,
                                   guint                  n,
                                   gint64                 start,
                                   gint64                 end,
                                   gint64                 trigger);
void      belt_window_emit_refs   (BeltWindow            *self,
                                   const BeltRowRef      *refs,
                                   guint                  n,
                                   gint64                 start,
                                   gint64                 end,
                                   gint64                 trigger);
/* Hands a fault on, alone. */
void      belt_window_pass_fault  (BeltOp                *self,
                                   BeltBatch             *batch,
                                   guint                  row);
/* A condition of the window: only TRUE is TRUE, errors and nulls are not. */
gboolean  belt_window_test        (BeltWindow            *self,
                                   const BeltExpr        *condition,
                                   BeltBatch             *batch,
                                   guint                  row);
void      belt_window_tell_held   (const BeltRowStore    *rows,
                                   gint64                 closes_ms,
                                   BeltHeldFunc           func,
                                   gpointer               data);

/* In processing time eKuiper takes the first boundary of a hopping window for late when it comes a hop after the start,
 * and for early when sooner: it moves the left edge by as much. */
static inline gint64
belt_window_get_first_ms (const BeltWindowSpec *spec,
                          gint64                start_ms,
                          gint64                length_ms,
                          gint64                hop_ms)
{
  return spec->kind == BELT_WINDOW_HOPPING && hop_ms > length_ms ? start_ms + hop_ms - length_ms : G_MININT64;
}

static inline gint64
belt_window_fix_start (gint64 start,
                       gint64 end,
                       gint64 length)
{
  return start <= 0 ? end - length : start;
}

G_END_DECLS
