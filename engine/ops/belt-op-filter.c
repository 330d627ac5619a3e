/* belt-op-filter.c - lets through the rows for which a condition is true
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A condition made of kernels is asked conjunct by conjunct, so later ones count
 * only for what earlier ones left, as AND does.  A row that a kernel cannot judge
 * is evaluated by the interpreter, which says what is wrong with it.
 */
#include "config.h"

#include "belt-op-filter.h"

typedef struct
{
  BeltOp                op;
  const BeltFilterSpec *spec;
  BeltFilterKernels     kernels;    /* none: the interpreter does it all */
} BeltOpFilter;

typedef enum
{
  ANSWER_TRUE,
  ANSWER_FALSE,
  ANSWER_NULL,
  ANSWER_FAULT,
} Answer;

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

/* What no tap is told of. */
void
belt_op_filter_count_drops (BeltOp *op,
                            guint64 n_false,
                            guint64 n_null)
{
  BeltDropReason reason = ((BeltOpFilter *)op)->spec->drop_reason;

  if (n_false > 0)
    belt_op_count_drops (op, reason, n_false);
  if (n_null > 0)
    belt_op_count_drops (op, reason == BELT_DROP_PREDICATE_FALSE ? BELT_DROP_PREDICATE_NULL : reason, n_null);
}

/* What the interpreter says of a row that no kernel could judge.  TRUE: it goes on. */
static gboolean
judge_unfit (BeltOpFilter *self,
             BeltBatch    *batch,
             guint         row)
{
  const BeltFault *fault = NULL;
  Answer answer = ask_interpreter (self, batch, row, &fault);

  if (answer == ANSWER_FAULT)
    return belt_op_fail (&self->op, batch, row, fault);
  if (answer != ANSWER_TRUE)
    drop_row (self, batch, row, answer == ANSWER_NULL);

  return answer == ANSWER_TRUE;
}

static BeltRowBits
find_faults (const BeltBatch *batch,
             guint            start,
             guint            n)
{
  BeltRowBits found = { { 0 } };

  for (guint i = 0; batch->faults != NULL && i < n; i++)
    {
      if (batch->faults[belt_batch_get_row (batch, start + i)] != NULL)
        found.words[i / 64] |= G_GUINT64_CONSTANT (1) << (i % 64);
    }

  return found;
}

/* Keeps the rows of 64 that pass, in their order; a tap is told of the others one by one. */
static guint
keep_rows (BeltOpFilter *self,
           BeltBatch    *batch,
           guint         start,
           guint64       rows,
           guint64       passes,
           guint64       nulls,
           guint64       unfit,
           guint32      *kept,
           guint         n_kept)
{
  guint64 dropped = rows & ~(passes | unfit);
  guint64 left = rows;

  if (self->op.tap == NULL)
    {
      belt_op_filter_count_drops (&self->op, belt_row_bits_count (dropped & ~nulls),
                                  belt_row_bits_count (dropped & nulls));
      left &= ~dropped;
    }

  for (; left != 0; left &= left - 1)
    {
      guint64 bit = left & -left;
      guint row = belt_batch_get_row (batch, start + (guint)__builtin_ctzll (left));

      if (dropped & bit)
        drop_row (self, batch, row, (nulls & bit) != 0);
      else if ((passes & bit) != 0 || judge_unfit (self, batch, row))
        kept[n_kept++] = row;
    }

  return n_kept;
}

/* Rows outside windows, conjunct by conjunct; at most a block of them. */
static guint
filter_block (BeltOpFilter *self,
              BeltBatch    *batch,
              guint         start,
              guint         n,
              guint32      *kept,
              guint         n_kept)
{
  BeltRowBits faults = find_faults (batch, start, n);
  BeltRowBits nulls = { { 0 } };
  BeltRowBits unfit = { { 0 } };
  BeltRowBits rows;
  BeltRowBits alive;
  BeltKernelAnswer answer;

  belt_row_bits_fill (&rows, n);
  for (guint w = 0; w < BELT_ROW_BITS_WORDS; w++)
    alive.words[w] = rows.words[w] & ~faults.words[w];

  for (guint k = 0; k < self->kernels.n_kernels; k++)
    {
      belt_filter_kernel_ask (&self->kernels.kernels[k], batch, start, n, &alive, &batch->arena, &answer);
      for (guint w = 0; 64u * w < n; w++)
        {
          nulls.words[w] |= alive.words[w] & answer.nulls.words[w];
          unfit.words[w] |= alive.words[w] & answer.unfit.words[w];
          alive.words[w] &= answer.passes.words[w];
        }
    }

  for (guint w = 0; 64u * w < n; w++)
    n_kept = keep_rows (self, batch, start + 64u * w, rows.words[w], alive.words[w] | faults.words[w],
                        nulls.words[w], unfit.words[w], kept, n_kept);

  return n_kept;
}

static guint
filter_with_kernels (BeltOpFilter *self,
                     BeltBatch    *batch,
                     guint32      *kept)
{
  guint n_kept = 0;

  for (guint start = 0; start < batch->n_selected; start += BELT_BATCH_ROWS_MAX)
    n_kept = filter_block (self, batch, start, MIN (batch->n_selected - start, BELT_BATCH_ROWS_MAX), kept, n_kept);

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
  else if (self->kernels.n_kernels > 0)
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
  belt_filter_kernels_clear (&((BeltOpFilter *)op)->kernels);
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
  if (!eval->row_by_row && spec->n_hits == 0 && !spec->needs_groups)
    belt_filter_kernels_init (&self->kernels, spec->condition, eval);

  return &self->op;
}

const BeltFilterKernels *
belt_op_filter_get_kernels (BeltOp *op)
{
  BeltOpFilter *self = (BeltOpFilter *)op;

  if (op->klass != &belt_op_where_class || self->kernels.n_kernels == 0)
    return NULL;

  return &self->kernels;
}
