/* belt-logical.h - the logical plan: eKuiper's tree and its rewriting
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Conditions are still trees of the statement here.  Pushing predicates down
 * changes results (an empty window fires or does not), so it follows eKuiper's
 * rules to the letter.
 */
#pragma once

#include "belt-resolve.h"

G_BEGIN_DECLS

typedef struct _BeltLogical BeltLogical;

typedef enum
{
  BELT_LOGICAL_SOURCE,
  BELT_LOGICAL_WATERMARK,
  BELT_LOGICAL_ANALYTIC,
  BELT_LOGICAL_WINDOW,
  BELT_LOGICAL_INC_WINDOW,
  BELT_LOGICAL_JOIN_ALIGN,
  BELT_LOGICAL_JOIN,
  BELT_LOGICAL_LOOKUP,
  BELT_LOGICAL_AGG_FUNC,
  BELT_LOGICAL_FILTER,
  BELT_LOGICAL_AGGREGATE,
  BELT_LOGICAL_HAVING,
  BELT_LOGICAL_WINDOW_FUNC,
  BELT_LOGICAL_ORDER,
  BELT_LOGICAL_PROJECT,
  BELT_LOGICAL_PROJECT_SET,
} BeltLogicalKind;

struct _BeltLogical
{
  BeltLogicalKind kind;
  GPtrArray      *children;     /* of BeltLogical, owned */
  BeltNode       *condition;    /* FILTER, HAVING; WINDOW: its FILTER; LOOKUP: what is left of ON */
  guint           stream;       /* SOURCE, LOOKUP */
  guint           n_joins;      /* JOIN */
  guint          *joins;        /* [n_joins]: index in tables */
  BeltNode      **on;           /* [n_joins] */
  guint           n_keys;       /* LOOKUP */
  const char    **keys;         /* columns of the table… */
  BeltNode      **values;       /* …and what they equal */
  guint           id;           /* explain */
  int             op;           /* its operator in the plan, -1 */
};

typedef struct
{
  BeltResolved          *resolved;
  const BeltRuleOptions *options;
  BeltLogical           *root;
  gboolean               incremental;     /* aggregates inside the window */
  gboolean               has_analytic;
  const char            *set_name;        /* field of unnest() or extract(), or NULL */
} BeltLogicalPlan;

/* Never NULL; errors are in resolved. */
BeltLogicalPlan *belt_logical_plan_new  (BeltResolved          *resolved,
                                         const BeltRuleOptions *options);
void             belt_logical_plan_free (BeltLogicalPlan       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltLogicalPlan, belt_logical_plan_free)

G_END_DECLS
