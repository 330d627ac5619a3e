/* bw-welcome.c - the first page: a live demo, your data, recent projects
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-welcome.h"

#include <glib/gi18n.h>

struct _BwWelcome
{
  GtkWidget  parent_instance;

  GtkWidget *scroller;
};

G_DEFINE_FINAL_TYPE (BwWelcome, bw_welcome, GTK_TYPE_WIDGET)

static void
bw_welcome_dispose (GObject *object)
{
  BwWelcome *self = BW_WELCOME (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (bw_welcome_parent_class)->dispose (object);
}

static void
bw_welcome_class_init (BwWelcomeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bw_welcome_dispose;

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-welcome.ui");
  gtk_widget_class_bind_template_child (widget_class, BwWelcome, scroller);
}

static void
bw_welcome_init (BwWelcome *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
