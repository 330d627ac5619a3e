/* belt-resolve-private.h - between the files that resolve names
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-resolve.h"

G_BEGIN_DECLS

/* Fills order, and drops fields whose alias a later one has; for typed streams. */
void            belt_resolved_sort_fields  (BeltResolved *self,
                                            gboolean      stars);
/* Offers the column or alias that looks most like it. */
BeltDiagnostic *belt_resolved_note_unknown (BeltResolved *self,
                                            BeltSpan      span,
                                            const char   *name);

G_END_DECLS
