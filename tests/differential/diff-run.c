/* diff-run.c - a case run as production does, and as the interpreter does
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "diff-run.h"

#include "belt-clock.h"
#include "belt-codec.h"
#include "belt-json.h"
#include "belt-topology.h"
#include "belt-trial.h"
#include "belt-zone.h"

#include <string.h>

#define STREAMS_MAX 4
#define RULE_ID     "diff"

typedef struct
{
  const DiffCase  *of;
  BeltPlan        *plan;
  DiffPath         path;
  BeltClock       *clock;
  BeltEnvironment  environment;
  BeltEmissionSink sink;
  BeltRecorder     recorder;
  BeltTopology    *topology;
  BeltDecoder     *decoders[STREAMS_MAX];
  BeltGates       *gates;
  BeltGate        *gate[STREAMS_MAX];  /* NULL: rows are pushed whole */
  BeltPass        *pass[STREAMS_MAX];
  guint64          dropped[BELT_DROP_N_REASONS];
  guint64          n_faults;
  guint64          n_recorded;
  guint64          sequence;
  guint            stream;   /* whose batch is pushed */
  GString         *out;
} Run;

static JsonObject *
dup_options (const DiffCase *self)
{
  GString *options = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_autoptr(JsonNode) node = NULL;

  diff_tree_write (self->options, options);
  text = g_string_free (options, FALSE);
  node = json_from_string (text, NULL);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : json_object_new ();
}

BeltPlan *
diff_run_plan (const DiffCase *self)
{
  g_autofree char *sql = diff_case_dup_sql (self);
  g_autoptr(JsonObject) options = dup_options (self);
  g_autoptr(BeltPlanResult) result = NULL;
  BeltPlanRequest request = {
    .catalog = diff_case_get_catalog (self),
    .functions = belt_function_table_get_builtin (),
    .sql = sql,
    .len = -1,
    .options = options,
    .extensions = self->extensions,
  };

  result = belt_plan_new (&request);
  if (g_getenv ("DIFF_SHOW_REFUSED") != NULL && result->plan == NULL)
    g_printerr ("%s\n    %s\n", sql, result->error);
  if (result->plan != NULL && result->plan->n_streams > STREAMS_MAX)
    return NULL;

  return g_steal_pointer (&result->plan);
}

static BeltTrialSpec *
make_spec (const DiffCase *self)
{
  BeltTrialSpec *spec = belt_trial_spec_new ();

  spec->catalog = belt_catalog_ref (diff_case_get_catalog (self));
  spec->functions = belt_function_table_ref (belt_function_table_get_builtin ());
  spec->sql = diff_case_dup_sql (self);
  spec->rule_id = g_strdup (RULE_ID);
  spec->options = dup_options (self);
  spec->start_ms = 0;
  spec->extensions = self->extensions;
  spec->rows_max = 3;
  for (guint i = 0; i < self->events->len; i++)
    {
      const DiffEvent *event = self->events->pdata[i];
      g_autoptr(GString) row = g_string_new (NULL);

      if (event->row != NULL)
        diff_tree_write (event->row, row);
      belt_trial_spec_add_input (spec, event->row != NULL ? event->stream : NULL, event->row != NULL ? row->str : NULL,
                                 -1, event->at_ms);
    }

  return spec;
}

char *
diff_run_trial (const DiffCase *self)
{
  g_autoptr(BeltTrialSpec) spec = make_spec (self);
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltTrial) trial = belt_trial_run (spec, NULL, &error);
  GPtrArray *emissions;
  GString *out = g_string_new (NULL);

  g_assert_no_error (error);
  emissions = belt_trial_get_emissions (trial);
  for (guint i = 0; i < emissions->len; i++)
    {
      g_string_append (out, belt_trial_get_emission_fault (trial, i) != NULL ? "failed: " : "");
      belt_json_write (out, emissions->pdata[i]);
      g_string_append_c (out, '\n');
    }

  return g_string_free (out, FALSE);
}

static void
take_emission (BeltEmissionSink *sink,
               guint             index,
               const BeltValue  *value,
               const BeltFault  *fault,
               guint             n_rows)
{
  Run *run = sink->owner;
  gsize start = run->out->len;
  const char *line;

  g_string_append (run->out, fault != NULL ? "failed: " : "");
  belt_json_write (run->out, value);
  g_string_append_c (run->out, '\n');

  /* Where it stood in the payload is not the same when it is the only one. */
  line = fault != NULL ? strstr (run->out->str + start, "[{\"error\":\"line ") : NULL;
  if (line != NULL && strchr (line, ',') != NULL)
    {
      gsize from = (gsize)(line - run->out->str) + strlen ("[{\"error\":\"");

      g_string_erase (run->out, (gssize)from, strchr (run->out->str + from, ',') + 2 - (run->out->str + from));
    }
}

static void
take_record (gpointer         owner,
             const BeltExpr  *expr,
             const BeltValue *value)
{
  ((Run *)owner)->n_recorded++;
}

static gint64
read_clock (gpointer clock)
{
  return belt_clock_get_ns (clock);
}

static void
set_clock (gpointer clock,
           gint64   now_ms)
{
  if (now_ms > belt_clock_get_ms (clock))
    belt_clock_set_ms (clock, now_ms);
}

/* As a feed has them, for columns that stand in order. */
static void
make_gates (Run *run)
{
  for (guint i = 0; i < run->plan->n_streams; i++)
    {
      const BeltPlanStream *stream = &run->plan->streams[i];
      g_autofree guint *map = g_new (guint, stream->n_columns + 1);
      const BeltFilterKernels *kernels;
      const guint *slots;

      for (guint column = 0; column <= stream->n_columns; column++)
        map[column] = column;
      kernels = stream->is_lookup ? NULL : belt_topology_get_gate (run->topology, i, &slots);
      if (kernels != NULL)
        run->gate[i] = belt_gates_add (run->gates, kernels, slots, map, stream->n_columns);
      if (run->gate[i] != NULL)
        run->pass[i] = belt_topology_make_pass (run->topology, i, map);
    }
}

static void
free_gates (Run *run)
{
  BeltGateCounts counts;

  for (guint i = 0; i < run->plan->n_streams; i++)
    {
      if (run->gate[i] == NULL)
        continue;
      belt_gate_take_counts (run->gate[i], &counts);
      belt_topology_count_gated (run->topology, i, &counts);
      belt_gates_remove (run->gates, g_steal_pointer (&run->gate[i]));
      g_clear_pointer (&run->pass[i], belt_pass_free);
    }
}

static void
make_topology (Run *run)
{
  if (run->path == DIFF_INTERPRETER)
    {
      run->topology = belt_topology_new (run->plan, &run->environment, &run->sink);
      belt_topology_get_eval (run->topology)->recorder = &run->recorder;
    }
  else
    run->topology = belt_topology_new_fused (run->plan, &run->environment, &run->sink);
  belt_topology_set_now_func (run->topology, set_clock, run->clock);
  if (run->path == DIFF_RESTORED)
    make_gates (run);
}

/* Takes what its operators counted. */
static void
free_topology (Run *run)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (run->topology, &n_ops);

  free_gates (run);
  for (guint i = 0; i < n_ops; i++)
    {
      run->n_faults += ops[i]->counters.n_faults;
      for (guint reason = 0; ops[i]->counters.n_dropped != NULL && reason < BELT_DROP_N_REASONS; reason++)
        run->dropped[reason] += ops[i]->counters.n_dropped[reason];
    }
  g_clear_pointer (&run->topology, belt_topology_free);
}

static void
push_batch (BeltBatch *batch,
            gpointer   user_data)
{
  Run *run = user_data;
  BeltGate *gate = run->gate[run->stream];
  gint64 now_ms = belt_clock_get_ms (run->clock);
  guint32 rows[BELT_BATCH_ROWS_MAX];
  BeltGateAnswer answer = BELT_GATE_ASK;
  guint n_rows;

  belt_gates_begin (run->gates, batch, now_ms);
  if (gate != NULL)
    answer = belt_gate_ask (run->gates, gate, rows, &n_rows);
  if (answer == BELT_GATE_ASK)
    belt_topology_push (run->topology, run->stream, batch);
  else if (answer == BELT_GATE_SOME)
    belt_pass_push (run->pass[run->stream], batch, rows, n_rows, now_ms);
}

static guint
find_stream (const BeltPlan *plan,
             const char     *name)
{
  for (guint i = 0; i < plan->n_streams; i++)
    {
      if (strcmp (plan->streams[i].stream->name, name) == 0)
        return i;
    }

  return G_MAXUINT;
}

static void
decode (Run           *run,
        const GString *text,
        gboolean       lines)
{
  belt_decoder_decode (run->decoders[run->stream], text->str, text->len, lines, NULL, NULL,
                       belt_clock_get_ms (run->clock), &run->sequence, run->stream, push_batch, run);
}

/* All of it parsed; what is no object is left to the decoder to refuse, and so are columns with types: rows that come
 * parsed are converted by other rules. */
static void
feed_parsed (Run           *run,
             const GString *text)
{
  const BeltStream *stream = run->plan->streams[run->stream].stream;
  BeltJsonError error;
  BeltValue row;
  BeltArena arena;

  belt_arena_init (&arena);
  if (stream->n_fields == 0 && belt_json_parse (text->str, text->len, 0, &arena, &row, &error) &&
      row.tag == BELT_TAG_MAP)
    belt_decoder_take_row (run->decoders[run->stream], &row, NULL, belt_clock_get_ms (run->clock), &run->sequence,
                           run->stream, push_batch, run);
  else
    decode (run, text, FALSE);
  belt_arena_clear (&arena);
}

/* Rows of one stream at one moment are one payload of lines.  Returns: one past the last. */
static guint
feed (Run  *run,
      guint first)
{
  const DiffEvent *event = run->of->events->pdata[first];
  g_autoptr(GString) text = g_string_new (NULL);
  guint i = first;

  run->stream = find_stream (run->plan, event->stream);
  for (; i < run->of->events->len; i++)
    {
      const DiffEvent *next = run->of->events->pdata[i];

      if (next->row == NULL || next->stream != event->stream || next->at_ms != event->at_ms ||
          (i > first && run->path == DIFF_INTERPRETER))
        break;
      if (i > first)
        g_string_append_c (text, '\n');
      diff_tree_write (next->row, text);
    }
  if (run->stream == G_MAXUINT)
    return i;

  if (run->path == DIFF_INTERPRETER)
    feed_parsed (run, text);
  else
    decode (run, text, TRUE);
  return i;
}

static void
save_and_restore (Run *run)
{
  g_autoptr(GBytes) state = belt_topology_save (run->topology);
  g_autoptr(GError) error = NULL;

  free_topology (run);
  make_topology (run);
  belt_topology_restore (run->topology, state, &error);
  g_assert_no_error (error);
}

static void
drive (Run *run)
{
  guint i = 0;
  gboolean saved = FALSE;

  while (i < run->of->events->len)
    {
      const DiffEvent *event = run->of->events->pdata[i];

      if (event->at_ms >= belt_clock_get_ms (run->clock))
        belt_topology_advance (run->topology, event->at_ms);
      if (event->row == NULL)
        i++;
      else
        i = feed (run, i);
      if (run->path == DIFF_RESTORED && !saved && i >= run->of->events->len / 2)
        {
          save_and_restore (run);
          saved = TRUE;
        }
    }
}

static gboolean
make_decoders (Run *run)
{
  for (guint i = 0; i < run->plan->n_streams; i++)
    {
      const BeltPlanStream *stream = &run->plan->streams[i];

      run->decoders[i] = belt_decoder_new (stream->narrowed != NULL ? stream->narrowed : stream->stream, NULL,
                                           (const char *const *)stream->columns, stream->n_columns, stream->whole, 0,
                                           NULL);
      if (run->decoders[i] == NULL)
        return FALSE;
    }

  return TRUE;
}

char *
diff_run (const DiffCase *self,
          BeltPlan       *plan,
          DiffPath        path)
{
  Run run = { .of = self, .plan = plan, .path = path, .out = g_string_new (NULL) };

  run.clock = belt_clock_new_virtual (0);
  run.environment = (BeltEnvironment) {
    .now_ns = read_clock, .clock = run.clock, .random_state = { 1, 2 }, .rule_id = RULE_ID,
    .zone = belt_zone_get_default (),
  };
  run.gates = belt_gates_new ();
  run.sink = (BeltEmissionSink) { .emission = take_emission, .owner = &run };
  run.recorder = (BeltRecorder) { take_record, &run };

  if (make_decoders (&run))
    {
      make_topology (&run);
      drive (&run);
      free_topology (&run);
    }
  for (guint i = 0; i < plan->n_streams; i++)
    g_clear_pointer (&run.decoders[i], belt_decoder_free);
  belt_gates_free (run.gates);
  belt_clock_unref (run.clock);

  for (guint reason = 0; reason < BELT_DROP_N_REASONS; reason++)
    {
      if (run.dropped[reason] > 0)
        g_string_append_printf (run.out, "dropped %s %" G_GUINT64_FORMAT "\n", belt_drop_reason_get_name (reason),
                                run.dropped[reason]);
    }
  if (run.n_faults > 0)
    g_string_append_printf (run.out, "failed %" G_GUINT64_FORMAT "\n", run.n_faults);

  return g_string_free (run.out, FALSE);
}
