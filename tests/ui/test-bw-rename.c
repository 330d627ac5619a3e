/* test-bw-rename.c - another name, and the end, of what the sidebar shows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys come from outside, by xdotool, as a person's do.
 */
#include "config.h"

#include "bw-test.h"

#include "bw-rename-dialog.h"

#include <string.h>

static char *
read_file (const char *folder,
           const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  (void)g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* text NULL: it is not there */
static void
check_file (const char *folder,
            const char *name,
            const char *text)
{
  g_autofree char *now = read_file (folder, name);

  g_assert_cmpstr (now, ==, text);
}

static BwItem *
find_item (BwWindow   *window,
           BwKind      kind,
           const char *name)
{
  return bw_project_lookup (window->project, kind, name);
}

/* Not a sleep: a turn of the main loop after all that is waiting. */
static void
settle (void)
{
  for (int i = 0; i < 40; i++)
    bw_test_iterate ();
}

static gboolean
press_key (const char *keys)
{
  g_autofree char *command = g_strdup_printf ("xdotool key --clearmodifiers %s", keys);
  g_autoptr(GError) error = NULL;

  if (g_spawn_command_line_async (command, &error))
    return TRUE;
  g_test_message ("no keys: %s", error->message);
  return FALSE;
}

static GtkWidget *
find_row (GtkWidget  *root,
          const char *name)
{
  if (GTK_IS_LIST_BOX_ROW (root) && bw_test_find_widget (root, GTK_TYPE_LABEL, name) != NULL)
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_row (child, name);

      if (found != NULL)
        return found;
    }

  return NULL;
}

static GtkWidget *
focus_row (BwWindow   *window,
           const char *name)
{
  GtkWidget *row = find_row (GTK_WIDGET (window->sidebar), name);

  g_assert_nonnull (row);
  BW_WAIT (gtk_window_is_active (GTK_WINDOW (window)));
  gtk_widget_grab_focus (row);
  BW_WAIT (gtk_widget_has_focus (row));
  return row;
}

static const char *
get_text (GtkWindow  *dialog,
          const char *part)
{
  GtkWidget *label = bw_test_find_widget (GTK_WIDGET (dialog), GTK_TYPE_LABEL, part);

  return label != NULL ? gtk_label_get_label (GTK_LABEL (label)) : "";
}

static GtkWidget *
get_entry (GtkWindow *dialog)
{
  return bw_test_find_widget (GTK_WIDGET (dialog), ADW_TYPE_ENTRY_ROW, NULL);
}

static void
type_name (GtkWindow  *dialog,
           const char *name)
{
  gtk_editable_set_text (GTK_EDITABLE (get_entry (dialog)), name);
}

static GtkWidget *
get_button (GtkWindow *dialog)
{
  GtkWidget *button = bw_test_find_widget (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, "ename");

  g_assert_nonnull (button);
  return button;
}

static void
accept (GtkWindow *dialog)
{
  BW_WAIT (gtk_widget_get_sensitive (get_button (dialog)));
  g_signal_emit_by_name (get_button (dialog), "clicked");
}

static void
click_undo (BwWindow *window)
{
  GtkWidget *button;

  BW_WAIT ((button = bw_test_find_widget (GTK_WIDGET (window->toasts), GTK_TYPE_BUTTON, "_Undo")) != NULL &&
           gtk_widget_get_mapped (button));
  g_signal_emit_by_name (button, "clicked");
}

static gboolean
shows_toast (BwWindow   *window,
             const char *text)
{
  GtkWidget *label = bw_test_find_widget (GTK_WIDGET (window->toasts), GTK_TYPE_LABEL, text);

  return label != NULL && gtk_widget_get_mapped (label);
}

static gboolean
has_text (BwPage     *page,
          const char *part)
{
  g_autofree char *text = bw_document_dup_text (bw_page_get_document (page));

  return strstr (text, part) != NULL;
}

/* F2 on a stream: its statement, its sample, the rules and the test follow, in open pages too; undo brings all back. */
static void
test_stream (void)
{
  static const char *const names[] = {
    "streams/cold_rooms.sql", "rules/overheat.sql", "rules/average.sql", "tests/overheat.test",
  };
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  char *before[G_N_ELEMENTS (names)];
  g_autofree char *stream = NULL;
  GtkWindow *dialog;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    before[i] = read_file (folder, names[i]);
  focus_row (window, "cold_rooms");
  g_assert_true (press_key ("F2"));
  dialog = bw_test_wait_dialog (BW_TYPE_RENAME_DIALOG);
  BW_WAIT (*get_text (dialog, "places change with it") != '\0');
  g_test_message ("%s", get_text (dialog, "places change with it"));
  g_assert_nonnull (strstr (get_text (dialog, "places change with it"), "rules and 1 test"));
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (dialog)), ==, 0);
  g_assert_false (gtk_widget_get_sensitive (get_button (dialog)));
  bw_test_picture (GTK_WIDGET (dialog), "rename-stream");

  type_name (dialog, "1st");
  g_assert_false (gtk_widget_get_sensitive (get_button (dialog)));
  g_assert_true (*get_text (dialog, "A letter, then") != '\0');
  bw_test_picture (GTK_WIDGET (dialog), "rename-invalid");
  type_name (dialog, "rooms");
  g_assert_true (*get_text (dialog, "A letter, then") == '\0');
  accept (dialog);

  BW_WAIT (find_item (window, BW_KIND_STREAM, "rooms") != NULL);
  BW_WAIT (has_text (page, "FROM rooms"));
  BW_WAIT (bw_window_is_settled (window));
  g_assert_null (find_item (window, BW_KIND_STREAM, "cold_rooms"));
  /* Our own doing is no news. */
  g_assert_cmpint (bw_document_get_notice (bw_page_get_document (page)), ==, BW_NOTICE_NONE);
  BW_WAIT (gtk_widget_has_focus (find_row (GTK_WIDGET (window->sidebar), "rooms")));
  BW_WAIT (shows_toast (window, "“cold_rooms” is called “rooms” now."));
  stream = read_file (folder, "streams/rooms.sql");
  g_assert_nonnull (strstr (stream, "CREATE STREAM rooms"));
  check_file (folder, "streams/cold_rooms.sql", NULL);
  check_file (folder, "samples/cold_rooms.jsonl", NULL);
  /* The rule has rows of the sample under its new name. */
  BW_WAIT (g_list_model_get_n_items (bw_rule_page_get_problems (BW_RULE_PAGE (page))) == 0);
  BW_WAIT (bw_rule_page_get_trial (BW_RULE_PAGE (page)) != NULL &&
           belt_trial_get_emissions (bw_rule_page_get_trial (BW_RULE_PAGE (page)))->len > 0);
  BW_WAIT (gtk_window_is_active (GTK_WINDOW (window)));
  bw_test_picture (GTK_WIDGET (window), "rename-done");

  click_undo (window);
  BW_WAIT (find_item (window, BW_KIND_STREAM, "cold_rooms") != NULL);
  BW_WAIT (has_text (page, "FROM cold_rooms"));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      check_file (folder, names[i], before[i]);
      g_free (before[i]);
    }
  check_file (folder, "streams/rooms.sql", NULL);
  check_file (folder, "samples/rooms.jsonl", NULL);
  g_assert_false (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (bw_page_get_document (page))));
  bw_test_close (window);
}

/* From the rule's text: the stream at the caret. */
static void
test_from_text (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bw_page_get_document (page));
  GtkTextIter start;
  GtkTextIter at;
  GtkWindow *dialog;

  gtk_text_buffer_get_start_iter (buffer, &start);
  g_assert_true (gtk_text_iter_forward_search (&start, "FROM ", 0, NULL, &at, NULL));
  gtk_text_buffer_place_cursor (buffer, &at);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.rename", NULL);
  dialog = bw_test_wait_dialog (BW_TYPE_RENAME_DIALOG);
  g_assert_cmpstr (gtk_window_get_title (dialog), ==, "Rename “cold_rooms”");
  BW_WAIT (*get_text (dialog, "places change with it") != '\0');
  gtk_window_close (dialog);
  settle ();
  bw_test_close (window);
}

/* What was typed and not saved is saved with the rename; the page is the same, with its undo. */
static void
test_unsaved (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *rule = read_file (folder, "rules/overheat.sql");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bw_page_get_document (page));
  g_autofree char *typed = NULL;
  GtkWindow *dialog;

  bw_test_replace (page, "FROM", "-- not saved\nFROM");
  typed = bw_document_dup_text (bw_page_get_document (page));
  bw_window_rename_item (window, find_item (window, BW_KIND_RULE, "overheat"));
  dialog = bw_test_wait_dialog (BW_TYPE_RENAME_DIALOG);
  BW_WAIT (*get_text (dialog, "saved first: overheat.sql.") != '\0');
  bw_test_picture (GTK_WIDGET (dialog), "rename-unsaved");
  type_name (dialog, "average");
  g_assert_true (*get_text (dialog, "There is already a rule “average”.") != '\0');
  g_assert_false (gtk_widget_get_sensitive (get_button (dialog)));
  type_name (dialog, "hotter");
  accept (dialog);

  BW_WAIT (find_item (window, BW_KIND_RULE, "hotter") != NULL);
  BW_WAIT (bw_page_get_item (page) == find_item (window, BW_KIND_RULE, "hotter"));
  g_assert_true (bw_test_get_page (window) == page);
  g_assert_cmpstr (panel_widget_get_title (PANEL_WIDGET (page)), ==, "hotter.sql");
  check_file (folder, "rules/hotter.sql", typed);
  check_file (folder, "rules/overheat.sql", NULL);
  g_assert_false (gtk_text_buffer_get_modified (buffer));
  g_assert_cmpint (bw_document_get_notice (bw_page_get_document (page)), ==, BW_NOTICE_NONE);
  BW_WAIT (bw_window_is_settled (window));
  BW_WAIT (bw_rule_page_get_trial (BW_RULE_PAGE (page)) != NULL);

  gtk_text_buffer_undo (buffer);
  g_assert_true (has_text (page, "FROM"));
  g_assert_false (has_text (page, "not saved"));

  /* Text was typed since: the old name does not come back over it. */
  click_undo (window);
  BW_WAIT (shows_toast (window, "“hotter.sql” was edited since."));
  check_file (folder, "rules/hotter.sql", typed);
  gtk_text_buffer_redo (buffer);
  BW_WAIT (!gtk_text_buffer_get_modified (buffer));

  /* Saved to its new file, and typed text kept for it. */
  focus_row (window, "hotter");
  g_assert_true (press_key ("ctrl+z"));
  BW_WAIT (find_item (window, BW_KIND_RULE, "overheat") != NULL);
  BW_WAIT (bw_page_get_item (page) == find_item (window, BW_KIND_RULE, "overheat"));
  check_file (folder, "rules/overheat.sql", typed);
  check_file (folder, "rules/hotter.json", NULL);
  bw_test_close (window);
}

/* Text that changed on disk and here is for the person to decide about, and nothing happens until then. */
static void
test_conflict (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  GtkWindow *dialog;

  bw_test_replace (page, "FROM", "-- mine\nFROM");
  bw_test_write_file (folder, "rules/overheat.sql", "SELECT 1 AS theirs FROM cold_rooms\n");
  BW_WAIT (bw_document_get_notice (bw_page_get_document (page)) == BW_NOTICE_CHANGED_ON_DISK);
  bw_window_rename_item (window, find_item (window, BW_KIND_STREAM, "cold_rooms"));
  dialog = bw_test_wait_dialog (BW_TYPE_RENAME_DIALOG);
  type_name (dialog, "rooms");
  accept (dialog);
  BW_WAIT (*get_text (dialog, "“overheat.sql” changed on disk and here.") != '\0');
  g_assert_true (has_text (page, "-- mine\nFROM cold_rooms"));
  check_file (folder, "rules/overheat.sql", "SELECT 1 AS theirs FROM cold_rooms\n");
  check_file (folder, "streams/rooms.sql", NULL);
  gtk_window_destroy (dialog);
  bw_test_close (window);
}

static gboolean
is_kept (BwWindow *window)
{
  g_autoptr(GPtrArray) typed = bw_journal_list (bw_project_get_journal (window->project));

  return typed->len > 0;
}

/* Text typed into a page that was closed is in the journal only: it is not left behind under the old name. */
static void
test_closed (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  GtkWindow *dialog;

  bw_test_replace (bw_test_get_page (window), "FROM", "-- mine\nFROM");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.close-page", NULL);
  BW_WAIT (window->page == NULL);
  BW_WAIT (is_kept (window));
  bw_window_rename_item (window, find_item (window, BW_KIND_RULE, "overheat"));
  dialog = bw_test_wait_dialog (BW_TYPE_RENAME_DIALOG);
  type_name (dialog, "hotter");
  accept (dialog);
  BW_WAIT (*get_text (dialog, "“overheat.sql” has text that was typed and not saved.") != '\0');
  check_file (folder, "rules/hotter.sql", NULL);
  gtk_window_destroy (dialog);
  bw_window_open_item (window, find_item (window, BW_KIND_RULE, "overheat"));
  BW_WAIT (has_text (bw_test_get_page (window), "-- mine"));
  bw_test_close (window);
}

static void
respond (const char *label)
{
  GtkWindow *dialog = bw_test_wait_dialog (ADW_TYPE_MESSAGE_DIALOG);
  GtkWidget *button = bw_test_find_widget (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, label);

  g_assert_nonnull (button);
  g_signal_emit_by_name (button, "clicked");
  settle ();
}

/* Delete on a rule that is open with text not saved: all of it goes, and all of it comes back. */
static void
test_delete (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *json = read_file (folder, "rules/overheat.json");
  BwWindow *window = bw_test_open (folder, "overheat");
  BwPage *page = bw_test_get_page (window);
  g_autofree char *typed = NULL;
  GtkWindow *dialog;

  bw_test_replace (page, "FROM", "-- not saved\nFROM");
  typed = bw_document_dup_text (bw_page_get_document (page));
  focus_row (window, "overheat");
  g_assert_true (press_key ("Delete"));
  dialog = bw_test_wait_dialog (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_nonnull (strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)), "rules/overheat.sql"));
  g_assert_nonnull (strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)), "tests/overheat.test"));
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (dialog)), ==, 0);
  bw_test_picture (GTK_WIDGET (dialog), "delete-rule");
  respond ("_Cancel");
  g_assert_nonnull (find_item (window, BW_KIND_RULE, "overheat"));
  g_assert_true (has_text (page, "not saved"));

  bw_window_delete_item (window, find_item (window, BW_KIND_RULE, "overheat"));
  respond ("_Save and Delete");
  BW_WAIT (find_item (window, BW_KIND_RULE, "overheat") == NULL);
  /* The next Delete or F2 is about the neighbour. */
  BW_WAIT (gtk_widget_has_focus (find_row (GTK_WIDGET (window->sidebar), "average")));
  check_file (folder, "rules/overheat.sql", NULL);
  check_file (folder, "rules/overheat.json", NULL);
  BW_WAIT (shows_toast (window, "“overheat” is deleted."));
  BW_WAIT (bw_window_is_settled (window));
  bw_test_picture (GTK_WIDGET (window), "delete-done");

  click_undo (window);
  BW_WAIT (find_item (window, BW_KIND_RULE, "overheat") != NULL);
  BW_WAIT (window->page != NULL && g_str_equal (bw_item_get_name (bw_page_get_item (window->page)), "overheat"));
  BW_WAIT (bw_window_is_settled (window));
  check_file (folder, "rules/overheat.sql", typed);
  check_file (folder, "rules/overheat.json", json);
  g_assert_cmpint (bw_document_get_notice (bw_page_get_document (window->page)), ==, BW_NOTICE_NONE);
  bw_test_close (window);
}

/* An engine and a plugin are in the manifest, which comes back byte by byte. */
static void
test_delete_entries (void)
{
  static const struct { BwKind kind; const char *name; } things[] = {
    { BW_KIND_ENGINE, "local" }, { BW_KIND_PLUGIN, "ema" }, { BW_KIND_SAMPLE, "cold_rooms" },
    { BW_KIND_TEST, "overheat" }, { BW_KIND_STREAM, "cold_rooms" },
  };
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *manifest = read_file (folder, "beltworks.json");
  BwWindow *window = bw_test_open (folder, "overheat");

  for (guint i = 0; i < G_N_ELEMENTS (things); i++)
    {
      bw_window_delete_item (window, find_item (window, things[i].kind, things[i].name));
      respond ("_Delete");
      BW_WAIT (find_item (window, things[i].kind, things[i].name) == NULL);
      click_undo (window);
      BW_WAIT (find_item (window, things[i].kind, things[i].name) != NULL);
      check_file (folder, "beltworks.json", manifest);
    }
  bw_test_close (window);
}

static GtkEventController *
find_gesture (GtkWidget *widget,
              GType      type)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (controller, type) &&
          (type != GTK_TYPE_GESTURE_CLICK || gtk_gesture_single_get_button (GTK_GESTURE_SINGLE (controller)) == 3))
        return controller;
    }
  g_assert_not_reached ();
}

static GtkWidget *
wait_menu (BwWindow *window)
{
  GtkWidget *menu = bw_test_find_widget (GTK_WIDGET (window->sidebar), GTK_TYPE_POPOVER_MENU, NULL);

  g_assert_nonnull (menu);
  BW_WAIT (gtk_widget_get_mapped (menu));
  settle ();
  return menu;
}

static void
close_menu (GtkWidget *menu)
{
  gtk_popover_popdown (GTK_POPOVER (menu));
  BW_WAIT (!gtk_widget_get_mapped (menu));
}

static gboolean
offers (GtkWidget  *menu,
        const char *label)
{
  GtkWidget *found = bw_test_find_widget (menu, GTK_TYPE_LABEL, label);

  return found != NULL && gtk_widget_get_mapped (found);
}

static void
choose (GtkWidget  *menu,
        const char *label)
{
  GtkWidget *item = bw_test_find_widget (menu, GTK_TYPE_LABEL, label);

  g_assert_nonnull (item);
  g_signal_emit_by_name (gtk_widget_get_ancestor (item, g_type_from_name ("GtkModelButton")), "clicked");
}

/* The menu comes by the right button, a long touch and both keys; a plugin has no other name there. */
static void
test_menu (void)
{
  static const char *const keys[] = { "Menu", "shift+F10" };
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  GtkWidget *list = bw_test_find_widget (GTK_WIDGET (window->sidebar), GTK_TYPE_LIST_BOX, NULL);
  GtkWidget *row = find_row (list, "ema");
  graphene_rect_t bounds;
  GtkWidget *menu;
  GtkWindow *dialog;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      focus_row (window, "average");
      g_assert_true (press_key (keys[i]));
      menu = wait_menu (window);
      g_assert_true (offers (menu, "Open") && offers (menu, "Rename…") && offers (menu, "Delete…"));
      g_assert_cmpuint (bw_test_count_nameless (menu), ==, 0);
      bw_test_picture (menu, "rename-menu");
      close_menu (menu);
      BW_WAIT (gtk_widget_has_focus (find_row (list, "average")));
    }

  g_assert_true (gtk_widget_compute_bounds (row, list, &bounds));
  g_signal_emit_by_name (find_gesture (list, GTK_TYPE_GESTURE_CLICK), "pressed", 1, 20.0, bounds.origin.y + 5.0);
  menu = wait_menu (window);
  g_assert_true (offers (menu, "Open") && !offers (menu, "Rename…") && offers (menu, "Delete…"));
  close_menu (menu);
  g_signal_emit_by_name (find_gesture (list, GTK_TYPE_GESTURE_LONG_PRESS), "pressed", 20.0, bounds.origin.y + 5.0);
  menu = wait_menu (window);
  close_menu (menu);

  bw_window_rename_item (window, find_item (window, BW_KIND_PLUGIN, "ema"));
  BW_WAIT (shows_toast (window, "The name of a plugin is in its C code"));

  focus_row (window, "average");
  g_assert_true (press_key ("Menu"));
  menu = wait_menu (window);
  choose (menu, "Rename…");
  dialog = bw_test_wait_dialog (BW_TYPE_RENAME_DIALOG);
  BW_WAIT (!gtk_widget_get_mapped (menu));
  g_assert_cmpstr (gtk_window_get_title (dialog), ==, "Rename “average”");
  gtk_window_close (dialog);
  settle ();
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/rename/stream", test_stream);
  g_test_add_func ("/bw/rename/from-text", test_from_text);
  g_test_add_func ("/bw/rename/unsaved", test_unsaved);
  g_test_add_func ("/bw/rename/conflict", test_conflict);
  g_test_add_func ("/bw/rename/closed", test_closed);
  g_test_add_func ("/bw/rename/delete", test_delete);
  g_test_add_func ("/bw/rename/delete-entries", test_delete_entries);
  g_test_add_func ("/bw/rename/menu", test_menu);
  return g_test_run ();
}
