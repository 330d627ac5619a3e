/* tsan-glib.h - what ThreadSanitizer has to be told of GLib's locks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * GLib's mutexes are futexes of its own, which the sanitizer does not see; without
 * this every hand-over looks like a race.  To use it:
 *
 *   CFLAGS="-include $PWD/tests/support/tsan-glib.h $(pkg-config --cflags glib-2.0)" \
 *     meson setup build-tsan -Db_sanitize=thread -Dworkbench=false -Db_lundef=false
 *   ninja -C build-tsan tests/engine/test-engine
 *   G_SLICE=always-malloc build-tsan/tests/engine/test-engine
 */
#pragma once

#include <glib.h>
#include <sanitizer/tsan_interface.h>

#define g_mutex_lock(mutex)     do { (g_mutex_lock) (mutex); __tsan_acquire (mutex); } while (0)
#define g_mutex_unlock(mutex)   do { __tsan_release (mutex); (g_mutex_unlock) (mutex); } while (0)
#define g_cond_wait(cond, mutex) \
  do { __tsan_release (mutex); (g_cond_wait) (cond, mutex); __tsan_acquire (mutex); } while (0)

static inline gboolean
tsan_cond_wait_until (GCond  *cond,
                      GMutex *mutex,
                      gint64  until)
{
  gboolean signalled;

  __tsan_release (mutex);
  signalled = (g_cond_wait_until) (cond, mutex, until);
  __tsan_acquire (mutex);
  return signalled;
}

static inline gboolean
tsan_ref_count_dec (gatomicrefcount *count)
{
  gboolean was_last;

  __tsan_release (count);
  was_last = (g_atomic_ref_count_dec) (count);
  if (was_last)
    __tsan_acquire (count);
  return was_last;
}

#undef g_atomic_ref_count_dec
#define g_cond_wait_until(cond, mutex, until) tsan_cond_wait_until (cond, mutex, until)
#define g_atomic_ref_count_dec(count)         tsan_ref_count_dec (count)
