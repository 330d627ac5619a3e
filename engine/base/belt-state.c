/* belt-state.c - what an operator remembers, written down and read back
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-state.h"

#include "belt-error.h"

#define DEPTH_MAX 512u  /* of lists and maps in each other, as in JSON */

void
belt_state_writer_init (BeltStateWriter *self)
{
  self->bytes = g_byte_array_new ();
}

GBytes *
belt_state_writer_finish (BeltStateWriter *self)
{
  return g_byte_array_free_to_bytes (g_steal_pointer (&self->bytes));
}

static void
put (BeltStateWriter *self,
     gconstpointer    data,
     gsize            len)
{
  if (len > 0)
    g_byte_array_append (self->bytes, data, (guint)len);
}

void
belt_state_put_u32 (BeltStateWriter *self,
                    guint32          number)
{
  guint32 bytes = GUINT32_TO_LE (number);

  put (self, &bytes, sizeof bytes);
}

void
belt_state_put_i64 (BeltStateWriter *self,
                    gint64           number)
{
  guint64 bytes = GUINT64_TO_LE ((guint64)number);

  put (self, &bytes, sizeof bytes);
}

void
belt_state_put_f64 (BeltStateWriter *self,
                    double           number)
{
  gint64 bits;

  memcpy (&bits, &number, sizeof bits);
  belt_state_put_i64 (self, bits);
}

void
belt_state_put_bytes (BeltStateWriter *self,
                      gconstpointer    data,
                      gsize            len)
{
  belt_state_put_u32 (self, (guint32)len);
  put (self, data, len);
}

static void
put_head (BeltStateWriter *self,
          const BeltValue *value)
{
  guint8 head[4] = { value->tag, value->flags, (guint8)value->aux, (guint8)(value->aux >> 8) };

  put (self, head, sizeof head);
}

static void
put_fault (BeltStateWriter *self,
           const BeltFault *fault)
{
  const char *function = fault->function != NULL ? fault->function : "";

  belt_state_put_u32 (self, (guint32)fault->kind);
  belt_state_put_i64 (self, (gint64)fault->span.start);
  belt_state_put_i64 (self, (gint64)fault->span.end);
  belt_state_put_bytes (self, function, strlen (function));
  belt_state_put_bytes (self, fault->message, strlen (fault->message));
}

void
belt_state_put_value (BeltStateWriter *self,
                      const BeltValue *value)
{
  put_head (self, value);
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
    case BELT_TAG_TIME:
      belt_state_put_i64 (self, value->u.i);
      break;
    case BELT_TAG_F64:
      belt_state_put_f64 (self, value->u.f);
      break;
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
    case BELT_TAG_JSON:
      belt_state_put_bytes (self, value->u.s, value->len);
      break;
    case BELT_TAG_LIST:
      belt_state_put_u32 (self, value->len);
      for (guint i = 0; i < value->len; i++)
        belt_state_put_value (self, &value->u.items[i]);
      break;
    case BELT_TAG_MAP:
      belt_state_put_u32 (self, value->len);
      for (guint i = 0; i < value->len; i++)
        {
          belt_state_put_bytes (self, value->u.members[i].name, value->u.members[i].name_len);
          belt_state_put_value (self, &value->u.members[i].value);
        }
      break;
    case BELT_TAG_ERROR:
      put_fault (self, value->u.fault);
      break;
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
    case BELT_TAG_UNSET:
    default:
      break;
    }
}

void
belt_state_reader_init (BeltStateReader *self,
                        GBytes          *bytes)
{
  gsize len;

  self->at = g_bytes_get_data (bytes, &len);
  self->end = self->at + len;
  self->failed = FALSE;
}

static const guint8 *
take (BeltStateReader *self,
      gsize            len)
{
  const guint8 *at = self->at;

  if (self->failed || (gsize)(self->end - at) < len)
    {
      self->failed = TRUE;
      return NULL;
    }

  self->at += len;
  return at;
}

guint32
belt_state_get_u32 (BeltStateReader *self)
{
  const guint8 *at = take (self, sizeof (guint32));
  guint32 number = 0;

  if (at != NULL)
    memcpy (&number, at, sizeof number);
  return GUINT32_FROM_LE (number);
}

gint64
belt_state_get_i64 (BeltStateReader *self)
{
  const guint8 *at = take (self, sizeof (gint64));
  guint64 number = 0;

  if (at != NULL)
    memcpy (&number, at, sizeof number);
  return (gint64)GUINT64_FROM_LE (number);
}

double
belt_state_get_f64 (BeltStateReader *self)
{
  gint64 bits = belt_state_get_i64 (self);
  double number;

  memcpy (&number, &bits, sizeof number);
  return number;
}

const char *
belt_state_get_bytes (BeltStateReader *self,
                      gsize           *ret_len)
{
  gsize len = belt_state_get_u32 (self);
  const guint8 *at = take (self, len);

  *ret_len = at != NULL ? len : 0;
  return at != NULL ? (const char *)at : "";
}

guint32
belt_state_get_count (BeltStateReader *self,
                      gsize            least)
{
  guint32 n = belt_state_get_u32 (self);

  if ((gsize)(self->end - self->at) / MAX (least, 1) < n)
    {
      self->failed = TRUE;
      return 0;
    }
  return n;
}

/* A copy of the text that scanners may read a little past. */
static BeltValue
get_text (BeltStateReader *self,
          BeltValue        value,
          BeltArena       *arena)
{
  gsize len;
  const char *text = belt_state_get_bytes (self, &len);

  value.u.s = text;
  value.len = (guint32)len;
  return belt_value_copy (&value, arena);
}

static const char *
get_terminated (BeltStateReader *self,
                BeltArena       *arena)
{
  gsize len;
  const char *bytes = belt_state_get_bytes (self, &len);
  char *text = belt_arena_alloc0 (arena, len + 1);

  if (len > 0)
    memcpy (text, bytes, len);
  return text;
}

static const BeltFault *
get_fault (BeltStateReader *self,
           BeltArena       *arena)
{
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);

  fault->kind = belt_state_get_u32 (self);
  fault->span.start = (guint)belt_state_get_i64 (self);
  fault->span.end = (guint)belt_state_get_i64 (self);
  fault->function = get_terminated (self, arena);
  if (fault->function[0] == '\0')
    fault->function = NULL;
  fault->message = get_terminated (self, arena);

  return fault;
}

static BeltValue
get_value (BeltStateReader *self,
           BeltArena       *arena,
           guint            depth)
{
  const guint8 *head = take (self, 4);
  BeltValue value = belt_value_null ();
  BeltValue *items;
  BeltMember *members;

  if (head == NULL || depth > DEPTH_MAX)
    {
      self->failed = TRUE;
      return value;
    }

  value.tag = head[0];
  value.flags = head[1];
  value.aux = (guint16)(head[2] | head[3] << 8);
  switch ((BeltTag)value.tag)
    {
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
      break;
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
    case BELT_TAG_TIME:
      value.u.i = belt_state_get_i64 (self);
      break;
    case BELT_TAG_F64:
      value.u.f = belt_state_get_f64 (self);
      break;
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
    case BELT_TAG_JSON:
      return get_text (self, value, arena);
    case BELT_TAG_LIST:
      value.len = belt_state_get_count (self, 4);
      items = belt_arena_new_array (arena, BeltValue, value.len + 1);
      for (guint i = 0; i < value.len; i++)
        items[i] = get_value (self, arena, depth + 1);
      value.u.items = items;
      break;
    case BELT_TAG_MAP:
      value.len = belt_state_get_count (self, 8);
      members = belt_arena_new_array (arena, BeltMember, value.len + 1);
      for (guint i = 0; i < value.len; i++)
        {
          const char *name = belt_state_get_bytes (self, &members[i].name_len);

          members[i].name = belt_arena_memdup (arena, name, members[i].name_len);
          members[i].value = get_value (self, arena, depth + 1);
        }
      value.u.members = members;
      break;
    case BELT_TAG_ERROR:
      value.u.fault = get_fault (self, arena);
      break;
    case BELT_TAG_UNSET:
      break;
    default:
      self->failed = TRUE;
      return belt_value_null ();
    }

  return value;
}

BeltValue
belt_state_get_value (BeltStateReader *self,
                      BeltArena       *arena)
{
  return get_value (self, arena, 0);
}

gboolean
belt_state_reader_finish (BeltStateReader *self,
                          GError         **error)
{
  if (!self->failed && self->at == self->end)
    return TRUE;

  g_set_error_literal (error, BELT_ERROR, BELT_ERROR_INVALID,
                       "The saved state is damaged or of another version of the statement");
  return FALSE;
}
