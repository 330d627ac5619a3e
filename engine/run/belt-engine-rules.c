/* belt-engine-rules.c - rules: created, changed, asked about
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A rule is checked in full, sources and sinks included, before anything about it
 * changes: what is refused leaves the old one running and the store as it was.
 */
#include "config.h"

#include "belt-engine-private.h"

#include "belt-error.h"
#include "belt-graph.h"
#include "belt-json-member.h"
#include "belt-parser.h"
#include "belt-properties.h"

#include <string.h>

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

void
belt_rule_free (BeltRule *rule)
{
  g_assert (rule->run == NULL);

  belt_timer_clear (&rule->restart_timer);
  belt_timer_clear (&rule->end_timer);
  g_clear_pointer (&rule->metrics, belt_metrics_unref);
  g_clear_pointer (&rule->plan, belt_plan_unref);
  g_clear_pointer (&rule->classes, g_ptr_array_unref);
  json_object_unref (rule->definition);
  g_free (rule->message);
  g_free (rule->id);
  g_free (rule);
}

BeltRule *
belt_engine_lookup_rule (BeltEngine *self,
                         const char *id)
{
  for (guint i = 0; i < self->rules->len; i++)
    {
      BeltRule *rule = g_ptr_array_index (self->rules, i);

      if (strcmp (rule->id, id) == 0)
        return rule;
    }

  return NULL;
}

BeltRule *
belt_engine_need_rule (BeltEngine *self,
                       const char *id,
                       GError    **error)
{
  BeltRule *rule = belt_engine_lookup_rule (self, id);

  if (rule == NULL)
    g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "Rule %s is not found", id);
  return rule;
}

static char *
write_object (JsonObject *object)
{
  g_autoptr(JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return json_to_string (node, FALSE);
}

static BeltRule *
new_rule (const char *id,
          JsonObject *definition)
{
  BeltRule *rule = g_new0 (BeltRule, 1);

  rule->id = g_strdup (id);
  rule->definition = belt_properties_copy (definition);
  rule->message = g_strdup ("");
  return rule;
}

static gboolean
is_triggered (JsonObject *definition)
{
  JsonNode *node = json_object_get_member (definition, "triggered");

  return node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN ||
         json_node_get_boolean (node);
}

static gboolean
is_temporary (JsonObject *definition)
{
  JsonNode *node = json_object_get_member (definition, "temp");

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN &&
         json_node_get_boolean (node);
}

static gboolean
save_rule (BeltEngine *self,
           const char *id,
           JsonObject *definition,
           GError    **error)
{
  g_autofree char *text = write_object (definition);

  return is_temporary (definition) || belt_store_put (self->store, BELT_STORE_RULES, id, text, error);
}

void
belt_engine_set_triggered (BeltEngine *self,
                           BeltRule   *rule,
                           gboolean    triggered)
{
  g_autoptr(GError) error = NULL;

  if (is_triggered (rule->definition) == triggered)
    return;

  json_object_set_boolean_member (rule->definition, "triggered", triggered);
  if (!save_rule (self, rule->id, rule->definition, &error))
    g_warning ("rule %s: %s", rule->id, error->message);
}

void
belt_engine_load_rules (BeltEngine *self)
{
  g_autoptr(GPtrArray) entries = belt_store_list (self->store, BELT_STORE_RULES);

  for (guint i = 0; i < entries->len; i++)
    {
      const BeltStoreEntry *entry = g_ptr_array_index (entries, i);
      g_autoptr(JsonNode) node = json_from_string (entry->text, NULL);

      if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
        g_ptr_array_add (self->rules, new_rule (entry->key, json_node_get_object (node)));
      else
        g_warning ("rule “%s” of the store is left out: it is no JSON object", entry->key);
    }
}

/* Starts what was running when the last engine ended; what cannot start says why in its status. */
void
belt_engine_resume (BeltEngine *self)
{
  g_return_if_fail (BELT_IS_ENGINE (self));

  if (self->is_resumed)
    return;

  self->is_resumed = TRUE;
  for (guint i = 0; i < self->rules->len; i++)
    {
      BeltRule *rule = g_ptr_array_index (self->rules, i);
      g_autoptr(GError) error = NULL;

      if (rule->state == BELT_RULE_STOPPED && rule->run == NULL && is_triggered (rule->definition) &&
          !belt_engine_start (self, rule, &error))
        g_warning ("rule %s: %s", rule->id, error->message);
    }
}

static gboolean
check_id (const char *id,
          GError    **error)
{
  if (id == NULL || *id == '\0')
    return belt_refuse (error, BELT_ERROR_INVALID, "Missing rule id.");
  if (g_ascii_isspace (id[0]) || g_ascii_isspace (id[strlen (id) - 1]))
    return belt_refuse (error, BELT_ERROR_INVALID, "id '%s' contains leading or trailing whitespace", id);
  if (strspn (id, ID_CHARACTERS) != strlen (id))
    return belt_refuse (error, BELT_ERROR_INVALID, "id '%s' contains invalid characters: only alphanumeric, "
                        "hyphens and underscores are allowed", id);

  return TRUE;
}

static gboolean
check_options (const char *id,
               JsonObject *definition,
               GError    **error)
{
  static const struct { const char *key, *code; } not_negative[] = {
    { "concurrency", "invalidConcurrency" },
    { "bufferLength", "invalidBufferLength" },
    { "lateTolerance", "invalidLateTol" },
  };
  JsonNode *node = json_object_get_member (definition, "options");
  JsonObject *options = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  BeltRuleOptions parsed;
  g_autoptr(GError) option_error = NULL;

  for (guint i = 0; options != NULL && i < G_N_ELEMENTS (not_negative); i++)
    {
      JsonNode *value = json_object_get_member (options, not_negative[i].key);

      if (value != NULL && JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_INT64 &&
          json_node_get_int (value) < 0)
        return belt_refuse (error, BELT_ERROR_INVALID, "Rule %s has invalid options: %s:%s must be greater than 0.",
                            id, not_negative[i].code, not_negative[i].key);
    }

  belt_rule_options_init (&parsed);
  if (options != NULL && !belt_rule_options_parse (&parsed, options, &option_error))
    return belt_refuse (error, BELT_ERROR_INVALID, "Rule %s has invalid options: %s.", id, option_error->message);

  return TRUE;
}

/* Everything about a rule that can be wrong without looking at streams and sinks. */
static gboolean
check_definition (BeltEngine *self,
                  const char *id,
                  JsonObject *definition,
                  GError    **error)
{
  guint flags = (self->flags & BELT_ENGINE_EXTENSIONS) != 0 ? BELT_PARSER_EXTENSIONS : 0;
  const char *sql = belt_json_get_text (definition, "sql", NULL);
  JsonNode *graph = json_object_get_member (definition, "graph");
  JsonNode *actions = json_object_get_member (definition, "actions");
  gboolean has_graph = graph != NULL && JSON_NODE_HOLDS_OBJECT (graph);
  g_autoptr(BeltParseResult) result = NULL;

  if (!check_id (id, error))
    return FALSE;
  if ((sql == NULL || *sql == '\0') && !has_graph)
    return belt_refuse (error, BELT_ERROR_INVALID, "Rule %s has neither sql nor graph.", id);
  if (sql != NULL && *sql != '\0' && has_graph)
    return belt_refuse (error, BELT_ERROR_INVALID, "Rule %s has both sql and graph.", id);
  if (has_graph)
    {
      g_autoptr(BeltGraphRule) rule = belt_graph_translate (json_node_get_object (graph), error);

      return rule != NULL && check_options (id, definition, error);
    }

  result = belt_parse (sql, strlen (sql), flags, NULL);
  if (result->ast->kind != BELT_AST_SELECT)
    return belt_refuse (error, BELT_ERROR_PARSE, "SQL %s is not a select statement.", sql);
  if (actions == NULL || !JSON_NODE_HOLDS_ARRAY (actions) ||
      json_array_get_length (json_node_get_array (actions)) == 0)
    {
      g_autoptr(BeltPlanResult) plan = belt_engine_plan (self, definition);

      if (!plan->parsed)
        return belt_refuse (error, BELT_ERROR_PARSE, "Parse SQL %s error: %s.", sql, plan->error);
      return belt_refuse (error, BELT_ERROR_INVALID, "Missing rule actions.");
    }

  return check_options (id, definition, error);
}

gboolean
belt_engine_create_rule (BeltEngine *self,
                         const char *id,
                         JsonObject *rule,
                         GError    **error)
{
  BeltRule *made;
  BeltRun *run;
  BeltPlan *plan = NULL;
  BeltMetrics *metrics = NULL;

  g_return_val_if_fail (BELT_IS_ENGINE (self) && rule != NULL, FALSE);

  if (id == NULL)
    id = belt_json_get_text (rule, "id", NULL);
  if (!check_definition (self, id, rule, error))
    return FALSE;
  if (belt_engine_lookup_rule (self, id) != NULL)
    return belt_refuse (error, BELT_ERROR_EXISTS, "rule %s already exists", id);

  made = new_rule (id, rule);
  run = belt_engine_make_run (self, made, made->definition, &plan, &metrics, error);
  if (run == NULL || !save_rule (self, id, rule, error))
    {
      g_clear_pointer (&run, belt_run_free);
      g_clear_pointer (&plan, belt_plan_unref);
      g_clear_pointer (&metrics, belt_metrics_unref);
      belt_rule_free (made);
      return FALSE;
    }

  g_ptr_array_add (self->rules, made);
  if (is_triggered (rule))
    {
      belt_engine_launch (self, made, run, plan, metrics);
      return TRUE;
    }

  belt_run_free (run);
  belt_plan_unref (plan);
  belt_metrics_unref (metrics);
  belt_engine_announce (self, made);
  return TRUE;
}

static gboolean
check_version (BeltRule   *rule,
               JsonObject *definition,
               GError    **error)
{
  const char *version = belt_json_get_text (definition, "version", NULL);
  const char *old = belt_json_get_text (rule->definition, "version", NULL);

  version = version != NULL ? version : "";
  old = old != NULL ? old : "";
  if ((*version == '\0' && *old == '\0') || strcmp (version, old) > 0)
    return TRUE;

  return belt_refuse (error, BELT_ERROR_EXISTS,
                      "rule %s already exists with version (%s), new version (%s) is lower", rule->id, old, version);
}

gboolean
belt_engine_update_rule (BeltEngine *self,
                         const char *id,
                         JsonObject *definition,
                         GError    **error)
{
  BeltRule *rule;
  BeltRun *run;
  BeltPlan *plan = NULL;
  BeltMetrics *metrics = NULL;

  g_return_val_if_fail (BELT_IS_ENGINE (self) && id != NULL && definition != NULL, FALSE);

  if (!(rule = belt_engine_need_rule (self, id, error)) ||
      !check_definition (self, id, definition, error) ||
      !check_version (rule, definition, error))
    return FALSE;

  run = belt_engine_make_run (self, rule, definition, &plan, &metrics, error);
  if (run == NULL)
    return FALSE;
  if (!save_rule (self, id, definition, error))
    {
      belt_run_free (run);
      belt_plan_unref (plan);
      belt_metrics_unref (metrics);
      return FALSE;
    }

  if (rule->run != NULL)
    belt_engine_stop (self, rule, BELT_RULE_STOPPED, "stopped by update");
  json_object_unref (rule->definition);
  rule->definition = belt_properties_copy (definition);
  if (is_triggered (definition))
    {
      belt_engine_launch (self, rule, run, plan, metrics);
      return TRUE;
    }

  belt_run_free (run);
  belt_plan_unref (plan);
  belt_metrics_unref (metrics);
  belt_engine_announce (self, rule);
  return TRUE;
}

/* As eKuiper names them: "source_" and the node. */
static GPtrArray *
list_graph_sources (JsonObject *graph)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func (g_free);
  JsonArray *names = json_object_get_array_member (json_object_get_object_member (graph, "topo"), "sources");

  for (guint i = 0; i < json_array_get_length (names); i++)
    g_ptr_array_add (sources, g_strconcat ("source_", json_array_get_string_element (names, i), NULL));

  return sources;
}

gboolean
belt_engine_validate_rule (BeltEngine *self,
                           JsonObject *definition,
                           GPtrArray **ret_sources,
                           GError    **error)
{
  g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(BeltPlanResult) plan = NULL;
  g_autoptr(BeltParseResult) result = NULL;
  const char *sql;

  if (!check_definition (self, belt_json_get_text (definition, "id", NULL), definition, error))
    return FALSE;
  if (json_object_has_member (definition, "graph"))
    {
      if (ret_sources != NULL)
        *ret_sources = list_graph_sources (json_object_get_object_member (definition, "graph"));
      return TRUE;
    }

  sql = belt_json_get_text (definition, "sql", NULL);
  plan = belt_engine_plan (self, definition);
  if (!plan->parsed)
    return belt_refuse (error, BELT_ERROR_PARSE, "Parse SQL %s error: %s.", sql, plan->error);

  /* eKuiper looks no further than whether the streams are there. */
  result = belt_parse (sql, strlen (sql), BELT_PARSER_EXTENSIONS, NULL);
  for (guint i = 0; i < result->ast->select->n_tables; i++)
    {
      const char *name = result->ast->select->tables[i].name;

      if (belt_catalog_lookup (self->catalog, name) == NULL)
        return belt_refuse (error, BELT_ERROR_PLAN, "%s is not found", name);
      g_ptr_array_add (sources, g_strdup (name));
    }

  if (ret_sources != NULL)
    *ret_sources = g_steal_pointer (&sources);
  return TRUE;
}

gboolean
belt_engine_delete_rule (BeltEngine *self,
                         const char *id,
                         GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);
  g_autofree char *name = g_strdup (id);

  if (rule == NULL || !belt_store_delete (self->store, BELT_STORE_RULES, id, error))
    return FALSE;

  belt_engine_stop (self, rule, BELT_RULE_STOPPED, "deleted");
  g_ptr_array_remove (self->rules, rule);
  g_signal_emit_by_name (self, "rule-changed", name);
  return TRUE;
}

gboolean
belt_engine_start_rule (BeltEngine *self,
                        const char *id,
                        GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);

  if (rule == NULL)
    return FALSE;

  belt_engine_set_triggered (self, rule, TRUE);
  return rule->run != NULL || belt_engine_start (self, rule, error);
}

gboolean
belt_engine_stop_rule (BeltEngine *self,
                       const char *id,
                       GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);

  if (rule == NULL)
    return FALSE;

  belt_engine_set_triggered (self, rule, FALSE);
  if (rule->run != NULL || rule->state != BELT_RULE_STOPPED)
    belt_engine_stop (self, rule, BELT_RULE_STOPPED, "canceled manually");
  return TRUE;
}

gboolean
belt_engine_restart_rule (BeltEngine *self,
                          const char *id,
                          GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);

  if (rule == NULL)
    return FALSE;

  if (rule->run != NULL)
    belt_engine_stop (self, rule, BELT_RULE_STOPPED, "canceled manually");
  return belt_engine_start_rule (self, id, error);
}

JsonObject *
belt_engine_get_rule (BeltEngine *self,
                      const char *id,
                      GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);

  return rule != NULL ? belt_properties_copy (rule->definition) : NULL;
}

GPtrArray *
belt_engine_list_rules (BeltEngine *self)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (guint i = 0; i < self->rules->len; i++)
    g_ptr_array_add (ids, ((BeltRule *)g_ptr_array_index (self->rules, i))->id);
  return ids;
}

static const char *
get_state_name (BeltRuleState state)
{
  static const char *const names[] = { "stopped", "running", "stopped by error" };

  return names[state];
}

const char *
belt_engine_get_rule_state (BeltEngine *self,
                            const char *id)
{
  BeltRule *rule = belt_engine_lookup_rule (self, id);

  return rule != NULL ? get_state_name (rule->state) : "";
}

const char *
belt_engine_get_rule_message (BeltEngine *self,
                              const char *id)
{
  BeltRule *rule = belt_engine_lookup_rule (self, id);

  return rule != NULL ? rule->message : "";
}

JsonObject *
belt_engine_get_rule_status (BeltEngine *self,
                             const char *id,
                             GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);
  JsonObject *status;

  if (rule == NULL)
    return NULL;

  status = json_object_new ();
  json_object_set_string_member (status, "status", get_state_name (rule->state));
  json_object_set_string_member (status, "message", rule->message);
  json_object_set_int_member (status, "lastStartTimestamp", rule->started_ms);
  json_object_set_int_member (status, "lastStopTimestamp", rule->stopped_ms);
  json_object_set_int_member (status, "nextStartTimestamp", 0);
  if (rule->metrics != NULL)
    belt_metrics_write (rule->metrics, status);
  return status;
}

JsonObject *
belt_engine_get_rule_totals (BeltEngine *self,
                             const char *id,
                             GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);
  BeltMetricsTotals totals = { 0 };
  JsonObject *object;
  JsonObject *dropped;

  if (rule == NULL)
    return NULL;

  if (rule->metrics != NULL)
    belt_metrics_get_totals (rule->metrics, &totals);
  object = json_object_new ();
  dropped = json_object_new ();
  json_object_set_int_member (object, "in", (gint64)totals.n_rows_in);
  json_object_set_int_member (object, "out", (gint64)totals.n_rows_out);
  json_object_set_int_member (object, "exceptions", (gint64)totals.n_exceptions);
  json_object_set_string_member (object, "lastException", totals.last_exception != NULL ? totals.last_exception : "");
  for (guint reason = 1; reason < BELT_DROP_N_REASONS; reason++)
    {
      if (totals.n_dropped[reason] > 0)
        json_object_set_int_member (dropped, belt_drop_reason_get_name (reason), (gint64)totals.n_dropped[reason]);
    }
  json_object_set_object_member (object, "dropped", dropped);
  g_free (totals.last_exception);
  return object;
}

JsonNode *
belt_engine_get_rule_topo (BeltEngine *self,
                           const char *id,
                           GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);

  if (rule == NULL)
    return NULL;
  if (rule->plan != NULL)
    return belt_plan_get_topo (rule->plan);

  belt_refuse (error, BELT_ERROR_FAILED, "Fail to get rule %s's topo, make sure the rule has been started before", id);
  return NULL;
}

char *
belt_engine_explain_rule (BeltEngine *self,
                          const char *id,
                          GError    **error)
{
  BeltRule *rule = belt_engine_need_rule (self, id, error);
  g_autoptr(BeltPlanResult) result = NULL;

  if (rule == NULL)
    return NULL;
  if (json_object_has_member (rule->definition, "graph"))
    {
      belt_refuse (error, BELT_ERROR_UNSUPPORTED, "only support explain sql now");
      return NULL;
    }

  result = belt_engine_plan (self, rule->definition);
  if (result->explain != NULL)
    return g_strdup (result->explain);

  belt_refuse (error, BELT_ERROR_PLAN, "%s", result->error);
  return NULL;
}
