/* test-plugin-project.c - edit, save, see: a project's plugin through the whole door
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "plugin-kit.h"

#include "belt-project-plugins.h"

#include <string.h>

static const char version_1[] =
  "#include \"belt-plugin.h\"\n"
  "typedef struct { int64_t n; } calls_state;\n"
  "BELT_STATEFUL (f64, calls, calls_state, 1, f64, x)\n"
  "{\n"
  "  return x * 100 + (double) ++state->n;\n"
  "}\n"
  "BELT_PROVIDE (\"io.example.calls\", \"1.0.0\", calls);\n";

typedef struct
{
  char              *folder;
  char              *file;
  BeltPluginSet     *set;
  BeltFunctionTable *table;
  BeltArena         *arena;
} Fixture;

static BeltReload *
save_and_reload (Fixture    *fixture,
                 const char *find,
                 const char *replace)
{
  g_autoptr(GString) text = g_string_new (version_1);
  g_autoptr(BeltProject) project = belt_project_open (fixture->folder, NULL);
  g_autoptr(GError) error = NULL;
  BeltReload *reload;

  g_assert_nonnull (project);
  if (find != NULL)
    g_assert_cmpuint (g_string_replace (text, find, replace, 0), >, 0);
  g_assert_true (g_file_set_contents (fixture->file, text->str, -1, NULL));
  reload = belt_project_reload_plugin (fixture->folder,
                                        belt_manifest_get_plugin (belt_project_get_manifest (project), "calls"),
                                        fixture->set, NULL, &error);
  g_assert_no_error (error);

  return reload;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static int n;
  g_autofree char *file = NULL;
  g_autoptr(GError) error = NULL;

  fixture->folder = g_strdup_printf ("%s/project-%d", plugin_kit_get_folder (), ++n);
  belt_project_create (fixture->folder, &error);
  g_assert_no_error (error);
  file = belt_project_add (fixture->folder, BELT_PROJECT_NEW_FUNCTION, "calls", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (file, ==, "functions/calls.c");
  fixture->file = g_build_filename (fixture->folder, file, NULL);
  fixture->set = belt_plugin_set_new ();
  fixture->arena = belt_arena_new ();
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  belt_plugin_set_unref (fixture->set);
  belt_arena_free (fixture->arena);
  g_free (fixture->folder);
  g_free (fixture->file);
}

static BeltValue
call (Fixture            *fixture,
      const BeltFunction *function,
      gpointer            site,
      double              x)
{
  BeltValue value = belt_value_f64 (x), out;
  const BeltValue *columns[] = { &value };

  function->batch->call (site, columns, 1, 1, NULL, 0, &out, fixture->arena);

  return out;
}

static void
test_edit (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltReload) first = save_and_reload (fixture, NULL, NULL);
  g_autoptr(BeltReload) same = NULL, broken = NULL, second = NULL, crashing = NULL, changed = NULL;
  g_autoptr(GPtrArray) notices = NULL;
  const BeltDiagnostic *diagnostic;
  const BeltFunction *function;
  BeltValue out;
  gpointer site;

  g_assert_true (first->installed);
  table = belt_plugin_set_dup_functions (fixture->set);
  site = plugin_kit_site (table, "calls", 1, &function);
  out = call (fixture, function, site, 1);
  g_assert_cmpfloat (out.u.f, ==, 101);

  same = save_and_reload (fixture, NULL, NULL);
  g_assert_true (same->unchanged);

  /* Broken: the old build answers, the sentence names the place. */
  broken = save_and_reload (fixture, "x * 100", "x * hundred");
  g_assert_false (broken->installed);
  diagnostic = g_ptr_array_index (broken->diagnostics, 0);
  g_assert_cmpstr (diagnostic->file, ==, "functions/calls.c");
  g_assert_cmpuint (diagnostic->line, ==, 5);
  g_assert_cmpuint (diagnostic->column, ==, 14);
  g_assert_true (g_str_has_prefix (broken->sentence, "not swapped: 1 error, functions/calls.c:5: "));
  out = call (fixture, function, site, 1);
  g_assert_cmpfloat (out.u.f, ==, 102);

  /* Mended: the next batch has the new build and the old state. */
  second = save_and_reload (fixture, "x * 100", "x * 1000");
  g_assert_true (second->installed);
  out = call (fixture, function, site, 1);
  g_assert_cmpfloat (out.u.f, ==, 1003);

  /* Crashing: the last good one takes over within the batch. */
  crashing = save_and_reload (fixture, "x * 100", "*(volatile double *) 8");
  g_assert_true (crashing->installed);
  for (guint i = 0; i < 4; i++)
    out = call (fixture, function, site, 1);
  g_assert_cmpint (out.tag, ==, BELT_TAG_F64);
  g_assert_cmpfloat (out.u.f, >=, 1004);
  notices = plugin_kit_notices (fixture->set);
  g_assert_nonnull (plugin_kit_find (notices, "fault: calls crashed at functions/calls.c:5 in calls", "0x8"));
  g_assert_nonnull (plugin_kit_find (notices, "fell back: ", "the last good build answers"));
  g_assert_nonnull (plugin_kit_find (notices, "swapped: calls swapped in", "state kept"));

  /* A state of another shape starts anew, and says so. */
  changed = save_and_reload (fixture, "int64_t n; }", "int64_t n, more; }");
  out = call (fixture, function, site, 1);
  g_assert_cmpfloat (out.u.f, ==, 101);
  g_ptr_array_unref (notices);
  notices = plugin_kit_notices (fixture->set);
  g_assert_nonnull (plugin_kit_find (notices, "state reset: the state of calls had 8 bytes, this build has 16",
                                     ""));
  function->batch->destroy (site);
}

/* Saving to a value of the new build, without the window. */
static void
test_latency (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltReload) first = save_and_reload (fixture, NULL, NULL);
  const BeltFunction *function;
  gpointer site;
  gint64 elapsed[9];

  table = belt_plugin_set_dup_functions (fixture->set);
  site = plugin_kit_site (table, "calls", 1, &function);
  call (fixture, function, site, 1);
  for (guint i = 0; i < G_N_ELEMENTS (elapsed); i++)
    {
      g_autofree char *text = g_strdup_printf ("x * %u", 200 + i);
      gint64 start = g_get_monotonic_time ();
      g_autoptr(BeltReload) reload = save_and_reload (fixture, "x * 100", text);
      BeltValue out = call (fixture, function, site, 1);

      g_assert_true (reload->installed);
      g_assert_cmpfloat (out.u.f, ==, 200 + i + i + 2);
      elapsed[i] = g_get_monotonic_time () - start;
    }
  function->batch->destroy (site);
  for (guint i = 0; i < G_N_ELEMENTS (elapsed); i++)
    for (guint k = i + 1; k < G_N_ELEMENTS (elapsed); k++)
      if (elapsed[k] < elapsed[i])
        {
          gint64 swap = elapsed[i];

          elapsed[i] = elapsed[k];
          elapsed[k] = swap;
        }
  g_test_message ("save to value: median %.0f ms, worst %.0f ms", (double)elapsed[4] / 1000,
                  (double)elapsed[8] / 1000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/plugin/project/edit", Fixture, NULL, set_up, test_edit, tear_down);
  g_test_add ("/plugin/project/latency", Fixture, NULL, set_up, test_latency, tear_down);

  return g_test_run ();
}
