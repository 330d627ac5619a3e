/* belt-lost-columns.h - the columns that eKuiper loses beside a wildcard, and we do not (A.1)
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of a stream without columns declared eKuiper decodes those that were named before
 * the first wildcard and no others: count(*) is enough.  Of a declared one it does
 * not see a wildcard under "->", and does not decode what REPLACE replaces.  A rule
 * that differs here says so by a warning.
 */
#pragma once

#include "belt-logical.h"

G_BEGIN_DECLS

/* Appends warnings (BeltDiagnostic), one a name. */
void belt_lost_columns_note (BeltLogicalPlan *plan,
                             GPtrArray       *diagnostics);

G_END_DECLS
