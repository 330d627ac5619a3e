/* bw-journal.c - what was typed and not saved, kept on disk beside the project
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One file a document under the user's state folder: a few header lines, an
 * empty line, the whole text.  Each write makes a new file and renames it, so a
 * `kill -9` leaves the last whole one.  The open pages are kept there too.
 */
#include "config.h"

#include "bw-journal.h"

#include "bw-settings.h"
#include "bw-write.h"

#include <string.h>

#define MAGIC "beltworks-journal 1"

struct _BwJournal
{
  GObject parent_instance;

  GFile  *folder;  /* the project */
  char   *path;    /* where entries are */
};

G_DEFINE_FINAL_TYPE (BwJournal, bw_journal, G_TYPE_OBJECT)

static char *
dup_entry_path (BwJournal *self,
                GFile     *file)
{
  g_autofree char *relative = g_file_get_relative_path (self->folder, file);
  g_autofree char *uri = relative == NULL ? g_file_get_uri (file) : NULL;
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA1, relative != NULL ? relative : uri, -1);
  g_autofree char *name = g_strconcat (digest, ".text", NULL);

  return g_build_filename (self->path, name, NULL);
}

static void
bw_journal_finalize (GObject *object)
{
  BwJournal *self = BW_JOURNAL (object);

  g_clear_object (&self->folder);
  g_clear_pointer (&self->path, g_free);

  G_OBJECT_CLASS (bw_journal_parent_class)->finalize (object);
}

static void
bw_journal_class_init (BwJournalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_journal_finalize;
}

static void
bw_journal_init (BwJournal *self)
{
}

/**
 * bw_journal_new:
 * @folder: a project
 *
 * Returns: (transfer full): its journal; entries of an earlier process are in it
 */
BwJournal *
bw_journal_new (GFile *folder)
{
  BwJournal *self = g_object_new (BW_TYPE_JOURNAL, NULL);
  g_autofree char *state = bw_settings_dup_state_folder ();
  g_autofree char *uri = g_file_get_uri (folder);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA1, uri, -1);

  self->folder = g_object_ref (folder);
  self->path = g_build_filename (state, "journal", digest, NULL);
  g_mkdir_with_parents (self->path, 0700);

  return self;
}

static void
write_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  g_autoptr(GError) error = NULL;

  if (!bw_write_finish (result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_task_return_boolean (task, TRUE);
}

void
bw_journal_write_async (BwJournal           *self,
                        GFile               *file,
                        const char          *base,
                        const char          *text,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autofree char *path = dup_entry_path (self, file);
  g_autoptr(GFile) entry = g_file_new_for_path (path);
  g_autofree char *uri = g_file_get_uri (file);
  GString *content = g_string_new (MAGIC "\n");
  g_autoptr(GBytes) bytes = NULL;

  g_string_append_printf (content, "file=%s\nbase=%s\n\n%s", uri, base != NULL ? base : "", text);
  bytes = g_string_free_to_bytes (content);
  bw_write_async (entry, bytes, BW_WRITE_PRIVATE, write_cb, g_steal_pointer (&task));
}

gboolean
bw_journal_write_finish (BwJournal     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
parse_entry (const char  *content,
             char       **ret_uri,
             char       **ret_base,
             const char **ret_text)
{
  const char *text = strstr (content, "\n\n");
  g_auto(GStrv) lines = NULL;
  g_autofree char *header = NULL;

  if (text == NULL || !g_str_has_prefix (content, MAGIC "\n"))
    return FALSE;

  header = g_strndup (content, text - content);
  lines = g_strsplit (header, "\n", 0);
  for (guint i = 1; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], "file=") && ret_uri != NULL)
        *ret_uri = g_strdup (lines[i] + strlen ("file="));
      if (g_str_has_prefix (lines[i], "base=") && ret_base != NULL)
        *ret_base = g_strdup (lines[i] + strlen ("base="));
    }
  *ret_text = text + 2;

  return TRUE;
}

/**
 * bw_journal_read:
 * @self: a journal
 * @file: a document
 * @ret_base: (out): digest of the file the text was typed over
 * @ret_text: (out): the text
 *
 * Returns: %TRUE if there is an entry
 */
gboolean
bw_journal_read (BwJournal  *self,
                 GFile      *file,
                 char      **ret_base,
                 char      **ret_text)
{
  g_autofree char *path = dup_entry_path (self, file);
  g_autofree char *content = NULL;
  const char *text;

  if (!g_file_get_contents (path, &content, NULL, NULL) || !parse_entry (content, NULL, ret_base, &text))
    return FALSE;

  *ret_text = g_strdup (text);
  return TRUE;
}

void
bw_journal_forget (BwJournal *self,
                   GFile     *file)
{
  g_autofree char *path = dup_entry_path (self, file);
  g_autoptr(GFile) entry = g_file_new_for_path (path);

  /* An entry that is not there is what we want. */
  g_file_delete (entry, NULL, NULL);
}

/**
 * bw_journal_list:
 * @self: a journal
 *
 * Returns: (transfer container) (element-type GFile): documents with text that was not saved
 */
GPtrArray *
bw_journal_list (BwJournal *self)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GDir) folder = g_dir_open (self->path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->path, name, NULL);
      g_autofree char *content = NULL;
      g_autofree char *uri = NULL;
      const char *text;

      if (g_str_has_suffix (name, ".text") && g_file_get_contents (path, &content, NULL, NULL) &&
          parse_entry (content, &uri, NULL, &text) && uri != NULL)
        g_ptr_array_add (files, g_file_new_for_uri (uri));
    }

  return files;
}

void
bw_journal_set_pages (BwJournal         *self,
                      const char *const *names,
                      const char        *active)
{
  g_autoptr(GKeyFile) pages = g_key_file_new ();
  g_autofree char *path = g_build_filename (self->path, "pages.ini", NULL);
  g_autofree char *folder = g_file_get_uri (self->folder);

  g_key_file_set_string (pages, "Pages", "project", folder);
  g_key_file_set_string_list (pages, "Pages", "open", names, g_strv_length ((char **)names));
  if (active != NULL)
    g_key_file_set_string (pages, "Pages", "active", active);
  /* Which pages were open is a comfort; a full disk must not disturb work. */
  g_key_file_save_to_file (pages, path, NULL);
}

GStrv
bw_journal_dup_pages (BwJournal  *self,
                      char      **ret_active)
{
  g_autoptr(GKeyFile) pages = g_key_file_new ();
  g_autofree char *path = g_build_filename (self->path, "pages.ini", NULL);

  if (!g_key_file_load_from_file (pages, path, G_KEY_FILE_NONE, NULL))
    return NULL;

  *ret_active = g_key_file_get_string (pages, "Pages", "active", NULL);
  return g_key_file_get_string_list (pages, "Pages", "open", NULL, NULL);
}
