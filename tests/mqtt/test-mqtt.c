/* test-mqtt.c - the MQTT source and sink against a real broker
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-memory-bus.h"
#include "engine-fixture.h"
#include "mqtt-fixture.h"

#include <string.h>

static Broker broker;

static void
set_server (Fixture *fixture)
{
  g_autofree char *text = g_strdup_printf ("{\"server\":\"tcp://127.0.0.1:%u\"}", broker.port);
  g_autoptr(JsonObject) settings = fixture_parse (text);

  belt_engine_set_source_settings (fixture->engine, "mqtt", "here", settings, NULL);
  fixture_execute (fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"in/+/rows\", FORMAT=\"json\", "
                   "CONF_KEY=\"here\")");
}

static gboolean
is_source_up (Fixture    *fixture,
              const char *rule)
{
  return fixture_get_metric (fixture, rule, "source_demo_0_connection_status") == 1;
}

static gboolean
is_source_down (Fixture    *fixture,
                const char *rule)
{
  return fixture_get_metric (fixture, rule, "source_demo_0_connection_status") != 1;
}

static gboolean
is_sink_up (Fixture    *fixture,
            const char *rule)
{
  return fixture_get_metric (fixture, rule, "sink_mqtt_0_0_connection_status") == 1;
}

static void
test_source (void)
{
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  set_server (&fixture);
  fixture_create (&fixture, "{\"id\":\"m\",\"sql\":\"SELECT a, meta(topic) AS t, meta(qos) AS q FROM demo\","
                  "\"actions\":[{\"nop\":{\"sendSingle\":true}}]}");
  fixture_wait (&fixture, is_source_up, "m");
  broker_publish (&broker, "in/one/rows", "{\"a\": 1}");
  fixture_wait_emission (&fixture, "m/nop_0 {\"a\":1,\"q\":1,\"t\":\"in/one/rows\"}");
  fixture_clear (&fixture);
}

static void
test_reconnect (void)
{
  Fixture fixture;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  set_server (&fixture);
  fixture_create (&fixture, "{\"id\":\"m\",\"sql\":\"SELECT a FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_source_up, "m");
  broker_stop (&broker);
  fixture_wait (&fixture, is_source_down, "m");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "m"), ==, "running");
  broker_start (&broker);
  fixture_wait (&fixture, is_source_up, "m");
  broker_publish (&broker, "in/two/rows", "{\"a\": 2}");
  fixture_wait_emission (&fixture, "m/nop_0 [{\"a\":2}]");
  fixture_clear (&fixture);
}

typedef struct
{
  GString *text;
  guint    n_down;
} Heard;

static void
take_recording (const BeltRecording *recording,
                gpointer             user_data)
{
  Heard *heard = user_data;

  heard->n_down += recording->state == BELT_CONNECTION_DISCONNECTED;
  for (guint i = 0; i < recording->records->len; i++)
    {
      g_autofree char *text = belt_record_dup_text (g_ptr_array_index (recording->records, i));

      g_string_append_printf (heard->text, "%s\n", text);
    }
}

static BeltRecorder *
record_demo (Fixture *fixture,
             Heard   *heard)
{
  g_autoptr(BeltCatalog) catalog = belt_engine_dup_catalog (fixture->engine);
  g_autoptr(GError) error = NULL;
  BeltRecorder *recorder;

  *heard = (Heard) { g_string_new (NULL), 0 };
  recorder = belt_engine_record (fixture->engine, belt_catalog_lookup (catalog, "demo"), take_recording, heard, &error);
  g_assert_no_error (error);
  return recorder;
}

/* Two clients of one name throw each other out; one who listens beside a rule of that name must not. */
static void
test_listen_beside (void)
{
  g_autofree char *text = g_strdup_printf ("{\"server\":\"tcp://127.0.0.1:%u\",\"clientId\":\"gateway-7\"}",
                                           broker.port);
  g_autoptr(JsonObject) settings = fixture_parse (text);
  Fixture fixture;
  Heard heard;

  fixture_init (&fixture, BELT_ENGINE_SINKS_MUTED);
  set_server (&fixture);
  belt_engine_set_source_settings (fixture.engine, "mqtt", "here", settings, NULL);
  fixture_create (&fixture, "{\"id\":\"m\",\"sql\":\"SELECT a FROM demo\",\"actions\":[{\"nop\":{}}]}");
  fixture_wait (&fixture, is_source_up, "m");
  record_demo (&fixture, &heard);
  while (strstr (heard.text->str, "{\"a\": 0}") == NULL)
    {
      broker_publish (&broker, "in/one/rows", "{\"a\": 0}");
      g_main_context_iteration (NULL, FALSE);
    }
  for (guint i = 1; i <= 50; i++)
    {
      g_autofree char *row = g_strdup_printf ("{\"a\": %u}", i);

      broker_publish (&broker, "in/one/rows", row);
    }
  fixture_wait_emission (&fixture, "m/nop_0 [{\"a\":50}]");
  while (strstr (heard.text->str, "{\"a\": 50}") == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (heard.n_down, ==, 0);
  g_assert_nonnull (strstr (fixture.emissions->str, "m/nop_0 [{\"a\":1}]"));
  g_assert_true (is_source_up (&fixture, "m"));
  g_assert_cmpstr (fixture.notices->str, ==, "");
  fixture_clear (&fixture);
  g_string_free (heard.text, TRUE);
}

static void
publish_id (const char *topic,
            gint64      id)
{
  BeltMember member = { "id", 2, belt_value_f64 ((double)id) };
  BeltValue row = belt_value_map (&member, 1);

  belt_memory_bus_publish (topic, &row);
}

/* What is heard can be read and kept as a line. */
static void
test_listen_packed (void)
{
  g_autofree char *text = g_strdup_printf ("{\"server\":\"tcp://127.0.0.1:%u\",\"decompression\":\"gzip\"}",
                                           broker.port);
  g_autofree char *rule = g_strdup_printf ("{\"id\":\"m\",\"sql\":\"SELECT id FROM mem\",\"actions\":[{\"mqtt\":"
                                           "{\"server\":\"tcp://127.0.0.1:%u\",\"topic\":\"in/one/rows\","
                                           "\"sendSingle\":true,\"compression\":\"gzip\"}}]}", broker.port);
  g_autoptr(JsonObject) settings = fixture_parse (text);
  Fixture fixture;
  Heard heard;

  fixture_init (&fixture, 0);
  set_server (&fixture);
  belt_engine_set_source_settings (fixture.engine, "mqtt", "here", settings, NULL);
  fixture_execute (&fixture, "CREATE STREAM mem () WITH (DATASOURCE=\"listen\", TYPE=\"memory\")");
  fixture_create (&fixture, rule);
  fixture_wait (&fixture, is_sink_up, "m");
  record_demo (&fixture, &heard);
  while (strstr (heard.text->str, "{\"id\":7}\n") == NULL)
    {
      publish_id ("listen", 7);
      g_main_context_iteration (NULL, FALSE);
    }
  fixture_clear (&fixture);
  g_string_free (heard.text, TRUE);
}

typedef struct
{
  BrokerReader *reader;
  const char   *part;
} Expected;

static Expected expected;

static gboolean
has_arrived (Fixture    *fixture,
             const char *argument)
{
  g_autofree char *text = broker_reader_dup (expected.reader);

  return strstr (text, argument) != NULL;
}

static void
create_copying_rule (Fixture    *fixture,
                     const char *options)
{
  g_autofree char *rule = g_strdup_printf ("{\"id\":\"m\",\"sql\":\"SELECT id FROM mem\",\"actions\":[{\"mqtt\":"
                                           "{\"server\":\"tcp://127.0.0.1:%u\",\"topic\":\"out\","
                                           "\"sendSingle\":true,%s}}]}", broker.port, options);

  fixture_create (fixture, rule);
}

static void
test_sink (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_write (&fixture, "three.jsonl", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, "CREATE STREAM mem () WITH (DATASOURCE=\"three.jsonl\", TYPE=\"file\", CONF_KEY=\"up\")");
  expected.reader = broker_reader_new (&broker, "out");
  create_copying_rule (&fixture, "\"qos\":1");
  /* The rule's end waits until the broker has them. */
  fixture_wait_state (&fixture, "m", "stopped");
  fixture_wait (&fixture, has_arrived, "out {\"id\":1}\nout {\"id\":2}\nout {\"id\":3}\n");
  g_assert_cmpint (fixture_get_metric (&fixture, "m", "sink_mqtt_0_0_exceptions_total"), ==, 0);
  broker_reader_free (expected.reader);
  fixture_clear (&fixture);
}

/* A topic with a template is worked out for each payload, before fields are left out of it; one that is none is
 * counted. */
static void
test_topics (void)
{
  g_autofree char *rule = g_strdup_printf ("{\"id\":\"m\",\"sql\":\"SELECT id, place FROM mem\",\"actions\":[{\"mqtt\":"
                                           "{\"server\":\"tcp://127.0.0.1:%u\",\"topic\":\"from/{{.place}}\",\"qos\":1,"
                                           "\"sendSingle\":true,\"excludeFields\":[\"place\"]}}]}", broker.port);
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_write (&fixture, "three.jsonl", "{\"id\":1,\"place\":\"here\"}\n{\"id\":2,\"place\":\"a#\"}\n"
                 "{\"id\":3,\"place\":\"there\"}\n");
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, "CREATE STREAM mem () WITH (DATASOURCE=\"three.jsonl\", TYPE=\"file\", CONF_KEY=\"up\")");
  expected.reader = broker_reader_new (&broker, "from/+");
  fixture_create (&fixture, rule);
  fixture_wait_state (&fixture, "m", "stopped");
  fixture_wait (&fixture, has_arrived, "from/here {\"id\":1}\nfrom/there {\"id\":3}\n");
  g_assert_cmpint (fixture_get_metric (&fixture, "m", "sink_mqtt_0_0_exceptions_total"), ==, 1);
  broker_reader_free (expected.reader);
  fixture_clear (&fixture);
}

/* What comes while the broker is away is delivered when it is back. */
static void
test_sink_offline (void)
{
  Fixture fixture;

  fixture_init (&fixture, 0);
  fixture_write (&fixture, "three.jsonl", "{\"id\":4}\n{\"id\":5}\n");
  fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
  fixture_execute (&fixture, "CREATE STREAM mem () WITH (DATASOURCE=\"three.jsonl\", TYPE=\"file\", CONF_KEY=\"up\")");
  broker_stop (&broker);
  create_copying_rule (&fixture, "\"qos\":1,\"retained\":true");
  fixture_wait_emission (&fixture, "{\"id\":5}");
  g_assert_cmpstr (belt_engine_get_rule_state (fixture.engine, "m"), ==, "running");
  broker_start (&broker);
  fixture_wait (&fixture, is_sink_up, "m");
  fixture_wait_state (&fixture, "m", "stopped");
  expected.reader = broker_reader_new (&broker, "out");
  fixture_wait (&fixture, has_arrived, "out {\"id\":5}\n");  /* retained: the newest is kept */
  broker_reader_free (expected.reader);
  fixture_clear (&fixture);
}

static gboolean
has_decode_fault (Fixture    *fixture,
                  const char *rule)
{
  return strstr (fixture->notices->str, "decompression failed") != NULL;
}

/* One rule packs what the broker carries, another unpacks it. */
static void
test_packed (void)
{
  static const char *const methods[] = { "zlib", "gzip", "flate", "zstd" };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"server\":\"tcp://127.0.0.1:%u\",\"decompression\":\"%s\"}",
                                               broker.port, methods[i]);
      g_autofree char *options = g_strdup_printf ("\"qos\":1,\"compression\":\"%s\"", methods[i]);
      g_autoptr(JsonObject) settings = fixture_parse (text);
      Fixture fixture;

      fixture_init (&fixture, 0);
      fixture_write (&fixture, "three.jsonl", "{\"id\":7}\n{\"id\":8}\n");
      fixture_set_files (&fixture, "{\"fileType\":\"lines\"}");
      fixture_execute (&fixture,
                       "CREATE STREAM mem () WITH (DATASOURCE=\"three.jsonl\", TYPE=\"file\", CONF_KEY=\"up\")");
      belt_engine_set_source_settings (fixture.engine, "mqtt", "here", settings, NULL);
      fixture_execute (&fixture, "CREATE STREAM demo () WITH (DATASOURCE=\"out\", CONF_KEY=\"here\")");
      fixture_create (&fixture, "{\"id\":\"back\",\"sql\":\"SELECT id FROM demo\",\"actions\":[{\"log\":{}}]}");
      fixture_wait (&fixture, is_source_up, "back");
      create_copying_rule (&fixture, options);
      fixture_wait_emission (&fixture, "back/log_0 [{\"id\":7}]\n");
      fixture_wait_emission (&fixture, "back/log_0 [{\"id\":8}]\n");
      broker_publish (&broker, "out", "{\"id\":9}");
      fixture_wait (&fixture, has_decode_fault, "back");
      fixture_clear (&fixture);
    }
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  if (!broker_is_there ())
    {
      g_print ("1..0 # SKIP mosquitto is not installed\n");
      return 0;
    }

  g_test_add_func ("/mqtt/source", test_source);
  g_test_add_func ("/mqtt/listen-beside", test_listen_beside);
  g_test_add_func ("/mqtt/listen-packed", test_listen_packed);
  g_test_add_func ("/mqtt/reconnect", test_reconnect);
  g_test_add_func ("/mqtt/sink", test_sink);
  g_test_add_func ("/mqtt/sink-topics", test_topics);
  g_test_add_func ("/mqtt/sink-offline", test_sink_offline);
  g_test_add_func ("/mqtt/packed", test_packed);
  broker_start (&broker);
  result = g_test_run ();
  broker_stop (&broker);
  return result;
}
