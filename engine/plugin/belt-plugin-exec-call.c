/* belt-plugin-exec-call.c - functions and aggregates, a batch at a time
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each result is copied into the reply before the next row runs, so a plugin may
 * return what it overwrites in the next call.
 */
#include "config.h"

#include "belt-plugin-exec.h"

/* Argument columns as the request has them, relocated. */
static const BeltValue *
get_column (BeltExec *self,
            guint     arg)
{
  const BeltWireRequest *rq = &self->head->rq;

  return (const BeltValue *)(self->request + rq->values_at) + (gsize)arg * rq->n_rows;
}

/* The row's arguments side by side; TRUE when one of them is NULL. */
static gboolean
gather_row (BeltExec   *self,
            guint       row,
            belt_value *args)
{
  gboolean has_null = FALSE;

  for (guint i = 0; i < self->head->rq.n_args; i++)
    {
      memcpy (&args[i], &get_column (self, i)[row], sizeof args[i]);
      has_null |= args[i].type == BELT_T_NULL;
    }

  return has_null;
}

static void
run_rows (BeltExec *self,
          gsize     at)
{
  const belt_scalar *def = (const belt_scalar *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  gboolean strict = (def->def.flags & BELT_FN_STRICT) != 0;
  belt_value args[BELT_WIRE_ARGS_MAX];

  for (guint row = 0; row < rq->n_rows && !self->out.failed; row++)
    {
      gsize place = at + row * sizeof (BeltValue);
      belt_value result = { 0 };
      belt_status status;

      if ((gather_row (self, row, args) && strict) || (rq->n_skips > 0 && belt_exec_is_skipped (self, row)))
        continue;

      belt_exec_begin (self, row);
      status = def->exec (self, self->self, args, rq->n_args, &result);
      status = belt_exec_end (self, status);
      if (status == BELT_OK)
        belt_wire_put_values (&self->out, place, (const BeltValue *)&result, 1, &self->scratch);
      else if (status != BELT_SKIP)
        belt_exec_put_error (self, place, status);
      if (self->scratch.n_bytes > 0)
        belt_arena_reset (&self->scratch);
    }
}

/* The type that all values of a column share, NULLs aside; ANY when they differ. */
static belt_type
find_type (const BeltValue *column,
           guint            n_rows,
           gboolean        *has_null)
{
  belt_type type = BELT_T_NULL;

  for (guint i = 0; i < n_rows; i++)
    {
      if (column[i].tag == BELT_TAG_NULL)
        *has_null = TRUE;
      else if (type == BELT_T_NULL)
        type = column[i].tag;
      else if (type != column[i].tag)
        return BELT_T_ANY;
    }

  return type > BELT_T_TIME ? BELT_T_ANY : type;
}

static void *
make_data (BeltExec        *self,
           const BeltValue *column,
           belt_type        type,
           guint            n_rows)
{
  double *numbers;
  belt_str *texts;
  uint8_t *bools;

  switch (type)
    {
    case BELT_T_F64:
    case BELT_T_I64:
    case BELT_T_TIME:
      numbers = belt_arena_new_array (&self->scratch, double, n_rows);
      for (guint i = 0; i < n_rows; i++)
        numbers[i] = column[i].u.f;
      return numbers;

    case BELT_T_BOOL:
      bools = belt_arena_new_array (&self->scratch, uint8_t, n_rows);
      for (guint i = 0; i < n_rows; i++)
        bools[i] = column[i].u.i != 0;
      return bools;

    case BELT_T_STR:
    case BELT_T_BYTES:
      texts = belt_arena_new_array (&self->scratch, belt_str, n_rows);
      for (guint i = 0; i < n_rows; i++)
        texts[i] = (belt_str) { column[i].u.s, column[i].len }
      ;
      return texts;

    default:
      return (void *)column;
    }
}

static uint64_t *
make_bitmap (BeltExec *self,
             guint     n_rows)
{
  gsize n = (n_rows + 63) / 64;
  uint64_t *bits = belt_arena_new_array (&self->scratch, uint64_t, n);

  memset (bits, 0xff, n * sizeof *bits);
  return bits;
}

static void
make_vector (BeltExec        *self,
             const BeltValue *column,
             guint            n_rows,
             belt_vec        *vector)
{
  gboolean has_null = FALSE;
  belt_type type = find_type (column, n_rows, &has_null);
  uint64_t *valid = NULL;

  if (has_null && type != BELT_T_ANY)
    {
      valid = make_bitmap (self, n_rows);
      for (guint i = 0; i < n_rows; i++)
        if (column[i].tag == BELT_TAG_NULL)
          belt_set_null (valid, i);
    }

  *vector = (belt_vec) { .type = type, .len = n_rows, .valid = valid, .data = make_data (self, column, type, n_rows) };
}

/* What a signature such as "f64(f64 x)" promises. */
static belt_type
get_result_type (const char *signature)
{
  static const struct { const char *name; belt_type type; } types[] = {
    { "f64(", BELT_T_F64 }, { "i64(", BELT_T_I64 }, { "boolean(", BELT_T_BOOL },
    { "str(", BELT_T_STR }, { "bytes(", BELT_T_BYTES }, { "time(", BELT_T_TIME },
  };

  for (guint i = 0; signature != NULL && i < G_N_ELEMENTS (types); i++)
    if (g_str_has_prefix (signature, types[i].name) && strchr (signature, ';') == NULL)
      return types[i].type;

  return BELT_T_ANY;
}

/* Returns FALSE when the rows have to be run one by one. */
static gboolean
run_batch (BeltExec *self,
           gsize     at)
{
  const belt_scalar *def = (const belt_scalar *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  belt_vec args[BELT_WIRE_ARGS_MAX];
  belt_vec_out out = { .type = get_result_type (def->signature), .len = rq->n_rows };
  belt_value row_args[BELT_WIRE_ARGS_MAX];
  belt_status status;

  for (guint i = 0; i < rq->n_args; i++)
    make_vector (self, get_column (self, i), rq->n_rows, &args[i]);
  out.valid = make_bitmap (self, rq->n_rows);
  out.data = belt_arena_alloc0 (&self->scratch, rq->n_rows * sizeof (belt_value));

  belt_exec_begin (self, G_MAXUINT32);
  status = def->exec_batch (self, self->self, args, rq->n_args, &out);
  status = belt_exec_end (self, status);
  if (status == BELT_E_UNSUPPORTED)
    return FALSE;

  for (guint row = 0; row < rq->n_rows; row++)
    {
      gsize place = at + row * sizeof (BeltValue);
      belt_value value;

      if (status != BELT_OK && status != BELT_SKIP)
        {
          belt_exec_put_error (self, place, status);
          continue;
        }
      if ((def->def.flags & BELT_FN_STRICT) != 0 && gather_row (self, row, row_args))
        continue;
      value = belt_vec_at ((const belt_vec *)&out, row);
      belt_wire_put_values (&self->out, place, (const BeltValue *)&value, 1, &self->scratch);
    }

  return TRUE;
}

void
belt_exec_run_scalar (BeltExec *self)
{
  const BeltWireRequest *rq = &self->head->rq;
  const belt_scalar *def = (const belt_scalar *)self->def;
  gsize at = belt_wire_reserve (&self->out, rq->n_rows * sizeof (BeltValue));

  if (def->def.kind != BELT_KIND_SCALAR || rq->n_args > BELT_WIRE_ARGS_MAX)
    {
      self->head->rp.status = BELT_E_INVALID;
      return;
    }

  if ((rq->flags & BELT_WIRE_ROWWISE) != 0 || rq->n_rows < 2 || !BELT_DEF_HAS (def, exec_batch) ||
      !run_batch (self, at))
    run_rows (self, at);
  self->head->rp.values_at = at;
  self->head->rp.n_values = rq->n_rows;
}

static belt_status
run_group (BeltExec  *self,
           void      *state,
           guint      group,
           guint      start,
           guint      end,
           BeltValue *ret_value)
{
  const belt_aggregate *def = (const belt_aggregate *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  gboolean strict = (def->def.flags & BELT_FN_STRICT) != 0;
  belt_value args[BELT_WIRE_ARGS_MAX];
  belt_value result = { 0 };
  belt_status status = BELT_OK;

  belt_exec_begin (self, group);
  if (BELT_DEF_HAS (def, init))
    status = belt_exec_end (self, def->init (self, state));

  for (guint row = start; row < end && status == BELT_OK; row++)
    {
      if (gather_row (self, row, args) && strict)
        continue;
      self->inside = TRUE;
      status = belt_exec_end (self, def->accumulate (self, state, args, rq->n_args));
    }

  if (status == BELT_OK)
    {
      self->inside = TRUE;
      status = belt_exec_end (self, def->finish (self, state, &result));
    }
  memcpy (ret_value, &result, sizeof result);

  return status;
}

void
belt_exec_run_aggregate (BeltExec *self)
{
  const belt_aggregate *def = (const belt_aggregate *)self->def;
  const BeltWireRequest *rq = &self->head->rq;
  const uint32_t *ends = (const uint32_t *)(self->request + rq->groups_at);
  gsize at = belt_wire_reserve (&self->out, rq->n_groups * sizeof (BeltValue));
  guint start = 0;
  gsize size;

  if (def->def.kind != BELT_KIND_AGGREGATE || rq->n_args > BELT_WIRE_ARGS_MAX)
    {
      self->head->rp.status = BELT_E_INVALID;
      return;
    }

  size = MAX (def->state_size, 1);
  for (guint group = 0; group < rq->n_groups && !self->out.failed; start = ends[group++])
    {
      gsize place = at + group * sizeof (BeltValue);
      BeltValue value;
      belt_status status;
      void *state;

      if (belt_exec_is_skipped (self, group))
        continue;

      state = belt_arena_alloc0 (&self->scratch, size);
      status = run_group (self, state, group, start, ends[group], &value);
      if (status == BELT_OK)
        belt_wire_put_values (&self->out, place, &value, 1, &self->scratch);
      else if (status != BELT_SKIP)
        belt_exec_put_error (self, place, status);
      if (BELT_DEF_HAS (def, clear))
        {
          self->inside = TRUE;
          def->clear (self, state);
          self->inside = FALSE;
        }
      belt_arena_reset (&self->scratch);
    }
  self->head->rp.values_at = at;
  self->head->rp.n_values = rq->n_groups;
}
