/* belt-window-aggregate-private.h - the fused window, for its state
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-aggregator.h"
#include "belt-group-table.h"
#include "belt-op-aggregate.h"

G_BEGIN_DECLS

typedef struct
{
  gpointer  state;
  BeltRowId row_id;   /* of its first row… */
  gint64    time;
  BeltValue first[];  /* …and that row's slots; incremental: of its last row */
} BeltWindowGroup;

typedef struct
{
  BeltBatch       *memory;  /* NULL: no row yet */
  BeltGroupTable   table;
  GPtrArray       *groups;
  const BeltFault *fault;   /* the emission fails: the first row's WHERE or key that did */
  guint64          n_false; /* rows that WHERE left out… */
  guint64          n_null;  /* …and those it could not decide on for a null */
  guint64          n_passed;
} BeltOpenWindow;

typedef struct
{
  BeltOp                   op;
  const BeltWindowSpec    *window;
  const BeltAggregateSpec *spec;
  BeltAggregator           aggregator;
  BeltGroupKey             key;
  guint                   *first;        /* slots kept of a group's first row */
  guint                    n_first;
  gint64                   length_ms;
  gint64                   step_ms;
  gint64                   previous_ms;  /* as in belt-window-time.c */
  gint64                   end_ms;
  gboolean                 started;
  guint                    n_open;       /* windows a row can belong to */
  BeltOpenWindow          *open;         /* ring: the one that ends at end_ms is at `head` */
  guint                    head;
} BeltWindowAggregate;

GBytes   *belt_window_aggregate_save    (BeltOp  *op);
gboolean  belt_window_aggregate_restore (BeltOp  *op,
                                         GBytes  *state,
                                         GError **error);

G_END_DECLS
