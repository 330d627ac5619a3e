/* belt-proto.h - protobuf messages from and to rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values are those eKuiper makes: every declared field is there, one that did not
 * come with its default (proto2's, else zero), null for repeated numbers and texts,
 * [] for repeated messages, null for a message of proto3 and one of defaults for
 * proto2; a field of a oneof, or optional in proto3, only when it came.  Enums are
 * numbers.  A map that came is one, where eKuiper drops it without a word.
 */
#pragma once

#include "belt-batch.h"
#include "belt-proto-schema.h"

G_BEGIN_DECLS

#define BELT_PROTO_DEPTH_MAX  100u         /* messages in messages on the wire */
#define BELT_PROTO_VALUES_MAX (1u << 22)   /* values of one payload: two bytes may make a message of a thousand */

typedef struct _BeltProtoReader BeltProtoReader;

typedef struct
{
  const char           *problem;   /* in the arena or static */
  const BeltProtoField *field;     /* or NULL */
  gsize                 offset;    /* in the payload, G_MAXSIZE: within a message put together of several */
} BeltProtoTrouble;

/* Keeps the message's file. */
BeltProtoReader *belt_proto_reader_new      (BeltProtoMessage *message);
void             belt_proto_reader_free     (BeltProtoReader  *self);
/* What values may point to besides the arena and the payload: a parent for their batch. */
BeltBatch       *belt_proto_reader_get_constants (BeltProtoReader *self);
/* Reads one payload; wanted[i] says whether field i is stored, all of it is checked.  values are lent until the
 * next call: [n_fields], MISSING for what did not come and has no default.  copy: strings and bytes are copied. */
const BeltValue *belt_proto_reader_read     (BeltProtoReader  *self,
                                             const char       *payload,
                                             gsize             len,
                                             const gboolean   *wanted,
                                             gboolean          copy,
                                             BeltArena        *arena,
                                             BeltProtoTrouble *trouble);
/* All of what was read, as one MAP in the arena. */
BeltValue        belt_proto_reader_make_row (BeltProtoReader  *self,
                                             BeltArena        *arena);

/* A MAP without text of JSON in it. */
gboolean         belt_proto_write           (const BeltProtoMessage *message,
                                             const BeltValue  *row,
                                             GString          *out,
                                             GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltProtoReader, belt_proto_reader_free)

G_END_DECLS
