/* belt-func-json.c - JSON text to values and back, and paths into them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A path is compiled once a call site and kept as its state.
 */
#include "config.h"

#include "belt-func-private.h"
#include "belt-json-path.h"
#include "belt-json.h"

#include <math.h>

static BeltValue
call_to_json (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  g_autoptr(GString) out = NULL;

  if (args[0].tag == BELT_TAG_F64 && !isfinite (args[0].u.f))
    return belt_call_fail (call, "fail to convert %s to json", belt_func_describe (call->arena, &args[0]));

  out = g_string_new (NULL);
  belt_json_write (out, &args[0]);
  if (out->len > BELT_FUNC_TEXT_MAX)
    return belt_call_fail (call, "the result is longer than %u bytes", BELT_FUNC_TEXT_MAX);
  return belt_func_new_text (call->arena, out->str, out->len);
}

/* Parses a copy of the text, as the scanner needs readable bytes behind it. */
static gboolean
parse_text (BeltCall        *call,
            const BeltValue *text,
            BeltValue       *ret_value,
            BeltJsonError   *error)
{
  char *padded = belt_arena_alloc (call->arena, text->len + BELT_JSON_PADDING);

  memcpy (padded, text->u.s, text->len);
  memset (padded + text->len, 0, BELT_JSON_PADDING);
  return belt_json_parse (padded, text->len, 0, call->arena, ret_value, error);
}

static BeltValue
call_parse_json (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  BeltJsonError error = { 0 };
  BeltValue value;

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (args[0].tag != BELT_TAG_STR && args[0].tag != BELT_TAG_BYTES)
    return belt_call_fail (call, "fail to convert %s to string", belt_func_describe (call->arena, &args[0]));
  if (!parse_text (call, &args[0], &value, &error))
    return belt_call_fail (call, "fail to parse json: %s at byte %" G_GSIZE_FORMAT, error.message, error.offset);
  return value;
}

typedef struct
{
  char         *text;
  gsize         len;
  BeltJsonPath *path;
} PathState;

static void
free_path_state (gpointer state)
{
  PathState *self = state;

  g_free (self->text);
  g_clear_pointer (&self->path, belt_json_path_free);
  g_free (self);
}

/* The call site's path, compiled again only when its text is another. */
static BeltJsonPath *
get_path (BeltCall         *call,
          const BeltValue  *text,
          BeltJsonPath    **ret_made,
          GError          **error)
{
  PathState *state = call->state != NULL ? *call->state : NULL;
  BeltJsonPath *path;

  if (state != NULL && state->len == text->len && memcmp (state->text, text->u.s, text->len) == 0)
    return state->path;
  if (!(path = belt_json_path_new (text->u.s, text->len, error)))
    return NULL;
  if (call->state == NULL)
    return *ret_made = path;

  g_clear_pointer (call->state, free_path_state);
  state = g_new0 (PathState, 1);
  state->text = g_strndup (text->u.s, text->len);
  state->len = text->len;
  state->path = path;
  *call->state = state;
  return path;
}

static BeltValue
query (BeltCall        *call,
       const BeltValue *args)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltJsonPath) made = NULL;
  BeltJsonPath *path;
  BeltJsonError json_error = { 0 };
  BeltValue root = belt_func_expand (call, &args[0]);
  BeltValue result;

  if (args[1].tag != BELT_TAG_STR)
    return belt_call_fail (call, "invalid jsonPath, must be a string but got %s",
                           belt_func_describe (call->arena, &args[1]));
  if (!(path = get_path (call, &args[1], &made, &error)))
    return belt_call_fail (call, "%s", error->message);
  if (belt_value_is_null (&root))
    return belt_call_fail (call, "invalid data nil for jsonpath");
  if (root.tag == BELT_TAG_STR && !parse_text (call, &args[0], &root, &json_error))
    return belt_call_fail (call, "data '%s' is not a valid json string", belt_func_describe (call->arena, &args[0]));
  if (args[0].tag != BELT_TAG_STR && root.tag != BELT_TAG_LIST && root.tag != BELT_TAG_MAP)
    return belt_call_fail (call, "invalid data %s for jsonpath", belt_func_describe (call->arena, &args[0]));

  result = belt_json_path_eval (path, call->arena, &root);
  return belt_value_is_error (&result) ? belt_call_fail (call, "%s", result.u.fault->message) : result;
}

static BeltValue
call_json_path_query (BeltCall        *call,
                      const BeltValue *args,
                      guint            n_args)
{
  return query (call, args);
}

static BeltValue
call_json_path_query_first (BeltCall        *call,
                            const BeltValue *args,
                            guint            n_args)
{
  BeltValue result = query (call, args);

  if (belt_value_is_error (&result))
    return result;
  result = belt_func_expand (call, &result);
  if (result.tag != BELT_TAG_LIST)
    return belt_call_fail (call, "query result (%s) is not an array", belt_func_describe (call->arena, &result));
  if (result.len == 0)
    return belt_call_fail (call, "query result is empty");
  return result.u.items[0];
}

static BeltValue
call_json_path_exists (BeltCall        *call,
                       const BeltValue *args,
                       guint            n_args)
{
  BeltValue result = query (call, args);

  if (belt_value_is_error (&result) || belt_value_is_null (&result))
    return belt_value_bool (FALSE);
  result = belt_func_expand (call, &result);
  return belt_value_bool (result.tag != BELT_TAG_LIST || result.len > 0);
}

#define PATH(NAME, CALL, SIGNATURE, DOC, EXAMPLE)                                                           \
  { .name = NAME, .args_min = 2, .args_max = 2, .flags = BELT_FUNCTION_STATEFUL, .group = "JSON",           \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .literal_kinds = "*S",            \
    .state_free = free_path_state }

const BeltFunction belt_func_json_table[] = {
  PATH ("json_path_exists", call_json_path_exists, "bool json_path_exists(any x, string path)",
        "Whether a JSONPath leads to something that is not null or empty.",
        "json_path_exists({\"a\": 1}, \"$.b\") = false"),
  PATH ("json_path_query", call_json_path_query, "any json_path_query(any x, string path)",
        "What a JSONPath leads to: one value, or an array if the path may match several.",
        "json_path_query({\"a\": [{\"n\": 1}, {\"n\": 5}]}, \"$.a[?(@.n > 2)].n\") = [5]"),
  PATH ("json_path_query_first", call_json_path_query_first, "any json_path_query_first(any x, string path)",
        "The first of the values a JSONPath matches.", "json_path_query_first({\"a\": [7, 8]}, \"$.a[*]\") = 7"),
  { .name = "parse_json", .args_min = 1, .args_max = 1, .group = "JSON", .signature = "any parse_json(string s)",
    .doc = "The value of a JSON text; numbers become floats.",
    .example = "parse_json(\"{\\\"a\\\": [1]}\") = {\"a\": [1.0]}", .call = call_parse_json, .literal_kinds = "s" },
  { .name = "to_json", .args_min = 1, .args_max = 1, .flags = BELT_FUNCTION_NULL_TO_NULL, .group = "JSON",
    .signature = "string to_json(any x)", .doc = "The value as JSON text.",
    .example = "to_json({\"b\": 1, \"a\": \"x\"}) = \"{\\\"a\\\":\\\"x\\\",\\\"b\\\":1}\"", .call = call_to_json },
  { NULL },
};
