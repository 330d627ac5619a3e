/* belt-op-call.c - plugin functions: one request for all rows of a batch
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments are evaluated for all selected rows, gathered without gaps, asked for
 * in one call and scattered back.  An answer that is an ERROR stays in its slot, so
 * it fails only the rows that read it.
 */
#include "config.h"

#include "belt-op-call.h"

typedef struct
{
  BeltOp              op;
  const BeltCallSpec *spec;
  gpointer           *instances;   /* [n_calls] */
  char              **refusals;    /* [n_calls]: why there is no instance */
} BeltOpCall;

typedef struct
{
  guint     *rows;      /* of the batch */
  guint      n_rows;
  BeltValue *answers;   /* [n_rows] */
} Request;

static void
collect_rows (BeltBatch *batch,
              Request   *request)
{
  request->rows = belt_arena_new_array (&batch->arena, guint, MAX (batch->n_selected, 1));
  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);

      if (belt_batch_get_fault (batch, row) == NULL)
        request->rows[request->n_rows++] = row;
    }
}

static BeltValue
fail_site (BeltArena          *arena,
           const BeltCallSite *site,
           const char         *message)
{
  BeltValue error = belt_value_error (arena, BELT_FAULT_PLUGIN, "%s", message);
  BeltFault *fault = (BeltFault *)error.u.fault;

  fault->function = site->function->name;
  fault->span = site->span;
  return error;
}

static void
ask (BeltOpCall         *self,
     guint               index,
     BeltBatch          *batch,
     Request            *request)
{
  const BeltCallSite *site = &self->spec->calls[index];
  BeltEval *eval = self->op.eval;
  BeltArena *arena = &batch->arena;
  BeltValue **args = belt_arena_new_array (arena, BeltValue *, MAX (site->n_args, 1));

  request->answers = belt_arena_new_array (arena, BeltValue, MAX (request->n_rows, 1));
  for (guint i = 0; i < request->n_rows; i++)
    request->answers[i] = belt_value_null ();

  if (self->instances[index] == NULL && self->refusals[index] != NULL)
    {
      for (guint i = 0; i < request->n_rows; i++)
        request->answers[i] = fail_site (arena, site, self->refusals[index]);
      return;
    }

  for (guint a = 0; a < site->n_args; a++)
    {
      args[a] = belt_arena_new_array (arena, BeltValue, MAX (request->n_rows, 1));
      for (guint i = 0; i < request->n_rows; i++)
        {
          eval->row = request->rows[i];
          args[a][i] = belt_expr_eval (site->args[a], eval);
          if (args[a][i].tag == BELT_TAG_MISSING)
            args[a][i] = belt_value_null ();
          else if (args[a][i].tag == BELT_TAG_JSON)
            args[a][i] = belt_value_expand (&args[a][i], arena);
        }
    }

  site->function->batch->call (self->instances[index], (const BeltValue *const *)args, site->n_args,
                               request->n_rows, NULL, 0, request->answers, arena);

  for (guint a = 0; a < site->n_args; a++)
    {
      for (guint i = 0; i < request->n_rows; i++)
        {
          if (belt_value_is_error (&args[a][i]))
            request->answers[i] = args[a][i];
        }
    }
}

static void
belt_op_call_push (BeltOp    *op,
                   BeltBatch *batch)
{
  BeltOpCall *self = (BeltOpCall *)op;
  Request request = { 0 };

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  op->eval->range = NULL;
  collect_rows (batch, &request);

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      BeltValue *column = belt_batch_add_column (batch, self->spec->calls[c].slot);

      if (request.n_rows > 0)
        ask (self, c, batch, &request);
      for (guint i = 0; i < request.n_rows; i++)
        column[request.rows[i]] = request.answers[i];
    }

  belt_op_emit (op, batch);
}

static GBytes *
belt_op_call_save (BeltOp *op)
{
  BeltOpCall *self = (BeltOpCall *)op;
  g_autoptr(GByteArray) out = g_byte_array_new ();
  gboolean any = FALSE;

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      const BeltBatchFunctionClass *klass = self->spec->calls[c].function->batch;
      g_autoptr(GBytes) state = NULL;
      guint32 len;

      if (self->instances[c] != NULL && klass->save != NULL)
        state = klass->save (self->instances[c]);
      any |= state != NULL;
      len = state != NULL ? (guint32)g_bytes_get_size (state) : 0;
      g_byte_array_append (out, (const guint8 *)&len, sizeof len);
      if (len > 0)
        g_byte_array_append (out, g_bytes_get_data (state, NULL), len);
    }

  return any ? g_byte_array_free_to_bytes (g_steal_pointer (&out)) : NULL;
}

static gboolean
belt_op_call_restore (BeltOp  *op,
                      GBytes  *state,
                      GError **error)
{
  BeltOpCall *self = (BeltOpCall *)op;
  gsize size;
  const guint8 *data = g_bytes_get_data (state, &size);
  gsize at = 0;

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      const BeltBatchFunctionClass *klass = self->spec->calls[c].function->batch;
      g_autoptr(GBytes) part = NULL;
      guint32 len;

      if (size - at < sizeof len)
        break;
      memcpy (&len, data + at, sizeof len);
      at += sizeof len;
      if (len > size - at)
        break;
      part = g_bytes_new_from_bytes (state, at, len);
      at += len;
      if (len > 0 && self->instances[c] != NULL && klass->restore != NULL &&
          !klass->restore (self->instances[c], part, error))
        return FALSE;
    }

  return TRUE;
}

static void
belt_op_call_free (BeltOp *op)
{
  BeltOpCall *self = (BeltOpCall *)op;

  for (guint c = 0; c < self->spec->n_calls; c++)
    {
      if (self->instances[c] != NULL)
        self->spec->calls[c].function->batch->destroy (self->instances[c]);
      g_free (self->refusals[c]);
    }

  g_free (self->instances);
  g_free (self->refusals);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass belt_op_call_class = {
  .kind = "call",
  .push = belt_op_call_push,
  .save = belt_op_call_save,
  .restore = belt_op_call_restore,
  .free = belt_op_call_free,
};

static void
create_instance (BeltOpCall *self,
                 guint       index)
{
  const BeltCallSite *site = &self->spec->calls[index];
  g_autofree BeltValue *values = g_new0 (BeltValue, site->n_args + 1);
  g_autofree gboolean *is_const = g_new0 (gboolean, site->n_args + 1);
  g_autoptr(GError) error = NULL;

  for (guint a = 0; a < site->n_args; a++)
    {
      is_const[a] = site->args[a]->kind == BELT_EXPR_CONST;
      if (is_const[a])
        values[a] = site->args[a]->constant;
    }

  self->instances[index] = site->function->batch->create (site->function, values, is_const,
                                                          site->n_args, &error);
  if (error != NULL)
    self->refusals[index] = g_strdup (error->message);
}

BeltOp *
belt_op_call_new (const BeltCallSpec *spec,
                  BeltEval           *eval)
{
  BeltOpCall *self = g_new0 (BeltOpCall, 1);

  belt_op_init (&self->op, &belt_op_call_class);
  self->op.eval = eval;
  self->spec = spec;
  self->instances = g_new0 (gpointer, spec->n_calls + 1);
  self->refusals = g_new0 (char *, spec->n_calls + 1);
  for (guint c = 0; c < spec->n_calls; c++)
    create_instance (self, c);

  return &self->op;
}
