/* belt-group-table.h - groups by the values of their keys, in first-seen order
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key is the typed encoding of its values, so ("a,b", "c") and ("a", "b,c") are
 * two groups, and so are 1 and "1"; 1 and 1.0 are one.  Open addressing; nothing
 * is allocated for a row whose group is known.
 *
 * With many groups a row costs what it waits for memory.  It waits twice: for a
 * slot, and for the group, whose short key and payload stand side by side.  The
 * keys of many rows can be fetched at the same time before they are looked up.
 */
#pragma once

#include "belt-arena.h"

G_BEGIN_DECLS

#define BELT_GROUP_KEY_INLINE 24u  /* bytes of a key that stand in its group */

/* Followed by what the table's owner keeps of a group. */
typedef struct
{
  guint32 hash;
  guint32 key_len;
  union
  {
    guint64     words[BELT_GROUP_KEY_INLINE / 8];  /* a short key, zeros behind it */
    const char *far;                               /* a longer one */
  } key;
} BeltGroup;

typedef struct
{
  guint32 hash;
  guint32 group;   /* its number + 1, 0: free */
} BeltGroupSlot;

/* All zeros: empty, nothing kept of a group. */
typedef struct
{
  BeltGroupSlot *slots;
  guint          n_slots;        /* a power of two */
  guint          n_groups;
  gsize          payload_size;
  char         **chunks;         /* groups in first-seen order, BELT_GROUP_CHUNK of them in the largest chunks */
  guint          n_chunks;
  guint          chunks_capacity;
} BeltGroupTable;

/* Keys being put together, one after the other. */
typedef struct
{
  char  *bytes;
  gsize  len;
  gsize  capacity;
  gsize  start;     /* of the last one */
  guint  depth;     /* while a value inside values is put in */
} BeltGroupKey;

/* One of them, ready to be looked up. */
typedef struct
{
  gsize   start;
  guint32 len;
  guint32 hash;
} BeltGroupProbe;

void           belt_group_key_clear    (BeltGroupKey    *self);
void           belt_group_key_append   (BeltGroupKey    *self,
                                        const BeltValue *value);
/* The last key is whole, the next one begins.  The probe is good until the keys are reset. */
BeltGroupProbe belt_group_key_finish   (BeltGroupKey    *self);

static inline void
belt_group_key_reset (BeltGroupKey *self)
{
  self->len = 0;
  self->start = 0;
}

/* Forgets what was put together of the last key. */
static inline void
belt_group_key_drop (BeltGroupKey *self)
{
  self->len = self->start;
}

/* Forgets the newest key. */
static inline void
belt_group_key_take_back (BeltGroupKey         *self,
                          const BeltGroupProbe *probe)
{
  self->len = probe->start;
  self->start = probe->start;
}

void     belt_group_table_init   (BeltGroupTable       *self,
                                  gsize                 payload_size);
void     belt_group_table_clear  (BeltGroupTable       *self);
/* Forgets the groups, keeps the room. */
void     belt_group_table_reset  (BeltGroupTable       *self);
/* Returns: the number of the group; *ret_new tells whether it was just made, with a payload of zeros.
 * Groups live in the arena, which must live as long as they do. */
guint    belt_group_table_lookup (BeltGroupTable       *self,
                                  const char           *key,
                                  gsize                 key_len,
                                  BeltArena            *arena,
                                  gboolean             *ret_new);
/* The same of a key that was finished.  Returns: (transfer none): its payload */
gpointer belt_group_table_find   (BeltGroupTable       *self,
                                  const BeltGroupKey   *keys,
                                  const BeltGroupProbe *probe,
                                  BeltArena            *arena,
                                  gboolean             *ret_new);
/* Keys that are about to be looked up: their groups are fetched from memory, all at the same time. */
void     belt_group_table_fetch  (const BeltGroupTable *self,
                                  const BeltGroupProbe *probes,
                                  guint                 n_probes);

/* Whether it is so large that fetching pays. */
static inline gboolean
belt_group_table_is_far (const BeltGroupTable *self)
{
  return self->n_groups >= 2048u;
}

/* Chunks of 4, 4, 8, 16… groups: a table of few groups is small, a large one has few chunks. */
#define BELT_GROUP_CHUNK_SHIFT 8u
#define BELT_GROUP_CHUNK       (1u << BELT_GROUP_CHUNK_SHIFT)

static inline gsize
belt_group_table_get_group_size (const BeltGroupTable *self)
{
  return sizeof (BeltGroup) + self->payload_size;
}

static inline BeltGroup *
belt_group_table_get (const BeltGroupTable *self,
                      guint                 group)
{
  gsize size = belt_group_table_get_group_size (self);
  guint chunk;

  if (group >= BELT_GROUP_CHUNK)
    return (BeltGroup *)(gpointer)(self->chunks[BELT_GROUP_CHUNK_SHIFT - 2 + (group >> BELT_GROUP_CHUNK_SHIFT)] +
                                   (group & (BELT_GROUP_CHUNK - 1)) * size);

  chunk = 30u - (guint)__builtin_clz (group | 3u);
  return (BeltGroup *)(gpointer)(self->chunks[chunk] + (group - ((2u << chunk) & ~3u)) * size);
}

static inline gpointer
belt_group_table_get_payload (const BeltGroupTable *self,
                              guint                 group)
{
  return belt_group_table_get (self, group) + 1;
}

static inline const char *
belt_group_table_get_key (const BeltGroupTable *self,
                          guint                 group,
                          gsize                *ret_len)
{
  const BeltGroup *at = belt_group_table_get (self, group);

  *ret_len = at->key_len;
  return at->key_len <= BELT_GROUP_KEY_INLINE ? (const char *)at->key.words : at->key.far;
}

G_END_DECLS
