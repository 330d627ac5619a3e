/* belt-filter-kernel.h - conjuncts of a condition, each asked of many rows at once
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A conjunction of `column op constant`, or of `calculation op constant`, is a list
 * of kernels.  A kernel answers for a block of at most 256 rows with bits: which
 * rows pass, for which the value was null, and which it cannot answer for, because
 * the kinds do not fit or the calculation fails.  Of those the interpreter says
 * what is wrong.  Answers depend on nothing but the columns, so one answer serves
 * all rules that ask the same.
 */
#pragma once

#include "belt-batch.h"
#include "belt-expr.h"

G_BEGIN_DECLS

#define BELT_FILTER_KERNELS_MAX 16u
#define BELT_FILTER_STEPS_MAX   8u
#define BELT_ROW_BITS_WORDS     (BELT_BATCH_ROWS_MAX / 64u)

#define BELT_STEP_COLUMN   'c'
#define BELT_STEP_CONSTANT 'k'

/* One step of a calculation, its operands before it. */
typedef struct
{
  char      op;        /* BELT_STEP_COLUMN, BELT_STEP_CONSTANT, or as in BeltExpr */
  guint     slot;
  BeltValue constant;
} BeltFilterStep;

typedef struct
{
  guint           slot;
  char            op;        /* as in BeltExpr, with the column on the left */
  BeltValue       constant;
  guint           n_steps;   /* 0: the column itself is compared */
  BeltFilterStep *steps;
} BeltFilterKernel;

typedef struct
{
  guint             n_kernels;  /* 0: the condition is not made of kernels */
  BeltFilterKernel *kernels;
} BeltFilterKernels;

/* Bit i of word w: the position 64 * w + i of a block. */
typedef struct
{
  guint64 words[BELT_ROW_BITS_WORDS];
} BeltRowBits;

typedef struct
{
  BeltRowBits passes;
  BeltRowBits nulls;   /* of those that do not pass */
  BeltRowBits unfit;   /* neither */
} BeltKernelAnswer;

/* Constants of strings stay in the expression. */
void             belt_filter_kernels_init  (BeltFilterKernels      *self,
                                            const BeltExpr         *condition,
                                            BeltEval               *eval);
void             belt_filter_kernels_clear (BeltFilterKernels      *self);
/* For the selected rows of batch at [start, start + n), as far as asked says; bits of others are undefined. */
void             belt_filter_kernel_ask    (const BeltFilterKernel *self,
                                            const BeltBatch        *batch,
                                            guint                   start,
                                            guint                   n,
                                            const BeltRowBits      *asked,
                                            BeltArena              *arena,
                                            BeltKernelAnswer       *ret_answer);

static inline guint
belt_row_bits_count (guint64 word)
{
  return (guint) __builtin_popcountll (word);
}

/* The first n bits. */
static inline void
belt_row_bits_fill (BeltRowBits *self,
                    guint        n)
{
  for (guint w = 0; w < BELT_ROW_BITS_WORDS; w++)
    {
      guint from = 64u * w;

      self->words[w] = n <= from ? 0 : n - from >= 64u ? G_MAXUINT64 : (G_GUINT64_CONSTANT (1) << (n - from)) - 1;
    }
}

G_END_DECLS
