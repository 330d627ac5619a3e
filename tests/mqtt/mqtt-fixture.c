/* mqtt-fixture.c - a real broker on a port of its own, and a client that is not ours
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "mqtt-fixture.h"

#include <mosquitto.h>
#include <string.h>

#define DEADLINE_S 20

static char *
find_program (void)
{
  char *path = g_find_program_in_path ("mosquitto");

  /* Debian keeps it out of a user's PATH. */
  return path != NULL ? path : g_find_program_in_path ("/usr/sbin/mosquitto");
}

gboolean
broker_is_there (void)
{
  g_autofree char *path = find_program ();

  return path != NULL;
}

static guint
find_free_port (void)
{
  g_autoptr(GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
wait_for_port (guint port)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_S * G_USEC_PER_SEC;
  g_autoptr(GSocketClient) client = g_socket_client_new ();

  for (;;)
    {
      g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16)port,
                                                                                 NULL, NULL);

      if (connection != NULL)
        return;
      if (g_get_monotonic_time () > deadline)
        g_error ("mosquitto does not listen on port %u", port);
      g_thread_yield ();
    }
}

void
broker_start (Broker *self)
{
  g_autofree char *path = find_program ();
  g_autofree char *port = NULL;
  g_autoptr(GError) error = NULL;

  mosquitto_lib_init ();
  if (self->port == 0)
    self->port = find_free_port ();
  port = g_strdup_printf ("%u", self->port);
  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                                    path, "-p", port, NULL);
  g_assert_no_error (error);
  wait_for_port (self->port);
}

void
broker_stop (Broker *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
}

static void
published_cb (struct mosquitto *mosq,
              void             *user_data,
              int               id)
{
  *(gboolean *)user_data = TRUE;
}

void
broker_publish (Broker     *self,
                const char *topic,
                const char *payload)
{
  gboolean acknowledged = FALSE;
  struct mosquitto *mosq = mosquitto_new (NULL, true, &acknowledged);
  int result;

  mosquitto_publish_callback_set (mosq, published_cb);
  result = mosquitto_connect (mosq, "127.0.0.1", (int)self->port, 60);
  if (result == MOSQ_ERR_SUCCESS)
    result = mosquitto_publish (mosq, NULL, topic, (int)strlen (payload), payload, 1, false);
  while (result == MOSQ_ERR_SUCCESS && !acknowledged)
    result = mosquitto_loop (mosq, 100, 1);
  g_assert_cmpint (result, ==, MOSQ_ERR_SUCCESS);
  mosquitto_disconnect (mosq);
  mosquitto_destroy (mosq);
}

struct _BrokerReader
{
  struct mosquitto *mosq;
  char             *filter;
  GMutex            mutex;
  GCond             cond;
  gboolean          subscribed;  /* guarded */
  GString          *text;        /* guarded */
};

static void
connect_cb (struct mosquitto *mosq,
            void             *user_data,
            int               code)
{
  BrokerReader *self = user_data;

  mosquitto_subscribe (mosq, NULL, self->filter, 1);
}

static void
subscribe_cb (struct mosquitto *mosq,
              void             *user_data,
              int               id,
              int               n_granted,
              const int        *granted)
{
  BrokerReader *self = user_data;

  g_mutex_lock (&self->mutex);
  self->subscribed = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static void
message_cb (struct mosquitto               *mosq,
            void                           *user_data,
            const struct mosquitto_message *message)
{
  BrokerReader *self = user_data;

  g_mutex_lock (&self->mutex);
  g_string_append_printf (self->text, "%s %.*s\n", message->topic, message->payloadlen,
                          (const char *)message->payload);
  g_mutex_unlock (&self->mutex);
}

BrokerReader *
broker_reader_new (Broker     *broker,
                   const char *filter)
{
  BrokerReader *self = g_new0 (BrokerReader, 1);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->text = g_string_new (NULL);
  self->filter = g_strdup (filter);
  self->mosq = mosquitto_new (NULL, true, self);
  mosquitto_connect_callback_set (self->mosq, connect_cb);
  mosquitto_subscribe_callback_set (self->mosq, subscribe_cb);
  mosquitto_message_callback_set (self->mosq, message_cb);
  g_assert_cmpint (mosquitto_connect (self->mosq, "127.0.0.1", (int)broker->port, 60), ==, MOSQ_ERR_SUCCESS);
  mosquitto_loop_start (self->mosq);

  g_mutex_lock (&self->mutex);
  while (!self->subscribed)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);

  return self;
}

char *
broker_reader_dup (BrokerReader *self)
{
  char *text;

  g_mutex_lock (&self->mutex);
  text = g_strdup (self->text->str);
  g_mutex_unlock (&self->mutex);
  return text;
}

void
broker_reader_free (BrokerReader *self)
{
  mosquitto_disconnect (self->mosq);
  mosquitto_loop_stop (self->mosq, false);
  mosquitto_destroy (self->mosq);
  g_string_free (self->text, TRUE);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self->filter);
  g_free (self);
}
