/* belt-project-change.c - does what was planned, and undoes it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * All files are looked at before the first is touched, and all new texts are on the
 * disk before the first counts; if one file cannot be moved or deleted then, those
 * before it are put back.
 */
#include "config.h"

#include "belt-project-change-private.h"

#include "belt-error.h"
#include "belt-kept-file.h"
#include "belt-staged-text.h"

#include <errno.h>
#include <glib/gstdio.h>
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

/* staged: its new text; NULL: it has none. */
static gboolean
do_edit (BeltProjectChange  *self,
         BeltEdit           *edit,
         const char         *staged,
         gboolean            trash,
         GError            **error)
{
  g_autofree char *from = build_path (self, edit->file.from);
  g_autofree char *to = edit->file.to != NULL ? build_path (self, edit->file.to) : NULL;

  if (to == NULL)
    return (edit->kept_fd = belt_kept_file_delete (from, trash, error)) >= 0;
  if (is_move (edit) && !move_file (self, edit->file.from, edit->file.to, error))
    return FALSE;
  if (staged == NULL || belt_staged_text_take (staged, to, error))
    return TRUE;

  if (is_move (edit))
    (void)move_file (self, edit->file.to, edit->file.from, NULL);
  return FALSE;
}

static gboolean
undo_edit (BeltProjectChange  *self,
           BeltEdit           *edit,
           const char         *staged,
           GError            **error)
{
  g_autofree char *from = build_path (self, edit->file.from);

  if (edit->file.to == NULL)
    {
      if (!belt_kept_file_restore (edit->kept_fd, from, error))
        return FALSE;
      close (edit->kept_fd);
      edit->kept_fd = -1;
      return TRUE;
    }
  if (is_move (edit) && !move_file (self, edit->file.to, edit->file.from, error))
    return FALSE;

  return staged == NULL || belt_staged_text_take (staged, from, error);
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

static void
staged_free (GPtrArray *staged)
{
  belt_staged_text_discard (staged);
  g_ptr_array_unref (staged);
}

/* The texts of the edits, NULL for those that have none; NULL: error. */
static GPtrArray *
stage (BeltProjectChange  *self,
       gboolean            undo,
       GError            **error)
{
  GPtrArray *staged = g_ptr_array_new_with_free_func (g_free);
  gboolean good = TRUE;

  for (guint i = 0; good && i < self->edits->len; i++)
    {
      const BeltEdit *edit = g_ptr_array_index (self->edits, i);
      g_autofree char *path = edit->after != NULL ? build_path (self, undo ? edit->file.to : edit->file.from) : NULL;
      char *text = path == NULL ? NULL : undo ? belt_staged_text_write (path, edit->before, edit->before_len, error)
                                              : belt_staged_text_write (path, edit->after, edit->after_len, error);

      good = path == NULL || text != NULL;
      g_ptr_array_add (staged, text);
    }
  if (good && belt_staged_text_sync (staged, error))
    return staged;

  staged_free (staged);
  return NULL;
}

/* What cannot be put back is left to the person, who is told of the first trouble. */
static void
put_back (BeltProjectChange *self,
          BeltEdit          *edit,
          const char        *staged)
{
  g_autofree char *from = build_path (self, edit->file.from);
  g_autofree char *again = NULL;

  (void)undo_edit (self, edit, NULL, NULL);
  if (staged == NULL || belt_staged_text_give_back (staged, from))
    return;
  again = belt_staged_text_write (from, edit->before, edit->before_len, NULL);
  if (again != NULL && !belt_staged_text_take (again, from, NULL))
    (void)g_unlink (again);
}

gboolean
belt_project_change_apply (BeltProjectChange  *self,
                           gboolean            trash,
                           GError            **error)
{
  GPtrArray *staged;
  guint n = 0;

  g_return_val_if_fail (!self->is_applied, FALSE);

  if (!self->is_deletion && g_str_equal (self->from, self->to))
    return belt_refuse (error, BELT_ERROR_INVALID, "“%s” is its name already", self->to);
  if (!check_all (self, FALSE, error) || (staged = stage (self, FALSE, error)) == NULL)
    return FALSE;

  while (n < self->edits->len &&
         do_edit (self, g_ptr_array_index (self->edits, n), g_ptr_array_index (staged, n), trash, error))
    n++;
  self->is_applied = n == self->edits->len;
  while (!self->is_applied && n-- > 0)
    put_back (self, g_ptr_array_index (self->edits, n), g_ptr_array_index (staged, n));
  staged_free (staged);

  return self->is_applied;
}

gboolean
belt_project_change_undo (BeltProjectChange  *self,
                          GError            **error)
{
  GPtrArray *staged;
  gboolean good = TRUE;

  g_return_val_if_fail (self->is_applied, FALSE);

  if (!check_all (self, TRUE, error) || (staged = stage (self, TRUE, error)) == NULL)
    return FALSE;
  for (guint i = self->edits->len; i > 0 && good; i--)
    good = undo_edit (self, g_ptr_array_index (self->edits, i - 1), g_ptr_array_index (staged, i - 1), error);
  self->is_applied = !good;
  staged_free (staged);

  return good;
}
