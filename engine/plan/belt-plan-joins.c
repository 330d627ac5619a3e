/* belt-plan-joins.c - joins and look-ups of a plan
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plan-builder-private.h"

#include "belt-join-sides.h"
#include "belt-op-join.h"
#include "belt-op-lookup.h"

static void
join_spec_free (gpointer data)
{
  BeltJoinSpec *spec = data;

  g_free ((gpointer)spec->is_table);
  g_free ((gpointer)spec->retain);
  g_free ((gpointer)spec->order);
  g_free (spec->steps);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_join, belt_op_join_new)

static guint *
dup_retain (BeltPlanBuilder *self)
{
  guint *retain = g_new0 (guint, self->resolved->n_streams + 1);

  for (guint i = 0; i < self->resolved->n_streams; i++)
    {
      const BeltStream *stream = self->resolved->streams[i];
      gboolean is_file = stream->type == NULL || stream->type[0] == '\0' ||
                         g_ascii_strcasecmp (stream->type, "file") == 0;

      retain[i] = stream->retain_size > 0 ? (guint)MIN (stream->retain_size, 1000000)
                  : is_file               ? 9999
                                          : 1;
    }

  return retain;
}

static BeltJoinKind
get_join_kind (BeltAstTableKind kind)
{
  switch (kind)
    {
    case BELT_AST_JOIN_LEFT:
      return BELT_JOIN_LEFT;
    case BELT_AST_JOIN_RIGHT:
      return BELT_JOIN_RIGHT;
    case BELT_AST_JOIN_FULL:
      return BELT_JOIN_FULL;
    case BELT_AST_JOIN_CROSS:
      return BELT_JOIN_CROSS;
    case BELT_AST_JOIN_INNER:
    case BELT_AST_FROM:
    default:
      return BELT_JOIN_INNER;
    }
}

static void
fill_step (BeltPlanBuilder *self,
           BeltJoinStep    *step,
           guint            stream,
           BeltNode        *on)
{
  step->kind = get_join_kind (self->select->tables[stream].kind);
  step->stream = stream;
  belt_join_sides_find (self->resolved, on, stream, &step->left, &step->right);
  if (on != NULL)
    step->on = belt_binder_bind (self->binder, on, BELT_CLAUSE_OTHER);
}

int
belt_plan_builder_add_join (BeltPlanBuilder *self,
                            BeltLogical     *node,
                            guint            index)
{
  BeltJoinSpec *spec = g_new0 (BeltJoinSpec, 1);
  const BeltAstTable *first = &self->select->tables[node->joins[0]];

  spec->n_streams = self->resolved->n_streams;
  spec->is_table = belt_plan_builder_dup_is_table (self);
  spec->retain = dup_retain (self);
  spec->order = g_memdup2 (self->binder->order, spec->n_streams * sizeof (guint));
  spec->n_steps = node->n_joins;
  spec->steps = g_new0 (BeltJoinStep, node->n_joins);
  for (guint i = 0; i < node->n_joins; i++)
    fill_step (self, &spec->steps[i], node->joins[i], node->on[i]);

  return belt_plan_builder_add_op (self, BELT_PLAN_JOIN, g_strdup_printf ("%u_join", index),
                                   belt_plan_dup_text (self->plan, first->span), first->span, spec, join_spec_free,
                                   create_join);
}

static void
lookup_spec_free (gpointer data)
{
  BeltLookupSpec *spec = data;

  g_free (spec->keys);
  g_free (spec->values);
  g_free (spec);
}

BELT_PLAN_DEFINE_CREATE (create_lookup, belt_op_lookup_new)

int
belt_plan_builder_add_lookup (BeltPlanBuilder *self,
                              BeltLogical     *node)
{
  const BeltAstTable *table = &self->select->tables[node->stream];
  const BeltPlanStream *stream = &self->plan->streams[node->stream];
  BeltLookupSpec *spec = g_new0 (BeltLookupSpec, 1);

  spec->stream = node->stream;
  spec->keeps_unmatched = table->kind == BELT_AST_JOIN_LEFT;
  spec->n_keys = node->n_keys;
  spec->keys = g_memdup2 (node->keys, node->n_keys * sizeof (char *));
  spec->values = g_new0 (BeltExpr *, node->n_keys + 1);
  for (guint i = 0; i < node->n_keys; i++)
    spec->values[i] = belt_binder_bind (self->binder, node->values[i], BELT_CLAUSE_OTHER);
  spec->columns = (const char *const *)stream->columns;
  spec->slots = stream->slots;
  spec->n_columns = stream->n_columns;
  spec->whole_slot = stream->whole ? (int)stream->whole_slot : -1;

  return belt_plan_builder_add_op (self, BELT_PLAN_LOOKUP, g_strdup (table->name),
                                   belt_plan_dup_text (self->plan, table->span), table->span, spec, lookup_spec_free,
                                   create_lookup);
}
