/* test-plugin-io.c - sources and sinks in plugin hosts
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "plugin-kit.h"

#include "belt-json.h"
#include "belt-sink.h"
#include "belt-source.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A runtime that keeps what it is told. */
typedef struct
{
  BeltSourceHost source;
  BeltSinkHost   sink;
  GPtrArray     *rows;      /* texts */
  GPtrArray     *faults;
  GPtrArray     *statuses;
  gboolean       ended;
  guint          n_failed_rows;
} Runtime;

static Runtime *runtime;

static void
on_row (BeltSourceHost  *host,
        const BeltValue *row,
        const BeltValue *metadata)
{
  GString *text = g_string_new (NULL);

  belt_json_write (text, row);
  g_ptr_array_add (runtime->rows, g_string_free (text, FALSE));
}

static void
on_payload (BeltSourceHost  *host,
            const char      *data,
            gsize            len,
            gboolean         lines,
            const char      *place,
            const BeltValue *metadata)
{
  g_ptr_array_add (runtime->rows, g_strndup (data, len));
}

static void
on_source_status (BeltSourceHost      *host,
                  BeltConnectionState  state,
                  const char          *message)
{
  g_ptr_array_add (runtime->statuses, g_strdup_printf ("%d %s", state, message != NULL ? message : ""));
}

static void
on_source_fault (BeltSourceHost *host,
                 const char     *message)
{
  g_ptr_array_add (runtime->faults, g_strdup (message));
}

static void
on_end (BeltSourceHost *host)
{
  runtime->ended = TRUE;
}

static GMainContext *
get_source_context (BeltSourceHost *host)
{
  return NULL;
}

static void
on_sink_status (BeltSinkHost *host,
                int           state,
                const char   *message)
{
  g_ptr_array_add (runtime->statuses, g_strdup_printf ("%d %s", state, message != NULL ? message : ""));
}

static void
on_sink_fault (BeltSinkHost *host,
               const char   *message,
               guint         n_rows)
{
  g_ptr_array_add (runtime->faults, g_strdup (message));
  runtime->n_failed_rows += n_rows;
}

static void
on_congested (BeltSinkHost *host,
              gboolean      congested)
{
}

static GMainContext *
get_sink_context (BeltSinkHost *host)
{
  return NULL;
}

static const char *
get_rule_id (BeltSinkHost *host)
{
  return "r1";
}

typedef struct
{
  Runtime        runtime;
  BeltPluginSet *set;
  char          *path;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static int n;
  Runtime *self = &fixture->runtime;

  runtime = self;
  self->source = (BeltSourceHost) { on_payload, on_row, on_source_status, on_source_fault, on_end,
                                    get_source_context, NULL };
  self->sink = (BeltSinkHost) { on_sink_status, on_sink_fault, on_congested, get_sink_context, NULL, get_rule_id };
  self->rows = g_ptr_array_new_with_free_func (g_free);
  self->faults = g_ptr_array_new_with_free_func (g_free);
  self->statuses = g_ptr_array_new_with_free_func (g_free);
  fixture->set = belt_plugin_set_new ();
  fixture->path = g_strdup_printf ("%s/out-%d", plugin_kit_get_folder (), ++n);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  belt_plugin_set_unref (fixture->set);
  g_ptr_array_unref (fixture->runtime.rows);
  g_ptr_array_unref (fixture->runtime.faults);
  g_ptr_array_unref (fixture->runtime.statuses);
  g_free (fixture->path);
}

static void
kill_host (Fixture    *fixture,
           const char *name)
{
  g_autoptr(JsonNode) info = belt_plugin_set_describe (fixture->set, name);
  pid_t pid = (pid_t)json_object_get_int_member (json_node_get_object (info), "pid");

  if (pid > 0)
    kill (pid, SIGKILL);
}

static BeltSource *
start_source (Fixture    *fixture,
              const char *type,
              const char *properties)
{
  g_autoptr(JsonNode) node = json_from_string (properties, NULL);
  g_autoptr(GError) error = NULL;
  BeltSource *source = belt_source_new (type, "here", json_node_get_object (node), &error);

  g_assert_no_error (error);
  g_assert_true (belt_source_start (source, &fixture->runtime.source, &error));

  return source;
}

static void
test_source (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *text = plugin_kit_template ("source", "ticks");
  BeltSource *source;

  plugin_kit_install (fixture->set, "ticks", text, BELT_PROCESS_FENCED);
  source = start_source (fixture, "ticks", "{\"count\":1000}");
  while (!runtime->ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (runtime->rows->len, ==, 1000);
  g_assert_cmpstr (g_ptr_array_index (runtime->rows, 999), ==, "{\"n\":999,\"value\":999}");
  source->klass->stop (source);
  belt_source_free (source);
}

static void
test_source_config (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree char *text = plugin_kit_template ("source", "ticks");
  g_autoptr(JsonNode) node = json_from_string ("{\"count\":\"many\"}", NULL);
  g_autoptr(GError) error = NULL;

  plugin_kit_install (fixture->set, "ticks", text, BELT_PROCESS_HOST);
  g_assert_null (belt_source_new ("ticks", "", json_node_get_object (node), &error));
  g_assert_cmpstr (error->message, ==, "source ticks: the property “count” must be of type integer, not \"many\"");
}

/* Kills and new builds on the way: each row once, in order. */
static void
test_source_goes_on (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *text = plugin_kit_template ("source", "ticks");
  BeltSource *source;
  guint next_event = 2000;

  plugin_kit_install (fixture->set, "ticks", text, BELT_PROCESS_HOST);
  source = start_source (fixture, "ticks", "{\"count\":40000}");
  while (!runtime->ended)
    {
      g_main_context_iteration (NULL, TRUE);
      if (runtime->rows->len > next_event)
        {
          if (next_event % 8000 == 2000)
            kill_host (fixture, "ticks");
          else if (next_event % 8000 == 6000)
            plugin_kit_install (fixture->set, "ticks", text, BELT_PROCESS_HOST);
          next_event += 4000;
        }
    }
  g_assert_cmpuint (runtime->rows->len, ==, 40000);
  for (guint i = 0; i < runtime->rows->len; i++)
    {
      g_autofree char *expected = g_strdup_printf ("{\"n\":%u,\"value\":%u}", i, i);

      g_assert_cmpstr (g_ptr_array_index (runtime->rows, i), ==, expected);
    }
  source->klass->stop (source);
  belt_source_free (source);
}

static BeltSink *
start_sink (Fixture    *fixture,
            const char *type)
{
  g_autoptr(JsonObject) properties = json_object_new ();
  g_autoptr(GError) error = NULL;
  BeltSink *sink;

  json_object_set_string_member (properties, "path", fixture->path);
  json_object_set_boolean_member (properties, "sendSingle", TRUE);
  sink = belt_sink_new (type, properties, &error);
  g_assert_no_error (error);
  g_assert_true (belt_sink_start (sink, &fixture->runtime.sink, &error));

  return sink;
}

static void
send_rows (BeltSink *sink,
           gint64    first,
           guint     n)
{
  for (guint i = 0; i < n; i++)
    {
      BeltMember members[] = { { "n", 1, belt_value_i64 (first + i) }, { "text", 4, belt_value_str ("a\"b", 3) } };
      BeltValue row = belt_value_map (members, 2);
      BeltValue emission = belt_value_list (&row, 1);

      sink->klass->collect (sink, &emission);
    }
}

static void
stop_sink (BeltSink *sink)
{
  sink->klass->flush (sink);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  sink->klass->stop (sink);
  belt_sink_free (sink);
}

static char **
read_lines (Fixture *fixture)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  g_strchomp (text);

  return g_strsplit (text, "\n", -1);
}

static void
test_sink (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *text = plugin_kit_template ("sink", "lines");
  g_auto(GStrv) lines = NULL;
  BeltSink *sink;

  plugin_kit_install (fixture->set, "lines", text, BELT_PROCESS_FENCED);
  sink = start_sink (fixture, "lines");
  send_rows (sink, 0, 500);
  stop_sink (sink);
  lines = read_lines (fixture);
  g_assert_cmpuint (g_strv_length (lines), ==, 500);
  g_assert_cmpstr (lines[499], ==, "{\"n\":499,\"text\":\"a\\\"b\"}");
  g_assert_cmpuint (runtime->faults->len, ==, 0);
}

static void
test_sink_config (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *text = plugin_kit_template ("sink", "lines");
  g_autoptr(JsonObject) properties = json_object_new ();
  g_autoptr(GError) error = NULL;

  plugin_kit_install (fixture->set, "lines", text, BELT_PROCESS_HOST);
  g_assert_null (belt_sink_new ("lines", properties, &error));
  g_assert_cmpstr (error->message, ==, "sink lines: the property “path” is required");
}

/* A killed host: nothing lost, and what may be double says so. */
static void
test_sink_killed (Fixture      *fixture,
                  gconstpointer data)
{
  static const char source[] =
    "#include \"belt-plugin.h\"\n"
    "#define lines_options(REQUIRED, OPTIONAL) REQUIRED (str, path, \"File\")\n"
    "BELT_CONFIG (lines);\n"
    "typedef struct { FILE *file; } lines_state;\n"
    "BELT_OPEN (lines) { state->file = fopen (config->path.ptr, \"a\"); setbuf (state->file, NULL); return BELT_OK; }\n"
    "BELT_CLOSE (lines) { fclose (state->file); }\n"
    "BELT_ROW_SINK (lines) { fprintf (state->file, \"%d%s\\n\", (int) belt_get_i64 (row, \"n\", 0),\n"
    "  belt_resent (ctx) ? \" again\" : \"\"); return BELT_OK; }\n"
    "BELT_PROVIDE (\"io.example.lines\", \"1.0.0\", lines);\n";
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_auto(GStrv) lines = NULL;
  BeltSink *sink;

  plugin_kit_install (fixture->set, "lines", source, BELT_PROCESS_HOST);
  sink = start_sink (fixture, "lines");
  for (guint i = 0; i < 10; i++)
    {
      send_rows (sink, i * 1000, 1000);
      kill_host (fixture, "lines");
      sink->klass->flush (sink);
    }
  stop_sink (sink);
  lines = read_lines (fixture);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      gpointer n = GUINT_TO_POINTER (atoi (lines[i]) + 1);

      if (g_hash_table_contains (seen, n))
        g_assert_true (g_str_has_suffix (lines[i], " again"));
      g_hash_table_add (seen, n);
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 10000);
  g_assert_cmpuint (runtime->n_failed_rows, ==, 0);
}

static void
test_sink_poison (Fixture      *fixture,
                  gconstpointer data)
{
  static const char source[] =
    "#include \"belt-plugin.h\"\n#include <stdlib.h>\n"
    "#define lines_options(REQUIRED, OPTIONAL) REQUIRED (str, path, \"File\")\n"
    "BELT_CONFIG (lines);\n"
    "typedef struct { FILE *file; } lines_state;\n"
    "BELT_OPEN (lines) { state->file = fopen (config->path.ptr, \"a\"); return BELT_OK; }\n"
    "BELT_CLOSE (lines) { fclose (state->file); }\n"
    "BELT_ROW_SINK (lines) { int n = (int) belt_get_i64 (row, \"n\", 0);\n"
    "  if (n == 7) abort ();\n"
    "  if (n == 9) return belt_failf (ctx, BELT_E_REJECTED, \"nine is not welcome\");\n"
    "  fprintf (state->file, \"%d\\n\", n); fflush (state->file); return BELT_OK; }\n"
    "BELT_PROVIDE (\"io.example.lines\", \"1.0.0\", lines);\n";
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_auto(GStrv) lines = NULL;
  BeltSink *sink;

  plugin_kit_install (fixture->set, "lines", source, BELT_PROCESS_FENCED);
  sink = start_sink (fixture, "lines");
  send_rows (sink, 0, 50);
  stop_sink (sink);
  lines = read_lines (fixture);
  for (guint i = 0; lines[i] != NULL; i++)
    g_hash_table_add (seen, GUINT_TO_POINTER (atoi (lines[i]) + 1));
  g_assert_cmpuint (g_hash_table_size (seen), ==, 48);
  g_assert_cmpuint (runtime->n_failed_rows, ==, 2);
  g_assert_nonnull (plugin_kit_find (runtime->faults, "crashed at lines.c:9", "abort()"));
  g_assert_nonnull (plugin_kit_find (runtime->faults, "nine is not welcome", ""));
}

/* Trouble outside the plugin is retried; a connection that is down at first comes up. */
static void
test_sink_retries (Fixture      *fixture,
                   gconstpointer data)
{
  static const char source[] =
    "#include \"belt-plugin.h\"\n#include <unistd.h>\n"
    "#define lines_options(REQUIRED, OPTIONAL) REQUIRED (str, path, \"File\")\n"
    "BELT_CONFIG (lines);\n"
    "typedef struct { FILE *file; int n; } lines_state;\n"
    "static int n_opens;\n"
    "BELT_OPEN (lines) { if (n_opens++ < 2) return belt_failf (ctx, BELT_E_IO, \"nobody there\");\n"
    "  state->file = fopen (config->path.ptr, \"a\"); return BELT_OK; }\n"
    "BELT_CLOSE (lines) { fclose (state->file); }\n"
    "BELT_ROW_SINK (lines) { if (state->n++ == 3) return belt_failf (ctx, BELT_E_IO, \"disk full\");\n"
    "  fprintf (state->file, \"%d\\n\", (int) belt_get_i64 (row, \"n\", 0)); fflush (state->file); return BELT_OK; }\n"
    "BELT_PROVIDE (\"io.example.lines\", \"1.0.0\", lines);\n";
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_auto(GStrv) lines = NULL;
  BeltSink *sink;

  plugin_kit_install (fixture->set, "lines", source, BELT_PROCESS_HOST);
  sink = start_sink (fixture, "lines");
  send_rows (sink, 0, 10);
  stop_sink (sink);
  lines = read_lines (fixture);
  for (guint i = 0; lines[i] != NULL; i++)
    g_hash_table_add (seen, GUINT_TO_POINTER (atoi (lines[i]) + 1));
  g_assert_cmpuint (g_hash_table_size (seen), ==, 10);
  g_assert_nonnull (plugin_kit_find (runtime->statuses, "-1 nobody there", ""));
  g_assert_nonnull (plugin_kit_find (runtime->statuses, "-1 disk full", ""));
  g_assert_cmpuint (runtime->n_failed_rows, ==, 0);
}

/* What only one can hold goes from the old build to the new one; one that cannot have it stays out. */
static void
test_sink_exclusive (Fixture      *fixture,
                     gconstpointer data)
{
  static const char source[] =
    "#include \"belt-plugin.h\"\n#include <sys/file.h>\n"
    "#define lines_options(REQUIRED, OPTIONAL) REQUIRED (str, path, \"File\")\n"
    "BELT_CONFIG (lines);\n"
    "typedef struct { FILE *file; } lines_state;\n"
    "BELT_OPEN (lines) { state->file = fopen (config->path.ptr, \"a\");\n"
    "  if (@MOOD@ || flock (fileno (state->file), LOCK_EX | LOCK_NB))\n"
    "    { fclose (state->file); return belt_failf (ctx, BELT_E_IO, \"taken\"); }\n"
    "  return BELT_OK; }\n"
    "BELT_CLOSE (lines) { fclose (state->file); }\n"
    "BELT_ROW_SINK (lines) { fprintf (state->file, \"@MOOD@ %d\\n\", (int) belt_get_i64 (row, \"n\", 0));\n"
    "  fflush (state->file); return BELT_OK; }\n"
    "BELT_PROVIDE (\"io.example.lines\", \"1.0.0\", lines);\n";
  static const char *const moods[] = { "0", "1", "00", "11" };
  g_auto(GStrv) lines = NULL;
  BeltSink *sink = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (moods); i++)
    {
      g_autoptr(GString) text = g_string_new (source);

      g_string_replace (text, "@MOOD@", moods[i], 0);
      plugin_kit_install (fixture->set, "lines", text->str, BELT_PROCESS_HOST);
      if (sink == NULL)
        sink = start_sink (fixture, "lines");
      send_rows (sink, i, 1);
      sink->klass->flush (sink);
    }
  stop_sink (sink);
  lines = read_lines (fixture);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_cmpstr (lines[0], ==, "0 0");
  g_assert_cmpstr (lines[1], ==, "0 1");
  g_assert_cmpstr (lines[2], ==, "00 2");
  g_assert_cmpstr (lines[3], ==, "00 3");
  g_assert_cmpuint (runtime->n_failed_rows, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *path; void (*func) (Fixture *,
                                                        gconstpointer); } tests[] = {
    { "/plugin/source/rows", test_source },
    { "/plugin/source/config", test_source_config },
    { "/plugin/source/goes-on", test_source_goes_on },
    { "/plugin/sink/rows", test_sink },
    { "/plugin/sink/config", test_sink_config },
    { "/plugin/sink/killed", test_sink_killed },
    { "/plugin/sink/poison", test_sink_poison },
    { "/plugin/sink/retries", test_sink_retries },
    { "/plugin/sink/exclusive", test_sink_exclusive },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);

  return g_test_run ();
}
