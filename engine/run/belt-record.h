/* belt-record.h - one thing that came in at a source
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Never changed once made, so it may go from thread to thread.
 */
#pragma once

#include "belt-value.h"

G_BEGIN_DECLS

typedef struct
{
  GBytes    *payload;   /* one message or line, to be decoded by the stream's FORMAT; NULL: a row */
  BeltValue  row;       /* made by a source without a format (memory, simulator, plugins); owned; MISSING: a payload */
  char      *metadata;  /* what meta() reads, as a JSON object; or NULL */
  gint64     at_ms;     /* of arrival */
  gsize      n_bytes;   /* that it takes, about */
} BeltRecord;

/* Takes the payload. */
BeltRecord *belt_record_new_payload (GBytes          *payload,
                                     const BeltValue *metadata,
                                     gint64           at_ms);
/* Copies the row. */
BeltRecord *belt_record_new_row     (const BeltValue *row,
                                     const BeltValue *metadata,
                                     gint64           at_ms);
BeltRecord *belt_record_ref         (BeltRecord      *self);
void        belt_record_unref       (BeltRecord      *self);
/* Returns: (transfer full): the payload as it came, or the row as JSON: a line of a sample */
char       *belt_record_dup_text    (const BeltRecord *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltRecord, belt_record_unref)

G_END_DECLS
