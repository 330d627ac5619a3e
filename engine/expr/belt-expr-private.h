/* belt-expr-private.h - between the files of the interpreter
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-expr.h"
#include "belt-json.h"

G_BEGIN_DECLS

BeltValue   belt_expr_eval_context      (const BeltExpr *self,
                                         BeltEval       *eval);
BeltValue   belt_expr_eval_wildcard     (const BeltExpr *self,
                                         BeltEval       *eval);
const char *belt_expr_get_operator_text (const BeltExpr *self);

G_END_DECLS
