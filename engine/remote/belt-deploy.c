/* belt-deploy.c - carrying out a deploy, step by step, with a way back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Before a step changes anything, the request that would take it back is put at
 * the front of the undo record and the record is written to disk: a crash in the
 * middle of a deploy leaves a record of what was done up to there.
 */
#include "config.h"

#include "belt-deploy-private.h"

#include "belt-error.h"
#include "belt-json-member.h"

#include <string.h>

#define VERIFY_TRIES       50u                   /* a rule starts within milliseconds … */
#define VERIFY_INTERVAL_US (100 * 1000)          /* … and five seconds is long enough to say it did not */

static void
deploy_plugin_free (gpointer data)
{
  BeltDeployPlugin *self = data;

  g_free (self->name);
  g_free (self->kind);
  g_free (self->version);
  g_strfreev (self->symbols);
  g_clear_pointer (&self->zip, g_bytes_unref);
  g_free (self);
}

static void
deploy_stream_free (gpointer data)
{
  BeltDeployStream *self = data;

  g_free (self->name);
  g_free (self->statement);
  g_free (self);
}

BeltDeployContent *
belt_deploy_content_new (const char *history_dir)
{
  BeltDeployContent *self = g_new0 (BeltDeployContent, 1);

  self->plugins = g_ptr_array_new_with_free_func (deploy_plugin_free);
  self->schemas = g_ptr_array_new_with_free_func (deploy_stream_free);
  self->streams = g_ptr_array_new_with_free_func (deploy_stream_free);
  self->tables = g_ptr_array_new_with_free_func (deploy_stream_free);
  self->history_dir = g_strdup (history_dir);
  return self;
}

void
belt_deploy_content_free (BeltDeployContent *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->plugins);
  g_ptr_array_unref (self->schemas);
  g_ptr_array_unref (self->streams);
  g_ptr_array_unref (self->tables);
  g_clear_pointer (&self->rule, json_object_unref);
  g_free (self->rule_id);
  g_free (self->history_dir);
  g_free (self);
}

void
belt_deploy_content_add_plugin (BeltDeployContent *self,
                                const char        *name,
                                const char        *kind,
                                const char        *version,
                                const char *const *symbols,
                                GBytes            *zip)
{
  BeltDeployPlugin *plugin = g_new0 (BeltDeployPlugin, 1);

  plugin->name = g_strdup (name);
  plugin->kind = g_strdup (kind);
  plugin->version = g_strdup (version);
  plugin->symbols = g_strdupv ((char **) symbols);
  plugin->zip = g_bytes_ref (zip);
  g_ptr_array_add (self->plugins, plugin);
}

void
belt_deploy_content_add_stream (BeltDeployContent *self,
                                const char        *name,
                                const char        *statement,
                                gboolean           is_table)
{
  BeltDeployStream *stream = g_new0 (BeltDeployStream, 1);

  stream->name = g_strdup (name);
  stream->statement = g_strdup (statement);
  g_ptr_array_add (is_table ? self->tables : self->streams, stream);
}

void
belt_deploy_content_add_schema (BeltDeployContent *self,
                                const char        *name,
                                const char        *text)
{
  BeltDeployStream *schema;

  for (guint i = 0; i < self->schemas->len; i++)
    if (g_str_equal (((BeltDeployStream *) g_ptr_array_index (self->schemas, i))->name, name))
      return;

  schema = g_new0 (BeltDeployStream, 1);
  schema->name = g_strdup (name);
  schema->statement = g_strdup (text);
  g_ptr_array_add (self->schemas, schema);
}

void
belt_deploy_content_set_rule (BeltDeployContent *self,
                              const char        *rule_id,
                              JsonObject        *rule)
{
  g_free (self->rule_id);
  self->rule_id = g_strdup (rule_id);
  g_clear_pointer (&self->rule, json_object_unref);
  self->rule = json_object_ref (rule);
}

void
belt_deploy_plan_free (BeltDeployPlan *self)
{
  if (self == NULL)
    return;

  belt_remote_info_free (self->info);
  g_ptr_array_unref (self->steps);
  g_clear_pointer (&self->undo, json_array_unref);
  g_free (self);
}

/* {"name": …, "file": …, "functions": …} as the plugin routes want it. */
static char *
write_plugin_body (const char        *name,
                   const char        *place,
                   const char *const *symbols)
{
  g_autoptr(JsonObject) body = json_object_new ();
  g_autofree char *uri = g_strconcat ("file://", place, NULL);

  json_object_set_string_member (body, "name", name);
  json_object_set_string_member (body, "file", uri);
  if (symbols != NULL && symbols[0] != NULL)
    {
      JsonArray *array = json_array_new ();

      for (guint i = 0; symbols[i] != NULL; i++)
        json_array_add_string_element (array, symbols[i]);
      json_object_set_array_member (body, "functions", array);
    }
  return belt_deploy_write_object (body);
}

static char *
run_plugin (BeltRemote         *remote,
            BeltDeployContent  *content,
            BeltDeployPlan     *plan,
            BeltDeployStep     *step,
            GCancellable       *cancellable,
            GError            **error)
{
  BeltDeployPlugin *plugin = g_ptr_array_index (content->plugins, step->content);
  g_autofree char *file_name = g_strdup_printf ("%s-%s.zip", plugin->name, plugin->version);
  g_autofree char *list = g_strdup_printf ("/plugins/%s", plugin->kind);
  g_autofree char *item = g_strdup_printf ("/plugins/%s/%s", plugin->kind, plugin->name);
  g_autofree char *place = NULL;
  g_autofree char *body = NULL;
  g_autofree char *delete_upload = g_strdup_printf ("/config/uploads/%s", file_name);
  g_autoptr(BeltRemoteReply) reply = NULL;
  g_autoptr(BeltRemoteReply) tidy = NULL;

  if (!belt_deploy_history_keep (content->history_dir, plugin, error))
    return NULL;
  if (step->action == BELT_DEPLOY_NEW)
    belt_deploy_undo_add (plan, "DELETE", item, NULL, NULL);
  else if (!belt_deploy_undo_add_plugin (remote, plan, content->history_dir, plugin, cancellable, error))
    return NULL;
  if (!belt_deploy_undo_save (remote, plan, content->history_dir, error))
    return NULL;

  if (!(place = belt_remote_upload (remote, file_name, plugin->zip, cancellable, error)))
    return NULL;
  body = write_plugin_body (plugin->name, place, (const char *const *) plugin->symbols);
  if (step->action == BELT_DEPLOY_NEW)
    reply = belt_remote_demand (remote, "POST", list, body, cancellable, error);
  else
    reply = belt_remote_demand (remote, "PUT", item, body, cancellable, error);
  if (reply == NULL)
    return NULL;

  /* The engine has its own copy by now; a leftover upload would do no harm. */
  tidy = belt_remote_request (remote, "DELETE", delete_upload, NULL, cancellable, NULL);
  return belt_remote_reply_dup_message (reply);
}

static char *
run_stream (BeltRemote         *remote,
            BeltDeployContent  *content,
            BeltDeployPlan     *plan,
            BeltDeployStep     *step,
            GCancellable       *cancellable,
            GError            **error)
{
  gboolean is_table = step->kind == BELT_DEPLOY_TABLE;
  BeltDeployStream *stream = g_ptr_array_index (is_table ? content->tables : content->streams, step->content);
  const char *list = is_table ? "/tables" : "/streams";
  g_autofree char *item = g_strdup_printf ("%s/%s", list, stream->name);
  g_autoptr(JsonObject) body = json_object_new ();
  g_autofree char *text = NULL;
  g_autoptr(BeltRemoteReply) reply = NULL;

  json_object_set_string_member (body, "sql", stream->statement);
  text = belt_deploy_write_object (body);
  if (step->action == BELT_DEPLOY_NEW)
    belt_deploy_undo_add (plan, "DELETE", item, NULL, NULL);
  else if (!belt_deploy_undo_add_stream (remote, plan, item, is_table, cancellable, error))
    return NULL;
  if (!belt_deploy_undo_save (remote, plan, content->history_dir, error))
    return NULL;

  if (step->action == BELT_DEPLOY_NEW)
    reply = belt_remote_demand (remote, "POST", list, text, cancellable, error);
  else
    reply = belt_remote_demand (remote, "PUT", item, text, cancellable, error);
  return reply != NULL ? belt_remote_reply_dup_message (reply) : NULL;
}

static char *
run_schema (BeltRemote         *remote,
            BeltDeployContent  *content,
            BeltDeployPlan     *plan,
            BeltDeployStep     *step,
            GCancellable       *cancellable,
            GError            **error)
{
  BeltDeployStream *schema = g_ptr_array_index (content->schemas, step->content);
  g_autofree char *item = g_strdup_printf ("/schemas/protobuf/%s", schema->name);
  g_autofree char *text = belt_deploy_write_schema (schema->name, schema->statement);
  g_autoptr(BeltRemoteReply) reply = NULL;

  if (step->action == BELT_DEPLOY_NEW)
    {
      belt_deploy_undo_add (plan, "DELETE", item, NULL, NULL);
    }
  else
    {
      g_autoptr(BeltRemoteReply) before = belt_remote_demand (remote, "GET", item, NULL, cancellable, error);
      g_autoptr(JsonObject) there = before != NULL ? belt_deploy_parse_object (before->text) : NULL;
      g_autofree char *old = NULL;

      if (before == NULL)
        return NULL;
      old = belt_deploy_write_schema (schema->name, there != NULL ? belt_json_get_text (there, "content", "") : "");
      belt_deploy_undo_add (plan, "PUT", item, old, NULL);
    }
  if (!belt_deploy_undo_save (remote, plan, content->history_dir, error))
    return NULL;

  if (step->action == BELT_DEPLOY_NEW)
    reply = belt_remote_demand (remote, "POST", "/schemas/protobuf", text, cancellable, error);
  else
    reply = belt_remote_demand (remote, "PUT", item, text, cancellable, error);
  return reply != NULL ? belt_remote_reply_dup_message (reply) : NULL;
}

static char *
run_rule (BeltRemote         *remote,
          BeltDeployContent  *content,
          BeltDeployPlan     *plan,
          BeltDeployStep     *step,
          GCancellable       *cancellable,
          GError            **error)
{
  g_autofree char *item = g_strdup_printf ("/rules/%s", content->rule_id);
  g_autofree char *text = belt_deploy_write_object (content->rule);
  g_autoptr(BeltRemoteReply) reply = NULL;

  if (step->action == BELT_DEPLOY_NEW)
    {
      belt_deploy_undo_add (plan, "DELETE", item, NULL, NULL);
    }
  else
    {
      g_autoptr(BeltRemoteReply) before = belt_remote_demand (remote, "GET", item, NULL, cancellable, error);

      if (before == NULL)
        return NULL;
      belt_deploy_undo_add (plan, "PUT", item, before->text, NULL);
    }
  if (!belt_deploy_undo_save (remote, plan, content->history_dir, error))
    return NULL;

  if (step->action == BELT_DEPLOY_NEW)
    reply = belt_remote_demand (remote, "POST", "/rules", text, cancellable, error);
  else
    reply = belt_remote_demand (remote, "PUT", item, text, cancellable, error);
  return reply != NULL ? belt_remote_reply_dup_message (reply) : NULL;
}

/* The rule's state, waiting while it starts. */
static char *
wait_until_running (BeltRemote    *remote,
                    const char    *rule_id,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autofree char *path = g_strdup_printf ("/rules/%s/status", rule_id);
  g_autofree char *state = NULL;

  for (guint i = 0; i < VERIFY_TRIES; i++)
    {
      g_autoptr(BeltRemoteReply) reply = belt_remote_demand (remote, "GET", path, NULL, cancellable, error);
      g_autoptr(JsonObject) status = NULL;

      if (reply == NULL)
        return NULL;
      status = belt_deploy_parse_object (reply->text);
      g_free (state);
      state = g_strdup (status != NULL ? belt_json_get_text (status, "status", "") : "");
      if (g_str_equal (state, "running"))
        return g_steal_pointer (&state);
      if (g_str_has_prefix (state, "stopped"))
        {
          const char *message = "";

          if (status != NULL)
            message = belt_json_get_text (status, "message", "");

          /* A rule over bounded data may already be through. */
          if (strstr (message, "EOF") != NULL || strstr (message, "done") != NULL)
            return g_strdup_printf ("finished (%s)", message);
          g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "rule %s is on %s, but %s%s%s", rule_id,
                       belt_remote_get_name (remote), state, message[0] != '\0' ? ": " : "", message);
          return NULL;
        }
      g_usleep (VERIFY_INTERVAL_US);
    }
  g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "rule %s is on %s, but still %s after five seconds", rule_id,
               belt_remote_get_name (remote), state);
  return NULL;
}

static char *
run_read_back (BeltRemote         *remote,
               BeltDeployContent  *content,
               GCancellable       *cancellable,
               GError            **error)
{
  g_autofree char *path = g_strdup_printf ("/rules/%s", content->rule_id);
  g_autoptr(BeltRemoteReply) reply = belt_remote_demand (remote, "GET", path, NULL, cancellable, error);
  g_autoptr(JsonObject) there = NULL;
  g_autofree char *state = NULL;
  GString *text;

  if (reply == NULL)
    return NULL;
  there = belt_deploy_parse_object (reply->text);
  if (there == NULL || !belt_deploy_rule_contains (there, content->rule))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED,
                   "%s took rule %s, but reads back another text", belt_remote_get_name (remote), content->rule_id);
      return NULL;
    }
  if (!(state = wait_until_running (remote, content->rule_id, cancellable, error)))
    return NULL;

  text = g_string_new (NULL);
  g_string_append_printf (text, "rule %s is %s", content->rule_id, state);
  for (guint i = 0; i < content->plugins->len; i++)
    {
      BeltDeployPlugin *plugin = g_ptr_array_index (content->plugins, i);
      g_autofree char *version = NULL;

      version = belt_deploy_read_plugin_version (remote, plugin->kind, plugin->name, cancellable, error);
      if (version == NULL || !g_str_equal (version, plugin->version))
        {
          if (version != NULL)
            g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "%s says plugin %s is version %s, not %s",
                         belt_remote_get_name (remote), plugin->name, version, plugin->version);
          else if (error != NULL && *error == NULL)
            g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "%s has no plugin %s",
                         belt_remote_get_name (remote), plugin->name);
          g_string_free (text, TRUE);
          return NULL;
        }
      g_string_append_printf (text, ", plugin %s is version %s", plugin->name, version);
    }
  return g_string_free (text, FALSE);
}

static char *
run_step (BeltRemote         *remote,
          BeltDeployContent  *content,
          BeltDeployPlan     *plan,
          BeltDeployStep     *step,
          GCancellable       *cancellable,
          GError            **error)
{
  if (step->action == BELT_DEPLOY_SAME)
    return g_strdup ("nothing to do");

  switch (step->kind)
    {
    case BELT_DEPLOY_PLUGIN:
      return run_plugin (remote, content, plan, step, cancellable, error);

    case BELT_DEPLOY_STREAM:
    case BELT_DEPLOY_TABLE:
      return run_stream (remote, content, plan, step, cancellable, error);

    case BELT_DEPLOY_SCHEMA:
      return run_schema (remote, content, plan, step, cancellable, error);

    case BELT_DEPLOY_RULE:
      return run_rule (remote, content, plan, step, cancellable, error);

    case BELT_DEPLOY_READ_BACK:
      return run_read_back (remote, content, cancellable, error);

    default:
      g_assert_not_reached ();
    }
}

gboolean
belt_deploy_run (BeltRemote         *remote,
                 BeltDeployContent  *content,
                 BeltDeployPlan     *plan,
                 BeltDeployFunc      func,
                 gpointer            user_data,
                 GCancellable       *cancellable,
                 GError            **error)
{
  gboolean failed = FALSE;

  if (plan->refused)
    {
      for (guint i = 0; i < plan->steps->len; i++)
        {
          BeltDeployStep *step = g_ptr_array_index (plan->steps, i);

          if (step->action == BELT_DEPLOY_REFUSED)
            {
              g_set_error_literal (error, BELT_ERROR, BELT_ERROR_UNSUPPORTED, step->detail);
              return FALSE;
            }
        }
    }

  for (guint i = 0; i < plan->steps->len; i++)
    {
      BeltDeployStep *step = g_ptr_array_index (plan->steps, i);
      g_autoptr(GError) failure = NULL;

      if (failed)
        {
          step->state = BELT_DEPLOY_SKIPPED;
        }
      else
        {
          step->state = BELT_DEPLOY_RUNNING;
          if (func != NULL)
            func (plan, i, user_data);
          step->message = run_step (remote, content, plan, step, cancellable, &failure);
          step->state = step->message != NULL ? BELT_DEPLOY_DONE : BELT_DEPLOY_FAILED;
          if (step->message == NULL)
            {
              failed = TRUE;
              step->message = g_strdup (failure->message);
              g_propagate_prefixed_error (error, g_steal_pointer (&failure), "%s: ", step->title);
            }
        }
      if (func != NULL)
        func (plan, i, user_data);
    }
  return !failed;
}
