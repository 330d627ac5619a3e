/* belt-plugin-fence.c - a heap whose blocks end at an inaccessible page
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * For builds under edit: an overflow, or a use after free, faults at the line
 * that does it instead of somewhere later.  The host replaces malloc() and its
 * like; calls whose return address lies in the plugin get a fenced block, all
 * others the C library's.  Freed blocks stay inaccessible until QUARANTINE
 * others of their size were freed.  Beyond BLOCKS_MAX live blocks (the kernel
 * bounds the number of mappings) or blocks of more than PAGES_MAX pages the C
 * library's heap takes over.
 */
#include "config.h"

#include "belt-plugin-fence.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE        4096u
#define SPACE       ((gsize)8 << 30)
#define PAGES_MAX   64u
#define BLOCKS_MAX  12000u
#define QUARANTINE  256u
#define MAGIC       0xbe17a110u
#define CANARY      0xfd

extern void *__libc_malloc (size_t size);
extern void  __libc_free (void *block);
extern void *__libc_calloc (size_t n,
                            size_t size);
extern void *__libc_realloc (void  *block,
                             size_t size);

/* In front of the block; the page before that holds nothing else. */
typedef struct
{
  guint64 size;
  guint32 magic;
  guint32 n_pages;
} BeltFenceHeader;

/* Freed places of one size, oldest first. */
typedef struct
{
  guint32 places[QUARANTINE + 1];   /* page numbers in the space */
  guint   first;
  guint   n;
} BeltFenceQueue;

static guintptr fence_start, fence_end;
static char *fence_space;
static gsize fence_top;             /* pages used */
static guint fence_n_blocks;
static BeltFenceQueue fence_queues[PAGES_MAX + 1];
static pthread_mutex_t fence_lock = PTHREAD_MUTEX_INITIALIZER;

static gboolean
is_fenced (const void *block)
{
  return fence_space != NULL && (const char *)block >= fence_space && (const char *)block < fence_space + SPACE;
}

/* A place of n pages and one that stays inaccessible; NULL when there is none left. */
static char *
take_place (guint n_pages)
{
  BeltFenceQueue *queue = &fence_queues[n_pages];
  char *place = NULL;

  pthread_mutex_lock (&fence_lock);
  if (fence_n_blocks < BLOCKS_MAX)
    {
      if (queue->n > QUARANTINE)
        {
          place = fence_space + (gsize)queue->places[queue->first] * PAGE;
          queue->first = (queue->first + 1) % G_N_ELEMENTS (queue->places);
          queue->n--;
        }
      else if ((fence_top + n_pages + 1) * PAGE <= SPACE)
        {
          place = fence_space + fence_top * PAGE;
          fence_top += n_pages + 1;
        }
      if (place != NULL)
        fence_n_blocks++;
    }
  pthread_mutex_unlock (&fence_lock);

  return place;
}

static void
give_place (char *place,
            guint n_pages)
{
  BeltFenceQueue *queue = &fence_queues[n_pages];

  pthread_mutex_lock (&fence_lock);
  fence_n_blocks--;
  /* take_place() empties one above QUARANTINE, so a full queue only drops address space. */
  if (queue->n < G_N_ELEMENTS (queue->places))
    {
      queue->places[(queue->first + queue->n) % G_N_ELEMENTS (queue->places)] = (guint32)((place - fence_space) / PAGE);
      queue->n++;
    }
  pthread_mutex_unlock (&fence_lock);
}

static void *
fence_malloc (gsize size)
{
  gsize rounded = (size + 15) & ~(gsize)15;
  gsize n_pages = (rounded + sizeof (BeltFenceHeader) + PAGE - 1) / PAGE;
  BeltFenceHeader header = { size, MAGIC, (guint32)n_pages };
  char *place, *block;

  if (size > (gsize)PAGES_MAX * PAGE || n_pages > PAGES_MAX || (place = take_place ((guint)n_pages)) == NULL)
    return __libc_malloc (size);
  if (mprotect (place, n_pages * PAGE, PROT_READ | PROT_WRITE) != 0)
    {
      give_place (place, (guint)n_pages);
      return __libc_malloc (size);
    }

  block = place + n_pages * PAGE - rounded;
  memcpy (block - sizeof header, &header, sizeof header);
  memset (block + size, CANARY, rounded - size);

  return block;
}

static void
fence_free (char *block)
{
  BeltFenceHeader header;
  char *place;

  /* Faults here when the block was freed before. */
  memcpy (&header, block - sizeof header, sizeof header);
  if (header.magic != MAGIC)
    __builtin_trap ();
  for (gsize i = header.size; i < ((header.size + 15) & ~(gsize)15); i++)
    if ((unsigned char)block[i] != CANARY)
      __builtin_trap ();

  place = (char *)((guintptr)(block - sizeof header) & ~(guintptr)(PAGE - 1));
  madvise (place, (gsize)header.n_pages * PAGE, MADV_DONTNEED);
  mprotect (place, (gsize)header.n_pages * PAGE, PROT_NONE);
  give_place (place, header.n_pages);
}

static gsize
get_size (const char *block)
{
  BeltFenceHeader header;

  memcpy (&header, block - sizeof header, sizeof header);
  return header.size;
}

void
belt_fence_enable (guintptr start,
                   guintptr end,
                   guint64 *ret_space_start,
                   guint64 *ret_space_end)
{
  void *space = mmap (NULL, SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (space == MAP_FAILED)
    return;

  fence_space = space;
  fence_start = start;
  fence_end = end;
  *ret_space_start = (guint64)space;
  *ret_space_end = (guint64)space + SPACE;
}

void *
belt_fence_alloc (gsize size)
{
  return fence_space != NULL ? fence_malloc (size) : __libc_malloc (size);
}

void
belt_fence_release (void *block)
{
  if (is_fenced (block))
    fence_free (block);
  else
    __libc_free (block);
}

/* Under a sanitizer its own heap finds more than ours. */
#if !defined (__SANITIZE_ADDRESS__) && !defined (__SANITIZE_THREAD__)

#define IS_PLUGIN_CALL() ((guintptr)__builtin_return_address (0) - fence_start < fence_end - fence_start)

__attribute__ ((visibility ("default"))) void *
malloc (size_t size)
{
  return IS_PLUGIN_CALL () ? fence_malloc (size) : __libc_malloc (size);
}

__attribute__ ((visibility ("default"))) void
free (void *block)
{
  int saved = errno;

  if (block != NULL)
    belt_fence_release (block);
  errno = saved;
}

__attribute__ ((visibility ("default"))) void *
calloc (size_t n,
        size_t size)
{
  gsize total;
  void *block;

  if (!IS_PLUGIN_CALL ())
    return __libc_calloc (n, size);
  if (__builtin_mul_overflow (n, size, &total))
    {
      errno = ENOMEM;
      return NULL;
    }
  block = fence_malloc (total);

  return block != NULL ? memset (block, 0, total) : NULL;
}

__attribute__ ((visibility ("default"))) void *
realloc (void  *block,
         size_t size)
{
  gboolean from_plugin = IS_PLUGIN_CALL ();
  void *moved;

  if (block == NULL)
    return from_plugin ? fence_malloc (size) : __libc_malloc (size);
  if (!is_fenced (block))
    return __libc_realloc (block, size);

  moved = fence_malloc (size);
  if (moved != NULL)
    {
      memcpy (moved, block, MIN (get_size (block), size));
      fence_free (block);
    }

  return moved;
}

#endif
