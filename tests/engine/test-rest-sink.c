/* test-rest-sink.c - the REST sink and the HTTP source against a real HTTP server
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "engine-fixture.h"

#include <libsoup/soup.h>
#include <string.h>

typedef struct
{
  Fixture     fixture;
  SoupServer *server;
  guint       port;
  GString    *requests;     /* "METHOD PATH [X-Key] TYPE body\n" */
  guint       n_requests;
  guint       n_to_refuse;  /* so many answers are 503 */
  gboolean    silent;       /* never answers */
  gboolean    answers;      /* with the number of requests so far */
} RestFixture;

static void
handle_cb (SoupServer        *server,
           SoupServerMessage *message,
           const char        *path,
           GHashTable        *query,
           gpointer           user_data)
{
  RestFixture *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  const char *key = soup_message_headers_get_one (headers, "X-Key");

  self->n_requests++;
  if (self->silent)
    {
      soup_server_message_pause (message);
      return;
    }
  if (self->n_to_refuse > 0)
    {
      self->n_to_refuse--;
      soup_server_message_set_status (message, 503, NULL);
      return;
    }

  g_string_append_printf (self->requests, "%s %s [%s] %s %.*s\n", soup_server_message_get_method (message), path,
                          key != NULL ? key : "", type != NULL ? type : "-", (int)body->length, body->data);
  soup_server_message_set_status (message, 200, NULL);
  if (self->answers)
    {
      g_autofree char *text = g_strdup_printf ("{\"n\": %u}", self->n_requests);

      soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, text, strlen (text));
    }
}

static void
rest_fixture_init (RestFixture *self)
{
  g_autoptr(GError) error = NULL;
  g_autoslist (GUri) uris = NULL;

  memset (self, 0, sizeof (*self));
  fixture_init (&self->fixture, 0);
  self->requests = g_string_new (NULL);
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, handle_cb, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->port = (guint)g_uri_get_port (uris->data);

  fixture_write (&self->fixture, "rows.jsonl", "{\"id\":1,\"text\":\"a<b\"}\n{\"id\":2}\n{\"id\":3}\n");
  fixture_set_files (&self->fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&self->fixture,
                   "CREATE STREAM f () WITH (DATASOURCE=\"rows.jsonl\", TYPE=\"file\", CONF_KEY=\"up\")");
}

static void
rest_fixture_clear (RestFixture *self)
{
  fixture_clear (&self->fixture);
  soup_server_disconnect (self->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;  /* its connections close */
  g_object_unref (self->server);
  g_string_free (self->requests, TRUE);
}

static void
create_rule (RestFixture *self,
             const char  *properties)
{
  g_autofree char *rule = g_strdup_printf ("{\"id\":\"r\",\"sql\":\"SELECT * FROM f\",\"actions\":[{\"rest\":"
                                           "{\"url\":\"http://127.0.0.1:%u/hook\",%s}}]}", self->port, properties);

  fixture_create (&self->fixture, rule);
}

static void
test_post (void)
{
  RestFixture self;

  rest_fixture_init (&self);
  create_rule (&self, "\"method\":\"post\",\"headers\":{\"X-Key\":\"k1\"},\"sendSingle\":true");
  fixture_wait_state (&self.fixture, "r", "stopped");
  g_assert_cmpstr (self.requests->str, ==,
                   "POST /hook [k1] application/json {\"id\":1,\"text\":\"a\\u003cb\"}\n"
                   "POST /hook [k1] application/json {\"id\":2}\n"
                   "POST /hook [k1] application/json {\"id\":3}\n");
  g_assert_cmpint (fixture_get_metric (&self.fixture, "r", "sink_rest_0_0_exceptions_total"), ==, 0);
  rest_fixture_clear (&self);
}

/* An address and headers with a template are worked out for each payload; an address that is none costs its row. */
static void
test_addresses (void)
{
  g_autofree char *rule = NULL;
  RestFixture self;

  rest_fixture_init (&self);
  rule = g_strdup_printf ("{\"id\":\"r\",\"sql\":\"SELECT id, text FROM f\",\"actions\":[{\"rest\":{\"url\":"
                          "\"{{if eq .id 2.0}}nowhere{{else}}http://127.0.0.1:%u/of/{{.id}}{{end}}\","
                          "\"method\":\"post\",\"sendSingle\":true,\"fields\":[\"text\"],"
                          "\"headers\":{\"X-Key\":\"row {{.id}}\"}}}]}", self.port);
  fixture_create (&self.fixture, rule);
  fixture_wait_state (&self.fixture, "r", "stopped");
  g_assert_cmpstr (self.requests->str, ==,
                   "POST /of/1 [row 1] application/json {\"text\":\"a\\u003cb\"}\n"
                   "POST /of/3 [row 3] application/json {\"text\":null}\n");
  g_assert_cmpint (fixture_get_metric (&self.fixture, "r", "sink_rest_0_0_exceptions_total"), ==, 1);
  rest_fixture_clear (&self);
}

/* Without the cache an answer of 503 costs its row, and is counted. */
static void
test_refused (void)
{
  RestFixture self;

  rest_fixture_init (&self);
  self.n_to_refuse = 1;
  create_rule (&self, "\"method\":\"PUT\",\"sendSingle\":true");
  fixture_wait_state (&self.fixture, "r", "stopped");
  g_assert_cmpstr (self.requests->str, ==,
                   "PUT /hook [] application/json {\"id\":2}\nPUT /hook [] application/json {\"id\":3}\n");
  g_assert_cmpint (fixture_get_metric (&self.fixture, "r", "sink_rest_0_0_exceptions_total"), ==, 1);
  g_assert_nonnull (strstr (self.fixture.notices->str, "http return code: 503"));
  rest_fixture_clear (&self);
}

static void
test_retried (void)
{
  RestFixture self;

  rest_fixture_init (&self);
  self.n_to_refuse = 2;
  create_rule (&self, "\"method\":\"POST\",\"sendSingle\":true,\"enableCache\":true,\"resendInterval\":1,"
               "\"bodyType\":\"text\"");
  fixture_wait_state (&self.fixture, "r", "stopped");
  g_assert_cmpuint (self.n_requests, ==, 5);
  g_assert_cmpstr (self.requests->str, ==,
                   "POST /hook [] text/plain {\"id\":1,\"text\":\"a\\u003cb\"}\n"
                   "POST /hook [] text/plain {\"id\":2}\nPOST /hook [] text/plain {\"id\":3}\n");
  rest_fixture_clear (&self);
}

static gboolean
has_request (Fixture    *fixture,
             const char *argument)
{
  return ((RestFixture *)fixture)->n_requests > 0;
}

/* A server that hangs holds nobody: stopping takes the sinks' second, no more. */
static void
test_hanging_server (void)
{
  RestFixture self;
  gint64 before;

  rest_fixture_init (&self);
  self.silent = TRUE;
  create_rule (&self, "\"method\":\"POST\",\"timeout\":\"60s\"");
  fixture_wait (&self.fixture, has_request, "a request");
  before = g_get_monotonic_time ();
  g_assert_true (belt_engine_stop_rule (self.fixture.engine, "r", NULL));
  g_assert_cmpint (g_get_monotonic_time () - before, <, G_USEC_PER_SEC / 2);
  belt_engine_shutdown (self.fixture.engine);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 10 * G_USEC_PER_SEC);
  rest_fixture_clear (&self);
}

static gboolean
has_emission (Fixture    *fixture,
              const char *argument)
{
  return strstr (fixture->emissions->str, argument) != NULL;
}

/* The server tells how often it was asked: each answer is a row, and a refusal is not the end. */
static void
test_pull (void)
{
  RestFixture self;
  g_autofree char *text = NULL;
  g_autoptr(JsonObject) settings = NULL;

  rest_fixture_init (&self);
  self.answers = TRUE;
  self.n_to_refuse = 1;
  text = g_strdup_printf ("{\"url\":\"http://127.0.0.1:%u\",\"interval\":\"2ms\"}", self.port);
  settings = fixture_parse (text);
  belt_engine_set_source_settings (self.fixture.engine, "httppull", "here", settings, NULL);
  fixture_execute (&self.fixture, "CREATE STREAM p () WITH (DATASOURCE=\"/rows\", TYPE=\"httppull\", "
                   "CONF_KEY=\"here\")");
  fixture_create (&self.fixture, "{\"id\":\"r\",\"sql\":\"SELECT n FROM p WHERE n < 4\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&self.fixture, has_emission, "r/nop_0 [{\"n\":2}]\nr/nop_0 [{\"n\":3}]\n");
  g_assert_nonnull (strstr (self.fixture.notices->str, "http return code: 503"));
  g_assert_true (g_str_has_prefix (self.requests->str, "GET /rows [] - \nGET /rows [] - \n"));
  g_assert_true (belt_engine_stop_rule (self.fixture.engine, "r", NULL));
  rest_fixture_clear (&self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-sink/post", test_post);
  g_test_add_func ("/rest-sink/addresses", test_addresses);
  g_test_add_func ("/rest-sink/refused", test_refused);
  g_test_add_func ("/rest-sink/retried", test_retried);
  g_test_add_func ("/rest-sink/hanging-server", test_hanging_server);
  g_test_add_func ("/httppull", test_pull);
  return g_test_run ();
}
