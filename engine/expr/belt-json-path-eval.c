/* belt-json-path-eval.c - follows a JSONPath through a value
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the first ambiguous step on, what does not fit is left out instead of
 * failing.  Work is counted, so that `..` upon `..` over a large value ends.
 */
#include "config.h"

#include "belt-arena.h"
#include "belt-func-private.h"
#include "belt-json-path-private.h"
#include "belt-json-path.h"

#include <math.h>

#define VISITS_MAX (4u * 1024u * 1024u)
#define DEPTH_MAX  600u

typedef struct
{
  BeltArena       *arena;
  const BeltValue *root;
  const BeltValue *current;   /* @ */
  guint            n_visits;
  guint            depth;
} Walk;

typedef struct
{
  BeltValue *items;
  guint      n_items;
  guint      n_allocated;
} Matches;

static BeltValue eval_node (Walk               *walk,
                            const BeltPathNode *node);

static BeltValue
fail (Walk       *walk,
      const char *text)
{
  return belt_value_error (walk->arena, BELT_FAULT_EVAL, "%s", text);
}

static BeltValue
expand (Walk            *walk,
        const BeltValue *value)
{
  return value->tag == BELT_TAG_JSON ? belt_value_expand (value, walk->arena) : *value;
}

static void
add_match (Walk            *walk,
           Matches         *matches,
           const BeltValue *value)
{
  matches->items = belt_arena_make_room (walk->arena, matches->items, matches->n_items, &matches->n_allocated,
                                         sizeof *matches->items);
  matches->items[matches->n_items++] = *value;
}

/* The value of an expression with @ set to `current`. */
static BeltValue
eval_at (Walk               *walk,
         const BeltPathNode *node,
         const BeltValue    *current)
{
  const BeltValue *before = walk->current;
  BeltValue value;

  walk->current = current;
  value = eval_node (walk, node);
  walk->current = before;
  return value;
}

/* A number, or a text that is one. */
static gboolean
get_number (const BeltValue *value,
            double          *ret_number)
{
  char buffer[64];
  char *end;

  if (belt_func_get_f64 (value, ret_number))
    return TRUE;
  if (value->tag != BELT_TAG_STR || value->len == 0 || value->len >= sizeof buffer || g_ascii_isspace (value->u.s[0]))
    return FALSE;
  memcpy (buffer, value->u.s, value->len);
  buffer[value->len] = '\0';
  *ret_number = g_ascii_strtod (buffer, &end);
  return *end == '\0' && end != buffer;
}

static BeltValue
select_item (Walk            *walk,
             const BeltValue *list,
             const BeltValue *key)
{
  double number;
  gint64 index;

  if (!get_number (key, &number))
    return fail (walk, "could not select value, invalid key: the key of an array should be an int");
  index = belt_func_truncate (number);
  if (index < 0 || index >= list->len)
    return fail (walk, "index out of bounds");
  return list->u.items[index];
}

static BeltValue
select_member (Walk            *walk,
               const BeltValue *map,
               const BeltValue *key)
{
  BeltValue name = belt_value_to_text (walk->arena, key);
  const BeltValue *member = belt_value_get_member (map, name.u.s, name.len);

  if (member != NULL)
    return *member;
  return belt_value_error (walk->arena, BELT_FAULT_EVAL, "unknown key %s", belt_func_describe (walk->arena, &name));
}

static BeltValue
select_key (Walk               *walk,
            const BeltPathNode *key,
            const BeltValue    *holder)
{
  BeltValue value = expand (walk, holder);
  BeltValue selector = key->kind == BELT_PATH_CONST ? key->constant : eval_at (walk, key, holder);

  if (belt_value_is_error (&selector))
    return selector;
  if (value.tag == BELT_TAG_LIST)
    return select_item (walk, &value, &selector);
  if (value.tag == BELT_TAG_MAP)
    return select_member (walk, &value, &selector);
  return belt_value_error (walk->arena, BELT_FAULT_EVAL, "unsupported value type %s for select",
                           belt_value_get_go_type (&value));
}

static guint32
count_children (const BeltValue *value)
{
  return value->tag == BELT_TAG_LIST || value->tag == BELT_TAG_MAP ? value->len : 0;
}

static const BeltValue *
get_child (const BeltValue *value,
           guint32          i)
{
  return value->tag == BELT_TAG_LIST ? &value->u.items[i] : &value->u.members[i].value;
}

static void follow (Walk            *walk,
                    const GPtrArray *steps,
                    guint            i,
                    const BeltValue *value,
                    Matches         *matches);

static void
descend (Walk            *walk,
         const GPtrArray *steps,
         guint            next,
         const BeltValue *value,
         Matches         *matches)
{
  BeltValue expanded = expand (walk, value);

  if (walk->depth == DEPTH_MAX)
    return;

  walk->depth++;
  follow (walk, steps, next, &expanded, matches);
  for (guint32 i = 0; i < count_children (&expanded); i++)
    descend (walk, steps, next, get_child (&expanded, i), matches);
  walk->depth--;
}

/* A bound of [a:b:c]; FALSE if it is no number. */
static gboolean
eval_bound (Walk               *walk,
            const BeltPathNode *node,
            const BeltValue    *current,
            gint64              otherwise,
            gint64             *ret_bound)
{
  BeltValue value;
  double number;

  *ret_bound = otherwise;
  if (node == NULL)
    return TRUE;
  value = eval_at (walk, node, current);
  if (!get_number (&value, &number))
    return FALSE;
  *ret_bound = belt_func_truncate (number);
  return TRUE;
}

static gint64
clamp_bound (gint64 bound,
             gint64 len)
{
  if (bound < 0)
    return MAX (bound + len, 0);
  return MIN (bound, len);
}

static void
follow_range (Walk               *walk,
              const GPtrArray    *steps,
              guint               i,
              const BeltValue    *value,
              Matches            *matches)
{
  const BeltPathStep *step = g_ptr_array_index (steps, i);
  gint64 from;
  gint64 to;
  gint64 by;

  if (value->tag != BELT_TAG_LIST || !eval_bound (walk, step->keys[0], value, 0, &from) ||
      !eval_bound (walk, step->keys[1], value, G_MAXINT32, &to) || !eval_bound (walk, step->keys[2], value, 1, &by))
    return;

  /* Before negative bounds are counted from the end: [1:-1] is empty. */
  if (from > to)
    return;
  from = clamp_bound (from, value->len);
  to = clamp_bound (to, value->len);
  by = CLAMP (by, -G_MAXINT32, G_MAXINT32);
  if (by == 0)
    by = 1;
  for (gint64 at = by > 0 ? from : to - 1; at >= from && at < to; at += by)
    follow (walk, steps, i + 1, &value->u.items[at], matches);
}

static void
follow_filter (Walk               *walk,
               const GPtrArray    *steps,
               guint               i,
               const BeltValue    *value,
               Matches            *matches)
{
  const BeltPathStep *step = g_ptr_array_index (steps, i);

  for (guint32 k = 0; k < count_children (value); k++)
    {
      const BeltValue *child = get_child (value, k);
      BeltValue condition = eval_at (walk, step->keys[0], child);

      if (condition.tag == BELT_TAG_BOOL && condition.u.i != 0)
        follow (walk, steps, i + 1, child, matches);
    }
}

/* Steps from i on, all that fits goes to matches. */
static void
follow (Walk            *walk,
        const GPtrArray *steps,
        guint            i,
        const BeltValue *value,
        Matches         *matches)
{
  const BeltPathStep *step;
  BeltValue expanded;
  BeltValue selected;

  if (walk->n_visits++ >= VISITS_MAX)
    return;
  if (i == steps->len)
    {
      add_match (walk, matches, value);
      return;
    }

  step = g_ptr_array_index (steps, i);
  expanded = expand (walk, value);
  switch (step->kind)
    {
    case BELT_STEP_KEY:
    case BELT_STEP_KEYS:
      for (guint k = 0; k < step->n_keys; k++)
        {
          selected = select_key (walk, step->keys[k], &expanded);
          if (!belt_value_is_error (&selected))
            follow (walk, steps, i + 1, &selected, matches);
        }
      break;

    case BELT_STEP_STAR:
      for (guint32 k = 0; k < count_children (&expanded); k++)
        follow (walk, steps, i + 1, get_child (&expanded, k), matches);
      break;

    case BELT_STEP_RANGE:
      follow_range (walk, steps, i, &expanded, matches);
      break;

    case BELT_STEP_FILTER:
      follow_filter (walk, steps, i, &expanded, matches);
      break;

    case BELT_STEP_DESCEND:
      descend (walk, steps, i + 1, &expanded, matches);
      break;
    }
}

/* A list stays what it is under a key that is no index of it, and a member that is not there is null. */
static BeltValue
eval_variable (Walk               *walk,
               const BeltPathNode *node)
{
  BeltValue value = *walk->root;

  for (guint i = 0; i < node->steps->len; i++)
    {
      const BeltPathStep *step = g_ptr_array_index (node->steps, i);
      BeltValue key = eval_node (walk, step->keys[0]);
      const BeltValue *member;
      double number;

      if (belt_value_is_error (&key))
        return key;
      key = belt_value_to_text (walk->arena, &key);
      value = expand (walk, &value);
      if (value.tag == BELT_TAG_MAP)
        {
          member = belt_value_get_member (&value, key.u.s, key.len);
          value = member != NULL ? *member : belt_value_null ();
        }
      else if (value.tag != BELT_TAG_LIST)
        return belt_value_error (walk->arena, BELT_FAULT_EVAL, "unknown parameter %s",
                                 belt_func_describe (walk->arena, &key));
      else if (get_number (&key, &number) && number >= 0 && number < value.len && number == trunc (number))
        value = value.u.items[(guint)number];
    }
  return value;
}

static BeltValue
eval_path (Walk               *walk,
           const BeltPathNode *node)
{
  BeltValue value = node->is_current ? *walk->current : *walk->root;
  Matches matches = { 0 };

  for (guint i = 0; i < node->steps->len; i++)
    {
      const BeltPathStep *step = g_ptr_array_index (node->steps, i);

      if (step->kind != BELT_STEP_KEY)
        {
          follow (walk, node->steps, i, &value, &matches);
          return belt_value_list (matches.items, matches.n_items);
        }
      value = select_key (walk, step->keys[0], &value);
      if (belt_value_is_error (&value))
        {
          /* A later ambiguous step makes this "nothing matched". */
          for (; i < node->steps->len; i++)
            {
              if (((const BeltPathStep *)g_ptr_array_index (node->steps, i))->kind != BELT_STEP_KEY)
                return belt_value_list (NULL, 0);
            }
          return value;
        }
    }
  return value;
}

static BeltValue
compare (Walk            *walk,
         char             op,
         const BeltValue *left,
         const BeltValue *right)
{
  double a;
  double b;
  int order;

  if (left->tag == BELT_TAG_STR && right->tag == BELT_TAG_STR)
    {
      order = memcmp (left->u.s, right->u.s, MIN (left->len, right->len));
      if (order == 0)
        order = left->len < right->len ? -1 : left->len > right->len;
    }
  else if (get_number (left, &a) && get_number (right, &b))
    order = a < b ? -1 : a > b;
  else
    return fail (walk, "the values cannot be compared");

  return belt_value_bool (op == '<' ? order < 0 : op == 'l' ? order <= 0 : op == '>' ? order > 0 : order >= 0);
}

static gboolean
is_equal (const BeltValue *left,
          const BeltValue *right)
{
  if (belt_value_is_number (left) && belt_value_is_number (right))
    return belt_value_as_f64 (left) == belt_value_as_f64 (right);
  return belt_value_equal (left, right);
}

static BeltValue
match_pattern (Walk               *walk,
               const BeltPathNode *node,
               const BeltValue    *left,
               const BeltValue    *right)
{
  g_autoptr(BeltRegex) made = NULL;
  BeltRegex *regex = node->regex;

  if (left->tag != BELT_TAG_STR || right->tag != BELT_TAG_STR)
    return fail (walk, "=~ compares texts");
  if (regex == NULL)
    regex = made = belt_regex_new (right->u.s, right->len, NULL);
  if (regex == NULL)
    return fail (walk, "the pattern of =~ is wrong");
  return belt_value_bool (belt_regex_match (regex, left->u.s, left->len) == 1);
}

static BeltValue
calculate (Walk            *walk,
           char             op,
           const BeltValue *left,
           const BeltValue *right)
{
  double a;
  double b;

  if (!get_number (left, &a) || !get_number (right, &b))
    return fail (walk, "the values are no numbers");

  switch (op)
    {
    case '+':
      return belt_value_f64 (a + b);
    case '-':
      return belt_value_f64 (a - b);
    case '*':
      return belt_value_f64 (a * b);
    case '/':
      return belt_value_f64 (a / b);
    default:
      return belt_value_f64 (fmod (a, b));
    }
}

static BeltValue
eval_binary (Walk               *walk,
             const BeltPathNode *node)
{
  BeltValue left = eval_node (walk, node->left);
  BeltValue right;
  gboolean is_logic = node->op == '&' || node->op == '|';

  if (belt_value_is_error (&left))
    return left;
  if (is_logic && left.tag == BELT_TAG_BOOL && (left.u.i != 0) == (node->op == '|'))
    return left;

  right = eval_node (walk, node->right);
  if (belt_value_is_error (&right))
    return right;
  if (is_logic)
    return left.tag == BELT_TAG_BOOL && right.tag == BELT_TAG_BOOL ? right : fail (walk, "&& and || take conditions");

  switch (node->op)
    {
    case '=':
      return belt_value_bool (is_equal (&left, &right));
    case '!':
      return belt_value_bool (!is_equal (&left, &right));
    case '~':
      return match_pattern (walk, node, &left, &right);
    case '<':
    case 'l':
    case '>':
    case 'g':
      return compare (walk, node->op, &left, &right);
    default:
      return calculate (walk, node->op, &left, &right);
    }
}

static BeltValue
eval_node (Walk               *walk,
           const BeltPathNode *node)
{
  BeltValue value;
  double number;

  switch (node->kind)
    {
    case BELT_PATH_CONST:
      return node->constant;

    case BELT_PATH_VALUE:
      return node->is_variable ? eval_variable (walk, node) : eval_path (walk, node);

    case BELT_PATH_NOT:
      value = eval_node (walk, node->left);
      if (value.tag == BELT_TAG_BOOL)
        return belt_value_bool (value.u.i == 0);
      return belt_value_is_error (&value) ? value : fail (walk, "! takes a condition");

    case BELT_PATH_NEGATE:
      value = eval_node (walk, node->left);
      if (get_number (&value, &number))
        return belt_value_f64 (-number);
      return belt_value_is_error (&value) ? value : fail (walk, "- takes a number");

    default:
      return eval_binary (walk, node);
    }
}

BeltValue
belt_json_path_eval (const BeltJsonPath *self,
                     BeltArena          *arena,
                     const BeltValue    *root)
{
  const BeltValue nothing = belt_value_null ();
  Walk walk = { .arena = arena, .root = root, .current = &nothing };
  BeltValue value;

  g_return_val_if_fail (self != NULL, belt_value_null ());

  value = eval_node (&walk, self->root);
  if (walk.n_visits >= VISITS_MAX)
    return fail (&walk, "the JSONPath visits too many values");
  return value;
}
