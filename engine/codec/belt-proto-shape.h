/* belt-proto-shape.h - what a message is without its fields
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-proto.h"

G_BEGIN_DECLS

/* What a message looks like in rows. */
typedef struct
{
  const BeltProtoMessage *message;
  BeltMember             *members;   /* [n_fields] names and defaults, in the constants */
  BeltValue               absent;    /* the message of defaults */
  guint                   n_absent;  /* values in it, 0: not made yet */
  gboolean                open;      /* being made */
} BeltProtoShape;

struct _BeltProtoReader
{
  BeltProtoFile    *file;
  BeltProtoMessage *message;
  BeltBatch        *constants;
  BeltProtoShape            *shapes;    /* by the index of the message */
  BeltValue        *values;    /* [n_fields] */
};

static inline BeltProtoShape *
belt_proto_reader_get_shape (BeltProtoReader        *self,
                             const BeltProtoMessage *message)
{
  return &self->shapes[message->index];
}

G_END_DECLS
