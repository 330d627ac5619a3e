/* belt-schema.c - a named .proto text and what it says
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-schema.h"

#include "belt-error.h"

#include <string.h>

BeltSchema *
belt_schema_new (const char *name,
                 const char *text)
{
  BeltSchema *self = g_new0 (BeltSchema, 1);

  self->ref_count = 1;
  self->name = g_strdup (name);
  self->text = g_strdup (text);
  return self;
}

BeltSchema *
belt_schema_ref (BeltSchema *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_schema_unref (BeltSchema *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  belt_proto_file_unref (self->file);
  g_free (self->name);
  g_free (self->text);
  g_free (self->problem);
  g_free (self);
}

void
belt_schema_read (BeltSchema        *self,
                  BeltProtoFindFunc  find,
                  gpointer           user_data)
{
  g_autofree char *file = g_strconcat (self->name, ".proto", NULL);
  g_autoptr(GError) error = NULL;

  if (self->file != NULL || self->problem != NULL)
    return;
  self->file = belt_proto_file_new (file, self->text, strlen (self->text), find, user_data, &error);
  if (self->file == NULL)
    self->problem = g_strdup (error->message);
}

BeltProtoMessage *
belt_schema_find_message (BeltSchema *self,
                          const char *message,
                          GError    **error)
{
  BeltProtoMessage *found = self->file != NULL ? belt_proto_file_find (self->file, message) : NULL;
  g_autofree char *known = self->file != NULL ? belt_proto_file_list (self->file) : NULL;

  if (self->file == NULL)
    belt_refuse (error, BELT_ERROR_INVALID, "parse schema file(s) %s.proto failed: %s", self->name, self->problem);
  else if (found == NULL)
    belt_refuse (error, BELT_ERROR_INVALID, "message type %s not found in schema path %s.proto%s%s", message,
                 self->name, *known != '\0' ? "; it has: " : ", which has none", known);
  return found;
}

gboolean
belt_schema_refuse_unknown (const char *name,
                            GError    **error)
{
  return belt_refuse (error, BELT_ERROR_NOT_FOUND, "schema type protobuf id %s not found in registry", name);
}
