/* bw-places.c - where examples are and where new projects go
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Examples are opened as copies: what one tries on them is one's own.
 */
#include "config.h"

#include "bw-places.h"

#include <glib/gi18n.h>

#define PROJECT_NAMES_MAX 1000  /* tries for a free name */

char *
bw_places_dup_example (const char *name)
{
  static const char *const folders[] = { BELT_SOURCE_DIR "/data/examples", BELT_DATA_DIR "/examples" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      char *path = g_build_filename (folders[i], name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        return path;
      g_free (path);
    }

  return NULL;
}

static char *
dup_projects_folder (void)
{
  const char *documents = g_get_user_special_dir (G_USER_DIRECTORY_DOCUMENTS);

  return g_build_filename (documents != NULL ? documents : g_get_home_dir (), "Beltworks", NULL);
}

char *
bw_places_dup_new_project (const char *name)
{
  g_autofree char *folder = dup_projects_folder ();
  char *path = g_build_filename (folder, name, NULL);

  g_mkdir_with_parents (folder, 0755);
  for (int i = 2; i < PROJECT_NAMES_MAX && g_file_test (path, G_FILE_TEST_EXISTS); i++)
    {
      g_autofree char *numbered = g_strdup_printf ("%s-%d", name, i);

      g_free (path);
      path = g_build_filename (folder, numbered, NULL);
    }

  return path;
}

static gboolean
copy_folder (GFile         *from,
             GFile         *to,
             GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr(GFileEnumerator) files = NULL;
  GFileInfo *info;
  GFile *child;

  if (!g_file_make_directory_with_parents (to, cancellable, error))
    return FALSE;
  files = g_file_enumerate_children (from, "standard::name,standard::type", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                                     cancellable, error);
  if (files == NULL)
    return FALSE;

  for (;;)
    {
      g_autoptr(GFile) target = NULL;

      if (!g_file_enumerator_iterate (files, &info, &child, cancellable, error))
        return FALSE;
      if (info == NULL)
        return TRUE;
      /* What was built is built again. */
      if (g_str_equal (g_file_info_get_name (info), "target"))
        continue;
      target = g_file_get_child (to, g_file_info_get_name (info));
      if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY
          ? !copy_folder (child, target, cancellable, error)
          : !g_file_copy (child, target, G_FILE_COPY_TARGET_DEFAULT_PERMS, cancellable, NULL, NULL, error))
        return FALSE;
    }
}

static void
copy_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  const char *name = task_data;
  g_autofree char *example = bw_places_dup_example (name);
  g_autofree char *folder = dup_projects_folder ();
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr(GFile) from = NULL;
  g_autoptr(GFile) to = g_file_new_for_path (path);
  GError *error = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_task_return_pointer (task, g_steal_pointer (&path), g_free);
      return;
    }
  if (example == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("The example “%s” is not installed."), name);
      return;
    }

  from = g_file_new_for_path (example);
  if (!copy_folder (from, to, cancellable, &error))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&path), g_free);
}

void
bw_places_copy_example_async (const char          *name,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, g_strdup (name), g_free);
  g_task_run_in_thread (task, copy_thread);
}

char *
bw_places_copy_example_finish (GAsyncResult  *result,
                               GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

char *
bw_places_dup_identifier (const char *text,
                          const char *fallback)
{
  GString *name = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_isalnum (*at) || *at == '_')
      g_string_append_c (name, *at);
    else if (name->len > 0 && name->str[name->len - 1] != '_')
      g_string_append_c (name, '_');
  while (name->len > 0 && name->str[name->len - 1] == '_')
    g_string_truncate (name, name->len - 1);
  if (name->len > 0 && g_ascii_isdigit (name->str[0]))
    g_string_prepend_c (name, '_');
  if (name->len == 0)
    g_string_append (name, fallback);

  return g_string_free (name, FALSE);
}
