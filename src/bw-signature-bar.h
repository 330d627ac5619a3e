/* bw-signature-bar.h - which argument the caret is in, below the text
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-editor.h"
#include "bw-session.h"

G_BEGIN_DECLS

#define BW_TYPE_SIGNATURE_BAR (bw_signature_bar_get_type ())
G_DECLARE_FINAL_TYPE (BwSignatureBar, bw_signature_bar, BW, SIGNATURE_BAR, GtkWidget)

/* Once. */
void bw_signature_bar_set_editor (BwSignatureBar *self,
                                  BwEditor       *editor,
                                  BwSession      *session);

G_END_DECLS
