/* belt-compress.c - zlib, gzip, flate and zstd, whole payloads at a time
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-compress.h"

#include "belt-error.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define CHUNK (64u * 1024u)

BeltCompression
belt_compression_find (const char *name,
                       gsize       len)
{
  static const char *const names[] = { "", "zlib", "gzip", "flate", "zstd" };

  for (BeltCompression method = BELT_COMPRESSION_ZLIB; method <= BELT_COMPRESSION_ZSTD; method++)
    {
      if (len == strlen (names[method]) && memcmp (name, names[method], len) == 0)
        return method;
    }
  return BELT_COMPRESSION_NONE;
}

/* zlib's way to tell the three formats apart. */
static int
get_window_bits (BeltCompression method)
{
  return method == BELT_COMPRESSION_GZIP ? MAX_WBITS + 16
         : method == BELT_COMPRESSION_FLATE ? -MAX_WBITS : MAX_WBITS;
}

static gboolean
deflate_bytes (BeltCompression  method,
               const void      *data,
               gsize            len,
               GByteArray      *out,
               GError         **error)
{
  z_stream stream = { 0 };
  guint start = out->len;
  gsize size;
  int status;

  if (deflateInit2 (&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, get_window_bits (method), 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return belt_refuse (error, BELT_ERROR_IO, "the compressor could not be started");

  size = deflateBound (&stream, len);
  if (len > G_MAXUINT / 2 || size > G_MAXUINT / 2 - start)
    {
      deflateEnd (&stream);
      return belt_refuse (error, BELT_ERROR_IO, "the data is too long to be compressed");
    }
  g_byte_array_set_size (out, start + (guint)size);
  stream.next_in = (Bytef *)data;
  stream.avail_in = (uInt)len;
  stream.next_out = out->data + start;
  stream.avail_out = (uInt)size;
  status = deflate (&stream, Z_FINISH);
  g_byte_array_set_size (out, start + (guint)stream.total_out);
  deflateEnd (&stream);

  return status == Z_STREAM_END || belt_refuse (error, BELT_ERROR_IO, "the data cannot be compressed");
}

static gboolean
compress_zstd (const void *data,
               gsize       len,
               GByteArray *out,
               GError    **error)
{
  guint start = out->len;
  gsize size = ZSTD_compressBound (len);

  if (ZSTD_isError (size) || size > G_MAXUINT / 2 - start)
    return belt_refuse (error, BELT_ERROR_IO, "the data is too long to be compressed");

  g_byte_array_set_size (out, start + (guint)size);
  size = ZSTD_compress (out->data + start, size, data, len, ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError (size))
    return belt_refuse (error, BELT_ERROR_IO, "%s", ZSTD_getErrorName (size));
  g_byte_array_set_size (out, start + (guint)size);

  return TRUE;
}

static gboolean
inflate_bytes (BeltCompression  method,
               const void      *data,
               gsize            len,
               gsize            max,
               GByteArray      *out,
               GError         **error)
{
  g_autofree guchar *chunk = g_malloc (CHUNK);
  const char *refusal = NULL;
  z_stream stream = { 0 };
  int status = Z_OK;
  guint start = out->len;

  if (inflateInit2 (&stream, get_window_bits (method)) != Z_OK)
    return belt_refuse (error, BELT_ERROR_IO, "the decompressor could not be started");

  stream.next_in = (Bytef *)data;
  stream.avail_in = (uInt)MIN (len, G_MAXUINT);
  while (status != Z_STREAM_END && refusal == NULL)
    {
      stream.next_out = chunk;
      stream.avail_out = CHUNK;
      status = inflate (&stream, Z_NO_FLUSH);
      g_byte_array_append (out, chunk, CHUNK - stream.avail_out);
      if (status != Z_OK && status != Z_STREAM_END)
        refusal = "unexpected EOF";
      else if (out->len - start > max)
        refusal = "the result is too long";
    }
  if (refusal != NULL)
    belt_refuse (error, BELT_ERROR_IO, "%s", stream.msg != NULL ? stream.msg : refusal);
  inflateEnd (&stream);

  return refusal == NULL;
}

static gboolean
decompress_zstd (const void *data,
                 gsize       len,
                 gsize       max,
                 GByteArray *out,
                 GError    **error)
{
  g_autofree guchar *chunk = g_malloc (CHUNK);
  ZSTD_DStream *stream = ZSTD_createDStream ();
  ZSTD_inBuffer in = { data, len, 0 };
  const char *refusal = NULL;
  guint start = out->len;
  gsize status = 1;

  while (status != 0 && refusal == NULL)
    {
      ZSTD_outBuffer piece = { chunk, CHUNK, 0 };

      status = ZSTD_decompressStream (stream, &piece, &in);
      g_byte_array_append (out, chunk, (guint)piece.pos);
      if (ZSTD_isError (status))
        refusal = ZSTD_getErrorName (status);
      else if (out->len - start > max)
        refusal = "the result is too long";
      else if (status != 0 && in.pos == in.size && piece.pos < piece.size)
        refusal = "unexpected EOF";
    }
  ZSTD_freeDStream (stream);

  return refusal == NULL || belt_refuse (error, BELT_ERROR_IO, "%s", refusal);
}

gboolean
belt_compress (BeltCompression  method,
               const void      *data,
               gsize            len,
               GByteArray      *out,
               GError         **error)
{
  return method == BELT_COMPRESSION_ZSTD ? compress_zstd (data, len, out, error)
                                         : deflate_bytes (method, data, len, out, error);
}

gboolean
belt_decompress (BeltCompression  method,
                 const void      *data,
                 gsize            len,
                 gsize            max,
                 GByteArray      *out,
                 GError         **error)
{
  return method == BELT_COMPRESSION_ZSTD ? decompress_zstd (data, len, max, out, error)
                                         : inflate_bytes (method, data, len, max, out, error);
}
