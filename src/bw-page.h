/* bw-page.h - a page of the window: one document and what is known about it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-editor.h"
#include "bw-item.h"

#include <libpanel.h>

G_BEGIN_DECLS

#define BW_TYPE_PAGE (bw_page_get_type ())
G_DECLARE_DERIVABLE_TYPE (BwPage, bw_page, BW, PAGE, PanelWidget)

struct _BwPageClass
{
  PanelWidgetClass parent_class;

  /* After the text is on disk. */
  void     (*saved)      (BwPage *self);
  /* Ctrl+Return. */
  void     (*apply)      (BwPage *self);
  /* Why panel of the selected row. */
  void     (*why)        (BwPage *self);
  /* Of the name at the caret, and of the whole text; NULL: the page's language has none of it. */
  void     (*go_to_definition) (BwPage *self);
  void     (*rename)     (BwPage *self);
  void     (*format)     (BwPage *self);
  /* Ctrl+1…4: FALSE when the page has no such area. */
  gboolean (*focus_area) (BwPage *self, guint area);
  gboolean (*is_settled) (BwPage *self);
};

void        bw_page_set_up       (BwPage     *self,
                                  BwEditor   *editor,
                                  BwDocument *document,
                                  BwItem     *item);
BwEditor   *bw_page_get_editor   (BwPage     *self);
BwDocument *bw_page_get_document (BwPage     *self);
BwItem     *bw_page_get_item     (BwPage     *self);
/* The one sentence of the status bar. */
void        bw_page_set_item     (BwPage     *self,
                                  BwItem     *item);
const char *bw_page_get_state    (BwPage     *self);
void        bw_page_set_state    (BwPage     *self,
                                  const char *state);
void        bw_page_save         (BwPage     *self);
void        bw_page_apply        (BwPage     *self);
void        bw_page_why          (BwPage     *self);
void        bw_page_go_to_definition (BwPage *self);
void        bw_page_rename       (BwPage     *self);
void        bw_page_format       (BwPage     *self);
/* Has it the three above? */
gboolean    bw_page_has_language (BwPage     *self);
gboolean    bw_page_focus_area   (BwPage     *self,
                                  guint       area);
gboolean    bw_page_is_settled   (BwPage     *self);
void        bw_page_close        (BwPage     *self);

G_END_DECLS
