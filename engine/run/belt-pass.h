/* belt-pass.h - how rows that a gate let through get into their rule
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything that is needed for it in one place, since at that moment nothing of the
 * rule is in the processor's cache: where the columns go, the operator behind the
 * WHERE, and what of the rule will be touched next.  [worker]
 */
#pragma once

#include "belt-op.h"

G_BEGIN_DECLS

typedef struct _BeltPass BeltPass;

/* Columns map[i] of the source's batches go to slots[i]; the aliases start as not computed. */
BeltPass *belt_pass_new      (BeltOp        *next,
                              BeltEval      *eval,
                              guint          n_slots,
                              const guint   *slots,
                              const guint   *map,
                              guint          n_columns);
void      belt_pass_free     (BeltPass      *self);
/* The rule takes no more rows. */
void      belt_pass_close    (BeltPass      *self);
/* Something that every push touches. */
void      belt_pass_add_warm (BeltPass      *self,
                              gconstpointer  data,
                              gsize          size);
/* Asks for all that, some time before the push. */
void      belt_pass_prefetch (const BeltPass *self);
/* The rows of a source's batch, by this time. */
void      belt_pass_push     (BeltPass      *self,
                              BeltBatch     *batch,
                              const guint32 *rows,
                              guint          n_rows,
                              gint64         now_ms);

G_END_DECLS
