/* belt-plugin-process.c - a plugin host as the engine sees it: start, end, description
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-process-private.h"

#include "belt-error.h"
#include "belt-plugin-supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long
futex (uint32_t              *word,
       int                    operation,
       uint32_t               value,
       const struct timespec *timeout)
{
  return syscall (SYS_futex, word, operation, value, timeout, NULL, 0);
}

void
belt_process_wake (uint32_t *word)
{
  futex (word, FUTEX_WAKE, G_MAXINT, NULL);
}

/* One slice of waiting for *word to be something else than value; TRUE when it ran out. */
gboolean
belt_process_wait_slice (uint32_t *word,
                         uint32_t  value)
{
  struct timespec slice = { .tv_nsec = BELT_PROCESS_SLICE_MS * 1000000L };

  return futex (word, FUTEX_WAIT, value, &slice) != 0 && errno == ETIMEDOUT;
}

gboolean
belt_plugin_process_is_dead (BeltPluginProcess *self)
{
  return g_atomic_int_get (&self->dead);
}

gpointer
belt_process_make_memory (const char *name,
                          gsize       size,
                          int        *ret_fd)
{
  int fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  gpointer memory;

  if (fd < 0 || ftruncate (fd, (off_t)size) != 0 ||
      fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0 ||
      (memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0)) == MAP_FAILED)
    {
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  *ret_fd = fd;

  return memory;
}

/* A waiter that has not seen its reply yet must not sleep on it.  The host is dead, nobody else writes. */
static void
on_ended (gpointer owner,
          int      code,
          int      status)
{
  BeltPluginProcess *self = owner;

  g_mutex_lock (&self->lock);
  self->end_code = code;
  self->end_status = status;
  g_atomic_int_set (&self->dead, TRUE);
  if (__atomic_load_n (&self->block->ready, __ATOMIC_ACQUIRE) == 0)
    __atomic_store_n (&self->block->ready, 3, __ATOMIC_RELEASE);
  belt_process_wake (&self->block->ready);
  for (guint i = 0; i < self->channels->len; i++)
    {
      BeltPluginChannel *channel = g_ptr_array_index (self->channels, i);
      guint32 want = __atomic_load_n (&channel->want, __ATOMIC_ACQUIRE);

      if (__atomic_load_n (&channel->head->reply, __ATOMIC_ACQUIRE) != want)
        __atomic_store_n (&channel->head->reply, ~want, __ATOMIC_RELEASE);
      belt_process_wake (&channel->head->reply);
    }
  g_mutex_unlock (&self->lock);

  belt_plugin_process_unref (self);
}

static void
on_message (gpointer      owner,
            gconstpointer data,
            gsize         size)
{
  BeltPluginProcess *self = owner;
  BeltWireLog message;
  g_autofree char *text = NULL;

  if (size != sizeof message || self->log == NULL)
    return;

  memcpy (&message, data, sizeof message);
  message.file[sizeof message.file - 1] = 0;
  if (!g_utf8_validate (message.file, -1, NULL))
    message.file[0] = 0;
  text = g_utf8_make_valid (message.text, MIN (message.text_size, sizeof message.text));
  self->log (CLAMP (message.level, BELT_LOG_TRACE, BELT_LOG_ERROR), message.file, (guint)MAX (message.line, 0),
             text,
             self->user_data);
}

/* Where the host's executable is: the environment, beside this program, installed, in the build tree. */
static char *
find_host (void)
{
  const char *given = g_getenv ("BELT_PLUGIN_HOST");
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : g_strdup (".");
  const char *folders[] = { folder, BELT_LIBEXEC_DIR "/beltworks", BELT_BUILD_DIR "/engine/plugin/host", NULL };

  if (given != NULL && *given != 0)
    return g_strdup (given);

  /* A program of the build tree uses the host of the build tree. */
  if (g_str_has_prefix (folder, BELT_BUILD_DIR "/"))
    folders[0] = BELT_BUILD_DIR "/engine/plugin/host";
  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], "belt-plugin-host", NULL);

      if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer (&path);
    }

  return g_build_filename (BELT_LIBEXEC_DIR, "beltworks", "belt-plugin-host", NULL);
}

static const BeltSupervisedClass process_class = { on_ended, on_message };

static gboolean
start_host (BeltPluginProcess *self,
            GError           **error)
{
  g_autofree char *host = find_host ();
  g_autofree char *pid = g_strdup_printf ("%d", (int)getpid ());
  char *argv[] = { host, (char *)(self->kind == BELT_PROCESS_FENCED ? "--fence" : "--plain"), pid, self->path,
                   NULL };
  int pair[2] = { -1, -1 }, block_fd = -1, child_fd = -1, high_fd = -1;
  gboolean started = FALSE;

  self->block = belt_process_make_memory ("belt-plugin", BELT_WIRE_BLOCK_SIZE, &block_fd);
  if (self->block == NULL || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
      /* Above 4, so that moving them to 3 and 4 cannot overwrite one with the other. */
      (child_fd = fcntl (pair[1], F_DUPFD_CLOEXEC, 10)) < 0 || (high_fd = fcntl (block_fd, F_DUPFD_CLOEXEC,
                                                                                 10)) < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "Starting a plugin host: %s", g_strerror (errno));
    }
  else
    {
      belt_plugin_process_ref (self);   /* until on_ended */
      self->control_fd = pair[0];
      started = belt_supervisor_spawn (argv, pair[0], child_fd, high_fd, &process_class, self, &self->pid,
                                       &self->pidfd,
                                       error);
      pair[0] = -1;
      if (!started)
        belt_plugin_process_unref (self);
    }

  for (guint i = 0; i < 2; i++)
    if (pair[i] >= 0)
      close (pair[i]);
  if (block_fd >= 0)
    close (block_fd);
  if (child_fd >= 0)
    close (child_fd);
  if (high_fd >= 0)
    close (high_fd);

  return started;
}

static gboolean
wait_ready (BeltPluginProcess *self,
            GError           **error)
{
  guint waited = 0;
  uint32_t ready;

  while ((ready = __atomic_load_n (&self->block->ready, __ATOMIC_ACQUIRE)) == 0 && waited < BELT_BUDGET_CONTROL_MS)
    if (belt_process_wait_slice (&self->block->ready, 0))
      waited += BELT_PROCESS_SLICE_MS;

  if (ready == 1 && self->block->version == BELT_WIRE_VERSION)
    return TRUE;

  if (ready == 2)
    {
      char text[BELT_WIRE_TEXT_MAX];
      g_autofree char *valid = NULL;

      memcpy (text, self->block->error, sizeof text);
      text[sizeof text - 1] = 0;
      valid = g_utf8_make_valid (text, -1);
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "%s", valid);
    }
  else if (ready == 3)
    g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "the plugin host ended while loading the plugin");
  else if (ready == 1)
    g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "belt-plugin-host and the engine are of different versions");
  else
    g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "loading the plugin took more than %u s",
                 BELT_BUDGET_CONTROL_MS / 1000);

  return FALSE;
}

static gboolean
read_info (BeltPluginProcess *self,
           GError           **error)
{
  const char *area = (const char *)self->block + BELT_WIRE_BLOCK_HEAD;

  self->arena = belt_arena_new ();
  if (belt_wire_read (area, MIN (self->block->used, BELT_WIRE_BLOCK_AREA), self->block->values_at, 1, NULL,
                      self->arena,
                      &self->info) && self->info.tag == BELT_TAG_MAP)
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "the plugin's description cannot be read");
  return FALSE;
}

static gboolean
load_in_process (BeltPluginProcess *self,
                 GError           **error)
{
  BeltWire wire;

  if ((self->plugin = belt_plugin_library_load (self->path, error)) == NULL)
    return FALSE;

  self->block = g_malloc0 (BELT_WIRE_BLOCK_SIZE);
  belt_wire_init (&wire, (char *)self->block + BELT_WIRE_BLOCK_HEAD, BELT_WIRE_BLOCK_AREA);
  self->block->values_at = belt_exec_describe (self->plugin, &wire);
  self->block->used = wire.used;

  return read_info (self, error);
}

BeltPluginProcess *
belt_plugin_process_new (const char       *path,
                         BeltProcessKind   kind,
                         BeltPluginLogFunc log,
                         gpointer          user_data,
                         GDestroyNotify    notify,
                         GError          **error)
{
  g_autoptr(BeltPluginProcess) self = g_new0 (BeltPluginProcess, 1);

  self->ref_count = 1;
  self->path = g_strdup (path);
  self->kind = kind;
  self->log = log;
  self->user_data = user_data;
  self->notify = notify;
  self->pidfd = self->control_fd = -1;
  self->channels = g_ptr_array_new ();
  g_mutex_init (&self->lock);

  if (kind == BELT_PROCESS_IN_PROCESS)
    return load_in_process (self, error) ? g_steal_pointer (&self) : NULL;

  if (!start_host (self, error))
    return NULL;
  if (!wait_ready (self, error) || !read_info (self, error))
    {
      belt_plugin_process_kill (self);
      return NULL;
    }

  return g_steal_pointer (&self);
}

BeltPluginProcess *
belt_plugin_process_ref (BeltPluginProcess *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

void
belt_plugin_process_unref (BeltPluginProcess *self)
{
  int left = g_atomic_int_add (&self->ref_count, -1) - 1;

  /* One reference is the supervisor's, as long as the host lives: nobody else wants it any more. */
  if (left == 1 && self->pid != 0 && !belt_plugin_process_is_dead (self))
    belt_plugin_process_kill (self);
  if (left > 0)
    return;

  close_fd (&self->pidfd);
  close_fd (&self->control_fd);
  if (self->kind == BELT_PROCESS_IN_PROCESS)
    g_free (self->block);
  else if (self->block != NULL)
    munmap (self->block, BELT_WIRE_BLOCK_SIZE);
  if (self->notify != NULL)
    self->notify (self->user_data);
  g_clear_pointer (&self->arena, belt_arena_free);
  g_ptr_array_unref (self->channels);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

GPid
belt_plugin_process_get_pid (BeltPluginProcess *self)
{
  return self->pid;
}

const char *
belt_plugin_process_get_path (BeltPluginProcess *self)
{
  return self->path;
}

const BeltValue *
belt_plugin_process_get_info (BeltPluginProcess *self)
{
  return &self->info;
}

const BeltWireBlock *
belt_plugin_process_get_block (BeltPluginProcess *self)
{
  return self->block;
}

char *
belt_plugin_process_dup_end (BeltPluginProcess *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->dead)
    return NULL;
  if (self->end_code == CLD_EXITED)
    return g_strdup_printf ("the process ended with exit code %d", self->end_status);

  return g_strdup_printf ("the process was killed by signal %d (%s)", self->end_status,
                          g_strsignal (self->end_status));
}

void
belt_plugin_process_kill (BeltPluginProcess *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->pidfd >= 0 && !self->dead)
    syscall (SYS_pidfd_send_signal, self->pidfd, SIGKILL, NULL, 0);
}
