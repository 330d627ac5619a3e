/* bw-toolchain.c - which compiler and tools there are
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-toolchain.h"

#include <glib/gi18n.h>
#include <string.h>

/* The first thing that looks like a version in what `TOOL --version` says. */
static char *
read_version (const char *tool)
{
  const char *argv[] = { tool, "--version", NULL };
  g_autofree char *out = NULL;
  g_autoptr(GRegex) regex = g_regex_new ("[0-9]+\\.[0-9]+(\\.[0-9]+)?", 0, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;
  int status = 0;

  if (!g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                     &out, NULL, &status, NULL) ||
      status != 0 || !g_regex_match (regex, out, 0, &match))
    return NULL;

  return g_match_info_fetch (match, 0);
}

static void
describe_thread (GTask        *task,
                 gpointer      source,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  const char *cc = g_getenv ("CC") != NULL && *g_getenv ("CC") != '\0' ? g_getenv ("CC") : "cc";
  const char *tools[] = { cc, "pkg-config", "gdb" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tools); i++)
    {
      g_autofree char *name = g_path_get_basename (tools[i]);
      g_autofree char *version = read_version (tools[i]);

      if (i > 0)
        g_string_append (text, "   ");
      if (version != NULL)
        g_string_append_printf (text, "%s %s ✓", name, version);
      else if (i == 0)
        g_string_append_printf (text, _("No C compiler (%s). SQL works; plugins need gcc or clang."), name);
      else
        g_string_append_printf (text, _("%s: not found"), name);
    }

  g_task_return_pointer (task, g_string_free (text, FALSE), g_free);
}

void
bw_toolchain_describe_async (GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_run_in_thread (task, describe_thread);
}

char *
bw_toolchain_describe_finish (GAsyncResult  *result,
                              GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
