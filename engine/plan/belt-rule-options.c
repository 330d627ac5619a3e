/* belt-rule-options.c - eKuiper's rule options, read and checked
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-rule-options.h"

#include "belt-error.h"
#include "belt-json-member.h"

#include <string.h>

void
belt_rule_options_init (BeltRuleOptions *self)
{
  *self = (BeltRuleOptions) {
    .late_tolerance_ms = 1000,
    .checkpoint_interval_ms = 300000,
    .concurrency = 1,
    .buffer_length = 1024,
    .alias_references = TRUE,
    .prune_columns = TRUE,
    .push_predicates = TRUE,
  };
}

static gboolean
get_unit_ms (const char *unit,
             gsize       len,
             double     *ret_ms)
{
  static const struct { const char *name; double ms; } units[] = {
    { "ns", 1e-6 }, { "us", 1e-3 }, { "µs", 1e-3 }, { "ms", 1 },
    { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (strlen (units[i].name) == len && memcmp (units[i].name, unit, len) == 0)
        {
          *ret_ms = units[i].ms;
          return TRUE;
        }
    }

  return FALSE;
}

gboolean
belt_parse_duration_ms (const char *text,
                        gint64     *ret_ms)
{
  const char *at = text;
  double total = 0;
  double sign = 1;

  if (*at == '-' || *at == '+')
    sign = *at++ == '-' ? -1 : 1;
  if (strcmp (at, "0") == 0)
    {
      *ret_ms = 0;
      return TRUE;
    }
  if (*at == '\0')
    return FALSE;

  while (*at != '\0')
    {
      char *end = NULL;
      double number;
      double unit_ms;
      gsize n_letters;

      if (!g_ascii_isdigit (*at) && *at != '.')
        return FALSE;
      number = g_ascii_strtod (at, &end);
      n_letters = strcspn (end, "0123456789.");
      if (end == at || !get_unit_ms (end, n_letters, &unit_ms))
        return FALSE;
      total += number * unit_ms;
      at = end + n_letters;
    }

  if (total > 9e15)
    return FALSE;
  *ret_ms = (gint64)(sign * total);
  return TRUE;
}

typedef struct
{
  JsonObject *object;
  GError     *error;
} Reader;

static JsonNode *
find_member (Reader     *reader,
             const char *name)
{
  if (reader->error != NULL || reader->object == NULL)
    return NULL;

  return json_object_get_member (reader->object, name);
}

static void
fail_type (Reader     *reader,
           const char *name,
           const char *expected)
{
  g_set_error (&reader->error, BELT_ERROR, BELT_ERROR_INVALID, "invalid option %s: expected %s", name,
               expected);
}

static void
read_boolean (Reader     *reader,
              const char *name,
              gboolean   *ret_value)
{
  JsonNode *node = find_member (reader, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return;
  if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    *ret_value = json_node_get_boolean (node);
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING &&
           (g_ascii_strcasecmp (json_node_get_string (node), "true") == 0 ||
            g_ascii_strcasecmp (json_node_get_string (node), "false") == 0))
    *ret_value = g_ascii_strcasecmp (json_node_get_string (node), "true") == 0;
  else
    fail_type (reader, name, "true or false");
}

static void
read_int (Reader     *reader,
          const char *name,
          gint       *ret_value)
{
  JsonNode *node = find_member (reader, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_STRING &&
      json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    *ret_value = (gint)CLAMP (json_node_get_int (node), G_MININT, G_MAXINT);
  else
    fail_type (reader, name, "a number");
}

static void
read_duration (Reader     *reader,
               const char *name,
               gint64     *ret_ms)
{
  JsonNode *node = find_member (reader, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      if (!belt_parse_duration_ms (json_node_get_string (node), ret_ms))
        fail_type (reader, name, "a duration such as \"1s\"");
    }
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    *ret_ms = json_node_get_int (node);
  else
    fail_type (reader, name, "a duration");
}

static JsonObject *
find_object (Reader     *reader,
             JsonObject *parent,
             const char *name)
{
  JsonNode *node = parent != NULL && reader->error == NULL ? json_object_get_member (parent, name) : NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      fail_type (reader, name, "an object");
      return NULL;
    }

  return json_node_get_object (node);
}

static void
read_disabled_rules (BeltRuleOptions *self,
                     JsonObject      *control)
{
  JsonNode *node = control != NULL ? json_object_get_member (control, "disableOptimizeRules") : NULL;
  JsonArray *names;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;

  names = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (names); i++)
    {
      JsonNode *name = json_array_get_element (names, i);

      if (!JSON_NODE_HOLDS_VALUE (name) || json_node_get_value_type (name) != G_TYPE_STRING)
        continue;
      if (strcmp (json_node_get_string (name), "columnPruner") == 0)
        self->prune_columns = FALSE;
      if (strcmp (json_node_get_string (name), "predicatePushDown") == 0)
        self->push_predicates = FALSE;
    }
}

static void
read_strategy (BeltRuleOptions *self,
               Reader          *reader)
{
  JsonObject *strategy = find_object (reader, reader->object, "planOptimizeStrategy");
  JsonObject *window;
  Reader inner = { .object = strategy };
  gboolean disabled = FALSE;

  if (strategy == NULL)
    return;

  read_boolean (&inner, "enableIncrementalWindow", &self->incremental_window);
  read_boolean (&inner, "enableAliasPushdown", &self->alias_pushdown);
  read_boolean (&inner, "disableAliasRefCal", &disabled);
  self->alias_references = !disabled;
  read_disabled_rules (self, find_object (reader, strategy, "optimizeControl"));

  window = find_object (reader, strategy, "windowOption");
  if (window != NULL)
    {
      inner.object = window;
      read_boolean (&inner, "enableSendSlidingWindowTwice", &self->send_sliding_twice);
      self->window_v2 = g_strcmp0 (belt_json_get_text (window, "windowVersion", ""),
                                   "v2") == 0;
    }

  if (inner.error != NULL && reader->error == NULL)
    reader->error = g_steal_pointer (&inner.error);
  g_clear_error (&inner.error);
}

gboolean
belt_rule_options_parse (BeltRuleOptions  *self,
                         JsonObject       *options,
                         GError          **error)
{
  Reader reader = { .object = options };

  belt_rule_options_init (self);
  read_boolean (&reader, "isEventTime", &self->is_event_time);
  read_duration (&reader, "lateTolerance", &self->late_tolerance_ms);
  read_boolean (&reader, "sendError", &self->send_error);
  read_boolean (&reader, "sendNilField", &self->send_nil_field);
  read_boolean (&reader, "sendMetaToSink", &self->send_meta);
  read_int (&reader, "qos", &self->qos);
  read_duration (&reader, "checkpointInterval", &self->checkpoint_interval_ms);
  read_int (&reader, "concurrency", &self->concurrency);
  read_int (&reader, "bufferLength", &self->buffer_length);
  read_boolean (&reader, "disableBufferFullDiscard", &self->disable_buffer_full_discard);
  read_strategy (self, &reader);

  if (reader.error == NULL && (self->concurrency < 0 || self->buffer_length < 0 ||
                               self->late_tolerance_ms < 0))
    g_set_error (&reader.error, BELT_ERROR, BELT_ERROR_INVALID, "invalid option %s: it must not be negative",
                 self->concurrency < 0     ? "concurrency"
                 : self->buffer_length < 0 ? "bufferLength"
                                           : "lateTolerance");

  if (reader.error == NULL)
    return TRUE;

  g_propagate_error (error, reader.error);
  return FALSE;
}
