/* belt-join-index.c - finds the rows a join condition can hold for
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-join-index.h"

#include "belt-group-table.h"

#define WORTHWHILE 8u        /* inner rows; fewer are looked at one by one */
#define NONE       G_MAXUINT32

typedef enum
{
  KIND_NULL,
  KIND_NUMBER,
  KIND_STRING,
  KIND_OTHER,
} Kind;

struct _BeltJoinIndex
{
  const BeltLayout *layout;
  BeltEval         *eval;
  const BeltExpr   *outer_key;
  gboolean          use_hash;
  Kind              kind;      /* of all inner values that are not null */
  guint             n;
  BeltGroupTable    table;
  BeltGroupKey      key;
  BeltArena         arena;     /* keys */
  GArray           *heads;     /* of guint32: first row of a group */
  GArray           *tails;
  guint32          *links;     /* [n] the next row of the group */
  guint             links_capacity;
  gboolean          scan;      /* this outer row: every inner row */
  guint32           cursor;
};

BeltJoinIndex *
belt_join_index_new (const BeltLayout *layout)
{
  BeltJoinIndex *self = g_new0 (BeltJoinIndex, 1);

  self->layout = layout;
  self->heads = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->tails = g_array_new (FALSE, FALSE, sizeof (guint32));

  return self;
}

void
belt_join_index_free (BeltJoinIndex *self)
{
  belt_group_table_clear (&self->table);
  belt_group_key_clear (&self->key);
  belt_arena_clear (&self->arena);
  g_array_unref (self->heads);
  g_array_unref (self->tails);
  g_free (self->links);
  g_free (self);
}

/* Which sides an expression reads: bit 0 the left, bit 1 the right, bit 2 something else or unknown. */
static guint
get_sides (const BeltJoinIndex *self,
           const BeltExpr      *expr,
           guint                right_stream)
{
  guint sides = 0;

  switch (expr->kind)
    {
    case BELT_EXPR_CONST:
      return 0;
    case BELT_EXPR_COLUMN:
      return self->layout->slots[expr->slot].stream == right_stream ? 2 : 1;
    case BELT_EXPR_ARITHMETIC:
    case BELT_EXPR_MEMBER:
    case BELT_EXPR_NEGATE:
      for (guint i = 0; i < expr->n_children; i++)
        sides |= get_sides (self, expr->children[i], right_stream);
      return sides;
    default:
      return 4;
    }
}

static const BeltExpr *
find_first_test (const BeltExpr *on)
{
  while (on != NULL && on->kind == BELT_EXPR_AND)
    on = on->children[0];

  return on;
}

static Kind
get_kind (const BeltValue *value)
{
  switch ((BeltTag)value->tag)
    {
    case BELT_TAG_NULL:
    case BELT_TAG_MISSING:
      return KIND_NULL;
    case BELT_TAG_I64:
    case BELT_TAG_F64:
      return KIND_NUMBER;
    case BELT_TAG_STR:
      return KIND_STRING;
    default:
      return KIND_OTHER;
    }
}

static BeltValue
evaluate (BeltJoinIndex  *self,
          const BeltExpr *expr,
          BeltBatch      *candidate)
{
  BeltBatch *batch = self->eval->batch;
  BeltValue value;

  self->eval->batch = candidate;
  self->eval->row = 0;
  value = belt_expr_eval (expr, self->eval);
  self->eval->batch = batch;

  return value;
}

/* -0.0 is a group of its own, and equal to 0. */
static guint
find_group (BeltJoinIndex   *self,
            const BeltValue *value,
            gboolean        *ret_new)
{
  BeltValue key = *value;

  if (key.tag == BELT_TAG_F64 && key.u.f == 0)
    key.u.f = 0;
  belt_group_key_reset (&self->key);
  belt_group_key_append (&self->key, &key);

  return belt_group_table_lookup (&self->table, self->key.bytes, self->key.len, &self->arena, ret_new);
}

static void
add_inner (BeltJoinIndex   *self,
           const BeltValue *value,
           guint32          i)
{
  gboolean is_new;
  guint group = find_group (self, value, &is_new);

  if (is_new)
    {
      g_array_append_val (self->heads, i);
      g_array_append_val (self->tails, i);
      return;
    }

  self->links[g_array_index (self->tails, guint32, group)] = i;
  g_array_index (self->tails, guint32, group) = i;
}

static void
reset (BeltJoinIndex *self,
       guint          n)
{
  self->n = n;
  self->use_hash = FALSE;
  self->kind = KIND_NULL;
  belt_group_table_reset (&self->table);
  belt_arena_reset (&self->arena);
  g_array_set_size (self->heads, 0);
  g_array_set_size (self->tails, 0);
}

void
belt_join_index_build (BeltJoinIndex  *self,
                       const BeltExpr *on,
                       guint right_stream,
                       BeltEval       *eval,
                       BeltBatch      *candidate,
                       BeltJoinSide inner,
                       guint n,
                       void (*look_at)(gpointer data, guint32 i),
                       gpointer data)
{
  const BeltExpr *test = find_first_test (on);
  const BeltExpr *inner_key;
  guint sides[2];
  guint inner_bit = inner == BELT_JOIN_SIDE_LEFT ? 1 : 2;

  reset (self, n);
  self->eval = eval;
  if (eval->row_by_row || n < WORTHWHILE || test == NULL || test->kind != BELT_EXPR_COMPARE || test->op != '=')
    return;

  for (guint i = 0; i < 2; i++)
    sides[i] = get_sides (self, test->children[i], right_stream);
  if (!((sides[0] == 1 && sides[1] == 2) || (sides[0] == 2 && sides[1] == 1)))
    return;

  inner_key = test->children[sides[0] == inner_bit ? 0 : 1];
  self->outer_key = test->children[sides[0] == inner_bit ? 1 : 0];

  if (self->links_capacity < n)
    {
      self->links_capacity = n;
      self->links = g_renew (guint32, self->links, n);
    }

  for (guint32 i = 0; i < n; i++)
    {
      BeltValue value;
      Kind kind;

      look_at (data, i);
      value = evaluate (self, inner_key, candidate);
      kind = get_kind (&value);
      self->links[i] = NONE;

      if (kind == KIND_NULL)
        continue;
      if (kind == KIND_OTHER || (self->kind != KIND_NULL && self->kind != kind))
        return;
      self->kind = kind;
      add_inner (self, &value, i);
    }

  self->use_hash = TRUE;
}

void
belt_join_index_start (BeltJoinIndex *self,
                       BeltJoinSide   outer,
                       BeltBatch     *candidate)
{
  BeltValue value;
  Kind kind;
  gboolean is_new;
  guint group;

  self->scan = TRUE;
  self->cursor = 0;
  if (!self->use_hash)
    return;

  value = evaluate (self, self->outer_key, candidate);
  kind = get_kind (&value);
  if (kind == KIND_OTHER || (kind != KIND_NULL && self->kind != KIND_NULL && kind != self->kind))
    return;

  self->scan = FALSE;
  self->cursor = NONE;
  if (kind == KIND_NULL || self->kind == KIND_NULL)
    return;

  group = find_group (self, &value, &is_new);
  if (is_new)
    {
      /* A group nobody is in: the arrays keep step with the table. */
      guint32 none = NONE;

      g_array_append_val (self->heads, none);
      g_array_append_val (self->tails, none);
      return;
    }

  self->cursor = g_array_index (self->heads, guint32, group);
}

gboolean
belt_join_index_next (BeltJoinIndex *self,
                      guint32       *at,
                      guint32       *ret_i)
{
  if (self->scan)
    {
      if (*at >= self->n)
        return FALSE;
      *ret_i = (*at)++;
      return TRUE;
    }

  if (self->cursor == NONE)
    return FALSE;

  *ret_i = self->cursor;
  self->cursor = self->links[self->cursor];

  return TRUE;
}
