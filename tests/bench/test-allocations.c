/* test-allocations.c - a row costs no allocation, a million rows little memory
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * malloc and its kin are ours in this program, and count.  Two runs that differ
 * only in length are compared, so what starting and stopping costs falls out.
 */
#include "config.h"

#include "bench-engine.h"

#include <stdlib.h>
#include <sys/resource.h>

#define SHORT_ROWS 200000u
#define LONG_ROWS  1200000u
#define RSS_MAX_KB (40 * 1024)

static guint64 n_allocations;

/* The C library's own, which ours stand in front of. */
extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n,
                            size_t size);
extern void *__libc_realloc (void  *old,
                             size_t size);

void *
malloc (size_t size)
{
  __atomic_add_fetch (&n_allocations, 1, __ATOMIC_RELAXED);
  return __libc_malloc (size);
}

void *
calloc (size_t n,
        size_t size)
{
  __atomic_add_fetch (&n_allocations, 1, __ATOMIC_RELAXED);
  return __libc_calloc (n, size);
}

void *
realloc (void  *old,
         size_t size)
{
  __atomic_add_fetch (&n_allocations, 1, __ATOMIC_RELAXED);
  return __libc_realloc (old, size);
}

static const char *program;

static char *
make_file (guint n_rows)
{
  g_autofree char *name = g_strdup_printf ("belt-bench-%u.jsonl", n_rows);
  char *file = g_build_filename (g_get_tmp_dir (), name, NULL);

  bench_make_rows (program, file, n_rows);
  return file;
}

static guint64
count_allocations (const char *file,
                   const char *sql,
                   gboolean    event_time,
                   guint       n_rows)
{
  guint64 before = __atomic_load_n (&n_allocations, __ATOMIC_RELAXED);
  BenchResult result;

  bench_engine_run (file, sql, event_time, &result);
  g_assert_cmpuint (result.n_rows, ==, n_rows);

  return __atomic_load_n (&n_allocations, __ATOMIC_RELAXED) - before;
}

static void
check_rule (const char *sql,
            gboolean    event_time)
{
  g_autofree char *short_file = make_file (SHORT_ROWS);
  g_autofree char *long_file = make_file (LONG_ROWS);
  guint64 few = count_allocations (short_file, sql, event_time, SHORT_ROWS);
  guint64 many = count_allocations (long_file, sql, event_time, LONG_ROWS);
  double per_row = ((double)many - (double)few) / (LONG_ROWS - SHORT_ROWS);
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  g_test_message ("%s: %.4f allocations a row, %ld KiB at most", sql, per_row, usage.ru_maxrss);

  /* Not one in a hundred rows: what a portion of the file or a window costs. */
  g_assert_cmpfloat (per_row, <, 0.01);
  g_assert_cmpint (usage.ru_maxrss, <, RSS_MAX_KB);
}

static void
test_filter (void)
{
  check_rule (bench_filter_sql, FALSE);
}

static void
test_window (void)
{
  check_rule (bench_window_sql, TRUE);
}

/* A row comes out for each that goes in. */
static void
test_sliding (void)
{
  check_rule ("SELECT max(temperature) AS m, avg(temperature) AS a FROM rows GROUP BY SLIDINGWINDOW(ms, 500)", TRUE);
}

static void
test_session (void)
{
  check_rule ("SELECT max(temperature) AS m FROM rows GROUP BY SESSIONWINDOW(ss, 10, 1)", TRUE);
}

int
main (int    argc,
      char **argv)
{
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/allocations/filter", test_filter);
  g_test_add_func ("/allocations/window", test_window);
  g_test_add_func ("/allocations/sliding", test_sliding);
  g_test_add_func ("/allocations/session", test_session);

  return g_test_run ();
}
