/* bw-source-card.c - one stream: what its source says, listening or not
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What came may be written to samples/STREAM.jsonl, one row a line: then it is
 * there next time, and for tests.
 */
#include "config.h"

#include "bw-source-card.h"

#include "bw-write.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct _BwSourceCard
{
  GtkWidget   parent_instance;

  GtkWidget  *box;
  GtkLabel   *title;
  GtkSwitch  *listen;
  GtkLabel   *sentence;
  GtkWidget  *save;
  GtkWidget  *forget;

  BwSession  *session;
  BwListener *listener;
};

G_DEFINE_FINAL_TYPE (BwSourceCard, bw_source_card, GTK_TYPE_WIDGET)

static void
show (BwSourceCard *self)
{
  const char *name = bw_listener_get_name (self->listener);
  guint n_sample = bw_session_get_n_sample_rows (self->session, name);
  gboolean came = bw_listener_get_n_came (self->listener) > 0;
  g_autofree char *sentence = bw_listener_dup_sentence (self->listener);
  g_autofree char *text = NULL;

  if (!came && n_sample > 0)
    text = g_strdup_printf (ngettext ("The sample is used, %u row.\n%s", "The sample is used, %u rows.\n%s", n_sample),
                            n_sample, sentence);
  gtk_label_set_label (self->sentence, text != NULL ? text : sentence);
  gtk_switch_set_active (self->listen, bw_listener_is_on (self->listener));
  gtk_switch_set_state (self->listen, bw_listener_is_on (self->listener));
  gtk_widget_set_visible (self->save, came);
  gtk_widget_set_visible (self->forget, came);
}

static gboolean
listen_cb (BwSourceCard *self,
           gboolean      on)
{
  if (on != bw_listener_is_on (self->listener))
    bw_session_listen (self->session, bw_listener_get_name (self->listener), on);
  show (self);

  return TRUE;
}

static void
forget_cb (BwSourceCard *self)
{
  bw_listener_clear (self->listener);
}

static void
written_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(BwSourceCard) self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  if (bw_write_finish (result, &error))
    text = g_strdup_printf (_("Saved as samples/%s.jsonl."), bw_listener_get_name (self->listener));
  else
    text = g_strdup_printf (_("The sample was not saved: %s"), error->message);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", text);
  bw_project_rescan (bw_session_get_project (self->session));
}

static void
write_sample (BwSourceCard *self)
{
  g_autofree char *name = g_strconcat (bw_listener_get_name (self->listener), ".jsonl", NULL);
  g_autoptr(GFile) folder = g_file_get_child (bw_project_get_folder (bw_session_get_project (self->session)),
                                              "samples");
  g_autoptr(GFile) file = g_file_get_child (folder, name);
  g_autoptr(GBytes) bytes = NULL;
  GString *text = g_string_new (NULL);

  for (GList *at = bw_listener_get_records (self->listener)->head; at != NULL; at = at->next)
    {
      g_autofree char *line = belt_record_dup_text (at->data);

      g_string_append (text, g_strdelimit (line, "\r\n", ' '));
      g_string_append_c (text, '\n');
    }
  bytes = g_string_free_to_bytes (text);
  g_file_make_directory (folder, NULL, NULL);
  bw_write_async (file, bytes, BW_WRITE_DURABLE, written_cb, g_object_ref (self));
}

static void
answered_cb (AdwMessageDialog *dialog,
             const char       *response,
             gpointer          data)
{
  if (g_str_equal (response, "replace"))
    write_sample (data);
}

static void
save_cb (BwSourceCard *self)
{
  const char *name = bw_listener_get_name (self->listener);
  guint n_sample = bw_session_get_n_sample_rows (self->session, name);
  GtkRoot *window = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog;

  if (n_sample == 0)
    {
      write_sample (self);
      return;
    }

  dialog = adw_message_dialog_new (GTK_WINDOW (window), _("Replace the Sample?"), NULL);
  adw_message_dialog_format_body (ADW_MESSAGE_DIALOG (dialog),
                                  _("%s has a sample of %u rows. It is replaced by the rows that came in."),
                                  name, n_sample);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "replace", _("_Replace"),
                                    NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "replace", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (answered_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
bw_source_card_dispose (GObject *object)
{
  BwSourceCard *self = BW_SOURCE_CARD (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->session);
  g_clear_object (&self->listener);

  G_OBJECT_CLASS (bw_source_card_parent_class)->dispose (object);
}

static void
bw_source_card_class_init (BwSourceCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_source_card_dispose;

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-source-card.ui");
  gtk_widget_class_bind_template_child (widget_class, BwSourceCard, box);
  gtk_widget_class_bind_template_child (widget_class, BwSourceCard, title);
  gtk_widget_class_bind_template_child (widget_class, BwSourceCard, listen);
  gtk_widget_class_bind_template_child (widget_class, BwSourceCard, sentence);
  gtk_widget_class_bind_template_child (widget_class, BwSourceCard, save);
  gtk_widget_class_bind_template_child (widget_class, BwSourceCard, forget);
  gtk_widget_class_bind_template_callback (widget_class, listen_cb);
  gtk_widget_class_bind_template_callback (widget_class, save_cb);
  gtk_widget_class_bind_template_callback (widget_class, forget_cb);
}

static void
bw_source_card_init (BwSourceCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

BwSourceCard *
bw_source_card_new (BwSession  *session,
                    BwListener *listener)
{
  BwSourceCard *self = g_object_new (BW_TYPE_SOURCE_CARD, NULL);

  self->session = g_object_ref (session);
  self->listener = g_object_ref (listener);
  gtk_label_set_label (self->title, bw_listener_get_name (listener));
  g_signal_connect_object (listener, "notify::sentence", G_CALLBACK (show), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed", G_CALLBACK (show), self, G_CONNECT_SWAPPED);
  show (self);
  return self;
}
