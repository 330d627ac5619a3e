/* belt-window-aggregate-state.c - the fused window written down and read back
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-window-aggregate-private.h"

#include "belt-fingerprint.h"

/* Groups with their keys, first values and states; a window that failed stays failed with the same words. */
static void
save_window (BeltWindowAggregate   *self,
             const BeltOpenWindow  *window,
             BeltStateWriter       *writer)
{
  BeltValue fault = { .tag = BELT_TAG_ERROR, .u.fault = window->fault };

  if (window->fault == NULL)
    fault = belt_value_null ();
  belt_state_put_value (writer, &fault);
  belt_state_put_i64 (writer, (gint64)window->n_rows);
  belt_state_put_i64 (writer, (gint64)window->n_false);
  belt_state_put_i64 (writer, (gint64)window->n_null);
  belt_state_put_i64 (writer, (gint64)window->n_passed);
  belt_state_put_u32 (writer, window->failed_in_where);
  belt_state_put_u32 (writer, window->table.n_groups);
  for (guint i = 0; i < window->table.n_groups; i++)
    {
      BeltWindowGroup *group = belt_group_table_get_payload (&window->table, i);
      gsize key_len;
      const char *key = belt_group_table_get_key (&window->table, i, &key_len);

      belt_state_put_bytes (writer, key, key_len);
      belt_state_put_i64 (writer, (gint64)group->row_id);
      belt_state_put_i64 (writer, group->time);
      for (guint k = 0; k < self->n_first; k++)
        belt_state_put_value (writer, &belt_window_aggregate_get_first (self, group)[k]);
      belt_aggregator_save (&self->aggregator, belt_window_aggregate_get_state (self, group), writer);
    }
}

static void
restore_group (BeltWindowAggregate   *self,
               BeltOpenWindow        *window,
               BeltStateReader       *reader)
{
  BeltArena *arena = &window->memory->arena;
  gboolean is_new;
  gsize len;
  const char *key = belt_state_get_bytes (reader, &len);
  guint number = belt_group_table_lookup (&window->table, key, self->spec->n_keys > 0 ? len : 0, arena, &is_new);
  BeltWindowGroup *group = belt_group_table_get_payload (&window->table, number);

  /* A key twice is none of our states. */
  reader->failed |= !is_new;
  if (!is_new)
    return;

  group->row_id = (BeltRowId)belt_state_get_i64 (reader);
  group->time = belt_state_get_i64 (reader);
  for (guint k = 0; k < self->n_first; k++)
    belt_window_aggregate_get_first (self, group)[k] = belt_state_get_value (reader, arena);
  belt_aggregator_restore (&self->aggregator, belt_window_aggregate_get_state (self, group), arena, reader);
}

static void
restore_window (BeltWindowAggregate   *self,
                BeltOpenWindow        *window,
                BeltStateReader       *reader)
{
  BeltBatch *memory = belt_batch_new (0, 0);
  BeltValue fault = belt_state_get_value (reader, &memory->arena);
  guint32 n;

  window->n_rows = (guint64)belt_state_get_i64 (reader);
  window->n_false = (guint64)belt_state_get_i64 (reader);
  window->n_null = (guint64)belt_state_get_i64 (reader);
  window->n_passed = (guint64)belt_state_get_i64 (reader);
  window->failed_in_where = belt_state_get_u32 (reader) != 0;
  n = belt_state_get_count (reader, 20);
  if (n == 0 && !belt_value_is_error (&fault))
    {
      belt_batch_unref (memory);
      return;
    }

  window->memory = memory;
  if (belt_value_is_error (&fault))
    window->fault = fault.u.fault;
  for (guint32 i = 0; i < n && !reader->failed; i++)
    restore_group (self, window, reader);
}

static guint64
get_fingerprint (const BeltWindowAggregate *self)
{
  const BeltLayout *layout = self->op.eval->layout;
  guint64 fingerprint = belt_fingerprint_window (self->window, layout);

  fingerprint = belt_fingerprint_aggregate (belt_fingerprint_mix (fingerprint, 7), self->spec, layout);
  for (guint i = 0; i < self->n_first; i++)
    {
      const BeltSlot *slot = &layout->slots[self->first[i]];

      fingerprint = belt_fingerprint_text (fingerprint, slot->name, slot->name_len);
    }

  return fingerprint;
}

GBytes *
belt_window_aggregate_save (BeltOp *op)
{
  BeltWindowAggregate *self = (BeltWindowAggregate *)op;
  BeltStateWriter writer;

  belt_state_writer_start (&writer, get_fingerprint (self));
  belt_state_put_i64 (&writer, self->previous_ms);
  belt_state_put_i64 (&writer, self->end_ms);
  belt_state_put_u32 (&writer, self->started);
  for (guint i = 0; i < self->n_open; i++)
    save_window (self, &self->open[(self->head + i) % self->n_open], &writer);

  return belt_state_writer_finish (&writer);
}

gboolean
belt_window_aggregate_restore (BeltOp  *op,
                               GBytes  *state,
                               GError **error)
{
  BeltWindowAggregate *self = (BeltWindowAggregate *)op;
  BeltStateReader reader;

  if (!belt_state_reader_start (&reader, state, get_fingerprint (self)))
    return TRUE;

  self->previous_ms = belt_state_get_i64 (&reader);
  self->end_ms = belt_state_get_i64 (&reader);
  self->started = belt_state_get_u32 (&reader) != 0;
  self->first_ms = G_MININT64;
  for (guint i = 0; i < self->n_open && !reader.failed; i++)
    restore_window (self, &self->open[i], &reader);
  if (!self->window->event_time)
    op->next_tick = self->end_ms;

  return belt_state_reader_finish (&reader, error);
}
