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

/* Which of the two, the state knows. */
typedef union
{
  double f;
  gint64 i;
} Number;

/* Numbers of one window in the arena of the state, at most BELT_FUNC_ITEMS_MAX of them. */
typedef struct
{
  Number  *items;
  guint32  n_items;
  guint32  n_allocated;
} NumberList;

typedef struct
{
  NumberList numbers;
  guint32    n_rows;
  guint32    has_fraction;   /* percentile */
  double     fraction;
} NumbersState;

static gboolean
append_number (NumberList *self,
               Number      number,
               BeltArena  *arena)
{
  if (self->n_items == BELT_FUNC_ITEMS_MAX)
    return FALSE;

  self->items = belt_arena_make_room (arena, self->items, self->n_items, &self->n_allocated, sizeof *self->items);
  self->items[self->n_items++] = number;
  return TRUE;
}

/* The result of a step: null, or that there are too many. */
static BeltValue
keep_number (BeltCall   *call,
             NumberList *numbers,
             Number      number,
             BeltArena  *arena)
{
  if (!append_number (numbers, number, arena))
    return belt_call_fail (call, "more than %u values in one window", BELT_FUNC_ITEMS_MAX);

  return belt_value_null ();
}

static BeltValue
step_numbers (BeltCall        *call,
              gpointer         state,
              BeltArena       *arena,
              const BeltValue *args,
              guint            n_args)
{
  NumbersState *self = state;
  Number number;

  self->n_rows++;
  if (n_args > 1 && !self->has_fraction && belt_func_get_f64 (&args[1], &self->fraction))
    self->has_fraction = TRUE;
  if (belt_value_is_null (&args[0]))
    return belt_value_null ();
  if (!belt_func_get_f64 (&args[0], &number.f))
    return belt_call_fail (call, "requires float64 slice but found %s(%s)", belt_value_get_go_type (&args[0]),
                           belt_func_describe (call->arena, &args[0]));
  return keep_number (call, &self->numbers, number, arena);
}

static double
compute_variance (const NumberList *numbers,
                  gboolean          of_sample)
{
  double sum = 0.0;
  double mean;

  for (guint32 i = 0; i < numbers->n_items; i++)
    sum += numbers->items[i].f;
  mean = sum / (double)numbers->n_items;

  sum = 0.0;
  for (guint32 i = 0; i < numbers->n_items; i++)
    sum += (numbers->items[i].f - mean) * (numbers->items[i].f - mean);
  return sum / ((double)numbers->n_items - (of_sample ? 1.0 : 0.0));
}

static BeltValue
finish_spread (const NumbersState *self,
               gboolean            of_sample,
               gboolean            is_root)
{
  double variance;

  if (self->numbers.n_items == 0)
    return belt_value_null ();

  variance = compute_variance (&self->numbers, of_sample);
  return belt_value_f64 (is_root ? sqrt (variance) : variance);
}

static BeltValue
finish_var (BeltCall  *call,
            gpointer   state,
            BeltArena *arena)
{
  return finish_spread (state, FALSE, FALSE);
}

static BeltValue
finish_vars (BeltCall  *call,
             gpointer   state,
             BeltArena *arena)
{
  return finish_spread (state, TRUE, FALSE);
}

static BeltValue
finish_stddev (BeltCall  *call,
               gpointer   state,
               BeltArena *arena)
{
  return finish_spread (state, FALSE, TRUE);
}

static BeltValue
finish_stddevs (BeltCall  *call,
                gpointer   state,
                BeltArena *arena)
{
  return finish_spread (state, TRUE, TRUE);
}

static int
compare_floats (gconstpointer a,
                gconstpointer b)
{
  double left = ((const Number *)a)->f;
  double right = ((const Number *)b)->f;

  return left < right ? -1 : left > right;
}

static int
compare_ints (gconstpointer a,
              gconstpointer b)
{
  gint64 left = ((const Number *)a)->i;
  gint64 right = ((const Number *)b)->i;

  return left < right ? -1 : left > right;
}

static Number *
sort_numbers (const NumberList *numbers,
              GCompareFunc      compare,
              BeltArena        *arena)
{
  Number *sorted = belt_arena_memdup (arena, numbers->items, numbers->n_items * sizeof *sorted);

  qsort (sorted, numbers->n_items, sizeof *sorted, compare);
  return sorted;
}

/* TRUE if there is no rank to look for: no number, or no fraction. */
static gboolean
answer_without_rank (const NumbersState *self,
                     BeltCall           *call,
                     BeltValue          *ret_value)
{
  if (self->n_rows > 0 && !self->has_fraction)
    *ret_value = belt_call_fail (call, "the second parameter requires float64");
  else if (self->numbers.n_items == 0)
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
  guint32 n_numbers = self->numbers.n_items;
  double percent = self->fraction * 100.0;
  BeltValue value;
  Number *sorted;
  double rank;
  guint32 below;

  if (answer_without_rank (self, call, &value))
    return value;
  if (n_numbers == 1)
    return belt_value_f64 (self->numbers.items[0].f);

  rank = percent / 100.0 * (double)n_numbers;
  if (!(percent > 0.0 && percent <= 100.0) || rank < 1.0)
    return belt_call_fail (call, "percentile exec with error: Input is outside of range.");

  sorted = sort_numbers (&self->numbers, compare_floats, call->arena);
  below = (guint32)rank;
  if (rank == (double)below)
    return belt_value_f64 (sorted[below - 1].f);
  return belt_value_f64 ((sorted[below - 1].f + sorted[below].f) / 2.0);
}

static BeltValue
finish_percentile_disc (BeltCall  *call,
                        gpointer   state,
                        BeltArena *arena)
{
  const NumbersState *self = state;
  guint32 n_numbers = self->numbers.n_items;
  double percent = self->fraction * 100.0;
  BeltValue value;
  Number *sorted;
  guint32 rank;

  if (answer_without_rank (self, call, &value))
    return value;
  if (!(percent >= 0.0 && percent <= 100.0))
    return belt_call_fail (call, "percentile exec with error: Input is outside of range.");

  sorted = sort_numbers (&self->numbers, compare_floats, call->arena);
  rank = percent == 100.0 ? n_numbers : (guint32)ceil ((double)n_numbers * percent / 100.0);
  return belt_value_f64 (sorted[MIN (rank > 0 ? rank - 1 : 0, n_numbers - 1)].f);
}

static void
put_numbers (BeltStateWriter  *writer,
             const NumberList *numbers)
{
  belt_state_put_u32 (writer, numbers->n_items);
  for (guint32 i = 0; i < numbers->n_items; i++)
    belt_state_put_i64 (writer, numbers->items[i].i);
}

static void
get_numbers (BeltStateReader *reader,
             NumberList      *numbers,
             BeltArena       *arena)
{
  guint32 n_items = belt_state_get_count (reader, sizeof (Number));

  for (guint32 i = 0; i < n_items; i++)
    append_number (numbers, (Number) { .i = belt_state_get_i64 (reader) }, arena);
}

static void
save_numbers (gconstpointer    state,
              BeltStateWriter *writer)
{
  const NumbersState *self = state;

  belt_state_put_u32 (writer, self->n_rows);
  belt_state_put_u32 (writer, self->has_fraction);
  belt_state_put_f64 (writer, self->fraction);
  put_numbers (writer, &self->numbers);
}

static void
restore_numbers (gpointer         state,
                 BeltArena       *arena,
                 BeltStateReader *reader)
{
  NumbersState *self = state;

  self->n_rows = belt_state_get_u32 (reader);
  self->has_fraction = belt_state_get_u32 (reader) != 0;
  self->fraction = belt_state_get_f64 (reader);
  get_numbers (reader, &self->numbers, arena);
}

#define NUMBERS_CLASS(FINISH) \
  { sizeof (NumbersState), step_numbers, FINISH, NULL, NULL, save_numbers, restore_numbers }

static const BeltAggregateClass var_class = NUMBERS_CLASS (finish_var);
static const BeltAggregateClass vars_class = NUMBERS_CLASS (finish_vars);
static const BeltAggregateClass stddev_class = NUMBERS_CLASS (finish_stddev);
static const BeltAggregateClass stddevs_class = NUMBERS_CLASS (finish_stddevs);
static const BeltAggregateClass percentile_cont_class = NUMBERS_CLASS (finish_percentile_cont);
static const BeltAggregateClass percentile_disc_class = NUMBERS_CLASS (finish_percentile_disc);

/* Median keeps ints as ints; the first row, null or not, gives the kind. */
typedef struct
{
  NumberList numbers;  /* ints or floats, by kind */
  BeltTag    kind;     /* NULL before the first row */
} MedianState;

static BeltValue
step_median (BeltCall        *call,
             gpointer         state,
             BeltArena       *arena,
             const BeltValue *args,
             guint            n_args)
{
  MedianState *self = state;
  Number number = { .i = 0 };

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
                           belt_value_get_go_type (&args[0]), belt_func_describe (call->arena, &args[0]),
                           self->kind == BELT_TAG_I64 ? "int" : "float64", self->numbers.n_items);
  if (self->kind == BELT_TAG_I64)
    belt_func_get_i64 (&args[0], &number.i);
  else
    number.f = belt_value_as_f64 (&args[0]);
  return keep_number (call, &self->numbers, number, arena);
}

static BeltValue
finish_median (BeltCall  *call,
               gpointer   state,
               BeltArena *arena)
{
  const MedianState *self = state;
  guint32 n_numbers = self->numbers.n_items;
  guint32 half = n_numbers / 2;
  gboolean is_odd = n_numbers % 2 == 1;
  const Number *sorted;

  if (n_numbers == 0)
    return belt_value_null ();

  sorted = sort_numbers (&self->numbers, self->kind == BELT_TAG_I64 ? compare_ints : compare_floats, call->arena);
  if (self->kind == BELT_TAG_I64)
    return is_odd ? belt_value_i64 (sorted[half].i)
                  : belt_value_f64 ((double)(gint64)((guint64)sorted[half - 1].i + (guint64)sorted[half].i) / 2.0);
  return belt_value_f64 (is_odd ? sorted[half].f : (sorted[half - 1].f + sorted[half].f) / 2.0);
}

static void
save_median (gconstpointer    state,
             BeltStateWriter *writer)
{
  const MedianState *self = state;

  belt_state_put_u32 (writer, self->kind);
  put_numbers (writer, &self->numbers);
}

static void
restore_median (gpointer         state,
                BeltArena       *arena,
                BeltStateReader *reader)
{
  MedianState *self = state;

  self->kind = (BeltTag)belt_state_get_u32 (reader);
  get_numbers (reader, &self->numbers, arena);
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
