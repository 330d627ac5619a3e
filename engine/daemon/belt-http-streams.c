/* belt-http-streams.c - /streams and /tables
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-http.h"

#include "belt-stream.h"

#include <string.h>

static const BeltGoField statement_fields[] = { { "sql", BELT_GO_STRING }, { NULL } };
static const BeltGoStruct statement = { "server.statementDescriptor", statement_fields };

static gboolean
is_table_path (BeltHttpRequest *request)
{
  return g_str_has_prefix (request->path, "/table");
}

static const char *
noun (gboolean is_table)
{
  return is_table ? "table" : "stream";
}

/* The statement of the body, or NULL after the refusal was answered. */
static char *
take_statement (BeltHttpRequest *request)
{
  g_autofree char *failure = NULL;
  g_autoptr(JsonObject) object = belt_go_decode (request->body, request->body_len, FALSE, &statement, &failure);
  const char *sql;

  if (object == NULL)
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Invalid body: Error decoding the statement descriptor: %s", failure);
      return NULL;
    }
  sql = belt_go_get_string (object, "sql");
  return g_strdup (sql != NULL ? sql : "");
}

static char *
command_prefix (gboolean is_table)
{
  return g_strdup (is_table ? "Table command error: " : "Stream command error: ");
}

static void
handle_create (BeltHttpRequest *request)
{
  gboolean is_table = is_table_path (request);
  g_autofree char *sql = take_statement (request);
  g_autofree char *answer = NULL;
  g_autofree char *prefix = command_prefix (is_table);
  g_autoptr(GError) error = NULL;

  if (sql == NULL)
    return;
  if (!(answer = belt_engine_execute (request->http->engine, sql, is_table, FALSE, &error)))
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM, "%s%s", prefix, error->message);
      return;
    }
  belt_http_answer_text (request, 201, answer);
}

static BeltStream *
lookup (BeltHttpRequest *request,
        BeltCatalog     *catalog)
{
  return belt_catalog_lookup_kind (catalog, request->parameters[0], is_table_path (request));
}

static void
handle_replace (BeltHttpRequest *request)
{
  gboolean is_table = is_table_path (request);
  const char *name = request->parameters[0];
  g_autofree char *sql = take_statement (request);
  g_autofree char *prefix = command_prefix (is_table);
  g_autofree char *answer = NULL;
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  g_autoptr(BeltStream) stream = NULL;
  g_autoptr(GError) error = NULL;

  if (sql == NULL)
    return;
  if (*sql == '\0')
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM, "%sInvalid stream statement: ", prefix);
      return;
    }
  if (!(stream = belt_stream_new_from_sql (sql, &error)))
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM, "%s%s", prefix, error->message);
      return;
    }
  if (!g_str_equal (stream->name, name))
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM,
                              "%sReplace %s fails: the sql statement must update the %s source.", prefix, name, name);
      return;
    }
  if (stream->is_table != is_table)
    {
      belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "%s%s %s is not found", prefix,
                              noun (is_table), name);
      return;
    }
  if (!(answer = belt_engine_execute (request->http->engine, sql, is_table, TRUE, &error)))
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM, "%s%s", prefix, error->message);
      return;
    }
  belt_http_answer_text (request, 200, answer);
}

static void
handle_list (BeltHttpRequest *request)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  g_autoptr(GPtrArray) names = belt_catalog_list (catalog, is_table_path (request));
  const char *kind = belt_http_get_query (request, "kind");
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      BeltStream *stream = belt_catalog_lookup_kind (catalog, name, is_table_path (request));
      const char *its_kind = stream->kind != NULL ? stream->kind : "scan";

      if (kind == NULL || kind[0] == '\0' || g_str_equal (kind, its_kind))
        json_array_add_string_element (array, name);
    }
  json_node_take_array (node, array);
  belt_http_answer_json (request, node);
}

static void
set_lower (JsonObject *object,
           const char *name,
           const char *text)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);

  json_object_set_string_member (object, name, lower);
}

static void
handle_details (BeltHttpRequest *request)
{
  gboolean is_table = g_str_equal (request->path, "/tabledetails");
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  g_autoptr(GPtrArray) names = belt_catalog_list (catalog, is_table);
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < names->len; i++)
    {
      BeltStream *stream = belt_catalog_lookup_kind (catalog, g_ptr_array_index (names, i), is_table);
      JsonObject *details = json_object_new ();

      json_object_set_string_member (details, "name", stream->name);
      set_lower (details, "type", stream->type != NULL ? stream->type : is_table ? "file" : "mqtt");
      set_lower (details, "format", stream->format != NULL ? stream->format : "json");
      json_array_add_object_element (array, details);
    }
  json_node_take_array (node, array);
  belt_http_answer_json (request, node);
}

static void
answer_not_found (BeltHttpRequest *request,
                  const char      *verb)
{
  gboolean is_table = is_table_path (request);
  const char *name = request->parameters[0];

  belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM, "%s %s error: Describe %s fails, %s is not found.", verb,
                          noun (is_table), noun (is_table), name);
}

static void
handle_get (BeltHttpRequest *request)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  BeltStream *stream = lookup (request, catalog);
  JsonNode *node;

  if (stream == NULL)
    {
      answer_not_found (request, "describe");
      return;
    }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, belt_stream_to_details (stream));
  belt_http_answer_json (request, node);
}

static void
handle_schema (BeltHttpRequest *request)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  BeltStream *stream = lookup (request, catalog);

  if (stream == NULL)
    answer_not_found (request, "get schema of");
  else if (stream->schema_error != NULL)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_STREAM, "get schema of %s error: %s",
                            noun (stream->is_table), stream->schema_error);
  else
    belt_http_answer_json (request, belt_stream_to_schema (stream));
}

static void
handle_delete (BeltHttpRequest *request)
{
  gboolean is_table = is_table_path (request);
  const char *name = request->parameters[0];
  g_autofree char *sql = g_strdup_printf ("DROP %s `%s`", is_table ? "TABLE" : "STREAM", name);
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  g_autofree char *answer = NULL;
  g_autofree char *before = g_strdup_printf ("delete %s error: ", noun (is_table));
  g_autoptr(GError) error = NULL;

  /* eKuiper drops a stream by /tables/NAME too. */
  if (is_table && lookup (request, catalog) == NULL && belt_catalog_lookup_kind (catalog, name, FALSE) != NULL)
    {
      g_free (sql);
      sql = g_strdup_printf ("DROP STREAM `%s`", name);
      is_table = FALSE;
    }
  else if (lookup (request, catalog) == NULL)
    {
      belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "%s%s %s is not found", before,
                              noun (is_table), name);
      return;
    }

  if (!(answer = belt_engine_execute (request->http->engine, sql, is_table, FALSE, &error)))
    belt_http_answer_gerror (request, error, BELT_HTTP_CODE_FAILED, before);
  else
    belt_http_answer_text (request, 200, answer);
}

const BeltHttpRoute belt_http_stream_routes[] =
{
  { "GET", "/streams", handle_list },
  { "POST", "/streams", handle_create },
  { "GET", "/streamdetails", handle_details },
  { "GET", "/streams/{}", handle_get },
  { "PUT", "/streams/{}", handle_replace },
  { "DELETE", "/streams/{}", handle_delete },
  { "GET", "/streams/{}/schema", handle_schema },
  { "GET", "/tables", handle_list },
  { "POST", "/tables", handle_create },
  { "GET", "/tabledetails", handle_details },
  { "GET", "/tables/{}", handle_get },
  { "PUT", "/tables/{}", handle_replace },
  { "DELETE", "/tables/{}", handle_delete },
  { "GET", "/tables/{}/schema", handle_schema },
  { NULL },
};
