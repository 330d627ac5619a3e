/* belt-arena.c - memory given back all at once
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blocks come in five sizes.  A small arena (one message, one statement) starts with
 * the smallest, each further block is larger, so that ten thousand one-row batches
 * in a window cost ten megabytes and a batch of 256 rows costs few blocks.
 * Freed blocks of these sizes go to a bounded cache of the thread.  Under
 * AddressSanitizer nothing is cached, so that it sees every use after free.
 */
#include "config.h"

#include "belt-arena.h"

#include <stdarg.h>
#include <stdio.h>

#define N_CLASSES       5u
#define LARGEST_GROWN   3u                   /* an arena gets larger blocks for large items only */
#define CACHE_BYTES_MAX (4u * 1024u * 1024u) /* a thread */

#if defined (__SANITIZE_ADDRESS__)
#define CACHE_ENABLED 0
#else
#define CACHE_ENABLED 1
#endif

struct _BeltArenaBlock
{
  BeltArenaBlock *next;
  gsize           size;       /* of the whole block, this header included */
  guint           size_class; /* N_CLASSES: of no class, never cached */
} __attribute__ ((aligned (16)));

typedef struct
{
  BeltArenaBlock *free_blocks[N_CLASSES];
  gsize           n_bytes;
} BlockCache;

static void
free_cache (gpointer data)
{
  BlockCache *cache = data;

  for (guint i = 0; i < N_CLASSES; i++)
    while (cache->free_blocks[i] != NULL)
      {
        BeltArenaBlock *block = cache->free_blocks[i];

        cache->free_blocks[i] = block->next;
        g_free (block);
      }
  g_free (cache);
}

static GPrivate thread_cache = G_PRIVATE_INIT (free_cache);
static __thread BlockCache *thread_cache_fast;

static BlockCache *
get_cache (void)
{
  if (G_UNLIKELY (thread_cache_fast == NULL))
    {
      thread_cache_fast = g_new0 (BlockCache, 1);
      g_private_set (&thread_cache, thread_cache_fast);
    }
  return thread_cache_fast;
}

static gsize
get_class_size (guint size_class)
{
  static const gsize sizes[N_CLASSES] = { 1024, 2048, 8192, 65536, 524288 };

  return sizes[size_class];
}

static BeltArenaBlock *
take_block (guint size_class)
{
  BlockCache *cache = get_cache ();
  BeltArenaBlock *block = cache->free_blocks[size_class];

  if (block != NULL)
    {
      cache->free_blocks[size_class] = block->next;
      cache->n_bytes -= block->size;
      return block;
    }

  block = g_malloc (get_class_size (size_class));
  block->size = get_class_size (size_class);
  block->size_class = size_class;
  return block;
}

static BeltArenaBlock *
take_odd_block (gsize size)
{
  BeltArenaBlock *block = g_malloc (size);

  block->size = size;
  block->size_class = N_CLASSES;
  return block;
}

static void
give_block (BeltArenaBlock *block)
{
  BlockCache *cache;

  if (!CACHE_ENABLED || block->size_class == N_CLASSES)
    {
      g_free (block);
      return;
    }

  cache = get_cache ();
  if (cache->n_bytes + block->size > CACHE_BYTES_MAX)
    {
      g_free (block);
      return;
    }

  block->next = cache->free_blocks[block->size_class];
  cache->free_blocks[block->size_class] = block;
  cache->n_bytes += block->size;
}

static void
adopt_block (BeltArena      *self,
             BeltArenaBlock *block)
{
  block->next = self->blocks;
  self->blocks = block;
  self->next = (char *)(block + 1);
  self->limit = (char *)block + block->size;
}

gpointer
belt_arena_alloc_slow (BeltArena *self,
                       gsize      size)
{
  gsize rounded = (size + 15u) & ~(gsize)15u;
  guint size_class = self->blocks != NULL ? MIN (self->blocks->size_class + 1, LARGEST_GROWN) : 0;
  BeltArenaBlock *block;

  g_assert (rounded >= size && rounded < G_MAXSIZE - sizeof (BeltArenaBlock));

  while (size_class < N_CLASSES && get_class_size (size_class) - sizeof (BeltArenaBlock) < rounded)
    size_class++;

  if (size_class < N_CLASSES)
    {
      adopt_block (self, take_block (size_class));
      return belt_arena_alloc (self, size);
    }

  /* Its own block, behind the current one so that the rest of that is still used. */
  block = take_odd_block (rounded + sizeof *block);
  self->n_bytes += rounded;
  if (self->blocks == NULL)
    {
      adopt_block (self, block);
      self->next = self->limit;
    }
  else
    {
      block->next = self->blocks->next;
      self->blocks->next = block;
    }
  return block + 1;
}

void
belt_arena_init (BeltArena *self)
{
  memset (self, 0, sizeof *self);
}

static void
give_blocks (BeltArenaBlock *block)
{
  while (block != NULL)
    {
      BeltArenaBlock *next = block->next;

      give_block (block);
      block = next;
    }
}

/* The arena may itself live in one of its blocks, so it is not touched after they are given back. */
void
belt_arena_clear (BeltArena *self)
{
  BeltArenaBlock *blocks = self->blocks;

  belt_arena_init (self);
  give_blocks (blocks);
}

/* Keeps the newest block when it is one that could be cached. */
void
belt_arena_reset (BeltArena *self)
{
  BeltArenaBlock *kept = self->blocks;

  if (kept == NULL || !CACHE_ENABLED || kept->size_class == N_CLASSES)
    {
      belt_arena_clear (self);
      return;
    }

  give_blocks (kept->next);
  self->blocks = NULL;
  self->n_bytes = 0;
  adopt_block (self, kept);
}

BeltArena *
belt_arena_new (void)
{
  return g_new0 (BeltArena, 1);
}

void
belt_arena_free (BeltArena *self)
{
  if (self == NULL)
    return;

  belt_arena_clear (self);
  g_free (self);
}

/* The old array stays where it is until the arena is reset: all of them together are no longer than the new one. */
gpointer
belt_arena_grow (BeltArena *self,
                 gpointer   items,
                 guint     *n_allocated,
                 gsize      item_size)
{
  guint n_before = *n_allocated;
  gpointer grown;

  *n_allocated = MAX (2 * n_before, 8u);
  grown = belt_arena_alloc (self, *n_allocated * item_size);
  if (n_before > 0)
    memcpy (grown, items, n_before * item_size);

  return grown;
}

char *
belt_arena_printf (BeltArena  *self,
                   const char *format,
                   ...)
{
  char buffer[256];
  va_list args;
  char *text;
  int len;

  va_start (args, format);
  len = vsnprintf (buffer, sizeof buffer, format, args);
  va_end (args);
  g_assert (len >= 0);

  if ((gsize)len < sizeof buffer)
    return belt_arena_memdup (self, buffer, (gsize)len + 1);

  text = belt_arena_alloc (self, (gsize)len + 1);
  va_start (args, format);
  vsnprintf (text, (gsize)len + 1, format, args);
  va_end (args);
  return text;
}
