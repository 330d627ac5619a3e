/* belt-inbox.c - bounded way from any thread to a worker's main context
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A queue under one lock and a GSource whose ready time is set when the queue
 * stops being empty, so a burst wakes the worker once.  A turn hands over at
 * most BELT_INBOX_TURN_MAX messages, then other sources of the worker have theirs.
 */
#include "config.h"

#include "belt-inbox.h"

typedef struct
{
  gpointer message;
  gsize    n_bytes;
} Entry;

struct _BeltInbox
{
  gatomicrefcount ref_count;
  GMainContext   *context;     /* owned: a source that is let go of on another thread looks at it */
  GSource        *source;
  guint           messages_max;
  gsize           bytes_max;
  BeltInboxFunc   func;
  gpointer        user_data;
  GDestroyNotify  message_free;
  gboolean        paused;      /* owner */

  GMutex          mutex;
  GCond           room;
  GArray         *entries;     /* guarded: of Entry, from first on */
  guint           first;       /* guarded */
  gsize           n_bytes;     /* guarded */
  guint64         n_dropped;   /* guarded */
  gboolean        closed;      /* guarded */
};

typedef struct
{
  GSource    base;
  BeltInbox *inbox;  /* not owned: close() destroys the source first */
} InboxSource;

static guint
get_length_locked (BeltInbox *self)
{
  return self->entries->len - self->first;
}

static gboolean
take_one (BeltInbox *self,
          gpointer  *ret_message)
{
  gboolean found = FALSE;

  g_mutex_lock (&self->mutex);
  if (get_length_locked (self) > 0)
    {
      Entry *entry = &g_array_index (self->entries, Entry, self->first);

      *ret_message = entry->message;
      self->n_bytes -= entry->n_bytes;
      self->first++;
      if (self->first == self->entries->len)
        {
          g_array_set_size (self->entries, 0);
          self->first = 0;
        }
      else if (self->first >= 4096)
        {
          g_array_remove_range (self->entries, 0, self->first);
          self->first = 0;
        }
      g_cond_signal (&self->room);
      found = TRUE;
    }
  g_mutex_unlock (&self->mutex);

  return found;
}

static gboolean
inbox_source_dispatch (GSource    *source,
                       GSourceFunc callback,
                       gpointer    user_data)
{
  BeltInbox *self = belt_inbox_ref (((InboxSource *)source)->inbox);
  gpointer message;

  g_source_set_ready_time (source, -1);
  for (guint i = 0; i < BELT_INBOX_TURN_MAX; i++)
    {
      if (self->paused || g_source_is_destroyed (source) || !take_one (self, &message))
        break;
      self->func (message, self->user_data);
    }

  if (!g_source_is_destroyed (source) && !self->paused && belt_inbox_get_length (self) > 0)
    g_source_set_ready_time (source, 0);

  belt_inbox_unref (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs inbox_source_funcs = { .dispatch = inbox_source_dispatch };

BeltInbox *
belt_inbox_new (GMainContext  *context,
                guint          messages_max,
                gsize          bytes_max,
                BeltInboxFunc  func,
                gpointer       user_data,
                GDestroyNotify message_free)
{
  BeltInbox *self = g_new0 (BeltInbox, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->messages_max = messages_max;
  self->bytes_max = bytes_max;
  self->func = func;
  self->user_data = user_data;
  self->message_free = message_free;
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_mutex_init (&self->mutex);
  g_cond_init (&self->room);

  self->context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  self->source = g_source_new (&inbox_source_funcs, sizeof (InboxSource));
  ((InboxSource *)self->source)->inbox = self;
  g_source_set_static_name (self->source, "belt-inbox");
  g_source_attach (self->source, context);

  return self;
}

BeltInbox *
belt_inbox_ref (BeltInbox *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
belt_inbox_unref (BeltInbox *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->closed);
  g_source_unref (self->source);
  g_main_context_unref (self->context);
  g_array_unref (self->entries);
  g_cond_clear (&self->room);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static gboolean
has_room_locked (BeltInbox *self,
                 gsize      n_bytes)
{
  guint length = get_length_locked (self);

  /* One message alone always fits, however long. */
  return length == 0 || (length < self->messages_max && self->n_bytes + n_bytes <= self->bytes_max);
}

static gboolean
post (BeltInbox *self,
      gpointer   message,
      gsize      n_bytes,
      gboolean   wait)
{
  Entry entry = { message, n_bytes };
  gboolean fits;
  gboolean was_empty;

  g_mutex_lock (&self->mutex);
  while (wait && !self->closed && !has_room_locked (self, n_bytes))
    g_cond_wait (&self->room, &self->mutex);

  was_empty = get_length_locked (self) == 0;
  fits = !self->closed && has_room_locked (self, n_bytes);
  if (fits)
    {
      g_array_append_val (self->entries, entry);
      self->n_bytes += n_bytes;
    }
  else if (!self->closed)
    self->n_dropped++;
  g_mutex_unlock (&self->mutex);

  if (!fits && self->message_free != NULL)
    self->message_free (message);
  else if (fits && was_empty)
    g_source_set_ready_time (self->source, 0);

  return fits;
}

gboolean
belt_inbox_post (BeltInbox *self,
                 gpointer   message,
                 gsize      n_bytes)
{
  return post (self, message, n_bytes, FALSE);
}

gboolean
belt_inbox_post_wait (BeltInbox *self,
                      gpointer   message,
                      gsize      n_bytes)
{
  return post (self, message, n_bytes, TRUE);
}

void
belt_inbox_take_waiting (BeltInbox *self)
{
  gpointer message;

  for (guint n = belt_inbox_get_length (self); n > 0 && !self->paused && take_one (self, &message); n--)
    self->func (message, self->user_data);
}

void
belt_inbox_set_paused (BeltInbox *self,
                       gboolean   paused)
{
  self->paused = paused;
  if (!paused && belt_inbox_get_length (self) > 0)
    g_source_set_ready_time (self->source, 0);
}

void
belt_inbox_close (BeltInbox *self)
{
  GArray *left;
  guint first;

  g_source_destroy (self->source);

  g_mutex_lock (&self->mutex);
  self->closed = TRUE;
  left = g_steal_pointer (&self->entries);
  first = self->first;
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self->first = 0;
  self->n_bytes = 0;
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->mutex);

  for (guint i = first; i < left->len; i++)
    {
      if (self->message_free != NULL)
        self->message_free (g_array_index (left, Entry, i).message);
    }
  g_array_unref (left);
}

guint
belt_inbox_get_length (BeltInbox *self)
{
  guint length;

  g_mutex_lock (&self->mutex);
  length = get_length_locked (self);
  g_mutex_unlock (&self->mutex);

  return length;
}

guint64
belt_inbox_take_dropped (BeltInbox *self)
{
  guint64 n_dropped;

  g_mutex_lock (&self->mutex);
  n_dropped = self->n_dropped;
  self->n_dropped = 0;
  g_mutex_unlock (&self->mutex);

  return n_dropped;
}
