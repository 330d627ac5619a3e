/* belt-conform-compare.c - is it what eKuiper gave?
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kinds count in the columns of a row: int 1 is not float 1.0.  Deeper inside,
 * where the recorder did not always tell them apart, numbers are only numbers.
 * Floats may differ in the last digits, as the mathematical libraries of two
 * languages do.
 */
#include "config.h"

#include "belt-conform-compare.h"

#include "belt-arena.h"
#include "belt-json.h"
#include "belt-time-format.h"

#include <math.h>

static const char *
get_category (const BeltFault *fault,
              char            *buffer,
              gsize            size)
{
  static const char *const names[] = {
    "eval", "decode", "validation", "divide_by_zero", "index_out_of_range", "where", "having", "join", "group_by",
    "order_by",
  };

  if (fault->kind < G_N_ELEMENTS (names))
    return names[fault->kind];
  g_snprintf (buffer, size, "function:%s", fault->function != NULL ? fault->function : "");
  return buffer;
}

static gboolean
is_text (const BeltValue *value,
         const char      *text)
{
  return value->tag == BELT_TAG_STR && value->len == strlen (text) && memcmp (value->u.s, text, value->len) == 0;
}

static gboolean
is_float (const BeltValue *expected,
          double           got)
{
  if (isnan (got))
    return is_text (expected, "NaN");
  if (isinf (got))
    return is_text (expected, got > 0 ? "+Inf" : "-Inf") || (got > 0 && is_text (expected, "Inf"));
  return expected->tag == BELT_TAG_F64 && fabs (expected->u.f - got) <= 1e-12 * fabs (expected->u.f);
}

static gboolean
is_int (const BeltValue *expected,
        gint64           got)
{
  return expected->tag == BELT_TAG_I64 && expected->u.i == got;
}

static const BeltValue *
get_special (const BeltValue *expected,
             const char      *name)
{
  return expected->tag == BELT_TAG_MAP && expected->len == 1
           ? belt_value_get_member (expected, name, strlen (name)) : NULL;
}

static gboolean
is_time (const BeltValue *expected,
         const BeltValue *got)
{
  const BeltValue *text = get_special (expected, "$datetime");
  char buffer[BELT_TIME_TEXT_MAX + 1];

  if (text == NULL)
    return FALSE;
  buffer[belt_time_write_rfc3339 (buffer, got->u.i, got->aux)] = '\0';
  return is_text (text, buffer);
}

static gboolean
is_bytes (const BeltValue *expected,
          const BeltValue *got)
{
  const BeltValue *text = get_special (expected, "$bytes");
  g_autofree char *base64 = g_base64_encode ((const guchar *)got->u.s, got->len);

  return text != NULL && is_text (text, base64);
}

static guint
count_members (const BeltValue *map)
{
  guint n = 0;

  for (guint32 i = 0; i < map->len; i++)
    n += map->u.members[i].value.tag != BELT_TAG_MISSING ? 1 : 0;
  return n;
}

#define ROW_DEPTH 2u   /* a list of rows, a row */

static gboolean
is_value (const BeltValue *expected,
          const BeltValue *got,
          guint            depth)
{
  switch ((BeltTag)got->tag)
    {
    case BELT_TAG_NULL:
      return expected->tag == BELT_TAG_NULL;

    case BELT_TAG_BOOL:
      return expected->tag == BELT_TAG_BOOL && expected->u.i == got->u.i;

    case BELT_TAG_I64:
      return is_int (expected, got->u.i) || (depth > ROW_DEPTH && is_float (expected, (double)got->u.i));

    case BELT_TAG_F64:
      return is_float (expected, got->u.f) ||
             (depth > ROW_DEPTH && expected->tag == BELT_TAG_I64 && (double)expected->u.i == got->u.f);

    case BELT_TAG_STR:
      return belt_value_equal (expected, got) ||
             (expected->tag == BELT_TAG_STR && !g_utf8_validate_len (got->u.s, got->len, NULL));

    case BELT_TAG_BYTES:
      return is_bytes (expected, got);

    case BELT_TAG_TIME:
      return is_time (expected, got);

    case BELT_TAG_LIST:
      if (expected->tag != BELT_TAG_LIST || expected->len != got->len)
        return FALSE;
      for (guint32 i = 0; i < got->len; i++)
        {
          if (!is_value (&expected->u.items[i], &got->u.items[i], depth + 1))
            return FALSE;
        }
      return TRUE;

    case BELT_TAG_MAP:
      if (expected->tag != BELT_TAG_MAP || expected->len != count_members (got))
        return FALSE;
      for (guint32 i = 0; i < expected->len; i++)
        {
          const BeltMember *member = &expected->u.members[i];
          const BeltValue *value = belt_value_get_member (got, member->name, member->name_len);

          if (value == NULL || !is_value (&member->value, value, depth + 1))
            return FALSE;
        }
      return TRUE;

    default:
      return FALSE;
    }
}

static gboolean
is_error (const BeltValue *expected,
          const BeltFault *fault)
{
  const BeltValue *row = expected->tag == BELT_TAG_LIST && expected->len == 1 ? &expected->u.items[0] : expected;
  const BeltValue *category = get_special (row, "$error");
  char buffer[128];

  return category != NULL && is_text (category, get_category (fault, buffer, sizeof buffer));
}

/* What an error's text says, whatever it calls the expression. */
static const char *
get_reason (const char *text)
{
  const char *reason = g_strrstr (text, "err:");

  return reason != NULL ? reason : text;
}

/* A sink of payloads receives the text of an error. */
static gboolean
is_error_text (const BeltValue *expected,
               const BeltFault *fault)
{
  g_autofree char *text = NULL;

  if (expected->tag != BELT_TAG_STR)
    return FALSE;

  text = g_strndup (expected->u.s, expected->len);
  return g_str_equal (get_reason (text), get_reason (fault->message));
}

/* The payload a sink of this format would send, or that there is none. */
static gboolean
is_payload (const BeltValue *expected,
            const BeltValue *got,
            BeltEncoder     *encoder)
{
  g_autoptr(GString) payload = g_string_new (NULL);

  if (!belt_encoder_encode (encoder, got, payload, NULL))
    {
      BeltFault fault = { .kind = BELT_FAULT_EVAL };

      return is_error (expected, &fault);
    }
  return expected->tag == BELT_TAG_STR && expected->len == payload->len &&
         memcmp (expected->u.s, payload->str, payload->len) == 0;
}

gboolean
belt_conform_is_emission (const BeltValue *expected,
                          const BeltValue *got,
                          const BeltFault *fault,
                          BeltEncoder     *encoder)
{
  BeltArena arena;
  BeltValue expanded;
  gboolean same;

  if (fault != NULL)
    return is_error (expected, fault) || (encoder != NULL && is_error_text (expected, fault));
  if (encoder != NULL)
    return is_payload (expected, got, encoder);

  belt_arena_init (&arena);
  expanded = belt_value_expand (got, &arena);
  same = is_value (expected, &expanded, expected->tag == BELT_TAG_LIST ? 0 : 1);
  belt_arena_clear (&arena);
  return same;
}

static void
describe (GString         *out,
          const BeltValue *value)
{
  char buffer[40];

  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_F64:
      buffer[belt_number_write_json (buffer, value->u.f)] = '\0';
      g_string_append (out, isnan (value->u.f) ? "\"NaN\"" : isinf (value->u.f) ? "\"Inf\"" : buffer);
      if (isfinite (value->u.f) && strpbrk (buffer, ".e") == NULL)
        g_string_append (out, ".0");
      break;

    case BELT_TAG_LIST:
      g_string_append_c (out, '[');
      for (guint32 i = 0; i < value->len; i++)
        {
          g_string_append (out, i > 0 ? "," : "");
          describe (out, &value->u.items[i]);
        }
      g_string_append_c (out, ']');
      break;

    case BELT_TAG_MAP:
      g_string_append_c (out, '{');
      for (guint32 i = 0; i < value->len; i++)
        {
          g_string_append (out, i > 0 ? "," : "");
          belt_json_write_string (out, value->u.members[i].name, value->u.members[i].name_len);
          g_string_append_c (out, ':');
          describe (out, &value->u.members[i].value);
        }
      g_string_append_c (out, '}');
      break;

    case BELT_TAG_MISSING:
      g_string_append (out, "missing");
      break;

    default:
      belt_json_write (out, value);
      break;
    }
}

void
belt_conform_describe (GString         *out,
                       const BeltValue *got,
                       const BeltFault *fault)
{
  char buffer[128];
  BeltArena arena;
  BeltValue expanded;

  if (fault != NULL)
    {
      g_string_append_printf (out, "[{\"$error\":\"%s\"}] (%s)", get_category (fault, buffer, sizeof buffer),
                              fault->message);
      return;
    }
  belt_arena_init (&arena);
  expanded = belt_value_expand (got, &arena);
  describe (out, &expanded);
  belt_arena_clear (&arena);
}
