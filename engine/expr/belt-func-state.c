/* belt-func-state.c - counters of hits, set-returning functions and changed columns
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The entries have no `call`: the interpreter counts hits (a condition reads the
 * counter and moves it only when it turned out true), and the project operators
 * make rows and columns with the functions below.
 */
#include "config.h"

#include "belt-func-state.h"

#include "belt-func-private.h"

/**
 * belt_func_unnest_items:
 * @call: the call, for errors
 * @value: the evaluated argument
 *
 * Takes the argument of unnest() apart.  An element that is an object is merged
 * into its row, any other is stored under the field's name.
 *
 * Returns: a LIST, or an ERROR for anything but an array with elements
 */
BeltValue
belt_func_unnest_items (BeltCall        *call,
                        const BeltValue *value)
{
  BeltValue list = belt_func_expand (call, value);
  BeltValue *items;

  if (belt_value_is_error (&list))
    return list;
  if (list.tag != BELT_TAG_LIST || list.len == 0 || (list.flags & BELT_VALUE_STRINGS) != 0)
    return belt_value_error (call->arena, BELT_FAULT_EVAL, "unnest takes an array with elements, not %s",
                             belt_func_describe (call->arena, value));

  items = belt_arena_new_array (call->arena, BeltValue, list.len);
  for (guint32 i = 0; i < list.len; i++)
    items[i] = belt_func_expand (call, &list.u.items[i]);
  return belt_value_list (items, list.len);
}

/**
 * belt_func_extract_members:
 * @call: the call, for errors
 * @value: the evaluated argument
 *
 * Takes the argument of extract() apart; its members are merged into the row.  What is null or empty
 * never reaches the function in eKuiper, so that is an error of the operator.
 *
 * Returns: a MAP, or an ERROR for anything but an object with members
 */
BeltValue
belt_func_extract_members (BeltCall        *call,
                           const BeltValue *value)
{
  BeltValue object = belt_func_expand (call, value);

  if (belt_value_is_error (&object))
    return object;
  if (belt_value_is_null (&object) || (object.tag == BELT_TAG_LIST && object.len == 0) ||
      (object.tag == BELT_TAG_MAP && object.len == 0))
    return belt_value_error (call->arena, BELT_FAULT_EVAL, "extract should use map");
  if (object.tag != BELT_TAG_MAP)
    return belt_call_fail (call, "extract should use map");
  return object;
}

struct _BeltChangedColumns
{
  GHashTable *kept;   /* name → BeltValue *, owned */
};

static void
free_kept (gpointer data)
{
  belt_value_clear_owned (data);
  g_free (data);
}

BeltChangedColumns *
belt_changed_columns_new (void)
{
  BeltChangedColumns *self = g_new0 (BeltChangedColumns, 1);

  self->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_kept);
  return self;
}

void
belt_changed_columns_free (BeltChangedColumns *self)
{
  g_hash_table_unref (self->kept);
  g_free (self);
}

/**
 * belt_changed_columns_update:
 * @name: the column or function the value came from, terminated; "" for other expressions
 * @value: its value in this row
 * @ignore_null: whether a null leaves the state as it is
 *
 * Compares a value of changed_cols() with the one before and keeps it.
 *
 * Returns: TRUE if the column is to be emitted
 */
gboolean
belt_changed_columns_update (BeltChangedColumns *self,
                             const char         *name,
                             const BeltValue    *value,
                             gboolean            ignore_null)
{
  BeltValue *kept = g_hash_table_lookup (self->kept, name);
  const BeltValue none = belt_value_null ();

  if (ignore_null && belt_value_is_null (value))
    return FALSE;
  if (belt_value_equal (kept != NULL ? kept : &none, value))
    return FALSE;

  if (kept == NULL)
    {
      kept = g_new0 (BeltValue, 1);
      g_hash_table_insert (self->kept, g_strdup (name), kept);
    }
  belt_value_clear_owned (kept);
  belt_value_dup_owned (kept, value);
  return TRUE;
}

void
belt_changed_columns_save (BeltChangedColumns *self,
                           BeltStateWriter    *writer)
{
  GHashTableIter iter;
  gpointer name;
  gpointer kept;

  belt_state_put_u32 (writer, g_hash_table_size (self->kept));
  g_hash_table_iter_init (&iter, self->kept);
  while (g_hash_table_iter_next (&iter, &name, &kept))
    {
      belt_state_put_bytes (writer, name, strlen (name));
      belt_state_put_value (writer, kept);
    }
}

void
belt_changed_columns_restore (BeltChangedColumns *self,
                              BeltStateReader    *reader)
{
  guint32 n = belt_state_get_count (reader, 5);
  BeltArena arena;

  belt_arena_init (&arena);
  for (guint32 i = 0; i < n && !reader->failed; i++)
    {
      gsize len;
      const char *text = belt_state_get_bytes (reader, &len);
      g_autofree char *name = g_strndup (text, len);
      BeltValue value = belt_state_get_value (reader, &arena);

      if (!reader->failed)
        belt_changed_columns_update (self, name, &value, FALSE);
    }
  belt_arena_clear (&arena);
}

#define STATE(NAME, MIN, MAX, FLAGS, KINDS, GROUP, SIGNATURE, DOC, EXAMPLE)                                 \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = GROUP,                         \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .literal_kinds = KINDS }
#define HITS (BELT_FUNCTION_CONTEXT | BELT_FUNCTION_STATEFUL)
#define GROUP_HITS (HITS | BELT_FUNCTION_OF_GROUP)

const BeltFunction belt_func_state_table[] = {
  STATE ("changed_cols", 3, -1, BELT_FUNCTION_COLUMNS, NULL, "rows",
         "columns changed_cols(string prefix, bool ignore_null, any column, …)",
         "A column, named with the prefix, for each value that is not the one before.",
         "changed_cols(\"new_\", true, temperature) = {\"new_temperature\": 21.5}"),
  STATE ("extract", 1, 1, BELT_FUNCTION_SET_RETURNING, NULL, "rows", "row extract(object o)",
         "Members of the object become columns of the row.", "extract({\"a\": 1}) = {\"a\": 1}"),
  STATE ("last_agg_hit_count", 0, 0, GROUP_HITS, NULL, "state", "int last_agg_hit_count()",
         "How many windows were let through before this one.", "last_agg_hit_count() = 0"),
  STATE ("last_agg_hit_time", 0, 0, GROUP_HITS, NULL, "state", "int last_agg_hit_time()",
         "When the window before this one was let through, in ms; 0 at first.", "last_agg_hit_time() = 0"),
  STATE ("last_hit_count", 0, 0, HITS, NULL, "state", "int last_hit_count()",
         "How many rows were let through before this one.", "last_hit_count() = 0"),
  STATE ("last_hit_time", 0, 0, HITS, NULL, "state", "int last_hit_time()",
         "Time of the row let through before this one, in ms; 0 at first.", "last_hit_time() = 0"),
  STATE ("unnest", 1, 1, BELT_FUNCTION_SET_RETURNING, NULL, "rows", "rows unnest(array a)",
         "A row for each element; the members of an object become columns.", "unnest([1, 2]) = [1, 2]"),
  { NULL },
};
