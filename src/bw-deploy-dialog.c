/* bw-deploy-dialog.c - a rule to an engine: plan, steps, what is there now, undo
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Choosing a rule and an engine makes a plan; nothing there changes before
 * Deploy is pressed.  Everything that waits for the network or the compiler runs
 * in the engine's own deploy session; one call at a time.  A token is kept in
 * the keyring, by the engine's address.
 */
#include "config.h"

#include "bw-deploy-dialog.h"

#include "bw-deploy-step.h"
#include "bw-names.h"

#include <glib/gi18n.h>
#include <libsecret/secret.h>

struct _BwDeployDialog
{
  AdwWindow            parent_instance;

  AdwComboRow         *rule;
  AdwComboRow         *engine;
  AdwEntryRow         *new_name;
  AdwEntryRow         *new_url;
  AdwPasswordEntryRow *token;
  AdwExpanderRow      *add_engine;
  GtkWidget           *add_button;
  GtkWidget           *test_button;
  GtkWidget           *remove_button;
  GtkListBox          *steps;
  GtkLabel            *empty;
  GtkStack            *stack;
  GtkLabel            *sentence;
  GtkWidget           *spinner;
  GtkWidget           *undo_button;
  GtkWidget           *deploy_button;

  BwSession           *session;
  GtkStringList       *rules;
  GtkStringList       *engines;   /* names; addresses in `urls`, same order */
  GPtrArray           *urls;
  BeltDeploySession   *deploy;    /* with the plan shown; NULL: none */
  BeltDeploySession   *running;   /* the one with a call under way */
  GCancellable        *cancellable;
  guint                serial;    /* of the plan wanted; older answers are dropped */
  gboolean             busy;
  gboolean             filling;
};

G_DEFINE_FINAL_TYPE (BwDeployDialog, bw_deploy_dialog, ADW_TYPE_WINDOW)

static const SecretSchema token_schema = {
  "io.github.beltworks.Beltworks.Engine", SECRET_SCHEMA_NONE,
  { { "url", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

static const char *
get_selected (AdwComboRow *row)
{
  GtkStringObject *item = adw_combo_row_get_selected_item (row);

  return item != NULL ? gtk_string_object_get_string (item) : NULL;
}

static const char *
get_url (BwDeployDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->engine);

  return selected < self->urls->len ? g_ptr_array_index (self->urls, selected) : NULL;
}

static const char *
get_token (BwDeployDialog *self)
{
  const char *token = gtk_editable_get_text (GTK_EDITABLE (self->token));

  return *token != '\0' ? token : NULL;
}

static void
say (BwDeployDialog *self,
     const char     *text,
     const char     *css_class)
{
  static const char *const classes[] = { "error", "success", "warning" };

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self->sentence), classes[i]);
  if (css_class != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->sentence), css_class);
  gtk_label_set_label (self->sentence, text);
}

static void
set_busy (BwDeployDialog *self,
          gboolean        busy)
{
  self->busy = busy;
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), busy);
  gtk_widget_set_visible (self->spinner, busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->rule), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->engine), !busy);
  gtk_widget_set_sensitive (self->test_button, !busy && get_url (self) != NULL);
  gtk_widget_set_sensitive (self->remove_button, !busy && get_url (self) != NULL);
  if (busy)
    {
      gtk_widget_set_sensitive (self->deploy_button, FALSE);
      gtk_widget_set_sensitive (self->undo_button, FALSE);
    }
}

static void
clear_steps (BwDeployDialog *self,
             const char     *text)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->steps))) != NULL)
    gtk_list_box_remove (self->steps, child);
  gtk_label_set_label (self->empty, text);
  gtk_stack_set_visible_child_name (self->stack, "empty");
}

static void
show_plan (BwDeployDialog *self,
           BeltDeployPlan *plan)
{
  clear_steps (self, "");
  for (guint i = 0; i < plan->steps->len; i++)
    gtk_list_box_append (self->steps, bw_deploy_step_new (g_ptr_array_index (plan->steps, i)));
  gtk_stack_set_visible_child_name (self->stack, "steps");
}

static gboolean
has_changes (BeltDeployPlan *plan)
{
  for (guint i = 0; i < plan->steps->len; i++)
    {
      BeltDeployStep *step = g_ptr_array_index (plan->steps, i);

      if (step->action == BELT_DEPLOY_NEW || step->action == BELT_DEPLOY_REPLACE)
        return TRUE;
    }

  return FALSE;
}

/* Can this deploy, or an earlier one, be taken back? */
static void
update_undo (BwDeployDialog *self)
{
  BeltProject *project = bw_session_get_belt_project (self->session);
  g_autofree char *history = project != NULL ? belt_project_dup_target (project, "history") : NULL;
  g_autoptr(BeltDeploySession) session = NULL;

  if (history == NULL || get_url (self) == NULL || self->busy)
    {
      gtk_widget_set_sensitive (self->undo_button, FALSE);
      return;
    }
  session = belt_deploy_session_new (get_selected (self->engine), get_url (self), get_token (self), history, NULL);
  gtk_widget_set_sensitive (self->undo_button, belt_deploy_session_can_undo (session));
}

static void
planned_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(BwDeployDialog) self = data;
  g_autoptr(GError) error = NULL;
  BeltDeployPlan *plan = belt_deploy_session_plan_finish (result, &error);
  g_autofree char *text = NULL;

  if (self->session == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  set_busy (self, FALSE);
  update_undo (self);
  if (plan == NULL)
    {
      g_clear_pointer (&self->deploy, belt_deploy_session_unref);
      clear_steps (self, _("There is no plan yet."));
      say (self, error->message, "error");
      return;
    }

  show_plan (self, plan);
  if (plan->refused)
    say (self, _("This engine cannot take it; the step marked ✕ says why. Nothing was changed."), "error");
  else if (!has_changes (plan))
    say (self, _("The engine has all of this already."), "success");
  else
    {
      text = g_strdup_printf (_("%s %s on %s/%s. Nothing is changed until you press Deploy."),
                              plan->info->is_belt ? "beltd" : "eKuiper", plan->info->version,
                              plan->info->os, plan->info->arch);
      say (self, text, NULL);
    }
  gtk_widget_set_sensitive (self->deploy_button, !plan->refused);
}

typedef struct
{
  char *folder;
  char *rule;
  guint serial;
} ContentRequest;

static void
content_request_free (gpointer data)
{
  ContentRequest *self = data;

  g_free (self->folder);
  g_free (self->rule);
  g_free (self);
}

/* Compiles what is not built, so on a thread. */
static void
content_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  ContentRequest *request = task_data;
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autoptr(BeltProject) project = belt_project_open (request->folder, diagnostics);
  BeltDeployContent *content;
  GError *error = NULL;

  if (project == NULL)
    {
      g_autofree char *text = diagnostics->len > 0 ? belt_diagnostic_to_string (g_ptr_array_index (diagnostics, 0))
                              : g_strdup (_("The project cannot be read."));

      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", text);
      return;
    }

  content = belt_deploy_content_new_for_rule (project, request->rule, cancellable, &error);
  if (content == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, content, (GDestroyNotify)belt_deploy_content_free);
}

static void
content_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  BwDeployDialog *self = BW_DEPLOY_DIALOG (object);
  ContentRequest *request = g_task_get_task_data (G_TASK (result));
  g_autoptr(GError) error = NULL;
  BeltDeployContent *content = g_task_propagate_pointer (G_TASK (result), &error);
  g_autofree char *history = NULL;

  if (self->session == NULL || request->serial != self->serial)
    {
      g_clear_pointer (&content, belt_deploy_content_free);
      return;
    }
  if (content == NULL)
    {
      set_busy (self, FALSE);
      clear_steps (self, _("There is no plan yet."));
      say (self, error->message, "error");
      return;
    }

  history = g_strdup (content->history_dir);
  g_clear_pointer (&self->deploy, belt_deploy_session_unref);
  self->deploy = belt_deploy_session_new (get_selected (self->engine), get_url (self), get_token (self), history,
                                          content);
  say (self, _("Asking the engine what it has…"), NULL);
  belt_deploy_session_plan_async (self->deploy, self->cancellable, planned_cb, g_object_ref (self));
}

static void
make_plan (BwDeployDialog *self)
{
  g_autoptr(GTask) task = NULL;
  ContentRequest *request;

  if (self->filling || self->session == NULL || self->busy)
    return;
  if (get_selected (self->rule) == NULL || get_url (self) == NULL)
    {
      set_busy (self, FALSE);
      gtk_widget_set_sensitive (self->deploy_button, FALSE);
      clear_steps (self, get_url (self) == NULL ? _("Add an engine, a beltd or an eKuiper, to deploy to.")
                                                : _("There is no rule to deploy yet."));
      say (self, "", NULL);
      return;
    }

  set_busy (self, TRUE);
  say (self, _("Getting rule, streams and plugins ready…"), NULL);
  request = g_new0 (ContentRequest, 1);
  request->folder = g_file_get_path (bw_project_get_folder (bw_session_get_project (self->session)));
  request->rule = g_strdup (get_selected (self->rule));
  request->serial = ++self->serial;
  task = g_task_new (self, self->cancellable, content_cb, NULL);
  g_task_set_task_data (task, request, content_request_free);
  g_task_run_in_thread (task, content_thread);
}

static void
progress_cb (guint           step,
             BeltDeployState state,
             const char     *message,
             gpointer        data)
{
  BwDeployDialog *self = data;
  GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->steps, (int)step);

  if (row != NULL)
    bw_deploy_step_set_state (BW_DEPLOY_STEP (row), state, message);
}

static void
deployed_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(BwDeployDialog) self = data;
  g_autoptr(GError) error = NULL;
  gboolean done = belt_deploy_session_run_finish (result, &error);
  g_autofree char *text = NULL;

  if (self->session == NULL)
    return;
  set_busy (self, FALSE);
  update_undo (self);
  if (!done)
    {
      text = g_strdup_printf (_("%s The steps above say what is true on the engine now."), error->message);
      say (self, text, "error");
      return;
    }

  text = g_strdup_printf (_("“%s” runs on %s, as read back from it."), get_selected (self->rule),
                          get_selected (self->engine));
  say (self, text, "success");
}

static void
deploy_clicked_cb (BwDeployDialog *self)
{
  if (self->deploy == NULL || self->busy)
    return;

  set_busy (self, TRUE);
  say (self, _("Deploying…"), NULL);
  belt_deploy_session_run_async (self->deploy, progress_cb, self, self->cancellable, deployed_cb, g_object_ref (self));
}

static void
undone_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(BwDeployDialog) self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *report = belt_deploy_session_undo_finish (result, &error);

  if (self->session == NULL)
    return;
  set_busy (self, FALSE);
  update_undo (self);
  clear_steps (self, report != NULL ? report : _("Nothing was taken back."));
  say (self, report != NULL ? _("Taken back. This is what the engine has now.") : error->message,
       report != NULL ? "success" : "error");
  g_clear_pointer (&self->running, belt_deploy_session_unref);
}

static void
undo_clicked_cb (BwDeployDialog *self)
{
  BeltProject *project = bw_session_get_belt_project (self->session);
  g_autofree char *history = NULL;

  if (project == NULL || self->busy)
    return;
  history = belt_project_dup_target (project, "history");
  g_clear_pointer (&self->running, belt_deploy_session_unref);
  self->running = belt_deploy_session_new (get_selected (self->engine), get_url (self), get_token (self), history,
                                           NULL);
  set_busy (self, TRUE);
  say (self, _("Taking it back…"), NULL);
  belt_deploy_session_undo_async (self->running, self->cancellable, undone_cb, g_object_ref (self));
}

static void
probed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(BwDeployDialog) self = data;
  g_autoptr(GError) error = NULL;
  BeltRemoteInfo *info = belt_deploy_session_probe_finish (result, &error);
  g_autofree char *text = NULL;

  if (self->session != NULL)
    {
      set_busy (self, FALSE);
      if (info == NULL)
        say (self, error->message, "error");
      else
        {
          text = g_strdup_printf (_("Reached: %s %s on %s/%s."), info->is_belt ? "beltd" : "eKuiper",
                                  info->version, info->os, info->arch);
          say (self, text, "success");
        }
      gtk_widget_set_sensitive (self->deploy_button, FALSE);
      g_clear_pointer (&self->running, belt_deploy_session_unref);
    }
  g_clear_pointer (&info, belt_remote_info_free);
}

static void
test_clicked_cb (BwDeployDialog *self)
{
  if (get_url (self) == NULL || self->busy)
    return;

  g_clear_pointer (&self->running, belt_deploy_session_unref);
  self->running = belt_deploy_session_new (get_selected (self->engine), get_url (self), get_token (self), NULL, NULL);
  set_busy (self, TRUE);
  say (self, _("Connecting…"), NULL);
  belt_deploy_session_probe_async (self->running, self->cancellable, probed_cb, g_object_ref (self));
}

static void
fill_engines (BwDeployDialog *self,
              const char     *select)
{
  BeltManifest *manifest = bw_session_get_manifest (self->session);
  g_autofree char *wanted = g_strdup (select);
  guint chosen = 0;

  self->filling = TRUE;
  gtk_string_list_splice (self->engines, 0, g_list_model_get_n_items (G_LIST_MODEL (self->engines)), NULL);
  g_ptr_array_set_size (self->urls, 0);
  for (guint i = 0; manifest != NULL && i < manifest->engines->len; i++)
    {
      BeltManifestEngine *engine = g_ptr_array_index (manifest->engines, i);

      g_ptr_array_add (self->urls, g_strdup (engine->url));
      gtk_string_list_append (self->engines, engine->name);
      if (g_strcmp0 (wanted, engine->name) == 0)
        chosen = i;
    }
  if (self->urls->len > 0)
    adw_combo_row_set_selected (self->engine, chosen);
  self->filling = FALSE;
}

static void
fill_rules (BwDeployDialog *self,
            const char     *select)
{
  BeltProject *project = bw_session_get_belt_project (self->session);
  const char *const *names = project != NULL ? belt_project_get_rules (project) : NULL;
  g_autofree char *wanted = g_strdup (select);

  self->filling = TRUE;
  gtk_string_list_splice (self->rules, 0, g_list_model_get_n_items (G_LIST_MODEL (self->rules)), NULL);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      gtk_string_list_append (self->rules, names[i]);
      if (g_strcmp0 (wanted, names[i]) == 0)
        adw_combo_row_set_selected (self->rule, i);
    }
  self->filling = FALSE;
}

/* After an engine was added or removed, or something was saved. */
static void
session_changed_cb (BwDeployDialog *self)
{
  if (self->busy)
    return;
  fill_engines (self, get_selected (self->engine));
  fill_rules (self, get_selected (self->rule));
  make_plan (self);
}

static void
token_found_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(BwDeployDialog) self = data;
  /* No keyring is no error: the token is typed then. */
  char *token = secret_password_lookup_finish (result, NULL);

  if (self->session != NULL)
    {
      if (token != NULL)
        gtk_editable_set_text (GTK_EDITABLE (self->token), token);
      make_plan (self);
    }
  g_clear_pointer (&token, secret_password_free);
}

static void
engine_selected_cb (BwDeployDialog *self)
{
  if (self->filling || self->session == NULL)
    return;

  gtk_editable_set_text (GTK_EDITABLE (self->token), "");
  if (get_url (self) == NULL)
    make_plan (self);
  else
    secret_password_lookup (&token_schema, self->cancellable, token_found_cb, g_object_ref (self),
                            "url", get_url (self), NULL);
}

static void
token_applied_cb (BwDeployDialog *self)
{
  if (get_url (self) == NULL)
    return;

  if (get_token (self) != NULL)
    secret_password_store (&token_schema, SECRET_COLLECTION_DEFAULT, "Beltworks engine", get_token (self), NULL, NULL,
                           NULL,
                           "url", get_url (self), NULL);
  else
    secret_password_clear (&token_schema, NULL, NULL, NULL, "url", get_url (self), NULL);
  make_plan (self);
}

static char *
dup_manifest_path (BwDeployDialog *self)
{
  return g_build_filename (g_file_peek_path (bw_project_get_folder (bw_session_get_project (self->session))),
                           BELT_MANIFEST_FILE, NULL);
}

static void
add_clicked_cb (BwDeployDialog *self)
{
  g_autofree char *path = dup_manifest_path (self);
  g_autoptr(GError) error = NULL;

  if (!belt_manifest_add_engine (path, gtk_editable_get_text (GTK_EDITABLE (self->new_name)),
                                 gtk_editable_get_text (GTK_EDITABLE (self->new_url)), NULL, &error))
    {
      say (self, error->message, "error");
      return;
    }

  adw_expander_row_set_expanded (self->add_engine, FALSE);
  bw_project_rescan (bw_session_get_project (self->session));
}

static void
remove_clicked_cb (BwDeployDialog *self)
{
  g_autofree char *path = dup_manifest_path (self);
  g_autoptr(GError) error = NULL;

  if (get_selected (self->engine) == NULL)
    return;
  if (!belt_manifest_remove_engine (path, get_selected (self->engine), &error))
    say (self, error->message, "error");
  else
    bw_project_rescan (bw_session_get_project (self->session));
}

static void
bw_deploy_dialog_dispose (GObject *object)
{
  BwDeployDialog *self = BW_DEPLOY_DIALOG (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->session);
  g_clear_pointer (&self->deploy, belt_deploy_session_unref);
  g_clear_pointer (&self->running, belt_deploy_session_unref);

  G_OBJECT_CLASS (bw_deploy_dialog_parent_class)->dispose (object);
}

static void
bw_deploy_dialog_finalize (GObject *object)
{
  BwDeployDialog *self = BW_DEPLOY_DIALOG (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->rules);
  g_clear_object (&self->engines);
  g_clear_pointer (&self->urls, g_ptr_array_unref);

  G_OBJECT_CLASS (bw_deploy_dialog_parent_class)->finalize (object);
}

static void
bw_deploy_dialog_class_init (BwDeployDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_deploy_dialog_dispose;
  object_class->finalize = bw_deploy_dialog_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-deploy-dialog.ui");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, rule);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, engine);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, new_name);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, new_url);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, token);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, add_engine);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, add_button);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, test_button);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, remove_button);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, steps);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, empty);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, sentence);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, spinner);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, undo_button);
  gtk_widget_class_bind_template_child (widget_class, BwDeployDialog, deploy_button);
  gtk_widget_class_bind_template_callback (widget_class, make_plan);
  gtk_widget_class_bind_template_callback (widget_class, engine_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, token_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, add_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, test_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, undo_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, deploy_clicked_cb);
}

static void
bw_deploy_dialog_init (BwDeployDialog *self)
{
  self->cancellable = g_cancellable_new ();
  self->rules = gtk_string_list_new (NULL);
  self->engines = gtk_string_list_new (NULL);
  self->urls = g_ptr_array_new_with_free_func (g_free);
  gtk_widget_init_template (GTK_WIDGET (self));
  bw_names_set_choices (self->rule);
  bw_names_set_choices (self->engine);
  bw_names_set_row (GTK_WIDGET (self->add_engine));
  adw_combo_row_set_model (self->rule, G_LIST_MODEL (self->rules));
  adw_combo_row_set_model (self->engine, G_LIST_MODEL (self->engines));
  bw_names_set_row (GTK_WIDGET (self->new_name));
  bw_names_set_row (GTK_WIDGET (self->new_url));
  bw_names_set_row (GTK_WIDGET (self->token));
}

BwDeployDialog *
bw_deploy_dialog_new (GtkWindow  *parent,
                      BwSession  *session,
                      const char *rule)
{
  BwDeployDialog *self = g_object_new (BW_TYPE_DEPLOY_DIALOG, "transient-for", parent, "modal", TRUE, NULL);

  self->session = g_object_ref (session);
  fill_rules (self, rule);
  fill_engines (self, NULL);
  g_signal_connect_object (session, "changed", G_CALLBACK (session_changed_cb), self, G_CONNECT_SWAPPED);
  engine_selected_cb (self);
  return self;
}

const char *
bw_deploy_dialog_get_sentence (BwDeployDialog *self)
{
  return gtk_label_get_label (self->sentence);
}

gboolean
bw_deploy_dialog_is_busy (BwDeployDialog *self)
{
  return self->busy;
}
