/* belt-conform-compare.h - is it what eKuiper gave?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-codec.h"
#include "belt-value.h"

G_BEGIN_DECLS

/* One emission: rows in a list, or one row; a failed one is recorded as [{"$error": category}].
 * With an encoder the recorded thing is the payload. */
gboolean belt_conform_is_emission (const BeltValue *expected,
                                   const BeltValue *got,
                                   const BeltFault *fault,
                                   BeltEncoder     *encoder);
/* Appends an emission in the notation of the corpus. */
void     belt_conform_describe    (GString         *out,
                                   const BeltValue *got,
                                   const BeltFault *fault);

G_END_DECLS
