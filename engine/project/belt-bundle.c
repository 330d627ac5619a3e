/* belt-bundle.c - a plugin as a zip that engines install
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DESIGN.  A zip has local times in it.  Every entry gets the time 0, which is
 * before 1980 in every zone, and for that a zip has one fixed value: so the bytes
 * depend on the content alone.  Reading trusts nothing: the central directory's
 * entries are checked one by one against the limits before a byte is written, and
 * all is written into a fresh folder that is taken away again when anything fails.
 */
#include "config.h"

#include "belt-bundle.h"

#include "belt-error.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#define NAME_LEN_MAX 200u
#define DEPTH_MAX    4u

static la_ssize_t
write_cb (struct archive *archive,
          void           *data,
          const void     *bytes,
          size_t          len)
{
  g_byte_array_append (data, bytes, (guint) len);
  return (la_ssize_t) len;
}

static gboolean
add_entry (struct archive *archive,
           const char     *name,
           const void     *data,
           gsize           len,
           guint           mode)
{
  struct archive_entry *entry = archive_entry_new ();
  gboolean done;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, (la_int64_t) len);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, (__LA_MODE_T) mode);
  archive_entry_set_mtime (entry, 0, 0);
  done = archive_write_header (archive, entry) == ARCHIVE_OK &&
         archive_write_data (archive, data, len) == (la_ssize_t) len;
  archive_entry_free (entry);
  return done;
}

static char *
write_metadata (const char        *name,
                BeltManifestKind   kind,
                const char        *version,
                const char *const *functions)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "version");
  json_builder_add_string_value (builder, version);
  json_builder_set_member_name (builder, "about");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "trial");
  json_builder_add_boolean_value (builder, FALSE);
  json_builder_set_member_name (builder, "description");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "en_US");
  json_builder_add_string_value (builder, name);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, kind == BELT_MANIFEST_FUNCTION ? "functions" : "properties");
  json_builder_begin_array (builder);
  for (guint i = 0; functions != NULL && functions[i] != NULL; i++)
    {
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "name");
      json_builder_add_string_value (builder, functions[i]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_data (generator, NULL);
}

GBytes *
belt_bundle_write (const char          *name,
                   BeltManifestKind     kind,
                   const char          *version,
                   GBytes              *so,
                   const char *const   *functions,
                   GError             **error)
{
  g_autoptr(GByteArray) out = g_byte_array_new ();
  g_autofree char *so_name = g_strdup_printf ("%s@v%s.so", name, version);
  g_autofree char *json_name = g_strdup_printf ("%s.json", name);
  g_autofree char *yaml_name = g_strdup_printf ("%s.yaml", name);
  g_autofree char *metadata = write_metadata (name, kind, version, functions);
  struct archive *archive = archive_write_new ();
  gboolean done;
  gsize so_len;
  const void *so_data = g_bytes_get_data (so, &so_len);

  archive_write_set_format_zip (archive);
  archive_write_set_bytes_in_last_block (archive, 1);
  done = archive_write_set_options (archive, "zip:compression=deflate") == ARCHIVE_OK &&
         archive_write_open (archive, out, NULL, write_cb, NULL) == ARCHIVE_OK &&
         add_entry (archive, json_name, metadata, strlen (metadata), 0644) &&
         (kind != BELT_MANIFEST_SOURCE || add_entry (archive, yaml_name, "default: {}\n", 12, 0644)) &&
         add_entry (archive, so_name, so_data, so_len, 0755) &&
         archive_write_close (archive) == ARCHIVE_OK;
  if (!done)
    g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "writing the zip of %s: %s", name, archive_error_string (archive));
  archive_write_free (archive);
  return done ? g_byte_array_free_to_bytes (g_steal_pointer (&out)) : NULL;
}

void
belt_bundle_info_free (BeltBundleInfo *self)
{
  if (self == NULL)
    return;

  g_free (self->name);
  g_free (self->version);
  g_free (self->so_name);
  g_free (self);
}

/* Letters, digits and ._+@- in at most four levels, nothing that climbs. */
static gboolean
is_safe_name (const char *name)
{
  g_auto(GStrv) parts = NULL;

  if (name == NULL || name[0] == '\0' || name[0] == '/' || strlen (name) > NAME_LEN_MAX)
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("._+@-/", *c) == NULL)
      return FALSE;
  parts = g_strsplit (name, "/", -1);
  if (g_strv_length (parts) > DEPTH_MAX)
    return FALSE;
  for (guint i = 0; parts[i] != NULL; i++)
    if (g_str_equal (parts[i], "..") || g_str_equal (parts[i], ".") ||
        (parts[i][0] == '\0' && parts[i + 1] != NULL))
      return FALSE;
  return TRUE;
}

static gboolean
write_all (int         fd,
           const char *data,
           gsize       len)
{
  while (len > 0)
    {
      ssize_t n = write (fd, data, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      len -= (gsize) n;
    }
  return TRUE;
}

/* One file; *total counts bytes over all entries. */
static gboolean
extract_entry (struct archive  *archive,
               const char      *name,
               const char      *folder,
               gsize           *total,
               GError         **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  char buffer[65536];
  gsize len = 0;
  la_ssize_t n;
  int fd;
  gboolean done = TRUE;

  if (g_mkdir_with_parents (parent, 0755) != 0 ||
      (fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755)) < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "writing %s: %s", name, g_strerror (errno));
      return FALSE;
    }
  while ((n = archive_read_data (archive, buffer, sizeof buffer)) > 0)
    {
      len += (gsize) n;
      *total += (gsize) n;
      if (len > BELT_BUNDLE_ENTRY_LEN_MAX || *total > BELT_BUNDLE_LEN_MAX)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "invalid zip file: %s is too large", name);
          done = FALSE;
          break;
        }
      if (!write_all (fd, buffer, (gsize) n))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "writing %s: %s", name, g_strerror (errno));
          done = FALSE;
          break;
        }
    }
  if (n < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "zip: %s: %s", name, archive_error_string (archive));
      done = FALSE;
    }
  if (done && fsync (fd) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "writing %s: %s", name, g_strerror (errno));
      done = FALSE;
    }
  close (fd);
  return done;
}

/* NAME@vVERSION.so or NAME.so, first letter in either case. */
static char *
version_of_so (const char *file,
               const char *name)
{
  gsize n = strlen (name);
  const char *rest = file + n;

  if (g_ascii_strncasecmp (file, name, 1) != 0 || strncmp (file + 1, name + 1, n - 1) != 0 ||
      !g_str_has_suffix (file, ".so"))
    return NULL;
  if (g_str_equal (rest, ".so"))
    return g_strdup ("");
  if (*rest != '@')
    return NULL;
  rest++;
  if (*rest == 'v')
    rest++;
  return g_strndup (rest, strlen (rest) - strlen (".so"));
}

static gboolean
extract_all (struct archive    *archive,
             const char        *name,
             const char        *folder,
             GPtrArray         *names,
             BeltBundleInfo    *info,
             GError           **error)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  struct archive_entry *entry;
  gsize total = 0;
  int code;

  while ((code = archive_read_next_header (archive, &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN)
    {
      const char *path = archive_entry_pathname (entry);
      char *version;

      if (names->len >= BELT_BUNDLE_ENTRIES_MAX)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "invalid zip file: more than %u entries",
                       BELT_BUNDLE_ENTRIES_MAX);
          return FALSE;
        }
      if (!is_safe_name (path))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "invalid zip file: unsafe entry name");
          return FALSE;
        }
      if (archive_entry_filetype (entry) == AE_IFDIR)
        continue;
      if (archive_entry_filetype (entry) != AE_IFREG || archive_entry_is_encrypted (entry) ||
          archive_entry_symlink (entry) != NULL || archive_entry_hardlink (entry) != NULL)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "invalid zip file: %s is no plain file", path);
          return FALSE;
        }
      if (archive_entry_size_is_set (entry) && archive_entry_size (entry) > BELT_BUNDLE_ENTRY_LEN_MAX)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "invalid zip file: %s is too large", path);
          return FALSE;
        }
      if (!g_hash_table_add (seen, g_ascii_strdown (path, -1)))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "invalid zip file: %s is there twice", path);
          return FALSE;
        }
      if (g_str_equal (path, "install.sh"))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "install.sh is not run here; take it out of the zip");
          return FALSE;
        }
      g_ptr_array_add (names, g_strdup (path));
      if (!extract_entry (archive, path, folder, &total, error))
        return FALSE;
      if ((version = version_of_so (path, name)) != NULL && info->so_name == NULL)
        {
          info->so_name = g_strdup (path);
          info->version = g_steal_pointer (&version);
        }
      g_free (version);
    }
  if (code != ARCHIVE_EOF)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "zip: not a valid zip file");
      return FALSE;
    }
  return TRUE;
}

/* eKuiper counts: the shared object, and for a source its yaml in two places. */
static gboolean
check_complete (const char        *name,
                BeltManifestKind   kind,
                GPtrArray         *names,
                BeltBundleInfo    *info,
                GError           **error)
{
  g_autofree char *yaml = g_strdup_printf ("%s.yaml", name);
  gboolean has_yaml = g_ptr_array_find_with_equal_func (names, yaml, g_str_equal, NULL);
  g_autofree char *list = NULL;

  if (info->so_name != NULL && (kind != BELT_MANIFEST_SOURCE || has_yaml))
    return TRUE;
  g_ptr_array_add (names, NULL);
  list = g_strjoinv (" ", (char **) names->pdata);
  g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID,
               "invalid zip file: expectFiles: %d, got filenames:[%s], zipFiles: [%s], yamlFileChecked:%s, "
               "soFileChecked:%s", kind == BELT_MANIFEST_SOURCE ? 3 : 1,
               info->so_name != NULL ? info->so_name : "", list, has_yaml ? "true" : "false",
               info->so_name != NULL ? "true" : "false");
  return FALSE;
}

void
belt_bundle_remove_folder (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        belt_bundle_remove_folder (path);
      else
        (void) g_unlink (path);
    }
  (void) g_rmdir (folder);
}

BeltBundleInfo *
belt_bundle_extract (GBytes            *zip,
                     const char        *name,
                     BeltManifestKind   kind,
                     const char        *folder,
                     GError           **error)
{
  g_autoptr(BeltBundleInfo) info = g_new0 (BeltBundleInfo, 1);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct archive *archive;
  gboolean done;
  gsize len;
  const void *data = g_bytes_get_data (zip, &len);

  if (len > BELT_BUNDLE_LEN_MAX)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "the zip has %" G_GSIZE_FORMAT " bytes, %u at most", len,
                   BELT_BUNDLE_LEN_MAX);
      return NULL;
    }
  if (g_mkdir (folder, 0755) != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "making the folder “%s”: %s", folder, g_strerror (errno));
      return NULL;
    }

  info->name = g_strdup (name);
  archive = archive_read_new ();
  archive_read_support_format_zip_seekable (archive);
  if (archive_read_open_memory (archive, data, len) != ARCHIVE_OK)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "zip: not a valid zip file");
      done = FALSE;
    }
  else
    {
      done = extract_all (archive, name, folder, names, info, error) && check_complete (name, kind, names, info, error);
    }
  archive_read_free (archive);
  if (!done)
    {
      belt_bundle_remove_folder (folder);
      return NULL;
    }
  return g_steal_pointer (&info);
}
