/* belt-op-lookup.c - joins each row with what a lookup table has for its keys
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-op-lookup.h"

#include "belt-layout.h"

#include <string.h>

typedef struct
{
  BeltOp                 op;
  const BeltLookupSpec  *spec;
  BeltLookupQuery       *query;     /* NULL: finds nothing */
  GArray                *matches;   /* of BeltValue: of the row at hand */
  GArray                *joined;    /* of Joined: of the batch at hand */
  GArray                *ends;
  GArray                *ranges;
} BeltOpLookup;

typedef struct
{
  guint     row;
  BeltValue match;    /* a MAP, or MISSING */
} Joined;

/* FALSE: a key is null, or could not be evaluated (*ret_fault); as in eKuiper nothing is found by either. */
static gboolean
eval_keys (BeltOpLookup     *self,
           BeltValue        *values,
           const BeltFault **ret_fault)
{
  gboolean usable = TRUE;

  for (guint i = 0; i < self->spec->n_keys; i++)
    {
      values[i] = belt_expr_eval (self->spec->values[i], self->op.eval);
      if (belt_value_is_error (&values[i]))
        *ret_fault = values[i].u.fault;
      usable &= !belt_value_is_null (&values[i]) && !belt_value_is_error (&values[i]);
    }

  return usable;
}

static void
add_joined (BeltOpLookup *self,
            guint         row,
            BeltValue     match)
{
  Joined joined = { row, match };

  g_array_append_val (self->joined, joined);
}

/* Returns: NULL, or why the row fails. */
static const BeltFault *
look_up_row (BeltOpLookup *self,
             BeltBatch    *batch,
             guint         row)
{
  BeltValue *values = belt_arena_new_array (&batch->arena, BeltValue, self->spec->n_keys + 1);
  const BeltFault *fault = NULL;
  const char *problem = NULL;

  if (belt_batch_get_fault (batch, row) != NULL)
    {
      add_joined (self, row, belt_value_missing ());
      return NULL;
    }

  self->op.eval->row = row;
  g_array_set_size (self->matches, 0);
  if (eval_keys (self, values, &fault) && self->query != NULL)
    problem = belt_lookup_query_find (self->query, values, &batch->arena, self->matches);
  if (problem != NULL)
    return belt_value_error (&batch->arena, BELT_FAULT_EVAL, "%s", problem).u.fault;

  for (guint i = 0; i < self->matches->len; i++)
    add_joined (self, row, g_array_index (self->matches, BeltValue, i));

  if (self->matches->len == 0 && self->spec->keeps_unmatched)
    add_joined (self, row, belt_value_missing ());
  else if (self->matches->len == 0)
    belt_op_drop (&self->op, batch, row, BELT_DROP_LOOKUP_MISS, fault != NULL ? fault->message : NULL);

  return NULL;
}

static void
fill_table_columns (BeltOpLookup *self,
                    BeltBatch    *out)
{
  for (guint c = 0; c < self->spec->n_columns; c++)
    {
      BeltValue *column = belt_batch_add_column (out, self->spec->slots[c]);
      gsize len = strlen (self->spec->columns[c]);

      for (guint i = 0; i < out->n_rows; i++)
        {
          const BeltValue *match = &g_array_index (self->joined, Joined, i).match;
          const BeltValue *value = match->tag == BELT_TAG_MAP
                                   ? belt_value_get_member (match, self->spec->columns[c], len)
                                   : NULL;

          column[i] = value != NULL ? belt_value_copy (value, &out->arena) : belt_value_missing ();
        }
    }

  if (self->spec->whole_slot >= 0)
    {
      BeltValue *column = belt_batch_add_column (out, (guint)self->spec->whole_slot);

      for (guint i = 0; i < out->n_rows; i++)
        column[i] = belt_value_copy (&g_array_index (self->joined, Joined, i).match, &out->arena);
    }
}

static BeltBatch *
build_batch (BeltOpLookup *self,
             BeltBatch    *in)
{
  BeltBatch *out = belt_batch_new (self->joined->len, in->n_columns);

  belt_batch_add_parent (out, in);
  out->row_ids = belt_arena_new_array (&out->arena, BeltRowId, out->n_rows + 1);
  out->times = belt_arena_new_array (&out->arena, gint64, out->n_rows + 1);
  if (in->metadata != NULL)
    out->metadata = belt_arena_new_array (&out->arena, BeltValue, out->n_rows + 1);

  for (guint c = 0; c < in->n_columns; c++)
    {
      BeltValue *column;

      if (in->columns[c] == NULL)
        continue;
      column = belt_batch_add_column (out, c);
      for (guint i = 0; i < out->n_rows; i++)
        column[i] = in->columns[c][g_array_index (self->joined, Joined, i).row];
    }

  for (guint i = 0; i < out->n_rows; i++)
    {
      guint row = g_array_index (self->joined, Joined, i).row;

      out->row_ids[i] = in->row_ids != NULL ? in->row_ids[row] : 0;
      out->times[i] = in->times != NULL ? in->times[row] : 0;
      if (in->metadata != NULL)
        out->metadata[i] = in->metadata[row];
      if (belt_batch_get_fault (in, row) != NULL)
        belt_batch_set_fault (out, i, belt_batch_get_fault (in, row));
    }

  fill_table_columns (self, out);
  out->n_emissions = self->ends->len;
  out->emission_ends = belt_arena_memdup (&out->arena, self->ends->data, self->ends->len * sizeof (guint32));
  if (in->ranges != NULL)
    out->ranges = belt_arena_memdup (&out->arena, self->ranges->data,
                                     self->ranges->len * sizeof (BeltWindowRange));

  return out;
}

static void
look_up_emission (BeltOpLookup          *self,
                  BeltBatch             *batch,
                  guint                  start,
                  guint                  end,
                  const BeltWindowRange *range)
{
  guint first = self->joined->len;
  guint32 n_joined;

  for (guint i = start; i < end; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      const BeltFault *fault = look_up_row (self, batch, row);

      if (fault == NULL)
        continue;

      g_array_set_size (self->joined, first);
      if (belt_op_fail (&self->op, batch, row, fault))
        add_joined (self, row, belt_value_missing ());
      break;
    }

  n_joined = self->joined->len;
  if (n_joined == first)
    return;

  g_array_append_val (self->ends, n_joined);
  if (range != NULL)
    g_array_append_val (self->ranges, *range);
}

static void
belt_op_lookup_push (BeltOp    *op,
                     BeltBatch *batch)
{
  BeltOpLookup *self = (BeltOpLookup *)op;
  guint start = 0;

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  op->eval->range = NULL;
  g_array_set_size (self->joined, 0);
  g_array_set_size (self->ends, 0);
  g_array_set_size (self->ranges, 0);
  if (self->query != NULL)
    belt_lookup_query_refresh (self->query);

  for (guint e = 0; e < belt_batch_get_n_emissions (batch); e++)
    {
      guint end = belt_batch_get_emission_end (batch, e);

      look_up_emission (self, batch, start, end, batch->ranges != NULL ? &batch->ranges[e] : NULL);
      start = end;
    }

  if (self->ends->len > 0)
    {
      g_autoptr(BeltBatch) out = build_batch (self, batch);

      belt_op_emit (op, out);
    }
}

static void
belt_op_lookup_free (BeltOp *op)
{
  BeltOpLookup *self = (BeltOpLookup *)op;

  g_clear_pointer (&self->query, belt_lookup_query_free);
  g_array_unref (self->matches);
  g_array_unref (self->joined);
  g_array_unref (self->ends);
  g_array_unref (self->ranges);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass belt_op_lookup_class = {
  .kind = "lookup",
  .push = belt_op_lookup_push,
  .free = belt_op_lookup_free,
};

BeltOp *
belt_op_lookup_new (const BeltLookupSpec *spec,
                    BeltEval             *eval)
{
  BeltOpLookup *self = g_new0 (BeltOpLookup, 1);

  belt_op_init (&self->op, &belt_op_lookup_class);
  self->op.eval = eval;
  self->spec = spec;
  self->matches = g_array_new (FALSE, FALSE, sizeof (BeltValue));
  self->joined = g_array_new (FALSE, FALSE, sizeof (Joined));
  self->ends = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->ranges = g_array_new (FALSE, FALSE, sizeof (BeltWindowRange));

  return &self->op;
}

void
belt_op_lookup_set_query (BeltOp          *op,
                          BeltLookupQuery *query)
{
  BeltOpLookup *self = (BeltOpLookup *)op;

  g_clear_pointer (&self->query, belt_lookup_query_free);
  self->query = query;
}
