/* belt-func-statistic.c - aggregates over the sorted or whole set of numbers
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over the numbers rather than a running formula: the results are
 * then eKuiper's to the last bit.
 */
#include "config.h"

#include "belt-func-private.h"
#include "belt-state.h"

#include <math.h>
#include <stdlib.h>

/* Numbers of one window in the arena of the state, at most BELT_FUNC_ITEMS_MAX of them. */
typedef struct
{
  double  *numbers;
  guint32  n_numbers;
  guint32  n_allocated;
  guint32  n_rows;
  guint32  has_fraction;   /* percentile */
  double   fraction;
} NumbersState;

static gboolean
append_number (NumbersState *self,
               double        number,
               BeltArena    *arena)
{
  if (self->n_numbers == BELT_FUNC_ITEMS_MAX)
    return FALSE;
  if (self->n_numbers == self->n_allocated)
    {
      guint32 n_allocated = MAX (2 * self->n_allocated, 8u);
      double *numbers = belt_arena_new_array (arena, double, n_allocated);

      if (self->n_numbers > 0)
        memcpy (numbers, self->numbers, self->n_numbers * sizeof *numbers);
      self->numbers = numbers;
      self->n_allocated = n_allocated;
    }
  self->numbers[self->n_numbers++] = number;
  return TRUE;
}

static BeltValue
step_numbers (BeltCall        *call,
              gpointer         state,
              BeltArena       *arena,
              const BeltValue *args,
              guint            n_args)
{
  NumbersState *self = state;
  double number;

  self->n_rows++;
  if (n_args > 1 && !self->has_fraction && belt_func_get_f64 (&args[1], &self->fraction))
    self->has_fraction = TRUE;
  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!belt_func_get_f64 (&args[0], &number))
    return belt_call_fail (call, "requires float64 slice but found %s(%s)", belt_func_get_type (&args[0]),
                           belt_func_describe (call->arena, &args[0]));
  if (!append_number (self, number, arena))
    return belt_call_fail (call, "more than %u values in one window", BELT_FUNC_ITEMS_MAX);
  return belt_value_null ();
}

static double
compute_variance (const NumbersState *self,
                  gboolean            of_sample)
{
  double sum = 0.0;
  double mean;

  for (guint32 i = 0; i < self->n_numbers; i++)
    sum += self->numbers[i];
  mean = sum / (double)self->n_numbers;

  sum = 0.0;
  for (guint32 i = 0; i < self->n_numbers; i++)
    sum += (self->numbers[i] - mean) * (self->numbers[i] - mean);
  return sum / ((double)self->n_numbers - (of_sample ? 1.0 : 0.0));
}

static BeltValue
finish_var (BeltCall  *call,
            gpointer   state,
            BeltArena *arena)
{
  const NumbersState *self = state;

  return self->n_numbers > 0 ? belt_value_f64 (compute_variance (self, FALSE)) : belt_value_null ();
}

static BeltValue
finish_vars (BeltCall  *call,
             gpointer   state,
             BeltArena *arena)
{
  const NumbersState *self = state;

  return self->n_numbers > 0 ? belt_value_f64 (compute_variance (self, TRUE)) : belt_value_null ();
}

static BeltValue
finish_stddev (BeltCall  *call,
               gpointer   state,
               BeltArena *arena)
{
  const NumbersState *self = state;

  return self->n_numbers > 0 ? belt_value_f64 (sqrt (compute_variance (self, FALSE))) : belt_value_null ();
}

static BeltValue
finish_stddevs (BeltCall  *call,
                gpointer   state,
                BeltArena *arena)
{
  const NumbersState *self = state;

  return self->n_numbers > 0 ? belt_value_f64 (sqrt (compute_variance (self, TRUE))) : belt_value_null ();
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  double left = *(const double *)a;
  double right = *(const double *)b;

  return left < right ? -1 : left > right;
}

static double *
sort_numbers (const NumbersState *self,
              BeltCall           *call)
{
  double *sorted = belt_arena_memdup (call->arena, self->numbers, self->n_numbers * sizeof *sorted);

  qsort (sorted, self->n_numbers, sizeof *sorted, compare_numbers);
  return sorted;
}

/* NULL if there is nothing to do: no number, or one that is the answer. */
static gboolean
answer_without_rank (const NumbersState *self,
                     BeltCall           *call,
                     BeltValue          *ret_value)
{
  if (self->n_rows > 0 && !self->has_fraction)
    *ret_value = belt_call_fail (call, "the second parameter requires float64");
  else if (self->n_numbers == 0)
    *ret_value = belt_value_null ();
  else
    return FALSE;
  return TRUE;
}

static BeltValue
finish_percentile_cont (BeltCall  *call,
                        gpointer   state,
                        BeltArena *arena)
{
  const NumbersState *self = state;
  double percent = self->fraction * 100.0;
  BeltValue value;
  double *sorted;
  double rank;
  guint32 below;

  if (answer_without_rank (self, call, &value))
    return value;
  if (self->n_numbers == 1)
    return belt_value_f64 (self->numbers[0]);

  rank = percent / 100.0 * (double)self->n_numbers;
  if (!(percent > 0.0 && percent <= 100.0) || rank < 1.0)
    return belt_call_fail (call, "percentile exec with error: Input is outside of range.");

  sorted = sort_numbers (self, call);
  below = (guint32)rank;
  if (rank == (double)below)
    return belt_value_f64 (sorted[below - 1]);
  return belt_value_f64 ((sorted[below - 1] + sorted[below]) / 2.0);
}

static BeltValue
finish_percentile_disc (BeltCall  *call,
                        gpointer   state,
                        BeltArena *arena)
{
  const NumbersState *self = state;
  double percent = self->fraction * 100.0;
  BeltValue value;
  double *sorted;
  guint32 rank;

  if (answer_without_rank (self, call, &value))
    return value;
  if (!(percent >= 0.0 && percent <= 100.0))
    return belt_call_fail (call, "percentile exec with error: Input is outside of range.");

  sorted = sort_numbers (self, call);
  rank = percent == 100.0 ? self->n_numbers : (guint32)ceil ((double)self->n_numbers * percent / 100.0);
  return belt_value_f64 (sorted[MIN (rank > 0 ? rank - 1 : 0, self->n_numbers - 1)]);
}

static void
save_numbers (gconstpointer    state,
              BeltStateWriter *writer)
{
  const NumbersState *self = state;

  belt_state_put_u32 (writer, self->n_rows);
  belt_state_put_u32 (writer, self->has_fraction);
  belt_state_put_f64 (writer, self->fraction);
  belt_state_put_u32 (writer, self->n_numbers);
  for (guint32 i = 0; i < self->n_numbers; i++)
    belt_state_put_f64 (writer, self->numbers[i]);
}

static void
restore_numbers (gpointer         state,
                 BeltArena       *arena,
                 BeltStateReader *reader)
{
  NumbersState *self = state;
  guint32 n_numbers;

  self->n_rows = belt_state_get_u32 (reader);
  self->has_fraction = belt_state_get_u32 (reader) != 0;
  self->fraction = belt_state_get_f64 (reader);
  n_numbers = belt_state_get_count (reader, sizeof (double));
  for (guint32 i = 0; i < n_numbers; i++)
    append_number (self, belt_state_get_f64 (reader), arena);
}

static const BeltAggregateClass var_class = {
  sizeof (NumbersState), step_numbers, finish_var, NULL, NULL, save_numbers, restore_numbers
};
static const BeltAggregateClass vars_class = {
  sizeof (NumbersState), step_numbers, finish_vars, NULL, NULL, save_numbers, restore_numbers
};
static const BeltAggregateClass stddev_class = {
  sizeof (NumbersState), step_numbers, finish_stddev, NULL, NULL, save_numbers, restore_numbers
};
static const BeltAggregateClass stddevs_class = {
  sizeof (NumbersState), step_numbers, finish_stddevs, NULL, NULL, save_numbers, restore_numbers
};
static const BeltAggregateClass percentile_cont_class = {
  sizeof (NumbersState), step_numbers, finish_percentile_cont, NULL, NULL, save_numbers, restore_numbers
};
static const BeltAggregateClass percentile_disc_class = {
  sizeof (NumbersState), step_numbers, finish_percentile_disc, NULL, NULL, save_numbers, restore_numbers
};

/* Median keeps ints as ints; the first row, null or not, gives the kind. */
typedef struct
{
  gint64  *ints;        /* or doubles, by kind */
  guint32  n_values;
  guint32  n_allocated;
  BeltTag  kind;        /* NULL before the first row */
} MedianState;

static gboolean
append_value (MedianState *self,
              gint64       bits,
              BeltArena   *arena)
{
  if (self->n_values == BELT_FUNC_ITEMS_MAX)
    return FALSE;
  if (self->n_values == self->n_allocated)
    {
      guint32 n_allocated = MAX (2 * self->n_allocated, 8u);
      gint64 *ints = belt_arena_new_array (arena, gint64, n_allocated);

      if (self->n_values > 0)
        memcpy (ints, self->ints, self->n_values * sizeof *ints);
      self->ints = ints;
      self->n_allocated = n_allocated;
    }
  self->ints[self->n_values++] = bits;
  return TRUE;
}

static BeltValue
step_median (BeltCall        *call,
             gpointer         state,
             BeltArena       *arena,
             const BeltValue *args,
             guint            n_args)
{
  MedianState *self = state;
  gint64 bits = 0;
  double number;

  if (self->kind == BELT_TAG_NULL)
    {
      if (!belt_value_is_number (&args[0]))
        return belt_call_fail (call, "%s should be number", belt_func_describe (call->arena, &args[0]));
      self->kind = args[0].tag;
    }

  if (self->kind == BELT_TAG_F64 && belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!belt_value_is_number (&args[0]))
    return belt_call_fail (call, "cannot convert %s(%s) to %s slice for the %u element",
                           belt_func_get_type (&args[0]), belt_func_describe (call->arena, &args[0]),
                           self->kind == BELT_TAG_I64 ? "int" : "float64", self->n_values);
  if (self->kind == BELT_TAG_I64)
    belt_func_get_i64 (&args[0], &bits);
  else
    {
      number = belt_value_as_f64 (&args[0]);
      memcpy (&bits, &number, sizeof bits);
    }
  if (!append_value (self, bits, arena))
    return belt_call_fail (call, "more than %u values in one window", BELT_FUNC_ITEMS_MAX);
  return belt_value_null ();
}

static int
compare_ints (gconstpointer a,
              gconstpointer b)
{
  gint64 left = *(const gint64 *)a;
  gint64 right = *(const gint64 *)b;

  return left < right ? -1 : left > right;
}

static BeltValue
finish_median (BeltCall  *call,
               gpointer   state,
               BeltArena *arena)
{
  const MedianState *self = state;
  guint32 half = self->n_values / 2;
  gint64 *ints;
  const double *floats;

  if (self->n_values == 0)
    return belt_value_null ();

  ints = belt_arena_memdup (call->arena, self->ints, self->n_values * sizeof *ints);
  floats = (const double *)ints;
  qsort (ints, self->n_values, sizeof *ints, self->kind == BELT_TAG_I64 ? compare_ints : compare_numbers);
  if (self->kind == BELT_TAG_I64)
    return self->n_values % 2 == 1
      ? belt_value_i64 (ints[half])
      : belt_value_f64 ((double)(gint64)((guint64)ints[half - 1] + (guint64)ints[half]) / 2.0);
  return belt_value_f64 (self->n_values % 2 == 1 ? floats[half] : (floats[half - 1] + floats[half]) / 2.0);
}

static void
save_median (gconstpointer    state,
             BeltStateWriter *writer)
{
  const MedianState *self = state;

  belt_state_put_u32 (writer, self->kind);
  belt_state_put_u32 (writer, self->n_values);
  for (guint32 i = 0; i < self->n_values; i++)
    belt_state_put_i64 (writer, self->ints[i]);
}

static void
restore_median (gpointer         state,
                BeltArena       *arena,
                BeltStateReader *reader)
{
  MedianState *self = state;
  guint32 n_values;

  self->kind = (BeltTag)belt_state_get_u32 (reader);
  n_values = belt_state_get_count (reader, sizeof (gint64));
  for (guint32 i = 0; i < n_values; i++)
    append_value (self, belt_state_get_i64 (reader), arena);
}

static const BeltAggregateClass median_class = {
  sizeof (MedianState), step_median, finish_median, NULL, NULL, save_median, restore_median
};

#define STATISTIC(NAME, N_ARGS, KINDS, CLASS, SIGNATURE, DOC, EXAMPLE)                                     \
  { .name = NAME, .args_min = N_ARGS, .args_max = N_ARGS, .flags = BELT_FUNCTION_AGGREGATE,                \
    .group = "aggregate", .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .aggregate = &CLASS,      \
    .literal_kinds = KINDS }

const BeltFunction belt_func_statistic_table[] = {
  STATISTIC ("median", 1, "n", median_class, "number median(number x)",
             "The middle value; of an even number of values the mean of the two in the middle.",
             "median([3, 1, 2]) = 2"),
  STATISTIC ("percentile_cont", 2, "nn", percentile_cont_class, "float percentile_cont(number x, number p)",
             "The value below which the part p lies, between two values their mean.",
             "percentile_cont([1.5, 2.5, 3.0], 0.9) = 2.75"),
  STATISTIC ("percentile_disc", 2, "nn", percentile_disc_class, "float percentile_disc(number x, number p)",
             "The value at the nearest rank of the part p.", "percentile_disc([1.5, 2.5, 3.0], 0.5) = 2.5"),
  STATISTIC ("stddev", 1, "n", stddev_class, "float stddev(number x)",
             "Standard deviation of the whole population.", "stddev([3, 1, 4]) = 1.247219128924647"),
  STATISTIC ("stddevs", 1, "n", stddevs_class, "float stddevs(number x)",
             "Standard deviation estimated from a sample.", "stddevs([3, 1, 4]) = 1.5275252316519465"),
  STATISTIC ("var", 1, "n", var_class, "float var(number x)",
             "Variance of the whole population.", "var([1, 3]) = 1.0"),
  STATISTIC ("vars", 1, "n", vars_class, "float vars(number x)",
             "Variance estimated from a sample.", "vars([1, 3]) = 2.0"),
  { NULL },
};
