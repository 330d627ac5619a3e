/* belt-remote.c - another engine, spoken to over REST
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper says text/plain for JSON and writes errors as {"error", "message"};
 * both are taken as they are.  Its token goes into Authorization without the
 * word Bearer.
 */
#include "config.h"

#include "belt-remote.h"

#include "belt-error.h"
#include "belt-json-member.h"

#include <libsoup/soup.h>
#include <string.h>

#define TIMEOUT_S     10u            /* an engine that compiles nothing answers in milliseconds */
#define REPLY_LEN_MAX (16u << 20)    /* what is longer is not an engine's answer */

struct _BeltRemote
{
  char        *name;
  char        *url;      /* without a slash at the end */
  char        *token;
  SoupSession *session;
};

BeltRemote *
belt_remote_new (const char *name,
                 const char *url,
                 const char *token)
{
  BeltRemote *self = g_new0 (BeltRemote, 1);

  g_return_val_if_fail (url != NULL, NULL);

  self->name = g_strdup (name != NULL ? name : url);
  self->url = g_strdup (url);
  while (g_str_has_suffix (self->url, "/"))
    self->url[strlen (self->url) - 1] = '\0';
  self->token = g_strdup (token);
  return self;
}

void
belt_remote_free (BeltRemote *self)
{
  if (self == NULL)
    return;

  g_clear_object (&self->session);
  g_free (self->name);
  g_free (self->url);
  g_free (self->token);
  g_free (self);
}

const char *
belt_remote_get_name (BeltRemote *self)
{
  return self->name;
}

const char *
belt_remote_get_url (BeltRemote *self)
{
  return self->url;
}

void
belt_remote_reply_free (BeltRemoteReply *self)
{
  if (self == NULL)
    return;

  g_free (self->text);
  g_free (self);
}

char *
belt_remote_reply_dup_message (BeltRemoteReply *self)
{
  g_autoptr(JsonParser) parser = json_parser_new ();

  if (json_parser_load_from_data (parser, self->text, (gssize) self->len, NULL))
    {
      JsonNode *root = json_parser_get_root (parser);

      if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
        {
          JsonObject *object = json_node_get_object (root);
          const char *message = belt_json_get_text (object, "message", NULL);

          if (message != NULL)
            return g_strdup (message);
        }
    }

  if (self->len == 0)
    return g_strdup_printf ("HTTP status %u", self->status);
  return g_strstrip (g_strndup (self->text, MIN (self->len, 500)));
}

static SoupMessage *
new_message (BeltRemote  *self,
             const char  *method,
             const char  *path,
             GError     **error)
{
  g_autofree char *uri = g_strconcat (self->url, path, NULL);
  SoupMessage *message = soup_message_new (method, uri);

  if (message == NULL)
    g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
                 "“%s” is not an address; it looks like http://HOST:9081", self->url);
  return message;
}

static BeltRemoteReply *
send (BeltRemote    *self,
      SoupMessage   *message,
      GCancellable  *cancellable,
      GError       **error)
{
  g_autoptr(GError) failure = NULL;
  g_autoptr(GBytes) body = NULL;
  BeltRemoteReply *reply;

  if (self->session == NULL)
    self->session = soup_session_new_with_options ("timeout", TIMEOUT_S,
                                                   "user-agent", "beltworks/" BELT_VERSION, NULL);
  if (self->token != NULL)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization", self->token);

  body = soup_session_send_and_read (self->session, message, cancellable, &failure);
  if (body == NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&failure), "%s did not answer at %s: ", self->name,
                                  self->url);
      return NULL;
    }
  if (g_bytes_get_size (body) > REPLY_LEN_MAX)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO,
                   "%s answered with %" G_GSIZE_FORMAT " bytes; that is not an engine's answer",
                   self->name, g_bytes_get_size (body));
      return NULL;
    }

  reply = g_new0 (BeltRemoteReply, 1);
  reply->status = soup_message_get_status (message);
  reply->len = g_bytes_get_size (body);
  reply->text = g_strndup (g_bytes_get_data (body, NULL), reply->len);
  return reply;
}

BeltRemoteReply *
belt_remote_request (BeltRemote    *self,
                     const char    *method,
                     const char    *path,
                     const char    *json_body,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autoptr(SoupMessage) message = NULL;

  g_return_val_if_fail (self != NULL && path != NULL && path[0] == '/', NULL);

  if (!(message = new_message (self, method, path, error)))
    return NULL;
  if (json_body != NULL)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (json_body, strlen (json_body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  return send (self, message, cancellable, error);
}

static BeltRemoteReply *
require_success (BeltRemote       *self,
                 BeltRemoteReply  *reply,
                 const char       *method,
                 const char       *path,
                 GError          **error)
{
  g_autofree char *words = NULL;

  if (reply == NULL || (reply->status >= 200 && reply->status < 300))
    return reply;

  words = belt_remote_reply_dup_message (reply);
  g_set_error (error, BELT_ERROR, reply->status == 404 ? BELT_ERROR_NOT_FOUND : BELT_ERROR_FAILED,
               "%s refused %s %s (%u): %s", self->name, method, path, reply->status, words);
  belt_remote_reply_free (reply);
  return NULL;
}

BeltRemoteReply *
belt_remote_demand (BeltRemote    *self,
                    const char    *method,
                    const char    *path,
                    const char    *json_body,
                    GCancellable  *cancellable,
                    GError       **error)
{
  return require_success (self, belt_remote_request (self, method, path, json_body, cancellable, error),
                          method, path, error);
}

BeltRemoteInfo *
belt_remote_probe (BeltRemote    *self,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_autoptr(BeltRemoteReply) reply = belt_remote_demand (self, "GET", "/", NULL, cancellable, error);
  g_autoptr(JsonParser) parser = json_parser_new ();
  BeltRemoteInfo *info;
  JsonObject *object;

  if (reply == NULL)
    return NULL;
  if (!json_parser_load_from_data (parser, reply->text, (gssize) reply->len, NULL) ||
      json_parser_get_root (parser) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)) ||
      !json_object_has_member (json_node_get_object (json_parser_get_root (parser)), "version"))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_FAILED,
                   "%s answers at %s, but not as an eKuiper or beltd; is the port right?", self->name, self->url);
      return NULL;
    }

  object = json_node_get_object (json_parser_get_root (parser));
  info = g_new0 (BeltRemoteInfo, 1);
  info->version = g_strdup (belt_json_get_text (object, "version", ""));
  info->os = g_strdup (belt_json_get_text (object, "os", ""));
  info->arch = g_strdup (belt_json_get_text (object, "arch", ""));
  info->uptime_s = json_object_get_int_member_with_default (object, "upTimeSeconds", 0);
  if (json_object_has_member (object, "belt") && JSON_NODE_HOLDS_OBJECT (json_object_get_member (object, "belt")))
    {
      JsonObject *belt = json_object_get_object_member (object, "belt");

      info->is_belt = TRUE;
      info->libc_version = g_strdup (belt_json_get_text (belt, "libcVersion", ""));
      info->plugin_abi = g_strdup (belt_json_get_text (belt, "abi", ""));
    }
  return info;
}

void
belt_remote_info_free (BeltRemoteInfo *self)
{
  if (self == NULL)
    return;

  g_free (self->version);
  g_free (self->os);
  g_free (self->arch);
  g_free (self->libc_version);
  g_free (self->plugin_abi);
  g_free (self);
}

char *
belt_remote_upload (BeltRemote    *self,
                    const char    *file_name,
                    GBytes        *content,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autoptr(SoupMultipart) multipart = soup_multipart_new (SOUP_FORM_MIME_TYPE_MULTIPART);
  g_autofree char *uri = g_strconcat (self->url, "/config/uploads", NULL);
  g_autoptr(SoupMessage) message = NULL;
  g_autoptr(BeltRemoteReply) reply = NULL;

  soup_multipart_append_form_file (multipart, "uploadFile", file_name, "application/zip", content);
  message = soup_message_new_from_multipart (uri, multipart);
  if (message == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "“%s” is not an address", self->url);
      return NULL;
    }

  reply = require_success (self, send (self, message, cancellable, error), "POST", "/config/uploads", error);
  if (reply == NULL)
    return NULL;
  return g_strstrip (g_strndup (reply->text, reply->len));
}
