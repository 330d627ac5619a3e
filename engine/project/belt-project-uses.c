/* belt-project-uses.c - where a project's texts name a thing, and the texts with another name
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Statements are read by their tokens, so one that does not parse is searched and
 * renamed in as well.  All that is not the name stays as it is, byte by byte.
 */
#include "config.h"

#include "belt-project-change-private.h"

#include "belt-json-member.h"
#include "belt-language.h"
#include "belt-lexer.h"
#include "belt-test-private.h"

#include <string.h>

static gboolean
is_plain (const char *name)
{
  BeltLexer lexer;
  BeltToken token;

  belt_lexer_init (&lexer, name, strlen (name), FALSE);
  token = belt_lexer_next (&lexer);

  return token.kind == BELT_TOKEN_IDENT && token.span.end == strlen (name);
}

static char *
quote (const char *name)
{
  return is_plain (name) ? g_strdup (name) : g_strdup_printf ("`%s`", name);
}

/* The statement with all places of the name changed; NULL: it has none.  seen is the statement, or the same with
 * blanks where a reader sees nothing. */
static char *
rename_in_statement (BeltProjectChange *self,
                     const char        *sql,
                     const char        *seen,
                     guint             *n_places)
{
  BeltLanguage language = { .catalog = belt_project_get_catalog (self->project), .extensions = TRUE };
  BeltSymbolKind kind = self->thing == BELT_THING_PLUGIN ? BELT_SYMBOL_FUNCTION : BELT_SYMBOL_STREAM;
  g_autoptr(BeltSymbol) symbol = belt_language_find_symbol (&language, seen, strlen (seen), kind, self->from);

  if (symbol == NULL)
    return NULL;

  *n_places += symbol->uses->len;
  return belt_symbol_rename (symbol, sql, strlen (sql), self->to);
}

static gboolean
is_word (const char      *text,
         const BeltToken *token,
         const char      *word)
{
  gsize len = token->span.end - token->span.start;

  return strlen (word) == len && g_ascii_strncasecmp (text + token->span.start, word, len) == 0;
}

/* The name is the word behind STREAM or TABLE. */
static gboolean
find_defined (const char *sql,
              BeltToken  *ret_token)
{
  gboolean is_next = FALSE;
  BeltLexer lexer;

  belt_lexer_init (&lexer, sql, strlen (sql), TRUE);
  while ((*ret_token = belt_lexer_next (&lexer)).kind != BELT_TOKEN_END)
    {
      if (ret_token->kind == BELT_TOKEN_BLANK || ret_token->kind == BELT_TOKEN_COMMENT)
        continue;
      if (is_next)
        return TRUE;
      is_next = is_word (sql, ret_token, "STREAM") || is_word (sql, ret_token, "TABLE");
    }

  return FALSE;
}

char *
belt_project_change_dup_defined (const char *sql)
{
  BeltToken token;
  gboolean is_quoted;

  if (!find_defined (sql, &token))
    return NULL;

  is_quoted = token.kind == BELT_TOKEN_QUOTED_IDENT;
  return g_strndup (sql + token.span.start + is_quoted, token.span.end - token.span.start - 2 * is_quoted);
}

char *
belt_project_change_rename_definition (BeltProjectChange *self,
                                       const char        *sql)
{
  g_autofree char *written = quote (self->to);
  BeltToken token;

  return find_defined (sql, &token)
         ? g_strdup_printf ("%.*s%s%s", (int)token.span.start, sql, written, sql + token.span.end) : NULL;
}

gboolean
belt_project_change_collect_rules (BeltProjectChange  *self,
                                   GPtrArray          *edits,
                                   GError            **error)
{
  const char *const *rules = belt_project_get_rules (self->project);

  for (guint i = 0; rules != NULL && rules[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("rules/%s.sql", rules[i]);
      g_autofree char *text = NULL;
      char *after;
      guint n_places = 0;
      gsize len;

      if (!belt_project_change_load (self, path, &text, &len, error))
        return FALSE;
      after = rename_in_statement (self, text, text, &n_places);
      if (after != NULL)
        belt_project_change_add (edits, path, path, g_steal_pointer (&text), after, n_places);
    }

  return TRUE;
}

/* ------------------------------------------------------------------ tests */

typedef struct
{
  BeltProjectChange *change;
  GPtrArray         *sections;
  char             **lines;     /* the text's, with what is changed so far */
  guint              n_lines;
  guint              n_places;
} TestReader;

static const BeltTestSection *
get_section (const TestReader *self,
             guint             i)
{
  return g_ptr_array_index (self->sections, i);
}

/* Is it a test of this project, and the name not one it gives to something of its own? */
static gboolean
is_about_project (const TestReader *self,
                  const char       *path)
{
  g_autofree char *file = g_build_filename (self->change->folder, path, NULL);
  g_autofree char *parent = g_path_get_dirname (file);
  gboolean is_ours = FALSE;

  for (guint i = 0; i < self->sections->len; i++)
    {
      const BeltTestSection *section = get_section (self, i);
      g_autofree char *first = g_strndup (section->rest, strcspn (section->rest, " ("));

      if (section->word == BELT_TEST_PROJECT)
        {
          g_autofree char *folder = g_canonicalize_filename (section->rest, parent);

          is_ours = g_str_equal (folder, self->change->folder);
        }
      if (!g_str_equal (first, self->change->from))
        continue;
      if ((self->change->thing == BELT_THING_STREAM &&
           (section->word == BELT_TEST_STREAM || section->word == BELT_TEST_TABLE)) ||
          (self->change->thing == BELT_THING_RULE && section->word == BELT_TEST_RULE && section->lines->len > 0))
        return FALSE;
    }

  return is_ours;
}

/* Does the section's first line name the thing? */
static gboolean
names_thing (const TestReader      *self,
             const BeltTestSection *section)
{
  BeltTestWord word = section->word;

  if (!g_str_equal (section->rest, self->change->from))
    return FALSE;
  if (self->change->thing == BELT_THING_RULE)
    return word == BELT_TEST_RULE || word == BELT_TEST_EXPECT || word == BELT_TEST_EMIT;
  if (self->change->thing == BELT_THING_PLUGIN)
    return word == BELT_TEST_PLUGIN;

  return word == BELT_TEST_FEED;
}

/* "feed old": the blanks around the name stay. */
static void
rename_in_line (TestReader            *self,
                const BeltTestSection *section)
{
  char **line = &self->lines[section->line - 1];
  gsize word = strcspn (*line, " \t");
  gsize at = word + strspn (*line + word, " \t");
  char *after = g_strdup_printf ("%.*s%s%s", (int)at, *line, self->change->to, *line + at + strlen (section->rest));

  g_free (*line);
  *line = after;
  self->n_places++;
}

/* A statement over lines; comments of the test between them are not of it. */
static void
rename_in_lines (TestReader *self,
                 guint       first,
                 guint       end)
{
  g_autoptr(GString) sql = g_string_new (NULL);
  g_autoptr(GString) seen = g_string_new (NULL);
  g_autofree char *after = NULL;
  g_auto(GStrv) renamed = NULL;

  for (guint i = first; i < end; i++)
    {
      const char *line = self->lines[i];

      g_string_append_printf (sql, "%s\n", line);
      if (line[0] == '#')
        g_string_append_printf (seen, "%*s\n", (int)strlen (line), "");
      else
        g_string_append_printf (seen, "%s\n", line);
    }
  after = rename_in_statement (self->change, sql->str, seen->str, &self->n_places);
  if (after == NULL)
    return;

  /* A name has no line break, so there are as many lines as before. */
  renamed = g_strsplit (after, "\n", -1);
  for (guint i = first; i < end; i++)
    {
      g_free (self->lines[i]);
      self->lines[i] = g_strdup (renamed[i - first]);
    }
}

static void
read_section (TestReader *self,
              guint       i)
{
  const BeltTestSection *section = get_section (self, i);
  guint end = i + 1 < self->sections->len ? get_section (self, i + 1)->line - 1 : self->n_lines;

  if (names_thing (self, section))
    rename_in_line (self, section);
  if (section->word == BELT_TEST_RULE && section->lines->len > 0 && self->change->thing != BELT_THING_RULE)
    rename_in_lines (self, section->line, end);
}

gboolean
belt_project_change_collect_tests (BeltProjectChange  *self,
                                   GPtrArray          *edits,
                                   GError            **error)
{
  const char *const *tests = belt_project_get_tests (self->project);

  for (guint i = 0; tests != NULL && tests[i] != NULL; i++)
    {
      g_autofree char *text = NULL;
      g_autofree char *why = NULL;
      g_autoptr(GPtrArray) sections = NULL;
      g_auto(GStrv) lines = NULL;
      TestReader reader = { .change = self };
      gsize len;

      if (!belt_project_change_load (self, tests[i], &text, &len, error))
        return FALSE;
      if ((sections = belt_test_read_sections (text, &why, NULL)) == NULL)
        continue;
      lines = g_strsplit (text, "\n", -1);
      reader.sections = sections;
      reader.lines = lines;
      reader.n_lines = g_strv_length (lines);
      if (!is_about_project (&reader, tests[i]))
        continue;

      for (guint k = 0; k < sections->len; k++)
        read_section (&reader, k);
      if (reader.n_places > 0)
        belt_project_change_add (edits, tests[i], tests[i], g_steal_pointer (&text), g_strjoinv ("\n", lines),
                                 reader.n_places);
    }

  return TRUE;
}

/* ------------------------------------------------------------------ sources and sinks */

static guint
count_actions (JsonObject *rule,
               const char *sink)
{
  JsonNode *actions = json_object_get_member (rule, "actions");
  guint n = 0;

  if (actions == NULL || !JSON_NODE_HOLDS_ARRAY (actions))
    return 0;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (actions)); i++)
    {
      JsonNode *action = json_array_get_element (json_node_get_array (actions), i);

      n += JSON_NODE_HOLDS_OBJECT (action) && json_object_has_member (json_node_get_object (action), sink);
    }

  return n;
}

void
belt_project_change_collect_endpoints (BeltProjectChange *self,
                                       GPtrArray         *edits)
{
  const char *const *streams = belt_project_get_streams (self->project);
  const char *const *rules = belt_project_get_rules (self->project);

  for (guint i = 0; streams[i] != NULL; i++)
    {
      BeltStream *stream = belt_catalog_lookup (belt_project_get_catalog (self->project), streams[i]);
      g_autofree char *path = g_strdup_printf ("streams/%s.sql", streams[i]);

      if (stream != NULL && stream->type != NULL && g_ascii_strcasecmp (stream->type, self->from) == 0)
        belt_project_change_add (edits, path, path, NULL, NULL, 1);
    }
  for (guint i = 0; rules[i] != NULL; i++)
    {
      g_autoptr(JsonObject) rule = belt_project_load_rule (self->project, rules[i], NULL);
      g_autofree char *path = g_strdup_printf ("rules/%s.json", rules[i]);
      guint n = rule != NULL ? count_actions (rule, self->from) : 0;

      if (n > 0)
        belt_project_change_add (edits, path, path, NULL, NULL, n);
    }
}
