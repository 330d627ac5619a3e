/* belt-cmd-check.c - `belt check`: everything in a project that is wrong or doubtful
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-cli.h"
#include "belt-columns-seen.h"
#include "belt-project-plugins.h"

#include <string.h>

/* NULL: the rule has none. */
static JsonObject *
get_options (JsonObject *rule)
{
  JsonNode *node = json_object_get_member (rule, "options");

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* TRUE when there is no error; warnings are printed too. */
static gboolean
check_rule (BeltProject  *project,
            BeltLanguage *language,
            JsonObject   *rule,
            const char   *name)
{
  g_autofree char *file = g_strdup_printf ("rules/%s.sql", name);
  g_autofree char *path = g_build_filename (belt_project_get_folder (project), file, NULL);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) diagnostics = NULL;
  BeltRuleOptions options;
  gboolean good = TRUE;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, &error))
    {
      belt_cli_complain (&belt_cmd_check, "%s", error->message);
      return FALSE;
    }
  language->options = rule != NULL && belt_rule_options_parse (&options, get_options (rule), NULL) ? &options : NULL;
  diagnostics = belt_language_check (language, text, len);
  language->options = NULL;
  for (guint i = 0; i < diagnostics->len; i++)
    {
      BeltDiagnostic *diagnostic = g_ptr_array_index (diagnostics, i);

      g_free (diagnostic->file);
      diagnostic->file = g_strdup (file);
      good &= diagnostic->severity != BELT_SEVERITY_ERROR;
    }
  belt_cli_print_diagnostics (diagnostics);
  return good;
}

/* The statement, and the rule's JSON beside it. */
static gboolean
check_both (BeltProject  *project,
            BeltLanguage *language,
            const char   *name)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) rule = belt_project_load_rule (project, name, &error);
  gboolean good = check_rule (project, language, rule, name);

  if (rule == NULL)
    g_printerr ("%s\n", error->message);
  return good && rule != NULL;
}

/* The columns of samples/STREAM.jsonl. */
static void
read_samples (BeltProject     *project,
              BeltColumnsSeen *columns)
{
  const char *const *streams = belt_project_get_streams (project);

  for (guint i = 0; streams[i] != NULL; i++)
    {
      g_autofree char *path = belt_project_dup_sample (project, streams[i]);
      g_autofree char *text = NULL;
      gsize len;

      if (path != NULL && g_str_has_suffix (path, ".jsonl") && g_file_get_contents (path, &text, &len, NULL))
        belt_columns_seen_add_lines (columns, streams[i], text, len);
    }
}

static int
run (int    argc,
     char **argv)
{
  gboolean portable = FALSE;
  const GOptionEntry entries[] =
  {
    { "portable", 0, 0, G_OPTION_ARG_NONE, &portable, "Refuse what stock eKuiper does not know", NULL },
    { NULL },
  };
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) functions = NULL;
  g_autoptr(BeltProject) project = NULL;
  g_autoptr(BeltColumnsSeen) columns = belt_columns_seen_new ();
  BeltLanguage language = { 0 };
  const char *const *rules;
  gboolean good;
  int code;

  if (!belt_cli_parse (&belt_cmd_check, entries, &argc, &argv, 1, 1, &code))
    return code;
  project = belt_project_open (argv[1], diagnostics);
  if (project == NULL)
    {
      belt_cli_print_diagnostics (diagnostics);
      return BELT_EXIT_USAGE;
    }
  belt_cli_show_progress ("compiling plugins …");
  good = belt_project_load_plugins (project, set, diagnostics, belt_cli_get_cancellable ()) && diagnostics->len == 0;
  belt_cli_print_diagnostics (diagnostics);
  functions = belt_plugin_set_dup_functions (set);
  read_samples (project, columns);
  language.catalog = belt_project_get_catalog (project);
  language.functions = functions;
  language.extensions = !portable;
  language.columns_seen = belt_columns_seen_get_all (columns, &language.n_columns_seen);
  rules = belt_project_get_rules (project);
  for (guint i = 0; rules[i] != NULL; i++)
    good &= check_both (project, &language, rules[i]);
  return good ? BELT_EXIT_OK : BELT_EXIT_FAILED;
}

const BeltCommand belt_cmd_check =
{
  "check", "PROJECT", "Say everything that is wrong in a project, with its place", run,
};
