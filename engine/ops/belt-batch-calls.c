/* belt-batch-calls.c - aggregates of plugins: whole groups at once
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-batch-calls.h"

struct _BeltBatchCalls
{
  const BeltAggregateSpec *spec;
  BeltEval                *eval;
  gpointer                *instances;  /* [n_calls] */
  char                   **errors;     /* [n_calls]: why there is no instance */
};

static gpointer
create_instance (const BeltAggregateCall *call,
                 char                   **ret_error)
{
  g_autofree BeltValue *values = g_new0 (BeltValue, call->n_args + 1);
  g_autofree gboolean *is_const = g_new0 (gboolean, call->n_args + 1);
  g_autoptr(GError) error = NULL;
  gpointer instance;

  for (guint i = 0; i < call->n_args; i++)
    {
      is_const[i] = call->args[i]->kind == BELT_EXPR_CONST;
      if (is_const[i])
        values[i] = call->args[i]->constant;
    }

  instance = call->function->batch->create (call->function, values, is_const, call->n_args, &error);
  if (instance == NULL)
    *ret_error = g_strdup (error != NULL ? error->message : "the plugin gave no instance");

  return instance;
}

BeltBatchCalls *
belt_batch_calls_new (const BeltAggregateSpec *spec,
                      BeltEval                *eval)
{
  BeltBatchCalls *self = NULL;

  for (guint i = 0; i < spec->n_calls; i++)
    {
      if (spec->calls[i].function->aggregate != NULL)
        continue;

      if (self == NULL)
        {
          self = g_new0 (BeltBatchCalls, 1);
          self->spec = spec;
          self->eval = eval;
          self->instances = g_new0 (gpointer, spec->n_calls);
          self->errors = g_new0 (char *, spec->n_calls);
        }
      self->instances[i] = create_instance (&spec->calls[i], &self->errors[i]);
    }

  return self;
}

void
belt_batch_calls_free (BeltBatchCalls *self)
{
  for (guint i = 0; i < self->spec->n_calls; i++)
    {
      if (self->instances[i] != NULL)
        self->spec->calls[i].function->batch->destroy (self->instances[i]);
      g_free (self->errors[i]);
    }
  g_free (self->instances);
  g_free (self->errors);
  g_free (self);
}

/* Rows group by group, each group's in order: positions in `rows`, and where each group ends. */
static guint32 *
sort_by_group (BeltArena     *arena,
               const guint32 *groups,
               guint          n_rows,
               guint          n_groups,
               guint32      **ret_ends)
{
  guint32 *ends = belt_arena_alloc0 (arena, (n_groups + 1) * sizeof *ends);
  guint32 *order = belt_arena_new_array (arena, guint32, n_rows + 1);
  guint32 at = 0;

  for (guint i = 0; i < n_rows; i++)
    ends[groups[i]]++;
  for (guint g = 0; g < n_groups; g++)
    {
      guint32 n = ends[g];

      ends[g] = at;
      at += n;
    }
  for (guint i = 0; i < n_rows; i++)
    order[ends[groups[i]]++] = i;

  *ret_ends = ends;
  return order;
}

static BeltValue *
evaluate_arg (BeltBatchCalls *self,
              const BeltExpr *arg,
              BeltBatch      *batch,
              const guint32  *rows,
              const guint32  *order,
              guint           n_rows)
{
  BeltValue *values = belt_arena_new_array (&batch->arena, BeltValue, n_rows + 1);
  BeltEval *eval = self->eval;

  eval->batch = batch;
  eval->arena = &batch->arena;
  for (guint i = 0; i < n_rows; i++)
    {
      eval->row = rows[order[i]];
      values[i] = belt_expr_eval (arg, eval);
    }

  return values;
}

/* A group with an argument that failed fails, whatever the plugin says. */
static void
keep_errors (const BeltAggregateCall *spec,
             const BeltValue *const  *args,
             const guint32           *ends,
             guint                    n_groups,
             BeltValue               *out)
{
  guint at = 0;

  for (guint g = 0; g < n_groups; g++)
    {
      for (; at < ends[g]; at++)
        {
          for (guint a = 0; a < spec->n_args; a++)
            {
              if (belt_value_is_error (&args[a][at]) && !belt_value_is_error (&out[g]))
                out[g] = args[a][at];
            }
        }
    }
}

const BeltValue *
belt_batch_calls_run (BeltBatchCalls *self,
                      guint           call,
                      BeltBatch      *batch,
                      const guint32  *rows,
                      const guint32  *groups,
                      guint           n_rows,
                      guint           n_groups)
{
  const BeltAggregateCall *spec = &self->spec->calls[call];
  BeltArena *arena = &batch->arena;
  BeltValue *out = belt_arena_new_array (arena, BeltValue, n_groups + 1);
  const BeltValue **args = belt_arena_new_array (arena, const BeltValue *, spec->n_args + 1);
  guint32 *ends;
  guint32 *order;

  for (guint g = 0; g < n_groups; g++)
    out[g] = belt_value_null ();

  if (self->instances[call] == NULL)
    {
      for (guint g = 0; g < n_groups; g++)
        out[g] = belt_value_error (arena, BELT_FAULT_PLUGIN, "%s", self->errors[call]);
      return out;
    }

  order = sort_by_group (arena, groups, n_rows, n_groups, &ends);
  for (guint i = 0; i < spec->n_args; i++)
    args[i] = evaluate_arg (self, spec->args[i], batch, rows, order, n_rows);

  spec->function->batch->call (self->instances[call], args, spec->n_args, n_rows, ends, n_groups, out, arena);
  keep_errors (spec, args, ends, n_groups, out);

  return out;
}
