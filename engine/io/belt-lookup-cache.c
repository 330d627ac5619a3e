/* belt-lookup-cache.c - remembers what a lookup table answered
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A rule's own, as in eKuiper.  Time stands still between two refreshes, so that
 * no answer goes away while rows of the batch at hand still point to it.
 */
#include "config.h"

#include "belt-lookup.h"

#include "belt-function.h"
#include "belt-properties.h"

typedef struct
{
  BeltLookupQuery  base;
  BeltLookupQuery *inner;
  guint            n_keys;
  gint64           ttl_ms;
  gboolean         misses;
  BeltClock       *clock;
  gint64           now_ms;     /* of the last refresh */
  gint64           purge_ms;   /* when what has expired is thrown out next */
  GHashTable      *answers;    /* of Answer, to itself */
} CacheQuery;

typedef struct
{
  const BeltValue *values;     /* [n_values] */
  guint            n_values;
  gint64           until_ms;   /* G_MAXINT64: for good */
  BeltValue        asked;      /* owned LIST: the values */
  BeltValue        rows;       /* owned LIST */
} Answer;

static guint
hash_answer (gconstpointer data)
{
  const Answer *self = data;
  guint hash = 0;

  for (guint i = 0; i < self->n_values; i++)
    hash = hash * 31 + belt_lookup_hash (&self->values[i]);
  return hash;
}

static gboolean
equal_answers (gconstpointer a,
               gconstpointer b)
{
  const Answer *one = a;
  const Answer *other = b;

  for (guint i = 0; i < one->n_values; i++)
    {
      if (!belt_lookup_equal (&one->values[i], &other->values[i]))
        return FALSE;
    }
  return TRUE;
}

static void
free_answer (gpointer data)
{
  Answer *answer = data;

  belt_value_clear_owned (&answer->asked);
  belt_value_clear_owned (&answer->rows);
  g_free (answer);
}

static void
remember (CacheQuery      *self,
          const BeltValue *values,
          GArray          *rows,
          guint            start)
{
  guint n_rows = rows->len - start;
  BeltValue asked = belt_value_list (values, self->n_keys);
  BeltValue found = belt_value_list (n_rows > 0 ? &g_array_index (rows, BeltValue, start) : NULL, n_rows);
  Answer *answer;

  if (n_rows == 0 && !self->misses)
    return;

  answer = g_new0 (Answer, 1);
  answer->until_ms = self->ttl_ms > 0 ? self->now_ms + self->ttl_ms : G_MAXINT64;
  belt_value_dup_owned (&answer->asked, &asked);
  belt_value_dup_owned (&answer->rows, &found);
  answer->values = answer->asked.u.items;
  answer->n_values = self->n_keys;
  g_hash_table_replace (self->answers, answer, answer);
}

static const char *
cache_query_find (BeltLookupQuery *query,
                  const BeltValue *values,
                  BeltArena       *arena,
                  GArray          *ret_rows)
{
  CacheQuery *self = (CacheQuery *)query;
  Answer probe = { .values = values, .n_values = self->n_keys };
  const Answer *answer = g_hash_table_lookup (self->answers, &probe);
  guint start = ret_rows->len;
  const char *problem;

  if (answer != NULL && self->now_ms <= answer->until_ms)
    {
      g_array_append_vals (ret_rows, answer->rows.u.items, answer->rows.len);
      return NULL;
    }

  problem = belt_lookup_query_find (self->inner, values, arena, ret_rows);
  if (problem == NULL)
    remember (self, values, ret_rows, start);
  return problem;
}

static gboolean
has_expired (gpointer key,
             gpointer value,
             gpointer user_data)
{
  return ((const Answer *)key)->until_ms < ((CacheQuery *)user_data)->now_ms;
}

static void
cache_query_refresh (BeltLookupQuery *query)
{
  CacheQuery *self = (CacheQuery *)query;

  self->now_ms = belt_clock_get_ms (self->clock);
  belt_lookup_query_refresh (self->inner);
  if (g_hash_table_size (self->answers) >= BELT_LOOKUP_CACHE_MAX)
    g_hash_table_remove_all (self->answers);
  else if (self->ttl_ms > 0 && self->now_ms >= self->purge_ms)
    {
      g_hash_table_foreach_remove (self->answers, has_expired, self);
      self->purge_ms = self->now_ms + 2 * self->ttl_ms;
    }
}

static void
cache_query_free (BeltLookupQuery *query)
{
  CacheQuery *self = (CacheQuery *)query;

  belt_lookup_query_free (self->inner);
  g_hash_table_unref (self->answers);
  belt_clock_unref (self->clock);
  g_free (self);
}

BeltLookupQuery *
belt_lookup_cache_new (BeltLookupQuery              *inner,
                       guint                         n_keys,
                       const BeltLookupCacheOptions *options,
                       BeltClock                    *clock)
{
  CacheQuery *self = g_new0 (CacheQuery, 1);

  self->base.find = cache_query_find;
  self->base.refresh = cache_query_refresh;
  self->base.free = cache_query_free;
  self->inner = inner;
  self->n_keys = n_keys;
  self->ttl_ms = options->ttl_ms;
  self->misses = options->misses;
  self->clock = belt_clock_ref (clock);
  self->now_ms = belt_clock_get_ms (clock);
  self->answers = g_hash_table_new_full (hash_answer, equal_answers, NULL, free_answer);

  return &self->base;
}

gboolean
belt_lookup_cache_read (JsonObject             *properties,
                        BeltLookupCacheOptions *ret_options,
                        GError                **error)
{
  JsonNode *node = properties != NULL ? belt_properties_lookup (properties, "lookup") : NULL;
  JsonObject *settings;

  *ret_options = (BeltLookupCacheOptions) { 0 };
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return TRUE;

  settings = json_node_get_object (node);
  return belt_properties_get_boolean (settings, "cache", &ret_options->enabled, error) &&
         belt_properties_get_boolean (settings, "cacheMissingKey", &ret_options->misses, error) &&
         belt_properties_get_duration (settings, "cacheTtl", &ret_options->ttl_ms, error);
}
