/* belt-http-spec.c - where and how HTTP sources and sinks ask
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-http-spec.h"

#include "belt-error.h"
#include "belt-properties.h"

#include <string.h>

static gboolean
configure_body (BeltHttpSpec *self,
                JsonObject   *properties,
                GError      **error)
{
  static const char *const types[] = {
    "none", "json", "text", "html", "xml", "javascript", "form", "formdata", "binary", NULL
  };
  static const char *const content_types[] = {
    NULL, "application/json", "text/plain", "text/html", "application/xml", "application/javascript",
    NULL, NULL, "application/octet-stream",
  };
  gboolean is_get = strcmp (self->method, "GET") == 0 || strcmp (self->method, "HEAD") == 0;
  guint type = is_get ? 0 : 1;

  if (!belt_properties_get_choice (properties, "bodyType", types, &type, error))
    return FALSE;

  if (type != 0 && content_types[type] == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property bodyType: %s is not sent by this engine; use json, text or binary", types[type]);
      return FALSE;
    }

  self->content_type = g_strdup (content_types[type]);
  return TRUE;
}

GUri *
belt_http_spec_parse_url (const char  *url,
                          GError     **error)
{
  GUri *uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  if (uri != NULL && g_uri_get_host (uri) != NULL &&
      (g_strcmp0 (g_uri_get_scheme (uri), "http") == 0 || g_strcmp0 (g_uri_get_scheme (uri), "https") == 0))
    return uri;

  g_clear_pointer (&uri, g_uri_unref);
  g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
               "property url: %s is not an address that begins with http:// or https://", url);
  return NULL;
}

static gboolean
configure_url (BeltHttpSpec *self,
               GError      **error)
{
  /* What a template makes of it is looked at then; eKuiper takes a rule without one, and fails each row. */
  self->is_template = strstr (self->url, "{{") != NULL;
  if (self->is_template || *self->url == '\0')
    return TRUE;

  self->uri = belt_http_spec_parse_url (self->url, error);
  return self->uri != NULL;
}

gboolean
belt_http_spec_configure (BeltHttpSpec *self,
                          JsonObject   *properties,
                          const char   *default_url,
                          const char   *suffix,
                          GError      **error)
{
  static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL };
  JsonNode *headers = belt_properties_lookup (properties, "headers");
  g_autofree char *url = g_strdup (default_url);
  guint method = 0;

  self->timeout_ms = 5000;
  if (!belt_properties_get_string (properties, "url", &url, error) ||
      !belt_properties_get_choice (properties, "method", methods, &method, error) ||
      !belt_properties_get_duration (properties, "timeout", &self->timeout_ms, error) ||
      !belt_properties_get_boolean (properties, "insecureSkipVerify", &self->insecure, error))
    return FALSE;

  self->url = g_strconcat (url, suffix, NULL);
  self->method = g_strdup (methods[method]);
  if (headers != NULL && !JSON_NODE_HOLDS_OBJECT (headers))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "property headers: expected an object of strings");
      return FALSE;
    }
  if (headers != NULL)
    self->headers = belt_properties_copy (json_node_get_object (headers));

  return configure_url (self, error) && configure_body (self, properties, error);
}

void
belt_http_spec_clear (BeltHttpSpec *self)
{
  g_clear_pointer (&self->headers, json_object_unref);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->method, g_free);
  g_clear_pointer (&self->url, g_free);
}

SoupSession *
belt_http_spec_new_session (BeltHttpSpec *self)
{
  /* Seconds are all it knows: at least one. */
  return soup_session_new_with_options ("timeout", (guint)MAX ((self->timeout_ms + 999) / 1000, 1),
                                        "user-agent", "beltworks/" BELT_VERSION, NULL);
}

static gboolean
accept_certificate_cb (SoupMessage         *message,
                       GTlsCertificate     *certificate,
                       GTlsCertificateFlags errors,
                       gpointer             user_data)
{
  return TRUE;
}

static void
add_headers (BeltHttpSpec *self,
             SoupMessage  *message)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (self->headers == NULL)
    return;

  json_object_iter_init (&iter, self->headers);
  while (json_object_iter_next (&iter, &name, &value))
    {
      g_autofree char *text = NULL;

      if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
        text = g_strdup (json_node_get_string (value));
      else
        text = json_to_string (value, FALSE);
      soup_message_headers_replace (soup_message_get_request_headers (message), name, text);
    }
}

SoupMessage *
belt_http_spec_new_message (BeltHttpSpec *self,
                            GUri         *uri,
                            GBytes       *payload)
{
  SoupMessage *message = soup_message_new_from_uri (self->method, uri != NULL ? uri : self->uri);

  add_headers (self, message);
  if (self->content_type != NULL && payload != NULL)
    soup_message_set_request_body_from_bytes (message, self->content_type, payload);
  if (self->insecure)
    g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_certificate_cb), NULL);

  return message;
}
