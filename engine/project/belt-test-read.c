/* belt-test-read.c - a .test file in sections
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-test-private.h"

#include "belt-error.h"
#include "belt-suggest.h"

#include <string.h>

static const char *const words[] = {
  [BELT_TEST_PROJECT] = "project", [BELT_TEST_STREAM] = "stream", [BELT_TEST_TABLE] = "table",
  [BELT_TEST_PLUGIN] = "plugin", [BELT_TEST_OPTIONS] = "options", [BELT_TEST_RULE] = "rule",
  [BELT_TEST_FEED] = "feed", [BELT_TEST_CLOCK] = "clock", [BELT_TEST_EXPECT] = "expect",
  [BELT_TEST_EMIT] = "emit", [BELT_TEST_DROPPED] = "dropped", [BELT_TEST_ERROR] = "error",
};

static void
section_free (gpointer data)
{
  BeltTestSection *section = data;

  g_free (section->rest);
  g_ptr_array_unref (section->lines);
  g_free (section);
}

/* The section a line begins, or NULL. */
static BeltTestSection *
begin_section (const char *line,
               guint       number)
{
  gsize len = strcspn (line, " \t");

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      BeltTestSection *section;

      if (strlen (words[i]) != len || memcmp (words[i], line, len) != 0)
        continue;

      section = g_new0 (BeltTestSection, 1);
      section->word = i;
      section->line = number;
      section->rest = g_strstrip (g_strdup (line + len));
      section->lines = g_ptr_array_new_with_free_func (g_free);
      return section;
    }

  return NULL;
}

static void
fail_line (GError    **error,
           guint       number,
           const char *line)
{
  g_autofree char *word = g_strndup (line, strcspn (line, " \t"));
  const char *close = belt_suggest (word, words, G_N_ELEMENTS (words));

  if (close != NULL)
    g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "line %u: “%s” begins no section; did you mean “%s”?",
                 number, word, close);
  else
    g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                 "line %u: a section is expected: project, stream, rule, feed, clock, expect, …", number);
}

/* Sections that say everything in their first line. */
static gboolean
takes_lines (BeltTestWord word)
{
  return word != BELT_TEST_PROJECT && word != BELT_TEST_PLUGIN && word != BELT_TEST_CLOCK &&
         word != BELT_TEST_DROPPED && word != BELT_TEST_ERROR;
}

GPtrArray *
belt_test_read_sections (const char  *text,
                         char       **ret_why,
                         GError     **error)
{
  g_autoptr(GPtrArray) sections = g_ptr_array_new_with_free_func (section_free);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  BeltTestSection *current = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strchomp (lines[i]);
      BeltTestSection *section;

      if (line[0] == '#')
        {
          if (g_str_has_prefix (line, "# why:") && *ret_why == NULL)
            *ret_why = g_strstrip (g_strdup (line + strlen ("# why:")));
          continue;
        }

      section = begin_section (line, i + 1);
      if (section != NULL)
        {
          current = section;
          g_ptr_array_add (sections, section);
        }
      else if (line[0] != '\0' && (current == NULL || !takes_lines (current->word)))
        {
          fail_line (error, i + 1, line);
          return NULL;
        }
      else if (line[0] != '\0')
        g_ptr_array_add (current->lines, g_strdup (line));
    }

  return g_steal_pointer (&sections);
}
