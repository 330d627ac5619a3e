/* test-builder.c - plugins compiled with the real compiler, good and bad
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-builder.h"
#include "belt-project.h"

#include <string.h>

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *parent = g_dir_make_tmp ("belt-builder-XXXXXX", &error);

  g_assert_no_error (error);
  fixture->folder = g_build_filename (parent, "project", NULL);
  g_assert_true (belt_project_create (fixture->folder, &error));
  g_assert_no_error (error);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_free (fixture->folder);
}

static BeltBuild *
build (Fixture    *fixture,
       const char *name)
{
  g_autoptr(BeltProject) project = belt_project_open (fixture->folder, NULL);
  g_autoptr(GError) error = NULL;
  BeltBuild *result;

  g_assert_nonnull (project);
  result = belt_builder_build (fixture->folder, belt_manifest_get_plugin (belt_project_get_manifest (project), name),
                               NULL, &error);
  g_assert_no_error (error);
  return result;
}

static void
write_file (Fixture    *fixture,
            const char *file,
            const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, file, NULL);
  g_autoptr(GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* Every template compiles as created, without a warning. */
static void
test_templates (Fixture       *fixture,
                gconstpointer  data)
{
  static const BeltProjectNewKind kinds[] =
  {
    BELT_PROJECT_NEW_SOURCE, BELT_PROJECT_NEW_SINK, BELT_PROJECT_NEW_FUNCTION, BELT_PROJECT_NEW_AGGREGATE,
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *name = g_strdup_printf ("thing%u", i);
      g_autoptr(GError) error = NULL;
      g_autofree char *file = belt_project_add (fixture->folder, kinds[i], name, &error);
      g_autoptr(BeltBuild) result = NULL;

      g_assert_no_error (error);
      result = build (fixture, name);
      g_assert_cmpstr (result->output, ==, "");
      g_assert_nonnull (result->so_path);
      g_assert_true (g_file_test (result->so_path, G_FILE_TEST_EXISTS));
    }
}

/* The same text gives the same name, another text another. */
static void
test_names_by_content (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autofree char *file = belt_project_add (fixture->folder, BELT_PROJECT_NEW_FUNCTION, "f", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, file, NULL);
  g_autoptr(BeltBuild) one = build (fixture, "f");
  g_autoptr(BeltBuild) two = build (fixture, "f");
  g_autoptr(BeltBuild) three = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GString) other = NULL;
  g_autofree char *newest = NULL;

  g_assert_cmpstr (one->so_path, ==, two->so_path);
  g_assert_false (one->unchanged);
  g_assert_true (two->unchanged);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  other = g_string_new (text);
  g_string_append (other, "\nint belt_test_extra (void);\nint belt_test_extra (void) { return 42; }\n");
  write_file (fixture, file, other->str);
  three = build (fixture, "f");
  g_assert_cmpstr (one->so_path, !=, three->so_path);
  newest = belt_builder_dup_newest (fixture->folder, "f");
  g_assert_cmpstr (newest, ==, three->so_path);
}

static void
test_diagnostics (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autofree char *file = belt_project_add (fixture->folder, BELT_PROJECT_NEW_FUNCTION, "bad", NULL);
  g_autoptr(BeltBuild) syntax = NULL;
  g_autoptr(BeltBuild) link = NULL;
  g_autoptr(BeltBuild) after = NULL;
  BeltDiagnostic *first;

  write_file (fixture, file, "#include <belt-plugin.h>\n\nBELT_FUNCTION (f64, bad, f64, x)\n{\n  return y;\n}\n"
              "BELT_PROVIDE (\"a\", \"1.0.0\", bad);\n");
  syntax = build (fixture, "bad");
  g_assert_null (syntax->so_path);
  g_assert_cmpuint (syntax->n_errors, >=, 1);
  first = g_ptr_array_index (syntax->diagnostics, 0);
  for (guint i = 0; first->severity != BELT_SEVERITY_ERROR; i++)
    first = g_ptr_array_index (syntax->diagnostics, i);
  g_assert_cmpstr (first->file, ==, "functions/bad.c");
  g_assert_cmpuint (first->line, ==, 5);
  g_assert_cmpuint (first->column, ==, 10);
  g_assert_nonnull (strstr (first->message, "undeclared"));

  write_file (fixture, file, "#include <belt-plugin.h>\nextern double nowhere (double);\n\n"
              "BELT_FUNCTION (f64, bad, f64, x)\n{\n  return nowhere (x);\n}\nBELT_PROVIDE (\"a\", \"1.0.0\", bad);\n");
  link = build (fixture, "bad");
  g_assert_null (link->so_path);
  first = g_ptr_array_index (link->diagnostics, link->diagnostics->len - 1);
  g_assert_nonnull (strstr (first->message, "nowhere"));
  g_assert_cmpuint (first->line, ==, 6);

  write_file (fixture, file, "");
  after = build (fixture, "bad");
  g_assert_true (after->so_path != NULL || after->n_errors > 0);
}

static void
test_missing_library (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltProject) project = NULL;
  g_autoptr(BeltBuild) result = NULL;

  write_file (fixture, "beltworks.json", "{\"format\":1,\"plugins\":[{\"name\":\"f\",\"kind\":\"function\","
              "\"version\":\"1.0.0\",\"files\":[\"f.c\"],\"pkgConfig\":[\"no-such-library\"]}]}");
  project = belt_project_open (fixture->folder, NULL);
  result = belt_builder_build (fixture->folder, belt_manifest_get_plugin (belt_project_get_manifest (project), "f"),
                               NULL, &error);
  g_assert_null (result);
  g_assert_nonnull (strstr (error->message, "no-such-library"));
}

static void
test_commands (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree char *file = belt_project_add (fixture->folder, BELT_PROJECT_NEW_FUNCTION, "f", NULL);
  g_autoptr(BeltProject) project = belt_project_open (fixture->folder, NULL);
  g_autofree char *path = g_build_filename (fixture->folder, "compile_commands.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (belt_builder_write_commands (fixture->folder, belt_project_get_manifest (project), &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "functions/f.c"));
  g_assert_nonnull (strstr (text, "-std=gnu11"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/belt/builder/templates", Fixture, NULL, set_up, test_templates, tear_down);
  g_test_add ("/belt/builder/names-by-content", Fixture, NULL, set_up, test_names_by_content, tear_down);
  g_test_add ("/belt/builder/diagnostics", Fixture, NULL, set_up, test_diagnostics, tear_down);
  g_test_add ("/belt/builder/missing-library", Fixture, NULL, set_up, test_missing_library, tear_down);
  g_test_add ("/belt/builder/commands", Fixture, NULL, set_up, test_commands, tear_down);
  return g_test_run ();
}
