/* belt-clock.h - wall or virtual time; nobody else asks for the time
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltClock BeltClock;

BeltClock *belt_clock_new_wall    (void);
BeltClock *belt_clock_new_virtual (gint64     start_ms);
BeltClock *belt_clock_ref         (BeltClock *self);
void       belt_clock_unref       (BeltClock *self);
gboolean   belt_clock_is_virtual  (BeltClock *self);
gint64     belt_clock_get_ns      (BeltClock *self);   /* since 1970 UTC */
gint64     belt_clock_get_ms      (BeltClock *self);
void       belt_clock_set_ms      (BeltClock *self,    /* virtual only; never backwards */
                                   gint64     now_ms);

/* Stops a timer, or any other GSource held, and forgets it; NULL is none. */
void       belt_timer_clear       (GSource  **timer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltClock, belt_clock_unref)

G_END_DECLS
