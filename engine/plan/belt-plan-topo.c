/* belt-plan-topo.c - the operators of a plan as the graph that eKuiper's REST shows
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names are eKuiper's, and a sink is the chain of operators that it is there.
 */
#include "config.h"

#include "belt-planner-private.h"

#include "belt-op-scan.h"

#include <string.h>

static gboolean
is_numbered (const BeltPlanOp *op)
{
  return g_ascii_isdigit (op->name[0]) || op->kind == BELT_PLAN_LOOKUP;
}

static char *
dup_node_name (const BeltPlan   *plan,
               const BeltPlanOp *op)
{
  if (op->kind == BELT_PLAN_SINK)
    return g_strdup_printf ("op_%s_0_transform", op->name);
  if (op->kind == BELT_PLAN_SOURCE && !g_ascii_isdigit (op->name[0]))
    return g_strdup_printf ("source_%s", op->name);

  return g_strdup_printf ("op_%s", op->name);
}

/* "op_3_preprocessor", for the end of a decoder that has one behind it; else NULL. */
static char *
dup_preprocessor (const BeltPlan   *plan,
                  const BeltPlanOp *op)
{
  guint number;

  if (op->kind != BELT_PLAN_SCAN)
    return NULL;

  number = plan->streams[((const BeltScanSpec *)op->spec)->stream].preprocessor;
  return number > 0 ? g_strdup_printf ("op_%u_preprocessor", number) : NULL;
}

/* Operators that eKuiper does not have are passed over. */
static void
add_targets (const BeltPlan   *plan,
             const BeltPlanOp *op,
             JsonArray        *targets)
{
  for (guint i = 0; i < op->n_next; i++)
    {
      const BeltPlanOp *next = &plan->ops[op->next[i]];
      g_autofree char *name = dup_node_name (plan, next);
      g_autofree char *preprocessor = dup_preprocessor (plan, next);

      if (next->kind == BELT_PLAN_SINK || is_numbered (next))
        json_array_add_string_element (targets, name);
      else if (preprocessor != NULL)
        json_array_add_string_element (targets, preprocessor);
      else
        add_targets (plan, next, targets);
    }
}

static void
add_edge (JsonObject *edges,
          const char *from,
          const char *to)
{
  JsonArray *targets = json_array_new ();

  json_array_add_string_element (targets, to);
  json_object_set_array_member (edges, from, targets);
}

/* transform → encode (for sinks that take bytes) → the sink. */
static void
add_sink_edges (JsonObject       *edges,
                const BeltPlanOp *op,
                gboolean          takes_bytes)
{
  g_autofree char *transform = g_strdup_printf ("op_%s_0_transform", op->name);
  g_autofree char *encode = g_strdup_printf ("op_%s_1_encode", op->name);
  g_autofree char *sink = g_strdup_printf ("sink_%s", op->name);

  add_edge (edges, transform, takes_bytes ? encode : sink);
  if (takes_bytes)
    add_edge (edges, encode, sink);
}

static gboolean
takes_bytes (const char *type)
{
  static const char *const types[] = { "mqtt", "rest", "file", "websocket", "sse", "redisPub", "nop", "log" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (strcmp (types[i], type) == 0)
        return TRUE;
    }

  return FALSE;
}

static const char *
get_target (JsonObject *edges,
            const char *from)
{
  JsonArray *targets = json_object_has_member (edges, from) ? json_object_get_array_member (edges, from) : NULL;

  return targets != NULL && json_array_get_length (targets) == 1 ? json_array_get_string_element (targets, 0) : NULL;
}

/* Rows of one group are put in order before HAVING leaves one of them; eKuiper's HAVING comes first. */
static void
put_having_first (JsonObject *edges,
                  const char *order)
{
  g_autofree char *having = g_strdup (get_target (edges, order));
  g_autoptr(GList) names = json_object_get_members (edges);
  JsonArray *targets;

  if (having == NULL || !g_str_has_suffix (having, "_having"))
    return;

  targets = json_array_ref (json_object_get_array_member (edges, having));
  add_edge (edges, having, order);
  json_object_set_array_member (edges, order, targets);
  for (GList *name = names; name != NULL; name = name->next)
    {
      if (g_strcmp0 (get_target (edges, name->data), order) == 0 && strcmp (name->data, having) != 0)
        add_edge (edges, name->data, having);
    }
}

JsonNode *
belt_planner_make_topo (const BeltPlan *plan)
{
  JsonObject *topo = json_object_new ();
  JsonArray *sources = json_array_new ();
  JsonObject *edges = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  guint sink = 0;

  for (guint i = 0; i < plan->n_ops; i++)
    {
      const BeltPlanOp *op = &plan->ops[i];
      g_autofree char *name = dup_node_name (plan, op);
      g_autofree char *preprocessor = dup_preprocessor (plan, op);
      JsonArray *targets;

      if (op->kind == BELT_PLAN_SINK)
        {
          add_sink_edges (edges, op, takes_bytes (plan->sinks[sink++].type));
          continue;
        }
      if (op->kind == BELT_PLAN_SOURCE && !g_ascii_isdigit (op->name[0]))
        json_array_add_string_element (sources, name);
      else if (!is_numbered (op) && preprocessor == NULL)
        continue;
      else if (is_numbered (op) && preprocessor != NULL)
        add_edge (edges, name, preprocessor);

      targets = json_array_new ();
      add_targets (plan, op, targets);
      json_object_set_array_member (edges, preprocessor != NULL ? preprocessor : name, targets);
    }

  for (guint i = 0; i < plan->n_ops; i++)
    {
      g_autofree char *name = dup_node_name (plan, &plan->ops[i]);

      if (plan->ops[i].kind == BELT_PLAN_ORDER)
        put_having_first (edges, name);
    }

  json_object_set_array_member (topo, "sources", sources);
  json_object_set_object_member (topo, "edges", edges);
  json_node_take_object (node, topo);
  return node;
}
