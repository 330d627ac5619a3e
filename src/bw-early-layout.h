/* bw-early-layout.h - text is coloured and measured before a frame is drawn
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

/* The view has its buffer, and keeps it. */
void bw_early_layout_attach (GtkSourceView *view);

G_END_DECLS
