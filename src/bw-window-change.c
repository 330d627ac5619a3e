/* bw-window-change.c - another name, or the end, of what the sidebar shows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan is made and said; who accepts it sets the flow going.  A toast takes all of
 * it back, unless somebody wrote to the files since.
 */
#include "config.h"

#include "bw-change-flow.h"
#include "bw-follow.h"
#include "bw-window-private.h"

#include <glib/gi18n.h>

#define TOAST_SECONDS 10u  /* to read it and reach the button; Ctrl+Z in the sidebar works longer */

/* ------------------------------------------------------------------ once it is done */

void
bw_window_expect (BwWindow   *self,
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
  BwFollow *follow = data;
  g_autoptr(BwWindow) self = follow->window;
  g_autoptr(GError) error = NULL;

  if (self->project == NULL)
    {
      bw_follow_free (follow);
      return;
    }
  if (bw_change_finish (change, result, &error))
    {
      BwItem *item = bw_change_get_item (change);

      bw_window_expect (self, g_object_get_data (G_OBJECT (change), "closed"), bw_item_get_kind (item),
                        bw_item_get_name (item));
    }
  else
    {
      bw_follow_back (follow);
      bw_window_add_toast (self, error->message);
    }
  bw_follow_finish (follow);
  bw_follow_free (follow);
}

typedef struct
{
  BwWindow *window;
  BwChange *change;
  char     *edited;   /* name of a file of the change with text that is not saved */
} FindEdited;

static void
find_edited (BwPage   *page,
             gpointer  data)
{
  FindEdited *find = data;
  BwDocument *document = bw_page_get_document (page);
  g_autofree char *path = bw_window_dup_path (find->window, document);

  if (find->edited == NULL && bw_change_find_file (find->change, path) != NULL &&
      gtk_text_buffer_get_modified (GTK_TEXT_BUFFER (document)))
    find->edited = g_path_get_basename (path);
}

void
bw_window_undo_change (BwWindow *self)
{
  g_autoptr(BwChange) change = g_steal_pointer (&self->undoable);
  FindEdited find = { self, change, NULL };
  g_autofree char *edited = NULL;

  if (change == NULL || self->project == NULL)
    return;
  bw_window_foreach_page (self, find_edited, &find);
  edited = find.edited;
  if (edited != NULL)
    {
      g_autofree char *text = g_strdup_printf (_("“%s” was edited since. Save or undo that first."), edited);

      self->undoable = g_steal_pointer (&change);
      bw_window_add_toast (self, text);
      return;
    }

  if (self->undo_toast != NULL)
    adw_toast_dismiss (self->undo_toast);
  bw_change_undo_async (change, undone_cb, bw_follow_new (g_object_ref (self), change, TRUE));
}

void
bw_window_offer_undo (BwWindow *self,
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

/* ------------------------------------------------------------------ asking */

static void
rename_planned_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      data)
{
  BwChangeFlow *self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *effect = NULL;
  g_autofree char *unsaved = NULL;

  if (self->window->project == NULL || !gtk_widget_get_visible (GTK_WIDGET (self->dialog)))
    {
      /* Nobody asks any more. */
    }
  else if (!bw_change_plan_finish (self->change, result, &error))
    {
      bw_change_flow_fail (self, error->message);
    }
  else
    {
      effect = bw_change_dup_effect (self->change);
      unsaved = bw_change_flow_describe_unsaved (self);
      bw_rename_dialog_set_effect (self->dialog, effect, unsaved);
    }
  bw_change_flow_free (self);
}

static void
accepted_cb (BwRenameDialog *dialog,
             const char     *name,
             BwChangeFlow   *asked)
{
  bw_change_flow_run (bw_change_flow_new (asked->window, asked->change, dialog, name));
}

static void
asked_gone_cb (gpointer  data,
               GClosure *closure)
{
  bw_change_flow_free (data);
}

void
bw_window_rename_item (BwWindow *self,
                       BwItem   *item)
{
  g_autoptr(BwChange) change = NULL;
  BwRenameDialog *dialog;
  BwChangeFlow *plan;
  BwChangeFlow *asked;

  if (bw_item_get_kind (item) == BW_KIND_PLUGIN)
    {
      bw_window_add_toast (self, _("The name of a plugin is in its C code, too: change it there, in beltworks.json "
                                   "and in the rules."));
      return;
    }

  dialog = bw_rename_dialog_new (GTK_WINDOW (self), self->project, item);
  change = bw_change_new (self->project, item, FALSE);
  plan = bw_change_flow_new (self, change, dialog, bw_item_get_name (item));
  asked = bw_change_flow_new (self, change, NULL, bw_item_get_name (item));
  g_signal_connect_data (dialog, "accepted", G_CALLBACK (accepted_cb), asked, asked_gone_cb, 0);
  bw_change_plan_async (plan->change, bw_item_get_name (item), rename_planned_cb, plan);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
delete_response_cb (AdwMessageDialog *dialog,
                    const char       *response,
                    BwChangeFlow     *self)
{
  /* There is one answer. */
  g_signal_handlers_disconnect_by_data (dialog, self);
  if (g_str_equal (response, "delete"))
    bw_change_flow_run (self);
  else
    bw_change_flow_free (self);
}

static void
delete_planned_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      data)
{
  BwChangeFlow *self = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *effect = NULL;
  g_autofree char *unsaved = NULL;
  g_autofree char *body = NULL;
  GtkWidget *dialog;

  if (self->window->project == NULL || !bw_change_plan_finish (self->change, result, &error))
    {
      if (self->window->project != NULL)
        bw_change_flow_fail (self, error->message);
      bw_change_flow_free (self);
      return;
    }

  effect = bw_change_dup_effect (self->change);
  unsaved = bw_change_flow_describe_unsaved (self);
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
  g_autoptr(BwChange) change = bw_change_new (self->project, item, TRUE);
  BwChangeFlow *flow = bw_change_flow_new (self, change, NULL, bw_item_get_name (item));

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
