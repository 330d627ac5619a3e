/* bw-plan-node.h - one operator in the plan, as a button
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_PLAN_NODE (bw_plan_node_get_type ())
G_DECLARE_FINAL_TYPE (BwPlanNode, bw_plan_node, BW, PLAN_NODE, GtkButton)

GtkWidget *bw_plan_node_new          (void);
void       bw_plan_node_set_op       (BwPlanNode        *self,
                                      const BeltTrialOp *op);
void       bw_plan_node_set_selected (BwPlanNode        *self,
                                      gboolean           selected);
/* What the operator stands for, on one line. */
char      *bw_plan_node_dup_label    (const BeltTrialOp *op);
/* "12 480" */
char      *bw_plan_node_dup_count    (guint64            n);

G_END_DECLS
