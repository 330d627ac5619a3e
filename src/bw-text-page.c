/* bw-text-page.c - a document that is just text: streams, samples, tests, manifests
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-text-page.h"

struct _BwTextPage
{
  BwPage    parent_instance;

  BwEditor *editor;
};

G_DEFINE_FINAL_TYPE (BwTextPage, bw_text_page, BW_TYPE_PAGE)

static void
bw_text_page_class_init (BwTextPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (BW_TYPE_EDITOR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-text-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BwTextPage, editor);
}

static void
bw_text_page_init (BwTextPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

BwTextPage *
bw_text_page_new (BwDocument *document,
                  BwItem     *item)
{
  BwTextPage *self = g_object_new (BW_TYPE_TEXT_PAGE, NULL);

  bw_page_set_up (BW_PAGE (self), self->editor, document, item);
  return self;
}
