/* belt-source-file.c - rows from files
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DATASOURCE is a file below the property `path`, or a folder, whose files come
 * in order of modification.  With interval 0 they are read once and the source
 * ends; `loop` begins again instead.  Without sendInterval a portion is read
 * whenever the worker has nothing else to do, so a long file starves nobody.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-clock.h"
#include "belt-error.h"
#include "belt-file-reader.h"
#include "belt-properties.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  BeltSource      base;

  char           *place;           /* file or folder */
  BeltFileOptions options;
  gint64          interval_ms;
  gint64          send_interval_ms;
  gboolean        loop;
  gint64          action;          /* 0 keep, 1 delete, 2 move */
  char           *move_to;

  GQueue          files;           /* paths still to read in this pass */
  gint64          newest_mtime;    /* of the files of a folder read so far */
  char           *file;            /* being read */
  BeltFileReader *reader;
  GSource        *turn;            /* whatever calls read_on() next; NULL while paused */
  gboolean        turn_is_idle;
  gboolean        paused;
  gboolean        ended;
} FileSource;

static gboolean read_turn_cb (gpointer user_data);

static gboolean
configure_columns (FileSource *self,
                   JsonObject *properties,
                   GError    **error)
{
  g_autofree char *delimiter = NULL;
  gint64 ignore_start = 0;
  gint64 ignore_end = 0;

  if (!belt_properties_get_strings (properties, "columns", &self->options.columns, error) ||
      !belt_properties_get_boolean (properties, "hasHeader", &self->options.has_header, error) ||
      !belt_properties_get_string (properties, "delimiter", &delimiter, error) ||
      !belt_properties_get_int (properties, "ignoreStartLines", 0, G_MAXINT32, &ignore_start, error) ||
      !belt_properties_get_int (properties, "ignoreEndLines", 0, 1000000, &ignore_end, error))
    return FALSE;

  if (self->options.columns != NULL && self->options.columns[0] == NULL)
    g_clear_pointer (&self->options.columns, g_strfreev);

  self->options.delimiter = ',';
  if (delimiter != NULL && *delimiter != '\0')
    {
      if (strlen (delimiter) != 1)
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                       "property delimiter: one character is needed, but found %s", delimiter);
          return FALSE;
        }
      self->options.delimiter = delimiter[0];
    }
  self->options.ignore_start = (guint)ignore_start;
  self->options.ignore_end = (guint)ignore_end;

  return TRUE;
}

static gboolean
configure_place (FileSource *self,
                 const char *datasource,
                 JsonObject *properties,
                 GError    **error)
{
  g_autofree char *folder = g_strdup ("data");
  g_autofree char *base = NULL;
  JsonNode *given = belt_properties_lookup (properties, "path");

  if (!belt_properties_get_string (properties, "path", &folder, error) ||
      !belt_properties_get_string (properties, "$baseDir", &base, error))
    return FALSE;

  /* An absolute DATASOURCE stands for itself unless a path is given, as eKuiper joins the two. */
  if (datasource == NULL)
    datasource = "";
  if (given == NULL && g_path_is_absolute (datasource))
    self->place = g_strdup (datasource);
  else if (base != NULL && !g_path_is_absolute (folder))
    self->place = g_build_filename (base, folder, datasource, NULL);
  else if (*folder == '\0')
    self->place = g_strdup (datasource);
  else
    self->place = g_build_filename (folder, datasource, NULL);

  return TRUE;
}

static gboolean
file_source_configure (BeltSource *source,
                       const char *datasource,
                       JsonObject *properties,
                       GError    **error)
{
  static const char *const types[] = { "json", "csv", "lines", NULL };
  static const char *const compressions[] = { "none", "gzip", "zstd", NULL };
  FileSource *self = (FileSource *)source;
  guint type = BELT_FILE_JSON;
  guint compression = 0;

  if (!configure_place (self, datasource, properties, error) ||
      !configure_columns (self, properties, error) ||
      !belt_properties_get_choice (properties, "fileType", types, &type, error) ||
      !belt_properties_get_choice (properties, "decompression", compressions, &compression, error) ||
      !belt_properties_get_duration (properties, "interval", &self->interval_ms, error) ||
      !belt_properties_get_duration (properties, "sendInterval", &self->send_interval_ms, error) ||
      !belt_properties_get_boolean (properties, "loop", &self->loop, error) ||
      !belt_properties_get_int (properties, "actionAfterRead", 0, 2, &self->action, error) ||
      !belt_properties_get_string (properties, "moveTo", &self->move_to, error) ||
      !belt_properties_get_string (properties, "$name", &self->options.name, error))
    return FALSE;

  if (self->action == 2 && (self->move_to == NULL || *self->move_to == '\0'))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT,
                   "property moveTo: a folder is needed when actionAfterRead is 2");
      return FALSE;
    }

  self->options.type = (BeltFileType)type;
  if (compression > 0)
    self->options.compression = compression == 1 ? BELT_COMPRESSION_GZIP : BELT_COMPRESSION_ZSTD;
  return TRUE;
}

/* Takes source. */
static void
set_turn (FileSource *self,
          GSource    *source)
{
  belt_timer_clear (&self->turn);
  self->turn = source;
  self->turn_is_idle = FALSE;
  g_source_set_static_name (source, "belt-source-file");
  g_source_set_priority (source, G_PRIORITY_DEFAULT_IDLE);
  g_source_set_callback (source, read_turn_cb, self, NULL);
  g_source_attach (source, self->base.host->get_context (self->base.host));
}

static gboolean
pipe_turn_cb (int          fd,
              GIOCondition condition,
              gpointer     user_data)
{
  return read_turn_cb (user_data);
}

static void
schedule (FileSource *self,
          gint64      delay_ms)
{
  int fd = self->reader != NULL ? belt_file_reader_get_poll_fd (self->reader) : -1;

  if (self->paused || self->ended)
    return;

  if (delay_ms > 0)
    set_turn (self, g_timeout_source_new ((guint)MIN (delay_ms, G_MAXINT32)));
  else if (fd >= 0)
    {
      set_turn (self, g_unix_fd_source_new (fd, G_IO_IN | G_IO_HUP | G_IO_ERR));
      g_source_set_callback (self->turn, G_SOURCE_FUNC (pipe_turn_cb), self, NULL);
    }
  else
    {
      set_turn (self, g_idle_source_new ());
      self->turn_is_idle = TRUE;
    }
}

typedef struct
{
  char  *path;
  gint64 mtime;
} FolderEntry;

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const FolderEntry *x = a;
  const FolderEntry *y = b;

  if (x->mtime != y->mtime)
    return x->mtime < y->mtime ? -1 : 1;
  return strcmp (x->path, y->path);
}

static gboolean
list_folder (FileSource *self,
             GError    **error)
{
  g_autoptr(GDir) dir = g_dir_open (self->place, 0, error);
  g_autoptr(GArray) entries = g_array_new (FALSE, FALSE, sizeof (FolderEntry));
  gint64 newest = self->newest_mtime;
  const char *name;

  if (dir == NULL)
    return FALSE;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      FolderEntry entry = { .path = g_build_filename (self->place, name, NULL) };
      GStatBuf info;

      if (*name == '.' || g_stat (entry.path, &info) != 0 || !S_ISREG (info.st_mode))
        {
          g_free (entry.path);
          continue;
        }

      entry.mtime = (gint64)info.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info.st_mtim.tv_nsec;
      newest = MAX (newest, entry.mtime);
      /* With an interval a folder is watched: each pass reads only what is new. */
      if (self->interval_ms > 0 && entry.mtime <= self->newest_mtime)
        g_free (entry.path);
      else
        g_array_append_val (entries, entry);
    }

  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++)
    g_queue_push_tail (&self->files, g_array_index (entries, FolderEntry, i).path);
  self->newest_mtime = newest;

  return TRUE;
}

static gboolean
begin_pass (FileSource *self,
            GError    **error)
{
  if (g_file_test (self->place, G_FILE_TEST_IS_DIR))
    return list_folder (self, error);

  g_queue_push_tail (&self->files, g_strdup (self->place));
  return TRUE;
}

static void
act_after_read (FileSource *self)
{
  g_autofree char *name = NULL;
  g_autofree char *target = NULL;
  int result = 0;

  if (self->action == 1)
    result = g_unlink (self->file);
  else if (self->action == 2)
    {
      name = g_path_get_basename (self->file);
      target = g_build_filename (self->move_to, name, NULL);
      result = g_mkdir_with_parents (self->move_to, 0755);
      if (result == 0)
        result = g_rename (self->file, target);
    }

  if (result != 0)
    {
      g_autofree char *message = g_strdup_printf ("%s “%s” after reading: %s",
                                                  self->action == 1 ? "Deleting" : "Moving",
                                                  self->file, g_strerror (errno));

      self->base.host->fault (self->base.host, message);
    }
}

static void
close_file (FileSource *self)
{
  g_clear_pointer (&self->reader, belt_file_reader_free);
  g_clear_pointer (&self->file, g_free);
}

/* Opens the next file, or ends the pass.  FALSE: nothing to read now. */
static gboolean
open_next (FileSource *self)
{
  BeltSourceHost *host = self->base.host;
  g_autoptr(GError) error = NULL;

  while (self->reader == NULL)
    {
      if (g_queue_is_empty (&self->files))
        {
          if (self->interval_ms == 0 && !self->loop)
            {
              self->ended = TRUE;
              host->end (host);
              return FALSE;
            }
          if (!begin_pass (self, &error))
            host->fault (host, error->message);
          g_clear_error (&error);
          /* An interval, and for an endless loop over nothing a breath. */
          schedule (self, self->interval_ms > 0 ? self->interval_ms : g_queue_is_empty (&self->files) ? 1000 : 0);
          return FALSE;
        }

      self->file = g_queue_pop_head (&self->files);
      self->reader = belt_file_reader_new (self->file, &self->options, &error);
      if (self->reader == NULL)
        {
          host->fault (host, error->message);
          g_clear_error (&error);
          close_file (self);
        }
    }

  return TRUE;
}

static gboolean
read_turn_cb (gpointer user_data)
{
  FileSource *self = user_data;
  BeltSourceHost *host = self->base.host;
  g_autoptr(GError) error = NULL;
  BeltFileResult result;
  GSource *turn = self->turn;

  if (!open_next (self))
    {
      if (self->turn == turn)
        belt_timer_clear (&self->turn);
      return G_SOURCE_REMOVE;
    }

  result = belt_file_reader_deliver (self->reader, host, self->send_interval_ms > 0, &error);
  if (result == BELT_FILE_FAILED)
    host->fault (host, error->message);
  if (result != BELT_FILE_MORE)
    {
      if (result == BELT_FILE_END)
        act_after_read (self);
      close_file (self);
    }

  if (self->paused)
    return G_SOURCE_REMOVE;
  /* The idle source goes on as it is; everything else is made anew. */
  if (self->turn == turn && self->turn_is_idle && self->reader != NULL &&
      self->send_interval_ms == 0 && belt_file_reader_get_poll_fd (self->reader) < 0)
    return G_SOURCE_CONTINUE;
  schedule (self, self->reader != NULL ? self->send_interval_ms : 0);
  return G_SOURCE_REMOVE;
}

static gboolean
file_source_start (BeltSource     *source,
                   BeltSourceHost *host,
                   GError        **error)
{
  FileSource *self = (FileSource *)source;

  if (!begin_pass (self, error))
    return FALSE;

  if (self->interval_ms == 0 && !g_file_test (self->place, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_IO, "file %s not exist", self->place);
      return FALSE;
    }

  host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  schedule (self, 0);
  return TRUE;
}

static void
file_source_stop (BeltSource *source)
{
  FileSource *self = (FileSource *)source;

  self->ended = TRUE;
  belt_timer_clear (&self->turn);
  close_file (self);
  g_queue_clear_full (&self->files, g_free);
}

static void
file_source_pause (BeltSource *source,
                   gboolean    paused)
{
  FileSource *self = (FileSource *)source;

  if (self->paused == paused)
    return;

  self->paused = paused;
  if (paused)
    belt_timer_clear (&self->turn);
  else
    schedule (self, 0);
}

static void
file_source_finalize (BeltSource *source)
{
  FileSource *self = (FileSource *)source;

  file_source_stop (source);
  g_free (self->place);
  g_free (self->move_to);
  g_free (self->options.name);
  g_strfreev (self->options.columns);
}

const BeltSourceClass belt_source_file_class = {
  .type = "file",
  .instance_size = sizeof (FileSource),
  .configure = file_source_configure,
  .start = file_source_start,
  .stop = file_source_stop,
  .pause = file_source_pause,
  .finalize = file_source_finalize,
  .unpacks = TRUE,
};
