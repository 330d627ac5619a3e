/* belt-deploy-content.h - what a rule of a project needs on another engine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-deploy.h"
#include "belt-project.h"

G_BEGIN_DECLS

/* The rule, the streams and tables it reads, and the plugins it uses, compiled and packed.  Compiles what is
 * not built yet, so it blocks for a second or two; for worker threads and command lines. */
BeltDeployContent *belt_deploy_content_new_for_rule (BeltProject   *project,
                                                     const char    *rule_id,
                                                     GCancellable  *cancellable,
                                                     GError       **error);
/* One plugin of the project, compiled and packed as a zip. */
GBytes            *belt_deploy_pack_plugin          (BeltProject   *project,
                                                     const char    *name,
                                                     GCancellable  *cancellable,
                                                     GError       **error);

G_END_DECLS
