/* belt-project-data.h - data that was pasted or dropped, as lines of JSON
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "csv", "jsonl", or NULL when it looks like neither. */
const char *belt_project_data_guess    (const char  *data,
                                        gsize        len);
/* JSON lines are kept as they are, bad ones too: they show up as rows that failed to decode.  A JSON array or
 * one object over several lines becomes a line each.  CSV has a first line of names; cells that look like
 * numbers or true and false become such.  Returns: (transfer full) */
char       *belt_project_data_to_lines (const char  *data,
                                        gsize        len,
                                        const char  *format,
                                        GError     **error);

G_END_DECLS
