/* bw-window-actions.c - win.* actions
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-application.h"
#include "bw-deploy-dialog.h"
#include "bw-names.h"
#include "bw-new-dialog.h"
#include "bw-places.h"
#include "bw-window-private.h"

#include <glib/gi18n.h>

static void
close_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  gtk_window_close (GTK_WINDOW (widget));
}

static void
open_cb (GtkNativeDialog *dialog,
         int              response,
         gpointer         data)
{
  g_autoptr(BwWindow) self = data;
  g_autoptr(GFile) folder = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    folder = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (folder != NULL)
    bw_application_open_folder (BW_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))), folder);
  g_object_unref (dialog);
}

static void
open_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_("Open Project"), GTK_WINDOW (widget),
                                                              GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER,
                                                              _("_Open"), _("_Cancel"));

  g_signal_connect (dialog, "response", G_CALLBACK (open_cb), g_object_ref (widget));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
save_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_page_save (self->page);
}

static void
save_if_modified (BwPage   *page,
                  gpointer  data)
{
  if (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (bw_page_get_document (page))))
    bw_page_save (page);
}

static void
save_all_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  bw_window_foreach_page (BW_WINDOW (widget), save_if_modified, NULL);
}

static void
close_page_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_window_close_page (self, self->page);
  else if (self->project == NULL)
    gtk_window_close (GTK_WINDOW (self));
}

static void
find_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_editor_find (bw_page_get_editor (self->page), g_str_equal (name, "win.replace"));
}

static void
find_next_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_editor_find_next (bw_page_get_editor (self->page), g_str_equal (name, "win.find-previous"));
}

static void
fix_action (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL && !bw_editor_fix (bw_page_get_editor (self->page)))
    bw_window_add_toast (self, _("There is no fix to offer here."));
}

static void
language_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page == NULL)
    return;
  if (g_str_equal (name, "win.go-to-definition"))
    bw_page_go_to_definition (self->page);
  else if (g_str_equal (name, "win.rename"))
    bw_page_rename (self->page);
  else
    bw_page_format (self->page);
}

/* A path from the project's folder. */
static void
path_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);
  const char *path = g_variant_get_string (parameter, NULL);
  BwItem *item = self->project != NULL ? bw_project_lookup_path (self->project, path) : NULL;
  g_autofree char *text = NULL;

  if (item != NULL && g_str_equal (name, "win.rename-path"))
    {
      bw_window_rename_item (self, item);
      return;
    }
  if (item != NULL)
    {
      bw_window_open_item (self, item);
      return;
    }
  text = g_strdup_printf (_("There is no %s in this project."), path);
  bw_window_add_toast (self, text);
}

static void
next_problem_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_editor_next_problem (bw_page_get_editor (self->page));
}

static void
apply_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_page_apply (self->page);
}

static void
why_action (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  if (self->page != NULL)
    bw_page_why (self->page);
}

static void
toggle_sidebar_action (GtkWidget  *widget,
                       const char *name,
                       GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);

  adw_flap_set_reveal_flap (self->flap, !adw_flap_get_reveal_flap (self->flap));
}

static void
focus_area_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);
  gint32 area = g_variant_get_int32 (parameter);

  if (area == 0 && self->project != NULL)
    {
      adw_flap_set_reveal_flap (self->flap, TRUE);
      gtk_widget_grab_focus (GTK_WIDGET (self->sidebar));
    }
  else if (self->page != NULL)
    bw_page_focus_area (self->page, (guint)area);
}

static void
split_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);
  BwPage *page = self->page;
  PanelGridColumn *column;
  GtkWidget *frame;
  guint last;

  if (page == NULL)
    return;
  if (gtk_widget_get_width (GTK_WIDGET (self->grid)) < 700)
    {
      bw_window_add_toast (self, _("The window is too narrow for two pages side by side."));
      return;
    }

  g_object_ref (page);
  frame = gtk_widget_get_ancestor (GTK_WIDGET (page), PANEL_TYPE_FRAME);
  panel_frame_remove (PANEL_FRAME (frame), PANEL_WIDGET (page));
  last = panel_grid_get_n_columns (self->grid);
  /* Two columns: a third makes each too narrow to read. */
  if (last < 2)
    panel_grid_insert_column (self->grid, last);
  column = panel_grid_get_column (self->grid,
                                  gtk_widget_is_ancestor (frame, GTK_WIDGET (panel_grid_get_column (self->grid,
                                                                                                    0))) ? 1 : 0);
  panel_frame_add (panel_grid_column_get_most_recent_frame (column), PANEL_WIDGET (page));
  panel_widget_raise (PANEL_WIDGET (page));
  gtk_widget_grab_focus (GTK_WIDGET (page));
  bw_names_set_tabs (GTK_WIDGET (self->grid));
  g_object_unref (page);
}

static void
example_copied_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      data)
{
  g_autoptr(BwWindow) self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *path = bw_places_copy_example_finish (result, &error);
  g_autoptr(GFile) folder = NULL;
  GtkApplication *app = gtk_window_get_application (GTK_WINDOW (self));

  if (path == NULL)
    {
      bw_window_add_toast (self, error->message);
      return;
    }
  folder = g_file_new_for_path (path);
  if (app != NULL)
    bw_application_open_folder (BW_APPLICATION (app), folder);
}

static void
open_demo_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  const char *example = parameter != NULL ? g_variant_get_string (parameter, NULL) : "cold-rooms";

  bw_places_copy_example_async (example, NULL, example_copied_cb, g_object_ref (widget));
}

static void
created_cb (BwWindow   *self,
            const char *folder,
            const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (folder);

  if (self->project == NULL)
    bw_window_open_folder (self, file);
  if (*path != '\0')
    bw_window_open_named (self, path);
  else
    bw_project_rescan (self->project);
}

static void
new_kind_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);
  const char *kind = parameter != NULL ? g_variant_get_string (parameter, NULL) : "rule";
  BwNewDialog *dialog = bw_new_dialog_new (GTK_WINDOW (self), self->project, kind);

  g_signal_connect_object (dialog, "created", G_CALLBACK (created_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
deploy_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);
  BwItem *item = self->page != NULL ? bw_page_get_item (self->page) : NULL;
  const char *rule = item != NULL && bw_item_get_kind (item) == BW_KIND_RULE ? bw_item_get_name (item) : NULL;

  /* What is deployed is what is on disk. */
  bw_window_foreach_page (self, save_if_modified, NULL);
  gtk_window_present (GTK_WINDOW (bw_deploy_dialog_new (GTK_WINDOW (self), self->session, rule)));
}

typedef struct
{
  char  *folder;
  char  *plugin;
  GFile *file;
} ExportJob;

static void
export_job_free (gpointer data)
{
  ExportJob *self = data;

  g_free (self->folder);
  g_free (self->plugin);
  g_object_unref (self->file);
  g_free (self);
}

static void
export_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  ExportJob *job = task_data;
  g_autoptr(BeltProject) project = belt_project_open (job->folder, NULL);
  g_autoptr(GBytes) zip = NULL;
  GError *error = NULL;

  if (project == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, _("beltworks.json cannot be used."));
      return;
    }
  zip = belt_deploy_pack_plugin (project, job->plugin, cancellable, &error);
  if (zip == NULL ||
      !g_file_replace_contents (job->file, g_bytes_get_data (zip, NULL), g_bytes_get_size (zip), NULL, FALSE,
                                G_FILE_CREATE_NONE, NULL, cancellable, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
exported_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  BwWindow *self = BW_WINDOW (object);
  ExportJob *job = g_task_get_task_data (G_TASK (result));
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_file_get_basename (job->file);
  g_autofree char *text = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    text = g_strdup_printf (_("“%s” is written, ready for POST /plugins."), name);
  else
    text = g_strdup_printf (_("Exporting: %s"), error->message);
  bw_window_add_toast (self, text);
}

void
bw_window_export_plugin (BwWindow   *self,
                         const char *plugin,
                         GFile      *file)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, exported_cb, NULL);
  ExportJob *job = g_new0 (ExportJob, 1);

  job->folder = g_file_get_path (bw_project_get_folder (self->project));
  job->plugin = g_strdup (plugin);
  job->file = g_object_ref (file);
  g_task_set_task_data (task, job, export_job_free);
  g_task_run_in_thread (task, export_thread);
}

static void
export_response_cb (GtkNativeDialog *dialog,
                    int              response,
                    gpointer         data)
{
  g_autoptr(BwWindow) self = data;
  g_autoptr(GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (file != NULL && self->project != NULL)
    bw_window_export_plugin (self, g_object_get_data (G_OBJECT (dialog), "plugin"), file);
  g_object_unref (dialog);
}

/* The plugin of the page, else the first there is. */
static const char *
find_plugin_to_export (BwWindow *self)
{
  BeltManifest *manifest = bw_session_get_manifest (self->session);
  g_autofree char *path = self->page != NULL ? bw_project_dup_path (self->project,
                                                                    bw_page_get_item (self->page)) : NULL;
  BwPlugin *plugin = path != NULL ? bw_plugins_lookup_path (self->plugins, path) : NULL;

  if (plugin != NULL)
    return bw_plugin_get_name (plugin);
  if (manifest == NULL || manifest->plugins->len == 0)
    return NULL;

  return ((BeltManifestPlugin *)g_ptr_array_index (manifest->plugins, 0))->name;
}

static void
export_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BwWindow *self = BW_WINDOW (widget);
  const char *plugin = find_plugin_to_export (self);
  g_autofree char *file_name = g_strdup_printf ("%s.zip", plugin);
  GtkFileChooserNative *dialog;

  if (plugin == NULL)
    {
      bw_window_add_toast (self, _("The project has no plugin to export. Rules and streams go with Deploy."));
      return;
    }

  bw_window_foreach_page (self, save_if_modified, NULL);
  dialog = gtk_file_chooser_native_new (_("Export Zip"), GTK_WINDOW (self), GTK_FILE_CHOOSER_ACTION_SAVE,
                                        _("_Export"), _("_Cancel"));
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), file_name);
  g_object_set_data_full (G_OBJECT (dialog), "plugin", g_strdup (plugin), g_free);
  g_signal_connect (dialog, "response", G_CALLBACK (export_response_cb), g_object_ref (self));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
toast_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  bw_window_add_toast (BW_WINDOW (widget), g_variant_get_string (parameter, NULL));
}

void
bw_window_install_actions (GtkWidgetClass *klass)
{
  gtk_widget_class_install_action (klass, "win.close", NULL, close_action);
  gtk_widget_class_install_action (klass, "win.open", NULL, open_action);
  gtk_widget_class_install_action (klass, "win.save", NULL, save_action);
  gtk_widget_class_install_action (klass, "win.save-all", NULL, save_all_action);
  gtk_widget_class_install_action (klass, "win.close-page", NULL, close_page_action);
  gtk_widget_class_install_action (klass, "win.find", NULL, find_action);
  gtk_widget_class_install_action (klass, "win.replace", NULL, find_action);
  gtk_widget_class_install_action (klass, "win.find-next", NULL, find_next_action);
  gtk_widget_class_install_action (klass, "win.find-previous", NULL, find_next_action);
  gtk_widget_class_install_action (klass, "win.fix", NULL, fix_action);
  gtk_widget_class_install_action (klass, "win.next-problem", NULL, next_problem_action);
  gtk_widget_class_install_action (klass, "win.go-to-definition", NULL, language_action);
  gtk_widget_class_install_action (klass, "win.rename", NULL, language_action);
  gtk_widget_class_install_action (klass, "win.format", NULL, language_action);
  gtk_widget_class_install_action (klass, "win.open-path", "s", path_action);
  gtk_widget_class_install_action (klass, "win.rename-path", "s", path_action);
  gtk_widget_class_install_action (klass, "win.apply", NULL, apply_action);
  gtk_widget_class_install_action (klass, "win.why", NULL, why_action);
  gtk_widget_class_install_action (klass, "win.split", NULL, split_action);
  gtk_widget_class_install_action (klass, "win.toggle-sidebar", NULL, toggle_sidebar_action);
  gtk_widget_class_install_action (klass, "win.new", NULL, new_kind_action);
  gtk_widget_class_install_action (klass, "win.new-kind", "s", new_kind_action);
  gtk_widget_class_install_action (klass, "win.deploy", NULL, deploy_action);
  gtk_widget_class_install_action (klass, "win.export", NULL, export_action);
  gtk_widget_class_install_action (klass, "win.open-demo", NULL, open_demo_action);
  gtk_widget_class_install_action (klass, "win.open-example", "s", open_demo_action);
  gtk_widget_class_install_action (klass, "win.toast", "s", toast_action);
  gtk_widget_class_install_action (klass, "win.focus-area", "i", focus_area_action);
}

/* F2 is the next problem, but in the sidebar another name, as in every list of files. */
void
bw_window_update_keys (BwWindow *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.next-problem",
                                 self->page != NULL && (focus == NULL ||
                                                        !gtk_widget_is_ancestor (focus, GTK_WIDGET (self->sidebar))));
}

/* What cannot be done now is greyed out. */
void
bw_window_update_actions (BwWindow *self)
{
  static const char *const of_page[] = {
    "win.save", "win.find", "win.replace", "win.find-next", "win.find-previous", "win.fix",
    "win.apply", "win.why", "win.split",
  };

  static const char *const of_language[] = { "win.go-to-definition", "win.rename", "win.format" };

  for (guint i = 0; i < G_N_ELEMENTS (of_language); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), of_language[i],
                                   self->page != NULL && bw_page_has_language (self->page));
  for (guint i = 0; i < G_N_ELEMENTS (of_page); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), of_page[i], self->page != NULL);
  bw_window_update_keys (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.save-all", self->project != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.toggle-sidebar", self->project != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.deploy", self->project != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.export", self->project != NULL);
}
