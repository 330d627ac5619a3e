/* belt-validate.c - what is wrong with a SELECT that parses
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each check finds the first place, so that the text of eKuiper's one error and
 * our located diagnostic come from the same look at the tree.
 */
#include "config.h"

#include "belt-validate.h"

#include "belt-unparse.h"

#define ALIAS_DEPTH_MAX 8192u   /* nodes from an alias through all those it is made from */

typedef struct
{
  guint     kinds;      /* sought */
  BeltNode *found;      /* the first */
  BeltNode *second;
} CallSearch;

typedef struct
{
  const BeltAst  *ast;
  GPtrArray      *diagnostics;
  guint           n_errors;
  char           *ekuiper;
  GHashTable     *aliases;     /* the planner's round: name to field */
  GHashTable     *aggregates;  /* field to AGGREGATE_NO or AGGREGATE_YES */
  GHashTable     *own;         /* set of nodes: names of columns that their field takes for its alias */
  const char     *own_alias;   /* …the one looked for */
  BeltAliasLookup lookup;      /* NULL: names are not bound yet */
  gpointer        lookup_data;
} Validator;

static gboolean
find_calls (BeltNode *node,
            gpointer  data)
{
  CallSearch *search = data;

  if (node->kind != BELT_NODE_CALL || !(node->kinds & search->kinds))
    return TRUE;

  if (search->found == NULL)
    search->found = node;
  else if (search->second == NULL)
    search->second = node;
  return TRUE;
}

static BeltNode *
find_call (BeltNode *node,
           guint     kinds)
{
  CallSearch search = { .kinds = kinds };

  belt_node_walk (node, find_calls, &search);
  return search.found;
}

gboolean
belt_node_has_call (BeltNode *node,
                    guint     kinds)
{
  return find_call (node, kinds) != NULL;
}

/* Takes over ekuiper, which may be NULL: then our message is all there is. */
static void
complain (Validator  *self,
          BeltSpan    span,
          const char *code,
          char       *ekuiper,
          const char *hint,
          const char *format,
          ...) G_GNUC_PRINTF (6, 7);

static void
complain (Validator  *self,
          BeltSpan    span,
          const char *code,
          char       *ekuiper,
          const char *hint,
          const char *format,
          ...)
{
  BeltDiagnostic *diagnostic;
  va_list args;

  va_start (args, format);
  diagnostic = belt_diagnostic_new_va (BELT_SEVERITY_ERROR, code, span, hint, format, args);
  va_end (args);
  belt_diagnostic_locate (diagnostic, self->ast->text, self->ast->len);
  g_ptr_array_add (self->diagnostics, diagnostic);
  self->n_errors++;
  if (self->ekuiper == NULL)
    self->ekuiper = ekuiper != NULL ? g_steal_pointer (&ekuiper) : g_strdup (diagnostic->message);
  g_free (ekuiper);
}

/* What eKuiper takes all the same. */
static void
doubt (Validator   *self,
       BeltSeverity severity,
       BeltSpan     span,
       const char  *code,
       const char  *hint,
       const char  *message)
{
  BeltDiagnostic *diagnostic = belt_diagnostic_new (severity, code, span, "%s", message);

  diagnostic->hint = g_strdup (hint);
  belt_diagnostic_locate (diagnostic, self->ast->text, self->ast->len);
  g_ptr_array_add (self->diagnostics, diagnostic);
}

/* ------------------------------------------------------------------ the parser's round */

static void
check_dimension (Validator *self,
                 BeltNode  *dimension)
{
  BeltNode *call = find_call (dimension, BELT_PARSER_FUNCTION_AGGREGATE);

  if (call != NULL)
    complain (self, call->span, "aggregate-in-group-by",
              belt_node_to_ekuiper (dimension, "Not allowed to call aggregate functions in GROUP BY clause: ", "."),
              "group by what the rows have before they are aggregated", "%s() cannot stand in GROUP BY", call->name);
}

static void
check_group_by_aggregates (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;

  for (guint i = 0; i < select->n_group_by; i++)
    check_dimension (self, select->group_by[i]);
  if (select->window != NULL)
    check_dimension (self, select->window);
}

typedef struct
{
  BeltNode *outer;
  BeltNode *inner;
} NestedSearch;

static gboolean
find_nested (BeltNode *node,
             gpointer  data)
{
  NestedSearch *search = data;

  if (node->kind != BELT_NODE_CALL || search->inner != NULL)
    return search->inner == NULL;

  for (guint i = 0; i < node->n_children && search->inner == NULL; i++)
    search->inner = find_call (node->children[i], BELT_PARSER_FUNCTION_SET_RETURNING);
  if (search->inner != NULL)
    search->outer = node;
  return TRUE;
}

static void
check_set_returning_fields (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;
  CallSearch search = { .kinds = BELT_PARSER_FUNCTION_SET_RETURNING };
  NestedSearch nested = { 0 };

  for (guint i = 0; i < select->n_fields; i++)
    {
      belt_node_walk (select->fields[i].expr, find_calls, &search);
      belt_node_walk (select->fields[i].expr, find_nested, &nested);
    }
  if (nested.inner != NULL)
    complain (self, nested.inner->span, "set-returning-nested",
              g_strdup ("select clause shouldn't has nested set-returning-functions"),
              "let it stand alone as a field", "%s() makes rows and cannot stand inside %s()", nested.inner->name,
              nested.outer->name);
  if (search.second != NULL)
    complain (self, search.second->span, "set-returning-twice",
              g_strdup ("select clause shouldn't has multi set-returning-functions"),
              "make a second rule for the other", "%s() makes rows, and so does %s() before it", search.second->name,
              search.found->name);
}

/* Calls that may stand in the select list only. */
static void
check_elsewhere (Validator  *self,
                 guint       kinds,
                 const char *ekuiper,
                 const char *format_code)
{
  const BeltAstSelect *select = self->ast->select;
  CallSearch search = { .kinds = kinds };

  for (guint i = 0; i < select->n_tables; i++)
    belt_node_walk (select->tables[i].on, find_calls, &search);
  belt_node_walk (select->where, find_calls, &search);
  for (guint i = 0; i < select->n_group_by; i++)
    belt_node_walk (select->group_by[i], find_calls, &search);
  belt_node_walk (select->window, find_calls, &search);
  belt_node_walk (select->having, find_calls, &search);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, find_calls, &search);
  if (search.found != NULL)
    complain (self, search.found->span, format_code, g_strdup (ekuiper), "give it an alias and use that",
              "%s() can only stand in the select list", search.found->name);
}

typedef struct
{
  Validator *validator;
  BeltNode  *allowed;   /* the statement's own window */
} WindowSearch;

static gboolean
find_misplaced_window (BeltNode *node,
                       gpointer  data)
{
  WindowSearch *search = data;

  if (node->kind == BELT_NODE_WINDOW && node != search->allowed)
    doubt (search->validator, BELT_SEVERITY_WARNING, node->span, "window-misplaced",
           "move it to GROUP BY: eKuiper takes it as null here (N6)", "a window can only stand in GROUP BY, by itself");
  return TRUE;
}

const char *
belt_ast_window_get_flaw (const BeltAstWindow *self,
                          const BeltNode     **ret_arg)
{
  gint64 max;

  if (self->n_args < 2 || self->unit == BELT_AST_UNIT_NONE)
    return NULL;

  max = G_MAXINT64 / belt_ast_unit_get_ms (self->unit) / 1000000;
  *ret_arg = self->args[1];
  /* SLIDINGWINDOW(ss, 0, 2) is what comes in the two seconds after a row. */
  if (self->length < 0 || (self->length == 0 && self->kind != BELT_AST_WINDOW_SLIDING))
    return "the length of a window is more than 0";
  if (self->length > max)
    return "this window is longer than time can be counted";
  if (self->n_args < 3 || (self->kind != BELT_AST_WINDOW_HOPPING && self->kind != BELT_AST_WINDOW_SESSION))
    return NULL;

  *ret_arg = self->args[2];
  return self->interval <= 0 || self->interval > max ? "this length of time is more than 0, and can be counted" : NULL;
}

/* eKuiper parses and plans lengths with which its rule then crashes, or floods the sink. */
static void
check_window (Validator *self)
{
  WindowSearch search = { self, self->ast->select->window };
  const BeltNode *arg;
  const char *flaw;

  belt_ast_walk (self->ast, find_misplaced_window, &search);
  flaw = search.allowed != NULL ? belt_ast_window_get_flaw (search.allowed->window, &arg) : NULL;
  if (flaw != NULL)
    doubt (self, BELT_SEVERITY_ERROR, arg->span, "window-length",
           "eKuiper plans the rule, and it fails when it starts (N6)", flaw);
}

static int
compare_places (gconstpointer a,
                gconstpointer b)
{
  const BeltDiagnostic *x = *(BeltDiagnostic *const *)a;
  const BeltDiagnostic *y = *(BeltDiagnostic *const *)b;

  return x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

void
belt_validate_parsed (BeltParseResult *result)
{
  Validator self = { .ast = result->ast, .diagnostics = result->diagnostics };

  if (result->ast->select == NULL || result->n_errors > 0)
    return;

  check_group_by_aggregates (&self);
  check_set_returning_fields (&self);
  check_elsewhere (&self, BELT_PARSER_FUNCTION_ROW_NUMBER, "window functions can only be in select fields",
                   "row-number-misplaced");
  check_elsewhere (&self, BELT_PARSER_FUNCTION_SET_RETURNING, "select statement shouldn't has srf except fields",
                   "set-returning-misplaced");
  check_window (&self);
  g_ptr_array_sort (result->diagnostics, compare_places);
  result->n_errors += self.n_errors;
  result->ekuiper_error = self.ekuiper;
}

/* ------------------------------------------------------------------ the planner's round */

static const BeltAstField *
find_alias (Validator      *self,
            const BeltNode *node)
{
  if (node->kind != BELT_NODE_COLUMN || node->qualifier != NULL)
    return NULL;
  return g_hash_table_lookup (self->aliases, node->name);
}

/* The first field of an alias counts. */
static void
index_aliases (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;

  for (guint i = select->n_fields; i > 0; i--)
    if (select->fields[i - 1].alias != NULL)
      g_hash_table_replace (self->aliases, (gpointer)select->fields[i - 1].alias, (gpointer)&select->fields[i - 1]);
}

/* Walks the aliases that one alias uses. */
typedef struct
{
  Validator          *validator;
  GHashTable         *states;    /* field to STATE_OPEN or STATE_DONE */
  const BeltAstField *current;
  guint               depth;     /* of all expressions from the first alias to this one */
  const BeltAstField *cycle;
  gboolean            too_deep;
} CycleSearch;

enum
{
  STATE_OPEN = 1,
  STATE_DONE,
};

static gboolean follow_alias (BeltNode *node,
                              gpointer  data);

static void
search_cycle (CycleSearch        *self,
              const BeltAstField *field)
{
  int state = GPOINTER_TO_INT (g_hash_table_lookup (self->states, field));
  const BeltAstField *outer = self->current;

  if (state == STATE_OPEN)
    self->cycle = field;
  else if (state == 0 && self->depth + field->expr->depth > ALIAS_DEPTH_MAX)
    self->too_deep = TRUE;
  if (state != 0 || self->too_deep)
    return;

  g_hash_table_insert (self->states, (gpointer)field, GINT_TO_POINTER (STATE_OPEN));
  self->current = field;
  self->depth += field->expr->depth;
  belt_node_walk (field->expr, follow_alias, self);
  self->depth -= field->expr->depth;
  self->current = outer;
  g_hash_table_insert (self->states, (gpointer)field, GINT_TO_POINTER (STATE_DONE));
}

static gboolean
follow_alias (BeltNode *node,
              gpointer  data)
{
  CycleSearch *self = data;
  const BeltAstField *target = find_alias (self->validator, node);

  if (target != NULL && target != self->current)
    search_cycle (self, target);
  return self->cycle == NULL && !self->too_deep;
}

static void
check_alias_cycles (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;
  g_autoptr(GHashTable) states = g_hash_table_new (NULL, NULL);
  CycleSearch search = { .validator = self, .states = states };
  guint i;

  for (i = 0; i < select->n_fields && search.cycle == NULL && !search.too_deep; i++)
    if (select->fields[i].alias != NULL)
      search_cycle (&search, &select->fields[i]);
  if (search.cycle != NULL)
    complain (self, search.cycle->alias_span, "alias-cycle", g_strdup ("select fields have cycled alias"),
              "an alias can only use those that do not use it", "the alias “%s” is made from itself",
              search.cycle->alias);
  else if (search.too_deep)
    complain (self, select->fields[i - 1].alias_span, "too-deep", NULL, "compute a part of it in a rule of its own",
              "too many aliases are made from each other here");
}

static gboolean
collect_own (BeltNode *node,
             gpointer  data)
{
  Validator *self = data;

  if (node->kind == BELT_NODE_COLUMN && g_strcmp0 (node->name, self->own_alias) == 0)
    g_hash_table_add (self->own, node);
  return TRUE;
}

/* avg(t) AS t: the name inside is the column. */
static void
index_own_names (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;

  for (guint i = 0; i < select->n_fields; i++)
    {
      self->own_alias = select->fields[i].alias;
      if (self->own_alias != NULL)
        belt_node_walk (select->fields[i].expr, collect_own, self);
    }
}

static const BeltAstField *
find_bound_alias (Validator      *self,
                  const BeltNode *node)
{
  if (self->lookup != NULL)
    return node->kind == BELT_NODE_COLUMN ? self->lookup (node, self->lookup_data) : NULL;
  return g_hash_table_contains (self->own, node) ? NULL : find_alias (self, node);
}

/* Does an expression aggregate, itself or through an alias?  There are no cycles any more; what is known of an
 * alias is kept. */
typedef struct
{
  Validator *validator;
  gboolean   found;
} AggregateSearch;

enum
{
  AGGREGATE_NO = 1,   /* and while it is being looked at */
  AGGREGATE_YES,
};

/* max(a) AS a: the column, not the alias. */
static gboolean
is_inside (const BeltNode     *node,
           const BeltAstField *field)
{
  return node->span.start >= field->expr->span.start && node->span.end <= field->expr->span.end;
}

static gboolean
find_aggregate (BeltNode *node,
                gpointer  data)
{
  AggregateSearch *search = data;
  const BeltAstField *field = find_bound_alias (search->validator, node);
  GHashTable *known = search->validator->aggregates;

  if (search->found)
    return FALSE;
  if (field != NULL && is_inside (node, field))
    field = NULL;
  if (node->kind == BELT_NODE_CALL && node->kinds & BELT_PARSER_FUNCTION_AGGREGATE)
    search->found = TRUE;
  if (search->found || field == NULL)
    return !search->found;

  if (!g_hash_table_contains (known, field))
    {
      AggregateSearch inner = { .validator = search->validator };

      g_hash_table_insert (known, (gpointer)field, GINT_TO_POINTER (AGGREGATE_NO));
      belt_node_walk (field->expr, find_aggregate, &inner);
      if (inner.found)
        g_hash_table_insert (known, (gpointer)field, GINT_TO_POINTER (AGGREGATE_YES));
    }
  search->found = GPOINTER_TO_INT (g_hash_table_lookup (known, field)) == AGGREGATE_YES;
  return !search->found;
}

static gboolean
is_aggregate (Validator *self,
              BeltNode  *node)
{
  AggregateSearch search = { .validator = self };

  belt_node_walk (node, find_aggregate, &search);
  return search.found;
}

/* The first column or call of HAVING that is not an aggregate.  Operators are looked through as
 * eKuiper does: brackets, CASE and members hide what is in them. */
static BeltNode *
find_plain (Validator *self,
            BeltNode  *node)
{
  BeltNode *found = NULL;

  switch (node->kind)
    {
    case BELT_NODE_AND:
    case BELT_NODE_OR:
    case BELT_NODE_COMPARE:
    case BELT_NODE_ARITHMETIC:
    case BELT_NODE_LIKE:
    case BELT_NODE_IN:
    case BELT_NODE_IN_LIST:
    case BELT_NODE_BETWEEN:
    case BELT_NODE_ARROW:
      for (guint i = 0; i < node->n_children && found == NULL; i++)
        if (i == 0 || (node->kind != BELT_NODE_IN && node->kind != BELT_NODE_BETWEEN && node->kind != BELT_NODE_LIKE))
          found = find_plain (self, node->children[i]);
      return found;
    case BELT_NODE_CALL:
    case BELT_NODE_COLUMN:
      return is_aggregate (self, node) ? NULL : node;
    default:
      return NULL;
    }
}

static void
check_having (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;
  BeltNode *plain = select->having != NULL ? find_plain (self, select->having) : NULL;

  if (plain != NULL)
    complain (self, plain->span, "having",
              belt_node_to_ekuiper (select->having, "Not allowed to call non-aggregate functions in HAVING clause: ",
                                    "."),
              "use WHERE for conditions on rows", "HAVING looks at whole groups: “%s” is a value of one row",
              plain->name);
}

static void
check_group_key (Validator  *self,
                 BeltNode   *key,
                 const char *message)
{
  if (key != NULL && is_aggregate (self, key))
    complain (self, key->span, "aggregate-group",
              belt_node_to_ekuiper (key, "Not allowed to call aggregate functions in GROUP BY clause: ", "."),
              "an alias that is a column's name hides the column: give it another one", "%s", message);
}

static void
check_group_keys (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;
  const BeltAstWindow *window = select->window != NULL ? select->window->window : NULL;
  const char *too_early = "a window cannot ask for what is computed of it";

  for (guint i = 0; i < select->n_group_by; i++)
    check_group_key (self, select->group_by[i], "rows cannot be grouped by what is computed of a group");
  if (window == NULL)
    return;

  check_group_key (self, window->filter, too_early);
  if (window->over != NULL)
    check_group_key (self, window->over->when, too_early);
  check_group_key (self, window->begin, too_early);
  check_group_key (self, window->emit, too_early);
}

typedef struct
{
  Validator *validator;
  gboolean   stop;
} NodeCheck;

static gboolean
is_aggregate_statement (const BeltAstSelect *select)
{
  return select->n_group_by > 0 || select->window != NULL || select->n_tables > 1;
}

static gboolean
check_node (BeltNode *node,
            gpointer  data)
{
  NodeCheck *check = data;
  const BeltAstSelect *select = check->validator->ast->select;

  if (node->kind == BELT_NODE_CALL && node->kinds & BELT_PARSER_FUNCTION_AGGREGATE)
    for (guint i = 0; i < node->n_children; i++)
      if (is_aggregate (check->validator, node->children[i]))
        complain (check->validator, node->children[i]->span, "aggregate-nested",
                  g_strdup_printf ("invalid argument for func %s: aggregate argument is not allowed", node->name),
                  "compute the inner one in a rule of its own", "%s() cannot aggregate what is aggregated already",
                  node->name);
  if (node->kind == BELT_NODE_WINDOW)
    return FALSE;
  if (node->kind == BELT_NODE_CALL && is_aggregate_statement (select) &&
      (strcmp (node->name, "last_hit_count") == 0 || strcmp (node->name, "last_hit_time") == 0))
    complain (check->validator, node->span, "function-in-aggregate",
              g_strdup_printf ("function %s is not allowed in an aggregate query", node->name),
              "it can stand in the OVER (WHEN …) of the window", "%s() cannot stand beside a window or a join",
              node->name);
  if (node->kind == BELT_NODE_SLICE && node->children[1] != NULL && node->children[2] != NULL)
    {
      const BeltNode *low = node->children[1];
      const BeltNode *high = node->children[2];

      if (low->kind == BELT_NODE_LITERAL && high->kind == BELT_NODE_LITERAL && low->value.tag == BELT_TAG_I64 &&
          high->value.tag == BELT_TAG_I64 && low->value.u.i >= 0 && high->value.u.i >= 0 &&
          low->value.u.i >= high->value.u.i)
        complain (check->validator, node->span, "empty-slice",
                  g_strdup ("colon start value can't be greater than end value"),
                  "the end is not part of a slice: [0:2] has two elements", "this slice ends before it begins");
    }
  return TRUE;
}

static void
check_group_by_window (Validator *self)
{
  const BeltAstSelect *select = self->ast->select;

  if (select->n_group_by > 0 && select->window == NULL)
    complain (self, select->group_by_span, "group-by-without-window",
              g_strdup ("select stmt group by should be used with window"),
              "add a window: GROUP BY …, TUMBLINGWINDOW(ss, 10)",
              "GROUP BY needs a window to say when a group is full");
}

gboolean
belt_validate_bound (const BeltAst   *ast,
                     BeltAliasLookup  lookup,
                     gpointer         data,
                     GPtrArray       *diagnostics,
                     char           **ret_ekuiper_error)
{
  Validator self = { .ast = ast, .diagnostics = diagnostics, .lookup = lookup, .lookup_data = data };
  NodeCheck check = { .validator = &self };

  *ret_ekuiper_error = NULL;
  if (ast->select == NULL)
    return TRUE;

  self.aliases = g_hash_table_new (g_str_hash, g_str_equal);
  self.aggregates = g_hash_table_new (NULL, NULL);
  self.own = g_hash_table_new (NULL, NULL);
  index_aliases (&self);
  index_own_names (&self);
  check_alias_cycles (&self);
  if (self.n_errors == 0)
    {
      check_having (&self);
      check_group_keys (&self);
      belt_ast_walk (ast, check_node, &check);
      check_group_by_window (&self);
    }
  g_hash_table_unref (self.aliases);
  g_hash_table_unref (self.aggregates);
  g_hash_table_unref (self.own);
  *ret_ekuiper_error = self.ekuiper;
  return self.n_errors == 0;
}

gboolean
belt_validate_planned (const BeltAst *ast,
                       GPtrArray     *diagnostics,
                       char         **ret_ekuiper_error)
{
  return belt_validate_bound (ast, NULL, NULL, diagnostics, ret_ekuiper_error);
}
