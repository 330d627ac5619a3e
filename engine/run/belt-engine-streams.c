/* belt-engine-streams.c - streams and tables by statement, and settings of sources
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts and the order of checks are eKuiper's, as recorded.
 */
#include "config.h"

#include "belt-engine-private.h"

#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-stream.h"

#include <string.h>

static const char *
get_space (BeltStream *stream)
{
  return stream->is_table ? BELT_STORE_TABLES : BELT_STORE_STREAMS;
}

static void
load_space (BeltEngine *self,
            const char *space)
{
  g_autoptr(GPtrArray) entries = belt_store_list (self->store, space);

  for (guint i = 0; i < entries->len; i++)
    {
      const BeltStoreEntry *entry = g_ptr_array_index (entries, i);
      g_autoptr(GError) error = NULL;
      g_autoptr(BeltStream) stream = belt_stream_new_from_sql (entry->text, &error);
      BeltCatalog *next;

      if (stream == NULL)
        {
          g_warning ("%s “%s” of the store is left out: %s", space, entry->key, error->message);
          continue;
        }
      next = belt_catalog_with (self->catalog, stream);
      belt_catalog_unref (self->catalog);
      self->catalog = next;
    }
}

void
belt_engine_load_streams (BeltEngine *self)
{
  load_space (self, BELT_STORE_STREAMS);
  load_space (self, BELT_STORE_TABLES);
  belt_engine_keep_tables (self);
}

static void
set_catalog (BeltEngine  *self,
             BeltCatalog *catalog)
{
  belt_catalog_unref (self->catalog);
  self->catalog = catalog;
}

/* What eKuiper wants of a lookup table. */
static gboolean
check_lookup (BeltStream *stream,
              GError    **error)
{
  static const char *const types[] = { "memory", "simulator", "httppull", "redis", "sql", NULL };
  const char *type = stream->type != NULL ? stream->type : "";
  g_autofree char *lower = g_ascii_strdown (type, -1);

  if (!stream->is_table || stream->kind == NULL || g_ascii_strcasecmp (stream->kind, "lookup") != 0)
    return TRUE;

  if (strcmp (lower, "memory") == 0 && (stream->key == NULL || *stream->key == '\0'))
    return belt_refuse (error, BELT_ERROR_INVALID, "Option \"key\" is required for memory lookup table.");
  if (!g_strv_contains (types, lower))
    return belt_refuse (error, BELT_ERROR_INVALID, "Create table fails: lookup source type %s not found.", type);

  return TRUE;
}

/* A version must be newer than the one that is there, as text, unless neither has one. */
static gboolean
check_replacement (BeltStream *stream,
                   BeltStream *old,
                   GError    **error)
{
  const char *version = stream->version != NULL ? stream->version : "";
  const char *old_version = old->version != NULL ? old->version : "";

  if ((*version != '\0' || *old_version != '\0') && strcmp (version, old_version) <= 0)
    return belt_refuse (error, BELT_ERROR_INVALID,
                        "source %s already exists with version (%s), new version (%s) is lower",
                        stream->name, old_version, version);
  if (stream->shared != old->shared)
    return belt_refuse (error, BELT_ERROR_INVALID,
                        "Replace %s fails: do not support to change stream SHARED option.", stream->name);
  if (stream->temp)
    return belt_refuse (error, BELT_ERROR_INVALID, "Replace %s fails: cannot replace with temp option.",
                        stream->name);

  return TRUE;
}

static char *
create (BeltEngine    *self,
        const BeltAst *ast,
        gboolean       replace,
        GError       **error)
{
  g_autoptr(BeltStream) stream = belt_stream_new_from_ast (ast, error);
  const char *noun = ast->is_table ? "table" : "stream";
  BeltStream *old;

  if (stream == NULL)
    return NULL;

  old = belt_catalog_lookup (self->catalog, stream->name);
  if (old != NULL && !replace)
    {
      belt_refuse (error, BELT_ERROR_EXISTS, "Create %s fails: Item %s already exists.", noun, stream->name);
      return NULL;
    }
  if (!check_lookup (stream, error) || (old != NULL && !check_replacement (stream, old, error)))
    return NULL;
  if (!stream->temp && !belt_store_put (self->store, get_space (stream), stream->name, stream->statement, error))
    return NULL;

  set_catalog (self, belt_catalog_with (self->catalog, stream));
  if (stream->is_table)
    belt_engine_keep_tables (self);
  return g_strdup_printf ("%s %s is %s.", ast->is_table ? "Table" : "Stream", stream->name,
                          replace ? "replaced" : "created");
}

/* As in eKuiper, whose rules would ask what is no longer there. */
static gboolean
is_asked (BeltEngine *self,
          BeltStream *table)
{
  for (guint i = 0; i < self->rules->len; i++)
    {
      BeltRule *rule = g_ptr_array_index (self->rules, i);

      for (guint k = 0; rule->run != NULL && k < rule->plan->n_streams; k++)
        {
          if (rule->plan->streams[k].is_lookup && strcmp (rule->plan->streams[k].stream->name, table->name) == 0)
            return TRUE;
        }
    }

  return FALSE;
}

static char *
drop (BeltEngine *self,
      const char *name,
      gboolean    is_table,
      GError    **error)
{
  BeltStream *stream = belt_catalog_lookup_kind (self->catalog, name, is_table);
  const char *noun = is_table ? "table" : "stream";

  if (stream == NULL)
    {
      belt_refuse (error, BELT_ERROR_NOT_FOUND, "Drop %s fails: %s %s is not found.", noun, noun, name);
      return NULL;
    }
  if (is_asked (self, stream))
    {
      belt_refuse (error, BELT_ERROR_INVALID,
                   "Drop table fails: lookup table %s is still in use, stop all using rules before dropping it.", name);
      return NULL;
    }
  if (!belt_store_delete (self->store, get_space (stream), name, error))
    return NULL;

  set_catalog (self, belt_catalog_without (self->catalog, name, is_table));
  if (is_table)
    belt_engine_keep_tables (self);
  return g_strdup_printf ("%s %s is dropped.", is_table ? "Table" : "Stream", name);
}

static char *
show (BeltEngine *self,
      gboolean    tables)
{
  g_autoptr(GPtrArray) names = belt_catalog_list (self->catalog, tables);

  if (names->len == 0)
    return g_strdup_printf ("No %s definitions are found.", tables ? "table" : "stream");

  g_ptr_array_add (names, NULL);
  return g_strjoinv ("\n", (char **)names->pdata);
}

static char *
describe (BeltEngine *self,
          const char *name,
          gboolean    is_table,
          GError    **error)
{
  BeltStream *stream = belt_catalog_lookup_kind (self->catalog, name, is_table);

  if (stream != NULL)
    return belt_stream_describe (stream);

  belt_refuse (error, BELT_ERROR_INVALID, "Describe %s fails, %s is not found.", is_table ? "table" : "stream", name);
  return NULL;
}

/**
 * belt_engine_execute:
 * @self: an engine
 * @statement: CREATE, SHOW, DESCRIBE, EXPLAIN or DROP
 * @is_table: the door it came through; the statement itself says what it is about
 * @replace: CREATE takes the place of a definition that is there
 * @error: return location
 *
 * Returns: (transfer full): what eKuiper answers, "Stream demo is created."
 */
char *
belt_engine_execute (BeltEngine *self,
                     const char *statement,
                     gboolean    is_table,
                     gboolean    replace,
                     GError    **error)
{
  guint flags = (self->flags & BELT_ENGINE_EXTENSIONS) != 0 ? BELT_PARSER_EXTENSIONS : 0;
  g_autoptr(BeltParseResult) result = belt_parse (statement, strlen (statement), flags, NULL);
  const BeltAst *ast = result->ast;

  if (ast->kind == BELT_AST_NOTHING || ast->kind == BELT_AST_SELECT ||
      (replace && ast->kind != BELT_AST_CREATE))
    {
      belt_refuse (error, BELT_ERROR_INVALID, "Invalid stream statement: %s", statement);
      return NULL;
    }
  if (result->ekuiper_error != NULL)
    {
      belt_refuse (error, BELT_ERROR_PARSE, "%s", result->ekuiper_error);
      return NULL;
    }

  switch (ast->kind)
    {
    case BELT_AST_CREATE:
      return create (self, ast, replace, error);

    case BELT_AST_DROP:
      return drop (self, ast->name, ast->is_table, error);

    case BELT_AST_SHOW:
      return show (self, ast->is_table);

    case BELT_AST_DESCRIBE:
      return describe (self, ast->name, ast->is_table, error);

    case BELT_AST_EXPLAIN:
      if (belt_catalog_lookup_kind (self->catalog, ast->name, ast->is_table) != NULL)
        return g_strdup ("TO BE SUPPORTED");
      belt_refuse (error, BELT_ERROR_INVALID, "Explain %s fails, %s is not found.",
                   ast->is_table ? "table" : "stream", ast->name);
      return NULL;

    case BELT_AST_NOTHING:
    case BELT_AST_SELECT:
    default:
      g_assert_not_reached ();
    }
}

GPtrArray *
belt_engine_list_rules_of_stream (BeltEngine *self,
                                  const char *name)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (guint i = 0; i < self->rules->len; i++)
    {
      BeltRule *rule = g_ptr_array_index (self->rules, i);
      const char *sql = belt_json_get_text (rule->definition, "sql", "");
      g_autoptr(BeltParseResult) result = belt_parse (sql, strlen (sql), BELT_PARSER_EXTENSIONS, NULL);
      const BeltAstSelect *select = result->ast->select;

      for (guint table = 0; select != NULL && table < select->n_tables; table++)
        {
          if (g_strcmp0 (select->tables[table].name, name) == 0)
            {
              g_ptr_array_add (ids, rule->id);
              break;
            }
        }
    }

  return ids;
}

/* What eKuiper's etc/mqtt_source.yaml and its like have under `default`. */
static const struct { const char *type, *text; } default_settings[] = {
  { "mqtt",
    "{\"qos\":1,\"server\":\"tcp://127.0.0.1:1883\",\"insecureSkipVerify\":false,\"protocolVersion\":\"3.1.1\"}" },
  { "file", "{\"fileType\":\"json\",\"path\":\"data\",\"interval\":0,\"parallel\":false,\"sendInterval\":0,"
    "\"actionAfterRead\":0,\"ignoreStartLines\":0,\"ignoreEndLines\":0}" },
};

static JsonObject *
parse_object (const char *text)
{
  g_autoptr(JsonNode) node = json_from_string (text, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;

  return json_object_ref (json_node_get_object (node));
}

/* A file that was put there by hand: DATA_DIR/sources/TYPE.json, an object a key. */
static JsonObject *
read_settings_file (BeltEngine *self,
                    const char *type,
                    const char *key)
{
  g_autofree char *name = g_strconcat (type, ".json", NULL);
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr(JsonObject) all = NULL;
  JsonNode *node;

  if (self->data_dir == NULL)
    return NULL;

  path = g_build_filename (self->data_dir, "sources", name, NULL);
  if (!g_file_get_contents (path, &text, NULL, NULL) || (all = parse_object (text)) == NULL)
    return NULL;

  node = json_object_get_member (all, key);
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_object_ref (json_node_get_object (node)) : NULL;
}

/**
 * belt_engine_dup_source_settings:
 * @self: an engine
 * @type: a type of sources
 * @key: a CONF_KEY, or "default"
 *
 * Returns: (transfer full) (nullable): the settings of that name
 */
JsonObject *
belt_engine_dup_source_settings (BeltEngine *self,
                                 const char *type,
                                 const char *key)
{
  g_autofree char *lower = g_ascii_strdown (type, -1);
  g_autofree char *space = g_strconcat ("sources/", lower, NULL);
  g_autofree char *text = belt_store_get (self->store, space, key);
  JsonObject *settings = text != NULL ? parse_object (text) : read_settings_file (self, lower, key);

  for (guint i = 0; settings == NULL && strcmp (key, "default") == 0 && i < G_N_ELEMENTS (default_settings); i++)
    {
      if (strcmp (default_settings[i].type, lower) == 0)
        settings = parse_object (default_settings[i].text);
    }

  return settings;
}

gboolean
belt_engine_set_source_settings (BeltEngine *self,
                                 const char *type,
                                 const char *key,
                                 JsonObject *settings,
                                 GError    **error)
{
  g_autofree char *lower = g_ascii_strdown (type, -1);
  g_autofree char *space = g_strconcat ("sources/", lower, NULL);
  g_autoptr(JsonNode) node = NULL;
  g_autofree char *text = NULL;

  if (settings == NULL)
    return belt_store_delete (self->store, space, key, error);

  node = json_node_init_object (json_node_alloc (), settings);
  text = json_to_string (node, FALSE);
  return belt_store_put (self->store, space, key, text, error);
}
