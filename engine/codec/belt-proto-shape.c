/* belt-proto-shape.c - what a message is without its fields
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names and defaults are made once for all rows: a field that did not come is a
 * copy of a value, a message of defaults included.
 */
#include "config.h"

#include "belt-proto-shape.h"

#include <string.h>

#define DEFAULTS_MAX   10000u   /* values in the default of one message: messages may multiply */

static void make_shape (BeltProtoReader *self,
                        BeltProtoShape  *shape);

/* What is there when the field did not come. */
static BeltValue
make_default (BeltProtoReader               *self,
              BeltProtoShape                *shape,
              const BeltProtoField          *field)
{
  BeltArena *arena = &self->constants->arena;
  BeltProtoShape *inner;

  if (field->oneof >= 0 || field->kind == BELT_PROTO_GROUP || field->is_map)
    return belt_value_missing ();
  if (field->repeated)
    return field->kind == BELT_PROTO_MESSAGE ? belt_value_list (NULL, 0) : belt_value_null ();
  if (field->kind != BELT_PROTO_MESSAGE)
    return belt_value_copy (&field->default_value, arena);
  if (shape->message->proto3 && !field->message->is_known)
    return belt_value_null ();

  inner = belt_proto_reader_get_shape (self, field->message);
  if (inner->open)
    return belt_value_null ();
  make_shape (self, inner);
  shape->n_absent += inner->n_absent;
  return inner->absent;
}

static void
make_shape (BeltProtoReader          *self,
            BeltProtoShape           *shape)
{
  const BeltProtoMessage *message = shape->message;
  BeltArena *arena = &self->constants->arena;
  BeltMember *present;
  guint n = 0;

  if (shape->n_absent > 0)
    return;

  shape->open = TRUE;
  shape->n_absent = 1 + message->n_fields;
  shape->members = belt_arena_new_array (arena, BeltMember, message->n_fields + 1);
  present = belt_arena_new_array (arena, BeltMember, message->n_fields + 1);
  for (guint i = 0; i < message->n_fields; i++)
    {
      const char *name = message->fields[i].name;

      shape->members[i].name_len = strlen (name);
      shape->members[i].name = belt_arena_memdup (arena, name, strlen (name));
      shape->members[i].value = make_default (self, shape, &message->fields[i]);
      if (shape->members[i].value.tag != BELT_TAG_MISSING)
        present[n++] = shape->members[i];
    }
  shape->open = FALSE;

  shape->absent = belt_value_map (present, n);
  if (message->is_wrapper)
    shape->absent = shape->members[0].value;
  if (shape->n_absent > DEFAULTS_MAX)
    {
      shape->absent = belt_value_null ();
      shape->n_absent = 1;
    }
}

BeltProtoReader *
belt_proto_reader_new (BeltProtoMessage *message)
{
  BeltProtoReader *self = g_new0 (BeltProtoReader, 1);
  guint n_messages = belt_proto_file_get_n_messages (message->file);

  self->file = belt_proto_file_ref (message->file);
  self->message = message;
  self->constants = belt_batch_new (1, 1);
  self->shapes = g_new0 (BeltProtoShape, n_messages + 1);
  self->values = g_new0 (BeltValue, message->n_fields + 1);
  for (guint i = 0; i < n_messages; i++)
    self->shapes[i].message = belt_proto_file_get_message (self->file, i);
  for (guint i = 0; i < n_messages; i++)
    make_shape (self, &self->shapes[i]);

  return self;
}

void
belt_proto_reader_free (BeltProtoReader *self)
{
  if (self == NULL)
    return;

  belt_batch_unref (self->constants);
  belt_proto_file_unref (self->file);
  g_free (self->shapes);
  g_free (self->values);
  g_free (self);
}

BeltBatch *
belt_proto_reader_get_constants (BeltProtoReader *self)
{
  return self->constants;
}
