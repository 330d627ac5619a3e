/* bw-welcome.h - the first page: a live demo, your data, recent projects
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_WELCOME (bw_welcome_get_type ())
G_DECLARE_FINAL_TYPE (BwWelcome, bw_welcome, BW, WELCOME, GtkWidget)

gboolean bw_welcome_is_settled (BwWelcome  *self);
/* As if it had been pasted. */
void     bw_welcome_set_data   (BwWelcome  *self,
                                const char *text);

G_END_DECLS
