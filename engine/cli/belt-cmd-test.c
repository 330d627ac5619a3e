/* belt-cmd-test.c - `belt test`: runs .test files
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-test-file.h"
#include "belt-zone.h"

#define FOLDER_DEPTH_MAX 16u

typedef struct
{
  guint    n_passed;
  guint    n_failed;
  gboolean is_quiet;
} Counts;

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* Files named *.test below a folder. */
static void
collect_tests (const char *path,
               guint       depth,
               GPtrArray  *files)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    {
      g_ptr_array_add (files, g_strdup (path));
      return;
    }

  while (depth < FOLDER_DEPTH_MAX && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        collect_tests (child, depth + 1, files);
      else if (g_str_has_suffix (name, ".test"))
        g_ptr_array_add (files, g_steal_pointer (&child));
    }
}

static gboolean
run_file (const char *path,
          Counts     *counts)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTestResult) result = belt_test_file_run (path, belt_cli_get_cancellable (), &error);

  if (result == NULL)
    {
      g_printerr ("%s: %s\n", path, error->message);
      return FALSE;
    }

  for (guint i = 0; i < result->failures->len; i++)
    {
      const BeltTestFailure *failure = result->failures->pdata[i];

      g_print ("FAILED %s:%u: %s\n", failure->file, failure->line, failure->message);
    }

  if (result->failures->len > 0)
    counts->n_failed++;
  else
    {
      counts->n_passed++;
      if (!counts->is_quiet)
        g_print ("ok     %s%s%s\n", path, result->why != NULL ? ": " : "", result->why != NULL ? result->why : "");
    }

  return TRUE;
}

static int
run (int    argc,
     char **argv)
{
  Counts counts = { 0 };
  const GOptionEntry entries[] = {
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &counts.is_quiet, "Only what failed, and the count", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  gboolean could_start = TRUE;
  int code;

  if (!belt_cli_parse (&belt_cmd_test, entries, &argc, &argv, 1, -1, &code))
    return code;

  for (int i = 1; i < argc; i++)
    collect_tests (argv[i], 0, files);
  if (files->len == 0)
    {
      belt_cli_complain (&belt_cmd_test, "there are no .test files in %s", argv[1]);
      return BELT_EXIT_USAGE;
    }

  /* A test means the same everywhere. */
  belt_zone_set_default (BELT_ZONE_UTC);
  g_ptr_array_sort (files, compare_paths);
  for (guint i = 0; i < files->len && !g_cancellable_is_cancelled (belt_cli_get_cancellable ()); i++)
    could_start &= run_file (files->pdata[i], &counts);
  g_print ("%u passed, %u failed\n", counts.n_passed, counts.n_failed);

  return !could_start ? BELT_EXIT_USAGE : counts.n_failed > 0 ? BELT_EXIT_FAILED : BELT_EXIT_OK;
}

const BeltCommand belt_cmd_test =
{
  "test", "PATH…", "Run .test files, or all below a folder or project", run,
};
