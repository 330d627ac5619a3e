/* belt-http-fetch.c - the content behind an address that a request names
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-http-fetch.h"

#include <string.h>

#define CONTENT_LEN_MAX (64u << 20)   /* a plugin zip */
#define TIMEOUT_S       60u

typedef struct
{
  char         *uri;
  gboolean      private_net;
  char         *refused;      /* the address that was refused */
  GCancellable *cancellable;
} Fetch;

static void
fetch_free (gpointer data)
{
  Fetch *self = data;

  g_free (self->uri);
  g_free (self->refused);
  g_object_unref (self->cancellable);
  g_free (self);
}

static gboolean
is_internal (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);
  static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    {
      g_autoptr(GInetAddress) inner = NULL;

      /* fc00::/7, which GLib does not count as local, and an IPv4 address in IPv6's clothes. */
      if ((bytes[0] & 0xfe) == 0xfc)
        return TRUE;
      if (memcmp (bytes, mapped, sizeof mapped) == 0)
        {
          inner = g_inet_address_new_from_bytes (bytes + sizeof mapped, G_SOCKET_FAMILY_IPV4);
          return is_internal (inner);
        }
    }

  return g_inet_address_get_is_loopback (address) || g_inet_address_get_is_link_local (address) ||
         g_inet_address_get_is_site_local (address) || g_inet_address_get_is_multicast (address) ||
         g_inet_address_get_is_any (address);
}

static void
network_event_cb (SoupMessage        *message,
                  GSocketClientEvent  event,
                  GIOStream          *connection,
                  gpointer            user_data)
{
  Fetch *fetch = user_data;
  g_autoptr(GSocketAddress) address = NULL;

  if (event != G_SOCKET_CLIENT_CONNECTING || fetch->private_net || !G_IS_SOCKET_CONNECTION (connection))
    return;

  address = g_socket_connection_get_remote_address (G_SOCKET_CONNECTION (connection), NULL);
  if (G_IS_INET_SOCKET_ADDRESS (address) &&
      is_internal (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address))))
    {
      g_autofree char *ip =
        g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
      guint port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));

      g_free (fetch->refused);
      fetch->refused = g_strdup_printf ("Get \"%s\": dial tcp %s:%u: ip %s is in internal network", fetch->uri, ip,
                                        port, ip);
      g_cancellable_cancel (fetch->cancellable);
    }
}

static void
belt_http_fetch_async_read_cb (GObject      *object,
                               GAsyncResult *result,
                               gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (object), result);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);

  if (fetch->refused != NULL)
    g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_INVALID, "%s", fetch->refused);
  else if (bytes == NULL)
    g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_IO, "Get \"%s\": %s", fetch->uri, error->message);
  else if (soup_message_get_status (message) != 200)
    g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_IO, "cannot download the file, status: %u %s",
                             soup_message_get_status (message), soup_message_get_reason_phrase (message));
  else if (g_bytes_get_size (bytes) > CONTENT_LEN_MAX)
    g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_INVALID, "%s is larger than %u bytes", fetch->uri,
                             CONTENT_LEN_MAX);
  else
    g_task_return_pointer (task, g_steal_pointer (&bytes), (GDestroyNotify)g_bytes_unref);
}

static void
read_file (GTask      *task,
           const char *path)
{
  g_autofree char *content = NULL;
  gsize len;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR) || !g_file_get_contents (path, &content, &len, NULL))
    g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_IO, "stat %s: no such file or directory", path);
  else
    g_task_return_pointer (task, g_bytes_new_take (g_steal_pointer (&content), len), (GDestroyNotify)g_bytes_unref);
}

void
belt_http_fetch_async (BeltHttp            *self,
                       const char          *uri,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self->server, NULL, callback, user_data);
  g_autofree char *scheme = g_uri_parse_scheme (uri);
  g_autoptr(SoupMessage) message = NULL;
  Fetch *fetch;

  if (g_strcmp0 (scheme, "file") == 0)
    {
      g_autofree char *path = g_uri_unescape_string (uri + strlen ("file://"), NULL);

      read_file (task, path != NULL ? path : "");
      return;
    }
  if (g_strcmp0 (scheme, "http") != 0 && g_strcmp0 (scheme, "https") != 0)
    {
      g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_INVALID, "unsupported url scheme %s",
                               scheme != NULL ? scheme : "");
      return;
    }
  if (!(message = soup_message_new ("GET", uri)))
    {
      g_task_return_new_error (task, BELT_ERROR, BELT_ERROR_INVALID, "invalid url %s", uri);
      return;
    }

  fetch = g_new0 (Fetch, 1);
  fetch->uri = g_strdup (uri);
  fetch->private_net = self->private_net;
  fetch->cancellable = g_cancellable_new ();
  g_task_set_task_data (task, fetch, fetch_free);
  g_signal_connect (message, "network-event", G_CALLBACK (network_event_cb), fetch);
  if (self->session == NULL)
    self->session = soup_session_new_with_options ("timeout", TIMEOUT_S, "user-agent", "beltd/" BELT_VERSION, NULL);
  soup_session_send_and_read_async (self->session, message, G_PRIORITY_DEFAULT, fetch->cancellable,
                                    belt_http_fetch_async_read_cb, g_steal_pointer (&task));
}

GBytes *
belt_http_fetch_finish (GAsyncResult  *result,
                        GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
