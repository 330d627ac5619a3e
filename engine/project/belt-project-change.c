/* belt-project-change.c - does what was planned, and undoes it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * All files are looked at before the first is touched; if one of them cannot be
 * written then, those before it are put back.  What was deleted stays open, so that
 * undoing needs neither memory for it nor the trash.
 */
#include "config.h"

#include "belt-project-change-private.h"

#include "belt-error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
free_edit (gpointer data)
{
  BeltEdit *edit = data;

  if (edit->kept_fd >= 0)
    close (edit->kept_fd);
  g_free (edit->file.from);
  g_free (edit->file.to);
  g_free (edit->before);
  g_free (edit->after);
  g_free (edit);
}

void
belt_project_change_add (GPtrArray  *edits,
                         const char *from,
                         const char *to,
                         char       *before,
                         char       *after,
                         guint       n_places)
{
  BeltEdit *edit = g_new0 (BeltEdit, 1);

  edit->file = (BeltChangedFile) { g_strdup (from), g_strdup (to), n_places };
  edit->before = before;
  edit->before_len = before != NULL ? strlen (before) : 0;
  edit->after = after;
  edit->after_len = after != NULL ? strlen (after) : 0;
  edit->kept_fd = -1;
  g_ptr_array_set_free_func (edits, free_edit);
  g_ptr_array_add (edits, edit);
}

void
belt_project_change_free (BeltProjectChange *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->project, belt_project_free);
  g_clear_pointer (&self->edits, g_ptr_array_unref);
  g_clear_pointer (&self->users, g_ptr_array_unref);
  g_free (self->from);
  g_free (self->to);
  g_free (self);
}

GPtrArray *
belt_project_change_get_files (BeltProjectChange *self)
{
  return self->edits;
}

GPtrArray *
belt_project_change_get_users (BeltProjectChange *self)
{
  return self->users;
}

/* ------------------------------------------------------------------ files */

static char *
build_path (BeltProjectChange *self,
            const char        *file)
{
  return g_build_filename (self->folder, file, NULL);
}

gboolean
belt_project_change_has (BeltProjectChange *self,
                         const char        *path)
{
  g_autofree char *full = build_path (self, path);
  struct stat info;

  return lstat (full, &info) == 0;
}

gboolean
belt_project_change_load (BeltProjectChange  *self,
                          const char         *path,
                          char              **ret_text,
                          gsize              *ret_len,
                          GError            **error)
{
  g_autofree char *full = build_path (self, path);

  if (!g_file_get_contents (full, ret_text, ret_len, error))
    return FALSE;
  if (strlen (*ret_text) == *ret_len)
    return TRUE;

  g_clear_pointer (ret_text, g_free);
  return belt_refuse (error, BELT_ERROR_INVALID, "%s is no text: byte %" G_GSIZE_FORMAT " is 0", path, *ret_len);
}

/* What a link points to is written, and the permissions stay. */
static gboolean
write_text (const char  *path,
            const char  *text,
            gsize        len,
            GError     **error)
{
  g_autofree char *target = NULL;
  char *real = realpath (path, NULL);
  struct stat info;
  int mode = 0666;

  target = g_strdup (real != NULL ? real : path);
  free (real);
  if (stat (target, &info) == 0)
    mode = info.st_mode & 07777;

  if (!g_file_set_contents_full (target, text, (gssize)len, G_FILE_SET_CONTENTS_CONSISTENT, mode, error))
    return FALSE;
  /* The mask may have taken some; the text is what matters. */
  if (mode != 0666)
    (void)g_chmod (target, mode);

  return TRUE;
}

static gboolean
move_file (BeltProjectChange  *self,
           const char         *from,
           const char         *to,
           GError            **error)
{
  g_autofree char *old = build_path (self, from);
  g_autofree char *new = build_path (self, to);

  if (g_rename (old, new) == 0)
    return TRUE;

  return belt_refuse (error, BELT_ERROR_IO, "renaming %s: %s", from, g_strerror (errno));
}

/* An open file outlives its name. */
static gboolean
delete_file (BeltProjectChange  *self,
             BeltEdit           *edit,
             gboolean            trash,
             GError            **error)
{
  g_autofree char *path = build_path (self, edit->file.from);
  g_autoptr(GFile) file = g_file_new_for_path (path);

  edit->kept_fd = open (path, O_RDONLY | O_CLOEXEC);
  if (edit->kept_fd < 0)
    return belt_refuse (error, BELT_ERROR_IO, "deleting %s: %s", edit->file.from, g_strerror (errno));
  /* Not every file system has a trash. */
  if ((trash && g_file_trash (file, NULL, NULL)) || g_unlink (path) == 0)
    return TRUE;

  return belt_refuse (error, BELT_ERROR_IO, "deleting %s: %s", edit->file.from, g_strerror (errno));
}

static gboolean
copy_kept (int          from,
           int          to,
           GError     **error)
{
  char buffer[65536];
  ssize_t n;

  if (lseek (from, 0, SEEK_SET) < 0)
    return belt_refuse (error, BELT_ERROR_IO, "reading what was deleted: %s", g_strerror (errno));
  while ((n = read (from, buffer, sizeof buffer)) > 0)
    for (ssize_t at = 0, written; at < n; at += written)
      if ((written = write (to, buffer + at, (size_t)(n - at))) < 0)
        return belt_refuse (error, BELT_ERROR_IO, "writing what was deleted: %s", g_strerror (errno));

  return n == 0 || belt_refuse (error, BELT_ERROR_IO, "reading what was deleted: %s", g_strerror (errno));
}

static gboolean
restore_file (BeltProjectChange  *self,
              BeltEdit           *edit,
              GError            **error)
{
  g_autofree char *path = build_path (self, edit->file.from);
  struct stat info;
  mode_t mode = fstat (edit->kept_fd, &info) == 0 ? info.st_mode & 0777 : 0644;
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  gboolean good;

  if (fd < 0)
    return belt_refuse (error, BELT_ERROR_IO, "bringing %s back: %s", edit->file.from, g_strerror (errno));
  good = copy_kept (edit->kept_fd, fd, error);
  if (close (fd) != 0 && good)
    good = belt_refuse (error, BELT_ERROR_IO, "bringing %s back: %s", edit->file.from, g_strerror (errno));
  if (!good)
    return FALSE;
  close (edit->kept_fd);
  edit->kept_fd = -1;

  return TRUE;
}

/* ------------------------------------------------------------------ one step */

static gboolean
is_move (const BeltEdit *edit)
{
  return edit->file.to != NULL && !g_str_equal (edit->file.from, edit->file.to);
}

static gboolean
has_text (BeltProjectChange *self,
          const char        *path,
          const char        *text,
          gsize              len)
{
  g_autofree char *full = build_path (self, path);
  g_autofree char *now = NULL;
  gsize now_len;

  return g_file_get_contents (full, &now, &now_len, NULL) && now_len == len && memcmp (now, text, len) == 0;
}

/* Is all as it was when the plan was made, or after it was applied? */
static gboolean
check_edit (BeltProjectChange  *self,
            const BeltEdit     *edit,
            gboolean            undo,
            GError            **error)
{
  const char *here = undo ? edit->file.to : edit->file.from;
  const char *there = undo ? edit->file.from : edit->file.to;
  const char *text = undo ? edit->after : edit->before;

  if (here != NULL && !belt_project_change_has (self, here))
    return belt_refuse (error, BELT_ERROR_NOT_FOUND, "%s is not there any more; nothing was done", here);
  if (there != NULL && g_strcmp0 (here, there) != 0 && belt_project_change_has (self, there))
    return belt_refuse (error, BELT_ERROR_EXISTS, "%s is there already", there);
  if (text != NULL && !has_text (self, here, text, undo ? edit->after_len : edit->before_len))
    return belt_refuse (error, BELT_ERROR_INVALID, "%s was changed meanwhile; nothing was done", here);

  return TRUE;
}

static gboolean
do_edit (BeltProjectChange  *self,
         BeltEdit           *edit,
         gboolean            trash,
         GError            **error)
{
  g_autofree char *to = edit->file.to != NULL ? build_path (self, edit->file.to) : NULL;

  if (to == NULL)
    return delete_file (self, edit, trash, error);
  if (is_move (edit) && !move_file (self, edit->file.from, edit->file.to, error))
    return FALSE;
  if (edit->after == NULL || write_text (to, edit->after, edit->after_len, error))
    return TRUE;

  if (is_move (edit))
    (void)move_file (self, edit->file.to, edit->file.from, NULL);
  return FALSE;
}

static gboolean
undo_edit (BeltProjectChange  *self,
           BeltEdit           *edit,
           GError            **error)
{
  g_autofree char *from = build_path (self, edit->file.from);

  if (edit->file.to == NULL)
    return restore_file (self, edit, error);
  if (is_move (edit) && !move_file (self, edit->file.to, edit->file.from, error))
    return FALSE;

  return edit->after == NULL || write_text (from, edit->before, edit->before_len, error);
}

/* ------------------------------------------------------------------ the whole */

static gboolean
check_all (BeltProjectChange  *self,
           gboolean            undo,
           GError            **error)
{
  for (guint i = 0; i < self->edits->len; i++)
    if (!check_edit (self, g_ptr_array_index (self->edits, i), undo, error))
      return FALSE;

  return TRUE;
}

gboolean
belt_project_change_apply (BeltProjectChange  *self,
                           gboolean            trash,
                           GError            **error)
{
  g_return_val_if_fail (!self->is_applied, FALSE);

  if (!self->is_deletion && g_str_equal (self->from, self->to))
    return belt_refuse (error, BELT_ERROR_INVALID, "“%s” is its name already", self->to);
  if (!check_all (self, FALSE, error))
    return FALSE;

  for (guint i = 0; i < self->edits->len; i++)
    if (!do_edit (self, g_ptr_array_index (self->edits, i), trash, error))
      {
        /* What cannot be put back is left to the person, who is told of the first trouble. */
        while (i > 0)
          (void)undo_edit (self, g_ptr_array_index (self->edits, --i), NULL);
        return FALSE;
      }
  self->is_applied = TRUE;

  return TRUE;
}

gboolean
belt_project_change_undo (BeltProjectChange  *self,
                          GError            **error)
{
  g_return_val_if_fail (self->is_applied, FALSE);

  if (!check_all (self, TRUE, error))
    return FALSE;
  for (guint i = self->edits->len; i > 0; i--)
    if (!undo_edit (self, g_ptr_array_index (self->edits, i - 1), error))
      return FALSE;
  self->is_applied = FALSE;

  return TRUE;
}
