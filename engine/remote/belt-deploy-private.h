/* belt-deploy-private.h - between the plan, its carrying out, and its undo
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-deploy.h"

G_BEGIN_DECLS

char       *belt_deploy_write_object         (JsonObject        *object);
JsonObject *belt_deploy_parse_object         (const char        *text);
/* What the routes of schemas want. */
char       *belt_deploy_write_schema         (const char        *name,
                                              const char        *text);
/* Does the engine's rule have everything that ours says?  Engines add keys of their own. */
gboolean    belt_deploy_rule_contains        (JsonObject        *there,
                                              JsonObject        *ours);
/* NULL with *error unset: there is no such plugin. */
char       *belt_deploy_read_plugin_version  (BeltRemote        *remote,
                                              const char        *kind,
                                              const char        *name,
                                              GCancellable      *cancellable,
                                              GError           **error);

char       *belt_deploy_history_get_bundle   (const char        *history_dir,
                                              const char        *kind,
                                              const char        *name,
                                              const char        *version);
gboolean    belt_deploy_history_keep         (const char        *history_dir,
                                              BeltDeployPlugin  *plugin,
                                              GError           **error);
void        belt_deploy_undo_add             (BeltDeployPlan    *plan,
                                              const char        *method,
                                              const char        *path,
                                              const char        *body,
                                              const char        *bundle);
gboolean    belt_deploy_undo_add_plugin      (BeltRemote        *remote,
                                              BeltDeployPlan    *plan,
                                              const char        *history_dir,
                                              BeltDeployPlugin  *plugin,
                                              GCancellable      *cancellable,
                                              GError           **error);
gboolean    belt_deploy_undo_add_stream      (BeltRemote        *remote,
                                              BeltDeployPlan    *plan,
                                              const char        *item,
                                              gboolean           is_table,
                                              GCancellable      *cancellable,
                                              GError           **error);
gboolean    belt_deploy_undo_save            (BeltRemote        *remote,
                                              BeltDeployPlan    *plan,
                                              const char        *history_dir,
                                              GError           **error);

G_END_DECLS
