/* bw-plan-view.c - the plan as a graph, counts on its edges
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each operator is a child widget, so it has focus, a name and a style; edges
 * and their counts are drawn below them.  Layers by longest path from the
 * sources, left to right; rows within a layer in the order of the plan, which
 * is good for the few dozen operators a rule has.  Signal "op-selected".
 */
#include "config.h"

#include "bw-plan-view.h"

#include "bw-plan-node.h"

#include <glib/gi18n.h>

#define MARGIN      10
#define EDGE_WIDTH  64   /* room for seven digits and an arrow */
#define ROW_SPACING 8
#define TICKS_MAX   10   /* a new plan has its place after one or two frames */

typedef struct
{
  GtkWidget *widget;
  guint      layer;
  guint      row;
  int        x;
  int        y;
  int        width;
  int        height;
} Node;

struct _BwPlanView
{
  GtkWidget  parent_instance;

  BeltTrial *trial;
  GArray    *nodes;      /* of Node, one an operator */
  guint      n_layers;
  guint      selected;
  guint      bring;      /* tick that brings the selected into sight */
  guint      n_ticks;    /* it has taken */
};

enum
{
  OP_SELECTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BwPlanView, bw_plan_view, GTK_TYPE_WIDGET)

static Node *
get_node (BwPlanView *self,
          guint op)
{
  return &g_array_index (self->nodes, Node, op);
}

static BeltTrialOp *
get_op (BwPlanView *self,
        guint       op)
{
  return g_ptr_array_index (belt_trial_get_ops (self->trial), op);
}

/* Operators come sources first, so one pass is enough. */
static void
assign_layers (BwPlanView *self)
{
  g_autofree guint *n_rows = g_new0 (guint, self->nodes->len + 1);

  self->n_layers = 0;
  for (guint i = 0; i < self->nodes->len; i++)
    get_node (self, i)->layer = 0;
  for (guint i = 0; i < self->nodes->len; i++)
    {
      BeltTrialOp *op = get_op (self, i);

      for (guint j = 0; j < op->next->len; j++)
        {
          guint next = g_array_index (op->next, guint, j);

          if (next < self->nodes->len && next > i)
            get_node (self, next)->layer = MAX (get_node (self, next)->layer, get_node (self, i)->layer + 1);
        }
    }
  for (guint i = 0; i < self->nodes->len; i++)
    {
      Node *node = get_node (self, i);

      node->row = n_rows[node->layer]++;
      self->n_layers = MAX (self->n_layers, node->layer + 1);
    }
}

static void
measure_nodes (BwPlanView *self,
               int        *ret_width,
               int        *ret_height)
{
  int x = MARGIN;
  int height = 0;

  for (guint layer = 0; layer < self->n_layers; layer++)
    {
      int width = 0;
      int column = 0;

      for (guint i = 0; i < self->nodes->len; i++)
        {
          Node *node = get_node (self, i);
          int natural;

          if (node->layer != layer)
            continue;
          gtk_widget_measure (node->widget, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &natural, NULL, NULL);
          node->width = natural;
          gtk_widget_measure (node->widget, GTK_ORIENTATION_VERTICAL, node->width, NULL, &natural, NULL, NULL);
          node->height = natural;
          node->x = x;
          width = MAX (width, node->width);
          column += node->height + ROW_SPACING;
        }
      height = MAX (height, column - ROW_SPACING);
      x += width + EDGE_WIDTH;
    }

  *ret_width = MAX (x - EDGE_WIDTH, MARGIN) + MARGIN;
  *ret_height = height + 2 * MARGIN;
}

static void
bw_plan_view_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  int width;
  int height;

  measure_nodes (BW_PLAN_VIEW (widget), &width, &height);
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? width : MAX (height, 76);
}

static void
bw_plan_view_size_allocate (GtkWidget *widget,
                            int        width,
                            int        height,
                            int        baseline)
{
  BwPlanView *self = BW_PLAN_VIEW (widget);
  int needed_width;
  int needed_height;

  measure_nodes (self, &needed_width, &needed_height);
  /* From the top, so that the main line stays in sight where there is little room. */
  for (guint layer = 0; layer < self->n_layers; layer++)
    {
      int y = MARGIN;

      for (guint i = 0; i < self->nodes->len; i++)
        {
          Node *node = get_node (self, i);

          if (node->layer != layer)
            continue;
          node->y = y;
          y += node->height + ROW_SPACING;
          gtk_widget_allocate (node->widget, node->width, node->height, -1,
                               gsk_transform_translate (NULL, &GRAPHENE_POINT_INIT ((float)node->x, (float)node->y)));
        }
    }
}

static void
draw_edge (cairo_t       *cr,
           const Node    *from,
           const Node    *to,
           const GdkRGBA *color,
           guint64        n)
{
  double x0 = from->x + from->width + 2;
  double y0 = from->y + from->height / 2.0;
  double x1 = to->x - 3;
  double y1 = to->y + to->height / 2.0;
  double middle = (x0 + x1) / 2;

  /* An edge without rows is faint. */
  cairo_set_source_rgba (cr, color->red, color->green, color->blue, n > 0 ? 0.55 : 0.25);
  cairo_set_line_width (cr, 1.5);
  cairo_move_to (cr, x0, y0);
  cairo_curve_to (cr, middle, y0, middle, y1, x1, y1);
  cairo_stroke (cr);
  cairo_move_to (cr, x1, y1);
  cairo_line_to (cr, x1 - 6, y1 - 4);
  cairo_line_to (cr, x1 - 6, y1 + 4);
  cairo_close_path (cr);
  cairo_fill (cr);
}

static void
draw_count (GtkWidget     *widget,
            GtkSnapshot   *snapshot,
            const Node    *from,
            const Node    *to,
            const GdkRGBA *color,
            guint64        n)
{
  g_autofree char *text = bw_plan_node_dup_count (n);
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (widget, text);
  PangoAttrList *attributes = pango_attr_list_new ();
  double x = (from->x + from->width + to->x) / 2.0;
  double from_y = from->y + from->height / 2.0;
  double y = to->y + to->height / 2.0;
  gboolean falls = y > from_y + 2;
  int width;
  int height;

  pango_attr_list_insert (attributes, pango_attr_scale_new (0.85));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_get_pixel_size (layout, &width, &height);
  gtk_snapshot_save (snapshot);
  /* Outside the bend: above an edge that is level or rises, below one that falls. */
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float)(x - width / 2.0),
                                                          (float)(falls ? y + 2 : y - height - 2)));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

static void
bw_plan_view_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  BwPlanView *self = BW_PLAN_VIEW (widget);
  GdkRGBA color;
  cairo_t *cr;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float)gtk_widget_get_width (widget),
                                                                 (float)gtk_widget_get_height (widget)));
  for (int pass = 0; pass < 2; pass++)
    {
      for (guint i = 0; i < self->nodes->len; i++)
        {
          BeltTrialOp *op = get_op (self, i);

          for (guint j = 0; j < op->next->len; j++)
            {
              guint next = g_array_index (op->next, guint, j);

              if (next >= self->nodes->len)
                continue;
              if (pass == 0)
                draw_edge (cr, get_node (self, i), get_node (self, next), &color, op->n_out);
              else
                draw_count (widget, snapshot, get_node (self, i), get_node (self, next), &color, op->n_out);
            }
        }
      if (pass == 0)
        cairo_destroy (cr);
    }

  GTK_WIDGET_CLASS (bw_plan_view_parent_class)->snapshot (widget, snapshot);
}

static void
node_clicked_cb (BwPlanView *self,
                 GtkWidget  *widget)
{
  for (guint i = 0; i < self->nodes->len; i++)
    if (get_node (self, i)->widget == widget)
      bw_plan_view_select (self, i);
}

static void
set_n_nodes (BwPlanView *self,
             guint       n)
{
  while (self->nodes->len > n)
    {
      gtk_widget_unparent (get_node (self, self->nodes->len - 1)->widget);
      g_array_set_size (self->nodes, self->nodes->len - 1);
    }
  while (self->nodes->len < n)
    {
      Node node = { .widget = bw_plan_node_new () };

      gtk_widget_set_parent (node.widget, GTK_WIDGET (self));
      g_signal_connect_swapped (node.widget, "clicked", G_CALLBACK (node_clicked_cb), self);
      g_array_append_val (self->nodes, node);
    }
}

static gboolean
bring_cb (GtkWidget     *widget,
          GdkFrameClock *clock,
          gpointer       data)
{
  BwPlanView *self = BW_PLAN_VIEW (widget);
  GtkWidget *scroller = gtk_widget_get_ancestor (widget, GTK_TYPE_SCROLLED_WINDOW);
  Node *node = self->selected < self->nodes->len ? get_node (self, self->selected) : NULL;
  gboolean placed = node != NULL && node->width > 0 && gtk_widget_get_width (widget) >= node->x + node->width &&
                    gtk_widget_get_height (widget) >= node->y + node->height;

  if (scroller != NULL && placed)
    {
      gtk_adjustment_clamp_page (gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (scroller)),
                                 node->x - MARGIN, node->x + node->width + MARGIN);
      gtk_adjustment_clamp_page (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scroller)),
                                 node->y - MARGIN, node->y + node->height + MARGIN);
    }
  if (!placed && node != NULL && ++self->n_ticks < TICKS_MAX)
    return G_SOURCE_CONTINUE;
  self->bring = 0;

  return G_SOURCE_REMOVE;
}

static void
bring_selected (BwPlanView *self)
{
  self->n_ticks = 0;
  if (self->bring == 0)
    self->bring = gtk_widget_add_tick_callback (GTK_WIDGET (self), bring_cb, NULL, NULL);
}

/* The nearest operator in the next or previous layer, or above or below in the same. */
static guint
find_neighbour (BwPlanView *self,
                int         dx,
                int         dy)
{
  Node *here = get_node (self, self->selected);
  guint best = self->selected;
  guint best_distance = G_MAXUINT;

  for (guint i = 0; i < self->nodes->len; i++)
    {
      Node *node = get_node (self, i);
      guint distance = (guint)ABS ((int)node->row - (int)here->row);
      gboolean fits = dx != 0 ? (int)node->layer == (int)here->layer + dx
                      : node->layer == here->layer && (int)node->row == (int)here->row + dy;

      if (fits && distance < best_distance)
        {
          best = i;
          best_distance = distance;
        }
    }

  return best;
}

static void
move_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BwPlanView *self = BW_PLAN_VIEW (widget);
  int dx;
  int dy;
  guint op;

  if (self->nodes->len == 0)
    return;
  g_variant_get (parameter, "(ii)", &dx, &dy);
  op = find_neighbour (self, dx, dy);
  bw_plan_view_select (self, op);
  gtk_widget_grab_focus (get_node (self, op)->widget);
}

static gboolean
bw_plan_view_grab_focus (GtkWidget *widget)
{
  BwPlanView *self = BW_PLAN_VIEW (widget);

  return self->nodes->len > 0 && gtk_widget_grab_focus (get_node (self, self->selected)->widget);
}

static void
bw_plan_view_dispose (GObject *object)
{
  BwPlanView *self = BW_PLAN_VIEW (object);

  if (self->nodes != NULL)
    set_n_nodes (self, 0);
  g_clear_pointer (&self->nodes, g_array_unref);
  g_clear_pointer (&self->trial, belt_trial_unref);

  G_OBJECT_CLASS (bw_plan_view_parent_class)->dispose (object);
}

static void
bw_plan_view_class_init (BwPlanViewClass *klass)
{
  static const struct
  {
    guint key;
    int   dx;
    int   dy;
  } keys[] = {
    { GDK_KEY_Left, -1, 0 }, { GDK_KEY_Right, 1, 0 }, { GDK_KEY_Up, 0, -1 }, { GDK_KEY_Down, 0, 1 },
  };
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_plan_view_dispose;
  widget_class->measure = bw_plan_view_measure;
  widget_class->size_allocate = bw_plan_view_size_allocate;
  widget_class->snapshot = bw_plan_view_snapshot;
  widget_class->grab_focus = bw_plan_view_grab_focus;
  gtk_widget_class_set_css_name (widget_class, "planview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_install_action (widget_class, "plan.move", "(ii)", move_action);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding_action (widget_class, keys[i].key, 0, "plan.move", "(ii)", keys[i].dx, keys[i].dy);

  signals[OP_SELECTED] = g_signal_new ("op-selected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                       0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
bw_plan_view_init (BwPlanView *self)
{
  self->nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Plan of the rule"), -1);
}

/**
 * bw_plan_view_set_trial:
 * @self: a plan view
 * @trial: (nullable): what to show
 *
 * Nodes keep their widgets, so focus stays while counts change.
 */
void
bw_plan_view_set_trial (BwPlanView *self,
                        BeltTrial  *trial)
{
  guint n = trial != NULL ? belt_trial_get_ops (trial)->len : 0;

  g_clear_pointer (&self->trial, belt_trial_unref);
  self->trial = trial != NULL ? belt_trial_ref (trial) : NULL;
  set_n_nodes (self, n);
  if (n > 0)
    assign_layers (self);
  for (guint i = 0; i < n; i++)
    bw_plan_node_set_op (BW_PLAN_NODE (get_node (self, i)->widget), get_op (self, i));
  if (self->selected >= n)
    self->selected = 0;
  for (guint i = 0; i < n; i++)
    bw_plan_node_set_selected (BW_PLAN_NODE (get_node (self, i)->widget), i == self->selected);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
bw_plan_view_get_selected (BwPlanView *self)
{
  return self->selected;
}

void
bw_plan_view_select (BwPlanView *self,
                     guint       op)
{
  if (op >= self->nodes->len)
    return;

  bw_plan_node_set_selected (BW_PLAN_NODE (get_node (self, self->selected)->widget), FALSE);
  self->selected = op;
  bw_plan_node_set_selected (BW_PLAN_NODE (get_node (self, op)->widget), TRUE);
  bring_selected (self);
  g_signal_emit (self, signals[OP_SELECTED], 0, op);
}

GtkWidget *
bw_plan_view_get_node (BwPlanView *self,
                       guint       op)
{
  return op < self->nodes->len ? get_node (self, op)->widget : NULL;
}
