/* belt-fingerprint.h - tells whether a saved state belongs to an operator that does the same
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A rule that is edited keeps the state of operators whose specs say the same;
 * the numbers of slots do not matter.  Each state begins with its operator's
 * fingerprint, and another one's is left alone: the operator starts anew.
 */
#pragma once

#include "belt-expr.h"
#include "belt-layout.h"
#include "belt-op-aggregate.h"
#include "belt-op-window.h"
#include "belt-state.h"

G_BEGIN_DECLS

guint64  belt_fingerprint_mix       (guint64                  fingerprint,
                                     guint64                  number);
guint64  belt_fingerprint_text      (guint64                  fingerprint,
                                     const char              *text,
                                     gsize                    len);
/* NULL is an expression too. */
guint64  belt_fingerprint_expr      (guint64                  fingerprint,
                                     const BeltExpr          *expr,
                                     const BeltLayout        *layout);
guint64  belt_fingerprint_exprs     (guint64                  fingerprint,
                                     BeltExpr *const         *exprs,
                                     guint                    n_exprs,
                                     const BeltLayout        *layout);
guint64  belt_fingerprint_window    (const BeltWindowSpec    *spec,
                                     const BeltLayout        *layout);
guint64  belt_fingerprint_aggregate (guint64                  fingerprint,
                                     const BeltAggregateSpec *spec,
                                     const BeltLayout        *layout);

/* Empty but for the fingerprint. */
void     belt_state_writer_start    (BeltStateWriter         *self,
                                     guint64                  fingerprint);
/* Behind the fingerprint; FALSE: the state is another operator's. */
gboolean belt_state_reader_start    (BeltStateReader         *self,
                                     GBytes                  *state,
                                     guint64                  fingerprint);

G_END_DECLS
