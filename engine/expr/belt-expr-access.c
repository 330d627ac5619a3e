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

static BeltValue
fail_member_of_list (const BeltExpr  *self,
                     BeltEval        *eval,
                     const BeltValue *base)
{
  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                            belt_arena_printf (eval->arena, "the result %s is not a type of map[string]interface{}",
                                               belt_value_describe (eval->arena, base)));
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

  if (belt_value_is_list (&base) || base.tag == BELT_TAG_BYTES)
    return fail_member_of_list (self, eval, &base);

  if (base.tag != BELT_TAG_JSON)
    return get_member_of_scalar (self, eval, &base);

  found = belt_json_get_member (&base, self->name, self->name_len, eval->arena);
  return found.tag == BELT_TAG_MISSING ? belt_value_null () : found;
}

/* What stands behind -> is no name, so only a null keeps it from being an error. */
BeltValue
belt_expr_eval_arrow (const BeltExpr *self,
                      BeltEval       *eval)
{
  BeltValue base = belt_expr_eval (self->children[0], eval);
  BeltValue other;

  if (belt_value_is_error (&base))
    return base;
  if (belt_value_is_list (&base) || base.tag == BELT_TAG_BYTES)
    return fail_member_of_list (self, eval, &base);
  if (base.tag == BELT_TAG_MAP || base.tag == BELT_TAG_JSON)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL, "the right expression is not a field reference node");

  other = belt_expr_eval (self->children[1], eval);
  if (belt_value_is_error (&other))
    return other;
  if (belt_value_is_null (&base) || belt_value_is_null (&other))
    return belt_value_null ();

  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                            belt_arena_printf (eval->arena, "invalid operation %s -> %s",
                                               belt_value_describe (eval->arena, &base),
                                               belt_value_describe (eval->arena, &other)));
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

typedef struct
{
  gint64   low;
  gint64   high;
  gboolean has_high;
} Positions;

static gboolean
eval_positions (const BeltExpr *self,
                BeltEval       *eval,
                Positions      *ret_positions,
                BeltValue      *ret_error)
{
  const BeltExpr *high = self->kind == BELT_EXPR_SLICE ? self->children[2] : NULL;

  *ret_positions = (Positions) { .has_high = high != NULL };
  if (self->children[1] != NULL && !eval_position (self, eval, self->children[1], &ret_positions->low, ret_error))
    return FALSE;
  return high == NULL || eval_position (self, eval, high, &ret_positions->high, ret_error);
}

/* The list that an index or slice works on, and where; else *ret_result is the answer.  As in
 * eKuiper, the positions of null are looked at too, those of an object are not, and what goes
 * wrong with those of a list is always an error of evaluation.  Binary values are lists. */
static gboolean
get_indexed_list (const BeltExpr *self,
                  BeltEval       *eval,
                  BeltValue      *ret_list,
                  Positions      *ret_positions,
                  BeltValue      *ret_result)
{
  BeltValue base = belt_expr_eval (self->children[0], eval);
  gboolean is_list = belt_value_is_list (&base) || base.tag == BELT_TAG_BYTES;
  gboolean is_object = base.tag == BELT_TAG_MAP || (base.tag == BELT_TAG_JSON && !is_list);

  *ret_result = base;
  if (belt_value_is_error (&base))
    return FALSE;

  if (!is_object && !eval_positions (self, eval, ret_positions, ret_result))
    {
      if (is_list && ret_result->u.fault->kind != BELT_FAULT_EVAL)
        *ret_result = belt_expr_fail_at (eval, self, BELT_FAULT_EVAL, ret_result->u.fault->message);
      return FALSE;
    }

  if (is_list)
    {
      *ret_list = belt_value_expand (&base, eval->arena);
      return TRUE;
    }

  if (!belt_value_is_null (&base))
    *ret_result = belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                                     belt_arena_printf (eval->arena, "[] is an invalid operation for %s",
                                                        belt_value_describe (eval->arena, &base)));
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

  if (list->tag == BELT_TAG_BYTES)
    return belt_value_i64 ((guint8)list->u.s[at]);
  return list->u.items[at];
}

BeltValue
belt_expr_eval_index (const BeltExpr *self,
                      BeltEval       *eval)
{
  BeltValue list;
  BeltValue result;
  Positions at;

  if (!get_indexed_list (self, eval, &list, &at, &result))
    return result;

  return take_item (self, eval, &list, at.low);
}

/* x[a:a] is x[a].  A negative end may stand before the start: eKuiper crashes there, unless they meet
 * and the part is empty. */
BeltValue
belt_expr_eval_slice (const BeltExpr *self,
                      BeltEval       *eval)
{
  BeltValue list;
  BeltValue result;
  Positions at;
  gint64 low;
  gint64 end;

  if (!get_indexed_list (self, eval, &list, &at, &result))
    return result;
  if (at.has_high && at.low == at.high)
    return take_item (self, eval, &list, at.low);

  low = at.low < 0 ? at.low + list.len : at.low;
  if (low < 0 || low >= list.len)
    return fail_range (eval, self, at.low < 0 ? "out of index" : "start value is out of index", at.low, list.len);

  end = !at.has_high ? list.len : at.high < 0 ? at.high + list.len : at.high;
  if (end < 0)
    return fail_range (eval, self, "out of index", at.high, list.len);
  if (end > list.len)
    return fail_range (eval, self, "end value is out of index", at.high, list.len);
  if (low > end || (low == end && at.high >= 0))
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena, "start cannot be greater than end. start:%"
                                                 G_GINT64_FORMAT "  end:%" G_GINT64_FORMAT, low, end));

  if (list.tag == BELT_TAG_BYTES)
    return belt_value_bytes (list.u.s + low, (gsize)(end - low));
  return belt_value_list (list.u.items + low, (gsize)(end - low));
}
