/* belt-type-registry.h - classes by the name of their type
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One for sources, one for sinks.  A newer class takes the place of an older one
 * of that name.  Classes are lent: they must live as long as the instances made
 * from them, and plugin classes are never freed.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Static storage, all zero, is an empty registry.  [any thread] */
typedef struct
{
  GMutex      lock;
  GHashTable *classes;  /* guarded by lock: type in lower case to class */
} BeltTypeRegistry;

/* Names are compared without regard to case. */
void          belt_type_registry_add    (BeltTypeRegistry *self,
                                         const char       *type,
                                         gconstpointer     klass);
void          belt_type_registry_remove (BeltTypeRegistry *self,
                                         const char       *type);
/* NULL if there is none. */
gconstpointer belt_type_registry_lookup (BeltTypeRegistry *self,
                                         const char       *type);

G_END_DECLS
