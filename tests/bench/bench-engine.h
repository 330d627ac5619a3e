/* bench-engine.h - the benchmark rules on the real engine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 n_rows;   /* the source read; of several rules, what all of them were given */
  guint64 n_out;    /* the sinks got */
} BenchResult;

/* One source, or one and the same file as `rows` and as `others`. */
typedef struct
{
  const char *file;
  gboolean    event_time;
  guint       n_rules;  /* more than one share the stream; {n} in sql is the rule's number */
  const char *sql;
  const char *table;      /* a statement that creates one; NULL: none */
} BenchSetup;

/* SELECT * FROM rows WHERE temperature > 50, file to nop. */
extern const char bench_filter_sql[];
/* Average temperature and count by deviceId in 10 s of event time. */
extern const char bench_window_sql[];

/* Runs the rule over the file until its source ends.  Aborts when the engine refuses. */
void bench_engine_run  (const char  *file,
                        const char  *sql,
                        gboolean     event_time,
                        BenchResult *ret_result);
void bench_engine_run_setup (const BenchSetup *setup,
                             BenchResult      *ret_result);
/* Makes FILE with so many rows if it is not there, by the generate-rows that stands beside this program. */
void bench_make_rows   (const char  *program,
                        const char  *file,
                        guint        n_rows);
/* The same with further arguments of generate-rows; NULL: none. */
void bench_make_rows_of (const char *program,
                         const char *file,
                         guint       n_rows,
                         const char *arguments);

G_END_DECLS
