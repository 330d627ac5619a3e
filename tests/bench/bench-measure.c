/* bench-measure.c - processor time, and the middle of many measurements
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bench-measure.h"

#include <stdlib.h>
#include <time.h>

double
bench_get_cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int
compare_numbers (const void *a,
                 const void *b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

double
bench_get_median (double *numbers,
                  guint   n)
{
  qsort (numbers, n, sizeof *numbers, compare_numbers);
  return numbers[n / 2];
}
