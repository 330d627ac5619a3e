/* belt-kept-file.c - a file that is deleted and may come back
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What was deleted stays open, so that bringing it back needs neither memory for it
 * nor the trash.  If it lies in the trash still, it is taken from there: the kernel
 * knows where an open file went.
 */
#include "config.h"

#include "belt-kept-file.h"

#include "belt-error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
belt_kept_file_delete (const char  *path,
                       gboolean     trash,
                       GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  /* Not every file system has a trash. */
  if (fd >= 0 && ((trash && g_file_trash (file, NULL, NULL)) || g_unlink (path) == 0))
    return fd;

  (void)belt_refuse (error, BELT_ERROR_IO, "deleting %s: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

/* …/files/NAME and its …/info/NAME.trashinfo; FALSE: it is in no trash, or out of our sight. */
static gboolean
find_in_trash (int    fd,
               char **ret_file,
               char **ret_info)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *file = g_file_read_link (link, NULL);
  g_autofree char *folder = file != NULL ? g_path_get_dirname (file) : NULL;
  g_autofree char *kind = folder != NULL ? g_path_get_basename (folder) : NULL;
  g_autofree char *trash = folder != NULL ? g_path_get_dirname (folder) : NULL;
  g_autofree char *name = file != NULL ? g_path_get_basename (file) : NULL;
  g_autofree char *info = NULL;
  struct stat there;
  struct stat ours;

  if (g_strcmp0 (kind, "files") != 0 || stat (file, &there) != 0 || fstat (fd, &ours) != 0 ||
      there.st_ino != ours.st_ino || there.st_dev != ours.st_dev)
    return FALSE;

  info = g_strdup_printf ("%s/info/%s.trashinfo", trash, name);
  if (!g_file_test (info, G_FILE_TEST_IS_REGULAR))
    return FALSE;

  *ret_file = g_steal_pointer (&file);
  *ret_info = g_steal_pointer (&info);
  return TRUE;
}

static gboolean
copy_content (int from,
              int to)
{
  char buffer[65536];
  ssize_t n;

  if (lseek (from, 0, SEEK_SET) < 0)
    return FALSE;
  while ((n = read (from, buffer, sizeof buffer)) > 0)
    for (ssize_t at = 0, written; at < n; at += written)
      if ((written = write (to, buffer + at, (size_t)(n - at))) < 0)
        return FALSE;

  return n == 0;
}

static gboolean
copy_back (int          fd,
           const char  *path,
           GError     **error)
{
  struct stat info;
  mode_t mode = fstat (fd, &info) == 0 ? info.st_mode & 0777 : 0644;
  int out = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  gboolean good = out >= 0 && copy_content (fd, out);

  if (out >= 0)
    good &= close (out) == 0;

  return good || belt_refuse (error, BELT_ERROR_IO, "bringing %s back: %s", path, g_strerror (errno));
}

gboolean
belt_kept_file_restore (int          fd,
                        const char  *path,
                        GError     **error)
{
  g_autofree char *file = NULL;
  g_autofree char *info = NULL;
  gboolean is_in_trash = find_in_trash (fd, &file, &info);

  if (!(is_in_trash && renameat2 (AT_FDCWD, file, AT_FDCWD, path, RENAME_NOREPLACE) == 0) &&
      !copy_back (fd, path, error))
    return FALSE;

  /* What was copied back needs no second copy there. */
  if (is_in_trash)
    {
      (void)g_unlink (file);
      (void)g_unlink (info);
    }
  return TRUE;
}
