/* belt-planner-private.h - between the files that make a plan
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-bind.h"
#include "belt-logical.h"
#include "belt-plan.h"

G_BEGIN_DECLS

/* A logical plan becomes operators: fills ops, streams, sinks, layout and states of the plan. */
gboolean belt_planner_build_ops (BeltPlan              *plan,
                                 BeltLogicalPlan       *logical,
                                 BeltBinder            *binder,
                                 JsonArray             *actions,
                                 GError               **error);
/* Appends the sinks of the actions to ops; their edges are not set yet. */
gboolean belt_planner_add_sinks (BeltPlan              *plan,
                                 GArray                *ops,
                                 JsonArray             *actions,
                                 GError               **error);
char    *belt_planner_explain   (const BeltLogicalPlan *logical);
JsonNode *belt_planner_make_topo (const BeltPlan       *plan);

G_END_DECLS
