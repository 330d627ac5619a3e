/* belt-func-array.c - arrays looked into, joined and made
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Positions count from 0.  Elements are equal if their kinds are too: int 2 is
 * not float 2.0.
 */
#include "config.h"

#include "belt-func-private.h"

#include <stdlib.h>

gboolean
belt_func_take_array (BeltCall        *call,
                      const BeltValue *args,
                      guint            i,
                      BeltValue       *ret_array,
                      BeltValue       *ret_error)
{
  *ret_array = belt_func_expand (call, &args[i]);
  if (ret_array->tag == BELT_TAG_LIST && (ret_array->flags & BELT_VALUE_STRINGS) == 0)
    return TRUE;
  if (belt_value_is_error (ret_array))
    *ret_error = *ret_array;
  else
    *ret_error = belt_call_fail (call, "%s argument should be array of interface{}", i == 0 ? "first" : "second");
  return FALSE;
}

static gint64
find_item (const BeltValue *array,
           const BeltValue *item)
{
  for (guint32 i = 0; i < array->len; i++)
    {
      if (belt_value_equal (&array->u.items[i], item))
        return i;
    }
  return -1;
}

static gint64
find_last_item (const BeltValue *array,
                const BeltValue *item)
{
  for (guint32 i = array->len; i > 0; i--)
    {
      if (belt_value_equal (&array->u.items[i - 1], item))
        return i - 1;
    }
  return -1;
}

static BeltValue
call_array_create (BeltCall        *call,
                   const BeltValue *args,
                   guint            n_args)
{
  BeltValue *items = belt_arena_new_array (call->arena, BeltValue, n_args + 1);
  guint n_items = 0;

  for (guint i = 0; i < n_args; i++)
    {
      if (!belt_value_is_null (&args[i]))
        items[n_items++] = args[i];
    }
  return n_items > 0 ? belt_value_list (items, n_items) : belt_value_null ();
}

static BeltValue
locate_item (BeltCall        *call,
             const BeltValue *args,
             gint64 (*find)(const BeltValue *, const BeltValue *))
{
  BeltValue array;
  BeltValue error;

  if (belt_value_is_null (&args[0]))
    return belt_func_int (-1);
  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;
  return belt_func_int (find (&array, &args[1]));
}

static BeltValue
call_array_position (BeltCall        *call,
                     const BeltValue *args,
                     guint            n_args)
{
  return locate_item (call, args, find_item);
}

static BeltValue
call_array_last_position (BeltCall        *call,
                          const BeltValue *args,
                          guint            n_args)
{
  return locate_item (call, args, find_last_item);
}

static BeltValue
call_element_at (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  BeltValue holder = belt_func_expand (call, &args[0]);
  const BeltValue *member;
  gint64 index;

  if (belt_value_is_error (&holder))
    return holder;
  if (holder.tag == BELT_TAG_MAP)
    {
      if (args[1].tag != BELT_TAG_STR)
        return belt_call_fail (call, "second argument should be string");
      member = belt_value_get_member (&holder, args[1].u.s, args[1].len);
      return member != NULL ? *member : belt_value_null ();
    }
  if (holder.tag != BELT_TAG_LIST || (holder.flags & BELT_VALUE_STRINGS) != 0)
    return belt_call_fail (call, "first argument should be []interface{} or map[string]interface{}");
  if (!belt_func_get_int (&args[1], &index))
    return belt_func_fail_convert (call, &args[1], "int");
  if (index >= holder.len || index < -(gint64)holder.len)
    return belt_call_fail (call, "index out of range");
  return holder.u.items[index >= 0 ? index : index + holder.len];
}

static BeltValue
call_array_contains (BeltCall        *call,
                     const BeltValue *args,
                     guint            n_args)
{
  BeltValue array;
  BeltValue error;

  if (belt_value_is_null (&args[0]))
    return belt_value_bool (FALSE);
  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;
  return belt_value_bool (find_item (&array, &args[1]) >= 0);
}

static BeltValue
call_array_remove (BeltCall        *call,
                   const BeltValue *args,
                   guint            n_args)
{
  BeltValue array;
  BeltValue error;
  BeltValue *items;
  guint32 n_items = 0;

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;

  items = belt_arena_new_array (call->arena, BeltValue, array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      if (!belt_value_equal (&array.u.items[i], &args[1]))
        items[n_items++] = array.u.items[i];
    }
  return belt_value_list (items, n_items);
}

/* The greatest (sign 1) or least (sign -1); the first element that is not null gives the kind. */
static BeltValue
pick_extreme (BeltCall        *call,
              const BeltValue *args,
              int              sign)
{
  BeltValue array;
  BeltValue error;
  BeltExtreme extreme = { .sign = sign };

  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;
  for (guint32 i = 0; i < array.len; i++)
    {
      if (!belt_extreme_add (&extreme, &array.u.items[i]))
        return belt_extreme_fail (call, &extreme, &array.u.items[i]);
    }
  return extreme.value;
}

static BeltValue
call_array_max (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  return pick_extreme (call, args, 1);
}

static BeltValue
call_array_min (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  return pick_extreme (call, args, -1);
}

/* eKuiper takes only the ints its own functions make here, no literals and no columns. */
static gboolean
get_platform_int (const BeltValue *value,
                  gint64          *ret_number)
{
  if (value->tag != BELT_TAG_I64 || (value->flags & BELT_VALUE_PLATFORM_INT) == 0)
    return FALSE;
  *ret_number = value->u.i;
  return TRUE;
}

static BeltValue
call_repeat (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  BeltValue *items;
  gint64 count;

  if (!get_platform_int (&args[1], &count))
    return belt_call_fail (call, "second argument should be int");
  if (count < 0 || count > BELT_FUNC_ITEMS_MAX)
    return belt_call_fail (call, "the number of copies should be from 0 to %u", BELT_FUNC_ITEMS_MAX);

  items = belt_arena_new_array (call->arena, BeltValue, count + 1);
  for (gint64 i = 0; i < count; i++)
    items[i] = args[0];
  return belt_value_list (items, (gsize)count);
}

static BeltValue
call_sequence (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  static const char *const ordinals[] = { "first", "second", "third" };
  gint64 numbers[3];
  BeltValue *items;
  __int128 count;

  for (guint i = 0; i < n_args; i++)
    {
      if (!get_platform_int (&args[i], &numbers[i]))
        return belt_call_fail (call, "%s argument should be int", ordinals[i]);
    }
  if (n_args < 3)
    numbers[2] = numbers[0] < numbers[1] ? 1 : -1;
  if (numbers[2] == 0)
    return belt_call_fail (call, "invalid step: should not be zero");

  count = ((__int128)numbers[1] - numbers[0]) / numbers[2] + 1;
  if (count < 0)
    return belt_call_fail (call, "the step leads away from stop");
  if (count > BELT_FUNC_ITEMS_MAX)
    return belt_call_fail (call, "the sequence has more than %u elements", BELT_FUNC_ITEMS_MAX);

  items = belt_arena_new_array (call->arena, BeltValue, (gsize)count + 1);
  for (gint64 i = 0; i < (gint64)count; i++)
    items[i] = belt_func_int (numbers[0] + i * numbers[2]);
  return belt_value_list (items, (gsize)count);
}

static BeltValue
call_array_cardinality (BeltCall        *call,
                        const BeltValue *args,
                        guint            n_args)
{
  BeltValue array;
  BeltValue error;
  gint64 n_items = 0;

  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;
  for (guint32 i = 0; i < array.len; i++)
    n_items += belt_value_is_null (&array.u.items[i]) ? 0 : 1;
  return belt_func_int (n_items);
}

static BeltValue
call_array_flatten (BeltCall        *call,
                    const BeltValue *args,
                    guint            n_args)
{
  BeltValue array;
  BeltValue error;
  BeltValue *lists;
  BeltValue *items;
  gsize n_items = 0;
  gsize at = 0;

  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;

  lists = belt_arena_new_array (call->arena, BeltValue, array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      lists[i] = belt_func_expand (call, &array.u.items[i]);
      n_items += lists[i].tag == BELT_TAG_LIST ? lists[i].len : 1;
    }
  if (n_items > BELT_FUNC_ITEMS_MAX)
    return belt_call_fail (call, "the result has more than %u elements", BELT_FUNC_ITEMS_MAX);

  items = belt_arena_new_array (call->arena, BeltValue, n_items + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      if (lists[i].tag != BELT_TAG_LIST)
        {
          items[at++] = lists[i];
          continue;
        }
      if (lists[i].len > 0)
        memcpy (items + at, lists[i].u.items, lists[i].len * sizeof *items);
      at += lists[i].len;
    }
  return belt_value_list (items, n_items);
}

static BeltValue
call_array_map (BeltCall        *call,
                const BeltValue *args,
                guint            n_args)
{
  const guint not_scalar = BELT_FUNCTION_AGGREGATE | BELT_FUNCTION_ANALYTIC | BELT_FUNCTION_SET_RETURNING |
                           BELT_FUNCTION_COLUMNS | BELT_FUNCTION_CONTEXT | BELT_FUNCTION_STATEFUL;
  BeltCall inner = *call;
  BeltValue array;
  BeltValue error;
  BeltValue *items;

  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "first argument should be string");
  if (!belt_func_take_array (call, args, 1, &array, &error))
    return error;

  inner.function = belt_function_table_lookup (belt_function_table_get_builtin (), args[0].u.s, args[0].len);
  if (inner.function == NULL || memcmp (inner.function->name, args[0].u.s, args[0].len) != 0)
    return belt_call_fail (call, "unknown built-in function: %.*s.", (int)MIN (args[0].len, 80), args[0].u.s);
  if (inner.function->call == NULL || inner.function->call == call_array_map ||
      (inner.function->flags & not_scalar) != 0)
    return belt_call_fail (call, "first argument should be a scalar function.");
  if (inner.function->args_min > 1 || (inner.function->args_max >= 0 && inner.function->args_max < 1))
    return belt_call_fail (call, "validate %s arguments failed", inner.function->name);

  items = belt_arena_new_array (call->arena, BeltValue, array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      BeltValue item = belt_func_expand (call, &array.u.items[i]);

      /* Null rules are not asked here, as in eKuiper. */
      items[i] = inner.function->call (&inner, &item, 1);
      if (belt_value_is_error (&items[i]))
        return belt_call_fail (call, "%s", items[i].u.fault->message);
    }
  return belt_value_list (items, array.len);
}

static BeltValue
call_array_join (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  g_autoptr(GString) out = NULL;
  BeltValue array;
  BeltValue error;
  gboolean is_first = TRUE;

  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;
  if (args[1].tag != BELT_TAG_STR)
    return belt_call_fail (call, "second argument should be string");
  if (n_args > 2 && args[2].tag != BELT_TAG_STR)
    return belt_call_fail (call, "third argument should be string");

  out = g_string_new (NULL);
  for (guint32 i = 0; i < array.len && out->len <= BELT_FUNC_TEXT_MAX; i++)
    {
      BeltValue item = array.u.items[i];

      if (belt_value_is_null (&item))
        {
          if (n_args < 3 || args[2].len == 0)
            continue;
          item = args[2];
        }
      item = belt_value_convert (call->arena, &item, BELT_TAG_STR, BELT_CONVERT_ALL, call->environment);
      if (!is_first)
        g_string_append_len (out, args[1].u.s, args[1].len);
      g_string_append_len (out, item.u.s, item.len);
      is_first = FALSE;
    }
  if (out->len > BELT_FUNC_TEXT_MAX)
    return belt_call_fail (call, "the result is longer than %u bytes", BELT_FUNC_TEXT_MAX);
  return belt_func_new_text (call->arena, out->str, out->len);
}

static BeltValue
call_array_shuffle (BeltCall        *call,
                    const BeltValue *args,
                    guint            n_args)
{
  BeltValue array;
  BeltValue error;
  BeltValue *items;

  if (!belt_func_take_array (call, args, 0, &array, &error))
    return error;

  items = belt_arena_memdup (call->arena, array.u.items, array.len * sizeof *items);
  for (guint32 i = array.len; i > 1; i--)
    {
      guint32 other = (guint32)(belt_func_draw_random (call) % i);
      BeltValue item = items[i - 1];

      items[i - 1] = items[other];
      items[other] = item;
    }
  return belt_value_list (items, array.len);
}

typedef struct
{
  BeltValue text;
  BeltValue item;
} SortItem;

static int
compare_sort_items (gconstpointer a,
                    gconstpointer b)
{
  const BeltValue *left = &((const SortItem *)a)->text;
  const BeltValue *right = &((const SortItem *)b)->text;
  int order = memcmp (left->u.s, right->u.s, MIN (left->len, right->len));

  if (order != 0)
    return order;
  return left->len < right->len ? -1 : left->len > right->len;
}

static BeltValue
call_array_sort (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  BeltValue array = belt_func_expand (call, &args[0]);
  BeltValue result;
  SortItem *sorted;
  BeltValue *items;

  if (belt_value_is_error (&array))
    return array;
  if (array.tag != BELT_TAG_LIST)
    return belt_call_fail (call, "array elements should be array");

  sorted = belt_arena_new_array (call->arena, SortItem, array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      sorted[i].item = array.u.items[i];
      sorted[i].text = belt_value_is_null (&array.u.items[i]) ? belt_value_str ("<nil>", 5)
                                                              : belt_value_to_text (call->arena, &array.u.items[i]);
    }
  qsort (sorted, array.len, sizeof *sorted, compare_sort_items);

  items = belt_arena_new_array (call->arena, BeltValue, array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    items[i] = sorted[i].item;
  result = belt_value_list (items, array.len);
  result.flags = array.flags;
  return result;
}

static BeltValue
call_array_concat (BeltCall        *call,
                   const BeltValue *args,
                   guint            n_args)
{
  BeltValue *arrays = belt_arena_new_array (call->arena, BeltValue, n_args + 1);
  BeltValue *items;
  gsize n_items = 0;
  gsize at = 0;

  for (guint i = 0; i < n_args; i++)
    {
      arrays[i] = belt_func_expand (call, &args[i]);
      if (belt_value_is_null (&args[i]))
        arrays[i] = belt_value_list (NULL, 0);
      if (arrays[i].tag != BELT_TAG_LIST || (arrays[i].flags & BELT_VALUE_STRINGS) != 0)
        return belt_call_fail (call, "array elements should be array");
      n_items += arrays[i].len;
    }
  if (n_items > BELT_FUNC_ITEMS_MAX)
    return belt_call_fail (call, "the result has more than %u elements", BELT_FUNC_ITEMS_MAX);

  items = belt_arena_new_array (call->arena, BeltValue, n_items + 1);
  for (guint i = 0; i < n_args; i++)
    {
      if (arrays[i].len > 0)
        memcpy (items + at, arrays[i].u.items, arrays[i].len * sizeof *items);
      at += arrays[i].len;
    }
  return belt_value_list (items, n_items);
}

#define ARRAY(NAME, MIN, MAX, FLAGS, CALL, SIGNATURE, DOC, EXAMPLE)                                    \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = "array",                  \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL }
#define NULLS BELT_FUNCTION_NULL_TO_NULL

const BeltFunction belt_func_array_table[] = {
  ARRAY ("array_cardinality", 1, 1, BELT_FUNCTION_NULL_TO_ZERO, call_array_cardinality,
         "int array_cardinality(array a)", "Number of elements that are not null.",
         "array_cardinality([1, null]) = 1"),
  ARRAY ("array_concat", 1, -1, 0, call_array_concat, "array array_concat(array a, …)",
         "One array after the other; nulls are skipped.", "array_concat([1], null, [2, 1]) = [1, 2, 1]"),
  ARRAY ("array_contains", 2, 2, 0, call_array_contains, "bool array_contains(array a, any x)",
         "Whether an element has the same kind and value.", "array_contains([1, 2], 2) = true"),
  ARRAY ("array_create", 0, -1, 0, call_array_create, "array array_create(any x, …)",
         "An array of the arguments that are not null; null if there are none.",
         "array_create(1, null, \"a\") = [1, \"a\"]"),
  ARRAY ("array_flatten", 1, 1, NULLS, call_array_flatten, "array array_flatten(array a)",
         "Takes inner arrays apart, one level.", "array_flatten([[1, 2], 3]) = [1, 2, 3]"),
  ARRAY ("array_join", 2, 3, NULLS, call_array_join, "string array_join(array a, string separator, string null_text?)",
         "Elements as one text; nulls are left out unless a text for them is given.",
         "array_join([\"a\", null, 2], \"-\", \"X\") = \"a-X-2\""),
  ARRAY ("array_last_position", 2, 2, 0, call_array_last_position, "int array_last_position(array a, any x)",
         "Last position of an element, -1 if it is not there.", "array_last_position([3, 1, 3], 3) = 2"),
  ARRAY ("array_map", 2, 2, NULLS, call_array_map, "array array_map(string function, array a)",
         "Calls a scalar function of one argument for each element.", "array_map(\"abs\", [-1, 2]) = [1, 2]"),
  ARRAY ("array_max", 1, 1, NULLS, call_array_max, "any array_max(array a)",
         "The greatest element; nulls are skipped.", "array_max([3, null, 7]) = 7"),
  ARRAY ("array_min", 1, 1, NULLS, call_array_min, "any array_min(array a)",
         "The least element; nulls are skipped.", "array_min([\"b\", \"a\"]) = \"a\""),
  ARRAY ("array_position", 2, 2, 0, call_array_position, "int array_position(array a, any x)",
         "First position of an element, -1 if it is not there.", "array_position([3, 1, 3], 3) = 0"),
  ARRAY ("array_remove", 2, 2, 0, call_array_remove, "array array_remove(array a, any x)",
         "Without all elements equal to x.", "array_remove([3, 1, 3], 3) = [1]"),
  ARRAY ("array_shuffle", 1, 1, NULLS | BELT_FUNCTION_NONDETERMINISTIC, call_array_shuffle,
         "array array_shuffle(array a)", "Elements in random order.", "array_shuffle([1, 1]) = [1, 1]"),
  ARRAY ("array_sort", 1, 1, NULLS, call_array_sort, "array array_sort(array a)",
         "Elements ordered by their text, so 10 comes before 9.", "array_sort([10, 9, 2]) = [10, 2, 9]"),
  ARRAY ("element_at", 2, 2, NULLS, call_element_at,
         "any element_at(array a, int index) or element_at(object o, string key)",
         "One element, counted from the end if the index is negative, or one member.",
         "element_at([1, 2, 3], -1) = 3"),
  ARRAY ("repeat", 2, 2, NULLS, call_repeat, "array repeat(any x, int n)",
         "n times x; as in eKuiper, n must come from a function: cast(2, \"bigint\").",
         "repeat(\"a\", cast(2, \"bigint\")) = [\"a\", \"a\"]"),
  ARRAY ("sequence", 2, 3, NULLS, call_sequence, "array sequence(int start, int stop, int step?)",
         "Ints from start to stop, both included; as in eKuiper they must come from functions.",
         "sequence(length(\"a\"), length(\"abc\")) = [1, 2, 3]"),
  { NULL },
};
