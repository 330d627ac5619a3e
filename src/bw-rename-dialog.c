/* bw-rename-dialog.c - asks for another name and says what changes with it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signal "accepted" (name); the window then does it, and destroys the dialog or
 * says what was in the way.
 */
#include "config.h"

#include "bw-rename-dialog.h"

#include "belt.h"
#include "bw-names.h"

#include <glib/gi18n.h>
#include <string.h>

struct _BwRenameDialog
{
  AdwWindow    parent_instance;

  AdwEntryRow *name;
  GtkLabel    *problem;
  GtkLabel    *effect;
  GtkLabel    *unsaved;
  GtkButton   *rename_button;

  BwProject   *project;
  BwItem      *item;
  gboolean     planned;  /* what changes is known */
  gboolean     busy;
};

enum
{
  ACCEPTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwRenameDialog, bw_rename_dialog, ADW_TYPE_WINDOW)

static const char *
get_name (BwRenameDialog *self)
{
  return gtk_editable_get_text (GTK_EDITABLE (self->name));
}

/* In the words of the window; NULL: the name is one. */
static const char *
find_problem (BwKind      kind,
              const char *name)
{
  BeltThing thing = kind == BW_KIND_TEST ? BELT_THING_TEST : kind == BW_KIND_ENGINE ? BELT_THING_ENGINE
                                                                                    : BELT_THING_RULE;

  if (belt_thing_check_name (thing, name, NULL))
    return NULL;
  if (strlen (name) > 64)
    return _("At most 64 characters.");

  return thing == BELT_THING_RULE ? _("A letter, then letters, digits and underscores.")
                                  : _("Letters, digits, and the signs “_”, “.” and “-”; no sign but “_” first.");
}

static char *
describe_taken (BwKind      kind,
                const char *name)
{
  static const char *const texts[BW_N_KINDS] = {
    N_("There is already a stream “%s”."), N_("There is already a rule “%s”."), N_("There is already a plugin “%s”."),
    N_("There are already sample rows “%s”."), N_("There is already a test “%s”."),
    N_("There is already an engine “%s”."),
  };
  g_auto(GStrv) parts = g_strsplit (_(texts[kind]), "%s", 2);

  return g_strjoinv (name, parts);
}

static void
show_problem (BwRenameDialog *self,
              const char     *problem)
{
  gtk_label_set_label (self->problem, problem != NULL ? problem : "");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), problem != NULL);
  if (problem != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->name), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->name), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->name), GTK_ACCESSIBLE_STATE_INVALID,
                               problem != NULL ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

static void
check_name (BwRenameDialog *self)
{
  const char *name = get_name (self);
  BwKind kind = bw_item_get_kind (self->item);
  gboolean is_same = g_str_equal (name, bw_item_get_name (self->item));
  const char *problem = *name != '\0' && !is_same ? find_problem (kind, name) : NULL;
  g_autofree char *taken = NULL;

  if (problem == NULL && !is_same && bw_project_lookup (self->project, kind, name) != NULL)
    problem = taken = describe_taken (kind, name);
  show_problem (self, problem);
  gtk_widget_set_sensitive (GTK_WIDGET (self->rename_button),
                            *name != '\0' && !is_same && problem == NULL && self->planned && !self->busy);
}

static void
name_changed_cb (BwRenameDialog *self)
{
  if (self->item != NULL)
    check_name (self);
}

static void
set_busy (BwRenameDialog *self,
          gboolean        busy)
{
  self->busy = busy;
  gtk_widget_set_sensitive (GTK_WIDGET (self->name), !busy);
  /* What has begun is not left half done. */
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "window.close", !busy);
}

static void
rename_clicked_cb (BwRenameDialog *self)
{
  g_autofree char *name = NULL;

  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->rename_button)))
    return;
  name = g_strdup (get_name (self));
  set_busy (self, TRUE);
  gtk_widget_set_sensitive (GTK_WIDGET (self->rename_button), FALSE);
  g_signal_emit (self, signals[ACCEPTED], 0, name);
}

static gboolean
bw_rename_dialog_close_request (GtkWindow *window)
{
  return BW_RENAME_DIALOG (window)->busy ||
         GTK_WINDOW_CLASS (bw_rename_dialog_parent_class)->close_request (window);
}

static void
bw_rename_dialog_dispose (GObject *object)
{
  BwRenameDialog *self = BW_RENAME_DIALOG (object);

  g_clear_object (&self->project);
  g_clear_object (&self->item);

  G_OBJECT_CLASS (bw_rename_dialog_parent_class)->dispose (object);
}

static void
bw_rename_dialog_class_init (BwRenameDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_rename_dialog_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = bw_rename_dialog_close_request;

  signals[ACCEPTED] = g_signal_new ("accepted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                    0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-rename-dialog.ui");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_bind_template_child (widget_class, BwRenameDialog, name);
  gtk_widget_class_bind_template_child (widget_class, BwRenameDialog, problem);
  gtk_widget_class_bind_template_child (widget_class, BwRenameDialog, effect);
  gtk_widget_class_bind_template_child (widget_class, BwRenameDialog, unsaved);
  gtk_widget_class_bind_template_child (widget_class, BwRenameDialog, rename_button);
  gtk_widget_class_bind_template_callback (widget_class, rename_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, name_changed_cb);
}

static void
bw_rename_dialog_init (BwRenameDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  bw_names_set_row (GTK_WIDGET (self->name));
  gtk_accessible_update_relation (GTK_ACCESSIBLE (self->name), GTK_ACCESSIBLE_RELATION_DESCRIBED_BY, self->problem,
                                  self->effect, NULL, -1);
}

BwRenameDialog *
bw_rename_dialog_new (GtkWindow *parent,
                      BwProject *project,
                      BwItem    *item)
{
  BwRenameDialog *self = g_object_new (BW_TYPE_RENAME_DIALOG, "transient-for", parent, "modal", TRUE, NULL);
  g_autofree char *title = g_strdup_printf (_("Rename “%s”"), bw_item_get_name (item));

  self->project = g_object_ref (project);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_editable_set_text (GTK_EDITABLE (self->name), bw_item_get_name (item));
  self->item = g_object_ref (item);
  gtk_widget_grab_focus (GTK_WIDGET (self->name));
  gtk_editable_select_region (GTK_EDITABLE (self->name), 0, -1);
  return self;
}

void
bw_rename_dialog_set_effect (BwRenameDialog *self,
                             const char     *effect,
                             const char     *unsaved)
{
  self->planned = TRUE;
  gtk_label_set_label (self->effect, effect);
  gtk_label_set_label (self->unsaved, unsaved != NULL ? unsaved : "");
  gtk_widget_set_visible (GTK_WIDGET (self->unsaved), unsaved != NULL);
  gtk_button_set_label (self->rename_button, unsaved != NULL ? _("_Save and Rename") : _("_Rename"));
  check_name (self);
}

void
bw_rename_dialog_fail (BwRenameDialog *self,
                       const char     *problem)
{
  set_busy (self, FALSE);
  check_name (self);
  show_problem (self, problem);
  gtk_widget_grab_focus (GTK_WIDGET (self->name));
}
