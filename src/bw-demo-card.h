/* bw-demo-card.h - the demo, alive: its statement and its rows as they come
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_DEMO_CARD (bw_demo_card_get_type ())
G_DECLARE_FINAL_TYPE (BwDemoCard, bw_demo_card, BW, DEMO_CARD, GtkWidget)

gboolean bw_demo_card_is_settled (BwDemoCard *self);
guint    bw_demo_card_get_n_shown (BwDemoCard *self);

G_END_DECLS
