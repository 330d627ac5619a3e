/* belt-template-functions.c - what a template can call
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Go's own functions, eKuiper's json, toJson, base64, and of the sprig set those
 * that make sense for a payload.  Comparing an int with a float fails, as in Go:
 * numbers of rows are floats, so it is `gt .a 10.0`.
 */
#include "config.h"

#include "belt-expr.h"
#include "belt-json.h"
#include "belt-template-private.h"

#include <math.h>
#include <string.h>

#define TEXT_MAX (1024u * 1024u)

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
take_text (BeltArena  *arena,
           const char *text,
           gsize       len)
{
  return belt_value_str (belt_arena_memdup (arena, text, len), len);
}

static BeltValue
to_text (BeltArena       *arena,
         const BeltValue *value)
{
  return belt_value_to_text (arena, value);
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

#define FUNCTION(name)                                                                                          \
  static gboolean                                                                                               \
  call_ ## name (const BeltTemplateFunction *self, BeltArena *arena, const BeltValue *args, guint n_args,         \
                 BeltValue *ret_value, const char **ret_text)

FUNCTION (and)
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

FUNCTION (not)
{
  *ret_value = belt_value_bool (!belt_template_is_true (&args[0]));
  return TRUE;
}

FUNCTION (len)
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

FUNCTION (index)
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

FUNCTION (slice)
{
  BeltValue value = belt_value_expand (&args[0], arena);
  gint64 from = n_args > 1 ? args[1].u.i : 0;
  gint64 to = n_args > 2 ? args[2].u.i : value.len;

  *ret_text = "bounds out of range";
  if ((value.tag != BELT_TAG_LIST && value.tag != BELT_TAG_STR) || (n_args > 1 && args[1].tag != BELT_TAG_I64) ||
      (n_args > 2 && args[2].tag != BELT_TAG_I64) || from < 0 || from > to || to > value.len)
    return FALSE;
  *ret_value = value.tag == BELT_TAG_LIST ? belt_value_list (value.u.items + from, (gsize)(to - from))
                                          : belt_value_str (value.u.s + from, (gsize)(to - from));
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

FUNCTION (equal)
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

FUNCTION (order)
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

/* Go's Print puts a space between two values of which neither is a text, Println between all. */
FUNCTION (print)
{
  g_autoptr(GString) out = g_string_new (NULL);

  for (guint i = 0; i < n_args; i++)
    {
      BeltValue text = belt_value_is_null (&args[i]) ? belt_value_str ("<nil>", 5) : to_text (arena, &args[i]);

      if (i > 0 && (self->op == 'n' || (args[i].tag != BELT_TAG_STR && args[i - 1].tag != BELT_TAG_STR)))
        g_string_append_c (out, ' ');
      g_string_append_len (out, text.u.s, text.len);
    }
  if (self->op == 'n')
    g_string_append_c (out, '\n');
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

/* One verb of printf; `spec` is terminated and starts with %. */
static void
print_verb (GString         *out,
            BeltArena       *arena,
            const char      *spec,
            char             verb,
            const BeltValue *value)
{
  BeltValue text = belt_value_is_null (value) ? belt_value_str ("<nil>", 5) : to_text (arena, value);
  g_autofree char *flags = g_strndup (spec, strlen (spec) - 1);
  g_autofree char *terminated = g_strndup (text.u.s, text.len);
  g_autofree char *format = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  if (verb == 'd' && value->tag == BELT_TAG_I64)
    {
      format = g_strconcat (flags, G_GINT64_FORMAT, NULL);
      g_string_append_printf (out, format, value->u.i);
    }
  else if (strchr ("feEgG", verb) != NULL && value->tag == BELT_TAG_F64)
    g_string_append_printf (out, spec, value->u.f);
  else if ((verb == 'x' || verb == 'X') && value->tag == BELT_TAG_I64)
    {
      format = g_strconcat (flags, verb == 'x' ? G_GINT64_MODIFIER "x" : G_GINT64_MODIFIER "X", NULL);
      g_string_append_printf (out, format, value->u.i);
    }
  else if (verb == 'v' || (verb == 's' && value->tag == BELT_TAG_STR) || (verb == 't' && value->tag == BELT_TAG_BOOL))
    {
      format = g_strconcat (flags, "s", NULL);
      g_string_append_printf (out, format, terminated);
    }
  else if (verb == 'q' && value->tag == BELT_TAG_STR)
    belt_json_write_string (out, text.u.s, text.len);
  else
    g_string_append_printf (out, "%%!%c(%s)", verb, terminated);
#pragma GCC diagnostic pop
}

FUNCTION (printf)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autofree char *format = g_strndup (args[0].u.s, args[0].tag == BELT_TAG_STR ? args[0].len : 0);
  guint next = 1;

  *ret_text = "the format should be a text";
  if (args[0].tag != BELT_TAG_STR)
    return FALSE;
  for (const char *at = format; *at != '\0';)
    {
      const char *verb = at + 1 + strspn (at + 1, "+-# 0123456789.");
      g_autofree char *spec = NULL;

      if (*at != '%' || at[1] == '%' || *verb == '\0')
        {
          g_string_append_c (out, *at);
          at += *at == '%' && at[1] == '%' ? 2 : 1;
          continue;
        }
      spec = g_strndup (at, (gsize)(verb + 1 - at));
      *ret_text = "a width of more than three digits";
      if (strspn (spec + 1, "+-# 0123456789.") > 8)
        return FALSE;
      if (next < n_args)
        print_verb (out, arena, spec, *verb, &args[next++]);
      else
        g_string_append_printf (out, "%%!%c(MISSING)", *verb);
      at = verb + 1;
    }
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

FUNCTION (json)
{
  g_autoptr(GString) out = g_string_new (NULL);

  belt_json_write (out, &args[0]);
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

FUNCTION (from_json)
{
  BeltValue text = to_text (arena, &args[0]);
  char *padded = belt_arena_alloc0 (arena, text.len + BELT_JSON_PADDING);
  BeltJsonError error;

  memcpy (padded, text.u.s, text.len);
  if (!belt_json_parse (padded, text.len, 0, arena, ret_value, &error))
    *ret_value = belt_value_null ();
  return TRUE;
}

FUNCTION (base64)
{
  BeltValue text = to_text (arena, &args[0]);
  BeltValue object = belt_value_expand (&args[0], arena);
  g_autofree char *encoded = NULL;
  char buffer[400];

  /* eKuiper's takes an object as JSON and a float without an exponent. */
  if (self->op == 'e' && object.tag == BELT_TAG_MAP)
    {
      g_autoptr(GString) out = g_string_new (NULL);

      belt_json_write (out, &object);
      text = take_text (arena, out->str, out->len);
    }
  else if (self->op == 'e' && object.tag == BELT_TAG_F64)
    text = take_text (arena, buffer, belt_number_write_plain (buffer, object.u.f));
  *ret_text = "Unsupported data type for base64 function.";
  if (self->op == 'e' && (object.tag == BELT_TAG_LIST || object.tag == BELT_TAG_BYTES || belt_value_is_null (&object)))
    return FALSE;
  encoded = g_base64_encode ((const guchar *)text.u.s, text.len);
  *ret_value = take_text (arena, encoded, strlen (encoded));
  return TRUE;
}

FUNCTION (base64_decode)
{
  BeltValue text = to_text (arena, &args[0]);
  g_autofree char *terminated = g_strndup (text.u.s, text.len);
  g_autofree guchar *decoded = NULL;
  gsize len;

  decoded = g_base64_decode (terminated, &len);
  *ret_value = take_text (arena, (const char *)decoded, len);
  return TRUE;
}

/* One text in, one text out. */
FUNCTION (text)
{
  BeltValue text = to_text (arena, &args[0]);
  g_autofree char *terminated = g_strndup (text.u.s, text.len);
  g_autofree char *changed = NULL;

  switch (self->op)
    {
    case 'u':
      changed = g_utf8_strup (terminated, -1);
      break;
    case 'l':
      changed = g_utf8_strdown (terminated, -1);
      break;
    case 't':
      changed = g_strdup (g_strstrip (terminated));
      break;
    case 'q':
      changed = g_strdup_printf ("'%s'", terminated);
      break;
    case 'h':
      changed = g_markup_escape_text (terminated, -1);
      break;
    case '%':
      changed = g_uri_escape_string (terminated, NULL, FALSE);
      break;
    default:
      changed = g_strdup (terminated);
      break;
    }
  *ret_value = take_text (arena, changed, strlen (changed));
  return TRUE;
}

FUNCTION (quote)
{
  g_autoptr(GString) out = g_string_new (NULL);

  for (guint i = 0; i < n_args; i++)
    {
      BeltValue text = to_text (arena, &args[i]);

      g_string_append (out, i > 0 ? " " : "");
      belt_json_write_string (out, text.u.s, text.len);
    }
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

/* sprig puts the text last, so that it can be piped. */
FUNCTION (search)
{
  BeltValue part = to_text (arena, &args[0]);
  BeltValue text = to_text (arena, &args[1]);

  if (self->op == 'c')
    *ret_value = belt_value_bool (part.len == 0 || memmem (text.u.s, text.len, part.u.s, part.len) != NULL);
  else if (part.len > text.len)
    *ret_value = belt_value_bool (FALSE);
  else
    *ret_value = belt_value_bool (memcmp (self->op == 'p' ? text.u.s : text.u.s + text.len - part.len, part.u.s,
                                          part.len) == 0);
  return TRUE;
}

FUNCTION (replace)
{
  BeltValue from = to_text (arena, &args[0]);
  BeltValue to = to_text (arena, &args[1]);
  BeltValue text = to_text (arena, &args[2]);
  g_autoptr(GString) out = g_string_new (NULL);
  const char *at = text.u.s;
  const char *end = text.u.s + text.len;
  const char *found;

  while (from.len > 0 && (found = memmem (at, (gsize)(end - at), from.u.s, from.len)) != NULL)
    {
      g_string_append_len (out, at, found - at);
      g_string_append_len (out, to.u.s, to.len);
      at = found + from.len;
      *ret_text = "the result is too long";
      if (out->len > TEXT_MAX)
        return FALSE;
    }
  g_string_append_len (out, at, end - at);
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

FUNCTION (join)
{
  BeltValue separator = to_text (arena, &args[0]);
  BeltValue list = belt_value_expand (&args[1], arena);
  g_autoptr(GString) out = g_string_new (NULL);

  *ret_text = "join takes a list";
  if (list.tag != BELT_TAG_LIST)
    return FALSE;
  for (guint32 i = 0; i < list.len; i++)
    {
      BeltValue text = to_text (arena, &list.u.items[i]);

      if (i > 0)
        g_string_append_len (out, separator.u.s, separator.len);
      g_string_append_len (out, text.u.s, text.len);
    }
  *ret_value = take_text (arena, out->str, out->len);
  return TRUE;
}

FUNCTION (default)
{
  *ret_value = n_args > 1 && belt_template_is_true (&args[1]) ? args[1] : args[0];
  return TRUE;
}

FUNCTION (coalesce)
{
  *ret_value = belt_value_null ();
  for (guint i = 0; i < n_args && !belt_template_is_true (ret_value); i++)
    *ret_value = args[i];
  return TRUE;
}

FUNCTION (ternary)
{
  *ret_value = belt_template_is_true (&args[2]) ? args[0] : args[1];
  return TRUE;
}

FUNCTION (first)
{
  BeltValue list = belt_value_expand (&args[0], arena);

  *ret_text = "it takes a list";
  if (list.tag != BELT_TAG_LIST)
    return FALSE;
  *ret_value = list.len == 0 ? belt_value_null () : list.u.items[self->op == 'f' ? 0 : list.len - 1];
  return TRUE;
}

FUNCTION (list)
{
  *ret_value = belt_value_list (belt_arena_memdup (arena, args, n_args * sizeof *args), n_args);
  return TRUE;
}

FUNCTION (has_key)
{
  BeltValue object = belt_value_expand (&args[0], arena);
  BeltValue name = to_text (arena, &args[1]);
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

      return g_ascii_strtod (text, NULL);
    }
  return 0.0;
}

static gint64
to_int (const BeltValue *value)
{
  double number = to_number (value);

  if (value->tag == BELT_TAG_I64)
    return value->u.i;
  return isnan (number) || fabs (number) >= 9.2e18 ? 0 : (gint64)number;
}

/* sprig's arithmetic is of ints; with f at the end of floats. */
FUNCTION (arithmetic)
{
  guint64 sum = (guint64)to_int (&args[0]);

  *ret_text = "division by zero";
  for (guint i = 1; i < n_args; i++)
    {
      gint64 number = to_int (&args[i]);

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

FUNCTION (arithmetic_float)
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

FUNCTION (convert)
{
  double number = to_number (&args[0]);

  switch (self->op)
    {
    case 'i':
      *ret_value = belt_value_i64 (to_int (&args[0]));
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

FUNCTION (trunc)
{
  BeltValue text = to_text (arena, &args[1]);
  gint64 n = to_int (&args[0]);

  *ret_value = n >= 0 ? belt_value_str (text.u.s, (gsize)MIN (n, text.len))
                      : belt_value_str (text.u.s + text.len - MIN (-n, text.len), (gsize)MIN (-n, text.len));
  return TRUE;
}

#define MANY BELT_TEMPLATE_ARGS_MAX

static const BeltTemplateFunction functions[] = {
  { "add", 1, MANY, call_arithmetic, '+' }, { "addf", 1, MANY, call_arithmetic_float, '+' },
  { "and", 1, MANY, call_and, '&' }, { "b64dec", 1, 1, call_base64_decode, 0 }, { "b64enc", 1, 1, call_base64, 0 },
  { "base64", 1, 1, call_base64, 'e' }, { "ceil", 1, 1, call_convert, '^' }, { "coalesce", 0, MANY, call_coalesce, 0 },
  { "contains", 2, 2, call_search, 'c' }, { "default", 1, 2, call_default, 0 }, { "div", 2, 2, call_arithmetic, '/' },
  { "divf", 1, MANY, call_arithmetic_float, '/' }, { "empty", 1, 1, call_not, 0 }, { "eq", 2, MANY, call_equal, '=' },
  { "first", 1, 1, call_first, 'f' }, { "float64", 1, 1, call_convert, 'f' }, { "floor", 1, 1, call_convert, '_' },
  { "fromJson", 1, 1, call_from_json, 0 }, { "ge", 2, 2, call_order, 'g' }, { "get", 2, 2, call_has_key, 'g' },
  { "gt", 2, 2, call_order, '>' }, { "hasKey", 2, 2, call_has_key, 'h' }, { "hasPrefix", 2, 2, call_search, 'p' },
  { "hasSuffix", 2, 2, call_search, 's' }, { "html", 1, 1, call_text, 'h' }, { "index", 1, MANY, call_index, 0 },
  { "int", 1, 1, call_convert, 'i' }, { "int64", 1, 1, call_convert, 'i' }, { "join", 2, 2, call_join, 0 },
  { "json", 1, 1, call_json, 0 }, { "last", 1, 1, call_first, 'l' }, { "le", 2, 2, call_order, 'l' },
  { "len", 1, 1, call_len, 0 }, { "list", 0, MANY, call_list, 0 }, { "lower", 1, 1, call_text, 'l' },
  { "lt", 2, 2, call_order, '<' }, { "mod", 2, 2, call_arithmetic, '%' }, { "mul", 1, MANY, call_arithmetic, '*' },
  { "mulf", 1, MANY, call_arithmetic_float, '*' }, { "ne", 2, 2, call_equal, '!' }, { "not", 1, 1, call_not, 0 },
  { "or", 1, MANY, call_and, '|' }, { "print", 0, MANY, call_print, 0 }, { "printf", 1, MANY, call_printf, 0 },
  { "println", 0, MANY, call_print, 'n' }, { "quote", 0, MANY, call_quote, 0 }, { "replace", 3, 3, call_replace, 0 },
  { "round", 1, 2, call_convert, 'r' }, { "slice", 1, 3, call_slice, 0 }, { "squote", 1, 1, call_text, 'q' },
  { "sub", 2, 2, call_arithmetic, '-' }, { "subf", 1, MANY, call_arithmetic_float, '-' },
  { "ternary", 3, 3, call_ternary, 0 }, { "toJson", 1, 1, call_json, 0 }, { "toString", 1, 1, call_text, 0 },
  { "trim", 1, 1, call_text, 't' }, { "trunc", 2, 2, call_trunc, 0 }, { "upper", 1, 1, call_text, 'u' },
  { "urlquery", 1, 1, call_text, '%' },
};

const BeltTemplateFunction *
belt_template_function_lookup (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      if (strcmp (functions[i].name, name) == 0)
        return &functions[i];
    }
  return NULL;
}
