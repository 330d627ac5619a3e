/* bw-problem-bar.c - one problem in words, and its fix as a button
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one at the caret, else the first of the worst.  Signal "fix" (problem).
 */
#include "config.h"

#include "bw-problem-bar.h"

#include <glib/gi18n.h>

struct _BwProblemBar
{
  GtkWidget   parent_instance;

  GtkWidget  *box;
  GtkImage   *icon;
  GtkLabel   *label;
  GtkButton  *fix_button;

  GListModel *problems;
  BwProblem  *shown;
  guint       line;     /* of the caret, from 1 */
  guint       column;
};

enum
{
  FIX,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwProblemBar, bw_problem_bar, GTK_TYPE_WIDGET)

static BwProblem *
find_worst (BwProblemBar *self)
{
  BwProblem *worst = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (self->problems); i++)
    {
      g_autoptr(BwProblem) problem = g_list_model_get_item (self->problems, i);

      if (worst == NULL ||
          bw_problem_get_diagnostic (problem)->severity < bw_problem_get_diagnostic (worst)->severity)
        worst = problem;
    }

  return worst;
}

static gboolean
is_at (const BeltDiagnostic *diagnostic,
       guint                 line,
       guint                 column)
{
  if (line < diagnostic->line || (line == diagnostic->line && column < diagnostic->column))
    return FALSE;

  return line < diagnostic->end_line || (line == diagnostic->end_line && column <= diagnostic->end_column);
}

/* The one at the caret, of several one that can be mended; NULL: there is none. */
static BwProblem *
find_at_caret (BwProblemBar *self)
{
  BwProblem *found = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (self->problems); i++)
    {
      g_autoptr(BwProblem) problem = g_list_model_get_item (self->problems, i);
      const BeltDiagnostic *diagnostic = bw_problem_get_diagnostic (problem);

      if (is_at (diagnostic, self->line, self->column) &&
          (found == NULL || (diagnostic->fix != NULL && bw_problem_get_diagnostic (found)->fix == NULL)))
        found = problem;
    }

  return found;
}

static void
show_problem (BwProblemBar *self)
{
  static const char *const icons[] = { "dialog-error-symbolic", "dialog-warning-symbolic",
                                       "dialog-information-symbolic" };
  guint n = g_list_model_get_n_items (self->problems);
  BwProblem *at_caret = find_at_caret (self);
  BwProblem *problem = at_caret != NULL ? at_caret : find_worst (self);
  const BeltDiagnostic *diagnostic;
  g_autofree char *text = NULL;
  g_autofree char *more = NULL;
  g_autofree char *label = NULL;

  g_set_object (&self->shown, problem);
  gtk_widget_set_visible (self->box, problem != NULL);
  if (problem == NULL)
    return;

  diagnostic = bw_problem_get_diagnostic (problem);
  text = bw_problem_dup_text (problem);
  more = n > 1 ? g_strdup_printf (ngettext ("  and %u more", "  and %u more", n - 1), n - 1) : g_strdup ("");
  label = g_strconcat (text, more, NULL);
  gtk_label_set_label (self->label, label);
  gtk_image_set_from_icon_name (self->icon, icons[MIN ((guint)diagnostic->severity, 2u)]);
  gtk_widget_set_visible (GTK_WIDGET (self->fix_button), diagnostic->fix != NULL);
  if (diagnostic->fix != NULL)
    gtk_button_set_label (self->fix_button, diagnostic->fix_label != NULL ? diagnostic->fix_label : _("Fix"));
  if (diagnostic->severity == BELT_SEVERITY_ERROR)
    gtk_widget_add_css_class (self->box, "error");
  else
    gtk_widget_remove_css_class (self->box, "error");
}

static void
fix_clicked_cb (BwProblemBar *self)
{
  g_autoptr(BwProblem) problem = self->shown != NULL ? g_object_ref (self->shown) : NULL;

  if (problem != NULL)
    g_signal_emit (self, signals[FIX], 0, problem);
}

static void
bw_problem_bar_dispose (GObject *object)
{
  BwProblemBar *self = BW_PROBLEM_BAR (object);

  g_clear_object (&self->shown);
  g_clear_object (&self->problems);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_problem_bar_parent_class)->dispose (object);
}

static void
bw_problem_bar_class_init (BwProblemBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_problem_bar_dispose;

  signals[FIX] = g_signal_new ("fix", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                               0, NULL, NULL, NULL, G_TYPE_NONE, 1, BW_TYPE_PROBLEM);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-problem-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, BwProblemBar, box);
  gtk_widget_class_bind_template_child (widget_class, BwProblemBar, icon);
  gtk_widget_class_bind_template_child (widget_class, BwProblemBar, label);
  gtk_widget_class_bind_template_child (widget_class, BwProblemBar, fix_button);
  gtk_widget_class_bind_template_callback (widget_class, fix_clicked_cb);
}

static void
bw_problem_bar_init (BwProblemBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
bw_problem_bar_set_problems (BwProblemBar *self,
                             GListModel   *problems)
{
  g_set_object (&self->problems, problems);
  g_signal_connect_object (problems, "items-changed", G_CALLBACK (show_problem), self, G_CONNECT_SWAPPED);
  show_problem (self);
}

void
bw_problem_bar_set_place (BwProblemBar *self,
                          guint         line,
                          guint         column)
{
  self->line = line;
  self->column = column;
  if (self->problems != NULL)
    show_problem (self);
}
