/* belt-func-aggregate.c - one number or text of many rows: count, sum, max and their kind
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first value that is not null decides whether a sum counts in ints or in
 * floats, as in eKuiper: after an int, floats are cut to ints; after a float, an
 * int is an error.  Only what is exact in any order can be retracted or merged,
 * so that windows give the same bits however they are computed.
 */
#include "config.h"

#include "belt-func-aggregate-private.h"

typedef struct
{
  gint64 n_rows;
  gint64 n_values;
} CountState;

static BeltValue
step_count (BeltCall        *call,
            gpointer         state,
            BeltArena       *arena,
            const BeltValue *args,
            guint            n_args)
{
  CountState *self = state;

  self->n_rows++;
  self->n_values += belt_value_is_null (&args[0]) ? 0 : 1;
  return belt_value_null ();
}

static BeltValue
finish_count (BeltCall  *call,
              gpointer   state,
              BeltArena *arena)
{
  const CountState *self = state;

  return self->n_rows > 0 ? belt_func_int (self->n_values) : belt_value_null ();
}

static void
retract_count (gpointer         state,
               const BeltValue *args,
               guint            n_args)
{
  CountState *self = state;

  self->n_rows--;
  self->n_values -= belt_value_is_null (&args[0]) ? 0 : 1;
}

static void
merge_count (gpointer      into,
             gconstpointer from)
{
  CountState *self = into;
  const CountState *other = from;

  self->n_rows += other->n_rows;
  self->n_values += other->n_values;
}

static void
save_count (gconstpointer    state,
            BeltStateWriter *writer)
{
  const CountState *self = state;

  belt_state_put_i64 (writer, self->n_rows);
  belt_state_put_i64 (writer, self->n_values);
}

static void
restore_count (gpointer         state,
               BeltArena       *arena,
               BeltStateReader *reader)
{
  CountState *self = state;

  self->n_rows = belt_state_get_i64 (reader);
  self->n_values = belt_state_get_i64 (reader);
}

static const BeltAggregateClass count_class = {
  sizeof (CountState), step_count, finish_count, retract_count, merge_count, save_count, restore_count
};

typedef struct
{
  BeltTag kind;       /* NULL before the first value, then I64 or F64 */
  gint64  n_values;
  guint64 int_sum;    /* wraps */
  double  float_sum;
} SumState;

static BeltValue
step_sum (BeltCall        *call,
          gpointer         state,
          BeltArena       *arena,
          const BeltValue *args,
          guint            n_args)
{
  SumState *self = state;
  gint64 number;

  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (self->kind == BELT_TAG_NULL)
    {
      if (!belt_value_is_number (&args[0]))
        return belt_call_fail (call, "run %s function error: found invalid arg %s(%s)", call->function->name,
                               belt_value_get_go_type (&args[0]), belt_func_describe (call->arena, &args[0]));
      self->kind = args[0].tag;
    }

  if (self->kind == BELT_TAG_I64)
    {
      if (!belt_func_get_i64 (&args[0], &number))
        return belt_call_fail (call, "requires int but found %s(%s)", belt_value_get_go_type (&args[0]),
                               belt_func_describe (call->arena, &args[0]));
      self->int_sum += (guint64)number;
    }
  else
    {
      if (args[0].tag != BELT_TAG_F64)
        return belt_call_fail (call, "requires float64 but found %s(%s)", belt_value_get_go_type (&args[0]),
                               belt_func_describe (call->arena, &args[0]));
      self->float_sum += args[0].u.f;
    }
  self->n_values++;
  return belt_value_null ();
}

static BeltValue
finish_sum (BeltCall  *call,
            gpointer   state,
            BeltArena *arena)
{
  const SumState *self = state;

  if (self->kind == BELT_TAG_NULL)
    return belt_value_null ();
  return self->kind == BELT_TAG_I64 ? belt_value_i64 ((gint64)self->int_sum) : belt_value_f64 (self->float_sum);
}

static void
save_sum (gconstpointer    state,
          BeltStateWriter *writer)
{
  const SumState *self = state;

  belt_state_put_u32 (writer, self->kind);
  belt_state_put_i64 (writer, self->n_values);
  belt_state_put_i64 (writer, (gint64)self->int_sum);
  belt_state_put_f64 (writer, self->float_sum);
}

static void
restore_sum (gpointer         state,
             BeltArena       *arena,
             BeltStateReader *reader)
{
  SumState *self = state;

  self->kind = belt_state_get_u32 (reader);
  self->n_values = belt_state_get_i64 (reader);
  self->int_sum = (guint64)belt_state_get_i64 (reader);
  self->float_sum = belt_state_get_f64 (reader);
}

static const BeltAggregateClass sum_class = {
  sizeof (SumState), step_sum, finish_sum, NULL, NULL, save_sum, restore_sum
};

static BeltValue
finish_avg (BeltCall  *call,
            gpointer   state,
            BeltArena *arena)
{
  const SumState *self = state;

  if (self->kind == BELT_TAG_NULL)
    return belt_value_null ();
  if (self->kind == BELT_TAG_F64)
    return belt_value_f64 (self->float_sum / (double)self->n_values);
  return belt_value_i64 ((gint64)self->int_sum / self->n_values);
}

static const BeltAggregateClass avg_class = {
  sizeof (SumState), step_sum, finish_avg, NULL, NULL, save_sum, restore_sum
};

void
belt_kept_set (BeltKept        *self,
               const BeltValue *value,
               BeltArena       *arena)
{
  if (value->tag != BELT_TAG_STR)
    {
      self->value = belt_value_copy (value, arena);
      return;
    }
  if (value->len > self->capacity || self->buffer == NULL)
    {
      self->capacity = MAX (2 * (gsize)value->len, 32u);
      self->buffer = belt_arena_alloc (arena, self->capacity);
    }
  if (value->len > 0)
    memmove (self->buffer, value->u.s, value->len);
  self->value = belt_value_str (self->buffer, value->len);
}

BeltValue
belt_kept_get (const BeltKept *self,
               BeltCall       *call)
{
  return belt_value_copy (&self->value, call->arena);
}

static void
save_kept (gconstpointer    state,
           BeltStateWriter *writer)
{
  belt_state_put_value (writer, &((const BeltKept *)state)->value);
}

static void
restore_kept (gpointer         state,
              BeltArena       *arena,
              BeltStateReader *reader)
{
  BeltValue value = belt_state_get_value (reader, arena);

  belt_kept_set (state, &value, arena);
}

typedef struct
{
  BeltKept kept;
} ExtremeState;

static BeltValue
step_extreme (BeltCall        *call,
              ExtremeState    *self,
              BeltArena       *arena,
              const BeltValue *value,
              int              sign)
{
  BeltExtreme extreme = { .sign = sign, .value = self->kept.value };

  if (!belt_extreme_add (&extreme, value))
    return belt_extreme_fail (call, &extreme, value);
  if (memcmp (&extreme.value, &self->kept.value, sizeof extreme.value) != 0)
    belt_kept_set (&self->kept, &extreme.value, arena);
  return belt_value_null ();
}

static BeltValue
step_max (BeltCall        *call,
          gpointer         state,
          BeltArena       *arena,
          const BeltValue *args,
          guint            n_args)
{
  return step_extreme (call, state, arena, &args[0], 1);
}

static BeltValue
step_min (BeltCall        *call,
          gpointer         state,
          BeltArena       *arena,
          const BeltValue *args,
          guint            n_args)
{
  return step_extreme (call, state, arena, &args[0], -1);
}

static BeltValue
finish_extreme (BeltCall  *call,
                gpointer   state,
                BeltArena *arena)
{
  return belt_kept_get (&((ExtremeState *)state)->kept, call);
}

static const BeltAggregateClass max_class = {
  sizeof (ExtremeState), step_max, finish_extreme, NULL, NULL, save_kept, restore_kept
};
static const BeltAggregateClass min_class = {
  sizeof (ExtremeState), step_min, finish_extreme, NULL, NULL, save_kept, restore_kept
};

static BeltValue
step_last_value (BeltCall        *call,
                 gpointer         state,
                 BeltArena       *arena,
                 const BeltValue *args,
                 guint            n_args)
{
  if (args[1].tag != BELT_TAG_BOOL)
    return belt_call_fail (call, "the second parameter requires bool but found %s(%s)",
                           belt_value_get_go_type (&args[1]), belt_func_describe (call->arena, &args[1]));
  if (args[1].u.i == 0 || !belt_value_is_null (&args[0]))
    belt_kept_set (state, &args[0], arena);
  return belt_value_null ();
}

static BeltValue
finish_last_value (BeltCall  *call,
                   gpointer   state,
                   BeltArena *arena)
{
  return belt_kept_get (state, call);
}

static const BeltAggregateClass last_value_class = {
  sizeof (BeltKept), step_last_value, finish_last_value, NULL, NULL, save_kept, restore_kept
};

#define AGGREGATE(NAME, N_ARGS, FLAGS, KINDS, CLASS, SIGNATURE, DOC, EXAMPLE)                               \
  { .name = NAME, .args_min = N_ARGS, .args_max = N_ARGS, .flags = BELT_FUNCTION_AGGREGATE | (FLAGS),      \
    .group = "aggregate", .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .aggregate = &CLASS,      \
    .literal_kinds = KINDS }

const BeltFunction belt_func_aggregate_table[] = {
  AGGREGATE ("avg", 1, 0, "n", avg_class, "number avg(number x)",
             "Mean of the values; of ints it is an int, cut off.", "avg([1, 2, 4, null]) = 2"),
  AGGREGATE ("count", 1, 0, NULL, count_class, "int count(any x) or count(*)",
             "Number of values that are not null; with * of rows.", "count([1, null, 3]) = 2"),
  AGGREGATE ("last_value", 2, 0, "*B", last_value_class, "any last_value(any x, bool ignore_null)",
             "The last value, or the last that is not null.", "last_value([1, 2, null], true) = 2"),
  AGGREGATE ("max", 1, 0, "n", max_class, "any max(any x)",
             "The greatest number or text.", "max([3, 7, null]) = 7"),
  AGGREGATE ("min", 1, 0, "n", min_class, "any min(any x)",
             "The least number or text.", "min([\"b\", \"a\"]) = \"a\""),
  AGGREGATE ("sum", 1, 0, "n", sum_class, "number sum(number x)",
             "Sum of the values; of ints it is an int.", "sum([1, null, 3]) = 4"),
  { NULL },
};
