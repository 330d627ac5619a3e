/* belt-http-rules.c - /rules
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-http.h"

#include "belt-json-member.h"
#include "belt-parser.h"

#include <string.h>

static const BeltGoField option_fields[] =
{
  { "debug", BELT_GO_BOOL },
  { "logFilename", BELT_GO_STRING },
  { "isEventTime", BELT_GO_BOOL },
  { "lateTolerance", BELT_GO_DURATION },
  { "concurrency", BELT_GO_INT },
  { "bufferLength", BELT_GO_INT },
  { "sendMetaToSink", BELT_GO_BOOL },
  { "sendNilField", BELT_GO_BOOL },
  { "sendError", BELT_GO_BOOL },
  { "qos", BELT_GO_INT },
  { "checkpointInterval", BELT_GO_DURATION },
  { "cron", BELT_GO_STRING },
  { "duration", BELT_GO_STRING },
  { NULL },
};

static const BeltGoField rule_fields[] =
{
  { "triggered", BELT_GO_BOOL },
  { "temp", BELT_GO_BOOL },
  { "id", BELT_GO_STRING },
  { "name", BELT_GO_STRING },
  { "version", BELT_GO_STRING },
  { "sql", BELT_GO_STRING },
  { "graph", BELT_GO_MAP },
  { "actions", BELT_GO_MAPS },
  { "options", BELT_GO_STRUCT, option_fields, "def.RuleOption" },
  { "tags", BELT_GO_STRINGS },
  { NULL },
};
static const BeltGoStruct rule_struct = { "def.Rule", rule_fields };

/* The rule of the body, or NULL with the reason as eKuiper words it. */
static JsonObject *
take_rule (BeltHttpRequest *request,
           char           **ret_reason)
{
  g_autofree char *failure = NULL;
  JsonObject *rule = belt_go_decode (request->body, request->body_len, TRUE, &rule_struct, &failure);

  if (rule == NULL)
    *ret_reason = g_strdup_printf ("Parse rule %.*s error : %s.", (int)request->body_len, request->body, failure);
  return rule;
}

static void
answer_rule_error (BeltHttpRequest *request,
                   const GError    *error,
                   const char      *before,
                   const char      *json_before)
{
  gboolean is_json = g_error_matches (error, BELT_ERROR, BELT_ERROR_INVALID) ||
                     g_error_matches (error, BELT_ERROR, BELT_ERROR_PARSE);
  g_autofree char *prefix = g_strconcat (before, is_json ? json_before : "", NULL);
  int code = g_error_matches (error, BELT_ERROR, BELT_ERROR_ENDPOINT) ? BELT_HTTP_CODE_ENDPOINT : BELT_HTTP_CODE_FAILED;

  belt_http_answer_error (request, 400, code, "%s%s", prefix, error->message);
}

static void
handle_create (BeltHttpRequest *request)
{
  g_autofree char *reason = NULL;
  g_autoptr(JsonObject) rule = take_rule (request, &reason);
  g_autoptr(GError) error = NULL;

  if (rule == NULL)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "invalid rule json: %s", reason);
  else if (!belt_engine_create_rule (request->http->engine, NULL, rule, &error))
    answer_rule_error (request, error, "", "invalid rule json: ");
  else
    belt_http_answer_format (request, 201, "Rule %s was created successfully.", belt_go_get_string (rule, "id"));
}

static gboolean
rule_exists (BeltHttpRequest *request,
             const char      *id)
{
  g_autoptr(JsonObject) rule = belt_engine_get_rule (request->http->engine, id, NULL);

  return rule != NULL;
}

/* An update of a rule that is not there makes it. */
static void
handle_update (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  g_autofree char *reason = NULL;
  g_autoptr(JsonObject) rule = take_rule (request, &reason);
  g_autoptr(GError) error = NULL;
  const char *given;
  gboolean done;

  if (rule == NULL)
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Update rule error: Invalid rule json: %s", reason);
      return;
    }
  given = belt_go_get_string (rule, "id");
  if (given != NULL && given[0] != '\0' && !g_str_equal (given, id))
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED,
                              "Update rule error: Invalid rule json: RuleId is not consistent with rule id.");
      return;
    }
  if (rule_exists (request, id))
    done = belt_engine_update_rule (request->http->engine, id, rule, &error);
  else
    done = belt_engine_create_rule (request->http->engine, id, rule, &error);
  if (done)
    belt_http_answer_format (request, 200, "Rule %s was updated successfully.", id);
  else
    answer_rule_error (request, error, "Update rule error: ", "Invalid rule json: ");
}

static int
compare_ids (gconstpointer a,
             gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
handle_list (BeltHttpRequest *request)
{
  BeltEngine *engine = request->http->engine;
  g_autoptr(GPtrArray) ids = belt_engine_list_rules (engine);
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  g_ptr_array_sort (ids, compare_ids);
  for (guint i = 0; i < ids->len; i++)
    {
      const char *id = g_ptr_array_index (ids, i);
      g_autoptr(JsonObject) rule = belt_engine_get_rule (engine, id, NULL);
      const char *name = rule != NULL ? belt_go_get_string (rule, "name") : NULL;
      const char *version = rule != NULL ? belt_go_get_string (rule, "version") : NULL;
      JsonNode *tags = rule != NULL ? belt_go_get (rule, "tags") : NULL;
      JsonObject *entry = json_object_new ();

      json_object_set_string_member (entry, "id", id);
      json_object_set_string_member (entry, "name", name != NULL && name[0] != '\0' ? name : id);
      json_object_set_string_member (entry, "status", belt_engine_get_rule_state (engine, id));
      json_object_set_member (entry, "tags", tags != NULL ? json_node_copy (tags) : json_node_new (JSON_NODE_NULL));
      json_object_set_boolean_member (entry, "trace", FALSE);
      json_object_set_string_member (entry, "version", version != NULL ? version : "");
      json_array_add_object_element (array, entry);
    }
  json_node_take_array (node, array);
  belt_http_answer_json (request, node);
}

static void
handle_get (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  JsonObject *rule = belt_engine_get_rule (request->http->engine, id, NULL);
  JsonNode *node;

  if (rule == NULL)
    {
      belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "Describe rule error: Rule %s is not found.", id);
      return;
    }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, rule);
  belt_http_answer_json (request, node);
}

static void
handle_delete (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  g_autoptr(GError) error = NULL;

  if (belt_engine_delete_rule (request->http->engine, id, &error))
    belt_http_answer_format (request, 200, "Rule %s is dropped.", id);
  else if (g_error_matches (error, BELT_ERROR, BELT_ERROR_NOT_FOUND))
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Delete rule error: rule %s not found", id);
  else
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Delete rule error: %s", error->message);
}

/* start, stop and restart differ in their words only. */
static void
control (BeltHttpRequest *request,
         gboolean (*call)(BeltEngine *engine, const char *id, GError **error),
         const char      *verb,
         const char      *done)
{
  const char *id = request->parameters[0];
  g_autofree char *before = g_strdup_printf ("%s rule error: ", verb);
  g_autoptr(GError) error = NULL;

  if (!rule_exists (request, id))
    belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND,
                            "%sRule %s is not found in registry, please check if it is created", before, id);
  else if (call (request->http->engine, id, &error))
    belt_http_answer_format (request, 200, "Rule %s was %s", id, done);
  else
    belt_http_answer_gerror (request, error, BELT_HTTP_CODE_FAILED, before);
}

static void
handle_start (BeltHttpRequest *request)
{
  control (request, belt_engine_start_rule, "start", "started");
}

static void
handle_stop (BeltHttpRequest *request)
{
  control (request, belt_engine_stop_rule, "stop", "stopped.");
}

static void
handle_restart (BeltHttpRequest *request)
{
  control (request, belt_engine_restart_rule, "restart", "restarted");
}

static void
answer_rule_not_found (BeltHttpRequest *request,
                       const char      *what)
{
  belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "%s error: Rule %s is not found", what,
                          request->parameters[0]);
}

/* As Go's MarshalIndent: no blank in front of a colon.  Names hold none, so the first of a line is the one. */
static char *
write_pretty (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, TRUE);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *colon = strstr (lines[i], "\" : ");

      if (i > 0)
        g_string_append_c (out, '\n');
      if (colon != NULL)
        g_string_append_printf (out, "%.*s\": %s", (int)(colon - lines[i]), lines[i], colon + strlen ("\" : "));
      else
        g_string_append (out, lines[i]);
    }
  return g_string_free (out, FALSE);
}

static void
handle_status (BeltHttpRequest *request)
{
  JsonObject *status = belt_engine_get_rule_status (request->http->engine, request->parameters[0], NULL);
  g_autoptr(JsonNode) node = NULL;
  g_autofree char *text = NULL;

  if (status == NULL)
    {
      answer_rule_not_found (request, "get rule status");
      return;
    }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, status);
  if (g_str_has_prefix (request->path, "/v2/"))
    {
      text = json_to_string (node, FALSE);
      belt_http_answer_text (request, 200, text);
      return;
    }
  text = write_pretty (node);
  belt_http_answer_json_text (request, text);
}

/* The newest exception over all operators of a rule. */
static void
find_last_exception (JsonObject  *status,
                     const char **ret_text,
                     gint64      *ret_total)
{
  g_autoptr(GList) members = json_object_get_members (status);
  gint64 newest = 0;

  for (GList *l = members; l != NULL; l = l->next)
    {
      const char *name = l->data;
      g_autofree char *stem = NULL;
      g_autofree char *text_key = NULL;
      g_autofree char *total_key = NULL;
      gint64 at;

      if (!g_str_has_suffix (name, "_last_exception_time"))
        continue;
      at = json_object_get_int_member (status, name);
      if (at <= newest)
        continue;
      newest = at;
      stem = g_strndup (name, strlen (name) - strlen ("_last_exception_time"));
      text_key = g_strconcat (stem, "_last_exception", NULL);
      total_key = g_strconcat (stem, "_exceptions_total", NULL);
      *ret_text = belt_json_get_text (status, text_key, "");
      *ret_total = json_object_get_int_member_with_default (status, total_key, 0);
    }
}

static void
handle_status_all (BeltHttpRequest *request)
{
  BeltEngine *engine = request->http->engine;
  g_autoptr(GPtrArray) ids = belt_engine_list_rules (engine);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *all = json_object_new ();

  g_ptr_array_sort (ids, compare_ids);
  for (guint i = 0; i < ids->len; i++)
    {
      const char *id = g_ptr_array_index (ids, i);
      g_autoptr(JsonObject) status = belt_engine_get_rule_status (engine, id, NULL);
      JsonObject *entry = json_object_new ();
      const char *text = "";
      gint64 total = 0;

      if (status != NULL)
        find_last_exception (status, &text, &total);
      json_object_set_string_member (entry, "status", belt_engine_get_rule_state (engine, id));
      json_object_set_string_member (entry, "last_exception", text);
      json_object_set_int_member (entry, "exceptions_total", total);
      json_object_set_object_member (all, id, entry);
    }
  json_node_take_object (node, all);
  belt_http_answer_json (request, node);
}

static void
handle_topo (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  JsonNode *topo = belt_engine_get_rule_topo (request->http->engine, id, NULL);

  if (!rule_exists (request, id))
    answer_rule_not_found (request, "get rule topo");
  else if (topo == NULL)
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_EXECUTE, "get rule topo error: Fail to get rule %s's topo, "
                            "make sure the rule has been started before", id);
  else
    belt_http_answer_json (request, topo);
}

static void
handle_explain (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  g_autoptr(GError) error = NULL;
  g_autofree char *text = belt_engine_explain_rule (request->http->engine, id, &error);

  if (!rule_exists (request, id))
    belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "explain rules error: Rule %s is not found.", id);
  else if (text == NULL)
    belt_http_answer_gerror (request, error, BELT_HTTP_CODE_FAILED, "explain rules error: ");
  else
    belt_http_answer_text (request, 200, text);
}

/* Names and places of the output columns; nothing for a wildcard. */
static JsonObject *
schema_of_statement (const char *sql)
{
  g_autoptr(BeltParseResult) result = belt_parse (sql, strlen (sql), BELT_PARSER_EXTENSIONS, NULL);
  JsonObject *schema = json_object_new ();
  const BeltAstSelect *select = result->ast->select;
  guint index = 0;

  if (select == NULL)
    return schema;
  for (guint i = 0; i < select->n_fields; i++)
    if (belt_node_unwrap (select->fields[i].expr)->kind == BELT_NODE_WILDCARD)
      return schema;
  for (guint i = 0; i < select->n_fields; i++)
    {
      const BeltAstField *field = &select->fields[i];
      JsonObject *entry;

      if (field->invisible)
        continue;
      entry = json_object_new ();
      json_object_set_boolean_member (entry, "hasIndex", TRUE);
      json_object_set_int_member (entry, "index", index++);
      json_object_set_object_member (schema, field->alias != NULL ? field->alias : field->name, entry);
    }
  return schema;
}

static void
handle_schema (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  g_autoptr(JsonObject) rule = belt_engine_get_rule (request->http->engine, id, NULL);
  const char *sql = rule != NULL ? belt_go_get_string (rule, "sql") : NULL;
  JsonNode *node;

  if (rule == NULL)
    {
      answer_rule_not_found (request, "get rule schema");
      return;
    }
  if (!g_str_equal (belt_engine_get_rule_state (request->http->engine, id), "running") || sql == NULL)
    {
      belt_http_answer_error (request, 400, BELT_HTTP_CODE_EXECUTE, "get rule schema error: Fail to get rule %s's "
                              "topo, make sure the rule has been started before", id);
      return;
    }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, schema_of_statement (sql));
  belt_http_answer_json (request, node);
}

static void
handle_validate (BeltHttpRequest *request)
{
  g_autofree char *reason = NULL;
  g_autoptr(JsonObject) rule = take_rule (request, &reason);
  g_autoptr(GPtrArray) sources = NULL;
  g_autoptr(GError) error = NULL;
  JsonNode *node;
  JsonObject *answer;
  JsonArray *array;

  if (rule == NULL)
    {
      belt_http_answer_format (request, 422, "invalid rule json: %s", reason);
      return;
    }
  if (!belt_engine_validate_rule (request->http->engine, rule, &sources, &error))
    {
      gboolean is_json = g_error_matches (error, BELT_ERROR, BELT_ERROR_INVALID) ||
                         g_error_matches (error, BELT_ERROR, BELT_ERROR_PARSE);

      belt_http_answer_format (request, 422, "%s%s", is_json ? "invalid rule json: " : "", error->message);
      return;
    }

  array = json_array_new ();
  for (guint i = 0; sources != NULL && i < sources->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (sources, i));
  answer = json_object_new ();
  json_object_set_array_member (answer, "sources", array);
  json_object_set_boolean_member (answer, "valid", TRUE);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, answer);
  belt_http_answer_json (request, node);
}

/* Of a rule there is not eKuiper says so; what it does with one there is, we do not have. */
static void
refuse_missing (BeltHttpRequest *request)
{
  const char *id = request->parameters[0];
  g_autoptr(JsonObject) rule = belt_engine_get_rule (request->http->engine, id, NULL);

  if (rule != NULL)
    belt_http_answer_missing (request);
  else if (g_str_has_suffix (request->path, "/scantables"))
    belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND,
                            "failed to get topology for rule %s: Rule %s is not found", id, id);
  else if (g_str_has_suffix (request->path, "/tags"))
    belt_http_answer_error (request, 404, BELT_HTTP_CODE_NOT_FOUND, "Get rule error: Rule %s is not found.", id);
  else if (g_str_has_suffix (request->path, "/reset_state"))
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "Rule %s is not found in registry", id);
  else
    belt_http_answer_error (request, 400, BELT_HTTP_CODE_FAILED, "rule %s isn't existed", id);
}

static void
handle_usage (BeltHttpRequest *request)
{
  belt_http_answer_text (request, 200, "cpu usage not enabled");
}

const BeltHttpRoute belt_http_rule_routes[] =
{
  { "GET", "/rules", handle_list },
  { "POST", "/rules", handle_create },
  { "POST", "/rules/validate", handle_validate },
  { "GET", "/rules/status/all", handle_status_all },
  { "GET", "/rules/usage/cpu", handle_usage },
  { "POST", "/rules/bulkstart", NULL },
  { "POST", "/rules/bulkstop", NULL },
  { "GET", "/rules/tags/match", NULL },
  { "GET", "/rules/{}", handle_get },
  { "PUT", "/rules/{}", handle_update },
  { "DELETE", "/rules/{}", handle_delete },
  { "GET", "/rules/{}/status", handle_status },
  { "GET", "/v2/rules/{}/status", handle_status },
  { "POST", "/rules/{}/start", handle_start },
  { "POST", "/rules/{}/stop", handle_stop },
  { "POST", "/rules/{}/restart", handle_restart },
  { "GET", "/rules/{}/topo", handle_topo },
  { "GET", "/rules/{}/explain", handle_explain },
  { "GET", "/rules/{}/schema", handle_schema },
  { "GET", "/rules/{}/scantables", refuse_missing },
  { "PUT PATCH DELETE", "/rules/{}/tags", refuse_missing },
  { "PUT", "/rules/{}/reset_state", refuse_missing },
  { "POST", "/rules/{}/trace/start", refuse_missing },
  { "POST", "/rules/{}/trace/stop", refuse_missing },
  { NULL },
};
