/* belt-topology.h - a plan as live operators, driven by whoever owns it
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * It has no thread, no timer and no clock of its own: rows are pushed, time is
 * told with advance(), and both run to completion in the call.  A trial drives it
 * with a virtual clock, a run from its worker.  One owner at a time.  [worker]
 */
#pragma once

#include "belt-gate.h"
#include "belt-op-lookup.h"
#include "belt-op.h"
#include "belt-pass.h"
#include "belt-plan.h"

G_BEGIN_DECLS

typedef struct _BeltTopology     BeltTopology;
typedef struct _BeltEmissionSink BeltEmissionSink;

/* Receives what each sink of the plan is given: one call an emission, after sendSingle, omitIfEmpty,
 * fields, excludeFields and dataField.  The value is lent: a LIST of MAPs, or one MAP.  With a fault it is
 * {"error": text}.  n_rows is how many rows it stands for. */
struct _BeltEmissionSink
{
  void     (*emission) (BeltEmissionSink *self, guint sink, const BeltValue *emission, const BeltFault *fault,
                        guint n_rows);
  /* NULL, or whether this sink is interested in values at all; else rows are only counted. */
  gboolean (*wants)    (BeltEmissionSink *self, guint sink);
  gpointer   owner;
};

/* environment is lent and must outlive the topology; its clock says when the rule starts.  Every expression is
 * evaluated by the interpreter. */
BeltTopology *belt_topology_new            (BeltPlan          *plan,
                                            BeltEnvironment   *environment,
                                            BeltEmissionSink  *sink);
/* The same results, faster: kernels where there are some, and operators joined where no one can tell, belt-fuse.h. */
BeltTopology *belt_topology_new_fused      (BeltPlan          *plan,
                                            BeltEnvironment   *environment,
                                            BeltEmissionSink  *sink);
void          belt_topology_free           (BeltTopology      *self);
/* A batch of the stream's source: plan->streams[stream].columns in order, then the whole row if wanted; rows
 * that did not decode are faults.  Takes no reference; the batch may be shared with other rules. */
void          belt_topology_push           (BeltTopology      *self,
                                            guint              stream,
                                            BeltBatch         *batch);
/* What a gate in front of the stream may ask in place of its source, scan and WHERE: kernels of slots, which are those
 * of the stream's columns in order.  NULL: it may not, and rows are pushed whole. */
const BeltFilterKernels *belt_topology_get_gate (BeltTopology *self,
                                            guint              stream,
                                            const guint      **ret_slots);
/* The way in for rows that passed such a gate, whose columns stand as map says; of the topology's lifetime. */
BeltPass     *belt_topology_make_pass      (BeltTopology      *self,
                                            guint              stream,
                                            const guint       *map);
/* What the gate counted. */
void          belt_topology_count_gated    (BeltTopology      *self,
                                            guint              stream,
                                            const BeltGateCounts *counts);
/* Whether it can ever ask for a timer. */
gboolean      belt_topology_is_timed       (BeltTopology      *self);
/* Where the stream's columns stand in batches of a source that serves several rules: map is
 * [n_columns + whole] column numbers. */
void          belt_topology_map_columns    (BeltTopology      *self,
                                            guint              stream,
                                            const guint       *map);
/* Where a lookup table's rows come from.  The rule asks it, through a cache if the options say so, with the
 * time of this clock. */
void          belt_topology_set_lookup     (BeltTopology      *self,
                                            guint              stream,
                                            BeltLookup        *table,
                                            const BeltLookupCacheOptions *cache,
                                            BeltClock         *clock);
/* Fires the timers that are due, in order of time.  The environment's clock should say now_ms or, with a
 * virtual clock, set_now is called before each timer with its time. */
void          belt_topology_advance        (BeltTopology      *self,
                                            gint64             now_ms);
void          belt_topology_set_now_func   (BeltTopology      *self,
                                            void             (*set_now) (gpointer clock, gint64 now_ms),
                                            gpointer           clock);
/* G_MAXINT64: none. */
gint64        belt_topology_get_next_tick  (BeltTopology      *self);
/* All sources have ended. */
void          belt_topology_finish         (BeltTopology      *self);
GBytes       *belt_topology_save           (BeltTopology      *self);
gboolean      belt_topology_restore        (BeltTopology      *self,
                                            GBytes            *state,
                                            GError           **error);
/* Parallel to plan->ops: counters are read from them.  Owned by the topology. */
BeltOp      **belt_topology_get_ops        (BeltTopology      *self,
                                            guint             *ret_n_ops);
BeltPlan     *belt_topology_get_plan       (BeltTopology      *self);
/* What its operators evaluate with: for whoever explains a row in a tap. */
BeltEval     *belt_topology_get_eval       (BeltTopology      *self);
/* NULL takes it away. */
void          belt_topology_set_tap        (BeltTopology      *self,
                                            BeltTap           *tap);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltTopology, belt_topology_free)

G_END_DECLS
