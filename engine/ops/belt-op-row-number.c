/* belt-op-row-number.c - row_number(): 1, 2, … in each emission
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs before ORDER BY, so numbers follow the order of arrival, as in eKuiper.
 */
#include "config.h"

#include "belt-op-project.h"

typedef struct
{
  BeltOp op;
  guint  slot;
} BeltOpRowNumber;

static void
belt_op_row_number_push (BeltOp    *op,
                         BeltBatch *batch)
{
  BeltOpRowNumber *self = (BeltOpRowNumber *)op;
  BeltValue *column = self->slot != BELT_ROW_NUMBER_UNREAD ? belt_batch_add_column (batch, self->slot) : NULL;
  guint start = 0;

  for (guint e = 0; column != NULL && e < belt_batch_get_n_emissions (batch); e++)
    {
      guint end = belt_batch_get_emission_end (batch, e);

      for (guint i = start; i < end; i++)
        column[belt_batch_get_row (batch, i)] = belt_value_i64 ((gint64)(i - start) + 1);
      start = end;
    }

  belt_op_emit (op, batch);
}

static void
belt_op_row_number_free (BeltOp *op)
{
  belt_op_clear (op);
  g_free (op);
}

static const BeltOpClass belt_op_row_number_class = {
  .kind = "windowFunc",
  .push = belt_op_row_number_push,
  .free = belt_op_row_number_free,
};

BeltOp *
belt_op_row_number_new (guint     slot,
                        BeltEval *eval)
{
  BeltOpRowNumber *self = g_new0 (BeltOpRowNumber, 1);

  belt_op_init (&self->op, &belt_op_row_number_class);
  self->op.eval = eval;
  self->slot = slot;

  return &self->op;
}
