/* bw-rule-page.c - a rule: its text, its plan, its rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A view of one BeltTrial.  A pause in typing starts a new trial in a worker
 * and cancels the one under way; text that does not parse leaves the rows of
 * the last text that did, and says so.
 */
#include "config.h"

#include "bw-rule-page.h"

#include "bw-live.h"
#include "bw-problem-bar.h"
#include "bw-settings.h"
#include "bw-signature-bar.h"
#include "bw-source-button.h"
#include "bw-sql-assist.h"
#include "bw-symbol.h"

#include <glib/gi18n.h>
#include <string.h>

#define CHECK_MS 5  /* from a key to what is wrong: several keys of one turn are checked once */

struct _BwRulePage
{
  BwPage          parent_instance;

  GtkWidget      *paned;
  BwEditor       *editor;
  BwSignatureBar *signature_bar;
  BwProblemBar   *problem_bar;
  BwPlanView     *plan;
  GtkWidget      *plan_scroller;
  BwRowsView     *rows;
  GtkWidget      *why_box;
  BwWhyView      *why;
  GtkLabel       *summary;
  GtkWidget      *sinks_strip;
  BwSourceButton *sources;
  GtkLabel       *sinks_label;
  GtkSwitch      *send_switch;

  BwSession      *session;
  BwLive         *live;        /* NULL: never switched on */
  GListStore     *problems;
  GStrv           streams;     /* that the last good text reads */
  BeltTrial      *trial;       /* of the last good text */
  GCancellable   *cancellable; /* of the trial under way; NULL: none */
  guint           run_timeout;
  guint           check_timeout;
  gint64          run_started_us;
  gboolean        rows_came;   /* while a trial was under way */
  gboolean        stale;       /* something changed while the page was not in sight */
  gboolean        op_chosen;   /* by the person; else the sink's input is shown */
};

G_DEFINE_FINAL_TYPE (BwRulePage, bw_rule_page, BW_TYPE_PAGE)

static const char *
get_rule_name (BwRulePage *self)
{
  return bw_item_get_name (bw_page_get_item (BW_PAGE (self)));
}

static gboolean
has_errors (GPtrArray *diagnostics)
{
  for (guint i = 0; i < diagnostics->len; i++)
    if (((BeltDiagnostic *)g_ptr_array_index (diagnostics, i))->severity == BELT_SEVERITY_ERROR)
      return TRUE;

  return FALSE;
}

static BeltTrialOp *
get_op (BwRulePage *self,
        guint       i)
{
  GPtrArray *ops = self->trial != NULL ? belt_trial_get_ops (self->trial) : NULL;

  return ops != NULL && i < ops->len ? g_ptr_array_index (ops, i) : NULL;
}

static void
show_op (BwRulePage *self)
{
  guint selected = bw_plan_view_get_selected (self->plan);
  BeltTrialOp *op = get_op (self, selected);

  bw_rows_view_set_trial (self->rows, self->trial, selected,
                          self->trial == NULL ? _("Rows appear here as soon as the text is a statement.") : NULL);
  bw_editor_highlight (self->editor, op != NULL && g_list_model_get_n_items (G_LIST_MODEL (self->problems)) == 0
                                     ? op->span : (BeltSpan) { 0, 0 });
}

/* The operator that explains most: the first that dropped all it got, else the last before the sinks. */
static guint
find_telling_op (BwRulePage *self)
{
  GPtrArray *ops = belt_trial_get_ops (self->trial);
  guint last = 0;

  for (guint i = 0; i < ops->len; i++)
    {
      BeltTrialOp *op = g_ptr_array_index (ops, i);

      if (op->n_in > 0 && op->n_out == 0 && op->would_send == NULL)
        return i;
      if (op->would_send == NULL)
        last = i;
    }

  return last;
}

static void
op_selected_cb (BwRulePage *self,
                guint       op)
{
  self->op_chosen = TRUE;
  show_op (self);
}

static void
row_selected_cb (BwRulePage *self)
{
  g_autoptr(BwRow) row = bw_rows_view_dup_row (self->rows);
  gboolean shown = row != NULL && bw_row_get_row (row) != NULL && self->trial != NULL;

  if (shown)
    bw_why_view_set_row (self->why, self->trial, bw_plan_view_get_selected (self->plan), row);
  gtk_widget_set_visible (self->why_box, shown);
}

static void
step_activated_cb (BwRulePage *self,
                   guint       op,
                   gboolean    dropped,
                   guint64     id)
{
  bw_plan_view_select (self->plan, op);
  bw_rows_view_set_side (self->rows, dropped ? BW_SIDE_DROPPED : BW_SIDE_OUT);
  bw_rows_view_select_id (self->rows, id);
}

static void
close_why_cb (BwRulePage *self)
{
  gtk_widget_set_visible (self->why_box, FALSE);
  gtk_widget_grab_focus (GTK_WIDGET (self->rows));
}

static guint64
count_not_sent (BwRulePage *self)
{
  GPtrArray *ops = belt_trial_get_ops (self->trial);
  guint64 n = 0;

  for (guint i = 0; i < ops->len; i++)
    {
      BeltTrialOp *op = g_ptr_array_index (ops, i);

      if (op->would_send != NULL)
        n += op->n_out;
    }

  return n;
}

/* Muted or not is always in sight. */
static void
show_sinks (BwRulePage *self)
{
  gboolean live = self->live != NULL && bw_live_is_running (self->live);
  guint64 n = self->trial != NULL ? count_not_sent (self) : 0;
  g_autofree char *text = NULL;

  if (live || (self->live != NULL && bw_live_get_sentence (self->live) != NULL &&
               gtk_switch_get_active (self->send_switch)))
    text = g_strdup (bw_live_get_sentence (self->live));
  else
    text = g_strdup_printf (_("Sinks are muted: %lu not sent."), (unsigned long)n);
  gtk_label_set_label (self->sinks_label, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->sinks_label), text);
  if (live)
    gtk_widget_add_css_class (self->sinks_strip, "bw-live");
  else
    gtk_widget_remove_css_class (self->sinks_strip, "bw-live");
}

static gboolean
send_switch_cb (BwRulePage *self,
                gboolean    on)
{
  g_autofree char *sql = bw_document_dup_text (bw_page_get_document (BW_PAGE (self)));
  gboolean running = FALSE;

  if (on && self->live == NULL)
    {
      self->live = bw_live_new (self->session);
      g_signal_connect_object (self->live, "notify::sentence", G_CALLBACK (show_sinks), self, G_CONNECT_SWAPPED);
    }
  if (on)
    running = bw_session_is_loaded (self->session) && bw_live_start (self->live, get_rule_name (self), sql);
  else if (self->live != NULL)
    bw_live_stop (self->live);
  gtk_switch_set_state (self->send_switch, running);
  show_sinks (self);

  return TRUE;
}

/* The streams it reads; those without a sample are listened to. */
static void
show_sources (BwRulePage *self)
{
  g_strfreev (self->streams);
  self->streams = belt_trial_dup_streams (self->trial);
  for (guint i = 0; self->streams[i] != NULL; i++)
    bw_session_want (self->session, self->streams[i]);
  bw_source_button_set_streams (self->sources, self->session, (const char *const *)self->streams);
}

static void
describe_trial (BwRulePage *self,
                double      elapsed_ms)
{
  const char *summary = belt_trial_get_summary (self->trial);
  GPtrArray *ops = belt_trial_get_ops (self->trial);
  guint64 n_in = 0;
  guint64 n_out = belt_trial_get_emissions (self->trial)->len;
  g_autofree char *state = NULL;

  for (guint i = 0; i < ops->len; i++)
    {
      BeltTrialOp *op = g_ptr_array_index (ops, i);

      if (g_str_equal (op->kind, "source"))
        n_in += op->n_out;
    }

  if (summary != NULL)
    state = g_strdup (summary);
  else
    state = g_strdup_printf (_("%lu rows in, %lu results, in %.0f ms."),
                             (unsigned long)n_in, (unsigned long)n_out, elapsed_ms);
  bw_page_set_state (BW_PAGE (self), state);
  gtk_label_set_label (self->summary, summary != NULL ? summary : "");
  gtk_widget_set_visible (GTK_WIDGET (self->summary), summary != NULL);
}

static void
describe_errors (BwRulePage *self,
                 GPtrArray  *diagnostics)
{
  const BeltDiagnostic *first = NULL;
  g_autofree char *state = NULL;

  for (guint i = 0; i < diagnostics->len && first == NULL; i++)
    if (((BeltDiagnostic *)g_ptr_array_index (diagnostics, i))->severity == BELT_SEVERITY_ERROR)
      first = g_ptr_array_index (diagnostics, i);

  if (self->trial == NULL)
    state = g_strdup_printf (_("Line %u: %s"), MAX (first->line, 1u), first->message);
  else
    state = g_strdup_printf (_("Line %u is not finished: rows are from the last good text."), MAX (first->line, 1u));
  bw_page_set_state (BW_PAGE (self), state);
}

/* What the language service says of the text now, and what planning found besides. */
static void
show_problems (BwRulePage *self,
               GPtrArray  *planned)
{
  g_autofree char *sql = bw_document_dup_text (bw_page_get_document (BW_PAGE (self)));
  g_autoptr(GPtrArray) problems = NULL;
  BeltRuleOptions options;
  BeltLanguage language;

  bw_session_fill_language (self->session, &language);
  if (bw_session_read_options (self->session, bw_item_get_name (bw_page_get_item (BW_PAGE (self))), &options))
    language.options = &options;
  problems = belt_language_check (&language, sql, strlen (sql));
  for (guint i = 0; planned != NULL && i < planned->len; i++)
    {
      const BeltDiagnostic *diagnostic = g_ptr_array_index (planned, i);
      gboolean known = FALSE;

      for (guint k = 0; k < problems->len && !known; k++)
        {
          const BeltDiagnostic *other = g_ptr_array_index (problems, k);

          known = g_strcmp0 (other->message, diagnostic->message) == 0 ||
                  (other->severity == diagnostic->severity && other->span.start < diagnostic->span.end &&
                   diagnostic->span.start < other->span.end);
        }
      if (!known)
        g_ptr_array_add (problems, belt_diagnostic_copy (diagnostic));
    }
  bw_problem_fill (self->problems, problems);
}

static void
trial_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(BwRulePage) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = belt_trial_run_finish (result, &error);
  double elapsed_ms;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->session == NULL)
    return;

  g_clear_object (&self->cancellable);
  if (self->rows_came)
    bw_session_tell_rows (self->session);
  elapsed_ms = (double)(g_get_monotonic_time () - self->run_started_us) / 1000.0;
  if (trial == NULL)
    {
      bw_page_set_state (BW_PAGE (self), error != NULL ? error->message : "");
      return;
    }

  show_problems (self, belt_trial_get_diagnostics (trial));
  if (has_errors (belt_trial_get_diagnostics (trial)))
    {
      describe_errors (self, belt_trial_get_diagnostics (trial));
      gtk_widget_add_css_class (self->plan_scroller, "bw-stale");
      if (self->trial == NULL)
        show_op (self);
      return;
    }

  gtk_widget_remove_css_class (self->plan_scroller, "bw-stale");
  g_clear_pointer (&self->trial, belt_trial_unref);
  self->trial = g_steal_pointer (&trial);
  bw_plan_view_set_trial (self->plan, self->trial);
  if (!self->op_chosen)
    {
      guint telling = find_telling_op (self);
      BeltTrialOp *op = get_op (self, telling);

      bw_plan_view_select (self->plan, telling);
      bw_rows_view_set_side (self->rows, op != NULL && op->n_in > 0 && op->n_out == 0 ? BW_SIDE_DROPPED : BW_SIDE_OUT);
      self->op_chosen = FALSE;
    }
  show_op (self);
  show_sources (self);
  show_sinks (self);
  describe_trial (self, elapsed_ms);
}

static gboolean
run_cb (gpointer data)
{
  BwRulePage *self = data;
  BwDocument *document = bw_page_get_document (BW_PAGE (self));
  g_autofree char *sql = NULL;

  self->run_timeout = 0;
  /* Nobody looks: when the page comes to the front. */
  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->stale)
    return G_SOURCE_REMOVE;
  if (!bw_session_is_loaded (self->session) || bw_document_get_state (document) != BW_DOCUMENT_READY)
    return G_SOURCE_REMOVE;

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->run_started_us = g_get_monotonic_time ();
  sql = bw_document_dup_text (document);
  belt_trial_run_async (bw_session_create_spec (self->session, get_rule_name (self), sql),
                        self->cancellable, trial_cb, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static gboolean
check_cb (gpointer data)
{
  BwRulePage *self = data;

  self->check_timeout = 0;
  if (bw_session_is_loaded (self->session) && gtk_widget_get_mapped (GTK_WIDGET (self)))
    show_problems (self, NULL);

  return G_SOURCE_REMOVE;
}

/* What is wrong is said at once; rows wait for a pause in typing. */
static void
schedule_run (BwRulePage *self)
{
  guint delay_ms = g_settings_get_uint (bw_settings_get_default (), "typing-delay-ms");

  if (self->check_timeout == 0)
    self->check_timeout = g_timeout_add (CHECK_MS, check_cb, self);
  g_clear_handle_id (&self->run_timeout, g_source_remove);
  self->run_timeout = g_timeout_add (delay_ms, run_cb, self);
}

static void
run_now (BwRulePage *self)
{
  g_clear_handle_id (&self->run_timeout, g_source_remove);
  run_cb (self);
}

/* A trial under way is let finish: while rows pour in it would never get there. */
static void
rows_came_cb (BwRulePage *self)
{
  self->rows_came |= bw_session_is_fresh (self->session, (const char *const *)self->streams);
  if (!self->rows_came || self->cancellable != NULL || self->run_timeout != 0)
    return;
  self->rows_came = FALSE;
  run_cb (self);
}

static void
fix_cb (BwRulePage *self,
        BwProblem  *problem)
{
  bw_editor_apply_fix (self->editor, problem);
}

static void
bw_rule_page_apply (BwPage *page)
{
  run_now (BW_RULE_PAGE (page));
}

/* The selected one, or the first where rows ended. */
static guint
find_dropping_op (BwRulePage *self)
{
  guint selected = bw_plan_view_get_selected (self->plan);
  GPtrArray *ops = self->trial != NULL ? belt_trial_get_ops (self->trial) : NULL;

  if (ops == NULL || selected >= ops->len || get_op (self, selected)->dropped->len > 0)
    return selected;
  for (guint i = 0; i < ops->len; i++)
    if (get_op (self, i)->dropped->len > 0)
      return i;

  return selected;
}

static void
bw_rule_page_why (BwPage *page)
{
  BwRulePage *self = BW_RULE_PAGE (page);
  g_autoptr(BwRow) row = bw_rows_view_dup_row (self->rows);

  /* Nothing selected: the first dropped row answers. */
  if (row == NULL)
    {
      guint op = find_dropping_op (self);

      if (op != bw_plan_view_get_selected (self->plan))
        bw_plan_view_select (self->plan, op);
      bw_rows_view_set_side (self->rows, BW_SIDE_DROPPED);
      if (g_list_model_get_n_items (bw_rows_view_get_model (self->rows)) > 0)
        bw_rows_view_select (self->rows, 0);
    }
  row_selected_cb (self);
}

static void
bw_rule_page_go_to_definition (BwPage *page)
{
  bw_symbol_go_to (bw_page_get_editor (page), BW_RULE_PAGE (page)->session);
}

static void
bw_rule_page_rename (BwPage *page)
{
  bw_symbol_rename (bw_page_get_editor (page), BW_RULE_PAGE (page)->session);
}

static void
bw_rule_page_format (BwPage *page)
{
  g_autofree char *text = bw_document_dup_text (bw_page_get_document (page));
  g_autofree char *formatted = belt_format (text, strlen (text));
  g_autofree char *ended = formatted != NULL ? g_strconcat (formatted, "\n", NULL) : NULL;

  if (ended == NULL)
    gtk_widget_activate_action (GTK_WIDGET (page), "win.toast", "s", _("A text with errors is left as it is."));
  else if (!g_str_equal (ended, text))
    bw_editor_replace_text (bw_page_get_editor (page), ended);
}

static gboolean
bw_rule_page_focus_area (BwPage *page,
                         guint   area)
{
  BwRulePage *self = BW_RULE_PAGE (page);
  GtkWidget *areas[] = { NULL, GTK_WIDGET (self->editor), GTK_WIDGET (self->plan), GTK_WIDGET (self->rows) };

  return area < G_N_ELEMENTS (areas) && areas[area] != NULL && gtk_widget_grab_focus (areas[area]);
}

static gboolean
bw_rule_page_is_settled (BwPage *page)
{
  BwRulePage *self = BW_RULE_PAGE (page);

  return BW_PAGE_CLASS (bw_rule_page_parent_class)->is_settled (page) && bw_session_is_loaded (self->session) &&
         self->run_timeout == 0 &&
         self->check_timeout == 0 && self->cancellable == NULL && bw_page_get_state (page) != NULL;
}

static void
bw_rule_page_map (GtkWidget *widget)
{
  BwRulePage *self = BW_RULE_PAGE (widget);

  GTK_WIDGET_CLASS (bw_rule_page_parent_class)->map (widget);
  if (self->stale && self->session != NULL)
    run_now (self);
}

static void
bw_rule_page_dispose (GObject *object)
{
  BwRulePage *self = BW_RULE_PAGE (object);

  g_clear_handle_id (&self->run_timeout, g_source_remove);
  g_clear_handle_id (&self->check_timeout, g_source_remove);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->live);
  g_clear_object (&self->session);
  g_clear_object (&self->problems);
  g_clear_pointer (&self->trial, belt_trial_unref);
  g_clear_pointer (&self->streams, g_strfreev);

  G_OBJECT_CLASS (bw_rule_page_parent_class)->dispose (object);
}

static void
bw_rule_page_class_init (BwRulePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  BwPageClass *page_class = BW_PAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_rule_page_dispose;
  widget_class->map = bw_rule_page_map;
  page_class->apply = bw_rule_page_apply;
  page_class->why = bw_rule_page_why;
  page_class->go_to_definition = bw_rule_page_go_to_definition;
  page_class->rename = bw_rule_page_rename;
  page_class->format = bw_rule_page_format;
  page_class->focus_area = bw_rule_page_focus_area;
  page_class->is_settled = bw_rule_page_is_settled;

  g_type_ensure (BW_TYPE_EDITOR);
  g_type_ensure (BW_TYPE_PLAN_VIEW);
  g_type_ensure (BW_TYPE_PROBLEM_BAR);
  g_type_ensure (BW_TYPE_ROWS_VIEW);
  g_type_ensure (BW_TYPE_SIGNATURE_BAR);
  g_type_ensure (BW_TYPE_SOURCE_BUTTON);
  g_type_ensure (BW_TYPE_WHY_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-rule-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, paned);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, editor);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, signature_bar);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, problem_bar);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, plan);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, plan_scroller);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, rows);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, why_box);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, why);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, summary);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, sinks_strip);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, sources);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, sinks_label);
  gtk_widget_class_bind_template_child (widget_class, BwRulePage, send_switch);
  gtk_widget_class_bind_template_callback (widget_class, send_switch_cb);
  gtk_widget_class_bind_template_callback (widget_class, op_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, step_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, close_why_cb);
  gtk_widget_class_bind_template_callback (widget_class, fix_cb);
}

static void
bw_rule_page_init (BwRulePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->problems = g_list_store_new (BW_TYPE_PROBLEM);
}

static void
caret_moved_cb (BwRulePage *self)
{
  guint line;
  guint column;

  bw_editor_get_position (self->editor, &line, &column);
  bw_problem_bar_set_place (self->problem_bar, line, column);
}

BwRulePage *
bw_rule_page_new (BwDocument *document,
                  BwItem     *item,
                  BwSession  *session)
{
  BwRulePage *self = g_object_new (BW_TYPE_RULE_PAGE, NULL);

  self->session = g_object_ref (session);
  bw_page_set_up (BW_PAGE (self), self->editor, document, item);
  bw_editor_set_problems (self->editor, G_LIST_MODEL (self->problems));
  bw_sql_assist_attach (bw_editor_get_view (self->editor), session);
  bw_signature_bar_set_editor (self->signature_bar, self->editor, session);
  bw_problem_bar_set_problems (self->problem_bar, G_LIST_MODEL (self->problems));
  g_signal_connect_object (self->editor, "position-changed", G_CALLBACK (caret_moved_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "changed", G_CALLBACK (schedule_run), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::state", G_CALLBACK (run_now), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed", G_CALLBACK (run_now), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "rows", G_CALLBACK (rows_came_cb), self, G_CONNECT_SWAPPED);
  show_op (self);
  run_now (self);

  return self;
}

BwPlanView *
bw_rule_page_get_plan (BwRulePage *self)
{
  return self->plan;
}

BwRowsView *
bw_rule_page_get_rows (BwRulePage *self)
{
  return self->rows;
}

BwWhyView *
bw_rule_page_get_why (BwRulePage *self)
{
  return self->why;
}

GListModel *
bw_rule_page_get_problems (BwRulePage *self)
{
  return G_LIST_MODEL (self->problems);
}

BeltTrial *
bw_rule_page_get_trial (BwRulePage *self)
{
  return self->trial;
}
