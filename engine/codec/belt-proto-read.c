/* belt-proto-read.c - bytes of the wire to values
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One pass over a message stores the fields somebody wants and checks the others.
 * A nested message is noted where it lies and read when its parent is done: one
 * that comes in several parts is put together first, which is what merging means.
 * Every byte is read at most once a level.
 */
#include "config.h"

#include "belt-proto-shape.h"
#include "belt-proto-wire.h"

#include "belt-utf8.h"

#include <string.h>

#define PAIRS_SCANNED  32u      /* pairs of a map among which a key is looked for one by one */
#define LIST_ROOM      4u       /* items of a new list; later its length rounded up to a power of two */

/* Where the values of a message go: one after the other, or within members. */
typedef struct
{
  char  *base;    /* NULL: nowhere */
  gsize  stride;
} Slots;

static gboolean read_message (BeltProtoRead           *self,
                              BeltProtoShape          *shape,
                              BeltProtoBytes           bytes,
                              Slots                    slots,
                              const gboolean          *wanted,
                              guint                    depth);

/* --- values --- */

static BeltValue *
get_slot (Slots slots,
          guint field)
{
  return (BeltValue *)(void *)(slots.base + field * slots.stride);
}

static gboolean
count_values (BeltProtoRead         *self,
              const guint8          *at,
              gsize                  n)
{
  if (n > BELT_PROTO_VALUES_MAX - self->n_values)
    return belt_proto_wire_fail (self, at, NULL, "the payload holds more than " G_STRINGIFY (4194304) " values");
  self->n_values += (guint)n;
  return TRUE;
}

static guint
round_up (guint n)
{
  guint room = LIST_ROOM;

  while (room < n)
    room *= 2;
  return room;
}

/* Room for n more items at the end of a list that grows by powers of two. */
static BeltValue *
extend_list (BeltProtoRead         *self,
             BeltValue             *list,
             const guint8          *at,
             guint                  n)
{
  guint old = list->tag == BELT_TAG_LIST ? list->len : 0;
  BeltValue *items = old > 0 ? (BeltValue *)list->u.items : NULL;

  if (!count_values (self, at, n))
    return NULL;
  if (old == 0 || round_up (old) < old + n)
    {
      items = belt_arena_new_array (self->arena, BeltValue, round_up (old + n));
      if (old > 0)
        memcpy (items, list->u.items, old * sizeof *items);
    }
  *list = belt_value_list (items, old + n);
  return items + old;
}

static gboolean
convert (BeltProtoKind kind,
         guint64       wide,
         BeltValue    *ret_value)
{
  gint64 whole = (gint64)wide;
  guint32 narrow = (guint32)wide;
  float small;

  switch (kind)
    {
    case BELT_PROTO_BOOL:
      *ret_value = belt_value_bool (wide != 0);
      return TRUE;
    case BELT_PROTO_DOUBLE:
      *ret_value = belt_value_f64 (0);
      memcpy (&ret_value->u.f, &wide, sizeof wide);
      return TRUE;
    case BELT_PROTO_FLOAT:
      memcpy (&small, &narrow, sizeof small);
      *ret_value = belt_value_f64 ((double)small);
      return wide <= G_MAXUINT32;
    case BELT_PROTO_INT32:
    case BELT_PROTO_ENUM:
      *ret_value = belt_value_i64 (whole);
      return whole >= G_MININT32 && whole <= G_MAXINT32;
    case BELT_PROTO_UINT32:
    case BELT_PROTO_FIXED32:
      *ret_value = belt_value_i64 (whole);
      return wide <= G_MAXUINT32;
    case BELT_PROTO_SFIXED32:
      *ret_value = belt_value_i64 ((gint32)narrow);
      return wide <= G_MAXUINT32;
    case BELT_PROTO_SINT32:
      *ret_value = belt_value_i64 ((gint32)((narrow >> 1) ^ (0u - (narrow & 1))));
      return wide <= G_MAXUINT32;
    case BELT_PROTO_SINT64:
      *ret_value = belt_value_i64 ((gint64)((wide >> 1) ^ (G_GUINT64_CONSTANT (0) - (wide & 1))));
      return TRUE;
    default:
      /* Like eKuiper: a uint64 beyond 2^63 becomes negative. */
      *ret_value = belt_value_i64 (whole);
      return TRUE;
    }
}

static BeltValue
make_text (BeltProtoRead                 *self,
           const BeltProtoField          *field,
           BeltProtoBytes                 span)
{
  const char *text = (const char *)span.p;
  gsize len = (gsize)(span.end - span.p);
  const char *valid = text;

  if (field->kind == BELT_PROTO_STRING)
    valid = belt_utf8_mend (text, len, self->arena, &len);
  if (self->copy && valid == text)
    valid = belt_arena_memdup (self->arena, text, len);
  return field->kind == BELT_PROTO_STRING ? belt_value_str (valid, len) : belt_value_bytes (valid, len);
}

/* Of a oneof only what came last is there. */
static void
clear_others (const BeltProtoMessage *message,
              guint                   index,
              Slots                   slots)
{
  int oneof = message->fields[index].oneof;

  for (guint i = index; i > 0 && message->fields[i - 1].oneof == oneof; i--)
    *get_slot (slots, i - 1) = belt_value_missing ();
  for (guint i = index + 1; i < message->n_fields && message->fields[i].oneof == oneof; i++)
    *get_slot (slots, i) = belt_value_missing ();
}

static gboolean
store (BeltProtoRead                 *self,
       const BeltProtoField          *field,
       const guint8                  *at,
       BeltValue                     *slot,
       BeltValue                      value)
{
  BeltValue *item = slot;

  if (slot == NULL)
    return TRUE;
  if (field->repeated && (item = extend_list (self, slot, at, 1)) == NULL)
    return FALSE;
  *item = value;
  return TRUE;
}

static gboolean
read_number (BeltProtoRead                 *self,
             const BeltProtoField          *field,
             const guint8                  *at,
             guint64                        wide,
             BeltValue                     *slot)
{
  BeltValue value;

  if (field->kind >= BELT_PROTO_STRING && field->kind != BELT_PROTO_ENUM)
    return belt_proto_wire_fail (self, at, field, "a number stands where text, bytes or a message should");
  if (!convert (field->kind, wide, &value))
    return belt_proto_wire_fail (self, at, field, "proto: integer overflow");
  return store (self, field, at, slot, value);
}

/* Of a packed list; a field that is none takes the last number. */
static gboolean
read_packed (BeltProtoRead                 *self,
             const BeltProtoField          *field,
             BeltProtoBytes                 span,
             BeltValue                     *slot)
{
  gboolean wide = field->kind == BELT_PROTO_DOUBLE || field->kind == BELT_PROTO_FIXED64 ||
                  field->kind == BELT_PROTO_SFIXED64;
  gboolean narrow = field->kind == BELT_PROTO_FLOAT || field->kind == BELT_PROTO_FIXED32 ||
                    field->kind == BELT_PROTO_SFIXED32;

  if (span.p == span.end && !field->repeated)
    return belt_proto_wire_fail (self, span.p, field, "there is no number in it");
  while (span.p < span.end)
    {
      const guint8 *at = span.p;
      guint64 number;

      if (!(wide ? belt_proto_wire_read_fixed (self, &span, 8, &number)
            : narrow ? belt_proto_wire_read_fixed (self, &span, 4, &number)
            : belt_proto_wire_read_varint (self, &span, &number)))
        {
          self->trouble->field = field;
          return FALSE;
        }
      if (!read_number (self, field, at, number, slot))
        return FALSE;
    }
  return TRUE;
}

/* --- messages in messages --- */

static void
make_map_value (BeltMember *members,
                guint       n_fields,
                BeltValue  *ret_value)
{
  guint n = 0;

  for (guint i = 0; i < n_fields; i++)
    if (members[i].value.tag != BELT_TAG_MISSING)
      members[n++] = members[i];
  *ret_value = belt_value_map (members, n);
}

static gboolean
read_nested (BeltProtoRead                   *self,
             const BeltProtoMessage          *message,
             BeltProtoBytes                   span,
             BeltValue                       *slot,
             guint                            depth)
{
  BeltProtoShape *shape = belt_proto_reader_get_shape (self->reader, message);
  guint n_fields = message->n_fields;
  BeltMember *members;

  if (depth >= BELT_PROTO_DEPTH_MAX)
    return belt_proto_wire_fail (self, span.p, NULL, "messages are nested more than 100 deep");
  if (slot == NULL)
    return read_message (self, shape, span, (Slots) { NULL, 0 }, NULL, depth);

  if (!count_values (self, span.p, n_fields + 1))
    return FALSE;
  members = belt_arena_new_array (self->arena, BeltMember, n_fields + 1);
  memcpy (members, shape->members, n_fields * sizeof *members);
  for (guint i = 0; i < n_fields; i++)
    members[i].value = belt_value_missing ();
  if (!read_message (self, shape, span, (Slots) { (char *)&members[0].value, sizeof *members }, NULL, depth))
    return FALSE;

  if (message->is_wrapper)
    *slot = members[0].value;
  else
    make_map_value (members, n_fields, slot);
  return TRUE;
}

/* Notes where it lies; a second part is put behind the first.  UNSET: still to be read. */
static gboolean
note_nested (BeltProtoRead         *self,
             BeltValue             *slot,
             BeltProtoBytes         span)
{
  guint n = (guint)(span.end - span.p);
  guint room;
  char *both;

  if (slot->tag != BELT_TAG_UNSET)
    {
      *slot = (BeltValue) { .tag = BELT_TAG_UNSET, .len = n, .u.s = (const char *)span.p };
      return TRUE;
    }

  /* aux: the parts are a copy of ours, with room up to a power of two. */
  room = slot->aux != 0 ? round_up (slot->len) : 0;
  both = (char *)slot->u.s;
  if (room < slot->len + n)
    {
      both = belt_arena_alloc (self->arena, round_up (slot->len + n));
      memcpy (both, slot->u.s, slot->len);
    }
  memcpy (both + slot->len, span.p, n);
  *slot = (BeltValue) { .tag = BELT_TAG_UNSET, .aux = 1, .len = slot->len + n, .u.s = both };
  return TRUE;
}

static gboolean
read_submessage (BeltProtoRead                 *self,
                 const BeltProtoField          *field,
                 BeltProtoBytes                 span,
                 BeltValue                     *slot,
                 guint                          depth)
{
  BeltValue *item;

  /* eKuiper has no groups in its rows. */
  if (slot == NULL || field->kind == BELT_PROTO_GROUP)
    return read_nested (self, field->message, span, NULL, depth + 1);
  if (!field->repeated)
    return note_nested (self, slot, span);
  if ((item = extend_list (self, slot, span.p, 1)) == NULL)
    return FALSE;
  *item = belt_value_null ();
  return read_nested (self, field->message, span, item, depth + 1);
}

static int
compare_pairs (gconstpointer a,
               gconstpointer b,
               gpointer      unused)
{
  return belt_member_compare (a, b);
}

static BeltValue
make_key (BeltProtoRead            *self,
          const BeltValue          *key)
{
  char *text;

  if (key->tag == BELT_TAG_STR)
    return *key;
  text = key->tag == BELT_TAG_BOOL ? belt_arena_printf (self->arena, "%s", key->u.i != 0 ? "true" : "false")
                                   : belt_arena_printf (self->arena, "%" G_GINT64_FORMAT, key->u.i);
  return belt_value_str (text, strlen (text));
}

/* Of pairs with one key the last is kept.  Returns: how many are left */
static guint
drop_doubles (BeltMember *pairs,
              guint       n_pairs)
{
  guint n = 0;

  if (n_pairs > PAIRS_SCANNED)
    g_qsort_with_data (pairs, (gint)n_pairs, sizeof *pairs, compare_pairs, NULL);   /* stable */
  for (guint i = 0; i < n_pairs; i++)
    {
      guint first = n_pairs > PAIRS_SCANNED && n > 0 ? n - 1 : 0;
      guint at = first;

      while (at < n && belt_member_compare (&pairs[at], &pairs[i]) != 0)
        at++;
      pairs[at] = pairs[i];
      n = MAX (n, at + 1);
    }
  return n;
}

/* A list of entries becomes a map. */
static void
make_map (BeltProtoRead      *self,
          BeltValue          *slot)
{
  guint n = slot->len;
  BeltMember *pairs = belt_arena_new_array (self->arena, BeltMember, n);

  for (guint i = 0; i < n; i++)
    {
      const BeltMember *entry = slot->u.items[i].u.members;
      BeltValue key = make_key (self, &entry[0].value);

      pairs[i] = (BeltMember) { key.u.s, key.len, entry[1].value };
    }
  *slot = belt_value_map (pairs, drop_doubles (pairs, n));
}

/* --- one message --- */

static gboolean
read_field (BeltProtoRead                   *self,
            const BeltProtoMessage          *message,
            const BeltProtoField            *field,
            guint                            wire,
            BeltProtoBytes                  *bytes,
            BeltValue                       *slot,
            guint                            depth)
{
  const guint8 *at = bytes->p;
  gboolean fine = FALSE;
  guint64 number = 0;
  BeltProtoBytes span;

  switch (wire)
    {
    case BELT_PROTO_WIRE_VARINT:
      fine = belt_proto_wire_read_varint (self, bytes, &number);
      break;
    case BELT_PROTO_WIRE_FIXED64:
      fine = belt_proto_wire_read_fixed (self, bytes, 8, &number);
      break;
    case BELT_PROTO_WIRE_FIXED32:
      fine = belt_proto_wire_read_fixed (self, bytes, 4, &number);
      break;
    case BELT_PROTO_WIRE_BYTES:
      fine = belt_proto_wire_read_span (self, bytes, &span);
      break;
    case BELT_PROTO_WIRE_START:
      if (!belt_proto_kind_is_message (field->kind))
        return belt_proto_wire_fail (self, at, field, "a group stands where a value should");
      fine = belt_proto_wire_read_group (self, bytes, &span);
      break;
    default:
      return belt_proto_wire_fail (self, at, field, "proto: bad wiretype");
    }
  if (!fine)
    {
      self->trouble->field = field;
      return FALSE;
    }

  if (wire != BELT_PROTO_WIRE_BYTES && wire != BELT_PROTO_WIRE_START)
    return read_number (self, field, at, number, slot);
  if (belt_proto_kind_is_message (field->kind))
    return read_submessage (self, field, span, slot, depth);
  if (field->kind == BELT_PROTO_STRING || field->kind == BELT_PROTO_BYTES)
    return slot == NULL || store (self, field, at, slot, make_text (self, field, span));
  return read_packed (self, field, span, slot);
}

/* What did not come, and what was only noted. */
static gboolean
finish_field (BeltProtoRead        *self,
              const BeltProtoShape *shape,
              guint                 index,
              BeltValue            *slot,
              guint                 depth)
{
  const BeltProtoField *field = &shape->message->fields[index];

  if (slot->tag == BELT_TAG_MISSING)
    {
      *slot = shape->members[index].value;
      return TRUE;
    }
  if (slot->tag == BELT_TAG_UNSET)
    {
      const guint8 *start = (const guint8 *)slot->u.s;

      return read_nested (self, field->message, (BeltProtoBytes) { start, start + slot->len }, slot, depth + 1);
    }
  if (field->is_map)
    make_map (self, slot);
  else if (field->kind == BELT_PROTO_BYTES && slot->tag == BELT_TAG_BYTES && slot->len == 0 && field->oneof < 0 &&
           shape->message->proto3)
    *slot = belt_value_null ();   /* no bytes and no field are the same there */
  return TRUE;
}

static gboolean
check_required (BeltProtoRead                   *self,
                const BeltProtoMessage          *message,
                const guint8                    *seen,
                const guint8                    *at)
{
  for (guint i = 0; i < message->n_fields; i++)
    {
      const BeltProtoField *field = &message->fields[i];

      if (field->required && !seen[field->required_index])
        return belt_proto_wire_fail (self, at, field,
                                     belt_arena_printf (self->arena, "some required fields missing: %s",
                                                        field->name));
    }
  return TRUE;
}

static gboolean
read_message (BeltProtoRead           *self,
              BeltProtoShape          *shape,
              BeltProtoBytes           bytes,
              Slots                    slots,
              const gboolean          *wanted,
              guint                    depth)
{
  const BeltProtoMessage *message = shape->message;
  guint8 *seen = message->n_required > 0 ? belt_arena_alloc0 (self->arena, message->n_required) : NULL;

  if (seen != NULL && !count_values (self, bytes.p, message->n_required / sizeof (BeltValue) + 1))
    return FALSE;

  while (bytes.p < bytes.end)
    {
      const guint8 *at = bytes.p;
      const BeltProtoField *field;
      guint32 number;
      guint wire;
      int index;
      BeltProtoBytes span;

      if (!belt_proto_wire_read_tag (self, &bytes, &number, &wire))
        return FALSE;
      if ((index = belt_proto_message_find (message, number)) < 0)
        {
          if (!(wire == BELT_PROTO_WIRE_START ? belt_proto_wire_read_group (self, &bytes, &span)
                : belt_proto_wire_skip (self, &bytes, wire)))
            return FALSE;
          continue;
        }

      field = &message->fields[index];
      if (wire == BELT_PROTO_WIRE_END)
        return belt_proto_wire_fail (self, at, field, "proto: bad wiretype");
      if (field->required)
        seen[field->required_index] = 1;
      if (field->oneof >= 0 && slots.base != NULL)
        clear_others (message, (guint)index, slots);
      if (!read_field (self, message, field, wire, &bytes,
                       slots.base != NULL && (wanted == NULL || wanted[index]) ? get_slot (slots, (guint)index) : NULL,
                       depth))
        return FALSE;
    }

  if (message->n_required > 0 && !check_required (self, message, seen, bytes.end))
    return FALSE;
  for (guint i = 0; slots.base != NULL && i < message->n_fields; i++)
    if ((wanted == NULL || wanted[i]) && !finish_field (self, shape, i, get_slot (slots, i), depth))
      return FALSE;
  return TRUE;
}

const BeltValue *
belt_proto_reader_read (BeltProtoReader  *self,
                        const char       *payload,
                        gsize             len,
                        const gboolean   *wanted,
                        gboolean          copy,
                        BeltArena        *arena,
                        BeltProtoTrouble *trouble)
{
  BeltProtoRead read = {
    .reader = self, .arena = arena, .payload = (const guint8 *)payload, .len = len, .copy = copy, .trouble = trouble,
  };
  BeltProtoBytes bytes = { read.payload, read.payload + len };

  if (len > G_MAXINT32)
    {
      *trouble = (BeltProtoTrouble) { "the payload is larger than 2 GB", NULL, 0 };
      return NULL;
    }
  for (guint i = 0; i < self->message->n_fields; i++)
    self->values[i] = belt_value_missing ();
  return read_message (&read, belt_proto_reader_get_shape (self, self->message), bytes,
                       (Slots) { (char *)self->values, sizeof *self->values }, wanted, 0) ? self->values : NULL;
}

BeltValue
belt_proto_reader_make_row (BeltProtoReader *self,
                            BeltArena       *arena)
{
  const BeltMember *names = belt_proto_reader_get_shape (self, self->message)->members;
  guint n_fields = self->message->n_fields;
  BeltMember *members = belt_arena_new_array (arena, BeltMember, n_fields + 1);
  BeltValue row;

  for (guint i = 0; i < n_fields; i++)
    {
      members[i] = names[i];
      members[i].value = self->values[i];
    }
  make_map_value (members, n_fields, &row);
  return row;
}
