/* main.c - starts the workbench
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-application.h"

#include <glib/gi18n.h>
#include <locale.h>

int
main (int    argc,
      char **argv)
{
  g_autoptr(BwApplication) app = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (BELT_GETTEXT_PACKAGE, BELT_LOCALE_DIR);
  bind_textdomain_codeset (BELT_GETTEXT_PACKAGE, "UTF-8");
  textdomain (BELT_GETTEXT_PACKAGE);

  g_set_prgname (BELT_APP_ID);
  g_set_application_name (_("Beltworks"));

  app = bw_application_new ();
  return g_application_run (G_APPLICATION (app), argc, argv);
}
