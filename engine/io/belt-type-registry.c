/* belt-type-registry.c - classes by the name of their type
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-type-registry.h"

static GHashTable *
get_classes_locked (BeltTypeRegistry *self)
{
  if (self->classes == NULL)
    self->classes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self->classes;
}

void
belt_type_registry_add (BeltTypeRegistry *self,
                        const char       *type,
                        gconstpointer     klass)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_replace (get_classes_locked (self), g_ascii_strdown (type, -1), (gpointer)klass);
}

void
belt_type_registry_remove (BeltTypeRegistry *self,
                           const char       *type)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *key = g_ascii_strdown (type, -1);

  g_hash_table_remove (get_classes_locked (self), key);
}

gconstpointer
belt_type_registry_lookup (BeltTypeRegistry *self,
                           const char       *type)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *key = g_ascii_strdown (type, -1);

  return g_hash_table_lookup (get_classes_locked (self), key);
}
