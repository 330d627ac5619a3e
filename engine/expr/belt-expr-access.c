/* belt-expr-access.c - the member of an object, the item or a part of a list
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-expr-private.h"

#include <math.h>

/* eKuiper evaluates the right side as a column of the row when the left side is no object, so
 * only a like-named column makes it an error. */
static BeltValue
get_member_of_scalar (const BeltExpr  *self,
                      BeltEval        *eval,
                      const BeltValue *base)
{
  BeltValue other = belt_value_missing ();

  for (guint i = 0; i < self->n_slots && other.tag == BELT_TAG_MISSING; i++)
    other = belt_eval_read_column (eval, self->slots[i]);

  if (belt_value_is_null (base) || belt_value_is_null (&other))
    return belt_value_null ();

  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                            belt_arena_printf (eval->arena, "invalid operation %s -> %s",
                                               belt_value_describe (eval->arena, base),
                                               belt_value_describe (eval->arena, &other)));
}

BeltValue
belt_expr_eval_member (const BeltExpr *self,
                       BeltEval       *eval)
{
  BeltValue base = belt_expr_eval (self->children[0], eval);
  const BeltValue *member;
  BeltValue found;

  if (belt_value_is_error (&base))
    return base;

  if (base.tag == BELT_TAG_MAP)
    {
      member = belt_value_get_member (&base, self->name, self->name_len);
      return member != NULL ? *member : belt_value_null ();
    }

  if (belt_value_is_list (&base))
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena,
                                                 "the result %s is not a type of map[string]interface{}",
                                                 belt_value_describe (eval->arena, &base)));

  if (base.tag != BELT_TAG_JSON)
    return get_member_of_scalar (self, eval, &base);

  found = belt_json_get_member (&base, self->name, self->name_len, eval->arena);
  return found.tag == BELT_TAG_MISSING ? belt_value_null () : found;
}

/* The list that an index or slice works on; else *ret_result is the answer. */
static gboolean
get_indexed_list (const BeltExpr *self,
                  BeltEval       *eval,
                  BeltValue      *ret_list,
                  BeltValue      *ret_result)
{
  BeltValue base = belt_expr_eval (self->children[0], eval);

  if (belt_value_is_error (&base))
    *ret_result = base;
  else if (belt_value_is_null (&base))
    *ret_result = belt_value_null ();
  else if (belt_value_is_list (&base))
    {
      *ret_list = belt_value_expand (&base, eval->arena);
      return TRUE;
    }
  else
    *ret_result = belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                                     belt_arena_printf (eval->arena, "[] is an invalid operation for %s",
                                                        belt_value_describe (eval->arena, &base)));

  return FALSE;
}

/* Floats are cut to whole numbers, as conversion inside one kind does. */
static gboolean
eval_position (const BeltExpr *self,
               BeltEval       *eval,
               const BeltExpr *expr,
               gint64         *ret_position,
               BeltValue      *ret_error)
{
  BeltValue value = belt_expr_eval (expr, eval);

  if (value.tag == BELT_TAG_I64)
    {
      *ret_position = value.u.i;
      return TRUE;
    }

  if (value.tag == BELT_TAG_F64 && fabs (value.u.f) < 9.2e18)
    {
      *ret_position = (gint64)value.u.f;
      return TRUE;
    }

  if (belt_value_is_error (&value))
    *ret_error = value;
  else
    *ret_error = belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                                    belt_arena_printf (eval->arena, "index %s is not int",
                                                       belt_value_describe (eval->arena, &value)));
  return FALSE;
}

static BeltValue
fail_range (BeltEval       *eval,
            const BeltExpr *self,
            const char     *what,
            gint64          position,
            guint           len)
{
  return belt_expr_fail_at (eval, self, BELT_FAULT_INDEX_OUT_OF_RANGE,
                            belt_arena_printf (eval->arena, "%s: %" G_GINT64_FORMAT " of %u", what, position, len));
}

static BeltValue
take_item (const BeltExpr  *self,
           BeltEval        *eval,
           const BeltValue *list,
           gint64           position)
{
  gint64 at = position < 0 ? position + list->len : position;

  if (at < 0 || at >= list->len)
    return fail_range (eval, self, "out of index", position, list->len);

  return list->u.items[at];
}

BeltValue
belt_expr_eval_index (const BeltExpr *self,
                      BeltEval       *eval)
{
  BeltValue list;
  BeltValue result;
  gint64 position;

  if (!get_indexed_list (self, eval, &list, &result))
    return result;
  if (!eval_position (self, eval, self->children[1], &position, &result))
    return result;

  return take_item (self, eval, &list, position);
}

BeltValue
belt_expr_eval_slice (const BeltExpr *self,
                      BeltEval       *eval)
{
  BeltValue list;
  BeltValue result;
  gint64 low = 0;
  gint64 high = 0;
  gint64 end;

  if (!get_indexed_list (self, eval, &list, &result))
    return result;
  if (self->children[1] != NULL && !eval_position (self, eval, self->children[1], &low, &result))
    return result;
  if (self->children[2] != NULL && !eval_position (self, eval, self->children[2], &high, &result))
    return result;
  if (self->children[2] != NULL && low == high)
    return take_item (self, eval, &list, low);

  end = low < 0 ? low + list.len : low;
  if (end < 0 || end >= list.len)
    return fail_range (eval, self, low < 0 ? "out of index" : "start value is out of index", low,
                       list.len);
  low = end;

  end = self->children[2] == NULL ? list.len : high < 0 ? high + list.len : high;
  if (end < 0)
    return fail_range (eval, self, "out of index", high, list.len);
  if (end > list.len)
    return fail_range (eval, self, "end value is out of index", high, list.len);
  if (low >= end)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena, "start cannot be greater than end. start:%"
                                                 G_GINT64_FORMAT "  end:%" G_GINT64_FORMAT, low, end));

  return belt_value_list (list.u.items + low, (gsize)(end - low));
}
