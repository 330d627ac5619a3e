/* bw-welcome.c - the first page: a live demo, your data, recent projects
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-welcome.h"

#include "bw-adaptive-box.h"
#include "bw-application.h"
#include "bw-demo-card.h"
#include "bw-import.h"
#include "bw-settings.h"
#include "bw-toolchain.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct _BwWelcome
{
  GtkWidget      parent_instance;

  GtkWidget     *scroller;
  BwDemoCard    *demo;
  GtkTextView   *data_view;
  GtkWidget     *hint;
  GtkWidget     *use_button;
  GtkLabel      *data_state;
  GtkWidget     *recent_box;
  GtkListBox    *recent;
  GtkLabel      *toolchain;

  GCancellable  *cancellable;
};

G_DEFINE_FINAL_TYPE (BwWelcome, bw_welcome, GTK_TYPE_WIDGET)

static void
open_folder (BwWelcome  *self,
             const char *path)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autoptr(GFile) folder = g_file_new_for_path (path);

  if (GTK_IS_WINDOW (root))
    bw_application_open_folder (BW_APPLICATION (gtk_window_get_application (GTK_WINDOW (root))), folder);
}

static void
show_data_error (BwWelcome  *self,
                 const char *message)
{
  gtk_label_set_label (self->data_state, message);
  gtk_widget_add_css_class (GTK_WIDGET (self->data_state), "error");
}

static void
imported_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(BwWelcome) self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *path = bw_import_project_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  gtk_widget_set_sensitive (self->use_button, TRUE);
  if (path == NULL)
    show_data_error (self, error->message);
  else
    open_folder (self, path);
}

static void
import (BwWelcome  *self,
        GBytes     *data,
        const char *name)
{
  gtk_widget_set_sensitive (self->use_button, FALSE);
  gtk_widget_remove_css_class (GTK_WIDGET (self->data_state), "error");
  gtk_label_set_label (self->data_state, _("Making a project of it…"));
  bw_import_project_async (data, name, self->cancellable, imported_cb, g_object_ref (self));
}

static void
use_clicked_cb (BwWelcome *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->data_view);
  g_autoptr(GBytes) bytes = NULL;
  GtkTextIter start;
  GtkTextIter end;
  char *text;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
  bytes = g_bytes_new_take (text, strlen (text));
  import (self, bytes, "pasted");
}

static void
file_loaded_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(BwWelcome) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_file_load_bytes_finish (G_FILE (object), result, NULL, &error);
  g_autofree char *name = g_file_get_basename (G_FILE (object));
  char *dot = strrchr (name, '.');

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (dot != NULL && dot != name)
    *dot = '\0';
  if (bytes == NULL)
    show_data_error (self, error->message);
  else if (g_bytes_get_size (bytes) > BW_IMPORT_BYTES_MAX)
    show_data_error (self, _("The file is larger than 256 MiB; take a part of it."));
  else
    import (self, bytes, name);
}

static void
use_file (BwWelcome *self,
          GFile     *file)
{
  g_autofree char *path = g_file_get_path (file);

  if (path != NULL && g_file_test (path, G_FILE_TEST_IS_DIR))
    open_folder (self, path);
  else
    g_file_load_bytes_async (file, self->cancellable, file_loaded_cb, g_object_ref (self));
}

static void
choose_response_cb (GtkNativeDialog *dialog,
                    int              response,
                    gpointer         data)
{
  g_autoptr(BwWelcome) self = data;
  g_autoptr(GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (file != NULL)
    use_file (self, file);
  g_object_unref (dialog);
}

static void
choose_clicked_cb (BwWelcome *self)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_("Use Your Data"),
                                                              GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                                              GTK_FILE_CHOOSER_ACTION_OPEN, _("_Use"), _("_Cancel"));

  g_signal_connect (dialog, "response", G_CALLBACK (choose_response_cb), g_object_ref (self));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static gboolean
drop_cb (BwWelcome     *self,
         const GValue  *value,
         double         x,
         double         y,
         GtkDropTarget *target)
{
  if (G_VALUE_HOLDS (value, G_TYPE_FILE))
    use_file (self, g_value_get_object (value));
  else if (G_VALUE_HOLDS_STRING (value))
    bw_welcome_set_data (self, g_value_get_string (value));
  else
    return FALSE;

  return TRUE;
}

static void
data_changed_cb (BwWelcome *self)
{
  gboolean empty = gtk_text_buffer_get_char_count (gtk_text_view_get_buffer (self->data_view)) == 0;

  gtk_widget_set_visible (self->hint, empty);
  gtk_widget_set_sensitive (self->use_button, !empty);
  gtk_widget_remove_css_class (GTK_WIDGET (self->data_state), "error");
  gtk_label_set_label (self->data_state, "");
}

static GtkWidget *
create_recent_row (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), path);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name ("go-next-symbolic"));
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "app.open-recent");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", path);
  return row;
}

static void
show_recent (BwWelcome *self)
{
  g_auto(GStrv) paths = g_settings_get_strv (bw_settings_get_default (), "recent-projects");
  GtkWidget *child;
  gboolean any = FALSE;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->recent))) != NULL)
    gtk_list_box_remove (self->recent, child);
  for (guint i = 0; paths[i] != NULL; i++)
    if (g_file_test (paths[i], G_FILE_TEST_IS_DIR))
      {
        gtk_list_box_append (self->recent, create_recent_row (paths[i]));
        any = TRUE;
      }
  gtk_widget_set_visible (self->recent_box, any);
}

static void
toolchain_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr(BwWelcome) self = data;
  g_autofree char *text = bw_toolchain_describe_finish (result, NULL);

  if (text != NULL && self->toolchain != NULL)
    gtk_label_set_label (self->toolchain, text);
}

static void
bw_welcome_dispose (GObject *object)
{
  BwWelcome *self = BW_WELCOME (object);

  g_cancellable_cancel (self->cancellable);
  self->toolchain = NULL;
  g_clear_pointer (&self->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_welcome_parent_class)->dispose (object);
}

static void
bw_welcome_finalize (GObject *object)
{
  g_clear_object (&BW_WELCOME (object)->cancellable);

  G_OBJECT_CLASS (bw_welcome_parent_class)->finalize (object);
}

static void
bw_welcome_class_init (BwWelcomeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_welcome_dispose;
  object_class->finalize = bw_welcome_finalize;

  g_type_ensure (BW_TYPE_ADAPTIVE_BOX);
  g_type_ensure (BW_TYPE_DEMO_CARD);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-welcome.ui");
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, scroller);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, demo);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, data_view);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, hint);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, use_button);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, data_state);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, recent_box);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, recent);
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, toolchain);
  gtk_widget_class_bind_template_callback (widget_class, use_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, choose_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, data_changed_cb);
}

static void
bw_welcome_init (BwWelcome *self)
{
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);
  GType types[] = { G_TYPE_FILE, G_TYPE_STRING };

  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_drop_target_set_gtypes (target, types, G_N_ELEMENTS (types));
  g_signal_connect_swapped (target, "drop", G_CALLBACK (drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
  g_signal_connect_object (gtk_text_view_get_buffer (self->data_view), "changed", G_CALLBACK (data_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (bw_settings_get_default (), "changed::recent-projects", G_CALLBACK (show_recent), self,
                           G_CONNECT_SWAPPED);
  data_changed_cb (self);
  show_recent (self);
  bw_toolchain_describe_async (self->cancellable, toolchain_cb, g_object_ref (self));
}

gboolean
bw_welcome_is_settled (BwWelcome *self)
{
  return bw_demo_card_is_settled (self->demo) && *gtk_label_get_label (self->toolchain) != '\0';
}

void
bw_welcome_set_data (BwWelcome  *self,
                     const char *text)
{
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->data_view), text, -1);
  gtk_widget_grab_focus (self->use_button);
}
