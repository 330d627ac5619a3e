/* belt-run-lookups.c - the lookup tables that a rule asks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rules of a worker share its tables.  Those that gather rows are the engine's and
 * are there already; others are opened by the first rule that asks and closed by
 * the last.
 */
#include "config.h"

#include "belt-run-private.h"

#include "belt-properties.h"

static const BeltRefusedProperty refused[] =
{
  { "connectionSelector", "give the connection's properties here" },
  { "payloadFormat", "keep the columns in the table themselves" },
};

gboolean
belt_run_lookups_make (BeltRun           *self,
                       const BeltRunSpec *spec,
                       GError           **error)
{
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      BeltStream *table = self->plan->streams[i].stream;
      const char *type;
      const char *datasource;
      g_autoptr(JsonObject) properties = NULL;

      if (!self->plan->streams[i].is_lookup)
        continue;

      properties = spec->get_properties (spec->owner, table, &type, &datasource);
      if (!belt_properties_refuse (properties, refused, G_N_ELEMENTS (refused), error) ||
          !(self->lookups[i] = belt_lookup_source_new (table, type, datasource, properties, error)))
        return FALSE;
    }

  return TRUE;
}

void
belt_run_lookups_start (BeltRun *self)
{
  GHashTable *tables = belt_worker_get_tables (self->worker);

  self->lookups_open = TRUE;
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      BeltLookupSource *source = self->lookups[i];
      BeltLookup *table;

      if (source == NULL)
        continue;

      table = g_hash_table_lookup (tables, belt_lookup_source_get_identity (source));
      if (table == NULL)
        {
          table = belt_lookup_source_open (source, belt_worker_get_context (self->worker));
          g_hash_table_insert (tables, g_strdup (belt_lookup_source_get_identity (source)), table);
        }
      belt_topology_set_lookup (self->topology, i, table, belt_lookup_source_get_cache (source), self->clock);
    }
}

/* The topology is gone, and with it the run's own references. */
void
belt_run_lookups_free (BeltRun *self)
{
  GHashTable *tables = self->lookups_open ? belt_worker_get_tables (self->worker) : NULL;

  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      BeltLookupSource *source = self->lookups[i];
      const char *identity = source != NULL ? belt_lookup_source_get_identity (source) : NULL;
      BeltLookup *table = tables != NULL && source != NULL ? g_hash_table_lookup (tables, identity) : NULL;

      if (table != NULL && !table->kept && table->ref_count == 1)
        g_hash_table_remove (tables, identity);
      belt_lookup_source_free (source);
    }

  g_free (self->lookups);
}
