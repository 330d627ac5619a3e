/* belt-func-compress.c - zlib, gzip, flate and zstd
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What comes out is bounded, so that a few hostile bytes cannot become gigabytes.
 */
#include "config.h"

#include "belt-func-private.h"

#include <zlib.h>
#include <zstd.h>

#define CHUNK (64u * 1024u)

typedef enum
{
  METHOD_NONE,
  METHOD_ZLIB,
  METHOD_GZIP,
  METHOD_FLATE,
  METHOD_ZSTD,
} Method;

static Method
find_method (const BeltValue *name)
{
  static const char *const names[] = { "", "zlib", "gzip", "flate", "zstd" };

  for (Method method = METHOD_ZLIB; method <= METHOD_ZSTD; method++)
    {
      if (name->tag == BELT_TAG_STR && name->len == strlen (names[method]) &&
          memcmp (name->u.s, names[method], name->len) == 0)
        return method;
    }
  return METHOD_NONE;
}

/* zlib's way to tell the three formats apart. */
static int
get_window_bits (Method method)
{
  return method == METHOD_GZIP ? MAX_WBITS + 16 : method == METHOD_FLATE ? -MAX_WBITS : MAX_WBITS;
}

static BeltValue
deflate_bytes (BeltCall        *call,
               const BeltValue *bytes,
               Method           method)
{
  z_stream stream = { 0 };
  gsize size;
  char *out;
  int status;

  if (deflateInit2 (&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, get_window_bits (method), 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return belt_call_fail (call, "the compressor could not be started");

  size = deflateBound (&stream, bytes->len);
  out = belt_arena_alloc (call->arena, size);
  stream.next_in = (Bytef *)bytes->u.s;
  stream.avail_in = bytes->len;
  stream.next_out = (Bytef *)out;
  stream.avail_out = (uInt)size;
  status = deflate (&stream, Z_FINISH);
  size = stream.total_out;
  deflateEnd (&stream);
  return status == Z_STREAM_END ? belt_value_bytes (out, size) : belt_call_fail (call, "the data cannot be compressed");
}

static BeltValue
compress_zstd (BeltCall        *call,
               const BeltValue *bytes)
{
  gsize size = ZSTD_compressBound (bytes->len);
  char *out = belt_arena_alloc (call->arena, size);

  size = ZSTD_compress (out, size, bytes->u.s, bytes->len, ZSTD_CLEVEL_DEFAULT);
  return ZSTD_isError (size) ? belt_call_fail (call, "%s", ZSTD_getErrorName (size)) : belt_value_bytes (out, size);
}

static BeltValue
take_out (BeltCall   *call,
          GByteArray *out,
          const char *refusal)
{
  if (refusal != NULL)
    return belt_call_fail (call, "%s", refusal);
  return belt_value_bytes (belt_arena_memdup (call->arena, out->data, out->len), out->len);
}

static BeltValue
inflate_bytes (BeltCall        *call,
               const BeltValue *bytes,
               Method           method)
{
  g_autoptr(GByteArray) out = g_byte_array_new ();
  g_autofree guchar *chunk = g_malloc (CHUNK);
  const char *refusal = NULL;
  z_stream stream = { 0 };
  int status = Z_OK;

  if (inflateInit2 (&stream, get_window_bits (method)) != Z_OK)
    return belt_call_fail (call, "the decompressor could not be started");

  stream.next_in = (Bytef *)bytes->u.s;
  stream.avail_in = bytes->len;
  while (status != Z_STREAM_END && refusal == NULL)
    {
      stream.next_out = chunk;
      stream.avail_out = CHUNK;
      status = inflate (&stream, Z_NO_FLUSH);
      g_byte_array_append (out, chunk, CHUNK - stream.avail_out);
      if (status != Z_OK && status != Z_STREAM_END)
        refusal = stream.msg != NULL ? stream.msg : "unexpected EOF";
      else if (out->len > BELT_FUNC_TEXT_MAX)
        refusal = "the result is too long";
    }
  inflateEnd (&stream);
  return take_out (call, out, refusal);
}

static BeltValue
decompress_zstd (BeltCall        *call,
                 const BeltValue *bytes)
{
  g_autoptr(GByteArray) out = g_byte_array_new ();
  g_autofree guchar *chunk = g_malloc (CHUNK);
  ZSTD_DStream *stream = ZSTD_createDStream ();
  ZSTD_inBuffer in = { bytes->u.s, bytes->len, 0 };
  const char *refusal = NULL;
  gsize status = 1;

  while (status != 0 && refusal == NULL)
    {
      ZSTD_outBuffer piece = { chunk, CHUNK, 0 };

      status = ZSTD_decompressStream (stream, &piece, &in);
      g_byte_array_append (out, chunk, (guint)piece.pos);
      if (ZSTD_isError (status))
        refusal = ZSTD_getErrorName (status);
      else if (out->len > BELT_FUNC_TEXT_MAX)
        refusal = "the result is too long";
      else if (status != 0 && in.pos == in.size && piece.pos < piece.size)
        refusal = "unexpected EOF";
    }
  ZSTD_freeDStream (stream);
  return take_out (call, out, refusal);
}

static gboolean
take_bytes (BeltCall        *call,
            const BeltValue *args,
            Method          *ret_method,
            BeltValue       *ret_error)
{
  if (args[0].tag != BELT_TAG_STR && args[0].tag != BELT_TAG_BYTES)
    *ret_error = belt_call_fail (call, "require string or bytea parameter, but got %s",
                                 belt_func_describe (call->arena, &args[0]));
  else if ((*ret_method = find_method (&args[1])) == METHOD_NONE)
    *ret_error = belt_call_fail (call, "unsupported compression %s, one of zlib, gzip, flate, zstd",
                                 belt_func_describe (call->arena, &args[1]));
  else
    return TRUE;
  return FALSE;
}

static BeltValue
recode (BeltCall        *call,
        const BeltValue *args,
        BeltValue (*with_zstd)(BeltCall *, const BeltValue *),
        BeltValue (*with_zlib)(BeltCall *, const BeltValue *, Method))
{
  BeltValue error;
  Method method;

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!take_bytes (call, args, &method, &error))
    return error;
  return method == METHOD_ZSTD ? with_zstd (call, &args[0]) : with_zlib (call, &args[0], method);
}

static BeltValue
call_compress (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  return recode (call, args, compress_zstd, deflate_bytes);
}

static BeltValue
call_decompress (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  return recode (call, args, decompress_zstd, inflate_bytes);
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
