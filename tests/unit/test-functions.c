/* test-functions.c - every built-in function does what its entry says
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs the example of each entry of the table, `call(args) = result`, through
 * the door the interpreter uses.  Arguments are JSON values or further calls,
 * so that this needs no SQL.
 */
#include "config.h"

#include "belt-expr.h"
#include "belt-func-state.h"
#include "belt-function.h"
#include "belt-json.h"
#include "belt-state.h"

#include <string.h>

#define ARGS_MAX 16u

typedef struct
{
  BeltArena        arena;
  BeltEnvironment  environment;
  const char      *at;
} Reader;

static gint64
get_test_time (gpointer clock)
{
  return G_GINT64_CONSTANT (1709212455678) * 1000000;   /* 2024-02-29T13:14:15.678Z */
}

static const BeltValue *
get_test_property (gpointer    owner,
                   const char *name,
                   gsize       len)
{
  static const BeltValue value = { .tag = BELT_TAG_STR, .len = 5, .u.s = "plant" };

  return len == 4 && memcmp (name, "site", 4) == 0 ? &value : NULL;
}

static void
init_reader (Reader *reader)
{
  memset (reader, 0, sizeof *reader);
  belt_arena_init (&reader->arena);
  reader->environment.now_ns = get_test_time;
  reader->environment.random_state[0] = 1;
  reader->environment.random_state[1] = 2;
  reader->environment.rule_id = "rule1";
  reader->environment.rule_start_ms = 1000;
  reader->environment.property = get_test_property;
}

static void
skip_blanks (Reader *reader)
{
  while (g_ascii_isspace (*reader->at))
    reader->at++;
}

static BeltValue
read_json (Reader *reader)
{
  BeltJsonError error = { 0 };
  BeltValue value = belt_value_null ();
  const char *end;
  gsize len;
  char *padded;

  len = strlen (reader->at);
  padded = belt_arena_alloc0 (&reader->arena, len + BELT_JSON_PADDING);
  memcpy (padded, reader->at, len);
  end = belt_json_skip_value (padded, padded + len, &error);
  if (end == NULL)
    g_error ("not a JSON value: %s (%s)", reader->at, error.message);
  len = (gsize)(end - padded);
  if (!belt_json_parse (padded, len, BELT_JSON_INTEGERS, &reader->arena, &value, &error))
    g_error ("not a JSON value: %s (%s)", reader->at, error.message);
  reader->at += len;
  return value;
}

/* Writes a state down and reads it into a new one, as a checkpoint between two rows does. */
static gpointer
move_state (Reader   *reader,
            gpointer state,
            gsize size,
            void (*save)(gconstpointer, BeltStateWriter *),
            void (*restore_aggregate)(gpointer, BeltArena *, BeltStateReader *),
            void (*restore_analytic)(gpointer, BeltStateReader *))
{
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  gpointer moved = g_malloc0 (MAX (size, 1));
  BeltStateWriter writer;
  BeltStateReader state_reader;

  belt_state_writer_init (&writer);
  save (state, &writer);
  bytes = belt_state_writer_finish (&writer);
  belt_state_reader_init (&state_reader, bytes);
  if (restore_aggregate != NULL)
    restore_aggregate (moved, &reader->arena, &state_reader);
  else
    restore_analytic (moved, &state_reader);
  g_assert_true (belt_state_reader_finish (&state_reader, &error));
  g_assert_no_error (error);
  return moved;
}

/* In examples an aggregate is given the values of the rows as an array; the other arguments are the same for
 * every row.  In the middle its state is saved and restored. */
static BeltValue
run_aggregate (Reader          *reader,
               BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  const BeltAggregateClass *klass = call->function->aggregate;
  gpointer state = g_malloc0 (klass->state_size);
  BeltValue result;

  for (guint32 i = 0; n_args > 0 && i < args[0].len; i++)
    {
      BeltValue row[ARGS_MAX];
      guint n_row = 0;

      if (i == args[0].len / 2)
        {
          gpointer moved = move_state (reader, state, klass->state_size, klass->save, klass->restore, NULL);

          g_free (state);
          state = moved;
        }
      if (call->function->flags & BELT_FUNCTION_ROW)
        row[n_row++] = args[0].u.items[i];
      row[n_row++] = args[0].u.items[i];
      for (guint k = 1; k < n_args; k++)
        row[n_row++] = args[k];
      result = klass->step (call, state, &reader->arena, row, n_row);
      g_assert_false (belt_value_is_error (&result));
    }
  result = klass->finish (call, state, &reader->arena);
  g_free (state);
  return result;
}

/* In examples an analytic function is given one column of rows, the argument that is an array of values; the
 * result is that of the last row. */
static BeltValue
run_analytic (Reader          *reader,
              BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  const BeltAnalyticClass *klass = call->function->analytic;
  gpointer state = g_malloc0 (klass->state_size);
  BeltValue result = belt_value_null ();
  guint column = 0;

  while (args[column].tag != BELT_TAG_LIST)
    column++;
  for (guint32 i = 0; i < args[column].len; i++)
    {
      BeltValue row[ARGS_MAX];

      if (i == args[column].len / 2)
        {
          gpointer moved = move_state (reader, state, klass->state_size, klass->save, NULL, klass->restore);

          klass->clear (state);
          g_free (state);
          state = moved;
        }
      for (guint k = 0; k < n_args; k++)
        row[k] = k == column ? args[k].u.items[i] : args[k];
      result = klass->step (call, state, row, n_args, TRUE);
    }
  result = belt_value_copy (&result, &reader->arena);
  klass->clear (state);
  g_free (state);
  return result;
}

static BeltValue read_expression (Reader *reader);

static BeltValue
read_call (Reader *reader)
{
  const char *start = reader->at;
  BeltCall call = { .arena = &reader->arena, .environment = &reader->environment };
  BeltValue args[ARGS_MAX];
  guint n_args = 0;
  gpointer state = NULL;
  BeltValue result;

  while (*reader->at != '(')
    reader->at++;
  call.function = belt_function_table_lookup (belt_function_table_get_builtin (), start, (gsize)(reader->at - start));
  if (call.function == NULL)
    g_error ("no function at: %s", start);
  reader->at++;
  skip_blanks (reader);
  while (*reader->at != ')')
    {
      g_assert_cmpuint (n_args, <, ARGS_MAX);
      args[n_args++] = read_expression (reader);
      skip_blanks (reader);
      if (*reader->at == ',')
        reader->at++;
    }
  reader->at++;

  call.state = &state;
  if (call.function->aggregate != NULL)
    return run_aggregate (reader, &call, args, n_args);
  if (call.function->analytic != NULL)
    return run_analytic (reader, &call, args, n_args);
  result = belt_function_call (&call, args, n_args);
  if (state != NULL)
    call.function->state_free (state);
  return result;
}

static BeltValue
read_expression (Reader *reader)
{
  const char *at;

  skip_blanks (reader);
  for (at = reader->at; g_ascii_isalnum (*at) || *at == '_'; at++)
    ;
  return *at == '(' && at > reader->at ? read_call (reader) : read_json (reader);
}

static gboolean
is_same (const BeltValue *a,
         const BeltValue *b)
{
  if (a->tag == BELT_TAG_F64 && b->tag == BELT_TAG_F64)
    return ABS (a->u.f - b->u.f) <= 1e-12 * ABS (a->u.f);
  return belt_value_equal (a, b);
}

static void
test_example (gconstpointer data)
{
  const BeltFunction *function = data;
  BeltValue got;
  BeltValue expected;
  Reader reader;

  init_reader (&reader);
  reader.at = function->example;
  got = read_expression (&reader);
  skip_blanks (&reader);
  g_assert_cmpint (*reader.at, ==, '=');
  reader.at++;
  expected = read_expression (&reader);

  if (!is_same (&got, &expected))
    {
      g_autoptr(GString) text = g_string_new (NULL);

      if (belt_value_is_error (&got))
        g_string_append (text, got.u.fault->message);
      else
        belt_json_write (text, &got);
      g_test_message ("%s gave %s (%s)", function->example, text->str, belt_tag_get_name (got.tag));
      g_test_fail ();
    }
  belt_arena_clear (&reader.arena);
}

static void
test_entries_are_documented (void)
{
  guint n_functions;
  const BeltFunction *const *functions = belt_function_table_list (belt_function_table_get_builtin (), &n_functions);

  g_assert_cmpuint (n_functions, >, 0);
  for (guint i = 0; i < n_functions; i++)
    {
      const BeltFunction *function = functions[i];
      g_autofree char *lower = g_ascii_strdown (function->name, -1);

      g_test_message ("%s", function->name);
      g_assert_cmpstr (function->name, ==, lower);
      g_assert_true (function->group != NULL && *function->group != '\0');
      g_assert_true (function->signature != NULL && strstr (function->signature, function->name) != NULL);
      g_assert_true (function->doc != NULL && g_str_has_suffix (function->doc, ".") && strlen (function->doc) < 110);
      g_assert_true (function->example != NULL && strstr (function->example, function->name) != NULL);
      g_assert_true (function->args_max < 0 || function->args_max >= function->args_min);
      if (i > 0)
        g_assert_cmpstr (functions[i - 1]->name, <, function->name);
    }
}

static void
test_names_in_any_case (void)
{
  BeltFunctionTable *table = belt_function_table_get_builtin ();

  g_assert_true (belt_function_table_lookup (table, "ABS", 3) == belt_function_table_lookup (table, "abs", 3));
  g_assert_nonnull (belt_function_table_lookup (table, "Round(", 5));
  g_assert_null (belt_function_table_lookup (table, "nosuch", 6));
}

static void
check_refusal (const char *name,
               const char *expected,
               guint       n_args,
               ...)
{
  const BeltFunction *function = belt_function_table_lookup (belt_function_table_get_builtin (), name, strlen (name));
  BeltLiteral literals[ARGS_MAX] = { { 0 } };
  g_autofree char *refusal = NULL;
  va_list list;

  va_start (list, n_args);
  for (guint i = 0; i < n_args; i++)
    {
      const BeltValue *value = va_arg (list, const BeltValue *);

      literals[i].is_literal = value != NULL;
      if (value != NULL)
        literals[i].value = *value;
    }
  va_end (list);

  refusal = belt_function_check_args (function, literals, n_args);
  g_assert_cmpstr (refusal, ==, expected);
}

static void
test_literals_are_checked (void)
{
  const BeltValue one = belt_value_i64 (1);
  const BeltValue minus = belt_value_i64 (-1);
  const BeltValue half = belt_value_f64 (0.5);
  const BeltValue text = belt_value_str ("a", 1);
  const BeltValue yes = belt_value_bool (TRUE);

  check_refusal ("abs", NULL, 1, NULL);
  check_refusal ("abs", NULL, 1, &one);
  check_refusal ("abs", "Expect number - float or int type for parameter 1", 1, &text);
  check_refusal ("abs", "Expect 1 arguments but found 2.", 2, &one, &one);
  check_refusal ("bitand", "Expect int type for parameter 2", 2, &one, &half);
  check_refusal ("concat", "At least has 1 argument but found 0.", 0);
  check_refusal ("concat", "Expect string type for parameter 2", 2, &text, &yes);
  check_refusal ("substring", "The start index should not be a nagtive integer.", 2, NULL, &minus);
  check_refusal ("conv", "Expect integer type for parameter 2", 3, &text, NULL, &one);
  check_refusal ("encode", "Only base64 is supported for the 2nd parameter.", 2, NULL, &text);
}

/* What a user sees when a call fails; eKuiper's wording where it has one. */
static void
test_errors (void)
{
  static const struct
  {
    const char    *call;
    BeltFaultKind  kind;
    const char    *message;
  } cases[] = {
    { "abs(\"a\")", BELT_FAULT_FUNCTION, "call func abs error: only float64 & int type are supported" },
    { "sin(\"a\")", BELT_FAULT_FUNCTION, "call func sin error: cannot convert string(a) to float64" },
    { "sqrt(-1)", BELT_FAULT_EVAL, "The argument must be a positive number but got -1" },
    { "lpad(\"a\", -1)", BELT_FAULT_FUNCTION, "call func lpad error: the number of spaces must not be negative" },
    { "lpad(\"a\", 99999999)", BELT_FAULT_FUNCTION,
      "call func lpad error: the result is longer than 16777216 bytes" },
    { "split_value(\"a,b\", \",\", 2)", BELT_FAULT_INDEX_OUT_OF_RANGE,
      "call func split_value error: 2 out of index array (size = 2)" },
    { "element_at([1], 1)", BELT_FAULT_FUNCTION, "call func element_at error: index out of range" },
    { "array_concat([1], 2)", BELT_FAULT_FUNCTION,
      "call func array_concat error: array elements should be array" },
    { "array_map(\"nosuch\", [1])", BELT_FAULT_FUNCTION,
      "call func array_map error: unknown built-in function: nosuch." },
    { "repeat(1, 3)", BELT_FAULT_FUNCTION, "call func repeat error: second argument should be int" },
    { "sequence(cast(1, \"bigint\"), cast(99999999, \"bigint\"))", BELT_FAULT_FUNCTION,
      "call func sequence error: the sequence has more than 1048576 elements" },
    { "cast(\"1.5\", \"bigint\")", BELT_FAULT_FUNCTION,
      "call func cast error: not supported type conversion, got error cannot convert string(1.5) to int" },
    { "json_path_query({\"a\": 1}, \"$.b\")", BELT_FAULT_FUNCTION,
      "call func json_path_query error: unknown key b" },
    { "json_path_query({\"a\": 1}, \"$.a[\")", BELT_FAULT_FUNCTION,
      "call func json_path_query error: the JSONPath $.a[ ends where a value is expected" },
    { "convert_tz(0, \"Nowhere/X\")", BELT_FAULT_FUNCTION,
      "call func convert_tz error: unknown time zone Nowhere/X" },
    { "array_contains(keys({\"a\": 1}), \"a\")", BELT_FAULT_FUNCTION,
      "call func array_contains error: first argument should be array of interface{}" },
    { "array_map(\"ABS\", [1])", BELT_FAULT_FUNCTION,
      "call func array_map error: unknown built-in function: ABS." },
    { "array_map(\"abs\", [null])", BELT_FAULT_FUNCTION,
      "call func array_map error: call func abs error: only float64 & int type are supported" },
    { "sequence(cast(5, \"bigint\"), cast(1, \"bigint\"), cast(1, \"bigint\"))", BELT_FAULT_FUNCTION,
      "call func sequence error: the step leads away from stop" },
    { "upper(sqrt(-1))", BELT_FAULT_EVAL, "The argument must be a positive number but got -1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BeltValue value;
      Reader reader;

      init_reader (&reader);
      reader.at = cases[i].call;
      value = read_expression (&reader);
      g_test_message ("%s", cases[i].call);
      g_assert_cmpint (value.tag, ==, BELT_TAG_ERROR);
      g_assert_cmpint (value.u.fault->kind, ==, cases[i].kind);
      g_assert_cmpstr (value.u.fault->message, ==, cases[i].message);
      belt_arena_clear (&reader.arena);
    }
}

/* What looks odd and is eKuiper's way. */
static void
test_oddities (void)
{
  static const char *const examples[] = {
    "length(keys({\"a\": 1, \"b\": 2})) = 5",
    "cardinality(keys({\"a\": 1, \"b\": 2})) = 2",
    "object_pick({\"a\": {\"b\": 1, \"c\": 2}}, \"a.b\", \"a.c\") = {\"a\": {\"b\": 1}, \"c\": 2}",
    "sequence(cast(5, \"bigint\"), cast(4, \"bigint\"), cast(1, \"bigint\")) = []",
    "trunc(3.789, 2) = 3.79",
    "chr(65) = 65",
    "array_sort([10, 9, 2]) = [10, 2, 9]",
    "array_map(\"upper\", [null]) = [\"\"]",
    "format(2.675, 2) = \"2.68\"",
    "split_value(\"a,b\", \",\", \"x\") = \"a\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      const BeltFunction entry = { .name = examples[i], .example = examples[i] };

      g_test_message ("%s", examples[i]);
      test_example (&entry);
    }
}

/* A call site keeps its compiled pattern, and takes another when the pattern is another. */
static void
test_patterns_are_kept (void)
{
  const BeltFunction *function = belt_function_table_lookup (belt_function_table_get_builtin (), "regexp_matches", 14);
  const BeltValue text = belt_value_str ("belt", 4);
  BeltCall call = { .function = function };
  gpointer state = NULL;
  gpointer first = NULL;
  Reader reader;

  init_reader (&reader);
  call.arena = &reader.arena;
  call.environment = &reader.environment;
  call.state = &state;
  for (guint i = 0; i < 4; i++)
    {
      const BeltValue args[] = { text, belt_value_str (i < 2 ? "^b" : "^x", 2) };
      BeltValue value = belt_function_call (&call, args, 2);

      g_assert_cmpint (value.tag, ==, BELT_TAG_BOOL);
      g_assert_cmpint (value.u.i, ==, i < 2);
      if (i == 0)
        first = state;
      g_assert_true (i != 1 || state == first);
    }
  function->state_free (state);
  belt_arena_clear (&reader.arena);
}

/* A few bytes must not become gigabytes. */
static void
test_bomb_is_refused (void)
{
  g_autoptr(GString) zeros = g_string_new (NULL);
  const BeltFunction *compress = belt_function_table_lookup (belt_function_table_get_builtin (), "compress", 8);
  const BeltFunction *decompress = belt_function_table_lookup (belt_function_table_get_builtin (), "decompress", 10);
  const char *const methods[] = { "gzip", "zstd" };

  g_string_set_size (zeros, 20 * 1024 * 1024);
  memset (zeros->str, 0, zeros->len);
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      BeltValue args[2] = { belt_value_str (zeros->str, zeros->len), belt_value_str (methods[i], 4) };
      BeltCall call = { .function = compress };
      Reader reader;

      init_reader (&reader);
      call.arena = &reader.arena;
      args[0] = belt_function_call (&call, args, 2);
      g_assert_cmpint (args[0].tag, ==, BELT_TAG_BYTES);
      g_assert_cmpuint (args[0].len, <, 64 * 1024);
      call.function = decompress;
      args[0] = belt_function_call (&call, args, 2);
      g_assert_cmpint (args[0].tag, ==, BELT_TAG_ERROR);
      g_assert_cmpstr (args[0].u.fault->message, ==, "call func decompress error: the result is too long");
      belt_arena_clear (&reader.arena);
    }
}

static void
test_changed_columns (void)
{
  g_autoptr(BeltChangedColumns) columns = belt_changed_columns_new ();
  g_autoptr(BeltChangedColumns) moved = belt_changed_columns_new ();
  g_autoptr(GBytes) bytes = NULL;
  const BeltValue one = belt_value_i64 (1);
  const BeltValue one_float = belt_value_f64 (1.0);
  const BeltValue none = belt_value_null ();
  BeltStateWriter writer;
  BeltStateReader reader;

  g_assert_true (belt_changed_columns_update (columns, "a", &one, TRUE));
  g_assert_false (belt_changed_columns_update (columns, "a", &one, TRUE));
  g_assert_false (belt_changed_columns_update (columns, "a", &none, TRUE));
  g_assert_true (belt_changed_columns_update (columns, "b", &one, TRUE));
  g_assert_false (belt_changed_columns_update (columns, "c", &none, FALSE));

  belt_state_writer_init (&writer);
  belt_changed_columns_save (columns, &writer);
  bytes = belt_state_writer_finish (&writer);
  belt_state_reader_init (&reader, bytes);
  belt_changed_columns_restore (moved, &reader);
  g_assert_true (belt_state_reader_finish (&reader, NULL));
  g_assert_false (belt_changed_columns_update (moved, "b", &one, TRUE));
  g_assert_true (belt_changed_columns_update (moved, "a", &one_float, TRUE));
  g_assert_true (belt_changed_columns_update (moved, "b", &none, FALSE));
}

static BeltValue
call_triple (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  return belt_value_i64 (args[0].u.i * 3);
}

static void
test_layered_table (void)
{
  BeltFunction triple = { .name = "triple", .args_min = 1, .args_max = 1, .call = call_triple };
  BeltFunction own_abs = { .name = "abs", .args_min = 1, .args_max = 1, .call = call_triple };
  BeltFunction *functions[] = { &triple, &own_abs };
  BeltFunctionTable *builtin = belt_function_table_get_builtin ();
  g_autoptr(BeltFunctionTable) table = belt_function_table_new_with (builtin, functions, 2);
  guint n_builtin;
  guint n_all;

  belt_function_table_list (builtin, &n_builtin);
  belt_function_table_list (table, &n_all);
  g_assert_cmpuint (n_all, ==, n_builtin + 1);
  g_assert_true (belt_function_table_lookup (table, "triple", 6) == &triple);
  g_assert_true (belt_function_table_lookup (table, "abs", 3) == &own_abs);
  g_assert_true (belt_function_table_lookup (builtin, "abs", 3) != &own_abs);
  g_assert_nonnull (belt_function_table_lookup (table, "md5", 3));
}

static void
test_owned_values (void)
{
  Reader reader;
  BeltValue value;
  BeltValue owned;

  init_reader (&reader);
  reader.at = "{\"a\": [1, \"two\", {\"b\": [], \"\": \"\"}], \"c\": null}";
  value = read_json (&reader);
  belt_value_dup_owned (&owned, &value);
  g_assert_true (belt_value_equal (&owned, &value));
  belt_arena_clear (&reader.arena);
  g_assert_cmpuint (owned.u.members[0].value.len, ==, 3);
  belt_value_clear_owned (&owned);
  g_assert_cmpint (owned.tag, ==, BELT_TAG_NULL);

  value = belt_value_str ("", 0);
  belt_value_dup_owned (&owned, &value);
  belt_value_clear_owned (&owned);
}

int
main (int    argc,
      char **argv)
{
  guint n_functions;
  const BeltFunction *const *functions = belt_function_table_list (belt_function_table_get_builtin (), &n_functions);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/functions/documented", test_entries_are_documented);
  g_test_add_func ("/functions/names", test_names_in_any_case);
  g_test_add_func ("/functions/literals", test_literals_are_checked);
  g_test_add_func ("/functions/errors", test_errors);
  g_test_add_func ("/functions/oddities", test_oddities);
  g_test_add_func ("/functions/patterns", test_patterns_are_kept);
  g_test_add_func ("/functions/bomb", test_bomb_is_refused);
  g_test_add_func ("/functions/changed-columns", test_changed_columns);
  g_test_add_func ("/functions/layers", test_layered_table);
  g_test_add_func ("/functions/owned", test_owned_values);
  for (guint i = 0; i < n_functions; i++)
    {
      g_autofree char *path = g_strconcat ("/functions/example/", functions[i]->name, NULL);

      if (functions[i]->call != NULL || functions[i]->aggregate != NULL || functions[i]->analytic != NULL)
        g_test_add_data_func (path, functions[i], test_example);
    }
  return g_test_run ();
}
