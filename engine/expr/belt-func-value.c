/* belt-func-value.c - arguments read by eKuiper's rules, values kept by state
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * An owned value is one block of memory whatever it holds, so that state of
 * analytic functions costs one malloc a change and is given back with one free.
 */
#include "config.h"

#include "belt-func-private.h"

#include "belt-json.h"

#include <math.h>

#define DESCRIBE_MAX 80u

gint64
belt_func_truncate (double number)
{
  if (isnan (number) || number < -9223372036854775808.0 || number >= 9223372036854775808.0)
    return G_MININT64;
  return (gint64)number;
}

gboolean
belt_func_get_f64 (const BeltValue *value,
                   double          *ret_number)
{
  if (!belt_value_is_number (value))
    return FALSE;
  *ret_number = belt_value_as_f64 (value);
  return TRUE;
}

gboolean
belt_func_get_int (const BeltValue *value,
                   gint64          *ret_number)
{
  if (value->tag == BELT_TAG_F64 && (double)belt_func_truncate (value->u.f) != value->u.f)
    return FALSE;
  return belt_func_get_i64 (value, ret_number);
}

gboolean
belt_func_get_i64 (const BeltValue *value,
                   gint64          *ret_number)
{
  if (!belt_value_is_number (value))
    return FALSE;
  *ret_number = value->tag == BELT_TAG_I64 ? value->u.i : belt_func_truncate (value->u.f);
  return TRUE;
}

BeltValue
belt_func_expand (BeltCall        *call,
                  const BeltValue *value)
{
  return value->tag == BELT_TAG_JSON ? belt_value_expand (value, call->arena) : *value;
}

gboolean
belt_func_is_empty (const BeltValue *value)
{
  guint32 i = 1;

  if (value->tag == BELT_TAG_LIST || value->tag == BELT_TAG_MAP)
    return value->len == 0;
  if (value->tag != BELT_TAG_JSON)
    return FALSE;

  while (i < value->len && g_ascii_isspace (value->u.s[i]))
    i++;
  return i < value->len && (value->u.s[i] == ']' || value->u.s[i] == '}');
}

const char *
belt_func_describe (BeltArena       *arena,
                    const BeltValue *value)
{
  BeltValue text;

  if (belt_value_is_null (value))
    return "<nil>";
  text = belt_value_to_text (arena, value);
  return belt_arena_printf (arena, "%.*s%s", (int)MIN (text.len, DESCRIBE_MAX), text.u.s,
                            text.len > DESCRIBE_MAX ? "…" : "");
}

BeltValue
belt_func_fail_convert (BeltCall        *call,
                        const BeltValue *value,
                        const char      *to)
{
  return belt_call_fail (call, "cannot convert %s(%s) to %s", belt_value_get_go_type (value),
                         belt_func_describe (call->arena, value), to);
}

BeltValue
belt_func_take_text (const char *text)
{
  return belt_value_str (text, strlen (text));
}

BeltValue
belt_func_new_text (BeltArena  *arena,
                    const char *text,
                    gsize       len)
{
  return belt_value_str (belt_arena_memdup (arena, text, len), len);
}

/* Bytes needed for all that a value points to, each piece rounded up to 16. */
static gsize
measure_owned (const BeltValue *value)
{
  gsize size = 0;

  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
      return (value->len + 15u) & ~(gsize)15u;
    case BELT_TAG_JSON:
      return (value->len + BELT_JSON_PADDING + 15u) & ~(gsize)15u;
    case BELT_TAG_LIST:
      size = value->len * sizeof (BeltValue);
      for (guint32 i = 0; i < value->len; i++)
        size += measure_owned (&value->u.items[i]);
      return size;
    case BELT_TAG_MAP:
      size = value->len * sizeof (BeltMember);
      for (guint32 i = 0; i < value->len; i++)
        size += ((value->u.members[i].name_len + 15u) & ~(gsize)15u) + measure_owned (&value->u.members[i].value);
      return size;
    default:
      return 0;
    }
}

static gpointer
take_memory (char **at,
             gsize  size)
{
  gpointer memory = *at;

  *at += (size + 15u) & ~(gsize)15u;
  return memory;
}

static BeltValue
fill_owned (const BeltValue  *value,
            char            **at)
{
  BeltValue copy = *value;

  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
      copy.u.s = memcpy (take_memory (at, value->len), value->u.s, value->len);
      break;

    case BELT_TAG_JSON:
      copy.u.s = memcpy (take_memory (at, value->len + BELT_JSON_PADDING), value->u.s, value->len);
      memset ((char *)copy.u.s + value->len, 0, BELT_JSON_PADDING);
      break;

    case BELT_TAG_LIST:
      {
        BeltValue *items = take_memory (at, value->len * sizeof *items);

        for (guint32 i = 0; i < value->len; i++)
          items[i] = fill_owned (&value->u.items[i], at);
        copy.u.items = items;
        break;
      }

    case BELT_TAG_MAP:
      {
        BeltMember *members = take_memory (at, value->len * sizeof *members);

        for (guint32 i = 0; i < value->len; i++)
          {
            const BeltMember *from = &value->u.members[i];

            members[i].name = memcpy (take_memory (at, from->name_len), from->name, from->name_len);
            members[i].name_len = from->name_len;
            members[i].value = fill_owned (&from->value, at);
          }
        copy.u.members = members;
        break;
      }

    default:
      break;
    }
  return copy;
}

static gboolean
owns_memory (const BeltValue *value)
{
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
    case BELT_TAG_LIST:
    case BELT_TAG_MAP:
      return value->len > 0;
    case BELT_TAG_JSON:
      return TRUE;
    default:
      return FALSE;
    }
}

/**
 * belt_value_dup_owned:
 * @ret_owned: (out): the copy; not cleared first
 * @value: any value but an error
 *
 * Copies a value deeply into one block.  Release it with belt_value_clear_owned().
 */
void
belt_value_dup_owned (BeltValue       *ret_owned,
                      const BeltValue *value)
{
  char *at;

  g_return_if_fail (ret_owned != NULL);
  g_return_if_fail (value != NULL && value->tag != BELT_TAG_ERROR);

  *ret_owned = *value;
  if (!owns_memory (value))
    return;

  at = g_malloc (MAX (measure_owned (value), 16u));
  *ret_owned = fill_owned (value, &at);
}

void
belt_value_clear_owned (BeltValue *owned)
{
  g_return_if_fail (owned != NULL);

  if (owns_memory (owned))
    g_free ((gpointer)owned->u.s);    /* the block starts with what the value points to */
  *owned = belt_value_null ();
}
