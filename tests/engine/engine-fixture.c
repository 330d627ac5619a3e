/* engine-fixture.c - an engine in a folder of its own, and waiting for things to come true
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "engine-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static void
note_emission (const char *rule_id,
               const char *sink,
               const char *payload,
               gsize       len,
               gpointer    user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->emissions, "%s/%s %.*s\n", rule_id, sink, (int)len, payload);
  fixture->n_emissions++;
}

static void
note_notice (const char *rule_id,
             const char *place,
             const char *message,
             gpointer    user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->notices, "%s %s: %s\n", rule_id, place != NULL ? place : "-", message);
}

static void
open_engine (Fixture *fixture,
             guint    flags)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *data = g_build_filename (fixture->dir, "data", NULL);

  fixture->engine = belt_engine_new (data, flags, &error);
  g_assert_no_error (error);
  belt_engine_set_base_dir (fixture->engine, fixture->dir);
  belt_engine_set_emission_func (fixture->engine, note_emission, fixture, NULL);
  belt_engine_set_notice_func (fixture->engine, note_notice, fixture, NULL);
}

void
fixture_init (Fixture *fixture,
              guint    flags)
{
  memset (fixture, 0, sizeof (*fixture));
  fixture->dir = g_build_filename (g_get_tmp_dir (), "belt-engine-XXXXXX", NULL);
  g_assert_nonnull (g_mkdtemp (fixture->dir));
  fixture->emissions = g_string_new (NULL);
  fixture->notices = g_string_new (NULL);
  open_engine (fixture, flags);
}

void
fixture_reopen (Fixture *fixture,
                guint    flags)
{
  belt_engine_shutdown (fixture->engine);
  g_clear_object (&fixture->engine);
  open_engine (fixture, flags);
}

static void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

void
fixture_clear (Fixture *fixture)
{
  belt_engine_shutdown (fixture->engine);
  g_clear_object (&fixture->engine);
  remove_tree (fixture->dir);
  g_string_free (fixture->emissions, TRUE);
  g_string_free (fixture->notices, TRUE);
  g_free (fixture->dir);
}

void
fixture_write (Fixture    *fixture,
               const char *name,
               const char *content)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
  g_autoptr(GError) error = NULL;

  g_file_set_contents (path, content, -1, &error);
  g_assert_no_error (error);
}

char *
fixture_read (Fixture    *fixture,
              const char *name)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
  g_autoptr(GError) error = NULL;
  char *content = NULL;

  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  return content;
}

void
fixture_execute (Fixture    *fixture,
                 const char *statement)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = belt_engine_execute (fixture->engine, statement, FALSE, FALSE, &error);

  g_assert_no_error (error);
}

JsonObject *
fixture_parse (const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = json_from_string (text, &error);

  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (node));
}

void
fixture_set_files (Fixture    *fixture,
                   const char *properties)
{
  g_autoptr(JsonObject) settings = fixture_parse (properties);
  g_autoptr(GError) error = NULL;

  json_object_set_string_member (settings, "path", fixture->dir);
  belt_engine_set_source_settings (fixture->engine, "file", "up", settings, &error);
  g_assert_no_error (error);
}

void
fixture_create (Fixture    *fixture,
                const char *rule)
{
  g_autoptr(JsonObject) object = fixture_parse (rule);
  g_autoptr(GError) error = NULL;

  belt_engine_create_rule (fixture->engine, NULL, object, &error);
  g_assert_no_error (error);
}

char *
fixture_refuse (Fixture    *fixture,
                const char *rule)
{
  g_autoptr(JsonObject) object = fixture_parse (rule);
  g_autoptr(GError) error = NULL;

  g_assert_false (belt_engine_create_rule (fixture->engine, NULL, object, &error));
  g_assert_nonnull (error);
  return g_strdup (error->message);
}

static gboolean
wake_up_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;  /* so that a condition another thread makes true is looked at again */
}

void
fixture_wait (Fixture         *fixture,
              FixtureCondition condition,
              const char      *argument)
{
  gint64 deadline = g_get_monotonic_time () + FIXTURE_DEADLINE_S * G_USEC_PER_SEC;
  guint timer = g_timeout_add (5, wake_up_cb, NULL);

  while (!condition (fixture, argument))
    {
      if (g_get_monotonic_time () > deadline)
        g_error ("waited in vain for “%s”; emissions:\n%s\nnotices:\n%s", argument, fixture->emissions->str,
                 fixture->notices->str);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (timer);
}

static gboolean
has_state (Fixture    *fixture,
           const char *argument)
{
  g_auto(GStrv) parts = g_strsplit (argument, " is ", 2);

  return strcmp (belt_engine_get_rule_state (fixture->engine, parts[0]), parts[1]) == 0;
}

void
fixture_wait_state (Fixture    *fixture,
                    const char *rule,
                    const char *state)
{
  g_autofree char *argument = g_strconcat (rule, " is ", state, NULL);

  fixture_wait (fixture, has_state, argument);
}

static gboolean
has_emission (Fixture    *fixture,
              const char *argument)
{
  return strstr (fixture->emissions->str, argument) != NULL;
}

void
fixture_wait_emission (Fixture    *fixture,
                       const char *part)
{
  fixture_wait (fixture, has_emission, part);
}

gint64
fixture_get_metric (Fixture    *fixture,
                    const char *rule,
                    const char *metric)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) status = belt_engine_get_rule_status (fixture->engine, rule, &error);

  g_assert_no_error (error);
  g_assert_true (json_object_has_member (status, metric));
  return json_object_get_int_member (status, metric);
}
