/* test-json.c - JSON in and out, against json-glib and Go's spellings
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-json.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define SEED       20261125u
#define DOCUMENTS  400u

static char *
write_json (const BeltValue *value)
{
  GString *out = g_string_new (NULL);

  belt_json_write (out, value);
  return g_string_free (out, FALSE);
}

static void
check_rewrite (const char *json,
               guint       flags,
               const char *expected)
{
  BeltArena arena;
  BeltValue value;
  BeltJsonError error = { 0 };
  g_autofree char *got = NULL;

  belt_arena_init (&arena);
  if (!belt_json_parse (json, strlen (json), flags, &arena, &value, &error))
    g_error ("%s: byte %" G_GSIZE_FORMAT ": %s", json, error.offset, error.message);
  got = write_json (&value);
  g_assert_cmpstr (got, ==, expected);
  belt_arena_clear (&arena);
}

static void
test_go_spelling (void)
{
  check_rewrite ("{\"b\":1,\"a\":[true,null,\"\"],\"B\":{}}", 0, "{\"B\":{},\"a\":[true,null,\"\"],\"b\":1}");
  check_rewrite ("\"<a href='x'>&amp;\"", 0, "\"\\u003ca href='x'\\u003e\\u0026amp;\"");
  check_rewrite ("\"\\u2028\\u2029\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\\\/\"", 0,
                 "\"\\u2028\\u2029\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\"");
  check_rewrite ("\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \\u00e9\"", 0, "\"\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xc3\xa9\"");
  check_rewrite ("[1.0,1e2,1E-7,0.000001,123456789012345678901234567890,1e20,1e21,-0]", 0,
                 "[1,100,1e-7,0.000001,1.2345678901234568e+29,100000000000000000000,1e+21,-0]");
  check_rewrite ("[9007199254740993,1.0,-9223372036854775808,9223372036854775808]", BELT_JSON_INTEGERS,
                 "[9007199254740993,1,-9223372036854775808,9223372036854776000]");
  check_rewrite ("{\"a\":1,\"b\":2,\"a\":3}", 0, "{\"a\":3,\"b\":2}");
}

/* What eKuiper's parser lets pass. */
static void
test_lenient (void)
{
  check_rewrite ("\"\\q\\u12\\ud800x\"", 0, "\"\\\\q\\\\u12\\\\ud800x\"");
  check_rewrite ("\"a\tb\"", 0, "\"a\\tb\"");
  check_rewrite ("\"\xff\xc3(\xe2\x82\"", 0, "\"\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
  check_rewrite ("[007,-01.5]", 0, "[7,-1.5]");
  check_rewrite (" \r\n\t{ } ", 0, "{}");
}

static void
test_refused (void)
{
  static const struct
  {
    const char *text;
    gsize       offset;
    const char *message;
  } cases[] = {
    { "", 0, "expected a value" },
    { "{\"a\" 1}", 5, "expected ':' after a key" },
    { "{\"a\":1,}", 7, "expected '\"' at the start of a key" },
    { "[1,]", 3, "expected a value" },
    { "[1 2]", 3, "expected ',' or ']' after an item" },
    { "{\"a\":1 \"b\"", 7, "expected ',' or '}' after a member" },
    { "\"abc", 0, "missing '\"' at the end of a string" },
    { "\"abc\\", 0, "missing '\"' at the end of a string" },
    { "{\"a", 1, "missing '\"' at the end of a key" },
    { "tru", 0, "expected 'true'" },
    { "nullx", 4, "unexpected text after the value" },
    { ".", 1, "expected a digit after the decimal point" },
    { "-.", 2, "expected a digit after the decimal point" },
    { "-Na", 0, "expected a value" },
    { "1e+", 3, "expected a digit in the exponent" },
    { "-", 0, "expected a value" },
    { "+1", 0, "expected a value" },
    { "{a:1}", 1, "expected '\"' at the start of a key" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BeltArena arena;
      BeltValue value;
      BeltJsonError error = { 0 };

      belt_arena_init (&arena);
      g_assert_false (belt_json_parse (cases[i].text, strlen (cases[i].text), 0, &arena, &value, &error));
      g_assert_cmpstr (error.message, ==, cases[i].message);
      g_assert_cmpuint (error.offset, ==, cases[i].offset);
      belt_arena_clear (&arena);
    }
}

static void
test_depth (void)
{
  for (guint depth = BELT_JSON_DEPTH_MAX - 1; depth <= BELT_JSON_DEPTH_MAX + 1; depth++)
    {
      g_autoptr(GString) text = g_string_new (NULL);
      BeltArena arena;
      BeltValue value;
      BeltJsonError error = { 0 };
      gboolean parsed;

      for (guint i = 0; i < depth; i++)
        g_string_append_c (text, '[');
      for (guint i = 0; i < depth; i++)
        g_string_append_c (text, ']');
      belt_arena_init (&arena);
      parsed = belt_json_parse (text->str, text->len, 0, &arena, &value, &error);
      g_assert_cmpint (parsed, ==, depth <= BELT_JSON_DEPTH_MAX);
      if (!parsed)
        g_assert_cmpstr (error.message, ==, "nested too deeply");
      belt_arena_clear (&arena);
    }
}

/* Many keys with many duplicates stay fast and right. */
static void
test_many_keys (void)
{
  g_autoptr(GString) text = g_string_new ("{");
  BeltArena arena;
  BeltValue value;

  for (guint i = 0; i < 40000; i++)
    g_string_append_printf (text, "%s\"k%u\":%u", i > 0 ? "," : "", i % 30000, i);
  g_string_append_c (text, '}');

  belt_arena_init (&arena);
  g_assert_true (belt_json_parse (text->str, text->len, BELT_JSON_INTEGERS, &arena, &value, NULL));
  g_assert_cmpuint (value.len, ==, 30000);
  g_assert_cmpint (belt_value_get_member (&value, "k5", 2)->u.i, ==, 30005);
  g_assert_cmpint (belt_value_get_member (&value, "k29999", 6)->u.i, ==, 29999);
  belt_arena_clear (&arena);
}

static void
generate_string (GRand   *rand,
                 GString *out)
{
  static const char *const pieces[] = {
    "a", "temperature", "\\n", "\\u00e9", "\\ud83d\\ude00", "\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac",
    "\\\"", "\\\\", " ", "<", "0123456789abcdef",
  };
  guint n = (guint)g_rand_int_range (rand, 0, 6);

  g_string_append_c (out, '"');
  for (guint i = 0; i < n; i++)
    g_string_append (out, pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))]);
  g_string_append_c (out, '"');
}

static void
generate_blanks (GRand   *rand,
                 GString *out)
{
  while (g_rand_int_range (rand, 0, 6) == 0)
    g_string_append_c (out, " \n\t\r"[g_rand_int_range (rand, 0, 4)]);
}

static void
generate_value (GRand   *rand,
                GString *out,
                guint    depth)
{
  guint kind = (guint)g_rand_int_range (rand, 0, depth < 5 ? 9 : 6);
  guint n = (guint)g_rand_int_range (rand, 0, 7);

  generate_blanks (rand, out);
  switch (kind)
    {
    case 0:
      g_string_append (out, g_rand_boolean (rand) ? "true" : "false");
      break;
    case 1:
      g_string_append (out, "null");
      break;
    case 2:
    case 3:
      generate_string (rand, out);
      break;
    case 4:
      g_string_append_printf (out, "%d", g_rand_int_range (rand, -100000, 100000));
      break;
    case 5:
      g_string_append_printf (out, "%.*g", g_rand_int_range (rand, 1, 17), g_rand_double_range (rand, -1e6, 1e6));
      break;
    case 6:
      g_string_append_c (out, '[');
      for (guint i = 0; i < n; i++)
        {
          if (i > 0)
            g_string_append_c (out, ',');
          generate_value (rand, out, depth + 1);
        }
      g_string_append_c (out, ']');
      break;
    default:
      g_string_append_c (out, '{');
      for (guint i = 0; i < n; i++)
        {
          if (i > 0)
            g_string_append_c (out, ',');
          generate_blanks (rand, out);
          generate_string (rand, out);
          generate_blanks (rand, out);
          g_string_append_c (out, ':');
          generate_value (rand, out, depth + 1);
        }
      g_string_append_c (out, '}');
    }
  generate_blanks (rand, out);
}

static void
compare_with_json_glib (const BeltValue *value,
                        JsonNode        *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_NULL:
      g_assert_cmpint (value->tag, ==, BELT_TAG_NULL);
      break;

    case JSON_NODE_ARRAY:
      {
        JsonArray *array = json_node_get_array (node);

        g_assert_cmpint (value->tag, ==, BELT_TAG_LIST);
        g_assert_cmpuint (value->len, ==, json_array_get_length (array));
        for (guint i = 0; i < value->len; i++)
          compare_with_json_glib (&value->u.items[i], json_array_get_element (array, i));
        break;
      }

    case JSON_NODE_OBJECT:
      {
        JsonObject *object = json_node_get_object (node);

        g_assert_cmpint (value->tag, ==, BELT_TAG_MAP);
        g_assert_cmpuint (value->len, ==, json_object_get_size (object));
        for (guint i = 0; i < value->len; i++)
          {
            g_autofree char *name = g_strndup (value->u.members[i].name, value->u.members[i].name_len);

            compare_with_json_glib (&value->u.members[i].value, json_object_get_member (object, name));
          }
        break;
      }

    case JSON_NODE_VALUE:
    default:
      if (json_node_get_value_type (node) == G_TYPE_STRING)
        {
          g_assert_cmpint (value->tag, ==, BELT_TAG_STR);
          g_assert_cmpmem (value->u.s, value->len, json_node_get_string (node), strlen (json_node_get_string (node)));
        }
      else if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
        g_assert_cmpint (value->u.i, ==, json_node_get_boolean (node));
      else
        g_assert_cmpfloat (value->u.f, ==, json_node_get_double (node));
    }
}

static void
test_generated (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < DOCUMENTS; i++)
    {
      g_autoptr(GString) text = g_string_new (NULL);
      g_autoptr(JsonNode) node = NULL;
      g_autofree char *first = NULL;
      g_autofree char *second = NULL;
      BeltArena arena;
      BeltValue value;
      BeltValue again;

      generate_value (rand, text, 0);
      belt_arena_init (&arena);
      g_assert_true (belt_json_parse (text->str, text->len, 0, &arena, &value, NULL));
      node = json_from_string (text->str, NULL);
      if (node != NULL)
        compare_with_json_glib (&value, node);

      first = write_json (&value);
      g_assert_true (belt_json_parse (first, strlen (first), 0, &arena, &again, NULL));
      second = write_json (&again);
      g_assert_cmpstr (first, ==, second);
      g_assert_true (belt_value_equal (&value, &again));
      g_assert_cmpuint (belt_value_hash (&value), ==, belt_value_hash (&again));
      belt_arena_clear (&arena);
    }
}

/* A padded copy that ends where the scanner's promise ends, so a sanitizer sees any byte too many. */
static char *
pad (const char *text,
     gsize       len)
{
  char *padded = g_malloc (len + BELT_JSON_PADDING);

  memcpy (padded, text, len);
  memset (padded + len, 0, BELT_JSON_PADDING);
  return padded;
}

static void
check_hostile (const char *text,
               gsize       len,
               BeltDemand *demand)
{
  g_autofree char *padded = pad (text, len);
  BeltValue stored[3] = { belt_value_missing (), belt_value_missing (), belt_value_missing () };
  BeltValue *columns[] = { &stored[0], &stored[1], &stored[2] };
  BeltJsonError error = { 0 };
  BeltArena arena;
  BeltValue value;
  gboolean parsed;
  const char *skipped;
  const char *scanned;

  belt_arena_init (&arena);
  parsed = belt_json_parse (text, len, 0, &arena, &value, &error);
  skipped = belt_json_skip_value (padded, padded + len, &error);
  while (skipped != NULL && skipped < padded + len && strchr (" \t\r\n", *skipped) != NULL && *skipped != '\0')
    skipped++;
  g_assert_cmpint (parsed, ==, skipped == padded + len);

  scanned = belt_json_scan_object (padded, padded + len, demand, columns, 0, 0, &arena, &error);
  if (parsed && value.tag == BELT_TAG_MAP)
    g_assert_nonnull (scanned);
  for (guint i = 0; parsed && value.tag == BELT_TAG_MAP && i < 3; i++)
    {
      static const char *const names[] = { "a", "temperature", "0123456789abcdef0123456789abcdef" };
      const BeltValue *member = belt_value_get_member (&value, names[i], strlen (names[i]));
      BeltValue expanded = belt_value_expand (&stored[i], &arena);

      g_assert_cmpint (member != NULL, ==, stored[i].tag != BELT_TAG_MISSING);
      if (member != NULL)
        g_assert_true (belt_value_equal (member, &expanded));
    }
  belt_arena_clear (&arena);
}

static void
test_hostile (void)
{
  static const char *const names[] = { "a", "temperature", "0123456789abcdef0123456789abcdef" };
  BeltDemand *demand = belt_demand_new (names, 3);
  g_autoptr(GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < DOCUMENTS; i++)
    {
      g_autoptr(GString) text = g_string_new ("{\"a\":");

      generate_value (rand, text, 1);
      g_string_append (text, ",\"temperature\":");
      generate_value (rand, text, 3);
      g_string_append (text, ",\"0123456789abcdef0123456789abcdef\":1.5}");
      check_hostile (text->str, text->len, demand);

      for (guint j = 0; j < 30; j++)
        {
          g_autofree char *copy = g_memdup2 (text->str, text->len);
          gsize at = (gsize)g_rand_int_range (rand, 0, (gint32)text->len);

          check_hostile (copy, at, demand);
          copy[at] = (char)g_rand_int_range (rand, 0, 256);
          copy[g_rand_int_range (rand, 0, (gint32)text->len)] = "\"\\{}[],:0"[g_rand_int_range (rand, 0, 9)];
          check_hostile (copy, text->len, demand);
        }
    }
  belt_demand_free (demand);
}

static void
test_members (void)
{
  static const char json[] = "{\"a\":{\"b\":[1,2]},\"a\\u0062\":\"x\\ty\",\"n\":null,\"i\":5,\"i\":6}";
  g_autofree char *padded = pad (json, strlen (json));
  BeltValue row = { .tag = BELT_TAG_JSON, .flags = BELT_VALUE_JSON_INTEGERS, .len = sizeof json - 1, .u.s = padded };
  BeltArena arena;
  BeltValue a;
  BeltValue b;
  g_autofree char *text = NULL;

  belt_arena_init (&arena);
  a = belt_json_get_member (&row, "a", 1, &arena);
  g_assert_cmpint (a.tag, ==, BELT_TAG_JSON);
  b = belt_json_get_member (&a, "b", 1, &arena);
  text = write_json (&b);
  g_assert_cmpstr (text, ==, "[1,2]");
  b = belt_json_get_member (&row, "ab", 2, &arena);
  g_assert_cmpmem (b.u.s, b.len, "x\ty", 3);
  g_assert_cmpint (belt_json_get_member (&row, "n", 1, &arena).tag, ==, BELT_TAG_NULL);
  g_assert_cmpint (belt_json_get_member (&row, "zz", 2, &arena).tag, ==, BELT_TAG_MISSING);
  b = belt_json_get_member (&row, "i", 1, &arena);
  g_assert_cmpint (b.tag, ==, BELT_TAG_I64);
  g_assert_cmpint (b.u.i, ==, 6);
  belt_arena_clear (&arena);
}

static void
test_go_text (void)
{
  static const char json[] = "{\"b\":[1,2.5,\"x\",null],\"a\":{\"k\":true}}";
  g_autoptr(GString) out = g_string_new (NULL);
  BeltArena arena;
  BeltValue value;

  belt_arena_init (&arena);
  g_assert_true (belt_json_parse (json, strlen (json), 0, &arena, &value, NULL));
  belt_value_write_go (out, &value);
  g_assert_cmpstr (out->str, ==, "map[a:map[k:true] b:[1 2.5 x <nil>]]");
  belt_arena_clear (&arena);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/go-spelling", test_go_spelling);
  g_test_add_func ("/json/lenient", test_lenient);
  g_test_add_func ("/json/refused", test_refused);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/many-keys", test_many_keys);
  g_test_add_func ("/json/generated", test_generated);
  g_test_add_func ("/json/hostile", test_hostile);
  g_test_add_func ("/json/members", test_members);
  g_test_add_func ("/json/go-text", test_go_text);
  return g_test_run ();
}
