/* belt-decode-protobuf.c - FORMAT="protobuf", SCHEMAID="file.Message"
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A payload is one message and a row, its fields are the columns.
 */
#include "config.h"

#include "belt-codec-private.h"

#include "belt-error.h"

gboolean
belt_decoder_prepare_protobuf (BeltDecoder *self,
                               GError     **error)
{
  BeltProtoMessage *message = self->stream->message;

  if (message == NULL)
    return belt_refuse (error, BELT_ERROR_INVALID, "%s",
                        self->stream->schema_error != NULL ? self->stream->schema_error
                        : "FORMAT protobuf needs a SCHEMAID, and the stream to be in a catalog with that schema");

  self->proto = belt_proto_reader_new (message);
  self->proto_wanted = g_new0 (gboolean, message->n_fields + 1);
  self->proto_fields = g_new (int, self->n_names + 1);
  for (guint i = 0; i < self->n_names; i++)
    self->proto_fields[i] = -1;
  for (guint j = 0; j < message->n_fields; j++)
    {
      self->proto_wanted[j] = self->whole;
      for (guint i = 0; i < self->n_names; i++)
        if (g_str_equal (message->fields[j].name, self->names[i]))
          {
            self->proto_fields[i] = (int)j;
            self->proto_wanted[j] = TRUE;
          }
    }
  return TRUE;
}

static void
fail_message (BeltDecodeRun          *run,
              const BeltProtoTrouble *trouble)
{
  g_autoptr(GString) text = g_string_new ("invalid protobuf");

  if (trouble->field != NULL)
    g_string_append_printf (text, ", field %s", trouble->field->name);
  if (trouble->offset != G_MAXSIZE)
    g_string_append_printf (text, ", byte %" G_GSIZE_FORMAT, trouble->offset);
  g_string_append_printf (text, " of a %s: %s", run->decoder->stream->message->name, trouble->problem);
  belt_decode_run_fail_row (run, BELT_FAULT_DECODE, NULL, G_MAXSIZE, text->str);
}

static void
decode_protobuf (BeltDecodeRun *run,
                 const char    *text,
                 gsize          len,
                 gboolean       copy)
{
  BeltDecoder *decoder = run->decoder;
  BeltProtoTrouble trouble;
  const BeltValue *values;

  belt_decode_run_begin_row (run);
  values = belt_proto_reader_read (decoder->proto, text, len, decoder->proto_wanted, copy, &run->batch->arena,
                                   &trouble);
  if (values == NULL)
    {
      fail_message (run, &trouble);
      return;
    }

  for (guint i = 0; i < decoder->n_names; i++)
    if (decoder->proto_fields[i] >= 0)
      run->columns[i][run->n] = values[decoder->proto_fields[i]];
  if (run->wholes != NULL)
    run->wholes[run->n] = belt_proto_reader_make_row (decoder->proto, &run->batch->arena);
  belt_decode_run_finish_row (run);
}

const BeltDecoderFormat belt_decoder_protobuf = { "protobuf", FALSE, decode_protobuf };
