/* belt-func-aggregate.c - one value of many rows: count, sum, collect and their kind
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
                               belt_func_get_type (&args[0]), belt_func_describe (call->arena, &args[0]));
      self->kind = args[0].tag;
    }

  if (self->kind == BELT_TAG_I64)
    {
      if (!belt_func_get_i64 (&args[0], &number))
        return belt_call_fail (call, "requires int but found %s(%s)", belt_func_get_type (&args[0]),
                               belt_func_describe (call->arena, &args[0]));
      self->int_sum += (guint64)number;
    }
  else
    {
      if (args[0].tag != BELT_TAG_F64)
        return belt_call_fail (call, "requires float64 but found %s(%s)", belt_func_get_type (&args[0]),
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

/* Values in the arena of the state, at most BELT_FUNC_ITEMS_MAX of them. */
typedef struct
{
  BeltValue *items;
  guint32    n_items;
  guint32    n_allocated;
} ListState;

static gboolean
append_item (ListState       *self,
             const BeltValue *value,
             BeltArena       *arena)
{
  if (self->n_items == BELT_FUNC_ITEMS_MAX)
    return FALSE;
  if (self->n_items == self->n_allocated)
    {
      guint32 n_allocated = MAX (2 * self->n_allocated, 8u);
      BeltValue *items = belt_arena_new_array (arena, BeltValue, n_allocated);

      if (self->n_items > 0)
        memcpy (items, self->items, self->n_items * sizeof *items);
      self->items = items;
      self->n_allocated = n_allocated;
    }
  self->items[self->n_items++] = belt_value_is_null (value) ? belt_value_null () : belt_value_copy (value, arena);
  return TRUE;
}

static BeltValue
take_list (const ListState *self,
           BeltCall        *call,
           BeltArena       *arena)
{
  BeltValue list = belt_value_list (self->items, self->n_items);

  return call->arena == arena ? list : belt_value_copy (&list, call->arena);
}

static BeltValue
step_collect (BeltCall        *call,
              gpointer         state,
              BeltArena       *arena,
              const BeltValue *args,
              guint            n_args)
{
  if (!append_item (state, &args[0], arena))
    return belt_call_fail (call, "more than %u values in one window", BELT_FUNC_ITEMS_MAX);
  return belt_value_null ();
}

static BeltValue
finish_collect (BeltCall  *call,
                gpointer   state,
                BeltArena *arena)
{
  return take_list (state, call, arena);
}

static const BeltAggregateClass collect_class = { sizeof (ListState), step_collect, finish_collect, NULL, NULL };

typedef struct
{
  BeltMember *members;
  guint32     n_members;
  guint32     n_allocated;
} MergeState;

static BeltMember *
find_member (MergeState       *self,
             const BeltMember *like,
             guint32           hint)
{
  BeltMember *member;

  /* Rows of one stream nearly always have one order of members. */
  if (hint < self->n_members)
    {
      member = &self->members[hint];
      if (member->name_len == like->name_len && memcmp (member->name, like->name, like->name_len) == 0)
        return member;
    }
  for (guint32 i = 0; i < self->n_members; i++)
    {
      member = &self->members[i];
      if (member->name_len == like->name_len && memcmp (member->name, like->name, like->name_len) == 0)
        return member;
    }
  return NULL;
}

static BeltMember *
append_member (MergeState       *self,
               const BeltMember *like,
               BeltArena        *arena)
{
  BeltMember *member;

  if (self->n_members == self->n_allocated)
    {
      guint32 n_allocated = MAX (2 * self->n_allocated, 8u);
      BeltMember *members = belt_arena_new_array (arena, BeltMember, n_allocated);

      if (self->n_members > 0)
        memcpy (members, self->members, self->n_members * sizeof *members);
      self->members = members;
      self->n_allocated = n_allocated;
    }
  member = &self->members[self->n_members++];
  member->name = belt_arena_memdup (arena, like->name, like->name_len);
  member->name_len = like->name_len;
  member->value = belt_value_null ();
  return member;
}

static void
merge_members (MergeState      *self,
               const BeltValue *object,
               BeltArena       *arena)
{
  for (guint32 i = 0; i < object->len; i++)
    {
      const BeltMember *from = &object->u.members[i];
      BeltMember *to = find_member (self, from, i);

      if (to == NULL)
        to = append_member (self, from, arena);
      else if (belt_value_equal (&to->value, &from->value))
        continue;   /* so that a value that stays takes no memory a row */
      to->value = belt_value_is_null (&from->value) ? belt_value_null () : belt_value_copy (&from->value, arena);
    }
}

static BeltValue
step_merge_agg (BeltCall        *call,
                gpointer         state,
                BeltArena       *arena,
                const BeltValue *args,
                guint            n_args)
{
  BeltArena scratch;
  BeltValue object;

  if (args[0].tag != BELT_TAG_JSON)
    {
      if (args[0].tag == BELT_TAG_MAP)
        merge_members (state, &args[0], arena);
      return belt_value_null ();
    }

  /* Not in the arena of the state, which lives as long as the window. */
  belt_arena_init (&scratch);
  object = belt_value_expand (&args[0], &scratch);
  if (object.tag == BELT_TAG_MAP)
    merge_members (state, &object, arena);
  belt_arena_clear (&scratch);
  return belt_value_null ();
}

static BeltValue
finish_merge_agg (BeltCall  *call,
                  gpointer   state,
                  BeltArena *arena)
{
  const MergeState *self = state;
  BeltValue object = belt_value_map (self->members, self->n_members);

  /* Copied in any case: a later step changes the members in place. */
  return self->n_members > 0 ? belt_value_copy (&object, call->arena) : belt_value_null ();
}

static const BeltAggregateClass merge_agg_class = {
  sizeof (MergeState), step_merge_agg, finish_merge_agg, NULL, NULL
};

/* Texts seen so far: open addressing in the arena, as a state has no destructor. */
typedef struct
{
  BeltValue *texts;    /* NULL tags are free places */
  guint32    n_texts;
  guint32    n_places; /* a power of two */
} TextSet;

static gboolean
find_place (const TextSet   *self,
            const BeltValue *text,
            guint32         *ret_place)
{
  guint32 place = (guint32)belt_value_hash (text) & (self->n_places - 1);

  while (self->texts[place].tag != BELT_TAG_NULL && !belt_value_equal (&self->texts[place], text))
    place = (place + 1) & (self->n_places - 1);
  *ret_place = place;
  return self->texts[place].tag != BELT_TAG_NULL;
}

static void
grow_set (TextSet   *self,
          BeltArena *arena)
{
  TextSet grown = { .n_texts = self->n_texts, .n_places = MAX (2 * self->n_places, 16u) };
  guint32 place;

  grown.texts = belt_arena_alloc0 (arena, grown.n_places * sizeof *grown.texts);
  for (guint32 i = 0; i < self->n_places; i++)
    {
      if (self->texts[i].tag == BELT_TAG_NULL)
        continue;
      find_place (&grown, &self->texts[i], &place);
      grown.texts[place] = self->texts[i];
    }
  *self = grown;
}

/* TRUE if it was not there before. */
static gboolean
add_text (TextSet         *self,
          const BeltValue *text,
          BeltArena       *arena)
{
  guint32 place;

  if (4 * (self->n_texts + 1) > 3 * self->n_places)
    grow_set (self, arena);
  if (find_place (self, text, &place))
    return FALSE;
  self->texts[place] = belt_value_copy (text, arena);
  self->n_texts++;
  return TRUE;
}

typedef struct
{
  TextSet   seen;
  ListState firsts;
  BeltValue last;       /* the last row if it was new, else NULL */
  guint8    wants_all;
} DeduplicateState;

/* TRUE if the text of the value was not there before; the text is made outside the arena of the state. */
static gboolean
add_value (TextSet         *self,
           const BeltValue *value,
           BeltArena       *arena)
{
  BeltArena scratch;
  BeltValue text = belt_value_str ("<nil>", 5);
  gboolean is_new;

  belt_arena_init (&scratch);
  if (!belt_value_is_null (value))
    text = belt_value_to_text (&scratch, value);
  is_new = add_text (self, &text, arena);
  belt_arena_clear (&scratch);
  return is_new;
}

static BeltValue
step_deduplicate (BeltCall        *call,
                  gpointer         state,
                  BeltArena       *arena,
                  const BeltValue *args,
                  guint            n_args)
{
  DeduplicateState *self = state;

  if (args[2].tag != BELT_TAG_BOOL)
    return belt_call_fail (call, "Invalid argument type found.");

  self->wants_all = args[2].u.i != 0;
  self->last = belt_value_null ();
  if (!add_value (&self->seen, &args[1], arena))
    return belt_value_null ();
  if (!self->wants_all)
    self->last = belt_value_copy (&args[0], arena);
  else if (!append_item (&self->firsts, &args[0], arena))
    return belt_call_fail (call, "more than %u values in one window", BELT_FUNC_ITEMS_MAX);
  return belt_value_null ();
}

static BeltValue
finish_deduplicate (BeltCall  *call,
                    gpointer   state,
                    BeltArena *arena)
{
  const DeduplicateState *self = state;

  if (self->seen.n_texts == 0)
    return belt_value_null ();
  return self->wants_all ? take_list (&self->firsts, call, arena) : belt_value_copy (&self->last, call->arena);
}

static const BeltAggregateClass deduplicate_class = {
  sizeof (DeduplicateState), step_deduplicate, finish_deduplicate, NULL, NULL
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
                           belt_func_get_type (&args[1]), belt_func_describe (call->arena, &args[1]));
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
  AGGREGATE ("collect", 1, 0, NULL, collect_class, "array collect(any x) or collect(*)",
             "All values in an array, nulls too; with * whole rows.", "collect([1, null]) = [1, null]"),
  AGGREGATE ("count", 1, 0, NULL, count_class, "int count(any x) or count(*)",
             "Number of values that are not null; with * of rows.", "count([1, null, 3]) = 2"),
  AGGREGATE ("deduplicate", 2, BELT_FUNCTION_ROW, "*B", deduplicate_class,
             "array deduplicate(any x, bool all)",
             "Rows with a new x: the first of each if all, else the last row if it is one.",
             "deduplicate([1, 2, 1], true) = [1, 2]"),
  AGGREGATE ("last_value", 2, 0, "*B", last_value_class, "any last_value(any x, bool ignore_null)",
             "The last value, or the last that is not null.", "last_value([1, 2, null], true) = 2"),
  AGGREGATE ("max", 1, 0, "n", max_class, "any max(any x)",
             "The greatest number or text.", "max([3, 7, null]) = 7"),
  AGGREGATE ("merge_agg", 1, 0, NULL, merge_agg_class, "object merge_agg(object o) or merge_agg(*)",
             "Objects merged into one; of two members with one name the later stays.",
             "merge_agg([{\"a\": 1}, {\"a\": 2, \"b\": 3}]) = {\"a\": 2, \"b\": 3}"),
  AGGREGATE ("min", 1, 0, "n", min_class, "any min(any x)",
             "The least number or text.", "min([\"b\", \"a\"]) = \"a\""),
  AGGREGATE ("sum", 1, 0, "n", sum_class, "number sum(number x)",
             "Sum of the values; of ints it is an int.", "sum([1, null, 3]) = 4"),
  { NULL },
};
