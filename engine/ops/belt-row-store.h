/* belt-row-store.h - rows an operator keeps for later, oldest first
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows are kept where they are, by a reference to their batch, as long as that is
 * thrifty; a few rows of a large batch, or batches of a few rows, are copied
 * together into packs of the store's own, so that one needle pins no haystack.
 */
#pragma once

#include "belt-batch.h"
#include "belt-layout.h"
#include "belt-state.h"

G_BEGIN_DECLS

typedef struct
{
  BeltBatch *batch;
  gint64     time;
  guint32    row;
} BeltRowRef;

typedef struct
{
  const BeltLayout *layout;    /* may be NULL: then every empty slot is MISSING */
  BeltRowRef       *refs;
  guint             start;     /* first live one */
  guint             end;
  guint             capacity;
  BeltBatch        *pack;      /* being filled; NULL: none */
  guint             n_packed;
} BeltRowStore;

/* What of a push is kept, decided once for the whole of it. */
typedef enum
{
  BELT_KEEP_REFERENCE,
  BELT_KEEP_COPY,
} BeltKeep;

void      belt_row_store_init      (BeltRowStore     *self,
                                    const BeltLayout *layout);
void      belt_row_store_clear     (BeltRowStore     *self);
BeltKeep  belt_row_store_choose    (const BeltBatch  *batch);
void      belt_row_store_append    (BeltRowStore     *self,
                                    BeltBatch        *batch,
                                    guint             row,
                                    BeltKeep          keep);
/* Puts the row where its time belongs, after those of equal time. */
void      belt_row_store_insert    (BeltRowStore     *self,
                                    BeltBatch        *batch,
                                    guint             row,
                                    BeltKeep          keep);
/* Forgets the n oldest. */
void      belt_row_store_pop       (BeltRowStore     *self,
                                    guint             n);
/* How many of the oldest are before time_ms (the rows are in order of time). */
guint     belt_row_store_count_before (const BeltRowStore *self,
                                       gint64             time_ms);

/* Columns are found again by what they are, not by their number.  restore appends. */
void      belt_row_store_save      (const BeltRowStore *self,
                                    BeltStateWriter    *writer);
void      belt_row_store_restore   (BeltRowStore       *self,
                                    BeltStateReader    *reader,
                                    guint               n_columns);

static inline guint
belt_row_store_get_n (const BeltRowStore *self)
{
  return self->end - self->start;
}

static inline const BeltRowRef *
belt_row_store_get (const BeltRowStore *self,
                    guint               i)
{
  return &self->refs[self->start + i];
}

/* A new batch of these rows, all selected, each an emission until the caller says otherwise.
 * Values are not copied: the batches they come from become parents.  A reference without a
 * batch is a row of which nothing is known. */
BeltBatch *belt_batch_new_from_rows (const BeltRowRef *refs,
                                     guint             n,
                                     guint             n_columns,
                                     const BeltLayout *layout);
/* What a slot holds in a row when nobody filled it: UNSET for an alias, else MISSING. */
BeltValue  belt_layout_get_blank    (const BeltLayout *layout,
                                     guint             slot);

G_END_DECLS
