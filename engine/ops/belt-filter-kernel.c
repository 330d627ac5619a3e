/* belt-filter-kernel.c - conjuncts of a condition, each asked of many rows at once
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Floats against a number, by far the most of all, are compared without a branch a
 * row; what is left over goes through one general comparison.
 */
#include "config.h"

#include "belt-filter-kernel.h"

#include <string.h>

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
collect_steps (BeltFilterKernel *kernel,
               const BeltExpr   *expr,
               BeltEval         *eval)
{
  BeltValue constant;
  BeltFilterStep step = { .op = BELT_STEP_COLUMN, .slot = expr->slot };

  if (fold (expr, eval, &constant))
    {
      if (!belt_value_is_number (&constant))
        return FALSE;
      step = (BeltFilterStep) { .op = BELT_STEP_CONSTANT, .constant = constant };
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
  kernel->steps = g_renew (BeltFilterStep, kernel->steps, kernel->n_steps + 1);
  kernel->steps[kernel->n_steps++] = step;
  return TRUE;
}

static gboolean
collect_kernels (BeltFilterKernels *self,
                 const BeltExpr    *expr,
                 BeltEval          *eval)
{
  BeltFilterKernel *kernel;

  if (expr->kind == BELT_EXPR_AND)
    return collect_kernels (self, expr->children[0], eval) && collect_kernels (self, expr->children[1], eval);
  if (expr->kind != BELT_EXPR_COMPARE || self->n_kernels == BELT_FILTER_KERNELS_MAX)
    return FALSE;

  self->kernels = g_renew (BeltFilterKernel, self->kernels, self->n_kernels + 1);
  kernel = &self->kernels[self->n_kernels++];
  *kernel = (BeltFilterKernel) { .op = expr->op };
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

/* FALSE: the interpreter says what is wrong. */
static inline gboolean
calculate (const BeltFilterKernel    *kernel,
           const BeltBatch           *batch,
           guint                      row,
           BeltArena                 *arena,
           BeltValue                 *ret_value)
{
  BeltValue values[BELT_FILTER_STEPS_MAX];
  guint n = 0;

  for (guint i = 0; i < kernel->n_steps; i++)
    {
      const BeltFilterStep *step = &kernel->steps[i];
      const BeltValue *column;

      switch (step->op)
        {
        case BELT_STEP_CONSTANT:
          values[n++] = step->constant;
          break;
        case BELT_STEP_COLUMN:
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
run_kernel (const BeltFilterKernel    *kernel,
            const BeltValue           *value,
            BeltArena                 *arena,
            gboolean                  *ret_fits)
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

void
belt_filter_kernels_init (BeltFilterKernels *self,
                          const BeltExpr    *condition,
                          BeltEval          *eval)
{
  *self = (BeltFilterKernels) { 0 };
  if (!collect_kernels (self, condition, eval))
    belt_filter_kernels_clear (self);
}

void
belt_filter_kernels_clear (BeltFilterKernels *self)
{
  for (guint i = 0; i < self->n_kernels; i++)
    g_free (self->kernels[i].steps);
  g_clear_pointer (&self->kernels, g_free);
  self->n_kernels = 0;
}

/* One position, whatever it is. */
static inline void
ask_one (const BeltFilterKernel *self,
         const BeltBatch        *batch,
         guint                   row,
         guint64                 bit,
         BeltArena              *arena,
         guint64                *passes,
         guint64                *nulls,
         guint64                *unfit)
{
  const BeltValue *column;
  BeltValue value;
  gboolean fits = TRUE;

  if (self->n_steps == 0)
    {
      column = batch->columns[self->slot];
      value = column != NULL ? column[row] : belt_value_missing ();
    }
  else
    fits = calculate (self, batch, row, arena, &value);

  if (fits && run_kernel (self, &value, arena, &fits))
    *passes |= bit;
  else if (!fits)
    *unfit |= bit;
  else if (belt_value_is_null (&value))
    *nulls |= bit;
}

/* Floats of 64 rows in a row.  Returns: those that are none. */
#define COMPARE_FLOATS(op)                                     \
  for (guint i = 0; i < n; i++)                                \
    {                                                          \
      guint64 is_float = values[i].tag == BELT_TAG_F64;        \
                                                               \
      others |= (is_float ^ 1) << i;                           \
      found |= (is_float & (values[i].u.f op limit)) << i;     \
    }                                                          \
  break

static guint64
compare_floats (char             op,
                const BeltValue *values,
                guint            n,
                double           limit,
                guint64         *ret_passes)
{
  guint64 found = 0;
  guint64 others = 0;

  switch (op)
    {
    case '=':
      COMPARE_FLOATS (==);
    case '!':
      COMPARE_FLOATS (!=);
    case '<':
      COMPARE_FLOATS (<);
    case 'l':
      COMPARE_FLOATS (<=);
    case '>':
      COMPARE_FLOATS (>);
    case 'g':
      COMPARE_FLOATS (>=);
    default:
      g_assert_not_reached ();
    }

  *ret_passes = found;
  return others;
}

void
belt_filter_kernel_ask (const BeltFilterKernel *self,
                        const BeltBatch        *batch,
                        guint                   start,
                        guint                   n,
                        const BeltRowBits      *asked,
                        BeltArena              *arena,
                        BeltKernelAnswer       *ret_answer)
{
  const BeltValue *column = self->n_steps == 0 ? batch->columns[self->slot] : NULL;
  gboolean in_row = column != NULL && batch->selection == NULL && belt_value_is_number (&self->constant);
  double limit = in_row ? belt_value_as_f64 (&self->constant) : 0;

  g_assert (n <= BELT_BATCH_ROWS_MAX);

  for (guint w = 0; 64u * w < n; w++)
    {
      guint first = start + 64u * w;
      guint64 left = asked->words[w];
      guint64 passes = 0;
      guint64 nulls = 0;
      guint64 unfit = 0;

      if (in_row && left != 0)
        left &= compare_floats (self->op, &column[first], MIN (n - 64u * w, 64u), limit, &passes);
      while (left != 0)
        {
          guint i = (guint)__builtin_ctzll (left);

          left &= left - 1;
          ask_one (self, batch, belt_batch_get_row (batch, first + i), G_GUINT64_CONSTANT (1) << i, arena, &passes,
                   &nulls, &unfit);
        }
      ret_answer->passes.words[w] = passes;
      ret_answer->nulls.words[w] = nulls;
      ret_answer->unfit.words[w] = unfit;
    }
}
