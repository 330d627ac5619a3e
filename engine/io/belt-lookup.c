/* belt-lookup.c - tables whose rows are found by the values of their columns
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-lookup.h"

BeltLookup *
belt_lookup_ref (BeltLookup *self)
{
  self->ref_count++;
  return self;
}

void
belt_lookup_unref (BeltLookup *self)
{
  g_assert (self->ref_count > 0);

  if (--self->ref_count == 0)
    self->free (self);
}

BeltLookupQuery *
belt_lookup_ask (BeltLookup               *self,
                 const BeltLookupQuestion *question)
{
  BeltLookupQuery *query = self->ask (self, question);

  query->table = belt_lookup_ref (self);
  return query;
}

void
belt_lookup_query_free (BeltLookupQuery *self)
{
  BeltLookup *table = self->table;

  self->free (self);
  if (table != NULL)
    belt_lookup_unref (table);
}

void
belt_lookup_query_refresh (BeltLookupQuery *self)
{
  if (self->refresh != NULL)
    self->refresh (self);
}

const char *
belt_lookup_query_find (BeltLookupQuery *self,
                        const BeltValue *values,
                        BeltArena       *arena,
                        GArray          *ret_rows)
{
  return self->find (self, values, arena, ret_rows);
}

gboolean
belt_lookup_equal (const BeltValue *a,
                   const BeltValue *b)
{
  if (belt_value_is_number (a) && belt_value_is_number (b) && a->tag != b->tag)
    return belt_value_as_f64 (a) == belt_value_as_f64 (b);
  return belt_value_equal (a, b);
}

guint
belt_lookup_hash (const BeltValue *value)
{
  BeltValue number;

  if (!belt_value_is_number (value))
    return (guint)belt_value_hash (value);

  number = belt_value_f64 (belt_value_as_f64 (value) + 0.0);  /* no -0 */
  return (guint)belt_value_hash (&number);
}
