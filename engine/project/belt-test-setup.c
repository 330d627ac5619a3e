/* belt-test-setup.c - what a .test file says is there: project, plugins, streams, options, rules
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each section adds to what the sections before it made; a rule keeps the options that
 * stood when it was met.
 */
#include "config.h"

#include "belt-test-private.h"

#include "belt-json-member.h"
#include "belt-project-plugins.h"
#include "belt-stream.h"

#include <string.h>

static char *
join_lines (const BeltTestSection *section)
{
  GString *text = g_string_new (section->rest);

  for (guint i = 0; i < section->lines->len; i++)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", (const char *)section->lines->pdata[i]);

  return g_string_free (text, FALSE);
}

gboolean
belt_test_open_project (BeltTestRunner        *self,
                        const BeltTestSection *section,
                        GError               **error)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *path = g_build_filename (folder, section->rest, NULL);
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);

  g_clear_pointer (&self->project, belt_project_free);
  self->project = belt_project_open (path, diagnostics);
  if (self->project == NULL)
    {
      g_autofree char *first = diagnostics->len > 0 ? belt_diagnostic_to_string (diagnostics->pdata[0]) : NULL;

      return belt_test_fail (error, section, "%s", first != NULL ? first : "no project there");
    }

  g_clear_pointer (&self->catalog, belt_catalog_unref);
  self->catalog = belt_catalog_ref (belt_project_get_catalog (self->project));
  return TRUE;
}

gboolean
belt_test_load_plugin (BeltTestRunner        *self,
                       const BeltTestSection *section,
                       GError               **error)
{
  BeltManifestPlugin *plugin;
  g_autoptr(BeltReload) reload = NULL;

  if (self->project == NULL)
    return belt_test_fail (error, section, "“plugin” needs a “project” before it");

  plugin = belt_manifest_get_plugin (belt_project_get_manifest (self->project), section->rest);
  if (plugin == NULL)
    return belt_test_fail (error, section, "the project has no plugin “%s”", section->rest);
  if (self->plugins == NULL)
    self->plugins = belt_plugin_set_new ();

  reload = belt_project_reload_plugin (belt_project_get_folder (self->project), plugin, self->plugins,
                                       self->cancellable, error);
  if (reload == NULL)
    return FALSE;
  if (!reload->installed)
    return belt_test_fail (error, section, "%s", reload->sentence);

  g_clear_pointer (&self->functions, belt_function_table_unref);
  self->functions = belt_plugin_set_dup_functions (self->plugins);
  return TRUE;
}

/* NAME (COLUMNS) [OPTION VALUE]… → CREATE STREAM. */
static char *
write_create (const BeltTestSection *section,
              const char            *text)
{
  const char *open = strchr (text, '(');
  const char *close = strrchr (text, ')');
  g_autofree char *name = NULL;
  g_auto(GStrv) options = NULL;
  GString *sql;

  if (open == NULL || close == NULL || close < open)
    return NULL;

  name = g_strstrip (g_strndup (text, open - text));
  options = g_strsplit_set (close + 1, " \t\n", -1);
  sql = g_string_new (NULL);
  g_string_append_printf (sql, "CREATE %s %s %.*s WITH (DATASOURCE=\"%s\"",
                          section->word == BELT_TEST_TABLE ? "TABLE" : "STREAM", name,
                          (int)(close + 1 - open), open, name);
  for (guint i = 0; options[i] != NULL; i++)
    {
      if (options[i][0] == '\0')
        continue;
      g_string_append_printf (sql, ", %s=", options[i]);
      while (options[i + 1] != NULL && options[i + 1][0] == '\0')
        i++;
      g_string_append_printf (sql, "\"%s\"", options[i + 1] != NULL ? options[i + 1] : "");
      i += options[i + 1] != NULL ? 1 : 0;
    }
  g_string_append_c (sql, ')');

  return g_string_free (sql, FALSE);
}

gboolean
belt_test_add_stream (BeltTestRunner        *self,
                      const BeltTestSection *section,
                      GError               **error)
{
  g_autofree char *text = join_lines (section);
  g_autofree char *sql = NULL;
  g_autoptr(BeltStream) stream = NULL;
  g_autoptr(GError) local = NULL;
  BeltCatalog *with;

  if (g_ascii_strncasecmp (text, "CREATE ", 7) == 0)
    sql = g_strdup (text);
  else
    sql = write_create (section, text);
  if (sql == NULL)
    return belt_test_fail (error, section, "expected NAME (COLUMNS) [OPTION VALUE]…, or a CREATE statement");

  stream = belt_stream_new_from_sql (sql, &local);
  if (stream == NULL)
    return belt_test_fail (error, section, "%s", local->message);

  with = belt_catalog_with (self->catalog, stream);
  belt_catalog_unref (self->catalog);
  self->catalog = with;
  return TRUE;
}

gboolean
belt_test_set_options (BeltTestRunner        *self,
                       const BeltTestSection *section,
                       GError               **error)
{
  g_autofree char *text = join_lines (section);
  g_autoptr(JsonNode) node = json_from_string (text, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return belt_test_fail (error, section, "options are one JSON object");

  g_clear_pointer (&self->options, json_object_unref);
  self->options = json_node_dup_object (node);
  return TRUE;
}

/* The project's rule, with its own options. */
static gboolean
take_project_rule (BeltTestRunner        *self,
                   const BeltTestSection *section,
                   BeltTestRule          *rule,
                   GError               **error)
{
  g_autoptr(GError) local = NULL;
  g_autoptr(JsonObject) object = self->project != NULL
                                 ? belt_project_load_rule (self->project, section->rest, &local)
                                 : NULL;

  if (object == NULL)
    return belt_test_fail (error, section, "%s", local != NULL ? local->message
                                                              : "the statement of the rule is missing");

  rule->sql = g_strdup (belt_json_get_text (object, "sql", ""));
  rule->sql_line = section->line;
  if (self->options == NULL && json_object_has_member (object, "options"))
    rule->options = json_object_ref (json_object_get_object_member (object, "options"));

  return TRUE;
}

gboolean
belt_test_add_rule (BeltTestRunner        *self,
                    const BeltTestSection *section,
                    GError               **error)
{
  BeltTestRule *rule = g_new0 (BeltTestRule, 1);
  GString *sql;

  g_ptr_array_add (self->rules, rule);
  rule->name = section->rest[0] != '\0' ? g_strdup (section->rest) : NULL;
  rule->options = self->options != NULL ? json_object_ref (self->options) : NULL;
  if (section->lines->len == 0)
    return take_project_rule (self, section, rule, error);

  sql = g_string_new (NULL);
  for (guint i = 0; i < section->lines->len; i++)
    g_string_append_printf (sql, "%s%s", i > 0 ? "\n" : "", (const char *)section->lines->pdata[i]);
  rule->sql = g_string_free (sql, FALSE);
  rule->sql_line = section->line + 1;
  return TRUE;
}
