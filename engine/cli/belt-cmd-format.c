/* belt-cmd-format.c - `belt format`: statements laid out
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-format.h"
#include "belt-parser.h"

#include <stdio.h>
#include <string.h>

/* Says what does not parse. */
static void
complain_of_text (const char *file,
                  const char *text,
                  gsize       len)
{
  g_autoptr(BeltParseResult) result = belt_parse (text, len, BELT_PARSER_EXTENSIONS, NULL);

  for (guint i = 0; i < result->diagnostics->len; i++)
    {
      BeltDiagnostic *diagnostic = g_ptr_array_index (result->diagnostics, i);

      g_free (diagnostic->file);
      diagnostic->file = g_strdup (file);
    }
  belt_cli_print_diagnostics (result->diagnostics);
}

static gboolean
format_stdin (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *formatted = NULL;
  char buffer[4096];
  gsize n;

  while ((n = fread (buffer, 1, sizeof buffer, stdin)) > 0)
    g_string_append_len (text, buffer, (gssize)n);
  formatted = belt_format (text->str, text->len);
  if (formatted == NULL)
    complain_of_text ("-", text->str, text->len);
  else
    g_print ("%s\n", formatted);
  return formatted != NULL;
}

/* Writes the file only if it changes, and only whole. */
static gboolean
format_file (const char *file,
             gboolean    check)
{
  g_autofree char *text = NULL;
  g_autofree char *formatted = NULL;
  g_autofree char *ended = NULL;
  g_autoptr(GError) error = NULL;
  gsize len;

  if (!g_file_get_contents (file, &text, &len, &error))
    {
      belt_cli_complain (&belt_cmd_format, "%s", error->message);
      return FALSE;
    }
  formatted = belt_format (text, len);
  if (formatted == NULL)
    {
      complain_of_text (file, text, len);
      return FALSE;
    }
  ended = g_strconcat (formatted, "\n", NULL);
  if (strcmp (ended, text) == 0)
    return TRUE;

  if (check)
    {
      g_print ("%s\n", file);
      return FALSE;
    }
  if (!g_file_set_contents (file, ended, -1, &error))
    {
      belt_cli_complain (&belt_cmd_format, "%s", error->message);
      return FALSE;
    }
  return TRUE;
}

static int
run (int    argc,
     char **argv)
{
  gboolean check = FALSE;
  const GOptionEntry entries[] =
  {
    { "check", 0, 0, G_OPTION_ARG_NONE, &check, "Change nothing; print the files that would change", NULL },
    { NULL },
  };
  gboolean good = TRUE;
  int code;

  if (!belt_cli_parse (&belt_cmd_format, entries, &argc, &argv, 1, -1, &code))
    return code;

  for (int i = 1; i < argc; i++)
    good &= g_str_equal (argv[i], "-") ? format_stdin () : format_file (argv[i], check);
  return good ? BELT_EXIT_OK : BELT_EXIT_FAILED;
}

const BeltCommand belt_cmd_format =
{
  "format", "FILE…|-", "Lay out statements in their files, comments kept", run,
};
