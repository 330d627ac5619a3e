/* belt-catalog.c - an immutable snapshot of the definitions
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A copy of an array of references is cheap beside planning a rule, and lets
 * every thread hold the snapshot it began with.
 */
#include "config.h"

#include "belt-catalog.h"

#include "belt-schema.h"
#include "belt-stream.h"

#include <string.h>

struct _BeltCatalog
{
  int        ref_count;
  GPtrArray *streams;   /* of BeltStream, in order of creation; a replaced one keeps its place */
  GPtrArray *schemas;   /* of BeltSchema, likewise */
};

BeltCatalog *
belt_catalog_new (void)
{
  BeltCatalog *self = g_new0 (BeltCatalog, 1);

  self->ref_count = 1;
  self->streams = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_stream_unref);
  self->schemas = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_schema_unref);
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
  g_ptr_array_unref (self->schemas);
  g_free (self);
}

/* A new snapshot with the schemas of this one. */
static BeltCatalog *
copy_schemas (BeltCatalog *self)
{
  BeltCatalog *copy = belt_catalog_new ();

  for (guint i = 0; i < self->schemas->len; i++)
    g_ptr_array_add (copy->schemas, belt_schema_ref (g_ptr_array_index (self->schemas, i)));
  return copy;
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
  BeltCatalog *copy = copy_schemas (self);
  g_autoptr(BeltStream) added = belt_stream_resolve (stream, copy);
  gboolean replaced = FALSE;

  for (guint i = 0; i < self->streams->len; i++)
    {
      BeltStream *old = g_ptr_array_index (self->streams, i);
      gboolean same = matches (old, stream->name, stream->is_table);

      g_ptr_array_add (copy->streams, belt_stream_ref (same ? added : old));
      replaced |= same;
    }
  if (!replaced)
    g_ptr_array_add (copy->streams, belt_stream_ref (added));
  return copy;
}

BeltCatalog *
belt_catalog_without (BeltCatalog *self,
                      const char  *name,
                      gboolean     is_table)
{
  BeltCatalog *copy = copy_schemas (self);

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

/* --- schemas --- */

static BeltSchema *
find_schema (BeltCatalog *self,
             const char  *name)
{
  for (guint i = 0; i < self->schemas->len; i++)
    {
      BeltSchema *schema = g_ptr_array_index (self->schemas, i);

      if (strcmp (schema->name, name) == 0)
        return schema;
    }
  return NULL;
}

/* Of an import: "book.proto" is the schema book. */
static const char *
find_import (const char *file,
             gpointer    catalog)
{
  g_autofree char *name = g_str_has_suffix (file, ".proto") ? g_strndup (file, strlen (file) - strlen (".proto"))
                          : NULL;
  BeltSchema *schema = name != NULL ? find_schema (catalog, name) : NULL;

  return schema != NULL ? schema->text : NULL;
}

/* A snapshot of these schemas with the streams of self. */
static BeltCatalog *
finish_schemas (BeltCatalog *self,
                GPtrArray   *schemas)
{
  BeltCatalog *copy = belt_catalog_new ();

  g_ptr_array_unref (copy->schemas);
  copy->schemas = schemas;
  /* What imports others is read anew, as any of them may have changed. */
  for (guint i = 0; i < schemas->len; i++)
    {
      BeltSchema *schema = g_ptr_array_index (schemas, i);

      if (strstr (schema->text, "import") == NULL)
        continue;
      g_ptr_array_index (schemas, i) = belt_schema_new (schema->name, schema->text);
      belt_schema_unref (schema);
    }
  for (guint i = 0; i < schemas->len; i++)
    belt_schema_read (g_ptr_array_index (schemas, i), find_import, copy);

  for (guint i = 0; i < self->streams->len; i++)
    g_ptr_array_add (copy->streams, belt_stream_resolve (g_ptr_array_index (self->streams, i), copy));
  return copy;
}

static GPtrArray *
copy_others (BeltCatalog *self,
             const char  *name,
             BeltSchema  *in_place)
{
  GPtrArray *schemas = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_schema_unref);
  gboolean placed = FALSE;

  for (guint i = 0; i < self->schemas->len; i++)
    {
      BeltSchema *schema = g_ptr_array_index (self->schemas, i);

      if (strcmp (schema->name, name) != 0)
        g_ptr_array_add (schemas, belt_schema_ref (schema));
      else if (in_place != NULL)
        g_ptr_array_add (schemas, belt_schema_ref (in_place));
      placed |= strcmp (schema->name, name) == 0;
    }
  if (!placed && in_place != NULL)
    g_ptr_array_add (schemas, belt_schema_ref (in_place));
  return schemas;
}

BeltCatalog *
belt_catalog_with_schema (BeltCatalog *self,
                          const char  *name,
                          const char  *text)
{
  g_autoptr(BeltSchema) schema = belt_schema_new (name, text);

  return finish_schemas (self, copy_others (self, name, schema));
}

BeltCatalog *
belt_catalog_without_schema (BeltCatalog *self,
                             const char  *name)
{
  return finish_schemas (self, copy_others (self, name, NULL));
}

const char *
belt_catalog_get_schema (BeltCatalog *self,
                         const char  *name)
{
  BeltSchema *schema = find_schema (self, name);

  return schema != NULL ? schema->text : NULL;
}

const char *
belt_catalog_get_schema_problem (BeltCatalog *self,
                                 const char  *name)
{
  BeltSchema *schema = find_schema (self, name);

  return schema != NULL ? schema->problem : NULL;
}

GPtrArray *
belt_catalog_list_schemas (BeltCatalog *self)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->schemas->len; i++)
    g_ptr_array_add (names, ((BeltSchema *)g_ptr_array_index (self->schemas, i))->name);
  return names;
}

BeltProtoMessage *
belt_catalog_find_message (BeltCatalog *self,
                           const char  *schema_id,
                           GError     **error)
{
  const char *id = schema_id != NULL ? schema_id : "";
  const char *dot = strchr (id, '.');
  g_autofree char *name = g_strndup (id, dot != NULL ? (gsize)(dot - id) : strlen (id));
  BeltSchema *schema = find_schema (self, name);

  if (schema == NULL)
    {
      belt_schema_refuse_unknown (name, error);
      return NULL;
    }
  return belt_schema_find_message (schema, dot != NULL ? dot + 1 : "", error);
}
