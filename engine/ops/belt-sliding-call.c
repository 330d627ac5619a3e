/* belt-sliding-call.c - an aggregate over rows that come at one end and go at the other
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-sliding-call.h"

#include <string.h>

#define ROWS_MIN 256u
#define LANES    16u  /* windows whose floats are added at a time: what hides the latency of an addition */

typedef double Pair __attribute__ ((vector_size (2 * sizeof (double))));

static const struct { const char *name; BeltSlidingKind kind; } kinds[] = {
  { "count", BELT_SLIDING_COUNT },
  { "max", BELT_SLIDING_MAX },
  { "min", BELT_SLIDING_MIN },
  { "sum", BELT_SLIDING_SUM },
  { "avg", BELT_SLIDING_AVG },
};

gboolean
belt_sliding_call_fits (const BeltAggregateCall *spec)
{
  if (spec->n_args != 1 || spec->function->aggregate == NULL)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (strcmp (kinds[i].name, spec->function->name) == 0)
        return spec->args[0]->kind != BELT_EXPR_WILDCARD || kinds[i].kind == BELT_SLIDING_COUNT;
    }

  return FALSE;
}

void
belt_sliding_call_init (BeltSlidingCall         *self,
                        const BeltAggregateCall *spec)
{
  memset (self, 0, sizeof *self);
  self->spec = spec;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (strcmp (kinds[i].name, spec->function->name) == 0)
        self->kind = kinds[i].kind;
    }
  if (spec->args[0]->kind == BELT_EXPR_WILDCARD)
    self->kind = BELT_SLIDING_ROWS;
}

void
belt_sliding_call_clear (BeltSlidingCall *self)
{
  g_clear_pointer (&self->rows, g_free);
  g_clear_pointer (&self->floats, g_free);
  g_clear_pointer (&self->extremes, g_free);
}

void
belt_sliding_call_restart (BeltSlidingCall *self,
                           guint64          row)
{
  self->first = row;
  self->n_rows = 0;
  memset (self->n_types, 0, sizeof self->n_types);
  self->int_sum = 0;
  self->extreme = self->n_extremes = 0;
}

static gboolean
adds_up (const BeltSlidingCall *self)
{
  return self->kind == BELT_SLIDING_SUM || self->kind == BELT_SLIDING_AVG;
}

static BeltSlidingRow *
get_row (const BeltSlidingCall *self,
         guint64                row)
{
  return &self->rows[row - self->first];
}

/* Moves what is still needed to the front where that makes room for as much again, else grows. */
static void
make_room (BeltSlidingCall *self,
           guint64          oldest)
{
  guint gone = (guint)(oldest - self->first);

  if (gone >= self->n_rows / 2 && gone > 0)
    {
      self->n_rows -= gone;
      self->first = oldest;
      memmove (self->rows, self->rows + gone, self->n_rows * sizeof *self->rows);
      if (adds_up (self))
        memmove (self->floats, self->floats + gone, self->n_rows * sizeof *self->floats);
      return;
    }

  self->capacity = MAX (ROWS_MIN, self->capacity * 2);
  self->rows = g_renew (BeltSlidingRow, self->rows, self->capacity);
  if (adds_up (self))
    self->floats = g_renew (double, self->floats, self->capacity);
}

static BeltSlidingType
get_type (const BeltSlidingCall *self,
          const BeltValue       *value)
{
  if (belt_value_is_null (value))
    return BELT_SLIDING_NULL;
  if (value->tag == BELT_TAG_ERROR || value->tag == BELT_TAG_UNSET)
    return BELT_SLIDING_OTHER;
  /* Any value is as good as another to be counted. */
  if (self->kind == BELT_SLIDING_COUNT)
    return BELT_SLIDING_I64;
  if (value->flags != 0)
    return BELT_SLIDING_OTHER;
  if (value->tag == BELT_TAG_I64)
    return BELT_SLIDING_I64;

  return value->tag == BELT_TAG_F64 && value->u.f == value->u.f ? BELT_SLIDING_F64 : BELT_SLIDING_OTHER;
}

static BeltValue
evaluate (const BeltSlidingCall *self,
          BeltEval              *eval)
{
  const BeltExpr *arg = self->spec->args[0];

  if (arg->kind == BELT_EXPR_COLUMN && eval->batch->columns[arg->slot] != NULL)
    return eval->batch->columns[arg->slot][eval->row];

  return belt_expr_eval (arg, eval);
}

void
belt_sliding_call_append (BeltSlidingCall *self,
                          BeltEval        *eval,
                          guint64          oldest)
{
  BeltSlidingRow *row;

  if (self->kind == BELT_SLIDING_ROWS)
    return;

  if (self->n_rows == self->capacity)
    make_room (self, oldest);

  row = &self->rows[self->n_rows];
  row->value = evaluate (self, eval);
  row->type = get_type (self, &row->value);
  if (adds_up (self))
    self->floats[self->n_rows] = row->type == BELT_SLIDING_F64 ? row->value.u.f : 0.0;
  self->n_rows++;
}

/* Whether a row that came later makes the other one needless: it stays longer and is more extreme.  Of equal
 * ones the first counts.  While values of two types are in the window it is aggregated anew. */
static gboolean
outdoes (const BeltSlidingCall *self,
         const BeltSlidingRow  *later,
         const BeltSlidingRow  *row)
{
  gboolean greatest = self->kind == BELT_SLIDING_MAX;

  if (later->type != row->type)
    return TRUE;
  if (later->type == BELT_SLIDING_I64)
    return greatest ? later->value.u.i > row->value.u.i : later->value.u.i < row->value.u.i;

  return greatest ? later->value.u.f > row->value.u.f : later->value.u.f < row->value.u.f;
}

static void
push_extreme (BeltSlidingCall *self,
              guint64          number)
{
  const BeltSlidingRow *row = get_row (self, number);

  while (self->n_extremes > self->extreme &&
         outdoes (self, row, get_row (self, self->extremes[self->n_extremes - 1])))
    self->n_extremes--;

  if (self->n_extremes == self->extremes_capacity && self->extreme > self->n_extremes / 2)
    {
      self->n_extremes -= self->extreme;
      memmove (self->extremes, self->extremes + self->extreme, self->n_extremes * sizeof *self->extremes);
      self->extreme = 0;
    }
  else if (self->n_extremes == self->extremes_capacity)
    {
      self->extremes_capacity = MAX (ROWS_MIN, self->extremes_capacity * 2);
      self->extremes = g_renew (guint64, self->extremes, self->extremes_capacity);
    }
  self->extremes[self->n_extremes++] = number;
}

static inline void
enter (BeltSlidingCall *self,
       guint64          row)
{
  const BeltSlidingRow *at;

  if (self->kind == BELT_SLIDING_ROWS)
    {
      self->n_types[BELT_SLIDING_I64]++;
      return;
    }

  at = get_row (self, row);
  self->n_types[at->type]++;
  if (at->type != BELT_SLIDING_I64 && at->type != BELT_SLIDING_F64)
    return;

  if (self->kind == BELT_SLIDING_MAX || self->kind == BELT_SLIDING_MIN)
    push_extreme (self, row);
  else if (at->type == BELT_SLIDING_I64 && adds_up (self))
    self->int_sum += (guint64)at->value.u.i;
}

static inline void
leave (BeltSlidingCall *self,
       guint64          row)
{
  const BeltSlidingRow *at;

  if (self->kind == BELT_SLIDING_ROWS)
    {
      self->n_types[BELT_SLIDING_I64]--;
      return;
    }

  at = get_row (self, row);
  self->n_types[at->type]--;
  if (at->type == BELT_SLIDING_I64 && adds_up (self))
    self->int_sum -= (guint64)at->value.u.i;
  if (self->extreme < self->n_extremes && self->extremes[self->extreme] == row)
    self->extreme++;
}

static inline BeltSlidingResult
finish (const BeltSlidingCall *self,
        BeltValue             *ret_value)
{
  guint n_ints = self->n_types[BELT_SLIDING_I64];
  guint n_floats = self->n_types[BELT_SLIDING_F64];

  *ret_value = belt_value_null ();
  if (self->n_types[BELT_SLIDING_OTHER] > 0 || (n_ints > 0 && n_floats > 0))
    return BELT_SLIDING_ANEW;

  if (self->kind == BELT_SLIDING_ROWS || self->kind == BELT_SLIDING_COUNT)
    {
      *ret_value = (BeltValue) { .tag = BELT_TAG_I64, .flags = BELT_VALUE_PLATFORM_INT, .u.i = n_ints };
      return BELT_SLIDING_DONE;
    }
  if (n_ints + n_floats == 0)
    return BELT_SLIDING_DONE;

  if (!adds_up (self))
    *ret_value = get_row (self, self->extremes[self->extreme])->value;
  else if (n_floats > 0)
    {
      *ret_value = belt_value_i64 (n_floats);
      return BELT_SLIDING_FLOAT_SUM;
    }
  else
    *ret_value = belt_value_i64 (self->kind == BELT_SLIDING_SUM ? (gint64)self->int_sum
                                                                : (gint64)self->int_sum / (gint64)n_ints);

  return BELT_SLIDING_DONE;
}

void
belt_sliding_call_move (BeltSlidingCall         *self,
                        guint64                  from,
                        guint64                  to,
                        const BeltSlidingWindow *window)
{
  for (; to < window->to; to++)
    enter (self, to);
  for (; from < window->from; from++)
    leave (self, from);
}

void
belt_sliding_call_slide (BeltSlidingCall         *self,
                         guint64                  from,
                         guint64                  to,
                         const BeltSlidingWindow *windows,
                         guint                    n,
                         BeltSlidingResult       *results,
                         BeltValue               *values)
{
  for (guint i = 0; i < n; i++)
    {
      belt_sliding_call_move (self, from, to, &windows[i]);
      from = windows[i].from;
      to = windows[i].to;
      results[i] = finish (self, &values[i]);
    }
}

static double
add_up (const BeltSlidingCall *self,
        double                 sum,
        guint64                from,
        guint64                to)
{
  for (guint64 row = from; row < to; row++)
    sum += self->floats[row - self->first];

  return sum;
}

/* As add_up() for each window, in the same order, several at a time over the rows that all of them have. */
static void
add_up_lanes (const BeltSlidingCall   *self,
              const BeltSlidingWindow *windows,
              double                  *sums)
{
  guint64 from = windows[LANES - 1].from;
  guint64 to = windows[0].to;
  Pair pairs[LANES / 2];

  for (guint i = 0; i < LANES; i++)
    sums[i] = add_up (self, 0.0, windows[i].from, from);
  memcpy (pairs, sums, sizeof pairs);

  for (const double *at = self->floats + (from - self->first), *end = self->floats + (to - self->first); at < end; at++)
    {
      Pair both = { *at, *at };

#pragma GCC unroll 8
      for (guint i = 0; i < LANES / 2; i++)
        pairs[i] += both;
    }

  memcpy (sums, pairs, sizeof pairs);
  for (guint i = 0; i < LANES; i++)
    sums[i] = add_up (self, sums[i], to, windows[i].to);
}

static BeltValue
finish_floats (const BeltSlidingCall *self,
               double                 sum,
               const BeltValue       *n_values)
{
  return belt_value_f64 (self->kind == BELT_SLIDING_SUM ? sum : sum / (double)n_values->u.i);
}

static gboolean
fill_lanes (const BeltSlidingWindow *windows,
            const BeltSlidingResult *results)
{
  for (guint i = 0; i < LANES; i++)
    {
      if (results[i] != BELT_SLIDING_FLOAT_SUM)
        return FALSE;
    }

  return windows[LANES - 1].from <= windows[0].to;
}

void
belt_sliding_call_sum_floats (const BeltSlidingCall   *self,
                              const BeltSlidingWindow *windows,
                              const BeltSlidingResult *results,
                              guint                    n,
                              BeltValue               *values)
{
  guint i = 0;

  while (i < n)
    {
      double sums[LANES];

      if (n - i >= LANES && fill_lanes (windows + i, results + i))
        {
          add_up_lanes (self, windows + i, sums);
          for (guint lane = 0; lane < LANES; lane++)
            values[i + lane] = finish_floats (self, sums[lane], &values[i + lane]);
          i += LANES;
          continue;
        }

      if (results[i] == BELT_SLIDING_FLOAT_SUM)
        values[i] = finish_floats (self, add_up (self, 0.0, windows[i].from, windows[i].to), &values[i]);
      i++;
    }
}
