/* test-proto.c - .proto files, and protobuf payloads as eKuiper reads and writes them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * proto-cases.jsonl has bytes that protoc made and what an eKuiper made of them; "belt" in a
 * case is what we make of it where that differs on purpose, and "why" says so.
 */
#include "config.h"

#include "belt-error.h"
#include "belt-json.h"
#include "belt-proto.h"

#include <string.h>

static BeltProtoFile *
parse (const char *text,
       GError    **error)
{
  return belt_proto_file_new ("t.proto", text, strlen (text), NULL, NULL, error);
}

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; hex[0] != '\0'; hex += 2)
    {
      guint8 byte = (guint8)(g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

      g_byte_array_append (bytes, &byte, 1);
    }
  return bytes;
}

/* The row as JSON, or "!problem". */
static char *
decode (BeltProtoMessage *message,
        const char       *hex)
{
  g_autoptr(GByteArray) bytes = from_hex (hex);
  g_autoptr(BeltProtoReader) reader = belt_proto_reader_new (message);
  /* Exactly as long as the data, so that a sanitizer sees reads behind it. */
  g_autofree char *exact = g_memdup2 (bytes->data, bytes->len);
  g_autofree gboolean *wanted = g_new (gboolean, message->n_fields + 1);
  BeltProtoTrouble trouble = { NULL };
  GString *out = g_string_new (NULL);
  BeltArena arena;

  belt_arena_init (&arena);
  for (guint i = 0; i < message->n_fields; i++)
    wanted[i] = TRUE;
  if (belt_proto_reader_read (reader, exact != NULL ? exact : "", bytes->len, wanted, FALSE, &arena, &trouble) != NULL)
    {
      BeltValue row = belt_proto_reader_make_row (reader, &arena);

      belt_json_write (out, &row);
    }
  else
    g_string_append_printf (out, "!%s", trouble.problem);
  belt_arena_clear (&arena);
  return g_string_free (out, FALSE);
}

static char *
encode (BeltProtoMessage *message,
        const BeltValue  *row)
{
  g_autoptr(GString) bytes = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  GString *out = g_string_new (NULL);

  if (belt_proto_write (message, row, bytes, &error))
    for (gsize i = 0; i < bytes->len; i++)
      g_string_append_printf (out, "%02x", (guint8)bytes->str[i]);
  else
    g_string_append_printf (out, "!%s", error->message);
  return g_string_free (out, FALSE);
}

static char *
dup_text (const BeltValue *object,
          const char      *name)
{
  const BeltValue *value = belt_value_get_member (object, name, strlen (name));

  return value != NULL && value->tag == BELT_TAG_STR ? g_strndup (value->u.s, value->len) : NULL;
}

static gboolean
check_case (const BeltValue *object,
            BeltProtoFile   *file,
            const GError    *failure,
            const char      *line)
{
  g_autofree char *name = dup_text (object, "message");
  g_autofree char *hex = dup_text (object, "hex");
  g_autofree char *bytes = NULL;
  g_autofree char *got = NULL;
  g_autoptr(GString) expected = g_string_new (NULL);
  BeltProtoMessage *message = file != NULL ? belt_proto_file_find (file, name) : NULL;
  const BeltValue *result = belt_value_get_member (object, "belt", 4);

  if (result == NULL)
    result = belt_value_get_member (object, "result", 6);
  if (message == NULL)
    got = g_strdup_printf ("!%s", failure != NULL ? failure->message : "no such message");
  else if (hex != NULL)
    got = decode (message, hex);
  else
    got = encode (message, belt_value_get_member (object, "encode", 6));

  if (result == NULL && *got == '!')
    return TRUE;
  if (result == NULL)
    g_string_append (expected, "an error");
  else if (result->tag == BELT_TAG_STR)
    g_string_append_len (expected, result->u.s, result->len);
  else
    belt_json_write (expected, result);
  if (g_str_equal (got, expected->str))
    return TRUE;
  g_test_message ("%.300s\n  got      %s\n  expected %s", line, got, expected->str);
  return FALSE;
}

static void
test_cases (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "proto-cases.jsonl", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(BeltProtoFile) file = NULL;
  g_autoptr(GError) failure = NULL;
  guint n_wrong = 0;
  guint n_cases = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      /* What is encoded comes from JSON of a stream without types: all its numbers are floats. */
      gboolean floats = strstr (lines[i], "\"encode\":") != NULL;
      BeltArena arena;
      BeltValue object;

      belt_arena_init (&arena);
      g_assert_true (belt_json_parse (lines[i], strlen (lines[i]), floats ? 0 : BELT_JSON_INTEGERS, &arena, &object,
                                      NULL));
      object = belt_value_expand (&object, &arena);
      if (belt_value_get_member (&object, "id", 2) != NULL)
        {
          g_autofree char *schema = dup_text (&object, "schema");

          g_clear_pointer (&file, belt_proto_file_unref);
          g_clear_error (&failure);
          file = parse (schema, &failure);
        }
      else
        {
          n_cases++;
          n_wrong += !check_case (&object, file, failure, lines[i]);
        }
      belt_arena_clear (&arena);
    }
  g_test_message ("%u cases, %u wrong", n_cases, n_wrong);
  g_assert_cmpuint (n_cases, >, 100);
  g_assert_cmpuint (n_wrong, ==, 0);
}

/* What is wrong with a file, and where. */
static void
check_refused (const char *text,
               const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltProtoFile) file = parse (text, &error);

  if (file != NULL)
    g_test_message ("read without an error: %s", text);
  g_assert_null (file);
  g_assert_error (error, BELT_ERROR, BELT_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
test_refused (void)
{
  check_refused ("syntax = \"proto3\";\nmessage A { int32 a = 1 }", "t.proto:2:25: found “}”, expected “;”");
  check_refused ("message A { optional Foo a = 1; }", "t.proto:1:22: field A.a: unknown type Foo");
  check_refused ("message A { int32 a = 1; }",
                 "t.proto:1:13: found “int32”, expected optional, required or repeated before a field of proto2");
  check_refused ("syntax = \"proto3\"; message A { required int32 a = 1; }",
                 "t.proto:1:32: proto3 has no required fields");
  check_refused ("syntax = \"proto3\"; message A { int32 a = 1; int32 b = 1; }",
                 "t.proto: message A: fields a and b both have the number 1");
  check_refused ("syntax = \"proto3\"; message A { int32 a = 1; int32 a = 2; }",
                 "t.proto: message A has two fields a");
  check_refused ("syntax = \"proto3\"; message A { int32 a = 0; }",
                 "t.proto:1:42: field a: the number must be from 1 to 536870911");
  check_refused ("syntax = \"proto3\"; message A { int32 a = 19500; }",
                 "t.proto:1:42: field a: the numbers from 19000 to 19999 are reserved");
  check_refused ("syntax = \"proto3\"; enum E { ONE = 1; }",
                 "t.proto:1:29: enum E: the first value of a proto3 enum must be 0");
  check_refused ("message A {} message A {}", "t.proto:1:22: A is declared a second time");
  check_refused ("message A { optional int32 a = 1 [default = \"x\"]; }",
                 "t.proto:1:22: field A.a: the default must be a whole number");
  check_refused ("syntax = \"proto3\"; message A { map<float, int32> a = 1; }",
                 "t.proto:1:35: keys of a map are whole numbers, bool or string, not float");
  check_refused ("import \"other.proto\"; message A {}",
                 "t.proto: imports other.proto, and there is no schema of that name beside it");
  check_refused ("edition = \"2023\";", "t.proto:1:1: editions are not read; write syntax = \"proto3\"");
  check_refused ("message A { /* x", "t.proto:1:13: the comment has no end");
  check_refused ("message A {", "t.proto:1:11: message A has no “}”");
  check_refused ("option x = \"a\nb\";", "t.proto:1:12: the string has no end on its line");
  check_refused ("no proto", "t.proto:1:1: found “no”, expected syntax, package, import, option, message, enum, "
                 "service or extend");
}

static void
test_read_over (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltProtoFile) file = parse (
    "// a comment\nsyntax = 'proto3'; package a.b;\n"
    "import 'google/protobuf/timestamp.proto'; import public \"google/protobuf/empty.proto\";\n"
    "option java_package = \"x\" \"y\"; option (my.opt).deep = { a: 1 b { c: \"}\" } };\n"
    "service S { rpc Get (A) returns (stream A) { option (http) = { get: \"/x\" }; } }\n"
    "extend google.protobuf.FieldOptions { string tag = 50000; }\n"
    "message A { reserved 2, 9 to 11; reserved \"old\"; option deprecated = true; /* in */\n"
    "  message map { int32 x = 1; }\n"
    "  map m = 1; .a.b.A.map n = 3; google.protobuf.Timestamp at = 4 [(tag) = \"t\", json_name = \"At\"];\n"
    "  enum E { option allow_alias = true; X = 0; Y = 0x10 [deprecated = true]; reserved 5; }\n"
    "  E e = 5; repeated E es = 6;;\n"
    "  oneof o { option (x) = 1; string s = 7; int32 optional = 8; } }\n", &error);
  BeltProtoMessage *message;
  BeltArena arena;
  g_autofree char *names = NULL;
  g_autofree char *row = NULL;
  BeltField *fields;

  g_assert_no_error (error);
  names = belt_proto_file_list (file);
  g_assert_cmpstr (names, ==, "a.b.A, a.b.A.map");
  g_assert_null (belt_proto_file_find (file, "google.protobuf.Timestamp"));
  message = belt_proto_file_find (file, "a.b.A");
  row = decode (message, "0a020805281032020010");
  g_assert_cmpstr (row, ==, "{\"at\":{\"nanos\":0,\"seconds\":0},\"e\":16,\"es\":[0,16],\"m\":{\"x\":5},\"n\":null}");

  belt_arena_init (&arena);
  fields = belt_proto_message_make_fields (message, &arena);
  g_assert_cmpuint (message->n_fields, ==, 7);
  g_assert_cmpint (fields[0].type->kind, ==, BELT_TYPE_STRUCT);
  g_assert_cmpint (fields[3].type->kind, ==, BELT_TYPE_BIGINT);
  g_assert_cmpint (fields[4].type->element->kind, ==, BELT_TYPE_BIGINT);
  belt_arena_clear (&arena);
}

/* A message of itself a thousand deep, one of two of the next thirty times, a million empty ones. */
static void
test_bounds (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltProtoFile) file = parse ("syntax = \"proto3\"; message A { A a = 1; repeated A as = 2; int32 n = 3; }",
                                         &error);
  g_autoptr(BeltProtoFile) wide = NULL;
  g_autoptr(GString) text = g_string_new ("message M0 { optional int32 n = 1; }");
  g_autoptr(GString) hex = g_string_new (NULL);
  g_autofree char *deep = NULL;
  g_autofree char *many = NULL;
  g_autofree char *doubled = NULL;
  BeltArena arena;

  g_assert_no_error (error);
  for (guint i = 0; i < 1000; i++)
    {
      guint len = (guint)hex->len / 2;
      g_autofree char *head = len < 128 ? g_strdup_printf ("0a%02x", len)
                              : g_strdup_printf ("0a%02x%02x", (len & 0x7f) | 0x80, len >> 7);

      g_string_prepend (hex, head);
    }
  deep = decode (belt_proto_file_find (file, "A"), hex->str);
  g_assert_cmpstr (deep, ==, "!messages are nested more than 100 deep");

  g_string_truncate (hex, 0);
  for (guint i = 0; i < 1100000; i++)
    g_string_append (hex, "1200");
  many = decode (belt_proto_file_find (file, "A"), hex->str);
  g_assert_cmpstr (many, ==, "!the payload holds more than 4194304 values");

  for (guint i = 1; i <= 30; i++)
    g_string_append_printf (text, "message M%u { optional M%u a = 1; optional M%u b = 2; }", i, i - 1, i - 1);
  wide = parse (text->str, &error);
  g_assert_no_error (error);
  doubled = decode (belt_proto_file_find (wide, "M30"), "");
  g_assert_cmpuint (strlen (doubled), <, 1000000);
  belt_arena_init (&arena);
  g_assert_nonnull (belt_proto_message_make_fields (belt_proto_file_find (wide, "M30"), &arena));
  g_assert_cmpuint (arena.n_bytes, <, 10000000);
  belt_arena_clear (&arena);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/cases", test_cases);
  g_test_add_func ("/proto/refused", test_refused);
  g_test_add_func ("/proto/read-over", test_read_over);
  g_test_add_func ("/proto/bounds", test_bounds);
  return g_test_run ();
}
