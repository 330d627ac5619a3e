/* bw-sql-assist.c - completion and hover for statements
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * All knowledge is the engine's language service; it answers within a
 * millisecond, so nothing here waits.
 */
#include "config.h"

#include "bw-sql-assist.h"

#include "bw-sql-proposal.h"

#include <glib/gi18n.h>
#include <string.h>

#define PROPOSALS_MAX 200u  /* more is scrolling, not completing */

struct _BwSqlAssist
{
  GObject    parent_instance;

  BwSession *session;
};

static char *
dup_text (GtkTextBuffer *buffer)
{
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
}

static gsize
get_byte_offset (const char        *text,
                 const GtkTextIter *at)
{
  return (gsize)(g_utf8_offset_to_pointer (text, gtk_text_iter_get_offset (at)) - text);
}

static char *
bw_sql_assist_get_title (GtkSourceCompletionProvider *provider)
{
  return g_strdup (_("SQL"));
}

/* What may stand before the place the context ends at; text: what was asked about. */
static BeltCompletion *
ask (BwSqlAssist                *self,
     GtkSourceCompletionContext *context,
     char                      **ret_text)
{
  BeltLanguage language;
  GtkTextIter start;
  GtkTextIter end;

  *ret_text = dup_text (GTK_TEXT_BUFFER (gtk_source_completion_context_get_buffer (context)));
  gtk_source_completion_context_get_bounds (context, &start, &end);
  bw_session_fill_language (self->session, &language);
  return belt_language_complete (&language, *ret_text, strlen (*ret_text), get_byte_offset (*ret_text, &end));
}

static gboolean
is_written (const BeltProposal *proposal,
            const char         *word)
{
  return proposal->kind == BELT_PROPOSAL_KEYWORD ? g_ascii_strcasecmp (proposal->insert, word) == 0
                                                 : g_str_equal (proposal->insert, word);
}

/* Of BwSqlProposal. */
static GPtrArray *
list_proposals (BwSqlAssist                *self,
                GtkSourceCompletionContext *context)
{
  GPtrArray *proposals = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *text = NULL;
  g_autoptr(BeltCompletion) completion = ask (self, context, &text);
  g_autofree char *word = g_strndup (text + completion->span.start, completion->span.end - completion->span.start);

  for (guint i = 0; i < MIN (completion->proposals->len, PROPOSALS_MAX); i++)
    {
      BeltProposal *proposal = g_ptr_array_index (completion->proposals, i);

      /* What is written whole is done: Enter is a new line then. */
      if (proposals->len == 0 && is_written (proposal, word))
        break;
      g_ptr_array_add (proposals, bw_sql_proposal_new (proposal));
    }

  return proposals;
}

/* Is the word before the iter FROM or JOIN? */
static gboolean
is_behind_from (const GtkTextIter *iter)
{
  GtkTextIter start = *iter;
  g_autofree char *word = NULL;

  gtk_text_iter_backward_chars (&start, 5);
  word = gtk_text_iter_get_text (&start, iter);
  g_strstrip (word);
  return g_ascii_strcasecmp (word, "FROM") == 0 || g_ascii_strcasecmp (word, "JOIN") == 0;
}

static gboolean
bw_sql_assist_is_trigger (GtkSourceCompletionProvider *provider,
                          const GtkTextIter           *iter,
                          gunichar                     ch)
{
  return ch == '.' || (ch == ' ' && is_behind_from (iter));
}

static void
bw_sql_assist_populate_async (GtkSourceCompletionProvider *provider,
                              GtkSourceCompletionContext  *context,
                              GCancellable                *cancellable,
                              GAsyncReadyCallback          callback,
                              gpointer                     user_data)
{
  BwSqlAssist *self = BW_SQL_ASSIST (provider);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GListStore *store = g_list_store_new (BW_TYPE_SQL_PROPOSAL);
  g_autoptr(GPtrArray) proposals = list_proposals (self, context);

  g_list_store_splice (store, 0, 0, proposals->pdata, proposals->len);
  g_task_return_pointer (task, store, g_object_unref);
}

static GListModel *
bw_sql_assist_populate_finish (GtkSourceCompletionProvider  *provider,
                               GAsyncResult                 *result,
                               GError                      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The engine sorts by what fits; typing on asks it again. */
static void
bw_sql_assist_refilter (GtkSourceCompletionProvider *provider,
                        GtkSourceCompletionContext  *context,
                        GListModel                  *model)
{
  g_autoptr(GPtrArray) proposals = list_proposals (BW_SQL_ASSIST (provider), context);

  g_list_store_splice (G_LIST_STORE (model), 0, g_list_model_get_n_items (model), proposals->pdata, proposals->len);
}

static void
bw_sql_assist_display (GtkSourceCompletionProvider *provider,
                       GtkSourceCompletionContext  *context,
                       GtkSourceCompletionProposal *proposal,
                       GtkSourceCompletionCell     *cell)
{
  static const char *const icons[] = {
    [BELT_PROPOSAL_COLUMN] = "view-column-symbolic",
    [BELT_PROPOSAL_ALIAS] = "view-column-symbolic",
    [BELT_PROPOSAL_STREAM] = "network-transmit-receive-symbolic",
    [BELT_PROPOSAL_TABLE] = "x-office-spreadsheet-symbolic",
    [BELT_PROPOSAL_FUNCTION] = "application-x-addon-symbolic",
  };
  BwSqlProposal *item = BW_SQL_PROPOSAL (proposal);
  BeltProposalKind kind = bw_sql_proposal_get_kind (item);

  switch (gtk_source_completion_cell_get_column (cell))
    {
    case GTK_SOURCE_COMPLETION_COLUMN_ICON:
      gtk_source_completion_cell_set_icon_name (cell, kind < G_N_ELEMENTS (icons) ? icons[kind] : NULL);
      break;
    case GTK_SOURCE_COMPLETION_COLUMN_TYPED_TEXT:
      gtk_source_completion_cell_set_text (cell, bw_sql_proposal_get_label (item));
      break;
    case GTK_SOURCE_COMPLETION_COLUMN_AFTER:
      gtk_source_completion_cell_set_text (cell, bw_sql_proposal_get_detail (item));
      break;
    case GTK_SOURCE_COMPLETION_COLUMN_COMMENT:
    case GTK_SOURCE_COMPLETION_COLUMN_DETAILS:
      gtk_source_completion_cell_set_text (cell, bw_sql_proposal_get_doc (item));
      break;
    case GTK_SOURCE_COMPLETION_COLUMN_BEFORE:
    default:
      gtk_source_completion_cell_set_text (cell, NULL);
    }
}

static void
bw_sql_assist_activate (GtkSourceCompletionProvider *provider,
                        GtkSourceCompletionContext  *context,
                        GtkSourceCompletionProposal *proposal)
{
  BwSqlAssist *self = BW_SQL_ASSIST (provider);
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (gtk_source_completion_context_get_buffer (context));
  g_autofree char *insert = g_strdup (bw_sql_proposal_get_insert (BW_SQL_PROPOSAL (proposal)));
  g_autofree char *text = NULL;
  g_autoptr(BeltCompletion) completion = ask (self, context, &text);
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_iter_at_offset (buffer, &start,
                                      (int)g_utf8_pointer_to_offset (text, text + completion->span.start));
  gtk_text_buffer_get_iter_at_offset (buffer, &end,
                                      (int)g_utf8_pointer_to_offset (text, text + completion->span.end));
  gtk_text_buffer_begin_user_action (buffer);
  gtk_text_buffer_delete (buffer, &start, &end);
  gtk_text_buffer_insert (buffer, &start, insert, -1);
  gtk_text_buffer_end_user_action (buffer);
}

static void
bw_sql_assist_init_completion (GtkSourceCompletionProviderInterface *iface)
{
  iface->get_title = bw_sql_assist_get_title;
  iface->is_trigger = bw_sql_assist_is_trigger;
  iface->populate_async = bw_sql_assist_populate_async;
  iface->populate_finish = bw_sql_assist_populate_finish;
  iface->refilter = bw_sql_assist_refilter;
  iface->display = bw_sql_assist_display;
  iface->activate = bw_sql_assist_activate;
}

static void
append_label (GtkSourceHoverDisplay *display,
              const char            *text,
              const char            *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 60);
  gtk_widget_add_css_class (label, css_class);
  gtk_source_hover_display_append (display, label);
}

static gboolean
bw_sql_assist_populate_hover (GtkSourceHoverProvider  *provider,
                              GtkSourceHoverContext   *context,
                              GtkSourceHoverDisplay   *display,
                              GError                 **error)
{
  BwSqlAssist *self = BW_SQL_ASSIST (provider);
  g_autofree char *text = NULL;
  g_autoptr(BeltHover) hover = NULL;
  BeltLanguage language;
  GtkTextIter at;

  if (!gtk_source_hover_context_get_iter (context, &at))
    return FALSE;

  text = dup_text (GTK_TEXT_BUFFER (gtk_source_hover_context_get_buffer (context)));
  bw_session_fill_language (self->session, &language);
  hover = belt_language_hover (&language, text, strlen (text), get_byte_offset (text, &at));
  if (hover == NULL)
    return FALSE;

  append_label (display, hover->title, "monospace");
  if (hover->text != NULL)
    append_label (display, hover->text, "body");
  return TRUE;
}

static void
bw_sql_assist_init_hover (GtkSourceHoverProviderInterface *iface)
{
  iface->populate = bw_sql_assist_populate_hover;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BwSqlAssist, bw_sql_assist, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GTK_SOURCE_TYPE_COMPLETION_PROVIDER,
                                                      bw_sql_assist_init_completion)
                               G_IMPLEMENT_INTERFACE (GTK_SOURCE_TYPE_HOVER_PROVIDER, bw_sql_assist_init_hover))

static void
bw_sql_assist_finalize (GObject *object)
{
  g_clear_object (&BW_SQL_ASSIST (object)->session);

  G_OBJECT_CLASS (bw_sql_assist_parent_class)->finalize (object);
}

static void
bw_sql_assist_class_init (BwSqlAssistClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bw_sql_assist_finalize;
}

static void
bw_sql_assist_init (BwSqlAssist *self)
{
}

void
bw_sql_assist_attach (GtkSourceView *view,
                      BwSession     *session)
{
  g_autoptr(BwSqlAssist) self = g_object_new (BW_TYPE_SQL_ASSIST, NULL);

  self->session = g_object_ref (session);
  /* Enter and Tab take the first one; without a list they are themselves. */
  g_object_set (gtk_source_view_get_completion (view), "select-on-show", TRUE, NULL);
  gtk_source_completion_add_provider (gtk_source_view_get_completion (view), GTK_SOURCE_COMPLETION_PROVIDER (self));
  gtk_source_hover_add_provider (gtk_source_view_get_hover (view), GTK_SOURCE_HOVER_PROVIDER (self));
}
