/* belt-memory-bus.h - topics inside the process, from rule to rule
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows cross as values: a message owns all it points to and is shared by its
 * subscribers, which may live on other workers.  Topics are MQTT's: levels
 * divided by `/`; a filter may have `+` for one level and `#` for the rest.
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

#define BELT_MEMORY_QUEUE_MAX 65536u  /* messages a subscriber may have waiting; then the newest are dropped */

typedef struct _BeltMemoryMessage      BeltMemoryMessage;
typedef struct _BeltMemorySubscription BeltMemorySubscription;

/* How rows change a table: the field that says insert, update, upsert or delete, and the one with the key. */
typedef struct
{
  const char *rowkind_field;  /* NULL: they are only added */
  const char *key_field;
} BeltMemoryUpdates;

/* Immutable once published. */
struct _BeltMemoryMessage
{
  gatomicrefcount   ref_count;
  char             *topic;
  BeltValue         value;    /* MAP, or LIST of MAPs */
  BeltMemoryUpdates updates;
  BeltArena        *arena;
};

/* The message is lent.  [subscriber's context] */
typedef void (*BeltMemoryFunc) (BeltMemoryMessage *message,
                                gpointer           user_data);

gboolean                belt_memory_topic_matches    (const char             *filter,
                                                      const char             *topic);
/* Any thread.  length_wanted: above so many waiting messages publishers are told that it is congested. */
BeltMemorySubscription *belt_memory_bus_subscribe    (const char             *filter,
                                                      GMainContext           *context,
                                                      guint                   length_wanted,
                                                      BeltMemoryFunc          func,
                                                      gpointer                user_data);
/* [subscriber's context] */
void                    belt_memory_bus_unsubscribe  (BeltMemorySubscription *subscription);
void                    belt_memory_subscription_set_paused (BeltMemorySubscription *subscription,
                                                             gboolean                paused);
guint64                 belt_memory_subscription_take_dropped (BeltMemorySubscription *subscription);
/* [subscriber's context] Hands over all that was published before this call, at once. */
void                    belt_memory_subscription_take_waiting (BeltMemorySubscription *subscription);
/* Any thread.  Copies the value.  Returns: FALSE if some subscriber had no room. */
gboolean                belt_memory_bus_publish      (const char             *topic,
                                                      const BeltValue        *value);
gboolean                belt_memory_bus_publish_updates (const char              *topic,
                                                         const BeltValue         *value,
                                                         const BeltMemoryUpdates *updates);
/* Any thread.  Whether a subscriber of the topic has more waiting than it wanted. */
gboolean                belt_memory_bus_is_congested (const char             *topic);

G_END_DECLS
