/* belt-group-table.c - groups by the values of their keys, in first-seen order
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-group-table.h"

#include "belt-json.h"

#include <math.h>

#define SLOTS_MIN 64u
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

static void
put_text (BeltGroupKey *self,
          char          tag,
          const char   *text,
          guint32       len)
{
  put_tagged (self, tag, &len, sizeof len);
  reserve (self, len);
  if (len > 0)
    memcpy (self->bytes + self->len, text, len);
  self->len += len;
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

  /* 2^63 itself is no int64. */
  if (number >= -9223372036854775808.0 && number < 9223372036854775808.0)
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

void
belt_group_key_clear (BeltGroupKey *self)
{
  g_clear_pointer (&self->bytes, g_free);
  self->len = 0;
  self->capacity = 0;
}

void
belt_group_table_clear (BeltGroupTable *self)
{
  g_clear_pointer (&self->groups, g_free);
  g_clear_pointer (&self->slots, g_free);
  memset (self, 0, sizeof *self);
}

void
belt_group_table_reset (BeltGroupTable *self)
{
  self->n_groups = 0;
  if (self->slots != NULL)
    memset (self->slots, 0, self->n_slots * sizeof *self->slots);
}

static inline guint64
mix (guint64 hash)
{
  hash ^= hash >> 32;
  hash *= G_GUINT64_CONSTANT (0xd6e8feb86659fd93);
  hash ^= hash >> 32;
  return hash;
}

/* Eight bytes a step; keys are short. */
static guint64
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

  return mix (hash);
}

static void
grow (BeltGroupTable *self)
{
  guint n_slots = MAX (SLOTS_MIN, self->n_slots * 2);

  g_free (self->slots);
  self->slots = g_new0 (guint32, n_slots);
  self->n_slots = n_slots;

  for (guint i = 0; i < self->n_groups; i++)
    {
      guint at = (guint)self->groups[i].hash & (n_slots - 1);

      while (self->slots[at] != 0)
        at = (at + 1) & (n_slots - 1);
      self->slots[at] = i + 1;
    }
}

static guint
add_group (BeltGroupTable *self,
           guint           at,
           guint64         hash,
           const char     *key,
           gsize           key_len,
           BeltArena      *arena)
{
  if (self->n_groups == self->groups_capacity)
    {
      self->groups_capacity = MAX (16u, self->groups_capacity * 2);
      self->groups = g_renew (BeltGroup, self->groups, self->groups_capacity);
    }

  self->groups[self->n_groups] = (BeltGroup) {
    .hash = hash,
    .key = belt_arena_memdup (arena, key, key_len),
    .key_len = (guint32)key_len,
  };
  self->slots[at] = ++self->n_groups;

  return self->n_groups - 1;
}

guint
belt_group_table_lookup (BeltGroupTable *self,
                         const char     *key,
                         gsize           key_len,
                         BeltArena      *arena,
                         gboolean       *ret_new)
{
  guint64 hash;
  guint mask;
  guint at;

  /* A key of no values. */
  if (key == NULL)
    key = "";
  hash = hash_key (key, key_len);

  if (G_UNLIKELY ((self->n_groups + 1) * 2 > self->n_slots))
    grow (self);

  mask = self->n_slots - 1;
  for (at = (guint)hash & mask; self->slots[at] != 0; at = (at + 1) & mask)
    {
      const BeltGroup *group = &self->groups[self->slots[at] - 1];

      if (group->hash == hash && group->key_len == key_len && memcmp (group->key, key, key_len) == 0)
        {
          *ret_new = FALSE;
          return self->slots[at] - 1;
        }
    }

  *ret_new = TRUE;
  return add_group (self, at, hash, key, key_len, arena);
}
