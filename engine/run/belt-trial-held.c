/* belt-trial-held.c - the rows that still wait at an operator, and what for
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row that waits in an open window is an answer to "why is it not there?", so it
 * is listed among the dropped ones.  All are counted, the newest rows_max are kept.
 */
#include "config.h"

#include "belt-trial-private.h"

#include "belt-op-watermark.h"
#include "belt-op-window.h"
#include "belt-time-format.h"

typedef struct
{
  BeltRowId row;
  gint64    time_ms;
  gint64    closes_ms;   /* G_MAXINT64: rows decide */
} Held;

static gboolean
note_held (BeltRowId row,
           gint64    time_ms,
           gint64    closes_ms,
           gpointer  data)
{
  Held held = { row, time_ms, closes_ms };

  g_array_append_val ((GArray *)data, held);
  return TRUE;
}

/* A sliding window keeps rows for windows that rows to come will open; those have had theirs. */
static void
forget_passed (GArray            *held,
               const BeltTrialOp *op)
{
  g_autoptr(GHashTable) passed = g_hash_table_new (g_int64_hash, g_int64_equal);
  guint n = 0;

  for (guint i = 0; i < op->out->len; i++)
    g_hash_table_add (passed, &((BeltTrialKept *)op->out->pdata[i])->row.id);

  for (guint i = 0; i < held->len; i++)
    {
      const Held *entry = &g_array_index (held, Held, i);

      if (entry->closes_ms != G_MAXINT64 || !g_hash_table_contains (passed, &entry->row))
        g_array_index (held, Held, n++) = *entry;
    }
  g_array_set_size (held, n);
}

static char *
say_window (const BeltPlan       *plan,
            const BeltWindowSpec *spec,
            guint                 n_held)
{
  g_autofree char *condition = NULL;
  const BeltExpr *expr = spec->kind == BELT_WINDOW_STATE && spec->emit != NULL ? spec->emit : spec->trigger;

  if (spec->kind == BELT_WINDOW_COUNT && spec->length > n_held)
    return g_strdup_printf ("held in a window of %" G_GINT64_FORMAT " rows that closes with %" G_GINT64_FORMAT
                            " more", spec->length, spec->length - n_held);
  if (expr == NULL)
    return g_strdup ("held in a window that has not closed yet; only another row can close it");

  condition = belt_plan_dup_text (plan, expr->span);
  return g_strdup_printf ("held in a window that closes with a row for which %s", condition);
}

/* Where time stands, for rows that wait for it. */
static char *
say_time (const BeltTrialHeld *self)
{
  g_autofree char *time = NULL;

  if (self->watermark_ms == G_MININT64)
    return g_strdup ("");
  time = belt_time_dup_clock (self->watermark_ms);
  return g_strdup_printf ("; the watermark is at %s", time);
}

static char *
say_held (const BeltTrialHeld *self,
          const Held          *held,
          guint                n_held)
{
  g_autofree char *time = say_time (self);
  g_autofree char *at = NULL;

  if (self->plan_op->kind == BELT_PLAN_WATERMARK)
    {
      const BeltWatermarkSpec *spec = self->plan_op->spec;

      at = belt_time_dup_clock (MAX (held->time_ms, self->watermark_ms) + spec->late_tolerance_ms);
      if (held->time_ms <= self->watermark_ms)
        return g_strdup_printf ("waits until the watermark moves on, with a row later than %s%s", at, time);
      return g_strdup_printf ("waits until the watermark reaches it, with a row of %s or later%s", at, time);
    }
  if (held->closes_ms == G_MAXINT64)
    return self->plan_op->kind == BELT_PLAN_WINDOW ? say_window (self->plan, self->plan_op->spec, n_held)
           : g_strdup ("held in a window that has not closed yet");

  at = belt_time_dup_clock (held->closes_ms);
  return g_strdup_printf ("held in a window that closes at %s%s", at, time);
}

static void
keep_held (const BeltTrialHeld *self,
           BeltTrialOp         *op,
           const Held          *held,
           GHashTable          *in,
           guint                n_held)
{
  BeltTrialKept *kept = belt_trial_kept_new ();
  const BeltTrialKept *came = g_hash_table_lookup (in, &held->row);

  kept->row.id = held->row;
  kept->row.time_ms = held->time_ms;
  kept->row.window_end = held->closes_ms != G_MAXINT64 ? held->closes_ms : 0;
  kept->row.reason = BELT_DROP_WINDOW_NOT_CLOSED;
  kept->row.why = say_held (self, held, n_held);
  if (came != NULL)
    belt_value_dup_owned (&kept->row.row, &came->row.row);
  g_ptr_array_add (op->dropped, kept);
}

void
belt_trial_list_held (const BeltTrialHeld *self,
                      BeltTrialOp         *op)
{
  g_autoptr(GArray) held = g_array_new (FALSE, FALSE, sizeof (Held));
  g_autoptr(GHashTable) in = NULL;
  guint start;

  if (self->op->klass->held == NULL)
    return;
  self->op->klass->held (self->op, note_held, held);
  if (self->plan_op->kind == BELT_PLAN_WINDOW &&
      ((const BeltWindowSpec *)self->plan_op->spec)->kind == BELT_WINDOW_SLIDING)
    forget_passed (held, op);
  if (held->len == 0)
    return;

  op->n_dropped[BELT_DROP_WINDOW_NOT_CLOSED] += held->len;
  in = g_hash_table_new (g_int64_hash, g_int64_equal);
  for (guint i = 0; i < op->in->len; i++)
    g_hash_table_insert (in, &((BeltTrialKept *)op->in->pdata[i])->row.id, op->in->pdata[i]);
  start = held->len > self->rows_max ? held->len - self->rows_max : 0;
  for (guint i = start; i < held->len; i++)
    keep_held (self, op, &g_array_index (held, Held, i), in, held->len);
}
