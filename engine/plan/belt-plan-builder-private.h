/* belt-plan-builder-private.h - a plan while its operators are made
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Functions that add an operator return its index; they bind what it reads, and
 * leave what leads to it to the caller unless they take an input.  `index` is the
 * number in eKuiper's name of it.
 */
#pragma once

#include "belt-planner-private.h"

G_BEGIN_DECLS

typedef struct
{
  BeltPlan        *plan;
  BeltLogicalPlan *logical;
  BeltResolved    *resolved;
  BeltAstSelect   *select;
  BeltBinder      *binder;
  GArray          *ops;             /* BeltPlanOp */
  gboolean         aggregates_all;  /* aggregates and no groups: one row an emission */
  gboolean         aggregates_due;  /* …and their operator is not made yet */
  gboolean         is_ordered;      /* ORDER BY is done before its turn */
  gboolean         lone_rows;       /* ORDER BY sees rows, not groups: an aggregate there is of one row alone */
} BeltPlanBuilder;

typedef BeltOp *(*BeltPlanCreate) (gconstpointer spec,
                                   BeltEval     *eval,
                                   gint64        now_ms);

/* Most operators need no more than their spec. */
#define BELT_PLAN_DEFINE_CREATE(name, constructor)               \
  static BeltOp *                                                \
  name (gconstpointer spec, BeltEval *eval, gint64 now_ms)       \
  {                                                              \
    return constructor (spec, eval);                             \
  }

/* Makes layout and streams of the plan; all slots but that of the result are known by then. */
void       belt_plan_builder_make_streams   (BeltPlanBuilder *self);
/* Operators, states and expressions go over to the plan. */
void       belt_plan_builder_take_ops       (BeltPlanBuilder *self);
/* Takes over name, label and spec. */
int        belt_plan_builder_add_op         (BeltPlanBuilder *self,
                                             BeltPlanOpKind   kind,
                                             char            *name,
                                             char            *label,
                                             BeltSpan         span,
                                             gpointer         spec,
                                             GDestroyNotify   spec_free,
                                             BeltPlanCreate   create);
/* Nothing leads from a negative index. */
void       belt_plan_builder_connect        (BeltPlanBuilder *self,
                                             int              from,
                                             int              to);
/* The hit counters that count when the condition of a clause is true. */
BeltExpr **belt_plan_builder_dup_hits       (BeltPlanBuilder *self,
                                             BeltClause       clause,
                                             guint           *ret_n);
int        belt_plan_builder_add_filter     (BeltPlanBuilder *self,
                                             BeltNode        *condition,
                                             BeltClause       clause,
                                             BeltPlanOpKind   kind,
                                             const char      *keyword,
                                             char            *name);

/* Of BeltNarrow: STRUCT columns of a stream of which the statement opens members; or NULL.  seen: only those that it
 * sees as a whole, too. */
GPtrArray *belt_plan_builder_get_narrow    (BeltPlanBuilder *self,
                                             guint            stream,
                                             gboolean         seen);
gboolean  *belt_plan_builder_dup_is_table   (BeltPlanBuilder *self);
/* Counts index on by the operators that eKuiper has there. */
int        belt_plan_builder_add_source     (BeltPlanBuilder *self,
                                             BeltLogical     *node,
                                             guint           *index);
int        belt_plan_builder_add_watermark  (BeltPlanBuilder *self,
                                             guint            index);
int        belt_plan_builder_add_join_align (BeltPlanBuilder *self,
                                             guint            index);

int        belt_plan_builder_add_window     (BeltPlanBuilder *self,
                                             BeltLogical     *node,
                                             int              input,
                                             guint            index);
int        belt_plan_builder_add_join       (BeltPlanBuilder *self,
                                             BeltLogical     *node,
                                             guint            index);
int        belt_plan_builder_add_lookup     (BeltPlanBuilder *self,
                                             BeltLogical     *node);

int        belt_plan_builder_add_analytic   (BeltPlanBuilder *self,
                                             guint            index);
int        belt_plan_builder_add_aggregate  (BeltPlanBuilder *self,
                                             char            *name,
                                             gboolean         grouped);
int        belt_plan_builder_add_aggfunc    (BeltPlanBuilder *self,
                                             char            *name,
                                             GArray         **calls,
                                             gboolean         lone_rows);
int        belt_plan_builder_add_row_number (BeltPlanBuilder *self,
                                             guint            index);
/* Plugin functions of one phase, on top of an operator; without any that operator itself. */
int        belt_plan_builder_put_calls      (BeltPlanBuilder *self,
                                             int              input,
                                             BeltCallPhase    phase);

int        belt_plan_builder_add_order       (BeltPlanBuilder *self,
                                              guint            index);
int        belt_plan_builder_add_project     (BeltPlanBuilder *self,
                                              guint            index);
int        belt_plan_builder_add_project_set (BeltPlanBuilder *self,
                                              guint            index);

G_END_DECLS
