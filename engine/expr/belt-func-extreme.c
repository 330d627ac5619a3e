/* belt-func-extreme.c - the greatest or least of some values
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shared by max() and min() over rows and over arrays.  If the first value is
 * an int, floats after it are cut to ints; if it is a float, ints after it are
 * refused.  That is what eKuiper does.
 */
#include "config.h"

#include "belt-func-private.h"

static int
compare_texts (const BeltValue *a,
               const BeltValue *b)
{
  int order = memcmp (a->u.s, b->u.s, MIN (a->len, b->len));

  if (order != 0)
    return order;
  return a->len < b->len ? -1 : a->len > b->len;
}

static int
compare_numbers (const BeltValue *a,
                 const BeltValue *b)
{
  if (a->tag == BELT_TAG_I64)
    return a->u.i < b->u.i ? -1 : a->u.i > b->u.i;
  return a->u.f < b->u.f ? -1 : a->u.f > b->u.f;
}

gboolean
belt_extreme_add (BeltExtreme     *self,
                  const BeltValue *value)
{
  BeltValue other = *value;
  gint64 number;
  int order;

  if (belt_value_is_null (value))
    return TRUE;
  if (belt_value_is_null (&self->value))
    {
      if (!belt_value_is_number (value) && value->tag != BELT_TAG_STR)
        return FALSE;
      self->value = *value;
      return TRUE;
    }
  if (self->value.tag == BELT_TAG_I64 && belt_func_get_i64 (value, &number))
    other = belt_value_i64 (number);
  if (other.tag != self->value.tag)
    return FALSE;

  order = other.tag == BELT_TAG_STR ? compare_texts (&other, &self->value) : compare_numbers (&other, &self->value);
  if (order * self->sign > 0)
    self->value = other;
  return TRUE;
}

BeltValue
belt_extreme_fail (BeltCall          *call,
                   const BeltExtreme *self,
                   const BeltValue   *value)
{
  const char *text = belt_func_describe (call->arena, value);

  if (belt_value_is_null (&self->value))
    return belt_call_fail (call, "found invalid arg %s(%s)", belt_value_get_go_type (value), text);
  return belt_call_fail (call, "requires %s but found %s(%s)", belt_value_get_go_type (&self->value),
                         belt_value_get_go_type (value), text);
}
