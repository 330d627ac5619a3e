/* belt-op-lookup.h - joins each row with what a lookup table has for its keys
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table itself belongs to whoever runs the rule.  Numbers are compared by
 * value, so an integer key finds a float one.  An emission that finds nothing is
 * not sent on.
 */
#pragma once

#include "belt-expr.h"
#include "belt-op.h"

G_BEGIN_DECLS

typedef struct
{
  guint              stream;
  gboolean           keeps_unmatched;  /* LEFT JOIN */
  guint              n_keys;
  const char       **keys;             /* columns of the table… */
  BeltExpr         **values;           /* …and what they equal */
  guint              n_columns;        /* wanted of the table */
  const char *const *columns;
  const guint       *slots;
  int                whole_slot;       /* -1: none */
  guint              n_slots;
} BeltLookupSpec;

/* Answers with the rows (MAPs) whose `keys` equal `values`; they live in the arena or as long as the call to
 * the operator.  [worker] */
typedef struct
{
  void     (*find) (gpointer owner, const char *const *keys, const BeltValue *values, guint n_keys,
                    BeltArena *arena, GArray *ret_rows);
  gpointer   owner;
} BeltLookupTable;

BeltOp *belt_op_lookup_new       (const BeltLookupSpec  *spec,
                                  BeltEval              *eval);
/* Lent; NULL: every lookup finds nothing. */
void    belt_op_lookup_set_table (BeltOp                *self,
                                  const BeltLookupTable *table);

G_END_DECLS
