/* belt-sliding-call.h - an aggregate over rows that come at one end and go at the other
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What eKuiper gets by aggregating all rows of each window anew comes out to the
 * last bit, or belt_sliding_call_slide() says ANEW: so it does for windows with
 * values of more than one type, with texts and with errors.  Rows are named by their number since the start.
 *
 * max and min keep the rows that can still become the extreme (a monotonic deque:
 * R. Harter, "The minimum on a sliding window algorithm", 2001; D. Lemire,
 * "Streaming maximum-minimum filter using no more than three comparisons per
 * element", 2006).  Sums of whole numbers, which wrap, are exact in any order and
 * are kept by adding and subtracting.  Sums of floats are not: each window's is
 * added up from its first row to its last, but those of many windows at a time.
 */
#pragma once

#include "belt-op-aggregate.h"

G_BEGIN_DECLS

typedef enum
{
  BELT_SLIDING_ROWS,    /* count(*) */
  BELT_SLIDING_COUNT,
  BELT_SLIDING_MAX,
  BELT_SLIDING_MIN,
  BELT_SLIDING_SUM,
  BELT_SLIDING_AVG,
} BeltSlidingKind;

typedef enum
{
  BELT_SLIDING_NULL,
  BELT_SLIDING_I64,
  BELT_SLIDING_F64,
  BELT_SLIDING_OTHER,
  BELT_SLIDING_N_TYPES,
} BeltSlidingType;

typedef enum
{
  BELT_SLIDING_DONE,
  BELT_SLIDING_FLOAT_SUM,  /* the value is how many there are, and waits for sum_floats() */
  BELT_SLIDING_ANEW,       /* the window must be aggregated anew */
} BeltSlidingResult;

typedef struct
{
  guint8    type;   /* BeltSlidingType */
  BeltValue value;
} BeltSlidingRow;

typedef struct
{
  const BeltAggregateCall *spec;
  BeltSlidingKind kind;
  BeltSlidingRow *rows;      /* of number `first` and on */
  double         *floats;    /* SUM and AVG: the same as floats, 0 what is none */
  guint64         first;
  guint           n_rows;
  guint           capacity;
  guint           n_types[BELT_SLIDING_N_TYPES];  /* in the window */
  guint64         int_sum;
  guint64        *extremes;  /* MAX and MIN: numbers of rows, the extreme first */
  guint           extreme;   /* the first of them */
  guint           n_extremes;  /* end */
  guint           extremes_capacity;
} BeltSlidingCall;

/* The window [from, to), by rows' numbers. */
typedef struct
{
  guint64 from;
  guint64 to;
  gint64  start_ms;
  gint64  end_ms;
} BeltSlidingWindow;

gboolean belt_sliding_call_fits   (const BeltAggregateCall *spec);
void     belt_sliding_call_init   (BeltSlidingCall         *self,
                                   const BeltAggregateCall *spec);
void     belt_sliding_call_clear  (BeltSlidingCall         *self);
/* Forgets all rows; the next one has this number. */
void     belt_sliding_call_restart (BeltSlidingCall        *self,
                                    guint64                 row);
/* The row that eval stands at gets the next number; rows below `oldest` are not asked for again. */
void     belt_sliding_call_append (BeltSlidingCall         *self,
                                   BeltEval                *eval,
                                   guint64                  oldest);
/* From the window [from, to) to another one that does not begin or end before it. */
void     belt_sliding_call_move   (BeltSlidingCall         *self,
                                   guint64                  from,
                                   guint64                  to,
                                   const BeltSlidingWindow *window);
/* From the window [from, to) to n windows, one after the other, none of which begins or ends before the one in
 * front of it.  results and values are [n]: the value of each window, or what it still needs. */
void     belt_sliding_call_slide  (BeltSlidingCall         *self,
                                   guint64                  from,
                                   guint64                  to,
                                   const BeltSlidingWindow *windows,
                                   guint                    n,
                                   BeltSlidingResult       *results,
                                   BeltValue               *values);
/* Fills in what slide() said is a float sum, for the same windows. */
void     belt_sliding_call_sum_floats (const BeltSlidingCall   *self,
                                       const BeltSlidingWindow *windows,
                                       const BeltSlidingResult *results,
                                       guint                    n,
                                       BeltValue               *values);

G_END_DECLS
