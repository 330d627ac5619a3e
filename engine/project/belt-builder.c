/* belt-builder.c - a plugin's C files to a shared object
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * -O1 with -g: fast enough to run, quick to compile, and a crash still has its
 * line.  The object is written under a passing name and renamed to its content's.
 */
#include "config.h"

#include "belt-builder-private.h"

#include "belt-error.h"
#include "belt-sdk.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define BUILD_TIMEOUT_S 120u   /* a compiler that takes longer hangs */
#define BUILDS_KEPT     16u    /* of each plugin: enough to symbolise what ran a while ago */
#define NAME_HASH_LEN   16u

/* A program's run in this thread, with an end to waiting. */
typedef struct
{
  GSubprocess *process;
  char        *output;
  GError      *error;
  gboolean     done;
  gboolean     timed_out;
} Running;

static const char *
get_compiler (const BeltManifestPlugin *plugin)
{
  const char *cc = g_getenv ("CC");

  if (plugin != NULL && plugin->cc != NULL)
    return plugin->cc;
  return cc != NULL && cc[0] != '\0' ? cc : "cc";
}

static void
run_communicate_cb (GObject      *object,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Running *running = user_data;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (object), result, &running->output, NULL, &running->error);
  running->done = TRUE;
}

static gboolean
run_timeout_cb (gpointer user_data)
{
  Running *running = user_data;

  running->timed_out = TRUE;
  g_subprocess_force_exit (running->process);
  return G_SOURCE_REMOVE;
}

/* Its output, both streams; *ret_ok says whether it exited with 0. */
static char *
run_program (const char *const  *argv,
             const char         *folder,
             GCancellable       *cancellable,
             gboolean           *ret_ok,
             GError            **error)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                                        G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GSource) timeout = g_timeout_source_new_seconds (BUILD_TIMEOUT_S);
  Running running = { NULL };

  g_subprocess_launcher_set_cwd (launcher, folder);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_main_context_push_thread_default (context);
  process = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (process != NULL)
    {
      running.process = process;
      g_source_set_callback (timeout, run_timeout_cb, &running, NULL);
      g_source_attach (timeout, context);
      g_subprocess_communicate_utf8_async (process, NULL, cancellable, run_communicate_cb, &running);
      while (!running.done)
        g_main_context_iteration (context, TRUE);
      g_source_destroy (timeout);
      if (running.error != NULL)
        g_subprocess_force_exit (process);
      else
        *ret_ok = g_subprocess_wait (process, NULL, NULL) && g_subprocess_get_if_exited (process) &&
                  g_subprocess_get_exit_status (process) == 0;
    }
  g_main_context_pop_thread_default (context);

  if (running.error != NULL)
    {
      g_propagate_error (error, running.error);
      g_free (running.output);
      return NULL;
    }
  if (running.timed_out)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "%s did not end within %u seconds", argv[0], BUILD_TIMEOUT_S);
      g_clear_pointer (&running.output, g_free);
    }
  return running.output;
}

/* What pkg-config says for the plugin's libraries; nothing when it needs none. */
static gboolean
add_libraries (const BeltManifestPlugin *plugin,
               const char               *folder,
               const char               *what,
               GStrvBuilder             *arguments,
               GCancellable             *cancellable,
               GError                  **error)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *output = NULL;
  g_auto(GStrv) words = NULL;
  gboolean ok = FALSE;

  if (plugin->pkg_config[0] == NULL)
    return TRUE;
  g_ptr_array_add (argv, (gpointer) "pkg-config");
  g_ptr_array_add (argv, (gpointer) what);
  for (guint i = 0; plugin->pkg_config[i] != NULL; i++)
    g_ptr_array_add (argv, plugin->pkg_config[i]);
  g_ptr_array_add (argv, NULL);
  if (!(output = run_program ((const char *const *) argv->pdata, folder, cancellable, &ok, error)))
    return FALSE;
  if (!ok)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "pkg-config for plugin %s: %s", plugin->name,
                   g_strstrip (output));
      return FALSE;
    }
  if (g_strstrip (output)[0] == '\0')
    return TRUE;
  if (!g_shell_parse_argv (output, NULL, &words, error))
    return FALSE;
  g_strv_builder_addv (arguments, (const char **) words);
  return TRUE;
}

static char **
make_arguments (const char                *folder,
                const BeltManifestPlugin  *plugin,
                const char                *output,
                GCancellable              *cancellable,
                GError                   **error)
{
  static const char *const common[] =
  {
    "-std=gnu11", "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-omit-frame-pointer", "-Wall", "-Wextra",
    "-Wno-unused-parameter", "-Werror=implicit-function-declaration", "-fdiagnostics-color=never",
    "-fno-diagnostics-show-caret", "-Wl,-z,defs", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-Bsymbolic", "-Wl,--build-id",
    NULL,
  };
  g_autoptr(GStrvBuilder) arguments = g_strv_builder_new ();
  g_autofree char *version = g_strdup_printf ("-DBELT_PLUGIN_VERSION=\"%s\"", plugin->version);
  g_autofree char *map = g_strdup_printf ("-ffile-prefix-map=%s=.", folder);

  g_strv_builder_add (arguments, get_compiler (plugin));
  g_strv_builder_addv (arguments, (const char **) common);
  g_strv_builder_add (arguments, version);
  g_strv_builder_add (arguments, map);
  g_strv_builder_add (arguments, "-I");
  g_strv_builder_add (arguments, belt_sdk_get_include_dir ());
  g_strv_builder_addv (arguments, (const char **) plugin->cflags);
  if (!add_libraries (plugin, folder, "--cflags", arguments, cancellable, error))
    return NULL;
  g_strv_builder_addv (arguments, (const char **) plugin->files);
  g_strv_builder_add (arguments, "-o");
  g_strv_builder_add (arguments, output);
  if (!add_libraries (plugin, folder, "--libs", arguments, cancellable, error))
    return NULL;
  g_strv_builder_add (arguments, "-lm");
  return g_strv_builder_end (arguments);
}

/* Oldest builds of a plugin go; those of this minute stay, somebody may run them. */
static void
prune_builds (const char *target,
              const char *name)
{
  g_autoptr(GDir) dir = g_dir_open (target, 0, NULL);
  g_autofree char *prefix = g_strconcat (name, "-", NULL);
  const char *file;
  guint n = 0;
  g_autofree char *oldest = NULL;
  gint64 oldest_time = G_MAXINT64;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = NULL;
      GStatBuf status;

      if (!g_str_has_prefix (file, prefix) || strlen (file) != strlen (prefix) + NAME_HASH_LEN + strlen (".so"))
        continue;
      path = g_build_filename (target, file, NULL);
      n++;
      if (g_stat (path, &status) == 0 && status.st_mtime < oldest_time)
        {
          oldest_time = status.st_mtime;
          g_free (oldest);
          oldest = g_steal_pointer (&path);
        }
    }
  if (n > BUILDS_KEPT && oldest != NULL)
    (void) g_unlink (oldest);
}

/* Moves the object to the name of its content. */
static gboolean
settle (BeltBuild   *build,
        const char  *target,
        const char  *name,
        const char  *passing,
        GError     **error)
{
  g_autofree char *content = NULL;
  g_autofree char *sum = NULL;
  g_autofree char *file = NULL;
  gsize len;

  if (!g_file_get_contents (passing, &content, &len, error))
    return FALSE;
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, len);
  file = g_strdup_printf ("%s-%.*s.so", name, (int) NAME_HASH_LEN, sum);
  build->so_path = g_build_filename (target, file, NULL);
  build->unchanged = g_file_test (build->so_path, G_FILE_TEST_EXISTS);
  if (g_rename (passing, build->so_path) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "renaming %s: %s", passing, g_strerror (errno));
      g_clear_pointer (&build->so_path, g_free);
      return FALSE;
    }
  prune_builds (target, name);
  return TRUE;
}

/* An error that has no place is still an error. */
static void
complain_without_place (BeltBuild                *build,
                        const BeltManifestPlugin *plugin)
{
  g_autofree char *text = g_strstrip (g_strdup (build->output));
  BeltDiagnostic *diagnostic;

  diagnostic = belt_diagnostic_new (BELT_SEVERITY_ERROR, "compiler", (BeltSpan) { 0, 0 }, "%s: %s",
                                    get_compiler (plugin), text[0] != '\0' ? text : "failed and said nothing");
  diagnostic->file = g_strdup (plugin->files[0]);
  diagnostic->line = 1;
  diagnostic->column = 1;
  g_ptr_array_add (build->diagnostics, diagnostic);
  build->n_errors++;
}

void
belt_build_free (BeltBuild *self)
{
  if (self == NULL)
    return;

  g_free (self->so_path);
  g_free (self->output);
  g_ptr_array_unref (self->diagnostics);
  g_free (self);
}

BeltBuild *
belt_builder_build (const char                *folder,
                    const BeltManifestPlugin  *plugin,
                    GCancellable              *cancellable,
                    GError                   **error)
{
  g_autofree char *root = g_canonicalize_filename (folder, NULL);
  g_autofree char *target = g_build_filename (root, "target", NULL);
  g_autofree char *passing_name = g_strdup_printf (".%s.%d.so.new", plugin->name, g_random_int_range (0, G_MAXINT));
  g_autofree char *passing = g_build_filename (target, passing_name, NULL);
  g_autoptr(BeltBuild) build = g_new0 (BeltBuild, 1);
  g_auto(GStrv) arguments = NULL;
  gint64 start = g_get_monotonic_time ();
  gboolean ok = FALSE;

  build->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
  if (g_mkdir_with_parents (target, 0777) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", target, g_strerror (errno));
      return NULL;
    }
  if (!(arguments = make_arguments (root, plugin, passing, cancellable, error)))
    return NULL;
  build->output = run_program ((const char *const *) arguments, root, cancellable, &ok, error);
  if (build->output == NULL)
    {
      (void) g_unlink (passing);
      g_prefix_error (error, "compiling plugin %s with %s: ", plugin->name, arguments[0]);
      return NULL;
    }

  belt_builder_parse_output (build->output, root, build->diagnostics, &build->n_errors);
  if (ok && !settle (build, target, plugin->name, passing, error))
    return NULL;
  if (!ok)
    {
      (void) g_unlink (passing);
      if (build->n_errors == 0)
        complain_without_place (build, plugin);
    }
  build->elapsed_ms = (g_get_monotonic_time () - start) / 1000;
  return g_steal_pointer (&build);
}

char *
belt_builder_dup_newest (const char *folder,
                         const char *plugin_name)
{
  g_autofree char *target = g_build_filename (folder, "target", NULL);
  g_autofree char *prefix = g_strconcat (plugin_name, "-", NULL);
  g_autoptr(GDir) dir = g_dir_open (target, 0, NULL);
  char *newest = NULL;
  gint64 newest_ns = 0;
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = NULL;
      GStatBuf status;
      gint64 ns;

      if (!g_str_has_prefix (file, prefix) || strlen (file) != strlen (prefix) + NAME_HASH_LEN + strlen (".so"))
        continue;
      path = g_build_filename (target, file, NULL);
      if (g_stat (path, &status) != 0)
        continue;
      ns = (gint64) status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
      if (ns >= newest_ns)
        {
          newest_ns = ns;
          g_free (newest);
          newest = g_steal_pointer (&path);
        }
    }
  return newest;
}

typedef struct
{
  char         *folder;
  BeltManifest *manifest;   /* one plugin in it */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->folder);
  belt_manifest_free (job->manifest);
  g_free (job);
}

static void
build_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  Job *job = data;
  GError *error = NULL;
  const BeltManifestPlugin *plugin = g_ptr_array_index (job->manifest->plugins, 0);
  BeltBuild *build = belt_builder_build (job->folder, plugin, cancellable, &error);

  if (build != NULL)
    g_task_return_pointer (task, build, (GDestroyNotify) belt_build_free);
  else
    g_task_return_error (task, error);
}

void
belt_builder_build_async (const char                *folder,
                          const BeltManifestPlugin  *plugin,
                          GCancellable              *cancellable,
                          GAsyncReadyCallback        callback,
                          gpointer                   user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->folder = g_strdup (folder);
  job->manifest = belt_manifest_new_of_plugin (plugin);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, build_thread);
}

BeltBuild *
belt_builder_build_finish (GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* One entry a C file. */
static void
add_commands (JsonArray                *commands,
              const char               *root,
              const BeltManifestPlugin *plugin)
{
  g_auto(GStrv) arguments = make_arguments (root, plugin, "a.so", NULL, NULL);

  for (guint i = 0; arguments != NULL && plugin->files[i] != NULL; i++)
    {
      JsonObject *entry = json_object_new ();
      JsonArray *list = json_array_new ();

      for (guint k = 0; arguments[k] != NULL; k++)
        {
          gboolean other = g_strv_contains ((const char *const *) plugin->files, arguments[k]) &&
                           !g_str_equal (arguments[k], plugin->files[i]);

          if (!other && !g_str_has_prefix (arguments[k], "-Wl,"))
            json_array_add_string_element (list, arguments[k]);
        }
      json_object_set_string_member (entry, "directory", root);
      json_object_set_string_member (entry, "file", plugin->files[i]);
      json_object_set_array_member (entry, "arguments", list);
      json_array_add_object_element (commands, entry);
    }
}

gboolean
belt_builder_write_commands (const char    *folder,
                             BeltManifest  *manifest,
                             GError       **error)
{
  g_autofree char *root = g_canonicalize_filename (folder, NULL);
  g_autofree char *path = g_build_filename (root, "compile_commands.json", NULL);
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *commands = json_array_new ();
  g_autofree char *before = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < manifest->plugins->len; i++)
    add_commands (commands, root, g_ptr_array_index (manifest->plugins, i));
  json_node_take_array (node, commands);
  json_generator_set_root (generator, node);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  if (g_file_get_contents (path, &before, NULL, NULL) && g_str_equal (before, text))
    return TRUE;
  return g_file_set_contents (path, text, -1, error);
}

char *
belt_builder_dup_compiler_version (void)
{
  const char *argv[] = { get_compiler (NULL), "--version", NULL };
  gboolean ok = FALSE;
  g_autofree char *output = run_program (argv, ".", NULL, &ok, NULL);
  char *newline = output != NULL ? strchr (output, '\n') : NULL;

  if (!ok || output == NULL)
    return NULL;
  if (newline != NULL)
    *newline = '\0';
  return g_steal_pointer (&output);
}
