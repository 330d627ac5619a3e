/* belt-codec-convert.c - what a declared type makes of a value
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three strengths: of decoded JSON (eKuiper's table: a BIGINT wants an integer
 * written as one), of cells and plugin rows (numbers may come as text), and
 * STRICT_VALIDATION, which makes instants of DATETIME columns and refuses null.
 */
#include "config.h"

#include "belt-codec-private.h"

#include "belt-time-format.h"

#include <math.h>

static const char *convert_list (const BeltType *type,
                                 BeltValue      *value,
                                 BeltArena      *arena,
                                 const char   *(*convert)(const BeltType *, BeltValue *, BeltArena *));
static const char *convert_struct (const BeltType *type,
                                   BeltValue      *value,
                                   BeltArena      *arena,
                                   const char   *(*convert)(const BeltType *, BeltValue *, BeltArena *));

static const char *
refuse (const BeltType  *type,
        const BeltValue *value,
        BeltArena       *arena)
{
  static const char *const wanted[] = {
    "bigint", "float", "string", "bytea", "datetime", "boolean", "array", "struct",
  };
  const char *got;

  switch (value->tag)
    {
    case BELT_TAG_I64:
    case BELT_TAG_F64:
      got = "number";
      break;
    case BELT_TAG_JSON:
      got = *value->u.s == '{' ? "object" : "array";
      break;
    case BELT_TAG_MAP:
      got = "object";
      break;
    default:
      got = belt_tag_get_name (value->tag);
    }
  if (type->kind == BELT_TYPE_BIGINT && value->tag == BELT_TAG_F64)
    got = "number with a fraction or an exponent";

  return belt_arena_printf (arena, "has wrong type:%s, expect:%s", got, wanted[type->kind]);
}

static void
make_string (BeltValue *value,
             BeltArena *arena)
{
  char buffer[32];
  gsize len = belt_number_write_go (buffer, belt_value_as_f64 (value));

  *value = belt_value_str (belt_arena_memdup (arena, buffer, len), len);
}

static gboolean
make_boolean (BeltValue *value)
{
  static const char *const texts[] = {
    "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
  };

  if (belt_value_is_number (value))
    {
      *value = belt_value_bool (belt_value_as_f64 (value) != 0);
      return TRUE;
    }

  for (guint i = 0; value->tag == BELT_TAG_STR && i < G_N_ELEMENTS (texts); i++)
    if (strlen (texts[i]) == value->len && memcmp (texts[i], value->u.s, value->len) == 0)
      {
        *value = belt_value_bool (i < 6);
        return TRUE;
      }

  return FALSE;
}

static int
get_base64_digit (char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Go's StdEncoding: padded, newlines skipped.  Returns: FALSE when the text is no base64 */
static gboolean
decode_base64 (const BeltValue *text,
               BeltArena       *arena,
               BeltValue       *ret_bytes)
{
  char *out = belt_arena_alloc (arena, text->len / 4 * 3 + 3);
  gsize n_out = 0;
  guint32 group = 0;
  guint n_digits = 0;
  guint n_pads = 0;

  for (guint i = 0; i < text->len; i++)
    {
      char c = text->u.s[i];
      int digit = get_base64_digit (c);

      if (c == '\n' || c == '\r')
        continue;
      if (n_digits == 5)
        return FALSE;
      if (c == '=' && n_digits >= 2)
        {
          n_pads++;
          digit = 0;
        }
      else if (digit < 0 || n_pads > 0)
        return FALSE;

      group = group << 6 | (guint32)digit;
      if (++n_digits < 4)
        continue;
      for (guint j = 0; j < 3 - n_pads; j++)
        out[n_out++] = (char)(group >> (16 - 8 * j));
      n_digits = 0;
      if (n_pads > 0)
        n_digits = 5;  /* nothing may follow */
    }

  *ret_bytes = belt_value_bytes (out, n_out);
  return n_digits == 0 || (n_digits == 5 && n_pads <= 2);
}

static void
make_bytes (BeltValue *value,
            BeltArena *arena)
{
  BeltValue bytes;

  if (decode_base64 (value, arena, &bytes))
    *value = bytes;
  else
    value->tag = BELT_TAG_BYTES;
}

/* A container held as JSON text is taken apart; integers in it are told from other numbers. */
static void
open_container (BeltValue *value,
                BeltArena *arena)
{
  if (value->tag != BELT_TAG_JSON)
    return;
  value->flags |= BELT_VALUE_JSON_INTEGERS;
  *value = belt_value_expand (value, arena);
}

const char *
belt_codec_convert (const BeltType *type,
                    BeltValue      *value,
                    BeltArena      *arena)
{
  if (belt_value_is_null (value))
    return NULL;

  switch (type->kind)
    {
    case BELT_TYPE_BIGINT:
      return value->tag == BELT_TAG_I64 ? NULL : refuse (type, value, arena);

    case BELT_TYPE_FLOAT:
    case BELT_TYPE_DATETIME:
      if (value->tag == BELT_TAG_I64)
        *value = belt_value_f64 ((double)value->u.i);
      if (value->tag == BELT_TAG_F64 || (type->kind == BELT_TYPE_DATETIME && value->tag == BELT_TAG_STR))
        return NULL;
      return refuse (type, value, arena);

    case BELT_TYPE_STRING:
      if (belt_value_is_number (value))
        make_string (value, arena);
      return value->tag == BELT_TAG_STR ? NULL : refuse (type, value, arena);

    case BELT_TYPE_BOOLEAN:
      return value->tag == BELT_TAG_BOOL || make_boolean (value) ? NULL : refuse (type, value, arena);

    case BELT_TYPE_BYTEA:
      if (value->tag != BELT_TAG_STR)
        return refuse (type, value, arena);
      make_bytes (value, arena);
      return NULL;

    case BELT_TYPE_ARRAY:
      open_container (value, arena);
      return value->tag == BELT_TAG_LIST ? convert_list (type, value, arena, belt_codec_convert)
                                         : refuse (type, value, arena);

    case BELT_TYPE_STRUCT:
      open_container (value, arena);
      return value->tag == BELT_TAG_MAP ? convert_struct (type, value, arena, belt_codec_convert)
                                        : refuse (type, value, arena);

    default:
      return NULL;
    }
}

static const char *
convert_list (const BeltType *type,
              BeltValue      *value,
              BeltArena      *arena,
              const char   *(*convert)(const BeltType *, BeltValue *, BeltArena *))
{
  BeltValue *items = belt_arena_memdup (arena, value->u.items, value->len * sizeof *items);

  for (guint i = 0; i < value->len; i++)
    {
      const char *problem = type->element != NULL ? convert (type->element, &items[i], arena) : NULL;

      if (problem != NULL)
        return belt_arena_printf (arena, "item %u %s", i, problem);
    }

  value->u.items = items;
  return NULL;
}

/* Members that are not declared are dropped. */
static const char *
convert_struct (const BeltType *type,
                BeltValue      *value,
                BeltArena      *arena,
                const char   *(*convert)(const BeltType *, BeltValue *, BeltArena *))
{
  BeltMember *members = belt_arena_new_array (arena, BeltMember, value->len);
  guint n = 0;

  for (guint i = 0; i < value->len; i++)
    {
      const BeltMember *member = &value->u.members[i];

      for (guint j = 0; j < type->n_fields; j++)
        {
          const BeltField *field = &type->fields[j];
          const char *problem;

          if (strlen (field->name) != member->name_len || memcmp (field->name, member->name, member->name_len) != 0)
            continue;
          members[n] = *member;
          problem = convert (field->type, &members[n].value, arena);
          if (problem != NULL)
            return belt_arena_printf (arena, "member %s %s", field->name, problem);
          n++;
          break;
        }
    }

  *value = belt_value_map (members, n);
  return NULL;
}

static gboolean
read_json (BeltValue *value,
           BeltArena *arena)
{
  BeltValue parsed;

  if (value->tag != BELT_TAG_STR || !belt_json_parse (value->u.s, value->len, BELT_JSON_INTEGERS, arena, &parsed, NULL))
    return FALSE;
  *value = parsed;
  return TRUE;
}

static void
read_number (BeltValue *value)
{
  gint64 integer;
  double number;

  if (value->tag != BELT_TAG_STR)
    return;
  if (belt_number_parse_i64 (value->u.s, value->len, &integer))
    *value = belt_value_i64 (integer);
  else if (belt_number_parse_f64 (value->u.s, value->len, &number))
    *value = belt_value_f64 (number);
}

const char *
belt_codec_convert_loose (const BeltType *type,
                          BeltValue      *value,
                          BeltArena      *arena)
{
  /* An empty cell is no number. */
  if (value->tag == BELT_TAG_STR && value->len == 0 && type->kind != BELT_TYPE_STRING && type->kind != BELT_TYPE_BYTEA)
    *value = belt_value_null ();
  if (belt_value_is_null (value))
    return NULL;

  switch (type->kind)
    {
    case BELT_TYPE_BIGINT:
      read_number (value);
      if (value->tag == BELT_TAG_F64 && value->u.f == trunc (value->u.f) && fabs (value->u.f) < 9.2e18)
        *value = belt_value_i64 ((gint64)value->u.f);
      return belt_codec_convert (type, value, arena);

    case BELT_TYPE_FLOAT:
      read_number (value);
      return belt_codec_convert (type, value, arena);

    case BELT_TYPE_DATETIME:
      return value->tag == BELT_TAG_TIME ? NULL : belt_codec_convert (type, value, arena);

    case BELT_TYPE_BYTEA:
      return value->tag == BELT_TAG_BYTES ? NULL : belt_codec_convert (type, value, arena);

    case BELT_TYPE_ARRAY:
      read_json (value, arena);
      return value->tag == BELT_TAG_LIST ? convert_list (type, value, arena, belt_codec_convert_loose)
                                         : refuse (type, value, arena);

    case BELT_TYPE_STRUCT:
      read_json (value, arena);
      return value->tag == BELT_TAG_MAP ? convert_struct (type, value, arena, belt_codec_convert_loose)
                                        : refuse (type, value, arena);

    default:
      return belt_codec_convert (type, value, arena);
    }
}

static const char *
validate_time (BeltValue  *value,
               const char *pattern,
               gint64      now_ms,
               BeltArena  *arena)
{
  g_autoptr(GError) error = NULL;
  guint16 zone = belt_zone_get_default ();
  gint64 ns = 0;

  if (value->tag == BELT_TAG_TIME)
    return NULL;

  if (belt_value_is_number (value))
    {
      double ms = trunc (belt_value_as_f64 (value));

      if (fabs (ms) >= 9.2e12)
        return "is outside the range of datetime";
      *value = belt_value_time ((gint64)ms * BELT_NS_PER_MS, zone);
      return NULL;
    }

  if (value->tag != BELT_TAG_STR)
    return "cannot be converted to datetime";
  if (!belt_time_parse (value->u.s, value->len, pattern, pattern != NULL ? strlen (pattern) : 0, zone,
                        now_ms * BELT_NS_PER_MS, &ns, &zone, &error))
    return belt_arena_printf (arena, "cannot be converted to datetime: %s", error->message);

  *value = belt_value_time (ns, zone);
  return NULL;
}

static const char *
validate_items (const BeltType *type,
                BeltValue      *value,
                const char     *pattern,
                gint64          now_ms,
                BeltArena      *arena)
{
  BeltValue *items = belt_arena_memdup (arena, value->u.items, value->len * sizeof *items);

  for (guint i = 0; i < value->len && type->element != NULL; i++)
    {
      const char *problem = belt_codec_validate (type->element, &items[i], pattern, TRUE, now_ms, arena);

      if (problem != NULL)
        return belt_arena_printf (arena, "item %u %s", i, problem);
    }

  value->u.items = items;
  return NULL;
}

/* A struct of which only some members are read may lack the others. */
static const char *
find_missing (const BeltType  *type,
              const BeltValue *value,
              BeltArena       *arena)
{
  for (guint j = 0; j < type->n_fields; j++)
    {
      const char *name = type->fields[j].name;

      if (belt_value_get_member (value, name, strlen (name)) == NULL)
        return belt_arena_printf (arena, "member %s is missing", name);
    }

  return NULL;
}

static const char *
validate_members (const BeltType *type,
                  BeltValue      *value,
                  const char     *pattern,
                  gboolean        whole,
                  gint64          now_ms,
                  BeltArena      *arena)
{
  BeltMember *members = belt_arena_memdup (arena, value->u.members, value->len * sizeof *members);
  const char *missing = whole ? find_missing (type, value, arena) : NULL;

  if (missing != NULL)
    return missing;

  for (guint i = 0; i < value->len; i++)
    for (guint j = 0; j < type->n_fields; j++)
      {
        const BeltField *field = &type->fields[j];
        const char *problem;

        if (strlen (field->name) != members[i].name_len ||
            memcmp (field->name, members[i].name, members[i].name_len) != 0 ||
            (!whole && belt_value_is_null (&members[i].value)))
          continue;
        problem = belt_codec_validate (field->type, &members[i].value, pattern, whole, now_ms, arena);
        if (problem != NULL)
          return belt_arena_printf (arena, "member %s %s", field->name, problem);
      }

  value->u.members = members;
  return NULL;
}

const char *
belt_codec_validate (const BeltType *type,
                     BeltValue      *value,
                     const char     *time_pattern,
                     gboolean        whole,
                     gint64          now_ms,
                     BeltArena      *arena)
{
  gboolean null = belt_value_is_null (value);

  switch (type->kind)
    {
    case BELT_TYPE_DATETIME:
      return null ? "is null" : validate_time (value, time_pattern, now_ms, arena);

    case BELT_TYPE_ARRAY:
      if (null)
        *value = belt_value_list (NULL, 0);
      return value->tag == BELT_TAG_LIST ? validate_items (type, value, time_pattern, now_ms, arena)
                                         : refuse (type, value, arena);

    case BELT_TYPE_STRUCT:
      if (null)
        {
          *value = belt_value_map (NULL, 0);
          return NULL;
        }
      if (value->tag == BELT_TAG_STR && !read_json (value, arena))
        return "is a string that holds no JSON object";
      return value->tag == BELT_TAG_MAP ? validate_members (type, value, time_pattern, whole, now_ms, arena)
                                        : refuse (type, value, arena);

    case BELT_TYPE_FLOAT:
      if (value->tag == BELT_TAG_I64)
        *value = belt_value_f64 ((double)value->u.i);
      return null ? "is null" : value->tag == BELT_TAG_F64 ? NULL : refuse (type, value, arena);

    case BELT_TYPE_BIGINT:
      return null ? "is null" : value->tag == BELT_TAG_I64 ? NULL : refuse (type, value, arena);

    case BELT_TYPE_STRING:
      return null ? "is null" : value->tag == BELT_TAG_STR ? NULL : refuse (type, value, arena);

    case BELT_TYPE_BOOLEAN:
      return null ? "is null" : value->tag == BELT_TAG_BOOL ? NULL : refuse (type, value, arena);

    case BELT_TYPE_BYTEA:
      return null ? "is null" : value->tag == BELT_TAG_BYTES ? NULL : refuse (type, value, arena);

    default:
      return NULL;
    }
}
