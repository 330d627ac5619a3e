/* belt-kept-file.h - a file that is deleted and may come back
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Deletes it, or puts it into the trash if there is one.  Returns what it comes back by, to be closed; -1: error. */
int      belt_kept_file_delete  (const char  *path,
                                 gboolean     trash,
                                 GError     **error);
/* As it was, and out of the trash; nothing may be at the path. */
gboolean belt_kept_file_restore (int          fd,
                                 const char  *path,
                                 GError     **error);

G_END_DECLS
