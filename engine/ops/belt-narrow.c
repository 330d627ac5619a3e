/* belt-narrow.c - declared objects without the members that a statement does not open
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-narrow.h"

#include "belt-json.h"

BeltNarrow *
belt_narrow_new (const BeltField *field)
{
  BeltNarrow *self = g_new0 (BeltNarrow, 1);

  self->name = field->name;
  self->name_len = strlen (field->name);
  self->type = field->type;
  self->members = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_narrow_free);

  return self;
}

void
belt_narrow_free (BeltNarrow *self)
{
  g_ptr_array_unref (self->members);
  g_free (self);
}

BeltNarrow *
belt_narrow_open (BeltNarrow *self,
                  const char *name)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      BeltNarrow *member = self->members->pdata[i];

      if (strcmp (member->name, name) == 0)
        return member;
    }

  for (guint i = 0; self->type->kind == BELT_TYPE_STRUCT && i < self->type->n_fields; i++)
    {
      if (strcmp (self->type->fields[i].name, name) != 0)
        continue;

      g_ptr_array_add (self->members, belt_narrow_new (&self->type->fields[i]));
      return self->members->pdata[self->members->len - 1];
    }

  return NULL;
}

BeltType *
belt_narrow_make_type (const BeltNarrow *self,
                       BeltArena        *arena)
{
  BeltType *type = belt_arena_memdup (arena, self->type, sizeof *self->type);

  if (type->kind != BELT_TYPE_STRUCT)
    return type;

  type->fields = belt_arena_new_array (arena, BeltField, self->members->len + 1);
  type->n_fields = 0;
  for (guint i = 0; i < self->type->n_fields; i++)
    {
      const BeltField *field = &self->type->fields[i];

      for (guint k = 0; k < self->members->len; k++)
        {
          const BeltNarrow *open = self->members->pdata[k];

          if (strcmp (open->name, field->name) != 0)
            continue;
          type->fields[type->n_fields] = *field;
          type->fields[type->n_fields++].type = belt_narrow_make_type (open, arena);
        }
    }

  return type;
}

BeltValue
belt_narrow_apply (const BeltNarrow *self,
                   const BeltValue  *value,
                   BeltArena        *arena)
{
  BeltMember *members;
  BeltValue object;
  guint n = 0;

  if (self->type->kind != BELT_TYPE_STRUCT || (value->tag != BELT_TAG_MAP && value->tag != BELT_TAG_JSON))
    return *value;

  object = belt_value_expand (value, arena);
  if (object.tag != BELT_TAG_MAP)
    return *value;

  members = belt_arena_new_array (arena, BeltMember, self->members->len + 1);
  for (guint i = 0; i < self->members->len; i++)
    {
      const BeltNarrow *open = self->members->pdata[i];
      const BeltValue *member = belt_value_get_member (&object, open->name, open->name_len);

      if (member != NULL)
        members[n++] = (BeltMember) { open->name, (guint32)open->name_len, belt_narrow_apply (open, member, arena) }
      ;
    }

  return belt_value_map (members, n);
}
