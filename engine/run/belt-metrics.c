/* belt-metrics.c - a rule's counters, as eKuiper names them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * eKuiper has nodes that we do not (transform and encode in front of each sink);
 * they stand in the plan's topology and show their sink's numbers.  Operators of
 * ours that eKuiper does not have are not shown.
 */
#include "config.h"

#include "belt-metrics.h"

#include <string.h>

typedef enum
{
  NODE_SOURCE,
  NODE_OP,
  NODE_STAGE,   /* in front of a sink */
  NODE_SINK,
} NodeKind;

typedef struct
{
  NodeKind kind;
  char    *prefix;   /* "op_2_filter_0_" */
  guint    op;       /* index in plan->ops */
} Node;

/* What most operators never have. */
typedef struct
{
  guint64 n_dropped[BELT_DROP_N_REASONS];
  char   *last_fault;
  gint64  last_fault_ms;

  /* Told by sources and sinks, beside what operators count. */
  guint64 n_exceptions;
  char   *last_exception;
  gint64  last_exception_ms;
  int     connection;
  gint64  connected_ms;
  gint64  disconnected_ms;
  gint64  tried_ms;
  char   *disconnected_message;
} Extra;

typedef struct
{
  guint64 n_in;
  guint64 n_out;
  guint64 n_faults;
  guint64 n_rows_in;
  guint64 n_rows_out;
  gint64  last_push_ms;
  Extra  *extra;     /* NULL: nothing out of the ordinary yet */
} Counters;

struct _BeltMetrics
{
  gatomicrefcount ref_count;
  GArray         *nodes;      /* of Node; fixed */
  GArray         *sources;    /* of guint; fixed */
  GArray         *sinks;      /* of guint; fixed */
  guint           n_ops;

  GMutex          mutex;
  Counters       *counters;   /* guarded, [n_ops] */
};

static void
clear_node (gpointer data)
{
  g_free (((Node *)data)->prefix);
}

static void
add_node (BeltMetrics *self,
          NodeKind     kind,
          const char  *name,
          guint        op)
{
  Node node = { kind, g_strdup_printf ("%s_0_", name), op };

  g_array_append_val (self->nodes, node);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The stages are named after their sink, with a number that orders them. */
static void
add_sink_nodes (BeltMetrics *self,
                JsonObject  *edges,
                const char  *sink,
                guint        op)
{
  g_autoptr(GPtrArray) stages = g_ptr_array_new ();
  g_autofree char *prefix = g_strdup_printf ("op_%s_", sink);
  g_autofree char *name = g_strdup_printf ("sink_%s", sink);
  JsonObjectIter iter;
  const char *key;

  json_object_iter_init_ordered (&iter, edges);
  while (json_object_iter_next_ordered (&iter, &key, NULL))
    {
      if (g_str_has_prefix (key, prefix))
        g_ptr_array_add (stages, (gpointer)key);
    }
  g_ptr_array_sort (stages, compare_names);

  for (guint i = 0; i < stages->len; i++)
    add_node (self, NODE_STAGE, g_ptr_array_index (stages, i), op);
  add_node (self, NODE_SINK, name, op);
  g_array_append_val (self->sinks, op);
}

BeltMetrics *
belt_metrics_new (BeltPlan *plan)
{
  BeltMetrics *self = g_new0 (BeltMetrics, 1);
  g_autoptr(JsonNode) topo = belt_plan_get_topo (plan);
  JsonObject *edges = json_object_get_object_member (json_node_get_object (topo), "edges");

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  self->nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  g_array_set_clear_func (self->nodes, clear_node);
  self->sources = g_array_new (FALSE, FALSE, sizeof (guint));
  self->sinks = g_array_new (FALSE, FALSE, sizeof (guint));
  self->n_ops = plan->n_ops;
  self->counters = g_new0 (Counters, plan->n_ops);

  for (guint i = 0; i < plan->n_ops; i++)
    {
      const BeltPlanOp *op = &plan->ops[i];
      g_autofree char *name = NULL;

      if (op->kind == BELT_PLAN_SOURCE)
        {
          name = g_strdup_printf ("source_%s", op->name);
          add_node (self, NODE_SOURCE, name, i);
          g_array_append_val (self->sources, i);
        }
      else if (op->kind == BELT_PLAN_SINK)
        add_sink_nodes (self, edges, op->name, i);
      else
        {
          name = g_strdup_printf ("op_%s", op->name);
          if (json_object_has_member (edges, name))
            add_node (self, NODE_OP, name, i);
        }
    }

  return self;
}

BeltMetrics *
belt_metrics_ref (BeltMetrics *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
belt_metrics_unref (BeltMetrics *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;

  for (guint i = 0; i < self->n_ops; i++)
    {
      Extra *extra = self->counters[i].extra;

      if (extra == NULL)
        continue;
      g_free (extra->last_fault);
      g_free (extra->last_exception);
      g_free (extra->disconnected_message);
      g_free (extra);
    }
  g_free (self->counters);
  g_array_unref (self->nodes);
  g_array_unref (self->sources);
  g_array_unref (self->sinks);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static Extra *
get_extra (Counters *counters)
{
  if (counters->extra == NULL)
    counters->extra = g_new0 (Extra, 1);
  return counters->extra;
}

static void
copy_fault (Extra                *to,
            const BeltOpCounters *from)
{
  if (from->last_fault != NULL && to->last_fault_ms != from->last_fault_ms &&
      g_strcmp0 (to->last_fault, from->last_fault) != 0)
    {
      g_free (to->last_fault);
      to->last_fault = g_strdup (from->last_fault);
    }
  to->last_fault_ms = from->last_fault_ms;
}

void
belt_metrics_update (BeltMetrics *self,
                     BeltOp     **ops,
                     guint        n_ops)
{
  g_assert (n_ops == self->n_ops);

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < n_ops; i++)
    {
      const BeltOpCounters *from = &ops[i]->counters;
      Counters *to = &self->counters[i];

      to->n_in = from->n_emissions_in;
      to->n_out = from->n_emissions_out;
      to->n_rows_in = from->n_in;
      to->n_rows_out = from->n_out;
      to->n_faults = from->n_faults;
      to->last_push_ms = from->last_push_ms;
      if (from->n_dropped != NULL)
        memcpy (get_extra (to)->n_dropped, from->n_dropped, sizeof (to->extra->n_dropped));
      if (from->last_fault_ms != 0)
        copy_fault (get_extra (to), from);
    }
  g_mutex_unlock (&self->mutex);
}

void
belt_metrics_set_connection (BeltMetrics *self,
                             guint        op,
                             int          state,
                             const char  *message,
                             gint64       now_ms)
{
  Extra *counters;

  g_mutex_lock (&self->mutex);
  counters = get_extra (&self->counters[op]);
  counters->connection = state;
  if (state > 0)
    counters->connected_ms = now_ms;
  else if (state < 0)
    {
      counters->disconnected_ms = now_ms;
      g_free (counters->disconnected_message);
      counters->disconnected_message = g_strdup (message);
    }
  else
    counters->tried_ms = now_ms;
  g_mutex_unlock (&self->mutex);
}

void
belt_metrics_add_exception (BeltMetrics *self,
                            guint        op,
                            const char  *message,
                            guint        n,
                            gint64       now_ms)
{
  Extra *counters;

  g_mutex_lock (&self->mutex);
  counters = get_extra (&self->counters[op]);
  counters->n_exceptions += n;
  counters->last_exception_ms = now_ms;
  if (g_strcmp0 (counters->last_exception, message) != 0)
    {
      g_free (counters->last_exception);
      counters->last_exception = g_strdup (message);
    }
  g_mutex_unlock (&self->mutex);
}

static void
add_int (JsonObject *out,
         const Node *node,
         const char *metric,
         gint64      value)
{
  g_autofree char *key = g_strconcat (node->prefix, metric, NULL);

  json_object_set_int_member (out, key, value);
}

static void
add_text (JsonObject *out,
          const Node *node,
          const char *metric,
          const char *value)
{
  g_autofree char *key = g_strconcat (node->prefix, metric, NULL);

  json_object_set_string_member (out, key, value != NULL ? value : "");
}

static void
write_node (const Node     *node,
            const Counters *counters,
            JsonObject     *out)
{
  static const Extra nothing = { 0 };
  const Extra *extra = counters->extra != NULL ? counters->extra : &nothing;
  gboolean own = node->kind != NODE_STAGE;
  gboolean told_last = extra->last_exception_ms >= extra->last_fault_ms && extra->n_exceptions > 0;

  add_int (out, node, "records_in_total", (gint64)counters->n_in);
  add_int (out, node, "records_out_total",
           (gint64)(node->kind == NODE_SOURCE || node->kind == NODE_OP ? counters->n_out : counters->n_in));
  add_int (out, node, "messages_processed_total", (gint64)counters->n_in);
  add_int (out, node, "process_latency_us", 0);
  add_int (out, node, "buffer_length", 0);
  add_int (out, node, "last_invocation", counters->last_push_ms);
  add_int (out, node, "exceptions_total", own ? (gint64)(counters->n_faults + extra->n_exceptions) : 0);
  add_text (out, node, "last_exception",
            !own ? "" : told_last ? extra->last_exception : extra->last_fault);
  add_int (out, node, "last_exception_time",
           !own ? 0 : told_last ? extra->last_exception_ms : extra->last_fault_ms);

  if (node->kind != NODE_SOURCE && node->kind != NODE_SINK)
    return;

  add_int (out, node, "connection_status", extra->connection);
  add_int (out, node, "connection_last_connected_time", extra->connected_ms);
  add_int (out, node, "connection_last_disconnected_time", extra->disconnected_ms);
  add_text (out, node, "connection_last_disconnected_message", extra->disconnected_message);
  add_int (out, node, "connection_last_try_time", extra->tried_ms);
}

void
belt_metrics_write (BeltMetrics *self,
                    JsonObject  *out)
{
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->nodes->len; i++)
    {
      const Node *node = &g_array_index (self->nodes, Node, i);

      write_node (node, &self->counters[node->op], out);
    }
  g_mutex_unlock (&self->mutex);
}

void
belt_metrics_get_totals (BeltMetrics       *self,
                         BeltMetricsTotals *ret_totals)
{
  const char *last = "";
  gint64 last_ms = 0;

  memset (ret_totals, 0, sizeof (*ret_totals));
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->n_ops; i++)
    {
      const Counters *counters = &self->counters[i];
      const Extra *extra = counters->extra;

      ret_totals->n_exceptions += counters->n_faults;
      if (extra == NULL)
        continue;
      ret_totals->n_exceptions += extra->n_exceptions;
      for (guint reason = 0; reason < BELT_DROP_N_REASONS; reason++)
        ret_totals->n_dropped[reason] += extra->n_dropped[reason];
      if (extra->last_fault != NULL && extra->last_fault_ms >= last_ms)
        {
          last = extra->last_fault;
          last_ms = extra->last_fault_ms;
        }
      if (extra->last_exception != NULL && extra->last_exception_ms >= last_ms)
        {
          last = extra->last_exception;
          last_ms = extra->last_exception_ms;
        }
    }
  for (guint i = 0; i < self->sources->len; i++)
    ret_totals->n_rows_in += self->counters[g_array_index (self->sources, guint, i)].n_rows_in;
  for (guint i = 0; i < self->sinks->len; i++)
    ret_totals->n_rows_out += self->counters[g_array_index (self->sinks, guint, i)].n_rows_in;
  ret_totals->last_exception = g_strdup (last);
  g_mutex_unlock (&self->mutex);
}
