/* bw-window-change.c - another name, or the end, of what the sidebar shows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan is made and said; then what was typed is saved, a fresh plan made and
 * applied, each off the main thread.  Pages of files that move follow them before
 * they do, with their undo and caret; pages of files that go are closed.  So
 * nothing typed is lost: it is on disk before anything happens to its file, and
 * a toast takes all of it back, unless somebody wrote to the files since.
 */
#include "config.h"

#include "bw-change.h"
#include "bw-rename-dialog.h"
#include "bw-window-private.h"

#include <glib/gi18n.h>

#define TOAST_SECONDS 10u  /* to read it and reach the button; Ctrl+Z in the sidebar works longer */

/* One rename or deletion on its way. */
typedef struct
{
  BwWindow       *window;
  BwChange       *change;
  BwRenameDialog *dialog;    /* NULL: a deletion */
  char           *name;      /* that it gets */
  GPtrArray      *unsaved;   /* of BwDocument */
  guint           n_saving;
  char           *problem;   /* of saving */
} Flow;

static void
flow_free (Flow *self)
{
  g_object_unref (self->window);
  g_object_unref (self->change);
  g_clear_object (&self->dialog);
  g_clear_pointer (&self->unsaved, g_ptr_array_unref);
  g_free (self->name);
  g_free (self->problem);
  g_free (self);
}

static Flow *
flow_new (BwWindow *window,
          BwItem   *item,
          gboolean  is_deletion)
{
  Flow *self = g_new0 (Flow, 1);

  self->window = g_object_ref (window);
  self->change = bw_change_new (window->project, item, is_deletion);
  self->name = g_strdup (bw_item_get_name (item));
  return self;
}

/* It ends here, with the reason. */
static void
fail (Flow       *self,
      const char *problem)
{
  if (self->dialog != NULL)
    bw_rename_dialog_fail (self->dialog, problem);
  else
    bw_window_add_toast (self->window, problem);
}

/* ------------------------------------------------------------------ what was typed */

static char *
dup_path (BwWindow   *self,
          BwDocument *document)
{
  return g_file_get_relative_path (bw_project_get_folder (self->project), bw_document_get_file (document));
}

static const BeltChangedFile *
find_file (BwChange   *change,
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

/* A text that is not on disk may name what gets another name, though the file does not. */
static gboolean
is_concerned (Flow  *self,
              GFile *file)
{
  BwKind kind = bw_item_get_kind (bw_change_get_item (self->change));
  g_autofree char *path = g_file_get_relative_path (bw_project_get_folder (self->window->project), file);

  if (path == NULL)
    return FALSE;
  if (!bw_change_is_deletion (self->change) && (kind == BW_KIND_STREAM || kind == BW_KIND_RULE) &&
      (g_str_has_prefix (path, "rules/") || g_str_has_prefix (path, "tests/")))
    return TRUE;

  return find_file (self->change, path) != NULL;
}

typedef struct
{
  Flow      *flow;
  GPtrArray *found;   /* of BwDocument */
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
list_unsaved (Flow *self)
{
  FindUnsaved find = { self, g_ptr_array_new_with_free_func (g_object_unref) };

  bw_window_foreach_page (self->window, find_unsaved, &find);
  return find.found;
}

/* "hot.sql, average.sql" */
static char *
describe_unsaved (Flow *self)
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
find_obstacle (Flow *self)
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

/* ------------------------------------------------------------------ pages follow their files */

typedef struct
{
  BwWindow  *window;
  BwChange  *change;
  gboolean   undo;
  GPtrArray *documents;  /* of BwDocument: that followed, or whose text changes */
  GPtrArray *closed;     /* paths of the pages that were closed */
} Follow;

static void
follow_page (BwPage   *page,
             gpointer  data)
{
  Follow *self = data;
  BwDocument *document = bw_page_get_document (page);
  g_autofree char *path = dup_path (self->window, document);
  const BeltChangedFile *file = find_file (self->change, path);
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

static Follow *
follow_new (BwWindow *window,
            BwChange *change,
            gboolean  undo)
{
  Follow *self = g_new0 (Follow, 1);

  self->window = window;
  self->change = g_object_ref (change);
  self->undo = undo;
  self->documents = g_ptr_array_new_with_free_func (g_object_unref);
  self->closed = g_ptr_array_new_with_free_func (g_free);
  bw_window_foreach_page (window, follow_page, self);
  return self;
}

static void
follow_free (Follow *self)
{
  g_object_unref (self->change);
  g_ptr_array_unref (self->documents);
  g_ptr_array_unref (self->closed);
  g_free (self);
}

/* The files are where they were before. */
static void
follow_back (Follow *self)
{
  for (guint i = 0; i < self->documents->len; i++)
    {
      BwDocument *document = g_ptr_array_index (self->documents, i);
      g_autofree char *path = dup_path (self->window, document);
      const BeltChangedFile *file = find_file (self->change, path);
      g_autoptr(GFile) place = bw_project_get_child (self->window->project, self->undo ? file->to : file->from);

      bw_document_follow (document, place);
    }
}

/* The files are there: what is in them is read. */
static void
follow_finish (Follow *self)
{
  for (guint i = 0; i < self->documents->len; i++)
    bw_document_look (g_ptr_array_index (self->documents, i));
  bw_project_rescan (self->window->project);
}

/* Once the project is read again, the pages and the sidebar show what is there. */
static void
expect (BwWindow   *self,
        GPtrArray  *paths,
        BwKind      kind,
        const char *name)
{
  g_clear_pointer (&self->reopen, g_ptr_array_unref);
  self->reopen = g_ptr_array_ref (paths);
  self->focus_kind = kind;
  g_free (self->focus_name);
  self->focus_name = g_strdup (name);
}

/* ------------------------------------------------------------------ undo */

static void
undone_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  BwChange *change = BW_CHANGE (object);
  Follow *follow = data;
  g_autoptr(BwWindow) self = follow->window;
  g_autoptr(GError) error = NULL;

  if (self->project == NULL)
    {
      follow_free (follow);
      return;
    }
  if (bw_change_finish (change, result, &error))
    {
      expect (self, g_object_get_data (G_OBJECT (change), "closed"), bw_item_get_kind (bw_change_get_item (change)),
              bw_item_get_name (bw_change_get_item (change)));
    }
  else
    {
      follow_back (follow);
      bw_window_add_toast (self, error->message);
    }
  follow_finish (follow);
  follow_free (follow);
}

static void
find_edited (BwPage   *page,
             gpointer  data)
{
  FindUnsaved *find = data;
  BwDocument *document = bw_page_get_document (page);
  g_autofree char *path = dup_path (find->flow->window, document);

  if (find_file (find->flow->change, path) != NULL && gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)))
    g_ptr_array_add (find->found, g_object_ref (document));
}

void
bw_window_undo_change (BwWindow *self)
{
  g_autoptr(BwChange) change = g_steal_pointer (&self->undoable);
  g_autoptr(GPtrArray) edited = g_ptr_array_new_with_free_func (g_object_unref);
  Flow flow = { .window = self, .change = change };
  FindUnsaved find = { &flow, edited };

  if (change == NULL || self->project == NULL)
    return;
  bw_window_foreach_page (self, find_edited, &find);
  if (edited->len > 0)
    {
      g_autofree char *name = g_file_get_basename (bw_document_get_file (g_ptr_array_index (edited, 0)));
      g_autofree char *text = g_strdup_printf (_("“%s” was edited since. Save or undo that first."), name);

      self->undoable = g_steal_pointer (&change);
      bw_window_add_toast (self, text);
      return;
    }

  if (self->undo_toast != NULL)
    adw_toast_dismiss (self->undo_toast);
  bw_change_undo_async (change, undone_cb, follow_new (g_object_ref (self), change, TRUE));
}

static void
offer_undo (BwWindow *self,
            BwChange *change)
{
  const char *was = bw_item_get_name (bw_change_get_item (change));
  g_autofree char *text = bw_change_is_deletion (change)
                          ? g_strdup_printf (_("“%s” is deleted."), was)
                          : g_strdup_printf (_("“%s” is called “%s” now."), was, bw_change_get_name (change));
  AdwToast *toast = adw_toast_new (text);

  if (self->undo_toast != NULL)
    adw_toast_dismiss (self->undo_toast);
  g_set_weak_pointer (&self->undo_toast, toast);
  g_set_object (&self->undoable, change);
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_timeout (toast, TOAST_SECONDS);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (bw_window_undo_change), self, G_CONNECT_SWAPPED);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

/* ------------------------------------------------------------------ doing it */

typedef struct
{
  Flow   *flow;
  Follow *follow;
  char   *focus;   /* name of what the focus goes to; NULL: nothing is left */
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
  Flow *flow = apply->flow;
  BwKind kind = bw_item_get_kind (bw_change_get_item (flow->change));
  Follow *follow = apply->follow;
  BwWindow *self = flow->window;
  g_autoptr(GError) error = NULL;

  if (self->project == NULL)
    {
      /* The window was closed meanwhile; what was to be done is done. */
    }
  else if (!bw_change_finish (flow->change, result, &error))
    {
      follow_back (follow);
      expect (self, follow->closed, kind, bw_item_get_name (bw_change_get_item (flow->change)));
      follow_finish (follow);
      fail (flow, error->message);
    }
  else
    {
      g_autoptr(GPtrArray) nothing = g_ptr_array_new ();

      g_object_set_data_full (G_OBJECT (flow->change), "closed", g_ptr_array_ref (follow->closed),
                              (GDestroyNotify)g_ptr_array_unref);
      expect (self, nothing, kind, apply->focus);
      follow_finish (follow);
      if (flow->dialog != NULL)
        gtk_window_destroy (GTK_WINDOW (flow->dialog));
      offer_undo (self, flow->change);
    }
  follow_free (follow);
  g_free (apply->focus);
  /* A dialog that failed begins another flow. */
  flow_free (flow);
}

static void
final_plan_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      data)
{
  Flow *self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *obstacle = NULL;
  Apply *apply;

  if (self->window->project == NULL)
    {
      flow_free (self);
      return;
    }
  if (!bw_change_plan_finish (self->change, result, &error) || (obstacle = find_obstacle (self)) != NULL)
    {
      fail (self, error != NULL ? error->message : obstacle);
      flow_free (self);
      return;
    }

  apply = g_new0 (Apply, 1);
  apply->flow = self;
  apply->focus = bw_change_is_deletion (self->change)
                 ? dup_neighbour (self->window, bw_change_get_item (self->change)) : g_strdup (self->name);
  apply->follow = follow_new (self->window, self->change, FALSE);
  bw_change_apply_async (self->change, applied_cb, apply);
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  Flow *self = data;
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
  fail (self, self->problem);
  flow_free (self);
}

/* What is typed is saved, then planned, then done.  Takes the flow. */
static void
run (Flow *self)
{
  g_autofree char *obstacle = find_obstacle (self);

  if (obstacle != NULL)
    {
      fail (self, obstacle);
      flow_free (self);
      return;
    }

  self->unsaved = list_unsaved (self);
  self->n_saving = self->unsaved->len;
  for (guint i = 0; i < self->unsaved->len; i++)
    bw_document_save_async (g_ptr_array_index (self->unsaved, i), saved_cb, self);
  if (self->unsaved->len == 0)
    bw_change_plan_async (self->change, self->name, final_plan_cb, self);
}

/* ------------------------------------------------------------------ asking */

static void
rename_planned_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      data)
{
  Flow *self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *effect = NULL;
  g_autofree char *unsaved = NULL;

  if (self->window->project == NULL || !gtk_widget_get_visible (GTK_WIDGET (self->dialog)))
    {
      /* Nobody asks any more. */
    }
  else if (!bw_change_plan_finish (self->change, result, &error))
    {
      fail (self, error->message);
    }
  else
    {
      effect = bw_change_dup_effect (self->change);
      unsaved = describe_unsaved (self);
      bw_rename_dialog_set_effect (self->dialog, effect, unsaved);
    }
  flow_free (self);
}

static void
accepted_cb (BwRenameDialog *dialog,
             const char     *name,
             Flow           *asked)
{
  Flow *self = g_new0 (Flow, 1);

  self->window = g_object_ref (asked->window);
  self->change = g_object_ref (asked->change);
  self->dialog = g_object_ref (dialog);
  self->name = g_strdup (name);
  run (self);
}

static void
asked_gone_cb (gpointer  data,
               GClosure *closure)
{
  flow_free (data);
}

void
bw_window_rename_item (BwWindow *self,
                       BwItem   *item)
{
  BwRenameDialog *dialog;
  Flow *plan;
  Flow *asked;

  if (bw_item_get_kind (item) == BW_KIND_PLUGIN)
    {
      bw_window_add_toast (self, _("The name of a plugin is in its C code, too: change it there, in beltworks.json "
                                   "and in the rules."));
      return;
    }

  dialog = bw_rename_dialog_new (GTK_WINDOW (self), self->project, item);
  plan = flow_new (self, item, FALSE);
  plan->dialog = g_object_ref (dialog);
  asked = flow_new (self, item, FALSE);
  g_set_object (&asked->change, plan->change);
  g_signal_connect_data (dialog, "accepted", G_CALLBACK (accepted_cb), asked, asked_gone_cb, 0);
  bw_change_plan_async (plan->change, bw_item_get_name (item), rename_planned_cb, plan);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
delete_response_cb (AdwMessageDialog *dialog,
                    const char       *response,
                    Flow             *self)
{
  /* There is one answer. */
  g_signal_handlers_disconnect_by_data (dialog, self);
  if (g_str_equal (response, "delete"))
    run (self);
  else
    flow_free (self);
}

static void
delete_planned_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      data)
{
  Flow *self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *effect = NULL;
  g_autofree char *unsaved = NULL;
  g_autofree char *body = NULL;
  GtkWidget *dialog;

  if (self->window->project == NULL || !bw_change_plan_finish (self->change, result, &error))
    {
      if (self->window->project != NULL)
        fail (self, error->message);
      flow_free (self);
      return;
    }

  effect = bw_change_dup_effect (self->change);
  unsaved = describe_unsaved (self);
  body = unsaved != NULL ? g_strdup_printf ("%s\n\n%s", effect, unsaved) : g_strdup (effect);
  dialog = adw_message_dialog_new (GTK_WINDOW (self->window), NULL, NULL);
  adw_message_dialog_format_heading (ADW_MESSAGE_DIALOG (dialog), _("Delete “%s”?"), self->name);
  adw_message_dialog_set_body (ADW_MESSAGE_DIALOG (dialog), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete",
                                    unsaved != NULL ? _("_Save and Delete") : _("_Delete"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect (dialog, "response", G_CALLBACK (delete_response_cb), self);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
bw_window_delete_item (BwWindow *self,
                       BwItem   *item)
{
  Flow *flow = flow_new (self, item, TRUE);

  bw_change_plan_async (flow->change, bw_item_get_name (item), delete_planned_cb, flow);
}

/* ------------------------------------------------------------------ after the project is read again */

static void
adopt_item (BwPage   *page,
            gpointer  data)
{
  BwWindow *self = data;
  BwItem *item = bw_project_lookup_file (self->project, bw_document_get_file (bw_page_get_document (page)));

  if (item == NULL || item == bw_page_get_item (page))
    return;
  bw_page_set_item (page, item);
  if (page == self->page)
    bw_sidebar_select (self->sidebar, item);
}

void
bw_window_finish_change (BwWindow *self)
{
  BwItem *item = self->focus_name != NULL ? bw_project_lookup (self->project, self->focus_kind, self->focus_name)
                                          : NULL;

  bw_window_foreach_page (self, adopt_item, self);
  /* This may be a look from before the change: then the next one has it. */
  if (item == NULL)
    return;
  for (guint i = 0; i < self->reopen->len; i++)
    {
      BwItem *closed = bw_project_lookup_path (self->project, g_ptr_array_index (self->reopen, i));

      if (closed != NULL)
        bw_window_open_item (self, closed);
    }
  g_clear_pointer (&self->reopen, g_ptr_array_unref);
  g_clear_pointer (&self->focus_name, g_free);
  bw_sidebar_focus (self->sidebar, item);
}
