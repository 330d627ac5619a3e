/* bw-item.c - one thing of a project, as the sidebar shows it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-item.h"

#include <glib/gi18n.h>

struct _BwItem
{
  GObject  parent_instance;

  BwKind   kind;
  char    *name;
  GFile   *file;    /* NULL for engines */
  char    *detail;  /* a few words: "960 rows", "swapped", a URL */
  gboolean empty;
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_DETAIL,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (BwItem, bw_item, G_TYPE_OBJECT)

static void
bw_item_get_property (GObject    *object,
                      guint       id,
                      GValue     *value,
                      GParamSpec *pspec)
{
  BwItem *self = BW_ITEM (object);

  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_DETAIL:
      g_value_set_string (value, self->detail);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_item_finalize (GObject *object)
{
  BwItem *self = BW_ITEM (object);

  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->detail, g_free);
  g_clear_object (&self->file);

  G_OBJECT_CLASS (bw_item_parent_class)->finalize (object);
}

static void
bw_item_class_init (BwItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bw_item_get_property;
  object_class->finalize = bw_item_finalize;

  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_DETAIL] =
    g_param_spec_string ("detail", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
bw_item_init (BwItem *self)
{
}

BwItem *
bw_item_new (BwKind      kind,
             const char *name,
             GFile      *file,
             const char *detail)
{
  BwItem *self = g_object_new (BW_TYPE_ITEM, NULL);

  self->kind = kind;
  self->name = g_strdup (name);
  self->detail = g_strdup (detail);
  g_set_object (&self->file, file);
  return self;
}

BwItem *
bw_item_new_empty (BwKind kind)
{
  static const char *const texts[BW_N_KINDS] = {
    N_("None yet"), N_("None yet"), N_("None yet"), N_("None yet"), N_("None yet"), N_("None yet"),
  };
  BwItem *self = bw_item_new (kind, _(texts[kind]), NULL, NULL);

  self->empty = TRUE;
  return self;
}

BwKind
bw_item_get_kind (BwItem *self)
{
  return self->kind;
}

const char *
bw_item_get_name (BwItem *self)
{
  return self->name;
}

GFile *
bw_item_get_file (BwItem *self)
{
  return self->file;
}

const char *
bw_item_get_detail (BwItem *self)
{
  return self->detail;
}

void
bw_item_set_detail (BwItem     *self,
                    const char *detail)
{
  if (g_strcmp0 (self->detail, detail) == 0)
    return;

  g_free (self->detail);
  self->detail = g_strdup (detail);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DETAIL]);
}

gboolean
bw_item_is_empty (BwItem *self)
{
  return self->empty;
}

const char *
bw_kind_get_title (BwKind kind)
{
  static const char *const titles[BW_N_KINDS] = {
    N_("Streams"), N_("Rules"), N_("Plugins"), N_("Samples"), N_("Tests"), N_("Engines"),
  };

  return _(titles[kind]);
}
