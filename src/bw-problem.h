/* bw-problem.h - one thing that is wrong with a text, for lists and underlines
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define BW_TYPE_PROBLEM (bw_problem_get_type ())
G_DECLARE_FINAL_TYPE (BwProblem, bw_problem, BW, PROBLEM, GObject)

BwProblem            *bw_problem_new            (const BeltDiagnostic *diagnostic);
const BeltDiagnostic *bw_problem_get_diagnostic (BwProblem            *self);
/* "Line 4, column 14: …" */
char                 *bw_problem_dup_text       (BwProblem            *self);
/* Replaces what is in the store by an array of BeltDiagnostic; one items-changed. */
void                  bw_problem_fill           (GListStore           *store,
                                                 GPtrArray            *diagnostics);

G_END_DECLS
