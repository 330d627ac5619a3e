/* bw-names.c - accessible names for what GTK leaves without one
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * With GTK 4.8 and libadwaita 1.2 the focus is often inside of what has the name:
 * a GtkText in an entry, a list in a row, a button in a tab.  A screen reader
 * reads out the class then.
 */
#include "config.h"

#include "bw-names.h"

#include "bw-page.h"

#include <glib/gi18n.h>

static void
set_label (GtkWidget  *widget,
           const char *name)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static gboolean
takes_focus (GtkWidget *widget)
{
  return GTK_IS_TEXT (widget) || GTK_IS_LIST_BASE (widget) || GTK_IS_LIST_BOX (widget) ||
         GTK_IS_FONT_BUTTON (gtk_widget_get_parent (widget));
}

static void
name_inside (GtkWidget  *widget,
             const char *name)
{
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      /* These have names of their own. */
      if (ADW_IS_PREFERENCES_ROW (child))
        continue;
      if (takes_focus (child))
        set_label (child, name);
      name_inside (child, name);
    }
}

void
bw_names_set (GtkWidget  *widget,
              const char *name)
{
  set_label (widget, name);
  name_inside (widget, name);
}

void
bw_names_set_row (GtkWidget *row)
{
  bw_names_set (row, adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row)));
}

static void
show_check (GtkListItem *item)
{
  AdwComboRow *row = g_object_get_data (G_OBJECT (item), "row");
  GtkWidget *box = gtk_list_item_get_child (item);
  gboolean chosen = gtk_list_item_get_item (item) == adw_combo_row_get_selected_item (row);

  gtk_widget_set_opacity (gtk_widget_get_last_child (box), chosen ? 1 : 0);
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          gpointer                  with_check)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (label), with_check != NULL ? -1 : 20);
  gtk_widget_set_valign (label, GTK_ALIGN_CENTER);
  gtk_widget_set_hexpand (label, with_check != NULL);
  gtk_box_append (GTK_BOX (box), label);
  if (with_check != NULL)
    gtk_box_append (GTK_BOX (box), g_object_new (GTK_TYPE_IMAGE, "icon-name", "object-select-symbolic",
                                                 "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL));
  gtk_list_item_set_child (item, box);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         gpointer                  row)
{
  GtkWidget *box = gtk_list_item_get_child (item);
  GtkWidget *label = gtk_widget_get_first_child (box);
  const char *text = gtk_string_object_get_string (gtk_list_item_get_item (item));

  gtk_label_set_label (GTK_LABEL (label), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_parent (box)), GTK_ACCESSIBLE_PROPERTY_LABEL, text,
                                  -1);
  if (gtk_widget_get_last_child (box) == label)
    return;
  g_object_set_data (G_OBJECT (item), "row", row);
  g_signal_connect_object (row, "notify::selected-item", G_CALLBACK (show_check), item, G_CONNECT_SWAPPED);
  show_check (item);
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           gpointer                  row)
{
  g_signal_handlers_disconnect_by_func (row, show_check, item);
}

static GtkListItemFactory *
create_factory (AdwComboRow *row,
                gboolean     with_check)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), with_check ? row : NULL);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), row, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), row, 0);
  return factory;
}

void
bw_names_set_choices (AdwComboRow *row)
{
  g_autoptr(GtkListItemFactory) chosen = create_factory (row, FALSE);
  g_autoptr(GtkListItemFactory) choices = create_factory (row, TRUE);

  adw_combo_row_set_factory (row, chosen);
  adw_combo_row_set_list_factory (row, choices);
  bw_names_set_row (GTK_WIDGET (row));
}

static GtkWidget *
find_inside (GtkWidget *widget,
             GType      type)
{
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = G_TYPE_CHECK_INSTANCE_TYPE (child, type) ? child : find_inside (child, type);

      if (found != NULL)
        return found;
    }

  return NULL;
}

void
bw_names_set_buttons (GtkWidget *root)
{
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *label = GTK_IS_BUTTON (child) && gtk_button_get_label (GTK_BUTTON (child)) == NULL
                         ? find_inside (child, GTK_TYPE_LABEL) : NULL;

      if (label != NULL)
        gtk_accessible_update_relation (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_RELATION_LABELLED_BY, label, NULL, -1);
      else
        bw_names_set_buttons (child);
    }
}

/* What takes the focus is the parent of the AdwTab; both are libadwaita's own, as are the two buttons in it. */
static void
name_tab (GtkWidget *tab)
{
  GtkWidget *title = find_inside (tab, GTK_TYPE_LABEL);

  if (title != NULL)
    gtk_accessible_update_relation (GTK_ACCESSIBLE (gtk_widget_get_parent (tab)), GTK_ACCESSIBLE_RELATION_LABELLED_BY,
                                    title, NULL, -1);
  for (GtkWidget *child = gtk_widget_get_first_child (tab); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (gtk_widget_has_css_class (child, "tab-close-button"))
      set_label (child, _("Close the page"));
    else if (gtk_widget_has_css_class (child, "tab-indicator"))
      set_label (child, _("Not saved"));
}

void
bw_names_set_tabs (GtkWidget *root)
{
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      if (g_str_equal (G_OBJECT_TYPE_NAME (child), "AdwTab"))
        name_tab (child);
      else if (GTK_IS_MENU_BUTTON (child))
        set_label (child, _("Open pages"));
      else if (!BW_IS_PAGE (child))
        bw_names_set_tabs (child);
    }
}
