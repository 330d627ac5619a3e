/* diff-make-value.c - random expressions of the language
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mostly of the types that fit, so that something comes of them, and sometimes not.
 * Functions come from the engine's own table: what is new there is tested from then on.
 */
#include "config.h"

#include "diff-make-private.h"

#include "belt-function.h"

#include <string.h>

#define P DIFF_PLACE

static DiffTree *
leaf (const char *text)
{
  return diff_tree_new_value (text, NULL);
}

/* --- columns and literals --- */

DiffTree *
diff_make_column (DiffScope *scope,
                  DiffType   type)
{
  static const char *const columns[DIFF_N_TYPES][6] = {
    [DIFF_ANY] = { "n", "a", "s", "mixed", "o", "gone" },
    [DIFF_NUMBER] = { "a", "a", "f", "f", "n", "big" },
    [DIFF_TEXT] = { "s", "s", "s", "t", "k", "mixed" },
    [DIFF_BOOL] = { "d", "d", "d", "d", "n", "mixed" },
    [DIFF_LIST] = { "l", "l", "l", "lo", "n", "mixed" },
    [DIFF_OBJECT] = { "o", "o", "o", "oo", "n", "mixed" },
    [DIFF_TIME] = { "t", "t", "t", "ts", "s", "n" },
  };
  const char *name = diff_random_pick (scope->random, columns[type]);
  g_autofree char *text = NULL;

  if (scope->n_aliases > 0 && diff_random_percent (scope->random, 8))
    text = g_strdup_printf ("x%u", diff_random_below (scope->random, scope->n_aliases));
  else if (scope->joined)
    text = g_strdup_printf ("%s.%s", diff_random_percent (scope->random, 50) ? "demo" : "other", name);
  else
    text = g_strdup (name);

  return leaf (text);
}

static DiffTree *
make_literal (DiffScope *scope,
              DiffType   type)
{
  static const char *const numbers[] = {
    "0", "1", "2", "3", "7", "10", "50", "100", "1.5", "0.1", "2.0", "0.0", "9007199254740993", "9223372036854775807",
    "1000000", "1700000000000",
  };
  static const char *const texts[] = {
    "\"\"", "\"a\"", "\"b\"", "\"abc\"", "\"A b\"", "\"12\"", "\"1.5\"", "\"true\"", "\"\xc3\xa9t\xc3\xa9\"", "\"%\"",
    "\"x\"", "\"2020-02-29 10:20:30\"", "\"[1,2]\"", "\"k1\"",
  };
  static const char *const times[] = {
    "\"2020-02-29T10:20:30Z\"", "\"2021-12-31 23:59:59\"", "1700000000000", "\"2020-01-01\"",
  };

  switch (type)
    {
    case DIFF_NUMBER:
      return leaf (diff_random_pick (scope->random, numbers));
    case DIFF_BOOL:
      return leaf (diff_random_percent (scope->random, 50) ? "true" : "false");
    case DIFF_TIME:
      return leaf (diff_random_pick (scope->random, times));
    case DIFF_LIST:
    case DIFF_OBJECT:
      return diff_make_column (scope, type);
    default:
      return leaf (diff_random_pick (scope->random, texts));
    }
}

/* --- functions --- */

static gboolean
is_usable (const BeltFunction *function)
{
  static const char *const refused[] = {
    "delay",                                                        /* waits */
    "get_keyed_state",                                              /* outlives the run */
    "repeat", "sequence", "compress", "decompress", "lpad", "rpad", /* costly */
    "newuuid", "rand", "array_shuffle", "uuid", "random",
    "unnest", "extract", "changed_cols",
  };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      if (strcmp (function->name, refused[i]) == 0)
        return FALSE;
    }

  return (function->flags & (BELT_FUNCTION_NONDETERMINISTIC | BELT_FUNCTION_SET_RETURNING | BELT_FUNCTION_COLUMNS
                             | BELT_FUNCTION_PLUGIN)) == 0 && function->signature != NULL;
}

typedef enum { SCALAR, AGGREGATE, ANALYTIC, N_KINDS } Kind;

static GPtrArray *
list_functions (Kind kind)
{
  static GPtrArray *lists[N_KINDS];
  guint n;
  const BeltFunction *const *all = belt_function_table_list (belt_function_table_get_builtin (), &n);

  if (lists[kind] != NULL)
    return lists[kind];

  for (guint i = 0; i < N_KINDS; i++)
    lists[i] = g_ptr_array_new ();
  for (guint i = 0; i < n; i++)
    {
      if (!is_usable (all[i]))
        continue;
      if (all[i]->flags & BELT_FUNCTION_AGGREGATE)
        g_ptr_array_add (lists[AGGREGATE], (gpointer)all[i]);
      else if (all[i]->flags & BELT_FUNCTION_ANALYTIC)
        g_ptr_array_add (lists[ANALYTIC], (gpointer)all[i]);
      else
        g_ptr_array_add (lists[SCALAR], (gpointer)all[i]);
    }

  return lists[kind];
}

static DiffType
read_type (const char *word)
{
  static const struct { const char *name; DiffType type; } types[] = {
    { "number", DIFF_NUMBER }, { "int", DIFF_NUMBER }, { "float", DIFF_NUMBER }, { "string", DIFF_TEXT },
    { "bool", DIFF_BOOL }, { "array", DIFF_LIST }, { "object", DIFF_OBJECT }, { "datetime", DIFF_TIME },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (g_str_has_prefix (word, types[i].name))
        return types[i].type;
    }

  return DIFF_ANY;
}

/* Arguments that have to be a certain text, by the name they have in the signature. */
static DiffTree *
make_special (DiffScope  *scope,
              const char *name)
{
  static const struct { const char *name; const char *values[4]; } special[] = {
    { "path", { "\"$.x\"", "\"$.l[0]\"", "\"$..x\"", "\"$.l[*].x\"" } },
    { "type", { "\"bigint\"", "\"float\"", "\"string\"", "\"boolean\"" } },
    { "encoding", { "\"base64\"", "\"base64\"", "\"base64\"", "\"hex\"" } },
    { "zone", { "\"UTC\"", "\"Asia/Shanghai\"", "\"America/New_York\"", "\"nowhere\"" } },
    { "pattern", { "\"[a-c]+\"", "\"yyyy-MM-dd HH:mm:ss\"", "\"(.)b\"", "\"^\xc3\xa9\"" } },
    { "duration", { "\"1h\"", "\"-24h\"", "\"10m\"", "\"x\"" } },
    { "function", { "\"abs\"", "\"upper\"", "\"length\"", "\"ceil\"" } },
    { "digits", { "0", "1", "2", "5" } },
    { "offset", { "1", "2", "1", "3" } },
    { "index", { "0", "1", "-1", "2" } },
    { "start", { "0", "1", "2", "3" } },
    { "end", { "1", "2", "3", "9" } },
    { "n", { "0", "1", "3", "5" } },
    { "p", { "0.5", "0.9", "0", "1" } },
    { "from", { "10", "16", "2", "36" } },
    { "to", { "2", "10", "16", "8" } },
    { "ignore_null", { "true", "false", "true", "false" } },
    { "all", { "true", "false", "true", "false" } },
    { "key", { "\"x\"", "\"y\"", "\"l\"", "\"gone\"" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (special); i++)
    {
      if (strcmp (special[i].name, name) == 0)
        return leaf (diff_random_pick (scope->random, special[i].values));
    }

  return NULL;
}

static DiffTree *
make_argument (DiffScope  *scope,
               const char *declared,
               guint       depth)
{
  g_auto(GStrv) words = g_strsplit (declared, " ", -1);
  g_autofree char *name = words[0] != NULL && words[1] != NULL ? g_strdup (words[1]) : g_strdup ("");
  DiffTree *special;

  g_strdelimit (name, "?", '\0');
  special = diff_random_percent (scope->random, 90) ? make_special (scope, name) : NULL;
  if (special != NULL)
    return special;

  return diff_make_value (scope, read_type (declared), depth);
}

static DiffTree *
make_call (DiffScope          *scope,
           const BeltFunction *function,
           guint               depth)
{
  const char *open = strchr (function->signature, '(');
  const char *close = open != NULL ? strchr (open, ')') : NULL;
  g_autofree char *inside = close != NULL ? g_strndup (open + 1, (gsize)(close - open - 1)) : g_strdup ("");
  g_auto(GStrv) declared = g_strsplit (inside, ", ", -1);
  DiffTree *args = diff_tree_new_list (", ", 0);
  g_autofree char *text = g_strdup_printf ("%s(" P ")", function->name);

  for (guint i = 0; declared[i] != NULL && declared[i][0] != '\0'; i++)
    {
      if (strcmp (declared[i], "\xe2\x80\xa6") == 0)
        {
          for (guint more = diff_random_below (scope->random, 3); more > 0 && i > 0; more--)
            diff_tree_add (args, make_argument (scope, declared[i - 1], depth));
          continue;
        }
      if (strchr (declared[i], '?') != NULL && diff_random_percent (scope->random, 50))
        break;
      if (strcmp (declared[i], "key") == 0)
        {
          diff_tree_add (args, leaf ("topic"));
          continue;
        }
      diff_tree_add (args, make_argument (scope, declared[i], depth));
    }

  return diff_tree_new_value (text, args, NULL);
}

static DiffTree *
make_scalar_call (DiffScope *scope,
                  DiffType   type,
                  guint      depth)
{
  GPtrArray *functions = list_functions (SCALAR);
  const BeltFunction *function = NULL;

  /* A few draws for one that gives what is wanted. */
  for (guint i = 0; i < 6; i++)
    {
      function = functions->pdata[diff_random_below (scope->random, functions->len)];
      if (!scope->windowed && g_str_has_prefix (function->name, "window_"))
        continue;
      if (type == DIFF_ANY || read_type (function->signature) == type)
        break;
    }

  return make_call (scope, function, depth);
}

DiffTree *
diff_make_aggregate (DiffScope *scope)
{
  GPtrArray *functions = list_functions (AGGREGATE);
  const BeltFunction *function = functions->pdata[diff_random_below (scope->random, functions->len)];
  DiffScope inner = *scope;
  DiffTree *call;

  if (diff_random_percent (scope->random, 15))
    return leaf (diff_random_percent (scope->random, 70) ? "count(*)" : "collect(*)");

  /* x0 may be an aggregate itself. */
  inner.aggregates = inner.analytics = inner.windowed = FALSE;
  inner.n_aliases = 0;
  call = make_call (&inner, function, diff_random_below (scope->random, 2));

  return call;
}

static DiffTree *
make_analytic (DiffScope *scope,
               guint      depth)
{
  GPtrArray *functions = list_functions (ANALYTIC);
  const BeltFunction *function = functions->pdata[diff_random_below (scope->random, functions->len)];
  DiffScope inner = *scope;
  DiffTree *call;

  inner.analytics = inner.aggregates = FALSE;
  inner.n_aliases = 0;
  call = make_call (&inner, function, MIN (depth, 1));
  switch (diff_random_below (scope->random, 6))
    {
    case 0:
      return diff_tree_new_value (P " OVER (PARTITION BY " P ")", call, diff_make_column (&inner, DIFF_TEXT), NULL);
    case 1:
      return diff_tree_new_value (P " OVER (WHEN " P ")", call, diff_make_value (&inner, DIFF_BOOL, 1), NULL);
    case 2:
      return diff_tree_new_value (P " OVER (PARTITION BY " P " WHEN " P ")", call,
                                  diff_make_column (&inner, DIFF_NUMBER), diff_make_value (&inner, DIFF_BOOL, 1), NULL);
    default:
      return call;
    }
}

/* --- operators --- */

#define make(type) diff_make_value (scope, (type), depth - 1)

static DiffTree *
make_comparison (DiffScope *scope,
                 guint      depth)
{
  static const char *const operators[] = {
    P " = " P, P " != " P, P " < " P, P " <= " P, P " > " P, P " >= " P,
  };
  const char *operator = diff_random_pick (scope->random, operators);
  DiffType type = diff_random_percent (scope->random, 70) ? DIFF_NUMBER
                                                          : (DiffType)diff_random_below (scope->random, DIFF_N_TYPES);

  /* What the kernels take: a column and a constant. */
  if (diff_random_percent (scope->random, 50))
    {
      DiffTree *column = diff_make_column (scope, type);
      DiffTree *literal = make_literal (scope, type);

      if (diff_random_percent (scope->random, 25))
        return diff_tree_new_value (operator, literal, column, NULL);
      return diff_tree_new_value (operator, column, literal, NULL);
    }

  return diff_tree_new_value (operator, make (type), make (type), NULL);
}

static DiffTree *
make_case (DiffScope *scope,
           DiffType   type,
           guint      depth)
{
  DiffTree *whens = diff_tree_new_list (" ", 1);
  gboolean simple = diff_random_percent (scope->random, 40);
  DiffType operand = diff_random_percent (scope->random, 50) ? DIFF_NUMBER : DIFF_TEXT;
  DiffTree *otherwise;

  for (guint n = 1 + diff_random_below (scope->random, 3); n > 0; n--)
    diff_tree_add (whens, diff_tree_new ("WHEN " P " THEN " P,
                                         simple ? make (operand) : make_comparison (scope, depth), make (type), NULL));
  otherwise = diff_random_percent (scope->random, 60) ? diff_tree_new (" ELSE " P, make (type), NULL)
                                                      : diff_tree_new ("", NULL);
  otherwise->optional = TRUE;
  if (simple)
    return diff_tree_new_value ("CASE " P " " P P " END", make (operand), whens, otherwise, NULL);

  return diff_tree_new_value ("CASE " P P " END", whens, otherwise, NULL);
}

static DiffTree *
make_path (DiffScope *scope,
           guint      depth)
{
  static const char *const paths[] = {
    P "->x", P "->y", P "->l", P "->o->x", P "->l[0]", P "->l[0:1]", P "->l[1:]", P "->gone",
  };
  static const char *const indexes[] = { P "[0]", P "[1]", P "[-1]", P "[0:2]", P "[1:]", P "[:1]", P "[9]",
                                         P "[0]->x" };

  if (diff_random_percent (scope->random, 50))
    return diff_tree_new_value (diff_random_pick (scope->random, paths), diff_make_column (scope, DIFF_OBJECT), NULL);
  if (diff_random_percent (scope->random, 20))
    return diff_tree_new_value (P "[" P "]", diff_make_column (scope, DIFF_LIST), make (DIFF_NUMBER), NULL);

  return diff_tree_new_value (diff_random_pick (scope->random, indexes), diff_make_column (scope, DIFF_LIST), NULL);
}

static DiffTree *
make_arithmetic (DiffScope *scope,
                 guint      depth)
{
  static const char *const operators[] = {
    P " + " P, P " - " P, P " * " P, P " / " P, P " % " P, P " & " P, P " | " P, P " ^ " P,
    "(" P " + " P ")", "(" P " * " P ")",
  };

  if (scope->extensions && diff_random_percent (scope->random, 6))
    return diff_tree_new_value ("-(" P ")", make (DIFF_NUMBER), NULL);

  return diff_tree_new_value (diff_random_pick (scope->random, operators), make (DIFF_NUMBER), make (DIFF_NUMBER),
                              NULL);
}

static DiffTree *
make_list_of_items (DiffScope *scope,
                    DiffType   type,
                    guint      depth)
{
  DiffTree *items = diff_tree_new_list (", ", 1);

  for (guint n = 1 + diff_random_below (scope->random, 4); n > 0; n--)
    diff_tree_add (items, diff_random_percent (scope->random, 70) ? make_literal (scope, type) : make (type));

  return items;
}

static DiffTree *
make_condition (DiffScope *scope,
                guint      depth)
{
  DiffType type = diff_random_percent (scope->random, 70) ? DIFF_NUMBER : DIFF_TEXT;

  switch (diff_random_below (scope->random, scope->extensions ? 16 : 12))
    {
    case 0:
    case 1:
      return diff_tree_new_value (P " AND " P, make (DIFF_BOOL), make (DIFF_BOOL), NULL);
    case 2:
      return diff_tree_new_value (P " OR " P, make (DIFF_BOOL), make (DIFF_BOOL), NULL);
    case 3:
      return diff_tree_new_value ("(" P ")", make (DIFF_BOOL), NULL);
    case 4:
      return diff_tree_new_value (diff_random_percent (scope->random, 60) ? P " BETWEEN " P " AND " P
                                                                          : P " NOT BETWEEN " P " AND " P,
                                  make (type), make (type), make (type), NULL);
    case 5:
      return diff_tree_new_value (diff_random_percent (scope->random, 60) ? P " IN (" P ")" : P " NOT IN (" P ")",
                                  make (type), make_list_of_items (scope, type, depth), NULL);
    case 6:
      return diff_tree_new_value (diff_random_percent (scope->random, 60) ? P " IN " P : P " NOT IN " P,
                                  make (type), diff_make_column (scope, DIFF_LIST), NULL);
    case 7:
      {
        static const char *const patterns[] = { "\"a%\"", "\"%b%\"", "\"_\"", "\"\xc3\xa9%\"", "\"%\"", "\"a_c\"" };

        return diff_tree_new_value (diff_random_percent (scope->random, 60) ? P " LIKE " P : P " NOT LIKE " P,
                                    make (DIFF_TEXT), diff_random_percent (scope->random, 80)
                                    ? leaf (diff_random_pick (scope->random, patterns)) : make (DIFF_TEXT), NULL);
      }
    case 12:
      return diff_tree_new_value ("NOT (" P ")", make (DIFF_BOOL), NULL);
    case 13:
      return diff_tree_new_value (P " IS NULL", make (DIFF_ANY), NULL);
    case 14:
      return diff_tree_new_value (P " IS NOT NULL", make (DIFF_ANY), NULL);
    case 15:
      return diff_tree_new_value (P " <> " P, make (type), make (type), NULL);
    default:
      return make_comparison (scope, depth);
    }
}

static DiffTree *
make_operation (DiffScope *scope,
                DiffType   type,
                guint      depth)
{
  switch (type)
    {
    case DIFF_NUMBER:
      return make_arithmetic (scope, depth);
    case DIFF_BOOL:
      return make_condition (scope, depth);
    case DIFF_TEXT:
      if (scope->extensions && diff_random_percent (scope->random, 30))
        return diff_tree_new_value (P " || " P, make (DIFF_TEXT), make (DIFF_ANY), NULL);
      return make_scalar_call (scope, type, depth - 1);
    case DIFF_LIST:
    case DIFF_OBJECT:
    case DIFF_TIME:
      return make_scalar_call (scope, type, depth - 1);
    default:
      return diff_make_value (scope, 1 + diff_random_below (scope->random, DIFF_N_TYPES - 1), depth);
    }
}

DiffTree *
diff_make_value (DiffScope *scope,
                 DiffType   type,
                 guint      depth)
{
  /* A type that does not fit. */
  if (diff_random_percent (scope->random, 6))
    type = diff_random_below (scope->random, DIFF_N_TYPES);
  if (depth == 0)
    return diff_random_percent (scope->random, 65) ? diff_make_column (scope, type) : make_literal (scope, type);
  if (scope->aggregates && diff_random_percent (scope->random, 25))
    return diff_make_aggregate (scope);
  if (scope->analytics && diff_random_percent (scope->random, 10))
    return make_analytic (scope, depth);

  switch (diff_random_below (scope->random, 10))
    {
    case 0:
      return make_case (scope, type, depth);
    case 1:
      return make_path (scope, depth);
    case 2:
    case 3:
      return make_scalar_call (scope, type, depth - 1);
    case 4:
    case 5:
      return diff_make_value (scope, type, 0);
    default:
      return make_operation (scope, type, depth);
    }
}
