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
  GtkWidget *steps_title;
  GtkGrid   *steps;
  GtkGrid   *columns;
};

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
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-why-view.ui");
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, scroller);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, title);
  gtk_widget_class_bind_template_child (widget_class, BwWhyView, sentence);
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
           const char         *number)
{
  if (row->reason == BELT_DROP_WINDOW_NOT_CLOSED)
    return g_strdup_printf (_("Why row %s waits"), number);
  if (row->reason != 0)
    return g_strdup_printf (_("Why row %s did not pass"), number);

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
  g_autofree char *title = dup_title (source, number);

  clear_grid (self->steps);
  clear_grid (self->columns);
  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->sentence, source->why != NULL ? source->why : _("It passed."));
  show_steps (self, trial, op, source->id);
  show_columns (self, &source->row);
}

const char *
bw_why_view_get_sentence (BwWhyView *self)
{
  return gtk_label_get_label (self->sentence);
}
