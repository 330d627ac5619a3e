/* belt-json-member.h - members of an object that somebody else wrote
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * json-glib's own getters complain as of a bug of ours when a member is an object
 * or array, and give NULL for a number even with a default.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* object: or NULL.  Returns: (transfer none): the text; otherwise when there is none, or it is no text */
const char *belt_json_get_text (JsonObject *object,
                                const char *name,
                                const char *otherwise);

G_END_DECLS
