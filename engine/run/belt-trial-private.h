/* belt-trial-private.h - between the files of a trial
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-plan.h"
#include "belt-topology.h"
#include "belt-trial.h"

G_BEGIN_DECLS

/* A row as kept: the public part, and its slots for explaining it later. */
typedef struct
{
  BeltTrialRow  row;
  BeltValue    *slots;     /* [n_slots], each owned; NULL: not kept */
  gboolean      has_range;
  BeltWindowRange range;
} BeltTrialKept;

/* An operator at the end of a trial. */
typedef struct
{
  const BeltPlan   *plan;
  const BeltPlanOp *plan_op;
  BeltOp           *op;
  gint64            watermark_ms;   /* of the rule; G_MININT64: none */
  guint             rows_max;
} BeltTrialHeld;

BeltTrialKept *belt_trial_kept_new  (void);
void           belt_trial_kept_free (BeltTrialKept       *self,
                                     guint                n_slots);

/* Adds the rows that still wait there to those dropped, each with what it waits for. */
void           belt_trial_list_held (const BeltTrialHeld *self,
                                     BeltTrialOp         *op);
/* "temperature > 30 is false: temperature is 29.8".  eval stands at the row. */
char          *belt_trial_say_why   (const BeltPlan      *plan,
                                     const BeltPlanOp    *op,
                                     BeltEval            *eval,
                                     BeltDropReason       reason,
                                     const char          *detail);
/* A value as a person writes it, at most about 80 characters. */
char          *belt_trial_say_value (const BeltValue     *value);
/* [{start, end, text, value, note}] of one expression at the row eval stands at. */
void           belt_trial_record    (const BeltPlan      *plan,
                                     const BeltExpr      *expr,
                                     BeltEval            *eval,
                                     JsonArray           *out);
/* The expressions an operator evaluates for a row, in order. */
GPtrArray     *belt_trial_list_exprs (const BeltPlanOp   *op);

G_END_DECLS
