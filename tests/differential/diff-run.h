/* diff-run.h - a case run as production does, and as the interpreter does
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plan.h"

#include "diff-case.h"

G_BEGIN_DECLS

typedef enum
{
  DIFF_PRODUCTION,  /* scanned by demand, rows of one moment in one batch, kernels, windows fused */
  DIFF_RESTORED,    /* the same behind gates, saved and restored into a new topology in the middle */
  DIFF_INTERPRETER, /* parsed whole, row by row, every sub-value recorded, nothing fused */
} DiffPath;

/* Returns: what was emitted, a line each, and then what was dropped and why. */
char     *diff_run (const DiffCase *self,
                    BeltPlan       *plan,
                    DiffPath        path);
/* The same lines from a trial that keeps rows at every operator: what was emitted, without what was dropped. */
char     *diff_run_trial (const DiffCase *self);
/* NULL: it does not plan. */
BeltPlan *diff_run_plan (const DiffCase *self);

G_END_DECLS
