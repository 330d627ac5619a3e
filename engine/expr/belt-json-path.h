/* belt-json-path.h - JSONPath over values
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The dialect is that of eKuiper's json_path_query(): $, .key, ['key'], [i],
 * [i,j], [a:b:c], [*], .*, .., [?(@.x > 1)].  A path of keys and indexes only
 * has one value or fails; any other gives an array of what it matched.  A path
 * is immutable; any thread may evaluate it.
 */
#pragma once

#include "belt-value.h"

G_BEGIN_DECLS

typedef struct _BeltJsonPath BeltJsonPath;

BeltJsonPath *belt_json_path_new  (const char         *text,
                                   gsize               len,
                                   GError            **error);
void          belt_json_path_free (BeltJsonPath       *self);
/* Returns: the value or a LIST, in arena or in root; ERROR when there is no value or a limit was hit */
BeltValue     belt_json_path_eval (const BeltJsonPath *self,
                                   BeltArena          *arena,
                                   const BeltValue    *root);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltJsonPath, belt_json_path_free)

G_END_DECLS
