/* bw-adaptive-box.c - two or more cards: side by side where there is room, else one below another
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * GtkFlowBox asks for the height of one column even when it then uses two;
 * this asks for what it needs.
 */
#include "config.h"

#include "bw-adaptive-box.h"

#define SPACING 14

struct _BwAdaptiveBox
{
  GtkWidget parent_instance;
};

static void
bw_adaptive_box_add_child (GtkBuildable *buildable,
                           GtkBuilder   *builder,
                           GObject      *child,
                           const char   *type)
{
  gtk_widget_set_parent (GTK_WIDGET (child), GTK_WIDGET (buildable));
}

static void
bw_adaptive_box_init_buildable (GtkBuildableIface *iface)
{
  iface->add_child = bw_adaptive_box_add_child;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BwAdaptiveBox, bw_adaptive_box, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_BUILDABLE, bw_adaptive_box_init_buildable))

static int
count_children (GtkWidget *widget,
                int       *ret_width)
{
  int n = 0;

  *ret_width = 0;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      int minimum;

      gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
      *ret_width = MAX (*ret_width, minimum);
      n++;
    }

  return n;
}

static GtkSizeRequestMode
bw_adaptive_box_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
bw_adaptive_box_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  int width;
  int n = count_children (widget, &width);
  int all = n * width + MAX (n - 1, 0) * SPACING;
  gboolean wide = for_size < 0 || for_size >= all;
  int height = 0;

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = width;
      *natural = all;
      return;
    }

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      int child_width = for_size < 0 ? -1 : wide ? (for_size - (n - 1) * SPACING) / n : for_size;
      int child_natural;

      gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, child_width, NULL, &child_natural, NULL, NULL);
      height = wide ? MAX (height, child_natural) : height + child_natural + (height > 0 ? SPACING : 0);
    }
  *minimum = *natural = height;
}

static void
bw_adaptive_box_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  int child_minimum;
  int n = count_children (widget, &child_minimum);
  gboolean wide = width >= n * child_minimum + MAX (n - 1, 0) * SPACING;
  int child_width = wide && n > 0 ? (width - (n - 1) * SPACING) / n : width;
  int at = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      int child_height = height;

      if (!wide)
        gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, child_width, NULL, &child_height, NULL, NULL);
      gtk_widget_allocate (child, child_width, child_height, -1,
                           gsk_transform_translate (NULL, &GRAPHENE_POINT_INIT (wide ? (float)at : 0.f,
                                                                                wide ? 0.f : (float)at)));
      at += (wide ? child_width : child_height) + SPACING;
    }
}

static void
bw_adaptive_box_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (bw_adaptive_box_parent_class)->dispose (object);
}

static void
bw_adaptive_box_class_init (BwAdaptiveBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bw_adaptive_box_dispose;
  widget_class->get_request_mode = bw_adaptive_box_get_request_mode;
  widget_class->measure = bw_adaptive_box_measure;
  widget_class->size_allocate = bw_adaptive_box_size_allocate;
}

static void
bw_adaptive_box_init (BwAdaptiveBox *self)
{
}
