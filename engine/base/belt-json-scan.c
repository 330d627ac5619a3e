/* belt-json-scan.c - rows out of JSON text, only the members asked for
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A device sends its members in the same order every time.  The demand remembers
 * the order of the last row: for each place the first 16 bytes of the key with
 * its closing quote and the column it goes to.  One comparison then finds the
 * end of the key and its column at once; keys that moved are searched for.
 */
#include "config.h"

#include "belt-json-text.h"

#include "belt-utf8.h"

#define PLACES_MAX    64u
#define KEY_BYTES     16u
#define NOT_DEMANDED  (-1)

typedef struct
{
  char  key[KEY_BYTES];
  guint mask;     /* bytes of key that count; 0: nothing remembered */
  guint len;
  int   column;
} Place;

typedef struct
{
  char   *text;
  gsize   len;
} Name;

struct _BeltDemand
{
  guint   n_names;
  Name   *names;
  guint   n_buckets;  /* a power of two */
  gint32 *buckets;    /* index of a name or NOT_DEMANDED */
  Place   places[PLACES_MAX];
};

static guint
hash_key (const char *text,
          gsize       len)
{
  guint h = (guint)len;

  for (gsize i = 0; i < len; i++)
    h = (h ^ (guint8)text[i]) * 16777619u;
  return h ^ (h >> 15);
}

static int
find_name (const BeltDemand *self,
           const char       *text,
           gsize             len)
{
  guint at;

  if (self->n_names == 0)
    return NOT_DEMANDED;

  for (at = hash_key (text, len) & (self->n_buckets - 1); self->buckets[at] != NOT_DEMANDED;
       at = (at + 1) & (self->n_buckets - 1))
    {
      const Name *name = &self->names[self->buckets[at]];

      if (name->len == len && memcmp (name->text, text, len) == 0)
        return self->buckets[at];
    }

  return NOT_DEMANDED;
}

/* Of a name given twice the first counts. */
BeltDemand *
belt_demand_new (const char *const *names,
                 guint              n_names)
{
  BeltDemand *self = g_new0 (BeltDemand, 1);

  self->n_names = n_names;
  self->names = g_new0 (Name, n_names);
  self->n_buckets = 4;
  while (self->n_buckets < 2 * n_names)
    self->n_buckets *= 2;
  self->buckets = g_new (gint32, self->n_buckets);
  for (guint i = 0; i < self->n_buckets; i++)
    self->buckets[i] = NOT_DEMANDED;

  for (guint i = 0; i < n_names; i++)
    {
      guint at;

      self->names[i].text = g_strdup (names[i]);
      self->names[i].len = strlen (names[i]);
      if (find_name (self, names[i], self->names[i].len) != NOT_DEMANDED)
        continue;
      at = hash_key (names[i], self->names[i].len) & (self->n_buckets - 1);
      while (self->buckets[at] != NOT_DEMANDED)
        at = (at + 1) & (self->n_buckets - 1);
      self->buckets[at] = (gint32)i;
    }

  return self;
}

void
belt_demand_free (BeltDemand *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < self->n_names; i++)
    g_free (self->names[i].text);
  g_free (self->names);
  g_free (self->buckets);
  g_free (self);
}

static inline gboolean
matches_place (const BeltDemand *self,
               const Place      *place,
               const char       *key)
{
#ifdef __SSE2__
  __m128i same = _mm_cmpeq_epi8 (_mm_loadu_si128 ((const __m128i *)key),
                                 _mm_loadu_si128 ((const __m128i *)place->key));

  if (((guint)_mm_movemask_epi8 (same) & place->mask) != place->mask)
    return FALSE;
#else
  if (memcmp (key, place->key, MIN (place->len + 1, KEY_BYTES)) != 0)
    return FALSE;
#endif

  if (G_LIKELY (place->len < KEY_BYTES))
    return TRUE;

  return memcmp (key, self->names[place->column].text, place->len) == 0 && key[place->len] == '"';
}

/* Long keys are remembered only when demanded: then the name holds the rest of them. */
static void
remember_place (Place      *place,
                const char *key,
                gsize       len,
                int         column)
{
  place->mask = 0;
  if (len >= KEY_BYTES && column == NOT_DEMANDED)
    return;

  memcpy (place->key, key, KEY_BYTES);
  place->mask = len < KEY_BYTES ? (2u << len) - 1 : 0xffff;
  place->len = (guint)len;
  place->column = column;
}

/* key is after the opening quote.  Returns: the closing quote or NULL */
static const char *
search_key (const BeltJsonReader *reader,
            BeltDemand           *demand,
            Place                *place,
            const char           *key,
            int                  *ret_column)
{
  guint special;
  const char *quote = belt_json_find_quote (key, reader->end, &special);
  const char *name = key;
  gsize len;

  if (quote == NULL)
    return belt_json_fail (reader, key - 1, "missing '\"' at the end of a key");

  len = (gsize)(quote - key);
  if (special != 0)
    name = belt_json_unescape (key, len, special, reader->arena, &len);
  *ret_column = find_name (demand, name, len);
  if (place != NULL && special == 0)
    remember_place (place, key, len, *ret_column);

  return quote;
}

static const char *
store_container (const BeltJsonReader *reader,
                 const char           *p,
                 BeltValue            *value)
{
  const char *after = belt_json_walk (reader, p, 1);

  if (after == NULL)
    return NULL;

  value->tag = BELT_TAG_JSON;
  value->flags = reader->flags & BELT_JSON_INTEGERS ? BELT_VALUE_JSON_INTEGERS : 0;
  value->aux = 0;
  value->len = (guint32)(after - p);
  value->u.s = p;
  if (reader->flags & BELT_JSON_COPY)
    *value = belt_value_copy (value, reader->arena);
  return after;
}

static const char *
store_string (const BeltJsonReader *reader,
              const char           *p,
              BeltValue            *value)
{
  const char *text;
  gsize len;
  const char *quote = belt_json_take_text (reader, p, "missing '\"' at the end of a string", &text, &len);

  if (quote == NULL)
    return NULL;

  if ((reader->flags & BELT_JSON_COPY) && text == p + 1)
    text = belt_arena_memdup (reader->arena, text, len);
  *value = belt_value_str (text, len);
  return quote + 1;
}

static inline const char *
store_value (const BeltJsonReader *reader,
             const char           *p,
             BeltValue            *value)
{
  BeltJsonNumber number;

  switch (*p)
    {
    case '"':
      return store_string (reader, p, value);

    case '{':
    case '[':
      return store_container (reader, p, value);

    case 't':
      *value = belt_value_bool (TRUE);
      return belt_json_walk (reader, p, 1);

    case 'f':
      *value = belt_value_bool (FALSE);
      return belt_json_walk (reader, p, 1);

    case 'n':
      *value = belt_value_null ();
      return belt_json_walk (reader, p, 1);

    default:
      p = belt_json_scan_number (reader, p, &number);
      if (G_UNLIKELY (p == NULL))
        return NULL;
      /* What nearly every measured value is, without a call. */
      if (G_LIKELY (number.exact && number.mantissa <= (G_GUINT64_CONSTANT (1) << 53) && number.exponent >= -22 &&
                    number.exponent <= 0 && !(number.integral && (reader->flags & BELT_JSON_INTEGERS))))
        {
          double magnitude = (double)(gint64)number.mantissa;

          if (number.exponent != 0)
            magnitude /= belt_number_powers[-number.exponent];
          *value = belt_value_f64 (number.negative ? -magnitude : magnitude);
        }
      else
        *value = belt_json_number (&number, reader->flags);
      return p;
    }
}

const char *
belt_json_scan_object (const char       *text,
                       const char       *end,
                       BeltDemand       *demand,
                       BeltValue *const *columns,
                       guint             row,
                       guint             flags,
                       BeltArena        *arena,
                       BeltJsonError    *error)
{
  BeltJsonReader reader = { text, end, error, flags, arena };
  const char *p = belt_json_skip_blanks (&reader, text);
  guint n = 0;

  if (*p != '{')
    return belt_json_fail (&reader, p, "expected '{'");
  p = belt_json_skip_blanks (&reader, p + 1);
  if (*p == '}')
    return p + 1;

  for (;; n++)
    {
      Place *place = n < PLACES_MAX ? &demand->places[n] : NULL;
      const char *key = p + 1;
      int column = NOT_DEMANDED;

      if (G_UNLIKELY (*p != '"'))
        return belt_json_fail (&reader, p, "expected '\"' at the start of a key");

      if (G_LIKELY (place != NULL && place->mask != 0 && matches_place (demand, place, key) &&
                    key + place->len < end))
        {
          column = place->column;
          p = key + place->len;
        }
      else
        {
          p = search_key (&reader, demand, place, key, &column);
          if (p == NULL)
            return NULL;
        }

      p = belt_json_skip_blanks (&reader, p + 1);
      if (G_UNLIKELY (*p != ':'))
        return belt_json_fail (&reader, p, "expected ':' after a key");
      p = belt_json_skip_blanks (&reader, p + 1);
      p = column != NOT_DEMANDED ? store_value (&reader, p, &columns[column][row]) : belt_json_walk (&reader, p, 1);
      if (G_UNLIKELY (p == NULL))
        return NULL;

      p = belt_json_skip_blanks (&reader, p);
      if (*p == '}')
        return p + 1;
      if (G_UNLIKELY (*p != ','))
        return belt_json_fail (&reader, p, "expected ',' or '}' after a member");
      p = belt_json_skip_blanks (&reader, p + 1);
    }
}
