/* belt-plugin-exec.h - runs requests against a plugin's tables
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one place that calls plugin code; used by the plugin host on a channel's
 * thread and, with isolation "in-process", by the engine on the caller's.
 */
#pragma once

#include "belt-arena.h"
#include "belt-plugin-codec.h"
#include "belt-plugin-wire.h"

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

G_BEGIN_DECLS

#define BELT_PLUGIN_DEFS_MAX 256u

typedef struct _BeltExecBlock BeltExecBlock;
typedef struct belt_ctx       BeltExec;

typedef struct
{
  const char *name;                              /* "belt-plugin-host" or "belt" */
  const char *isolation;                         /* "host" or "in-process" */
  void     *(*allocate) (gsize size);            /* the page-guard heap where there is one */
  void      (*release)  (void *block);
  void      (*log)      (BeltExec *exec, int level, const char *file, int line, const char *text, gsize len);
} BeltExecHost;

/* What plugins know as belt_ctx: one instance. */
struct belt_ctx
{
  const BeltExecHost *host;
  const belt_plugin  *plugin;
  const belt_def     *def;         /* NULL until created */
  void               *self;
  gboolean            open;
  BeltWireHead       *head;        /* NULL for the plugin's own context */
  char               *request;     /* areas */
  char               *reply;
  BeltWire            out;         /* the reply being written */
  BeltArena           scratch;
  BeltExecBlock      *blocks;      /* belt_alloc() */
  BeltWireOpen        place;
  char               *datasource;
  belt_status         failed;      /* by belt_failf(), this callback */
  char                fail_text[BELT_WIRE_TEXT_MAX];
  guint32             batch_flags;
  gboolean            inside;      /* plugin code is running */
  /* The poll or delivery at hand. */
  guint               n_emitted;
  guint               n_emitted_max;
  gsize               emitted_at;
  guint               n_rejected;
  gsize               rejected_at;
  belt_status         ingest_status;
};

/* Checks magic, version and the shape of the definitions; init() of the plugin.
 * Returns NULL, or why not (static or in `text`). */
const char *belt_exec_check    (const belt_plugin  *plugin,
                                char               *text,
                                gsize               text_size);
gboolean    belt_exec_init     (const BeltExecHost *host,
                                const belt_plugin  *plugin,
                                char               *text,
                                gsize               text_size);
/* One MAP that describes the plugin; returns where it stands. */
gsize       belt_exec_describe (const belt_plugin  *plugin,
                                BeltWire           *wire);
BeltExec   *belt_exec_new      (const BeltExecHost *host,
                                const belt_plugin  *plugin,
                                BeltWireHead       *head,
                                const BeltWireOpen *place);
/* Answers head->rq in head->rp. */
void        belt_exec_run      (BeltExec           *self);
void        belt_exec_free     (BeltExec           *self);

/* Between the files of this folder. */
const belt_host *belt_exec_get_table    (void);
const void *belt_exec_get_interface     (const belt_host *host,
                                         const char *id);
belt_str    belt_exec_get_info          (BeltExec   *self,
                                         uint32_t    key);
const char *belt_exec_describe_status   (belt_status status);
void        belt_exec_free_blocks       (BeltExec   *self);
void        belt_exec_begin         (BeltExec   *self,
                                     guint32     unit);
belt_status belt_exec_end           (BeltExec   *self,
                                     belt_status status);
void        belt_exec_fail          (BeltExec   *self,
                                     belt_status status,
                                     const char *format,
                                     ...) G_GNUC_PRINTF (3, 4);
int64_t     belt_exec_get_now       (BeltExec   *self);
gboolean    belt_exec_is_skipped    (BeltExec   *self,
                                     guint32     unit);
void        belt_exec_put_error     (BeltExec   *self,
                                     gsize       at,
                                     belt_status status);
void        belt_exec_run_scalar    (BeltExec   *self);
void        belt_exec_run_aggregate (BeltExec   *self);
void        belt_exec_run_poll      (BeltExec   *self);
void        belt_exec_run_collect   (BeltExec   *self);
void        belt_exec_run_save      (BeltExec   *self);
void        belt_exec_run_restore   (BeltExec   *self);

G_END_DECLS
