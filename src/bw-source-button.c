/* bw-source-button.c - where the rows of a page come from: samples, or true sources
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Says it in three words; what it opens says it in sentences, a card a stream.
 */
#include "config.h"

#include "bw-source-button.h"

#include "bw-source-card.h"

#include <glib/gi18n.h>

struct _BwSourceButton
{
  GtkWidget      parent_instance;

  GtkMenuButton *button;
  GtkImage      *icon;
  GtkLabel      *label;
  GtkBox        *cards;

  BwSession     *session;
  GStrv          streams;
  GPtrArray     *listeners;  /* of BwListener: those with a card */
};

G_DEFINE_FINAL_TYPE (BwSourceButton, bw_source_button, GTK_TYPE_WIDGET)

static void
show (BwSourceButton *self)
{
  guint n_live = 0;
  guint n_on = 0;
  guint n_cut_off = 0;
  guint n_rows = 0;
  g_autofree char *text = NULL;
  const char *icon = "text-x-generic-symbolic";

  for (guint i = 0; i < self->listeners->len; i++)
    {
      BwListener *listener = g_ptr_array_index (self->listeners, i);

      n_on += bw_listener_is_on (listener) ? 1 : 0;
      n_cut_off += bw_listener_is_cut_off (listener) ? 1 : 0;
      n_live += bw_listener_get_n_came (listener) > 0 ? 1 : 0;
      n_rows += bw_session_get_n_rows (self->session, bw_listener_get_name (listener));
    }

  if (n_live > 0)
    text = g_strdup_printf (n_cut_off > 0 ? _("No connection, %u rows")
                            : n_on > 0 ? _("Live, %u rows") : _("Stopped, %u rows"), n_rows);
  else if (n_rows > 0)
    text = g_strdup_printf (_("Sample, %u rows"), n_rows);
  else
    text = g_strdup (n_cut_off > 0 ? _("No connection") : n_on > 0 ? _("Listening") : _("No rows"));
  if (n_cut_off > 0)
    icon = "network-offline-symbolic";
  else if (n_on > 0)
    icon = "media-record-symbolic";
  gtk_image_set_from_icon_name (self->icon, icon);
  gtk_label_set_label (self->label, text);
}

static gboolean
has_card (BwSourceButton *self,
          BwListener     *listener)
{
  return g_ptr_array_find (self->listeners, listener, NULL);
}

static void
remove_cards (BwSourceButton *self)
{
  GtkWidget *card;

  for (guint i = 0; i < self->listeners->len; i++)
    g_signal_handlers_disconnect_by_func (g_ptr_array_index (self->listeners, i), show, self);
  g_ptr_array_set_size (self->listeners, 0);
  while ((card = gtk_widget_get_first_child (GTK_WIDGET (self->cards))) != NULL)
    gtk_box_remove (self->cards, card);
}

/* A stream of which the definition went has no listener any more. */
static gboolean
are_cards_right (BwSourceButton *self)
{
  guint n = 0;

  for (guint i = 0; self->streams != NULL && self->streams[i] != NULL; i++)
    {
      BwListener *listener = bw_session_get_listener (self->session, self->streams[i]);

      if (listener == NULL)
        continue;
      if (!has_card (self, listener))
        return FALSE;
      n++;
    }

  return n == self->listeners->len;
}

static void
update (BwSourceButton *self)
{
  if (!are_cards_right (self))
    {
      remove_cards (self);
      for (guint i = 0; self->streams[i] != NULL; i++)
        {
          BwListener *listener = bw_session_get_listener (self->session, self->streams[i]);

          if (listener == NULL)
            continue;
          g_ptr_array_add (self->listeners, g_object_ref (listener));
          g_signal_connect_object (listener, "notify::sentence", G_CALLBACK (show), self, G_CONNECT_SWAPPED);
          gtk_box_append (self->cards, GTK_WIDGET (bw_source_card_new (self->session, listener)));
        }
    }
  gtk_widget_set_visible (GTK_WIDGET (self), self->listeners->len > 0);
  show (self);
}

static void
bw_source_button_dispose (GObject *object)
{
  BwSourceButton *self = BW_SOURCE_BUTTON (object);

  g_clear_pointer ((GtkWidget **)&self->button, gtk_widget_unparent);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bw_source_button_parent_class)->dispose (object);
}

static void
bw_source_button_finalize (GObject *object)
{
  BwSourceButton *self = BW_SOURCE_BUTTON (object);

  g_ptr_array_unref (self->listeners);
  g_strfreev (self->streams);

  G_OBJECT_CLASS (bw_source_button_parent_class)->finalize (object);
}

static void
bw_source_button_class_init (BwSourceButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_source_button_dispose;
  G_OBJECT_CLASS (klass)->finalize = bw_source_button_finalize;

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-source-button.ui");
  gtk_widget_class_bind_template_child (widget_class, BwSourceButton, button);
  gtk_widget_class_bind_template_child (widget_class, BwSourceButton, icon);
  gtk_widget_class_bind_template_child (widget_class, BwSourceButton, label);
  gtk_widget_class_bind_template_child (widget_class, BwSourceButton, cards);
}

static void
bw_source_button_init (BwSourceButton *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->listeners = g_ptr_array_new_with_free_func (g_object_unref);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

void
bw_source_button_set_streams (BwSourceButton    *self,
                              BwSession         *session,
                              const char *const *streams)
{
  if (self->session == NULL)
    {
      self->session = g_object_ref (session);
      g_signal_connect_object (session, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
    }
  g_strfreev (self->streams);
  self->streams = g_strdupv ((char **)streams);
  update (self);
}
