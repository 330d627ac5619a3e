/* belt-cmd-conform.c - `belt conform`: recorded cases of eKuiper run again
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-conform.h"
#include "belt-zone.h"

static int
run (int    argc,
     char **argv)
{
  gboolean is_quiet = FALSE;
  const GOptionEntry entries[] = {
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &is_quiet, "Only the counts", NULL },
    G_OPTION_ENTRY_NULL,
  };
  int code;

  if (!belt_cli_parse (&belt_cmd_conform, entries, &argc, &argv, 1, -1, &code))
    return code;

  /* The cases were recorded in UTC. */
  belt_zone_set_default (BELT_ZONE_UTC);
  return belt_conform_run ((const char *const *)argv + 1, (guint)argc - 1, is_quiet);
}

const BeltCommand belt_cmd_conform =
{
  "conform", "FILE…", "Run recorded cases of eKuiper and print each that differs", run,
};
