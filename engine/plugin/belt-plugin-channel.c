/* belt-plugin-channel.c - one request at a time to an instance in a host
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A budget is counted in slices of the wait, so that nobody has to ask for the
 * time.  When it is used up the thread in question is signalled to write down
 * where it is, and then the process is killed; under a debugger it may take all
 * the time it wants.
 */
#include "config.h"

#include "belt-plugin-process-private.h"

#include "belt-error.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_WORDS_MS    200u   /* for the handler to write its record */
#define PATIENCE_MAX     20u    /* half budgets more for a thread that waits for a processor */
#define SPINS            200u   /* a reply of a warm host is often there within a microsecond */
#define QUIT_FUNCTION_MS 1000u
#define BUDGET_SIGNAL    SIGUSR1

static gboolean
send_channel (BeltPluginProcess *self,
              BeltWireOpen      *place,
              int                fd)
{
  union { char bytes[CMSG_SPACE (sizeof (int))]; struct cmsghdr header; } control = { { 0 } };
  struct iovec part = { place, sizeof *place };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes };

  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);

  return sendmsg (self->control_fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *place;
}

BeltPluginChannel *
belt_plugin_channel_new (BeltPluginProcess *process,
                         const char        *rule,
                         const char        *operator_name,
                         const char        *data_dir,
                         GError           **error)
{
  g_autoptr(BeltPluginChannel) self = g_new0 (BeltPluginChannel, 1);
  BeltWireOpen place = { 0 };
  int fd = -1;

  g_strlcpy (place.rule, rule != NULL ? rule : "", sizeof place.rule);
  g_strlcpy (place.operator_name, operator_name != NULL ? operator_name : "", sizeof place.operator_name);
  g_strlcpy (place.data_dir, data_dir != NULL ? data_dir : "", sizeof place.data_dir);
  self->process = belt_plugin_process_ref (process);
  self->head = belt_process_make_memory ("belt-channel", BELT_WIRE_SIZE, &fd);
  if (self->head == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "Memory for a plugin: %s", g_strerror (errno));
      return NULL;
    }

  g_mutex_lock (&process->lock);
  place.channel = ++process->n_channels;
  g_ptr_array_add (process->channels, self);
  g_mutex_unlock (&process->lock);
  if (process->plugin != NULL)
    self->exec = belt_exec_new (belt_plugin_library_get_services (), process->plugin, self->head, &place);
  else if (!send_channel (process, &place, fd))
    {
      close (fd);
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "The plugin host does not answer");
      return NULL;
    }
  close (fd);

  return g_steal_pointer (&self);
}

void
belt_plugin_channel_free (BeltPluginChannel *self)
{
  guint quit_ms;
  BeltWire wire;

  if (self == NULL)
    return;

  quit_ms = self->quit_ms != 0 ? self->quit_ms : BELT_BUDGET_CONTROL_MS;

  /* A call that is still under way cannot be followed by another one. */
  if (self->head != NULL && !self->waiting && !belt_plugin_process_is_dead (self->process))
    {
      belt_plugin_channel_begin (self, BELT_WIRE_QUIT, &wire);
      belt_plugin_channel_call (self, quit_ms);
    }
  belt_exec_free (self->exec);
  g_mutex_lock (&self->process->lock);
  g_ptr_array_remove_fast (self->process->channels, self);
  g_mutex_unlock (&self->process->lock);
  if (self->head != NULL)
    munmap (self->head, BELT_WIRE_SIZE);
  belt_plugin_process_unref (self->process);
  g_free (self);
}

BeltPluginProcess *
belt_plugin_channel_get_process (BeltPluginChannel *self)
{
  return self->process;
}

BeltWireRequest *
belt_plugin_channel_begin (BeltPluginChannel *self,
                           BeltWireCommand    command,
                           BeltWire          *wire)
{
  if (command == BELT_WIRE_EXEC || command == BELT_WIRE_AGGREGATE)
    self->quit_ms = QUIT_FUNCTION_MS;
  memset (&self->head->rq, 0, sizeof self->head->rq);
  self->head->rq.command = command;
  belt_wire_init (wire, (char *)self->head + BELT_WIRE_HEAD_SIZE, BELT_WIRE_AREA_SIZE);

  return &self->head->rq;
}

static gboolean
is_traced (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int)pid);
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents (path, &status, NULL, NULL) || (line = strstr (status, "\nTracerPid:")) == NULL)
    return FALSE;

  return g_ascii_strtoull (line + strlen ("\nTracerPid:"), NULL, 10) != 0;
}

/* How long the thread has run, in ms; on a machine with too much to do it is not its fault that it did not. */
static guint64
get_cpu_ms (BeltPluginChannel *self)
{
  int tid = __atomic_load_n (&self->head->tid, __ATOMIC_ACQUIRE);
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/schedstat", (int)self->process->pid, tid);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_ascii_strtoull (text, NULL, 10) / 1000000 : 0;
}

static gboolean
is_runnable (BeltPluginChannel *self)
{
  int tid = __atomic_load_n (&self->head->tid, __ATOMIC_ACQUIRE);
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/stat", (int)self->process->pid, tid);
  g_autofree char *text = NULL;
  const char *end;

  return g_file_get_contents (path, &text, NULL, NULL) && (end = strrchr (text, ')')) != NULL && end[1] == ' ' &&
         end[2] == 'R';
}

/* Asks the thread to write down where it is, and makes an end. */
static void
stop_runaway (BeltPluginChannel *self)
{
  BeltPluginProcess *process = self->process;
  int tid = __atomic_load_n (&self->head->tid, __ATOMIC_ACQUIRE);
  guint waited = 0;
  gboolean asked;

  g_atomic_int_set (&self->overran, TRUE);
  g_mutex_lock (&process->lock);
  asked = !process->dead && tid > 0 && syscall (SYS_tgkill, process->pid, tid, BUDGET_SIGNAL) == 0;
  g_mutex_unlock (&process->lock);

  while (asked && !belt_plugin_process_is_dead (process) && waited < LAST_WORDS_MS)
    {
      uint32_t seen = __atomic_load_n (&self->head->reply, __ATOMIC_ACQUIRE);

      if (seen == self->want)
        break;
      if (belt_process_wait_slice (&self->head->reply, seen))
        waited += BELT_PROCESS_SLICE_MS;
    }
  belt_plugin_process_kill (process);
}

static gboolean
wait_reply (BeltPluginChannel *self,
            guint              budget_ms)
{
  guint waited = 0, n_patience = 0;
  uint32_t heartbeat = self->head->heartbeat;
  guint64 cpu_ms = 0;

  for (guint i = 0; i < SPINS; i++)
    if (__atomic_load_n (&self->head->reply, __ATOMIC_ACQUIRE) == self->want)
      return TRUE;

  for (;;)
    {
      uint32_t seen = __atomic_load_n (&self->head->reply, __ATOMIC_ACQUIRE);

      if (seen == self->want)
        return TRUE;
      if (belt_plugin_process_is_dead (self->process))
        return __atomic_load_n (&self->head->reply, __ATOMIC_ACQUIRE) == self->want;
      if (!belt_process_wait_slice (&self->head->reply, seen))
        continue;

      waited += BELT_PROCESS_SLICE_MS;
      if (waited == BELT_PROCESS_SLICE_MS)
        cpu_ms = get_cpu_ms (self);
      if (self->head->heartbeat != heartbeat)
        {
          heartbeat = self->head->heartbeat;
          waited = 0;
        }
      if (budget_ms != 0 && waited >= budget_ms && !self->overran)
        {
          if (is_traced (self->process->pid))
            waited = 0;
          else if (n_patience < PATIENCE_MAX && get_cpu_ms (self) - cpu_ms < budget_ms / 2 && is_runnable (self))
            {
              n_patience++;
              waited -= MIN (waited, MAX (budget_ms / 2, BELT_PROCESS_SLICE_MS));
            }
          else
            stop_runaway (self);
        }
    }
}

static BeltCallResult
judge_death (BeltPluginChannel *self)
{
  BeltPluginProcess *process = self->process;
  gboolean exited;

  if (self->overran || __atomic_load_n (&self->head->fault.kind, __ATOMIC_ACQUIRE) != BELT_WIRE_FAULT_NONE)
    return BELT_CALL_DIED;

  /* _exit() leaves no record: whoever was being served did it, if there was only one. */
  g_mutex_lock (&process->lock);
  exited = process->end_code == CLD_EXITED && process->block->fault.kind == BELT_WIRE_FAULT_NONE;
  for (guint i = 0; i < process->channels->len; i++)
    {
      BeltPluginChannel *other = g_ptr_array_index (process->channels, i);

      if (other != self && (g_atomic_int_get (&other->overran) || g_atomic_int_get (&other->waiting) ||
                            other->head->fault.kind != BELT_WIRE_FAULT_NONE))
        exited = FALSE;
    }
  g_mutex_unlock (&process->lock);

  return exited ? BELT_CALL_DIED : BELT_CALL_LOST;
}

static void
copy_reply (BeltPluginChannel *self)
{
  memcpy (&self->reply, &self->head->rp, sizeof self->reply);
  self->reply.text_size = MIN (self->reply.text_size, sizeof self->reply.text - 1);
  self->reply.text[self->reply.text_size] = 0;
  if (!g_utf8_validate (self->reply.text, -1, NULL))
    g_strlcpy (self->reply.text, "the plugin's message is no UTF-8", sizeof self->reply.text);
}

BeltCallResult
belt_plugin_channel_call (BeltPluginChannel *self,
                          guint              budget_ms)
{
  BeltCallResult result = BELT_CALL_DONE;

  if (self->exec != NULL)
    {
      belt_exec_run (self->exec);
      copy_reply (self);
      return BELT_CALL_DONE;
    }

  if (belt_plugin_process_is_dead (self->process))
    return BELT_CALL_LOST;

  g_atomic_int_set (&self->waiting, TRUE);
  __atomic_store_n (&self->want, self->want + 1, __ATOMIC_RELEASE);
  __atomic_store_n (&self->head->request, self->want, __ATOMIC_RELEASE);
  belt_process_wake (&self->head->request);
  if (wait_reply (self, budget_ms))
    copy_reply (self);
  else
    result = judge_death (self);
  g_atomic_int_set (&self->waiting, FALSE);

  return result;
}

const BeltWireReply *
belt_plugin_channel_get_reply (BeltPluginChannel *self)
{
  return &self->reply;
}

gboolean
belt_plugin_channel_read (BeltPluginChannel *self,
                          gsize              n_values,
                          const char        *function,
                          BeltArena         *arena,
                          BeltValue         *out)
{
  const char *area = (const char *)self->head + BELT_WIRE_HEAD_SIZE + BELT_WIRE_AREA_SIZE;

  return self->reply.n_values == n_values &&
         belt_wire_read (area, BELT_WIRE_AREA_SIZE, self->reply.values_at, n_values, function, arena, out);
}

GBytes *
belt_plugin_channel_read_state (BeltPluginChannel *self)
{
  const char *area = (const char *)self->head + BELT_WIRE_HEAD_SIZE + BELT_WIRE_AREA_SIZE;
  const BeltWireReply *reply = &self->reply;

  if (!reply->has_state || reply->state_at > BELT_WIRE_AREA_SIZE ||
      reply->state_size > BELT_WIRE_AREA_SIZE - reply->state_at)
    return NULL;

  return g_bytes_new (area + reply->state_at, reply->state_size);
}

void
belt_plugin_channel_get_fault (BeltPluginChannel *self,
                               BeltWireFault     *ret_fault)
{
  memcpy (ret_fault, &self->head->fault, sizeof *ret_fault);
  ret_fault->n_frames = MIN (ret_fault->n_frames, BELT_WIRE_FRAMES_MAX);
  if (self->overran)
    ret_fault->kind = BELT_WIRE_FAULT_BUDGET;
}

const BeltWireRequest *
belt_plugin_channel_get_request (BeltPluginChannel *self)
{
  return &self->head->rq;
}

guint32
belt_plugin_channel_get_unit (BeltPluginChannel *self)
{
  return __atomic_load_n (&self->head->unit, __ATOMIC_RELAXED);
}

void
belt_plugin_channel_cancel (BeltPluginChannel *self,
                            gboolean           cancelled)
{
  __atomic_store_n (&self->head->cancel, cancelled ? 1 : 0, __ATOMIC_RELAXED);
}
