/* belt-expr-private.h - between the files of the interpreter
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-expr.h"
#include "belt-json.h"

G_BEGIN_DECLS

/* An error of the row that points to the expression. */
BeltValue   belt_expr_fail_at           (BeltEval       *eval,
                                         const BeltExpr *self,
                                         BeltFaultKind   kind,
                                         const char     *message);
BeltValue   belt_expr_eval_member       (const BeltExpr *self,
                                         BeltEval       *eval);
BeltValue   belt_expr_eval_arrow        (const BeltExpr *self,
                                         BeltEval       *eval);
BeltValue   belt_expr_eval_index        (const BeltExpr *self,
                                         BeltEval       *eval);
BeltValue   belt_expr_eval_slice        (const BeltExpr *self,
                                         BeltEval       *eval);
BeltValue   belt_expr_eval_context      (const BeltExpr *self,
                                         BeltEval       *eval);
BeltValue   belt_expr_eval_wildcard     (const BeltExpr *self,
                                         BeltEval       *eval);
const char *belt_expr_get_operator_text (const BeltExpr *self);

static inline gboolean
belt_value_is_list (const BeltValue *v)
{
  return v->tag == BELT_TAG_LIST || (v->tag == BELT_TAG_JSON && v->len > 0 && v->u.s[0] == '[');
}

static inline BeltValue
belt_eval_read_column (const BeltEval *eval,
                       guint           slot)
{
  const BeltValue *column = eval->batch->columns[slot];

  return column != NULL ? column[eval->row] : belt_value_missing ();
}

G_END_DECLS
