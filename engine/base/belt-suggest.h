/* belt-suggest.h - "did you mean …?"
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The name nearest to a misspelt one, or NULL when none is near enough.  Case counts little. */
const char *belt_suggest (const char        *name,
                          const char *const *candidates,
                          guint              n_candidates);

G_END_DECLS
