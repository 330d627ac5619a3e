/* belt-func-array-set.c - arrays as sets: union, difference and their kind
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Elements keep the order of their first appearance.  Small sets are searched,
 * large ones hashed.
 */
#include "config.h"

#include "belt-func-private.h"

/* A set of items in order of first appearance, over memory of the arena. */
typedef struct
{
  BeltValue   *items;
  guint32      n_items;
  GHashTable  *seen;   /* BeltValue * → itself; NULL until the set is large */
} ItemSet;

#define SMALL_SET 16u

static guint
hash_item (gconstpointer item)
{
  guint64 hash = belt_value_hash (item);

  return (guint)(hash ^ (hash >> 32));
}

static gboolean
is_same_item (gconstpointer a,
              gconstpointer b)
{
  return belt_value_equal (a, b);
}

static gboolean
has_item (const ItemSet   *set,
          const BeltValue *item)
{
  if (set->seen != NULL)
    return g_hash_table_contains (set->seen, item);
  for (guint32 i = 0; i < set->n_items; i++)
    {
      if (belt_value_equal (&set->items[i], item))
        return TRUE;
    }
  return FALSE;
}

static void
add_item (ItemSet         *set,
          const BeltValue *item)
{
  set->items[set->n_items] = *item;
  if (set->seen != NULL)
    g_hash_table_add (set->seen, &set->items[set->n_items]);
  set->n_items++;
  if (set->n_items == SMALL_SET)
    {
      set->seen = g_hash_table_new (hash_item, is_same_item);
      for (guint32 i = 0; i < set->n_items; i++)
        g_hash_table_add (set->seen, &set->items[i]);
    }
}

static void
add_new_items (ItemSet         *set,
               const BeltValue *array)
{
  for (guint32 i = 0; i < array->len; i++)
    {
      if (!has_item (set, &array->u.items[i]))
        add_item (set, &array->u.items[i]);
    }
}

static void
init_set (BeltCall *call,
          ItemSet  *set,
          gsize     n_max)
{
  set->items = belt_arena_new_array (call->arena, BeltValue, n_max + 1);
  set->n_items = 0;
  set->seen = NULL;
}

static BeltValue
finish_set (ItemSet *set)
{
  g_clear_pointer (&set->seen, g_hash_table_unref);
  return belt_value_list (set->items, set->n_items);
}

static BeltValue
call_array_contains_any (BeltCall        *call,
                         const BeltValue *args,
                         guint            n_args)
{
  BeltValue a;
  BeltValue b;
  BeltValue error;
  ItemSet set;
  gboolean found = FALSE;

  if (belt_value_is_null (&args[0]))
    return belt_value_bool (FALSE);
  if (!belt_func_take_array (call, args, 0, &a, &error) || !belt_func_take_array (call, args, 1, &b, &error))
    return error;

  init_set (call, &set, a.len);
  add_new_items (&set, &a);
  for (guint32 i = 0; i < b.len && !found; i++)
    found = has_item (&set, &b.u.items[i]);
  finish_set (&set);
  return belt_value_bool (found);
}

static BeltValue
call_array_intersect (BeltCall        *call,
                      const BeltValue *args,
                      guint            n_args)
{
  BeltValue a;
  BeltValue b;
  BeltValue error;
  ItemSet left;
  ItemSet both;

  if (!belt_func_take_array (call, args, 0, &a, &error) || !belt_func_take_array (call, args, 1, &b, &error))
    return error;

  init_set (call, &left, a.len);
  add_new_items (&left, &a);
  init_set (call, &both, b.len);
  for (guint32 i = 0; i < b.len; i++)
    {
      if (has_item (&left, &b.u.items[i]) && !has_item (&both, &b.u.items[i]))
        add_item (&both, &b.u.items[i]);
    }
  finish_set (&left);
  return finish_set (&both);
}

static BeltValue
call_array_union (BeltCall        *call,
                  const BeltValue *args,
                  guint            n_args)
{
  BeltValue arrays[2] = { belt_value_list (NULL, 0), belt_value_list (NULL, 0) };
  BeltValue error;
  ItemSet set;

  for (guint i = 0; i < 2; i++)
    {
      if (!belt_value_is_null (&args[i]) && !belt_func_take_array (call, args, i, &arrays[i], &error))
        return error;
    }
  init_set (call, &set, (gsize)arrays[0].len + arrays[1].len);
  add_new_items (&set, &arrays[0]);
  add_new_items (&set, &arrays[1]);
  return finish_set (&set);
}

static BeltValue
call_array_except (BeltCall        *call,
                   const BeltValue *args,
                   guint            n_args)
{
  BeltValue a;
  BeltValue b = belt_value_list (NULL, 0);
  BeltValue error;
  ItemSet without;
  ItemSet set;

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!belt_func_take_array (call, args, 0, &a, &error))
    return error;
  if (!belt_value_is_null (&args[1]) && !belt_func_take_array (call, args, 1, &b, &error))
    return error;

  init_set (call, &without, b.len);
  add_new_items (&without, &b);
  init_set (call, &set, a.len);
  for (guint32 i = 0; i < a.len; i++)
    {
      if (!has_item (&without, &a.u.items[i]) && !has_item (&set, &a.u.items[i]))
        add_item (&set, &a.u.items[i]);
    }
  finish_set (&without);
  return finish_set (&set);
}

static BeltValue
call_array_distinct (BeltCall        *call,
                     const BeltValue *args,
                     guint            n_args)
{
  BeltValue array;
  BeltValue error;
  BeltValue *items;
  ItemSet set;
  guint32 n_items = 0;

  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;

  items = belt_arena_new_array (call->arena, BeltValue, array.len + 1);
  init_set (call, &set, array.len);
  for (guint32 i = 0; i < array.len; i++)
    {
      BeltValue item = belt_func_expand (call, &array.u.items[i]);
      gboolean is_scalar = item.tag != BELT_TAG_LIST && item.tag != BELT_TAG_MAP;

      if (is_scalar && has_item (&set, &item))
        continue;
      if (is_scalar)
        add_item (&set, &item);
      items[n_items++] = item;
    }
  finish_set (&set);
  return belt_value_list (items, n_items);
}

#define ARRAY(NAME, MIN, MAX, FLAGS, CALL, SIGNATURE, DOC, EXAMPLE)                                    \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = "array",                  \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL }
#define NULLS BELT_FUNCTION_NULL_TO_NULL

const BeltFunction belt_func_array_set_table[] = {
  ARRAY ("array_contains_any", 2, 2, 0, call_array_contains_any, "bool array_contains_any(array a, array b)",
         "Whether the arrays share an element.", "array_contains_any([1, 2], [2, 3]) = true"),
  ARRAY ("array_distinct", 1, 1, NULLS, call_array_distinct, "array array_distinct(array a)",
         "Each scalar once; arrays and objects all stay.", "array_distinct([1, 1.0, 1]) = [1, 1.0]"),
  ARRAY ("array_except", 2, 2, 0, call_array_except, "array array_except(array a, array b)",
         "Elements of a that are not in b, each once.", "array_except([3, 1, 3, 2], [2]) = [3, 1]"),
  ARRAY ("array_intersect", 2, 2, NULLS, call_array_intersect, "array array_intersect(array a, array b)",
         "Elements of b that are in a, each once.", "array_intersect([1, 2, 3], [3, 4, 1]) = [3, 1]"),
  ARRAY ("array_union", 2, 2, 0, call_array_union, "array array_union(array a, array b)",
         "Elements of both, each once.", "array_union([3, 1, 3], [1, 4]) = [3, 1, 4]"),
  { NULL },
};
