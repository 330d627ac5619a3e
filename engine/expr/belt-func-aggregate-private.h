/* belt-func-aggregate-private.h - values kept in the state of an aggregate
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-func-private.h"

G_BEGIN_DECLS

/* One value at a time; texts share one buffer, so that a window of many rows takes no memory a row. */
typedef struct
{
  BeltValue value;
  char     *buffer;
  gsize     capacity;
} BeltKept;

void      belt_kept_set (BeltKept        *self,
                         const BeltValue *value,
                         BeltArena       *arena);
BeltValue belt_kept_get (const BeltKept  *self,
                         BeltCall        *call);

G_END_DECLS
