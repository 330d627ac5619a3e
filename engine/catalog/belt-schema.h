/* belt-schema.h - a named .proto text and what it says
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ref-counted.  Read once, by the catalog that made it, and immutable then.
 */
#pragma once

#include "belt-proto-schema.h"

G_BEGIN_DECLS

typedef struct
{
  int            ref_count;
  char          *name;
  char          *text;
  BeltProtoFile *file;    /* NULL: not read, or with problem */
  char          *problem;
} BeltSchema;

BeltSchema       *belt_schema_new          (const char        *name,
                                            const char        *text);
BeltSchema       *belt_schema_ref          (BeltSchema        *self);
void              belt_schema_unref        (BeltSchema        *self);
/* Does nothing when it was read. */
void              belt_schema_read         (BeltSchema        *self,
                                            BeltProtoFindFunc  find,
                                            gpointer           user_data);
/* Texts are eKuiper's, with what the file has instead. */
BeltProtoMessage *belt_schema_find_message (BeltSchema        *self,
                                            const char        *message,
                                            GError           **error);
gboolean          belt_schema_refuse_unknown (const char      *name,
                                            GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltSchema, belt_schema_unref)

G_END_DECLS
