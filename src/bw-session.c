/* bw-session.c - what a project's rules are tried with: streams, functions, rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read on a thread, handed over whole, replaced whole.  Signal "changed" when
 * streams, rules on disk, rows or functions are others than before; "rows", four
 * times a second at most, when rows came in at a source.
 *
 * Sample rows arrive when their stream's TIMESTAMP says; without one a second
 * apart, so that windows have something to close.  Once something came in at the
 * true source of a stream, its sample is not used any more.
 */
#include "config.h"

#include "bw-session.h"

#include "bw-settings.h"

#include <glib/gi18n.h>
#include <string.h>

#define ROW_INTERVAL_MS   1000
#define SAMPLE_START_MS   G_GINT64_CONSTANT (1700000000000)  /* for rows without a time: any fixed moment */
#define TRIAL_ROWS_MAX    1000u                              /* rows kept an operator and side */
#define ROWS_MS           250                                /* from rows that came to "rows" */
#define SEEN_ROWS         50u                                /* of those that came, looked at for columns */

typedef struct
{
  char       *stream;
  BeltRecord *record;
  guint       sequence;
  gboolean    is_before;  /* of a lookup table: there before any row that looks it up */
} SampleRow;

typedef struct
{
  BeltProject     *project;  /* NULL when it has no manifest that can be used */
  BeltCatalog     *catalog;
  GHashTable      *rules;    /* name to JsonObject */
  GPtrArray       *rows;     /* of SampleRow, in order of arrival */
  GHashTable      *n_rows;   /* stream to count */
  GPtrArray       *diagnostics;
  BeltColumnsSeen *columns;
  guint            rows_max;
  char            *folder;
} Snapshot;

struct _BwSession
{
  GObject            parent_instance;

  BwProject         *project;
  Snapshot          *snapshot;    /* NULL: not read yet */
  BeltFunctionTable *functions;
  BeltEngine        *engine;      /* opens the true sources; NULL: none was asked for */
  GHashTable        *listeners;   /* stream to BwListener */
  GHashTable        *settled;     /* streams a person switched on or off: no longer ours to switch */
  GHashTable        *fresh;       /* streams of which rows came since the last "rows" */
  guint              rows_timeout;
  GCancellable      *cancellable;
  gboolean           loading;
  gboolean           load_again;
};

enum
{
  CHANGED,
  ROWS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwSession, bw_session, G_TYPE_OBJECT)

static void
sample_row_free (gpointer data)
{
  SampleRow *row = data;

  g_free (row->stream);
  belt_record_unref (row->record);
  g_free (row);
}

static void
snapshot_free (gpointer data)
{
  Snapshot *self = data;

  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_clear_pointer (&self->project, belt_project_free);
  g_clear_pointer (&self->rules, g_hash_table_unref);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->n_rows, g_hash_table_unref);
  g_clear_pointer (&self->diagnostics, g_ptr_array_unref);
  g_clear_pointer (&self->columns, belt_columns_seen_free);
  g_free (self->folder);
  g_free (self);
}

static Snapshot *
snapshot_new (void)
{
  Snapshot *self = g_new0 (Snapshot, 1);

  self->rules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_object_unref);
  self->rows = g_ptr_array_new_with_free_func (sample_row_free);
  self->n_rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->columns = belt_columns_seen_new ();
  self->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  return self;
}

static void
add_record (GPtrArray  *rows,
            const char *stream,
            BeltRecord *record,
            gboolean    is_before)
{
  SampleRow *row = g_new0 (SampleRow, 1);

  row->stream = g_strdup (stream);
  row->record = belt_record_ref (record);
  row->sequence = rows->len;
  row->is_before = is_before;
  g_ptr_array_add (rows, row);
}

static void
add_row (Snapshot         *self,
         const BeltStream *stream,
         const char       *payload,
         gsize             len,
         gint64            at_ms)
{
  gboolean is_lookup = stream->is_table && g_strcmp0 (stream->kind, "lookup") == 0;
  g_autoptr(BeltRecord) record = belt_record_new_payload (g_bytes_new (payload, len), NULL, at_ms);

  add_record (self->rows, stream->name, record, is_lookup);
}

/* Looks at one row: its columns, and its own time in ms, or -1. */
static gint64
look_at_row (Snapshot         *self,
             const BeltStream *stream,
             const char       *payload,
             gsize             len,
             BeltArena        *arena)
{
  g_autofree char *padded = g_malloc0 (len + BELT_JSON_PADDING);
  const BeltValue *time;
  BeltValue row;

  memcpy (padded, payload, len);
  if (!belt_json_parse (padded, len, BELT_JSON_INTEGERS, arena, &row, NULL) || row.tag != BELT_TAG_MAP)
    return -1;
  belt_columns_seen_add (self->columns, stream->name, &row);
  if (stream->timestamp == NULL)
    return -1;
  time = belt_value_get_member (&row, stream->timestamp, strlen (stream->timestamp));

  return time != NULL && belt_value_is_number (time) ? (gint64)belt_value_as_f64 (time) : -1;
}

/* One CSV line to fields; quotes may hold commas and doubled quotes. */
static GPtrArray *
split_csv (const char *line,
           gsize       len)
{
  GPtrArray *fields = g_ptr_array_new_with_free_func (g_free);
  GString *field = g_string_new (NULL);
  gboolean quoted = FALSE;

  for (gsize i = 0; i < len; i++)
    if (line[i] == '"' && quoted && i + 1 < len && line[i + 1] == '"')
      g_string_append_c (field, line[i++]);
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      {
        g_ptr_array_add (fields, g_string_free (field, FALSE));
        field = g_string_new (NULL);
      }
    else if (line[i] != '\r')
      g_string_append_c (field, line[i]);
  g_ptr_array_add (fields, g_string_free (field, FALSE));

  return fields;
}

static char *
convert_csv_line (GPtrArray  *names,
                  const char *line,
                  gsize       len)
{
  g_autoptr(GPtrArray) fields = split_csv (line, len);
  GString *json = g_string_new ("{");

  for (guint i = 0; i < names->len && i < fields->len; i++)
    {
      const char *field = g_ptr_array_index (fields, i);
      const char *name = g_ptr_array_index (names, i);
      double number;

      if (i > 0)
        g_string_append_c (json, ',');
      belt_json_write_string (json, name, strlen (name));
      g_string_append_c (json, ':');
      if (*field == '\0')
        g_string_append (json, "null");
      else if (belt_number_parse_f64 (field, strlen (field), &number) ||
               g_str_equal (field, "true") || g_str_equal (field, "false"))
        g_string_append (json, field);
      else
        belt_json_write_string (json, field, strlen (field));
    }
  g_string_append_c (json, '}');

  return g_string_free (json, FALSE);
}

static void
read_sample (Snapshot   *self,
             BeltStream *stream,
             const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr(GPtrArray) lines = g_ptr_array_new ();
  g_autoptr(GPtrArray) names = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  gboolean csv = g_str_has_suffix (path, ".csv") &&
                 (stream->format == NULL || g_ascii_strcasecmp (stream->format, "delimited") != 0);
  gint64 at_ms = SAMPLE_START_MS;
  gsize len = 0;
  char *line;
  guint first;

  if (!g_file_get_contents (path, &text, &len, NULL))
    return;

  for (line = text; line != NULL && *line != '\0'; )
    {
      char *end = strchr (line, '\n');

      if (end != NULL)
        *end++ = '\0';
      if (*line != '\0' && *line != '\r')
        g_ptr_array_add (lines, line);
      line = end;
    }

  if (csv && lines->len > 0)
    names = split_csv (g_ptr_array_index (lines, 0), strlen (g_ptr_array_index (lines, 0)));
  first = csv ? 1 : 0;
  if (lines->len > self->rows_max + first)
    first = lines->len - self->rows_max;
  for (guint i = first; i < lines->len; i++)
    {
      const char *payload = g_ptr_array_index (lines, i);
      g_autofree char *converted = csv ? convert_csv_line (names, payload, strlen (payload)) : NULL;
      gint64 time;

      if (converted != NULL)
        payload = converted;
      time = look_at_row (self, stream, payload, strlen (payload), arena);
      belt_arena_reset (arena);
      at_ms = time >= 0 ? (i == first ? time : MAX (at_ms, time)) : i == first ? at_ms : at_ms + ROW_INTERVAL_MS;
      add_row (self, stream, payload, strlen (payload), at_ms);
    }
  g_hash_table_insert (self->n_rows, g_strdup (stream->name), GUINT_TO_POINTER (lines->len - first));
}

static int
compare_rows (gconstpointer a,
              gconstpointer b)
{
  const SampleRow *left = *(SampleRow *const *)a;
  const SampleRow *right = *(SampleRow *const *)b;

  if (left->is_before != right->is_before)
    return left->is_before ? -1 : 1;
  if (left->record->at_ms != right->record->at_ms)
    return left->record->at_ms < right->record->at_ms ? -1 : 1;

  return left->sequence < right->sequence ? -1 : 1;
}

static void
read_project (Snapshot *self)
{
  BeltProject *project = belt_project_open (self->folder, self->diagnostics);
  const char *const *names;

  self->project = project;
  if (project == NULL)
    {
      self->catalog = belt_catalog_new ();
      return;
    }

  self->catalog = belt_catalog_ref (belt_project_get_catalog (project));
  names = belt_project_get_rules (project);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      JsonObject *rule = belt_project_load_rule (project, names[i], NULL);

      if (rule != NULL)
        g_hash_table_insert (self->rules, g_strdup (names[i]), rule);
    }

  for (int tables = 0; tables < 2; tables++)
    {
      g_autoptr(GPtrArray) streams = belt_catalog_list (self->catalog, tables == 1);

      for (guint i = 0; i < streams->len; i++)
        {
          const char *name = g_ptr_array_index (streams, i);
          g_autofree char *path = belt_project_dup_sample (project, name);

          if (path != NULL)
            read_sample (self, belt_catalog_lookup (self->catalog, name), path);
        }
    }
  g_ptr_array_sort (self->rows, compare_rows);
}

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  Snapshot *snapshot = snapshot_new ();

  snapshot->folder = g_strdup (((Snapshot *)task_data)->folder);
  snapshot->rows_max = ((Snapshot *)task_data)->rows_max;
  read_project (snapshot);
  g_task_return_pointer (task, snapshot, snapshot_free);
}

/* Listeners stand for the streams as they are now. */
static void
refresh_listeners (BwSession *self)
{
  GHashTableIter iter;
  gpointer name;
  gpointer listener;

  g_hash_table_iter_init (&iter, self->listeners);
  while (g_hash_table_iter_next (&iter, &name, &listener))
    {
      BeltStream *stream = belt_catalog_lookup (self->snapshot->catalog, name);

      if (stream != NULL)
        bw_listener_refresh (listener, stream);
      else
        g_hash_table_iter_remove (&iter);
    }
}

static void
load_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  BwSession *self = BW_SESSION (object);
  Snapshot *snapshot = g_task_propagate_pointer (G_TASK (result), NULL);

  self->loading = FALSE;
  if (snapshot == NULL)
    return;

  g_clear_pointer (&self->snapshot, snapshot_free);
  self->snapshot = snapshot;
  refresh_listeners (self);
  g_signal_emit (self, signals[CHANGED], 0);
  if (self->load_again)
    bw_session_reload (self);
}

static void
bw_session_dispose (GObject *object)
{
  BwSession *self = BW_SESSION (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->rows_timeout, g_source_remove);
  g_hash_table_remove_all (self->listeners);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (bw_session_parent_class)->dispose (object);
}

static void
bw_session_finalize (GObject *object)
{
  BwSession *self = BW_SESSION (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->project);
  g_clear_pointer (&self->snapshot, snapshot_free);
  g_clear_pointer (&self->functions, belt_function_table_unref);
  g_hash_table_unref (self->listeners);
  g_hash_table_unref (self->settled);
  g_hash_table_unref (self->fresh);

  G_OBJECT_CLASS (bw_session_parent_class)->finalize (object);
}

static void
bw_session_class_init (BwSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bw_session_dispose;
  object_class->finalize = bw_session_finalize;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[ROWS] = g_signal_new ("rows", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bw_session_init (BwSession *self)
{
  self->cancellable = g_cancellable_new ();
  self->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  self->listeners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->settled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->fresh = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

BwSession *
bw_session_new (BwProject *project)
{
  BwSession *self = g_object_new (BW_TYPE_SESSION, NULL);

  self->project = g_object_ref (project);
  g_signal_connect_object (project, "scanned", G_CALLBACK (bw_session_reload), self, G_CONNECT_SWAPPED);
  bw_session_reload (self);
  return self;
}

BwProject *
bw_session_get_project (BwSession *self)
{
  return self->project;
}

gboolean
bw_session_is_loaded (BwSession *self)
{
  return self->snapshot != NULL;
}

/* Borrowed; NULL before the first "changed". */
BeltCatalog *
bw_session_get_catalog (BwSession *self)
{
  return self->snapshot != NULL ? self->snapshot->catalog : NULL;
}

/* Borrowed until the next "changed"; NULL when there is none that can be used. */
BeltManifest *
bw_session_get_manifest (BwSession *self)
{
  return self->snapshot != NULL && self->snapshot->project != NULL
         ? belt_project_get_manifest (self->snapshot->project) : NULL;
}

/* The same for the project. */
BeltProject *
bw_session_get_belt_project (BwSession *self)
{
  return self->snapshot != NULL ? self->snapshot->project : NULL;
}

BeltFunctionTable *
bw_session_get_functions (BwSession *self)
{
  return self->functions;
}

void
bw_session_set_functions (BwSession         *self,
                          BeltFunctionTable *functions)
{
  g_clear_pointer (&self->functions, belt_function_table_unref);
  self->functions = belt_function_table_ref (functions);
  /* A source plugin came with them, maybe. */
  if (self->snapshot != NULL)
    refresh_listeners (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

GPtrArray *
bw_session_get_diagnostics (BwSession *self)
{
  return self->snapshot != NULL ? self->snapshot->diagnostics : NULL;
}

guint
bw_session_get_n_rows (BwSession  *self,
                       const char *stream)
{
  BwListener *listener = g_hash_table_lookup (self->listeners, stream);

  if (listener != NULL && bw_listener_get_n_came (listener) > 0)
    return bw_listener_get_records (listener)->length;

  return bw_session_get_n_sample_rows (self, stream);
}

guint
bw_session_get_n_sample_rows (BwSession  *self,
                              const char *stream)
{
  return self->snapshot != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (self->snapshot->n_rows, stream)) : 0;
}

static gboolean
rows_cb (gpointer data)
{
  BwSession *self = data;

  self->rows_timeout = 0;
  g_signal_emit (self, signals[ROWS], 0);
  g_hash_table_remove_all (self->fresh);

  return G_SOURCE_REMOVE;
}

void
bw_session_tell_rows (BwSession *self)
{
  if (self->rows_timeout == 0)
    self->rows_timeout = g_timeout_add (ROWS_MS, rows_cb, self);
}

static void
rows_came_cb (BwSession  *self,
              BwListener *listener)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltStream *stream = belt_catalog_lookup (self->snapshot->catalog, bw_listener_get_name (listener));
  GList *at = bw_listener_get_records (listener)->tail;

  for (guint i = 0; stream != NULL && at != NULL && i < SEEN_ROWS; i++, at = at->prev)
    {
      g_autofree char *text = belt_record_dup_text (at->data);

      look_at_row (self->snapshot, stream, text, strlen (text), arena);
      belt_arena_reset (arena);
    }
  g_hash_table_add (self->fresh, g_strdup (bw_listener_get_name (listener)));
  bw_session_tell_rows (self);
}

gboolean
bw_session_is_fresh (BwSession         *self,
                     const char *const *streams)
{
  for (guint i = 0; streams != NULL && streams[i] != NULL; i++)
    if (g_hash_table_contains (self->fresh, streams[i]))
      return TRUE;

  return FALSE;
}

static BeltEngine *
need_engine (BwSession *self)
{
  g_autofree char *folder = g_file_get_path (bw_project_get_folder (self->project));
  g_autoptr(GError) error = NULL;

  if (self->engine != NULL)
    return self->engine;
  self->engine = belt_engine_new (NULL, BELT_ENGINE_SINKS_MUTED | BELT_ENGINE_EXTENSIONS, &error);
  if (self->engine == NULL)
    g_error ("an engine in memory: %s", error->message);
  belt_engine_set_base_dir (self->engine, folder);

  return self->engine;
}

BwListener *
bw_session_get_listener (BwSession  *self,
                         const char *name)
{
  BeltStream *stream = self->snapshot != NULL ? belt_catalog_lookup (self->snapshot->catalog, name) : NULL;
  BwListener *listener = g_hash_table_lookup (self->listeners, name);

  if (listener != NULL || stream == NULL || g_strcmp0 (stream->kind, "lookup") == 0)
    return listener;

  listener = bw_listener_new (stream, g_settings_get_uint (bw_settings_get_default (), "sample-rows-max"));
  g_signal_connect_object (listener, "rows", G_CALLBACK (rows_came_cb), self, G_CONNECT_SWAPPED);
  g_hash_table_insert (self->listeners, g_strdup (name), listener);
  return listener;
}

void
bw_session_listen (BwSession  *self,
                   const char *stream,
                   gboolean    on)
{
  BwListener *listener = bw_session_get_listener (self, stream);

  g_hash_table_add (self->settled, g_strdup (stream));
  if (listener != NULL)
    bw_listener_set_engine (listener, on ? need_engine (self) : NULL);
}

void
bw_session_want (BwSession  *self,
                 const char *stream)
{
  BwListener *listener;

  if (self->snapshot == NULL || bw_session_get_n_sample_rows (self, stream) > 0 ||
      g_hash_table_contains (self->settled, stream))
    return;
  listener = bw_session_get_listener (self, stream);
  if (listener != NULL)
    bw_listener_set_engine (listener, need_engine (self));
}

/* Borrowed; eKuiper's object as on disk, or NULL. */
JsonObject *
bw_session_get_rule (BwSession  *self,
                     const char *name)
{
  return self->snapshot != NULL ? g_hash_table_lookup (self->snapshot->rules, name) : NULL;
}

/**
 * bw_session_fill_language:
 * @self: a session
 * @language: (out): what is known; borrowed until the next "changed"
 */
void
bw_session_fill_language (BwSession    *self,
                          BeltLanguage *language)
{
  *language = (BeltLanguage) { .functions = self->functions, .extensions = TRUE };
  if (self->snapshot == NULL)
    return;

  language->catalog = self->snapshot->catalog;
  language->columns_seen = belt_columns_seen_get_all (self->snapshot->columns, &language->n_columns_seen);
}

/* FALSE: there is no such rule on disk, or its options are wrong. */
gboolean
bw_session_read_options (BwSession       *self,
                         const char      *rule,
                         BeltRuleOptions *ret_options)
{
  JsonObject *object = bw_session_get_rule (self, rule);
  JsonNode *node = object != NULL ? json_object_get_member (object, "options") : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) &&
         belt_rule_options_parse (ret_options, json_node_get_object (node), NULL);
}

/* Samples of streams of which nothing came yet are in order; so is what came of each stream. */
static GPtrArray *
collect_rows (BwSession     *self,
              BeltTrialSpec *spec)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (sample_row_free);
  guint n_streams = 0;
  GHashTableIter iter;
  gpointer name;
  gpointer listener;

  for (guint i = 0; i < self->snapshot->rows->len; i++)
    {
      const SampleRow *row = g_ptr_array_index (self->snapshot->rows, i);
      BwListener *live = g_hash_table_lookup (self->listeners, row->stream);

      if (live == NULL || bw_listener_get_n_came (live) == 0)
        add_record (rows, row->stream, row->record, row->is_before);
    }
  n_streams = rows->len > 0 ? 1 : 0;

  g_hash_table_iter_init (&iter, self->listeners);
  while (g_hash_table_iter_next (&iter, &name, &listener))
    {
      GQueue *records = bw_listener_get_records (listener);

      for (GList *at = records->head; at != NULL; at = at->next)
        add_record (rows, name, at->data, FALSE);
      belt_trial_spec_add_before (spec, name, bw_listener_get_n_came (listener) - records->length);
      n_streams += records->length > 0 ? 1 : 0;
    }
  if (n_streams > 1)
    g_ptr_array_sort (rows, compare_rows);

  return rows;
}

/**
 * bw_session_create_spec:
 * @self: a session that is loaded
 * @rule: name of a rule
 * @sql: its statement as it stands in the editor
 *
 * Returns: (transfer full): a trial of it over all rows at hand
 */
BeltTrialSpec *
bw_session_create_spec (BwSession  *self,
                        const char *rule,
                        const char *sql)
{
  BeltTrialSpec *spec = belt_trial_spec_new ();
  JsonObject *object = bw_session_get_rule (self, rule);
  g_autoptr(GPtrArray) rows = collect_rows (self, spec);

  spec->catalog = belt_catalog_ref (self->snapshot->catalog);
  spec->functions = belt_function_table_ref (self->functions);
  spec->rule_id = g_strdup (rule);
  spec->sql = g_strdup (sql);
  if (object != NULL && json_object_has_member (object, "options"))
    spec->options = json_object_ref (json_object_get_object_member (object, "options"));
  if (object != NULL && json_object_has_member (object, "actions"))
    spec->actions = json_array_ref (json_object_get_array_member (object, "actions"));
  spec->extensions = TRUE;
  spec->rows_max = TRIAL_ROWS_MAX;
  spec->start_ms = SAMPLE_START_MS;

  for (guint i = 0; i < rows->len; i++)
    {
      const SampleRow *row = g_ptr_array_index (rows, i);

      if (!row->is_before && (i == 0 || ((SampleRow *)g_ptr_array_index (rows, i - 1))->is_before))
        spec->start_ms = row->record->at_ms;
      belt_trial_spec_add_record (spec, row->stream, row->record, row->is_before ? -1 : row->record->at_ms);
    }

  return spec;
}

void
bw_session_reload (BwSession *self)
{
  g_autoptr(GTask) task = NULL;
  Snapshot *request;

  self->load_again = self->loading;
  if (self->loading)
    return;

  self->loading = TRUE;
  request = snapshot_new ();
  request->folder = g_file_get_path (bw_project_get_folder (self->project));
  request->rows_max = g_settings_get_uint (bw_settings_get_default (), "sample-rows-max");
  task = g_task_new (self, self->cancellable, load_cb, NULL);
  g_task_set_task_data (task, request, snapshot_free);
  g_task_run_in_thread (task, load_thread);
}
