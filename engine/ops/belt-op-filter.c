/* belt-op-filter.c - lets through the rows for which a condition is true
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Conjunctions of `column op constant`, or of `calculation op constant`, run as
 * kernels over the columns, conjunct by conjunct, so later ones see only what
 * earlier ones left, as AND does.  Constants are calculated once.  A row whose
 * kinds do not fit, or whose calculation fails, leaves the fast path and is
 * evaluated by the interpreter, which says what is wrong with it.
 */
#include "config.h"

#include "belt-op-filter.h"

#define BELT_FILTER_KERNELS_MAX 16u
#define BELT_FILTER_STEPS_MAX   8u

#define OP_COLUMN   'c'
#define OP_CONSTANT 'k'

/* One step of a calculation, its operands before it. */
typedef struct
{
  char      op;        /* OP_COLUMN, OP_CONSTANT, or as in BeltExpr */
  guint     slot;
  BeltValue constant;
} Step;

typedef struct
{
  guint     slot;
  char      op;        /* as in BeltExpr, with the column on the left */
  BeltValue constant;
  guint     n_steps;   /* 0: the column itself is compared */
  Step     *steps;
} Kernel;

typedef struct
{
  BeltOp                op;
  const BeltFilterSpec *spec;
  guint                 n_kernels;  /* 0: the interpreter does it all */
  Kernel               *kernels;
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
is_number_or_text (const BeltValue *value)
{
  return belt_value_is_number (value) || value->tag == BELT_TAG_STR;
}

static gboolean
is_made_of_constants (const BeltExpr *expr)
{
  if (expr->kind == BELT_EXPR_CONST)
    return TRUE;
  if (expr->kind != BELT_EXPR_ARITHMETIC && expr->kind != BELT_EXPR_NEGATE)
    return FALSE;

  for (guint i = 0; i < expr->n_children; i++)
    {
      if (!is_made_of_constants (expr->children[i]))
        return FALSE;
    }

  return TRUE;
}

/* Calculated once for all rows.  FALSE: it depends on the row, or fails, and does so row by row. */
static gboolean
fold (const BeltExpr *expr,
      BeltEval       *eval,
      BeltValue      *ret_value)
{
  g_autoptr(BeltArena) arena = NULL;
  BeltArena *before = eval->arena;

  if (!is_made_of_constants (expr))
    return FALSE;
  if (expr->kind == BELT_EXPR_CONST)
    {
      *ret_value = expr->constant;
      return is_number_or_text (ret_value);
    }

  arena = belt_arena_new ();
  eval->arena = arena;
  *ret_value = belt_expr_eval (expr, eval);
  eval->arena = before;

  return belt_value_is_number (ret_value);
}

/* Appends expr to what a kernel calculates.  FALSE: only the interpreter can. */
static gboolean
collect_steps (Kernel         *kernel,
               const BeltExpr *expr,
               BeltEval       *eval)
{
  BeltValue constant;
  Step step = { .op = OP_COLUMN, .slot = expr->slot };

  if (fold (expr, eval, &constant))
    {
      if (!belt_value_is_number (&constant))
        return FALSE;
      step = (Step) { .op = OP_CONSTANT, .constant = constant }
      ;
    }
  else if (expr->kind == BELT_EXPR_ARITHMETIC && strchr ("+-*/%", expr->op) != NULL)
    {
      if (!collect_steps (kernel, expr->children[0], eval) || !collect_steps (kernel, expr->children[1], eval))
        return FALSE;
      step.op = expr->op;
    }
  else if (expr->kind != BELT_EXPR_COLUMN)
    return FALSE;

  if (kernel->n_steps == BELT_FILTER_STEPS_MAX)
    return FALSE;
  kernel->steps = g_renew (Step, kernel->steps, kernel->n_steps + 1);
  kernel->steps[kernel->n_steps++] = step;
  return TRUE;
}

static gboolean
collect_kernels (BeltOpFilter   *self,
                 const BeltExpr *expr)
{
  BeltEval *eval = self->op.eval;
  Kernel *kernel;

  if (expr->kind == BELT_EXPR_AND)
    return collect_kernels (self, expr->children[0]) && collect_kernels (self, expr->children[1]);
  if (expr->kind != BELT_EXPR_COMPARE || self->n_kernels == BELT_FILTER_KERNELS_MAX)
    return FALSE;

  self->kernels = g_renew (Kernel, self->kernels, self->n_kernels + 1);
  kernel = &self->kernels[self->n_kernels++];
  *kernel = (Kernel) { .op = expr->op };
  if (fold (expr->children[1], eval, &kernel->constant))
    expr = expr->children[0];
  else if (fold (expr->children[0], eval, &kernel->constant))
    {
      kernel->op = turn_around (kernel->op);
      expr = expr->children[1];
    }
  else
    return FALSE;

  kernel->slot = expr->slot;
  return expr->kind == BELT_EXPR_COLUMN || collect_steps (kernel, expr, eval);
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
    return ANSWER_TRUE;

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

/* FALSE: the interpreter says what is wrong. */
static inline gboolean
calculate (const Kernel    *kernel,
           const BeltBatch *batch,
           guint            row,
           BeltArena       *arena,
           BeltValue       *ret_value)
{
  BeltValue values[BELT_FILTER_STEPS_MAX];
  guint n = 0;

  for (guint i = 0; i < kernel->n_steps; i++)
    {
      const Step *step = &kernel->steps[i];
      const BeltValue *column;

      switch (step->op)
        {
        case OP_CONSTANT:
          values[n++] = step->constant;
          break;
        case OP_COLUMN:
          column = batch->columns[step->slot];
          values[n] = column != NULL ? column[row] : belt_value_missing ();
          if (!belt_value_is_number (&values[n]) && !belt_value_is_null (&values[n]))
            return FALSE;
          n++;
          break;
        default:
          n--;
          values[n - 1] = belt_value_arithmetic (arena, step->op, &values[n - 1], &values[n]);
          if (belt_value_is_error (&values[n - 1]))
            return FALSE;
          break;
        }
    }

  *ret_value = values[0];
  return TRUE;
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
          const Kernel *kernel = &self->kernels[k];
          const BeltValue *column = batch->columns[kernel->slot];
          BeltValue value;

          if (kernel->n_steps == 0)
            {
              passes = column != NULL && run_kernel (kernel, &column[row], &batch->arena, &fits);
              is_null = column == NULL || (!passes && belt_value_is_null (&column[row]));
              continue;
            }

          fits = calculate (kernel, batch, row, &batch->arena, &value);
          passes = fits && run_kernel (kernel, &value, &batch->arena, &fits);
          is_null = fits && !passes && belt_value_is_null (&value);
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
            case ANSWER_NULL:
              is_null = TRUE;
              break;
            case ANSWER_FALSE:
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

/* The counters of the condition, at the row the evaluation stands at. */
static void
count_hit (BeltOpFilter *self)
{
  for (guint i = 0; i < self->spec->n_hits; i++)
    belt_expr_eval (self->spec->hits[i], self->op.eval);
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

      if (answer == ANSWER_TRUE && belt_batch_get_fault (batch, row) == NULL)
        count_hit (self);
      if (answer == ANSWER_TRUE || (answer == ANSWER_FAULT && belt_op_fail (&self->op, batch, row, fault)))
        kept[n_kept++] = row;
    }

  return n_kept;
}

/* One emission, which is one hit however many of its rows pass; returns the new end in kept. */
static guint
filter_emission (BeltOpFilter *self,
                 BeltBatch    *batch,
                 guint         start,
                 guint         end,
                 guint32      *kept,
                 guint         n_kept)
{
  guint first = n_kept;
  gboolean is_hit = FALSE;
  const BeltFault *fault = NULL;

  for (guint i = start; i < end; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      Answer answer;

      self->op.eval->position = i - start;
      answer = judge_row (self, batch, row, &fault);
      is_hit |= answer == ANSWER_TRUE && belt_batch_get_fault (batch, row) == NULL;
      if (answer == ANSWER_TRUE)
        kept[n_kept++] = row;
      if (answer != ANSWER_FAULT)
        continue;
      if (!belt_op_fail (&self->op, batch, row, fault))
        return first;

      kept[first] = row;
      return first + 1;
    }

  /* eKuiper counts none for WHERE above a join. */
  if (is_hit && self->spec->fault_kind == BELT_FAULT_HAVING)
    count_hit (self);
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
clear_kernels (BeltOpFilter *self)
{
  for (guint i = 0; i < self->n_kernels; i++)
    g_free (self->kernels[i].steps);
  g_clear_pointer (&self->kernels, g_free);
  self->n_kernels = 0;
}

static void
belt_op_filter_free (BeltOp *op)
{
  clear_kernels ((BeltOpFilter *)op);
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
    clear_kernels (self);

  return &self->op;
}
