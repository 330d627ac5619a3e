/* hand-pipeline.h - the two benchmark rules written by hand: what this machine can do
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * File to lines to the columns the rule needs, every token of every line checked,
 * to a filter or to an average by device, to JSON text that is thrown away.  No
 * plan, no operators, no values that could be something else: the mark the engine
 * is measured by.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 n_rows;
  guint64 n_bad;
  guint64 n_out;    /* rows written */
  double  check;    /* sum of the averages, so that nothing is optimised away */
} HandResult;

/* temperature > 50; whole lines go on. */
gboolean hand_pipeline_filter  (const char *file,
                                HandResult *ret_result);
/* Average temperature and count by deviceId in event-time windows. */
gboolean hand_pipeline_window  (const char *file,
                                gint64      window_ms,
                                HandResult *ret_result);

G_END_DECLS
