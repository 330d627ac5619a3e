/* belt-cli.h - what the commands of `belt` share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A command is one file with one entry here.  Results go to stdout, everything
 * else to stderr.  Exit codes: 0 all well; 1 it ran, but rows failed, a test
 * failed or an engine refused; 2 it could not start.
 */
#pragma once

#include "belt-diagnostic.h"
#include "belt-project.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define BELT_EXIT_OK     0
#define BELT_EXIT_FAILED 1
#define BELT_EXIT_USAGE  2

typedef struct
{
  const char *name;
  const char *arguments;   /* "PROJECT RULE --input FILE" */
  const char *summary;     /* one line of the list of commands */
  int       (*run) (int argc, char **argv);   /* argv[0] is "belt NAME" */
} BeltCommand;

extern const BeltCommand belt_cmd_build;
extern const BeltCommand belt_cmd_check;
extern const BeltCommand belt_cmd_conform;
extern const BeltCommand belt_cmd_delete;
extern const BeltCommand belt_cmd_deploy;
extern const BeltCommand belt_cmd_engines;
extern const BeltCommand belt_cmd_explain;
extern const BeltCommand belt_cmd_format;
extern const BeltCommand belt_cmd_functions;
extern const BeltCommand belt_cmd_new;
extern const BeltCommand belt_cmd_pack;
extern const BeltCommand belt_cmd_rename;
extern const BeltCommand belt_cmd_run;
extern const BeltCommand belt_cmd_test;

/* Parses the command's options; what is left in argv are its arguments, at least n_min and at most n_max (-1: any).
 * FALSE after the complaint or the help was printed; *ret_code is then what to exit with. */
gboolean      belt_cli_parse          (const BeltCommand  *command,
                                       const GOptionEntry *entries,
                                       int                *argc,
                                       char             ***argv,
                                       int                 n_min,
                                       int                 n_max,
                                       int                *ret_code);
/* "belt NAME: message" on stderr. */
void          belt_cli_complain       (const BeltCommand  *command,
                                       const char         *format,
                                       ...) G_GNUC_PRINTF (2, 3);
void          belt_cli_print_diagnostics (GPtrArray       *diagnostics);
/* Opens the project and prints what is wrong with it; NULL when it cannot be used. */
BeltProject  *belt_cli_open_project   (const char         *folder);
/* Cancelled by the first Ctrl+C; the second ends the program. */
GCancellable *belt_cli_get_cancellable (void);
/* A line on stderr that is written over by the next, only on a terminal; NULL clears it. */
void          belt_cli_show_progress  (const char         *format,
                                       ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
