/* belt-expr-context.c - what an expression asks of the row's surroundings
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Window bounds, times, metadata, the whole row, and the counters of
 * last_hit_count(): a condition only reads those, and whoever owns the condition
 * evaluates the call once more when it was true (has_operand), which counts.
 */
#include "config.h"

#include "belt-ast.h"
#include "belt-expr.h"
#include "belt-expr-private.h"
#include "belt-func-state.h"
#include "belt-layout.h"

static const struct
{
  const char          *name;
  BeltContextFunction  function;
} context_functions[] = {
  { "window_start", BELT_CONTEXT_WINDOW_START },
  { "window_end", BELT_CONTEXT_WINDOW_END },
  { "window_trigger", BELT_CONTEXT_WINDOW_TRIGGER },
  { "event_time", BELT_CONTEXT_EVENT_TIME },
  { "row_number", BELT_CONTEXT_ROW_NUMBER },
  { "meta", BELT_CONTEXT_META },
  { "mqtt", BELT_CONTEXT_META },
  { "last_hit_count", BELT_CONTEXT_HIT_COUNT },
  { "last_agg_hit_count", BELT_CONTEXT_HIT_COUNT },
  { "last_hit_time", BELT_CONTEXT_HIT_TIME },
  { "last_agg_hit_time", BELT_CONTEXT_HIT_TIME },
  { "unnest", BELT_CONTEXT_UNNEST },
  { "extract", BELT_CONTEXT_EXTRACT },
  { "changed_cols", BELT_CONTEXT_CHANGED_COLUMNS },
};

BeltContextFunction
belt_context_function_lookup (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (context_functions); i++)
    {
      if (strcmp (context_functions[i].name, name) == 0)
        return context_functions[i].function;
    }

  return BELT_CONTEXT_NONE;
}

const char *
belt_expr_get_operator_text (const BeltExpr *self)
{
  switch (self->kind)
    {
    case BELT_EXPR_AND:
      return "AND";
    case BELT_EXPR_OR:
      return "OR";
    case BELT_EXPR_BETWEEN:
      return self->negated ? "NOT BETWEEN" : "BETWEEN";
    case BELT_EXPR_IN:
    case BELT_EXPR_IN_LIST:
      return self->negated ? "NOT IN" : "IN";
    case BELT_EXPR_LIKE:
      return self->negated ? "NOT LIKE" : "LIKE";
    default:
      return belt_operator_get_text (self->op);
    }
}

static gint64
get_time (const BeltExpr *self,
          const BeltEval *eval)
{
  if (self->negated && eval->range != NULL)
    return eval->range->trigger;

  return eval->batch->times != NULL ? eval->batch->times[eval->row] : 0;
}

static BeltValue
get_metadata (const BeltExpr *self,
              BeltEval       *eval)
{
  const BeltValue *metadata = eval->batch->metadata;
  const BeltValue *member;

  if (metadata == NULL || metadata[eval->row].tag != BELT_TAG_MAP)
    return belt_value_null ();
  if (strcmp (self->name, "*") == 0)
    return metadata[eval->row];

  member = belt_value_get_member (&metadata[eval->row], self->name, self->name_len);
  return member != NULL ? *member : belt_value_null ();
}

/* One state holds {count, time}; the pointer is freed as any function's state. */
static BeltValue
get_hits (const BeltExpr *self,
          BeltEval       *eval)
{
  gboolean wants_time = self->slot == BELT_CONTEXT_HIT_TIME;
  gint64 *hits;
  gint64 value;

  if (eval->states == NULL)
    return belt_value_i64 (0);
  if (eval->states[self->state] == NULL)
    eval->states[self->state] = g_new0 (gint64, 2);

  hits = eval->states[self->state];
  value = hits[wants_time ? 1 : 0];
  if (self->has_operand)
    hits[wants_time ? 1 : 0] = wants_time ? get_time (self, eval) : value + 1;

  return belt_value_i64 (value);
}

/* The list that the project-set operator makes rows of; it says what is wrong with anything else. */
static BeltValue
get_set (const BeltExpr *self,
         BeltEval       *eval)
{
  BeltCall call = { .function = self->function, .arena = eval->arena, .environment = eval->environment,
                    .span = self->span };
  BeltValue arg = belt_expr_eval (self->children[0], eval);

  if (belt_value_is_error (&arg))
    return arg;
  if (self->slot == BELT_CONTEXT_EXTRACT)
    return belt_func_extract_members (&call, &arg);

  arg = belt_value_expand (&arg, eval->arena);
  return arg.tag == BELT_TAG_LIST && arg.len == 0 ? belt_value_null () : arg;
}

typedef struct
{
  BeltChangedColumns *state;
  BeltEval           *eval;
  BeltValue           prefix;
  gboolean            ignore_null;
  GArray             *members;
  guint               n_earlier;    /* members of earlier arguments: only those can have the same name */
} Changes;

/* A column named twice has its last value, as in eKuiper's map. */
static void
put_change (Changes    *changes,
            BeltMember *member)
{
  for (guint i = 0; i < changes->n_earlier; i++)
    {
      BeltMember *earlier = &g_array_index (changes->members, BeltMember, i);

      if (earlier->name_len == member->name_len && memcmp (earlier->name, member->name, member->name_len) == 0)
        {
          earlier->value = member->value;
          return;
        }
    }

  g_array_append_vals (changes->members, member, 1);
}

static void
note_change (Changes         *changes,
             const char      *name,
             gsize            name_len,
             const BeltValue *value)
{
  const char *terminated = belt_arena_printf (changes->eval->arena, "%.*s", (int)name_len, name);
  BeltMember member = { .value = *value };
  BeltValue expanded = belt_value_expand (value, changes->eval->arena);

  if (!belt_changed_columns_update (changes->state, terminated, &expanded, changes->ignore_null))
    return;

  member.name = belt_arena_printf (changes->eval->arena, "%.*s%s", (int)changes->prefix.len,
                                   changes->prefix.u.s, terminated);
  member.name_len = strlen (member.name);
  if (member.value.tag == BELT_TAG_MISSING)
    member.value = belt_value_null ();
  put_change (changes, &member);
}

static BeltValue
get_changed_columns (const BeltExpr *self,
                     BeltEval       *eval)
{
  g_autoptr(GArray) members = g_array_new (FALSE, FALSE, sizeof (BeltMember));
  char *const *names = self->compiled;
  BeltValue prefix = belt_expr_eval (self->children[0], eval);
  BeltValue ignore = belt_expr_eval (self->children[1], eval);
  Changes changes = { .eval = eval, .prefix = prefix, .members = members };
  BeltCall call = { .function = self->function, .arena = eval->arena, .span = self->span };

  if (belt_value_is_error (&prefix))
    return prefix;
  if (belt_value_is_error (&ignore))
    return ignore;
  if (prefix.tag != BELT_TAG_STR || ignore.tag != BELT_TAG_BOOL)
    return belt_call_fail (&call, "the prefix must be a string and the second argument a bool");

  if (eval->states[self->state] == NULL)
    eval->states[self->state] = belt_changed_columns_new ();
  changes.state = eval->states[self->state];
  changes.ignore_null = ignore.u.i != 0;

  for (guint i = 2; i < self->n_children; i++)
    {
      BeltValue value = belt_expr_eval (self->children[i], eval);

      if (belt_value_is_error (&value))
        return value;
      changes.n_earlier = members->len;
      if (self->children[i]->kind != BELT_EXPR_WILDCARD)
        note_change (&changes, names[i], strlen (names[i]), &value);
      for (guint k = 0; self->children[i]->kind == BELT_EXPR_WILDCARD && k < value.len; k++)
        note_change (&changes, value.u.members[k].name, value.u.members[k].name_len,
                     &value.u.members[k].value);
    }

  return belt_value_map (belt_arena_memdup (eval->arena, members->data,
                                            members->len * sizeof (BeltMember)), members->len);
}

BeltValue
belt_expr_eval_context (const BeltExpr *self,
                        BeltEval       *eval)
{
  switch ((BeltContextFunction)self->slot)
    {
    case BELT_CONTEXT_WINDOW_START:
      return eval->range != NULL ? belt_value_i64 (eval->range->start) : belt_value_null ();
    case BELT_CONTEXT_WINDOW_END:
      return eval->range != NULL ? belt_value_i64 (eval->range->end) : belt_value_null ();
    case BELT_CONTEXT_WINDOW_TRIGGER:
      return eval->range != NULL ? belt_value_i64 (eval->range->trigger) : belt_value_null ();
    case BELT_CONTEXT_EVENT_TIME:
      return belt_value_i64 (get_time (self, eval));
    case BELT_CONTEXT_ROW_NUMBER:
      return belt_value_i64 ((gint64)eval->position + 1);
    case BELT_CONTEXT_META:
      return get_metadata (self, eval);
    case BELT_CONTEXT_HIT_COUNT:
    case BELT_CONTEXT_HIT_TIME:
      return get_hits (self, eval);
    case BELT_CONTEXT_UNNEST:
    case BELT_CONTEXT_EXTRACT:
      return get_set (self, eval);
    case BELT_CONTEXT_CHANGED_COLUMNS:
      return get_changed_columns (self, eval);
    case BELT_CONTEXT_NONE:
    default:
      return belt_value_null ();
    }
}

typedef struct
{
  BeltMember *members;
  guint       n_members;
  guint       n_allocated;
  guint       n_earlier;  /* members of other streams: only those can have the same name */
  BeltArena  *arena;
} MemberList;

static void
put_member (MemberList      *list,
            const char      *name,
            gsize            name_len,
            const BeltValue *value)
{
  for (guint i = 0; i < list->n_earlier; i++)
    {
      if (list->members[i].name_len == name_len && memcmp (list->members[i].name, name, name_len) == 0)
        {
          list->members[i].value = *value;
          return;
        }
    }

  list->members = belt_arena_make_room (list->arena, list->members, list->n_members, &list->n_allocated,
                                        sizeof *list->members);
  list->members[list->n_members++] = (BeltMember) { name, name_len, *value };
}

static void
put_slot (MemberList         *list,
          const BeltEval     *eval,
          const BeltWildcard *wildcard,
          guint               slot)
{
  const BeltSlot *description = &eval->layout->slots[slot];
  const BeltValue *column = eval->batch->columns[slot];
  BeltValue whole;

  if (column == NULL || column[eval->row].tag == BELT_TAG_MISSING)
    return;

  if (description->kind != BELT_SLOT_WHOLE)
    {
      if (wildcard == NULL ||
          !belt_wildcard_excludes (wildcard, description->name, description->name_len))
        put_member (list, description->name, description->name_len, &column[eval->row]);
      return;
    }

  whole = belt_value_expand (&column[eval->row], list->arena);
  for (guint i = 0; whole.tag == BELT_TAG_MAP && i < whole.len; i++)
    {
      const BeltMember *member = &whole.u.members[i];

      if (wildcard == NULL || !belt_wildcard_excludes (wildcard, member->name, member->name_len))
        put_member (list, member->name, member->name_len, &member->value);
    }
}

BeltValue
belt_expr_eval_wildcard (const BeltExpr *self,
                         BeltEval       *eval)
{
  const BeltWildcard *wildcard = self->compiled;
  MemberList list = { .arena = eval->arena };
  BeltValue value;

  for (guint i = 0; i < self->n_slots; i++)
    {
      guint stream = eval->layout->slots[self->slots[i]].stream;

      if (i == 0 || stream != eval->layout->slots[self->slots[i - 1]].stream)
        list.n_earlier = list.n_members;
      put_slot (&list, eval, wildcard, self->slots[i]);
    }

  list.n_earlier = list.n_members;
  for (guint i = 0; wildcard != NULL && !wildcard->listed && i < wildcard->n_replace; i++)
    {
      value = belt_expr_eval (self->children[i], eval);
      if (belt_value_is_error (&value))
        return value;
      put_member (&list, wildcard->replace[i], strlen (wildcard->replace[i]), &value);
    }

  return belt_value_map (list.members, list.n_members);
}
