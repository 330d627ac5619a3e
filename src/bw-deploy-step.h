/* bw-deploy-step.h - one step of a deploy: what changes, and what became of it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_DEPLOY_STEP (bw_deploy_step_get_type ())
G_DECLARE_FINAL_TYPE (BwDeployStep, bw_deploy_step, BW, DEPLOY_STEP, GtkListBoxRow)

GtkWidget *bw_deploy_step_new       (const BeltDeployStep *step);
void       bw_deploy_step_set_state (BwDeployStep         *self,
                                     BeltDeployState       state,
                                     const char           *message);

G_END_DECLS
