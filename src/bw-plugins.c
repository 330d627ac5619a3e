/* bw-plugins.c - builds and swaps the project's plugins
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One build a plugin at a time; saving during one asks for another.  Whatever
 * goes wrong, the build before it goes on answering, and the sentence says so.
 */
#include "config.h"

#include "bw-plugins.h"

#include "bw-problem.h"

#include <glib/gi18n.h>
#include <string.h>

#define COMPILING_AFTER_MS 150  /* shorter builds need no word */

typedef struct
{
  BwPlugin *plugin;
  GStrv     files;
  gint64    started_us;
  gboolean  building;
  gboolean  again;
  gboolean  loaded;        /* a build of it has answered */
  guint     compiling_timeout;
  char     *crash;         /* the last, in a sentence */
} Entry;

struct _BwPlugins
{
  GObject        parent_instance;

  BwSession     *session;
  BeltPluginSet *set;
  GHashTable    *entries;     /* name to Entry */
  GCancellable  *cancellable;
  guint          n_busy;
};

G_DEFINE_FINAL_TYPE (BwPlugins, bw_plugins, G_TYPE_OBJECT)

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_clear_handle_id (&self->compiling_timeout, g_source_remove);
  g_clear_object (&self->plugin);
  g_strfreev (self->files);
  g_free (self->crash);
  g_free (self);
}

/* One build on its way: survives the entry. */
typedef struct
{
  BwPlugins        *plugins;
  char             *name;
  char             *so_path;
  BeltPluginOptions options;
  gboolean          unchanged;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_clear_object (&self->plugins);
  g_free (self->name);
  g_free (self->so_path);
  g_free (self);
}

static void
finish_job (BwPlugins *self,
            Entry     *entry)
{
  gboolean again = entry->again;

  self->n_busy--;
  entry->building = FALSE;
  entry->again = FALSE;
  g_clear_handle_id (&entry->compiling_timeout, g_source_remove);
  if (again)
    bw_plugins_build (self, bw_plugin_get_name (entry->plugin));
}

static void
set_not_swapped (Entry      *entry,
                 const char *reason)
{
  gsize len = strlen (reason);
  const char *stop = len > 0 && strchr (".?!", reason[len - 1]) != NULL ? "" : ".";
  g_autofree char *text = entry->loaded
                          ? g_strdup_printf (_("Not swapped: %s%s The last good build answers."), reason, stop)
                          : g_strdup_printf (_("Not loaded: %s%s"), reason, stop);

  bw_plugin_set_state (entry->plugin, BW_PLUGIN_NOT_SWAPPED, text);
}

static void
install_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BwPlugins *self = source;
  Job *job = task_data;
  GError *error = NULL;

  if (belt_plugin_set_install (self->set, job->name, job->so_path, &job->options, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
install_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  BwPlugins *self = BW_PLUGINS (object);
  Job *job = g_task_get_task_data (G_TASK (result));
  Entry *entry = g_hash_table_lookup (self->entries, job->name);
  g_autoptr(GError) error = NULL;
  gboolean swapped = g_task_propagate_boolean (G_TASK (result), &error);
  g_autoptr(BeltFunctionTable) functions = NULL;
  g_autofree char *text = NULL;

  if (entry == NULL)
    {
      self->n_busy--;
      return;
    }

  if (!swapped)
    {
      set_not_swapped (entry, error->message);
      finish_job (self, entry);
      return;
    }

  text = g_strdup_printf (entry->loaded ? _("Swapped in %.0f ms.") : _("Built and loaded in %.0f ms."),
                          (double)(g_get_monotonic_time () - entry->started_us) / 1000.0);
  entry->loaded = TRUE;
  bw_plugin_set_state (entry->plugin, BW_PLUGIN_SWAPPED, text);
  functions = belt_plugin_set_dup_functions (self->set);
  bw_session_set_functions (self->session, functions);
  finish_job (self, entry);
}

static char *
describe_errors (BeltBuild *build)
{
  for (guint i = 0; i < build->diagnostics->len; i++)
    {
      const BeltDiagnostic *diagnostic = g_ptr_array_index (build->diagnostics, i);
      g_autofree char *file = diagnostic->file != NULL ? g_path_get_basename (diagnostic->file) : NULL;

      if (diagnostic->severity == BELT_SEVERITY_ERROR && file != NULL)
        return g_strdup_printf (ngettext ("%u error, at %s:%u:%u: %s", "%u errors, the first at %s:%u:%u: %s",
                                          build->n_errors),
                                build->n_errors, file, diagnostic->line, diagnostic->column, diagnostic->message);
      if (diagnostic->severity == BELT_SEVERITY_ERROR)
        return g_strdup (diagnostic->message);
    }

  return g_strdup (_("the compiler failed."));
}

static void
build_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  Job *job = data;
  BwPlugins *self = job->plugins;
  Entry *entry = g_hash_table_lookup (self->entries, job->name);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltBuild) build = belt_builder_build_finish (result, &error);
  g_autoptr(GTask) task = NULL;

  if (entry == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      self->n_busy--;
      job_free (job);
      return;
    }
  if (build == NULL)
    {
      set_not_swapped (entry, error->message);
      finish_job (self, entry);
      job_free (job);
      return;
    }

  bw_problem_fill (bw_plugin_get_problems (entry->plugin), build->diagnostics);
  if (build->so_path == NULL)
    {
      g_autofree char *reason = describe_errors (build);

      set_not_swapped (entry, reason);
      finish_job (self, entry);
      job_free (job);
      return;
    }

  job->so_path = g_strdup (build->so_path);
  task = g_task_new (self, self->cancellable, install_cb, NULL);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, install_thread);
}

static gboolean
compiling_cb (gpointer data)
{
  Entry *entry = data;

  entry->compiling_timeout = 0;
  bw_plugin_set_state (entry->plugin, BW_PLUGIN_COMPILING, _("Compiling…"));
  return G_SOURCE_REMOVE;
}

void
bw_plugins_build (BwPlugins  *self,
                  const char *name)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);
  BeltManifest *manifest = bw_session_get_manifest (self->session);
  BeltManifestPlugin *plugin = manifest != NULL ? belt_manifest_get_plugin (manifest, name) : NULL;
  g_autofree char *folder = NULL;
  Job *job;

  if (entry == NULL || plugin == NULL)
    return;
  if (entry->building)
    {
      entry->again = TRUE;
      return;
    }

  entry->building = TRUE;
  entry->started_us = g_get_monotonic_time ();
  entry->compiling_timeout = g_timeout_add (COMPILING_AFTER_MS, compiling_cb, entry);
  self->n_busy++;
  job = g_new0 (Job, 1);
  job->plugins = g_object_ref (self);
  job->name = g_strdup (name);
  /* Builds under edit run with the guarded heap, so that an overflow is caught where it happens. */
  job->options.isolation = plugin->in_process ? BELT_PROCESS_IN_PROCESS : BELT_PROCESS_FENCED;
  if (plugin->kind == BELT_MANIFEST_FUNCTION)
    job->options.function_budget_ms = plugin->budget_ms;
  else
    job->options.io_budget_ms = plugin->budget_ms;
  folder = g_file_get_path (bw_project_get_folder (bw_session_get_project (self->session)));
  belt_builder_build_async (folder, plugin, self->cancellable, build_cb, job);
}

/* "Crashed at functions/ema.c:10 in ema: SIGSEGV writing 0x0." */
static char *
dup_crash (const BeltPluginNotice *notice)
{
  GString *text = g_string_new (NULL);
  g_autofree char *file = notice->file != NULL ? g_path_get_basename (notice->file) : NULL;
  gsize len = strlen (notice->text);

  g_string_append_unichar (text, g_unichar_toupper (g_utf8_get_char (notice->text)));
  g_string_append (text, g_utf8_next_char (notice->text));
  if (file != NULL && strstr (notice->text, file) == NULL)
    g_string_append_printf (text, _(", at %s:%u"), file, notice->line);
  if (len > 0 && strchr (".?!", notice->text[len - 1]) == NULL)
    g_string_append_c (text, '.');

  return g_string_free (text, FALSE);
}

/* What happened in plugin hosts since. */
static void
notice_cb (const BeltPluginNotice *notice,
           gpointer                data)
{
  BwPlugins *self = data;
  Entry *entry = notice->plugin != NULL ? g_hash_table_lookup (self->entries, notice->plugin) : NULL;
  g_autofree char *text = NULL;

  if (entry == NULL)
    return;

  switch (notice->kind)
    {
    case BELT_NOTICE_SWAPPED:
      /* After a crash this is the last good build coming back: the crash is what matters, until a new build. */
      if (bw_plugin_get_state (entry->plugin) == BW_PLUGIN_CRASHED)
        break;
      text = notice->state_kept ? g_strdup_printf (_("Swapped in %.0f ms, state kept."), notice->ms)
             : g_strdup_printf (_("Swapped in %.0f ms, state reset: %s"), notice->ms, notice->text);
      bw_plugin_set_state (entry->plugin, BW_PLUGIN_SWAPPED, text);
      break;
    case BELT_NOTICE_KEPT_OLD:
      set_not_swapped (entry, notice->text);
      break;
    case BELT_NOTICE_FAULT:
      g_free (entry->crash);
      entry->crash = dup_crash (notice);
      bw_plugin_set_state (entry->plugin, BW_PLUGIN_CRASHED, entry->crash);
      break;
    case BELT_NOTICE_FELL_BACK:
    case BELT_NOTICE_FAULTED:
      text = g_strdup_printf ("%s %s", entry->crash != NULL ? entry->crash : notice->text,
                              notice->kind == BELT_NOTICE_FELL_BACK ? _("The last good build answers.")
                              : _("No build answers until there is a new one."));
      bw_plugin_set_state (entry->plugin, BW_PLUGIN_CRASHED, text);
      break;
    case BELT_NOTICE_LOG:
    default:
      break;
    }
}

static void
adopt_manifest (BwPlugins *self)
{
  BeltManifest *manifest = bw_session_get_manifest (self->session);

  for (guint i = 0; manifest != NULL && i < manifest->plugins->len; i++)
    {
      BeltManifestPlugin *plugin = g_ptr_array_index (manifest->plugins, i);
      Entry *entry = g_hash_table_lookup (self->entries, plugin->name);

      if (entry != NULL)
        {
          g_strfreev (entry->files);
          entry->files = g_strdupv (plugin->files);
          continue;
        }
      entry = g_new0 (Entry, 1);
      entry->plugin = bw_plugin_new (plugin->name);
      entry->files = g_strdupv (plugin->files);
      g_hash_table_insert (self->entries, g_strdup (plugin->name), entry);
      bw_plugin_set_state (entry->plugin, BW_PLUGIN_EDITING, _("Not built yet."));
      bw_plugins_build (self, plugin->name);
    }
}

static void
bw_plugins_dispose (GObject *object)
{
  BwPlugins *self = BW_PLUGINS (object);

  g_cancellable_cancel (self->cancellable);
  if (self->set != NULL)
    belt_plugin_set_set_notice_func (self->set, NULL, NULL, NULL);
  g_hash_table_remove_all (self->entries);

  G_OBJECT_CLASS (bw_plugins_parent_class)->dispose (object);
}

static void
bw_plugins_finalize (GObject *object)
{
  BwPlugins *self = BW_PLUGINS (object);

  g_clear_pointer (&self->set, belt_plugin_set_unref);
  g_clear_pointer (&self->entries, g_hash_table_unref);
  g_clear_object (&self->session);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (bw_plugins_parent_class)->finalize (object);
}

static void
bw_plugins_class_init (BwPluginsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bw_plugins_dispose;
  object_class->finalize = bw_plugins_finalize;
}

static void
bw_plugins_init (BwPlugins *self)
{
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->cancellable = g_cancellable_new ();
}

BwPlugins *
bw_plugins_new (BwSession *session)
{
  BwPlugins *self = g_object_new (BW_TYPE_PLUGINS, NULL);

  self->session = g_object_ref (session);
  self->set = belt_plugin_set_new ();
  belt_plugin_set_set_notice_func (self->set, notice_cb, self, NULL);
  g_signal_connect_object (session, "changed", G_CALLBACK (adopt_manifest), self, G_CONNECT_SWAPPED);
  adopt_manifest (self);
  return self;
}

BwPlugin *
bw_plugins_lookup (BwPlugins  *self,
                   const char *name)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  return entry != NULL ? entry->plugin : NULL;
}

BwPlugin *
bw_plugins_lookup_path (BwPlugins  *self,
                        const char *relative)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_strv_contains ((const char *const *)((Entry *)value)->files, relative))
      return ((Entry *)value)->plugin;

  return NULL;
}

gboolean
bw_plugins_is_busy (BwPlugins *self)
{
  return self->n_busy > 0;
}

JsonNode *
bw_plugins_describe (BwPlugins  *self,
                     const char *name)
{
  return belt_plugin_set_describe (self->set, name);
}
