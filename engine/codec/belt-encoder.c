/* belt-encoder.c - emissions to payloads
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-codec.h"

#include "belt-error.h"
#include "belt-expr.h"
#include "belt-json.h"
#include "belt-json-member.h"
#include "belt-proto.h"

#include <stdlib.h>

typedef gboolean (*EncodeFunc) (BeltEncoder     *self,
                                const BeltValue *value,
                                GString         *out,
                                GError         **error);

struct _BeltEncoder
{
  const char       *format;
  EncodeFunc        encode;
  char             *delimiter;
  char            **fields;   /* of single rows; NULL or empty: the keys of the next row, sorted */
  gboolean          has_header;
  gboolean          is_batch; /* a LIST is one of payloads, each a MAP or a LIST of MAPs */
  BeltProtoMessage *message;  /* its file is kept */
};

static gboolean
encode_json (BeltEncoder     *self,
             const BeltValue *value,
             GString         *out,
             GError         **error)
{
  belt_json_write (out, value);
  return TRUE;
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Returns: (transfer full): the names of the row, sorted */
static char **
list_names (const BeltValue *row)
{
  char **names = g_new0 (char *, row->len + 1);

  for (guint i = 0; i < row->len; i++)
    names[i] = g_strndup (row->u.members[i].name, row->u.members[i].name_len);
  qsort (names, row->len, sizeof *names, compare_texts);
  return names;
}

static void
write_delimited_row (const BeltValue *row,
                     char           **names,
                     const char      *delimiter,
                     GString         *out)
{
  BeltArena arena;

  belt_arena_init (&arena);
  for (guint i = 0; names[i] != NULL; i++)
    {
      const BeltValue *value = belt_value_get_member (row, names[i], strlen (names[i]));
      BeltValue text;

      if (i > 0)
        g_string_append (out, delimiter);
      if (value == NULL || belt_value_is_null (value))   /* an empty field */
        continue;
      text = belt_value_convert (&arena, value, BELT_TAG_STR, BELT_CONVERT_ALL, NULL);
      g_string_append_len (out, text.u.s, text.len);
    }
  belt_arena_clear (&arena);
}

/* A row by itself has the same columns as the first one had.  What brings them is no line of text but the
 * delimiter, the length in four bytes and the names, with nothing before the row: the file sink of type csv
 * makes a line of it. */
static void
write_single_row (BeltEncoder     *self,
                  const BeltValue *row,
                  const char      *delimiter,
                  GString         *out)
{
  if (self->fields == NULL || self->fields[0] == NULL)
    {
      g_strfreev (self->fields);
      self->fields = list_names (row);
      if (self->has_header && self->fields[0] != NULL)
        {
          g_autofree char *header = g_strjoinv (delimiter, self->fields);
          guint32 len = GUINT32_TO_BE ((guint32)strlen (header));

          g_string_append (out, delimiter);
          g_string_append_len (out, (const char *)&len, sizeof len);
          g_string_append (out, header);
        }
    }
  write_delimited_row (row, self->fields, delimiter, out);
}

/* A list has the columns of its own first row, and a header each time. */
static void
write_rows (BeltEncoder     *self,
            const BeltValue *rows,
            const char      *delimiter,
            GString         *out)
{
  g_auto(GStrv) names = NULL;

  for (guint i = 0; i < rows->len; i++)
    {
      if (i > 0)
        g_string_append_c (out, '\n');
      if (names == NULL || names[0] == NULL)
        {
          g_strfreev (names);
          names = list_names (&rows->u.items[i]);
          if (self->has_header && names[0] != NULL)
            {
              g_autofree char *header = g_strjoinv (delimiter, names);

              g_string_append (out, header);
              g_string_append_c (out, '\n');
            }
        }
      write_delimited_row (&rows->u.items[i], names, delimiter, out);
    }
  if (names != NULL && (self->fields == NULL || self->fields[0] == NULL))
    {
      g_strfreev (self->fields);
      self->fields = g_steal_pointer (&names);
    }
}

static gboolean
check_rows (const BeltValue *rows,
            GError         **error)
{
  guint n_rows = rows->tag == BELT_TAG_LIST ? rows->len : 1;
  const BeltValue *first = rows->tag == BELT_TAG_LIST ? rows->u.items : rows;

  for (guint i = 0; i < n_rows; i++)
    if (first[i].tag != BELT_TAG_MAP)
      {
        g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "unsupported type %s, must be a map or a list of maps",
                     belt_tag_get_name (first[i].tag));
        return FALSE;
      }
  return TRUE;
}

static gboolean
encode_rows (BeltEncoder     *self,
             const BeltValue *rows,
             GString         *out,
             GError         **error)
{
  if (!check_rows (rows, error))
    return FALSE;
  if (rows->tag == BELT_TAG_LIST)
    write_rows (self, rows, self->delimiter, out);
  else
    write_single_row (self, rows, self->delimiter, out);

  return TRUE;
}

/* eKuiper's writer of batches knows neither delimiter nor fields; the header, that of the first row ever, stands
 * before the first row for which there is one. */
static gboolean
encode_row_batch (BeltEncoder     *self,
                  const BeltValue *batch,
                  GString         *out,
                  GError         **error)
{
  g_autoptr(GString) rows = g_string_new (NULL);
  gboolean has_header = self->has_header;
  gboolean header_due = TRUE;

  for (guint i = 0; i < batch->len; i++)
    if (!check_rows (&batch->u.items[i], error))
      return FALSE;

  self->has_header = FALSE;
  for (guint i = 0; i < batch->len; i++)
    {
      g_string_truncate (rows, 0);
      if (batch->u.items[i].tag == BELT_TAG_LIST)
        write_rows (self, &batch->u.items[i], ",", rows);
      else
        write_single_row (self, &batch->u.items[i], ",", rows);

      if (header_due && self->fields != NULL && self->fields[0] != NULL)
        {
          g_autofree char *header = g_strjoinv (",", self->fields);

          g_string_append (out, header);
          header_due = FALSE;
        }
      g_string_append_c (out, '\n');
      g_string_append_len (out, rows->str, (gssize)rows->len);
    }
  self->has_header = has_header;

  return TRUE;
}

static gboolean
with_expanded (BeltEncoder     *self,
               const BeltValue *value,
               GString         *out,
               EncodeFunc       encode,
               GError         **error)
{
  BeltArena arena;
  BeltValue expanded;
  gboolean encoded;

  belt_arena_init (&arena);
  expanded = belt_value_expand (value, &arena);
  encoded = encode (self, &expanded, out, error);
  belt_arena_clear (&arena);

  return encoded;
}

static gboolean
encode_delimited (BeltEncoder     *self,
                  const BeltValue *value,
                  GString         *out,
                  GError         **error)
{
  return with_expanded (self, value, out, self->is_batch ? encode_row_batch : encode_rows, error);
}

/* Go's QueryEscape. */
static void
write_query_escaped (GString    *out,
                     const char *text,
                     gsize       len)
{
  for (gsize i = 0; i < len; i++)
    {
      if (g_ascii_isalnum (text[i]) || (text[i] != '\0' && strchr ("-_.~", text[i]) != NULL))
        g_string_append_c (out, text[i]);
      else if (text[i] == ' ')
        g_string_append_c (out, '+');
      else
        g_string_append_printf (out, "%%%02X", (guint8)text[i]);
    }
}

/* cast(value, 'string'): floats without exponent, null empty. */
static void
write_as_string (GString         *out,
                 const BeltValue *value)
{
  char buffer[400];

  if (value->tag == BELT_TAG_F64)
    g_string_append_len (out, buffer, (gssize)belt_number_write_plain (buffer, value->u.f));
  else if (value->tag == BELT_TAG_BYTES)
    g_string_append_len (out, value->u.s, value->len);
  else if (!belt_value_is_null (value))
    belt_value_write_go (out, value);
}

static void
write_pair (GString          *out,
            const BeltMember *member,
            const BeltValue  *value)
{
  g_autoptr(GString) text = g_string_new (NULL);

  if (out->len > 0)
    g_string_append_c (out, '&');
  write_query_escaped (out, member->name, member->name_len);
  g_string_append_c (out, '=');
  write_as_string (text, value);
  write_query_escaped (out, text->str, text->len);
}

static gboolean
encode_query (BeltEncoder     *self,
              const BeltValue *row,
              GString         *out,
              GError         **error)
{
  g_autofree const BeltMember **members = NULL;
  g_autoptr(GString) query = g_string_new (NULL);

  if (row->tag != BELT_TAG_MAP)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "unsupported type %s, must be a map: set sendSingle",
                   belt_tag_get_name (row->tag));
      return FALSE;
    }

  members = belt_value_sort_members (row);
  for (guint i = 0; i < row->len; i++)
    {
      const BeltValue *value = &members[i]->value;

      if (value->tag != BELT_TAG_LIST)
        write_pair (query, members[i], value);
      for (guint j = 0; value->tag == BELT_TAG_LIST && j < value->len; j++)
        write_pair (query, members[i], &value->u.items[j]);
    }
  g_string_append_len (out, query->str, (gssize)query->len);

  return TRUE;
}

static gboolean
encode_urlencoded (BeltEncoder     *self,
                   const BeltValue *value,
                   GString         *out,
                   GError         **error)
{
  return with_expanded (self, value, out, encode_query, error);
}

/* The column `self`: bytes, or the text they are the base64 of, or any other text. */
static gboolean
encode_binary (BeltEncoder     *self,
               const BeltValue *value,
               GString         *out,
               GError         **error)
{
  const BeltValue *bytes = value->tag == BELT_TAG_MAP ? belt_value_get_member (value, "self", 4) : NULL;
  BeltArena arena;
  BeltValue raw;

  if (bytes == NULL || (bytes->tag != BELT_TAG_BYTES && bytes->tag != BELT_TAG_STR))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "format binary sends the bytes of one column named self, "
                   "and only one row: %s", value->tag == BELT_TAG_LIST ? "set sendSingle" : "this row has none");
      return FALSE;
    }

  belt_arena_init (&arena);
  raw = belt_value_convert (&arena, bytes, BELT_TAG_BYTES, BELT_CONVERT_ALL, NULL);
  g_string_append_len (out, raw.u.s, raw.len);
  belt_arena_clear (&arena);

  return TRUE;
}

static gboolean
encode_message (BeltEncoder     *self,
                const BeltValue *row,
                GString         *out,
                GError         **error)
{
  return belt_proto_write (self->message, row, out, error);
}

static gboolean
encode_protobuf (BeltEncoder     *self,
                 const BeltValue *value,
                 GString         *out,
                 GError         **error)
{
  return with_expanded (self, value, out, encode_message, error);
}

static const struct
{
  const char *name;
  EncodeFunc  encode;
} formats[] = {
  { "json", encode_json },
  { "delimited", encode_delimited },
  { "binary", encode_binary },
  { "urlencoded", encode_urlencoded },
  { "protobuf", encode_protobuf },
};

static gboolean
is_set (JsonObject *properties,
        const char *name)
{
  JsonNode *node = json_object_get_member (properties, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  return json_node_get_value_type (node) == G_TYPE_STRING ? *json_node_get_string (node) != '\0'
                                                          : json_node_get_int (node) > 0;
}

static void
read_properties (BeltEncoder *self,
                 JsonObject  *properties)
{
  JsonNode *node;

  self->is_batch = is_set (properties, "batchSize") || is_set (properties, "lingerInterval");
  node = json_object_get_member (properties, "delimiter");
  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING &&
      *json_node_get_string (node) != '\0')
    {
      g_free (self->delimiter);
      self->delimiter = json_node_dup_string (node);
    }

  node = json_object_get_member (properties, "hasHeader");
  self->has_header = node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_boolean (node);

  node = json_object_get_member (properties, "fields");
  if (!self->is_batch && node != NULL && JSON_NODE_HOLDS_ARRAY (node) &&
      json_array_get_length (json_node_get_array (node)) > 0)
    {
      JsonArray *array = json_node_get_array (node);
      g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);

      for (guint i = 0; i < json_array_get_length (array); i++)
        {
          JsonNode *item = json_array_get_element (array, i);

          if (JSON_NODE_HOLDS_VALUE (item) && json_node_get_value_type (item) == G_TYPE_STRING)
            g_ptr_array_add (fields, json_node_dup_string (item));
        }
      g_ptr_array_add (fields, NULL);
      self->fields = (char **)g_ptr_array_free (g_steal_pointer (&fields), FALSE);
    }
}

static gboolean
find_message (BeltEncoder *self,
              JsonObject  *properties,
              BeltCatalog *catalog,
              GError     **error)
{
  const char *id = properties != NULL ? belt_json_get_text (properties, "schemaId", NULL) : NULL;
  g_autoptr(BeltCatalog) none = catalog == NULL ? belt_catalog_new () : NULL;

  self->message = belt_catalog_find_message (catalog != NULL ? catalog : none, id, error);
  if (self->message == NULL)
    return FALSE;
  belt_proto_file_ref (self->message->file);
  return TRUE;
}

gboolean
belt_encoder_check_format (const char *format,
                           GError    **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (format == NULL || *format == '\0' || g_ascii_strcasecmp (formats[i].name, format) == 0)
      return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_UNSUPPORTED,
               "format type %s is not supported: use json, delimited, binary, urlencoded or protobuf", format);
  return FALSE;
}

BeltEncoder *
belt_encoder_new (const char *format,
                  JsonObject *properties,
                  GError    **error)
{
  return belt_encoder_new_with (format, properties, NULL, error);
}

BeltEncoder *
belt_encoder_new_with (const char  *format,
                       JsonObject  *properties,
                       BeltCatalog *catalog,
                       GError     **error)
{
  g_autoptr(BeltEncoder) self = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      if (format != NULL && *format != '\0' && g_ascii_strcasecmp (formats[i].name, format) != 0)
        continue;
      self = g_new0 (BeltEncoder, 1);
      self->format = formats[i].name;
      self->encode = formats[i].encode;
      self->delimiter = g_strdup (",");
      if (properties != NULL)
        read_properties (self, properties);
      if (self->encode == encode_protobuf && !find_message (self, properties, catalog, error))
        return NULL;
      return g_steal_pointer (&self);
    }

  belt_encoder_check_format (format, error);
  return NULL;
}

void
belt_encoder_free (BeltEncoder *self)
{
  if (self == NULL)
    return;

  if (self->message != NULL)
    belt_proto_file_unref (self->message->file);
  g_strfreev (self->fields);
  g_free (self->delimiter);
  g_free (self);
}

const char *
belt_encoder_get_format (BeltEncoder *self)
{
  return self->format;
}

/* One payload after another, as eKuiper does for formats that know no batches; a row the format cannot hold is
 * left out, unless all are. */
static gboolean
encode_each (BeltEncoder     *self,
             const BeltValue *batch,
             GString         *out,
             GError         **error)
{
  gboolean encoded = FALSE;

  for (guint i = 0; i < batch->len; i++)
    encoded |= self->encode (self, &batch->u.items[i], out, encoded || i + 1 < batch->len ? NULL : error);
  return encoded;
}

gboolean
belt_encoder_encode (BeltEncoder     *self,
                     const BeltValue *value,
                     GString         *out,
                     GError         **error)
{
  /* A template has made the payload already. */
  if (value->tag == BELT_TAG_STR || value->tag == BELT_TAG_BYTES)
    {
      g_string_append_len (out, value->u.s, value->len);
      return TRUE;
    }
  if (self->is_batch && value->tag == BELT_TAG_LIST && self->encode != encode_json && self->encode != encode_delimited)
    return encode_each (self, value, out, error);
  return self->encode (self, value, out, error);
}
