/* belt-op-watermark.h - event time: puts rows in order and says how far time is
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The watermark is the least of the streams' newest times, less the tolerance; a
 * stream that is silent holds all back.  Rows up to the watermark go on in order
 * of time, equal times in order of arrival; older rows are late and dropped.
 * The times of the rows are already event times (the scan reads the column); a
 * row without one has come as a fault, and faults go straight on.
 */
#pragma once

#include "belt-op.h"
#include "belt-op-window.h"

G_BEGIN_DECLS

typedef struct
{
  guint    n_streams;          /* streams in FROM/JOIN order that are no tables; batch->streams tells which, NULL: 0 */
  const gboolean *is_table;    /* NULL, or [n_streams]: rows of tables pass at once and do not count */
  gint64   late_tolerance_ms;
  gboolean send_watermark;     /* a window follows */
  gboolean exact;              /* the window must see each advance on its own: all but TUMBLING, and those where an
                                * operator between may take rows away */
  gboolean in_order_at_once;   /* exact, but the window looks at nothing after a row: a push in order goes on whole */
  gint64   cell_ms;            /* exact, but only advances over a multiple of this matter: HOPPING.  0: all do */
  guint    n_slots;
} BeltWatermarkSpec;

BeltOp *belt_op_watermark_new        (const BeltWatermarkSpec *spec,
                                      BeltEval                *eval);
/* G_MININT64 when there is none yet. */
gint64  belt_op_watermark_get_time   (BeltOp                  *self);

G_END_DECLS
