/* belt-convert.c - values into other kinds, by eKuiper's three levels
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * STRICT loses nothing, SAME_KIND stays among numbers (and among texts), ALL
 * also reads numbers from texts and treats NULL as the empty value of the kind.
 * Texts of numbers are read by Go's rules: `0x1F`, `010` is eight, `1_000`.
 */
#include "config.h"

#include "belt-expr.h"

#include "belt-func-private.h"
#include "belt-json.h"
#include "belt-time-format.h"

#include <errno.h>
#include <math.h>

#define NUMBER_TEXT_MAX 512u

static BeltValue
refuse (BeltArena       *arena,
        const BeltValue *value,
        const char      *to)
{
  return belt_value_error (arena, BELT_FAULT_EVAL, "cannot convert %s(%s) to %s", belt_value_get_go_type (value),
                           belt_func_describe (arena, value), to);
}

/* Takes the base prefix off, as Go does for base 0. */
static int
skip_base_prefix (const char **at)
{
  const char *text = *at;

  if (text[0] != '0' || text[1] == '\0')
    return 10;

  switch (text[1])
    {
    case 'x':
    case 'X':
      *at += 2;
      return 16;
    case 'b':
    case 'B':
      *at += 2;
      return 2;
    case 'o':
    case 'O':
      *at += 2;
      return 8;
    default:
      *at += 1;
      return 8;
    }
}

static int
get_digit (char c)
{
  if (g_ascii_isdigit (c))
    return c - '0';
  return g_ascii_isalpha (c) ? g_ascii_tolower (c) - 'a' + 10 : 99;
}

/* Go's ParseInt (text, 0, 64). */
static gboolean
read_int (const char *text,
          gint64     *ret_number)
{
  gboolean is_negative = *text == '-';
  const char *start = *text == '-' || *text == '+' ? text + 1 : text;
  const char *at = start;
  int base = skip_base_prefix (&at);
  gboolean after_digit = at != start;
  guint64 limit = (guint64)G_MAXINT64 + (is_negative ? 1 : 0);
  guint64 number = 0;

  if (*at == '\0' || (*at == '_' && !after_digit))
    return FALSE;
  for (; *at != '\0'; at++)
    {
      int digit = get_digit (*at);

      if (*at == '_' && after_digit)
        {
          after_digit = FALSE;
          continue;
        }
      if (digit >= base || number > (limit - (guint64)digit) / (guint64)base)
        return FALSE;
      number = number * (guint64)base + (guint64)digit;
      after_digit = TRUE;
    }
  if (!after_digit)
    return FALSE;
  *ret_number = (gint64)(is_negative ? 0 - number : number);
  return TRUE;
}

/* Go's ParseFloat: decimal, exponent, hexadecimal with p, inf, nan. */
static gboolean
read_float (const char *text,
            double     *ret_number)
{
  const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
  gboolean is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
  gboolean is_word = g_ascii_strcasecmp (digits, "inf") == 0 || g_ascii_strcasecmp (digits, "infinity") == 0 ||
                     g_ascii_strcasecmp (text, "nan") == 0;
  char *end;

  if (!is_word && !g_ascii_isdigit (digits[0]) && digits[0] != '.')
    return FALSE;
  if (is_hex && strpbrk (digits, "pP") == NULL)
    return FALSE;
  *ret_number = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && (is_word || !isinf (*ret_number));
}

/* Copies a text of sensible length so that it ends with 0. */
static gboolean
terminate (const BeltValue *value,
           char            *buffer)
{
  if (value->len >= NUMBER_TEXT_MAX || memchr (value->u.s, '\0', value->len) != NULL)
    return FALSE;
  memcpy (buffer, value->u.s, value->len);
  buffer[value->len] = '\0';
  return TRUE;
}

static BeltValue
convert_to_int (BeltArena        *arena,
                const BeltValue  *value,
                BeltConvertLevel  level)
{
  char text[NUMBER_TEXT_MAX];
  gint64 number;

  if (belt_value_is_number (value))
    {
      if (level == BELT_CONVERT_STRICT ? belt_func_get_int (value, &number) : belt_func_get_i64 (value, &number))
        return belt_value_i64 (number);
    }
  else if (level == BELT_CONVERT_ALL)
    {
      if (belt_value_is_null (value))
        return belt_value_i64 (0);
      if (value->tag == BELT_TAG_BOOL)
        return belt_value_i64 (value->u.i);
      if (value->tag == BELT_TAG_STR && terminate (value, text) && read_int (text, &number))
        return belt_value_i64 (number);
    }
  return refuse (arena, value, "int");
}

static BeltValue
convert_to_float (BeltArena        *arena,
                  const BeltValue  *value,
                  BeltConvertLevel  level)
{
  char text[NUMBER_TEXT_MAX];
  double number;

  if (value->tag == BELT_TAG_F64 || (value->tag == BELT_TAG_I64 && level != BELT_CONVERT_STRICT))
    return belt_value_f64 (belt_value_as_f64 (value));
  if (level == BELT_CONVERT_ALL)
    {
      if (belt_value_is_null (value))
        return belt_value_f64 (0.0);
      if (value->tag == BELT_TAG_BOOL)
        return belt_value_f64 ((double)value->u.i);
      if (value->tag == BELT_TAG_STR && terminate (value, text) && read_float (text, &number))
        return belt_value_f64 (number);
    }
  return refuse (arena, value, "float64");
}

static BeltValue
convert_to_text (BeltArena        *arena,
                 const BeltValue  *value,
                 BeltConvertLevel  level)
{
  char buffer[400];

  if (value->tag == BELT_TAG_STR)
    return *value;
  if (value->tag == BELT_TAG_BYTES)
    return belt_value_str (value->u.s, value->len);
  if (level != BELT_CONVERT_ALL)
    return refuse (arena, value, "string");
  if (value->tag == BELT_TAG_F64)
    return belt_func_new_text (arena, buffer, belt_number_write_plain (buffer, value->u.f));
  return belt_value_to_text (arena, value);
}

static BeltValue
convert_to_bool (BeltArena        *arena,
                 const BeltValue  *value,
                 BeltConvertLevel  level)
{
  static const char *const words[2][6] = {
    { "0", "f", "F", "FALSE", "false", "False" },
    { "1", "t", "T", "TRUE", "true", "True" },
  };

  if (value->tag == BELT_TAG_BOOL)
    return *value;
  if (level == BELT_CONVERT_ALL)
    {
      if (belt_value_is_null (value))
        return belt_value_bool (FALSE);
      if (belt_value_is_number (value))
        return belt_value_bool (belt_value_as_f64 (value) != 0.0);
      for (guint i = 0; value->tag == BELT_TAG_STR && i < 12; i++)
        {
          const char *word = words[i % 2][i / 2];

          if (value->len == strlen (word) && memcmp (value->u.s, word, value->len) == 0)
            return belt_value_bool (i % 2);
        }
    }
  return refuse (arena, value, "bool");
}

/* Standard base64 with its padding; line ends are skipped as Go skips them. */
gboolean
belt_func_decode_base64 (BeltArena       *arena,
                         const BeltValue *text,
                         BeltValue       *ret_bytes)
{
  char *out = belt_arena_alloc (arena, text->len + 4);
  gsize n_chars = 0;
  gsize n_pads = 0;
  int state = 0;
  guint save = 0;
  gsize len;

  for (guint32 i = 0; i < text->len; i++)
    {
      char c = text->u.s[i];

      if (c == '\r' || c == '\n')
        continue;
      if (c == '=')
        n_pads++;
      else if (n_pads > 0 || !(g_ascii_isalnum (c) || c == '+' || c == '/'))
        return FALSE;
      n_chars++;
    }
  if (n_chars % 4 != 0 || n_pads > 2)
    return FALSE;

  len = g_base64_decode_step (text->u.s, text->len, (guchar *)out, &state, &save);
  *ret_bytes = belt_value_bytes (out, len);
  return TRUE;
}

static BeltValue
convert_to_bytes (BeltArena        *arena,
                  const BeltValue  *value,
                  BeltConvertLevel  level)
{
  BeltValue bytes;

  if (value->tag == BELT_TAG_BYTES)
    return *value;
  if (value->tag != BELT_TAG_STR)
    return refuse (arena, value, "bytea");
  if (belt_func_decode_base64 (arena, value, &bytes))
    return bytes;
  if (level != BELT_CONVERT_STRICT)
    return belt_value_bytes (value->u.s, value->len);
  return belt_value_error (arena, BELT_FAULT_EVAL, "illegal string %s, must be base64 encoded string",
                           belt_func_describe (arena, value));
}

static BeltValue
convert_to_time (BeltArena       *arena,
                 const BeltValue *value,
                 BeltEnvironment *environment)
{
  g_autoptr(GError) error = NULL;
  /* Comparing has no environment: then a text without a date is of 1970. */
  guint16 zone = environment != NULL ? environment->zone : belt_zone_get_default ();
  gint64 now_ns = environment != NULL && environment->now_ns != NULL ? environment->now_ns (environment->clock) : 0;
  gint64 ms;
  gint64 ns;

  if (value->tag == BELT_TAG_TIME)
    return *value;
  if (belt_func_get_i64 (value, &ms))
    {
      if (__builtin_mul_overflow (ms, BELT_NS_PER_MS, &ns))
        return belt_value_error (arena, BELT_FAULT_EVAL, "the time %s is out of range",
                                 belt_func_describe (arena, value));
      return belt_value_time (ns, zone);
    }
  if (value->tag != BELT_TAG_STR)
    return belt_value_error (arena, BELT_FAULT_EVAL, "unsupported type to convert to timestamp %s",
                             belt_func_describe (arena, value));
  if (!belt_time_parse (value->u.s, value->len, NULL, 0, zone, now_ns, &ns, &zone, &error))
    return belt_value_error (arena, BELT_FAULT_EVAL, "%s", error->message);
  return belt_value_time (ns, zone);
}

/**
 * belt_value_convert:
 * @arena: where the result lives
 * @to: BOOL, I64, F64, STR, BYTES or TIME
 * @level: what may be lost or guessed
 * @environment: its zone is that of texts without one
 *
 * Converts a value; errors go through.
 *
 * Returns: the value, or an ERROR that says what could not be converted
 */
BeltValue
belt_value_convert (BeltArena        *arena,
                    const BeltValue  *value,
                    BeltTag           to,
                    BeltConvertLevel  level,
                    BeltEnvironment  *environment)
{
  if (belt_value_is_error (value))
    return *value;

  switch (to)
    {
    case BELT_TAG_I64:
      return convert_to_int (arena, value, level);
    case BELT_TAG_F64:
      return convert_to_float (arena, value, level);
    case BELT_TAG_STR:
      return convert_to_text (arena, value, level);
    case BELT_TAG_BOOL:
      return convert_to_bool (arena, value, level);
    case BELT_TAG_BYTES:
      return convert_to_bytes (arena, value, level);
    case BELT_TAG_TIME:
      return convert_to_time (arena, value, environment);
    default:
      return refuse (arena, value, belt_tag_get_name (to));
    }
}

/**
 * belt_value_to_text:
 * @arena: where the text lives, unless it is that of @value
 *
 * Writes a value as Go's %v does; NULL is the empty text.
 *
 * Returns: a STR
 */
BeltValue
belt_value_to_text (BeltArena       *arena,
                    const BeltValue *value)
{
  g_autoptr(GString) out = NULL;
  char buffer[32];

  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_STR:
      return *value;
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
      return belt_value_str ("", 0);
    case BELT_TAG_BOOL:
      return value->u.i != 0 ? belt_value_str ("true", 4) : belt_value_str ("false", 5);
    case BELT_TAG_I64:
      return belt_func_new_text (arena, buffer, belt_number_write_i64 (buffer, value->u.i));
    case BELT_TAG_F64:
      return belt_func_new_text (arena, buffer, belt_number_write_go (buffer, value->u.f));
    default:
      break;
    }

  out = g_string_new (NULL);
  belt_value_write_go (out, value);
  return belt_func_new_text (arena, out->str, out->len);
}
