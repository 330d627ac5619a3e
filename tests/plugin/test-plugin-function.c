/* test-plugin-function.c - functions and aggregates in plugin hosts
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "plugin-kit.h"

#include "belt-json.h"

#include <string.h>

#define N_ROWS 256u

static const char ema_source[] =
  "#include \"belt-plugin.h\"\n"
  "typedef struct { double value; int64_t n; } ema_state;\n"
  "BELT_STATEFUL (f64, ema, ema_state, 1, f64, x, f64, k)\n"
  "{ return state->value = state->n++ ? state->value + k * (x - state->value) : x; }\n"
  "BELT_FUNCTION (str, greet, str, name)\n"
  "{ char *text = belt_scratch (ctx, name.len + 16); belt_str s = { text, 0 };\n"
  "  s.len = (size_t) sprintf (text, \"Hi %.*s!\", (int) name.len, name.ptr); return s; }\n"
  "BELT_FUNCTION (i64, positive, i64, x)\n"
  "{ if (x < 0) belt_failf (ctx, BELT_E_INVALID, \"%lld is negative\", (long long) x);\n"
  "  return x ? x : belt_null (ctx); }\n"
  "BELT_FUNCTION (any, same, any, x) { return x; }\n"
  "BELT_PROVIDE (\"io.example.ema\", \"1.2.0\", ema, greet, positive, same);\n";

typedef struct
{
  BeltPluginSet     *set;
  BeltFunctionTable *table;
  BeltArena         *arena;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer isolation)
{
  fixture->set = belt_plugin_set_new ();
  plugin_kit_install (fixture->set, "ema", ema_source, GPOINTER_TO_INT (isolation));
  fixture->table = belt_plugin_set_dup_functions (fixture->set);
  fixture->arena = belt_arena_new ();
}

static void
tear_down (Fixture      *fixture,
           gconstpointer isolation)
{
  belt_function_table_unref (fixture->table);
  belt_plugin_set_unref (fixture->set);
  belt_arena_free (fixture->arena);
}

static BeltValue
call_one (Fixture    *fixture,
          const char *name,
          BeltValue   argument)
{
  const BeltFunction *function;
  gpointer site = plugin_kit_site (fixture->table, name, 1, &function);
  const BeltValue *columns[] = { &argument };
  BeltValue out;

  function->batch->call (site, columns, 1, 1, NULL, 0, &out, fixture->arena);
  function->batch->destroy (site);

  return out;
}

static void
test_state (Fixture      *fixture,
            gconstpointer isolation)
{
  const BeltFunction *function;
  gpointer site = plugin_kit_site (fixture->table, "EMA", 2, &function);
  BeltValue x[N_ROWS], k[N_ROWS], out[N_ROWS];
  const BeltValue *columns[] = { x, k };
  double expected = 0;

  for (guint i = 0; i < N_ROWS; i++)
    {
      x[i] = i % 7 == 3 ? belt_value_null () : belt_value_f64 (i);
      k[i] = belt_value_f64 (0.5);
    }
  function->batch->call (site, columns, 2, N_ROWS, NULL, 0, out, fixture->arena);
  for (guint i = 0; i < N_ROWS; i++)
    {
      if (i % 7 == 3)
        {
          g_assert_cmpint (out[i].tag, ==, BELT_TAG_NULL);
          continue;
        }
      expected = i > 0 ? expected + 0.5 * (i - expected) : 0;
      g_assert_cmpint (out[i].tag, ==, BELT_TAG_F64);
      g_assert_cmpfloat (out[i].u.f, ==, expected);
    }
  function->batch->destroy (site);
}

static void
test_checkpoint (Fixture      *fixture,
                 gconstpointer isolation)
{
  const BeltFunction *function;
  gpointer site = plugin_kit_site (fixture->table, "ema", 2, &function);
  BeltValue x = belt_value_f64 (10), k = belt_value_f64 (0.5), out;
  const BeltValue *columns[] = { &x, &k };
  g_autoptr(GBytes) state = NULL;

  function->batch->call (site, columns, 2, 1, NULL, 0, &out, fixture->arena);
  state = function->batch->save (site);
  g_assert_nonnull (state);
  function->batch->destroy (site);

  site = plugin_kit_site (fixture->table, "ema", 2, &function);
  g_assert_true (function->batch->restore (site, state, NULL));
  x = belt_value_f64 (20);
  function->batch->call (site, columns, 2, 1, NULL, 0, &out, fixture->arena);
  g_assert_cmpfloat (out.u.f, ==, 15);
  function->batch->destroy (site);
}

static void
test_types (Fixture      *fixture,
            gconstpointer isolation)
{
  BeltMember member = { "a", 1, belt_value_str ("x\0y", 3) };
  BeltValue items[] = { belt_value_i64 (1), belt_value_map (&member, 1), belt_value_null () };
  BeltValue list = belt_value_list (items, 3);
  BeltValue out = call_one (fixture, "same", list);

  g_assert_true (belt_value_equal (&out, &list));
  out = call_one (fixture, "greet", belt_value_str ("Zoë", 4));
  g_assert_cmpint (out.tag, ==, BELT_TAG_STR);
  g_assert_cmpmem (out.u.s, out.len, "Hi Zoë!", 8);
  out = call_one (fixture, "positive", belt_value_i64 (0));
  g_assert_cmpint (out.tag, ==, BELT_TAG_NULL);
  out = call_one (fixture, "positive", belt_value_f64 (7));
  g_assert_cmpint (out.u.i, ==, 7);
}

static void
test_row_errors (Fixture      *fixture,
                 gconstpointer isolation)
{
  BeltValue out = call_one (fixture, "positive", belt_value_i64 (-3));

  g_assert_cmpint (out.tag, ==, BELT_TAG_ERROR);
  g_assert_cmpint (out.u.fault->kind, ==, BELT_FAULT_FUNCTION);
  g_assert_cmpstr (out.u.fault->message, ==, "-3 is negative");
  out = call_one (fixture, "greet", belt_value_i64 (1));
  g_assert_cmpstr (out.u.fault->message, ==, "argument 1 (name) is an integer, not str");
}

/* From the first #include to the last brace. */
static guint
count_lines (const char *source)
{
  const char *first = strstr (source, "#include"), *last = strrchr (source, '}');
  guint n = 1;

  g_assert_true (first != NULL && last != NULL);
  for (const char *at = first; at < last; at++)
    n += *at == '\n';

  return n;
}

static void
test_template (gconstpointer data)
{
  const char *kind = data;
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(JsonNode) info = NULL;
  g_autofree char *source = plugin_kit_template (kind, "thing");
  JsonObject *def;

  /* The front door stays short. */
  g_assert_cmpuint (count_lines (source), <=, strcmp (kind, "function") == 0 ? 15 : 40);
  plugin_kit_install (set, "thing", source, BELT_PROCESS_FENCED);
  info = belt_plugin_set_describe (set, "thing");
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (info), "id"), ==, "io.example.thing");
  def = json_array_get_object_element (json_object_get_array_member (json_node_get_object (info), "definitions"),
                                       0);
  g_assert_cmpstr (json_object_get_string_member (def, "kind"), ==, kind);
  g_assert_cmpstr (json_object_get_string_member (def, "name"), ==, "thing");
}

static void
test_aggregate (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autofree char *source = plugin_kit_template ("aggregate", "middle");
  BeltValue x[] = { belt_value_f64 (1), belt_value_f64 (3), belt_value_null (), belt_value_f64 (10) };
  const BeltValue *columns[] = { x };
  guint32 ends[] = { 2, 3, 4 };
  const BeltFunction *function;
  BeltValue out[3];
  gpointer site;

  plugin_kit_install (set, "middle", source, BELT_PROCESS_FENCED);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "middle", 1, &function);
  g_assert_true (function->flags & BELT_FUNCTION_AGGREGATE);
  function->batch->call (site, columns, 1, 4, ends, 3, out, arena);
  g_assert_cmpfloat (out[0].u.f, ==, 2);
  g_assert_cmpint (out[1].tag, ==, BELT_TAG_NULL);
  g_assert_cmpfloat (out[2].u.f, ==, 10);
  function->batch->destroy (site);
}

/* The vector form, which a batch gets, and the row form, which one row gets, are of one mind. */
static void
test_batch_form (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autofree char *path = g_build_filename (g_getenv ("BELT_TEST_SDK"), "examples", "geo.c", NULL);
  g_autofree char *source = NULL;
  BeltValue args[4][N_ROWS], out[N_ROWS];
  const BeltValue *columns[] = { args[0], args[1], args[2], args[3] };
  const BeltFunction *function;
  gpointer site;

  g_assert_true (g_file_get_contents (path, &source, NULL, NULL));
  plugin_kit_install (set, "geo", source, BELT_PROCESS_HOST);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "haversine", 4, &function);
  g_assert_cmpstr (function->doc, ==, "Great-circle distance in km (plugin “geo”)");
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < N_ROWS; i++)
        for (guint k = 0; k < 4; k++)
          /* In the second round integers among the floats: exec_batch declines. */
          args[k][i] = i % 11 == k ? belt_value_null ()
                       : round == 1 &&
                           i % 5 == 0 ? belt_value_i64 ((gint64)i % 90) : belt_value_f64 ((i * 7 + k) % 90);
      function->batch->call (site, columns, 4, N_ROWS, NULL, 0, out, arena);
      for (guint i = 0; i < N_ROWS; i++)
        {
          const BeltValue *row[] = { &args[0][i], &args[1][i], &args[2][i], &args[3][i] };
          BeltValue one;

          function->batch->call (site, row, 4, 1, NULL, 0, &one, arena);
          g_assert_cmpint (one.tag, ==, i % 11 < 4 ? BELT_TAG_NULL : BELT_TAG_F64);
          g_assert_true (belt_value_equal (&one, &out[i]));
        }
    }
  function->batch->destroy (site);
}

/* A plugin that writes rubbish over the memory it shares with the engine. */
static void
test_scribbler (void)
{
  static const char scribbler[] =
    "#include \"belt-plugin.h\"\n#include <stdlib.h>\n"
    "BELT_FUNCTION (any, scribble, i64, seed)\n"
    "{ FILE *maps = fopen (\"/proc/self/maps\", \"r\"); char line[512]; unsigned long a, b;\n"
    "  srandom ((unsigned) seed);\n"
    "  while (fgets (line, sizeof line, maps))\n"
    "    if (strstr (line, \"belt-channel\") && sscanf (line, \"%lx-%lx\", &a, &b) == 2)\n"
    "      for (int i = 0; i < 3000; i++)\n"
    "        { size_t at = seed % 2 ? (size_t) random () % 4096 : 4096 + (16u << 20) + (size_t) random () % 65536;\n"
    "          ((unsigned char *) a)[at] = (unsigned char) random (); }\n"
    "  fclose (maps);\n"
    "  return belt_v_strz (\"a text that is long enough to have its place overwritten\"); }\n"
    "BELT_PROVIDE (\"io.example.scribble\", \"1.0.0\", scribble);\n";
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltPluginOptions options = { .function_budget_ms = 30 };
  g_autofree char *path = plugin_kit_compile ("scribble", scribbler);

  for (guint seed = 0; seed < 4; seed++)
    {
      const BeltFunction *function;
      BeltValue rows[64], out[64];
      const BeltValue *columns[] = { rows };
      gpointer site;

      g_assert_true (belt_plugin_set_install (set, "scribble", path, &options, NULL));
      g_clear_pointer (&table, belt_function_table_unref);
      table = belt_plugin_set_dup_functions (set);
      site = plugin_kit_site (table, "scribble", 1, &function);
      for (guint i = 0; i < 64; i++)
        rows[i] = belt_value_i64 (seed);
      function->batch->call (site, columns, 1, 64, NULL, 0, out, arena);
      /* Whatever came of it, each row has something that can be read. */
      for (guint i = 0; i < 64; i++)
        {
          g_autoptr(GString) text = g_string_new (NULL);

          if (out[i].tag == BELT_TAG_ERROR)
            g_assert_cmpuint (strlen (out[i].u.fault->message), >, 0);
          else
            belt_json_write (text, &out[i]);
        }
      function->batch->destroy (site);
    }
}

/* A plugin that allocates without end gets NULL some day, and the machine keeps its memory. */
static void
test_memory_limit (void)
{
  static const char hog[] =
    "#include \"belt-plugin.h\"\n#include <stdlib.h>\n"
    "BELT_FUNCTION (i64, hog, i64, x) { static void *blocks[1000]; int64_t n = 0;\n"
    "  while (n < 1000 && (blocks[n] = malloc (64 << 20)) != NULL) n++;\n"
    "  for (int i = 0; i < n; i++) free (blocks[i]);\n"
    "  return n; }\n"
    "BELT_PROVIDE (\"io.example.hog\", \"1.0.0\", hog);\n";
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltValue x = belt_value_i64 (1), out;
  const BeltValue *columns[] = { &x };
  BeltPluginOptions options = { .isolation = BELT_PROCESS_FENCED, .function_budget_ms = 5000 };
  g_autofree char *path = plugin_kit_compile ("hog", hog);
  const BeltFunction *function;
  gpointer site;

  g_assert_true (belt_plugin_set_install (set, "hog", path, &options, NULL));
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "hog", 1, &function);
  function->batch->call (site, columns, 1, 1, NULL, 0, &out, arena);
  if (out.tag == BELT_TAG_ERROR)
    g_error ("%s", out.u.fault->message);
  g_assert_cmpint (out.u.i, >, 8);
  g_assert_cmpint (out.u.i, <, 64);
  function->batch->destroy (site);
}

/* What each trial of the window pays for a plugin function: made, asked, gone. */
static void
test_site_cost (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltValue x = belt_value_f64 (1), out;
  const BeltValue *columns[] = { &x, &x };
  gint64 start;

  plugin_kit_install (set, "ema", ema_source, BELT_PROCESS_FENCED);
  table = belt_plugin_set_dup_functions (set);
  start = g_get_monotonic_time ();
  for (guint i = 0; i < 50; i++)
    {
      const BeltFunction *function;
      gpointer site = plugin_kit_site (table, "ema", 2, &function);

      function->batch->call (site, columns, 2, 1, NULL, 0, &out, arena);
      g_assert_cmpfloat (out.u.f, ==, 1);
      function->batch->destroy (site);
    }
  g_test_message ("a call site made, called once and gone: %.0f us",
                  (double) (g_get_monotonic_time () - start) / 50);
}

static void
test_refusals (void)
{
  static const struct { const char *source; const char *text; } cases[] = {
    { "int x;", "does not export belt_plugin_v1" },
    { "#include \"belt-plugin.h\"\nBELT_FUNCTION (f64, f, f64, x) { return x; }\nBELT_HOST_VAR;\n"
      "static belt_status init (const belt_host *h, belt_ctx *c, void **s)\n"
      "{ belt_h = h; return belt_failf (c, BELT_E_IO, \"no licence\"); }\n"
      "BELT_DEFS (defs, &f_def_.def);\nBELT_PLUGIN (\"io.x\", \"1.0.0\", .defs = defs, .init = init);",
      "init: no licence" },
    { "#include \"belt-plugin.h\"\nBELT_FUNCTION (f64, f, f64, x) { return x; }\n"
      "BELT_PROVIDE (\"io.x\", \"1.0.0\", f);\n"
      "__attribute__ ((constructor)) static void die (void) { __builtin_trap (); }", "ended while loading" },
    { "#include \"belt-plugin.h\"\nBELT_HOST_VAR;\nBELT_SCALAR (f, \"a b\");\nBELT_DEFS (defs, &f.def);\n"
      "BELT_PLUGIN (\"io.x\", \"1.0.0\", .defs = defs);", "no name of the form" },
  };
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = plugin_kit_compile ("bad", cases[i].source);
      g_autoptr(GError) error = NULL;

      if (belt_plugin_set_install (set, "bad", path, NULL, &error))
        g_error ("“%s” was not noticed", cases[i].text);
      g_assert_nonnull (error);
      if (strstr (error->message, cases[i].text) == NULL)
        g_error ("“%s” is not in “%s”", cases[i].text, error->message);
      g_assert_null (belt_plugin_set_describe (set, "bad"));
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *name; BeltProcessKind kind; } kinds[] = {
    { "host", BELT_PROCESS_HOST }, { "fenced", BELT_PROCESS_FENCED }, { "in-process", BELT_PROCESS_IN_PROCESS },
  };
  static const struct { const char *name; void (*func) (Fixture *,
                                                        gconstpointer); } tests[] = {
    { "state", test_state }, { "checkpoint", test_checkpoint }, { "types", test_types },
    { "row-errors", test_row_errors },
  };
  static const char *const templates[] = { "function", "aggregate", "sink", "source" };

  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
      {
        g_autofree char *path = g_strdup_printf ("/plugin/function/%s/%s", kinds[k].name, tests[i].name);

        g_test_add (path, Fixture, GINT_TO_POINTER (kinds[k].kind), set_up, tests[i].func, tear_down);
      }
  for (guint i = 0; i < G_N_ELEMENTS (templates); i++)
    {
      g_autofree char *path = g_strdup_printf ("/plugin/template/%s", templates[i]);

      g_test_add_data_func (path, templates[i], test_template);
    }
  g_test_add_func ("/plugin/aggregate", test_aggregate);
  g_test_add_func ("/plugin/batch-form", test_batch_form);
  g_test_add_func ("/plugin/scribbler", test_scribbler);
  g_test_add_func ("/plugin/memory-limit", test_memory_limit);
  g_test_add_func ("/plugin/site-cost", test_site_cost);
  g_test_add_func ("/plugin/refusals", test_refusals);

  return g_test_run ();
}
