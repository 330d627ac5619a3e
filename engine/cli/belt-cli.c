/* belt-cli.c - what the commands of `belt` share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static GCancellable *cancellable;
static gboolean progress_shown;
static int interrupt_fd = -1;

gboolean
belt_cli_parse (const BeltCommand   *command,
                const GOptionEntry  *entries,
                int                 *argc,
                char              ***argv,
                int                  n_min,
                int                  n_max,
                int                 *ret_code)
{
  g_autoptr(GOptionContext) context = g_option_context_new (command->arguments);
  g_autoptr(GError) error = NULL;
  int n;

  g_option_context_set_summary (context, command->summary);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  *ret_code = BELT_EXIT_USAGE;
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      belt_cli_complain (command, "%s; see “belt %s --help”", error->message, command->name);
      return FALSE;
    }
  n = *argc - 1;
  if (n < n_min || (n_max >= 0 && n > n_max))
    {
      belt_cli_complain (command, "usage: belt %s %s", command->name, command->arguments);
      return FALSE;
    }
  return TRUE;
}

void
belt_cli_complain (const BeltCommand *command,
                   const char        *format,
                   ...)
{
  g_autofree char *text = NULL;
  va_list args;

  belt_cli_show_progress (NULL);
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("belt %s: %s\n", command->name, text);
}

void
belt_cli_print_diagnostics (GPtrArray *diagnostics)
{
  belt_cli_show_progress (NULL);
  for (guint i = 0; i < diagnostics->len; i++)
    {
      g_autofree char *text = belt_diagnostic_to_string (g_ptr_array_index (diagnostics, i));

      g_printerr ("%s\n", text);
    }
}

BeltProject *
belt_cli_open_project (const char *folder)
{
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_diagnostic_free);
  BeltProject *project = belt_project_open (folder, diagnostics);

  belt_cli_print_diagnostics (diagnostics);
  return project;
}

static void
interrupt (int signal_number)
{
  /* Cancelling takes a lock; a second thread waits for the byte and does it. */
  static const char byte = 'c';

  (void) !write (interrupt_fd, &byte, 1);
  signal (signal_number, SIG_DFL);
}

static gpointer
interrupt_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  char byte;

  if (read (fd, &byte, 1) == 1)
    g_cancellable_cancel (cancellable);
  return NULL;
}

GCancellable *
belt_cli_get_cancellable (void)
{
  int fds[2];

  if (cancellable != NULL)
    return cancellable;

  cancellable = g_cancellable_new ();
  if (pipe (fds) == 0)
    {
      interrupt_fd = fds[1];
      g_thread_unref (g_thread_new ("belt-interrupt", interrupt_thread, GINT_TO_POINTER (fds[0])));
      signal (SIGINT, interrupt);
      signal (SIGTERM, interrupt);
    }
  return cancellable;
}

void
belt_cli_show_progress (const char *format,
                        ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (!isatty (STDERR_FILENO))
    return;
  if (format == NULL)
    {
      if (progress_shown)
        g_printerr ("\r\033[K");
      progress_shown = FALSE;
      return;
    }
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("\r\033[K%s", text);
  progress_shown = TRUE;
}
