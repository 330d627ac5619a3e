/* bw-plan-node.c - one operator in the plan, as a button
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two lines: what it is, and the clause it stands for; a third when it dropped
 * rows.  Its accessible name says it all in a sentence.
 */
#include "config.h"

#include "bw-plan-node.h"

#include <glib/gi18n.h>

struct _BwPlanNode
{
  GtkButton  parent_instance;

  GtkLabel  *kind;
  GtkLabel  *label;
  GtkLabel  *dropped;
};

G_DEFINE_FINAL_TYPE (BwPlanNode, bw_plan_node, GTK_TYPE_BUTTON)

/* A symbol beside the word, so that colour is never alone. */
static const struct
{
  const char *kind;
  const char *title;
} titles[] = {
  { "source", N_("Source") },
  { "decoder", N_("Read") },
  { "scan", N_("Read") },
  { "watermark", N_("Watermark") },
  { "analytic", N_("Earlier rows") },
  { "window", N_("Window") },
  { "join", N_("Join") },
  { "lookup", N_("Lookup") },
  { "filter", N_("Filter") },
  { "windowFilter", N_("Filter") },
  { "windowFunc", N_("Row numbers") },
  { "call", N_("C function") },
  { "aggregate", N_("Group") },
  { "having", N_("Filter groups") },
  { "agg_func", N_("Aggregates") },
  { "order", N_("Order") },
  { "project", N_("Columns") },
  { "projectset", N_("Rows of lists") },
  { "sink", N_("Sink") },
};

static const char *
get_title (const char *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    if (g_str_equal (titles[i].kind, kind))
      return _(titles[i].title);

  return kind;
}

char *
bw_plan_node_dup_label (const BeltTrialOp *op)
{
  const char *label = op->label != NULL ? op->label : op->name;
  g_autoptr(GRegex) blanks = g_regex_new ("\\s+", 0, 0, NULL);

  return g_regex_replace_literal (blanks, label, -1, 0, " ", 0, NULL);
}

/* Digits in groups of three, whatever the locale's grouping: counts are compared at a glance. */
char *
bw_plan_node_dup_count (guint64 n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  gsize len = strlen (digits);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < len; i++)
    {
      if (i > 0 && (len - i) % 3 == 0)
        g_string_append (text, "\xE2\x80\xAF");  /* narrow no-break space */
      g_string_append_c (text, digits[i]);
    }

  return g_string_free (text, FALSE);
}

static void
bw_plan_node_class_init (BwPlanNodeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_css_name (widget_class, "button");
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-plan-node.ui");
  gtk_widget_class_bind_template_child (widget_class, BwPlanNode, kind);
  gtk_widget_class_bind_template_child (widget_class, BwPlanNode, label);
  gtk_widget_class_bind_template_child (widget_class, BwPlanNode, dropped);
}

static void
bw_plan_node_init (BwPlanNode *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
bw_plan_node_new (void)
{
  return g_object_new (BW_TYPE_PLAN_NODE, NULL);
}

void
bw_plan_node_set_op (BwPlanNode        *self,
                     const BeltTrialOp *op)
{
  guint64 n_waiting = op->n_dropped[BELT_DROP_WINDOW_NOT_CLOSED];
  guint64 n_dropped = 0;
  gboolean sink = op->would_send != NULL;
  g_autofree char *label = bw_plan_node_dup_label (op);
  g_autofree char *in = bw_plan_node_dup_count (op->n_in);
  g_autofree char *out = bw_plan_node_dup_count (op->n_out);
  g_autofree char *dropped = NULL;
  g_autofree char *waiting = bw_plan_node_dup_count (n_waiting);
  g_autofree char *line = NULL;
  g_autofree char *name = NULL;

  for (guint i = 0; i < BELT_DROP_N_REASONS; i++)
    n_dropped += op->n_dropped[i];
  n_dropped -= n_waiting;
  dropped = bw_plan_node_dup_count (n_dropped);

  gtk_label_set_label (self->kind, get_title (op->kind));
  gtk_label_set_label (self->label, label);
  if (sink)
    line = g_strdup_printf (_("⌀ muted: %s not sent"), out);
  else if (n_dropped > 0 && n_waiting > 0)
    line = g_strdup_printf (_("⊘ %s dropped, ◷ %s waiting"), dropped, waiting);
  else if (n_dropped > 0)
    line = g_strdup_printf (_("⊘ %s dropped"), dropped);
  else if (n_waiting > 0)
    line = g_strdup_printf (_("◷ %s waiting"), waiting);
  gtk_label_set_label (self->dropped, line != NULL ? line : "");

  name = g_strdup_printf (_("%s, %s: %s in, %s out%s%s"), get_title (op->kind),
                          label, in, out,
                          line != NULL ? ", " : "", line != NULL ? line : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), name);
}

void
bw_plan_node_set_selected (BwPlanNode *self,
                           gboolean    selected)
{
  if (selected)
    gtk_widget_add_css_class (GTK_WIDGET (self), "selected");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "selected");
}
