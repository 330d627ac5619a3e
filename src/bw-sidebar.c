/* bw-sidebar.c - what is in the project
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One list with a heading before each kind.  Signal "activated" (item).
 */
#include "config.h"

#include "bw-sidebar.h"

#include <glib/gi18n.h>

struct _BwSidebar
{
  GtkWidget   parent_instance;

  GtkWidget  *scroller;
  GtkListBox *list;
};

enum
{
  ACTIVATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwSidebar, bw_sidebar, GTK_TYPE_WIDGET)

/* The same words as the menu "New". */
static const struct
{
  const char *target;   /* of win.new-kind; NULL: nothing to make */
  const char *label;
} news[BW_N_KINDS] = {
  { "stream", N_("New stream") },
  { "rule", N_("New rule") },
  { "function", N_("New plugin") },
  { "sample", N_("Add sample rows") },
  { "test", N_("New test") },
  { "engine", N_("Add engine") },
};

static BwItem *
get_item (GtkListBoxRow *row)
{
  return g_object_get_data (G_OBJECT (row), "item");
}

static GtkWidget *
create_row_cb (gpointer object,
               gpointer data)
{
  BwItem *item = object;
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *name = gtk_label_new (bw_item_get_name (item));
  GtkWidget *detail = gtk_label_new (NULL);
  g_autofree char *label = g_strdup_printf ("%s: %s", bw_kind_get_title (bw_item_get_kind (item)),
                                            bw_item_get_name (item));

  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (detail), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (detail), 18);
  gtk_widget_add_css_class (detail, "dim-label");
  gtk_widget_add_css_class (detail, "caption");
  g_object_bind_property (item, "detail", detail, "label", G_BINDING_SYNC_CREATE);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), detail);
  if (bw_item_is_empty (item))
    {
      gtk_widget_add_css_class (name, "dim-label");
      gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
      gtk_list_box_row_set_selectable (GTK_LIST_BOX_ROW (row), FALSE);
      gtk_widget_set_focusable (row, FALSE);
    }

  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_object_set_data_full (G_OBJECT (row), "item", g_object_ref (item), g_object_unref);
  return row;
}

static GtkWidget *
create_heading (BwKind kind)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (bw_kind_get_title (kind));
  GtkWidget *button = gtk_button_new_from_icon_name ("list-add-symbolic");

  gtk_widget_add_css_class (box, "bw-heading");
  gtk_widget_add_css_class (label, "heading");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_set_tooltip_text (button, _(news[kind].label));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _(news[kind].label), -1);
  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (button), "win.new-kind");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", news[kind].target);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), button);
  return box;
}

static void
update_heading_cb (GtkListBoxRow *row,
                   GtkListBoxRow *before,
                   gpointer       data)
{
  BwKind kind = bw_item_get_kind (get_item (row));

  if (before != NULL && bw_item_get_kind (get_item (before)) == kind)
    gtk_list_box_row_set_header (row, NULL);
  else if (gtk_list_box_row_get_header (row) == NULL)
    gtk_list_box_row_set_header (row, create_heading (kind));
}

static void
row_activated_cb (BwSidebar     *self,
                  GtkListBoxRow *row)
{
  g_signal_emit (self, signals[ACTIVATED], 0, get_item (row));
}

static void
bw_sidebar_dispose (GObject *object)
{
  BwSidebar *self = BW_SIDEBAR (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_sidebar_parent_class)->dispose (object);
}

static gboolean
bw_sidebar_grab_focus (GtkWidget *widget)
{
  BwSidebar *self = BW_SIDEBAR (widget);
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);

  for (int i = 0; row == NULL && i < 2 * BW_N_KINDS; i++)
    {
      row = gtk_list_box_get_row_at_index (self->list, i);
      if (row == NULL)
        return FALSE;
      if (bw_item_is_empty (get_item (row)))
        row = NULL;
    }

  return row != NULL && gtk_widget_grab_focus (GTK_WIDGET (row));
}

static void
bw_sidebar_class_init (BwSidebarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_sidebar_dispose;
  widget_class->grab_focus = bw_sidebar_grab_focus;

  signals[ACTIVATED] = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                     0, NULL, NULL, NULL, G_TYPE_NONE, 1, BW_TYPE_ITEM);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, BwSidebar, scroller);
  gtk_widget_class_bind_template_child (widget_class, BwSidebar, list);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
bw_sidebar_init (BwSidebar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_list_box_set_header_func (self->list, update_heading_cb, NULL, NULL);
}

void
bw_sidebar_set_project (BwSidebar *self,
                        BwProject *project)
{
  gtk_list_box_bind_model (self->list, project != NULL ? bw_project_get_items (project) : NULL, create_row_cb, NULL,
                           NULL);
}

void
bw_sidebar_select (BwSidebar *self,
                   BwItem    *item)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    if (get_item (row) == item)
      {
        gtk_list_box_select_row (self->list, row);
        return;
      }

  gtk_list_box_unselect_all (self->list);
}
