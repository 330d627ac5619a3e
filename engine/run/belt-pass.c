/* belt-pass.c - how rows that a gate let through get into their rule
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-pass.h"

#include "belt-layout.h"

#include <string.h>

#define WARM_MAX 14u

struct _BeltPass
{
  BeltOp       *next;
  BeltEval     *eval;
  guint         n_slots;
  guint         n_columns;
  guint         n_aliases;
  guint16       n_warm;
  guint16       is_closed;
  gconstpointer warm[WARM_MAX];
  guint         places[];        /* slot and column of each, then the slots of the aliases */
};

void
belt_pass_add_warm (BeltPass     *self,
                    gconstpointer data,
                    gsize         size)
{
  for (gsize at = 0; at < size && self->n_warm < WARM_MAX; at += 64)
    self->warm[self->n_warm++] = (const char *)data + at;
}

BeltPass *
belt_pass_new (BeltOp      *next,
               BeltEval    *eval,
               guint        n_slots,
               const guint *slots,
               const guint *map,
               guint        n_columns)
{
  BeltPass *self = g_malloc0 (sizeof *self + (2 * n_columns + n_slots) * sizeof (guint));

  self->next = next;
  self->eval = eval;
  self->n_slots = n_slots;
  self->n_columns = n_columns;
  for (guint i = 0; i < n_columns; i++)
    {
      self->places[2 * i] = slots[i];
      self->places[2 * i + 1] = map[i];
    }
  for (guint i = 0; eval->layout != NULL && i < n_slots; i++)
    {
      if (eval->layout->slots[i].kind == BELT_SLOT_ALIAS)
        self->places[2 * n_columns + self->n_aliases++] = i;
    }
  belt_pass_add_warm (self, eval, sizeof *eval);

  return self;
}

void
belt_pass_free (BeltPass *self)
{
  g_free (self);
}

void
belt_pass_close (BeltPass *self)
{
  self->is_closed = TRUE;
}

void
belt_pass_prefetch (const BeltPass *self)
{
  for (guint i = 0; i < self->n_warm; i++)
    __builtin_prefetch (self->warm[i], 1);
}

/* The batch's selection lives in its arena: operators narrow it in place. */
void
belt_pass_push (BeltPass      *self,
                BeltBatch     *batch,
                const guint32 *rows,
                guint          n_rows,
                gint64         now_ms)
{
  g_autoptr(BeltBatch) passed = NULL;
  const guint *aliases = self->places + 2 * self->n_columns;

  if (self->is_closed)
    return;

  passed = belt_batch_new_overlay (batch, self->n_slots);
  for (guint i = 0; i < self->n_columns; i++)
    {
      if (self->places[2 * i + 1] < batch->n_columns)
        passed->columns[self->places[2 * i]] = batch->columns[self->places[2 * i + 1]];
    }
  for (guint i = 0; i < self->n_aliases; i++)
    {
      BeltValue *values = belt_arena_new_array (&passed->arena, BeltValue, passed->n_rows);

      passed->columns[aliases[i]] = memset (values, 0xff, passed->n_rows * sizeof *values);
    }

  passed->selection = belt_arena_memdup (&passed->arena, rows, n_rows * sizeof *rows);
  passed->n_selected = n_rows;
  self->eval->pushed_ms = now_ms;
  self->eval->batch = passed;
  self->eval->arena = &passed->arena;
  self->eval->range = NULL;
  belt_op_push (self->next, passed);
}
