/* diff-random.h - chance that follows from a number
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 state;
} DiffRandom;

/* splitmix64 */
static inline guint64
diff_random_next (DiffRandom *self)
{
  guint64 z = (self->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* 0 … n - 1 */
static inline guint
diff_random_below (DiffRandom *self,
                   guint       n)
{
  return (guint)(diff_random_next (self) % n);
}

static inline gboolean
diff_random_percent (DiffRandom *self,
                     guint       percent)
{
  return diff_random_below (self, 100) < percent;
}

#define diff_random_pick(self, texts) ((texts)[diff_random_below ((self), G_N_ELEMENTS (texts))])

G_END_DECLS
