/* bw-import.h - rows that were pasted or dropped, made into lines
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BW_IMPORT_BYTES_MAX (256u << 20)

/* "jsonl" or "csv" and the lines; NULL with an error in words when it is neither. */
char *bw_import_normalize      (const char           *text,
                                gsize                 len,
                                const char          **ret_format,
                                GError              **error);
/* Makes a project of it; the path of its folder. */
void  bw_import_project_async  (GBytes               *data,
                                const char           *name,
                                GCancellable         *cancellable,
                                GAsyncReadyCallback   callback,
                                gpointer              user_data);
char *bw_import_project_finish (GAsyncResult         *result,
                                GError              **error);

G_END_DECLS
