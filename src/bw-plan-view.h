/* bw-plan-view.h - the plan as a graph, counts on its edges
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_PLAN_VIEW (bw_plan_view_get_type ())
G_DECLARE_FINAL_TYPE (BwPlanView, bw_plan_view, BW, PLAN_VIEW, GtkWidget)

void       bw_plan_view_set_trial    (BwPlanView *self,
                                      BeltTrial  *trial);
guint      bw_plan_view_get_selected (BwPlanView *self);
void       bw_plan_view_select       (BwPlanView *self,
                                      guint       op);
GtkWidget *bw_plan_view_get_node     (BwPlanView *self,
                                      guint       op);

G_END_DECLS
