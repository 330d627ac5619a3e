/* belt-join-private.h - what the parts of the join operator share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-join-index.h"
#include "belt-join-tables.h"
#include "belt-op-join.h"
#include "belt-row-store.h"

G_BEGIN_DECLS

#define BELT_JOIN_NO_ROW G_MAXUINT32

/* Rows of one emission and of the tables, by stream. */
typedef struct
{
  GArray  *rows;     /* of BeltRowRef: all; joined rows refer to them by number */
  GArray **streams;  /* [n_streams] of guint32: numbers in rows; at n_streams + 1 none */
} BeltJoinParts;

typedef struct
{
  BeltOp              op;
  const BeltJoinSpec *spec;
  BeltJoinTables     *tables;      /* NULL: none */
  guint              *owners;      /* [n_slots] the stream whose part has the slot; BELT_JOIN_NO_ROW: of no stream */
  guint             **slots;       /* [n_streams] slots of the stream… */
  guint              *n_slots;
  BeltJoinParts       parts;
  guint              *order;       /* [n_streams] as in the spec */
  guint               width;       /* parts of a joined row: a stream, and… */
  guint               twin;        /* …the second part of the stream that is joined with itself; or NO_STREAM */
  BeltBatch          *candidate;   /* one row */
  GArray             *joined;      /* of guint32: width a row */
  GArray             *next;        /* the same, being made by a step */
  BeltJoinIndex      *index;
} BeltJoinOp;

static inline guint32 *
belt_join_get_row (const BeltJoinOp *self,
                   GArray           *joined,
                   guint             i)
{
  return &g_array_index (joined, guint32, (gsize) i * self->width);
}

static inline guint
belt_join_get_n_rows (const BeltJoinOp *self,
                      GArray           *joined)
{
  return joined->len / self->width;
}

/* Where the rows of a step's side are in parts.streams. */
static inline guint
belt_join_get_side (const BeltJoinOp *self,
                    guint             stream)
{
  return stream == BELT_JOIN_NO_STREAM ? self->spec->n_streams + 1 : stream;
}

/* Joins the parts at hand into `joined`.  Returns: NULL, or why the emission fails */
const BeltFault *belt_join_run (BeltJoinOp *self);

G_END_DECLS
