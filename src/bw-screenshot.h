/* bw-screenshot.h - a widget as a PNG file
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

gboolean bw_screenshot_save (GtkWidget   *widget,
                             const char  *path,
                             double       scale,
                             GError     **error);

G_END_DECLS
