/* belt-group-table.h - groups by the values of their keys, in first-seen order
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key is the typed encoding of its values, so ("a,b", "c") and ("a", "b,c") are
 * two groups, and so are 1 and "1"; 1 and 1.0 are one.  Open addressing; nothing
 * is allocated for a row whose group is known.
 */
#pragma once

#include "belt-arena.h"

G_BEGIN_DECLS

typedef struct
{
  guint64     hash;
  const char *key;
  guint32     key_len;
} BeltGroup;

typedef struct
{
  BeltGroup *groups;      /* in first-seen order */
  guint      n_groups;
  guint      groups_capacity;
  guint32   *slots;       /* group + 1, 0: free */
  guint      n_slots;     /* a power of two */
} BeltGroupTable;

/* A key being put together. */
typedef struct
{
  char  *bytes;
  gsize  len;
  gsize  capacity;
  guint  depth;     /* while a value inside values is put in */
} BeltGroupKey;

void     belt_group_key_clear    (BeltGroupKey    *self);
void     belt_group_key_append   (BeltGroupKey    *self,
                                  const BeltValue *value);

static inline void
belt_group_key_reset (BeltGroupKey *self)
{
  self->len = 0;
}

void     belt_group_table_clear  (BeltGroupTable  *self);
/* Forgets the groups, keeps the room. */
void     belt_group_table_reset  (BeltGroupTable  *self);
/* Returns: the number of the group; *ret_new tells whether it was just made.  Keys of new groups
 * are copied into the arena, which must live as long as the groups. */
guint    belt_group_table_lookup (BeltGroupTable  *self,
                                  const char      *key,
                                  gsize            key_len,
                                  BeltArena       *arena,
                                  gboolean        *ret_new);

G_END_DECLS
