/* belt-sink-payload.h - what becomes of rows before they are encoded
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * dataTemplate, dataField, fields and excludeFields, in this order, as eKuiper's
 * transform operator applies them.
 */
#pragma once

#include "belt-op-sink.h"

G_BEGIN_DECLS

/* row: a MAP (sendSingle) or a LIST of MAPs.  Returns: a MAP, a LIST of MAPs, a STR that is the payload itself,
 * MISSING when nothing is left of the row, or an error.  All of it lives in the arena or the row. */
BeltValue belt_sink_payload_make (const BeltSinkSpec *spec,
                                  const BeltValue    *row,
                                  BeltArena          *arena);

G_END_DECLS
