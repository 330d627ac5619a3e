/* bw-plugin.c - one plugin of the project and the sentence that says its state
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-plugin.h"

#include "bw-problem.h"

struct _BwPlugin
{
  GObject       parent_instance;

  char         *name;
  BwPluginState state;
  char         *sentence;
  GListStore   *problems;
};

enum
{
  PROP_0,
  PROP_SENTENCE,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (BwPlugin, bw_plugin, G_TYPE_OBJECT)

static void
bw_plugin_get_property (GObject    *object,
                        guint       id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  BwPlugin *self = BW_PLUGIN (object);

  switch (id)
    {
    case PROP_SENTENCE:
      g_value_set_string (value, self->sentence);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bw_plugin_finalize (GObject *object)
{
  BwPlugin *self = BW_PLUGIN (object);

  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->sentence, g_free);
  g_clear_object (&self->problems);

  G_OBJECT_CLASS (bw_plugin_parent_class)->finalize (object);
}

static void
bw_plugin_class_init (BwPluginClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bw_plugin_get_property;
  object_class->finalize = bw_plugin_finalize;

  properties[PROP_SENTENCE] =
    g_param_spec_string ("sentence", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
bw_plugin_init (BwPlugin *self)
{
  self->problems = g_list_store_new (BW_TYPE_PROBLEM);
}

BwPlugin *
bw_plugin_new (const char *name)
{
  BwPlugin *self = g_object_new (BW_TYPE_PLUGIN, NULL);

  self->name = g_strdup (name);
  return self;
}

const char *
bw_plugin_get_name (BwPlugin *self)
{
  return self->name;
}

BwPluginState
bw_plugin_get_state (BwPlugin *self)
{
  return self->state;
}

const char *
bw_plugin_get_sentence (BwPlugin *self)
{
  return self->sentence != NULL ? self->sentence : "";
}

void
bw_plugin_set_state (BwPlugin      *self,
                     BwPluginState  state,
                     const char    *sentence)
{
  self->state = state;
  g_free (self->sentence);
  self->sentence = g_strdup (sentence);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SENTENCE]);
}

GListStore *
bw_plugin_get_problems (BwPlugin *self)
{
  return self->problems;
}
