/* belt-template-functions.c - what a template can call
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Go's own functions and of the sprig set those that make sense for a payload; what
 * has to do with texts is in belt-template-text.c.  Comparing an int with a float fails, as in Go:
 * numbers of rows are floats, so it is `gt .a 10.0`.
 */
#include "config.h"

#include "belt-expr.h"
#include "belt-json.h"
#include "belt-template-private.h"

#include <math.h>
#include <string.h>

gboolean
belt_template_is_true (const BeltValue *value)
{
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
      return FALSE;
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
      return value->u.i != 0;
    case BELT_TAG_F64:
      return value->u.f != 0.0;
    case BELT_TAG_JSON:
      return value->len > 2;
    case BELT_TAG_TIME:
      return TRUE;
    default:
      return value->len > 0;
    }
}

void
belt_template_print (GString         *out,
                     BeltArena       *arena,
                     const BeltValue *value)
{
  BeltValue text;

  if (belt_value_is_null (value))
    {
      g_string_append (out, "<no value>");
      return;
    }
  text = belt_value_to_text (arena, value);
  g_string_append_len (out, text.u.s, text.len);
}

static BeltValue
count_items (BeltArena       *arena,
             const BeltValue *value,
             gboolean        *ret_has_length)
{
  BeltValue expanded = belt_value_expand (value, arena);

  *ret_has_length = expanded.tag == BELT_TAG_LIST || expanded.tag == BELT_TAG_MAP || expanded.tag == BELT_TAG_STR ||
                    expanded.tag == BELT_TAG_BYTES;
  return belt_value_i64 (expanded.len);
}

BELT_TEMPLATE_FUNCTION (and)
{
  *ret_value = args[n_args - 1];
  for (guint i = 0; i < n_args; i++)
    {
      if (belt_template_is_true (&args[i]) == (self->op == '|'))
        {
          *ret_value = args[i];
          break;
        }
    }
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (not)
{
  *ret_value = belt_value_bool (!belt_template_is_true (&args[0]));
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (len)
{
  gboolean has_length;

  *ret_value = count_items (arena, &args[0], &has_length);
  *ret_text = "len of a value that has none";
  return has_length;
}

static gboolean
pick (BeltArena       *arena,
      const BeltValue *holder,
      const BeltValue *key,
      BeltValue       *ret_value,
      const char     **ret_text)
{
  BeltValue expanded = belt_value_expand (holder, arena);
  const BeltValue *member;

  if (expanded.tag == BELT_TAG_MAP && key->tag == BELT_TAG_STR)
    {
      member = belt_value_get_member (&expanded, key->u.s, key->len);
      *ret_value = member != NULL ? *member : belt_value_null ();
      return TRUE;
    }
  if (expanded.tag == BELT_TAG_LIST && key->tag == BELT_TAG_I64)
    {
      *ret_text = "index out of range";
      if (key->u.i < 0 || key->u.i >= expanded.len)
        return FALSE;
      *ret_value = expanded.u.items[key->u.i];
      return TRUE;
    }
  *ret_text = "cannot index this with that";
  return FALSE;
}

BELT_TEMPLATE_FUNCTION (index)
{
  BeltValue value = args[0];

  for (guint i = 1; i < n_args; i++)
    {
      if (!pick (arena, &value, &args[i], &value, ret_text))
        return FALSE;
    }
  *ret_value = value;
  return TRUE;
}

/* sprig's, which stands in the place of Go's: of lists only. */
BELT_TEMPLATE_FUNCTION (slice)
{
  BeltValue value = belt_value_expand (&args[0], arena);
  gint64 from = n_args > 1 ? belt_template_to_int (&args[1]) : 0;
  gint64 to = n_args > 2 ? belt_template_to_int (&args[2]) : value.len;

  *ret_text = "list should be type of slice or array";
  if (value.tag != BELT_TAG_LIST)
    return FALSE;
  if (value.len == 0)
    {
      *ret_value = belt_value_null ();
      return TRUE;
    }
  *ret_text = "slice bounds out of range";
  if (from < 0 || from > to || to > value.len)
    return FALSE;
  *ret_value = belt_value_list (value.u.items + from, (gsize)(to - from));
  return TRUE;
}

static int
compare (const BeltValue *a,
         const BeltValue *b)
{
  int order;

  if (a->tag == BELT_TAG_F64)
    return a->u.f < b->u.f ? -1 : a->u.f > b->u.f;
  if (a->tag != BELT_TAG_STR)
    return a->u.i < b->u.i ? -1 : a->u.i > b->u.i;
  order = memcmp (a->u.s, b->u.s, MIN (a->len, b->len));
  return order != 0 ? order : a->len < b->len ? -1 : a->len > b->len;
}

static gboolean
can_compare (const BeltValue *a,
             const BeltValue *b,
             gboolean         by_order)
{
  if (a->tag != b->tag)
    return FALSE;
  return belt_value_is_number (a) || a->tag == BELT_TAG_STR || (!by_order && a->tag == BELT_TAG_BOOL);
}

BELT_TEMPLATE_FUNCTION (equal)
{
  gboolean found = FALSE;

  *ret_text = "incompatible types for comparison";
  for (guint i = 1; i < n_args; i++)
    {
      gboolean has_null = belt_value_is_null (&args[0]) || belt_value_is_null (&args[i]);

      if (!has_null && !can_compare (&args[0], &args[i], FALSE))
        return FALSE;
      found |= has_null ? belt_value_is_null (&args[0]) && belt_value_is_null (&args[i])
                        : compare (&args[0], &args[i]) == 0;
    }
  *ret_value = belt_value_bool (self->op == '!' ? !found : found);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (order)
{
  int order;

  *ret_text = "incompatible types for comparison";
  if (!can_compare (&args[0], &args[1], TRUE))
    return FALSE;
  order = compare (&args[0], &args[1]);
  *ret_value = belt_value_bool (self->op == '<' ? order < 0 : self->op == 'l' ? order <= 0
                                                            : self->op == '>' ? order > 0 : order >= 0);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (default)
{
  *ret_value = n_args > 1 && belt_template_is_true (&args[1]) ? args[1] : args[0];
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (coalesce)
{
  *ret_value = belt_value_null ();
  for (guint i = 0; i < n_args && !belt_template_is_true (ret_value); i++)
    *ret_value = args[i];
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (ternary)
{
  *ret_text = "invalid value; expected bool";
  if (args[2].tag != BELT_TAG_BOOL)
    return FALSE;
  *ret_value = args[2].u.i != 0 ? args[0] : args[1];
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (first)
{
  BeltValue list = belt_value_expand (&args[0], arena);

  *ret_text = "it takes a list";
  if (list.tag != BELT_TAG_LIST)
    return FALSE;
  *ret_value = list.len == 0 ? belt_value_null () : list.u.items[self->op == 'f' ? 0 : list.len - 1];
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (list)
{
  *ret_value = belt_value_list (belt_arena_memdup (arena, args, n_args * sizeof *args), n_args);
  return TRUE;
}

/* rest, initial, reverse, append, prepend and concat make a list of others. */
BELT_TEMPLATE_FUNCTION (relist)
{
  BeltValue list = belt_value_expand (&args[0], arena);
  guint n = list.len + n_args;
  BeltValue *items;

  *ret_text = "it takes a list";
  if (list.tag != BELT_TAG_LIST)
    return FALSE;
  if (self->op == 'r' || self->op == 'i')
    {
      *ret_value = list.len == 0 ? list : belt_value_list (list.u.items + (self->op == 'r' ? 1 : 0), list.len - 1);
      return TRUE;
    }

  items = belt_arena_new_array (arena, BeltValue, n);
  for (guint i = 0; i < list.len; i++)
    items[self->op == 'v' ? list.len - 1 - i : self->op == 'p' ? i + 1 : i] = list.u.items[i];
  if (self->op == 'a')
    items[list.len] = args[1];
  else if (self->op == 'p')
    items[0] = args[1];
  *ret_value = belt_value_list (items, list.len + (self->op == 'v' ? 0 : 1));
  return TRUE;
}

/* The names of an object or its values, in order of the names: Go has no order for them. */
BELT_TEMPLATE_FUNCTION (keys)
{
  BeltValue object = belt_value_expand (&args[0], arena);
  g_autofree const BeltMember **members = NULL;
  BeltValue *items;

  *ret_text = "it takes an object";
  if (belt_value_is_null (&object))
    object = belt_value_map (NULL, 0);
  if (object.tag != BELT_TAG_MAP)
    return FALSE;

  members = belt_value_sort_members (&object);
  items = belt_arena_new_array (arena, BeltValue, object.len + 1);
  for (guint i = 0; i < object.len; i++)
    items[i] = self->op == 'k' ? belt_value_str (members[i]->name, members[i]->name_len) : members[i]->value;
  *ret_value = belt_value_list (items, object.len);
  return TRUE;
}

/* dict "name" value …: the last name may have none. */
BELT_TEMPLATE_FUNCTION (dict)
{
  BeltMember *members = belt_arena_new_array (arena, BeltMember, n_args / 2 + 1);
  guint n = 0;

  for (guint i = 0; i < n_args; i += 2)
    {
      BeltValue name = belt_value_to_text (arena, &args[i]);
      BeltValue value = i + 1 < n_args ? args[i + 1] : belt_value_str ("", 0);
      guint at = 0;

      while (at < n && !(members[at].name_len == name.len && memcmp (members[at].name, name.u.s, name.len) == 0))
        at++;
      members[at] = (BeltMember) { name.u.s, name.len, value };
      n = MAX (n, at + 1);
    }
  *ret_value = belt_value_map (members, n);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (has_key)
{
  BeltValue object = belt_value_expand (&args[0], arena);
  BeltValue name = belt_value_to_text (arena, &args[1]);
  const BeltValue *member = object.tag == BELT_TAG_MAP ? belt_value_get_member (&object, name.u.s, name.len) : NULL;

  *ret_value = self->op == 'h' ? belt_value_bool (member != NULL) : member != NULL ? *member : belt_value_str ("", 0);
  return TRUE;
}

static double
to_number (const BeltValue *value)
{
  if (belt_value_is_number (value))
    return belt_value_as_f64 (value);
  if (value->tag == BELT_TAG_BOOL)
    return (double)value->u.i;
  if (value->tag == BELT_TAG_STR && value->len < 64)
    {
      g_autofree char *text = g_strndup (value->u.s, value->len);
      char *end;
      double number = g_ascii_strtod (text, &end);

      return *end == '\0' ? number : 0.0;
    }
  return 0.0;
}

/* What does not fit becomes what a processor makes of it in Go. */
gint64
belt_template_to_int (const BeltValue *value)
{
  double number = to_number (value);

  if (value->tag == BELT_TAG_I64)
    return value->u.i;
  return isnan (number) || fabs (number) >= 9223372036854775808.0 ? G_MININT64 : (gint64)number;
}

/* sprig's arithmetic is of ints; with f at the end of floats. */
BELT_TEMPLATE_FUNCTION (arithmetic)
{
  guint64 sum = (guint64)belt_template_to_int (&args[0]);

  *ret_text = "division by zero";
  for (guint i = 1; i < n_args; i++)
    {
      gint64 number = belt_template_to_int (&args[i]);

      if ((self->op == '/' || self->op == '%') && (number == 0 || number == -1))
        {
          if (number == 0)
            return FALSE;
          sum = self->op == '/' ? 0 - sum : 0;
        }
      else
        sum = self->op == '+' ? sum + (guint64)number
              : self->op == '-' ? sum - (guint64)number
              : self->op == '*' ? sum * (guint64)number
              : self->op == '/' ? (guint64)((gint64)sum / number) : (guint64)((gint64)sum % number);
    }
  *ret_value = belt_value_i64 ((gint64)sum);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (add_one)
{
  *ret_value = belt_value_i64 ((gint64)((guint64)belt_template_to_int (&args[0]) + 1));
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (arithmetic_float)
{
  double sum = to_number (&args[0]);

  for (guint i = 1; i < n_args; i++)
    {
      double number = to_number (&args[i]);

      sum = self->op == '+' ? sum + number : self->op == '-' ? sum - number : self->op == '*' ? sum * number
                                                                                              : sum / number;
    }
  *ret_value = belt_value_f64 (sum);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (extreme)
{
  gint64 whole = belt_template_to_int (&args[0]);
  double number = to_number (&args[0]);

  for (guint i = 1; i < n_args; i++)
    {
      gint64 other = belt_template_to_int (&args[i]);

      whole = self->op == '>' ? MAX (whole, other) : MIN (whole, other);
      number = self->op == 'g' ? MAX (number, to_number (&args[i])) : MIN (number, to_number (&args[i]));
    }
  *ret_value = self->op == '>' || self->op == '<' ? belt_value_i64 (whole) : belt_value_f64 (number);
  return TRUE;
}

BELT_TEMPLATE_FUNCTION (convert)
{
  double number = to_number (&args[0]);

  switch (self->op)
    {
    case 'i':
      *ret_value = belt_value_i64 (belt_template_to_int (&args[0]));
      break;
    case 'f':
      *ret_value = belt_value_f64 (number);
      break;
    case '_':
      *ret_value = belt_value_f64 (floor (number));
      break;
    case '^':
      *ret_value = belt_value_f64 (ceil (number));
      break;
    default:
      {
        double factor = pow (10.0, n_args > 1 ? to_number (&args[1]) : 0.0);

        *ret_value = belt_value_f64 (round (number * factor) / factor);
        break;
      }
    }
  return TRUE;
}

#define MANY BELT_TEMPLATE_ARGS_MAX

static const BeltTemplateFunction functions[] = {
  { "add", 1, MANY, call_arithmetic, '+' }, { "add1", 1, 1, call_add_one, 0 },
  { "addf", 1, MANY, call_arithmetic_float, '+' },
  { "and", 1, MANY, call_and, '&' }, { "append", 2, 2, call_relist, 'a' },
  { "biggest", 1, MANY, call_extreme, '>' }, { "ceil", 1, 1, call_convert, '^' },
  { "coalesce", 0, MANY, call_coalesce, 0 }, { "default", 1, 2, call_default, 0 }, { "dict", 0, MANY, call_dict, 0 },
  { "div", 2, 2, call_arithmetic, '/' }, { "divf", 1, MANY, call_arithmetic_float, '/' },
  { "empty", 1, 1, call_not, 0 }, { "eq", 2, MANY, call_equal, '=' }, { "first", 1, 1, call_first, 'f' },
  { "float64", 1, 1, call_convert, 'f' }, { "floor", 1, 1, call_convert, '_' }, { "ge", 2, 2, call_order, 'g' },
  { "get", 2, 2, call_has_key, 'g' }, { "gt", 2, 2, call_order, '>' }, { "hasKey", 2, 2, call_has_key, 'h' },
  { "index", 1, MANY, call_index, 0 }, { "initial", 1, 1, call_relist, 'i' }, { "int", 1, 1, call_convert, 'i' },
  { "int64", 1, 1, call_convert, 'i' }, { "keys", 1, 1, call_keys, 'k' }, { "last", 1, 1, call_first, 'l' },
  { "le", 2, 2, call_order, 'l' }, { "len", 1, 1, call_len, 0 }, { "list", 0, MANY, call_list, 0 },
  { "lt", 2, 2, call_order, '<' }, { "max", 1, MANY, call_extreme, '>' }, { "maxf", 1, MANY, call_extreme, 'g' },
  { "min", 1, MANY, call_extreme, '<' }, { "minf", 1, MANY, call_extreme, 'l' },
  { "mod", 2, 2, call_arithmetic, '%' }, { "mul", 1, MANY, call_arithmetic, '*' },
  { "mulf", 1, MANY, call_arithmetic_float, '*' }, { "ne", 2, 2, call_equal, '!' }, { "not", 1, 1, call_not, 0 },
  { "or", 1, MANY, call_and, '|' }, { "prepend", 2, 2, call_relist, 'p' }, { "push", 2, 2, call_relist, 'a' },
  { "rest", 1, 1, call_relist, 'r' }, { "reverse", 1, 1, call_relist, 'v' }, { "round", 1, 2, call_convert, 'r' },
  { "slice", 1, 3, call_slice, 0 }, { "sub", 2, 2, call_arithmetic, '-' },
  { "subf", 1, MANY, call_arithmetic_float, '-' }, { "ternary", 3, 3, call_ternary, 0 },
  { "values", 1, 1, call_keys, 'v' },
};

const BeltTemplateFunction *
belt_template_function_lookup (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      if (strcmp (functions[i].name, name) == 0)
        return &functions[i];
    }
  return belt_template_text_lookup (name);
}
