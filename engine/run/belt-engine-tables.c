/* belt-engine-tables.c - lookup tables that gather rows as long as they exist
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each worker has a table of its own, which hears the same topic, so that rules
 * read it where they are, without a lock.  The engine's thread only keeps the
 * list of which there are.
 */
#include "config.h"

#include "belt-engine-private.h"

#include "belt-lookup-source.h"

typedef struct
{
  BeltWorker *worker;
  char       *identity;
  BeltLookup *table;     /* NULL: it is gone */
} TableCommand;

static void
carry_out_cb (gpointer data)
{
  g_autofree TableCommand *command = data;
  GHashTable *tables = belt_worker_get_tables (command->worker);

  if (command->table != NULL)
    {
      command->table->kept = TRUE;
      g_hash_table_replace (tables, command->identity, command->table);
      return;
    }

  /* Rules that ask it go on with what it has. */
  g_hash_table_remove (tables, command->identity);
  g_free (command->identity);
}

static void
tell_workers (BeltEngine       *self,
              const char       *identity,
              BeltLookupSource *source)
{
  for (guint i = 0; i < self->n_workers; i++)
    {
      TableCommand *command = g_new0 (TableCommand, 1);

      command->worker = self->workers[i];
      command->identity = g_strdup (identity);
      if (source != NULL)
        command->table = belt_lookup_source_open (source, belt_worker_get_context (command->worker));
      belt_worker_invoke (command->worker, carry_out_cb, command);
    }
}

/* NULL: not such a table, or one that is wrong, which is told to the rules that ask it. */
static BeltLookupSource *
make_source (BeltEngine *self,
             BeltStream *table)
{
  const char *type;
  const char *datasource;
  g_autoptr(JsonObject) properties = NULL;
  g_autoptr(BeltLookupSource) source = NULL;

  if (table->kind == NULL || g_ascii_strcasecmp (table->kind, "lookup") != 0)
    return NULL;

  properties = belt_engine_dup_source_properties (self, table, &type, &datasource);
  source = belt_lookup_source_new (table, type, datasource, properties, NULL);
  return source != NULL && belt_lookup_source_gathers (source) ? g_steal_pointer (&source) : NULL;
}

void
belt_engine_keep_tables (BeltEngine *self)
{
  g_autoptr(GPtrArray) names = belt_catalog_list (self->catalog, TRUE);
  g_autoptr(GHashTable) old = self->tables;
  GHashTableIter iter;
  gpointer identity;

  self->tables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < names->len; i++)
    {
      BeltStream *table = belt_catalog_lookup_kind (self->catalog, g_ptr_array_index (names, i), TRUE);
      g_autoptr(BeltLookupSource) source = make_source (self, table);
      const char *own = source != NULL ? belt_lookup_source_get_identity (source) : NULL;

      if (own == NULL || !g_hash_table_add (self->tables, g_strdup (own)))
        continue;
      if (!g_hash_table_contains (old, own))
        tell_workers (self, own, source);
    }

  g_hash_table_iter_init (&iter, old);
  while (g_hash_table_iter_next (&iter, &identity, NULL))
    {
      if (!g_hash_table_contains (self->tables, identity))
        tell_workers (self, identity, NULL);
    }
}
