/* belt-sink.c - the types of sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The built-in types are there from the first look-up; plugins register theirs at run time.
 */
#include "config.h"

#include "belt-sink.h"

#include "belt-builtin.h"
#include "belt-error.h"
#include "belt-type-registry.h"

static BeltTypeRegistry *
get_registry (void)
{
  static const BeltSinkClass *const builtin[] = {
    &belt_sink_log_class,
    &belt_sink_log_to_memory_class,
    &belt_sink_nop_class,
    &belt_sink_file_class,
    &belt_sink_memory_class,
    &belt_sink_mqtt_class,
    &belt_sink_rest_class,
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
belt_sink_register (const BeltSinkClass *klass)
{
  g_return_if_fail (klass != NULL && klass->instance_size >= sizeof (BeltSink));

  belt_type_registry_add (get_registry (), klass->type, klass);
}

void
belt_sink_unregister (const char *type)
{
  belt_type_registry_remove (get_registry (), type);
}

const BeltSinkClass *
belt_sink_lookup (const char *type)
{
  g_return_val_if_fail (type != NULL, NULL);

  return belt_type_registry_lookup (get_registry (), type);
}

BeltSink *
belt_sink_new (const char *type,
               JsonObject *properties,
               GError    **error)
{
  const BeltSinkClass *klass = belt_sink_lookup (type);
  BeltSink *self;

  if (klass == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "sink %s is not defined", type);
      return NULL;
    }

  self = g_malloc0 (klass->instance_size);
  self->klass = klass;
  if (klass->configure != NULL && !klass->configure (self, properties, error))
    {
      belt_sink_free (self);
      return NULL;
    }

  return self;
}

gboolean
belt_sink_start (BeltSink     *self,
                 BeltSinkHost *host,
                 GError      **error)
{
  self->host = host;
  return self->klass->start == NULL || self->klass->start (self, host, error);
}

const char *
belt_sink_render (BeltSink   *self,
                  const char *text)
{
  const char *rendered = self->render != NULL ? self->render (self->render_owner, text) : NULL;

  return rendered != NULL ? rendered : text;
}

void
belt_sink_free (BeltSink *self)
{
  if (self == NULL)
    return;

  if (self->klass->finalize != NULL)
    self->klass->finalize (self);
  g_free (self);
}
