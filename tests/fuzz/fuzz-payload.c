/* fuzz-payload.c - any bytes as a payload of each format, to columns and back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the stream and whether the payload is lines; the rest is the
 * payload.  Rows that decode are encoded in each format.
 */
#include "config.h"

#include "belt-codec.h"
#include "belt-json.h"
#include "belt-parser-hooks.h"
#include "belt-stream.h"

#include "fuzz-driver.h"

static const char *const streams[] = {
  "CREATE STREAM s () WITH (DATASOURCE=\"s\", FORMAT=\"DELIMITED\")",
  "CREATE STREAM s (a BIGINT, b STRING, c FLOAT) WITH (DATASOURCE=\"s\", FORMAT=\"DELIMITED\", DELIMITER=\";\")",
  "CREATE STREAM s () WITH (DATASOURCE=\"s\", FORMAT=\"URLENCODED\")",
  "CREATE STREAM s (a BIGINT, b ARRAY(STRING), c BOOLEAN) WITH (DATASOURCE=\"s\", FORMAT=\"URLENCODED\")",
  "CREATE STREAM s () WITH (DATASOURCE=\"s\", FORMAT=\"JSON\")",
  "CREATE STREAM s (a BIGINT, b STRUCT(x FLOAT, y STRING), c DATETIME, d ARRAY(BIGINT), e BYTEA, f BOOLEAN)"
  " WITH (DATASOURCE=\"s\", FORMAT=\"JSON\")",
  "CREATE STREAM s (a BIGINT, b STRUCT(x FLOAT, y STRING), c FLOAT) WITH (DATASOURCE=\"s\", FORMAT=\"JSON\","
  " STRICT_VALIDATION=\"true\")",
  "CREATE STREAM s () WITH (DATASOURCE=\"s\", FORMAT=\"BINARY\")",
};
static const char *const formats[] = { "json", "delimited", "urlencoded" };
static const char *const columns[] = { "a", "b", "c", "self", "x" };

static void
encode (const BeltValue *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autoptr(BeltEncoder) encoder = belt_encoder_new (formats[i], NULL, NULL);
      g_autoptr(GString) out = g_string_new (NULL);
      g_autoptr(GError) error = NULL;

      if (encoder != NULL && !belt_encoder_encode (encoder, row, out, &error))
        g_assert_nonnull (error);
    }
}

static void
take_batch (BeltBatch *batch,
            gpointer   user_data)
{
  guint *n_rows = user_data;

  for (guint row = 0; row < batch->n_rows; row++, (*n_rows)++)
    {
      const BeltFault *fault = belt_batch_get_fault (batch, row);
      g_autoptr(GString) text = g_string_new (NULL);

      if (fault != NULL)
        {
          g_assert_true (fault->message != NULL && g_utf8_validate (fault->message, -1, NULL));
          continue;
        }
      for (guint i = 0; i < batch->n_columns; i++)
        {
          BeltValue *value = batch->columns[i] != NULL ? &batch->columns[i][row] : NULL;

          if (value != NULL && value->tag != BELT_TAG_MISSING)
            belt_json_write (text, value);
          if (value != NULL && i + 1 == batch->n_columns)
            encode (value);
        }
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  static BeltStream *made[G_N_ELEMENTS (streams)];
  guint which = size > 0 ? data[0] % G_N_ELEMENTS (streams) : 0;
  gboolean lines = size > 0 && data[0] / G_N_ELEMENTS (streams) % 2 == 1;
  g_autoptr(BeltDecoder) decoder = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *payload = g_memdup2 (data + 1, MAX (size, 1) - 1);
  guint64 sequence = 0;
  guint n_rows = 0;

  if (made[which] == NULL)
    made[which] = belt_stream_new_from_sql (streams[which], &error);
  g_assert_no_error (error);
  decoder = belt_decoder_new (made[which], NULL, columns, G_N_ELEMENTS (columns), TRUE, size % 2, &error);
  g_assert_no_error (error);

  belt_decoder_decode (decoder, payload != NULL ? payload : "", MAX (size, 1) - 1, lines, "fuzz:1", NULL, 1, &sequence,
                       0, take_batch, &n_rows);
  g_assert_cmpuint (sequence, ==, n_rows);
  return 0;
}
