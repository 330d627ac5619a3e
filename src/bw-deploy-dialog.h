/* bw-deploy-dialog.h - a rule to an engine: plan, steps, what is there now, undo
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define BW_TYPE_DEPLOY_DIALOG (bw_deploy_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BwDeployDialog, bw_deploy_dialog, BW, DEPLOY_DIALOG, AdwWindow)

BwDeployDialog *bw_deploy_dialog_new          (GtkWindow      *parent,
                                               BwSession      *session,
                                               const char     *rule);
/* For tests: what it says now. */
const char     *bw_deploy_dialog_get_sentence (BwDeployDialog *self);
gboolean        bw_deploy_dialog_is_busy      (BwDeployDialog *self);

G_END_DECLS
