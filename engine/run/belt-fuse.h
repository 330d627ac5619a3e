/* belt-fuse.h - a window and its aggregate as one operator, where that changes nothing but the speed
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The window's place in the plan gets the fused operator; WHERE and GROUP BY stay
 * as operators that hand on what comes, so that the plan, its names and what is
 * read from them are the same.  A trial does not fuse: it has to show the rows
 * that each operator holds.
 */
#pragma once

#include "belt-op-aggregate.h"
#include "belt-plan.h"

G_BEGIN_DECLS

typedef struct
{
  guint             window;     /* index in plan->ops */
  guint             filter;     /* G_MAXUINT: no WHERE after the window */
  guint             aggregate;
  BeltAggregateSpec spec;
} BeltFuse;

/* FALSE: nothing to fuse.  ret_fuse must live as long as the operators. */
gboolean  belt_fuse_find   (const BeltPlan *plan,
                            BeltFuse       *ret_fuse);
/* The operator for this index; NULL: the plan's own. */
BeltOp   *belt_fuse_create (const BeltFuse *self,
                            const BeltPlan *plan,
                            guint           index,
                            BeltEval       *eval,
                            gint64          now_ms);

G_END_DECLS
