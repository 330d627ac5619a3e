/* bench-pipeline.c - how much of the hand-written pipeline the engine reaches
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: bench-pipeline [--rows N] [--rounds N] [--floor RATIO] [FILE]
 *
 * Rounds alternate between the two, and what is compared is the CPU time of the
 * whole process in the same round, so a busy machine disturbs both alike.  With
 * --floor the program fails when a median is below.
 */
#include "config.h"

#include "bench-engine.h"
#include "bench-measure.h"
#include "hand-pipeline.h"

#include <stdio.h>
#include <stdlib.h>

#define WINDOW_MS 10000
#define ROUNDS_MAX 101

typedef struct
{
  const char *name;
  double      hand[ROUNDS_MAX];
  double      engine[ROUNDS_MAX];
  double      ratio[ROUNDS_MAX];
  guint64     n_rows;
  guint64     hand_out;
  guint64     engine_out;
} Comparison;

static void
run_round (Comparison *comparison,
           const char *file,
           gboolean    window,
           guint       round)
{
  HandResult by_hand;
  BenchResult by_engine;
  double start = bench_get_cpu_seconds ();
  double middle;
  double end;

  if (window)
    g_assert_true (hand_pipeline_window (file, WINDOW_MS, &by_hand));
  else
    g_assert_true (hand_pipeline_filter (file, &by_hand));
  middle = bench_get_cpu_seconds ();
  bench_engine_run (file, window ? bench_window_sql : bench_filter_sql, window, &by_engine);
  end = bench_get_cpu_seconds ();

  g_assert_cmpuint (by_hand.n_bad, ==, 0);
  g_assert_cmpuint (by_engine.n_rows, ==, by_hand.n_rows);
  comparison->hand[round] = middle - start;
  comparison->engine[round] = end - middle;
  comparison->ratio[round] = comparison->hand[round] / comparison->engine[round];
  comparison->n_rows = by_hand.n_rows;
  comparison->hand_out = by_hand.n_out;
  comparison->engine_out = by_engine.n_out;
}

static double
print_comparison (Comparison *self,
                  guint       n_rounds)
{
  double rows = (double)MAX (self->n_rows, 1);
  double hand = bench_get_median (self->hand, n_rounds);
  double engine = bench_get_median (self->engine, n_rounds);
  double ratio = bench_get_median (self->ratio, n_rounds);

  printf ("%-8s by hand %6.1f ns a row, engine %6.1f ns a row, ratio %.2f  (%" G_GUINT64_FORMAT " rows in, %"
          G_GUINT64_FORMAT " / %" G_GUINT64_FORMAT " out)\n", self->name, hand / rows * 1e9, engine / rows * 1e9, ratio,
          self->n_rows, self->hand_out, self->engine_out);

  return ratio;
}

int
main (int    argc,
      char **argv)
{
  gint n_rows = 1000000;
  gint n_rounds = 5;
  double floor = 0;
  const GOptionEntry entries[] = {
    { "rows", 'n', 0, G_OPTION_ARG_INT, &n_rows, "Rows of the file that is made", "N" },
    { "rounds", 'r', 0, G_OPTION_ARG_INT, &n_rounds, "How often", "N" },
    { "floor", 'f', 0, G_OPTION_ARG_DOUBLE, &floor, "Fail below this ratio", "RATIO" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new ("[FILE]");
  g_autoptr(GError) error = NULL;
  g_autofree char *file = NULL;
  g_autofree Comparison *comparisons = g_new0 (Comparison, 2);
  double least;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_rows < 1 || n_rounds < 1 || n_rounds > ROUNDS_MAX)
    {
      fprintf (stderr, "bench-pipeline: %s\n", error != NULL ? error->message : "numbers out of range");
      return 2;
    }

  if (argc > 1)
    file = g_canonicalize_filename (argv[1], NULL);
  else
    {
      g_autofree char *name = g_strdup_printf ("belt-bench-%d.jsonl", n_rows);

      file = g_build_filename (g_get_tmp_dir (), name, NULL);
      bench_make_rows (argv[0], file, (guint)n_rows);
    }

  comparisons[0].name = "filter";
  comparisons[1].name = "window";
  for (gint round = 0; round < n_rounds; round++)
    {
      run_round (&comparisons[0], file, FALSE, (guint)round);
      run_round (&comparisons[1], file, TRUE, (guint)round);
    }

  least = print_comparison (&comparisons[0], (guint)n_rounds);
  least = MIN (least, print_comparison (&comparisons[1], (guint)n_rounds));

  return least < floor ? 1 : 0;
}
