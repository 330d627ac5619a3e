/* belt-plugin-codec.c - values as bytes with offsets, for the ring and for queues
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reading is written for a hostile writer: every word is fetched once into a
 * local, checked, and only the local is used afterwards; text is checked after
 * it was copied.  The total that may be read is bounded by the size of the area,
 * so values that refer to each other cannot multiply.
 */
#include "config.h"

#include "belt-plugin-codec.h"

#include "belt-plugin-wire.h"

#define BELT_V_MISSING_FLAG 1u

void
belt_wire_init (BeltWire *self,
                gpointer  base,
                gsize     size)
{
  *self = (BeltWire) { .base = base, .size = size, .used = 16 };
}

void
belt_wire_init_grows (BeltWire *self)
{
  *self = (BeltWire) { .base = g_malloc (1024), .size = 1024, .used = 16, .grows = TRUE };
}

void
belt_wire_clear (BeltWire *self)
{
  if (self->grows)
    g_free (self->base);
  *self = (BeltWire) { .failed = TRUE };
}

static gboolean
make_room (BeltWire *self,
           gsize     n)
{
  if (n <= self->size - self->used)
    return TRUE;

  /* Nothing larger than an area could be sent. */
  if (!self->grows || n > BELT_WIRE_AREA_SIZE || self->used + n > BELT_WIRE_AREA_SIZE)
    {
      self->failed = TRUE;
      return FALSE;
    }

  self->size = MAX (self->size * 2, self->used + n);
  self->base = g_realloc (self->base, self->size);

  return TRUE;
}

gsize
belt_wire_reserve (BeltWire *self,
                   gsize     n)
{
  gsize at;

  if (self->failed || n > G_MAXSIZE - 64 || !make_room (self, n + 15))
    {
      self->failed = TRUE;
      return 0;
    }

  at = (self->used + 15) & ~(gsize)15;
  memset (self->base + at, 0, n);
  self->used = at + n;

  return at;
}

gsize
belt_wire_put_bytes (BeltWire     *self,
                     gconstpointer data,
                     gsize         n)
{
  gsize at;

  if (self->failed || n > G_MAXSIZE - 64 || !make_room (self, n))
    {
      self->failed = TRUE;
      return 0;
    }

  at = self->used;
  if (n > 0)
    memcpy (self->base + at, data, n);
  self->used = at + n;

  return at;
}

static void put_array (BeltWire        *self,
                       gsize            at,
                       const BeltValue *values,
                       gsize            n_values,
                       guint            depth,
                       BeltArena       *arena);

static BeltValue
put_map (BeltWire        *self,
         const BeltValue *value,
         guint            depth,
         BeltArena       *arena)
{
  BeltValue wire = *value;
  gsize at = belt_wire_reserve (self, value->len * sizeof (BeltMember));

  for (guint i = 0; i < value->len && !self->failed; i++)
    {
      const BeltMember *member = &value->u.members[i];
      gsize name_at = belt_wire_put_bytes (self, member->name, member->name_len);
      BeltMember *place;

      put_array (self, at + i * sizeof (BeltMember) + G_STRUCT_OFFSET (BeltMember, value), &member->value, 1,
                 depth, arena);
      if (self->failed)
        break;
      place = (BeltMember *)(self->base + at) + i;
      place->name = (const char *)name_at;
      place->name_len = member->name_len;
    }
  wire.u.i = (gint64)at;

  return wire;
}

static BeltValue
put_value (BeltWire        *self,
           const BeltValue *value,
           guint            depth,
           BeltArena       *arena)
{
  BeltValue wire = *value;
  gsize at;

  switch (value->tag)
    {
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
      wire.u.i = (gint64)belt_wire_put_bytes (self, value->u.s, value->len);
      return wire;

    case BELT_TAG_LIST:
      at = belt_wire_reserve (self, value->len * sizeof (BeltValue));
      put_array (self, at, value->u.items, value->len, depth + 1, arena);
      wire.u.i = (gint64)at;
      return wire;

    case BELT_TAG_MAP:
      return put_map (self, value, depth + 1, arena);

    case BELT_TAG_JSON:
      wire = belt_value_expand (value, arena);
      if (wire.tag == BELT_TAG_JSON)
        return (BeltValue) { .tag = BELT_TAG_NULL }
      ;
      return put_value (self, &wire, depth, arena);

    case BELT_TAG_ERROR:
      wire.len = value->u.fault != NULL ? (guint32)strlen (value->u.fault->message) : 0;
      wire.u.i = (gint64)belt_wire_put_bytes (self, wire.len > 0 ? value->u.fault->message : "", wire.len);
      return wire;

    case BELT_TAG_MISSING:
    case BELT_TAG_UNSET:
      return (BeltValue) { .tag = BELT_TAG_NULL, .flags = BELT_V_MISSING_FLAG };

    default:
      return wire;
    }
}

static void
put_array (BeltWire        *self,
           gsize            at,
           const BeltValue *values,
           gsize            n_values,
           guint            depth,
           BeltArena       *arena)
{
  if (depth > BELT_WIRE_DEPTH_MAX)
    self->failed = TRUE;

  for (gsize i = 0; i < n_values && !self->failed; i++)
    {
      BeltValue wire = values[i];

      if (wire.tag > BELT_TAG_F64 && wire.tag != BELT_TAG_TIME)
        wire = put_value (self, &values[i], depth, arena);
      /* The base may have moved. */
      if (!self->failed)
        memcpy (self->base + at + i * sizeof wire, &wire, sizeof wire);
    }
}

void
belt_wire_put_values (BeltWire        *self,
                      gsize            at,
                      const BeltValue *values,
                      gsize            n_values,
                      BeltArena       *arena)
{
  if (!self->failed)
    put_array (self, at, values, n_values, 0, arena);
}

void
belt_wire_relocate (char      *base,
                    BeltValue *values,
                    gsize      n_values)
{
  for (gsize i = 0; i < n_values; i++)
    {
      BeltValue *value = &values[i];

      switch (value->tag)
        {
        case BELT_TAG_STR:
        case BELT_TAG_BYTES:
          value->u.s = base + value->u.i;
          break;

        case BELT_TAG_LIST:
          value->u.items = (const BeltValue *)(base + value->u.i);
          belt_wire_relocate (base, (BeltValue *)value->u.items, value->len);
          break;

        case BELT_TAG_MAP:
          value->u.members = (const BeltMember *)(base + value->u.i);
          for (guint k = 0; k < value->len; k++)
            {
              BeltMember *member = (BeltMember *)&value->u.members[k];

              member->name = base + (gsize)member->name;
              belt_wire_relocate (base, &member->value, 1);
            }
          break;

        default:
          break;
        }
    }
}

/* What is left to read, and where from. */
typedef struct
{
  const char *base;
  gsize       size;
  gsize       left;
  const char *function;
  BeltArena  *arena;
} BeltWireReader;

static gboolean
take (BeltWireReader *self,
      guint64         at,
      guint64         n)
{
  if (at > self->size || n > self->size - at || n > self->left)
    return FALSE;

  self->left -= n;
  return TRUE;
}

static const char *
read_text (BeltWireReader *self,
           guint64         at,
           guint64         len)
{
  char *copy;

  if (!take (self, at, len))
    return NULL;

  copy = belt_arena_alloc (self->arena, len + 1);
  memcpy (copy, self->base + at, len);
  copy[len] = 0;

  return copy;
}

static gboolean
is_utf8 (const char *text,
         gsize       len)
{
  const char *end = text + len;

  /* A NUL is fine inside a value, but ends g_utf8_validate_len(). */
  while (text < end && !g_utf8_validate_len (text, (gsize)(end - text), &text))
    {
      if (*text != 0)
        return FALSE;
      text++;
    }

  return TRUE;
}

static gboolean read_array (BeltWireReader *self,
                            guint64         at,
                            gsize           n_values,
                            guint           depth,
                            BeltValue      *out);

static gboolean
read_map (BeltWireReader *self,
          BeltValue      *value,
          guint           depth)
{
  guint64 at = (guint64)value->u.i;
  BeltMember *members;

  if (at % 8 != 0 || !take (self, at, (guint64)value->len * sizeof (BeltMember)))
    return FALSE;

  members = belt_arena_new_array (self->arena, BeltMember, value->len);
  memcpy (members, self->base + at, value->len * sizeof (BeltMember));
  for (guint i = 0; i < value->len; i++)
    {
      const char *name = read_text (self, (guint64)(gsize)members[i].name, members[i].name_len);

      if (name == NULL || !is_utf8 (name, members[i].name_len) ||
          !read_array (self, at + i * sizeof (BeltMember) + G_STRUCT_OFFSET (BeltMember, value), 1, depth,
                       &members[i].value))
        return FALSE;
      members[i].name = name;
    }
  value->u.members = members;

  return TRUE;
}

static gboolean
read_value (BeltWireReader *self,
            BeltValue      *value,
            guint           depth)
{
  BeltValue *items;

  switch (value->tag)
    {
    case BELT_TAG_NULL:
      *value = (BeltValue) { .tag = BELT_TAG_NULL };
      return TRUE;

    case BELT_TAG_BOOL:
      value->u.i = value->u.i != 0;
      return TRUE;

    case BELT_TAG_I64:
    case BELT_TAG_F64:
    case BELT_TAG_TIME:
      return TRUE;

    case BELT_TAG_STR:
      value->u.s = read_text (self, (guint64)value->u.i, value->len);
      return value->u.s != NULL && is_utf8 (value->u.s, value->len);

    case BELT_TAG_BYTES:
      value->u.s = read_text (self, (guint64)value->u.i, value->len);
      return value->u.s != NULL;

    case BELT_TAG_LIST:
      if (value->len > self->size / sizeof (BeltValue))
        return FALSE;
      items = belt_arena_new_array (self->arena, BeltValue, value->len);
      if (!read_array (self, (guint64)value->u.i, value->len, depth + 1, items))
        return FALSE;
      value->u.items = items;
      return TRUE;

    case BELT_TAG_MAP:
      return read_map (self, value, depth + 1);

    case BELT_TAG_ERROR:
      {
        BeltFault *fault = belt_arena_alloc0 (self->arena, sizeof *fault);
        const char *text = read_text (self, (guint64)value->u.i, MIN (value->len, BELT_WIRE_TEXT_MAX));

        if (text == NULL || !is_utf8 (text, strlen (text)))
          return FALSE;
        fault->kind = BELT_FAULT_FUNCTION;
        fault->function = self->function;
        fault->message = text;
        *value = (BeltValue) { .tag = BELT_TAG_ERROR, .u.fault = fault };
        return TRUE;
      }

    default:
      return FALSE;
    }
}

static gboolean
read_array (BeltWireReader *self,
            guint64         at,
            gsize           n_values,
            guint           depth,
            BeltValue      *out)
{
  if (depth > BELT_WIRE_DEPTH_MAX || at % 8 != 0 || n_values > self->size / sizeof (BeltValue) ||
      !take (self, at, n_values * sizeof (BeltValue)))
    return FALSE;

  memcpy (out, self->base + at, n_values * sizeof (BeltValue));
  for (gsize i = 0; i < n_values; i++)
    {
      out[i].flags = 0;
      if (!read_value (self, &out[i], depth))
        return FALSE;
    }

  return TRUE;
}

gboolean
belt_wire_read (const char *base,
                gsize       size,
                gsize       at,
                gsize       n_values,
                const char *function,
                BeltArena  *arena,
                BeltValue  *out)
{
  /* Shared text (a constant returned for each row) is legal, so more than the area, but not without end. */
  BeltWireReader reader = { base, size, size * 2, function, arena };

  return read_array (&reader, at, n_values, 0, out);
}
