/* belt-trial-private.h - between the files of a trial
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-clock.h"
#include "belt-codec.h"
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

/* A kept row before the evaluator once more. */
typedef struct
{
  BeltPlan        *plan;
  BeltBatch       *batch;
  BeltEnvironment  environment;
  gpointer        *states;
  BeltEval         eval;
} BeltTrialReplay;

typedef struct
{
  BeltValue        value;    /* owned */
  const BeltFault *fault;    /* in the trial's arena */
} BeltTrialEmission;

struct _BeltTrial
{
  int         ref_count;
  BeltPlan   *plan;
  GPtrArray  *diagnostics;
  GPtrArray  *ops;           /* BeltTrialOp, their rows BeltTrialKept */
  GPtrArray  *emissions;     /* BeltValue* into emission_list */
  GPtrArray  *emission_list; /* BeltTrialEmission*, owned */
  BeltArena  *arena;
  char       *summary;
  char       *error;         /* eKuiper's text when it did not plan */
  gboolean    parsed;
};


typedef struct
{
  BeltTrial           *trial;
  const BeltTrialSpec *spec;
  BeltTopology        *topology;
  BeltClock           *clock;
  BeltEnvironment      environment;
  BeltDecoder        **decoders;   /* [n_streams] */
  BeltLookup         **tables;     /* [n_streams]: of lookup tables, else NULL */
  guint64              sequence;
  guint                stream;     /* of the payload at hand */
  guint               *n_left;     /* [n_streams]: inputs to come; NULL when no rows are kept */
  const BeltValue     *whole;      /* the row at hand with all its columns, read or not; NULL: not known */
  BeltTap              tap;
  BeltEmissionSink     sink;
} BeltTrialRun;

BeltTrial     *belt_trial_new       (void);
/* Empty operators, one for each of the plan. */
void           belt_trial_make_ops  (BeltTrial           *self);
/* NULL if something came out. */
char          *belt_trial_summarise (BeltTrial           *self);

/* [while running] From here on rows are kept at every operator. */
void           belt_trial_run_set_tap (BeltTrialRun      *self);

BeltTrialKept *belt_trial_kept_new  (void);
void           belt_trial_kept_free (BeltTrialKept       *self,
                                     guint                n_slots);

/* kept has its slots; it must outlive the replay. */
void           belt_trial_replay_init  (BeltTrialReplay     *self,
                                        BeltTrial           *trial,
                                        const BeltTrialKept *kept);
void           belt_trial_replay_clear (BeltTrialReplay     *self);
/* The newest of these rows with this id, in this window; window_end 0: in any. */
const BeltTrialKept *belt_trial_find_kept (GPtrArray        *rows,
                                           BeltRowId         id,
                                           gint64            window_end);

/* Adds the rows that still wait there to those dropped, each with what it waits for. */
void           belt_trial_list_held (const BeltTrialHeld *self,
                                     BeltTrialOp         *op);
/* "temperature > 30 is false: temperature is 29.8".  eval stands at the row. */
char          *belt_trial_say_why   (const BeltPlan      *plan,
                                     const BeltPlanOp    *op,
                                     BeltEval            *eval,
                                     BeltDropReason       reason,
                                     const char          *detail);
/* "temperature is 31"; NULL when the operator has no condition. */
char          *belt_trial_say_passed (const BeltPlan     *plan,
                                      const BeltPlanOp   *op,
                                      BeltEval           *eval);
/* A value as a person writes it, at most about 80 characters. */
char          *belt_trial_say_value (const BeltValue     *value);

G_END_DECLS
