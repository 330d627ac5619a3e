/* bw-editor.c - a text view with its notices, find bar and problems
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signals: "position-changed" when the caret moved.  Finding itself is in
 * bw-find-bar.c.
 */
#include "config.h"

#include "bw-editor.h"

#include "bw-early-layout.h"
#include "bw-find-bar.h"
#include "bw-settings.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct _BwEditor
{
  GtkWidget      parent_instance;

  GtkWidget     *box;
  GtkSourceView *view;
  BwFindBar     *find_bar;
  GtkRevealer   *notice;
  GtkImage      *notice_icon;
  GtkLabel      *notice_label;
  GtkButton     *notice_first;
  GtkButton     *notice_second;

  BwDocument    *document;
  GListModel    *problems;
  GtkTextTag    *tags[3];      /* by BeltSeverity */
  GtkTextTag    *highlight_tag;
  gboolean       released;
};

enum
{
  POSITION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwEditor, bw_editor, GTK_TYPE_WIDGET)

static const char *const mark_categories[] = { "error", "warning", "note" };

static void
get_iter_at_byte (BwEditor    *self,
                  const char  *text,
                  gsize        len,
                  guint        offset,
                  GtkTextIter *ret_iter)
{
  glong chars = g_utf8_pointer_to_offset (text, text + MIN (offset, len));

  gtk_text_buffer_get_iter_at_offset (GTK_TEXT_BUFFER (self->document), ret_iter, (int)chars);
}

static void
get_iter_at_line_column (BwEditor    *self,
                         guint        line,
                         guint        column,
                         GtkTextIter *ret_iter)
{
  gtk_text_buffer_get_iter_at_line (GTK_TEXT_BUFFER (self->document), ret_iter, (int)MAX (line, 1u) - 1);
  for (guint i = 1; i < column && !gtk_text_iter_ends_line (ret_iter); i++)
    gtk_text_iter_forward_char (ret_iter);
}

/* At least one character, so that something is underlined even at the end of the text. */
static void
get_problem_range (BwEditor    *self,
                   BwProblem   *problem,
                   GtkTextIter *ret_start,
                   GtkTextIter *ret_end)
{
  const BeltDiagnostic *diagnostic = bw_problem_get_diagnostic (problem);

  if (diagnostic->span.end > 0)
    {
      g_autofree char *text = bw_document_dup_text (self->document);
      gsize len = strlen (text);

      get_iter_at_byte (self, text, len, diagnostic->span.start, ret_start);
      get_iter_at_byte (self, text, len, diagnostic->span.end, ret_end);
    }
  else
    {
      get_iter_at_line_column (self, diagnostic->line, diagnostic->column, ret_start);
      *ret_end = *ret_start;
      /* Compilers point at where a word begins. */
      if (diagnostic->end_line > 0 && (diagnostic->end_line > diagnostic->line ||
                                       diagnostic->end_column > diagnostic->column + 1))
        get_iter_at_line_column (self, diagnostic->end_line, diagnostic->end_column, ret_end);
      else if (!gtk_text_iter_ends_word (ret_end))
        gtk_text_iter_forward_word_end (ret_end);
    }

  if (gtk_text_iter_equal (ret_start, ret_end) && !gtk_text_iter_forward_char (ret_end))
    gtk_text_iter_backward_char (ret_start);
}

static void
clear_problems (BwEditor *self)
{
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (GTK_TEXT_BUFFER (self->document), &start, &end);
  for (guint i = 0; i < G_N_ELEMENTS (self->tags); i++)
    {
      gtk_text_buffer_remove_tag (GTK_TEXT_BUFFER (self->document), self->tags[i], &start, &end);
      gtk_source_buffer_remove_source_marks (GTK_SOURCE_BUFFER (self->document), &start, &end, mark_categories[i]);
    }
}

/* One mark a line, for they are drawn over each other: the worst, which says all of them. */
static void
mark_line (BwEditor    *self,
           GtkTextIter *line,
           guint        severity,
           const char  *text)
{
  GtkSourceBuffer *buffer = GTK_SOURCE_BUFFER (self->document);
  g_autofree char *all = g_strdup (text);
  GtkSourceMark *mark;

  for (guint i = 0; i < G_N_ELEMENTS (mark_categories); i++)
    {
      g_autoptr(GSList) marks = gtk_source_buffer_get_source_marks_at_iter (buffer, line, mark_categories[i]);
      g_autofree char *alone = g_steal_pointer (&all);

      all = marks == NULL ? g_steal_pointer (&alone)
                          : g_strdup_printf ("%s\n%s", (char *)g_object_get_data (marks->data, "text"), alone);
      if (marks == NULL)
        continue;
      severity = MIN (severity, i);
      gtk_source_buffer_remove_source_marks (buffer, line, line, mark_categories[i]);
    }
  mark = gtk_source_buffer_create_source_mark (buffer, NULL, mark_categories[severity], line);
  g_object_set_data_full (G_OBJECT (mark), "text", g_steal_pointer (&all), g_free);
}

static void
show_problems (BwEditor *self)
{
  if (self->document == NULL || self->released)
    return;

  clear_problems (self);
  for (guint i = 0; self->problems != NULL && i < g_list_model_get_n_items (self->problems); i++)
    {
      g_autoptr(BwProblem) problem = g_list_model_get_item (self->problems, i);
      const BeltDiagnostic *diagnostic = bw_problem_get_diagnostic (problem);
      guint severity = MIN ((guint)diagnostic->severity, 2u);
      g_autofree char *text = bw_problem_dup_text (problem);
      GtkTextIter start;
      GtkTextIter end;

      get_problem_range (self, problem, &start, &end);
      gtk_text_buffer_apply_tag (GTK_TEXT_BUFFER (self->document), self->tags[severity], &start, &end);
      /* The gutter looks for marks at line starts only. */
      gtk_text_iter_set_line_offset (&start, 0);
      mark_line (self, &start, severity, text);
    }
}

static char *
query_mark_tooltip_cb (GtkSourceMarkAttributes *attributes,
                       GtkSourceMark           *mark,
                       gpointer                 data)
{
  return g_strdup (g_object_get_data (G_OBJECT (mark), "text"));
}

/* Every category needs its attributes before the first mark: 5.6 loops for ever without. */
static void
add_mark_attributes (BwEditor *self)
{
  static const char *const icons[] = { "dialog-error-symbolic", "dialog-warning-symbolic",
                                       "dialog-information-symbolic" };

  for (guint i = 0; i < G_N_ELEMENTS (mark_categories); i++)
    {
      g_autoptr(GtkSourceMarkAttributes) attributes = gtk_source_mark_attributes_new ();

      gtk_source_mark_attributes_set_icon_name (attributes, icons[i]);
      g_signal_connect (attributes, "query-tooltip-text", G_CALLBACK (query_mark_tooltip_cb), NULL);
      gtk_source_view_set_mark_attributes (self->view, mark_categories[i], attributes, (int)(3 - i));
    }
}

static void
create_tags (BwEditor *self)
{
  static const GdkRGBA colors[] = { { .88f, .11f, .14f, 1 }, { .9f, .6f, .0f, 1 }, { .2f, .5f, .9f, 1 } };
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->document);

  self->highlight_tag = gtk_text_buffer_create_tag (buffer, NULL,
                                                    "background-rgba", &(GdkRGBA) { .21f, .52f, .89f, .16f }, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self->tags); i++)
    self->tags[2 - i] = gtk_text_buffer_create_tag (buffer, NULL,
                                                    "underline", PANGO_UNDERLINE_ERROR,
                                                    "underline-rgba", &colors[2 - i], NULL);
}

static void
apply_style_scheme (BwEditor *self)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GtkSourceStyleScheme *scheme =
    gtk_source_style_scheme_manager_get_scheme (gtk_source_style_scheme_manager_get_default (),
                                                dark ? "Adwaita-dark" : "Adwaita");

  if (self->document != NULL)
    gtk_source_buffer_set_style_scheme (GTK_SOURCE_BUFFER (self->document), scheme);
}

static void
show_notice (BwEditor *self)
{
  static const struct
  {
    const char *text;
    const char *icon;
    const char *first;
    const char *second;
  } notices[] = {
    [BW_NOTICE_RESTORED] = { N_("What was typed and not saved before the workbench ended is back."),
                             "document-revert-symbolic", N_("Keep"), N_("Discard") },
    [BW_NOTICE_CHANGED_ON_DISK] = { N_("Changed on disk, and here too."), "dialog-warning-symbolic",
                                    N_("Keep mine"), N_("Reload") },
    [BW_NOTICE_RELOADED] = { N_("It changed on disk and was read again. Undo brings back what was here."),
                             "view-refresh-symbolic", N_("Close"), NULL },
    [BW_NOTICE_DELETED] = { N_("The file is gone from disk. Saving makes it again."), "dialog-warning-symbolic",
                            N_("Close"), NULL },
    [BW_NOTICE_FAILED] = { NULL, "dialog-error-symbolic", NULL, NULL },
  };
  BwNotice notice = bw_document_get_notice (self->document);
  const char *text = bw_document_get_message (self->document);

  if (notice != BW_NOTICE_FAILED)
    text = notices[notice].text != NULL ? _(notices[notice].text) : NULL;

  gtk_revealer_set_reveal_child (self->notice, notice != BW_NOTICE_NONE);
  gtk_widget_set_visible (GTK_WIDGET (self->notice), notice != BW_NOTICE_NONE);
  if (notice == BW_NOTICE_NONE)
    return;

  gtk_label_set_label (self->notice_label, text);
  gtk_image_set_from_icon_name (self->notice_icon, notices[notice].icon);
  gtk_widget_set_visible (GTK_WIDGET (self->notice_first), notices[notice].first != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->notice_second), notices[notice].second != NULL);
  if (notices[notice].first != NULL)
    gtk_button_set_label (self->notice_first, _(notices[notice].first));
  if (notices[notice].second != NULL)
    gtk_button_set_label (self->notice_second, _(notices[notice].second));
}

static void
show_state (BwEditor *self)
{
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self->view), bw_document_get_state (self->document) == BW_DOCUMENT_READY);
}

static void
notice_first_cb (BwEditor *self)
{
  bw_document_keep_mine (self->document);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
notice_second_cb (BwEditor *self)
{
  bw_document_reload (self->document);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
cursor_moved_cb (BwEditor *self)
{
  g_signal_emit (self, signals[POSITION_CHANGED], 0);
}

static void
bw_editor_dispose (GObject *object)
{
  BwEditor *self = BW_EDITOR (object);

  bw_editor_release (self);
  g_clear_object (&self->problems);
  g_clear_object (&self->document);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_editor_parent_class)->dispose (object);
}

static gboolean
bw_editor_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (BW_EDITOR (widget)->view));
}

static void
bw_editor_class_init (BwEditorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_editor_dispose;
  widget_class->grab_focus = bw_editor_grab_focus;

  signals[POSITION_CHANGED] = g_signal_new ("position-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                            0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (BW_TYPE_FIND_BAR);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-editor.ui");
  gtk_widget_class_bind_template_child (widget_class, BwEditor, box);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, view);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, find_bar);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, notice);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, notice_icon);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, notice_label);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, notice_first);
  gtk_widget_class_bind_template_child (widget_class, BwEditor, notice_second);
  gtk_widget_class_bind_template_callback (widget_class, notice_first_cb);
  gtk_widget_class_bind_template_callback (widget_class, notice_second_cb);
}

static void
bw_editor_init (BwEditor *self)
{
  GSettings *settings = bw_settings_get_default ();

  gtk_widget_init_template (GTK_WIDGET (self));
  add_mark_attributes (self);
  g_settings_bind (settings, "line-numbers", self->view, "show-line-numbers", G_SETTINGS_BIND_GET);
  g_settings_bind (settings, "tab-width", self->view, "tab-width", G_SETTINGS_BIND_GET);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark",
                           G_CALLBACK (apply_style_scheme), self, G_CONNECT_SWAPPED);
}

/**
 * bw_editor_set_document:
 * @self: an editor that has none yet
 * @document: what to edit
 */
void
bw_editor_set_document (BwEditor   *self,
                        BwDocument *document)
{
  g_autofree char *name = g_file_get_basename (bw_document_get_file (document));
  g_autofree char *label = g_strdup_printf (_("Editor of %s"), name);

  g_return_if_fail (self->document == NULL);

  self->document = g_object_ref (document);
  gtk_text_view_set_buffer (GTK_TEXT_VIEW (self->view), GTK_TEXT_BUFFER (document));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  bw_early_layout_attach (self->view);
  bw_find_bar_set_view (self->find_bar, self->view);
  create_tags (self);
  apply_style_scheme (self);
  g_signal_connect_object (document, "notify::notice", G_CALLBACK (show_notice), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::state", G_CALLBACK (show_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::cursor-position", G_CALLBACK (cursor_moved_cb), self, G_CONNECT_SWAPPED);
  show_notice (self);
  show_state (self);
}

BwDocument *
bw_editor_get_document (BwEditor *self)
{
  return self->document;
}

GtkSourceView *
bw_editor_get_view (BwEditor *self)
{
  return self->view;
}

/**
 * bw_editor_set_problems:
 * @self: an editor
 * @problems: (nullable): of BwProblem; underlined, and followed
 */
void
bw_editor_set_problems (BwEditor   *self,
                        GListModel *problems)
{
  if (!g_set_object (&self->problems, problems))
    return;

  if (problems != NULL)
    g_signal_connect_object (problems, "items-changed", G_CALLBACK (show_problems), self, G_CONNECT_SWAPPED);
  show_problems (self);
}

void
bw_editor_find (BwEditor *self,
                gboolean  replace)
{
  bw_find_bar_open (self->find_bar, replace);
}

void
bw_editor_find_next (BwEditor *self,
                     gboolean  backwards)
{
  bw_find_bar_next (self->find_bar, backwards);
}

/**
 * bw_editor_apply_fix:
 * @self: an editor
 * @problem: one of its problems
 *
 * Returns: %TRUE if it offered a fix, which is now in the text
 */
gboolean
bw_editor_apply_fix (BwEditor  *self,
                     BwProblem *problem)
{
  const BeltDiagnostic *diagnostic = bw_problem_get_diagnostic (problem);
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->document);
  g_autofree char *text = NULL;
  g_autofree char *fix = g_strdup (diagnostic->fix);
  BeltSpan span = diagnostic->span;
  GtkTextIter start;
  GtkTextIter end;

  if (fix == NULL)
    return FALSE;

  text = bw_document_dup_text (self->document);
  get_iter_at_byte (self, text, strlen (text), span.start, &start);
  get_iter_at_byte (self, text, strlen (text), span.end, &end);
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_delete (buffer, &start, &end);
  gtk_text_buffer_insert (buffer, &start, fix, -1);
  gtk_text_buffer_end_user_action (buffer);
  gtk_text_buffer_place_cursor (buffer, &start);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));

  return TRUE;
}

/* The fix at the caret, else the first there is. */
gboolean
bw_editor_fix (BwEditor *self)
{
  g_autoptr(BwProblem) chosen = NULL;
  GtkTextIter caret;

  gtk_text_buffer_get_iter_at_mark (GTK_TEXT_BUFFER (self->document), &caret,
                                    gtk_text_buffer_get_insert (GTK_TEXT_BUFFER (self->document)));
  for (guint i = 0; self->problems != NULL && i < g_list_model_get_n_items (self->problems); i++)
    {
      g_autoptr(BwProblem) problem = g_list_model_get_item (self->problems, i);
      GtkTextIter start;
      GtkTextIter end;

      if (bw_problem_get_diagnostic (problem)->fix == NULL)
        continue;
      get_problem_range (self, problem, &start, &end);
      if (chosen == NULL || (gtk_text_iter_compare (&start, &caret) <= 0 && gtk_text_iter_compare (&caret, &end) <= 0))
        g_set_object (&chosen, problem);
    }

  return chosen != NULL && bw_editor_apply_fix (self, chosen);
}

/* Goes to the first problem after the caret, and round. */
void
bw_editor_next_problem (BwEditor *self)
{
  guint caret = bw_editor_get_caret (self);
  GtkTextIter target;
  gboolean found = FALSE;

  for (guint i = 0; self->problems != NULL && i < g_list_model_get_n_items (self->problems); i++)
    {
      g_autoptr(BwProblem) problem = g_list_model_get_item (self->problems, i);
      GtkTextIter start;
      GtkTextIter end;

      get_problem_range (self, problem, &start, &end);
      if (!found || (guint)gtk_text_iter_get_offset (&start) > caret)
        target = start;
      found = TRUE;
      if ((guint)gtk_text_iter_get_offset (&target) > caret)
        break;
    }

  if (!found)
    return;
  gtk_text_buffer_place_cursor (GTK_TEXT_BUFFER (self->document), &target);
  gtk_text_view_scroll_to_iter (GTK_TEXT_VIEW (self->view), &target, 0.1, FALSE, 0, 0);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

void
bw_editor_go_to (BwEditor *self,
                 guint     line,
                 guint     column)
{
  GtkTextIter at;

  get_iter_at_line_column (self, line, column, &at);
  gtk_text_buffer_place_cursor (GTK_TEXT_BUFFER (self->document), &at);
  gtk_text_view_scroll_to_mark (GTK_TEXT_VIEW (self->view),
                                gtk_text_buffer_get_insert (GTK_TEXT_BUFFER (self->document)), 0.1, FALSE, 0, 0);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

/* Tints the clause an operator stands for; an empty span clears it. */
void
bw_editor_highlight (BwEditor *self,
                     BeltSpan  span)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->document);
  g_autofree char *text = bw_document_dup_text (self->document);
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_remove_tag (buffer, self->highlight_tag, &start, &end);
  if (span.end <= span.start)
    return;
  get_iter_at_byte (self, text, strlen (text), span.start, &start);
  get_iter_at_byte (self, text, strlen (text), span.end, &end);
  gtk_text_buffer_apply_tag (buffer, self->highlight_tag, &start, &end);
}

/* In characters from the start. */
void
bw_editor_go_to_byte (BwEditor *self,
                      gsize     offset)
{
  g_autofree char *text = bw_document_dup_text (self->document);
  GtkTextIter at;

  get_iter_at_byte (self, text, strlen (text), (guint)offset, &at);
  bw_editor_go_to (self, (guint)gtk_text_iter_get_line (&at) + 1, (guint)gtk_text_iter_get_line_offset (&at) + 1);
}

void
bw_editor_replace_text (BwEditor   *self,
                        const char *text)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->document);
  GtkTextIter caret;
  int line;
  int column;

  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  line = gtk_text_iter_get_line (&caret);
  column = gtk_text_iter_get_line_offset (&caret);
  bw_document_set_text (self->document, text);
  gtk_text_buffer_get_iter_at_line (buffer, &caret, line);
  gtk_text_iter_forward_chars (&caret, MIN (column, MAX (gtk_text_iter_get_chars_in_line (&caret) - 1, 0)));
  gtk_text_buffer_place_cursor (buffer, &caret);
}

void
bw_editor_get_caret_place (BwEditor     *self,
                           GdkRectangle *ret_place)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->document);
  GtkTextIter caret;
  double x;
  double y;

  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  gtk_text_view_get_iter_location (GTK_TEXT_VIEW (self->view), &caret, ret_place);
  gtk_text_view_buffer_to_window_coords (GTK_TEXT_VIEW (self->view), GTK_TEXT_WINDOW_WIDGET, ret_place->x,
                                         ret_place->y, &ret_place->x, &ret_place->y);
  gtk_widget_translate_coordinates (GTK_WIDGET (self->view), GTK_WIDGET (self), ret_place->x, ret_place->y, &x, &y);
  ret_place->x = (int)x;
  ret_place->y = (int)y;
  ret_place->width = MAX (ret_place->width, 1);
}

guint
bw_editor_get_caret (BwEditor *self)
{
  int position = 0;

  g_object_get (self->document, "cursor-position", &position, NULL);
  return (guint)position;
}

char *
bw_editor_dup_text (BwEditor *self,
                    gsize    *ret_caret)
{
  char *text = bw_document_dup_text (self->document);

  *ret_caret = (gsize)(g_utf8_offset_to_pointer (text, bw_editor_get_caret (self)) - text);
  return text;
}

void
bw_editor_get_position (BwEditor *self,
                        guint    *ret_line,
                        guint    *ret_column)
{
  GtkTextIter at;

  gtk_text_buffer_get_iter_at_offset (GTK_TEXT_BUFFER (self->document), &at, (int)bw_editor_get_caret (self));
  *ret_line = (guint)gtk_text_iter_get_line (&at) + 1;
  *ret_column = (guint)gtk_text_iter_get_line_offset (&at) + 1;
}

char *
bw_editor_dup_position (BwEditor *self)
{
  guint line;
  guint column;

  bw_editor_get_position (self, &line, &column);
  return g_strdup_printf (_("Ln %d, Col %d"), (int)line, (int)column);
}

void
bw_editor_release (BwEditor *self)
{
  static const GtkTextWindowType sides[] = { GTK_TEXT_WINDOW_LEFT, GTK_TEXT_WINDOW_RIGHT };

  if (self->released || self->view == NULL)
    return;

  self->released = TRUE;
  bw_find_bar_set_view (self->find_bar, NULL);
  g_settings_unbind (self->view, "show-line-numbers");
  g_settings_unbind (self->view, "tab-width");
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      GtkSourceGutter *gutter = gtk_source_view_get_gutter (self->view, sides[i]);
      GtkWidget *next;
      GtkSnapshot *snapshot = gtk_snapshot_new ();

      for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (gutter)); child != NULL; child = next)
        {
          next = gtk_widget_get_next_sibling (child);
          if (GTK_SOURCE_IS_GUTTER_RENDERER (child))
            gtk_source_gutter_remove (gutter, GTK_SOURCE_GUTTER_RENDERER (child));
        }
      /* An empty gutter drops its cached lines, which hold the view, when drawn. */
      GTK_WIDGET_GET_CLASS (gutter)->snapshot (GTK_WIDGET (gutter), snapshot);
      g_object_unref (snapshot);
    }
}
