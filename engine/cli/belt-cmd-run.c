/* belt-cmd-run.c - `belt run`: a rule of a project over a file, rows on stdout
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same engine as in production, without a store.  Sinks are muted unless
 * asked for, and the rule waits for stdout, so a slow reader loses nothing.
 */
#include "config.h"

#include "belt-builder.h"
#include "belt-cli.h"
#include "belt-engine.h"
#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-json.h"
#include "belt-plan.h"
#include "belt-plugin-set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *option_input;
static char *option_stream;
static gboolean option_sinks;
static gboolean option_json;

static const GOptionEntry entries[] =
{
  { "input", 'i', 0, G_OPTION_ARG_FILENAME, &option_input,
    "Read the stream from FILE (JSON lines, JSON array, or CSV by its name), or - for stdin", "FILE" },
  { "stream", 0, 0, G_OPTION_ARG_STRING, &option_stream, "The stream that reads the input; default: that of FROM",
    "NAME" },
  { "sinks", 0, 0, G_OPTION_ARG_NONE, &option_sinks, "Open the rule's sinks and send for real", NULL },
  { "json", 0, 0, G_OPTION_ARG_NONE, &option_json, "Say on stderr what happened in JSON, one object a line", NULL },
  { NULL },
};

typedef struct
{
  BeltProject   *project;
  BeltEngine    *engine;
  BeltPluginSet *plugins;
  JsonObject    *rule;
  const char    *id;
  char          *first_sink;
  GMainLoop     *loop;
  guint          n_notices;
  gboolean       cancelled;
} Run;

static void
print_json_line (JsonObject *object)
{
  g_autoptr(JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);

  g_printerr ("%s\n", text);
}

static void
note_cb (const char *rule_id,
         const char *place,
         const char *message,
         gpointer    user_data)
{
  Run *self = user_data;

  belt_cli_show_progress (NULL);
  self->n_notices++;
  if (option_json)
    {
      g_autoptr(JsonObject) object = json_object_new ();

      if (place != NULL)
        json_object_set_string_member (object, "place", place);
      json_object_set_string_member (object, "message", message);
      print_json_line (object);
    }
  else if (place != NULL)
    g_printerr ("%s: %s\n", place, message);
  else
    g_printerr ("%s\n", message);
}

static void
plugin_note_cb (const BeltPluginNotice *notice,
                gpointer                user_data)
{
  if (notice->kind == BELT_NOTICE_SWAPPED)
    return;

  if (notice->file != NULL)
    g_printerr ("%s:%u: %s: %s\n", notice->file, notice->line, notice->plugin, notice->text);
  else
    g_printerr ("%s: %s\n", notice->plugin, notice->text);
}

/* A list is printed a row a line; what is no JSON as it is. */
static void
print_payload (const char *payload,
               gsize       len)
{
  const char *end = payload + len;
  const char *at = payload + 1;
  BeltJsonError ignored;

  if (len == 0 || payload[0] != '[')
    {
      fwrite (payload, 1, len, stdout);
      fputc ('\n', stdout);
      return;
    }

  while (at < end && *at != ']')
    {
      const char *after = belt_json_skip_value (at, end, &ignored);

      if (after == NULL)
        return;
      fwrite (at, 1, (gsize)(after - at), stdout);
      fputc ('\n', stdout);
      at = *after == ',' ? after + 1 : after;
    }
}

static void
emission_cb (const char *rule_id,
             const char *sink,
             const char *payload,
             gsize       len,
             gpointer    user_data)
{
  Run *self = user_data;
  g_autofree char *padded = NULL;

  /* Each sink gets the same rows: one is enough to look at. */
  if (strcmp (sink, self->first_sink) != 0)
    return;

  padded = g_malloc (len + BELT_JSON_PADDING);
  memcpy (padded, payload, len);
  memset (padded + len, 0, BELT_JSON_PADDING);
  print_payload (padded, len);
}

static gboolean
flush_cb (gpointer user_data)
{
  fflush (stdout);
  return G_SOURCE_CONTINUE;
}

static void
changed_cb (BeltEngine *engine,
            const char *id,
            Run        *self)
{
  if (strcmp (belt_engine_get_rule_state (engine, id), "running") != 0)
    g_main_loop_quit (self->loop);
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  Run *self = user_data;

  self->cancelled = TRUE;
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* A plugin that does not compile leaves its last good build, if it has one. */
static void
install_plugin (Run                      *self,
                const BeltManifestPlugin *plugin)
{
  const char *folder = belt_project_get_folder (self->project);
  BeltPluginOptions options = {
    .isolation = plugin->in_process ? BELT_PROCESS_IN_PROCESS : BELT_PROCESS_HOST,
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltBuild) build = NULL;
  g_autofree char *path = NULL;

  if (plugin->kind == BELT_MANIFEST_FUNCTION)
    options.function_budget_ms = plugin->budget_ms;
  else
    options.io_budget_ms = plugin->budget_ms;

  belt_cli_show_progress ("compiling %s …", plugin->name);
  build = belt_builder_build (folder, plugin, belt_cli_get_cancellable (), &error);
  belt_cli_show_progress (NULL);
  if (build == NULL)
    belt_cli_complain (&belt_cmd_run, "%s", error->message);
  else
    belt_cli_print_diagnostics (build->diagnostics);
  g_clear_error (&error);

  path = build != NULL && build->so_path != NULL ? g_strdup (build->so_path)
       : belt_builder_dup_newest (folder, plugin->name);
  if (path == NULL)
    return;
  if (!belt_plugin_set_install (self->plugins, plugin->name, path, &options, &error))
    belt_cli_complain (&belt_cmd_run, "%s", error->message);
}

static gboolean
load_project (Run *self)
{
  BeltManifest *manifest = belt_project_get_manifest (self->project);
  const char *const *streams = belt_project_get_streams (self->project);
  g_autoptr(BeltFunctionTable) functions = NULL;
  g_autoptr(GError) failure = NULL;

  for (guint i = 0; i < manifest->plugins->len; i++)
    install_plugin (self, g_ptr_array_index (manifest->plugins, i));
  functions = belt_plugin_set_dup_functions (self->plugins);
  belt_engine_set_functions (self->engine, functions);

  if (!belt_engine_put_schemas (self->engine, belt_project_get_catalog (self->project), &failure))
    belt_cli_complain (&belt_cmd_run, "%s", failure->message);
  for (guint i = 0; streams[i] != NULL; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *statement = belt_project_load_stream (self->project, streams[i], &error);
      g_autofree char *answer = NULL;

      if (statement != NULL)
        answer = belt_engine_execute (self->engine, statement, FALSE, FALSE, &error);
      /* Streams that do not parse were told when the project was opened. */
      if (error != NULL && !g_error_matches (error, BELT_ERROR, BELT_ERROR_PARSE))
        belt_cli_complain (&belt_cmd_run, "streams/%s.sql: %s", streams[i], error->message);
    }

  return TRUE;
}

/* Says what is wrong with the statement, where it is. */
static BeltPlan *
plan_rule (Run *self)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (self->engine);
  g_autoptr(BeltFunctionTable) functions = belt_engine_dup_functions (self->engine);
  JsonNode *options = json_object_get_member (self->rule, "options");
  BeltPlanRequest request = {
    .catalog = catalog, .functions = functions,
    .sql = belt_json_get_text (self->rule, "sql", ""), .len = -1,
    .options = options != NULL && JSON_NODE_HOLDS_OBJECT (options) ? json_node_get_object (options) : NULL,
    .actions = json_object_get_array_member (self->rule, "actions"),
    .extensions = TRUE,
  };
  g_autoptr(BeltPlanResult) result = belt_plan_new (&request);

  for (guint i = 0; i < result->diagnostics->len; i++)
    {
      BeltDiagnostic *diagnostic = g_ptr_array_index (result->diagnostics, i);

      if (diagnostic->file == NULL)
        diagnostic->file = g_strdup_printf ("rules/%s.sql", self->id);
    }
  belt_cli_print_diagnostics (result->diagnostics);
  if (result->plan == NULL && result->diagnostics->len == 0)
    belt_cli_complain (&belt_cmd_run, "rules/%s.sql: %s", self->id, result->error);

  return g_steal_pointer (&result->plan);
}

static gboolean
set_input (Run      *self,
           BeltPlan *plan)
{
  g_autoptr(JsonObject) properties = json_object_new ();
  gboolean is_stdin = strcmp (option_input, "-") == 0;
  BeltStream *stream = NULL;
  gboolean is_csv = g_str_has_suffix (option_input, ".csv");
  g_autofree char *path = is_stdin ? g_strdup ("/dev/stdin") : g_canonicalize_filename (option_input, NULL);

  for (guint i = 0; i < plan->n_streams && stream == NULL; i++)
    {
      BeltStream *candidate = plan->streams[i].stream;

      if (option_stream != NULL ? strcmp (candidate->name, option_stream) == 0 : !plan->streams[i].is_table)
        stream = candidate;
    }
  if (stream == NULL)
    {
      belt_cli_complain (&belt_cmd_run, "the rule %s reads no stream “%s”", self->id,
                         option_stream != NULL ? option_stream : "");
      return FALSE;
    }
  if (!is_stdin && access (option_input, R_OK) != 0)
    {
      belt_cli_complain (&belt_cmd_run, "Opening “%s”: %s", option_input, g_strerror (errno));
      return FALSE;
    }

  json_object_set_string_member (properties, "$name", option_input);
  json_object_set_string_member (properties, "fileType",
                                 is_csv ? "csv" : stream->format == NULL ||
                                 g_ascii_strcasecmp (stream->format, "json") == 0 ? "json" : "lines");
  if (is_csv)
    json_object_set_boolean_member (properties, "hasHeader", TRUE);
  belt_engine_override_source (self->engine, stream->name, "file", path, properties);
  return TRUE;
}

/* Nobody else is in this process to fill a table, and a database may be elsewhere: the sample stands in, but for
 * a database when it is for real. */
static gboolean
set_table (Run        *self,
           BeltStream *table,
           GError    **error)
{
  g_autofree char *sample = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(JsonObject) properties = json_object_new ();
  g_autoptr(GError) local = NULL;
  JsonArray *rows = json_array_new ();

  json_object_set_array_member (properties, "data", rows);
  if (option_sinks && table->type != NULL && g_ascii_strcasecmp (table->type, "sql") == 0)
    return TRUE;
  if (!(sample = belt_project_load_sample (self->project, table->name, &local)))
    {
      gboolean is_none = local == NULL;

      if (!is_none)
        g_propagate_error (error, g_steal_pointer (&local));
      return is_none;
    }

  lines = g_strsplit (sample, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      JsonNode *row = json_from_string (lines[i], NULL);

      if (row != NULL)
        json_array_add_element (rows, row);
    }
  belt_engine_override_source (self->engine, table->name, "simulator", "", properties);
  return TRUE;
}

static gboolean
set_tables (Run      *self,
            BeltPlan *plan)
{
  for (guint i = 0; i < plan->n_streams; i++)
    {
      BeltStream *table = plan->streams[i].stream;
      g_autoptr(GError) error = NULL;

      if (!plan->streams[i].is_lookup || set_table (self, table, &error))
        continue;
      belt_cli_complain (&belt_cmd_run, "the sample of table %s: %s", table->name, error->message);
      return FALSE;
    }

  return TRUE;
}

static void
prepare_actions (Run *self)
{
  JsonNode *node = json_object_get_member (self->rule, "actions");
  JsonArray *actions = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  JsonNode *first = actions != NULL && json_array_get_length (actions) > 0 ? json_array_get_element (actions, 0) : NULL;
  g_autoptr(GList) types = NULL;

  if (first == NULL)
    {
      JsonObject *action = json_object_new ();

      actions = json_array_new ();
      json_object_set_object_member (action, "log", json_object_new ());
      json_array_add_object_element (actions, action);
      json_object_set_array_member (self->rule, "actions", actions);
      first = json_array_get_element (actions, 0);
    }

  if (JSON_NODE_HOLDS_OBJECT (first))
    types = json_object_get_members (json_node_get_object (first));
  self->first_sink = g_strdup_printf ("%s_0", types != NULL ? (const char *)types->data : "log");
}

static int
report (Run *self)
{
  g_autoptr(JsonObject) totals = belt_engine_get_rule_totals (self->engine, self->id, NULL);
  gint64 n_exceptions = json_object_get_int_member (totals, "exceptions");
  gboolean failed = strcmp (belt_engine_get_rule_state (self->engine, self->id), "stopped by error") == 0;

  belt_cli_show_progress (NULL);
  if (failed)
    belt_cli_complain (&belt_cmd_run, "%s", belt_engine_get_rule_message (self->engine, self->id));
  if (option_json)
    print_json_line (totals);
  else if (n_exceptions > 0)
    g_printerr ("%" G_GINT64_FORMAT " rows in, %" G_GINT64_FORMAT " out, %" G_GINT64_FORMAT " failed\n",
                json_object_get_int_member (totals, "in"), json_object_get_int_member (totals, "out"), n_exceptions);

  if (failed && json_object_get_int_member (totals, "in") == 0)
    return BELT_EXIT_USAGE;
  return failed || n_exceptions > 0 ? BELT_EXIT_FAILED : BELT_EXIT_OK;
}

static int
run_rule (Run *self)
{
  g_autoptr(GSource) cancel = g_cancellable_source_new (belt_cli_get_cancellable ());
  g_autoptr(BeltPlan) plan = NULL;
  g_autoptr(GError) error = NULL;
  guint flusher;

  if (!(plan = plan_rule (self)) || (option_input != NULL && !set_input (self, plan)) || !set_tables (self, plan))
    return BELT_EXIT_USAGE;

  self->loop = g_main_loop_new (NULL, FALSE);
  belt_engine_set_emission_func (self->engine, emission_cb, self, NULL);
  belt_engine_set_notice_func (self->engine, note_cb, self, NULL);
  if (!belt_engine_create_rule (self->engine, self->id, self->rule, &error))
    {
      belt_cli_complain (&belt_cmd_run, "rules/%s.json: %s", self->id, error->message);
      return BELT_EXIT_USAGE;
    }

  g_source_set_callback (cancel, G_SOURCE_FUNC (cancelled_cb), self, NULL);
  g_source_attach (cancel, NULL);
  g_signal_connect (self->engine, "rule-changed", G_CALLBACK (changed_cb), self);
  flusher = g_timeout_add (100, flush_cb, NULL);
  g_main_loop_run (self->loop);
  g_source_remove (flusher);
  g_source_destroy (cancel);
  if (self->cancelled)
    belt_engine_stop_rule (self->engine, self->id, NULL);
  fflush (stdout);

  return report (self);
}

static int
run (int    argc,
     char **argv)
{
  Run self = { 0 };
  g_autoptr(GError) error = NULL;
  guint flags = BELT_ENGINE_EXTENSIONS | BELT_ENGINE_EMISSIONS_WAIT;
  int code;

  if (!belt_cli_parse (&belt_cmd_run, entries, &argc, &argv, 2, 2, &code))
    return code;
  if (!(self.project = belt_cli_open_project (argv[1])))
    return BELT_EXIT_USAGE;

  self.id = argv[2];
  code = BELT_EXIT_USAGE;
  if (!(self.rule = belt_project_load_rule (self.project, self.id, &error)) ||
      !(self.engine = belt_engine_new (NULL, option_sinks ? flags : flags | BELT_ENGINE_SINKS_MUTED, &error)))
    belt_cli_complain (&belt_cmd_run, "%s", error->message);
  else
    {
      self.plugins = belt_plugin_set_new ();
      belt_plugin_set_set_notice_func (self.plugins, plugin_note_cb, NULL, NULL);
      belt_engine_set_base_dir (self.engine, belt_project_get_folder (self.project));
      prepare_actions (&self);
      if (load_project (&self))
        code = run_rule (&self);
      belt_engine_shutdown (self.engine);
    }

  g_clear_object (&self.engine);
  g_clear_pointer (&self.plugins, belt_plugin_set_unref);
  g_clear_pointer (&self.loop, g_main_loop_unref);
  g_clear_pointer (&self.rule, json_object_unref);
  g_clear_pointer (&self.project, belt_project_free);
  g_free (self.first_sink);
  return code;
}

const BeltCommand belt_cmd_run =
{
  "run", "PROJECT RULE", "Run a rule and print its rows, one a line", run,
};
