/* belt-project-private.h - what the files of a project's edits share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A name that SQL and C know as a word. */
gboolean belt_project_check_name (const char  *name,
                                  const char  *what,
                                  GError     **error);

G_END_DECLS
