/* belt-trial-run.c - a plan driven over the rows of a trial
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-clock.h"
#include "belt-codec.h"
#include "belt-json.h"
#include "belt-lookup-rows.h"
#include "belt-lookup-source.h"
#include "belt-op-watermark.h"
#include "belt-proto.h"
#include "belt-zone.h"

#include <string.h>

#define BELT_TRIAL_EMISSIONS_MAX 100000u  /* kept of the first sink */
#define BELT_TRIAL_PAYLOADS_MAX  1000u    /* kept of every sink as JSON */
#define BELT_TRIAL_CANCEL_EVERY  64u      /* inputs between two looks at the cancellable */

/* --- sinks --- */

static char *
write_payload (const BeltValue *value)
{
  GString *text;

  if (value->tag == BELT_TAG_STR)
    return g_strndup (value->u.s, value->len);

  text = g_string_new (NULL);
  belt_json_write (text, value);
  return g_string_free (text, FALSE);
}

static const BeltFault *
copy_fault (BeltArena       *arena,
            const BeltFault *fault)
{
  BeltFault *copy = belt_arena_memdup (arena, fault, sizeof *fault);

  copy->message = belt_arena_memdup (arena, fault->message, strlen (fault->message) + 1);
  if (fault->function != NULL)
    copy->function = belt_arena_memdup (arena, fault->function, strlen (fault->function) + 1);

  return copy;
}

static void
keep_emission (BeltTrial       *trial,
               const BeltValue *value,
               const BeltFault *fault)
{
  BeltTrialEmission *emission = g_new0 (BeltTrialEmission, 1);

  belt_value_dup_owned (&emission->value, value);
  if (fault != NULL)
    emission->fault = copy_fault (trial->arena, fault);
  g_ptr_array_add (trial->emission_list, emission);
  g_ptr_array_add (trial->emissions, &emission->value);
}

static void
take_emission (BeltEmissionSink *sink,
               guint             index,
               const BeltValue  *value,
               const BeltFault  *fault,
               guint             n_rows)
{
  BeltTrialRun *run = sink->owner;
  BeltTrial *trial = run->trial;
  BeltTrialOp *op = trial->ops->pdata[trial->plan->sinks[index].op];

  if (op->would_send->len < BELT_TRIAL_PAYLOADS_MAX)
    g_ptr_array_add (op->would_send, write_payload (value));
  if (index == 0 && trial->emission_list->len < BELT_TRIAL_EMISSIONS_MAX)
    keep_emission (trial, value, fault);
}

/* --- rows in --- */

static void
push_batch (BeltBatch *batch,
            gpointer   user_data)
{
  BeltTrialRun *run = user_data;

  belt_topology_push (run->topology, run->stream, batch);
}

static int
find_stream (BeltTrialRun *run,
             const char   *name)
{
  const BeltPlan *plan = run->trial->plan;

  for (guint i = 0; i < plan->n_streams; i++)
    {
      if (strcmp (plan->streams[i].stream->name, name) == 0)
        return (int)i;
    }

  return -1;
}

static gboolean
parse_map (GBytes    *text,
           BeltArena *arena,
           BeltValue *ret_map)
{
  gsize len;
  const char *data = g_bytes_get_data (text, &len);
  char *padded = belt_arena_alloc0 (arena, len + BELT_JSON_PADDING);
  BeltJsonError error;

  memcpy (padded, data, len);
  return belt_json_parse (padded, len, 0, arena, ret_map, &error) && ret_map->tag == BELT_TAG_MAP;
}

/* Samples and tests say the rows of a protobuf stream in JSON; no message begins with a bracket, which would be
 * the start of a group numbered 15.  Returns: (transfer full): the message, or the payload when it is none of JSON */
static GBytes *
pack_message (BeltTrialRun *run,
              guint         stream,
              GBytes       *payload,
              BeltArena    *arena)
{
  const BeltProtoMessage *message = run->trial->plan->streams[stream].stream->message;
  const char *data = g_bytes_get_data (payload, NULL);
  g_autoptr(GString) out = NULL;
  BeltValue row;

  if (message == NULL || data == NULL || *data != '{' || !parse_map (payload, arena, &row))
    return g_bytes_ref (payload);
  out = g_string_new (NULL);
  row = belt_value_expand (&row, arena);
  if (!belt_proto_write (message, &row, out, NULL))
    return g_bytes_ref (payload);
  return g_string_free_to_bytes (g_steal_pointer (&out));
}

/* To a table a payload that is no JSON object is nothing. */
static void
feed_payload (BeltTrialRun    *run,
              guint            stream,
              GBytes          *payload,
              const BeltValue *metadata,
              BeltArena       *arena)
{
  g_autoptr(GBytes) packed = pack_message (run, stream, payload, arena);
  gsize len;
  const char *data = g_bytes_get_data (packed, &len);
  BeltValue row;

  if (run->tables[stream] == NULL)
    belt_decoder_decode (run->decoders[stream], data, len, FALSE, NULL, metadata, belt_clock_get_ms (run->clock),
                         &run->sequence, stream, push_batch, run);
  else if (parse_map (payload, arena, &row))
    belt_lookup_rows_put (run->tables[stream], &row);
}

static void
feed_row (BeltTrialRun    *run,
          guint            stream,
          const BeltValue *row,
          const BeltValue *metadata)
{
  if (run->tables[stream] == NULL)
    belt_decoder_take_row (run->decoders[stream], row, metadata, belt_clock_get_ms (run->clock), &run->sequence,
                           stream, push_batch, run);
  else
    belt_lookup_rows_put (run->tables[stream], row);
}

/* A rule reads some columns only; who looks at a source wants to see them all.  Of rows that will be
 * pushed out by later ones nobody sees any. */
static const BeltValue *
read_whole (BeltTrialRun     *run,
            guint             stream,
            GBytes           *payload,
            const BeltRecord *record,
            BeltArena        *arena)
{
  const char *format = run->trial->plan->streams[stream].stream->format;
  BeltValue *row;

  if (run->n_left == NULL || run->n_left[stream]-- > run->spec->rows_max)
    return NULL;
  if (payload == NULL)
    return record->row.tag == BELT_TAG_MAP ? &record->row : NULL;
  if (format != NULL && g_ascii_strcasecmp (format, "json") != 0)
    return NULL;

  row = belt_arena_new_array (arena, BeltValue, 1);
  return parse_map (payload, arena, row) ? row : NULL;
}

static void
count_inputs (BeltTrialRun *run)
{
  run->n_left = g_new0 (guint, run->trial->plan->n_streams + 1);
  for (guint i = 0; i < run->spec->inputs->len; i++)
    {
      const BeltTrialInput *input = run->spec->inputs->pdata[i];
      int stream = input->stream != NULL ? find_stream (run, input->stream) : -1;

      if (stream >= 0)
        run->n_left[stream]++;
    }
}

static void
feed (BeltTrialRun         *run,
      const BeltTrialInput *input)
{
  int stream = input->stream != NULL ? find_stream (run, input->stream) : -1;
  const BeltRecord *record = input->record;
  GBytes *payload = record != NULL ? record->payload : input->payload;
  const char *text = record != NULL ? record->metadata : input->metadata;
  BeltValue map;
  const BeltValue *metadata = NULL;
  BeltArena arena;

  if (stream < 0 || (payload == NULL && record == NULL))
    return;

  belt_arena_init (&arena);
  if (text != NULL)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_static (text, strlen (text));

      metadata = parse_map (bytes, &arena, &map) ? &map : NULL;
    }
  run->stream = (guint)stream;
  run->whole = read_whole (run, (guint)stream, payload, record, &arena);
  if (payload != NULL)
    feed_payload (run, (guint)stream, payload, metadata, &arena);
  else
    feed_row (run, (guint)stream, &record->row, metadata);
  run->whole = NULL;
  belt_arena_clear (&arena);
}

/* Only what is fed to it, whatever its type: a trial opens nothing.  A simulator's rows are in the statement. */
static BeltLookup *
make_table (BeltStream *table,
            GError    **error)
{
  g_autoptr(BeltLookupSource) source = NULL;
  BeltLookupCacheOptions ignored;

  if (!belt_lookup_cache_read (table->extra, &ignored, error))
    return NULL;
  if (table->type == NULL || g_ascii_strcasecmp (table->type, "simulator") != 0)
    return belt_lookup_rows_new (table->key);

  source = belt_lookup_source_new (table, table->type, table->datasource, table->extra, error);
  return source != NULL ? belt_lookup_source_open (source, NULL) : NULL;
}

static gboolean
make_decoders (BeltTrialRun  *run,
               GError       **error)
{
  const BeltPlan *plan = run->trial->plan;

  run->decoders = g_new0 (BeltDecoder *, plan->n_streams + 1);
  run->tables = g_new0 (BeltLookup *, plan->n_streams + 1);

  for (guint i = 0; i < plan->n_streams; i++)
    {
      const BeltPlanStream *stream = &plan->streams[i];

      if (stream->is_lookup)
        {
          if (!(run->tables[i] = make_table (stream->stream, error)))
            return FALSE;
          continue;
        }

      run->decoders[i] = belt_decoder_new (stream->narrowed != NULL ? stream->narrowed : stream->stream, NULL,
                                           (const char *const *)stream->columns,
                                           stream->n_columns, stream->whole, 0, error);
      if (run->decoders[i] == NULL)
        return FALSE;
    }

  return TRUE;
}

/* --- the run --- */

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

static void
advance_to (BeltTrialRun *run,
            gint64        at_ms)
{
  if (at_ms >= 0 && at_ms >= belt_clock_get_ms (run->clock))
    belt_topology_advance (run->topology, at_ms);
}

static gboolean
plan_trial (BeltTrial           *trial,
            const BeltTrialSpec *spec)
{
  BeltPlanRequest request = {
    .catalog = spec->catalog,
    .functions = spec->functions,
    .sql = spec->sql,
    .len = -1,
    .options = spec->options,
    .actions = spec->actions,
    .extensions = spec->extensions,
  };
  g_autoptr(BeltPlanResult) result = belt_plan_new (&request);

  for (guint i = 0; i < result->diagnostics->len; i++)
    g_ptr_array_add (trial->diagnostics, belt_diagnostic_copy (result->diagnostics->pdata[i]));
  trial->error = g_strdup (result->error);
  trial->parsed = result->parsed;
  if (result->plan != NULL && result->plan->flaw != NULL)
    {
      trial->error = g_strdup (result->plan->flaw);
      return FALSE;
    }
  trial->plan = g_steal_pointer (&result->plan);

  return trial->plan != NULL;
}

/* Of the streams that the rule reads. */
static guint64
count_before (const BeltTrialRun *run)
{
  const BeltPlan *plan = run->trial->plan;
  guint64 n = 0;

  for (guint i = 0; i < plan->n_streams; i++)
    {
      const guint64 *n_before = g_hash_table_lookup (run->spec->n_before, plan->streams[i].stream->name);

      n += n_before != NULL ? *n_before : 0;
    }

  return n;
}

static void
set_up (BeltTrialRun *run)
{
  const BeltPlan *plan = run->trial->plan;
  g_autoptr(BeltClock) wall = belt_clock_new_wall ();
  gint64 start_ms = run->spec->start_ms >= 0 ? run->spec->start_ms : belt_clock_get_ms (wall);

  run->clock = belt_clock_new_virtual (start_ms);
  run->sequence = count_before (run);
  run->environment = (BeltEnvironment) {
    .now_ns = read_clock,
    .clock = run->clock,
    .random_state = { G_GUINT64_CONSTANT (0x9e3779b97f4a7c15), 1 },
    .rule_id = run->spec->rule_id != NULL ? run->spec->rule_id : "trial",
    .rule_start_ms = start_ms,
    .zone = belt_zone_get_default (),
  };
  run->sink = (BeltEmissionSink) { .emission = take_emission, .owner = run };
  run->topology = belt_topology_new (run->trial->plan, &run->environment, &run->sink);
  belt_topology_set_now_func (run->topology, set_clock, run->clock);
  if (run->spec->rows_max > 0)
    {
      belt_trial_run_set_tap (run);
      count_inputs (run);
    }
  for (guint i = 0; i < plan->n_streams; i++)
    {
      BeltLookupCacheOptions cache = { 0 };

      if (run->tables[i] != NULL && belt_lookup_cache_read (plan->streams[i].stream->extra, &cache, NULL))
        belt_topology_set_lookup (run->topology, i, run->tables[i], &cache, run->clock);
    }
}

static gboolean
drive (BeltTrialRun  *run,
       GCancellable  *cancellable,
       GError       **error)
{
  for (guint i = 0; i < run->spec->inputs->len; i++)
    {
      const BeltTrialInput *input = run->spec->inputs->pdata[i];

      if (i % BELT_TRIAL_CANCEL_EVERY == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      advance_to (run, input->at_ms);
      feed (run, input);
    }

  if (run->spec->advance_ms > 0)
    advance_to (run, belt_clock_get_ms (run->clock) + run->spec->advance_ms);
  if (run->spec->end_of_stream)
    belt_topology_finish (run->topology);

  return TRUE;
}

static gint64
find_watermark (BeltOp         **ops,
                const BeltPlan  *plan)
{
  for (guint i = 0; i < plan->n_ops; i++)
    {
      if (plan->ops[i].kind == BELT_PLAN_WATERMARK)
        return belt_op_watermark_get_time (ops[i]);
    }

  return G_MININT64;
}

static void
read_counters (BeltTrialRun *run)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (run->topology, &n_ops);
  gint64 watermark_ms = find_watermark (ops, run->trial->plan);

  for (guint i = 0; i < n_ops; i++)
    {
      BeltTrialOp *op = run->trial->ops->pdata[i];

      op->kind = g_strdup (ops[i]->klass->kind);
      op->n_in = ops[i]->counters.n_in;
      op->n_out = ops[i]->counters.n_out;
      op->n_faults = ops[i]->counters.n_faults;
      if (ops[i]->counters.n_dropped != NULL)
        memcpy (op->n_dropped, ops[i]->counters.n_dropped, sizeof op->n_dropped);
      if (run->spec->rows_max > 0 && run->trial->plan->ops[i].kind != BELT_PLAN_SINK)
        {
          BeltTrialHeld held = { run->trial->plan, &run->trial->plan->ops[i], ops[i], watermark_ms,
                                 run->spec->rows_max };

          belt_trial_list_held (&held, op);
        }
    }
}

static void
run_clear (BeltTrialRun *run)
{
  const BeltPlan *plan = run->trial->plan;

  g_clear_pointer (&run->topology, belt_topology_free);
  for (guint i = 0; run->decoders != NULL && i < plan->n_streams; i++)
    {
      g_clear_pointer (&run->decoders[i], belt_decoder_free);
      g_clear_pointer (&run->tables[i], belt_lookup_unref);
    }
  g_free (run->decoders);
  g_free (run->n_left);
  g_free (run->tables);
  g_clear_pointer (&run->clock, belt_clock_unref);
}

static void
add_error (BeltTrial    *trial,
           const char   *code,
           const GError *error)
{
  g_ptr_array_add (trial->diagnostics,
                   belt_diagnostic_new (BELT_SEVERITY_ERROR, code, (BeltSpan) { 0, 0 }, "%s", error->message));
}

/**
 * belt_trial_run:
 * @spec: statement, streams and rows; only read
 * @cancellable: (nullable): looked at between inputs
 *
 * Plans the statement and feeds it the rows, on the calling thread.
 *
 * Returns: (transfer full) (nullable): what happened, or %NULL when cancelled
 */
BeltTrial *
belt_trial_run (BeltTrialSpec  *spec,
                GCancellable   *cancellable,
                GError        **error)
{
  g_autoptr(BeltTrial) trial = belt_trial_new ();
  g_autoptr(GError) local = NULL;
  BeltTrialRun run = { .trial = trial, .spec = spec };
  gboolean ok = TRUE;

  g_return_val_if_fail (spec != NULL && spec->sql != NULL, NULL);
  g_return_val_if_fail (spec->catalog != NULL && spec->functions != NULL, NULL);

  if (!plan_trial (trial, spec))
    return g_steal_pointer (&trial);

  belt_trial_make_ops (trial);
  if (!make_decoders (&run, &local))
    add_error (trial, "format", local);
  else
    {
      set_up (&run);
      ok = drive (&run, cancellable, error);
      if (ok)
        read_counters (&run);
    }

  run_clear (&run);
  if (!ok)
    return NULL;

  trial->summary = belt_trial_summarise (trial);
  return g_steal_pointer (&trial);
}

static void
run_in_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  GError *error = NULL;
  BeltTrial *trial = belt_trial_run (data, cancellable, &error);

  if (trial == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, trial, (GDestroyNotify)belt_trial_unref);
}

void
belt_trial_run_async (BeltTrialSpec       *spec,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, belt_trial_run_async);
  g_task_set_task_data (task, spec, (GDestroyNotify)belt_trial_spec_free);
  g_task_run_in_thread (task, run_in_thread);
}

BeltTrial *
belt_trial_run_finish (GAsyncResult  *result,
                       GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
