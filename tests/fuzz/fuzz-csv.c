/* fuzz-csv.c - any bytes as a file: CSV, lines or JSON, plain or packed
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first two bytes are options, the rest is the file.  It is read at once and again
 * in pieces through a pipe; what comes out has to be the same.
 */
#include "config.h"

#include "belt-file-reader.h"
#include "belt-json.h"

#include "fuzz-driver.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char delimiters[] = ",;\t|";

typedef struct
{
  BeltSourceHost host;
  GString       *text;    /* what came, blanks between JSON values left out */
  BeltFileType   type;
} Taken;

/* The padding is there to be read. */
static void
take_payload (BeltSourceHost  *host,
              const char      *data,
              gsize            len,
              gboolean         lines,
              const char      *place,
              const BeltValue *metadata)
{
  Taken *taken = (Taken *)host;
  guint sum = 0;

  for (gsize i = 0; i < len + BELT_JSON_PADDING; i++)
    sum += (guint8)data[i];
  g_assert_cmpuint (sum, <, G_MAXUINT);
  g_assert_nonnull (place);
  for (gsize i = 0; i < len; i++)
    {
      if (taken->type == BELT_FILE_LINES || !g_ascii_isspace (data[i]))
        g_string_append_c (taken->text, data[i]);
    }
}

static void
take_row (BeltSourceHost  *host,
          const BeltValue *row,
          const BeltValue *metadata)
{
  Taken *taken = (Taken *)host;

  belt_json_write (taken->text, row);
  g_string_append_printf (taken->text, " at %" G_GUINT64_FORMAT "\n", host->row_line);
}

/* @piece 0: all at once, before the first read. */
static void
read_file (const BeltFileOptions *options,
           const guint8          *data,
           gsize                  size,
           gsize                  piece,
           gboolean               one_row,
           Taken                 *taken)
{
  g_autoptr(BeltFileReader) reader = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *path = NULL;
  BeltFileResult result = BELT_FILE_MORE;
  gsize written = 0;
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  path = g_strdup_printf ("/proc/self/fd/%d", ends[0]);
  reader = belt_file_reader_new (path, options, &error);
  g_assert_no_error (error);
  close (ends[0]);
  while (result == BELT_FILE_MORE)
    {
      gsize n = piece == 0 ? size - written : MIN (piece, size - written);

      if (n > 0)
        g_assert_cmpint (write (ends[1], data + written, n), ==, (gssize)n);
      written += n;
      if ((n == 0 || piece == 0) && ends[1] >= 0)
        {
          close (ends[1]);
          ends[1] = -1;
        }
      result = belt_file_reader_deliver (reader, &taken->host, one_row, &error);
    }
  if (ends[1] >= 0)
    close (ends[1]);
  g_assert_true ((result == BELT_FILE_FAILED) == (error != NULL));
  if (error != NULL && options->compression == BELT_COMPRESSION_NONE)
    g_string_append (taken->text, error->message);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  guint8 bits = size > 0 ? data[0] : 0;
  guint8 more = size > 1 ? data[1] : 0;
  BeltFileOptions options = {
    .type = (BeltFileType)(BELT_FILE_CSV + bits % 4) % 3,
    .delimiter = delimiters[bits / 4 % 4],
    .has_header = (bits & 16) != 0,
    .ignore_start = (bits & 32) != 0 ? more % 4 : 0,
    .ignore_end = (bits & 64) != 0 ? more / 4 % 4 : 0,
    .compression = (bits & 128) == 0 ? BELT_COMPRESSION_NONE : more % 2 == 0 ? BELT_COMPRESSION_GZIP
                                                                           : BELT_COMPRESSION_ZSTD,
    .name = "fuzz",
  };
  BeltSourceHost host = { .payload = take_payload, .row = take_row };
  Taken whole = { host, g_string_new (NULL), options.type };
  Taken pieces = { host, g_string_new (NULL), options.type };

  size = MIN (size, 4096);
  if (size >= 2)
    {
      read_file (&options, data + 2, size - 2, 0, FALSE, &whole);
      /* The unpacker waits for what it lacks, so what is packed is there from the beginning. */
      read_file (&options, data + 2, size - 2, options.compression == BELT_COMPRESSION_NONE ? 1 + more / 16 : 0,
                 more % 3 == 0, &pieces);
      if (options.type == BELT_FILE_CSV && !g_string_equal (whole.text, pieces.text))
        g_error ("at once: “%s”\nin pieces: “%s”", whole.text->str, pieces.text->str);
    }
  g_string_free (whole.text, TRUE);
  g_string_free (pieces.text, TRUE);
  return 0;
}
