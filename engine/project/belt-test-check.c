/* belt-test-check.c - what a .test file expects of a rule: rows, emissions, dropped rows, errors
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A trial is a pure function of its input, so each look at a rule runs it from the
 * start over all that was fed so far and takes what is new since the last look.
 */
#include "config.h"

#include "belt-test-private.h"

#include "belt-json.h"
#include "belt-trial.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static BeltTestRule *
find_rule (BeltTestRunner        *self,
           const BeltTestSection *section,
           const char            *name,
           GError               **error)
{
  for (guint i = self->rules->len; i > 0; i--)
    {
      BeltTestRule *rule = self->rules->pdata[i - 1];

      if (name == NULL || name[0] == '\0' || g_strcmp0 (rule->name, name) == 0)
        return rule;
    }

  if (name != NULL && name[0] != '\0')
    belt_test_fail (error, section, "there is no rule “%s” above", name);
  else
    belt_test_fail (error, section, "there is no rule above");
  return NULL;
}

static gboolean
is_fed (BeltTestRunner *self,
        const char     *name)
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
add_samples (BeltTestRunner *self,
             BeltTrialSpec  *spec)
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
add_inputs (BeltTestRunner *self,
            BeltTrialSpec  *spec)
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
run_rule (BeltTestRunner *self,
          BeltTestRule   *rule,
          GError        **error)
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

  /* A batch is a list of what the emissions would have been. */
  for (guint i = 0; i < emission->len; i++)
    add_rows (texts, &emission->u.items[i], FALSE);
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
fail_plan (BeltTestRunner        *self,
           const BeltTestSection *section,
           const BeltTestRule    *rule,
           BeltTrial             *trial)
{
  GPtrArray *diagnostics = belt_trial_get_diagnostics (trial);

  for (guint i = 0; i < diagnostics->len; i++)
    {
      const BeltDiagnostic *diagnostic = diagnostics->pdata[i];

      if (diagnostic->severity == BELT_SEVERITY_ERROR)
        belt_test_add_failure (self, rule->sql_line + (diagnostic->line > 0 ? diagnostic->line - 1 : 0),
                               "the rule does not plan: %u:%u %s", diagnostic->line, diagnostic->column,
                               diagnostic->message);
    }
}

gboolean
belt_test_check_rows (BeltTestRunner        *self,
                      const BeltTestSection *section,
                      GError               **error)
{
  BeltTestRule *rule = find_rule (self, section, section->rest, error);
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
  belt_test_add_failure (self, section->line, "%s", text->str);
  return TRUE;
}

static guint64
count_dropped (BeltTrial     *trial,
               BeltDropReason reason,
               const char    *sentence,
               gboolean      *ret_said,
               GString       *all)
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

gboolean
belt_test_check_dropped (BeltTestRunner        *self,
                         const BeltTestSection *section,
                         GError               **error)
{
  g_auto(GStrv) parts = g_strsplit (section->rest, " ", 3);
  BeltDropReason reason = parts[0] != NULL ? belt_drop_reason_from_name (parts[0]) : 0;
  guint64 expected;
  guint64 n;
  gboolean said = FALSE;
  BeltTestRule *rule = find_rule (self, section, NULL, error);
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(GString) all = g_string_new (NULL);

  if (rule == NULL)
    return FALSE;
  if (reason == 0 || parts[1] == NULL || !g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXINT64, &expected, NULL))
    return belt_test_fail (error, section, "expected REASON N [TEXT], for instance “dropped LATE 1”");
  if ((trial = run_rule (self, rule, error)) == NULL)
    return FALSE;
  if (belt_trial_get_plan (trial) == NULL)
    {
      fail_plan (self, section, rule, trial);
      return TRUE;
    }

  n = count_dropped (trial, reason, parts[2] != NULL ? parts[2] : "", &said, all);
  if (n != expected)
    belt_test_add_failure (self, section->line,
                           "%s: %" G_GUINT64_FORMAT " rows expected, %" G_GUINT64_FORMAT " dropped%s", parts[0],
                           expected, n, all->str);
  else if (parts[2] != NULL && !said)
    belt_test_add_failure (self, section->line, "no row was dropped with “%s”; the sentences are:%s", parts[2],
                           all->str);

  return TRUE;
}

gboolean
belt_test_check_error (BeltTestRunner        *self,
                       const BeltTestSection *section,
                       GError               **error)
{
  BeltTestRule *rule = find_rule (self, section, NULL, error);
  g_autoptr(BeltTrial) trial = NULL;
  guint line = 0;
  guint column = 0;
  int at = 0;
  g_autoptr(GString) all = g_string_new (NULL);
  GPtrArray *diagnostics;

  if (rule == NULL)
    return FALSE;
  if (sscanf (section->rest, "%u:%u %n", &line, &column, &at) < 2)
    return belt_test_fail (error, section, "expected LINE:COLUMN TEXT");
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

  belt_test_add_failure (self, section->line, "no such error; there %s%s",
                         diagnostics->len == 0 ? "is none, the rule plans" : "are:", all->str);
  return TRUE;
}
