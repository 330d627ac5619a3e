/* belt-feed.h - a source and its decoder, and the runs they serve
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stream of one rule has a feed of its own; a SHARED stream has one a worker,
 * which decodes the union of the columns its rules need, once.  [worker]
 */
#pragma once

#include "belt-batch.h"
#include "belt-gate.h"
#include "belt-pass.h"
#include "belt-run.h"

G_BEGIN_DECLS

typedef struct _BeltFeed BeltFeed;

/* [engine] Takes the source and the properties.  NULL source: only attaches to a feed that is there. */
BeltFeed   *belt_feed_new        (BeltStream *stream,
                                  BeltSource *source,
                                  JsonObject *properties);
void        belt_feed_free       (BeltFeed   *self);
/* Whether the stream's format and its properties can be read at all. */
gboolean    belt_feed_check      (BeltFeed   *self,
                                  GError    **error);
BeltStream *belt_feed_get_stream (BeltFeed   *self);
const BeltSourceClass *belt_feed_get_class (BeltFeed *self);
/* Serves stream number `stream` of a run from now on.  Fails when the stream's format cannot be decoded. */
gboolean    belt_feed_attach     (BeltFeed   *self,
                                  BeltRun    *run,
                                  guint       stream,
                                  GError    **error);
/* Returns: how many are still served. */
guint       belt_feed_detach     (BeltFeed   *self,
                                  BeltRun    *run);
/* Does nothing when it runs already. */
gboolean    belt_feed_start      (BeltFeed   *self,
                                  BeltWorker *worker,
                                  GError    **error);
gboolean    belt_feed_has_ended  (BeltFeed   *self);
/* Paused while at least one run wants so. */
void        belt_feed_pause      (BeltFeed   *self,
                                  BeltRun    *run,
                                  gboolean    paused);

/* What a feed tells a run; in belt-run.c. */
/* place: where the batch's one row stands, or NULL: faults say it themselves. */
void        belt_run_take_batch  (BeltRun    *self,
                                  guint       stream,
                                  BeltBatch  *batch,
                                  const char *place,
                                  gint64      now_ms);
/* Of the rows those that its gate let through. */
void        belt_run_take_passed (BeltRun    *self,
                                  guint       stream,
                                  BeltBatch  *batch,
                                  const guint32 *rows,
                                  guint       n_rows,
                                  gint64      now_ms);
/* Its gate has begun to count. */
void        belt_run_note_change (BeltRun    *self);
void        belt_run_take_status (BeltRun    *self,
                                  guint       stream,
                                  int         state,
                                  const char *message);
void        belt_run_take_fault  (BeltRun    *self,
                                  guint       stream,
                                  const char *message);
void        belt_run_take_end    (BeltRun    *self,
                                  guint       stream);
BeltPlan   *belt_run_get_plan    (BeltRun    *self);
/* [n_columns + whole] numbers of the feed's columns; copied. */
void        belt_run_map_columns (BeltRun    *self,
                                  guint       stream,
                                  const guint *map);
/* Its gate among these, for the columns mapped.  NULL: it has none; and NULL gates take away what it had.
 * ret_pass: set when rows that pass may take that way right into the rule, else the run wants them. */
BeltGate   *belt_run_set_gate    (BeltRun    *self,
                                  guint       stream,
                                  BeltGates  *gates,
                                  const guint *map,
                                  BeltPass  **ret_pass);

G_END_DECLS
