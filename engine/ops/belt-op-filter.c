/* belt-op-filter.c - lets through the rows for which a condition is true
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Conjunctions of `column op constant` run as kernels over the column, conjunct by
 * conjunct, so later ones see only what earlier ones left, as AND does.  A row
 * whose kinds do not fit leaves the fast path and is evaluated by the interpreter,
 * which says what is wrong with it.
 */
#include "config.h"

#include "belt-op-filter.h"

#define BELT_FILTER_KERNELS_MAX 16u

typedef struct
{
  guint     slot;
  char      op;        /* as in BeltExpr, with the column on the left */
  BeltValue constant;
} Kernel;

typedef struct
{
  BeltOp                op;
  const BeltFilterSpec *spec;
  guint                 n_kernels;  /* 0: the interpreter does it all */
  Kernel                kernels[BELT_FILTER_KERNELS_MAX];
} BeltOpFilter;

typedef enum
{
  ANSWER_TRUE,
  ANSWER_FALSE,
  ANSWER_NULL,
  ANSWER_FAULT,
} Answer;

static char
turn_around (char op)
{
  switch (op)
    {
    case '<':
      return '>';
    case '>':
      return '<';
    case 'l':
      return 'g';
    case 'g':
      return 'l';
    default:
      return op;
    }
}

static gboolean
is_kernel_constant (const BeltExpr *expr)
{
  return expr->kind == BELT_EXPR_CONST &&
         (belt_value_is_number (&expr->constant) || expr->constant.tag == BELT_TAG_STR);
}

static gboolean
collect_kernels (BeltOpFilter   *self,
                 const BeltExpr *expr)
{
  const BeltExpr *a;
  const BeltExpr *b;

  if (expr->kind == BELT_EXPR_AND)
    return collect_kernels (self, expr->children[0]) && collect_kernels (self, expr->children[1]);
  if (expr->kind != BELT_EXPR_COMPARE || self->n_kernels == BELT_FILTER_KERNELS_MAX)
    return FALSE;

  a = expr->children[0];
  b = expr->children[1];
  if (a->kind == BELT_EXPR_COLUMN && is_kernel_constant (b))
    self->kernels[self->n_kernels++] = (Kernel) { a->slot, expr->op, b->constant }
  ;
  else if (b->kind == BELT_EXPR_COLUMN && is_kernel_constant (a))
    self->kernels[self->n_kernels++] = (Kernel) { b->slot, turn_around (expr->op), a->constant }
  ;
  else
    return FALSE;

  return TRUE;
}

/* Only what can be looked at again without effect: no function is called a second time. */
static gboolean
is_null_operand (const BeltExpr *expr,
                 BeltEval       *eval)
{
  BeltValue value;

  switch (expr->kind)
    {
    case BELT_EXPR_COLUMN:
    case BELT_EXPR_ANY_COLUMN:
    case BELT_EXPR_SLOT:
    case BELT_EXPR_ALIAS:
      value = belt_expr_eval (expr, eval);
      return belt_value_is_null (&value);
    case BELT_EXPR_MEMBER:
    case BELT_EXPR_INDEX:
      return is_null_operand (expr->children[0], eval) ||
             (value = belt_expr_eval (expr, eval), belt_value_is_null (&value));
    case BELT_EXPR_ARITHMETIC:
      return is_null_operand (expr->children[0], eval) || is_null_operand (expr->children[1], eval);
    default:
      return FALSE;
    }
}

static gboolean
is_pure (const BeltExpr *expr)
{
  if (expr->kind == BELT_EXPR_CALL && (expr->function->flags & (BELT_FUNCTION_STATEFUL
                                                                | BELT_FUNCTION_CONTEXT
                                                                | BELT_FUNCTION_NONDETERMINISTIC)))
    return FALSE;

  for (guint i = 0; i < expr->n_children; i++)
    {
      if (expr->children[i] != NULL && !is_pure (expr->children[i]))
        return FALSE;
    }

  return TRUE;
}

const BeltExpr *
belt_expr_find_reason (const BeltExpr *condition,
                       BeltEval       *eval,
                       gboolean       *ret_is_null)
{
  const BeltExpr *expr = condition;
  BeltValue value;

  *ret_is_null = FALSE;
  while (TRUE)
    {
      if (expr->kind == BELT_EXPR_ALIAS && expr->children[0]->kind != BELT_EXPR_COLUMN)
        expr = expr->children[0];
      else if (expr->kind == BELT_EXPR_AND && is_pure (expr))
        {
          value = belt_expr_eval (expr->children[0], eval);
          expr = value.tag == BELT_TAG_BOOL && value.u.i ? expr->children[1] : expr->children[0];
        }
      else
        break;
    }

  switch (expr->kind)
    {
    case BELT_EXPR_COMPARE:
    case BELT_EXPR_BETWEEN:
      for (guint i = 0; i < expr->n_children; i++)
        *ret_is_null |= is_null_operand (expr->children[i], eval);
      break;
    case BELT_EXPR_IN:
    case BELT_EXPR_IN_LIST:
      *ret_is_null = is_null_operand (expr->children[0], eval);
      break;
    case BELT_EXPR_OR:
      break;
    default:
      *ret_is_null = is_null_operand (expr, eval);
      break;
    }

  return expr;
}

static const BeltFault *
wrap_fault (BeltOpFilter    *self,
            BeltBatch       *batch,
            const BeltFault *fault)
{
  gboolean is_having = self->spec->fault_kind == BELT_FAULT_HAVING;
  BeltFaultKind kind = belt_fault_get_kind_in (fault, self->spec->fault_kind);
  BeltValue error = belt_value_error (&batch->arena, kind, "run %s error: %s", is_having ? "Having" : "Where",
                                      fault->message);
  BeltFault *wrapped = (BeltFault *)error.u.fault;

  wrapped->span = fault->span;
  wrapped->function = fault->function;
  return wrapped;
}

static Answer
ask_interpreter (BeltOpFilter     *self,
                 BeltBatch        *batch,
                 guint             row,
                 const BeltFault **ret_fault)
{
  BeltEval *eval = self->op.eval;
  BeltValue value;
  BeltFault fault = { 0 };
  gboolean is_null;

  eval->row = row;
  value = self->spec->needs_groups ? belt_value_error (&batch->arena, BELT_FAULT_HAVING,
                                                       "invalid input: HAVING needs a window")
                                   : belt_expr_eval (self->spec->condition, eval);

  if (value.tag == BELT_TAG_BOOL && value.u.i)
    {
      for (guint i = 0; i < self->spec->n_hits; i++)
        belt_expr_eval (self->spec->hits[i], eval);
      return ANSWER_TRUE;
    }

  if (value.tag == BELT_TAG_BOOL)
    {
      belt_expr_find_reason (self->spec->condition, eval, &is_null);
      return is_null ? ANSWER_NULL : ANSWER_FALSE;
    }

  if (belt_value_is_null (&value) && !self->spec->strict)
    return ANSWER_NULL;

  if (belt_value_is_error (&value))
    fault = *value.u.fault;
  else
    {
      fault.message = belt_arena_printf (&batch->arena,
                                         "invalid condition that returns non-bool value %s",
                                         belt_value_describe (&batch->arena, &value));
      fault.span = self->spec->condition->span;
    }

  *ret_fault = wrap_fault (self, batch, &fault);
  return ANSWER_FAULT;
}

static void
drop_row (BeltOpFilter *self,
          BeltBatch    *batch,
          guint         row,
          gboolean      is_null)
{
  BeltDropReason reason = self->spec->drop_reason;

  if (is_null && reason == BELT_DROP_PREDICATE_FALSE)
    reason = BELT_DROP_PREDICATE_NULL;

  belt_op_drop (&self->op, batch, row, reason, NULL);
}

/* Whether a value passes; FALSE in *ret_fits when the kinds do not compare. */
static inline gboolean
run_kernel (const Kernel    *kernel,
            const BeltValue *value,
            BeltArena       *arena,
            gboolean        *ret_fits)
{
  BeltValue result;

  if (value->tag == BELT_TAG_F64 && kernel->constant.tag != BELT_TAG_STR)
    return belt_compare_floats (kernel->op, value->u.f, belt_value_as_f64 (&kernel->constant));

  if (belt_value_is_null (value))
    return FALSE;

  if (belt_value_is_number (value) != (kernel->constant.tag != BELT_TAG_STR) ||
      (value->tag != BELT_TAG_STR && !belt_value_is_number (value)))
    {
      *ret_fits = FALSE;
      return FALSE;
    }

  result = belt_value_compare (arena, kernel->op, value, &kernel->constant);
  return result.tag == BELT_TAG_BOOL && result.u.i != 0;
}

/* Whole rows outside windows, all kernels; selection is narrowed in place. */
static guint
filter_with_kernels (BeltOpFilter *self,
                     BeltBatch    *batch,
                     guint32      *kept)
{
  guint n_kept = 0;
  const BeltFault *fault;

  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      gboolean passes = TRUE;
      gboolean fits = TRUE;
      gboolean is_null = FALSE;
      gboolean has_fault = FALSE;

      if (belt_batch_get_fault (batch, row) != NULL)
        {
          kept[n_kept++] = row;
          continue;
        }

      for (guint k = 0; passes && k < self->n_kernels; k++)
        {
          const BeltValue *column = batch->columns[self->kernels[k].slot];

          passes = column != NULL && run_kernel (&self->kernels[k], &column[row], &batch->arena, &fits);
          is_null = column == NULL || (!passes && belt_value_is_null (&column[row]));
        }

      if (G_UNLIKELY (!fits))
        {
          switch (ask_interpreter (self, batch, row, &fault))
            {
            case ANSWER_TRUE:
              passes = TRUE;
              break;
            case ANSWER_FAULT:
              passes = belt_op_fail (&self->op, batch, row, fault);
              has_fault = TRUE;
              break;
            default:
              break;
            }
        }

      if (passes)
        kept[n_kept++] = row;
      else if (!has_fault)
        drop_row (self, batch, row, is_null);
    }

  return n_kept;
}

/* TRUE or FAULT; any other answer has cost the row its place. */
static Answer
judge_row (BeltOpFilter     *self,
           BeltBatch        *batch,
           guint             row,
           const BeltFault **ret_fault)
{
  Answer answer;

  if (belt_batch_get_fault (batch, row) != NULL)
    return ANSWER_TRUE;

  answer = ask_interpreter (self, batch, row, ret_fault);
  if (answer == ANSWER_NULL || answer == ANSWER_FALSE)
    drop_row (self, batch, row, answer == ANSWER_NULL);

  return answer;
}

static guint
filter_rows (BeltOpFilter *self,
             BeltBatch    *batch,
             guint32      *kept)
{
  guint n_kept = 0;
  const BeltFault *fault = NULL;

  self->op.eval->position = 0;
  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      Answer answer = judge_row (self, batch, row, &fault);

      if (answer == ANSWER_TRUE || (answer == ANSWER_FAULT && belt_op_fail (&self->op, batch, row, fault)))
        kept[n_kept++] = row;
    }

  return n_kept;
}

/* One emission; returns the new end in kept. */
static guint
filter_emission (BeltOpFilter *self,
                 BeltBatch    *batch,
                 guint         start,
                 guint         end,
                 guint32      *kept,
                 guint         n_kept)
{
  guint first = n_kept;
  const BeltFault *fault = NULL;

  for (guint i = start; i < end; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      Answer answer;

      self->op.eval->position = i - start;
      answer = judge_row (self, batch, row, &fault);
      if (answer == ANSWER_TRUE)
        kept[n_kept++] = row;
      if (answer != ANSWER_FAULT)
        continue;
      if (!belt_op_fail (&self->op, batch, row, fault))
        return first;

      kept[first] = row;
      return first + 1;
    }

  return n_kept;
}

/* Emissions left without rows go no further. */
static guint
filter_emissions (BeltOpFilter *self,
                  BeltBatch    *batch,
                  guint32      *kept)
{
  guint n_kept = 0;
  guint n_emissions = 0;
  guint start = 0;

  for (guint e = 0; e < batch->n_emissions; e++)
    {
      guint end = batch->emission_ends[e];
      guint before = n_kept;

      self->op.eval->range = batch->ranges != NULL ? &batch->ranges[e] : NULL;
      n_kept = filter_emission (self, batch, start, end, kept, n_kept);
      start = end;
      if (n_kept == before)
        continue;

      if (batch->ranges != NULL)
        batch->ranges[n_emissions] = batch->ranges[e];
      batch->emission_ends[n_emissions++] = n_kept;
    }

  batch->n_emissions = n_emissions;
  self->op.eval->range = NULL;
  return n_kept;
}

static void
belt_op_filter_push (BeltOp    *op,
                     BeltBatch *batch)
{
  BeltOpFilter *self = (BeltOpFilter *)op;
  guint32 *kept = belt_arena_new_array (&batch->arena, guint32, MAX (batch->n_selected, 1));
  guint n_kept;

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  op->eval->range = NULL;

  if (batch->emission_ends != NULL)
    n_kept = filter_emissions (self, batch, kept);
  else if (self->n_kernels > 0)
    n_kept = filter_with_kernels (self, batch, kept);
  else
    n_kept = filter_rows (self, batch, kept);

  batch->selection = kept;
  batch->n_selected = n_kept;
  if (n_kept > 0)
    belt_op_emit (op, batch);
}

static void
belt_op_filter_free (BeltOp *op)
{
  belt_op_clear (op);
  g_free (op);
}

static const BeltOpClass belt_op_where_class = {
  .kind = "filter",
  .push = belt_op_filter_push,
  .free = belt_op_filter_free,
};

static const BeltOpClass belt_op_having_class = {
  .kind = "having",
  .push = belt_op_filter_push,
  .free = belt_op_filter_free,
};

static const BeltOpClass belt_op_window_filter_class = {
  .kind = "windowFilter",
  .push = belt_op_filter_push,
  .free = belt_op_filter_free,
};

BeltOp *
belt_op_filter_new (const BeltFilterSpec *spec,
                    BeltEval             *eval)
{
  BeltOpFilter *self = g_new0 (BeltOpFilter, 1);

  if (spec->drop_reason == BELT_DROP_HAVING_FALSE)
    belt_op_init (&self->op, &belt_op_having_class);
  else if (spec->drop_reason == BELT_DROP_WINDOW_FILTER)
    belt_op_init (&self->op, &belt_op_window_filter_class);
  else
    belt_op_init (&self->op, &belt_op_where_class);

  self->op.eval = eval;
  self->spec = spec;
  if (eval->row_by_row || spec->n_hits > 0 || spec->needs_groups || !collect_kernels (self, spec->condition))
    self->n_kernels = 0;

  return &self->op;
}
