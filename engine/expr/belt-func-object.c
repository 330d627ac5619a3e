/* belt-func-object.c - objects looked into, merged and made
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper gives members in no particular order; here keys(), values() and
 * items() go by the order of arrival, which is one of those orders and always
 * the same.
 */
#include "config.h"

#include "belt-func-private.h"

#define PATH_DEPTH_MAX 32u

/* An object under construction in the arena: setting a member twice keeps the place and takes the value. */
typedef struct
{
  BeltMember *members;
  gsize       n_members;
  gsize       n_allocated;
  GHashTable *by_name;   /* BeltMember * of `members`; NULL while few */
} ObjectBuilder;

#define FEW_MEMBERS 16u

static guint
hash_member (gconstpointer data)
{
  const BeltMember *member = data;
  guint hash = 5381;

  for (gsize i = 0; i < member->name_len; i++)
    hash = hash * 33 + (guchar)member->name[i];
  return hash;
}

static gboolean
is_same_member (gconstpointer a,
                gconstpointer b)
{
  const BeltMember *left = a;
  const BeltMember *right = b;

  return left->name_len == right->name_len && memcmp (left->name, right->name, left->name_len) == 0;
}

static void
init_builder (BeltCall      *call,
              ObjectBuilder *builder,
              gsize          n_max)
{
  builder->members = belt_arena_new_array (call->arena, BeltMember, n_max + 1);
  builder->n_members = 0;
  builder->n_allocated = n_max + 1;
  builder->by_name = n_max > FEW_MEMBERS ? g_hash_table_new (hash_member, is_same_member) : NULL;
}

static void
set_member (ObjectBuilder   *builder,
            const char      *name,
            gsize            name_len,
            const BeltValue *value)
{
  BeltMember member = { .name = name, .name_len = name_len, .value = *value };
  BeltMember *found = NULL;

  if (member.value.tag == BELT_TAG_MISSING)
    member.value = belt_value_null ();
  if (builder->by_name != NULL)
    found = g_hash_table_lookup (builder->by_name, &member);
  for (gsize i = 0; builder->by_name == NULL && i < builder->n_members && found == NULL; i++)
    found = is_same_member (&builder->members[i], &member) ? &builder->members[i] : NULL;
  if (found != NULL)
    {
      found->value = member.value;
      return;
    }

  g_assert (builder->n_members < builder->n_allocated);
  builder->members[builder->n_members] = member;
  if (builder->by_name != NULL)
    g_hash_table_add (builder->by_name, &builder->members[builder->n_members]);
  builder->n_members++;
}

static BeltValue
finish_builder (ObjectBuilder *builder)
{
  g_clear_pointer (&builder->by_name, g_hash_table_unref);
  return belt_value_map (builder->members, builder->n_members);
}

/* Takes argument i as an object; FALSE with the error in ret_error. */
static gboolean
take_object (BeltCall        *call,
             const BeltValue *args,
             guint            i,
             const char      *refusal,
             BeltValue       *ret_object,
             BeltValue       *ret_error)
{
  *ret_object = belt_func_expand (call, &args[i]);
  if (ret_object->tag == BELT_TAG_MAP)
    return TRUE;
  if (belt_value_is_error (ret_object))
    *ret_error = *ret_object;
  else if (strstr (refusal, "got") != NULL)
    *ret_error = belt_call_fail (call, "%s %s", refusal, belt_func_describe (call->arena, ret_object));
  else
    *ret_error = belt_call_fail (call, "%s", refusal);
  return FALSE;
}

static BeltValue
call_keys (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  BeltValue object;
  BeltValue error;
  BeltValue list;
  BeltValue *items;

  if (!take_object (call, args, 0, "the argument should be map[string]interface{}", &object, &error))
    return error;

  items = belt_arena_new_array (call->arena, BeltValue, object.len + 1);
  for (guint32 i = 0; i < object.len; i++)
    items[i] = belt_value_str (object.u.members[i].name, object.u.members[i].name_len);
  list = belt_value_list (items, object.len);
  list.flags = BELT_VALUE_STRINGS;
  return list;
}

static BeltValue
call_values (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  BeltValue object;
  BeltValue error;
  BeltValue *items;

  if (!take_object (call, args, 0, "the argument should be map[string]interface{}", &object, &error))
    return error;

  items = belt_arena_new_array (call->arena, BeltValue, object.len + 1);
  for (guint32 i = 0; i < object.len; i++)
    items[i] = object.u.members[i].value;
  return belt_value_list (items, object.len);
}

static BeltValue
call_items (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  BeltValue object;
  BeltValue error;
  BeltValue *items;

  if (!take_object (call, args, 0, "first argument should be map[string]interface{}", &object, &error))
    return error;

  items = belt_arena_new_array (call->arena, BeltValue, object.len + 1);
  for (guint32 i = 0; i < object.len; i++)
    {
      BeltValue *pair = belt_arena_new_array (call->arena, BeltValue, 2);

      pair[0] = belt_value_str (object.u.members[i].name, object.u.members[i].name_len);
      pair[1] = object.u.members[i].value;
      items[i] = belt_value_list (pair, 2);
    }
  return belt_value_list (items, object.len);
}

static BeltValue
call_object (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  BeltValue keys = belt_func_expand (call, &args[0]);
  BeltValue values = belt_func_expand (call, &args[1]);
  ObjectBuilder builder;

  if (keys.tag != BELT_TAG_LIST)
    return belt_call_fail (call, "first argument should be []string");
  if (values.tag != BELT_TAG_LIST)
    return belt_call_fail (call, "second argument should be []interface{}");
  if (keys.len != values.len)
    return belt_call_fail (call, "the length of the arguments should be same");
  for (guint32 i = 0; i < keys.len; i++)
    {
      if (keys.u.items[i].tag != BELT_TAG_STR)
        return belt_call_fail (call, "first argument should be []string");
    }

  init_builder (call, &builder, keys.len);
  for (guint32 i = 0; i < keys.len; i++)
    set_member (&builder, keys.u.items[i].u.s, keys.u.items[i].len, &values.u.items[i]);
  return finish_builder (&builder);
}

static BeltValue
call_zip (BeltCall        *call,
          const BeltValue *args,
          guint            n_args)
{
  BeltValue array = belt_func_expand (call, &args[0]);
  BeltValue *pairs;
  ObjectBuilder builder;

  if (array.tag != BELT_TAG_LIST)
    return belt_call_fail (call, "each argument should be [][2]interface{}");

  pairs = belt_arena_new_array (call->arena, BeltValue, array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      pairs[i] = belt_func_expand (call, &array.u.items[i]);
      if (belt_value_is_null (&pairs[i]))
        continue;
      if (pairs[i].tag != BELT_TAG_LIST || pairs[i].len != 2)
        return belt_call_fail (call, "each argument should be [][2]interface{}");
      if (pairs[i].u.items[0].tag != BELT_TAG_STR)
        return belt_call_fail (call, "the first element in the list item should be string");
    }

  init_builder (call, &builder, array.len);
  for (guint32 i = 0; i < array.len; i++)
    {
      if (pairs[i].tag == BELT_TAG_LIST)
        set_member (&builder, pairs[i].u.items[0].u.s, pairs[i].u.items[0].len, &pairs[i].u.items[1]);
    }
  return finish_builder (&builder);
}

static BeltValue
call_object_concat (BeltCall        *call,
                    const BeltValue *args,
                    guint            n_args)
{
  BeltValue *objects = belt_arena_new_array (call->arena, BeltValue, n_args + 1);
  BeltValue error;
  ObjectBuilder builder;
  gsize n_members = 0;

  for (guint i = 0; i < n_args; i++)
    {
      objects[i] = belt_value_map (NULL, 0);
      if (!belt_value_is_null (&args[i]) &&
          !take_object (call, args, i, "the argument should be map[string]interface{}, got", &objects[i], &error))
        return error;
      n_members += objects[i].len;
    }

  init_builder (call, &builder, n_members);
  for (guint i = 0; i < n_args; i++)
    {
      for (guint32 m = 0; m < objects[i].len; m++)
        set_member (&builder, objects[i].u.members[m].name, objects[i].u.members[m].name_len,
                    &objects[i].u.members[m].value);
    }
  return finish_builder (&builder);
}

static BeltValue
call_object_construct (BeltCall        *call,
                       const BeltValue *args,
                       guint            n_args)
{
  ObjectBuilder builder;

  for (guint i = 0; i + 1 < n_args; i += 2)
    {
      if (!belt_value_is_null (&args[i]) && args[i].tag != BELT_TAG_STR && args[i].tag != BELT_TAG_BYTES)
        return belt_call_fail (call, "key %s is not a string", belt_func_describe (call->arena, &args[i]));
    }

  init_builder (call, &builder, n_args / 2);
  for (guint i = 0; i + 1 < n_args; i += 2)
    {
      if (!belt_value_is_null (&args[i]))
        set_member (&builder, args[i].u.s, args[i].len, &args[i + 1]);
    }
  return finish_builder (&builder);
}

static char *
check_object_construct (const BeltFunction *self,
                        const BeltLiteral  *args,
                        guint               n_args)
{
  if (n_args % 2 != 0)
    return g_strdup ("the args must be key value pairs");
  for (guint i = 0; i < n_args; i += 2)
    {
      BeltTag tag = args[i].is_literal ? args[i].value.tag : BELT_TAG_NULL;

      if ((tag != BELT_TAG_STR && tag != BELT_TAG_NULL) || args[i].is_boolean_expression)
        return g_strdup_printf ("Expect string type for parameter %u", i + 1);
    }
  return NULL;
}

static gboolean
is_listed (BeltCall         *call,
           const BeltValue  *names,
           const BeltMember *member)
{
  for (guint32 i = 0; i < names->len; i++)
    {
      if (names->u.items[i].len == member->name_len &&
          memcmp (names->u.items[i].u.s, member->name, member->name_len) == 0)
        return TRUE;
    }
  return FALSE;
}

static BeltValue
call_erase (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  BeltValue object;
  BeltValue names = belt_func_expand (call, &args[1]);
  BeltValue *texts;
  BeltValue error;
  BeltMember *members;
  gsize n_members = 0;

  if (n_args != 2)
    return belt_call_fail (call, "the argument number should be 2, got %u", n_args);
  if (!take_object (call, args, 0, "the first argument should be map[string]interface{}, got", &object, &error))
    return error;
  if (names.tag != BELT_TAG_LIST && names.tag != BELT_TAG_STR)
    return belt_call_fail (call, "the argument should be slice or string");
  if (names.tag == BELT_TAG_STR)
    names = belt_value_list (&args[1], 1);

  texts = belt_arena_new_array (call->arena, BeltValue, names.len + 1);
  for (guint32 i = 0; i < names.len; i++)
    texts[i] = belt_value_convert (call->arena, &names.u.items[i], BELT_TAG_STR, BELT_CONVERT_ALL, call->environment);
  names = belt_value_list (texts, names.len);

  members = belt_arena_new_array (call->arena, BeltMember, object.len + 1);
  for (guint32 i = 0; i < object.len; i++)
    {
      if (!is_listed (call, &names, &object.u.members[i]))
        members[n_members++] = object.u.members[i];
    }
  return belt_value_map (members, n_members);
}

static BeltValue
call_object_size (BeltCall        *call,
                  const BeltValue *args,
                  guint            n_args)
{
  BeltValue object;
  BeltValue error;

  if (belt_value_is_null (&args[0]))
    return belt_value_i64 (0);
  if (!take_object (call, args, 0, "the first argument should be map[string]any, got", &object, &error))
    return error;
  return belt_func_int (object.len);
}

/* Puts value at the path into a copy of object; `names` are its keys from here on. */
static BeltValue
put_at_path (BeltCall        *call,
             const BeltValue *object,
             const BeltValue *names,
             guint            n_names,
             const BeltValue *value)
{
  const BeltValue *inner = NULL;
  BeltValue put = *value;
  ObjectBuilder builder;

  if (n_names > 1)
    {
      BeltValue empty = belt_value_map (NULL, 0);

      inner = belt_value_get_member (object, names[0].u.s, names[0].len);
      put = put_at_path (call, inner != NULL && inner->tag == BELT_TAG_MAP ? inner : &empty, names + 1, n_names - 1,
                         value);
    }
  init_builder (call, &builder, object->len + 1);
  for (guint32 i = 0; i < object->len; i++)
    set_member (&builder, object->u.members[i].name, object->u.members[i].name_len, &object->u.members[i].value);
  set_member (&builder, names[0].u.s, names[0].len, &put);
  return finish_builder (&builder);
}

static gboolean
has_value (const BeltValue *value)
{
  return value != NULL && !belt_value_is_null (value);
}

/* Copies one member, named by keys with dots between them, from object to picked. */
static BeltValue
pick_member (BeltCall        *call,
             const BeltValue *object,
             const BeltValue *path,
             const BeltValue *picked)
{
  BeltValue names[PATH_DEPTH_MAX];
  BeltValue holder = *object;
  const char *end = path->u.s + path->len;
  const char *at = path->u.s;
  const BeltValue *member = NULL;
  guint n_names = 0;

  while (n_names < PATH_DEPTH_MAX)
    {
      const char *dot = memchr (at, '.', (gsize)(end - at));
      const char *name_end = dot != NULL ? dot : end;

      names[n_names++] = belt_value_str (at, (gsize)(name_end - at));
      if (holder.tag != BELT_TAG_MAP)
        return *picked;
      member = belt_value_get_member (&holder, at, (gsize)(name_end - at));
      if (member == NULL)
        return *picked;
      if (dot == NULL)
        {
          guint n_there = 0;

          /* eKuiper does not go down into what was picked before: with "a.b" there, "a.c" puts "c" at the top. */
          while (n_there + 1 < n_names &&
                 has_value (belt_value_get_member (picked, names[n_there].u.s, names[n_there].len)))
            n_there++;
          return put_at_path (call, picked, names + n_there, n_names - n_there, member);
        }
      holder = belt_func_expand (call, member);
      at = dot + 1;
    }
  return *picked;
}

static BeltValue
call_object_pick (BeltCall        *call,
                  const BeltValue *args,
                  guint            n_args)
{
  BeltValue object;
  BeltValue error;
  BeltValue names;
  BeltValue picked = belt_value_map (NULL, 0);

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!take_object (call, args, 0, "the first argument should be a map, got", &object, &error))
    return error;

  names = belt_func_expand (call, &args[1]);
  if (names.tag == BELT_TAG_STR)
    names = belt_value_list (args + 1, n_args - 1);
  for (guint32 i = 0; names.tag == BELT_TAG_LIST && i < names.len; i++)
    {
      if (names.u.items[i].tag == BELT_TAG_STR)
        picked = pick_member (call, &object, &names.u.items[i], &picked);
    }
  return picked;
}

static BeltValue
call_obj_to_kvpair_array (BeltCall        *call,
                          const BeltValue *args,
                          guint            n_args)
{
  BeltValue object;
  BeltValue error;
  BeltValue *items;

  if (!take_object (call, args, 0, "the first argument should be map[string]interface{}, got", &object, &error))
    return error;

  items = belt_arena_new_array (call->arena, BeltValue, object.len + 1);
  for (guint32 i = 0; i < object.len; i++)
    {
      BeltMember *pair = belt_arena_new_array (call->arena, BeltMember, 2);

      pair[0] = (BeltMember) { "key", 3, belt_value_str (object.u.members[i].name, object.u.members[i].name_len) };
      pair[1] = (BeltMember) { "value", 5, object.u.members[i].value };
      items[i] = belt_value_map (pair, 2);
    }
  return belt_value_list (items, object.len);
}

static BeltValue
call_kvpair_array_to_obj (BeltCall        *call,
                          const BeltValue *args,
                          guint            n_args)
{
  BeltValue array = belt_func_expand (call, &args[0]);
  const BeltValue **pairs;
  ObjectBuilder builder;

  if (array.tag != BELT_TAG_LIST)
    return belt_call_fail (call, "first argument should be array of interface{}");

  pairs = belt_arena_new_array (call->arena, const BeltValue *, 2 * (gsize)array.len + 1);
  for (guint32 i = 0; i < array.len; i++)
    {
      BeltValue pair = belt_func_expand (call, &array.u.items[i]);

      if (pair.tag != BELT_TAG_MAP)
        return belt_call_fail (call, "array item should be map[string]interface{}");
      pairs[2 * i] = belt_value_get_member (&pair, "key", 3);
      pairs[2 * i + 1] = belt_value_get_member (&pair, "value", 5);
      if (pair.len != 2 || pairs[2 * i] == NULL || pairs[2 * i + 1] == NULL || pairs[2 * i]->tag != BELT_TAG_STR)
        return belt_call_fail (call, "array item should be key-value pair");
    }

  init_builder (call, &builder, array.len);
  for (guint32 i = 0; i < array.len; i++)
    set_member (&builder, pairs[2 * i]->u.s, pairs[2 * i]->len, pairs[2 * i + 1]);
  return finish_builder (&builder);
}

#define OBJECT(NAME, MIN, MAX, FLAGS, CALL, SIGNATURE, DOC, EXAMPLE)                                   \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = "object",                 \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL }
#define NULLS BELT_FUNCTION_NULL_TO_NULL

const BeltFunction belt_func_object_table[] = {
  OBJECT ("erase", 2, -1, NULLS, call_erase, "object erase(object o, string key) or erase(object o, array keys)",
          "A copy without some members.", "erase({\"a\": 1, \"b\": 2}, \"a\") = {\"b\": 2}"),
  OBJECT ("items", 1, 1, NULLS, call_items, "array items(object o)",
          "Members as [key, value] pairs.", "items({\"a\": 1}) = [[\"a\", 1]]"),
  OBJECT ("keys", 1, 1, NULLS, call_keys, "array keys(object o)",
          "Names of the members.", "keys({\"a\": 1, \"b\": 2}) = [\"a\", \"b\"]"),
  OBJECT ("kvpair_array_to_obj", 1, 1, NULLS, call_kvpair_array_to_obj, "object kvpair_array_to_obj(array a)",
          "An object from objects that hold a key and a value each.",
          "kvpair_array_to_obj([{\"key\": \"x\", \"value\": 1}]) = {\"x\": 1}"),
  OBJECT ("obj_to_kvpair_array", 1, 1, NULLS, call_obj_to_kvpair_array, "array obj_to_kvpair_array(object o)",
          "Members as objects that hold a key and a value each.",
          "obj_to_kvpair_array({\"x\": 1}) = [{\"key\": \"x\", \"value\": 1}]"),
  OBJECT ("object", 2, 2, NULLS, call_object, "object object(array keys, array values)",
          "An object from its keys and its values.", "object([\"a\", \"b\"], [1, 2]) = {\"a\": 1, \"b\": 2}"),
  OBJECT ("object_concat", 2, -1, 0, call_object_concat, "object object_concat(object a, object b, …)",
          "Members of all; of two with one name the later one stays.",
          "object_concat({\"a\": 1}, {\"a\": 2, \"b\": 3}) = {\"a\": 2, \"b\": 3}"),
  { .name = "object_construct", .args_min = 0, .args_max = -1, .group = "object",
    .signature = "object object_construct(string key, any value, …)",
    .doc = "An object from keys and values in turn; a null key is left out.",
    .example = "object_construct(\"a\", 1, \"b\", null) = {\"a\": 1, \"b\": null}", .call = call_object_construct,
    .check = check_object_construct },
  OBJECT ("object_pick", 2, -1, 0, call_object_pick,
          "object object_pick(object o, string key, …) or object_pick(object o, array keys)",
          "Only some members; a key with dots picks an inner one.",
          "object_pick({\"a\": {\"b\": 1, \"c\": 2}, \"d\": 3}, \"a.b\") = {\"a\": {\"b\": 1}}"),
  OBJECT ("object_size", 1, 1, 0, call_object_size, "int object_size(object o)",
          "Number of members.", "object_size({\"a\": 1}) = 1"),
  OBJECT ("values", 1, 1, NULLS, call_values, "array values(object o)",
          "Values of the members.", "values({\"a\": 1, \"b\": 2}) = [1, 2]"),
  OBJECT ("zip", 1, 1, NULLS, call_zip, "object zip(array pairs)",
          "An object from [key, value] pairs.", "zip([[\"a\", 1]]) = {\"a\": 1}"),
  { NULL },
};
