/* bw-application-actions.c - app.* actions and the keys of all windows
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-application.h"

#include "bw-names.h"
#include "bw-preferences.h"
#include "bw-window.h"

#include <glib/gi18n.h>

static void
quit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  GtkApplication *app = data;
  GList *windows = g_list_copy (gtk_application_get_windows (app));

  for (GList *i = windows; i != NULL; i = i->next)
    gtk_window_close (i->data);
  g_list_free (windows);
}

static void
about_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  GtkWidget *about = g_object_new (ADW_TYPE_ABOUT_WINDOW,
                                   "transient-for", gtk_application_get_active_window (data),
                                   "application-name", _("Beltworks"),
                                   "application-icon", BELT_APP_ID,
                                   "version", BELT_VERSION,
                                   "developer-name", _("The Beltworks developers"),
                                   "comments", _("A workbench for rules and plugins on streams: write them, "
                                                 "see every row at every operator, and send them to an engine."),
                                   "license-type", GTK_LICENSE_APACHE_2_0,
                                   NULL);

  bw_names_set_buttons (about);
  gtk_window_present (GTK_WINDOW (about));
}

static void
preferences_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       data)
{
  GtkWindow *window = gtk_application_get_active_window (data);

  if (window != NULL)
    gtk_window_present (GTK_WINDOW (bw_preferences_new (window)));
}

static void
new_window_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       data)
{
  gtk_window_present (GTK_WINDOW (bw_window_new (data)));
}

static void
open_recent_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       data)
{
  g_autoptr(GFile) folder = g_file_new_for_path (g_variant_get_string (parameter, NULL));

  bw_application_open_folder (data, folder);
}

static const struct
{
  const char *action;
  const char *keys[3];
} bw_keys[] = {
  { "app.quit", { "<Primary>q" } },
  { "app.new-window", { "<Primary><Shift>n" } },
  { "app.preferences", { "<Primary>comma" } },
  { "win.new", { "<Primary>n" } },
  { "win.open", { "<Primary>o" } },
  { "win.save", { "<Primary>s" } },
  { "win.save-all", { "<Primary><Shift>s" } },
  { "win.close-page", { "<Primary>w" } },
  { "win.close", { "<Primary><Shift>w" } },
  { "win.find", { "<Primary>f" } },
  { "win.replace", { "<Primary>h" } },
  { "win.find-next", { "<Primary>g" } },
  { "win.find-previous", { "<Primary><Shift>g" } },
  { "win.fix", { "<Primary>period" } },
  { "win.why", { "<Primary><Shift>y" } },
  { "win.apply", { "<Primary>Return", "<Primary>KP_Enter" } },
  { "win.toggle-sidebar", { "F9" } },
  { "win.deploy", { "<Primary><Shift>Return" } },
  { "win.export", { "<Primary><Shift>e" } },
  { "win.next-problem", { "F2" } },
  { "win.go-to-definition", { "F12" } },
  { "win.rename", { "<Primary><Shift>r" } },
  { "win.format", { "<Primary><Shift>i" } },
  { "win.split", { "<Primary>backslash" } },
  { "win.focus-area(0)", { "<Primary>1" } },
  { "win.focus-area(1)", { "<Primary>2" } },
  { "win.focus-area(2)", { "<Primary>3" } },
  { "win.focus-area(3)", { "<Primary>4" } },
};

/**
 * bw_application_add_actions:
 * @self: the application
 *
 * Adds app.* and binds every key of the workbench.
 */
void
bw_application_add_actions (BwApplication *self)
{
  static const GActionEntry entries[] = {
    { .name = "quit", .activate = quit_action },
    { .name = "preferences", .activate = preferences_action },
    { .name = "about", .activate = about_action },
    { .name = "new-window", .activate = new_window_action },
    { .name = "open-recent", .activate = open_recent_action, .parameter_type = "s" },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);

  for (guint i = 0; i < G_N_ELEMENTS (bw_keys); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), bw_keys[i].action, bw_keys[i].keys);
}
