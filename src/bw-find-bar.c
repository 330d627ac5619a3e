/* bw-find-bar.c - finds and replaces in one view
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-find-bar.h"

#include "bw-names.h"

#include <glib/gi18n.h>

struct _BwFindBar
{
  GtkWidget                parent_instance;

  GtkWidget               *revealer;
  GtkEditable             *find_entry;
  GtkEditable             *replace_entry;
  GtkWidget               *replace_row;
  GtkLabel                *count_label;
  GtkToggleButton         *case_toggle;
  GtkToggleButton         *regex_toggle;

  GtkSourceView           *view;     /* borrowed: we live inside its editor */
  GtkSourceSearchSettings *settings;
  GtkSourceSearchContext  *context;
};

G_DEFINE_FINAL_TYPE (BwFindBar, bw_find_bar, GTK_TYPE_WIDGET)

static GtkTextBuffer *
get_buffer (BwFindBar *self)
{
  return gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view));
}

static void
show_count (BwFindBar *self)
{
  g_autofree char *text = NULL;
  GError *error;
  GtkTextIter start;
  GtkTextIter end;
  int position;
  int n;

  if (self->context == NULL)
    return;

  error = gtk_source_search_context_get_regex_error (self->context);
  if (error != NULL)
    {
      gtk_label_set_label (self->count_label, _("Not a valid expression"));
      g_error_free (error);
      return;
    }

  n = gtk_source_search_context_get_occurrences_count (self->context);
  gtk_text_buffer_get_selection_bounds (get_buffer (self), &start, &end);
  position = gtk_source_search_context_get_occurrence_position (self->context, &start, &end);
  if (*gtk_editable_get_text (self->find_entry) == '\0' || n < 0)
    text = g_strdup ("");
  else if (n == 0)
    text = g_strdup (_("Not found"));
  else if (position > 0)
    text = g_strdup_printf (_("%d of %d"), position, n);
  else
    text = g_strdup_printf (ngettext ("%d found", "%d found", (gulong)n), n);
  gtk_label_set_label (self->count_label, text);
}

static void
select_match (BwFindBar         *self,
              const GtkTextIter *start,
              const GtkTextIter *end)
{
  gtk_text_buffer_select_range (get_buffer (self), start, end);
  gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self->view), gtk_text_buffer_get_insert (get_buffer (self)),
                                0.15, FALSE, 0, 0);
  show_count (self);
}

static void
find_from_selection (BwFindBar *self,
                     gboolean   backwards,
                     gboolean   after)
{
  GtkTextIter start;
  GtkTextIter end;
  GtkTextIter found_start;
  GtkTextIter found_end;
  gboolean wrapped;

  if (self->context == NULL)
    return;

  gtk_text_buffer_get_selection_bounds (get_buffer (self), &start, &end);
  if (backwards
      ? gtk_source_search_context_backward (self->context, &start, &found_start, &found_end, &wrapped)
      : gtk_source_search_context_forward (self->context, after ? &end : &start, &found_start, &found_end, &wrapped))
    select_match (self, &found_start, &found_end);
  else
    show_count (self);
}

static void
search_changed_cb (BwFindBar *self)
{
  if (self->settings == NULL)
    return;

  gtk_source_search_settings_set_search_text (self->settings, gtk_editable_get_text (self->find_entry));
  gtk_source_search_settings_set_case_sensitive (self->settings, gtk_toggle_button_get_active (self->case_toggle));
  gtk_source_search_settings_set_regex_enabled (self->settings, gtk_toggle_button_get_active (self->regex_toggle));
  find_from_selection (self, FALSE, FALSE);
}

static void
next_cb (BwFindBar *self)
{
  find_from_selection (self, FALSE, TRUE);
}

static void
previous_cb (BwFindBar *self)
{
  find_from_selection (self, TRUE, FALSE);
}

static void
close_cb (BwFindBar *self)
{
  gtk_widget_set_visible (self->revealer, FALSE);
  if (self->context != NULL)
    gtk_source_search_context_set_highlight (self->context, FALSE);
  if (self->view != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
replace_cb (BwFindBar *self)
{
  GtkTextIter start;
  GtkTextIter end;

  if (self->context == NULL)
    return;

  gtk_text_buffer_get_selection_bounds (get_buffer (self), &start, &end);
  /* Where the selection is no match, replacing only goes to the next. */
  gtk_source_search_context_replace (self->context, &start, &end, gtk_editable_get_text (self->replace_entry), -1,
                                     NULL);
  gtk_text_buffer_place_cursor (get_buffer (self), &end);
  find_from_selection (self, FALSE, TRUE);
}

static void
replace_all_cb (BwFindBar *self)
{
  g_autofree char *text = NULL;
  guint n;

  if (self->context == NULL)
    return;

  n = gtk_source_search_context_replace_all (self->context, gtk_editable_get_text (self->replace_entry), -1, NULL);
  text = g_strdup_printf (ngettext ("%u replaced", "%u replaced", n), n);
  gtk_label_set_label (self->count_label, text);
}

static void
bw_find_bar_dispose (GObject *object)
{
  BwFindBar *self = BW_FIND_BAR (object);

  bw_find_bar_set_view (self, NULL);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_find_bar_parent_class)->dispose (object);
}

static void
close_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  close_cb (BW_FIND_BAR (widget));
}

static void
bw_find_bar_class_init (BwFindBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_find_bar_dispose;

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-find-bar.ui");
  gtk_widget_class_install_action (widget_class, "find.close", NULL, close_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "find.close", NULL);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, find_entry);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, replace_entry);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, replace_row);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, count_label);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, case_toggle);
  gtk_widget_class_bind_template_child (widget_class, BwFindBar, regex_toggle);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_cb);
  gtk_widget_class_bind_template_callback (widget_class, close_cb);
  gtk_widget_class_bind_template_callback (widget_class, replace_cb);
  gtk_widget_class_bind_template_callback (widget_class, replace_all_cb);
}

static void
bw_find_bar_init (BwFindBar *self)
{
  self->settings = gtk_source_search_settings_new ();
  gtk_source_search_settings_set_wrap_around (self->settings, TRUE);
  gtk_widget_init_template (GTK_WIDGET (self));
  bw_names_set (GTK_WIDGET (self->find_entry), _("Find"));
  bw_names_set (GTK_WIDGET (self->replace_entry), _("Replace with"));
}

/**
 * bw_find_bar_set_view:
 * @self: a find bar
 * @view: (nullable): where to look; its buffer is final
 */
void
bw_find_bar_set_view (BwFindBar     *self,
                      GtkSourceView *view)
{
  if (self->context != NULL)
    g_signal_handlers_disconnect_by_data (self->context, self);
  g_clear_object (&self->context);
  self->view = view;
}

void
bw_find_bar_open (BwFindBar *self,
                  gboolean   replace)
{
  GtkTextIter start;
  GtkTextIter end;

  /* Made at first need: a search context scans the whole buffer. */
  if (self->context == NULL)
    {
      self->context = gtk_source_search_context_new (GTK_SOURCE_BUFFER (get_buffer (self)), self->settings);
      g_signal_connect_swapped (self->context, "notify::occurrences-count", G_CALLBACK (show_count), self);
    }

  gtk_source_search_context_set_highlight (self->context, TRUE);
  gtk_widget_set_visible (self->replace_row, replace);
  gtk_widget_set_visible (self->revealer, TRUE);
  if (gtk_text_buffer_get_selection_bounds (get_buffer (self), &start, &end) &&
      gtk_text_iter_get_line (&start) == gtk_text_iter_get_line (&end))
    {
      g_autofree char *text = gtk_text_buffer_get_text (get_buffer (self), &start, &end, FALSE);

      gtk_editable_set_text (self->find_entry, text);
    }
  gtk_widget_grab_focus (GTK_WIDGET (self->find_entry));
  gtk_editable_select_region (self->find_entry, 0, -1);
}

void
bw_find_bar_next (BwFindBar *self,
                  gboolean   backwards)
{
  if (self->context == NULL)
    bw_find_bar_open (self, FALSE);
  else
    find_from_selection (self, backwards, TRUE);
}
