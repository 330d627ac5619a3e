/* test-group-table.c - groups by key, with their payloads
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-group-table.h"

#include <string.h>

#define N_KEYS 20000u

/* Short keys, keys as long as a group has room for, longer ones, and every 11th twice as a number. */
static BeltValue
make_value (BeltArena *arena,
            guint      i)
{
  char text[96];
  gsize len = (gsize)g_snprintf (text, sizeof text, "%u", i);

  if (i % 11 == 0)
    return belt_value_i64 (i);
  if (i % 7 == 0)
    {
      memset (text + len, 'x', 80 - len);
      len = 80;
    }
  else if (i % 5 == 0)
    {
      memset (text + len, 'y', 19 - len);
      len = 19;
    }

  return belt_value_str (belt_arena_memdup (arena, text, len), len);
}

static void
fill (BeltGroupTable *table,
      BeltArena      *arena,
      guint           n_keys)
{
  BeltGroupKey keys = { 0 };
  gboolean is_new;

  for (guint i = 0; i < n_keys; i++)
    {
      BeltValue value = make_value (arena, i);
      guint64 *payload;

      belt_group_key_reset (&keys);
      belt_group_key_append (&keys, &value);
      g_assert_cmpuint (belt_group_table_lookup (table, keys.bytes, keys.len, arena, &is_new), ==, i);
      g_assert_true (is_new);
      payload = belt_group_table_get_payload (table, i);
      g_assert_cmpuint (payload[0], ==, 0);
      g_assert_cmpuint (payload[1], ==, 0);
      payload[1] = i;
    }
  belt_group_key_clear (&keys);
}

static void
test_many (void)
{
  BeltGroupTable table = { 0 };
  BeltGroupKey keys = { 0 };
  BeltArena arena;
  gboolean is_new;

  belt_arena_init (&arena);
  belt_group_table_init (&table, 16);
  fill (&table, &arena, N_KEYS);
  g_assert_cmpuint (table.n_groups, ==, N_KEYS);
  g_assert_true (belt_group_table_is_far (&table));

  /* Several keys at once find what was put in one by one. */
  for (guint i = 0; i + 3 <= N_KEYS; i += 3)
    {
      BeltGroupProbe probes[3];

      belt_group_key_reset (&keys);
      for (guint k = 0; k < 3; k++)
        {
          BeltValue value = make_value (&arena, i + k);

          belt_group_key_append (&keys, &value);
          probes[k] = belt_group_key_finish (&keys);
        }
      belt_group_table_fetch (&table, probes, 3);
      for (guint k = 0; k < 3; k++)
        {
          const guint64 *payload = belt_group_table_find (&table, &keys, &probes[k], &arena, &is_new);
          gsize len;
          const char *key = belt_group_table_get_key (&table, i + k, &len);

          g_assert_false (is_new);
          g_assert_cmpuint (payload[1], ==, i + k);
          g_assert_cmpmem (key, len, keys.bytes + probes[k].start, probes[k].len);
        }
    }
  g_assert_cmpuint (table.n_groups, ==, N_KEYS);

  belt_group_key_clear (&keys);
  belt_group_table_clear (&table);
  belt_arena_clear (&arena);
}

/* A table that had many groups starts anew with few and with many. */
static void
test_reset (void)
{
  BeltGroupTable table = { 0 };
  const guint sizes[] = { N_KEYS, 3, 300, 0, 1, N_KEYS };

  belt_group_table_init (&table, 16);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      BeltArena arena;

      belt_arena_init (&arena);
      fill (&table, &arena, sizes[i]);
      g_assert_cmpuint (table.n_groups, ==, sizes[i]);
      belt_group_table_reset (&table);
      g_assert_cmpuint (table.n_groups, ==, 0);
      belt_arena_clear (&arena);
    }
  belt_group_table_clear (&table);
}

/* Zeros behind a short key are no part of it, and a key of no values is one. */
static void
test_zeros (void)
{
  BeltGroupTable table = { 0 };
  BeltArena arena;
  const char zeros[BELT_GROUP_KEY_INLINE + 2] = { 0 };
  gboolean is_new;

  belt_arena_init (&arena);
  g_assert_cmpuint (belt_group_table_lookup (&table, NULL, 0, &arena, &is_new), ==, 0);
  for (guint len = 1; len <= sizeof zeros; len++)
    {
      g_assert_cmpuint (belt_group_table_lookup (&table, zeros, len, &arena, &is_new), ==, len);
      g_assert_true (is_new);
    }
  g_assert_cmpuint (belt_group_table_lookup (&table, "", 0, &arena, &is_new), ==, 0);
  g_assert_false (is_new);
  belt_group_table_clear (&table);
  belt_arena_clear (&arena);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/group-table/many", test_many);
  g_test_add_func ("/group-table/reset", test_reset);
  g_test_add_func ("/group-table/zeros", test_zeros);

  return g_test_run ();
}
