/* test-bw-names.c - every control that is shown has an accessible name, on every page and dialog
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-test.h"

#include "bw-deploy-dialog.h"
#include "bw-new-dialog.h"
#include "bw-plugin-page.h"
#include "bw-preferences.h"

#include <glib/gstdio.h>

static void
check_names (GtkWidget  *root,
             const char *what)
{
  guint n;

  for (int i = 0; i < 30; i++)
    bw_test_iterate ();
  n = bw_test_count_nameless (root);
  if (n > 0)
    g_test_message ("%u controls of %s have no name", n, what);
  g_assert_cmpuint (n, ==, 0);
}

static void
check_dialog (BwWindow   *window,
              GtkWindow  *dialog,
              const char *what)
{
  check_names (GTK_WIDGET (dialog), what);
  bw_test_picture (GTK_WIDGET (dialog), what);
  gtk_window_destroy (dialog);
}

/* Menus and lists that drop down are pages as well, once open. */
static void
check_popovers (GtkWidget  *root,
                const char *what)
{
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      if (GTK_IS_POPOVER (child) && GTK_IS_MENU_BUTTON (root) && gtk_widget_is_sensitive (root) &&
          gtk_widget_get_mapped (root))
        {
          gtk_popover_popup (GTK_POPOVER (child));
          BW_WAIT (gtk_widget_get_mapped (child));
          check_names (child, what);
          gtk_popover_popdown (GTK_POPOVER (child));
          BW_WAIT (!gtk_widget_get_mapped (child));
        }
      else
        {
          check_popovers (child, what);
        }
    }
}

static void
check_choices (GtkWidget  *root,
               const char *what)
{
  if (ADW_IS_COMBO_ROW (root))
    {
      GtkWidget *popover;

      popover = bw_test_find_widget (root, GTK_TYPE_POPOVER, NULL);
      g_assert_nonnull (popover);
      gtk_popover_popup (GTK_POPOVER (popover));
      BW_WAIT (gtk_widget_get_mapped (popover));
      check_names (popover, what);
      bw_test_picture (popover, "names-choices");
      gtk_popover_popdown (GTK_POPOVER (popover));
      return;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    check_choices (child, what);
}

static void
test_welcome (void)
{
  BwWindow *window = bw_test_open (NULL, NULL);

  check_names (GTK_WIDGET (window), "welcome");
  check_popovers (GTK_WIDGET (window), "a menu of welcome");
  bw_welcome_set_data (window->welcome, "{\"a\":1}\n");
  check_names (GTK_WIDGET (window), "welcome with data");
  bw_test_close (window);
}

/* Each shown button of this class says what it does; how many there are. */
static guint
check_buttons (GtkWidget  *root,
               const char *css_class,
               const char *name)
{
  guint n = 0;

  if (gtk_widget_has_css_class (root, css_class) && gtk_widget_get_mapped (root))
    {
      g_autofree char *other = gtk_test_accessible_check_property (GTK_ACCESSIBLE (root),
                                                                   GTK_ACCESSIBLE_PROPERTY_LABEL, name);

      g_assert_cmpstr (other, ==, NULL);
      n++;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    n += check_buttons (child, css_class, name);

  return n;
}

static void
test_pages (void)
{
  static const char *const pages[] = { "overheat", "average", "ema", "cold_rooms" };
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      bw_window_open_named (window, pages[i]);
      BW_WAIT (g_str_equal (bw_item_get_name (bw_page_get_item (bw_test_get_page (window))), pages[i]));
      BW_WAIT (bw_window_is_settled (window));
      gtk_widget_activate_action (GTK_WIDGET (window), "win.why", NULL);
      check_names (GTK_WIDGET (window), pages[i]);
      gtk_widget_activate_action (GTK_WIDGET (window), "win.replace", NULL);
      check_names (GTK_WIDGET (window), "find and replace");
      check_popovers (GTK_WIDGET (window), "a menu of the window");
    }

  /* A problem with a fix has controls of its own. */
  bw_window_open_named (window, "overheat");
  BW_WAIT (BW_IS_RULE_PAGE (bw_test_get_page (window)));
  bw_test_replace (bw_test_get_page (window), "WHERE temperature", "WHERE temperatur");
  BW_WAIT (g_list_model_get_n_items (bw_rule_page_get_problems (BW_RULE_PAGE (bw_test_get_page (window)))) > 0);
  BW_WAIT (bw_window_is_settled (window));
  check_names (GTK_WIDGET (window), "a rule with a problem");
  g_assert_cmpuint (check_buttons (GTK_WIDGET (window), "tab-indicator", "Not saved"), ==, 1);
  g_assert_cmpuint (check_buttons (GTK_WIDGET (window), "tab-close-button", "Close the page"), >, 0);

  bw_window_open_named (window, "ema");
  BW_WAIT (BW_IS_PLUGIN_PAGE (bw_test_get_page (window)));
  bw_test_replace (bw_test_get_page (window), "return state->value;", "return state->valu;");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.save", NULL);
  BW_WAIT (bw_test_find_widget (GTK_WIDGET (bw_test_get_page (window)), GTK_TYPE_LIST_BOX_ROW, NULL) != NULL);
  BW_WAIT (bw_window_is_settled (window));
  check_names (GTK_WIDGET (window), "a plugin with a problem");
  bw_test_close (window);

  /* Now there is a recent project. */
  window = bw_test_open (NULL, NULL);
  check_names (GTK_WIDGET (window), "welcome with a recent project");
  bw_test_close (window);
}

static void
test_dialogs (void)
{
  static const char *const kinds[] = { "rule", "stream", "source", "sink", "function", "aggregate" };
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwWindow *window = bw_test_open (folder, "overheat");
  GtkWindow *dialog;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      gtk_widget_activate_action (GTK_WIDGET (window), "win.new-kind", "s", kinds[i]);
      dialog = bw_test_wait_dialog (BW_TYPE_NEW_DIALOG);
      check_names (GTK_WIDGET (dialog), kinds[i]);
      check_choices (GTK_WIDGET (dialog), kinds[i]);
      gtk_window_destroy (dialog);
      for (int k = 0; k < 20; k++)
        bw_test_iterate ();
    }

  gtk_widget_activate_action (GTK_WIDGET (window), "win.deploy", NULL);
  dialog = bw_test_wait_dialog (BW_TYPE_DEPLOY_DIALOG);
  check_choices (GTK_WIDGET (dialog), "the choices of deploy");
  check_dialog (window, dialog, "names-deploy");

  g_action_group_activate_action (G_ACTION_GROUP (bw_test_get_app ()), "preferences", NULL);
  dialog = bw_test_wait_dialog (BW_TYPE_PREFERENCES);
  check_choices (GTK_WIDGET (dialog), "the choices of preferences");
  check_dialog (window, dialog, "names-preferences");

  gtk_widget_activate_action (GTK_WIDGET (window), "win.show-help-overlay", NULL);
  dialog = bw_test_wait_dialog (GTK_TYPE_SHORTCUTS_WINDOW);
  check_dialog (window, dialog, "names-shortcuts");

  g_action_group_activate_action (G_ACTION_GROUP (bw_test_get_app ()), "about", NULL);
  dialog = bw_test_wait_dialog (ADW_TYPE_ABOUT_WINDOW);
  check_dialog (window, dialog, "names-about");
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/names/welcome", test_welcome);
  g_test_add_func ("/bw/names/pages", test_pages);
  g_test_add_func ("/bw/names/dialogs", test_dialogs);
  return g_test_run ();
}
