/* belt-lookup.h - tables whose rows are found by the values of their columns
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A table lives on one worker and is touched there only, so nothing is locked:
 * a worker has its own instance, which all its rules ask.  What a rule asks is
 * a query, made once: it asks for the same columns by the same keys, row by row.
 */
#pragma once

#include "belt-arena.h"
#include "belt-clock.h"
#include "belt-value.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define BELT_LOOKUP_CACHE_MAX 65536u  /* answers a rule remembers of a table; then it begins anew */

typedef struct _BeltLookup      BeltLookup;
typedef struct _BeltLookupQuery BeltLookupQuery;

/* All of it outlives the query. */
typedef struct
{
  const char *const *keys;      /* columns that are equal to the values asked with */
  guint              n_keys;
  const char *const *columns;   /* wanted, in any order */
  guint              n_columns;
  gboolean           whole;     /* wants all columns */
} BeltLookupQuestion;

/* For those who make a kind of table. */
struct _BeltLookup
{
  guint             ref_count;
  gboolean          kept;       /* by the engine, for as long as the table exists */
  BeltLookupQuery *(*ask)  (BeltLookup *self, const BeltLookupQuestion *question);
  void             (*free) (BeltLookup *self);
};

struct _BeltLookupQuery
{
  BeltLookup  *table;
  void       (*refresh) (BeltLookupQuery *self);   /* may be NULL */
  const char *(*find)   (BeltLookupQuery *self, const BeltValue *values, BeltArena *arena, GArray *ret_rows);
  void       (*free)    (BeltLookupQuery *self);
};

typedef struct
{
  gboolean enabled;
  gint64   ttl_ms;     /* 0: for good */
  gboolean misses;     /* remembers also what was not found */
} BeltLookupCacheOptions;

BeltLookup      *belt_lookup_ref           (BeltLookup               *self);
void             belt_lookup_unref         (BeltLookup               *self);

/* Returns: (transfer full): keeps the table alive */
BeltLookupQuery *belt_lookup_ask           (BeltLookup               *self,
                                            const BeltLookupQuestion *question);
void             belt_lookup_query_free    (BeltLookupQuery          *self);
/* Takes what has changed since; rows found before may be gone. */
void             belt_lookup_query_refresh (BeltLookupQuery          *self);
/* Appends the rows (MAPs) that have these values in the key columns; they live in the arena or until the next
 * refresh.  Returns: NULL, or in the arena why nothing could be looked up. */
const char      *belt_lookup_query_find    (BeltLookupQuery          *self,
                                            const BeltValue          *values,
                                            BeltArena                *arena,
                                            GArray                   *ret_rows);

/* eKuiper's property lookup: {"cache": true, "cacheTtl": "10s", "cacheMissingKey": false}. */
gboolean         belt_lookup_cache_read    (JsonObject               *properties,
                                            BeltLookupCacheOptions   *ret_options,
                                            GError                  **error);
/* Takes `inner`, remembers what it answers.  The clock is looked at once a refresh. */
BeltLookupQuery *belt_lookup_cache_new     (BeltLookupQuery          *inner,
                                            guint                     n_keys,
                                            const BeltLookupCacheOptions *options,
                                            BeltClock                *clock);

/* As in joins: 1 and 1.0 are one. */
gboolean         belt_lookup_equal         (const BeltValue          *a,
                                            const BeltValue          *b);
guint            belt_lookup_hash          (const BeltValue          *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltLookup, belt_lookup_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltLookupQuery, belt_lookup_query_free)

G_END_DECLS
