/* belt-format.h - a statement laid out
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BELT_FORMAT_WIDTH 80u   /* a clause that is longer is broken into lines */

/* Lays out a statement: a clause a line, long ones an item a line, reserved words in capitals.
 * Comments stay where they were, and formatting twice changes nothing more.  The result means
 * the same as the text.
 * Returns: (transfer full) (nullable): without a newline at the end; NULL when the text does not parse */
char *belt_format (const char *text,
                   gsize       len);

G_END_DECLS
