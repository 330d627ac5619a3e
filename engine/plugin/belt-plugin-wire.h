/* belt-plugin-wire.h - the memory that engine and plugin host share
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * One channel is one instance (a call site, a source, a sink): a memfd with this
 * head, an area for requests and one for replies.  The engine fills in a request,
 * raises `request` and wakes; the host answers and raises `reply`.  Values stand
 * there as BeltValue with offsets from the start of their area for pointers.
 * Same machine, same build: the layout has a version only to catch a stale host.
 *
 * The engine treats everything it reads here as hostile: a plugin can write to it.
 */
#pragma once

#include <stdint.h>

#define BELT_WIRE_VERSION     3u
#define BELT_WIRE_HEAD_SIZE   4096u
#define BELT_WIRE_AREA_SIZE   (16u << 20)   /* pages come into being when touched */
#define BELT_WIRE_SIZE        (BELT_WIRE_HEAD_SIZE + 2u * BELT_WIRE_AREA_SIZE)
#define BELT_WIRE_ARGS_MAX    64u
#define BELT_WIRE_SKIPS_MAX   8u
#define BELT_WIRE_FRAMES_MAX  48u
#define BELT_WIRE_MODULES_MAX 24u
#define BELT_WIRE_TEXT_MAX    1000u

typedef enum
{
  BELT_WIRE_IDLE,
  BELT_WIRE_CREATE,     /* values: name, then constants (functions) or datasource and config */
  BELT_WIRE_EXEC,
  BELT_WIRE_AGGREGATE,
  BELT_WIRE_SAVE,
  BELT_WIRE_RESTORE,    /* values: bytes */
  BELT_WIRE_OPEN,
  BELT_WIRE_CLOSE,
  BELT_WIRE_COLLECT,
  BELT_WIRE_POLL,
  BELT_WIRE_PROBE,      /* values: name, config */
  BELT_WIRE_QUIT,       /* destroys the instance and ends the channel */
} BeltWireCommand;

typedef enum
{
  BELT_WIRE_FAULT_NONE,
  BELT_WIRE_FAULT_SIGNAL,
  BELT_WIRE_FAULT_EXIT,
  BELT_WIRE_FAULT_BUDGET,
} BeltWireFaultKind;

/* Written by the host's signal handler before it dies. */
typedef struct
{
  uint32_t kind;        /* last written */
  int32_t  signal;
  int32_t  code;
  uint32_t command;
  uint32_t unit;        /* row, group, or UINT32_MAX */
  uint32_t n_frames;
  uint32_t access;      /* of a page fault: 1 reading, 2 writing, 0 not known */
  uint32_t reserved;
  uint64_t address;
  uint64_t stack;       /* stack pointer */
  uint64_t frames[BELT_WIRE_FRAMES_MAX];
} BeltWireFault;

#define BELT_WIRE_ROWWISE 1u  /* never the batch form: a death is being looked into */
#define BELT_WIRE_RESENT  2u

typedef struct
{
  uint32_t command;
  uint32_t flags;
  uint32_t n_args;
  uint32_t n_rows;
  uint32_t n_groups;
  uint32_t n_skips;
  uint32_t skips[BELT_WIRE_SKIPS_MAX];   /* rows (groups) that are not to be touched */
  uint64_t values_at;                    /* n_args columns of n_rows, or rows */
  uint64_t groups_at;                    /* uint32_t ends */
  uint64_t used;
  int64_t  now_ns;                       /* 0: the host's clock */
  uint64_t sequence;
  uint32_t state_version;
  uint32_t rows_max;
  uint32_t wait_ms;
} BeltWireRequest;

typedef struct
{
  int32_t  status;                       /* belt_status */
  uint32_t n_values;
  uint64_t values_at;
  uint64_t state_at;
  uint64_t state_size;
  uint32_t state_version;
  uint32_t has_state;
  uint32_t text_size;
  char     text[BELT_WIRE_TEXT_MAX];
} BeltWireReply;

/* The first page of a channel. */
typedef struct
{
  _Alignas (64) uint32_t request;        /* futex; the engine counts up */
  uint32_t               cancel;
  _Alignas (64) uint32_t reply;          /* futex; the host counts up */
  uint32_t               heartbeat;
  uint32_t               unit;
  int32_t                tid;
  _Alignas (64) BeltWireRequest rq;
  _Alignas (64) BeltWireReply   rp;
  _Alignas (64) BeltWireFault   fault;
} BeltWireHead;

_Static_assert (sizeof (BeltWireHead) <= BELT_WIRE_HEAD_SIZE, "the head is one page");

typedef struct
{
  uint64_t base;        /* what the file's addresses are moved by */
  uint64_t start;
  uint64_t end;
  char     path[232];
} BeltWireModule;

/* One a process: who it is, and what the plugin offers. */
typedef struct
{
  uint32_t       ready;       /* futex: 0 starting, 1 loaded, 2 refused */
  uint32_t       version;
  char           error[BELT_WIRE_TEXT_MAX];
  BeltWireFault  fault;       /* of a thread that is no channel's, or while loading */
  uint64_t       fence_start; /* the page-guard heap */
  uint64_t       fence_end;
  uint32_t       n_modules;
  BeltWireModule modules[BELT_WIRE_MODULES_MAX];
  uint64_t       values_at;   /* one MAP: id, version, abi, defs */
  uint64_t       used;
} BeltWireBlock;

#define BELT_WIRE_BLOCK_HEAD 16384u
#define BELT_WIRE_BLOCK_AREA (4u << 20)
#define BELT_WIRE_BLOCK_SIZE (BELT_WIRE_BLOCK_HEAD + BELT_WIRE_BLOCK_AREA)

_Static_assert (sizeof (BeltWireBlock) <= BELT_WIRE_BLOCK_HEAD, "the block's head");

/* Control socket, engine to host: one message a channel, with its memfd. */
typedef struct
{
  uint32_t channel;
  char     rule[96];
  char     operator_name[96];
  char     data_dir[768];
} BeltWireOpen;

/* Host to engine: a line of the plugin's log, or of its standard output. */
typedef struct
{
  uint32_t channel;
  int32_t  level;
  int32_t  line;
  uint32_t text_size;
  char     file[256];
  char     text[1024];
} BeltWireLog;
