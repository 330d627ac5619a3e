/* bw-rename-dialog.h - asks for another name and says what changes with it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-project.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define BW_TYPE_RENAME_DIALOG (bw_rename_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BwRenameDialog, bw_rename_dialog, BW, RENAME_DIALOG, AdwWindow)

BwRenameDialog *bw_rename_dialog_new         (GtkWindow      *parent,
                                              BwProject      *project,
                                              BwItem         *item);
/* What changes with the name; and what is saved before, NULL: nothing. */
void            bw_rename_dialog_set_effect  (BwRenameDialog *self,
                                              const char     *effect,
                                              const char     *unsaved);
/* It could not be done: why. */
void            bw_rename_dialog_fail        (BwRenameDialog *self,
                                              const char     *problem);

G_END_DECLS
