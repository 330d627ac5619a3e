/* bw-find-bar.h - finds and replaces in one view
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

#define BW_TYPE_FIND_BAR (bw_find_bar_get_type ())
G_DECLARE_FINAL_TYPE (BwFindBar, bw_find_bar, BW, FIND_BAR, GtkWidget)

void bw_find_bar_set_view (BwFindBar     *self,
                           GtkSourceView *view);
void bw_find_bar_open     (BwFindBar     *self,
                           gboolean       replace);
void bw_find_bar_next     (BwFindBar     *self,
                           gboolean       backwards);

G_END_DECLS
