/* belt-deploy-session.c - plan, deploy and undo without blocking the caller
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-deploy-session.h"

#include "belt-deploy-content.h"
#include "belt-error.h"

struct _BeltDeploySession
{
  int                ref_count;
  BeltRemote        *remote;
  BeltDeployContent *content;
  BeltDeployPlan    *plan;
  char              *history_dir;
  char              *project_folder;   /* content comes from here … */
  char              *rule_id;          /* … for this rule */
};

/* A step's change on its way to the caller's context. */
typedef struct
{
  BeltDeployProgressFunc  func;
  gpointer                data;
  guint                   step;
  BeltDeployState         state;
  char                   *message;
} Progress;

typedef struct
{
  BeltDeploySession      *session;
  BeltDeployProgressFunc  func;
  gpointer                data;
  GMainContext           *context;
} Run;

BeltDeploySession *
belt_deploy_session_new (const char        *name,
                         const char        *url,
                         const char        *token,
                         const char        *history_dir,
                         BeltDeployContent *content)
{
  BeltDeploySession *self = g_new0 (BeltDeploySession, 1);

  self->ref_count = 1;
  self->remote = belt_remote_new (name, url, token);
  self->history_dir = g_strdup (history_dir);
  self->content = content;
  return self;
}

BeltDeploySession *
belt_deploy_session_new_for_rule (const char *name,
                                  const char *url,
                                  const char *token,
                                  const char *project_folder,
                                  const char *rule_id)
{
  g_autofree char *history = g_build_filename (project_folder, "target", "history", NULL);
  BeltDeploySession *self = belt_deploy_session_new (name, url, token, history, NULL);

  self->project_folder = g_strdup (project_folder);
  self->rule_id = g_strdup (rule_id);
  return self;
}

BeltDeploySession *
belt_deploy_session_ref (BeltDeploySession *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_deploy_session_unref (BeltDeploySession *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  belt_remote_free (self->remote);
  belt_deploy_content_free (self->content);
  belt_deploy_plan_free (self->plan);
  g_free (self->history_dir);
  g_free (self->project_folder);
  g_free (self->rule_id);
  g_free (self);
}

gboolean
belt_deploy_session_can_undo (BeltDeploySession *self)
{
  return belt_deploy_can_undo (self->remote, self->history_dir);
}

static void
start (BeltDeploySession   *self,
       GTaskThreadFunc      func,
       GCancellable        *cancellable,
       GAsyncReadyCallback  callback,
       gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, belt_deploy_session_ref (self), (GDestroyNotify) belt_deploy_session_unref);
  g_task_run_in_thread (task, func);
}

static void
probe_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  BeltDeploySession *self = data;
  GError *error = NULL;
  BeltRemoteInfo *info = belt_remote_probe (self->remote, cancellable, &error);

  if (info != NULL)
    g_task_return_pointer (task, info, (GDestroyNotify) belt_remote_info_free);
  else
    g_task_return_error (task, error);
}

void
belt_deploy_session_probe_async (BeltDeploySession   *self,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  start (self, probe_thread, cancellable, callback, user_data);
}

BeltRemoteInfo *
belt_deploy_session_probe_finish (GAsyncResult  *result,
                                  GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Anew for each plan: the project may have been edited since. */
static gboolean
prepare_content (BeltDeploySession  *self,
                 GCancellable       *cancellable,
                 GError            **error)
{
  g_autoptr(GPtrArray) diagnostics = NULL;
  g_autoptr(BeltProject) project = NULL;

  if (self->rule_id == NULL)
    return TRUE;

  diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
  project = belt_project_open (self->project_folder, diagnostics);
  if (project == NULL)
    {
      g_autofree char *text = belt_diagnostic_to_string (g_ptr_array_index (diagnostics, 0));

      g_set_error_literal (error, BELT_ERROR, BELT_ERROR_INVALID, text);
      return FALSE;
    }
  g_clear_pointer (&self->content, belt_deploy_content_free);
  self->content = belt_deploy_content_new_for_rule (project, self->rule_id, cancellable, error);
  return self->content != NULL;
}

static void
plan_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  BeltDeploySession *self = data;
  GError *error = NULL;
  BeltDeployPlan *plan = NULL;

  if (prepare_content (self, cancellable, &error))
    plan = belt_deploy_plan (self->remote, self->content, cancellable, &error);
  if (plan == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  belt_deploy_plan_free (self->plan);
  self->plan = plan;
  g_task_return_pointer (task, plan, NULL);
}

void
belt_deploy_session_plan_async (BeltDeploySession   *self,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_return_if_fail (self->content != NULL || self->rule_id != NULL);

  start (self, plan_thread, cancellable, callback, user_data);
}

BeltDeployPlan *
belt_deploy_session_plan_finish (GAsyncResult  *result,
                                 GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
report_cb (gpointer data)
{
  Progress *progress = data;

  progress->func (progress->step, progress->state, progress->message, progress->data);
  return G_SOURCE_REMOVE;
}

static void
progress_free (gpointer data)
{
  Progress *progress = data;

  g_free (progress->message);
  g_free (progress);
}

static void
run_step_changed (BeltDeployPlan *plan,
                  guint           step,
                  gpointer        user_data)
{
  Run *run = user_data;
  BeltDeployStep *what = g_ptr_array_index (plan->steps, step);
  Progress *progress;

  if (run->func == NULL)
    return;
  progress = g_new0 (Progress, 1);
  progress->func = run->func;
  progress->data = run->data;
  progress->step = step;
  progress->state = what->state;
  progress->message = g_strdup (what->message);
  g_main_context_invoke_full (run->context, G_PRIORITY_DEFAULT, report_cb, progress, progress_free);
}

static void
run_thread (GTask        *task,
            gpointer      source,
            gpointer      data,
            GCancellable *cancellable)
{
  Run *run = data;
  BeltDeploySession *self = run->session;
  GError *error = NULL;

  if (belt_deploy_run (self->remote, self->content, self->plan, run_step_changed, run, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
run_free (gpointer data)
{
  Run *run = data;

  belt_deploy_session_unref (run->session);
  g_main_context_unref (run->context);
  g_free (run);
}

void
belt_deploy_session_run_async (BeltDeploySession      *self,
                               BeltDeployProgressFunc  progress,
                               gpointer                progress_data,
                               GCancellable           *cancellable,
                               GAsyncReadyCallback     callback,
                               gpointer                user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Run *run;

  g_return_if_fail (self->plan != NULL);

  run = g_new0 (Run, 1);
  run->session = belt_deploy_session_ref (self);
  run->func = progress;
  run->data = progress_data;
  run->context = g_main_context_ref_thread_default ();
  g_task_set_task_data (task, run, run_free);
  g_task_run_in_thread (task, run_thread);
}

gboolean
belt_deploy_session_run_finish (GAsyncResult  *result,
                                GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
undo_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  BeltDeploySession *self = data;
  GError *error = NULL;
  char *report = belt_deploy_undo (self->remote, self->history_dir, cancellable, &error);

  if (report != NULL)
    g_task_return_pointer (task, report, g_free);
  else
    g_task_return_error (task, error);
}

void
belt_deploy_session_undo_async (BeltDeploySession   *self,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  start (self, undo_thread, cancellable, callback, user_data);
}

char *
belt_deploy_session_undo_finish (GAsyncResult  *result,
                                 GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
