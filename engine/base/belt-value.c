/* belt-value.c - copying, comparing and hashing values
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Equality and hash are those of sets and of change detection: deep, strict
 * about types (2 is not 2.0), blind to the order of members, to how a value is
 * held (JSON text or taken apart) and to whether null was written or missing.
 */
#include "config.h"

#include "belt-value.h"

#include "belt-arena.h"
#include "belt-json.h"

#include <stdarg.h>
#include <stdio.h>

#define HASH_SEED  G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)
#define HASH_PRIME G_GUINT64_CONSTANT (0xff51afd7ed558ccd)

BeltValue
belt_value_error (BeltArena    *arena,
                  BeltFaultKind kind,
                  const char   *format,
                  ...)
{
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  fault->kind = kind;
  fault->message = belt_arena_memdup (arena, message, strlen (message) + 1);

  return (BeltValue) { .tag = BELT_TAG_ERROR, .u.fault = fault };
}

static char *
copy_text (const char *text,
           gsize       len,
           BeltArena  *arena)
{
  char *copy = belt_arena_alloc (arena, len + BELT_JSON_PADDING);

  memcpy (copy, text, len);
  memset (copy + len, 0, BELT_JSON_PADDING);
  return copy;
}

static const char *
copy_string (const char *text,
             BeltArena  *arena)
{
  return text != NULL ? belt_arena_memdup (arena, text, strlen (text) + 1) : NULL;
}

static const BeltFault *
copy_fault (const BeltFault *fault,
            BeltArena       *arena)
{
  BeltFault *copy = belt_arena_memdup (arena, fault, sizeof *fault);

  copy->function = copy_string (fault->function, arena);
  copy->message = copy_string (fault->message, arena);
  return copy;
}

/* Deep: nothing of the copy points outside the arena. */
BeltValue
belt_value_copy (const BeltValue *self,
                 BeltArena       *arena)
{
  BeltValue copy = *self;

  switch (self->tag)
    {
    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
      copy.u.s = belt_arena_memdup (arena, self->u.s, self->len);
      break;

    case BELT_TAG_JSON:
      copy.u.s = copy_text (self->u.s, self->len, arena);
      break;

    case BELT_TAG_LIST:
      {
        BeltValue *items = belt_arena_new_array (arena, BeltValue, self->len);

        for (guint i = 0; i < self->len; i++)
          items[i] = belt_value_copy (&self->u.items[i], arena);
        copy.u.items = items;
        break;
      }

    case BELT_TAG_MAP:
      {
        BeltMember *members = belt_arena_new_array (arena, BeltMember, self->len);

        for (guint i = 0; i < self->len; i++)
          {
            const BeltMember *from = &self->u.members[i];

            members[i].name = belt_arena_memdup (arena, from->name, from->name_len);
            members[i].name_len = from->name_len;
            members[i].value = belt_value_copy (&from->value, arena);
          }
        copy.u.members = members;
        break;
      }

    case BELT_TAG_ERROR:
      copy.u.fault = copy_fault (self->u.fault, arena);
      break;

    default:
      break;
    }

  return copy;
}

static gboolean
holds_json (const BeltValue *self)
{
  if (self->tag == BELT_TAG_JSON)
    return TRUE;

  if (self->tag == BELT_TAG_LIST)
    for (guint i = 0; i < self->len; i++)
      if (holds_json (&self->u.items[i]))
        return TRUE;

  if (self->tag == BELT_TAG_MAP)
    for (guint i = 0; i < self->len; i++)
      if (holds_json (&self->u.members[i].value))
        return TRUE;

  return FALSE;
}

static BeltValue
expand_json (const BeltValue *self,
             BeltArena       *arena)
{
  BeltValue value;
  BeltJsonError error;

  if (belt_json_parse (self->u.s, self->len, self->flags & BELT_VALUE_JSON_INTEGERS ? BELT_JSON_INTEGERS : 0, arena,
                       &value, &error))
    return value;

  /* Only text nested deeper than we follow can get here: the scanner has checked the rest. */
  return belt_value_error (arena, BELT_FAULT_DECODE, "invalid JSON at byte %" G_GSIZE_FORMAT ": %s", error.offset,
                           error.message);
}

/* The same value with no JSON text anywhere inside; shares what needs no change. */
BeltValue
belt_value_expand (const BeltValue *self,
                   BeltArena       *arena)
{
  BeltValue expanded = *self;

  if (!holds_json (self))
    return expanded;

  if (self->tag == BELT_TAG_JSON)
    return expand_json (self, arena);

  if (self->tag == BELT_TAG_LIST)
    {
      BeltValue *items = belt_arena_new_array (arena, BeltValue, self->len);

      for (guint i = 0; i < self->len; i++)
        items[i] = belt_value_expand (&self->u.items[i], arena);
      expanded.u.items = items;
    }
  else
    {
      BeltMember *members = belt_arena_new_array (arena, BeltMember, self->len);

      for (guint i = 0; i < self->len; i++)
        {
          members[i] = self->u.members[i];
          members[i].value = belt_value_expand (&self->u.members[i].value, arena);
        }
      expanded.u.members = members;
    }

  return expanded;
}

/* Returns: (nullable): borrowed; NULL also when self is no MAP (see belt_json_get_member() for JSON text) */
const BeltValue *
belt_value_get_member (const BeltValue *self,
                       const char      *name,
                       gsize            name_len)
{
  if (self->tag != BELT_TAG_MAP)
    return NULL;

  for (guint i = 0; i < self->len; i++)
    {
      const BeltMember *member = &self->u.members[i];

      if (member->name_len == name_len && memcmp (member->name, name, name_len) == 0)
        return &member->value;
    }

  return NULL;
}

static gboolean
equal_lists (const BeltValue *a,
             const BeltValue *b)
{
  if (a->len != b->len)
    return FALSE;

  for (guint i = 0; i < a->len; i++)
    if (!belt_value_equal (&a->u.items[i], &b->u.items[i]))
      return FALSE;

  return TRUE;
}

static gboolean
equal_maps (const BeltValue *a,
            const BeltValue *b)
{
  if (a->len != b->len)
    return FALSE;

  for (guint i = 0; i < a->len; i++)
    {
      const BeltMember *member = &a->u.members[i];
      const BeltMember *same_place = &b->u.members[i];
      const BeltValue *other;

      /* Two rows of one stream nearly always have one order. */
      if (same_place->name_len == member->name_len && memcmp (same_place->name, member->name, member->name_len) == 0)
        other = &same_place->value;
      else
        other = belt_value_get_member (b, member->name, member->name_len);
      if (other == NULL || !belt_value_equal (&member->value, other))
        return FALSE;
    }

  return TRUE;
}

static gboolean
equal_expanded (const BeltValue *a,
                const BeltValue *b)
{
  BeltArena arena;
  BeltValue expanded_a;
  BeltValue expanded_b;
  gboolean equal;

  belt_arena_init (&arena);
  expanded_a = belt_value_expand (a, &arena);
  expanded_b = belt_value_expand (b, &arena);
  equal = belt_value_equal (&expanded_a, &expanded_b);
  belt_arena_clear (&arena);

  return equal;
}

static gboolean
is_container (const BeltValue *v)
{
  return v->tag == BELT_TAG_JSON || v->tag == BELT_TAG_LIST || v->tag == BELT_TAG_MAP;
}

gboolean
belt_value_equal (const BeltValue *a,
                  const BeltValue *b)
{
  if (a->tag == BELT_TAG_JSON || b->tag == BELT_TAG_JSON)
    {
      if (!is_container (a) || !is_container (b))
        return FALSE;
      if (a->tag == b->tag && a->flags == b->flags && a->len == b->len && memcmp (a->u.s, b->u.s, a->len) == 0)
        return TRUE;
      return equal_expanded (a, b);
    }

  if (a->tag != b->tag)
    return belt_value_is_null (a) && belt_value_is_null (b);

  switch (a->tag)
    {
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
    case BELT_TAG_TIME:
      return a->u.i == b->u.i;

    case BELT_TAG_F64:
      return a->u.f == b->u.f || (a->u.f != a->u.f && b->u.f != b->u.f);

    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
      return a->len == b->len && memcmp (a->u.s, b->u.s, a->len) == 0;

    case BELT_TAG_LIST:
      return equal_lists (a, b);

    case BELT_TAG_MAP:
      return equal_maps (a, b);

    case BELT_TAG_ERROR:
      return a->u.fault == b->u.fault;

    default:
      return TRUE;
    }
}

static inline guint64
mix (guint64 h,
     guint64 word)
{
  h = (h ^ word) * HASH_PRIME;
  return h ^ (h >> 32);
}

static guint64
hash_text (const char *text,
           gsize       len,
           guint64     h)
{
  guint64 word;

  h ^= len;
  for (; len >= 8; text += 8, len -= 8)
    {
      memcpy (&word, text, 8);
      h = mix (h, word);
    }
  if (len > 0)
    {
      word = 0;
      memcpy (&word, text, len);
      h = mix (h, word);
    }

  return h;
}

static guint64
hash_f64 (double f)
{
  guint64 word;

  if (f == 0)
    f = 0;  /* of either sign */
  if (f != f)
    return mix (HASH_SEED, BELT_TAG_F64);
  memcpy (&word, &f, sizeof word);
  return mix (HASH_SEED + BELT_TAG_F64, word);
}

static guint64
hash_json (const BeltValue *self)
{
  BeltArena arena;
  BeltValue expanded;
  guint64 h;

  belt_arena_init (&arena);
  expanded = belt_value_expand (self, &arena);
  h = belt_value_hash (&expanded);
  belt_arena_clear (&arena);

  return h;
}

guint64
belt_value_hash (const BeltValue *self)
{
  guint64 h = HASH_SEED + self->tag;

  switch (self->tag)
    {
    case BELT_TAG_BOOL:
    case BELT_TAG_I64:
    case BELT_TAG_TIME:
      return mix (h, (guint64)self->u.i);

    case BELT_TAG_F64:
      return hash_f64 (self->u.f);

    case BELT_TAG_STR:
    case BELT_TAG_BYTES:
      return hash_text (self->u.s, self->len, h);

    case BELT_TAG_LIST:
      for (guint i = 0; i < self->len; i++)
        h = mix (h, belt_value_hash (&self->u.items[i]));
      return h;

    case BELT_TAG_MAP:
      /* A sum, since the order of members does not count. */
      for (guint i = 0; i < self->len; i++)
        {
          const BeltMember *member = &self->u.members[i];

          h += mix (hash_text (member->name, member->name_len, HASH_SEED), belt_value_hash (&member->value));
        }
      return h;

    case BELT_TAG_JSON:
      return hash_json (self);

    default:
      return HASH_SEED;  /* null and missing are one */
    }
}

static int
compare_members (gconstpointer a,
                 gconstpointer b)
{
  return belt_member_compare (*(const BeltMember *const *)a, *(const BeltMember *const *)b);
}

const BeltMember **
belt_value_sort_members (const BeltValue *map)
{
  const BeltMember **sorted = g_new (const BeltMember *, map->len + 1);

  for (guint32 i = 0; i < map->len; i++)
    sorted[i] = &map->u.members[i];
  qsort (sorted, map->len, sizeof *sorted, compare_members);

  return sorted;
}

/* The names eKuiper's users know from cast() and DESCRIBE. */
const char *
belt_tag_get_name (BeltTag tag)
{
  switch (tag)
    {
    case BELT_TAG_NULL:
      return "null";
    case BELT_TAG_BOOL:
      return "boolean";
    case BELT_TAG_I64:
      return "bigint";
    case BELT_TAG_F64:
      return "float";
    case BELT_TAG_STR:
      return "string";
    case BELT_TAG_BYTES:
      return "bytea";
    case BELT_TAG_TIME:
      return "datetime";
    case BELT_TAG_LIST:
      return "array";
    case BELT_TAG_MAP:
      return "struct";
    case BELT_TAG_MISSING:
      return "missing";
    case BELT_TAG_JSON:
      return "json";
    case BELT_TAG_ERROR:
      return "error";
    case BELT_TAG_UNSET:
      return "unset";
    default:
      return "unknown";
    }
}
