/* belt-staged-text.c - new texts of many files: all on the disk before any of them counts
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A text is written whole under another name, and takes the place of the old one by
 * renaming.  So whenever the power goes, a file has its old text or its new one.  The
 * old one gets a name of its own first: it can come back, and its blocks are given up
 * later, for a disk takes milliseconds for that and does many of them at once.
 */
#include "config.h"

#include "belt-staged-text.h"

#include "belt-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISCARD_THREADS 8  /* what an ordinary disk does at once */
#define SYNC_EACH_MAX 8u   /* files that are asked for one by one; for more, all of their file system is */

static gboolean
write_all (int         fd,
           const char *text,
           gsize       len)
{
  while (len > 0)
    {
      ssize_t n = write (fd, text, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      text += n;
      len -= (gsize)n;
    }

  return TRUE;
}

/* Where this is not possible, the text is what matters. */
static void
copy_mode (int         fd,
           const char *path)
{
  struct stat info;

  if (stat (path, &info) == 0)
    (void)fchmod (fd, info.st_mode & 07777);
}

char *
belt_staged_text_write (const char  *path,
                        const char  *text,
                        gsize        len,
                        GError     **error)
{
  char *real = realpath (path, NULL);
  g_autofree char *staged = g_strconcat (real != NULL ? real : path, ".XXXXXX", NULL);
  int fd = g_mkstemp (staged);
  gboolean good = fd >= 0;

  if (good)
    {
      copy_mode (fd, path);
      good = write_all (fd, text, len);
      good &= close (fd) == 0;
    }
  free (real);
  if (good)
    return g_steal_pointer (&staged);

  (void)belt_refuse (error, BELT_ERROR_IO, "writing %s: %s", path, g_strerror (errno));
  if (fd >= 0)
    (void)g_unlink (staged);
  return NULL;
}

/* whole: all that its file system has in hand. */
static gboolean
sync_one (const char  *path,
          gboolean     whole,
          dev_t       *ret_device,
          GError     **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  gboolean good = fd >= 0 && fstat (fd, &info) == 0;

  if (good && !(whole && info.st_dev == *ret_device))
    good = whole ? syncfs (fd) == 0 : fsync (fd) == 0;
  if (!good)
    (void)belt_refuse (error, BELT_ERROR_IO, "writing %s to the disk: %s", path, g_strerror (errno));
  else
    *ret_device = info.st_dev;
  if (fd >= 0)
    close (fd);

  return good;
}

gboolean
belt_staged_text_sync (GPtrArray  *paths,
                       GError    **error)
{
  dev_t device = (dev_t)-1;
  guint n = 0;

  for (guint i = 0; i < paths->len; i++)
    n += paths->pdata[i] != NULL;
  for (guint i = 0; i < paths->len; i++)
    if (paths->pdata[i] != NULL && !sync_one (paths->pdata[i], n > SYNC_EACH_MAX, &device, error))
      return FALSE;

  return TRUE;
}

static char *
dup_old_name (const char *staged)
{
  return g_strconcat (staged, "~", NULL);
}

gboolean
belt_staged_text_take (const char  *staged,
                       const char  *path,
                       GError     **error)
{
  char *real = realpath (path, NULL);
  const char *target = real != NULL ? real : path;
  g_autofree char *old = dup_old_name (staged);
  gboolean good;

  /* Not every file system has links. */
  (void)link (target, old);
  good = g_rename (staged, target) == 0;
  free (real);
  return good || belt_refuse (error, BELT_ERROR_IO, "writing %s: %s", path, g_strerror (errno));
}

gboolean
belt_staged_text_give_back (const char *staged,
                            const char *path)
{
  char *real = realpath (path, NULL);
  g_autofree char *old = dup_old_name (staged);
  gboolean good = g_rename (old, real != NULL ? real : path) == 0;

  free (real);
  return good;
}

static void
discard_one (gpointer staged,
             gpointer data)
{
  g_autofree char *old = dup_old_name (staged);

  (void)g_unlink (staged);
  (void)g_unlink (old);
}

void
belt_staged_text_discard (GPtrArray *paths)
{
  GThreadPool *pool = paths->len > SYNC_EACH_MAX ? g_thread_pool_new (discard_one, NULL, DISCARD_THREADS, FALSE, NULL)
                                                 : NULL;

  for (guint i = 0; i < paths->len; i++)
    if (paths->pdata[i] != NULL && (pool == NULL || !g_thread_pool_push (pool, paths->pdata[i], NULL)))
      discard_one (paths->pdata[i], NULL);
  if (pool != NULL)
    g_thread_pool_free (pool, FALSE, TRUE);
}
