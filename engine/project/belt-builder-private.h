/* belt-builder-private.h - between the builder and the reader of what compilers say
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-builder.h"

G_BEGIN_DECLS

/* Appends a BeltDiagnostic for each "FILE:LINE:COLUMN: error: …" and for what the linker misses. */
void belt_builder_parse_output (const char *output,
                                const char *folder,
                                GPtrArray  *diagnostics,
                                guint      *ret_n_errors);

G_END_DECLS
