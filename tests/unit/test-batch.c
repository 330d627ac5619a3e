/* test-batch.c - arenas, batches and values
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-batch.h"
#include "belt-json.h"

#include <malloc.h>
#include <string.h>

#define ROUNDS 2000u

static void
test_arena (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (1);
  BeltArena arena;

  belt_arena_init (&arena);
  for (guint round = 0; round < 50; round++)
    {
      struct
      {
        guint8 *at;
        gsize   size;
      } pieces[200];

      for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
        {
          pieces[i].size = (gsize)g_rand_int_range (rand, 1, i % 20 == 0 ? 700000 : 300);
          pieces[i].at = belt_arena_alloc (&arena, pieces[i].size);
          g_assert_cmpuint ((gsize)pieces[i].at % 16, ==, 0);
          memset (pieces[i].at, (int)i, pieces[i].size);
        }
      for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
        {
          g_assert_cmpuint (pieces[i].at[0], ==, i & 255);
          g_assert_cmpuint (pieces[i].at[pieces[i].size - 1], ==, i & 255);
        }
      belt_arena_reset (&arena);
      g_assert_cmpuint (arena.n_bytes, ==, 0);
    }
  g_assert_cmpstr (belt_arena_printf (&arena, "%s-%d", "x", 5), ==, "x-5");
  g_assert_cmpuint (strlen (belt_arena_printf (&arena, "%0500d", 1)), ==, 500);
  belt_arena_clear (&arena);
}

static BeltBatch *
fill_batch (guint n_rows)
{
  BeltBatch *batch = belt_batch_new (n_rows, 3);

  for (guint i = 0; i < 3; i++)
    {
      BeltValue *column = belt_batch_add_column (batch, i);

      for (guint row = 0; row < n_rows; row++)
        column[row] = belt_value_str (belt_arena_memdup (&batch->arena, "text", 4), 4);
    }
  return batch;
}

#ifndef __SANITIZE_ADDRESS__
static gsize
count_heap_bytes (void)
{
  return mallinfo2 ().uordblks;
}

/* Once warm, batches live from the thread's cache: not one byte more is taken from malloc. */
static void
test_no_malloc (void)
{
  gsize before;

  for (guint i = 0; i < BELT_BATCH_ROWS_MAX; i++)
    belt_batch_unref (fill_batch (i + 1));
  before = count_heap_bytes ();
  for (guint i = 0; i < ROUNDS; i++)
    {
      BeltBatch *batch = fill_batch (i % BELT_BATCH_ROWS_MAX + 1);

      belt_batch_unref (batch);
      g_assert_cmpuint (count_heap_bytes (), ==, before);
    }
}
#endif

static void
test_batch (void)
{
  BeltBatch *parent = fill_batch (4);
  BeltBatch *overlay = belt_batch_new (4, 2);
  BeltFault fault = { .kind = BELT_FAULT_WHERE, .message = "x" };

  g_assert_null (overlay->columns[0]);
  g_assert_cmpint (belt_batch_add_column (overlay, 1)[3].tag, ==, BELT_TAG_MISSING);
  overlay->columns[0] = parent->columns[0];
  belt_batch_add_parent (overlay, parent);
  belt_batch_unref (parent);
  g_assert_cmpmem (overlay->columns[0][3].u.s, overlay->columns[0][3].len, "text", 4);

  g_assert_cmpuint (belt_batch_get_n_emissions (overlay), ==, 4);
  g_assert_cmpuint (belt_batch_get_emission_end (overlay, 2), ==, 3);
  g_assert_null (belt_batch_get_fault (overlay, 2));
  belt_batch_set_fault (overlay, 2, &fault);
  g_assert_true (belt_batch_get_fault (overlay, 2) == &fault);
  g_assert_null (belt_batch_get_fault (overlay, 1));
  belt_batch_unref (overlay);
}

/* A long chain of parents is freed without recursion. */
static void
test_long_chain (void)
{
  BeltBatch *last = belt_batch_new (1, 0);

  for (guint i = 0; i < 50000; i++)
    {
      BeltBatch *next = belt_batch_new (1, 0);

      belt_batch_add_parent (next, last);
      belt_batch_unref (last);
      last = next;
    }
  belt_batch_unref (last);
}

static void
test_many_parents (void)
{
  BeltBatch *window = belt_batch_new (1, 0);

  for (guint i = 0; i < 100; i++)
    {
      BeltBatch *parent = belt_batch_new (1, 0);

      belt_batch_add_parent (window, parent);
      belt_batch_add_parent (window, parent);
      g_assert_cmpint (parent->ref_count, ==, 2);
      belt_batch_unref (parent);
    }
  g_assert_cmpuint (window->n_parents + window->more_parents->len, ==, 100);
  belt_batch_unref (window);
}

static gpointer
drop_in_thread (gpointer batch)
{
  belt_batch_unref (batch);
  return NULL;
}

static void
test_across_threads (void)
{
  for (guint i = 0; i < 50; i++)
    {
      GThread *thread = g_thread_new ("drop", drop_in_thread, fill_batch (200));

      g_thread_join (thread);
    }
}

static BeltValue
parse (const char *json,
       guint       flags,
       BeltArena  *arena)
{
  BeltValue value;

  g_assert_true (belt_json_parse (json, strlen (json), flags, arena, &value, NULL));
  return value;
}

static void
test_equality (void)
{
  static const struct
  {
    const char *a;
    const char *b;
    gboolean    equal;
  } cases[] = {
    { "1", "1.0", FALSE }, { "1.0", "1.00", TRUE }, { "null", "null", TRUE }, { "0.0", "-0.0", TRUE },
    { "\"a\"", "\"a\"", TRUE }, { "\"a\"", "\"b\"", FALSE }, { "[1,[2]]", "[1,[2]]", TRUE },
    { "[1,2]", "[2,1]", FALSE },
    { "{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}", TRUE }, { "{\"a\":1}", "{\"a\":2}", FALSE },
    { "{\"a\":1}", "{\"b\":1}", FALSE }, { "{\"a\":null}", "{}", FALSE }, { "true", "1", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BeltArena arena;
      BeltValue a;
      BeltValue b;
      BeltValue copy;

      belt_arena_init (&arena);
      a = parse (cases[i].a, BELT_JSON_INTEGERS, &arena);
      b = parse (cases[i].b, BELT_JSON_INTEGERS, &arena);
      copy = belt_value_copy (&a, &arena);
      g_assert_true (belt_value_equal (&a, &copy));
      g_assert_cmpint (belt_value_equal (&a, &b), ==, cases[i].equal);
      if (cases[i].equal)
        g_assert_cmpuint (belt_value_hash (&a), ==, belt_value_hash (&b));
      belt_arena_clear (&arena);
    }
}

/* JSON text equals the same value taken apart, spelled otherwise. */
static void
test_json_text_equality (void)
{
  char text[128] = "{\"b\": [1e0], \"a\":\"\\u0041\"}";
  BeltValue json = { .tag = BELT_TAG_JSON, .len = (guint32)strlen (text), .u.s = text };
  BeltArena arena;
  BeltValue map;

  belt_arena_init (&arena);
  map = parse ("{\"a\":\"A\",\"b\":[1]}", 0, &arena);
  g_assert_true (belt_value_equal (&json, &map));
  g_assert_cmpuint (belt_value_hash (&json), ==, belt_value_hash (&map));
  map = parse ("{\"a\":\"A\",\"b\":[2]}", 0, &arena);
  g_assert_false (belt_value_equal (&json, &map));
  belt_arena_clear (&arena);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch/arena", test_arena);
#ifndef __SANITIZE_ADDRESS__
  g_test_add_func ("/batch/no-malloc", test_no_malloc);
#endif
  g_test_add_func ("/batch/batch", test_batch);
  g_test_add_func ("/batch/long-chain", test_long_chain);
  g_test_add_func ("/batch/many-parents", test_many_parents);
  g_test_add_func ("/batch/across-threads", test_across_threads);
  g_test_add_func ("/batch/equality", test_equality);
  g_test_add_func ("/batch/json-text-equality", test_json_text_equality);
  return g_test_run ();
}
