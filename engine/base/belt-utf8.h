/* belt-utf8.h - checking and mending UTF-8 as Go does
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strings inside the engine are valid UTF-8, whatever a device sent: each byte
 * that is part of no character becomes U+FFFD.  NUL is a character like others.
 */
#pragma once

#include "belt-arena.h"

#include <glib.h>

G_BEGIN_DECLS

/* Bytes of the character at text (1-4), 0 when there is none; len > 0. */
guint       belt_utf8_get_length (const char *text,
                                  gsize       len);
gboolean    belt_utf8_is_valid   (const char *text,
                                  gsize       len);
/* Returns: text itself when valid, else a mended copy. */
const char *belt_utf8_mend       (const char *text,
                                  gsize       len,
                                  BeltArena  *arena,
                                  gsize      *ret_len);
guint       belt_utf8_write      (char       *out,
                                  guint32     character);

G_END_DECLS
