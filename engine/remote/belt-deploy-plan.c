/* belt-deploy-plan.c - what a deploy would change, before anything is changed
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything is compared with what the engine says now.  A stream is compared by
 * the statement that its description stands for, because engines do not keep the
 * text.
 */
#include "config.h"

#include "belt-deploy-private.h"

#include "belt-catalog.h"
#include "belt-error.h"
#include "belt-json-member.h"
#include "belt-stream.h"

#include <string.h>

char *
belt_deploy_write_object (JsonObject *object)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

JsonObject *
belt_deploy_parse_object (const char *text)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, -1, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_object_ref (json_node_get_object (root)) : NULL;
}

char *
belt_deploy_write_schema (const char *name,
                          const char *text)
{
  g_autoptr(JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "name", name);
  json_object_set_string_member (body, "content", text);
  return belt_deploy_write_object (body);
}

gboolean
belt_deploy_rule_contains (JsonObject *there,
                           JsonObject *ours)
{
  g_autoptr(GList) members = json_object_get_members (ours);

  for (GList *l = members; l != NULL; l = l->next)
    {
      const char *name = l->data;
      JsonNode *mine = json_object_get_member (ours, name);
      JsonNode *theirs = json_object_get_member (there, name);

      /* What a rule says with a default value an engine may leave out. */
      if (theirs == NULL && (JSON_NODE_HOLDS_NULL (mine) ||
                             (JSON_NODE_HOLDS_VALUE (mine) && g_str_equal (name, "triggered")) ||
                             (JSON_NODE_HOLDS_VALUE (mine) && json_node_get_value_type (mine) == G_TYPE_STRING &&
                              json_node_get_string (mine)[0] == '\0')))
        continue;
      if (theirs == NULL)
        return FALSE;
      if (JSON_NODE_HOLDS_OBJECT (mine) && JSON_NODE_HOLDS_OBJECT (theirs))
        {
          if (!belt_deploy_rule_contains (json_node_get_object (theirs), json_node_get_object (mine)))
            return FALSE;
          continue;
        }
      if (!json_node_equal (mine, theirs))
        return FALSE;
    }
  return TRUE;
}

char *
belt_deploy_read_plugin_version (BeltRemote    *remote,
                                 const char    *kind,
                                 const char    *name,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  g_autofree char *path = g_strdup_printf ("/plugins/%s/%s", kind, name);
  g_autoptr(BeltRemoteReply) reply = belt_remote_request (remote, "GET", path, NULL, cancellable, error);
  g_autoptr(JsonObject) object = NULL;

  if (reply == NULL || reply->status == 404)
    return NULL;
  object = belt_deploy_parse_object (reply->text);
  if (reply->status >= 300 || object == NULL)
    {
      g_autofree char *words = belt_remote_reply_dup_message (reply);

      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "%s did not say which version of %s it has: %s",
                   belt_remote_get_name (remote), name, words);
      return NULL;
    }
  return g_strdup (belt_json_get_text (object, "version", ""));
}

static void
append_type (GString  *out,
             JsonNode *type)
{
  JsonObject *object;
  const char *kind;

  if (!JSON_NODE_HOLDS_OBJECT (type))
    {
      g_autofree char *upper = g_ascii_strup (json_node_get_string (type), -1);

      g_string_append (out, upper);
      return;
    }

  object = json_node_get_object (type);
  kind = belt_json_get_text (object, "Type", "");
  if (g_ascii_strcasecmp (kind, "array") == 0)
    {
      g_string_append (out, "ARRAY(");
      append_type (out, json_object_get_member (object, "ElementType"));
    }
  else
    {
      JsonArray *fields = json_object_get_array_member (object, "Fields");

      g_string_append (out, "STRUCT(");
      for (guint i = 0; fields != NULL && i < json_array_get_length (fields); i++)
        {
          JsonObject *field = json_array_get_object_element (fields, i);

          g_string_append_printf (out, "%s`%s` ", i > 0 ? ", " : "",
                                  belt_json_get_text (field, "Name", ""));
          append_type (out, json_object_get_member (field, "FieldType"));
        }
    }
  g_string_append_c (out, ')');
}

static void
append_default (GString  *out,
                JsonNode *value)
{
  if (value == NULL || !JSON_NODE_HOLDS_VALUE (value))
    return;

  g_string_append (out, " DEFAULT ");
  if (json_node_get_value_type (value) == G_TYPE_STRING)
    {
      g_autofree char *escaped = g_strescape (json_node_get_string (value), NULL);

      g_string_append_printf (out, "\"%s\"", escaped);
    }
  else
    {
      g_autofree char *text = json_to_string (value, FALSE);

      g_string_append (out, text);
    }
}

static void
append_columns (GString   *out,
                JsonArray *fields)
{
  for (guint i = 0; fields != NULL && i < json_array_get_length (fields); i++)
    {
      JsonObject *field = json_array_get_object_element (fields, i);

      g_string_append_printf (out, "%s`%s` ", i > 0 ? ", " : "",
                              belt_json_get_text (field, "Name", ""));
      append_type (out, json_object_get_member (field, "FieldType"));
      append_default (out, json_object_get_member (field, "Default"));
    }
}

/* confKey → CONF_KEY and so on; the names differ only in their spelling. */
static void
append_option (GString    *out,
               const char *name,
               JsonNode   *value,
               gboolean    first)
{
  g_autoptr(GString) upper = g_string_new (NULL);

  if (g_str_equal (name, "schemaId"))
    {
      g_string_append (upper, "SCHEMAID");
    }
  else
    {
      for (const char *c = name; *c != '\0'; c++)
        {
          if (g_ascii_isupper (*c))
            g_string_append_c (upper, '_');
          g_string_append_c (upper, g_ascii_toupper (*c));
        }
    }

  g_string_append_printf (out, "%s%s=", first ? "" : ", ", upper->str);
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    {
      g_autofree char *escaped = g_strescape (json_node_get_string (value), NULL);

      g_string_append_printf (out, "\"%s\"", escaped);
    }
  else if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_BOOLEAN)
    {
      g_string_append_printf (out, "\"%s\"", json_node_get_boolean (value) ? "TRUE" : "FALSE");
    }
  else
    {
      g_autofree char *text = json_to_string (value, FALSE);

      g_string_append_printf (out, "\"%s\"", text);
    }
}

char *
belt_deploy_statement_from_details (JsonObject *details,
                                    gboolean    is_table)
{
  GString *out = g_string_new (NULL);
  JsonNode *fields = json_object_get_member (details, "StreamFields");
  JsonNode *options = json_object_get_member (details, "Options");

  g_string_append_printf (out, "CREATE %s `%s` (", is_table ? "TABLE" : "STREAM",
                          belt_json_get_text (details, "Name", ""));
  append_columns (out, fields != NULL && JSON_NODE_HOLDS_ARRAY (fields) ? json_node_get_array (fields) : NULL);
  g_string_append (out, ") WITH (");
  if (options != NULL && JSON_NODE_HOLDS_OBJECT (options))
    {
      g_autoptr(GList) names = g_list_sort (json_object_get_members (json_node_get_object (options)),
                                            (GCompareFunc) strcmp);

      for (GList *l = names; l != NULL; l = l->next)
        append_option (out, l->data, json_object_get_member (json_node_get_object (options), l->data), l == names);
    }
  g_string_append (out, ")");
  return g_string_free (out, FALSE);
}

static BeltDeployStep *
add_step (BeltDeployPlan *plan,
          BeltDeployKind  kind,
          guint           content,
          const char     *name)
{
  BeltDeployStep *step = g_new0 (BeltDeployStep, 1);

  step->kind = kind;
  step->content = content;
  step->name = g_strdup (name);
  g_ptr_array_add (plan->steps, step);
  return step;
}

static void
step_free (gpointer data)
{
  BeltDeployStep *self = data;

  g_free (self->name);
  g_free (self->title);
  g_free (self->detail);
  g_free (self->message);
  g_free (self);
}

static gboolean
plan_plugin (BeltRemote         *remote,
             BeltDeployContent  *content,
             BeltDeployPlan     *plan,
             guint               i,
             GCancellable       *cancellable,
             GError            **error)
{
  BeltDeployPlugin *plugin = g_ptr_array_index (content->plugins, i);
  BeltDeployStep *step = add_step (plan, BELT_DEPLOY_PLUGIN, i, plugin->name);
  g_autofree char *there = NULL;
  g_autofree char *kept = NULL;
  g_autoptr(GError) failure = NULL;

  if (!plan->info->is_belt)
    {
      step->action = BELT_DEPLOY_REFUSED;
      step->title = g_strdup_printf ("Plugin %s", plugin->name);
      step->detail = g_strdup_printf ("Rule %s uses the C plugin %s, and %s is a stock eKuiper %s, which cannot load C "
                                      "plugins. Deploy it to a beltd, or take %s out of the rule.", content->rule_id,
                                      plugin->name, belt_remote_get_name (remote), plan->info->version, plugin->name);
      plan->refused = TRUE;
      return TRUE;
    }

  there = belt_deploy_read_plugin_version (remote, plugin->kind, plugin->name, cancellable, &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (there == NULL)
    {
      step->action = BELT_DEPLOY_NEW;
      step->title = g_strdup_printf ("Plugin %s %s", plugin->name, plugin->version);
      step->detail = g_strdup_printf ("%" G_GSIZE_FORMAT " bytes", g_bytes_get_size (plugin->zip));
      return TRUE;
    }

  step->action = BELT_DEPLOY_REPLACE;
  step->title = g_str_equal (there, plugin->version)
                ? g_strdup_printf ("Plugin %s %s again", plugin->name, there)
                : g_strdup_printf ("Plugin %s %s → %s", plugin->name, there, plugin->version);
  kept = belt_deploy_history_get_bundle (content->history_dir, plugin->kind, plugin->name, there);
  if (!g_file_test (kept, G_FILE_TEST_EXISTS))
    step->detail = g_strdup_printf ("%s %s was not deployed from here: undo cannot bring it back", plugin->name, there);
  return TRUE;
}

/* The engine's description and our statement, both as the one canonical statement. */
static char *
canonical_statement (const char *statement)
{
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (statement, NULL);
  g_autoptr(JsonObject) details = NULL;

  if (stream == NULL)
    return g_strdup (statement);
  details = belt_stream_to_details (stream);
  return belt_deploy_statement_from_details (details, stream->is_table);
}

static gboolean
plan_stream (BeltRemote         *remote,
             BeltDeployContent  *content,
             BeltDeployPlan     *plan,
             guint               i,
             gboolean            is_table,
             GCancellable       *cancellable,
             GError            **error)
{
  BeltDeployStream *stream = g_ptr_array_index (is_table ? content->tables : content->streams, i);
  BeltDeployStep *step = add_step (plan, is_table ? BELT_DEPLOY_TABLE : BELT_DEPLOY_STREAM, i, stream->name);
  g_autofree char *path = g_strdup_printf ("%s/%s", is_table ? "/tables" : "/streams", stream->name);
  g_autoptr(BeltRemoteReply) reply = belt_remote_request (remote, "GET", path, NULL, cancellable, error);
  g_autoptr(JsonObject) details = NULL;
  g_autofree char *there = NULL;
  g_autofree char *ours = NULL;

  if (reply == NULL)
    return FALSE;
  step->title = g_strdup_printf ("%s %s", is_table ? "Table" : "Stream", stream->name);
  details = reply->status == 200 ? belt_deploy_parse_object (reply->text) : NULL;
  if (details == NULL)
    {
      step->action = BELT_DEPLOY_NEW;
      step->detail = g_strdup (stream->statement);
      return TRUE;
    }

  there = belt_deploy_statement_from_details (details, is_table);
  ours = canonical_statement (stream->statement);
  if (g_str_equal (there, ours))
    {
      step->action = BELT_DEPLOY_SAME;
      return TRUE;
    }
  step->action = BELT_DEPLOY_REPLACE;
  step->detail = g_strdup_printf ("− %s\n+ %s", there, ours);
  return TRUE;
}

static gboolean
plan_schema (BeltRemote         *remote,
             BeltDeployContent  *content,
             BeltDeployPlan     *plan,
             guint               i,
             GCancellable       *cancellable,
             GError            **error)
{
  BeltDeployStream *schema = g_ptr_array_index (content->schemas, i);
  BeltDeployStep *step = add_step (plan, BELT_DEPLOY_SCHEMA, i, schema->name);
  g_autofree char *path = g_strdup_printf ("/schemas/protobuf/%s", schema->name);
  g_autoptr(BeltRemoteReply) reply = belt_remote_request (remote, "GET", path, NULL, cancellable, error);
  g_autoptr(JsonObject) there = NULL;

  if (reply == NULL)
    return FALSE;
  step->title = g_strdup_printf ("Schema %s", schema->name);
  there = reply->status == 200 ? belt_deploy_parse_object (reply->text) : NULL;
  if (there == NULL)
    {
      step->action = BELT_DEPLOY_NEW;
      step->detail = g_strdup (schema->statement);
      return TRUE;
    }
  step->action = g_str_equal (belt_json_get_text (there, "content", ""), schema->statement) ? BELT_DEPLOY_SAME
                                                                                           : BELT_DEPLOY_REPLACE;
  if (step->action == BELT_DEPLOY_REPLACE)
    step->detail = g_strdup_printf ("− %s\n+ %s", belt_json_get_text (there, "content", ""), schema->statement);
  return TRUE;
}

static gboolean
plan_rule (BeltRemote         *remote,
           BeltDeployContent  *content,
           BeltDeployPlan     *plan,
           GCancellable       *cancellable,
           GError            **error)
{
  BeltDeployStep *step = add_step (plan, BELT_DEPLOY_RULE, 0, content->rule_id);
  g_autofree char *path = g_strdup_printf ("/rules/%s", content->rule_id);
  g_autoptr(BeltRemoteReply) reply = belt_remote_request (remote, "GET", path, NULL, cancellable, error);
  g_autoptr(JsonObject) there = NULL;
  const char *before;
  const char *after = belt_json_get_text (content->rule, "sql", "");

  if (reply == NULL)
    return FALSE;
  step->title = g_strdup_printf ("Rule %s", content->rule_id);
  there = reply->status == 200 ? belt_deploy_parse_object (reply->text) : NULL;
  if (there == NULL)
    {
      step->action = BELT_DEPLOY_NEW;
      step->detail = g_strdup (after);
      return TRUE;
    }
  if (belt_deploy_rule_contains (there, content->rule))
    {
      step->action = BELT_DEPLOY_SAME;
      return TRUE;
    }

  step->action = BELT_DEPLOY_REPLACE;
  before = belt_json_get_text (there, "sql", "");
  step->detail = g_str_equal (before, after) ? g_strdup ("actions or options change")
                                              : g_strdup_printf ("− %s\n+ %s", before, after);
  return TRUE;
}

/* Asks the engine what it has and says what would change.  Changes nothing. */
BeltDeployPlan *
belt_deploy_plan (BeltRemote         *remote,
                  BeltDeployContent  *content,
                  GCancellable       *cancellable,
                  GError            **error)
{
  g_autoptr(BeltDeployPlan) plan = g_new0 (BeltDeployPlan, 1);
  BeltDeployStep *last;

  g_return_val_if_fail (content->rule != NULL, NULL);

  plan->steps = g_ptr_array_new_with_free_func (step_free);
  plan->undo = json_array_new ();
  if (!(plan->info = belt_remote_probe (remote, cancellable, error)))
    return NULL;

  for (guint i = 0; i < content->plugins->len; i++)
    if (!plan_plugin (remote, content, plan, i, cancellable, error))
      return NULL;
  for (guint i = 0; i < content->schemas->len; i++)
    if (!plan_schema (remote, content, plan, i, cancellable, error))
      return NULL;
  for (guint i = 0; i < content->streams->len; i++)
    if (!plan_stream (remote, content, plan, i, FALSE, cancellable, error))
      return NULL;
  for (guint i = 0; i < content->tables->len; i++)
    if (!plan_stream (remote, content, plan, i, TRUE, cancellable, error))
      return NULL;
  if (!plan_rule (remote, content, plan, cancellable, error))
    return NULL;

  last = add_step (plan, BELT_DEPLOY_READ_BACK, 0, content->rule_id);
  last->action = BELT_DEPLOY_VERIFY;
  last->title = g_strdup ("Read back");
  return g_steal_pointer (&plan);
}
