/* belt-func-analytic.c - functions that remember earlier rows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * `when` is the value of OVER (WHEN …): if it is false the state stays as it is
 * and the answer is what the state says; what is no boolean counts as true.  Remembered values are owned by the
 * state; answers are copied out of it, since the next row may free them.
 */
#include "config.h"

#include "belt-func-private.h"

#define LAG_MAX 100000

static void
keep (BeltValue       *kept,
      const BeltValue *value)
{
  BeltValue copy;

  belt_value_dup_owned (&copy, value);
  belt_value_clear_owned (kept);
  *kept = copy.tag == BELT_TAG_MISSING ? belt_value_null () : copy;
}

static void
restore_kept (BeltValue       *kept,
              BeltStateReader *reader)
{
  BeltArena arena;
  BeltValue value;

  belt_arena_init (&arena);
  value = belt_state_get_value (reader, &arena);
  keep (kept, &value);
  belt_arena_clear (&arena);
}

static void
save_values (BeltStateWriter *writer,
             const BeltValue *values,
             guint            n)
{
  belt_state_put_u32 (writer, n);
  for (guint i = 0; i < n; i++)
    belt_state_put_value (writer, &values[i]);
}

/* Returns: (transfer full): room for one more, so that it is never NULL */
static BeltValue *
restore_values (BeltStateReader *reader,
                guint           *ret_n)
{
  guint n = belt_state_get_count (reader, 4);
  BeltValue *values = g_new0 (BeltValue, n + 1);

  for (guint i = 0; i < n; i++)
    restore_kept (&values[i], reader);
  *ret_n = n;
  return values;
}

typedef struct
{
  BeltValue *ring;     /* NULL before the first row */
  guint      n_ring;
  guint      oldest;
} LagState;

static gboolean
start_lag (LagState        *self,
           BeltCall        *call,
           const BeltValue *args,
           guint            n_args,
           BeltValue       *ret_error)
{
  const BeltValue none = belt_value_null ();
  gint64 offset = 1;

  if (self->ring != NULL)
    return TRUE;
  if (n_args > 1 && !belt_func_get_int (&args[1], &offset))
    *ret_error = belt_func_fail_convert (call, &args[1], "int");
  else if (offset < 0 || offset > LAG_MAX)
    *ret_error = belt_call_fail (call, "the offset should be from 0 to %d", LAG_MAX);
  else
    {
      self->n_ring = (guint)offset;
      self->ring = g_new0 (BeltValue, self->n_ring + 1);
      for (guint i = 0; i < self->n_ring; i++)
        keep (&self->ring[i], n_args > 2 ? &args[2] : &none);
      return TRUE;
    }
  return FALSE;
}

static BeltValue
step_lag (BeltCall        *call,
          gpointer         state,
          const BeltValue *args,
          guint            n_args,
          gboolean         when)
{
  LagState *self = state;
  gboolean ignore_null = TRUE;
  BeltValue value;

  if (n_args > 3)
    {
      if (args[3].tag != BELT_TAG_BOOL)
        return belt_call_fail (call, "The fourth arg is not a bool but got %s",
                               belt_func_describe (call->arena, &args[3]));
      ignore_null = args[3].u.i != 0;
    }
  if (!start_lag (self, call, args, n_args, &value))
    return value;
  if (self->n_ring == 0)
    return belt_value_null ();

  value = belt_value_copy (&self->ring[self->oldest], call->arena);
  if (when && (!ignore_null || !belt_value_is_null (&args[0])))
    {
      keep (&self->ring[self->oldest], &args[0]);
      self->oldest = (self->oldest + 1) % self->n_ring;
    }
  return value;
}

static void
clear_lag (gpointer state)
{
  LagState *self = state;

  for (guint i = 0; i < self->n_ring; i++)
    belt_value_clear_owned (&self->ring[i]);
  g_clear_pointer (&self->ring, g_free);
}

static void
save_lag (gconstpointer    state,
          BeltStateWriter *writer)
{
  const LagState *self = state;

  belt_state_put_u32 (writer, self->ring != NULL);
  belt_state_put_u32 (writer, self->oldest);
  save_values (writer, self->ring, self->n_ring);
}

static void
restore_lag (gpointer         state,
             BeltStateReader *reader)
{
  LagState *self = state;
  gboolean has_started = belt_state_get_u32 (reader) != 0;
  guint oldest = belt_state_get_u32 (reader);

  self->ring = restore_values (reader, &self->n_ring);
  self->oldest = self->n_ring > 0 ? oldest % self->n_ring : 0;
  if (!has_started)
    g_clear_pointer (&self->ring, g_free);
}

static const BeltAnalyticClass lag_class = { sizeof (LagState), step_lag, clear_lag, save_lag, restore_lag };

static char *
check_lag (const BeltFunction *self,
           const BeltLiteral  *args,
           guint               n_args)
{
  if (n_args > 1 && (args[1].name != NULL || args[1].is_boolean_expression))
    return g_strdup ("Expect int type for parameter 2");
  if (n_args > 1 && args[1].is_literal && args[1].value.tag == BELT_TAG_I64 && args[1].value.u.i < 0)
    return g_strdup ("the index should not be a nagtive integer");
  return NULL;
}

static BeltValue
step_latest (BeltCall        *call,
             gpointer         state,
             const BeltValue *args,
             guint            n_args,
             gboolean         when)
{
  BeltValue *kept = state;

  if (when && !belt_value_is_null (&args[0]))
    {
      keep (kept, &args[0]);
      return args[0];
    }
  if (belt_value_is_null (kept))
    return n_args > 1 ? args[1] : belt_value_null ();
  return belt_value_copy (kept, call->arena);
}

static void
clear_value (gpointer state)
{
  belt_value_clear_owned (state);
}

static void
save_value (gconstpointer    state,
            BeltStateWriter *writer)
{
  belt_state_put_value (writer, state);
}

static void
restore_value (gpointer         state,
               BeltStateReader *reader)
{
  restore_kept (state, reader);
}

static const BeltAnalyticClass latest_class = {
  sizeof (BeltValue), step_latest, clear_value, save_value, restore_value
};

static gboolean
get_ignore_null (BeltCall        *call,
                 const BeltValue *value,
                 gboolean        *ret_ignore_null,
                 BeltValue       *ret_error)
{
  if (value->tag != BELT_TAG_BOOL)
    {
      *ret_error = belt_call_fail (call, "first arg is not a bool but got %s", belt_func_describe (call->arena, value));
      return FALSE;
    }
  *ret_ignore_null = value->u.i != 0;
  return TRUE;
}

static BeltValue
step_changed_col (BeltCall        *call,
                  gpointer         state,
                  const BeltValue *args,
                  guint            n_args,
                  gboolean         when)
{
  BeltValue *kept = state;
  gboolean ignore_null;
  BeltValue error;

  if (!get_ignore_null (call, &args[0], &ignore_null, &error))
    return error;
  if (!when || (ignore_null && belt_value_is_null (&args[1])) || belt_value_equal (kept, &args[1]))
    return belt_value_null ();
  keep (kept, &args[1]);
  return args[1];
}

static const BeltAnalyticClass changed_col_class = {
  sizeof (BeltValue), step_changed_col, clear_value, save_value, restore_value
};

typedef struct
{
  BeltValue *kept;   /* one an expression; NULL before the first row */
  guint      n_kept;
} ChangedState;

static void
clear_had_changed (gpointer state)
{
  ChangedState *self = state;

  for (guint i = 0; i < self->n_kept; i++)
    belt_value_clear_owned (&self->kept[i]);
  g_clear_pointer (&self->kept, g_free);
}

static BeltValue
step_had_changed (BeltCall        *call,
                  gpointer         state,
                  const BeltValue *args,
                  guint            n_args,
                  gboolean         when)
{
  ChangedState *self = state;
  gboolean has_changed = FALSE;
  gboolean ignore_null;
  BeltValue error;

  if (!when)
    return belt_value_bool (FALSE);
  if (!get_ignore_null (call, &args[0], &ignore_null, &error))
    return error;
  if (self->kept == NULL || self->n_kept != n_args - 1)
    {
      clear_had_changed (self);
      self->n_kept = n_args - 1;
      self->kept = g_new0 (BeltValue, self->n_kept + 1);
    }

  for (guint i = 0; i < MIN (self->n_kept, n_args - 1); i++)
    {
      const BeltValue *value = &args[i + 1];

      if ((ignore_null && belt_value_is_null (value)) || belt_value_equal (&self->kept[i], value))
        continue;
      keep (&self->kept[i], value);
      has_changed = TRUE;
    }
  return belt_value_bool (has_changed);
}

static void
save_had_changed (gconstpointer    state,
                  BeltStateWriter *writer)
{
  const ChangedState *self = state;

  belt_state_put_u32 (writer, self->kept != NULL);
  save_values (writer, self->kept, self->n_kept);
}

static void
restore_had_changed (gpointer         state,
                     BeltStateReader *reader)
{
  ChangedState *self = state;
  gboolean has_started = belt_state_get_u32 (reader) != 0;

  self->kept = restore_values (reader, &self->n_kept);
  if (!has_started)
    g_clear_pointer (&self->kept, g_free);
}

static const BeltAnalyticClass had_changed_class = {
  sizeof (ChangedState), step_had_changed, clear_had_changed, save_had_changed, restore_had_changed
};

/* acc_*: running over all rows, or only from the row where `begin` is true to the one where `reset` is. */
typedef struct
{
  gint64   count;
  double   sum;
  double   extreme;
  gboolean has_value;
  gboolean has_begun;
  gboolean is_kept;    /* a row has gone well: eKuiper forgets what the first one did if it fails */
} AccState;

typedef enum
{
  ACC_COUNT,
  ACC_SUM,
  ACC_AVG,
  ACC_MAX,
  ACC_MIN,
} AccKind;

static void
reset_acc (AccState *self)
{
  AccState fresh = { .has_begun = self->has_begun, .is_kept = self->is_kept };

  *self = fresh;
}

/* FALSE if the value is no number where one is needed. */
static gboolean
add_to_acc (AccState        *self,
            AccKind          kind,
            const BeltValue *value)
{
  double number;

  if (kind == ACC_COUNT)
    {
      self->count += belt_value_is_null (value) ? 0 : 1;
      return TRUE;
    }
  if (kind == ACC_SUM && belt_value_is_null (value))
    return TRUE;
  if (!belt_func_get_f64 (value, &number))
    return FALSE;

  if (kind == ACC_MAX && (!self->has_value || number > self->extreme))
    self->extreme = number;
  if (kind == ACC_MIN && (!self->has_value || number < self->extreme))
    self->extreme = number;
  self->sum += number;
  self->count++;
  self->has_value = TRUE;
  return TRUE;
}

static BeltValue
read_acc (const AccState *self,
          AccKind         kind)
{
  switch (kind)
    {
    case ACC_COUNT:
      return belt_value_i64 (self->count);
    case ACC_SUM:
      return belt_value_f64 (self->sum);
    case ACC_AVG:
      return belt_value_f64 (self->count > 0 ? self->sum / (double)self->count : 0.0);
    default:
      return belt_value_f64 (self->extreme);
    }
}

static BeltValue
step_acc (BeltCall        *call,
          AccState        *self,
          AccKind          kind,
          const BeltValue *args,
          guint            n_args,
          gboolean         when)
{
  gboolean is_bounded = n_args == 3;

  if (is_bounded && args[1].tag != BELT_TAG_BOOL)
    return belt_call_fail (call, "onBegin should be boolean");
  if (is_bounded && args[2].tag != BELT_TAG_BOOL)
    return belt_call_fail (call, "onReset should be boolean");

  if (is_bounded && !self->has_begun)
    {
      reset_acc (self);
      self->has_begun = args[1].u.i != 0;
    }
  if (when && (!is_bounded || self->has_begun) && !add_to_acc (self, kind, &args[0]))
    {
      self->has_begun = self->has_begun && self->is_kept;
      return belt_call_fail (call, "the value should be number");
    }
  self->is_kept = TRUE;
  if (is_bounded && args[2].u.i != 0)
    self->has_begun = FALSE;
  return read_acc (self, kind);
}

#define DEFINE_ACC(name, kind)                                                                          \
  static BeltValue                                                                                      \
  step_acc_ ## name (BeltCall *call, gpointer state, const BeltValue *args, guint n_args, gboolean when)  \
  {                                                                                                     \
    return step_acc (call, state, kind, args, n_args, when);                                            \
  }                                                                                                     \
  static const BeltAnalyticClass acc_ ## name ## _class = { sizeof (AccState), step_acc_ ## name, clear_nothing, \
                                                            save_acc, restore_acc };

static void
clear_nothing (gpointer state)
{
}

static void
save_acc (gconstpointer    state,
          BeltStateWriter *writer)
{
  const AccState *self = state;

  belt_state_put_i64 (writer, self->count);
  belt_state_put_f64 (writer, self->sum);
  belt_state_put_f64 (writer, self->extreme);
  belt_state_put_u32 (writer, self->has_value);
  belt_state_put_u32 (writer, self->has_begun);
  belt_state_put_u32 (writer, self->is_kept);
}

static void
restore_acc (gpointer         state,
             BeltStateReader *reader)
{
  AccState *self = state;

  self->count = belt_state_get_i64 (reader);
  self->sum = belt_state_get_f64 (reader);
  self->extreme = belt_state_get_f64 (reader);
  self->has_value = belt_state_get_u32 (reader) != 0;
  self->has_begun = belt_state_get_u32 (reader) != 0;
  self->is_kept = belt_state_get_u32 (reader) != 0;
}

DEFINE_ACC (avg, ACC_AVG)
DEFINE_ACC (count, ACC_COUNT)
DEFINE_ACC (max, ACC_MAX)
DEFINE_ACC (min, ACC_MIN)
DEFINE_ACC (sum, ACC_SUM)

static char *
check_acc (const BeltFunction *self,
           const BeltLiteral  *args,
           guint n_args)
{
  return n_args == 2 ? g_strdup ("Expect 1/3 arguments but found 2.") : NULL;
}

#define ANALYTIC(NAME, MIN, MAX, KINDS, CHECK, CLASS, SIGNATURE, DOC, EXAMPLE)                              \
  { .name = NAME, .args_min = MIN, .args_max = MAX, .flags = BELT_FUNCTION_ANALYTIC, .group = "analytic",  \
    .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .analytic = &CLASS, .check = CHECK,             \
    .literal_kinds = KINDS }

const BeltFunction belt_func_analytic_table[] = {
  ANALYTIC ("acc_avg", 1, 3, NULL, check_acc, acc_avg_class, "float acc_avg(number x, bool begin?, bool reset?)",
            "Mean of all values so far.", "acc_avg([10, 20]) = 15.0"),
  ANALYTIC ("acc_count", 1, 3, NULL, check_acc, acc_count_class, "int acc_count(any x, bool begin?, bool reset?)",
            "Number of values so far that are not null.", "acc_count([10, null, 20]) = 2"),
  ANALYTIC ("acc_max", 1, 3, NULL, check_acc, acc_max_class, "float acc_max(number x, bool begin?, bool reset?)",
            "The greatest value so far.", "acc_max([10, 20, 5]) = 20.0"),
  ANALYTIC ("acc_min", 1, 3, NULL, check_acc, acc_min_class, "float acc_min(number x, bool begin?, bool reset?)",
            "The least value so far.", "acc_min([10, 20, 5]) = 5.0"),
  ANALYTIC ("acc_sum", 1, 3, NULL, check_acc, acc_sum_class, "float acc_sum(number x, bool begin?, bool reset?)",
            "Sum of all values so far; nulls are skipped.", "acc_sum([10, null, 20]) = 30.0"),
  ANALYTIC ("changed_col", 2, 2, "b*", NULL, changed_col_class, "any changed_col(bool ignore_null, any x)",
            "The value if it is not the one before, else null.", "changed_col(true, [1, 1, 2]) = 2"),
  ANALYTIC ("had_changed", 2, -1, "b*", NULL, had_changed_class, "bool had_changed(bool ignore_null, any x, …)",
            "Whether any of the values is not the one before.", "had_changed(true, [1, 2, 2]) = false"),
  ANALYTIC ("lag", 1, 4, "*i*b", check_lag, lag_class, "any lag(any x, int offset?, any default?, bool ignore_null?)",
            "The value some rows before, one if no offset is given.", "lag([1, 2, 3]) = 2"),
  ANALYTIC ("latest", 1, 2, NULL, NULL, latest_class, "any latest(any x, any default?)",
            "The last value that is not null, this row's included.", "latest([1, 2, null]) = 2"),
  { NULL },
};
