/* bench-json.c - what a line costs: scanner alone, decoder, writer
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file of JSON lines (generate-rows makes one) and prints CPU ns a line,
 * the best of some rounds.  Usage: bench-json FILE COLUMN...
 */
#include "config.h"

#include "belt-codec.h"
#include "belt-json.h"

#include <string.h>
#include <time.h>

#define ROUNDS      7u
#define CHUNK_BYTES (256u * 1024u)

static double
get_cpu_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

static guint
scan_lines (const char        *text,
            gsize              len,
            const char *const *names,
            guint              n_names)
{
  BeltDemand *demand = belt_demand_new (names, n_names);
  g_autofree BeltValue *values = g_new0 (BeltValue, n_names);
  g_autofree BeltValue **columns = g_new (BeltValue *, n_names);
  const char *end = text + len;
  BeltArena arena;
  guint n = 0;

  belt_arena_init (&arena);
  for (guint i = 0; i < n_names; i++)
    columns[i] = &values[i];
  for (const char *line = text; line < end; n++)
    {
      const char *newline = memchr (line, '\n', (gsize)(end - line));
      BeltJsonError error = { 0 };

      if (belt_json_scan_object (line, newline, demand, columns, 0, 0, &arena, &error) == NULL)
        g_error ("line %u: byte %" G_GSIZE_FORMAT ": %s", n + 1, error.offset, error.message);
      line = newline + 1;
    }
  belt_arena_clear (&arena);
  belt_demand_free (demand);
  return n;
}

static void
count_rows (BeltBatch *batch,
            gpointer   user_data)
{
  *(guint *)user_data += batch->n_rows;
}

static guint
decode_lines (const char        *text,
              gsize              len,
              const char *const *names,
              guint              n_names,
              gboolean           whole)
{
  BeltStream stream = { .ref_count = 2, .name = (char *)"bench" };
  BeltDecoder *decoder = belt_decoder_new (&stream, NULL, names, n_names, whole, 0, NULL);
  guint64 sequence = 0;
  guint n = 0;

  for (gsize at = 0; at < len;)
    {
      gsize size = MIN (CHUNK_BYTES, len - at);

      while (text[at + size - 1] != '\n')
        size--;
      belt_decoder_decode (decoder, text + at, size, TRUE, NULL, NULL, 0, &sequence, 0, count_rows, &n);
      at += size;
    }
  stream.ref_count++;
  belt_decoder_free (decoder);
  return n;
}

int
main (int    argc,
      char **argv)
{
  static const char *const modes[] = { "scan", "decode", "decode whole row" };
  const char *const *names = (const char *const *)argv + 2;
  guint n_names = (guint)argc - 2;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  gsize len;

  if (argc < 3 || !g_file_get_contents (argv[1], &text, &len, &error) || len == 0 || text[len - 1] != '\n')
    {
      g_printerr ("usage: bench-json FILE COLUMN...: %s\n", error != NULL ? error->message : "whole lines are needed");
      return 2;
    }
  text = g_realloc (text, len + BELT_JSON_PADDING);

  for (guint mode = 0; mode < G_N_ELEMENTS (modes); mode++)
    {
      double best = G_MAXDOUBLE;
      guint n = 0;

      for (guint i = 0; i < ROUNDS; i++)
        {
          double start = get_cpu_ns ();

          n = mode == 0 ? scan_lines (text, len, names, n_names) : decode_lines (text, len, names, n_names, mode == 2);
          best = MIN (best, get_cpu_ns () - start);
        }
      g_print ("%-18s %7.1f ns a line, %u lines of %.0f bytes\n", modes[mode], best / n, n, (double)len / n);
    }

  return 0;
}
