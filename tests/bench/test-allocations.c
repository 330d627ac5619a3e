/* test-allocations.c - a row costs no allocation, a million rows little memory
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * malloc and its kin are ours in this program, and count.  Two runs that differ
 * only in length are compared, so what starting and stopping costs falls out.
 */
#include "config.h"

#include "bench-engine.h"

#include "belt-codec.h"
#include "belt-stream.h"

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
count_allocations (const BenchSetup *setup,
                   guint             n_rows)
{
  guint64 before = __atomic_load_n (&n_allocations, __ATOMIC_RELAXED);
  BenchResult result;

  bench_engine_run_setup (setup, &result);
  g_assert_cmpuint (result.n_rows, ==, n_rows);

  return __atomic_load_n (&n_allocations, __ATOMIC_RELAXED) - before;
}

static void
check_rule_with (const char *sql,
                 gboolean    event_time,
                 const char *table)
{
  g_autofree char *short_file = make_file (SHORT_ROWS);
  g_autofree char *long_file = make_file (LONG_ROWS);
  BenchSetup short_setup = { short_file, event_time, 1, sql, table };
  BenchSetup long_setup = { long_file, event_time, 1, sql, table };
  guint64 few = count_allocations (&short_setup, SHORT_ROWS);
  guint64 many = count_allocations (&long_setup, LONG_ROWS);
  double per_row = ((double)many - (double)few) / (LONG_ROWS - SHORT_ROWS);
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  g_test_message ("%s: %.4f allocations a row, %ld KiB at most", sql, per_row, usage.ru_maxrss);

  /* Not one in a hundred rows: what a portion of the file or a window costs. */
  g_assert_cmpfloat (per_row, <, 0.01);
  g_assert_cmpint (usage.ru_maxrss, <, RSS_MAX_KB);
}

static void
check_rule (const char *sql,
            gboolean    event_time)
{
  check_rule_with (sql, event_time, NULL);
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

#define LOOKUP_SQL "SELECT rows.temperature, states.level FROM rows LEFT JOIN states ON rows.status = states.status"
#define LOOKUP_TABLE(key, cache) \
  "CREATE TABLE states () WITH (TYPE=\"simulator\", DATASOURCE=\"\", KIND=\"lookup\", KEY=\"" key "\", " \
  "EXTRA=\"{\\\"data\\\":[{\\\"status\\\":\\\"ok\\\",\\\"level\\\":\\\"fine\\\"}]," \
  "\\\"lookup\\\":{\\\"cache\\\":" cache ",\\\"cacheMissingKey\\\":true}}\")"

static void
test_lookup (void)
{
  check_rule_with (LOOKUP_SQL, FALSE, LOOKUP_TABLE ("status", "false"));
}

static void
test_lookup_cached (void)
{
  check_rule_with (LOOKUP_SQL, FALSE, LOOKUP_TABLE ("level", "true"));
}

static void
count_rows (BeltBatch *batch,
            gpointer   n_rows)
{
  *(guint64 *)n_rows += batch->n_rows;
}

/* A message with text, lists and messages in it, one payload a row as from MQTT. */
static void
test_protobuf (void)
{
  static const char schema[] =
    "syntax = \"proto3\"; message Row { string room = 1; double t = 2; repeated int32 codes = 3; Place at = 4; "
    "repeated Place path = 5; message Place { float x = 1; string name = 2; } }";
  static const char payload[] =
    "\x0a\x03hut\x11\x00\x00\x00\x00\x00\x80\x35\x40\x1a\x03\x01\x02\x03\x22\x05\x12\x03pen\x2a\x05\x12\x03one\x2a\x00";
  g_autoptr(BeltStream) stream = belt_stream_new_from_sql (
    "CREATE STREAM r () WITH (DATASOURCE=\"r\", FORMAT=\"protobuf\", SCHEMAID=\"row.Row\")", NULL);
  g_autoptr(BeltCatalog) empty = belt_catalog_new ();
  g_autoptr(BeltCatalog) with_schema = belt_catalog_with_schema (empty, "row", schema);
  g_autoptr(BeltCatalog) catalog = belt_catalog_with (with_schema, stream);
  g_autoptr(BeltDecoder) decoder = belt_decoder_new (belt_catalog_lookup (catalog, "r"), NULL, NULL, 0, TRUE, 0, NULL);
  guint64 sequence = 0;
  guint64 n_rows = 0;
  guint64 before = 0;

  for (guint i = 0; i < SHORT_ROWS; i++)
    {
      if (i == SHORT_ROWS / 2)
        before = __atomic_load_n (&n_allocations, __ATOMIC_RELAXED);
      belt_decoder_decode (decoder, payload, sizeof payload - 1, FALSE, NULL, NULL, 0, &sequence, 1, count_rows,
                           &n_rows);
    }
  g_assert_cmpuint (n_rows, ==, SHORT_ROWS);
  g_assert_cmpuint (__atomic_load_n (&n_allocations, __ATOMIC_RELAXED) - before, <, SHORT_ROWS / 200);
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
  g_test_add_func ("/allocations/lookup", test_lookup);
  g_test_add_func ("/allocations/lookup-cached", test_lookup_cached);
  g_test_add_func ("/allocations/protobuf", test_protobuf);

  return g_test_run ();
}
