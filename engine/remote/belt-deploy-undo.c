/* belt-deploy-undo.c - the way back from a deploy
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * An undo record is a list of requests, newest first, one file an engine in the
 * project's history.  Bundles that were deployed are kept beside it, because an
 * engine does not give a plugin back.
 */
#include "config.h"

#include "belt-deploy-private.h"

#include "belt-error.h"
#include "belt-json-member.h"

#include <glib/gstdio.h>
#include <string.h>

char *
belt_deploy_history_get_bundle (const char *history_dir,
                                const char *kind,
                                const char *name,
                                const char *version)
{
  g_autofree char *file = g_strdup_printf ("%s-%s-%s.zip", kind, name, version);

  return g_build_filename (history_dir, "bundles", file, NULL);
}

gboolean
belt_deploy_history_keep (const char        *history_dir,
                          BeltDeployPlugin  *plugin,
                          GError           **error)
{
  g_autofree char *path = belt_deploy_history_get_bundle (history_dir, plugin->kind, plugin->name, plugin->version);
  g_autofree char *folder = g_path_get_dirname (path);
  gsize len;
  const char *data = g_bytes_get_data (plugin->zip, &len);

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "Making the folder “%s” failed", folder);
      return FALSE;
    }
  return g_file_set_contents (path, data, (gssize) len, error);
}

/* One file an engine, named after its address. */
static char *
get_record_path (BeltRemote *remote,
                 const char *history_dir)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, belt_remote_get_url (remote), -1);
  g_autofree char *file = g_strdup_printf ("undo-%.16s.json", sum);

  return g_build_filename (history_dir, file, NULL);
}

/* The newest change is taken back first. */
static void
prepend (BeltDeployPlan *plan,
         JsonObject     *request)
{
  JsonArray *longer = json_array_new ();

  json_array_add_object_element (longer, request);
  for (guint i = 0; i < json_array_get_length (plan->undo); i++)
    json_array_add_element (longer, json_node_copy (json_array_get_element (plan->undo, i)));
  json_array_unref (plan->undo);
  plan->undo = longer;
}

void
belt_deploy_undo_add (BeltDeployPlan *plan,
                      const char     *method,
                      const char     *path,
                      const char     *body,
                      const char     *bundle)
{
  JsonObject *request = json_object_new ();

  json_object_set_string_member (request, "method", method);
  json_object_set_string_member (request, "path", path);
  if (body != NULL)
    json_object_set_string_member (request, "body", body);
  if (bundle != NULL)
    json_object_set_string_member (request, "bundle", bundle);
  prepend (plan, request);
}

gboolean
belt_deploy_undo_add_plugin (BeltRemote         *remote,
                             BeltDeployPlan     *plan,
                             const char         *history_dir,
                             BeltDeployPlugin   *plugin,
                             GCancellable       *cancellable,
                             GError            **error)
{
  g_autoptr(GError) failure = NULL;
  g_autofree char *there = belt_deploy_read_plugin_version (remote, plugin->kind, plugin->name, cancellable, &failure);
  g_autofree char *path = g_strdup_printf ("/plugins/%s/%s", plugin->kind, plugin->name);
  g_autofree char *bundle = NULL;
  g_autofree char *body = NULL;
  g_autoptr(JsonObject) object = json_object_new ();

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (there == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED,
                   "plugin %s was there when the plan was made and is gone now; plan again", plugin->name);
      return FALSE;
    }

  bundle = belt_deploy_history_get_bundle (history_dir, plugin->kind, plugin->name, there);
  if (!g_file_test (bundle, G_FILE_TEST_EXISTS))
    return TRUE;   /* the plan has said that this one cannot be brought back */

  json_object_set_string_member (object, "name", plugin->name);
  if (plugin->symbols != NULL && plugin->symbols[0] != NULL)
    {
      JsonArray *array = json_array_new ();

      for (guint i = 0; plugin->symbols[i] != NULL; i++)
        json_array_add_string_element (array, plugin->symbols[i]);
      json_object_set_array_member (object, "functions", array);
    }
  body = belt_deploy_write_object (object);
  belt_deploy_undo_add (plan, "PUT", path, body, bundle);
  return TRUE;
}

gboolean
belt_deploy_undo_add_stream (BeltRemote      *remote,
                             BeltDeployPlan  *plan,
                             const char      *item,
                             gboolean         is_table,
                             GCancellable    *cancellable,
                             GError         **error)
{
  g_autoptr(BeltRemoteReply) before = belt_remote_demand (remote, "GET", item, NULL, cancellable, error);
  g_autoptr(JsonObject) details = NULL;
  g_autoptr(JsonObject) object = json_object_new ();
  g_autofree char *statement = NULL;
  g_autofree char *body = NULL;

  if (before == NULL)
    return FALSE;
  if (!(details = belt_deploy_parse_object (before->text)))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "%s describes %s in a way that cannot be read",
                   belt_remote_get_name (remote), item);
      return FALSE;
    }
  statement = belt_deploy_statement_from_details (details, is_table);
  json_object_set_string_member (object, "sql", statement);
  body = belt_deploy_write_object (object);
  belt_deploy_undo_add (plan, "PUT", item, body, NULL);
  return TRUE;
}

gboolean
belt_deploy_undo_save (BeltRemote      *remote,
                       BeltDeployPlan  *plan,
                       const char      *history_dir,
                       GError         **error)
{
  g_autofree char *path = get_record_path (remote, history_dir);
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autofree char *text = NULL;

  if (g_mkdir_with_parents (history_dir, 0777) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "Making the folder “%s” failed", history_dir);
      return FALSE;
    }
  json_node_set_array (node, plan->undo);
  text = json_to_string (node, TRUE);
  return g_file_set_contents (path, text, -1, error);
}

gboolean
belt_deploy_can_undo (BeltRemote *remote,
                      const char *history_dir)
{
  g_autofree char *path = get_record_path (remote, history_dir);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* A plugin goes back by its bundle: upload, then point the engine at it. */
static BeltRemoteReply *
send_bundle (BeltRemote    *remote,
             JsonObject    *request,
             GCancellable  *cancellable,
             GError       **error)
{
  const char *bundle = json_object_get_string_member (request, "bundle");
  g_autofree char *contents = NULL;
  g_autofree char *file_name = g_path_get_basename (bundle);
  g_autofree char *place = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *body = NULL;
  g_autoptr(JsonObject) object = NULL;
  g_autoptr(GBytes) bytes = NULL;
  gsize len;

  if (!g_file_get_contents (bundle, &contents, &len, error))
    return NULL;
  bytes = g_bytes_new_take (g_steal_pointer (&contents), len);
  if (!(place = belt_remote_upload (remote, file_name, bytes, cancellable, error)))
    return NULL;

  object = belt_deploy_parse_object (json_object_get_string_member (request, "body"));
  uri = g_strconcat ("file://", place, NULL);
  json_object_set_string_member (object, "file", uri);
  body = belt_deploy_write_object (object);
  return belt_remote_demand (remote, json_object_get_string_member (request, "method"),
                             json_object_get_string_member (request, "path"), body, cancellable, error);
}

/* What the engine says is there now. */
static gboolean
read_back (BeltRemote    *remote,
           JsonObject    *request,
           GString       *report,
           GCancellable  *cancellable,
           GError       **error)
{
  const char *path = json_object_get_string_member (request, "path");
  gboolean gone = g_str_equal (json_object_get_string_member (request, "method"), "DELETE");
  g_autoptr(BeltRemoteReply) reply = belt_remote_request (remote, "GET", path, NULL, cancellable, error);
  g_autoptr(JsonObject) there = NULL;

  if (reply == NULL)
    return FALSE;
  if (gone != (reply->status >= 400))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED, "after undo, %s is %s on %s", path,
                   gone ? "still" : "no longer", belt_remote_get_name (remote));
      return FALSE;
    }

  g_string_append_printf (report, "%s%s", report->len > 0 ? "\n" : "", path + 1);
  if (gone)
    {
      g_string_append (report, " is gone, as before");
      return TRUE;
    }
  there = belt_deploy_parse_object (reply->text);
  if (there != NULL && json_object_has_member (there, "version") && g_str_has_prefix (path, "/plugins/"))
    g_string_append_printf (report, " is version %s again",
                            belt_json_get_text (there, "version", "?"));
  else if (there != NULL && json_object_has_member (there, "sql"))
    g_string_append_printf (report, " reads again: %s", belt_json_get_text (there, "sql", ""));
  else
    g_string_append (report, " is as before");
  return TRUE;
}

char *
belt_deploy_undo (BeltRemote    *remote,
                  const char    *history_dir,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_autofree char *path = get_record_path (remote, history_dir);
  g_autoptr(JsonParser) parser = json_parser_new ();
  GString *report;
  JsonArray *requests;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "Nothing was deployed to %s from here that could be undone",
                   belt_remote_get_name (remote));
      return NULL;
    }
  if (!json_parser_load_from_file (parser, path, error))
    return NULL;
  requests = json_node_get_array (json_parser_get_root (parser));

  for (guint i = 0; i < json_array_get_length (requests); i++)
    {
      JsonObject *request = json_array_get_object_element (requests, i);
      const char *method = json_object_get_string_member (request, "method");
      const char *item = json_object_get_string_member (request, "path");
      g_autoptr(BeltRemoteReply) reply = NULL;
      g_autoptr(GError) failure = NULL;

      if (json_object_has_member (request, "bundle"))
        reply = send_bundle (remote, request, cancellable, &failure);
      else
        reply = belt_remote_demand (remote, method, item,
                                    belt_json_get_text (request, "body", NULL), cancellable,
                                    &failure);
      /* What a failed deploy never made need not be taken away. */
      if (reply == NULL && !g_str_equal (method, "DELETE"))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return NULL;
        }
    }

  report = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (requests); i++)
    {
      if (!read_back (remote, json_array_get_object_element (requests, i), report, cancellable, error))
        {
          g_string_free (report, TRUE);
          return NULL;
        }
    }
  (void) g_unlink (path);   /* a record that stays would only undo to the same state again */
  return g_string_free (report, FALSE);
}
