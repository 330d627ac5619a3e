/* bw-toolchain.h - which compiler and tools there are
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void  bw_toolchain_describe_async  (GCancellable         *cancellable,
                                    GAsyncReadyCallback   callback,
                                    gpointer              user_data);
/* "gcc 12.2.0 ✓   pkg-config 1.8.1 ✓   gdb: not found" */
char *bw_toolchain_describe_finish (GAsyncResult         *result,
                                    GError              **error);

G_END_DECLS
