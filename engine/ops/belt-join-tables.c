/* belt-join-tables.c - the newest rows of the scan tables of a join
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-join-tables.h"

struct _BeltJoinTables
{
  const BeltJoinSpec *spec;
  BeltRowStore       *stores;  /* [n_streams]; those of streams stay empty */
};

BeltJoinTables *
belt_join_tables_new (const BeltJoinSpec *spec,
                      const BeltLayout   *layout)
{
  BeltJoinTables *self = g_new0 (BeltJoinTables, 1);

  self->spec = spec;
  self->stores = g_new0 (BeltRowStore, spec->n_streams);
  for (guint i = 0; i < spec->n_streams; i++)
    belt_row_store_init (&self->stores[i], layout);

  return self;
}

void
belt_join_tables_free (BeltJoinTables *self)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    belt_row_store_clear (&self->stores[i]);
  g_free (self->stores);
  g_free (self);
}

gboolean
belt_join_tables_keep (BeltJoinTables *self,
                       BeltBatch      *batch,
                       guint           row)
{
  guint stream = batch->streams != NULL ? batch->streams[row] : 0;
  guint retain;
  guint n;

  if (stream >= self->spec->n_streams || !self->spec->is_table[stream])
    return FALSE;

  retain = self->spec->retain != NULL ? MAX (self->spec->retain[stream], 1) : 1;
  n = belt_row_store_get_n (&self->stores[stream]);
  if (n >= retain)
    belt_row_store_pop (&self->stores[stream], n - retain + 1);
  belt_row_store_append (&self->stores[stream], batch, row, BELT_KEEP_COPY);

  return TRUE;
}

const BeltRowStore *
belt_join_tables_get_rows (BeltJoinTables *self,
                           guint           stream)
{
  return &self->stores[stream];
}

void
belt_join_tables_save (BeltJoinTables  *self,
                       BeltStateWriter *writer)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    belt_row_store_save (&self->stores[i], writer);
}

void
belt_join_tables_restore (BeltJoinTables  *self,
                          BeltStateReader *reader)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    belt_row_store_restore (&self->stores[i], reader, self->spec->n_slots);
}
