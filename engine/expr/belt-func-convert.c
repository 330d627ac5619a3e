/* belt-func-convert.c - cast, encodings and compression
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-func-private.h"

static const struct
{
  const char *name;
  BeltTag     tag;
} type_names[] = {
  { "bigint", BELT_TAG_I64 },
  { "float", BELT_TAG_F64 },
  { "string", BELT_TAG_STR },
  { "boolean", BELT_TAG_BOOL },
  { "datetime", BELT_TAG_TIME },
  { "bytea", BELT_TAG_BYTES },
};

static gboolean
find_type (const BeltValue *name,
           BeltTag         *ret_tag)
{
  for (guint i = 0; i < G_N_ELEMENTS (type_names); i++)
    {
      if (name->len == strlen (type_names[i].name) && memcmp (name->u.s, type_names[i].name, name->len) == 0)
        {
          *ret_tag = type_names[i].tag;
          return TRUE;
        }
    }
  return FALSE;
}

static BeltValue
call_cast (BeltCall        *call,
           const BeltValue *args,
           guint            n_args)
{
  BeltTag tag;
  BeltValue value;

  if (args[1].tag != BELT_TAG_STR)
    return belt_call_fail (call, "expect string type for type parameter");
  if (!find_type (&args[1], &tag))
    return belt_call_fail (call, "unknow type, only support bigint, float, string, boolean and datetime");

  value = belt_value_convert (call->arena, &args[0], tag, BELT_CONVERT_ALL, call->environment);
  if (belt_value_is_error (&value))
    return belt_call_fail (call, "not supported type conversion, got error %s", value.u.fault->message);
  return value.tag == BELT_TAG_I64 ? belt_func_int (value.u.i) : value;
}

static char *
check_cast (const BeltFunction *self,
            const BeltLiteral  *args,
            guint               n_args)
{
  BeltTag tag;

  if (args[1].is_literal && args[1].value.tag == BELT_TAG_STR && !find_type (&args[1].value, &tag))
    return g_strdup ("Expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime, "
                     "bytea.");
  return NULL;
}

static BeltValue
call_encode (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  g_autofree char *text = NULL;

  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "Only string type can be encoded.");
  text = g_base64_encode ((const guchar *)args[0].u.s, args[0].len);
  return belt_func_new_text (call->arena, text, strlen (text));
}

static BeltValue
call_decode (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  BeltValue bytes;

  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "Only string type can be decoded.");
  if (!belt_func_decode_base64 (call->arena, &args[0], &bytes))
    return belt_call_fail (call, "fail to decode base64 string: illegal base64 data");
  return bytes;
}

static char *
check_encoding (const BeltFunction *self,
                const BeltLiteral  *args,
                guint               n_args)
{
  if (args[1].value.len != 6 || memcmp (args[1].value.u.s, "base64", 6) != 0)
    return g_strdup ("Only base64 is supported for the 2nd parameter.");
  return NULL;
}

#define CONVERT(NAME, KINDS, CHECK, CALL, SIGNATURE, DOC, EXAMPLE)                                          \
  { .name = NAME, .args_min = 2, .args_max = 2, .flags = BELT_FUNCTION_NULL_TO_NULL, .group = "conversion", \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .check = CHECK,                   \
    .literal_kinds = KINDS }

const BeltFunction belt_func_convert_table[] = {
  CONVERT ("cast", "*s", check_cast, call_cast, "any cast(any x, string type)",
           "Converts to bigint, float, string, boolean, datetime or bytea.", "cast(\"0x1F\", \"bigint\") = 31"),
  CONVERT ("decode", "sS", check_encoding, call_decode, "bytea decode(string s, string encoding)",
           "Bytes from a text in base64.", "cast(decode(\"aGVsbG8=\", \"base64\"), \"string\") = \"hello\""),
  CONVERT ("encode", "sS", check_encoding, call_encode, "string encode(string s, string encoding)",
           "A text in base64.", "encode(\"hello\", \"base64\") = \"aGVsbG8=\""),
  { NULL },
};
