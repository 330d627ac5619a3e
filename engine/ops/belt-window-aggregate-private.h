/* belt-window-aggregate-private.h - the fused window, for its state
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-aggregator.h"
#include "belt-group-table.h"
#include "belt-op-aggregate.h"

G_BEGIN_DECLS

/* What the table keeps of a group.  Behind it stand the aggregator's states and then the first row's slots. */
typedef struct
{
  BeltRowId row_id;   /* of its first row; incremental: of its last row */
  gint64    time;
} BeltWindowGroup;

G_STATIC_ASSERT (sizeof (BeltWindowGroup) % 16 == 0);

#define BELT_WINDOW_BLOCK_ROWS 64u  /* rows that are looked up together */

typedef struct
{
  BeltBatch       *memory;  /* NULL: no row yet */
  BeltGroupTable   table;   /* of BeltWindowGroup; without keys it has one of no values */
  const BeltFault *fault;   /* the emission fails: the first row's WHERE or key that did */
  guint64          n_rows;
  guint64          n_false; /* rows that WHERE left out… */
  guint64          n_null;  /* …and those it could not decide on for a null */
  guint64          n_passed;
  gboolean         failed_in_where;
} BeltOpenWindow;

typedef struct
{
  BeltOp                   op;
  const BeltWindowSpec    *window;
  const BeltAggregateSpec *spec;
  BeltAggregator           aggregator;
  BeltGroupKey             key;          /* those of the rows in `probes` */
  BeltGroupProbe           probes[BELT_WINDOW_BLOCK_ROWS];
  guint                   *first;        /* slots kept of a group's first row */
  guint                    n_first;
  gint64                   length_ms;
  gint64                   step_ms;
  gint64                   previous_ms;  /* as in belt-window-time.c */
  gint64                   end_ms;
  gboolean                 started;
  gboolean                 losing;       /* event time, hopping: rows are lost until the next watermark */
  gint64                   first_ms;     /* as in belt-window-time.c */
  guint                    n_open;       /* windows a row can belong to */
  BeltOpenWindow          *open;         /* ring: the one that ends at end_ms is at `head` */
  guint                    head;
} BeltWindowAggregate;

static inline gpointer
belt_window_aggregate_get_state (const BeltWindowAggregate *self,
                                 BeltWindowGroup           *group)
{
  return group + 1;
}

static inline BeltValue *
belt_window_aggregate_get_first (const BeltWindowAggregate *self,
                                 BeltWindowGroup           *group)
{
  return (BeltValue *)(gpointer)((char *)(group + 1) + self->aggregator.group_size);
}

GBytes   *belt_window_aggregate_save    (BeltOp  *op);
gboolean  belt_window_aggregate_restore (BeltOp  *op,
                                         GBytes  *state,
                                         GError **error);

G_END_DECLS
