/* belt-plugin-library.c - plugins loaded into the engine itself
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-process-private.h"

#include "belt-error.h"

#include <dlfcn.h>
#include <unistd.h>

static void
log_in_process (BeltExec   *exec,
                int         level,
                const char *file,
                int         line,
                const char *text,
                gsize       len)
{
  g_autofree char *copy = g_strndup (text, len);

  g_info ("plugin: %s:%d: %s", file, line, copy);
}

const BeltExecHost *
belt_plugin_library_get_services (void)
{
  static const BeltExecHost services = {
    .name = "belt",
    .isolation = "in-process",
    .allocate = g_malloc,
    .release = g_free,
    .log = log_in_process,
  };

  return &services;
}

/* Loads and initialises.  glibc knows libraries by name, so a name is never used twice for different
 * content: what was loaded before is asked for by its content, and a known name with new content is
 * loaded from a copy. */
const belt_plugin *
belt_plugin_library_load (const char *path,
                          GError    **error)
{
  static GMutex lock;
  static GHashTable *by_content, *paths;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  g_autofree char *data = NULL, *content = NULL, *copy = NULL;
  char text[BELT_WIRE_TEXT_MAX];
  const belt_plugin *plugin;
  const char *wrong;
  gsize size;
  void *library;
  int fd;

  if (by_content == NULL)
    {
      by_content = g_hash_table_new (g_str_hash, g_str_equal);
      paths = g_hash_table_new (g_str_hash, g_str_equal);
    }
  if (!g_file_get_contents (path, &data, &size, error))
    return NULL;
  content = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)data, size);
  if ((plugin = g_hash_table_lookup (by_content, content)) != NULL)
    return plugin;

  copy = g_strdup (path);
  if (g_hash_table_contains (paths, path))
    {
      g_free (copy);
      if ((fd = g_file_open_tmp ("belt-XXXXXX.so", &copy, error)) < 0)
        return NULL;
      close (fd);
      if (!g_file_set_contents (copy, data, (gssize)size, error))
        return NULL;
    }

  library = dlopen (copy, RTLD_NOW | RTLD_LOCAL);
  plugin = library != NULL ? dlsym (library, BELT_SYMBOL) : NULL;
  if (plugin == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "%s", dlerror ());
      return NULL;
    }
  g_hash_table_add (paths, g_steal_pointer (&copy));
  if ((wrong = belt_exec_check (plugin, text, sizeof text)) == NULL &&
      !belt_exec_init (belt_plugin_library_get_services (), plugin, text, sizeof text))
    wrong = text;
  if (wrong != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "%s", wrong);
      return NULL;
    }
  g_hash_table_insert (by_content, g_steal_pointer (&content), (gpointer)plugin);

  return plugin;
}
