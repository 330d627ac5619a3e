/* belt-lookup-rows.c - a lookup table in memory: the newest row a key
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What waits on the bus is taken before a batch of rows looks anything up, so a
 * row that follows another through a pipeline of rules finds what was published
 * before it, whichever of the two inboxes has its turn first.
 *
 * Rows stay in the order in which their keys first came: who asks by another
 * column than the key gets them in that order, after a look at each.
 */
#include "config.h"

#include "belt-lookup-rows.h"

#include "belt-function.h"
#include "belt-memory-bus.h"

#include <string.h>

typedef struct _Row Row;

struct _Row
{
  BeltValue  row;       /* owned MAP */
  BeltValue  own_key;   /* owned; NULL when the row has none */
  Row       *previous;
  Row       *next;
};

typedef struct
{
  BeltLookup              base;
  char                   *key;           /* NULL: every row is one */
  gsize                   key_len;
  GHashTable             *by_key;        /* of Row, to itself; NULL without a key */
  Row                    *first;
  Row                    *last;
  guint                   n_rows;
  gboolean                told_full;
  BeltMemorySubscription *subscription;  /* NULL: is given its rows */
} RowsLookup;

typedef struct
{
  BeltLookupQuery    base;
  BeltLookupQuestion question;
  int                key_index; /* which of the values is the table's key; -1: none */
} RowsQuery;

static guint
hash_row (gconstpointer data)
{
  return belt_lookup_hash (&((const Row *)data)->own_key);
}

static gboolean
equal_rows (gconstpointer a,
            gconstpointer b)
{
  return belt_lookup_equal (&((const Row *)a)->own_key, &((const Row *)b)->own_key);
}

static void
link_row (RowsLookup *self,
          Row        *row)
{
  row->previous = self->last;
  if (self->last != NULL)
    self->last->next = row;
  else
    self->first = row;
  self->last = row;
  self->n_rows++;
}

static void
remove_row (RowsLookup *self,
            Row        *row)
{
  if (row->previous != NULL)
    row->previous->next = row->next;
  else
    self->first = row->next;
  if (row->next != NULL)
    row->next->previous = row->previous;
  else
    self->last = row->previous;
  self->n_rows--;

  if (self->by_key != NULL)
    g_hash_table_remove (self->by_key, row);
  belt_value_clear_owned (&row->row);
  belt_value_clear_owned (&row->own_key);
  g_free (row);
}

static Row *
find_row (RowsLookup      *self,
          const BeltValue *key)
{
  Row probe = { .own_key = *key };

  return self->by_key != NULL ? g_hash_table_lookup (self->by_key, &probe) : NULL;
}

static void
add_row (RowsLookup      *self,
         const BeltValue *value,
         const BeltValue *key)
{
  Row *row;

  if (self->n_rows >= BELT_LOOKUP_ROWS_MAX)
    {
      if (!self->told_full)
        g_warning ("a lookup table by %s has %u rows; further ones are not kept",
                   self->key != NULL ? self->key : "no key", self->n_rows);
      self->told_full = TRUE;
      return;
    }

  row = g_new0 (Row, 1);
  belt_value_dup_owned (&row->row, value);
  belt_value_dup_owned (&row->own_key, key);
  link_row (self, row);
  if (self->by_key != NULL)
    g_hash_table_add (self->by_key, row);
}

/* A row without the key takes the place of the last one without it, as eKuiper's do. */
static void
put_map (RowsLookup      *self,
         const BeltValue *value)
{
  const BeltValue *member = self->key != NULL ? belt_value_get_member (value, self->key, self->key_len) : NULL;
  BeltValue key = member != NULL ? *member : belt_value_null ();
  Row *row = find_row (self, &key);

  if (row == NULL)
    {
      add_row (self, value, &key);
      return;
    }

  belt_value_clear_owned (&row->row);
  belt_value_dup_owned (&row->row, value);
}

static void
put_row (RowsLookup      *self,
         const BeltValue *value)
{
  BeltValue map;
  BeltArena arena;

  if (value->tag == BELT_TAG_MAP)
    {
      put_map (self, value);
      return;
    }
  if (value->tag != BELT_TAG_JSON)
    return;

  belt_arena_init (&arena);
  map = belt_value_expand (value, &arena);
  if (map.tag == BELT_TAG_MAP)
    put_map (self, &map);
  belt_arena_clear (&arena);
}

/* A row that was to be deleted and does not say which is kept like any other, as in eKuiper. */
static void
take_row (RowsLookup              *self,
          const BeltValue         *value,
          const BeltMemoryUpdates *updates)
{
  const BeltValue *kind = NULL;
  const BeltValue *key = NULL;
  Row *row;

  if (updates != NULL)
    {
      kind = belt_value_get_member (value, updates->rowkind_field, strlen (updates->rowkind_field));
      key = belt_value_get_member (value, updates->key_field, strlen (updates->key_field));
    }
  if (kind == NULL || key == NULL || kind->tag != BELT_TAG_STR || kind->len != strlen ("delete") ||
      memcmp (kind->u.s, "delete", kind->len) != 0)
    put_row (self, value);
  else if ((row = find_row (self, key)) != NULL)
    remove_row (self, row);
}

static void
take_message_cb (BeltMemoryMessage *message,
                 gpointer           user_data)
{
  const BeltValue *value = &message->value;
  const BeltMemoryUpdates *updates = message->updates.rowkind_field != NULL ? &message->updates : NULL;

  if (value->tag != BELT_TAG_LIST)
    take_row (user_data, value, updates);
  for (guint i = 0; value->tag == BELT_TAG_LIST && i < value->len; i++)
    take_row (user_data, &value->u.items[i], updates);
}

static void
take_match (const RowsQuery *query,
            const Row       *row,
            const BeltValue *values,
            GArray          *ret_rows)
{
  for (guint i = 0; i < query->question.n_keys; i++)
    {
      const char *key = query->question.keys[i];
      const BeltValue *own = belt_value_get_member (&row->row, key, strlen (key));

      if (own == NULL || !belt_lookup_equal (own, &values[i]))
        return;
    }

  g_array_append_val (ret_rows, row->row);
}

static const char *
rows_query_find (BeltLookupQuery *query,
                 const BeltValue *values,
                 BeltArena       *arena,
                 GArray          *ret_rows)
{
  RowsQuery *self = (RowsQuery *)query;
  RowsLookup *table = (RowsLookup *)query->table;
  const Row *row;

  if (self->key_index < 0)
    {
      for (row = table->first; row != NULL; row = row->next)
        take_match (self, row, values, ret_rows);
    }
  else if ((row = find_row (table, &values[self->key_index])) != NULL)
    take_match (self, row, values, ret_rows);

  return NULL;
}

static void
rows_query_refresh (BeltLookupQuery *query)
{
  RowsLookup *table = (RowsLookup *)query->table;

  if (table->subscription != NULL)
    belt_memory_subscription_take_waiting (table->subscription);
}

static void
rows_query_free (BeltLookupQuery *query)
{
  g_free (query);
}

static BeltLookupQuery *
rows_lookup_ask (BeltLookup               *lookup,
                 const BeltLookupQuestion *question)
{
  RowsLookup *table = (RowsLookup *)lookup;
  RowsQuery *self = g_new0 (RowsQuery, 1);

  self->base.find = rows_query_find;
  self->base.refresh = rows_query_refresh;
  self->base.free = rows_query_free;
  self->question = *question;
  self->key_index = -1;
  for (guint i = 0; table->key != NULL && i < question->n_keys; i++)
    {
      if (strcmp (question->keys[i], table->key) == 0)
        self->key_index = (int)i;
    }

  return &self->base;
}

static void
rows_lookup_free (BeltLookup *lookup)
{
  RowsLookup *self = (RowsLookup *)lookup;

  g_clear_pointer (&self->subscription, belt_memory_bus_unsubscribe);
  while (self->first != NULL)
    remove_row (self, self->first);
  g_clear_pointer (&self->by_key, g_hash_table_unref);
  g_free (self->key);
  g_free (self);
}

BeltLookup *
belt_lookup_rows_new (const char *key)
{
  RowsLookup *self = g_new0 (RowsLookup, 1);

  self->base.ref_count = 1;
  self->base.ask = rows_lookup_ask;
  self->base.free = rows_lookup_free;
  if (key != NULL && *key != '\0')
    {
      self->key = g_strdup (key);
      self->key_len = strlen (key);
      self->by_key = g_hash_table_new (hash_row, equal_rows);
    }

  return &self->base;
}

BeltLookup *
belt_lookup_memory_new (const char   *topic,
                        const char   *key,
                        GMainContext *context)
{
  BeltLookup *self = belt_lookup_rows_new (key);

  ((RowsLookup *)self)->subscription = belt_memory_bus_subscribe (topic, context, BELT_MEMORY_QUEUE_MAX / 2,
                                                                  take_message_cb, self);
  return self;
}

void
belt_lookup_rows_put (BeltLookup      *self,
                      const BeltValue *row)
{
  if (row->tag != BELT_TAG_LIST)
    put_row ((RowsLookup *)self, row);
  for (guint i = 0; row->tag == BELT_TAG_LIST && i < row->len; i++)
    put_row ((RowsLookup *)self, &row->u.items[i]);
}
