/* belt-decoder.c - rows into batches, whatever the format
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A block of lines is read where it lies: only the values somebody asked for are
 * copied to the batch.  The last line, which may have no readable bytes behind
 * it, and single payloads are copied first.
 */
#include "config.h"

#include "belt-codec-private.h"

#include "belt-error.h"
#include "belt-json-member.h"

#define ARRAY_ROWS      16u   /* rows of the first batch of a payload that is a list */
#define BYTES_PER_LINE  24u   /* no useful row is shorter: decides the size of the first batch */

static const BeltDecoderFormat *const formats[] = {
  &belt_decoder_json,
  &belt_decoder_delimited,
  &belt_decoder_binary,
  &belt_decoder_urlencoded,
  &belt_decoder_protobuf,
};

static const BeltDecoderFormat *
find_format (const char *name,
             GError    **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (name == NULL || g_ascii_strcasecmp (formats[i]->name, name) == 0)
      return formats[i];

  g_set_error (error, BELT_ERROR, BELT_ERROR_UNSUPPORTED, "format type %s is not supported: use json, delimited, "
               "binary, urlencoded or protobuf", name);
  return NULL;
}

static gboolean
get_flag (JsonObject *properties,
          const char *name)
{
  JsonNode *node = properties != NULL ? json_object_get_member (properties, name) : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_strcasecmp (json_node_get_string (node), "true") == 0;
  return json_node_get_boolean (node);
}

static char **
get_texts (JsonObject *properties,
           const char *name)
{
  JsonNode *node = properties != NULL ? json_object_get_member (properties, name) : NULL;
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (item) && json_node_get_value_type (item) == G_TYPE_STRING)
        g_ptr_array_add (texts, g_strdup (json_node_get_string (item)));
    }
  if (texts->len == 0)
    return NULL;

  g_ptr_array_add (texts, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&texts), FALSE);
}

static gboolean
holds_name (GPtrArray  *names,
            const char *name)
{
  return g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL);
}

static const BeltField *
find_field (BeltStream *stream,
            const char *name)
{
  for (guint i = 0; i < stream->n_fields; i++)
    if (g_str_equal (stream->fields[i].name, name))
      return &stream->fields[i];
  return NULL;
}

/* The whole row of a typed stream is made of all its fields. */
static void
collect_names (BeltDecoder       *self,
               const char *const *columns)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < self->n_columns; i++)
    g_ptr_array_add (names, g_strdup (columns[i]));
  for (guint i = 0; self->whole && self->typed && i < self->stream->n_fields; i++)
    if (!holds_name (names, self->stream->fields[i].name))
      g_ptr_array_add (names, g_strdup (self->stream->fields[i].name));

  self->n_names = names->len;
  self->fields = g_new0 (const BeltField *, self->n_names + 1);
  for (guint i = 0; i < self->n_names; i++)
    self->fields[i] = find_field (self->stream, g_ptr_array_index (names, i));
  g_ptr_array_add (names, NULL);
  self->names = (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* The payload inside: JSON in JSON is what we read. */
static gboolean
check_payload (const BeltDecoderFormat *format,
               JsonObject              *properties,
               GError                 **error)
{
  const char *inner = belt_json_get_text (properties, "payloadFormat", NULL);
  const char *field = belt_json_get_text (properties, "payloadField", NULL);

  if (inner == NULL && field == NULL)
    return TRUE;
  if (inner == NULL || field == NULL || *inner == '\0' || *field == '\0')
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "payloadFormat and payloadField must set together");
      return FALSE;
    }
  if (format == &belt_decoder_json && g_ascii_strcasecmp (inner, "json") == 0)
    return TRUE;
  g_set_error (error, BELT_ERROR, BELT_ERROR_UNSUPPORTED,
               "a payload of format %s inside one of format %s is not read: both must be json", inner, format->name);
  return FALSE;
}

gboolean
belt_decoder_find_compression (JsonObject      *properties,
                               BeltCompression *ret_method,
                               GError         **error)
{
  const char *name = belt_json_get_text (properties, "decompression", NULL);

  *ret_method = BELT_COMPRESSION_NONE;
  if (name == NULL || *name == '\0' || g_ascii_strcasecmp (name, "none") == 0)
    return TRUE;

  *ret_method = belt_compression_find (name, strlen (name));
  return *ret_method != BELT_COMPRESSION_NONE ||
         belt_refuse (error, BELT_ERROR_INVALID,
                      "get decompressor %s fail with error: unsupported decompressor: %s", name, name);
}

BeltDecoder *
belt_decoder_new (BeltStream        *stream,
                  JsonObject        *properties,
                  const char *const *columns,
                  guint              n_columns,
                  gboolean           whole,
                  guint              flags,
                  GError           **error)
{
  const BeltDecoderFormat *format = find_format (stream->format, error);
  BeltCompression compression;
  g_autoptr(BeltDecoder) self = NULL;

  if (format == NULL)
    return NULL;
  if (properties == NULL)
    properties = stream->extra;
  if (!check_payload (format, properties, error) || !belt_decoder_find_compression (properties, &compression, error))
    return NULL;

  self = g_new0 (BeltDecoder, 1);
  self->stream = belt_stream_ref (stream);
  self->format = format;
  self->n_columns = n_columns;
  self->whole = whole;
  self->compression = compression;
  self->unpacked = compression != BELT_COMPRESSION_NONE ? g_byte_array_new () : NULL;
  /* Other formats name their cells themselves and know no types. */
  self->typed = stream->n_fields > 0 && format == &belt_decoder_json;
  self->narrowed = self->typed && stream->declared != NULL;
  collect_names (self, columns);
  self->demand = belt_demand_new ((const char *const *)self->names, self->n_names);
  if (self->typed || (flags & BELT_DECODER_INTEGERS) || get_flag (properties, "useInt64ForWholeNumber"))
    self->scan_flags = BELT_JSON_INTEGERS;

  self->delimiter = g_strdup (stream->delimiter != NULL && *stream->delimiter != '\0' ? stream->delimiter
                              : belt_json_get_text (properties, "delimiter", NULL));
  if (self->delimiter == NULL || *self->delimiter == '\0')
    {
      g_free (self->delimiter);
      self->delimiter = g_strdup (",");
    }
  self->delimiter_len = strlen (self->delimiter);
  self->cell_names = get_texts (properties, "fields");
  self->header_due = self->cell_names == NULL && get_flag (properties, "hasHeader");
  if (belt_json_get_text (properties, "payloadField", NULL) != NULL)
    {
      self->format = &belt_decoder_payload;
      self->payload_field = g_strdup (belt_json_get_text (properties, "payloadField", NULL));
    }
  if (format == &belt_decoder_protobuf && !belt_decoder_prepare_protobuf (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
belt_decoder_free (BeltDecoder *self)
{
  if (self == NULL)
    return;

  belt_demand_free (self->demand);
  g_strfreev (self->names);
  g_strfreev (self->cell_names);
  g_free (self->payload_field);
  g_clear_pointer (&self->unpacked, g_byte_array_unref);
  belt_proto_reader_free (self->proto);
  g_free (self->proto_wanted);
  g_free (self->proto_fields);
  g_free (self->fields);
  g_free (self->delimiter);
  belt_stream_unref (self->stream);
  g_free (self);
}

static void
open_batch (BeltDecodeRun *run)
{
  BeltDecoder *decoder = run->decoder;
  BeltBatch *batch = belt_batch_new (run->capacity, decoder->n_columns + (decoder->whole ? 1 : 0));

  run->batch = batch;
  run->n = 0;
  if (run->text_owner != NULL)
    belt_batch_add_parent (batch, run->text_owner);
  if (decoder->proto != NULL)
    belt_batch_add_parent (batch, belt_proto_reader_get_constants (decoder->proto));
  run->columns = belt_arena_new_array (&batch->arena, BeltValue *, decoder->n_names + 1);
  for (guint i = 0; i < decoder->n_columns; i++)
    run->columns[i] = belt_batch_add_column (batch, i);
  for (guint i = decoder->n_columns; i < decoder->n_names; i++)
    {
      run->columns[i] = belt_arena_new_array (&batch->arena, BeltValue, run->capacity);
      for (guint j = 0; j < run->capacity; j++)
        run->columns[i][j] = belt_value_missing ();
    }
  run->wholes = decoder->whole ? belt_batch_add_column (batch, decoder->n_columns) : NULL;

  if (run->metadata != NULL)
    {
      run->shared_metadata = belt_value_copy (run->metadata, &batch->arena);
      batch->metadata = belt_arena_new_array (&batch->arena, BeltValue, run->capacity);
    }
}

static void
close_batch (BeltDecodeRun *run)
{
  BeltBatch *batch = g_steal_pointer (&run->batch);

  if (batch == NULL)
    return;

  batch->n_rows = run->n;
  batch->n_selected = run->n;
  if (run->list != NULL && run->n > 0)
    {
      g_ptr_array_add (run->list, batch);
      return;
    }
  if (run->n > 0)
    run->emit (batch, run->user_data);
  belt_batch_unref (batch);
}

void
belt_decode_run_begin_list (BeltDecodeRun *run)
{
  if (run->n > 0)
    close_batch (run);
  run->list = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_batch_unref);
  run->list_sequence = *run->sequence;
}

void
belt_decode_run_end_list (BeltDecodeRun *run,
                          const char    *text)
{
  g_autoptr(GPtrArray) list = g_steal_pointer (&run->list);
  g_autofree char *error = g_steal_pointer (&run->list_error);

  if (error != NULL)
    {
      if (run->batch != NULL)
        belt_batch_unref (g_steal_pointer (&run->batch));
      run->n = 0;
      *run->sequence = run->list_sequence;
      belt_decode_run_fail_row (run, BELT_FAULT_DECODE, text, run->list_error_offset, error);
      return;
    }

  for (guint i = 0; i < list->len; i++)
    run->emit (list->pdata[i], run->user_data);
}

void
belt_decode_run_begin_row (BeltDecodeRun *run)
{
  if (run->batch == NULL)
    open_batch (run);
}

static void
end_row (BeltDecodeRun *run)
{
  BeltBatch *batch = run->batch;

  batch->row_ids[run->n] = BELT_ROW_ID (run->source, *run->sequence);
  *run->sequence += 1;
  batch->times[run->n] = run->now_ms;
  if (batch->metadata != NULL)
    batch->metadata[run->n] = run->shared_metadata;

  run->n++;
  if (run->n == run->capacity)
    {
      close_batch (run);
      run->capacity = run->capacity == 1 ? ARRAY_ROWS : BELT_BATCH_ROWS_MAX;
    }
}

/* "demo.jsonl:12" is the place of the first line: "demo.jsonl:14:7" that of byte 7 two lines on. */
static void
write_place (BeltDecodeRun *run,
             GString       *out,
             const char    *text,
             gsize          offset)
{
  const char *colon = run->place != NULL ? strrchr (run->place, ':') : NULL;
  guint64 line = run->line;
  guint64 first = 0;
  guint column = 1;

  if (colon != NULL && g_ascii_isdigit (colon[1]))
    first = g_ascii_strtoull (colon + 1, NULL, 10);

  if (offset != G_MAXSIZE)
    for (gsize i = 0; i < offset; i++)
      {
        if (text[i] == '\n')
          {
            line = MAX (line, 1) + 1;
            column = 1;
          }
        else
          column += ((guint8)text[i] & 0xc0) != 0x80;
      }

  if (first > 0)
    g_string_append_printf (out, "%.*s:%" G_GUINT64_FORMAT, (int)(colon - run->place), run->place,
                            first + MAX (line, 1) - 1);
  else if (run->place != NULL)
    g_string_append (out, run->place);
  if (offset != G_MAXSIZE)
    {
      if (first == 0)
        {
          if (run->place != NULL)
            g_string_append (out, ": ");
          if (line > 1)
            g_string_append_printf (out, "line %" G_GUINT64_FORMAT ", ", line);
          g_string_append_printf (out, "column %u", column);
        }
      else
        g_string_append_printf (out, ":%u", column);
    }
  if (out->len > 0)
    g_string_append (out, ": ");
}

void
belt_decode_run_fail_row (BeltDecodeRun *run,
                          BeltFaultKind  kind,
                          const char    *text,
                          gsize          offset,
                          const char    *message)
{
  BeltDecoder *decoder = run->decoder;
  g_autoptr(GString) sentence = NULL;
  BeltFault *fault;

  if (run->list != NULL && kind == BELT_FAULT_DECODE)
    {
      if (run->list_error == NULL)
        run->list_error = g_strdup (message);
      run->list_error_offset = offset;
      return;
    }

  sentence = g_string_new (NULL);
  belt_decode_run_begin_row (run);
  write_place (run, sentence, text, offset);
  g_string_append (sentence, message);

  fault = belt_arena_alloc0 (&run->batch->arena, sizeof *fault);
  fault->kind = kind;
  fault->message = belt_arena_memdup (&run->batch->arena, sentence->str, sentence->len + 1);
  belt_batch_set_fault (run->batch, run->n, fault);

  for (guint i = 0; i < decoder->n_names; i++)
    run->columns[i][run->n] = belt_value_missing ();
  if (run->wholes != NULL)
    run->wholes[run->n] = belt_value_missing ();
  end_row (run);
}

/* Returns: FALSE when the row failed and has been ended */
static gboolean
check_column (BeltDecodeRun *run,
              guint          column)
{
  BeltDecoder *decoder = run->decoder;
  const BeltField *field = decoder->fields[column];
  BeltValue *value = &run->columns[column][run->n];
  BeltFaultKind kind = BELT_FAULT_DECODE;
  const char *problem = NULL;

  if (decoder->typed && value->tag != BELT_TAG_MISSING)
    problem = belt_codec_convert (field->type, value, &run->batch->arena);

  if (problem == NULL && decoder->stream->strict_validation)
    {
      kind = BELT_FAULT_VALIDATION;
      if (value->tag == BELT_TAG_MISSING && field->has_default)
        *value = belt_value_copy (&field->default_value, &run->batch->arena);
      else if (value->tag == BELT_TAG_MISSING)
        problem = "is missing";
      else
        problem = belt_codec_validate (field->type, value, decoder->stream->timestamp_format,
                                       run->wholes != NULL || decoder->narrowed, run->now_ms, &run->batch->arena);
    }

  if (problem != NULL)
    {
      g_autofree char *message = g_strdup_printf ("column %s %s", decoder->names[column], problem);

      belt_decode_run_fail_row (run, kind, NULL, G_MAXSIZE, message);
      return FALSE;
    }

  return TRUE;
}

static void
gather_whole (BeltDecodeRun *run)
{
  BeltDecoder *decoder = run->decoder;
  BeltMember *members = belt_arena_new_array (&run->batch->arena, BeltMember, decoder->n_names);
  guint n = 0;

  for (guint i = 0; i < decoder->n_names; i++)
    if (decoder->fields[i] != NULL && run->columns[i][run->n].tag != BELT_TAG_MISSING)
      {
        members[n].name = decoder->names[i];
        members[n].name_len = strlen (decoder->names[i]);
        members[n++].value = run->columns[i][run->n];
      }

  /* Names are the decoder's; the batch may outlive it. */
  for (guint i = 0; i < n; i++)
    members[i].name = belt_arena_memdup (&run->batch->arena, members[i].name, members[i].name_len);
  run->wholes[run->n] = belt_value_map (members, n);
}

/* Rows that name their columns themselves must have the declared ones all the same. */
static gboolean
check_names (BeltDecodeRun *run)
{
  const BeltStream *stream = run->decoder->stream;
  const BeltValue *whole = &run->wholes[run->n];

  for (guint i = 0; whole->tag == BELT_TAG_MAP && i < stream->n_fields; i++)
    {
      const char *name = stream->fields[i].name;
      g_autofree char *message = NULL;

      if (stream->fields[i].has_default || belt_value_get_member (whole, name, strlen (name)) != NULL)
        continue;

      message = g_strdup_printf ("column %s is missing", name);
      belt_decode_run_fail_row (run, BELT_FAULT_VALIDATION, NULL, G_MAXSIZE, message);
      return FALSE;
    }

  return TRUE;
}

void
belt_decode_run_finish_row (BeltDecodeRun *run)
{
  BeltDecoder *decoder = run->decoder;

  if (decoder->stream->strict_validation && !decoder->typed && run->wholes != NULL && !check_names (run))
    return;

  if (decoder->typed || decoder->stream->strict_validation)
    for (guint i = 0; i < decoder->n_names; i++)
      if (decoder->fields[i] != NULL && !check_column (run, i))
        return;

  if (decoder->typed && run->wholes != NULL)
    gather_whole (run);
  end_row (run);
}

void
belt_decode_run_store_map (BeltDecodeRun    *run,
                           const BeltMember *members,
                           guint             n_members)
{
  BeltDecoder *decoder = run->decoder;

  for (guint i = 0; i < n_members; i++)
    for (guint j = 0; j < decoder->n_names; j++)
      if (strlen (decoder->names[j]) == members[i].name_len &&
          memcmp (decoder->names[j], members[i].name, members[i].name_len) == 0)
        run->columns[j][run->n] = members[i].value;
  if (run->wholes != NULL)
    run->wholes[run->n] = belt_value_map (members, n_members);
}

static char *
copy_padded (BeltDecodeRun *run,
             const char    *text,
             gsize          len)
{
  char *copy = belt_arena_alloc (&run->batch->arena, len + BELT_JSON_PADDING);

  if (len > 0)
    memcpy (copy, text, len);
  memset (copy + len, 0, BELT_JSON_PADDING);
  return copy;
}

/* in_place: the text has readable bytes after its end and a newline there. */
static void
decode_one (BeltDecodeRun *run,
            const char    *text,
            gsize          len,
            gboolean       in_place)
{
  if (len > 0 && text[len - 1] == '\r' && run->line > 0)
    len--;

  /* The whole row is a slice of the text, so that is kept once. */
  if (in_place && !(run->decoder->whole && !run->decoder->typed))
    {
      run->decoder->format->decode (run, text, len, TRUE);
      return;
    }

  /* Further batches of a list borrow from the first one's copy. */
  belt_decode_run_begin_row (run);
  run->text_owner = belt_batch_ref (run->batch);
  run->decoder->format->decode (run, copy_padded (run, text, len), len, FALSE);
  g_clear_pointer (&run->text_owner, belt_batch_unref);
}

static gboolean
is_blank (const char *text,
          gsize       len)
{
  while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
    len--;
  return len == 0;
}

static void
decode_lines (BeltDecodeRun *run,
              const char    *data,
              gsize          len)
{
  const char *end = data + len;

  run->capacity = (guint)CLAMP (len / BYTES_PER_LINE + 1, 1, BELT_BATCH_ROWS_MAX);
  for (const char *line = data; line < end;)
    {
      const char *newline = memchr (line, '\n', (gsize)(end - line));
      const char *line_end = newline != NULL ? newline : end;

      run->line++;
      if ((guint8) *line > ' ' || !is_blank (line, (gsize)(line_end - line)))
        decode_one (run, line, (gsize)(line_end - line), (gsize)(end - line_end) >= BELT_JSON_PADDING);
      line = line_end + 1;
    }
}

/* FALSE: it is a row that failed. */
static gboolean
unpack (BeltDecodeRun  *run,
        const char    **data,
        gsize          *len)
{
  BeltDecoder *decoder = run->decoder;
  g_autoptr(GError) error = NULL;

  if (decoder->compression == BELT_COMPRESSION_NONE)
    return TRUE;

  g_byte_array_set_size (decoder->unpacked, 0);
  if (!belt_decompress (decoder->compression, *data, *len, BELT_DECOMPRESSED_MAX, decoder->unpacked, &error))
    {
      g_autofree char *message = g_strdup_printf ("decompression failed: %s", error->message);

      belt_decode_run_fail_row (run, BELT_FAULT_DECODE, NULL, G_MAXSIZE, message);
      return FALSE;
    }

  *data = (const char *)decoder->unpacked->data;
  *len = decoder->unpacked->len;
  return TRUE;
}

void
belt_decoder_decode (BeltDecoder     *self,
                     const char      *data,
                     gsize            len,
                     gboolean         lines,
                     const char      *place,
                     const BeltValue *metadata,
                     gint64           now_ms,
                     guint64         *sequence,
                     guint            source,
                     BeltBatchFunc    emit,
                     gpointer         user_data)
{
  BeltDecodeRun run = {
    .decoder = self,
    .place = place,
    .metadata = metadata,
    .now_ms = now_ms,
    .sequence = sequence,
    .source = source,
    .emit = emit,
    .user_data = user_data,
    .capacity = 1,
  };

  if (lines)
    decode_lines (&run, data, len);
  else if (unpack (&run, &data, &len))
    {
      run.capacity = len > 0 && *data == '[' ? ARRAY_ROWS : 1;
      decode_one (&run, data, len, FALSE);
    }
  close_batch (&run);
}

/* Returns: FALSE when the row failed and has been ended */
static gboolean
convert_loosely (BeltDecodeRun *run)
{
  BeltDecoder *decoder = run->decoder;

  for (guint i = 0; i < decoder->n_names; i++)
    {
      BeltValue *value = &run->columns[i][run->n];
      const char *problem;

      if (decoder->fields[i] == NULL || value->tag == BELT_TAG_MISSING)
        continue;
      problem = belt_codec_convert_loose (decoder->fields[i]->type, value, &run->batch->arena);
      if (problem != NULL)
        {
          g_autofree char *message = g_strdup_printf ("column %s %s", decoder->names[i], problem);

          belt_decode_run_fail_row (run, BELT_FAULT_DECODE, NULL, G_MAXSIZE, message);
          return FALSE;
        }
    }

  return TRUE;
}

void
belt_decoder_take_row (BeltDecoder     *self,
                       const BeltValue *row,
                       const BeltValue *metadata,
                       gint64           now_ms,
                       guint64         *sequence,
                       guint            source,
                       BeltBatchFunc    emit,
                       gpointer         user_data)
{
  BeltDecodeRun run = {
    .decoder = self,
    .metadata = metadata,
    .now_ms = now_ms,
    .sequence = sequence,
    .source = source,
    .emit = emit,
    .user_data = user_data,
    .capacity = 1,
  };
  BeltValue copy;

  belt_decode_run_begin_row (&run);
  copy = belt_value_copy (row, &run.batch->arena);
  copy = belt_value_expand (&copy, &run.batch->arena);
  if (copy.tag != BELT_TAG_MAP)
    {
      belt_decode_run_fail_row (&run, BELT_FAULT_DECODE, NULL, G_MAXSIZE, "a row must be an object");
      close_batch (&run);
      return;
    }

  belt_decode_run_store_map (&run, copy.u.members, copy.len);
  if (convert_loosely (&run))
    belt_decode_run_finish_row (&run);
  close_batch (&run);
}
