/* belt-decode-text.c - FORMAT="delimited", "binary" and "urlencoded"
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * These name their values themselves (col0, self, the query's keys) and make
 * strings of them; a stream's columns do not rename them, as in eKuiper.
 */
#include "config.h"

#include "belt-codec-private.h"

#include "belt-utf8.h"

static BeltValue
make_string (BeltDecodeRun *run,
             const char    *text,
             gsize          len,
             gboolean       copy)
{
  BeltArena *arena = &run->batch->arena;
  gsize valid_len;
  const char *valid = belt_utf8_mend (text, len, arena, &valid_len);

  if (copy && valid == text)
    valid = belt_arena_memdup (arena, text, len);
  return belt_value_str (valid, valid_len);
}

static const char *
name_cell (BeltDecodeRun *run,
           guint          cell,
           gsize         *ret_len)
{
  char **names = run->decoder->cell_names;
  char *name;

  if (names == NULL)
    name = belt_arena_printf (&run->batch->arena, "col%u", cell);
  else
    name = belt_arena_memdup (&run->batch->arena, names[cell], strlen (names[cell]) + 1);
  *ret_len = strlen (name);
  return name;
}

static const char *
find_delimiter (const BeltDecoder *decoder,
                const char        *p,
                const char        *end)
{
  return memmem (p, (gsize)(end - p), decoder->delimiter, decoder->delimiter_len);
}

static void
take_header (BeltDecoder *decoder,
             const char  *text,
             gsize        len)
{
  g_autofree char *line = g_strndup (text, len);

  decoder->cell_names = g_strsplit (line, decoder->delimiter, (gint)BELT_DECODER_FIELDS_MAX);
  decoder->header_due = FALSE;
}

static void
decode_delimited (BeltDecodeRun *run,
                  const char    *text,
                  gsize          len,
                  gboolean       copy)
{
  BeltDecoder *decoder = run->decoder;
  const char *end = text + len;
  BeltMember *members;
  guint n_cells = 1;
  guint n = 0;

  if (decoder->header_due)
    {
      take_header (decoder, text, len);
      return;
    }

  for (const char *p = text; (p = find_delimiter (decoder, p, end)) != NULL; p += decoder->delimiter_len)
    n_cells++;
  if (decoder->cell_names != NULL)
    n_cells = MIN (n_cells, g_strv_length (decoder->cell_names));
  n_cells = MIN (n_cells, BELT_DECODER_FIELDS_MAX);

  belt_decode_run_begin_row (run);
  members = belt_arena_new_array (&run->batch->arena, BeltMember, n_cells);
  for (const char *p = text; n < n_cells; n++)
    {
      const char *stop = find_delimiter (decoder, p, end);

      members[n].name = name_cell (run, n, &members[n].name_len);
      members[n].value = make_string (run, p, (gsize)((stop != NULL ? stop : end) - p), copy);
      p = stop != NULL ? stop + decoder->delimiter_len : end;
    }
  belt_decode_run_store_map (run, members, n);
  belt_decode_run_finish_row (run);
}

static void
decode_binary (BeltDecodeRun *run,
               const char    *text,
               gsize          len,
               gboolean       copy)
{
  BeltMember *self;

  belt_decode_run_begin_row (run);
  self = belt_arena_new_array (&run->batch->arena, BeltMember, 1);
  *self = (BeltMember) { "self", 4, belt_value_bytes (text, len) };
  if (run->decoder->stream->n_fields == 1)
    {
      self->name = run->decoder->stream->fields[0].name;
      self->name_len = strlen (self->name);
    }
  if (copy)
    self->value = belt_value_copy (&self->value, &run->batch->arena);
  belt_decode_run_store_map (run, self, 1);
  belt_decode_run_finish_row (run);
}

/* "%41" and "+".  Returns: FALSE for a broken escape */
static gboolean
unescape_query (BeltDecodeRun *run,
                const char    *text,
                gsize          len,
                BeltValue     *ret_string)
{
  char *out = belt_arena_alloc (&run->batch->arena, len + 1);
  gsize n = 0;

  for (gsize i = 0; i < len; i++)
    {
      if (text[i] == '%')
        {
          if (len - i < 3 || !g_ascii_isxdigit (text[i + 1]) || !g_ascii_isxdigit (text[i + 2]))
            return FALSE;
          out[n++] = (char)(g_ascii_xdigit_value (text[i + 1]) << 4 | g_ascii_xdigit_value (text[i + 2]));
          i += 2;
        }
      else
        out[n++] = text[i] == '+' ? ' ' : text[i];
    }

  *ret_string = make_string (run, out, n, FALSE);
  return TRUE;
}

/* A key met again makes a list of its values. */
static void
add_value (BeltDecodeRun *run,
           BeltMember    *members,
           guint         *n,
           BeltValue      name,
           BeltValue      value)
{
  BeltArena *arena = &run->batch->arena;

  for (guint i = 0; i < *n; i++)
    {
      BeltValue *old = &members[i].value;
      BeltValue *items;
      guint n_old = old->tag == BELT_TAG_LIST ? old->len : 1;

      if (members[i].name_len != name.len || memcmp (members[i].name, name.u.s, name.len) != 0)
        continue;
      items = belt_arena_new_array (arena, BeltValue, n_old + 1);
      memcpy (items, old->tag == BELT_TAG_LIST ? old->u.items : old, n_old * sizeof *items);
      items[n_old] = value;
      *old = belt_value_list (items, n_old + 1);
      return;
    }

  members[(*n)++] = (BeltMember) { name.u.s, name.len, value };
}

static void
decode_urlencoded (BeltDecodeRun *run,
                   const char    *text,
                   gsize          len,
                   gboolean       copy)
{
  const char *end = text + len;
  BeltMember *members;
  guint room = 1;
  guint n = 0;

  for (const char *p = text; p < end; p++)
    room += *p == '&';
  if (room > BELT_DECODER_FIELDS_MAX)
    {
      belt_decode_run_fail_row (run, BELT_FAULT_DECODE, NULL, G_MAXSIZE,
                                "fail to parse url encoded value: too many pairs");
      return;
    }

  belt_decode_run_begin_row (run);
  members = belt_arena_new_array (&run->batch->arena, BeltMember, room);
  for (const char *p = text; p < end;)
    {
      const char *stop = memchr (p, '&', (gsize)(end - p));
      const char *pair_end = stop != NULL ? stop : end;
      const char *equals = memchr (p, '=', (gsize)(pair_end - p));
      const char *name_end = equals != NULL ? equals : pair_end;
      const char *value_start = equals != NULL ? equals + 1 : pair_end;
      BeltValue name;
      BeltValue value;

      if (memchr (p, ';', (gsize)(pair_end - p)) != NULL || !unescape_query (run, p, (gsize)(name_end - p), &name) ||
          !unescape_query (run, value_start, (gsize)(pair_end - value_start), &value))
        {
          belt_decode_run_fail_row (run, BELT_FAULT_DECODE, text, (gsize)(p - text),
                                    "fail to parse url encoded value");
          return;
        }
      if (p < pair_end)
        add_value (run, members, &n, name, value);
      p = pair_end + 1;
    }

  belt_decode_run_store_map (run, members, n);
  belt_decode_run_finish_row (run);
}

const BeltDecoderFormat belt_decoder_delimited = { "delimited", TRUE, decode_delimited };
const BeltDecoderFormat belt_decoder_binary = { "binary", FALSE, decode_binary };
const BeltDecoderFormat belt_decoder_urlencoded = { "urlencoded", FALSE, decode_urlencoded };
