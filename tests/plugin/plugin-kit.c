/* plugin-kit.c - what the tests of plugins share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "plugin-kit.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static char *kit_folder;

static void
remove_folder (void)
{
  const char *argv[] = { "rm", "-rf", kit_folder, NULL };

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

const char *
plugin_kit_get_folder (void)
{
  if (kit_folder == NULL)
    {
      kit_folder = g_dir_make_tmp ("belt-plugin-XXXXXX", NULL);
      g_assert_nonnull (kit_folder);
      atexit (remove_folder);
    }

  return kit_folder;
}

char *
plugin_kit_compile (const char *name,
                    const char *source)
{
  static GHashTable *compiled;
  static int n;
  g_autofree char *c = g_strdup_printf ("%s/%s.c", plugin_kit_get_folder (), name);
  g_autofree char *include = g_strdup_printf ("-I%s", g_getenv ("BELT_TEST_SDK"));
  g_autofree char *map = g_strdup_printf ("-ffile-prefix-map=%s=.", plugin_kit_get_folder ());
  g_autofree char *errors = NULL;
  g_autoptr(GError) error = NULL;
  char *so = g_strdup_printf ("%s/%s-%d.so", plugin_kit_get_folder (), name, ++n);
  const char *argv[] = { "cc", "-std=gnu11", "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden",
                         "-fno-omit-frame-pointer",
                         "-Wall", include, map, c, "-o", so, "-lm", NULL };
  int status;

  /* The same text has the same object: a path still never changes its content. */
  if (compiled == NULL)
    compiled = g_hash_table_new (g_str_hash, g_str_equal);
  if (g_hash_table_lookup (compiled, source) != NULL)
    {
      g_free (so);
      return g_strdup (g_hash_table_lookup (compiled, source));
    }

  g_file_set_contents (c, source, -1, &error);
  g_assert_no_error (error);
  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &errors, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, NULL))
    g_error ("%s", errors);
  g_hash_table_insert (compiled, g_strdup (source), g_strdup (so));

  return so;
}

char *
plugin_kit_template (const char *kind,
                     const char *name)
{
  g_autofree char *path = g_strdup_printf ("%s/template/%s.c", g_getenv ("BELT_TEST_SDK"), kind);
  g_autofree char *text = NULL;
  g_autofree char *id = g_strdup_printf ("io.example.%s", name);
  g_autoptr(GString) result = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  result = g_string_new (text);
  g_string_replace (result, "@NAME@", name, 0);
  g_string_replace (result, "@ID@", id, 0);

  return g_string_free (g_steal_pointer (&result), FALSE);
}

void
plugin_kit_install (BeltPluginSet  *set,
                    const char     *name,
                    const char     *source,
                    BeltProcessKind isolation)
{
  g_autofree char *path = plugin_kit_compile (name, source);
  BeltPluginOptions options = { .isolation = isolation };
  g_autoptr(GError) error = NULL;

  belt_plugin_set_install (set, name, path, &options, &error);
  g_assert_no_error (error);
}

gpointer
plugin_kit_site (BeltFunctionTable   *table,
                 const char          *name,
                 guint                n_args,
                 const BeltFunction **ret_function)
{
  const BeltFunction *function = belt_function_table_lookup (table, name, strlen (name));
  gboolean is_const[8] = { FALSE };
  BeltValue constants[8] = { { 0 } };
  g_autoptr(GError) error = NULL;
  gpointer site;

  g_assert_nonnull (function);
  g_assert_nonnull (function->batch);
  site = function->batch->create (function, constants, is_const, n_args, &error);
  g_assert_no_error (error);
  *ret_function = function;

  return site;
}

static void
keep_notice (const BeltPluginNotice *notice,
             gpointer                user_data)
{
  g_ptr_array_add (user_data, g_strdup_printf ("%s: %s%s%s", belt_plugin_notice_kind_get_name (notice->kind),
                                               notice->definition != NULL ? notice->definition : "",
                                               notice->definition != NULL ? " " : "", notice->text));
}

GPtrArray *
plugin_kit_notices (BeltPluginSet *set)
{
  GPtrArray *notices = g_ptr_array_new_with_free_func (g_free);

  belt_plugin_set_set_notice_func (set, keep_notice, notices, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  belt_plugin_set_set_notice_func (set, NULL, NULL, NULL);

  return notices;
}

const char *
plugin_kit_find (GPtrArray  *notices,
                 const char *a,
                 const char *b)
{
  for (guint i = 0; i < notices->len; i++)
    {
      const char *line = g_ptr_array_index (notices, i);

      if (strstr (line, a) != NULL && strstr (line, b) != NULL)
        return line;
    }

  return NULL;
}
