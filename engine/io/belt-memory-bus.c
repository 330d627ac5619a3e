/* belt-memory-bus.c - topics inside the process, from rule to rule
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One list of subscriptions under one lock.  A publisher copies its rows once
 * and posts a reference to each inbox that matches; it never waits.
 */
#include "config.h"

#include "belt-memory-bus.h"

#include "belt-inbox.h"

#include <string.h>

struct _BeltMemorySubscription
{
  char          *filter;
  guint          length_wanted;
  BeltInbox     *inbox;
  BeltMemoryFunc func;
  gpointer       user_data;
};

static GMutex bus_lock;
static GPtrArray *subscriptions;  /* guarded by bus_lock */

static void
message_unref (gpointer data)
{
  BeltMemoryMessage *message = data;

  if (!g_atomic_ref_count_dec (&message->ref_count))
    return;

  belt_arena_free (message->arena);
  g_free (message->topic);
  g_free (message);
}

static BeltMemoryMessage *
message_new (const char              *topic,
             const BeltValue         *value,
             const BeltMemoryUpdates *updates)
{
  BeltMemoryMessage *message = g_new0 (BeltMemoryMessage, 1);

  g_atomic_ref_count_init (&message->ref_count);
  message->topic = g_strdup (topic);
  message->arena = belt_arena_new ();
  message->value = belt_value_copy (value, message->arena);
  if (updates != NULL && updates->rowkind_field != NULL)
    {
      message->updates.rowkind_field = belt_arena_printf (message->arena, "%s", updates->rowkind_field);
      message->updates.key_field = belt_arena_printf (message->arena, "%s", updates->key_field);
    }

  return message;
}

gboolean
belt_memory_topic_matches (const char *filter,
                           const char *topic)
{
  for (;;)
    {
      const char *filter_end = strchrnul (filter, '/');
      const char *topic_end = strchrnul (topic, '/');
      gsize filter_len = (gsize)(filter_end - filter);
      gsize topic_len = (gsize)(topic_end - topic);

      if (filter_len == 1 && *filter == '#')
        return TRUE;
      if (!(filter_len == 1 && *filter == '+') &&
          (filter_len != topic_len || memcmp (filter, topic, topic_len) != 0))
        return FALSE;
      if (*filter_end == '\0' && *topic_end == '\0')
        return TRUE;
      if (*topic_end == '\0')
        return strcmp (filter_end, "/#") == 0;  /* a/# matches a */
      if (*filter_end == '\0')
        return FALSE;

      filter = filter_end + 1;
      topic = topic_end + 1;
    }
}

static void
take_message_cb (gpointer data,
                 gpointer user_data)
{
  BeltMemorySubscription *self = user_data;
  BeltMemoryMessage *message = data;

  self->func (message, self->user_data);
  message_unref (message);
}

BeltMemorySubscription *
belt_memory_bus_subscribe (const char    *filter,
                           GMainContext  *context,
                           guint          length_wanted,
                           BeltMemoryFunc func,
                           gpointer       user_data)
{
  BeltMemorySubscription *self = g_new0 (BeltMemorySubscription, 1);

  self->filter = g_strdup (filter);
  self->length_wanted = length_wanted;
  self->func = func;
  self->user_data = user_data;
  self->inbox = belt_inbox_new (context, BELT_MEMORY_QUEUE_MAX, G_MAXSIZE, take_message_cb, self,
                                message_unref);

  g_mutex_lock (&bus_lock);
  if (subscriptions == NULL)
    subscriptions = g_ptr_array_new ();
  g_ptr_array_add (subscriptions, self);
  g_mutex_unlock (&bus_lock);

  return self;
}

void
belt_memory_bus_unsubscribe (BeltMemorySubscription *subscription)
{
  g_mutex_lock (&bus_lock);
  g_ptr_array_remove (subscriptions, subscription);
  if (subscriptions->len == 0)
    g_clear_pointer (&subscriptions, g_ptr_array_unref);
  g_mutex_unlock (&bus_lock);

  belt_inbox_close (subscription->inbox);
  belt_inbox_unref (subscription->inbox);
  g_free (subscription->filter);
  g_free (subscription);
}

void
belt_memory_subscription_set_paused (BeltMemorySubscription *subscription,
                                     gboolean                paused)
{
  belt_inbox_set_paused (subscription->inbox, paused);
}

guint64
belt_memory_subscription_take_dropped (BeltMemorySubscription *subscription)
{
  return belt_inbox_take_dropped (subscription->inbox);
}

void
belt_memory_subscription_take_waiting (BeltMemorySubscription *subscription)
{
  belt_inbox_take_waiting (subscription->inbox);
}

gboolean
belt_memory_bus_publish (const char      *topic,
                         const BeltValue *value)
{
  return belt_memory_bus_publish_updates (topic, value, NULL);
}

gboolean
belt_memory_bus_publish_updates (const char              *topic,
                                 const BeltValue         *value,
                                 const BeltMemoryUpdates *updates)
{
  BeltMemoryMessage *message = NULL;
  gboolean all = TRUE;

  /* Posting under the lock keeps the subscription alive and costs one short lock of its inbox. */
  g_mutex_lock (&bus_lock);
  for (guint i = 0; subscriptions != NULL && i < subscriptions->len; i++)
    {
      BeltMemorySubscription *subscription = g_ptr_array_index (subscriptions, i);

      if (!belt_memory_topic_matches (subscription->filter, topic))
        continue;
      if (message == NULL)
        message = message_new (topic, value, updates);
      g_atomic_ref_count_inc (&message->ref_count);
      all &= belt_inbox_post (subscription->inbox, message, 0);
    }
  g_mutex_unlock (&bus_lock);

  if (message != NULL)
    message_unref (message);
  return all;
}

gboolean
belt_memory_bus_is_congested (const char *topic)
{
  gboolean congested = FALSE;

  g_mutex_lock (&bus_lock);
  for (guint i = 0; subscriptions != NULL && i < subscriptions->len && !congested; i++)
    {
      BeltMemorySubscription *subscription = g_ptr_array_index (subscriptions, i);

      congested = belt_inbox_get_length (subscription->inbox) > subscription->length_wanted &&
                  belt_memory_topic_matches (subscription->filter, topic);
    }
  g_mutex_unlock (&bus_lock);

  return congested;
}
