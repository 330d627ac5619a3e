/* belt-op-lookup.h - joins each row with what a lookup table has for its keys
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table itself belongs to whoever runs the rule, who asks it what the spec
 * says.  Numbers are compared by value, so an integer key finds a float one.  An
 * emission that finds nothing is not sent on; one for which nothing could be
 * looked up has failed.
 */
#pragma once

#include "belt-expr.h"
#include "belt-lookup.h"
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

BeltOp *belt_op_lookup_new       (const BeltLookupSpec *spec,
                                  BeltEval             *eval);
/* Takes it.  Without one every lookup finds nothing. */
void    belt_op_lookup_set_query (BeltOp               *self,
                                  BeltLookupQuery      *query);

G_END_DECLS
