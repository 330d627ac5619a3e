/* bw-follow.c - the pages of files that are renamed or deleted
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages of files that move follow them before they do, with their undo and caret;
 * pages of files that go are closed.
 */
#include "config.h"

#include "bw-follow.h"

#include "bw-window-private.h"

char *
bw_window_dup_path (BwWindow   *self,
                    BwDocument *document)
{
  return g_file_get_relative_path (bw_project_get_folder (self->project), bw_document_get_file (document));
}

const BeltChangedFile *
bw_change_find_file (BwChange   *change,
                     const char *path)
{
  GPtrArray *files = bw_change_get_files (change);

  for (guint i = 0; path != NULL && i < files->len; i++)
    {
      const BeltChangedFile *file = g_ptr_array_index (files, i);

      if (g_str_equal (file->from, path) || g_strcmp0 (file->to, path) == 0)
        return file;
    }

  return NULL;
}

static void
follow_page (BwPage   *page,
             gpointer  data)
{
  BwFollow *self = data;
  BwDocument *document = bw_page_get_document (page);
  g_autofree char *path = bw_window_dup_path (self->window, document);
  const BeltChangedFile *file = bw_change_find_file (self->change, path);
  const char *target = file == NULL ? NULL : self->undo ? file->from : file->to;
  g_autoptr(GFile) place = target != NULL ? bw_project_get_child (self->window->project, target) : NULL;

  if (file == NULL)
    return;
  if (target == NULL)
    {
      g_ptr_array_add (self->closed, g_steal_pointer (&path));
      bw_document_follow (document, NULL);
      bw_window_close_page (self->window, page);
      return;
    }
  g_ptr_array_add (self->documents, g_object_ref (document));
  bw_document_follow (document, place);
}

BwFollow *
bw_follow_new (BwWindow *window,
               BwChange *change,
               gboolean  undo)
{
  BwFollow *self = g_new0 (BwFollow, 1);

  self->window = window;
  self->change = g_object_ref (change);
  self->undo = undo;
  self->documents = g_ptr_array_new_with_free_func (g_object_unref);
  self->closed = g_ptr_array_new_with_free_func (g_free);
  bw_window_foreach_page (window, follow_page, self);
  return self;
}

void
bw_follow_free (BwFollow *self)
{
  g_object_unref (self->change);
  g_ptr_array_unref (self->documents);
  g_ptr_array_unref (self->closed);
  g_free (self);
}

void
bw_follow_back (BwFollow *self)
{
  for (guint i = 0; i < self->documents->len; i++)
    {
      BwDocument *document = g_ptr_array_index (self->documents, i);
      g_autofree char *path = bw_window_dup_path (self->window, document);
      const BeltChangedFile *file = bw_change_find_file (self->change, path);
      g_autoptr(GFile) place = bw_project_get_child (self->window->project, self->undo ? file->to : file->from);

      bw_document_follow (document, place);
    }
}

void
bw_follow_finish (BwFollow *self)
{
  for (guint i = 0; i < self->documents->len; i++)
    bw_document_look (g_ptr_array_index (self->documents, i));
  bw_project_rescan (self->window->project);
}
