/* bw-sidebar.c - what is in the project
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One list with a heading before each kind.  Signals "activated", "rename" and
 * "delete" (item), and "undo".
 */
#include "config.h"

#include "bw-sidebar.h"

#include <glib/gi18n.h>

struct _BwSidebar
{
  GtkWidget   parent_instance;

  GtkWidget  *scroller;
  GtkListBox *list;
  GtkPopover *menu;

  BwItem     *menu_item;  /* what the menu is about; NULL: it was never open */
};

enum
{
  ACTIVATED,
  RENAME,
  DELETE,
  UNDO,
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

/* ------------------------------------------------------------------ the menu of a row */

static GtkListBoxRow *
find_row (BwSidebar *self,
          BwItem    *item)
{
  GtkListBoxRow *row;

  for (int i = 0; item != NULL && (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    if (get_item (row) == item)
      return row;

  return NULL;
}

/* The row with the focus, if it is one of a thing. */
static BwItem *
get_focus_item (BwSidebar *self)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self)));
  GtkWidget *row = focus != NULL ? gtk_widget_get_ancestor (focus, GTK_TYPE_LIST_BOX_ROW) : NULL;

  if (row == NULL || !gtk_widget_is_ancestor (row, GTK_WIDGET (self->list)))
    return NULL;

  return bw_item_is_empty (get_item (GTK_LIST_BOX_ROW (row))) ? NULL : get_item (GTK_LIST_BOX_ROW (row));
}

static gboolean
open_menu (BwSidebar     *self,
           GtkListBoxRow *row,
           double         x,
           double         y)
{
  GdkRectangle place = { 0, 0, 1, 1 };
  double left;
  double top;

  if (row == NULL || bw_item_is_empty (get_item (row)))
    return FALSE;

  g_set_object (&self->menu_item, get_item (row));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "item.open", bw_item_get_file (self->menu_item) != NULL);
  /* The name of a plugin is in its C code, too. */
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "item.rename",
                                 bw_item_get_kind (self->menu_item) != BW_KIND_PLUGIN);
  gtk_widget_translate_coordinates (GTK_WIDGET (self->list), GTK_WIDGET (self), x, y, &left, &top);
  place.x = (int)left;
  place.y = (int)top;
  gtk_popover_set_pointing_to (self->menu, &place);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->menu), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  bw_item_get_name (self->menu_item), -1);
  gtk_widget_add_css_class (GTK_WIDGET (row), "has-open-popup");
  gtk_popover_popup (self->menu);

  return TRUE;
}

static void
open_menu_at (BwSidebar  *self,
              GtkGesture *gesture,
              double      x,
              double      y)
{
  if (open_menu (self, gtk_list_box_get_row_at_y (self->list, (int)y), x, y))
    gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

static void
right_pressed_cb (GtkGestureClick *gesture,
                  int              n_pressed,
                  double           x,
                  double           y,
                  BwSidebar       *self)
{
  open_menu_at (self, GTK_GESTURE (gesture), x, y);
}

static void
long_pressed_cb (GtkGestureLongPress *gesture,
                 double               x,
                 double               y,
                 BwSidebar           *self)
{
  open_menu_at (self, GTK_GESTURE (gesture), x, y);
}

static void
menu_closed_cb (BwSidebar *self)
{
  GtkListBoxRow *row = find_row (self, self->menu_item);

  if (row == NULL)
    return;
  gtk_widget_remove_css_class (GTK_WIDGET (row), "has-open-popup");
  gtk_widget_grab_focus (GTK_WIDGET (row));
}

/* Below the row's name. */
static gboolean
menu_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   data)
{
  BwSidebar *self = BW_SIDEBAR (widget);
  GtkListBoxRow *row = find_row (self, get_focus_item (self));
  graphene_rect_t bounds;

  return row != NULL && gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &bounds) &&
         open_menu (self, row, bounds.origin.x + 12, bounds.origin.y + bounds.size.height);
}

static gboolean
item_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   data)
{
  BwItem *item = get_focus_item (BW_SIDEBAR (widget));

  if (item == NULL)
    return FALSE;

  g_signal_emit (widget, signals[g_variant_get_int32 (args)], 0, item);
  return TRUE;
}

static gboolean
undo_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   data)
{
  g_signal_emit (widget, signals[UNDO], 0);
  return TRUE;
}

static void
item_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BwSidebar *self = BW_SIDEBAR (widget);
  guint signal = g_str_equal (name, "item.open") ? ACTIVATED : g_str_equal (name, "item.rename") ? RENAME : DELETE;

  if (self->menu_item != NULL)
    g_signal_emit (self, signals[signal], 0, self->menu_item);
}

static void
bind_keys (GtkWidgetClass *klass)
{
  gtk_widget_class_add_binding (klass, GDK_KEY_F2, 0, item_key_cb, "i", RENAME);
  gtk_widget_class_add_binding (klass, GDK_KEY_Delete, 0, item_key_cb, "i", DELETE);
  gtk_widget_class_add_binding (klass, GDK_KEY_KP_Delete, 0, item_key_cb, "i", DELETE);
  gtk_widget_class_add_binding (klass, GDK_KEY_Menu, 0, menu_key_cb, NULL);
  gtk_widget_class_add_binding (klass, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key_cb, NULL);
  gtk_widget_class_add_binding (klass, GDK_KEY_z, GDK_CONTROL_MASK, undo_key_cb, NULL);
}

/* ------------------------------------------------------------------ the widget */

static void
bw_sidebar_dispose (GObject *object)
{
  BwSidebar *self = BW_SIDEBAR (object);

  if (self->menu != NULL)
    g_signal_handlers_disconnect_by_data (self->menu, self);
  g_clear_object (&self->menu_item);
  g_clear_pointer ((GtkWidget **)&self->menu, gtk_widget_unparent);
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

  signals[RENAME] = g_signal_new ("rename", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                  0, NULL, NULL, NULL, G_TYPE_NONE, 1, BW_TYPE_ITEM);
  signals[DELETE] = g_signal_new ("delete", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                  0, NULL, NULL, NULL, G_TYPE_NONE, 1, BW_TYPE_ITEM);
  signals[UNDO] = g_signal_new ("undo", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_install_action (widget_class, "item.open", NULL, item_action);
  gtk_widget_class_install_action (widget_class, "item.rename", NULL, item_action);
  gtk_widget_class_install_action (widget_class, "item.delete", NULL, item_action);
  bind_keys (widget_class);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, BwSidebar, scroller);
  gtk_widget_class_bind_template_child (widget_class, BwSidebar, list);
  gtk_widget_class_bind_template_child (widget_class, BwSidebar, menu);
  gtk_widget_class_bind_template_callback (widget_class, right_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, menu_closed_cb);
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
  GtkListBoxRow *row = find_row (self, item);

  if (row != NULL)
    gtk_list_box_select_row (self->list, row);
  else
    gtk_list_box_unselect_all (self->list);
}

void
bw_sidebar_focus (BwSidebar *self,
                  BwItem    *item)
{
  GtkListBoxRow *row = find_row (self, item);

  if (row != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (row));
}
