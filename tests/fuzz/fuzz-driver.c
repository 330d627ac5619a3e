/* fuzz-driver.c - runs a fuzz target over seeds and over mutations of them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 *   fuzz-x ROUNDS SEED…   a seed is a file, or a folder: each file in it is one, and
 *                         of a .jsonl file each text ("sql", "stream", "raw", …) is
 *
 * The mutations follow from a fixed number, so a failure comes again.  With clang,
 * run-libfuzzer.sh builds the target without this file.
 */
#include "config.h"

#include "fuzz-driver.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define INPUT_MAX 4096

static void
collect_texts (JsonNode  *node,
               GPtrArray *seeds)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (node);

      g_ptr_array_add (seeds, g_bytes_new (text, strlen (text)));
    }
  else if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (array); i++)
        collect_texts (json_array_get_element (array, i), seeds);
    }
  else if (JSON_NODE_HOLDS_OBJECT (node))
    {
      g_autoptr(GList) members = json_object_get_values (json_node_get_object (node));

      for (GList *at = members; at != NULL; at = at->next)
        collect_texts (at->data, seeds);
    }
}

static void
read_lines (const char *path,
            GPtrArray  *seeds)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr(JsonParser) parser = json_parser_new ();

      if (*lines[i] != 0 && json_parser_load_from_data (parser, lines[i], -1, NULL))
        collect_texts (json_parser_get_root (parser), seeds);
    }
}

static void
read_file (const char *path,
           GPtrArray  *seeds)
{
  char *text = NULL;
  gsize len;

  if (g_file_get_contents (path, &text, &len, NULL))
    g_ptr_array_add (seeds, g_bytes_new_take (text, len));
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* In order of names: the same mutations on every machine. */
static void
read_seed (const char *path,
           GPtrArray  *seeds)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    {
      read_file (path, seeds);
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      if (g_str_has_suffix (names->pdata[i], ".jsonl"))
        read_lines (names->pdata[i], seeds);
      else
        read_file (names->pdata[i], seeds);
    }
}

/* One change: a byte, a cut, a doubled piece, or a piece of another seed. */
static void
mutate (GByteArray *input,
        GRand      *rand,
        GPtrArray  *seeds)
{
  static const char signs[] = "()[],;.'\"`*/-+<>=!|&%^#:0123456789eE \n\t\\\xc3\xa9_aS";
  guint n = MAX (input->len, 1u);
  guint at = (guint)g_rand_int_range (rand, 0, (gint32)n);
  guint piece = (guint)g_rand_int_range (rand, 1, 24);
  gsize other_n;
  const guint8 *other = g_bytes_get_data (seeds->pdata[g_rand_int_range (rand, 0, (gint32)seeds->len)], &other_n);

  at = MIN (at, input->len);
  switch (g_rand_int_range (rand, 0, 5))
    {
    case 0:
      if (at < input->len)
        input->data[at] = (guint8)signs[g_rand_int_range (rand, 0, sizeof signs - 1)];
      break;
    case 1:
      if (at < input->len)
        input->data[at] = (guint8)g_rand_int_range (rand, 0, 256);
      break;
    case 2:
      if (at < input->len)
        g_byte_array_remove_range (input, at, MIN (piece, input->len - at));
      break;
    case 3:
      if (at < input->len)
        {
          g_autofree guint8 *copy = g_memdup2 (input->data + at, MIN (piece, input->len - at));

          g_byte_array_append (input, copy, MIN (piece, input->len - at));
        }
      break;
    default:
      if (other_n > 0)
        {
          gsize from = (gsize)g_rand_int_range (rand, 0, (gint32)other_n);
          guint take = (guint)MIN (piece, other_n - from);
          g_autofree guint8 *tail = g_memdup2 (input->data + at, input->len - at);
          guint tail_n = input->len - at;

          g_byte_array_set_size (input, at);
          g_byte_array_append (input, other + from, take);
          if (tail_n > 0)
            g_byte_array_append (input, tail, tail_n);
        }
    }
  if (input->len > INPUT_MAX)
    g_byte_array_set_size (input, INPUT_MAX);
}

/* The input in a block of exactly its size, so that a sanitizer sees a read beyond it. */
static void
run (const guint8 *data,
     gsize         n)
{
  g_autofree guint8 *copy = g_memdup2 (data, n);

  LLVMFuzzerTestOneInput (copy != NULL ? copy : (const guint8 *)"", n);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr(GRand) rand = g_rand_new_with_seed (20260101);
  guint64 rounds = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 1000;

  for (int i = 2; i < argc; i++)
    read_seed (argv[i], seeds);
  if (seeds->len == 0)
    g_ptr_array_add (seeds, g_bytes_new (NULL, 0));

  for (guint i = 0; i < seeds->len; i++)
    run (g_bytes_get_data (seeds->pdata[i], NULL), g_bytes_get_size (seeds->pdata[i]));
  for (guint64 i = 0; i < rounds; i++)
    {
      gsize seed_n;
      const guint8 *seed = g_bytes_get_data (seeds->pdata[g_rand_int_range (rand, 0, (gint32)seeds->len)], &seed_n);
      g_autoptr(GByteArray) input = g_byte_array_new ();

      if (seed_n > 0)
        g_byte_array_append (input, seed, (guint)MIN (seed_n, INPUT_MAX));
      for (gint32 changes = g_rand_int_range (rand, 1, 6); changes > 0; changes--)
        mutate (input, rand, seeds);
      run (input->data, input->len);
    }
  g_print ("%u seeds, %" G_GUINT64_FORMAT " mutations\n", seeds->len, rounds);
  return 0;
}
