/* belt-func-pattern.c - regular expressions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * RE2's syntax.  A pattern is compiled once a call site and kept as its state; a
 * pattern from a column is compiled again whenever it differs.
 */
#include "config.h"

#include "belt-func-private.h"
#include "belt-regex.h"

typedef struct
{
  char      *text;
  gsize      len;
  BeltRegex *regex;
} PatternState;

static void
free_pattern_state (gpointer state)
{
  PatternState *self = state;

  g_free (self->text);
  g_clear_pointer (&self->regex, belt_regex_unref);
  g_free (self);
}

/* A reference to the compiled pattern; NULL with the error of the call. */
static BeltRegex *
get_regex (BeltCall        *call,
           const BeltValue *pattern,
           BeltValue       *ret_error)
{
  PatternState *state = call->state != NULL ? *call->state : NULL;
  g_autoptr(GError) error = NULL;
  BeltRegex *regex;

  if (state != NULL && state->len == pattern->len && memcmp (state->text, pattern->u.s, pattern->len) == 0)
    return belt_regex_ref (state->regex);
  if (!(regex = belt_regex_new (pattern->u.s, pattern->len, &error)))
    {
      *ret_error = belt_call_fail (call, "%s", error->message);
      return NULL;
    }
  if (call->state == NULL)
    return regex;

  g_clear_pointer (call->state, free_pattern_state);
  state = g_new0 (PatternState, 1);
  state->text = g_memdup2 (pattern->u.s, MAX (pattern->len, 1u));
  state->len = pattern->len;
  state->regex = belt_regex_ref (regex);
  *call->state = state;
  return regex;
}

static BeltValue
fail_limit (BeltCall *call)
{
  return belt_call_fail (call, "the pattern needs too many steps on this text");
}

static BeltValue
call_regexp_matches (BeltCall        *call,
                     const BeltValue *args,
                     guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  BeltValue pattern = belt_value_to_text (call->arena, &args[1]);
  BeltValue error;
  g_autoptr(BeltRegex) regex = get_regex (call, &pattern, &error);
  int matched;

  if (regex == NULL)
    return error;
  matched = belt_regex_match (regex, text.u.s, text.len);
  return matched < 0 ? fail_limit (call) : belt_value_bool (matched == 1);
}

static BeltValue
call_regexp_substr (BeltCall        *call,
                    const BeltValue *args,
                    guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  BeltValue pattern = belt_value_to_text (call->arena, &args[1]);
  BeltValue error;
  g_autoptr(BeltRegex) regex = get_regex (call, &pattern, &error);
  gsize offsets[2];
  int found;

  if (regex == NULL)
    return error;
  found = belt_regex_find (regex, text.u.s, text.len, 0, offsets, 1);
  if (found < 0)
    return fail_limit (call);
  return found == 1 ? belt_value_str (text.u.s + offsets[0], offsets[1] - offsets[0]) : belt_value_str ("", 0);
}

static BeltValue
call_regexp_replace (BeltCall        *call,
                     const BeltValue *args,
                     guint            n_args)
{
  BeltValue text = belt_value_to_text (call->arena, &args[0]);
  BeltValue pattern = belt_value_to_text (call->arena, &args[1]);
  BeltValue replacement = belt_value_to_text (call->arena, &args[2]);
  BeltValue error;
  g_autoptr(BeltRegex) regex = get_regex (call, &pattern, &error);
  g_autoptr(GString) out = NULL;

  if (regex == NULL)
    return error;
  out = g_string_new (NULL);
  if (!belt_regex_replace (regex, text.u.s, text.len, replacement.u.s, replacement.len, out))
    return fail_limit (call);
  if (out->len > BELT_FUNC_TEXT_MAX)
    return belt_call_fail (call, "the result is longer than %u bytes", BELT_FUNC_TEXT_MAX);
  return belt_func_new_text (call->arena, out->str, out->len);
}

#define PATTERN(NAME, N_ARGS, FLAGS, CALL, SIGNATURE, DOC, EXAMPLE)                                         \
  { .name = NAME, .args_min = N_ARGS, .args_max = N_ARGS, .flags = BELT_FUNCTION_STATEFUL | FLAGS,          \
    .group = "text", .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL,                  \
    .literal_kinds = "s", .state_free = free_pattern_state }

const BeltFunction belt_func_pattern_table[] = {
  PATTERN ("regexp_matches", 2, BELT_FUNCTION_NULL_TO_FALSE, call_regexp_matches,
           "bool regexp_matches(string s, string pattern)",
           "Whether the pattern matches somewhere in the text.", "regexp_matches(\"belt\", \"^b.*t$\") = true"),
  PATTERN ("regexp_replace", 3, BELT_FUNCTION_NULL_TO_NULL, call_regexp_replace,
           "string regexp_replace(string s, string pattern, string replacement)",
           "All matches replaced; $1 stands for the first group.",
           "regexp_replace(\"hello\", \"(l+)\", \"<$1>\") = \"he<ll>o\""),
  PATTERN ("regexp_substr", 2, BELT_FUNCTION_NULL_TO_NULL, call_regexp_substr,
           "string regexp_substr(string s, string pattern)",
           "The first match, empty if there is none.", "regexp_substr(\"hello\", \"l+\") = \"ll\""),
  { NULL },
};
