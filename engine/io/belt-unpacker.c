/* belt-unpacker.c - reads gzip and zstd streams of several members
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file sink writes one member a portion, so that what is on disk can always
 * be read; GLib's own decompressor stops after the first one.
 */
#include "config.h"

#include "belt-unpacker.h"

#include <zlib.h>
#include <zstd.h>

struct _BeltUnpacker
{
  GObject       parent_instance;

  z_stream      gzip;
  ZSTD_DStream *zstd;         /* NULL: gzip */
  gboolean      between;      /* the last member has ended, none has begun */
};

static void
belt_unpacker_reset (GConverter *converter)
{
  BeltUnpacker *self = BELT_UNPACKER (converter);

  self->between = FALSE;
  if (self->zstd != NULL)
    ZSTD_initDStream (self->zstd);
  else
    inflateReset (&self->gzip);
}

static GConverterResult
fail (GError    **error,
      const char *text)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, text);
  return G_CONVERTER_ERROR;
}

/* Returns: NULL or what is wrong. */
static const char *
inflate_some (BeltUnpacker *self,
              const void   *in,
              gsize         in_len,
              void         *out,
              gsize         out_len,
              gsize        *ret_read,
              gsize        *ret_written)
{
  uInt in_size = (uInt)MIN (in_len, G_MAXUINT);
  uInt out_size = (uInt)MIN (out_len, G_MAXUINT);
  int status;

  self->gzip.next_in = (Bytef *)in;
  self->gzip.avail_in = in_size;
  self->gzip.next_out = out;
  self->gzip.avail_out = out_size;
  status = inflate (&self->gzip, Z_NO_FLUSH);
  *ret_read = in_size - self->gzip.avail_in;
  *ret_written = out_size - self->gzip.avail_out;
  self->between = status == Z_STREAM_END;
  if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
    return NULL;

  return self->gzip.msg != NULL ? self->gzip.msg : "the compressed data is broken";
}

static const char *
unpack_some (BeltUnpacker *self,
             const void   *in,
             gsize         in_len,
             void         *out,
             gsize         out_len,
             gsize        *ret_read,
             gsize        *ret_written)
{
  ZSTD_inBuffer from = { in, in_len, 0 };
  ZSTD_outBuffer to = { out, out_len, 0 };
  gsize status;

  if (self->zstd == NULL)
    return inflate_some (self, in, in_len, out, out_len, ret_read, ret_written);

  status = ZSTD_decompressStream (self->zstd, &to, &from);
  *ret_read = from.pos;
  *ret_written = to.pos;
  self->between = status == 0;
  return ZSTD_isError (status) ? ZSTD_getErrorName (status) : NULL;
}

static GConverterResult
belt_unpacker_convert (GConverter      *converter,
                       const void      *in,
                       gsize            in_len,
                       void            *out,
                       gsize            out_len,
                       GConverterFlags  flags,
                       gsize           *ret_read,
                       gsize           *ret_written,
                       GError         **error)
{
  BeltUnpacker *self = BELT_UNPACKER (converter);
  gboolean at_end = (flags & G_CONVERTER_INPUT_AT_END) != 0;
  const char *problem;

  *ret_read = 0;
  *ret_written = 0;
  if (self->between && in_len == 0 && at_end)
    return G_CONVERTER_FINISHED;
  if (self->between)
    belt_unpacker_reset (converter);

  problem = unpack_some (self, in, in_len, out, out_len, ret_read, ret_written);
  if (problem != NULL)
    return fail (error, problem);
  if (self->between && at_end && *ret_read == in_len)
    return G_CONVERTER_FINISHED;
  if (*ret_read > 0 || *ret_written > 0)
    return G_CONVERTER_CONVERTED;
  if (at_end)
    return fail (error, "the compressed data ends too early");

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "more compressed data is needed");
  return G_CONVERTER_ERROR;
}

static void
iface_init (GConverterIface *iface)
{
  iface->convert = belt_unpacker_convert;
  iface->reset = belt_unpacker_reset;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BeltUnpacker, belt_unpacker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_CONVERTER, iface_init))

static void
belt_unpacker_finalize (GObject *object)
{
  BeltUnpacker *self = BELT_UNPACKER (object);

  if (self->zstd != NULL)
    ZSTD_freeDStream (self->zstd);
  else
    inflateEnd (&self->gzip);
  G_OBJECT_CLASS (belt_unpacker_parent_class)->finalize (object);
}

static void
belt_unpacker_class_init (BeltUnpackerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = belt_unpacker_finalize;
}

static void
belt_unpacker_init (BeltUnpacker *self)
{
}

BeltUnpacker *
belt_unpacker_new (BeltCompression method)
{
  BeltUnpacker *self = g_object_new (BELT_TYPE_UNPACKER, NULL);

  if (method == BELT_COMPRESSION_ZSTD)
    self->zstd = ZSTD_createDStream ();
  else if (inflateInit2 (&self->gzip, MAX_WBITS + 16) != Z_OK)
    g_error ("out of memory");

  return self;
}
