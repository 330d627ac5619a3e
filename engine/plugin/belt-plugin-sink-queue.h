/* belt-plugin-sink-queue.h - emissions on their way into a plugin, and the thread that sends them
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-inbox.h"
#include "belt-plugin-instance.h"

G_BEGIN_DECLS

#define BELT_SINK_QUEUE_BYTES_MAX   (8u << 20)    /* above: congested */
#define BELT_SINK_QUEUE_LENGTH_MAX  512u          /* emissions */

/* One emission, encoded. */
typedef struct
{
  char  *bytes;
  gsize  size;
  gsize  values_at;
  guint  n_rows;
} BeltEmissionBlock;

typedef enum
{
  BELT_REPORT_STATUS,
  BELT_REPORT_FAULT,
  BELT_REPORT_UNCONGESTED,
  BELT_REPORT_DRAINED,
} BeltReportKind;

typedef struct
{
  BeltReportKind  kind;
  int             state;
  guint           n_rows;
  char           *text;
} BeltSinkReport;

/* Shared by the sink and its thread; the thread may outlive the sink. */
typedef struct
{
  int                ref_count;
  GMutex             lock;
  GCond              changed;
  GQueue             queue;         /* of BeltEmissionBlock */
  gsize              n_bytes;
  gboolean           congested;
  gboolean           stopping;
  gboolean           abandoned;     /* a second was not enough */
  gboolean           idle;          /* nothing is being sent */
  gboolean           tells_drained; /* somebody waits for the queue to be empty */
  gboolean           done;
  BeltInbox         *reports;       /* to the worker */
  BeltPluginInstance instance;      /* the thread's */
  guint64            n_sent;
} BeltSinkQueue;

void     belt_emission_block_free (gpointer        block);
void     belt_sink_report_free    (gpointer        report);
void     belt_sink_queue_unref    (BeltSinkQueue  *self);
/* The thread; takes a reference of the queue over. */
gpointer belt_sink_queue_run      (gpointer        queue);

G_END_DECLS
