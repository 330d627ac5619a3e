/* belt-func-compress.c - compress() and decompress()
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-func-private.h"

#include "belt-compress.h"

static BeltValue
recode (BeltCall        *call,
        const BeltValue *args,
        gboolean         compresses)
{
  const BeltValue *name = &args[1];
  g_autoptr(GByteArray) out = NULL;
  g_autoptr(GError) error = NULL;
  BeltCompression method = BELT_COMPRESSION_NONE;
  gboolean done;

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (args[0].tag != BELT_TAG_STR && args[0].tag != BELT_TAG_BYTES)
    return belt_call_fail (call, "require string or bytea parameter, but got %s",
                           belt_func_describe (call->arena, &args[0]));
  if (name->tag == BELT_TAG_STR)
    method = belt_compression_find (name->u.s, name->len);
  if (method == BELT_COMPRESSION_NONE)
    return belt_call_fail (call, "unsupported compression %s, one of zlib, gzip, flate, zstd",
                           belt_func_describe (call->arena, name));

  out = g_byte_array_new ();
  done = compresses ? belt_compress (method, args[0].u.s, args[0].len, out, &error)
                    : belt_decompress (method, args[0].u.s, args[0].len, BELT_FUNC_TEXT_MAX, out, &error);
  if (!done)
    return belt_call_fail (call, "%s", error->message);
  return belt_value_bytes (belt_arena_memdup (call->arena, out->data, out->len), out->len);
}

static BeltValue
call_compress (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  return recode (call, args, TRUE);
}

static BeltValue
call_decompress (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  return recode (call, args, FALSE);
}

const BeltFunction belt_func_compress_table[] = {
  { .name = "compress", .args_min = 2, .args_max = 2, .group = "conversion",
    .signature = "bytea compress(any x, string method)", .doc = "Text or bytes packed by zlib, gzip, flate or zstd.",
    .example = "isnull(compress(\"aaaa\", \"zstd\")) = false", .call = call_compress, .literal_kinds = "ss" },
  { .name = "decompress", .args_min = 2, .args_max = 2, .group = "conversion",
    .signature = "bytea decompress(bytea x, string method)", .doc = "Bytes unpacked by zlib, gzip, flate or zstd.",
    .example = "cast(decompress(compress(\"aaaa\", \"gzip\"), \"gzip\"), \"string\") = \"aaaa\"",
    .call = call_decompress, .literal_kinds = "ss" },
  { NULL },
};
