/* bw-signature-bar.c - which argument the caret is in, below the text
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * There while the caret is in a call.  A line of its own, and no popover over the
 * text: it hides nothing, takes no key, and is read out as what describes the text.
 */
#include "config.h"

#include "bw-signature-bar.h"

#include <string.h>

#define CHARS_MAX 65536  /* of a text that is looked at each time the caret moves */

struct _BwSignatureBar
{
  GtkWidget  parent_instance;

  GtkWidget *label;
  BwEditor  *editor;   /* not ours; of the same page */
  BwSession *session;
};

G_DEFINE_FINAL_TYPE (BwSignatureBar, bw_signature_bar, GTK_TYPE_WIDGET)

/* The argument's part is bold. */
static char *
write_markup (const BeltSignature *signature)
{
  BeltSpan part = signature->parameter;
  g_autofree char *before = g_markup_escape_text (signature->signature, (gssize)part.start);
  g_autofree char *within = g_markup_escape_text (signature->signature + part.start, (gssize)(part.end - part.start));
  g_autofree char *after = g_markup_escape_text (signature->signature + part.end, -1);
  g_autofree char *doc = g_markup_escape_text (signature->doc != NULL ? signature->doc : "", -1);

  return g_strdup_printf ("<tt>%s<b>%s</b>%s</tt>  %s", part.start > 0 ? before : "", part.end > 0 ? within : "", after,
                          g_strdelimit (doc, "\n", ' '));
}

static void
show (BwSignatureBar *self)
{
  gsize caret;
  g_autofree char *text = NULL;
  g_autofree char *markup = NULL;
  g_autoptr(BeltSignature) signature = NULL;
  BeltLanguage language;

  if (gtk_text_buffer_get_char_count (GTK_TEXT_BUFFER (bw_editor_get_document (self->editor))) <= CHARS_MAX)
    {
      text = bw_editor_dup_text (self->editor, &caret);
      bw_session_fill_language (self->session, &language);
      signature = belt_language_signature (&language, text, strlen (text), caret);
    }
  if (signature != NULL)
    {
      markup = write_markup (signature);
      gtk_label_set_markup (GTK_LABEL (self->label), markup);
      gtk_widget_set_tooltip_markup (self->label, markup);
    }
  gtk_widget_set_visible (GTK_WIDGET (self), signature != NULL);
}

static void
bw_signature_bar_dispose (GObject *object)
{
  BwSignatureBar *self = BW_SIGNATURE_BAR (object);

  g_clear_pointer (&self->label, gtk_widget_unparent);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bw_signature_bar_parent_class)->dispose (object);
}

static void
bw_signature_bar_class_init (BwSignatureBarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bw_signature_bar_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
bw_signature_bar_init (BwSignatureBar *self)
{
  self->label = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (self->label), PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (GTK_LABEL (self->label), TRUE);
  gtk_widget_set_parent (self->label, GTK_WIDGET (self));
  gtk_widget_add_css_class (GTK_WIDGET (self), "bw-signature");
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

void
bw_signature_bar_set_editor (BwSignatureBar *self,
                             BwEditor       *editor,
                             BwSession      *session)
{
  GtkSourceView *view = bw_editor_get_view (editor);

  self->editor = editor;
  self->session = g_object_ref (session);
  g_signal_connect_object (bw_editor_get_document (editor), "notify::cursor-position", G_CALLBACK (show), self,
                           G_CONNECT_SWAPPED);
  gtk_accessible_update_relation (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_RELATION_DESCRIBED_BY, self->label, NULL, -1);
}
