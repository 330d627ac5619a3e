/* belt-json-place.h - where a member stands in a JSON text
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * json-glib reads values but not their places; a message about line 7 needs them.
 */
#pragma once

#include "belt-value.h"

G_BEGIN_DECLS

/* path: "plugins/0/kind"; "" is the whole value.  The text must be valid JSON.
 * ret_key is {0, 0} for items of arrays.  FALSE when there is no such member. */
gboolean belt_json_place_find (const char *text,
                               gsize       len,
                               const char *path,
                               BeltSpan   *ret_key,
                               BeltSpan   *ret_value);

G_END_DECLS
