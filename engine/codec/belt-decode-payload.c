/* belt-decode-payload.c - rows that carry another payload inside
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * With the source properties payloadFormat and payloadField the column of that
 * name is taken out of each row, decoded, and its members are merged into the
 * row; a list in it makes a row of each item.  A row without the column is left
 * out, as eKuiper does.
 */
#include "config.h"

#include "belt-codec-private.h"

#include "belt-expr.h"

#include <string.h>

#define ROWS_MAX 100000u

typedef struct
{
  BeltDecodeRun *run;
  const char    *text;
  BeltArena      arena;
} Payload;

static void
fail (Payload    *self,
      const char *message)
{
  belt_decode_run_fail_row (self->run, BELT_FAULT_DECODE, self->text, G_MAXSIZE, message);
}

static gboolean
parse (Payload    *self,
       const char *text,
       gsize       len,
       BeltValue  *ret_value)
{
  char *padded = belt_arena_alloc0 (&self->arena, len + BELT_JSON_PADDING);
  BeltJsonError error = { 0 };
  g_autofree char *message = NULL;

  if (len > 0)
    memcpy (padded, text, len);
  if (belt_json_parse (padded, len, self->run->decoder->scan_flags, &self->arena, ret_value, &error))
    return TRUE;
  message = g_strconcat ("invalid JSON: ", error.message, NULL);
  fail (self, message);
  return FALSE;
}

static void
put_member (BeltMember       *members,
            gsize            *n_members,
            const BeltMember *member)
{
  gsize i = 0;

  while (i < *n_members && (members[i].name_len != member->name_len ||
                            memcmp (members[i].name, member->name, member->name_len) != 0))
    i++;
  members[i] = *member;
  *n_members = MAX (*n_members, i + 1);
}

/* One row: the outer members but the payload's, and the inner ones over them. */
static void
emit_row (Payload         *self,
          const BeltValue *outer,
          const BeltValue *inner)
{
  const char *field = self->run->decoder->payload_field;
  BeltMember *members = belt_arena_new_array (&self->arena, BeltMember, (gsize)outer->len + inner->len + 1);
  gsize n_members = 0;
  BeltValue row;

  for (guint32 i = 0; i < outer->len; i++)
    {
      const BeltMember *member = &outer->u.members[i];

      if (member->name_len != strlen (field) || memcmp (member->name, field, member->name_len) != 0)
        members[n_members++] = *member;
    }
  for (guint32 i = 0; i < inner->len; i++)
    put_member (members, &n_members, &inner->u.members[i]);

  row = belt_value_map (members, n_members);
  belt_decode_run_begin_row (self->run);
  row = belt_value_copy (&row, &self->run->batch->arena);
  belt_decode_run_store_map (self->run, row.u.members, row.len);
  belt_decode_run_finish_row (self->run);
}

static void
decode_row (Payload         *self,
            const BeltValue *outer)
{
  const char *field = self->run->decoder->payload_field;
  const BeltValue *payload;
  BeltValue bytes;
  BeltValue inner;

  if (outer->tag != BELT_TAG_MAP)
    {
      fail (self, "a row must be an object or a list of objects");
      return;
    }
  payload = belt_value_get_member (outer, field, strlen (field));
  if (payload == NULL)
    return;
  bytes = belt_value_convert (&self->arena, payload, BELT_TAG_BYTES, BELT_CONVERT_SAME_KIND, NULL);
  if (belt_value_is_error (&bytes))
    {
      fail (self, "the payload inside is no text");
      return;
    }
  if (!parse (self, bytes.u.s, bytes.len, &inner))
    return;
  if (inner.tag == BELT_TAG_MAP)
    {
      emit_row (self, outer, &inner);
      return;
    }
  for (guint32 i = 0; inner.tag == BELT_TAG_LIST && i < MIN (inner.len, ROWS_MAX); i++)
    {
      if (inner.u.items[i].tag == BELT_TAG_MAP)
        emit_row (self, outer, &inner.u.items[i]);
      else
        fail (self, "a list of rows holds something that is no object");
    }
  if (inner.tag != BELT_TAG_LIST)
    fail (self, "the payload inside must be an object or a list of objects");
}

static void
decode_payload (BeltDecodeRun *run,
                const char    *text,
                gsize          len,
                gboolean       copy)
{
  Payload self = { .run = run, .text = text };
  BeltValue outer;

  belt_arena_init (&self.arena);
  if (parse (&self, text, len, &outer))
    {
      if (outer.tag != BELT_TAG_LIST)
        decode_row (&self, &outer);
      for (guint32 i = 0; outer.tag == BELT_TAG_LIST && i < outer.len; i++)
        decode_row (&self, &outer.u.items[i]);
    }
  belt_arena_clear (&self.arena);
}

const BeltDecoderFormat belt_decoder_payload = { "json", FALSE, decode_payload };
