/* belt-topology.c - a plan as live operators, driven by whoever owns it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A saved state is a list of (operator name, bytes).  Operators are found by name,
 * so a rule that was edited keeps the state of the operators that are still there.
 */
#include "config.h"

#include "belt-topology.h"

#include "belt-error.h"
#include "belt-fuse.h"
#include "belt-op-filter.h"
#include "belt-op-lookup.h"
#include "belt-op-project.h"
#include "belt-op-scan.h"
#include "belt-op-sink.h"
#include "belt-state.h"

#include <string.h>

#define BELT_TICKS_MAX 1000000u  /* timers fired by one advance; beyond, the rest waits for the next one */

struct _BeltTopology
{
  BeltPlan         *plan;
  BeltEval          eval;
  BeltOp          **ops;     /* [plan->n_ops] */
  BeltOp          **timed;   /* [n_timed]: those of them that can ask for a timer; looked at twice a push */
  guint             n_timed;
  GPtrArray        *tees;    /* of BeltOp: between one operator and several */
  BeltEmissionSink *sink;
  gboolean          is_fused;
  BeltFuse          fuse;
  gpointer         *states;
  void              (*set_now) (gpointer              clock,
                                gint64                now_ms);
  gpointer          set_now_clock;
};

static void
receive_emission (gpointer         owner,
                  guint            sink,
                  const BeltValue *emission,
                  const BeltFault *fault,
                  guint            n_rows)
{
  BeltTopology *self = owner;

  self->sink->emission (self->sink, sink, emission, fault, n_rows);
}

static gint64
get_now_ms (const BeltEnvironment *environment)
{
  return environment->now_ns (environment->clock) / 1000000;
}

/* A sink that does not linger never asks for a timer, and most do not. */
static gboolean
can_tick (const BeltPlanOp *spec,
          const BeltOp     *op)
{
  if (spec->kind == BELT_PLAN_SINK && ((const BeltSinkSpec *)spec->spec)->linger_ms <= 0)
    return FALSE;
  return op->klass->tick != NULL;
}

static void
create_ops (BeltTopology *self)
{
  gint64 now_ms = get_now_ms (self->eval.environment);

  for (guint i = 0; i < self->plan->n_ops; i++)
    {
      const BeltPlanOp *spec = &self->plan->ops[i];
      BeltOp *op = NULL;

      if (self->is_fused)
        op = belt_fuse_create (&self->fuse, self->plan, i, &self->eval, now_ms);
      if (op == NULL)
        op = spec->create (spec->spec, &self->eval, now_ms);

      op->name = g_strdup (spec->name);
      op->span = spec->span;
      op->send_errors = self->plan->options.send_error;
      self->ops[i] = op;
      if (can_tick (spec, op))
        self->timed[self->n_timed++] = op;
    }
}

static void
connect_ops (BeltTopology *self)
{
  for (guint i = 0; i < self->plan->n_ops; i++)
    {
      const BeltPlanOp *spec = &self->plan->ops[i];
      BeltOp *tee;

      if (spec->n_next == 1)
        self->ops[i]->next = self->ops[spec->next[0]];
      if (spec->n_next < 2)
        continue;

      tee = belt_op_tee_new (&self->eval);
      g_ptr_array_add (self->tees, tee);
      for (guint k = 0; k < spec->n_next; k++)
        belt_op_tee_add (tee, self->ops[spec->next[k]]);
      self->ops[i]->next = tee;
    }
}

static void
connect_sinks (BeltTopology *self)
{
  for (guint i = 0; i < self->plan->n_sinks; i++)
    {
      if (self->sink == NULL || (self->sink->wants != NULL && !self->sink->wants (self->sink, i)))
        continue;

      belt_op_sink_set_receiver (self->ops[self->plan->sinks[i].op], receive_emission, self);
    }
}

static BeltTopology *
make_topology (BeltPlan         *plan,
               BeltEnvironment  *environment,
               BeltEmissionSink *sink,
               gboolean          fuse)
{
  BeltTopology *self = g_new0 (BeltTopology, 1);

  self->plan = belt_plan_ref (plan);
  self->sink = sink;
  self->states = g_new0 (gpointer, plan->n_states + 1);
  self->ops = g_new0 (BeltOp *, plan->n_ops + 1);
  self->timed = g_new0 (BeltOp *, plan->n_ops + 1);
  self->tees = g_ptr_array_new ();
  self->eval.environment = environment;
  self->eval.layout = plan->layout;
  self->eval.states = self->states;

  self->eval.row_by_row = !fuse;
  self->is_fused = fuse && belt_fuse_find (plan, &self->fuse);

  create_ops (self);
  connect_ops (self);
  connect_sinks (self);

  return self;
}

/**
 * belt_topology_new:
 * @plan: what to run; a reference is taken
 * @environment: clock, chance, names; lent
 * @sink: (nullable): who gets the emissions; lent
 *
 * Makes the operators.  Windows in processing time count from the clock's now.
 *
 * Returns: (transfer full): idle until something is pushed
 */
BeltTopology *
belt_topology_new (BeltPlan         *plan,
                   BeltEnvironment  *environment,
                   BeltEmissionSink *sink)
{
  g_return_val_if_fail (plan != NULL, NULL);
  g_return_val_if_fail (environment != NULL && environment->now_ns != NULL, NULL);

  return make_topology (plan, environment, sink, FALSE);
}

/**
 * belt_topology_new_fused:
 * @plan: what to run; a reference is taken
 * @environment: clock, chance, names; lent
 * @sink: (nullable): who gets the emissions; lent
 *
 * As belt_topology_new(), for runs that nobody looks into row by row.
 *
 * Returns: (transfer full): idle until something is pushed
 */
BeltTopology *
belt_topology_new_fused (BeltPlan         *plan,
                         BeltEnvironment  *environment,
                         BeltEmissionSink *sink)
{
  g_return_val_if_fail (plan != NULL, NULL);
  g_return_val_if_fail (environment != NULL && environment->now_ns != NULL, NULL);

  return make_topology (plan, environment, sink, TRUE);
}

static void
free_op (BeltOp *op)
{
  if (op->klass->free != NULL)
    op->klass->free (op);
}

void
belt_topology_free (BeltTopology *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < self->plan->n_ops; i++)
    free_op (self->ops[i]);
  for (guint i = 0; i < self->tees->len; i++)
    free_op (self->tees->pdata[i]);

  for (guint i = 0; i < self->plan->n_states; i++)
    {
      GDestroyNotify state_free = self->plan->state_frees[i];

      if (self->states[i] != NULL)
        (state_free != NULL ? state_free : g_free)(self->states[i]);
    }

  g_ptr_array_unref (self->tees);
  g_free (self->states);
  g_free (self->ops);
  g_free (self->timed);
  belt_plan_unref (self->plan);
  g_free (self);
}

void
belt_topology_push (BeltTopology *self,
                    guint         stream,
                    BeltBatch    *batch)
{
  g_return_if_fail (stream < self->plan->n_streams);
  g_return_if_fail (!self->plan->streams[stream].is_lookup);

  self->eval.pushed_ms = get_now_ms (self->eval.environment);
  belt_op_push (self->ops[self->plan->streams[stream].source_op], batch);
}

/* The source, its scan and the WHERE behind them, if a gate may stand for the three. */
static BeltOp *
find_gated_filter (BeltTopology *self,
                   guint         stream)
{
  guint source = self->plan->streams[stream].source_op;
  const BeltScanSpec *spec = self->plan->ops[source + 1].spec;
  BeltOp *scan = self->ops[source + 1];

  if (self->plan->ops[source + 1].kind != BELT_PLAN_SCAN || self->ops[source]->next != scan || scan->next == NULL ||
      scan->tap != NULL || scan->next->next == NULL || spec->several_streams || spec->time_column >= 0 ||
      spec->narrow != NULL)
    return NULL;

  return belt_op_filter_get_kernels (scan->next) != NULL ? scan->next : NULL;
}

const BeltFilterKernels *
belt_topology_get_gate (BeltTopology  *self,
                        guint          stream,
                        const guint  **ret_slots)
{
  BeltOp *filter = find_gated_filter (self, stream);

  if (filter == NULL)
    return NULL;

  *ret_slots = ((const BeltScanSpec *)self->plan->ops[self->plan->streams[stream].source_op + 1].spec)->slots;
  return belt_op_filter_get_kernels (filter);
}

gboolean
belt_topology_is_timed (BeltTopology *self)
{
  return self->n_timed > 0;
}

/* The select list and its first expression. */
static void
warm_project (BeltPass              *pass,
              const BeltProjectSpec *spec)
{
  belt_pass_add_warm (pass, spec, sizeof *spec);
  if (spec->n_fields == 0)
    return;

  belt_pass_add_warm (pass, spec->fields, 1);
  if (spec->fields[0].expr != NULL)
    belt_pass_add_warm (pass, spec->fields[0].expr, sizeof (BeltExpr));
}

BeltPass *
belt_topology_make_pass (BeltTopology *self,
                         guint         stream,
                         const guint  *map)
{
  BeltOp *filter = find_gated_filter (self, stream);
  const BeltScanSpec *spec = self->plan->ops[self->plan->streams[stream].source_op + 1].spec;

  BeltPass *pass;

  g_assert (filter != NULL);
  pass = belt_pass_new (filter->next, &self->eval, spec->n_slots, spec->slots, map, spec->n_columns);
  for (guint i = self->plan->streams[stream].source_op + 3; i < self->plan->n_ops; i++)
    {
      const BeltPlanOp *op = &self->plan->ops[i];

      belt_pass_add_warm (pass, self->ops[i], sizeof (BeltOp));
      if (op->kind == BELT_PLAN_PROJECT)
        warm_project (pass, op->spec);
    }

  return pass;
}

static void
count_all (BeltOp *op,
           guint64 n_in,
           guint64 n_out,
           gint64  last_ms)
{
  op->counters.n_in += n_in;
  op->counters.n_emissions_in += n_in;
  op->counters.n_out += n_out;
  op->counters.n_emissions_out += n_out;
  op->counters.last_push_ms = MAX (op->counters.last_push_ms, last_ms);
}

void
belt_topology_count_gated (BeltTopology         *self,
                           guint                 stream,
                           const BeltGateCounts *counts)
{
  guint source = self->plan->streams[stream].source_op;
  BeltOp *filter = self->ops[source + 1]->next;

  if (counts->n_rows == 0)
    return;

  count_all (self->ops[source], counts->n_rows, counts->n_rows, counts->last_ms);
  count_all (self->ops[source + 1], counts->n_rows, counts->n_rows, counts->last_ms);
  count_all (filter, counts->n_rows, counts->n_rows - counts->n_false - counts->n_null, counts->last_ms);
  belt_op_filter_count_drops (filter, counts->n_false, counts->n_null);
}

void
belt_topology_map_columns (BeltTopology *self,
                           guint         stream,
                           const guint  *map)
{
  g_return_if_fail (stream < self->plan->n_streams);
  g_return_if_fail (!self->plan->streams[stream].is_lookup);

  belt_op_scan_map_columns (self->ops[self->plan->streams[stream].source_op + 1], map);
}

void
belt_topology_set_lookup (BeltTopology                 *self,
                          guint                         stream,
                          BeltLookup                   *table,
                          const BeltLookupCacheOptions *cache,
                          BeltClock                    *clock)
{
  for (guint i = 0; i < self->plan->n_ops; i++)
    {
      const BeltLookupSpec *spec = self->plan->ops[i].spec;
      BeltLookupQuery *query;
      BeltLookupQuestion question;

      if (self->plan->ops[i].kind != BELT_PLAN_LOOKUP || spec->stream != stream)
        continue;

      question = (BeltLookupQuestion) { spec->keys, spec->n_keys, spec->columns, spec->n_columns,
                                        spec->whole_slot >= 0 };
      query = belt_lookup_ask (table, &question);
      if (cache->enabled)
        query = belt_lookup_cache_new (query, spec->n_keys, cache, clock);
      belt_op_lookup_set_query (self->ops[i], query);
    }
}

static BeltOp *
find_next_timer (BeltTopology *self)
{
  BeltOp *first = NULL;

  for (guint i = 0; i < self->n_timed; i++)
    {
      BeltOp *op = self->timed[i];

      if (op->next_tick != G_MAXINT64 && (first == NULL || op->next_tick < first->next_tick))
        first = op;
    }

  return first;
}

gint64
belt_topology_get_next_tick (BeltTopology *self)
{
  BeltOp *op = find_next_timer (self);

  return op != NULL ? op->next_tick : G_MAXINT64;
}

void
belt_topology_advance (BeltTopology *self,
                       gint64        now_ms)
{
  for (guint i = 0; i < BELT_TICKS_MAX; i++)
    {
      BeltOp *op = find_next_timer (self);
      gint64 due;

      if (op == NULL || op->next_tick > now_ms)
        break;

      due = op->next_tick;
      if (self->set_now != NULL)
        self->set_now (self->set_now_clock, due);
      self->eval.pushed_ms = due;
      op->klass->tick (op, due);
      if (op->next_tick <= due)
        op->next_tick = due + 1;
    }

  if (self->set_now != NULL)
    self->set_now (self->set_now_clock, now_ms);
}

void
belt_topology_set_now_func (BeltTopology *self,
                            void (*set_now)(gpointer clock, gint64 now_ms),
                            gpointer clock)
{
  self->set_now = set_now;
  self->set_now_clock = clock;
}

void
belt_topology_finish (BeltTopology *self)
{
  for (guint i = 0; i < self->plan->n_streams; i++)
    {
      if (!self->plan->streams[i].is_lookup && !self->plan->streams[i].is_table)
        {
          self->eval.pushed_ms = get_now_ms (self->eval.environment);
          belt_op_finish (self->ops[self->plan->streams[i].source_op]);
          return;
        }
    }
}

static void
append_bytes (GByteArray    *out,
              gconstpointer  data,
              gsize          len)
{
  guint32 n = (guint32)len;

  g_byte_array_append (out, (const guint8 *)&n, sizeof n);
  if (n > 0)
    g_byte_array_append (out, data, n);
}

/* last_hit_*() and last_agg_hit_*() count for the rule, not for an operator.  No operator has this name. */
#define HITS "hits"

static gboolean
is_hit_state (const BeltTopology *self,
              guint               state)
{
  return self->plan->state_frees[state] == g_free;
}

static void
save_hits (BeltTopology *self,
           GByteArray   *out)
{
  BeltStateWriter writer;
  g_autoptr(GBytes) bytes = NULL;
  guint n = 0;

  belt_state_writer_init (&writer);
  for (guint i = 0; i < self->plan->n_states; i++)
    {
      const gint64 *hits = self->states[i];

      if (hits == NULL || !is_hit_state (self, i))
        continue;
      belt_state_put_u32 (&writer, i);
      belt_state_put_i64 (&writer, hits[0]);
      belt_state_put_i64 (&writer, hits[1]);
      n++;
    }
  bytes = belt_state_writer_finish (&writer);
  if (n == 0)
    return;
  append_bytes (out, HITS, strlen (HITS));
  append_bytes (out, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* Of another statement's state only what fits is taken. */
static gboolean
restore_hits (BeltTopology  *self,
              GBytes        *bytes,
              GError       **error)
{
  BeltStateReader reader;

  belt_state_reader_init (&reader, bytes);
  while (!reader.failed && reader.at < reader.end)
    {
      guint32 state = belt_state_get_u32 (&reader);
      gint64 count = belt_state_get_i64 (&reader);
      gint64 time_ms = belt_state_get_i64 (&reader);

      if (reader.failed || state >= self->plan->n_states || !is_hit_state (self, state))
        continue;
      if (self->states[state] == NULL)
        self->states[state] = g_new0 (gint64, 2);
      ((gint64 *)self->states[state])[0] = count;
      ((gint64 *)self->states[state])[1] = time_ms;
    }
  return belt_state_reader_finish (&reader, error);
}

GBytes *
belt_topology_save (BeltTopology *self)
{
  GByteArray *out = g_byte_array_new ();

  save_hits (self, out);

  for (guint i = 0; i < self->plan->n_ops; i++)
    {
      BeltOp *op = self->ops[i];
      g_autoptr(GBytes) state = op->klass->save != NULL ? op->klass->save (op) : NULL;

      if (state == NULL)
        continue;

      append_bytes (out, op->name, strlen (op->name));
      append_bytes (out, g_bytes_get_data (state, NULL), g_bytes_get_size (state));
    }

  return g_byte_array_free_to_bytes (out);
}

/* FALSE at the end or when the rest is cut off. */
static gboolean
read_bytes (GBytes  *state,
            gsize   *at,
            GBytes **ret_part)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (state, &size);
  guint32 len;

  if (size - *at < sizeof len)
    return FALSE;

  memcpy (&len, data + *at, sizeof len);
  *at += sizeof len;
  if (len > size - *at)
    return FALSE;

  *ret_part = g_bytes_new_from_bytes (state, *at, len);
  *at += len;
  return TRUE;
}

static BeltOp *
find_op (BeltTopology *self,
         GBytes       *name)
{
  gsize len;
  const char *text = g_bytes_get_data (name, &len);

  for (guint i = 0; i < self->plan->n_ops; i++)
    {
      const char *own = self->ops[i]->name;

      if (strlen (own) == len && memcmp (own, text, len) == 0)
        return self->ops[i];
    }

  return NULL;
}

gboolean
belt_topology_restore (BeltTopology  *self,
                       GBytes        *state,
                       GError       **error)
{
  gsize at = 0;

  while (at < g_bytes_get_size (state))
    {
      g_autoptr(GBytes) name = NULL;
      g_autoptr(GBytes) part = NULL;
      BeltOp *op;

      if (!read_bytes (state, &at, &name) || !read_bytes (state, &at, &part))
        {
          g_set_error (error, BELT_ERROR, BELT_ERROR_INVALID, "Restoring a rule's state: it is cut off");
          return FALSE;
        }

      if (g_bytes_get_size (name) == strlen (HITS) &&
          memcmp (g_bytes_get_data (name, NULL), HITS, strlen (HITS)) == 0)
        {
          if (!restore_hits (self, part, error))
            return FALSE;
          continue;
        }
      op = find_op (self, name);
      if (op != NULL && op->klass->restore != NULL && !op->klass->restore (op, part, error))
        return FALSE;
    }

  return TRUE;
}

BeltOp **
belt_topology_get_ops (BeltTopology *self,
                       guint        *ret_n_ops)
{
  if (ret_n_ops != NULL)
    *ret_n_ops = self->plan->n_ops;

  return self->ops;
}

BeltPlan *
belt_topology_get_plan (BeltTopology *self)
{
  return self->plan;
}

BeltEval *
belt_topology_get_eval (BeltTopology *self)
{
  return &self->eval;
}

void
belt_topology_set_tap (BeltTopology *self,
                       BeltTap      *tap)
{
  for (guint i = 0; i < self->plan->n_ops; i++)
    self->ops[i]->tap = tap;
}
