/* belt-language-lint.c - places that parse and are probably not meant
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Warnings are about results that nobody wants (a comparison that never holds, a
 * row that always fails); notes are about habits of the language that surprise.
 */
#include "config.h"

#include "belt-language-private.h"
#include "belt-validate.h"

typedef struct
{
  const BeltScope *scope;
  const BeltAst   *ast;
  GPtrArray       *diagnostics;
} Linter;

/* The kind of value an expression has, as far as the text and the declarations tell. */
typedef enum
{
  KIND_UNKNOWN,
  KIND_INTEGER,
  KIND_FLOAT,
  KIND_TEXT,
  KIND_BOOLEAN,
} ValueKind;

static ValueKind
get_type_kind (BeltTypeKind type)
{
  switch (type)
    {
    case BELT_TYPE_BIGINT:
      return KIND_INTEGER;
    case BELT_TYPE_FLOAT:
      return KIND_FLOAT;
    case BELT_TYPE_STRING:
      return KIND_TEXT;
    case BELT_TYPE_BOOLEAN:
      return KIND_BOOLEAN;
    default:
      return KIND_UNKNOWN;
    }
}

static ValueKind
get_column_kind (const Linter   *self,
                 const BeltNode *node)
{
  const BeltScopeTable *table = node->qualifier != NULL ? belt_scope_find_table (self->scope, node->qualifier) : NULL;
  BeltScopeColumn column;

  if (node->qualifier == NULL && belt_scope_is_alias (self->scope, node->name))
    return KIND_UNKNOWN;
  if (!belt_scope_find_column (self->scope, table, node->name, &column) || column.field == NULL)
    return KIND_UNKNOWN;
  return get_type_kind (column.field->type->kind);
}

static ValueKind
get_kind (const Linter   *self,
          const BeltNode *node)
{
  ValueKind a;
  ValueKind b;

  switch (node->kind)
    {
    case BELT_NODE_LITERAL:
      return node->value.tag == BELT_TAG_I64 ? KIND_INTEGER : node->value.tag == BELT_TAG_F64 ? KIND_FLOAT
             : node->value.tag == BELT_TAG_STR ? KIND_TEXT : KIND_BOOLEAN;
    case BELT_NODE_COLUMN:
      return get_column_kind (self, node);
    case BELT_NODE_PAREN:
    case BELT_NODE_NEGATE:
      return get_kind (self, node->children[0]);
    case BELT_NODE_ARITHMETIC:
      a = get_kind (self, node->children[0]);
      b = get_kind (self, node->children[1]);
      return a == b && (a == KIND_INTEGER || a == KIND_FLOAT) ? a : KIND_UNKNOWN;
    case BELT_NODE_CALL:
      return strcmp (node->name, "count") == 0 || strcmp (node->name, "length") == 0 ? KIND_INTEGER : KIND_UNKNOWN;
    default:
      return belt_node_is_boolean (node) ? KIND_BOOLEAN : KIND_UNKNOWN;
    }
}

/* ------------------------------------------------------------------ comparisons */

static gboolean
is_null_word (const Linter   *self,
              const BeltNode *node)
{
  BeltScopeColumn column;

  return node->kind == BELT_NODE_COLUMN && node->qualifier == NULL && g_ascii_strcasecmp (node->name, "NULL") == 0 &&
         self->ast->text[node->span.start] != '`' &&
         !belt_scope_find_column (self->scope, NULL, node->name, &column);
}

static void
lint_null (Linter         *self,
           const BeltNode *node)
{
  const BeltNode *other = is_null_word (self, node->children[1]) ? node->children[0] : node->children[1];
  const char *text = self->ast->text + other->span.start;
  int n = (int)(other->span.end - other->span.start);
  BeltDiagnostic *diagnostic;

  diagnostic = belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "null-comparison", node->span,
                                  node->op == '!' ? "isnull(x) = false asks whether there is a value"
                                                  : "isnull(x) asks whether there is none",
                                  "a comparison with NULL is never true");
  if (node->op == '=')
    diagnostic->fix = g_strdup_printf ("isnull(%.*s)", n, text);
  else if (node->op == '!')
    diagnostic->fix = g_strdup_printf ("isnull(%.*s) = false", n, text);
  if (diagnostic->fix != NULL)
    diagnostic->fix_label = g_strdup ("Ask with isnull()");
}

static gboolean
is_number_kind (ValueKind kind)
{
  return kind == KIND_INTEGER || kind == KIND_FLOAT;
}

static const char *
name_kind (ValueKind kind)
{
  return kind == KIND_TEXT ? "a text" : kind == KIND_BOOLEAN ? "TRUE or FALSE" : "a number";
}

/* The value of a comparison of two literals: 1, 0, or -1 when it cannot be told. */
static int
compare_literals (const BeltNode *node)
{
  const BeltValue *a = &node->children[0]->value;
  const BeltValue *b = &node->children[1]->value;
  int order;

  if (belt_value_is_number (a) && belt_value_is_number (b))
    order = belt_value_as_f64 (a) < belt_value_as_f64 (b) ? -1 : belt_value_as_f64 (a) > belt_value_as_f64 (b);
  else if (a->tag == BELT_TAG_STR && b->tag == BELT_TAG_STR)
    {
      order = memcmp (a->u.s, b->u.s, MIN (a->len, b->len));
      if (order == 0)
        order = a->len < b->len ? -1 : a->len > b->len;
    }
  else
    return -1;

  switch (node->op)
    {
    case '=': return order == 0;
    case '!': return order != 0;
    case '<': return order < 0;
    case 'l': return order <= 0;
    case '>': return order > 0;
    default:  return order >= 0;
    }
}

static gboolean
is_same (const Linter   *self,
         const BeltNode *a,
         const BeltNode *b)
{
  return a->kind == BELT_NODE_COLUMN && b->kind == BELT_NODE_COLUMN && strcmp (a->name, b->name) == 0 &&
         g_strcmp0 (a->qualifier, b->qualifier) == 0;
}

static void
lint_comparison (Linter         *self,
                 const BeltNode *node)
{
  const BeltNode *a = node->children[0];
  const BeltNode *b = node->children[1];
  ValueKind kind_a = get_kind (self, a);
  ValueKind kind_b = get_kind (self, b);

  if (is_null_word (self, a) || is_null_word (self, b))
    lint_null (self, node);
  else if (a->kind == BELT_NODE_LITERAL && b->kind == BELT_NODE_LITERAL && compare_literals (node) == 0)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "always-false", node->span, NULL,
                       "this is never true");
  else if (is_same (self, a, b) && (node->op == '!' || node->op == '<' || node->op == '>'))
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "always-false", node->span, NULL,
                       "“%s” is compared with itself: this is never true", a->name);
  else if (kind_a != KIND_UNKNOWN && kind_b != KIND_UNKNOWN && kind_a != kind_b &&
           !(is_number_kind (kind_a) && is_number_kind (kind_b)))
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "kinds-differ", node->span,
                       "convert one of them with cast()", "%s is compared with %s: every row fails here",
                       name_kind (kind_a), name_kind (kind_b));
}

/* ------------------------------------------------------------------ ranges that exclude each other */

typedef struct
{
  const BeltNode *column;
  double          low;
  double          high;
  gboolean        low_open;
  gboolean        high_open;
} Range;

static void
narrow (Range  *range,
        char    op,
        double  value)
{
  if ((op == '>' || op == 'g' || op == '=') && (value > range->low || (value == range->low && op == '>')))
    {
      range->low = value;
      range->low_open = op == '>';
    }
  if ((op == '<' || op == 'l' || op == '=') && (value < range->high || (value == range->high && op == '<')))
    {
      range->high = value;
      range->high_open = op == '<';
    }
}

static char
mirror (char op)
{
  switch (op)
    {
    case '<': return '>';
    case '>': return '<';
    case 'l': return 'g';
    case 'g': return 'l';
    default:  return op;
    }
}

static void
collect_range (Linter         *self,
               const BeltNode *node,
               GArray         *ranges)
{
  const BeltNode *column;
  const BeltNode *literal;
  char op;
  Range range;

  if (node->kind == BELT_NODE_AND || node->kind == BELT_NODE_PAREN)
    {
      for (guint i = 0; i < node->n_children; i++)
        collect_range (self, node->children[i], ranges);
      return;
    }
  if (node->kind != BELT_NODE_COMPARE || node->op == '!')
    return;
  column = node->children[0]->kind == BELT_NODE_COLUMN ? node->children[0] : node->children[1];
  literal = column == node->children[0] ? node->children[1] : node->children[0];
  op = column == node->children[0] ? node->op : mirror (node->op);
  if (column->kind != BELT_NODE_COLUMN || literal->kind != BELT_NODE_LITERAL || !belt_value_is_number (&literal->value))
    return;

  for (guint i = 0; i < ranges->len; i++)
    if (is_same (self, g_array_index (ranges, Range, i).column, column))
      {
        narrow (&g_array_index (ranges, Range, i), op, belt_value_as_f64 (&literal->value));
        return;
      }
  range = (Range) { column, -G_MAXDOUBLE, G_MAXDOUBLE, FALSE, FALSE };
  narrow (&range, op, belt_value_as_f64 (&literal->value));
  g_array_append_val (ranges, range);
}

/* a > 5 AND a < 3: looked at once, from the top of a chain of ANDs. */
static void
lint_ranges (Linter         *self,
             const BeltNode *node)
{
  g_autoptr(GArray) ranges = NULL;

  if (node == NULL)
    return;

  ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  collect_range (self, node, ranges);
  for (guint i = 0; i < ranges->len; i++)
    {
      const Range *range = &g_array_index (ranges, Range, i);

      if (range->low < range->high || (range->low == range->high && !range->low_open && !range->high_open))
        continue;
      belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "always-false", node->span,
                         "join the conditions with OR, or correct one of the bounds",
                         "no value of “%s” meets all these conditions", range->column->name);
    }
}

/* ------------------------------------------------------------------ arithmetic and reading order */

static void
lint_arithmetic (Linter         *self,
                 const BeltNode *node)
{
  const BeltNode *b = node->children[1];
  gboolean zero = b->kind == BELT_NODE_LITERAL && belt_value_is_number (&b->value) &&
                  belt_value_as_f64 (&b->value) == 0;

  if (node->children[0]->kind == BELT_NODE_RANGE)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "between-bound", node->span,
                       "put brackets around a computed bound: BETWEEN 1 AND (2 + 3)",
                       "the bound ends before “%c”: BETWEEN takes single values", node->op);
  else if ((node->op == '/' || node->op == '%') && zero)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "division-by-zero", node->span, NULL,
                       "this divides by zero: every row fails here");
  else if (node->op == '/' && get_kind (self, node->children[0]) == KIND_INTEGER && get_kind (self, b) == KIND_INTEGER)
    belt_language_add (self->diagnostics, BELT_SEVERITY_NOTE, "integer-division", node->op_span,
                       "write one of them as a float, such as 2.0, or cast it",
                       "both sides are whole numbers, so the result is cut to a whole number");
  else if (get_kind (self, node->children[0]) == KIND_TEXT && get_kind (self, b) == KIND_TEXT && node->op == '+')
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "text-arithmetic", node->span,
                       "join texts with concat(a, b)", "texts cannot be added: every row fails here");
}

/* x * y[0] is (x * y)[0] to eKuiper. */
static void
lint_subscript (Linter         *self,
                const BeltNode *node)
{
  const BeltNode *base = node->children[0];
  BeltSpan right;
  BeltDiagnostic *diagnostic;

  if (base->kind != BELT_NODE_ARITHMETIC)
    return;

  right = (BeltSpan) { base->children[1]->span.start, node->span.end };
  diagnostic = belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "reads-otherwise", right,
                                  "eKuiper takes “%”, “*” and “/” before “[” and “->”",
                                  "this is read as if brackets stood around “%.*s”",
                                  (int)(base->span.end - base->span.start), self->ast->text + base->span.start);
  diagnostic->fix = g_strdup_printf ("(%.*s)", (int)(right.end - right.start), self->ast->text + right.start);
  diagnostic->fix_label = g_strdup ("Put brackets around it");
}

static void
lint_star (Linter         *self,
           const BeltNode *node)
{
  if (node->qualifier != NULL && strcmp (node->name, "*") == 0)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "not-portable", node->span,
                       "name the columns, or write * alone (N4)",
                       "stock eKuiper refuses “%s.*” of a declared stream, and sends nothing of others",
                       node->qualifier);
}

static gboolean
find_made_value (BeltNode *node,
                 gpointer  data)
{
  const BeltNode **found = data;

  if (*found == NULL && (node->kind == BELT_NODE_WILDCARD ||
                         (node->kind == BELT_NODE_CALL && (node->kinds & BELT_PARSER_FUNCTION_AGGREGATE))))
    *found = node;
  return *found == NULL;
}

/* Analytic functions are called for each row as it comes. */
static void
lint_analytic (Linter         *self,
               const BeltNode *node)
{
  const BeltNode *found = NULL;

  if (!(node->kinds & BELT_PARSER_FUNCTION_ANALYTIC))
    return;

  for (guint i = 0; i < node->n_children; i++)
    belt_node_walk (node->children[i], find_made_value, &found);
  if (found == NULL)
    return;
  if (found->kind == BELT_NODE_WILDCARD)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "analytic-star", found->span,
                       "name the columns (A.34)", "stock eKuiper fails every row here: %s() cannot take “*”",
                       node->name);
  else
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "analytic-aggregate", found->span,
                       "make the aggregate in one rule, and read its results in another (A.13)",
                       "%s() is called before rows are aggregated: this is null, and stops the rule in eKuiper",
                       node->name);
}

static gboolean
lint_node (BeltNode *node,
           gpointer  data)
{
  Linter *self = data;

  switch (node->kind)
    {
    case BELT_NODE_COMPARE:
      lint_comparison (self, node);
      break;
    case BELT_NODE_ARITHMETIC:
      lint_arithmetic (self, node);
      break;
    case BELT_NODE_INDEX:
    case BELT_NODE_SLICE:
    case BELT_NODE_MEMBER:
      lint_subscript (self, node);
      break;
    case BELT_NODE_COLUMN:
      lint_star (self, node);
      break;
    case BELT_NODE_CALL:
      lint_analytic (self, node);
      break;
    default:
      break;
    }
  return TRUE;
}

/* ------------------------------------------------------------------ joins */

typedef struct
{
  const char *stream;   /* the one that is named, or NULL */
  gboolean    unclear;  /* several are, or a name without one */
} OneSide;

static gboolean
look_at_side (BeltNode *node,
              gpointer  data)
{
  OneSide *side = data;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  side->unclear |= node->qualifier == NULL || (side->stream != NULL && strcmp (side->stream, node->qualifier) != 0);
  side->stream = node->qualifier;
  return TRUE;
}

static void
lint_join (Linter             *self,
           const BeltAstTable *table)
{
  OneSide side = { NULL, FALSE };

  if (table->on == NULL)
    return;

  belt_node_walk (table->on, look_at_side, &side);
  if (side.stream != NULL && !side.unclear)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "one-sided-join", table->on->span,
                       "compare a column of each stream, and test one alone in WHERE (W3)",
                       "ON names “%s” only: eKuiper then joins other streams than the statement says", side.stream);
}

/* ------------------------------------------------------------------ state windows */

typedef struct
{
  Linter     *linter;
  GHashTable *asked;   /* names that other clauses read; "*": all */
} Asked;

static gboolean
note_asked (BeltNode *node,
            gpointer  data)
{
  Asked *asked = data;

  if (node->kind == BELT_NODE_WILDCARD)
    g_hash_table_add (asked->asked, (gpointer)"*");
  else if (node->kind == BELT_NODE_COLUMN)
    g_hash_table_add (asked->asked, (gpointer)node->name);
  return TRUE;
}

static gboolean
warn_unasked (BeltNode *node,
              gpointer  data)
{
  Asked *asked = data;

  if (node->kind == BELT_NODE_CALL)
    return FALSE;
  if (node->kind == BELT_NODE_COLUMN && !g_hash_table_contains (asked->asked, node->name))
    belt_language_add (asked->linter->diagnostics, BELT_SEVERITY_WARNING, "state-column", node->span,
                       "use the column in the select list or in WHERE too (W9)",
                       "“%s” is null here: eKuiper does not read columns for the conditions of a state window",
                       node->name);
  return TRUE;
}

static void
lint_state_window (Linter              *self,
                   const BeltAstSelect *select,
                   const BeltAstWindow *window)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  Asked asked = { self, names };

  for (guint i = 0; i < select->n_fields; i++)
    belt_node_walk (select->fields[i].expr, note_asked, &asked);
  for (guint i = 0; i < select->n_order_by; i++)
    belt_node_walk (select->order_by[i].expr, note_asked, &asked);
  belt_node_walk (select->where, note_asked, &asked);
  belt_node_walk (select->having, note_asked, &asked);
  belt_node_walk (window->filter, note_asked, &asked);
  if (window->over != NULL)
    belt_node_walk (window->over->when, note_asked, &asked);
  if (g_hash_table_contains (names, "*"))
    return;

  belt_node_walk (window->begin, warn_unasked, &asked);
  belt_node_walk (window->emit, warn_unasked, &asked);
  for (guint i = 0; window->over != NULL && i < window->over->n_partition; i++)
    belt_node_walk (window->over->partition[i], warn_unasked, &asked);
}

/* ------------------------------------------------------------------ time */

static void
lint_time (Linter *self)
{
  const BeltRuleOptions *options = self->scope->language->options;
  const BeltAstSelect *select = self->ast->select;

  if (options == NULL || !options->is_event_time)
    return;

  if (options->late_tolerance_ms == 0)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "late-tolerance", select->tables[0].name_span,
                       "set lateTolerance in the rule's options to the delay that rows may have, such as 1000",
                       "the rule's lateTolerance is 0: a row that comes after a later one is dropped");
  for (guint i = 0; i < select->n_tables; i++)
    {
      const BeltScopeTable *table = belt_scope_find_table (self->scope, select->tables[i].name);

      if (table == NULL || table->stream == NULL || table->stream->timestamp != NULL ||
          g_strcmp0 (table->stream->kind, "lookup") == 0)
        continue;
      belt_language_add (self->diagnostics, BELT_SEVERITY_ERROR, "no-timestamp", select->tables[i].name_span,
                         "add TIMESTAMP=\"column\" to the stream's WITH (…), or switch isEventTime off",
                         "the rule is in event time, and stream “%s” does not say which column the time is in",
                         belt_scope_get_table_name (table));
    }
}

/* An alias that hides the column it is made from. */
static gboolean
find_aggregate_alias (BeltNode *node,
                      gpointer  data)
{
  Linter *self = data;
  const BeltAstSelect *select = self->ast->select;

  if (node->kind != BELT_NODE_COLUMN || node->qualifier != NULL || !belt_scope_is_alias (self->scope, node->name))
    return TRUE;

  for (guint i = 0; i < select->n_fields; i++)
    {
      if (g_strcmp0 (select->fields[i].alias, node->name) == 0 &&
          belt_node_has_call (select->fields[i].expr, BELT_PARSER_FUNCTION_AGGREGATE))
        belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "aggregate-where", node->span,
                           "write the stream before it for the column, or use HAVING (A.13)",
                           "“%s” is the aggregate here, not a column: the rule stops in eKuiper", node->name);
    }
  return TRUE;
}

/* ------------------------------------------------------------------ rows of no window */

static gboolean
warn_aggregate (BeltNode *node,
                gpointer  data)
{
  Linter *self = data;
  const BeltFunction *function = NULL;

  if (node->kind == BELT_NODE_CALL && node->over == NULL)
    function = belt_function_table_lookup (belt_scope_get_functions (self->scope), node->name, strlen (node->name));
  if (function != NULL && (function->flags & BELT_FUNCTION_AGGREGATE) != 0)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "lone-aggregate", node->span,
                       "add GROUP BY with a window, such as TUMBLINGWINDOW(ss, 10) (W10)",
                       "%s() is null in WHERE: without a window there is nothing to aggregate", node->name);
  return TRUE;
}

static void
lint_lone_rows (Linter              *self,
                const BeltAstSelect *select)
{
  if (select->window != NULL || select->n_tables != 1)
    return;

  belt_node_walk (select->where, warn_aggregate, self);
  if (select->having != NULL)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "lone-having", select->having->span,
                       "ask it in WHERE, or add GROUP BY with a window (W5)",
                       "HAVING without a window fails for each row");
}

static void
lint_select (Linter *self)
{
  const BeltAstSelect *select = self->ast->select;

  lint_time (self);
  belt_node_walk (select->where, find_aggregate_alias, self);
  lint_lone_rows (self, select);
  lint_ranges (self, select->where);
  lint_ranges (self, select->having);
  if (select->window != NULL)
    lint_ranges (self, select->window->window->filter);
  if (select->has_limit && select->limit == 0)
    belt_language_add (self->diagnostics, BELT_SEVERITY_WARNING, "always-empty", select->limit_span, NULL,
                       "LIMIT 0 sends nothing");
  else if (select->has_limit && select->window != NULL)
    belt_language_add (self->diagnostics, BELT_SEVERITY_NOTE, "limit-in-window", select->limit_span,
                       "aggregate with collect() and take a part of it, as in collect(a)[0:2] (A.5)",
                       "eKuiper sends the rows of a window beyond LIMIT too, without the select list");
  if (select->window != NULL && select->window->window->kind == BELT_AST_WINDOW_STATE)
    lint_state_window (self, select, select->window->window);
  for (guint i = 1; i < select->n_tables; i++)
    lint_join (self, &select->tables[i]);
  for (guint i = 0; i < select->n_tables; i++)
    if (select->tables[i].alias != NULL)
      belt_language_add (self->diagnostics, BELT_SEVERITY_NOTE, "stream-alias", select->tables[i].alias_span,
                         "use the stream's own name before columns",
                         "eKuiper cannot find columns by a stream's alias");
}

void
belt_language_lint (const BeltScope *scope,
                    const BeltAst   *ast,
                    GPtrArray       *diagnostics)
{
  Linter self = { scope, ast, diagnostics };

  belt_ast_walk (ast, lint_node, &self);
  lint_select (&self);
}
