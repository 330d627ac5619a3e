/* belt-engine-schemas.c - .proto files of protobuf streams and sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kept as files in DATA_DIR/schemas/protobuf, NAME.proto or NAME@VERSION.proto, as
 * eKuiper does: such a folder may be copied from one to the other.  Rules that run
 * keep the schema they began with.
 */
#include "config.h"

#include "belt-engine-private.h"

#include "belt-error.h"
#include "belt-schema.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define SCHEMAS_MAX 10000u   /* files of the folder that are read */

static char *
make_path (BeltEngine *self,
           const char *name,
           const char *version)
{
  g_autofree char *file = *version != '\0' ? g_strdup_printf ("%s@%s.proto", name, version)
                          : g_strdup_printf ("%s.proto", name);

  return self->data_dir != NULL ? g_build_filename (self->data_dir, "schemas", "protobuf", file, NULL) : NULL;
}

static void
take_text (BeltEngine *self,
           const char *name,
           const char *version,
           const char *text)
{
  BeltCatalog *next = belt_catalog_with_schema (self->catalog, name, text);

  belt_catalog_unref (self->catalog);
  self->catalog = next;
  g_hash_table_insert (self->schema_versions, g_strdup (name), g_strdup (version));
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
load_file (BeltEngine *self,
           const char *folder,
           const char *file)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *name = g_strndup (file, strlen (file) - strlen (".proto"));
  char *at = strchr (name, '@');
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  gsize len;

  if (at != NULL)
    *at = '\0';
  if (!g_file_get_contents (path, &text, &len, &error))
    g_warning ("%s is left out: %s", path, error->message);
  else if (!g_utf8_validate (text, (gssize)len, NULL))
    g_warning ("%s is left out: it is not UTF-8 text", path);
  else
    take_text (self, name, at != NULL ? at + 1 : "", text);
}

void
belt_engine_load_schemas (BeltEngine *self)
{
  g_autofree char *folder = self->data_dir != NULL ? g_build_filename (self->data_dir, "schemas", "protobuf", NULL)
                            : NULL;
  g_autoptr(GDir) dir = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && files->len < SCHEMAS_MAX && (name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, ".proto"))
      g_ptr_array_add (files, g_strdup (name));
  g_ptr_array_sort (files, compare_texts);
  for (guint i = 0; i < files->len; i++)
    load_file (self, folder, g_ptr_array_index (files, i));
}

gboolean
belt_engine_put_schema (BeltEngine *self,
                        const char *name,
                        const char *version,
                        const char *text,
                        gsize       len,
                        GError    **error)
{
  const char *old = g_hash_table_lookup (self->schema_versions, name);
  g_autofree char *old_path = old != NULL ? make_path (self, name, old) : NULL;
  g_autofree char *path = make_path (self, name, version);
  g_autofree char *folder = path != NULL ? g_path_get_dirname (path) : NULL;

  if (old != NULL && *old != '\0' && strcmp (old, version) > 0)
    return belt_refuse (error, BELT_ERROR_EXISTS, "schema protobuf.%s already registered with a newer version %s", name,
                        old);
  if (!g_utf8_validate (text, (gssize)len, NULL))
    return belt_refuse (error, BELT_ERROR_INVALID, "schema protobuf.%s is not UTF-8 text", name);
  if (path != NULL && g_mkdir_with_parents (folder, 0755) != 0)
    return belt_refuse (error, BELT_ERROR_IO, "failed to create schema directory %s: %s", folder, g_strerror (errno));
  if (path != NULL && !g_file_set_contents (path, text, (gssize)len, error))
    return FALSE;
  if (old_path != NULL && !g_str_equal (old_path, path))
    g_unlink (old_path);

  take_text (self, name, version, text);
  return TRUE;
}

gboolean
belt_engine_put_schemas (BeltEngine  *self,
                         BeltCatalog *catalog,
                         GError     **error)
{
  g_autoptr(GPtrArray) names = belt_catalog_list_schemas (catalog);

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      const char *text = belt_catalog_get_schema (catalog, name);

      if (g_strcmp0 (text, belt_catalog_get_schema (self->catalog, name)) != 0 &&
          !belt_engine_put_schema (self, name, "", text, strlen (text), error))
        return FALSE;
    }
  return TRUE;
}

gboolean
belt_engine_delete_schema (BeltEngine *self,
                           const char *name,
                           GError    **error)
{
  const char *version = g_hash_table_lookup (self->schema_versions, name);
  g_autofree char *path = version != NULL ? make_path (self, name, version) : NULL;
  BeltCatalog *next;

  if (version == NULL)
    return belt_refuse (error, BELT_ERROR_NOT_FOUND, "schema protobuf.%s not found", name);
  if (path != NULL && g_unlink (path) != 0 && errno != ENOENT)
    return belt_refuse (error, BELT_ERROR_IO, "cannot delete schema file %s: %s", path, g_strerror (errno));

  next = belt_catalog_without_schema (self->catalog, name);
  belt_catalog_unref (self->catalog);
  self->catalog = next;
  g_hash_table_remove (self->schema_versions, name);
  return TRUE;
}

gboolean
belt_engine_get_schema (BeltEngine  *self,
                        const char  *name,
                        const char **ret_version,
                        char       **ret_path,
                        GError     **error)
{
  const char *version = g_hash_table_lookup (self->schema_versions, name);

  if (version == NULL)
    return belt_schema_refuse_unknown (name, error);
  *ret_version = version;
  *ret_path = make_path (self, name, version);
  return TRUE;
}
