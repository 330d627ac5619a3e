/* belt-prune.h - the columns that eKuiper asks of each stream
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper walks down the plan with all that is asked for and leaves at each stream
 * the columns it is to decode.  We decode what is needed and no more, whatever this
 * says; but a declared stream refuses a column here that it does not have, and
 * EXPLAIN prints the list.
 */
#pragma once

#include "belt-logical.h"

G_BEGIN_DECLS

/* Sorted, NULL at the end. */
char **belt_prune_get_columns (BeltLogicalPlan       *plan,
                               const BeltLogical     *source);
/* Fails the statement for columns that a declared stream does not have. */
void   belt_prune_check       (BeltLogicalPlan       *plan);

G_END_DECLS
