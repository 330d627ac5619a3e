/* belt-plugin-site.c - a call site of a plugin function, which outlives hosts and builds
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * DESIGN.  A call site owns an instance in the host.  A function with state is
 * saved each BELT_PLUGIN_SNAPSHOT_BATCHES batches and the requests since then are
 * kept, so that after a death a new instance is restored and fed again; results
 * are taken only from an answered request, so each row has one result.  A row
 * that the host died on twice is left out and fails with PLUGIN; when more than
 * BELT_WIRE_SKIPS_MAX rows of a batch do that, the whole batch fails.
 */
#include "config.h"

#include "belt-plugin-site.h"

#include "belt-plugin-instance.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

#define LOST_MAX 8u   /* deaths in one batch that were somebody else's doing */

/* A request that was answered since the last snapshot. */
typedef struct
{
  GBytes          *area;
  BeltWireRequest  rq;
} BeltReplay;

typedef struct
{
  BeltPluginInstance  instance;
  const BeltFunction *function;
  gboolean            stateful;
  gboolean            saves;
  GQueue              log;         /* of BeltReplay */
  gsize               n_log_bytes;
} BeltSite;

/* One batch under way. */
typedef struct
{
  const BeltValue *const *args;
  guint                   n_args;
  guint                   first;       /* row */
  guint                   n_rows;
  const guint32          *group_ends;  /* NULL: a function */
  guint                   n_groups;
  guint                   n_units;     /* rows or groups: results */
  BeltValue              *out;
  BeltArena              *arena;
  guint32                 skips[BELT_WIRE_SKIPS_MAX];
  const char             *skip_texts[BELT_WIRE_SKIPS_MAX];
  guint                   n_skips;
  gboolean                rowwise;
  gboolean                sent;        /* a death is this batch's, not the replay's before it */
} BeltSiteBatch;

static void
free_replay (gpointer data)
{
  BeltReplay *replay = data;

  g_bytes_unref (replay->area);
  g_free (replay);
}

static void
clear_log (BeltSite *self)
{
  g_queue_clear_full (&self->log, free_replay);
  self->n_log_bytes = 0;
}

static gpointer
create_site (const BeltFunction *function,
             const BeltValue    *const_args,
             const gboolean     *is_const,
             guint               n_args,
             GError            **error)
{
  const BeltPluginFunction *ours = function->user_data;
  g_autoptr(BeltPluginVersion) version = belt_plugin_entry_dup_version (ours->entry);
  const BeltPluginDef *def = version != NULL ? belt_plugin_version_find_def (version, ours->definition) : NULL;
  BeltValue values[BELT_WIRE_ARGS_MAX + 1];
  BeltSite *self;

  n_args = MIN (n_args, BELT_WIRE_ARGS_MAX);
  values[0] = belt_value_str (ours->definition, strlen (ours->definition));
  for (guint i = 0; i < n_args; i++)
    values[i + 1] = is_const != NULL && is_const[i] ? const_args[i] : belt_value_missing ();

  self = g_new0 (BeltSite, 1);
  self->function = function;
  belt_plugin_instance_init (&self->instance, ours->entry, ours->definition,
                             (function->flags & BELT_FUNCTION_AGGREGATE) != 0
                             ? BELT_KIND_AGGREGATE : BELT_KIND_SCALAR, values, n_args + 1);
  self->stateful = (function->flags & BELT_FUNCTION_STATEFUL) != 0;
  self->saves = def != NULL && def->saves && self->stateful;

  return self;
}

static void
destroy_site (gpointer data)
{
  BeltSite *self = data;

  clear_log (self);
  belt_plugin_instance_clear (&self->instance);
  g_free (self);
}

static guint
get_budget (BeltSite *self)
{
  return belt_plugin_entry_get_function_ms (self->instance.entry);
}

/* Feeds the instance again what came after its snapshot. */
static BeltCallResult
replay_log (BeltSite *self)
{
  for (GList *item = self->log.head; item != NULL; item = item->next)
    {
      const BeltReplay *replay = item->data;
      BeltWire wire;
      BeltWireRequest *rq = belt_plugin_channel_begin (self->instance.channel, BELT_WIRE_EXEC, &wire);
      BeltCallResult result;
      gsize size;
      gconstpointer data = g_bytes_get_data (replay->area, &size);

      memcpy (wire.base, data, size);
      *rq = replay->rq;
      result = belt_plugin_channel_call (self->instance.channel, get_budget (self));
      if (result != BELT_CALL_DONE)
        return result;
    }
  self->instance.fresh = FALSE;

  return BELT_CALL_DONE;
}

static BeltCallResult
make_ready (BeltSite *self,
            char    **ret_message)
{
  BeltCallResult result;
  int status;

  result = belt_plugin_instance_ready (&self->instance, &status, ret_message);
  if (result != BELT_CALL_DONE || *ret_message != NULL)
    return result;

  return self->instance.fresh ? replay_log (self) : BELT_CALL_DONE;
}

/* Before a hand-over: the state as of the last batch. */
static gboolean
save_site (gpointer owner)
{
  BeltSite *self = owner;
  BeltCallResult result = BELT_CALL_DONE;

  for (guint i = 0; self->saves && i < LOST_MAX; i++)
    {
      g_autofree char *message = NULL;
      guint32 unit;

      /* Nothing was ever sent: there is nothing to hand over. */
      if (self->instance.channel == NULL && self->instance.state == NULL && g_queue_is_empty (&self->log))
        return FALSE;

      result = make_ready (self, &message);
      if (message != NULL)
        return FALSE;
      if (result == BELT_CALL_DONE && belt_plugin_instance_save (&self->instance, &result))
        {
          clear_log (self);
          return TRUE;
        }
      if (result == BELT_CALL_DONE)
        {
          self->saves = FALSE;
          clear_log (self);
          return FALSE;
        }
      g_free (belt_plugin_instance_bury (&self->instance, result, BELT_BUDGET_CONTROL_MS, &unit));
    }

  return FALSE;
}

/* The request of a batch; FALSE when it does not fit. */
static gboolean
encode (BeltSite      *self,
        BeltSiteBatch *batch,
        BeltWire      *wire)
{
  BeltWireRequest *rq = belt_plugin_channel_begin (self->instance.channel,
                                                   batch->group_ends != NULL ? BELT_WIRE_AGGREGATE :
                                                   BELT_WIRE_EXEC, wire);
  gsize at = belt_wire_reserve (wire, (gsize)batch->n_args * batch->n_rows * sizeof (BeltValue));

  for (guint i = 0; i < batch->n_args; i++)
    belt_wire_put_values (wire, at + (gsize)i * batch->n_rows * sizeof (BeltValue), batch->args[i] + batch->first,
                          batch->n_rows, batch->arena);
  if (batch->group_ends != NULL)
    rq->groups_at = belt_wire_put_bytes (wire, batch->group_ends, batch->n_groups * sizeof *batch->group_ends);
  rq->values_at = at;
  rq->n_args = batch->n_args;
  rq->n_rows = batch->n_rows;
  rq->n_groups = batch->n_groups;
  rq->flags = batch->rowwise ? BELT_WIRE_ROWWISE : 0;
  rq->n_skips = batch->n_skips;
  memcpy (rq->skips, batch->skips, sizeof rq->skips);
  rq->used = wire->used;

  return !wire->failed;
}

static BeltValue
make_fault (BeltSite      *self,
            BeltSiteBatch *batch,
            const char    *text)
{
  BeltFault *fault = belt_arena_alloc0 (batch->arena, sizeof *fault);

  fault->kind = BELT_FAULT_PLUGIN;
  fault->function = self->function->name;
  fault->message = text;

  return (BeltValue) { .tag = BELT_TAG_ERROR, .u.fault = fault };
}

static void
fail_all (BeltSite      *self,
          BeltSiteBatch *batch,
          const char    *text)
{
  BeltValue fault = make_fault (self, batch, belt_arena_printf (batch->arena, "%s %s", self->function->name, text));

  for (guint i = 0; i < batch->n_units; i++)
    batch->out[batch->first + i] = fault;
}

/* Keeps a copy of the request for replay, before the host turns its offsets into pointers. */
static BeltReplay *
copy_request (BeltSite *self,
              BeltWire *wire)
{
  BeltReplay *replay;

  if (!self->saves)
    return NULL;

  replay = g_new0 (BeltReplay, 1);
  replay->area = g_bytes_new (wire->base, wire->used);
  replay->rq = *belt_plugin_channel_get_request (self->instance.channel);

  return replay;
}

static void
note_answered (BeltSite      *self,
               BeltSiteBatch *batch,
               BeltReplay    *replay)
{
  BeltCallResult result;
  guint32 unit;

  if (batch->n_units > batch->n_skips)
    belt_plugin_entry_note_good (self->instance.entry, self->instance.version);
  if (replay == NULL)
    return;

  g_queue_push_tail (&self->log, replay);
  self->n_log_bytes += g_bytes_get_size (replay->area);
  if (self->log.length < BELT_PLUGIN_SNAPSHOT_BATCHES && self->n_log_bytes < BELT_PLUGIN_REPLAY_BYTES)
    return;

  if (belt_plugin_instance_save (&self->instance, &result))
    clear_log (self);
  else if (result != BELT_CALL_DONE)
    g_free (belt_plugin_instance_bury (&self->instance, result, BELT_BUDGET_CONTROL_MS, &unit));
  else
    {
      self->saves = FALSE;
      clear_log (self);
    }
}

/* Results of an answered request.  FALSE: the answer is rubbish. */
static gboolean
take_results (BeltSite      *self,
              BeltSiteBatch *batch)
{
  const BeltWireReply *reply = belt_plugin_channel_get_reply (self->instance.channel);

  if (reply->status < BELT_OK)
    {
      fail_all (self, batch, belt_arena_printf (batch->arena, "failed: %s", reply->text));
      return TRUE;
    }
  if (!belt_plugin_channel_read (self->instance.channel, batch->n_units, self->function->name, batch->arena,
                                 batch->out + batch->first))
    return FALSE;

  for (guint i = 0; i < batch->n_skips; i++)
    batch->out[batch->first + batch->skips[i]] = make_fault (self, batch, batch->skip_texts[i]);

  return TRUE;
}

/* Learns from a death: TRUE when the batch is worth another try. */
static gboolean
learn (BeltSiteBatch *batch,
       guint32        unit,
       const char    *text,
       guint32       *last_unit)
{
  batch->rowwise = TRUE;
  if (unit >= batch->n_units)
    return TRUE;
  if (unit != *last_unit)
    {
      *last_unit = unit;
      return TRUE;
    }
  if (batch->n_skips == BELT_WIRE_SKIPS_MAX)
    return FALSE;

  batch->skips[batch->n_skips] = unit;
  batch->skip_texts[batch->n_skips++] = text;
  *last_unit = G_MAXUINT32;

  return TRUE;
}

/* One try.  DONE: batch->out is filled in. */
static BeltCallResult
try_batch (BeltSite      *self,
           BeltSiteBatch *batch,
           gboolean      *ret_too_large)
{
  g_autofree char *faulted = belt_plugin_entry_dup_faulted (self->instance.entry, self->instance.version);
  g_autofree char *message = NULL;
  BeltCallResult result;
  BeltReplay *replay;
  BeltWire wire;

  batch->sent = FALSE;
  if (faulted != NULL)
    {
      fail_all (self, batch, faulted);
      return BELT_CALL_DONE;
    }
  result = make_ready (self, &message);
  if (message != NULL)
    fail_all (self, batch, belt_arena_printf (batch->arena, "cannot be started: %s", message));
  if (result != BELT_CALL_DONE || message != NULL)
    return result;

  if (!encode (self, batch, &wire))
    {
      *ret_too_large = TRUE;
      return BELT_CALL_DONE;
    }
  replay = copy_request (self, &wire);
  batch->sent = TRUE;
  result = belt_plugin_channel_call (self->instance.channel, get_budget (self));
  if (result == BELT_CALL_DONE && !take_results (self, batch))
    {
      /* Whatever wrote that is not to be trusted with the next batch. */
      belt_plugin_process_kill (belt_plugin_channel_get_process (self->instance.channel));
      result = BELT_CALL_DIED;
    }
  if (result == BELT_CALL_DONE)
    note_answered (self, batch, replay);
  else if (replay != NULL)
    free_replay (replay);

  return result;
}

static gboolean
run_batch (BeltSite      *self,
           BeltSiteBatch *batch)
{
  gboolean too_large = FALSE;
  guint32 last_unit = G_MAXUINT32;
  guint n_lost = 0, n_deaths = 0;
  BeltCallResult result;

  while ((result = try_batch (self, batch, &too_large)) != BELT_CALL_DONE)
    {
      guint32 unit;
      g_autofree char *text = belt_plugin_instance_bury (&self->instance, result, get_budget (self), &unit);
      const char *kept = belt_arena_printf (batch->arena, "%s %s", self->function->name, text);
      BeltPluginVersion *version = self->instance.version;

      if (!batch->sent)
        unit = G_MAXUINT32;
      if (result == BELT_CALL_LOST ? ++n_lost > LOST_MAX
          : !learn (batch, unit, kept, &last_unit) || (unit >= batch->n_units && ++n_deaths >= 2))
        {
          fail_all (self, batch, text);
          break;
        }
      belt_plugin_instance_swap (&self->instance, save_site, self);
      /* Another build gets the whole batch. */
      if (self->instance.version != version)
        {
          batch->n_skips = n_deaths = 0;
          last_unit = G_MAXUINT32;
        }
    }

  return !too_large;
}

/* A batch that does not fit into the ring goes in halves; a row that does not, fails. */
static void
run_rows (BeltSite               *self,
          const BeltValue *const *args,
          guint                   n_args,
          guint                   first,
          guint                   n_rows,
          BeltValue              *out,
          BeltArena              *arena)
{
  BeltSiteBatch batch = { .args = args, .n_args = n_args, .first = first, .n_rows = n_rows, .n_units = n_rows,
                          .out = out,
                          .arena = arena };

  if (run_batch (self, &batch))
    return;

  if (n_rows == 1)
    {
      fail_all (self, &batch, belt_arena_printf (arena, "got a row of more than %u MiB",
                                                 BELT_WIRE_AREA_SIZE >> 20));
      return;
    }
  run_rows (self, args, n_args, first, n_rows / 2, out, arena);
  run_rows (self, args, n_args, first + n_rows / 2, n_rows - n_rows / 2, out, arena);
}

static const BeltValue *
find_error (const BeltValue *const *args,
            guint                   n_args,
            guint                   row)
{
  for (guint i = 0; i < n_args; i++)
    if (belt_value_is_error (&args[i][row]))
      return &args[i][row];

  return NULL;
}

/* Rows whose arguments failed already do not reach the plugin. */
static void
run_good_rows (BeltSite               *self,
               const BeltValue *const *args,
               guint                   n_args,
               guint                   n_rows,
               BeltValue              *out,
               BeltArena              *arena)
{
  BeltValue **good = belt_arena_new_array (arena, BeltValue *, n_args + 1);
  BeltValue *results = belt_arena_new_array (arena, BeltValue, n_rows);
  guint n_good = 0;

  for (guint i = 0; i < n_args; i++)
    good[i] = belt_arena_new_array (arena, BeltValue, n_rows);
  for (guint row = 0; row < n_rows; row++)
    if (find_error (args, n_args, row) == NULL)
      {
        for (guint i = 0; i < n_args; i++)
          good[i][n_good] = args[i][row];
        n_good++;
      }
  if (n_good > 0)
    run_rows (self, (const BeltValue *const *)good, n_args, 0, n_good, results, arena);

  n_good = 0;
  for (guint row = 0; row < n_rows; row++)
    {
      const BeltValue *error = find_error (args, n_args, row);

      out[row] = error != NULL ? *error : results[n_good++];
    }
}

static void
call_site (gpointer                instance,
           const BeltValue *const *args,
           guint                   n_args,
           guint                   n_rows,
           const guint32          *group_ends,
           guint                   n_groups,
           BeltValue              *out,
           BeltArena              *arena)
{
  BeltSite *self = instance;
  gboolean has_error = FALSE;

  if (self->function->flags & BELT_FUNCTION_AGGREGATE)
    {
      BeltSiteBatch batch = { .args = args, .n_args = n_args, .n_rows = n_rows, .group_ends = group_ends,
                              .n_groups = n_groups, .n_units = n_groups, .out = out, .arena = arena };

      belt_plugin_instance_swap (&self->instance, save_site, self);
      if (n_groups > 0 && !run_batch (self, &batch))
        fail_all (self, &batch, belt_arena_printf (arena, "got groups of more than %u MiB",
                                                   BELT_WIRE_AREA_SIZE >> 20));
      return;
    }

  if (n_rows == 0)
    return;

  belt_plugin_instance_swap (&self->instance, save_site, self);
  for (guint row = 0; row < n_rows && !has_error; row++)
    has_error = find_error (args, n_args, row) != NULL;
  if (has_error)
    run_good_rows (self, args, n_args, n_rows, out, arena);
  else
    run_rows (self, args, n_args, 0, n_rows, out, arena);
}

static GBytes *
save_state (gpointer instance)
{
  BeltSite *self = instance;

  if (!save_site (self) || self->instance.state == NULL)
    return NULL;

  /* The version of the state goes in front of it. */
  {
    gsize size;
    gconstpointer data = g_bytes_get_data (self->instance.state, &size);
    GByteArray *bytes = g_byte_array_sized_new ((guint)size + 4);
    guint32 version = GUINT32_TO_LE (self->instance.state_version);

    g_byte_array_append (bytes, (const guint8 *)&version, sizeof version);
    g_byte_array_append (bytes, data, (guint)size);
    return g_byte_array_free_to_bytes (bytes);
  }
}

static gboolean
restore_state (gpointer instance,
               GBytes  *state,
               GError **error)
{
  BeltSite *self = instance;
  gsize size;
  const guint8 *data = g_bytes_get_data (state, &size);
  guint32 version;

  if (size < sizeof version)
    return TRUE;

  memcpy (&version, data, sizeof version);
  g_clear_pointer (&self->instance.channel, belt_plugin_channel_free);
  g_clear_pointer (&self->instance.state, g_bytes_unref);
  clear_log (self);
  self->instance.state_version = GUINT32_FROM_LE (version);
  self->instance.state = g_bytes_new (data + sizeof version, size - sizeof version);

  return TRUE;
}

const BeltBatchFunctionClass belt_plugin_site_class = {
  .create = create_site,
  .destroy = destroy_site,
  .call = call_site,
  .save = save_state,
  .restore = restore_state,
};
