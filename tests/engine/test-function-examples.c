/* test-function-examples.c - examples of functions that only a rule can run
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Functions of values are run by tests/unit/test-functions.c.  Those that read where a
 * row is, or that make rows and columns, are called by a rule over one row here.  An
 * argument that no statement can write, a list or an object, stands in a column.
 */
#include "config.h"

#include "belt-stream.h"
#include "belt.h"

#include <string.h>

#define START_MS  G_GINT64_CONSTANT (1709212450000)
#define ROW_MS    G_GINT64_CONSTANT (1709212455678)
#define WINDOW_MS 10000

typedef struct
{
  const BeltFunction *function;
  char               *call;       /* as SQL */
  char               *argument;   /* JSON of column x; NULL: none */
  const char         *result;     /* JSON */
} Example;

/* "unnest([1, 2]) = [1, 2]" → unnest(x), [1, 2], [1, 2]. */
static void
example_init (Example            *self,
              const BeltFunction *function)
{
  const char *open = strchr (function->example, '(');
  const char *equals = strstr (function->example, ") = ");

  g_assert_nonnull (open);
  g_assert_nonnull (equals);
  self->function = function;
  self->result = equals + strlen (") = ");
  self->argument = open[1] == '[' || open[1] == '{' ? g_strndup (open + 1, (gsize)(equals - open - 1)) : NULL;
  self->call = self->argument != NULL ? g_strdup_printf ("%s(x)", function->name)
               : g_strndup (function->example, (gsize)(equals + 1 - function->example));
}

static void
example_clear (Example *self)
{
  g_free (self->call);
  g_free (self->argument);
}

static BeltTrialSpec *
make_spec (const Example *example)
{
  BeltTrialSpec *spec = belt_trial_spec_new ();
  gboolean in_window = g_str_has_prefix (example->function->name, "window_");
  g_autoptr(BeltStream) stream =
    belt_stream_new_from_sql ("CREATE STREAM demo () WITH (DATASOURCE=\"demo\", FORMAT=\"JSON\")", NULL);
  g_autoptr(BeltCatalog) empty = belt_catalog_new ();
  g_autofree char *row = g_strdup_printf ("{\"temperature\": 21.5, \"x\": %s}",
                                          example->argument != NULL ? example->argument : "0");

  spec->catalog = belt_catalog_with (empty, stream);
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->rule_id = g_strdup ("rule1");
  spec->sql = g_strdup_printf ("SELECT %s FROM demo%s", example->call,
                               in_window ? " GROUP BY TUMBLINGWINDOW(ss, 10)" : "");
  spec->start_ms = START_MS;
  spec->advance_ms = WINDOW_MS;
  belt_trial_spec_add_input (spec, "demo", row, -1, ROW_MS);
  ((BeltTrialInput *)spec->inputs->pdata[0])->metadata = g_strdup ("{\"topic\": \"demo\"}");
  return spec;
}

/* What one row of the rule says: the value, or the row itself where the call makes columns. */
static BeltValue
get_value (const BeltFunction *function,
           const BeltValue    *row)
{
  g_assert_cmpint (row->tag, ==, BELT_TAG_MAP);
  if ((function->flags & BELT_FUNCTION_COLUMNS) != 0 || g_str_equal (function->name, "extract"))
    return *row;

  g_assert_cmpuint (row->len, ==, 1);
  return row->u.members[0].value;
}

/* There is one row; of unnest() all of them are the result. */
static char *
dup_result (const BeltFunction *function,
            BeltTrial          *trial)
{
  GPtrArray *emissions = belt_trial_get_emissions (trial);
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (BeltValue));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < emissions->len; i++)
    {
      const BeltValue *rows = emissions->pdata[i];

      g_assert_cmpint (rows->tag, ==, BELT_TAG_LIST);
      for (guint k = 0; k < rows->len; k++)
        {
          BeltValue value = get_value (function, &rows->u.items[k]);

          g_array_append_val (values, value);
        }
    }

  if (g_str_equal (function->name, "unnest"))
    {
      BeltValue list = belt_value_list ((BeltValue *)values->data, values->len);

      belt_json_write (text, &list);
    }
  else
    {
      g_assert_cmpuint (values->len, ==, 1);
      belt_json_write (text, &g_array_index (values, BeltValue, 0));
    }

  return g_string_free (text, FALSE);
}

static char *
dup_plain (const char *json)
{
  g_autoptr(JsonNode) node = json_from_string (json, NULL);

  g_assert_nonnull (node);
  return json_to_string (node, FALSE);
}

static void
test_example (gconstpointer data)
{
  Example example;
  g_autoptr(BeltTrialSpec) spec = NULL;
  g_autoptr(BeltTrial) trial = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *got = NULL;
  g_autofree char *plain = NULL;
  g_autofree char *expected = NULL;

  example_init (&example, data);
  spec = make_spec (&example);
  g_test_message ("%s", spec->sql);
  trial = belt_trial_run (spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (belt_trial_get_plan (trial));
  got = dup_result (example.function, trial);
  plain = dup_plain (got);
  expected = dup_plain (example.result);
  g_assert_cmpstr (plain, ==, expected);
  example_clear (&example);
}

int
main (int    argc,
      char **argv)
{
  guint n;
  const BeltFunction *const *functions = belt_function_table_list (belt_function_table_get_builtin (), &n);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strconcat ("/functions/rule/", functions[i]->name, NULL);

      if (functions[i]->call == NULL && functions[i]->aggregate == NULL && functions[i]->analytic == NULL)
        g_test_add_data_func (path, functions[i], test_example);
    }
  return g_test_run ();
}
