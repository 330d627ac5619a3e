/* belt-plugin-instance.c - one instance in a host, replaced when the host dies or a build comes
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A swap makes the new instance beside the old one; only when it is created,
 * restored and open does it take over, so a build that does not work leaves the
 * old one running.
 */
#include "config.h"

#include "belt-plugin-instance.h"

#include "belt-clock.h"

#include <string.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

void
belt_plugin_instance_init (BeltPluginInstance *self,
                           BeltPluginEntry    *entry,
                           const char         *name,
                           guint               kind,
                           const BeltValue    *values,
                           guint               n_values)
{
  g_autoptr(BeltArena) arena = belt_arena_new ();
  BeltWire wire;

  *self = (BeltPluginInstance) { .entry = belt_plugin_entry_ref (entry), .name = g_strdup (name), .kind = kind };
  self->generation = belt_plugin_entry_get_generation (entry);
  self->version = belt_plugin_entry_dup_version (entry);
  self->opens = kind == BELT_KIND_SOURCE || kind == BELT_KIND_SINK;
  self->n_values = n_values;
  belt_wire_init_grows (&wire);
  self->values_at = belt_wire_reserve (&wire, n_values * sizeof (BeltValue));
  belt_wire_put_values (&wire, self->values_at, values, n_values, arena);
  self->values = g_bytes_new (wire.base, wire.used);
  belt_wire_clear (&wire);
}

void
belt_plugin_instance_clear (BeltPluginInstance *self)
{
  g_clear_pointer (&self->channel, belt_plugin_channel_free);
  g_clear_pointer (&self->version, belt_plugin_version_unref);
  g_clear_pointer (&self->entry, belt_plugin_entry_unref);
  g_clear_pointer (&self->values, g_bytes_unref);
  g_clear_pointer (&self->state, g_bytes_unref);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->rule, g_free);
}

/* A control call; the reply's text when it is refused. */
static BeltCallResult
call_control (BeltPluginChannel *channel,
              int               *ret_status,
              char             **ret_message)
{
  BeltCallResult result = belt_plugin_channel_call (channel, BELT_BUDGET_CONTROL_MS);
  const BeltWireReply *reply = belt_plugin_channel_get_reply (channel);

  if (result != BELT_CALL_DONE || reply->status >= BELT_OK)
    return result;

  *ret_status = reply->status;
  *ret_message = g_strdup (reply->text);
  return BELT_CALL_DONE;
}

static BeltCallResult
create (BeltPluginInstance *self,
        BeltPluginChannel  *channel,
        int                *ret_status,
        char              **ret_message)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (self->values, &size);
  BeltWire wire;
  BeltWireRequest *rq = belt_plugin_channel_begin (channel, BELT_WIRE_CREATE, &wire);

  if (size > wire.size)
    {
      *ret_status = BELT_E_INVALID;
      *ret_message = g_strdup ("the configuration is too large");
      return BELT_CALL_DONE;
    }

  memcpy (wire.base, data, size);
  rq->values_at = self->values_at;
  rq->n_args = 1;
  rq->n_rows = self->n_values;

  return call_control (channel, ret_status, ret_message);
}

static BeltCallResult
restore (BeltPluginInstance *self,
         BeltPluginChannel  *channel,
         int                *ret_status,
         char              **ret_message)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (self->state, &size);
  BeltValue value = { .tag = BELT_TAG_BYTES, .len = (guint32)size, .u.s = data };
  BeltWire wire;
  BeltWireRequest *rq = belt_plugin_channel_begin (channel, BELT_WIRE_RESTORE, &wire);
  gsize at = belt_wire_reserve (&wire, sizeof value);

  belt_wire_put_values (&wire, at, &value, 1, NULL);
  rq->values_at = at;
  rq->n_args = 1;
  rq->n_rows = 1;
  rq->state_version = self->state_version;

  return call_control (channel, ret_status, ret_message);
}

static BeltCallResult
open_instance (BeltPluginChannel *channel,
               int               *ret_status,
               char             **ret_message)
{
  BeltWire wire;

  belt_plugin_channel_begin (channel, BELT_WIRE_OPEN, &wire);

  return call_control (channel, ret_status, ret_message);
}

/* A channel with a created instance in `version`; NULL with *ret_message: refused.  When the host dies
 * the channel is returned all the same, for its fault. */
static BeltPluginChannel *
make_channel (BeltPluginInstance *self,
              BeltPluginVersion  *version,
              gboolean            with_state,
              BeltCallResult     *ret_result,
              int                *ret_status,
              char              **ret_message)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BeltPluginProcess) process = belt_plugin_version_acquire (version, &error);
  g_autoptr(BeltPluginChannel) channel = NULL;
  g_autofree char *data_dir = belt_plugin_entry_dup_data_dir (self->entry);

  *ret_result = BELT_CALL_DONE;
  if (process != NULL)
    channel = belt_plugin_channel_new (process, self->rule, self->name, data_dir, &error);
  if (channel == NULL)
    {
      *ret_status = BELT_E_FAIL;
      *ret_message = g_strdup (error->message);
      return NULL;
    }

  *ret_result = create (self, channel, ret_status, ret_message);
  if (*ret_result == BELT_CALL_DONE && *ret_message == NULL && with_state && self->state != NULL)
    *ret_result = restore (self, channel, ret_status, ret_message);
  if (*ret_result == BELT_CALL_DONE && *ret_message == NULL && self->opens)
    *ret_result = open_instance (channel, ret_status, ret_message);

  return *ret_message == NULL ? g_steal_pointer (&channel) : NULL;
}

BeltCallResult
belt_plugin_instance_ready (BeltPluginInstance *self,
                            int                *ret_status,
                            char              **ret_message)
{
  BeltCallResult result;

  *ret_message = NULL;
  *ret_status = BELT_OK;
  if (self->channel != NULL && !belt_plugin_process_is_dead (belt_plugin_channel_get_process (self->channel)))
    return BELT_CALL_DONE;

  g_clear_pointer (&self->channel, belt_plugin_channel_free);
  if (self->version == NULL)
    {
      *ret_status = BELT_E_FAIL;
      *ret_message = g_strdup ("the plugin is not installed any more");
      return BELT_CALL_DONE;
    }
  self->fresh = TRUE;
  self->channel = make_channel (self, self->version, TRUE, &result, ret_status, ret_message);

  return result;
}

char *
belt_plugin_instance_bury (BeltPluginInstance *self,
                           BeltCallResult      result,
                           guint               budget_ms,
                           guint32            *ret_unit)
{
  BeltPluginProcess *process = belt_plugin_channel_get_process (self->channel);
  g_autofree char *end = belt_plugin_process_dup_end (process);
  g_autoptr(BeltPluginFault) fault = NULL;
  BeltWireFault record = { 0 };
  char *text;

  *ret_unit = G_MAXUINT32;
  if (result == BELT_CALL_DIED)
    {
      belt_plugin_channel_get_fault (self->channel, &record);
      *ret_unit = record.kind == BELT_WIRE_FAULT_BUDGET || record.kind == BELT_WIRE_FAULT_NONE
                  ? belt_plugin_channel_get_unit (self->channel) : record.unit;
    }
  fault = belt_plugin_fault_new (belt_plugin_process_get_path (process), belt_plugin_process_get_block (process),
                                 &record,
                                 budget_ms, end);
  if (result == BELT_CALL_DIED)
    belt_plugin_entry_note_death (self->entry, self->version, self->name, fault);
  text = g_steal_pointer (&fault->text);
  g_clear_pointer (&self->channel, belt_plugin_channel_free);

  return text;
}

static void
tell_kept (BeltPluginInstance *self,
           const char         *why)
{
  belt_plugin_entry_tell (self->entry, belt_plugin_entry_make_notice (self->entry, BELT_NOTICE_KEPT_OLD, self->name,
                                                                      "not swapped: %s", why));
}

static void
tell_swapped (BeltPluginInstance *self,
              double              ms,
              const char         *lost_state)
{
  gboolean had_state = self->state != NULL;
  BeltPluginNotice *notice;

  if (lost_state != NULL)
    notice = belt_plugin_entry_make_notice (self->entry, BELT_NOTICE_SWAPPED, self->name,
                                            "swapped in %.1f ms, state reset: %s",
                                            ms, lost_state);
  else
    notice = belt_plugin_entry_make_notice (self->entry, BELT_NOTICE_SWAPPED, self->name, "swapped in %.1f ms%s",
                                            ms,
                                            had_state ? ", state kept" : "");
  notice->ms = ms;
  notice->state_kept = lost_state == NULL;
  belt_plugin_entry_tell (self->entry, notice);
}

/* The old one lets go of what only one can hold, or takes it again. */
static gboolean
set_open (BeltPluginInstance *self,
          gboolean            open)
{
  g_autofree char *message = NULL;
  int status;
  BeltWire wire;

  if (self->channel == NULL)
    return FALSE;

  belt_plugin_channel_begin (self->channel, open ? BELT_WIRE_OPEN : BELT_WIRE_CLOSE, &wire);

  return call_control (self->channel, &status, &message) == BELT_CALL_DONE && message == NULL;
}

/* The new version's channel.  Tried again without the state when it cannot read it, and with the old one
 * closed when what it opens is taken (a port, a lock, a client id).  NULL: it does not work. */
static BeltPluginChannel *
make_successor (BeltPluginInstance *self,
                BeltPluginVersion  *version,
                char              **ret_lost_state)
{
  g_autofree char *message = NULL;
  BeltPluginChannel *channel;
  BeltCallResult result;
  int status = BELT_OK;

  channel = make_channel (self, version, TRUE, &result, &status, &message);
  if (message != NULL && self->state != NULL && result == BELT_CALL_DONE &&
      (status == BELT_E_VERSION || status == BELT_E_UNSUPPORTED))
    {
      *ret_lost_state = g_steal_pointer (&message);
      channel = make_channel (self, version, FALSE, &result, &status, &message);
    }
  if (message != NULL && result == BELT_CALL_DONE && status == BELT_E_IO && self->opens && set_open (self, FALSE))
    {
      g_clear_pointer (&message, g_free);
      channel = make_channel (self, version, *ret_lost_state == NULL, &result, &status, &message);
      /* A new channel opens itself when this one cannot. */
      if ((channel == NULL || result != BELT_CALL_DONE) && !set_open (self, TRUE))
        g_clear_pointer (&self->channel, belt_plugin_channel_free);
    }
  if (result != BELT_CALL_DONE)
    {
      g_clear_pointer (&channel, belt_plugin_channel_free);
      tell_kept (self, "the new build crashes when it starts");
    }
  else if (channel == NULL)
    tell_kept (self, message);

  return channel;
}

void
belt_plugin_instance_swap (BeltPluginInstance *self,
                           gboolean (         *save ) (gpointer owner),
                           gpointer            owner)
{
  guint generation = belt_plugin_entry_get_generation (self->entry);
  g_autoptr(BeltPluginVersion) version = NULL;
  g_autofree char *lost_state = NULL;
  const BeltPluginDef *def;
  BeltPluginChannel *channel;
  BeltClock *clock;
  gint64 start;

  if (G_LIKELY (generation == self->generation))
    return;

  self->generation = generation;
  version = belt_plugin_entry_dup_version (self->entry);
  if (version == NULL || version == self->version)
    return;
  def = belt_plugin_version_find_def (version, self->name);
  if (def == NULL || def->kind != self->kind)
    {
      tell_kept (self, "the new build does not define it any more");
      return;
    }

  clock = belt_clock_new_wall ();
  start = belt_clock_get_ns (clock);
  save (owner);
  channel = make_successor (self, version, &lost_state);
  if (channel != NULL)
    {
      g_clear_pointer (&self->channel, belt_plugin_channel_free);
      self->channel = channel;
      self->fresh = TRUE;
      belt_plugin_version_unref (self->version);
      self->version = g_steal_pointer (&version);
      tell_swapped (self, (double)(belt_clock_get_ns (clock) - start) / 1e6, lost_state);
      if (lost_state != NULL)
        g_clear_pointer (&self->state, g_bytes_unref);
    }
  belt_clock_unref (clock);
}

gboolean
belt_plugin_instance_save (BeltPluginInstance *self,
                           BeltCallResult     *ret_result)
{
  const BeltWireReply *reply;
  GBytes *state;
  BeltWire wire;

  belt_plugin_channel_begin (self->channel, BELT_WIRE_SAVE, &wire);
  *ret_result = belt_plugin_channel_call (self->channel, BELT_BUDGET_CONTROL_MS);
  if (*ret_result != BELT_CALL_DONE)
    return FALSE;

  reply = belt_plugin_channel_get_reply (self->channel);
  if (reply->status != BELT_OK || (state = belt_plugin_channel_read_state (self->channel)) == NULL)
    return FALSE;

  g_clear_pointer (&self->state, g_bytes_unref);
  self->state = state;
  self->state_version = reply->state_version;

  return TRUE;
}
