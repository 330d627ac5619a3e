/* bw-page.c - a page of the window: one document and what is known about it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Closing a page with unsaved text asks nothing: the journal has it, and opening
 * the document again brings it back.  Signal "save-failed" (message).
 */
#include "config.h"

#include "bw-page.h"

#include <glib/gi18n.h>

typedef struct
{
  BwEditor   *editor;    /* borrowed: a child */
  BwDocument *document;
  BwItem     *item;
  char       *state;
} BwPagePrivate;

enum
{
  PROP_0,
  PROP_STATE,
  N_PROPERTIES
};

enum
{
  SAVE_FAILED,
  SAVED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (BwPage, bw_page, PANEL_TYPE_WIDGET)

static BwPagePrivate *
get_private (BwPage *self)
{
  return bw_page_get_instance_private (self);
}

static gboolean
bw_page_real_focus_area (BwPage *self,
                         guint   area)
{
  BwPagePrivate *priv = get_private (self);

  return area == 1 && gtk_widget_grab_focus (GTK_WIDGET (priv->editor));
}

static gboolean
bw_page_real_is_settled (BwPage *self)
{
  return bw_document_get_state (get_private (self)->document) != BW_DOCUMENT_LOADING;
}

static gboolean
bw_page_grab_focus (GtkWidget *widget)
{
  BwPagePrivate *priv = get_private (BW_PAGE (widget));

  return priv->editor != NULL && gtk_widget_grab_focus (GTK_WIDGET (priv->editor));
}

static void
bw_page_get_property (GObject    *object,
                      guint       id,
                      GValue     *value,
                      GParamSpec *pspec)
{
  BwPagePrivate *priv = get_private (BW_PAGE (object));

  switch (id)
    {
    case PROP_STATE:
      g_value_set_string (value, priv->state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_page_dispose (GObject *object)
{
  BwPagePrivate *priv = get_private (BW_PAGE (object));

  priv->editor = NULL;
  g_clear_object (&priv->document);
  g_clear_object (&priv->item);
  g_clear_pointer (&priv->state, g_free);

  G_OBJECT_CLASS (bw_page_parent_class)->dispose (object);
}

static void
bw_page_class_init (BwPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bw_page_get_property;
  object_class->dispose = bw_page_dispose;
  GTK_WIDGET_CLASS (klass)->grab_focus = bw_page_grab_focus;
  klass->focus_area = bw_page_real_focus_area;
  klass->is_settled = bw_page_real_is_settled;

  properties[PROP_STATE] =
    g_param_spec_string ("state", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[SAVE_FAILED] = g_signal_new ("save-failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                       0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SAVED] = g_signal_new ("saved", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bw_page_init (BwPage *self)
{
}

static void
show_modified (BwPage *self)
{
  BwPagePrivate *priv = get_private (self);

  panel_widget_set_modified (PANEL_WIDGET (self), gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (priv->document)));
}

/* Its name is the file's. */
static void
show_file (BwPage *self)
{
  g_autofree char *name = g_file_get_basename (bw_document_get_file (get_private (self)->document));

  panel_widget_set_title (PANEL_WIDGET (self), name);
  panel_widget_set_id (PANEL_WIDGET (self), name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

/**
 * bw_page_set_up:
 * @self: a page that was just made
 * @editor: its editor, a child of it
 * @document: what is edited
 * @item: what it stands for
 */
void
bw_page_set_up (BwPage     *self,
                BwEditor   *editor,
                BwDocument *document,
                BwItem     *item)
{
  static const char *const icons[BW_N_KINDS] = {
    "network-transmit-receive-symbolic", "view-list-symbolic", "application-x-addon-symbolic",
    "x-office-spreadsheet-symbolic", "object-select-symbolic", "network-server-symbolic",
  };
  BwPagePrivate *priv = get_private (self);

  priv->editor = editor;
  priv->document = g_object_ref (document);
  priv->item = g_object_ref (item);
  bw_editor_set_document (editor, document);

  show_file (self);
  panel_widget_set_kind (PANEL_WIDGET (self), PANEL_WIDGET_KIND_DOCUMENT);
  panel_widget_set_icon_name (PANEL_WIDGET (self), icons[bw_item_get_kind (item)]);
  panel_widget_set_reorderable (PANEL_WIDGET (self), TRUE);
  g_signal_connect_object (document, "notify::file", G_CALLBACK (show_file), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "modified-changed", G_CALLBACK (show_modified), self, G_CONNECT_SWAPPED);
}

BwEditor *
bw_page_get_editor (BwPage *self)
{
  return get_private (self)->editor;
}

BwDocument *
bw_page_get_document (BwPage *self)
{
  return get_private (self)->document;
}

BwItem *
bw_page_get_item (BwPage *self)
{
  return get_private (self)->item;
}

/* The same thing under another name. */
void
bw_page_set_item (BwPage *self,
                  BwItem *item)
{
  g_set_object (&get_private (self)->item, item);
}

const char *
bw_page_get_state (BwPage *self)
{
  return get_private (self)->state;
}

void
bw_page_set_state (BwPage     *self,
                   const char *state)
{
  BwPagePrivate *priv = get_private (self);

  if (g_strcmp0 (priv->state, state) == 0)
    return;

  g_free (priv->state);
  priv->state = g_strdup (state);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
save_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(BwPage) self = data;
  g_autoptr(GError) error = NULL;

  if (!bw_document_save_finish (BW_DOCUMENT (object), result, &error))
    {
      g_signal_emit (self, signals[SAVE_FAILED], 0, error->message);
      return;
    }

  if (BW_PAGE_GET_CLASS (self)->saved != NULL && get_private (self)->document != NULL)
    BW_PAGE_GET_CLASS (self)->saved (self);
  g_signal_emit (self, signals[SAVED], 0);
}

void
bw_page_save (BwPage *self)
{
  bw_document_save_async (get_private (self)->document, save_cb, g_object_ref (self));
}

void
bw_page_apply (BwPage *self)
{
  if (BW_PAGE_GET_CLASS (self)->apply != NULL)
    BW_PAGE_GET_CLASS (self)->apply (self);
}

void
bw_page_why (BwPage *self)
{
  if (BW_PAGE_GET_CLASS (self)->why != NULL)
    BW_PAGE_GET_CLASS (self)->why (self);
}

void
bw_page_go_to_definition (BwPage *self)
{
  if (BW_PAGE_GET_CLASS (self)->go_to_definition != NULL)
    BW_PAGE_GET_CLASS (self)->go_to_definition (self);
}

void
bw_page_rename (BwPage *self)
{
  if (BW_PAGE_GET_CLASS (self)->rename != NULL)
    BW_PAGE_GET_CLASS (self)->rename (self);
}

void
bw_page_format (BwPage *self)
{
  if (BW_PAGE_GET_CLASS (self)->format != NULL)
    BW_PAGE_GET_CLASS (self)->format (self);
}

gboolean
bw_page_has_language (BwPage *self)
{
  return BW_PAGE_GET_CLASS (self)->format != NULL;
}

gboolean
bw_page_focus_area (BwPage *self,
                    guint   area)
{
  return BW_PAGE_GET_CLASS (self)->focus_area (self, area);
}

gboolean
bw_page_is_settled (BwPage *self)
{
  return BW_PAGE_GET_CLASS (self)->is_settled (self);
}

void
bw_page_close (BwPage *self)
{
  bw_editor_release (get_private (self)->editor);
  panel_widget_force_close (PANEL_WIDGET (self));
}
