/* belt-join-tables.c - the rows of a join that stay: scan tables and lookup tables
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-join-tables.h"

#include "belt-group-table.h"

typedef struct
{
  gboolean       is_table;
  gboolean       is_lookup;
  guint          retain;
  guint          key_slot;
  BeltRowStore   store;    /* scan table */
  BeltGroupTable groups;   /* lookup table… */
  BeltArena      arena;    /* …its keys… */
  GPtrArray     *rows;     /* …and by group a BeltBatch of one row */
} Table;

struct _BeltJoinTables
{
  const BeltLayout *layout;
  guint             n_columns;
  guint             n_tables;
  Table            *tables;
  BeltGroupKey      key;
};

BeltJoinTables *
belt_join_tables_new (const BeltJoinSpec *spec,
                      const BeltLayout   *layout)
{
  BeltJoinTables *self = g_new0 (BeltJoinTables, 1);

  self->layout = layout;
  self->n_columns = spec->n_slots;
  self->n_tables = spec->n_streams;
  self->tables = g_new0 (Table, spec->n_streams);
  for (guint i = 0; i < spec->n_streams; i++)
    {
      Table *table = &self->tables[i];

      table->is_table = spec->is_table[i];
      table->is_lookup = table->is_table && spec->key_slots != NULL && spec->key_slots[i] != G_MAXUINT;
      table->retain = spec->retain != NULL ? MAX (spec->retain[i], 1) : 1;
      table->key_slot = table->is_lookup ? spec->key_slots[i] : 0;
      belt_row_store_init (&table->store, layout);
      table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_batch_unref);
    }

  return self;
}

void
belt_join_tables_free (BeltJoinTables *self)
{
  for (guint i = 0; i < self->n_tables; i++)
    {
      Table *table = &self->tables[i];

      belt_row_store_clear (&table->store);
      g_ptr_array_unref (table->rows);
      belt_group_table_clear (&table->groups);
      belt_arena_clear (&table->arena);
    }
  belt_group_key_clear (&self->key);
  g_free (self->tables);
  g_free (self);
}

static BeltBatch *
copy_alone (BeltBatch        *batch,
            guint             row,
            const BeltLayout *layout)
{
  BeltRowStore store;
  BeltBatch *copy;

  belt_row_store_init (&store, layout);
  belt_row_store_append (&store, batch, row, BELT_KEEP_COPY);
  copy = belt_batch_new_from_rows (belt_row_store_get (&store, 0), 1, batch->n_columns, layout);
  belt_row_store_clear (&store);

  return copy;
}

static void
keep_by_key (BeltJoinTables *self,
             Table          *table,
             BeltBatch      *batch,
             guint           row)
{
  const BeltValue missing = belt_value_missing ();
  const BeltValue *column = batch->columns[table->key_slot];
  BeltBatch *copy = copy_alone (batch, row, self->layout);
  gboolean is_new;
  guint group;

  belt_group_key_reset (&self->key);
  belt_group_key_append (&self->key, column != NULL ? &column[row] : &missing);
  group = belt_group_table_lookup (&table->groups, self->key.bytes, self->key.len, &table->arena, &is_new);
  if (is_new)
    {
      g_ptr_array_add (table->rows, copy);
      return;
    }

  belt_batch_unref (g_ptr_array_index (table->rows, group));
  g_ptr_array_index (table->rows, group) = copy;
}

gboolean
belt_join_tables_keep (BeltJoinTables *self,
                       BeltBatch      *batch,
                       guint           row)
{
  guint stream = batch->streams != NULL ? batch->streams[row] : 0;
  Table *table = stream < self->n_tables ? &self->tables[stream] : NULL;
  guint n;

  if (table == NULL || !table->is_table)
    return FALSE;

  if (table->is_lookup)
    {
      keep_by_key (self, table, batch, row);
      return TRUE;
    }

  n = belt_row_store_get_n (&table->store);
  if (n >= table->retain)
    belt_row_store_pop (&table->store, n - table->retain + 1);
  belt_row_store_append (&table->store, batch, row, BELT_KEEP_COPY);

  return TRUE;
}

guint
belt_join_tables_get_n_rows (BeltJoinTables *self,
                             guint           stream)
{
  const Table *table = &self->tables[stream];

  return table->is_lookup ? table->rows->len : belt_row_store_get_n (&table->store);
}

BeltRowRef
belt_join_tables_get_row (BeltJoinTables *self,
                          guint           stream,
                          guint           i)
{
  const Table *table = &self->tables[stream];
  BeltRowRef ref = { 0 };

  if (!table->is_lookup)
    return *belt_row_store_get (&table->store, i);

  ref.batch = g_ptr_array_index (table->rows, i);
  ref.time = ref.batch->times[0];
  return ref;
}

void
belt_join_tables_save (BeltJoinTables  *self,
                       BeltStateWriter *writer)
{
  for (guint i = 0; i < self->n_tables; i++)
    {
      const Table *table = &self->tables[i];
      BeltRowStore rows;

      if (!table->is_lookup)
        {
          belt_row_store_save (&table->store, writer);
          continue;
        }

      belt_row_store_init (&rows, self->layout);
      for (guint k = 0; k < table->rows->len; k++)
        belt_row_store_append (&rows, g_ptr_array_index (table->rows, k), 0, BELT_KEEP_REFERENCE);
      belt_row_store_save (&rows, writer);
      belt_row_store_clear (&rows);
    }
}

void
belt_join_tables_restore (BeltJoinTables  *self,
                          BeltStateReader *reader)
{
  for (guint i = 0; i < self->n_tables; i++)
    {
      Table *table = &self->tables[i];
      BeltRowStore rows;

      if (!table->is_lookup)
        {
          belt_row_store_restore (&table->store, reader, self->n_columns);
          continue;
        }

      belt_row_store_init (&rows, self->layout);
      belt_row_store_restore (&rows, reader, self->n_columns);
      for (guint k = 0; k < belt_row_store_get_n (&rows); k++)
        keep_by_key (self, table, belt_row_store_get (&rows, k)->batch, belt_row_store_get (&rows, k)->row);
      belt_row_store_clear (&rows);
    }
}
