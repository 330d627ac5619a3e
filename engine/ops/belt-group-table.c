/* belt-group-table.c - groups by the values of their keys, in first-seen order
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-group-table.h"

#include "belt-json.h"

#include <math.h>

#define SLOTS_MIN  64u
#define SLOTS_MANY 8192u
#define SPARSE     64u    /* slots a group: far too many */
#define CACHE_LINE 64u
#define DEPTH_MAX BELT_JSON_DEPTH_MAX

static void
reserve (BeltGroupKey *self,
         gsize         more)
{
  if (self->len + more <= self->capacity)
    return;

  self->capacity = MAX (MAX (64u, self->capacity * 2), self->len + more);
  self->bytes = g_realloc (self->bytes, self->capacity);
}

static void
put_tagged (BeltGroupKey  *self,
            char           tag,
            gconstpointer  data,
            gsize          len)
{
  reserve (self, len + 1);
  self->bytes[self->len] = tag;
  if (len > 0)
    memcpy (self->bytes + self->len + 1, data, len);
  self->len += len + 1;
}

static inline void
put_text (BeltGroupKey *self,
          char          tag,
          const char   *text,
          guint32       len)
{
  char *at;

  reserve (self, 1 + sizeof len + (gsize)len);
  at = self->bytes + self->len;
  at[0] = tag;
  memcpy (at + 1, &len, sizeof len);
  if (len > 0)
    memcpy (at + 1 + sizeof len, text, len);
  self->len += 1 + sizeof len + (gsize)len;
}

static void
put_number (BeltGroupKey *self,
            double        number)
{
  gint64 whole;

  if (isnan (number))
    {
      put_tagged (self, 'N', NULL, 0);
      return;
    }

  /* 2^63 itself is no int64; eKuiper tells -0.0 from 0. */
  if (!(number == 0 && signbit (number)) && number >= -9223372036854775808.0 && number < 9223372036854775808.0)
    {
      whole = (gint64)number;
      if ((double)whole == number)
        {
          put_tagged (self, 'i', &whole, sizeof whole);
          return;
        }
    }

  put_tagged (self, 'f', &number, sizeof number);
}

static void
put_map (BeltGroupKey    *self,
         const BeltValue *map)
{
  g_autofree const BeltMember **sorted = belt_value_sort_members (map);

  put_tagged (self, 'm', &map->len, sizeof map->len);
  for (guint i = 0; i < map->len; i++)
    {
      put_text (self, 'k', sorted[i]->name, (guint32)sorted[i]->name_len);
      belt_group_key_append (self, &sorted[i]->value);
    }
}

static void
put_json (BeltGroupKey    *self,
          const BeltValue *json)
{
  BeltArena arena;
  BeltValue expanded;

  belt_arena_init (&arena);
  expanded = belt_value_expand (json, &arena);
  if (expanded.tag == BELT_TAG_JSON)
    put_text (self, 'j', json->u.s, json->len);
  else
    belt_group_key_append (self, &expanded);
  belt_arena_clear (&arena);
}

void
belt_group_key_append (BeltGroupKey    *self,
                       const BeltValue *value)
{
  if (self->depth > DEPTH_MAX)
    {
      put_tagged (self, 'd', NULL, 0);
      return;
    }

  self->depth++;
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_BOOL:
      put_tagged (self, value->u.i != 0 ? 'T' : 'F', NULL, 0);
      break;
    case BELT_TAG_I64:
      put_tagged (self, 'i', &value->u.i, sizeof value->u.i);
      break;
    case BELT_TAG_F64:
      put_number (self, value->u.f);
      break;
    case BELT_TAG_STR:
      put_text (self, 's', value->u.s, value->len);
      break;
    case BELT_TAG_BYTES:
      put_text (self, 'y', value->u.s, value->len);
      break;
    case BELT_TAG_TIME:
      put_tagged (self, 't', &value->u.i, sizeof value->u.i);
      break;
    case BELT_TAG_LIST:
      put_tagged (self, 'l', &value->len, sizeof value->len);
      for (guint i = 0; i < value->len; i++)
        belt_group_key_append (self, &value->u.items[i]);
      break;
    case BELT_TAG_MAP:
      put_map (self, value);
      break;
    case BELT_TAG_JSON:
      put_json (self, value);
      break;
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
    case BELT_TAG_ERROR:
    case BELT_TAG_UNSET:
    default:
      put_tagged (self, 'z', NULL, 0);
      break;
    }
  self->depth--;
}

static inline guint64
mix (guint64 hash)
{
  hash ^= hash >> 32;
  hash *= G_GUINT64_CONSTANT (0xd6e8feb86659fd93);
  hash ^= hash >> 32;
  return hash;
}

/* Eight bytes a step; of zeros behind the key only those of the last step are looked at. */
static inline guint32
hash_words (const char *padded,
            gsize       len)
{
  guint64 hash = len * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  guint64 word;

  for (gsize i = 0; i < len; i += 8)
    {
      memcpy (&word, padded + i, 8);
      hash = mix (hash ^ word);
    }

  return (guint32)mix (hash);
}

static guint32
hash_key (const char *key,
          gsize       len)
{
  guint64 hash = len * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  guint64 word;

  for (; len >= 8; len -= 8, key += 8)
    {
      memcpy (&word, key, 8);
      hash = mix (hash ^ word);
    }
  if (len > 0)
    {
      word = 0;
      memcpy (&word, key, len);
      hash = mix (hash ^ word);
    }

  return (guint32)mix (hash);
}

BeltGroupProbe
belt_group_key_finish (BeltGroupKey *self)
{
  BeltGroupProbe probe = { .start = self->start, .len = (guint32)(self->len - self->start) };

  /* A short key is compared, and any key hashed, in whole words. */
  reserve (self, BELT_GROUP_KEY_INLINE);
  memset (self->bytes + self->len, 0, BELT_GROUP_KEY_INLINE);
  probe.hash = hash_words (self->bytes + self->start, probe.len);
  self->start += MAX (((gsize)probe.len + 7u) & ~(gsize)7u, BELT_GROUP_KEY_INLINE);
  self->len = self->start;

  return probe;
}

void
belt_group_key_clear (BeltGroupKey *self)
{
  g_clear_pointer (&self->bytes, g_free);
  self->len = 0;
  self->start = 0;
  self->capacity = 0;
}

void
belt_group_table_init (BeltGroupTable *self,
                       gsize           payload_size)
{
  memset (self, 0, sizeof *self);
  self->payload_size = (payload_size + 15u) & ~(gsize)15u;
}

void
belt_group_table_clear (BeltGroupTable *self)
{
  g_clear_pointer (&self->slots, g_free);
  g_clear_pointer (&self->chunks, g_free);
  belt_group_table_init (self, self->payload_size);
}

void
belt_group_table_reset (BeltGroupTable *self)
{
  /* Once there were many groups; clearing their slots each time would cost more than the groups there are. */
  if (self->n_slots >= SLOTS_MANY && self->n_groups < self->n_slots / SPARSE)
    {
      g_clear_pointer (&self->slots, g_free);
      self->n_slots = 0;
    }
  else if (self->slots != NULL)
    memset (self->slots, 0, self->n_slots * sizeof *self->slots);

  self->n_groups = 0;
  self->n_chunks = 0;
}

static void
grow (BeltGroupTable *self)
{
  guint n_before = self->n_slots;
  guint n_slots = MAX (SLOTS_MIN, n_before * 2);
  BeltGroupSlot *slots = g_new0 (BeltGroupSlot, n_slots);

  for (guint i = 0; i < n_before; i++)
    {
      guint at = self->slots[i].hash & (n_slots - 1);

      if (self->slots[i].group == 0)
        continue;
      while (slots[at].group != 0)
        at = (at + 1) & (n_slots - 1);
      slots[at] = self->slots[i];
    }

  g_free (self->slots);
  self->slots = slots;
  self->n_slots = n_slots;
}

/* The groups of a chunk begin at the beginning of a cache line. */
static void
add_chunk (BeltGroupTable *self,
           BeltArena      *arena)
{
  gsize n = MIN (MAX (self->n_groups, 4u), BELT_GROUP_CHUNK);
  char *chunk = belt_arena_alloc (arena, n * belt_group_table_get_group_size (self) + CACHE_LINE - 16);

  if (self->n_chunks == self->chunks_capacity)
    {
      self->chunks_capacity = MAX (8u, self->chunks_capacity * 2);
      self->chunks = g_renew (char *, self->chunks, self->chunks_capacity);
    }
  self->chunks[self->n_chunks++] = chunk + (-(guintptr)chunk & (CACHE_LINE - 1));
}

static gboolean
is_full (guint n_groups)
{
  return n_groups >= BELT_GROUP_CHUNK ? n_groups % BELT_GROUP_CHUNK == 0
                                      : n_groups == 0 || (n_groups >= 4 && (n_groups & (n_groups - 1)) == 0);
}

/* key has zeros behind it if it is short. */
static BeltGroup *
add_group (BeltGroupTable *self,
           guint           at,
           guint32         hash,
           const char     *key,
           gsize           key_len,
           BeltArena      *arena)
{
  BeltGroup *group;

  if (is_full (self->n_groups))
    add_chunk (self, arena);
  group = belt_group_table_get (self, self->n_groups);
  group->hash = hash;
  group->key_len = (guint32)key_len;
  if (key_len <= BELT_GROUP_KEY_INLINE)
    memcpy (group->key.words, key, BELT_GROUP_KEY_INLINE);
  else
    group->key.far = belt_arena_memdup (arena, key, key_len);
  if (self->payload_size > 0)
    memset (group + 1, 0, self->payload_size);
  self->slots[at] = (BeltGroupSlot) { .hash = hash, .group = ++self->n_groups };

  return group;
}

static inline gboolean
has_key (const BeltGroup *group,
         const char      *key,
         gsize            key_len)
{
  guint64 words[BELT_GROUP_KEY_INLINE / 8];

  if (group->key_len != key_len)
    return FALSE;
  if (key_len > BELT_GROUP_KEY_INLINE)
    return memcmp (group->key.far, key, key_len) == 0;

  memcpy (words, key, sizeof words);
  return ((words[0] ^ group->key.words[0]) | (words[1] ^ group->key.words[1]) | (words[2] ^ group->key.words[2])) == 0;
}

/* Returns: the number of the group, *ret_group set */
static inline guint
look_up (BeltGroupTable *self,
         guint32         hash,
         const char     *key,
         gsize           key_len,
         BeltArena      *arena,
         BeltGroup     **ret_group,
         gboolean       *ret_new)
{
  guint mask;
  guint at;

  if (G_UNLIKELY ((self->n_groups + 1) * 2 > self->n_slots))
    grow (self);

  mask = self->n_slots - 1;
  for (at = hash & mask; self->slots[at].group != 0; at = (at + 1) & mask)
    {
      if (self->slots[at].hash != hash)
        continue;

      *ret_group = belt_group_table_get (self, self->slots[at].group - 1);
      if (has_key (*ret_group, key, key_len))
        {
          *ret_new = FALSE;
          return self->slots[at].group - 1;
        }
    }

  *ret_new = TRUE;
  *ret_group = add_group (self, at, hash, key, key_len, arena);
  return self->n_groups - 1;
}

guint
belt_group_table_lookup (BeltGroupTable *self,
                         const char     *key,
                         gsize           key_len,
                         BeltArena      *arena,
                         gboolean       *ret_new)
{
  char padded[BELT_GROUP_KEY_INLINE] = { 0 };
  BeltGroup *group;

  if (key_len > BELT_GROUP_KEY_INLINE)
    return look_up (self, hash_key (key, key_len), key, key_len, arena, &group, ret_new);

  /* key may be NULL: a key of no values. */
  if (key_len > 0)
    memcpy (padded, key, key_len);
  return look_up (self, hash_words (padded, key_len), padded, key_len, arena, &group, ret_new);
}

gpointer
belt_group_table_find (BeltGroupTable       *self,
                       const BeltGroupKey   *keys,
                       const BeltGroupProbe *probe,
                       BeltArena            *arena,
                       gboolean             *ret_new)
{
  BeltGroup *group;

  look_up (self, probe->hash, keys->bytes + probe->start, probe->len, arena, &group, ret_new);
  return group + 1;
}

void
belt_group_table_fetch (const BeltGroupTable *self,
                        const BeltGroupProbe *probes,
                        guint                 n_probes)
{
  gsize size = belt_group_table_get_group_size (self);
  guint mask = self->n_slots - 1;

  if (!belt_group_table_is_far (self))
    return;

  for (guint i = 0; i < n_probes; i++)
    __builtin_prefetch (&self->slots[probes[i].hash & mask]);
  for (guint i = 0; i < n_probes; i++)
    {
      guint at = probes[i].hash & mask;
      const char *group;

      while (self->slots[at].group != 0 && self->slots[at].hash != probes[i].hash)
        at = (at + 1) & mask;
      if (self->slots[at].group == 0)
        continue;

      group = (const char *)belt_group_table_get (self, self->slots[at].group - 1);
      for (gsize line = 0; line < size; line += CACHE_LINE)
        __builtin_prefetch (group + line, 1);
    }
}
