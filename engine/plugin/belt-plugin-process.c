/* belt-plugin-process.c - a plugin host as the engine sees it, and channels into it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A budget is counted in slices of the wait, so that nobody has to ask for the
 * time.  When it is used up the thread in question is signalled to write down
 * where it is, and then the process is killed; under a debugger it may take all
 * the time it wants.
 */
#include "config.h"

#include "belt-plugin-process.h"

#include "belt-error.h"
#include "belt-plugin-exec.h"
#include "belt-plugin-supervisor.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE_MS         10u
#define LAST_WORDS_MS    200u   /* for the handler to write its record */
#define PATIENCE_MAX     20u    /* half budgets more for a thread that waits for a processor */
#define SPINS            200u   /* a reply of a warm host is often there within a microsecond */
#define QUIT_FUNCTION_MS 1000u
#define BUDGET_SIGNAL    SIGUSR1

struct _BeltPluginProcess
{
  int                ref_count;
  char              *path;
  BeltProcessKind    kind;
  BeltPluginLogFunc  log;
  gpointer           user_data;
  GDestroyNotify     notify;
  GMutex             lock;        /* of all below */
  gboolean           dead;        /* also read atomically */
  int                end_code;
  int                end_status;
  GPid               pid;
  int                pidfd;
  int                control_fd;
  GPtrArray         *channels;    /* borrowed */
  guint              n_channels;  /* ever opened: their numbers */
  BeltWireBlock     *block;
  BeltArena         *arena;
  BeltValue          info;
  const belt_plugin *plugin;      /* in-process */
};

struct _BeltPluginChannel
{
  BeltPluginProcess *process;
  BeltWireHead      *head;
  BeltWireReply      reply;     /* a private copy */
  BeltExec          *exec;      /* in-process */
  guint              quit_ms;   /* how long the end may take: a function's call site belongs to a worker */
  guint32            want;      /* atomic: the supervisor looks at these three */
  int                waiting;
  int                overran;
};

static long
futex (uint32_t              *word,
       int                    operation,
       uint32_t               value,
       const struct timespec *timeout)
{
  return syscall (SYS_futex, word, operation, value, timeout, NULL, 0);
}

static void
wake (uint32_t *word)
{
  futex (word, FUTEX_WAKE, G_MAXINT, NULL);
}

/* One slice of waiting for *word to be something else than value; TRUE when it ran out. */
static gboolean
wait_slice (uint32_t *word,
            uint32_t  value)
{
  struct timespec slice = { .tv_nsec = SLICE_MS * 1000000L };

  return futex (word, FUTEX_WAIT, value, &slice) != 0 && errno == ETIMEDOUT;
}

gboolean
belt_plugin_process_is_dead (BeltPluginProcess *self)
{
  return g_atomic_int_get (&self->dead);
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
  wake (&self->block->ready);
  for (guint i = 0; i < self->channels->len; i++)
    {
      BeltPluginChannel *channel = g_ptr_array_index (self->channels, i);
      guint32 want = __atomic_load_n (&channel->want, __ATOMIC_ACQUIRE);

      if (__atomic_load_n (&channel->head->reply, __ATOMIC_ACQUIRE) != want)
        __atomic_store_n (&channel->head->reply, ~want, __ATOMIC_RELEASE);
      wake (&channel->head->reply);
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

static gpointer
make_memory (const char *name,
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

  self->block = make_memory ("belt-plugin", BELT_WIRE_BLOCK_SIZE, &block_fd);
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
    if (wait_slice (&self->block->ready, 0))
      waited += SLICE_MS;

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

static void
log_in_process (BeltExec   *exec,
                int         level,
                const char *file,
                int         line,
                const char *text,
                gsize       len)
{
  g_autofree char *copy = g_strndup (text, len);

  g_info ("plugin: %s:%d: %s", file, line, copy);
}

static const BeltExecHost in_process_services = {
  .name = "belt",
  .isolation = "in-process",
  .allocate = g_malloc,
  .release = g_free,
  .log = log_in_process,
};

/* Loads and initialises.  glibc knows libraries by name, so a name is never used twice for different content:
 * what was loaded
 * before is asked for by its content, and a known name with new content is loaded from a copy. */
static const belt_plugin *
load_once (const char *path,
           GError    **error)
{
  static GMutex lock;
  static GHashTable *by_content, *paths;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  g_autofree char *data = NULL, *content = NULL, *copy = NULL;
  char text[BELT_WIRE_TEXT_MAX];
  const belt_plugin *plugin;
  const char *wrong;
  gsize size;
  void *library;
  int fd;

  if (by_content == NULL)
    {
      by_content = g_hash_table_new (g_str_hash, g_str_equal);
      paths = g_hash_table_new (g_str_hash, g_str_equal);
    }
  if (!g_file_get_contents (path, &data, &size, error))
    return NULL;
  content = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)data, size);
  if ((plugin = g_hash_table_lookup (by_content, content)) != NULL)
    return plugin;

  copy = g_strdup (path);
  if (g_hash_table_contains (paths, path))
    {
      g_free (copy);
      if ((fd = g_file_open_tmp ("belt-XXXXXX.so", &copy, error)) < 0)
        return NULL;
      close (fd);
      if (!g_file_set_contents (copy, data, (gssize)size, error))
        return NULL;
    }

  library = dlopen (copy, RTLD_NOW | RTLD_LOCAL);
  plugin = library != NULL ? dlsym (library, BELT_SYMBOL) : NULL;
  if (plugin == NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "%s", dlerror ());
      return NULL;
    }
  g_hash_table_add (paths, g_steal_pointer (&copy));
  if ((wrong = belt_exec_check (plugin, text, sizeof text)) == NULL &&
      !belt_exec_init (&in_process_services, plugin, text, sizeof text))
    wrong = text;
  if (wrong != NULL)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "%s", wrong);
      return NULL;
    }
  g_hash_table_insert (by_content, g_steal_pointer (&content), (gpointer)plugin);

  return plugin;
}

static gboolean
load_in_process (BeltPluginProcess *self,
                 GError           **error)
{
  BeltWire wire;

  if ((self->plugin = load_once (self->path, error)) == NULL)
    return FALSE;

  self->block = g_malloc0 (BELT_WIRE_BLOCK_SIZE);
  belt_wire_init (&wire, (char *)self->block + BELT_WIRE_BLOCK_HEAD, BELT_WIRE_BLOCK_AREA);
  self->block->values_at = belt_exec_describe (self->plugin, &wire);
  self->block->used = wire.used;

  return read_info (self, error);
}

BeltPluginProcess *
belt_plugin_process_new (const char        *path,
                         BeltProcessKind    kind,
                         BeltPluginLogFunc  log,
                         gpointer           user_data,
                         GDestroyNotify     notify,
                         GError           **error)
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
  self->head = make_memory ("belt-channel", BELT_WIRE_SIZE, &fd);
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
    self->exec = belt_exec_new (&in_process_services, process->plugin, self->head, &place);
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
      if (wait_slice (&self->head->reply, seen))
        waited += SLICE_MS;
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
      if (!wait_slice (&self->head->reply, seen))
        continue;

      waited += SLICE_MS;
      if (waited == SLICE_MS)
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
              waited -= MIN (waited, MAX (budget_ms / 2, SLICE_MS));
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
  wake (&self->head->request);
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
