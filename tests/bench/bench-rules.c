/* bench-rules.c - what a row costs in each kind of rule, beside the hand-written pipeline
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: bench-rules [--rows N] [--rounds N] [--only NAME] [--list]
 *
 * Each rule runs on the real engine, file to nop, and in the same round the
 * hand-written filter or window over the same file: CPU time of the process, and
 * the median of the ratios a round.  A rule that does more than the hand-written
 * pipeline can (join, sliding, session, 300 rules) is compared with the part of the
 * work that it can do, so its ratio is a measure and not a goal.
 *
 * --list prints what compare-duckdb.py needs: name, file, rows.
 */
#include "config.h"

#include "bench-engine.h"
#include "bench-measure.h"
#include "hand-pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 101

typedef struct
{
  const char *name;
  const char *file;       /* file_kinds[].name */
  guint       divide;     /* of --rows: what each rule can take in a second or so */
  gboolean    event_time;
  gint64      window_ms;  /* of the hand-written window; 0: its filter */
  guint       n_rules;
  guint       n_sources;
  const char *sql;
} Case;

static const struct { const char *name, *arguments; } file_kinds[] = {
  { "plain", "--devices 100" },
  { "keys10", "--devices 10" },
  { "keys1000", "--devices 1000" },
  { "keys10000", "--devices 10000" },
  { "keys100000", "--devices 100000 --mean-gap-us 10" },
  { "small", "--shape small" },
  { "shuffled", "--shape shuffled" },
  { "wide", "--shape wide --columns 15000" },
};

#define TUMBLING5 "SELECT deviceId, avg(temperature) AS a, count(*) AS c, window_start() AS ws FROM rows " \
  "GROUP BY deviceId, TUMBLINGWINDOW(ss, 5)"

static const Case cases[] = {
  { "filter", "plain", 1, FALSE, 0, 1, 1, "SELECT * FROM rows WHERE temperature > 50" },
  { "filter-32-bytes", "small", 1, FALSE, 0, 1, 1, "SELECT * FROM rows WHERE temperature > 50" },
  { "filter-shuffled", "shuffled", 1, FALSE, 0, 1, 1, "SELECT * FROM rows WHERE temperature > 50" },
  { "project", "plain", 1, FALSE, 0, 1, 1,
    "SELECT deviceId, temperature * 1.8 + 32 AS f, humidity FROM rows WHERE temperature > 50" },
  { "project-all-rows", "plain", 1, FALSE, 0, 1, 1, "SELECT deviceId, temperature FROM rows" },
  { "tumbling-10-keys", "keys10", 1, TRUE, 5000, 1, 1, TUMBLING5 },
  { "tumbling-100-keys", "plain", 1, TRUE, 5000, 1, 1, TUMBLING5 },
  { "tumbling-shuffled", "shuffled", 1, TRUE, 5000, 1, 1, TUMBLING5 },
  { "tumbling-1000-keys", "keys1000", 1, TRUE, 5000, 1, 1, TUMBLING5 },
  { "tumbling-100000-keys", "keys100000", 1, TRUE, 5000, 1, 1, TUMBLING5 },
  { "hopping", "plain", 1, TRUE, 10000, 1, 1,
    "SELECT deviceId, avg(temperature) AS a, count(*) AS c FROM rows GROUP BY deviceId, HOPPINGWINDOW(ss, 10, 5)" },
  { "sliding-10000-rows", "plain", 1, TRUE, 10000, 1, 1,
    "SELECT max(temperature) AS m FROM rows GROUP BY SLIDINGWINDOW(ss, 10)" },
  { "sliding-float-sums", "plain", 5, TRUE, 10000, 1, 1,
    "SELECT avg(temperature) AS a FROM rows GROUP BY SLIDINGWINDOW(ss, 10)" },
  { "session", "plain", 1, TRUE, 10000, 1, 1,
    "SELECT avg(temperature) AS a, count(*) AS c FROM rows GROUP BY SESSIONWINDOW(ss, 10, 1)" },
  { "join", "keys10000", 2, TRUE, 1000, 1, 2,
    "SELECT rows.temperature AS a, others.humidity AS b FROM rows INNER JOIN others "
    "ON rows.deviceId = others.deviceId GROUP BY TUMBLINGWINDOW(ss, 1)" },
  { "300-rules", "plain", 5, FALSE, 0, 300, 1,
    "SELECT temperature FROM rows WHERE temperature > 50.{n}" },
  { "300-rules-computed", "plain", 5, FALSE, 0, 300, 1,
    "SELECT temperature FROM rows WHERE temperature > 50 + {n} / 30" },
  { "wide-one-column", "wide", 1000, FALSE, 0, 1, 1, "SELECT temperature FROM rows WHERE temperature > 50" },
  { "wide-all-columns", "wide", 1000, FALSE, 0, 1, 1, "SELECT * FROM rows WHERE temperature > 50" },
};

static guint
get_resident_mb (void)
{
  g_autofree char *text = NULL;
  const char *at;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL) || (at = strstr (text, "VmRSS:")) == NULL)
    return 0;
  return (guint)(g_ascii_strtoull (at + strlen ("VmRSS:"), NULL, 10) / 1024);
}

static guint
get_n_rows (const Case *rule,
            guint       n_rows)
{
  return MAX (n_rows / rule->divide, 1);
}

/* Returns: (transfer full): the case's file, which is made when it is not there */
static char *
make_file (const Case *rule,
           const char *program,
           guint       n_rows)
{
  g_autofree char *name = g_strdup_printf ("belt-rows-%s-%u.jsonl", rule->file, n_rows);
  char *file = g_build_filename (g_get_tmp_dir (), name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (file_kinds); i++)
    {
      if (g_str_equal (file_kinds[i].name, rule->file))
        bench_make_rows_of (program, file, n_rows, file_kinds[i].arguments);
    }

  return file;
}

static void
run_case (const Case *rule,
          const char *file,
          guint       n_rounds)
{
  BenchSetup setup = { .file = file, .event_time = rule->event_time, .n_rules = rule->n_rules, .sql = rule->sql };
  double hand[ROUNDS_MAX];
  double engine[ROUNDS_MAX];
  double ratio[ROUNDS_MAX];
  HandResult by_hand;
  BenchResult by_engine;
  double rows;

  for (guint i = 0; i < n_rounds; i++)
    {
      double start = bench_get_cpu_seconds ();
      double middle;

      if (rule->window_ms > 0)
        g_assert_true (hand_pipeline_window (file, rule->window_ms, &by_hand));
      else
        g_assert_true (hand_pipeline_filter (file, &by_hand));
      middle = bench_get_cpu_seconds ();
      bench_engine_run_setup (&setup, &by_engine);

      g_assert_cmpuint (by_hand.n_bad, ==, 0);
      if (rule->n_rules == 1)
        g_assert_cmpuint (by_engine.n_rows, ==, by_hand.n_rows * rule->n_sources);
      /* By the row and, with several rules, by the row and rule. */
      hand[i] = (middle - start) / (double)by_hand.n_rows;
      engine[i] = (bench_get_cpu_seconds () - middle) / (double)by_engine.n_rows;
      ratio[i] = hand[i] / engine[i];
    }

  rows = (double)by_engine.n_rows;
  printf ("%-22s %9.0f %10" G_GUINT64_FORMAT " %9.1f %9.1f %9.2f %8.2f %6u\n", rule->name, rows, by_engine.n_out,
          bench_get_median (hand, n_rounds) * 1e9, bench_get_median (engine, n_rounds) * 1e9,
          1e-6 / bench_get_median (engine, n_rounds), bench_get_median (ratio, n_rounds), get_resident_mb ());
  fflush (stdout);
}

int
main (int    argc,
      char **argv)
{
  gint n_rows = 1000000;
  gint n_rounds = 3;
  gboolean list = FALSE;
  g_autofree char *only = NULL;
  const GOptionEntry entries[] = {
    { "rows", 'n', 0, G_OPTION_ARG_INT, &n_rows, "Rows of the files that are made", "N" },
    { "rounds", 'r', 0, G_OPTION_ARG_INT, &n_rounds, "How often", "N" },
    { "only", 'o', 0, G_OPTION_ARG_STRING, &only, "Rules whose names begin so", "NAME" },
    { "list", 'l', 0, G_OPTION_ARG_NONE, &list, "Make the files, print names, files and rows, run nothing", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_rows < 1 || n_rounds < 1 || n_rounds > ROUNDS_MAX)
    {
      fprintf (stderr, "bench-rules: %s\n", error != NULL ? error->message : "numbers out of range");
      return 2;
    }

  if (!list)
    printf ("%-22s %9s %10s %9s %9s %9s %8s %6s\n", "rule", "rows", "out", "hand ns", "engine ns", "M rows/s", "ratio",
            "RSS MB");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint n = get_n_rows (&cases[i], (guint)n_rows);
      g_autofree char *file = NULL;

      if (only != NULL && !g_str_has_prefix (cases[i].name, only))
        continue;

      file = make_file (&cases[i], argv[0], n);
      if (list)
        printf ("%s\t%s\t%u\n", cases[i].name, file, n);
      else
        run_case (&cases[i], file, (guint)n_rounds);
    }

  return 0;
}
