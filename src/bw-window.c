/* bw-window.c - the shell: Welcome, or a project with its sidebar and pages
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages live in a PanelGrid, so two can stand side by side.  Which are open is
 * kept in the project's journal; after a crash the same pages come back with
 * what was typed into them.
 */
#include "config.h"

#include "bw-names.h"
#include "bw-plugin-page.h"
#include "bw-rule-page.h"
#include "bw-settings.h"
#include "bw-text-page.h"
#include "bw-window-private.h"

#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (BwWindow, bw_window, ADW_TYPE_APPLICATION_WINDOW)

/* libpanel 1.0.2: the tab views inside its frames take Ctrl+Home and friends from every editor. */
static void
free_keys (GtkWidget *widget)
{
  if (ADW_IS_TAB_VIEW (widget))
    adw_tab_view_remove_shortcuts (ADW_TAB_VIEW (widget),
                                   ADW_TAB_VIEW_SHORTCUT_CONTROL_HOME | ADW_TAB_VIEW_SHORTCUT_CONTROL_END
                                   | ADW_TAB_VIEW_SHORTCUT_CONTROL_SHIFT_HOME
                                   | ADW_TAB_VIEW_SHORTCUT_CONTROL_SHIFT_END
                                   | ADW_TAB_VIEW_SHORTCUT_CONTROL_PAGE_UP
                                   | ADW_TAB_VIEW_SHORTCUT_CONTROL_PAGE_DOWN);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    free_keys (child);
}

static PanelFrame *
create_frame_cb (PanelGrid *grid,
                 gpointer   data)
{
  PanelFrame *frame = PANEL_FRAME (panel_frame_new ());
  AdwStatusPage *empty = ADW_STATUS_PAGE (adw_status_page_new ());

  adw_status_page_set_icon_name (empty, "view-list-symbolic");
  adw_status_page_set_title (empty, _("Nothing open"));
  adw_status_page_set_description (empty,
                                   _("Choose a rule, a stream or a plugin in the sidebar, or make one with New."));
  panel_frame_set_header (frame, PANEL_FRAME_HEADER (panel_frame_tab_bar_new ()));
  panel_frame_set_placeholder (frame, GTK_WIDGET (empty));
  free_keys (GTK_WIDGET (frame));

  return frame;
}

static void
collect_pages (GtkWidget *widget,
               GPtrArray *pages)
{
  if (BW_IS_PAGE (widget))
    {
      g_ptr_array_add (pages, g_object_ref (widget));
      return;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    collect_pages (child, pages);
}

void
bw_window_foreach_page (BwWindow *self,
                        void (*func)(BwPage *page, gpointer data),
                        gpointer data)
{
  g_autoptr(GPtrArray) pages = g_ptr_array_new_with_free_func (g_object_unref);

  collect_pages (GTK_WIDGET (self->grid), pages);
  for (guint i = 0; i < pages->len; i++)
    func (g_ptr_array_index (pages, i), data);
}

static void
remember_pages (BwWindow *self)
{
  g_autoptr(GPtrArray) pages = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) names = NULL;
  g_autofree char *active = NULL;

  if (self->project == NULL || !self->restored)
    return;

  collect_pages (GTK_WIDGET (self->grid), pages);
  for (guint i = 0; i < pages->len; i++)
    {
      g_autofree char *path = bw_project_dup_path (self->project, bw_page_get_item (g_ptr_array_index (pages, i)));

      if (path != NULL)
        g_strv_builder_add (builder, path);
    }
  names = g_strv_builder_end (builder);
  if (self->page != NULL)
    active = bw_project_dup_path (self->project, bw_page_get_item (self->page));
  bw_journal_set_pages (bw_project_get_journal (self->project), (const char *const *)names, active);
}

static void
show_position (BwWindow *self)
{
  g_autofree char *position = self->page != NULL ? bw_editor_dup_position (bw_page_get_editor (self->page)) : NULL;

  gtk_label_set_label (self->position_label, position != NULL ? position : "");
}

static void
show_state (BwWindow *self)
{
  const char *state = self->page != NULL ? bw_page_get_state (self->page) : NULL;

  gtk_label_set_label (self->state_label, state != NULL ? state : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->state_label), state);
}

static void
page_gone_cb (gpointer  data,
              GObject  *where)
{
  BwWindow *self = data;

  self->page = NULL;
  show_position (self);
  show_state (self);
  bw_window_update_actions (self);
}

static void
set_page (BwWindow *self,
          BwPage   *page)
{
  if (self->page == page)
    return;

  if (self->page != NULL)
    {
      g_object_weak_unref (G_OBJECT (self->page), page_gone_cb, self);
      g_signal_handlers_disconnect_by_data (self->page, self);
      g_signal_handlers_disconnect_by_data (bw_page_get_editor (self->page), self);
    }
  self->page = page;
  if (page != NULL)
    {
      g_object_weak_ref (G_OBJECT (page), page_gone_cb, self);
      g_signal_connect_swapped (page, "notify::state", G_CALLBACK (show_state), self);
      g_signal_connect_swapped (bw_page_get_editor (page), "position-changed", G_CALLBACK (show_position), self);
      bw_sidebar_select (self->sidebar, bw_page_get_item (page));
      bw_names_set_tabs (GTK_WIDGET (self->grid));
    }
  show_position (self);
  show_state (self);
  bw_window_update_actions (self);
  remember_pages (self);
}

static void
focus_changed_cb (BwWindow *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  GtkWidget *page = focus != NULL ? gtk_widget_get_ancestor (focus, BW_TYPE_PAGE) : NULL;

  bw_window_update_keys (self);
  if (page != NULL)
    set_page (self, BW_PAGE (page));
}

static void
find_mapped (BwPage   *page,
             gpointer  data)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (page)))
    *(BwPage **)data = page;
}

/* After a page went: the one now in front is the current one. */
static gboolean
adopt_visible_page_cb (gpointer data)
{
  g_autoptr(BwWindow) self = data;
  BwPage *visible = NULL;

  if (self->page == NULL && self->project != NULL)
    {
      bw_window_foreach_page (self, find_mapped, &visible);
      if (visible != NULL)
        gtk_widget_grab_focus (GTK_WIDGET (visible));
      set_page (self, visible);
      remember_pages (self);
    }

  return G_SOURCE_REMOVE;
}

void
bw_window_close_page (BwWindow *self,
                      BwPage   *page)
{
  g_autofree char *name = g_strdup (panel_widget_get_title (PANEL_WIDGET (page)));
  gboolean modified = gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (bw_page_get_document (page)));

  if (page == self->page)
    set_page (self, NULL);
  bw_page_close (page);
  if (modified)
    {
      g_autofree char *text = g_strdup_printf (_("“%s” is closed; what you typed is kept and comes back with it."),
                                               name);

      bw_window_add_toast (self, text);
    }
  g_idle_add (adopt_visible_page_cb, g_object_ref (self));
}

typedef struct
{
  GFile  *file;
  BwPage *page;
} FindPage;

static void
find_page_of_file (BwPage   *page,
                   gpointer  data)
{
  FindPage *find = data;

  if (g_file_equal (bw_document_get_file (bw_page_get_document (page)), find->file))
    find->page = page;
}

static void
save_failed_cb (BwWindow   *self,
                const char *message)
{
  bw_window_add_toast (self, message);
}

/* Streams, rules and samples on disk are what rules are tried with. */
static void
page_saved_cb (BwWindow *self,
               BwPage   *page)
{
  if (bw_item_get_kind (bw_page_get_item (page)) != BW_KIND_PLUGIN)
    bw_session_reload (self->session);
}

static BwPage *
create_page (BwWindow *self,
             BwItem   *item)
{
  g_autoptr(BwDocument) document = bw_document_new (bw_item_get_file (item), bw_project_get_journal (self->project));

  if (bw_item_get_kind (item) == BW_KIND_RULE)
    return BW_PAGE (bw_rule_page_new (document, item, self->session));
  if (bw_item_get_kind (item) == BW_KIND_PLUGIN)
    return BW_PAGE (bw_plugin_page_new (document, item, self->plugins, self->session));

  return BW_PAGE (bw_text_page_new (document, item));
}

/**
 * bw_window_open_item:
 * @self: a window with a project
 * @item: something of it that has a file
 *
 * Shows its page, a new one if it has none.
 *
 * Returns: (transfer none) (nullable): the page
 */
BwPage *
bw_window_open_item (BwWindow *self,
                     BwItem   *item)
{
  FindPage find = { bw_item_get_file (item), NULL };

  if (find.file == NULL)
    return NULL;

  bw_window_foreach_page (self, find_page_of_file, &find);
  if (find.page == NULL)
    {
      find.page = create_page (self, item);
      g_signal_connect_object (find.page, "save-failed", G_CALLBACK (save_failed_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (find.page, "saved", G_CALLBACK (page_saved_cb), self, G_CONNECT_SWAPPED);
      panel_grid_add (self->grid, PANEL_WIDGET (find.page));
    }
  panel_widget_raise (PANEL_WIDGET (find.page));
  gtk_widget_grab_focus (GTK_WIDGET (find.page));
  set_page (self, find.page);
  if (adw_flap_get_folded (self->flap))
    adw_flap_set_reveal_flap (self->flap, FALSE);

  return find.page;
}

static void
item_activated_cb (BwWindow *self,
                   BwItem   *item)
{
  bw_window_open_item (self, item);
}

/* The pages of last time, and those with text that was not saved; a first time opens the first rule. */
static void
restore_pages (BwWindow *self)
{
  BwJournal *journal = bw_project_get_journal (self->project);
  g_autofree char *active = NULL;
  g_auto(GStrv) names = bw_journal_dup_pages (journal, &active);
  g_autoptr(GPtrArray) unsaved = bw_journal_list (journal);
  BwItem *item;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if ((item = bw_project_lookup_path (self->project, names[i])) != NULL)
      bw_window_open_item (self, item);
  for (guint i = 0; i < unsaved->len; i++)
    {
      g_autofree char *path = g_file_get_relative_path (bw_project_get_folder (self->project),
                                                        g_ptr_array_index (unsaved, i));

      if (path != NULL && (item = bw_project_lookup_path (self->project, path)) != NULL)
        bw_window_open_item (self, item);
    }
  if (active != NULL && (item = bw_project_lookup_path (self->project, active)) != NULL)
    bw_window_open_item (self, item);
  self->restored = TRUE;
  remember_pages (self);
}

static void
open_first_rule (BwWindow *self)
{
  GListModel *items = bw_project_get_items (self->project);

  for (guint i = 0; i < g_list_model_get_n_items (items); i++)
    {
      g_autoptr(BwItem) item = g_list_model_get_item (items, i);

      if (bw_item_get_kind (item) == BW_KIND_RULE && !bw_item_is_empty (item))
        {
          bw_window_open_item (self, item);
          return;
        }
    }
}

static void
scanned_cb (BwWindow *self)
{
  if (!self->restored)
    restore_pages (self);
  if (self->open_name != NULL)
    {
      BwItem *item = bw_project_lookup (self->project, BW_N_KINDS, self->open_name);

      if (item == NULL)
        item = bw_project_lookup_path (self->project, self->open_name);
      if (item != NULL)
        bw_window_open_item (self, item);
      g_clear_pointer (&self->open_name, g_free);
    }
  if (self->page == NULL)
    open_first_rule (self);
  bw_window_finish_change (self);
}

GFile *
bw_window_get_folder (BwWindow *self)
{
  g_return_val_if_fail (BW_IS_WINDOW (self), NULL);

  return self->project != NULL ? bw_project_get_folder (self->project) : NULL;
}

/**
 * bw_window_open_folder:
 * @self: a window without a project
 * @folder: a project
 */
void
bw_window_open_folder (BwWindow *self,
                       GFile    *folder)
{
  g_return_if_fail (BW_IS_WINDOW (self));
  g_return_if_fail (self->project == NULL);

  if (g_file_query_file_type (folder, G_FILE_QUERY_INFO_NONE, NULL) != G_FILE_TYPE_DIRECTORY)
    {
      g_autofree char *text = g_strdup_printf (_("“%s” is not a folder."), g_file_peek_path (folder));

      bw_window_add_toast (self, text);
      bw_settings_remove_recent (g_file_peek_path (folder));
      return;
    }

  self->project = bw_project_new (folder);
  self->session = bw_session_new (self->project);
  self->plugins = bw_plugins_new (self->session);
  bw_settings_add_recent (g_file_peek_path (folder));
  adw_window_title_set_title (self->title, bw_project_get_name (self->project));
  gtk_window_set_title (GTK_WINDOW (self), bw_project_get_name (self->project));
  bw_sidebar_set_project (self->sidebar, self->project);
  g_signal_connect_object (self->project, "scanned", G_CALLBACK (scanned_cb), self, G_CONNECT_SWAPPED);
  gtk_stack_set_visible_child_name (self->stack, "project");
  gtk_widget_set_visible (self->sidebar_toggle, TRUE);
  gtk_widget_set_visible (self->deploy_button, TRUE);
  gtk_widget_set_visible (self->status, TRUE);
  bw_window_update_actions (self);
}

/* Once the project is read. */
void
bw_window_open_named (BwWindow   *self,
                      const char *name)
{
  BwItem *item = NULL;

  if (self->project == NULL)
    return;
  if (bw_project_is_loaded (self->project) && self->restored)
    {
      item = bw_project_lookup_path (self->project, name);
      if (item == NULL)
        item = bw_project_lookup (self->project, BW_N_KINDS, name);
    }
  if (item != NULL)
    {
      bw_window_open_item (self, item);
      return;
    }
  g_free (self->open_name);
  self->open_name = g_strdup (name);
  bw_project_rescan (self->project);
}

static void
find_unsettled (BwPage   *page,
                gpointer  data)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (page)) && !bw_page_is_settled (page))
    *(gboolean *)data = FALSE;
}

/* Nothing on screen is still to come: for pictures. */
gboolean
bw_window_is_settled (BwWindow *self)
{
  gboolean settled = TRUE;

  if (self->project == NULL)
    return bw_welcome_is_settled (self->welcome);
  if (!bw_project_is_loaded (self->project))
    return FALSE;
  bw_window_foreach_page (self, find_unsettled, &settled);

  return settled;
}

void
bw_window_add_toast (BwWindow   *self,
                     const char *text)
{
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (text));
}

static gboolean
bw_window_close_request (GtkWindow *window)
{
  BwWindow *self = BW_WINDOW (window);
  GSettings *settings = bw_settings_get_default ();
  int width;
  int height;

  gtk_window_get_default_size (window, &width, &height);
  g_settings_set (settings, "window-size", "(ii)", width, height);
  g_settings_set_boolean (settings, "window-maximized", gtk_window_is_maximized (window));
  remember_pages (self);

  return GTK_WINDOW_CLASS (bw_window_parent_class)->close_request (window);
}

static void
bw_window_dispose (GObject *object)
{
  BwWindow *self = BW_WINDOW (object);

  if (self->page != NULL)
    set_page (self, NULL);
  self->restored = FALSE;
  g_clear_object (&self->plugins);
  g_clear_object (&self->session);
  g_clear_object (&self->project);
  g_clear_object (&self->undoable);
  g_clear_weak_pointer (&self->undo_toast);
  g_clear_pointer (&self->reopen, g_ptr_array_unref);
  g_clear_pointer (&self->focus_name, g_free);
  g_clear_pointer (&self->open_name, g_free);

  G_OBJECT_CLASS (bw_window_parent_class)->dispose (object);
}

static void
bw_window_class_init (BwWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = bw_window_close_request;

  g_type_ensure (BW_TYPE_WELCOME);
  g_type_ensure (BW_TYPE_SIDEBAR);
  g_type_ensure (PANEL_TYPE_DOCK);
  g_type_ensure (PANEL_TYPE_GRID);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BwWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, welcome);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, title);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, flap);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, dock);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, grid);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, sidebar_toggle);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, new_button);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, deploy_button);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, status);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, state_label);
  gtk_widget_class_bind_template_child (widget_class, BwWindow, position_label);
  gtk_widget_class_bind_template_callback (widget_class, create_frame_cb);
  gtk_widget_class_bind_template_callback (widget_class, item_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, bw_window_rename_item);
  gtk_widget_class_bind_template_callback (widget_class, bw_window_delete_item);
  gtk_widget_class_bind_template_callback (widget_class, bw_window_undo_change);
  gtk_widget_class_bind_template_callback (widget_class, focus_changed_cb);
  bw_window_install_actions (widget_class);
}

static void
bw_window_init (BwWindow *self)
{
  GSettings *settings = bw_settings_get_default ();
  int width;
  int height;

  gtk_widget_init_template (GTK_WIDGET (self));
  free_keys (GTK_WIDGET (self));
  g_settings_get (settings, "window-size", "(ii)", &width, &height);
  gtk_window_set_default_size (GTK_WINDOW (self), width, height);
  if (g_settings_get_boolean (settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  g_settings_bind (settings, "show-sidebar", self->flap, "reveal-flap", G_SETTINGS_BIND_GET);
  bw_window_update_actions (self);
}

BwWindow *
bw_window_new (GtkApplication *app)
{
  return g_object_new (BW_TYPE_WINDOW, "application", app, NULL);
}
