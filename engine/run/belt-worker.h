/* belt-worker.h - a thread that runs rules
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs, feeds and their sources and sinks live on one worker each and are touched
 * there only.  The engine sends commands; they are carried out in order, between
 * two turns of the worker's main loop, so never in the middle of a batch.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BeltWorker BeltWorker;

BeltWorker   *belt_worker_new         (guint           number);
/* Any thread.  func owns data. */
void          belt_worker_invoke      (BeltWorker     *self,
                                       void          (*func) (gpointer data),
                                       gpointer        data);
/* The loop ends once the last hold is gone.  Returns: FALSE if that took longer than the deadline; the
 * thread is then left alone, as it waits for something that does not answer. */
gboolean      belt_worker_shutdown    (BeltWorker     *self,
                                       guint           deadline_ms);
GMainContext *belt_worker_get_context (BeltWorker     *self);
/* [worker] A run that is not finished holds its worker. */
void          belt_worker_hold        (BeltWorker     *self);
void          belt_worker_release     (BeltWorker     *self);
/* [worker] Lookup tables by their identity; owned by the table of them. */
GHashTable   *belt_worker_get_tables  (BeltWorker     *self);
/* [worker] Shared feeds by the address of their stream's definition. */
GHashTable   *belt_worker_get_feeds   (BeltWorker     *self);
/* [worker] Something of data has changed that others look at: func is called soon, and so is the func of all others
 * that have changed by then.  Not again for the same before it was called. */
void          belt_worker_add_changed (BeltWorker    *self,
                                       void          (*func) (gpointer data),
                                       gpointer        data);
void          belt_worker_remove_changed (BeltWorker *self,
                                       gpointer        data);
gboolean      belt_worker_is_current  (BeltWorker     *self);

G_END_DECLS
