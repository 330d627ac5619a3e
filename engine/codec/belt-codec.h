/* belt-codec.h - payloads to batches, emissions to payloads
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A decoder is made for one stream and one set of columns and used by one
 * thread.  Column i of its batches is columns[i]; the whole row comes after
 * them when asked for (JSON text when the stream has no schema, else a MAP).
 * A payload or line that does not decode becomes a row with a fault (DECODE or
 * VALIDATION) whose message says where; its columns are MISSING.
 *
 * The batches own what they point to; the payload may go when decode returns.
 * An encoder makes what one call of a sink sends.
 */
#pragma once

#include "belt-batch.h"
#include "belt-catalog.h"
#include "belt-compress.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _BeltDecoder BeltDecoder;
typedef struct _BeltEncoder BeltEncoder;

typedef enum
{
  BELT_DECODER_INTEGERS = 1 << 0,  /* useInt64ForWholeNumber; also read from the properties */
} BeltDecoderFlags;

/* The batch is lent; whoever keeps it takes a reference. */
typedef void (*BeltBatchFunc) (BeltBatch *batch,
                               gpointer   user_data);

/* properties: the source's (defaults, CONF_KEY, EXTRA merged): useInt64ForWholeNumber, delimiter, fields,
 * hasHeader, decompression; NULL: the stream's EXTRA.
 * Errors: unknown format (INVALID), format we lack (UNSUPPORTED). */
BeltDecoder *belt_decoder_new        (BeltStream         *stream,
                                      JsonObject         *properties,
                                      const char *const  *columns,
                                      guint               n_columns,
                                      gboolean            whole,
                                      guint               flags,
                                      GError            **error);
void         belt_decoder_free       (BeltDecoder        *self);
/* How payloads are packed, by property decompression. */
gboolean     belt_decoder_find_compression (JsonObject      *properties,
                                      BeltCompression    *ret_method,
                                      GError            **error);
/* With `lines` the data is any number of whole lines, each a payload of its own (blank ones are skipped);
 * else it is one payload, which may hold several rows (a JSON array of objects).
 * place: names the payload in messages, "demo.jsonl:12" is the first line's place; NULL: none.
 * metadata: a MAP for all rows, or NULL.  times are now_ms; row ids are source and *sequence, which is advanced. */
void         belt_decoder_decode     (BeltDecoder        *self,
                                      const char         *data,
                                      gsize               len,
                                      gboolean            lines,
                                      const char         *place,
                                      const BeltValue    *metadata,
                                      gint64              now_ms,
                                      guint64            *sequence,
                                      guint               source,
                                      BeltBatchFunc       emit,
                                      gpointer            user_data);
/* A row that needs no decoding (memory, simulator, plugins): a MAP or JSON object value.  A typed stream
 * converts it as it does a decoded one. */
void         belt_decoder_take_row   (BeltDecoder        *self,
                                      const BeltValue    *row,
                                      const BeltValue    *metadata,
                                      gint64              now_ms,
                                      guint64            *sequence,
                                      guint               source,
                                      BeltBatchFunc       emit,
                                      gpointer            user_data);

gboolean     belt_encoder_check_format (const char       *format,
                                      GError            **error);
/* format NULL: json.  properties: delimiter, fields, hasHeader, batchSize, lingerInterval, may be NULL. */
BeltEncoder *belt_encoder_new        (const char         *format,
                                      JsonObject         *properties,
                                      GError            **error);
/* Where FORMAT protobuf finds the message of property schemaId; belt_encoder_new() knows no schemas. */
BeltEncoder *belt_encoder_new_with   (const char         *format,
                                      JsonObject         *properties,
                                      BeltCatalog        *catalog,
                                      GError            **error);
void         belt_encoder_free       (BeltEncoder        *self);
const char  *belt_encoder_get_format (BeltEncoder        *self);
/* A MAP or a LIST of MAPs is appended to out; a STR or BYTES is the payload itself.  With batchSize or
 * lingerInterval a LIST is one of payloads, each a MAP or a LIST of MAPs.
 *  FALSE: the format cannot hold the value. */
gboolean     belt_encoder_encode     (BeltEncoder        *self,
                                      const BeltValue    *value,
                                      GString            *out,
                                      GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltDecoder, belt_decoder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltEncoder, belt_encoder_free)

G_END_DECLS
