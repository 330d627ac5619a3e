/* belt-op-join.c - joins the streams of each emission, with scan tables if there are any
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A joined row is a row number a stream.  Candidates are looked at through a
 * batch of one row into which the slots of their parts are copied, so the
 * condition is evaluated as anywhere else.  Conjuncts of ON that compare a side
 * with the other for equality pick the candidates by hash; the whole condition
 * is still evaluated on each, and the order is that of the nested loop.
 */
#include "config.h"

#include "belt-op-join.h"

#include "belt-emissions.h"
#include "belt-join-index.h"
#include "belt-join-tables.h"
#include "belt-row-store.h"

#define NO_ROW        G_MAXUINT32
#define JOINED_MAX    10000000u  /* rows of one emission: a cross join of two large windows must not eat all memory */

/* Rows of one emission and of the tables, by stream. */
typedef struct
{
  GArray  *rows;     /* of BeltRowRef: all; joined rows refer to them by number */
  GArray **streams;  /* [n_streams] of guint32: numbers in rows */
} Parts;

typedef struct
{
  BeltOp              op;
  const BeltJoinSpec *spec;
  BeltJoinTables     *tables;      /* NULL: none */
  guint              *owners;      /* [n_slots] the stream whose part has the slot; NO_ROW: of no stream */
  guint             **slots;       /* [n_streams] slots of the stream… */
  guint              *n_slots;
  Parts               parts;
  BeltBatch          *candidate;   /* one row */
  GArray             *joined;      /* of guint32: n_streams a row */
  GArray             *next;        /* the same, being made by a step */
  BeltJoinIndex      *index;
} JoinOp;

static guint32 *
get_joined (JoinOp *self,
            GArray *joined,
            guint   i)
{
  return &g_array_index (joined, guint32, (gsize)i * self->spec->n_streams);
}

static guint
get_n_joined (JoinOp *self,
              GArray *joined)
{
  return joined->len / self->spec->n_streams;
}

/* A row with this part alone, or with what `base` has and this part. */
static gboolean
add_joined (JoinOp        *self,
            GArray        *joined,
            const guint32 *base,
            guint          stream,
            guint32        part)
{
  guint n = get_n_joined (self, joined);
  guint32 *row;

  if (n >= JOINED_MAX)
    return FALSE;

  g_array_set_size (joined, joined->len + self->spec->n_streams);
  row = get_joined (self, joined, n);
  for (guint i = 0; i < self->spec->n_streams; i++)
    row[i] = base != NULL ? base[i] : NO_ROW;
  if (part != NO_ROW)
    row[stream] = part;

  return TRUE;
}

static void
look_at_part (JoinOp  *self,
              guint    stream,
              guint32  part)
{
  const BeltRowRef *ref = part != NO_ROW ? &g_array_index (self->parts.rows, BeltRowRef, part) : NULL;

  for (guint i = 0; i < self->n_slots[stream]; i++)
    {
      guint slot = self->slots[stream][i];
      const BeltValue *column = ref != NULL ? ref->batch->columns[slot] : NULL;

      self->candidate->columns[slot][0] = column != NULL ? column[ref->row] : belt_value_missing ();
    }
}

static void
look_at_row (JoinOp        *self,
             const guint32 *row)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    look_at_part (self, i, row[i]);
}

static const BeltFault *
make_fault (JoinOp         *self,
            const BeltExpr *on,
            const char     *message)
{
  BeltArena *arena = self->op.eval->arena;
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);

  fault->kind = BELT_FAULT_JOIN;
  fault->span = on != NULL ? on->span : (BeltSpan) { 0, 0 };
  fault->message = belt_arena_printf (arena, "run Join error: %s", message);

  return fault;
}

/* The condition on the candidate.  Aliases in it are computed afresh. */
static gboolean
test (JoinOp           *self,
      const BeltExpr   *on,
      const BeltFault **ret_fault)
{
  BeltEval *eval = self->op.eval;
  BeltBatch *batch = eval->batch;
  BeltValue value;

  if (on == NULL)
    return TRUE;

  eval->batch = self->candidate;
  eval->row = 0;
  value = belt_expr_eval (on, eval);
  eval->batch = batch;

  if (value.tag == BELT_TAG_BOOL)
    return value.u.i != 0;

  if (belt_value_is_error (&value))
    *ret_fault = make_fault (self, on, value.u.fault->message);
  else
    *ret_fault = make_fault (self, on,
                             belt_arena_printf (eval->arena,
                                                "invalid join condition that returns non-bool value %s",
                                                belt_value_describe (eval->arena, &value)));
  return FALSE;
}

/* One step seen as an outer loop over rows made so far and an inner one over the rows of a stream, or
 * the other way round for RIGHT.  `outer` is what leads in the order of the result. */
typedef struct
{
  const BeltJoinStep *step;
  GArray             *left;        /* joined rows so far */
  GArray             *right;       /* guint32: rows of the stream joined to them */
  guint               right_stream;
  const BeltFault    *fault;
} Loop;

static gboolean
too_many (JoinOp *self,
          Loop   *loop)
{
  loop->fault = make_fault (self, loop->step->on,
                            belt_arena_printf (self->op.eval->arena, "more than %u joined rows in one window",
                                               JOINED_MAX));
  return FALSE;
}

/* left × right in the order of the left; keep_left: those without a partner stay. */
static gboolean
loop_left (JoinOp   *self,
           Loop     *loop,
           gboolean  keep_left)
{
  guint n_left = get_n_joined (self, loop->left);

  for (guint l = 0; l < n_left; l++)
    {
      const guint32 *left = get_joined (self, loop->left, l);
      gboolean matched = FALSE;
      guint32 at = 0;
      guint32 r;

      look_at_row (self, left);
      belt_join_index_start (self->index, BELT_JOIN_SIDE_LEFT, self->candidate);
      while (belt_join_index_next (self->index, &at, &r))
        {
          guint32 part = g_array_index (loop->right, guint32, r);

          look_at_part (self, loop->right_stream, part);
          if (test (self, loop->step->on, &loop->fault))
            {
              matched = TRUE;
              if (!add_joined (self, self->next, left, loop->right_stream, part))
                return too_many (self, loop);
            }
          if (loop->fault != NULL)
            return FALSE;
        }
      if (!matched && keep_left && !add_joined (self, self->next, left, 0, NO_ROW))
        return too_many (self, loop);
    }

  return TRUE;
}

/* In the order of the right; only_alone: only those without a partner come out. */
static gboolean
loop_right (JoinOp   *self,
            Loop     *loop,
            gboolean  only_alone)
{
  for (guint r = 0; r < loop->right->len; r++)
    {
      guint32 part = g_array_index (loop->right, guint32, r);
      gboolean matched = FALSE;
      guint32 at = 0;
      guint32 l;

      look_at_part (self, loop->right_stream, part);
      belt_join_index_start (self->index, BELT_JOIN_SIDE_RIGHT, self->candidate);
      while (belt_join_index_next (self->index, &at, &l))
        {
          const guint32 *left = get_joined (self, loop->left, l);

          look_at_row (self, left);
          look_at_part (self, loop->right_stream, part);
          if (test (self, loop->step->on, &loop->fault))
            {
              matched = TRUE;
              if (!only_alone && !add_joined (self, self->next, left, loop->right_stream, part))
                return too_many (self, loop);
            }
          if (loop->fault != NULL)
            return FALSE;
        }
      if (!matched && !add_joined (self, self->next, NULL, loop->right_stream, part))
        return too_many (self, loop);
    }

  return TRUE;
}

static void
look_at_left (gpointer data,
              guint32  i)
{
  JoinOp *self = data;

  look_at_row (self, get_joined (self, self->joined, i));
}

typedef struct
{
  JoinOp *self;
  Loop   *loop;
} RightLook;

static void
look_at_right (gpointer data,
               guint32  i)
{
  RightLook *look = data;

  look_at_part (look->self, look->loop->right_stream, g_array_index (look->loop->right, guint32, i));
}

/* Prepares the lookup of the inner side: the right one for loop_left, the left one for loop_right. */
static void
build_index (JoinOp        *self,
             Loop          *loop,
             BeltJoinSide   inner)
{
  RightLook look = { .self = self, .loop = loop };

  if (inner == BELT_JOIN_SIDE_RIGHT)
    belt_join_index_build (self->index, loop->step->on, loop->right_stream, self->op.eval, self->candidate,
                           inner, loop->right->len, look_at_right, &look);
  else
    belt_join_index_build (self->index, loop->step->on, loop->right_stream, self->op.eval, self->candidate,
                           inner, get_n_joined (self, loop->left), look_at_left, self);
}

static gboolean
run_loop (JoinOp *self,
          Loop   *loop)
{
  BeltJoinKind kind = loop->step->kind;

  g_array_set_size (self->next, 0);

  if (kind == BELT_JOIN_RIGHT)
    {
      build_index (self, loop, BELT_JOIN_SIDE_LEFT);
      return loop_right (self, loop, FALSE);
    }

  build_index (self, loop, BELT_JOIN_SIDE_RIGHT);
  if (!loop_left (self, loop, kind == BELT_JOIN_LEFT || kind == BELT_JOIN_FULL))
    return FALSE;
  if (kind != BELT_JOIN_FULL)
    return TRUE;

  build_index (self, loop, BELT_JOIN_SIDE_LEFT);
  return loop_right (self, loop, TRUE);
}

static void
start_with_stream (JoinOp *self,
                   guint   stream)
{
  GArray *rows = self->parts.streams[stream];

  g_array_set_size (self->joined, 0);
  for (guint i = 0; i < rows->len; i++)
    add_joined (self, self->joined, NULL, stream, g_array_index (rows, guint32, i));
}

static const BeltFault *
join_emission (JoinOp *self)
{
  const BeltJoinSpec *spec = self->spec;

  start_with_stream (self, spec->steps[0].left);
  for (guint i = 0; i < spec->n_steps; i++)
    {
      Loop loop = { .step = &spec->steps[i], .left = self->joined };
      GArray *swap;

      loop.right_stream = i == 0 ? spec->steps[0].right : spec->steps[i].stream;
      loop.right = self->parts.streams[loop.right_stream];
      if (!run_loop (self, &loop))
        return loop.fault;

      swap = self->joined;
      self->joined = self->next;
      self->next = swap;
    }

  return NULL;
}

static void
add_part (JoinOp     *self,
          guint       stream,
          BeltRowRef  ref)
{
  guint32 number = self->parts.rows->len;

  g_array_append_val (self->parts.rows, ref);
  g_array_append_val (self->parts.streams[stream], number);
}

static void
collect_parts (JoinOp        *self,
               BeltEmissions *emissions)
{
  BeltBatch *batch = emissions->batch;

  g_array_set_size (self->parts.rows, 0);
  for (guint i = 0; i < self->spec->n_streams; i++)
    g_array_set_size (self->parts.streams[i], 0);

  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    {
      guint row = belt_emissions_get_row (emissions, i);

      guint stream = batch->streams != NULL ? batch->streams[row] : 0;
      BeltRowRef ref = { .batch = batch, .time = batch->times[row], .row = row };

      add_part (self, self->spec->left_all ? self->spec->steps[0].left : stream, ref);
    }

  for (guint i = 0; self->tables != NULL && i < self->spec->n_streams; i++)
    {
      for (guint k = 0; k < belt_join_tables_get_n_rows (self->tables, i); k++)
        add_part (self, i, belt_join_tables_get_row (self->tables, i, k));
    }
}

/* A slot of no stream, such as an alias or an analytic call: the first part that has it. */
static BeltValue
find_value (JoinOp        *self,
            const guint32 *row,
            guint          slot,
            BeltValue      blank)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    {
      const BeltRowRef *ref;
      BeltValue *column;

      if (row[i] == NO_ROW)
        continue;
      ref = &g_array_index (self->parts.rows, BeltRowRef, row[i]);
      column = ref->batch->columns[slot];
      if (column != NULL && column[ref->row].tag != BELT_TAG_MISSING && column[ref->row].tag != BELT_TAG_UNSET)
        return column[ref->row];
    }

  return blank;
}

static gboolean
is_of_stream (const BeltSlot *slot)
{
  return slot->kind == BELT_SLOT_COLUMN || slot->kind == BELT_SLOT_WHOLE;
}

static void
fill_column (JoinOp    *self,
             BeltBatch *batch,
             guint      slot)
{
  BeltValue blank = belt_layout_get_blank (self->op.eval->layout, slot);
  BeltValue *values = belt_arena_new_array (&batch->arena, BeltValue, batch->n_rows);
  guint owner = self->owners[slot];

  for (guint i = 0; i < batch->n_rows; i++)
    {
      const guint32 *row = get_joined (self, self->joined, i);
      const BeltRowRef *ref;

      if (owner == NO_ROW)
        {
          values[i] = find_value (self, row, slot, blank);
          continue;
        }

      if (row[owner] == NO_ROW)
        {
          values[i] = blank;
          continue;
        }
      ref = &g_array_index (self->parts.rows, BeltRowRef, row[owner]);
      values[i] = ref->batch->columns[slot] != NULL ? ref->batch->columns[slot][ref->row] : blank;
    }

  batch->columns[slot] = values;
}

/* What the row is: its first part in the order of the streams. */
static void
fill_identity (JoinOp    *self,
               BeltBatch *batch,
               guint      i)
{
  const guint32 *row = get_joined (self, self->joined, i);
  const BeltRowRef *ref;
  guint stream = 0;

  while (row[stream] == NO_ROW)
    stream++;
  ref = &g_array_index (self->parts.rows, BeltRowRef, row[stream]);

  batch->row_ids[i] = ref->batch->row_ids[ref->row];
  batch->times[i] = ref->time;
  if (ref->batch->metadata == NULL)
    return;
  if (batch->metadata == NULL)
    batch->metadata = belt_arena_alloc0 (&batch->arena, batch->n_rows * sizeof *batch->metadata);
  batch->metadata[i] = ref->batch->metadata[ref->row];
}

static BeltBatch *
make_batch (JoinOp                *self,
            BeltBatch             *from,
            const BeltWindowRange *range)
{
  guint n = get_n_joined (self, self->joined);
  BeltBatch *batch = belt_batch_new (n, self->spec->n_slots);

  belt_batch_add_parent (batch, from);
  for (guint i = 0; i < self->parts.rows->len; i++)
    {
      BeltBatch *parent = g_array_index (self->parts.rows, BeltRowRef, i).batch;

      if (parent != from)
        belt_batch_add_parent (batch, parent);
    }

  for (guint i = 0; i < n; i++)
    fill_identity (self, batch, i);
  for (guint i = 0; i < self->spec->n_slots; i++)
    fill_column (self, batch, i);

  batch->n_emissions = 1;
  batch->emission_ends = belt_arena_new_array (&batch->arena, guint32, 1);
  batch->emission_ends[0] = n;
  if (range != NULL)
    batch->ranges = belt_arena_memdup (&batch->arena, range, sizeof *range);

  return batch;
}

static void
drop_unmatched (JoinOp        *self,
                BeltEmissions *emissions)
{
  for (guint i = 0; i < belt_emissions_get_n_rows (emissions); i++)
    belt_op_drop (&self->op, emissions->batch, belt_emissions_get_row (emissions, i), BELT_DROP_JOIN_NO_MATCH,
                  "the join has no result");
}

static void
do_emission (JoinOp        *self,
             BeltEmissions *emissions)
{
  const BeltWindowRange *range = belt_emissions_get_range (emissions);
  const BeltFault *fault;
  g_autoptr(BeltBatch) batch = NULL;

  self->op.eval->batch = emissions->batch;
  self->op.eval->arena = &emissions->batch->arena;
  self->op.eval->range = range;
  self->op.eval->position = 0;
  collect_parts (self, emissions);
  fault = join_emission (self);

  if (fault != NULL)
    {
      guint first = emissions->n_rows;

      if (belt_emissions_get_n_rows (emissions) == 0)
        return;
      belt_emissions_fail (emissions, fault);
      belt_op_emit_rows (&self->op, emissions->batch, emissions->rows + first, emissions->n_rows - first);
      return;
    }

  if (self->joined->len == 0)
    {
      drop_unmatched (self, emissions);
      return;
    }

  batch = make_batch (self, emissions->batch, range);
  belt_op_emit (&self->op, batch);
}

static void
join_push (BeltOp    *op,
           BeltBatch *batch)
{
  JoinOp *self = (JoinOp *)op;
  BeltEmissions emissions;

  belt_emissions_init (&emissions, op, batch, batch->n_selected);
  while (belt_emissions_next (&emissions))
    {
      if (emissions.is_fault)
        {
          guint32 *row = belt_arena_new_array (&batch->arena, guint32, 1);

          row[0] = belt_emissions_get_row (&emissions, 0);
          belt_op_emit_rows (op, batch, row, 1);
        }
      else if (belt_emissions_get_n_rows (&emissions) != 1 ||
               self->tables == NULL ||
               !belt_join_tables_keep (self->tables, batch, belt_emissions_get_row (&emissions, 0)))
        do_emission (self, &emissions);
    }
}

static GBytes *
join_save (BeltOp *op)
{
  JoinOp *self = (JoinOp *)op;
  BeltStateWriter writer;

  belt_state_writer_init (&writer);
  if (self->tables != NULL)
    belt_join_tables_save (self->tables, &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
join_restore (BeltOp  *op,
              GBytes  *state,
              GError **error)
{
  JoinOp *self = (JoinOp *)op;
  BeltStateReader reader;

  belt_state_reader_init (&reader, state);
  if (self->tables != NULL)
    belt_join_tables_restore (self->tables, &reader);

  return belt_state_reader_finish (&reader, error);
}

static void
join_free (BeltOp *op)
{
  JoinOp *self = (JoinOp *)op;

  for (guint i = 0; i < self->spec->n_streams; i++)
    {
      g_array_unref (self->parts.streams[i]);
      g_free (self->slots[i]);
    }
  g_clear_pointer (&self->tables, belt_join_tables_free);
  g_free (self->owners);
  g_free (self->parts.streams);
  g_array_unref (self->parts.rows);
  g_free (self->slots);
  g_free (self->n_slots);
  g_array_unref (self->joined);
  g_array_unref (self->next);
  belt_join_index_free (self->index);
  belt_batch_unref (self->candidate);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass join_class = {
  .kind = "join",
  .push = join_push,
  .save = join_save,
  .restore = join_restore,
  .free = join_free,
};

static guint
find_owner (JoinOp         *self,
            const BeltSlot *slot)
{
  gboolean is_table = self->spec->is_table != NULL && slot->stream < self->spec->n_streams &&
                      self->spec->is_table[slot->stream];

  if (is_of_stream (slot) && is_table)
    return slot->stream;
  if (self->spec->left_all)
    return self->spec->steps[0].left;

  return is_of_stream (slot) && slot->stream < self->spec->n_streams ? slot->stream : NO_ROW;
}

static void
find_slots (JoinOp           *self,
            const BeltLayout *layout)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    self->slots[i] = g_new0 (guint, layout->n_slots + 1);

  self->owners = g_new (guint, MAX (self->spec->n_slots, layout->n_slots) + 1);
  self->candidate = belt_batch_new (1, self->spec->n_slots);
  for (guint i = 0; i < self->spec->n_slots; i++)
    {
      guint owner = i < layout->n_slots ? find_owner (self, &layout->slots[i]) : NO_ROW;

      self->owners[i] = owner;
      if (owner == NO_ROW || layout->slots[i].kind == BELT_SLOT_ALIAS)
        continue;
      self->slots[owner][self->n_slots[owner]++] = i;
      belt_batch_add_column (self->candidate, i);
    }
}

BeltOp *
belt_op_join_new (const BeltJoinSpec *spec,
                  BeltEval           *eval)
{
  JoinOp *self = g_new0 (JoinOp, 1);

  belt_op_init (&self->op, &join_class);
  self->op.eval = eval;
  self->spec = spec;
  self->slots = g_new0 (guint *, spec->n_streams);
  self->n_slots = g_new0 (guint, spec->n_streams);
  find_slots (self, eval->layout);

  self->parts.rows = g_array_new (FALSE, FALSE, sizeof (BeltRowRef));
  self->parts.streams = g_new0 (GArray *, spec->n_streams);
  for (guint i = 0; i < spec->n_streams; i++)
    self->parts.streams[i] = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->joined = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->next = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->index = belt_join_index_new (eval->layout);

  if (spec->is_table != NULL)
    self->tables = belt_join_tables_new (spec, eval->layout);

  return &self->op;
}
