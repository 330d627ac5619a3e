/* belt.c - the command line: finds the command and hands over
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"

#include <locale.h>
#include <string.h>

static const BeltCommand *const commands[] =
{
  &belt_cmd_new,
  &belt_cmd_rename,
  &belt_cmd_delete,
  &belt_cmd_build,
  &belt_cmd_check,
  &belt_cmd_format,
  &belt_cmd_explain,
  &belt_cmd_functions,
  &belt_cmd_test,
  &belt_cmd_conform,
  &belt_cmd_run,
  &belt_cmd_pack,
  &belt_cmd_deploy,
  &belt_cmd_engines,
};

static void
print_help (void)
{
  g_print ("usage: belt COMMAND [ARGUMENTS…]\n\n"
           "Everything the Beltworks window does, without the window.\n\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_print ("  %-10s %s\n", commands[i]->name, commands[i]->summary);
  g_print ("\n“belt COMMAND --help” says more. Exit codes: 0 all well; 1 it ran, but something failed;\n"
           "2 it could not start.\n");
}

static const BeltCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i]->name, name))
      return commands[i];
  return NULL;
}

int
main (int    argc,
      char **argv)
{
  const BeltCommand *command;
  g_autofree char *title = NULL;

  setlocale (LC_CTYPE, "");
  if (argc < 2)
    {
      print_help ();
      return BELT_EXIT_USAGE;
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") || g_str_equal (argv[1], "help"))
    {
      print_help ();
      return BELT_EXIT_OK;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("belt %s\n", BELT_VERSION);
      return BELT_EXIT_OK;
    }
  if ((command = find_command (argv[1])) == NULL)
    {
      g_printerr ("belt: there is no command “%s”; see “belt --help”\n", argv[1]);
      return BELT_EXIT_USAGE;
    }

  title = g_strdup_printf ("belt %s", command->name);
  g_set_prgname (title);
  argv[1] = title;
  return command->run (argc - 1, argv + 1);
}
