/* belt-engine-run.c - how rules start, stop, end, and are swapped
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A rule's run is on its way out as soon as it was told to stop; its rule may
 * start a new one at once, on the same worker, which carries out commands in
 * order.  Events of a run that is not the newest are ignored.
 */
#include "config.h"

#include "belt-engine-private.h"

#include "belt-error.h"
#include "belt-graph.h"
#include "belt-json-member.h"
#include "belt-properties.h"

#include <string.h>

/* eKuiper's patrol looks every ten seconds which rules to start again. */
#define RESTART_AFTER_MS 10000u

static const struct { BeltRuleState from, to; } edges[] = {
  { BELT_RULE_STOPPED, BELT_RULE_RUNNING },
  { BELT_RULE_STOPPED, BELT_RULE_FAILED  },  /* does not plan any longer */
  { BELT_RULE_RUNNING, BELT_RULE_STOPPED },
  { BELT_RULE_RUNNING, BELT_RULE_FAILED  },
  { BELT_RULE_FAILED, BELT_RULE_RUNNING },
  { BELT_RULE_FAILED, BELT_RULE_STOPPED },
};

static void
set_state (BeltEngine   *self,
           BeltRule     *rule,
           BeltRuleState state,
           const char   *message)
{
  gboolean allowed = rule->state == state;

  for (guint i = 0; i < G_N_ELEMENTS (edges); i++)
    allowed |= edges[i].from == rule->state && edges[i].to == state;
  g_assert (allowed);

  rule->state = state;
  if (message != rule->message)
    {
      g_free (rule->message);
      rule->message = g_strdup (message);
    }
  belt_engine_announce (self, rule);
}

static JsonArray *
get_actions (JsonObject *definition)
{
  JsonNode *node = json_object_get_member (definition, "actions");

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

BeltPlanResult *
belt_engine_plan (BeltEngine *self,
                  JsonObject *definition)
{
  g_autoptr(JsonObject) copy = belt_properties_copy (definition);
  JsonNode *options = json_object_get_member (copy, "options");
  JsonNode *graph = json_object_get_member (copy, "graph");
  g_autoptr(BeltGraphRule) drawn = NULL;
  g_autoptr(BeltCatalog) extended = NULL;
  BeltPlanRequest request = {
    .catalog = self->catalog,
    .functions = self->functions,
    .sql = belt_json_get_text (copy, "sql", ""),
    .len = -1,
    .options = options != NULL && JSON_NODE_HOLDS_OBJECT (options) ? json_node_get_object (options) : NULL,
    .actions = get_actions (copy),
    .extensions = (self->flags & BELT_ENGINE_EXTENSIONS) != 0,
  };

  if (graph != NULL && JSON_NODE_HOLDS_OBJECT (graph) &&
      (drawn = belt_graph_translate (json_node_get_object (graph), NULL)) != NULL)
    {
      extended = belt_graph_rule_extend (drawn, self->catalog);
      request.catalog = extended;
      request.sql = drawn->sql;
      request.actions = drawn->actions;
    }
  return belt_plan_new (&request);
}

static gboolean
check_actions (JsonObject *definition,
               GError    **error)
{
  JsonArray *actions = get_actions (definition);

  for (guint i = 0; actions != NULL && i < json_array_get_length (actions); i++)
    {
      JsonNode *action = json_array_get_element (actions, i);
      JsonObjectIter iter;
      const char *type;
      JsonNode *properties;

      if (!JSON_NODE_HOLDS_OBJECT (action))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "action %u is not an object of sinks", i);
          return FALSE;
        }
      json_object_iter_init (&iter, json_node_get_object (action));
      while (json_object_iter_next (&iter, &type, &properties))
        {
          g_autofree char *found = NULL;

          if (JSON_NODE_HOLDS_OBJECT (properties))
            continue;
          found = json_to_string (properties, FALSE);
          g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                       "expect map[string]interface{} type for the action properties, but found %s", found);
          return FALSE;
        }
    }

  return TRUE;
}

/* Rules of one shared stream share a worker, so that it is read and decoded once.  Others stay
 * where they were, so that the old run is gone before the new one begins. */
static BeltWorker *
choose_worker (BeltEngine *self,
               BeltRule   *rule,
               BeltPlan   *plan)
{
  for (guint i = 0; i < plan->n_streams; i++)
    {
      if (plan->streams[i].stream->shared)
        return self->workers[g_str_hash (plan->streams[i].stream->name) % self->n_workers];
    }

  return rule->worker != NULL ? rule->worker : self->workers[self->next_worker++ % self->n_workers];
}

static JsonObject *
get_properties (gpointer     owner,
                BeltStream  *stream,
                const char **ret_type,
                const char **ret_datasource)
{
  return belt_engine_dup_source_properties (owner, stream, ret_type, ret_datasource);
}

static void
set_plan_error (const BeltPlanResult *result,
                const char           *sql,
                GError              **error)
{
  if (!result->parsed)
    g_set_error (error, BELT_ERROR, BELT_ERROR_PARSE, "Parse SQL %s error: %s.", sql, result->error);
  else
    g_set_error_literal (error, BELT_ERROR, BELT_ERROR_PLAN, result->error);
}

static BeltRun *
make_run_on (BeltEngine   *self,
             BeltRule     *rule,
             JsonObject   *definition,
             BeltWorker   *worker,
             BeltPlan    **ret_plan,
             BeltMetrics **ret_metrics,
             GError      **error)
{
  g_autoptr(BeltPlanResult) result = belt_engine_plan (self, definition);
  BeltRunSpec spec = { 0 };
  BeltRun *run;

  if (result->plan == NULL)
    {
      /* An action that is none is refused as such. */
      if (result->parsed && !check_actions (definition, error))
        return NULL;
      set_plan_error (result, belt_json_get_text (definition, "sql", ""), error);
      return NULL;
    }
  if (!check_actions (definition, error))
    return NULL;
  if (result->plan->flaw != NULL)
    {
      g_set_error_literal (error, BELT_ERROR, BELT_ERROR_FAILED, result->plan->flaw);
      return NULL;
    }
  if (self->is_shut_down)
    {
      g_set_error_literal (error, BELT_ERROR, BELT_ERROR_FAILED, "the engine is shut down");
      return NULL;
    }

  spec.rule_id = rule->id;
  spec.serial = ++self->last_serial;
  spec.plan = result->plan;
  spec.worker = worker != NULL ? worker : choose_worker (self, rule, result->plan);
  spec.outlet = self->outlet;
  spec.metrics = belt_metrics_new (result->plan);
  spec.muted = belt_engine_get_muted (self);
  spec.get_properties = get_properties;
  spec.owner = self;
  spec.base_dir = self->base_dir;
  if (!(run = belt_run_new (&spec, error)))
    {
      belt_metrics_unref (spec.metrics);
      return NULL;
    }

  *ret_plan = g_steal_pointer (&result->plan);
  *ret_metrics = spec.metrics;
  return run;
}

BeltRun *
belt_engine_make_run (BeltEngine   *self,
                      BeltRule     *rule,
                      JsonObject   *definition,
                      BeltPlan    **ret_plan,
                      BeltMetrics **ret_metrics,
                      GError      **error)
{
  return make_run_on (self, rule, definition, NULL, ret_plan, ret_metrics, error);
}

/* Which versions of sources and sinks it was made with. */
static GPtrArray *
list_classes (BeltEngine *self,
              BeltPlan   *plan)
{
  GPtrArray *classes = g_ptr_array_new ();

  for (guint i = 0; i < plan->n_streams; i++)
    {
      const char *type;
      const char *datasource;
      g_autoptr(JsonObject) properties = belt_engine_dup_source_properties (self, plan->streams[i].stream,
                                                                            &type, &datasource);

      g_ptr_array_add (classes, (gpointer)belt_source_lookup (type));
    }
  for (guint i = 0; i < plan->n_sinks; i++)
    g_ptr_array_add (classes, (gpointer)belt_sink_lookup (plan->sinks[i].type));

  return classes;
}

static void
adopt_run (BeltEngine  *self,
           BeltRule    *rule,
           BeltRun     *run,
           BeltPlan    *plan,
           BeltMetrics *metrics)
{
  rule->run = run;
  rule->serial = belt_run_get_serial (run);
  rule->worker = belt_run_get_worker (run);
  g_clear_pointer (&rule->plan, belt_plan_unref);
  rule->plan = plan;
  g_clear_pointer (&rule->metrics, belt_metrics_unref);
  rule->metrics = metrics;
  g_clear_pointer (&rule->classes, g_ptr_array_unref);
  rule->classes = list_classes (self, plan);
}

static const char *
get_option (BeltRule   *rule,
            const char *name)
{
  JsonNode *options = json_object_get_member (rule->definition, "options");
  JsonNode *value = NULL;

  if (options != NULL && JSON_NODE_HOLDS_OBJECT (options))
    value = json_object_get_member (json_node_get_object (options), name);
  return value != NULL && JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING
         ? json_node_get_string (value) : "";
}

typedef struct
{
  BeltEngine *engine;
  char       *id;
} RuleTimer;

static void
free_rule_timer (gpointer data)
{
  RuleTimer *timer = data;

  g_free (timer->id);
  g_free (timer);
}

static GSource *
add_rule_timer (BeltEngine *self,
                BeltRule   *rule,
                guint       delay_ms,
                GSourceFunc func)
{
  RuleTimer *timer = g_new (RuleTimer, 1);
  GSource *source = g_timeout_source_new (delay_ms);

  *timer = (RuleTimer) { self, g_strdup (rule->id) };
  g_source_set_callback (source, func, timer, free_rule_timer);
  g_source_attach (source, self->context);
  return source;
}

static gboolean
duration_cb (gpointer user_data)
{
  RuleTimer *timer = user_data;
  BeltRule *rule = belt_engine_lookup_rule (timer->engine, timer->id);

  belt_engine_set_triggered (timer->engine, rule, FALSE);
  belt_engine_stop (timer->engine, rule, BELT_RULE_STOPPED, "duration terminated");
  return G_SOURCE_REMOVE;
}

/* A duration alone is how long it runs.  Schedules are not kept: the rule runs, and says so. */
static void
plan_end (BeltEngine *self,
          BeltRule   *rule)
{
  const char *duration = get_option (rule, "duration");
  gint64 duration_ms = 0;

  if (*get_option (rule, "cron") != '\0')
    {
      g_message ("rule %s: this engine keeps no cron schedules; the rule runs from now on", rule->id);
      if (self->notice_func != NULL)
        self->notice_func (rule->id, NULL, "this engine keeps no cron schedules; the rule runs from now on",
                           self->notice_data);
      return;
    }

  if (*duration != '\0' && belt_duration_parse (duration, &duration_ms) && duration_ms > 0)
    rule->end_timer = add_rule_timer (self, rule, (guint)MIN (duration_ms, G_MAXINT32), duration_cb);
}

void
belt_engine_launch (BeltEngine  *self,
                    BeltRule    *rule,
                    BeltRun     *run,
                    BeltPlan    *plan,
                    BeltMetrics *metrics)
{
  g_assert (rule->run == NULL);

  adopt_run (self, rule, run, plan, metrics);
  rule->shown_serial = rule->serial;
  rule->started_ms = belt_clock_get_ms (self->clock);
  belt_run_start (run);
  set_state (self, rule, BELT_RULE_RUNNING, "");
  plan_end (self, rule);
}

static guint
get_restart_attempts (BeltRule *rule)
{
  JsonNode *options = json_object_get_member (rule->definition, "options");
  JsonNode *strategy = NULL;
  gint64 attempts = 0;

  if (options != NULL && JSON_NODE_HOLDS_OBJECT (options))
    strategy = json_object_get_member (json_node_get_object (options), "restartStrategy");
  if (strategy != NULL && JSON_NODE_HOLDS_OBJECT (strategy))
    attempts = json_object_get_int_member_with_default (json_node_get_object (strategy), "attempts", 0);

  return (guint)CLAMP (attempts, 0, G_MAXINT32);
}

gboolean
belt_engine_start (BeltEngine *self,
                   BeltRule   *rule,
                   GError    **error)
{
  BeltPlan *plan = NULL;
  BeltMetrics *metrics = NULL;
  g_autoptr(GError) run_error = NULL;
  BeltRun *run;

  belt_timer_clear (&rule->restart_timer);
  run = belt_engine_make_run (self, rule, rule->definition, &plan, &metrics, &run_error);
  if (run == NULL)
    {
      set_state (self, rule, BELT_RULE_FAILED, run_error->message);
      g_propagate_error (error, g_steal_pointer (&run_error));
      return FALSE;
    }

  rule->attempts_left = get_restart_attempts (rule);
  belt_engine_launch (self, rule, run, plan, metrics);
  return TRUE;
}

void
belt_engine_stop (BeltEngine   *self,
                  BeltRule     *rule,
                  BeltRuleState state,
                  const char   *message)
{
  belt_timer_clear (&rule->restart_timer);
  belt_timer_clear (&rule->end_timer);
  if (rule->run != NULL)
    {
      belt_run_stop (g_steal_pointer (&rule->run));
      rule->stopped_ms = belt_clock_get_ms (self->clock);
    }
  set_state (self, rule, state, message);
}

static gboolean
restart_cb (gpointer user_data)
{
  RuleTimer *timer = user_data;
  BeltRule *rule = belt_engine_lookup_rule (timer->engine, timer->id);
  guint attempts_left = rule->attempts_left;
  g_autoptr(GError) error = NULL;

  /* Its own error is in the rule's status. */
  belt_engine_start (timer->engine, rule, &error);
  rule->attempts_left = attempts_left;
  return G_SOURCE_REMOVE;
}

static void
plan_restart (BeltEngine *self,
              BeltRule   *rule)
{
  if (rule->attempts_left == 0)
    return;

  rule->attempts_left--;
  rule->restart_timer = add_rule_timer (self, rule, RESTART_AFTER_MS, restart_cb);
}

static void
notice (BeltEngine *self,
        const char *rule_id,
        const char *place,
        const char *text)
{
  if (self->notice_func != NULL)
    self->notice_func (rule_id, place, text, self->notice_data);
}

/* What found no room in the outlet is at least said. */
static void
tell_not_shown (BeltEngine *self,
                const char *rule_id)
{
  int n = g_atomic_int_get (&self->outlet->n_not_shown);
  g_autofree char *text = NULL;

  if (n == 0)
    return;

  g_atomic_int_add (&self->outlet->n_not_shown, -n);
  text = g_strdup_printf ("%d results or notices came too fast to be shown", n);
  notice (self, rule_id, NULL, text);
}

/* A swapped run's results and notices may still be on their way; its end is not the rule's end. */
static gboolean
is_heard (const BeltRule     *rule,
          const BeltRunEvent *event)
{
  if (event->kind == BELT_RUN_EMISSION || event->kind == BELT_RUN_NOTICE)
    return event->serial >= rule->shown_serial;
  return event->serial == rule->serial;
}

void
belt_engine_take_event (gpointer message,
                        gpointer user_data)
{
  g_autoptr(BeltRunEvent) event = message;
  BeltEngine *self = user_data;
  BeltRule *rule = belt_engine_lookup_rule (self, event->rule_id);

  if (rule == NULL || rule->run == NULL || !is_heard (rule, event))
    return;

  switch (event->kind)
    {
    case BELT_RUN_EMISSION:
      if (self->emission_func != NULL)
        self->emission_func (rule->id, event->place, event->text, event->len, self->emission_data);
      break;

    case BELT_RUN_NOTICE:
      notice (self, rule->id, event->place, event->text);
      break;

    case BELT_RUN_FAILED:
      belt_engine_stop (self, rule, BELT_RULE_FAILED, event->text);
      plan_restart (self, rule);
      break;

    case BELT_RUN_ENDED:
      belt_engine_set_triggered (self, rule, FALSE);
      belt_engine_stop (self, rule, BELT_RULE_STOPPED, "done");
      break;

    default:
      g_assert_not_reached ();
    }

  tell_not_shown (self, event->rule_id);
}

static gboolean
uses_changed_function (const BeltExpr    *expr,
                       BeltFunctionTable *functions)
{
  if (expr == NULL)
    return FALSE;

  if (expr->function != NULL &&
      belt_function_table_lookup (functions, expr->function->name, strlen (expr->function->name)) != expr->function)
    return TRUE;
  for (guint i = 0; i < expr->n_children; i++)
    {
      if (uses_changed_function (expr->children[i], functions))
        return TRUE;
    }

  return FALSE;
}

static gboolean
needs_swap (BeltEngine *self,
            BeltRule   *rule)
{
  g_autoptr(GPtrArray) classes = list_classes (self, rule->plan);

  if (classes->len != rule->classes->len ||
      memcmp (classes->pdata, rule->classes->pdata, classes->len * sizeof (gpointer)) != 0)
    return TRUE;

  for (guint i = 0; i < rule->plan->exprs->len; i++)
    {
      if (uses_changed_function (g_ptr_array_index (rule->plan->exprs, i), self->functions))
        return TRUE;
    }

  return FALSE;
}

/* A rule that cannot be planned with the new version keeps running with the one it has. */
void
belt_engine_swap_changed (BeltEngine *self)
{
  for (guint i = 0; i < self->rules->len; i++)
    {
      BeltRule *rule = g_ptr_array_index (self->rules, i);
      BeltPlan *plan = NULL;
      BeltMetrics *metrics = NULL;
      g_autoptr(GError) error = NULL;
      BeltRun *run;
      BeltRun *old = rule->run;

      if (old == NULL || !needs_swap (self, rule))
        continue;

      run = make_run_on (self, rule, rule->definition, rule->worker, &plan, &metrics, &error);
      if (run == NULL)
        {
          notice (self, rule->id, NULL, error->message);
          continue;
        }

      adopt_run (self, rule, run, plan, metrics);
      belt_run_replace (run, old);
      belt_engine_announce (self, rule);
    }
}
