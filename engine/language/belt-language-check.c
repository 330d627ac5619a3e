/* belt-language-check.c - everything that is wrong with a statement
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parser's errors, the planner's, names that nobody knows, and doubts.  A
 * column that no declaration has is an error; one that only the data seen so far
 * does not have is a warning, for it may come yet.
 */
#include "config.h"

#include "belt-language-private.h"
#include "belt-logical.h"
#include "belt-lost-columns.h"
#include "belt-resolve.h"
#include "belt-suggest.h"
#include "belt-unparse.h"
#include "belt-validate.h"

#define NAMES_MAX 200u   /* diagnostics after which names are no longer looked at: each costs a look at all names */

BeltDiagnostic *
belt_language_add (GPtrArray   *diagnostics,
                   BeltSeverity severity,
                   const char  *code,
                   BeltSpan     span,
                   const char  *hint,
                   const char  *format,
                   ...)
{
  BeltDiagnostic *diagnostic;
  va_list args;

  va_start (args, format);
  diagnostic = belt_diagnostic_new_va (severity, code, span, hint, format, args);
  va_end (args);
  g_ptr_array_add (diagnostics, diagnostic);
  return diagnostic;
}

static void
set_fix (BeltDiagnostic *diagnostic,
         const char     *name,
         gboolean        is_name)
{
  if (name == NULL)
    return;

  diagnostic->fix = is_name ? belt_name_quote (name) : g_strdup (name);
  diagnostic->fix_label = g_strdup_printf ("Change to “%s”", name);
}

/* ------------------------------------------------------------------ streams */

static void
offer_list (GPtrArray      *names,
            BeltSuggestion *suggestion)
{
  for (guint i = 0; i < names->len; i++)
    belt_suggestion_offer (suggestion, names->pdata[i]);
}

/* FROM demo WERE x: to eKuiper, the stream "demoWEREx". */
static gboolean
complain_of_clause_word (const BeltScope    *scope,
                         const BeltAstTable *table,
                         GPtrArray          *diagnostics)
{
  for (guint i = 0; i < scope->tokens->len; i++)
    {
      const BeltToken *token = &g_array_index (scope->tokens, BeltToken, i);
      const char *word = NULL;

      if (token->span.start >= table->name_span.end)
        break;
      if (token->span.start > table->name_span.start && token->kind == BELT_TOKEN_IDENT)
        word = belt_parser_suggest_word (scope->text, token->span);
      if (word == NULL)
        continue;
      set_fix (belt_language_add (diagnostics, BELT_SEVERITY_ERROR, "unknown-stream", token->span,
                                  "eKuiper reads words after FROM as one name",
                                  "there is no stream “%s”; did you mean “%s” here?", table->name, word), word, FALSE);
      return TRUE;
    }

  return FALSE;
}

static void
check_table (const BeltScope    *scope,
             const BeltAstTable *table,
             GPtrArray          *diagnostics)
{
  BeltCatalog *catalog = scope->language->catalog;
  g_autoptr(GPtrArray) streams = NULL;
  g_autoptr(GPtrArray) tables = NULL;
  g_autoptr(BeltSuggestion) suggestion = NULL;
  const char *best;
  const char *hint = NULL;
  BeltDiagnostic *diagnostic;

  if (catalog == NULL || *table->name == 0 || belt_catalog_lookup (catalog, table->name) != NULL)
    return;

  streams = belt_catalog_list (catalog, FALSE);
  tables = belt_catalog_list (catalog, TRUE);
  suggestion = belt_suggestion_new (table->name);
  offer_list (streams, suggestion);
  offer_list (tables, suggestion);
  best = belt_suggestion_get (suggestion);
  if (complain_of_clause_word (scope, table, diagnostics))
    return;
  if (memchr (scope->text + table->name_span.start, ' ', table->name_span.end - table->name_span.start) != NULL)
    hint = "eKuiper reads words after FROM as one name: an alias needs AS";
  else if (streams->len + tables->len == 0)
    hint = "create it with CREATE STREAM";
  diagnostic = belt_language_add (diagnostics, BELT_SEVERITY_ERROR, "unknown-stream", table->name_span, hint,
                                  best != NULL ? "there is no stream “%s”; did you mean “%s”?"
                                               : "there is no stream “%s”", table->name, best);
  set_fix (diagnostic, best, TRUE);
}

/* ------------------------------------------------------------------ columns */

typedef struct
{
  const BeltScope     *scope;
  const BeltAstSelect *select;
  GPtrArray           *diagnostics;
} NameCheck;

typedef struct
{
  BeltSuggestion *suggestion;
  const char     *name;
  guint           n_exact;
  const char     *streams[2];   /* the first that have it */
} ColumnLook;

static void
look_at_column (const BeltScopeColumn *column,
                gpointer               data)
{
  ColumnLook *look = data;

  belt_suggestion_offer (look->suggestion, column->name);
  if (strcmp (column->name, look->name) != 0)
    return;
  if (look->n_exact < G_N_ELEMENTS (look->streams))
    look->streams[look->n_exact] = column->stream;
  look->n_exact++;
}

/* How many rows were seen of each of the tables in question; 0 when one is not known at all. */
static guint
count_known_rows (const BeltScope      *scope,
                  const BeltScopeTable *table)
{
  guint n = 0;

  if (table != NULL)
    return table->n_rows;
  for (guint i = 0; i < scope->n_tables; i++)
    {
      gboolean declared = scope->tables[i].stream != NULL && scope->tables[i].stream->n_fields > 0;

      if (!declared && scope->tables[i].n_rows == 0)
        return 0;
      n += scope->tables[i].n_rows;
    }
  return n;
}

static void
complain_of_unknown (NameCheck            *check,
                     const BeltNode       *node,
                     const BeltScopeTable *table,
                     gboolean              typed,
                     const char           *best)
{
  guint n_rows = count_known_rows (check->scope, table);
  g_autoptr(GString) message = g_string_new (NULL);
  BeltDiagnostic *diagnostic;

  g_string_append_printf (message, "no column “%s”", node->name);
  if (!typed)
    g_string_append_printf (message, " in %u %s", n_rows, n_rows == 1 ? "row" : "rows");
  if (table != NULL || check->scope->n_tables == 1)
    g_string_append_printf (message, typed ? " in stream “%s”" : " of “%s”",
                            belt_scope_get_table_name (table != NULL ? table : &check->scope->tables[0]));
  if (best != NULL)
    g_string_append_printf (message, "; did you mean “%s”?", best);
  diagnostic = belt_language_add (check->diagnostics, typed ? BELT_SEVERITY_ERROR : BELT_SEVERITY_WARNING,
                                  "unknown-column", node->name_span,
                                  g_ascii_strcasecmp (node->name, "NULL") == 0
                                  ? "isnull(x) asks whether there is no value"
                                  : typed ? NULL : "a column that a row does not have is null there",
                                  "%s", message->str);
  set_fix (diagnostic, best, TRUE);
}

static void
complain_of_ambiguous (NameCheck        *check,
                       const BeltNode   *node,
                       const ColumnLook *look)
{
  g_autofree char *stream = belt_name_quote (look->streams[0]);
  g_autofree char *name = belt_name_quote (node->name);
  BeltDiagnostic *diagnostic;

  diagnostic = belt_language_add (check->diagnostics, BELT_SEVERITY_ERROR, "ambiguous-column", node->span,
                                  "say whose it is", "“%s” and “%s” both have a column “%s”", look->streams[0],
                                  look->streams[1], node->name);
  diagnostic->fix = g_strdup_printf ("%s.%s", stream, name);
  diagnostic->fix_label = g_strdup_printf ("Change to %s", diagnostic->fix);
}

static gboolean
has_unknown_table (const BeltScope *scope,
                   gboolean         may_guess)
{
  for (guint i = 0; i < scope->n_tables; i++)
    if (scope->tables[i].stream == NULL || (scope->tables[i].guessed && !may_guess))
      return TRUE;
  return scope->n_tables == 0;
}

static void
check_column (NameCheck *check,
              BeltNode  *node)
{
  const BeltScope *scope = check->scope;
  const BeltScopeTable *table = NULL;
  ColumnLook look = { .name = node->name };
  g_autoptr(BeltSuggestion) suggestion = NULL;
  gboolean typed;

  if (node->qualifier != NULL)
    table = belt_scope_find_table (scope, node->qualifier);
  else if (belt_scope_is_alias (scope, node->name))
    return;
  if (strcmp (node->name, "*") == 0 || has_unknown_table (scope, TRUE))
    return;

  typed = table != NULL ? table->stream->n_fields > 0 : belt_scope_is_typed (scope);
  suggestion = belt_suggestion_new (node->name);
  look.suggestion = suggestion;
  belt_scope_foreach_column (scope, table, look_at_column, &look);
  if (look.n_exact > 1 && typed && table == NULL)
    complain_of_ambiguous (check, node, &look);
  if (look.n_exact > 0 || (!typed && count_known_rows (scope, table) == 0))
    return;
  /* NULL is an ordinary name to eKuiper; a schemaless stream takes it as a column that is never there. */
  if (!typed && g_ascii_strcasecmp (node->name, "NULL") == 0)
    return;

  for (guint i = 0; i < scope->aliases->len && node->qualifier == NULL; i++)
    belt_suggestion_offer (suggestion, scope->aliases->pdata[i]);
  /* Of a stream that was only guessed, nothing is said but what mends it. */
  if (has_unknown_table (scope, FALSE) && belt_suggestion_get (suggestion) == NULL)
    return;
  complain_of_unknown (check, node, table, typed, belt_suggestion_get (suggestion));
}

/* ------------------------------------------------------------------ members */

/* The declared type of a chain of members, or NULL. */
static const BeltType *
get_type (const BeltScope *scope,
          const BeltNode  *node)
{
  BeltScopeColumn column;
  const BeltType *base;

  if (node->kind == BELT_NODE_COLUMN)
    {
      const BeltScopeTable *table = node->qualifier != NULL ? belt_scope_find_table (scope, node->qualifier) : NULL;

      if (!belt_scope_find_column (scope, table, node->name, &column) || column.field == NULL)
        return NULL;
      return column.field->type;
    }
  if (node->kind != BELT_NODE_MEMBER && node->kind != BELT_NODE_INDEX)
    return NULL;

  base = get_type (scope, node->children[0]);
  if (base == NULL || node->kind == BELT_NODE_INDEX)
    return base != NULL && base->kind == BELT_TYPE_ARRAY ? base->element : NULL;
  for (guint i = 0; base->kind == BELT_TYPE_STRUCT && i < base->n_fields; i++)
    if (strcmp (base->fields[i].name, node->name) == 0)
      return base->fields[i].type;
  return NULL;
}

static void
check_member (NameCheck *check,
              BeltNode  *node)
{
  const BeltType *base = get_type (check->scope, node->children[0]);
  g_autoptr(BeltSuggestion) suggestion = NULL;
  BeltDiagnostic *diagnostic;
  const char *best;

  if (base == NULL || base->kind != BELT_TYPE_STRUCT)
    return;

  suggestion = belt_suggestion_new (node->name);
  for (guint i = 0; i < base->n_fields; i++)
    {
      if (strcmp (base->fields[i].name, node->name) == 0)
        return;
      belt_suggestion_offer (suggestion, base->fields[i].name);
    }
  best = belt_suggestion_get (suggestion);
  diagnostic = belt_language_add (check->diagnostics, BELT_SEVERITY_WARNING, "unknown-member", node->name_span,
                                  "a member that is not declared is always null",
                                  best != NULL ? "no member “%s”; did you mean “%s”?" : "no member “%s”", node->name,
                                  best);
  set_fix (diagnostic, best, TRUE);
}

static gboolean
check_name (BeltNode *node,
            gpointer  data)
{
  if (((NameCheck *)data)->diagnostics->len >= NAMES_MAX)
    return FALSE;
  if (node->kind == BELT_NODE_COLUMN)
    check_column (data, node);
  else if (node->kind == BELT_NODE_MEMBER)
    check_member (data, node);
  return TRUE;
}

/* Two fields of one name: the rule could not say which of them a sink gets. */
static void
check_field_names (NameCheck *check)
{
  const BeltAstSelect *select = check->select;
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltAstField *field = &select->fields[i];
      const char *name = field->alias != NULL ? field->alias : field->name;

      if (name == NULL || strcmp (name, "*") == 0 || field->expr->kind == BELT_NODE_ERROR || field->invisible)
        continue;
      if (!g_hash_table_add (names, (gpointer)name))
        belt_language_add (check->diagnostics, BELT_SEVERITY_ERROR, "duplicate-name",
                           field->alias != NULL ? field->alias_span : field->span, "give one of them another alias",
                           "two fields are named “%s”", name);
    }
}

void
belt_language_check_names (const BeltScope *scope,
                           const BeltAst   *ast,
                           GPtrArray       *diagnostics)
{
  NameCheck check = { scope, ast->select, diagnostics };

  for (guint i = 0; i < ast->select->n_tables; i++)
    check_table (scope, &ast->select->tables[i], diagnostics);
  check_field_names (&check);
  if (scope->language->catalog != NULL)
    belt_ast_walk (ast, check_name, &check);
}

/* ------------------------------------------------------------------ what eKuiper makes of the names */

static gboolean
is_name_error (const BeltDiagnostic *diagnostic,
               gboolean              fields)
{
  if (diagnostic->severity != BELT_SEVERITY_ERROR)
    return FALSE;
  if (strcmp (diagnostic->code, "duplicate-name") == 0)
    return fields;
  return strcmp (diagnostic->code, "unknown-column") == 0 || strcmp (diagnostic->code, "ambiguous-column") == 0;
}

/* eKuiper forgets what is wrong with a name once it looks at the next, and sends the last of like-named
 * fields: such a rule runs, and yields what nobody wants. */
static void
soften_name_errors (GPtrArray *diagnostics,
                    gboolean   fields)
{
  for (guint i = 0; i < diagnostics->len; i++)
    {
      BeltDiagnostic *diagnostic = diagnostics->pdata[i];

      if (!is_name_error (diagnostic, fields))
        continue;
      diagnostic->severity = BELT_SEVERITY_WARNING;
      if (diagnostic->hint == NULL)
        diagnostic->hint = g_strdup (strcmp (diagnostic->code, "duplicate-name") == 0
                                     ? "eKuiper sends the last one only (N2)"
                                     : "eKuiper does not notice, and the value is null (N1)");
    }
}

static gboolean
has_error (GPtrArray *diagnostics)
{
  for (guint i = 0; i < diagnostics->len; i++)
    if (((BeltDiagnostic *)diagnostics->pdata[i])->severity == BELT_SEVERITY_ERROR)
      return TRUE;
  return FALSE;
}

/* Comes last: it drops the fields that eKuiper drops. */
static void
check_as_ekuiper (const BeltScope *scope,
                  BeltAst         *ast,
                  GPtrArray       *diagnostics)
{
  const BeltLanguage *language = scope->language;
  BeltRuleOptions options;
  g_autoptr(BeltResolved) resolved = NULL;
  g_autoptr(BeltLogicalPlan) plan = NULL;
  gboolean named;

  if (language->catalog == NULL || has_unknown_table (scope, FALSE))
    return;
  if (language->options != NULL)
    options = *language->options;
  else if (!belt_rule_options_parse (&options, NULL, NULL))
    return;

  resolved = belt_resolve (ast, language->catalog, &options,
                           BELT_RESOLVE_TEMP | (language->extensions ? BELT_RESOLVE_EXTENSIONS : 0));
  named = resolved->error == NULL;
  if (named)
    belt_resolved_check_operators (resolved, &options, FALSE);
  if (named)
    soften_name_errors (diagnostics, resolved->error == NULL);
  else if (!has_error (diagnostics))
    for (guint i = 0; i < resolved->diagnostics->len; i++)
      g_ptr_array_add (diagnostics, belt_diagnostic_copy (resolved->diagnostics->pdata[i]));
  if (resolved->error == NULL && !has_error (diagnostics))
    {
      plan = belt_logical_plan_new (resolved, &options);
      belt_lost_columns_note (plan, diagnostics);
    }
}

/* ------------------------------------------------------------------ the whole */

static void
add_extensions (const BeltAst *ast,
                GPtrArray     *diagnostics)
{
  for (guint i = 0; i < ast->n_extensions; i++)
    {
      const BeltAstExtension *extension = &ast->extensions[i];
      BeltDiagnostic *diagnostic = belt_language_add (diagnostics, BELT_SEVERITY_WARNING, "not-portable",
                                                      extension->span, extension->hint,
                                                      "stock eKuiper does not know %s", extension->what);

      if (strcmp (extension->what, "<>") == 0)
        set_fix (diagnostic, "!=", FALSE);
    }
}

static int
compare_places (gconstpointer a,
                gconstpointer b)
{
  const BeltDiagnostic *x = *(BeltDiagnostic *const *)a;
  const BeltDiagnostic *y = *(BeltDiagnostic *const *)b;

  if (x->span.start != y->span.start)
    return x->span.start < y->span.start ? -1 : 1;
  return (int)x->severity - (int)y->severity;
}

/* What is no unit of time is no column either: one thing is said of one place, the worst that there is. */
static void
drop_doubles (GPtrArray *diagnostics)
{
  for (guint i = diagnostics->len; i > 1; i--)
    {
      const BeltDiagnostic *one = diagnostics->pdata[i - 2];
      const BeltDiagnostic *other = diagnostics->pdata[i - 1];

      if (one->span.start != other->span.start || one->span.end != other->span.end)
        continue;
      if (strcmp (other->code, "unknown-column") == 0)
        g_ptr_array_remove_index (diagnostics, i - 1);
      else if (strcmp (one->code, "unknown-column") == 0)
        g_ptr_array_remove_index (diagnostics, i - 2);
    }
}

GPtrArray *
belt_language_check (const BeltLanguage *self,
                     const char         *text,
                     gsize               len)
{
  g_autoptr(BeltParseResult) result = NULL;
  g_autofree char *ekuiper = NULL;
  GPtrArray *diagnostics;
  BeltParserHooks hooks;
  BeltScope scope;

  belt_scope_init (&scope, self, text, len);
  belt_scope_guess_tables (&scope);
  belt_parser_hooks_init (&hooks, belt_scope_get_functions (&scope));
  result = belt_parse (text, len, self->extensions ? BELT_PARSER_EXTENSIONS : 0, &hooks);
  diagnostics = g_ptr_array_ref (result->diagnostics);
  add_extensions (result->ast, diagnostics);
  if (result->ast->select != NULL && result->ast->select->n_tables > 0)
    {
      belt_language_check_names (&scope, result->ast, diagnostics);
      if (result->n_errors == 0)
        {
          belt_validate_planned (result->ast, diagnostics, &ekuiper);
          belt_language_lint (&scope, result->ast, diagnostics);
          check_as_ekuiper (&scope, result->ast, diagnostics);
        }
    }
  g_ptr_array_sort (diagnostics, compare_places);
  drop_doubles (diagnostics);
  for (guint i = 0; i < diagnostics->len; i++)
    belt_diagnostic_locate (diagnostics->pdata[i], text, len);
  belt_scope_clear (&scope);
  return diagnostics;
}
