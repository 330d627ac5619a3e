/* belt-join-sides.c - which streams a JOIN joins, and whose columns come first
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-join-sides.h"

typedef struct
{
  const BeltResolved *resolved;
  GArray             *found;   /* of guint: streams, and names that are none, as they come */
  gboolean           *seen;    /* [n_aliases]: each alias is looked into once */
} Sides;

static gboolean
find_side (BeltNode *node,
           gpointer  data)
{
  Sides *sides = data;
  const BeltRef *ref;

  if (node->kind != BELT_NODE_COLUMN)
    return TRUE;

  ref = belt_resolved_get (sides->resolved, node);
  if (ref != NULL && ref->kind == BELT_REF_ALIAS)
    {
      if (!sides->seen[ref->alias])
        {
          sides->seen[ref->alias] = TRUE;
          belt_node_walk (belt_resolved_get_alias_expr (sides->resolved, ref->alias), find_side, sides);
        }
      return TRUE;
    }
  if (ref == NULL || (ref->kind != BELT_REF_COLUMN && ref->kind != BELT_REF_NONE))
    return TRUE;

  for (guint i = 0; i < sides->found->len; i++)
    {
      if (g_array_index (sides->found, guint, i) == ref->stream)
        return TRUE;
    }
  g_array_append_val (sides->found, ref->stream);

  return TRUE;
}

/* The name by which eKuiper asks for the rows of a table. */
static guint
get_own_side (const BeltResolved *resolved,
              guint               stream)
{
  return resolved->select->tables[stream].alias != NULL && !resolved->extensions ? BELT_JOIN_SIDE_NONE : stream;
}

static guint
get_found (const Sides *sides,
           guint        i)
{
  guint stream = g_array_index (sides->found, guint, i);

  return stream < sides->resolved->n_streams ? stream : BELT_JOIN_SIDE_NONE;
}

void
belt_join_sides_find (const BeltResolved *resolved,
                      BeltNode           *on,
                      guint               stream,
                      guint              *ret_left,
                      guint              *ret_right)
{
  g_autoptr(GArray) found = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree gboolean *seen = g_new0 (gboolean, resolved->n_aliases + 1);
  Sides sides = { resolved, found, seen };

  if (on != NULL)
    belt_node_walk (on, find_side, &sides);

  *ret_left = found->len > 0 ? get_found (&sides, 0) : get_own_side (resolved, 0);
  *ret_right = found->len > 1 ? get_found (&sides, 1) : get_own_side (resolved, found->len == 1 ? 0 : stream);
}

static void
take_side (GArray  *order,
           guint    stream,
           gboolean first)
{
  if (stream == BELT_JOIN_SIDE_NONE)
    return;

  for (guint i = 0; i < order->len; i++)
    {
      if (g_array_index (order, guint, i) == stream)
        return;
    }

  if (first)
    g_array_prepend_val (order, stream);
  else
    g_array_append_val (order, stream);
}

guint *
belt_join_sides_dup_order (const BeltResolved *resolved,
                           BeltNode *const    *on)
{
  const BeltAstSelect *select = resolved->select;
  GArray *order = g_array_new (FALSE, FALSE, sizeof (guint));
  gboolean is_first = TRUE;

  for (guint i = 1; i < resolved->n_streams; i++)
    {
      gboolean is_right = select->tables[i].kind == BELT_AST_JOIN_RIGHT;
      guint left;
      guint right;

      if (resolved->streams[i]->is_table && g_strcmp0 (resolved->streams[i]->kind, "lookup") == 0)
        continue;

      if (is_first)
        {
          belt_join_sides_find (resolved, on[i], i, &left, &right);
          take_side (order, left, FALSE);
          take_side (order, right, is_right);
        }
      else
        take_side (order, i, is_right);
      is_first = FALSE;
    }

  for (guint i = 0; i < resolved->n_streams; i++)
    take_side (order, i, FALSE);

  return (guint *)g_array_free (order, FALSE);
}
