/* belt-plugin-crash.c - last words of a plugin host
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A handler runs on a stack of its own, writes where and why into shared memory
 * and ends the process.  Nothing is saved or unwound: a new process takes over.
 * The record is complete before the unwinder is asked for more, because that may
 * crash too when the stack is rubbish.
 */
#include "config.h"

#include "belt-plugin-crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ALTERNATE_STACK_SIZE (128u << 10)

static BeltWireBlock *crash_block;
static __thread BeltWireHead *crash_head;

static void
read_registers (const ucontext_t *context,
                uint64_t         *pc,
                uint64_t         *sp,
                uint64_t         *fp)
{
#if defined (__x86_64__)
  *pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
  *sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
  *fp = (uint64_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined (__aarch64__)
  *pc = context->uc_mcontext.pc;
  *sp = context->uc_mcontext.sp;
  *fp = context->uc_mcontext.regs[29];
#else
#error "the registers of this machine are not known"
#endif
}

/* Whether a page fault was a read or a write, where the machine says so. */
static uint32_t
get_access (const ucontext_t *context,
            int               number)
{
#if defined (__x86_64__)
  if (number == SIGSEGV)
    return (context->uc_mcontext.gregs[REG_ERR] & 2) != 0 ? 2 : 1;
#endif
  return 0;
}

/* A call through NULL leaves no place to unwind from; its return address is on the stack. */
static void
walk_from_null (BeltWireFault *fault,
                uint64_t       sp)
{
  memcpy (&fault->frames[1], (const void *)sp, sizeof fault->frames[1]);
  fault->n_frames = 2;
}

static void
walk (BeltWireFault *fault,
      uint64_t       pc)
{
  void *frames[BELT_WIRE_FRAMES_MAX];
  int n = backtrace (frames, G_N_ELEMENTS (frames));
  int first = 0;

  while (first < n && (uint64_t)frames[first] != pc)
    first++;
  if (first == n)
    return;

  for (int i = first; i < n; i++)
    fault->frames[i - first] = (uint64_t)frames[i];
  fault->n_frames = (uint32_t)(n - first);
}

static BeltWireFault *
begin_record (BeltWireFaultKind kind)
{
  BeltWireFault *fault = crash_head != NULL ? &crash_head->fault : &crash_block->fault;

  if (crash_head != NULL)
    {
      fault->command = crash_head->rq.command;
      fault->unit = crash_head->unit;
    }
  __atomic_store_n (&fault->kind, kind, __ATOMIC_RELEASE);

  return fault;
}

static void
on_signal (int        number,
           siginfo_t *info,
           void      *context)
{
  BeltWireFault *fault;
  uint64_t pc, sp, fp;

  read_registers (context, &pc, &sp, &fp);
  fault = begin_record (number == BELT_CRASH_BUDGET_SIGNAL ? BELT_WIRE_FAULT_BUDGET : BELT_WIRE_FAULT_SIGNAL);
  fault->signal = number;
  fault->code = info->si_code;
  fault->address = (uint64_t)info->si_addr;
  fault->access = get_access (context, number);
  fault->stack = sp;
  fault->frames[0] = pc;
  fault->n_frames = 1;

  if (pc < 4096)
    walk_from_null (fault, sp);
  else
    walk (fault, pc);
  _exit (128 + number);
}

static void
on_exit_called (void)
{
  BeltWireFault *fault = begin_record (BELT_WIRE_FAULT_EXIT);
  void *frames[BELT_WIRE_FRAMES_MAX];
  int n = backtrace (frames, G_N_ELEMENTS (frames));

  for (int i = 0; i < n; i++)
    fault->frames[i] = (uint64_t)frames[i];
  fault->n_frames = (uint32_t)n;
  _exit (1);
}

void
belt_crash_install (BeltWireBlock *block)
{
  static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS,
      BELT_CRASH_BUDGET_SIGNAL };
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
  void *warm_up[4];

  crash_block = block;
  /* Loads the unwinder now rather than in a handler. */
  backtrace (warm_up, G_N_ELEMENTS (warm_up));
  sigemptyset (&action.sa_mask);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
  signal (SIGPIPE, SIG_IGN);
  atexit (on_exit_called);
  belt_crash_enter_thread (NULL);
}

void
belt_crash_enter_thread (BeltWireHead *head)
{
  char *stack = mmap (NULL, ALTERNATE_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack_t alternate = { .ss_sp = stack, .ss_size = ALTERNATE_STACK_SIZE };

  crash_head = head;
  if (head != NULL)
    __atomic_store_n (&head->tid, (int32_t)syscall (SYS_gettid), __ATOMIC_RELEASE);
  if (stack != MAP_FAILED)
    sigaltstack (&alternate, NULL);
}
