/* belt-plugin-supervisor.c - starts plugin hosts, hears them, notices their end
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thread for all hosts, alive as long as the library: a host asks the kernel
 * to die with the thread that started it.  It waits on a queue of spawn requests,
 * on each host's pidfd and on each control socket, and never blocks elsewhere.
 */
#include "config.h"

#include "belt-plugin-supervisor.h"

#include "belt-error.h"
#include "belt-plugin-wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES_MAX 64u   /* of one host in one turn */

extern char **environ;

typedef struct
{
  const BeltSupervisedClass *klass;
  gpointer                   owner;
  int                        pidfd;
  int                        control_fd;   /* ours, a copy */
} BeltSupervised;

typedef struct
{
  char                     **argv;
  int                        control_child_fd;
  int                        block_fd;
  BeltSupervised            *supervised;
  GPid                       pid;
  int                        failed;       /* errno */
  gboolean                   done;
  int pidfd;
} BeltSpawnRequest;

static GMutex supervisor_lock;
static GCond supervisor_done;
static GQueue supervisor_requests = G_QUEUE_INIT;
static int supervisor_event = -1;
static int supervisor_epoll = -1;

static void
watch (int             fd,
       BeltSupervised *supervised)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = supervised };

  if (epoll_ctl (supervisor_epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    g_error ("Watching a plugin host: %s", g_strerror (errno));
}

static int
spawn_child (BeltSpawnRequest *request)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  int status;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, request->control_child_fd, 3);
  posix_spawn_file_actions_adddup2 (&actions, request->block_fd, 4);
  posix_spawnattr_init (&attributes);
  sigemptyset (&none);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK);
  status = posix_spawn (&request->pid, request->argv[0], &actions, &attributes, request->argv, environ);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);

  return status;
}

static void
serve_requests (void)
{
  guint64 count;
  BeltSpawnRequest *request;

  if (read (supervisor_event, &count, sizeof count) < 0 && errno != EAGAIN)
    g_error ("Reading the supervisor's event: %s", g_strerror (errno));

  g_mutex_lock (&supervisor_lock);
  while ((request = g_queue_pop_head (&supervisor_requests)) != NULL)
    {
      request->failed = spawn_child (request);
      if (request->failed == 0)
        {
          request->supervised->pidfd = (int)syscall (SYS_pidfd_open, request->pid, 0);
          if (request->supervised->pidfd < 0)
            {
              request->failed = errno;
              kill (request->pid, SIGKILL);
              waitpid (request->pid, NULL, 0);
            }
        }
      if (request->failed == 0)
        {
          request->pidfd = request->supervised->pidfd;   /* a host that ends at once takes `supervised` with it */
          watch (request->supervised->pidfd, request->supervised);
          watch (request->supervised->control_fd, request->supervised);
        }
      request->done = TRUE;
    }
  g_cond_broadcast (&supervisor_done);
  g_mutex_unlock (&supervisor_lock);
}

static void
read_messages (BeltSupervised *supervised)
{
  BeltWireLog message;

  for (guint i = 0; i < MESSAGES_MAX; i++)
    {
      ssize_t n = recv (supervised->control_fd, &message, sizeof message, MSG_DONTWAIT);

      if (n < 0)
        return;
      if (n == 0)
        {
          /* The end is told by the pidfd. */
          epoll_ctl (supervisor_epoll, EPOLL_CTL_DEL, supervised->control_fd, NULL);
          return;
        }
      supervised->klass->message (supervised->owner, &message, (gsize)n);
    }
}

/* TRUE when the process has ended; nothing may use supervised afterwards. */
static gboolean
check_end (BeltSupervised *supervised)
{
  siginfo_t info = { 0 };

  if (waitid (P_PIDFD, (id_t)supervised->pidfd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
    return FALSE;

  read_messages (supervised);
  epoll_ctl (supervisor_epoll, EPOLL_CTL_DEL, supervised->control_fd, NULL);
  epoll_ctl (supervisor_epoll, EPOLL_CTL_DEL, supervised->pidfd, NULL);
  supervised->klass->ended (supervised->owner, info.si_code, info.si_status);
  close (supervised->control_fd);
  g_free (supervised);

  return TRUE;
}

static gpointer
run_supervisor (gpointer data)
{
  for (;;)
    {
      struct epoll_event events[16];
      int n = epoll_wait (supervisor_epoll, events, G_N_ELEMENTS (events), -1);

      for (int i = 0; i < n; i++)
        {
          BeltSupervised *supervised = events[i].data.ptr;

          if (supervised == NULL)
            {
              serve_requests ();
              continue;
            }

          /* Each host has two descriptors; after its end neither may be looked at again. */
          read_messages (supervised);
          if (check_end (supervised))
            for (int k = i + 1; k < n; k++)
              if (events[k].data.ptr == supervised)
                events[k--] = events[--n];
        }
    }

  return NULL;
}

static void
start_supervisor (void)
{
  static gsize started;

  if (!g_once_init_enter (&started))
    return;

  supervisor_epoll = epoll_create1 (EPOLL_CLOEXEC);
  supervisor_event = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  watch (supervisor_event, NULL);
  g_thread_unref (g_thread_new ("belt-supervisor", run_supervisor, NULL));
  g_once_init_leave (&started, 1);
}

gboolean
belt_supervisor_spawn (char                     **argv,
                       int                        control_fd,
                       int                        control_child_fd,
                       int                        block_fd,
                       const BeltSupervisedClass *klass,
                       gpointer                   owner,
                       GPid                      *ret_pid,
                       int                       *ret_pidfd,
                       GError                   **error)
{
  BeltSpawnRequest request = { .argv = argv, .control_child_fd = control_child_fd, .block_fd = block_fd };
  guint64 one = 1;

  start_supervisor ();
  request.supervised = g_new0 (BeltSupervised, 1);
  request.supervised->klass = klass;
  request.supervised->owner = owner;
  request.supervised->control_fd = fcntl (control_fd, F_DUPFD_CLOEXEC, 10);

  g_mutex_lock (&supervisor_lock);
  g_queue_push_tail (&supervisor_requests, &request);
  if (write (supervisor_event, &one, sizeof one) < 0)
    g_error ("Waking the supervisor: %s", g_strerror (errno));
  while (!request.done)
    g_cond_wait (&supervisor_done, &supervisor_lock);
  /* The pidfd stays open until the owner closes it, after its end was told. */
  if (request.failed == 0)
    {
      *ret_pid = request.pid;
      *ret_pidfd = request.pidfd;
    }
  g_mutex_unlock (&supervisor_lock);

  if (request.failed == 0)
    return TRUE;

  g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "Starting the plugin host “%s”: %s", argv[0],
               g_strerror (request.failed));
  close (request.supervised->control_fd);
  g_free (request.supervised);

  return FALSE;
}
