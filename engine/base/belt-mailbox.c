/* belt-mailbox.c - bounded many-to-one queue between a rule thread and a main loop
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rule threads post; exactly one main loop drains.  The queue has a fixed
 * capacity: when it is full, post() frees the message and counts it, so a slow
 * reader costs rows in a view, never memory and never the rule's time.
 *
 * The eventfd is written only on the empty -> non-empty edge, so a burst of a
 * thousand messages wakes the reader once.  This is the one file of the engine
 * that locks on the path of an event.
 */

#include "config.h"

#include "belt-mailbox.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct _BeltMailbox
{
  gatomicrefcount  ref_count;
  int              fd;
  guint            capacity;
  GDestroyNotify   message_free;

  pthread_mutex_t  mutex;
  GPtrArray       *pending;    /* guarded by mutex */
  guint            n_dropped;  /* guarded by mutex */
};

BeltMailbox *
belt_mailbox_new (guint          capacity,
                  GDestroyNotify message_free)
{
  BeltMailbox *self;

  g_return_val_if_fail (capacity > 0, NULL);

  self = g_new0 (BeltMailbox, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->capacity = capacity;
  self->message_free = message_free;
  self->pending = g_ptr_array_new_full (capacity, message_free);
  pthread_mutex_init (&self->mutex, NULL);

  return self;
}

BeltMailbox *
belt_mailbox_ref (BeltMailbox *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
belt_mailbox_unref (BeltMailbox *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  pthread_mutex_destroy (&self->mutex);
  g_ptr_array_unref (self->pending);
  close (self->fd);
  g_free (self);
}

/* Takes ownership of message, also on failure. */
gboolean
belt_mailbox_post (BeltMailbox *self,
                   gpointer     message)
{
  gboolean full;
  gboolean was_empty;

  pthread_mutex_lock (&self->mutex);
  was_empty = self->pending->len == 0;
  full = self->pending->len == self->capacity;
  if (full)
    self->n_dropped++;
  else
    g_ptr_array_add (self->pending, message);
  pthread_mutex_unlock (&self->mutex);

  if (full)
    self->message_free (message);
  else if (was_empty)
    eventfd_write (self->fd, 1);

  return !full;
}

/* Swaps the pending array for an empty one; the lock is held for two pointer
 * moves however many messages there are.
 */
GPtrArray *
belt_mailbox_drain (BeltMailbox *self,
                    guint       *ret_n_dropped)
{
  GPtrArray *fresh = g_ptr_array_new_full (self->capacity, self->message_free);
  GPtrArray *drained;
  eventfd_t ignored;

  eventfd_read (self->fd, &ignored);

  pthread_mutex_lock (&self->mutex);
  drained = self->pending;
  self->pending = fresh;
  *ret_n_dropped = self->n_dropped;
  self->n_dropped = 0;
  pthread_mutex_unlock (&self->mutex);

  return drained;
}

int
belt_mailbox_get_fd (BeltMailbox *self)
{
  return self->fd;
}
