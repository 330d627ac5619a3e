/* belt-language-complete.c - what may stand at a place
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Decided by the tokens before the place: the clause, the brackets around it, and
 * whether a value or an operator is due.  So it works while the rest of the
 * statement is still missing.
 */
#include "config.h"

#include "belt-language-private.h"

#include "belt-unparse.h"

typedef struct
{
  const BeltScope *scope;
  BeltCompletion  *completion;
  char            *prefix;   /* the word begun, upper case */
  guint            n;        /* tokens before the word */
  int              clause;   /* the last clause word outside of brackets; 0: none */
  gboolean         has_from; /* the statement says whose columns it means */
} Completer;

static const char *const window_docs[][3] = {
  { "TUMBLINGWINDOW", "TUMBLINGWINDOW(unit, length)",
    "Groups of rows, one after another: every length of time makes one." },
  { "HOPPINGWINDOW", "HOPPINGWINDOW(unit, length, step)",
    "Groups of a length of time, a new one at every step; they overlap." },
  { "SLIDINGWINDOW", "SLIDINGWINDOW(unit, length, delay?)",
    "For each row, the rows of the time before it." },
  { "SESSIONWINDOW", "SESSIONWINDOW(unit, length, timeout)",
    "Rows that follow each other within the timeout, for a length of time at most." },
  { "COUNTWINDOW", "COUNTWINDOW(rows, step?)",
    "Groups of so many rows, a new one after every step of rows." },
  { "STATEWINDOW", "STATEWINDOW(begin, emit?)",
    "The rows from where one condition holds up to where the other does." },
};

const char *
belt_language_get_window_doc (const char  *name,
                              const char **ret_signature)
{
  for (guint i = 0; i < G_N_ELEMENTS (window_docs); i++)
    if (g_ascii_strcasecmp (name, window_docs[i][0]) == 0)
      {
        *ret_signature = window_docs[i][1];
        return window_docs[i][2];
      }
  return NULL;
}

static void
free_proposal (gpointer data)
{
  BeltProposal *proposal = data;

  g_free (proposal->label);
  g_free (proposal->insert);
  g_free (proposal->detail);
  g_free (proposal->doc);
  g_free (proposal);
}

void
belt_completion_free (BeltCompletion *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->proposals);
  g_free (self);
}

/* Do the letters of the prefix appear in the label, in this order? */
static gboolean
matches (const char *label,
         const char *prefix)
{
  for (; *prefix != 0; label++)
    {
      if (*label == 0)
        return FALSE;
      if (g_ascii_toupper (*label) == *prefix)
        prefix++;
    }
  return TRUE;
}

static gboolean
begins_with (const char *label,
             const char *prefix)
{
  return g_ascii_strncasecmp (label, prefix, strlen (prefix)) == 0;
}

/* Takes over detail and doc. */
static void
propose (Completer       *self,
         BeltProposalKind kind,
         const char      *label,
         const char      *insert,
         char            *detail,
         char            *doc)
{
  BeltProposal *proposal;

  if (!matches (label, self->prefix))
    {
      g_free (detail);
      g_free (doc);
      return;
    }

  proposal = g_new0 (BeltProposal, 1);
  proposal->kind = kind;
  proposal->label = g_strdup (label);
  proposal->insert = g_strdup (insert != NULL ? insert : label);
  proposal->detail = detail;
  proposal->doc = doc;
  g_ptr_array_add (self->completion->proposals, proposal);
}

/* Words separated by "|". */
static void
propose_words (Completer       *self,
               BeltProposalKind kind,
               const char      *words)
{
  g_auto(GStrv) list = g_strsplit (words, "|", -1);

  for (guint i = 0; list[i] != NULL; i++)
    propose (self, kind, list[i], NULL, NULL, NULL);
}

/* ------------------------------------------------------------------ where we are */

static const BeltToken *
get_token (const Completer *self,
           guint            i)
{
  return &g_array_index (self->scope->tokens, BeltToken, i);
}

/* The kind of the nth token back from the word, comments left out; END before the first. */
static BeltTokenKind
get_before (const Completer *self,
            guint            back)
{
  for (guint i = self->n; i > 0; i--)
    {
      BeltTokenKind kind = get_token (self, i - 1)->kind;

      if (kind == BELT_TOKEN_COMMENT)
        continue;
      if (back-- == 0)
        return kind;
    }
  return BELT_TOKEN_END;
}

static const BeltToken *
get_token_before (const Completer *self,
                  guint            back)
{
  for (guint i = self->n; i > 0; i--)
    if (get_token (self, i - 1)->kind != BELT_TOKEN_COMMENT && back-- == 0)
      return get_token (self, i - 1);
  return NULL;
}

static gboolean
is_clause_word (BeltTokenKind kind)
{
  switch (kind)
    {
    case BELT_TOKEN_SELECT:
    case BELT_TOKEN_FROM:
    case BELT_TOKEN_JOIN:
    case BELT_TOKEN_ON:
    case BELT_TOKEN_WHERE:
    case BELT_TOKEN_GROUP:
    case BELT_TOKEN_HAVING:
    case BELT_TOKEN_ORDER:
    case BELT_TOKEN_LIMIT:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
find_clause (Completer *self)
{
  guint depth = 0;

  for (guint i = 0; i < self->n; i++)
    {
      BeltTokenKind kind = get_token (self, i)->kind;

      if (kind == BELT_TOKEN_LPAREN)
        depth++;
      else if (kind == BELT_TOKEN_RPAREN && depth > 0)
        depth--;
      else if (depth == 0 && is_clause_word (kind))
        self->clause = kind;
    }
}

/* The token before the innermost open bracket, and how many commas stand since; NULL outside. */
static const BeltToken *
find_open_call (const Completer *self,
                guint           *ret_argument)
{
  guint depth = 0;
  guint commas = 0;

  for (guint i = self->n; i > 0; i--)
    {
      BeltTokenKind kind = get_token (self, i - 1)->kind;

      if (kind == BELT_TOKEN_RPAREN)
        depth++;
      else if (kind == BELT_TOKEN_COMMA && depth == 0)
        commas++;
      else if (kind == BELT_TOKEN_LPAREN && depth > 0)
        depth--;
      else if (kind == BELT_TOKEN_LPAREN)
        {
          *ret_argument = commas;
          return i > 1 ? get_token (self, i - 2) : NULL;
        }
    }
  return NULL;
}

/* Is a CASE open before the word? */
static gboolean
is_in_case (const Completer *self)
{
  int open = 0;

  for (guint i = 0; i < self->n; i++)
    {
      BeltTokenKind kind = get_token (self, i)->kind;

      open += kind == BELT_TOKEN_CASE;
      open -= kind == BELT_TOKEN_END_WORD;
    }
  return open > 0;
}

/* Does the token before end a value, so that an operator or a clause is due? */
static gboolean
is_after_value (const Completer *self)
{
  switch (get_before (self, 0))
    {
    case BELT_TOKEN_IDENT:
    case BELT_TOKEN_QUOTED_IDENT:
    case BELT_TOKEN_INTEGER:
    case BELT_TOKEN_NUMBER:
    case BELT_TOKEN_STRING:
    case BELT_TOKEN_QUOTE:
    case BELT_TOKEN_RPAREN:
    case BELT_TOKEN_RBRACKET:
    case BELT_TOKEN_TRUE:
    case BELT_TOKEN_FALSE:
    case BELT_TOKEN_END_WORD:
    case BELT_TOKEN_ASC:
    case BELT_TOKEN_DESC:
      return TRUE;
    case BELT_TOKEN_STAR:
      return get_before (self, 1) == BELT_TOKEN_SELECT || get_before (self, 1) == BELT_TOKEN_COMMA ||
             get_before (self, 1) == BELT_TOKEN_LPAREN;
    default:
      return FALSE;
    }
}

/* ------------------------------------------------------------------ what may stand there */

static void
propose_column (const BeltScopeColumn *column,
                gpointer               data)
{
  g_autofree char *quoted = belt_name_quote (column->name);

  propose (data, BELT_PROPOSAL_COLUMN, column->name, quoted, belt_scope_describe_column (column), NULL);
}

static void
propose_functions (Completer *self)
{
  guint n;
  const BeltFunction *const *functions = belt_function_table_list (belt_scope_get_functions (self->scope), &n);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *insert = g_strconcat (functions[i]->name, "(", NULL);

      propose (self, BELT_PROPOSAL_FUNCTION, functions[i]->name, insert, g_strdup (functions[i]->signature),
               g_strdup (functions[i]->doc));
    }
}

static void
propose_windows (Completer *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (window_docs); i++)
    {
      g_autofree char *insert = g_strconcat (window_docs[i][0], "(", NULL);

      propose (self, BELT_PROPOSAL_WINDOW, window_docs[i][0], insert, g_strdup (window_docs[i][1]),
               g_strdup (window_docs[i][2]));
    }
}

static void
propose_values (Completer *self)
{
  const BeltScope *scope = self->scope;
  guint argument;

  if (self->clause == BELT_TOKEN_GROUP && find_open_call (self, &argument) == NULL)
    propose_windows (self);
  belt_scope_foreach_column (scope, NULL, propose_column, self);
  for (guint i = 0; i < scope->aliases->len; i++)
    {
      g_autofree char *quoted = belt_name_quote (scope->aliases->pdata[i]);

      propose (self, BELT_PROPOSAL_ALIAS, scope->aliases->pdata[i], quoted, g_strdup ("alias"), NULL);
    }
  for (guint i = 0; i < scope->n_tables && scope->n_tables > 1 && self->has_from; i++)
    propose (self, BELT_PROPOSAL_STREAM, scope->tables[i].name, NULL, g_strdup ("stream"), NULL);
  propose_functions (self);
  propose_words (self, BELT_PROPOSAL_KEYWORD, "CASE|TRUE|FALSE");
  if (self->scope->language->extensions)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "NOT");
}

static void
propose_streams (Completer *self,
                 gboolean   streams,
                 gboolean   tables)
{
  BeltCatalog *catalog = self->scope->language->catalog;

  for (guint kind = 0; kind < 2 && catalog != NULL; kind++)
    {
      g_autoptr(GPtrArray) names = NULL;

      if (!(kind == 0 ? streams : tables))
        continue;
      names = belt_catalog_list (catalog, kind == 1);
      for (guint i = 0; i < names->len; i++)
        {
          g_autofree char *quoted = belt_name_quote (names->pdata[i]);
          BeltStream *stream = belt_catalog_lookup_kind (catalog, names->pdata[i], kind == 1);
          const char *type = stream->type != NULL ? stream->type : kind == 1 ? "file" : "mqtt";

          propose (self, kind == 1 ? BELT_PROPOSAL_TABLE : BELT_PROPOSAL_STREAM, names->pdata[i], quoted,
                   g_strdup_printf (stream->n_fields > 0 ? "%s %s, %u columns" : "%s %s",
                                    type, kind == 1 ? "table" : "stream", stream->n_fields), NULL);
        }
    }
}

static void
propose_fields_of_type (Completer      *self,
                        const BeltType *type)
{
  for (guint i = 0; type != NULL && type->kind == BELT_TYPE_STRUCT && i < type->n_fields; i++)
    {
      g_autofree char *quoted = belt_name_quote (type->fields[i].name);

      propose (self, BELT_PROPOSAL_COLUMN, type->fields[i].name, quoted,
               belt_scope_describe_type (type->fields[i].type), NULL);
    }
}

/* Members that were seen of an object: names that begin with "base.". */
static void
propose_seen_members (Completer  *self,
                      const char *base)
{
  const BeltLanguage *language = self->scope->language;
  gsize n = strlen (base);

  for (guint i = 0; i < language->n_columns_seen; i++)
    {
      const BeltColumnSeen *seen = &language->columns_seen[i];

      if (strncmp (seen->name, base, n) == 0 && seen->name[n] == '.' && strchr (seen->name + n + 1, '.') == NULL &&
          belt_scope_find_table (self->scope, seen->stream) != NULL)
        {
          g_autofree char *quoted = belt_name_quote (seen->name + n + 1);

          propose (self, BELT_PROPOSAL_COLUMN, seen->name + n + 1, quoted, g_strdup (seen->type), NULL);
        }
    }
}

/* Behind "." or "->": columns of a stream, or members of a column. */
static void
propose_members (Completer *self)
{
  const BeltToken *owner = get_token_before (self, 1);
  g_autofree char *name = NULL;
  const BeltScopeTable *table;
  BeltScopeColumn column;

  if (owner == NULL || (owner->kind != BELT_TOKEN_IDENT && owner->kind != BELT_TOKEN_QUOTED_IDENT))
    return;

  name = belt_scope_get_name (self->scope, owner);
  table = belt_scope_find_table (self->scope, name);
  if (table != NULL && get_before (self, 0) == BELT_TOKEN_DOT)
    {
      belt_scope_foreach_column (self->scope, table, propose_column, self);
      propose (self, BELT_PROPOSAL_KEYWORD, "*", NULL, NULL, NULL);
      return;
    }
  if (belt_scope_find_column (self->scope, NULL, name, &column) && column.field != NULL)
    propose_fields_of_type (self, column.field->type);
  propose_seen_members (self, name);
}

/* ------------------------------------------------------------------ statements that define */

static gboolean
is_word_before (const Completer *self,
                guint            back,
                const char      *word)
{
  const BeltToken *token = get_token_before (self, back);

  return token != NULL && belt_scope_is_word (self->scope, token, word);
}

static gboolean
is_with_open (const Completer *self)
{
  for (guint i = 1; i < self->n; i++)
    if (get_token (self, i)->kind == BELT_TOKEN_LPAREN &&
        belt_scope_is_word (self->scope, get_token (self, i - 1), "WITH"))
      return TRUE;
  return FALSE;
}

static void
propose_option_values (Completer *self)
{
  if (is_word_before (self, 1, "FORMAT"))
    propose_words (self, BELT_PROPOSAL_VALUE, "\"JSON\"|\"DELIMITED\"|\"BINARY\"|\"URLENCODED\"|\"PROTOBUF\"");
  else if (is_word_before (self, 1, "TYPE"))
    propose_words (self, BELT_PROPOSAL_VALUE, "\"mqtt\"|\"file\"|\"memory\"|\"httppull\"|\"httppush\"|\"simulator\"");
  else if (is_word_before (self, 1, "KIND"))
    propose_words (self, BELT_PROPOSAL_VALUE, "\"scan\"|\"lookup\"");
  else if (is_word_before (self, 1, "SHARED") || is_word_before (self, 1, "STRICT_VALIDATION") ||
           is_word_before (self, 1, "TEMP"))
    propose_words (self, BELT_PROPOSAL_VALUE, "\"TRUE\"|\"FALSE\"");
}

static void
complete_create (Completer *self)
{
  static const char types[] = "BIGINT|FLOAT|STRING|BOOLEAN|DATETIME|BYTEA|ARRAY|STRUCT";
  BeltTokenKind before = get_before (self, 0);

  if (is_word_before (self, 0, "CREATE"))
    propose_words (self, BELT_PROPOSAL_KEYWORD, "STREAM|TABLE");
  else if (is_with_open (self) && before == BELT_TOKEN_EQ)
    propose_option_values (self);
  else if (is_with_open (self))
    propose_words (self, BELT_PROPOSAL_OPTION, "DATASOURCE|FORMAT|TYPE|KIND|KEY|CONF_KEY|SHARED|STRICT_VALIDATION"
                   "|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|DELIMITER|EXTRA|VERSION|TEMP");
  else if (before == BELT_TOKEN_RPAREN)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "WITH");
  else if (before == BELT_TOKEN_LPAREN && is_word_before (self, 1, "ARRAY"))
    propose_words (self, BELT_PROPOSAL_TYPE, types);
  else if (before == BELT_TOKEN_IDENT &&
           (get_before (self, 1) == BELT_TOKEN_LPAREN || get_before (self, 1) == BELT_TOKEN_COMMA))
    propose_words (self, BELT_PROPOSAL_TYPE, types);
  else if (before == BELT_TOKEN_IDENT && self->n > 4)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "DEFAULT");
}

static void
complete_target (Completer *self)
{
  if (self->n == 1)
    propose_words (self, BELT_PROPOSAL_KEYWORD,
                   belt_scope_is_word (self->scope, get_token (self, 0), "SHOW") ? "STREAMS|TABLES" : "STREAM|TABLE");
  else if (self->n == 2)
    propose_streams (self, is_word_before (self, 0, "STREAM"), is_word_before (self, 0, "TABLE"));
}

/* ------------------------------------------------------------------ SELECT */

static void
propose_clauses (Completer *self)
{
  static const struct
  {
    int         clause;
    const char *words;
  } next[] = {
    { BELT_TOKEN_SELECT, "FROM|AS|INVISIBLE" },
    { BELT_TOKEN_FROM, "WHERE|GROUP BY|INNER JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN|CROSS JOIN|ORDER BY|HAVING|LIMIT|AS" },
    { BELT_TOKEN_JOIN, "ON|AS" },
    { BELT_TOKEN_ON, "WHERE|GROUP BY|INNER JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN|CROSS JOIN|ORDER BY|LIMIT" },
    { BELT_TOKEN_WHERE, "GROUP BY|HAVING|ORDER BY|LIMIT" },
    { BELT_TOKEN_GROUP, "HAVING|ORDER BY|LIMIT" },
    { BELT_TOKEN_HAVING, "ORDER BY|LIMIT" },
    { BELT_TOKEN_ORDER, "DESC|ASC|LIMIT" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (next); i++)
    if (next[i].clause == self->clause)
      propose_words (self, BELT_PROPOSAL_KEYWORD, next[i].words);
}

static void
complete_after_value (Completer *self)
{
  guint argument;
  const BeltToken *call = find_open_call (self, &argument);
  gboolean window = self->clause == BELT_TOKEN_GROUP && get_before (self, 0) == BELT_TOKEN_RPAREN;

  if (is_in_case (self))
    propose_words (self, BELT_PROPOSAL_KEYWORD, "WHEN|THEN|ELSE|END");
  if (call != NULL && call->kind == BELT_TOKEN_OVER)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "WHEN|PARTITION BY");
  if (call == NULL)
    propose_clauses (self);
  if (window)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "FILTER|OVER");
  else if (get_before (self, 0) == BELT_TOKEN_RPAREN && self->clause == BELT_TOKEN_SELECT)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "OVER");
  if (get_before (self, 0) == BELT_TOKEN_STAR)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "EXCEPT|REPLACE");
  else if (self->clause != BELT_TOKEN_FROM && self->clause != BELT_TOKEN_JOIN)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "AND|OR|IN|NOT IN|BETWEEN|NOT BETWEEN|LIKE|NOT LIKE");
  if (self->scope->language->extensions && self->clause != BELT_TOKEN_FROM && self->clause != BELT_TOKEN_JOIN)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "IS NULL|IS NOT NULL");
}

/* The place is inside the brackets of a word of the language. */
static gboolean
complete_in_brackets (Completer *self)
{
  guint argument = 0;
  const BeltToken *call = find_open_call (self, &argument);
  const char *signature;
  g_autofree char *name = NULL;

  if (call == NULL || get_before (self, 0) == BELT_TOKEN_WHEN || get_before (self, 0) == BELT_TOKEN_BY)
    return FALSE;
  if (call->kind == BELT_TOKEN_OVER && get_before (self, 0) == BELT_TOKEN_LPAREN)
    {
      propose_words (self, BELT_PROPOSAL_KEYWORD, "PARTITION BY|WHEN");
      return TRUE;
    }
  if (call->kind == BELT_TOKEN_FILTER && get_before (self, 0) == BELT_TOKEN_LPAREN)
    {
      propose_words (self, BELT_PROPOSAL_KEYWORD, "WHERE");
      return TRUE;
    }

  name = belt_scope_get_name (self->scope, call);
  if (argument != 0 || belt_language_get_window_doc (name, &signature) == NULL || strstr (signature, "(unit") == NULL)
    return FALSE;
  propose (self, BELT_PROPOSAL_UNIT, "ss", NULL, g_strdup ("seconds"), NULL);
  propose (self, BELT_PROPOSAL_UNIT, "mi", NULL, g_strdup ("minutes"), NULL);
  propose (self, BELT_PROPOSAL_UNIT, "hh", NULL, g_strdup ("hours"), NULL);
  propose (self, BELT_PROPOSAL_UNIT, "dd", NULL, g_strdup ("days"), NULL);
  propose (self, BELT_PROPOSAL_UNIT, "ms", NULL, g_strdup ("milliseconds"), NULL);
  return TRUE;
}

static void
complete_select (Completer *self)
{
  BeltTokenKind before = get_before (self, 0);

  if (before == BELT_TOKEN_FROM || before == BELT_TOKEN_JOIN)
    propose_streams (self, TRUE, TRUE);
  else if (before == BELT_TOKEN_DOT || before == BELT_TOKEN_ARROW)
    propose_members (self);
  else if (before == BELT_TOKEN_GROUP || before == BELT_TOKEN_ORDER || before == BELT_TOKEN_PARTITION)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "BY");
  else if (before >= BELT_TOKEN_INNER && before <= BELT_TOKEN_CROSS)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "JOIN");
  else if (before == BELT_TOKEN_AS || before == BELT_TOKEN_LIMIT)
    return;
  else if (is_after_value (self))
    complete_after_value (self);
  else if (!complete_in_brackets (self))
    {
      propose_values (self);
      if (before == BELT_TOKEN_SELECT || (before == BELT_TOKEN_COMMA && self->clause == BELT_TOKEN_SELECT))
        propose (self, BELT_PROPOSAL_KEYWORD, "*", NULL, NULL, NULL);
      if (before == BELT_TOKEN_CASE)
        propose_words (self, BELT_PROPOSAL_KEYWORD, "WHEN");
    }
}

static void
complete (Completer *self)
{
  const BeltToken *first = self->n > 0 ? get_token_before (self, self->n - 1) : NULL;

  for (guint i = self->n; i > 0 && first == NULL; i--)
    first = get_token_before (self, i - 1);

  if (first == NULL)
    propose_words (self, BELT_PROPOSAL_KEYWORD, "SELECT|CREATE STREAM|CREATE TABLE|SHOW STREAMS|SHOW TABLES"
                   "|DESCRIBE STREAM|DESCRIBE TABLE|DROP STREAM|DROP TABLE");
  else if (first->kind == BELT_TOKEN_SELECT)
    complete_select (self);
  else if (belt_scope_is_word (self->scope, first, "CREATE"))
    complete_create (self);
  else
    complete_target (self);
}

/* Those that begin with the word come first, then by kind and name. */
static int
compare_proposals (gconstpointer a,
                   gconstpointer b,
                   gpointer      prefix)
{
  const BeltProposal *x = *(BeltProposal *const *)a;
  const BeltProposal *y = *(BeltProposal *const *)b;
  gboolean begins_x = begins_with (x->label, prefix);
  gboolean begins_y = begins_with (y->label, prefix);

  if (begins_x != begins_y)
    return begins_x ? -1 : 1;
  if (x->kind != y->kind)
    return x->kind < y->kind ? -1 : 1;
  /* keywords stay in the order in which they are likely */
  if (x->kind == BELT_PROPOSAL_KEYWORD || x->kind == BELT_PROPOSAL_UNIT)
    return 0;
  return g_ascii_strcasecmp (x->label, y->label);
}

/* The word at the place, up to the place; and the number of tokens before it. */
static void
find_word (Completer *self,
           gsize      offset)
{
  int at = belt_scope_find_token (self->scope, offset);
  BeltSpan span = { (guint32)offset, (guint32)offset };
  const BeltToken *token = at >= 0 ? get_token (self, (guint)at) : NULL;

  self->n = 0;
  while (self->n + 1 < self->scope->tokens->len && get_token (self, self->n)->span.end <= offset)
    self->n++;
  if (token != NULL && (token->kind == BELT_TOKEN_IDENT || token->kind == BELT_TOKEN_QUOTED_IDENT ||
                        belt_token_is_keyword (token->kind)))
    {
      span = token->span;
      self->n = (guint)at;
    }
  self->completion->span = span;
  self->prefix = g_ascii_strup (self->scope->text + span.start, (gssize)(MAX (offset, span.start) - span.start));
  if (self->prefix[0] == '`')
    memmove (self->prefix, self->prefix + 1, strlen (self->prefix));
}

/* Nothing is proposed inside comments, texts and numbers. */
static gboolean
is_closed_place (const Completer *self,
                 gsize            offset)
{
  for (guint i = 0; i + 1 < self->scope->tokens->len; i++)
    {
      const BeltToken *token = get_token (self, i);
      gboolean inside = offset > token->span.start && offset < token->span.end;
      gboolean at_end = offset == token->span.end;

      switch ((BeltTokenKind)token->kind)
        {
        case BELT_TOKEN_COMMENT:
          if (inside || (at_end && self->scope->text[token->span.end - 1] != '\n' &&
                         self->scope->text[token->span.end - 1] != '/'))
            return TRUE;
          break;
        case BELT_TOKEN_STRING:
        case BELT_TOKEN_QUOTE:
          if (inside)
            return TRUE;
          break;
        case BELT_TOKEN_BAD_STRING:
        case BELT_TOKEN_INTEGER:
        case BELT_TOKEN_NUMBER:
          if (inside || at_end)
            return TRUE;
          break;
        default:
          break;
        }
    }
  return FALSE;
}

BeltCompletion *
belt_language_complete (const BeltLanguage *self,
                        const char         *text,
                        gsize               len,
                        gsize               offset)
{
  BeltCompletion *completion = g_new0 (BeltCompletion, 1);
  BeltScope scope;
  Completer completer = { .scope = &scope, .completion = completion };

  completion->proposals = g_ptr_array_new_with_free_func (free_proposal);
  offset = MIN (offset, len);
  belt_scope_init (&scope, self, text, len);
  completer.has_from = scope.n_tables > 0;
  belt_scope_guess_tables (&scope);
  if (!completer.has_from)
    belt_scope_add_known_tables (&scope);
  find_word (&completer, offset);
  find_clause (&completer);
  if (!is_closed_place (&completer, offset))
    {
      complete (&completer);
      g_ptr_array_sort_with_data (completion->proposals, compare_proposals, completer.prefix);
    }
  g_free (completer.prefix);
  belt_scope_clear (&scope);
  return completion;
}
