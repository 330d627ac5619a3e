/* belt-op-sink.c - from rows to what one call of a sink receives
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values live in a scratch arena of the operator that is reset after each batch;
 * payloads collected by batchSize are copied into another that lives until they go.
 */
#include "config.h"

#include "belt-op-sink.h"

#include "belt-json.h"
#include "belt-sink-payload.h"

typedef struct
{
  BeltOp              op;
  const BeltSinkSpec *spec;
  BeltSinkFunc        receive;
  gpointer            owner;
  BeltArena           scratch;
  BeltArena           held_arena;
  GArray             *held;      /* of BeltValue: payloads waiting for batchSize or lingerInterval */
  guint               n_held_rows;
  gint64              n_items;   /* emissions since the last batch went */
  char              **rendered;  /* [n_templates] for the payload that came last; NULL each: not yet, or an error */
  gboolean            is_plain;  /* what is being delivered has no properties of its own */
  gint64              due_ms;    /* when lingerInterval ends next */
} BeltOpSink;

static void
deliver (BeltOpSink      *self,
         const BeltValue *payload,
         const BeltFault *fault,
         guint            n_rows)
{
  self->op.counters.n_out += n_rows;
  self->op.counters.n_emissions_out++;
  self->receive (self->owner, self->spec->sink, payload, fault, n_rows);
}

/* An error is an emission of its own; it passes by what a batch holds, as in eKuiper. */
static void
deliver_error (BeltOpSink      *self,
               const BeltFault *fault,
               guint            n_rows)
{
  BeltMember member = { "error", 5, belt_value_str (fault->message, strlen (fault->message)) };
  BeltValue row = belt_value_map (&member, 1);
  BeltValue list = belt_value_list (&row, 1);

  self->is_plain = TRUE;
  deliver (self, &list, fault, n_rows);
  self->is_plain = FALSE;
}

static void
fail (BeltOpSink      *self,
      const BeltValue *error,
      guint            n_rows)
{
  belt_op_count_fault (&self->op, error->u.fault);
  if (self->op.send_errors)
    deliver_error (self, error->u.fault, n_rows);
}

static void
flush (BeltOpSink *self)
{
  BeltValue list = belt_value_list ((BeltValue *)self->held->data, self->held->len);

  self->op.next_tick = G_MAXINT64;
  self->n_items = 0;
  if (self->held->len == 0)
    return;

  self->is_plain = self->spec->takes_rows;
  deliver (self, &list, NULL, self->n_held_rows);
  self->is_plain = FALSE;
  g_array_set_size (self->held, 0);
  self->n_held_rows = 0;
  belt_arena_reset (&self->held_arena);
}

/* A sink of rows gets one list of all of them; one of bytes a list of what each emission would have been. */
static void
hold (BeltOpSink      *self,
      const BeltValue *payload,
      guint            n_rows)
{
  BeltValue copy = belt_value_copy (payload, &self->held_arena);

  if (copy.tag == BELT_TAG_LIST && self->spec->takes_rows)
    g_array_append_vals (self->held, copy.u.items, copy.len);
  else
    g_array_append_val (self->held, copy);
  self->n_held_rows += n_rows;
  if (self->spec->linger_ms > 0)
    self->op.next_tick = self->due_ms;
}

/* A text for a sink that takes rows: eKuiper reads it again. */
static BeltValue
read_text (BeltOpSink      *self,
           const BeltValue *text)
{
  BeltJsonError error = { 0 };
  BeltValue value;

  if (!belt_json_parse (text->u.s, text->len, 0, &self->scratch, &value, &error))
    return belt_value_error (&self->scratch, BELT_FAULT_DECODE, "the result of dataTemplate is no row: %s",
                             error.message);
  if (value.tag == BELT_TAG_MAP)
    return value;
  for (guint i = 0; value.tag == BELT_TAG_LIST && i < value.len; i++)
    if (value.u.items[i].tag != BELT_TAG_MAP)
      value.tag = BELT_TAG_NULL;
  if (value.tag == BELT_TAG_LIST)
    return value;
  return belt_value_error (&self->scratch, BELT_FAULT_DECODE, "the result of dataTemplate is no row: it must be an "
                           "object or a list of objects");
}

/* FALSE: *ret_error is why a property cannot be worked out. */
static gboolean
render_properties (BeltOpSink      *self,
                   const BeltValue *row,
                   BeltValue       *ret_error)
{
  for (guint i = 0; i < self->spec->n_templates; i++)
    {
      const BeltSinkTemplate *template = &self->spec->templates[i];
      g_autoptr(GString) out = g_string_new (NULL);
      g_autoptr(GError) error = NULL;

      g_clear_pointer (&self->rendered[i], g_free);
      if (!belt_template_run (template->template, row, out, &error))
        {
          *ret_error = belt_value_error (&self->scratch, BELT_FAULT_EVAL, "fail to calculate props %s: %s",
                                         template->text, error->message);
          return FALSE;
        }
      self->rendered[i] = g_strdup (out->str);
    }

  return TRUE;
}

static void
take_payload (BeltOpSink      *self,
              const BeltValue *row,
              guint            n_rows)
{
  const BeltSinkSpec *spec = self->spec;
  gboolean is_batch = spec->batch_size > 0 || spec->linger_ms > 0;
  BeltValue payload;

  if (render_properties (self, row, &payload))
    payload = belt_sink_payload_make (spec, row, &self->scratch);
  if (payload.tag == BELT_TAG_STR && is_batch)
    payload = belt_value_error (&self->scratch, BELT_FAULT_EVAL,
                                "a text made by dataTemplate cannot be part of a batch: leave out batchSize and "
                                "lingerInterval");
  else if (payload.tag == BELT_TAG_MISSING && (is_batch || !spec->takes_rows))
    payload = belt_value_error (&self->scratch, BELT_FAULT_EVAL, "receive unsupported data <nil>: nothing is left "
                                "of the row to send");

  /* What a sink of rows cannot take is only counted. */
  if (spec->takes_rows && payload.tag == BELT_TAG_STR)
    {
      payload = read_text (self, &payload);
      if (belt_value_is_error (&payload))
        {
          belt_op_count_fault (&self->op, payload.u.fault);
          return;
        }
    }
  if (payload.tag == BELT_TAG_MISSING)
    self->op.counters.n_faults += n_rows;
  else if (belt_value_is_error (&payload))
    fail (self, &payload, n_rows);
  else if (is_batch)
    hold (self, &payload, n_rows);
  else
    deliver (self, &payload, NULL, n_rows);
}

static void
take_rows (BeltOpSink      *self,
           const BeltValue *rows,
           guint            n_rows)
{
  BeltValue list;

  if (n_rows == 0 && self->spec->omit_if_empty)
    {
      belt_op_count_drops (&self->op, BELT_DROP_OMIT_IF_EMPTY, 1);
      return;
    }
  if (!self->spec->send_single)
    {
      list = belt_value_list ((BeltValue *)rows, n_rows);
      take_payload (self, &list, n_rows);
      return;
    }

  for (guint i = 0; i < n_rows; i++)
    {
      if (self->spec->omit_if_empty && rows[i].tag == BELT_TAG_MAP && rows[i].len == 0)
        belt_op_count_drops (&self->op, BELT_DROP_OMIT_IF_EMPTY, 1);
      else
        take_payload (self, &rows[i], 1);
    }
}

/* lingerInterval ticks from the start of the rule on, whether rows come or not. */
static void
begin_item (BeltOpSink *self)
{
  const BeltEnvironment *environment = self->op.eval->environment;
  gint64 linger_ms = self->spec->linger_ms;
  gint64 now_ms;

  if (linger_ms == 0)
    return;

  now_ms = environment->now_ns (environment->clock) / 1000000;
  if (now_ms < self->due_ms)
    return;

  flush (self);
  self->due_ms += ((now_ms - self->due_ms) / linger_ms + 1) * linger_ms;
}

/* For all sinks at once.  What is nested too deeply to follow has no members. */
static BeltValue
expand_row (BeltBatch       *batch,
            const BeltValue *row)
{
  BeltValue expanded = belt_value_expand (row, &batch->arena);

  return expanded.tag == BELT_TAG_MAP ? expanded : belt_value_map (NULL, 0);
}

static void
handle_emission (BeltOpSink *self,
                 BeltBatch  *batch,
                 guint       start,
                 guint       end)
{
  BeltValue *column = batch->columns[self->spec->out_slot];
  BeltValue *rows = belt_arena_new_array (&self->scratch, BeltValue, MAX (end - start, 1));
  const BeltFault *fault = NULL;

  for (guint i = start; i < end && fault == NULL; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      fault = belt_batch_get_fault (batch, row);
      if (fault == NULL && column != NULL && column[row].tag == BELT_TAG_JSON)
        column[row] = expand_row (batch, &column[row]);
      rows[i - start] = column != NULL ? column[row] : belt_value_map (NULL, 0);
    }

  begin_item (self);
  if (fault != NULL)
    deliver_error (self, fault, end - start);
  else
    take_rows (self, rows, end - start);

  /* Emissions are counted, not rows, and those that came to nothing too. */
  if (self->spec->batch_size > 0 && ++self->n_items >= self->spec->batch_size)
    flush (self);
}

static void
belt_op_sink_push (BeltOp    *op,
                   BeltBatch *batch)
{
  BeltOpSink *self = (BeltOpSink *)op;
  guint start = 0;

  if (op->tap != NULL)
    op->tap->leave (op->tap, op, batch);

  if (self->receive == NULL)
    {
      op->counters.n_out += batch->n_selected;
      op->counters.n_emissions_out += belt_batch_get_n_emissions (batch);
      return;
    }

  for (guint e = 0; e < belt_batch_get_n_emissions (batch); e++)
    {
      guint end = belt_batch_get_emission_end (batch, e);

      handle_emission (self, batch, start, end);
      start = end;
    }

  belt_arena_reset (&self->scratch);
}

static void
belt_op_sink_tick (BeltOp *op,
                   gint64  now_ms)
{
  flush ((BeltOpSink *)op);
}

static void
belt_op_sink_finish (BeltOp *op)
{
  flush ((BeltOpSink *)op);
}

static void
belt_op_sink_free (BeltOp *op)
{
  BeltOpSink *self = (BeltOpSink *)op;

  for (guint i = 0; i < self->spec->n_templates; i++)
    g_free (self->rendered[i]);
  g_free (self->rendered);
  g_array_unref (self->held);
  belt_arena_clear (&self->scratch);
  belt_arena_clear (&self->held_arena);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass belt_op_sink_class = {
  .kind = "sink",
  .push = belt_op_sink_push,
  .tick = belt_op_sink_tick,
  .finish = belt_op_sink_finish,
  .free = belt_op_sink_free,
};

BeltOp *
belt_op_sink_new (const BeltSinkSpec *spec,
                  BeltEval           *eval,
                  gint64              now_ms)
{
  BeltOpSink *self = g_new0 (BeltOpSink, 1);

  belt_op_init (&self->op, &belt_op_sink_class);
  self->op.eval = eval;
  self->spec = spec;
  self->due_ms = now_ms + spec->linger_ms;
  self->rendered = g_new0 (char *, spec->n_templates);
  self->held = g_array_new (FALSE, FALSE, sizeof (BeltValue));
  belt_arena_init (&self->scratch);
  belt_arena_init (&self->held_arena);

  return &self->op;
}

void
belt_op_sink_set_receiver (BeltOp       *op,
                           BeltSinkFunc  receive,
                           gpointer      owner)
{
  BeltOpSink *self = (BeltOpSink *)op;

  self->receive = receive;
  self->owner = owner;
}

const char *
belt_op_sink_render (BeltOp     *op,
                     const char *text)
{
  BeltOpSink *self = (BeltOpSink *)op;

  for (guint i = 0; i < self->spec->n_templates && !self->is_plain; i++)
    if (strcmp (self->spec->templates[i].text, text) == 0)
      return self->rendered[i];
  return NULL;
}

typedef struct
{
  BeltOp     op;
  GPtrArray *outputs;
} BeltOpTee;

static void
belt_op_tee_push (BeltOp    *op,
                  BeltBatch *batch)
{
  BeltOpTee *self = (BeltOpTee *)op;

  for (guint i = 0; i < self->outputs->len; i++)
    belt_op_push (self->outputs->pdata[i], batch);
}

static void
belt_op_tee_finish (BeltOp *op)
{
  BeltOpTee *self = (BeltOpTee *)op;

  for (guint i = 0; i < self->outputs->len; i++)
    belt_op_finish (self->outputs->pdata[i]);
}

static void
belt_op_tee_free (BeltOp *op)
{
  BeltOpTee *self = (BeltOpTee *)op;

  g_ptr_array_unref (self->outputs);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass belt_op_tee_class = {
  .kind = "tee",
  .push = belt_op_tee_push,
  .finish = belt_op_tee_finish,
  .free = belt_op_tee_free,
};

BeltOp *
belt_op_tee_new (BeltEval *eval)
{
  BeltOpTee *self = g_new0 (BeltOpTee, 1);

  belt_op_init (&self->op, &belt_op_tee_class);
  self->op.eval = eval;
  self->outputs = g_ptr_array_new ();

  return &self->op;
}

void
belt_op_tee_add (BeltOp *op,
                 BeltOp *next)
{
  g_ptr_array_add (((BeltOpTee *)op)->outputs, next);
}
