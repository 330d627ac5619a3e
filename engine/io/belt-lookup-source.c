/* belt-lookup-source.c - what a lookup table is opened with, checked
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-lookup-source.h"

#include "belt-error.h"
#include "belt-json.h"
#include "belt-lookup-rows.h"
#include "belt-lookup-sqlite.h"
#include "belt-properties.h"

#include <string.h>

typedef enum
{
  KIND_MEMORY,
  KIND_SQL,
  KIND_SIMULATOR,
} Kind;

struct _BeltLookupSource
{
  Kind                   kind;
  char                  *identity;
  char                  *datasource;
  char                  *key;
  char                  *path;           /* SQL */
  char                  *template_sql;   /* SQL; NULL: by the keys */
  char                  *rows;           /* SIMULATOR: a JSON array */
  BeltLookupCacheOptions cache;
};

/* "sqlite:x.db", "sqlite:///var/x.db", "file:x.db?mode=ro" or a path alone; NULL: another database. */
static char *
read_path (const char *url)
{
  static const char *const schemes[] = { "sqlite3:", "sqlite:", "sq:", "file:" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      const char *at = url + strlen (schemes[i]);

      if (!g_str_has_prefix (url, schemes[i]))
        continue;
      if (g_str_has_prefix (at, "//"))
        at += 2;
      return g_strndup (at, strcspn (at, "?"));
    }

  return strchr (url, ':') == NULL ? g_strdup (url) : NULL;
}

static gboolean
read_template (BeltLookupSource *self,
               JsonObject       *properties,
               GError          **error)
{
  JsonNode *node = belt_properties_lookup (properties, "templateSqlQueryCfg");

  return node == NULL || !JSON_NODE_HOLDS_OBJECT (node) ||
         belt_properties_get_string (json_node_get_object (node), "templateSql", &self->template_sql, error);
}

static gboolean
configure_sql (BeltLookupSource *self,
               const char       *name,
               JsonObject       *properties,
               GError          **error)
{
  g_autofree char *url = NULL;
  g_autofree char *base = NULL;

  if (!belt_properties_get_string (properties, "url", &url, error) ||
      !belt_properties_get_string (properties, "dburl", &url, error) ||
      !belt_properties_get_string (properties, "$baseDir", &base, error) ||
      !read_template (self, properties, error))
    return FALSE;

  if (url == NULL || *url == '\0')
    return belt_refuse (error, BELT_ERROR_ENDPOINT,
                        "table %s: dburl should be defined, as in sqlite:///var/lib/x.db", name);
  if ((self->path = read_path (url)) == NULL || *self->path == '\0')
    return belt_refuse (error, BELT_ERROR_ENDPOINT,
                        "table %s: dburl “%s”: this engine reads SQLite files only: sqlite:///PATH", name, url);
  if (self->template_sql == NULL && (self->datasource == NULL || *self->datasource == '\0'))
    return belt_refuse (error, BELT_ERROR_ENDPOINT,
                        "table %s: option DATASOURCE must name the table in the database", name);

  if (base != NULL && !g_path_is_absolute (self->path))
    {
      char *path = g_build_filename (base, self->path, NULL);

      g_free (self->path);
      self->path = path;
    }
  self->identity = g_strdup_printf ("sql\n%s\n%s\n%s", self->path, self->datasource != NULL ? self->datasource : "",
                                    self->template_sql != NULL ? self->template_sql : "");
  return TRUE;
}

static gboolean
configure_memory (BeltLookupSource *self,
                  const char       *name,
                  GError          **error)
{
  const char *hash;

  if (self->datasource == NULL || *self->datasource == '\0')
    return belt_refuse (error, BELT_ERROR_ENDPOINT, "table %s: datasource(topic) is required", name);
  if (self->key == NULL || *self->key == '\0')
    return belt_refuse (error, BELT_ERROR_ENDPOINT, "table %s: key is required for lookup source", name);

  hash = strchr (self->datasource, '#');
  if (hash != NULL && hash[1] != '\0')
    return belt_refuse (error, BELT_ERROR_ENDPOINT, "invalid topic %s: # must at the last level", self->datasource);

  self->identity = g_strdup_printf ("memory\n%s\n%s", self->datasource, self->key);
  return TRUE;
}

static gboolean
configure_simulator (BeltLookupSource *self,
                     const char       *name,
                     JsonObject       *properties,
                     GError          **error)
{
  JsonNode *data = properties != NULL ? belt_properties_lookup (properties, "data") : NULL;

  if (data == NULL || !JSON_NODE_HOLDS_ARRAY (data))
    return belt_refuse (error, BELT_ERROR_ENDPOINT, "table %s: property data: expected an array of objects", name);

  self->rows = json_to_string (data, FALSE);
  self->identity = g_strdup_printf ("simulator\n%s\n%s", self->key != NULL ? self->key : "", self->rows);
  return TRUE;
}

BeltLookupSource *
belt_lookup_source_new (BeltStream  *table,
                        const char  *type,
                        const char  *datasource,
                        JsonObject  *properties,
                        GError     **error)
{
  g_autoptr(BeltLookupSource) self = g_new0 (BeltLookupSource, 1);
  gboolean ok;

  self->datasource = g_strdup (datasource);
  self->key = g_strdup (table->key);
  if (!belt_lookup_cache_read (properties, &self->cache, error))
    return NULL;

  if (g_ascii_strcasecmp (type, "memory") == 0)
    {
      self->kind = KIND_MEMORY;
      ok = configure_memory (self, table->name, error);
    }
  else if (g_ascii_strcasecmp (type, "sql") == 0)
    {
      self->kind = KIND_SQL;
      ok = configure_sql (self, table->name, properties, error);
    }
  else if (g_ascii_strcasecmp (type, "simulator") == 0)
    {
      self->kind = KIND_SIMULATOR;
      ok = configure_simulator (self, table->name, properties, error);
    }
  else
    ok = belt_refuse (error, BELT_ERROR_ENDPOINT,
                      "table %s: this engine looks nothing up in type %s: use memory, or sql with an SQLite file",
                      table->name, type);

  return ok ? g_steal_pointer (&self) : NULL;
}

void
belt_lookup_source_free (BeltLookupSource *self)
{
  if (self == NULL)
    return;

  g_free (self->identity);
  g_free (self->datasource);
  g_free (self->key);
  g_free (self->path);
  g_free (self->template_sql);
  g_free (self->rows);
  g_free (self);
}

const char *
belt_lookup_source_get_identity (BeltLookupSource *self)
{
  return self->identity;
}

gboolean
belt_lookup_source_gathers (BeltLookupSource *self)
{
  return self->kind == KIND_MEMORY;
}

const BeltLookupCacheOptions *
belt_lookup_source_get_cache (BeltLookupSource *self)
{
  return &self->cache;
}

static BeltLookup *
open_simulator (BeltLookupSource *self)
{
  BeltLookup *table = belt_lookup_rows_new (self->key);
  gsize len = strlen (self->rows);
  BeltValue rows;
  BeltJsonError ignored;
  BeltArena arena;
  char *padded;

  belt_arena_init (&arena);
  padded = belt_arena_alloc0 (&arena, len + BELT_JSON_PADDING);
  memcpy (padded, self->rows, len);
  if (belt_json_parse (padded, len, 0, &arena, &rows, &ignored))
    belt_lookup_rows_put (table, &rows);
  belt_arena_clear (&arena);

  return table;
}

BeltLookup *
belt_lookup_source_open (BeltLookupSource *self,
                         GMainContext     *context)
{
  switch (self->kind)
    {
    case KIND_MEMORY:
      return belt_lookup_memory_new (self->datasource, self->key, context);

    case KIND_SQL:
      return belt_lookup_sqlite_new (self->path, self->datasource, self->template_sql);

    case KIND_SIMULATOR:
      return open_simulator (self);

    default:
      g_assert_not_reached ();
    }
}
