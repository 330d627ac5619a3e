/* belt-parser-hooks.h - the table of functions, as the parser asks for it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-function.h"
#include "belt-parser.h"

G_BEGIN_DECLS

/* Fills the hooks; they hold as long as the table does.  BeltNode.function of a call is then
 * its const BeltFunction. */
void  belt_parser_hooks_init       (BeltParserHooks     *self,
                                    BeltFunctionTable   *table);
/* What a function checks of an argument before anything runs. */
BeltLiteral belt_node_get_literal  (const BeltNode      *node);
/* The known name closest to this one, or NULL when none is close; free it. */
char *belt_function_table_suggest  (BeltFunctionTable   *self,
                                    const char          *name);

G_END_DECLS
