/* belt-expr-eval.c - the row interpreter
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One function a kind of node, one switch over them.  An error is a value: it
 * stops whatever it reaches, except in branches that are not taken.  Left sides
 * that are lists or maps are refused before the right side is looked at, as
 * eKuiper does; binary values are lists to it.
 */
#include "config.h"

#include "belt-expr.h"
#include "belt-expr-private.h"

#define BELT_ARGS_ON_STACK 8u

static gboolean
is_map (const BeltValue *v)
{
  return v->tag == BELT_TAG_MAP || (v->tag == BELT_TAG_JSON && v->len > 0 && v->u.s[0] == '{');
}

BeltValue
belt_expr_fail_at (BeltEval       *eval,
                   const BeltExpr *self,
                   BeltFaultKind   kind,
                   const char     *message)
{
  BeltValue error = belt_value_error (eval->arena, kind, "%s", message);

  ((BeltFault *)error.u.fault)->span = self->span;
  return error;
}

/* The fault was just made in our arena; the node that knows the place writes it in. */
static void
locate_fault (const BeltExpr  *self,
              const BeltValue *value)
{
  BeltFault *fault = (BeltFault *)value->u.fault;

  if (fault->span.start == 0 && fault->span.end == 0)
    fault->span = self->span;
}

/* Whether evaluating it once more yields the same and changes nothing. */
static gboolean
is_repeatable (const BeltExpr *self)
{
  const guint once = BELT_FUNCTION_STATEFUL | BELT_FUNCTION_NONDETERMINISTIC;

  if (self->kind == BELT_EXPR_CALL && (self->function->flags & once) != 0)
    return FALSE;
  for (guint i = 0; i < self->n_children; i++)
    {
      /* A slice may have one end only. */
      if (self->children[i] != NULL && !is_repeatable (self->children[i]))
        return FALSE;
    }

  return TRUE;
}

/* Computed once a row; a batch without room for it (a lone row looked at) computes it each time. */
static BeltValue
eval_alias (const BeltExpr *self,
            BeltEval       *eval)
{
  BeltValue *column = eval->batch->columns[self->slot];
  BeltValue value;

  if (column != NULL && column[eval->row].tag != BELT_TAG_UNSET)
    {
      if (eval->recorder != NULL && is_repeatable (self->children[0]))
        belt_expr_eval (self->children[0], eval);
      return column[eval->row];
    }

  value = belt_expr_eval (self->children[0], eval);
  if (column != NULL)
    column[eval->row] = value;

  return value;
}

static BeltValue
eval_any_column (const BeltExpr *self,
                 const BeltEval *eval)
{
  const BeltValue *alias = self->slot > 0 ? eval->batch->columns[self->slot - 1] : NULL;

  if (alias != NULL && alias[eval->row].tag != BELT_TAG_UNSET)
    return alias[eval->row];

  for (guint i = 0; i < self->n_slots; i++)
    {
      BeltValue value = belt_eval_read_column (eval, self->slots[i]);

      if (value.tag != BELT_TAG_MISSING)
        return value;
    }

  return belt_value_missing ();
}

static BeltValue
fail_operands (BeltEval        *eval,
               const BeltExpr  *self,
               const BeltValue *left)
{
  const char *message = belt_arena_printf (eval->arena, "%s is an invalid operation for %s",
                                           belt_expr_get_operator_text (self), belt_value_get_go_type (left));

  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL, message);
}

/* FALSE: what is left of the operator decides, *ret_left is the error. */
static inline gboolean
eval_left (const BeltExpr *self,
           BeltEval       *eval,
           BeltValue      *ret_left)
{
  *ret_left = belt_expr_eval (self->children[0], eval);
  if (belt_value_is_error (ret_left))
    return FALSE;
  if (!is_map (ret_left) && !belt_value_is_list (ret_left) && ret_left->tag != BELT_TAG_BYTES)
    return TRUE;

  *ret_left = fail_operands (eval, self, ret_left);
  return FALSE;
}

static BeltValue
eval_binary (const BeltExpr *self,
             BeltEval       *eval)
{
  BeltValue a;
  BeltValue b;
  BeltValue result;

  if (!eval_left (self, eval, &a))
    return a;

  b = belt_expr_eval (self->children[1], eval);
  if (belt_value_is_error (&b))
    return b;

  result = self->kind == BELT_EXPR_COMPARE ? belt_value_compare (eval->arena, self->op, &a, &b)
                                           : belt_value_arithmetic (eval->arena, self->op, &a, &b);
  if (belt_value_is_error (&result))
    locate_fault (self, &result);

  return result;
}

static BeltValue
eval_logic (const BeltExpr *self,
            BeltEval       *eval)
{
  gboolean is_and = self->kind == BELT_EXPR_AND;
  BeltValue a;
  BeltValue b;

  if (!eval_left (self, eval, &a))
    return a;
  if (a.tag == BELT_TAG_BOOL && (a.u.i != 0) != is_and)
    return a;

  b = belt_expr_eval (self->children[1], eval);
  if (belt_value_is_error (&b))
    return b;
  if (belt_value_is_null (&a) || belt_value_is_null (&b))
    return belt_value_bool (FALSE);
  if (a.tag == BELT_TAG_BOOL && b.tag == BELT_TAG_BOOL)
    return belt_value_bool (is_and ? a.u.i && b.u.i : a.u.i || b.u.i);

  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                            belt_arena_printf (eval->arena, "invalid operation %s %s %s",
                                               belt_value_describe (eval->arena, &a),
                                               belt_expr_get_operator_text (self),
                                               belt_value_describe (eval->arena, &b)));
}

static BeltValue
eval_not (const BeltExpr *self,
          BeltEval       *eval)
{
  BeltValue a = belt_expr_eval (self->children[0], eval);

  if (belt_value_is_error (&a) || belt_value_is_null (&a))
    return a;
  if (a.tag != BELT_TAG_BOOL)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena, "invalid operation NOT %s",
                                                 belt_value_describe (eval->arena, &a)));

  return belt_value_bool (!a.u.i);
}

static BeltValue
eval_negate (const BeltExpr *self,
             BeltEval       *eval)
{
  BeltValue a = belt_expr_eval (self->children[0], eval);

  if (belt_value_is_error (&a) || belt_value_is_null (&a))
    return a;
  if (a.tag == BELT_TAG_I64)
    return belt_value_i64 ((gint64)(0 - (guint64)a.u.i));
  if (a.tag == BELT_TAG_F64)
    return belt_value_f64 (-a.u.f);

  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                            belt_arena_printf (eval->arena, "invalid operation - %s",
                                               belt_value_describe (eval->arena, &a)));
}

static BeltValue
eval_concat (const BeltExpr *self,
             BeltEval       *eval)
{
  BeltValue a = belt_expr_eval (self->children[0], eval);
  BeltValue b;
  char *text;

  if (belt_value_is_error (&a))
    return a;
  b = belt_expr_eval (self->children[1], eval);
  if (belt_value_is_error (&b))
    return b;
  if (belt_value_is_null (&a) || belt_value_is_null (&b))
    return belt_value_null ();

  a = belt_value_to_text (eval->arena, &a);
  b = belt_value_to_text (eval->arena, &b);
  text = belt_arena_alloc (eval->arena, (gsize)a.len + b.len + 1);
  memcpy (text, a.u.s, a.len);
  memcpy (text + a.len, b.u.s, b.len);

  return belt_value_str (text, (gsize)a.len + b.len);
}

static inline BeltValue
compare_bound (const BeltExpr  *self,
               BeltEval        *eval,
               char             op,
               const BeltValue *x,
               const BeltValue *bound)
{
  BeltValue result = belt_value_compare (eval->arena, op, x, bound);

  if (!belt_value_is_error (&result))
    return result;

  if (belt_value_is_error (bound))
    return *bound;

  return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                            belt_arena_printf (eval->arena, "between operator cannot compare %s and %s",
                                               belt_value_describe (eval->arena, x),
                                               belt_value_describe (eval->arena, bound)));
}

/* The bounds after an operator took them.  FALSE: *ret_low is the error. */
static gboolean
eval_made_range (const BeltExpr *self,
                 BeltEval       *eval,
                 BeltValue      *ret_low,
                 BeltValue      *ret_high)
{
  BeltValue range = belt_expr_eval (self->children[1], eval);

  *ret_low = *ret_high = range;
  if (belt_value_is_error (&range))
    return FALSE;
  if (belt_value_is_null (&range))
    return TRUE;

  range = belt_value_expand (&range, eval->arena);
  if (range.tag != BELT_TAG_LIST || range.len < 2)
    {
      *ret_low = belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                                    belt_arena_printf (eval->arena,
                                                       "between operator expects two arguments, but found %s",
                                                       belt_value_describe (eval->arena, &range)));
      return FALSE;
    }

  *ret_low = range.u.items[0];
  *ret_high = range.u.items[1];
  return TRUE;
}

/* Errors stay in the list: eKuiper sees them where an item is used. */
static BeltValue
eval_items (const BeltExpr *self,
            BeltEval       *eval)
{
  BeltValue *items = belt_arena_new_array (eval->arena, BeltValue, self->n_children);

  for (guint i = 0; i < self->n_children; i++)
    {
      items[i] = belt_expr_eval (self->children[i], eval);
      if (self->kind == BELT_EXPR_RANGE && belt_value_is_null (&items[i]))
        return belt_value_null ();
    }

  return belt_value_list (items, self->n_children);
}

static BeltValue
eval_between (const BeltExpr *self,
              BeltEval       *eval)
{
  BeltValue x;
  BeltValue low;
  BeltValue high;
  BeltValue above;
  BeltValue below;

  if (!eval_left (self, eval, &x))
    return x;

  if (self->n_children == 2)
    {
      if (!eval_made_range (self, eval, &low, &high))
        return low;
    }
  else
    {
      low = belt_expr_eval (self->children[1], eval);
      high = belt_expr_eval (self->children[2], eval);
    }
  if (belt_value_is_null (&low) || belt_value_is_null (&high) || belt_value_is_null (&x))
    return belt_value_bool (FALSE);

  above = compare_bound (self, eval, 'g', &x, &low);
  if (belt_value_is_error (&above))
    return above;
  below = compare_bound (self, eval, 'l', &x, &high);
  if (belt_value_is_error (&below))
    return below;

  return belt_value_bool ((above.u.i && below.u.i) != self->negated);
}

/* Stays the kind of error it was: a function that failed inside a CASE is still that function's. */
static BeltValue
fail_within (BeltEval        *eval,
             const BeltExpr  *self,
             const BeltValue *error,
             const char      *what)
{
  const BeltFault *fault = error->u.fault;
  BeltValue wrapped = belt_expr_fail_at (eval, self, fault->kind,
                                         belt_arena_printf (eval->arena, "%s: %s", what, fault->message));

  ((BeltFault *)wrapped.u.fault)->function = fault->function;
  return wrapped;
}

/* Does this item end the search?  It is equal, or cannot be compared. */
static inline gboolean
item_decides (const BeltExpr  *self,
              BeltEval        *eval,
              const BeltValue *x,
              const BeltValue *item,
              BeltValue       *ret_result)
{
  BeltValue equal = belt_value_compare (eval->arena, '=', x, item);

  if (belt_value_is_error (&equal))
    *ret_result = fail_within (eval, self, &equal, "evaluate in expression error");
  else if (equal.u.i)
    *ret_result = belt_value_bool (!self->negated);
  else
    return FALSE;

  return TRUE;
}

static BeltValue
eval_in (const BeltExpr *self,
         BeltEval       *eval)
{
  BeltValue x;
  BeltValue item;
  BeltValue result;

  if (!eval_left (self, eval, &x))
    return x;
  if (belt_value_is_null (&x))
    return belt_value_bool (FALSE);

  for (guint i = 1; i < self->n_children; i++)
    {
      item = belt_expr_eval (self->children[i], eval);
      if (item_decides (self, eval, &x, &item, &result))
        return result;
    }

  return belt_value_bool (self->negated);
}

static BeltValue
eval_in_list (const BeltExpr *self,
              BeltEval       *eval)
{
  BeltValue x;
  BeltValue list;
  BeltValue result;

  if (!eval_left (self, eval, &x))
    return x;

  list = belt_expr_eval (self->children[1], eval);
  if (belt_value_is_error (&list))
    return list;
  if (belt_value_is_null (&list))
    return belt_value_bool (self->negated);
  if (!belt_value_is_list (&list))
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena, "IN expects a list, but found %s",
                                                 belt_value_describe (eval->arena, &list)));
  if (belt_value_is_null (&x))
    return belt_value_bool (FALSE);

  list = belt_value_expand (&list, eval->arena);
  for (guint i = 0; i < list.len; i++)
    {
      if (item_decides (self, eval, &x, &list.u.items[i], &result))
        return result;
    }

  return belt_value_bool (self->negated);
}

static BeltValue
match_like (const BeltExpr  *self,
            BeltEval        *eval,
            const BeltLike  *like,
            const BeltValue *text)
{
  int matched = belt_like_match (like, text->u.s, text->len);

  if (matched < 0)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL, "LIKE gave up: the pattern takes too many steps");

  return belt_value_bool ((matched > 0) != self->negated);
}

static BeltValue
match_pattern_of_row (const BeltExpr  *self,
                      BeltEval        *eval,
                      const BeltValue *text)
{
  BeltValue pattern = belt_expr_eval (self->children[1], eval);
  g_autoptr(GError) error = NULL;
  BeltLike *like;
  BeltValue result;

  if (belt_value_is_error (&pattern))
    return pattern;
  if (pattern.tag != BELT_TAG_STR)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena,
                                                 "invalid LIKE pattern, must be a string but got %s",
                                                 belt_value_describe (eval->arena, &pattern)));

  like = belt_like_new (pattern.u.s, pattern.len, &error);
  if (like == NULL)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena, "invalid LIKE pattern: %s", error->message));

  result = match_like (self, eval, like, text);
  belt_like_free (like);
  return result;
}

static BeltValue
eval_like (const BeltExpr *self,
           BeltEval       *eval)
{
  BeltValue x;

  if (!eval_left (self, eval, &x))
    return x;
  if (x.tag != BELT_TAG_STR)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena,
                                                 "LIKE operator left operand expects string, but found %s",
                                                 belt_value_describe (eval->arena, &x)));

  if (self->compiled != NULL)
    return match_like (self, eval, self->compiled, &x);

  return match_pattern_of_row (self, eval, &x);
}

static BeltValue
eval_case (const BeltExpr *self,
           BeltEval       *eval)
{
  guint at = 0;
  guint end = self->n_children - (self->has_else ? 1 : 0);
  BeltValue operand = belt_value_null ();
  BeltValue when;

  if (self->has_operand)
    operand = belt_expr_eval (self->children[at++], eval);

  for (; at + 1 < end; at += 2)
    {
      when = belt_expr_eval (self->children[at], eval);
      if (self->has_operand && (belt_value_is_null (&operand) || belt_value_is_null (&when)))
        continue;
      if (self->has_operand)
        when = belt_value_compare (eval->arena, '=', &operand, &when);
      if (belt_value_is_error (&when))
        return fail_within (eval, self, &when, "evaluate case expression error");
      if (when.tag == BELT_TAG_BOOL && when.u.i)
        return belt_expr_eval (self->children[at + 1], eval);
    }

  return self->has_else ? belt_expr_eval (self->children[end], eval) : belt_value_null ();
}

static BeltValue
call_function (const BeltExpr  *self,
               BeltEval        *eval,
               const BeltValue *args)
{
  BeltCall call = {
    .function = self->function,
    .arena = eval->arena,
    .environment = eval->environment,
    .span = self->span,
  };
  BeltValue value;

  if ((self->function->flags & BELT_FUNCTION_STATEFUL) && eval->states != NULL)
    call.state = &eval->states[self->state];

  value = belt_function_call (&call, args, self->n_children);
  if (belt_value_is_error (&value))
    locate_fault (self, &value);

  return value;
}

static BeltValue
eval_call (const BeltExpr *self,
           BeltEval       *eval)
{
  BeltValue on_stack[BELT_ARGS_ON_STACK];
  BeltValue *args = on_stack;

  if (self->slot != BELT_CONTEXT_NONE)
    return belt_expr_eval_context (self, eval);
  if (self->function->call == NULL)
    return belt_expr_fail_at (eval, self, BELT_FAULT_EVAL,
                              belt_arena_printf (eval->arena, "%s is not allowed here", self->function->name));

  if (self->n_children > BELT_ARGS_ON_STACK)
    args = belt_arena_new_array (eval->arena, BeltValue, self->n_children);

  for (guint i = 0; i < self->n_children; i++)
    {
      args[i] = belt_expr_eval (self->children[i], eval);
      if (belt_value_is_error (&args[i]))
        return args[i];
      if (args[i].tag == BELT_TAG_JSON)
        args[i] = belt_value_expand (&args[i], eval->arena);
    }

  return call_function (self, eval, args);
}

static BeltValue
eval_kind (const BeltExpr *self,
           BeltEval       *eval)
{
  switch (self->kind)
    {
    case BELT_EXPR_CONST:
      return self->constant;
    case BELT_EXPR_COLUMN:
    case BELT_EXPR_SLOT:
      return belt_eval_read_column (eval, self->slot);
    case BELT_EXPR_ALIAS:
      return eval_alias (self, eval);
    case BELT_EXPR_ANY_COLUMN:
      return eval_any_column (self, eval);
    case BELT_EXPR_WILDCARD:
      return belt_expr_eval_wildcard (self, eval);
    case BELT_EXPR_ARITHMETIC:
    case BELT_EXPR_COMPARE:
      return eval_binary (self, eval);
    case BELT_EXPR_AND:
    case BELT_EXPR_OR:
      return eval_logic (self, eval);
    case BELT_EXPR_NOT:
      return eval_not (self, eval);
    case BELT_EXPR_NEGATE:
      return eval_negate (self, eval);
    case BELT_EXPR_CONCAT:
      return eval_concat (self, eval);
    case BELT_EXPR_IS_NULL:
      {
        BeltValue x = belt_expr_eval (self->children[0], eval);
        return belt_value_is_error (&x) ? x
                                        : belt_value_bool (belt_value_is_null (&x) != self->negated);
      }
    case BELT_EXPR_BETWEEN:
      return eval_between (self, eval);
    case BELT_EXPR_IN:
      return eval_in (self, eval);
    case BELT_EXPR_IN_LIST:
      return eval_in_list (self, eval);
    case BELT_EXPR_LIKE:
      return eval_like (self, eval);
    case BELT_EXPR_CASE:
      return eval_case (self, eval);
    case BELT_EXPR_MEMBER:
      return belt_expr_eval_member (self, eval);
    case BELT_EXPR_RANGE:
    case BELT_EXPR_SET:
      return eval_items (self, eval);
    case BELT_EXPR_ARROW:
      return belt_expr_eval_arrow (self, eval);
    case BELT_EXPR_INDEX:
      return belt_expr_eval_index (self, eval);
    case BELT_EXPR_SLICE:
      return belt_expr_eval_slice (self, eval);
    case BELT_EXPR_CALL:
      return eval_call (self, eval);
    default:
      g_assert_not_reached ();
    }
}

BeltValue
belt_expr_eval (const BeltExpr *self,
                BeltEval       *eval)
{
  BeltValue value = eval_kind (self, eval);

  if (G_UNLIKELY (eval->recorder != NULL))
    eval->recorder->record (eval->recorder->owner, self, &value);

  return value;
}

void
belt_expr_eval_batch (const BeltExpr *self,
                      BeltEval       *eval,
                      BeltValue      *out)
{
  BeltBatch *batch = eval->batch;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      eval->row = belt_batch_get_row (batch, i);
      out[eval->row] = belt_expr_eval (self, eval);
    }
}
