/* bw-symbol.c - the name at the caret: where it is made, and another name for it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-symbol.h"

#include <glib/gi18n.h>
#include <string.h>

/* The text as it was when the name was asked for. */
typedef struct
{
  BwEditor   *editor;   /* the popover's parent */
  BeltSymbol *symbol;
  char       *text;
  GtkWidget  *popover;
  GtkEntry   *entry;
} Renaming;

static void
renaming_free (gpointer data)
{
  Renaming *self = data;

  belt_symbol_free (self->symbol);
  g_free (self->text);
  g_free (self);
}

static BeltSymbol *
find_symbol (BwEditor   *editor,
             BwSession  *session,
             char      **ret_text)
{
  BeltLanguage language;
  BeltSymbol *symbol;
  gsize caret;

  *ret_text = bw_editor_dup_text (editor, &caret);
  bw_session_fill_language (session, &language);
  symbol = belt_language_symbol (&language, *ret_text, strlen (*ret_text), caret);
  if (symbol == NULL)
    gtk_widget_activate_action (GTK_WIDGET (editor), "win.toast", "s", _("There is no name at the caret."));

  return symbol;
}

static void
toast (BwEditor *editor,
       char     *text)
{
  gtk_widget_activate_action (GTK_WIDGET (editor), "win.toast", "s", text);
  g_free (text);
}

/* ------------------------------------------------------------------ go to */

/* A plugin is made with one function, of its name. */
static const char *
find_plugin_file (BwSession  *session,
                  const char *function)
{
  BeltManifest *manifest = bw_session_get_manifest (session);

  for (guint i = 0; manifest != NULL && i < manifest->plugins->len; i++)
    {
      const BeltManifestPlugin *plugin = g_ptr_array_index (manifest->plugins, i);

      if (plugin->kind == BELT_MANIFEST_FUNCTION && g_ascii_strcasecmp (plugin->name, function) == 0)
        return plugin->files[0];
    }

  return NULL;
}

static void
open_path (BwEditor   *editor,
           const char *path)
{
  gtk_widget_activate_action (GTK_WIDGET (editor), "win.open-path", "s", path);
}

static void
go_to_function (BwEditor   *editor,
                BwSession  *session,
                const char *name)
{
  const char *file = find_plugin_file (session, name);

  if (file != NULL)
    open_path (editor, file);
  else
    toast (editor, g_strdup_printf (_("%s() is built in."), name));
}

static void
go_to_stream (BwEditor   *editor,
              BwSession  *session,
              const char *name)
{
  g_autofree char *path = g_strdup_printf ("streams/%s.sql", name);

  if (belt_catalog_lookup (bw_session_get_catalog (session), name) != NULL)
    open_path (editor, path);
  else
    toast (editor, g_strdup_printf (_("There is no stream “%s”."), name));
}

void
bw_symbol_go_to (BwEditor  *editor,
                 BwSession *session)
{
  g_autofree char *text = NULL;
  g_autoptr(BeltSymbol) symbol = find_symbol (editor, session, &text);

  if (symbol == NULL)
    return;

  if (symbol->definition.end > 0)
    bw_editor_go_to_byte (editor, symbol->definition.start);
  else if (symbol->kind == BELT_SYMBOL_STREAM)
    go_to_stream (editor, session, symbol->name);
  else if (symbol->kind == BELT_SYMBOL_FUNCTION)
    go_to_function (editor, session, symbol->name);
  else
    toast (editor, g_strdup_printf (_("“%s” is a column; it comes with the rows."), symbol->name));
}

/* ------------------------------------------------------------------ rename */

static void
rename_cb (Renaming *self)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autofree char *now = bw_document_dup_text (bw_editor_get_document (self->editor));
  g_autofree char *renamed = NULL;

  if (*name == '\0' || strchr (name, '`') != NULL)
    {
      gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
      return;
    }
  /* A file that changed on disk came in meanwhile. */
  if (g_str_equal (now, self->text))
    {
      renamed = belt_symbol_rename (self->symbol, self->text, strlen (self->text), name);
      bw_editor_replace_text (self->editor, renamed);
    }
  gtk_popover_popdown (GTK_POPOVER (self->popover));
}

static gboolean
unparent_cb (gpointer data)
{
  gtk_widget_unparent (data);
  return G_SOURCE_REMOVE;
}

static void
closed_cb (Renaming *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (bw_editor_get_view (self->editor)));
  /* It is still closing. */
  g_idle_add (unparent_cb, self->popover);
}

static void
create_popover (Renaming *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *entry = gtk_entry_new ();
  GdkRectangle place;
  g_autofree char *text = g_strdup_printf (ngettext ("New name of “%s”, in %u place", "New name of “%s”, in %u places",
                                                     self->symbol->uses->len),
                                           self->symbol->name, self->symbol->uses->len);

  self->popover = gtk_popover_new ();
  self->entry = GTK_ENTRY (entry);
  gtk_box_append (GTK_BOX (box), gtk_label_new (text));
  gtk_box_append (GTK_BOX (box), entry);
  gtk_editable_set_text (GTK_EDITABLE (entry), self->symbol->name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_popover_set_child (GTK_POPOVER (self->popover), box);
  bw_editor_get_caret_place (self->editor, &place);
  gtk_widget_set_parent (self->popover, GTK_WIDGET (self->editor));
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), &place);
  g_object_set_data_full (G_OBJECT (self->popover), "renaming", self, renaming_free);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (rename_cb), self);
  g_signal_connect_swapped (self->popover, "closed", G_CALLBACK (closed_cb), self);
  gtk_popover_popup (GTK_POPOVER (self->popover));
  gtk_widget_grab_focus (entry);
}

void
bw_symbol_rename (BwEditor  *editor,
                  BwSession *session)
{
  g_autofree char *text = NULL;
  g_autoptr(BeltSymbol) symbol = find_symbol (editor, session, &text);
  Renaming *self;

  if (symbol == NULL)
    return;
  if (symbol->kind == BELT_SYMBOL_STREAM)
    {
      g_autofree char *path = g_strdup_printf ("streams/%s.sql", symbol->name);

      gtk_widget_activate_action (GTK_WIDGET (editor), "win.rename-path", "s", path);
      return;
    }
  if (symbol->kind != BELT_SYMBOL_ALIAS && symbol->kind != BELT_SYMBOL_STREAM_ALIAS)
    {
      toast (editor, g_strdup_printf (_("“%s” is not made in this text; only what AS names can be renamed here."),
                                      symbol->name));
      return;
    }

  self = g_new0 (Renaming, 1);
  self->editor = editor;
  self->symbol = g_steal_pointer (&symbol);
  self->text = g_steal_pointer (&text);
  create_popover (self);
}
