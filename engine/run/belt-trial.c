/* belt-trial.c - a rule over rows at hand, seen at every operator
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tap on every operator keeps the newest rows on both sides and says why a row
 * went no further while its values are still there.  Everything kept is copied, so
 * the result outlives the run.
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-clock.h"
#include "belt-codec.h"
#include "belt-json.h"
#include "belt-op-watermark.h"
#include "belt-zone.h"

#include <string.h>

#define BELT_TRIAL_EMISSIONS_MAX 100000u  /* kept of the first sink */
#define BELT_TRIAL_PAYLOADS_MAX  1000u    /* kept of every sink as JSON */
#define BELT_TRIAL_CANCEL_EVERY  64u      /* inputs between two looks at the cancellable */

typedef struct
{
  BeltValue        value;    /* owned */
  const BeltFault *fault;    /* in the trial's arena */
} Emission;

struct _BeltTrial
{
  int               ref_count;
  BeltPlan         *plan;
  GPtrArray        *diagnostics;
  GPtrArray        *ops;           /* BeltTrialOp */
  GPtrArray        *emissions;     /* BeltValue* into emission_list */
  GPtrArray        *emission_list; /* Emission*, owned */
  BeltArena        *arena;
  char             *summary;
  char             *error;         /* eKuiper's text when it did not plan */
  gboolean          parsed;
};

typedef struct
{
  BeltTrial           *trial;
  const BeltTrialSpec *spec;
  BeltTopology        *topology;
  BeltClock           *clock;
  BeltEnvironment      environment;
  BeltDecoder        **decoders;   /* [n_streams] */
  GHashTable         **tables;     /* [n_streams]: lookup tables, key text → BeltValue*, else NULL */
  BeltLookupTable     *lookups;    /* [n_streams] */
  gpointer            *lookup_owners;
  guint64              sequence;
  guint                stream;     /* of the payload at hand */
  guint                index;      /* of the operator at hand in taps */
  BeltTap              tap;
  BeltEmissionSink     sink;
} Run;

/* --- the spec --- */

static void
input_free (gpointer data)
{
  BeltTrialInput *input = data;

  g_free (input->stream);
  g_clear_pointer (&input->payload, g_bytes_unref);
  g_free (input->metadata);
  g_free (input);
}

BeltTrialSpec *
belt_trial_spec_new (void)
{
  BeltTrialSpec *self = g_new0 (BeltTrialSpec, 1);

  self->inputs = g_ptr_array_new_with_free_func (input_free);
  self->start_ms = -1;
  self->rows_max = 200;

  return self;
}

void
belt_trial_spec_free (BeltTrialSpec *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->catalog, belt_catalog_unref);
  g_clear_pointer (&self->functions, belt_function_table_unref);
  g_clear_pointer (&self->options, json_object_unref);
  g_clear_pointer (&self->actions, json_array_unref);
  g_ptr_array_unref (self->inputs);
  g_free (self->rule_id);
  g_free (self->sql);
  g_free (self);
}

void
belt_trial_spec_add_input (BeltTrialSpec *self,
                           const char    *stream,
                           const char    *payload,
                           gssize         len,
                           gint64         at_ms)
{
  BeltTrialInput *input = g_new0 (BeltTrialInput, 1);

  input->stream = g_strdup (stream);
  input->at_ms = at_ms;
  if (payload != NULL)
    input->payload = g_bytes_new (payload, len >= 0 ? (gsize)len : strlen (payload));
  g_ptr_array_add (self->inputs, input);
}

/* --- rows kept --- */

BeltTrialKept *
belt_trial_kept_new (void)
{
  return g_new0 (BeltTrialKept, 1);
}

void
belt_trial_kept_free (BeltTrialKept *self,
                      guint          n_slots)
{
  belt_value_clear_owned (&self->row.row);
  g_free (self->row.why);
  for (guint i = 0; self->slots != NULL && i < n_slots; i++)
    belt_value_clear_owned (&self->slots[i]);
  g_free (self->slots);
  g_free (self);
}

static guint
get_op_index (Run    *run,
              BeltOp *op)
{
  guint n_ops;
  BeltOp **ops = belt_topology_get_ops (run->topology, &n_ops);

  for (guint i = 0; i < n_ops; i++)
    {
      if (ops[i] == op)
        return i;
    }

  g_assert_not_reached ();
}

/* A source's batch still has the columns of its stream. */
static BeltValue
build_source_row (Run       *run,
                  BeltBatch *batch,
                  guint      row,
                  BeltArena *arena)
{
  const BeltPlanStream *stream = &run->trial->plan->streams[run->stream];
  BeltMember *members = belt_arena_new_array (arena, BeltMember, stream->n_columns + 1);
  guint n = 0;

  if (stream->whole && batch->columns[stream->n_columns] != NULL)
    return belt_value_expand (&batch->columns[stream->n_columns][row], arena);

  for (guint i = 0; i < stream->n_columns && i < batch->n_columns; i++)
    {
      if (batch->columns[i] != NULL && batch->columns[i][row].tag != BELT_TAG_MISSING)
        members[n++] = (BeltMember) { stream->columns[i], strlen (stream->columns[i]), batch->columns[i][row] }
      ;
    }

  return belt_value_map (members, n);
}

/* The columns known at this point; after project the finished row. */
static BeltValue
build_row (Run       *run,
           BeltBatch *batch,
           guint      row,
           BeltArena *arena)
{
  const BeltLayout *layout = run->trial->plan->layout;
  const BeltValue *out = batch->columns[run->trial->plan->out_slot];
  BeltMember *members;
  guint n = 0;

  if (belt_batch_get_fault (batch, row) != NULL)
    {
      const char *message = belt_batch_get_fault (batch, row)->message;

      members = belt_arena_new_array (arena, BeltMember, 1);
      members[0] = (BeltMember) { "error", 5, belt_value_str (message, strlen (message)) };
      return belt_value_map (members, 1);
    }

  if (out != NULL && out[row].tag == BELT_TAG_MAP)
    return out[row];

  members = belt_arena_new_array (arena, BeltMember, layout->n_slots + 1);
  for (guint i = 0; i < layout->n_slots && i < batch->n_columns; i++)
    {
      const BeltSlot *slot = &layout->slots[i];
      const BeltValue *column = batch->columns[i];

      if (column == NULL || column[row].tag == BELT_TAG_MISSING || column[row].tag == BELT_TAG_UNSET ||
          slot->kind == BELT_SLOT_FIELD)
        continue;
      if (slot->kind == BELT_SLOT_WHOLE && layout->n_streams == 1)
        return belt_value_expand (&column[row], arena);

      members[n++] = (BeltMember) {
        slot->kind == BELT_SLOT_WHOLE ? layout->streams[slot->stream] : slot->name,
        slot->kind == BELT_SLOT_WHOLE ? strlen (layout->streams[slot->stream]) : slot->name_len,
        column[row],
      };
    }

  return belt_value_map (members, n);
}

typedef enum
{
  SIDE_SOURCE,   /* columns of the stream */
  SIDE_RULE,     /* slots of the rule */
} Side;

static BeltTrialKept *
keep_row (Run                   *run,
          Side                   side,
          GPtrArray             *rows,
          BeltBatch             *batch,
          guint                  row,
          const BeltWindowRange *range)
{
  BeltTrialKept *kept = belt_trial_kept_new ();
  BeltArena arena;
  BeltValue value;

  belt_arena_init (&arena);
  if (side == SIDE_SOURCE && belt_batch_get_fault (batch, row) == NULL)
    value = build_source_row (run, batch, row, &arena);
  else
    value = side == SIDE_SOURCE ? belt_value_map (NULL, 0) : build_row (run, batch, row, &arena);
  if (value.tag == BELT_TAG_JSON)
    value = belt_value_expand (&value, &arena);
  belt_value_dup_owned (&kept->row.row, &value);
  belt_arena_clear (&arena);

  kept->row.id = batch->row_ids != NULL ? batch->row_ids[row] : 0;
  kept->row.time_ms = batch->times != NULL ? batch->times[row] : 0;
  if (range != NULL)
    {
      kept->row.window_end = range->end;
      kept->range = *range;
      kept->has_range = TRUE;
    }

  if (rows->len >= run->spec->rows_max)
    {
      belt_trial_kept_free (rows->pdata[0], run->trial->plan->layout->n_slots);
      g_ptr_array_remove_index (rows, 0);
    }
  g_ptr_array_add (rows, kept);
  return kept;
}

static void
keep_slots (Run           *run,
            BeltTrialKept *kept,
            BeltBatch     *batch,
            guint          row)
{
  guint n_slots = run->trial->plan->layout->n_slots;

  kept->slots = g_new0 (BeltValue, n_slots + 1);
  for (guint i = 0; i < n_slots; i++)
    {
      const BeltValue *column = i < batch->n_columns ? batch->columns[i] : NULL;

      if (column == NULL)
        kept->slots[i] = belt_value_missing ();
      else if (column[row].tag == BELT_TAG_UNSET || column[row].tag == BELT_TAG_ERROR)
        kept->slots[i] = (BeltValue) { .tag = BELT_TAG_UNSET }
      ;
      else
        belt_value_dup_owned (&kept->slots[i], &column[row]);
    }
}

static void
keep_batch (Run       *run,
            Side       side,
            GPtrArray *rows,
            BeltBatch *batch,
            gboolean   with_slots)
{
  guint start = 0;

  for (guint e = 0; e < belt_batch_get_n_emissions (batch); e++)
    {
      guint end = belt_batch_get_emission_end (batch, e);

      for (guint i = start; i < end; i++)
        {
          guint row = belt_batch_get_row (batch, i);
          BeltTrialKept *kept = keep_row (run, side, rows, batch, row,
                                          batch->ranges != NULL ? &batch->ranges[e] : NULL);

          if (with_slots)
            keep_slots (run, kept, batch, row);
        }
      start = end;
    }
}

static gboolean
evaluates_rows (const BeltPlanOp *op)
{
  return op->kind == BELT_PLAN_FILTER || op->kind == BELT_PLAN_HAVING || op->kind == BELT_PLAN_WINDOW_FILTER ||
         op->kind == BELT_PLAN_PROJECT;
}

static gboolean
is_source (const BeltPlanOp *op)
{
  return op->kind == BELT_PLAN_SOURCE && !g_ascii_isdigit (op->name[0]);
}

static void
tap_enter (BeltTap   *tap,
           BeltOp    *op,
           BeltBatch *batch)
{
  Run *run = tap->owner;
  guint index = get_op_index (run, op);
  BeltTrialOp *trial_op = run->trial->ops->pdata[index];

  const BeltPlanOp *plan_op = &run->trial->plan->ops[index];
  Side side = is_source (plan_op) || plan_op->kind == BELT_PLAN_SCAN ? SIDE_SOURCE : SIDE_RULE;

  keep_batch (run, side, trial_op->in, batch, evaluates_rows (plan_op));
}

static void
tap_leave (BeltTap   *tap,
           BeltOp    *op,
           BeltBatch *batch)
{
  Run *run = tap->owner;
  guint index = get_op_index (run, op);
  BeltTrialOp *trial_op = run->trial->ops->pdata[index];

  keep_batch (run, is_source (&run->trial->plan->ops[index]) ? SIDE_SOURCE : SIDE_RULE, trial_op->out, batch,
              FALSE);
}

static void
tap_drop (BeltTap        *tap,
          BeltOp         *op,
          BeltBatch      *batch,
          guint           row,
          BeltDropReason  reason,
          const char     *detail)
{
  Run *run = tap->owner;
  guint index = get_op_index (run, op);
  BeltTrialOp *trial_op = run->trial->ops->pdata[index];
  BeltEval *eval = belt_topology_get_eval (run->topology);
  BeltTrialKept *kept = keep_row (run, SIDE_RULE, trial_op->dropped, batch, row, eval->range);

  kept->row.reason = reason;
  if (eval->batch == batch)
    eval->row = row;
  kept->row.why = belt_trial_say_why (run->trial->plan, &run->trial->plan->ops[index], eval, reason, detail);
}

/* --- sinks --- */

static JsonNode *
value_to_json (const BeltValue *value)
{
  g_autoptr(GString) text = g_string_new (NULL);
  JsonNode *node;

  if (value->tag == BELT_TAG_STR)
    g_string_append_len (text, value->u.s, value->len);
  else
    belt_json_write (text, value);
  node = json_from_string (text->str, NULL);
  return node != NULL ? node : json_node_init_null (json_node_alloc ());
}

static void
free_emission (gpointer data)
{
  Emission *emission = data;

  belt_value_clear_owned (&emission->value);
  g_free (emission);
}

static void
take_emission (BeltEmissionSink *sink,
               guint             index,
               const BeltValue  *value,
               const BeltFault  *fault,
               guint             n_rows)
{
  Run *run = sink->owner;
  BeltTrial *trial = run->trial;
  BeltTrialOp *op = trial->ops->pdata[trial->plan->sinks[index].op];
  JsonArray *payloads = json_node_get_array (op->would_send);

  if (json_array_get_length (payloads) < BELT_TRIAL_PAYLOADS_MAX)
    json_array_add_element (payloads, value_to_json (value));

  if (index == 0 && trial->emission_list->len < BELT_TRIAL_EMISSIONS_MAX)
    {
      Emission *emission = g_new0 (Emission, 1);

      belt_value_dup_owned (&emission->value, value);
      if (fault != NULL)
        {
          BeltFault *copy = belt_arena_memdup (trial->arena, fault, sizeof *fault);

          copy->message = belt_arena_memdup (trial->arena, fault->message, strlen (fault->message) + 1);
          if (fault->function != NULL)
            copy->function = belt_arena_memdup (trial->arena, fault->function, strlen (fault->function) + 1);
          emission->fault = copy;
        }
      g_ptr_array_add (trial->emission_list, emission);
      g_ptr_array_add (trial->emissions, &emission->value);
    }
}

/* --- lookup tables of a trial: what was fed to them, the newest row a key --- */

typedef struct
{
  Run   *run;
  guint  stream;
} LookupOwner;

static gboolean
matches_keys (const BeltValue   *row,
              const char *const *keys,
              const BeltValue   *values,
              guint              n_keys)
{
  for (guint i = 0; i < n_keys; i++)
    {
      const BeltValue *own = belt_value_get_member (row, keys[i], strlen (keys[i]));

      if (own == NULL)
        return FALSE;
      if (belt_value_is_number (own) && belt_value_is_number (&values[i]))
        {
          if (belt_value_as_f64 (own) != belt_value_as_f64 (&values[i]))
            return FALSE;
        }
      else if (!belt_value_equal (own, &values[i]))
        return FALSE;
    }

  return TRUE;
}

static void
find_rows (gpointer           owner,
           const char *const *keys,
           const BeltValue   *values,
           guint              n_keys,
           BeltArena         *arena,
           GArray            *ret_rows)
{
  LookupOwner *self = owner;
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, self->run->tables[self->stream]);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    {
      if (matches_keys (row, keys, values, n_keys))
        g_array_append_vals (ret_rows, row, 1);
    }
}

static void
free_table_row (gpointer data)
{
  belt_value_clear_owned (data);
  g_free (data);
}

static void
feed_table (Run    *run,
            guint   stream,
            GBytes *payload)
{
  const char *key = run->trial->plan->streams[stream].stream->key;
  BeltArena arena;
  BeltValue row;
  BeltJsonError error;
  const BeltValue *member;
  BeltValue *owned;
  gsize len;
  const char *data = g_bytes_get_data (payload, &len);
  g_autofree char *padded = g_malloc0 (len + BELT_JSON_PADDING);

  memcpy (padded, data, len);
  belt_arena_init (&arena);
  if (belt_json_parse (padded, len, 0, &arena, &row, &error) && row.tag == BELT_TAG_MAP)
    {
      member = key != NULL ? belt_value_get_member (&row, key, strlen (key)) : NULL;
      owned = g_new0 (BeltValue, 1);
      belt_value_dup_owned (owned, &row);
      g_hash_table_replace (run->tables[stream],
                            member != NULL ? belt_trial_say_value (member)
                                           : g_strdup_printf ("%u", g_hash_table_size (run->tables[stream])),
                            owned);
    }
  belt_arena_clear (&arena);
}

/* --- running --- */

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
push_batch (BeltBatch *batch,
            gpointer   user_data)
{
  Run *run = user_data;

  belt_topology_push (run->topology, run->stream, batch);
}

static int
find_stream (Run        *run,
             const char *name)
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
parse_metadata (const char *text,
                BeltArena  *arena,
                BeltValue  *ret_metadata)
{
  gsize len = text != NULL ? strlen (text) : 0;
  BeltJsonError error;
  char *padded;

  if (text == NULL)
    return FALSE;

  padded = belt_arena_alloc0 (arena, len + BELT_JSON_PADDING);
  memcpy (padded, text, len);
  return belt_json_parse (padded, len, 0, arena, ret_metadata, &error) && ret_metadata->tag == BELT_TAG_MAP;
}

static void
feed (Run                  *run,
      const BeltTrialInput *input)
{
  int stream = input->stream != NULL ? find_stream (run, input->stream) : -1;
  BeltValue metadata;
  BeltArena arena;
  gboolean has_metadata;
  gsize len;
  const char *data;

  if (stream < 0 || input->payload == NULL)
    return;

  if (run->trial->plan->streams[stream].is_lookup)
    {
      feed_table (run, (guint)stream, input->payload);
      return;
    }

  belt_arena_init (&arena);
  has_metadata = parse_metadata (input->metadata, &arena, &metadata);
  data = g_bytes_get_data (input->payload, &len);
  run->stream = (guint)stream;
  belt_decoder_decode (run->decoders[stream], data, len, FALSE, NULL, has_metadata ? &metadata : NULL,
                       belt_clock_get_ms (run->clock), &run->sequence, (guint)stream, push_batch, run);
  belt_arena_clear (&arena);
}

static void
advance_to (Run    *run,
            gint64  at_ms)
{
  if (at_ms >= 0 && at_ms >= belt_clock_get_ms (run->clock))
    belt_topology_advance (run->topology, at_ms);
}

static gboolean
make_decoders (Run     *run,
               GError **error)
{
  const BeltPlan *plan = run->trial->plan;

  run->decoders = g_new0 (BeltDecoder *, plan->n_streams + 1);
  run->tables = g_new0 (GHashTable *, plan->n_streams + 1);
  run->lookups = g_new0 (BeltLookupTable, plan->n_streams + 1);
  run->lookup_owners = g_new0 (gpointer, plan->n_streams + 1);

  for (guint i = 0; i < plan->n_streams; i++)
    {
      const BeltPlanStream *stream = &plan->streams[i];
      LookupOwner *owner;

      if (!stream->is_lookup)
        {
          run->decoders[i] = belt_decoder_new (stream->stream, NULL, (const char *const *)stream->columns,
                                               stream->n_columns, stream->whole, 0, error);
          if (run->decoders[i] == NULL)
            return FALSE;
          continue;
        }

      owner = g_new0 (LookupOwner, 1);
      *owner = (LookupOwner) { run, i };
      run->tables[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_table_row);
      run->lookup_owners[i] = owner;
      run->lookups[i] = (BeltLookupTable) { find_rows, owner };
    }

  return TRUE;
}

static void
make_ops (BeltTrial *trial)
{
  for (guint i = 0; i < trial->plan->n_ops; i++)
    {
      const BeltPlanOp *op = &trial->plan->ops[i];
      BeltTrialOp *trial_op = g_new0 (BeltTrialOp, 1);

      trial_op->name = g_strdup (op->name);
      trial_op->label = g_strdup (op->label);
      trial_op->span = op->span;
      trial_op->in = g_ptr_array_new ();
      trial_op->out = g_ptr_array_new ();
      trial_op->dropped = g_ptr_array_new ();
      trial_op->next = g_array_new (FALSE, FALSE, sizeof (guint));
      if (op->n_next > 0)
        g_array_append_vals (trial_op->next, op->next, op->n_next);
      if (op->kind == BELT_PLAN_SINK)
        {
          trial_op->would_send = json_node_new (JSON_NODE_ARRAY);
          json_node_take_array (trial_op->would_send, json_array_new ());
        }
      g_ptr_array_add (trial->ops, trial_op);
    }
}

static void
free_rows (GPtrArray *rows,
           guint      n_slots)
{
  for (guint i = 0; i < rows->len; i++)
    belt_trial_kept_free (rows->pdata[i], n_slots);
  g_ptr_array_unref (rows);
}

static void
free_op (BeltTrialOp *op,
         guint        n_slots)
{
  g_free (op->name);
  g_free (op->kind);
  g_free (op->label);
  free_rows (op->in, n_slots);
  free_rows (op->out, n_slots);
  free_rows (op->dropped, n_slots);
  g_array_unref (op->next);
  g_clear_pointer (&op->would_send, json_node_unref);
  g_free (op);
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
read_counters (Run *run)
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
      memcpy (op->n_dropped, ops[i]->counters.n_dropped, sizeof op->n_dropped);
      if (run->spec->rows_max > 0 && run->trial->plan->ops[i].kind != BELT_PLAN_SINK)
        {
          BeltTrialHeld held = { run->trial->plan, &run->trial->plan->ops[i], ops[i], watermark_ms,
                                 run->spec->rows_max };

          belt_trial_list_held (&held, op);
        }
    }
}

/* --- the summary --- */

static BeltDropReason
get_main_reason (const BeltTrialOp *op,
                 guint64           *ret_n)
{
  BeltDropReason reason = 0;

  *ret_n = 0;
  for (guint i = 1; i < BELT_DROP_N_REASONS; i++)
    {
      if (op->n_dropped[i] > *ret_n)
        {
          *ret_n = op->n_dropped[i];
          reason = i;
        }
    }

  return reason;
}

static const char *
find_example (const BeltTrialOp *op,
              BeltDropReason     reason)
{
  for (guint i = op->dropped->len; i > 0; i--)
    {
      const BeltTrialKept *kept = op->dropped->pdata[i - 1];

      if (kept->row.reason == reason)
        return kept->row.why;
    }

  return NULL;
}

static char *
summarise (BeltTrial *trial)
{
  if (trial->emission_list->len > 0)
    return NULL;

  for (guint i = 0; i < trial->ops->len; i++)
    {
      const BeltTrialOp *op = trial->ops->pdata[i];
      guint64 n;
      BeltDropReason reason;
      const char *example;

      if (trial->plan->ops[i].kind == BELT_PLAN_SOURCE && op->n_in == 0)
        return g_strdup_printf ("%s got no rows.", op->label);
      if (op->n_in == 0 || op->n_out > 0)
        continue;

      reason = get_main_reason (op, &n);
      if (reason == 0)
        continue;
      example = find_example (op, reason);
      return g_strdup_printf ("%s let none of %" G_GUINT64_FORMAT " rows through; of %" G_GUINT64_FORMAT
                              " for instance: %s.", op->label, op->n_in, n,
                              example != NULL ? example : belt_drop_reason_get_name (reason));
    }

  return NULL;
}

static BeltTrial *
trial_new (void)
{
  BeltTrial *trial = g_new0 (BeltTrial, 1);

  trial->ref_count = 1;
  trial->diagnostics = g_ptr_array_new_with_free_func ((GDestroyNotify)belt_diagnostic_free);
  trial->ops = g_ptr_array_new ();
  trial->emissions = g_ptr_array_new ();
  trial->emission_list = g_ptr_array_new_with_free_func (free_emission);
  trial->arena = belt_arena_new ();

  return trial;
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
  trial->plan = g_steal_pointer (&result->plan);

  return trial->plan != NULL;
}

static void
run_clear (Run *run)
{
  const BeltPlan *plan = run->trial->plan;

  g_clear_pointer (&run->topology, belt_topology_free);
  for (guint i = 0; run->decoders != NULL && i < plan->n_streams; i++)
    {
      g_clear_pointer (&run->decoders[i], belt_decoder_free);
      g_clear_pointer (&run->tables[i], g_hash_table_unref);
      g_free (run->lookup_owners[i]);
    }
  g_free (run->decoders);
  g_free (run->tables);
  g_free (run->lookups);
  g_free (run->lookup_owners);
  g_clear_pointer (&run->clock, belt_clock_unref);
}

static void
set_up (Run *run)
{
  const BeltPlan *plan = run->trial->plan;
  g_autoptr(BeltClock) wall = belt_clock_new_wall ();
  gint64 start_ms = run->spec->start_ms >= 0 ? run->spec->start_ms : belt_clock_get_ms (wall);

  run->clock = belt_clock_new_virtual (start_ms);
  run->environment = (BeltEnvironment) {
    .now_ns = read_clock,
    .clock = run->clock,
    .random_state = { G_GUINT64_CONSTANT (0x9e3779b97f4a7c15), 1 },
    .rule_id = run->spec->rule_id != NULL ? run->spec->rule_id : "trial",
    .rule_start_ms = start_ms,
    .zone = belt_zone_get_default (),
  };
  run->sink = (BeltEmissionSink) { .emission = take_emission, .owner = run };
  run->tap = (BeltTap) { tap_enter, tap_leave, tap_drop, run };
  run->topology = belt_topology_new (run->trial->plan, &run->environment, &run->sink);
  belt_topology_set_now_func (run->topology, set_clock, run->clock);
  if (run->spec->rows_max > 0)
    belt_topology_set_tap (run->topology, &run->tap);
  for (guint i = 0; i < plan->n_streams; i++)
    {
      if (plan->streams[i].is_lookup)
        belt_topology_set_lookup (run->topology, i, &run->lookups[i]);
    }
}

static gboolean
drive (Run           *run,
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
  g_autoptr(BeltTrial) trial = trial_new ();
  g_autoptr(GError) local = NULL;
  Run run = { .trial = trial, .spec = spec };
  gboolean ok = TRUE;

  g_return_val_if_fail (spec != NULL && spec->sql != NULL, NULL);
  g_return_val_if_fail (spec->catalog != NULL && spec->functions != NULL, NULL);

  if (!plan_trial (trial, spec))
    return g_steal_pointer (&trial);

  make_ops (trial);
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

  trial->summary = summarise (trial);
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

BeltTrial *
belt_trial_ref (BeltTrial *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
belt_trial_unref (BeltTrial *self)
{
  guint n_slots;

  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  n_slots = self->plan != NULL ? self->plan->layout->n_slots : 0;
  for (guint i = 0; i < self->ops->len; i++)
    free_op (self->ops->pdata[i], n_slots);
  g_ptr_array_unref (self->ops);
  g_ptr_array_unref (self->emissions);
  g_ptr_array_unref (self->emission_list);
  g_ptr_array_unref (self->diagnostics);
  g_clear_pointer (&self->plan, belt_plan_unref);
  belt_arena_free (self->arena);
  g_free (self->summary);
  g_free (self->error);
  g_free (self);
}

GPtrArray *
belt_trial_get_diagnostics (BeltTrial *self)
{
  return self->diagnostics;
}

GPtrArray *
belt_trial_get_ops (BeltTrial *self)
{
  return self->ops;
}

GPtrArray *
belt_trial_get_emissions (BeltTrial *self)
{
  return self->emissions;
}

const BeltFault *
belt_trial_get_emission_fault (BeltTrial *self,
                               guint      emission)
{
  g_return_val_if_fail (emission < self->emission_list->len, NULL);

  return ((const Emission *)self->emission_list->pdata[emission])->fault;
}

const char *
belt_trial_get_summary (BeltTrial *self)
{
  return self->summary;
}

const char *
belt_trial_get_error (BeltTrial *self,
                      gboolean  *ret_is_parse_error)
{
  if (ret_is_parse_error != NULL)
    *ret_is_parse_error = !self->parsed;

  return self->error;
}

BeltPlan *
belt_trial_get_plan (BeltTrial *self)
{
  return self->plan;
}

static gint64
read_no_clock (gpointer clock)
{
  return 0;
}

/* One row of a batch of its own, from the slots that were kept. */
static BeltBatch *
rebuild_batch (BeltTrial           *self,
               const BeltTrialKept *kept)
{
  guint n_slots = self->plan->layout->n_slots;
  BeltBatch *batch = belt_batch_new (1, n_slots);

  batch->row_ids = belt_arena_new_array (&batch->arena, BeltRowId, 1);
  batch->times = belt_arena_new_array (&batch->arena, gint64, 1);
  batch->row_ids[0] = kept->row.id;
  batch->times[0] = kept->row.time_ms;
  for (guint i = 0; i < n_slots; i++)
    belt_batch_add_column (batch, i)[0] = kept->slots[i];

  return batch;
}

static const BeltTrialKept *
find_kept (const BeltTrialOp *op,
           BeltRowId          row)
{
  for (guint i = op->in->len; i > 0; i--)
    {
      const BeltTrialKept *kept = op->in->pdata[i - 1];

      if (kept->row.id == row && kept->slots != NULL)
        return kept;
    }

  return NULL;
}

JsonNode *
belt_trial_explain (BeltTrial *self,
                    guint      op,
                    BeltRowId  row)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *out = json_array_new ();
  const BeltTrialKept *kept = op < self->ops->len ? find_kept (self->ops->pdata[op], row) : NULL;

  json_node_take_array (node, out);
  if (kept != NULL)
    {
      g_autoptr(BeltBatch) batch = rebuild_batch (self, kept);
      g_autoptr(GPtrArray) exprs = belt_trial_list_exprs (&self->plan->ops[op]);
      g_autofree gpointer *states = g_new0 (gpointer, self->plan->n_states + 1);
      BeltEnvironment environment = { .now_ns = read_no_clock, .rule_id = "trial",
                                      .zone = belt_zone_get_default () };
      BeltEval eval = { .batch = batch, .arena = &batch->arena, .environment = &environment,
                        .states = states, .layout = self->plan->layout,
                        .range = kept->has_range ? &kept->range : NULL };

      for (guint i = 0; i < exprs->len; i++)
        belt_trial_record (self->plan, exprs->pdata[i], &eval, out);

      for (guint i = 0; i < self->plan->n_states; i++)
        {
          GDestroyNotify state_free = self->plan->state_frees[i];

          if (states[i] != NULL)
            (state_free != NULL ? state_free : g_free)(states[i]);
        }
    }

  return node;
}
