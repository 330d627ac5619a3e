/* belt-plugin-process-private.h - a host and its channels from the inside
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "belt-plugin-exec.h"
#include "belt-plugin-process.h"

G_BEGIN_DECLS

#define BELT_PROCESS_SLICE_MS 10u   /* how finely waiting is counted */

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

void               belt_process_wake                (uint32_t            *word);
/* One slice of waiting for *word to be something else than value; TRUE when it ran out. */
gboolean           belt_process_wait_slice          (uint32_t            *word,
                                                     uint32_t             value);
/* Shared memory that neither side can shrink; NULL with errno. */
gpointer           belt_process_make_memory         (const char          *name,
                                                     gsize                size,
                                                     int                 *ret_fd);
/* belt-plugin-library.c: isolation "in-process". */
const belt_plugin  *belt_plugin_library_load         (const char         *path,
                                                     GError             **error);
const BeltExecHost *belt_plugin_library_get_services (void);

G_END_DECLS
