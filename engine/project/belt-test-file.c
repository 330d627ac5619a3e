/* belt-test-file.c - runs .test files
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A trial is a pure function of its input, so each look at a rule runs it from the
 * start over all that was fed so far and takes what is new since the last look.
 */
#include "config.h"

#include "belt-test-file.h"

#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-json.h"
#include "belt-parser-hooks.h"
#include "belt-project-plugins.h"
#include "belt-stream.h"
#include "belt-test-private.h"
#include "belt-trial.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char       *name;       /* NULL: it has none */
  char       *sql;
  guint       sql_line;   /* of the file: where the statement begins */
  JsonObject *options;
  guint       n_seen;     /* emissions looked at */
} Rule;

typedef struct
{
  const char        *path;
  BeltTestResult    *result;
  GCancellable      *cancellable;
  BeltProject       *project;
  BeltPluginSet     *plugins;
  BeltFunctionTable *functions;
  BeltCatalog       *catalog;
  JsonObject        *options;
  GPtrArray         *rules;    /* Rule */
  GPtrArray         *inputs;   /* BeltTestSection: feeds and clocks so far */
} Runner;

static void
failure_free (gpointer data)
{
  BeltTestFailure *failure = data;

  g_free (failure->file);
  g_free (failure->message);
  g_free (failure);
}

void
belt_test_result_free (BeltTestResult *self)
{
  if (self == NULL)
    return;

  g_free (self->why);
  g_ptr_array_unref (self->failures);
  g_free (self);
}

static void
rule_free (gpointer data)
{
  Rule *rule = data;

  g_free (rule->name);
  g_free (rule->sql);
  g_clear_pointer (&rule->options, json_object_unref);
  g_free (rule);
}

static void
G_GNUC_PRINTF (3,
               4)
add_failure (Runner     *self,
             guint line,
             const char *format,
             ...)
{
  BeltTestFailure *failure = g_new0 (BeltTestFailure, 1);
  va_list args;

  va_start (args, format);
  failure->file = g_strdup (self->path);
  failure->line = line;
  failure->message = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (self->result->failures, failure);
}

static gboolean
G_GNUC_PRINTF (3,
               4)
fail_section (GError               **error,
              const BeltTestSection *section,
              const char            *format,
              ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "line %u: %s", section->line, message);

  return FALSE;
}

static char *
join_lines (const BeltTestSection *section)
{
  GString *text = g_string_new (section->rest);

  for (guint i = 0; i < section->lines->len; i++)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", (const char *)section->lines->pdata[i]);

  return g_string_free (text, FALSE);
}

/* --- what is there: project, plugins, streams, options, rules --- */

static gboolean
open_project (Runner                 *self,
              const BeltTestSection  *section,
              GError                **error)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *path = g_build_filename (folder, section->rest, NULL);
  g_autoptr(GPtrArray) diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);

  g_clear_pointer (&self->project, belt_project_free);
  self->project = belt_project_open (path, diagnostics);
  if (self->project == NULL)
    {
      g_autofree char *first = diagnostics->len > 0 ? belt_diagnostic_to_string (diagnostics->pdata[0]) : NULL;

      return fail_section (error, section, "%s", first != NULL ? first : "no project there");
    }

  g_clear_pointer (&self->catalog, belt_catalog_unref);
  self->catalog = belt_catalog_ref (belt_project_get_catalog (self->project));
  return TRUE;
}

static gboolean
load_plugin (Runner                 *self,
             const BeltTestSection  *section,
             GError                **error)
{
  BeltManifestPlugin *plugin;
  g_autoptr(BeltReload) reload = NULL;

  if (self->project == NULL)
    return fail_section (error, section, "“plugin” needs a “project” before it");

  plugin = belt_manifest_get_plugin (belt_project_get_manifest (self->project), section->rest);
  if (plugin == NULL)
    return fail_section (error, section, "the project has no plugin “%s”", section->rest);
  if (self->plugins == NULL)
    self->plugins = belt_plugin_set_new ();

  reload = belt_project_reload_plugin (belt_project_get_folder (self->project), plugin, self->plugins,
                                       self->cancellable, error);
  if (reload == NULL)
    return FALSE;
  if (!reload->installed)
    return fail_section (error, section, "%s", reload->sentence);

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

static gboolean
add_stream (Runner                 *self,
            const BeltTestSection  *section,
            GError                **error)
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
    return fail_section (error, section, "expected NAME (COLUMNS) [OPTION VALUE]…, or a CREATE statement");

  stream = belt_stream_new_from_sql (sql, &local);
  if (stream == NULL)
    return fail_section (error, section, "%s", local->message);

  with = belt_catalog_with (self->catalog, stream);
  belt_catalog_unref (self->catalog);
  self->catalog = with;
  return TRUE;
}

static gboolean
set_options (Runner                 *self,
             const BeltTestSection  *section,
             GError                **error)
{
  g_autofree char *text = join_lines (section);
  g_autoptr(JsonNode) node = json_from_string (text, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return fail_section (error, section, "options are one JSON object");

  g_clear_pointer (&self->options, json_object_unref);
  self->options = json_node_dup_object (node);
  return TRUE;
}

/* The project's rule, with its own options. */
static gboolean
take_project_rule (Runner                 *self,
                   const BeltTestSection  *section,
                   Rule                   *rule,
                   GError                **error)
{
  g_autoptr(GError) local = NULL;
  g_autoptr(JsonObject) object = self->project != NULL
                                 ? belt_project_load_rule (self->project, section->rest, &local)
                                 : NULL;

  if (object == NULL)
    return fail_section (error, section, "%s", local != NULL ? local->message
                                                              : "the statement of the rule is missing");

  rule->sql = g_strdup (belt_json_get_text (object, "sql", ""));
  rule->sql_line = section->line;
  if (self->options == NULL && json_object_has_member (object, "options"))
    rule->options = json_object_ref (json_object_get_object_member (object, "options"));

  return TRUE;
}

static gboolean
add_rule (Runner                 *self,
          const BeltTestSection  *section,
          GError                **error)
{
  Rule *rule = g_new0 (Rule, 1);
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

/* --- looking at a rule --- */

static Rule *
find_rule (Runner                 *self,
           const BeltTestSection  *section,
           const char             *name,
           GError                **error)
{
  for (guint i = self->rules->len; i > 0; i--)
    {
      Rule *rule = self->rules->pdata[i - 1];

      if (name == NULL || name[0] == '\0' || g_strcmp0 (rule->name, name) == 0)
        return rule;
    }

  if (name != NULL && name[0] != '\0')
    fail_section (error, section, "there is no rule “%s” above", name);
  else
    fail_section (error, section, "there is no rule above");
  return NULL;
}

static gboolean
is_fed (Runner     *self,
        const char *name)
{
  for (guint i = 0; i < self->inputs->len; i++)
    {
      const BeltTestSection *section = self->inputs->pdata[i];

      if (section->word == BELT_TEST_FEED && strcmp (section->rest, name) == 0)
        return TRUE;
    }

  return FALSE;
}

/* A lookup table of the project that the test feeds nothing has the rows of its sample. */
static void
add_samples (Runner        *self,
             BeltTrialSpec *spec)
{
  g_autoptr(GPtrArray) names = belt_catalog_list (self->catalog, TRUE);

  for (guint i = 0; self->project != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *sample = NULL;
      g_auto(GStrv) lines = NULL;

      if (g_strcmp0 (belt_catalog_lookup_kind (self->catalog, name, TRUE)->kind, "lookup") != 0 ||
          is_fed (self, name) || (sample = belt_project_load_sample (self->project, name, NULL)) == NULL)
        continue;
      lines = g_strsplit (sample, "\n", -1);
      for (guint k = 0; lines[k] != NULL; k++)
        belt_trial_spec_add_input (spec, name, lines[k], -1, -1);
    }
}

static void
add_inputs (Runner        *self,
            BeltTrialSpec *spec)
{
  add_samples (self, spec);
  for (guint i = 0; i < self->inputs->len; i++)
    {
      const BeltTestSection *section = self->inputs->pdata[i];

      if (section->word == BELT_TEST_CLOCK)
        belt_trial_spec_add_input (spec, NULL, NULL, 0, g_ascii_strtoll (section->rest, NULL, 10));
      for (guint k = 0; section->word == BELT_TEST_FEED && k < section->lines->len; k++)
        belt_trial_spec_add_input (spec, section->rest, section->lines->pdata[k], -1, -1);
    }
}

static BeltTrial *
run_rule (Runner  *self,
          Rule    *rule,
          GError **error)
{
  g_autoptr(BeltTrialSpec) spec = belt_trial_spec_new ();

  spec->catalog = belt_catalog_ref (self->catalog);
  spec->functions = belt_function_table_ref (self->functions);
  spec->rule_id = g_strdup (rule->name != NULL ? rule->name : "test");
  spec->sql = g_strdup (rule->sql);
  spec->options = rule->options != NULL ? json_object_ref (rule->options) : NULL;
  spec->start_ms = 0;
  spec->extensions = TRUE;
  spec->rows_max = 10000;
  add_inputs (self, spec);

  return belt_trial_run (spec, self->cancellable, error);
}

/* Numbers by value, objects whatever their order. */
static gboolean
is_same (const BeltValue *a,
         const BeltValue *b)
{
  if (belt_value_is_number (a) && belt_value_is_number (b))
    return fabs (belt_value_as_f64 (a) - belt_value_as_f64 (b)) <= 1e-12 * fabs (belt_value_as_f64 (a));
  if (a->tag != b->tag)
    return FALSE;

  switch (a->tag)
    {
    case BELT_TAG_LIST:
      if (a->len != b->len)
        return FALSE;
      for (guint i = 0; i < a->len; i++)
        {
          if (!is_same (&a->u.items[i], &b->u.items[i]))
            return FALSE;
        }
      return TRUE;

    case BELT_TAG_MAP:
      if (a->len != b->len)
        return FALSE;
      for (guint i = 0; i < a->len; i++)
        {
          const BeltValue *other = belt_value_get_member (b, a->u.members[i].name, a->u.members[i].name_len);

          if (other == NULL || !is_same (&a->u.members[i].value, other))
            return FALSE;
        }
      return TRUE;

    default:
      return belt_value_equal (a, b);
    }
}

static gboolean
parse_text (const char *text,
            BeltArena  *arena,
            BeltValue  *ret_value)
{
  gsize len = strlen (text);
  char *padded = belt_arena_alloc0 (arena, len + BELT_JSON_PADDING);
  BeltJsonError error;

  memcpy (padded, text, len);
  return belt_json_parse (padded, len, BELT_JSON_INTEGERS, arena, ret_value, &error);
}

/* What came, as the text a sink would send and parsed again, so that times and bytes compare as text. */
static char *
write_value (const BeltValue *value)
{
  GString *text = g_string_new (NULL);

  belt_json_write (text, value);
  return g_string_free (text, FALSE);
}

static void
add_rows (GPtrArray       *texts,
          const BeltValue *emission,
          gboolean         whole)
{
  if (whole || emission->tag != BELT_TAG_LIST)
    {
      g_ptr_array_add (texts, write_value (emission));
      return;
    }

  for (guint i = 0; i < emission->len; i++)
    g_ptr_array_add (texts, write_value (&emission->u.items[i]));
}

static void
print_lines (GString         *out,
             const char      *label,
             const GPtrArray *lines)
{
  g_string_append_printf (out, "\n  %s", label);
  if (lines->len == 0)
    g_string_append (out, " nothing");
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (out, "\n    %s", (const char *)lines->pdata[i]);
}

static gboolean
are_same_lines (const GPtrArray *expected,
                const GPtrArray *got)
{
  BeltArena arena;
  gboolean same = expected->len == got->len;

  belt_arena_init (&arena);
  for (guint i = 0; same && i < expected->len; i++)
    {
      BeltValue a;
      BeltValue b;

      same = parse_text (expected->pdata[i], &arena, &a) && parse_text (got->pdata[i], &arena, &b) &&
             is_same (&a, &b);
    }
  belt_arena_clear (&arena);

  return same;
}

static void
fail_plan (Runner                *self,
           const BeltTestSection *section,
           const Rule            *rule,
           BeltTrial             *trial)
{
  GPtrArray *diagnostics = belt_trial_get_diagnostics (trial);

  for (guint i = 0; i < diagnostics->len; i++)
    {
      const BeltDiagnostic *diagnostic = diagnostics->pdata[i];

      if (diagnostic->severity == BELT_SEVERITY_ERROR)
        add_failure (self, rule->sql_line + (diagnostic->line > 0 ? diagnostic->line - 1 : 0),
                     "the rule does not plan: %u:%u %s", diagnostic->line, diagnostic->column,
                     diagnostic->message);
    }
}

static gboolean
check_rows (Runner                 *self,
            const BeltTestSection  *section,
            GError                **error)
{
  Rule *rule = find_rule (self, section, section->rest, error);
  g_autoptr(BeltTrial) trial = rule != NULL ? run_rule (self, rule, error) : NULL;
  g_autoptr(GPtrArray) got = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *emissions;
  g_autoptr(GString) text = NULL;

  if (trial == NULL)
    return FALSE;
  if (belt_trial_get_plan (trial) == NULL)
    {
      fail_plan (self, section, rule, trial);
      return TRUE;
    }

  emissions = belt_trial_get_emissions (trial);
  for (guint i = rule->n_seen; i < emissions->len; i++)
    add_rows (got, emissions->pdata[i], section->word == BELT_TEST_EMIT);
  rule->n_seen = emissions->len;
  if (are_same_lines (section->lines, got))
    return TRUE;

  text = g_string_new ("what came is not what was expected");
  print_lines (text, "expected", section->lines);
  print_lines (text, "got", got);
  if (got->len == 0 && belt_trial_get_summary (trial) != NULL)
    g_string_append_printf (text, "\n  %s", belt_trial_get_summary (trial));
  add_failure (self, section->line, "%s", text->str);
  return TRUE;
}

static guint64
count_dropped (BeltTrial       *trial,
               BeltDropReason   reason,
               const char      *sentence,
               gboolean        *ret_said,
               GString         *all)
{
  GPtrArray *ops = belt_trial_get_ops (trial);
  guint64 n = 0;

  for (guint i = 0; i < ops->len; i++)
    {
      const BeltTrialOp *op = ops->pdata[i];

      n += op->n_dropped[reason];
      for (guint k = 0; k < op->dropped->len; k++)
        {
          const BeltTrialRow *row = op->dropped->pdata[k];

          if (row->reason != reason)
            continue;
          *ret_said |= strstr (row->why, sentence) != NULL;
          g_string_append_printf (all, "\n    %s: %s", op->name, row->why);
        }
    }

  return n;
}

static gboolean
check_dropped (Runner                 *self,
               const BeltTestSection  *section,
               GError                **error)
{
  g_auto(GStrv) parts = g_strsplit (section->rest, " ", 3);
  BeltDropReason reason = parts[0] != NULL ? belt_drop_reason_from_name (parts[0]) : 0;
  guint64 expected;
  guint64 n;
  gboolean said = FALSE;
  Rule *rule = find_rule (self, section, NULL, error);
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(GString) all = g_string_new (NULL);

  if (rule == NULL)
    return FALSE;
  if (reason == 0 || parts[1] == NULL || !g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXINT64, &expected, NULL))
    return fail_section (error, section, "expected REASON N [TEXT], for instance “dropped LATE 1”");
  if ((trial = run_rule (self, rule, error)) == NULL)
    return FALSE;
  if (belt_trial_get_plan (trial) == NULL)
    {
      fail_plan (self, section, rule, trial);
      return TRUE;
    }

  n = count_dropped (trial, reason, parts[2] != NULL ? parts[2] : "", &said, all);
  if (n != expected)
    add_failure (self, section->line, "%s: %" G_GUINT64_FORMAT " rows expected, %" G_GUINT64_FORMAT " dropped%s",
                 parts[0], expected, n, all->str);
  else if (parts[2] != NULL && !said)
    add_failure (self, section->line, "no row was dropped with “%s”; the sentences are:%s", parts[2], all->str);

  return TRUE;
}

static gboolean
check_error (Runner                 *self,
             const BeltTestSection  *section,
             GError                **error)
{
  Rule *rule = find_rule (self, section, NULL, error);
  g_autoptr(BeltTrial) trial = NULL;
  guint line = 0;
  guint column = 0;
  int at = 0;
  g_autoptr(GString) all = g_string_new (NULL);
  GPtrArray *diagnostics;

  if (rule == NULL)
    return FALSE;
  if (sscanf (section->rest, "%u:%u %n", &line, &column, &at) < 2)
    return fail_section (error, section, "expected LINE:COLUMN TEXT");
  if ((trial = run_rule (self, rule, error)) == NULL)
    return FALSE;

  diagnostics = belt_trial_get_diagnostics (trial);
  for (guint i = 0; i < diagnostics->len; i++)
    {
      const BeltDiagnostic *diagnostic = diagnostics->pdata[i];

      if (diagnostic->severity == BELT_SEVERITY_ERROR && diagnostic->line == line &&
          diagnostic->column == column && strstr (diagnostic->message, section->rest + at) != NULL)
        return TRUE;
      g_string_append_printf (all, "\n    %u:%u %s", diagnostic->line, diagnostic->column, diagnostic->message);
    }

  add_failure (self, section->line, "no such error; there %s%s",
               diagnostics->len == 0 ? "is none, the rule plans" : "are:", all->str);
  return TRUE;
}

static gboolean
check_input (Runner                 *self,
             BeltTestSection        *section,
             GError                **error)
{
  guint64 ms;

  if (section->word == BELT_TEST_CLOCK &&
      !g_ascii_string_to_unsigned (section->rest, 10, 0, G_MAXINT64 / 2, &ms, NULL))
    return fail_section (error, section, "clock takes ms since the start of the test");
  if (section->word == BELT_TEST_FEED && belt_catalog_lookup (self->catalog, section->rest) == NULL)
    return fail_section (error, section, "there is no stream “%s” above", section->rest);

  g_ptr_array_add (self->inputs, section);
  return TRUE;
}

static gboolean
run_section (Runner           *self,
             BeltTestSection  *section,
             GError          **error)
{
  switch (section->word)
    {
    case BELT_TEST_PROJECT:
      return open_project (self, section, error);
    case BELT_TEST_STREAM:
    case BELT_TEST_TABLE:
      return add_stream (self, section, error);
    case BELT_TEST_PLUGIN:
      return load_plugin (self, section, error);
    case BELT_TEST_OPTIONS:
      return set_options (self, section, error);
    case BELT_TEST_RULE:
      return add_rule (self, section, error);
    case BELT_TEST_FEED:
    case BELT_TEST_CLOCK:
      return check_input (self, section, error);
    case BELT_TEST_EXPECT:
    case BELT_TEST_EMIT:
      self->result->n_checks++;
      return check_rows (self, section, error);
    case BELT_TEST_DROPPED:
      self->result->n_checks++;
      return check_dropped (self, section, error);
    case BELT_TEST_ERROR:
    default:
      self->result->n_checks++;
      return check_error (self, section, error);
    }
}

static gboolean
read_file (const char  *path,
           char       **ret_text,
           GError     **error)
{
  gsize len;

  if (!g_file_get_contents (path, ret_text, &len, error))
    return FALSE;
  if (len <= BELT_TEST_FILE_MAX && g_utf8_validate (*ret_text, (gssize)len, NULL))
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "it is not a text of at most %u MiB",
               BELT_TEST_FILE_MAX >> 20);
  return FALSE;
}

static void
runner_clear (Runner *self)
{
  g_clear_pointer (&self->project, belt_project_free);
  g_clear_pointer (&self->plugins, belt_plugin_set_unref);
  g_clear_pointer (&self->functions, belt_function_table_unref);
  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_clear_pointer (&self->options, json_object_unref);
  g_ptr_array_unref (self->rules);
  g_ptr_array_unref (self->inputs);
}

BeltTestResult *
belt_test_file_run (const char    *path,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autoptr(BeltTestResult) result = g_new0 (BeltTestResult, 1);
  g_autofree char *text = NULL;
  g_autoptr(GPtrArray) sections = NULL;
  Runner self = { .path = path, .result = result, .cancellable = cancellable };
  gboolean ok = TRUE;

  result->failures = g_ptr_array_new_with_free_func (failure_free);
  if (!read_file (path, &text, error))
    return NULL;
  sections = belt_test_read_sections (text, &result->why, error);
  if (sections == NULL)
    return NULL;

  self.catalog = belt_catalog_new ();
  self.functions = belt_function_table_ref (belt_function_table_get_builtin ());
  self.rules = g_ptr_array_new_with_free_func (rule_free);
  self.inputs = g_ptr_array_new ();
  for (guint i = 0; ok && i < sections->len; i++)
    ok = run_section (&self, sections->pdata[i], error);
  runner_clear (&self);
  if (!ok)
    return NULL;

  if (result->n_checks == 0)
    add_failure (&self, 0, "nothing is expected: a test needs expect, emit, dropped or error");
  return g_steal_pointer (&result);
}
