/* belt-test-file.c - runs .test files
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-test-file.h"

#include "belt-error.h"
#include "belt-test-private.h"

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
  BeltTestRule *rule = data;

  g_free (rule->name);
  g_free (rule->sql);
  g_clear_pointer (&rule->options, json_object_unref);
  g_free (rule);
}

void
belt_test_add_failure (BeltTestRunner     *self,
                       guint               line,
                       const char         *format,
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

gboolean
belt_test_fail (GError               **error,
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

static gboolean
check_input (BeltTestRunner  *self,
             BeltTestSection *section,
             GError         **error)
{
  guint64 ms;

  if (section->word == BELT_TEST_CLOCK &&
      !g_ascii_string_to_unsigned (section->rest, 10, 0, G_MAXINT64 / 2, &ms, NULL))
    return belt_test_fail (error, section, "clock takes ms since the start of the test");
  if (section->word == BELT_TEST_FEED && belt_catalog_lookup (self->catalog, section->rest) == NULL)
    return belt_test_fail (error, section, "there is no stream “%s” above", section->rest);

  g_ptr_array_add (self->inputs, section);
  return TRUE;
}

static gboolean
run_section (BeltTestRunner  *self,
             BeltTestSection *section,
             GError         **error)
{
  switch (section->word)
    {
    case BELT_TEST_PROJECT:
      return belt_test_open_project (self, section, error);
    case BELT_TEST_STREAM:
    case BELT_TEST_TABLE:
      return belt_test_add_stream (self, section, error);
    case BELT_TEST_PLUGIN:
      return belt_test_load_plugin (self, section, error);
    case BELT_TEST_OPTIONS:
      return belt_test_set_options (self, section, error);
    case BELT_TEST_RULE:
      return belt_test_add_rule (self, section, error);
    case BELT_TEST_FEED:
    case BELT_TEST_CLOCK:
      return check_input (self, section, error);
    case BELT_TEST_EXPECT:
    case BELT_TEST_EMIT:
      self->result->n_checks++;
      return belt_test_check_rows (self, section, error);
    case BELT_TEST_DROPPED:
      self->result->n_checks++;
      return belt_test_check_dropped (self, section, error);
    case BELT_TEST_ERROR:
    default:
      self->result->n_checks++;
      return belt_test_check_error (self, section, error);
    }
}

static gboolean
read_file (const char *path,
           char      **ret_text,
           GError    **error)
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
runner_clear (BeltTestRunner *self)
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
belt_test_file_run (const char   *path,
                    GCancellable *cancellable,
                    GError      **error)
{
  g_autoptr(BeltTestResult) result = g_new0 (BeltTestResult, 1);
  g_autofree char *text = NULL;
  g_autoptr(GPtrArray) sections = NULL;
  BeltTestRunner self = { .path = path, .result = result, .cancellable = cancellable };
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
    belt_test_add_failure (&self, 0, "nothing is expected: a test needs expect, emit, dropped or error");
  return g_steal_pointer (&result);
}
