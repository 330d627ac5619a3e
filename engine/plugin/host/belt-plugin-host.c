/* belt-plugin-host.c - the process in which one version of one plugin runs
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Started by the engine with two descriptors: 3, the control socket, and 4, the
 * memory that describes the process.  The main thread loads the plugin and then
 * waits on the socket for channels; each channel is a thread.  It never runs
 * plugin code after loading, so that it notices at once when the engine is gone.
 */
#include "config.h"

#include "belt-plugin-crash.h"
#include "belt-plugin-exec.h"
#include "belt-plugin-fence.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONTROL_FD  3
#define BLOCK_FD    4
#define DATA_MAX    ((rlim_t)4 << 30)    /* a plugin that allocates without end gets NULL, not the machine */
#define STACK_SIZE  (8u << 20)

/* A channel's way into its thread. */
typedef struct
{
  BeltWireHead *head;
  BeltWireOpen  place;
} BeltHostChannel;

static const belt_plugin *host_plugin;
static __thread guint32 host_channel;

static void
wake (uint32_t *word)
{
  syscall (SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void
log_line (BeltExec   *exec,
          int         level,
          const char *file,
          int         line,
          const char *text,
          gsize       len)
{
  BeltWireLog message = { .channel = host_channel, .level = level, .line = line };

  g_strlcpy (message.file, file != NULL ? file : "", sizeof message.file);
  message.text_size = (guint32)MIN (len, sizeof message.text);
  memcpy (message.text, text, message.text_size);
  /* A flood is dropped, not waited for. */
  send (CONTROL_FD, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static const BeltExecHost host_services = {
  .name = "belt-plugin-host",
  .isolation = "host",
  .allocate = belt_fence_alloc,
  .release = belt_fence_release,
  .log = log_line,
};

static void *
run_channel (gpointer data)
{
  BeltHostChannel *channel = data;
  BeltWireHead *head = channel->head;
  BeltExec *exec = belt_exec_new (&host_services, host_plugin, head, &channel->place);
  uint32_t served = 0;

  host_channel = channel->place.channel;
  prctl (PR_SET_NAME, "belt-channel");
  belt_crash_enter_thread (head);
  for (;;)
    {
      uint32_t seen = __atomic_load_n (&head->request, __ATOMIC_ACQUIRE);
      uint32_t command;

      if (seen == served)
        {
          syscall (SYS_futex, &head->request, FUTEX_WAIT, seen, NULL, NULL, 0);
          continue;
        }

      served = seen;
      command = head->rq.command;
      belt_exec_run (exec);
      __atomic_store_n (&head->reply, served, __ATOMIC_RELEASE);
      wake (&head->reply);
      if (command == BELT_WIRE_QUIT)
        break;
    }

  belt_exec_free (exec);
  munmap (head, BELT_WIRE_SIZE);
  g_free (channel);

  return NULL;
}

static void
open_channel (const BeltWireOpen *place,
              int                 fd)
{
  void *memory = mmap (NULL, BELT_WIRE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  BeltHostChannel *channel;
  pthread_attr_t attributes;
  pthread_t thread;

  close (fd);
  if (memory == MAP_FAILED)
    _exit (3);

  channel = g_new0 (BeltHostChannel, 1);
  channel->head = memory;
  channel->place = *place;
  pthread_attr_init (&attributes);
  pthread_attr_setdetachstate (&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize (&attributes, STACK_SIZE);
  /* The engine notices a host that ends; there is nothing better to do without threads. */
  if (pthread_create (&thread, &attributes, run_channel, channel) != 0)
    _exit (3);
  pthread_attr_destroy (&attributes);
}

static void
serve_control (void)
{
  for (;;)
    {
      BeltWireOpen place;
      union { char bytes[CMSG_SPACE (sizeof (int))]; struct cmsghdr header; } control;
      struct iovec part = { &place, sizeof place };
      struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                                .msg_controllen = sizeof control.bytes };
      struct cmsghdr *header;
      ssize_t n = recvmsg (CONTROL_FD, &message, MSG_CMSG_CLOEXEC);
      int fd;

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        _exit (0);
      header = CMSG_FIRSTHDR (&message);
      if (n != sizeof place || header == NULL || header->cmsg_type != SCM_RIGHTS)
        continue;
      memcpy (&fd, CMSG_DATA (header), sizeof fd);
      open_channel (&place, fd);
    }
}

static int
note_module (struct dl_phdr_info *info,
             size_t               size,
             void                *data)
{
  BeltWireBlock *block = data;
  BeltWireModule *module;

  if (block->n_modules >= BELT_WIRE_MODULES_MAX)
    return 1;

  module = &block->modules[block->n_modules];
  module->base = info->dlpi_addr;
  module->start = G_MAXUINT64;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD)
      {
        module->start = MIN (module->start, info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        module->end = MAX (module->end, info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz);
      }
  g_strlcpy (module->path, info->dlpi_name, sizeof module->path);
  block->n_modules++;

  return 0;
}

static void
refuse (BeltWireBlock *block,
        const char    *text)
{
  g_strlcpy (block->error, text, sizeof block->error);
  __atomic_store_n (&block->ready, 2, __ATOMIC_RELEASE);
  wake (&block->ready);
  _exit (2);
}

/* The plugin's own code: what the fence looks for.  dlopen() may have run constructors before. */
static void
enable_fence (BeltWireBlock *block,
              const char    *path)
{
  for (guint i = 0; i < block->n_modules; i++)
    if (strcmp (block->modules[i].path, path) == 0)
      belt_fence_enable (block->modules[i].start, block->modules[i].end, &block->fence_start, &block->fence_end);
}

static void
load (BeltWireBlock *block,
      const char    *path,
      gboolean       fence)
{
  void *library = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  char text[BELT_WIRE_TEXT_MAX];
  const char *wrong;
  BeltWire wire;

  if (library == NULL)
    refuse (block, dlerror ());
  host_plugin = dlsym (library, BELT_SYMBOL);
  if (host_plugin == NULL)
    refuse (block, "the file has no symbol " BELT_SYMBOL ": does it end with BELT_PROVIDE?");
  if ((wrong = belt_exec_check (host_plugin, text, sizeof text)) != NULL)
    refuse (block, wrong);

  dl_iterate_phdr (note_module, block);
  if (fence)
    enable_fence (block, path);
  if (!belt_exec_init (&host_services, host_plugin, text, sizeof text))
    refuse (block, text);

  belt_wire_init (&wire, (char *)block + BELT_WIRE_BLOCK_HEAD, BELT_WIRE_BLOCK_AREA);
  block->values_at = belt_exec_describe (host_plugin, &wire);
  block->used = wire.used;
  if (wire.failed)
    refuse (block, "the plugin's schemas and descriptions are larger than 4 MiB");
}

static void
confine (pid_t engine)
{
  struct rlimit none = { 0, 0 };
  G_GNUC_UNUSED struct rlimit data = { DATA_MAX, DATA_MAX };
  int devnull = open ("/dev/null", O_RDWR);

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != engine)
    _exit (0);
  setpgid (0, 0);
  if (devnull >= 0 && devnull != STDIN_FILENO)
    dup2 (devnull, STDIN_FILENO);
  dup2 (STDERR_FILENO, STDOUT_FILENO);
  close_range (BLOCK_FD + 1, UINT_MAX, 0);
  setrlimit (RLIMIT_CORE, &none);
#if !defined (__SANITIZE_ADDRESS__) && !defined (__SANITIZE_THREAD__)
  /* A sanitizer's shadow is more than that. */
  setrlimit (RLIMIT_DATA, &data);
#endif
}

int
main (int    argc,
      char **argv)
{
  BeltWireBlock *block;
  gboolean fence = argc > 1 && strcmp (argv[1], "--fence") == 0;

  if (argc != 4)
    {
      fprintf (stderr, "belt-plugin-host is started by libbelt: belt-plugin-host --fence|--plain PID PLUGIN.so\n");
      return 2;
    }

  confine ((pid_t)atol (argv[2]));
  block = mmap (NULL, BELT_WIRE_BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, BLOCK_FD, 0);
  if (block == MAP_FAILED)
    return 2;

  belt_crash_install (block);
  block->version = BELT_WIRE_VERSION;
  load (block, argv[3], fence);
  __atomic_store_n (&block->ready, 1, __ATOMIC_RELEASE);
  wake (&block->ready);
  serve_control ();

  return 0;
}
