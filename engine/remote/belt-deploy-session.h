/* belt-deploy-session.h - plan, deploy and undo without blocking the caller
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the window uses.  A session holds one engine's address and what is to be
 * deployed to it; one call at a time runs in a worker thread, and while it runs
 * nobody else touches the session.  Progress and results come back on the
 * caller's main context.
 */
#pragma once

#include "belt-deploy.h"

G_BEGIN_DECLS

typedef struct _BeltDeploySession BeltDeploySession;

/* A step changed; `message` may be NULL.  On the caller's context. */
typedef void (*BeltDeployProgressFunc) (guint            step,
                                        BeltDeployState  state,
                                        const char      *message,
                                        gpointer         user_data);

/* Deploys a rule of a project: the content is compiled and packed by the first plan.  rule_id NULL: a session
 * that only probes and undoes. */
BeltDeploySession *belt_deploy_session_new_for_rule (const char              *name,
                                                     const char              *url,
                                                     const char              *token,
                                                     const char              *project_folder,
                                                     const char              *rule_id);
/* Takes content (may be NULL for a session that only probes and undoes). */
BeltDeploySession *belt_deploy_session_new          (const char              *name,
                                                     const char              *url,
                                                     const char              *token,
                                                     const char              *history_dir,
                                                     BeltDeployContent       *content);
BeltDeploySession *belt_deploy_session_ref          (BeltDeploySession       *self);
void               belt_deploy_session_unref        (BeltDeploySession       *self);
void               belt_deploy_session_probe_async  (BeltDeploySession       *self,
                                                     GCancellable            *cancellable,
                                                     GAsyncReadyCallback      callback,
                                                     gpointer                 user_data);
BeltRemoteInfo    *belt_deploy_session_probe_finish (GAsyncResult            *result,
                                                     GError                 **error);
void               belt_deploy_session_plan_async   (BeltDeploySession       *self,
                                                     GCancellable            *cancellable,
                                                     GAsyncReadyCallback      callback,
                                                     gpointer                 user_data);
/* Returns: (transfer none): the session's plan, to be read until the next call */
BeltDeployPlan    *belt_deploy_session_plan_finish  (GAsyncResult            *result,
                                                     GError                 **error);
/* Carries the plan out. */
void               belt_deploy_session_run_async    (BeltDeploySession       *self,
                                                     BeltDeployProgressFunc   progress,
                                                     gpointer                 progress_data,
                                                     GCancellable            *cancellable,
                                                     GAsyncReadyCallback      callback,
                                                     gpointer                 user_data);
gboolean           belt_deploy_session_run_finish   (GAsyncResult            *result,
                                                     GError                 **error);
void               belt_deploy_session_undo_async   (BeltDeploySession       *self,
                                                     GCancellable            *cancellable,
                                                     GAsyncReadyCallback      callback,
                                                     gpointer                 user_data);
/* Returns: (transfer full): what the engine has now, in sentences */
char              *belt_deploy_session_undo_finish  (GAsyncResult            *result,
                                                     GError                 **error);
gboolean           belt_deploy_session_can_undo     (BeltDeploySession       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltDeploySession, belt_deploy_session_unref)

G_END_DECLS
