/* test-plugin-fault.c - plugins that go wrong, and what is left standing
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each kind of fault strikes on one row of a batch.  That row fails with a message
 * that names file and line, all others have their values, and the engine goes on.
 */
#include "config.h"

#include "plugin-kit.h"

#include <signal.h>
#include <string.h>

#define N_ROWS  32u
#define BAD_ROW 17u

typedef struct
{
  const char *name;
  const char *body;    /* on line 5, when x is 17 */
  const char *words;   /* in the message */
} FaultCase;

static const FaultCase fault_cases[] = {
  { "null", "*(volatile int *) sink = 1;", "crashed at null.c:5 in bad: SIGSEGV writing 0x0" },
  { "null-call", "((double (*) (double)) sink) (x);", "crashed at null-call.c:5 in bad: SIGSEGV" },
  { "divide", "return 7 / zero;", "crashed at divide.c:5 in bad: SIGFPE, division by zero" },
  { "loop", "for (;;) zero++;", "loop.c:5 in bad" },
  { "exit", "exit (3);", "called exit() at exit.c:5 in bad" },
  { "abort", "abort ();", "crashed at abort.c:5 in bad: abort()" },
  { "stack", "return deeper (x);", "in deeper: stack overflow" },
  { "heap", "{ char *b = malloc (100); sink = b; memset (b + 4096, 1, 16); }", "SIGSEGV writing outside a heap block" },
  { "heap-freed", "{ int *b = malloc (100); free (b); sink = (void *) (size_t) b[3]; }",
    "heap-freed.c:5 in bad: SIGSEGV reading outside a heap block" },
  { "kill", "kill (getpid (), SIGKILL);", "killed by signal 9" },
  { "_exit", "_exit (5);", "the process ended with exit code 5" },
  { "sleep", "{ sleep (5); sleep (5); }", "did not return within 100 ms" },
};

static char *
make_source (const FaultCase *fault)
{
  return g_strdup_printf ("#include \"belt-plugin.h\"\n"
                          "#include <signal.h>\n#include <stdlib.h>\n"
                          "BELT_FUNCTION (f64, bad, f64, x) { extern void *volatile sink; extern volatile int zero;"
                          " double deeper (double); if (x == 17)\n %s return x + 1 + zero * 0; }\n"
                          "void *volatile sink; volatile int zero;\n"
                          "__attribute__ ((noinline)) double deeper (double x) { volatile char room[4096]; room[0] = 1;"
                          " return deeper (x + 1) + room[0]; }\n"
                          "BELT_PROVIDE (\"io.example.bad\", \"1.0.0\", bad);\n", fault->body);
}

static void
fill_rows (BeltValue *x)
{
  for (guint i = 0; i < N_ROWS; i++)
    x[i] = belt_value_f64 (i);
}

static void
test_fault (gconstpointer data)
{
  const FaultCase *fault = data;
  g_autofree char *source = make_source (fault);
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autoptr(GPtrArray) notices = NULL;
  BeltValue x[N_ROWS], out[N_ROWS];
  const BeltValue *columns[] = { x };
  const BeltFunction *function;
  gpointer site;
  /* SIGKILL says nothing of a row: nobody is to blame, so the batch is tried more often and fails whole. */
  gboolean is_whole = strcmp (fault->name, "kill") == 0;

  plugin_kit_install (set, fault->name, source, BELT_PROCESS_FENCED);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "bad", 1, &function);
  fill_rows (x);
  for (guint round = 0; round < 2; round++)
    {
      function->batch->call (site, columns, 1, N_ROWS, NULL, 0, out, arena);
      for (guint i = 0; i < N_ROWS; i++)
        if (i == BAD_ROW || is_whole)
          {
            g_assert_cmpint (out[i].tag, ==, BELT_TAG_ERROR);
            g_assert_cmpint (out[i].u.fault->kind, ==, BELT_FAULT_PLUGIN);
            if (strstr (out[i].u.fault->message, fault->words) == NULL)
              g_error ("“%s” is not in “%s”", fault->words, out[i].u.fault->message);
          }
        else
          {
            g_assert_cmpint (out[i].tag, ==, BELT_TAG_F64);
            g_assert_cmpfloat (out[i].u.f, ==, i + 1);
          }
    }

  /* Without the row it goes on. */
  x[BAD_ROW] = belt_value_f64 (100);
  function->batch->call (site, columns, 1, N_ROWS, NULL, 0, out, arena);
  g_assert_cmpfloat (out[BAD_ROW].u.f, ==, 101);
  function->batch->destroy (site);

  notices = plugin_kit_notices (set);
  if (!is_whole)
    g_assert_nonnull (plugin_kit_find (notices, "fault: bad ", fault->words));
}

static const char counter[] =
  "#include \"belt-plugin.h\"\n"
  "#include <stdlib.h>\n"
  "typedef struct { int64_t n; } count_state;\n"
  "BELT_STATEFUL (i64, count, count_state, 1, i64, x)\n"
  "{ if (x < 0) abort (); return ++state->n; }\n"
  "BELT_PROVIDE (\"io.example.count\", \"1.0.0\", count);\n";

static void
call_counter (const BeltFunction *function,
              gpointer            site,
              gint64              first,
              BeltValue          *out,
              BeltArena          *arena)
{
  BeltValue x[N_ROWS];
  const BeltValue *columns[] = { x };

  for (guint i = 0; i < N_ROWS; i++)
    x[i] = belt_value_i64 (first + i);
  belt_arena_reset (arena);
  function->batch->call (site, columns, 1, N_ROWS, NULL, 0, out, arena);
}

/* State survives deaths that are somebody else's doing, anywhere between two snapshots. */
static void
test_killed_from_outside (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  const BeltFunction *function;
  BeltValue out[N_ROWS];
  gint64 expected = 0;
  gpointer site;

  plugin_kit_install (set, "count", counter, BELT_PROCESS_HOST);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "count", 1, &function);
  for (guint batch = 0; batch < 300; batch++)
    {
      if (batch % 13 == 5)
        {
          g_autoptr(JsonNode) info = belt_plugin_set_describe (set, "count");

          kill ((pid_t)json_object_get_int_member (json_node_get_object (info), "pid"), SIGKILL);
        }
      call_counter (function, site, 1, out, arena);
      for (guint i = 0; i < N_ROWS; i++)
        {
          g_assert_cmpint (out[i].tag, ==, BELT_TAG_I64);
          g_assert_cmpint (out[i].u.i, ==, ++expected);
        }
    }
  function->batch->destroy (site);
}

/* A poison row is left out of the state, too, when the batches after a snapshot are replayed. */
static void
test_poison_row_and_state (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  const BeltFunction *function;
  BeltValue out[N_ROWS];
  gint64 expected = 0;
  gpointer site;

  plugin_kit_install (set, "count", counter, BELT_PROCESS_HOST);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "count", 1, &function);
  for (guint batch = 0; batch < 12; batch++)
    {
      gboolean has_poison = batch % 4 == 2;

      call_counter (function, site, has_poison ? -1 : 1, out, arena);
      for (guint i = 0; i < N_ROWS; i++)
        if (has_poison && i == 0)
          g_assert_cmpint (out[i].tag, ==, BELT_TAG_ERROR);
        else
          g_assert_cmpint (out[i].u.i, ==, ++expected);
    }
  function->batch->destroy (site);
}

static void
test_falls_back (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autoptr(GPtrArray) notices = NULL;
  g_autoptr(JsonNode) info = NULL;
  const BeltFunction *function;
  BeltValue out[N_ROWS];
  gpointer site;

  plugin_kit_install (set, "count", counter, BELT_PROCESS_HOST);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "count", 1, &function);
  call_counter (function, site, 1, out, arena);
  g_assert_cmpint (out[N_ROWS - 1].u.i, ==, N_ROWS);

  plugin_kit_install (set, "count",
                      "#include \"belt-plugin.h\"\n#include <stdlib.h>\ntypedef struct { int64_t n; } count_state;\n"
                      "BELT_STATEFUL (i64, count, count_state, 1, i64, x)\n{ state->n++; abort (); return 0; }\n"
                      "BELT_PROVIDE (\"io.example.count\", \"1.0.1\", count);\n", BELT_PROCESS_HOST);
  call_counter (function, site, 1, out, arena);
  for (guint i = 0; i < N_ROWS; i++)
    g_assert_cmpint (out[i].u.i, ==, N_ROWS + 1 + i);
  info = belt_plugin_set_describe (set, "count");
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (info), "state"), ==, "fell back");
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (info), "version"), ==, "1.0.0");
  notices = plugin_kit_notices (set);
  g_assert_nonnull (plugin_kit_find (notices, "fell back: ", "count.c:5"));
  function->batch->destroy (site);
}

static void
test_faulted (void)
{
  g_autoptr(BeltPluginSet) set = belt_plugin_set_new ();
  g_autoptr(BeltFunctionTable) table = NULL;
  g_autoptr(BeltArena) arena = belt_arena_new ();
  g_autoptr(JsonNode) info = NULL;
  const BeltFunction *function;
  BeltValue out[N_ROWS];
  gpointer site;

  plugin_kit_install (set, "always",
                      "#include \"belt-plugin.h\"\n#include <stdlib.h>\n"
                      "BELT_FUNCTION (i64, always, i64, x)\n{ abort (); return 0; }\n"
                      "BELT_PROVIDE (\"io.example.always\", \"1.0.0\", always);\n", BELT_PROCESS_HOST);
  table = belt_plugin_set_dup_functions (set);
  site = plugin_kit_site (table, "always", 1, &function);
  for (guint batch = 0; batch < 20; batch++)
    {
      call_counter (function, site, 1, out, arena);
      for (guint i = 0; i < N_ROWS; i++)
        g_assert_cmpint (out[i].tag, ==, BELT_TAG_ERROR);
    }
  info = belt_plugin_set_describe (set, "always");
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (info), "state"), ==, "faulted");
  g_assert_nonnull (strstr (json_object_get_string_member (json_node_get_object (info), "fault"), "always.c:4"));

  /* A new build, and it is over. */
  plugin_kit_install (set, "always",
                      "#include \"belt-plugin.h\"\n"
                      "BELT_FUNCTION (i64, always, i64, x)\n{ return x; }\n"
                      "BELT_PROVIDE (\"io.example.always\", \"1.0.1\", always);\n", BELT_PROCESS_HOST);
  call_counter (function, site, 1, out, arena);
  g_assert_cmpint (out[5].u.i, ==, 6);
  function->batch->destroy (site);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fault_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/plugin/fault/%s", fault_cases[i].name);

      g_test_add_data_func (path, &fault_cases[i], test_fault);
    }
  g_test_add_func ("/plugin/fault/killed-from-outside", test_killed_from_outside);
  g_test_add_func ("/plugin/fault/poison-row-and-state", test_poison_row_and_state);
  g_test_add_func ("/plugin/fault/falls-back", test_falls_back);
  g_test_add_func ("/plugin/fault/faulted", test_faulted);

  return g_test_run ();
}
