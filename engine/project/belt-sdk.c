/* belt-sdk.c - where the plugin SDK is on this machine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-sdk.h"

#define HEADER "belt-plugin.h"

static char *
find_folder (const char *file)
{
  const char *const folders[] =
  {
    g_getenv ("BELT_SDK"),
    BELT_SOURCE_DIR "/plugin-sdk",
    BELT_SDK_DIR,
    BELT_DATA_DIR "/plugin-sdk",
  };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = folders[i] != NULL ? g_build_filename (folders[i], file, NULL) : NULL;

      if (path != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_strdup (folders[i]);
    }
  return NULL;
}

const char *
belt_sdk_get_include_dir (void)
{
  static const char *folder;

  if (g_once_init_enter (&folder))
    {
      char *found = find_folder (HEADER);

      g_once_init_leave (&folder, found != NULL ? found : BELT_SDK_DIR);
    }
  return folder;
}

char *
belt_sdk_load_template (const char  *kind,
                        GError     **error)
{
  g_autofree char *file = g_strdup_printf ("template/%s.c", kind);
  g_autofree char *folder = find_folder (file);
  g_autofree char *path = g_build_filename (folder != NULL ? folder : BELT_DATA_DIR "/plugin-sdk", file, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, error) ? text : NULL;
}
