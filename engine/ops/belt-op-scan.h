/* belt-op-scan.h - a source's batch becomes a batch of the rule
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The decoded columns are mapped into their slots without copying.  Rows that did
 * not decode fail here, and with event time those without a usable timestamp.
 */
#pragma once

#include "belt-layout.h"
#include "belt-narrow.h"
#include "belt-op.h"

G_BEGIN_DECLS

typedef struct
{
  guint        stream;
  guint        n_columns;         /* whole row included, as the last one */
  const guint *slots;             /* [n_columns] */
  guint        n_slots;
  gboolean     several_streams;   /* rows are marked with their stream */
  int          time_column;       /* event time; -1: the batch's own times */
  const char  *time_format;       /* TIMESTAMP_FORMAT or NULL */
  const char  *time_name;
  GPtrArray   *narrow;            /* of BeltNarrow: columns of which the statement sees some members; or NULL */
  guint       *narrow_slots;      /* …and where they are */
} BeltScanSpec;

BeltOp *belt_op_scan_new         (const BeltScanSpec *spec,
                                  BeltEval           *eval);
/* Where the columns stand in the batches that come; NULL: in order. */
void    belt_op_scan_map_columns (BeltOp             *self,
                                  const guint        *map);
/* The source in front of it: counts and hands on. */
BeltOp *belt_op_source_new       (BeltEval           *eval);

G_END_DECLS
