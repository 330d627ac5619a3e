/* bw-settings.h - what a person has chosen
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GSettings *bw_settings_get_default      (void);
void       bw_settings_add_recent       (const char *folder);
void       bw_settings_remove_recent    (const char *folder);
char      *bw_settings_dup_state_folder (void);

G_END_DECLS
