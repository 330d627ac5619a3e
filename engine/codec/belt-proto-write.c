/* belt-proto-write.c - rows to bytes of the wire
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fields are written by their numbers.  What a value may become is eKuiper's rule:
 * numbers stay numbers, text is no number; whole numbers too large for 32 bits lose
 * their upper bits.  Null is a field left out, so that what was read can be written.
 */
#include "config.h"

#include "belt-proto.h"

#include "belt-error.h"
#include "belt-expr.h"
#include "belt-json.h"

#include <math.h>
#include <string.h>

typedef struct
{
  GString *out;
  GError **error;
} Write;

static gboolean write_message (Write                  *self,
                               const BeltProtoMessage *message,
                               const BeltValue        *row,
                               guint                   depth);

static const char *
name_kind (BeltProtoKind kind)
{
  switch (kind)
    {
    case BELT_PROTO_DOUBLE:
    case BELT_PROTO_FLOAT:
      return "float";
    case BELT_PROTO_UINT32:
    case BELT_PROTO_UINT64:
    case BELT_PROTO_FIXED32:
    case BELT_PROTO_FIXED64:
      return "uint";
    case BELT_PROTO_BOOL:
      return "bool";
    case BELT_PROTO_STRING:
      return "string";
    case BELT_PROTO_BYTES:
      return "bytes";
    case BELT_PROTO_MESSAGE:
    case BELT_PROTO_GROUP:
      return "map";
    default:
      return "int";
    }
}

/* Go's name of what a value should have become. */
static const char *
name_target (BeltProtoKind kind)
{
  switch (kind)
    {
    case BELT_PROTO_DOUBLE:
      return "float64";
    case BELT_PROTO_FLOAT:
      return "float32";
    case BELT_PROTO_INT64:
    case BELT_PROTO_SFIXED64:
    case BELT_PROTO_SINT64:
      return "int64";
    default:
      return name_kind (kind);
    }
}

static gboolean
refuse (Write                *self,
        const BeltProtoField *field,
        const BeltValue      *value,
        int                   item,
        const char           *more)
{
  g_autoptr(GString) shown = g_string_new (NULL);
  g_autofree char *valid = NULL;
  const char *name = name_kind (field->kind);
  const char *target = name_target (field->kind);

  if (belt_value_is_null (value))
    g_string_append (shown, "<nil>(<nil>)");
  else
    {
      g_string_append_printf (shown, "%s(", belt_value_get_go_type (value));
      belt_value_write_go (shown, value);
      g_string_append_c (shown, ')');
    }
  valid = g_utf8_make_valid (shown->str, (gssize)MIN (shown->len, 200));
  if (item >= 0)
    return belt_refuse (self->error, BELT_ERROR_INVALID,
                        "failed to encode field '%s': item %d: cannot convert %s to %s%s", field->name, item, valid,
                        target, more);
  if (field->repeated)
    return belt_refuse (self->error, BELT_ERROR_INVALID, "failed to encode field '%s':cannot convert %s to %s slice)",
                        field->name, valid, name);
  return belt_refuse (self->error, BELT_ERROR_INVALID, "invalid type for %s type field '%s': cannot convert %s to %s%s",
                      name, field->name, valid, target, more);
}

static void
write_varint (GString *out,
              guint64  value)
{
  char bytes[10];
  guint n = 0;

  for (; value >= 0x80; value >>= 7)
    bytes[n++] = (char)(value | 0x80);
  bytes[n++] = (char)value;
  g_string_append_len (out, bytes, n);
}

static void
write_fixed (GString *out,
             guint64  value,
             guint    size)
{
  guint64 little = GUINT64_TO_LE (value);

  g_string_append_len (out, (const char *)&little, size);
}

static guint
get_wire (BeltProtoKind kind)
{
  switch (kind)
    {
    case BELT_PROTO_DOUBLE:
    case BELT_PROTO_FIXED64:
    case BELT_PROTO_SFIXED64:
      return 1;
    case BELT_PROTO_FLOAT:
    case BELT_PROTO_FIXED32:
    case BELT_PROTO_SFIXED32:
      return 5;
    case BELT_PROTO_STRING:
    case BELT_PROTO_BYTES:
    case BELT_PROTO_MESSAGE:
    case BELT_PROTO_GROUP:
      return 2;
    default:
      return 0;
    }
}

static void
write_tag (GString              *out,
           const BeltProtoField *field,
           guint                 wire)
{
  write_varint (out, (guint64)field->number << 3 | wire);
}

/* What Go makes of a float on amd64. */
static gint64
truncate_float (double value)
{
  return value >= -0x1p63 && value < 0x1p63 ? (gint64)value : G_MININT64;
}

static gint64
to_integer (const BeltValue *value)
{
  return value->tag == BELT_TAG_I64 ? value->u.i : truncate_float (value->u.f);
}

/* The bits of a number as the wire has them.  Returns: FALSE with the error set */
static gboolean
to_bits (Write                *self,
         const BeltProtoField *field,
         const BeltValue      *value,
         int                   item,
         guint64              *ret_bits)
{
  double wide;
  float small;
  guint32 narrow;

  if (field->kind == BELT_PROTO_BOOL ? value->tag != BELT_TAG_BOOL : !belt_value_is_number (value))
    return refuse (self, field, value, item, "");

  switch (field->kind)
    {
    case BELT_PROTO_BOOL:
      *ret_bits = (guint64)value->u.i;
      return TRUE;
    case BELT_PROTO_DOUBLE:
      wide = belt_value_as_f64 (value);
      memcpy (ret_bits, &wide, sizeof wide);
      return TRUE;
    case BELT_PROTO_FLOAT:
      small = (float)belt_value_as_f64 (value);
      memcpy (&narrow, &small, sizeof small);
      *ret_bits = narrow;
      return TRUE;
    case BELT_PROTO_UINT32:
    case BELT_PROTO_FIXED32:
    case BELT_PROTO_UINT64:
    case BELT_PROTO_FIXED64:
      if (belt_value_as_f64 (value) < 0)
        return refuse (self, field, value, item, ", negative not allowed");
      *ret_bits = value->tag == BELT_TAG_F64 && value->u.f >= 0x1p63 && value->u.f < 0x1p64
                  ? (guint64)value->u.f : (guint64)to_integer (value);
      if (field->kind == BELT_PROTO_UINT32 || field->kind == BELT_PROTO_FIXED32)
        *ret_bits = (guint32)*ret_bits;
      return TRUE;
    case BELT_PROTO_SINT32:
      narrow = (guint32)to_integer (value);
      *ret_bits = (narrow << 1) ^ (0u - (narrow >> 31));
      return TRUE;
    case BELT_PROTO_SINT64:
      *ret_bits = (guint64)to_integer (value);
      *ret_bits = (*ret_bits << 1) ^ (G_GUINT64_CONSTANT (0) - (*ret_bits >> 63));
      return TRUE;
    case BELT_PROTO_INT64:
    case BELT_PROTO_SFIXED64:
      *ret_bits = (guint64)to_integer (value);
      return TRUE;
    default:
      *ret_bits = (guint64)(gint64)(gint32)(guint32)(guint64)to_integer (value);
      return TRUE;
    }
}

static void
write_bits (GString *out,
            guint    wire,
            guint64  bits)
{
  if (wire == 0)
    write_varint (out, bits);
  else
    write_fixed (out, bits, wire == 1 ? 8 : 4);
}

/* What was written since start gets its length in front. */
static void
close_span (GString *out,
            gsize    start)
{
  char bytes[10];
  guint64 len = out->len - start;
  guint n = 0;

  for (; len >= 0x80; len >>= 7)
    bytes[n++] = (char)(len | 0x80);
  bytes[n++] = (char)len;
  g_string_insert_len (out, (gssize)start, bytes, n);
}

/* proto3 does not write what is the default, where a field has no presence of its own. */
static gboolean
is_left_out (const BeltProtoMessage *message,
             const BeltProtoField   *field,
             guint64                 bits)
{
  return message->proto3 && field->oneof < 0 && !field->repeated && !message->is_entry && bits == 0;
}

static gboolean
write_element (Write                  *self,
               const BeltProtoMessage *message,
               const BeltProtoField   *field,
               const BeltValue        *value,
               int                     item,
               guint                   depth)
{
  guint wire = get_wire (field->kind);
  guint64 bits;
  gsize start;

  if (wire != 2)
    {
      if (!to_bits (self, field, value, item, &bits))
        return FALSE;
      if (!is_left_out (message, field, bits))
        {
          write_tag (self->out, field, wire);
          write_bits (self->out, wire, bits);
        }
      return TRUE;
    }

  if (field->kind == BELT_PROTO_MESSAGE)
    {
      BeltMember inner = { "value", 5, *value };
      BeltValue wrapped = belt_value_map (&inner, 1);

      /* A google.protobuf.Int32Value is read as the number it wraps. */
      if (field->message->is_wrapper && value->tag != BELT_TAG_MAP)
        value = &wrapped;
      if (value->tag != BELT_TAG_MAP)
        return refuse (self, field, value, item, "");
      write_tag (self->out, field, wire);
      start = self->out->len;
      if (!write_message (self, field->message, value, depth + 1))
        return FALSE;
      close_span (self->out, start);
      return TRUE;
    }

  if (value->tag != BELT_TAG_STR && value->tag != BELT_TAG_BYTES)
    return refuse (self, field, value, item, "");
  if (is_left_out (message, field, value->len))
    return TRUE;
  write_tag (self->out, field, wire);
  write_varint (self->out, value->len);
  g_string_append_len (self->out, value->u.s, value->len);
  return TRUE;
}

static gboolean
write_packed (Write                *self,
              const BeltProtoField *field,
              const BeltValue      *list)
{
  guint wire = get_wire (field->kind);
  gsize start;

  write_tag (self->out, field, 2);
  start = self->out->len;
  for (guint i = 0; i < list->len; i++)
    {
      guint64 bits;

      if (!to_bits (self, field, &list->u.items[i], (int)i, &bits))
        return FALSE;
      write_bits (self->out, wire, bits);
    }
  close_span (self->out, start);
  return TRUE;
}

/* A key of a map is text in a row. */
static gboolean
read_key (const BeltProtoField *field,
          const BeltMember     *member,
          BeltValue            *ret_key)
{
  gint64 integer;

  *ret_key = belt_value_str (member->name, member->name_len);
  if (field->kind == BELT_PROTO_STRING)
    return TRUE;
  if (field->kind == BELT_PROTO_BOOL)
    {
      gboolean is_true = member->name_len == 4 && memcmp (member->name, "true", 4) == 0;

      *ret_key = belt_value_bool (is_true);
      return is_true || (member->name_len == 5 && memcmp (member->name, "false", 5) == 0);
    }
  if (!belt_number_parse_i64 (member->name, member->name_len, &integer))
    return FALSE;
  *ret_key = belt_value_i64 (integer);
  return TRUE;
}

static gboolean
write_map (Write                *self,
           const BeltProtoField *field,
           const BeltValue      *map,
           guint                 depth)
{
  for (guint i = 0; i < map->len; i++)
    {
      const BeltMember *member = &map->u.members[i];
      BeltMember parts[2] = { { "key", 3, belt_value_null () }, { "value", 5, member->value } };
      BeltValue entry = belt_value_map (parts, 2);

      if (!read_key (&field->message->fields[0], member, &parts[0].value))
        return refuse (self, &field->message->fields[0], &parts[0].value, -1, "");
      if (!write_element (self, field->message, field, &entry, -1, depth))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_field (Write                  *self,
             const BeltProtoMessage *message,
             const BeltProtoField   *field,
             const BeltValue        *value,
             guint                   depth)
{
  if (field->kind == BELT_PROTO_GROUP)
    return belt_refuse (self->error, BELT_ERROR_INVALID, "invalid type for field '%s': groups are not written",
                        field->name);
  if (!field->repeated)
    return write_element (self, message, field, value, -1, depth);
  if (field->is_map && value->tag == BELT_TAG_MAP)
    return write_map (self, field, value, depth);
  if (value->tag != BELT_TAG_LIST)
    return refuse (self, field, value, -1, "");
  if (field->packed && get_wire (field->kind) != 2 && value->len > 0)
    return write_packed (self, field, value);

  for (guint i = 0; i < value->len; i++)
    if (!write_element (self, message, field, &value->u.items[i], (int)i, depth))
      return FALSE;
  return TRUE;
}

static const BeltValue *
get_value (const BeltProtoMessage *message,
           const BeltValue        *row,
           guint                   index)
{
  const BeltValue *value = belt_value_get_member (row, message->fields[index].name,
                                                  strlen (message->fields[index].name));

  return value != NULL && !belt_value_is_null (value) ? value : NULL;
}

/* Of a oneof the last one declared counts. */
static gboolean
is_overruled (const BeltProtoMessage *message,
              const BeltValue        *row,
              guint                   index)
{
  int oneof = message->fields[index].oneof;

  if (oneof >= 0)
    for (guint i = index + 1; i < message->n_fields && message->fields[i].oneof == oneof; i++)
      if (get_value (message, row, i) != NULL)
        return TRUE;
  return FALSE;
}

static gboolean
write_message (Write                  *self,
               const BeltProtoMessage *message,
               const BeltValue        *row,
               guint                   depth)
{
  if (depth >= BELT_PROTO_DEPTH_MAX)
    return belt_refuse (self->error, BELT_ERROR_INVALID, "messages are nested more than %u deep",
                        BELT_PROTO_DEPTH_MAX);

  for (guint i = 0; i < message->n_fields; i++)
    {
      guint index = message->by_number[i];
      const BeltValue *value = get_value (message, row, index);

      if (value == NULL && message->fields[index].required)
        return belt_refuse (self->error, BELT_ERROR_INVALID, "field %s not found", message->fields[index].name);
      if (value != NULL && !is_overruled (message, row, index) &&
          !write_field (self, message, &message->fields[index], value, depth))
        return FALSE;
    }
  return TRUE;
}

gboolean
belt_proto_write (const BeltProtoMessage *message,
                  const BeltValue        *row,
                  GString                *out,
                  GError                **error)
{
  Write self = { out, error };
  gsize start = out->len;

  if (row->tag != BELT_TAG_MAP)
    return belt_refuse (error, BELT_ERROR_INVALID, "unsupported type %s, must be a map: set sendSingle",
                        belt_tag_get_name (row->tag));
  if (write_message (&self, message, row, 0))
    return TRUE;
  g_string_truncate (out, start);
  return FALSE;
}
