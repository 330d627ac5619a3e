/* bw-places.h - where examples are and where new projects go
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* NULL when it is not installed. */
char    *bw_places_dup_example     (const char           *name);
/* A folder for a new project, not there yet: "NAME", "NAME-2", … */
char    *bw_places_dup_new_project (const char           *name);
/* Copies an example to the person's projects, once; the path of the copy. */
void     bw_places_copy_example_async  (const char           *name,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
char    *bw_places_copy_example_finish (GAsyncResult         *result,
                                        GError              **error);
/* A name that SQL and C accept: letters, digits and underscores. */
char    *bw_places_dup_identifier  (const char           *text,
                                    const char           *fallback);

G_END_DECLS
