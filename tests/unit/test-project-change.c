/* test-project-change.c - renaming and deleting things of a project, and undoing it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-project-change.h"
#include "belt-staged-text.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void
write_text (const char *folder,
            const char *file,
            const char *text)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* expected NULL: it is not there */
static void
check_text (const char *folder,
            const char *file,
            const char *expected)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *text = NULL;

  (void)g_file_get_contents (path, &text, NULL, NULL);
  g_assert_cmpstr (text, ==, expected);
}

static const struct { const char *file, *text; } files[] =
{
  { "beltworks.json",
    "{\n  \"format\": 1,\n  \"plugins\": [\n    { \"name\": \"twice\", \"kind\": \"function\", \"version\": \"1.0.0\","
    " \"files\": [\"functions/twice.c\"] }\n  ],\n  \"engines\": [\n"
    "    { \"name\": \"one\", \"url\": \"http://127.0.0.1:1\" },\n"
    "    { \"name\": \"two\", \"url\": \"http://127.0.0.1:2\" }\n  ]\n}\n" },
  { "functions/twice.c", "int twice;\n" },
  { "streams/old.sql", "-- the stream old\nCREATE STREAM `old` (a BIGINT)\nWITH (DATASOURCE=\"old\");\n" },
  { "streams/other.sql", "CREATE STREAM other (a BIGINT) WITH (DATASOURCE=\"other\");\n" },
  { "streams/wrong.sql", "CREATE STREAM correct (a BIGINT) WITH (DATASOURCE=\"x\");\n" },
  { "samples/old.jsonl", "{\"a\":1}\n" },
  { "samples/old.csv", "a\n1\n" },
  { "rules/r.sql", "SELECT old.a, b AS old, twice(b)\nFROM old -- old\nWHERE old.a > 1\n" },
  { "rules/r.json", "{ \"actions\": [ { \"log\": { \"id\": \"r\" } } ], \"id\": \"r\" }\n" },
  { "rules/same.sql", "SELECT a FROM other\n" },
  { "rules/half.sql", "SELECT a FROM old WHERE (\n" },
  { "tests/t.test",
    "# why: old\nproject ..\nrule r\nfeed  old\t\n{\"a\": 5}\nexpect r\n{\"old\": 5}\n"
    "rule mine\nSELECT old.a\n# from old times\nFROM old\nexpect mine\n{\"a\": 5}\n" },
  { "tests/own.test",
    "# why: its own\nproject ..\nstream old (a BIGINT)\nrule r\nSELECT a FROM old\nfeed old\n{\"a\": 5}\nexpect r\n" },
  { "tests/elsewhere.test", "# why: another project\nproject ../../no\nrule r\nfeed old\n" },
};

static char *
new_project (void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("belt-change-XXXXXX", &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    write_text (folder, files[i].file, files[i].text);
  return folder;
}

static void
check_untouched (const char *folder)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    check_text (folder, files[i].file, files[i].text);
}

static BeltProjectChange *
rename_thing (const char *folder,
              BeltThing   thing,
              const char *from,
              const char *to)
{
  g_autoptr(GError) error = NULL;
  BeltProjectChange *change = belt_project_plan_rename (folder, thing, from, to, &error);

  g_assert_no_error (error);
  check_untouched (folder);
  belt_project_change_apply (change, FALSE, &error);
  g_assert_no_error (error);

  return change;
}

static void
undo (BeltProjectChange *change,
      const char        *folder)
{
  g_autoptr(GError) error = NULL;

  belt_project_change_undo (change, &error);
  g_assert_no_error (error);
  check_untouched (folder);
}

static void
test_rename_stream (void)
{
  g_autofree char *folder = new_project ();
  g_autoptr(BeltProjectChange) change = rename_thing (folder, BELT_THING_STREAM, "old", "fresh");
  guint n_places = 0;

  for (guint i = 0; i < belt_project_change_get_files (change)->len; i++)
    n_places += ((BeltChangedFile *)g_ptr_array_index (belt_project_change_get_files (change), i))->n_places;
  g_assert_cmpuint (belt_project_change_get_files (change)->len, ==, 6);
  g_assert_cmpuint (n_places, ==, 1 + 3 + 1 + 3);
  check_text (folder, "streams/old.sql", NULL);
  check_text (folder, "streams/fresh.sql",
              "-- the stream old\nCREATE STREAM fresh (a BIGINT)\nWITH (DATASOURCE=\"old\");\n");
  check_text (folder, "samples/old.jsonl", NULL);
  check_text (folder, "samples/fresh.jsonl", "{\"a\":1}\n");
  check_text (folder, "samples/fresh.csv", "a\n1\n");
  check_text (folder, "rules/r.sql", "SELECT fresh.a, b AS old, twice(b)\nFROM fresh -- old\nWHERE fresh.a > 1\n");
  check_text (folder, "rules/same.sql", "SELECT a FROM other\n");
  check_text (folder, "rules/half.sql", "SELECT a FROM fresh WHERE (\n");
  check_text (folder, "tests/t.test",
              "# why: old\nproject ..\nrule r\nfeed  fresh\t\n{\"a\": 5}\nexpect r\n{\"old\": 5}\n"
              "rule mine\nSELECT fresh.a\n# from old times\nFROM fresh\nexpect mine\n{\"a\": 5}\n");
  for (guint i = G_N_ELEMENTS (files) - 2; i < G_N_ELEMENTS (files); i++)
    check_text (folder, files[i].file, files[i].text);
  undo (change, folder);
}

/* A word of SQL gets backquotes wherever it stands in SQL, and nowhere else. */
static void
test_rename_to_keyword (void)
{
  g_autofree char *folder = new_project ();
  g_autoptr(BeltProjectChange) change = rename_thing (folder, BELT_THING_STREAM, "old", "select");

  check_text (folder, "streams/select.sql",
              "-- the stream old\nCREATE STREAM `select` (a BIGINT)\nWITH (DATASOURCE=\"old\");\n");
  check_text (folder, "rules/half.sql", "SELECT a FROM `select` WHERE (\n");
  check_text (folder, "tests/t.test",
              "# why: old\nproject ..\nrule r\nfeed  select\t\n{\"a\": 5}\nexpect r\n{\"old\": 5}\n"
              "rule mine\nSELECT `select`.a\n# from old times\nFROM `select`\nexpect mine\n{\"a\": 5}\n");
  undo (change, folder);
}

static void
test_rename_rule (void)
{
  g_autofree char *folder = new_project ();
  g_autoptr(BeltProjectChange) change = rename_thing (folder, BELT_THING_RULE, "r", "warm");

  check_text (folder, "rules/r.sql", NULL);
  check_text (folder, "rules/r.json", NULL);
  check_text (folder, "rules/warm.sql", files[7].text);
  check_text (folder, "rules/warm.json", "{ \"actions\": [ { \"log\": { \"id\": \"r\" } } ], \"id\": \"warm\" }\n");
  check_text (folder, "tests/t.test",
              "# why: old\nproject ..\nrule warm\nfeed  old\t\n{\"a\": 5}\nexpect warm\n{\"old\": 5}\n"
              "rule mine\nSELECT old.a\n# from old times\nFROM old\nexpect mine\n{\"a\": 5}\n");
  for (guint i = G_N_ELEMENTS (files) - 2; i < G_N_ELEMENTS (files); i++)
    check_text (folder, files[i].file, files[i].text);
  undo (change, folder);
}

static void
test_rename_files (void)
{
  g_autofree char *folder = new_project ();
  g_autoptr(BeltProjectChange) sample = rename_thing (folder, BELT_THING_SAMPLE, "old.csv", "other");
  g_autoptr(BeltProjectChange) same = NULL;
  g_autoptr(BeltProjectChange) test = NULL;
  g_autoptr(BeltProjectChange) engine = NULL;

  g_assert_null (belt_project_plan_rename (folder, BELT_THING_SAMPLE, "old.csv", "other", NULL));
  check_text (folder, "samples/other.csv", "a\n1\n");
  check_text (folder, "samples/old.jsonl", "{\"a\":1}\n");
  undo (sample, folder);
  same = belt_project_plan_rename (folder, BELT_THING_SAMPLE, "old.csv", "old.csv", NULL);
  g_assert_nonnull (same);
  g_assert_false (belt_project_change_apply (same, FALSE, NULL));
  check_untouched (folder);

  test = rename_thing (folder, BELT_THING_TEST, "t", "late-rows");
  check_text (folder, "tests/t.test", NULL);
  check_text (folder, "tests/late-rows.test", files[11].text);
  undo (test, folder);

  engine = rename_thing (folder, BELT_THING_ENGINE, "two", "gateway-2");
  check_text (folder, "beltworks.json",
              "{\n  \"format\": 1,\n  \"plugins\": [\n    { \"name\": \"twice\", \"kind\": \"function\","
              " \"version\": \"1.0.0\", \"files\": [\"functions/twice.c\"] }\n  ],\n  \"engines\": [\n"
              "    { \"name\": \"one\", \"url\": \"http://127.0.0.1:1\" },\n"
              "    { \"name\": \"gateway-2\", \"url\": \"http://127.0.0.1:2\" }\n  ]\n}\n");
  undo (engine, folder);
}

/* What cannot be done changes nothing. */
static void
test_refused (void)
{
  static const struct { BeltThing thing; const char *from, *to, *want; } cases[] =
  {
    { BELT_THING_STREAM, "nobody", "fresh", "has no stream “nobody”" },
    { BELT_THING_STREAM, "old", "other", "there is a stream “other” already" },
    { BELT_THING_STREAM, "old", "correct", "there is a stream “correct” already" },
    { BELT_THING_STREAM, "wrong", "fresh", "streams/wrong.sql makes “correct”: give the file and the stream one name" },
    { BELT_THING_RULE, "r", "same", "rules/same.sql is there already" },
    { BELT_THING_RULE, "r", "../x", "“../x” is no name for a rule: a letter, then letters, digits and _, at most 64" },
    { BELT_THING_RULE, "r", "x\n", "is no name for a rule" },
    { BELT_THING_RULE, "../rules/r", "x", "has no rule “../rules/r”" },
    { BELT_THING_TEST, "t", "own", "tests/own.test is there already" },
    { BELT_THING_SAMPLE, "old.json", "x", "has no sample “old”" },
    { BELT_THING_ENGINE, "one", "two", "there is an engine “two” already" },
    { BELT_THING_ENGINE, "three", "four", "has no engine “three”" },
    { BELT_THING_PLUGIN, "twice", "thrice", "the name of a plugin is in its C code, too" },
  };
  g_autofree char *folder = new_project ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;

      g_autoptr(BeltProjectChange) change = belt_project_plan_rename (folder, cases[i].thing, cases[i].from,
                                                                      cases[i].to, &error);

      if (change != NULL)
        g_error ("%s to %s is not refused", cases[i].from, cases[i].to);
      if (strstr (error->message, cases[i].want) == NULL)
        g_error ("%s: “%s” is not “%s”", cases[i].from, error->message, cases[i].want);
      check_untouched (folder);
    }
}

static void
check_delete (const char *folder,
              BeltThing   thing,
              const char *name,
              const char *gone,
              const char *users)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltProjectChange) change = belt_project_plan_delete (folder, thing, name, &error);
  g_autoptr(GString) text = g_string_new (NULL);
  g_auto(GStrv) paths = g_strsplit (gone, " ", -1);

  g_assert_no_error (error);
  for (guint i = 0; i < belt_project_change_get_users (change)->len; i++)
    {
      const BeltChangedFile *file = g_ptr_array_index (belt_project_change_get_users (change), i);

      g_string_append_printf (text, "%s%s:%u", i > 0 ? " " : "", file->from, file->n_places);
    }
  g_assert_cmpstr (text->str, ==, users);
  belt_project_change_apply (change, FALSE, &error);
  g_assert_no_error (error);
  for (guint i = 0; paths[i] != NULL; i++)
    check_text (folder, paths[i], NULL);
  undo (change, folder);
}

static void
test_delete (void)
{
  g_autofree char *folder = new_project ();

  check_delete (folder, BELT_THING_STREAM, "old", "streams/old.sql samples/old.jsonl samples/old.csv",
                "rules/half.sql:1 rules/r.sql:3 tests/t.test:3");
  check_delete (folder, BELT_THING_RULE, "r", "rules/r.sql rules/r.json", "tests/t.test:2");
  check_delete (folder, BELT_THING_RULE, "half", "rules/half.sql", "");
  check_delete (folder, BELT_THING_SAMPLE, "old.csv", "samples/old.csv", "");
  check_delete (folder, BELT_THING_TEST, "t", "tests/t.test", "");
  check_delete (folder, BELT_THING_PLUGIN, "twice", "functions/twice.c", "rules/r.sql:1");
}

/* An entry goes with its comma, first, last or alone. */
static void
test_delete_entries (void)
{
  static const char first[] = "{ \"format\": 1, \"engines\": [ { \"name\": \"one\", \"url\": \"http://a\" },\n"
                              "  { \"name\": \"two\", \"url\": \"http://b\" } ] }\n";
  g_autofree char *folder = new_project ();
  g_autoptr(BeltProjectChange) two = NULL;
  g_autoptr(BeltProjectChange) one = NULL;

  write_text (folder, "beltworks.json", first);
  two = belt_project_plan_delete (folder, BELT_THING_ENGINE, "two", NULL);
  g_assert_true (belt_project_change_apply (two, FALSE, NULL));
  check_text (folder, "beltworks.json",
              "{ \"format\": 1, \"engines\": [ { \"name\": \"one\", \"url\": \"http://a\" } ] }\n");
  one = belt_project_plan_delete (folder, BELT_THING_ENGINE, "one", NULL);
  g_assert_true (belt_project_change_apply (one, FALSE, NULL));
  check_text (folder, "beltworks.json", "{ \"format\": 1, \"engines\": [] }\n");
  g_assert_true (belt_project_change_undo (one, NULL));
  g_assert_true (belt_project_change_undo (two, NULL));
  check_text (folder, "beltworks.json", first);
  g_clear_pointer (&one, belt_project_change_free);
  one = belt_project_plan_delete (folder, BELT_THING_ENGINE, "one", NULL);
  g_assert_true (belt_project_change_apply (one, FALSE, NULL));
  check_text (folder, "beltworks.json",
              "{ \"format\": 1, \"engines\": [ { \"name\": \"two\", \"url\": \"http://b\" } ] }\n");
}

/* What somebody else wrote in between is never written over. */
static void
test_changed_meanwhile (void)
{
  g_autofree char *folder = new_project ();
  g_autoptr(BeltProjectChange) change = belt_project_plan_rename (folder, BELT_THING_STREAM, "old", "fresh", NULL);
  g_autoptr(GError) error = NULL;

  write_text (folder, "rules/half.sql", "SELECT 1 FROM old\n");
  g_assert_false (belt_project_change_apply (change, FALSE, &error));
  g_assert_cmpstr (error->message, ==, "rules/half.sql was changed meanwhile; nothing was done");
  check_text (folder, "streams/old.sql", files[2].text);
  write_text (folder, "rules/half.sql", files[10].text);
  g_clear_error (&error);
  g_assert_true (belt_project_change_apply (change, FALSE, &error));

  write_text (folder, "rules/r.sql", "SELECT 2 FROM fresh\n");
  g_assert_false (belt_project_change_undo (change, &error));
  g_assert_cmpstr (error->message, ==, "rules/r.sql was changed meanwhile; nothing was done");
  check_text (folder, "streams/old.sql", NULL);
  check_text (folder, "rules/r.sql", "SELECT 2 FROM fresh\n");
}

/* A file that cannot be written in the middle: those before it are put back. */
static void
test_half_way (void)
{
  struct rlimit limit;
  struct rlimit small;
  g_autofree char *folder = new_project ();
  g_autofree char *blanks = g_strnfill (5000, ' ');
  g_autofree char *large = g_strconcat ("SELECT a FROM old", blanks, "\n", NULL);
  g_autoptr(BeltProjectChange) change = NULL;
  g_autoptr(GError) error = NULL;
  gboolean applied;

  write_text (folder, "rules/half.sql", large);
  change = belt_project_plan_rename (folder, BELT_THING_STREAM, "old", "fresh", &error);
  g_assert_no_error (error);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = limit;
  small.rlim_cur = 1000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  applied = belt_project_change_apply (change, FALSE, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_false (applied);
  g_assert_nonnull (error);
  check_text (folder, "rules/half.sql", large);
  write_text (folder, "rules/half.sql", files[10].text);
  check_untouched (folder);
  check_text (folder, "streams/fresh.sql", NULL);
}

static guint
count_files (const char *folder,
             const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* A text that took its place gives it back, and nothing is left beside the file. */
static void
test_staged (void)
{
  g_autofree char *folder = new_project ();
  g_autofree char *path = g_build_filename (folder, "rules/half.sql", NULL);
  guint n_files = count_files (folder, "rules");
  g_autoptr(GPtrArray) staged = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_ptr_array_add (staged, belt_staged_text_write (path, "SELECT 1", 8, &error));
  g_ptr_array_add (staged, NULL);
  g_assert_no_error (error);
  belt_staged_text_sync (staged, &error);
  g_assert_no_error (error);
  check_text (folder, "rules/half.sql", files[10].text);
  belt_staged_text_take (staged->pdata[0], path, &error);
  g_assert_no_error (error);
  check_text (folder, "rules/half.sql", "SELECT 1");
  g_assert_true (belt_staged_text_give_back (staged->pdata[0], path));
  check_text (folder, "rules/half.sql", files[10].text);
  g_assert_false (belt_staged_text_give_back (staged->pdata[0], path));
  belt_staged_text_discard (staged);
  g_assert_cmpuint (count_files (folder, "rules"), ==, n_files);
}

/* What is brought back does not stay in the trash. */
static void
test_trash (void)
{
  g_autofree char *folder = new_project ();
  g_autofree char *trash = g_build_filename (g_get_user_data_dir (), "Trash", NULL);
  g_autoptr(BeltProjectChange) change = belt_project_plan_delete (folder, BELT_THING_STREAM, "old", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_cmpuint (count_files (trash, "files"), ==, 0);
  g_assert_true (belt_project_change_apply (change, TRUE, NULL));
  check_text (folder, "streams/old.sql", NULL);
  if (count_files (trash, "files") != 3)
    {
      g_test_skip ("this file system has no trash");
      return;
    }

  g_assert_cmpuint (count_files (trash, "info"), ==, 3);
  belt_project_change_undo (change, &error);
  g_assert_no_error (error);
  check_untouched (folder);
  g_assert_cmpuint (count_files (trash, "files"), ==, 0);
  g_assert_cmpuint (count_files (trash, "info"), ==, 0);
}

/* Somebody emptied it meanwhile: the content is there all the same. */
static void
test_emptied_trash (void)
{
  g_autofree char *folder = new_project ();
  g_autofree char *trash = g_build_filename (g_get_user_data_dir (), "Trash", NULL);
  g_autoptr(BeltProjectChange) change = belt_project_plan_delete (folder, BELT_THING_STREAM, "old", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (belt_project_change_apply (change, TRUE, NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = g_build_filename (trash, i == 0 ? "files" : "info", NULL);
      g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *file = g_build_filename (path, name, NULL);

          g_assert_cmpint (g_unlink (file), ==, 0);
        }
    }
  belt_project_change_undo (change, &error);
  g_assert_no_error (error);
  check_untouched (folder);
}

/* A stream that a thousand rules read: all of them, and nothing is left beside them. */
static void
test_many (void)
{
  enum { N_RULES = 1001 };
  g_autofree char *folder = new_project ();
  guint n_rules = count_files (folder, "rules");
  g_autoptr(BeltProjectChange) change = NULL;
  g_autoptr(GError) error = NULL;
  double planned;
  double applied;
  double undone;

  for (guint i = 0; i < N_RULES; i++)
    {
      g_autofree char *name = g_strdup_printf ("rules/many%u.sql", i);

      write_text (folder, name, "SELECT old.a FROM old WHERE old.a > 1\n");
    }
  g_test_timer_start ();
  change = belt_project_plan_rename (folder, BELT_THING_STREAM, "old", "fresh", &error);
  g_assert_no_error (error);
  planned = g_test_timer_elapsed ();
  g_test_timer_start ();
  belt_project_change_apply (change, FALSE, &error);
  g_assert_no_error (error);
  applied = g_test_timer_elapsed ();
  check_text (folder, "rules/many0.sql", "SELECT fresh.a FROM fresh WHERE fresh.a > 1\n");
  check_text (folder, "rules/many1000.sql", "SELECT fresh.a FROM fresh WHERE fresh.a > 1\n");
  g_test_timer_start ();
  belt_project_change_undo (change, &error);
  g_assert_no_error (error);
  undone = g_test_timer_elapsed ();
  check_text (folder, "rules/many1000.sql", "SELECT old.a FROM old WHERE old.a > 1\n");
  g_assert_cmpuint (count_files (folder, "rules"), ==, n_rules + N_RULES);
  g_test_message ("%u rules: planned in %.0f ms, applied in %.0f ms, undone in %.0f ms", N_RULES, planned * 1000,
                  applied * 1000, undone * 1000);
}

int
main (int    argc,
      char **argv)
{
  /* A trash of its own. */
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/belt/project-change/rename-stream", test_rename_stream);
  g_test_add_func ("/belt/project-change/rename-to-keyword", test_rename_to_keyword);
  g_test_add_func ("/belt/project-change/rename-rule", test_rename_rule);
  g_test_add_func ("/belt/project-change/rename-files", test_rename_files);
  g_test_add_func ("/belt/project-change/refused", test_refused);
  g_test_add_func ("/belt/project-change/delete", test_delete);
  g_test_add_func ("/belt/project-change/delete-entries", test_delete_entries);
  g_test_add_func ("/belt/project-change/changed-meanwhile", test_changed_meanwhile);
  g_test_add_func ("/belt/project-change/half-way", test_half_way);
  g_test_add_func ("/belt/project-change/staged", test_staged);
  g_test_add_func ("/belt/project-change/trash", test_trash);
  g_test_add_func ("/belt/project-change/emptied-trash", test_emptied_trash);
  g_test_add_func ("/belt/project-change/many", test_many);
  return g_test_run ();
}
