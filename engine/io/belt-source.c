/* belt-source.c - the types of sources
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The built-in types are there from the first look-up; plugins register theirs,
 * and a newer version takes the place of the older one.  A class must live as
 * long as the instances made from it: plugin classes are never freed.
 */
#include "config.h"

#include "belt-source.h"

#include "belt-builtin.h"
#include "belt-error.h"

static GMutex registry_lock;
static GHashTable *registry;  /* guarded by registry_lock: type in lower case to class */

static void
ensure_registry_locked (void)
{
  static const BeltSourceClass *const builtin[] = {
    &belt_source_file_class,
    &belt_source_httppull_class,
    &belt_source_memory_class,
    &belt_source_simulator_class,
    &belt_source_mqtt_class,
  };

  if (registry != NULL)
    return;

  registry = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (builtin); i++)
    g_hash_table_insert (registry, g_strdup (builtin[i]->type), (gpointer)builtin[i]);
}

void
belt_source_register (const BeltSourceClass *klass)
{
  g_return_if_fail (klass != NULL && klass->instance_size >= sizeof (BeltSource));

  g_mutex_lock (&registry_lock);
  ensure_registry_locked ();
  g_hash_table_replace (registry, g_ascii_strdown (klass->type, -1), (gpointer)klass);
  g_mutex_unlock (&registry_lock);
}

void
belt_source_unregister (const char *type)
{
  g_autofree char *key = g_ascii_strdown (type, -1);

  g_mutex_lock (&registry_lock);
  ensure_registry_locked ();
  g_hash_table_remove (registry, key);
  g_mutex_unlock (&registry_lock);
}

const BeltSourceClass *
belt_source_lookup (const char *type)
{
  g_autofree char *key = NULL;
  const BeltSourceClass *klass;

  g_return_val_if_fail (type != NULL, NULL);

  key = g_ascii_strdown (type, -1);
  g_mutex_lock (&registry_lock);
  ensure_registry_locked ();
  klass = g_hash_table_lookup (registry, key);
  g_mutex_unlock (&registry_lock);

  return klass;
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
