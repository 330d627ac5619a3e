/* bw-preferences.h - what a person can choose
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define BW_TYPE_PREFERENCES (bw_preferences_get_type ())
G_DECLARE_FINAL_TYPE (BwPreferences, bw_preferences, BW, PREFERENCES, AdwPreferencesWindow)

BwPreferences *bw_preferences_new (GtkWindow *parent);

G_END_DECLS
