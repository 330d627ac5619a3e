/* bw-write.c - a file replaced whole, without waiting for the disk
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A new file is written beside the old one and renamed over it, so whoever looks,
 * after a crash of ours too, finds the one or the other.  GIO's own way waits
 * for the disk first, hundreds of milliseconds on a busy one, which is felt
 * between Ctrl+S and the new rows; here the disk is asked after the caller was
 * told.
 */
#include "config.h"

#include "bw-write.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char   *path;
  GBytes *content;
  guint   flags;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_free (self->path);
  g_bytes_unref (self->content);
  g_free (self);
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
      len -= (gsize)n;
    }

  return TRUE;
}

/* A link is followed: it stays one, and what it points to is replaced. */
static char *
dup_target (const char *path)
{
  char *real = realpath (path, NULL);
  char *copy = g_strdup (real != NULL ? real : path);

  free (real);
  return copy;
}

static void
write_thread (GTask        *task,
              gpointer      source,
              gpointer      task_data,
              GCancellable *cancellable)
{
  Job *job = task_data;
  g_autofree char *target = dup_target (job->path);
  g_autofree char *temporary = g_strconcat (target, ".XXXXXX", NULL);
  struct stat before;
  mode_t mode = (job->flags & BW_WRITE_PRIVATE) != 0 ? 0600 : 0644;
  gsize len;
  const char *data = g_bytes_get_data (job->content, &len);
  int fd;

  if (stat (target, &before) == 0)
    mode = before.st_mode & 0777;
  fd = g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, (int)mode);
  if (fd < 0)
    {
      g_task_return_new_error (task, G_IO_ERROR, g_io_error_from_errno (errno), "%s", g_strerror (errno));
      return;
    }
  if (!write_all (fd, data, len) || fchmod (fd, mode) != 0 || g_rename (temporary, target) != 0)
    {
      int code = errno;

      close (fd);
      g_unlink (temporary);
      g_task_return_new_error (task, G_IO_ERROR, g_io_error_from_errno (code), "%s", g_strerror (code));
      return;
    }

  g_task_return_boolean (task, TRUE);
  if ((job->flags & BW_WRITE_DURABLE) != 0)
    fsync (fd);
  close (fd);
}

/**
 * bw_write_async:
 * @file: a local file
 * @content: all that will be in it
 * @flags: BwWriteFlags
 */
void
bw_write_async (GFile               *file,
                GBytes              *content,
                guint                flags,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (file, NULL, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->path = g_file_get_path (file);
  job->content = g_bytes_ref (content);
  job->flags = flags;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, write_thread);
}

gboolean
bw_write_finish (GAsyncResult  *result,
                 GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
