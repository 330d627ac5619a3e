/* belt-resolve-private.h - between the files that resolve names
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-resolve.h"

G_BEGIN_DECLS

/* Fills order; for typed streams, where it can be told. */
void belt_resolved_sort_fields  (BeltResolved *self);
/* Offers the column or alias that looks most like it. */
void belt_resolved_fail_unknown (BeltResolved *self,
                                 BeltSpan      span,
                                 const char   *name);

G_END_DECLS
