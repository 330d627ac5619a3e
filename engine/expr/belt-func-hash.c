/* belt-func-hash.c - digests and hexadecimal numbers
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-func-private.h"

#include <zlib.h>

static BeltValue
digest (BeltCall        *call,
        const BeltValue *args,
        GChecksumType    type)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  g_autoptr(GChecksum) checksum = g_checksum_new (type);
  const char *hex;

  g_checksum_update (checksum, (const guchar *)text.u.s, text.len);
  hex = g_checksum_get_string (checksum);
  return belt_func_new_text (call->arena, hex, strlen (hex));
}

#define DEFINE_DIGEST(name, type)                                               \
  static BeltValue                                                              \
  call_ ## name (BeltCall *call, const BeltValue *args, guint n_args)             \
  {                                                                             \
    return digest (call, args, type);                                           \
  }

DEFINE_DIGEST (md5, G_CHECKSUM_MD5)
DEFINE_DIGEST (sha1, G_CHECKSUM_SHA1)
DEFINE_DIGEST (sha256, G_CHECKSUM_SHA256)
DEFINE_DIGEST (sha384, G_CHECKSUM_SHA384)
DEFINE_DIGEST (sha512, G_CHECKSUM_SHA512)

static BeltValue
call_crc32 (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  gulong sum = crc32_z (0, (const Bytef *)text.u.s, text.len);

  return belt_func_take_text (belt_arena_printf (call->arena, "%lx", sum));
}

static BeltValue
call_hex2dec (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  const char *text;
  char *terminated;
  char *end;
  gint64 number;

  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "invalid input type: %s please input hex string",
                           belt_func_describe (call->arena, &args[0]));

  terminated = belt_arena_printf (call->arena, "%.*s", (int)args[0].len, args[0].u.s);
  text = g_str_has_prefix (terminated, "0x") ? terminated + 2 : terminated;
  errno = 0;
  number = g_ascii_strtoll (text, &end, 16);
  if (*text == '\0' || g_ascii_isspace (*text) || *end != '\0' || errno != 0 ||
      strchr (text, 'x') != NULL || strchr (text, 'X') != NULL || strlen (terminated) != args[0].len)
    return belt_call_fail (call, "invalid hexadecimal value: %s", text);
  return belt_value_i64 (number);
}

static BeltValue
call_dec2hex (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  gint64 number;
  guint64 size;

  if (!belt_func_get_int (&args[0], &number))
    return belt_func_fail_convert (call, &args[0], "int");
  size = number < 0 ? 0 - (guint64)number : (guint64)number;
  return belt_func_take_text (belt_arena_printf (call->arena, "0x%s%" G_GINT64_MODIFIER "x",
                                                 number < 0 ? "-" : "", size));
}

#define HASH(NAME, CALL, SIGNATURE, DOC, EXAMPLE)                                                       \
  { .name = NAME, .args_min = 1, .args_max = 1, .flags = BELT_FUNCTION_NULL_TO_NULL, .group = "hash",   \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .literal_kinds = "s" }

const BeltFunction belt_func_hash_table[] = {
  HASH ("crc32", call_crc32, "string crc32(any x)",
        "CRC-32 (IEEE) in hexadecimal without leading zeros.", "crc32(\"hello\") = \"3610a686\""),
  HASH ("dec2hex", call_dec2hex, "string dec2hex(int x)",
        "An int in hexadecimal, with 0x in front.", "dec2hex(255) = \"0xff\""),
  HASH ("hex2dec", call_hex2dec, "int hex2dec(string s)",
        "Reads a hexadecimal int, with or without 0x in front.", "hex2dec(\"0x1F\") = 31"),
  HASH ("md5", call_md5, "string md5(any x)",
        "MD5 digest in hexadecimal.", "md5(\"hello\") = \"5d41402abc4b2a76b9719d911017c592\""),
  HASH ("sha1", call_sha1, "string sha1(any x)",
        "SHA-1 digest in hexadecimal.", "sha1(\"hello\") = \"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d\""),
  HASH ("sha256", call_sha256, "string sha256(any x)", "SHA-256 digest in hexadecimal.",
        "sha256(\"hello\") = \"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\""),
  HASH ("sha384", call_sha384, "string sha384(any x)", "SHA-384 digest in hexadecimal.",
        "sha384(\"a\") = \"54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35e"
        "fae0b5afd3145f31\""),
  HASH ("sha512", call_sha512, "string sha512(any x)", "SHA-512 digest in hexadecimal.",
        "sha512(\"a\") = \"1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d56"
        "0252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75\""),
  { NULL },
};
