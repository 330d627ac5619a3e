/* bw-sidebar.h - what is in the project
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-project.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_SIDEBAR (bw_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (BwSidebar, bw_sidebar, BW, SIDEBAR, GtkWidget)

void bw_sidebar_set_project (BwSidebar *self,
                             BwProject *project);
void bw_sidebar_select      (BwSidebar *self,
                             BwItem    *item);
/* Its row gets the focus. */
void bw_sidebar_focus       (BwSidebar *self,
                             BwItem    *item);

G_END_DECLS
