/* belt-codec-private.h - one decoder from the inside
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * belt-decoder.c builds batches; a format takes a payload apart and stores
 * values row by row with the calls below.
 */
#pragma once

#include "belt-codec.h"
#include "belt-compress.h"
#include "belt-json.h"
#include "belt-proto.h"

G_BEGIN_DECLS

#define BELT_DECODER_FIELDS_MAX 4096u  /* names in `fields`, cells in a delimited line */

typedef struct _BeltDecodeRun BeltDecodeRun;

typedef struct
{
  const char *name;
  gboolean    lines_are_cells;  /* keeps state from line to line (a header), so order matters */
  /* One payload: text is followed by BELT_JSON_PADDING bytes, the first NUL or a newline, when
   * `copy` is set it must not be borrowed. */
  void      (*decode) (BeltDecodeRun *run, const char *text, gsize len, gboolean copy);
} BeltDecoderFormat;

struct _BeltDecoder
{
  BeltStream              *stream;
  const BeltDecoderFormat *format;
  guint                    n_columns;   /* asked for */
  guint                    n_names;     /* those and, for the whole row of a typed stream, the other fields */
  char                   **names;
  const BeltField        **fields;      /* [n_names] the declaration or NULL */
  gboolean                 whole;
  gboolean                 typed;
  gboolean                 narrowed;           /* declared objects have only the members that are read */
  guint                    scan_flags;
  BeltDemand              *demand;
  char                    *delimiter;
  gsize                    delimiter_len;
  char                   **cell_names;  /* NULL: col0, col1, … */
  gboolean                 header_due;  /* the next line names the cells */
  char                    *payload_field;  /* NULL: no payload inside */
  BeltCompression          compression;    /* of payloads that are no lines */
  GByteArray              *unpacked;       /* the payload being decoded */
  BeltProtoReader         *proto;          /* of FORMAT protobuf */
  gboolean                *proto_wanted;   /* by the message's fields */
  int                     *proto_fields;   /* [n_names] field of the message, -1: it has none of the name */
};

/* One call of decode. */
struct _BeltDecodeRun
{
  BeltDecoder     *decoder;
  const char      *place;
  guint64          line;       /* of the current payload, from 1; 0: payloads are not lines */
  const BeltValue *metadata;
  gint64           now_ms;
  guint64         *sequence;
  guint            source;
  BeltBatchFunc    emit;
  gpointer         user_data;

  guint            capacity;   /* rows of the next batch */
  BeltBatch       *text_owner; /* holds the copy of the payload being decoded, or NULL */
  BeltBatch       *batch;      /* being filled, or NULL */
  guint            n;          /* rows in it */
  BeltValue      **columns;    /* [n_names] of [capacity], the first n_columns are the batch's */
  BeltValue       *wholes;     /* or NULL */
  BeltValue        shared_metadata;

  GPtrArray       *list;       /* of BeltBatch: full ones of a list of rows until all of it is read; or NULL */
  char            *list_error; /* the first row of the list that could not be decoded, or NULL */
  gsize            list_error_offset;
  guint64          list_sequence;
};

/* The row to fill next is run->n of run->batch; every column of it is MISSING. */
void     belt_decode_run_begin_row   (BeltDecodeRun   *run);
/* Converts by the declared types, validates, hands on. */
void     belt_decode_run_finish_row  (BeltDecodeRun   *run);
/* offset of the trouble in text (a payload), or G_MAXSIZE when there is no such place */
void     belt_decode_run_fail_row    (BeltDecodeRun   *run,
                                      BeltFaultKind    kind,
                                      const char      *text,
                                      gsize            offset,
                                      const char      *message);
/* Between these a row that cannot be decoded makes the whole list fail: no row of it goes on. */
void     belt_decode_run_begin_list  (BeltDecodeRun   *run);
void     belt_decode_run_end_list    (BeltDecodeRun   *run,
                                      const char      *text);
/* A row of names and values; what it points to lives in the batch's arena. */
void     belt_decode_run_store_map   (BeltDecodeRun   *run,
                                      const BeltMember *members,
                                      guint            n_members);

extern const BeltDecoderFormat belt_decoder_json;
extern const BeltDecoderFormat belt_decoder_payload;
extern const BeltDecoderFormat belt_decoder_delimited;
extern const BeltDecoderFormat belt_decoder_binary;
extern const BeltDecoderFormat belt_decoder_urlencoded;
extern const BeltDecoderFormat belt_decoder_protobuf;

/* belt-decode-protobuf.c: what the format needs besides; the names are known. */
gboolean belt_decoder_prepare_protobuf (BeltDecoder     *self,
                                      GError          **error);

/* What a declared type makes of a decoded value (NULL: fine, else why not). */
const char *belt_codec_convert       (const BeltType  *type,
                                      BeltValue       *value,
                                      BeltArena       *arena);
/* The same for rows that come as text cells or from plugins: also reads numbers in strings. */
const char *belt_codec_convert_loose (const BeltType  *type,
                                      BeltValue       *value,
                                      BeltArena       *arena);
/* STRICT_VALIDATION, after the conversion. */
const char *belt_codec_validate      (const BeltType  *type,
                                      BeltValue       *value,
                                      const char      *time_pattern,
                                      gboolean         whole,
                                      gint64           now_ms,
                                      BeltArena       *arena);

G_END_DECLS
