/* bw-welcome.h - the first page: a live demo, your data, recent projects
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_WELCOME (bw_welcome_get_type ())
G_DECLARE_FINAL_TYPE (BwWelcome, bw_welcome, BW, WELCOME, GtkWidget)

G_END_DECLS
