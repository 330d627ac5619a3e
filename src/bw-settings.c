/* bw-settings.c - what a person has chosen
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kept in a key file under the user's configuration, so that it is the same
 * with and without a desktop's settings daemon.  The schema is looked for where
 * it is installed and then in the build folder, so the program runs from there.
 */
#include "config.h"

#include "bw-settings.h"

#define G_SETTINGS_ENABLE_BACKEND
#include <gio/gsettingsbackend.h>

#define RECENT_MAX 12u

static GSettingsSchema *
lookup_schema (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  GSettingsSchema *schema = NULL;
  g_autoptr(GSettingsSchemaSource) local = NULL;

  if (g_file_test (BELT_BUILD_DIR "/data/gschemas.compiled", G_FILE_TEST_EXISTS))
    local = g_settings_schema_source_new_from_directory (BELT_BUILD_DIR "/data", source, TRUE, NULL);
  if (local != NULL)
    schema = g_settings_schema_source_lookup (local, BELT_APP_ID, FALSE);
  if (schema == NULL && source != NULL)
    schema = g_settings_schema_source_lookup (source, BELT_APP_ID, TRUE);
  if (schema == NULL)
    g_error ("The settings schema %s is missing: install Beltworks or run it from its build folder.", BELT_APP_ID);

  return schema;
}

/**
 * bw_settings_get_default:
 *
 * Returns: (transfer none): the settings of this process
 */
GSettings *
bw_settings_get_default (void)
{
  static GSettings *settings;

  if (settings == NULL)
    {
      g_autoptr(GSettingsSchema) schema = lookup_schema ();
      g_autofree char *path = g_build_filename (g_get_user_config_dir (), "beltworks", "settings.ini", NULL);
      g_autoptr(GSettingsBackend) backend = g_keyfile_settings_backend_new (path, "/", NULL);

      settings = g_settings_new_full (schema, backend, NULL);
    }

  return settings;
}

static void
set_recent (const char *folder,
            gboolean    keep)
{
  GSettings *settings = bw_settings_get_default ();
  g_auto(GStrv) old = g_settings_get_strv (settings, "recent-projects");
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) now = NULL;
  guint n = 0;

  if (keep)
    {
      g_strv_builder_add (builder, folder);
      n++;
    }
  for (guint i = 0; old[i] != NULL && n < RECENT_MAX; i++)
    {
      if (g_str_equal (old[i], folder))
        continue;
      g_strv_builder_add (builder, old[i]);
      n++;
    }

  now = g_strv_builder_end (builder);
  g_settings_set_strv (settings, "recent-projects", (const char *const *)now);
}

void
bw_settings_add_recent (const char *folder)
{
  set_recent (folder, TRUE);
}

void
bw_settings_remove_recent (const char *folder)
{
  set_recent (folder, FALSE);
}

/**
 * bw_settings_dup_state_folder:
 *
 * Where journals and open pages are kept.
 *
 * Returns: (transfer full): a path; the folder may not exist yet
 */
char *
bw_settings_dup_state_folder (void)
{
  return g_build_filename (g_get_user_state_dir (), "beltworks", NULL);
}
