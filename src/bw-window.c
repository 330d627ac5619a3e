/* bw-window.c - the shell: Welcome, or a project with its sidebar and pages
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-settings.h"
#include "bw-window-private.h"

#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (BwWindow, bw_window, ADW_TYPE_APPLICATION_WINDOW)

GFile *
bw_window_get_folder (BwWindow *self)
{
  g_return_val_if_fail (BW_IS_WINDOW (self), NULL);

  return self->folder;
}

void
bw_window_open_folder (BwWindow *self,
                       GFile    *folder)
{
  g_return_if_fail (BW_IS_WINDOW (self));
  g_return_if_fail (G_IS_FILE (folder));

  g_set_object (&self->folder, folder);
}

void
bw_window_open_named (BwWindow   *self,
                      const char *name)
{
}

gboolean
bw_window_is_settled (BwWindow *self)
{
  return TRUE;
}

void
bw_window_add_toast (BwWindow   *self,
                     const char *text)
{
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (text));
}

static void
bw_window_dispose (GObject *object)
{
  BwWindow *self = BW_WINDOW (object);

  g_clear_object (&self->folder);

  G_OBJECT_CLASS (bw_window_parent_class)->dispose (object);
}

static void
bw_window_class_init (BwWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_window_dispose;

  g_type_ensure (BW_TYPE_WELCOME);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BwWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, welcome);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, title);
  bw_window_install_actions (widget_class);
}

static void
bw_window_init (BwWindow *self)
{
  GSettings *settings = bw_settings_get_default ();
  int width;
  int height;

  gtk_widget_init_template (GTK_WIDGET (self));
  g_settings_get (settings, "window-size", "(ii)", &width, &height);
  gtk_window_set_default_size (GTK_WINDOW (self), width, height);
}

BwWindow *
bw_window_new (GtkApplication *app)
{
  return g_object_new (BW_TYPE_WINDOW, "application", app, NULL);
}
