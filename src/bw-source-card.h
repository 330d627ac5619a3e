/* bw-source-card.h - one stream: what its source says, listening or not
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-session.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_SOURCE_CARD (bw_source_card_get_type ())
G_DECLARE_FINAL_TYPE (BwSourceCard, bw_source_card, BW, SOURCE_CARD, GtkWidget)

BwSourceCard *bw_source_card_new (BwSession  *session,
                                  BwListener *listener);

G_END_DECLS
