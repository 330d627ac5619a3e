/* belt-staged-text.h - new texts of many files: all on the disk before any of them counts
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes the text beside the file, with its permissions; what a link points to is meant.  Returns the path of
 * what was written; NULL: error. */
char     *belt_staged_text_write (const char  *path,
                                  const char  *text,
                                  gsize        len,
                                  GError     **error);
/* The disk has all of them: one request for many files, where one a file takes a hundred times as long.
 * paths: of char, NULL among them is passed over. */
gboolean  belt_staged_text_sync  (GPtrArray   *paths,
                                  GError     **error);
/* The text takes the place of the file's. */
gboolean  belt_staged_text_take  (const char  *staged,
                                  const char  *path,
                                  GError     **error);
/* The file has its old text again; FALSE: that was not kept. */
gboolean  belt_staged_text_give_back (const char *staged,
                                  const char  *path);
/* Nothing is left of them beside the files.  paths: as for the sync. */
void      belt_staged_text_discard (GPtrArray *paths);

G_END_DECLS
