/* belt-source.c - the types of sources
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The built-in types are there from the first look-up; plugins register theirs at run time.
 */
#include "config.h"

#include "belt-source.h"

#include "belt-builtin.h"
#include "belt-error.h"
#include "belt-type-registry.h"

static BeltTypeRegistry *
get_registry (void)
{
  static const BeltSourceClass *const builtin[] = {
    &belt_source_file_class,
    &belt_source_httppull_class,
    &belt_source_memory_class,
    &belt_source_simulator_class,
    &belt_source_mqtt_class,
  };
  static BeltTypeRegistry registry;
  static gsize filled;

  if (g_once_init_enter (&filled))
    {
      for (guint i = 0; i < G_N_ELEMENTS (builtin); i++)
        belt_type_registry_add (&registry, builtin[i]->type, builtin[i]);
      g_once_init_leave (&filled, 1);
    }

  return &registry;
}

void
belt_source_register (const BeltSourceClass *klass)
{
  g_return_if_fail (klass != NULL && klass->instance_size >= sizeof (BeltSource));

  belt_type_registry_add (get_registry (), klass->type, klass);
}

void
belt_source_unregister (const char *type)
{
  belt_type_registry_remove (get_registry (), type);
}

const BeltSourceClass *
belt_source_lookup (const char *type)
{
  g_return_val_if_fail (type != NULL, NULL);

  return belt_type_registry_lookup (get_registry (), type);
}

BeltSource *
belt_source_new (const char *type,
                 const char *datasource,
                 JsonObject *properties,
                 GError    **error)
{
  const BeltSourceClass *klass = belt_source_lookup (type);
  BeltSource *self;

  if (klass == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "source type %s not found", type);
      return NULL;
    }

  self = g_malloc0 (klass->instance_size);
  self->klass = klass;
  if (klass->configure != NULL && !klass->configure (self, datasource, properties, error))
    {
      belt_source_free (self);
      return NULL;
    }

  return self;
}

gboolean
belt_source_start (BeltSource     *self,
                   BeltSourceHost *host,
                   GError        **error)
{
  self->host = host;
  return self->klass->start (self, host, error);
}

void
belt_source_free (BeltSource *self)
{
  if (self == NULL)
    return;

  if (self->klass->finalize != NULL)
    self->klass->finalize (self);
  g_free (self);
}
