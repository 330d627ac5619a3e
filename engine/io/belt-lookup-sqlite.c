/* belt-lookup-sqlite.c - a lookup table that is a table of an SQLite file
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One connection a worker and file, read only; one prepared statement a query.
 * Values are bound, never written into the statement.  Statements are reset after
 * each answer, so that no lock is held while a rule waits for its next row.
 */
#include "config.h"

#include "belt-lookup-sqlite.h"

#include "belt-json.h"

#include <sqlite3.h>
#include <string.h>

#define BUSY_MS 200  /* a writer may hold the file that long */

typedef struct
{
  BeltLookup  base;
  char       *path;
  char       *table;
  char       *template_sql;  /* NULL: asks by the keys */
  sqlite3    *db;            /* NULL: not open */
} SqliteLookup;

typedef struct
{
  BeltLookupQuery base;
  char           *text;
  char           *all_text;   /* the same for all columns; NULL: it is already */
  guint           n_keys;
  sqlite3_stmt   *statement;  /* NULL: not prepared */
  char           *problem;    /* why not, until the next refresh */
  gboolean        is_wrong;   /* the text itself: trying again does not help */
} SqliteQuery;

/* In backticks: what is quoted by " would be taken for text where no column has that name. */
static void
append_name (GString    *out,
             const char *name,
             gsize       len)
{
  g_string_append_c (out, '`');
  for (gsize i = 0; i < len; i++)
    {
      if (name[i] == '`')
        g_string_append_c (out, '`');
      g_string_append_c (out, name[i]);
    }
  g_string_append_c (out, '`');
}

/* "main.devices" names the schema too. */
static void
append_table (GString    *out,
              const char *table)
{
  const char *dot = strchr (table, '.');

  if (dot != NULL)
    {
      append_name (out, table, (gsize)(dot - table));
      g_string_append_c (out, '.');
      table = dot + 1;
    }
  append_name (out, table, strlen (table));
}

static char *
write_query (const SqliteLookup       *self,
             const BeltLookupQuestion *question,
             gboolean                  whole)
{
  GString *out = g_string_new ("SELECT ");

  if (whole || question->n_columns == 0)
    g_string_append_c (out, '*');
  for (guint i = 0; !whole && i < question->n_columns; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      append_name (out, question->columns[i], strlen (question->columns[i]));
    }

  g_string_append (out, " FROM ");
  append_table (out, self->table);
  for (guint i = 0; i < question->n_keys; i++)
    {
      g_string_append (out, i == 0 ? " WHERE " : " AND ");
      append_name (out, question->keys[i], strlen (question->keys[i]));
      g_string_append_printf (out, " = ?%u", i + 1);
    }

  return g_string_free (out, FALSE);
}

/* The number of the value that {{.name}} stands for; 0: none. */
static guint
find_placeholder (const BeltLookupQuestion *question,
                  const char               *start,
                  const char               *end)
{
  g_autofree char *inside = g_strstrip (g_strndup (start + 2, (gsize)(end - start - 2)));

  for (guint i = 0; *inside == '.' && i < question->n_keys; i++)
    {
      if (strcmp (inside + 1, question->keys[i]) == 0)
        return i + 1;
    }

  return 0;
}

/* {{.id}} and '{{.id}}' become a parameter.  Returns: NULL with *ret_problem. */
static char *
write_template (const SqliteLookup       *self,
                const BeltLookupQuestion *question,
                char                    **ret_problem)
{
  g_autoptr(GString) out = g_string_new (NULL);
  const char *at = self->template_sql;
  const char *start;

  while ((start = strstr (at, "{{")) != NULL)
    {
      const char *end = strstr (start, "}}");
      guint number = end != NULL ? find_placeholder (question, start, end) : 0;
      gboolean is_quoted;

      if (number == 0)
        {
          *ret_problem = g_strdup_printf ("templateSql: “%.*s” is no column that the rule's ON gives a value",
                                          end != NULL ? (int)(end + 2 - start) : (int)strlen (start), start);
          return NULL;
        }
      is_quoted = start > at && start[-1] == '\'' && end[2] == '\'';
      g_string_append_len (out, at, start - at - (is_quoted ? 1 : 0));
      g_string_append_printf (out, "?%u", number);
      at = end + 2 + (is_quoted ? 1 : 0);
    }

  g_string_append (out, at);
  return g_strdup (out->str);
}

static void
say_problem (SqliteLookup *self,
             SqliteQuery  *query)
{
  g_free (query->problem);
  query->problem = g_strdup_printf ("looking up in “%s”: %s", self->path,
                                    self->db != NULL ? sqlite3_errmsg (self->db) : "out of memory");
}

static gboolean
open_file (SqliteLookup *self,
           SqliteQuery  *query)
{
  if (self->db != NULL)
    return TRUE;

  if (sqlite3_open_v2 (self->path, &self->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
    {
      sqlite3_busy_timeout (self->db, BUSY_MS);
      return TRUE;
    }

  say_problem (self, query);
  g_clear_pointer (&self->db, sqlite3_close);
  return FALSE;
}

static gboolean
prepare_text (SqliteLookup *self,
              SqliteQuery  *query,
              const char   *text)
{
  return text != NULL && query->statement == NULL &&
         sqlite3_prepare_v3 (self->db, text, -1, SQLITE_PREPARE_PERSISTENT, &query->statement, NULL) == SQLITE_OK &&
         query->statement != NULL;
}

/* A name that any stream may have is asked for here too; where the table has no such column, it is missing. */
static gboolean
prepare (SqliteLookup *self,
         SqliteQuery  *query)
{
  if (query->statement != NULL)
    return TRUE;
  if (query->problem != NULL)
    return FALSE;
  if (!open_file (self, query))
    return FALSE;
  if (prepare_text (self, query, query->text) || prepare_text (self, query, query->all_text))
    return TRUE;

  say_problem (self, query);
  return FALSE;
}

/* A whole number of JSON is a float here; the database should see 5, not 5.0. */
static int
bind_f64 (sqlite3_stmt *statement,
          int           at,
          double        value)
{
  if (value >= -9007199254740992.0 && value <= 9007199254740992.0 && value == (double)(gint64)value)
    return sqlite3_bind_int64 (statement, at, (gint64)value);
  return sqlite3_bind_double (statement, at, value);
}

static int
bind_text (sqlite3_stmt    *statement,
           int              at,
           const BeltValue *value)
{
  g_autoptr(GString) text = g_string_new (NULL);

  belt_json_write (text, value);
  if (value->tag == BELT_TAG_TIME)   /* as JSON has it, without the quotes */
    {
      g_string_erase (text, 0, 1);
      g_string_truncate (text, text->len - 1);
    }
  return sqlite3_bind_text64 (statement, at, text->str, text->len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int
bind_value (sqlite3_stmt    *statement,
            int              at,
            const BeltValue *value)
{
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
      return sqlite3_bind_int64 (statement, at, value->u.i);

    case BELT_TAG_F64:
      return bind_f64 (statement, at, value->u.f);

    case BELT_TAG_STR:
      return sqlite3_bind_text64 (statement, at, value->u.s, value->len, SQLITE_STATIC, SQLITE_UTF8);

    case BELT_TAG_BYTES:
      return sqlite3_bind_blob64 (statement, at, value->u.s, value->len, SQLITE_STATIC);

    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
      return sqlite3_bind_null (statement, at);

    default:
      return bind_text (statement, at, value);
    }
}

static gboolean
is_declared (const char        *type,
             const char *const *names)
{
  gsize len = type != NULL ? strcspn (type, " (") : 0;

  for (guint i = 0; names[i] != NULL; i++)
    {
      if (strlen (names[i]) == len && g_ascii_strncasecmp (names[i], type, len) == 0)
        return TRUE;
    }

  return FALSE;
}

/* As eKuiper's driver: what is declared a boolean or a float is one. */
static BeltValue
read_integer (sqlite3_stmt *statement,
              int           column)
{
  static const char *const booleans[] = { "BOOL", "BOOLEAN", NULL };
  static const char *const floats[] = { "FLOAT", "REAL", "DOUBLE", "DECIMAL", "NUMERIC", NULL };
  const char *type = sqlite3_column_decltype (statement, column);
  gint64 value = sqlite3_column_int64 (statement, column);

  if (is_declared (type, booleans))
    return belt_value_bool (value != 0);
  if (is_declared (type, floats))
    return belt_value_f64 ((double)value);

  return belt_value_i64 (value);
}

static BeltValue
read_column (sqlite3_stmt *statement,
             int           column,
             BeltArena    *arena)
{
  gsize len;
  const void *data;

  switch (sqlite3_column_type (statement, column))
    {
    case SQLITE_INTEGER:
      return read_integer (statement, column);

    case SQLITE_FLOAT:
      return belt_value_f64 (sqlite3_column_double (statement, column));

    case SQLITE_TEXT:
      data = sqlite3_column_text (statement, column);
      len = (gsize)sqlite3_column_bytes (statement, column);
      return belt_value_str (belt_arena_memdup (arena, data, len), len);

    case SQLITE_BLOB:
      data = sqlite3_column_blob (statement, column);
      len = (gsize)sqlite3_column_bytes (statement, column);
      return belt_value_bytes (belt_arena_memdup (arena, data, len), len);

    default:
      return belt_value_null ();
    }
}

static BeltValue
read_row (sqlite3_stmt *statement,
          BeltArena    *arena)
{
  int n_columns = sqlite3_column_count (statement);
  BeltMember *members = belt_arena_new_array (arena, BeltMember, n_columns + 1);

  for (int i = 0; i < n_columns; i++)
    {
      const char *name = sqlite3_column_name (statement, i);

      members[i].name_len = strlen (name);
      members[i].name = belt_arena_memdup (arena, name, members[i].name_len);
      members[i].value = read_column (statement, i, arena);
    }

  return belt_value_map (members, (gsize)n_columns);
}

static const char *
sqlite_query_find (BeltLookupQuery *base,
                   const BeltValue *values,
                   BeltArena       *arena,
                   GArray          *ret_rows)
{
  SqliteLookup *self = (SqliteLookup *)base->table;
  SqliteQuery *query = (SqliteQuery *)base;
  guint start = ret_rows->len;
  int n_parameters;
  int code = SQLITE_OK;

  if (!prepare (self, query))
    return belt_arena_printf (arena, "%s", query->problem);

  n_parameters = sqlite3_bind_parameter_count (query->statement);
  for (guint i = 0; i < query->n_keys && (int)i < n_parameters && code == SQLITE_OK; i++)
    code = bind_value (query->statement, (int)i + 1, &values[i]);
  while (code == SQLITE_OK && (code = sqlite3_step (query->statement)) == SQLITE_ROW)
    {
      BeltValue row = read_row (query->statement, arena);

      code = ret_rows->len - start < BELT_LOOKUP_SQLITE_ROWS_MAX ? SQLITE_OK : SQLITE_TOOBIG;
      g_array_append_val (ret_rows, row);
    }

  if (code == SQLITE_TOOBIG)
    query->problem = g_strdup_printf ("looking up in “%s”: more than %u rows for one", self->path,
                                      BELT_LOOKUP_SQLITE_ROWS_MAX);
  else if (code != SQLITE_DONE)
    say_problem (self, query);
  sqlite3_reset (query->statement);
  sqlite3_clear_bindings (query->statement);  /* they were lent */
  if (code == SQLITE_DONE)
    return NULL;

  g_array_set_size (ret_rows, start);
  g_clear_pointer (&query->statement, sqlite3_finalize);
  return belt_arena_printf (arena, "%s", query->problem);
}

static void
sqlite_query_refresh (BeltLookupQuery *base)
{
  SqliteQuery *query = (SqliteQuery *)base;

  if (!query->is_wrong)
    g_clear_pointer (&query->problem, g_free);
}

static void
sqlite_query_free (BeltLookupQuery *base)
{
  SqliteQuery *query = (SqliteQuery *)base;

  g_clear_pointer (&query->statement, sqlite3_finalize);
  g_free (query->problem);
  g_free (query->text);
  g_free (query->all_text);
  g_free (query);
}

static BeltLookupQuery *
sqlite_lookup_ask (BeltLookup               *lookup,
                   const BeltLookupQuestion *question)
{
  SqliteLookup *self = (SqliteLookup *)lookup;
  SqliteQuery *query = g_new0 (SqliteQuery, 1);

  query->base.find = sqlite_query_find;
  query->base.refresh = sqlite_query_refresh;
  query->base.free = sqlite_query_free;
  query->n_keys = question->n_keys;
  query->text = self->template_sql != NULL ? write_template (self, question, &query->problem)
                                           : write_query (self, question, question->whole);
  if (self->template_sql == NULL && !question->whole)
    query->all_text = write_query (self, question, TRUE);
  query->is_wrong = query->problem != NULL;

  return &query->base;
}

static void
sqlite_lookup_free (BeltLookup *lookup)
{
  SqliteLookup *self = (SqliteLookup *)lookup;

  g_clear_pointer (&self->db, sqlite3_close);
  g_free (self->template_sql);
  g_free (self->table);
  g_free (self->path);
  g_free (self);
}

BeltLookup *
belt_lookup_sqlite_new (const char *path,
                        const char *table,
                        const char *template_sql)
{
  SqliteLookup *self = g_new0 (SqliteLookup, 1);

  self->base.ref_count = 1;
  self->base.ask = sqlite_lookup_ask;
  self->base.free = sqlite_lookup_free;
  self->path = g_strdup (path);
  self->table = g_strdup (table);
  self->template_sql = g_strdup (template_sql);

  return &self->base;
}
