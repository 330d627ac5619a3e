/* bw-symbol.h - the name at the caret: where it is made, and another name for it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-editor.h"
#include "bw-session.h"

G_BEGIN_DECLS

/* Goes to where the name is made: in this text, a stream's or a plugin's page; else says what it is in a toast. */
void bw_symbol_go_to  (BwEditor   *editor,
                       BwSession  *session);
/* Asks for another name, in a popover at the caret, and puts it in at all places. */
void bw_symbol_rename (BwEditor   *editor,
                       BwSession  *session);

G_END_DECLS
