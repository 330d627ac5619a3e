/* belt-proto-wire.h - the wire format of protobuf, inline
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What reads every byte of every message stands here, so that it becomes part of
 * the loop over the fields.
 */
#pragma once

#include "belt-proto.h"

#include <string.h>

G_BEGIN_DECLS

typedef enum
{
  BELT_PROTO_WIRE_VARINT,
  BELT_PROTO_WIRE_FIXED64,
  BELT_PROTO_WIRE_BYTES,
  BELT_PROTO_WIRE_START,
  BELT_PROTO_WIRE_END,
  BELT_PROTO_WIRE_FIXED32,
} BeltProtoWire;

/* One payload being read. */
typedef struct
{
  BeltProtoReader  *reader;
  BeltArena        *arena;
  const guint8     *payload;
  gsize             len;
  gboolean          copy;
  guint             n_values;
  BeltProtoTrouble *trouble;
} BeltProtoRead;

typedef struct
{
  const guint8 *p;
  const guint8 *end;
} BeltProtoBytes;

static inline gboolean
belt_proto_wire_fail (BeltProtoRead        *self,
                      const guint8         *at,
                      const BeltProtoField *field,
                      const char           *problem)
{
  gboolean inside = at >= self->payload && at <= self->payload + self->len;

  *self->trouble = (BeltProtoTrouble) { problem, field, inside ? (gsize)(at - self->payload) : G_MAXSIZE };
  return FALSE;
}

static inline gboolean
belt_proto_wire_read_varint (BeltProtoRead  *self,
                             BeltProtoBytes *bytes,
                             guint64        *ret_value)
{
  guint64 value = 0;

  for (guint shift = 0; shift < 70; shift += 7)
    {
      guint8 byte;

      if (bytes->p == bytes->end)
        return belt_proto_wire_fail (self, bytes->p, NULL, "unexpected EOF");
      byte = *bytes->p++;
      value |= (guint64)(byte & 0x7f) << MIN (shift, 63);
      if (byte < 0x80)
        {
          *ret_value = value;
          return TRUE;
        }
    }
  return belt_proto_wire_fail (self, bytes->p, NULL, "proto: integer overflow");
}

static inline gboolean
belt_proto_wire_read_fixed (BeltProtoRead  *self,
                            BeltProtoBytes *bytes,
                            guint           size,
                            guint64        *ret_value)
{
  guint64 wide = 0;

  if ((gsize)(bytes->end - bytes->p) < size)
    return belt_proto_wire_fail (self, bytes->end, NULL, "unexpected EOF");
  memcpy (&wide, bytes->p, size);
  bytes->p += size;
  *ret_value = GUINT64_FROM_LE (wide);
  return TRUE;
}

static inline gboolean
belt_proto_wire_read_span (BeltProtoRead  *self,
                           BeltProtoBytes *bytes,
                           BeltProtoBytes *ret_span)
{
  guint64 len;

  if (!belt_proto_wire_read_varint (self, bytes, &len))
    return FALSE;
  if (len > (guint64)(bytes->end - bytes->p))
    return belt_proto_wire_fail (self, bytes->end, NULL, "unexpected EOF");
  *ret_span = (BeltProtoBytes) { bytes->p, bytes->p + len };
  bytes->p += len;
  return TRUE;
}

static inline gboolean
belt_proto_wire_read_tag (BeltProtoRead  *self,
                          BeltProtoBytes *bytes,
                          guint32        *ret_number,
                          guint          *ret_wire)
{
  const guint8 *at = bytes->p;
  guint64 tag;

  if (!belt_proto_wire_read_varint (self, bytes, &tag))
    return FALSE;
  if (tag >> 3 > G_MAXINT32)
    return belt_proto_wire_fail (self, at, NULL, "the number of a field is out of range");
  *ret_number = (guint32)(tag >> 3);
  *ret_wire = (guint)(tag & 7);
  return TRUE;
}

static inline gboolean
belt_proto_wire_skip (BeltProtoRead  *self,
                      BeltProtoBytes *bytes,
                      guint           wire)
{
  guint64 ignored;
  BeltProtoBytes span;

  switch (wire)
    {
    case BELT_PROTO_WIRE_VARINT:
      return belt_proto_wire_read_varint (self, bytes, &ignored);
    case BELT_PROTO_WIRE_FIXED64:
      return belt_proto_wire_read_fixed (self, bytes, 8, &ignored);
    case BELT_PROTO_WIRE_FIXED32:
      return belt_proto_wire_read_fixed (self, bytes, 4, &ignored);
    case BELT_PROTO_WIRE_BYTES:
      return belt_proto_wire_read_span (self, bytes, &span);
    default:
      return belt_proto_wire_fail (self, bytes->p, NULL, "proto: bad wiretype");
    }
}

/* To behind the end of a group; ret_span is what is inside.  Groups within are counted, not descended into. */
static inline gboolean
belt_proto_wire_read_group (BeltProtoRead  *self,
                            BeltProtoBytes *bytes,
                            BeltProtoBytes *ret_span)
{
  guint64 depth = 1;

  ret_span->p = bytes->p;
  while (depth > 0)
    {
      guint32 number;
      guint wire;

      if (bytes->p == bytes->end)
        return belt_proto_wire_fail (self, bytes->p, NULL, "unexpected EOF");
      ret_span->end = bytes->p;
      if (!belt_proto_wire_read_tag (self, bytes, &number, &wire))
        return FALSE;
      if (wire == BELT_PROTO_WIRE_START)
        depth++;
      else if (wire == BELT_PROTO_WIRE_END)
        depth--;
      else if (!belt_proto_wire_skip (self, bytes, wire))
        return FALSE;
    }
  return TRUE;
}

G_END_DECLS
