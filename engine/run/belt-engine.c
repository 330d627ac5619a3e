/* belt-engine.c - streams, rules and plugins in motion
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The engine's own thread plans, keeps the books and never waits for a worker:
 * it sends commands to runs and hears events through one outlet, whose serial
 * numbers tell the newest run of a rule from those that are on their way out.
 */
#include "config.h"

#include "belt-engine-private.h"

#include "belt-codec.h"
#include "belt-properties.h"

G_DEFINE_FINAL_TYPE (BeltEngine, belt_engine, G_TYPE_OBJECT)

enum
{
  RULE_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef struct
{
  char       *type;
  char       *datasource;
  JsonObject *properties;
} SourceOverride;

static void
free_override (gpointer data)
{
  SourceOverride *override = data;

  g_free (override->type);
  g_free (override->datasource);
  json_object_unref (override->properties);
  g_free (override);
}

static void
free_rule (gpointer data)
{
  belt_rule_free (data);
}

static void
belt_engine_finalize (GObject *object)
{
  BeltEngine *self = BELT_ENGINE (object);

  belt_engine_shutdown (self);
  belt_engine_set_emission_func (self, NULL, NULL, NULL);
  belt_engine_set_notice_func (self, NULL, NULL, NULL);
  g_clear_pointer (&self->rules, g_ptr_array_unref);
  g_clear_pointer (&self->overrides, g_hash_table_unref);
  g_clear_pointer (&self->tables, g_hash_table_unref);
  g_clear_pointer (&self->recorders, g_ptr_array_unref);
  g_clear_pointer (&self->outlet, belt_outlet_unref);
  g_clear_pointer (&self->functions, belt_function_table_unref);
  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_clear_pointer (&self->schema_versions, g_hash_table_unref);
  g_clear_pointer (&self->store, belt_store_close);
  g_clear_pointer (&self->clock, belt_clock_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->data_dir);
  g_free (self->base_dir);

  G_OBJECT_CLASS (belt_engine_parent_class)->finalize (object);
}

static void
belt_engine_class_init (BeltEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = belt_engine_finalize;

  /**
   * BeltEngine::rule-changed:
   * @self: an engine
   * @id: the rule
   *
   * A rule began, ended, failed, or is there no longer.
   */
  signals[RULE_CHANGED] = g_signal_new ("rule-changed", BELT_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
belt_engine_init (BeltEngine *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->clock = belt_clock_new_wall ();
  self->catalog = belt_catalog_new ();
  self->schema_versions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  self->rules = g_ptr_array_new_with_free_func (free_rule);
  self->overrides = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_override);
  self->tables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->recorders = g_ptr_array_new ();
  self->outlet = belt_outlet_new (self->context, belt_engine_take_event, self);
  self->n_workers = MIN (g_get_num_processors (), BELT_ENGINE_WORKERS_MAX);
  for (guint i = 0; i < self->n_workers; i++)
    self->workers[i] = belt_worker_new (i);
}

static gboolean
resume_cb (gpointer user_data)
{
  belt_engine_resume (user_data);
  return G_SOURCE_REMOVE;
}

static void
resume_later (BeltEngine *self)
{
  self->resume_source = g_idle_source_new ();
  g_source_set_priority (self->resume_source, G_PRIORITY_HIGH);
  g_source_set_callback (self->resume_source, resume_cb, self, NULL);
  g_source_attach (self->resume_source, self->context);
}

/**
 * belt_engine_new:
 * @data_dir: (nullable): where streams and rules are kept; %NULL keeps them in memory
 * @flags: BeltEngineFlags
 * @error: return location
 *
 * Opens the store and loads streams and rules.  Those that were running start with
 * the first turn of the main loop, or by belt_engine_resume(): plugins that they
 * use must be set before.
 *
 * Returns: (transfer full): an engine
 */
BeltEngine *
belt_engine_new (const char *data_dir,
                 guint       flags,
                 GError    **error)
{
  g_autoptr(BeltEngine) self = g_object_new (BELT_TYPE_ENGINE, NULL);

  self->flags = flags;
  self->data_dir = g_strdup (data_dir);
  g_atomic_int_set (&self->outlet->waits, (flags & BELT_ENGINE_EMISSIONS_WAIT) != 0);
  if (!(self->store = belt_store_open (data_dir, error)))
    return NULL;

  belt_engine_load_schemas (self);
  belt_engine_load_streams (self);
  belt_engine_load_rules (self);
  resume_later (self);
  return g_steal_pointer (&self);
}

const char *
belt_engine_get_data_dir (BeltEngine *self)
{
  return self->data_dir;
}

void
belt_engine_set_base_dir (BeltEngine *self,
                          const char *base_dir)
{
  g_free (self->base_dir);
  self->base_dir = g_strdup (base_dir);
}

BeltStore *
belt_engine_get_store (BeltEngine *self)
{
  return self->store;
}

BeltCatalog *
belt_engine_dup_catalog (BeltEngine *self)
{
  return belt_catalog_ref (self->catalog);
}

BeltFunctionTable *
belt_engine_dup_functions (BeltEngine *self)
{
  return belt_function_table_ref (self->functions);
}

void
belt_engine_set_functions (BeltEngine        *self,
                           BeltFunctionTable *functions)
{
  g_return_if_fail (BELT_IS_ENGINE (self) && functions != NULL);

  belt_function_table_ref (functions);
  belt_function_table_unref (self->functions);
  self->functions = functions;
  belt_engine_swap_changed (self);
}

void
belt_engine_refresh_endpoints (BeltEngine *self)
{
  belt_engine_swap_changed (self);
}

gboolean
belt_engine_get_muted (BeltEngine *self)
{
  return (self->flags & BELT_ENGINE_SINKS_MUTED) != 0;
}

void
belt_engine_set_muted (BeltEngine *self,
                       gboolean    muted)
{
  if (muted)
    self->flags |= BELT_ENGINE_SINKS_MUTED;
  else
    self->flags &= ~(guint)BELT_ENGINE_SINKS_MUTED;
}

void
belt_engine_override_source (BeltEngine *self,
                             const char *stream,
                             const char *type,
                             const char *datasource,
                             JsonObject *properties)
{
  SourceOverride *override = g_new0 (SourceOverride, 1);

  override->type = g_strdup (type);
  override->datasource = g_strdup (datasource);
  override->properties = json_object_ref (properties);
  g_hash_table_replace (self->overrides, g_strdup (stream), override);
  belt_engine_keep_tables (self);
}

static void
copy_members (JsonObject *to,
              JsonObject *from)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;

  if (from == NULL)
    return;

  json_object_iter_init (&iter, from);
  while (json_object_iter_next (&iter, &key, &node))
    json_object_set_member (to, key, json_node_copy (node));
}

JsonObject *
belt_engine_dup_source_properties (BeltEngine  *self,
                                   BeltStream  *stream,
                                   const char **ret_type,
                                   const char **ret_datasource)
{
  SourceOverride *override = g_hash_table_lookup (self->overrides, stream->name);
  g_autoptr(JsonObject) properties = json_object_new ();
  g_autoptr(JsonObject) settings = NULL;

  if (override != NULL)
    {
      *ret_type = override->type;
      *ret_datasource = override->datasource;
      copy_members (properties, override->properties);
    }
  else
    {
      *ret_type = stream->type != NULL ? stream->type : stream->is_table ? "file" : "mqtt";
      *ret_datasource = stream->datasource;
      settings = belt_engine_dup_source_settings (self, *ret_type, "default");
      copy_members (properties, settings);
      g_clear_pointer (&settings, json_object_unref);
      if (stream->conf_key != NULL)
        settings = belt_engine_dup_source_settings (self, *ret_type, stream->conf_key);
      copy_members (properties, settings);
      copy_members (properties, stream->extra);
    }

  if (stream->delimiter != NULL && !json_object_has_member (properties, "delimiter"))
    json_object_set_string_member (properties, "delimiter", stream->delimiter);
  if (self->base_dir != NULL)
    json_object_set_string_member (properties, "$baseDir", self->base_dir);
  return belt_properties_copy (properties);
}

/* Two clients of one name throw each other out, so a listener has a name and a session of nobody's. */
static void
make_anonymous (JsonObject *properties)
{
  g_autoptr(GList) names = json_object_get_members (properties);

  for (GList *i = names; i != NULL; i = i->next)
    if (g_ascii_strcasecmp (i->data, "clientid") == 0 || g_ascii_strcasecmp (i->data, "enableClientSession") == 0)
      json_object_remove_member (properties, i->data);
}

BeltRecorder *
belt_engine_record (BeltEngine    *self,
                    BeltStream    *stream,
                    BeltRecordFunc func,
                    gpointer       user_data,
                    GError       **error)
{
  const char *type;
  const char *datasource;
  g_autoptr(JsonObject) properties = belt_engine_dup_source_properties (self, stream, &type, &datasource);
  BeltCompression method;
  BeltRecorder *recorder;
  BeltSource *source;

  make_anonymous (properties);
  if (!belt_decoder_find_compression (properties, &method, error) ||
      (source = belt_source_new (type, datasource, properties, error)) == NULL)
    return NULL;

  recorder = belt_recorder_new (self->workers[self->next_worker++ % self->n_workers], source,
                                source->klass->unpacks ? BELT_COMPRESSION_NONE : method, self->context, func,
                                user_data);
  g_ptr_array_add (self->recorders, recorder);

  return recorder;
}

void
belt_engine_stop_recorder (BeltEngine   *self,
                           BeltRecorder *recorder)
{
  if (g_ptr_array_remove_fast (self->recorders, recorder))
    belt_recorder_stop (recorder);
}

void
belt_engine_set_emission_func (BeltEngine      *self,
                               BeltEmissionFunc func,
                               gpointer         user_data,
                               GDestroyNotify   notify)
{
  if (self->emission_notify != NULL)
    self->emission_notify (self->emission_data);

  self->emission_func = func;
  self->emission_data = user_data;
  self->emission_notify = notify;
  g_atomic_int_set (&self->outlet->wants_emissions, func != NULL);
}

void
belt_engine_set_notice_func (BeltEngine    *self,
                             BeltNoticeFunc func,
                             gpointer       user_data,
                             GDestroyNotify notify)
{
  if (self->notice_notify != NULL)
    self->notice_notify (self->notice_data);

  self->notice_func = func;
  self->notice_data = user_data;
  self->notice_notify = notify;
}

void
belt_engine_announce (BeltEngine *self,
                      BeltRule   *rule)
{
  g_autofree char *id = g_strdup (rule->id);  /* a handler may delete the rule */

  g_signal_emit (self, signals[RULE_CHANGED], 0, id);
}

/**
 * belt_engine_shutdown:
 * @self: an engine
 *
 * Stops all rules and waits for the workers, at most a second a rule.  What was
 * running is started again by the next engine on the same folder.
 */
void
belt_engine_shutdown (BeltEngine *self)
{
  guint deadline_ms = 1000 * (self->rules->len + 2);

  if (self->is_shut_down)
    return;

  self->is_shut_down = TRUE;
  belt_timer_clear (&self->resume_source);
  for (guint i = 0; i < self->rules->len; i++)
    {
      BeltRule *rule = g_ptr_array_index (self->rules, i);

      belt_timer_clear (&rule->restart_timer);
      belt_timer_clear (&rule->end_timer);
      if (rule->run != NULL)
        belt_run_stop (g_steal_pointer (&rule->run));
    }

  for (guint i = 0; i < self->recorders->len; i++)
    belt_recorder_stop (g_ptr_array_index (self->recorders, i));
  g_ptr_array_set_size (self->recorders, 0);

  /* A worker that waits for room in the outlet goes on now. */
  belt_inbox_close (self->outlet->inbox);
  for (guint i = 0; i < self->n_workers; i++)
    {
      if (!belt_worker_shutdown (self->workers[i], deadline_ms))
        g_warning ("a rule did not stop in time and is left behind");
      self->workers[i] = NULL;
    }
}
