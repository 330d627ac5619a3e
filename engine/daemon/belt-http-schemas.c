/* belt-http-schemas.c - /schemas: .proto files for FORMAT protobuf
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts are taken as they are; whether they say anything is found out by the rule
 * that uses them, as in eKuiper.  Type custom, Go plugins, is there and empty.
 */
#include "config.h"

#include "belt-http-fetch.h"

#include <string.h>

static const BeltGoField schema_fields[] =
{
  { "type", BELT_GO_STRING }, { "name", BELT_GO_STRING }, { "content", BELT_GO_STRING }, { "file", BELT_GO_STRING },
  { "soFile", BELT_GO_STRING }, { "version", BELT_GO_STRING }, { NULL },
};
static const BeltGoStruct schema_struct = { "schema.Info", schema_fields };

static void
fail (BeltHttpRequest *request,
      const char      *before,
      const char      *message)
{
  belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "%s%s", before, message);
}

static gboolean
is_protobuf (const char *type)
{
  return g_str_equal (type, "protobuf");
}

static gboolean
is_type (const char *type)
{
  return is_protobuf (type) || g_str_equal (type, "custom");
}

/* FALSE: answered. */
static gboolean
check_id (BeltHttpRequest *request,
          const char      *id)
{
  g_autofree char *message = NULL;

  if (*id == '\0')
    message = g_strdup ("id cannot be empty");
  else if (g_ascii_isspace (id[0]) || g_ascii_isspace (id[strlen (id) - 1]))
    message = g_strdup_printf ("id '%s' contains leading or trailing whitespace", id);
  else if (id[strspn (id, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-")] != '\0')
    message = g_strdup_printf ("id '%s' contains invalid characters: only alphanumeric, hyphens and underscores are "
                               "allowed", id);
  if (message != NULL)
    fail (request, "", message);
  return message == NULL;
}

static const char *
get_text (JsonObject *body,
          const char *name)
{
  const char *text = belt_go_get_string (body, name);

  return text != NULL ? text : "";
}

/* NULL: it is fine. */
static const char *
find_problem (const char *type,
              const char *name,
              JsonObject *body,
              char      **ret_owned)
{
  gboolean content = *get_text (body, "content") != '\0';
  gboolean file = *get_text (body, "file") != '\0';

  if (*name == '\0')
    return "name is required";
  if (content && file)
    return "cannot specify both content and file";
  if (!is_type (type))
    return *ret_owned = g_strdup_printf ("unsupported schema type %s", type);
  if (is_protobuf (type) && !content && !file)
    return "must specify content or file";
  if (!is_protobuf (type) && *get_text (body, "soFile") == '\0')
    return "soFile is required";
  if (*get_text (body, "soFile") != '\0')
    return "soFile is a plugin in Go, which beltd cannot load: send a .proto file as content or file";
  if (g_str_has_suffix (get_text (body, "file"), ".zip"))
    return "zip files of schemas are not read: send the .proto files one by one, imports first";
  if (strpbrk (get_text (body, "version"), "/\\") != NULL || strstr (get_text (body, "version"), "..") != NULL)
    return *ret_owned = g_strdup_printf ("schema version %s is invalid", get_text (body, "version"));
  return NULL;
}

/* --- create and update --- */

typedef struct
{
  BeltHttpRequest *request;
  JsonObject      *body;
  char            *name;
  const char      *verb;   /* "create", "update" */
} Pending;

static void
free_pending (Pending *self)
{
  belt_http_request_release (self->request);
  json_object_unref (self->body);
  g_free (self->name);
  g_free (self);
}

static void
save (BeltHttpRequest *request,
      const char      *name,
      JsonObject      *body,
      const char      *verb,
      const char      *text,
      gsize            len)
{
  g_autofree char *before = g_strdup_printf ("schema %s command error: ", verb);
  g_autoptr(GError) error = NULL;

  if (!belt_engine_put_schema (request->http->engine, name, get_text (body, "version"), text, len, &error))
    fail (request, before, error->message);
  else
    belt_http_answer_format (request, g_str_equal (verb, "create") ? 201 : 200, "protobuf schema %s is %sd", name,
                             verb);
}

static void
save_fetch_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  Pending *pending = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = belt_http_fetch_finish (result, &error);
  g_autofree char *before = g_strdup_printf ("schema %s command error: ", pending->verb);
  gsize len = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &len) : NULL;
  g_autofree char *text = g_strndup (data != NULL ? data : "", len);

  if (bytes == NULL)
    fail (pending->request, before, error->message);
  else
    save (pending->request, pending->name, pending->body, pending->verb, text, len);
  free_pending (pending);
}

static void
save_body (BeltHttpRequest *request,
           const char      *name,
           JsonObject      *body,
           const char      *verb)
{
  const char *file = get_text (body, "file");
  const char *content = get_text (body, "content");
  Pending *pending;

  if (*file == '\0')
    {
      save (request, name, body, verb, content, strlen (content));
      return;
    }
  pending = g_new0 (Pending, 1);
  pending->request = belt_http_request_keep (request);
  pending->body = json_object_ref (body);
  pending->name = g_strdup (name);
  pending->verb = verb;
  belt_http_fetch_async (request->http, file, save_fetch_cb, pending);
}

/* NULL: answered. */
static JsonObject *
take_body (BeltHttpRequest *request)
{
  g_autofree char *failure = NULL;
  JsonObject *body = belt_go_decode (request->body, request->body_len, FALSE, &schema_struct, &failure);

  if (body == NULL)
    fail (request, "Invalid body: Error decoding schema json: ", failure);
  return body;
}

static gboolean
has_schema (BeltHttpRequest *request,
            const char      *name)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);

  return belt_catalog_get_schema (catalog, name) != NULL;
}

static void
handle_create (BeltHttpRequest *request)
{
  g_autoptr(JsonObject) body = take_body (request);
  g_autofree char *owned = NULL;
  g_autofree char *taken = NULL;
  const char *problem;
  const char *name;

  if (body == NULL)
    return;
  name = get_text (body, "name");
  /* A type in the body wins, as the decoder writes over that of the path. */
  problem = find_problem (*get_text (body, "type") != '\0' ? get_text (body, "type") : request->parameters[0], name,
                          body, &owned);
  if (problem != NULL)
    {
      fail (request, "Invalid body: ", problem);
      return;
    }
  if (!check_id (request, name))
    return;
  if (has_schema (request, name))
    {
      taken = g_strdup_printf ("schema protobuf.%s already registered", name);
      fail (request, "schema create command error: ", taken);
      return;
    }
  save_body (request, name, body, "create");
}

static void
handle_update (BeltHttpRequest *request)
{
  const char *type = request->parameters[0];
  const char *name = request->parameters[1];
  g_autoptr(JsonObject) body = take_body (request);
  g_autofree char *owned = NULL;
  const char *problem;

  if (body == NULL)
    return;
  if ((*get_text (body, "type") != '\0' && !g_str_equal (get_text (body, "type"), type)) ||
      (*get_text (body, "name") != '\0' && !g_str_equal (get_text (body, "name"), name)))
    fail (request, "Invalid body: ", "Type or name does not match");
  else if ((problem = find_problem (type, name, body, &owned)) != NULL)
    fail (request, "Invalid body: ", problem);
  else
    save_body (request, name, body, "update");
}

/* --- the rest --- */

static void
handle_list (BeltHttpRequest *request)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  g_autoptr(GPtrArray) names = belt_catalog_list_schemas (catalog);
  const char *type = request->parameters[0];
  JsonNode *node;
  JsonArray *array;

  if (!is_type (type))
    {
      g_autofree char *message = g_strdup_printf ("schema type %s not found", type);

      fail (request, "", message);
      return;
    }
  node = json_node_new (JSON_NODE_ARRAY);
  array = json_array_new ();
  for (guint i = 0; is_protobuf (type) && i < names->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (names, i));
  json_node_take_array (node, array);
  belt_http_answer_json (request, node);
}

static void
handle_get (BeltHttpRequest *request)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (request->http->engine);
  const char *type = request->parameters[0];
  const char *name = request->parameters[1];
  g_autofree char *path = NULL;
  g_autofree char *id = is_type (type) ? g_strdup_printf (" id %s", name) : g_strdup ("");
  g_autofree char *unknown = g_strdup_printf ("schema type %s%s not found in registry", type, id);
  const char *version;
  JsonNode *node;
  JsonObject *object;

  if (!is_protobuf (type) || !belt_engine_get_schema (request->http->engine, name, &version, &path, NULL))
    {
      fail (request, "", unknown);
      return;
    }
  node = json_node_new (JSON_NODE_OBJECT);
  object = json_object_new ();
  json_object_set_string_member (object, "type", type);
  json_object_set_string_member (object, "name", name);
  if (*belt_catalog_get_schema (catalog, name) != '\0')
    json_object_set_string_member (object, "content", belt_catalog_get_schema (catalog, name));
  if (path != NULL)
    json_object_set_string_member (object, "file", path);
  if (*version != '\0')
    json_object_set_string_member (object, "version", version);
  json_node_take_object (node, object);
  belt_http_answer_json (request, node);
}

static void
handle_delete (BeltHttpRequest *request)
{
  const char *type = request->parameters[0];
  const char *name = request->parameters[1];
  g_autofree char *before = g_strdup_printf ("delete %s schema %s error: ", type, name);
  g_autofree char *unknown = is_type (type) ? g_strdup_printf ("schema %s.%s not found", type, name)
                             : g_strdup_printf ("schema type %s not found", type);
  g_autoptr(GError) error = NULL;

  if (!is_protobuf (type))
    fail (request, before, unknown);
  else if (!belt_engine_delete_schema (request->http->engine, name, &error))
    fail (request, before, error->message);
  else
    belt_http_answer_format (request, 200, "protobuf schema %s is deleted", name);
}

static void
handle_schemas (BeltHttpRequest *request)
{
  if (g_str_equal (belt_http_get_method (request), "POST"))
    handle_create (request);
  else
    handle_list (request);
}

static void
handle_schema (BeltHttpRequest *request)
{
  const char *method = belt_http_get_method (request);

  if (!check_id (request, request->parameters[1]))
    return;
  if (g_str_equal (method, "PUT"))
    handle_update (request);
  else if (g_str_equal (method, "DELETE"))
    handle_delete (request);
  else
    handle_get (request);
}

const BeltHttpRoute belt_http_schema_routes[] =
{
  { "GET POST", "/schemas/{}", handle_schemas },
  { "GET PUT DELETE", "/schemas/{}/{}", handle_schema },
  { NULL },
};
