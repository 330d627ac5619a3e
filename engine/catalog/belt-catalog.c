/* belt-catalog.c - an immutable snapshot of the definitions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A copy of an array of references is cheap beside planning a rule, and lets
 * every thread hold the snapshot it began with.
 */
#include "config.h"

#include "belt-catalog.h"

#include <string.h>

struct _BeltCatalog
{
  int        ref_count;
  GPtrArray *streams;   /* of BeltStream, in order of creation; a replaced one keeps its place */
};

BeltCatalog *
belt_catalog_new (void)
{
  BeltCatalog *self = g_new0 (BeltCatalog, 1);

  self->ref_count = 1;
  self->streams = g_ptr_array_new_with_free_func ((GDestroyNotify) belt_stream_unref);
  return self;
}

BeltCatalog *
belt_catalog_ref (BeltCatalog *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_catalog_unref (BeltCatalog *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_ptr_array_unref (self->streams);
  g_free (self);
}

static gboolean
matches (BeltStream *stream,
         const char *name,
         gboolean    is_table)
{
  return stream->is_table == is_table && strcmp (stream->name, name) == 0;
}

BeltCatalog *
belt_catalog_with (BeltCatalog *self,
                   BeltStream  *stream)
{
  BeltCatalog *copy = belt_catalog_new ();
  gboolean replaced = FALSE;

  for (guint i = 0; i < self->streams->len; i++)
    {
      BeltStream *old = g_ptr_array_index (self->streams, i);
      gboolean same = matches (old, stream->name, stream->is_table);

      g_ptr_array_add (copy->streams, belt_stream_ref (same ? stream : old));
      replaced |= same;
    }
  if (!replaced)
    g_ptr_array_add (copy->streams, belt_stream_ref (stream));
  return copy;
}

BeltCatalog *
belt_catalog_without (BeltCatalog *self,
                      const char  *name,
                      gboolean     is_table)
{
  BeltCatalog *copy = belt_catalog_new ();

  for (guint i = 0; i < self->streams->len; i++)
    {
      BeltStream *old = g_ptr_array_index (self->streams, i);

      if (!matches (old, name, is_table))
        g_ptr_array_add (copy->streams, belt_stream_ref (old));
    }
  return copy;
}

BeltStream *
belt_catalog_lookup_kind (BeltCatalog *self,
                          const char  *name,
                          gboolean     is_table)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      BeltStream *stream = g_ptr_array_index (self->streams, i);

      if (matches (stream, name, is_table))
        return stream;
    }
  return NULL;
}

BeltStream *
belt_catalog_lookup (BeltCatalog *self,
                     const char  *name)
{
  BeltStream *stream = belt_catalog_lookup_kind (self, name, FALSE);

  return stream != NULL ? stream : belt_catalog_lookup_kind (self, name, TRUE);
}

GPtrArray *
belt_catalog_list (BeltCatalog *self,
                   gboolean     tables)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->streams->len; i++)
    {
      BeltStream *stream = g_ptr_array_index (self->streams, i);

      if (stream->is_table == tables)
        g_ptr_array_add (names, stream->name);
    }
  return names;
}
