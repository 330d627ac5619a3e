/* belt-plugin-codec.h - values as bytes with offsets, for the ring and for queues
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

#define BELT_WIRE_DEPTH_MAX 512u   /* as deep as the JSON scanner goes */

/* Where values are written: a fixed area, or memory that grows. */
typedef struct
{
  char    *base;
  gsize    used;
  gsize    size;
  gboolean grows;
  gboolean failed;   /* the area is full, or a value is nested too deep */
} BeltWire;

void     belt_wire_init       (BeltWire        *self,
                               gpointer         base,
                               gsize            size);
void     belt_wire_init_grows (BeltWire        *self);
void     belt_wire_clear      (BeltWire        *self);
/* Returns the offset of n zeroed, 16-aligned bytes; on failure 0 and self->failed. */
gsize    belt_wire_reserve    (BeltWire        *self,
                               gsize            n);
gsize    belt_wire_put_bytes  (BeltWire        *self,
                               gconstpointer    data,
                               gsize            n);
/* Writes values, and what they point to, over the reserved array at `at`.  MISSING becomes NULL with
 * flags 1, an ERROR its text; JSON is taken apart in `arena` first. */
void     belt_wire_put_values (BeltWire        *self,
                               gsize            at,
                               const BeltValue *values,
                               gsize            n_values,
                               BeltArena       *arena);
/* Host: offsets become pointers, in place.  The engine is trusted. */
void     belt_wire_relocate   (char            *base,
                               BeltValue       *values,
                               gsize            n_values);
/* Engine: copies n values out of `size` bytes that somebody may be scribbling over.  FALSE when anything
 * points outside, is nested too deep, is no UTF-8 or refers to more than there is room for. */
gboolean belt_wire_read       (const char      *base,
                               gsize            size,
                               gsize            at,
                               gsize            n_values,
                               const char      *function,
                               BeltArena       *arena,
                               BeltValue       *out);

G_END_DECLS
