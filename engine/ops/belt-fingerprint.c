/* belt-fingerprint.c - tells whether a saved state belongs to an operator that does the same
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-fingerprint.h"

guint64
belt_fingerprint_mix (guint64 fingerprint,
                      guint64 number)
{
  fingerprint = (fingerprint ^ number) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  return fingerprint ^ (fingerprint >> 32);
}

guint64
belt_fingerprint_text (guint64     fingerprint,
                       const char *text,
                       gsize       len)
{
  fingerprint = belt_fingerprint_mix (fingerprint, len);
  for (gsize i = 0; i < len; i++)
    fingerprint = belt_fingerprint_mix (fingerprint, (guint8)text[i]);

  return fingerprint;
}

static guint64
mix_slot (guint64           fingerprint,
          guint             slot,
          const BeltLayout *layout)
{
  const BeltSlot *at;

  if (slot >= layout->n_slots)
    return fingerprint;

  at = &layout->slots[slot];
  fingerprint = belt_fingerprint_mix (fingerprint, at->kind);
  fingerprint = belt_fingerprint_mix (fingerprint, at->stream);
  return belt_fingerprint_text (fingerprint, at->name, at->name_len);
}

guint64
belt_fingerprint_expr (guint64           fingerprint,
                       const BeltExpr   *expr,
                       const BeltLayout *layout)
{
  if (expr == NULL)
    return belt_fingerprint_mix (fingerprint, 0x6e756c6c);

  fingerprint = belt_fingerprint_mix (fingerprint, expr->kind);
  fingerprint = belt_fingerprint_mix (fingerprint, (guint8)expr->op);
  fingerprint = belt_fingerprint_mix (fingerprint, (expr->negated ? 1 : 0) | (expr->has_operand ? 2 : 0) |
                                      (expr->has_else ? 4 : 0));
  fingerprint = belt_fingerprint_mix (fingerprint, expr->n_children);
  if (expr->kind == BELT_EXPR_COLUMN)
    fingerprint = mix_slot (fingerprint, expr->slot, layout);
  for (guint i = 0; i < expr->n_slots; i++)
    fingerprint = mix_slot (fingerprint, expr->slots[i], layout);
  if (expr->kind == BELT_EXPR_MEMBER && expr->name != NULL)
    fingerprint = belt_fingerprint_text (fingerprint, expr->name, expr->name_len);
  if (expr->kind == BELT_EXPR_CONST)
    fingerprint = belt_fingerprint_mix (fingerprint, belt_value_hash (&expr->constant));
  if (expr->function != NULL)
    fingerprint = belt_fingerprint_text (fingerprint, expr->function->name, strlen (expr->function->name));

  return belt_fingerprint_exprs (fingerprint, expr->children, expr->n_children, layout);
}

guint64
belt_fingerprint_exprs (guint64           fingerprint,
                        BeltExpr *const  *exprs,
                        guint             n_exprs,
                        const BeltLayout *layout)
{
  fingerprint = belt_fingerprint_mix (fingerprint, n_exprs);
  for (guint i = 0; i < n_exprs; i++)
    fingerprint = belt_fingerprint_expr (fingerprint, exprs[i], layout);

  return fingerprint;
}

guint64
belt_fingerprint_window (const BeltWindowSpec *spec,
                         const BeltLayout     *layout)
{
  guint64 fingerprint = belt_fingerprint_mix (1, spec->kind);

  fingerprint = belt_fingerprint_mix (fingerprint, spec->unit);
  fingerprint = belt_fingerprint_mix (fingerprint, (guint64)spec->length);
  fingerprint = belt_fingerprint_mix (fingerprint, (guint64)spec->interval);
  fingerprint = belt_fingerprint_mix (fingerprint, (guint64)spec->delay);
  fingerprint = belt_fingerprint_mix (fingerprint, (spec->event_time ? 1 : 0) | (spec->v2 ? 2 : 0) |
                                      (spec->send_twice ? 4 : 0) | (spec->incremental ? 8 : 0));
  fingerprint = belt_fingerprint_expr (fingerprint, spec->trigger, layout);
  fingerprint = belt_fingerprint_expr (fingerprint, spec->begin, layout);
  fingerprint = belt_fingerprint_expr (fingerprint, spec->emit, layout);

  return belt_fingerprint_exprs (fingerprint, spec->partition, spec->n_partition, layout);
}

guint64
belt_fingerprint_aggregate (guint64                  fingerprint,
                            const BeltAggregateSpec *spec,
                            const BeltLayout        *layout)
{
  fingerprint = belt_fingerprint_exprs (fingerprint, spec->keys, spec->n_keys, layout);
  fingerprint = belt_fingerprint_expr (fingerprint, spec->where, layout);
  fingerprint = belt_fingerprint_mix (fingerprint, spec->n_calls);
  for (guint i = 0; i < spec->n_calls; i++)
    {
      const BeltAggregateCall *call = &spec->calls[i];

      fingerprint = belt_fingerprint_text (fingerprint, call->function->name, strlen (call->function->name));
      fingerprint = belt_fingerprint_exprs (fingerprint, call->args, call->n_args, layout);
    }

  return fingerprint;
}

void
belt_state_writer_start (BeltStateWriter *self,
                         guint64          fingerprint)
{
  belt_state_writer_init (self);
  belt_state_put_i64 (self, (gint64)fingerprint);
}

gboolean
belt_state_reader_start (BeltStateReader *self,
                         GBytes          *state,
                         guint64          fingerprint)
{
  belt_state_reader_init (self, state);
  return (guint64)belt_state_get_i64 (self) == fingerprint && !self->failed;
}
