/* belt-sink-file.c - payloads into files that roll
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes gather in memory and are written when there are 64 KiB, when the worker
 * has nothing better to do, and when the sink stops; so a busy rule costs one
 * write for many payloads, and an idle one is on disk at once.  Compressed files
 * get whole portions only: small ones would not get smaller.
 */
#include "config.h"

#include "belt-builtin.h"
#include "belt-clock.h"
#include "belt-compress.h"
#include "belt-error.h"
#include "belt-properties.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_AT_BYTES (64u * 1024u)

typedef enum
{
  FILE_JSON,
  FILE_CSV,
  FILE_LINES,
} FileSinkType;

typedef enum
{
  ROLL_PREFIX,
  ROLL_SUFFIX,
  ROLL_NONE,
} RollName;

typedef struct
{
  BeltSink        base;

  char           *path;
  FileSinkType    type;
  RollName        roll_name;
  gint64          rolling_interval_ms;
  gint64          rolling_count;
  gint64          rolling_size;
  gint64          check_interval_ms;
  gboolean        has_header;
  char           *delimiter;
  char          **fields;
  char           *header;        /* of CSV; NULL: not known yet */
  gboolean        header_due;    /* the open file was empty and has none */
  BeltCompression compression;   /* none, gzip or zstd */

  int             fd;            /* -1: nothing open */
  char           *open_path;
  gint64          opened_ms;
  gint64          n_payloads;    /* in the open file */
  gint64          n_bytes;       /* in the open file, before compression */
  GString        *pending;
  GSource        *idle;          /* while something is pending */
  GSource        *timer;         /* looks whether to roll */
  gboolean        failed;        /* said once a file */
} FileSink;

static gboolean
configure_rolling (FileSink   *self,
                   JsonObject *properties,
                   GError    **error)
{
  static const char *const names[] = { "prefix", "suffix", "none", NULL };
  guint roll_name = ROLL_NONE;

  self->rolling_count = 1000000;
  self->check_interval_ms = 300000;
  if (!belt_properties_get_duration (properties, "rollingInterval", &self->rolling_interval_ms, error) ||
      !belt_properties_get_duration (properties, "checkInterval", &self->check_interval_ms, error) ||
      !belt_properties_get_int (properties, "rollingCount", 0, G_MAXINT64, &self->rolling_count, error) ||
      !belt_properties_get_int (properties, "rollingSize", 0, G_MAXINT64, &self->rolling_size, error) ||
      !belt_properties_get_choice (properties, "rollingNamePattern", names, &roll_name, error))
    return FALSE;

  self->roll_name = (RollName)roll_name;
  return TRUE;
}

static gboolean
file_sink_configure (BeltSink   *sink,
                     JsonObject *properties,
                     GError    **error)
{
  static const char *const types[] = { "json", "csv", "lines", NULL };
  FileSink *self = (FileSink *)sink;
  g_autofree char *format = g_strdup ("json");
  g_autofree char *base = NULL;
  static const char *const compressions[] = { "gzip", "zstd", NULL };
  guint type = FILE_LINES;
  guint compression = G_MAXUINT;

  self->fd = -1;
  self->pending = g_string_new (NULL);
  self->path = g_strdup ("cache");
  self->delimiter = g_strdup (",");
  if (!belt_properties_get_string (properties, "path", &self->path, error) ||
      !belt_properties_get_string (properties, "$baseDir", &base, error) ||
      !belt_properties_get_string (properties, "format", &format, error) ||
      !belt_properties_get_string (properties, "delimiter", &self->delimiter, error) ||
      !belt_properties_get_strings (properties, "fields", &self->fields, error) ||
      !belt_properties_get_choice (properties, "fileType", types, &type, error) ||
      !belt_properties_get_boolean (properties, "hasHeader", &self->has_header, error) ||
      !belt_properties_get_choice (properties, "compression", compressions, &compression, error) ||
      !configure_rolling (self, properties, error))
    return FALSE;

  self->type = (FileSinkType)type;
  if (compression != G_MAXUINT)
    self->compression = compression == 0 ? BELT_COMPRESSION_GZIP : BELT_COMPRESSION_ZSTD;
  if (self->type == FILE_CSV && g_ascii_strcasecmp (format, "delimited") != 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_ENDPOINT, "format must be 'delimited' when fileType is 'csv'");
      return FALSE;
    }
  if (self->fields != NULL)
    self->header = g_strjoinv (self->delimiter, self->fields);
  if (base != NULL && !g_path_is_absolute (self->path))
    {
      g_autofree char *relative = g_steal_pointer (&self->path);

      self->path = g_build_filename (base, relative, NULL);
    }

  return TRUE;
}

static void
report (FileSink   *self,
        const char *doing,
        const char *path,
        guint       n_rows)
{
  BeltSinkHost *host = self->base.host;
  g_autofree char *text = g_strdup_printf ("%s “%s”: %s", doing, path, g_strerror (errno));

  host->fault (host, text, n_rows);
  if (!self->failed)
    host->status (host, BELT_CONNECTION_DISCONNECTED, text);
  self->failed = TRUE;
}

static char *
choose_path (FileSink *self)
{
  g_autofree char *folder = NULL;
  g_autofree char *name = NULL;
  g_autofree char *rolled = NULL;
  char *dot;

  if (self->roll_name == ROLL_NONE)
    return g_strdup (self->path);

  folder = g_path_get_dirname (self->path);
  name = g_path_get_basename (self->path);
  if (self->roll_name == ROLL_PREFIX)
    rolled = g_strdup_printf ("%" G_GINT64_FORMAT "-%s", self->opened_ms, name);
  else
    {
      dot = strrchr (name, '.');
      if (dot == NULL || dot == name)
        rolled = g_strdup_printf ("%s-%" G_GINT64_FORMAT, name, self->opened_ms);
      else
        rolled = g_strdup_printf ("%.*s-%" G_GINT64_FORMAT "%s", (int)(dot - name), name,
                                  self->opened_ms, dot);
    }

  return g_build_filename (folder, rolled, NULL);
}

/* The encoder puts the names of the columns before the first single row: the delimiter, four bytes of length, the
 * names.  Returns: one past them, to be left out of what is written */
static gsize
take_header (FileSink   *self,
             const char *payload,
             gsize       len)
{
  gsize start = strlen (self->delimiter) + sizeof (guint32);
  guint32 n;

  if (self->type != FILE_CSV || !self->has_header || self->header != NULL || len < start ||
      memcmp (payload, self->delimiter, strlen (self->delimiter)) != 0)
    return 0;

  memcpy (&n, payload + strlen (self->delimiter), sizeof n);
  n = GUINT32_FROM_BE (n);
  if (n == 0 || n > len - start)
    return 0;

  self->header = g_strndup (payload + start, n);
  return start + n;
}

/* Of a list each payload has its header already. */
static void
append_header (FileSink *self)
{
  if (self->type != FILE_CSV || !self->has_header || self->header == NULL)
    return;

  g_string_append (self->pending, self->header);
  g_string_append_c (self->pending, '\n');
}

static gboolean
open_file (FileSink *self)
{
  BeltSinkHost *host = self->base.host;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  struct stat info;

  self->opened_ms = host->now_ms (host);
  path = choose_path (self);
  folder = g_path_get_dirname (path);
  if (g_mkdir_with_parents (folder, 0755) != 0)
    {
      report (self, "Making the folder", folder, 0);
      return FALSE;
    }

  self->fd = g_open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (self->fd < 0)
    {
      report (self, "Opening", path, 0);
      return FALSE;
    }

  g_free (self->open_path);
  self->open_path = g_steal_pointer (&path);
  self->n_payloads = 0;
  self->n_bytes = fstat (self->fd, &info) == 0 ? info.st_size : 0;
  self->failed = FALSE;
  self->header_due = self->n_bytes == 0;
  if (self->type == FILE_JSON)
    g_string_append_c (self->pending, '[');

  return TRUE;
}

/* A member of its own: several one after another are one stream.  NULL: as it is. */
static GByteArray *
pack_pending (FileSink *self)
{
  g_autoptr(GByteArray) packed = NULL;
  g_autoptr(GError) error = NULL;

  if (self->compression == BELT_COMPRESSION_NONE || self->pending->len == 0)
    return NULL;

  packed = g_byte_array_new ();
  if (!belt_compress (self->compression, self->pending->str, self->pending->len, packed, &error))
    {
      self->base.host->fault (self->base.host, error->message, 1);
      g_byte_array_set_size (packed, 0);
    }
  return g_steal_pointer (&packed);
}

static void
write_pending (FileSink *self)
{
  g_autoptr(GByteArray) packed = pack_pending (self);
  const char *at = packed != NULL ? (const char *)packed->data : self->pending->str;
  gsize left = packed != NULL ? packed->len : self->pending->len;

  self->n_bytes += (gint64)self->pending->len;
  belt_timer_clear (&self->idle);

  while (left > 0 && self->fd >= 0)
    {
      gssize n_written = write (self->fd, at, left);

      if (n_written < 0 && errno == EINTR)
        continue;
      if (n_written < 0)
        {
          report (self, "Writing", self->open_path, 1);
          break;
        }
      at += n_written;
      left -= (gsize)n_written;
    }

  g_string_truncate (self->pending, 0);
}

static void
close_file (FileSink *self)
{
  if (self->fd < 0)
    return;

  if (self->type == FILE_JSON)
    g_string_append_c (self->pending, ']');
  write_pending (self);
  close (self->fd);
  self->fd = -1;
}

static gboolean
is_roll_due (FileSink *self)
{
  BeltSinkHost *host = self->base.host;

  return (self->rolling_count > 0 && self->n_payloads >= self->rolling_count) ||
         (self->rolling_size > 0 && self->n_bytes + (gint64)self->pending->len >= self->rolling_size) ||
         (self->rolling_interval_ms > 0 &&
          host->now_ms (host) - self->opened_ms >= self->rolling_interval_ms);
}

static gboolean
flush_idle_cb (gpointer user_data)
{
  write_pending (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
check_roll_cb (gpointer user_data)
{
  FileSink *self = user_data;

  if (self->fd >= 0 && is_roll_due (self))
    close_file (self);
  return G_SOURCE_CONTINUE;
}

static void
file_sink_send (BeltSink   *sink,
                const char *payload,
                gsize       len,
                guint       n_rows)
{
  FileSink *self = (FileSink *)sink;
  gsize skipped = take_header (self, payload, len);

  payload += skipped;
  len -= skipped;
  if (self->fd < 0 && !open_file (self))
    {
      sink->host->fault (sink->host, "the file could not be opened", n_rows);
      return;
    }

  if (self->header_due)
    append_header (self);
  self->header_due = FALSE;
  if (self->type == FILE_JSON && self->n_payloads > 0)
    g_string_append_c (self->pending, ',');
  g_string_append_len (self->pending, payload, (gssize)len);
  if (self->type != FILE_JSON && (len == 0 || payload[len - 1] != '\n'))
    g_string_append_c (self->pending, '\n');
  self->n_payloads++;

  if (is_roll_due (self))
    close_file (self);
  else if (self->pending->len >= WRITE_AT_BYTES)
    write_pending (self);
  else if (self->idle == NULL && self->compression == BELT_COMPRESSION_NONE)
    {
      self->idle = g_idle_source_new ();
      g_source_set_static_name (self->idle, "belt-sink-file");
      g_source_set_callback (self->idle, flush_idle_cb, self, NULL);
      g_source_attach (self->idle, sink->host->get_context (sink->host));
    }
}

static gboolean
file_sink_start (BeltSink     *sink,
                 BeltSinkHost *host,
                 GError      **error)
{
  FileSink *self = (FileSink *)sink;

  if (open_file (self))
    host->status (host, BELT_CONNECTION_CONNECTED, NULL);
  if (self->rolling_interval_ms > 0 && self->check_interval_ms > 0)
    {
      self->timer = g_timeout_source_new ((guint)MIN (MIN (self->check_interval_ms, self->rolling_interval_ms),
                                                      G_MAXINT32));
      g_source_set_static_name (self->timer, "belt-sink-file-roll");
      g_source_set_callback (self->timer, check_roll_cb, self, NULL);
      g_source_attach (self->timer, host->get_context (host));
    }

  return TRUE;
}

static void
file_sink_flush (BeltSink *sink)
{
  write_pending ((FileSink *)sink);
}

static void
file_sink_stop (BeltSink *sink)
{
  FileSink *self = (FileSink *)sink;

  close_file (self);
  belt_timer_clear (&self->timer);
}

static void
file_sink_finalize (BeltSink *sink)
{
  FileSink *self = (FileSink *)sink;

  if (self->base.host != NULL)
    file_sink_stop (sink);
  if (self->pending != NULL)
    g_string_free (self->pending, TRUE);
  g_free (self->path);
  g_free (self->open_path);
  g_free (self->delimiter);
  g_free (self->header);
  g_strfreev (self->fields);
}

const BeltSinkClass belt_sink_file_class = {
  .type = "file",
  .instance_size = sizeof (FileSink),
  .configure = file_sink_configure,
  .start = file_sink_start,
  .send = file_sink_send,
  .flush = file_sink_flush,
  .stop = file_sink_stop,
  .finalize = file_sink_finalize,
  .packs = TRUE,
};
