/* bw-test.c - what the tests of the window share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-test.h"

#include "bw-places.h"
#include "bw-screenshot.h"

#include <glib/gstdio.h>
#include <gtksourceview/gtksource.h>
#include <stdio.h>
#include <time.h>

static BwApplication *app;
static gint64 turn_start_us;
static gint64 turn_start_cpu_us;
static gint64 longest_turn_us;
static gint64 longest_turn_cpu_us;

static gint64
get_cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_TIME_SPAN_SECOND + now.tv_nsec / 1000;
}

/* The time between two waits for events is one turn. */
static int
poll_and_measure (GPollFD *fds,
                  guint    n_fds,
                  int      timeout)
{
  int result;

  if (turn_start_us != 0)
    {
      longest_turn_us = MAX (longest_turn_us, g_get_monotonic_time () - turn_start_us);
      longest_turn_cpu_us = MAX (longest_turn_cpu_us, get_cpu_us () - turn_start_cpu_us);
    }
  result = g_poll (fds, n_fds, timeout);
  turn_start_us = g_get_monotonic_time ();
  turn_start_cpu_us = get_cpu_us ();

  return result;
}

void
bw_test_init (int    *argc,
              char ***argv)
{
  g_autoptr(GError) error = NULL;

  g_setenv ("GTK_A11Y", "test", FALSE);
  gtk_test_init (argc, argv, NULL);
  app = g_object_new (BW_TYPE_APPLICATION,
                      "application-id", BELT_APP_ID,
                      "flags", G_APPLICATION_HANDLES_OPEN | G_APPLICATION_NON_UNIQUE,
                      "resource-base-path", "/io/github/beltworks/Beltworks", NULL);
  g_application_register (G_APPLICATION (app), NULL, &error);
  g_assert_no_error (error);
  g_main_context_set_poll_func (NULL, poll_and_measure);
}

BwApplication *
bw_test_get_app (void)
{
  return app;
}

void
bw_test_iterate (void)
{
  if (!g_main_context_iteration (NULL, FALSE))
    {
      turn_start_us = 0;
      g_usleep (1000);
    }
}

double
bw_test_take_longest_turn (double *ret_cpu_ms)
{
  double ms = (double)longest_turn_us / 1000.0;

  *ret_cpu_ms = (double)longest_turn_cpu_us / 1000.0;
  longest_turn_us = 0;
  longest_turn_cpu_us = 0;
  turn_start_us = 0;
  return ms;
}

BwWindow *
bw_test_open (const char *folder,
              const char *page)
{
  BwWindow *window = bw_window_new (GTK_APPLICATION (app));

  gtk_window_set_default_size (GTK_WINDOW (window), 1280, 800);
  gtk_window_present (GTK_WINDOW (window));
  BW_WAIT (gtk_widget_get_width (GTK_WIDGET (window)) > 0);
  if (folder != NULL)
    {
      g_autoptr(GFile) file = g_file_new_for_path (folder);

      bw_window_open_folder (window, file);
      if (page != NULL)
        bw_window_open_named (window, page);
      BW_WAIT (window->page != NULL);
      if (page != NULL)
        BW_WAIT (g_str_equal (bw_item_get_name (bw_page_get_item (window->page)), page));
    }
  BW_WAIT (bw_window_is_settled (window));

  return window;
}

void
bw_test_close (BwWindow *window)
{
  gtk_window_destroy (GTK_WINDOW (window));
  for (int i = 0; i < 50; i++)
    bw_test_iterate ();
}

static void
copied_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GError) error = NULL;

  *(char **)data = bw_places_copy_example_finish (result, &error);
  g_assert_no_error (error);
}

char *
bw_test_copy_example (const char *name)
{
  static guint n;
  char *path = NULL;
  g_autofree char *moved = NULL;

  bw_places_copy_example_async (name, NULL, copied_cb, &path);
  BW_WAIT (path != NULL);
  moved = g_strdup_printf ("%s.%u", path, n++);
  g_assert_cmpint (rename (path, moved), ==, 0);
  g_free (path);

  return g_steal_pointer (&moved);
}

BwPage *
bw_test_get_page (BwWindow *window)
{
  g_assert_nonnull (window->page);
  return window->page;
}

void
bw_test_write_file (const char *folder,
                    const char *name,
                    const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double left = *(const double *)a;
  double right = *(const double *)b;

  return (left > right) - (left < right);
}

void
bw_test_print_times (const char *what,
                     double     *times,
                     guint       n)
{
  qsort (times, n, sizeof times[0], compare_doubles);
  printf ("# %s, %u times: median %.1f ms, p95 %.1f ms, worst %.1f ms\n", what, n, times[n / 2],
          times[(n - 1) * 95 / 100], times[n - 1]);
  fflush (stdout);
}

/* A new page's text comes from its file a moment later; a user cannot type before it is there. */
void
bw_test_set_text (BwPage     *page,
                  const char *text)
{
  BW_WAIT (bw_document_get_state (bw_page_get_document (page)) == BW_DOCUMENT_READY);
  bw_document_set_text (bw_page_get_document (page), text);
}

/* As typing does it: only what is replaced changes. */
void
bw_test_replace (BwPage     *page,
                 const char *from,
                 const char *to)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bw_page_get_document (page));
  GtkTextIter start;
  GtkTextIter end;
  GtkTextIter found;

  BW_WAIT (bw_document_get_state (bw_page_get_document (page)) == BW_DOCUMENT_READY);
  gtk_text_buffer_get_start_iter (buffer, &start);
  g_assert_true (gtk_text_iter_forward_search (&start, from, 0, &found, &end, NULL));
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_delete (buffer, &found, &end);
  gtk_text_buffer_insert (buffer, &found, to, -1);
  gtk_text_buffer_end_user_action (buffer);
}

void
bw_test_picture (GtkWidget  *widget,
                 const char *name)
{
  const char *folder = g_getenv ("BW_SCREENSHOTS");
  g_autofree char *file = g_strconcat (name, ".png", NULL);
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;

  if (folder == NULL)
    return;
  for (int i = 0; i < 30; i++)
    bw_test_iterate ();
  g_mkdir_with_parents (folder, 0755);
  path = g_build_filename (folder, file, NULL);
  /* Between two frames there may be nothing to take. */
  for (int i = 0; i < 10; i++)
    {
      g_clear_error (&error);
      gtk_widget_queue_draw (widget);
      gtk_test_widget_wait_for_draw (widget);
      if (bw_screenshot_save (widget, path, 1.0, &error))
        break;
    }
  g_assert_no_error (error);
}

guint
bw_test_find_op (BeltTrial  *trial,
                 const char *kind)
{
  for (guint i = 0; i < belt_trial_get_ops (trial)->len; i++)
    if (g_str_equal (bw_test_get_op (trial, i)->kind, kind))
      return i;

  return G_MAXUINT;
}

BeltTrialOp *
bw_test_get_op (BeltTrial *trial,
                guint      op)
{
  return g_ptr_array_index (belt_trial_get_ops (trial), op);
}

static GtkWindow *
find_window (GType type)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr(GtkWindow) window = g_list_model_get_item (windows, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (window, type) && gtk_widget_get_mapped (GTK_WIDGET (window)))
        return window;
    }

  return NULL;
}

GtkWindow *
bw_test_wait_dialog (GType type)
{
  BW_WAIT (find_window (type) != NULL);
  return find_window (type);
}

static const char *
get_label (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_label (GTK_LABEL (widget));
  if (GTK_IS_BUTTON (widget) && gtk_button_get_label (GTK_BUTTON (widget)) != NULL)
    return gtk_button_get_label (GTK_BUTTON (widget));

  return gtk_widget_get_tooltip_text (widget);
}

GtkWidget *
bw_test_find_widget (GtkWidget  *root,
                     GType       type,
                     const char *label)
{
  const char *own = get_label (root);

  if (g_type_is_a (G_OBJECT_TYPE (root), type) &&
      (label == NULL || (own != NULL && strstr (own, label) != NULL)))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = bw_test_find_widget (child, type, label);

      if (found != NULL)
        return found;
    }

  return NULL;
}

/* What a person can move the focus to or press, and what holds the things a person moves among. */
static gboolean
is_control (GtkWidget *widget)
{
  switch (gtk_accessible_get_accessible_role (GTK_ACCESSIBLE (widget)))
    {
    case GTK_ACCESSIBLE_ROLE_BUTTON:
    case GTK_ACCESSIBLE_ROLE_CHECKBOX:
    case GTK_ACCESSIBLE_ROLE_COMBO_BOX:
    case GTK_ACCESSIBLE_ROLE_LINK:
    case GTK_ACCESSIBLE_ROLE_LIST_ITEM:
    case GTK_ACCESSIBLE_ROLE_MENU_ITEM:
    case GTK_ACCESSIBLE_ROLE_MENU_ITEM_CHECKBOX:
    case GTK_ACCESSIBLE_ROLE_MENU_ITEM_RADIO:
    case GTK_ACCESSIBLE_ROLE_OPTION:
    case GTK_ACCESSIBLE_ROLE_RADIO:
    case GTK_ACCESSIBLE_ROLE_SEARCH_BOX:
    case GTK_ACCESSIBLE_ROLE_SLIDER:
    case GTK_ACCESSIBLE_ROLE_SPIN_BUTTON:
    case GTK_ACCESSIBLE_ROLE_SWITCH:
    case GTK_ACCESSIBLE_ROLE_TAB:
    case GTK_ACCESSIBLE_ROLE_TEXT_BOX:
      return TRUE;
    default:
      /* A viewport hands the focus on. */
      return gtk_widget_get_can_focus (widget) && gtk_widget_get_focusable (widget) &&
             !GTK_IS_SCROLLED_WINDOW (widget);
    }
}

static gboolean
has_name (GtkWidget *widget)
{
  return gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL) ||
         gtk_test_accessible_has_relation (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

guint
bw_test_count_nameless (GtkWidget *root)
{
  guint n = 0;

  if (!gtk_widget_get_mapped (root))
    return 0;
  if (is_control (root) && gtk_widget_get_width (root) > 0 && !has_name (root)
      /* A menu button is named by what it holds; the toggle inside it is the same control. */
      && !GTK_IS_MENU_BUTTON (gtk_widget_get_parent (root)))
    {
      g_test_message ("no name: %s in %s, tooltip %s", G_OBJECT_TYPE_NAME (root),
                      G_OBJECT_TYPE_NAME (gtk_widget_get_parent (root)), gtk_widget_get_tooltip_text (root));
      n++;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    n += bw_test_count_nameless (child);

  return n;
}
