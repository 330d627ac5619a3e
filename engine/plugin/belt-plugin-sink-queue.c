/* belt-plugin-sink-queue.c - emissions on their way into a plugin, and the thread that sends them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The thread sends what has gathered to the host, several emissions at once, and
 * waits for the answer.  A batch without an answer, or with IO or TIMEOUT for
 * one, is sent again flagged RESENT; rows that the plugin died on twice, and rows
 * it rejects, are counted as faults of the sink.
 */
#include "config.h"

#include "belt-plugin-sink-queue.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

#define BATCH_ROWS_MAX    1024u
#define BATCH_BYTES_MAX   (4u << 20)
#define RETRY_FIRST_MS    100u
#define RETRY_LAST_MS     10000u

void
belt_emission_block_free (gpointer data)
{
  BeltEmissionBlock *block = data;

  g_free (block->bytes);
  g_free (block);
}

void
belt_sink_queue_unref (BeltSinkQueue *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_queue_clear_full (&self->queue, belt_emission_block_free);
  g_clear_pointer (&self->reports, belt_inbox_unref);
  belt_plugin_instance_clear (&self->instance);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

void
belt_sink_report_free (gpointer data)
{
  BeltSinkReport *report = data;

  g_free (report->text);
  g_free (report);
}

static void
report (BeltSinkQueue *self,
        BeltReportKind kind,
        int            state,
        guint          n_rows,
        const char    *text)
{
  BeltSinkReport *message = g_new0 (BeltSinkReport, 1);

  message->kind = kind;
  message->state = state;
  message->n_rows = n_rows;
  message->text = g_strdup (text);
  belt_inbox_post (self->reports, message, 0);
}

/* The batch being sent: whole emissions of the queue, merged into the ring. */
typedef struct
{
  GPtrArray *blocks;
  guint      n_rows;
  gboolean   resent;
  guint32    skips[BELT_WIRE_SKIPS_MAX];
  guint      n_skips;
  guint32    last_unit;
  guint      n_deaths;
  guint      n_lost;
} BeltSinkBatch;

/* Waits for rows.  FALSE: stopping, and there is nothing left. */
static gboolean
take_batch (BeltSinkQueue *self,
            BeltSinkBatch *batch)
{
  gboolean was_congested;
  gsize bytes = 0;

  g_ptr_array_set_size (batch->blocks, 0);
  *batch = (BeltSinkBatch) { .blocks = batch->blocks, .last_unit = G_MAXUINT32 };
  g_mutex_lock (&self->lock);
  self->idle = TRUE;
  if (self->tells_drained && g_queue_is_empty (&self->queue))
    {
      self->tells_drained = FALSE;
      report (self, BELT_REPORT_DRAINED, 0, 0, NULL);
    }
  g_cond_broadcast (&self->changed);
  while (g_queue_is_empty (&self->queue) && !self->stopping)
    g_cond_wait (&self->changed, &self->lock);
  self->idle = FALSE;
  while (!self->abandoned && !g_queue_is_empty (&self->queue))
    {
      BeltEmissionBlock *block = g_queue_peek_head (&self->queue);

      if (batch->blocks->len > 0 &&
          (batch->n_rows + block->n_rows > BATCH_ROWS_MAX || bytes + block->size > BATCH_BYTES_MAX))
        break;
      g_queue_pop_head (&self->queue);
      self->n_bytes -= block->size;
      bytes += block->size;
      batch->n_rows += block->n_rows;
      g_ptr_array_add (batch->blocks, block);
    }
  was_congested = self->congested;
  if (was_congested && self->queue.length < BELT_SINK_QUEUE_LENGTH_MAX / 2 &&
      self->n_bytes < BELT_SINK_QUEUE_BYTES_MAX / 2)
    self->congested = FALSE;
  was_congested = was_congested && !self->congested;
  g_mutex_unlock (&self->lock);

  if (was_congested)
    report (self, BELT_REPORT_UNCONGESTED, 0, 0, NULL);

  return batch->blocks->len > 0;
}

/* Moves the offsets of values that stand `by` bytes further on than they were written for. */
static void
shift_values (char      *area,
              BeltValue *values,
              gsize      n_values,
              gsize      by)
{
  for (gsize i = 0; i < n_values; i++)
    {
      BeltValue *value = &values[i];

      if (value->tag < BELT_TAG_STR || value->tag == BELT_TAG_TIME)
        continue;
      value->u.i += (gint64)by;
      if (value->tag == BELT_TAG_LIST)
        shift_values (area, (BeltValue *)(area + value->u.i), value->len, by);
      else if (value->tag == BELT_TAG_MAP)
        for (guint k = 0; k < value->len; k++)
          {
            BeltMember *member = (BeltMember *)(area + value->u.i) + k;

            member->name += by;
            shift_values (area, &member->value, 1, by);
          }
    }
}

static gboolean
encode_batch (BeltSinkQueue *self,
              BeltSinkBatch *batch)
{
  BeltWire wire;
  BeltWireRequest *rq = belt_plugin_channel_begin (self->instance.channel, BELT_WIRE_COLLECT, &wire);
  gsize values_at = belt_wire_reserve (&wire, batch->n_rows * sizeof (BeltValue));
  gsize ends_at = belt_wire_reserve (&wire, batch->blocks->len * sizeof (guint32));
  guint32 n_rows = 0;

  for (guint i = 0; i < batch->blocks->len; i++)
    {
      BeltEmissionBlock *block = g_ptr_array_index (batch->blocks, i);
      gsize at = belt_wire_reserve (&wire, block->size);

      if (wire.failed)
        return FALSE;
      memcpy (wire.base + at, block->bytes, block->size);
      memcpy (wire.base + values_at + n_rows * sizeof (BeltValue), block->bytes + block->values_at,
              block->n_rows * sizeof (BeltValue));
      shift_values (wire.base, (BeltValue *)(wire.base + values_at) + n_rows, block->n_rows, at);
      n_rows += block->n_rows;
      memcpy (wire.base + ends_at + i * sizeof n_rows, &n_rows, sizeof n_rows);
    }

  rq->values_at = values_at;
  rq->groups_at = ends_at;
  rq->n_args = 1;
  rq->n_rows = n_rows;
  rq->n_groups = batch->blocks->len;
  rq->sequence = self->n_sent;
  rq->flags = batch->resent ? BELT_WIRE_RESENT : 0;
  rq->n_skips = batch->n_skips;
  memcpy (rq->skips, batch->skips, sizeof rq->skips);

  return TRUE;
}

/* Rows the plugin will never take. */
static void
report_rejected (BeltSinkQueue *self)
{
  const BeltWireReply *reply = belt_plugin_channel_get_reply (self->instance.channel);
  g_autoptr(BeltArena) arena = NULL;
  BeltValue *pairs;

  if (reply->n_values == 0 || reply->n_values > 2 * BATCH_ROWS_MAX * 16)
    return;

  arena = belt_arena_new ();
  pairs = belt_arena_new_array (arena, BeltValue, reply->n_values);
  if (!belt_plugin_channel_read (self->instance.channel, reply->n_values, self->instance.name, arena, pairs))
    return;
  for (guint i = 0; i + 1 < reply->n_values; i += 2)
    if (pairs[i + 1].tag == BELT_TAG_STR)
      report (self, BELT_REPORT_FAULT, 0, 1, pairs[i + 1].u.s);
}

/* Interruptible; FALSE when it is time to stop. */
static gboolean
sleep_ms (BeltSinkQueue *self,
          guint          ms)
{
  gint64 until = g_get_monotonic_time () + ms * 1000;
  gboolean go_on;

  g_mutex_lock (&self->lock);
  while (!self->stopping && g_cond_wait_until (&self->changed, &self->lock, until))
    ;
  go_on = !self->stopping;
  g_mutex_unlock (&self->lock);

  return go_on;
}

static gboolean
is_retried (int status)
{
  return status == BELT_E_IO || status == BELT_E_TIMEOUT || status == BELT_AGAIN;
}

/* After a death.  FALSE: give the batch up. */
static gboolean
learn (BeltSinkQueue *self,
       BeltSinkBatch *batch,
       BeltCallResult result,
       gboolean       sent)
{
  guint budget_ms = belt_plugin_entry_get_io_ms (self->instance.entry);
  guint32 unit;
  g_autofree char *text = belt_plugin_instance_bury (&self->instance, result, budget_ms, &unit);

  report (self, BELT_REPORT_STATUS, -1, 0, text);
  batch->resent |= sent;
  if (result == BELT_CALL_LOST)
    return ++batch->n_lost <= 8;
  if (!sent || unit >= batch->n_rows)
    return ++batch->n_deaths < 2;
  if (unit != batch->last_unit)
    {
      batch->last_unit = unit;
      return TRUE;
    }
  if (batch->n_skips == BELT_WIRE_SKIPS_MAX)
    return FALSE;

  batch->skips[batch->n_skips++] = unit;
  batch->last_unit = G_MAXUINT32;
  report (self, BELT_REPORT_FAULT, 0, 1, text);

  return TRUE;
}

/* One try; ret_status is the plugin's answer. */
static BeltCallResult
try_batch (BeltSinkQueue *self,
           BeltSinkBatch *batch,
           gboolean      *ret_sent,
           int           *ret_status,
           char         **ret_message)
{
  const BeltWireReply *reply;
  BeltCallResult result;
  gboolean was_open = self->instance.channel != NULL;

  *ret_sent = FALSE;
  *ret_message = belt_plugin_entry_dup_faulted (self->instance.entry, self->instance.version);
  *ret_status = BELT_E_CRASHED;
  if (*ret_message != NULL)
    return BELT_CALL_DONE;
  result = belt_plugin_instance_ready (&self->instance, ret_status, ret_message);
  if (result != BELT_CALL_DONE || *ret_message != NULL)
    return result;
  if (!was_open)
    report (self, BELT_REPORT_STATUS, 1, 0, NULL);
  if (batch->n_rows == 0)
    return BELT_CALL_DONE;

  if (!encode_batch (self, batch))
    {
      *ret_status = BELT_E_INVALID;
      *ret_message = g_strdup_printf ("an emission of more than %u MiB", BELT_WIRE_AREA_SIZE >> 20);
      return BELT_CALL_DONE;
    }
  *ret_sent = TRUE;
  result = belt_plugin_channel_call (self->instance.channel, belt_plugin_entry_get_io_ms (self->instance.entry));
  if (result != BELT_CALL_DONE)
    return result;

  reply = belt_plugin_channel_get_reply (self->instance.channel);
  report_rejected (self);
  *ret_status = reply->status;
  if (reply->status != BELT_OK)
    *ret_message = g_strdup (reply->text);
  else
    belt_plugin_entry_note_good (self->instance.entry, self->instance.version);

  return BELT_CALL_DONE;
}

static gboolean
save_nothing (gpointer owner)
{
  return FALSE;
}

static void
send_batch (BeltSinkQueue *self,
            BeltSinkBatch *batch)
{
  guint wait_ms = RETRY_FIRST_MS;

  for (;;)
    {
      g_autofree char *message = NULL;
      gboolean sent;
      int status = BELT_OK;
      BeltCallResult result;

      belt_plugin_instance_swap (&self->instance, save_nothing, NULL);
      result = try_batch (self, batch, &sent, &status, &message);
      if (result != BELT_CALL_DONE)
        {
          if (learn (self, batch, result, sent))
            continue;
          message = g_strdup ("the plugin died on the batch twice");
          status = BELT_E_CRASHED;
        }
      if (message == NULL)
        break;

      report (self, BELT_REPORT_STATUS, -1, 0, message);
      if (is_retried (status) && sleep_ms (self, wait_ms))
        {
          batch->resent |= sent;
          wait_ms = MIN (wait_ms * 2, RETRY_LAST_MS);
          continue;
        }
      if (batch->n_rows > 0)
        report (self, BELT_REPORT_FAULT, 0, batch->n_rows - batch->n_skips, message);
      break;
    }
  self->n_sent += batch->n_rows;
}

gpointer
belt_sink_queue_run (gpointer data)
{
  BeltSinkQueue *self = data;
  BeltSinkBatch batch = { .blocks = g_ptr_array_new_with_free_func (belt_emission_block_free),
      .last_unit = G_MAXUINT32 };

  /* Connects before the first row, so that trouble shows at once. */
  send_batch (self, &batch);
  while (take_batch (self, &batch))
    send_batch (self, &batch);

  g_ptr_array_unref (batch.blocks);
  g_clear_pointer (&self->instance.channel, belt_plugin_channel_free);
  g_mutex_lock (&self->lock);
  self->done = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  belt_sink_queue_unref (self);

  return NULL;
}
