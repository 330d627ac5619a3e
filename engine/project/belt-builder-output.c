/* belt-builder-output.c - what gcc, clang and the linker say, as diagnostics
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text form is read, not JSON: gcc and clang agree on it.
 */
#include "config.h"

#include "belt-builder-private.h"

#include <string.h>

#define DIAGNOSTICS_MAX 200u   /* a missing semicolon in a header can say ten thousand things */

static BeltSeverity
severity_of (const char *word)
{
  if (strstr (word, "error") != NULL)
    return BELT_SEVERITY_ERROR;
  return g_str_equal (word, "warning") ? BELT_SEVERITY_WARNING : BELT_SEVERITY_NOTE;
}

/* From the project's folder, if it lies in it. */
static char *
relative_file (const char *file,
               const char *folder)
{
  gsize n = strlen (folder);

  if (g_str_has_prefix (file, folder) && file[n] == '/')
    return g_strdup (file + n + 1);
  if (g_str_has_prefix (file, "./"))
    return g_strdup (file + 2);
  return g_strdup (file);
}

static void
add (GPtrArray    *diagnostics,
     BeltSeverity  severity,
     const char   *code,
     char         *file,
     guint         line,
     guint         column,
     const char   *message)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new (severity, code, (BeltSpan) { 0, 0 }, "%s", message);

  diagnostic->file = file;
  diagnostic->line = line;
  diagnostic->column = column;
  diagnostic->end_line = line;
  diagnostic->end_column = column + 1;
  g_ptr_array_add (diagnostics, diagnostic);
}

static void
parse_line (const char *line,
            const char *folder,
            GRegex     *placed,
            GRegex     *undefined,
            GPtrArray  *diagnostics,
            guint      *n_errors)
{
  g_autoptr(GMatchInfo) match = NULL;
  g_autoptr(GMatchInfo) missing = NULL;

  if (g_regex_match (placed, line, 0, &match))
    {
      g_autofree char *file = g_match_info_fetch (match, 1);
      g_autofree char *at = g_match_info_fetch (match, 2);
      g_autofree char *column = g_match_info_fetch (match, 3);
      g_autofree char *word = g_match_info_fetch (match, 4);
      g_autofree char *message = g_match_info_fetch (match, 5);
      BeltSeverity severity = severity_of (word);

      *n_errors += severity == BELT_SEVERITY_ERROR;
      add (diagnostics, severity, "compiler", relative_file (file, folder), (guint) g_ascii_strtoull (at, NULL, 10),
           MAX (1u, (guint) g_ascii_strtoull (column, NULL, 10)), message);
    }
  else if (g_regex_match (undefined, line, 0, &missing))
    {
      g_autofree char *file = g_match_info_fetch (missing, 1);
      g_autofree char *at = g_match_info_fetch (missing, 2);
      g_autofree char *symbol = g_match_info_fetch (missing, 3);
      g_autofree char *message = g_strdup_printf ("undefined reference to “%s”: nothing that is linked has it; is a "
                                                  "library missing under pkgConfig?", symbol);

      *n_errors += 1;
      add (diagnostics, BELT_SEVERITY_ERROR, "linker", relative_file (file, folder),
           (guint) g_ascii_strtoull (at, NULL, 10), 1, message);
    }
}

void
belt_builder_parse_output (const char *output,
                           const char *folder,
                           GPtrArray  *diagnostics,
                           guint      *ret_n_errors)
{
  g_autoptr(GRegex) placed = g_regex_new ("^([^:\\s][^:]*):(\\d+):(?:(\\d+):)? ((?:fatal )?error|warning|note): (.*)$",
                                          0, 0, NULL);
  g_autoptr(GRegex) undefined = g_regex_new ("^(?:.*ld: )?(?:\\S+\\.o: in function .*?|(\\S+\\.[ch]):(\\d+)): "
                                             "undefined reference to [`'‘](.*)['’]$", 0, 0, NULL);
  g_auto(GStrv) lines = g_strsplit (output, "\n", -1);

  *ret_n_errors = 0;
  for (guint i = 0; lines[i] != NULL && diagnostics->len < DIAGNOSTICS_MAX; i++)
    parse_line (lines[i], folder, placed, undefined, diagnostics, ret_n_errors);
}
