/* test-bw-document.c - nothing typed is lost: saves, undo, changes on disk, kill -9
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#define N_TYPISTS    20
#define KEY_MS       100

static char *
create_project (const char *text)
{
  g_autofree char *folder = g_dir_make_tmp ("document-XXXXXX", NULL);
  g_autofree char *rules = g_build_filename (folder, "rules", NULL);
  g_autofree char *path = g_build_filename (rules, "a.sql", NULL);

  g_mkdir (rules, 0755);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return g_steal_pointer (&folder);
}

static BwDocument *
open_document (const char *folder)
{
  g_autoptr(GFile) root = g_file_new_for_path (folder);
  g_autoptr(GFile) file = g_file_resolve_relative_path (root, "rules/a.sql");
  g_autoptr(BwJournal) journal = bw_journal_new (root);
  BwDocument *document = bw_document_new (file, journal);

  BW_WAIT (bw_document_get_state (document) == BW_DOCUMENT_READY);
  return document;
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;

  bw_document_save_finish (BW_DOCUMENT (object), result, &error);
  g_assert_no_error (error);
  *(gboolean *)data = TRUE;
}

static void
save (BwDocument *document)
{
  gboolean saved = FALSE;

  bw_document_save_async (document, saved_cb, &saved);
  BW_WAIT (saved);
}

static void
type_text (BwDocument *document,
           const char *text)
{
  GtkTextIter end;

  gtk_text_buffer_get_end_iter (GTK_TEXT_BUFFER (document), &end);
  gtk_text_buffer_insert_interactive (GTK_TEXT_BUFFER (document), &end, text, -1, TRUE);
}

static void
assert_text (BwDocument *document,
             const char *wanted)
{
  g_autofree char *text = bw_document_dup_text (document);

  g_assert_cmpstr (text, ==, wanted);
}

static char *
read_file (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "rules", "a.sql", NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
test_undo_survives_save (void)
{
  g_autofree char *folder = create_project ("one");
  g_autoptr(BwDocument) document = open_document (folder);
  g_autofree char *on_disk = NULL;

  type_text (document, " two");
  g_assert_true (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)));
  save (document);
  g_assert_false (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)));
  on_disk = read_file (folder);
  g_assert_cmpstr (on_disk, ==, "one two");

  gtk_text_buffer_undo (GTK_TEXT_BUFFER (document));
  assert_text (document, "one");
  g_assert_true (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)));
  gtk_text_buffer_redo (GTK_TEXT_BUFFER (document));
  assert_text (document, "one two");
}

static void
test_change_on_disk_keeps_mine (void)
{
  g_autofree char *folder = create_project ("one");
  g_autoptr(BwDocument) document = open_document (folder);
  g_autofree char *path = g_build_filename (folder, "rules", "a.sql", NULL);

  type_text (document, " mine");
  g_assert_true (g_file_set_contents (path, "theirs", -1, NULL));
  BW_WAIT (bw_document_get_notice (document) == BW_NOTICE_CHANGED_ON_DISK);
  assert_text (document, "one mine");

  bw_document_reload (document);
  assert_text (document, "theirs");
  g_assert_false (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)));
  gtk_text_buffer_undo (GTK_TEXT_BUFFER (document));
  assert_text (document, "one mine");
}

static void
test_change_on_disk_is_read (void)
{
  g_autofree char *folder = create_project ("one");
  g_autoptr(BwDocument) document = open_document (folder);
  g_autofree char *path = g_build_filename (folder, "rules", "a.sql", NULL);

  g_assert_true (g_file_set_contents (path, "theirs", -1, NULL));
  BW_WAIT (bw_document_get_notice (document) == BW_NOTICE_RELOADED);
  assert_text (document, "theirs");
}

static void
test_own_save_is_no_change (void)
{
  g_autofree char *folder = create_project ("one");
  g_autoptr(BwDocument) document = open_document (folder);

  for (int i = 0; i < 20; i++)
    {
      type_text (document, "x");
      save (document);
      for (int k = 0; k < 20; k++)
        bw_test_iterate ();
      g_assert_cmpint (bw_document_get_notice (document), ==, BW_NOTICE_NONE);
    }
}

/* In a process of its own: opens the document and types a letter every 100 ms; says so on stdout. */
static int
run_typist (const char *folder)
{
  g_autoptr(BwDocument) document = open_document (folder);

  for (int i = 0; i < 1000; i++)
    {
      gint64 next = g_get_monotonic_time () + KEY_MS * G_TIME_SPAN_MILLISECOND;
      char key[2] = { (char)('a' + i % 26), '\0' };

      type_text (document, key);
      g_print ("%d\n", i + 1);
      while (g_get_monotonic_time () < next)
        bw_test_iterate ();
    }

  return 0;
}

typedef struct
{
  GPid   pid;
  int    out;
  char  *folder;
  int    life_ms;
  gint64 born_us;   /* the first key was typed */
} Typist;

static int
count_keys (Typist *typist)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  ssize_t n;
  int keys = 0;

  while ((n = read (typist->out, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  for (gsize i = 0; i < text->len; i++)
    keys += text->str[i] == '\n' && i > 0 && g_ascii_isdigit (text->str[i - 1]);
  g_string_free (text, TRUE);

  return keys;
}

static gboolean
has_typed (Typist *typist)
{
  GPollFD fd = { typist->out, G_IO_IN | G_IO_HUP, 0 };

  return g_poll (&fd, 1, 0) > 0;
}

/* Twenty at once, each killed at a moment of its own while it types. */
static void
test_kill_loses_a_second_at_most (void)
{
  Typist typists[N_TYPISTS];

  for (int i = 0; i < N_TYPISTS; i++)
    {
      char *argv[] = { "/proc/self/exe", "--typist", NULL, NULL };
      g_autoptr(GError) error = NULL;

      typists[i].folder = create_project ("begin:");
      typists[i].life_ms = 1500 + g_test_rand_int_range (0, 3000);
      typists[i].born_us = 0;
      argv[2] = typists[i].folder;
      g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &typists[i].pid,
                                NULL, &typists[i].out, NULL, &error);
      g_assert_no_error (error);
    }

  for (int done = 0; done < N_TYPISTS; )
    {
      done = 0;
      for (int i = 0; i < N_TYPISTS; i++)
        if (typists[i].pid == 0)
          done++;
        else if (typists[i].born_us == 0)
          typists[i].born_us = has_typed (&typists[i]) ? g_get_monotonic_time () : 0;
        else if (g_get_monotonic_time () - typists[i].born_us > typists[i].life_ms * G_TIME_SPAN_MILLISECOND)
          {
            kill (typists[i].pid, SIGKILL);
            waitpid (typists[i].pid, NULL, 0);
            typists[i].pid = 0;
          }
      g_usleep (5000);
    }

  for (int i = 0; i < N_TYPISTS; i++)
    {
      int typed = count_keys (&typists[i]);
      g_autofree char *on_disk = read_file (typists[i].folder);
      g_autoptr(BwDocument) document = open_document (typists[i].folder);
      g_autofree char *text = bw_document_dup_text (document);
      int kept = (int)strlen (text) - (int)strlen ("begin:");

      g_test_message ("typed %d, kept %d", typed, kept);
      g_assert_cmpstr (on_disk, ==, "begin:");
      g_assert_true (g_str_has_prefix (text, "begin:"));
      g_assert_cmpint (typed, >, 0);
      for (int k = 0; k < kept; k++)
        g_assert_cmpint (text[6 + k], ==, 'a' + k % 26);
      g_assert_cmpint (kept, >=, typed - 1000 / KEY_MS);
      g_assert_cmpint (bw_document_get_notice (document), ==, kept > 0 ? BW_NOTICE_RESTORED : BW_NOTICE_NONE);
      close (typists[i].out);
      g_free (typists[i].folder);
    }
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--typist"))
    {
      gtk_init ();
      gtk_source_init ();
      return run_typist (argv[2]);
    }

  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/document/undo-survives-save", test_undo_survives_save);
  g_test_add_func ("/bw/document/change-on-disk-keeps-mine", test_change_on_disk_keeps_mine);
  g_test_add_func ("/bw/document/change-on-disk-is-read", test_change_on_disk_is_read);
  g_test_add_func ("/bw/document/own-save-is-no-change", test_own_save_is_no_change);
  g_test_add_func ("/bw/document/kill-loses-a-second-at-most", test_kill_loses_a_second_at_most);
  return g_test_run ();
}
