/* belt-sink.c - the types of sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * As in belt-source.c: built-in types from the first look-up on, plugins'
 * registered at run time, a newer version in the place of the older one.
 */
#include "config.h"

#include "belt-sink.h"

#include "belt-builtin.h"
#include "belt-error.h"

static GMutex registry_lock;
static GHashTable *registry;  /* guarded by registry_lock: type in lower case to class */

static void
ensure_registry_locked (void)
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

  if (registry != NULL)
    return;

  registry = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (builtin); i++)
    g_hash_table_insert (registry, g_ascii_strdown (builtin[i]->type, -1), (gpointer)builtin[i]);
}

void
belt_sink_register (const BeltSinkClass *klass)
{
  g_return_if_fail (klass != NULL && klass->instance_size >= sizeof (BeltSink));

  g_mutex_lock (&registry_lock);
  ensure_registry_locked ();
  g_hash_table_replace (registry, g_ascii_strdown (klass->type, -1), (gpointer)klass);
  g_mutex_unlock (&registry_lock);
}

void
belt_sink_unregister (const char *type)
{
  g_autofree char *key = g_ascii_strdown (type, -1);

  g_mutex_lock (&registry_lock);
  ensure_registry_locked ();
  g_hash_table_remove (registry, key);
  g_mutex_unlock (&registry_lock);
}

const BeltSinkClass *
belt_sink_lookup (const char *type)
{
  g_autofree char *key = NULL;
  const BeltSinkClass *klass;

  g_return_val_if_fail (type != NULL, NULL);

  key = g_ascii_strdown (type, -1);
  g_mutex_lock (&registry_lock);
  ensure_registry_locked ();
  klass = g_hash_table_lookup (registry, key);
  g_mutex_unlock (&registry_lock);

  return klass;
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

void
belt_sink_free (BeltSink *self)
{
  if (self == NULL)
    return;

  if (self->klass->finalize != NULL)
    self->klass->finalize (self);
  g_free (self);
}
