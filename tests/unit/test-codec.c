/* test-codec.c - payloads to rows as eKuiper decodes them, and back
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-codec.h"
#include "belt-error.h"
#include "belt-json.h"

#include <string.h>

/* What came out: one line a row, columns as JSON between bars, a fault as "!kind message". */
typedef struct
{
  GString *text;
  guint    n_batches;
  guint    n_rows;
} Seen;

static void
see_value (GString         *text,
           const BeltValue *value)
{
  if (value->tag == BELT_TAG_MISSING)
    g_string_append_c (text, '-');
  else
    {
      if (value->tag == BELT_TAG_I64)
        g_string_append_c (text, 'i');
      belt_json_write (text, value);
    }
}

static void
see_batch (BeltBatch *batch,
           gpointer   user_data)
{
  Seen *seen = user_data;

  seen->n_batches++;
  for (guint row = 0; row < batch->n_rows; row++)
    {
      const BeltFault *fault = belt_batch_get_fault (batch, row);

      g_assert_cmpuint (BELT_ROW_ID_SEQUENCE (batch->row_ids[row]), ==, seen->n_rows);
      seen->n_rows++;
      if (fault != NULL)
        g_string_append_printf (seen->text, "!%s %s", fault->kind == BELT_FAULT_DECODE ? "decode" : "validation",
                                fault->message);
      for (guint i = 0; fault == NULL && i < batch->n_columns; i++)
        {
          if (i > 0)
            g_string_append_c (seen->text, '|');
          see_value (seen->text, &batch->columns[i][row]);
        }
      g_string_append_c (seen->text, '\n');
    }
}

static char *
copy_text (BeltArena  *arena,
           const char *text)
{
  return text != NULL ? belt_arena_memdup (arena, text, strlen (text) + 1) : NULL;
}

static BeltType *
make_type (BeltArena   *arena,
           BeltTypeKind kind)
{
  BeltType *type = belt_arena_alloc0 (arena, sizeof *type);

  type->kind = kind;
  if (kind == BELT_TYPE_ARRAY)
    type->element = make_type (arena, BELT_TYPE_BIGINT);
  return type;
}

/* A stream as the catalog would make it, of "name type, name type"; all of it lives in its arena. */
static BeltStream *
make_stream (const char *format,
             const char *columns)
{
  static const char *const kinds[] = {
    "bigint", "float", "string", "bytea", "datetime", "boolean", "array", "struct",
  };
  BeltStream *stream = g_new0 (BeltStream, 1);
  g_auto(GStrv) parts = g_strsplit (columns, ", ", -1);

  stream->ref_count = 1;
  stream->arena = belt_arena_new ();
  stream->name = copy_text (stream->arena, "s");
  stream->format = copy_text (stream->arena, format);
  stream->n_fields = *columns != '\0' ? g_strv_length (parts) : 0;
  stream->fields = belt_arena_alloc0 (stream->arena, (stream->n_fields + 1) * sizeof *stream->fields);
  for (guint i = 0; i < stream->n_fields; i++)
    {
      g_auto(GStrv) words = g_strsplit (parts[i], " ", -1);

      stream->fields[i].name = copy_text (stream->arena, words[0]);
      for (guint j = 0; j < G_N_ELEMENTS (kinds); j++)
        if (g_str_equal (kinds[j], words[1]))
          stream->fields[i].type = make_type (stream->arena, j);
      g_assert_nonnull (stream->fields[i].type);
    }
  return stream;
}

static char *
decode_with (BeltStream *stream,
             const char *columns,
             gboolean    whole,
             gboolean    lines,
             const char *place,
             const char *data,
             gssize      len)
{
  g_auto(GStrv) names = g_strsplit (columns, " ", -1);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltDecoder) decoder = NULL;
  Seen seen = { g_string_new (NULL) };
  guint64 sequence = 0;
  gsize n = len < 0 ? strlen (data) : (gsize)len;
  /* Exactly as long as the data, so that a sanitizer sees reads behind it. */
  g_autofree char *exact = g_memdup2 (data, n);

  decoder = belt_decoder_new (stream, NULL, (const char *const *)names, *columns != '\0' ? g_strv_length (names) : 0,
                              whole, 0, &error);
  g_assert_no_error (error);
  belt_decoder_decode (decoder, exact, n, lines, place, NULL, 0, &sequence, 1, see_batch, &seen);
  g_assert_cmpuint (sequence, ==, seen.n_rows);
  return g_string_free (seen.text, FALSE);
}

#define CHECK(format, schema, columns, whole, lines, place, data, expected)                              \
  G_STMT_START                                                                                           \
  {                                                                                                      \
    BeltStream *stream_ = make_stream (format, schema);                                                  \
    g_autofree char *got_ = decode_with (stream_, columns, whole, lines, place, data, -1);               \
                                                                                                         \
    g_assert_cmpstr (got_, ==, expected);                                                                \
    belt_stream_unref (stream_);                                                                         \
  }                                                                                                      \
  G_STMT_END

static void
test_schemaless (void)
{
  CHECK (NULL, "", "a b", FALSE, FALSE, NULL, "{\"a\":1,\"b\":\"x\\ny\"}", "1|\"x\\ny\"\n");
  CHECK (NULL, "", "a b", FALSE, FALSE, NULL, "{\"b\":null,\"c\":[1,{\"d\":2}]}", "-|null\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "{\"a\":1,\"a\":2}", "2\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, " [ {\"a\":1} , {\"a\":{\"z\":1,\"b\":[9007199254740993]}} ] ",
         "1\n{\"b\":[9007199254740992],\"z\":1}\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "{\"a\":1e3}", "1000\n");
  CHECK (NULL, "", "a", TRUE, FALSE, NULL, "{\"a\":1.50,\"\\u0062\":\"<\"}", "1.5|{\"a\":1.5,\"b\":\"\\u003c\"}\n");
  CHECK (NULL, "", "", FALSE, FALSE, NULL, "{\"a\":1}", "\n");
}

static void
test_bad_rows (void)
{
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "{\"a\":", "!decode column 6: invalid JSON: expected a value\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "5", "!decode column 1: a row must be an object or a list of objects\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "\"x\"",
         "!decode column 1: a row must be an object or a list of objects\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "", "!decode invalid JSON: the payload is empty\n");
  CHECK (NULL, "", "a", FALSE, FALSE, "topic t", "{\"a\":1}}",
         "!decode topic t: column 8: invalid JSON: unexpected text after the object\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "[{\"a\":1},5,{\"a\":2}]",
         "!decode column 10: a list of rows holds something that is no object\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "[{\"a\":1},{\"a\"}]",
         "!decode column 14: invalid JSON: expected ':' after a key\n");
  CHECK (NULL, "", "a", FALSE, FALSE, NULL, "{\n \"a\": 1,\n \"b\" 2}",
         "!decode line 3, column 6: invalid JSON: expected ':' after a key\n");
}

static void
test_lines (void)
{
  GString *text = g_string_new (NULL);
  GString *expected = g_string_new (NULL);
  BeltStream *stream = make_stream (NULL, "");
  g_autofree char *got = NULL;

  CHECK (NULL, "", "a", FALSE, TRUE, "d.jsonl:12", "{\"a\":1}\r\n\n  \n{\"a\" 2}\n{\"a\":\"\xc3\xa9\",x}",
         "1\n!decode d.jsonl:15:6: invalid JSON: expected ':' after a key\n"
         "!decode d.jsonl:16:10: invalid JSON: expected '\"' at the start of a key\n");
  /* A quote left open ends with its line. */
  CHECK (NULL, "", "a", FALSE, TRUE, NULL, "{\"a\":\"x}\n{\"a\":\"y\"}\n",
         "!decode column 6: invalid JSON: missing '\"' at the end of a string\n\"y\"\n");

  for (guint i = 0; i < 1000; i++)
    {
      g_string_append_printf (text, "{\"id\":%u,\"a\":\"device %u of the hall\",\"t\":%u.25}\n", i, i, i % 90);
      g_string_append_printf (expected, "\"device %u of the hall\"|%u.25|{\"a\":\"device %u of the hall\",\"id\":%u,"
                              "\"t\":%u.25}\n", i, i % 90, i, i, i % 90);
    }
  got = decode_with (stream, "a t", TRUE, TRUE, NULL, text->str, (gssize)text->len);
  g_assert_cmpstr (got, ==, expected->str);

  belt_stream_unref (stream);
  g_string_free (text, TRUE);
  g_string_free (expected, TRUE);
}

static void
test_typed (void)
{
  CHECK ("JSON", "x bigint", "x", FALSE, TRUE, NULL,
         "{\"x\":1}\n{\"x\":9007199254740993}\n{\"x\":null}\n{\"y\":2}\n", "i1\ni9007199254740993\nnull\n-\n");
  CHECK ("JSON", "x bigint", "x", FALSE, TRUE, NULL, "{\"x\":1.0}\n{\"x\":\"5\"}\n{\"x\":true}",
         "!decode column x has wrong type:number with a fraction or an exponent, expect:bigint\n"
         "!decode column x has wrong type:string, expect:bigint\n"
         "!decode column x has wrong type:boolean, expect:bigint\n");
  CHECK ("JSON", "x float", "x", FALSE, TRUE, NULL, "{\"x\":1}\n{\"x\":-2.9}\n{\"x\":9007199254740993}",
         "1\n-2.9\n9007199254740992\n");
  CHECK ("JSON", "x string", "x", FALSE, TRUE, NULL,
         "{\"x\":1.7}\n{\"x\":1000000}\n{\"x\":1e21}\n{\"x\":\"s\"}\n{\"x\":[]}",
         "\"1.7\"\n\"1e+06\"\n\"1e+21\"\n\"s\"\n!decode column x has wrong type:array, expect:string\n");
  CHECK ("JSON", "x boolean", "x", FALSE, TRUE, NULL, "{\"x\":0}\n{\"x\":\"T\"}\n{\"x\":\"5\"}",
         "false\ntrue\n!decode column x has wrong type:string, expect:boolean\n");
  CHECK ("JSON", "x bytea", "x", FALSE, TRUE, NULL, "{\"x\":\"aGVsbG8=\"}\n{\"x\":\"a!\"}\n{\"x\":\"aGV=====\"}",
         "\"aGVsbG8=\"\n\"YSE=\"\n\"YUdWPT09PT0=\"\n");
  CHECK ("JSON", "x array", "x", FALSE, TRUE, NULL, "{\"x\":[null,1]}\n{\"x\":[1.5]}\n{\"x\":5}",
         "[null,1]\n!decode column x item 0 has wrong type:number with a fraction or an exponent, expect:bigint\n"
         "!decode column x has wrong type:number, expect:array\n");
  CHECK ("JSON", "x bigint, y string", "y", TRUE, TRUE, NULL, "{\"x\":1,\"y\":\"a\",\"z\":3}",
         "\"a\"|{\"x\":1,\"y\":\"a\"}\n");
}

static void
test_strict (void)
{
  BeltStream *stream = make_stream ("JSON", "x bigint, t datetime, n array");
  g_autofree char *got = NULL;

  stream->strict_validation = TRUE;
  stream->fields[0].has_default = TRUE;
  stream->fields[0].default_value = belt_value_i64 (5);
  got = decode_with (stream, "x t n", FALSE, TRUE, NULL,
                     "{\"t\":1.7,\"n\":null}\n{\"x\":null,\"t\":1,\"n\":[]}\n"
                     "{\"x\":1,\"t\":\"2018-11-02T09:54:46.013Z\",\"n\":[2]}\n"
                     "{\"x\":1,\"t\":\"soon\",\"n\":[]}\n{\"x\":1,\"n\":[]}\n", -1);
  g_assert_cmpstr (got, ==, "i5|\"1970-01-01T00:00:00.001Z\"|[]\n!validation column x is null\n"
                   "i1|\"2018-11-02T09:54:46.013Z\"|[2]\n"
                   "!validation column t cannot be converted to datetime: Can't parse string as time: soon\n"
                   "!validation column t is missing\n");
  belt_stream_unref (stream);
}

/* A payload inside the payload: its members are merged, a list makes rows, a row without it is left out. */
static void
test_payload_inside (void)
{
  BeltStream *stream = make_stream ("JSON", "");
  g_autoptr(JsonNode) extra = json_from_string ("{\"payloadFormat\":\"json\",\"payloadField\":\"p\"}", NULL);
  g_autoptr(JsonNode) half = json_from_string ("{\"payloadFormat\":\"json\"}", NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *got = NULL;

  stream->extra = json_object_ref (json_node_get_object (extra));
  got = decode_with (stream, "id x p", TRUE, TRUE, NULL,
                     "{\"id\":1,\"p\":\"{\\\"x\\\":5,\\\"id\\\":2}\"}\n{\"id\":3}\n"
                     "{\"id\":4,\"p\":\"[{\\\"x\\\":6},7]\"}\n{\"p\":\"{\"}\n{\"p\":8}\n", -1);
  g_assert_cmpstr (got, ==, "2|5|-|{\"id\":2,\"x\":5}\n4|6|-|{\"id\":4,\"x\":6}\n"
                   "!decode a list of rows holds something that is no object\n"
                   "!decode invalid JSON: expected '\"' at the start of a key\n"
                   "!decode the payload inside is no text\n");

  g_assert_null (belt_decoder_new (stream, json_node_get_object (half), NULL, 0, FALSE, 0, &error));
  g_assert_error (error, BELT_ERROR, BELT_ERROR_INVALID);
  belt_stream_unref (stream);
}

static void
test_text_formats (void)
{
  CHECK ("DELIMITED", "", "col1", TRUE, FALSE, NULL, "1,abc,2.5",
         "\"abc\"|{\"col0\":\"1\",\"col1\":\"abc\",\"col2\":\"2.5\"}\n");
  CHECK ("DELIMITED", "", "col0 col1", FALSE, TRUE, NULL, "1,a\n2,b\nx\n", "\"1\"|\"a\"\n\"2\"|\"b\"\n\"x\"|-\n");
  CHECK ("binary", "", "self", FALSE, FALSE, NULL, "hello", "\"aGVsbG8=\"\n");
  CHECK ("urlencoded", "", "a b", FALSE, FALSE, NULL, "a=1&b=%41+c&a=2", "[\"1\",\"2\"]|\"A c\"\n");
  CHECK ("urlencoded", "", "a", FALSE, FALSE, NULL, "a=%4",
         "!decode column 1: fail to parse url encoded value\n");
}

static void
test_take_row (void)
{
  BeltStream *stream = make_stream ("JSON", "x bigint, y float");
  const char *columns[] = { "x", "y" };
  g_autoptr(BeltDecoder) decoder = belt_decoder_new (stream, NULL, columns, 2, FALSE, 0, NULL);
  Seen seen = { g_string_new (NULL) };
  guint64 sequence = 0;
  BeltArena arena;
  static const char *const rows[] = {
    "{\"x\":\"7\",\"y\":\"2.5\"}", "{\"x\":3,\"y\":4}", "{\"x\":\"a\"}", "{\"x\":\"\"}", "[1]",
  };

  belt_arena_init (&arena);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      BeltValue row;

      g_assert_true (belt_json_parse (rows[i], strlen (rows[i]), 0, &arena, &row, NULL));
      belt_decoder_take_row (decoder, &row, NULL, 0, &sequence, 1, see_batch, &seen);
    }
  g_assert_cmpstr (seen.text->str, ==, "i7|2.5\ni3|4\n!decode column x has wrong type:string, expect:bigint\nnull|-\n"
                   "!decode a row must be an object\n");

  g_string_free (seen.text, TRUE);
  belt_arena_clear (&arena);
  belt_stream_unref (stream);
}

static void
check_encoding (const char *format,
                const char *properties,
                const char *json,
                const char *expected)
{
  g_autoptr(JsonNode) node = properties != NULL ? json_from_string (properties, NULL) : NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltEncoder) encoder = belt_encoder_new (format, node != NULL ? json_node_get_object (node) : NULL, &error);
  g_autoptr(GString) out = g_string_new (NULL);
  BeltArena arena;
  BeltValue value;

  g_assert_no_error (error);
  belt_arena_init (&arena);
  g_assert_true (belt_json_parse (json, strlen (json), BELT_JSON_INTEGERS, &arena, &value, NULL));
  g_assert_cmpint (belt_encoder_encode (encoder, &value, out, NULL), ==, expected != NULL);
  if (expected != NULL)
    g_assert_cmpstr (out->str, ==, expected);
  belt_arena_clear (&arena);
}

static void
test_encoders (void)
{
  check_encoding (NULL, NULL, "[{\"b\":1,\"a\":\"x\"}]", "[{\"a\":\"x\",\"b\":1}]");
  check_encoding ("delimited", NULL, "{\"b\":1.5,\"a\":\"x\",\"c\":null}", "x,1.5,");
  /* A list has the columns of its first row, in order of their names; fields are for single rows. */
  check_encoding ("delimited", "{\"fields\":[\"q\",\"b\"],\"delimiter\":\";\",\"hasHeader\":true}",
                  "[{\"b\":1,\"q\":null},{\"b\":2,\"q\":[1,2]}]", "b;q\n1;\n2;[1 2]");
  check_encoding ("delimited", "{\"fields\":[\"b\",\"a\"],\"hasHeader\":true}",
                  "{\"a\":1234567.0,\"b\":\"x\"}", "x,1234567");
  check_encoding ("delimited", "{\"hasHeader\":true,\"delimiter\":\"|\"}", "[{\"b\":1,\"a\":2}]", "a|b\n2|1");
  check_encoding ("delimited", "{\"batchSize\":2,\"delimiter\":\"|\"}", "[{\"b\":1,\"a\":2},[{\"a\":3},{\"a\":4}]]",
                  "a,b\n2,1\n3\n4");
  check_encoding ("urlencoded", "{\"batchSize\":2}", "[{\"b\":1},{\"a\":2}]", "b=1a=2");
  check_encoding ("json", "{\"batchSize\":2}", "[{\"b\":1},[{\"a\":2}]]", "[{\"b\":1},[{\"a\":2}]]");
  check_encoding ("delimited", NULL, "\"a text is the payload\"", "a text is the payload");
  check_encoding ("delimited", NULL, "[1]", NULL);
  check_encoding ("urlencoded", NULL, "{\"b\":[1,2],\"a\":\"x y&z\"}", "a=x+y%26z&b=1&b=2");
  check_encoding ("urlencoded", NULL, "[{\"a\":1}]", NULL);
  check_encoding ("binary", NULL, "{\"self\":\"raw\"}", "raw");
  check_encoding ("binary", NULL, "{\"self\":\"aGVsbG8=\"}", "hello");
  check_encoding ("binary", NULL, "[{\"self\":\"raw\"}]", NULL);
  check_encoding ("binary", NULL, "{\"other\":\"raw\"}", NULL);
}

static void
test_unknown_format (void)
{
  BeltStream *stream = make_stream ("avro", "");
  BeltStream *unbound = make_stream ("protobuf", "");
  g_autoptr(GError) error = NULL;

  g_assert_null (belt_decoder_new (stream, NULL, NULL, 0, FALSE, 0, &error));
  g_assert_error (error, BELT_ERROR, BELT_ERROR_UNSUPPORTED);
  belt_stream_unref (stream);

  g_clear_error (&error);
  g_assert_null (belt_decoder_new (unbound, NULL, NULL, 0, FALSE, 0, &error));
  g_assert_error (error, BELT_ERROR, BELT_ERROR_INVALID);
  belt_stream_unref (unbound);
}

int
main (int    argc,
      char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/codec/schemaless", test_schemaless);
  g_test_add_func ("/codec/bad-rows", test_bad_rows);
  g_test_add_func ("/codec/lines", test_lines);
  g_test_add_func ("/codec/typed", test_typed);
  g_test_add_func ("/codec/strict", test_strict);
  g_test_add_func ("/codec/text-formats", test_text_formats);
  g_test_add_func ("/codec/payload-inside", test_payload_inside);
  g_test_add_func ("/codec/take-row", test_take_row);
  g_test_add_func ("/codec/encoders", test_encoders);
  g_test_add_func ("/codec/unknown-format", test_unknown_format);
  return g_test_run ();
}
