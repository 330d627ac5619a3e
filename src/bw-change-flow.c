/* bw-change-flow.c - one rename or deletion on its way
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * What was typed is saved, a fresh plan made and applied, each off the main thread.
 * So nothing typed is lost: it is on disk before anything happens to its file.
 */
#include "config.h"

#include "bw-change-flow.h"

#include "bw-follow.h"
#include "bw-window-private.h"

#include <glib/gi18n.h>

void
bw_change_flow_free (BwChangeFlow *self)
{
  g_object_unref (self->window);
  g_object_unref (self->change);
  g_clear_object (&self->dialog);
  g_clear_pointer (&self->unsaved, g_ptr_array_unref);
  g_free (self->name);
  g_free (self->problem);
  g_free (self);
}

BwChangeFlow *
bw_change_flow_new (BwWindow       *window,
                    BwChange       *change,
                    BwRenameDialog *dialog,
                    const char     *name)
{
  BwChangeFlow *self = g_new0 (BwChangeFlow, 1);

  self->window = g_object_ref (window);
  self->change = g_object_ref (change);
  if (dialog != NULL)
    self->dialog = g_object_ref (dialog);
  self->name = g_strdup (name);
  return self;
}

void
bw_change_flow_fail (BwChangeFlow *self,
                     const char   *problem)
{
  if (self->dialog != NULL)
    bw_rename_dialog_fail (self->dialog, problem);
  else
    bw_window_add_toast (self->window, problem);
}

/* ------------------------------------------------------------------ what was typed */

/* A text that is not on disk may name what gets another name, though the file does not. */
static gboolean
is_concerned (BwChangeFlow *self,
              GFile        *file)
{
  BwKind kind = bw_item_get_kind (bw_change_get_item (self->change));
  g_autofree char *path = g_file_get_relative_path (bw_project_get_folder (self->window->project), file);

  if (path == NULL)
    return FALSE;
  if (!bw_change_is_deletion (self->change) && (kind == BW_KIND_STREAM || kind == BW_KIND_RULE) &&
      (g_str_has_prefix (path, "rules/") || g_str_has_prefix (path, "tests/")))
    return TRUE;

  return bw_change_find_file (self->change, path) != NULL;
}

typedef struct
{
  BwChangeFlow *flow;
  GPtrArray    *found;   /* of BwDocument */
} FindUnsaved;

static void
find_unsaved (BwPage   *page,
              gpointer  data)
{
  FindUnsaved *find = data;
  BwDocument *document = bw_page_get_document (page);

  if (gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)) &&
      is_concerned (find->flow, bw_document_get_file (document)))
    g_ptr_array_add (find->found, g_object_ref (document));
}

static GPtrArray *
list_unsaved (BwChangeFlow *self)
{
  FindUnsaved find = { self, g_ptr_array_new_with_free_func (g_object_unref) };

  bw_window_foreach_page (self->window, find_unsaved, &find);
  return find.found;
}

char *
bw_change_flow_describe_unsaved (BwChangeFlow *self)
{
  g_autoptr(GPtrArray) documents = list_unsaved (self);
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < documents->len; i++)
    {
      g_autofree char *name = g_file_get_basename (bw_document_get_file (g_ptr_array_index (documents, i)));

      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", name);
    }
  if (documents->len == 0)
    return NULL;

  return g_strdup_printf (_("Not saved yet, and saved first: %s."), names->str);
}

typedef struct
{
  GFile   *file;
  gboolean is_open;
} FindOpen;

static void
find_open (BwPage   *page,
           gpointer  data)
{
  FindOpen *find = data;

  find->is_open |= g_file_equal (bw_document_get_file (bw_page_get_document (page)), find->file);
}

/* An entry of an open page may be one that is just being forgotten: the page knows what it has. */
static gboolean
is_open (BwWindow *self,
         GFile    *file)
{
  FindOpen find = { file, FALSE };

  bw_window_foreach_page (self, find_open, &find);
  return find.is_open;
}

/* Text that only a person can decide about; NULL: there is none. */
static char *
find_obstacle (BwChangeFlow *self)
{
  g_autoptr(GPtrArray) documents = list_unsaved (self);
  GPtrArray *typed = bw_change_get_typed (self->change);

  for (guint i = 0; i < documents->len; i++)
    {
      BwDocument *document = g_ptr_array_index (documents, i);
      g_autofree char *name = g_file_get_basename (bw_document_get_file (document));

      if (bw_document_get_notice (document) == BW_NOTICE_CHANGED_ON_DISK ||
          bw_document_get_notice (document) == BW_NOTICE_DELETED)
        return g_strdup_printf (_("“%s” changed on disk and here. Decide on its page which text to keep."), name);
    }
  for (guint i = 0; i < typed->len; i++)
    {
      GFile *file = g_ptr_array_index (typed, i);
      g_autofree char *name = g_file_get_basename (file);

      if (is_concerned (self, file) && !is_open (self->window, file))
        return g_strdup_printf (_("“%s” has text that was typed and not saved. Open it and save it first."), name);
    }

  return NULL;
}

/* ------------------------------------------------------------------ doing it */

typedef struct
{
  BwChangeFlow *flow;
  BwFollow     *follow;
  char         *focus; /* name of what the focus goes to; NULL: nothing is left */
} Apply;

/* Of the same kind: what comes after it, or before it if it is the last. */
static char *
dup_neighbour (BwWindow *self,
               BwItem   *gone)
{
  GListModel *items = bw_project_get_items (self->project);
  const char *found = NULL;
  gboolean is_behind = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (items); i++)
    {
      g_autoptr(BwItem) item = g_list_model_get_item (items, i);

      if (item == gone)
        is_behind = TRUE;
      else if (bw_item_get_kind (item) == bw_item_get_kind (gone) && (found == NULL || is_behind))
        found = bw_item_get_name (item);
      if (is_behind && item != gone)
        break;
    }

  return g_strdup (found);
}

static void
applied_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  g_autofree Apply *apply = data;
  BwChangeFlow *flow = apply->flow;
  BwKind kind = bw_item_get_kind (bw_change_get_item (flow->change));
  BwFollow *follow = apply->follow;
  BwWindow *self = flow->window;
  g_autoptr(GError) error = NULL;

  if (self->project == NULL)
    {
      /* The window was closed meanwhile; what was to be done is done. */
    }
  else if (!bw_change_finish (flow->change, result, &error))
    {
      bw_follow_back (follow);
      bw_window_expect (self, follow->closed, kind, bw_item_get_name (bw_change_get_item (flow->change)));
      bw_follow_finish (follow);
      bw_change_flow_fail (flow, error->message);
    }
  else
    {
      g_autoptr(GPtrArray) nothing = g_ptr_array_new ();

      g_object_set_data_full (G_OBJECT (flow->change), "closed", g_ptr_array_ref (follow->closed),
                              (GDestroyNotify)g_ptr_array_unref);
      bw_window_expect (self, nothing, kind, apply->focus);
      bw_follow_finish (follow);
      if (flow->dialog != NULL)
        gtk_window_destroy (GTK_WINDOW (flow->dialog));
      bw_window_offer_undo (self, flow->change);
    }
  bw_follow_free (follow);
  g_free (apply->focus);
  /* A dialog that failed begins another flow. */
  bw_change_flow_free (flow);
}

static void
final_plan_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      data)
{
  BwChangeFlow *self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *obstacle = NULL;
  Apply *apply;

  if (self->window->project == NULL)
    {
      bw_change_flow_free (self);
      return;
    }
  if (!bw_change_plan_finish (self->change, result, &error) || (obstacle = find_obstacle (self)) != NULL)
    {
      bw_change_flow_fail (self, error != NULL ? error->message : obstacle);
      bw_change_flow_free (self);
      return;
    }

  apply = g_new0 (Apply, 1);
  apply->flow = self;
  apply->focus = bw_change_is_deletion (self->change)
                 ? dup_neighbour (self->window, bw_change_get_item (self->change)) : g_strdup (self->name);
  apply->follow = bw_follow_new (self->window, self->change, FALSE);
  bw_change_apply_async (self->change, applied_cb, apply);
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  BwChangeFlow *self = data;
  g_autoptr(GError) error = NULL;

  if (!bw_document_save_finish (BW_DOCUMENT (object), result, &error) && self->problem == NULL)
    self->problem = g_strdup (error->message);
  if (--self->n_saving > 0)
    return;

  if (self->problem == NULL)
    {
      bw_change_plan_async (self->change, self->name, final_plan_cb, self);
      return;
    }
  bw_change_flow_fail (self, self->problem);
  bw_change_flow_free (self);
}

void
bw_change_flow_run (BwChangeFlow *self)
{
  g_autofree char *obstacle = find_obstacle (self);

  if (obstacle != NULL)
    {
      bw_change_flow_fail (self, obstacle);
      bw_change_flow_free (self);
      return;
    }

  self->unsaved = list_unsaved (self);
  self->n_saving = self->unsaved->len;
  for (guint i = 0; i < self->unsaved->len; i++)
    bw_document_save_async (g_ptr_array_index (self->unsaved, i), saved_cb, self);
  if (self->unsaved->len == 0)
    bw_change_plan_async (self->change, self->name, final_plan_cb, self);
}
