/* test-memory-bus.c - rows cross from thread to thread, in order and within bounds
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-memory-bus.h"

#include <string.h>

static void
test_topics (void)
{
  static const struct { const char *filter, *topic; gboolean matches; } cases[] = {
    { "a", "a", TRUE }, { "a", "b", FALSE }, { "a/b", "a/b", TRUE }, { "a/+", "a/b", TRUE },
    { "a/+", "a", FALSE }, { "a/+", "a/b/c", FALSE }, { "+/b", "a/b", TRUE }, { "#", "a/b", TRUE },
    { "a/#", "a", TRUE }, { "a/#", "a/b/c", TRUE }, { "a/#", "ab", FALSE }, { "a/b", "a", FALSE },
    { "a", "a/b", FALSE }, { "+", "a/b", FALSE }, { "a//b", "a//b", TRUE }, { "a/+/b", "a//b", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (belt_memory_topic_matches (cases[i].filter, cases[i].topic), ==, cases[i].matches);
}

typedef struct
{
  guint  n_rows;
  gint64 last;
} Reader;

static void
take_message_cb (BeltMemoryMessage *message,
                 gpointer           user_data)
{
  Reader *reader = user_data;
  const BeltValue *n = belt_value_get_member (&message->value, "n", 1);

  g_assert_nonnull (n);
  g_assert_cmpint (n->u.i, >, reader->last);
  reader->last = n->u.i;
  reader->n_rows++;
}

static void
publish (const char *topic,
         gint64      n)
{
  BeltMember member = { "n", 1, belt_value_i64 (n) };
  BeltValue row = belt_value_map (&member, 1);

  belt_memory_bus_publish (topic, &row);
}

#define N_CROSSED 20000

static gpointer
publish_many (gpointer data)
{
  for (gint64 i = 1; i <= N_CROSSED; i++)
    publish (data, i);
  return NULL;
}

static void
test_threads (void)
{
  GMainContext *context = g_main_context_new ();
  Reader one = { 0 };
  Reader all = { 0 };
  BeltMemorySubscription *exact = belt_memory_bus_subscribe ("t/one", context, 1024, take_message_cb, &one);
  BeltMemorySubscription *wild = belt_memory_bus_subscribe ("t/#", context, 1024, take_message_cb, &all);
  GThread *thread = g_thread_new ("publisher", publish_many, (gpointer)"t/one");

  while (one.n_rows < N_CROSSED || all.n_rows < N_CROSSED)
    g_main_context_iteration (context, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (belt_memory_subscription_take_dropped (exact), ==, 0);

  belt_memory_bus_unsubscribe (exact);
  belt_memory_bus_unsubscribe (wild);
  publish ("t/one", 1);  /* nobody listens: nothing happens */
  g_main_context_unref (context);
}

static void
test_bound (void)
{
  GMainContext *context = g_main_context_new ();
  Reader reader = { 0 };
  BeltMemorySubscription *slow = belt_memory_bus_subscribe ("slow", context, 10, take_message_cb, &reader);

  belt_memory_subscription_set_paused (slow, TRUE);
  for (gint64 i = 1; i <= 11; i++)
    publish ("slow", i);
  g_assert_true (belt_memory_bus_is_congested ("slow"));
  g_assert_false (belt_memory_bus_is_congested ("other"));
  for (gint64 i = 12; i <= BELT_MEMORY_QUEUE_MAX + 7; i++)
    publish ("slow", i);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpuint (reader.n_rows, ==, 0);
  g_assert_cmpuint (belt_memory_subscription_take_dropped (slow), ==, 7);

  belt_memory_subscription_set_paused (slow, FALSE);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpuint (reader.n_rows, ==, BELT_MEMORY_QUEUE_MAX);
  g_assert_false (belt_memory_bus_is_congested ("slow"));

  belt_memory_bus_unsubscribe (slow);
  g_main_context_unref (context);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory-bus/topics", test_topics);
  g_test_add_func ("/memory-bus/threads", test_threads);
  g_test_add_func ("/memory-bus/bound", test_bound);
  return g_test_run ();
}
