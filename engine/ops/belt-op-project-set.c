/* belt-op-project-set.c - unnest() and extract(): one row an element
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Comes after project: takes the list out of the finished row and makes a row of
 * each element.  Rows outside windows become an emission each; in a window they
 * stay one.
 */
#include "config.h"

#include "belt-op-project.h"

#define BELT_UNNEST_ROWS_MAX 1000000u  /* rows one emission may become */

typedef struct
{
  BeltOp                    op;
  const BeltProjectSetSpec *spec;
} BeltOpProjectSet;

typedef struct
{
  BeltBatch *in;
  GArray    *rows;         /* of Row */
  GArray    *ends;         /* of guint32 */
  GArray    *ranges;       /* of BeltWindowRange, or NULL */
} Output;

typedef struct
{
  guint            from;   /* row of the input */
  BeltValue        value;
  const BeltFault *fault;
} Row;

static BeltValue
replace_member (const BeltProjectSetSpec *spec,
                BeltArena                *arena,
                const BeltValue          *row,
                const BeltValue          *element)
{
  guint n_more = element->tag == BELT_TAG_MAP ? element->len : 1;
  BeltMember *members = belt_arena_new_array (arena, BeltMember, row->len + n_more);
  guint n = 0;

  for (guint i = 0; i < row->len; i++)
    {
      const BeltMember *member = &row->u.members[i];
      gboolean is_list = member->name_len == spec->name_len &&
                         memcmp (member->name, spec->name, spec->name_len) == 0;

      if (is_list && element->tag != BELT_TAG_MAP)
        members[n++] = (BeltMember) { member->name, member->name_len, *element }
      ;
      else if (!is_list && (element->tag != BELT_TAG_MAP ||
                            belt_value_get_member (element, member->name, member->name_len) == NULL))
        members[n++] = *member;
    }

  for (guint i = 0; element->tag == BELT_TAG_MAP && i < element->len; i++)
    members[n++] = element->u.members[i];

  return belt_value_map (members, n);
}

static const BeltFault *
expand_row (BeltOpProjectSet *self,
            Output           *out,
            guint             row)
{
  const BeltValue *value = &out->in->columns[self->spec->out_slot][row];
  const BeltValue *member = belt_value_get_member (value, self->spec->name, self->spec->name_len);
  BeltArena *arena = &out->in->arena;
  BeltValue list;

  if (member == NULL || self->spec->lost)
    return belt_value_error (arena, BELT_FAULT_EVAL, "can't find the result from the %s function",
                             self->spec->name).u.fault;

  list = belt_value_expand (member, arena);
  if (list.tag == BELT_TAG_MAP)
    {
      Row one = { row, replace_member (self->spec, arena, value, &list), NULL };

      g_array_append_val (out->rows, one);
      return NULL;
    }

  if (list.tag != BELT_TAG_LIST)
    return belt_value_error (arena, BELT_FAULT_EVAL,
                             "the argument for the %s function should be array",
                             self->spec->name).u.fault;
  if (list.len > BELT_UNNEST_ROWS_MAX)
    return belt_value_error (arena, BELT_FAULT_EVAL, "%u rows from one list are too many",
                             list.len).u.fault;

  for (guint i = 0; i < list.len; i++)
    {
      BeltValue element = belt_value_expand (&list.u.items[i], arena);
      Row one = { row, replace_member (self->spec, arena, value, &element), NULL };

      g_array_append_val (out->rows, one);
    }

  return NULL;
}

static void
close_emission (Output                *out,
                const BeltWindowRange *range)
{
  guint32 end = out->rows->len;

  g_array_append_val (out->ends, end);
  if (out->ranges != NULL && range != NULL)
    g_array_append_val (out->ranges, *range);
}

static void
add_fault (Output          *out,
           guint            row,
           const BeltFault *fault)
{
  Row one = { row, belt_value_null (), fault };

  g_array_append_val (out->rows, one);
}

static void
expand_alone (BeltOpProjectSet *self,
              Output           *out,
              guint             row)
{
  guint first = out->rows->len;
  const BeltFault *fault = belt_batch_get_fault (out->in, row);

  if (fault != NULL)
    add_fault (out, row, fault);
  else
    {
      fault = expand_row (self, out, row);
      if (fault != NULL && belt_op_fail (&self->op, out->in, row, fault))
        add_fault (out, row, fault);
    }

  if (self->spec->limit >= 0 && out->rows->len - first > self->spec->limit)
    g_array_set_size (out->rows, first + (guint)self->spec->limit);
  for (guint i = first; i < out->rows->len; i++)
    {
      guint32 end = i + 1;

      g_array_append_val (out->ends, end);
    }
}

static void
expand_emission (BeltOpProjectSet      *self,
                 Output                *out,
                 guint                  start,
                 guint                  end,
                 const BeltWindowRange *range)
{
  guint first = out->rows->len;

  for (guint i = start; i < end; i++)
    {
      guint row = belt_batch_get_row (out->in, i);
      const BeltFault *fault = belt_batch_get_fault (out->in, row);

      if (fault == NULL)
        {
          fault = expand_row (self, out, row);
          if (fault != NULL && !belt_op_fail (&self->op, out->in, row, fault))
            {
              g_array_set_size (out->rows, first);
              return;
            }
        }

      if (fault != NULL)
        {
          g_array_set_size (out->rows, first);
          add_fault (out, row, fault);
          break;
        }
    }

  if (self->spec->limit >= 0 && out->rows->len - first > self->spec->limit)
    g_array_set_size (out->rows, first + (guint)self->spec->limit);
  close_emission (out, range);
}

static BeltBatch *
build_batch (BeltOpProjectSet *self,
             Output           *out)
{
  BeltBatch *in = out->in;
  BeltBatch *batch = belt_batch_new (out->rows->len, in->n_columns);
  BeltValue *column = belt_batch_add_column (batch, self->spec->out_slot);

  belt_batch_add_parent (batch, in);
  batch->row_ids = belt_arena_new_array (&batch->arena, BeltRowId, out->rows->len + 1);
  batch->times = belt_arena_new_array (&batch->arena, gint64, out->rows->len + 1);
  for (guint i = 0; i < out->rows->len; i++)
    {
      const Row *row = &g_array_index (out->rows, Row, i);

      column[i] = row->value;
      batch->row_ids[i] = in->row_ids != NULL ? in->row_ids[row->from] : 0;
      batch->times[i] = in->times != NULL ? in->times[row->from] : 0;
      if (row->fault != NULL)
        belt_batch_set_fault (batch, i, row->fault);
    }

  batch->n_emissions = out->ends->len;
  batch->emission_ends = belt_arena_memdup (&batch->arena, out->ends->data,
                                            out->ends->len * sizeof (guint32));
  if (out->ranges != NULL)
    batch->ranges = belt_arena_memdup (&batch->arena, out->ranges->data,
                                       out->ranges->len * sizeof (BeltWindowRange));

  return batch;
}

static void
belt_op_project_set_push (BeltOp    *op,
                          BeltBatch *in)
{
  BeltOpProjectSet *self = (BeltOpProjectSet *)op;
  g_autoptr(GArray) rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_autoptr(GArray) ends = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr(GArray) ranges = NULL;
  Output out = { .in = in, .rows = rows, .ends = ends };
  guint start = 0;

  if (in->ranges != NULL)
    out.ranges = ranges = g_array_new (FALSE, FALSE, sizeof (BeltWindowRange));

  for (guint e = 0; e < belt_batch_get_n_emissions (in); e++)
    {
      guint end = belt_batch_get_emission_end (in, e);

      if (self->spec->limit == 0)
        break;
      if (in->emission_ends == NULL)
        expand_alone (self, &out, belt_batch_get_row (in, e));
      else
        expand_emission (self, &out, start, end, in->ranges != NULL ? &in->ranges[e] : NULL);
      start = end;
    }

  if (ends->len > 0)
    {
      g_autoptr(BeltBatch) batch = build_batch (self, &out);

      belt_op_emit (op, batch);
    }
}

static void
belt_op_project_set_free (BeltOp *op)
{
  belt_op_clear (op);
  g_free (op);
}

static const BeltOpClass belt_op_project_set_class = {
  .kind = "projectset",
  .push = belt_op_project_set_push,
  .free = belt_op_project_set_free,
};

BeltOp *
belt_op_project_set_new (const BeltProjectSetSpec *spec,
                         BeltEval                 *eval)
{
  BeltOpProjectSet *self = g_new0 (BeltOpProjectSet, 1);

  belt_op_init (&self->op, &belt_op_project_set_class);
  self->op.eval = eval;
  self->spec = spec;

  return &self->op;
}
