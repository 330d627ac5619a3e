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
  GArray **streams;  /* [n_streams] of guint32: numbers in rows */
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
  BeltBatch          *candidate;   /* one row */
  GArray             *joined;      /* of guint32: n_streams a row */
  GArray             *next;        /* the same, being made by a step */
  BeltJoinIndex      *index;
} BeltJoinOp;

static inline guint32 *
belt_join_get_row (const BeltJoinOp *self,
                   GArray           *joined,
                   guint             i)
{
  return &g_array_index (joined, guint32, (gsize) i * self->spec->n_streams);
}

static inline guint
belt_join_get_n_rows (const BeltJoinOp *self,
                      GArray           *joined)
{
  return joined->len / self->spec->n_streams;
}

/* Joins the parts at hand into `joined`.  Returns: NULL, or why the emission fails */
const BeltFault *belt_join_run (BeltJoinOp *self);

G_END_DECLS
