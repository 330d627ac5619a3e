/* belt-arena.h - memory given back all at once
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blocks come from a small cache of the thread, so a warmed-up arena costs no
 * malloc.  An arena may move between threads but is used by one at a time.
 */
#pragma once

#include "belt-value.h"

#include <string.h>

G_BEGIN_DECLS

typedef struct _BeltArenaBlock BeltArenaBlock;

struct _BeltArena
{
  char           *next;    /* first free byte, 16-aligned */
  char           *limit;
  BeltArenaBlock *blocks;  /* newest first */
  gsize           n_bytes; /* handed out since the last reset */
};

BeltArena *belt_arena_new        (void);
void       belt_arena_free       (BeltArena  *self);
void       belt_arena_init       (BeltArena  *self);
void       belt_arena_clear      (BeltArena  *self);
void       belt_arena_reset      (BeltArena  *self);
gpointer   belt_arena_alloc_slow (BeltArena  *self,
                                  gsize       size);
gpointer   belt_arena_grow       (BeltArena  *self,
                                  gpointer    items,
                                  guint      *n_allocated,
                                  gsize       item_size);
char      *belt_arena_printf     (BeltArena  *self,
                                  const char *format,
                                  ...) G_GNUC_PRINTF (2, 3);

/* Never NULL, 16-aligned, not zeroed. */
static inline gpointer
belt_arena_alloc (BeltArena *self,
                  gsize      size)
{
  gsize rounded = (size + 15u) & ~(gsize) 15u;
  char *at = self->next;

  if (G_LIKELY (rounded >= size && (gsize) (self->limit - at) >= rounded))
    {
      self->next = at + rounded;
      self->n_bytes += rounded;
      return at;
    }

  return belt_arena_alloc_slow (self, size);
}

static inline gpointer
belt_arena_alloc0 (BeltArena *self,
                   gsize      size)
{
  return memset (belt_arena_alloc (self, size), 0, size);
}

static inline gpointer
belt_arena_memdup (BeltArena     *self,
                   gconstpointer  data,
                   gsize          size)
{
  return size == 0 ? belt_arena_alloc (self, 1) : memcpy (belt_arena_alloc (self, size), data, size);
}

/* An array with room for one item more: the same, or a copy twice as long in the place of it. */
static inline gpointer
belt_arena_make_room (BeltArena *self,
                      gpointer   items,
                      guint      n_items,
                      guint     *n_allocated,
                      gsize      item_size)
{
  return n_items < *n_allocated ? items : belt_arena_grow (self, items, n_allocated, item_size);
}

#define belt_arena_new_array(arena, type, n) ((type *) belt_arena_alloc ((arena), sizeof (type) * (gsize) (n)))

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltArena, belt_arena_free)

G_END_DECLS
