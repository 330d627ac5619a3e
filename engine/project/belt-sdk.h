/* belt-sdk.h - where the plugin SDK is on this machine
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The folder with belt-plugin.h: BELT_SDK of the environment, the source tree, or where it was installed. */
const char *belt_sdk_get_include_dir  (void);
/* template/function.c and so on.  Returns: (transfer full) */
char       *belt_sdk_load_template    (const char  *kind,
                                       GError     **error);

G_END_DECLS
