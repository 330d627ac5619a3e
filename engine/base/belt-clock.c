/* belt-clock.c - wall or virtual time
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one file of the engine that asks the system for the time.  A virtual
 * clock is an atomic number, so that any thread may read what a trial sets.
 */
#include "config.h"

#include "belt-clock.h"

#include <time.h>

#define NS_PER_MS G_GINT64_CONSTANT (1000000)
#define NS_PER_S  G_GINT64_CONSTANT (1000000000)

struct _BeltClock
{
  gatomicrefcount ref_count;
  gboolean        is_virtual;
  gint64          now_ns;  /* atomic; virtual only */
};

BeltClock *
belt_clock_ref (BeltClock *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/* There is one, as there is one wall time: a thousand rules look at the same. */
BeltClock *
belt_clock_new_wall (void)
{
  static BeltClock wall = { .ref_count = 1 };

  return belt_clock_ref (&wall);
}

BeltClock *
belt_clock_new_virtual (gint64 start_ms)
{
  BeltClock *self = g_new0 (BeltClock, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->is_virtual = TRUE;
  self->now_ns = start_ms * NS_PER_MS;

  return self;
}

void
belt_clock_unref (BeltClock *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

gboolean
belt_clock_is_virtual (BeltClock *self)
{
  return self->is_virtual;
}

gint64
belt_clock_get_ns (BeltClock *self)
{
  struct timespec now;

  if (self->is_virtual)
    return __atomic_load_n (&self->now_ns, __ATOMIC_ACQUIRE);

  clock_gettime (CLOCK_REALTIME, &now);
  return (gint64)now.tv_sec * NS_PER_S + now.tv_nsec;
}

gint64
belt_clock_get_ms (BeltClock *self)
{
  gint64 ns = belt_clock_get_ns (self);

  /* Rounds down before 1970 too. */
  return ns / NS_PER_MS - (ns % NS_PER_MS < 0);
}

/* An earlier time than the current one is ignored: timers have already fired. */
void
belt_clock_set_ms (BeltClock *self,
                   gint64     now_ms)
{
  g_return_if_fail (self->is_virtual);

  if (now_ms * NS_PER_MS > belt_clock_get_ns (self))
    __atomic_store_n (&self->now_ns, now_ms * NS_PER_MS, __ATOMIC_RELEASE);
}

void
belt_timer_clear (GSource **timer)
{
  if (*timer == NULL)
    return;

  g_source_destroy (*timer);
  g_clear_pointer (timer, g_source_unref);
}
