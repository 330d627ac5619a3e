/* bw-rows-view.c - rows that came in, went out or were dropped at one operator
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The row selected keeps selected from one trial to the next.  Signal "row-selected".
 */
#include "config.h"

#include "bw-rows-view.h"

#include "bw-names.h"
#include "bw-plan-node.h"
#include "bw-rows-columns.h"
#include "bw-rows-model.h"

#include <glib/gi18n.h>

#define SELECTED_ROWS_MAX 10000u  /* copied at once */

struct _BwRowsView
{
  GtkWidget          parent_instance;

  GtkWidget         *box;
  GtkLabel          *title;
  GtkToggleButton   *toggles[BW_N_SIDES];
  GtkStack          *stack;
  GtkColumnView     *table;
  GtkLabel          *empty;
  GtkWidget         *menu_button;
  GtkLabel          *limit_label;

  BwRowsModel       *model;
  GtkMultiSelection *selection;
  BwRowsColumns     *columns;
  GStrv              names;        /* of the values the table has columns for */
  gboolean           why_column;
  gboolean           payload_column;
  BeltTrial         *trial;
  guint              op;
  BwSide             side;
  char              *empty_text;
  BeltRowId          selected_id;
  gboolean           updating;
};

enum
{
  ROW_SELECTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwRowsView, bw_rows_view, GTK_TYPE_WIDGET)

static BeltTrialOp *
get_op (BwRowsView *self)
{
  GPtrArray *ops = self->trial != NULL ? belt_trial_get_ops (self->trial) : NULL;

  return ops != NULL && self->op < ops->len ? g_ptr_array_index (ops, self->op) : NULL;
}

/* Those of the side shown. */
static GPtrArray *
get_rows (BwRowsView *self)
{
  BeltTrialOp *op = get_op (self);

  if (op == NULL || self->payload_column)
    return NULL;

  return self->side == BW_SIDE_IN ? op->in : self->side == BW_SIDE_OUT ? op->out : op->dropped;
}

static void
update_columns (BwRowsView *self)
{
  BeltTrialOp *op = get_op (self);

  self->payload_column = op != NULL && self->side == BW_SIDE_OUT && op->would_send != NULL;
  self->why_column = self->side == BW_SIDE_DROPPED;
  g_strfreev (self->names);
  self->names = bw_rows_dup_columns (get_rows (self));
  bw_rows_columns_show (self->columns, (const char *const *)self->names, self->why_column, self->payload_column);
}

static guint64
count_dropped (BeltTrialOp *op)
{
  guint64 n = 0;

  for (guint i = 0; i < BELT_DROP_N_REASONS; i++)
    n += op->n_dropped[i];

  return n;
}

static guint64
get_count (BwRowsView *self,
           BwSide      side)
{
  BeltTrialOp *op = get_op (self);

  if (op == NULL)
    return 0;

  return side == BW_SIDE_IN ? op->n_in : side == BW_SIDE_OUT ? op->n_out : count_dropped (op);
}

static const char *
get_empty_text (BwRowsView *self)
{
  static const char *const texts[BW_N_SIDES] = {
    N_("No rows came in here."), N_("No rows went out here."), N_("No row was dropped here."),
  };

  return self->trial == NULL && self->empty_text != NULL ? self->empty_text : _(texts[self->side]);
}

/* Rows that wait are not lost, so they are not called dropped. */
static char *
dup_toggle_label (BwRowsView *self,
                  BwSide      side)
{
  static const char *const words[BW_N_SIDES] = { N_("In"), N_("Out"), N_("Dropped") };
  BeltTrialOp *op = get_op (self);
  guint64 n = get_count (self, side);
  guint64 n_waiting = op != NULL && side == BW_SIDE_DROPPED ? op->n_dropped[BELT_DROP_WINDOW_NOT_CLOSED] : 0;
  const char *word = side == BW_SIDE_OUT && op != NULL && op->would_send != NULL ? _("Would send") : _(words[side]);

  if (n_waiting > 0 && n_waiting == n)
    return g_strdup_printf (_("Waiting  %lu"), (unsigned long)n);
  if (n_waiting > 0)
    return g_strdup_printf (_("Dropped  %lu, Waiting  %lu"), (unsigned long)(n - n_waiting), (unsigned long)n_waiting);

  return g_strdup_printf ("%s  %" G_GUINT64_FORMAT, word, n);
}

static void
update_toggles (BwRowsView *self)
{
  BeltTrialOp *op = get_op (self);

  for (guint i = 0; i < BW_N_SIDES; i++)
    {
      g_autofree char *label = dup_toggle_label (self, i);

      gtk_button_set_label (GTK_BUTTON (self->toggles[i]), label);
      gtk_widget_set_sensitive (GTK_WIDGET (self->toggles[i]), op != NULL);
    }
}

static void
update_limit (BwRowsView *self)
{
  guint64 n = get_count (self, self->side);
  guint shown = bw_rows_model_get_n_rows (self->model);
  g_autofree char *text = NULL;

  if (n > shown && shown > 0 && !self->payload_column)
    text = g_strdup_printf (_("newest %u of %lu"), shown, (unsigned long)n);
  gtk_label_set_label (self->limit_label, text != NULL ? text : "");
}

static guint
get_first_on_screen (BwRowsView *self)
{
  GtkAdjustment *scroll = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->table));
  double height = gtk_adjustment_get_upper (scroll);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->model));

  return height > 0 ? (guint)(gtk_adjustment_get_value (scroll) / height * n) : 0;
}

static void
show_rows (BwRowsView *self)
{
  BeltTrialOp *op = get_op (self);
  BeltRowId keep = self->selected_id;
  guint position;

  self->updating = TRUE;
  bw_rows_model_set_first (self->model, get_first_on_screen (self));
  update_columns (self);
  if (self->payload_column)
    bw_rows_model_set_payloads (self->model, self->trial, op->would_send);
  else
    bw_rows_model_set_rows (self->model, op != NULL ? self->trial : NULL, get_rows (self));
  bw_rows_columns_fit (self->columns);
  update_toggles (self);
  update_limit (self);

  gtk_label_set_label (self->empty, get_empty_text (self));
  gtk_stack_set_visible_child_name (self->stack,
                                    g_list_model_get_n_items (G_LIST_MODEL (self->model)) > 0 ? "rows" : "empty");
  gtk_widget_set_sensitive (self->menu_button, g_list_model_get_n_items (G_LIST_MODEL (self->model)) > 0);
  position = keep != 0 ? bw_rows_model_find (self->model, keep) : G_MAXUINT;
  if (position != G_MAXUINT)
    bw_rows_view_select (self, position);
  else
    gtk_selection_model_unselect_all (GTK_SELECTION_MODEL (self->selection));
  self->updating = FALSE;
  g_signal_emit (self, signals[ROW_SELECTED], 0);
}

static void
side_toggled_cb (BwRowsView      *self,
                 GtkToggleButton *toggle)
{
  for (guint i = 0; i < BW_N_SIDES; i++)
    if (toggle == self->toggles[i] && gtk_toggle_button_get_active (toggle) && self->side != (BwSide)i)
      {
        self->side = (BwSide)i;
        show_rows (self);
      }
}

static void
selection_changed_cb (BwRowsView *self)
{
  g_autoptr(BwRow) row = NULL;

  if (self->updating)
    return;
  row = bw_rows_view_dup_row (self);
  self->selected_id = row != NULL && bw_row_get_row (row) != NULL ? bw_row_get_row (row)->id : 0;
  g_signal_emit (self, signals[ROW_SELECTED], 0);
}

/* The selected rows, or all when none is. */
static GPtrArray *
dup_selected_rows (BwRowsView *self)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GtkBitset) selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  guint n = bw_rows_model_get_n_rows (self->model);
  gboolean all = gtk_bitset_is_empty (selected);

  bw_rows_model_reveal (self->model, n - 1);
  for (guint i = 0; i < n && rows->len < SELECTED_ROWS_MAX; i++)
    if (all || gtk_bitset_contains (selected, i))
      g_ptr_array_add (rows, g_list_model_get_item (G_LIST_MODEL (self->model), i));

  return rows;
}

static char *
write_json_lines (GPtrArray *rows)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++)
    {
      g_autofree char *json = bw_row_dup_json (g_ptr_array_index (rows, i));

      g_string_append_printf (text, "%s\n", json);
    }

  return g_string_free (text, FALSE);
}

static void
append_csv_field (GString    *text,
                  const char *field)
{
  if (strpbrk (field, ",\"\n\r") == NULL)
    {
      g_string_append (text, field);
      return;
    }
  g_string_append_c (text, '"');
  for (const char *at = field; *at != '\0'; at++)
    {
      if (*at == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *at);
    }
  g_string_append_c (text, '"');
}

static char *
write_csv (BwRowsView *self,
           GPtrArray  *rows)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; self->names[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      append_csv_field (text, self->names[i]);
    }
  g_string_append (text, self->why_column ? ",why\n" : "\n");

  for (guint r = 0; r < rows->len; r++)
    {
      BwRow *row = g_ptr_array_index (rows, r);
      const BeltTrialRow *source = bw_row_get_row (row);

      for (guint i = 0; source != NULL && self->names[i] != NULL; i++)
        {
          const BeltValue *value = belt_value_get_member (&source->row, self->names[i], strlen (self->names[i]));
          g_autofree char *field = value == NULL || belt_value_is_null (value) ? g_strdup ("")
                                   : value->tag == BELT_TAG_STR ? g_strndup (value->u.s, value->len)
                                   : bw_value_dup_text (value);

          if (i > 0)
            g_string_append_c (text, ',');
          append_csv_field (text, field);
        }
      if (self->why_column)
        {
          g_string_append_c (text, ',');
          append_csv_field (text, bw_row_get_why (row));
        }
      g_string_append_c (text, '\n');
    }

  return g_string_free (text, FALSE);
}

static void
copy_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  g_autoptr(GPtrArray) rows = dup_selected_rows (BW_ROWS_VIEW (widget));
  g_autofree char *text = write_json_lines (rows);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(BwRowsView) self = data;
  g_autoptr(GError) error = NULL;

  if (!g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    {
      g_autofree char *text = g_strdup_printf (_("Saving rows: %s"), error->message);

      gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", text);
    }
}

static void
save_response_cb (GtkNativeDialog *dialog,
                  int              response,
                  gpointer         data)
{
  g_autoptr(BwRowsView) self = data;
  g_autoptr(GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (file != NULL)
    {
      g_autoptr(GPtrArray) rows = dup_selected_rows (self);
      gboolean csv = g_object_get_data (G_OBJECT (dialog), "csv") != NULL;
      char *text = csv ? write_csv (self, rows) : write_json_lines (rows);
      g_autoptr(GBytes) bytes = g_bytes_new_take (text, strlen (text));

      g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_NONE, NULL,
                                           saved_cb, g_object_ref (self));
    }
  g_object_unref (dialog);
}

static void
save_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (_("Save Rows"), GTK_WINDOW (gtk_widget_get_root (widget)),
                                                              GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
  gboolean csv = g_str_equal (name, "rows.save-csv");

  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), csv ? "rows.csv" : "rows.jsonl");
  g_object_set_data (G_OBJECT (dialog), "csv", csv ? dialog : NULL);
  g_signal_connect (dialog, "response", G_CALLBACK (save_response_cb), g_object_ref (widget));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
bw_rows_view_dispose (GObject *object)
{
  BwRowsView *self = BW_ROWS_VIEW (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->columns, bw_rows_columns_free);
  g_clear_object (&self->selection);
  g_clear_object (&self->model);
  g_clear_pointer (&self->trial, belt_trial_unref);
  g_clear_pointer (&self->names, g_strfreev);
  g_clear_pointer (&self->empty_text, g_free);

  G_OBJECT_CLASS (bw_rows_view_parent_class)->dispose (object);
}

static gboolean
bw_rows_view_grab_focus (GtkWidget *widget)
{
  BwRowsView *self = BW_ROWS_VIEW (widget);

  if (g_list_model_get_n_items (G_LIST_MODEL (self->model)) == 0)
    return gtk_widget_grab_focus (GTK_WIDGET (self->toggles[self->side]));

  return gtk_widget_grab_focus (GTK_WIDGET (self->table));
}

static void
bw_rows_view_class_init (BwRowsViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_rows_view_dispose;
  widget_class->grab_focus = bw_rows_view_grab_focus;

  signals[ROW_SELECTED] = g_signal_new ("row-selected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                        0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-rows-view.ui");
  gtk_widget_class_install_action (widget_class, "rows.copy", NULL, copy_action);
  gtk_widget_class_install_action (widget_class, "rows.save-json", NULL, save_action);
  gtk_widget_class_install_action (widget_class, "rows.save-csv", NULL, save_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "rows.copy", NULL);
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, box);
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, title);
  gtk_widget_class_bind_template_child_full (widget_class, "in_toggle", FALSE,
                                             G_STRUCT_OFFSET (BwRowsView, toggles[BW_SIDE_IN]));
  gtk_widget_class_bind_template_child_full (widget_class, "out_toggle", FALSE,
                                             G_STRUCT_OFFSET (BwRowsView, toggles[BW_SIDE_OUT]));
  gtk_widget_class_bind_template_child_full (widget_class, "dropped_toggle", FALSE,
                                             G_STRUCT_OFFSET (BwRowsView, toggles[BW_SIDE_DROPPED]));
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, stack);
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, table);
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, empty);
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, menu_button);
  gtk_widget_class_bind_template_child (widget_class, BwRowsView, limit_label);
  gtk_widget_class_bind_template_callback (widget_class, side_toggled_cb);
}

static void
bw_rows_view_init (BwRowsView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->side = BW_SIDE_OUT;
  self->model = bw_rows_model_new ();
  self->selection = gtk_multi_selection_new (G_LIST_MODEL (g_object_ref (self->model)));
  self->columns = bw_rows_columns_new (self->table, self->model);
  gtk_column_view_set_model (self->table, GTK_SELECTION_MODEL (self->selection));
  bw_names_set (GTK_WIDGET (self->table), _("Rows"));
  g_signal_connect_object (self->selection, "selection-changed", G_CALLBACK (selection_changed_cb), self,
                           G_CONNECT_SWAPPED);
}

void
bw_rows_view_set_trial (BwRowsView *self,
                        BeltTrial  *trial,
                        guint       op,
                        const char *empty_text)
{
  g_autofree char *label = NULL;
  BeltTrialOp *now;

  g_clear_pointer (&self->trial, belt_trial_unref);
  self->trial = trial != NULL ? belt_trial_ref (trial) : NULL;
  self->op = op;
  g_free (self->empty_text);
  self->empty_text = g_strdup (empty_text);

  now = get_op (self);
  label = now != NULL ? bw_plan_node_dup_label (now) : NULL;
  gtk_label_set_label (self->title, label != NULL ? label : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->title), label);
  show_rows (self);
}

BwSide
bw_rows_view_get_side (BwRowsView *self)
{
  return self->side;
}

void
bw_rows_view_set_side (BwRowsView *self,
                       BwSide      side)
{
  gtk_toggle_button_set_active (self->toggles[side], TRUE);
}

BwRow *
bw_rows_view_dup_row (BwRowsView *self)
{
  g_autoptr(GtkBitset) selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));

  if (gtk_bitset_is_empty (selected))
    return NULL;

  return g_list_model_get_item (G_LIST_MODEL (self->model), gtk_bitset_get_minimum (selected));
}

void
bw_rows_view_select (BwRowsView *self,
                     guint       position)
{
  bw_rows_model_reveal (self->model, position);
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), position, TRUE);
}

void
bw_rows_view_select_id (BwRowsView *self,
                        BeltRowId   id)
{
  guint position = bw_rows_model_find (self->model, id);

  if (position != G_MAXUINT)
    bw_rows_view_select (self, position);
}

GListModel *
bw_rows_view_get_model (BwRowsView *self)
{
  return G_LIST_MODEL (self->model);
}
