/* belt-batch.h - some rows in columns, and what makes them emissions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A source makes a batch of at most BELT_BATCH_ROWS_MAX rows whose columns are
 * the demand set of its rules.  It is immutable once emitted and shared by all
 * of them.  Each rule then works on an overlay of its own: one column a slot of
 * its plan, some borrowed from the source batch, some filled by its operators.
 * Run to completion means an overlay has one owner at any moment, so operators
 * narrow `selection` and fill slots in place.
 *
 * Columns are arrays of tagged 16-byte values rather than typed vectors with a
 * tag array: schemaless JSON makes mixed columns the normal case, the values go
 * to plugins and to the window as they are, and a kernel over them costs about
 * 1 ns a row, a hundredth of decoding the row.
 *
 * Everything a batch points to lives in its arena, in its parents' or in its plan.
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

#define BELT_BATCH_ROWS_MAX 256u

/* Bounds of the window that made an emission, ms since 1970. */
typedef struct
{
  gint64 start;
  gint64 end;
  gint64 trigger;
} BeltWindowRange;

typedef guint64 BeltRowId;  /* source:16 | sequence:48 */

#define BELT_ROW_ID(source, sequence) (((guint64) (source) << 48) | ((sequence) & G_GUINT64_CONSTANT (0xffffffffffff)))
#define BELT_ROW_ID_SEQUENCE(id)      ((id) & G_GUINT64_CONSTANT (0xffffffffffff))
#define BELT_ROW_ID_SOURCE(id)        ((guint) ((id) >> 48))

typedef struct _BeltBatch BeltBatch;

struct _BeltBatch
{
  int               ref_count;      /* atomic */
  guint             n_rows;
  guint             n_columns;
  BeltValue       **columns;        /* [n_columns] of [n_rows]; NULL: no row has it */
  BeltRowId        *row_ids;        /* [n_rows] */
  gint64           *times;          /* [n_rows] event time, or arrival, ms since 1970 */
  const BeltFault **faults;         /* NULL, or [n_rows]: a row that failed and travels on to the sinks */
  guint16          *streams;        /* NULL, or [n_rows]: index in FROM/JOIN order of the row's stream */
  guint32          *selection;      /* rows still alive, in output order; NULL: all rows in order */
  guint             n_selected;     /* n_rows when selection is NULL */
  guint             n_emissions;
  guint32          *emission_ends;  /* NULL: each selected row is an emission; else [n_emissions] end
                                     * positions in the selection; an empty emission is allowed */
  BeltWindowRange  *ranges;         /* NULL, or [n_emissions] */
  BeltValue        *metadata;       /* NULL, or [n_rows] MAP values: topic, qos, … for meta() */
  BeltArena         arena;
  BeltBatch        *parents[4];     /* kept alive with this one; more go to more_parents */
  guint             n_parents;
  GPtrArray        *more_parents;
};

BeltBatch *belt_batch_new        (guint      n_rows,
                                  guint      n_columns);
/* The same rows in other columns, all NULL; row ids, times and metadata are the parent's, faults and selection not. */
BeltBatch *belt_batch_new_overlay (BeltBatch *parent,
                                   guint      n_columns);
BeltBatch *belt_batch_ref        (BeltBatch *self);
void       belt_batch_unref      (BeltBatch *self);
void       belt_batch_add_parent (BeltBatch *self,
                                  BeltBatch *parent);
BeltValue *belt_batch_add_column (BeltBatch *self,
                                  guint      column);
void       belt_batch_set_fault  (BeltBatch *self,
                                  guint      row,
                                  const BeltFault *fault);

static inline guint
belt_batch_get_row (const BeltBatch *self,
                    guint            position)
{
  return self->selection != NULL ? self->selection[position] : position;
}

static inline guint
belt_batch_get_n_emissions (const BeltBatch *self)
{
  return self->emission_ends != NULL ? self->n_emissions : self->n_selected;
}

static inline guint
belt_batch_get_emission_end (const BeltBatch *self,
                             guint            emission)
{
  return self->emission_ends != NULL ? self->emission_ends[emission] : emission + 1;
}

static inline const BeltFault *
belt_batch_get_fault (const BeltBatch *self,
                      guint            row)
{
  return self->faults != NULL ? self->faults[row] : NULL;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltBatch, belt_batch_unref)

G_END_DECLS
