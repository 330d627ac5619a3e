/* belt-func-collect.c - aggregates that answer with arrays and objects
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Their states grow with the window.  What a window keeps anyway is not copied
 * twice, and what does not change from row to row is not copied again.
 */
#include "config.h"

#include "belt-func-private.h"
#include "belt-state.h"

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
  self->items = belt_arena_make_room (arena, self->items, self->n_items, &self->n_allocated, sizeof *self->items);
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

static void
save_list (gconstpointer    state,
           BeltStateWriter *writer)
{
  const ListState *self = state;

  belt_state_put_u32 (writer, self->n_items);
  for (guint32 i = 0; i < self->n_items; i++)
    belt_state_put_value (writer, &self->items[i]);
}

static void
restore_list (gpointer         state,
              BeltArena       *arena,
              BeltStateReader *reader)
{
  guint32 n_items = belt_state_get_count (reader, 1);

  for (guint32 i = 0; i < n_items && !reader->failed; i++)
    {
      BeltValue value = belt_state_get_value (reader, arena);

      append_item (state, &value, arena);
    }
}

static const BeltAggregateClass collect_class = {
  sizeof (ListState), step_collect, finish_collect, NULL, NULL, save_list, restore_list
};

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

  self->members = belt_arena_make_room (arena, self->members, self->n_members, &self->n_allocated,
                                        sizeof *self->members);
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

static void
save_merge (gconstpointer    state,
            BeltStateWriter *writer)
{
  const MergeState *self = state;
  BeltValue object = belt_value_map (self->members, self->n_members);

  belt_state_put_value (writer, &object);
}

static void
restore_merge (gpointer         state,
               BeltArena       *arena,
               BeltStateReader *reader)
{
  BeltValue object = belt_state_get_value (reader, arena);

  if (object.tag == BELT_TAG_MAP)
    merge_members (state, &object, arena);
}

static const BeltAggregateClass merge_agg_class = {
  sizeof (MergeState), step_merge_agg, finish_merge_agg, NULL, NULL, save_merge, restore_merge
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

static void
save_deduplicate (gconstpointer    state,
                  BeltStateWriter *writer)
{
  const DeduplicateState *self = state;

  belt_state_put_u32 (writer, self->wants_all);
  belt_state_put_value (writer, &self->last);
  save_list (&self->firsts, writer);
  belt_state_put_u32 (writer, self->seen.n_texts);
  for (guint32 i = 0; i < self->seen.n_places; i++)
    {
      if (self->seen.texts[i].tag != BELT_TAG_NULL)
        belt_state_put_value (writer, &self->seen.texts[i]);
    }
}

static void
restore_deduplicate (gpointer         state,
                     BeltArena       *arena,
                     BeltStateReader *reader)
{
  DeduplicateState *self = state;
  guint32 n_texts;

  self->wants_all = belt_state_get_u32 (reader) != 0;
  self->last = belt_state_get_value (reader, arena);
  restore_list (&self->firsts, arena, reader);
  n_texts = belt_state_get_count (reader, 1);
  for (guint32 i = 0; i < n_texts && !reader->failed; i++)
    {
      BeltValue text = belt_state_get_value (reader, arena);

      add_text (&self->seen, &text, arena);
    }
}

static const BeltAggregateClass deduplicate_class = {
  sizeof (DeduplicateState), step_deduplicate, finish_deduplicate, NULL, NULL, save_deduplicate, restore_deduplicate
};

#define AGGREGATE(NAME, N_ARGS, FLAGS, KINDS, CLASS, SIGNATURE, DOC, EXAMPLE)                               \
  { .name = NAME, .args_min = N_ARGS, .args_max = N_ARGS, .flags = BELT_FUNCTION_AGGREGATE | (FLAGS),      \
    .group = "aggregate", .signature = SIGNATURE, .doc = DOC, .example = EXAMPLE, .aggregate = &CLASS,      \
    .literal_kinds = KINDS }

const BeltFunction belt_func_collect_table[] = {
  AGGREGATE ("collect", 1, 0, NULL, collect_class, "array collect(any x) or collect(*)",
             "All values in an array, nulls too; with * whole rows.", "collect([1, null]) = [1, null]"),
  AGGREGATE ("deduplicate", 2, BELT_FUNCTION_ROW, "*B", deduplicate_class,
             "array deduplicate(any x, bool all)",
             "Rows with a new x: the first of each if all, else the last row if it is one.",
             "deduplicate([1, 2, 1], true) = [1, 2]"),
  AGGREGATE ("merge_agg", 1, 0, NULL, merge_agg_class, "object merge_agg(object o) or merge_agg(*)",
             "Objects merged into one; of two members with one name the later stays.",
             "merge_agg([{\"a\": 1}, {\"a\": 2, \"b\": 3}]) = {\"a\": 2, \"b\": 3}"),
  { NULL },
};
