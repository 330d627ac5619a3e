/* test-bw-deploy.c - from the window to an engine: plan, deploy, read back, undo; a zip
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Against a real beltd that the test starts.
 */
#include "config.h"

#include "bw-test.h"

#include "bw-deploy-dialog.h"

#include <libsoup/soup.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

typedef struct
{
  GSubprocess *process;
  char        *url;
} Daemon;

static void
daemon_start (Daemon *self)
{
  g_autofree char *data_dir = g_dir_make_tmp ("beltd-XXXXXX", NULL);
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr(GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  g_autoptr(GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "KUIPER__BASIC__ENABLEPRIVATENET", "true", TRUE);
  self->process = g_subprocess_launcher_spawn (launcher, &error, BELT_BUILD_DIR "/engine/daemon/beltd",
                                               "--data-dir", data_dir, "--listen", "127.0.0.1:0", NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  self->url = g_strdup (g_strrstr (line, "http"));
  if (self->url == NULL)
    self->url = g_strconcat ("http://", strrchr (line, ' ') + 1, NULL);
  g_strchomp (self->url);
  if (g_str_has_suffix (self->url, "/"))
    self->url[strlen (self->url) - 1] = '\0';
}

static void
daemon_stop (Daemon *self)
{
  g_subprocess_send_signal (self->process, SIGTERM);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
  g_clear_pointer (&self->url, g_free);
}

static void
got_cb (GObject      *object,
        GAsyncResult *result,
        gpointer      data)
{
  *(GBytes **)data = soup_session_send_and_read_finish (SOUP_SESSION (object), result, NULL);
}

/* What the engine itself says. */
static char *
get (Daemon     *self,
     const char *path)
{
  g_autoptr(SoupSession) session = soup_session_new ();
  g_autofree char *url = g_strconcat (self->url, path, NULL);
  g_autoptr(SoupMessage) message = soup_message_new ("GET", url);
  g_autoptr(GBytes) bytes = NULL;

  soup_session_send_and_read_async (session, message, 0, NULL, got_cb, &bytes);
  BW_WAIT (bytes != NULL);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
set_engine (const char *folder,
            const char *url)
{
  g_autofree char *path = g_build_filename (folder, "beltworks.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr(GString) changed = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  changed = g_string_new (text);
  g_assert_cmpuint (g_string_replace (changed, "http://127.0.0.1:9081", url, 0), ==, 1);
  g_assert_true (g_file_set_contents (path, changed->str, -1, NULL));
}

static void
click (GtkWindow  *dialog,
       const char *label)
{
  GtkWidget *button = bw_test_find_widget (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, label);

  g_assert_nonnull (button);
  g_assert_true (gtk_widget_get_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
}

static BwDeployDialog *
open_dialog (BwWindow *window)
{
  BwDeployDialog *dialog;

  gtk_widget_activate_action (GTK_WIDGET (window), "win.deploy", NULL);
  dialog = BW_DEPLOY_DIALOG (bw_test_wait_dialog (BW_TYPE_DEPLOY_DIALOG));
  BW_WAIT (!bw_deploy_dialog_is_busy (dialog) && *bw_deploy_dialog_get_sentence (dialog) != '\0');
  return dialog;
}

static void
test_deploy_and_undo (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *deployed = NULL;
  g_autofree char *undone = NULL;
  g_autofree char *functions = NULL;
  Daemon engine = { NULL, NULL };
  BwDeployDialog *dialog;
  BwWindow *window;

  daemon_start (&engine);
  set_engine (folder, engine.url);
  window = bw_test_open (folder, "overheat");
  dialog = open_dialog (window);
  g_test_message ("plan: %s", bw_deploy_dialog_get_sentence (dialog));
  g_assert_nonnull (strstr (bw_deploy_dialog_get_sentence (dialog), "Nothing is changed until"));
  g_assert_cmpuint (bw_test_count_nameless (GTK_WIDGET (dialog)), ==, 0);
  bw_test_picture (GTK_WIDGET (dialog), "deploy-plan");

  click (GTK_WINDOW (dialog), "_Deploy");
  BW_WAIT (!bw_deploy_dialog_is_busy (dialog));
  g_test_message ("deployed: %s", bw_deploy_dialog_get_sentence (dialog));
  bw_test_picture (GTK_WIDGET (dialog), "deploy-done");
  g_assert_nonnull (strstr (bw_deploy_dialog_get_sentence (dialog), "as read back from it"));
  deployed = get (&engine, "/rules");
  g_assert_nonnull (strstr (deployed, "overheat"));
  functions = get (&engine, "/plugins/functions");
  g_assert_nonnull (strstr (functions, "ema"));

  click (GTK_WINDOW (dialog), "_Undo Deploy");
  BW_WAIT (!bw_deploy_dialog_is_busy (dialog));
  g_test_message ("undone: %s", bw_deploy_dialog_get_sentence (dialog));
  bw_test_picture (GTK_WIDGET (dialog), "deploy-undone");
  undone = get (&engine, "/rules");
  g_assert_null (strstr (undone, "overheat"));

  gtk_window_destroy (GTK_WINDOW (dialog));
  bw_test_close (window);
  daemon_stop (&engine);
}

static void
test_engine_is_away (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  BwDeployDialog *dialog;
  BwWindow *window;

  set_engine (folder, "http://127.0.0.1:1");
  window = bw_test_open (folder, "overheat");
  dialog = open_dialog (window);
  g_test_message ("away: %s", bw_deploy_dialog_get_sentence (dialog));
  g_assert_false (gtk_widget_get_sensitive (bw_test_find_widget (GTK_WIDGET (dialog), GTK_TYPE_BUTTON, "_Deploy")));
  bw_test_picture (GTK_WIDGET (dialog), "deploy-away");
  gtk_window_destroy (GTK_WINDOW (dialog));
  bw_test_close (window);
}

static gboolean
read_whole (const char  *path,
            char       **ret_data,
            gsize       *ret_len)
{
  g_clear_pointer (ret_data, g_free);
  return g_file_get_contents (path, ret_data, ret_len, NULL) && *ret_len > 100;
}

static void
test_export_zip (void)
{
  g_autofree char *folder = bw_test_copy_example ("cold-rooms");
  g_autofree char *path = g_build_filename (folder, "ema.zip", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  BwWindow *window = bw_test_open (folder, "ema");
  g_autofree char *zip = NULL;
  gsize len = 0;

  bw_window_export_plugin (window, "ema", file);
  /* A new file is there before it is filled. */
  BW_WAIT (read_whole (path, &zip, &len));
  g_assert_cmpmem (zip, 2, "PK", 2);
  g_assert_nonnull (memmem (zip, len, "ema@v", 5));
  bw_test_close (window);
}

int
main (int    argc,
      char **argv)
{
  bw_test_init (&argc, &argv);
  g_test_add_func ("/bw/deploy/deploy-and-undo", test_deploy_and_undo);
  g_test_add_func ("/bw/deploy/engine-is-away", test_engine_is_away);
  g_test_add_func ("/bw/export/zip", test_export_zip);
  return g_test_run ();
}
