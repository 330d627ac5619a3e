/* belt-compress.h - zlib, gzip, flate and zstd, whole payloads at a time
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names are eKuiper's.  What comes out of a decompression is bounded, so that a
 * few hostile bytes cannot become gigabytes.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BELT_DECOMPRESSED_MAX (256u * 1024u * 1024u)

typedef enum
{
  BELT_COMPRESSION_NONE,
  BELT_COMPRESSION_ZLIB,
  BELT_COMPRESSION_GZIP,
  BELT_COMPRESSION_FLATE,
  BELT_COMPRESSION_ZSTD,
} BeltCompression;

/* NONE for a name that is none of them. */
BeltCompression belt_compression_find (const char      *name,
                                       gsize            len);
/* Both append to out.  Errors: IO. */
gboolean        belt_compress         (BeltCompression  method,
                                       const void      *data,
                                       gsize            len,
                                       GByteArray      *out,
                                       GError         **error);
/* max: of bytes that may come out. */
gboolean        belt_decompress       (BeltCompression  method,
                                       const void      *data,
                                       gsize            len,
                                       gsize            max,
                                       GByteArray      *out,
                                       GError         **error);

G_END_DECLS
