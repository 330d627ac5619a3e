/* bw-adaptive-box.h - two or more cards: side by side where there is room, else one below another
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_ADAPTIVE_BOX (bw_adaptive_box_get_type ())
G_DECLARE_FINAL_TYPE (BwAdaptiveBox, bw_adaptive_box, BW, ADAPTIVE_BOX, GtkWidget)

G_END_DECLS
