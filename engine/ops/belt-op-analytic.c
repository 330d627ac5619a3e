/* belt-op-analytic.c - lag, latest, had_changed, acc_*: functions that remember earlier rows
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-op-analytic.h"

#include "belt-fingerprint.h"
#include "belt-group-table.h"

/* A partition for every new key: an identifier as a key must not eat all memory. */
#define PARTITIONS_MAX 1000000u

/* One call site. */
typedef struct
{
  BeltCall        call;
  gpointer        site_state;  /* BeltCall.state */
  gpointer        state;       /* without PARTITION BY */
  BeltGroupTable  table;
  GPtrArray      *partitions;  /* states by group */
  BeltArena       arena;       /* the keys */
  BeltValue      *args;
} Site;

typedef struct
{
  BeltOp                  op;
  const BeltAnalyticSpec *spec;
  Site                   *sites;
  BeltGroupKey            key;
} AnalyticOp;

static void
free_state (const BeltFunction *function,
            gpointer            state)
{
  if (state != NULL && function->analytic->clear != NULL)
    function->analytic->clear (state);
  g_free (state);
}

/* NULL: there are too many partitions. */
static gpointer
find_state (AnalyticOp             *self,
            Site                   *site,
            const BeltAnalyticCall *spec)
{
  gsize size = MAX (spec->function->analytic->state_size, 1);
  gpointer state;
  gboolean is_new;
  guint group;

  if (spec->n_partition == 0)
    {
      if (site->state == NULL)
        site->state = g_malloc0 (size);
      return site->state;
    }

  belt_group_key_reset (&self->key);
  for (guint i = 0; i < spec->n_partition; i++)
    {
      BeltValue value = belt_expr_eval (spec->partition[i], self->op.eval);

      belt_group_key_append (&self->key, &value);
    }

  if (site->table.n_groups >= PARTITIONS_MAX)
    return NULL;

  group = belt_group_table_lookup (&site->table, self->key.bytes, self->key.len, &site->arena, &is_new);
  if (!is_new)
    return g_ptr_array_index (site->partitions, group);

  state = g_malloc0 (size);
  g_ptr_array_add (site->partitions, state);

  return state;
}

static BeltValue
evaluate (AnalyticOp             *self,
          Site                   *site,
          const BeltAnalyticCall *spec)
{
  BeltEval *eval = self->op.eval;
  gboolean when = TRUE;
  gpointer state;

  for (guint i = 0; i < spec->n_args; i++)
    {
      site->args[i] = belt_expr_eval (spec->args[i], eval);
      if (belt_value_is_error (&site->args[i]))
        return site->args[i];
    }

  if (spec->when != NULL)
    {
      BeltValue value = belt_expr_eval (spec->when, eval);

      /* As in eKuiper, only false keeps the row out: not null, not an error. */
      when = value.tag != BELT_TAG_BOOL || value.u.i != 0;
    }

  site->call.arena = eval->arena;
  state = find_state (self, site, spec);
  if (state == NULL)
    return belt_call_fail (&site->call, "more than %u partitions", PARTITIONS_MAX);

  return spec->function->analytic->step (&site->call, state, site->args, spec->n_args, when);
}

/* FALSE: the row goes no further. */
static gboolean
do_row (AnalyticOp *self,
        BeltBatch  *batch,
        guint       row)
{
  self->op.eval->row = row;

  for (guint i = 0; i < self->spec->n_calls; i++)
    {
      const BeltAnalyticCall *spec = &self->spec->calls[i];
      BeltValue value = evaluate (self, &self->sites[i], spec);

      if (belt_value_is_error (&value))
        return belt_op_fail (&self->op, batch, row, value.u.fault);
      batch->columns[spec->slot][row] = value;
    }

  return TRUE;
}

static void
analytic_push (BeltOp    *op,
               BeltBatch *batch)
{
  AnalyticOp *self = (AnalyticOp *)op;
  guint32 *kept = NULL;
  guint n_kept = 0;

  for (guint i = 0; i < self->spec->n_calls; i++)
    {
      if (batch->columns[self->spec->calls[i].slot] == NULL)
        belt_batch_add_column (batch, self->spec->calls[i].slot);
    }

  op->eval->batch = batch;
  op->eval->arena = &batch->arena;
  op->eval->range = NULL;
  op->eval->position = 0;
  for (guint i = 0; i < batch->n_selected; i++)
    {
      guint row = belt_batch_get_row (batch, i);
      gboolean alive = belt_batch_get_fault (batch, row) != NULL || do_row (self, batch, row);

      if (!alive && kept == NULL)
        {
          kept = belt_arena_new_array (&batch->arena, guint32, batch->n_selected);
          for (n_kept = 0; n_kept < i; n_kept++)
            kept[n_kept] = belt_batch_get_row (batch, n_kept);
        }
      else if (alive && kept != NULL)
        kept[n_kept++] = row;
    }

  if (kept != NULL)
    {
      batch->selection = kept;
      batch->n_selected = n_kept;
    }
  if (batch->n_selected > 0)
    belt_op_emit (op, batch);
}

static void
clear_site (Site               *site,
            const BeltFunction *function)
{
  free_state (function, site->state);
  for (guint i = 0; i < site->partitions->len; i++)
    free_state (function, g_ptr_array_index (site->partitions, i));
  g_ptr_array_unref (site->partitions);
  belt_group_table_clear (&site->table);
  belt_arena_clear (&site->arena);
  g_free (site->args);
  if (site->site_state != NULL && function->state_free != NULL)
    function->state_free (site->site_state);
}

/* What a function cannot save starts anew. */
static void
save_site (const Site             *site,
           const BeltAnalyticCall *spec,
           BeltStateWriter        *writer)
{
  const BeltAnalyticClass *klass = spec->function->analytic;
  gboolean has_one = klass->save != NULL && site->state != NULL;
  guint n = klass->save != NULL ? site->partitions->len : 0;

  belt_state_put_bytes (writer, spec->function->name, strlen (spec->function->name));
  belt_state_put_u32 (writer, has_one);
  if (has_one)
    klass->save (site->state, writer);
  belt_state_put_u32 (writer, n);
  for (guint i = 0; i < n; i++)
    {
      gsize key_len;
      const char *key = belt_group_table_get_key (&site->table, i, &key_len);

      belt_state_put_bytes (writer, key, key_len);
      klass->save (g_ptr_array_index (site->partitions, i), writer);
    }
}

static void
restore_site (Site                   *site,
              const BeltAnalyticCall *spec,
              BeltStateReader        *reader)
{
  const BeltAnalyticClass *klass = spec->function->analytic;
  gsize len;
  const char *name = belt_state_get_bytes (reader, &len);
  guint n;

  if (len != strlen (spec->function->name) || memcmp (name, spec->function->name, len) != 0 || klass->restore == NULL)
    {
      reader->failed = TRUE;
      return;
    }

  if (belt_state_get_u32 (reader) != 0)
    {
      site->state = g_malloc0 (MAX (klass->state_size, 1));
      klass->restore (site->state, reader);
    }

  n = belt_state_get_count (reader, 4);
  for (guint i = 0; i < n && !reader->failed; i++)
    {
      const char *key = belt_state_get_bytes (reader, &len);
      gboolean is_new;

      belt_group_table_lookup (&site->table, key, len, &site->arena, &is_new);
      if (!is_new)
        {
          reader->failed = TRUE;
          return;
        }
      g_ptr_array_add (site->partitions, g_malloc0 (MAX (klass->state_size, 1)));
      klass->restore (g_ptr_array_index (site->partitions, i), reader);
    }
}

static guint64
get_fingerprint (const AnalyticOp *self)
{
  const BeltLayout *layout = self->op.eval->layout;
  guint64 fingerprint = belt_fingerprint_mix (5, self->spec->n_calls);

  for (guint i = 0; i < self->spec->n_calls; i++)
    {
      const BeltAnalyticCall *call = &self->spec->calls[i];

      fingerprint = belt_fingerprint_text (fingerprint, call->function->name, strlen (call->function->name));
      fingerprint = belt_fingerprint_exprs (fingerprint, call->args, call->n_args, layout);
      fingerprint = belt_fingerprint_exprs (fingerprint, call->partition, call->n_partition, layout);
      fingerprint = belt_fingerprint_expr (fingerprint, call->when, layout);
    }

  return fingerprint;
}

static GBytes *
analytic_save (BeltOp *op)
{
  AnalyticOp *self = (AnalyticOp *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, get_fingerprint (self));
  for (guint i = 0; i < self->spec->n_calls; i++)
    save_site (&self->sites[i], &self->spec->calls[i], &writer);

  return belt_state_writer_finish (&writer);
}

static gboolean
analytic_restore (BeltOp  *op,
                  GBytes  *state,
                  GError **error)
{
  AnalyticOp *self = (AnalyticOp *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, get_fingerprint (self)))
    return TRUE;

  for (guint i = 0; i < self->spec->n_calls && !reader.failed; i++)
    restore_site (&self->sites[i], &self->spec->calls[i], &reader);

  return belt_state_reader_finish (&reader, error);
}

static void
analytic_free (BeltOp *op)
{
  AnalyticOp *self = (AnalyticOp *)op;

  for (guint i = 0; i < self->spec->n_calls; i++)
    clear_site (&self->sites[i], self->spec->calls[i].function);
  g_free (self->sites);
  belt_group_key_clear (&self->key);
  belt_op_clear (op);
  g_free (self);
}

static const BeltOpClass analytic_class = {
  .kind = "analytic",
  .push = analytic_push,
  .save = analytic_save,
  .restore = analytic_restore,
  .free = analytic_free,
};

BeltOp *
belt_op_analytic_new (const BeltAnalyticSpec *spec,
                      BeltEval               *eval)
{
  AnalyticOp *self = g_new0 (AnalyticOp, 1);

  belt_op_init (&self->op, &analytic_class);
  self->op.eval = eval;
  self->spec = spec;
  self->sites = g_new0 (Site, spec->n_calls + 1);

  for (guint i = 0; i < spec->n_calls; i++)
    {
      Site *site = &self->sites[i];

      site->call.function = spec->calls[i].function;
      site->call.environment = eval->environment;
      site->call.span = spec->calls[i].span;
      site->call.state = &site->site_state;
      site->partitions = g_ptr_array_new ();
      site->args = g_new0 (BeltValue, spec->calls[i].n_args + 1);
    }

  return &self->op;
}
