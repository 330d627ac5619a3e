/* belt-op-sink.c - from rows to what one call of a sink receives
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values live in a scratch arena of the operator that is reset after each batch;
 * rows collected by batchSize are copied into another that lives until they go.
 */
#include "config.h"

#include "belt-op-sink.h"

#include "belt-json.h"

typedef struct
{
  BeltOp              op;
  const BeltSinkSpec *spec;
  BeltSinkFunc        receive;
  gpointer            owner;
  BeltArena           scratch;
  BeltArena           held_arena;
  GArray             *held;      /* of BeltValue: rows waiting for batchSize or lingerInterval */
} BeltOpSink;

static gboolean
is_named (char            **names,
          const BeltMember *member)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (strlen (names[i]) == member->name_len &&
          memcmp (names[i], member->name, member->name_len) == 0)
        return TRUE;
    }

  return FALSE;
}

/* A picked field that the row lacks becomes null, as eKuiper's map lookup makes it. */
static BeltValue
pick_fields (BeltOpSink      *self,
             const BeltValue *row)
{
  guint n_fields = g_strv_length (self->spec->fields);
  BeltMember *members = belt_arena_new_array (&self->scratch, BeltMember, n_fields);
  guint n = 0;

  for (guint i = 0; i < n_fields; i++)
    {
      const char *name = self->spec->fields[i];
      const BeltValue *value = belt_value_get_member (row, name, strlen (name));

      members[n++] = (BeltMember) { name, strlen (name), value != NULL ? *value : belt_value_null () };
    }

  return belt_value_map (members, n);
}

static BeltValue
select_members (BeltOpSink      *self,
                const BeltValue *row)
{
  BeltMember *members;
  guint n = 0;

  if (row->tag != BELT_TAG_MAP)
    return *row;
  if (self->spec->fields != NULL)
    return pick_fields (self, row);
  if (self->spec->exclude_fields == NULL)
    return *row;

  members = belt_arena_new_array (&self->scratch, BeltMember, MAX (row->len, 1));
  for (guint i = 0; i < row->len; i++)
    {
      if (!is_named (self->spec->exclude_fields, &row->u.members[i]))
        members[n++] = row->u.members[i];
    }

  return belt_value_map (members, n);
}

/* dataField replaces the payload by one of its members: of the row, or of the first row of a list. */
static BeltValue
take_data_field (BeltOpSink      *self,
                 const BeltValue *payload)
{
  const char *name = self->spec->data_field;
  const BeltValue *row = payload;
  const BeltValue *member = NULL;

  if (payload->tag == BELT_TAG_LIST)
    row = payload->len > 0 ? &payload->u.items[0] : NULL;
  if (row != NULL && row->tag == BELT_TAG_MAP)
    member = belt_value_get_member (row, name, strlen (name));

  return member != NULL ? belt_value_expand (member, &self->scratch) : belt_value_null ();
}

/* The text the template makes, or, for JSON, the value it is the text of. */
static BeltValue
apply_template (BeltOpSink      *self,
                const BeltValue *payload)
{
  const BeltSinkSpec *spec = self->spec;
  gboolean is_last = spec->data_field == NULL && spec->fields == NULL && spec->exclude_fields == NULL;
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  BeltJsonError json_error = { 0 };
  BeltValue value;
  char *padded;

  if (!belt_template_run (spec->data_template, payload, out, &error))
    return belt_value_error (&self->scratch, BELT_FAULT_EVAL, "fail to encode data with dataTemplate for error %s",
                             error->message);

  padded = belt_arena_alloc0 (&self->scratch, out->len + BELT_JSON_PADDING);
  memcpy (padded, out->str, out->len);
  if (spec->text_format && is_last)
    return belt_value_str (padded, out->len);
  if (!belt_json_parse (padded, out->len, 0, &self->scratch, &value, &json_error))
    return belt_value_error (&self->scratch, BELT_FAULT_EVAL,
                             "fail to decode data %s after applying dataTemplate for error %s", padded,
                             json_error.message);
  return value;
}

static BeltValue
transform (BeltOpSink      *self,
           const BeltValue *payload)
{
  BeltValue taken = *payload;
  BeltValue *items;

  if (self->spec->data_template != NULL)
    taken = apply_template (self, payload);
  if (taken.tag == BELT_TAG_STR || belt_value_is_error (&taken))
    return taken;
  if (self->spec->data_field != NULL)
    taken = take_data_field (self, &taken);
  if (taken.tag != BELT_TAG_LIST)
    return select_members (self, &taken);
  if (self->spec->fields == NULL && self->spec->exclude_fields == NULL)
    return taken;

  items = belt_arena_new_array (&self->scratch, BeltValue, MAX (taken.len, 1));
  for (guint i = 0; i < taken.len; i++)
    items[i] = select_members (self, &taken.u.items[i]);

  return belt_value_list (items, taken.len);
}

static void
deliver (BeltOpSink      *self,
         const BeltValue *payload,
         const BeltFault *fault,
         guint            n_rows)
{
  BeltValue value = fault != NULL ? *payload : transform (self, payload);

  if (belt_value_is_error (&value))
    {
      self->op.counters.n_faults += n_rows;
      return;
    }
  self->op.counters.n_out += n_rows;
  self->op.counters.n_emissions_out++;
  self->receive (self->owner, self->spec->sink, &value, fault, n_rows);
}

static void
deliver_rows (BeltOpSink      *self,
              const BeltValue *rows,
              guint            n_rows,
              const BeltFault *fault,
              gboolean         together)
{
  BeltValue list;

  if (together || !self->spec->send_single)
    {
      list = belt_value_list (rows, n_rows);
      deliver (self, &list, fault, n_rows);
      return;
    }

  for (guint i = 0; i < n_rows; i++)
    {
      if (self->spec->omit_if_empty && rows[i].tag == BELT_TAG_MAP && rows[i].len == 0)
        self->op.counters.n_dropped[BELT_DROP_OMIT_IF_EMPTY]++;
      else
        deliver (self, &rows[i], fault, 1);
    }
}

static BeltValue
make_error_row (BeltOpSink      *self,
                const BeltFault *fault)
{
  BeltMember *member = belt_arena_new_array (&self->scratch, BeltMember, 1);

  *member = (BeltMember) { "error", 5, belt_value_str (fault->message, strlen (fault->message)) };
  return belt_value_map (member, 1);
}

static void
flush (BeltOpSink *self)
{
  self->op.next_tick = G_MAXINT64;
  if (self->held->len == 0)
    return;

  deliver_rows (self, (const BeltValue *)self->held->data, self->held->len, NULL, TRUE);
  g_array_set_size (self->held, 0);
  belt_arena_reset (&self->held_arena);
}

static void
hold_rows (BeltOpSink      *self,
           const BeltValue *rows,
           guint            n_rows)
{
  const BeltEnvironment *environment = self->op.eval->environment;

  for (guint i = 0; i < n_rows; i++)
    {
      BeltValue copy = belt_value_copy (&rows[i], &self->held_arena);

      if (self->held->len == 0 && self->spec->linger_ms > 0)
        self->op.next_tick = environment->now_ns (environment->clock) / 1000000 + self->spec->linger_ms;
      g_array_append_val (self->held, copy);
      if (self->spec->batch_size > 0 && self->held->len >= self->spec->batch_size)
        flush (self);
    }
}

static void
handle_emission (BeltOpSink *self,
                 BeltBatch  *batch,
                 guint       start,
                 guint       end)
{
  const BeltValue *column = batch->columns[self->spec->out_slot];
  BeltValue *rows = belt_arena_new_array (&self->scratch, BeltValue, MAX (end - start, 1));
  const BeltFault *fault = NULL;

  for (guint i = start; i < end; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      const BeltFault *row_fault = belt_batch_get_fault (batch, row);

      if (row_fault != NULL)
        fault = row_fault;
      rows[i - start] = row_fault != NULL ? make_error_row (self, row_fault)
                        : column != NULL  ? column[row]
                                          : belt_value_map (NULL, 0);
    }

  if (end == start && self->spec->omit_if_empty)
    self->op.counters.n_dropped[BELT_DROP_OMIT_IF_EMPTY]++;
  else if (self->spec->batch_size > 0 || self->spec->linger_ms > 0)
    hold_rows (self, rows, end - start);
  else
    deliver_rows (self, rows, end - start, fault, FALSE);
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
                  BeltEval           *eval)
{
  BeltOpSink *self = g_new0 (BeltOpSink, 1);

  belt_op_init (&self->op, &belt_op_sink_class);
  self->op.eval = eval;
  self->spec = spec;
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
