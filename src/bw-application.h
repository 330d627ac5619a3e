/* bw-application.h - the workbench as a process
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define BW_TYPE_APPLICATION (bw_application_get_type ())
G_DECLARE_FINAL_TYPE (BwApplication, bw_application, BW, APPLICATION, AdwApplication)

BwApplication *bw_application_new         (void);
void           bw_application_add_actions (BwApplication *self);
void           bw_application_open_folder (BwApplication *self,
                                           GFile         *folder);

G_END_DECLS
