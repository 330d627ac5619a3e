/* belt-language-scope.c - what the names of a statement can mean
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the tokens alone, so it holds for half-written statements too.
 */
#include "config.h"

#include "belt-language-private.h"

#include "belt-suggest.h"

static const BeltToken *
get_token (const BeltScope *self,
           guint            i)
{
  return &g_array_index (self->tokens, BeltToken, MIN (i, self->tokens->len - 1));
}

static gboolean
is_name (const BeltToken *token)
{
  return token->kind == BELT_TOKEN_IDENT || token->kind == BELT_TOKEN_QUOTED_IDENT;
}

char *
belt_scope_get_name (const BeltScope *self,
                     const BeltToken *token)
{
  gsize n = token->span.end - token->span.start;
  const char *text = self->text + token->span.start;

  if (token->kind == BELT_TOKEN_QUOTED_IDENT)
    return g_strndup (text + 1, n - 1 - !(token->flags & BELT_TOKEN_UNTERMINATED));
  return g_strndup (text, n);
}

gboolean
belt_scope_is_word (const BeltScope *self,
                    const BeltToken *token,
                    const char      *word)
{
  gsize n = token->span.end - token->span.start;

  return strlen (word) == n && g_ascii_strncasecmp (self->text + token->span.start, word, n) == 0;
}

static guint
count_rows (const BeltLanguage *language,
            const char         *stream)
{
  guint n = 0;

  for (guint i = 0; i < language->n_columns_seen; i++)
    if (g_strcmp0 (language->columns_seen[i].stream, stream) == 0)
      n = MAX (n, language->columns_seen[i].n_rows);
  return n;
}

/* Reads a stream's name, put together of its pieces, and its alias. */
static void
add_table (BeltScope *self,
           guint      i)
{
  g_autoptr(GString) name = g_string_new (NULL);
  BeltScopeTable *table;

  for (; is_name (get_token (self, i)) || get_token (self, i)->kind == BELT_TOKEN_DIV ||
       get_token (self, i)->kind == BELT_TOKEN_HASH || get_token (self, i)->kind == BELT_TOKEN_ADD; i++)
    {
      g_autofree char *piece = belt_scope_get_name (self, get_token (self, i));

      g_string_append (name, piece);
    }
  if (name->len == 0 || self->n_tables == BELT_SCOPE_TABLES_MAX)
    return;

  table = &self->tables[self->n_tables++];
  table->name = g_strdup (name->str);
  if (get_token (self, i)->kind == BELT_TOKEN_AS && is_name (get_token (self, i + 1)))
    table->alias = belt_scope_get_name (self, get_token (self, i + 1));
  if (self->language->catalog != NULL)
    table->stream = belt_catalog_lookup (self->language->catalog, table->name);
  table->n_rows = count_rows (self->language, table->name);
}

static void
read_tokens (BeltScope *self)
{
  gboolean fields = FALSE;

  for (guint i = 0; i + 1 < self->tokens->len; i++)
    {
      BeltTokenKind kind = get_token (self, i)->kind;

      if (kind == BELT_TOKEN_SELECT)
        fields = TRUE;
      else if (kind == BELT_TOKEN_FROM || kind == BELT_TOKEN_JOIN)
        {
          fields = FALSE;
          add_table (self, i + 1);
        }
      else if (kind == BELT_TOKEN_AS && fields && is_name (get_token (self, i + 1)))
        {
          g_ptr_array_add (self->aliases, belt_scope_get_name (self, get_token (self, i + 1)));
        }
      else if (kind == BELT_TOKEN_SEMICOLON)
        {
          break;
        }
    }
}

void
belt_scope_init (BeltScope          *self,
                 const BeltLanguage *language,
                 const char         *text,
                 gsize               len)
{
  BeltLexer lexer;
  BeltToken token;

  memset (self, 0, sizeof *self);
  self->language = language;
  self->text = text;
  self->len = len;
  self->tokens = g_array_new (FALSE, FALSE, sizeof (BeltToken));
  self->aliases = g_ptr_array_new_with_free_func (g_free);
  belt_lexer_init (&lexer, text, len, language->extensions);
  do
    {
      token = belt_lexer_next (&lexer);
      if (token.kind != BELT_TOKEN_BLANK)
        g_array_append_val (self->tokens, token);
    }
  while (token.kind != BELT_TOKEN_END);
  read_tokens (self);
  self->alias_set = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < self->aliases->len; i++)
    g_hash_table_add (self->alias_set, self->aliases->pdata[i]);
}

void
belt_scope_clear (BeltScope *self)
{
  for (guint i = 0; i < self->n_tables; i++)
    {
      g_free (self->tables[i].name);
      g_free (self->tables[i].alias);
    }
  g_array_unref (self->tokens);
  g_hash_table_unref (self->alias_set);
  g_ptr_array_unref (self->aliases);
}

const char *
belt_scope_get_table_name (const BeltScopeTable *table)
{
  return table->guessed ? table->stream->name : table->name;
}

void
belt_scope_guess_tables (BeltScope *self)
{
  BeltCatalog *catalog = self->language->catalog;

  for (guint i = 0; i < self->n_tables && catalog != NULL; i++)
    {
      BeltScopeTable *table = &self->tables[i];
      g_autoptr(BeltSuggestion) suggestion = NULL;
      g_autoptr(GPtrArray) streams = NULL;

      if (table->stream != NULL)
        continue;
      suggestion = belt_suggestion_new (table->name);
      streams = belt_catalog_list (catalog, FALSE);
      for (guint k = 0; k < streams->len; k++)
        belt_suggestion_offer (suggestion, streams->pdata[k]);
      if (belt_suggestion_get (suggestion) == NULL)
        continue;
      table->stream = belt_catalog_lookup (catalog, belt_suggestion_get (suggestion));
      table->guessed = table->stream != NULL;
      if (table->guessed)
        table->n_rows = count_rows (self->language, table->stream->name);
    }
}

void
belt_scope_add_known_tables (BeltScope *self)
{
  BeltCatalog *catalog = self->language->catalog;

  for (guint kind = 0; kind < 2 && catalog != NULL; kind++)
    {
      g_autoptr(GPtrArray) names = belt_catalog_list (catalog, kind == 1);

      for (guint i = 0; i < names->len && self->n_tables < BELT_SCOPE_TABLES_MAX; i++)
        {
          BeltScopeTable *table = &self->tables[self->n_tables++];

          table->name = g_strdup (names->pdata[i]);
          table->stream = belt_catalog_lookup_kind (catalog, table->name, kind == 1);
          table->n_rows = count_rows (self->language, table->name);
        }
    }
}

gboolean
belt_scope_is_alias (const BeltScope *self,
                     const char      *name)
{
  return g_hash_table_contains (self->alias_set, name);
}

BeltFunctionTable *
belt_scope_get_functions (const BeltScope *self)
{
  return self->language->functions != NULL ? self->language->functions : belt_function_table_get_builtin ();
}

const BeltScopeTable *
belt_scope_find_table (const BeltScope *self,
                       const char      *name)
{
  for (guint i = 0; i < self->n_tables; i++)
    if (g_strcmp0 (self->tables[i].name, name) == 0 || g_strcmp0 (self->tables[i].alias, name) == 0)
      return &self->tables[i];
  return NULL;
}

static const BeltColumnSeen *
find_seen (const BeltScope *self,
           const char      *stream,
           const char      *name)
{
  for (guint i = 0; i < self->language->n_columns_seen; i++)
    {
      const BeltColumnSeen *seen = &self->language->columns_seen[i];

      if (g_strcmp0 (seen->stream, stream) == 0 && g_strcmp0 (seen->name, name) == 0)
        return seen;
    }
  return NULL;
}

static void
foreach_of_table (const BeltScope      *self,
                  const BeltScopeTable *table,
                  BeltScopeColumnFunc   func,
                  gpointer              data)
{
  guint n_fields = table->stream != NULL ? table->stream->n_fields : 0;
  const char *name = belt_scope_get_table_name (table);

  for (guint i = 0; i < n_fields; i++)
    {
      const BeltField *field = &table->stream->fields[i];
      BeltScopeColumn column = { field->name, name, field, find_seen (self, name, field->name) };

      func (&column, data);
    }
  for (guint i = 0; i < self->language->n_columns_seen && n_fields == 0; i++)
    {
      const BeltColumnSeen *seen = &self->language->columns_seen[i];
      BeltScopeColumn column = { seen->name, name, NULL, seen };

      if (g_strcmp0 (seen->stream, name) == 0 && strchr (seen->name, '.') == NULL)
        func (&column, data);
    }
}

void
belt_scope_foreach_column (const BeltScope      *self,
                           const BeltScopeTable *table,
                           BeltScopeColumnFunc   func,
                           gpointer              data)
{
  if (table != NULL)
    {
      foreach_of_table (self, table, func, data);
      return;
    }
  for (guint i = 0; i < self->n_tables; i++)
    foreach_of_table (self, &self->tables[i], func, data);
}

typedef struct
{
  const char      *name;
  BeltScopeColumn *found;
  gboolean         ok;
} ColumnSearch;

static void
compare_column (const BeltScopeColumn *column,
                gpointer               data)
{
  ColumnSearch *search = data;

  if (search->ok || strcmp (column->name, search->name) != 0)
    return;
  *search->found = *column;
  search->ok = TRUE;
}

gboolean
belt_scope_find_column (const BeltScope      *self,
                        const BeltScopeTable *table,
                        const char           *name,
                        BeltScopeColumn      *ret_column)
{
  ColumnSearch search = { name, ret_column, FALSE };

  belt_scope_foreach_column (self, table, compare_column, &search);
  return search.ok;
}

gboolean
belt_scope_is_typed (const BeltScope *self)
{
  for (guint i = 0; i < self->n_tables; i++)
    if (self->tables[i].stream == NULL || self->tables[i].stream->n_fields == 0)
      return FALSE;
  return self->n_tables > 0;
}

int
belt_scope_find_token (const BeltScope *self,
                       gsize            offset)
{
  for (guint i = 0; i + 1 < self->tokens->len; i++)
    {
      BeltSpan span = get_token (self, i)->span;

      if (offset < span.start)
        return -1;
      if (offset < span.end)
        return (int)i;
      if (offset == span.end && (i + 2 >= self->tokens->len || get_token (self, i + 1)->span.start > offset ||
                                 !is_name (get_token (self, i + 1))))
        return (int)i;
    }
  return -1;
}

char *
belt_scope_describe_type (const BeltType *type)
{
  static const char *const names[] = { "bigint", "float", "string", "bytea", "datetime", "boolean", "array", "struct" };
  g_autofree char *element = NULL;
  g_autoptr(GString) members = NULL;

  if (type->kind == BELT_TYPE_ARRAY && type->element != NULL)
    {
      element = belt_scope_describe_type (type->element);
      return g_strdup_printf ("array(%s)", element);
    }
  if (type->kind != BELT_TYPE_STRUCT)
    return g_strdup (names[type->kind]);

  members = g_string_new ("struct(");
  for (guint i = 0; i < type->n_fields; i++)
    {
      g_autofree char *member = belt_scope_describe_type (type->fields[i].type);

      g_string_append_printf (members, "%s%s %s", i > 0 ? ", " : "", type->fields[i].name, member);
    }
  g_string_append_c (members, ')');
  return g_string_free (g_steal_pointer (&members), FALSE);
}

char *
belt_scope_describe_column (const BeltScopeColumn *column)
{
  g_autofree char *type = NULL;

  if (column->field != NULL)
    {
      type = belt_scope_describe_type (column->field->type);
      return g_strdup_printf ("%s, declared by %s", type, column->stream);
    }
  return g_strdup_printf ("%s, in %u of %u rows of %s", column->seen->type != NULL ? column->seen->type : "null",
                          column->seen->n_seen, column->seen->n_rows, column->stream);
}
