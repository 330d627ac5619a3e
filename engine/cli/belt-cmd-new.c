/* belt-cmd-new.c - `belt new`: a project, or something in one
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"

static const char *const kinds[] = { "rule", "stream", "source", "sink", "function", "aggregate", NULL };

static int
new_project (const char *folder)
{
  g_autoptr(GError) error = NULL;

  if (!belt_project_create (folder, &error))
    {
      belt_cli_complain (&belt_cmd_new, "%s", error->message);
      return BELT_EXIT_USAGE;
    }
  g_print ("%s\n", folder);
  return BELT_EXIT_OK;
}

static int
new_thing (const char *kind,
           const char *name,
           const char *folder)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *file = NULL;

  for (guint i = 0; kinds[i] != NULL; i++)
    {
      if (!g_str_equal (kind, kinds[i]))
        continue;
      if (!(file = belt_project_add (folder, (BeltProjectNewKind) i, name, &error)))
        {
          belt_cli_complain (&belt_cmd_new, "%s", error->message);
          return BELT_EXIT_USAGE;
        }
      g_print ("%s\n", file);
      return BELT_EXIT_OK;
    }
  belt_cli_complain (&belt_cmd_new, "“%s” is none of: project, rule, stream, source, sink, function, aggregate", kind);
  return BELT_EXIT_USAGE;
}

static int
run (int    argc,
     char **argv)
{
  g_autofree char *folder = NULL;
  const GOptionEntry entries[] =
  {
    { "project", 'p', 0, G_OPTION_ARG_FILENAME, &folder, "The project it goes into (default: this folder)", "DIR" },
    { NULL },
  };
  int code;

  if (!belt_cli_parse (&belt_cmd_new, entries, &argc, &argv, 2, 2, &code))
    return code;
  if (g_str_equal (argv[1], "project"))
    return new_project (argv[2]);
  return new_thing (argv[1], argv[2], folder != NULL ? folder : ".");
}

const BeltCommand belt_cmd_new =
{
  "new", "project DIR | rule|stream|source|sink|function|aggregate NAME", "Make a project, or a thing in a project",
  run,
};
