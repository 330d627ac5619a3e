/* bw-early-layout.c - text is coloured and measured before a frame is drawn
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A text view measures its changed lines in an idle.  GTK 4.8 draws a frame right
 * after the key events it hands on, before any idle; lines are then measured while
 * they are drawn, which moves the scroll bar after it has got its place ("Trying to
 * snapshot GtkGizmo without a current allocation").  So a view whose text changed is
 * given its place anew when a frame begins, and measures then.  GtkSourceView 5.6
 * also colours lines while it draws them, to the same effect; so lines in sight and
 * near it are coloured as soon as they have been looked at.
 */
#include "config.h"

#include "bw-early-layout.h"

#define NEAR_LINES 200
#define PRIORITY   (G_PRIORITY_HIGH_IDLE + 5)  /* before a text view measures its lines and a frame is drawn */

typedef struct
{
  GtkSourceView *view;         /* owns us */
  int            n_looked_at;  /* lines from the start */
  guint          turn;
  gboolean       changed;      /* since the last frame */
} EarlyLayout;

static void
early_layout_free (gpointer data)
{
  EarlyLayout *self = data;

  g_clear_handle_id (&self->turn, g_source_remove);
  g_free (self);
}

static gboolean
colour_cb (gpointer data)
{
  EarlyLayout *self = data;
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view));
  GdkRectangle visible;
  GtkTextIter start;
  GtkTextIter end;
  int last;

  self->turn = 0;
  gtk_text_view_get_visible_rect (GTK_TEXT_VIEW (self->view), &visible);
  gtk_text_view_get_line_at_y (GTK_TEXT_VIEW (self->view), &start, visible.y, NULL);
  gtk_text_view_get_line_at_y (GTK_TEXT_VIEW (self->view), &end, visible.y + visible.height, NULL);
  last = MIN (gtk_text_iter_get_line (&end) + NEAR_LINES, self->n_looked_at);
  gtk_text_iter_backward_lines (&start, NEAR_LINES);
  gtk_text_buffer_get_iter_at_line (buffer, &end, last);
  if (gtk_text_iter_compare (&start, &end) < 0)
    gtk_source_buffer_ensure_highlight (GTK_SOURCE_BUFFER (buffer), &start, &end);

  return G_SOURCE_REMOVE;
}

static void
colour_soon (EarlyLayout *self)
{
  if (self->turn == 0)
    self->turn = g_idle_add_full (PRIORITY, colour_cb, self, NULL);
}

static void
looked_at_cb (GtkSourceBuffer   *buffer,
              const GtkTextIter *start,
              const GtkTextIter *end,
              GtkSourceView     *view)
{
  EarlyLayout *self = g_object_get_data (G_OBJECT (view), "early-layout");

  self->n_looked_at = MAX (self->n_looked_at, gtk_text_iter_get_line (end) + 1);
  colour_soon (self);
}

static void
changed_cb (GtkSourceView *view)
{
  ((EarlyLayout *)g_object_get_data (G_OBJECT (view), "early-layout"))->changed = TRUE;
}

static void
scrolled_cb (GtkSourceView *view)
{
  changed_cb (view);
  colour_soon (g_object_get_data (G_OBJECT (view), "early-layout"));
}

/* Getting its place is what makes a text view measure at once. */
static void
frame_begins_cb (GtkSourceView *view)
{
  EarlyLayout *self = g_object_get_data (G_OBJECT (view), "early-layout");
  GtkAllocation place;

  if (!self->changed || !gtk_widget_get_mapped (GTK_WIDGET (view)) || gtk_widget_get_width (GTK_WIDGET (view)) == 0)
    return;
  self->changed = FALSE;
  gtk_widget_get_allocation (GTK_WIDGET (view), &place);
  gtk_widget_queue_allocate (GTK_WIDGET (view));
  gtk_widget_size_allocate (GTK_WIDGET (view), &place, -1);
}

static void
realized_cb (GtkSourceView *view)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (view));

  g_signal_connect_object (clock, "before-paint", G_CALLBACK (frame_begins_cb), view, G_CONNECT_SWAPPED);
}

/* It may go to another window. */
static void
unrealized_cb (GtkSourceView *view)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (view));

  g_signal_handlers_disconnect_by_func (clock, frame_begins_cb, view);
}

static void
follow_adjustment (GtkSourceView *view)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));

  if (adjustment != NULL)
    g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (scrolled_cb), view, G_CONNECT_SWAPPED);
}

void
bw_early_layout_attach (GtkSourceView *view)
{
  static const char *const changes[] = { "changed", "apply-tag", "remove-tag" };
  EarlyLayout *self = g_new0 (EarlyLayout, 1);
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (view));

  self->view = view;
  g_object_set_data_full (G_OBJECT (view), "early-layout", self, early_layout_free);
  g_signal_connect_object (buffer, "highlight-updated", G_CALLBACK (looked_at_cb), view, 0);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_signal_connect_object (buffer, changes[i], G_CALLBACK (changed_cb), view, G_CONNECT_SWAPPED);
  g_signal_connect (view, "notify::vadjustment", G_CALLBACK (follow_adjustment), NULL);
  follow_adjustment (view);
  g_signal_connect (view, "realize", G_CALLBACK (realized_cb), NULL);
  g_signal_connect (view, "unrealize", G_CALLBACK (unrealized_cb), NULL);
  if (gtk_widget_get_realized (GTK_WIDGET (view)))
    realized_cb (view);
}
