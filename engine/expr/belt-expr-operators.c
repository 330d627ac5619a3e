/* belt-expr-operators.c - the operators of the language on two values
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables are eKuiper's: a null on either side makes arithmetic null and any
 * comparison false; whole and fractional numbers mix to a fraction; integers wrap;
 * everything else that does not fit is an error of the row.
 */
#include "config.h"

#include "belt-expr.h"

#include "belt-ast.h"

#include <math.h>

const char *
belt_value_get_go_type (const BeltValue *value)
{
  switch (value->tag)
    {
    case BELT_TAG_BOOL:
      return "bool";
    case BELT_TAG_I64:
      return "int64";
    case BELT_TAG_F64:
      return "float64";
    case BELT_TAG_STR:
      return "string";
    case BELT_TAG_BYTES:
      return "[]uint8";
    case BELT_TAG_TIME:
      return "time.Time";
    case BELT_TAG_LIST:
      return "[]interface {}";
    case BELT_TAG_MAP:
      return "map[string]interface {}";
    case BELT_TAG_JSON:
      return value->len > 0 && value->u.s[0] == '[' ? "[]interface {}" : "map[string]interface {}";
    default:
      return "<nil>";
    }
}

const char *
belt_value_describe (BeltArena       *arena,
                     const BeltValue *value)
{
  BeltValue text;

  if (belt_value_is_null (value))
    return "<nil>";

  text = belt_value_to_text (arena, value);
  return belt_arena_printf (arena, "%s(%.*s)", belt_value_get_go_type (value), (int)text.len, text.u.s);
}

static BeltValue
fail_operation (BeltArena       *arena,
                char             op,
                const BeltValue *a,
                const BeltValue *b)
{
  return belt_value_error (arena, BELT_FAULT_EVAL, "invalid operation %s %s %s",
                           belt_value_describe (arena, a), belt_operator_get_text (op),
                           belt_value_describe (arena, b));
}

static BeltValue
fail_division (BeltArena *arena)
{
  return belt_value_error (arena, BELT_FAULT_DIVIDE_BY_ZERO, "divided by zero");
}

/* Go wraps; so do we, by way of unsigned numbers. */
static BeltValue
calculate_integers (BeltArena       *arena,
                    char             op,
                    const BeltValue *a,
                    const BeltValue *b)
{
  gint64 x = a->u.i;
  gint64 y = b->u.i;

  switch (op)
    {
    case '+':
      return belt_value_i64 ((gint64)((guint64)x + (guint64)y));
    case '-':
      return belt_value_i64 ((gint64)((guint64)x - (guint64)y));
    case '*':
      return belt_value_i64 ((gint64)((guint64)x * (guint64)y));
    case '/':
      if (y == 0)
        return fail_division (arena);
      return y == -1 ? belt_value_i64 ((gint64)(0 - (guint64)x)) : belt_value_i64 (x / y);
    case '%':
      if (y == 0)
        return fail_division (arena);
      return belt_value_i64 (y == -1 ? 0 : x % y);
    case '&':
      return belt_value_i64 (x & y);
    case '|':
      return belt_value_i64 (x | y);
    case '^':
      return belt_value_i64 (x ^ y);
    default:
      return fail_operation (arena, op, a, b);
    }
}

static BeltValue
calculate_floats (BeltArena       *arena,
                  char             op,
                  const BeltValue *a,
                  const BeltValue *b)
{
  double x = belt_value_as_f64 (a);
  double y = belt_value_as_f64 (b);

  switch (op)
    {
    case '+':
      return belt_value_f64 (x + y);
    case '-':
      return belt_value_f64 (x - y);
    case '*':
      return belt_value_f64 (x * y);
    case '/':
      return y == 0 ? fail_division (arena) : belt_value_f64 (x / y);
    case '%':
      return y == 0 ? fail_division (arena) : belt_value_f64 (fmod (x, y));
    default:
      return fail_operation (arena, op, a, b);
    }
}

static BeltValue
calculate_booleans (BeltArena       *arena,
                    char             op,
                    const BeltValue *a,
                    const BeltValue *b)
{
  switch (op)
    {
    case '&':
      return belt_value_bool (a->u.i && b->u.i);
    case '|':
      return belt_value_bool (a->u.i || b->u.i);
    case '^':
      return belt_value_bool (a->u.i != b->u.i);
    default:
      return fail_operation (arena, op, a, b);
    }
}

BeltValue
belt_value_arithmetic (BeltArena       *arena,
                       char             op,
                       const BeltValue *a,
                       const BeltValue *b)
{
  if (belt_value_is_error (a))
    return *a;
  if (belt_value_is_error (b))
    return *b;

  if (belt_value_is_null (a) || belt_value_is_null (b))
    return op == '&' || op == '|' || op == '^' ? belt_value_bool (FALSE) : belt_value_null ();

  if (a->tag == BELT_TAG_I64 && b->tag == BELT_TAG_I64)
    return calculate_integers (arena, op, a, b);
  if (belt_value_is_number (a) && belt_value_is_number (b))
    return calculate_floats (arena, op, a, b);
  if (a->tag == BELT_TAG_BOOL && b->tag == BELT_TAG_BOOL)
    return calculate_booleans (arena, op, a, b);

  return fail_operation (arena, op, a, b);
}

static gboolean
is_true_of_order (char op,
                  int  order)
{
  switch (op)
    {
    case '=':
      return order == 0;
    case '!':
      return order != 0;
    case '<':
      return order < 0;
    case 'l':
      return order <= 0;
    case '>':
      return order > 0;
    case 'g':
      return order >= 0;
    default:
      g_assert_not_reached ();
    }
}

static int
order_strings (const BeltValue *a,
               const BeltValue *b)
{
  int order = memcmp (a->u.s, b->u.s, MIN (a->len, b->len));

  if (order != 0)
    return order;

  return (a->len > b->len) - (a->len < b->len);
}

static BeltValue
compare_times (BeltArena       *arena,
               char             op,
               const BeltValue *a,
               const BeltValue *b)
{
  BeltValue other = belt_value_convert (arena, b, BELT_TAG_TIME, BELT_CONVERT_ALL, NULL);

  if (other.tag != BELT_TAG_TIME)
    return fail_operation (arena, op, a, b);

  return belt_value_bool (is_true_of_order (op, (a->u.i > other.u.i) - (a->u.i < other.u.i)));
}

BeltValue
belt_value_compare (BeltArena       *arena,
                    char             op,
                    const BeltValue *a,
                    const BeltValue *b)
{
  if (belt_value_is_error (a))
    return *a;
  if (belt_value_is_error (b))
    return *b;

  if (belt_value_is_null (a) || belt_value_is_null (b))
    return belt_value_bool (FALSE);

  if (a->tag == BELT_TAG_I64 && b->tag == BELT_TAG_I64)
    return belt_value_bool (is_true_of_order (op, (a->u.i > b->u.i) - (a->u.i < b->u.i)));
  if (belt_value_is_number (a) && belt_value_is_number (b))
    return belt_value_bool (belt_compare_floats (op, belt_value_as_f64 (a), belt_value_as_f64 (b)));
  if (a->tag == BELT_TAG_STR && b->tag == BELT_TAG_STR)
    return belt_value_bool (is_true_of_order (op, order_strings (a, b)));
  if (a->tag == BELT_TAG_TIME)
    return compare_times (arena, op, a, b);
  if (a->tag == BELT_TAG_BOOL && b->tag == BELT_TAG_BOOL && (op == '=' || op == '!'))
    return belt_value_bool ((a->u.i == b->u.i) == (op == '='));

  return fail_operation (arena, op, a, b);
}
