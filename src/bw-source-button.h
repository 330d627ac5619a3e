/* bw-source-button.h - where the rows of a page come from: samples, or true sources
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-session.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BW_TYPE_SOURCE_BUTTON (bw_source_button_get_type ())
G_DECLARE_FINAL_TYPE (BwSourceButton, bw_source_button, BW, SOURCE_BUTTON, GtkWidget)

/* The streams the page reads, NULL-terminated; nothing is shown while there are none. */
void bw_source_button_set_streams (BwSourceButton     *self,
                                   BwSession          *session,
                                   const char *const  *streams);

G_END_DECLS
