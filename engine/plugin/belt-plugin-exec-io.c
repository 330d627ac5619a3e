/* belt-plugin-exec-io.c - sources, sinks, and state in and out
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A poll's rows and the offset behind them leave in one reply, so that the engine
 * has both or neither.
 */
#include "config.h"

#include "belt-plugin-exec.h"

static belt_status
write_state (belt_writer *writer,
             const void  *data,
             size_t       size)
{
  BeltExec *self = writer->h;
  BeltWireReply *rp = &self->head->rp;
  gsize at = belt_wire_put_bytes (&self->out, data, size);

  if (self->out.failed)
    return BELT_E_NOMEM;
  if (rp->state_size == 0)
    rp->state_at = at;
  rp->state_size += size;

  return BELT_OK;
}

void
belt_exec_run_save (BeltExec *self)
{
  BeltWireReply *rp = &self->head->rp;
  belt_writer writer = { .struct_size = sizeof writer, .h = self, .write = write_state };
  belt_status status = BELT_E_UNSUPPORTED;

  belt_exec_begin (self, G_MAXUINT32);
  if (self->def->kind == BELT_KIND_SCALAR && BELT_DEF_HAS ((const belt_scalar *)self->def, save))
    status = ((const belt_scalar *)self->def)->save (self, self->self, &writer);
  else if (self->def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)self->def, save))
    status = ((const belt_source *)self->def)->save (self, self->self, &writer);
  rp->status = belt_exec_end (self, status);
  rp->has_state = rp->status == BELT_OK;
  rp->state_version = self->def->state_version;
}

typedef struct
{
  const char *data;
  gsize       left;
} BeltStateCursor;

static belt_status
read_state (belt_reader *reader,
            void        *data,
            size_t       size)
{
  BeltStateCursor *cursor = reader->h;

  if (size > cursor->left)
    return BELT_EOF;

  memcpy (data, cursor->data, size);
  cursor->data += size;
  cursor->left -= size;
  reader->remaining = cursor->left;

  return BELT_OK;
}

void
belt_exec_run_restore (BeltExec *self)
{
  const BeltValue *value = (const BeltValue *)(self->request + self->head->rq.values_at);
  BeltStateCursor cursor = { value->u.s, value->len };
  belt_reader reader = { .struct_size = sizeof reader, .state_version = self->head->rq.state_version,
                         .h = &cursor, .remaining = value->len, .read = read_state };
  belt_status status = BELT_E_UNSUPPORTED;

  belt_exec_begin (self, G_MAXUINT32);
  if (self->def->kind == BELT_KIND_SCALAR && BELT_DEF_HAS ((const belt_scalar *)self->def, restore))
    status = ((const belt_scalar *)self->def)->restore (self, self->self, &reader);
  else if (self->def->kind == BELT_KIND_SOURCE && BELT_DEF_HAS ((const belt_source *)self->def, restore))
    status = ((const belt_source *)self->def)->restore (self, self->self, &reader);
  self->head->rp.status = belt_exec_end (self, status);
}

/* A row or payload of the poll at hand, with its metadata behind it.  Half of the area is
 * kept for the last row and the state. */
static belt_status
put_emitted (BeltExec             *self,
             const BeltValue      *value,
             const belt_emit_meta *meta)
{
  gsize used = self->out.used;
  gsize at = self->emitted_at + self->n_emitted * 2 * sizeof (BeltValue);
  BeltValue pair[2] = { *value, belt_value_null () };

  if (self->n_emitted >= self->n_emitted_max || used > BELT_WIRE_AREA_SIZE / 2)
    return BELT_AGAIN;

  if (meta != NULL && meta->nmeta > 0)
    pair[1] = belt_value_map ((const BeltMember *)meta->meta, meta->nmeta);
  belt_wire_put_values (&self->out, at, pair, 2, &self->scratch);
  if (self->out.failed)
    {
      self->out.failed = FALSE;
      self->out.used = used;
      belt_exec_fail (self, BELT_E_INVALID, "a row of more than %u MiB", BELT_WIRE_AREA_SIZE >> 21);
      return BELT_E_INVALID;
    }
  self->n_emitted++;
  __atomic_store_n (&self->head->unit, self->n_emitted, __ATOMIC_RELAXED);

  return BELT_OK;
}

static belt_status
ingest_row (belt_ingest          *ingest,
            const belt_field     *fields,
            uint32_t              n,
            const belt_emit_meta *meta)
{
  BeltValue value = belt_value_map ((const BeltMember *)fields, n);

  return put_emitted ((BeltExec *)ingest, &value, meta);
}

static belt_status
ingest_bytes (belt_ingest          *ingest,
              belt_str              payload,
              const belt_emit_meta *meta)
{
  BeltValue value;

  if (payload.len > BELT_WIRE_AREA_SIZE / 2)
    return BELT_E_INVALID;

  value = belt_value_bytes (payload.ptr, payload.len);
  return put_emitted ((BeltExec *)ingest, &value, meta);
}

static void
ingest_status (belt_ingest *ingest,
               belt_status  status,
               belt_str     text)
{
  BeltExec *self = (BeltExec *)ingest;

  self->ingest_status = status;
  belt_exec_fail (self, BELT_OK, "%.*s", (int)MIN (text.len, BELT_WIRE_TEXT_MAX - 1), text.ptr);
}

void
belt_exec_run_poll (BeltExec *self)
{
  static const belt_ingest_api api = { sizeof api, 0, ingest_row, ingest_bytes, ingest_status };
  const belt_source *def = (const belt_source *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  belt_status status;
  int64_t deadline;

  if (def->def.kind != BELT_KIND_SOURCE)
    {
      self->head->rp.status = BELT_E_INVALID;
      return;
    }

  self->n_emitted = 0;
  self->n_emitted_max = rq->rows_max;
  self->ingest_status = BELT_OK;
  self->emitted_at = belt_wire_reserve (&self->out, (gsize)rq->rows_max * 2 * sizeof (BeltValue));
  deadline = belt_exec_get_now (self) + (int64_t)rq->wait_ms * 1000000;

  belt_exec_begin (self, 0);
  status = def->poll (self, self->self, &api, (belt_ingest *)self, rq->rows_max, deadline);
  status = belt_exec_end (self, status);

  if (BELT_DEF_HAS (def, save))
    {
      char text[BELT_WIRE_TEXT_MAX];

      memcpy (text, self->fail_text, sizeof text);
      belt_exec_run_save (self);
      memcpy (self->fail_text, text, sizeof text);
    }
  if (status == BELT_OK && self->ingest_status < BELT_OK)
    status = self->ingest_status;
  self->head->rp.status = status;
  self->head->rp.values_at = self->emitted_at;
  self->head->rp.n_values = self->n_emitted * 2;
}

static void
put_rejected (BeltExec   *self,
              guint       row,
              const char *text,
              gsize       len)
{
  BeltValue pair[2] = { belt_value_i64 (row), belt_value_str (text, len) };

  if (self->n_rejected >= self->head->rq.n_rows)
    return;

  belt_wire_put_values (&self->out, self->rejected_at + self->n_rejected * 2 * sizeof (BeltValue), pair, 2,
                        &self->scratch);
  self->n_rejected++;
}

static void
delivery_reject_row (belt_delivery *delivery,
                     uint32_t       row,
                     belt_str       text)
{
  put_rejected ((BeltExec *)delivery, row, text.ptr, MIN (text.len, BELT_WIRE_TEXT_MAX));
}

static belt_status
collect_rows (BeltExec  *self,
              BeltValue *rows)
{
  const belt_sink *def = (const belt_sink *)self->def;

  for (guint i = 0; i < self->head->rq.n_rows; i++)
    {
      belt_status status;

      if (belt_exec_is_skipped (self, i))
        continue;

      belt_exec_begin (self, i);
      status = belt_exec_end (self, def->row (self, self->self, (const belt_value *)&rows[i]));
      if (status == BELT_E_REJECTED || status == BELT_E_INVALID)
        put_rejected (self, i, self->fail_text[0] != 0 ? self->fail_text : "rejected",
                      strlen (self->fail_text[0] != 0 ? self->fail_text : "rejected"));
      else if (status < BELT_OK)
        return status;
      belt_arena_reset (&self->scratch);
    }

  return BELT_OK;
}

static guint
find_name (GArray     *names,
           guint       guess,
           const char *name,
           gsize       len)
{
  belt_str added = { name, len };

  if (guess < names->len && g_array_index (names, belt_str, guess).len == len &&
      memcmp (g_array_index (names, belt_str, guess).ptr, name, len) == 0)
    return guess;
  for (guint i = 0; i < names->len; i++)
    if (g_array_index (names, belt_str, i).len == len && memcmp (g_array_index (names, belt_str, i).ptr, name,
                                                                 len) == 0)
      return i;

  g_array_append_val (names, added);
  return names->len - 1;
}

/* Rows are MAPs of any members; columns are the union of their names, in order of arrival. */
static belt_status
collect_batch (BeltExec  *self,
               BeltValue *rows)
{
  static const belt_delivery_api api = { sizeof api, 0, delivery_reject_row };
  const belt_sink *def = (const belt_sink *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  g_autoptr(GArray) names = g_array_new (FALSE, FALSE, sizeof (belt_str));
  belt_batch batch = { .struct_size = sizeof batch, .nrows = rq->n_rows, .flags = self->batch_flags,
      .seq = rq->sequence };
  belt_vec *columns;

  for (guint i = 0; i < rq->n_rows; i++)
    for (guint k = 0; rows[i].tag == BELT_TAG_MAP && k < rows[i].len; k++)
      find_name (names, k, rows[i].u.members[k].name, rows[i].u.members[k].name_len);

  columns = belt_arena_new_array (&self->scratch, belt_vec, names->len);
  for (guint k = 0; k < names->len; k++)
    {
      BeltValue *values = belt_arena_new_array (&self->scratch, BeltValue, rq->n_rows);

      for (guint i = 0; i < rq->n_rows; i++)
        values[i] = (BeltValue) { .tag = BELT_TAG_NULL, .flags = BELT_V_MISSING }
      ;
      columns[k] = (belt_vec) { .type = BELT_T_ANY, .len = rq->n_rows, .data = values };
    }
  for (guint i = 0; i < rq->n_rows; i++)
    for (guint k = 0; rows[i].tag == BELT_TAG_MAP && k < rows[i].len; k++)
      ((BeltValue *)columns[find_name (names, k, rows[i].u.members[k].name,
                                       rows[i].u.members[k].name_len)].data)[i] =
        rows[i].u.members[k].value;

  batch.ncols = names->len;
  batch.names = (const belt_str *)names->data;
  batch.cols = columns;
  batch.nemissions = rq->n_groups;
  batch.emission_ends = (const uint32_t *)(self->request + rq->groups_at);
  belt_exec_begin (self, G_MAXUINT32);

  return belt_exec_end (self, def->collect (self, self->self, &batch, &api, (belt_delivery *)self));
}

void
belt_exec_run_collect (BeltExec *self)
{
  const belt_sink *def = (const belt_sink *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  BeltValue *rows = (BeltValue *)(self->request + rq->values_at);
  belt_status status;

  if (def->def.kind != BELT_KIND_SINK)
    {
      self->head->rp.status = BELT_E_INVALID;
      return;
    }

  self->n_rejected = 0;
  self->rejected_at = belt_wire_reserve (&self->out, (gsize)rq->n_rows * 2 * sizeof (BeltValue));
  status = BELT_DEF_HAS (def, row) ? collect_rows (self, rows) : collect_batch (self, rows);
  if (status == BELT_OK && BELT_DEF_HAS (def, flush))
    {
      belt_exec_begin (self, G_MAXUINT32);
      status = belt_exec_end (self, def->flush (self, self->self));
    }
  self->head->rp.status = status;
  self->head->rp.values_at = self->rejected_at;
  self->head->rp.n_values = self->n_rejected * 2;
}
