/* belt-join-loop.c - rows of streams to joined rows, in the order of eKuiper's nested loop
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A joined row is a row number a stream.  Candidates are looked at through a
 * batch of one row into which the slots of their parts are copied, so the
 * condition is evaluated as anywhere else.
 */
#include "config.h"

#include "belt-join-private.h"

#define JOINED_MAX 10000000u  /* rows of one emission: a cross join of two large windows must not eat all memory */

/* A row with this part alone, or with what `base` has and this part. */
static gboolean
add_joined (BeltJoinOp        *self,
            GArray            *joined,
            const guint32     *base,
            guint              stream,
            guint32            part)
{
  guint n = belt_join_get_n_rows (self, joined);
  guint32 *row;

  if (n >= JOINED_MAX)
    return FALSE;

  g_array_set_size (joined, joined->len + self->width);
  row = belt_join_get_row (self, joined, n);
  for (guint i = 0; i < self->width; i++)
    row[i] = base != NULL ? base[i] : BELT_JOIN_NO_ROW;
  if (part != BELT_JOIN_NO_ROW)
    row[stream] = part;

  return TRUE;
}

static void
look_at_part (BeltJoinOp  *self,
              guint        stream,
              guint32      part)
{
  const BeltRowRef *ref = part != BELT_JOIN_NO_ROW ? &g_array_index (self->parts.rows, BeltRowRef, part) : NULL;

  for (guint i = 0; i < self->n_slots[stream]; i++)
    {
      guint slot = self->slots[stream][i];
      const BeltValue *column = ref != NULL ? ref->batch->columns[slot] : NULL;

      self->candidate->columns[slot][0] = column != NULL ? column[ref->row] : belt_value_missing ();
    }
}

/* Of the second row of the same stream only what the first one lacks. */
static void
look_at_twin (BeltJoinOp *self,
              guint32     part)
{
  const BeltRowRef *ref = &g_array_index (self->parts.rows, BeltRowRef, part);
  guint stream = self->spec->steps[0].left;

  for (guint i = 0; i < self->n_slots[stream]; i++)
    {
      guint slot = self->slots[stream][i];
      const BeltValue *column = ref->batch->columns[slot];

      if (column != NULL && belt_value_is_null (&self->candidate->columns[slot][0]))
        self->candidate->columns[slot][0] = column[ref->row];
    }
}

static void
look_at_row (BeltJoinOp        *self,
             const guint32     *row)
{
  for (guint i = 0; i < self->spec->n_streams; i++)
    look_at_part (self, i, row[i]);
  if (self->twin != BELT_JOIN_NO_STREAM && row[self->twin] != BELT_JOIN_NO_ROW)
    look_at_twin (self, row[self->twin]);
}

/* The candidate of a row made so far and one of the stream joined to it. */
static void
look_at_pair (BeltJoinOp    *self,
              const guint32 *left,
              guint          right_stream,
              guint32        part)
{
  look_at_row (self, left);
  if (right_stream == self->twin)
    {
      look_at_twin (self, part);
      return;
    }

  look_at_part (self, right_stream, part);
  if (self->twin != BELT_JOIN_NO_STREAM && left[self->twin] != BELT_JOIN_NO_ROW)
    look_at_twin (self, left[self->twin]);
}

static const BeltFault *
make_fault (BeltJoinOp      *self,
            const BeltExpr  *on,
            const BeltFault *cause,
            const char      *message)
{
  BeltArena *arena = self->op.eval->arena;
  BeltFault *fault = belt_arena_alloc0 (arena, sizeof *fault);

  fault->kind = cause != NULL ? belt_fault_get_kind_in (cause, BELT_FAULT_JOIN) : BELT_FAULT_JOIN;
  fault->function = cause != NULL ? cause->function : NULL;
  fault->span = on != NULL ? on->span : (BeltSpan) { 0, 0 };
  fault->message = belt_arena_printf (arena, "run Join error: %s", message);

  return fault;
}

/* The condition on the candidate.  Aliases in it are computed afresh. */
static gboolean
test (BeltJoinOp           *self,
      const BeltExpr       *on,
      const BeltFault     **ret_fault)
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
    *ret_fault = make_fault (self, on, value.u.fault, value.u.fault->message);
  else
    *ret_fault = make_fault (self, on, NULL,
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
  gboolean            is_twin;     /* a stream with itself */
  const BeltFault    *fault;
} Loop;

static gboolean
too_many (BeltJoinOp *self,
          Loop       *loop)
{
  loop->fault = make_fault (self, loop->step->on, NULL,
                            belt_arena_printf (self->op.eval->arena, "more than %u joined rows in one window",
                                               JOINED_MAX));
  return FALSE;
}

/* left × right in the order of the left; keep_left: those without a partner stay. */
static gboolean
loop_left (BeltJoinOp   *self,
           Loop         *loop,
           gboolean      keep_left)
{
  guint n_left = belt_join_get_n_rows (self, loop->left);

  for (guint l = 0; l < n_left; l++)
    {
      const guint32 *left = belt_join_get_row (self, loop->left, l);
      gboolean matched = FALSE;
      guint32 at = 0;
      guint32 r;

      look_at_row (self, left);
      belt_join_index_start (self->index, BELT_JOIN_SIDE_LEFT, self->candidate);
      while (belt_join_index_next (self->index, &at, &r))
        {
          guint32 part = g_array_index (loop->right, guint32, r);

          if (self->twin != BELT_JOIN_NO_STREAM)
            look_at_pair (self, left, loop->right_stream, part);
          else
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
      if (!matched && keep_left && !add_joined (self, self->next, left, 0, BELT_JOIN_NO_ROW))
        return too_many (self, loop);
    }

  return TRUE;
}

/* In the order of the right; only_alone: only those without a partner come out. */
static gboolean
loop_right (BeltJoinOp   *self,
            Loop         *loop,
            gboolean      only_alone)
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
          const guint32 *left = belt_join_get_row (self, loop->left, l);

          look_at_pair (self, left, loop->right_stream, part);
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
  BeltJoinOp *self = data;

  look_at_row (self, belt_join_get_row (self, self->joined, i));
}

typedef struct
{
  BeltJoinOp *self;
  Loop       *loop;
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
build_index (BeltJoinOp        *self,
             Loop              *loop,
             BeltJoinSide       inner)
{
  RightLook look = { .self = self, .loop = loop };
  guint right_stream = loop->is_twin ? BELT_JOIN_NO_STREAM : loop->right_stream;

  if (inner == BELT_JOIN_SIDE_RIGHT)
    belt_join_index_build (self->index, loop->step->on, right_stream, self->op.eval, self->candidate,
                           inner, loop->right->len, look_at_right, &look);
  else
    belt_join_index_build (self->index, loop->step->on, right_stream, self->op.eval, self->candidate,
                           inner, belt_join_get_n_rows (self, loop->left), look_at_left, self);
}

/* Rows of one stream, in the place `side` of a joined row. */
static void
start_with_stream (BeltJoinOp *self,
                   guint       stream,
                   guint       side)
{
  GArray *rows = self->parts.streams[belt_join_get_side (self, stream)];

  g_array_set_size (self->joined, 0);
  for (guint i = 0; i < rows->len; i++)
    add_joined (self, self->joined, NULL, side, g_array_index (rows, guint32, i));
}

/* Seen from the right the row of the right side is the first of the two. */
static void
turn_twins (BeltJoinOp *self,
            Loop       *loop)
{
  loop->right_stream = loop->step->left;
  start_with_stream (self, loop->step->left, self->twin);
}

static gboolean
run_loop (BeltJoinOp *self,
          Loop       *loop)
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

  if (loop->is_twin)
    turn_twins (self, loop);
  build_index (self, loop, BELT_JOIN_SIDE_LEFT);
  return loop_right (self, loop, TRUE);
}

const BeltFault *
belt_join_run (BeltJoinOp *self)
{
  const BeltJoinSpec *spec = self->spec;

  start_with_stream (self, spec->steps[0].left, spec->steps[0].left);
  for (guint i = 0; i < spec->n_steps; i++)
    {
      Loop loop = { .step = &spec->steps[i], .left = self->joined };
      GArray *swap;

      loop.right_stream = i == 0 ? spec->steps[0].right : spec->steps[i].stream;
      loop.right = self->parts.streams[belt_join_get_side (self, loop.right_stream)];
      loop.is_twin = i == 0 && self->twin != BELT_JOIN_NO_STREAM;
      if (loop.is_twin)
        loop.right_stream = self->twin;
      if (loop.is_twin && loop.step->kind == BELT_JOIN_RIGHT)
        turn_twins (self, &loop);
      if (!run_loop (self, &loop))
        return loop.fault;

      swap = self->joined;
      self->joined = self->next;
      self->next = swap;
    }

  return NULL;
}
