/* bw-window.h - the shell: Welcome, or a project with its sidebar and pages
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define BW_TYPE_WINDOW (bw_window_get_type ())
G_DECLARE_FINAL_TYPE (BwWindow, bw_window, BW, WINDOW, AdwApplicationWindow)

BwWindow *bw_window_new         (GtkApplication *app);
GFile    *bw_window_get_folder  (BwWindow       *self);
void      bw_window_open_folder (BwWindow       *self,
                                 GFile          *folder);
void      bw_window_open_named  (BwWindow       *self,
                                 const char     *name);
gboolean  bw_window_is_settled  (BwWindow       *self);
void      bw_window_add_toast   (BwWindow       *self,
                                 const char     *text);

G_END_DECLS
