/* belt-func-misc.c - nulls, identities, the rule and what surrounds a row
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Functions with the CONTEXT flag have no `call`: the interpreter answers them
 * by name, since only it knows the row's window, time and metadata.
 */
#include "config.h"

#include "belt-func-private.h"

static BeltValue
call_bypass (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  return args[0];
}

static BeltValue
call_isnull (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  return belt_value_bool (belt_value_is_null (&args[0]));
}

static BeltValue
call_coalesce (BeltCall        *call,
               const BeltValue *args,
               guint            n_args)
{
  for (guint i = 0; i < n_args; i++)
    {
      if (!belt_value_is_null (&args[i]))
        return args[i];
    }
  return belt_value_null ();
}

static BeltValue
call_cardinality (BeltCall        *call,
                  const BeltValue *args,
                  guint            n_args)
{
  BeltValue value = belt_func_expand (call, &args[0]);

  return belt_func_int (value.tag == BELT_TAG_LIST || value.tag == BELT_TAG_BYTES ? value.len : 0);
}

/* Version 1: time and a random node, both from the environment, so that a replayed run gives the same ones. */
static BeltValue
call_newuuid (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  const guint64 epoch_1582 = G_GUINT64_CONSTANT (0x01b21dd213814000);
  guint64 ticks = (guint64)call->environment->now_ns (call->environment->clock) / 100 + epoch_1582;
  guint64 node = (belt_func_draw_random (call) & G_GUINT64_CONSTANT (0xffffffffffff)) |
                 G_GUINT64_CONSTANT (0x010000000000);
  guint sequence = (guint)(belt_func_draw_random (call) & 0x3fff) | 0x8000;

  return belt_func_take_text (belt_arena_printf (call->arena, "%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x",
                                                 (guint)(ticks & 0xffffffff), (guint)(ticks >> 32 & 0xffff),
                                                 (guint)(ticks >> 48 & 0x0fff) | 0x1000, sequence, node));
}

static BeltValue
call_tstamp (BeltCall        *call,
             const BeltValue *args,
             guint            n_args)
{
  return belt_value_i64 (call->environment->now_ns (call->environment->clock) / 1000000);
}

static BeltValue
call_rule_id (BeltCall        *call,
              const BeltValue *args,
              guint            n_args)
{
  const char *rule_id = call->environment->rule_id;

  return belt_func_take_text (rule_id != NULL ? rule_id : "");
}

static BeltValue
call_rule_start (BeltCall        *call,
                 const BeltValue *args,
                 guint            n_args)
{
  return belt_value_i64 (call->environment->rule_start_ms);
}

static BeltValue
call_props (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  BeltEnvironment *environment = call->environment;
  const BeltValue *value = NULL;

  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "invalid input %s: must be property name of string type",
                           belt_func_describe (call->arena, &args[0]));
  if (environment->property != NULL)
    value = environment->property (environment->property_owner, args[0].u.s, args[0].len);
  if (value == NULL)
    return belt_call_fail (call, "no property is named %s", belt_func_describe (call->arena, &args[0]));
  return *value;
}

static BeltValue
call_delay (BeltCall        *call,
            const BeltValue *args,
            guint            n_args)
{
  if (!belt_value_is_number (&args[0]))
    return belt_func_fail_convert (call, &args[0], "int");
  return args[1];
}

static BeltValue
call_get_keyed_state (BeltCall        *call,
                      const BeltValue *args,
                      guint            n_args)
{
  if (args[0].tag != BELT_TAG_STR)
    return belt_call_fail (call, "key %s is not a string", belt_func_describe (call->arena, &args[0]));
  return args[2];
}

static char *
check_get_keyed_state (const BeltFunction *self,
                       const BeltLiteral  *args,
                       guint               n_args)
{
  static const char *const types[] = { "bigint", "float", "string", "boolean", "datetime" };

  if (!args[1].is_literal || args[1].value.tag != BELT_TAG_STR)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (args[1].value.len == strlen (types[i]) && memcmp (args[1].value.u.s, types[i], args[1].value.len) == 0)
        return NULL;
    }
  return g_strdup ("expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime");
}

static char *
check_meta (const BeltFunction *self,
            const BeltLiteral  *args,
            guint               n_args)
{
  return args[0].is_literal ? g_strdup ("Expect meta reference type for parameter 1") : NULL;
}

static char *
check_mqtt (const BeltFunction *self,
            const BeltLiteral  *args,
            guint               n_args)
{
  char *refusal = check_meta (self, args, n_args);

  if (refusal != NULL || args[0].name == NULL)
    return refusal;
  if (g_ascii_strcasecmp (args[0].name, "topic") != 0 && g_ascii_strcasecmp (args[0].name, "messageid") != 0)
    return g_strdup ("Parameter of mqtt function can be only topic or messageid.");
  return NULL;
}

#define MISC(NAME, MIN, MAX, FLAGS, KINDS, CHECK, CALL, SIGNATURE, DOC, EXAMPLE)                            \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = FLAGS, .group = "other",                       \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .call = CALL, .check = CHECK,                   \
    .literal_kinds = KINDS }
#define CONTEXT BELT_FUNCTION_CONTEXT
#define NULLS BELT_FUNCTION_NULL_TO_NULL

const BeltFunction belt_func_misc_table[] = {
  MISC ("bypass", 1, -1, 0, NULL, NULL, call_bypass, "any bypass(any x)",
        "x itself.", "bypass(1) = 1"),
  MISC ("cardinality", 1, 1, BELT_FUNCTION_NULL_TO_ZERO, NULL, NULL, call_cardinality, "int cardinality(array a)",
        "Number of elements; of anything but an array 0.", "cardinality([1, null]) = 2"),
  MISC ("coalesce", 1, -1, 0, NULL, NULL, call_coalesce, "any coalesce(any x, …)",
        "The first argument that is not null.", "coalesce(null, 2, 3) = 2"),
  MISC ("delay", 2, 2, NULLS, "n*", NULL, call_delay, "any delay(int ms, any x)",
        "x itself, at once: the engine does not hold up rows.", "delay(10, 1) = 1"),
  MISC ("event_time", 0, 0, CONTEXT, NULL, NULL, NULL, "int event_time()",
        "Time of the row in ms since 1970; with aggregates that of the window's trigger.",
        "event_time() = 1709212455678"),
  MISC ("get_keyed_state", 3, 3, 0, "*s*", check_get_keyed_state, call_get_keyed_state,
        "any get_keyed_state(string key, string type, any default)",
        "The default: no external state store is connected to this engine.",
        "get_keyed_state(\"a\", \"bigint\", 7) = 7"),
  MISC ("isnull", 1, 1, 0, NULL, NULL, call_isnull, "bool isnull(any x)",
        "Whether x is null or missing; empty arrays and objects are not.", "isnull(null) = true"),
  MISC ("meta", 1, 1, CONTEXT, NULL, check_meta, NULL, "any meta(key) or meta(stream.key) or meta(*)",
        "What the source says about the message: topic, qos, …; null if it does not.", "meta(topic) = \"demo\""),
  MISC ("mqtt", 1, 1, CONTEXT, NULL, check_mqtt, NULL, "any mqtt(topic) or mqtt(messageid)",
        "Topic or number of an MQTT message, as meta.", "mqtt(topic) = \"demo\""),
  MISC ("newuuid", 0, 0, BELT_FUNCTION_NONDETERMINISTIC, NULL, NULL, call_newuuid, "string newuuid()",
        "A new UUID of version 1.", "length(newuuid()) = 36"),
  MISC ("props", 1, 1, NULLS, "s", NULL, call_props, "any props(string name)",
        "A property of the engine.", "props(\"site\") = \"plant\""),
  MISC ("row_number", 0, 0, CONTEXT, NULL, NULL, NULL, "int row_number()",
        "Position of the row in its window, from 1.", "row_number() = 1"),
  MISC ("rule_id", 0, 0, 0, NULL, NULL, call_rule_id, "string rule_id()",
        "Name of the rule.", "rule_id() = \"rule1\""),
  MISC ("rule_start", 0, 0, 0, NULL, NULL, call_rule_start, "int rule_start()",
        "When the rule started, in ms since 1970.", "rule_start() = 1000"),
  MISC ("tstamp", 0, 0, BELT_FUNCTION_NONDETERMINISTIC, NULL, NULL, call_tstamp, "int tstamp()",
        "Now, in ms since 1970.", "tstamp() = 1709212455678"),
  MISC ("window_end", 0, 0, CONTEXT, NULL, NULL, NULL, "int window_end()",
        "End of the window in ms since 1970; null without one.", "window_end() = 1709212460000"),
  MISC ("window_start", 0, 0, CONTEXT, NULL, NULL, NULL, "int window_start()",
        "Start of the window in ms since 1970; null without one.", "window_start() = 1709212450000"),
  MISC ("window_trigger", 0, 0, CONTEXT, NULL, NULL, NULL, "int window_trigger()",
        "When the window was emitted, in ms since 1970.", "window_trigger() = 1709212460000"),
  { NULL },
};
