/* belt-op-scan.c - a source's batch becomes a batch of the rule
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-op-scan.h"
#include "belt-time-format.h"

typedef struct
{
  BeltOp              op;
  const BeltScanSpec *spec;
  guint              *map;      /* NULL: columns stand in order */
  guint               n_aliases;
  guint              *aliases;  /* their slots */
} BeltOpScan;

/* Aliases start as not computed; memset makes every tag BELT_TAG_UNSET. */
static void
borrow_columns (BeltOpScan *self,
                BeltBatch  *out,
                BeltBatch  *in)
{

  for (guint i = 0; i < self->spec->n_columns; i++)
    {
      guint column = self->map != NULL ? self->map[i] : i;

      if (column < in->n_columns)
        out->columns[self->spec->slots[i]] = in->columns[column];
    }

  for (guint i = 0; i < self->n_aliases; i++)
    {
      BeltValue *values = belt_arena_new_array (&out->arena, BeltValue, out->n_rows);

      out->columns[self->aliases[i]] = memset (values, 0xff, out->n_rows * sizeof *values);
    }
}

static void
narrow_columns (BeltOpScan *self,
                BeltBatch  *batch)
{
  for (guint i = 0; self->spec->narrow != NULL && i < self->spec->narrow->len; i++)
    {
      const BeltNarrow *narrow = self->spec->narrow->pdata[i];
      const BeltValue *from = batch->columns[self->spec->narrow_slots[i]];
      BeltValue *to;

      if (from == NULL)
        continue;

      to = belt_arena_new_array (&batch->arena, BeltValue, MAX (batch->n_rows, 1));
      for (guint row = 0; row < batch->n_rows; row++)
        to[row] = belt_narrow_apply (narrow, &from[row], &batch->arena);
      batch->columns[self->spec->narrow_slots[i]] = to;
    }
}

static const BeltFault *
make_time_fault (BeltOpScan      *self,
                 BeltBatch       *batch,
                 const BeltValue *value)
{
  BeltValue error;

  if (belt_value_is_null (value))
    error = belt_value_error (&batch->arena, BELT_FAULT_VALIDATION, "cannot find timestamp field %s",
                              self->spec->time_name);
  else
    error = belt_value_error (&batch->arena, BELT_FAULT_VALIDATION,
                              "cannot convert timestamp field %s to timestamp with value %s",
                              self->spec->time_name, belt_value_describe (&batch->arena, value));

  return error.u.fault;
}

static gint64
get_floor_ms (gint64 ns)
{
  return ns / BELT_NS_PER_MS - (ns % BELT_NS_PER_MS < 0);
}

/* TIMESTAMP_FORMAT first, then the built-in patterns. */
static gboolean
read_time_text (BeltOpScan      *self,
                const BeltValue *value,
                gint64          *ret_ms)
{
  const BeltEnvironment *environment = self->op.eval->environment;
  const char *format = self->spec->time_format;
  gint64 now_ns = environment->now_ns (environment->clock);
  gint64 ns;
  guint16 zone;

  if ((format == NULL || format[0] == '\0' ||
       !belt_time_parse (value->u.s, value->len, format, strlen (format), environment->zone,
                         now_ns, &ns, &zone, NULL)) &&
      !belt_time_parse (value->u.s, value->len, NULL, 0, environment->zone, now_ns, &ns, &zone,
                        NULL))
    return FALSE;

  *ret_ms = get_floor_ms (ns);
  return TRUE;
}

static gboolean
read_time (BeltOpScan      *self,
           BeltBatch       *batch,
           const BeltValue *value,
           gint64          *ret_ms)
{
  switch (value->tag)
    {
    case BELT_TAG_I64:
      *ret_ms = value->u.i;
      return TRUE;

    case BELT_TAG_F64:
      if (!(value->u.f > -9.2e18 && value->u.f < 9.2e18))
        return FALSE;
      *ret_ms = (gint64)value->u.f;
      return TRUE;

    case BELT_TAG_TIME:
      *ret_ms = get_floor_ms (value->u.i);
      return TRUE;

    case BELT_TAG_STR:
      return read_time_text (self, value, ret_ms);

    default:
      return FALSE;
    }
}

/* Fills in event times; rows without one fail. */
static void
read_times (BeltOpScan *self,
            BeltBatch  *batch)
{
  guint slot = self->spec->slots[self->spec->time_column];
  const BeltValue *column = batch->columns[slot];
  const BeltValue missing = belt_value_missing ();
  gint64 *times = belt_arena_new_array (&batch->arena, gint64, MAX (batch->n_rows, 1));

  for (guint row = 0; row < batch->n_rows; row++)
    {
      const BeltValue *value = column != NULL ? &column[row] : &missing;

      times[row] = batch->times != NULL ? batch->times[row] : 0;
      if (belt_batch_get_fault (batch, row) != NULL)
        continue;
      if (!read_time (self, batch, value, &times[row]))
        belt_batch_set_fault (batch, row, make_time_fault (self, batch, value));
    }

  batch->times = times;
}

/* Faults of decoding and of the timestamp: counted here, and gone unless sendError. */
static void
handle_faults (BeltOpScan *self,
               BeltBatch  *batch)
{
  guint32 *kept;
  guint n_kept = 0;

  if (batch->faults == NULL)
    return;

  kept = belt_arena_new_array (&batch->arena, guint32, MAX (batch->n_rows, 1));
  for (guint row = 0; row < batch->n_rows; row++)
    {
      const BeltFault *fault = batch->faults[row];

      if (fault == NULL || belt_op_fail (&self->op, batch, row, fault))
        kept[n_kept++] = row;
    }

  batch->selection = kept;
  batch->n_selected = n_kept;
}

static void
belt_op_scan_push (BeltOp    *op,
                   BeltBatch *in)
{
  BeltOpScan *self = (BeltOpScan *)op;
  g_autoptr(BeltBatch) batch = belt_batch_new_overlay (in, self->spec->n_slots);

  borrow_columns (self, batch, in);
  narrow_columns (self, batch);

  for (guint row = 0; in->faults != NULL && row < in->n_rows; row++)
    {
      if (in->faults[row] != NULL)
        belt_batch_set_fault (batch, row, in->faults[row]);
    }

  if (self->spec->several_streams)
    {
      batch->streams = belt_arena_new_array (&batch->arena, guint16, MAX (batch->n_rows, 1));
      for (guint row = 0; row < batch->n_rows; row++)
        batch->streams[row] = (guint16)self->spec->stream;
    }

  if (self->spec->time_column >= 0)
    read_times (self, batch);
  handle_faults (self, batch);

  if (batch->n_selected > 0)
    belt_op_emit (op, batch);
}

static void
belt_op_scan_free (BeltOp *op)
{
  BeltOpScan *self = (BeltOpScan *)op;

  g_free (self->map);
  g_free (self->aliases);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass belt_op_scan_class = {
  .kind = "decoder",
  .push = belt_op_scan_push,
  .free = belt_op_scan_free,
};

BeltOp *
belt_op_scan_new (const BeltScanSpec *spec,
                  BeltEval           *eval)
{
  BeltOpScan *self = g_new0 (BeltOpScan, 1);

  belt_op_init (&self->op, &belt_op_scan_class);
  self->op.eval = eval;
  self->spec = spec;
  for (guint i = 0; eval->layout != NULL && i < spec->n_slots; i++)
    {
      if (eval->layout->slots[i].kind != BELT_SLOT_ALIAS)
        continue;
      self->aliases = g_renew (guint, self->aliases, self->n_aliases + 1);
      self->aliases[self->n_aliases++] = i;
    }

  return &self->op;
}

void
belt_op_scan_map_columns (BeltOp      *op,
                          const guint *map)
{
  BeltOpScan *self = (BeltOpScan *)op;

  g_free (self->map);
  self->map = map != NULL ? g_memdup2 (map, self->spec->n_columns * sizeof (guint)) : NULL;
}

static void
belt_op_source_free (BeltOp *op)
{
  belt_op_clear (op);
  g_free (op);
}

static const BeltOpClass belt_op_source_class = {
  .kind = "source",
  .push = belt_op_emit,
  .free = belt_op_source_free,
};

BeltOp *
belt_op_source_new (BeltEval *eval)
{
  BeltOp *self = g_new0 (BeltOp, 1);

  belt_op_init (self, &belt_op_source_class);
  self->eval = eval;

  return self;
}
