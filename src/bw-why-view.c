/* bw-why-view.c - one row: what happened to it and why, value by value
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-why-view.h"

#include <glib/gi18n.h>
#include <string.h>

struct _BwWhyView
{
  GtkWidget  parent_instance;

  GtkWidget *scroller;
  GtkLabel  *title;
  GtkLabel  *sentence;
  GtkWidget *way_title;
  GtkGrid   *way;
  GtkWidget *steps_title;
  GtkGrid   *steps;
  GtkGrid   *columns;
};

enum
{
  STEP_ACTIVATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwWhyView, bw_why_view, GTK_TYPE_WIDGET)

static void
clear_grid (GtkGrid *grid)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (grid))) != NULL)
    gtk_grid_remove (grid, child);
}

static void
append_pair (GtkGrid    *grid,
             int         row,
             const char *name,
             const char *value)
{
  GtkWidget *left = gtk_label_new (name);
  GtkWidget *right = gtk_label_new (value);

  gtk_label_set_xalign (GTK_LABEL (left), 0);
  gtk_label_set_yalign (GTK_LABEL (left), 0);
  gtk_label_set_wrap (GTK_LABEL (left), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (left), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (left), 20);
  gtk_widget_add_css_class (left, "monospace");
  gtk_widget_add_css_class (left, "dim-label");
  gtk_label_set_xalign (GTK_LABEL (right), 0);
  gtk_label_set_wrap (GTK_LABEL (right), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (right), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (right), TRUE);
  gtk_widget_set_hexpand (right, TRUE);
  gtk_widget_add_css_class (right, "numeric");
  gtk_grid_attach (grid, left, 0, row, 1, 1);
  gtk_grid_attach (grid, right, 1, row, 1, 1);
}

static char *
dup_member_text (JsonObject *object,
                 const char *name)
{
  JsonNode *node = json_object_has_member (object, name) ? json_object_get_member (object, name) : NULL;

  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));

  return json_to_string (node, FALSE);
}

/* A symbol and a word each, so that colour is never alone. */
static const struct
{
  const char *outcome;
  const char *symbol;
  gboolean    ends;     /* among the rows that did not go on */
} outcomes[] = {
  { "passed", "✓", FALSE },
  { "dropped", "⊘", TRUE },
  { "waits", "◷", TRUE },
  { "failed", "✕", FALSE },
  { "sent", "⌀", FALSE },
  { "lost", "…", FALSE },
};

static guint
find_outcome (JsonObject *step)
{
  const char *outcome = json_object_get_string_member (step, "outcome");

  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    if (g_str_equal (outcomes[i].outcome, outcome))
      return i;

  return 0;
}

static void
step_clicked_cb (GtkButton *button,
                 gpointer   data)
{
  BwWhyView *self = BW_WHY_VIEW (gtk_widget_get_ancestor (GTK_WIDGET (button), BW_TYPE_WHY_VIEW));
  JsonObject *step = data;

  g_signal_emit (self, signals[STEP_ACTIVATED], 0, (guint)json_object_get_int_member (step, "op"),
                 outcomes[find_outcome (step)].ends, (guint64)json_object_get_int_member (step, "row"));
}

static void
unref_step (gpointer  step,
            GClosure *closure)
{
  json_object_unref (step);
}

static void
append_step (BwWhyView  *self,
             int         row,
             JsonObject *step,
             gboolean    here)
{
  guint outcome = find_outcome (step);
  const char *hint = json_object_get_null_member (step, "hint") ? NULL : json_object_get_string_member (step, "hint");
  g_autofree char *text = g_strconcat (json_object_get_string_member (step, "text"), hint != NULL ? "; " : NULL, hint,
                                       NULL);
  g_autofree char *name = g_strdup_printf (_("Go to %s"), json_object_get_string_member (step, "label"));
  GtkWidget *symbol = gtk_label_new (outcomes[outcome].symbol);
  GtkWidget *label = gtk_label_new (json_object_get_string_member (step, "label"));
  GtkWidget *button = gtk_button_new ();
  GtkWidget *said = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, here ? "heading" : "bw-step-label");
  gtk_button_set_child (GTK_BUTTON (button), label);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "bw-step");
  gtk_widget_set_tooltip_text (button, name);
  gtk_widget_set_hexpand (button, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_signal_connect_data (button, "clicked", G_CALLBACK (step_clicked_cb), json_object_ref (step), unref_step, 0);
  gtk_label_set_xalign (GTK_LABEL (said), 0);
  gtk_label_set_wrap (GTK_LABEL (said), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (said), PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (said, "caption");
  if (!outcomes[outcome].ends)
    gtk_widget_add_css_class (said, "dim-label");
  gtk_grid_attach (self->way, symbol, 0, 2 * row, 1, 1);
  gtk_grid_attach (self->way, button, 1, 2 * row, 1, 1);
  gtk_grid_attach (self->way, said, 1, 2 * row + 1, 1, 1);
}

/* What the end of the way says of a row that passed here. */
static char *
dup_end (JsonArray *steps,
         gboolean  *ret_nothing)
{
  guint n = json_array_get_length (steps);
  JsonObject *last = n > 0 ? json_array_get_object_element (steps, n - 1) : NULL;
  guint outcome = last != NULL ? find_outcome (last) : 0;

  *ret_nothing = outcomes[outcome].ends;
  if (last == NULL)
    return g_strdup (_("It passed."));
  if (outcomes[outcome].ends)
    return g_strdup_printf (_("It passed here. At %s: %s."), json_object_get_string_member (last, "label"),
                            json_object_get_string_member (last, "text"));
  if (g_str_equal (outcomes[outcome].outcome, "sent"))
    return g_strdup (_("It passed, and came out."));

  return g_strdup_printf (_("It passed here. %s: %s."), json_object_get_string_member (last, "label"),
                          json_object_get_string_member (last, "text"));
}

static void
show_way (BwWhyView *self,
          JsonArray *steps,
          guint      op)
{
  guint n = json_array_get_length (steps);

  for (guint i = 0; i < n; i++)
    {
      JsonObject *step = json_array_get_object_element (steps, i);

      append_step (self, (int)i, step, (guint)json_object_get_int_member (step, "op") == op);
    }
  gtk_widget_set_visible (self->way_title, n > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->way), n > 0);
}

static void
show_steps (BwWhyView *self,
            BeltTrial *trial,
            guint      op,
            BeltRowId  id)
{
  JsonNode *explanation = belt_trial_explain (trial, op, id);
  JsonArray *steps = explanation != NULL && JSON_NODE_HOLDS_ARRAY (explanation)
                     ? json_node_get_array (explanation) : NULL;
  guint n = steps != NULL ? json_array_get_length (steps) : 0;
  int n_shown = 0;

  for (guint i = 0; i < n; i++)
    {
      JsonObject *step = json_array_get_object_element (steps, i);
      g_autofree char *text = dup_member_text (step, "text");
      g_autofree char *value = dup_member_text (step, "value");
      g_autofree char *note = dup_member_text (step, "note");
      g_autofree char *right = note != NULL && *note != '\0' && !g_str_equal (note, "null")
                               ? g_strdup_printf ("%s  (%s)", value != NULL ? value : "", note) : g_strdup (value);

      /* What is written in the statement need not be said again. */
      if (g_strcmp0 (text, right) != 0)
        append_pair (self->steps, n_shown++, text != NULL ? text : "", right != NULL ? right : "");
    }
  gtk_widget_set_visible (self->steps_title, n_shown > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->steps), n_shown > 0);
  g_clear_pointer (&explanation, json_node_unref);
}

static void
show_columns (BwWhyView       *self,
              const BeltValue *row)
{
  for (guint i = 0; row->tag == BELT_TAG_MAP && i < row->len; i++)
    {
      const BeltMember *member = &row->u.members[i];
      g_autofree char *name = g_strndup (member->name, member->name_len);
      g_autofree char *value = member->value.tag == BELT_TAG_MISSING ? g_strdup (_("not there"))
                               : bw_value_dup_text (&member->value);

      append_pair (self->columns, (int)i, name, value);
    }
}

static void
bw_why_view_dispose (GObject *object)
{
  g_clear_pointer (&BW_WHY_VIEW (object)->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_why_view_parent_class)->dispose (object);
}

static void
bw_why_view_class_init (BwWhyViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_why_view_dispose;

  /* The operator, whether its rows that did not go on are meant, and the row's id there. */
  signals[STEP_ACTIVATED] = g_signal_new ("step-activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 3, G_TYPE_UINT, G_TYPE_BOOLEAN, G_TYPE_UINT64);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-why-view.ui");
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, scroller);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, title);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, sentence);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, way_title);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, way);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, steps_title);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, steps);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, columns);
}

static void
bw_why_view_init (BwWhyView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static char *
dup_title (const BeltTrialRow *row,
           const char         *number,
           gboolean            nothing)
{
  if (row->reason == BELT_DROP_WINDOW_NOT_CLOSED)
    return g_strdup_printf (_("Why row %s waits"), number);
  if (row->reason != 0)
    return g_strdup_printf (_("Why row %s did not pass"), number);
  if (nothing)
    return g_strdup_printf (_("Why row %s gave nothing"), number);

  return g_strdup_printf (_("Row %s"), number);
}

/**
 * bw_why_view_set_row:
 * @self: a why view
 * @trial: the trial it is from
 * @op: the operator it was selected at
 * @row: a row of the trial, not a payload
 */
void
bw_why_view_set_row (BwWhyView *self,
                     BeltTrial *trial,
                     guint      op,
                     BwRow     *row)
{
  const BeltTrialRow *source = bw_row_get_row (row);
  g_autofree char *number = bw_row_dup_number (row);
  g_autoptr(JsonNode) trace = belt_trial_trace (trial, source->id);
  gboolean nothing = FALSE;
  g_autofree char *end = dup_end (json_node_get_array (trace), &nothing);
  g_autofree char *title = dup_title (source, number, nothing);

  clear_grid (self->way);
  clear_grid (self->steps);
  clear_grid (self->columns);
  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->sentence, source->why != NULL ? source->why : end);
  show_way (self, json_node_get_array (trace), op);
  show_steps (self, trial, op, source->id);
  show_columns (self, &source->row);
}

const char *
bw_why_view_get_sentence (BwWhyView *self)
{
  return gtk_label_get_label (self->sentence);
}
