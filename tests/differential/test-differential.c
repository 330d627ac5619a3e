/* test-differential.c - the kernels against the interpreter: random statements over random rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 *   test-differential [--seed N] [--cases N] [--row-sets N] [FILE.test…]
 *
 * A case is a statement with rows; it is run as production does and as the
 * interpreter does, and what comes out has to be the same, byte by byte, dropped
 * rows included.  A difference is made small and printed as a .test file, to be
 * kept in tests/differential/cases.
 */
#include "config.h"

#include "diff-case.h"
#include "diff-run.h"

#include <string.h>

#define TRIES_MAX   20000u  /* runs spent on making one failure small */
#define FAILURES_MAX   10u  /* differences shown before the run gives up */

static gint64 option_seed = 20261125;
static gint64 option_cases = 20000;
static int option_sets = 8;
static char **option_files;

/* NULL: the same from both.  A trial plans anew, so not every case is run as one. */
static char *
find_difference (const DiffCase *self,
                 BeltPlan       *plan,
                 gboolean        with_trial)
{
  g_autofree char *interpreter = diff_run (self, plan, DIFF_INTERPRETER);
  g_autofree char *production = diff_run (self, plan, DIFF_PRODUCTION);
  g_autofree char *restored = NULL;
  g_autofree char *trial = NULL;

  if (!g_str_equal (production, interpreter))
    return g_strdup_printf ("--- production\n%s--- interpreter\n%s", production, interpreter);

  restored = diff_run (self, plan, DIFF_RESTORED);
  if (!g_str_equal (production, restored))
    return g_strdup_printf ("--- production\n%s--- saved and restored in the middle\n%s", production, restored);

  trial = with_trial ? diff_run_trial (self) : NULL;
  if (trial != NULL && !g_str_has_prefix (interpreter, trial))
    return g_strdup_printf ("--- interpreter\n%s--- trial\n%s", interpreter, trial);

  return NULL;
}

static char *
find_difference_planned (const DiffCase *self)
{
  g_autoptr(BeltPlan) plan = diff_run_plan (self);

  return plan != NULL ? find_difference (self, plan, TRUE) : NULL;
}

/* --- making a failure small --- */

/* Takes on the first smaller case that fails still.  FALSE: there is none. */
static gboolean
shrink_tree (DiffCase  *self,
             DiffTree **tree,
             guint     *tries)
{
  DiffTree *whole = *tree;

  for (guint n = 0; *tries < TRIES_MAX; n++, (*tries)++)
    {
      g_autofree char *difference = NULL;

      *tree = diff_tree_smaller (whole, n);
      if (*tree == NULL)
        break;
      difference = find_difference_planned (self);
      if (difference != NULL)
        {
          diff_tree_free (whole);
          return TRUE;
        }
      diff_tree_free (*tree);
    }

  *tree = whole;
  return FALSE;
}

static gboolean
shrink_events (DiffCase *self,
               guint    *tries)
{
  for (guint size = MAX (self->events->len / 2, 1); size > 0; size /= 2)
    {
      for (guint at = 0; at + size <= self->events->len && *tries < TRIES_MAX; at++, (*tries)++)
        {
          g_autoptr(DiffCase) smaller = diff_case_copy (self);
          g_autofree char *difference = NULL;

          g_ptr_array_remove_range (smaller->events, at, size);
          difference = find_difference_planned (smaller);
          if (difference == NULL)
            continue;
          g_ptr_array_remove_range (self->events, at, size);
          return TRUE;
        }
    }

  return FALSE;
}

static void
shrink (DiffCase *self)
{
  guint tries = 0;
  gboolean again = TRUE;

  while (again && tries < TRIES_MAX)
    {
      again = shrink_events (self, &tries);
      again |= shrink_tree (self, &self->statement, &tries);
      again |= shrink_tree (self, &self->options, &tries);
      for (guint i = 0; i < self->events->len; i++)
        {
          DiffEvent *event = self->events->pdata[i];

          if (event->row != NULL)
            again |= shrink_tree (self, &event->row, &tries);
        }
    }
}

static void
report (DiffCase *self)
{
  g_autofree char *before = find_difference_planned (self);
  g_autofree char *test = NULL;
  g_autofree char *difference = NULL;

  shrink (self);
  test = diff_case_to_test (self);
  difference = find_difference_planned (self);
  g_printerr ("\n# why: \n%sexpect\n\n%s\n", test, difference != NULL ? difference : before);
}

/* --- the tests --- */

static void
test_random (void)
{
  guint n_failures = 0;
  gint64 n_refused = 0;
  gint64 n_statements = 0;
  gint64 n_cases = 0;

  for (; n_cases < option_cases && n_failures < FAILURES_MAX; n_statements++)
    {
      DiffRandom random = { (guint64)option_seed * G_GUINT64_CONSTANT (0xd1342543de82ef95) + (guint64)n_statements };
      g_autoptr(DiffCase) made = diff_make_statement (&random);
      g_autoptr(BeltPlan) plan = diff_run_plan (made);

      if (plan == NULL)
        {
          n_refused++;
          continue;
        }
      for (int i = 0; i < option_sets && n_cases < option_cases; i++, n_cases++)
        {
          g_autofree char *difference = NULL;

          diff_make_rows (made, &random);
          difference = find_difference (made, plan, i == 0);
          if (difference == NULL)
            continue;
          g_printerr ("statement %" G_GINT64_FORMAT " of seed %" G_GINT64_FORMAT " differs\n", n_statements,
                      option_seed);
          report (made);
          n_failures++;
          break;
        }
    }

  g_test_message ("seed %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " cases, %" G_GINT64_FORMAT " statements, %"
                  G_GINT64_FORMAT " of them refused by the planner", option_seed, n_cases, n_statements, n_refused);
  g_assert_cmpuint (n_failures, ==, 0);
}

static void
test_file (gconstpointer data)
{
  const char *path = data;
  g_autofree char *text = NULL;
  g_autoptr(DiffCase) read = NULL;
  g_autoptr(BeltPlan) plan = NULL;
  g_autofree char *difference = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  read = diff_case_from_test (text);
  plan = read != NULL ? diff_run_plan (read) : NULL;
  if (plan == NULL)
    {
      g_test_fail_printf ("%s: holds no case", path);
      return;
    }
  difference = find_difference (read, plan, TRUE);
  if (difference != NULL)
    g_test_fail_printf ("%s:\n%s", path, difference);
}

int
main (int    argc,
      char **argv)
{
  const GOptionEntry entries[] = {
    { "seed", 0, 0, G_OPTION_ARG_INT64, &option_seed, "What chance follows from", "N" },
    { "cases", 0, 0, G_OPTION_ARG_INT64, &option_cases, "How many", "N" },
    { "row-sets", 0, 0, G_OPTION_ARG_INT, &option_sets, "Cases made of one statement", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &option_files, NULL, "FILE.test…" },
    { NULL }
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;

  /* Before GLib's own --seed. */
  g_option_context_set_ignore_unknown_options (context, TRUE);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/differential/random", test_random);
  for (guint i = 0; option_files != NULL && option_files[i] != NULL; i++)
    {
      g_autofree char *name = g_path_get_basename (option_files[i]);
      g_autofree char *path = g_strconcat ("/differential/", name, NULL);

      g_test_add_data_func (path, option_files[i], test_file);
    }

  return g_test_run ();
}
