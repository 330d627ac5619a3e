/* bw-new-dialog.h - makes a rule, a stream, a plugin, sample rows, a test or an engine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-project.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define BW_TYPE_NEW_DIALOG (bw_new_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BwNewDialog, bw_new_dialog, BW, NEW_DIALOG, AdwWindow)

/* project NULL: a new project is made for it.  kind as in the menu "New". */
BwNewDialog *bw_new_dialog_new (GtkWindow  *parent,
                                BwProject  *project,
                                const char *kind);

G_END_DECLS
