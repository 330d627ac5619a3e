/* belt-http-plugins.c - /plugins/sources, /plugins/sinks, /plugins/functions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plugin is installed and replaced while rules run; where eKuiper's answer says
 * that it has to restart, ours says the same, because clients match on the text.
 */
#include "config.h"

#include "belt-http-fetch.h"
#include "belt-plugin-store.h"

#include <string.h>

static const BeltGoField plugin_fields[] =
{
  { "name", BELT_GO_STRING }, { "file", BELT_GO_STRING }, { "shellParas", BELT_GO_STRINGS }, { NULL },
};
static const BeltGoField function_fields[] =
{
  { "name", BELT_GO_STRING }, { "file", BELT_GO_STRING }, { "shellParas", BELT_GO_STRINGS },
  { "functions", BELT_GO_STRINGS }, { NULL },
};
static const BeltGoStruct plugin_struct = { "plugin.IOPlugin", plugin_fields };
static const BeltGoStruct function_struct = { "plugin.FuncPlugin", function_fields };

/* What a request to install asks for. */
typedef struct
{
  BeltHttpRequest  *request;
  BeltManifestKind  kind;
  gboolean          update;
  char             *name;
  char             *file;
  char             *shell_parameters;  /* "a b", NULL: none */
} Install;

static void
install_free (Install *self)
{
  g_free (self->name);
  g_free (self->file);
  g_free (self->shell_parameters);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Install, install_free)

/* "/plugins/sinks/…" */
static BeltManifestKind
get_kind (BeltHttpRequest *request)
{
  const char *type = request->path + strlen ("/plugins/");

  if (g_str_has_prefix (type, "sources"))
    return BELT_MANIFEST_SOURCE;
  return g_str_has_prefix (type, "sinks") ? BELT_MANIFEST_SINK : BELT_MANIFEST_FUNCTION;
}

static void
answer_names (BeltHttpRequest *request,
              GPtrArray       *names)
{
  JsonArray *array = json_array_sized_new (names->len);
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (guint i = 0; i < names->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (names, i));
  json_node_take_array (node, array);
  belt_http_answer_json (request, node);
}

static void
answer_failure (const Install *install,
                const char    *why,
                const char    *detail)
{
  const char *plural = belt_manifest_kind_get_plural (install->kind);

  if (install->update)
    belt_http_answer_error (install->request, 400, BELT_HTTP_CODE_FAILED, "update %s plugin %s error: %s%s", plural,
                            install->name, why, detail);
  else
    belt_http_answer_error (install->request, 400, BELT_HTTP_CODE_FAILED, "%s plugins create command error: %s%s",
                            plural, why, detail);
}

static void
answer_done (const Install *install)
{
  if (install->update)
    belt_http_answer_format (install->request, 200,
                             "plugin %s is updated and eKuiper must restart for the change to take effect.",
                             install->name);
  else
    belt_http_answer_format (install->request, 201, "%s plugin %s is created",
                             belt_manifest_kind_get_plural (install->kind), install->name);
}

static void
install_fetched_cb (GObject      *object,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr(Install) install = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) zip = belt_http_fetch_finish (result, &error);
  BeltPluginStore *store = install->request->http->plugins;

  if (zip == NULL)
    {
      g_autofree char *before = g_strdup_printf ("fail to download file %s: ", install->file);

      answer_failure (install, before, error->message);
    }
  else if (!install->update && belt_plugin_store_has (store, install->kind, install->name))
    {
      g_autofree char *detail = g_strdup_printf ("%s: duplicate", install->name);

      /* Somebody else was faster while the zip came. */
      answer_failure (install, "invalid name ", detail);
    }
  else if (install->shell_parameters != NULL)
    {
      g_autofree char *detail = g_strdup_printf ("[%s] but no install.sh file", install->shell_parameters);

      answer_failure (install, "fail to install plugin: have shell parameters : ", detail);
    }
  else if (!belt_plugin_store_install (store, install->kind, install->name, zip, &error))
    {
      answer_failure (install, "fail to install plugin: ", error->message);
    }
  else
    {
      answer_done (install);
    }

  belt_http_request_release (install->request);
}

static gboolean
is_zip_uri (const char *uri)
{
  g_autofree char *scheme = g_uri_parse_scheme (uri);

  return scheme != NULL && g_str_has_suffix (uri, ".zip");
}

/* Go puts the struct that holds a field between. */
static char *
name_embedded_field (const char *failure)
{
  static const char *const fields[] = { "name", "file", "shellParas" };
  const char *at = strstr (failure, "field FuncPlugin.");
  const char *field = at != NULL ? at + strlen ("field FuncPlugin.") : NULL;

  for (guint i = 0; field != NULL && i < G_N_ELEMENTS (fields); i++)
    if (g_str_has_prefix (field, fields[i]))
      return g_strdup_printf ("%.*sIOPlugin.%s", (int)(field - failure), failure, field);
  return g_strdup (failure);
}

static char *
join_texts (JsonNode *node)
{
  GString *out;
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node) || json_array_get_length (json_node_get_array (node)) == 0)
    return NULL;

  array = json_node_get_array (node);
  out = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const char *text = json_array_get_string_element (array, i);

      if (i > 0)
        g_string_append_c (out, ' ');
      g_string_append (out, text != NULL ? text : "");
    }
  return g_string_free (out, FALSE);
}

/* NULL after an answer. */
static Install *
read_install (BeltHttpRequest *request,
              gboolean         update)
{
  g_autoptr(Install) install = g_new0 (Install, 1);
  g_autofree char *failure = NULL;
  g_autoptr(JsonObject) body = NULL;
  const char *name;
  const char *file;

  install->request = request;
  install->kind = get_kind (request);
  install->update = update;
  body = belt_go_decode (request->body, request->body_len, FALSE,
                         install->kind == BELT_MANIFEST_FUNCTION ? &function_struct : &plugin_struct, &failure);
  if (body == NULL)
    {
      g_autofree char *named = name_embedded_field (failure);

      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Invalid body: Error decoding the %s plugin json: %s",
                              belt_manifest_kind_get_plural (install->kind), named);
      return NULL;
    }

  name = update ? request->parameters[0] : belt_go_get_string (body, "name");
  file = belt_go_get_string (body, "file");
  install->name = g_strdup (name != NULL ? name : "");
  install->file = g_strdup (file != NULL ? file : "");
  install->shell_parameters = join_texts (belt_go_get (body, "shellParas"));
  return g_steal_pointer (&install);
}

static gboolean
check_name (BeltHttpRequest *request,
            const char      *name)
{
  if (*name == '\0')
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "id cannot be empty");
      return FALSE;
    }
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '-' && *c != '_')
      {
        belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "id '%s' contains invalid characters: only "
                                "alphanumeric, hyphens and underscores are allowed", name);
        return FALSE;
      }
  return TRUE;
}

static void
begin_install (BeltHttpRequest *request,
               gboolean         update)
{
  g_autoptr(Install) install = NULL;
  Install *pending;

  if (!request->http->plugins_allowed)
    {
      belt_http_answer_error (request, 403, BELT_HTTP_CODE_FAILED,
                              "plugins are not taken on this address; start beltd with --allow-plugins");
      return;
    }
  install = read_install (request, update);
  if (install == NULL || !check_name (request, install->name))
    return;

  if (!is_zip_uri (install->file))
    {
      answer_failure (install, "invalid uri ", install->file);
      return;
    }
  if (!update && belt_plugin_store_has (request->http->plugins, install->kind, install->name))
    {
      g_autofree char *detail = g_strdup_printf ("%s: duplicate", install->name);

      answer_failure (install, "invalid name ", detail);
      return;
    }

  pending = g_steal_pointer (&install);
  pending->request = belt_http_request_keep (request);
  belt_http_fetch_async (request->http, pending->file, install_fetched_cb, pending);
}

static void
handle_list (BeltHttpRequest *request)
{
  g_autoptr(GPtrArray) names = belt_plugin_store_list (request->http->plugins, get_kind (request));

  answer_names (request, names);
}

static void
handle_create (BeltHttpRequest *request)
{
  begin_install (request, FALSE);
}

static void
handle_describe (BeltHttpRequest *request)
{
  BeltManifestKind kind = get_kind (request);
  const char *name = request->parameters[0];
  const char *version = belt_plugin_store_get_version (request->http->plugins, kind, name);
  JsonObject *object;
  JsonNode *node;

  if (version == NULL)
    {
      belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "describe %s plugin %s error: not found",
                              belt_manifest_kind_get_plural (kind), name);
      return;
    }

  object = json_object_new ();
  json_object_set_string_member (object, "name", name);
  json_object_set_string_member (object, "version", version);
  if (kind == BELT_MANIFEST_FUNCTION)
    {
      g_autoptr(GPtrArray) functions = belt_plugin_store_list_functions (request->http->plugins, name);
      JsonArray *array = json_array_new ();

      for (guint i = 0; i < functions->len; i++)
        json_array_add_string_element (array, g_ptr_array_index (functions, i));
      json_object_set_array_member (object, "functions", array);
    }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  belt_http_answer_json (request, node);
}

static void
handle_delete (BeltHttpRequest *request)
{
  const char *plural = belt_manifest_kind_get_plural (get_kind (request));
  const char *name = request->parameters[0];
  g_autofree char *before = g_strdup_printf ("delete %s plugin %s error: ", plural, name);
  g_autoptr(GError) error = NULL;

  if (!belt_plugin_store_remove (request->http->plugins, get_kind (request), name, &error))
    belt_http_answer_gerror (request, error, BELT_HTTP_CODE_FAILED, before);
  else
    belt_http_answer_format (request, 200,
                             "%s plugin %s is deleted and eKuiper must restart for the change to take effect.",
                             plural, name);
}

static void
handle_update (BeltHttpRequest *request)
{
  BeltManifestKind kind = get_kind (request);
  const char *name = request->parameters[0];

  if (!belt_plugin_store_has (request->http->plugins, kind, name))
    belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND,
                            "update %s plugin %s error, cannot delete old version: invalid name %s: not exist",
                            belt_manifest_kind_get_plural (kind), name, name);
  else
    begin_install (request, TRUE);
}

/* Our plugins say themselves which functions they have, so there is nothing to be told. */
static void
handle_register (BeltHttpRequest *request)
{
  const char *name = request->parameters[0];

  if (!belt_plugin_store_has (request->http->plugins, BELT_MANIFEST_FUNCTION, name))
    belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "register functions plugin %s error: not found",
                            name);
  else
    belt_http_answer_format (request, 200, "function plugin %s function list is registered", name);
}

static void
handle_list_functions (BeltHttpRequest *request)
{
  g_autoptr(GPtrArray) functions = belt_plugin_store_list_functions (request->http->plugins, NULL);

  answer_names (request, functions);
}

static void
handle_describe_function (BeltHttpRequest *request)
{
  const char *function = request->parameters[0];
  const char *plugin = belt_plugin_store_find_function (request->http->plugins, function);
  JsonObject *object;
  JsonNode *node;

  if (plugin == NULL)
    {
      belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "describe function %s error: not found",
                              function);
      return;
    }

  object = json_object_new ();
  json_object_set_string_member (object, "name", function);
  json_object_set_string_member (object, "plugin", plugin);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  belt_http_answer_json (request, node);
}

const BeltHttpRoute belt_http_plugin_routes[] =
{
  { "GET", "/plugins/udfs", handle_list_functions },
  { "GET", "/plugins/udfs/{}", handle_describe_function },
  { "GET", "/plugins/sources/prebuild", NULL },
  { "GET", "/plugins/sinks/prebuild", NULL },
  { "GET", "/plugins/functions/prebuild", NULL },
  { "GET", "/plugins/sources", handle_list },
  { "GET", "/plugins/sinks", handle_list },
  { "GET", "/plugins/functions", handle_list },
  { "POST", "/plugins/sources", handle_create },
  { "POST", "/plugins/sinks", handle_create },
  { "POST", "/plugins/functions", handle_create },
  { "GET", "/plugins/sources/{}", handle_describe },
  { "GET", "/plugins/sinks/{}", handle_describe },
  { "GET", "/plugins/functions/{}", handle_describe },
  { "DELETE", "/plugins/sources/{}", handle_delete },
  { "DELETE", "/plugins/sinks/{}", handle_delete },
  { "DELETE", "/plugins/functions/{}", handle_delete },
  { "PUT", "/plugins/sources/{}", handle_update },
  { "PUT", "/plugins/sinks/{}", handle_update },
  { "PUT", "/plugins/functions/{}", handle_update },
  { "POST", "/plugins/functions/{}/register", handle_register },
  { NULL },
};
