/* belt-validate.h - what is wrong with a SELECT that parses
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rules that need no catalog.  eKuiper has two rounds: its parser's, which
 * belt_parse() includes, and its planner's, which runs once the streams are found.
 */
#pragma once

#include "belt-parser.h"

G_BEGIN_DECLS

/* Adds the parser's round to the result; belt_parse() has called it. */
void     belt_validate_parsed  (BeltParseResult *result);

/* The planner's round: cycles of aliases, HAVING, aggregates inside aggregates, GROUP BY without
 * a window, slices that are empty whatever the data.  Appends located diagnostics.
 * ret_ekuiper_error: the text of eKuiper's first error of this round; NULL if there is none.
 * Returns: FALSE if there was an error. */
gboolean belt_validate_planned (const BeltAst   *ast,
                                GPtrArray       *diagnostics,
                                char           **ret_ekuiper_error);

/* What a name stands for, once names are bound.  Returns: the field whose alias it is, or NULL */
typedef const BeltAstField *(*BeltAliasLookup) (const BeltNode *node,
                                                gpointer        data);

/* The same with bound names; without, each name of an alias is that alias, but in the alias's own field. */
gboolean belt_validate_bound   (const BeltAst   *ast,
                                BeltAliasLookup  lookup,
                                gpointer         data,
                                GPtrArray       *diagnostics,
                                char           **ret_ekuiper_error);

/* Is there a call of these kinds (BeltParserFunctionKinds) in the expression? */
gboolean belt_node_has_call    (BeltNode        *node,
                                guint            kinds);

G_END_DECLS
