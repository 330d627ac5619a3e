/* bench-measure.h - processor time, and the middle of many measurements
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of the whole process, all threads. */
double bench_get_cpu_seconds (void);
/* Sorts the numbers. */
double bench_get_median      (double *numbers,
                              guint   n);

G_END_DECLS
