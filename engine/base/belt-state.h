/* belt-state.h - what an operator remembers, written down and read back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * For checkpoints and swaps.  Numbers are little-endian and of fixed size, texts
 * and lists carry their length.  A reader never goes past its end: after the
 * first wrong thing it says `failed` and answers zeros, so callers check once.
 */
#pragma once

#include "belt-arena.h"
#include "belt-value.h"

G_BEGIN_DECLS

typedef struct
{
  GByteArray *bytes;
} BeltStateWriter;

typedef struct
{
  const guint8 *at;
  const guint8 *end;
  gboolean      failed;
} BeltStateReader;

void        belt_state_writer_init   (BeltStateWriter *self);
/* Returns: (transfer full); the writer is empty afterwards */
GBytes     *belt_state_writer_finish (BeltStateWriter *self);
void        belt_state_put_u32       (BeltStateWriter *self,
                                      guint32          number);
void        belt_state_put_i64       (BeltStateWriter *self,
                                      gint64           number);
void        belt_state_put_f64       (BeltStateWriter *self,
                                      double           number);
void        belt_state_put_bytes     (BeltStateWriter *self,
                                      gconstpointer    data,
                                      gsize            len);
/* Any value: errors and slots not computed yet as well. */
void        belt_state_put_value     (BeltStateWriter *self,
                                      const BeltValue *value);

void        belt_state_reader_init   (BeltStateReader *self,
                                      GBytes          *bytes);
guint32     belt_state_get_u32       (BeltStateReader *self);
gint64      belt_state_get_i64       (BeltStateReader *self);
double      belt_state_get_f64       (BeltStateReader *self);
/* Borrowed from the bytes. */
const char *belt_state_get_bytes     (BeltStateReader *self,
                                      gsize           *ret_len);
BeltValue   belt_state_get_value     (BeltStateReader *self,
                                      BeltArena       *arena);
/* A count of things that take at least `least` bytes each; more than can be there fails. */
guint32     belt_state_get_count     (BeltStateReader *self,
                                      gsize            least);
/* All read and nothing wrong; else FALSE with error set. */
gboolean    belt_state_reader_finish (BeltStateReader *self,
                                      GError         **error);

G_END_DECLS
