/* belt-http-listener.c - the connections of beltd: taken, counted, and closed when nobody speaks
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-http-listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define BACKLOG       1024
#define RETRY_MS      200u    /* after there was no descriptor for a connection */
#define CONNECTIONS_MIN 16u

typedef struct
{
  BeltHttpListener  *listener;
  GSocketConnection *stream;   /* libsoup's; told when it goes */
  GList             *link;     /* in the queue */
  char              *remote;
} Connection;

struct _BeltHttpListener
{
  SoupServer       *server;
  GSocket          *socket;
  GSource          *source;      /* accepts, or waits to try again */
  GQueue            connections; /* of Connection, that which was silent for longest first */
  GHashTable       *by_remote;   /* "127.0.0.1:5678" → Connection* */
  guint             connections_max;
  GSocketSourceFunc accept;      /* what source calls */
};

static char *
write_address (GSocketAddress *address)
{
  GInetAddress *ip;
  g_autofree char *text = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup ("");
  ip = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  text = g_inet_address_to_string (ip);
  return g_strdup_printf (g_inet_address_get_family (ip) == G_SOCKET_FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", text,
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}

/* As many descriptors as the system lets us have; most of them are for sources and sinks. */
static guint
count_connections_max (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return CONNECTIONS_MIN;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    getrlimit (RLIMIT_NOFILE, &limit);
  return (guint)CLAMP (limit.rlim_cur / 4, CONNECTIONS_MIN, BELT_HTTP_CONNECTIONS_MAX);
}

static void
forget_connection (gpointer  data,
                   GObject  *gone)
{
  Connection *connection = data;
  BeltHttpListener *self = connection->listener;

  /* Its address may be another's by now. */
  if (g_hash_table_lookup (self->by_remote, connection->remote) == connection)
    g_hash_table_remove (self->by_remote, connection->remote);
  g_queue_delete_link (&self->connections, connection->link);
  g_free (connection->remote);
  g_free (connection);
}

/* It is libsoup's from here on. */
static void
let_go (Connection *connection)
{
  g_object_weak_unref (G_OBJECT (connection->stream), forget_connection, connection);
  forget_connection (connection, NULL);
}

/* Whoever reads from it then sees its end, and closes it. */
static void
shut (Connection *connection)
{
  g_socket_shutdown (g_socket_connection_get_socket (connection->stream), TRUE, TRUE, NULL);
}

static void
drop_most_silent (BeltHttpListener *self)
{
  Connection *connection = g_queue_peek_head (&self->connections);

  shut (connection);
  let_go (connection);
}

static void
add_connection (BeltHttpListener  *self,
                GSocketConnection *stream,
                char              *remote)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->listener = self;
  connection->stream = stream;
  connection->remote = remote;
  g_queue_push_tail (&self->connections, connection);
  connection->link = g_queue_peek_tail_link (&self->connections);
  g_hash_table_replace (self->by_remote, connection->remote, connection);
  g_object_weak_ref (G_OBJECT (stream), forget_connection, connection);
}

static void
take_connection (BeltHttpListener *self,
                 GSocket          *socket)
{
  g_autoptr(GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr(GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  g_autoptr(GSocketConnection) stream = NULL;
  g_autoptr(GError) error = NULL;

  if (local == NULL || remote == NULL)  /* it hung up already */
    return;
  if (self->connections.length >= self->connections_max)
    drop_most_silent (self);

  g_socket_set_timeout (socket, BELT_HTTP_SILENCE_MAX_S);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  stream = g_socket_connection_factory_create_connection (socket);
  add_connection (self, stream, write_address (remote));
  if (!soup_server_accept_iostream (self->server, G_IO_STREAM (stream), local, remote, &error))
    g_warning ("taking a connection: %s", error->message);
}

static void
watch (BeltHttpListener *self)
{
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (self->accept), self, NULL);
  g_source_attach (self->source, NULL);
}

static gboolean
retry_cb (gpointer user_data)
{
  BeltHttpListener *self = user_data;

  g_clear_pointer (&self->source, g_source_unref);
  watch (self);
  return G_SOURCE_REMOVE;
}

/* Without a descriptor the socket stays readable: wait, do not spin. */
static void
wait_and_retry (BeltHttpListener *self)
{
  if (self->connections.length > 0)
    drop_most_silent (self);
  g_clear_pointer (&self->source, g_source_unref);
  self->source = g_timeout_source_new (RETRY_MS);
  g_source_set_callback (self->source, retry_cb, self, NULL);
  g_source_attach (self->source, NULL);
}

static gboolean
accept_cb (GSocket      *listening,
           GIOCondition  condition,
           gpointer      user_data)
{
  BeltHttpListener *self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocket) socket = g_socket_accept (listening, NULL, &error);

  if (socket != NULL)
    {
      take_connection (self, socket);
      return G_SOURCE_CONTINUE;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;

  g_warning ("taking a connection: %s", error->message);
  wait_and_retry (self);
  return G_SOURCE_REMOVE;
}

/* libsoup keeps a connection for further requests only if it has a listener of its own: here is a deaf one. */
static gboolean
add_decoy (SoupServer  *server,
           GError     **error)
{
  g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr(GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  int deaf;

  if (socket == NULL || !g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error) ||
      !soup_server_listen_socket (server, socket, 0, error))
    return FALSE;

  deaf = eventfd (0, EFD_CLOEXEC);
  if (deaf < 0 || dup3 (deaf, g_socket_get_fd (socket), O_CLOEXEC) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s", g_strerror (errno));
      return FALSE;
    }
  close (deaf);
  return TRUE;
}

BeltHttpListener *
belt_http_listener_new (SoupServer      *server,
                        GSocketAddress  *address,
                        GError         **error)
{
  g_autoptr(GSocket) socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                                            G_SOCKET_PROTOCOL_TCP, error);
  BeltHttpListener *self;

  if (socket == NULL)
    return NULL;
  g_socket_set_listen_backlog (socket, BACKLOG);
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error) ||
      !add_decoy (server, error))
    return NULL;

  self = g_new0 (BeltHttpListener, 1);
  self->server = server;
  self->socket = g_steal_pointer (&socket);
  g_queue_init (&self->connections);
  self->by_remote = g_hash_table_new (g_str_hash, g_str_equal);
  self->connections_max = count_connections_max ();
  self->accept = accept_cb;
  watch (self);
  return self;
}

void
belt_http_listener_free (BeltHttpListener *self)
{
  if (self == NULL)
    return;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  while (self->connections.length > 0)
    let_go (g_queue_peek_head (&self->connections));
  g_hash_table_unref (self->by_remote);
  g_free (self);
}

char *
belt_http_listener_dup_uri (BeltHttpListener *self)
{
  g_autoptr(GSocketAddress) address = g_socket_get_local_address (self->socket, NULL);
  g_autofree char *text = write_address (address);

  return g_strconcat ("http://", text, NULL);
}

static Connection *
find_connection (BeltHttpListener  *self,
                 SoupServerMessage *message)
{
  g_autofree char *remote = write_address (soup_server_message_get_remote_address (message));

  return g_hash_table_lookup (self->by_remote, remote);
}

void
belt_http_listener_note (BeltHttpListener  *self,
                         SoupServerMessage *message)
{
  Connection *connection = find_connection (self, message);

  if (connection == NULL)
    return;
  g_queue_unlink (&self->connections, connection->link);
  g_queue_push_tail_link (&self->connections, connection->link);
}

void
belt_http_listener_drop (BeltHttpListener  *self,
                         SoupServerMessage *message)
{
  Connection *connection = find_connection (self, message);

  if (connection != NULL)
    shut (connection);
}
