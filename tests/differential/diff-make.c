/* diff-make.c - random statements, and rows for them
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "diff-case.h"
#include "diff-make-private.h"

#include <string.h>

#define P DIFF_PLACE

#define COLUMNS "(a BIGINT, f FLOAT, s STRING, d BOOLEAN, l ARRAY(BIGINT), " \
  "o STRUCT(x BIGINT, y STRING, l ARRAY(FLOAT), o STRUCT(x FLOAT)), n FLOAT, t DATETIME, k STRING, ts BIGINT, " \
  "big BIGINT, lo ARRAY(STRUCT(x BIGINT)), oo STRUCT(x BIGINT), mixed STRING)"
#define WITH(name, more) " WITH (DATASOURCE=\"" name "\", FORMAT=\"JSON\", TIMESTAMP=\"ts\"" more ")"

/* @tree NULL: nothing stands there. */
static DiffTree *
optional (DiffTree *tree)
{
  if (tree == NULL)
    tree = diff_tree_new ("", NULL);
  tree->optional = TRUE;
  return tree;
}

/* --- the statement --- */

static DiffTree *
make_field (DiffScope *scope,
            guint      depth)
{
  DiffTree *value = scope->aggregates && diff_random_percent (scope->random, 60)
                    ? diff_make_aggregate (scope) : diff_make_value (scope, DIFF_ANY, depth);
  g_autofree char *text = g_strdup_printf (P " AS x%u", scope->n_aliases);

  scope->n_aliases++;
  return diff_tree_new (text, value, NULL);
}

static DiffTree *
make_fields (DiffScope *scope)
{
  static const char *const stars[] = {
    "*", "*", "* EXCEPT(a, o)", "* REPLACE(a + 1 AS a)",
  };
  DiffTree *fields = diff_tree_new_list (", ", 1);
  guint n = 1 + diff_random_below (scope->random, 4);

  for (guint i = 0; i < n; i++)
    {
      if (diff_random_percent (scope->random, 12))
        diff_tree_add (fields, diff_tree_new (diff_random_pick (scope->random, stars), NULL));
      else if (diff_random_percent (scope->random, 20))
        diff_tree_add (fields, diff_make_column (scope, DIFF_ANY));
      else
        diff_tree_add (fields, make_field (scope, 1 + diff_random_below (scope->random, 3)));
    }

  return fields;
}

static DiffTree *
make_window (DiffScope *scope)
{
  static const char *const units[] = { "ss", "ss", "ms", "mi" };
  DiffRandom *random = scope->random;
  const char *unit = diff_random_pick (random, units);
  gboolean ms = strcmp (unit, "ms") == 0;
  guint length = (1 + diff_random_below (random, 5)) * (ms ? 700 : 1);
  guint step = (1 + diff_random_below (random, 4)) * (ms ? 400 : 1);
  g_autofree char *text = NULL;
  DiffTree *window;

  switch (diff_random_below (random, 8))
    {
    case 0:
    case 1:
      text = g_strdup_printf ("TUMBLINGWINDOW(%s, %u)", unit, length);
      break;
    case 2:
    case 3:
      text = g_strdup_printf ("HOPPINGWINDOW(%s, %u, %u)", unit, length, step);
      break;
    case 4:
      text = diff_random_percent (random, 70) ? g_strdup_printf ("SLIDINGWINDOW(%s, %u)", unit, length)
                                              : g_strdup_printf ("SLIDINGWINDOW(%s, %u, %u)", unit, length, step);
      break;
    case 5:
      text = g_strdup_printf ("SESSIONWINDOW(%s, %u, %u)", unit, length + step, step);
      break;
    case 6:
      text = diff_random_percent (random, 50) ? g_strdup_printf ("COUNTWINDOW(%u)", 1 + diff_random_below (random, 5))
                                              : g_strdup_printf ("COUNTWINDOW(%u, %u)",
                                                                 2 + diff_random_below (random, 4),
                                                                 1 + diff_random_below (random, 2));
      break;
    default:
      return diff_tree_new ("STATEWINDOW(" P ", " P ")", diff_make_value (scope, DIFF_BOOL, 1),
                            diff_make_value (scope, DIFF_BOOL, 1), NULL);
    }

  window = diff_tree_new (text, NULL);
  if (diff_random_percent (random, 12))
    window = diff_tree_new (P P, window, optional (diff_tree_new (" FILTER (WHERE " P ")",
                                                                  diff_make_value (scope, DIFF_BOOL, 1), NULL)), NULL);
  if (g_str_has_prefix (text, "SLIDING") && diff_random_percent (random, 30))
    window = diff_tree_new (P P, window, optional (diff_tree_new (" OVER (WHEN " P ")",
                                                                  diff_make_value (scope, DIFF_BOOL, 1), NULL)), NULL);
  return window;
}

static DiffTree *
make_group_by (DiffScope *scope)
{
  DiffTree *keys = diff_tree_new_list (", ", 1);

  for (guint n = diff_random_below (scope->random, 3); n > 0; n--)
    diff_tree_add (keys, diff_random_percent (scope->random, 70)
                   ? diff_make_column (scope, diff_random_percent (scope->random, 50) ? DIFF_TEXT : DIFF_NUMBER)
                   : diff_make_value (scope, DIFF_ANY, 1));
  diff_tree_add (keys, make_window (scope));

  return diff_tree_new (" GROUP BY " P, keys, NULL);
}

static DiffTree *
make_order (DiffScope *scope)
{
  DiffTree *keys = diff_tree_new_list (", ", 1);

  for (guint n = 1 + diff_random_below (scope->random, 2); n > 0; n--)
    diff_tree_add (keys, diff_tree_new (diff_random_percent (scope->random, 50) ? P " DESC" : P,
                                        diff_random_percent (scope->random, 70) ? diff_make_column (scope, DIFF_ANY)
                                                                                : diff_make_value (scope, DIFF_ANY, 1),
                                        NULL));

  return diff_tree_new (" ORDER BY " P, keys, NULL);
}

static DiffTree *
make_join (DiffScope *scope)
{
  static const char *const joins[] = {
    " INNER JOIN other ON " P, " LEFT JOIN other ON " P, " RIGHT JOIN other ON " P, " FULL JOIN other ON " P,
  };
  static const char *const keys[] = { "demo.a = other.a", "demo.s = other.s", "demo.f = other.a", "demo.k = other.k" };
  DiffTree *on = diff_random_percent (scope->random, 70)
                 ? diff_tree_new_value (diff_random_pick (scope->random, keys), NULL)
                 : diff_make_value (scope, DIFF_BOOL, 1);

  if (diff_random_percent (scope->random, 10))
    {
      diff_tree_free (on);
      return diff_tree_new (" CROSS JOIN other", NULL);
    }
  if (diff_random_percent (scope->random, 25))
    on = diff_tree_new_value (P " AND " P, on, diff_make_value (scope, DIFF_BOOL, 1), NULL);

  return diff_tree_new (diff_random_pick (scope->random, joins), on, NULL);
}

static DiffTree *
make_statement (DiffScope *scope,
                gboolean   windowed)
{
  DiffTree *join = scope->joined ? make_join (scope) : NULL;
  DiffTree *where = NULL;
  DiffTree *group_by = NULL;
  DiffTree *having = NULL;
  DiffTree *order = NULL;
  DiffTree *limit = NULL;
  DiffTree *fields;

  scope->analytics = !scope->joined && diff_random_percent (scope->random, windowed ? 15 : 60);
  if (diff_random_percent (scope->random, 55))
    where = diff_tree_new (" WHERE " P, diff_make_value (scope, DIFF_BOOL, 1 + diff_random_below (scope->random, 3)),
                           NULL);
  scope->analytics &= !windowed;
  if (windowed)
    {
      group_by = make_group_by (scope);
      scope->windowed = TRUE;
      scope->aggregates = diff_random_percent (scope->random, 80);
    }
  fields = make_fields (scope);
  if (windowed && diff_random_percent (scope->random, 25))
    having = diff_tree_new (" HAVING " P, diff_make_value (scope, DIFF_BOOL, 2), NULL);
  if (windowed && diff_random_percent (scope->random, 25))
    order = make_order (scope);
  if (diff_random_percent (scope->random, 6))
    limit = diff_tree_new (diff_random_percent (scope->random, 50) ? " LIMIT 1" : " LIMIT 2", NULL);

  return diff_tree_new ("SELECT " P " FROM demo" P P P P P P, fields, optional (join), optional (where),
                        optional (group_by), optional (having), optional (order), optional (limit), NULL);
}

static DiffTree *
make_options (DiffRandom *random,
              gboolean    event_time)
{
  DiffTree *options = diff_tree_new_list (", ", 0);
  DiffTree *strategy = diff_tree_new_list (", ", 0);

  diff_tree_add (options, diff_tree_new (diff_random_percent (random, 80) ? "\"sendError\": true"
                                                                          : "\"sendError\": false", NULL));
  if (event_time)
    diff_tree_add (options, diff_tree_new ("\"isEventTime\": true", NULL));
  if (event_time && diff_random_percent (random, 50))
    diff_tree_add (options, diff_tree_new ("\"lateTolerance\": 0", NULL));
  if (diff_random_percent (random, 15))
    diff_tree_add (options, diff_tree_new ("\"sendNilField\": true", NULL));
  if (diff_random_percent (random, 20))
    diff_tree_add (strategy, diff_tree_new ("\"enableIncrementalWindow\": true", NULL));
  if (diff_random_percent (random, 10))
    diff_tree_add (strategy, diff_tree_new ("\"enableAliasPushdown\": true", NULL));
  if (diff_random_percent (random, 10))
    diff_tree_add (strategy, diff_tree_new ("\"windowOption\": {\"windowVersion\": \"v2\"}", NULL));
  diff_tree_add (options, diff_tree_new ("\"planOptimizeStrategy\": {" P "}", strategy, NULL));

  return diff_tree_new ("{" P "}", options, NULL);
}

DiffCase *
diff_make_statement (DiffRandom *random)
{
  static const char *const streams[][2] = {
    { "CREATE STREAM demo ()" WITH ("demo", ""), "CREATE STREAM other ()" WITH ("other", "") },
    { "CREATE STREAM demo " COLUMNS WITH ("demo", ""), "CREATE STREAM other " COLUMNS WITH ("other", "") },
    { "CREATE STREAM demo " COLUMNS WITH ("demo", ", STRICT_VALIDATION=\"true\""),
      "CREATE STREAM other ()" WITH ("other", "") },
    { "CREATE STREAM demo ()" WITH ("demo", ""),
      "CREATE TABLE other ()" " WITH (DATASOURCE=\"other\", FORMAT=\"JSON\", RETAIN_SIZE=\"3\")" },
  };
  DiffCase *self = diff_case_new ();
  gboolean windowed = diff_random_percent (random, 55);
  guint kind = diff_random_percent (random, 60) ? 0 : 1 + diff_random_below (random, 2);
  DiffScope scope = { .random = random, .extensions = diff_random_percent (random, 40) };

  scope.joined = diff_random_percent (random, 12);
  if (scope.joined)
    kind = windowed ? diff_random_below (random, G_N_ELEMENTS (streams)) : 3;
  for (guint i = 0; i <= (scope.joined ? 1 : 0); i++)
    g_ptr_array_add (self->streams, g_strdup (streams[kind][i]));
  self->extensions = scope.extensions;
  self->statement = make_statement (&scope, windowed);
  self->options = make_options (random, diff_random_percent (random, windowed ? 50 : 10));

  return self;
}

/* --- rows --- */

static DiffTree *
make_scalar (DiffRandom *random)
{
  static const char *const scalars[] = {
    "null", "true", "false", "0", "1", "2", "-3", "1.5", "-0.0", "1e3", "1e400", "-1e400", "1e-400",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "9007199254740993", "0.1", "123456789.123",
    "\"\"", "\"a\"", "\"12\"",
    "\"true\"", "\"\xc3\xa9t\xc3\xa9\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"a\\nb\\\"\"", "\"\\u0000\"",
    "\"2020-02-29T10:20:30Z\"",
  };

  return diff_tree_new (diff_random_pick (random, scalars), NULL);
}

static DiffTree *
make_nested (DiffRandom *random,
             guint       depth)
{
  static const char *const names[] = { "\"x\": " P, "\"y\": " P, "\"l\": " P, "\"o\": " P, "\"\xc3\xa9\": " P,
                                       "\"x\": " P };
  DiffTree *items = diff_tree_new_list (", ", 0);

  if (depth == 0 || diff_random_percent (random, 50))
    {
      diff_tree_free (items);
      return make_scalar (random);
    }
  if (diff_random_percent (random, 40))
    {
      for (guint n = diff_random_below (random, 4); n > 0; n--)
        diff_tree_add (items, make_nested (random, depth - 1));
      return diff_tree_new ("[" P "]", items, NULL);
    }
  for (guint n = diff_random_below (random, 4); n > 0; n--)
    diff_tree_add (items, diff_tree_new (diff_random_pick (random, names), make_nested (random, depth - 1), NULL));

  return diff_tree_new ("{" P "}", items, NULL);
}

static DiffTree *
make_member (DiffRandom *random,
             guint       column,
             gint64      ts)
{
  static const struct { const char *name; const char *values[6]; } columns[] = {
    { "a", { "0", "1", "2", "3", "50", "-7" } },
    { "f", { "0", "1", "2.5", "-1.5", "50.0", "1e-7" } },
    { "s", { "\"a\"", "\"b\"", "\"abc\"", "\"\"", "\"\xc3\xa9t\xc3\xa9\"", "\"A b\"" } },
    { "d", { "true", "false", "true", "false", "true", "false" } },
    { "l", { "[]", "[1, 2, 3]", "[2]", "[0, -1, 50]", "[1, 1]", "[3, 2, 1]" } },
    { "o", { "{\"x\": 1}", "{\"x\": 2, \"y\": \"a\"}", "{\"l\": [1, 2.5], \"o\": {\"x\": 1}}", "{}", "{\"y\": null}",
             "{\"x\": 1, \"x\": 3}" } },
    { "n", { "null", "1", "null", "0.5", "null", "2" } },
    { "t", { "\"2020-02-29T10:20:30Z\"", "\"2021-12-31 23:59:59\"", "1700000000000", "1", "\"2020-01-01\"", "0" } },
    { "k", { "\"k1\"", "\"k2\"", "\"k1\"", "\"k2\"", "\"k1\"", "\"\"" } },
    { "big", { "9223372036854775807", "9007199254740993", "-9223372036854775808", "1e18", "4611686018427387904",
               "1" } },
    { "lo", { "[{\"x\": 1}]", "[]", "[{\"x\": 2}, {\"x\": 3}]", "[{}]", "[{\"x\": null}]", "[{\"x\": 1}]" } },
    { "oo", { "{\"x\": 5}", "{}", "{\"x\": 6}", "{\"x\": -1}", "{\"x\": 0}", "{\"x\": null}" } },
  };
  g_autofree char *text = NULL;

  if (column == G_N_ELEMENTS (columns))
    {
      text = diff_random_percent (random, 97) ? g_strdup_printf ("\"ts\": %" G_GINT64_FORMAT, ts)
                                               : g_strdup ("\"ts\": null");
      return diff_tree_new (text, NULL);
    }
  if (column > G_N_ELEMENTS (columns))
    return diff_tree_new ("\"mixed\": " P, make_nested (random, 2), NULL);

  text = g_strdup_printf ("\"%s\": " P, columns[column].name);
  if (diff_random_percent (random, 7))
    return diff_tree_new (text, make_nested (random, 2), NULL);

  return diff_tree_new (text, diff_tree_new (diff_random_pick (random, columns[column].values), NULL), NULL);
}

#define N_COLUMNS 14

static DiffTree *
make_row (DiffRandom *random,
          gint64      ts)
{
  static const char *const broken[] = { "{\"a\": 1", "5", "{\"a\": 01}", "nonsense", "[]", "{\"s\": \"\\x\"}", "null" };
  DiffTree *members = diff_tree_new_list (", ", 0);
  guint first = diff_random_percent (random, 70) ? 0 : diff_random_below (random, N_COLUMNS);

  if (diff_random_percent (random, 1))
    {
      diff_tree_free (members);
      return diff_tree_new (diff_random_pick (random, broken), NULL);
    }
  for (guint i = 0; i < N_COLUMNS; i++)
    {
      if (diff_random_percent (random, 80))
        diff_tree_add (members, make_member (random, (first + i) % N_COLUMNS, ts));
    }
  if (diff_random_percent (random, 3))
    diff_tree_add (members, make_member (random, diff_random_below (random, N_COLUMNS), ts));

  return diff_tree_new ("{" P "}", members, NULL);
}

void
diff_make_rows (DiffCase   *self,
                DiffRandom *random)
{
  guint n = 1 + diff_random_below (random, self->streams->len > 1 ? 40 : 12);
  gint64 now_ms = 0;
  gint64 ts = 1000 * diff_random_below (random, 5);

  g_ptr_array_set_size (self->events, 0);
  for (guint i = 0; i < n; i++)
    {
      gboolean other = self->streams->len > 1 && diff_random_percent (random, 50);

      if (diff_random_percent (random, 30))
        now_ms += 1 + diff_random_below (random, 1500);
      ts += diff_random_below (random, 900);
      diff_case_add_event (self, other ? "other" : "demo", now_ms,
                           make_row (random,
                                     diff_random_percent (random, 90) ? ts : ts - diff_random_below (random, 2500)));
    }
  diff_case_add_event (self, NULL, now_ms + 1 + diff_random_below (random, 8000), NULL);
}
