/* belt-recorder.h - what comes in at a stream's source, as it comes
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * For the workbench, which computes over what came in: nothing is decoded here.
 * The source runs on a worker; what it delivers is handed over ten times a second
 * at most, a bounded number each time.  A source that can wait is made to wait
 * when that is full; from one that cannot, the rest is counted and let go.
 */
#pragma once

#include "belt-compress.h"
#include "belt-record.h"
#include "belt-source.h"
#include "belt-worker.h"

G_BEGIN_DECLS

#define BELT_RECORDING_ROWS_MAX  2000u
#define BELT_RECORDING_BYTES_MAX (4u << 20)

/* What came in since the one before. */
typedef struct
{
  GPtrArray          *records;     /* of BeltRecord */
  guint64             n_skipped;   /* came in as well, and there was no room */
  BeltConnectionState state;
  char               *message;     /* of the state, or the last fault; or NULL */
  gboolean            has_ended;   /* nothing more comes */
} BeltRecording;

typedef struct _BeltRecorder BeltRecorder;

/* On the context given; the recording is borrowed. */
typedef void (*BeltRecordFunc) (const BeltRecording *recording,
                                gpointer             user_data);

/* [owner] Takes the source, which was configured, and starts it on the worker.  Payloads are unpacked by method, so
 * that they can be read and kept as lines. */
BeltRecorder *belt_recorder_new        (BeltWorker     *worker,
                                        BeltSource     *source,
                                        BeltCompression method,
                                        GMainContext   *context,
                                        BeltRecordFunc  func,
                                        gpointer        user_data);
/* [owner] func is not called any more; the source stops when its worker comes to it. */
void          belt_recorder_stop       (BeltRecorder  *self);
/* Is the source's type still the one that is registered?  A plugin that was built anew is not. */
gboolean      belt_recorder_is_current (BeltRecorder  *self);

G_END_DECLS
