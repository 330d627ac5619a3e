/* belt-gate.c - the conditions of a shared stream's rules, asked before the rules
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A gate is one cache line: which kernels it asks, and what it counted.  Kernels are
 * found by what they ask, and are copies of their own.
 */
#include "config.h"

#include "belt-gate.h"

#include <string.h>

#define GATE_KERNELS_MAX 3u

typedef struct
{
  BeltFilterKernel kernel;      /* its slots are columns of the feed */
  guint            n_gates;
  guint64          batch;       /* number of the batch the answer is about; of a kernel with several gates */
  BeltKernelAnswer answer;
} Asked;

struct _BeltGates
{
  GHashTable  *table;           /* of Asked, by its kernel; owned */
  BeltBatch   *batch;
  guint64      batch_number;
  gint64       now_ms;
  BeltRowBits  rows;            /* all of the batch */
};

struct _BeltGate
{
  Asked         *kernels[GATE_KERNELS_MAX];
  BeltGateCounts counts;
  guint          n_kernels;
  gboolean       has_counted;
} __attribute__ ((aligned (64)));

G_STATIC_ASSERT (sizeof (BeltGate) == 64);

static guint
hash_value (const BeltValue *value)
{
  guint hash = value->tag;

  if (value->tag == BELT_TAG_STR)
    {
      for (guint i = 0; i < value->len; i++)
        hash = hash * 31 + (guchar)value->u.s[i];
      return hash;
    }

  return hash * 31 + (guint)((guint64)value->u.i >> 32) * 31 + (guint)value->u.i;
}

static gboolean
is_same_value (const BeltValue *a,
               const BeltValue *b)
{
  if (a->tag != b->tag)
    return FALSE;
  if (a->tag == BELT_TAG_STR)
    return a->len == b->len && memcmp (a->u.s, b->u.s, a->len) == 0;
  return a->u.i == b->u.i;
}

static guint
hash_kernel (gconstpointer key)
{
  const BeltFilterKernel *self = key;
  guint hash = hash_value (&self->constant) * 31 + (guchar)self->op;

  if (self->n_steps == 0)
    return hash * 31 + self->slot;
  for (guint i = 0; i < self->n_steps; i++)
    hash = (hash * 31 + (guchar)self->steps[i].op) * 31 + self->steps[i].slot;

  return hash;
}

static gboolean
is_same_kernel (gconstpointer a,
                gconstpointer b)
{
  const BeltFilterKernel *one = a;
  const BeltFilterKernel *two = b;

  if (one->op != two->op || one->n_steps != two->n_steps || !is_same_value (&one->constant, &two->constant) ||
      (one->n_steps == 0 && one->slot != two->slot))
    return FALSE;

  for (guint i = 0; i < one->n_steps; i++)
    {
      const BeltFilterStep *left = &one->steps[i];
      const BeltFilterStep *right = &two->steps[i];

      if (left->op != right->op || (left->op == BELT_STEP_COLUMN && left->slot != right->slot) ||
          (left->op == BELT_STEP_CONSTANT && !is_same_value (&left->constant, &right->constant)))
        return FALSE;
    }

  return TRUE;
}

static void
free_asked (gpointer data)
{
  Asked *self = data;

  if (self->kernel.constant.tag == BELT_TAG_STR)
    g_free ((char *)self->kernel.constant.u.s);
  g_free (self->kernel.steps);
  g_free (self);
}

BeltGates *
belt_gates_new (void)
{
  BeltGates *self = g_new0 (BeltGates, 1);

  self->table = g_hash_table_new_full (hash_kernel, is_same_kernel, NULL, free_asked);
  return self;
}

void
belt_gates_free (BeltGates *self)
{
  g_assert (g_hash_table_size (self->table) == 0);

  g_hash_table_unref (self->table);
  g_free (self);
}

static gboolean
find_column (guint        slot,
             const guint *slots,
             const guint *columns,
             guint        n_columns,
             guint       *ret_column)
{
  for (guint i = 0; i < n_columns; i++)
    {
      if (slots[i] == slot)
        {
          *ret_column = columns[i];
          return TRUE;
        }
    }

  return FALSE;
}

/* The same of the feed's columns.  FALSE: one is not there. */
static gboolean
move_kernel (const BeltFilterKernel *kernel,
             BeltFilterStep         *steps,
             const guint            *slots,
             const guint            *columns,
             guint                   n_columns,
             BeltFilterKernel       *ret_moved)
{
  *ret_moved = *kernel;
  ret_moved->slot = 0;
  ret_moved->steps = steps;
  if (kernel->n_steps == 0)
    return find_column (kernel->slot, slots, columns, n_columns, &ret_moved->slot);

  for (guint i = 0; i < kernel->n_steps; i++)
    {
      steps[i] = kernel->steps[i];
      if (steps[i].op != BELT_STEP_COLUMN)
        steps[i].slot = 0;
      else if (!find_column (kernel->steps[i].slot, slots, columns, n_columns, &steps[i].slot))
        return FALSE;
    }

  return TRUE;
}

static Asked *
use_kernel (BeltGates              *self,
            const BeltFilterKernel *kernel)
{
  Asked *asked = g_hash_table_lookup (self->table, kernel);

  if (asked == NULL)
    {
      asked = g_new0 (Asked, 1);
      asked->kernel = *kernel;
      if (kernel->constant.tag == BELT_TAG_STR)
        asked->kernel.constant.u.s = g_memdup2 (kernel->constant.u.s, MAX (kernel->constant.len, 1));
      asked->kernel.steps = g_memdup2 (kernel->steps, kernel->n_steps * sizeof *kernel->steps);
      g_hash_table_insert (self->table, &asked->kernel, asked);
    }

  asked->n_gates++;
  return asked;
}

static void
release_kernels (BeltGates *self,
                 BeltGate  *gate)
{
  for (guint i = 0; i < gate->n_kernels; i++)
    {
      Asked *asked = gate->kernels[i];

      if (--asked->n_gates == 0)
        g_hash_table_remove (self->table, &asked->kernel);
    }
}

BeltGate *
belt_gates_add (BeltGates               *self,
                const BeltFilterKernels *kernels,
                const guint             *slots,
                const guint             *columns,
                guint                    n_columns)
{
  BeltFilterStep steps[BELT_FILTER_STEPS_MAX];
  BeltFilterKernel moved;
  BeltGate *gate;

  if (kernels->n_kernels > GATE_KERNELS_MAX)
    return NULL;

  gate = g_aligned_alloc0 (1, sizeof *gate, 64);
  for (guint i = 0; i < kernels->n_kernels; i++)
    {
      if (!move_kernel (&kernels->kernels[i], steps, slots, columns, n_columns, &moved))
        {
          belt_gates_remove (self, gate);
          return NULL;
        }
      gate->kernels[gate->n_kernels++] = use_kernel (self, &moved);
    }

  return gate;
}

void
belt_gates_remove (BeltGates *self,
                   BeltGate  *gate)
{
  release_kernels (self, gate);
  g_aligned_free (gate);
}

void
belt_gates_begin (BeltGates *self,
                  BeltBatch *batch,
                  gint64     now_ms)
{
  self->batch = batch;
  self->batch_number++;
  self->now_ms = now_ms;
  if (batch->n_rows <= BELT_BATCH_ROWS_MAX)
    belt_row_bits_fill (&self->rows, batch->n_rows);
}

/* The answer that nobody else asks for needs not to be kept. */
static const BeltKernelAnswer *
get_answer (BeltGates        *self,
            Asked            *asked,
            BeltKernelAnswer *own)
{
  BeltKernelAnswer *answer = asked->n_gates > 1 ? &asked->answer : own;

  if (answer == own || asked->batch != self->batch_number)
    {
      belt_filter_kernel_ask (&asked->kernel, self->batch, 0, self->batch->n_rows, &self->rows, &self->batch->arena,
                              answer);
      if (answer != own)
        asked->batch = self->batch_number;
    }

  return answer;
}

static guint
list_rows (const BeltRowBits *bits,
           guint              n_words,
           guint32           *rows)
{
  guint n = 0;

  for (guint w = 0; w < n_words; w++)
    {
      for (guint64 left = bits->words[w]; left != 0; left &= left - 1)
        rows[n++] = 64u * w + (guint)__builtin_ctzll (left);
    }

  return n;
}

/* Conjunct by conjunct: what a later one says of rows that are gone does not matter. */
BeltGateAnswer
belt_gate_ask (BeltGates *self,
               BeltGate  *gate,
               guint32   *rows,
               guint     *ret_n_rows)
{
  const BeltBatch *batch = self->batch;
  guint n_words = (batch->n_rows + 63u) / 64u;
  BeltRowBits alive = self->rows;
  BeltKernelAnswer own;
  guint64 any = 0;
  guint n_null = 0;

  if (batch->faults != NULL || batch->selection != NULL || batch->n_rows > BELT_BATCH_ROWS_MAX)
    return BELT_GATE_ASK;

  for (guint k = 0; k < gate->n_kernels; k++)
    {
      const BeltKernelAnswer *answer = get_answer (self, gate->kernels[k], &own);

      any = 0;
      for (guint w = 0; w < n_words; w++)
        {
          if ((alive.words[w] & answer->unfit.words[w]) != 0)
            return BELT_GATE_ASK;
          n_null += belt_row_bits_count (alive.words[w] & answer->nulls.words[w]);
          alive.words[w] &= answer->passes.words[w];
          any |= alive.words[w];
        }
      if (any == 0)
        break;
    }

  *ret_n_rows = any != 0 ? list_rows (&alive, n_words, rows) : 0;
  gate->counts.n_rows += batch->n_rows;
  gate->counts.n_null += n_null;
  gate->counts.n_false += batch->n_rows - *ret_n_rows - n_null;
  gate->counts.last_ms = self->now_ms;

  return any != 0 ? BELT_GATE_SOME : BELT_GATE_NONE;
}

gboolean
belt_gate_has_begun (BeltGate *self)
{
  gboolean has_counted = self->has_counted;

  self->has_counted = TRUE;
  return !has_counted;
}

void
belt_gate_take_counts (BeltGate       *self,
                       BeltGateCounts *ret_counts)
{
  *ret_counts = self->counts;
  self->counts = (BeltGateCounts) { 0 };
  self->has_counted = FALSE;
}

void
belt_gate_prefetch (const BeltGate *self)
{
  __builtin_prefetch (self, 1);
}

void
belt_gate_prefetch_kernels (const BeltGate *self)
{
  for (guint i = 0; i < self->n_kernels; i++)
    __builtin_prefetch (self->kernels[i]);
}
